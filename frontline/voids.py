"""Voids of elevation, filled only where a project asks for it, and marked cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

METHOD = "linear between the known cells around a void (Delaunay triangulation of its rim)"


def fill_voids(
    heights_m: NDArray[np.float32], voids: NDArray[np.bool_], *, most_cells: int
) -> NDArray[np.bool_]:
    """Fill small voids from the cells around them, in place.

    Parameters
    ----------
    heights_m
        Shape ``(rows, cols)``; NaN is unknown.
    voids
        Unknown cells that may be filled: those of a tile that holds heights. Others, such as those
        of a missing tile, stay unknown.
    most_cells
        A void of which a cell lies further than this from the nearest known one is left as it is.

    Returns
    -------
    Which cells were filled. A void is filled whole or not at all: one that reaches the edge of the
    grid, or meets cells that may not be filled, is left as it is.

    Notes
    -----
    A plane is continued exactly; nothing is ever higher or lower than the cells around the void. A
    summit or a valley inside a void is lost, which is why filled cells are marked.
    """
    from scipy.ndimage import distance_transform_cdt, find_objects, label

    eight = np.ones((3, 3), dtype=bool)
    filled = np.zeros(heights_m.shape, dtype=bool)
    if not voids.any():
        return filled
    numbers, _ = label(voids, structure=eight)
    for number, place in enumerate(find_objects(numbers), start=1):
        rows, cols = place
        edges = (rows.start, cols.start)
        ends = (heights_m.shape[0] - rows.stop, heights_m.shape[1] - cols.stop)
        if min(*edges, *ends) == 0:
            continue
        at = np.s_[rows.start - 1 : rows.stop + 1, cols.start - 1 : cols.stop + 1]
        inside = numbers[at] == number
        # cells to the nearest cell beside the void, also diagonally
        if int(distance_transform_cdt(inside, metric="chessboard").max()) > most_cells:
            continue
        found = _within_rim(heights_m[at], inside)
        if found is not None:
            heights_m[at][inside] = found
            filled[at] |= inside
    return filled


def _within_rim(
    heights_m: NDArray[np.float32], inside: NDArray[np.bool_]
) -> NDArray[np.float32] | None:
    """Interpolate a void from its rim; nothing if a cell of the rim is unknown."""
    from scipy.interpolate import LinearNDInterpolator
    from scipy.ndimage import binary_dilation

    rim = binary_dilation(inside, structure=np.ones((3, 3), dtype=bool)) & ~inside
    known = heights_m[rim].astype(np.float64)
    if not np.isfinite(known).all():
        return None
    values = LinearNDInterpolator(np.argwhere(rim), known)(np.argwhere(inside))
    return np.asarray(values, dtype=np.float32) if np.isfinite(values).all() else None
