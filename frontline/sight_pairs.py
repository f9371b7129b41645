"""Many exact rays quickly: stretches of a ray that cannot hold its smallest clearance are skipped.

Notes
-----
Squares of 8 x 8 and of 64 x 64 cell distances each know the highest cell on and within their
border. A crossing lies in a square together with both of its neighbours, so that its ground is no
higher than that. Over a stretch of a ray the line between the ends is lowest at an end of the
stretch, and the bend ``c D^2 u (1 - u)`` is largest at the middle of the ray or at the end nearer
to it. Line less bend less highest cell is therefore no more than any clearance in the stretch;
where it is above the smallest clearance found so far (by more than rounding can amount to), the
stretch holds nothing smaller. A square with an unknown cell counts as infinitely high, and is
never skipped.

The smallest of the same numbers is the same number in any order: the answer has the bits of
`sight_rays`, whatever was skipped and wherever the search began. It begins where the ray before
was closest to the ground, which for neighbouring pairs is mostly the place again.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from frontline.sight_rays import (
    height_at,
    inlined,
    kernel,
    ray_between_points,
    rays,
)

Array = np.ndarray[Any, Any]

SQUARE = 8
"""Side of the smaller squares, in cells; the larger ones have as many of them."""

ROUNDING = 1e-13
"""Bound on the rounding of a clearance, relative to the heights in it (a dozen operations)."""


def follow_rays(
    heights: Array,
    starts: Array,
    ends: Array,
    standing: tuple[Array, Array],
    cell: tuple[float, float],
    curve: float,
    out: tuple[Array, Array],
) -> None:
    """Follow one ray per row of `starts` and `ends` and write its state and clearance.

    Parameters
    ----------
    heights
        ``(rows, cols)`` float32, metres, NaN unknown.
    starts, ends
        ``(n, 2)`` float64, row and column.
    standing
        Metres above the terrain at the starts and at the ends, ``(n,)`` each.
    cell
        Size of a cell (rows, columns), metres.
    curve
        ``(1 - k) / (2 R)``, per metre.
    out
        ``(n,)`` int8 and float64, written: 1, 0 or -1 and metres.

    Notes
    -----
    The squares cost one look at every cell of the raster; a few rays are followed without them.
    """
    steps = float(np.abs(starts - ends).sum())
    if steps < heights.size:
        rays(heights, starts, ends, *standing, cell, curve, *out)
        return
    small = np.empty([-(-size // SQUARE) for size in heights.shape], dtype=np.float32)
    large = np.empty([-(-size // SQUARE) for size in small.shape], dtype=np.float32)
    scale = fill_squares(heights, small, large)
    pairs((heights, small, large), starts, ends, *standing, cell, curve, scale, *out)


class Ray(NamedTuple):
    """A ray between cell centres, walked along its longer axis towards larger indices.

    Parameters
    ----------
    major, minor
        First end on either axis.
    step
        Direction along the minor axis, -1 or 1.
    a, b
        Cells between the ends along the two axes, ``a >= b``.
    z0, z1
        Heights of the ends, metres.
    drop
        ``c D^2``, metres.
    margin
        What rounding may amount to, metres.
    slope, inverse, inverse_b
        ``step b / a``, ``1 / a`` and ``1 / b`` (1 without columns to cross).
    whole, rest
        *a* divided by *b*, with remainder.
    """

    major: int
    minor: int
    step: int
    a: int
    b: int
    z0: float
    z1: float
    drop: float
    margin: float
    slope: float
    inverse: float
    inverse_b: float
    whole: int
    rest: int


@kernel
def fill_squares(heights: Array, small: Array, large: Array) -> float:
    """Fill the highest cell of each square, border included; infinite with an unknown cell.

    Parameters
    ----------
    heights
        ``(rows, cols)`` float32, NaN unknown.
    small, large
        float32, written: squares of 8 and of 64 cell distances.

    Returns
    -------
    float
        Largest known height regardless of its sign.
    """
    rows, cols = heights.shape
    scale = 0.0
    large[:] = -math.inf
    for r in range(small.shape[0]):
        for c in range(small.shape[1]):
            high = np.float32(-math.inf)
            deep = np.float32(math.inf)
            void = False
            for row in range(r * SQUARE, min(r * SQUARE + SQUARE + 1, rows)):
                for col in range(c * SQUARE, min(c * SQUARE + SQUARE + 1, cols)):
                    height = heights[row, col]
                    high = max(high, height)
                    deep = min(deep, height)
                    void |= math.isnan(height)
            if high > -math.inf:
                scale = max(scale, abs(np.float64(high)), abs(np.float64(deep)))
            if void:
                high = np.float32(math.inf)
            small[r, c] = high
            large[r // SQUARE, c // SQUARE] = max(large[r // SQUARE, c // SQUARE], high)
    return scale


@inlined
def least_possible(tops: Array, ray: Ray, shift: int, first: int, last: int) -> float:
    """Bound the clearance from below over steps `first` to `last`, within one row of squares."""
    at0 = ray.minor + ray.slope * first
    at1 = ray.minor + ray.slope * last
    c0 = int(max(min(at0, at1) - 1e-9, 0.0)) >> shift
    c1 = min(int(max(at0, at1) + 1e-9) >> shift, tops.shape[1] - 1)
    row = (ray.major + first) >> shift
    high = max(tops[row, c0], tops[row, c1])
    for c in range(c0 + 1, c1):
        high = max(high, tops[row, c])
    rise = (ray.z1 - ray.z0) * ray.inverse
    low = ray.z0 + min(rise * first, rise * last)
    middle = min(max(0.5 * ray.a, float(first)), float(last)) * ray.inverse
    return low - ray.drop * middle * (1.0 - middle) - high


@inlined
def divided(product: int, by: int, inverse: float) -> tuple[int, int]:
    """Divide whole numbers with remainder, as ``//`` does: a first guess in floats, put right."""
    whole = int(product * inverse)
    rest = product - whole * by
    under = 1 if rest < 0 else 0
    over = 1 if rest >= by else 0
    return whole + over - under, rest + (under - over) * by


