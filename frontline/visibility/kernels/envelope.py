"""The exact viewshed of one observer: the upper envelope of all terrain, row by row."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from frontline.visibility.kernels.rays import inlined, inner, ray_between_cells

Array = np.ndarray[Any, Any]

BIG = 1e30
"""Stands for infinitely high; finite, so that differences and products stay numbers."""

DIRECT, TRANSPARENT, OPAQUE = 0, 1, 2
"""Modes of a pass: nothing unknown within reach; unknown pieces left out; infinitely high."""


class Chunk(NamedTuple):
    """An interval of slopes: ``place / 2^level <= s <= (place + 1) / 2^level``."""

    level: int
    place: int
    start: float
    stop: float


class Row(NamedTuple):
    """One row within an interval.

    Parameters
    ----------
    k
        Distance from the post in cells.
    first, last
        First and last cell whose piece touches the interval.
    near, far
        First and last target that the interval decides.
    base, before
        Cell 0 of this row and of the row before in the flat raster.
    lift, lift_before
        Eye and drop along *k* of both rows: what is taken off a height, metres.
    bend
        Drop of one cell to the side; that of *j* cells is ``j^2`` times as large.
    share, share_before
        ``1 / k`` and ``1 / (k - 1)``.
    mask, visits
        Bit per cell from `first`: candidates, and cells whose piece to the left matters.
    """

    k: int
    first: int
    last: int
    near: int
    far: int
    base: int
    before: int
    lift: float
    lift_before: float
    bend: float
    share: float
    share_before: float
    mask: int
    visits: int


class State(NamedTuple):
    """How far the merging of a row has come.

    Parameters
    ----------
    i, last
        Vertex of the old envelope at or before the current *s*, and its last vertex.
    out, copied
        Where the next vertex of the new envelope goes; first vertex of the old one not copied.
    above, live
        Whether the row is above the old envelope here; whether `d` is that of the last cell.
    d
        The row's t less the envelope's, just right of here.
    """

    i: int
    last: int
    out: int
    copied: int
    above: bool
    live: bool
    d: float


@inlined
def put(es: Array, et: Array, em: Array, at: int, s: float, t: float, m: float) -> int:
    """Write a vertex; return the next place."""
    es[at] = s
    et[at] = t
    em[at] = m
    return at + 1


@inlined
def copy(es: Array, et: Array, em: Array, source: int, stop: int, target: int) -> int:
    """Copy the vertices from `source` up to `stop`; return the place after the last."""
    while source < stop:
        target = put(es, et, em, target, es[source], et[source], em[source])
        source += 1
    return target


@inlined
def advanced(es: Array, i: int, last: int, s: float) -> int:
    """Find the last vertex at or before `s`, from vertex `i` on."""
    while i < last and es[i + 1] <= s:
        i += 1
    return i


@inlined
def begin(es: Array, et: Array, em: Array, old: int, st: State, s0: float, t0: float) -> State:
    """Start a piece at (s0, t0): find the place, and jump up to the piece if it lies above."""
    i = advanced(es, st.i, st.last, s0)
    e = et[i] + (s0 - es[i]) * em[i]
    above = t0 - e > 0.0
    out, copied = st.out, st.copied
    if above:
        if s0 > es[old]:
            # At the interval's own start nothing remains to the left of the jump.
            out = copy(es, et, em, copied, i + 1, out)
            out = put(es, et, em, out, s0, e, 0.0)
        copied = i + 1
    return State(i, st.last, out, copied, above, False, t0 - e)


@inlined
def sweep(
    es: Array,
    et: Array,
    em: Array,
    st: State,
    s0: float,
    t0: float,
    m0: float,
    s1: float,
    t1: float,
) -> State:
    """Merge the piece from (s0, t0) with slope m0 to (s1, t1); `st` holds for its start."""
    i, out, copied, above, d = st.i, st.out, st.copied, st.above, st.d
    if above:
        out = put(es, et, em, out, s0, t0, m0)
    x = s0
    more = True
    while more:
        more = i < st.last and es[i + 1] <= s1
        if more:
            xv = es[i + 1]
            dv = t0 + (xv - s0) * m0 - et[i + 1]
        else:
            xv = s1
            dv = t1 - (et[i] + (s1 - es[i]) * em[i])
        if above != (dv > 0.0):
            xc = min(x + (xv - x) * (d / (d - dv)), xv)
            if above:
                out = put(es, et, em, out, xc, t0 + (xc - s0) * m0, em[i])
            else:
                out = copy(es, et, em, copied, i + 1, out)
                out = put(es, et, em, out, xc, t0 + (xc - s0) * m0, m0)
            copied = i + 1
            above = not above
        x = xv
        d = dv
        if more:
            i += 1
            copied = i + 1 if above else copied
    return State(i, st.last, out, copied, above, True, d)


@inlined
def land(es: Array, et: Array, em: Array, st: State, s1: float, t1: float) -> State:
    """End a piece at (s1, t1); if it is above the envelope, jump down to that."""
    if not st.above:
        return State(st.i, st.last, st.out, st.copied, False, False, st.d)
    i = st.i
    out = put(es, et, em, st.out, s1, t1, 0.0)
    if i < st.last:
        out = put(es, et, em, out, s1, et[i] + (s1 - es[i]) * em[i], em[i])
    return State(i, st.last, out, i + 1, False, False, st.d)


@inlined
def pokes(
    es: Array, et: Array, em: Array, st: State, s0: float, t0: float, m: float, s1: float
) -> bool:
    """Tell whether a piece rises above the envelope anywhere between s0 and s1."""
    i = advanced(es, st.i, st.last, s0)
    rising: bool = t0 > et[i] + (s0 - es[i]) * em[i]
    while not rising and i < st.last and es[i + 1] <= s1:
        i += 1
        rising = t0 + (es[i] - s0) * m > et[i]
    above: bool = rising or t0 + (s1 - s0) * m > et[i] + (s1 - es[i]) * em[i]
    return above


@inner
def alone(
    es: Array, et: Array, em: Array, old: int, st: State, chunk: Chunk,
    s0: float, t0: float, m: float, s1: float,
) -> State:  # fmt: skip
    """Merge the part of one piece that lies in the interval and that no other continues."""
    start, stop = max(s0, chunk.start), min(s1, chunk.stop)
    if start > stop:
        return st
    first, end = t0 + (start - s0) * m, t0 + (stop - s0) * m
    st = begin(es, et, em, old, st, start, first)
    st = sweep(es, et, em, st, start, first, m, stop, end)
    return land(es, et, em, st, stop, end)


@inlined
def lifted(height: float, lift: float, bend: float, j: int, share: float, mode: int) -> float:
    """Map a height to t; an unknown one to plus or minus `BIG`, as the pass wants it."""
    if math.isnan(height):
        return BIG if mode == OPAQUE else -BIG
    return (height - lift - bend * (j * j)) * share


@inlined
def rung(
    es: Array, et: Array, em: Array, old: int, st: State, chunk: Chunk, row: Row,
    j: int, s0: float, t0: float, tq: float,
) -> tuple[State, float]:  # fmt: skip
    """Merge the rung from cell j of this row to (.., tq) on the row before, if it rises.

    Returns
    -------
    tuple
        The state, and the *s* from which the chain goes on.
    """
    sq = j / (row.k - 1)
    m = (tq - t0) / (sq - s0)
    start, stop = max(s0, chunk.start), min(sq, chunk.stop)
    first = t0 + (start - s0) * m
    if sq <= chunk.start or not pokes(es, et, em, st, start, first, m, stop):
        return st, s0
    if not st.live:
        st = begin(es, et, em, old, st, start, first)
    end = tq if sq <= chunk.stop else t0 + (chunk.stop - s0) * m
    st = sweep(es, et, em, st, start, first, m, stop, end)
    return land(es, et, em, st, stop, end), sq


@inlined
def link(
    es: Array, et: Array, em: Array, old: int, st: State, chunk: Chunk,
    s0: float, t0: float, m: float, s1: float, t1: float,
) -> State:  # fmt: skip
    """Merge a piece of the chain from (s0, t0), which may continue the piece before it."""
    if s0 >= chunk.stop:
        return st
    if not st.live:
        if s0 < chunk.start:
            t0 += (chunk.start - s0) * m
            s0 = chunk.start
        st = begin(es, et, em, old, st, s0, t0)
    if s1 > chunk.stop:
        t1 = t0 + (chunk.stop - s0) * m
        s1 = chunk.stop
    st = sweep(es, et, em, st, s0, t0, m, s1, t1)
    return land(es, et, em, st, s1, t1) if s1 >= chunk.stop else st


@inner
def beside_void(
    es: Array, et: Array, em: Array, old: int, st: State, chunk: Chunk, row: Row,
    j: int, t0: float, t1: float, tq: float,
) -> State:  # fmt: skip
    """Merge the pieces right of cell j where one of their three ends is unknown."""
    s0, s1 = j / row.k, (j + 1) / row.k
    st = land(es, et, em, st, s0, t0)
    if t0 >= BIG or t1 >= BIG:
        return alone(es, et, em, old, st, chunk, s0, BIG, 0.0, s1)
    sq = s0
    if j > 0 and t0 > -BIG and tq > -BIG:
        sq = j / (row.k - 1)
        if tq >= BIG:
            st = alone(es, et, em, old, st, chunk, s0, BIG, 0.0, sq)
        else:
            st = alone(es, et, em, old, st, chunk, s0, t0, (tq - t0) / (sq - s0), sq)
    if t0 > -BIG and t1 > -BIG:
        m = (t1 - t0) * row.k
        st = alone(es, et, em, old, st, chunk, sq, t0 + (sq - s0) * m, m, s1)
    return st


@inlined
def left_piece(
    flat: Array, es: Array, et: Array, em: Array, old: int, st: State, step_j: int, chunk: Chunk,
    row: Row, mode: int, j: int, s0: float, t0: float, s1: float, t1: float,
) -> State:  # fmt: skip
    """Merge the rung of cell j and the piece of the chain from it to cell j + 1."""
    height = -math.inf
    if j > 0:
        height = np.float64(flat[row.before + j * step_j])
    tq = lifted(height, row.lift_before, row.bend, j, row.share_before, mode)
    if not (abs(t0) < BIG and abs(t1) < BIG and tq < BIG):
        return beside_void(es, et, em, old, st, chunk, row, j, t0, t1, tq)
    m = (t1 - t0) * row.k
    start = s0
    if tq > t0 + (t1 - t0) * (j * row.share_before):
        st, start = rung(es, et, em, old, st, chunk, row, j, s0, t0, tq)
    return link(es, et, em, old, st, chunk, start, t0 + (start - s0) * m, m, s1, t1)


@inlined
def margin_of(es: Array, et: Array, em: Array, old: int, st: State, s: float, t: float) -> float:
    """Find how far (s, t) is above the envelope; at a jump the higher side counts."""
    i = st.i
    margin = st.d if st.live else t - (et[i] + (s - es[i]) * em[i])
    while i >= old and es[i] == s:
        margin = min(margin, t - et[i])
        i -= 1
    return margin


@inlined
def lowest(et: Array, old: int, n: int) -> float:
    """Find the smallest t of an envelope: of its vertices, between which it is straight."""
    low = BIG
    for i in range(old, old + n):
        low = min(low, et[i])
    return low


@inlined
def halved(
    es: Array, et: Array, em: Array, old: int, n: int, middle: float, half: int
) -> tuple[int, int]:
    """Cut an envelope at `middle`: the right part goes to `half`; return both lengths."""
    i = old
    while es[i + 1] < middle:
        i += 1
    t = et[i] + (middle - es[i]) * em[i]
    end = half
    if es[i + 1] > middle:
        end = put(es, et, em, end, middle, t, em[i])
    end = copy(es, et, em, i + 1, old + n, end)
    stop = i + 1
    if es[stop] > middle:
        stop = put(es, et, em, stop, middle, t, 0.0)
    else:
        while stop < old + n and es[stop] == middle:
            stop += 1
    return stop - old, end - half


class Post(NamedTuple):
    """One post and what holds for all its octants.

    Parameters
    ----------
    row, col, at
        Its cell, and the same in the flat raster.
    eye
        Height of the eye, metres.
    target
        Height of a target above the terrain, metres.
    cell_r, cell_c
        Size of a cell, metres.
    curve
        ``(1 - k) / (2 R)``, per metre.
    sure, slack
        A margin of at least `sure` is visible, one below ``-slack`` hidden (in units of t).
    mode
        See `DIRECT`.
    weight
        Whole weight to add to each cell seen; 0 without weights.
    top, left
        First row and column of the window of counts.
    """

    row: int
    col: int
    at: int
    eye: float
    target: float
    cell_r: float
    cell_c: float
    curve: float
    sure: float
    slack: float
    mode: int
    weight: int | np.signedinteger[Any]
    top: int
    left: int


class Octant(NamedTuple):
    """How k and j of one octant lie in the raster.

    Parameters
    ----------
    step_k, step_j
        Steps in the flat raster.
    row_k, col_k, row_j, col_j
        Steps in rows and columns.
    size_k, size_j
        Size of a cell along either axis, metres.
    last_k, last_j
        Furthest row within the radius and the raster, and last cell to the side in the raster.
    first_j, diagonal
        Of two octants that share an axis or a diagonal one decides its targets: 0 or 1 for the
        first target of a row; 1 where the diagonal belongs to this octant, else 0.
    """

    step_k: int
    step_j: int
    row_k: int
    col_k: int
    row_j: int
    col_j: int
    size_k: float
    size_j: float
    last_k: int
    last_j: int
    first_j: int
    diagonal: int


@inner
def octant_of(index: int, shape: tuple[int, int], post: Post, limit: int) -> Octant:
    """Describe one of the eight octants; the first four run along the rows' direction."""
    dk = 1 if index & 1 else -1
    dj = 1 if index & 2 else -1
    down = index < 4
    last_r = shape[0] - 1 - post.row if (dk if down else dj) > 0 else post.row
    last_c = shape[1] - 1 - post.col if (dj if down else dk) > 0 else post.col
    first_j = 0 if dj > 0 else 1
    if down:
        return Octant(
            dk * shape[1], dj, dk, 0, 0, dj, post.cell_r, post.cell_c,
            min(last_r, limit), last_c, first_j, 1,
        )  # fmt: skip
    return Octant(
        dk, dj * shape[1], 0, dk, dj, 0, post.cell_c, post.cell_r,
        min(last_c, limit), last_r, first_j, 0,
    )  # fmt: skip


