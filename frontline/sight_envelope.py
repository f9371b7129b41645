"""Draft."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from frontline.sight_rays import inlined, kernel, ray_between_cells

Array = np.ndarray[Any, Any]

BIG = 1e30
BLOCK = 8
WIDE = 16


class Octant(NamedTuple):
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


class Post(NamedTuple):
    row: int
    col: int
    at: int
    z0: float
    target: float
    cell_r: float
    cell_c: float
    curve: float
    sure: float
    slack: float
    mode: int
    weight: int
    top: int
    left: int


class Chunk(NamedTuple):
    level: int
    place: int
    sa: float
    sb: float


@inlined
def put(es, et, em, at, s, t, m):
    es[at] = s
    et[at] = t
    em[at] = m
    return at + 1


@inlined
def copy(es, et, em, source, stop, target):
    while source < stop:
        es[target] = es[source]
        et[target] = et[source]
        em[target] = em[source]
        source += 1
        target += 1
    return target


@inlined
def sweep(es, et, em, i, last, out, copied, above, d, s0, t0, m0, s1, t1):
    x = s0
    more = True
    while more:
        more = i < last and es[i + 1] <= s1
        if more:
            xv = es[i + 1]
            dv = t0 + (xv - s0) * m0 - et[i + 1]
        else:
            xv = s1
            dv = t1 - (et[i] + (s1 - es[i]) * em[i])
        if above != (dv > 0.0):
            xc = x + (xv - x) * (d / (d - dv))
            tc = t0 + (xc - s0) * m0
            if above:
                out = put(es, et, em, out, xc, tc, em[i])
                copied = i + 1
            else:
                out = copy(es, et, em, copied, i + 1, out)
                copied = i + 1
                out = put(es, et, em, out, xc, tc, m0)
            above = not above
        x = xv
        d = dv
        if more:
            i += 1
            if above:
                copied = i + 1
    return i, out, copied, above, d


@inlined
def begin(es, et, em, old, i, last, out, copied, s0, t0):
    """Start a piece at (s0, t0): find the place and jump up to the piece if it lies above."""
    while i < last and es[i + 1] <= s0:
        i += 1
    e = et[i] + (s0 - es[i]) * em[i]
    d = t0 - e
    above = d > 0.0
    if above:
        if s0 > es[old]:
            out = copy(es, et, em, copied, i + 1, out)
            out = put(es, et, em, out, s0, e, 0.0)
        copied = i + 1
    return i, out, copied, above, d


@inlined
def land(es, et, em, i, last, out, s1, t1):
    """End a piece at (s1, t1) above the envelope: jump down to it."""
    out = put(es, et, em, out, s1, t1, 0.0)
    if i < last:
        out = put(es, et, em, out, s1, et[i] + (s1 - es[i]) * em[i], em[i])
    return out, i + 1


@inlined
def pokes(es, et, em, i, last, s0, t0, m, s1):
    """Tell whether a piece rises above the envelope anywhere."""
    while i < last and es[i + 1] <= s0:
        i += 1
    rising = t0 > et[i] + (s0 - es[i]) * em[i]
    while not rising and i < last and es[i + 1] <= s1:
        i += 1
        rising = t0 + (es[i] - s0) * m > et[i]
    return rising or t0 + (s1 - s0) * m > et[i] + (s1 - es[i]) * em[i]


@inlined
def alone(es, et, em, old, i, last, out, copied, chunk, s0, t0, m, s1, t1):
    """Merge one piece that no other continues."""
    if s0 < chunk.sa:
        t0 = t0 + (chunk.sa - s0) * m
        s0 = chunk.sa
    if s1 > chunk.sb:
        t1 = t0 + (chunk.sb - s0) * m
        s1 = chunk.sb
    i, out, copied, above, d = begin(es, et, em, old, i, last, out, copied, s0, t0)
    if above:
        out = put(es, et, em, out, s0, t0, m)
    i, out, copied, above, d = sweep(
        es, et, em, i, last, out, copied, above, d, s0, t0, m, s1, t1
    )
    if above:
        out, copied = land(es, et, em, i, last, out, s1, t1)
    return i, out, copied


@kernel
def exact(heights, oc, post, k, j):
    row = post.row + oc.row_k * k + oc.row_j * j
    col = post.col + oc.col_k * k + oc.col_j * j
    z1 = np.float64(heights[row, col]) + post.target
    least, unknown = ray_between_cells(
        heights,
        (post.row, post.col),
        (row, col),
        (post.z0, z1),
        (post.cell_r, post.cell_c),
        post.curve,
    )
    return not (least < 0.0 or (post.mode == 2 and unknown))


@inlined
def mark(seen, seen_weight, state, oc, post, k, j):
    """Mark."""
    r = post.row - post.top + oc.row_k * k + oc.row_j * j
    c = post.col - post.left + oc.col_k * k + oc.col_j * j
    if post.mode == 0:
        seen[r, c] += 1
        if post.weight > 0:
            seen_weight[r, c] += post.weight
    else:
        state[r, c] = post.mode


@inlined
def last_target(oc, chunk, k, limit):
    """Find the last target of row k in the interval; the last interval holds the diagonal."""
    if chunk.place + 1 == 1 << chunk.level:
        return min(limit, k - 1 + oc.diagonal)
    return min(limit, -((-(chunk.place + 1) * k) >> chunk.level) - 1)


@inlined
def lifted(h, z, bend, j, inv, mode):
    if h != h:
        return BIG if mode == 2 else -BIG
    return (h - z - bend * (j * j)) * inv


@inlined
def candidates(flat, at, step, number, floor):
    """Mark as bits the cells that are not surely below `floor`."""
    low = np.float32(floor - 1.2e-7 * abs(floor))
    mask = 0
    for n in range(number):
        mask |= (0 if flat[at + n * step] < low else 1) << n
    return mask


@inlined
def row_step(heights, flat, seen, seen_weight, state, es, et, em, old, n, new, oc, post, chunk, k, jtop, jlast, floor_t, prev_mask, prev_ja):
    """Decide the targets of row k within the chunk and merge the row into the envelope."""
    ja = (chunk.place * k) >> chunk.level
    base = post.at + k * oc.step_k
    bend = post.curve * oc.size_j * oc.size_j
    zk = post.z0 + post.curve * (k * oc.size_k) ** 2
    thr = floor_t * k + zk - post.target + bend * (ja * ja)
    mask = candidates(flat, base + ja * oc.step_j, oc.step_j, jtop - ja + 1, thr)
    nearer = prev_mask >> (ja - prev_ja)
    visit = mask | ((mask | nearer) << 1)
    if visit == 0:
        return 0, mask, ja
    sa, sb = chunk.sa, chunk.sb
    prev = base - oc.step_k
    zq = post.z0 + post.curve * ((k - 1) * oc.size_k) ** 2
    inv = 1.0 / k
    invq = 1.0 / max(k - 1, 1)
    raised = post.target * inv
    jfirst = max(oc.first_j, -((-chunk.place * k) >> chunk.level))
    jend = last_target(oc, chunk, k, jlast)
    i = old
    last = old + n - 1
    out = new
    copied = old
    above = False
    live = False
    d = 0.0
    s0 = 0.0
    t0 = 0.0
    for j in range(ja, jtop + 1):
        if (visit >> (j - ja)) & 1 == 0:
            live = False
            continue
        h1 = np.float64(flat[base + j * oc.step_j])
        s1 = j / k
        t1 = lifted(h1, zk, bend, j, inv, post.mode)
        if j > ja:
            if not live:
                h0 = np.float64(flat[base + (j - 1) * oc.step_j])
                s0 = (j - 1) / k
                t0 = lifted(h0, zk, bend, j - 1, inv, post.mode)
            hq = -BIG
            if j > 1 and ((mask | nearer) >> (j - 1 - ja)) & 1 != 0:
                hq = np.float64(flat[prev + (j - 1) * oc.step_j])
            tq = lifted(hq, zq, bend, j - 1, invq, post.mode)
            if abs(t0) < BIG and abs(t1) < BIG and tq < BIG:
                m = (t1 - t0) * k
                if tq > t0 + (t1 - t0) * ((j - 1) * invq):
                    # the rung from post j - 1 to the same column one row nearer
                    sq = (j - 1) / (k - 1)
                    mq = (tq - t0) / (sq - s0)
                    sc = max(s0, sa)
                    tc = t0 + (sc - s0) * mq
                    sd = min(sq, sb)
                    if sq > sa and pokes(es, et, em, i, last, sc, tc, mq, sd):
                        if not live:
                            i, out, copied, above, d = begin(
                                es, et, em, old, i, last, out, copied, sc, tc
                            )
                        if above:
                            out = put(es, et, em, out, sc, tc, mq)
                        td = tq if sq <= sb else t0 + (sb - s0) * mq
                        i, out, copied, above, d = sweep(
                            es, et, em, i, last, out, copied, above, d, sc, tc, mq, sd, td
                        )
                        if above:
                            out, copied = land(es, et, em, i, last, out, sd, td)
                        live = False
                        t0 += (sq - s0) * m
                        s0 = sq
                if s0 < sb:
                    if not live:
                        if s0 < sa:
                            t0 += (sa - s0) * m
                            s0 = sa
                        i, out, copied, above, d = begin(
                            es, et, em, old, i, last, out, copied, s0, t0
                        )
                    if above:
                        out = put(es, et, em, out, s0, t0, m)
                    se, te = s1, t1
                    if s1 > sb:
                        se, te = sb, t0 + (sb - s0) * m
                    i, out, copied, above, d = sweep(
                        es, et, em, i, last, out, copied, above, d, s0, t0, m, se, te
                    )
                    live = True
                    if above and (s1 >= sb or j == jtop):
                        out, copied = land(es, et, em, i, last, out, se, te)
            else:
                if live and above:
                    out, copied = land(es, et, em, i, last, out, s0, t0)
                live = False
                if t0 >= BIG or t1 >= BIG:
                    i, out, copied = alone(
                        es, et, em, old, i, last, out, copied, chunk, s0, BIG, 0.0, s1, BIG
                    )
                else:
                    if j > 1 and t0 > -BIG and tq > -BIG:
                        sq = (j - 1) / (k - 1)
                        if sq > sa:
                            mq = (tq - t0) / (sq - s0)
                            u0 = t0
                            if tq >= BIG:
                                u0, mq = BIG, 0.0
                            i, out, copied = alone(
                                es, et, em, old, i, last, out, copied, chunk, s0, u0, mq, sq, tq
                            )
                        else:
                            sq = s0
                    else:
                        sq = s0
                    if t0 > -BIG and t1 > -BIG and sq < sb:
                        m = (t1 - t0) * k
                        i, out, copied = alone(
                            es, et, em, old, i, last, out, copied, chunk,
                            sq, t0 + (sq - s0) * m, m, s1, t1
                        )
        if (mask >> (j - ja)) & 1 != 0 and jfirst <= j <= jend and abs(t1) < BIG:
            if not live:
                while i < last and es[i + 1] <= s1:
                    i += 1
                d = t1 - (et[i] + (s1 - es[i]) * em[i])
            low = d
            q = i
            while q >= old and es[q] == s1:
                low = min(low, t1 - et[q])
                q -= 1
            margin = low + raised
            if margin >= -post.slack and (margin >= post.sure or exact(heights, oc, post, k, j)):
                mark(seen, seen_weight, state, oc, post, k, j)
        s0 = s1
        t0 = t1
        if not live:
            above = False
    if out > new:
        out = copy(es, et, em, copied, last + 1, out)
    return out - new, mask, ja


@kernel
def settle_rest(heights, seen, seen_weight, state, limits, oc, post, chunk, k):
    """Decide the targets of an interval from row k on ray by ray: its envelope is too long."""
    for row in range(k, oc.last_k + 1):
        first = max(oc.first_j, -((-chunk.place * row) >> chunk.level))
        end = last_target(oc, chunk, row, min(oc.last_j, limits[row]))
        for j in range(first, end + 1):
            at_row = post.row + oc.row_k * row + oc.row_j * j
            at_col = post.col + oc.col_k * row + oc.col_j * j
            if not math.isnan(heights[at_row, at_col]) and exact(heights, oc, post, row, j):
                mark(seen, seen_weight, state, oc, post, row, j)


@inlined
def block_top(top, oc, post, k, j0, j1):
    """Highest cell among the blocks that hold row k's block, columns j0 to j1."""
    row = post.row + oc.row_k * k
    col = post.col + oc.col_k * k
    ra = (row + oc.row_j * j0) >> 3
    rb = (row + oc.row_j * j1) >> 3
    ca = (col + oc.col_j * j0) >> 3
    cb = (col + oc.col_j * j1) >> 3
    high = np.float32(-BIG)
    for r in range(min(ra, rb), max(ra, rb) + 1):
        for c in range(min(ca, cb), max(ca, cb) + 1):
            high = max(high, top[r, c])
    return np.float64(high)


