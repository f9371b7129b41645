"""Grids of heights: the size of cells on the ground, values between cells, other planes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.raster.io import Transform, Window


_GEOD = pyproj.Geod(ellps="WGS84")


def measure_row_steps(
    transform: Transform, *, crs: pyproj.CRS, shape: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the size of cells on the ground, row by row, along the middle column.

    Parameters
    ----------
    transform, crs, shape
        The grid.

    Returns
    -------
    North-south and east-west step in metres, each of shape ``(rows,)``.

    Notes
    -----
    Geodesics between the middles of the cells' sides at up to 129 rows, interpolated.
    """
    rows, cols = shape[0], shape[1]
    sampled = np.unique(np.linspace(0, rows - 1, min(rows, 129)).round())
    dy, dx = measure_cell_steps(transform, crs, sampled, np.full(len(sampled), (cols - 1) / 2))
    all_rows = np.arange(rows)
    return np.interp(all_rows, sampled, dy), np.interp(all_rows, sampled, dx)


def measure_middle_step(
    transform: Transform, *, crs: pyproj.CRS, shape: tuple[int, ...]
) -> tuple[float, float]:
    """Return the size of a cell on the ground at the middle of a grid: north-south, east-west."""
    row, col = np.array([(shape[0] - 1) / 2]), np.array([(shape[1] - 1) / 2])
    dy, dx = measure_cell_steps(transform, crs, row, col)
    return float(dy[0]), float(dx[0])


