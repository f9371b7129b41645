"""Bad vector inputs: each is refused, or used and said, and nothing in between."""

import shutil
import sqlite3
import sys
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import shapely
from factories.layers import AREA, LINE, frame, layers, made, places, said, with_places, write
from factories.refusals import refused

import frontline.inputs.formats
from frontline.errors import FrontlineError, LayerError
from frontline.inputs.layers import read_layers
from frontline.project.loader import hash_inputs, load_project

POINT = shapely.Point(46.1, 39.5)


def write_json(path, *coordinates, kind="Point"):
    """Write what shapely would rather not: coordinates that are no numbers."""
    features = [
        f'{{"type": "Feature", "properties": {{"name": "{row}"}}, '
        f'"geometry": {{"type": "{kind}", "coordinates": {text}}}}}'
        for row, text in enumerate(coordinates)
    ]
    path.write_text(f'{{"type": "FeatureCollection", "features": [{", ".join(features)}]}}')


def refused_places(folder, data, more="", name="places.gpkg"):
    write(data, folder / name)
    return refused(folder, f'[settlements]\npath = "{name}"\n{more}')


# 4: files that are not what their names say


@pytest.mark.parametrize("name", ["p.gpkg", "p.geojson", "p.fgb", "p.shp", "p.kml", "p.zip"])
@pytest.mark.parametrize("content", [b"hello, world\n", b"\0" * 5000, b"<a/>", bytes(range(256))])
def test_a_file_that_is_something_else_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    message = refused(tmp_path, f'[settlements]\npath = "{name}"')
    assert message.startswith(f"{name}: is not what its name says")


@pytest.mark.parametrize("name", ["places.gpkg", "places.geojson", "places.fgb", "places.kml"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.99])
def test_a_truncated_file_is_refused(tmp_path, name, share):
    many = frame(
        *[shapely.Point(46.1 + i / 1000, 39.5) for i in range(300)],
        name=[f"a place with a long name {i}" for i in range(300)],
    )
    write(many, tmp_path / name, driver="LIBKML" if name.endswith("kml") else None)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(len(whole) * share)])
    assert refused(tmp_path, f'[settlements]\npath = "{name}"').startswith(name)


