"""Relief for the eye: shading for maps, and how rough the land is about a place."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj

from frontline.grids import row_steps_m
from frontline.records import RasterResult
from frontline.terrain import Dem, to_dem

if TYPE_CHECKING:
    from numpy.typing import NDArray


def relief_m(
    dem: Dem, xy: NDArray[np.floating[Any]], *, crs: pyproj.CRS, radius_m: float
) -> NDArray[np.float64]:
    """Return the highest less the lowest known height within a radius of each point.

    Parameters
    ----------
    dem
        The grid.
    xy
        Points, shape ``(n, 2)``.
    crs
        Their CRS.
    radius_m
        Radius; cells count whose centre lies within it.

    Returns
    -------
    Metres, shape ``(n,)``; NaN where no height is known.
    """
    points = np.asarray(xy, dtype=np.float64)
    place = dem.position(*to_dem(dem, crs, points[:, 0], points[:, 1]))
    rows, cols = dem.heights_m.shape
    dy, dx = row_steps_m(dem.transform, pyproj.CRS.from_user_input(dem.crs), (rows, cols))
    found = np.full(len(place), np.nan)
    for number, (row, col) in enumerate(place):
        if not (np.isfinite(row) and np.isfinite(col)):
            continue
        step = int(np.clip(round(row), 0, rows - 1))
        tall, broad = radius_m / dy[step], radius_m / dx[step]
        top, bottom = max(math.ceil(row - tall), 0), min(math.floor(row + tall), rows - 1)
        left, right = max(math.ceil(col - broad), 0), min(math.floor(col + broad), cols - 1)
        if top > bottom or left > right:
            continue
        part = dem.heights_m[top : bottom + 1, left : right + 1]
        north = (np.arange(top, bottom + 1)[:, np.newaxis] - row) * dy[step]
        east = (np.arange(left, right + 1) - col) * dx[step]
        known = part[(north**2 + east**2 <= radius_m**2) & np.isfinite(part)]
        if len(known):
            found[number] = float(known.max()) - float(known.min())
    return found


def slope_deg(dem: Dem) -> NDArray[np.float64]:
    """Return the steepness of the land at each cell.

    Parameters
    ----------
    dem
        The grid, in any CRS; steps on the ground are taken row by row.

    Returns
    -------
    Degrees, shape ``(rows, cols)``: the length of the gradient by central differences (one-sided
    at edges and beside voids); NaN where the height is unknown. Coarse cells flatten slopes.
    """
    crs = pyproj.CRS.from_user_input(dem.crs)
    dy, dx = row_steps_m(dem.transform, crs, dem.heights_m.shape)
    to_south = _slope(dem.heights_m, axis=0) / dy[:, np.newaxis]
    to_east = _slope(dem.heights_m, axis=1) / dx[:, np.newaxis]
    steep = np.degrees(np.arctan(np.hypot(to_south, to_east)))
    return np.where(np.isfinite(dem.heights_m), steep, np.nan)


_BAND_CELLS = 2_000_000


def hillshade(
    dem: Dem, *, azimuth_deg: float = 315.0, altitude_deg: float = 45.0
) -> NDArray[np.uint8]:
    """Shade the relief for a map.

    Parameters
    ----------
    dem
        The grid, in any CRS; steps on the ground are taken row by row.
    azimuth_deg, altitude_deg
        Where the light comes from: clockwise from north, and above the horizon.

    Returns
    -------
    uint8, shape ``(rows, cols)``: 1 dark to 255 bright; 0 where the height is unknown.

    Notes
    -----
    The cosine between light and surface normal, by central differences (one-sided at edges and
    voids). Slopes are exaggerated (1 to 10 times) so that the steepest twentieth stands at 45
    degrees or more: a coarse grid would look flat. It is a picture, not a measurement.
    """
    crs = pyproj.CRS.from_user_input(dem.crs)
    dy, dx = row_steps_m(dem.transform, crs, dem.heights_m.shape)
    to_south = _slope(dem.heights_m, axis=0) / dy[:, np.newaxis]
    to_east = _slope(dem.heights_m, axis=1) / dx[:, np.newaxis]
    known = np.isfinite(dem.heights_m)
    steep = np.hypot(to_south, to_east)[known]
    top = float(np.quantile(steep, 0.95)) if len(steep) else 0.0
    factor = float(np.clip(1.0 / top, 1.0, 10.0)) if top > 0 else 1.0
    azimuth, altitude = math.radians(azimuth_deg), math.radians(altitude_deg)
    east, north = math.sin(azimuth), math.cos(azimuth)
    lit = math.sin(altitude) + math.cos(altitude) * factor * (to_south * north - to_east * east)
    shade = np.clip(lit / np.sqrt(1 + factor**2 * (to_south**2 + to_east**2)), 0.0, 1.0)
    return np.where(known, np.rint(1 + 254 * np.nan_to_num(shade)), 0).astype(np.uint8)


def shaded_relief(dem: Dem, *, most_cells: int = 1_500_000) -> RasterResult:
    """Return bands ``shade`` and ``elevation`` for maps, merged to a printable number of cells.

    Parameters
    ----------
    dem
        The grid.
    most_cells
        Cells are averaged in squares until no more than this remain.
    """
    rows, cols = dem.heights_m.shape
    side = max(1, math.ceil(math.sqrt(rows * cols / most_cells)))
    if side > 1:
        dem = _merged(dem, side)
    bands: dict[str, NDArray[np.generic]] = {"shade": hillshade(dem), "elevation": dem.heights_m}
    return RasterResult(bands=bands, transform=dem.transform, crs=dem.crs)


def _slope(heights: NDArray[np.float32], *, axis: int) -> NDArray[np.float64]:
    """Return the rise per cell along an axis: central, one-sided beside the unknown, else 0."""
    values = np.moveaxis(heights.astype(np.float64), axis, 0)
    step = np.diff(values, axis=0)
    unknown = np.full((1, *values.shape[1:]), np.nan)
    before, after = np.concatenate([unknown, step]), np.concatenate([step, unknown])
    known = np.isfinite(before).astype(int) + np.isfinite(after)
    rise = (np.nan_to_num(before) + np.nan_to_num(after)) / np.maximum(known, 1)
    return np.moveaxis(rise, 0, axis)


def _merged(dem: Dem, side: int) -> Dem:
    """Average squares of cells; a square is known if any of its cells is."""
    rows, cols = (size - size % side for size in dem.heights_m.shape)
    mean = np.empty((rows // side, cols // side), dtype=np.float32)
    # By bands of rows: copies of every cell would take several times the elevation's memory.
    band = max(1, _BAND_CELLS // (cols * side))
    for first in range(0, len(mean), band):
        part = mean[first : first + band]
        cells = dem.heights_m[first * side : (first + len(part)) * side, :cols]
        squares = cells.reshape(len(part), side, cols // side, side)
        known = np.isfinite(squares).sum(axis=(1, 3))
        total = np.nansum(squares, axis=(1, 3), dtype=np.float64)
        part[:] = np.where(known > 0, total / np.maximum(known, 1), np.nan)
    a, b, c, d, e, f = dem.transform
    return replace(
        dem,
        heights_m=mean,
        transform=(a * side, b, c, d, e * side, f),
        step_m=(dem.step_m[0] * side, dem.step_m[1] * side),
    )
