"""People, roads and ground in sight of a line, on whole projects with hills of a known formula."""

import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
from factories.projects import PLACES, Layout, made_project
from pyproj import Geod

import frontline
from frontline.analysis.visibility import PEOPLE
from frontline.visibility.corridors import CORRIDOR_ZONES
from frontline.workflow.run import run

GEOD = Geod(ellps="WGS84")

MORE = """[elevation]
path = "dem.tif"
[[population]]
key = "grid"
path = "people.tif"
kind = "count"
"""


def fine_elevation(path):
    """The hills of the layout in cells of 100 m: no illustration."""
    from factories.projects import write_elevation

    write_elevation(path / "dem.tif", Layout(), step_m=100.0)


def people_raster(path, *, step_m=1_000.0, east_of=-40_000.0):
    """Ten people in each square kilometre."""
    x = np.arange(-35_000.0, 35_000.0, step_m) + step_m / 2
    values = np.where(x >= east_of, 10.0, 0.0)[None, :].repeat(50, axis=0).astype(np.float32)
    transform = rasterio.Affine(step_m, 0, -35_000, 0, -step_m, 25_000)
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "crs": Layout().plane}
    rows, cols = values.shape
    with rasterio.open(
        path / "people.tif", "w", height=rows, width=cols, transform=transform, **profile
    ) as file:
        file.write(values, 1)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    path = made_project(folder, draws=0, more=MORE)
    fine_elevation(folder)
    people_raster(folder)
    return frontline.compute(frontline.load_project(path))


def test_people_in_sight_are_those_of_the_places_in_sight(results):
    table = results.further["sight_people"]
    assert list(table.columns) == PEOPLE.names
    listed = table[table["source"] == "settlements"]
    assert len(listed) == 2 * 2 * 3
    places = results.settlements
    for row in listed.to_dict("records"):
        own = places[
            (places["line"] == row["line"])
            & (places["side"] == row["side"])
            & (places["distance_m"] <= row["distance_m"])
        ]
        seen = own[own["in_sight"] == "visible"]
        assert row["people"] == own["population"].sum()
        assert row["people_visible"] == seen["population"].sum()
        assert (row["settlements"], row["settlements_visible"]) == (len(own), len(seen))
        assert row["people_undecided"] == row["visible_without_figure"] == 0
    assert 0 < listed["people_visible"].sum() < listed["people"].sum()


def test_people_of_a_raster_spread_evenly_are_in_sight_as_the_land_is(results):
    table = results.further["sight_people"]
    grid = table[table["source"] == "raster:grid"].set_index(["line", "side", "distance_m"])
    sums = results.people[
        (results.people["source"] == "raster:grid") & (results.people["kind"] == "cumulative")
    ].set_index(["line", "side", "distance_m"])
    shares = results.sight_zones.set_index(["line", "side", "distance_m"])
    for key, row in grid.iterrows():
        assert row["people"] == pytest.approx(sums.loc[key, "population"])
        share = row["people_visible"] / row["people"]
        # Some hundred squares of a kilometre stand for the land.
        assert share == pytest.approx(shares.loc[key, "visible_share"], abs=0.06)
    assert grid["settlements"].isna().all()


def test_kilometres_of_each_state_add_up_over_the_zones(results):
    table = results.further["corridor_sight"]
    assert list(table.columns) == [*CORRIDOR_ZONES.names, "geometry"]
    states = ["visible_km", "hidden_km", "unknown_km"]
    assert table[["visible_km", "hidden_km"]].sum().gt(0.0).all()
    assert (table[states].sum(axis=1) <= table["km"] + 1e-9).all()
    # The study area holds all of the road, and the zones reach as far as sight does.
    within = results.case.exposure.corridors
    within = within[within["in_sight"] != "out_of_range"]
    for line, own in table.groupby("line"):
        km = within[within["line"] == line].groupby("in_sight")["km"].sum()
        for state in ("visible", "hidden", "unknown"):
            assert own[f"{state}_km"].sum() == pytest.approx(km.get(state, 0.0), abs=0.3)


def test_geometry_is_the_whole_course_in_a_zone_and_tells_no_hidden_stretch(results):
    table = results.further["corridor_sight"]
    assert table.crs == "EPSG:4326"
    some = table["visible_km"] > 0.0
    assert some.sum() > 0
    assert (table.geometry.notna() == some).all()
    on_earth = [GEOD.geometry_length(shape) / 1000 for shape in table.geometry[some]]
    assert on_earth == pytest.approx(table["km"][some].to_numpy(), rel=1e-3)
    assert (table["visible_km"][some] < table["km"][some] - 0.1).any()


