"""A front cut into stretches that fit one metric grid each, and the posts along them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely

from frontline._typing import Floats
from frontline.elevation.dem import add_trees, make_sight_grid
from frontline.errors import RasterError
from frontline.geo.geodesy import measure_length

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.elevation.dem import Dem
    from frontline.geo.projection import ProjectedPlane
    from frontline.lines.front import FrontLine


WIDEST_M = 600_000.0
"""A stretch and its surroundings are no wider: an azimuthal plane is true to 0.08 % in it."""

MOST_CELLS = 16_000_000
"""Cells of the grid of one stretch: what bounds the memory of a long front."""

UNIT_M = 2.0**-24
"""Lengths of line are whole multiples of this: sums of them are exact in any order."""

LEAST_M = 0.001
"""A cell with less line in it is touched, not crossed."""

MOST_VOID_SHARE = 0.05
"""More posts than this on unknown ground are an error."""


@dataclass(frozen=True)
class ObserverTile:
    """Part of a front on a grid of its own, with the posts that stand there.

    Parameters
    ----------
    dem
        Heights on a grid with cells of one true size.
    posts_rc
        Cells in which posts stand, each once, sorted, shape ``(n, 2)``; their heights are known.
    length_m
        Length of line that each post stands for, shape ``(n,)``, in whole units of `UNIT_M`.
    voids
        Number of posts dropped because their ground is unknown.
    """

    dem: Dem
    posts_rc: NDArray[np.int64]
    length_m: Floats
    voids: int


def tile_front(front: FrontLine, *, dem: Dem, radius_m: float) -> list[Any]:
    """Cut a front into parts that fit one metric grid each.

    Parameters
    ----------
    front
        The line, in the plane of the run.
    dem
        Elevation in any CRS; the size of its cells counts.
    radius_m
        How far the posts look: the grids reach this far beyond the line.

    Returns
    -------
    Lines, in the order of their place.

    Notes
    -----
    The cuts depend on where the line lies, not on its direction or on the pieces it is drawn in:
    boxes are halved across their longer axis until they fit.
    """
    line = shapely.line_merge(shapely.unary_union(front.geometry))
    if line.is_empty:
        return []
    return list(_halve_line(line, radius_m, dem.sight_step_m[0] * dem.sight_step_m[1]))


def place_observers(
    part: Any, *, dem: Dem, plane: ProjectedPlane, radius_m: float, spacing_m: float | None
) -> ObserverTile:
    """Make the grid around a part of a line, and put posts along it.

    Parameters
    ----------
    part
        Line in the plane of `plane`.
    dem
        Elevation in any CRS.
    plane
        The plane.
    radius_m
        The grid reaches this far beyond the line.
    spacing_m
        Distance of posts along the line; one in every cell that the line crosses if None.

    Returns
    -------
    Grid, posts and lengths, which are geodesic.

    Notes
    -----
    With a post per cell, a cell counts once with all the line in it; where two stretches meet,
    a cell on the border stands in both grids with the part of the line that is its own. With a
    spacing, every connected piece of the line is divided evenly and a post stands in the cell of
    each part's middle; two in one cell become one. Trees stand on the ground of the grid, but not
    in the cells of posts.
    """
    grid = make_sight_grid(
        dem, area=part, area_crs=plane.crs, margin_m=radius_m + 2 * max(dem.sight_step_m)
    )
    tile = _merge_by_cell(grid, *_cut_pieces(part, grid, plane, spacing_m))
    return replace(tile, dem=add_trees(tile.dem, posts_rc=tile.posts_rc))


def check_voids(posts: int, *, voids: int, what: str) -> None:
    """Refuse a line of which more than 5 % of the posts stand on unknown ground.

    Parameters
    ----------
    posts, voids
        Posts that stand, and posts that were dropped.
    what
        Name of the line for the message.

    Raises
    ------
    RasterError
        Too many were dropped, or no post is left.
    """
    total = posts + voids
    if voids > MOST_VOID_SHARE * total or not posts:
        share = voids / total if total else 1.0
        raise RasterError(
            f"elevation is unknown under {share:.0%} of the posts along {what} (at most "
            f"{MOST_VOID_SHARE:.0%} may be left out). Use a raster that covers the line, or set "
            "enabled = false in [sight].",
            field="elevation",
        )


def _halve_line(line: Any, radius_m: float, cell_m2: float) -> Iterator[Any]:
    """Halve a line's box until each part and its surroundings fit one plane and one grid."""
    west, south, east, north = line.bounds
    wide, tall = east - west + 2 * radius_m, north - south + 2 * radius_m
    fits = max(wide, tall) <= WIDEST_M and wide * tall <= MOST_CELLS * cell_m2
    if fits or max(east - west, north - south) <= radius_m:
        yield line
        return
    if east - west >= north - south:
        middle = (west + east) / 2
        boxes = [(west, south, middle, north), (middle, south, east, north)]
    else:
        middle = (south + north) / 2
        boxes = [(west, south, east, middle), (west, middle, east, north)]
    for box in boxes:
        within = _keep_lines(shapely.intersection(line, shapely.box(*box)))
        if not within.is_empty:
            yield from _halve_line(within, radius_m, cell_m2)


