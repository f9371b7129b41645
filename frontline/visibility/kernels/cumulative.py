"""Observers counted over a window: visible and undecided cells, near and far."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from frontline.visibility.kernels.envelope import (
    BLOCK,
    DIRECT,
    OPAQUE,
    SLOTS,
    TRANSPARENT,
    Post,
    post_pass,
)
from frontline.visibility.kernels.rays import inner, kernel, ray_between_cells

Array = np.ndarray[Any, Any]

CAPACITY = 4096
"""Vertices of the envelope within one interval; beyond, its cells are decided ray by ray."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What holds for all posts: cell size, heights, distance and curvature, in metres.

    Parameters
    ----------
    cell
        Size of a cell (rows, columns).
    observer, target
        Heights above the terrain.
    distance
        Radius within which cells are decided.
    curve
        ``(1 - k) / (2 R)``, per metre, not negative.
    """

    cell: tuple[float, float]
    observer: float
    target: float
    distance: float
    curve: float

    @property
    def cells(self) -> tuple[int, int]:
        """Number of cells that the radius reaches along rows and columns (rounded up)."""
        return (
            math.ceil(min(self.distance / self.cell[0], 1e9)),
            math.ceil(min(self.distance / self.cell[1], 1e9)),
        )


@dataclass(frozen=True, slots=True)
class Surface:
    """A raster of heights with the highest cell of every block of 8 x 8.

    Parameters
    ----------
    heights
        ``(rows, cols)`` float32, metres, NaN unknown.
    top
        ``(rows / 8, cols / 8)`` float32, rounded up: highest known cell, -inf without one.
    wall
        The same, but infinite where a cell of the block is unknown.
    lowest, highest
        Range of the known heights, metres.
    """

    heights: Array
    top: Array
    wall: Array
    lowest: float
    highest: float


def surface_of(heights: Array) -> Surface:
    """Prepare a raster for `count_posts`."""
    # Read-only always: arrays that may be written are another type to the compiler.
    heights = heights.view()
    heights.flags.writeable = False
    shape = ((heights.shape[0] + BLOCK - 1) // BLOCK, (heights.shape[1] + BLOCK - 1) // BLOCK)
    top = np.empty(shape, dtype=np.float32)
    wall = np.empty(shape, dtype=np.float32)
    lowest, highest = _fill_tops(heights, top, wall)
    return Surface(heights, top, wall, lowest, highest)


def count_posts(
    surface: Surface,
    posts: Array,
    weights: Array,
    *,
    corner: tuple[int, int],
    shape: tuple[int, int],
    reach: Reach,
    weighted: bool,
    capacity: int = CAPACITY,
) -> list[Array]:
    """Count what a batch of posts sees within a window.

    Parameters
    ----------
    surface
        The whole raster.
    posts, weights
        ``(n, 2)`` cells and ``(n,)`` whole weights.
    corner, shape
        First row and column of the window, and its size.
    reach
        What holds for all posts.
    weighted
        Whether weights are to be added up.
    capacity
        Most vertices of the envelope within one interval.

    Returns
    -------
    list
        Seen and unknown counts and, if weighted, seen and unknown weights over the window.
    """
    # The furthest row or column of a window is what bounds the reach in cells.
    furthest = (
        min(reach.cells[0], surface.heights.shape[0]),
        min(reach.cells[1], surface.heights.shape[1]),
    )
    limits = (
        limits_of(reach.distance, reach.cell[0], reach.cell[1], furthest),
        limits_of(reach.distance, reach.cell[1], reach.cell[0], furthest[::-1]),
    )
    parts = [np.zeros(shape, dtype=np.uint8) for _ in range(2)]
    sums = [np.zeros(shape if weighted else (0, 0), dtype=np.uint32) for _ in range(2)]
    _count(
        (surface.heights, surface.heights.ravel(), surface.top, surface.wall),
        limits,
        posts,
        weights,
        corner,
        (surface.lowest, surface.highest, reach.observer, reach.target, reach.curve),
        reach.cell,
        _work(capacity),
        (parts[0], parts[1], sums[0], sums[1], np.zeros(shape, dtype=np.uint8)),
    )
    return parts + sums if weighted else parts


def _work(capacity: int) -> tuple[Array, Array, Array, Array]:
    """Make room for the envelopes (slope, height, rise) and the stack of waiting intervals."""
    slope, height, rise = (np.empty(SLOTS * capacity) for _ in range(3))
    return slope, height, rise, np.empty((SLOTS, 6), dtype=np.int64)


def limits_of(distance: float, major: float, minor: float, furthest: tuple[int, int]) -> Array:
    """Find per row k the last column j with ``(k major)^2 + (j minor)^2 <= distance^2``.

    The test is the one that defines the disc; the root only gives the first guess.
    """
    k = np.arange(furthest[0] + 1)
    k = k[(k * major) ** 2 <= distance**2]
    rest = distance**2 - (k * major) ** 2
    first = np.sqrt(np.maximum(rest, 0.0)) / minor
    j: Array = np.minimum(first, furthest[1] + 2.0).astype(np.int64)
    for step in (1, 0):
        j += ((k * major) ** 2 + ((j + step) * minor) ** 2 <= distance**2).astype(np.int64) - (
            1 - step
        )
    return j


@kernel
def _fill_tops(heights: Array, top: Array, wall: Array) -> tuple[float, float]:
    """Fill the highest cells per block; return the range of the known heights."""
    lowest, highest = math.inf, -math.inf
    rows, cols = heights.shape
    for block_row in range(top.shape[0]):
        for block_col in range(top.shape[1]):
            best = np.float32(-math.inf)
            least = np.float32(math.inf)
            void = False
            for r in range(block_row * BLOCK, min(block_row * BLOCK + BLOCK, rows)):
                for c in range(block_col * BLOCK, min(block_col * BLOCK + BLOCK, cols)):
                    height = heights[r, c]
                    best = max(best, height)
                    least = min(least, height)
                    void |= math.isnan(height)
            top[block_row, block_col] = best
            wall[block_row, block_col] = np.float32(math.inf) if void else best
            lowest = min(lowest, np.float64(least))
            highest = max(highest, np.float64(best))
    return lowest, highest


@inner
def _has_void(wall: Array, row: int, col: int, down: int, across: int) -> bool:
    """Tell whether a block within reach of the post holds an unknown cell."""
    for r in range(max(row - down, 0) // BLOCK, min((row + down) // BLOCK + 1, wall.shape[0])):
        for c in range(
            max(col - across, 0) // BLOCK, min((col + across) // BLOCK + 1, wall.shape[1])
        ):
            if wall[r, c] == math.inf:
                return True
    return False


@kernel
def _count(
    grids: tuple[Array, Array, Array, Array],
    limits: tuple[Array, Array],
    posts: Array,
    weights: Array,
    corner: tuple[int, int],
    scalars: tuple[float, float, float, float, float],
    cell: tuple[float, float],
    work: tuple[Array, Array, Array, Array],
    out: tuple[Array, Array, Array, Array, Array],
) -> None:
    """Add what each post sees to the counts of the window."""
    heights, flat, top, wall = grids
    seen, _, seen_weight, _, state = out
    es, et, em, stack = work
    lowest, highest, observer, target, curve = scalars
    down, across = len(limits[0]) - 1, len(limits[1]) - 1
    cells = max(down, across)
    drop = curve * ((cells * cell[0]) ** 2 + (cells * cell[1]) ** 2)
    for n in range(len(posts)):
        row, col = posts[n, 0], posts[n, 1]
        eye = np.float64(heights[row, col]) + observer
        span = max(abs(highest - eye), abs(lowest - eye)) + target + drop
        slack = 64.0 * 2.220446049250313e-16 * span * (cells + 1.0) ** 2
        sure = slack + 0.25 * curve * max(cell[0], cell[1]) ** 2
        # A crossing within reach may have a neighbour one cell beyond it.
        passes = 2 if _has_void(wall, row, col, down + 1, across + 1) else 1
        for number in range(passes):
            post = Post(
                row,
                col,
                row * heights.shape[1] + col,
                eye,
                target,
                cell[0],
                cell[1],
                curve,
                sure,
                slack,
                DIRECT if passes == 1 else (OPAQUE if number == 1 else TRANSPARENT),
                np.int64(weights[n]) if seen_weight.size > 0 else 0,
                corner[0],
                corner[1],
            )
            blocks = wall if number == 1 else top
            post_pass(
                heights,
                flat,
                seen,
                seen_weight,
                state,
                blocks,
                limits[0],
                limits[1],
                es,
                et,
                em,
                stack,
                post,
            )
            if number == 1:
                _sum_up(heights, limits[0], post, out)
        if passes == 1:
            seen[row - corner[0], col - corner[1]] += 1
            if seen_weight.size > 0:
                seen_weight[row - corner[0], col - corner[1]] += weights[n]


@inner
def _sum_up(
    heights: Array,
    limits: Array,
    post: Post,
    out: tuple[Array, Array, Array, Array, Array],
) -> None:
    """Turn the marks of the two passes into counts, and clear them."""
    seen, unknown, seen_weight, unknown_weight, state_of = out
    down = len(limits) - 1
    state_of[post.row - post.top, post.col - post.left] = 2
    for row in range(max(post.row - down, 0), min(post.row + down + 1, heights.shape[0])):
        across = limits[abs(row - post.row)]
        for col in range(max(post.col - across, 0), min(post.col + across + 1, heights.shape[1])):
            r, c = row - post.top, col - post.left
            state = state_of[r, c]
            state_of[r, c] = 0
            if math.isnan(heights[row, col]):
                state = 1
            elif state == 1:
                state = _undecided(heights, post, row, col)
            if state == 2:
                seen[r, c] += 1
                if post.weight > 0:
                    seen_weight[r, c] += post.weight
            elif state == 1:
                unknown[r, c] += 1
                if post.weight > 0:
                    unknown_weight[r, c] += post.weight


@inner
def _undecided(heights: Array, post: Post, row: int, col: int) -> int:
    """Decide a target that only the opaque pass hides: 0 hidden, 1 unknown, 2 seen.

    That pass counts the two ends of an unknown stretch as unknown, and the other one leaves out
    a known cell between two unknown stretches. Either matters only to a ray exactly through a
    cell that has an unknown neighbour: only then is the ray followed.
    """
    down, across = row - post.row, col - post.col
    common = math.gcd(down, across)
    for n in range(1, common):
        r = post.row + down // common * n
        c = post.col + across // common * n
        if _beside_void(heights, r, c):
            z1 = np.float64(heights[row, col]) + post.target
            least, unknown = ray_between_cells(
                heights,
                (post.row, post.col),
                (row, col),
                (post.eye, z1),
                (post.cell_r, post.cell_c),
                post.curve,
                0.0,
            )
            if least < 0.0:
                return 0
            return 1 if unknown else 2
    return 1


@inner
def _beside_void(heights: Array, row: int, col: int) -> bool:
    rows, cols = heights.shape
    return (
        (row > 0 and math.isnan(heights[row - 1, col]))
        or (row + 1 < rows and math.isnan(heights[row + 1, col]))
        or (col > 0 and math.isnan(heights[row, col - 1]))
        or (col + 1 < cols and math.isnan(heights[row, col + 1]))
    )


NEAR_CELLS = 24
"""Radius in cells up to which a ray per cell is nearly as fast: 13 us a post at 8 cells (17 by the
envelope), 50 at 16 (34), 106 at 24 (52), 756 at 64 (129). The first call saves ten seconds."""

FEW_CROSSINGS = 1e7
"""Crossings in all that take some 15 ms."""


def is_near(shape: tuple[int, ...], posts: int, reach: Reach) -> bool:
    """Tell whether counting ray by ray is the better way for so many posts."""
    down, across = (min(cells, size) for cells, size in zip(reach.cells, shape, strict=True))
    crossings = float(posts) * (2 * down + 1) * (2 * across + 1) * (down + across)
    return max(down, across) <= NEAR_CELLS or crossings <= FEW_CROSSINGS


def count_near(
    heights: Array,
    posts: Array,
    weights: Array,
    *,
    corner: tuple[int, int],
    shape: tuple[int, int],
    reach: Reach,
    weighted: bool,
) -> list[Array]:
    """Count what a batch of posts sees within a window; see `sight_window.count_posts`.

    Parameters
    ----------
    heights
        The whole raster, ``(rows, cols)`` float32, metres, NaN unknown.
    posts, weights, corner, shape, reach, weighted
        As for `sight_window.count_posts`.
    """
    furthest = min(reach.cells[0], heights.shape[0]), min(reach.cells[1], heights.shape[1])
    limits = limits_of(reach.distance, reach.cell[0], reach.cell[1], furthest)
    parts = [np.zeros(shape, dtype=np.uint8) for _ in range(2)]
    sums = [np.zeros(shape if weighted else (0, 0), dtype=np.uint32) for _ in range(2)]
    _count_near(
        heights,
        limits,
        posts,
        weights,
        corner,
        (reach.observer, reach.target, reach.curve),
        reach.cell,
        (parts[0], parts[1]),
        (sums[0], sums[1]),
    )
    return parts + sums if weighted else parts


@kernel
def _count_near(
    heights: Array,
    limits: Array,
    posts: Array,
    weights: Array,
    corner: tuple[int, int],
    scalars: tuple[float, float, float],
    cell: tuple[float, float],
    counts: tuple[Array, Array],
    sums: tuple[Array, Array],
) -> None:
    """Add what each post sees to the counts of the window (seen, unknown)."""
    observer, target, curve = scalars
    down = len(limits) - 1
    for n in range(len(posts)):
        row, col = posts[n, 0], posts[n, 1]
        eye = np.float64(heights[row, col]) + observer
        for r in range(max(row - down, 0), min(row + down + 1, heights.shape[0])):
            across = limits[abs(r - row)]
            for c in range(max(col - across, 0), min(col + across + 1, heights.shape[1])):
                least, unknown = math.inf, math.isnan(heights[r, c])
                if not unknown:
                    top = np.float64(heights[r, c]) + target
                    least, unknown = ray_between_cells(
                        heights, (row, col), (r, c), (eye, top), cell, curve, 0.0
                    )
                if least < 0.0:
                    continue
                which = 1 if unknown else 0
                counts[which][r - corner[0], c - corner[1]] += 1
                if sums[0].size > 0:
                    sums[which][r - corner[0], c - corner[1]] += weights[n]