@inlined
def lowest(et, old, n):
    low = BIG
    for q in range(old, old + n):
        low = min(low, et[q])
    return low


@inlined
def split_at(es, et, em, old, n, mid, half):
    """Split."""
    i = old
    while es[i + 1] < mid:
        i += 1
    c = half
    if es[i + 1] > mid:
        c = put(es, et, em, c, mid, et[i] + (mid - es[i]) * em[i], em[i])
    c = copy(es, et, em, i + 1, old + n, c)
    end = i + 1
    if es[end] > mid:
        end = put(es, et, em, end, mid, et[i] + (mid - es[i]) * em[i], 0.0)
    else:
        while end < old + n and es[end] == mid:
            end += 1
    return end - old, c - half


@inlined
def chunk_of(level, place):
    scale = 1.0 / (1 << level)
    return Chunk(level, place, place * scale, (place + 1) * scale)


@inlined
def rows_in(heights, flat, seen, seen_weight, state, top, limits, es, et, em, old, new, n, oc, post, chunk, k, stop, prev_mask, prev_ja, cap):
    """Work through rows k to stop within one chunk."""
    low = lowest(et, old, n)
    while k <= stop:
        ja = (chunk.place * k) >> chunk.level
        reach_j = min(oc.last_j, limits[k] + 1)
        if ja > reach_j or low > 0.5 * BIG:
            k = oc.last_k + 1
            break
        at = (post.row + oc.row_k * k) if oc.row_k != 0 else (post.col + oc.col_k * k)
        kend = min(stop, k + (7 - (at & 7) if oc.row_k + oc.col_k > 0 else (at & 7)))
        jb = min(-((-(chunk.place + 1) * kend) >> chunk.level), reach_j)
        high = block_top(top, oc, post, k, ja, jb)
        rise = (
            high + post.target - post.z0
            - post.curve * ((k * oc.size_k) ** 2 + (ja * oc.size_j) ** 2)
        )
        sure = low - post.slack
        idle = rise < min(sure * k, sure * kend)
        if idle and prev_mask == 0:
            k = kend + 1
            continue
        stop_rows = k if idle else kend
        changed = False
        while k <= stop_rows:
            jcap = min(oc.last_j, limits[k] + 1)
            if (chunk.place * k) >> chunk.level > jcap:
                break
            jtop = min(-((-(chunk.place + 1) * k) >> chunk.level), jcap)
            jlast = min(oc.last_j, limits[k])
            count, prev_mask, prev_ja = row_step(
                heights, flat, seen, seen_weight, state, es, et, em, old, n, new, oc, post, chunk,
                k, jtop, jlast, sure, prev_mask, prev_ja
            )
            if count > 0:
                old, new = new, old
                n = count
                changed = True
            k += 1
            if 2 * n + 400 > cap:
                settle_rest(heights, seen, seen_weight, state, limits, oc, post, chunk, k)
                k = oc.last_k + 1
        if idle and k > stop_rows:
            prev_mask = 0
            k = max(k, kend + 1)
        if changed:
            low = lowest(et, old, n)
    return k, old, new, n, prev_mask, prev_ja