@inner
def seen_exactly(heights: Array, oc: Octant, post: Post, k: int, j: int) -> bool:
    """Decide one target by the definition."""
    row = post.row + oc.row_k * k + oc.row_j * j
    col = post.col + oc.col_k * k + oc.col_j * j
    least, unknown = ray_between_cells(
        heights,
        (post.row, post.col),
        (row, col),
        (post.eye, np.float64(heights[row, col]) + post.target),
        (post.cell_r, post.cell_c),
        post.curve,
        0.0,
    )
    return not (least < 0.0 or (post.mode == OPAQUE and unknown))


@inlined
def mark(
    seen: Array, seen_weight: Array, state: Array, oc: Octant, post: Post, k: int, j: int
) -> None:
    """Count a target as seen, or note that this pass leaves it visible."""
    r = post.row - post.top + oc.row_k * k + oc.row_j * j
    c = post.col - post.left + oc.col_k * k + oc.col_j * j
    if post.mode != DIRECT:
        state[r, c] = post.mode
        return
    seen[r, c] += 1
    if post.weight > 0:
        seen_weight[r, c] += post.weight


@inlined
def targets(oc: Octant, chunk: Chunk, k: int, limit: int) -> tuple[int, int]:
    """Find the first and last target of row k in the interval, which excludes its end."""
    first = max(oc.first_j, -((-chunk.place * k) >> chunk.level))
    if chunk.place + 1 == 1 << chunk.level:
        return first, min(limit, k - 1 + oc.diagonal)
    return first, min(limit, -((-(chunk.place + 1) * k) >> chunk.level) - 1)


@inner
def ray_by_ray(
    heights: Array, seen: Array, seen_weight: Array, state: Array, limits: Array,
    oc: Octant, post: Post, chunk: Chunk, k: int,
) -> None:  # fmt: skip
    """Decide the targets of an interval from row k on by the definition."""
    for row in range(k, oc.last_k + 1):
        near, far = targets(oc, chunk, row, min(oc.last_j, limits[row]))
        for j in range(near, far + 1):
            r = post.row + oc.row_k * row + oc.row_j * j
            c = post.col + oc.col_k * row + oc.col_j * j
            if not math.isnan(heights[r, c]) and seen_exactly(heights, oc, post, row, j):
                mark(seen, seen_weight, state, oc, post, row, j)


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
