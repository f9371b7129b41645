"""Counts of posts on the cells of the elevation, and what share of a zone's land they see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from frontline.results import RasterResult

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from frontline.geodesy import Frame
    from frontline.terrain import Dem

    Floats = NDArray[np.float64]

SHARES = ["line", "side", "distance_m", "visible_share", "unknown_share"]
"""Columns of :func:`shares_in_zones`."""

_LATTICE = 32
"""Positions are projected at every 32nd cell and are linear between: off by centimetres."""


@dataclass(frozen=True)
class CountGrid:
    """How many posts see each cell of the elevation, and how many cannot be decided.

    Parameters
    ----------
    seen, unknown
        Shape ``(rows, cols)`` of the elevation; added to in place.
    dem
        The elevation, for its grid.
    """

    seen: NDArray[np.uint32]
    unknown: NDArray[np.uint32]
    dem: Dem

    @classmethod
    def like(cls, dem: Dem) -> CountGrid:
        """Return zeros on the grid of an elevation."""
        shape = dem.heights_m.shape
        return cls(np.zeros(shape, dtype=np.uint32), np.zeros(shape, dtype=np.uint32), dem)

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
        there = pyproj.Transformer.from_crs(self.dem.crs, grid.crs, always_xy=True)
        for start in range(0, rows, _LATTICE):
            stop = min(start + _LATTICE, rows)
            place = np.floor(self._positions(grid, there, start, stop) + 0.5)
            on = (place >= 0) & (place < np.array(grid.heights_m.shape)[:, None, None])
            inside = on.all(axis=0)
            row, col = place[:, inside].astype(np.int64)
            self.seen[start:stop][inside] += seen[row, col].astype(np.uint32)
            self.unknown[start:stop][inside] += unknown[row, col].astype(np.uint32)

    def _positions(
        self, grid: Dem, there: pyproj.Transformer, start: int, stop: int
    ) -> NDArray[np.float64]:
        """Row and column on `grid` of the centres of some rows, shape ``(2, rows, cols)``."""
        a, _, c, _, e, f = self.dem.transform
        cols = np.arange(self.seen.shape[1])
        knots = np.unique(np.append(cols[::_LATTICE], cols[-1]))
        ends = np.array([start, stop])
        x, y = np.meshgrid(c + (knots + 0.5) * a, f + (ends + 0.5) * e)
        place = grid.position(*there.transform(x.ravel(), y.ravel()))
        corners = place.T.reshape(2, 2, len(knots))
        place = np.stack([[np.interp(cols, knots, line) for line in axis] for axis in corners])
        share = ((np.arange(start, stop) - start) / (stop - start))[None, :, None]
        return place[:, :1] * (1 - share) + place[:, 1:] * share

    def raster(self) -> RasterResult:
        """Return both bands: 16 bits, or 32 where a count needs them."""
        most = max(self.seen.max(initial=0), self.unknown.max(initial=0))
        kind = np.uint16 if most <= np.iinfo(np.uint16).max else np.uint32
        return RasterResult(
            bands={"seen": self.seen.astype(kind), "unknown": self.unknown.astype(kind)},
            transform=self.dem.transform,
            crs=self.dem.crs,
        )


def shares_in_zones(
    counts: CountGrid, zones: gpd.GeoDataFrame, frame: Frame, *, conservative: bool = False
) -> pd.DataFrame:
    """Share of the land of each cumulative zone that is in sight, and that cannot be decided.

    Parameters
    ----------
    counts
        Counts of posts.
    zones
        ``line, side, distance_m, kind, geometry`` in the frame.
    frame
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
        visible, unknown = land_shares(counts, zone.geometry, frame)
        if conservative:
            visible, unknown = visible + unknown, 0.0
        rows.append((zone.line, zone.side, float(zone.distance_m), visible, unknown))
    return pd.DataFrame(rows, columns=SHARES)


def land_shares(counts: CountGrid, area: Any, frame: Frame) -> tuple[float, float]:
    """Share of an area that is in sight, and that cannot be decided; NaN for an empty one.

    Parameters
    ----------
    counts
        Counts of posts.
    area
        Polygon in the frame.
    frame
        Its plane.
    """
    crs = pyproj.CRS.from_user_input(counts.dem.crs)
    there = _in_crs(area, frame, counts.dem, crs)
    west, south, east, north = counts.dem.bounds
    on_grid = shapely.area(shapely.clip_by_rect(there, west, south, east, north))
    whole = shapely.area(there)
    if not whole > 0.0:
        return np.nan, np.nan
    inside = cells_within(counts.dem, there)
    _, _, _, _, e, f = counts.dem.transform
    north_of_rows = f + (np.arange(len(inside)) + 0.5) * e
    weight = np.cos(np.radians(north_of_rows)) if crs.is_geographic else np.ones(len(inside))
    known = (inside & (counts.seen > 0)).sum(axis=1) @ weight
    doubt = (inside & (counts.seen == 0) & (counts.unknown > 0)).sum(axis=1) @ weight
    land = inside.sum(axis=1) @ weight
    covered = on_grid / whole
    if land == 0.0:
        return (np.nan, np.nan) if covered > 0.0 else (0.0, 1.0)
    return float(covered * known / land), float(covered * doubt / land + 1.0 - covered)


def _in_crs(area: Any, frame: Frame, dem: Dem, crs: pyproj.CRS) -> Any:
    """Project an area; in degrees, around the grid's own middle and not around Greenwich."""
    there = frame.to_crs(np.array([area], dtype=object), crs)[0]
    if not crs.is_geographic:
        return there
    middle = (dem.bounds[0] + dem.bounds[2]) / 2

    def turned(xy: Floats) -> Floats:
        return np.column_stack([(xy[:, 0] - middle + 180.0) % 360.0 - 180.0 + middle, xy[:, 1]])

    return shapely.transform(there, turned)


def cells_within(dem: Dem, area: Any) -> NDArray[np.bool_]:
    """Find the cells whose centres lie in a polygon.

    Parameters
    ----------
    dem
        The grid.
    area
        Polygon in the grid's CRS.

    Returns
    -------
    Shape ``(rows, cols)``.

    Notes
    -----
    The line of centres of each row is cut with the polygon: that takes time with the number of
    rows, not of cells.
    """
    a, _, c, _, e, f = dem.transform
    rows, cols = dem.heights_m.shape
    y = f + (np.arange(rows) + 0.5) * e
    ends = np.empty((rows, 2, 2))
    ends[:, :, 0] = [c, c + a * cols]
    ends[:, :, 1] = y[:, None]
    shapely.prepare(area)
    cut, row = shapely.get_parts(
        shapely.intersection(area, shapely.linestrings(ends)), return_index=True
    )
    # Where a row only touches the polygon, cutting leaves a point or a collection.
    cut, part = shapely.get_parts(cut, return_index=True)
    some = ~shapely.is_empty(cut)
    row, bounds = row[part][some], shapely.bounds(cut[some])
    first = np.ceil((bounds[:, 0] - c) / a - 0.5).astype(np.int64).clip(0, cols)
    last = np.floor((bounds[:, 2] - c) / a - 0.5).astype(np.int64).clip(-1, cols - 1)
    turns = np.zeros((rows, cols + 1), dtype=np.int32)
    hit = first <= last
    np.add.at(turns, (row[hit], first[hit]), 1)
    np.add.at(turns, (row[hit], last[hit] + 1), -1)
    return np.cumsum(turns, axis=1)[:, :cols] > 0