@inlined
def crossings(
    heights: Array, ray: Ray, across: int, first: int, last: int, least: float
) -> tuple[float, bool]:
    """Take crossings ``first <= i < last`` of rows, or of columns with `across` 1, into account.

    The clearance is first taken by multiplication; only where it may be the smallest so far is
    it divided out as `sight_rays.row_crossings` does, bit for bit. Positions advance by adding
    the remainder, which is the integer division carried on; without a remainder the cell is its
    own far neighbour, which adds nothing.
    """
    a, b = (ray.b, ray.a) if across else (ray.a, ray.b)
    inverse = ray.inverse_b if across else ray.inverse
    unknown = False
    whole, rest = divided(first * b, a, inverse)
    more, extra = (ray.whole, ray.rest) if across else (0, b)
    for i in range(first, last):
        beyond = whole + (1 if rest > 0 else 0)
        if across:
            near = np.float64(heights[ray.major + whole, ray.minor + ray.step * i])
            far = np.float64(heights[ray.major + beyond, ray.minor + ray.step * i])
        else:
            near = np.float64(heights[ray.major + i, ray.minor + ray.step * whole])
            far = np.float64(heights[ray.major + i, ray.minor + ray.step * beyond])
        ground = (a - rest) * near + rest * far
        line = (a - i) * ray.z0 + i * ray.z1 - ground
        bent = ray.drop * (i * (a - i))
        rough = (line - bent * inverse) * inverse
        if not rough > least + ray.margin:
            if math.isnan(ground):
                unknown = True
            else:
                least = min(least, line / a - bent / (a * a))
        rest += extra
        over = 1 if rest >= a else 0
        rest -= over * a
        whole += more + over
    return least, unknown


@inlined
def stretch(heights: Array, ray: Ray, first: int, last: int, least: float) -> tuple[float, bool]:
    """Take the crossings of steps ``first <= i < last`` into account, columns and rows."""
    least, unknown = crossings(heights, ray, 0, max(first, 1), last, least)
    if ray.b > 1:
        begin, part = divided(first * ray.b, ray.a, ray.inverse)
        begin = max(begin + (1 if part > 0 else 0), 1)
        end, part = divided(last * ray.b, ray.a, ray.inverse)
        end = min(end + (1 if part > 0 else 0), ray.b)
        if begin < end:
            least, missing = crossings(heights, ray, 1, begin, end, least)
            unknown |= missing
    return least, unknown


