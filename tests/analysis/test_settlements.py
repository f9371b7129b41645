import datetime as dt
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from frontline.analysis.settlements import AGAINST, locate_settlements
from frontline.geo.projection import plane_around
from frontline.lines.front import FrontLine, make_error_band

GEOD = Geod(ellps="WGS84")
FRAME = plane_around([shapely.Point(20, 45)])
HALF = 50_000.0
BOX = shapely.box(-HALF, -HALF, HALF, HALF)
DISTANCES = (5_000.0, 10_000.0, 15_000.0)


def front_of(xy, error_m=0.0, key="front"):
    xy = np.array(xy, float)
    west = shapely.Polygon([(-HALF, xy[0, 1]), *xy, (-HALF, xy[-1, 1])])
    segments = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
    return FrontLine(
        key=key,
        label=key,
        date=dt.date(2020, 11, 10),
        geometry=shapely.MultiLineString([shapely.LineString(xy)]),
        segments=segments,
        error_m=np.broadcast_to(np.asarray(error_m, float), len(segments)).copy(),
        error_correlation_m=5_000.0,
        sides={"West": west, "East": BOX.difference(west)},
    )


UPRIGHT = [(0, -HALF), (0, 0), (0, HALF)]


def table(shapes, *fronts, **columns):
    names = [f"p{number}" for number in range(len(shapes))]
    settlements = gpd.GeoDataFrame(
        {"id": names, "name": names, "mayor": "x", "lon": "kept no longer"}
        | {"population": None, "population_kind": "residents"}
        | columns,
        geometry=list(shapes),
        crs=FRAME.crs,
    )
    project = SimpleNamespace(
        zones=SimpleNamespace(distances_m=DISTANCES), people=SimpleNamespace(outdated_years=3.0)
    )
    layers = SimpleNamespace(plane=FRAME, settlements=settlements)
    return locate_settlements(project, layers=layers, fronts=fronts)


def one(shape, front):
    return table([shape], front).iloc[0]


def test_a_point_east_of_a_meridian():
    found = one(shapely.Point(7_000, 1_000), front_of(UPRIGHT, 500.0))
    assert (found.side, found.side_certain) == ("East", True)
    assert found.crossed is pd.NA  # nobody knows how far the place reaches
    assert (found.zone_m, found.share_own_side, found.contested_share) == (10_000.0, 1.0, 0.0)
    assert found.distance_m == pytest.approx(7_000, rel=1e-4)
    assert found.azimuth_deg == pytest.approx(270, abs=0.2)
    lon, lat = FRAME.lonlat(np.array([[7_000.0, 1_000.0]]))[0]
    assert (found.lon, found.lat) == pytest.approx((lon, lat))
    assert GEOD.inv(lon, lat, found.nearest_lon, found.nearest_lat)[2] == pytest.approx(
        found.distance_m, rel=1e-9
    )


@pytest.mark.parametrize(("x", "zone"), [(4_999, 5_000), (5_002, 10_000), (14_998, 15_000)])
def test_the_zone_is_the_smallest_distance_that_holds_the_place(x, zone):
    assert one(shapely.Point(x, 0), front_of(UPRIGHT)).zone_m == zone


def test_beyond_the_largest_distance_there_is_no_zone():
    assert np.isnan(one(shapely.Point(-20_000, 0), front_of(UPRIGHT)).zone_m)


def test_nearer_than_the_error_the_side_is_not_certain():
    front = front_of(UPRIGHT, [500.0, 2_000.0])
    found = table([shapely.Point(1_000, y) for y in (-20_000, 20_000)], front)
    assert found.side_certain.tolist() == [True, False]
    assert found.contested_share.tolist() == [0.0, 1.0]
    assert found.side.tolist() == ["East", "East"]


def test_a_point_on_the_line_counts_once_and_is_not_certain():
    found = one(shapely.Point(0, 100), front_of(UPRIGHT))
    assert (found.side, found.side_certain) == ("West", False)
    assert found.distance_m == pytest.approx(0, abs=1e-6)
    assert np.isnan(found.azimuth_deg)
    assert (found.zone_m, found.share_own_side) == (5_000.0, 1.0)


def test_outside_the_study_area_there_is_a_distance_and_no_side():
    found = one(shapely.Point(2_000, HALF + 1_000), front_of(UPRIGHT))
    assert found.side == ""
    assert found.distance_m == pytest.approx(np.hypot(2_000, 1_000), rel=1e-3)
    assert np.isnan(found.zone_m)
    assert np.isnan(found.share_own_side)
    assert found.side_certain


def test_a_settlement_cut_by_the_line_is_shared_by_area():
    front = front_of(UPRIGHT, 500.0)
    found = one(shapely.box(-1_000, 0, 3_000, 2_000), front)
    assert (found.side, found.crossed, found.distance_m) == ("East", True, 0.0)
    assert not found.side_certain
    assert found.share_own_side == pytest.approx(0.75)
    assert found.contested_share == pytest.approx(0.25, rel=1e-3)
    assert found.zone_m == 5_000.0


def test_the_shares_of_a_cut_settlement_add_to_one():
    front = front_of([(0, -HALF), (7_000, 3_000), (-4_000, 9_000), (0, HALF)])
    shape = shapely.Point(500, 5_000).buffer(6_000)
    west, east = (shape.intersection(land).area / shape.area for land in front.sides.values())
    found = one(shape, front)
    assert found.share_own_side == pytest.approx(max(west, east))
    assert west + east == pytest.approx(1)


