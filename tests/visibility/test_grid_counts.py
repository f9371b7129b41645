"""Cells in polygons, against a point in each cell."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from frontline.elevation.dem import Dem
from frontline.geo.projection import plane_around
from frontline.visibility.grid_counts import ViewshedGrid, find_cells, measure_land_share


def grid_of(rows, cols, *, west=0.0, north=0.0, step=1.0, crs="EPSG:32633"):
    return Dem(
        heights_m=np.zeros((rows, cols), dtype=np.float32),
        transform=(step, 0.0, west, 0.0, -step, north),
        crs=crs,
        step_m=(step, step),
    )


def naive(dem, area):
    rows, cols = dem.heights_m.shape
    a, _, c, _, e, f = dem.transform
    x, y = np.meshgrid(c + (np.arange(cols) + 0.5) * a, f + (np.arange(rows) + 0.5) * e)
    return shapely.intersects_xy(area, x, y)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-6, 46), st.integers(-46, 6)), min_size=3, max_size=9))
def test_cells_are_those_whose_centre_lies_inside(points):
    area = shapely.make_valid(shapely.Polygon(points))
    if area.area == 0.0:
        return
    # A shift off whole and half numbers: no centre lies exactly on an edge.
    area = shapely.transform(area, lambda xy: np.add(xy, [0.137, 0.291]))
    dem = grid_of(40, 33)
    assert (find_cells(dem, area=area, rows=slice(0, 40)) == naive(dem, area)).all()


def test_holes_and_several_parts():
    ring = shapely.Point(10, -10).buffer(8.3).difference(shapely.Point(10, -10).buffer(3.1))
    area = shapely.union_all([ring, shapely.box(22.2, -30.2, 30.2, -22.2)])
    dem = grid_of(40, 40)
    assert (find_cells(dem, area=area, rows=slice(0, 40)) == naive(dem, area)).all()
    assert not find_cells(dem, area=shapely.box(100, 100, 120, 120), rows=slice(0, 40)).any()
    assert not find_cells(dem, area=shapely.box(10.6, -10.9, 10.9, -10.6), rows=slice(0, 40)).any()


def test_shares_across_the_antimeridian():
    plane = plane_around([shapely.Point(180.0, 65.0)])
    dem = grid_of(60, 120, west=179.4, north=65.3, step=0.01, crs="EPSG:4326")
    counts = ViewshedGrid.like(dem, posts=9)
    counts.seen[:, 60:] = 3
    counts.unknown[:30] = 1
    west, east = (plane.from_crs([shapely.box(*box)], "EPSG:4326")[0] for box in (
        (179.5, 64.8, 180.0, 65.2),
        (-180.0, 64.8, -179.5, 65.2),
    ))  # fmt: skip
    assert measure_land_share(counts, area=east, plane=plane) == pytest.approx((1.0, 0.0), abs=1e-9)
    visible, unknown = measure_land_share(counts, area=west, plane=plane)
    assert visible == 0.0
    # Cells of 0.01 degree shrink northwards.
    weight = np.cos(np.radians(65.3 - 0.01 * (np.arange(10, 50) + 0.5)))
    assert unknown == pytest.approx(weight[:20].sum() / weight.sum(), abs=1e-9)
    both = shapely.union_all([west, east])
    assert measure_land_share(counts, area=both, plane=plane)[0] == pytest.approx(0.5, abs=0.01)


def test_land_beyond_the_elevation_is_unknown():
    plane = plane_around([shapely.Point(20.0, 45.0)])
    dem = grid_of(10, 10, west=-500.0, north=500.0, step=100.0, crs=plane.crs.to_wkt())
    counts = ViewshedGrid.like(dem, posts=9)
    counts.seen[:] = 1
    assert measure_land_share(
        counts, area=shapely.box(-500, -500, 1500, 500), plane=plane
    ) == pytest.approx((0.5, 0.5))
    assert measure_land_share(counts, area=shapely.box(2_000, 0, 3_000, 500), plane=plane) == (
        0.0,
        1.0,
    )
    assert all(
        math.isnan(share)
        for share in measure_land_share(counts, area=shapely.Polygon(), plane=plane)
    )
    # An area too small to hold the centre of a cell says nothing.
    assert all(
        math.isnan(s) for s in measure_land_share(counts, area=shapely.box(1, 1, 9, 9), plane=plane)
    )


def test_counts_take_16_bits_unless_the_posts_need_more():
    for posts, kind in ((65_535, np.uint16), (65_536, np.uint32)):
        raster = ViewshedGrid.like(grid_of(3, 3), posts=posts).raster()
        assert {band.dtype for band in raster.bands.values()} == {np.dtype(kind)}


def test_blocks_of_rows_add_up(monkeypatch):
    plane = plane_around([shapely.Point(20.0, 45.0)])
    dem = grid_of(40, 40, west=-2_000.0, north=2_000.0, step=100.0, crs=plane.crs.to_wkt())
    counts = ViewshedGrid.like(dem, posts=9)
    counts.seen[:] = np.random.default_rng(0).integers(0, 2, (40, 40))
    area = shapely.Point(130.0, -210.0).buffer(1_234.0)
    whole = measure_land_share(counts, area=area, plane=plane)
    monkeypatch.setattr("frontline.visibility.grid_counts._BLOCK", 7)
    assert measure_land_share(counts, area=area, plane=plane) == pytest.approx(whole)


def test_a_grid_cut_out_of_the_elevation_gives_its_cells_back_one_to_one():
    dem = grid_of(70, 90, west=500_000.0, north=5_000_000.0, step=30.0)
    part = grid_of(20, 25, west=500_300.0, north=4_999_400.0, step=30.0)
    seen = np.arange(500).reshape(20, 25)
    counts = ViewshedGrid.like(dem, posts=9)
    counts.add(part, seen, seen // 2)
    counts.add(part, seen, seen // 2)
    expected = np.zeros((70, 90), dtype=np.int64)
    expected[20:40, 10:35] = 2 * seen
    assert (counts.seen == expected).all()
    assert SimpleNamespace(**vars(counts)).unknown.sum() == 2 * (seen // 2).sum()
