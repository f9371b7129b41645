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
PIECE = 5


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
def merge(es, et, em, old, n, new, pieces, count):
    """Merge."""
    i = old
    last = old + n - 1
    out = new
    copied = old
    above = False
    joined = False
    d = 0.0
    for v in range(0, count * PIECE, PIECE):
        s0, t0, m0, s1, t1 = pieces[v], pieces[v + 1], pieces[v + 2], pieces[v + 3], pieces[v + 4]
        if not joined:
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
        if above:
            out = put(es, et, em, out, s0, t0, m0)
        i, out, copied, above, d = sweep(
            es, et, em, i, last, out, copied, above, d, s0, t0, m0, s1, t1
        )
        joined = v + PIECE < count * PIECE and pieces[v + 5] == s1 and pieces[v + 6] == t1
        if above and not joined:
            out = put(es, et, em, out, s1, t1, 0.0)
            if i < last:
                out = put(es, et, em, out, s1, et[i] + (s1 - es[i]) * em[i], em[i])
            copied = i + 1
    if out > new:
        out = copy(es, et, em, copied, last + 1, out)
    return out - new


@inlined
def push(pieces, count, chunk, s0, t0, m, s1, t1):
    if s0 < chunk.sa:
        t0 = t0 + (chunk.sa - s0) * m
        s0 = chunk.sa
    if s1 > chunk.sb:
        t1 = t0 + (chunk.sb - s0) * m
        s1 = chunk.sb
    at = count * PIECE
    pieces[at] = s0
    pieces[at + 1] = t0
    pieces[at + 2] = m
    pieces[at + 3] = s1
    pieces[at + 4] = t1
    return count + 1


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
def row_step(heights, flat, seen, seen_weight, state, es, et, em, old, n, pieces, oc, post, chunk, k, jtop, jlast, floor_t, prev_any):
    """Decide the targets of row k within the chunk; list the pieces that rise above."""
    ja = (chunk.place * k) >> chunk.level
    base = post.at + k * oc.step_k
    bend = post.curve * oc.size_j * oc.size_j
    zk = post.z0 + post.curve * (k * oc.size_k) ** 2
    thr = floor_t * k + zk - post.target + bend * (ja * ja)
    any_f = False
    for j in range(ja, jtop + 1):
        any_f |= not (flat[base + j * oc.step_j] < thr)
    if not (any_f or prev_any):
        return 0, False
    prev = base - oc.step_k
    zq = post.z0 + post.curve * ((k - 1) * oc.size_k) ** 2
    thr_q = floor_t * (k - 1) + zq + bend * (ja * ja)
    inv = 1.0 / k
    invq = 1.0 / max(k - 1, 1)
    raised = post.target * inv
    jfirst = max(oc.first_j, -((-chunk.place * k) >> chunk.level))
    jend = last_target(oc, chunk, k, jlast)
    count = 0
    i = old
    last = old + n - 1
    f0 = False
    above0 = False
    s0 = 0.0
    t0 = 0.0
    for j in range(ja, jtop + 1):
        h1 = np.float64(flat[base + j * oc.step_j])
        f1 = h1 >= thr
        bad = h1 != h1
        if bad:
            f1 = post.mode == 2
        g0 = False
        hq = 0.0
        if j > ja and j > 1:
            hq = np.float64(flat[prev + (j - 1) * oc.step_j])
            g0 = not (hq < thr_q)
        if not (f0 or f1 or g0):
            continue
        s1 = j / k
        t1 = lifted(h1, zk, bend, j, inv, post.mode)
        if not f0 and j > ja:
            h0 = np.float64(flat[base + (j - 1) * oc.step_j])
            s0 = (j - 1) / k
            t0 = lifted(h0, zk, bend, j - 1, inv, post.mode)
            above0 = False
        split = s0
        m = (t1 - t0) * k
        solid = t0 > -BIG and t1 > -BIG
        wall = t0 >= BIG or t1 >= BIG
        if j > ja and (f0 or g0) and j > 1:
            # the rung from this row's post j - 1 to the same column one row nearer
            sq = (j - 1) / (k - 1)
            if sq > chunk.sa:
                tq = (hq - zq - bend * ((j - 1) * (j - 1))) * invq
                gap = False
                if hq != hq:
                    tq = BIG
                    gap = post.mode != 2
                if t0 <= -BIG:
                    gap = True
                if not gap and not wall and (not solid or tq > t0 + (sq - s0) * m):
                    if tq >= BIG:
                        count = push(pieces, count, chunk, s0, BIG, 0.0, sq, BIG)
                        split = sq
                    else:
                        mq = (tq - t0) / (sq - s0)
                        rising = above0
                        if s0 < chunk.sa:
                            rising = t0 + (chunk.sa - s0) * mq > et[old]
                        q = i
                        while not rising and q < last and es[q + 1] <= sq:
                            q += 1
                            if es[q] >= s0:
                                rising = t0 + (es[q] - s0) * mq > et[q]
                        if post.mode > 0 and not rising and sq <= chunk.sb:
                            # beside unknown cells the nearer post may not be in the envelope yet
                            rising = tq > et[q] + (sq - es[q]) * em[q]
                        if rising:
                            count = push(pieces, count, chunk, s0, t0, mq, sq, tq)
                            split = sq
        rising = above0
        if j > ja and s0 < chunk.sa:
            rising = t0 + (chunk.sa - s0) * m > et[old]
        while i < last and es[i + 1] <= s1:
            i += 1
            if es[i] >= s0 and t0 + (es[i] - s0) * m > et[i]:
                rising = True
        above1 = False
        if f1:
            e = et[i] + (s1 - es[i]) * em[i]
            above1 = t1 > e
            if not bad and jfirst <= j <= jend:
                q = i
                while q >= old and es[q] == s1:
                    e = max(e, et[q])
                    q -= 1
                margin = t1 + raised - e
                if margin >= -post.slack and (margin >= post.sure or exact(heights, oc, post, k, j)):
                    mark(seen, seen_weight, state, oc, post, k, j)
        if j > ja and solid and (rising or above1 or wall):
            if wall:
                count = push(pieces, count, chunk, s0, BIG, 0.0, s1, BIG)
            elif split < chunk.sb:
                if split > s0:
                    t0 += (split - s0) * m
                count = push(pieces, count, chunk, split, t0, m, s1, t1)
        f0 = f1
        above0 = above1
        s0 = s1
        t0 = t1
    return count, any_f


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
def rows_in(heights, flat, seen, seen_weight, state, top, limits, es, et, em, old, new, n, pieces, oc, post, chunk, k, stop, prev_any, cap):
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
        if idle and not prev_any:
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
            count, prev_any = row_step(
                heights, flat, seen, seen_weight, state, es, et, em, old, n, pieces, oc, post, chunk,
                k, jtop, jlast, sure, prev_any
            )
            if count > 0:
                n2 = merge(es, et, em, old, n, new, pieces, count)
                if n2 > 0:
                    old, new = new, old
                    n = n2
                    changed = True
            k += 1
            if 2 * n + 200 > cap:
                settle_rest(heights, seen, seen_weight, state, limits, oc, post, chunk, k)
                k = oc.last_k + 1
        if idle and k > stop_rows:
            prev_any = False
            k = max(k, kend + 1)
        if changed:
            low = lowest(et, old, n)
    return k, old, new, n, prev_any


