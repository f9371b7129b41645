"""Landforms read off the elevation's own cells: low ground, relief, and how large the cells are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyproj

from frontline.grids import row_steps_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.frames import Frame
    from frontline.terrain import Dem

    Floats = NDArray[np.float64]


def cells_of(dem: Dem, frame: Frame) -> tuple[Floats, Floats]:
    """Return centres of the elevation's cells in the plane ``(n, 2)`` and their areas ``(n,)``."""
    rows, cols = dem.heights_m.shape
    a, _, c, _, e, f = dem.transform
    x, y = np.meshgrid(c + (np.arange(cols) + 0.5) * a, f + (np.arange(rows) + 0.5) * e)
    there = pyproj.Transformer.from_crs(dem.crs, frame.crs, always_xy=True)
    xy = np.column_stack(there.transform(x.ravel(), y.ravel()))
    dy, dx = row_steps_m(dem.transform, pyproj.CRS.from_user_input(dem.crs), (rows, cols))
    return xy, np.repeat(dy * dx, cols)


def mean_height(dem: Dem, radius_m: float) -> Floats:
    """Return the mean known height in a square about each cell; NaN where none is known.

    Parameters
    ----------
    dem
        The grid.
    radius_m
        Half the side of the square.
    """
    from scipy.ndimage import uniform_filter

    known = np.isfinite(dem.heights_m)
    size = [2 * round(radius_m / step) + 1 for step in dem.step_m]
    heights = np.where(known, dem.heights_m, 0.0).astype(np.float64)
    total = uniform_filter(heights, size=size, mode="constant")
    share = uniform_filter(known.astype(np.float64), size=size, mode="constant")
    mean = np.divide(total, share, out=np.full(share.shape, np.nan), where=share > 1e-9)
    return np.asarray(mean, dtype=np.float64)


def relief_of_cells(dem: Dem, radius_m: float) -> Floats:
    """Return the highest less the lowest known height within a radius of each cell.

    Parameters
    ----------
    dem
        The grid; its cells are taken to be as large everywhere as in the middle.
    radius_m
        Cells count whose centre lies within it.

    Returns
    -------
    Metres, shape ``(rows, cols)``; NaN where the cell's own height is unknown.
    """
    from scipy.ndimage import maximum_filter, minimum_filter

    reach = [int(radius_m / step) for step in dem.step_m]
    north, east = (np.arange(-cells, cells + 1) for cells in reach)
    away = np.hypot(north[:, None] * dem.step_m[0], east * dem.step_m[1])
    disc = away <= radius_m
    known = np.isfinite(dem.heights_m)
    high = np.where(known, dem.heights_m, -np.inf)
    low = np.where(known, dem.heights_m, np.inf)
    highest = maximum_filter(high, footprint=disc, mode="constant", cval=-np.inf)
    lowest = minimum_filter(low, footprint=disc, mode="constant", cval=np.inf)
    relief = np.full(known.shape, np.nan)
    relief[known] = highest[known] - lowest[known]
    return relief
