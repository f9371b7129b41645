"""GeoPackages: plain tables of which every cell is read as it is stored, within bounded work."""

import sqlite3
import time
from contextlib import closing

import pytest
from factories.layers import frame, layers, made, places, said, write
from factories.refusals import refused
from shapely import Point

from frontline.inputs.layers import read_layers
from frontline.project.loader import load_project

WANTED = '[settlements]\npath = "p.gpkg"'
ENDLESS = "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t) SELECT * FROM t"


def changed(folder, *statements):
    write(places(), folder / "p.gpkg", SPATIAL_INDEX="NO")  # its triggers want functions of GDAL
    with closing(sqlite3.connect(folder / "p.gpkg")) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


@pytest.mark.parametrize(
    "name",
    [
        "gpkg_contents",
        "gpkg_spatial_ref_sys",
        "gpkg_geometry_columns",
        "gpkg_metadata",
        "gpkg_extensions",
        "gpkg_data_columns",
        "gpkg_ogr_contents",
        "GPKG_Tile_Matrix",
        "layer_styles",
        "rtree_layer_geom",
    ],
)
def test_a_view_where_a_table_belongs_is_refused_at_once(tmp_path, name):
    changed(tmp_path)
    with closing(sqlite3.connect(tmp_path / "p.gpkg")) as database:
        for trigger in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f'DROP TRIGGER "{trigger[0]}"')
        database.execute(f'DROP TABLE IF EXISTS "{name}"')
        database.execute(f'CREATE VIEW "{name}" AS {ENDLESS}')
        database.commit()
    began = time.monotonic()
    assert "is a view (expected a plain table)" in refused(tmp_path, WANTED)
    assert time.monotonic() - began < 20


def test_a_computed_column_is_refused(tmp_path):
    changed(tmp_path, "ALTER TABLE layer ADD COLUMN big TEXT AS (hex(zeroblob(400000000)))")
    assert "column 'big' of 'layer' is computed" in refused(tmp_path, WANTED)


@pytest.mark.parametrize(
    ("kind", "cell", "words"),
    [
        ("INTEGER", "n/a", "'n/a' is not a whole number"),
        ("INTEGER", "1 200", "Write 1200"),
        ("INTEGER", "12abc", "'12abc' is not a whole number"),
        ("MEDIUMINT", "-", "'-' is not a whole number"),
        ("REAL", "1.200.000", "Write 1200000"),
        ("TINYINT", "?", "'?' is not a whole number"),
    ],
)
def test_text_in_a_column_of_numbers_is_not_made_a_number(tmp_path, kind, cell, words):
    changed(
        tmp_path,
        "ALTER TABLE layer DROP COLUMN population",
        f"ALTER TABLE layer ADD COLUMN population {kind}",
        "UPDATE layer SET population = 7",
        f"UPDATE layer SET population = '{cell}' WHERE fid = 2",
    )
    message = refused(tmp_path, WANTED)
    assert "feature 2, field 'population'" in message
    assert words in message


def test_a_number_beyond_its_type_is_the_number_that_is_stored(tmp_path):
    changed(
        tmp_path,
        "ALTER TABLE layer DROP COLUMN population",
        "ALTER TABLE layer ADD COLUMN population MEDIUMINT",
        "UPDATE layer SET population = 5000000000 WHERE fid = 1",
    )
    found = layers(tmp_path, WANTED).settlements["population"]
    assert found[0] == 5_000_000_000
    assert found.isna().tolist() == [False, True, True]


def test_a_date_as_people_write_it_is_not_lost(tmp_path):
    changed(
        tmp_path,
        "ALTER TABLE layer ADD COLUMN population_date DATE",
        "UPDATE layer SET population_date = '2020-12-31'",
        "UPDATE layer SET population_date = '31/12/2020' WHERE fid = 3",
    )
    message = refused(tmp_path, WANTED)
    assert "feature 3, field 'population_date': '31/12/2020' is not a date" in message
    assert "Write 2020-12-31" in message


def test_the_users_own_cells_are_carried_as_they_are_stored(tmp_path):
    changed(
        tmp_path,
        "ALTER TABLE layer ADD COLUMN wells INTEGER",
        "UPDATE layer SET wells = 4",
        "UPDATE layer SET wells = 'four' WHERE fid = 1",
    )
    assert list(map(str, layers(tmp_path, WANTED).settlements["wells"])) == ["four", "4", "4"]


@pytest.mark.parametrize("stated", [0, 1, 2, 4, 1000])
def test_a_wrong_count_of_features_loses_none(tmp_path, stated):
    changed(tmp_path, f"UPDATE gpkg_ogr_contents SET feature_count = {stated}")
    before = (tmp_path / "p.gpkg").read_bytes()
    assert len(layers(tmp_path, WANTED).settlements) == 3
    assert (tmp_path / "p.gpkg").read_bytes() == before


def test_sound_columns_keep_their_types(tmp_path):
    data = places(flag=[True, False, None], share=[0.5, 1, None], day=["2020-01-01", None, "x"])
    write(data, tmp_path / "p.gpkg")
    found = layers(tmp_path, WANTED).settlements
    assert found["share"].dtype == "float64"
    assert found["day"].tolist()[0] == "2020-01-01"


def test_a_line_may_be_called_as_a_layer_is(tmp_path):
    """A line with the key of a role took that layer for the front."""
    write(frame(Point(46.1, 39.5), name=["A"], population=[5]), tmp_path / "p.gpkg")
    for key in ("settlements", "points", "corridors", "districts", "study_area"):
        project = tmp_path / key
        project.mkdir()
        (tmp_path / "p.gpkg").replace(project / "p.gpkg")
        path = made(project, WANTED)
        path.write_text(path.read_text().replace('key = "front"', f'key = "{key}"'))
        found = read_layers(load_project(path))
        assert found.lines[key].geometry.geom_type.tolist() == ["LineString"]
        assert found.settlements["population"].tolist() == [5]
        assert found.study_area.geom_type == "Polygon"
        assert "settlements: Figures" in said(found)
        (project / "p.gpkg").replace(tmp_path / "p.gpkg")