@kernel
def octant_pass(heights, flat, seen, seen_weight, state, top, limits, es, et, em, stack, pieces, oc, post):
    cap = len(es) // 36
    old, new = 0, cap
    put(es, et, em, 0, 0.0, -BIG, 0.0)
    put(es, et, em, 1, 1.0, -BIG, 0.0)
    n = 2
    chunk = chunk_of(0, 0)
    k = 1
    depth = 0
    prev_any = True
    while True:
        stop = min(oc.last_k, (WIDE << chunk.level) - 1)
        k, old, new, n, prev_any = rows_in(
            heights, flat, seen, seen_weight, state, top, limits, es, et, em, old, new, n, pieces,
            oc, post, chunk, k, stop, prev_any, cap
        )
        if k > oc.last_k:
            # next chunk from the stack
            if depth == 0:
                return
            depth -= 1
            chunk = chunk_of(stack[depth, 0], stack[depth, 1])
            k = stack[depth, 2]
            prev_any = stack[depth, 3] != 0
            n = stack[depth, 4]
            copy(es, et, em, (depth + 2) * cap, (depth + 2) * cap + n, old)
        else:
            # split in two: the right half waits, the left half goes on
            level, place = chunk.level + 1, chunk.place * 2
            n, waiting = split_at(es, et, em, old, n, (place + 1) / (1 << level), (depth + 2) * cap)
            stack[depth, 0] = level
            stack[depth, 1] = place + 1
            stack[depth, 2] = k
            stack[depth, 3] = 1 if prev_any else 0
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
def post_pass(heights, flat, seen, seen_weight, state, top, limits_r, limits_c, es, et, em, stack, pieces, post):
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
            heights, flat, seen, seen_weight, state, top, limits, es, et, em, stack, pieces, oc, post
        )
