"""What the ground is like on any land: elevation, slope and relief, weighted by area."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline.landforms import cells_of, highest_within
from frontline.relief import slope_deg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.frames import Frame
    from frontline.terrain import Dem

    Floats = NDArray[np.float64]

MOST_CELLS = 500_000
"""Cells of the elevation are merged in squares until no more than this remain."""

BAND_CELLS = 1_000_000
"""Cells that are worked on at once."""

RADIUS_M = 7_000.0
"""Relief is taken within this distance."""

MOUNTAIN_RELIEF_M = 300.0
"""Land with this much relief within 7 km is mountainous (Kapos and others 2000)."""

GROUND = [
    "elevation_m",
    "elevation_p10",
    "elevation_p90",
    "slope_deg",
    "relief_m",
    "mountain_share",
]
"""What is told of land, NaN where nothing is known of it."""


@dataclass(frozen=True)
class Ground:
    """Cells of ground, or squares of cells, with known heights.

    Parameters
    ----------
    xy
        Centres in the plane, shape ``(n, 2)``.
    area_m2
        Land of each, shape ``(n,)``.
    elevation_m, slope_deg
        Means over each, shape ``(n,)``.
    relief_m
        Highest less lowest height within the radius about each, shape ``(n,)``.
    accuracy_m
        Of the heights; 0 where that is not known.
    """

    xy: Floats
    area_m2: Floats
    elevation_m: Floats
    slope_deg: Floats
    relief_m: Floats
    accuracy_m: float

    def where(self, chosen: NDArray[np.bool_]) -> Ground:
        """Return some of the cells, by a mask of shape ``(n,)``."""
        return Ground(
            xy=self.xy[chosen],
            area_m2=self.area_m2[chosen],
            elevation_m=self.elevation_m[chosen],
            slope_deg=self.slope_deg[chosen],
            relief_m=self.relief_m[chosen],
            accuracy_m=self.accuracy_m,
        )


def ground_of(
    dem: Dem, frame: Frame, *, radius_m: float = RADIUS_M, most_cells: int = MOST_CELLS
) -> Ground:
    """Read elevation, slope and relief of all cells.

    Parameters
    ----------
    dem
        Elevation in any CRS.
    frame
        The plane.
    radius_m
        Relief is taken within this distance, give or take one square.
    most_cells
        More cells than this are merged in squares; highest and lowest heights stay.

    Returns
    -------
    Ground
        Cells of unknown height are left out.
    """
    rows, cols = dem.heights_m.shape
    side = max(1, math.ceil(math.sqrt(rows * cols / most_cells)))
    # By bands of rows: ten arrays of every cell would take many times the elevation's memory.
    band = side * max(1, BAND_CELLS // (cols * side))
    parts = [_merged(dem, top, min(top + band, rows), side) for top in range(0, rows, band)]
    count, height, steep, high, low = (
        np.concatenate(arrays) for arrays in zip(*parts, strict=True)
    )
    flat = (count > 0).ravel()
    a, b, c, d, e, f = dem.transform
    merged = replace(
        dem,
        heights_m=np.where(count > 0, height, np.nan).astype(np.float32),
        transform=(a * side, b, c, d, e * side, f),
        step_m=(dem.step_m[0] * side, dem.step_m[1] * side),
    )
    xy, area = cells_of(merged, frame)
    highest = highest_within(high, merged.step_m, radius_m)
    lowest = -highest_within(-low, merged.step_m, radius_m)
    return Ground(
        xy=xy[flat],
        area_m2=(area * (count / side**2).ravel())[flat],
        elevation_m=height.ravel()[flat],
        slope_deg=steep.ravel()[flat],
        relief_m=(highest - lowest).ravel()[flat],
        accuracy_m=dem.accuracy_m or 0.0,
    )


def _merged(
    dem: Dem, top: int, bottom: int, side: int
) -> tuple[NDArray[np.int64], Floats, Floats, Floats, Floats]:
    """Merge some rows of cells in squares: known cells, mean height and slope, highest, lowest."""
    # Slopes need the rows beside.
    first, last = max(top - 1, 0), min(bottom + 1, len(dem.heights_m))
    a, b, c, d, e, f = dem.transform
    about = replace(
        dem, heights_m=dem.heights_m[first:last], transform=(a, b, c, d, e, f + first * e)
    )
    own = slice(top - first, bottom - first)
    heights = _squares(about.heights_m[own].astype(np.float64), side)
    steep = _squares(slope_deg(about)[own], side)
    known = np.isfinite(heights)
    return (
        known.sum(axis=(1, 3)),
        _mean(heights, known),
        _mean(steep, known),
        np.where(known, heights, -np.inf).max(axis=(1, 3)),
        np.where(known, heights, np.inf).min(axis=(1, 3)),
    )


def _squares(cells: Floats, side: int) -> Floats:
    """Shape ``(rows, side, cols, side)``; cells beyond the edge are unknown."""
    rows, cols = (-size % side for size in cells.shape)
    padded = np.pad(cells, ((0, rows), (0, cols)), constant_values=np.nan)
    return padded.reshape(padded.shape[0] // side, side, padded.shape[1] // side, side)


def _mean(squares: Floats, known: NDArray[np.bool_]) -> Floats:
    total = np.where(known, squares, 0.0).sum(axis=(1, 3))
    return np.asarray(total / np.maximum(known.sum(axis=(1, 3)), 1), dtype=np.float64)


def within(ground: Ground, land: Any) -> NDArray[np.bool_]:
    """Tell which cells have their centre on a land, shape ``(n,)``."""
    inside = np.zeros(len(ground.xy), dtype=bool)
    if land.is_empty:
        return inside
    west, south, east, north = land.bounds
    x, y = ground.xy.T
    near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
    shapely.prepare(land)
    inside[near] = shapely.contains_xy(land, x[near], y[near])
    return inside


def ground_on(ground: Ground | None, inside: NDArray[np.bool_] | None) -> dict[str, float]:
    """Sum up some cells, with the keys of :data:`GROUND`.

    Parameters
    ----------
    ground
        The cells, or None without elevation.
    inside
        Which of them, shape ``(n,)``.

    Returns
    -------
    Means weighted by area, the tenth and the ninetieth hundredth of the elevation, and the share
    with 300 m of relief; NaN where no cell is known.
    """
    if ground is None or inside is None or not inside.any():
        return dict.fromkeys(GROUND, math.nan)
    weight, height = ground.area_m2[inside], ground.elevation_m[inside]
    order = np.argsort(height, kind="stable")
    reached = np.cumsum(weight[order]) / weight.sum()
    low, high = (float(height[order][np.searchsorted(reached, part)]) for part in (0.1, 0.9))
    relief = ground.relief_m[inside]
    return {
        "elevation_m": float(np.average(height, weights=weight)),
        "elevation_p10": low,
        "elevation_p90": high,
        "slope_deg": float(np.average(ground.slope_deg[inside], weights=weight)),
        "relief_m": float(np.average(relief, weights=weight)),
        "mountain_share": float(np.average(relief >= MOUNTAIN_RELIEF_M, weights=weight)),
    }
