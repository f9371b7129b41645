"""The elevation model: opened, checked, cut and resampled for sight, heights at points."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely

from frontline._typing import AnyFloats
from frontline.elevation.canopy import TreeSource, find_trees, read_tree_heights
from frontline.elevation.heights import (
    HIGHEST_M,
    LOWEST_M,
    HeightsFile,
    choose_thinning,
    count_cells,
    find_vertical_datum,
    is_same_datum,
    read_around,
    read_provenance,
    refuse_other_units,
    remove_voids,
)
from frontline.elevation.units import METRES, doubt_units, find_unit
from frontline.errors import RasterError
from frontline.project.loader import write_relative
from frontline.raster import io as rasters
from frontline.raster.grid import (
    interpolate_bilinear,
    is_true_to_scale,
    measure_cell_steps,
    measure_middle_step,
    resample_heights,
)
from frontline.raster.io import (
    MOST_CELLS,
    Bounds,
    Raster,
    Transform,
    Window,
    find_window_bounds,
    find_window_transform,
    open_raster,
)
from frontline.raster.zonal import densify_edges
from frontline.records import Note

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.inputs.layers import Layers
    from frontline.project.models import Elevation, Project


def add_trees(grid: Dem, *, posts_rc: NDArray[Any]) -> Dem:
    """Put trees upon the ground, but not where posts stand.

    Parameters
    ----------
    grid
        Ground on a metric grid, from `make_sight_grid`.
    posts_rc
        Row and column of posts, shape ``(n, 2)``; between cells, all cells around them are
        cleared.

    Returns
    -------
    The grid with what rays must clear, and in ``trees_known`` the share of its known cells in
    which the trees are known; as it is without trees. Where trees are unknown the height is
    unknown, and not that of the ground.
    """
    if grid.trees is None:
        return grid
    rows, cols = grid.heights_m.shape
    crs = pyproj.CRS.from_user_input(grid.crs)
    trees_m = read_tree_heights(grid.trees, transform=grid.transform, crs=crs, shape=(rows, cols))
    ground = np.isfinite(grid.heights_m)
    known = int(np.count_nonzero(ground & np.isfinite(trees_m)))
    for end in (np.floor, np.ceil):
        for other in (np.floor, np.ceil):
            row, col = end(posts_rc[:, 0]).astype(np.int64), other(posts_rc[:, 1]).astype(np.int64)
            on = (row >= 0) & (row < rows) & (col >= 0) & (col < cols)
            trees_m[row[on], col[on]] = 0.0
    return replace(
        grid,
        heights_m=grid.heights_m + trees_m,
        trees=None,
        trees_known=known / max(int(np.count_nonzero(ground)), 1),
    )


COARSE_M = 100.0
"""Sight on cells larger than this is an illustration, not evidence."""

SCALE_TOLERANCE = 0.001
"""How far ground and grid distances may differ before a grid is resampled."""


@dataclass(frozen=True)
class Dem:
    """Heights on a grid, north up.

    Parameters
    ----------
    heights_m
        Metres, float32, shape ``(rows, cols)``; NaN is unknown, as is all that lies outside.
    transform
        ``(a, 0, c, 0, e, f)``: the upper left corner of cell (row, col) lies at x = a col + c,
        y = e row + f, with e < 0.
    crs
        Horizontal coordinate reference system, as text that pyproj reads.
    step_m
        Size of a cell on the ground, (north-south, east-west), at the middle of the grid.
    vertical_datum, model, accuracy_m, source
        What the project says of them.
    pieces
        What each part was made from, as `heights.read_provenance` gives it; empty if the file does
        not say.
    notes
        What a reader must know: unknown cells, suspicious heights, resampling.
    fine
        Where these heights are but a survey of a file too large for memory: the file, of which
        `make_sight_grid` reads every cell around a stretch of line.
    trees
        Where heights of trees are read from, which rays must clear; these heights hold none.
    trees_known
        Where these heights do hold trees: the share of the cells in which they are known.
    """

    heights_m: NDArray[np.float32]
    transform: Transform
    crs: str
    step_m: tuple[float, float]
    vertical_datum: str = ""
    model: str = "unknown"
    accuracy_m: float | None = None
    source: str = ""
    notes: tuple[Note, ...] = ()
    pieces: tuple[dict[str, Any], ...] = ()
    fine: HeightsFile | None = None
    trees: TreeSource | None = None
    trees_known: float = 1.0

    @property
    def sight_step_m(self) -> tuple[float, float]:
        """Size of the cells that `make_sight_grid` gives, as ``step_m``."""
        return self.step_m if self.fine is None else self.fine.step_m

    @property
    def bounds(self) -> Bounds:
        """West, south, east, north edge in the grid's CRS."""
        return find_window_bounds(self.transform, window=Window(0, 0, *self.heights_m.shape))

    def rowcol(self, x: AnyFloats, y: AnyFloats) -> NDArray[np.int64]:
        """Find the cells of points given in the grid's CRS.

        Parameters
        ----------
        x, y
            Shape ``(n,)``.

        Returns
        -------
        Row and column, shape ``(n, 2)``; ``(-1, -1)`` outside the grid or where x or y is NaN.
        """
        place = self.position(x, y) + 0.5
        rows, cols = self.heights_m.shape
        known = (place >= 0).all(axis=1) & (place[:, 0] < rows) & (place[:, 1] < cols)
        cells = np.full(place.shape, -1, dtype=np.int64)
        cells[known] = np.floor(place[known]).astype(np.int64)
        return cells

    def position(self, x: AnyFloats, y: AnyFloats) -> NDArray[np.float64]:
        """Return fractional row and column, shape ``(n, 2)``; whole at the centre of a cell."""
        a, _, c, _, e, f = self.transform
        row = (np.asarray(y, dtype=np.float64) - f) / e - 0.5
        col = (np.asarray(x, dtype=np.float64) - c) / a - 0.5
        return np.column_stack([row, col])


