"""Public files hold nothing of a restricted feature: not its name, not its place, in no form."""

import dataclasses
import io
import struct
import zipfile

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from factories.layers import write
from factories.projects import Layout, made_project

from frontline.errors import ProjectError
from frontline.export.publish import verify
from frontline.project.loader import load_project
from frontline.results.redaction import keep_public, remove_restricted
from frontline.workflow.run import compute, run

LAYOUT = Layout()
HIDDEN = 'sensitivity = "restricted"'
SPOTS = {  # kilometres east and north of each feature that nobody is to find
    "settlements": [(-3.3, 5.7), (-11.1, -8.9), (2.7, -4.3), (8.3, 10.9), (19.7, 0.3)],
    "points": [(4.1, 7.7), (-6.3, -2.9)],
    "corridors": [(-24.7, 1.3), (23.9, -1.7)],
    "districts": [(-27.1, -17.3), (5.9, 16.1)],
    "partition": [(-9.7, 13.3), (13.9, -11.7)],
    "links": [(-7.7, 3.1)],
    "events": [(1.9, 9.1), (-1.3, -12.7)],
}


def places(layer):
    return [
        (point.x, point.y) for point in LAYOUT.placed([shapely.Point(at) for at in SPOTS[layer]])
    ]


def named(layer, count):
    """Columns of a layer, every cell of them a word that must not be seen again."""
    words = [f"Q{layer.upper()}{number}" for number in range(count)]
    return {
        "id": [f"{word}id" for word in words],
        "name": [f"{word}name" for word in words],
        "name_alt": [f"{word}alt" for word in words],
        f"Q{layer}column": [f"{word}own" for word in words],
    }


def secret_project(folder):
    """A project in which everything that can be restricted is, but lines, land and elevation."""
    path = made_project(folder, LAYOUT, draws=0, more="", elevation=True)
    found = {layer: np.array(places(layer)) for layer in SPOTS}
    points = [shapely.Point(xy) for xy in found["settlements"]]
    people = {"population": [1000 + row for row in range(5)], "population_source": ["QSOURCE"] * 5}
    layers = {
        "settlements": (points, named("settlements", 5) | people),
        "points": ([shapely.Point(xy) for xy in found["points"]], named("points", 2)),
        "corridors": ([shapely.LineString(found["corridors"])], named("corridors", 1)),
        "districts": (
            [shapely.box(*found["districts"].ravel())],
            named("districts", 1) | {"code": ["QDISTRICTScode"], "population": [9000]},
        ),
        "partition": ([shapely.box(*found["partition"].ravel())], named("partition", 1)),
    }
    for layer, (shapes, columns) in layers.items():
        write(gpd.GeoDataFrame(columns, geometry=shapes, crs=4326), folder / f"Qfile_{layer}.gpkg")
    (lon, lat), (one, two) = found["links"][0].tolist(), found["events"].tolist()
    (folder / "Qfile_links.csv").write_text(
        f"place,kind,name,lon,lat,source\nQSETTLEMENTS0id,water,QLINKname,{lon!r},{lat!r},QLINKsource\n"
    )
    (folder / "Qfile_events.csv").write_text(
        "date,name,lon,lat,lon_2,lat_2,source\n"
        f"2012-05-05,QEVENTname,{one[0]!r},{one[1]!r},{two[0]!r},{two[1]!r},QEVENTsource\n"
    )
    (folder / "Qfile_flows.csv").write_text(
        "what,origin,amount,date,source\nQFLOWwhat,QFLOWorigin,77,2012,QFLOWsource\n"
    )
    _raster(folder / "Qfile_people.tif")
    text = path.read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if not line.startswith(("settle", "corri", "distr"))]
    tables = [
        f'[{name}]\npath = "Qfile_{name}.{ending}"\nsource = "Q{name}source"\n{HIDDEN}\n'
        for name, ending in [
            (n, "gpkg") for n in ("settlements", "points", "corridors", "districts")
        ]
        + [(n, "csv") for n in ("links", "events", "flows")]
    ]
    more = f"""
[elevation]
path = "dem.tif"
[sight]
spacing_m = 2000
radius_m = 5000
[[partitions]]
key = "border"
label = "Qborderlabel"
path = "Qfile_partition.gpkg"
{HIDDEN}
[[population]]
key = "raster"
kind = "count"
path = "Qfile_people.tif"
source = "Qpeoplesource"
{HIDDEN}
[[sections]]
key = "part"
label = "Part"
line = "old"
partition = "districts"
parts = ["QDISTRICTScode"]
[[scenarios]]
key = "handed"
label = "Handed over"
from_line = "old"
hand_over = "districts"
parts = ["QDISTRICTScode"]
to_side = "East"
[outputs]
write = ["geopackage", "workbook", "page", "report", "rasters", "geojson"]
"""
    path.write_text("\n".join([*kept, *tables, more]), encoding="utf-8")
    (folder / "claims.toml").write_text(
        """[[reports]]
key = "r"
title = "Report"
date = 2020-01-01
[[claims]]
id = "A1"
report = "r"
statement = "QSTATEMENT lies near."
metric = "place_distance"
parameters = { place = "QSETTLEMENTS0id", line = "old" }
stated = [{ value = 3.3, unit = "km" }]
""",
        encoding="utf-8",
    )
    return path


def _raster(path):
    profile = {"driver": "GTiff", "width": 120, "height": 80, "count": 1, "dtype": "float32"}
    onto = rasterio.Affine(500, 0, -30_000, 0, -500, 20_000)
    with rasterio.open(path, "w", crs=LAYOUT.plane, transform=onto, **profile) as out:
        out.write(np.full((80, 120), 0.5, dtype="float32"), 1)


