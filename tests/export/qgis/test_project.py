"""The QGIS project: what it holds, the same bytes every time, opened and drawn by QGIS itself."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import sqlite3
import subprocess
import zipfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib.image
import numpy as np
import pytest
import shapely
from factories import REPOSITORY
from factories.example_results import DATES, HOSTILE, SIDES, example_results
from factories.projects import made_project

from frontline.export.geopackage import write_geopackage
from frontline.export.qgis.layout import choose_round_step, widen_extent
from frontline.export.qgis.project import write_project_xml, write_qgis_project
from frontline.export.qgis.style import guard_expression
from frontline.export.rasters import list_raster_writers
from frontline.project.models import LineSpec
from frontline.results.style import PAPER, choose_side_colours
from frontline.results.words import WORDS
from frontline.workflow.run import run


@pytest.fixture(scope="module")
def results():
    return example_results()


@pytest.fixture(scope="module")
def folder(results, tmp_path_factory):
    """Write what a run writes for QGIS, in a folder whose name is not plain."""
    home = tmp_path_factory.mktemp("qgis") / "a folder, ünïcode"
    (home / "rasters").mkdir(parents=True)
    write_geopackage(home / "frontline.gpkg", results)
    write_qgis_project(home / "frontline.qgz", results)
    for name, write in list_raster_writers(results).items():
        write(home / name)
    return home


def text_of(path):
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["frontline.qgs"]
        return archive.read("frontline.qgs").decode("utf-8")


def test_the_same_results_give_the_same_bytes(folder, results, tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    write_qgis_project(tmp_path / "frontline.qgz", example_results())
    assert (tmp_path / "frontline.qgz").read_bytes() == (folder / "frontline.qgz").read_bytes()
    with zipfile.ZipFile(folder / "frontline.qgz") as archive:
        assert archive.infolist()[0].date_time == (2020, 11, 10, 0, 0, 0)


def test_the_order_of_the_results_does_not_show(folder, results, tmp_path):
    turned = {
        name: getattr(results, name).iloc[::-1]
        for name in ("zones", "sides", "changes", "people", "settlements")
    }
    write_qgis_project(tmp_path / "frontline.qgz", dataclasses.replace(results, **turned))
    assert (tmp_path / "frontline.qgz").read_bytes() == (folder / "frontline.qgz").read_bytes()


def test_every_path_lies_beside_the_project_and_nothing_tells_who_wrote_it(folder):
    root = ET.fromstring(text_of(folder / "frontline.qgz"))
    sources = [node.text for node in root.iter("datasource")]
    assert sources
    assert all(
        re.match(r"\./(frontline\.gpkg\||rasters/(sight_|hillshade))", source) for source in sources
    )
    assert sources == [entry.get("source") for entry in _in_order_of(root, sources)]
    assert root.find("properties/Paths/Absolute").text == "false"
    assert not set(root.attrib) & {"saveUser", "saveUserFull", "saveDateTime"}
    assert str(REPOSITORY) not in text_of(folder / "frontline.qgz")


def _in_order_of(root, sources):
    found = {entry.get("source"): entry for entry in root.iter("layer-tree-layer")}
    return [found[source] for source in sources]


def test_no_identifier_stands_twice_or_is_so_short_that_qgis_replaces_it(results):
    root = write_project_xml(results)
    numbers = [node.text for node in root.findall("projectlayers/maplayer/id")]
    assert {node.get("id") for node in root.iter("layer-tree-layer")} == set(numbers)
    assert max(Counter(numbers).values()) == 1
    assert min(map(len, numbers)) >= 17


def test_absent_inputs_leave_no_empty_groups(results):
    names = ("settlements", "people", "changes", "corridors", "crossings", "points", "districts")
    bare = dataclasses.replace(
        results,
        **{name: getattr(results, name).iloc[:0] for name in names},
        partitions={},
        sight={},
        further={},
        control_change=results.control_change.iloc[:0],
    )
    groups = write_project_xml(bare).findall("layer-tree-group/layer-tree-group")
    assert [group.get("name") for group in groups] == ["Line of 2020", "Line of 1994", "Context"]
    assert all(len(group) for group in groups)


def test_rasters_that_are_not_written_are_not_in_the_project(results):
    project = results.project
    outputs = project.outputs.model_copy(update={"write": ("geopackage",)})
    without = dataclasses.replace(results, project=project.model_copy(update={"outputs": outputs}))
    kinds = {layer.get("type") for layer in write_project_xml(without).iter("maplayer")}
    assert kinds == {"vector"}


def test_the_extent_is_the_project_s_own_where_it_has_one(results):
    whole = write_project_xml(results).find("mapcanvas/extent")
    wide = [float(node.text) for node in whole]
    assert wide[2] - wide[0] == pytest.approx(1.06 * 86_200, rel=0.02)  # 1 degree at 39.5
    own = results.project.map.model_copy(update={"extent": (46.4, 39.8, 46.6, 40.0)})
    project = results.project.model_copy(update={"map": own})
    node = write_project_xml(dataclasses.replace(results, project=project)).find("mapcanvas/extent")
    near = [float(node.text) for node in node]
    assert near[2] - near[0] < 0.3 * (wide[2] - wide[0])


def test_an_area_across_the_antimeridian_is_one_picture(results):
    halves = shapely.multipolygons([shapely.box(179, 60, 180, 61), shapely.box(-180, 60, -179, 61)])
    area = results.study_area.set_geometry([halves])
    extent = write_project_xml(dataclasses.replace(results, study_area=area)).find(
        "mapcanvas/extent"
    )
    west, _, east, _ = (float(node.text) for node in extent)
    assert east - west < 200_000


def test_names_of_lines_cannot_leave_their_filter(results):
    line = LineSpec.model_construct(
        **dict(results.project.lines[1]) | {"label": "A' OR 1=1 --<&>\0"}
    )
    lines = (results.project.lines[0], line)
    project = results.project.model_copy(update={"lines": lines})
    text = ET.tostring(write_project_xml(dataclasses.replace(results, project=project)))
    names = [g.get("name") for g in ET.fromstring(text).iter("layer-tree-group") if g.get("name")]
    assert "A' OR 1=1 --<&>" in names


def test_a_title_is_shown_and_never_evaluated(results):
    project = results.project.model_copy(update={"title": "Near [% 7*191 %] and {{ 7*191 }}"})
    root = write_project_xml(dataclasses.replace(results, project=project))
    assert root.find("title").text == project.title
    assert "[%" not in root.find("properties/TitleLabel/Label").text
    assert "express no position" in " ".join(
        root.find("properties/CopyrightLabel/Label").text.split()
    )


EXPRESSION, FOLDER = "[% 7*191 %]", "[% @project_folder %]"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A run whose sides, lines and partitions are called like expressions of QGIS."""
    home = tmp_path_factory.mktemp("hostile")
    more = f"""[[partitions]]
key = "border"
label = "Border {EXPRESSION}"
path = "layers.gpkg"
layer = "districts"
[outputs]
write = ["geopackage"]
"""
    path = made_project(home, draws=0, elevation=False, more=more)
    text = path.read_text(encoding="utf-8")
    text = text.replace('"West"', f'"West {EXPRESSION}"').replace("Old line", f"Old {FOLDER}")
    path.write_text(text.replace("New line", f"[{EXPRESSION}"), encoding="utf-8")
    run(path, out=home / "out")
    return home / "out"