def read_dem(project: Project, *, layers: Layers) -> Dem | None:
    """Read the project's elevation around study area and lines.

    Parameters
    ----------
    project
        Names the file and describes it; None without elevation.
    layers
        Study area and lines in the plane of ``layers.plane``.

    Returns
    -------
    The part of the raster under the study area's bounds and the lines' surroundings as far as
    sight and zones reach. Where that has more cells than `rasters.MOST_CELLS`, the lines'
    surroundings alone; where these have more, every n-th cell, and in ``fine`` the file.

    Raises
    ------
    RasterError
        The raster cannot be used, does not reach the area, or its unit contradicts the project.
    """
    stated = project.elevation
    if stated is None:
        return None
    # A tenth more: the plane may stretch distances by that much at its edges.
    reach_m = 1.1 * max(project.sight.radius_m, *project.zones.distances_m)
    lines = [geometry for frame in layers.lines.values() for geometry in frame.geometry]
    line_boxes = [shapely.box(*_widen_bounds(line.bounds, reach_m)) for line in lines]
    wide_area = shapely.box(*shapely.total_bounds([layers.study_area, *line_boxes]))
    shown = write_relative(stated.path, project=project)
    with open_raster(stated.path, crs=stated.crs, nodata=stated.nodata, shown=shown) as raster:
        about = stated.path.name
        unit_notes = tuple(_check_unit(raster, stated, about))
        # Where all has too many cells: sight needs no more than the lines' surroundings.
        line_area = shapely.box(*shapely.total_bounds(line_boxes))
        area, every, notes = _choose_area(raster, wide_area, line_area, layers.plane.crs, about)
        to_m = METRES[stated.unit]
        heights, transform = read_around(
            raster, area=area, area_crs=layers.plane.crs, to_m=to_m, every=every
        )
        crs = raster.crs
        datum, pieces = find_vertical_datum(raster), read_provenance(raster)
        notes += [
            *unit_notes,
            *_doubt_datum(stated, datum, about),
            *_note_filled_cells(raster, about),
        ]
        notes += [Note(about, raster.datum_doubt)] if raster.datum_doubt else []
    refuse_other_units(heights, path=Path(shown))
    notes += _note_voids(heights, about)
    step_m = measure_middle_step(transform, crs=crs, shape=heights.shape)
    notes += doubt_units(heights, step_m=step_m, about=about)
    fine = None
    if every > 1:
        step = step_m[0] / every, step_m[1] / every
        fine = HeightsFile(stated.path, stated.crs, stated.nodata, shown, to_m, step)
    return Dem(
        heights_m=heights,
        transform=transform,
        crs=crs.to_wkt(),
        step_m=step_m,
        vertical_datum=stated.vertical_datum or datum,
        model=stated.model,
        accuracy_m=stated.accuracy_m,
        source=stated.source,
        notes=(*notes, *_note_unknown_share(heights, about)),
        pieces=pieces,
        fine=fine,
        trees=find_trees(project, area=line_area, area_crs=layers.plane.crs),
    )


