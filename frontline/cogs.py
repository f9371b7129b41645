"""Rasters larger than memory: a cloud-optimised GeoTIFF written window by window."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import rasterio
import rasterio.shutil
from rasterio.errors import RasterioError
from rasterio.windows import Window as FileWindow

from frontline.errors import OutputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.rasters import Transform, Window

_CACHE_MB = 128


@dataclass(frozen=True)
class Grid:
    """A grid to be written.

    Parameters
    ----------
    rows, cols
        Its size.
    transform, crs
        Where it lies, north up.
    dtype
        Of its cells, as ``uint8``.
    nodata
        Value of the cells that no window holds.
    """

    rows: int
    cols: int
    transform: Transform
    crs: str
    dtype: str
    nodata: float


def write_cog_by_windows(
    path: Path,
    grid: Grid,
    pieces: Iterable[tuple[Window, NDArray[Any]]],
    *,
    name: str,
    date: dt.date,
    tags: Mapping[str, str],
) -> None:
    """Write a raster of one band of which no more than a window is in memory at once.

    Parameters
    ----------
    path
        The file to write. A second one of the same folder is used while it is made.
    grid
        Where and what the cells are.
    pieces
        Windows of the grid, inside it, and their cells; a later one is written over an earlier.
    name
        Of the band.
    date
        Stands in the file instead of the time of writing.
    tags
        Text to keep in the file's metadata.

    Raises
    ------
    OutputError
        The file cannot be written.

    Notes
    -----
    As `frontline.rasters.write_cog` writes it: the same bytes for the same content.
    """
    plain = path.with_name(f"{path.stem}-plain.tif")
    profile = {
        "driver": "GTiff",
        "count": 1,
        "dtype": grid.dtype,
        "height": grid.rows,
        "width": grid.cols,
        "crs": pyproj.CRS.from_user_input(grid.crs).to_wkt(),
        "transform": rasterio.Affine(*grid.transform),
        "nodata": grid.nodata,
        "tiled": True,
        "compress": "DEFLATE",
        "zlevel": 1,
        "bigtiff": "IF_SAFER",
    }
    stamped = dict(sorted(tags.items())) | {"TIFFTAG_DATETIME": f"{date:%Y:%m:%d} 00:00:00"}
    try:
        with rasterio.Env(GDAL_NUM_THREADS="1", GDAL_CACHEMAX=_CACHE_MB):
            with rasterio.open(plain, "w", **profile) as dataset:
                for window, cells in pieces:
                    at = FileWindow(window.col, window.row, window.cols, window.rows)
                    dataset.write(cells, 1, window=at)
                dataset.update_tags(**stamped)
                dataset.set_band_description(1, name)
            rasterio.shutil.copy(plain, path, driver="COG", **cog_options(grid.dtype))
    except (RasterioError, OSError) as error:
        raise OutputError("cannot be written: is the disk full? Make room.", path=path) from error
    finally:
        plain.unlink(missing_ok=True)


def cog_options(dtype: np.dtype[Any] | str) -> dict[str, str]:
    """Say how cloud-optimised GeoTIFFs of a type are written."""
    return {
        "compress": "DEFLATE",
        "level": "9",
        "predictor": "3" if np.issubdtype(dtype, np.floating) else "2",
        "blocksize": "256",
        "overview_resampling": "NEAREST",
        "num_threads": "1",
        "bigtiff": "IF_SAFER",
    }
