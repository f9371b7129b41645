"""Population rasters in whole projects: around settlements, away from them, year by year."""

import html
import math

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
from factories.projects import Layout, made_project

import frontline
from frontline.errors import FrontlineError, ProjectError
from frontline.export.report.report import write_report
from frontline.population.rasters import AROUND, NEAR
from frontline.results.tables import make_tables
from frontline.workflow.check import check
from frontline.workflow.run import compute_public

GRIDS = """[[population]]
key = "grid_2000"
path = "grid_2000.tif"
kind = "count"
date = 2000-07-01
source = "Made-up grid"
{more}
[[population]]
key = "grid_2010"
path = "grid_2010.tif"
kind = "density"
date = 2010-07-01
{more}
"""
SERIES = 'series = "grid"'


def write_grid(path, per_km2, *, step_m):
    """So many people in each square kilometre, in counts by cells of the plane."""
    cols, rows = round(70_000 / step_m), round(50_000 / step_m)
    values = np.full((rows, cols), per_km2, dtype=np.float32)
    transform = rasterio.Affine(step_m, 0, -35_000, 0, -step_m, 25_000)
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "crs": Layout().plane}
    with rasterio.open(path, "w", height=rows, width=cols, transform=transform, **profile) as file:
        file.write(values, 1)


def project_with(folder, *, more="", reach=""):
    path = made_project(folder, draws=0, elevation=False, more=GRIDS.format(more=more))
    layers = folder / "layers.gpkg"
    places = pyogrio.read_dataframe(layers, layer="places")
    unknown = places["name"].isin(["Near West", "Far East"])
    places["population"] = places["population"].astype(float).mask(unknown)
    pyogrio.write_dataframe(places, layers, layer="places")
    write_grid(folder / "grid_2000.tif", 20.0 * 0.25, step_m=500.0)
    write_grid(folder / "grid_2010.tif", 30.0, step_m=1000.0)
    text = path.read_text("utf-8")
    if reach:
        text = text.replace('layer = "places" }', f'layer = "places", raster_reach_m = {reach} }}')
    path.write_text(text, "utf-8")
    return path


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    path = project_with(tmp_path_factory.mktemp("rasters"), more=SERIES, reach="3000")
    return frontline.compute(frontline.load_project(path))


def test_each_line_takes_the_raster_nearest_to_its_date(results):
    for line, year in (("old", 2000), ("new", 2010)):
        own = results.people[results.people["line"] == line]
        assert {one for one in own["source"] if "raster" in one} == {
            f"raster:grid_{year}",
            f"settlements_by_raster:grid_{year}",
        }
        dates = results.further["raster_people"].query("line == @line")["date"]
        assert {date.year for date in dates} == {year}


def test_check_names_the_line_that_a_raster_is_not_for(tmp_path):
    lines = check(project_with(tmp_path, more=SERIES))
    said = "does not hold at the date of {}, or another of its series is nearer."
    assert f"raster:grid_2000: {said.format('new')}" in lines
    assert f"raster:grid_2010: {said.format('old')}" in lines
    assert any("raster:grid_2010:" in line and "of new, known in 100" in line for line in lines)


def test_without_a_series_all_years_stand_side_by_side(tmp_path):
    path = project_with(tmp_path)
    found = frontline.compute(frontline.load_project(path))
    for _, rows in found.people.groupby("line"):
        own = set(rows["source"])
        assert {"raster:grid_2000", "raster:grid_2010"} <= own
    both = found.further["settlement_rasters"].query("line == 'new'")
    assert both.groupby("id")["source"].nunique().eq(2).all()


def test_a_raster_far_from_a_line_is_said_to_be(tmp_path):
    path = project_with(tmp_path)
    text = path.read_text("utf-8")
    path.write_text(text.replace("date = 2000-07-01", "date = 1975-07-01"), "utf-8")
    notes = [one.text for one in frontline.compute(frontline.load_project(path)).notes]
    assert "describes 1975-07-01, 26 years from the line of 2001-01-01." in notes
    assert "describes 1975-07-01, 36 years from the line of 2011-01-01." in notes
    assert not any("2010-07-01" in one for one in notes)


