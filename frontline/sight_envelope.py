"""All cells around one post at once, exactly: the upper envelope of the terrain, octant by octant.

The map
-------
In one octant let *k* count rows away from the post (rows or columns of the raster, whichever the
octant runs along) and *j* the cells to the side, ``0 <= j <= k``. With *z* the height above the
post's eye less the drop, a point at distance *k* becomes ``s = j / k``, ``t = z / k``. The map is
projective: straight stays straight, and a ray from the eye is a vertical line ``s = const``. Of
two points on a ray the one with the larger *t* stands higher before the eye. So a target is
visible when its own ``t`` (plus its height over *k*) reaches the *upper envelope* of everything
that lies on nearer rows: the largest *t* at each *s*.

What a ray crosses is, per row, the *chain* of straight pieces between neighbouring cells, and
between two rows the *rungs*: a column *j* crossed between rows *k - 1* and *k* is the straight
piece from cell (*k*, *j*) to cell (*k - 1*, *j*), over ``j / k <= s <= j / (k - 1)``. Both start
at cell (*k*, *j*) and ``j / (k - 1) <= (j + 1) / k``, so that a rung lies over the piece of the
chain to its right: it either is above that piece all along or never. On its own ray, ``s = j / k``,
a cell meets only its own rung's end, which is the cell itself: a row is decided before it and
its rungs are merged.

The envelope is kept as vertices ``s``, ``t`` with the slope ``m`` of the piece that follows
(`sight_pieces` merges into it). No position is sampled anywhere.

Skipping
--------
The octant is cut into intervals of *s* (`Chunk`), halved whenever they grow to `WIDE` cells, each
with its own envelope, worked through depth first. Let *low* be the smallest *t* of an interval's
envelope. The envelope never falls, so every target with ``t < low`` in this row or any later
one is hidden, and a piece whose two ends are below *low* lies below the envelope all along and
changes nothing. Hence

- eight rows at a time: no cell of the blocks of 8 x 8 that the interval touches is higher than
  their highest, and no drop smaller than that of the nearest corner. ``rise < low k`` at the first
  and the last of the rows (the right side is linear in *k*) hides them all;
- in a row, a cell whose height is below the same bound is no candidate, and pieces between two of
  those are not looked at. The rungs to the row before need both rows' candidates: those of the
  row before were found with a *low* no higher than today's, so they include all that matter.

Doubt
-----
Two things keep ``t`` from being the definition's own number. *The drop*: it is taken at the cells
and runs straight between them, while the definition takes it at the crossing. A parabola's chord
over one cell of size *w* lies above it by at most ``c w^2 / 4``; the envelope is therefore too low
by no more than that over *k* >= 1, and never too high. *Rounding*: let *H* bound all heights above
the eye and drops, *K* the reach in cells, ``e = 2^-52``. A post's *t* is off by at most ``6 e H``.
Slopes are at most ``2 H`` in a chain and ``2 H K`` in a rung (a rise of ``2 H / (k - 1)`` over
``j / (k (k - 1))``), which evaluates with an error of at most ``2 e H K`` more. A piece that is
covered and comes out again keeps its slope and gets a new first vertex: at most ``8 e H`` each of
``2 K`` times. A crossing of two pieces is off by at most ``4 e`` in *s*, which loses at most ``16
e H K`` of the larger one, at most ``2 K`` times at one *s*. Together less than ``64 e H (K +
1)^2``: the `slack`. A target below the envelope by more than the slack is hidden for certain, one
above it by more than slack and ``c w^2 / 4`` is visible for certain (`sure`), and the few between
are decided by the definition itself, `sight_rays.ray_between_cells`. All answers are therefore
the bits of the definition.

Unknown cells
-------------
A window with unknown cells is worked through twice. The first pass leaves out every piece that
touches an unknown cell: what it hides, something known hides. The second makes those pieces
infinitely high over their closed interval of *s*: what it leaves visible meets nothing unknown.
`sight_window` settles the rays that only touch the end of such an interval.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from frontline.sight_pieces import (
    BIG,
    Chunk,
    Row,
    State,
    advanced,
    copy,
    halved,
    land,
    left_piece,
    lifted,
    lowest,
    margin_of,
    put,
)
from frontline.sight_posts import Octant, Post, mark, octant_of, ray_by_ray, seen_exactly, targets
from frontline.sight_rays import inlined, inner

Array = np.ndarray[Any, Any]

BLOCK = 8
"""Rows and columns of a block whose highest cell is known."""

WIDE = 16
"""Cells at which an interval is halved; at most 62, the bits of a row's candidates."""

