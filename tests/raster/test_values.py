"""Values that are no people: what no land can hold, what stands for unknown, what is not there."""

import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from factories.rasters import write_tif
from hypothesis import given, settings
from hypothesis import strategies as st

from frontline.raster.io import Window, open_raster, read_window
from frontline.raster.points import place_people_points
from frontline.raster.zonal import doubt_values, sum_zones

UTM = pyproj.CRS("EPSG:32638")
AT = (100.0, 0.0, 500_000.0, 0.0, -100.0, 4_401_000.0)
"""Ten cells of 100 m a side: one hectare each."""
ALL = np.array([shapely.box(500_000, 4_400_000, 501_000, 4_401_000)])


def read(path, kind="count", **opened):
    with open_raster(path, **opened) as raster:
        sums = sum_zones(raster, zones=ALL, zones_crs=UTM, kind=kind)
        xy, people = place_people_points(raster, area=ALL[0], area_crs=UTM, kind=kind)
        assert people.sum() == pytest.approx(sums.people[0])
        assert len(xy) == len(people)
        return sums, list(doubt_values(raster, sums=sums))


def grid(value, dtype, cells=5):
    """Two people a cell, and some cells with another value."""
    made = np.full((10, 10), 2, dtype=dtype)
    made.ravel()[:cells] = value
    return made


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (3.4e38, "float32"),
        (1e30, "float64"),
        (1e9, "float32"),
        (65_535, "uint16"),
        (32_767, "int16"),
        (2**31 - 1, "int32"),
        (2**32 - 1, "uint32"),
    ],
)
def test_what_no_land_holds_is_unknown_and_said(tmp_path, value, dtype):
    sums, doubts = read(write_tif(tmp_path / "p.tif", grid(value, dtype), transform=AT))
    assert sums.people[0] == pytest.approx(190.0)
    assert sums.coverage[0] == pytest.approx(0.95, abs=1e-3)
    text, count = doubts[0]
    assert count == 5
    assert "more people than any land" in text
    assert "nodata" in text


@pytest.mark.parametrize("value", [3.4e38, 65_535.0, 255.0, 9_999.0])
def test_the_project_may_name_it(tmp_path, value):
    path = write_tif(tmp_path / "p.tif", grid(value, "float32"), transform=AT)
    sums, doubts = read(path, nodata=value)
    assert sums.people[0] == pytest.approx(190.0)
    assert not doubts


@pytest.mark.parametrize(
    ("value", "dtype", "cells", "said"),
    [
        (255, "uint8", 1, "largest value"),
        (255, "uint8", 40, "largest value"),
        (9_999, "int16", 2, "often stands for unknown"),
        (9_999, "float32", 1, None),
        (254, "uint8", 5, None),
        (255, "uint16", 5, None),
    ],
)
def test_an_edge_of_its_type_is_doubted_but_counts(tmp_path, value, dtype, cells, said):
    sums, doubts = read(write_tif(tmp_path / "p.tif", grid(value, dtype, cells), transform=AT))
    assert sums.people[0] == pytest.approx((100 - cells) * 2 + cells * value)
    if said is None:
        assert not doubts
    else:
        ((text, count),) = doubts
        assert count == cells
        assert said in text
        assert f"nodata = {value}" in text


def test_a_scaled_edge_is_found_too(tmp_path):
    path = write_tif(tmp_path / "p.tif", grid(255, "uint8"), transform=AT, scale=0.5, offset=1.0)
    ((text, count),) = read(path)[1]
    assert (count, "128.5" in text) == (5, True)


def test_another_unit_is_asked_for_where_many_values_are_impossible(tmp_path):
    made = np.arange(1e6, 1e6 + 1e5, 1e3).reshape(10, 10)
    sums, ((text, count),) = read(write_tif(tmp_path / "p.tif", made, transform=AT))
    assert (sums.people[0], count) == (0.0, 100)
    assert "another unit" in text


def test_a_tower_in_a_small_cell_is_no_void(tmp_path):
    fine = (10.0, 0.0, 500_000.0, 0.0, -10.0, 4_400_100.0)
    path = write_tif(tmp_path / "p.tif", grid(3_000.0, "float32", 1), transform=fine)
    with open_raster(path) as raster:
        land = np.array([shapely.box(500_000, 4_400_000, 500_100, 4_400_100)])
        sums = sum_zones(raster, zones=land, zones_crs=UTM, kind="count")
        assert not list(doubt_values(raster, sums=sums))
    assert sums.people[0] == pytest.approx(3_198.0)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.0, 9_000.0, width=32), min_size=100, max_size=100))
def test_plausible_people_are_summed_as_they_are(tmp_path_factory, values):
    made = np.array(values, dtype=np.float32).reshape(10, 10)
    path = write_tif(tmp_path_factory.mktemp("p") / "p.tif", made, transform=AT)
    sums, _ = read(path)
    assert sums.people[0] == pytest.approx(float(made.astype(float).sum()), rel=1e-6, abs=1e-9)


# What is not there


def sparse(path, **more):
    """Only the south-western quarter of 4 x 4 blocks of 16 cells is in the file."""
    profile = {
        "driver": "GTiff",
        "count": 1,
        "dtype": "float32",
        "height": 64,
        "width": 64,
        "crs": "EPSG:32638",
        "transform": rasterio.Affine(100, 0, 500_000, 0, -100, 4_406_400),
        "tiled": True,
        "blockxsize": 16,
        "blockysize": 16,
        "sparse_ok": True,
        **more,
    }
    with rasterio.open(path, "w", **profile) as file:
        part = rasterio.windows.Window(0, 32, 32, 32)
        file.write(np.full((32, 32), 7.0, "float32"), 1, window=part)
    return path


@pytest.mark.parametrize("nodata", [None, -1.0])
def test_blocks_that_a_sparse_file_lacks_are_unknown(tmp_path, nodata):
    with open_raster(sparse(tmp_path / "s.tif", nodata=nodata)) as raster:
        every = read_window(raster, window=Window(0, 0, 64, 64))
        assert np.isnan(every).sum() == 64 * 64 * 3 / 4
        assert (every[32:, :32] == 7.0).all()
        for window in (Window(20, 10, 30, 40), Window(31, 31, 2, 2), Window(-5, -5, 80, 80)):
            about = np.pad(every, 8, constant_values=np.nan)
            part = about[
                window.row + 8 : window.row + 8 + window.rows,
                window.col + 8 : window.col + 8 + window.cols,
            ]
            read_part = read_window(raster, window=window)
            np.testing.assert_array_equal(read_part[: len(part), : part.shape[1]], part)


def test_a_sparse_file_with_rows_from_south_to_north(tmp_path):
    upward = rasterio.Affine(100, 0, 500_000, 0, 100, 4_400_000)
    with open_raster(sparse(tmp_path / "s.tif", transform=upward)) as raster:
        every = read_window(raster, window=Window(0, 0, 64, 64))
    assert (every[:32, :32] == 7.0).all()
    assert np.isnan(every).sum() == 64 * 64 * 3 / 4


def test_whole_zeros_of_a_whole_file_stay_zeros(tmp_path):
    path = write_tif(tmp_path / "z.tif", np.zeros((40, 40)), transform=AT)
    with open_raster(path) as raster:
        assert (read_window(raster, window=Window(0, 0, 40, 40)) == 0.0).all()
