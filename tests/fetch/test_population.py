"""`frontline fetch population`: counts of the right country and year, joined cell on cell."""

import json
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from factories.projects import made_project
from factories.rasters import write_tif
from factories.worldpop import HOST, NODATA, STEP, global2, raster, two_countries

from frontline.errors import DownloadError, ProjectError, RasterError
from frontline.fetch.http import HttpClient
from frontline.fetch.population import fetch_population
from frontline.fetch.request import FetchRequest
from frontline.population.validity import open_grids
from frontline.project.loader import load_project
from frontline.raster.zonal import sum_zones


def unconstrained(iso, year):
    return f"{HOST}/Global_2000_2020/{year}/{iso}/{iso.lower()}_ppp_{year}.tif"


def cells_of(iso):
    name = f"{iso.lower()}_level0_100m_2000_2020.tif"
    return f"https://data.worldpop.org/GIS/Mastergrid/Global_2000_2020/{iso}/L0/{name}"


def settled(folder, west, east, people=40.0):
    """A constrained raster: people in every tenth column, no value in the others."""
    values = np.full((round(2 / STEP), round((east - west) / STEP)), NODATA, dtype=np.float32)
    values[:, ::10] = people
    grid = (STEP, 0.0, west, 0.0, -STEP, 46.0)
    made = write_tif(folder / "people.tif", values, transform=grid, crs="EPSG:4326", nodata=NODATA)
    return made.read_bytes()


def large(folder, west, east, seed, **how):
    """People that do not compress, on finer cells: more than is fetched whole."""
    step = STEP / 6
    shape = round(2 / step), round((east - west) / step)
    people = np.random.default_rng(seed).uniform(0, 9, shape).astype(np.float32)
    people[:, ::7] = how.pop("empty", NODATA)
    grid = (step, 0.0, west, 0.0, -step, 46.0)
    nodata = how.pop("nodata", NODATA)
    made = write_tif(
        folder / "large.tif", people, transform=grid, crs="EPSG:4326", nodata=nodata, **how
    )
    return made.read_bytes()


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    return made_project(folder, elevation=False, more='[fetch]\ncountries = ["AAA", "BBB"]\n')


@pytest.fixture
def request_(server, tmp_path):
    return FetchRequest(
        HttpClient(tmp_path / "cache", mirror=server.address, wait_s=0.01, timeout_s=5)
    )


def grid(project, key):
    with rasterio.open(project.parent / f"fetched/population_{key}.tif") as file:
        return file.read(1, masked=True).filled(np.nan), file.transform, file.tags()


def test_two_countries_become_one_raster(server, project, request_, tmp_path):
    two_countries(server, tmp_path)
    said = fetch_population(project, request=request_)
    values, at, tags = grid(project, "worldpop_constrained_2015")  # the newest line is of 2011
    lon = at.c + at.a * (np.arange(values.shape[1]) + 0.5)
    assert (values[:, lon < 20] == 2).all()
    assert (values[:, lon > 20] == 3).all()
    assert tags["YEAR"] == "2015"
    assert tags["KIND"] == "count"
    (stated,) = load_project(project).population
    assert stated.key == "worldpop_constrained_2015"
    assert stated.kind == "count"
    assert stated.licence == "CC BY 4.0"
    assert "Added [[population]] to project.toml." in said
    notes = json.loads(
        (project.parent / "fetched/population_worldpop_constrained_2015.json").read_text()
    )
    assert notes["cells_of_two_countries"] == 0
    assert notes["total"] == pytest.approx(values.sum())
    assert [file["address"] for file in notes["files"]] == [
        global2("AAA", 2015),
        global2("BBB", 2015),
    ]


