"""Tiles of elevation put together into one raster, voids filled by a stated method."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from frontline.elevation.heights import simplify_datum
from frontline.errors import RasterError
from frontline.raster.grid import interpolate_bilinear
from frontline.raster.io import (
    Bounds,
    Raster,
    Transform,
    Window,
    clip_window,
    find_window_transform,
    open_raster,
    read_window,
)

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray

    from frontline.fetch.land_mask import DegreeTile


MOST_MOSAIC_CELLS = 120_000_000
"""Cells of the largest mosaic: 480 MB, held about three times while it is written."""

SEA, NOBODY = -2, -1
"""In the place of a tile's number: filled as sea, and known from no tile."""

_FEWEST_CELLS = 10
_SEA_LEVEL_M = 0.0


@dataclass(frozen=True)
class ElevationTile:
    """A file of heights that becomes part of the mosaic.

    Parameters
    ----------
    name
        Of the tile, or of the user's file.
    source
        Key of the provider, or ``tiles`` for the user's own.
    path
        A GeoTIFF.
    datum
        What its heights are above.
    unit
        ``m`` or ``ft``.
    crs, covers
        Of the user's own files: their CRS, and their extent in degrees.
    """

    name: str
    source: str
    path: Path
    datum: str
    unit: str = "m"
    crs: pyproj.CRS | None = None
    covers: Any = None


class Seam(NamedTuple):
    """How well two neighbouring pieces, or a piece and the sea, meet.

    ``step_m`` is the median of what the height changes by from one cell to the next across the
    edge, beyond what it changes by on either side; ``cells`` are the pairs of cells compared.
    """

    one: str
    other: str
    cells: int
    step_m: float


@dataclass(frozen=True)
class Mosaic:
    """Heights in metres on one grid.

    Parameters
    ----------
    heights_m
        float32, shape ``(rows, cols)``; NaN is unknown.
    transform, crs
        The grid; longitudes run on beyond 180 across the antimeridian.
    cells
        Number of known cells by name of the piece, and of ``sea``.
    steps
        East-west and north-south size of each piece's own cells, in units of the CRS.
    resampled
        Names of pieces of another step, which were interpolated bilinearly.
    seams
        All edges between pieces that were compared.
    voids
        Unknown cells of pieces, shape ``(rows, cols)``: not those that no piece covers, nor those
        of pieces that were interpolated.
    """

    heights_m: NDArray[np.float32]
    transform: Transform
    crs: pyproj.CRS
    cells: Mapping[str, int]
    steps: Mapping[str, tuple[float, float]]
    resampled: tuple[str, ...]
    seams: tuple[Seam, ...]
    voids: NDArray[np.bool_]


class _PieceOnGrid(NamedTuple):
    """What a file says of itself."""

    piece: ElevationTile
    number: int
    transform: Transform
    crs: pyproj.CRS
    bounds: Bounds

    @property
    def steps(self) -> tuple[float, float]:
        return self.transform[0], -self.transform[4]


