"""The first steps: init writes what loads and says why, check names every problem at once."""

import re
import sqlite3

import numpy as np
import openpyxl
import pyogrio
import pytest
import rasterio
import shapely
from factories import REPOSITORY
from factories.layers import AREA, LINE, frame, made, places, write

from frontline.errors import FrontlineError, OutputError
from frontline.inputs.layers import read_layers
from frontline.project.layers import CORRIDORS, POINTS, SETTLEMENTS
from frontline.project.loader import load_project
from frontline.results.registry import TABLES
from frontline.workflow.check import check
from frontline.workflow.scaffold import find_seeds, init, schema


def folder_of_layers(folder):
    write(frame(AREA), folder / "aoi.geojson")
    write(frame(LINE), folder / "front_2020-11-10.shp")
    write(places(POP_2015=[1, 2, 3]).drop(columns="population"), folder / "villages.gpkg")
    road = shapely.LineString([(46.1, 39.5), (46.9, 39.5)])
    write(frame(road, name=["M1"]), folder / "main roads.geojson")
    write(frame(AREA, pcode=["A"], name=["a"]), folder / "units.gpkg")
    (folder / "peaks.csv").write_text("title,lon,lat\nPeak,46.3,39.3\n")
    (folder / "notes.txt").write_text("nothing")
    (folder / "broken.gpkg").write_bytes(b"SQLite format 3\0")
    return folder


def test_what_init_writes_loads_and_holds_what_was_guessed(tmp_path):
    said = "\n".join(init(folder_of_layers(tmp_path)))
    project = load_project(tmp_path)
    assert project.study_area.path.name == "aoi.geojson"
    assert [line.key for line in project.lines] == ["front_2020_11_10"]
    assert project.lines[0].date.isoformat() == "2020-11-10"
    assert project.settlements.path.name == "villages.gpkg"
    assert project.settlements.columns == {"population": "POP_2015"}
    assert project.corridors.path.name == "main roads.geojson"
    assert project.points.columns == {"name": "title"}
    assert project.districts.path.name == "units.gpkg"
    assert "aoi.geojson is study_area (polygons, and 'aoi' in the name 'aoi'; likely)" in said
    assert "villages.gpkg is settlements" in said
    assert "Left out broken.gpkg" in said
    found = read_layers(project)
    assert list(found.settlements["population"]) == [1, 2, 3]


def test_the_seeds_of_init_lie_on_the_two_sides(tmp_path):
    init(folder_of_layers(tmp_path))
    one, other = (side.seed[0] for side in load_project(tmp_path).sides)
    assert sorted([one[0] < 46.5, other[0] < 46.5]) == [False, True]
    assert check(tmp_path)[-1] == "No problems found."


def test_seeds_lie_on_the_same_side_of_every_line():
    lines = [
        shapely.LineString([(x, 38.99), (x + 0.1, 40.0)])  # a little beyond the edge
        for x in (46.2, 46.5, 46.8)
    ]
    one, other = find_seeds(AREA, lines=lines)
    west, east = sorted([one, other])
    assert west[0] < 46.3
    assert east[0] > 46.8
    assert find_seeds(AREA, lines=[shapely.LineString([(46.4, 39.4), (46.6, 39.6)])]) is None


def test_init_in_an_empty_folder_writes_a_template_to_draw_in(tmp_path):
    said = "\n".join(init(tmp_path / "new"))
    assert "draw it in template.gpkg" in said
    template = tmp_path / "new" / "template.gpkg"
    layers = dict(pyogrio.list_layers(template))
    assert layers == {
        "study_area": "MultiPolygon",
        "lines": "MultiLineString",
        "settlements": "Point",
        "corridors": "MultiLineString",
        "points": "Point",
    }
    for role in (SETTLEMENTS, CORRIDORS, POINTS):
        fields = list(pyogrio.read_info(template, layer=role.name)["fields"])
        assert fields == [column.name for column in role.columns]
    assert load_project(tmp_path / "new").lines[0].path == template
    with pytest.raises(FrontlineError) as caught:
        check(tmp_path / "new")
    assert str(caught.value).count("has no features") == 2


def test_the_template_can_be_filled_and_checked(tmp_path):
    init(tmp_path)
    template = tmp_path / "template.gpkg"
    multi = shapely.MultiPolygon([AREA]), shapely.MultiLineString([LINE])
    pyogrio.write_dataframe(frame(multi[0], name=["x"]), template, layer="study_area", append=True)
    line = frame(multi[1], line=["a"], label=["A"], date=["2020-11-10"], error_m=[100.0])
    pyogrio.write_dataframe(line, template, layer="lines", append=True)
    text = (tmp_path / "project.toml").read_text()
    text = text.replace("[0.0, 0.0]", "[46.2, 39.5]", 1).replace("[0.0, 0.0]", "[46.8, 39.5]", 1)
    text = text.replace("# [settlements]", "[settlements]").replace(
        '# path = "template.gpkg"\n# layer = "settlements"',
        'path = "template.gpkg"\nlayer = "settlements"',
    )
    (tmp_path / "project.toml").write_text(text)
    assert check(tmp_path)[-1] == "No problems found."


