"""The grammar of errors: *where: what is wrong (what was expected). What to do.*"""

import numpy as np
import pytest
import shapely
from factories.layers import LINE, frame, layers, made, places, write
from factories.messages import complete, messages

from frontline.errors import LayerError
from frontline.inputs.layers import read_layers
from frontline.project.loader import load_project


def test_every_message_says_what_is_wrong_and_what_to_do():
    found = messages()
    assert len(found) > 300
    assert [str(message) for message in found if not complete(message.text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "has no CRS. Add it.",
        "is not a number (expected metres). Did you mean 15000?",
        "is rotated. Straighten it: gdalwarp IN OUT.tif",
        "does not exist.{sentence}",
        "{}. {sentence}",
    ],
)
def test_whole_messages_are_told_from_halves(text):
    assert complete(text)
    assert not complete(text.split(". ")[0].removesuffix("{sentence}").rstrip("."))


@pytest.mark.parametrize(
    "text", ["", "is empty", "is empty.", "is empty (expected a line).", "is empty. Draw it", "{}."]
)
def test_half_a_message_is_found(text):
    assert not complete(text)


def refused(folder, more="", **options):
    with pytest.raises(LayerError) as caught:
        layers(folder, more, **options)
    return str(caught.value)


def lines_with(folder, **columns):
    """Write two pieces of the line as a layer with columns."""
    halves = [shapely.LineString([(46.5, y), (46.5, y + 0.5)]) for y in (39.0, 39.5)]
    write(frame(*halves, **columns), folder / "line.gpkg")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([50.0, np.nan], "feature 2, field 'width': is empty (expected metres, 0 to 100,000)."),
        ([50.0, -1.0], "feature 2, field 'width': -1 is no error of a line (expected metres"),
        (["50", "wide"], "feature 2, field 'width': 'wide' is not a number."),
    ],
)
def test_an_error_of_a_line_is_spoken_of_by_the_name_of_its_column(tmp_path, cells, said):
    lines_with(tmp_path, width=cells)
    project = made(tmp_path, line='error_m = "width"')
    text = project.read_text().replace('"line.geojson"', '"line.gpkg"')
    project.write_text(text)
    with pytest.raises(LayerError) as caught:
        read_layers(load_project(project))
    assert str(caught.value).startswith(f"line.gpkg, layer 'layer', {said}")


def test_an_absent_column_of_errors_is_named_by_the_key_that_asks_for_it(tmp_path):
    message = refused(tmp_path, line='error_m = "width"')
    assert message.startswith("line.geojson, field 'error_m': has no column 'width'.")


def test_cells_are_spoken_of_by_the_names_of_the_file(tmp_path):
    write(places(population=["1", "many", "3"], pop=[1, 2, 3]), tmp_path / "p.gpkg")
    mapping = 'columns = { population = "population", name = "name" }'
    more = f'[settlements]\npath = "p.gpkg"\n{mapping}'
    assert "field 'population': 'many'" in refused(tmp_path, more)
    write(places(Count=["1", "many", "3"]), tmp_path / "p.gpkg")
    more = more.replace('population = "population"', 'population = "Count"')
    assert "feature 2, field 'Count': 'many'" in refused(tmp_path, more)


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (shapely.LineString([(46.5, 39), (46.5, 39)]), "has a line of length 0. Draw it anew, or"),
        (shapely.LineString(), "has no geometry, or one that cannot be read. Draw it anew, or"),
    ],
)
def test_a_line_that_is_none_says_what_to_do(tmp_path, shape, said):
    write(frame(LINE, shape), tmp_path / "line.fgb", SPATIAL_INDEX="NO", geometry_type="Unknown")
    project = made(tmp_path, front=None)
    project.write_text(project.read_text().replace('"line.geojson"', '"line.fgb"'))
    with pytest.raises(LayerError) as caught:
        read_layers(load_project(project))
    assert f"line.fgb, feature 1: {said}" in str(caught.value)
