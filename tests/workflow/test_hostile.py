"""Whole projects with one fault each, from the command line: a line by the grammar, or a run."""

import json
import logging
import os
import shutil

import geopandas as gpd
import numpy as np
import pytest
import shapely
from factories.layers import write
from factories.messages import complete
from factories.projects import PLACES, Layout, line_at, made_project

from frontline.cli import main as cli

LAYOUT = Layout()
SMALL = '[sight]\nenabled = false\n[outputs]\nwrite = ["workbook", "report"]\n'


def project_in(folder, more=SMALL):
    return made_project(folder, LAYOUT, draws=0, error_m=0, elevation=False, more=more)


def swap(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def settlements(path, file, more=""):
    swap(path, 'path = "layers.gpkg", layer = "places"', f'path = "{file}"{more}')


def new_line(path, *shapes):
    frame = gpd.GeoDataFrame(geometry=list(shapes), crs=4326)
    write(frame, path.parent / "new.fgb", SPATIAL_INDEX="NO", geometry_type="Unknown")
    swap(path, 'path = "layers.gpkg"\nlayer = "new"', 'path = "new.fgb"')


def text_file(path, name, content):
    data = content if isinstance(content, bytes) else content.encode()
    (path.parent / name).write_bytes(data)
    settlements(path, name)


def placed(**columns):
    points = LAYOUT.placed([shapely.Point(east, north) for east, north, _ in PLACES.values()])
    own = {"name": list(PLACES), "population": [people for *_, people in PLACES.values()]}
    return gpd.GeoDataFrame(own | columns, geometry=points, crs=4326)


def other_places(path, frame):
    write(frame, path.parent / "other.gpkg")
    settlements(path, "other.gpkg")


def link_to(path, target):
    (path.parent / "link.gpkg").symlink_to(path.parent / target)
    settlements(path, "link.gpkg", ', layer = "places"')


def told(capfd, *words):
    """Exit code of a command, and its lines on standard error, each a message."""
    logging.getLogger().handlers.clear()
    code = cli.run_guarded(lambda: cli.app([str(word) for word in words], standalone_mode=False))
    lines = [line.strip() for line in capfd.readouterr().err.splitlines()]
    lines = [line.removeprefix("frontline: ") for line in lines]
    return code, [line for line in lines if not line.endswith("problems:")]


GOOD = LAYOUT.placed(line_at(6.0))
FAULTS = {
    "keys twice": lambda p: p.write_text('title = "a"\n' + p.read_text()),
    "bytes": lambda p: p.write_bytes(b"\xff\xfe\x00\x01" * 50),
    "link to nothing": lambda p: link_to(p, "nothing.gpkg"),
    "link to itself": lambda p: link_to(p, "link.gpkg"),
    "directory": lambda p: (p.parent / "d.gpkg").mkdir() or settlements(p, "d.gpkg"),
    "device": lambda p: settlements(p, os.devnull),
    "pipe": lambda p: os.mkfifo(p.parent / "f.gpkg") or settlements(p, "f.gpkg"),
    "empty file": lambda p: (p.parent / "e.gpkg").touch() or settlements(p, "e.gpkg"),
    "half a GeoJSON": lambda p: text_file(p, "h.geojson", '{"type": "FeatureCollection", "feat'),
    "other alphabet": lambda p: text_file(
        p, "a.csv", "name;lon;lat\nМост;20;45\n".encode("cp1251")
    ),
    "no columns": lambda p: text_file(p, "a.csv", "\n\n"),
    "columns twice": lambda p: text_file(p, "a.csv", "name,lon,lon,lat\nA,20,21,45\n"),
    "decimal commas": lambda p: text_file(p, "a.csv", "name;lon;lat\nA;20,1;45,1\n"),
    "numbers that are none": lambda p: text_file(p, "a.csv", "name,lon,lat\nA,nan,inf\n"),
    "swapped axes": lambda p: text_file(p, "a.csv", "name,lon,lat\nA,45.01,20.01\n"),
    "metres": lambda p: text_file(p, "a.csv", "name,lon,lat\nA,500000,4500000\n"),
    "dates": lambda p: other_places(p, placed(population_date=["1.1.2020"] * 5)),
    "ids twice": lambda p: other_places(p, placed(id=["a"] * 5)),
    "people": lambda p: other_places(p, placed(population=["1 200", "n/a", "-5", "2e9", ""])),
    "line of no length": lambda p: new_line(p, *GOOD, shapely.LineString([(20, 45), (20, 45)])),
    "polygon": lambda p: new_line(p, shapely.box(20, 45, 20.1, 45.1)),
    "numbers past all": lambda p: new_line(p, shapely.LineString([(20, 44), (20, 1e300)])),
    "line elsewhere": lambda p: new_line(p, shapely.LineString([(60, 44), (60, 46)])),
    "one seed on the other side": lambda p: swap(
        p, f'"West"\nseed = {LAYOUT.seed(-25, -15)}', f'"West"\nseed = {LAYOUT.seed(25, 14)}'
    ),
    "seed on the line": lambda p: swap(
        p, f'"West"\nseed = {LAYOUT.seed(-25, -15)}', f'"West"\nseed = {LAYOUT.seed(0, 0)}'
    ),
    "no such column": lambda p: swap(p, "error_m = 0", 'error_m = "width"'),
    "no table": lambda p: p.write_text(f'{p.read_text()}\n[flows]\npath = "layers.gpkg"\n'),
    "a long key": lambda p: swap(p, 'key = "new"', f'key = "{"x" * 300}"'),
}


if os.name != "posix":  # neither pipes in folders nor links for everybody there
    FAULTS = {
        name: make for name, make in FAULTS.items() if name.split()[0] not in {"pipe", "link"}
    }


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_in_lines_by_the_grammar_and_nothing_is_left(tmp_path, capfd, fault):
    path = project_in(tmp_path)
    FAULTS[fault](path)
    before = sorted(tmp_path.rglob("*"))
    checked = told(capfd, "check", path)
    ran = told(capfd, "run", path, "--out", tmp_path / "out", "--quiet")
    assert checked == ran
    code, lines = ran
    assert code == 2
    assert lines
    for line in lines:
        assert complete(line), line
        assert line.split(",")[0].split(": ")[0], line
        assert len(line) < 700
    assert sorted(tmp_path.rglob("*")) == before


def test_the_same_in_words(tmp_path, capfd):
    (tmp_path / "a").mkdir()
    path = project_in(tmp_path / "a")
    FAULTS["link to nothing"](path)
    assert "'link.gpkg' is a link to nothing. Mend the link" in told(capfd, "check", path)[1][0]
    (tmp_path / "b").mkdir()
    path = project_in(tmp_path / "b")
    FAULTS["columns twice"](path)
    line = "a.csv, field 'lon': stands there twice among the columns. Rename one."
    assert told(capfd, "check", path) == (2, [line])
    (tmp_path / "c").mkdir()
    path = project_in(tmp_path / "c")
    FAULTS["no such column"](path)
    assert told(capfd, "check", path)[1][0].endswith("'width'. There are none to choose from.")


TRAPS = [
    "{0} {{ 7*191 }}",
    "{% raw %} %s",
    "${alert(1)} $x_1$ \\frac",
    "</script><b>&\"'",
    "`\\ ]]>",
]


def test_words_that_are_code_elsewhere_stop_no_run(tmp_path, capfd):
    path = project_in(tmp_path)
    columns = dict.fromkeys(("name", "name_alt", "population_source", "{} $"), TRAPS)
    other_places(path, placed(**columns))
    for old, new in (
        ('title = "Made up"', "title = '{{ 7 }} {0} $x$ </title>'"),
        ('label = "Old line"', "label = '{} {% x %} $a$ `'"),
        ('label = "New line"', "label = '</script> {1} $'"),
        ('name = "West"', "name = 'W {0} </b> %'"),
    ):
        swap(path, old, new)
    assert told(capfd, "run", path, "--out", tmp_path / "out", "--quiet") == (0, [])
    report = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "1337" not in report
    assert "<b>&\"'" not in report
    figures = json.loads((tmp_path / "out/manifest.json").read_text(encoding="utf-8"))
    assert figures["title"] == "{{ 7 }} {0} $x$ </title>"


@pytest.mark.parametrize(
    "folder", ["a b %41 é #1?;$HOME 'x'", "-a\nb", "/".join(["x" * 200] * 4)], ids=range(3)
)
def test_any_folder_will_do(tmp_path, capfd, folder):
    (tmp_path / "made").mkdir()
    made = project_in(tmp_path / "made")
    there = tmp_path / "projects" / folder
    there.parent.mkdir(parents=True)
    shutil.move(made.parent, there)
    path = there / made.name
    assert told(capfd, "run", path, "--out", tmp_path / "out", "--quiet") == (0, [])
    shutil.rmtree(tmp_path / "out")
    link_to(path, "layers.gpkg")
    assert told(capfd, "run", path, "--out", tmp_path / "out", "--quiet") == (0, [])


def test_an_empty_layer_is_said(tmp_path, capfd):
    path = project_in(tmp_path)
    text_file(path, "a.csv", "name,lon,lat\n")
    cli.run_guarded(lambda: cli.app(["check", str(path)], standalone_mode=False))
    assert "settlements: The layer has no features.\n" in capfd.readouterr().out


def test_heights_and_measures_of_lines_change_nothing(tmp_path, capfd):
    flat, high = tmp_path / "flat", tmp_path / "high"
    for folder in (flat, high):
        folder.mkdir()
    one, two = project_in(flat), project_in(high)
    new_line(one, *GOOD)
    new_line(two, *shapely.force_3d(np.array(GOOD), 5.0))
    for path in (one, two):
        assert told(capfd, "run", path, "--out", path.parent / "out", "--quiet") == (0, [])
    tables = [path.parent / "out/tables/zones.csv" for path in (one, two)]
    assert tables[0].read_bytes() == tables[1].read_bytes()
