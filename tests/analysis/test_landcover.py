"""Land cover by side, zone and change: a made-up case whose areas are products of two lengths."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from factories.case import LAYOUT, made_case, write_project
from factories.projects import EAST_KM, NORTH_KM
from factories.rasters import write_tif

from frontline.analysis.change import find_land_changes
from frontline.analysis.landcover import measure_cover, read_cover
from frontline.analysis.landcover_tables import BALANCE, COVER, FLOWS, tabulate_cover
from frontline.claims.registry import METRICS
from frontline.errors import FrontlineError, ProjectError, RasterError
from frontline.inputs.layers import read_layers
from frontline.project.loader import hash_inputs, load_project
from frontline.results.key_figures import write_cover_figures
from frontline.uncertainty.intervals import take_interval
from frontline.workflow.check import check

STEP = 100.0
ABOUT = {"rel": 2e-3, "abs": 0.02}


def worldcover(east, north):
    """Cropland from 5 km west to 5 km east, trees east of it, in the north-west unknown, water."""
    codes = np.where(east > 5_000, 10, np.where(east > -5_000, 40, 80))
    return np.where((east < -20_000) & (north > 0), 0, codes)


def write_cover(path, *, codes=worldcover, wide_km=EAST_KM + 2, step_m=STEP, **how):
    """Codes by kilometres east and north, in the local plane of the made-up case."""
    wide, high = wide_km * 1000, (NORTH_KM + 2) * 1000
    east = np.arange(-wide, wide, step_m) + step_m / 2
    north = np.arange(high, -high, -step_m) - step_m / 2
    values = codes(*np.meshgrid(east, north)).astype(how.pop("dtype", "uint8"))
    grid = (step_m, 0.0, -wide, 0.0, -step_m, high)
    return write_tif(path, values, transform=grid, crs=LAYOUT.plane, **how)


def covered(folder, *, cover=None, table="", **options):
    write_cover(folder / "cover.tif", **(cover or {}))
    more = f'[landcover]\npath = "cover.tif"\nsource = "Made up"\ndate = 2021-07-01\n{table}\n'
    return made_case(folder, more=more, drop=("elevation",), **options)


def tables_of(case):
    found = find_land_changes(
        case.fronts, study_area=case.layers.study_area, draws=case.draws, plane=case.layers.plane
    )
    return tabulate_cover(case, changes=found)


@pytest.fixture(scope="module")
def sure(tmp_path_factory):
    case = covered(tmp_path_factory.mktemp("sure"))
    return case, tables_of(case)


@pytest.fixture(scope="module")
def unsure(tmp_path_factory):
    case = covered(tmp_path_factory.mktemp("unsure"), error_m=500.0, draws=60)
    return case, tables_of(case)


def one(table, **where):
    for name, value in where.items():
        same = table[name].isna() if value is None else table[name] == value
        table = table[same]
    assert len(table) == 1, table
    return table.iloc[0]


def test_sides_and_zones_by_class(sure):
    """The old line runs along 0 east, the box reaches 30 km east and west, 20 north and south."""
    cover = sure[1]["landcover"]
    assert list(cover.columns) == COVER.names
    west = {"line": "old", "side": "West", "distance_m": None}
    assert one(cover, **west, cover="farmland").area_km2 == pytest.approx(5 * 40, **ABOUT)
    assert one(cover, **west, cover="tree cover").area_km2 == 0
    assert one(cover, **west, cover="water").area_km2 == pytest.approx(25 * 40 - 200, **ABOUT)
    assert one(cover, **west, cover="unknown").area_km2 == pytest.approx(10 * 20, **ABOUT)
    farmland = one(cover, **west, cover="farmland")
    assert farmland.share == pytest.approx(200 / 1000, rel=2e-3)
    assert farmland.coverage == pytest.approx(1000 / 1200, rel=2e-3)
    assert math.isnan(one(cover, **west, cover="unknown").share)
    near = {"line": "old", "side": "East", "distance_m": 10_000.0}
    assert one(cover, **near, cover="farmland").area_km2 == pytest.approx(200, **ABOUT)
    assert one(cover, **near, cover="tree cover").area_km2 == pytest.approx(200, **ABOUT)
    assert one(cover, **near, cover="farmland").coverage == 1
    # classes of which there is nothing are left out, but for farmland and trees
    assert set(cover["cover"]) == {"farmland", "tree cover", "water", "unknown"}


def test_the_classes_of_a_zone_add_up_to_its_land(sure):
    case, tables = sure
    sums = tables["landcover"].groupby(["line", "side", "distance_m"])["area_km2"].sum()
    zones = case.zones[case.zones["kind"] == "cumulative"]
    for zone in zones.itertuples():
        assert sums[zone.line, zone.side, zone.distance_m] == pytest.approx(zone.area_km2, rel=1e-9)


def test_what_changed_hands_and_its_parts(sure):
    """From 0 to 10 km east: half of it farmland, half of it trees."""
    case, tables = sure
    flows = tables["landcover_changes"]
    assert list(flows.columns) == FLOWS.names
    step = {"from_line": "old", "to_line": "new", "from_side": "East", "to_side": "West"}
    farmland = one(flows, **step, cover="farmland")
    assert farmland.area_km2 == pytest.approx(5 * 40, **ABOUT)
    assert farmland.share == pytest.approx(1.0, abs=2e-3)
    assert farmland.coverage == 1
    trees = one(flows, **step, cover="tree cover")
    assert trees.area_km2 == pytest.approx(5 * 40, **ABOUT)
    assert trees.share == pytest.approx(5 / 25, rel=2e-3)
    assert farmland.area_contested_km2 == 0
    for _, pair in flows.groupby(["from_line", "to_line"]):
        assert pair["area_km2"].sum() == pytest.approx(60 * 40, rel=1e-4)
    parts = flows.groupby(["from_line", "to_line", "from_side", "to_side"])["area_km2"].sum()
    found = find_land_changes(
        case.fronts, study_area=case.layers.study_area, draws={}, plane=case.layers.plane
    )
    whole = found.groupby(["from_line", "to_line", "from_side", "to_side"])["area_km2"].sum()
    pd.testing.assert_series_equal(parts, whole, rtol=1e-9)


def test_gained_less_ceded_is_the_difference_of_what_is_held(sure):
    balance = sure[1]["landcover_balance"]
    assert list(balance.columns) == BALANCE.names
    held = balance["held_after_km2"] - balance["held_before_km2"]
    assert np.allclose(held, balance["net_km2"], atol=1e-6)
    assert np.allclose(balance["gained_km2"] - balance["ceded_km2"], balance["net_km2"])
    west = one(balance, from_line="old", to_line="new", side="West", cover="farmland")
    assert west.gained_km2 == pytest.approx(200, **ABOUT)
    assert west.ceded_km2 == 0


def test_swapped_lines_swap_gains_and_losses(unsure):
    case, tables = unsure
    days = {front.key: front.date for front in case.fronts}
    swapped = [
        replace(front, date={"old": days["new"], "new": days["old"]}.get(front.key, front.date))
        for front in case.fronts
    ]
    backwards = tables_of(replace(case, fronts=tuple(swapped)))["landcover_balance"]
    forwards = tables["landcover_balance"]
    for side in ("West", "East"):
        there = one(forwards, from_line="old", to_line="new", side=side, cover="farmland")
        back = one(backwards, from_line="new", to_line="old", side=side, cover="farmland")
        assert back.net_km2 == pytest.approx(-there.net_km2)
        assert (back.net_low, back.net_high) == pytest.approx((-there.net_high, -there.net_low))
        assert back.gained_km2 == pytest.approx(there.ceded_km2)
        assert back.contested_km2 == pytest.approx(there.contested_km2)


def test_contested_farmland_lies_within_the_error_of_a_line(unsure):
    """The later line runs among trees: only about the old one is farmland in doubt."""
    flows = unsure[1]["landcover_changes"]
    step = {"from_line": "old", "to_line": "new", "from_side": "East", "to_side": "West"}
    farmland = one(flows, **step, cover="farmland")
    assert farmland.area_contested_km2 == pytest.approx(0.5 * 40, rel=0.01)
    assert farmland.area_certain_km2 == pytest.approx(4.5 * 40, rel=0.01)


def test_intervals_are_those_of_the_land_that_the_line_may_lie_on(unsure):
    """Along the old line all is farmland: it gains or loses what the land does."""
    case, tables = unsure
    farmland = one(tables["landcover"], line="old", side="East", distance_m=None, cover="farmland")
    trees = one(tables["landcover"], line="old", side="East", distance_m=None, cover="tree cover")
    (front,) = [front for front in case.fronts if front.key == "old"]
    drawn = case.draws["old"].evaluate(lambda draw: draw.sides["East"].area / 1e6)
    low, high = take_interval(front.sides["East"].area / 1e6, drawn=drawn)
    assert farmland.area_high - farmland.area_low == pytest.approx(high - low, rel=0.15)
    assert farmland.area_low < farmland.area_km2 < farmland.area_high
    assert trees.area_low == trees.area_km2 == trees.area_high


def test_without_draws_there_is_no_interval(sure):
    assert sure[1]["landcover"][["area_low", "area_high"]].isna().all(axis=None)
    assert sure[1]["landcover_changes"]["share_low"].isna().all()


def test_a_sentence_to_quote_says_number_interval_date_and_caveat(unsure):
    case, tables = unsure
    figures = {figure.id: figure for figure in write_cover_figures(case, tables=tables)}
    figure = figures["farmland:old:new:East:West"]
    assert figure.value == pytest.approx(200, **ABOUT)
    assert figure.low < figure.value < figure.high
    said = figure.sentence
    assert "200 km² of farmland (" in said
    assert "95 % for the position of both lines" in said
    assert "went from the East to the West side" in said
    assert said.endswith("Caveat: the land cover is that of 2021. Source: Made up.")


def test_what_no_line_is_sure_of_is_said_to_be_so(unsure):
    case, tables = unsure
    doubtful = tables["landcover_changes"].assign(area_certain_km2=0.0, area_high=260.0)
    said = write_cover_figures(case, tables={"landcover_changes": doubtful})[0].sentence
    assert "no farmland is certain to have gone from the East to the West side" in said
    assert "Up to 260 km² may have, within the errors of the lines." in said


def test_codes_of_ones_own_and_codes_of_no_class(tmp_path):
    own = {"codes": lambda east, north: np.where(east > 0, 3, np.where(north > 0, 211, 212))}
    table = "classes = { farmland = [211, 212], scrub = 5 }\nunknown = []"
    case = covered(tmp_path, cover=own, table=table)
    cover = tables_of(case)["landcover"]
    west = one(cover, line="old", side="West", distance_m=None, cover="farmland")
    assert west.area_km2 == pytest.approx(30 * 40, **ABOUT)
    east = one(cover, line="old", side="East", distance_m=None, cover="other")
    assert east.area_km2 == pytest.approx(30 * 40, **ABOUT)
    assert "scrub" not in set(cover["cover"])
    (note,) = case.cover.notes
    assert note.text == "codes 3 are of no class: about 50% of the land is 'other'."


def test_nodata_and_land_off_the_raster_are_unknown(tmp_path):
    half = {"wide_km": 15, "codes": lambda east, north: np.where(north > 0, 255, 40), "nodata": 255}
    case = covered(tmp_path, cover=half)
    assert case.cover.known == pytest.approx(0.25, abs=2e-3)
    west = one(tables_of(case)["landcover"], line="old", side="West", distance_m=None,
               cover="unknown")  # fmt: skip
    assert west.area_km2 == pytest.approx(1200 - 15 * 20, **ABOUT)
    assert west.coverage == pytest.approx(0.25, abs=2e-3)
    assert case.cover.notes[0].text.startswith("land cover is unknown on 7")


def test_the_same_land_in_degrees(tmp_path):
    """Cells of degrees are narrower to the pole: their areas are those on the ellipsoid."""
    step = 1 / 600
    lon = np.arange(LAYOUT.lon - 0.5, LAYOUT.lon + 0.5, step)
    lat = np.arange(LAYOUT.lat + 0.3, LAYOUT.lat - 0.3, -step)
    values = np.where(np.arange(len(lon)) < len(lon) // 2, 40, 10)[None].repeat(len(lat), axis=0)
    grid = (step, 0.0, float(lon[0]), 0.0, -step, float(lat[0]))
    write_tif(tmp_path / "cover.tif", values.astype("uint8"), transform=grid, crs="EPSG:4326")
    case = made_case(tmp_path, more='[landcover]\npath = "cover.tif"', drop=("elevation",))
    cover = tables_of(case)["landcover"]
    west = one(cover, line="old", side="West", distance_m=None, cover="farmland")
    assert west.area_km2 == pytest.approx(1200, rel=1e-3)
    assert west.coverage == 1


def test_windows_and_squares_do_not_change_the_figures(sure, monkeypatch):
    case, _ = sure
    land = np.array([case.fronts[0].sides["West"]], dtype=object)
    whole = measure_cover(case.project, layers=case.layers, lands=land)
    from frontline.analysis import landcover
    from frontline.raster import zonal

    small = zonal.cut_blocks
    monkeypatch.setattr(zonal, "cut_blocks", lambda window: small(window, most_cells=7_000))
    assert measure_cover(case.project, layers=case.layers, lands=land) == pytest.approx(
        whole, rel=1e-9
    )
    for side in (1, 7, 10_000):  # every cell by itself, and none but along the edges
        monkeypatch.setattr(zonal, "SQUARE", side)
        assert measure_cover(case.project, layers=case.layers, lands=land) == pytest.approx(
            whole, rel=1e-9
        )
    monkeypatch.setattr(landcover, "_BAND_CELLS", 9_000)
    banded = read_cover(case.project, layers=case.layers)
    assert banded.area_km2.sum(axis=0) == pytest.approx(case.cover.area_km2.sum(axis=0))
    assert banded.xy == pytest.approx(case.cover.xy)


def test_against_counting_cells_one_by_one(sure):
    """The differential case: a slanting triangle, cells by their middles."""
    case, _ = sure
    land = shapely.Polygon([(-21_300, -7_100), (17_700, -3_300), (2_900, 13_700)])
    wide, high = (EAST_KM + 2) * 1000, (NORTH_KM + 2) * 1000
    east, north = np.meshgrid(
        np.arange(-wide, wide, STEP) + STEP / 2, np.arange(high, -high, -STEP) - STEP / 2
    )
    inside = shapely.contains_xy(land, east, north)
    codes = worldcover(east, north)
    import pyproj

    turn = pyproj.Transformer.from_crs(LAYOUT.plane, case.layers.plane.crs, always_xy=True)
    dense = shapely.segmentize(land, 500.0)
    there = shapely.transform(dense, turn.transform, interleaved=False)
    found = measure_cover(case.project, layers=case.layers, lands=np.array([there], dtype=object))[
        0
    ]
    for name, code in (("farmland", 40), ("tree cover", 10), ("water", 80)):
        counted = (inside & (codes == code)).sum() * STEP**2 / 1e6
        assert found[case.cover.names.index(name)] == pytest.approx(counted, rel=3e-3, abs=0.1)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("classes = { farmland = [40], trees = [40, 10] }", "code 40 is farmland and trees"),
        ("classes = { farmland = [0] }", "code 0 is unknown and farmland"),
        ("classes = { unknown = [7] }", "'unknown' cannot be the name of a class"),
        ("classes = {}", "is empty"),
        ('classes = { farmland = ["40"] }', "a whole number"),
        ("farmland = [40]", "unknown key"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(tmp_path, table, said):
    write_cover(tmp_path / "cover.tif", step_m=2_000.0)
    path = write_project(tmp_path, more=f'[landcover]\npath = "cover.tif"\n{table}\n')
    with pytest.raises(ProjectError) as caught:
        load_project(path)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("cover", "table", "said"),
    [
        ({"codes": lambda east, north: east * 0 + 7}, "", "holds none of the codes"),
        ({}, "classes = { farmland = 99999999 }", "the code 99,999,999 is too large"),
    ],
)
def test_a_raster_that_cannot_be_land_cover_is_refused(tmp_path, cover, table, said):
    with pytest.raises(RasterError, match=said):
        covered(tmp_path, cover={"step_m": 1_000.0, **cover}, table=table)


def test_check_tells_of_land_cover(tmp_path):
    write_cover(tmp_path / "cover.tif", step_m=500.0)
    path = write_project(tmp_path, more='[landcover]\npath = "cover.tif"', drop=("elevation",))
    said = check(path)
    assert "land cover: cells of 500 m, known in 91.7% of the study area." in said
    text = path.read_text().replace('path = "cover.tif"', 'path = "cover.tif"\nclasses = {a = 7}')
    path.write_text(text)
    with pytest.raises(FrontlineError, match="holds none of the codes"):
        check(path)


def test_a_raster_of_elsewhere_is_refused(tmp_path):
    grid = (0.01, 0.0, 10.0, 0.0, -0.01, 50.0)
    write_tif(tmp_path / "cover.tif", np.full((9, 9), 40, "uint8"), transform=grid, crs="EPSG:4326")
    path = write_project(tmp_path, more='[landcover]\npath = "cover.tif"')
    project = load_project(path)
    with pytest.raises(FrontlineError, match="does not reach the study area"):
        read_cover(project, layers=read_layers(project))
    assert "cover.tif" in hash_inputs(project)


SHARES = [
    ("cover_area", {"line": "old", "side": "West"}, 200.0, "km2"),
    ("cover_area", {"line": "old", "side": "East", "distance_m": 10_000.0}, 200.0, "km2"),
    ("cover_area", {"line": "new", "side": "West", "cover": "tree cover"}, 200.0, "km2"),
    ("cover_share", {"line": "old", "side": "West"}, 20.0, "%"),
    ("cover_share", {"line": "old", "side": "East", "partition": "inner"}, 50.0, "%"),
    ("cover_changed", {"from_line": "old", "to_line": "mid", "to_side": "West"}, 80.0, "%"),
    (
        "cover_changed",
        {"from_line": "old", "to_line": "new", "to_side": "West", "cover": "tree cover"},
        20.0,
        "%",
    ),
    ("cover_gained", {"from_line": "old", "to_line": "mid", "to_side": "West"}, 160.0, "km2"),
    (
        "cover_gained",
        {"from_line": "old", "to_line": "mid", "to_side": "West", "partition": "inner"},
        80.0,
        "km2",
    ),
    (
        "cover_gained",
        {"from_line": "old", "to_line": "mid", "to_side": "West", "partition": "inner",
         "inside": False},
        80.0,
        "km2",
    ),
    ("cover_gained", {"from_line": "old", "to_line": "new", "to_side": "East"}, 0.0, "km2"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "parameters", "value", "unit"), SHARES)
def test_metrics_for_the_ledger(sure, unsure, name, parameters, value, unit):
    found = METRICS[name].ask(sure[0], parameters)
    assert found.value == pytest.approx(value, rel=3e-3, abs=0.02)
    assert found.unit == unit
    assert math.isnan(found.low)
    doubted = METRICS[name].ask(unsure[0], parameters)
    assert doubted.value == pytest.approx(found.value)
    assert doubted.low <= doubted.value <= doubted.high


def test_a_statement_on_farmland_uses_the_land_cover(sure):
    asked = {"from_line": "old", "to_line": "mid", "to_side": "West"}
    land = METRICS["land_changed"].ask(sure[0], asked | {"farmland": True})
    assert land == METRICS["cover_changed"].ask(sure[0], asked)
    assert METRICS["land_changed"].ask(sure[0], asked).value == pytest.approx(
        4 / 30 * 100, rel=1e-3
    )


def test_metrics_say_what_limits_them(sure, tmp_path):
    """The cover is of 2021, the lines of 2001 and 2011; a sixth of the west is unknown."""
    found = METRICS["cover_share"].ask(sure[0], {"line": "old", "side": "West"})
    assert found.coarse == (
        "land cover is known on 83% of that land, and 90% is needed",
        "the land cover is of 2021, 20 years from the line",
    )
    bare = made_case(tmp_path, drop=("elevation",))
    for name, parameters, _, _ in SHARES:
        assert METRICS[name].ask(bare, parameters).missing == "the project has no land cover"
    with pytest.raises(ProjectError, match="no class of land cover 'farm'"):
        METRICS["cover_share"].ask(sure[0], {"line": "old", "side": "West", "cover": "farm"})
    with pytest.raises(ProjectError, match="700 m is not one of the project's distances"):
        METRICS["cover_area"].ask(sure[0], {"line": "old", "side": "West", "distance_m": 700.0})