def test_init_takes_rasters_tables_and_second_layers_into_account(tmp_path):
    folder_of_layers(tmp_path)
    for name in ("dem_30m.tif", "other_dem.tiff", "worldpop_2020.tif"):
        (tmp_path / name).write_bytes(b"II*\0")
    book = openpyxl.Workbook()
    book.active.append(["name", "lon", "lat", "people"])
    book.active.append(["A", 46.2, 39.2, 5])
    book.save(tmp_path / "zz towns.xlsx")
    write(frame(AREA.buffer(-0.1)), tmp_path / "former border.geojson")
    write(frame(AREA.buffer(0.1)), tmp_path / "zone.geojson")
    write(frame(*places().geometry), tmp_path / "1 line.fgb")
    said = "\n".join(init(tmp_path))
    project = load_project(tmp_path)
    assert project.elevation.path.name == "dem_30m.tif"
    assert "Not used: other_dem.tiff (there is one elevation already)" in said
    assert [raster.key for raster in project.population] == ["worldpop_2020"]
    assert "Not used: zz towns.xlsx (there is one for settlements already)" in said
    assert [part.key for part in project.partitions] == ["former_border", "zone"]


@pytest.mark.parametrize("name", ["project.toml", "template.gpkg"])
def test_init_never_writes_over_anything(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        init(tmp_path)
    assert (tmp_path / name).read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_init_refuses_what_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written"):
        init(tmp_path / "file")


def test_one_layer_of_two_dated_lines_becomes_two(tmp_path):
    write(frame(AREA), tmp_path / "study_area.geojson")
    old = shapely.transform(LINE, lambda xy: xy - np.array([0.1, 0]))
    both = frame(old, LINE, line=["line_1994", "line_2020"], date=["1994-05-12", "2020-11-10"])
    write(both.assign(error_m=[500.0, 2000.0], label=["Old", "New"]), tmp_path / "lines.gpkg")
    init(tmp_path)
    project = load_project(tmp_path)
    assert [(line.key, line.label, line.date.year) for line in project.lines] == [
        ("line_1994", "Old", 1994),
        ("line_2020", "New", 2020),
    ]
    assert list(read_layers(project).lines["line_2020"]["error_m"]) == [2000.0]
    assert check(tmp_path)[-1] == "No problems found."


def test_states_are_told_from_study_areas(tmp_path):
    west, east = shapely.box(46, 39, 46.5, 40), shapely.box(46.5, 39, 47, 40)
    write(frame(AREA), tmp_path / "area_aoi.geojson")
    write(frame(west, east, held_by=["A", "B"]), tmp_path / "control_2021-03.geojson")
    init(tmp_path)
    project = load_project(tmp_path)
    assert project.lines[0].side_column == "held_by"
    assert project.lines[0].date.isoformat() == "2021-03-01"
    assert [side.name for side in project.sides] == ["A", "B"]
    assert check(tmp_path)[-1] == "No problems found."


def test_names_full_of_traps_make_a_project_that_loads(tmp_path):
    name = 'a"b\\c {{ 7*191 }} карта #1'
    write(frame(LINE), tmp_path / f"line {name}.geojson")
    path = write(places().drop(columns="population"), tmp_path / "p.gpkg", layer="x")
    write(places(), path, layer='village "=1"', append=True)
    said = init(tmp_path)
    project = load_project(tmp_path)
    assert project.lines[0].label == f"line {name}"
    assert project.points.layer == "x"
    assert project.settlements.layer == 'village "=1"'
    assert all(line.isprintable() for line in said)


def test_check_names_the_problems_of_layers_lines_and_rasters_at_once(tmp_path):
    write(places(population=["1 200", "n/a", "7"]), tmp_path / "p.gpkg")
    (tmp_path / "dem.tif").write_text("not a raster")
    more = '[settlements]\npath = "p.gpkg"\n[elevation]\npath = "dem.tif"\n'
    more += '[[population]]\nkey = "ghs"\nkind = "count"\npath = "dem.tif"\n'
    with pytest.raises(FrontlineError) as caught:
        check(made(tmp_path, more))
    message = str(caught.value)
    assert message.startswith("3 problems:")
    for words in ("Write 1200", "'n/a'", "dem.tif"):
        assert words in message


def test_check_says_where_a_line_does_not_cut(tmp_path):
    short = shapely.LineString([(46.5, 39.2), (46.5, 40.0)])
    with pytest.raises(FrontlineError, match=r"46\.5.*39\.2"):
        check(made(tmp_path, front=short))


def test_check_tells_what_a_reader_must_know_and_writes_nothing(tmp_path):
    write(places(NAME=["x", "y", "z"]), tmp_path / "p.geojson")
    with rasterio.open(
        tmp_path / "dem.tif",
        "w",
        driver="GTiff",
        width=40,
        height=40,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=rasterio.Affine(0.05, 0, 45.5, 0, -0.05, 40.5),
    ) as raster:
        raster.write(np.ones((1, 40, 40), dtype="float32"))
    more = '[settlements]\npath = "p.geojson"\n[elevation]\npath = "dem.tif"\n'
    path = made(tmp_path, more)
    before = sorted(tmp_path.iterdir())
    lines = check(path)
    assert lines[0] == "Test: lines 1, settlements 3, corridors 0, points 0, districts 0."
    assert lines[1] == "front: 111.0 km, cuts the study area."  # a degree of latitude at 39.5 N
    assert "settlements: Column 'NAME' is renamed 'NAME_input'." in lines
    assert sorted(tmp_path.iterdir()) == before


def test_a_geopackage_template_is_valid_for_sqlite(tmp_path):
    init(tmp_path)
    database = sqlite3.connect(tmp_path / "template.gpkg")
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_the_schema_lists_keys_inputs_and_results():
    text = schema()
    for words in ("### `[[lines]]`", "`least_coverage`", "### `districts`", "`counted_by`"):
        assert words in text
    for name, table in TABLES.items():
        assert f"### `{name}.csv`" in text
        assert all(f"| `{column}` |" in text for column in table.names)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) in {5, 6} for row in rows)


def test_the_schema_in_the_documents_is_the_generated_one():
    written = (REPOSITORY / "docs" / "schema.md").read_text("utf-8")
    assert written.strip() == schema().strip(), "run: frontline schema > docs/schema.md"