def join_tiles(
    pieces: Sequence[ElevationTile], *, bounds: Bounds, sea: Sequence[DegreeTile] = ()
) -> Mosaic:
    """Lay tiles side by side.

    Parameters
    ----------
    pieces
        In order of preference: where two overlap, the finer one and then the earlier one counts.
    bounds
        West, south, east, north of what is needed, in the pieces' CRS; west may be below -180 or
        east above 180.
    sea
        Tiles of one degree that are known to be sea: unknown cells in them become 0 m.

    Returns
    -------
    The mosaic; its grid is that of the finest piece.

    Raises
    ------
    RasterError
        A tile has another CRS, vertical datum or step than the others of its kind, or lies
        between their cells; or there would be too many cells.

    Notes
    -----
    Tiles of one provider may be wider from east to west towards the poles, and tiles of a second
    provider coarser. These are interpolated bilinearly between their own cells and, at their
    edges, the nearest cells of their neighbours, so that heights are continuous there.
    """
    looks = [_read_piece(piece, number, bounds) for number, piece in enumerate(pieces)]
    _check_alike(looks)
    finest = min(looks, key=lambda look: (round(math.prod(look.steps), 15), look.number))
    margins = [2 * max(look.steps[axis] for look in looks) for axis in (0, 1)]
    wide = _widen_bounds(bounds, *margins)
    grid, shape = _make_grid(finest, wide)
    heights = np.full(shape, np.nan, dtype=np.float32)
    owner = np.full(shape, NOBODY, dtype=np.int16)
    resampled: list[str] = []
    for group in _group_by_grid(looks):
        if _is_same_grid(group[0].transform, grid, finest):
            _copy(group, grid, heights, owner)
        else:
            _interpolate(group, grid, heights, owner, wide)
            resampled += [look.piece.name for look in group]
    if sea:
        _flood_sea(heights, owner, grid, sea)
    # what is next to the outer edge has no neighbours to be interpolated with: cut off
    grid, heights, owner = _cut_out(grid, heights, owner, *_make_grid(finest, bounds))
    names = {look.number: look.piece.name for look in looks} | {SEA: "sea"}
    numbers, counts = np.unique(owner[np.isfinite(heights)], return_counts=True)
    cell_counts = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
    return Mosaic(
        heights_m=heights,
        transform=grid,
        crs=finest.crs,
        cells={name: cell_counts.get(number, 0) for number, name in names.items()},
        steps={look.piece.name: _round_steps(look) for look in looks},
        resampled=tuple(resampled),
        seams=_find_seams(heights, owner, names),
        voids=np.isnan(heights) & (owner >= 0),
    )


def _read_piece(piece: ElevationTile, number: int, bounds: Bounds) -> _PieceOnGrid:
    with open_raster(piece.path, shown=piece.name) as raster:
        transform = _turn_grid(raster, bounds)
        a, _, c, _, e, f = transform
        edges = (c, f + e * raster.rows, c + a * raster.cols, f)
        return _PieceOnGrid(piece, number, transform, raster.crs, edges)


def _turn_grid(raster: Raster, bounds: Bounds) -> Transform:
    """Turn a grid in degrees by 360 so that it is nearest to what is needed."""
    a, b, c, d, e, f = raster.transform
    if raster.crs.is_geographic:
        middle = c + a * raster.cols / 2
        c -= 360.0 * round((middle - (bounds[0] + bounds[2]) / 2) / 360.0)
    return a, b, c, d, e, f


def _check_alike(looks: Sequence[_PieceOnGrid]) -> None:
    """Name the piece that differs from most others, and in what."""
    crs = Counter(look.crs.to_wkt() for look in looks).most_common(1)[0][0]
    datum = Counter(simplify_datum(look.piece.datum) for look in looks).most_common(1)[0][0]
    unit = Counter(look.piece.unit for look in looks).most_common(1)[0][0]
    for look in looks:
        name = look.piece.name
        if look.crs.to_wkt() != crs and not look.crs.equals(crs, ignore_axis_order=True):
            raise RasterError(
                f"has another CRS than the other tiles: '{look.crs.name}'. Use tiles of one CRS.",
                path=name,
            )
        if simplify_datum(look.piece.datum) != datum:
            others = next(
                other.piece.datum for other in looks if simplify_datum(other.piece.datum) == datum
            )
            raise RasterError(
                f"its heights are above '{look.piece.datum}', those of the other tiles above "
                f"'{others}'. Use tiles of one vertical datum.",
                path=name,
            )
        if look.piece.unit != unit:
            raise RasterError(
                f"its heights are in {look.piece.unit}, those of the other tiles in {unit}. "
                "Use tiles of one unit.",
                path=name,
            )
    for source in dict.fromkeys(look.piece.source for look in looks):
        _check_steps([look for look in looks if look.piece.source == source])


