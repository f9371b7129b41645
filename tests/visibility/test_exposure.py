"""Sight of places, roads and land from a line, on terrains where the answer is plain geometry."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from factories.sight import CELL, FRAME, dem_of, front_of, layers_of, zones_of
from hypothesis import given, settings
from hypothesis import strategies as st

from frontline.elevation.dem import Dem
from frontline.errors import LayerError, RasterError
from frontline.geo.projection import plane_around
from frontline.project.models import Sight
from frontline.visibility import corridors as corridor_pieces
from frontline.visibility import exposure

EARTH_M = 6_371_008.8 / (1 - 0.13)
"""Radius that refraction makes of the Earth's."""


def plain(height=0.0):
    return np.full((400, 400), height, dtype=np.float32)


def x_of(cols=400, west=-20_000.0):
    return west + (np.arange(cols) + 0.5) * CELL


def see(heights, line, places=(), *, roads=(), zones=(), columns=None, accuracy_m=None, **asked):
    """Run on one line; `heights` an array or a whole Dem."""
    dem = heights if isinstance(heights, Dem) else dem_of(heights, accuracy_m=accuracy_m)
    return exposure.see_from_fronts(
        SimpleNamespace(sight=Sight(**asked)),
        layers=layers_of(places, roads, **(columns or {})),
        fronts=[front_of(line)],
        dem=dem,
        zones=zones_of(*zones),
        threads=1,
    )


POST = shapely.LineString([(10.0, -40.0), (90.0, -40.0)])
"""A line inside one cell, whose centre is (50, -50)."""

LINE = shapely.LineString([(50.0, -15_000.0), (50.0, 15_000.0)])


def test_a_plain_hides_what_lies_below_its_horizon():
    # Eyes and target at 2 m see each other as far as twice the horizon of 2 m.
    reach = 2 * math.sqrt(2 * EARTH_M * 2.0)
    places = [(50.0 + reach - 60.0, -50.0), (50.0 + reach + 60.0, -50.0), (50.0, 14_000.0)]
    found = see(plain(), POST, places).settlements
    assert found.in_sight.tolist() == ["visible", "hidden", "hidden"]
    assert found.posts_within_radius.tolist() == [1, 1, 1]
    assert found.nearest_seen_m[0] == pytest.approx(reach - 60.0)
    assert found.nearest_seen_m.isna().tolist() == [False, True, True]
    assert list(found.columns) == exposure.SETTLEMENTS


def test_kilometres_of_line_in_sight_over_a_plain():
    reach = 2 * math.sqrt(2 * EARTH_M * 2.0)
    found = see(plain(), LINE, [(50.0 + 8_000.0, 0.0)]).settlements.iloc[0]
    half = math.sqrt(reach**2 - 8_000.0**2)
    assert found.line_in_sight_km == pytest.approx(2 * half / 1_000.0, abs=0.11)
    within = math.sqrt(15_000.0**2 - 8_000.0**2)
    assert found.line_within_radius_km == pytest.approx(2 * within / 1_000.0, abs=0.11)
    assert found.posts_within_radius == pytest.approx(2 * within / CELL, abs=1.1)
    assert found.nearest_seen_m == pytest.approx(8_000.0, abs=51.0)


@pytest.mark.parametrize(("beyond", "state"), [(-0.05, "hidden"), (0.05, "visible")])
def test_the_shadow_of_a_ridge_by_similar_triangles(beyond, state):
    heights = plain()
    ridge = np.flatnonzero(x_of() == 2_050.0)
    heights[:, ridge] = 50.0
    # From 2 m, over 50 m at 2 km, the ray stands at 98 m at 4 km; curvature adds its part.
    ray = 2.0 + 48.0 * 2 + 2_000.0 * (4_000.0 - 2_000.0) / (2 * EARTH_M) * 2
    columns = {"target_height_m": [ray + beyond, None]}
    found = see(heights, POST, [(4_050.0, -50.0)] * 2, columns=columns).settlements
    assert found.in_sight.tolist() == [state, "hidden"]
    # The clearance is measured at the ridge, half-way.
    assert found.clearance_max_m[0] == pytest.approx(beyond / 2, abs=1e-3)


