"""Styles as files: one for every layer, the same as those of a run."""

import json
import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from factories.example_results import DATES, example_project, example_results

from frontline.export.features import make_feature_layers
from frontline.export.publish import verify
from frontline.export.qgis.layers import list_codes, list_styles, write_layer_style, write_styles
from frontline.project.example import find_example as example_file
from frontline.results.style import choose_side_colours

LAYERS_OF_EXAMPLE = make_feature_layers(example_results())


@pytest.fixture(scope="module")
def found():
    return list_styles(example_project())


def test_every_layer_has_a_style_whose_rules_have_symbols(found):
    assert {"lines", "zones_line_a", "settlements_line_b", "partition_former_border"} <= set(found)
    for name, text in found.items():
        root = ET.fromstring(text)
        symbols = {symbol.get("name") for symbol in root.iter("symbol")}
        drawn = [rule.get("symbol") for rule in root.iter("rule") if rule.get("symbol")]
        assert set(drawn) <= symbols, name
        assert drawn or name in {"sight", "hillshade"}, name


def test_a_run_draws_with_the_same_symbols(found):
    for layer in make_feature_layers(example_results()):
        ours = ET.fromstring(found[layer.name]).find("renderer-v2")
        theirs = ET.fromstring(write_layer_style(layer, project=example_project())).find(
            "renderer-v2"
        )
        assert ET.tostring(ours) == ET.tostring(theirs), layer.name


def test_a_style_of_one_line_speaks_of_no_other(found):
    for key in DATES:
        other = next(name for name in DATES if name != key)
        renderer = ET.tostring(
            ET.fromstring(found[f"settlements_{key}"]).find("renderer-v2"), encoding="unicode"
        )
        assert f"side_{key}" in renderer
        assert other not in renderer


def test_the_colours_are_those_of_the_table(found):
    colours = {tuple(bytes.fromhex(c[1:])) for c in choose_side_colours(example_project()).values()}
    drawn = {
        tuple(map(int, option.get("value").split(",")[:3]))
        for option in ET.fromstring(found["settlements"]).iter("Option")
        if option.get("name") == "color"
    }
    assert colours <= drawn


def test_higher_counts_than_foreseen_take_the_last_colour(found):
    items = ET.fromstring(found["sight"]).findall(".//item")
    assert items[-1].get("value") == "inf"
    assert items[-1].get("label").startswith("> ")


def test_codes_are_words_only_where_the_vocabulary_is_ours():
    for layer in make_feature_layers(example_results()):
        listed = list_codes(layer, project=example_project())
        for column, words in listed.items():
            held = {value for value in layer.frame[column].dropna() if value != ""}
            assert held <= set(words), (layer.name, column)
        if layer.name in {"points", "districts"}:
            assert "kind" not in listed
        if layer.name in {"points", "corridors", "districts"}:
            assert "line" not in listed


def test_every_coded_column_has_words():
    listed = {
        layer.name: list_codes(layer, project=example_project()) for layer in LAYERS_OF_EXAMPLE
    }
    assert listed["control_change"]["control"] == {
        "stayed": "stayed on the same side",
        "changed": "changed sides",
        "cut": "cut by a line",
        "uncertain": "not certain",
        "outside": "outside the study area",
    }
    assert listed["control_change"]["sight_after"]["out_of_range"] == "beyond the radius"
    assert listed["corridors"]["kind"]["road planned"] == "Road, planned"
    coded = re.compile(r"(^|_)(line|side|kind|control|sight)(_|$)")
    free = {("points", "kind"), ("changes", "sight_certain")}
    for layer in LAYERS_OF_EXAMPLE:
        for column in layer.columns:
            if column.type == "text" and coded.search(column.name):
                given = (layer.name, column.name) in free or column.name in listed[layer.name]
                assert given, (layer.name, column.name)


def test_numbers_are_shown_with_the_decimals_a_reader_wants():
    layer = next(one for one in LAYERS_OF_EXAMPLE if one.name == "settlements")
    root = ET.fromstring(write_layer_style(layer, project=example_project()))
    shown = {
        field.get("name"): field.find(".//Option[@name='Precision']").get("value")
        for field in root.iter("field")
        if field.find("editWidget").get("type") == "Range"
    }
    assert shown["lon"] == "5"
    assert shown["distance_m_line_b"] == "1"
    assert shown["share_own_side_line_b"] == "3"
    assert "population" not in shown  # whole already


def test_a_feature_is_called_by_both_names_or_by_what_it_is():
    calls = {
        layer.name: ET.fromstring(write_layer_style(layer, project=example_project())).findtext(
            "previewExpression"
        )
        for layer in LAYERS_OF_EXAMPLE
    }
    assert "name_alt" in calls["settlements"]
    assert calls["settlements"] == calls["control_change"]
    assert calls["zones"].startswith('"side"')
    assert calls["lines"] == '"label"'


def test_the_folder_is_complete_and_belongs_to_the_command(tmp_path):
    names = write_styles(None, out=tmp_path / "styles")
    assert verify(tmp_path / "styles") == []
    manifest = json.loads((tmp_path / "styles/manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"] == "style"
    assert set(manifest["outputs"]) == set(names) - {"manifest.json"}
    command = [sys.executable, "-m", "frontline", "style", str(example_file()), "--out"]
    done = subprocess.run(
        [*command, str(tmp_path / "again")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for name in names:
        written = (tmp_path / "styles" / name).read_bytes()
        assert written == (tmp_path / "again" / name).read_bytes()