@pytest.mark.parametrize("ending", ["shp", "dbf", "shx"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_truncated_shapefile_is_refused(tmp_path, ending, share):
    many = frame(
        *[shapely.Point(46.1 + i / 1000, 39.5) for i in range(300)],
        name=[f"name {i}" for i in range(300)],
    )
    write(many, tmp_path / "p.shp")
    whole = (tmp_path / f"p.{ending}").read_bytes()
    (tmp_path / f"p.{ending}").write_bytes(whole[: int(len(whole) * share)])
    assert refused(tmp_path, '[settlements]\npath = "p.shp"').startswith("p.shp")


@pytest.mark.parametrize("ending", ["shx", "dbf"])
def test_a_shapefile_without_its_companions_is_refused(tmp_path, ending):
    write(places(), tmp_path / "p.shp")
    (tmp_path / f"p.{ending}").unlink()
    assert f"lacks its .{ending}" in refused(tmp_path, '[settlements]\npath = "p.shp"')
    assert "Name the .shp file" in refused(tmp_path, '[settlements]\npath = "p.prj"')


def test_a_virtual_file_in_disguise_reads_nothing(tmp_path):
    (tmp_path / "secret.csv").write_text("name,lon,lat\nsecret,46.1,39.5\n")
    vrt = (
        '<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>'
        f"{tmp_path}/secret.csv</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    for name in ("p.geojson", "p.gpkg", "p.kml", "p.csv", "p.shp"):
        for text in (vrt, f"<!-- <kml --> {vrt}", f"\n\n{vrt}"):
            (tmp_path / name).write_text(text)
            assert "secret" not in refused(tmp_path, f'[settlements]\npath = "{name}"')
    polyglot = b"fgb\x03fgb\x01" + vrt.encode()
    (tmp_path / "p.fgb").write_bytes(polyglot)
    assert "is not what its name says" in refused(tmp_path, '[settlements]\npath = "p.fgb"')


def test_a_damaged_page_in_the_middle_of_a_geopackage_is_found(tmp_path):
    many = frame(*[POINT] * 3000, name=[f"place {i}" * 5 for i in range(3000)])
    path = write(many, tmp_path / "p.gpkg")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    assert "is damaged" in refused(tmp_path, '[settlements]\npath = "p.gpkg"')


def test_a_plain_database_is_no_geopackage(tmp_path):
    database = sqlite3.connect(tmp_path / "p.gpkg")
    database.execute("CREATE TABLE a (b)")
    database.commit()
    database.close()
    assert "no GeoPackage" in refused(tmp_path, '[settlements]\npath = "p.gpkg"')


@pytest.mark.parametrize("ending", ["-wal", "-journal"])
def test_unsaved_changes_of_another_program_are_refused(tmp_path, ending):
    write(places(), tmp_path / "p.gpkg")
    (tmp_path / f"p.gpkg{ending}").touch()
    assert len(layers(tmp_path, '[settlements]\npath = "p.gpkg"').settlements) == 3
    (tmp_path / f"p.gpkg{ending}").write_bytes(b"x")
    assert "unsaved changes" in refused(tmp_path, '[settlements]\npath = "p.gpkg"')


def test_reading_leaves_the_folder_as_it_was(tmp_path):
    write(places(), tmp_path / "p.gpkg")
    database = sqlite3.connect(tmp_path / "p.gpkg")
    database.execute("PRAGMA journal_mode = WAL")
    database.close()
    project = load_project(made(tmp_path, '[settlements]\npath = "p.gpkg"'))
    before, hashes = sorted(tmp_path.iterdir()), hash_inputs(project)
    read_layers(project)
    assert sorted(tmp_path.iterdir()) == before
    assert hash_inputs(project) == hashes


# archives


def test_an_archive_that_unfolds_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(frontline.inputs.formats, "LARGEST_UNPACKED", 1_000_000)
    with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("p.shp", b"\0" * 2_000_000)
    assert "would unpack to 2 MB" in refused(tmp_path, '[settlements]\npath = "p.zip"')


def test_an_archive_that_lies_about_its_sizes_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("p.shp", b"\0" * 2_000_000)
    content = (tmp_path / "p.zip").read_bytes()
    lie = content.replace((2_000_000).to_bytes(4, "little"), (1_000).to_bytes(4, "little"))
    assert lie != content
    (tmp_path / "p.zip").write_bytes(lie)
    assert "damaged" in refused(tmp_path, '[settlements]\npath = "p.zip"')


@pytest.mark.parametrize(
    ("members", "words"),
    [
        (["a.shp", "b.shp"], "holds 2 Shapefiles (a.shp, b.shp)"),
        (["a.gpkg"], "archive without a Shapefile"),
        (["a.shp"], "lacks its .dbf and .shx"),
        (["../../a.shp", "../../a.shx"], "lacks its .dbf"),
    ],
)
def test_other_archives_are_refused(tmp_path, members, words):
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        for member in members:
            archive.writestr(member, b"\x00\x00\x27\x0a")
    assert words in refused(tmp_path, '[settlements]\npath = "p.zip"')
    assert not list(tmp_path.parent.glob("a.*"))


# 5: which layer


def test_of_several_layers_none_is_guessed(tmp_path):
    path = write(places(), tmp_path / "p.gpkg", layer="villages")
    write(places(), path, layer="towns {{ 7*191 }}", append=True)
    message = refused(tmp_path, '[settlements]\npath = "p.gpkg"')
    assert message == (
        "p.gpkg: has 2 layers: 'villages', 'towns {{ 7*191 }}'. Add layer = one of them."
    )
    message = refused(tmp_path, '[settlements]\npath = "p.gpkg"\nlayer = "vilages"')
    assert "Did you mean 'villages'?" in message
    odd = layers(tmp_path, '[settlements]\npath = "p.gpkg"\nlayer = "towns {{ 7*191 }}"')
    assert len(odd.settlements) == 3


def test_a_table_of_styles_is_no_layer_to_choose_from(tmp_path):
    path = write(places(), tmp_path / "p.gpkg", layer="villages")
    styles = places().drop(columns="geometry").assign(styleQML="<qgis/>")
    write(styles, path, layer="layer_styles", append=True)
    assert len(layers(tmp_path, '[settlements]\npath = "p.gpkg"').settlements) == 3


def test_a_geopackage_without_layers_is_refused(tmp_path):
    path = write(places().drop(columns="geometry"), tmp_path / "p.gpkg", layer="table")
    assert path.exists()
    assert "has no layer of features" in refused(tmp_path, '[settlements]\npath = "p.gpkg"')


def test_a_view_that_never_ends_is_not_read(tmp_path):
    path = write(places(), tmp_path / "p.gpkg", layer="real")
    database = sqlite3.connect(path)
    database.execute(
        "CREATE VIEW trap AS WITH RECURSIVE t(fid) AS (SELECT 1 UNION ALL SELECT fid+1 FROM t) "
        "SELECT fid, NULL AS geom, 'x' AS name FROM t"
    )
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES ('trap','features',4326)"
    )
    database.execute("INSERT INTO gpkg_geometry_columns VALUES ('trap','geom','POINT',4326,0,0)")
    database.commit()
    database.close()
    message = refused(tmp_path, '[settlements]\npath = "p.gpkg"\nlayer = "trap"')
    assert "may be a view" in message
    assert len(layers(tmp_path, '[settlements]\npath = "p.gpkg"').settlements) == 3


# 6 to 9: where things lie


def test_a_layer_without_crs_is_refused_and_one_can_be_named(tmp_path):
    bare = frame(*places().geometry, crs=None, name=["a", "b", "c"])
    with pytest.warns(UserWarning, match="crs"):
        write(bare, tmp_path / "p.shp")
    message = refused(tmp_path, '[settlements]\npath = "p.shp"')
    assert 'has no CRS. Add to this layer in the project crs = "EPSG:4326"' in message
    found = layers(tmp_path, '[settlements]\npath = "p.shp"\ncrs = "EPSG:4326"')
    assert len(found.settlements) == 3
    assert "is no CRS" in refused(tmp_path, '[settlements]\npath = "p.shp"\ncrs = "EPSG:43"')
    assert "is no CRS" in refused(tmp_path, '[settlements]\npath = "p.shp"\ncrs = "roads"')


def test_an_undefined_crs_of_a_geopackage_counts_as_none(tmp_path):
    bare = frame(*places().geometry, crs=None, name=["a", "b", "c"])
    with pytest.warns(UserWarning, match="crs"):
        write(bare, tmp_path / "p.gpkg")
    assert "has no CRS" in refused(tmp_path, '[settlements]\npath = "p.gpkg"')


def test_a_crs_that_contradicts_the_file_is_refused(tmp_path):
    message = refused_places(tmp_path, places(), 'crs = "EPSG:32638"')
    assert "states EPSG:4326, the project EPSG:32638" in message


def test_metres_in_geojson_are_told_and_can_be_named(tmp_path):
    metres = places().to_crs(32638)
    write(metres.set_crs(4326, allow_override=True), tmp_path / "p.geojson")
    message = refused(tmp_path, '[settlements]\npath = "p.geojson"')
    assert "feature 0: lies at longitude" in message
    assert "Are these metres?" in message
    found = layers(tmp_path, '[settlements]\npath = "p.geojson"\ncrs = "EPSG:32638"')
    assert len(found.settlements) == 3


def test_degrees_under_a_metric_crs_are_told(tmp_path):
    wrong = places().set_crs(32638, allow_override=True)
    assert "look like degrees, but its CRS is EPSG:32638" in refused_places(tmp_path, wrong)


def test_a_swapped_line_is_told_though_its_ends_lie_on_the_edge(tmp_path):
    path = made(tmp_path, front=shapely.LineString([(39.0, 46.5), (39.5, 46.5), (40.0, 46.5)]))
    with pytest.raises(FrontlineError, match="longitude and latitude are swapped"):
        read_layers(load_project(path))


def test_a_byte_of_zero_in_a_csv_names_its_line(tmp_path):
    (tmp_path / "p.csv").write_bytes(b"name,lon,lat\nA,46.1,39.5\nB\0C,46.2,39.5\n")
    message = refused(tmp_path, '[settlements]\npath = "p.csv"')
    assert message.startswith("p.csv, feature 3: holds a byte of zero")


def test_numbers_that_overflow_are_nowhere(tmp_path):
    path = made(tmp_path, front=shapely.LineString([(1e300, 39.0), (46.5, 1e300)]))
    with pytest.raises(FrontlineError, match="which is nowhere"):
        read_layers(load_project(path))


def test_swapped_coordinates_are_told(tmp_path):
    swapped = [shapely.Point(p.y, p.x) for p in places().geometry]
    data = frame(*swapped, name=["a", "b", "c"])
    assert "longitude and latitude are swapped" in refused_places(tmp_path, data)
    one = frame(POINT, swapped[1], name=["a", "b"])
    message = refused_places(tmp_path, one, name="one.gpkg")
    assert "feature 2: lies far outside the study area" in message
    north = frame(shapely.Point(39.5, 146.1), name=["a"])
    assert "swapped?" in refused_places(tmp_path, north, name="n.geojson")
    flipped = shapely.transform(LINE, lambda xy: xy[:, ::-1])
    assert "line.geojson: lies outside the study area" in refused(tmp_path, front=flipped)


def test_a_seed_outside_the_study_area_is_named(tmp_path):
    path = made(tmp_path)
    path.write_text(path.read_text().replace("[46.2, 39.5]", "[39.5, 46.2]"))
    with pytest.raises(LayerError, match=r"field 'sides.West.seed': .*write \[longitude, latit"):
        read_layers(load_project(path))


def test_a_line_elsewhere_is_refused_and_places_elsewhere_are_counted(tmp_path):
    away = shapely.transform(LINE, lambda xy: xy + np.array([10, 0]))
    assert "lies outside the study area. Check its CRS" in refused(tmp_path, front=away)
    data = frame(POINT, shapely.Point(47.5, 39.5), name=["in", "out"])
    found = with_places(tmp_path, data)
    assert "settlements: Outside the study area: 1 of 2 features. [1]" in said(found)


def test_coordinates_that_no_projection_reaches_are_named(tmp_path):
    metres = places().to_crs(32638)
    far = [*metres.geometry[:2], shapely.Point(1e30, 1e30)]
    message = refused_places(tmp_path, frame(*far, crs=32638, name=["a", "b", "c"]))
    assert message.startswith("places.gpkg, layer 'layer', feature 3: the coordinates (1e+30")
    area = frame(shapely.box(1e30, 0, 2e30, 1e30), crs=32638)
    write(area, tmp_path / "area.gpkg")
    (tmp_path / "area.gpkg").rename(tmp_path / "area.geojson")
    assert refused(tmp_path, study_area=None).startswith("area.geojson")


def test_a_crs_of_a_machine_or_of_the_whole_earth_is_no_place(tmp_path):
    write(places(), tmp_path / "p.geojson")
    for crs in ("EPSG:4978", 'LOCAL_CS[\\"x\\", UNIT[\\"m\\", 1]]'):
        message = refused(tmp_path, f'[settlements]\npath = "p.geojson"\ncrs = "{crs}"')
        assert "is no CRS" in message


# 11, 12: geometry


BAD_SHAPES = {
    "nothing": None,
    "empty": shapely.Point(),
    "several": shapely.MultiPoint([(46.1, 39.5), (46.2, 39.5)]),
    "a line": LINE,
}


@pytest.mark.parametrize("shape", BAD_SHAPES)
def test_a_place_without_a_usable_geometry_is_dropped_and_counted(tmp_path, shape):
    found = with_places(
        tmp_path, frame(POINT, BAD_SHAPES[shape], name=["good", "bad"]), name="p.geojson"
    )
    assert list(found.settlements["name"]) == ["good"]
    assert "Left out, for want of a usable geometry: features 1 (" in said(found)
    assert "[1]" in said(found)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_coordinates_that_are_no_numbers_are_dropped_or_refused(tmp_path, value):
    write_json(tmp_path / "p.geojson", "[46.1, 39.5]", f"[{value}, 39.5]")
    found = layers(tmp_path, '[settlements]\npath = "p.geojson"')
    assert len(found.settlements) == 1
    assert "features 1 (has a coordinate that is not a finite number)" in said(found)
    good, bad = "[[46.5, 39], [46.5, 40]]", f"[[46.5, 39], [46.5, {value}]]"
    write_json(tmp_path / "line.geojson", good, bad, kind="LineString")
    message = refused(tmp_path, front=None)
    assert message == (
        "line.geojson, feature 1: has a coordinate that is not a finite number. "
        "Draw it anew, or remove it."
    )


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (None, "has no geometry"),
        (shapely.LineString(), "has an empty geometry"),
        (shapely.LineString([(46.5, 39), (46.5, 39)]), "has a line of length 0"),
    ],
)
def test_every_piece_of_a_line_counts(tmp_path, shape, words):
    write(frame(LINE, shape, name=["a", "b"]), tmp_path / "line.geojson")
    message = refused(tmp_path, front=None)
    assert message.startswith("line.geojson, feature 1")
    assert words in message


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        (shapely.Point(46.5, 39.5), "Point"),
        (AREA, "Polygon"),
        (shapely.GeometryCollection([POINT]), "GeometryCollection"),
    ],
)
def test_what_is_no_line_is_left_out_beside_a_line_and_counted(tmp_path, shape, kind):
    write(frame(LINE, shape, name=["a", "b"]), tmp_path / "line.geojson")
    found = layers(tmp_path, front=None)
    assert len(found.lines["front"]) == 1
    note = f"front: Left out, as the layer is read for its lines: {kind}. [1]"
    assert note in said(found)


