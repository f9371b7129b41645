"""`frontline fetch landcover`: tiles of three degrees, of which a missing one is never anything."""

import json
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from factories.projects import Layout, made_project
from factories.rasters import write_tif
from factories.server import Page

from frontline.analysis.landcover import read_cover
from frontline.cli.main import main
from frontline.errors import DownloadError, FrontlineError, ProjectError
from frontline.fetch.http import HttpClient
from frontline.fetch.land_mask import DegreeTile
from frontline.fetch.landcover import fetch_landcover, list_cover_tiles
from frontline.fetch.request import FetchRequest
from frontline.inputs.layers import read_layers
from frontline.project.loader import load_project

# The area lies about 20 E, 45 N: in four tiles, whose corners are at 18 and 21 E, 42 and 45 N,
# of which it meets the two western ones.
TILES = [(42, 18), (45, 18)]
FINE = 0.01  # the real ones have 1 / 12,000 of a degree


def address(lat, lon, *, year=2021, version="v200"):
    """As the product user manual and the readme of the data's repository write it."""
    name = f"{'N' if lat >= 0 else 'S'}{abs(lat):02d}{'E' if lon >= 0 else 'W'}{abs(lon):03d}"
    return (
        f"https://esa-worldcover.s3.eu-central-1.amazonaws.com/{version}/{year}/map/"
        f"ESA_WorldCover_10m_{year}_{version}_{name}_Map.tif"
    )


def codes(lon, lat):
    """Cropland west of 20 E, trees east of it, water in a band about 45.1 N."""
    return np.where(np.abs(lat - 45.1) < 0.05, 80, np.where(lon < 20, 40, 10))


def tile_bytes(folder, lat, lon, *, step=FINE, values=codes, at=None, **how):
    cells = round(3 / step)
    x = lon + (np.arange(cells) + 0.5) * step
    y = lat + 3 - (np.arange(cells) + 0.5) * step
    band = values(*np.meshgrid(x, y)).astype(how.pop("dtype", "uint8"))
    west, north = at or (lon, lat + 3)
    grid = (step, 0.0, west, 0.0, -step, north)
    path = write_tif(
        folder / "tile.tif", band, transform=grid, crs=how.pop("crs", "EPSG:4326"),
        nodata=0, **how,
    )  # fmt: skip
    return path.read_bytes()


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    return made_project(folder, elevation=False, more="")


@pytest.fixture
def request_(server, tmp_path):
    client = HttpClient(
        tmp_path / "cache", mirror=server.address, wait_s=0.01, timeout_s=5, drip_s=1
    )
    return FetchRequest(client)


def stock(server, folder, tiles=TILES, **how):
    for lat, lon in tiles:
        server.put(address(lat, lon), tile_bytes(folder, lat, lon, **how))


def fetched(project):
    with rasterio.open(project.parent / "fetched/landcover.tif") as file:
        return file.read(1), file.transform, file.tags(), file.nodata


def meant(values, at):
    """The codes of the cells of a grid, by their middles; unknown ones as they are."""
    cols, rows = np.meshgrid(np.arange(values.shape[1]) + 0.5, np.arange(values.shape[0]) + 0.5)
    return codes(at.c + at.a * cols, at.f + at.e * rows)


def notes(project):
    return json.loads((project.parent / "fetched/landcover.json").read_text(encoding="utf-8"))


def test_two_tiles_become_one_raster_that_the_project_names(server, project, request_, tmp_path):
    stock(server, tmp_path)
    said = fetch_landcover(project, request=request_)
    values, at, tags, nodata = fetched(project)
    assert nodata == 0
    assert (values == meant(values, at)).mean() > 0.95  # the rest lies beyond the reach of sight
    assert set(np.unique(values[values != meant(values, at)])) <= {0}
    assert tags["LICENCE"] == "CC BY 4.0"
    assert "ESA WorldCover project 2021" in tags["SOURCE"]
    with rasterio.open(project.parent / "fetched/landcover.tif") as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.overviews(1) or max(file.shape) < 512
    stated = load_project(project).landcover
    assert stated.path == project.parent / "fetched/landcover.tif"
    assert str(stated.date) == "2021-07-01"
    assert "Added [landcover] to project.toml." in said
    assert [tile["address"] for tile in notes(project)["tiles"]] == [address(*at) for at in TILES]
    assert notes(project)["codes"] == [10, 40, 80]
    made = load_project(project)
    cover = read_cover(made, layers=read_layers(made))
    assert cover.known == 1.0
    assert not list((project.parent / "fetched").glob("*plain*"))