def _check_steps(looks: Sequence[_PieceOnGrid]) -> None:
    """Compare the steps of one source's pieces; a provider's tiles may be wider towards poles."""
    steps = Counter(_round_steps(look) for look in looks)
    usual = steps.most_common(1)[0][0]
    for look in looks:
        wide, high = _round_steps(look)
        own_files = look.piece.source == "tiles"
        if not math.isclose(high, usual[1], rel_tol=1e-5) or (
            own_files and not math.isclose(wide, usual[0], rel_tol=1e-5)
        ):
            raise RasterError(
                f"has cells of {wide:.8g} x {high:.8g}, the other tiles of {usual[0]:.8g} x "
                f"{usual[1]:.8g}. Use tiles of one step.",
                path=look.piece.name,
            )


def _round_steps(look: _PieceOnGrid) -> tuple[float, float]:
    wide, high = look.steps
    return float(f"{wide:.6g}"), float(f"{high:.6g}")


def _make_grid(finest: _PieceOnGrid, bounds: Bounds) -> tuple[Transform, tuple[int, int]]:
    """Extend the finest piece's grid over what is needed."""
    a, _, c, _, e, f = finest.transform
    west, south, east, north = bounds
    left, right = math.floor((west - c) / a), math.ceil((east - c) / a)
    top, bottom = math.floor((north - f) / e), math.ceil((south - f) / e)
    rows, cols = bottom - top, right - left
    if rows * cols > MOST_MOSAIC_CELLS:
        raise RasterError(
            f"{rows:,} x {cols:,} cells of elevation are needed (at most {MOST_MOSAIC_CELLS:,}). "
            "Use a coarser source (--source glo90), or a smaller study area."
        )
    return find_window_transform(finest.transform, window=Window(top, left, rows, cols)), (
        rows,
        cols,
    )


def _widen_bounds(bounds: Bounds, by_x: float, by_y: float) -> Bounds:
    west, south, east, north = bounds
    return west - by_x, south - by_y, east + by_x, north + by_y


def _cut_out(
    grid: Transform,
    heights: NDArray[np.float32],
    owner: NDArray[np.int16],
    target: Transform,
    shape: tuple[int, int],
) -> tuple[Transform, NDArray[np.float32], NDArray[np.int16]]:
    """Cut a part out of a grid of the same cells."""
    top = round((target[5] - grid[5]) / grid[4])
    left = round((target[2] - grid[2]) / grid[0])
    at = np.s_[top : top + shape[0], left : left + shape[1]]
    return target, heights[at], owner[at]


def _group_by_grid(looks: Sequence[_PieceOnGrid]) -> Iterator[list[_PieceOnGrid]]:
    """Yield pieces that share a grid, the finest first."""
    left = sorted(
        looks, key=lambda look: (_round_steps(look)[0] * _round_steps(look)[1], look.number)
    )
    while left:
        first = left[0]
        group = [look for look in left if _round_steps(look) == _round_steps(first)]
        for look in group:
            if not _is_same_grid(look.transform, first.transform, look):
                raise RasterError(
                    "its cells lie between those of the other tiles. Use tiles of one grid, or "
                    "merge them before: gdalwarp IN... OUT.tif",
                    path=look.piece.name,
                )
        left = [look for look in left if look not in group]
        yield group


def _is_same_grid(grid: Transform, other: Transform, look: _PieceOnGrid) -> bool:
    """Say whether two grids have the same step, and cells on cells."""
    a, _, c, _, e, f = grid
    cols = abs(look.bounds[2] - look.bounds[0]) / other[0]
    alike = abs(a / other[0] - 1) * cols < 0.02 and abs(e / other[4] - 1) * cols < 0.02
    off = (c - other[2]) / other[0], (f - other[5]) / other[4]
    return alike and all(abs(cells - round(cells)) < 0.02 for cells in off)