def test_a_layer_of_the_wrong_kind_altogether_is_an_error(tmp_path):
    data = frame(LINE, LINE, name=["a", "b"])
    assert "is a LineString (expected point or polygon)" in refused_places(tmp_path, data)


def test_a_collection_gives_the_parts_that_are_wanted(tmp_path):
    mixed = shapely.GeometryCollection([LINE, POINT])
    found = layers(tmp_path, front=mixed)
    assert list(found.lines["front"].geom_type) == ["LineString"]


BOW_TIE = shapely.Polygon([(46.0, 39.0), (47.0, 40.0), (47.0, 39.0), (46.0, 40.0)])


def test_a_polygon_that_crosses_itself_is_refused_with_the_place(tmp_path):
    message = refused(tmp_path, study_area=BOW_TIE)
    assert "area.geojson, feature 0: crosses or touches itself (self-intersection)" in message
    assert "at longitude 46.50000, latitude 39.50000" in message
    assert "repair = true" in message


def test_the_place_of_a_crossing_is_in_degrees_whatever_the_crs(tmp_path):
    utm = frame(BOW_TIE).to_crs(32638).geometry[0]
    area = frame(utm, crs=32638, name=["a"])
    write(area, tmp_path / "d.gpkg")
    message = refused(tmp_path, '[[partitions]]\nkey="d"\nlabel="d"\npath="d.gpkg"')
    assert "at longitude 46.4" in message or "at longitude 46.5" in message