def test_the_year_before_has_its_own_version_and_folder(server, project, request_, tmp_path):
    for lat, lon in TILES:
        place = address(lat, lon, year=2020, version="v100")
        server.put(place, tile_bytes(tmp_path, lat, lon))
    fetch_landcover(project, request=replace(request_, sources=("worldcover_2020",)))
    assert str(load_project(project).landcover.date) == "2020-07-01"
    assert fetched(project)[2]["VERSION"] == "v100"


def test_an_unknown_source_is_refused(project, request_):
    with pytest.raises(ProjectError, match="no source 'corine' of land cover"):
        fetch_landcover(project, request=replace(request_, sources=("corine",)))


def test_a_missing_land_tile_stops_with_its_name(server, project, request_, tmp_path):
    stock(server, tmp_path, TILES[:1])
    before = project.read_bytes()
    with pytest.raises(DownloadError, match=r"no tile for land at N45E018\. .*never|not taken"):
        fetch_landcover(project, request=request_)
    assert project.read_bytes() == before
    assert not (project.parent / "fetched").exists()


def test_a_missing_land_tile_stays_unknown_where_that_is_allowed(
    server, project, request_, tmp_path
):
    stock(server, tmp_path, TILES[:1])
    project.write_text(project.read_text() + '[fetch]\nmissing = "unknown"\n')
    said = fetch_landcover(project, request=request_)
    values, at, tags, _ = fetched(project)
    north = at.f + at.e * (np.arange(values.shape[0]) + 0.5) > 45
    assert (values[north] == 0).all()
    assert (values[~north] != 0).mean() > 0.9
    assert tags["MISSING_TILES"] == "N45E018"
    assert "Land without a tile, left unknown: N45E018." in said
    made = load_project(project)
    assert read_cover(made, layers=read_layers(made)).known == pytest.approx(0.5, abs=0.02)


def test_a_missing_tile_of_the_sea_is_unknown_too_and_said(server, tmp_path, request_):
    """About 0 N, 2 W in the Gulf of Guinea: no tile, no land."""
    folder = tmp_path / "sea"
    folder.mkdir()
    at = Layout(lon=-30.0, lat=0.0)
    project = made_project(folder, at, elevation=False, more="")
    server.put(address(0, -30), tile_bytes(tmp_path, 0, -30))
    said = fetch_landcover(project, request=request_)
    assert any("no land by the list, left unknown: S03W033, S03W030, N00W033" in x for x in said)
    values, _, tags, _ = fetched(project)
    assert tags["TILES_WITHOUT_LAND"] == "S03W033 S03W030 N00W033"
    assert 0.2 < (values != 0).mean() < 0.3


def test_an_area_across_the_antimeridian(server, tmp_path, request_):
    folder = tmp_path / "fiji"
    folder.mkdir()
    project = made_project(folder, Layout(lon=180.0, lat=-16.5), elevation=False, more="")
    everywhere = {"values": lambda lon, lat: np.where(lon > 0, 40, 10)}
    for lon in (177, -180):
        server.put(address(-18, lon), tile_bytes(tmp_path, -18, lon, **everywhere))
    fetch_landcover(project, request=request_)
    made = load_project(project)
    cover = read_cover(made, layers=read_layers(made))
    sums = dict(zip(cover.names, cover.area_km2.sum(axis=0), strict=True))
    assert sums["farmland"] == pytest.approx(1200, rel=0.02)
    assert sums["tree cover"] == pytest.approx(1200, rel=0.02)
    assert cover.known == 1.0


def test_only_parts_of_a_large_tile_are_fetched(server, project, request_, tmp_path):
    random = np.random.default_rng(3)
    kinds = np.array([10, 20, 30, 40, 50, 60, 80, 90])
    noise = {"values": lambda lon, lat: random.choice(kinds, lon.shape), "step": 1 / 800}
    size = {}
    for lat, lon in TILES:
        body = tile_bytes(
            tmp_path, lat, lon, tiled=True, blockxsize=128, blockysize=128, compress="deflate",
            **noise,
        )  # fmt: skip
        size[lat] = len(server.put(address(lat, lon), body).body)
    fetch_landcover(project, request=request_)
    values, *_ = fetched(project)
    assert (values != 0).mean() > 0.9
    assert all(tile["window"] != "whole" for tile in notes(project)["tiles"])
    got = sum(int(one.split("-")[1]) - int(one.split("-")[0].removeprefix("bytes=")) + 1
              for how, _, one in server.asked if how == "GET" and one)  # fmt: skip
    assert got < 0.6 * sum(size.values())
    asked = len(server.asked)
    fetch_landcover(project, request=request_)  # a warm cache
    assert len(server.asked) == asked


