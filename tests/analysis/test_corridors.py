"""Corridors against lines, where lengths and angles are known without computing them."""

import datetime as dt
import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from factories import parts
from factories.fronts import straight
from hypothesis import given, settings
from hypothesis import strategies as st

from frontline.analysis import corridors
from frontline.analysis.corridor_measures import count_crossings
from frontline.geo.projection import plane_around
from frontline.lines.front import DisplacedFront, FrontLine

FRAME = plane_around([shapely.Point(20.0, 45.0)])
GEOD = pyproj.Geod(ellps="WGS84")
HALF = 50_000.0
AREA = shapely.box(-HALF, -HALF, HALF, HALF)

CROSSINGS = [name for name in corridors.CROSSINGS.all_names if name not in {"lon", "lat"}]


def front_of(line, *, key="old", error_m=0.0):
    """A line from south to north through the study area, West to its left."""
    xy = shapely.get_coordinates(line)
    west = shapely.Polygon([(-HALF, xy[0, 1]), *xy, (-HALF, xy[-1, 1])])
    pieces = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
    return FrontLine(
        key=key,
        label=key,
        date=dt.date(2020, 11, 10),
        geometry=line,
        segments=pieces,
        error_m=np.full(len(pieces), error_m),
        error_correlation_m=5_000.0,
        sides={"West": west, "East": AREA.difference(west)},
    )


MERIDIAN = shapely.LineString([(0.0, -HALF), (0.0, HALF)])
FRONT = front_of(MERIDIAN)
ROUGH = front_of(MERIDIAN, error_m=2_000.0)


@dataclass(frozen=True)
class RoadLayers:
    plane: object
    study_area: object
    corridors: gpd.GeoDataFrame


def layers_of(*lines):
    rows = {
        "id": [f"c{number}" for number in range(len(lines))],
        "name": "Road",
        "name_alt": "Other road",
        "kind": "road",
    }
    frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=list(lines), crs=FRAME.crs)
    return RoadLayers(FRAME, AREA, frame)


def zones_of(front, *distances_m):
    """Strips on either side of a meridian line."""
    rows = []
    for distance_m in distances_m:
        band = shapely.buffer(front.geometry, distance_m, cap_style="flat")
        for side, land in front.sides.items():
            rows.append((front.key, side, distance_m, "cumulative", band.intersection(land)))
            rows.append((front.key, side, distance_m, "ring", band.intersection(land)))
    table = pd.DataFrame(rows, columns=["line", "side", "distance_m", "kind", "geometry"])
    return gpd.GeoDataFrame(table, geometry="geometry", crs=FRAME.crs)


NO_ZONES = zones_of(FRONT)


def km_of(table, side, distance_m=math.nan, column="km"):
    same = table.distance_m.isna() if math.isnan(distance_m) else table.distance_m == distance_m
    return table.loc[(table.side == side) & same, column].item()


def test_kilometres_by_side_and_zone_of_a_road_across_the_line():
    road = shapely.LineString([(-20_000.0, 0.0), (30_000.0, 0.0)])
    zones = zones_of(FRONT, 5_000.0, 25_000.0)
    table = corridors.measure_corridors(layers_of(road), fronts=[FRONT], zones=zones, draws={})
    assert list(table.columns) == corridors.KM.names
    assert km_of(table, "West") == pytest.approx(20.0, rel=1e-5)
    assert km_of(table, "East") == pytest.approx(30.0, rel=1e-5)
    assert km_of(table, "West", 5_000.0) == pytest.approx(5.0, rel=1e-5)
    assert km_of(table, "East", 25_000.0) == pytest.approx(25.0, rel=1e-5)
    assert km_of(table, "West", 25_000.0) == pytest.approx(20.0, rel=1e-5)
    assert table.km_low.isna().all()
    assert len(table) == 6


def test_lengths_are_geodesic_not_planar():
    far = plane_around([shapely.Point(20.0, 45.0)])
    # 400 km from its centre an equal-area plane stretches one direction by 0.05 %.
    ends = shapely.points([(400_000.0, 0.0), (400_000.0, 10_000.0)])
    (lon, lat), (lon2, lat2) = shapely.get_coordinates(far.to_lonlat(ends))
    expected_m = GEOD.inv(lon, lat, lon2, lat2)[2]
    table = corridors.measure_corridors(
        layers_of(shapely.LineString(ends)), fronts=[FRONT], zones=NO_ZONES, draws={}
    )
    assert km_of(table, "") == pytest.approx(expected_m / 1000.0, rel=1e-7)
    assert abs(expected_m - 10_000.0) > 2.0