def test_a_crossing_polygon_is_mended_on_request_and_the_area_reported(tmp_path):
    front = shapely.LineString([(46.5, 39.0), (46.5, 40.0)])
    found = layers(tmp_path, area="repair = true", study_area=BOW_TIE, front=front)
    whole = layers(tmp_path).study_area.area
    assert found.study_area.area == pytest.approx(whole / 2, rel=2e-3)
    assert "mended:" in said(found)
    assert "km2 as drawn" in said(found)


def test_a_polygon_of_which_nothing_is_left_is_refused_even_on_request(tmp_path):
    sliver = shapely.Polygon([(46, 39), (47, 40), (46.5, 39.5), (46, 39)])
    message = refused(tmp_path, area="repair = true", study_area=sliver)
    assert "area.geojson, feature 0" in message
    assert "no area is left" in message


# 13: cells


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("1 200", "has separators (expected digits only). Write 1200 if that is meant."),
        ("1,200", "Write 1200"),
        ("1.200.000", "Write 1200000"),
        ("1\u00a0200", "Write 1200"),
        ("n/a", "'n/a' is not a whole number. Leave the cell empty if unknown."),
        ("-5", "-5 is negative"),
        ("99999999999999", "more people than there are"),
        ("=1+1", "is not a whole number"),
        ("٣٠٠x", "is not a whole number"),
    ],
)
def test_each_wrong_population_is_named_by_cell(tmp_path, cell, words):
    message = refused_places(tmp_path, places(population=["5", cell, "7"]))
    assert "places.gpkg, layer 'layer', feature 2, field 'population':" in message
    assert words in message


