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

from frontline.compiling import compile_and_keep

Function = TypeVar("Function", bound=Callable[..., Any])
Array = np.ndarray[Any, Any]

SNAP = 1e-9
"""A crossing closer than this to a cell centre (in cells) touches that cell alone."""

OPTIONS = {"nogil": True, "error_model": "numpy", "_nrt": False}
"""How all kernels are compiled.

Without Python's global lock; without a test for zero at each division; without counting
references to arrays, which the inner loops would do millions of times and which kernels that make
no array do not need.
"""

INNER = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""Options of kernels that only other kernels call: unpacking their arguments from Python objects
would be compiled for nothing, and takes as long as the rest."""


def kernel(function: Function) -> Function:
    """Compile a way in from Python, and keep the result for the next process where possible."""
    return compile_and_keep(function, **OPTIONS)


def inner(function: Function) -> Function:
    """Compile for other kernels only, which hold it within what they keep: half the work."""
    return cast("Function", njit(**OPTIONS, **INNER)(function))


def inlined(function: Function) -> Function:
    """Compile as `inner` does, and merge into each caller: a call with many arrays is slow."""
    return cast("Function", njit(forceinline=True, **OPTIONS, **INNER)(function))


@inner
def find_clearance_at_crossings(
    heights: Array,
    start: tuple[int, int],
    along: tuple[int, int],
    aside: tuple[int, int],
    span: tuple[int, int],
    ends: tuple[float, float],
    drop: float,
    enough: float,
) -> tuple[float, bool]:
    """Find the smallest clearance at the crossings of one family of grid lines.

    Parameters
    ----------
    heights
        ``(rows, cols)``, metres.
    start
        Row and column of the first end.
    along, aside
        Step (rows, columns) to the next grid line of the family, and along such a line.
    span
        Number of cells along and aside between the ends, neither negative.
    ends
        Heights of the two ends, metres.
    drop
        ``c D^2``, metres.
    enough
        The first clearance below this is returned at once.

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
    if a < 2:
        return least, unknown
    # Position i b / a as a whole cell and a remainder, from that of i - 1.
    whole, more = b // a, b % a
    r, c, rest = start[0], start[1], 0
    for i in range(1, a):
        r += along[0] + whole * aside[0]
        c += along[1] + whole * aside[1]
        rest += more
        if rest >= a:
            rest -= a
            r += aside[0]
            c += aside[1]
        ground = (a - rest) * np.float64(heights[r, c])
        if rest > 0:
            ground += rest * np.float64(heights[r + aside[0], c + aside[1]])
        if not abs(ground) < math.inf:
            unknown = True
            continue
        clearance = ((a - i) * z0 + i * z1 - ground) / a - drop * (i * (a - i)) / (a * a)
        least = min(least, clearance)
        if least < enough:
            break
    return least, unknown