def test_out_of_range_is_not_hidden():
    found = see(plain(), POST, [(16_000.0, 0.0), (14_000.0, 0.0)]).settlements
    assert found.in_sight.tolist() == ["out_of_range", "hidden"]
    assert found.posts_within_radius.tolist() == [0, 1]
    assert found.line_within_radius_km[0] == 0.0
    assert found.clearance_max_m.isna().tolist() == [True, False]


def test_unknown_ground_is_unknown_unless_something_known_blocks():
    heights = plain()
    x = x_of()
    heights[:, x == 2_050.0] = np.nan
    heights[:, x == 6_050.0] = 500.0
    places = [(1_050.0, -50.0), (2_050.0, -50.0), (4_050.0, -50.0), (8_050.0, -50.0)]
    found = see(heights, POST, places).settlements
    assert found.in_sight.tolist() == ["visible", "unknown", "unknown", "hidden"]
    assert found.posts_undecided.tolist() == [0, 1, 1, 0]
    bold = see(heights, POST, places, conservative=True).settlements
    assert bold.in_sight.tolist() == ["visible", "visible", "visible", "hidden"]
    assert bold.posts_in_sight.tolist() == [1, 1, 1, 0]
    assert bold.line_undecided_km.tolist() == [0.0] * 4


@pytest.mark.parametrize(
    ("accuracy_m", "state"), [(None, "hidden"), (2.0, "hidden"), (4.0, "visible")]
)
def test_conservative_takes_what_the_accuracy_of_heights_may_open_for_visible(accuracy_m, state):
    heights = plain()
    heights[:, x_of() == 2_050.0] = 5.0
    # Eyes and place are 2 m high: half way the ray passes some 3 m, and a drop, below the ridge.
    place = [(4_050.0, -50.0)]
    road = shapely.LineString([(4_050.0, -60.0), (4_050.0, -40.0)])
    told = see(heights, POST, place, roads=[road], accuracy_m=accuracy_m)
    assert told.settlements.in_sight.tolist() == ["hidden"]
    assert -4.0 < told.settlements.clearance_max_m[0] < -3.0
    bold = see(heights, POST, place, roads=[road], accuracy_m=accuracy_m, conservative=True)
    assert bold.settlements.in_sight.tolist() == [state]
    assert bold.corridors.in_sight.tolist() == [state]
    assert bold.settlements.posts_in_sight.tolist() == [0]
    assert any("count as visible; kilometres" in note.text for note in bold.notes) == bool(
        accuracy_m
    )


def test_a_place_off_the_elevation_is_unknown():
    dem = dem_of(np.zeros((100, 100)), west=-5_000.0, north=5_000.0)
    found = see(dem, POST, [(4_800.0, -50.0), (5_100.0, -50.0), (9_000.0, -50.0)])
    assert found.settlements.in_sight.tolist() == ["visible", "unknown", "unknown"]


def test_the_margin_within_the_accuracy_of_the_elevation_is_not_certain():
    heights = plain()
    heights[:, x_of() == 2_050.0] = 50.0
    ray = 2.0 + 48.0 * 2
    places = [(4_050.0, -50.0)] * 4 + [(16_000.0, 0.0)]
    columns = {"target_height_m": [ray - 30, ray - 4, ray + 5, ray + 30, 2.0]}
    found = see(heights, POST, places, columns=columns, accuracy_m=5.0).settlements
    assert found.in_sight.tolist() == ["hidden", "hidden", "visible", "visible", "out_of_range"]
    assert found.sight_certain.tolist() == [True, False, False, True, pd.NA]
    assert see(heights, POST, places, columns=columns).settlements.sight_certain.isna().all()
    heights[:, x_of() == 3_050.0] = np.nan
    found = see(heights, POST, places, columns=columns, accuracy_m=5.0, conservative=True)
    assert found.settlements.in_sight.tolist() == [
        "hidden",
        *["visible"] * 3,
        "out_of_range",
    ]
    assert found.settlements.sight_certain.tolist() == [True, False, False, False, pd.NA]