def everything(folder):
    """Every file as bytes, the members of archives as well."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield from _whole(path.relative_to(folder).as_posix(), path.read_bytes())


def _whole(name, content):
    yield name, content
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from _whole(f"{name}/{member}", archive.read(member))


def forms(xy):
    """How a coordinate may be written: decimals, cut or rounded, and the bytes of a number."""
    for value in xy:
        yield from (f"{value:.{digits}f}".encode() for digits in (4, 5, 6, 7))
        yield from (f"{value:.9f}"[: 3 + digits].encode() for digits in (4, 5, 6))
        yield from (struct.pack(kind, value) for kind in ("<d", ">d", "<f", ">f"))


def leaks(folder, words, spots):
    found = []
    for name, content in everything(folder):
        low = content.lower()
        found += [(name, word) for word in words if word.lower().encode() in low]
        found += [(name, xy) for xy in spots if sum(form in content for form in set(forms(xy))) > 1]
    return found


WORDS = (
    *(f"Q{layer}" for layer in ("settlements", "points", "corridors", "districts", "partition")),
    *("QLINK", "QEVENT", "QFLOW", "Qfile_", "QSOURCE", "QSTATEMENT", "Qborderlabel"),
    *("Qlinkssource", "Qeventssource", "Qflowssource", "Qpeoplesource"),
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The same project twice: for the public, and whole."""
    folder = tmp_path_factory.mktemp("secret")
    path = secret_project(folder)
    run(path, out=folder / "public", public=True)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"page", "report", "rasters", ', ""), encoding="utf-8")
    run(path, out=folder / "whole")
    return folder


def test_the_search_finds_what_is_there(runs):
    spots = [xy for layer in ("settlements", "points", "corridors") for xy in places(layer)]
    found = leaks(runs / "whole", WORDS, spots)
    assert {word for _, word in found if isinstance(word, str)} >= {"Qsettlements", "QEVENT"}
    assert {xy for _, xy in found if not isinstance(xy, str)} >= set(places("settlements"))
    assert len({name for name, _ in found}) > 8


def test_nothing_restricted_is_in_any_byte_of_public_files(runs):
    spots = [xy for layer in SPOTS for xy in places(layer)]
    found = leaks(runs / "public", WORDS, spots)
    assert not found, "\n".join(map(str, found))
    assert verify(runs / "public") == []


def test_public_files_say_what_was_left_out(runs):
    page = (runs / "public/map.html").read_text(encoding="utf-8")
    assert "The layer is restricted and was left out: no figure draws on it." in page
    manifest = (runs / "public/manifest.json").read_text(encoding="utf-8")
    assert '"public": true' in manifest
    assert "restricted/" not in manifest
    zones = (runs / "public/tables/zones.csv").read_text(encoding="utf-8")
    assert "settlements," not in zones.split("\n", 1)[1]


def test_a_restricted_raster_alone_is_left_out_too(tmp_path):
    more = f"""[sight]
enabled = false
[outputs]
write = []
[[population]]
key = "raster"
kind = "count"
path = "Qfile_people.tif"
source = "Qpeoplesource"
{HIDDEN}
"""
    path = made_project(tmp_path, LAYOUT, draws=0, more=more, elevation=False)
    text = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line for line in text if "districts" not in line), encoding="utf-8")
    _raster(tmp_path / "Qfile_people.tif")
    run(path, out=tmp_path / "public", public=True)
    assert leaks(tmp_path / "public", WORDS, []) == []
    manifest = (tmp_path / "public/manifest.json").read_text(encoding="utf-8")
    assert '"population": []' in manifest


def test_a_table_that_does_not_say_what_it_lists_reaches_no_public_file(tmp_path):
    path = made_project(tmp_path, LAYOUT, draws=0, more="", elevation=False)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('layer = "roads" }', f'layer = "roads", {HIDDEN} }}'), "utf-8")
    project = load_project(path)
    public = remove_restricted(project)
    results = compute(public.project)
    silent = {"unheard_of": results.lines, "crossings": results.lines}
    results = dataclasses.replace(results, further={**results.further, **silent})
    kept = keep_public(results, public=public, project=project)
    assert not {"unheard_of", "crossings"} & set(kept.further)
    assert {"partitions", "steps", "nearness"} <= set(kept.further)
    with pytest.raises(ProjectError, match="took part in these results"):
        keep_public(dataclasses.replace(results, project=project), public=public, project=project)


def test_what_speaks_of_restricted_columns_and_kinds_goes_with_them(tmp_path):
    more = """[sight]
enabled = false
target_height_column = "Qheight"
[travel]
speeds_kmh = { Qhaulroad = 30 }
checkpoint_kind = "Qgate"
[points]
path = "layers.gpkg"
layer = "places"
sensitivity = "restricted"
[[sections]]
key = "north"
line = "old"
partition = "districts"
parts = ["QN"]
[[scenarios]]
key = "given"
label = "Given"
from_line = "old"
hand_over = "districts"
parts = ["QN"]
to_side = "East"
"""
    path = made_project(tmp_path, LAYOUT, draws=0, more=more, elevation=False)
    text = path.read_text(encoding="utf-8")
    for layer in ("roads", "places", "districts"):
        text = text.replace(f'layer = "{layer}" }}', f'layer = "{layer}", {HIDDEN} }}')
    path.write_text(text, encoding="utf-8")
    public = remove_restricted(load_project(path))
    assert public.hidden == ("settlements", "corridors", "points", "districts")
    assert "Q" not in repr(public)
    assert not public.project.sections
    assert not public.project.scenarios
    counts = {note.about: note.count for note in public.notes}
    assert (counts["sections"], counts["scenarios"]) == (1, 1)
