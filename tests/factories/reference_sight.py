"""Two slow ways to decide sight, against which the kernels are tested.

`reference_state` is the definition in plain float64, crossing by crossing. `oracle_state` is a
different method in exact fractions: it intersects the ray with every edge of the grid as two
line segments in the plane, with no order and no marching.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np

RADIUS = 6_371_008.8


def reference_ray(z, start, end, start_m, end_m, cell, k):
    """Smallest clearance of the known crossings, and whether one was unknown."""
    (r0, c0), (r1, c1) = start, end
    dy, dx = np.broadcast_to(cell, 2)
    a, b = abs(r1 - r0), abs(c1 - c0)
    sr, sc = np.sign(r1 - r0), np.sign(c1 - c0)
    z0 = float(z[r0, c0]) + start_m
    z1 = float(z[r1, c1]) + end_m
    length2 = (a * dy) ** 2 + (b * dx) ** 2
    bend = (1.0 - k) / (2.0 * RADIUS)
    least, unknown = np.inf, False
    crossings = []
    for i in range(1, a):
        q, m = divmod(i * b, a)
        p = (r0 + sr * i, c0 + sc * q)
        crossings.append((i / a, p, (p[0], p[1] + sc), m / a))
    for j in range(1, b):
        q, m = divmod(j * a, b)
        p = (r0 + sr * q, c0 + sc * j)
        crossings.append((j / b, p, (p[0] + sr, p[1]), m / b))
    for u, near, far, w in crossings:
        h = float(z[near])
        if w > 0:
            h = (1.0 - w) * h + w * float(z[far])
        if np.isnan(h):
            unknown = True
            continue
        # Heights less the drop, seen from the first end; the line between the lowered ends.
        ground = h - bend * length2 * u * u
        line = z0 + u * (z1 - bend * length2 - z0)
        least = min(least, line - ground)
    return least, unknown


def reference_state(z, start, end, *, start_m=2.0, end_m=2.0, cell=30.0, k=0.13):
    if np.isnan(z[start]) or np.isnan(z[end]):
        return -1, np.nan
    least, unknown = reference_ray(z, start, end, start_m, end_m, cell, k)
    if least < 0:
        return 0, least
    return (-1, np.nan) if unknown else (1, least)


def oracle_state(z, start, end, *, start_m=2.0, end_m=2.0, cell=30.0, k=0.13):
    """State and exact clearance (a Fraction, or None without a known crossing)."""
    if np.isnan(z[start]) or np.isnan(z[end]):
        return -1, None
    dy, dx = (Fraction(float(v)) for v in np.broadcast_to(cell, 2))
    bend = (1 - Fraction(k)) / (2 * Fraction(RADIUS))
    z0 = Fraction(float(z[start])) + Fraction(start_m)
    z1 = Fraction(float(z[end])) + Fraction(end_m)
    ray = (end[0] - start[0], end[1] - start[1])
    span2 = (ray[0] * dy) ** 2 + (ray[1] * dx) ** 2
    found, unknown = [], False
    for p, q in _edges(start, end):
        hit = _meeting(start, ray, p, q)
        if hit is None or not 0 < hit[0] < 1:
            continue
        u, w = hit
        weights = [(1 - w, float(z[p])), (w, float(z[q]))]
        if any(weight != 0 and np.isnan(h) for weight, h in weights):
            unknown = True
            continue
        ground = sum(weight * Fraction(h) for weight, h in weights if weight != 0)
        found.append((1 - u) * z0 + u * z1 - bend * span2 * u * (1 - u) - ground)
    least = min(found, default=None)
    if least is not None and least < 0:
        return 0, least
    return (-1, None) if unknown else (1, least)


def _edges(start, end):
    """All edges between neighbouring cells in the rectangle that the two ends span."""
    rows = range(min(start[0], end[0]), max(start[0], end[0]) + 1)
    cols = range(min(start[1], end[1]), max(start[1], end[1]) + 1)
    for r in rows:
        for c in cols:
            if c + 1 in cols:
                yield (r, c), (r, c + 1)
            if r + 1 in rows:
                yield (r, c), (r + 1, c)


def _meeting(start, ray, p, q):
    """Where the ray and an edge cross: fractions along each, or None if they do not cross.

    An edge along the ray's own direction is met at its two cells only, which the edges across
    the ray at those cells report; where the rectangle is a single row or column there are none,
    and the edge's far cell is reported here.
    """
    edge = (q[0] - p[0], q[1] - p[1])
    across = ray[0] * edge[1] - ray[1] * edge[0]
    off = (p[0] - start[0], p[1] - start[1])
    if across == 0:
        if off[0] * ray[1] != off[1] * ray[0]:
            return None
        along = 0 if ray[0] != 0 else 1
        return Fraction(off[along], ray[along]), Fraction(0)
    u = Fraction(off[0] * edge[1] - off[1] * edge[0], across)
    w = Fraction(off[0] * ray[1] - off[1] * ray[0], across)
    return (u, w) if 0 <= w <= 1 else None


def reference_counts(z, posts, *, start_m=2.0, end_m=2.0, cell=30.0, k=0.13, reach=15_000.0):
    """Count seen and unknown posts per cell with `reference_state`."""
    dy, dx = np.broadcast_to(cell, 2)
    seen = np.zeros(z.shape, dtype=int)
    unknown = np.zeros(z.shape, dtype=int)
    for post in map(tuple, np.asarray(posts).tolist()):
        for target in np.ndindex(*z.shape):
            rise, run = (target[0] - post[0]) * dy, (target[1] - post[1]) * dx
            if rise**2 + run**2 > reach**2:
                continue
            state, _ = reference_state(
                z, post, target, start_m=start_m, end_m=end_m, cell=cell, k=k
            )
            seen[target] += state == 1
            unknown[target] += state == -1
    return seen, unknown