@pytest.mark.parametrize(
    ("cells", "words"),
    [([1.0, -2.5, 3.0], "negative"), ([1, -2, 3], "negative"), ([True, False, True], "")],
)
def test_each_wrong_number_is_named_by_cell(tmp_path, cells, words):
    message = refused_places(tmp_path, places(population=cells))
    assert "field 'population'" in message
    assert words in message


def test_large_and_unknown_populations_are_kept_apart(tmp_path):
    found = with_places(tmp_path, places(population=[2_000_000_000, 4_000_000_000, None]))
    column = found.settlements["population"]
    assert column.sum() == 6_000_000_000
    assert column.isna().tolist() == [False, False, True]
    text = with_places(tmp_path, places(population=["2000000000", " 7 ", ""]), name="t.gpkg")
    assert text.settlements["population"].sum() == 2_000_000_007


def test_problems_of_all_layers_come_at_once(tmp_path):
    write(places(population=["1 200", "n/a", "-5"], population_kind="people"), tmp_path / "p.gpkg")
    write(frame(POINT, nome=["x"]), tmp_path / "q.gpkg")
    more = '[settlements]\npath = "p.gpkg"\n[points]\npath = "q.gpkg"\n[districts]\npath = "no.csv"'
    (tmp_path / "no.csv").write_text("a,b\n1,2\n")
    message = refused(tmp_path, more, study_area=BOW_TIE)
    for words in ("crosses or touches itself", "Write 1200", "'n/a'", "negative", "column 'name'"):
        assert words in message
    assert "can hold points only" in message