def test_a_cell_on_the_border_counts_the_parts_of_both(server, project, request_, tmp_path):
    server.put(global2("AAA", 2020), raster(tmp_path, 19.0, 20.0 + STEP, 2.0))
    server.put(global2("BBB", 2020), raster(tmp_path, 20.0, 21.0, 3.0))
    fetch_population(project, request=request_, year=2020)
    values, at, _ = grid(project, "worldpop_constrained_2020")
    col = round((20.0 - at.c) / at.a)
    assert (values[:, col] == 5).all()
    assert (values[:, col - 1] == 2).all()
    assert (values[:, col + 1] == 3).all()


def test_several_products_stand_beside_each_other(server, project, request_, tmp_path):
    two_countries(server, tmp_path)
    two_countries(server, tmp_path, unconstrained, 2011)
    both = ("worldpop_constrained", "worldpop_unconstrained")
    fetch_population(project, request=replace(request_, sources=both))
    keys = [one.key for one in load_project(project).population]
    assert keys == ["worldpop_constrained_2015", "worldpop_unconstrained_2011"]


def test_the_country_lies_in_either_folder(server, project, request_, tmp_path):
    folder = f"{HOST}/Global_2000_2020_Constrained/2020"
    for name, iso, west in (("maxar_v1", "AAA", 19.0), ("BSGM", "BBB", 20.0)):
        address = f"{folder}/{name}/{iso}/{iso.lower()}_ppp_2020_UNadj_constrained.tif"
        server.put(address, raster(tmp_path, west, west + 1, 1.0))
    fetch_population(project, request=replace(request_, sources=("worldpop_constrained_unadj",)))
    assert load_project(project).population[0].key == "worldpop_constrained_unadj_2020"


def test_a_missing_country_is_named(server, project, request_, tmp_path):
    server.put(global2("AAA", 2015), raster(tmp_path, 19.0, 20.0, 1.0))
    with pytest.raises(DownloadError, match="no raster of BBB for 2015"):
        fetch_population(project, request=request_)
    assert not (project.parent / "fetched").exists()


def test_counts_that_look_like_something_else_are_doubted(server, project, request_, tmp_path):
    """The districts state 60,000 people on 2,400 km2, and each cell of 0.6 km2 holds 5,000."""
    two_countries(server, tmp_path, people=(5000.0, 5000.0))
    said = fetch_population(project, request=request_)
    assert any("times the people that 2 districts state" in line for line in said)


def test_plausible_counts_are_not_doubted(server, project, request_, tmp_path):
    two_countries(server, tmp_path, people=(8.0, 8.0))
    said = fetch_population(project, request=request_)
    assert not any("districts state" in line for line in said)
    notes = json.loads(
        (project.parent / "fetched/population_worldpop_constrained_2015.json").read_text()
    )
    assert {row["code"] for row in notes["districts"]} == {"S", "N"}
    assert sum(row["stated"] for row in notes["districts"]) == 60_000


@pytest.mark.parametrize(
    ("west", "step", "said"), [(20.003, STEP, "between the cells"), (20.0, STEP / 2, "step")]
)
def test_rasters_that_do_not_fit_are_named(server, project, request_, tmp_path, west, step, said):
    two_countries(server, tmp_path)
    values = np.ones((100, 100), dtype=np.float32)
    odd = write_tif(
        tmp_path / "odd.tif", values, transform=(step, 0, west, 0, -step, 46.0), crs="EPSG:4326"
    )
    server.put(global2("BBB", 2015), odd.read_bytes())
    with pytest.raises(RasterError, match=f"bbb_pop_2015.*{said}"):
        fetch_population(project, request=request_)


def test_an_untagged_void_is_no_number_of_people(server, project, request_, tmp_path):
    two_countries(server, tmp_path)
    values = np.full((100, 100), NODATA, dtype=np.float32)
    bad = write_tif(
        tmp_path / "bad.tif", values, transform=(STEP, 0, 20, 0, -STEP, 46.0), crs="EPSG:4326"
    )
    server.put(global2("BBB", 2015), bad.read_bytes())
    with pytest.raises(DownloadError, match="negative people"):
        fetch_population(project, request=request_)