def _copy(
    group: Sequence[_PieceOnGrid],
    grid: Transform,
    heights: NDArray[np.float32],
    owner: NDArray[np.int16],
) -> NDArray[np.bool_] | None:
    """Copy cells into a grid that they fit; what is known already stays."""
    rows, cols = heights.shape
    for look in group:
        with open_raster(look.piece.path, shown=look.piece.name) as raster:
            top = round((look.transform[5] - grid[5]) / grid[4])
            left = round((look.transform[2] - grid[2]) / grid[0])
            part = clip_window(raster, window=Window(-top, -left, rows, cols))
            if part is None:
                continue
            at = np.s_[
                part.row + top : part.row + top + part.rows,
                part.col + left : part.col + left + part.cols,
            ]
            values = read_window(raster, window=part)
            new = np.isnan(heights[at]) & np.isfinite(values)
            heights[at][new] = values[new]
            # a void belongs to its tile as well: nothing may be spread into it from beside
            owner[at][owner[at] == NOBODY] = look.number
            owner[at][new] = look.number
    return None


def _interpolate(
    group: Sequence[_PieceOnGrid],
    grid: Transform,
    heights: NDArray[np.float32],
    owner: NDArray[np.int16],
    bounds: Bounds,
) -> None:
    """Fill what is unknown from pieces of another step."""
    wide, high = group[0].steps
    coarse_grid, shape = _make_grid(group[0], _widen_bounds(bounds, 2 * wide, 2 * high))
    coarse = np.full(shape, np.nan, dtype=np.float32)
    coarse_owner = np.full(shape, NOBODY, dtype=np.int16)
    _copy(group, coarse_grid, coarse, coarse_owner)
    _read_rim(coarse, coarse_owner, coarse_grid, heights, grid)
    rows, cols = heights.shape
    col = _find_positions(grid[2], grid[0], cols, coarse_grid[2], coarse_grid[0])
    for first in range(0, rows, 512):
        band = np.s_[first : min(first + 512, rows)]
        row = _find_positions(grid[5], grid[4], rows, coarse_grid[5], coarse_grid[4])[band]
        at_row, at_col = np.nonzero(np.isnan(heights[band]) & (owner[band] == NOBODY))
        if len(at_row) == 0:
            continue
        values = interpolate_bilinear(coarse, row=row[at_row], col=col[at_col])
        near = coarse_owner[
            np.clip(np.rint(row[at_row]).astype(int), 0, shape[0] - 1),
            np.clip(np.rint(col[at_col]).astype(int), 0, shape[1] - 1),
        ]
        known = np.isfinite(values)
        heights[band][at_row[known], at_col[known]] = values[known]
        owner[band][at_row[known], at_col[known]] = near[known]


def _find_positions(
    start: float, step: float, count: int, other: float, step_o: float
) -> np.ndarray:
    """Return fractional positions of cell centres of one axis on another grid's axis."""
    return (start + step * (np.arange(count) + 0.5) - other) / step_o - 0.5


def _read_rim(
    coarse: NDArray[np.float32],
    owner: NDArray[np.int16],
    coarse_grid: Transform,
    heights: NDArray[np.float32],
    grid: Transform,
) -> None:
    """Surround coarse pieces by one cell of their neighbours, or of their own edge."""
    covered = owner != NOBODY
    spread = np.zeros((covered.shape[0] + 2, covered.shape[1] + 2), dtype=bool)
    around = [(down, right) for down in (0, 1, 2) for right in (0, 1, 2)]
    for down, right in around:
        spread[down : down + covered.shape[0], right : right + covered.shape[1]] |= covered
    row, col = np.nonzero(spread[1:-1, 1:-1] & ~covered)
    y = coarse_grid[5] + coarse_grid[4] * (row.astype(np.float64) + 0.5)
    x = coarse_grid[2] + coarse_grid[0] * (col.astype(np.float64) + 0.5)
    values = interpolate_bilinear(
        heights, row=(y - grid[5]) / grid[4] - 0.5, col=(x - grid[2]) / grid[0] - 0.5
    )
    # straight neighbours before diagonal ones
    for down, right in sorted(around, key=lambda by: abs(by[0] - 1) + abs(by[1] - 1)):
        beside_row = np.clip(row + down - 1, 0, coarse.shape[0] - 1)
        beside_col = np.clip(col + right - 1, 0, coarse.shape[1] - 1)
        beside = np.where(
            covered[beside_row, beside_col], coarse[beside_row, beside_col], np.float32(np.nan)
        )
        owner_here = owner[row, col]
        take = covered[beside_row, beside_col] & (owner_here == NOBODY)
        owner[row[take], col[take]] = owner[beside_row, beside_col][take]
        values = np.where(np.isnan(values), beside, values)
    coarse[row, col] = values


