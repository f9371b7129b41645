"""`frontline fetch elevation`: a hole in the data is never filled by silence."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pyproj
import pytest
import rasterio
from factories.commands import LEDGER, add, run_cli
from factories.projects import Layout, made_project
from factories.rasters import write_tif
from factories.server import Page
from factories.tiles import TILES, aws, coarse, corner, plane, stock, tile_bytes, write_tile

from frontline.elevation.dem import read_dem
from frontline.errors import DownloadError, ProjectError, RasterError
from frontline.fetch.elevation import fetch_elevation
from frontline.fetch.http import HttpClient
from frontline.fetch.request import FetchRequest
from frontline.inputs.layers import read_layers
from frontline.project.loader import load_project


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


def fetched_grid(project):
    with rasterio.open(project.parent / "fetched/elevation.tif") as file:
        return file.read(1, masked=True).filled(np.nan), file.transform, file.tags(), file.profile


def notes(project):
    return json.loads((project.parent / "fetched/elevation.json").read_text(encoding="utf-8"))


def off(project):
    values, grid, _, _ = fetched_grid(project)
    cols, rows = np.meshgrid(np.arange(values.shape[1]) + 0.5, np.arange(values.shape[0]) + 0.5)
    return np.abs(values - plane(grid.c + grid.a * cols, grid.f + grid.e * rows))


def test_all_tiles_become_one_raster_that_the_project_names(server, project, request_, tmp_path):
    stock(server, tmp_path)
    said = fetch_elevation(project, request=request_)
    assert off(project).max() < 1e-3
    values, grid, tags, profile = fetched_grid(project)
    assert profile["driver"] == "GTiff"
    assert profile["tiled"]
    assert profile["nodata"] == -32768
    assert tags["VERTICAL_DATUM"] == "EGM2008"
    assert tags["TILES"] == "N44E019=glo30 N44E020=glo30 N45E019=glo30 N45E020=glo30"
    assert "Copernicus" in tags["LICENCE"]
    with rasterio.open(project.parent / "fetched/elevation.tif") as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    stated = load_project(project).elevation
    assert stated.path == project.parent / "fetched/elevation.tif"
    assert stated.vertical_datum == "EGM2008"
    assert stated.model == "surface"
    assert "Added [elevation] to project.toml." in said
    # the documented step is 1 arc second; these tiles have 30
    assert "Tiles of glo30 have cells of 30 arc seconds, its documentation says 1." in said
    assert {tile["sha256"] for tile in notes(project)["tiles"]}
    assert notes(project)["missing"] == []
    # the lines reach 22 km north and south, sight 15 km beyond
    assert values.shape[0] * -grid.e == pytest.approx(2 * 37 / 111, abs=0.04)


def test_a_missing_land_tile_stops_with_its_name(server, project, request_, tmp_path):
    stock(server, tmp_path, TILES[:3])
    coarse(server, tmp_path)
    before = project.read_bytes()
    with pytest.raises(
        DownloadError, match=r"glo30 has no tile for land at N45E020\. .*--fallback"
    ):
        fetch_elevation(project, request=request_)
    assert project.read_bytes() == before
    assert not (project.parent / "fetched").exists()
    assert not [path for path in server.paths() if "90m" in path]


def test_every_missing_tile_is_listed(server, project, request_):
    with pytest.raises(DownloadError, match="N44E019, N44E020, N45E019, N45E020"):
        fetch_elevation(project, request=request_)


def test_a_missing_tile_comes_from_the_next_source_where_that_is_allowed(
    server, project, request_, tmp_path
):
    stock(server, tmp_path, TILES[:3])
    coarse(server, tmp_path)
    add(project, "[fetch]\nfallback = true\n")
    said = fetch_elevation(project, request=request_)
    assert off(project).max() < 2e-3
    kept = notes(project)
    assert [(tile["tile"], tile["resampled"]) for tile in kept["tiles"]] == [
        ("glo30 N44E019", False),
        ("glo30 N44E020", False),
        ("glo30 N45E019", False),
        ("glo90 N45E020", True),
    ]
    assert {tile["datum"] for tile in kept["tiles"]} == {"EGM2008"}
    assert kept["tiles"][3]["step"] == [0.025, 0.025]
    assert kept["lacking"] == ["glo30 N45E020"]
    assert "Interpolated to the finest step: glo90 N45E020." in said
    assert "GLO-90" in load_project(project).elevation.source
    assert all(abs(seam["step_m"]) < 0.01 for seam in kept["seams"])


def test_land_that_no_source_has_may_stay_unknown(server, project, request_, tmp_path):
    stock(server, tmp_path, TILES[:3])
    add(project, '[fetch]\nfallback = true\nmissing = "unknown"\n')
    said = fetch_elevation(project, request=request_)
    values, grid, tags, _ = fetched_grid(project)
    lon = grid.c + grid.a * (np.arange(values.shape[1]) + 0.5)
    lat = grid.f + grid.e * (np.arange(values.shape[0]) + 0.5)
    assert np.isnan(values[np.ix_(lat > 45.01, lon > 20.0)]).all()
    assert not (values == 0).any()
    assert tags["MISSING_TILES"] == "N45E020"
    assert "Land without heights: N45E020." in said


def test_a_tile_without_land_is_sea_when_nobody_has_it(server, request_, tmp_path):
    """At 43 N 31 E lies the open Black Sea; at 42 N 32 E the coast of Anatolia is near."""
    folder = tmp_path / "coast"
    folder.mkdir()
    project = made_project(folder, Layout(lon=31.0, lat=43.0), elevation=False, more="")
    stock(server, tmp_path, [(42, 30), (42, 31), (43, 30)], heights=lambda x, y: 0 * x)
    said = fetch_elevation(project, request=request_)
    assert "Sea, by the list of land: N43E031." in said
    values, _, tags, _ = fetched_grid(project)
    assert (values == 0).all()
    assert tags["SEA_TILES"] == "N43E031"


def test_a_step_between_tiles_is_reported(server, project, request_, tmp_path):
    stock(server, tmp_path)
    server.put(aws(30, 45, 20), tile_bytes(tmp_path, 45, 20, heights=lambda x, y: plane(x, y) + 30))
    said = fetch_elevation(project, request=request_)
    assert any("glo30 N45E020 heights step by +30.0 m" in line for line in said)
    above = [seam["between"] for seam in notes(project)["seams"] if seam["above_limit"]]
    assert len(above) == 2
    assert all("glo30 N45E020" in pair for pair in above)


def test_other_heights_are_not_mixed_in(server, project, request_, tmp_path):
    stock(server, tmp_path, TILES[:3])
    srtm = "https://opentopography.s3.sdsc.edu/raster/SRTM_GL1/SRTM_GL1_srtm/N45E020.tif"
    server.put(srtm, tile_bytes(tmp_path, 45, 20, shared=1))
    asked = replace(request_, sources=("glo30", "srtm"), fallback=True)
    with pytest.raises(RasterError, match=r"srtm N45E020: its heights are above 'EGM96'"):
        fetch_elevation(project, request=asked)


def test_sources_without_an_account_by_their_own_names(server, project, request_, tmp_path):
    for lat, lon in TILES:
        name = f"Copernicus_DSM_10_{corner(lat, lon)}_DEM.tif"
        server.put(
            f"https://opentopography.s3.sdsc.edu/raster/COP30/COP30_hh/{name}",
            tile_bytes(tmp_path, lat, lon),
        )
        alos = f"ALPSMLC30_N0{lat}E0{lon}_DSM.tif"
        server.put(
            f"https://opentopography.s3.sdsc.edu/raster/AW3D30/AW3D30_global/{alos}",
            tile_bytes(tmp_path, lat, lon),
        )
    for source in ("glo30_opentopography", "alos"):
        fetch_elevation(project, request=replace(request_, sources=(source,)))
        assert off(project).max() < 1e-3
        assert {tile["source"] for tile in notes(project)["tiles"]} == {source}


def test_own_tiles_in_any_crs(server, project, request_, tmp_path):
    own = project.parent / "own"
    own.mkdir()
    for lat, lon in TILES:
        write_tile(own / f"{lat}_{lon}.tif", lat, lon, shared=1)
    add(project, '[fetch]\nelevation = ["tiles"]\ntiles = "own"\n')
    with pytest.raises(RasterError, match=r"44_19\.tif: does not say what its heights are above"):
        fetch_elevation(project, request=request_)
    add(project, 'tiles_datum = "Baltic 1977"\n')
    fetch_elevation(project, request=request_)
    assert off(project).max() < 1e-3
    assert load_project(project).elevation.vertical_datum == "Baltic 1977"
    assert server.asked == []
    (own / "45_20.tif").unlink()
    with pytest.raises(DownloadError, match="N45E020"):
        fetch_elevation(project, request=request_)


def test_the_vertical_datum_is_read_from_the_file(project, request_):
    own = project.parent / "own"
    own.mkdir()
    for lat, lon in TILES:
        write_tile(own / f"{lat}_{lon}.tif", lat, lon, crs="EPSG:4326+3855")
    add(project, '[fetch]\nelevation = ["tiles"]\ntiles = "own"\n')
    fetch_elevation(project, request=request_)
    assert load_project(project).elevation.vertical_datum == "EGM2008 height"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><body>Service unavailable", "a web page"),
        (b"GIF89a" + bytes(500), "not a GeoTIFF"),
        ("cut", "damaged or cut short"),
        ("elsewhere", r"lies at .*expected 20, 45, 21, 46"),
        ("bands", "has 3 bands"),
        ("metres", "look like degrees"),
    ],
)
def test_a_tile_that_is_none_is_refused_and_not_kept(
    server, project, request_, tmp_path, body, said
):
    stock(server, tmp_path)
    bad = {
        "cut": lambda: tile_bytes(tmp_path, 45, 20)[:-3000],
        "elsewhere": lambda: tile_bytes(tmp_path, 45, 19),
        "bands": lambda: tile_bytes(
            tmp_path, 45, 20, heights=lambda x, y: np.stack([plane(x, y)] * 3)
        ),
        "metres": lambda: tile_bytes(tmp_path, 45, 20, crs="EPSG:32634"),
    }
    server.put(aws(30, 45, 20), bad[body]() if isinstance(body, str) else body)
    with pytest.raises(DownloadError, match=rf"N45_00_E020.*{said}"):
        fetch_elevation(project, request=request_)
    assert not (project.parent / "fetched").exists()
    kept = [path.name for path in request_.client.cache.rglob("*N45_00_E020*.tif")]
    assert kept == []


def test_a_warm_cache_works_without_a_network_also_for_holes(server, project, request_, tmp_path):
    stock(server, tmp_path, TILES[:3])
    coarse(server, tmp_path)
    asked = replace(request_, fallback=True)
    fetch_elevation(project, request=asked)
    first = (project.parent / "fetched/elevation.tif").read_bytes()
    shutil.rmtree(project.parent / "fetched")
    client = replace(asked.client, mirror="http://127.0.0.1:9")
    project.write_text(project.read_text().split("# Added by")[0])
    fetch_elevation(project, request=replace(asked, client=client))
    assert (project.parent / "fetched/elevation.tif").read_bytes() == first


def test_a_dry_run_says_what_and_how_much_and_does_nothing(server, project, request_, tmp_path):
    stock(server, tmp_path, TILES[:3])
    before = project.read_bytes()
    said = fetch_elevation(project, request=replace(request_, dry_run=True))
    assert any("glo30 N44E019" in line and "MB" in line for line in said)
    assert any("N45E020: not there: land" in line for line in said)
    assert "Nothing was fetched." in said[-1]
    assert server.paths("GET") == []
    assert project.read_bytes() == before
    assert not (project.parent / "fetched").exists()
    assert not list(request_.client.cache.rglob("*.tif"))


def test_a_dry_run_names_the_source_that_would_fill_a_hole(server, project, request_, tmp_path):
    stock(server, tmp_path, TILES[:3])
    coarse(server, tmp_path)
    said = fetch_elevation(project, request=replace(request_, dry_run=True, fallback=True))
    assert [line.split(":")[0] for line in said[:4]] == [
        "glo30 N44E019",
        "glo30 N44E020",
        "glo30 N45E019",
        "glo90 N45E020",
    ]
    assert all("about 0." in line for line in said[:4])


def test_a_project_with_elevation_keeps_its_table(server, project, request_, tmp_path):
    stock(server, tmp_path)
    write_tile(project.parent / "mine.tif", 45, 20)
    add(project, '[elevation]\npath = "mine.tif"\n')
    before = project.read_bytes()
    said = fetch_elevation(project, request=request_)
    assert project.read_bytes() == before
    assert any("has [elevation] already" in line for line in said)
    assert 'path = "fetched/elevation.tif"' in said


def test_a_project_without_its_fetched_folder_can_fetch_again(server, project, request_, tmp_path):
    stock(server, tmp_path)
    fetch_elevation(project, request=request_)
    text = project.read_bytes()
    shutil.rmtree(project.parent / "fetched")
    with pytest.raises(ProjectError, match=r"fetched/elevation\.tif' does not exist"):
        load_project(project)
    assert "[elevation] of project.toml already names it." in fetch_elevation(
        project, request=request_
    )
    assert project.read_bytes() == text
    assert load_project(project).elevation is not None


@pytest.mark.parametrize("fallback", [False, True])
def test_own_tiles_fill_the_hole_of_another_source_only_where_that_is_allowed(
    server, project, request_, tmp_path, fallback
):
    own = project.parent / "own"
    own.mkdir()
    write_tile(own / "mine.tif", 45, 20, crs="EPSG:4326+3855")
    stock(server, tmp_path, TILES[:3])
    add(project, '[fetch]\nelevation = ["glo30", "tiles"]\ntiles = "own"\n')
    asked = replace(request_, fallback=fallback)
    if not fallback:
        with pytest.raises(DownloadError, match=r"N45E020.*next source \(tiles\)"):
            fetch_elevation(project, request=asked)
        return
    fetch_elevation(project, request=asked)
    assert off(project).max() < 1e-3
    assert notes(project)["tiles"][3]["tile"] == "mine.tif"
    assert load_project(project).elevation.source == "Copernicus DEM GLO-30; own tiles"


def test_own_tiles_in_feet_stay_in_feet(project, request_):
    own = project.parent / "own"
    own.mkdir()
    for lat, lon in TILES:
        write_tile(own / f"{lat}_{lon}.tif", lat, lon, unit="ft")
    add(project, '[fetch]\nelevation = ["tiles"]\ntiles = "own"\ntiles_datum = "NGVD 29"\n')
    fetch_elevation(project, request=request_)
    assert load_project(project).elevation.unit == "ft"


@pytest.mark.parametrize(
    ("said", "stated", "unit"), [("", "", "m"), ("", "ft", "ft"), ("m", "m", "m")]
)
def test_the_unit_of_own_tiles_is_read_or_stated(project, request_, said, stated, unit):
    own = project.parent / "own"
    own.mkdir()
    for lat, lon in TILES:
        write_tile(own / f"{lat}_{lon}.tif", lat, lon, unit=said or None)
    keys = f'tiles = "own"\ntiles_datum = "EGM2008"\ntiles_unit = "{stated}"\n'
    add(project, f'[fetch]\nelevation = ["tiles"]\n{keys}')
    fetch_elevation(project, request=request_)
    assert load_project(project).elevation.unit == unit


def test_a_unit_that_contradicts_the_files_is_refused(project, request_):
    own = project.parent / "own"
    own.mkdir()
    write_tile(own / "feet.tif", 45, 20, unit="ft")
    keys = 'tiles = "own"\ntiles_datum = "EGM2008"\ntiles_unit = "m"\n'
    add(project, f'[fetch]\nelevation = ["tiles"]\n{keys}')
    with pytest.raises(
        RasterError, match=r"feet\.tif: .* in 'ft' \(expected m\)\. Correct tiles_unit in"
    ):
        fetch_elevation(project, request=request_)


def test_a_folder_of_other_files_is_named(project, request_):
    own = project.parent / "own"
    own.mkdir()
    (own / "N45E020.hgt").write_bytes(bytes(100))
    add(project, '[fetch]\nelevation = ["tiles"]\ntiles = "own"\n')
    with pytest.raises(ProjectError, match=r"holds no GeoTIFF.*gdal_translate"):
        fetch_elevation(project, request=request_)


def test_own_tiles_on_a_map_projection(project, request_):
    """Two tiles of a UTM zone side by side, their edge at the line."""
    own = project.parent / "own"
    own.mkdir()
    turn = pyproj.Transformer.from_crs(4326, 32634, always_xy=True)
    x, y = (round(value, -3) for value in turn.transform(20.0, 45.0))
    for number, west in enumerate((x - 60_000, x)):
        grid = (100.0, 0.0, west, 0.0, -100.0, y + 60_000)
        values = np.full((1200, 600), 250.0, dtype=np.float32)
        write_tif(own / f"{number}.tif", values, transform=grid, crs="EPSG:32634")
    add(project, '[fetch]\nelevation = ["tiles"]\ntiles = "own"\ntiles_datum = "EGM2008"\n')
    fetch_elevation(project, request=request_)
    values, grid, _, _ = fetched_grid(project)
    assert (values == 250).all()
    assert grid.a == 100
    assert abs(notes(project)["seams"][0]["step_m"]) == 0


def test_an_unknown_source_is_named(project, request_):
    with pytest.raises(ProjectError, match=r"no source 'glo10'.*known: glo30"):
        fetch_elevation(project, request=replace(request_, sources=("glo10",)))


@pytest.mark.slow
def test_from_nothing_to_results_with_a_hole_in_the_best_source(
    server, project, tmp_path, monkeypatch, capsys
):
    """Fetch for an area with a missing tile, fall back, run, and put a statement to the heights.

    Along 20 E the heights rise by 500 m per degree from 1,000 m at 45 N, where the line's middle
    lies: 33.1 of its 44 km lie above 950 m, looked at every 0.5 km.
    """
    stock(server, tmp_path, TILES[:3])
    coarse(server, tmp_path)
    where = ["--mirror", server.address, "--cache", tmp_path / "cache", "-q"]
    assert run_cli(monkeypatch, "fetch", "elevation", project, *where) == 2
    assert "N45E020" in capsys.readouterr().err
    assert run_cli(monkeypatch, "fetch", "elevation", project, *where, "--fallback") == 0
    add(project, '[outputs]\nwrite = ["rasters"]\n')
    (project.parent / "claims.toml").write_text(LEDGER, encoding="utf-8")
    out = tmp_path / "out"
    assert run_cli(monkeypatch, "run", project, "--out", out, "-q") == 0
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert "fetched/elevation.tif" in manifest["inputs"]
    fine = {"source": "glo30", "datum": "EGM2008", "step": [1 / 120, 1 / 120], "resampled": False}
    coarser = fine | {"source": "glo90", "step": [1 / 40, 1 / 40], "resampled": True}
    said = {tile.pop("tile"): tile for tile in manifest["elevation"]["tiles"]}
    assert list(said) == ["glo30 N44E019", "glo30 N44E020", "glo30 N45E019", "glo90 N45E020"]
    for name, tile in said.items():
        expected = coarser if name.startswith("glo90") else fine
        assert tile.pop("step") == pytest.approx(expected["step"], rel=1e-5)
        assert tile == {key: value for key, value in expected.items() if key != "step"}
    assert manifest["elevation"]["vertical_datum"] == "EGM2008"
    assert (out / "rasters/sight_old.tif").is_file()
    assert run_cli(monkeypatch, "claims", project, "--out", tmp_path / "claims", "-q") == 0
    with (tmp_path / "claims/tables/claims.csv").open(encoding="utf-8", newline="") as file:
        (claim,) = csv.DictReader(file)
    assert float(claim["computed"]) == pytest.approx(100 * 33.1 / 44, abs=1.2)
    assert claim["verdict"] == "supported"


def holed(lon, lat):
    """A void of 3 x 5 cells, and one of 21 x 21, in the tile at 45 N 20 E."""
    small = (abs(lon - 20.3) < 2.5 / 120) & (abs(lat - 45.05) < 1.5 / 120)
    large = (abs(lon - 20.15) < 10.5 / 120) & (abs(lat - 45.2) < 10.5 / 120)
    return np.where(small | large, -9999.0, plane(lon, lat))


def stock_holed(server, folder):
    stock(server, folder)
    server.put(aws(30, 45, 20), tile_bytes(folder, 45, 20, heights=holed, nodata=-9999.0))


def test_voids_stay_unknown_unless_the_project_has_them_filled(server, project, request_, tmp_path):
    stock_holed(server, tmp_path)
    said = fetch_elevation(project, request=request_)
    values, _, tags, _ = fetched_grid(project)
    assert np.isnan(values).sum() == notes(project)["voids"]["unknown_cells"] > 15
    assert "FILLED_CELLS" not in tags
    assert not (project.parent / "fetched/elevation_filled.tif").exists()
    assert any("of the cells are unknown" in line for line in said)


def test_filled_voids_are_marked_counted_and_told(server, project, request_, tmp_path):
    stock_holed(server, tmp_path)
    add(project, '[fetch]\nfill_voids = "linear"\nvoid_cells = 4\n')
    said = fetch_elevation(project, request=request_)
    values, grid, tags, _ = fetched_grid(project)
    with rasterio.open(project.parent / "fetched/elevation_filled.tif") as file:
        marks = file.read(1)
        assert file.transform == grid
    assert marks.sum() == 15
    assert tags["FILLED_CELLS"] == "15"
    assert "Delaunay" in tags["FILL_METHOD"]
    assert np.nanmax(off(project)) < 1e-2  # the plane goes on through the small void
    assert np.isfinite(values[marks == 1]).all()
    assert np.isnan(values).any()  # the large one stays
    kept = notes(project)["voids"]
    assert (kept["filled_cells"], kept["most_cells"]) == (15, 4)
    assert kept["unknown_cells"] == np.isnan(values).sum()
    assert any("15 cells of voids are filled" in line for line in said)
    loaded = load_project(project)
    told = [note.text for note in read_dem(loaded, layers=read_layers(loaded)).notes]
    assert "15 cells of the file were voids and are filled: no measured heights." in told


def test_marks_of_an_older_fetch_do_not_stay(server, project, request_, tmp_path):
    stock_holed(server, tmp_path)
    add(project, '[fetch]\nfill_voids = "linear"\n')
    fetch_elevation(project, request=request_)
    assert (project.parent / "fetched/elevation_filled.tif").exists()
    project.write_text(project.read_text().replace('"linear"', '"keep"'))
    fetch_elevation(project, request=request_)
    assert not (project.parent / "fetched/elevation_filled.tif").exists()
    assert "FILLED_CELLS" not in fetched_grid(project)[2]


def test_filling_never_reaches_into_a_missing_tile(server, project, request_, tmp_path):
    stock(server, tmp_path, TILES[:3])
    add(project, '[fetch]\nmissing = "unknown"\nfill_voids = "linear"\nvoid_cells = 1000\n')
    fetch_elevation(project, request=request_)
    values, grid, _, _ = fetched_grid(project)
    lon = grid.c + grid.a * (np.arange(values.shape[1]) + 0.5)
    lat = grid.f + grid.e * (np.arange(values.shape[0]) + 0.5)
    assert np.isnan(values[np.ix_(lat > 45.01, lon > 20.0)]).all()


def rough(lon, lat):
    """Heights that do not compress: tiles of them are large enough to be read in parts."""
    cells = np.rint(np.stack([lon, lat]) * 600).astype(np.int64)
    noise = (cells[0] * 7919 + cells[1] * 104_729) % 65_521 / 65_521
    return plane(lon, lat) + 40 * np.sin(1000 * noise)


@pytest.mark.parametrize("fallback", [False, True])
def test_windows_of_tiles_give_the_same_elevation_as_whole_ones(
    server, project, request_, tmp_path, fallback
):
    """Three sight radii about a line of 44 km are a small part of four tiles of one degree."""
    how = {"tiled": True, "blockxsize": 128, "blockysize": 128}
    sizes = {"high": 600, "wide": 600, "heights": rough} | how
    for lat, lon in TILES[:3] if fallback else TILES:
        server.put(aws(30, lat, lon), tile_bytes(tmp_path, lat, lon, **sizes))
    stock(server, tmp_path, metres=90, high=200, wide=200)
    asked = replace(request_, fallback=fallback)
    fetch_elevation(project, request=asked)
    by_windows = (project.parent / "fetched/elevation.tif").read_bytes()
    tiles = notes(project)["tiles"]
    fine = [tile for tile in tiles if tile["source"] == "glo30"]
    assert all(tile["window"]["bytes_fetched"] < 0.7 * 1_440_000 for tile in fine)
    assert all(tile["window"]["mark"] for tile in fine)
    for page in server.pages.values():
        page.ranges = False
    shutil.rmtree(request_.client.cache)
    fetch_elevation(project, request=asked)
    assert {tile["window"] for tile in notes(project)["tiles"]} == {"whole"}
    assert (project.parent / "fetched/elevation.tif").read_bytes() == by_windows


def test_a_dry_run_estimates_windows(server, project, request_, tmp_path):
    sizes = {"high": 600, "wide": 600, "heights": rough, "tiled": True, "blockxsize": 128}
    for lat, lon in TILES:
        server.put(aws(30, lat, lon), tile_bytes(tmp_path, lat, lon, blockysize=128, **sizes))
    said = fetch_elevation(project, request=replace(request_, dry_run=True))
    # half of each tile from north to south, half from west to east: a quarter of 1.4 to 1.6 MB
    assert sum("about 0.4 MB" in line for line in said) == 4
    assert "windows of them where the provider sends parts" in said[-1]


@pytest.mark.slow
def test_two_sources_of_elevation_compared(server, project, tmp_path, monkeypatch, capsys):
    """The same project with two sources: diff names the elevation as what differs."""
    bumpy = lambda x, y: plane(x, y) + 150 * np.sin(x * 60) * np.cos(y * 70)  # noqa: E731
    stock(server, tmp_path, heights=bumpy)
    coarse(server, tmp_path, heights=lambda x, y: bumpy(x, y) + 3)
    add(project, "[outputs]\nwrite = []\n")
    where = ["--mirror", server.address, "--cache", tmp_path / "cache", "-q"]
    for source in ("glo30", "glo90"):
        fetch = ["fetch", "elevation", project, *where, "--source", source]
        assert run_cli(monkeypatch, *fetch) == 0
        assert run_cli(monkeypatch, "run", project, "--out", tmp_path / source, "-q") == 0
    capsys.readouterr()
    run_cli(monkeypatch, "diff", tmp_path / "glo30", tmp_path / "glo90")
    assert "fetched/elevation.tif" in capsys.readouterr().out


def test_a_server_that_asks_for_a_login_is_an_error(server, project, tmp_path, monkeypatch, capsys):
    for lat, lon in TILES:
        server.put(aws(30, lat, lon), Page(redirect="http://portal.example/login"))
    where = ["--mirror", server.address, "--cache", tmp_path / "cache", "-q"]
    assert run_cli(monkeypatch, "fetch", "elevation", project, *where) == 2
    assert "portal.example" in capsys.readouterr().err
