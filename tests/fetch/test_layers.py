"""`frontline fetch places`, `roads` and `boundaries`, against the providers' layouts."""

import json
import math
from dataclasses import replace

import geopandas as gpd
import pytest
import shapely
from factories.osm import pbf
from factories.projects import made_project
from factories.providers import (
    API,
    EXTRACT,
    GEOFABRIK,
    GEONAMES,
    NAMES,
    NODES,
    TOWNS,
    WAYS,
    WHOLE,
    release,
    shapes,
    spoken,
    stock_boundaries,
    stock_geofabrik,
    stock_geonames,
    zipped,
)
from factories.server import Page
from hypothesis import given
from hypothesis import strategies as st

from frontline.cli.main import main
from frontline.errors import DownloadError, ProjectError
from frontline.fetch.http import HttpClient
from frontline.fetch.layers import fetch_boundaries, fetch_places, fetch_roads
from frontline.fetch.osm import check_pbf, parse_speed
from frontline.fetch.request import FetchRequest
from frontline.inputs.layers import read_layers
from frontline.project.loader import load_project


@pytest.fixture
def project(tmp_path):
    """About 20 E 45 N, without settlements, corridors and districts of its own."""
    folder = tmp_path / "project"
    folder.mkdir()
    path = made_project(folder, elevation=False, more='[fetch]\ncountries = ["RUR", "SYL"]\n')
    dropped = ("settlements", "corridors", "districts")
    kept = [line for line in path.read_text().splitlines() if not line.startswith(dropped)]
    path.write_text("\n".join(kept) + "\n")
    return path


@pytest.fixture
def request_(server, tmp_path):
    return FetchRequest(
        HttpClient(tmp_path / "cache", mirror=server.address, wait_s=0.01, timeout_s=5)
    )


def notes(project, name):
    return json.loads((project.parent / f"fetched/{name}.json").read_text(encoding="utf-8"))


def layer(project, name, which):
    return gpd.read_file(project.parent / f"fetched/{name}.gpkg", layer=which)


# GeoNames


def test_settlements_of_two_countries_with_their_names(server, project, request_):
    stock_geonames(server, TOWNS, NAMES)
    said = fetch_places(project, request=request_)
    found = layer(project, "places", "settlements").set_index("name")
    assert sorted(found.index) == ["Klow", "Ruina", "Selo", "Zenda"]
    assert found.loc["Zenda", "population"] == 1200
    assert math.isnan(found.loc["Selo", "population"])  # GeoNames writes 0 for unknown
    assert found.loc["Zenda", "names"] == "en=Zenda; hy=Զենդա; ru=Зенда-град"
    assert found.loc["Zenda", "name_other"] == "Zenda Castle; Зенда; Зенда-град; Զենդա"
    assert found.loc["Ruina", "feature_code"] == "PPLW"
    assert found.loc["Zenda", "id"] == "geonames/1"
    assert found.loc["Zenda"].geometry.equals(shapely.Point(20.1, 45.05))
    assert notes(project, "places")["licence"].startswith("CC BY 4.0")
    assert len(notes(project, "places")["files"]) == 4
    assert "Added [settlements] to project.toml." in said
    read = read_layers(load_project(project)).settlements
    assert list(read["name"]) == list(found.index)
    assert read["population_date"].tolist() == [""] * 4  # undated: GeoNames gives no year


@pytest.mark.parametrize("columns", [10, 8])
def test_the_name_of_today_stands_for_a_language(server, project, request_, columns):
    names = [
        spoken(1, "ru", "Анненбург", historic="1"),
        spoken(1, "ru", "Яя Зенда", preferred=""),
        spoken(1, "ru", "Абв", colloquial="1"),
        spoken(1, "az", "Alte Zenda", historic="1"),
    ]
    stock_geonames(server, TOWNS, [row[:columns] for row in names])
    fetch_places(project, request=request_)
    zenda = layer(project, "places", "settlements").set_index("name").loc["Zenda"]
    assert zenda["names"] == "az=Alte Zenda; ru=Яя Зенда"
    assert zenda["name_other"] == "Alte Zenda; Абв; Анненбург; Яя Зенда"