def test_a_settlement_with_an_area_is_seen_at_a_point_inside_it():
    heights = plain()
    heights[:, x_of() == 2_050.0] = 500.0
    square = shapely.box(900.0, -150.0, 1_100.0, 50.0)
    # The centroid of this U lies behind the ridge, but not in the settlement.
    u = shapely.union_all(
        [
            shapely.box(-3_000, -9_000, 10_000, -8_000),
            shapely.box(-3_000, 8_000, 10_000, 9_000),
            shapely.box(-3_000, -9_000, -2_000, 9_000),
        ]
    )
    assert not u.contains(u.centroid)
    found = see(heights, POST, [square, u]).settlements
    assert found.in_sight.tolist() == ["visible", "visible"]
    assert found.nearest_seen_m[0] == pytest.approx(950.0)


def test_the_raster_counts_what_rays_find():
    rng = np.random.default_rng(4)
    heights = np.cumsum(rng.normal(0.0, 8.0, (400, 400)), axis=1)
    rows, cols = np.mgrid[150:250:9, 150:250:9].reshape(2, -1)
    places = np.column_stack([x_of()[cols], 20_000.0 - (rows + 0.5) * CELL])
    line = shapely.LineString([(-3_000.0, -3_000.0), (2_000.0, 500.0), (2_500.0, 4_000.0)])
    found = see(heights, line, places)
    raster = found.rasters["old"]
    assert raster.transform == (CELL, 0.0, -20_000.0, 0.0, -CELL, 20_000.0)
    assert set(raster.bands) == {"seen", "unknown"}
    assert raster.bands["seen"].dtype == np.uint16
    assert raster.bands["seen"].shape == heights.shape
    assert raster.bands["seen"][rows, cols].tolist() == found.settlements.posts_in_sight.tolist()
    assert 0 < (found.settlements.posts_in_sight > 0).sum() < len(places)


def test_posts_stand_once_in_every_cell_that_the_line_crosses():
    # Ten cells in a row, 1 km of line; the whole is in sight from 2 km away.
    line = shapely.LineString([(0.0, -50.0), (1_000.0, -50.0)])
    found = see(plain(), line, [(500.0, 1_950.0)]).settlements.iloc[0]
    assert found.posts_in_sight == 10
    assert found.line_in_sight_km == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("spacing", [None, 250.0])
def test_direction_pieces_and_duplicates_do_not_matter(spacing):
    rng = np.random.default_rng(9)
    heights = np.cumsum(rng.normal(0.0, 8.0, (400, 400)), axis=0)
    xy = np.column_stack([np.linspace(-4_000, 5_000, 12), rng.uniform(-3_000, 3_000, 12)])
    whole = shapely.LineString(xy)
    pieces = [shapely.LineString(xy[n : n + 2][:: (-1) ** n]) for n in range(11)]
    shapes = [
        whole,
        whole.reverse(),
        shapely.MultiLineString(pieces[::-1]),
        shapely.MultiLineString([*pieces, pieces[3]]),
    ]
    places = rng.uniform(-9_000, 9_000, (30, 2))
    tables = [see(heights, shape, places, spacing_m=spacing).settlements for shape in shapes]
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0], rtol=1e-9)


