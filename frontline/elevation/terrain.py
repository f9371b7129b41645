"""Slope, hillshade and local relief, and what the ground of a side or section is like."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely

from frontline import schema
from frontline._typing import AnyFloats, Floats, Integers
from frontline.elevation.dem import Dem, to_dem_crs
from frontline.raster.grid import measure_row_steps
from frontline.records import RasterResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.geo.projection import ProjectedPlane


_ON_CIRCLE = 1e-9

_DISC_CELLS = 16_000_000
"""Cells that are widened at once."""


def list_cells(dem: Dem, *, plane: ProjectedPlane) -> tuple[Floats, Floats]:
    """Return centres of the elevation's cells in the plane ``(n, 2)`` and their areas ``(n,)``."""
    rows, cols = dem.heights_m.shape
    a, _, c, _, e, f = dem.transform
    x, y = np.meshgrid(c + (np.arange(cols) + 0.5) * a, f + (np.arange(rows) + 0.5) * e)
    to_plane = pyproj.Transformer.from_crs(dem.crs, plane.crs, always_xy=True)
    xy = np.column_stack(to_plane.transform(x.ravel(), y.ravel()))
    dy, dx = measure_row_steps(
        dem.transform, crs=pyproj.CRS.from_user_input(dem.crs), shape=(rows, cols)
    )
    return xy, np.repeat(dy * dx, cols)


def average_heights(dem: Dem, *, radius_m: float) -> Floats:
    """Return the mean known height in a square about each cell; NaN where none is known.

    Parameters
    ----------
    dem
        The grid.
    radius_m
        Half the side of the square.
    """
    from scipy.ndimage import uniform_filter

    known = np.isfinite(dem.heights_m)
    size = [2 * round(radius_m / step) + 1 for step in dem.step_m]
    heights = np.where(known, dem.heights_m, 0.0).astype(np.float64)
    total = uniform_filter(heights, size=size, mode="constant")
    share = uniform_filter(known.astype(np.float64), size=size, mode="constant")
    mean = np.divide(total, share, out=np.full(share.shape, np.nan), where=share > 1e-9)
    return np.asarray(mean, dtype=np.float64)


