"""Points against every displaced copy of a line: their side and distance, without polygons."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline._typing import Coords, Floats, Index, Integers
from frontline.executor import map_pieces
from frontline.uncertainty.displacement import EdgeMaker, Kind, find_thinning_edges
from frontline.uncertainty.intervals import Drawn
from frontline.uncertainty.kernels import (
    bin_points,
    nearest_edges,
    settle_sides,
    sweep_sides,
)
from frontline.uncertainty.sampling import OUTSIDE, SamplePosition

if TYPE_CHECKING:
    from frontline.geo.projection import ProjectedPlane


FARTHEST_SIGMAS = 6.0
"""Points further from every edge of a zone than this keep their place in every copy."""

SQUARES = 16_000
"""Squares that stand for land, at least; with more the same figure comes out slower."""

_LEAST_CELL_M = 1.0
_BLOCK = 8


@dataclass(frozen=True)
class LocatedPoints:
    """Points that are asked about every copy of one line.

    Parameters
    ----------
    maker
        Makes the edges of the copies.
    xy
        In the plane, shape ``(m, 2)``.
    side
        Side of each against the thinned line, -1 outside all sides, shape ``(m,)``.
    nearest
        Its nearest edge, shape ``(m,)``.
    scale
        Metres on the ground per metre of the plane between the point and the line, ``(m,)``.
    start, order, corner, cell_m, columns, rows
        The points sorted into cells (`kernels.bin_points`).
    """

    maker: EdgeMaker
    xy: Coords
    side: Integers
    nearest: Index
    scale: Floats
    start: Index
    order: Index
    corner: Floats
    cell_m: float
    columns: int
    rows: int

    @classmethod
    def of(
        cls, maker: EdgeMaker, xy: Coords, side: Integers, plane: ProjectedPlane
    ) -> LocatedPoints:
        """Locate points whose side against the line as given is known.

        Parameters
        ----------
        maker
            Of the line's copies.
        xy
            Points in the plane, shape ``(m, 2)``.
        side
            Their sides against the line as given, -1 outside all sides, shape ``(m,)``.
        plane
            The plane.
        """
        xy = np.ascontiguousarray(xy, dtype=np.float64)
        corner = xy.min(axis=0) if len(xy) else np.zeros(2)
        extent = np.ptp(xy, axis=0) if len(xy) else np.zeros(2)
        cell_m = max(math.sqrt(float(extent.prod()) / max(len(xy), 1)), _LEAST_CELL_M)
        cell_m = max(cell_m, float(extent.max()) / max(len(xy), 1))
        columns, rows = (int(size / cell_m) + 1 for size in extent)
        start, order = bin_points(xy, corner[0], corner[1], cell_m, columns, rows)
        located = cls(
            maker,
            xy,
            np.asarray(side, dtype=np.int64),
            np.zeros(len(xy), dtype=np.int64),
            np.ones(len(xy)),
            start,
            order,
            corner,
            cell_m,
            columns,
            rows,
        )
        turned = located._turned()
        located._sweep(turned, *find_thinning_edges(maker.line))
        settle_sides(located.side.copy(), turned, located.side)
        edges = maker.drawn
        away, nearest = np.empty(len(xy)), np.empty(len(xy), dtype=np.int64)
        nearest_edges(edges.vertices, edges.head, xy, located.nearest, away, nearest)
        located.nearest[:] = nearest
        located.scale[:] = _scale(xy, edges.vertices, edges.head[nearest], away, plane)
        return located

    def at(self, kind: Kind, number: int) -> SamplePosition:
        """Find side and distance of the points against one copy.

        Returns
        -------
        Position
            With the side across the nearest edge as ``other``.
        """
        line = self.maker.line
        edges = self.maker.edges(kind, number)
        away, nearest = np.empty(len(self.xy)), np.empty(len(self.xy), dtype=np.int64)
        nearest_edges(edges.vertices, edges.head, self.xy, self.nearest, away, nearest)
        side = self.side.copy()
        if kind != "drawn":
            drawn = self.maker.drawn
            turned = self._turned()
            old = np.stack([drawn.vertices[drawn.head], drawn.vertices[drawn.head + 1]], axis=1)
            new = np.stack([edges.vertices[edges.head], edges.vertices[edges.head + 1]], axis=1)
            self._sweep(turned, old, new, edges.left, edges.right)
            self._sweep(turned, drawn.strips, edges.strips, edges.strip_left, edges.strip_right)
            settle_sides(self.side, turned, side)
        left, right = edges.left[nearest], edges.right[nearest]
        other = np.where(left == side, right, np.where(right == side, left, side))
        other[other >= len(line.names)] = OUTSIDE
        return SamplePosition(side, away * self.scale, other)

    def evaluate(self, figure: Callable[[SamplePosition], Any], *, counted: bool) -> Drawn:
        """Take a figure of every copy that its interval asks for.

        Parameters
        ----------
        figure
            The figure, an array of any shape, from the points' position.
        counted
            Whether it is a count of places (see `intervals.take_interval`); a line that is drawn
            smoother than its error has no maps: every figure is taken of lines as they may run.
        """
        counted = counted or self.maker.line.generalised
        base: Kind = "drawn" if counted else "smooth"
        kind: Kind = "lines" if counted else "maps"
        numbers = range(self.maker.line.count(kind))
        copies = map_pieces(lambda number: np.asarray(figure(self.at(kind, number))), numbers)
        first = np.asarray(figure(self.at(base, 0)), dtype=np.float64)
        return Drawn(first, np.array(copies, dtype=np.float64), counted=counted)

    def _turned(self) -> Any:
        return np.zeros((len(self.xy), max(len(self.maker.line.names), 1)), dtype=np.int16)

    def _sweep(
        self, turned: Any, old: Floats, new: Floats, left: Integers, right: Integers
    ) -> None:
        if len(self.xy):
            sweep_sides(
                old,
                new,
                left,
                right,
                self.xy,
                self.start,
                self.order,
                self.corner,
                self.cell_m,
                self.columns,
                self.rows,
                turned,
            )


def place_against(
    xy: Coords, *, line: Any, lands: Sequence[Any], plane: ProjectedPlane
) -> SamplePosition:
    """Find side of, and distance to, a copy that is known by its line and its polygons.

    Parameters
    ----------
    xy
        Points in the plane, shape ``(m, 2)``.
    line
        Line in the plane; distances from an empty one are NaN.
    lands
        Polygons of the sides, in the order of their numbers.
    plane
        The plane.

    Returns
    -------
    SamplePosition
        With the other side as ``other`` where there are two.
    """
    xy = np.ascontiguousarray(xy, dtype=np.float64)
    coords, part = shapely.get_coordinates(shapely.get_parts(line), return_index=True)
    head = np.flatnonzero(np.diff(part) == 0)
    away = np.full(len(xy), np.nan)
    if len(head):
        nearest = np.zeros(len(xy), dtype=np.int64)
        nearest_edges(coords, head, xy, nearest.copy(), away, nearest)
        away *= _scale(xy, coords, head[nearest], away, plane)
    side = np.full(len(xy), OUTSIDE, dtype=np.int64)
    for number, land in enumerate(lands):
        shapely.prepare(land)
        rest = np.flatnonzero(side == OUTSIDE)
        side[rest[shapely.intersects_xy(land, xy[rest, 0], xy[rest, 1])]] = number
    other = np.where(side == OUTSIDE, side, 1 - side) if len(lands) == 2 else None
    return SamplePosition(side, away, other)


def _scale(
    xy: Coords, vertices: Coords, start: Index, away: Floats, plane: ProjectedPlane
) -> Floats:
    """Metres on the ground per metre of the plane on the way to the nearest edges."""
    step = vertices[start + 1] - vertices[start]
    square = np.maximum((step**2).sum(axis=1), 1e-12)
    part = np.clip(((xy - vertices[start]) * step).sum(axis=1) / square, 0.0, 1.0)
    ground = plane.ground_m(xy, vertices[start] + part[:, None] * step)
    return np.divide(ground, away, out=np.ones(len(xy)), where=away > 1e-6)


@dataclass(frozen=True)
class Squares:
    """Land as squares.

    Parameters
    ----------
    xy
        Middles, shape ``(m, 2)``.
    size_m2
        Area of each within the land, shape ``(m,)``.
    width_m
        Width of the whole square, shape ``(m,)``.
    """

    xy: Coords
    size_m2: Floats
    width_m: Floats


def divide_land(area: Any, *, course: Any, reach_m: float, squares: int = SQUARES) -> Squares:
    """Divide the land near a line into squares.

    Parameters
    ----------
    area
        Polygon in the plane.
    course
        Line in the plane.
    reach_m
        Land farther from the line is left out.
    squares
        About how many; smaller ones near the line's end of the area are cut at its edge.
    """
    west, south, east, north = _common_bounds(area, course, reach_m)
    if not (east > west and north > south):
        return Squares(np.zeros((0, 2)), np.zeros(0), np.zeros(0))
    near_m2 = min((east - west) * (north - south), 2.0 * reach_m * float(shapely.length(course)))
    width = math.sqrt(max(near_m2, 1.0) / squares)
    # The lattice is that of the plane, so that it does not depend on the area.
    columns = np.arange(math.floor(west / width), math.ceil(east / width))
    rows = np.arange(math.floor(south / width), math.ceil(north / width))
    thin = shapely.simplify(course, width / 4.0, preserve_topology=False)
    shapely.prepare(thin)
    # Blocks of squares first: most of a wide area lies far from the line.
    columns, rows = (np.unique(np.floor_divide(some, _BLOCK)) for some in (columns, rows))
    blocks = _near(thin, _list_cells(columns, rows), _BLOCK * width, reach_m)
    inner = _list_cells(np.arange(_BLOCK), np.arange(_BLOCK))
    cells = (blocks[:, None] * _BLOCK + inner).reshape(-1, 2)
    cells = _near(thin, cells, width, reach_m)
    xy = np.asarray((cells[np.lexsort(cells.T)] + 0.5) * width, dtype=np.float64)
    half = width / 2.0
    boxes = shapely.box(xy[:, 0] - half, xy[:, 1] - half, xy[:, 0] + half, xy[:, 1] + half)
    shapely.prepare(area)
    size = np.full(len(xy), width**2)
    cut = ~shapely.contains_properly(area, boxes)
    size[cut] = shapely.area(shapely.intersection(boxes[cut], area))
    kept = size > 0.0
    return Squares(xy[kept], size[kept], np.full(int(kept.sum()), width))


def _list_cells(columns: Integers, rows: Integers) -> Integers:
    x, y = np.meshgrid(columns, rows)
    return np.column_stack([x.ravel(), y.ravel()])


def _near(line: Any, cells: Integers, width: float, reach_m: float) -> Integers:
    """Keep the cells of a lattice of which some part may lie within a distance of a line."""
    middle = shapely.points((cells + 0.5) * width)
    return np.asarray(cells[shapely.dwithin(line, middle, reach_m + width)], dtype=np.int64)


def _common_bounds(area: Any, course: Any, reach_m: float) -> tuple[float, float, float, float]:
    land, line = shapely.bounds(area), shapely.bounds(course)
    if np.isnan(land).any() or np.isnan(line).any():
        return 0.0, 0.0, 0.0, 0.0
    low = np.maximum(land[:2], line[:2] - reach_m)
    high = np.minimum(land[2:], line[2:] + reach_m)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])