def test_coarser_posts_keep_the_kilometres_and_can_only_lose_places():
    rng = np.random.default_rng(3)
    heights = np.cumsum(rng.normal(0.0, 6.0, (400, 400)), axis=1)
    places = rng.uniform(-9_000, 9_000, (60, 2))
    fine = see(heights, LINE, places).settlements
    coarse = see(heights, LINE, places, spacing_m=1_000.0)
    assert fine.line_within_radius_km.sum() == pytest.approx(
        coarse.settlements.line_within_radius_km.sum(), rel=0.05
    )
    lost = (fine.in_sight == "visible") & (coarse.settlements.in_sight == "hidden")
    assert lost.any()
    # Where the coarse posts stand in cells of the fine ones they can find nothing more.
    assert not ((fine.in_sight == "hidden") & (coarse.settlements.in_sight == "visible")).any()
    said = [note.text for note in coarse.notes if note.about == "old"]
    assert len(said) == 1
    assert "1,000 m" in said[0]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1_000), st.floats(0.0, 50.0), st.floats(5_000.0, 14_000.0))
def test_higher_and_farther_sees_at_least_as_much(seed, height, radius):
    rng = np.random.default_rng(seed)
    heights = np.cumsum(rng.normal(0.0, 6.0, (400, 400)), axis=1)
    heights[rng.random(heights.shape) < 0.01] = np.nan
    places = rng.uniform(-9_000, 9_000, (20, 2))
    line = shapely.LineString([(-2_000.0, -2_000.0), (2_000.0, 2_500.0)])
    low = see(heights, line, places, target_height_m=height, radius_m=radius).settlements
    high = see(heights, line, places, target_height_m=height + 5, radius_m=radius).settlements
    wide = see(heights, line, places, target_height_m=height, radius_m=radius + 900).settlements
    assert (low.posts_in_sight <= high.posts_in_sight).all()
    assert (low.posts_in_sight <= wide.posts_in_sight).all()
    assert (low.line_in_sight_km <= wide.line_in_sight_km + 1e-12).all()
    parts = low.posts_in_sight + low.posts_undecided
    assert (parts <= low.posts_within_radius).all()


def test_any_number_of_threads_and_blocks_gives_the_same_bits(monkeypatch):
    rng = np.random.default_rng(2)
    dem = dem_of(np.cumsum(rng.normal(0.0, 8.0, (400, 400)), axis=1))
    layers = layers_of(rng.uniform(-9_000, 9_000, (40, 2)), [LINE])
    project = SimpleNamespace(sight=Sight())
    line = front_of(shapely.LineString([(-4_000.0, -9_000.0), (2_000.0, 9_000.0)]))
    one = exposure.see_from_fronts(
        project, layers=layers, fronts=[line], dem=dem, zones=zones_of(), threads=1
    )
    monkeypatch.setattr("frontline.visibility.targets.MOST_PAIRS", 777)
    two = exposure.see_from_fronts(
        project, layers=layers, fronts=[line], dem=dem, zones=zones_of(), threads=2
    )
    pd.testing.assert_frame_equal(one.settlements, two.settlements, check_exact=True)
    pd.testing.assert_frame_equal(
        pd.DataFrame(one.corridor_zones.drop(columns="geometry")),
        pd.DataFrame(two.corridor_zones.drop(columns="geometry")),
        check_exact=True,
    )
    for band in ("seen", "unknown"):
        assert (one.rasters["old"].bands[band] == two.rasters["old"].bands[band]).all()


def test_a_front_in_several_stretches_sees_what_it_sees_in_one(monkeypatch):
    rng = np.random.default_rng(8)
    heights = np.cumsum(rng.normal(0.0, 8.0, (400, 400)), axis=1)
    places = rng.uniform(-9_000, 9_000, (40, 2))
    line = shapely.LineString([(-9_000.0, -4_000.0), (9_000.0, 4_100.0)])
    asked = {"radius_m": 4_000.0}
    one = see(heights, line, places, **asked)
    monkeypatch.setattr("frontline.visibility.observers.WIDEST_M", 18_000.0)
    many = see(heights, line, places, **asked)
    assert one.settlements.in_sight.tolist() == many.settlements.in_sight.tolist()
    assert one.settlements.line_in_sight_km.to_numpy() == pytest.approx(
        many.settlements.line_in_sight_km.to_numpy(), abs=1e-6
    )
    before, after = (found.rasters["old"].bands["seen"] > 0 for found in (one, many))
    assert (before == after).all()


