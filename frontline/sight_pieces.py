"""Merging straight pieces into an upper envelope; see `sight_envelope` for what they mean.

An envelope is a run of vertices in three arrays: ``s`` (never falling), ``t``, and the slope ``m``
of the straight piece that follows. Two vertices at one ``s`` are a jump. A row is merged
from left to right: vertices of the old envelope are copied to the new one as far as it stays, and
left out where the row lies above.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from frontline.sight_rays import inlined, inner

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
