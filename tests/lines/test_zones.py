import datetime as dt
import math

import numpy as np
import pytest
import shapely
from factories import karabakh
from pyproj import Geod

from frontline.executor import limit_workers
from frontline.geo.projection import plane_around
from frontline.lines.front import Copies, FrontLine, displace_front, take_figures
from frontline.lines.zones import (
    LINES,
    SIDES,
    ZONES,
    buffer_zones,
    buffer_zones_in_plane,
    measure_drawn_areas,
    note_bias,
    note_drawing,
    tabulate_fronts,
    tabulate_sides,
)
from frontline.uncertainty.copies import place_against
from frontline.uncertainty.intervals import SIGMAS
from frontline.uncertainty.sampling import find_position

GEOD = Geod(ellps="WGS84")
FRAME = plane_around([shapely.Point(20, 45)])
HALF = 50_000.0
BOX = shapely.box(-HALF, -HALF, HALF, HALF)
DISTANCES = (5_000.0, 10_000.0, 15_000.0)


def front_of(xy, *, error_m=0.0, key="front", correlation_m=5_000.0):
    xy = np.array(xy, float)
    west = shapely.Polygon([(-HALF, xy[0, 1]), *xy, (-HALF, xy[-1, 1])])
    segments = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
    return FrontLine(
        key=key,
        label=key.title(),
        date=dt.date(2020, 11, 10),
        geometry=shapely.MultiLineString([shapely.LineString(xy)]),
        segments=segments,
        error_m=np.full(len(segments), error_m),
        error_correlation_m=correlation_m,
        sides={"West": west, "East": BOX.difference(west)},
        length_km=1.0,
    )


UPRIGHT = [(0, -HALF), (0, HALF)]
BENT = [(0, -HALF), (9_000, -9_000), (-7_000, 12_000), (2_000, HALF)]


def of(table, **wanted):
    for name, value in wanted.items():
        table = table[table[name] == value]
    return table


def test_zones_of_a_straight_line_are_strips():
    table = buffer_zones([front_of(UPRIGHT)], distances_m=DISTANCES, draws={}, plane=FRAME)
    assert len(table) == 2 * 3 * 2
    assert list(table.columns) == [*ZONES.names, "geometry"]
    strips = of(table, kind="cumulative").area_km2
    assert strips.tolist() == pytest.approx([500, 1_000, 1_500] * 2, rel=1e-3)
    assert of(table, kind="ring").area_km2.tolist() == pytest.approx([500] * 6, rel=1e-3)


def test_parts_add_up_and_lie_where_they_belong():
    front = front_of(BENT)
    table = buffer_zones([front], distances_m=DISTANCES, draws={}, plane=FRAME)
    for side, land in front.sides.items():
        own = of(table, side=side)
        cumulative = of(own, kind="cumulative")
        ring = of(own, kind="ring")
        assert ring.area_km2.cumsum().to_numpy() == pytest.approx(cumulative.area_km2.to_numpy())
        assert shapely.union_all(ring.geometry.array).symmetric_difference(
            cumulative.geometry.iloc[-1]
        ).area == pytest.approx(0, abs=1)
        assert cumulative.geometry.difference(land).area.max() == pytest.approx(0, abs=1)
        assert (cumulative.area_km2.diff().dropna() > 0).all()
    assert table.geometry.is_valid.all()


def test_random_points_lie_on_the_right_side_of_every_edge():
    front = front_of(BENT)
    table = of(
        buffer_zones([front], distances_m=DISTANCES, draws={}, plane=FRAME), kind="cumulative"
    )
    noise = np.random.default_rng(8)
    xy = noise.uniform(-30_000, 30_000, (60, 2))
    course = FRAME.lonlat(shapely.get_coordinates(shapely.segmentize(front.geometry, 10.0)))
    for place, lonlat in zip(xy, FRAME.lonlat(xy), strict=True):
        lon, lat = np.broadcast_to(lonlat, course.shape).T
        distance = GEOD.inv(lon, lat, *course.T)[2].min()
        side = "West" if front.sides["West"].contains(shapely.Point(place)) else "East"
        for row in table.itertuples():
            if abs(distance / row.distance_m - 1) < 1e-3:
                continue
            inside = row.geometry.contains(shapely.Point(place))
            assert inside == (row.side == side and distance < row.distance_m)


def test_a_side_that_the_line_does_not_come_near_has_an_empty_zone():
    front = front_of(UPRIGHT)
    island = shapely.box(40_000, 0, 41_000, 1_000)
    three = FrontLine(**{**vars(front), "sides": {**front.sides, "Island": island}})
    own = of(buffer_zones([three], distances_m=(5_000.0,), draws={}, plane=FRAME), side="Island")
    assert own.area_km2.tolist() == [0.0, 0.0]
    assert own.geometry.is_empty.all()