def measure_relief_of_cells(dem: Dem, *, radius_m: float, every: int = 1) -> Floats:
    """Return the highest less the lowest known height within a radius of each cell.

    Parameters
    ----------
    dem
        The grid.
    radius_m
        Cells count whose centre lies within it.
    every
        Compute it for the middle cell only of each square of so many cells a side.

    Returns
    -------
    Metres, shape ``(rows, cols)``, or that of the squares; NaN where no height is known there.

    Notes
    -----
    Local relief as everything here takes it: about the centre of a cell, with the size that cells
    have on the ground in its row. `measure_relief` gives the same for points.
    """
    shape = dem.heights_m.shape
    steps = measure_row_steps(dem.transform, crs=pyproj.CRS.from_user_input(dem.crs), shape=shape)
    rows, cols = (np.minimum(np.arange(0, size, every) + every // 2, size - 1) for size in shape)
    known = np.isfinite(dem.heights_m)
    highest = np.where(known, dem.heights_m, -np.inf)
    highest = find_highest_within(highest, step_m=steps, radius_m=radius_m, rows=rows, cols=cols)
    lowest = np.where(known, -dem.heights_m, -np.inf)
    lowest = -find_highest_within(lowest, step_m=steps, radius_m=radius_m, rows=rows, cols=cols)
    relief = np.full(highest.shape, np.nan)
    has_height = np.isfinite(highest)
    relief[has_height] = highest[has_height].astype(np.float64) - lowest[has_height]
    return relief


def find_highest_within(
    values: NDArray[np.floating[Any]],
    *,
    step_m: tuple[AnyFloats | float, AnyFloats | float],
    radius_m: float,
    rows: Integers | None = None,
    cols: Integers | None = None,
) -> NDArray[np.floating[Any]]:
    """Return the highest value of the cells whose centre lies within a radius of each cell.

    Parameters
    ----------
    values
        Shape ``(rows, cols)``; what is not to count is minus infinity.
    step_m
        Size of a cell, (north-south, east-west); one of each, or one for each row.
    radius_m
        The radius.
    rows, cols
        Rows and columns whose cells are computed, ascending; all if None.

    Notes
    -----
    A disc is a stack of rows, and the highest value of a stretch of a row that of two shorter ones
    of a power of two. These grow in place, from the narrow rows at the rim of the disc to the
    widest in its middle: the time does not grow with the width of the disc.
    """
    height, width = values.shape
    down = np.arange(height) if rows is None else np.asarray(rows)
    across = np.arange(width) if cols is None else np.asarray(cols)
    dy, dx = (np.broadcast_to(np.asarray(step, float), (height,))[down] for step in step_m)
    highest = np.full((len(down), len(across)), -np.inf, dtype=values.dtype)
    reach = min(int(_count_cells_within(radius_m, dy).max(initial=0)), height - 1)
    # By bands of rows: the widened copy of all cells would take as much memory as these.
    high = max(1, _DISC_CELLS // width - 2 * reach)
    for top in range(0, height, high):
        band_rows = np.flatnonzero((down >= top) & (down < top + high))
        if not len(band_rows):
            continue
        first, last = max(top - reach, 0), min(top + high + reach, height)
        _stack_rows(
            values[first:last],
            down[band_rows] - first,
            across,
            (dy[band_rows], dx[band_rows]),
            radius_m,
            out=highest,
            at=band_rows,
        )
    return highest


def _stack_rows(
    values: NDArray[np.floating[Any]],
    down: Integers,
    across: Integers,
    step_m: tuple[Floats, Floats],
    radius_m: float,
    *,
    out: NDArray[np.floating[Any]],
    at: Integers,
) -> None:
    """Put the highest value within a radius of some cells into rows ``at`` of ``out``."""
    height, width = values.shape
    widest = int(np.minimum(_count_cells_within(radius_m, step_m[1]), width).max())
    stretch = np.pad(values, ((0, 0), (widest, widest)), constant_values=-np.inf)
    reached = 1  # cells that a value of a stretch stands for, from its own to the right
    for half, sources, targets in sorted(
        _list_disc_rows(height, width, down, step_m, radius_m), key=lambda row: row[0]
    ):
        while 2 * reached <= 2 * half + 1:
            np.maximum(stretch[:, :-reached], stretch[:, reached:], out=stretch[:, :-reached])
            reached *= 2
        west, east = across + widest - half, across + widest + half + 1 - reached
        best = np.maximum(stretch[np.ix_(sources, west)], stretch[np.ix_(sources, east)])
        out[at[targets]] = np.maximum(out[at[targets]], best)


def _list_disc_rows(
    height: int, width: int, down: Integers, step_m: tuple[Floats, Floats], radius_m: float
) -> Iterator[tuple[int, Integers, Integers]]:
    """Yield the rows of discs about some cells: half-width, rows to read, and cells served."""
    most_rows = int(_count_cells_within(radius_m, step_m[0]).max())
    for row_offset in range(min(most_rows, height - 1) + 1):
        half = np.minimum(find_half_widths(row_offset, *step_m, radius_m), width)
        for sign in (1, -1) if row_offset else (1,):
            source = down + sign * row_offset
            inside = (source >= 0) & (source < height) & (half >= 0)
            for size in np.unique(half[inside]):
                targets = np.flatnonzero(inside & (half == size))
                yield int(size), source[targets], targets


def find_half_widths(row_offset: Any, dy: Any, dx: Any, radius_m: float) -> Any:
    """Tell how many cells to either side a disc reaches, so many rows off its middle; -1: none."""
    remaining = radius_m**2 - (row_offset * dy) ** 2
    # Rounding: a cell whose centre lies on the circle counts.
    half = np.floor(np.sqrt(np.maximum(remaining, 0.0)) / dx + _ON_CIRCLE).astype(np.int64)
    return np.where(remaining >= -_ON_CIRCLE * radius_m**2, half, -1)


def _count_cells_within(radius_m: float, step: Floats) -> Integers:
    return np.asarray(np.floor(radius_m / step + _ON_CIRCLE), dtype=np.int64)


def measure_relief(
    dem: Dem, *, xy: NDArray[np.floating[Any]], crs: pyproj.CRS, radius_m: float
) -> NDArray[np.float64]:
    """Return the relief of the cell that each point lies in, as `measure_relief_of_cells` has it.

    Parameters
    ----------
    dem
        The grid.
    xy
        Points, shape ``(n, 2)``.
    crs
        Their CRS.
    radius_m
        Radius; cells count whose centre lies within it.

    Returns
    -------
    Metres, shape ``(n,)``; NaN where no height is known. A point off the grid has the relief about
    the cell that the grid would have there.
    """
    points = np.asarray(xy, dtype=np.float64)
    place = dem.position(*to_dem_crs(dem, crs, points[:, 0], points[:, 1]))
    rows, cols = dem.heights_m.shape
    dy, dx = measure_row_steps(
        dem.transform, crs=pyproj.CRS.from_user_input(dem.crs), shape=(rows, cols)
    )
    relief = np.full(len(place), np.nan)
    for number in np.flatnonzero(np.isfinite(place).all(axis=1)):
        row, col = (math.floor(value + 0.5) for value in place[number])
        north, east = (float(step[min(max(row, 0), rows - 1)]) for step in (dy, dx))
        reach = int(_count_cells_within(radius_m, np.array([north]))[0])
        top, bottom = max(row - reach, 0), min(row + reach, rows - 1)
        half = find_half_widths(np.abs(np.arange(top, bottom + 1) - row), north, east, radius_m)
        broad = int(half.max(initial=-1))
        left, right = max(col - broad, 0), min(col + broad, cols - 1)
        if top > bottom or left > right:
            continue
        part = dem.heights_m[top : bottom + 1, left : right + 1]
        within_disc = np.abs(np.arange(left, right + 1) - col) <= half[:, np.newaxis]
        known = part[within_disc & np.isfinite(part)]
        if len(known):
            relief[number] = float(known.max()) - float(known.min())
    return relief


def measure_slope(dem: Dem) -> NDArray[np.float64]:
    """Return the steepness of the land at each cell.

    Parameters
    ----------
    dem
        The grid, in any CRS; steps on the ground are taken row by row.

    Returns
    -------
    Degrees, shape ``(rows, cols)``: the length of the gradient by central differences (one-sided
    at edges and beside voids); NaN where the height is unknown. Coarse cells flatten slopes.
    """
    crs = pyproj.CRS.from_user_input(dem.crs)
    dy, dx = measure_row_steps(dem.transform, crs=crs, shape=dem.heights_m.shape)
    to_south = _measure_rise(dem.heights_m, axis=0) / dy[:, np.newaxis]
    to_east = _measure_rise(dem.heights_m, axis=1) / dx[:, np.newaxis]
    steep = np.degrees(np.arctan(np.hypot(to_south, to_east)))
    return np.where(np.isfinite(dem.heights_m), steep, np.nan)


_BAND_CELLS = 2_000_000


def shade_hills(
    dem: Dem, *, azimuth_deg: float = 315.0, altitude_deg: float = 45.0
) -> NDArray[np.uint8]:
    """Shade the relief for a map.

    Parameters
    ----------
    dem
        The grid, in any CRS; steps on the ground are taken row by row.
    azimuth_deg, altitude_deg
        Where the light comes from: clockwise from north, and above the horizon.

    Returns
    -------
    uint8, shape ``(rows, cols)``: 1 dark to 255 bright; 0 where the height is unknown.

    Notes
    -----
    The cosine between light and surface normal, by central differences (one-sided at edges and
    voids). Slopes are exaggerated (1 to 10 times) so that the steepest twentieth stands at 45
    degrees or more: a coarse grid would look flat. It is a picture, not a measurement.
    """
    crs = pyproj.CRS.from_user_input(dem.crs)
    dy, dx = measure_row_steps(dem.transform, crs=crs, shape=dem.heights_m.shape)
    to_south = _measure_rise(dem.heights_m, axis=0) / dy[:, np.newaxis]
    to_east = _measure_rise(dem.heights_m, axis=1) / dx[:, np.newaxis]
    known = np.isfinite(dem.heights_m)
    steep = np.hypot(to_south, to_east)[known]
    top = float(np.quantile(steep, 0.95)) if len(steep) else 0.0
    factor = float(np.clip(1.0 / top, 1.0, 10.0)) if top > 0 else 1.0
    azimuth, altitude = math.radians(azimuth_deg), math.radians(altitude_deg)
    east, north = math.sin(azimuth), math.cos(azimuth)
    lit = math.sin(altitude) + math.cos(altitude) * factor * (to_south * north - to_east * east)
    shade = np.clip(lit / np.sqrt(1 + factor**2 * (to_south**2 + to_east**2)), 0.0, 1.0)
    return np.where(known, np.rint(1 + 254 * np.nan_to_num(shade)), 0).astype(np.uint8)


def shade_relief(dem: Dem, *, most_cells: int = 1_500_000) -> RasterResult:
    """Return bands ``shade`` and ``elevation`` for maps, merged to a printable number of cells.

    Parameters
    ----------
    dem
        The grid.
    most_cells
        Cells are averaged in squares until no more than this remain.
    """
    rows, cols = dem.heights_m.shape
    side = max(1, math.ceil(math.sqrt(rows * cols / most_cells)))
    if side > 1:
        dem = _merge_relief(dem, side)
    bands: dict[str, NDArray[np.generic]] = {"shade": shade_hills(dem), "elevation": dem.heights_m}
    return RasterResult(bands=bands, transform=dem.transform, crs=dem.crs)


def _measure_rise(heights: NDArray[np.float32], *, axis: int) -> NDArray[np.float64]:
    """Return the rise per cell along an axis: central, one-sided beside the unknown, else 0."""
    values = np.moveaxis(heights.astype(np.float64), axis, 0)
    step = np.diff(values, axis=0)
    unknown = np.full((1, *values.shape[1:]), np.nan)
    before, after = np.concatenate([unknown, step]), np.concatenate([step, unknown])
    known = np.isfinite(before).astype(int) + np.isfinite(after)
    rise = (np.nan_to_num(before) + np.nan_to_num(after)) / np.maximum(known, 1)
    return np.moveaxis(rise, 0, axis)


def _merge_relief(dem: Dem, side: int) -> Dem:
    """Average squares of cells; a square is known if any of its cells is."""
    rows, cols = (size - size % side for size in dem.heights_m.shape)
    mean = np.empty((rows // side, cols // side), dtype=np.float32)
    # By bands of rows: copies of every cell would take several times the elevation's memory.
    band = max(1, _BAND_CELLS // (cols * side))
    for first in range(0, len(mean), band):
        part = mean[first : first + band]
        cells = dem.heights_m[first * side : (first + len(part)) * side, :cols]
        squares = cells.reshape(len(part), side, cols // side, side)
        known = np.isfinite(squares).sum(axis=(1, 3))
        total = np.nansum(squares, axis=(1, 3), dtype=np.float64)
        part[:] = np.where(known > 0, total / np.maximum(known, 1), np.nan)
    a, b, c, d, e, f = dem.transform
    return replace(
        dem,
        heights_m=mean,
        transform=(a * side, b, c, d, e * side, f),
        step_m=(dem.step_m[0] * side, dem.step_m[1] * side),
    )


MOST_CELLS = 500_000
"""Cells of the elevation are merged in squares until no more than this remain."""

BAND_CELLS = 1_000_000
"""Cells that are worked on at once."""

RADIUS_M = 7_000.0
"""Relief is taken within this distance."""

MOUNTAIN_RELIEF_M = 300.0
"""Land with this much relief within 7 km is mountainous (Kapos and others 2000)."""

GROUND = (
    schema.number(
        "elevation_m", "m", "Elevation", "Mean over the land; empty where nothing is known."
    ),
    schema.number("elevation_p10", "m", "Elevation, 10 %", "A tenth of the land lies lower."),
    schema.number("elevation_p90", "m", "Elevation, 90 %", "A tenth of the land lies higher."),
    schema.number("slope_deg", "degrees", "Slope", "Mean over the land; coarse cells flatten it."),
    schema.number("relief_m", "m", "Relief", "Mean of highest less lowest height within 7 km."),
    schema.number(
        "mountain_share", "", "Mountains", "Share with 300 m of relief within 7 km (0 to 1)."
    ),
)
"""Columns that describe the ground of some land; NaN where no height is known."""


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

    def select(self, chosen: NDArray[np.bool_]) -> Ground:
        """Return some of the cells, by a mask of shape ``(n,)``."""
        return Ground(
            xy=self.xy[chosen],
            area_m2=self.area_m2[chosen],
            elevation_m=self.elevation_m[chosen],
            slope_deg=self.slope_deg[chosen],
            relief_m=self.relief_m[chosen],
            accuracy_m=self.accuracy_m,
        )


def read_ground(
    dem: Dem, *, plane: ProjectedPlane, radius_m: float = RADIUS_M, most_cells: int = MOST_CELLS
) -> Ground:
    """Read elevation, slope and relief of all cells.

    Parameters
    ----------
    dem
        Elevation in any CRS.
    plane
        The plane.
    radius_m
        Relief is taken within this distance of the middle of a cell or square.
    most_cells
        More cells than this are merged in squares.

    Returns
    -------
    Ground
        Cells of unknown height are left out.
    """
    rows, cols = dem.heights_m.shape
    side = max(1, math.ceil(math.sqrt(rows * cols / most_cells)))
    # By bands of rows: ten arrays of every cell would take many times the elevation's memory.
    band = side * max(1, BAND_CELLS // (cols * side))
    parts = [_merge_ground(dem, top, min(top + band, rows), side) for top in range(0, rows, band)]
    count, height, steep = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    flat = (count > 0).ravel()
    a, b, c, d, e, f = dem.transform
    merged = replace(
        dem,
        heights_m=np.where(count > 0, height, np.nan).astype(np.float32),
        transform=(a * side, b, c, d, e * side, f),
        step_m=(dem.step_m[0] * side, dem.step_m[1] * side),
    )
    xy, area = list_cells(merged, plane=plane)
    return Ground(
        xy=xy[flat],
        area_m2=(area * (count / side**2).ravel())[flat],
        elevation_m=height.ravel()[flat],
        slope_deg=steep.ravel()[flat],
        relief_m=measure_relief_of_cells(dem, radius_m=radius_m, every=side).ravel()[flat],
        accuracy_m=dem.accuracy_m or 0.0,
    )


def _merge_ground(
    dem: Dem, top: int, bottom: int, side: int
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Merge some rows of cells in squares: known cells, mean height and slope."""
    # Slopes need the rows beside.
    first, last = max(top - 1, 0), min(bottom + 1, len(dem.heights_m))
    a, b, c, d, e, f = dem.transform
    about = replace(
        dem, heights_m=dem.heights_m[first:last], transform=(a, b, c, d, e, f + first * e)
    )
    inner = slice(top - first, bottom - first)
    heights = _cut_squares(about.heights_m[inner].astype(np.float64), side)
    steep = _cut_squares(measure_slope(about)[inner], side)
    known = np.isfinite(heights)
    return (
        known.sum(axis=(1, 3)),
        _average_squares(heights, known),
        _average_squares(steep, known),
    )


def _cut_squares(cells: Floats, side: int) -> Floats:
    """Shape ``(rows, side, cols, side)``; cells beyond the edge are unknown."""
    rows, cols = (-size % side for size in cells.shape)
    padded = np.pad(cells, ((0, rows), (0, cols)), constant_values=np.nan)
    return padded.reshape(padded.shape[0] // side, side, padded.shape[1] // side, side)


def _average_squares(squares: Floats, known: NDArray[np.bool_]) -> Floats:
    total = np.where(known, squares, 0.0).sum(axis=(1, 3))
    return np.asarray(total / np.maximum(known.sum(axis=(1, 3)), 1), dtype=np.float64)


def find_cells_within(ground: Ground, *, land: Any) -> NDArray[np.bool_]:
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


def summarise_ground(
    ground: Ground | None, *, inside: NDArray[np.bool_] | None
) -> dict[str, float]:
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
        return dict.fromkeys(schema.list_names(GROUND), math.nan)
    weight, height = ground.area_m2[inside], ground.elevation_m[inside]
    order = np.argsort(height, kind="stable")
    reached = np.cumsum(weight[order]) / weight.sum()
    low, high = (float(height[order][np.searchsorted(reached, part)]) for part in (0.1, 0.9))
    relief = ground.relief_m[inside]
    known = np.isfinite(relief)
    known_weight = weight[known] if known.any() else None
    return {
        "elevation_m": float(np.average(height, weights=weight)),
        "elevation_p10": low,
        "elevation_p90": high,
        "slope_deg": float(np.average(ground.slope_deg[inside], weights=weight)),
        "relief_m": math.nan
        if known_weight is None
        else float(np.average(relief[known], weights=known_weight)),
        "mountain_share": math.nan
        if known_weight is None
        else float(np.average(relief[known] >= MOUNTAIN_RELIEF_M, weights=known_weight)),
    }
