"""Counts by one ray per cell: for few cells, where an envelope would not pay.

Every answer is `sight_rays.ray_between_cells`, which is what the envelope's answers are proven to
be (`sight_envelope`): which of the two ways is taken changes time alone. This one is short, and
compiled in a second where the envelope takes ten.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from frontline.sight_rays import kernel, ray_between_cells
from frontline.sight_window import Reach, limits_of

Array = np.ndarray[Any, Any]

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