@kernel
def octant_pass(heights, flat, seen, seen_weight, state, top, limits, es, et, em, stack, oc, post):
    cap = len(es) // 36
    old, new = 0, cap
    put(es, et, em, 0, 0.0, -BIG, 0.0)
    put(es, et, em, 1, 1.0, -BIG, 0.0)
    n = 2
    chunk = chunk_of(0, 0)
    k = 1
    depth = 0
    prev_mask, prev_ja = 0, 0
    while True:
        stop = min(oc.last_k, (WIDE << chunk.level) - 1)
        k, old, new, n, prev_mask, prev_ja = rows_in(
            heights, flat, seen, seen_weight, state, top, limits, es, et, em, old, new, n,
            oc, post, chunk, k, stop, prev_mask, prev_ja, cap
        )
        if k > oc.last_k:
            # next chunk from the stack
            if depth == 0:
                return
            depth -= 1
            chunk = chunk_of(stack[depth, 0], stack[depth, 1])
            k = stack[depth, 2]
            prev_mask, prev_ja = stack[depth, 3], stack[depth, 5]
            n = stack[depth, 4]
            copy(es, et, em, (depth + 2) * cap, (depth + 2) * cap + n, old)
        else:
            # split in two: the right half waits, the left half goes on
            level, place = chunk.level + 1, chunk.place * 2
            n, waiting = split_at(es, et, em, old, n, (place + 1) / (1 << level), (depth + 2) * cap)
            stack[depth, 0] = level
            stack[depth, 1] = place + 1
            stack[depth, 2] = k
            stack[depth, 3] = prev_mask
            stack[depth, 5] = prev_ja
            stack[depth, 4] = waiting
            depth += 1
            chunk = chunk_of(level, place)


