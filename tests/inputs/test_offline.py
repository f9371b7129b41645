"""No reader asks anybody: a server on this computer counts who comes while each of them reads."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import zipfile
from contextlib import closing, contextmanager

import numpy as np
import openpyxl
import pytest
from factories.layers import AREA, LINE, frame, layers, made, places, write
from factories.rasters import write_tif

from frontline.errors import FrontlineError
from frontline.inputs.layers import read_layers
from frontline.project.loader import load_project
from frontline.raster.io import open_raster


class Counter:
    def __init__(self):
        self.came = 0
        self.address = ""


@contextmanager
def counting():
    """Count the connections that are made to a port of this computer."""
    found = Counter()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        found.address = f"http://127.0.0.1:{listener.getsockname()[1]}"

        def accept():
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                found.came += 1
                caller.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield found
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


@pytest.fixture
def server():
    with counting() as found:
        yield found


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch):
    """A proxy of the environment, or an exception from it, must not decide the test."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def read_all(folder, more):
    """Read, whatever comes of it."""
    try:
        return read_layers(load_project(made(folder, more)))
    except FrontlineError as error:
        return error


def geojson_with(crs):
    point = {"type": "Point", "coordinates": [46.1, 39.5]}
    feature = {"type": "Feature", "properties": {"name": "A"}, "geometry": point}
    return {"type": "FeatureCollection", "crs": crs, "features": [feature]}


@pytest.mark.parametrize(
    "member",
    [
        {"type": "link", "properties": {"href": "{}/a", "type": "proj4"}},
        {"type": "url", "properties": {"url": "{}/b"}},
        {"type": "URL", "properties": {"url": "{}/b"}},
        {"type": "name", "properties": {"name": "{}/c"}},
        {"type": "name", "properties": {"name": "/vsicurl/{}/c"}},
        {"type": "name", "properties": {"name": "http://www.opengis.net.example/def/crs/EPSG/0/4"}},
        {"type": "OGC", "properties": {"urn": "{}/d"}},
        {"properties": {"href": "{}/e"}},
    ],
)
@pytest.mark.parametrize("key", ["crs", "CRS", "\\u0063rs"])
def test_a_crs_that_is_an_address_is_refused_unasked(tmp_path, server, member, key):
    text = json.dumps(geojson_with(member)).replace("{}", server.address)
    (tmp_path / "p.geojson").write_text(text.replace('"crs"', f'"{key}"'))
    error = read_all(tmp_path, '[settlements]\npath = "p.geojson"')
    assert isinstance(error, FrontlineError)
    assert "crs" in str(error)
    assert server.came == 0


def test_a_crs_of_a_geometry_is_no_way_round(tmp_path, server):
    content = geojson_with({"type": "name", "properties": {"name": "EPSG:4326"}})
    link = {"type": "link", "properties": {"href": f"{server.address}/x", "type": "ogcwkt"}}
    content["features"][0]["geometry"]["crs"] = link
    (tmp_path / "p.geojson").write_text(json.dumps(content))
    assert "not followed" in str(read_all(tmp_path, '[settlements]\npath = "p.geojson"'))
    assert server.came == 0


def kml_with(inner, head=""):
    mark = "<Placemark><name>A</name>{}<Point><coordinates>46.1,39.5</coordinates></Point>"
    place = mark.format("<styleUrl>{0}/style.kml#a</styleUrl>")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2">'
        f"<Document>{inner}{place}</Placemark></Document></kml>"
    )