def measure_cell_steps(
    transform: Transform,
    crs: pyproj.CRS,
    row: NDArray[np.floating[Any]],
    col: NDArray[np.floating[Any]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the size of cells on the ground, at positions that are whole at cell centres.

    Parameters
    ----------
    transform, crs
        The grid.
    row, col
        Positions, shape ``(n,)``.

    Returns
    -------
    North-south and east-west step in metres, shapes ``(n,)``; NaN where the position has no
    place on the Earth.
    """
    a, _, c, _, e, f = transform
    x, y = c + a * (np.asarray(col) + 0.5), f + e * (np.asarray(row) + 0.5)
    to_lonlat = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)

    def apart(dx: float, dy: float) -> NDArray[np.float64]:
        before = to_lonlat.transform(x - dx, y - dy)
        after = to_lonlat.transform(x + dx, y + dy)
        return np.asarray(_GEOD.inv(*before, *after)[2])

    return apart(0.0, e / 2), apart(a / 2, 0.0)


def is_true_to_scale(
    transform: Transform, *, crs: pyproj.CRS, window: Window, tolerance: float
) -> bool:
    """Say whether a projected grid keeps distances within a tolerance all over a window."""
    metre = crs.axis_info[0].unit_conversion_factor
    at = np.linspace(0.0, 1.0, 5)
    row, col = np.meshgrid(window.row + at * window.rows, window.col + at * window.cols)
    dy, dx = measure_cell_steps(transform, crs, row.ravel(), col.ravel())
    off = [np.abs(dy / (-transform[4] * metre) - 1), np.abs(dx / (transform[0] * metre) - 1)]
    # Not "<=" on the maximum alone: NaN, where the grid leaves the Earth, must fail too.
    return bool(np.all(np.concatenate(off) <= tolerance))


def interpolate_bilinear(
    heights: NDArray[np.float32], *, row: NDArray[np.float64], col: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Interpolate between cell centres.

    Parameters
    ----------
    heights
        Shape ``(rows, cols)``; NaN is unknown.
    row, col
        Positions of one shape, whole at the centres of cells.

    Returns
    -------
    Values of that shape. NaN where a cell with a weight above zero is unknown or outside.
    """
    row, col = (np.where(np.abs(v - np.rint(v)) < 1e-6, np.rint(v), v) for v in (row, col))
    rows, cols = heights.shape
    known = (row >= 0) & (row <= rows - 1) & (col >= 0) & (col <= cols - 1)
    row, col = np.where(known, row, 0.0), np.where(known, col, 0.0)
    top, left = row.astype(np.int64), col.astype(np.int64)
    down, right = row - top, col - left
    bottom, far = np.minimum(top + 1, rows - 1), np.minimum(left + 1, cols - 1)
    total = np.zeros(row.shape)
    for r, c, weight in (
        (top, left, (1 - down) * (1 - right)),
        (top, far, (1 - down) * right),
        (bottom, left, down * (1 - right)),
        (bottom, far, down * right),
    ):
        # A neighbour of no weight must not spread its NaN: 0 * NaN is NaN.
        total += np.where(weight > 0, weight * heights[r, c], 0.0)
    return np.where(known, total, np.nan)


def resample_heights(
    heights: NDArray[np.float32],
    *,
    transform: Transform,
    crs: pyproj.CRS,
    onto: Transform,
    onto_crs: pyproj.CRS,
    shape: tuple[int, int],
) -> NDArray[np.float32]:
    """Interpolate heights bilinearly onto another grid.

    Parameters
    ----------
    heights, transform, crs
        The grid there is.
    onto, onto_crs, shape
        The grid wanted.

    Returns
    -------
    float32 of the wanted shape; NaN as in `interpolate_bilinear`.

    Notes
    -----
    Positions are projected at lattice points about 500 m apart and interpolated between them;
    over that length two projections part by centimetres.
    """
    metre = onto_crs.axis_info[0].unit_conversion_factor
    every_row = max(1, int(500 / (-onto[4] * metre)))
    every_col = max(1, int(500 / (onto[0] * metre)))
    rows = np.arange(0, shape[0] + every_row, every_row)
    cols = np.arange(0, shape[1] + every_col, every_col)
    lattice = _find_positions(
        heights.shape, transform, crs, rows, cols, onto=onto, onto_crs=onto_crs
    )
    out = np.empty(shape, dtype=np.float32)
    band = max(1, 1_000_000 // max(shape[1], 1))
    for first in range(0, shape[0], band):
        band_rows = np.arange(first, min(first + band, shape[0]))
        row, col = (
            _interpolate_lattice(values, band_rows / every_row, shape[1], every_col)
            for values in lattice
        )
        out[band_rows] = interpolate_bilinear(heights, row=row, col=col)
    return out


def _find_positions(
    shape: tuple[int, ...],
    transform: Transform,
    crs: pyproj.CRS,
    rows: NDArray[np.int64],
    cols: NDArray[np.int64],
    *,
    onto: Transform,
    onto_crs: pyproj.CRS,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return positions in the first grid of a lattice of cells of the other grid."""
    x, y = np.meshgrid(onto[2] + onto[0] * (cols + 0.5), onto[5] + onto[4] * (rows + 0.5))
    back = pyproj.Transformer.from_crs(onto_crs, crs, always_xy=True)
    x, y = back.transform(x, y)
    a, _, c, _, e, f = transform
    if crs.is_geographic:
        turn = 2 * math.pi / crs.axis_info[0].unit_conversion_factor
        middle = c + a * shape[1] / 2
        x = x - turn * np.round((x - middle) / turn)
    return (y - f) / e - 0.5, (x - c) / a - 0.5


def _interpolate_lattice(
    lattice: NDArray[np.float64], at: NDArray[np.float64], cols: int, every: int
) -> NDArray[np.float64]:
    """Interpolate a lattice at fractional rows and at every column."""
    top = np.minimum(at.astype(np.int64), lattice.shape[0] - 2)
    down = (at - top)[:, np.newaxis]
    lines = lattice[top] * (1 - down) + lattice[top + 1] * down
    place = np.arange(cols) / every
    left = np.minimum(place.astype(np.int64), lattice.shape[1] - 2)
    right = place - left
    return np.asarray(lines[:, left] * (1 - right) + lines[:, left + 1] * right)