@inner
def ray_between_cells(
    heights: Array,
    start: tuple[int, int],
    end: tuple[int, int],
    ends: tuple[float, float],
    cell: tuple[float, float],
    curve: float,
    enough: float,
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
    enough
        The first clearance below this is returned at once; minus infinity for the smallest.

    Returns
    -------
    tuple
        Smallest clearance in metres (infinite where nothing known is crossed), and whether an
        unknown crossing was met.
    """
    rows, cols = end[0] - start[0], end[1] - start[1]
    still = int(
        np.int64(0)
    )  # not a literal, for which `find_clearance_at_crossings` would be compiled once more
    down = (1 if rows >= 0 else -1, still)
    across = (still, 1 if cols >= 0 else -1)
    a, b = abs(rows), abs(cols)
    drop = curve * ((a * cell[0]) ** 2 + (b * cell[1]) ** 2)
    least_r, unknown_r = find_clearance_at_crossings(
        heights, start, down, across, (a, b), ends, drop, enough
    )
    if least_r < enough:
        return least_r, unknown_r
    least_c, unknown_c = find_clearance_at_crossings(
        heights, start, across, down, (b, a), ends, drop, enough
    )
    return min(least_r, least_c), unknown_r or unknown_c


@inner
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


@inlined
def height_of(heights: Array, axis: int, major: int, minor: int) -> float:
    """Read a cell by its index along an axis of the raster and its index along the other one."""
    return np.float64(heights[minor, major] if axis == 1 else heights[major, minor])


@inner
def line_crossings(
    heights: Array,
    axis: int,
    start: tuple[float, float],
    end: tuple[float, float],
    ends: tuple[float, float],
    drop: float,
    within: tuple[int, int],
    limit: float,
) -> tuple[float, bool]:
    """Do as `find_clearance_at_crossings` between fractional (major, minor), ``start < end``.

    Major is the index along `axis`, 0 for crossings of rows and 1 for those of columns. Only
    those with ``within[0] <= major < within[1]`` are looked at, and none that is surely above
    `limit` (infinite for all).
    """
    least = math.inf
    unknown = False
    length = end[0] - start[0]
    share = 1.0 / length
    slope, rise, bend = (
        (end[1] - start[1]) * share,
        (ends[1] - ends[0]) * share,
        drop * share * share,
    )
    beyond = heights.shape[1 - axis] - 2
    first, last = max(math.floor(start[0]) + 1, within[0]), min(math.ceil(end[0]), within[1])
    for major in range(first, last):
        if limit < math.inf:
            d = major - start[0]
            p = start[1] + d * slope
            minor = max(min(int(p), beyond), 0)
            low = height_of(heights, axis, major, minor)
            high = height_of(heights, axis, major, minor + 1)
            line = ends[0] + d * (rise - bend * (length - d))
            if line - (low + (p - minor) * (high - low)) > limit:
                continue
        u = (major - start[0]) / length
        position = start[1] + u * (end[1] - start[1])
        near = round(position)
        if abs(position - near) < SNAP:
            ground = height_of(heights, axis, major, near)
        else:
            minor = math.floor(position)
            rest = position - minor
            low = height_of(heights, axis, major, minor)
            high = height_of(heights, axis, major, minor + 1)
            ground = (1.0 - rest) * low + rest * high
        if not abs(ground) < math.inf:
            unknown = True
            continue
        clearance = (1.0 - u) * ends[0] + u * ends[1] - ground - drop * (u * (1.0 - u))
        least = min(least, clearance)
    return least, unknown


@inner
def line_family(
    heights: Array,
    axis: int,
    start: tuple[float, float],
    end: tuple[float, float],
    ends: tuple[float, float],
    drop: float,
    within: tuple[int, int],
    limit: float,
) -> tuple[float, bool]:
    """Do as `line_crossings` for ends in any order; walked towards the larger index.

    That way swapping the ends changes no bit.
    """
    if start[0] > end[0]:
        start, end, ends = end, start, (ends[1], ends[0])
    elif start[0] == end[0]:
        return math.inf, False
    return line_crossings(heights, axis, start, end, ends, drop, within, limit)


@inner
def ray_between_points(
    heights: Array,
    start: tuple[float, float],
    end: tuple[float, float],
    ends: tuple[float, float],
    cell: tuple[float, float],
    curve: float,
) -> tuple[float, bool]:
    """Find the smallest clearance between two fractional positions; see `ray_between_cells`."""
    rows, cols = end[0] - start[0], end[1] - start[1]
    drop = curve * ((rows * cell[0]) ** 2 + (cols * cell[1]) ** 2)
    # Not literals: a kernel is compiled once more for each literal it is given.
    down, across = int(np.int64(0)), int(np.int64(1))
    every = (down, max(heights.shape))
    least_r, unknown_r = line_family(heights, down, start, end, ends, drop, every, math.inf)
    least_c, unknown_c = line_family(
        heights, across, (start[1], start[0]), (end[1], end[0]), ends, drop, every, math.inf
    )
    return min(least_r, least_c), unknown_r or unknown_c


@inner
def ray_of_pair(
    heights: Array,
    start: tuple[float, float],
    end: tuple[float, float],
    standing: tuple[float, float],
    cell: tuple[float, float],
    curve: float,
) -> tuple[int, float]:
    """Find state (1, 0 or -1) and clearance of one pair by its ray; see `follow_each_ray`."""
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
            heights, (int(r0), int(c0)), (int(r1), int(c1)), (z0, z1), cell, curve, -math.inf
        )
    else:
        least, unknown = ray_between_points(heights, start, end, (z0, z1), cell, curve)
    if least < 0.0:
        return 0, least
    if unknown:
        return -1, math.nan
    return 1, least


@kernel
def follow_each_ray(
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