def _choose_area(
    raster: Raster, wide: Any, narrow: Any, area_crs: pyproj.CRS, about: str
) -> tuple[Any, int, list[Note]]:
    """Choose an area that fits into memory, or every how many cells are read, and say so."""
    if count_cells(raster, area=wide, area_crs=area_crs) <= rasters.MOST_CELLS:
        return wide, 1, []
    if count_cells(raster, area=narrow, area_crs=area_crs) <= rasters.MOST_CELLS:
        text = "read around the lines only: the study area is too large."
        return narrow, 1, [Note(about, text)]
    cells = count_cells(raster, area=wide, area_crs=area_crs)
    every = choose_thinning(cells)
    text = (
        f"has {cells:,} cells there, more than fit into memory ({rasters.MOST_CELLS:,}): maps, "
        f"relief and shares of land are taken from one cell of every {every} x {every}. Sight "
        "itself reads every cell around each stretch of line."
    )
    return wide, every, [Note(about, text)]


def is_coarse(dem: Dem) -> bool:
    """Say whether sight on this grid is an illustration only: cells larger than 100 m."""
    # A grid of 100 m is one of 100.1 m on the ground where its projection is not quite true.
    return max(dem.sight_step_m) > 1.01 * COARSE_M


def make_sight_grid(dem: Dem, *, area: Any, area_crs: pyproj.CRS, margin_m: float = 0.0) -> Dem:
    """Return heights on a grid whose cells have one true size in metres, around an area.

    Parameters
    ----------
    dem
        Heights in any CRS.
    area
        Geometry whose bounding box is needed: for a long front take it by stretches.
    area_crs
        Its CRS, in metres.
    margin_m
        Further metres on every side, such as the radius of sight; a tenth more is taken, which
        the area's plane may be off.

    Returns
    -------
    A grid that covers area and margin; what the elevation does not reach is unknown. Its
    ``step_m`` is the distance of cell centres, for ``cell_size_m`` of the sight kernels.

    Raises
    ------
    RasterError
        The area is too wide for one plane (about 490 km from its middle), or for one grid.

    Notes
    -----
    A projected grid whose distances are true within 0.1 % (metres or feet) is cut out and
    otherwise used as it is. Degrees, Web Mercator and the like are interpolated bilinearly to an
    azimuthal equidistant plane about the area's middle, with the elevation's own step there in
    either direction: finer cells would hold no more information. Interpolation flattens summits
    a little, by less than the step of the grid hides of them. A cell is unknown if any of the up
    to four heights that it would be made of is unknown. The scale of that plane is off by
    r^2 / (6 R^2) at distance r.
    """
    widened = shapely.box(*_widen_bounds(area.bounds, 1.1 * margin_m))
    crs = pyproj.CRS.from_user_input(dem.crs)
    if dem.fine is not None:
        dem = _read_in_full(dem, dem.fine, crs, widened, area_crs)
    if crs.is_projected:
        window = _find_window_over(dem, widened, area_crs)
        if is_true_to_scale(dem.transform, crs=crs, window=window, tolerance=SCALE_TOLERANCE):
            return _cut_window(dem, crs, window)
    return _resample_about(dem, crs, widened, area_crs)