def test_without_countries_those_that_may_be_meant_are_named(server, project, request_):
    project.write_text(project.read_text().replace('countries = ["RUR", "SYL"]', ""))
    with pytest.raises(ProjectError, match=r'no country is named.*Add countries = \["UKR"\]'):
        fetch_places(project, request=request_)
    stock_geonames(server, TOWNS, NAMES)
    stock_geofabrik(server, {"ruritania": ((19, 44, 21, 46), b"")}, codes={"ruritania": ["RU"]})
    with pytest.raises(ProjectError, match=r'meet the area: add countries = \["RUR"\]'):
        fetch_places(project, request=request_)
    assert not (project.parent / "fetched").exists()


def test_a_country_that_geonames_does_not_know(server, project, request_):
    stock_geonames(server, TOWNS, NAMES)
    project.write_text(project.read_text().replace('"SYL"', '"BOR"'))
    with pytest.raises(ProjectError, match="GeoNames knows no country 'BOR'"):
        fetch_places(project, request=request_)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"PK\x03\x04 cut", "no archive of GeoNames"),
        (zipped("XX.txt", TOWNS), "no archive of GeoNames"),
        (zipped("RU.txt", [row[:18] for row in TOWNS]), "18 columns"),
        (zipped("RU.txt", TOWNS)[:-40], "cut short"),
        (b"<html>too many requests", "a web page"),
    ],
)
def test_a_changed_dump_is_refused(server, project, request_, body, said):
    stock_geonames(server, TOWNS, NAMES)
    server.put(f"{GEONAMES}/RU.zip", body)
    with pytest.raises(DownloadError, match=rf"RU\.zip.*{said}"):
        fetch_places(project, request=request_)
    assert not list(request_.client.cache.rglob("RU.zip"))


def test_an_area_without_places_is_said(server, project, request_):
    stock_geonames(server, [TOWNS[4]], [])
    server.put(f"{GEONAMES}/SY.zip", zipped("SY.txt", []))
    with pytest.raises(DownloadError, match="no places in the study area"):
        fetch_places(project, request=request_)


# OpenStreetMap


def test_roads_with_class_and_speed_railways_canals_pipelines(server, project, request_):
    stock_geofabrik(server, WHOLE)
    said = fetch_roads(project, request=request_)
    found = layer(project, "roads", "corridors").set_index("id")
    kinds = {"way/11": "road", "way/14": "railway", "way/15": "canal", "way/16": "pipeline"}
    assert found["kind"][list(kinds)].to_dict() == kinds
    assert sorted(found.index) == [f"way/{key}" for key in (11, 12, 14, 15, 16, 18, 19)]
    assert found.loc["way/11", ["class", "speed_kmh", "speed_source"]].tolist() == [
        "primary",
        60,
        "tagged",
    ]
    assert found.loc["way/12", ["speed_kmh", "speed_source"]].tolist() == [15, "class"]
    assert found.loc["way/19", ["speed_kmh", "speed_source"]].tolist() == [40, "class"]
    assert found.loc["way/18", "speed_kmh"] == pytest.approx(48.28, abs=0.01)
    assert found.loc["way/11", "names"] == 'en=The "M1"'
    assert found.loc["way/16", "class"] == "gas"
    assert math.isnan(found.loc["way/14", "speed_kmh"])
    assert any("ODbL" in line and "shared alike" in line for line in said)
    assert "Added [corridors] to project.toml." in said
    assert len(read_layers(load_project(project)).corridors) == 7


def test_places_of_openstreetmap(server, project, request_):
    stock_geofabrik(server, WHOLE)
    fetch_places(project, request=replace(request_, sources=("osm",)))
    found = layer(project, "places", "settlements").set_index("id")
    assert sorted(found.index) == ["node/5", "node/6"]
    assert found.loc["node/5", "population"] == 1200
    assert found.loc["node/5", "name"] == "Зенда"
    assert found.loc["node/5", "name_alt"] == "Zenda"
    assert math.isnan(found.loc["node/6", "population"])  # "about 90" is no number
    with pytest.raises(ProjectError, match=r"no source 'gazetteer'.*geonames, osm"):
        fetch_places(project, request=replace(request_, sources=("gazetteer",)))