def _flood_sea(
    heights: NDArray[np.float32],
    owner: NDArray[np.int16],
    grid: Transform,
    sea: Sequence[DegreeTile],
) -> None:
    """Set unknown cells of tiles that are known to be sea to its level."""
    rows, cols = heights.shape
    lat = grid[5] + grid[4] * (np.arange(rows) + 0.5)
    lon = grid[2] + grid[0] * (np.arange(cols) + 0.5)
    rounding = 0.01 * grid[0]
    for tile in sea:
        # heights of a tile stand on its northern and western edge, not on the others
        down = np.flatnonzero((lat > tile.lat + rounding) & (lat <= tile.lat + 1 + rounding))
        for turn in (-360, 0, 360):
            west = tile.turned + turn
            right = np.flatnonzero((lon >= west - rounding) & (lon < west + 1 - rounding))
            if len(down) and len(right):
                at = np.s_[down[0] : down[-1] + 1, right[0] : right[-1] + 1]
                empty = np.isnan(heights[at]) & (owner[at] == NOBODY)
                heights[at][empty] = _SEA_LEVEL_M
                owner[at][empty] = SEA


def _find_seams(
    heights: NDArray[np.float32], owner: NDArray[np.int16], names: Mapping[int, str]
) -> tuple[Seam, ...]:
    """Compare heights across every edge between two pieces, in both directions."""
    steps_by_pair: dict[tuple[int, int], list[NDArray[np.float64]]] = {}
    for turned in (False, True):
        z, who = (heights.T, owner.T) if turned else (heights, owner)
        row, col = np.nonzero(who[:, 1:] != who[:, :-1])
        fits = (col >= 1) & (col + 2 < z.shape[1])
        row, col = row[fits], col[fits]
        before, after = z[row, col].astype(float), z[row, col + 1].astype(float)
        slope = (before - z[row, col - 1] + z[row, col + 2] - after) / 2
        step = after - before - slope
        pairs = np.column_stack([who[row, col], who[row, col + 1]])
        for pair in {
            (int(first), int(second)) for first, second in pairs if NOBODY not in (first, second)
        }:
            pair_steps = step[(pairs == pair).all(axis=1)]
            first, second = min(pair), max(pair)
            sign = 1.0 if pair == (first, second) else -1.0
            steps_by_pair.setdefault((first, second), []).append(
                sign * pair_steps[np.isfinite(pair_steps)]
            )
    seams = []
    for (first, second), parts in sorted(steps_by_pair.items()):
        steps = np.concatenate(parts)
        if len(steps) >= _FEWEST_CELLS:
            seams.append(Seam(names[first], names[second], len(steps), float(np.median(steps))))
    return tuple(seams)


METHOD = "linear between the known cells around a void (Delaunay triangulation of its rim)"


def fill_voids(
    heights_m: NDArray[np.float32], *, voids: NDArray[np.bool_], most_cells: int
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
        interpolated = _fill_from_rim(heights_m[at], inside)
        if interpolated is not None:
            heights_m[at][inside] = interpolated
            filled[at] |= inside
    return filled


def _fill_from_rim(
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