def test_what_lies_outside_the_study_area_has_no_side():
    road = shapely.LineString([(-60_000.0, 0.0), (-40_000.0, 0.0)])
    table = corridors.measure_corridors(layers_of(road), fronts=[FRONT], zones=NO_ZONES, draws={})
    assert km_of(table, "") == pytest.approx(10.0, rel=1e-5)
    assert km_of(table, "West") == pytest.approx(10.0, rel=1e-5)
    assert set(table.side) == {"", "West"}


def test_a_road_along_the_line_counts_half_for_each_side():
    road = shapely.LineString([(-10_000.0, 0.0), (0.0, 0.0), (0.0, 8_000.0), (5_000.0, 8_000.0)])
    zones = zones_of(FRONT, 15_000.0)
    table = corridors.measure_corridors(layers_of(road), fronts=[FRONT], zones=zones, draws={})
    for distance_m in (math.nan, 15_000.0):
        assert km_of(table, "West", distance_m) == pytest.approx(14.0, rel=1e-5)
        assert km_of(table, "East", distance_m) == pytest.approx(9.0, rel=1e-5)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(*[st.integers(-70_000, 70_000)] * 2), min_size=2, max_size=12),
    st.lists(st.integers(-30_000, 30_000), min_size=2, max_size=5),
)
def test_the_parts_of_any_corridor_add_up_to_its_length(points, xs):
    road = shapely.LineString(points)
    if road.length < 1.0:
        return
    line = shapely.LineString(np.column_stack([xs, np.linspace(-HALF, HALF, len(xs))]))
    table = corridors.measure_corridors(
        layers_of(road), fronts=[front_of(line)], zones=NO_ZONES, draws={}
    )
    dense = shapely.get_coordinates(FRAME.to_lonlat(np.array([road.segmentize(500.0)])))
    whole_m = GEOD.line_length(dense[:, 0], dense[:, 1])
    assert table.km.sum() == pytest.approx(whole_m / 1000.0, rel=1e-6, abs=1e-6)


def test_the_interval_of_a_straight_line_moved_as_a_whole():
    road = shapely.LineString([(-20_000.0, 3_000.0), (20_000.0, 3_000.0)])
    offsets = np.linspace(-1_500.0, 1_500.0, 61)
    draws = []
    for offset in offsets:
        moved = front_of(shapely.LineString([(offset, -HALF), (offset, HALF)]))
        draws.append(DisplacedFront(line=moved.geometry, sides=moved.sides))
    zones = zones_of(FRONT, 5_000.0)
    table = corridors.measure_corridors(
        layers_of(road), fronts=[ROUGH], zones=zones, draws={"old": draws}
    )
    low, high = np.percentile(offsets, [2.5, 97.5]) / 1000.0
    # The road is sampled every 100 m.
    assert km_of(table, "West", column="km_low") == pytest.approx(20.0 + low, abs=0.11)
    assert km_of(table, "West", column="km_high") == pytest.approx(20.0 + high, abs=0.11)
    # The zone moves with the line: a road that leaves it on both sides keeps its 5 km.
    assert km_of(table, "East", 5_000.0, "km_low") == pytest.approx(5.0, abs=0.11)
    assert km_of(table, "East", 5_000.0, "km_high") == pytest.approx(5.0, abs=0.11)


def test_a_road_that_only_a_displaced_line_would_cut_says_so():
    road = shapely.LineString([(500.0, 0.0), (10_000.0, 0.0)])
    moved = front_of(shapely.LineString([(2_000.0, -HALF), (2_000.0, HALF)]))
    draws = {"old": [DisplacedFront(line=moved.geometry, sides=moved.sides)] * 3}
    table = corridors.measure_corridors(
        layers_of(road), fronts=[ROUGH], zones=NO_ZONES, draws=draws
    )
    assert km_of(table, "West") == 0.0
    assert km_of(table, "West", column="km_high") == pytest.approx(1.5, abs=0.11)


