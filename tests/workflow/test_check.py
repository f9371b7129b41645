"""What check finds beside layers and lines: all that a run would stop at, and nothing written."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from factories.layers import made, places, write
from factories.projects import Layout, made_project

from frontline.errors import FrontlineError
from frontline.inputs.layers import read_layers
from frontline.project.loader import load_project
from frontline.workflow.check import check
from frontline.workflow.run import compute_case

LAYOUT = Layout()


def grid(path, *, value=0.5, east_km=60.0, north_km=60.0, step_m=500.0, dtype="float32", **more):
    """Write one value about the centre, as far as is asked for."""
    x, y = east_km * 1000, north_km * 1000
    shape = int(2 * y / step_m), int(2 * x / step_m)
    cells = np.full(shape, value, dtype=dtype)
    if "hole" in more:
        rows = np.s_[: shape[0] // 2]
        cells[rows] = more.pop("hole")
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=shape[0],
        width=shape[1],
        count=1,
        dtype=dtype,
        crs=more.pop("crs", LAYOUT.plane),
        transform=rasterio.Affine(step_m, 0, -x, 0, -step_m, y),
        nodata=-9999.0,
        **more,
    ) as out:
        out.write(cells, 1)
    return path


ELEVATION = '[elevation]\npath = "dem.tif"\n'
PEOPLE = '[[population]]\nkey = "ghs"\nkind = "count"\npath = "people.tif"\n'


def problems_of(path):
    with pytest.raises(FrontlineError) as caught:
        check(path)
    return [str(problem) for problem in caught.value.problems]


def people_said(lines, line):
    """Read of the sentence about a raster its people near a line, and how much it knows."""
    pattern = rf"raster:ghs: ([\d,]+) people \(count\) within 15 km of {line}, known in (.*)\."
    (found,) = filter(None, (re.fullmatch(pattern, text) for text in lines))
    return int(found[1].replace(",", "")), found[2]


def stops(path):
    """What the run itself stops at."""
    with pytest.raises(FrontlineError) as caught:
        compute_case(load_project(path))
    return str(caught.value)


def test_what_is_well_is_said_with_figures(tmp_path):
    grid(tmp_path / "people.tif")
    grid(tmp_path / "dem.tif", value=300.0)
    project = made_project(
        tmp_path, more=ELEVATION + 'vertical_datum = "EGM96"\n' + PEOPLE, elevation=False
    )
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    lines = check(project)
    assert "elevation: cells of 500 x 500 m, 300 to 300 m above EGM96." in lines
    assert "elevation: known in 100.0% of the zone of 15 km about old." in lines
    # 40 km of line, 15 km to either side, 4 cells of half a person per km2
    assert people_said(lines, "old") == (pytest.approx(2_400, abs=1), "100.0%")
    assert lines[-1] == "No problems found."
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(("means", "known"), [("unknown", "50.0%"), ("nobody", "100.0%")])
def test_cells_without_a_value_mean_what_the_project_says(tmp_path, means, known):
    grid(tmp_path / "people.tif", hole=-9999.0)
    more = f'{PEOPLE}trusted = true\nempty = "{means}"\n[sight]\nenabled = false\n'
    lines = check(made_project(tmp_path, more=more, elevation=False))
    assert people_said(lines, "old") == (pytest.approx(1_200, abs=1), known)


def test_elevation_that_knows_too_little_is_found_for_every_line_at_once(tmp_path):
    grid(tmp_path / "dem.tif", north_km=5.0)
    project = made_project(tmp_path, more=f"{ELEVATION}[sight]\nenabled = false\n", elevation=False)
    found = problems_of(project)
    assert [line.split(" of the")[0] for line in found] == [
        "dem.tif: elevation is known for 25%",
        "dem.tif: elevation is known for 25%",
    ]
    assert "about old (at least 50% is asked for). Use " in found[0]
    assert "about new" in found[1]
    assert found[0] in stops(project)


def test_posts_on_unknown_ground_are_found_before_the_long_work(tmp_path):
    grid(tmp_path / "dem.tif", hole=-9999.0)
    more = f"{ELEVATION}least_coverage = 0.1\n"
    project = made_project(tmp_path, more=more, elevation=False)
    found = problems_of(project)
    assert len(found) == 2
    assert "elevation is unknown under 50% of the posts along the line 'old'" in found[0]
    assert stops(project) == found[0]


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("dem.tif", {"crs": None}, "dem.tif: does not state its CRS."),
        ("dem.tif", {"crs": "EPSG:3857"}, "does not reach the study area"),
        ("dem.tif", {"crs": "EPSG:4326"}, "which is nowhere in degrees"),
        ("people.tif", {"crs": None}, "people.tif: does not state its CRS."),
        ("people.tif", {"dtype": "complex64"}, "people.tif: holds complex numbers"),
    ],
)
def test_rasters_that_cannot_be_used_are_found(tmp_path, name, options, words):
    for each in ("dem.tif", "people.tif"):
        grid(tmp_path / each, **(options if each == name else {}))
    found = problems_of(made_project(tmp_path, more=ELEVATION + PEOPLE, elevation=False))
    assert len(found) == 1
    assert words in found[0]
    assert str(tmp_path) not in found[0]


def test_a_unit_that_contradicts_the_file_is_found(tmp_path):
    with rasterio.open(grid(tmp_path / "dem.tif"), "r+") as raster:
        raster.units = ("ft",)
    found = problems_of(made_project(tmp_path, more=ELEVATION, elevation=False))
    words = "dem.tif, field 'unit': its heights are in 'ft', the project says m. Set unit = "
    assert found == [f'{words}"ft" in [elevation].']


def test_densities_given_as_counts_are_doubted(tmp_path):
    grid(tmp_path / "people.tif", value=9_000.0)
    project = made_project(tmp_path, more=PEOPLE, elevation=False)
    text = project.read_text(encoding="utf-8").splitlines()
    project.write_text("\n".join(line for line in text if not line.startswith("districts")))
    lines = check(project)
    assert any("raster:ghs: read as count" in line and "densities?" in line for line in lines)


def test_land_cover_is_looked_at_too(tmp_path):
    grid(tmp_path / "cover.tif", crs=None)
    more = '[landcover]\npath = "cover.tif"\n'
    project = made_project(tmp_path, more=more, elevation=False)
    found = problems_of(project)
    assert len(found) == 1
    assert found[0].startswith("cover.tif: does not state its CRS.")
    assert stops(project) == found[0]


def test_a_raster_of_another_time_is_named(tmp_path):
    grid(tmp_path / "people.tif")
    more = f"{PEOPLE}valid_from = 2010-01-01\n"
    lines = check(made_project(tmp_path, more=more, elevation=False))
    assert "raster:ghs: does not hold at the date of old." in lines


def test_claims_about_nobody_are_found_with_the_rest(tmp_path):
    grid(tmp_path / "dem.tif", crs=None)
    project = made_project(tmp_path, more=ELEVATION + "crs = 'EPSG:3857'", elevation=False)
    (tmp_path / "claims.toml").write_text(
        """[[reports]]