SLOTS = 36
"""Envelopes kept at a time: two in use and one waiting half per halving."""

PER_ROW = 32 * WIDE
"""More vertices than one row can add beside doubling: nine and three crossings per cell."""


@inlined
def candidates(flat: Array, at: int, step: int, number: int, floor: float) -> int:
    """Mark as bits the cells that are not surely below `floor`; unknown ones are not."""
    # The comparison is in float32: rounded down by more than that rounding can amount to.
    low = np.float32(floor - 1.2e-7 * abs(floor))
    mask = 0
    for n in range(number):
        mask |= (0 if flat[at + n * step] < low else 1) << n
    return mask


@inlined
def row_of(
    flat: Array, oc: Octant, post: Post, chunk: Chunk, k: int, limit: int,
    floor: float, mask_before: int, first_before: int,
) -> Row:  # fmt: skip
    """Prepare row k of an interval.

    Parameters
    ----------
    flat, oc, post, chunk, k
        Raster, octant, post, interval and row.
    limit
        Last target of the row within the radius.
    floor
        A target whose t is below is surely hidden.
    mask_before, first_before
        Candidates of the row before, and the cell that the lowest bit stands for.
    """
    first = (chunk.place * k) >> chunk.level
    last = min(-((-(chunk.place + 1) * k) >> chunk.level), limit + 1, oc.last_j)
    near, far = targets(oc, chunk, k, min(limit, oc.last_j))
    base = post.at + k * oc.step_k
    bend = post.curve * oc.size_j * oc.size_j
    lift = post.eye + post.curve * (k * oc.size_k) ** 2
    lift_before = post.eye + post.curve * ((k - 1) * oc.size_k) ** 2
    height = floor * k + lift - post.target + bend * (first * first)
    mask = candidates(flat, base + first * oc.step_j, oc.step_j, last - first + 1, height)
    both = mask | (mask_before >> (first - first_before))
    return Row(
        k, first, last, near, far, base, base - oc.step_k, lift, lift_before, bend,
        1.0 / k, 1.0 / max(k - 1, 1), mask, mask | (both << 1),
    )  # fmt: skip


@inlined
def row_step(
    heights: Array, flat: Array, seen: Array, seen_weight: Array, state: Array,
    es: Array, et: Array, em: Array, old: int, n: int, new: int,
    oc: Octant, post: Post, chunk: Chunk, row: Row,
) -> int:  # fmt: skip
    """Decide the targets of a row, and merge the row into the envelope.

    Returns
    -------
    int
        Number of vertices of the new envelope, or 0 if the old one remains.
    """
    st = State(old, old + n - 1, new, old, False, False, 0.0)
    s0, t0 = 0.0, 0.0
    known_left = False
    for j in range(row.first, row.last + 1):
        if (row.visits >> (j - row.first)) & 1 == 0:
            known_left = False
            st = State(st.i, st.last, st.out, st.copied, False, False, st.d)
            continue
        if not known_left and j > row.first:
            s0 = (j - 1) / row.k
            height = np.float64(flat[row.base + (j - 1) * oc.step_j])
            t0 = lifted(height, row.lift, row.bend, j - 1, row.share, post.mode)
        s1 = j / row.k
        height = np.float64(flat[row.base + j * oc.step_j])
        t1 = lifted(height, row.lift, row.bend, j, row.share, post.mode)
        if j > row.first:
            st = left_piece(
                flat, es, et, em, old, st, oc.step_j, chunk, row, post.mode, j - 1, s0, t0, s1, t1
            )
            if j == row.last:
                live, d = st.live, st.d
                st = land(es, et, em, st, min(s1, chunk.stop), t1)
                st = State(st.i, st.last, st.out, st.copied, False, live, d)
        if (row.mask >> (j - row.first)) & 1 != 0 and row.near <= j <= row.far and abs(t1) < BIG:
            i = advanced(es, st.i, st.last, s1)
            st = State(i, st.last, st.out, st.copied, st.above, st.live, st.d)
            margin = margin_of(es, et, em, old, st, s1, t1) + post.target * row.share
            if margin >= -post.slack and (
                margin >= post.sure or seen_exactly(heights, oc, post, row.k, j)
            ):
                mark(seen, seen_weight, state, oc, post, row.k, j)
        s0, t0 = s1, t1
        known_left = True
    if st.out > new:
        return copy(es, et, em, st.copied, st.last + 1, st.out) - new
    return 0


