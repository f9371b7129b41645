"""Counts of posts on the cells of the elevation, and what share of a zone's land they see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from frontline._typing import Floats
from frontline.records import RasterResult

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from frontline.elevation.dem import Dem
    from frontline.geo.projection import ProjectedPlane


SHARES = ["line", "side", "distance_m", "visible_share", "unknown_share"]
"""Columns of :func:`measure_zone_shares`."""

_BLOCK = 256
"""Rows that are worked on at once."""

_LATTICE = 32
"""Positions are projected at every 32nd cell and are linear between: off by centimetres."""


def make_empty_counts(
    shape: tuple[int, ...], *, posts: int
) -> tuple[NDArray[np.unsignedinteger[Any]], NDArray[np.unsignedinteger[Any]]]:
    """Return two grids of zeros, in 16 bits unless so many posts need 32."""
    kind = np.uint16 if posts <= np.iinfo(np.uint16).max else np.uint32
    return np.zeros(shape, dtype=kind), np.zeros(shape, dtype=kind)


@dataclass(frozen=True)
class ViewshedGrid:
    """How many posts see each cell of the elevation, and how many cannot be decided.

    Parameters
    ----------
    seen, unknown
        Shape ``(rows, cols)`` of the elevation; added to in place.
    dem
        The elevation, for its grid.
    """

    seen: NDArray[np.unsignedinteger[Any]]
    unknown: NDArray[np.unsignedinteger[Any]]
    dem: Dem

    @classmethod
    def like(cls, dem: Dem, *, posts: int) -> ViewshedGrid:
        """Return zeros on the grid of an elevation, in 16 bits unless so many posts need 32."""
        return cls(*make_empty_counts(dem.heights_m.shape, posts=posts), dem)

    def add(self, grid: Dem, seen: NDArray[Any], unknown: NDArray[Any]) -> None:
        """Add counts from the grid of a stretch of line.

        Parameters
        ----------
        grid
            The grid, in a CRS of its own.
        seen, unknown
            Counts on it.

        Notes
        -----
        Each cell takes the counts of the cell of `grid` in which its own centre lies; a grid
        that was cut out of the elevation gives its cells back one to one.
        """
        rows = len(self.seen)
        transformer = pyproj.Transformer.from_crs(self.dem.crs, grid.crs, always_xy=True)
        for start in range(0, rows, _LATTICE):
            stop = min(start + _LATTICE, rows)
            place = np.floor(self._find_positions(grid, transformer, start, stop) + 0.5)
            on = (place >= 0) & (place < np.array(grid.heights_m.shape)[:, None, None])
            inside = on.all(axis=0)
            row, col = place[:, inside].astype(np.int64)
            for total, part in ((self.seen, seen), (self.unknown, unknown)):
                total[start:stop][inside] += part[row, col].astype(total.dtype)

    def _find_positions(
        self, grid: Dem, transformer: pyproj.Transformer, start: int, stop: int
    ) -> NDArray[np.float64]:
        """Row and column on `grid` of the centres of some rows, shape ``(2, rows, cols)``."""
        a, _, c, _, e, f = self.dem.transform
        cols = np.arange(self.seen.shape[1])
        knots = np.unique(np.append(cols[::_LATTICE], cols[-1]))
        ends = np.array([start, stop])
        x, y = np.meshgrid(c + (knots + 0.5) * a, f + (ends + 0.5) * e)
        place = grid.position(*transformer.transform(x.ravel(), y.ravel()))
        corners = place.T.reshape(2, 2, len(knots))
        place = np.stack([[np.interp(cols, knots, line) for line in axis] for axis in corners])
        share = ((np.arange(start, stop) - start) / (stop - start))[None, :, None]
        return place[:, :1] * (1 - share) + place[:, 1:] * share

    def raster(self) -> RasterResult:
        """Return both bands on the grid of the elevation."""
        return RasterResult(
            bands={"seen": self.seen, "unknown": self.unknown},
            transform=self.dem.transform,
            crs=self.dem.crs,
        )


def measure_zone_shares(
    counts: ViewshedGrid,
    *,
    zones: gpd.GeoDataFrame,
    plane: ProjectedPlane,
    conservative: bool = False,
) -> pd.DataFrame:
    """Share of the land of each cumulative zone that is in sight, and that cannot be decided.

    Parameters
    ----------
    counts
        Counts of posts.
    zones
        ``line, side, distance_m, kind, geometry`` in the plane.
    plane
        Its plane.
    conservative
        Count what cannot be decided as visible.

    Returns
    -------
    One row per cumulative zone with the columns of :data:`SHARES`.

    Notes
    -----
    A cell belongs to the zone in which its centre lies. Land beyond the elevation is unknown;
    land beyond the radius of sight is neither visible nor unknown.
    """
    rows = []
    for zone in zones[zones["kind"] == "cumulative"].itertuples():
        visible, unknown = measure_land_share(counts, area=zone.geometry, plane=plane)
        if conservative:
            visible, unknown = visible + unknown, 0.0
        rows.append((zone.line, zone.side, float(zone.distance_m), visible, unknown))
    return pd.DataFrame(rows, columns=SHARES)


def measure_land_share(
    counts: ViewshedGrid, *, area: Any, plane: ProjectedPlane
) -> tuple[float, float]:
    """Share of an area that is in sight, and that cannot be decided; NaN for an empty one.

    Parameters
    ----------
    counts
        Counts of posts.
    area
        Polygon in the plane.
    plane
        Its plane.
    """
    crs = pyproj.CRS.from_user_input(counts.dem.crs)
    projected = _project_area(area, plane, counts.dem, crs)
    west, south, east, north = counts.dem.bounds
    on_grid = shapely.area(shapely.clip_by_rect(projected, west, south, east, north))
    whole_area = shapely.area(projected)
    if not whole_area > 0.0:
        return np.nan, np.nan
    shapely.prepare(projected)
    known = doubt = land = 0.0
    for start in range(0, len(counts.seen), _BLOCK):
        rows = slice(start, min(start + _BLOCK, len(counts.seen)))
        inside = find_cells(counts.dem, area=projected, rows=rows)
        if not inside.any():
            continue
        weight = _weigh_rows(counts.dem, crs, rows)
        seen = counts.seen[rows] > 0
        undecided = ~seen & (counts.unknown[rows] > 0)
        known += float((inside & seen).sum(axis=1) @ weight)
        doubt += float((inside & undecided).sum(axis=1) @ weight)
        land += float(inside.sum(axis=1) @ weight)
    covered = on_grid / whole_area
    if land == 0.0:
        return (np.nan, np.nan) if covered > 0.0 else (0.0, 1.0)
    return covered * known / land, covered * doubt / land + 1.0 - covered


def _weigh_rows(dem: Dem, crs: pyproj.CRS, rows: slice) -> Floats:
    """Area of a cell by row, in proportion: in degrees, cells shrink towards the poles."""
    _, _, _, _, e, f = dem.transform
    y = f + (np.arange(rows.start, rows.stop) + 0.5) * e
    return np.cos(np.radians(y)) if crs.is_geographic else np.ones(len(y))


def _project_area(area: Any, plane: ProjectedPlane, dem: Dem, crs: pyproj.CRS) -> Any:
    """Project an area; in degrees, around the grid's own middle and not around Greenwich."""
    projected = plane.to_crs(np.array([area], dtype=object), crs)[0]
    if not crs.is_geographic:
        return projected
    middle = (dem.bounds[0] + dem.bounds[2]) / 2

    def turned(xy: Floats) -> Floats:
        return np.column_stack([(xy[:, 0] - middle + 180.0) % 360.0 - 180.0 + middle, xy[:, 1]])

    return shapely.transform(projected, turned)


