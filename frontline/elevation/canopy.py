"""Trees on a model of the bare ground: how high they stand, and what rays must clear.

A ray must pass above the ground and the trees on it everywhere between its ends. A post stands on
the ground of its own cell, in which no trees stand. What is looked at in a cell with trees stands
on top of them: the kernels know one height above the terrain for all cells of a raster, and of the
two ways to err this is the safe one. Both can only add to what is in sight: a place that trees hide
here is hidden for whoever stands on the ground as well, as far as the heights of trees are right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely

from frontline.elevation.heights import find_windows
from frontline.elevation.units import METRES, find_unit
from frontline.errors import ProjectError, RasterError
from frontline.project.loader import write_relative
from frontline.project.models import TREES
from frontline.raster.grid import measure_middle_step, resample_heights
from frontline.raster.io import (
    Raster,
    Window,
    find_window_bounds,
    find_window_transform,
    open_raster,
    read_window,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.project.models import Canopy, Project
    from frontline.raster.io import Transform


TALLEST_M = 130.0
"""No tree is taller: what is said to be is a value for something else."""

MANGROVES = "mangroves"
_BAND_CELLS = 8_000_000


@dataclass(frozen=True)
class TreeSource:
    """Where the height of trees is read from.

    Parameters
    ----------
    path, crs, nodata, shown
        As `open_raster` takes them.
    to_m
        Metres to a unit of the raster.
    none
        Values that mean no trees.
    height_m
        Where the raster is of land cover: height of all trees, on cells with one of ``codes``;
        those with one of ``unknown`` are not known.
    codes, unknown
        Of that land cover.
    """

    path: Path
    crs: str | None
    nodata: float | None
    shown: str
    to_m: float = 1.0
    none: tuple[float, ...] = ()
    height_m: float | None = None
    codes: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()

    def open_raster(self) -> Any:
        """Open the raster, for the length of a block."""
        return open_raster(self.path, crs=self.crs, nodata=self.nodata, shown=self.shown)

    def to_metres(self, values: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Turn values as read into metres of trees, NaN where unknown."""
        if self.height_m is not None:
            trees = np.where(np.isin(values, self.codes), np.float32(self.height_m), np.float32(0))
            unknown = np.isnan(values) | np.isin(values, self.unknown)
        else:
            trees = np.where(np.isin(values, self.none), 0.0, values * self.to_m)
            with np.errstate(invalid="ignore"):
                unknown = ~((trees >= 0.0) & (trees <= TALLEST_M))
        return np.where(unknown, np.nan, trees).astype(np.float32)


def find_trees(project: Project, *, area: Any, area_crs: pyproj.CRS) -> TreeSource | None:
    """Tell where the project's heights of trees are, if it has any.

    Parameters
    ----------
    project
        With its elevation.
    area, area_crs
        The land about the lines, which they must reach.

    Raises
    ------
    ProjectError
        They are to be those of a land cover without tree cover.
    RasterError
        The raster cannot be used, or does not reach the land about the lines.
    """
    stated = project.elevation.canopy if project.elevation is not None else None
    if stated is None:
        return None
    trees = _make_source_of_raster(stated, project) or _make_source_of_cover(stated, project)
    with trees.open_raster() as raster:
        unit = find_unit(raster) if stated.path is not None else ""
        if unit in METRES and unit != stated.unit:
            raise RasterError(
                f"its heights are in '{raster.unit or unit}', the project says {stated.unit}. "
                f'Set unit = "{unit}" in [elevation.canopy].',
                path=raster.path,
                field="elevation.canopy.unit",
            )
        if not find_windows(raster, area=area, area_crs=area_crs):
            raise RasterError(
                "does not reach the lines. Use heights of trees of this region, or correct the "
                "CRS.",
                path=raster.path,
                field="elevation.canopy",
            )
    return trees


def _make_source_of_raster(stated: Canopy, project: Project) -> TreeSource | None:
    if stated.path is None:
        return None
    shown = write_relative(stated.path, project=project)
    to_m, none = METRES[stated.unit], stated.no_trees
    return TreeSource(stated.path, stated.crs, stated.nodata, shown, to_m=to_m, none=none)


