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
    base: int
    step_k: int
    step_j: int
    row_k: int
    col_k: int
    row_j: int
    col_j: int
    dir_k: int
    size_k: float
    size_j: float
    last_k: int
    last_j: int
    first_target: int
    diagonal: int


class Post(NamedTuple):
    row: int
    col: int
    z0: float
    target: float
    cell_r: float
    cell_c: float
    curve: float
    sure: float
    slack: float
    opaque: bool
    mode: int
    weight: int
    weighted: bool
    top: int
    left: int


class Work(NamedTuple):
    es: Array
    et: Array
    em: Array
    s0: Array
    t0: Array
    m0: Array
    s1: Array
    t1: Array
    levels: Array
    places: Array
    ks: Array
    anys: Array
    ns: Array


class Output(NamedTuple):
    seen: Array
    seen_weight: Array
    unknown: Array
    unknown_weight: Array
    state: Array


@inlined
def merge(es, et, em, n, os_, ot, om, w, count):
    """Merge."""
    i = 0
    out = 0
    copied = 0
    above = False
    d = 0.0
    last = n - 1
    joined = False
    for v in range(count):
        s0 = w.s0[v]
        t0 = w.t0[v]
        m0 = w.m0[v]
        s1 = w.s1[v]
        t1 = w.t1[v]
        if not joined:
            while i < last and es[i + 1] <= s0:
                i += 1
            e = et[i] + (s0 - es[i]) * em[i]
            d = t0 - e
            above = d > 0.0
            if above and s0 <= es[0]:
                copied = i + 1
            elif above:
                while copied <= i:
                    os_[out] = es[copied]
                    ot[out] = et[copied]
                    om[out] = em[copied]
                    out += 1
                    copied += 1
                os_[out] = s0
                ot[out] = e
                om[out] = 0.0
                out += 1
        if above:
            os_[out] = s0
            ot[out] = t0
            om[out] = m0
            out += 1
        x = s0
        more = True
        while more:
            if i < last and es[i + 1] <= s1:
                xv = es[i + 1]
                dv = t0 + (xv - s0) * m0 - et[i + 1]
            else:
                more = False
                xv = s1
                dv = t1 - (et[i] + (s1 - es[i]) * em[i])
            if above != (dv > 0.0):
                xc = x + (xv - x) * (d / (d - dv))
                if above:
                    os_[out] = xc
                    ot[out] = t0 + (xc - s0) * m0
                    om[out] = em[i]
                    out += 1
                    copied = i + 1
                    above = False
                else:
                    while copied <= i:
                        os_[out] = es[copied]
                        ot[out] = et[copied]
                        om[out] = em[copied]
                        out += 1
                        copied += 1
                    os_[out] = xc
                    ot[out] = t0 + (xc - s0) * m0
                    om[out] = m0
                    out += 1
                    above = True
            x = xv
            d = dv
            if more:
                i += 1
                if above:
                    copied = i + 1
        joined = v + 1 < count and w.s0[v + 1] == s1 and w.t0[v + 1] == t1
        if above and not joined:
            os_[out] = s1
            ot[out] = t1
            om[out] = 0.0
            out += 1
            if i < last:
                os_[out] = s1
                ot[out] = et[i] + (s1 - es[i]) * em[i]
                om[out] = em[i]
                out += 1
            copied = i + 1
    if out > 0:
        while copied < n:
            os_[out] = es[copied]
            ot[out] = et[copied]
            om[out] = em[copied]
            out += 1
            copied += 1
    return out


@inlined
def push(w, count, s0, t0, m, s1, t1, sa, sb):
    if s0 < sa:
        t0 = t0 + (sa - s0) * m
        s0 = sa
    if s1 > sb:
        t1 = t0 + (sb - s0) * m
        s1 = sb
    w.s0[count] = s0
    w.t0[count] = t0
    w.m0[count] = m
    w.s1[count] = s1
    w.t1[count] = t1
    return count + 1