key = "r"
title = "R"
date = 2020-01-01
[[claims]]
id = "A1"
report = "r"
statement = "Nowhere lies near the line."
metric = "place_distance"
parameters = { place = "nowhere", line = "old" }
stated = [{ value = 4, unit = "km" }]
""",
        encoding="utf-8",
    )
    found = problems_of(project)
    assert len(found) == 2
    assert "does not reach the study area" in found[0]
    assert found[1].startswith("claims.toml, field 'claims.A1': there is no place 'nowhere'.")


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("target_height_m", "feature Near, field 'target_height_m': '-1.0' is no height above"),
        ("roof", "field 'sight.target_height_column': neither settlements nor corridors have"),
    ],
)
def test_heights_of_targets_that_are_none_are_found(tmp_path, column, words):
    grid(tmp_path / "dem.tif")
    more = f'{ELEVATION}[sight]\ntarget_height_column = "{column}"\n'
    project = made_project(tmp_path, more=more, elevation=False)
    point = LAYOUT.placed([shapely.Point(-3, 5)])
    near = {"id": ["Near"], "name": ["Near"], "population": [7], "target_height_m": [-1.0]}
    write(gpd.GeoDataFrame(near, geometry=point, crs=4326), tmp_path / "layers.gpkg", "places")
    found = problems_of(project)
    assert len(found) == 1
    assert words in found[0]
    assert stops(project) == found[0]


def test_a_column_of_decimal_commas_is_one_problem(tmp_path):
    rows = "".join(f"p{number};100;46,{number:03d}5;39,{number:03d}5\n" for number in range(152))
    (tmp_path / "p.csv").write_text(f"name;population;lon;lat\n{rows}")
    found = problems_of(made(tmp_path, '[settlements]\npath = "p.csv"\n'))
    assert len(found) == 2  # one for each coordinate
    assert "152 cells have a decimal comma, the first '46,0005'" in found[0]
    (tmp_path / "p.csv").write_text(
        "name;population;lon;lat\nA;1,5;46.1;39.1\nB;2,25;46.2;39.2\nC;7;46.3;39.3\n"
    )
    (problem,) = problems_of(tmp_path / "project.toml")
    assert "feature 2, field 'population': 2 cells have a decimal comma" in problem


def test_an_error_of_nothing_gets_a_question(tmp_path):
    assert any("front: error_m is 0. Is the course" in line for line in check(made(tmp_path)))
    lines = check(made(tmp_path, line="error_m = 500"))
    assert not any("error_m is 0" in line for line in lines)


def test_a_city_given_as_a_point_is_named(tmp_path):
    write(places(population=[59_999, 60_000, 300]), tmp_path / "p.gpkg")
    path = made(tmp_path, '[settlements]\npath = "p.gpkg"\n')
    # 12 km2 at 5,000 people per km2: a circle of 3.9 km
    assert any("'Beta' (60,000 people, some 4 km wide)." in line for line in check(path))
    _, notes = compute_case(load_project(path))
    assert any("Cities given as points: 'Beta'" in note.text for note in notes)


def test_claims_are_looked_at_though_a_raster_and_a_line_are_wrong(tmp_path):
    (tmp_path / "claims.toml").write_text('[[claims]]\nid = "C1"\nsource = "x"\n')
    short = shapely.LineString([(46.5, 39.2), (46.5, 40.0)])
    (tmp_path / "dem.tif").write_text("not a raster")
    found = problems_of(made(tmp_path, '[elevation]\npath = "dem.tif"\n', front=short))
    assert any("claims.toml" in line for line in found)
    assert any("dem.tif" in line for line in found)
    assert any("line.geojson" in line or "front" in line for line in found)


@pytest.mark.parametrize(
    ("source", "zero", "unknown"),
    [
        ("GeoNames, 2024", "", True),
        ("A census", "", False),
        ("A census", 'zero = "unknown"', True),
        ("GeoNames", 'zero = "nobody"', False),
    ],
)
def test_a_population_of_0_is_unknown_where_that_is_what_it_means(tmp_path, source, zero, unknown):
    write(places(population=[0, 200, 300]), tmp_path / "p.gpkg")
    more = f'[settlements]\npath = "p.gpkg"\nsource = "{source}"\n{zero}\n'
    layers = read_layers(load_project(made(tmp_path, more)))
    people = layers.settlements.set_index("name")["population"]
    assert (people["Alpha"] is pd.NA) == unknown
    assert people["Beta"] == 200
    assert any("A population of 0" in note.text for note in layers.notes) == unknown


def test_keys_and_files_that_are_wrong_are_named_together(tmp_path):
    """A first project took six rounds: what is wrong with a file waited for every key."""
    write(places(population=["7", "many", "9"]), tmp_path / "p.geojson")
    (tmp_path / "dem.tif").write_text("no picture")
    (tmp_path / "events.csv").write_text("date,lon,lat\nyesterday,46.1,39.5\n")
    more = (
        '[settlements]\npath = "p.geojson"\nencodin = "utf-8"\n[elevation]\npath = "dem.tif"\n'
        '[events]\npath = "events.csv"\n[corridors]\npath = "none.gpkg"\n[zones]\nfar = 1\n'
    )
    project = made(tmp_path, more, line='error_m = "x y"\nheld_by = 7')
    text = project.read_text("utf-8")
    project.write_text(text.replace("date = 2020-11-10\n", "").replace("title", "titel"), "utf-8")
    (tmp_path / "line.geojson").write_text('{"type": "FeatureCollection", "features": [1]}')
    found = "\n".join(problems_of(project))
    for word in (
        *("'titel'", "lines.front.date", "lines.front.held_by", "settlements.encodin"),
        *("corridors.path", "zones.far", "line.geojson:", "dem.tif:"),
        *("p.geojson, feature 1, field 'population': 'many'", "events.csv", "'yesterday'"),
    ):
        assert word in found, (word, found)


@pytest.mark.parametrize(
    "text", ["title = ", "title = 1", "lines = 7\nstudy_area = [1]", "lines = [1]"]
)
def test_a_project_of_nonsense_is_refused_by_its_keys(tmp_path, text):
    (tmp_path / "project.toml").write_text(text)
    assert all("project.toml" in line for line in problems_of(tmp_path / "project.toml"))