@inlined
def block_top(top: Array, oc: Octant, post: Post, k: int, j0: int, j1: int) -> float:
    """Find the highest cell of the blocks that hold row k from cell j0 to j1."""
    row = post.row + oc.row_k * k
    col = post.col + oc.col_k * k
    r0, r1 = (row + oc.row_j * j0) // BLOCK, (row + oc.row_j * j1) // BLOCK
    c0, c1 = (col + oc.col_j * j0) // BLOCK, (col + oc.col_j * j1) // BLOCK
    high = np.float32(-math.inf)
    for r in range(min(r0, r1), max(r0, r1) + 1):
        for c in range(min(c0, c1), max(c0, c1) + 1):
            high = max(high, top[r, c])
    return np.float64(high)


@inlined
def block_end(oc: Octant, post: Post, k: int) -> int:
    """Find the last row that lies in the same row of blocks as row k."""
    at = post.row + oc.row_k * k if oc.row_k != 0 else post.col + oc.col_k * k
    rest = at - at // BLOCK * BLOCK
    return k + (BLOCK - 1 - rest if oc.row_k + oc.col_k > 0 else rest)


@inlined
def chunk_of(level: int, place: int) -> Chunk:
    """Make an interval; its ends are exact."""
    scale = 1.0 / (1 << level)
    return Chunk(level, place, place * scale, (place + 1) * scale)


@inlined
def idle_rows(
    top: Array, oc: Octant, post: Post, chunk: Chunk, k: int, end: int, reach: int, floor: float
) -> bool:
    """Tell whether all targets and cells of rows k to `end` are surely below the envelope."""
    first = (chunk.place * k) >> chunk.level
    last = min(-((-(chunk.place + 1) * end) >> chunk.level), reach)
    drop = post.curve * ((k * oc.size_k) ** 2 + (first * oc.size_j) ** 2)
    rise = block_top(top, oc, post, k, first, last) + post.target - post.eye - drop
    return rise < min(floor * k, floor * end)


@inlined
def rows_in(
    heights: Array, flat: Array, seen: Array, seen_weight: Array, state: Array,
    top: Array, limits: Array, es: Array, et: Array, em: Array, old: int, new: int, n: int,
    oc: Octant, post: Post, chunk: Chunk, k: int, stop: int, mask: int, first: int,
) -> tuple[int, int, int, int, int, int]:  # fmt: skip
    """Work through rows k to `stop` of one interval.

    Returns
    -------
    tuple
        Next row (beyond the last one of the octant when the interval is finished), places and
        length of the envelope, candidates of the last row and the cell of their lowest bit.
    """
    room = len(es) // SLOTS
    low = lowest(et, old, n)
    while k <= stop:
        reach = min(oc.last_j, limits[k] + 1)
        if (chunk.place * k) >> chunk.level > reach or low > 0.5 * BIG:
            return oc.last_k + 1, old, new, n, mask, first
        end = min(stop, block_end(oc, post, k))
        floor = low - post.slack
        idle = idle_rows(top, oc, post, chunk, k, end, reach, floor)
        if idle and mask == 0:
            k = end + 1
            continue
        for at in range(k, k + 1 if idle else end + 1):
            row = row_of(flat, oc, post, chunk, at, limits[at], floor, mask, first)
            if row.last < row.first:
                return oc.last_k + 1, old, new, n, mask, first
            mask, first = row.mask, row.first
            if row.visits == 0:
                continue
            if 2 * n + PER_ROW > room:
                ray_by_ray(heights, seen, seen_weight, state, limits, oc, post, chunk, at)
                return oc.last_k + 1, old, new, n, mask, first
            length = row_step(
                heights, flat, seen, seen_weight, state, es, et, em, old, n, new,
                oc, post, chunk, row,
            )  # fmt: skip
            if length > 0:
                old, new, n = new, old, length
        if idle:
            mask = 0
        k = end + 1
        low = lowest(et, old, n)
    return k, old, new, n, mask, first


