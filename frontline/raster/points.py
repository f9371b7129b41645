"""People of a raster as points, for what hundreds of displaced lines do to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyproj
import shapely

from frontline.raster.io import Bounds, Raster, Window, clip_window, find_window
from frontline.raster.zonal import Kind, densify_edges, read_people, to_raster_crs

if TYPE_CHECKING:
    from numpy.typing import NDArray


_GOLDEN, _SILVER = (5**0.5 - 1) / 2, 2**0.5 - 1
"""Multiples of these, less their whole part, are spread more evenly than random numbers."""


def place_people_points(
    raster: Raster, *, area: Any, area_crs: pyproj.CRS, kind: Kind, most: int = 20_000
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Represent the people of a raster by a limited number of points.

    Parameters
    ----------
    raster
        An open raster of people.
    area
        Polygon that the points shall cover; its bounding box in the raster's CRS is read.
    area_crs
        CRS of the area and of the returned points.
    kind
        As for `frontline.raster.zonal.sum_zones`.
    most
        Blocks of cells are merged until about this many remain.

    Returns
    -------
    Coordinates of shape ``(m, 2)``, each the place of one of the people of its block, and the
    people of each block, shape ``(m,)``. Blocks without people are left out. The places are
    spread within the blocks and cells, but not by chance: centres in rows and columns would
    enter a zone by whole rows at once.
    """
    _, shapes = to_raster_crs(
        raster, shapes=densify_edges(np.array([area]), crs=area_crs), crs=area_crs
    )
    windows = [
        window for window in (_find_window_over(raster, shape) for shape in shapes) if window
    ]
    side = max(1, int(np.ceil(np.sqrt(sum(window.cells for window in windows) / most))))
    points, people = [np.zeros((0, 2))], [np.zeros(0)]
    for window in windows:
        for band in _cut_bands(window, side):
            xy, count = _place_block_points(raster, band, side, kind)
            points.append(xy)
            people.append(count)
    xy = np.concatenate(points)
    to_area = pyproj.Transformer.from_crs(raster.crs, area_crs, always_xy=True)
    x, y = to_area.transform(xy[:, 0], xy[:, 1])
    return np.column_stack([x, y]), np.concatenate(people)


def _find_window_over(raster: Raster, shape: Any) -> Window | None:
    return clip_window(
        raster, window=find_window(raster, bounds=cast("Bounds", tuple(shapely.bounds(shape))))
    )


def _cut_bands(window: Window, side: int) -> Iterator[Window]:
    """Cut a window into bands whose rows are a multiple of the block's side."""
    rows = side * max(1, 4_000_000 // max(window.cols * side, 1))
    for row in range(window.row, window.row + window.rows, rows):
        height = min(rows, window.row + window.rows - row)
        yield Window(row, window.col, height, window.cols)


def _place_block_points(
    raster: Raster, window: Window, side: int, kind: Kind
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    people = read_people(raster, window=window, kind=kind).people
    people = np.where(people > 0, people, 0.0)
    # Squares of cells; what lacks at the southern and eastern end is nobody.
    padded = np.pad(people, ((0, -window.rows % side), (0, -window.cols % side)))
    rows, cols = padded.shape[0] // side, padded.shape[1] // side
    squares = padded.reshape(rows, side, cols, side).swapaxes(1, 2).reshape(-1, side, side)
    block = np.flatnonzero(squares.any(axis=(1, 2)))
    squares = squares[block]
    row, col = window.row // side + block // cols, window.col // side + block % cols
    # Within a block first the row, then the place in that row: each along its own sequence.
    down = _find_place_of_share(squares.sum(axis=2), (0.5 + col * _GOLDEN + row * _SILVER) % 1.0)
    line = squares[np.arange(len(block)), np.minimum(down.astype(np.int64), side - 1)]
    right = _find_place_of_share(line, (0.5 + row * _GOLDEN + col * _SILVER) % 1.0)
    a, _, c, _, e, f = raster.transform
    x = c + a * (window.col + block % cols * side + right)
    y = f + e * (window.row + block // cols * side + down)
    return np.column_stack([x, y]), squares.sum(axis=(1, 2))


def _find_place_of_share(
    people: NDArray[np.float64], share: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how far along each row of cells a share of its people is reached, in cells."""
    upto = np.cumsum(people, axis=1)
    target = share * upto[:, -1]
    cell = (upto <= target[:, np.newaxis]).sum(axis=1).clip(max=people.shape[1] - 1)
    rows = np.arange(len(people))
    before = upto[rows, cell] - people[rows, cell]
    part = np.divide(
        target - before,
        people[rows, cell],
        out=np.zeros(len(people)),
        where=people[rows, cell] > 0,
    )
    return np.asarray(cell + part.clip(0.0, 1.0))
