"""The example's data: listed, traceable, rebuilt byte for byte, and true to what is stated."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
from geopandas.testing import assert_geodataframe_equal
from pyproj import Geod
from rasterio.io import MemoryFile
from scipy import ndimage
from shapely import Point, get_parts, polygonize, union_all

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCE = REPOSITORY / "layers/karabakh/source"
GEOPACKAGE = REPOSITORY / "layers/karabakh/karabakh.gpkg"
DEM = REPOSITORY / "dem/globe30s_karabakh.tif"
GLOBE = REPOSITORY / "dem/source/globe30s_karabakh_raw.tif"
LAYERS = (
    "study_area",
    "lines",
    "settlements",
    "corridors",
    "points",
    "districts",
    "former_oblast",
)
GEOD = Geod(ellps="WGS84")


def layer(name):
    return gpd.read_file(GEOPACKAGE, layer=name, engine="pyogrio")


def area_km2(polygon):
    return abs(GEOD.geometry_area_perimeter(polygon.segmentize(0.001))[0]) / 1e6


def faces(line):
    """Cut the study area, naively, and tell the part that holds Stepanakert from the other."""
    shape = layer("lines").set_index("line").geometry[line]
    cut = get_parts(polygonize([union_all([layer("study_area").geometry[0].exterior, shape])]))
    assert len(cut) == 2
    return sorted(cut, key=lambda face: not face.contains(Point(46.752, 39.815)))


def listed():
    rows = [line.split(" | ") for line in (REPOSITORY / "DATA.md").read_text("utf-8").splitlines()]
    files = [row for row in rows if re.match(r"\| `[\w./]+`$", row[0])]
    assert all(len(row) == 8 and all(cell.strip(" |") for cell in row) for row in files)
    return {row[0].strip("| `"): row[7].strip("| `") for row in files}


def data_files():
    places = [REPOSITORY / place for place in ("layers", "dem", "tests/data")]
    found = [path for place in places for path in place.rglob("*") if path.is_file()]
    found += (REPOSITORY / "frontline").rglob("*.txt")
    return {
        path.relative_to(REPOSITORY).as_posix(): path
        for path in found
        if path.suffix not in {".md", ".toml"}
    }


def test_data_md_lists_every_file_with_its_hash():
    hashes = {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in data_files().items()
    }
    assert listed() == hashes


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory):
    """Build the example twice, each time in a process of its own."""
    scripts = {"build_karabakh.py": "k.gpkg", "build_dem.py": "g.tif"}
    folders = [tmp_path_factory.mktemp(zone.replace("/", "_")) for zone in ("UTC", "Asia/Baku")]
    for folder, zone in zip(folders, ("UTC", "Asia/Baku"), strict=True):
        environment = {"TZ": zone, "PYTHONHASHSEED": str(len(zone)), "PATH": ""}
        for script, target in scripts.items():
            command = [sys.executable, "-W", "error", str(REPOSITORY / "scripts" / script)]
            subprocess.run([*command, "--out", target], check=True, env=environment, cwd=folder)
    return folders


def test_the_same_tables_give_the_same_bytes(rebuilt):
    one, two = rebuilt
    for name in ("k.gpkg", "g.tif"):
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_the_geopackage_is_what_the_tables_give(rebuilt):
    assert [name for name, _ in pyogrio.list_layers(GEOPACKAGE)] == list(LAYERS)
    for name in LAYERS:
        assert_geodataframe_equal(gpd.read_file(rebuilt[0] / "k.gpkg", layer=name), layer(name))
    stated = (REPOSITORY / "DATA.md").read_text("utf-8")
    if f"GDAL {pyogrio.__gdal_version_string__}" in stated:
        assert (rebuilt[0] / "k.gpkg").read_bytes() == GEOPACKAGE.read_bytes()


def test_the_elevation_is_what_the_source_gives(rebuilt):
    with rasterio.open(rebuilt[0] / "g.tif") as built, rasterio.open(DEM) as kept:
        assert built.profile == kept.profile
        assert built.tags() == kept.tags()
        np.testing.assert_array_equal(built.read(1), kept.read(1))
    stated = (REPOSITORY / "DATA.md").read_text("utf-8")
    if f"GDAL {rasterio.__gdal_version__}" in stated:
        assert (rebuilt[0] / "g.tif").read_bytes() == DEM.read_bytes()


def test_the_lines_cut_the_land_as_stated():
    held, other = faces("line_1994")
    assert area_km2(held) == pytest.approx(11_764.7, abs=1)
    assert area_km2(other) == pytest.approx(21_104.0, abs=1)
    held, other = faces("line_2020")
    assert area_km2(held) == pytest.approx(2_871.9, abs=1)
    assert area_km2(other) == pytest.approx(29_996.8, abs=1)
    assert area_km2(layer("former_oblast").geometry[0]) == pytest.approx(4_251, abs=1)


@pytest.mark.parametrize("line", ["line_1994", "line_2020"])
def test_the_armenian_held_land_is_on_the_right_hand(line):
    shape = layer("lines").set_index("line").geometry[line]
    held = faces(line)[0]
    for start, end in zip(shape.coords[:-1], shape.coords[1:], strict=True):
        (x0, y0), (x1, y1) = start, end
        middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
        right = np.array([y1 - y0, x0 - x1]) / np.hypot(x1 - x0, y1 - y0)
        assert held.contains(Point(middle + 1e-4 * right))


def test_residents_within_15_km_on_the_armenian_held_side():
    """Naive count, a geodesic distance per place, to compare with the reports' claim C05.

    By hand the tables give 14,744; 868 of them are Boyahmedli's, whose figure of 1976 ended
    in 1993 and so does not hold at the line's date.
    """
    places = layer("settlements")
    near = places[places.within(faces("line_1994")[0])]
    line = layer("lines").set_index("line").geometry["line_1994"].segmentize(0.0005)
    lon, lat = np.array(line.coords).T
    repeated = [(np.full(len(lon), at.x), np.full(len(lon), at.y)) for at in near.geometry]
    near = near[[GEOD.inv(*here, lon, lat)[2].min() <= 15_000 for here in repeated]]
    residents = near[near["population_kind"] == "residents"].set_index("id")
    assert residents["population"].sum() == 14_744
    ended = residents[residents["population_until"] < "1994-05-12"]
    assert list(ended.index) == ["boyahmedli"]
    assert residents.drop("boyahmedli")["population"].sum() == 13_876


def test_no_place_is_listed_twice_and_ids_are_unique():
    places = layer("settlements")
    for name in ("settlements", "corridors", "points"):
        assert layer(name)["id"].is_unique
    listed_places = pd.read_csv(SOURCE / "settlements.csv", dtype={"population": "Int64"})
    added = places[places["id"].str.match(r"gn\d")]
    assert len(places) == len(listed_places) + len(added)
    for place in added.itertuples():
        here = (
            np.full(len(listed_places), place.geometry.x),
            np.full(len(listed_places), place.geometry.y),
        )
        assert GEOD.inv(*here, listed_places["lon"], listed_places["lat"])[2].min() >= 2_000
    assert (added["population"] >= 500).all()


def test_unknown_people_stay_unknown():
    places = layer("settlements")
    unknown = places["population"].isna()
    assert set(places.loc[unknown, "name"]) >= {"Parukh", "Togh", "Avdur"}
    assert places.loc[unknown, "population_kind"].isna().all()
    assert (places.loc[~unknown, "population"] > 0).all()
    assert set(places.loc[~unknown, "population_kind"]) == {"residents", "registered"}
    assert places["source"].notna().all()
    assert places.loc[~unknown, "population_source"].notna().all()


def test_added_places_on_the_armenian_held_land_are_registered_ones():
    held = faces("line_1994")[0]
    added = layer("settlements")[lambda rows: rows["id"].str.match(r"gn\d")]
    assert added.within(layer("study_area").geometry[0]).all()
    inside = added.within(held)
    assert set(added.loc[inside, "population_kind"]) == {"registered"}
    assert set(added.loc[~inside, "population_kind"]) == {"residents"}


def test_districts_are_joined_by_code_and_keep_their_faults():
    districts = layer("districts").set_index("code")
    towns = layer("settlements").set_index("id").geometry
    assert districts.index.is_unique
    assert districts.is_valid.all()
    assert "AZ-NA" not in districts.index
    for town, code in [
        ("shusha", "AZ-XCI"),
        ("lachin", "AZ-SUS"),
        ("jabrayil", "AZ-XVD"),
        ("naftalan", "AZ-GOR"),
        ("qubadli", "AZ-QBI"),
    ]:
        assert list(districts.index[districts.contains(towns[town])]) == [code]
    for code, text in districts["known_error"].items():
        for measured in re.findall(r"measures ([\d,]+) km2", text):
            assert area_km2(districts.geometry[code]) == pytest.approx(
                float(measured.replace(",", "")), abs=1
            )
    counted = districts[districts["population"].notna()]
    assert set(counted["counted_by"]) == {"Azerbaijani-held"}
    registered = counted.index[counted["population_kind"] == "registered"]
    assert set(registered) == {"AZ-AGM", "AZ-FUZ"}


def test_districts_cover_the_study_area_but_for_the_strip_along_armenia():
    districts = layer("districts")
    area = layer("study_area").geometry[0]
    assert area_km2(area.intersection(districts.union_all())) / area_km2(area) > 0.98


def test_unknown_heights_are_the_zeros_of_globe_all_with_low_surroundings():
    with rasterio.open(GLOBE) as raw, rasterio.open(DEM) as dem:
        heights, known = raw.read(1), dem.read(1, masked=True)
        assert dem.nodata == -32768
        assert dem.crs.to_epsg() == 4326
        assert dem.transform == raw.transform
    np.testing.assert_array_equal(np.ma.getmaskarray(known), heights == 0)
    np.testing.assert_array_equal(known.compressed(), heights[heights != 0])
    patches, number = ndimage.label(heights == 0, np.ones((3, 3)))
    assert number == 22
    for patch in range(1, number + 1):
        around = ndimage.binary_dilation(patches == patch, np.ones((3, 3))) & (heights != 0)
        assert np.median(heights[around]) <= 12


def test_the_elevation_is_a_cloud_optimised_geotiff_that_says_what_it_is():
    with rasterio.open(DEM) as dem:
        assert dem.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dem.overviews(1) == [2, 4]
        assert dem.units == ("metre",)
        tags = dem.tags()
    assert tags["VERTICAL_DATUM"] == "mean sea level (GLOBE)"
    assert "145 m" in tags["ACCURACY"]
    with MemoryFile(DEM.read_bytes()) as memory, memory.open(OVERVIEW_LEVEL=0) as overview:
        assert overview.read(1, masked=True).min() > -100


def test_known_heights_surround_the_lines():
    """No unknown cell within 15 km of a line, so sight from it is decided by known terrain."""
    with rasterio.open(DEM) as dem:
        rows, columns = np.nonzero(dem.read(1) == dem.nodata)
        lon, lat = dem.xy(rows, columns)
    unknown = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs="EPSG:4326").to_crs("EPSG:32638")
    lines = layer("lines").to_crs("EPSG:32638").union_all()
    assert unknown.distance(lines).min() > 15_000