@pytest.mark.parametrize(
    ("how", "said"),
    [({"year": 2031}, "2015 to 2030"), ({"year": 2014}, "2015 to 2030")],
)
def test_a_year_that_there_is_not_is_refused(project, request_, how, said):
    with pytest.raises(ProjectError, match=said):
        fetch_population(project, request=request_, **how)


def test_unknown_sources_and_countries_are_named(project, request_):
    with pytest.raises(ProjectError, match=r"no source 'ghsl' of people \(known: worldpop"):
        fetch_population(project, request=replace(request_, sources=("ghsl",)))
    project.write_text(project.read_text().replace('"AAA"', '"Ruritania"'))
    with pytest.raises(ProjectError, match="'RURITANIA' is no code"):
        fetch_population(project, request=request_)
    project.write_text(project.read_text().split("[fetch]")[0])
    with pytest.raises(ProjectError, match="no country is named"):
        fetch_population(project, request=request_)


def test_a_dry_run_fetches_nothing(server, project, request_, tmp_path):
    server.put(global2("AAA", 2015), raster(tmp_path, 19.0, 20.0, 1.0))
    said = fetch_population(project, request=replace(request_, dry_run=True))
    assert any("AAA 2015: 0." in line for line in said)
    assert any("BBB 2015: not there" in line for line in said)
    assert any("cells of AAA: not there" in line for line in said)
    assert "only what the area needs" in said[-1]
    assert server.paths("GET") == []


def test_cells_of_the_country_without_a_value_hold_nobody(server, project, request_, tmp_path):
    """AAA's own grid is known, BBB's is not; beyond both nobody knows."""
    server.put(global2("AAA", 2015), settled(tmp_path, 19.0, 20.0))
    server.put(global2("BBB", 2015), settled(tmp_path, 20.0, 20.3))
    server.put(cells_of("AAA"), raster(tmp_path, 19.0, 20.0, 31.0))
    said = fetch_population(project, request=request_)
    values, at, tags = grid(project, "worldpop_constrained_2015")
    lon = at.c + at.a * (np.arange(values.shape[1]) + 0.5)
    assert set(np.unique(values[:, lon < 20])) == {0.0, 40.0}
    beyond = values[:, (lon > 20) & (lon < 20.3)]
    assert set(np.unique(beyond[np.isfinite(beyond)])) == {40.0}
    assert np.isnan(beyond).mean() == pytest.approx(0.9, abs=0.03)
    assert np.isnan(values[:, lon > 20.3]).all()
    assert tags["EMPTY"] == "cells without a value within AAA hold nobody"
    notes = json.loads(
        (project.parent / "fetched/population_worldpop_constrained_2015.json").read_text()
    )
    assert notes["cells_of_nobody"] == (values == 0).sum()
    assert notes["countries_with_known_cells"] == ["AAA"]
    assert cells_of("AAA") in [file["address"] for file in notes["files"]]
    assert any("within AAA hold nobody" in line for line in said)
    assert any("count as unknown" in line for line in said)


def test_a_grid_of_cells_between_the_rasters_own_says_nothing(server, project, request_, tmp_path):
    for iso, west in (("AAA", 19.0), ("BBB", 20.0)):
        server.put(global2(iso, 2015), settled(tmp_path, west, west + 1))
        server.put(cells_of(iso), raster(tmp_path, west + STEP / 2, west + 1 + STEP / 2, 1.0))
    said = fetch_population(project, request=request_)
    assert not (grid(project, "worldpop_constrained_2015")[0] == 0).any()
    assert any("count as unknown" in line for line in said)