def sample_heights(dem: Dem, *, xy: AnyFloats, crs: pyproj.CRS) -> NDArray[np.float64]:
    """Interpolate heights bilinearly between cell centres.

    Parameters
    ----------
    dem
        The grid.
    xy
        Points, shape ``(n, 2)``.
    crs
        Their CRS.

    Returns
    -------
    Metres, shape ``(n,)``; NaN where any contributing cell is unknown, and beyond the outermost
    cell centres.
    """
    x, y = to_dem_crs(dem, crs, np.asarray(xy)[:, 0], np.asarray(xy)[:, 1])
    place = dem.position(x, y)
    return interpolate_bilinear(dem.heights_m, row=place[:, 0], col=place[:, 1])


def _widen_bounds(bounds: Bounds, by: float) -> Bounds:
    west, south, east, north = bounds
    return west - by, south - by, east + by, north + by


def _check_unit(raster: Raster, stated: Elevation, about: str) -> Iterator[Note]:
    """Refuse a file that says another unit than the project; say where its word is not known."""
    unit = find_unit(raster)
    if unit in METRES and unit != stated.unit:
        raise RasterError(
            f"its heights are in '{raster.unit or unit}', the project says {stated.unit}. "
            f'Set unit = "{unit}" in [elevation].',
            path=raster.path,
            field="unit",
        )
    if unit and unit not in METRES:
        yield Note(about, f"says that its heights are in '{unit}': taken for {stated.unit}.")


def _note_voids(heights: NDArray[np.float32], about: str) -> tuple[Note, ...]:
    """Make impossible heights unknown, in place, and say what looks like a void."""
    voids, notes = remove_voids(heights), []
    if voids:
        text = f"cells below {LOWEST_M:.0f} m or above {HIGHEST_M:,.0f} m are taken as unknown"
        notes.append(Note(about, f"{text}.", voids))
    level = int((heights == 0).sum())
    if level > 0.01 * heights.size:
        text = f"{level / heights.size:.0%} of the cells are exactly 0 m"
        notes.append(Note(about, f"{text}: sea, or a missing tile that was filled.", level))
    return tuple(notes)


def _doubt_datum(stated: Elevation, datum: str, about: str) -> Iterator[Note]:
    """Note a vertical datum that nobody names, or of which project and file say two things."""
    if not stated.vertical_datum and not datum:
        text = "nobody says what its heights are above: add vertical_datum to [elevation]."
        yield Note(about, text)
    elif stated.vertical_datum and datum and not is_same_datum(stated.vertical_datum, other=datum):
        text = f"its heights are above '{datum}', the project says '{stated.vertical_datum}'."
        yield Note(about, text)


def _note_filled_cells(raster: Raster, about: str) -> Iterator[Note]:
    """Note cells of the file that were voids: `frontline fetch` counts those that it fills."""
    tags = raster.dataset.tags()
    count = tags.get("FILLED_CELLS", "")
    if count.isdigit() and int(count):
        text = f"{int(count):,} cells of the file were voids and are filled: no measured heights."
        yield Note(about, text, int(count))


def _note_unknown_share(heights: NDArray[np.float32], about: str) -> Iterator[Note]:
    unknown = int(np.isnan(heights).sum())
    if unknown:
        text = f"{unknown / heights.size:.1%} of the cells around the study area are unknown."
        yield Note(about, text, unknown)


