"""Time on foot over terrain, where there are no roads to go by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from frontline._typing import Floats
from frontline.errors import RasterError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from frontline.elevation.dem import Dem


MOST_CELLS = 4_000_000
"""A way is looked for over no more cells than this."""

_STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))
"""To half of the eight neighbours; the other half is the way back."""


def find_walking_speed(slope: Floats) -> Floats:
    """Give the walking speed for a slope (rise over run, positive uphill).

    References
    ----------
    Tobler, W. (1993): Three presentations on geographical analysis and modeling.
    ``W = 6 exp(-3.5 |S + 0.05|)``.
    """
    return np.asarray(6.0 * np.exp(-3.5 * np.abs(slope + 0.05)))


def find_walking_times(
    dem: Dem, *, origins_xy: Floats, targets_xy: Floats, line: BaseGeometry | None = None
) -> Floats:
    """Compute the time on foot between places, over the cells of the elevation.

    Parameters
    ----------
    dem
        Heights on a grid of metres (`frontline.elevation.dem.make_sight_grid`). Unknown cells are
        not walked on.
    origins_xy, targets_xy
        Places in the grid's CRS, shapes ``(k, 2)`` and ``(m, 2)``; each stands for its cell.
    line
        A barrier in the grid's CRS that no step may cross.

    Returns
    -------
    Minutes, shape ``(k, m)``; infinite where there is no way or a place is on unknown ground.

    Raises
    ------
    RasterError
        The grid has too many cells.

    Notes
    -----
    Steps go to the eight neighbours of a cell at Tobler's speed for their slope, up and down.
    On level ground a way may come out up to 8 % too long, as steps turn by 45 degrees only.
    """
    from scipy.sparse.csgraph import dijkstra

    rows, cols = dem.heights_m.shape
    if rows * cols > MOST_CELLS:
        raise RasterError(
            f"a way over {rows * cols:,} cells is too far to look for (at most {MOST_CELLS:,}). "
            "Use a smaller area or a coarser elevation."
        )
    graph = _build_graph(dem, line)
    start, goal = _find_cells(dem, origins_xy), _find_cells(dem, targets_xy)
    seconds = np.full((len(start), len(goal)), np.inf)
    known = np.flatnonzero(start >= 0)
    if len(known):
        reached = dijkstra(graph, directed=True, indices=start[known])
        seconds[known] = np.where(goal >= 0, reached[:, np.maximum(goal, 0)], np.inf)
    return seconds / 60.0


def _find_cells(dem: Dem, xy: Floats) -> NDArray[np.int64]:
    """Find the number of the cell of each place; -1 off the grid or on unknown ground."""
    place = dem.rowcol(xy[:, 0], xy[:, 1])
    inside = (place >= 0).all(axis=1)
    number = np.where(inside, place[:, 0] * dem.heights_m.shape[1] + place[:, 1], -1)
    heights = dem.heights_m.ravel()
    return np.where(inside & np.isfinite(heights[np.maximum(number, 0)]), number, -1)


def _build_graph(dem: Dem, line: BaseGeometry | None) -> object:
    """Sparse matrix of seconds from cell to neighbouring cell."""
    from scipy.sparse import coo_array

    start, stop, metres = _list_neighbours(dem)
    heights = dem.heights_m.ravel().astype(np.float64)
    free = np.isfinite(heights[start]) & np.isfinite(heights[stop])
    if line is not None:
        free &= ~_find_crossing_steps(dem, start, stop, line)
    start, stop, metres = start[free], stop[free], metres[free]
    slope = (heights[stop] - heights[start]) / metres
    onward, backward = (
        metres / find_walking_speed(slope) * 3.6,
        metres / find_walking_speed(-slope) * 3.6,
    )
    ends = (np.concatenate([start, stop]), np.concatenate([stop, start]))
    size = dem.heights_m.size
    return coo_array((np.concatenate([onward, backward]), ends), shape=(size, size)).tocsr()


def _list_neighbours(dem: Dem) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    rows, cols = dem.heights_m.shape
    number = np.arange(rows * cols, dtype=np.int64).reshape(rows, cols)
    starts, stops, metres = [], [], []
    for down, right in _STEPS:
        left = slice(0, cols - right) if right >= 0 else slice(-right, cols)
        moved = slice(right, cols) if right >= 0 else slice(0, cols + right)
        starts.append(number[: rows - down, left].ravel())
        stops.append(number[down:, moved].ravel())
        step = np.hypot(down * dem.step_m[0], right * dem.step_m[1])
        metres.append(np.full(starts[-1].size, step))
    return np.concatenate(starts), np.concatenate(stops), np.concatenate(metres)


def _find_crossing_steps(
    dem: Dem, start: NDArray[np.int64], stop: NDArray[np.int64], line: BaseGeometry
) -> NDArray[np.bool_]:
    """Tell which steps cross the line; only those near it are looked at."""
    a, _, c, _, e, f = dem.transform
    row, col = np.divmod(np.arange(dem.heights_m.size), dem.heights_m.shape[1])
    centres = np.column_stack([c + a * (col + 0.5), f + e * (row + 0.5)])
    shapely.prepare(line)
    near = shapely.dwithin(shapely.points(centres), line, 1.5 * max(abs(a), abs(e)))
    crossed = np.zeros(len(start), dtype=bool)
    close = np.flatnonzero(near[start] | near[stop])
    steps = shapely.linestrings(np.stack([centres[start[close]], centres[stop[close]]], axis=1))
    crossed[close] = shapely.intersects(steps, line)
    return crossed
