"""Exact rays over a grid of heights: the arithmetic that defines sight, one ray at a time.

Notes
-----
A ray runs between two cell centres, *a* rows and *b* columns apart. It crosses every row of
centres strictly between its ends, at columns ``i b / a``, and every column of centres, at rows
``j a / b``. Both positions are split by integer division into a whole cell and a remainder, so
that a ray through a cell centre touches that cell alone. All weights are whole numbers; with
heights in float32 their products are exact in float64.

The clearance at step *i* of *a* is, with ``c = (1 - k) / (2 R)`` and *D* the length of the ray,

    ((a - i) z0 + i z1 - ((a - m) h0 + m h1)) / a  -  c D^2 i (a - i) / a^2

This is the height of the ray above the terrain after both have been lowered by ``c d^2``: the
straight line between the lowered ends lies ``c D^2 i (a - i) / a^2`` below the line between the
unlowered ones once the drop of the terrain is taken off on both sides. Swapping the ends swaps
``i`` with ``a - i`` and ``m`` with ``a - m``, which only exchanges the operands of two sums: the
two directions give the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])
Array = np.ndarray[Any, Any]

ALL = (0, 1 << 40)
"""Every crossing, where a range of them may be asked for."""

SNAP = 1e-9
"""A crossing closer than this to a cell centre (in cells) touches that cell alone."""


OPTIONS = {"nogil": True, "error_model": "numpy", "_nrt": False}
"""How all kernels are compiled.