def test_no_text_of_the_user_is_left_that_qgis_would_evaluate(hostile):
    texts = [text_of(hostile / "frontline.qgz")]
    with sqlite3.connect(hostile / "frontline.gpkg") as base:
        texts += [row[0] for row in base.execute("SELECT styleQML FROM layer_styles")]
    base.close()
    assert "West [ % 7*191 %]" in texts[0]
    for text in texts:
        for element in ET.fromstring(text.split("\n", 1)[1]).iter():
            values = {key: value for key, value in element.attrib.items() if "[%" in value}
            # What is compared with the data must be as they are; QGIS runs nothing there.
            assert set(values) <= {"filter", "value"}, (element.tag, values)
            assert "[%" not in (element.text or "")


def test_a_character_that_is_dropped_hides_no_expression():
    assert guard_expression("[\0% 7*191 %]") == "[ % 7*191 %]"
    assert guard_expression("[[%% 1 %]") == "[[ %% 1 %]"
    assert guard_expression("90 % [of all]") == "90 % [of all]"


@pytest.mark.qgis
def test_qgis_shows_the_text_of_the_user_and_runs_none_of_it(hostile, qgis_python):
    seen = found_by_qgis(hostile, qgis_python)
    shown = json.dumps(seen["pages"]) + json.dumps(seen["tree"])
    legend = [word for page in seen["pages"].values() for word in page["legend"]]
    assert any("West [ % 7*191 %]" in word for word in legend)
    assert any("Old [ % @project_folder %]" in word for word in legend)
    assert any("Border [ % 7*191 %]" in word for word in legend)
    assert "1337" not in shown
    assert str(hostile) not in shown


