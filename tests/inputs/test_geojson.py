"""GeoJSON: the CRS that it names is the one that counts, and relatives are told by their names."""

import json

import pytest
from factories.layers import layers, places, write
from factories.refusals import refused

WANTED = '[settlements]\npath = "p.geojson"'


def content(crs=None, **properties):
    point = {"type": "Point", "coordinates": [46.1, 39.5]}
    feature = {"type": "Feature", "properties": {"name": "A"} | properties, "geometry": point}
    named = {} if crs is None else {"crs": {"type": "name", "properties": {"name": crs}}}
    return {"type": "FeatureCollection"} | named | {"features": [feature]}


def written(folder, value):
    (folder / "p.geojson").write_text(json.dumps(value))
    return layers(folder, WANTED)


@pytest.mark.parametrize(
    "name", ["EPSG::999999", "EPSG:999999", "urn:ogc:def:crs:EPSG::999999", "WGS"]
)
def test_a_name_that_nobody_knows_is_not_taken_for_wgs84(tmp_path, name):
    (tmp_path / "p.geojson").write_text(json.dumps(content(name)))
    assert "is not known" in refused(tmp_path, WANTED)


@pytest.mark.parametrize(
    "name",
    [
        "EPSG:32638",
        "EPSG::32638",
        "urn:ogc:def:crs:EPSG::32638",
        "urn:ogc:def:crs:EPSG:9.6:32638",
        "http://www.opengis.net/def/crs/EPSG/0/32638",
        "http://www.opengis.net/gml/srs/epsg.xml#32638",
    ],
)
def test_every_way_to_write_a_code_is_that_code(tmp_path, name):
    value = json.loads(places().to_crs(32638).to_json(drop_id=True))
    value["crs"] = {"type": "name", "properties": {"name": name}}
    found = written(tmp_path, value)
    lonlat = found.plane.to_lonlat(found.settlements.geometry.to_numpy())
    assert lonlat[0].x == pytest.approx(46.1, abs=1e-6)


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "OGC:CRS84", "EPSG:4326", None])
def test_degrees_by_any_name_are_degrees(tmp_path, name):
    assert len(written(tmp_path, content(name)).settlements) == 1


def test_a_column_that_is_called_crs_is_a_column(tmp_path):
    value = content("EPSG:4326", note='a "crs": {')
    value["features"][0]["properties"]["crs"] = "their own"
    found = written(tmp_path, value)
    assert found.settlements["crs"].tolist() == ["their own"]


def test_two_crs_in_one_file_are_refused(tmp_path):
    value = content("EPSG:4326")
    value["features"][0]["geometry"]["crs"] = {"type": "name", "properties": {"name": "EPSG:3857"}}
    (tmp_path / "p.geojson").write_text(json.dumps(value))
    assert "names several CRS" in refused(tmp_path, WANTED)


def test_a_nul_that_would_cut_a_name_is_found(tmp_path):
    (tmp_path / "p.geojson").write_text(json.dumps(content(other="Al\0pha")))
    assert "holds a NUL" in refused(tmp_path, WANTED)
    (tmp_path / "p.geojson").write_text(json.dumps(content(other="Al\\u0000pha")))
    assert len(layers(tmp_path, WANTED).settlements) == 1


def test_letters_that_are_no_utf8_have_a_way_out(tmp_path):
    text = json.dumps(content(other="Шуша"), ensure_ascii=False)
    (tmp_path / "p.geojson").write_bytes(text.encode("cp1251"))
    message = refused(tmp_path, WANTED)
    assert "Save it as UTF-8" in message
    assert "encoding =" not in message


def test_brackets_without_an_end_are_one_line(tmp_path):
    for deep in ("[" * 100_000, '{"a":' * 100_000):
        text = json.dumps(content()).replace('"A"', f"{deep}")
        (tmp_path / "p.geojson").write_text(text)
        assert "\n" not in refused(tmp_path, WANTED)


def test_relatives_of_geojson_are_called_by_their_names(tmp_path):
    feature = content()["features"][0]
    lines = "\n".join([json.dumps(feature)] * 2)
    topology = json.dumps({"type": "Topology", "objects": {}, "arcs": []})
    esri = {"geometryType": "esriGeometryPoint", "spatialReference": {"wkid": 4326}, "features": []}
    for text, words in (
        (lines, "newline-delimited GeoJSON"),
        (topology, "TopoJSON"),
        (json.dumps(esri), "Esri JSON"),
    ):
        (tmp_path / "p.geojson").write_text(text)
        message = refused(tmp_path, WANTED)
        assert f"is {words}" in message
        assert "ogr2ogr" in message


def test_a_pretty_printed_file_is_no_list_of_lines(tmp_path):
    (tmp_path / "p.geojson").write_text(json.dumps(content(), indent=1))
    assert len(layers(tmp_path, WANTED).settlements) == 1
    write(places(), tmp_path / "p.geojson")
    assert len(layers(tmp_path, WANTED).settlements) == 3