def test_a_series_without_a_date_is_refused(tmp_path):
    path = project_with(tmp_path, more=SERIES)
    text = path.read_text("utf-8").replace("date = 2000-07-01\n", "")
    path.write_text(text, "utf-8")
    with pytest.raises(ProjectError, match="is of a series and has no date"):
        frontline.load_project(path)


def test_every_settlement_stands_beside_what_the_raster_has_around_it(results):
    table = results.further["settlement_rasters"]
    assert list(table.columns) == AROUND.names
    old = table[table["line"] == "old"].set_index("name")
    assert len(old) == 5
    assert old["reach_m"].eq(3000).all()
    # Near West and Near East are 10 km apart and 3 and 2 km from the line: one circle is whole,
    # the other cut by the line at 2 of its 3 km.
    disc = 9 * math.pi
    cut = disc - (9 * math.acos(2 / 3) - 2 * math.sqrt(5))
    assert old["area_km2"]["Near West"] == pytest.approx(disc, rel=2e-3)
    assert old["area_km2"]["Near East"] == pytest.approx(cut, rel=2e-3)
    assert old["people"].to_numpy() == pytest.approx(20 * old["area_km2"].to_numpy(), rel=1e-3)
    assert old["has_figure"].to_dict() == {
        "Near West": False, "Far West": True, "Near East": True, "Mid East": True,
        "Far East": False,
    }  # fmt: skip
    assert old["ratio"]["Near East"] == pytest.approx(old["people"]["Near East"] / 500)
    assert math.isnan(old["ratio"]["Near West"])


def test_the_row_of_the_zones_is_the_sum_of_its_settlements(results):
    around = results.further["settlement_rasters"]
    places = results.settlements[["id", "line", "side", "distance_m"]]
    lacking = around[~around["has_figure"]].drop(columns="side").merge(places, on=["id", "line"])
    rows = results.people[results.people["source"].str.startswith("settlements_by_raster:")]
    assert len(rows) == 2 * 2 * 3 * 2
    for zone in rows[rows["kind"] == "cumulative"].to_dict("records"):
        inside = lacking[
            (lacking["line"] == zone["line"])
            & (lacking["side"] == zone["side"])
            & (lacking["distance_m"] <= zone["distance_m"])
        ]
        assert zone["population"] == pytest.approx(inside["people"].sum(), rel=1e-9)
        assert zone["settlements"] == len(inside)
        assert zone["settlements_unknown"] == 0
    assert rows["population"].sum() > 0


