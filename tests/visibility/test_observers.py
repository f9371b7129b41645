"""Posts along a line: one in each cell, with the length of line in it."""

import datetime as dt

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from frontline.elevation.dem import Dem
from frontline.geo.geodesy import measure_length
from frontline.geo.projection import plane_around
from frontline.lines.front import FrontLine
from frontline.visibility import observers as stretches

FRAME = plane_around([shapely.Point(20.0, 45.0)])


def dem_of(rows=200, cols=200, *, step=(100.0, 100.0), west=-10_000.0, north=10_000.0):
    return Dem(
        heights_m=np.zeros((rows, cols), dtype=np.float32),
        transform=(step[1], 0.0, west, 0.0, -step[0], north),
        crs=FRAME.crs.to_wkt(),
        step_m=step,
    )


def front_of(line):
    return FrontLine(
        key="line",
        label="Line",
        date=dt.date(2020, 11, 10),
        geometry=line,
        segments=np.array([line]),
        error_m=np.zeros(1),
        error_correlation_m=5_000.0,
        sides={},
    )


def stood(line, dem, *, radius_m=1_000.0, spacing_m=None):
    parts = stretches.tile_front(front_of(line), dem=dem, radius_m=radius_m)
    return [
        stretches.place_observers(
            part, dem=dem, plane=FRAME, radius_m=radius_m, spacing_m=spacing_m
        )
        for part in parts
    ]


def naive(line, grid):
    """Length of line in each cell, cell by cell."""
    a, _, c, _, e, f = grid.transform
    rows, cols = grid.heights_m.shape
    found = {}
    for row in range(rows):
        for col in range(cols):
            box = shapely.box(c + col * a, f + (row + 1) * e, c + (col + 1) * a, f + row * e)
            length = shapely.intersection(line, box).length
            if length > 1e-6:
                found[row, col] = length
    return found


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(*[st.floats(-900.0, 900.0)] * 2), min_size=2, max_size=6, unique=True),
    st.sampled_from([(100.0, 100.0), (90.0, 130.0)]),
)
def test_every_cell_that_the_line_crosses_once_with_the_line_in_it(points, step):
    # Off the edges of cells, where a naive sum counts a length for both neighbours.
    line = shapely.LineString(np.add(points, [0.123, 0.456]))
    if line.length < 1.0 or not line.is_simple:
        return
    dem = dem_of(30, 30, step=step, west=-1_700.0, north=1_500.0)
    (stretch,) = stood(line, dem, radius_m=100.0)
    expected = naive(line, stretch.dem)
    found = dict(zip(map(tuple, stretch.posts_rc.tolist()), stretch.length_m, strict=True))
    assert {cell for cell, m in found.items() if m > 1e-5} <= set(expected)
    assert set(expected) <= set(found)
    for cell, length in expected.items():
        assert found[cell] == pytest.approx(length, rel=1e-4, abs=1e-4)


def test_a_corner_and_an_edge_of_cells():
    dem = dem_of()
    diagonal = shapely.LineString([(50.0, 50.0), (450.0, 450.0)])
    (stretch,) = stood(diagonal, dem)
    # Through corners: the diagonal's own cells, and none beside it.
    assert len(stretch.posts_rc) == 5
    edge = shapely.LineString([(0.0, 30.0), (0.0, 270.0)])
    for line in (edge, edge.reverse()):
        (stretch,) = stood(line, dem)
        assert len(stretch.posts_rc) == 3
        assert stretch.length_m.sum() == pytest.approx(240.0, rel=1e-5)


def test_lengths_are_geodesic_and_add_up():
    line = shapely.LineString([(-8_000.0, -3_000.0), (1_000.0, 2_000.0), (8_000.0, 1_500.0)])
    whole = measure_length(np.array([line], dtype=object), plane=FRAME)[0]
    for spacing_m in (None, 100.0, 777.0, 50_000.0):
        total = sum(s.length_m.sum() for s in stood(line, dem_of(), spacing_m=spacing_m))
        assert total == pytest.approx(whole, rel=1e-9)


def test_posts_at_a_spacing_stand_in_the_middle_of_equal_parts():
    line = shapely.LineString([(-4_050.0, 50.0), (4_050.0, 50.0)])
    (stretch,) = stood(line, dem_of(), spacing_m=2_050.0)
    assert len(stretch.posts_rc) == 4
    assert stretch.length_m == pytest.approx([8_100.0 / 4] * 4, rel=1e-5)
    assert set(np.diff(stretch.posts_rc[:, 1])) <= {20, 21}


def test_a_long_line_is_cut_where_it_lies_not_by_its_direction(monkeypatch):
    monkeypatch.setattr(stretches, "WIDEST_M", 8_000.0)
    line = shapely.LineString([(-8_000.0, -3_000.0), (1_000.0, 2_000.0), (8_000.0, 1_500.0)])
    there, back = stood(line, dem_of()), stood(line.reverse(), dem_of())
    assert len(there) == 4
    for one, other in zip(there, back, strict=True):
        assert (one.posts_rc == other.posts_rc).all()
        assert one.length_m == pytest.approx(other.length_m)
        assert max(one.dem.heights_m.shape) <= 90


def test_a_front_of_two_thousand_kilometres_in_degrees():
    plane = plane_around([shapely.LineString([(10.0, 60.0), (50.0, 50.0)])])
    lonlat = shapely.segmentize(shapely.LineString([(10.0, 60.0), (50.0, 50.0)]), 0.1)
    line = plane.from_crs(np.array([lonlat], dtype=object), "EPSG:4326")[0]
    step = 1 / 60
    dem = Dem(
        heights_m=np.zeros((720, 2520), dtype=np.float32),
        transform=(step, 0.0, 9.0, 0.0, -step, 61.0),
        crs="EPSG:4326",
        step_m=(1_855.0, 1_060.0),
    )
    parts = stretches.tile_front(front_of(line), dem=dem, radius_m=15_000.0)
    stands = [
        stretches.place_observers(part, dem=dem, plane=plane, radius_m=15_000.0, spacing_m=None)
        for part in parts
    ]
    assert len(stands) >= 4
    whole = measure_length(np.array([line], dtype=object), plane=plane)[0]
    assert whole > 2_000_000.0
    assert sum(s.length_m.sum() for s in stands) == pytest.approx(whole, rel=1e-9)
    assert all(s.voids == 0 for s in stands)
    # In each grid distances are true to a thousandth: the posts of a part span its own length.
    for part, stretch in zip(parts, stands, strict=True):
        ends = shapely.get_coordinates(part)[[0, -1]]
        geodesic = measure_length(np.array([shapely.LineString(ends)], dtype=object), plane=plane)[
            0
        ]
        cells = stretches.to_grid_positions(stretch.dem, xy=ends, crs=plane.crs)
        planar = np.hypot(*((cells[1] - cells[0]) * stretch.dem.step_m))
        assert planar == pytest.approx(geodesic, rel=1e-3)