@pytest.mark.parametrize("angle", [90.0, 45.0, 12.0, 2.0])
def test_the_angle_of_a_crossing(angle):
    step = 20_000.0 * np.array([math.sin(math.radians(angle)), math.cos(math.radians(angle))])
    road = shapely.LineString([-step, step])
    for drawn in (road, road.reverse()):
        found = corridors.find_corridor_crossings(layers_of(drawn), fronts=[FRONT])
        assert list(found.columns) == [*CROSSINGS, "geometry"]
        assert found.angle_deg.tolist() == pytest.approx([angle], abs=0.01)
        assert found.geometry.iloc[0].distance(shapely.Point(0.0, 0.0)) < 0.01
        assert found.km_along.item() == pytest.approx(20.0)
    assert (found.from_side.item(), found.to_side.item()) == ("East", "West")


def test_a_road_crossed_three_times_by_a_line_in_pieces():
    road = shapely.LineString([(-10_000, 0), (10_000, 0), (10_000, 5_000), (-10_000, 5_000),
                               (-10_000, 10_000), (9_000, 12_000)])  # fmt: skip
    pieces = shapely.MultiLineString([[(0, 7_000), (0, HALF)], [(0, -HALF), (0, 7_000)]])
    broken = front_of(MERIDIAN)
    broken = FrontLine(**{**vars(broken), "geometry": pieces})
    for front in (FRONT, broken):
        found = corridors.find_corridor_crossings(layers_of(road), fronts=[front])
        assert len(found) == 3
        assert found.from_side.tolist() == ["West", "East", "West"]
        assert [point.y for point in found.geometry] == pytest.approx([0.0, 5_000.0, 11_052.63])


@pytest.mark.parametrize(
    ("points", "times"),
    [
        ([(-5_000, 0), (0, 0), (-5_000, 100)], 0),  # touches and turns back
        ([(-5_000, 0), (-0.4, 0), (-5_000, 100)], 0),  # comes within half a metre
        ([(0, 0), (5_000, 0)], 0),  # begins on the line
        ([(-5_000, 0), (0, 0), (0, 3_000), (-5_000, 3_000)], 0),  # runs along it and goes back
        ([(-5_000, 0), (0, 0), (0, 3_000), (5_000, 3_000)], 1),  # runs along it and goes on
        ([(0, 0), (0, 3_000)], 0),  # lies on it
        ([(-5_000, 0), (0, 0), (5_000, 500)], 1),  # a vertex on the line
        ([(-60_000, 0), (-40_000, 0)], 0),  # crosses the edge of the study area
        ([(-5_000, 0), (5_000, 0), (-5_000, 0)], 2),  # there and back on one track
        ([(-5, 0), (5, 0), (5, 3), (-5, 3), (-5, 6), (5, 6)], 3),  # a bend of a few metres
    ],
)
def test_what_is_a_crossing(points, times):
    found = corridors.find_corridor_crossings(layers_of(shapely.LineString(points)), fronts=[FRONT])
    assert len(found) == times


def test_a_road_that_wavers_along_the_line_crosses_once_at_no_angle():
    ys = np.arange(0.0, 5_000.0, 250.0)
    along = np.column_stack([np.where(np.arange(len(ys)) % 2, 0.3, -0.3), ys])
    road = shapely.LineString([(-4_000.0, -100.0), *along, (4_000.0, 5_000.0)])
    found = corridors.find_corridor_crossings(layers_of(road), fronts=[FRONT])
    assert len(found) == 1
    assert found.angle_deg.item() < 1.0


def test_multipart_corridors_and_several_lines():
    road = shapely.MultiLineString([[(-9_000, 0), (-1_000, 0)], [(-1_000, 0), (9_000, 0)]])
    other = front_of(shapely.LineString([(3_000, -HALF), (3_000, HALF)]), key="new")
    found = corridors.find_corridor_crossings(layers_of(road), fronts=[FRONT, other])
    assert found.line.tolist() == ["old", "new"]
    assert found.km_along.tolist() == pytest.approx([9.0, 12.0])