def test_near_and_away_make_the_whole(results):
    table = results.further["raster_people"]
    assert list(table.columns) == NEAR.names
    parts = table[["people_listed", "people_unlisted", "people_away"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(table["people"].to_numpy(), rel=1e-9)
    assert table["coverage"].to_numpy() == pytest.approx(1.0)
    share = table["people_away"] / table["people"]
    assert share.to_numpy() == pytest.approx(table["away_share"].to_numpy())
    for line, density in (("old", 20.0), ("new", 30.0)):
        own = table[table["line"] == line]
        whole = own[own["side"] == ""].iloc[0]
        sides = own[(own["side"] != "") & own["distance_m"].isna()]
        for column in ("people", "people_listed", "people_unlisted", "people_away"):
            assert whole[column] == pytest.approx(sides[column].sum())
        # To a hundred thousandth: rings have spikes of no width along the borders of cells, which
        # cross themselves in the raster's CRS, and one cell too many would be a thousandth.
        assert whole["people"] == pytest.approx(density * 60 * 40, rel=1e-5)
        around = results.further["settlement_rasters"].query("line == @line")
        near = whole["people_listed"] + whole["people_unlisted"]
        assert near == pytest.approx(around["people"].sum(), rel=1e-6)
        # The zones agree with the rows of the zones' own table.
        zones = results.people.query(
            "line == @line and kind == 'cumulative' and source.str.startswith('raster:')"
        )
        merged = own.merge(zones, on=["line", "side", "distance_m", "source"])
        assert len(merged) == 6
        assert merged["people"].to_numpy() == pytest.approx(merged["population"].to_numpy())


def test_rasters_and_districts_are_tabled(results):
    table = results.further["raster_districts"]
    assert table["code"].tolist() == ["S", "N"] * 2
    assert table["ratio"].to_numpy() == pytest.approx([1.0, 24 / 36, 1.5, 1.0], rel=1e-3)


def test_the_files_have_the_tables_and_the_report_says_it(results, tmp_path):
    every = make_tables(results)
    for name in ("settlement_rasters", "raster_people", "raster_districts"):
        assert len(every[name])
    whole = every["raster_people"]
    assert whole.groupby("line")["side"].last().eq("").all()  # the study area comes last
    assert str(whole["date"].iloc[0]) == "2000-07-01"
    path = tmp_path / "report.html"
    write_report(results, path, inputs_hash="0" * 8)
    said = html.unescape(path.read_text("utf-8"))
    share = results.further["raster_people"].query("line == 'old' and side == ''")["away_share"]
    assert "live farther than 3 km from every listed settlement on their side" in said
    assert f"{float(share.iloc[0]) * 100:.0f} % with the line of 2001" in said
    assert "Of the series “grid” each line takes the one nearest in date." in said
    assert "people around settlements without a figure" in said
    assert "Made-up grid, for 1 July 2000" in said


def test_an_absurd_raster_stops_the_run_before_anything_is_computed(tmp_path):
    path = project_with(tmp_path)
    text = path.read_text("utf-8")
    path.write_text(text.replace('kind = "density"', 'kind = "count"'), "utf-8")
    frontline.compute(frontline.load_project(path))  # cells of 1 km: both kinds are the same
    write_grid(tmp_path / "grid_2010.tif", 30.0, step_m=100.0)
    with pytest.raises(FrontlineError, match=r"grid_2010\.tif.*Read as densities it would hold"):
        frontline.compute(frontline.load_project(path))


@pytest.mark.parametrize(("lon", "lat"), [(180.0, 10.0), (-179.9, 71.0)])
def test_one_density_everywhere_gives_its_land_across_the_antimeridian(tmp_path, lon, lat):
    """A raster of the whole world, 12 people per km2: people are land, times twelve."""
    more = '[[population]]\nkey = "world"\npath = "world.tif"\nkind = "density"\n'
    path = made_project(
        tmp_path, Layout(lon=lon, lat=lat), draws=0, elevation=False, more=more + "trusted = true\n"
    )
    step, cols, rows = 0.05, 7200, 60
    transform = rasterio.Affine(step, 0, -180, 0, -step, round(lat + 1.5, 1))
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "crs": "EPSG:4326"}
    with rasterio.open(
        tmp_path / "world.tif", "w", height=rows, width=cols, transform=transform, **profile
    ) as file:
        file.write(np.full((rows, cols), 12.0, dtype=np.float32), 1)
    found = frontline.compute(frontline.load_project(path))
    zones = found.people[found.people["source"] == "raster:world"]
    assert zones["population"].to_numpy() == pytest.approx(12 * zones["area_km2"], rel=1e-5)
    assert zones["coverage"].to_numpy() == pytest.approx(1.0)
    table = found.further["raster_people"]
    whole = table[(table["line"] == "old") & (table["side"] == "")].iloc[0]
    land = float(found.study_area["area_km2"].iloc[0])
    assert whole["people"] == pytest.approx(12 * land, rel=1e-5)
    parts = whole[["people_listed", "people_unlisted", "people_away"]].sum()
    assert parts == pytest.approx(whole["people"])
    # Five circles of two kilometres; one place lies exactly that far from the line.
    assert whole["people_listed"] == pytest.approx(12 * 5 * 4 * math.pi, rel=2e-3)


def test_restricted_inputs_leave_no_rows_place_by_place(tmp_path):
    path = project_with(tmp_path, more='sensitivity = "restricted"')
    public = compute_public(frontline.load_project(path))
    assert not {"settlement_rasters", "raster_districts", "raster_people"} & set(public.further)
    assert not public.people["source"].str.startswith("raster").any()
    text = path.read_text("utf-8")
    text = text.replace('layer = "places" }', 'layer = "places", sensitivity = "restricted" }')
    path.write_text(text, "utf-8")
    public = compute_public(frontline.load_project(path))
    assert "settlement_rasters" not in public.further
    assert isinstance(public.settlements, gpd.GeoDataFrame)