@pytest.mark.parametrize("kind", ["residants", "people", "1"])
def test_an_unknown_kind_of_figure_is_refused(tmp_path, kind):
    message = refused_places(tmp_path, places(population_kind=["residents", kind, None]))
    assert "feature 2, field 'population_kind'" in message
    assert "residents, registered, displaced" in message


@pytest.mark.parametrize("date", ["2015", "2015-03", "2015-03-01"])
def test_dates_are_kept_as_exactly_as_they_are_known(tmp_path, date):
    table = with_places(tmp_path, places(population_date=[date, None, ""])).settlements
    assert list(table["population_date"]) == [date, "", ""]


@pytest.mark.parametrize("date", ["15", "2015-13", "03/2015", "2015-02-30", "c. 2015"])
def test_what_is_no_date_is_refused(tmp_path, date):
    message = refused_places(tmp_path, places(population_until=[date, None, None]))
    assert "feature 1, field 'population_until'" in message
    assert "expected YYYY, YYYY-MM or YYYY-MM-DD" in message


def test_a_figure_that_never_holds_is_refused(tmp_path):
    data = places(population_from=["2021", None, None], population_until=["2020-10", "", ""])
    assert "is later than population_until" in refused_places(tmp_path, data)


@pytest.mark.parametrize("cells", [["500", "x"], [500.0, -1.0], [500.0, None], [500.0, 1e9]])
def test_each_error_of_a_line_is_a_distance(tmp_path, cells):
    write(frame(LINE, LINE, err=cells), tmp_path / "line.geojson")
    assert "feature 1" in refused(tmp_path, line='error_m = "err"', front=None)


def test_a_column_that_does_not_exist_is_named_with_the_nearest(tmp_path):
    message = refused_places(tmp_path, places(), 'columns = { population = "popluation" }')
    assert "has no column 'popluation'. Did you mean 'population'?" in message
    assert 'Name it: columns = { name = "..." }' in refused_places(
        tmp_path, places().drop(columns="name"), name="q.gpkg"
    )