def find_cells(dem: Dem, *, area: Any, rows: slice) -> NDArray[np.bool_]:
    """Find the cells of some rows whose centres lie in a polygon.

    Parameters
    ----------
    dem
        The grid.
    area
        Polygon in the grid's CRS.
    rows
        First row and the one after the last.

    Returns
    -------
    Shape ``(rows, cols)``.

    Notes
    -----
    The line of centres of each row is cut with the polygon: that takes time with the number of
    rows, not of cells.
    """
    a, _, c, _, e, f = dem.transform
    number, cols = rows.stop - rows.start, dem.heights_m.shape[1]
    ends = np.empty((number, 2, 2))
    ends[:, :, 0] = [c, c + a * cols]
    ends[:, :, 1] = (f + (np.arange(rows.start, rows.stop) + 0.5) * e)[:, None]
    cut, row = shapely.get_parts(
        shapely.intersection(area, shapely.linestrings(ends)), return_index=True
    )
    # Where a row only touches the polygon, cutting leaves a point or a collection.
    cut, part = shapely.get_parts(cut, return_index=True)
    some = ~shapely.is_empty(cut)
    row, bounds = row[part][some], shapely.bounds(cut[some])
    first = np.ceil((bounds[:, 0] - c) / a - 0.5).astype(np.int64).clip(0, cols)
    last = np.floor((bounds[:, 2] - c) / a - 0.5).astype(np.int64).clip(-1, cols - 1)
    turns = np.zeros((number, cols + 1), dtype=np.int32)
    hit = first <= last
    np.add.at(turns, (row[hit], first[hit]), 1)
    np.add.at(turns, (row[hit], last[hit] + 1), -1)
    return np.cumsum(turns, axis=1, dtype=np.int32)[:, :cols] > 0