def test_the_distance_of_a_polygon_is_that_of_its_nearest_point():
    front = front_of(UPRIGHT)
    box = one(shapely.box(3_000, -200, 6_000, 200), front)
    assert box.distance_m == pytest.approx(3_000, rel=1e-4)
    assert (box.crossed, box.side_certain, box.share_own_side) == (False, True, 1.0)
    # The nearest may be a vertex of the line against an edge of the polygon.
    spike = front_of([(0, -HALF), (0, -5_000), (8_000, 0), (0, 5_000), (0, HALF)])
    wall = one(shapely.box(9_500, -20_000, 10_000, 20_000), spike)
    assert wall.distance_m == pytest.approx(1_500, rel=1e-4)


def test_a_place_of_several_parts_has_one_row():
    shape = shapely.MultiPolygon(
        [shapely.box(2_000, 0, 3_000, 900), shapely.box(-9_000, 0, -8_500, 900)]
    )
    found = table([shape], front_of(UPRIGHT))
    assert len(found) == 1
    assert found.side.item() == "East"
    assert found.crossed.item()
    assert found.distance_m.item() == pytest.approx(2_000, rel=1e-4)


def test_one_row_per_settlement_and_line_with_the_users_columns():
    fronts = (front_of(UPRIGHT), front_of([(9_000, -HALF), (9_000, HALF)], key="later"))
    found = table([shapely.Point(5_000, 0), shapely.Point(-5_000, 0)], *fronts)
    assert found.line.tolist() == ["front", "front", "later", "later"]
    assert found.id.tolist() == ["p0", "p1", "p0", "p1"]
    assert found.side.tolist() == ["East", "West", "West", "West"]
    assert (found.mayor == "x").all()
    assert found.crs == FRAME.crs
    assert found.lon.dtype == float
    assert set(AGAINST) <= set(found.columns)


def test_no_settlements_leave_the_columns():
    for fronts in ((), (front_of(UPRIGHT),)):
        empty = table([], *fronts)
        assert len(empty) == 0
        assert set(AGAINST) <= set(empty.columns)


def test_distances_are_geodesic_for_random_places():
    front = front_of([(0, -HALF), (7_000, 3_000), (-4_000, 9_000), (0, HALF)])
    noise = np.random.default_rng(2)
    xy = noise.uniform(-HALF, HALF, (60, 2))
    found = table(shapely.points(xy), front)
    course = FRAME.lonlat(shapely.get_coordinates(shapely.segmentize(front.geometry, 5.0)))
    for row, place in zip(found.itertuples(), FRAME.lonlat(xy), strict=True):
        lon, lat = np.broadcast_to(place, course.shape).T
        brute = GEOD.inv(lon, lat, *course.T)[2].min()
        assert row.distance_m == pytest.approx(brute, rel=1e-4, abs=1)


def test_what_is_contested_lies_in_the_error_band():
    front = front_of(UPRIGHT, 2_000.0)
    noise = np.random.default_rng(6)
    shapes = [shapely.Point(x, y).buffer(1_500) for x, y in noise.uniform(-4_500, 4_500, (30, 2))]
    found = table(shapes, front)
    band = make_error_band(front, plane=FRAME)
    for shape, share in zip(shapes, found.contested_share, strict=True):
        assert share == pytest.approx(shape.intersection(band).area / shape.area)
    assert ((found.contested_share > 0) >= ~found.side_certain).all()


def test_many_places_and_a_line_of_many_vertices():
    noise = np.random.default_rng(9)
    ys = np.linspace(-HALF, HALF, 100_001)
    front = front_of(np.column_stack([2_000 * np.sin(ys / 3_000), ys]))
    xy = noise.uniform(-HALF, HALF, (2_000, 2))
    found = table(shapely.points(xy), front)
    east = xy[:, 0] > 2_000 * np.sin(xy[:, 1] / 3_000)
    assert ((found.side == "East") == east).all()
    few = table(
        shapely.points(xy[:20]), front_of(np.column_stack([2_000 * np.sin(ys / 3_000), ys])[::5])
    )
    assert found.distance_m[:20].to_numpy() == pytest.approx(few.distance_m.to_numpy(), abs=0.05)


def test_a_sum_of_what_holds_contains_no_figure_that_does_not():
    """Four rows of 2020: one that holds, one that ended, one undated, one of nobody known."""
    points = [shapely.Point(1_000 * n, 0) for n in range(1, 5)]
    found = table(
        points,
        front_of(UPRIGHT),
        population=[100, 900, 30, None],
        population_date=["2015", "2019", "", "2019"],
        population_until=["", "2020-10", "", ""],
    )
    assert found["holds"].tolist() == [True, False, True, pd.NA]
    assert found["population_at_line"].tolist() == [100, pd.NA, 30, pd.NA]
    assert found["population_at_line"].sum() == 130
    age = found["figure_age_years"].tolist()
    assert age == pytest.approx([4.86, 0.86, np.nan, np.nan], abs=0.01, nan_ok=True)
    assert found["outdated"].tolist() == [True, False, pd.NA, pd.NA]


def test_of_two_figures_of_one_place_only_the_one_that_counts_holds():
    found = table(
        [shapely.Point(1_000, 0)] * 2,
        front_of(UPRIGHT),
        name="same",
        population=[100, 120],
        population_date=["2015", "2019"],
    )
    assert found["holds"].tolist() == [False, True]
    assert found["population_at_line"].sum() == 120


def test_a_figure_counted_after_the_line_has_a_negative_age_and_is_not_outdated():
    found = table(
        [shapely.Point(1_000, 0)], front_of(UPRIGHT), population=[5], population_date=["2023"]
    ).iloc[0]
    assert found.figure_age_years == pytest.approx(-2.14, abs=0.01)
    assert not found.outdated
