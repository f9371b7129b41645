"""Many exact rays quickly: stretches of a ray that cannot hold its smallest clearance are skipped.

Notes
-----
Rays that follow each other in the input, share one end and lie near each other at the other one
form a bundle. Each is first looked at where the one before was closest to the ground; the least
close of them then tells which bands of eight rows the whole bundle can leave out at once, by the
squares of `sight_squares` and the bound of `sight_bands`. In the bands that remain each ray is
bounded by itself, followed roughly, and in the end settled exactly where it came closest.

The smallest of the same numbers is the same number in any order: the answer has the bits of
`sight_rays`, whatever was skipped and wherever the search began.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from frontline.visibility.kernels.bounds import (
    ROUNDING,
    SQUARE,
    UTMOST,
    RayEnds,
    RayGrid,
    RayLine,
    SquaresRelief,
    bands_of,
    describe_grid,
    describe_line,
    exact,
    find_squares,
    is_whole,
    least_possible,
    open_bands,
    walk,
)
from frontline.visibility.kernels.rays import (
    follow_each_ray,
    height_at,
    inlined,
    inner,
    kernel,
    ray_of_pair,
)

Array = np.ndarray[Any, Any]

BUNDLE = 16
"""Most rays in a bundle."""

NEAR = 24.0
"""Cells along either axis within which the other ends of a bundle lie."""

WORTH = 8.0
"""Steps of rays per cell of the raster below which the squares are not worth their making."""

SHORT = 100.0
"""Mean steps of a ray below which following it is faster than skipping: 0.6 us against 0.9 at 50
steps, 1.0 against 1.3 at 100, 4.7 against 3.3 at 400 (rays in all directions)."""

FEW_STEPS = 3e5
"""Steps in all that take a few milliseconds: no reason to compile `follow` for them."""


class Pairs(NamedTuple):
    """Rays from the end that neighbours share (`near`) to the other one (`far`).

    Parameters
    ----------
    near, far
        ``(n, 2)`` float64, row and column.
    near_m, far_m
        Metres above the terrain, ``(n,)``.
    cell, curve
        Size of a cell (rows, columns) in metres; ``(1 - k) / (2 R)`` per metre.
    bands, table
        Room for the bands of a ray, ``(3, bands)``, and for a bundle, ``(BUNDLE, 19)``.
    visible, clearance
        ``(n,)`` int8 and float64, written.
    """

    near: Array
    far: Array
    near_m: Array
    far_m: Array
    cell: tuple[float, float]
    curve: float
    bands: Array
    table: Array
    visible: Array
    clearance: Array


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
        ``(rows, cols)`` float32, metres; NaN and infinite values are unknown.
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
    The squares cost one look at every cell between the outermost ends; few or short rays go
    without. The answers have the same bits either way.
    """
    if len(starts) == 0:
        return
    low = np.minimum(starts.min(axis=0), ends.min(axis=0)).astype(np.int64)
    high = np.ceil(np.maximum(starts.max(axis=0), ends.max(axis=0))).astype(np.int64)
    steps = float(np.abs(starts - ends).sum())
    if steps < max(float(np.prod(high - low + 1.0)) / WORTH, SHORT * len(starts), FEW_STEPS):
        follow_each_ray(heights, starts, ends, *standing, cell, curve, *out)
        return
    relief = find_squares(heights, (int(low[0]), int(low[1])), (int(high[0]), int(high[1])))
    bands = np.empty((3, max(heights.shape) // SQUARE + 2))
    table = np.empty((BUNDLE, 19))
    near_m, far_m = standing
    visible, clearance = out
    follow(
        relief,
        Pairs(starts, ends, near_m, far_m, cell, curve, bands, table, visible, clearance),
        Pairs(ends, starts, far_m, near_m, cell, curve, bands, table, visible, clearance),
    )


@inlined
def kind_of(heights: Array, pairs: Pairs, n: int) -> int:
    """Tell which of four ways a ray runs, 1 to 4, or 0 if it has to be followed by itself."""
    down, across = pairs.far[n, 0] - pairs.near[n, 0], pairs.far[n, 1] - pairs.near[n, 1]
    turned = abs(across) > abs(down)
    run, rise = (across, down) if turned else (down, across)
    # A ray almost along an axis would cross the other family at badly known positions.
    if abs(run) < 2.0 or (rise != 0.0 and abs(rise) < 1e-3) or min(heights.shape) < 2:
        return 0
    return (1 if run > 0.0 else 2) + (2 if turned else 0)


@inlined
def same_end(ends: Array, n: int, other: int) -> bool:
    """Tell whether two rays share an end."""
    same: bool = ends[n, 0] == ends[other, 0] and ends[n, 1] == ends[other, 1]
    return same


@kernel
def follow(relief: SquaresRelief, forth: Pairs, back: Pairs) -> None:
    """Follow all rays; `back` is `forth` with the ends swapped."""
    number = len(forth.near)
    # Not literals: a kernel is compiled once more for each literal it is given.
    n, guess = int(np.int64(0)), int(np.int64(-1))
    while n < number:
        if kind_of(relief.heights, forth, n) == 0:
            state, least = ray_of_pair(
                relief.heights, (forth.near[n, 0], forth.near[n, 1]),
                (forth.far[n, 0], forth.far[n, 1]), (forth.near_m[n], forth.far_m[n]),
                forth.cell, forth.curve,
            )  # fmt: skip
            forth.visible[n], forth.clearance[n] = state, least
            n += 1
            continue
        if n + 1 == number or same_end(forth.near, n, n + 1):
            stop, guess = follow_bundle(relief, forth, n, guess)
        else:
            stop, guess = follow_bundle(relief, back, n, guess)
        if stop < number and not (same_end(forth.near, n, stop) or same_end(forth.far, n, stop)):
            guess = int(np.int64(-1))
        n = stop


@inlined
def put_line(table: Array, b: int, line: RayLine) -> None:
    """Keep a line of a bundle."""
    table[b, 0], table[b, 1], table[b, 2], table[b, 3] = line.am, line.ap, line.az, line.sign
    table[b, 4], table[b, 5], table[b, 6], table[b, 7] = line.a, line.s, line.s_most, line.g
    table[b, 8], table[b, 9], table[b, 10] = line.q, line.inverse, line.first
    table[b, 11], table[b, 12], table[b, 13] = line.last, line.first_p, line.last_p


@inlined
def get_line(table: Array, b: int) -> RayLine:
    """Read a line of a bundle."""
    return RayLine(
        table[b, 0], table[b, 1], table[b, 2], table[b, 3], table[b, 4], table[b, 5],
        table[b, 6], table[b, 7], table[b, 8], table[b, 9], int(table[b, 10]),
        int(table[b, 11]), int(table[b, 12]), int(table[b, 13]),
    )  # fmt: skip


@inlined
def hull_of(table: Array, first: int, last: int) -> RayLine:
    """Find the hull of lines ``first <= b < last`` of a bundle."""
    one = get_line(table, first)
    az, a, s, s_most, g, q = one.az, one.a, one.s, one.s_most, one.g, one.q
    for b in range(first + 1, last):
        line = get_line(table, b)
        az, a = min(az, line.az), max(a, line.a)
        s, s_most = min(s, line.s), max(s_most, line.s)
        g, q = min(g, line.g), max(q, line.q)
    return RayLine(
        one.am, one.ap, az, one.sign, a, s, s_most, g, q, 0.0,
        one.first, one.last, one.first_p, one.last_p,
    )  # fmt: skip


@inner
def gather(heights: Array, pairs: Pairs, n: int, kind: int) -> int:
    """Prepare the bundle that begins with ray n; return how many it is, 0 if ray n is unknown."""
    r0, c0 = pairs.near[n, 0], pairs.near[n, 1]
    base = height_at(heights, r0, c0)
    table = pairs.table
    b = 0
    while n + b < len(pairs.near) and b < BUNDLE:
        at = n + b
        r1, c1 = pairs.far[at, 0], pairs.far[at, 1]
        if b > 0 and (
            not same_end(pairs.near, n, at)
            or abs(r1 - pairs.far[n, 0]) > NEAR
            or abs(c1 - pairs.far[n, 1]) > NEAR
            or kind_of(heights, pairs, at) != kind
        ):
            break
        z0 = base + pairs.near_m[at]
        z1 = height_at(heights, r1, c1) + pairs.far_m[at]
        if not (abs(z0) < math.inf and abs(z1) < math.inf):
            break
        drop = pairs.curve * (
            (abs(r1 - r0) * pairs.cell[0]) ** 2 + (abs(c1 - c0) * pairs.cell[1]) ** 2
        )
        start, end = ((c0, r0), (c1, r1)) if kind > 2 else ((r0, c0), (r1, c1))
        put_line(table, b, describe_line(start, end, z0, z1, drop))
        table[b, 14], table[b, 15] = z1, drop
        table[b, 16] = ROUNDING * (abs(z0) + abs(z1) + abs(drop) + UTMOST)
        b += 1
    return b


@inlined
def first_look(relief: SquaresRelief, grid: RayGrid, line: RayLine, band: int) -> tuple[float, int]:
    """Find the rough clearance in the band nearest to `band`; minus infinity if not to be had."""
    low, high = bands_of(line)
    band = min(max(band, low), high)
    small = relief.flat_small
    bound = least_possible(small, grid.small_m, grid.small_p, grid.last_p, 3, line, band)
    return bound if bound == -math.inf else walk(relief.flat, grid, line, band), band


@inner
def follow_bundle(relief: SquaresRelief, pairs: Pairs, n: int, guess: int) -> tuple[int, int]:
    """Follow the bundle that begins with ray n.

    Parameters
    ----------
    relief, pairs, n
        Raster, rays seen from the end that they share, and the first one.
    guess
        Band where the ray before was closest to the ground; -1 without one.

    Returns
    -------
    tuple
        The ray after the bundle, and the guess for it.
    """
    kind = kind_of(relief.heights, pairs, n)
    number = gather(relief.heights, pairs, n, kind)
    if number == 0:
        pairs.visible[n], pairs.clearance[n] = -1, math.nan
        return n + 1, guess
    grid, table = describe_grid(relief, kind), pairs.table
    first, last = 0, number
    if guess < 0:
        # Without a guess the first ray goes ahead, and shows where to look for the others.
        line = get_line(table, 0)
        guess = int(line.am + 0.5 * line.sign * line.a) // SQUARE
        last = 1
    while first < number:
        limit = -math.inf
        for b in range(first, last):
            rough, band = first_look(relief, grid, get_line(table, b), guess)
            table[b, 17], table[b, 18] = rough, band
            limit = max(limit, (rough if rough > -math.inf else math.inf) + table[b, 16])
        count = open_bands(relief, grid, hull_of(table, first, last), limit, pairs.bands)
        for b in range(first, last):
            guess = settle(relief, grid, pairs, n, b, count, guess)
        first, last = last, number
    return n + number, guess


@inlined
def settle(
    relief: SquaresRelief, grid: RayGrid, pairs: Pairs, n: int, b: int, count: int, guess: int
) -> int:
    """Write the answer for ray b of a bundle; return the band where it is closest."""
    table = pairs.table
    line = get_line(table, b)
    r0, c0, r1, c1 = pairs.near[n, 0], pairs.near[n, 1], pairs.far[n + b, 0], pairs.far[n + b, 1]
    start, end = ((c0, r0), (c1, r1)) if grid.turned else ((r0, c0), (r1, c1))
    whole = is_whole(r0) and is_whole(c0) and is_whole(r1) and is_whole(c1)
    ends = RayEnds(start, end, line.az, table[b, 14], table[b, 15], whole)
    rough, band = table[b, 17], int(table[b, 18])
    if guess != band and rough > -math.inf:
        other, place = first_look(relief, grid, line, guess)
        if -math.inf < other < rough:
            rough, band = other, place
    least, unknown, place = closest(
        relief, grid, pairs.bands, count, line, ends, rough, band, table[b, 16]
    )
    if least < 0.0:
        pairs.visible[n + b], pairs.clearance[n + b] = 0, least
    elif unknown:
        pairs.visible[n + b], pairs.clearance[n + b] = -1, math.nan
    else:
        pairs.visible[n + b], pairs.clearance[n + b] = 1, least
    return place


@inlined
def closest(
    relief: SquaresRelief, grid: RayGrid, bands: Array, number: int, line: RayLine, ends: RayEnds,
    rough: float, done: int, margin: float,
) -> tuple[float, bool, int]:  # fmt: skip
    """Find the smallest clearance of a ray among the listed bands and the one looked at.

    Parameters
    ----------
    relief, grid, line, ends
        Raster and ray.
    bands, number
        Bands that the bundle left open, and how many.
    rough, done
        Rough clearance in the band looked at, minus infinity if that needs exact arithmetic.
    margin
        See the notes of `sight_bands`.

    Returns
    -------
    tuple
        Smallest clearance, whether an unknown crossing was met, and the band of the smallest.
    """
    small = relief.flat_small
    low, high = bands_of(line)
    least, unknown = math.inf, False
    place, waits = done, 0
    if rough == -math.inf:
        least, unknown = exact(relief, grid, done, line, ends, math.inf)
        rough = least
    else:
        bands[1, 0], bands[2, 0], waits = done, rough, 1
    for n in range(number):
        band = int(bands[0, n])
        if band == done or band < low or band > high:
            continue
        bound = least_possible(small, grid.small_m, grid.small_p, grid.last_p, 3, line, band)
        if bound > rough + margin:
            continue
        if bound == -math.inf:
            found, missing = exact(relief, grid, band, line, ends, math.inf)
            least = min(least, found)
            unknown |= missing
        else:
            found = walk(relief.flat, grid, line, band)
            bands[1, waits], bands[2, waits] = band, found
            waits += 1 if found <= rough + margin else 0
        place = band if found < rough else place
        rough = min(rough, found)
    for n in range(waits):
        if bands[2, n] <= rough + margin:
            found, missing = exact(relief, grid, int(bands[1, n]), line, ends, rough + margin)
            least = min(least, found)
            unknown |= missing
    return least, unknown, place
