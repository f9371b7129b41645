"""What was once read in silence, or ended in a traceback: each is named in one plain line."""

import numpy as np
import pandas as pd
import pytest
import shapely
from factories.layers import layers, made, places, said, write
from factories.refusals import refused

from frontline.errors import LayerError, ProjectError
from frontline.geo.projection import plane_around
from frontline.inputs.location import find_swapped
from frontline.inputs.tables import read_tables
from frontline.project.loader import load_project

CELLS = "name,lon,lat\nAlpha,46.1,39.5\n"


def refused_project(folder, more):
    with pytest.raises(ProjectError) as caught:
        load_project(made(folder, more))
    return str(caught.value)


def refused_table(folder, name, text):
    (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    project = load_project(made(folder, f'[{name}]\npath = "{name}.csv"\n'))
    with pytest.raises(LayerError) as caught:
        read_tables(project)
    return str(caught.value)


def test_a_datum_that_nobody_knows_is_noted(tmp_path):
    (tmp_path / "p.csv").write_text(CELLS, encoding="utf-8")
    table = '[settlements]\npath = "p.csv"\n'
    note = "settlements: Its CRS does not say how its datum lies to WGS 84: positions may be off by"
    assert note in said(layers(tmp_path, f'{table}crs = "+proj=longlat +ellps=clrk80"'))
    assert note not in said(layers(tmp_path, f'{table}crs = "EPSG:4284"'))


@pytest.mark.parametrize(
    "crs",
    [
        "IAU_2015:30100",  # the Moon
        "+proj=longlat +ellps=bessel +nadgrids=no_such_grid.gsb",
    ],
)
def test_a_crs_from_which_no_way_leads_to_wgs84_is_refused(tmp_path, crs):
    (tmp_path / "p.csv").write_text(CELLS, encoding="utf-8")
    message = refused(tmp_path, f'[settlements]\npath = "p.csv"\ncrs = "{crs}"')
    assert message.startswith("p.csv: has the CRS '")
    assert (
        "no way to WGS 84 here (of another planet, or by a grid that is not installed)" in message
    )
    assert message.endswith('Export it in EPSG:4326, or name its CRS: crs = "EPSG:..."')


def test_swapped_events_are_found_and_places_that_cannot_be_swapped_are_passed_over():
    area = shapely.box(46.0, 39.0, 47.0, 40.0)
    plane = plane_around([area])
    land = plane.from_crs(np.array([area], dtype=object), "EPSG:4326")[0]
    table = pd.DataFrame(
        {
            "lon": [46.5, 39.5, 120.0, np.nan],
            "lat": [39.5, 46.5, 10.0, np.nan],
            "lon_2": [np.nan, np.nan, np.nan, 39.2],
            "lat_2": [np.nan, np.nan, np.nan, 46.2],
        },
        index=[2, 3, 4, 5],
    )
    problems = find_swapped(table, land=land, plane=plane, path="events.csv")
    assert [(problem.row, problem.field) for problem in problems] == [("3", "lon"), ("5", "lon_2")]
    assert all("swapped. Swap its coordinates." in problem.message for problem in problems)


@pytest.mark.parametrize(
    ("name", "text", "field", "words"),
    [
        ("events", "date,lon,lat\n2020-01-01,200,39\n", "lon", "200 is out of range"),
        ("events", "date,lon,lat\n2020-01-01,46,-95\n", "lat", "-90 to 90"),
        (
            "events",
            "date,lon,lat,position_error_m\n2020-01-01,46,39,-1\n",
            "position_error_m",
            "-1 is out of range (expected metres, 0 or more)",
        ),
        ("flows", "what,amount\npeople moved,-5\n", "amount", "expected 0 or more"),
    ],
)
def test_a_number_that_nothing_can_have_is_refused(tmp_path, name, text, field, words):
    message = refused_table(tmp_path, name, text)
    assert message.startswith(f"{name}.csv")
    assert field in message.split(":", maxsplit=2)[0] + message.split(":", maxsplit=2)[1]
    assert words in message
    assert message.endswith("Correct it.")


@pytest.mark.parametrize("char", ["\\u0007", "\\u001b", "\\u0085"])
def test_a_control_character_in_a_name_is_refused_on_loading(tmp_path, char):
    side = f'[[sides]]\nname = "Nor{char}th"\nseed = [46.3, 39.6]\n'
    message = refused_project(tmp_path, side)
    assert "holds a control character (expected plain text). Remove it." in message
    assert message.isprintable()


@pytest.mark.parametrize(
    "extent", ["[46, 39, 46, 40]", "[46, 39, 47, 39]", "[46, 40, 47, 39]", "[46, 39, 200, 40]"]
)
def test_a_map_without_width_or_height_is_refused_on_loading(tmp_path, extent):
    message = refused_project(tmp_path, f"[map]\nextent = {extent}\n")
    assert "map.extent" in message
    assert "is no extent (expected degrees: west, south, east, north" in message


def test_a_file_geodatabase_is_called_by_its_name(tmp_path):
    (tmp_path / "places.gdb").mkdir()
    message = refused_project(tmp_path, '[settlements]\npath = "places.gdb"\n')
    assert "is a file geodatabase, which is not read (expected a file)." in message
    assert message.endswith("Export the layer as GeoPackage.")


def test_a_path_in_another_case_is_offered_as_it_is_written(tmp_path):
    write(places(), tmp_path / "Places.gpkg")
    message = refused_project(tmp_path, '[settlements]\npath = "PLACES.GPKG"\n')
    assert "does not exist. There is 'Places.gpkg': large and small letters differ." in message


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("track.gpx", b'<?xml version="1.0"?><gpx version="1.1"/>', "GPX"),
        ("p.tab", b"!table\n!version 300\n", "a table of MapInfo"),
        ("p.mif", b"Version 300\nCharset", "an exchange file of MapInfo"),
    ],
)
def test_formats_of_others_are_called_by_their_names(tmp_path, name, content, kind):
    (tmp_path / name).write_bytes(content)
    message = refused(tmp_path, f'[settlements]\npath = "{name}"')
    assert message.startswith(f"{name}: is {kind}, which is not read here (expected GeoPackage, ")
    assert message.endswith("Export it as a GeoPackage.")


def test_select_takes_one_value_and_no_list(tmp_path):
    write(places(), tmp_path / "p.gpkg")
    more = '[settlements]\npath = "p.gpkg"\nselect = { name = ["Alpha", "Beta"] }\n'
    message = refused_project(tmp_path, more)
    assert "settlements.select.name" in message
    assert "(expected one text, number, or true or false)" in message
