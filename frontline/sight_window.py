"""Counts from a few posts over the window of the raster that they reach."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from frontline.sight_rays import kernel, ray_between_cells

Array = np.ndarray[Any, Any]


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
        ``(1 - k) / (2 R)``, per metre.
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


def count_posts(
    heights: Array,
    posts: Array,
    weights: Array,
    *,
    corner: tuple[int, int],
    shape: tuple[int, int],
    reach: Reach,
    weighted: bool,
) -> list[Array]:
    """Count what a batch of posts sees within a window.

    Parameters
    ----------
    heights
        ``(rows, cols)`` float32, NaN unknown: the whole raster.
    posts, weights
        ``(n, 2)`` cells and ``(n,)`` whole weights.
    corner, shape
        First row and column of the window, and its size.
    reach
        What holds for all posts.
    weighted
        Whether weights are to be added up.

    Returns
    -------
    list
        Seen and unknown counts and, if weighted, seen and unknown weights over the window.
    """
    parts = [np.zeros(shape, dtype=np.uint16) for _ in range(2)]
    sums = [np.zeros(shape if weighted else (0, 0), dtype=np.uint32) for _ in range(2)]
    _count(
        heights,
        posts,
        weights,
        corner,
        (reach.observer, reach.target),
        reach.cell,
        (reach.distance, reach.curve),
        parts[0],
        parts[1],
        sums[0],
        sums[1],
    )
    return parts + sums if weighted else parts


@kernel
def _count(
    heights: Array,
    posts: Array,
    weights: Array,
    corner: tuple[int, int],
    ends: tuple[float, float],
    cell: tuple[float, float],
    limits: tuple[float, float],
    seen: Array,
    unknown: Array,
    seen_weight: Array,
    unknown_weight: Array,
) -> None:
    rows, cols = seen.shape
    reach2 = limits[0] ** 2
    weighted = seen_weight.size > 0
    for n in range(len(posts)):
        r0, c0 = posts[n, 0], posts[n, 1]
        z0 = np.float64(heights[r0, c0]) + ends[0]
        for row in range(rows):
            r = corner[0] + row
            for col in range(cols):
                c = corner[1] + col
                if ((r - r0) * cell[0]) ** 2 + ((c - c0) * cell[1]) ** 2 > reach2:
                    continue
                z1 = np.float64(heights[r, c]) + ends[1]
                if math.isnan(z1):
                    unknown[row, col] += 1
                    if weighted:
                        unknown_weight[row, col] += weights[n]
                    continue
                least, doubt = ray_between_cells(
                    heights, (r0, c0), (r, c), (z0, z1), cell, limits[1]
                )
                if least < 0.0:
                    continue
                if doubt:
                    unknown[row, col] += 1
                    if weighted:
                        unknown_weight[row, col] += weights[n]
                else:
                    seen[row, col] += 1
                    if weighted:
                        seen_weight[row, col] += weights[n]