def hills(x, y):
    """Smooth hills in metres, for positions in metres."""
    return 150 * np.sin(x / 1_700) * np.cos(y / 2_300) + 60 * np.sin((x + y) / 900)


def test_degrees_and_a_projected_copy_of_one_terrain_agree():
    centre = (np.arange(400) + 0.5) * CELL
    x, y = np.meshgrid(-20_000.0 + centre, 20_000.0 - centre)
    projected = dem_of(hills(x, y))
    step = 1 / 1_200
    lon = 19.7 + (np.arange(720) + 0.5) * step
    lat = 45.2 - (np.arange(480) + 0.5) * step
    points = np.column_stack([axis.ravel() for axis in np.meshgrid(lon, lat)])
    xy = FRAME.xy(points)
    degrees = Dem(
        heights_m=hills(*xy.T).reshape(480, 720).astype(np.float32),
        transform=(step, 0.0, 19.7, 0.0, -step, 45.2),
        crs="EPSG:4326",
        step_m=(92.6, 65.7),
    )
    rng = np.random.default_rng(6)
    places = rng.uniform(-11_000, 11_000, (150, 2))
    line = shapely.LineString([(-3_000.0, -8_000.0), (2_000.0, 500.0), (2_500.0, 9_000.0)])
    zone = shapely.buffer(line, 5_000.0)
    one, two = (see(dem, line, places, zones=[(5_000.0, zone)]) for dem in (projected, degrees))
    same = one.settlements.in_sight.to_numpy() == two.settlements.in_sight.to_numpy()
    # Rays that graze the ground by less than the cells flatten it may differ.
    assert same.mean() >= 0.96
    assert {"visible", "hidden"} <= set(one.settlements.in_sight)
    for column in ("line_in_sight_km", "line_within_radius_km"):
        gap = np.abs(one.settlements[column] - two.settlements[column])
        assert gap.mean() < 0.2
    assert one.zones.visible_share.item() == pytest.approx(two.zones.visible_share.item(), abs=0.02)
    assert two.rasters["old"].bands["seen"].shape == (480, 720)
    assert two.rasters["old"].transform == degrees.transform
    # Cell by cell: what the metric grid saw stands in the cell of degrees around it.
    there = pyproj.Transformer.from_crs("EPSG:4326", FRAME.crs, always_xy=True)
    at = projected.rowcol(*there.transform(*points.T)).reshape(480, 720, 2)
    inside = (at >= 0).all(axis=2)
    seen = one.rasters["old"].bands["seen"][tuple(at[inside].T)] > 0
    again = two.rasters["old"].bands["seen"][inside] > 0
    assert (seen == again).mean() > 0.95


def test_shares_of_a_zone_behind_a_ridge():
    heights = plain()
    heights[:, x_of() == 2_050.0] = 500.0
    heights[:, x_of() > 8_000.0] = np.nan
    zones = [
        (4_000.0, shapely.box(100.0, -1_000.0, 4_100.0, 1_000.0)),
        (10_000.0, shapely.box(6_000.0, -1_000.0, 10_000.0, 1_000.0)),
        (20_000.0, shapely.box(15_000.0, -1_000.0, 25_000.0, 1_000.0)),
    ]
    table = see(heights, POST, zones=zones).zones
    assert list(table.columns) == ["line", "side", "distance_m", "visible_share", "unknown_share"]
    # 20 of 40 columns of cells lie in front of the ridge or on it.
    assert table.visible_share.tolist() == pytest.approx([0.5, 0.0, 0.0])
    # Beyond the elevation's edge all is unknown; beyond the radius nothing is said.
    assert table.unknown_share.tolist() == pytest.approx([0.0, 0.5, 0.5], abs=0.02)
    bold = see(heights, POST, zones=zones, conservative=True).zones
    assert bold.visible_share.tolist() == pytest.approx([0.5, 0.5, 0.5], abs=0.02)
    assert (bold.unknown_share == 0.0).all()