@kernel
def settle(heights, oc, post, k, j, margin, out):
    """Decide a target whose height above the envelope is `margin`, in units of t."""
    row = post.row + oc.row_k * k + oc.row_j * j
    col = post.col + oc.col_k * k + oc.col_j * j
    if margin < post.sure:
        z1 = np.float64(heights[row, col]) + post.target
        least, unknown = ray_between_cells(
            heights,
            (post.row, post.col),
            (row, col),
            (post.z0, z1),
            (post.cell_r, post.cell_c),
            post.curve,
        )
        if least < 0.0 or (post.opaque and unknown):
            return
    r = row - post.top
    c = col - post.left
    if post.mode == 0:
        out.seen[r, c] += 1
        if post.weighted:
            out.seen_weight[r, c] += post.weight
    else:
        out.state[r, c] = post.mode


@inlined
def row_step(heights, flat, oc, post, k, level, p, jtop, jlast, floor_t, es, et, em, n, w, prev_any, out):
    """Decide the targets of row k within the chunk; list the pieces that rise above."""
    ja = (p * k) >> level
    base = oc.base + k * oc.step_k
    prev = base - oc.step_k
    ck = post.curve * (k * oc.size_k) ** 2
    cj = post.curve * oc.size_j**2
    thr = floor_t * k + post.z0 - post.target + ck + cj * (ja * ja)
    any_f = False
    for j in range(ja, jtop + 1):
        h = flat[base + j * oc.step_j]
        any_f |= not (h < thr)
    if not (any_f or prev_any):
        return 0, False
    cq = post.curve * ((k - 1) * oc.size_k) ** 2
    thr_q = floor_t * (k - 1) + post.z0 + cq + cj * (ja * ja)
    scale = 1.0 / (1 << level)
    sa = p * scale
    sb = (p + 1) * scale
    inv = 1.0 / k
    invq = 1.0 / max(k - 1, 1)
    raised = post.target * inv
    jfirst = max(oc.first_target, -((-p * k) >> level))
    jend = min(jlast, -((-(p + 1) * k) >> level) - 1)
    if p + 1 == 1 << level:
        jend = min(jlast, k - 1 + oc.diagonal)
    count = 0
    i = 0
    last = n - 1
    f0 = False
    above0 = False
    s0 = 0.0
    t0 = 0.0
    h0 = 0.0
    for j in range(ja, jtop + 1):
        h1 = np.float64(flat[base + j * oc.step_j])
        f1 = h1 >= thr
        bad = h1 != h1
        if bad:
            f1 = post.opaque
        g0 = False
        hq = 0.0
        if j > ja and j > 1:
            hq = np.float64(flat[prev + (j - 1) * oc.step_j])
            g0 = not (hq < thr_q)
        if not (f0 or f1 or g0):
            continue
        s1 = j / k
        t1 = (h1 - post.z0 - ck - cj * (j * j)) * inv
        if bad:
            t1 = BIG if post.opaque else -BIG
        if not f0 and j > ja:
            h0 = np.float64(flat[base + (j - 1) * oc.step_j])
            s0 = (j - 1) / k
            t0 = (h0 - post.z0 - ck - cj * ((j - 1) * (j - 1))) * inv
            if h0 != h0:
                t0 = BIG if post.opaque else -BIG
            above0 = False
        rising = False
        split = s0
        m = (t1 - t0) * k
        solid = t0 > -BIG and t1 > -BIG
        wall = t0 >= BIG or t1 >= BIG
        if j > ja and (f0 or g0) and j > 1:
            # the rung from this row's post j - 1 to the same column one row nearer
            sq = (j - 1) / (k - 1)
            if sq > sa:
                tq = (hq - post.z0 - cq - cj * ((j - 1) * (j - 1))) * invq
                gap = False
                if hq != hq:
                    tq = BIG
                    gap = not post.opaque
                if t0 <= -BIG:
                    gap = True
                if not gap and not wall and (not solid or tq > t0 + (sq - s0) * m):
                    if tq >= BIG:
                        count = push(w, count, s0, BIG, 0.0, sq, BIG, sa, sb)
                        split = sq
                    else:
                        mq = (tq - t0) / (sq - s0)
                        rising = above0
                        if s0 < sa:
                            rising = t0 + (sa - s0) * mq > et[0]
                        q = i
                        while not rising and q < last and es[q + 1] <= sq:
                            q += 1
                            if es[q] >= s0:
                                rising = t0 + (es[q] - s0) * mq > et[q]
                        if post.mode > 0 and not rising and sq <= sb:
                            # beside unknown cells the nearer post may not be in the envelope yet
                            rising = tq > et[q] + (sq - es[q]) * em[q]
                        if rising:
                            count = push(w, count, s0, t0, mq, sq, tq, sa, sb)
                            split = sq
        rising = above0
        if j > ja and s0 < sa:
            rising = t0 + (sa - s0) * m > et[0]
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
                while q >= 0 and es[q] == s1:
                    e = max(e, et[q])
                    q -= 1
                margin = t1 + raised - e
                if margin >= -post.slack:
                    settle(heights, oc, post, k, j, margin, out)
        if j > ja and solid and (rising or above1 or wall):
            if wall:
                count = push(w, count, s0, BIG, 0.0, s1, BIG, sa, sb)
            elif split < sb:
                if split > s0:
                    count = push(w, count, split, t0 + (split - s0) * m, m, s1, t1, sa, sb)
                else:
                    count = push(w, count, s0, t0, m, s1, t1, sa, sb)
        f0 = f1
        above0 = above1
        s0 = s1
        t0 = t1
    return count, any_f


