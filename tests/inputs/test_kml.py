"""KML: every feature in it is read, or it is said that some are not."""

import zipfile

import pytest
from factories.layers import LINE, frame, layers, made, said, write
from factories.refusals import refused
from shapely import LineString, Point

from frontline.inputs.layers import read_layers
from frontline.project.loader import load_project

HEAD = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
TAIL = "</Document></kml>"


def mark(name, lon=46.1):
    where = f"<Point><coordinates>{lon},39.5</coordinates></Point>"
    return f"<Placemark><name>{name}</name>{where}</Placemark>"


def link(href):
    return f"<NetworkLink><Link><href>{href}</href></Link></NetworkLink>"


def packed(folder, **files):
    with zipfile.ZipFile(folder / "p.kmz", "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.kml", text)


KMZ = '[settlements]\npath = "p.kmz"\n'
KML = '[settlements]\npath = "p.kml"\n'


def test_of_several_files_in_an_archive_none_is_lost_in_silence(tmp_path):
    packed(tmp_path, doc=HEAD + mark("A") + TAIL, other=HEAD + mark("B") + mark("C") + TAIL)
    assert "holds 3 features, of which 1 can be read" in refused(tmp_path, KMZ)


def test_a_link_elsewhere_is_told(tmp_path):
    (tmp_path / "p.kml").write_text(HEAD + mark("A") + link("https://maps.example/b.kml") + TAIL)
    found = layers(tmp_path, KML)
    assert len(found.settlements) == 1
    assert "points to 1 other files (NetworkLink): these are not read" in said(found)
    (tmp_path / "p.kml").write_text(HEAD + link("https://maps.example/b.kml") + TAIL)
    assert "only points to other files" in refused(tmp_path, KML)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_an_encoding_of_wide_letters_is_read(tmp_path, encoding):
    declared = '<?xml version="1.0" encoding="UTF-16"?>' if encoding == "utf-16" else ""
    text = declared + HEAD + mark("Шуша") + TAIL
    (tmp_path / "p.kml").write_bytes(text.encode(encoding))
    assert layers(tmp_path, KML).settlements["name"].tolist() == ["Шуша"]


def test_a_long_comment_before_the_first_element_is_no_matter(tmp_path):
    (tmp_path / "p.kml").write_text(f"<!-- {'x' * 6000} -->" + HEAD + mark("A") + TAIL)
    assert len(layers(tmp_path, KML).settlements) == 1


def test_entities_are_refused(tmp_path):
    bomb = '<!DOCTYPE kml [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    (tmp_path / "p.kml").write_text(bomb + HEAD + mark("&b;") + TAIL)
    assert "declares a document type or entities" in refused(tmp_path, KML)


# published fronts: lines, label points and folders in one file


def front(folder, text, more=""):
    path = made(folder, front=None)
    (folder / "line.kml").write_text(text)
    project = path.read_text().replace('path = "line.geojson"', f'path = "line.kml"\n{more}')
    path.write_text(project)
    return path


def course(low, high):
    where = f"<coordinates>46.5,{low} 46.5,{high}</coordinates>"
    return f"<Placemark><name>front</name><LineString>{where}</LineString></Placemark>"


def test_label_points_beside_a_line_are_left_out_and_counted(tmp_path):
    text = HEAD + course(39, 39.5) + mark("label") + course(39.5, 40) + TAIL
    found = read_layers(load_project(front(tmp_path, text)))
    assert len(found.lines["front"]) == 2
    assert "front: Left out, as the layer is read for its lines: Point. [1]" in said(found)


def test_points_alone_are_no_line(tmp_path):
    write(frame(Point(46.5, 39.5), Point(46.5, 39.6)), tmp_path / "line.geojson")
    assert "is a Point (expected line)" in refused(tmp_path, front=None)


def test_two_folders_are_one_line_when_both_are_named(tmp_path):
    folders = "".join(
        f"<Folder><name>{name}</name>{course(*ends)}</Folder>"
        for name, ends in (("A", (39, 39.5)), ("B", (39.5, 40)))
    )
    path = front(tmp_path, HEAD + folders + TAIL, 'layer = ["A", "B"]')
    assert len(read_layers(load_project(path)).lines["front"]) == 2


def test_layers_of_one_geopackage_are_read_together(tmp_path):
    write(frame(LineString([(46.5, 39), (46.5, 39.5)])), tmp_path / "l.gpkg", layer="A")
    write(
        frame(LineString([(46.5, 39.5), (46.5, 40)])), tmp_path / "l.gpkg", layer="B", append=True
    )
    path = made(tmp_path, front=None)
    for named, words in (('["A", "B"]', ""), ('["A", "C"]', "Did you mean")):
        text = path.read_text().replace("line.geojson", "l.gpkg")
        text = text.replace('path = "l.gpkg"', f'path = "l.gpkg"\nlayer = {named}')
        other = tmp_path / "other.toml"
        other.write_text(text)
        if not words:
            assert len(read_layers(load_project(other)).lines["front"]) == 2
    assert LINE.length == 1