def test_roads_in_sight_behind_a_ridge_and_out_of_range():
    heights = plain()
    heights[:, x_of() == 2_050.0] = 200.0
    heights[:, x_of() == 4_050.0] = np.nan
    road = shapely.LineString([(100.0, -50.0), (25_000.0, -50.0)])
    table = see(heights, POST, roads=[road], radius_m=10_000.0).corridors
    km = table.set_index("in_sight").km
    assert km["visible"] == pytest.approx(1.95, abs=0.11)
    assert km["out_of_range"] == pytest.approx(14.95, abs=0.11)
    assert km.sum() == pytest.approx(24.9, rel=1e-6)
    tall = see(heights, POST, roads=[road], radius_m=10_000.0, target_height_m=500.0).corridors
    assert tall.set_index("in_sight").km["visible"] > km["visible"]


def test_posts_on_unknown_ground_are_counted_and_many_are_an_error():
    heights = plain()
    heights[200, 200] = np.nan
    line = shapely.LineString([(0.0, -50.0), (5_000.0, -50.0)])
    found = see(heights, line, [(2_000.0, 2_000.0)])
    assert [(note.about, note.count) for note in found.notes] == [("old", 1)]
    assert found.settlements.posts_within_radius.item() == 49
    heights[200, 200:204] = np.nan
    with pytest.raises(RasterError, match=r"unknown under 8% of the posts along the line 'old'"):
        see(heights, line, [(2_000.0, 2_000.0)])
    with pytest.raises(RasterError, match="unknown under 100%"):
        see(np.full((400, 400), np.nan), line)


def test_coarse_elevation_is_an_illustration():
    dem = dem_of(np.zeros((50, 50)), cell=900.0)
    found = see(dem, POST, [(2_000.0, 2_000.0)])
    assert found.illustration
    assert any("illustration" in note.text and "900 m" in note.text for note in found.notes)
    assert not see(plain(), POST).illustration


def test_without_elevation_or_switched_off_every_table_keeps_its_columns():
    layers = layers_of([(1.0, 1.0)])
    off = SimpleNamespace(sight=Sight(enabled=False))
    for project, dem in ((off, dem_of(plain())), (SimpleNamespace(sight=Sight()), None)):
        found = exposure.see_from_fronts(
            project, layers=layers, fronts=[front_of(LINE)], dem=dem, zones=zones_of()
        )
        assert list(found.settlements.columns) == exposure.SETTLEMENTS
        assert list(found.corridors.columns) == corridor_pieces.CORRIDORS
        assert list(found.corridor_zones.columns) == [
            *corridor_pieces.CORRIDOR_ZONES.names,
            "geometry",
        ]
        assert not found.rasters
    nothing = see(plain(), POST)
    assert list(nothing.settlements.columns) == exposure.SETTLEMENTS
    assert list(nothing.zones.columns) == [*nothing.zones.columns]


def test_progress_runs_to_the_end():
    told = []
    exposure.see_from_fronts(
        SimpleNamespace(sight=Sight(radius_m=1_000.0)),
        layers=layers_of([(1.0, 1.0)]),
        fronts=[front_of(LINE), front_of(POST, key="new")],
        dem=dem_of(plain()),
        zones=zones_of(),
        threads=1,
        progress=lambda done, total: told.append(done / total),
    )
    assert told == sorted(told)
    assert told[-1] == 1.0


