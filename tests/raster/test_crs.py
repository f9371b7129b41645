"""Where a raster lies: datum shifts, codes that a project names, datums that nobody knows."""

import numpy as np
import pyproj
import pytest
import shapely
from factories.rasters import write_tif

from frontline.errors import RasterError
from frontline.geo.datum import find_datum_doubt, is_same_but_datum
from frontline.geo.projection import plane_around
from frontline.raster.io import open_raster
from frontline.raster.zonal import measure_classes, sum_zones

KRASSOWSKY = "+proj=tmerc +lat_0=0 +lon_0=45 +k=1 +x_0=8500000 +y_0=0 +ellps=krass +units=m"
SHIFTED = f"{KRASSOWSKY} +towgs84=23.92,-141.27,-80.9,0,0.35,0.82,-0.12"
"""The ellipsoid alone, and with the shift from Pulkovo 1942 to WGS 84: some 100 m apart."""

STEP = 20.0


@pytest.fixture(params=["projected", "degrees"])
def shifted(request, tmp_path):
    """A raster with 100 people in one cell, its shift written into its CRS."""
    if request.param == "projected":
        step, crs = 20.0, SHIFTED
        at = (step, 0.0, 8_600_000.0, 0.0, -step, 4_410_000.0)
    else:
        shift = SHIFTED.split("+towgs84=")[1]
        step, crs = 0.0002, f"+proj=longlat +ellps=krass +towgs84={shift}"
        at = (step, 0.0, 46.0, 0.0, -step, 39.5)
    people = np.zeros((50, 50))
    people[20, 30] = 100.0
    path = write_tif(tmp_path / "r.tif", people, transform=at, crs=crs)
    middle = at[2] + step * 30.5, at[5] - step * 20.5
    there = pyproj.Transformer.from_crs(crs, 4326, always_xy=True).transform(*middle)
    bare = crs.split(" +towgs84")[0]
    beside = pyproj.Transformer.from_crs(bare, 4326, always_xy=True).transform(*middle)
    return path, there, beside


def around(lonlat, by_m=15.0):
    plane = plane_around([shapely.Point(*lonlat)])
    return shapely.buffer(shapely.Point(*plane.xy(np.array([lonlat]))[0]), by_m), plane.crs


def test_people_lie_where_the_shift_puts_them(shifted):
    path, there, beside = shifted
    assert pyproj.Geod(ellps="WGS84").inv(*there, *beside)[2] > 80.0
    with open_raster(path) as raster:
        for place, least, most in ((there, 40.0, 100.1), (beside, 0.0, 1e-6)):
            zone, crs = around(place)
            people = sum_zones(raster, zones=np.array([zone]), zones_crs=crs, kind="count").people[
                0
            ]
            assert least <= people <= most


def test_classes_lie_where_the_shift_puts_them(shifted):
    path, there, beside = shifted
    with open_raster(path) as raster:
        for place, full in ((there, True), (beside, False)):
            zone, crs = around(place, 5.0)
            areas = measure_classes(
                raster,
                zones=np.array([zone]),
                zones_crs=crs,
                classed=lambda values: (values > 0).astype(float),
                classes=2,
            )[0]
            assert (areas[1] > 0) == full


@pytest.mark.parametrize("written", [SHIFTED, KRASSOWSKY])
def test_the_right_code_may_be_named_for_a_grid_without_a_datum(tmp_path, written):
    at = (STEP, 0.0, 8_600_000.0, 0.0, -STEP, 4_410_000.0)
    path = write_tif(tmp_path / "r.tif", np.ones((5, 5)), transform=at, crs=written)
    with open_raster(path, crs="EPSG:28408") as raster:
        assert raster.crs.name == "Pulkovo 1942 / Gauss-Kruger zone 8"
        assert raster.datum_doubt == ""


@pytest.mark.parametrize("wrong", ["EPSG:28407", "EPSG:32638", "EPSG:4284"])
def test_another_grid_may_not_be_named(tmp_path, wrong):
    at = (STEP, 0.0, 8_600_000.0, 0.0, -STEP, 4_410_000.0)
    path = write_tif(tmp_path / "r.tif", np.ones((5, 5)), transform=at, crs=SHIFTED)
    with pytest.raises(RasterError, match="states the CRS"), open_raster(path, crs=wrong):
        pass


def test_a_named_datum_is_not_renamed(tmp_path):
    path = write_tif(tmp_path / "r.tif", np.ones((5, 5)), transform=(1, 0, 46, 0, -1, 40), crs=4284)
    with pytest.raises(RasterError, match="states the CRS"), open_raster(path, crs="EPSG:4326"):
        pass


def test_a_grid_is_the_same_whatever_its_datum():
    xy = np.array([[8_600_000.0, 4_410_000.0], [8_400_000.0, 4_600_000.0]])
    pulkovo = pyproj.CRS(28408)
    assert is_same_but_datum(pyproj.CRS(KRASSOWSKY), other=pulkovo, xy=xy)
    assert is_same_but_datum(pyproj.CRS(SHIFTED), other=pulkovo, xy=xy)
    assert not is_same_but_datum(pyproj.CRS(28407), other=pulkovo, xy=xy)
    other = pyproj.CRS(KRASSOWSKY.replace("krass", "WGS84"))
    assert not is_same_but_datum(other, other=pulkovo, xy=xy)


@pytest.mark.parametrize(
    ("crs", "doubted"),
    [
        (KRASSOWSKY, True),
        ("+proj=longlat +ellps=clrk80", True),
        (SHIFTED, False),
        ("EPSG:28408", False),
        ("EPSG:4326", False),
        ("EPSG:3035", False),
        ("+proj=utm +zone=38 +ellps=GRS80", False),
        ("+proj=sinu +R=6371007.181", False),
    ],
)
def test_a_datum_that_nobody_knows_is_doubted(crs, doubted):
    assert bool(find_datum_doubt(pyproj.CRS(crs))) == doubted