def found_by_qgis(home, qgis_python):
    """Open the project of a folder in QGIS, and read what it says of it."""
    done = subprocess.run(
        [
            qgis_python,
            str(REPOSITORY / "tests/factories/qgis_open.py"),
            str(home / "frontline.qgz"),
            ".",
        ],
        capture_output=True,
        text=True,
        cwd=home,
        check=False,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(home.parent)},
    )
    assert "FOUND" in done.stdout, done.stderr
    return json.loads(done.stdout.split("FOUND", 1)[1].splitlines()[0])


@pytest.fixture(scope="module")
def opened(folder, qgis_python, tmp_path_factory):
    """Open a moved copy in QGIS, and draw it."""
    home = tmp_path_factory.mktemp("moved") / "elsewhere"
    shutil.copytree(folder, home)
    before = (home / "frontline.gpkg").read_bytes()
    seen = found_by_qgis(home, qgis_python)
    assert (home / "frontline.gpkg").read_bytes() == before  # to look is not to change
    return home, seen


def of(name, seen):
    return seen["layers"][f"frontline_layer_{name}"]


@pytest.mark.qgis
def test_qgis_opens_every_layer_in_its_group(opened, results):
    _, seen = opened
    assert seen["read"]
    assert seen["title"] == results.project.title
    assert "+proj=laea" in seen["plane"]
    groups = [name for name, _ in seen["tree"]]
    assert groups == [
        "Named points",
        "Line of 2020",
        "Line of 1994",
        "Changes",
        "Roads and other corridors",
        "Context",
    ]
    in_groups = [number for _, numbers in seen["tree"] for number in numbers]
    assert sorted(in_groups) == sorted(seen["layers"])
    assert all(layer["valid"] for layer in seen["layers"].values())
    assert all(layer["title"] for layer in seen["layers"].values())
    for key in DATES:
        kinds = ["lines", "settlements", "crossings", "corridor_sight", "zones", "sight", "sides"]
        label = f"Line of {DATES[key].year}"
        numbers = dict(seen["tree"])[label]
        assert numbers == [f"frontline_layer_{kind}_of_{key}" for kind in kinds]
        assert of(f"lines_of_{key}", seen)["count"] == 1
        assert of(f"zones_of_{key}", seen)["count"] == 8
        segments = of(f"corridor_sight_of_{key}", seen)
        assert segments["count"] == 1
        assert segments["rules"] == [WORDS["corridor_in_sight"]]
        assert "illustration only" in segments["name"]
        assert of(f"lines_of_{key}", seen)["rules"] == [label]
        assert f"{SIDES[0]}, 5 km" in of(f"zones_of_{key}", seen)["rules"]


