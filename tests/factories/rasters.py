"""GeoTIFF files made for tests."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning


def write_tif(
    path: Path,
    values,
    *,
    transform=(1.0, 0.0, 0.0, 0.0, -1.0, 3.0),
    crs="EPSG:32638",
    nodata=None,
    scale=None,
    offset=None,
    unit=None,
    description=None,
    **profile,
) -> Path:
    """Write bands (rows, cols) or (bands, rows, cols) with just what a test asks for."""
    bands = np.asarray(values)
    if bands.ndim == 2:
        bands = bands[np.newaxis]
    count, rows, cols = bands.shape
    extra = {} if transform is None else {"transform": rasterio.Affine(*transform)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            count=count,
            height=rows,
            width=cols,
            dtype=bands.dtype.name,
            crs=crs,
            nodata=nodata,
            **extra,
            **profile,
        ) as file:
            file.write(bands)
            if scale is not None:
                file.scales = (scale,) * count
            if offset is not None:
                file.offsets = (offset,) * count
            if unit is not None:
                file.units = (unit,) * count
            if description is not None:
                file.descriptions = (description,) * count
    return path