def see_in_degrees(lon, lat, *, crs="EPSG:4326", step=1 / 600):
    """The same hills, line and places around any point of the Earth, on a grid of some CRS."""
    plane = plane_around([shapely.Point(lon, lat)])
    if crs == "EPSG:4326":
        reach = 0.14 / math.cos(math.radians(lat)), 0.14
        # A cell of degrees as wide as it is high, so that every latitude has alike cells.
        steps = step / math.cos(math.radians(lat)), step
        west, north = lon - reach[0], lat + reach[1]
    else:
        there = pyproj.Transformer.from_crs(plane.crs, crs, always_xy=True)
        unit = pyproj.CRS.from_user_input(crs).axis_info[0].unit_conversion_factor
        x, y = there.transform(0.0, 0.0)
        # Web Mercator claims twice the metres at 60 degrees.
        unit /= 2.0 if crs == "EPSG:3857" else 1.0
        steps = (step * 111_195.0 / unit,) * 2
        west, north = x - 15_500.0 / unit, y + 15_500.0 / unit
        reach = (15_500.0 / unit,) * 2
    cols, rows = (round(2 * reach[n] / steps[n]) for n in (0, 1))
    x, y = np.meshgrid(
        west + (np.arange(cols) + 0.5) * steps[0], north - (np.arange(rows) + 0.5) * steps[1]
    )
    back = pyproj.Transformer.from_crs(crs, plane.crs, always_xy=True)
    heights = hills(*back.transform(x.ravel(), y.ravel())).reshape(rows, cols)
    dem = Dem(
        heights_m=heights.astype(np.float32),
        transform=(steps[0], 0.0, west, 0.0, -steps[1], north),
        crs=crs,
        step_m=(step * 111_195.0,) * 2,
    )
    rng = np.random.default_rng(6)
    layers = layers_of(rng.uniform(-9_000, 9_000, (150, 2)))
    layers.plane = plane
    line = shapely.LineString([(-3_000.0, -6_000.0), (2_000.0, 500.0), (2_500.0, 6_000.0)])
    zones = zones_of((5_000.0, line.buffer(4_000.0)))
    project = SimpleNamespace(sight=Sight(radius_m=8_000.0))
    return exposure.see_from_fronts(
        project, layers=layers, fronts=[front_of(line)], dem=dem, zones=zones, threads=1
    )


@pytest.mark.parametrize(
    ("lon", "lat", "crs"),
    [
        (20.0, 45.0, "EPSG:4326"),
        (180.0, -17.0, "EPSG:4326"),
        (-179.95, 65.0, "EPSG:4326"),
        (25.0, 80.0, "EPSG:4326"),
        (-74.0, 40.7, "EPSG:2263"),  # feet
        (20.0, 60.0, "EPSG:3857"),  # twice as large as on the ground
        (15.0, 45.0, "EPSG:32633"),
    ],
)
def test_the_same_country_anywhere_on_earth_gives_the_same_answer(lon, lat, crs):
    usual = see_in_degrees(20.0, 0.0)
    found = see_in_degrees(lon, lat, crs=crs)
    assert set(usual.settlements.in_sight) == {"visible", "hidden", "out_of_range"}
    same = usual.settlements.in_sight.to_numpy() == found.settlements.in_sight.to_numpy()
    assert same.mean() >= 0.94
    for column in ("line_in_sight_km", "line_within_radius_km"):
        gap = found.settlements[column].sum() / usual.settlements[column].sum() - 1.0
        assert abs(gap) < 0.02
    gap = found.zones.visible_share.item() - usual.zones.visible_share.item()
    assert abs(gap) < 0.03
    assert found.zones.unknown_share.item() == 0.0