@pytest.mark.qgis
def test_qgis_shows_words_for_codes_and_columns(opened):
    _, seen = opened
    words = of("settlements_of_line_b", seen)["words"]
    assert ["in sight", "visible"] in words["in_sight_line_b"]
    assert [SIDES[0], SIDES[0]] in words["side_line_a"]
    assert ["outside the study area", ""] in words["side_line_a"]
    assert dict(of("zones_of_line_a", seen)["words"]["line"])["Line of 1994"] == "line_a"
    assert {v for _, v in of("zones_of_line_a", seen)["words"]["kind"]} == {"cumulative", "ring"}
    assert "kind" not in of("points", seen)["words"]  # any text may stand there
    control = of("control_change_line_a_to_line_b", seen)["words"]
    assert ["stayed on the same side", "stayed"] in control["control"]
    assert ["not in sight", "hidden"] in control["sight_before"]
    assert ["Road, planned", "road planned"] in of("corridors", seen)["words"]["kind"]
    assert of("zones_of_line_a", seen)["aliases"]["distance_m"] == "Distance (m)"


@pytest.mark.qgis
def test_qgis_draws_what_the_project_says(opened, results):
    home, seen = opened
    assert seen["picture"]["errors"] == []
    assert {"Line of 2020", "Line of 1994", "Peak", HOSTILE[0]} <= set(seen["picture"]["labels"])
    picture = pixels(home / "opened.png")
    ground = tuple(int(PAPER[at : at + 2], 16) for at in (1, 3, 5))
    counts = Counter(map(tuple, picture.reshape(-1, 3)))
    assert counts[ground] > 10_000  # beyond the study area
    # sides and zones; the relief under them spreads what would else be 4,000 of each
    assert len([colour for colour, n in counts.items() if n > 2_000]) >= 7
    for side in choose_side_colours(results.project).values():  # settlements
        assert counts[tuple(int(side[at : at + 2], 16) for at in (1, 3, 5))] > 20
    middle = picture[:, 200]  # north to south through both sides: blue above, orange below
    assert middle[150][2] > middle[150][0]
    assert middle[500][0] > middle[500][2]


@pytest.mark.qgis
def test_a_theme_shows_one_line_or_the_change(opened):
    home, seen = opened
    lines = [f"Line of {date.year}" for date in DATES.values()]
    assert set(seen["themes"]) == {*lines, *(f"{one}: Line in sight" for one in lines), "Changes"}
    for key, line in zip(DATES, lines, strict=True):
        names = {n for n in seen["themes"][line]["layers"] if "_of_" in n}
        assert all(name.endswith(key) for name in names)
        assert f"frontline_layer_zones_of_{key}" in names
        sight = {n for n in seen["themes"][f"{line}: Line in sight"]["layers"] if "_of_" in n}
        kinds = ("lines", "settlements", "corridor_sight", "sight")
        assert sight == {f"frontline_layer_{kind}_of_{key}" for kind in kinds}
    assert all("frontline_layer_hillshade" in one["layers"] for one in seen["themes"].values())
    changes = seen["themes"]["Changes"]["layers"]
    assert "frontline_layer_changes_line_a_to_line_b" in changes
    assert "frontline_layer_control_change_line_a_to_line_b" in changes
    assert sum("lines_of_" in name for name in changes) == 2
    pictures = [pixels(home / f"theme_{number}.png") for number in range(5)]
    assert all(np.any(pictures[0] != other) for other in pictures[1:])


@pytest.mark.qgis
def test_there_is_a_page_to_print_for_every_theme(opened, results):
    home, seen = opened
    assert set(seen["pages"]) == set(seen["themes"])
    for name, page in seen["pages"].items():
        assert page["items"] == sorted(
            ["foot", "legend", "map", "north", "page", "scale", "theme", "title"]
        )
        assert page["layers"] == seen["themes"][name]["layers"]
        assert page["title"] == results.project.title
        assert "express no position" in page["foot"]
        assert 0.1 < 4 * page["scale_km"] * 1000 / page["width_m"] < 0.25
    picture = pixels(home / "page_0.png")
    legend = picture[50:500, 660:880]
    assert len({tuple(colour) for colour in legend.reshape(-1, 3)}) > 20  # symbols and words
    assert np.ptp(picture[580:620, 24:800], axis=(0, 1)).min() > 100  # the foot