Without Python's global lock; without a test for zero at each division; without counting
references to arrays, which the inner loops would do millions of times and which kernels that make
no array do not need.
"""


def compiled(function: Function, **options: bool) -> Function:
    """Compile with numba, and keep the result for the next process wherever that is possible."""
    try:
        return cast("Function", njit(cache=True, **OPTIONS, **options)(function))
    except RuntimeError:
        # Neither the installation nor the user's cache directory can be written to.
        return cast("Function", njit(**OPTIONS, **options)(function))


def kernel(function: Function) -> Function:
    """Compile with numba."""
    return compiled(function)


def inlined(function: Function) -> Function:
    """Compile as `kernel` does, and merge into each caller: a call with many arrays is slow."""
    return compiled(function, forceinline=True)


@kernel
def row_crossings(
    heights: Array,
    start: tuple[int, int],
    step: tuple[int, int],
    span: tuple[int, int],
    ends: tuple[float, float],
    drop: float,
) -> tuple[float, bool]:
    """Find the smallest clearance at the crossings of one family of grid lines.

    Parameters
    ----------
    heights
        ``(major, minor)``, metres: the raster, or its transpose for crossings of columns.
    start, step
        First end (major, minor) and the direction, -1 or 1, on either axis.
    span
        Number of cells (major, minor) between the ends, neither negative.
    ends
        Heights of the two ends, metres.
    drop
        ``c D^2``, metres.

    Returns
    -------
    tuple
        Smallest clearance of the known crossings (infinite without any), and whether a crossing
        was unknown because a cell of non-zero weight is NaN.
    """
    a, b = span
    z0, z1 = ends
    least = math.inf
    unknown = False
    for i in range(1, a):
        whole = i * b // a
        rest = i * b - whole * a
        major = start[0] + step[0] * i
        minor = start[1] + step[1] * whole
        ground = (a - rest) * np.float64(heights[major, minor])
        if rest > 0:
            ground += rest * np.float64(heights[major, minor + step[1]])
        if not abs(ground) < math.inf:
            unknown = True
            continue
        clearance = ((a - i) * z0 + i * z1 - ground) / a - drop * (i * (a - i)) / (a * a)
        least = min(least, clearance)
    return least, unknown


@kernel
def ray_between_cells(
    heights: Array,
    start: tuple[int, int],
    end: tuple[int, int],
    ends: tuple[float, float],
    cell: tuple[float, float],
    curve: float,
) -> tuple[float, bool]:
    """Find the smallest clearance of the ray between two cell centres.

    Parameters
    ----------
    heights
        ``(rows, cols)``, metres, NaN unknown.
    start, end
        Row and column of the two cells.
    ends
        Heights of the ray's two ends, metres (terrain and what stands on it).
    cell
        Size of a cell (rows, columns), metres.
    curve
        ``(1 - k) / (2 R)``, per metre.

    Returns
    -------
    tuple
        Smallest clearance in metres (infinite where nothing known is crossed), and whether an
        unknown crossing was met.
    """
    rows, cols = end[0] - start[0], end[1] - start[1]
    step_r = 1 if rows >= 0 else -1
    step_c = 1 if cols >= 0 else -1
    a, b = abs(rows), abs(cols)
    drop = curve * ((a * cell[0]) ** 2 + (b * cell[1]) ** 2)
    least_r, unknown_r = row_crossings(heights, start, (step_r, step_c), (a, b), ends, drop)
    least_c, unknown_c = row_crossings(
        heights.T, (start[1], start[0]), (step_c, step_r), (b, a), ends, drop
    )
    return min(least_r, least_c), unknown_r or unknown_c


@kernel
def height_at(heights: Array, row: float, col: float) -> float:
    """Interpolate the height at a fractional position; NaN if a cell of non-zero weight is."""
    r, c = math.floor(row), math.floor(col)
    wr, wc = row - r, col - c
    top = (1.0 - wc) * np.float64(heights[r, c])
    if wc > 0.0:
        top += wc * np.float64(heights[r, c + 1])
    if wr == 0.0:
        return top
    bottom = (1.0 - wc) * np.float64(heights[r + 1, c])
    if wc > 0.0:
        bottom += wc * np.float64(heights[r + 1, c + 1])
    return (1.0 - wr) * top + wr * bottom


@kernel
def line_crossings(
    heights: Array,
    start: tuple[float, float],
    end: tuple[float, float],
    ends: tuple[float, float],
    drop: float,
    within: tuple[int, int],
    limit: float,
) -> tuple[float, bool]:
    """Do as `row_crossings` between fractional positions (major, minor), ``start < end``."""
    least = math.inf
    unknown = False
    length = end[0] - start[0]
    share = 1.0 / length
    slope, rise, bend = (
        (end[1] - start[1]) * share,
        (ends[1] - ends[0]) * share,
        drop * share * share,
    )
    beyond = heights.shape[1] - 2
    first, last = max(math.floor(start[0]) + 1, within[0]), min(math.ceil(end[0]), within[1])
    for major in range(first, last):
        if limit < math.inf:
            d = major - start[0]
            p = start[1] + d * slope
            minor = max(min(int(p), beyond), 0)
            low, high = np.float64(heights[major, minor]), np.float64(heights[major, minor + 1])
            line = ends[0] + d * (rise - bend * (length - d))
            if line - (low + (p - minor) * (high - low)) > limit:
                continue
        u = (major - start[0]) / length
        position = start[1] + u * (end[1] - start[1])
        near = round(position)
        if abs(position - near) < SNAP:
            ground = np.float64(heights[major, near])
        else:
            minor = math.floor(position)
            rest = position - minor
            low = np.float64(heights[major, minor])
            high = np.float64(heights[major, minor + 1])
            ground = (1.0 - rest) * low + rest * high
        if not abs(ground) < math.inf:
            unknown = True
            continue
        clearance = (1.0 - u) * ends[0] + u * ends[1] - ground - drop * (u * (1.0 - u))
        least = min(least, clearance)
    return least, unknown


@kernel
def ray_between_points(
    heights: Array,
    start: tuple[float, float],
    end: tuple[float, float],
    ends: tuple[float, float],
    cell: tuple[float, float],
    curve: float,
) -> tuple[float, bool]:
    """Find the smallest clearance between two fractional positions; see `ray_between_cells`.

    Notes
    -----
    Each family of crossings is walked towards the larger index whichever end is given first,
    so that swapping the ends changes no bit.
    """
    rows, cols = end[0] - start[0], end[1] - start[1]
    drop = curve * ((rows * cell[0]) ** 2 + (cols * cell[1]) ** 2)
    least_r, unknown_r = math.inf, False
    least_c, unknown_c = math.inf, False
    if rows > 0.0:
        least_r, unknown_r = line_crossings(heights, start, end, ends, drop, ALL, math.inf)
    elif rows < 0.0:
        least_r, unknown_r = line_crossings(
            heights, end, start, (ends[1], ends[0]), drop, ALL, math.inf
        )
    turned_start, turned_end = (start[1], start[0]), (end[1], end[0])
    if cols > 0.0:
        least_c, unknown_c = line_crossings(
            heights.T, turned_start, turned_end, ends, drop, ALL, math.inf
        )
    elif cols < 0.0:
        least_c, unknown_c = line_crossings(
            heights.T, turned_end, turned_start, (ends[1], ends[0]), drop, ALL, math.inf
        )
    return min(least_r, least_c), unknown_r or unknown_c


@kernel
def ray_of_pair(
    heights: Array,
    start: tuple[float, float],
    end: tuple[float, float],
    standing: tuple[float, float],
    cell: tuple[float, float],
    curve: float,
) -> tuple[int, float]:
    """Find state (1, 0 or -1) and clearance of one pair, by its ray alone; see `rays`."""
    (r0, c0), (r1, c1) = start, end
    z0 = height_at(heights, r0, c0) + standing[0]
    z1 = height_at(heights, r1, c1) + standing[1]
    if not (abs(z0) < math.inf and abs(z1) < math.inf):
        return -1, math.nan
    whole = (
        r0 == math.floor(r0)
        and c0 == math.floor(c0)
        and r1 == math.floor(r1)
        and c1 == math.floor(c1)
    )
    if whole:
        least, unknown = ray_between_cells(
            heights, (int(r0), int(c0)), (int(r1), int(c1)), (z0, z1), cell, curve
        )
    else:
        least, unknown = ray_between_points(heights, start, end, (z0, z1), cell, curve)
    if least < 0.0:
        return 0, least
    if unknown:
        return -1, math.nan
    return 1, least


@kernel
def rays(
    heights: Array,
    starts: Array,
    ends: Array,
    start_heights: Array,
    end_heights: Array,
    cell: tuple[float, float],
    curve: float,
    visible: Array,
    clearance: Array,
) -> None:
    """Follow one ray per row of `starts` and `ends` and write its state and clearance.

    Parameters
    ----------
    heights
        ``(rows, cols)`` float32, metres, NaN unknown.
    starts, ends
        ``(n, 2)`` float64, row and column.
    start_heights, end_heights
        ``(n,)`` metres above the terrain.
    cell, curve
        See `ray_between_cells`.
    visible, clearance
        ``(n,)`` int8 and float64, written: 1, 0 or -1 and metres.
    """
    for n in range(starts.shape[0]):
        visible[n], clearance[n] = ray_of_pair(
            heights,
            (starts[n, 0], starts[n, 1]),
            (ends[n, 0], ends[n, 1]),
            (start_heights[n], end_heights[n]),
            cell,
            curve,
        )