def test_intervals_of_a_shifting_line_agree_with_the_closed_form():
    # Shifted as a whole, a line in the middle keeps its zones; near an edge it does not.
    infinite = float("inf")
    middle = front_of(UPRIGHT, error_m=1_000.0, correlation_m=infinite)
    beside = front_of(
        [(-46_000, -HALF), (-46_000, HALF)], error_m=1_000.0, correlation_m=infinite, key="b"
    )
    fronts = [middle, beside]
    draws = {front.key: displace_front(front, area=BOX, draws=1_000, seed=1) for front in fronts}
    table = of(
        buffer_zones(fronts, distances_m=(5_000.0,), draws=draws, plane=FRAME), kind="cumulative"
    )
    for row in of(table, line="front").itertuples():
        assert (row.area_low, row.area_high) == pytest.approx((500, 500), abs=2)
    west = of(table, line="b", side="West").iloc[0]
    # 4 km of land are left to the west: 95 % of the draws leave 3 to 5 km (at most 5).
    assert west.area_km2 == pytest.approx(400, rel=1e-3)
    assert (west.area_low, west.area_high) == pytest.approx((300, 500), abs=8)
    east = of(table, line="b", side="East").iloc[0]
    assert (east.area_low, east.area_high) == pytest.approx((500, 500), abs=2)


def test_a_line_without_error_has_an_interval_without_width():
    table = buffer_zones([front_of(BENT)], distances_m=DISTANCES, draws={}, plane=FRAME)
    assert (table.area_low == table.area_km2).all()
    assert (table.area_high == table.area_km2).all()
    unknown = buffer_zones(
        [front_of(BENT, error_m=300.0)], distances_m=DISTANCES, draws={}, plane=FRAME
    )
    assert unknown.area_low.isna().all()


def test_sides_and_lines_are_listed():
    front = front_of(BENT, error_m=2_000.0)
    draws = {"front": displace_front(front, area=BOX, draws=200, seed=1)}
    sides = tabulate_sides([front], draws=draws, plane=FRAME)
    assert list(sides.columns) == [*SIDES.names, "geometry"]
    assert sides.area_km2.sum() == pytest.approx(10_000)
    assert ((sides.area_low < sides.area_km2) & (sides.area_km2 < sides.area_high)).all()
    lines = tabulate_fronts([front], plane=FRAME)
    assert list(lines.columns) == [*LINES.names, "geometry"]
    assert lines.error_m.item() == 2_000.0
    for table in (
        tabulate_fronts([], plane=FRAME),
        tabulate_sides([], draws={}, plane=FRAME),
        buffer_zones([], distances_m=(1e4,), draws={}, plane=FRAME),
    ):
        assert len(table) == 0
        assert table.crs == FRAME.crs


def test_the_zones_of_the_example_agree_with_an_independent_band():
    """Union of geodesic circles every 250 m, in an equal-area projection of its own."""
    plane = plane_around([karabakh.AREA])
    course = plane.from_crs(np.array([karabakh.LINE_1994]), 4326)[0]
    area = plane.from_crs(np.array([karabakh.AREA]), 4326)[0]
    front = FrontLine(
        **{
            **vars(front_of(UPRIGHT)),
            "geometry": shapely.MultiLineString([course]),
            "sides": {"All": area},
        }
    )
    table = of(
        buffer_zones([front], distances_m=(15_000.0,), draws={}, plane=plane), kind="cumulative"
    )
    places = shapely.get_coordinates(shapely.segmentize(karabakh.LINE_1994, 0.0025))
    azimuth = np.linspace(0, 360, 360, endpoint=False)
    circles = []
    for lon, lat in places:
        ring = GEOD.fwd(np.full(360, lon), np.full(360, lat), azimuth, np.full(360, 15_000.0))
        circles.append(shapely.Polygon(plane.xy(np.column_stack(ring[:2]))))
    expected = shapely.union_all(circles).intersection(area).area / 1e6
    assert table.area_km2.item() == pytest.approx(expected, rel=5e-4)


def winding_front(*, error_m=2_000.0):
    """A line that winds as error would make it, and more."""
    y = np.linspace(-HALF, HALF, 400)
    rng = np.random.default_rng(1)
    x = 5_000.0 * np.sin(y / 8_000.0) + np.cumsum(rng.normal(0.0, 150.0, len(y)))
    return front_of(np.column_stack([x - x.mean(), y]), error_m=error_m)


def overlaid(line, sides, *, distances_m):
    """Areas ``(sides, distances)``, km2, by plain buffers: the slow way."""
    lands = list(sides.values())
    bands = [line.buffer(far, 32) if math.isfinite(far) else BOX.buffer(1e6) for far in distances_m]
    return np.array([[land.intersection(band).area / 1e6 for band in bands] for land in lands])


