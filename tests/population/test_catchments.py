"""People of rasters around settlements: who belongs to whom, by hand and against a naive count."""

import math

import numpy as np
import pytest
import shapely
from factories.people import (
    AREA,
    FRAME,
    count,
    halves,
    population_raster,
    rigid,
    row,
    straight,
)  # fmt: skip
from factories.rasters import write_tif
from hypothesis import given, settings
from hypothesis import strategies as st

from frontline.geo.projection import plane_around
from frontline.population.catchments import make_catchments, sum_catchments
from frontline.population.on_land import Grid
from frontline.raster import zonal
from frontline.raster.io import open_raster

WEST, EAST = halves().values()


def around(shapes, sides, *, reach_m=2000.0, lands=(WEST, EAST)):
    shapes = np.array(shapes, dtype=object)
    return make_catchments(
        shapes, on_side=np.array(sides), lands=lands, places=np.arange(len(shapes)), reach_m=reach_m
    )


def areas_km2(found, count):
    return np.bincount(found.row, weights=shapely.area(found.land) / 1e6, minlength=count)


def test_a_lone_settlement_has_a_circle():
    found = around([shapely.Point(20_000, 0)], [1])
    assert areas_km2(found, 1)[0] == pytest.approx(math.pi * 4, rel=1e-3)


def test_land_between_two_settlements_is_cut_half_way():
    found = around([shapely.Point(20_000, 0), shapely.Point(22_000, 0)], [1, 1])
    # Each circle of radius 2 loses the segment beyond a chord 1 from its middle.
    lost = 4 * math.acos(0.5) - math.sqrt(3)
    assert areas_km2(found, 2) == pytest.approx([4 * math.pi - lost] * 2, rel=1e-3)
    assert found.land[0].bounds[2] == pytest.approx(21_000, abs=1e-6)


def test_a_settlement_outside_every_side_has_nothing():
    found = around([shapely.Point(20_000, 0), shapely.Point(0, 90_000)], [1, -1])
    assert found.row.tolist() == [0]


def test_two_settlements_on_one_spot_are_not_counted_twice():
    found = around([shapely.Point(20_000, 0)] * 2, [1, 1])
    assert areas_km2(found, 2) == pytest.approx([4 * math.pi, 0.0], rel=1e-3)


def test_nobody_lives_with_neighbours_across_a_line():
    """A place 500 m east of the line: the land west of it is its western neighbour's."""
    found = around([shapely.Point(500, 0), shapely.Point(-1500, 0)], [1, 0])
    east, west = (found.land[found.row == number] for number in (0, 1))
    assert shapely.union_all(east).bounds[0] >= 0
    assert shapely.union_all(west).bounds[2] <= 0
    # On the same side the border between them would lie at x = -500.
    assert shapely.contains_xy(west[0], -100, 0)


def test_a_polygon_has_its_own_area_and_the_land_around_it():
    town = shapely.box(20_000, 0, 24_000, 4000)
    village = shapely.Point(23_900, 2000)  # within the town, which is nearer to everything there
    found = around([town, village], [-1, 1], reach_m=1000.0)
    whole, inner = (shapely.union_all(found.land[found.row == number]) for number in (0, 1))
    assert shapely.area(shapely.difference(town, whole)) < 1e-3
    assert whole.area / 1e6 == pytest.approx(16 + 4 * 4 + math.pi, rel=0.01)
    assert inner.is_empty or inner.area == 0


def test_a_polygon_on_a_line_has_land_on_both_sides():
    found = around([shapely.box(-1000, 0, 1000, 2000)], [1], reach_m=500.0)
    assert sorted(found.side.tolist()) == [0, 1]
    assert shapely.area(found.land[0]) == pytest.approx(shapely.area(found.land[1]))


def test_towns_that_touch_keep_their_own_land():
    left, right = shapely.box(10_000, 0, 12_000, 2000), shapely.box(12_000, 0, 14_000, 2000)
    found = around([left, right], [-1, -1], reach_m=1000.0)
    for number, town in enumerate((left, right)):
        mine = shapely.union_all(found.land[found.row == number])
        assert shapely.area(shapely.difference(town, mine)) < 1e-3
    first, second = (found.land[found.row == number][0] for number in (0, 1))
    assert first.intersection(second).area < 1e-3


def test_a_thousand_outlines_neither_overlap_nor_leave_land_out():
    """Towns of all sizes, many of which overlap: so many vertices that cells must not go wrong."""
    dice = np.random.default_rng(7)
    spots = shapely.points(dice.uniform([-39_000, -49_000], [39_000, 49_000], (300, 2)))
    towns = shapely.buffer(spots, dice.uniform(100, 1500, 300))
    found = around(towns, np.full(300, -1), reach_m=1000.0)
    united = shapely.union_all(found.land)
    assert shapely.area(found.land).sum() == pytest.approx(united.area, rel=1e-9)
    reached = shapely.union_all(shapely.buffer(towns, 1000.0, quad_segs=32))
    land = shapely.intersection(reached, AREA)
    # Across the line nobody is near: land without a town on its own side is left out.
    assert shapely.area(shapely.difference(united, land)) < 1.0
    own = [
        shapely.intersection(
            shapely.union_all(shapely.buffer(shapely.intersection(towns, side), 1000.0)), side
        )
        for side in (WEST, EAST)
    ]
    assert united.area == pytest.approx(sum(one.area for one in own), rel=2e-3)


