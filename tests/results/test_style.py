"""Colours that everyone can tell apart, words that fill in, styles that QGIS reads."""

import datetime as dt
import json
import re
import string
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from conftest import qgis_interpreter
from factories.example_results import example_project

import frontline.export.web.page
from frontline.elevation.dem import Dem
from frontline.elevation.terrain import shade_hills
from frontline.export.qgis.style import DOCTYPE, write_qml, write_relief_qml, write_sight_qml
from frontline.project.models import LineSpec, SideSpec
from frontline.results.style import (
    EXPOSURE,
    INK,
    MORE_SIDES,
    PAPER,
    SIDE_COLOURS,
    choose_corridor_style,
    choose_line_styles,
    choose_side_colours,
    darken_for_paper,
    make_zone_tints,
    measure_contrast,
    mix_colours,
    write_illustration_label,
)
from frontline.results.words import WORDS, label_corridor, label_source

COLUMNS = {
    "lines": ["line", "label"],
    "sides": ["line", "side"],
    "zones": ["line", "side", "distance_m", "kind"],
    "changes": ["kind", "to_side"],
    "settlements": [
        "id",
        "name",
        "name_alt",
        "population",
        "population_kind",
        "side_line_b",
        "in_sight_line_b",
        "crossed_line_b",
    ],
    "control_change": ["id", "name", "name_alt", "control", "to_side", "population"],
    "corridors": ["id", "name", "name_alt", "kind"],
    "corridor_sight": ["id", "name", "kind", "line", "visible_km"],
    "crossings": ["name", "name_alt"],
    "points": ["name", "name_alt", "kind"],
    "districts": ["code", "name", "name_alt"],
    "study_area": [],
    "partition_former_border": ["name"],
}
SHAPES = {"0": "Point", "1": "LineString", "2": "Polygon"}
# Machado, Oliveira and Fernandes (2009), full deficiency, on linear RGB.
BLINDNESS = {
    "protan": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deutan": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritan": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


def project_with(*sides, lines=None):
    project = example_project(hostile=False)
    changes = {"sides": sides}
    if lines is not None:
        changes["lines"] = lines
    return project.model_copy(update=changes)


def linear(colour):
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIELAB of linear sRGB."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_sides_take_their_own_colour_or_the_next_free_one():
    sides = (
        SideSpec(name="A"),
        SideSpec(name="B", colour="#0072b2"),
        SideSpec(name="C"),
        SideSpec(name="A"),
    )
    colours = choose_side_colours(project_with(*sides))
    assert list(colours) == ["A", "B", "C"]
    assert colours["B"] == "#0072B2"
    assert colours["A"] == "#E69F00"  # the first of the default set is taken
    assert len(set(colours.values())) == 3


def test_sides_that_only_the_data_know_follow():
    colours = choose_side_colours(project_with(SideSpec(name="A")), others=["B", "", "A", "C"])
    assert list(colours) == ["A", "B", "C"]
    many = choose_side_colours(project_with(), others=[f"S{i}" for i in range(8)])
    assert list(many.values()) == [*SIDE_COLOURS, MORE_SIDES, MORE_SIDES]


@pytest.mark.parametrize("blindness", [None, *BLINDNESS])
def test_sides_are_told_apart_by_every_reader(blindness):
    matrix = np.eye(3) if blindness is None else np.array(BLINDNESS[blindness])
    first, second, third = (lab(matrix @ linear(colour)) for colour in SIDE_COLOURS[:3])
    # a difference of 2.3 can just be noticed
    assert np.linalg.norm(first - second) > 70
    assert np.linalg.norm(first - third) > 15
    assert np.linalg.norm(second - third) > 15


def test_the_newest_line_is_solid_and_older_ones_are_dashed_and_thinner():
    base = example_project(hostile=False).lines[0]
    lines = tuple(
        LineSpec.model_construct(**{**dict(base), "key": key, "date": dt.date(year, 1, 1)})
        for key, year in (("b", 2010), ("c", 2020), ("a", 2000))
    )
    styles = choose_line_styles(project_with(lines=lines))
    assert list(styles) == ["b", "c", "a"]
    assert styles["c"].dash == ()
    assert styles["a"].dash
    assert styles["b"].dash
    assert styles["a"].dash != styles["b"].dash
    assert styles["a"].width < styles["c"].width


def test_zones_are_darker_nearer_to_the_line():
    for colour in SIDE_COLOURS:
        for count in (1, 2, 3, 4, 7):
            tints = make_zone_tints(colour, count=count)
            against = [measure_contrast(tint, other=PAPER) for tint in tints]
            assert len(tints) == count
            assert against == sorted(against, reverse=True)
            assert len(set(tints)) == count


def test_mixing_and_contrast_by_hand():
    assert mix_colours("#FF0000", other="#0000FF", share=0.5) == "#800080"
    assert mix_colours("#123456", other="#FFFFFF", share=1.0) == "#123456"
    assert measure_contrast("#000000", other="#FFFFFF") == pytest.approx(21)
    assert measure_contrast("#777777", other="#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert measure_contrast(INK, other=PAPER) > 12


@pytest.mark.parametrize("colour", [*SIDE_COLOURS, MORE_SIDES, "#FFFFFF", "#FFFF00"])
def test_text_in_a_sides_colour_is_legible(colour):
    assert measure_contrast(darken_for_paper(colour), other=PAPER) >= 4.5


def test_exposure_grows_darker():
    against = [measure_contrast(colour, other=PAPER) for colour in EXPOSURE]
    assert against == sorted(against)


def test_an_unknown_kind_of_corridor_has_a_style_and_keeps_its_word():
    assert choose_corridor_style(" Road ") == choose_corridor_style("road")
    assert choose_corridor_style("cable car") == choose_corridor_style("")
    assert label_corridor("cable car") == "cable car"
    assert label_corridor("") == WORDS["other"]


def test_sources_have_names():
    assert label_source("settlements") == "Settlements (residents)"
    assert label_source("settlements:registered") == "Settlements (registered)"
    assert label_source("raster:grid") == "Population grid (grid)"
    assert label_source("stated:C05") == "As stated (C05)"
    assert label_source("new") == "new"


def test_the_label_of_coarse_elevation_names_its_step():
    assert "900 m" in write_illustration_label(900.4)


def test_every_word_fills_in():
    for key, text in WORDS.items():
        names = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
        assert all(name.isidentifier() for name in names), key
        assert text.format(**dict.fromkeys(names, "x"))


def test_the_page_uses_no_word_that_does_not_exist():
    static = Path(frontline.export.web.page.__file__).parent / "static"
    used = set()
    for script in static.glob("page*.js"):
        used |= set(re.findall(r"\bword\(\s*\"([^\"]+)\"", script.read_text("utf-8")))
    assert len(used) > 50
    assert used <= set(WORDS)


@pytest.mark.parametrize("layer", COLUMNS)
def test_a_style_is_xml_whose_rules_point_to_symbols(layer):
    text = write_qml(layer, project=example_project(), columns=COLUMNS[layer])
    assert text == write_qml(layer, project=example_project(), columns=COLUMNS[layer])
    assert text.startswith(DOCTYPE)
    root = ET.fromstring(text)
    symbols = {symbol.get("name") for symbol in root.iter("symbol")}
    rules = [rule.get("symbol") for rule in root.iter("rule") if rule.get("symbol")]
    assert rules
    assert set(rules) == symbols
    assert root.find("layerGeometryType").text in SHAPES


def test_names_of_sides_cannot_leave_their_filter():
    sides = (SideSpec(name="O'Neil \\ \" & <b>"), SideSpec(name="' OR 1=1 --\u0007"))
    root = ET.fromstring(write_qml("sides", project=project_with(*sides), columns=COLUMNS["sides"]))
    filters = [rule.get("filter") for rule in root.iter("rule")]
    assert "\"side\" = 'O''Neil \\\\ \" & <b>'" in filters
    assert "\"side\" = ''' OR 1=1 --'" in filters


def test_zones_have_a_rule_per_line_side_and_distance():
    root = ET.fromstring(write_qml("zones", project=example_project(), columns=COLUMNS["zones"]))
    headings = root.find("renderer-v2/rules").findall("rule")
    assert [len(heading.findall("rule")) for heading in headings] == [4, 4]
    assert [heading.get("checkstate") for heading in headings] == ["0", None]  # newest shown


def test_the_style_of_a_raster_ends_at_its_highest_count():
    root = ET.fromstring(write_sight_qml(243))
    values = [float(item.get("value")) for item in root.iter("item")]
    assert values[0] == 0
    assert values[-1] == pytest.approx(243)
    assert values == sorted(values)
    assert root.find("pipe/rasterrenderer").get("classificationMax") == "243"
    labels = [item.get("label") for item in root.iter("item")]
    assert labels == ["0", "1 – 3", "4 – 9", "10 – 27", "28 – 81", "82 – 243"]


def test_level_ground_leaves_colours_as_they_are():
    level = np.zeros((4, 4), dtype=np.float32)
    shade = shade_hills(Dem(level, (0.01, 0, 46, 0, -0.01, 40), "EPSG:4326", (1110.0, 850.0)))
    root = ET.fromstring(write_relief_qml())
    top = float(root.find("pipe/rasterrenderer/contrastEnhancement/maxValue").text)
    assert (shade >= top - 4).all()  # white, within a hundredth


PROBE = """
import json, os, sys
os.environ["QT_QPA_PLATFORM"] = "offscreen"
from qgis.core import QgsApplication, QgsExpression, QgsVectorLayer
from qgis.PyQt.QtXml import QDomDocument
app = QgsApplication([], False)
app.initQgis()
found = {}
for name, (shape, columns, text) in json.load(sys.stdin).items():
    fields = "&".join(f"field={column}:string" for column in columns)
    layer = QgsVectorLayer(f"{shape}?crs=EPSG:4326&{fields}", name, "memory")
    document = QDomDocument()
    assert document.setContent(text)[0], name
    assert layer.importNamedStyle(document)[0], name
    rules = layer.renderer().rootRule().descendants()
    texts = [rule.filterExpression() for rule in rules]
    if layer.labeling():
        texts.append(layer.labeling().settings().fieldName)
    bad = [t for t in texts if t and t != "ELSE" and QgsExpression(t).hasParserError()]
    drawn = sum(rule.symbol() is not None for rule in rules)
    found[name] = [layer.renderer().type(), drawn, bad]
print("FOUND" + json.dumps(found))
app.exitQgis()
"""


@pytest.mark.qgis
def test_qgis_reads_every_style(tmp_path):
    given = {}
    drawn = {}
    for layer, columns in COLUMNS.items():
        text = write_qml(layer, project=example_project(), columns=columns)
        root = ET.fromstring(text)
        given[layer] = [SHAPES[root.find("layerGeometryType").text], columns, text]
        drawn[layer] = len(list(root.iter("symbol")))
    done = subprocess.run(
        [qgis_interpreter(), "-c", PROBE],
        input=json.dumps(given),
        env={"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "FOUND" in done.stdout, done.stderr
    found = json.loads(done.stdout.split("FOUND", 1)[1].splitlines()[0])
    assert found == {layer: ["RuleRenderer", drawn[layer], []] for layer in COLUMNS}
