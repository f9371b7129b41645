"""Bounds that decide cells without a ray: bands of slopes, and maxima of squares of cells."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from frontline.visibility.kernels.rays import inlined, inner, kernel, line_family

Array = np.ndarray[Any, Any]

SQUARE = 8
"""Side of the smaller squares, in cells; the larger ones have as many of them."""

UTMOST = 1e5
"""Heights beyond this (metres, either sign) are left to exact arithmetic."""

STRIP = 2048
"""Columns looked at in one go: as many as stay in the first cache."""


class SquaresRelief(NamedTuple):
    """A raster and its squares.

    Parameters
    ----------
    heights, flat
        ``(rows, cols)`` float32, metres; NaN and infinite values are unknown. And the same flat.
    small, large
        Highest cell per square, float32; not set where no ray comes (a hull may look there: what
        it then finds costs a longer look at most, as a maximum can only grow by it).
    flat_small, flat_large
        The same, flat.
    """

    heights: Array
    flat: Array
    small: Array
    large: Array
    flat_small: Array
    flat_large: Array


def find_squares(heights: Array, low: tuple[int, int], high: tuple[int, int]) -> SquaresRelief:
    """Find the squares of the cells from row and column `low` to `high`, both included."""
    small = np.empty([-(-size // SQUARE) for size in heights.shape], dtype=np.float32)
    large = np.empty([-(-size // SQUARE) for size in small.shape], dtype=np.float32)
    fill_squares(heights, small, large, np.empty(STRIP + 1, dtype=np.float32), low, high)
    return SquaresRelief(
        heights, heights.reshape(-1), small, large, small.reshape(-1), large.reshape(-1)
    )


@inner
def raise_columns(line: Array, high: Array) -> None:
    """Take one row of cells into account: short and plain, so that it becomes vector code."""
    for n in range(len(line)):
        height = line[n] if abs(line[n]) <= np.float32(UTMOST) else np.float32(math.inf)
        high[n] = max(high[n], height)


@kernel
def fill_squares(
    heights: Array,
    small: Array,
    large: Array,
    high: Array,
    low_rc: tuple[int, int],
    high_rc: tuple[int, int],
) -> None:
    """Fill the highest cell of each square that holds a cell from `low_rc` to `high_rc`.

    Parameters
    ----------
    heights, small, large
        See `SquaresRelief`; the squares are written.
    high
        Room for one strip, ``(STRIP + 1,)`` float32.
    low_rc, high_rc
        First and last row and column of interest.
    """
    rows, cols = heights.shape
    side = SQUARE * SQUARE
    end = min(high_rc[1] // SQUARE + 1, small.shape[1])
    large[low_rc[0] // side : high_rc[0] // side + 1] = -math.inf
    for r in range(low_rc[0] // SQUARE, high_rc[0] // SQUARE + 1):
        for begin in range(low_rc[1] // SQUARE, end, STRIP // SQUARE):
            left = begin * SQUARE
            stop = min(begin + STRIP // SQUARE, end)
            width = min(stop * SQUARE + 1, cols) - left
            high[:width] = -math.inf
            for row in range(r * SQUARE, min(r * SQUARE + SQUARE + 1, rows)):
                raise_columns(heights[row, left : left + width], high)
            for c in range(begin, stop):
                first = c * SQUARE - left
                top = high[first]
                for n in range(first + 1, min(first + SQUARE + 1, width)):
                    top = max(top, high[n])
                small[r, c] = top
                big = large[r // SQUARE, c // SQUARE]
                large[r // SQUARE, c // SQUARE] = max(big, top)


NUDGE = 1e-9
"""Bound on the error of a position, in cells."""

ROUNDING = 1e-8
"""Bound on twice the error of a clearance, relative to all heights in it."""


class RayGrid(NamedTuple):
    """How the major and the minor axis lie in the flat raster and in its squares.

    Parameters
    ----------
    step_m, step_p
        Steps along either axis in the flat raster.
    small_m, small_p, large_m, large_p
        The same in the flat squares.
    last_m, last_p
        Last cell along either axis that has another one beyond it.
    turned
        Whether the major axis runs along a row of the raster.
    """

    step_m: int
    step_p: int
    small_m: int
    small_p: int
    large_m: int
    large_p: int
    last_m: int
    last_p: int
    turned: bool


class RayLine(NamedTuple):
    """A ray, or the hull of several, as seen from one end; see the notes of the module.

    Parameters
    ----------
    am, ap, az
        Position of that end on the major and minor axis, and its height in metres.
    sign, a
        Direction along the major axis, -1 or 1, and length along it in cells.
    s, s_most
        Smallest and largest step along the minor axis per cell of the major one.
    g, q
        Rise, metres per cell, and ``c D^2 / a^2``.
    inverse
        ``1 / s``, or 0.
    first, last, first_p, last_p
        First and last crossing strictly between the ends, of either family.
    """

    am: float
    ap: float
    az: float
    sign: float
    a: float
    s: float
    s_most: float
    g: float
    q: float
    inverse: float
    first: int
    last: int
    first_p: int
    last_p: int


class RayEnds(NamedTuple):
    """The two ends of a ray as the definition takes them.

    Parameters
    ----------
    start, end
        Positions (major, minor).
    z0, z1
        Heights, metres.
    drop
        ``c D^2``, metres.
    whole
        Whether both are cell centres.
    """

    start: tuple[float, float]
    end: tuple[float, float]
    z0: float
    z1: float
    drop: float
    whole: bool


@inlined
def is_whole(x: float) -> bool:
    """Tell whether a position is that of a cell."""
    return x == math.floor(x)


@inlined
def describe_grid(relief: SquaresRelief, kind: int) -> RayGrid:
    """Describe the raster for rays along its columns (kinds 1, 2) or its rows (3, 4)."""
    rows, cols = relief.heights.shape
    across, big = relief.small.shape[1], relief.large.shape[1]
    if kind > 2:
        return RayGrid(1, cols, 1, across, 1, big, cols - 2, rows - 2, True)
    return RayGrid(cols, 1, across, 1, big, 1, rows - 2, cols - 2, False)


@inlined
def describe_line(
    start: tuple[float, float], end: tuple[float, float], z0: float, z1: float, drop: float
) -> RayLine:
    """Describe a ray by (major, minor) of its ends, seen from the first."""
    sign = 1.0 if end[0] > start[0] else -1.0
    a = abs(end[0] - start[0])
    run = end[1] - start[1]
    share = 1.0 / a
    s = run * share
    inverse = a / run if run != 0.0 else 0.0
    return RayLine(
        start[0], start[1], z0, sign, a, s, s, (z1 - z0) * share, drop * share * share, inverse,
        math.floor(min(start[0], end[0])) + 1, math.ceil(max(start[0], end[0])) - 1,
        math.floor(min(start[1], end[1])) + 1, math.ceil(max(start[1], end[1])) - 1,
    )  # fmt: skip


@inlined
def find_extent(line: RayLine, shift: int, band: int) -> tuple[float, float, float, float]:
    """Distances from the end at which a band begins and ends, and columns between."""
    begin = float(band << shift)
    end = float((band + 1) << shift)
    if line.sign > 0.0:
        d0, d1 = begin - line.am, end - line.am
    else:
        d0, d1 = line.am - end, line.am - begin
    d0, d1 = max(d0, 0.0), min(d1, line.a)
    low = line.ap + min(line.s * d0, line.s * d1)
    high = line.ap + max(line.s_most * d0, line.s_most * d1)
    return d0, d1, low, high


@inlined
def bands_of(line: RayLine) -> tuple[int, int]:
    """Find the first and the last band that a line touches."""
    far = line.am + line.sign * line.a
    return int(min(line.am, far)) >> 3, (math.ceil(max(line.am, far)) - 1) >> 3


@inlined
def least_possible(
    tops: Array, step_m: int, step_p: int, last_p: int, shift: int, line: RayLine, band: int
) -> float:
    """Bound the clearance from below within one row of squares."""
    d0, d1, low, high = find_extent(line, shift, band)
    c0 = min(max(int(low - NUDGE), 0), last_p) >> shift
    c1 = min(max(int(high + NUDGE), 0), last_p) >> shift
    at = band * step_m + c0 * step_p
    top = max(tops[np.uintp(at)], tops[np.uintp(band * step_m + c1 * step_p)])
    for _ in range(c0 + 1, c1):
        at += step_p
        top = max(top, tops[at])
    middle = min(max(0.5 * line.a, d0), d1)
    drop = line.q * middle * (line.a - middle)
    least: float = line.az + min(line.g * d0, line.g * d1) - drop - top
    return least


@inlined
def walk(flat: Array, grid: RayGrid, line: RayLine, band: int) -> float:
    """Find the smallest clearance in a band, roughly."""
    begin, end = band * SQUARE, (band + 1) * SQUARE
    best = math.inf
    for m in range(max(begin, line.first), min(end, line.last + 1)):
        d = line.sign * (m - line.am)
        p = line.ap + line.s * d
        whole = min(int(p), grid.last_p)
        at = m * grid.step_m + whole * grid.step_p
        near, far = np.float64(flat[np.uintp(at)]), np.float64(flat[np.uintp(at + grid.step_p)])
        high = line.az + d * (line.g - line.q * (line.a - d))
        clear = high - (near + (p - whole) * (far - near))
        best = min(best, clear)
    _, _, low, high = find_extent(line, 3, band)
    lowest_m, highest_m = begin, min(end - 1, grid.last_m)
    for j in range(
        max(int(low - NUDGE) + 1, line.first_p), min(int(high + NUDGE), line.last_p) + 1
    ):
        d = (j - line.ap) * line.inverse
        row = line.am + line.sign * d
        whole = max(min(int(row), highest_m), lowest_m)
        at = whole * grid.step_m + j * grid.step_p
        near, far = np.float64(flat[np.uintp(at)]), np.float64(flat[np.uintp(at + grid.step_m)])
        high_d = line.az + d * (line.g - line.q * (line.a - d))
        clear = high_d - (near + (row - whole) * (far - near))
        best = min(best, clear)
    return best


@inner
def open_bands(
    relief: SquaresRelief, grid: RayGrid, hull: RayLine, limit: float, bands: Array
) -> int:
    """List in `bands` where a ray of the hull may come as close as `limit`; return how many."""
    begin, end = bands_of(hull)
    small, large = relief.flat_small, relief.flat_large
    number = 0
    for big in range(begin >> 3, (end >> 3) + 1):
        bound = least_possible(large, grid.large_m, grid.large_p, grid.last_p, 6, hull, big)
        if bound > limit:
            continue
        for band in range(max(big << 3, begin), min((big << 3) + 7, end) + 1):
            bound = least_possible(small, grid.small_m, grid.small_p, grid.last_p, 3, hull, band)
            bands[0, number] = band
            number += 0 if bound > limit else 1
    return number


@inlined
def whole_crossings(
    flat: Array, step_m: int, step_p: int, at: int, a: int, b: int, z0: float, z1: float,
    drop: float, first: int, last: int, limit: float, inverse: float,
) -> tuple[float, bool]:  # fmt: skip
    """Do as `sight_rays.crossings` for ``first <= i < last``, unless surely above `limit`."""
    least = math.inf
    unknown = False
    rise, slope, bend = (z1 - z0) * inverse, b * inverse, drop * inverse * inverse
    for i in range(first, last):
        p = i * slope
        whole = int(p)
        place = at + i * step_m + whole * step_p
        near = np.float64(flat[place])
        far = np.float64(flat[place + (step_p if whole < b else 0)])
        # Rough first: an unknown crossing makes no number here and goes on.
        if z0 + i * (rise - bend * (a - i)) - (near + (p - whole) * (far - near)) > limit:
            continue
        whole = i * b // a
        rest = i * b - whole * a
        place = at + i * step_m + whole * step_p
        ground = (a - rest) * np.float64(flat[place])
        if rest > 0:
            ground += rest * np.float64(flat[place + step_p])
        if not abs(ground) < math.inf:
            unknown = True
            continue
        clearance = ((a - i) * z0 + i * z1 - ground) / a - drop * (i * (a - i)) / (a * a)
        least = min(least, clearance)
    return least, unknown


@inlined
def exact(
    relief: SquaresRelief, grid: RayGrid, band: int, line: RayLine, ends: RayEnds, limit: float
) -> tuple[float, bool]:
    """Find the smallest clearance in a band that is no larger than `limit`, bit for bit."""
    first, last = max(band * SQUARE, line.first), min(band * SQUARE + SQUARE, line.last + 1)
    _, _, low, high = find_extent(line, 3, band)
    first_p = max(int(low - NUDGE) + 1, line.first_p)
    last_p = min(int(high + NUDGE), line.last_p) + 1
    start, end, z0, z1 = ends.start, ends.end, ends.z0, ends.z1
    if start[0] > end[0]:
        start, end, z0, z1 = end, start, z1, z0
    if ends.whole:
        m, p = int(start[0]), int(start[1])
        a, b = int(end[0]) - m, int(end[1]) - p
        step = 1 if b >= 0 else -1
        b = abs(b)
        at = m * grid.step_m + p * grid.step_p
        least, unknown = whole_crossings(
            relief.flat, grid.step_m, step * grid.step_p, at, a, b, z0, z1, ends.drop,
            first - m, last - m, limit, 1.0 / a,
        )  # fmt: skip
        if step > 0:
            first_p, last_p = first_p - p, last_p - p
        else:
            first_p, last_p = p - last_p + 1, p - first_p + 1
        least_p, unknown_p = whole_crossings(
            relief.flat,
            step * grid.step_p,
            grid.step_m,
            at,
            b,
            a,
            z0,
            z1,
            ends.drop,
            first_p,
            last_p,
            limit,
            1.0 / max(b, 1),
        )
        return min(least, least_p), unknown or unknown_p
    axis = 1 if grid.turned else 0
    least, unknown = line_family(
        relief.heights, axis, start, end, (z0, z1), ends.drop, (first, last), limit
    )
    least_p, unknown_p = line_family(
        relief.heights, 1 - axis, (start[1], start[0]), (end[1], end[0]), (z0, z1),
        ends.drop, (first_p, last_p), limit,
    )  # fmt: skip
    return min(least, least_p), unknown or unknown_p