@inner
def octant_pass(
    heights: Array, flat: Array, seen: Array, seen_weight: Array, state: Array,
    top: Array, limits: Array, es: Array, et: Array, em: Array, stack: Array,
    oc: Octant, post: Post,
) -> None:  # fmt: skip
    """Decide the targets of one octant, interval by interval, depth first."""
    room = len(es) // SLOTS
    # Plain integers, not literals: a kernel is compiled once more for each literal it is given.
    old, new, n = int(np.int64(0)), room, int(np.int64(2))
    put(es, et, em, 0, 0.0, -BIG, 0.0)
    put(es, et, em, 1, 1.0, -BIG, 0.0)
    chunk = chunk_of(old, old)
    k, depth, mask, first = int(np.int64(1)), int(np.int64(0)), int(np.int64(0)), int(np.int64(0))
    while True:
        stop = min(oc.last_k, (WIDE << chunk.level) - 1)
        k, old, new, n, mask, first = rows_in(
            heights, flat, seen, seen_weight, state, top, limits, es, et, em, old, new, n,
            oc, post, chunk, k, stop, mask, first,
        )  # fmt: skip
        if k <= oc.last_k:
            # The right half waits, the left half goes on.
            level, place = chunk.level + 1, chunk.place * 2
            waits = (depth + 2) * room
            n, length = halved(es, et, em, old, n, (place + 1) / (1 << level), waits)
            for at, value in enumerate((level, place + 1, k, length, mask, first)):
                stack[depth, at] = value
            depth += 1
            chunk = chunk_of(level, place)
        elif depth == 0:
            return
        else:
            depth -= 1
            chunk = chunk_of(stack[depth, 0], stack[depth, 1])
            k, n, mask, first = stack[depth, 2], stack[depth, 3], stack[depth, 4], stack[depth, 5]
            copy(es, et, em, (depth + 2) * room, (depth + 2) * room + n, old)


@inner
def post_pass(
    heights: Array, flat: Array, seen: Array, seen_weight: Array, state: Array, top: Array,
    limits_r: Array, limits_c: Array, es: Array, et: Array, em: Array, stack: Array, post: Post,
) -> None:  # fmt: skip
    """Decide all targets around one post but its own cell.

    Parameters
    ----------
    heights, flat
        The raster, ``(rows, cols)`` float32, and the same flat.
    seen, seen_weight, state
        Windows that are written: counts and weights, or in the two passes the mode.
    top
        Highest cell per block of 8 x 8; infinite for an unknown cell in the opaque pass.
    limits_r, limits_c
        Last cell to the side within the radius, per row and per column away from the post.
    es, et, em, stack
        Room for `SLOTS` envelopes, and ``(SLOTS, 6)`` whole numbers.
    post
        The post.
    """
    for index in range(8):
        limits = limits_r if index < 4 else limits_c
        oc = octant_of(index, heights.shape, post, len(limits) - 1)
        if oc.last_k < 1:
            continue
        if oc.last_j > 0:
            octant_pass(
                heights, flat, seen, seen_weight, state, top, limits, es, et, em, stack, oc, post
            )
        elif oc.first_j == 0:
            # On the raster's edge the octant is a single line without pieces to the side.
            ray_by_ray(heights, seen, seen_weight, state, limits, oc, post, chunk_of(0, 0), 1)