def test_a_warm_cache_needs_no_network(server, project, request_, tmp_path):
    stock(server, tmp_path)
    fetch_landcover(project, request=request_)
    first = (project.parent / "fetched/landcover.tif").read_bytes()
    server.pages.clear()
    fetch_landcover(project, request=request_)
    assert (project.parent / "fetched/landcover.tif").read_bytes() == first


def test_a_dry_run_says_what_and_fetches_nothing(server, project, request_, tmp_path):
    stock(server, tmp_path, TILES[:1])
    before = project.read_bytes()
    said = fetch_landcover(project, request=replace(request_, dry_run=True))
    assert said[0].startswith("worldcover_2021 N42E018: about ")
    assert said[1].startswith("worldcover_2021 N45E018: not there: land (https://esa-worldcover")
    assert said[2].startswith("2 tiles, about ")
    assert project.read_bytes() == before
    assert not server.paths("GET")


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (Page(b"<html>moved</html>" * 100, kind="text/html"), "N42E018|html|error page"),
        (Page(b"II*\0" + b"\0" * 5000), "N42E018|damaged"),
        (Page(status=403, body=b"<Error/>"), "403"),
    ],
)
def test_what_is_no_tile_leaves_nothing(server, project, request_, tmp_path, page, said):
    stock(server, tmp_path)
    server.put(address(42, 18), page)
    before = project.read_bytes()
    with pytest.raises(FrontlineError, match=said):
        fetch_landcover(project, request=request_)
    assert project.read_bytes() == before
    assert not (project.parent / "fetched").exists()


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"at": (21.0, 45.0)}, r"lies at 21\.0000"),
        ({"dtype": "int16"}, "cells of type int16"),
        ({"crs": "EPSG:3857"}, "Pseudo-Mercator"),
    ],
)
def test_a_changed_format_is_refused(server, project, request_, tmp_path, how, said):
    stock(server, tmp_path)
    server.put(address(42, 18), tile_bytes(tmp_path, 42, 18, **how))
    with pytest.raises(FrontlineError, match=said):
        fetch_landcover(project, request=request_)


def test_tiles_of_two_steps_are_refused(server, project, request_, tmp_path):
    stock(server, tmp_path, TILES[:1])
    stock(server, tmp_path, TILES[1:], step=0.02)
    with pytest.raises(FrontlineError, match="N45E018 do not continue"):
        fetch_landcover(project, request=request_)
    assert not (project.parent / "fetched/landcover.tif").exists()


def test_codes_that_the_documentation_lacks_are_said(server, project, request_, tmp_path):
    stock(server, tmp_path, values=lambda lon, lat: np.where(lon < 20, 40, 41))
    assert "Codes that the documentation lacks: 41." in fetch_landcover(project, request=request_)


def test_a_table_of_the_users_is_not_touched(server, project, request_, tmp_path):
    stock(server, tmp_path)
    own = '[landcover]\npath = "own.tif"\n'
    (project.parent / "own.tif").write_bytes(tile_bytes(tmp_path, 42, 18))
    project.write_text(project.read_text() + own)
    said = fetch_landcover(project, request=request_)
    assert "project.toml has [landcover] already. To use what was fetched, write:" in said
    assert load_project(project).landcover.path.name == "own.tif"


def test_tiles_are_named_by_their_south_western_corner():
    import shapely

    need = shapely.box(-0.5, -0.5, 0.5, 0.5)
    assert [tile.name for tile in list_cover_tiles(need)] == [
        "S03W003",
        "S03E000",
        "N00W003",
        "N00E000",
    ]
    assert [tile.name for tile in list_cover_tiles(shapely.box(46.1, 39.1, 46.2, 40.1))] == [
        "N39E045"
    ]
    assert list_cover_tiles(shapely.box(179.5, -16.5, 180.5, -16.4)) == [
        DegreeTile(-18, 177),
        DegreeTile(-18, 180),
    ]


def test_the_command(server, project, tmp_path, capsys, monkeypatch):
    stock(server, tmp_path)
    asked = ["frontline", "fetch", "landcover", str(project), "--mirror", server.address]
    asked += ["--cache", str(tmp_path / "cache")]
    monkeypatch.setattr("sys.argv", [*asked, "--quiet"])
    assert main() == 0
    assert load_project(project).landcover is not None
    monkeypatch.setattr("sys.argv", [*asked, "--source", "none"])
    assert main() == 2
    assert "no source 'none' of land cover" in capsys.readouterr().err