def test_lists_and_objects_are_carried_as_text_and_refused_where_a_value_is_due(tmp_path):
    write_json(tmp_path / "p.geojson", "[46.1, 39.5]", "[46.2, 39.5]")
    text = (tmp_path / "p.geojson").read_text()
    extra = '"name": "0", "tags": {"a": 1}, "list": [1, 2], "at": "10:00:00"'
    (tmp_path / "p.geojson").write_text(text.replace('"name": "0"', extra))
    table = layers(tmp_path, '[settlements]\npath = "p.geojson"').settlements
    assert table["list"][0] == "[1, 2]"
    assert isinstance(table["tags"][0], str)
    assert table["at"][0] == "10:00:00"
    bad = text.replace('"name": "0"', '"name": "0", "population": [1, 2]')
    (tmp_path / "p.geojson").write_text(bad)
    message = refused(tmp_path, '[settlements]\npath = "p.geojson"')
    assert "feature 0, field 'population': holds a list or an object" in message


def test_a_column_called_geometry_is_not_lost(tmp_path):
    write_json(tmp_path / "p.geojson", "[46.1, 39.5]")
    text = (tmp_path / "p.geojson").read_text()
    (tmp_path / "p.geojson").write_text(text.replace('"name": "0"', '"name": "0", "geometry": "g"'))
    table = layers(tmp_path, '[settlements]\npath = "p.geojson"').settlements
    assert list(table["geometry_input"]) == ["g"]


def test_an_area_larger_than_a_region_is_refused_by_name(tmp_path):
    message = refused(tmp_path, study_area=shapely.box(-170, -80, 170, 80))
    assert message.startswith("area.geojson: the area reaches more than 5,000 km")


# 14: twice


def test_a_place_listed_twice_counts_once(tmp_path):
    near = shapely.Point(46.10001, 39.5)
    data = frame(
        *(POINT, near, near, shapely.Point(46.3, 39.5), near),
        name=["Alpha", "ALPHA ", "Omega", "Alpha", "Alpha"],
        population=[None, 100, 7, 50, 90],
    )
    found = with_places(tmp_path, data)
    assert list(found.settlements["name"]) == ["ALPHA ", "Omega", "Alpha"]
    assert list(found.settlements["population"]) == [100, 7, 50]
    assert "Listed twice, kept once: 'Alpha' (1" in said(found)
    assert "100 kept, not 90" in said(found)
    for seed in range(4):
        shuffled = data.sample(frac=1, random_state=seed)
        again = with_places(tmp_path, shuffled, name=f"{seed}.gpkg").settlements
        assert sorted(again["population"]) == [7, 50, 100]


def test_ten_thousand_rows_of_one_place_are_one(tmp_path):
    data = frame(*[POINT] * 10_000, name=["A"] * 10_000, population=range(10_000))
    found = with_places(tmp_path, data)
    assert list(found.settlements["population"]) == [9_999]
    assert "[9999]" in said(found)


def test_figures_of_another_kind_or_time_are_no_duplicates(tmp_path):
    data = frame(
        *(POINT, POINT, POINT),
        name=["A", "A", "A"],
        id=["a", "a", "a"],
        population=[1, 2, 3],
        population_kind=["residents", "registered", "residents"],
        population_from=["", "", "2021"],
    )
    found = with_places(tmp_path, data)
    assert list(found.settlements["id"]) == ["a", "a-2", "a-3"]


def test_one_id_for_two_places_is_refused(tmp_path):
    message = refused_places(tmp_path, places(id=["7", "8", "7"]))
    assert "feature 3, field 'id': id '7' is that of feature 1 as well" in message


# 15, 28: names


TRAPS = [
    *("{{ 7*191 }}", "{% raw %}", "${alert(1)}", "</script><script>alert(1)</script>", "`a\\b`"),
    *("\u202eabc\u202c", "a\tb", "a\nb", "'; DROP TABLE x; --", '=HYPERLINK("x")', "𝔸🏔", "\u200f"),
]


