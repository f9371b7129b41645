"""Rasters that are not what they say: refused by name, or unknown, but never a number."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from factories.rasters import write_tif

from frontline.errors import RasterError
from frontline.raster import io
from frontline.raster.io import MOST_CELLS, Window, open_raster, read_window
from frontline.raster.zonal import sum_zones

AT = (1000.0, 0.0, 500_000.0, 0.0, -1000.0, 4_403_000.0)
ONES = np.ones((3, 3), np.float32)


def refused(path, match, **opened):
    with pytest.raises(RasterError, match=match) as caught, open_raster(path, **opened):
        pass
    assert str(caught.value).startswith(str(path).replace("\n", "\\n"))
    assert "\n" not in str(caught.value)


def test_missing(tmp_path):
    refused(tmp_path / "none.tif", "no such file")


def test_messages_show_the_path_as_the_project_writes_it(tmp_path):
    (tmp_path / "dem.tif").write_bytes(b"II*\0" + bytes(60))
    for name in ("none.tif", "dem.tif"):
        with (
            pytest.raises(RasterError, match=rf"^\.\./dem/{name}: "),
            open_raster(tmp_path / name, shown=f"../dem/{name}"),
        ):
            pass


@pytest.mark.parametrize(
    "address",
    ["https://example.org/dem.tif", "/vsicurl/https://example.org/dem.tif", "/vsizip/a.zip/a.tif"],
)
def test_address_of_something_else_than_a_file(address):
    from pathlib import Path

    refused(Path(address), "no such file")


def test_directory(tmp_path):
    refused(tmp_path, "not a regular file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_fifo_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "dem.tif")
    refused(tmp_path / "dem.tif", "not a regular file")


def test_empty_file(tmp_path):
    (tmp_path / "dem.tif").write_bytes(b"")
    refused(tmp_path / "dem.tif", "is empty")


@pytest.mark.parametrize(
    "content",
    [
        b"just text\n",
        b"\x89PNG\r\n\x1a\n" + bytes(50),
        b"PK\x03\x04" + bytes(50),
        b'<VRTDataset rasterXSize="3" rasterYSize="3"></VRTDataset>',
        b"II",
    ],
)
def test_another_format_under_the_name(tmp_path, content):
    (tmp_path / "dem.tif").write_bytes(content)
    refused(tmp_path / "dem.tif", "not a GeoTIFF")


def test_vrt_that_reads_another_file(tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"root:x:0:0")
    (tmp_path / "dem.tif").write_text(
        textwrap.dedent(f"""\
        <VRTDataset rasterXSize="3" rasterYSize="3"><SRS>EPSG:32638</SRS>
        <GeoTransform>5e5, 1000, 0, 4403000, 0, -1000</GeoTransform>
        <VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand">
        <SourceFilename relativeToVRT="0">{secret}</SourceFilename>
        </VRTRasterBand></VRTDataset>""")
    )
    refused(tmp_path / "dem.tif", "not a GeoTIFF")


def test_magic_bytes_and_nothing_behind(tmp_path):
    (tmp_path / "dem.tif").write_bytes(b"II*\0" + bytes(60))
    refused(tmp_path / "dem.tif", "damaged or cut short")


@pytest.mark.parametrize("kept", [0.5, 0.9])
@pytest.mark.parametrize("compress", ["none", "deflate"])
def test_truncated(tmp_path, kept, compress):
    noise = np.random.default_rng(1).random((200, 200))
    whole = write_tif(tmp_path / "whole.tif", noise, transform=AT, compress=compress)
    cut = tmp_path / "cut.tif"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * kept)])
    with (
        pytest.raises(RasterError, match=r"cut\.tif: .*damaged or cut short"),
        open_raster(cut) as raster,
    ):
        read_window(raster, window=Window(0, 0, 200, 200))


def test_flipped_bytes_raise_only_our_errors(tmp_path):
    """In another process: a crash of the reader would be a signal, not an exception."""
    noise = (np.random.default_rng(1).random((40, 40)) * 1000).astype(np.int16)
    seed = write_tif(tmp_path / "seed.tif", noise, transform=AT, nodata=-1, compress="deflate")
    script = textwrap.dedent("""\
        import random, sys, warnings
        from pathlib import Path
        from frontline.errors import FrontlineError
        from frontline.raster.io import Window, open_raster, read_window
        seed, scratch = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2])
        dice, outcomes = random.Random(7), {"read": 0, "refused": 0}
        for _ in range(300):
            data = bytearray(seed)
            for _ in range(dice.choice([1, 2, 8])):
                data[dice.randrange(4, len(data))] = dice.randrange(256)
            scratch.write_bytes(data)
            try:
                with open_raster(scratch) as raster:
                    read_window(raster, window=Window(0, 0, 40, 40))
                outcomes["read"] += 1
            except FrontlineError:
                outcomes["refused"] += 1
        print(outcomes["read"] > 0, outcomes["refused"] > 0)
    """)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, seed, tmp_path / "flipped.tif"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["True", "True"]


def test_no_crs(tmp_path):
    path = write_tif(tmp_path / "dem.tif", ONES, transform=AT, crs=None)
    refused(path, r'crs = "EPSG:\.\.\."')
    with open_raster(path, crs="EPSG:32638") as raster:
        assert raster.crs.to_epsg() == 32638


def test_crs_against_the_files(tmp_path):
    path = write_tif(tmp_path / "dem.tif", ONES, transform=AT)
    refused(path, "states the CRS", crs="EPSG:32639")
    refused(path, "is not a CRS", crs="EPSG:bogus")
    with open_raster(path, crs="EPSG:32638") as raster:
        assert raster.crs.to_epsg() == 32638


def test_crs_that_is_no_map(tmp_path):
    local = 'LOCAL_CS["a building site",UNIT["metre",1]]'
    refused(write_tif(tmp_path / "dem.tif", ONES, transform=AT, crs=local), "no place on the Earth")


def test_height_part_of_a_crs_is_put_aside(tmp_path):
    path = write_tif(tmp_path / "dem.tif", ONES, transform=(1, 0, 46, 0, -1, 41), crs="EPSG:9518")
    with open_raster(path) as raster:
        assert raster.crs == pyproj.CRS("EPSG:4326")


def test_no_geotransform(tmp_path):
    path = write_tif(tmp_path / "dem.tif", ONES, transform=None)
    refused(path, "does not say where it lies")


def test_world_file_beside_it_is_not_read(tmp_path):
    path = write_tif(tmp_path / "dem.tif", ONES, transform=None)
    (tmp_path / "dem.tfw").write_text("1000\n0\n0\n-1000\n500500\n4402500\n")
    refused(path, "world file")


def test_nodata_of_a_file_beside_it_is_not_read(tmp_path):
    path = write_tif(tmp_path / "dem.tif", ONES, transform=AT)
    (tmp_path / "dem.tif.aux.xml").write_text(
        '<PAMDataset><PAMRasterBand band="1"><NoDataValue>1</NoDataValue></PAMRasterBand>'
        "</PAMDataset>"
    )
    with open_raster(path) as raster:
        assert np.isfinite(read_window(raster, window=Window(0, 0, 3, 3))).all()


@pytest.mark.parametrize(
    "transform",
    [
        (1000.0, 100.0, 5e5, 0.0, -1000.0, 4.4e6),
        (0.0, 1000.0, 5e5, 1000.0, 0.0, 4.4e6),
        (-1000.0, 0.0, 5e5, 0.0, -1000.0, 4.4e6),
    ],
)
def test_rotated_or_mirrored(tmp_path, transform):
    refused(write_tif(tmp_path / "dem.tif", ONES, transform=transform), "rotated or mirrored")


def test_infinite_geotransform(tmp_path):
    path = write_tif(tmp_path / "dem.tif", ONES, transform=(np.inf, 0, 5e5, 0, -1000, 4.4e6))
    refused(path, "no size or place")


def test_several_bands(tmp_path):
    refused(write_tif(tmp_path / "dem.tif", np.ones((3, 4, 4)), transform=AT), "has 3 bands")


def test_complex_numbers(tmp_path):
    path = write_tif(tmp_path / "dem.tif", np.ones((3, 3), np.complex64), transform=AT)
    refused(path, "complex")


def sparse(path, size=200_000, **profile):
    with rasterio.open(
        path, "w", driver="GTiff", width=size, height=size, count=1, dtype="float32",
        crs="EPSG:32638", transform=rasterio.Affine(*AT), sparse_ok=True, **profile,
    ):  # fmt: skip
        pass
    return path


def test_sparse_giant(tmp_path):
    path = sparse(tmp_path / "dem.tif", tiled=True, blockxsize=4096, blockysize=4096)
    assert path.stat().st_size < 100_000
    with open_raster(path) as raster:
        assert read_window(raster, window=Window(150_000, 150_000, 10, 10)).shape == (10, 10)
        with pytest.raises(RasterError, match=r"200,000 x 200,000 cells are needed.*at most 64"):
            read_window(raster, window=Window(0, 0, raster.rows, raster.cols))
        zone = np.array([shapely.box(*raster.bounds)])
        with pytest.raises(RasterError, match="lie under the zones"):
            sum_zones(raster, zones=zone, zones_crs=raster.crs, kind="count")
    assert MOST_CELLS == 64_000_000


def test_giant_blocks(tmp_path):
    path = sparse(
        tmp_path / "dem.tif", size=20_000, tiled=True, blockxsize=20_000, blockysize=20_000
    )
    refused(path, r"20,000 x 20,000 cells in blocks")


@pytest.mark.parametrize(
    "name", ["with space.tif", "Карабах.tif", "100%.tif", "-dash.tif", "a\nb.tif", "{{7*7}}.tif"]
)
def test_names_of_files(tmp_path, name):
    path = write_tif(tmp_path / "plain.tif", ONES, transform=AT).rename(tmp_path / name)
    with open_raster(path) as raster:
        assert read_window(raster, window=Window(0, 0, 3, 3)).sum() == 9
    path.write_bytes(b"")
    refused(path, "is empty")


@pytest.mark.parametrize("error", [UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), KeyError("a")])
def test_whatever_the_library_raises_names_the_file(tmp_path, monkeypatch, error):
    path = write_tif(tmp_path / "dem.tif", ONES, transform=AT)

    def fail(*_):
        raise error

    monkeypatch.setattr("frontline.raster.io._turn_north_up", fail)
    refused(path, r"dem\.tif: cannot be read")


def test_a_complaint_that_nobody_can_catch_is_not_printed(capfd):
    """Rasterio logs words of a TIFF that are no UTF-8 where an error has nowhere to go."""

    class Complaint:
        def __del__(self):
            raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x")

    before = sys.excepthook, sys.unraisablehook
    with io._name_file("a.tif"):
        Complaint()
    assert capfd.readouterr().err == ""
    assert (sys.excepthook, sys.unraisablehook) == before
