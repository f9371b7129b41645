"""The highest cells of squares of a raster, for the part that a set of rays can reach.

Squares of 8 x 8 and of 64 x 64 cell distances each know the highest cell on and within their
border. A crossing of a row or column lies in a square together with both of its neighbours, so
that its ground is no higher than that. A square that holds a cell which is unknown, or not within
`UTMOST` of zero, counts as infinitely high: it is never skipped, and nothing but exact arithmetic
is used in it.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from frontline.sight_rays import inner, kernel

Array = np.ndarray[Any, Any]

SQUARE = 8
"""Side of the smaller squares, in cells; the larger ones have as many of them."""

UTMOST = 1e5
"""Heights beyond this (metres, either sign) are left to exact arithmetic."""

STRIP = 2048
"""Columns looked at in one go: as many as stay in the first cache."""


class Relief(NamedTuple):
    """A raster and its squares.

    Parameters
    ----------
    heights, flat
        ``(rows, cols)`` float32, metres; NaN and infinite values are unknown. And the same flat.
    small, large
        Highest cell per square, float32; not set where no ray comes (a hull may look there: what
        it then finds costs a longer look at most, as a maximum can only grow by it).
    flat_small, flat_large
        The same, flat.
    """

    heights: Array
    flat: Array
    small: Array
    large: Array
    flat_small: Array
    flat_large: Array


def relief_of(heights: Array, low: tuple[int, int], high: tuple[int, int]) -> Relief:
    """Find the squares of the cells from row and column `low` to `high`, both included."""
    small = np.empty([-(-size // SQUARE) for size in heights.shape], dtype=np.float32)
    large = np.empty([-(-size // SQUARE) for size in small.shape], dtype=np.float32)
    fill_squares(heights, small, large, np.empty(STRIP + 1, dtype=np.float32), low, high)
    return Relief(heights, heights.reshape(-1), small, large, small.reshape(-1), large.reshape(-1))


@inner
def raise_columns(line: Array, high: Array) -> None:
    """Take one row of cells into account: short and plain, so that it becomes vector code."""
    for n in range(len(line)):
        height = line[n] if abs(line[n]) <= np.float32(UTMOST) else np.float32(math.inf)
        high[n] = max(high[n], height)


@kernel
def fill_squares(
    heights: Array,
    small: Array,
    large: Array,
    high: Array,
    low_rc: tuple[int, int],
    high_rc: tuple[int, int],
) -> None:
    """Fill the highest cell of each square that holds a cell from `low_rc` to `high_rc`.

    Parameters
    ----------
    heights, small, large
        See `Relief`; the squares are written.
    high
        Room for one strip, ``(STRIP + 1,)`` float32.
    low_rc, high_rc
        First and last row and column of interest.
    """
    rows, cols = heights.shape
    side = SQUARE * SQUARE
    end = min(high_rc[1] // SQUARE + 1, small.shape[1])
    large[low_rc[0] // side : high_rc[0] // side + 1] = -math.inf
    for r in range(low_rc[0] // SQUARE, high_rc[0] // SQUARE + 1):
        for begin in range(low_rc[1] // SQUARE, end, STRIP // SQUARE):
            left = begin * SQUARE
            stop = min(begin + STRIP // SQUARE, end)
            width = min(stop * SQUARE + 1, cols) - left
            high[:width] = -math.inf
            for row in range(r * SQUARE, min(r * SQUARE + SQUARE + 1, rows)):
                raise_columns(heights[row, left : left + width], high)
            for c in range(begin, stop):
                first = c * SQUARE - left
                top = high[first]
                for n in range(first + 1, min(first + SQUARE + 1, width)):
                    top = max(top, high[n])
                small[r, c] = top
                big = large[r // SQUARE, c // SQUARE]
                large[r // SQUARE, c // SQUARE] = max(big, top)