@pytest.mark.parametrize("apart_m", [0.0, 1e-9, 1e-3, 0.04, 0.5])
def test_settlements_almost_on_one_spot_share_one_circle(apart_m):
    shapes = [
        shapely.Point(20_000, 0),
        shapely.Point(20_000 + apart_m, 0),
        shapely.Point(30_000, 0),
    ]
    areas = areas_km2(around(shapes, [1, 1, 1]), 3)
    assert areas[:2].sum() == pytest.approx(4 * math.pi, rel=2e-3)
    assert areas[2] == pytest.approx(4 * math.pi, rel=2e-3)


def test_settlements_in_rows_and_columns_share_the_land():
    """Four neighbours at equal distances: corners that no pair of cells decides alone."""
    xy = np.array([(x, y) for x in range(5, 35, 2) for y in range(-20, 21, 2)]) * 1000.0
    found = around(shapely.points(xy), np.ones(len(xy), dtype=int))
    areas = areas_km2(found, len(xy))
    inner = (np.abs(xy[:, 1]) < 20_000) & (xy[:, 0] > 5_000) & (xy[:, 0] < 33_000)
    assert areas[inner] == pytest.approx(4.0)
    assert areas.sum() == pytest.approx(shapely.union_all(found.land).area / 1e6)


points = st.tuples(st.integers(-390, 390), st.integers(-390, 390)).map(
    lambda xy: (xy[0] * 100.0, xy[1] * 100.0)
)


@settings(max_examples=25, deadline=None)
@given(st.lists(points, min_size=1, max_size=15), st.lists(points, min_size=1, max_size=40))
def test_every_spot_belongs_to_the_nearest_settlement_of_its_side(places, spots):
    reach = 9000.0
    xy = np.array(places)
    side = np.where(xy[:, 0] < 0, 0, 1)
    found = around(shapely.points(xy), side, reach_m=reach)
    for x, y in np.add(spots, [37.0, 41.0]):
        own = np.flatnonzero(side == (0 if x < 0 else 1))
        away = np.hypot(*(xy[own] - [x, y]).T)
        order = np.argsort(away)
        owners = set(found.row[shapely.contains_xy(found.land, x, y)].tolist())
        if len(own) == 0 or away[order[0]] > reach:
            assert owners == set()
        elif away[order[0]] < 0.999 * reach:
            nearest = {int(n) for n in own if np.isclose(np.hypot(*(xy[n] - [x, y])), away.min())}
            assert len(owners) <= 1
            assert owners <= nearest
            assert owners or len(nearest) > 1  # between equals a spot may lie on the border


# With a raster


def test_a_raster_is_gathered_and_a_place_off_it_stays_unknown(tmp_path):
    raster = population_raster(tmp_path, lambda x, y: 10.0, step=100.0, half=20_000.0)
    found = around([shapely.Point(0, 0), shapely.Point(0, 30_000)], [0, 0], lands=(AREA,))
    with open_raster(raster.path) as opened:
        got = sum_catchments(Grid("pop", opened, "count"), around=found, count=2, crs=FRAME.crs)
    assert got.people[0] == pytest.approx(10 * got.area_km2[0])
    assert got.people[0] == pytest.approx(40 * math.pi, rel=1e-3)
    assert math.isnan(got.people[1])
    assert got.coverage.tolist() == pytest.approx([1.0, 0.0])


def test_settlements_without_a_figure_get_a_row_of_their_own(tmp_path):
    raster = population_raster(tmp_path, lambda x, y: 10.0, step=250.0)
    rows = [
        (4.0, 700),
        (shapely.Point(4000, 20_000), None),
        (shapely.Point(-3000, 20_000), None),
        (shapely.Point(12_000, -20_000), None, {"population_kind": ""}),
        (shapely.Point(8000, 10_000), 5000, {"population_kind": "registered"}),
    ]
    found = count(rows, rasters=(raster,))
    name = "settlements_by_raster:pop"
    disc = 40 * math.pi
    # The stated 700 stay what they are, and nobody is added to them.
    assert row(found)["population"] == 700
    assert row(found, name)["population"] == pytest.approx(disc, rel=1e-3)
    assert row(found, name, "West")["population"] == pytest.approx(disc, rel=1e-3)
    # Residents of a place with registered people only are unknown: the raster speaks for them.
    assert row(found, name, distance=10_000.0)["population"] == pytest.approx(2 * disc, rel=1e-3)
    assert row(found, name, distance=15_000.0)["population"] == pytest.approx(3 * disc, rel=1e-3)
    assert row(found, name, distance=15_000.0)["settlements"] == 3
    assert row(found, name, distance=15_000.0)["settlements_unknown"] == 0
    rings = found.rows.query("source == @name and side == 'East' and kind == 'ring'")
    whole = row(found, name, distance=15_000.0)["population"]
    assert rings["population"].sum() == pytest.approx(whole, abs=1e-9)
    # The rows of the settlements and of the raster are what they were without it.
    alone = count(rows)
    assert row(alone)["settlements_unknown"] == row(found)["settlements_unknown"] == 2 - 1
    assert row(found, "raster:pop")["population"] == pytest.approx(10 * 5 * 90)


