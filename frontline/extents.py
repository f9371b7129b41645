"""Whether a raster can lie where its coordinates and its reference system say."""

from __future__ import annotations

import math
from pathlib import Path

import pyproj

from frontline.errors import RasterError


def check_extent(
    path: Path, bounds: tuple[float, float, float, float], step: float, crs: pyproj.CRS
) -> None:
    """Refuse a grid whose coordinates cannot be of its CRS.

    Parameters
    ----------
    path
        The file, as messages show it.
    bounds
        West, south, east, north in the CRS.
    step
        Size of a cell there: rasters of the whole earth reach up to a cell beyond the poles.
    crs
        Of the grid.

    Raises
    ------
    RasterError
        Degrees beyond the poles or more than a turn away, or a map projection with coordinates
        that look like degrees.
    """
    west, south, east, north = bounds
    if not crs.is_geographic:
        if max(abs(west), abs(east)) <= 360.0 and max(abs(south), abs(north)) <= 90.0 + step:
            raise RasterError(
                f"has coordinates that look like degrees, but its CRS is '{crs.name}'. "
                "Correct the CRS of the file.",
                path=path,
            )
        return
    degree = math.degrees(crs.axis_info[0].unit_conversion_factor)
    high, wide = max(abs(south), abs(north)) * degree, max(abs(west), abs(east)) * degree
    if high > 90.0 + step * degree or wide > 360.0 + 180.0:
        raise RasterError(
            f"reaches from ({west:.10g}, {south:.10g}) to ({east:.10g}, {north:.10g}), which is "
            f"nowhere in degrees ('{crs.name}'). Correct the CRS.",
            path=path,
        )