def _make_source_of_cover(stated: Canopy, project: Project) -> TreeSource:
    cover = project.landcover
    if cover is None or TREES not in cover.classes:
        raise ProjectError(
            f"gives a height to '{TREES}', and [landcover] has no such class. Name the codes of "
            "trees in its classes, or give a path.",
            path=project.path,
            field="elevation.canopy.height_m",
        )
    return TreeSource(
        cover.path,
        cover.crs,
        cover.nodata,
        write_relative(cover.path, project=project),
        height_m=stated.height_m,
        codes=(*cover.classes[TREES], *cover.classes.get(MANGROVES, ())),
        unknown=cover.unknown,
    )


def read_tree_heights(
    trees: TreeSource, *, transform: Transform, crs: pyproj.CRS, shape: tuple[int, int]
) -> NDArray[np.float32]:
    """Read heights of trees onto a grid.

    Parameters
    ----------
    trees
        The raster.
    transform, crs, shape
        The grid.

    Returns
    -------
    Metres above the ground, NaN where unknown or off the raster.

    Notes
    -----
    Finer cells are averaged in squares of about the grid's cells, of which half must be known, and
    the means are interpolated bilinearly: a mean hides less than a maximum would, and what is
    wrongly called hidden is the graver mistake.
    """
    # A margin, for means at the edge are interpolated as well.
    around = Window(-3, -3, shape[0] + 6, shape[1] + 6)
    area = shapely.box(*find_window_bounds(transform, window=around))
    with trees.open_raster() as raster:
        windows = find_windows(raster, area=area, area_crs=crs)
        if not windows:
            return np.full(shape, np.nan, dtype=np.float32)
        side = _choose_side(
            raster, windows[0], min(measure_middle_step(transform, crs=crs, shape=shape))
        )
        means = _average_squares(raster, windows[0], trees, side)
        # A raster of the whole turn meets the area at both its edges: lay the pieces together.
        for window in windows[1:]:
            means = np.where(np.isnan(means), _average_squares(raster, window, trees, side), means)
        a, b, c, d, e, f = find_window_transform(raster.transform, window=windows[0])
        squares = (a * side, b, c, d, e * side, f)
        return resample_heights(
            means, transform=squares, crs=raster.crs, onto=transform, onto_crs=crs, shape=shape
        )


def _choose_side(raster: Raster, window: Window, step_m: float) -> int:
    """Tell how many cells a side make a square of about a step."""
    window_transform = find_window_transform(raster.transform, window=window)
    cell_m = max(
        measure_middle_step(window_transform, crs=raster.crs, shape=(window.rows, window.cols))
    )
    return max(1, math.floor(step_m / cell_m + 1e-6))


def _average_squares(
    raster: Raster, window: Window, trees: TreeSource, side: int
) -> NDArray[np.float32]:
    """Average cells in squares; NaN where less than half of a square is known."""
    rows, cols = (-(-size // side) for size in (window.rows, window.cols))
    means = np.full((rows, cols), np.nan, dtype=np.float32)
    for top, height in _cut_bands(rows, cols * side * side):
        part = Window(window.row + top * side, window.col, height * side, cols * side)
        metres = trees.to_metres(read_window(raster, window=part))
        squares = metres.reshape(height, side, cols, side)
        known = np.isfinite(squares)
        count = known.sum(axis=(1, 3))
        total = np.where(known, squares, 0.0).sum(axis=(1, 3), dtype=np.float64)
        mean = total / np.maximum(count, 1)
        means[top : top + height] = np.where(2 * count >= side * side, mean, np.nan)
    return means


def _cut_bands(rows: int, cells: int) -> Iterator[tuple[int, int]]:
    """Cut rows of squares into bands of limited size, given the cells of one row."""
    most_rows = max(1, _BAND_CELLS // cells)
    for top in range(0, rows, most_rows):
        yield top, min(most_rows, rows - top)
