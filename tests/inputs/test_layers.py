"""Vector layers: every format gives the same places, in one true plane, with stable names."""

import shutil
import zipfile

import numpy as np
import openpyxl
import pyogrio
import pytest
import shapely
from factories.layers import AREA, LINE, frame, layers, places, said, with_places, write

from frontline.errors import LayerError
from frontline.inputs.normalize import hash_id
from frontline.project.layers import CORRIDORS, DISTRICTS, POINTS, SETTLEMENTS

DRIVERS = {
    "places.gpkg": "GPKG",
    "places.geojson": "GeoJSON",
    "places.fgb": "FlatGeobuf",
    "places.shp": "ESRI Shapefile",
    "places.kml": "LIBKML",
    "places.kmz": "LIBKML",
}


def lonlat(found):
    return np.round(found.plane.lonlat(shapely.get_coordinates(found.settlements.geometry)), 7)


def assert_three_places(found):
    # FlatGeobuf keeps its features in an order of its own
    order = np.argsort(found.settlements["name"])
    assert list(found.settlements["name"][order]) == ["Alpha", "Beta", "Gamma"]
    assert list(found.settlements["population"][order]) == [100, 200, 300]
    assert str(found.settlements["population"].dtype) == "Int64"
    assert lonlat(found)[order].tolist() == [[46.1, 39.5], [46.4, 39.2], [46.7, 39.9]]


@pytest.mark.parametrize("name", DRIVERS)
def test_every_format_gives_the_same_places(tmp_path, name):
    write(places(), tmp_path / name, driver=DRIVERS[name])
    found = layers(
        tmp_path, f'[settlements]\npath = "{name}"\ncolumns = {{ population = "population" }}'
    )
    assert_three_places(found)


def test_a_zipped_shapefile_is_read_with_its_companions_from_any_folder_in_it(tmp_path):
    write(places(), tmp_path / "places.shp", driver="ESRI Shapefile")
    with zipfile.ZipFile(tmp_path / "places.zip", "w") as archive:
        for ending in ("shp", "shx", "dbf", "prj", "cpg"):
            archive.write(tmp_path / f"places.{ending}", f"deep/down/places.{ending}")
        archive.writestr("__MACOSX/deep/._places.shp", b"junk")
        archive.writestr("deep/readme.txt", "hello")
    assert_three_places(layers(tmp_path, '[settlements]\npath = "places.zip"'))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("names", ["lon{0}lat", "Longitude{0}LATITUDE", "x{0}Y"])
def test_csv_in_any_usual_dress(tmp_path, separator, names):
    rows = f"""name{separator}{names.format(separator)}{separator}population
Alpha{separator}46.1{separator}39.5{separator}100
Beta{separator}46.4{separator}39.2{separator}200

Gamma{separator}46.7{separator}39.9{separator}300
"""
    (tmp_path / "places.csv").write_bytes(b"\xef\xbb\xbf" + rows.replace("\n", "\r\n").encode())
    assert_three_places(layers(tmp_path, '[settlements]\npath = "places.csv"'))