@kernel
def settle_rest(heights, limits, oc, post, k, level, p, out):
    """Decide the targets of an interval from row k on ray by ray: its envelope is too long."""
    for row in range(k, oc.last_k + 1):
        end = -((-(p + 1) * row) >> level) - 1
        if p + 1 == 1 << level:
            end = row - 1 + oc.diagonal
        for j in range(max(oc.first_target, -((-p * row) >> level)), min(end, oc.last_j, limits[row]) + 1):
            if not math.isnan(heights[post.row + oc.row_k * row + oc.row_j * j, post.col + oc.col_k * row + oc.col_j * j]):
                settle(heights, oc, post, row, j, -1.0, out)


@inlined
def block_top(top, oc, post, k, j0, j1):
    """Highest cell among the blocks that hold row k's block, columns j0 to j1."""
    row = post.row + oc.row_k * k
    col = post.col + oc.col_k * k
    ra = (row + oc.row_j * j0) >> 3
    rb = (row + oc.row_j * j1) >> 3
    ca = (col + oc.col_j * j0) >> 3
    cb = (col + oc.col_j * j1) >> 3
    high = -BIG
    for r in range(min(ra, rb), max(ra, rb) + 1):
        for c in range(min(ca, cb), max(ca, cb) + 1):
            high = max(high, np.float64(top[r, c]))
    return high