def test_copies_measured_by_squares_agree_with_their_overlay():
    """The slow way: a buffer and an intersection per copy, distance and side."""
    front = winding_front()
    draws = displace_front(front, area=BOX, draws=12, seed=1)
    assert isinstance(draws, Copies)
    distances = np.array([2_000.0, 5_000.0, 15_000.0, math.inf])
    fast = measure_drawn_areas(front, draws=draws, distances_m=distances, plane=FRAME)
    slow = take_figures(
        front, draws=draws, figure=lambda line, sides: overlaid(line, sides, distances_m=distances)
    )
    changed = [drawn.copies - drawn.base for drawn in (fast, slow)]
    wrong = np.sqrt(((changed[0] - changed[1]) ** 2).mean(axis=0))
    assert (wrong < 0.1 * SIGMAS * slow.copies.std(axis=0)).all()


def test_copies_of_a_scenario_spread_by_squares_as_by_their_overlay():
    front = winding_front()
    draws = tuple(displace_front(front, area=BOX, draws=12, seed=1))
    distances = np.array([2_000.0, 5_000.0, 15_000.0, math.inf])
    fast = measure_drawn_areas(front, draws=draws, distances_m=distances, plane=FRAME)
    slow = take_figures(
        front, draws=draws, figure=lambda line, sides: overlaid(line, sides, distances_m=distances)
    )
    assert fast.counted
    assert slow.counted
    assert fast.copies.std(axis=0) == pytest.approx(slow.copies.std(axis=0), rel=0.1)


def test_a_distance_is_measured_alike_alone_and_beside_others():
    front = winding_front()
    settings = {"area": BOX, "draws": 4, "seed": 1}
    alone = measure_drawn_areas(
        front, draws=displace_front(front, **settings), distances_m=[5_000.0], plane=FRAME
    )
    beside = measure_drawn_areas(
        front,
        draws=displace_front(front, **settings),
        distances_m=[500.0, 5_000.0, 30_000.0],
        plane=FRAME,
    )
    assert (alone.copies[:, :, 0] == beside.copies[:, :, 1]).all()
    assert (alone.base[:, 0] == beside.base[:, 1]).all()


def test_points_lie_where_polygons_and_lines_say():
    front = winding_front()
    xy = np.random.default_rng(5).uniform(-HALF, HALF, (300, 2))
    found = place_against(xy, line=front.geometry, lands=list(front.sides.values()), plane=FRAME)
    expected = find_position(
        shapely.points(xy),
        line=front.geometry,
        sides=front.sides,
        plane=FRAME,
        names=list(front.sides),
    )
    assert (found.side == expected.side).all()
    assert found.distance_m == pytest.approx(expected.distance_m, rel=1e-9)
    assert (found.other[found.side >= 0] == 1 - found.side[found.side >= 0]).all()
    nowhere = place_against(xy, line=shapely.MultiLineString(), lands=[BOX], plane=FRAME)
    assert np.isnan(nowhere.distance_m).all()


def test_every_number_of_workers_gives_the_same():
    front = winding_front()
    draws = displace_front(front, area=BOX, draws=6, seed=1)
    found = []
    for workers in (1, 2, 3):
        with limit_workers(workers):
            drawn = measure_drawn_areas(front, draws=draws, distances_m=[5_000.0], plane=FRAME)
            zones = buffer_zones_in_plane(
                front, distances_m=[500.0, 5_000.0], plane=FRAME, tolerance_m=20.0
            )
        found.append((drawn.copies.tobytes(), *zones.geometry.to_wkb()))
    assert found[0] == found[1] == found[2]


def test_quick_zones_are_those_of_the_ellipsoid_to_some_thousandths():
    front = winding_front()
    distances = (500.0, 2_000.0, *DISTANCES, 30_000.0)
    exact = of(
        buffer_zones([front], distances_m=distances, draws={}, plane=FRAME), kind="cumulative"
    )
    quick = buffer_zones_in_plane(front, distances_m=distances, plane=FRAME, tolerance_m=20.0)
    for side in front.sides:
        assert of(quick, side=side).distance_m.tolist() == list(distances)
        assert of(quick, side=side).area_km2.tolist() == pytest.approx(
            of(exact, side=side).area_km2.tolist(), rel=2e-3
        )


def test_a_winding_line_is_said_to_have_large_zones_and_a_smooth_one_to_lack_bends():
    front = winding_front()
    draws = {"front": displace_front(front, area=BOX, draws=60, seed=1)}
    table = buffer_zones([front], distances_m=DISTANCES, draws=draws, plane=FRAME)
    assert ((table.area_low <= table.area_km2) & (table.area_km2 <= table.area_high)).all()
    assert "likely larger on the map than in truth" in note_bias(table)[0].text
    assert note_drawing([front], draws=draws) == ()
    smooth = front_of(UPRIGHT, error_m=2_000.0)
    draws = {"front": displace_front(smooth, area=BOX, draws=60, seed=1)}
    assert "winds less than its own error" in note_drawing([smooth], draws=draws)[0].text
    row = of(
        buffer_zones([smooth], distances_m=DISTANCES, draws=draws, plane=FRAME), kind="cumulative"
    ).iloc[0]
    assert row.area_low <= row.area_km2 < row.area_high
    assert (
        note_bias(buffer_zones([front_of(UPRIGHT)], distances_m=DISTANCES, draws={}, plane=FRAME))
        == ()
    )