def test_xlsx_with_lon_and_lat(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "places"
    for row in (
        ["name", "lon", "lat", "population", "code"],
        ["Alpha", 46.1, 39.5, 100, "007"],
        [None] * 5,
        ["Beta", 46.4, 39.2, 200, "008"],
        ["Gamma", 46.7, 39.9, 300, None],
    ):
        sheet.append(row)
    book.create_sheet("other").append(["x"])
    book.save(tmp_path / "places.xlsx")
    found = layers(tmp_path, '[settlements]\npath = "places.xlsx"\nlayer = "places"')
    assert_three_places(found)
    assert list(found.settlements["code"])[:2] == ["007", "008"]
    with pytest.raises(LayerError, match=r"2 layers: 'places', 'other'"):
        layers(tmp_path, '[settlements]\npath = "places.xlsx"')


def test_csv_keeps_codes_as_text_and_numbers_as_numbers(tmp_path):
    (tmp_path / "p.csv").write_text(
        "name,lon,lat,code,share,rank\nA,46.1,39.5,007,0.5,1\nB,46.2,39.5,8,,2\n"
    )
    found = layers(tmp_path, '[settlements]\npath = "p.csv"').settlements
    assert list(found["code"]) == ["007", "8"]
    assert found["share"][0] == 0.5
    assert np.isnan(found["share"][1])
    assert list(found["rank"]) == [1, 2]


def test_an_empty_cell_among_whole_numbers_of_a_csv_is_unknown(tmp_path):
    rows = "name,lon,lat,population,households\nA,46.1,39.5,100,\nB,46.4,39.2,,7\n"
    (tmp_path / "places.csv").write_text(rows)
    found = layers(tmp_path, '[settlements]\npath = "places.csv"').settlements
    assert list(found["population"].isna()) == [False, True]
    assert list(found["households"].isna()) == [True, False]


def test_the_study_area_is_true_on_the_ellipsoid(tmp_path):
    # a zone between two parallels has a closed form (Snyder 1987, 3-12); its edges are parallels
    ring = [(46 + i / 200, 39.0) for i in range(201)] + [(47 - i / 200, 40.0) for i in range(201)]
    found = layers(tmp_path, study_area=shapely.Polygon(ring))
    f = 1 / 298.257223563
    a, e2 = 6_378_137.0, f * (2 - f)
    e = e2**0.5

    def q(lat):
        s = np.sin(np.radians(lat))
        return (1 - e2) * (s / (1 - e2 * s**2) - np.log((1 - e * s) / (1 + e * s)) / (2 * e))

    exact = np.radians(1.0) * a**2 / 2 * (q(40.0) - q(39.0))
    assert found.study_area.area == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("crs", ["EPSG:3857", "EPSG:32638", "EPSG:3035", "EPSG:28408", "EPSG:4269"])
def test_the_answer_does_not_depend_on_the_crs_of_the_file(tmp_path, crs):
    found = with_places(tmp_path, places().to_crs(crs))
    assert list(found.settlements["name"]) == ["Alpha", "Beta", "Gamma"]
    away = np.abs(lonlat(found) - [[46.1, 39.5], [46.4, 39.2], [46.7, 39.9]])
    assert away.max() < 2e-5  # datums such as NAD83 differ by a metre
    assert f"settlements: Its CRS is {crs}, that of the study area EPSG:4326" in said(found)


def test_absent_layers_are_empty_frames_with_the_columns(tmp_path):
    found = layers(tmp_path)
    for role, data in (
        (SETTLEMENTS, found.settlements),
        (CORRIDORS, found.corridors),
        (POINTS, found.points),
        (DISTRICTS, found.districts),
    ):
        assert len(data) == 0
        assert list(data.columns) == [*(column.name for column in role.columns), "geometry"]
        assert data.crs == found.plane.crs
    assert found.partitions == {}
    assert str(found.settlements["population"].dtype) == "Int64"


def test_an_empty_optional_layer_is_empty_and_no_error(tmp_path):
    found = with_places(tmp_path, places().iloc[:0])
    assert len(found.settlements) == 0
    assert "population_kind" in found.settlements


def test_ids_are_the_users_or_a_hash_of_name_and_place(tmp_path):
    found = with_places(tmp_path, places(id=["P1", None, ""]))
    assert list(found.settlements["id"]) == [
        "P1",
        hash_id("Beta", lon=46.4, lat=39.2),
        hash_id("Gamma", lon=46.7, lat=39.9),
    ]


def test_a_hashed_id_is_the_documented_one_and_survives_other_rows(tmp_path):
    assert hash_id("Alpha", lon=46.1, lat=39.5) == hash_id("Alpha", lon=46.1000049, lat=39.4999951)
    assert hash_id("Alpha", lon=-0.000001, lat=0.0) == hash_id("Alpha", lon=0.0, lat=0.0)
    first = with_places(tmp_path, places()).settlements
    second = with_places(tmp_path, places().iloc[::-1], name="other.gpkg").settlements
    assert list(first["id"]) == list(second["id"])[::-1]
    projected = with_places(tmp_path, places().to_crs(32638), name="utm.gpkg").settlements
    assert list(first["id"]) == list(projected["id"])


def test_columns_are_mapped_matched_in_any_case_and_carried(tmp_path):
    data = places(POP_2015=[1, 2, 3], NAME_ARM=["Ա", "Բ", "Գ"], pcode=["a", "b", "c"])
    data = data.rename(columns={"name": "NAME"}).drop(columns="population")
    mapping = 'columns = { population = "pop_2015", name_alt = "NAME_ARM" }'
    found = with_places(tmp_path, data, mapping)
    table = found.settlements
    assert list(table["name"]) == ["Alpha", "Beta", "Gamma"]
    assert list(table["population"]) == [1, 2, 3]
    assert list(table["name_alt"]) == ["Ա", "Բ", "Գ"]
    assert list(table["id"]) == ["a", "b", "c"]
    assert "Column 'pcode' is read as 'id'" in said(found)


def test_columns_that_results_need_are_renamed_and_reported(tmp_path):
    data = places(NAME=["x", "y", "z"], line=[1, 2, 3], Side=["a", "b", "c"], FID=[7, 8, 9])
    write(data, tmp_path / "p.geojson")
    found = layers(tmp_path, '[settlements]\npath = "p.geojson"')
    table = found.settlements
    assert list(table["name"]) == ["Alpha", "Beta", "Gamma"]
    assert list(table["NAME_input"]) == ["x", "y", "z"]
    assert list(table["line_input"]) == [1, 2, 3]
    assert list(table["Side_input"]) == ["a", "b", "c"]
    assert list(table["FID_input"]) == [7, 8, 9]
    assert "Column 'FID' is renamed 'FID_input'" in said(found)


def test_select_keeps_the_features_that_are_meant(tmp_path):
    both = frame(LINE, shapely.transform(LINE, lambda xy: xy - [0.2, 0]), line=["new", "old"])
    write(both, tmp_path / "line.geojson")
    found = layers(tmp_path, line="select = { line = 'old' }", front=None)
    west, _, east, _ = found.lines["front"].total_bounds
    assert -20_000 < west <= east < -10_000  # 0.2 degrees west of the middle
    for value, words in (("'odl'", "Did you mean 'old'"), ("7", "Known: new, old")):
        with pytest.raises(LayerError, match=words):
            layers(tmp_path, line=f"select = {{ line = {value} }}", front=None)


def test_a_line_in_pieces_is_as_many_rows_and_keeps_its_errors(tmp_path):
    pieces = [
        shapely.MultiLineString([[(46.5, 39.0), (46.5, 39.3)], [(46.5, 39.3), (46.5, 39.6)]]),
        shapely.LineString([(46.5, 39.6), (46.5, 40.0)]),
    ]
    write(frame(*pieces, half=[500.0, 2000.0]), tmp_path / "line.geojson")
    found = layers(tmp_path, line="error_m = 'half'", front=None)
    assert list(found.lines["front"]["error_m"]) == [500.0, 500.0, 2000.0]
    assert set(found.lines["front"].geom_type) == {"LineString"}
    one = layers(tmp_path, line="error_m = 250")
    assert list(one.lines["front"]["error_m"]) == [250.0]


def test_a_state_is_polygons_with_a_side(tmp_path):
    west, east = shapely.box(46, 39, 46.5, 40), shapely.box(46.5, 39, 47, 40)
    write(frame(west, east, held_by=["West", "East"]), tmp_path / "line.geojson")
    found = layers(tmp_path, line="side_column = 'held_by'", front=None)
    assert list(found.lines["front"]["side"]) == ["West", "East"]
    assert set(found.lines["front"].geom_type) == {"Polygon"}
    write(frame(west, east, held_by=["West", "Eats"]), tmp_path / "line.geojson")
    with pytest.raises(LayerError, match=r"feature 1, field 'held_by': 'Eats' .*mean 'East'"):
        layers(tmp_path, line="side_column = 'held_by'", front=None)


def test_districts_are_united_by_code_and_keep_what_is_known(tmp_path):
    data = frame(
        shapely.box(46.0, 39.0, 46.2, 39.5),
        shapely.box(46.2, 39.0, 46.4, 39.5),
        shapely.box(46.6, 39.0, 46.8, 39.5),
        code=["A", " A", "B"],
        name=["North", "South", "East"],
        population=[None, 500, 700],
        counted_by=["West", "West", ""],
    )
    write(data, tmp_path / "d.gpkg")
    found = layers(tmp_path, '[districts]\npath = "d.gpkg"')
    table = found.districts
    assert list(table["code"]) == ["A", "B"]
    assert list(table["population"]) == [500, 700]
    assert list(table["name"]) == ["North", "East"]
    assert table.geometry[0].geom_type == "Polygon"
    assert "3 polygons united by code into 2" in said(found)
    parts = layers(tmp_path, '[districts]\npath = "d.gpkg"\nselect = { name = "North" }')
    assert table.geometry[0].area > 1.99 * parts.districts.geometry[0].area


def test_districts_with_faults_are_refused_together(tmp_path):
    box = shapely.box(46.0, 39.0, 46.2, 39.5)
    data = frame(
        box, box, box, code=["A", "A", None], population=[5, 6, 7], counted_by=["Wst", "", ""]
    )
    write(data, tmp_path / "d.gpkg")
    with pytest.raises(LayerError) as caught:
        layers(tmp_path, '[districts]\npath = "d.gpkg"')
    message = str(caught.value)
    assert "feature 3, field 'code': has no code" in message
    assert "code 'A' has 2 different figures" in message
    assert "'Wst' is not a side of the project. Did you mean 'West'?" in message


def test_corridors_keep_their_pieces_and_points_their_columns(tmp_path):
    road = shapely.LineString([(46.1, 39.1), (46.9, 39.1)])
    data = frame(road, road.reverse(), LINE, name=["R1", "R1", "R1"], id=["r", "r", "r"])
    write(data, tmp_path / "c.gpkg")
    peak = frame(shapely.Point(46.3, 39.3), name=["Peak"], elevation_m=[1234.5], claim=["C10"])
    write(peak, tmp_path / "p.gpkg")
    found = layers(tmp_path, '[corridors]\npath = "c.gpkg"\n[points]\npath = "p.gpkg"')
    assert list(found.corridors["id"]) == ["r", "r-2"]
    assert "corridors: Listed twice, kept once. [1]" in said(found)
    assert found.points["elevation_m"][0] == 1234.5
    assert found.points["claim"][0] == "C10"


def test_a_road_and_a_pipeline_along_one_course_are_two(tmp_path):
    road = shapely.LineString([(46.1, 39.1), (46.9, 39.1)])
    kinds = ["road", "pipeline", " Road", None, ""]
    write(frame(*[road] * 5, kind=kinds, name=list("ABCDE")), tmp_path / "c.gpkg")
    found = layers(tmp_path, '[corridors]\npath = "c.gpkg"')
    assert list(found.corridors["name"]) == ["A", "B", "D"]
    assert "corridors: Listed twice, kept once. [2]" in said(found)


def test_partitions_are_read_by_key(tmp_path):
    write(frame(AREA.buffer(-0.1), name=["old"]), tmp_path / "o.gpkg")
    found = layers(tmp_path, '[[partitions]]\nkey="oblast"\nlabel="Oblast"\npath="o.gpkg"')
    assert list(found.partitions["oblast"]["name"]) == ["old"]


def test_a_study_area_split_at_the_antimeridian_is_one(tmp_path):
    area = shapely.MultiPolygon([shapely.box(179, 60, 180, 61), shapely.box(-180, 60, -179, 61)])
    line = shapely.MultiLineString([[(179, 60.5), (180, 60.5)], [(-180, 60.5), (-179, 60.5)]])
    path = tmp_path
    write(frame(area), path / "area.geojson")
    write(frame(line), path / "line.geojson")
    text = """title = "Date line"
[study_area]
path = "area.geojson"
[[lines]]
key = "front"
label = "Front"
date = 2020-11-10
path = "line.geojson"
[[sides]]
name = "North"
seed = [-179.5, 60.8]
[[sides]]
name = "South"
seed = [179.5, 60.2]
"""
    (path / "project.toml").write_text(text)
    from frontline.inputs.layers import read_layers
    from frontline.project.loader import load_project

    found = read_layers(load_project(path))
    assert found.study_area.geom_type == "Polygon"
    assert found.study_area.is_valid


def test_curves_and_heights_become_plain_lines(tmp_path):
    wkt = "CIRCULARSTRING Z (46.5 39 100, 46.6 39.5 200, 46.5 40 300)"
    _geopackage_of(tmp_path / "line.gpkg", wkt)
    shutil.copy(tmp_path / "line.gpkg", tmp_path / "line.geojson")
    found = layers(tmp_path, front=None)
    line = found.lines["front"].geometry[0]
    assert line.geom_type == "LineString"
    assert not line.has_z
    assert shapely.get_num_points(line) > 20


def _geopackage_of(path, wkt):
    """Write a curve with its raw bytes: shapely and pyogrio have none."""
    import sqlite3
    import struct

    write(frame(shapely.LineString([(0, 0), (1, 1)])), path)
    numbers = [46.5, 39, 100, 46.6, 39.5, 200, 46.5, 40, 300]
    assert wkt.startswith("CIRCULARSTRING Z")
    blob = b"GP\0\x01" + struct.pack("<i", 4326) + b"\x01" + struct.pack("<II", 1008, 3)
    blob += struct.pack("<9d", *numbers)
    database = sqlite3.connect(path)
    for (name,) in database.execute(
        "SELECT name FROM sqlite_master WHERE type='trigger'"
    ).fetchall():
        database.execute(f'DROP TRIGGER "{name}"')
    database.execute("UPDATE layer SET geom = ?", (blob,))
    database.execute("UPDATE gpkg_geometry_columns SET geometry_type_name='GEOMETRY', z=2")
    database.commit()
    database.close()


def test_a_primary_key_that_is_the_users_id_is_not_lost(tmp_path):
    pyogrio.write_dataframe(places(), tmp_path / "p.gpkg", layer="p", layer_options={"FID": "id"})
    found = layers(tmp_path, '[settlements]\npath = "p.gpkg"')
    assert list(found.settlements["id"]) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("name", "doubted"),
    [("POP2021", True), ("население", True), ("NÜFUS", True), ("pcode", False), ("height", False)],
)
def test_a_column_that_looks_like_people_is_not_passed_over_in_silence(tmp_path, name, doubted):
    data = places().rename(columns={"population": name})
    found = said(with_places(tmp_path, data))
    assert (f'columns = {{ population = "{name}" }}' in found) == doubted
    read = with_places(tmp_path, data, f'columns = {{ population = "{name}" }}\n')
    assert read.settlements["population"].tolist() == [100, 200, 300]
    assert "looks as if it held them" not in said(read)