def test_the_smallest_extract_that_covers_all_is_taken(server, project, request_):
    extracts = {
        "europe": ((0, 30, 40, 60), b"never asked"),
        "ruritania": ((18, 44, 22, 46), EXTRACT),
        "east": ((20, 44, 22, 46), b"never asked"),
    }
    stock_geofabrik(server, extracts)
    fetch_roads(project, request=request_)
    asked = [path for path in server.paths() if path.endswith(".pbf")]
    assert asked == ["/download.geofabrik.de/europe/ruritania-latest.osm.pbf"]


def test_two_extracts_that_overlap_give_each_way_once(server, project, request_):
    extracts = {
        "west": ((18, 44, 20.2, 46), EXTRACT),
        "east": ((19.8, 44, 22, 46), pbf(NODES, [*WAYS, (20, [1, 2], {"highway": "secondary"})])),
        "far": ((50, 10, 51, 11), b"never asked"),
    }
    stock_geofabrik(server, extracts)
    fetch_roads(project, request=request_)
    found = layer(project, "roads", "corridors")
    assert found["id"].is_unique
    assert len(found) == 8
    assert len(notes(project, "roads")["files"]) == 2


def test_a_file_of_another_day_than_its_digest_is_refused(server, project, request_):
    stock_geofabrik(server, WHOLE)
    server.put(f"{GEOFABRIK}/europe/ruritania-latest.osm.pbf", pbf(NODES, WAYS[:3]))
    with pytest.raises(DownloadError, match="digest"):
        fetch_roads(project, request=request_)
    stock_geofabrik(server, WHOLE)  # the next day both are of one day again
    fetch_roads(project, request=request_)


@pytest.mark.parametrize("index", [{"features": []}, {"features": [{"properties": {}}]}, {"a": 1}])
def test_a_changed_index_is_refused(server, project, request_, index):
    stock_geofabrik(server, WHOLE, index)
    with pytest.raises(DownloadError, match="no index of extracts"):
        fetch_roads(project, request=request_)


def test_an_area_that_no_extract_has(server, project, request_):
    stock_geofabrik(server, {"far": ((50, 10, 51, 11), b"")})
    with pytest.raises(DownloadError, match="no extract of the study area"):
        fetch_roads(project, request=request_)


