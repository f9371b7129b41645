"""Landforms read off the elevation's own cells: low ground, relief, and how large the cells are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

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
    known = np.isfinite(dem.heights_m)
    highest = highest_within(np.where(known, dem.heights_m, -np.inf), dem.step_m, radius_m)
    lowest = -highest_within(np.where(known, -dem.heights_m, -np.inf), dem.step_m, radius_m)
    relief = np.full(known.shape, np.nan)
    relief[known] = highest[known] - lowest[known]
    return relief


def highest_within(
    values: NDArray[np.floating[Any]], step_m: tuple[float, float], radius_m: float
) -> NDArray[np.floating[Any]]:
    """Return the highest value of the cells whose centre lies within a radius of each cell.

    Parameters
    ----------
    values
        Shape ``(rows, cols)``; what is not to count is minus infinity.
    step_m
        Size of a cell, (north-south, east-west).
    radius_m
        The radius.

    Notes
    -----
    A disc is a stack of rows: each is a filter along one axis, whose time does not grow with its
    width. All of the disc at once takes the square of the radius in cells.
    """
    from scipy.ndimage import maximum_filter1d

    found = np.full(values.shape, -np.inf, dtype=values.dtype)
    rows = len(values)
    for away in range(min(int(radius_m / step_m[0]), rows - 1) + 1):
        half = int(math.sqrt(max(radius_m**2 - (away * step_m[0]) ** 2, 0.0)) / step_m[1])
        size = 2 * min(half, values.shape[1]) + 1
        line = maximum_filter1d(values, size, axis=1, mode="constant", cval=-np.inf)
        for here, there in (
            (np.s_[away:], np.s_[: rows - away]),
            (np.s_[: rows - away], np.s_[away:]),
        ):
            np.maximum(found[here], line[there], out=found[here])
    return found
