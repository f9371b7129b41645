"""What a named height sees, on a plain, behind a ridge and over unknown ground."""

import math
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from frontline.elevation.dem import Dem
from frontline.errors import RasterError
from frontline.geo.projection import plane_around
from frontline.project.models import Sight
from frontline.visibility import viewpoints as viewpoint

FRAME = plane_around([shapely.Point(20.0, 45.0)])
CELL = 200.0
SIZE = 600
WEST, NORTH = -60_000.0, 60_000.0
X = WEST + (np.arange(SIZE) + 0.5) * CELL
EARTH_M = 6_371_008.8 / (1 - 0.13)


def dem_of(heights):
    return Dem(
        heights_m=np.asarray(heights, dtype=np.float32),
        transform=(CELL, 0.0, WEST, 0.0, -CELL, NORTH),
        crs=FRAME.crs.to_wkt(),
        step_m=(CELL, CELL),
    )


def layers_of(places, **columns):
    table = pd.DataFrame({"id": [f"s{n}" for n in range(len(places))], "name": "Place"} | columns)
    points = [shapely.Point(place) for place in places]
    frame = gpd.GeoDataFrame(table, geometry=points, crs=FRAME.crs)
    return SimpleNamespace(plane=FRAME, settlements=frame)


def view(heights, places=(), *, points=((0.0, 0.0),), columns=None, asked=None, **kwargs):
    lonlat = [tuple(point) for point in FRAME.lonlat(np.array(points, dtype=float).reshape(-1, 2))]
    layers = layers_of(places, **(columns or {}))
    return viewpoint.see_from_points(
        lonlat, layers=layers, dem=dem_of(heights), settings=asked or Sight(), threads=1, **kwargs
    )


def test_a_tower_sees_as_far_as_its_horizon_and_that_of_the_target():
    plain = np.zeros((SIZE, SIZE))
    reach = math.sqrt(2 * EARTH_M * 100.0) + math.sqrt(2 * EARTH_M * 2.0)
    assert 40_000.0 < reach < 50_000.0
    places = [(reach - 200.0, 0.0), (0.0, reach + 200.0), (0.0, 49_000.0), (0.0, 51_000.0)]
    found = view(plain, places, radius_m=50_000.0, observer_height_m=100.0)
    assert found.places.in_sight.tolist() == ["visible", "hidden", "hidden", "out_of_range"]
    assert found.places.distance_m[0] == pytest.approx(reach - 200.0, rel=1e-4)
    assert found.places.distance_m.isna().tolist() == [False, True, True, True]
    assert list(found.places.columns) == viewpoint.PLACES
    disc = shapely.Point(0.0, 0.0).buffer(reach, quad_segs=64)
    assert found.land_share(disc)[0] == pytest.approx(1.0, abs=0.005)
    wide = shapely.Point(0.0, 0.0).buffer(50_000.0, quad_segs=64)
    assert found.land_share(wide)[0] == pytest.approx((reach / 50_000.0) ** 2, abs=0.005)


def test_heights_of_settlements_go_before_the_radius_and_heights_asked_for():
    plain = np.zeros((SIZE, SIZE))
    places = [(12_000.0, 0.0)] * 2
    found = view(plain, places, columns={"target_height_m": [np.nan, 30.0]})
    assert found.places.in_sight.tolist() == ["hidden", "visible"]
    found = view(plain, places, target_height_m=30.0)
    assert found.places.in_sight.tolist() == ["visible", "visible"]
    found = view(plain, places, radius_m=10_000.0)
    assert found.places.in_sight.tolist() == ["out_of_range"] * 2


def test_either_of_two_points_is_enough():
    ridge = np.zeros((SIZE, SIZE))
    ridge[:, np.abs(X - 100.0) < 1.0] = 300.0
    places = [(-5_000.0, 0.0), (5_000.0, 0.0)]
    west = view(ridge, places, points=[(-3_000.0, 0.0)])
    both = view(ridge, places, points=[(-3_000.0, 0.0), (3_000.0, 0.0)])
    assert west.places.in_sight.tolist() == ["visible", "hidden"]
    assert both.places.in_sight.tolist() == ["visible", "visible"]
    behind = shapely.box(1_000.0, -2_000.0, 5_000.0, 2_000.0)
    assert west.land_share(behind) == (0.0, 0.0)
    assert both.land_share(behind) == (1.0, 0.0)
    assert both.raster().bands["seen"].max() == 2


def test_unknown_ground_is_unknown_or_visible_if_conservative():
    heights = np.zeros((SIZE, SIZE))
    heights[:, np.abs(X - 2_100.0) < 1.0] = np.nan
    beyond = shapely.box(3_000.0, -1_000.0, 5_000.0, 1_000.0)
    found = view(heights, [(4_000.0, 0.0)])
    assert found.places.in_sight.tolist() == ["unknown"]
    assert found.land_share(beyond) == (0.0, 1.0)
    bold = view(heights, [(4_000.0, 0.0)], asked=Sight(conservative=True))
    assert bold.places.in_sight.tolist() == ["visible"]
    assert bold.land_share(beyond) == (1.0, 0.0)


def test_points_on_unknown_ground_and_no_points_are_refused():
    heights = np.zeros((SIZE, SIZE))
    heights[300, 300] = np.nan
    with pytest.raises(RasterError, match=r"point at 20\.00\d+, 44\.99\d+ stands on ground of unk"):
        view(heights, points=[(5_000.0, 5_000.0), (100.0, -100.0)])
    with pytest.raises(RasterError, match="no point to look from"):
        view(heights, points=[])
    assert len(view(heights, points=[(5_000.0, 5_000.0)]).places) == 0