def test_distance_to_a_line_is_the_geodesic_to_the_nearest_stretch():
    road = shapely.LineString([(29_000.0, -20_000.0), (29_000.0, 0.0), (40_000.0, 10_000.0)])
    cut = shapely.LineString([(-9_000, 0), (1_000, 0)])
    found = corridors.measure_corridor_distances(layers_of(road, cut), fronts=[FRONT])
    assert list(found.columns) == corridors.DISTANCE
    assert found.distance_m.tolist() == pytest.approx([29_000.0, 0.0], rel=1e-4)
    assert found.lat[0] == pytest.approx(45.0, abs=0.25)


def test_distance_far_from_the_centre_of_the_frame():
    # One degree of latitude on a meridian, by the formula of the meridian arc.
    corners = shapely.linestrings([[(20.0, 50.0), (20.01, 50.0)], [(20.0, 51.0), (20.01, 51.0)]])
    road, line = FRAME.from_crs(corners, pyproj.CRS("EPSG:4326"))
    front = FrontLine(**{**vars(FRONT), "geometry": line})
    found = corridors.measure_corridor_distances(layers_of(road), fronts=[front])
    assert found.distance_m.item() == pytest.approx(GEOD.inv(20, 50, 20, 51)[2], abs=1.0)


def test_without_corridors_every_table_keeps_its_columns():
    none = layers_of()
    assert (
        list(corridors.measure_corridors(none, fronts=[FRONT], zones=NO_ZONES, draws={}).columns)
        == corridors.KM.names
    )
    assert (
        list(corridors.measure_corridor_distances(none, fronts=[FRONT]).columns)
        == corridors.DISTANCE
    )
    found = corridors.find_corridor_crossings(none, fronts=[FRONT])
    assert list(found.columns) == [*CROSSINGS, "geometry"]
    assert found.crs == FRAME.crs


def test_roads_that_never_gain_together_have_a_narrower_sum():
    """Two roads cross a line that turns about the middle: what one gains the other loses."""
    lines = layers_of(
        shapely.LineString([(-20_000.0, 10_000.0), (20_000.0, 10_000.0)]),
        shapely.LineString([(-20_000.0, -10_000.0), (20_000.0, -10_000.0)]),
    )
    draws = []
    for east in np.linspace(-2_000.0, 2_000.0, 41):
        top = east * HALF / 10_000.0
        moved = front_of(shapely.LineString([(-top, -HALF), (top, HALF)]))
        draws.append(DisplacedFront(line=moved.geometry, sides=moved.sides))
    draws = {"old": draws}
    each, both = corridors.measure_corridors_and_kinds(
        lines, fronts=[ROUGH], zones=NO_ZONES, draws=draws
    )
    alone = corridors.measure_corridors(lines, fronts=[ROUGH], zones=NO_ZONES, draws=draws)
    pd.testing.assert_frame_equal(each, alone)
    west = both[(both.side == "West") & both.distance_m.isna()].iloc[0]
    ends = each[(each.side == "West") & each.distance_m.isna()][["km_low", "km_high"]].sum()
    assert west.km == pytest.approx(40.0, rel=1e-3)
    assert west.km_high - west.km_low < 0.3
    # Of 41 even draws from -2 to 2 km the 2.5 % point is the 1.05th.
    assert ends.km_high - ends.km_low == pytest.approx(4 * 1.995, abs=0.3)


def test_a_road_that_comes_back_within_the_error_may_not_cross():
    roads = {
        # Over and back by 200 m: two crossings, or none.
        "back": [(47_000, 10_000), (50_200, 11_000), (47_000, 12_000)],
        # Over for good: one.
        "over": [(47_000, 15_000), (53_000, 15_000)],
        # Up to 300 m and back: none as drawn, and possibly one.
        "near": [(47_000, 20_000), (49_700, 21_000), (47_000, 22_000)],
    }
    shapes = [shapely.LineString(road) for road in roads.values()]
    chosen = parts.frame(*shapes, id=list(roads), name=list(roads), name_alt="", kind="road")
    exact, known = (
        count_crossings(
            chosen, layers=parts.layers_of(), front=straight("old", 50_000.0, error_m=error_m)
        )
        for error_m in (0.0, 500.0)
    )
    assert exact.estimate == (3, 3, 3)
    assert (len(known.rows), known.doubtful, known.possible) == (3, 2, 1)
    assert known.estimate == (3, 1, 4)