@kernel
def octant_of(index, shape, post, limit):
    dk = 1 if index & 1 else -1
    dj = 1 if index & 2 else -1
    last_r = (shape[0] - 1 - post.row) if (dk if index < 4 else dj) > 0 else post.row
    last_c = (shape[1] - 1 - post.col) if (dj if index < 4 else dk) > 0 else post.col
    first_j = 0 if dj > 0 else 1
    if index < 4:
        return Octant(
            dk * shape[1], dj, dk, 0, 0, dj, post.cell_r, post.cell_c,
            min(last_r, limit), last_c, first_j, 1,
        )
    return Octant(
        dk, dj * shape[1], 0, dk, dj, 0, post.cell_c, post.cell_r,
        min(last_c, limit), last_r, first_j, 0,
    )


@kernel
def post_pass(heights, flat, seen, seen_weight, state, top, limits_r, limits_c, es, et, em, stack, post):
    for index in range(8):
        limits = limits_r if index < 4 else limits_c
        oc = octant_of(index, heights.shape, post, len(limits) - 1)
        if oc.last_k < 1:
            continue
        if oc.last_j < 1:
            if oc.first_j == 0:
                for k in range(1, oc.last_k + 1):
                    h = heights[post.row + oc.row_k * k, post.col + oc.col_k * k]
                    if not math.isnan(h) and exact(heights, oc, post, k, 0):
                        mark(seen, seen_weight, state, oc, post, k, 0)
            continue
        octant_pass(
            heights, flat, seen, seen_weight, state, top, limits, es, et, em, stack, oc, post
        )