@kernel
def closest(
    heights: Array, small: Array, large: Array, ray: Ray, guess: float
) -> tuple[float, bool, float]:
    """Find the smallest clearance of a ray, the nearest places to the ground first.

    Parameters
    ----------
    heights, small, large
        Raster and squares, or all three transposed, so that the major axis comes first.
    ray
        The ray.
    guess
        Where to begin, as a fraction of the ray.

    Returns
    -------
    tuple
        Smallest clearance, whether an unknown crossing was met, and the fraction of the ray
        at which the stretch with the smallest clearance lies.
    """
    side = SQUARE * SQUARE
    near = (ray.major + int(guess * (ray.a - 1))) // SQUARE
    first = max(near * SQUARE - ray.major, 0)
    last = min((near + 1) * SQUARE - ray.major, ray.a)
    least, unknown = stretch(heights, ray, first, last, math.inf)
    done = near
    place = first
    for big in range(ray.major // side, (ray.major + ray.a - 1) // side + 1):
        first = max(big * side - ray.major, 0)
        last = min((big + 1) * side - ray.major, ray.a)
        if least_possible(large, ray, 6, first, last) > least + ray.margin:
            continue
        for square in range((ray.major + first) // SQUARE, (ray.major + last - 1) // SQUARE + 1):
            if square == done:
                continue
            begin = max(square * SQUARE - ray.major, 0)
            end = min((square + 1) * SQUARE - ray.major, ray.a)
            if least_possible(small, ray, 3, begin, end) > least + ray.margin:
                continue
            before = least
            least, missing = stretch(heights, ray, begin, end, least)
            unknown |= missing
            if least < before:
                place = begin
    return least, unknown, place / ray.a


@kernel
def ray_of(
    start: tuple[int, int],
    end: tuple[int, int],
    ends: tuple[float, float],
    drop: float,
    scale: float,
) -> Ray:
    """Order a ray's ends along the major axis; swapping them changes no bit of a clearance."""
    z0, z1 = ends
    if end[0] < start[0]:
        start, end = end, start
        z0, z1 = z1, z0
    minor = end[1] - start[1]
    a, b = end[0] - start[0], abs(minor)
    margin = ROUNDING * (abs(z0) + abs(z1) + abs(drop) + scale)
    return Ray(
        start[0],
        start[1],
        1 if minor >= 0 else -1,
        a,
        b,
        z0,
        z1,
        drop,
        margin,
        minor / a,
        1.0 / a,
        1.0 / max(b, 1),
        a // max(b, 1),
        a - a // max(b, 1) * b,
    )


@kernel
def pairs(
    grids: tuple[Array, Array, Array],
    starts: Array,
    ends: Array,
    start_heights: Array,
    end_heights: Array,
    cell: tuple[float, float],
    curve: float,
    scale: float,
    visible: Array,
    clearance: Array,
) -> None:
    """Follow one ray per row of `starts` and `ends` and write its state and clearance.

    Parameters
    ----------
    grids
        Heights ``(rows, cols)`` float32 with NaN unknown, and the squares of `fill_squares`.
    starts, ends
        ``(n, 2)`` float64, row and column.
    start_heights, end_heights
        ``(n,)`` metres above the terrain.
    cell, curve
        Size of a cell (rows, columns) in metres; ``(1 - k) / (2 R)`` per metre.
    scale
        Largest height in the raster regardless of its sign, metres.
    visible, clearance
        ``(n,)`` int8 and float64, written: 1, 0 or -1 and metres.
    """
    heights, small, large = grids
    guess = 0.5
    for n in range(starts.shape[0]):
        r0, c0, r1, c1 = starts[n, 0], starts[n, 1], ends[n, 0], ends[n, 1]
        z0 = height_at(heights, r0, c0) + start_heights[n]
        z1 = height_at(heights, r1, c1) + end_heights[n]
        least, unknown = math.inf, math.isnan(z0) or math.isnan(z1)
        fraction = (
            r0 != math.floor(r0)
            or c0 != math.floor(c0)
            or r1 != math.floor(r1)
            or c1 != math.floor(c1)
        )
        down, across = abs(r1 - r0), abs(c1 - c0)
        drop = curve * ((down * cell[0]) ** 2 + (across * cell[1]) ** 2)
        if unknown:
            least = math.inf
        elif fraction:
            least, unknown = ray_between_points(heights, (r0, c0), (r1, c1), (z0, z1), cell, curve)
        elif max(down, across) < 2.0:
            least = math.inf
        elif down >= across:
            ray = ray_of((int(r0), int(c0)), (int(r1), int(c1)), (z0, z1), drop, scale)
            least, unknown, guess = closest(heights, small, large, ray, guess)
        else:
            ray = ray_of((int(c0), int(r0)), (int(c1), int(r1)), (z0, z1), drop, scale)
            least, unknown, guess = closest(heights.T, small.T, large.T, ray, guess)
        if least < 0.0:
            visible[n], clearance[n] = 0, least
        elif unknown:
            visible[n], clearance[n] = -1, math.nan
        else:
            visible[n], clearance[n] = 1, least