@kernel
def octant_pass(heights, flat, top, limits, oc, post, w, out):
    cap = w.es.shape[1]
    es, et, em = w.es[0], w.et[0], w.em[0]
    os_, ot, om = w.es[1], w.et[1], w.em[1]
    es[0] = 0.0
    es[1] = 1.0
    et[0] = et[1] = -BIG
    em[0] = em[1] = 0.0
    n = 2
    level = 0
    p = 0
    k = 1
    depth = 0
    prev_any = True
    low = -BIG
    while True:
        stop = min(oc.last_k, (WIDE << level) - 1)
        while k <= stop:
            ja = (p * k) >> level
            if ja > min(oc.last_j, limits[k] + 1) or low > 0.5 * BIG:
                k = oc.last_k + 1
                break
            at = post.row * abs(oc.row_k) + post.col * abs(oc.col_k) + oc.dir_k * k
            kend = min(stop, k + (7 - (at & 7) if oc.dir_k > 0 else (at & 7)))
            jb = min(-((-(p + 1) * kend) >> level), min(oc.last_j, limits[k] + 1))
            high = block_top(top, oc, post, k, ja, max(jb, ja))
            rise = high + post.target - post.z0 - post.curve * ((k * oc.size_k) ** 2 + (ja * oc.size_j) ** 2)
            sure = low - post.slack
            if rise < min(sure * k, sure * kend):
                if not prev_any:
                    k = kend + 1
                    continue
                stop_rows = k
            else:
                stop_rows = kend
            changed = False
            while k <= stop_rows:
                ja = (p * k) >> level
                jcap = min(oc.last_j, limits[k] + 1)
                if ja > jcap:
                    break
                jtop = min(-((-(p + 1) * k) >> level), jcap)
                jlast = min(oc.last_j, limits[k])
                count, prev_any = row_step(
                    heights, flat, oc, post, k, level, p, jtop, jlast, sure, es, et, em, n, w, prev_any, out
                )
                if count > 0:
                    n2 = merge(es, et, em, n, os_, ot, om, w, count)
                    if n2 > 0:
                        es, et, em, os_, ot, om = os_, ot, om, es, et, em
                        n = n2
                        changed = True
                k += 1
                if 2 * n + 200 > cap:
                    settle_rest(heights, limits, oc, post, k, level, p, out)
                    k = oc.last_k + 1
            if stop_rows < kend and k > stop_rows:
                prev_any = False
                k = kend + 1
            if changed:
                low = et[0]
                for q in range(1, n):
                    low = min(low, et[q])
        if k > oc.last_k:
            # next chunk from the stack
            if depth == 0:
                return
            depth -= 1
            level = w.levels[depth]
            p = w.places[depth]
            k = w.ks[depth]
            prev_any = w.anys[depth]
            n = w.ns[depth]
            low = BIG
            for q in range(n):
                es[q] = w.es[depth + 2, q]
                et[q] = w.et[depth + 2, q]
                em[q] = w.em[depth + 2, q]
                low = min(low, et[q])
        else:
            # split in two: the right half waits, the left half goes on
            level += 1
            p *= 2
            mid = (p + 1) / (1 << level)
            i = 0
            while es[i + 1] < mid:
                i += 1
            # es[i] < mid <= es[i + 1]
            c = 0
            if es[i + 1] > mid:
                w.es[depth + 2, 0] = mid
                w.et[depth + 2, 0] = et[i] + (mid - es[i]) * em[i]
                w.em[depth + 2, 0] = em[i]
                c = 1
            for q in range(i + 1, n):
                w.es[depth + 2, c] = es[q]
                w.et[depth + 2, c] = et[q]
                w.em[depth + 2, c] = em[q]
                c += 1
            w.levels[depth] = level
            w.places[depth] = p + 1
            w.ks[depth] = k
            w.anys[depth] = prev_any
            w.ns[depth] = c
            depth += 1
            n = i + 1
            if es[i + 1] > mid:
                es[n] = mid
                et[n] = et[i] + (mid - es[i]) * em[i]
                em[n] = 0.0
                n += 1
            else:
                while n < es.shape[0] and n < i + 1 + c and es[n] == mid:
                    n += 1
            low = BIG
            for q in range(n):
                low = min(low, et[q])


@kernel
def post_pass(heights, flat, top, limits_r, limits_c, post, w, out):
    shape = heights.shape
    for index in range(8):
        rows_major = index < 4
        dk = 1 if index & 1 else -1
        dj = 1 if index & 2 else -1
        if rows_major:
            last_k = (shape[0] - 1 - post.row) if dk > 0 else post.row
            last_j = (shape[1] - 1 - post.col) if dj > 0 else post.col
            limits = limits_r
            oc = Octant(
                post.row * shape[1] + post.col, dk * shape[1], dj, dk, 0, 0, dj, dk,
                post.cell_r, post.cell_c, min(last_k, len(limits) - 1), last_j,
                0 if dj > 0 else 1, 1,
            )
        else:
            last_k = (shape[1] - 1 - post.col) if dk > 0 else post.col
            last_j = (shape[0] - 1 - post.row) if dj > 0 else post.row
            limits = limits_c
            oc = Octant(
                post.row * shape[1] + post.col, dk, dj * shape[1], 0, dk, dj, 0, dk,
                post.cell_c, post.cell_r, min(last_k, len(limits) - 1), last_j,
                0 if dj > 0 else 1, 0,
            )
        if oc.last_k < 1:
            continue
        if oc.last_j < 1:
            if dj > 0:
                for k in range(1, oc.last_k + 1):
                    if heights[post.row + oc.row_k * k, post.col + oc.col_k * k] == heights[post.row + oc.row_k * k, post.col + oc.col_k * k]:
                        settle(heights, oc, post, k, 0, -1.0, out)
            continue
        octant_pass(heights, flat, top, limits, oc, post, w, out)