def _keep_lines(geometry: Any) -> Any:
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.MultiLineString([part for part in parts if part.geom_type == "LineString"])


def _cut_pieces(
    part: Any, grid: Dem, plane: ProjectedPlane, spacing_m: float | None
) -> tuple[Floats, Floats]:
    """Cut a line at the edges of cells, or evenly; middles as row and column, lengths in metres."""
    middles: list[Floats] = [np.zeros((0, 2))]
    lengths: list[Floats] = [np.zeros(0)]
    for single in shapely.get_parts(part):
        true_m = float(measure_length(np.array([single], dtype=object), plane=plane)[0])
        projected = plane.to_crs(np.array([single], dtype=object), grid.crs)[0]
        path = grid.position(*shapely.get_coordinates(projected).T)
        steps = np.hypot(*(np.diff(path, axis=0) * grid.step_m).T)
        along = np.concatenate([[0.0], np.cumsum(steps)])
        if not along[-1] > 0.0:
            continue
        if spacing_m is None:
            cuts = np.unique(np.concatenate([along, _find_cell_edges(path, along)]))
        else:
            cuts = np.linspace(0.0, along[-1], math.ceil(true_m / spacing_m) + 1)
        halfway = (cuts[:-1] + cuts[1:]) / 2
        middles.append(np.column_stack([np.interp(halfway, along, axis) for axis in path.T]))
        lengths.append(np.diff(cuts) * (true_m / along[-1]))
    return np.concatenate(middles), np.concatenate(lengths)


def _find_cell_edges(path: Floats, along: Floats) -> Floats:
    """Distances along a path at which it passes from one cell to the next."""
    distances = []
    for axis in path.T:
        for start, stop, at, end in zip(axis, axis[1:], along, along[1:], strict=False):
            low, high = sorted((start, stop))
            # Cells are centred on whole numbers: their edges lie at halves.
            edges = np.arange(math.floor(low + 0.5) + 0.5, high, 1.0)
            if len(edges):
                distances.append(at + (edges - start) / (stop - start) * (end - at))
    return np.concatenate(distances) if distances else np.zeros(0)


def _merge_by_cell(grid: Dem, middles: Floats, lengths_m: Floats) -> ObserverTile:
    """Merge pieces of line by cell; leave out the cells of unknown height."""
    cells, owner = np.unique(np.floor(middles + 0.5).astype(np.int64), axis=0, return_inverse=True)
    lengths = np.bincount(owner.ravel(), lengths_m, minlength=len(cells)).astype(np.float64)
    # Where a line passes through the corner of four cells, rounding leaves slivers beside it.
    crossed = lengths > LEAST_M
    cells, lengths = cells[crossed], np.rint(lengths[crossed] / UNIT_M) * UNIT_M
    known = np.isfinite(grid.heights_m[cells[:, 0], cells[:, 1]])
    return ObserverTile(
        dem=grid,
        posts_rc=cells[known],
        length_m=lengths[known],
        voids=int(np.count_nonzero(~known)),
    )


def to_grid_positions(grid: Dem, *, xy: Floats, crs: Any) -> Floats:
    """Turn points into fractional row and column of a grid, whole at the centres of cells.

    Parameters
    ----------
    grid
        The grid.
    xy
        Points, shape ``(n, 2)``.
    crs
        Their CRS.

    Returns
    -------
    Shape ``(n, 2)``; points far off the grid's projection are infinite.
    """
    transformer = pyproj.Transformer.from_crs(crs, grid.crs, always_xy=True)
    return np.asarray(grid.position(*transformer.transform(xy[:, 0], xy[:, 1])), dtype=np.float64)