def test_without_a_settlement_map_an_empty_cell_stays_unknown(server, project, request_, tmp_path):
    for iso, west in (("AAA", 19.0), ("BBB", 20.0)):
        server.put(unconstrained(iso, 2011), settled(tmp_path, west, west + 1))
        server.put(cells_of(iso), raster(tmp_path, west, west + 1, 1.0))
    fetch_population(project, request=replace(request_, sources=("worldpop_unconstrained",)))
    assert not (grid(project, "worldpop_unconstrained_2011")[0] == 0).any()
    assert not [path for path in server.paths() if "Mastergrid" in path]


@pytest.mark.parametrize(("means", "coverage"), [("unknown", 0.1), ("nobody", 1.0)])
def test_the_project_says_what_a_cell_without_a_value_means(project, tmp_path, means, coverage):
    (project.parent / "own.tif").write_bytes(settled(tmp_path, 19.0, 21.0))
    more = f'key = "own"\npath = "own.tif"\nkind = "count"\nempty = "{means}"\n'
    project.write_text(project.read_text() + "[[population]]\n" + more)
    loaded = load_project(project)
    zone = np.array([shapely.box(19.5, 44.7, 20.5, 45.3)], dtype=object)
    with ExitStack() as stack:
        (own,) = open_grids(loaded, date=loaded.lines[0].date, stack=stack)
        sums = sum_zones(own.raster, zones=zone, zones_crs=pyproj.CRS(4326), kind="count")
    assert sums.coverage[0] == pytest.approx(coverage, abs=0.01)
    assert sums.people[0] == pytest.approx(40.0 * 12 * 72, rel=0.01)


@pytest.mark.parametrize("how", [{"tiled": True, "blockxsize": 128, "blockysize": 128}, {}])
def test_of_large_rasters_only_windows_are_fetched(server, project, request_, tmp_path, how):
    server.put(global2("AAA", 2015), large(tmp_path, 18.0, 20.0, 1, **how))
    server.put(global2("BBB", 2015), large(tmp_path, 20.0, 21.0, 2, **how))
    fetch_population(project, request=request_)
    values, at, _ = grid(project, "worldpop_constrained_2015")
    path = project.parent / "fetched/population_worldpop_constrained_2015.json"
    files = json.loads(path.read_text())["files"]
    # the area has 0.7 degrees from north to south, the rasters have 2
    assert all(
        file["window"]["bytes_fetched"] < 0.5 * file["window"]["bytes_of_all"] for file in files
    )
    for page in server.pages.values():
        page.ranges = False
    whole = replace(request_, client=replace(request_.client, cache=tmp_path / "other"))
    fetch_population(project, request=whole)
    assert {file["window"] for file in json.loads(path.read_text())["files"]} == {"whole"}
    np.testing.assert_array_equal(grid(project, "worldpop_constrained_2015")[0], values)
    assert grid(project, "worldpop_constrained_2015")[1] == at


def test_a_country_that_does_not_reach_the_area_adds_nothing(server, project, request_, tmp_path):
    server.put(global2("AAA", 2015), large(tmp_path, 19.0, 21.0, 1))
    server.put(global2("BBB", 2015), large(tmp_path, 30.0, 31.0, 2))
    fetch_population(project, request=request_)
    values = grid(project, "worldpop_constrained_2015")[0]
    assert np.isfinite(values).mean() == pytest.approx(6 / 7, abs=0.01)
    project.write_text(project.read_text().replace('"AAA", ', ""))
    with pytest.raises(RasterError, match="no raster of people reaches the study area"):
        fetch_population(project, request=request_)
    assert sum(path.stat().st_size for path in request_.client.cache.rglob("bbb*.tif")) < 50_000


def test_an_untagged_void_in_a_window_is_no_number_of_people(server, project, request_, tmp_path):
    server.put(global2("AAA", 2015), large(tmp_path, 18.0, 20.0, 1))
    server.put(global2("BBB", 2015), large(tmp_path, 20.0, 21.0, 2, nodata=None))
    with pytest.raises(RasterError, match=r"bbb_pop_2015.*negative people"):
        fetch_population(project, request=request_)
    assert not (project.parent / "fetched").exists()
