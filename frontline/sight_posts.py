"""One post and its octants: where their rows lie in the raster, and cells decided one by one."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from frontline.sight_pieces import DIRECT, OPAQUE, Chunk
from frontline.sight_rays import inlined, inner, ray_between_cells

Array = np.ndarray[Any, Any]


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