@pytest.mark.parametrize(
    "text",
    [
        kml_with("<NetworkLink><Link><href>{0}/a.kml</href></Link></NetworkLink>"),
        kml_with("<Schema/>", '<!DOCTYPE kml SYSTEM "{0}/kml.dtd">'),
        kml_with("&far;", '<!DOCTYPE kml [<!ENTITY far SYSTEM "{0}/far">]>'),
        kml_with("<GroundOverlay><Icon><href>{0}/a.png</href></Icon></GroundOverlay>"),
        kml_with("<OGRVRTDataSource><SrcDataSource>{0}/a</SrcDataSource></OGRVRTDataSource>"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_kml_leads_nowhere(tmp_path, server, text, packed):
    text = text.format(server.address)
    if packed:
        with zipfile.ZipFile(tmp_path / "p.kmz", "w") as archive:
            archive.writestr("doc.kml", text)
    else:
        (tmp_path / "p.kml").write_text(text)
    read_all(tmp_path, f'[settlements]\npath = "p.{"kmz" if packed else "kml"}"')
    assert server.came == 0


def test_what_lies_beside_a_file_leads_nowhere(tmp_path, server):
    for name in ("p.shp", "p.gpkg", "p.geojson", "p.fgb"):
        write(places(), tmp_path / name)
        far = f"/vsicurl/{server.address}/a.tif"
        xml = f"<PAMDataset><SourceFilename>{far}</SourceFilename></PAMDataset>"
        (tmp_path / f"{name}.aux.xml").write_text(xml)
        (tmp_path / f"{name}.qml").write_text(
            f'<!DOCTYPE qgis SYSTEM "{server.address}/q.dtd"><qgis/>'
        )
        read_all(tmp_path, f'[settlements]\npath = "{name}"')
    far = f"/vsicurl/{server.address}/a.prj"
    for text in (server.address, far, f'PROJCS["{server.address}"]'):
        (tmp_path / "p.prj").write_text(text)
        read_all(tmp_path, '[settlements]\npath = "p.shp"')
    assert server.came == 0


def test_a_geopackage_leads_nowhere(tmp_path, server):
    write(places().to_crs(32638), tmp_path / "p.gpkg")
    for definition in (
        server.address,
        f"/vsicurl/{server.address}/x",
        f"IMPORT_FROM {server.address}",
    ):
        shutil.copy(tmp_path / "p.gpkg", tmp_path / "q.gpkg")
        with closing(sqlite3.connect(tmp_path / "q.gpkg")) as database:
            database.execute(
                "UPDATE gpkg_spatial_ref_sys SET definition = ?, organization = 'NONE'",
                (definition,),
            )
            database.commit()
        error = read_all(tmp_path, '[settlements]\npath = "q.gpkg"')
        assert isinstance(error, FrontlineError)
    assert server.came == 0


def test_workbooks_and_tables_lead_nowhere(tmp_path, server):
    book = openpyxl.Workbook()
    book.active.append(["name", "lon", "lat"])
    book.active.append([f'=WEBSERVICE("{server.address}")', 46.1, 39.5])
    book.active["A2"].hyperlink = server.address
    book.save(tmp_path / "p.xlsx")
    (tmp_path / "p.csv").write_text(f"name,lon,lat\n{server.address},46.1,39.5\n")
    for name in ("p.xlsx", "p.csv"):
        read_all(tmp_path, f'[settlements]\npath = "{name}"')
    assert server.came == 0


@pytest.mark.parametrize("beside", ["", ".aux.xml", ".ovr", ".msk"])
def test_rasters_lead_nowhere(tmp_path, server, beside):
    far = f"/vsicurl/{server.address}/a.tif"
    source = f"<SimpleSource><SourceFilename>{far}</SourceFilename></SimpleSource>"
    vrt = (
        '<VRTDataset rasterXSize="2" rasterYSize="2"><VRTRasterBand dataType="Byte" band="1">'
        f"{source}</VRTRasterBand></VRTDataset>"
    )
    path = tmp_path / "dem.tif"
    write_tif(path, np.ones((3, 3)), transform=(30.0, 0.0, 5e5, 0.0, -30.0, 4e6))
    (tmp_path / f"dem.tif{beside}").write_text(vrt)
    try:
        with open_raster(path) as raster:
            assert raster.rows == 3
    except FrontlineError:
        assert not beside
    assert server.came == 0


ASKING = """
import json, sys
{imports}
path, address = sys.argv[1:]
import rasterio
for open_it, place in (
    (pyogrio.read_dataframe, path),
    (pyogrio.read_dataframe, f"/vsicurl/{{address}}/a.gpkg"),
    (rasterio.open, f"/vsicurl/{{address}}/a.tif"),
    (rasterio.open, "/vsis3/bucket/a.tif"),
):
    try:
        open_it(place)
    except Exception:
        pass
"""


@pytest.mark.parametrize("first", ["frontline", "gdal"])
def test_gdal_itself_has_no_network_whatever_was_imported_first(
    tmp_path, server, first, monkeypatch
):
    monkeypatch.delenv("no_proxy")  # what it exempts, GDAL asks without a proxy
    link = {"type": "link", "properties": {"href": f"{server.address}/a", "type": "proj4"}}
    (tmp_path / "p.geojson").write_text(json.dumps(geojson_with(link)))
    ours = "import frontline.inputs.formats, frontline.raster.io"
    theirs = "import pyogrio, rasterio"
    imports = "\n".join([ours, theirs] if first == "frontline" else [theirs, ours])
    code = ASKING.format(imports=imports)
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "p.geojson"), server.address],
        check=True,
        timeout=120,
        env=os.environ | {"AWS_NO_SIGN_REQUEST": "YES", "AWS_S3_ENDPOINT": server.address[7:]},
    )
    assert server.came == 0


def test_the_counter_counts(server):
    with socket.create_connection(("127.0.0.1", int(server.address.rpartition(":")[2]))) as caller:
        caller.recv(1)
    assert server.came == 1


def test_plain_files_are_read_all_the_same(tmp_path):
    write(frame(AREA), tmp_path / "area.gpkg")
    write(frame(LINE), tmp_path / "line.fgb")
    write(places(), tmp_path / "p.gpkg")
    assert len(layers(tmp_path, '[settlements]\npath = "p.gpkg"').settlements) == 3