def test_heights_of_places_and_roads_from_a_column():
    heights = plain()
    heights[:, x_of() == 2_050.0] = 50.0
    places = [(4_050.0, -50.0)] * 4
    for name, values in {
        "target_height_m": [2.0, 120.0, None, "150"],
        "roof_m": [2, 120, "", 150.0],
    }.items():
        found = see(heights, POST, places, columns={name: values}, target_height_column=name)
        assert found.settlements.in_sight.tolist() == ["hidden", "visible", "hidden", "visible"]
    layers = layers_of(places, [shapely.LineString([(3_000.0, -50.0), (5_000.0, -50.0)])] * 2)
    layers.corridors["roof_m"] = [None, 200.0]
    project = SimpleNamespace(sight=Sight(target_height_column="roof_m"))
    found = exposure.see_from_fronts(
        project, layers=layers, fronts=[front_of(POST)], dem=dem_of(heights), zones=zones_of()
    )
    assert found.corridors.set_index("id").in_sight.to_dict() == {"c0": "hidden", "c1": "visible"}
    assert (found.settlements.in_sight == "hidden").all()


@pytest.mark.parametrize("bad", [-1.0, "tall", 501.0, "inf"])
def test_a_height_that_is_none_is_named(bad):
    with pytest.raises(LayerError, match=r"'settlements', .*s1.*'target_height_m'.*no height"):
        see(plain(), POST, [(1.0, 1.0)] * 2, columns={"target_height_m": [2.0, bad]})
    with pytest.raises(LayerError, match="neither settlements nor corridors have a column 'roof'"):
        see(plain(), POST, [(1.0, 1.0)], target_height_column="roof")


def test_what_half_the_spacing_adds_is_measured_and_told():
    rng = np.random.default_rng(3)
    heights = np.cumsum(rng.normal(0.0, 6.0, (400, 400)), axis=1)
    lands = {
        spacing: np.count_nonzero(
            see(heights, LINE, spacing_m=spacing).rasters["old"].bands["seen"]
        )
        for spacing in (2_000.0, 1_000.0, 500.0)
    }
    for spacing in (2_000.0, 1_000.0):
        (note,) = see(heights, LINE, spacing_m=spacing).notes
        more = lands[spacing / 2] / lands[spacing] - 1.0
        assert more > 0.01
        assert f"every {spacing:,.0f} m" in note.text
        assert f"finds {more:.1%} more land in sight" in note.text
    # With a post in every cell there is nothing to add.
    assert see(heights, LINE).notes == see(heights, LINE, spacing_m=90.0).notes == ()


def test_kilometres_by_zone_of_a_road_that_leaves_the_line():
    """A road 0 to 25 km from the post; rings of 0-5 and 5-15 km; a wall hides all beyond 2 km."""
    heights = plain()
    heights[:, x_of() == 2_050.0] = 200.0
    road = shapely.LineString([(100.0, -50.0), (25_000.0, -50.0)])
    rings = zones_of(
        (15_000.0, shapely.box(5_000, -9e3, 15_000, 9e3)),
        (5_000.0, shapely.box(0, -9e3, 5_000, 9e3)),
        kind="ring",
    )
    found = exposure.see_from_fronts(
        SimpleNamespace(sight=Sight(radius_m=20_000.0)),
        layers=layers_of([], [road]),
        fronts=[front_of(POST)],
        dem=dem_of(heights),
        zones=rings,
    ).corridor_zones
    assert found["distance_m"].tolist() == [5_000.0, 15_000.0]
    assert found["from_m"].tolist() == [0.0, 5_000.0]
    # The plane is true to scale within 1e-6.
    assert found["km"].to_numpy() == pytest.approx([4.9, 10.0], rel=1e-6)
    assert found["visible_km"].to_numpy() == pytest.approx([1.95, 0.0], abs=0.11)
    assert (found["visible_km"] + found["hidden_km"]).to_numpy() == pytest.approx([4.9, 10.0])
    assert found.geometry[0].equals(shapely.LineString([(100.0, -50.0), (5_000.0, -50.0)]))
    assert found.geometry[1] is None