@pytest.mark.parametrize("cut", [1, 100, len(EXTRACT) // 2])
def test_an_extract_that_is_cut_short_is_refused(tmp_path, cut):
    path = tmp_path / "x.osm.pbf"
    path.write_bytes(EXTRACT[:-cut])
    with pytest.raises(DownloadError, match=r"cut short|no OpenStreetMap extract"):
        check_pbf(path)
    path.write_bytes(EXTRACT)
    check_pbf(path)


@given(st.binary(max_size=200))
def test_no_bytes_pass_for_an_extract_or_break_the_check(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("pbf") / "x.osm.pbf"
    path.write_bytes(data)
    with pytest.raises(DownloadError):
        check_pbf(path)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("60", 60), ("60 km/h", 60), ("40 mph", 64.37376), ("2.5", 2.5)],
)
def test_speed_limits(text, meant):
    assert parse_speed(text) == pytest.approx(meant)


@pytest.mark.parametrize("text", ["", "none", "walk", "RU:urban", "0", "-5", "60;80", "1e9"])
def test_words_are_no_speed(text):
    assert math.isnan(parse_speed(text))


# geoBoundaries


def both(server):
    stock_boundaries(server, "RUR", shapes("RUR", [(19, 44, 20, 46), (10, 44, 11, 46)]))
    stock_boundaries(server, "SYL", shapes("SYL", [(20, 44, 21, 45), (20, 45, 21, 46)]))


def test_boundaries_with_codes_year_and_licence(server, project, request_):
    both(server)
    said = fetch_boundaries(project, request=request_)
    found = layer(project, "boundaries", "districts")
    assert found["code"].tolist() == ["RU-1", "SY-1", "SY-2"]
    assert found["name"].tolist() == ["RUR 1", "SYL 1", "SYL 2"]
    assert set(found["level"]) == {"ADM1"}
    stated = load_project(project).districts
    assert "2019" in stated.source
    assert "Office of RUR; Office of SYL" in stated.source
    assert stated.licence.startswith("Creative Commons")
    assert "Added [districts] to project.toml." in said
    assert len(read_layers(load_project(project)).districts) == 3


def test_files_of_a_release_may_lie_on_githubs_host_of_raw_files(server, project, request_):
    both(server)
    link = release("RUR")["gjDownloadURL"]
    raw = "https://raw.githubusercontent.com/wmgeolab/geoBoundaries/main/RUR-ADM1.geojson"
    stock_boundaries(server, "RUR", shapes("RUR", [(19, 44, 20, 46)]), gjDownloadURL=raw)
    server.put(raw, server.pages.pop("/" + link.split("://")[1]))
    fetch_boundaries(project, request=request_)
    assert notes(project, "boundaries")["files"][1]["address"] == raw


def test_units_without_codes_of_their_own_go_by_the_releases_identifier(server, project, request_):
    both(server)
    stock_boundaries(server, "RUR", shapes("RUR", [(19, 44, 20, 46)], iso=False))
    fetch_boundaries(project, request=request_)
    assert layer(project, "boundaries", "districts")["code"].tolist() == ["1B1", "SY-1", "SY-2"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.pages.pop("/www.geoboundaries.org/api/current/gbOpen/SYL/ADM1/"), "--level"),
        (lambda s: s.put(f"{API}/SYL/ADM1/", b'{"a": 1}'), "metadata lack gjDownloadURL"),
        (lambda s: s.put(f"{API}/SYL/ADM1/", b"not JSON"), "no metadata"),
        (
            lambda s: stock_boundaries(s, "SYL", {}, gjDownloadURL="https://elsewhere.example/x"),
            "elsewhere than on GitHub",
        ),
        (lambda s: stock_boundaries(s, "SYL", {"features": []}), "lack shapeName"),
        (lambda s: stock_boundaries(s, "SYL", ["no"]), "no GeoJSON"),
        (
            lambda s: s.put(
                release("SYL")["gjDownloadURL"], b"version https://git-lfs.github.com/spec/v1\n"
            ),
            "pointer",
        ),
        (
            lambda s: s.put(release("SYL")["gjDownloadURL"], Page(redirect="http://x.example/y")),
            "not the provider's",
        ),
    ],
)
def test_boundaries_that_are_none_are_refused(server, project, request_, change, said):
    both(server)
    change(server)
    with pytest.raises(DownloadError, match=said):
        fetch_boundaries(project, request=request_)
    assert not (project.parent / "fetched").exists()


# all of it


def test_everything_from_the_command_line_and_then_a_run(
    server, project, tmp_path, monkeypatch, capsys
):
    """Places, roads, boundaries; a second time without a network; then results."""
    stock_geonames(server, TOWNS, NAMES)
    stock_geofabrik(server, WHOLE)
    both(server)

    def cli(*arguments):
        monkeypatch.setattr("sys.argv", ["frontline", *map(str, arguments)])
        return main()

    cache = tmp_path / "cache"
    for what in ("places", "roads", "boundaries"):
        where = [project, "--cache", cache]
        planned = cli("fetch", what, *where, "--mirror", server.address, "--dry-run")
        assert planned == 0
        assert "Nothing was fetched." in capsys.readouterr().out
        assert cli("fetch", what, *where, "--mirror", server.address) == 0
        assert cli("fetch", what, *where, "--mirror", "http://127.0.0.1:9") == 0
        assert "already names it" in capsys.readouterr().out
    out = tmp_path / "out"
    project.write_text(project.read_text() + "[outputs]\nwrite = []\n")
    assert cli("run", project, "--out", out, "-q") == 0
    settlements = (out / "tables/settlements.csv").read_text(encoding="utf-8")
    assert "Zenda" in settlements
    assert "geonames/1" in settlements