@pytest.mark.parametrize(
    ("number", "expected"), [(6.9, 5), (1, 1), (2.5, 2), (19, 10), (47, 20), (0.7, 0.5), (100, 100)]
)
def test_a_scale_bar_has_round_parts(number, expected):
    assert choose_round_step(number) == pytest.approx(expected)


def test_an_extent_is_widened_about_its_middle():
    assert widen_extent((0, 0, 10, 10), aspect=2.0) == (-5, 0, 15, 10)
    assert widen_extent((0, 0, 40, 10), aspect=2.0) == (0, -5, 40, 15)


@pytest.mark.qgis
def test_a_raster_alone_takes_the_style_beside_it(opened, results):
    _, seen = opened
    for layer in (of("sight_of_line_b", seen), seen["beside"]):
        assert layer["renderer"] == "singlebandpseudocolor"
        highest = max(raster.bands["seen"].max() for raster in results.sight.values())
        assert layer["classes"][0] == 0
        assert layer["classes"][-1] == highest
    assert "illustration" in of("sight_of_line_b", seen)["name"]


@pytest.mark.qgis
def test_the_relief_lies_under_everything_and_is_drawn(opened):
    home, seen = opened
    assert seen["tree"][-1][1][-1] == "frontline_layer_hillshade"
    assert of("hillshade", seen)["renderer"] == "singlebandgray"
    assert of("hillshade", seen)["stretch"] == [1.0, 184.0]
    picture = pixels(home / "opened.png")
    strip = picture[60:90, 120:580].astype(int).mean(axis=(0, 2))  # one side, beyond the zones
    assert np.ptp(strip) > 15  # the waves of the made-up relief


def test_the_relief_is_a_small_raster_that_says_what_it_is(folder, results, tmp_path):
    import rasterio

    with rasterio.open(folder / "rasters/hillshade.tif") as raster:
        assert raster.nodata == 0
        assert raster.count == 1
        assert raster.tags()["TIFFTAG_DATETIME"] == "2020:11:10 00:00:00"
        assert raster.tags()["SOURCE"] == "Example DEM"
        assert np.array_equal(raster.read(1), results.relief.bands["shade"])
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    for name, write in list_raster_writers(example_results()).items():
        write(tmp_path / Path(name).name)
        assert (tmp_path / Path(name).name).read_bytes() == (folder / name).read_bytes()


def test_without_elevation_there_is_no_relief(results):
    bare = dataclasses.replace(results, relief=None, sight={}, further={})
    assert list_raster_writers(bare) == {}
    assert not [
        node for node in write_project_xml(bare).iter("maplayer") if node.get("type") == "raster"
    ]


def test_the_legend_of_a_page_leaves_out_what_says_nothing(results):
    page = write_project_xml(results).find("Layouts/Layout[@name='Line of 2020: Line in sight']")
    told = {
        entry.get("id").removeprefix("frontline_layer_"): {
            one.get("name"): one.get("value") for one in entry.iter("Option") if one.get("name")
        }
        for entry in page.iter("layer-tree-layer")
    }
    assert "hillshade" not in told
    assert told["study_area"]["legend/title-style"] == "hidden"
    assert "legend/title-style" not in told["settlements_of_line_b"]
    # the name of the band and the class of nothing seen come before the classes
    assert told["sight_of_line_b"]["legend/node-order"].split(",")[0] == "2"


def pixels(path):
    """Read a picture as whole numbers, shape ``(rows, cols, 3)``."""
    return (matplotlib.image.imread(path)[..., :3] * 255).round().astype(int)