def to_dem_crs(
    dem: Dem, crs: pyproj.CRS, x: AnyFloats, y: AnyFloats
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bring points into the grid's CRS, and in degrees to the turn of 360 the grid is on."""
    dem_crs = pyproj.CRS.from_user_input(dem.crs)
    moved_x, moved_y = pyproj.Transformer.from_crs(crs, dem_crs, always_xy=True).transform(x, y)
    if dem_crs.is_geographic:
        turn = 2 * math.pi / dem_crs.axis_info[0].unit_conversion_factor
        west, _, east, _ = dem.bounds
        moved_x = moved_x - turn * np.round((moved_x - (west + east) / 2) / turn)
    return np.asarray(moved_x), np.asarray(moved_y)


def _find_window_over(dem: Dem, area: Any, area_crs: pyproj.CRS) -> Window:
    """Return the cells of a projected grid under an area; it may reach outside."""
    corners = shapely.get_coordinates(densify_edges(np.array([area], dtype=object), crs=area_crs))
    place = dem.position(*to_dem_crs(dem, area_crs, corners[:, 0], corners[:, 1]))
    if not np.isfinite(place).all():
        raise RasterError(
            "the area of interest has no place in the elevation's CRS. Reproject the elevation."
        )
    top, left = np.floor(place.min(axis=0)).astype(int)
    bottom, right = np.ceil(place.max(axis=0)).astype(int)
    return Window(int(top), int(left), int(bottom - top + 1), int(right - left + 1))


def _read_in_full(
    dem: Dem, fine: HeightsFile, crs: pyproj.CRS, area: Any, area_crs: pyproj.CRS
) -> Dem:
    """Read every cell of the file around an area."""
    reading = fine.read_around(area, area_crs)
    if reading is None:  # off the file: the survey knows nothing there either
        return dem
    heights, transform = reading
    step_m = measure_middle_step(transform, crs=crs, shape=heights.shape)
    return replace(dem, heights_m=heights, transform=transform, step_m=step_m, fine=None)


def _cut_window(dem: Dem, crs: pyproj.CRS, window: Window) -> Dem:
    """Cut a window out of a grid, padded with the unknown."""
    _check_size(window.rows, window.cols)
    heights = np.full((window.rows, window.cols), np.nan, dtype=np.float32)
    rows, cols = dem.heights_m.shape
    top, left = max(window.row, 0), max(window.col, 0)
    bottom, right = min(window.row + window.rows, rows), min(window.col + window.cols, cols)
    if bottom > top and right > left:
        heights[top - window.row : bottom - window.row, left - window.col : right - window.col] = (
            dem.heights_m[top:bottom, left:right]
        )
    metre = crs.axis_info[0].unit_conversion_factor
    return replace(
        dem,
        heights_m=heights,
        transform=find_window_transform(dem.transform, window=window),
        step_m=(-dem.transform[4] * metre, dem.transform[0] * metre),
    )


def _resample_about(dem: Dem, crs: pyproj.CRS, area: Any, area_crs: pyproj.CRS) -> Dem:
    """Interpolate a grid onto an azimuthal equidistant plane about the area's middle."""
    to_lonlat = pyproj.Transformer.from_crs(area_crs, "EPSG:4326", always_xy=True)
    west, south, east, north = area.bounds
    lon, lat = to_lonlat.transform((west + east) / 2, (south + north) / 2)
    local = pyproj.CRS.from_user_input(
        f"+proj=aeqd +lat_0={lat:.6f} +lon_0={lon:.6f} +datum=WGS84 +units=m"
    )
    corners = shapely.get_coordinates(densify_edges(np.array([area], dtype=object), crs=area_crs))
    x, y = pyproj.Transformer.from_crs(area_crs, local, always_xy=True).transform(*corners.T)
    reach = float(np.hypot(x, y).max())
    if not reach <= math.sqrt(6 * SCALE_TOLERANCE) * 6_371_008.8:
        raise RasterError(
            f"sight over an area that reaches {reach / 1000:,.0f} km from its middle does not fit "
            "one plane. Work stretch by stretch."
        )
    place = dem.position(
        *to_dem_crs(dem, pyproj.CRS.from_epsg(4326), np.array([lon]), np.array([lat]))
    )
    dy, dx = (float(step[0]) for step in measure_cell_steps(dem.transform, crs, *place.T))
    left, top = math.floor(x.min() / dx), math.ceil(y.max() / dy)
    shape = (top - math.floor(y.min() / dy) + 1, math.ceil(x.max() / dx) - left + 1)
    _check_size(*shape)
    onto = (dx, 0.0, (left - 0.5) * dx, 0.0, -dy, (top + 0.5) * dy)
    heights = resample_heights(
        dem.heights_m, transform=dem.transform, crs=crs, onto=onto, onto_crs=local, shape=shape
    )
    return replace(dem, heights_m=heights, transform=onto, crs=local.to_wkt(), step_m=(dy, dx))


def _check_size(rows: int, cols: int) -> None:
    if rows * cols > MOST_CELLS:
        raise RasterError(
            f"sight needs {rows:,} x {cols:,} cells at once (at most {MOST_CELLS:,}). "
            "Use coarser elevation, or work stretch by stretch."
        )
