"""Areas of classes within polygons: whole squares of cells where they fit, else cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline.rasters import Raster, Window, read_window, window_bounds
from frontline.zonal import (
    cell_areas_km2,
    class_areas_by_cell,
    densified,
    on_raster,
    polygons_only,
    windows_under,
)

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray

SQUARE = 100
"""Cells a side of the squares that are added up as wholes."""


def class_areas_km2(
    raster: Raster,
    zones: NDArray[np.object_],
    *,
    zones_crs: pyproj.CRS,
    classed: Callable[[NDArray[np.floating[Any]]], NDArray[np.float64]],
    classes: int,
) -> NDArray[np.float64]:
    """Measure the land of each class of a raster within zones, with partial cells.

    Parameters
    ----------
    raster
        An open raster of classes, in any CRS.
    zones, zones_crs
        Polygons, shape ``(n,)``, which may overlap, and their CRS.
    classed
        Turns values as read into numbers of classes, from 0.
    classes
        How many there are.

    Returns
    -------
    Square kilometres on the ellipsoid, shape ``(n, classes)``; land off the raster is in none.

    Raises
    ------
    RasterError
        As for `frontline.zonal.zonal_sums`.
    """
    dense = densified(polygons_only(zones), crs=zones_crs)
    owner, shapes = on_raster(raster, dense, crs=zones_crs)
    areas = np.zeros((len(zones), classes))
    for window in windows_under(raster, shapes):
        numbers = classed(read_window(raster, window))
        cell_km2 = np.broadcast_to(cell_areas_km2(raster, window), numbers.shape)
        box = shapely.box(*window_bounds(raster.transform, window))
        touched = np.flatnonzero(shapely.intersects(shapes, box))
        parts = polygons_only(shapely.intersection(shapes[touched], box))
        found = _classes_in_block(raster, window, (numbers, cell_km2), parts, classes)
        np.add.at(areas, owner[touched], found)
    return areas


def _classes_in_block(
    raster: Raster,
    window: Window,
    layers: tuple[NDArray[np.float64], NDArray[np.float64]],
    shapes: NDArray[np.object_],
    classes: int,
) -> NDArray[np.float64]:
    """Return the area of each class in each shape, shape ``(shapes, classes)``.

    Squares of cells that lie inside a shape are added up as wholes, which is twenty times as fast;
    only along its edges is each cell looked at.
    """
    boxes, sums = _squares(raster, window, layers, classes)
    found = np.zeros((len(shapes), classes))
    edges = np.full(len(shapes), shapely.MultiPolygon(), dtype=object)
    for row, shape in enumerate(shapes):
        shapely.prepare(shape)
        meets = shapely.intersects(shape, boxes)
        inside = meets & shapely.covers(shape, boxes)
        found[row] = sums[inside].sum(axis=0)
        rim = shapely.union_all(boxes[meets & ~inside])
        edges[row] = shapely.intersection(shape, rim)
    return found + class_areas_by_cell(raster, window, layers, polygons_only(edges), classes)


def _squares(
    raster: Raster,
    window: Window,
    layers: tuple[NDArray[np.float64], NDArray[np.float64]],
    classes: int,
) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Add up squares of cells: their outlines, and the area of each class in each."""
    numbers, cell_km2 = layers
    down, across = (-(-size // SQUARE) for size in numbers.shape)
    row = np.arange(window.rows)[:, None] // SQUARE * across
    square = row + np.arange(window.cols)[None, :] // SQUARE
    key = square * classes + numbers.astype(np.int64)
    sums = np.bincount(
        key.ravel(), weights=cell_km2.ravel(), minlength=down * across * classes
    ).reshape(down * across, classes)
    tops = np.minimum(np.arange(down + 1) * SQUARE, window.rows) + window.row
    lefts = np.minimum(np.arange(across + 1) * SQUARE, window.cols) + window.col
    a, _, c, _, e, f = raster.transform
    x, y = c + a * lefts, f + e * tops
    west, north = np.meshgrid(x[:-1], y[:-1])
    east, south = np.meshgrid(x[1:], y[1:])
    return shapely.box(west, south, east, north).ravel(), np.asarray(sums, dtype=np.float64)