def test_the_ground_of_each_side(results):
    table = results.sight_zones
    assert table["elevation_m"].between(300, 700).all()
    # Hills of 200 m up and down: most of 400 m lie within 7 km of anywhere.
    assert table["relief_m"].between(250, 650).all()


def test_sentences_only_where_the_elevation_bears_them(results, tmp_path):
    told = [figure for figure in results.key_figures if "_in_sight:" in figure.id]
    assert {figure.id.split(":")[0] for figure in told} == {"people_in_sight", "corridors_in_sight"}
    for figure in told:
        assert figure.low <= figure.value <= figure.high
        assert "sight" in figure.sentence
    coarse = frontline.compute(frontline.load_project(made_project(tmp_path, draws=0)))
    assert coarse.case.exposure.illustration
    assert not [f for f in coarse.key_figures if f.id.startswith("people_in_sight")]


def test_unknown_ground_leaves_people_undecided(tmp_path):
    path = made_project(tmp_path, draws=0, more=MORE)
    people_raster(tmp_path)
    with rasterio.open(tmp_path / "dem.tif", "r+") as dem:
        heights = dem.read(1)
        heights[:, int(heights.shape[1] * 0.62) :] = np.nan
        dem.write(heights, 1)
    project = frontline.load_project(path)
    table = frontline.compute(project).further["sight_people"]
    key = ["line", "side", "distance_m", "source"]
    row = table.set_index(key).loc[("new", "East", 15_000.0, "settlements")]
    assert row["people_undecided"] == PLACES["Far East"][2]
    assert row["settlements_undecided"] == 1
    grid = table.set_index(key).loc[("new", "East", 15_000.0, "raster:grid")]
    assert 0.3 < grid["people_undecided"] / grid["people"] < 0.8
    bold = frontline.compute(frontline.replace_parts(project, sight={"conservative": True}))
    more = bold.further["sight_people"].set_index(key)
    assert (more["people_undecided"] == 0).all()
    before = table.set_index(key)
    assert more["people_visible"].to_numpy() == pytest.approx(
        (before["people_visible"] + before["people_undecided"]).to_numpy(), abs=25
    )


def test_places_without_a_figure_are_told_apart(tmp_path):
    path = made_project(tmp_path, draws=0)
    places = pyogrio.read_dataframe(tmp_path / "layers.gpkg", layer="places")
    places["population"] = pd.Series([pd.NA] * len(places), dtype="Int64")
    pyogrio.write_dataframe(places, tmp_path / "layers.gpkg", layer="places")
    table = frontline.compute(frontline.load_project(path)).further["sight_people"]
    assert table["people"].isna().all()
    assert (table["visible_without_figure"] == table["settlements_visible"]).all()
    assert table["settlements_visible"].sum() > 0


def test_restricted_corridors_are_not_listed_in_public(tmp_path):
    path = made_project(tmp_path, draws=0)
    text = path.read_text(encoding="utf-8")
    text = text.replace('layer = "roads" }', 'layer = "roads", sensitivity = "restricted" }')
    path.write_text(text, encoding="utf-8")
    _, files = run(path, out=tmp_path / "out", public=True)
    assert "tables/sight_people.csv" in files
    assert "tables/corridor_sight.csv" not in files


def test_nothing_is_told_by_post(tmp_path):
    """No table has a row per post, no layer or raster a feature, and no column its place."""
    path = made_project(tmp_path, draws=0)
    results, files = run(path, out=tmp_path / "out")
    posts = int(results.settlements["posts_within_radius"].max())
    assert posts > 100
    for name in files:
        assert "post" not in name
        file = tmp_path / "out" / name
        if name.endswith(".csv"):
            table = pd.read_csv(file)
            assert "post" not in table.columns
            assert not [c for c in table.columns if c.startswith(("post_", "observer_"))]
            counts = {"posts_in_sight", "posts_undecided", "posts_within_radius"}
            assert {c for c in table.columns if "post" in c} <= counts
            # The profile of the ground has steps of its own; it tells nothing of sight.
            assert len(table) < posts or name == "tables/line_terrain.csv"
        if name.endswith(".gpkg"):
            for layer, _ in pyogrio.list_layers(file):
                info = pyogrio.read_info(file, layer=layer)
                assert info["features"] < posts
                assert "post" not in layer
        if name.endswith(".tif"):
            with rasterio.open(file) as raster:
                # Counts: no band of single posts, and none of who sees a cell.
                assert raster.descriptions in {("seen", "unknown"), ("shade",)}