@pytest.mark.parametrize("name", ["p.gpkg", "p.geojson", "p.fgb", "p.shp", "p.csv"])
def test_names_are_data_and_pass_unharmed(tmp_path, name):
    data = frame(*[shapely.Point(46.1 + i / 100, 39.5) for i in range(len(TRAPS))], name=TRAPS)
    if name.endswith("csv"):
        import csv

        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            rows = [[trap, 46.1 + i / 100, 39.5] for i, trap in enumerate(TRAPS)]
            csv.writer(file).writerows([["name", "lon", "lat"], *rows])
    else:
        write(data, tmp_path / name)
    found = layers(tmp_path, f'[settlements]\npath = "{name}"')
    assert sorted(found.settlements["name"]) == sorted(TRAPS)


@pytest.mark.parametrize(
    "name",
    [
        *("two words.gpkg", "карта.gpkg", "100%41.gpkg", "-o.gpkg", "a;b?c!d.gpkg", "a#b.gpkg"),
        *("a'b.gpkg", "a`$(x).gpkg", "a\nb.gpkg", "GPKG:x.gpkg", "a:b.geojson", "a b.fgb"),
        *("%2e.shp", "a!b.shp", "p.zip", "no ending", "x.gpkg.geojson"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows allows none of these names")
def test_files_of_any_name_are_read(tmp_path, name):
    ending = {".fgb": "fgb", ".shp": "shp"}.get(Path(name).suffix, "gpkg")
    (tmp_path / "made").mkdir()
    write(places(), tmp_path / "made" / f"plain.{ending}")
    for part in list((tmp_path / "made").iterdir()):
        target = f"{Path(name).stem}{part.suffix}" if ending == "shp" else name
        shutil.copy(part, tmp_path / target)
    written = name.replace("\n", "\\n")
    found = layers(tmp_path, f'[settlements]\npath = "{written}"')
    assert sorted(found.settlements["name"]) == ["Alpha", "Beta", "Gamma"]


# tables of text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,lon,lat\nA,46.1\n", "feature 2: has 2 cells (expected 3)"),
        ("name,lon,lat\nA,46;1,39.5\n", "'46;1' is not a coordinate"),
        ('name;lon;lat\nA;"46,1";39.5\n', "Write a decimal point"),
        ("name,lon,lat\nA,,39.5\n", "has only one of its two coordinates"),
        ("name,lon,lat\nA,nan,39.5\n", "'nan' is not a coordinate"),
        ("name,east,north\nA,46.1,39.5\n", 'Name it: columns = { lon = "..." }'),
        ("town,lon,lat\nA,46.1,39.5\n", "has no column 'name'"),
        ('name,lon,lat\n"A,46.1,39.5\n', "is not a table"),
        ("name,lon,lat\nA,39.5,146.1\n", "swapped?"),
        ("\n", "has no column"),
    ],
)
def test_a_table_of_text_is_refused_by_cell(tmp_path, text, words):
    (tmp_path / "p.csv").write_text(text)
    assert words in refused(tmp_path, '[settlements]\npath = "p.csv"')


def test_the_encoding_of_a_table_can_be_named(tmp_path):
    text = "name,lon,lat\nШуша,46.1,39.5\n"
    (tmp_path / "p.csv").write_bytes(text.encode("cp1251"))
    assert "is not text in UTF-8" in refused(tmp_path, '[settlements]\npath = "p.csv"')
    found = layers(tmp_path, '[settlements]\npath = "p.csv"\nencoding = "cp1251"')
    assert list(found.settlements["name"]) == ["Шуша"]
    (tmp_path / "p.csv").write_bytes(text.encode("utf-16"))
    assert list(layers(tmp_path, '[settlements]\npath = "p.csv"').settlements["name"]) == ["Шуша"]


def test_a_workbook_with_faults_is_refused_by_cell(tmp_path):
    book = openpyxl.Workbook()
    for row in (["name", "lon", "lat", "population"], ["A", 46.1, 39.5, "1 200"], ["B", "x", 1, 2]):
        book.active.append(row)
    book.save(tmp_path / "p.xlsx")
    message = refused(tmp_path, '[settlements]\npath = "p.xlsx"')
    assert "layer 'Sheet', feature 3, field 'lon': 'x' is not a coordinate" in message


def test_our_error_is_what_the_command_line_catches():
    assert issubclass(LayerError, FrontlineError)
