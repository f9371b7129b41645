"""The GeoPackage: layers, types, styles, aliases, metadata, in SQLite, GDAL and QGIS."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import sqlite3
import subprocess
from contextlib import closing

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from factories import REPOSITORY
from factories.example_results import DATES, HOSTILE, SIDES, example_results

from frontline.analysis.settlements import PER_LINE
from frontline.errors import OutputError
from frontline.export.features import make_feature_layers
from frontline.export.geopackage import write_geopackage
from frontline.export.manifest import hash_of_inputs
from frontline.results.style import choose_side_colours
from frontline.results.tables import make_tables

LAYERS = ("lines", "sides", "zones", "changes", "settlements", "corridors", "points", "districts")
SYSTEM_PYTHON = "/usr/bin/python3"


@pytest.fixture(scope="module")
def results():
    return example_results()


@pytest.fixture(scope="module")
def package(results, tmp_path_factory):
    path = tmp_path_factory.mktemp("gpkg") / "frontline.gpkg"
    assert write_geopackage(path, results) == ()
    return path


def query(path, sql, *values):
    with closing(sqlite3.connect(path)) as base:
        return base.execute(sql, values).fetchall()


def test_the_contracts_layers_are_there_and_one_each(package):
    names = [name for name, _ in pyogrio.list_layers(package)]
    assert set(LAYERS) <= set(names)
    assert {"study_area", "partition_former_border", "crossings"} <= set(names)
    assert {"corridor_sight", "control_change"} <= set(names)
    assert len(names) == len(set(names))
    assert names[-1] == "layer_styles"  # last, so that a reader's default is a real layer


def test_settlements_are_one_feature_each_with_the_figures_of_every_line(package, results):
    frame = gpd.read_file(package, layer="settlements")
    table = make_tables(results)["settlements"]
    assert list(frame["id"]) == [f"P{n}" for n in range(1, 7)]
    assert list(frame["name"]) == list(HOSTILE)
    for key in DATES:
        rows = table[table["line"] == key].reset_index(drop=True)
        for column in (c.name for c in PER_LINE):
            plain = "population" if column == "population_at_line" else column
            written = frame[f"{plain}_{key}"]
            for a, b in zip(rows[column], written, strict=True):
                assert (pd.isna(a) and pd.isna(b)) or a == b, (column, key)
    assert list(frame["population"].isna()) == [False, False, False, True, False, False]
    assert frame.columns[-2] == "pcode"


def test_corridors_in_sight_are_whole_courses_per_zone_that_tell_no_hidden_stretch(
    package, results
):
    frame = gpd.read_file(package, layer="corridor_sight")
    table = make_tables(results)["corridor_sight"]
    assert len(table) == 4
    assert (table["hidden_km"] > 0.0).all()
    # The zone in which nothing is in sight has its kilometres in the table and no line here.
    assert list(frame["distance_m"]) == [5_000.0, 5_000.0]
    assert set(frame.geom_type) == {"MultiLineString"}
    assert (frame["visible_km"] < frame["km"]).all()
    about = pyogrio.read_info(package, layer="corridor_sight")["layer_metadata"]
    assert "illustration only" in about["TITLE"]
    assert "too coarse" in about["ABSTRACT"]
    assert about["LINEAGE"] == "OpenStreetMap; Example survey; Example office; Example DEM"


def test_settlements_before_and_after_lie_where_the_settlements_lie(package, results):
    frame = gpd.read_file(package, layer="control_change").set_index("id")
    places = gpd.read_file(package, layer="settlements").set_index("id")
    assert len(frame) == len(results.control_change)
    assert frame.geometry.geom_equals(places.geometry.reindex(frame.index)).all()
    assert list(frame.columns[:3]) == ["name", "name_alt", "from_line"]
    assert frame["name_alt"].fillna("").equals(places["name_alt"].reindex(frame.index).fillna(""))


def test_a_place_given_as_a_polygon_is_a_point_and_an_outline(package, results):
    points = gpd.read_file(package, layer="settlements").set_index("id")
    outlines = gpd.read_file(package, layer="settlement_areas").set_index("id")
    assert set(points.geom_type) == {"Point"}
    assert list(outlines.index) == ["P5"]
    assert outlines.geometry["P5"].contains(points.geometry["P5"])


def test_zones_hold_the_people_of_every_source(package, results):
    frame = gpd.read_file(package, layer="zones")
    people = make_tables(results)["zones"]
    assert len(frame) == len(results.zones)
    for row in frame.itertuples():
        same = (people["line"] == row.line) & (people["side"] == row.side)
        same &= (people["distance_m"] == row.distance_m) & (people["kind"] == row.kind)
        for source, column in (("settlements", "settlements"), ("raster:grid", "raster_grid")):
            one = people[same & (people["source"] == source)].iloc[0]
            for end in ("", "_low", "_high"):
                assert getattr(row, f"population_{column}{end}") == one[f"population{end}"]
    assert frame["population_settlements_registered"].isna().all()


def test_sources_of_people_are_called_as_everywhere(package):
    rows = query(
        package,
        "SELECT column_name, name FROM gpkg_data_columns WHERE table_name = 'zones'"
        " AND column_name LIKE 'population%low'",
    )
    assert dict(rows) == {
        "population_settlements_low": "People, low: Settlements (residents)",
        "population_settlements_registered_low": "People, low: Settlements (registered)",
        "population_raster_grid_low": "People, low: Population grid (grid)",
    }


def test_the_order_of_the_results_does_not_show(package, results, tmp_path):
    shuffled = dataclasses.replace(
        results,
        zones=results.zones.iloc[::-1],
        sides=results.sides.iloc[::-1],
        changes=results.changes.iloc[::-1],
        people=results.people.iloc[::-1],
        settlements=results.settlements.iloc[::-1],
    )
    write_geopackage(tmp_path / "b.gpkg", shuffled)
    assert (tmp_path / "b.gpkg").read_bytes() == package.read_bytes()


def test_sqlite_and_gdal_read_the_same(package):
    for layer in make_feature_layers(example_results()):
        frame = gpd.read_file(package, layer=layer.name, engine="pyogrio")
        names = ", ".join(f'"{column.name}"' for column in layer.columns)
        rows = query(package, f'SELECT geom{"," if names else ""} {names} FROM "{layer.name}"')
        assert len(rows) == len(frame) == len(layer.geometry)
        for row, shape, written in zip(rows, frame.geometry, layer.geometry, strict=True):
            at = row[0].index(shapely.to_wkb(shape))  # the standard's header, then plain WKB
            assert at in {8, 40}
            assert shape.equals(written)
        for number, column in enumerate(layer.columns, start=1):
            for row, value in zip(rows, frame[column.name], strict=True):
                if pd.isna(value):
                    assert row[number] is None
                elif column.type == "date":
                    assert row[number] == str(value.date())
                else:
                    assert row[number] == value


def test_types_are_those_of_the_columns(package):
    info = pyogrio.read_info(package, layer="settlements")
    types = dict(zip(info["fields"], info["ogr_types"], strict=True))
    subtypes = dict(zip(info["fields"], info["ogr_subtypes"], strict=True))
    assert types["population"] == "OFTInteger64"
    assert types["distance_m_line_a"] == "OFTReal"
    assert subtypes["crossed_line_a"] == "OFSTBoolean"
    assert types["name"] == "OFTString"
    lines = pyogrio.read_info(package, layer="lines")
    assert dict(zip(lines["fields"], lines["ogr_types"], strict=True))["date"] == "OFTDate"
    assert lines["crs"] == "EPSG:4326"
    assert lines["geometry_type"] == "MultiLineString"


def test_columns_that_the_format_cannot_hold_are_renamed_and_reported(results, tmp_path):
    settlements = results.settlements.assign(
        fid=7, FID=8, geom="x", NAME="other", **{'a"; DROP TABLE lines; --': 1, "nul\0": "a\0b"}
    )
    changed = dataclasses.replace(results, settlements=settlements)
    notes = write_geopackage(tmp_path / "f.gpkg", changed)
    assert [note.text for note in notes] == [
        "Column 'fid' is called 'fid_2' in the GeoPackage.",
        "Column 'FID' is called 'FID_3' in the GeoPackage.",
        "Column 'geom' is called 'geom_2' in the GeoPackage.",
        "Column 'NAME' is called 'NAME_2' in the GeoPackage.",
        "Column 'nul\\x00' is called 'nul_' in the GeoPackage.",
    ]
    frame = gpd.read_file(tmp_path / "f.gpkg", layer="settlements")
    assert set(frame["fid_2"]) == {7}
    assert set(frame["FID_3"]) == {8}
    assert set(frame["NAME_2"]) == {"other"}
    assert set(frame["nul_"]) == {"a\ufffdb"}
    assert set(frame['a"; DROP TABLE lines; --']) == {1}
    assert len(gpd.read_file(tmp_path / "f.gpkg", layer="lines")) == 2


def test_values_of_any_kind_are_written(results, tmp_path):
    n = len(results.settlements)
    odd = results.settlements.assign(
        when=pd.Timestamp(2020, 1, 2, 3, 4, 5),
        small=np.arange(n, dtype=np.int8),
        single=np.arange(n, dtype=np.float32),
        truth=True,
        mixed=[1, "a", None, 2.5, True, pd.NA] * 2,
        listed=[[1, 2]] * n,
    )
    write_geopackage(tmp_path / "o.gpkg", dataclasses.replace(results, settlements=odd))
    frame = gpd.read_file(tmp_path / "o.gpkg", layer="settlements")
    assert frame["when"][0] == "2020-01-02T03:04:05"
    assert frame["listed"][0] == "[1, 2]"
    assert frame["truth"].all()
    assert frame["small_line_a"][1] == 2  # differs from line to line: once per line


def test_a_figure_of_the_method_stands_for_its_line_even_where_it_is_the_same(results, tmp_path):
    settlements = results.settlements.assign(posts_undecided=0, district="the user's own")
    write_geopackage(tmp_path / "u.gpkg", dataclasses.replace(results, settlements=settlements))
    names = list(pyogrio.read_info(tmp_path / "u.gpkg", layer="settlements")["fields"])
    assert {"posts_undecided_line_a", "posts_undecided_line_b", "district"} <= set(names)
    assert "posts_undecided" not in names


def test_absent_inputs_give_empty_layers(results, tmp_path):
    bare = dataclasses.replace(
        results,
        **{
            name: getattr(results, name).iloc[:0]
            for name in (
                "settlements",
                "people",
                "changes",
                "control_change",
                "corridors",
                "corridor_km",
                "crossings",
                "points",
                "districts",
            )
        },
        partitions={},
    )
    write_geopackage(tmp_path / "e.gpkg", bare)
    layers = dict(pyogrio.list_layers(tmp_path / "e.gpkg"))
    assert set(LAYERS) <= set(layers)
    assert "crossings" not in layers
    assert layers["settlements"] == "Point"
    assert len(gpd.read_file(tmp_path / "e.gpkg", layer="corridors")) == 0


def test_a_figure_that_counts_for_one_line_only_stands_for_that_line(results, tmp_path):
    settlements = results.settlements.copy()
    gone = (settlements["id"] == "P1") & (settlements["line"] == "line_a")
    settlements.loc[gone, "population"] = pd.NA
    write_geopackage(tmp_path / "p.gpkg", dataclasses.replace(results, settlements=settlements))
    row = gpd.read_file(tmp_path / "p.gpkg", layer="settlements").iloc[0]
    assert row["population"] == row["population_line_b"] == 12_000
    assert np.isnan(row["population_line_a"])


def test_mixed_geometry_keeps_what_the_layer_can_hold(results, tmp_path):
    zones = results.zones.copy()
    square = shapely.box(46, 39.9, 46.1, 40)
    mixed = shapely.GeometryCollection([square, shapely.LineString([(46, 40), (46.2, 40)])])
    zones.loc[[0, 1], "geometry"] = gpd.GeoSeries([mixed, shapely.Polygon()], index=[0, 1])
    write_geopackage(tmp_path / "m.gpkg", dataclasses.replace(results, zones=zones))
    frame = gpd.read_file(tmp_path / "m.gpkg", layer="zones")
    assert set(frame.geom_type.dropna()) == {"MultiPolygon"}
    assert sum(frame.geometry.isna()) == 1


def test_every_column_has_an_alias_and_a_description(package):
    columns = {row[1] for row in query(package, "PRAGMA table_info(settlements)")}
    rows = query(
        package,
        "SELECT column_name, name, title, description FROM gpkg_data_columns WHERE table_name = ?",
        "settlements",
    )
    assert {row[0] for row in rows} == columns - {"fid", "geom"}
    assert all(alias and title and text for _, alias, title, text in rows)
    alias = {row[0]: row[1] for row in rows}
    assert alias["distance_m_line_b"] == "Line of 2020: Distance to the line (m)"
    extensions = query(
        package, "SELECT table_name FROM gpkg_extensions WHERE table_name LIKE ?", "gpkg_data%"
    )
    assert len(extensions) == 2


def test_coded_columns_have_their_values_in_the_standard_s_own_table(package):
    rows = query(
        package,
        "SELECT table_name, column_name, constraint_name FROM gpkg_data_columns"
        " WHERE constraint_name IS NOT NULL",
    )
    named = {(layer, column): name for layer, column, name in rows}
    assert ("settlements", "in_sight_line_a") in named
    assert ("changes", "kind") in named
    assert ("points", "kind") not in named  # any text may stand there
    assert named["sides", "side"] == named["zones", "side"]  # once for all that share it
    assert named["changes", "kind"] != named["zones", "kind"]
    for (layer, column), name in named.items():
        allowed = query(
            package,
            "SELECT value FROM gpkg_data_column_constraints"
            " WHERE constraint_name = ? AND constraint_type = 'enum'",
            name,
        )
        found = query(package, f'SELECT DISTINCT "{column}" FROM "{layer}"')
        assert {value for (value,) in found} - {None} <= {value for (value,) in allowed}


def test_a_value_that_we_do_not_know_is_allowed_where_it_stands(results, tmp_path):
    sides = results.sides.assign(side=["Third side", *results.sides["side"][1:]])
    write_geopackage(tmp_path / "t.gpkg", dataclasses.replace(results, sides=sides))
    (name,) = query(
        tmp_path / "t.gpkg",
        "SELECT constraint_name FROM gpkg_data_columns WHERE table_name = 'sides'"
        " AND column_name = 'side'",
    )[0]
    values = query(
        tmp_path / "t.gpkg",
        "SELECT value FROM gpkg_data_column_constraints WHERE constraint_name = ?",
        name,
    )
    assert ("Third side",) in values


def test_every_layer_has_a_default_style_and_metadata(package, results):
    names = {name for name, _ in pyogrio.list_layers(package)} - {"layer_styles"}
    styles = query(package, "SELECT f_table_name, useAsDefault, styleQML FROM layer_styles")
    assert {name for name, _, _ in styles} == names
    assert all(default == 1 and "<renderer-v2" in text for _, default, text in styles)
    for name in names:
        data = pyogrio.read_info(package, layer=name)["layer_metadata"]
        assert data["TITLE"]
        assert data["ABSTRACT"]
        assert data["DATE"] == "2020-11-10"
        assert data["INPUTS"] == hash_of_inputs(results.inputs)
    data = pyogrio.read_info(package, layer="corridors")
    assert data["layer_metadata"]["LINEAGE"] == "OpenStreetMap"
    assert "not for" in data["dataset_metadata"]["DISCLAIMER"].lower()
    assert data["dataset_metadata"]["TITLE"] == results.project.title


def test_one_date_stands_everywhere(package):
    for table, column in (
        ("gpkg_contents", "last_change"),
        ("gpkg_metadata_reference", "timestamp"),
        ("layer_styles", "update_time"),
    ):
        assert query(package, f"SELECT DISTINCT {column} FROM {table}") == [
            ("2020-11-10T00:00:00.000Z",)
        ]


def test_the_time_told_to_gdal_is_taken_back(package):
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_a_second_file_has_the_same_bytes_and_nothing_lies_beside_it(package, results, tmp_path):
    write_geopackage(tmp_path / "other name.gpkg", results)
    digest = hashlib.sha256((tmp_path / "other name.gpkg").read_bytes()).hexdigest()
    assert digest == hashlib.sha256(package.read_bytes()).hexdigest()
    assert [path.name for path in tmp_path.iterdir()] == ["other name.gpkg"]


def test_a_folder_that_is_not_there_is_named(results, tmp_path):
    with pytest.raises(OutputError, match=r"gone\.gpkg: cannot be written"):
        write_geopackage(tmp_path / "no" / "gone.gpkg", results)


def test_an_earlier_file_is_replaced_unless_it_is_open(package, results, tmp_path):
    path = tmp_path / "f.gpkg"
    path.write_text("an earlier file")
    beside = tmp_path / "f.gpkg-wal"
    beside.write_text("open")
    with pytest.raises(OutputError, match="lies beside a GeoPackage"):
        write_geopackage(path, results)
    assert path.read_text() == "an earlier file"
    beside.unlink()
    write_geopackage(path, results)
    assert path.read_bytes() == package.read_bytes()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.peer
def test_gdals_validator_finds_nothing(package, tmp_path):
    copy = tmp_path / "copy.gpkg"
    copy.write_bytes(package.read_bytes())
    done = subprocess.run(
        [SYSTEM_PYTHON, "-m", "osgeo_utils.samples.validate_gpkg", str(copy)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.qgis
def test_qgis_opens_every_layer_styled_with_aliases(package, results, tmp_path):
    names = [name for name, _ in pyogrio.list_layers(package) if name != "layer_styles"]
    copy = tmp_path / "copy.gpkg"
    copy.write_bytes(package.read_bytes())
    done = subprocess.run(
        [SYSTEM_PYTHON, str(REPOSITORY / "tests/factories/qgis_probe.py"), str(copy), *names],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)},
    )
    seen = json.loads(done.stdout)
    for name, layer in seen.items():
        assert layer["valid"], name
        assert layer["crs"] == "EPSG:4326"
        assert layer["renderer"] == "RuleRenderer", name
        assert layer["rules"], name
        assert layer["title"], name
        assert all(alias for field, alias in layer["aliases"].items() if field != "fid"), name
    colours = {colour.lower() for colour in choose_side_colours(results.project).values()}
    assert colours <= set(seen["settlements"]["colours"])
    assert seen["settlements"]["names"] == list(HOSTILE)
    assert seen["lines"]["rules"] == ["Line of 1994", "Line of 2020"]
    assert f"{SIDES[0]}, 5 km" in seen["zones"]["rules"]
    assert seen["zones"]["aliases"]["distance_m"] == "Distance (m)"
    assert seen["corridors"]["count"] == 2


def test_a_flow_of_no_land_is_in_the_table_and_not_on_the_map():
    results = example_results()
    shapes = results.changes.geometry.to_numpy().copy()
    shapes[:2] = [None, shapely.MultiPolygon()]
    bare = dataclasses.replace(results, changes=results.changes.set_geometry(shapes, crs=4326))
    layer = next(layer for layer in make_feature_layers(bare) if layer.name == "changes")
    assert len(layer.frame) == len(layer.geometry) == len(shapes) - 2
    assert not (shapely.is_missing(layer.geometry) | shapely.is_empty(layer.geometry)).any()
    assert len(make_tables(bare)["changes"]) == len(shapes)