def test_no_row_where_every_settlement_has_a_figure(tmp_path):
    raster = population_raster(tmp_path, lambda x, y: 10.0)
    sources = set(count([(4.0, 700), (-4.0, 1)], rasters=(raster,)).rows["source"])
    assert sources == {"settlements", "raster:pop"}


def test_a_figure_out_of_its_time_is_replaced_by_the_raster_at_that_line_only(tmp_path):
    raster = population_raster(tmp_path, lambda x, y: 10.0, step=250.0)
    past = count([(4.0, 600, {"population_until": "2020-10"})], rasters=(raster,))
    assert np.isnan(row(past)["population"])
    assert row(past, "settlements_by_raster:pop")["population"] == pytest.approx(
        40 * math.pi, rel=0.01
    )


def test_the_interval_of_the_row_follows_the_line(tmp_path):
    raster = population_raster(tmp_path, lambda x, y: 10.0, step=250.0)
    _, draws = rigid(1000.0)
    near = row(
        count([(0.3, None)], front=straight(1000.0), draws=draws, rasters=(raster,)),
        "settlements_by_raster:pop",
    )
    assert near["population_low"] == 0
    assert near["population_high"] == pytest.approx(near["population"])
    assert (near["population_inner"], near["population_outer"]) == (0, near["population"])


@pytest.mark.parametrize("width", [360.0, 20.0])
def test_across_the_antimeridian_the_circle_is_whole(tmp_path, width):
    """One raster from -180 to 180, or one that runs on beyond 180; a place at 180 degrees."""
    plane = plane_around(np.array([shapely.Point(180, 10)], dtype=object))
    step = 0.05
    west = -180.0 if width == 360.0 else 170.0
    cols, rows = round(width / step), 40
    values = np.full((rows, cols), 7.0)
    path = write_tif(
        tmp_path / "world.tif", values, transform=(step, 0, west, 0, -step, 11.0), crs="EPSG:4326"
    )
    middle = shapely.points(plane.xy(np.array([[180.0, 10.0]])))[0]
    land = middle.buffer(60_000)
    found = around([middle], [0], lands=(land,), reach_m=20_000.0)
    with open_raster(path) as opened:
        got = sum_catchments(Grid("w", opened, "density"), around=found, count=1, crs=plane.crs)
    assert got.people[0] == pytest.approx(7 * math.pi * 400, rel=2e-3)
    assert got.coverage[0] == pytest.approx(1.0)


def test_cells_without_a_value_hold_nobody_but_reduce_coverage(tmp_path):
    raster = population_raster(
        tmp_path, lambda x, y: np.where(x > 4, 10.0, np.nan), step=250.0, half=30_000.0
    )
    found = around([shapely.Point(4000, 0)], [0], lands=(AREA,))
    with open_raster(raster.path) as opened:
        got = sum_catchments(Grid("pop", opened, "count"), around=found, count=1, crs=FRAME.crs)
    assert got.people[0] == pytest.approx(20 * math.pi, rel=2e-3)
    assert got.coverage[0] == pytest.approx(0.5, abs=1e-3)


def test_a_raster_is_read_by_blocks(tmp_path, monkeypatch):
    """However many settlements there are, one block of cells is in memory at a time."""
    raster = population_raster(tmp_path, lambda x, y: 10.0, step=40.0, half=44_000.0)
    sizes = []
    read = zonal.read_window

    def watched(opened, *, window, **more):
        sizes.append(window.cells)
        return read(opened, window=window, **more)

    monkeypatch.setattr(zonal, "read_window", watched)
    xy = np.array([(x, y) for x in range(-39, 40, 13) for y in range(-42, 43, 14)]) * 1000.0
    found = around(shapely.points(xy), np.zeros(len(xy), dtype=int), lands=(AREA,))
    with open_raster(raster.path) as opened:
        cells = opened.rows * opened.cols
        got = sum_catchments(
            Grid("pop", opened, "count"), around=found, count=len(xy), crs=FRAME.crs
        )
    assert cells == 2200**2
    assert max(sizes) <= 4_000_000 < sum(sizes) <= cells
    assert got.people.sum() == pytest.approx(10 * got.area_km2.sum())
