"""Heights read from a file by windows: in full where they fit, else every n-th cell as a survey."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyproj

from frontline.errors import RasterError
from frontline.raster import io as rasters
from frontline.raster.io import (
    Raster,
    Transform,
    Window,
    find_window,
    find_window_transform,
    open_raster,
)
from frontline.raster.zonal import densify_edges, to_raster_crs

if TYPE_CHECKING:
    from numpy.typing import NDArray


LOWEST_M, HIGHEST_M = -500.0, 9_000.0
"""Heights beyond these are no land surface but a void that is not tagged (-9999, -32768, 32767)."""

SURVEY_CELLS = 16_000_000
"""Cells of a survey: what a raster that is too large for memory is thinned to."""

MOST_SURVEYED = 4_000_000_000
"""Cells of the largest window that is surveyed: 1,900 x 1,900 km at 30 m."""

PIECES = "PIECES"
"""Tag under which an elevation names what each part of it was made from."""

_BAND_CELLS = 8_000_000
_WILD_SHARE, _WILD_VALUES = 0.1, 20


@dataclass(frozen=True)
class HeightsFile:
    """A file of which windows are read at need.

    Parameters
    ----------
    path, crs, nodata, shown
        As `open_raster` takes them.
    to_m
        Metres to a unit of its heights.
    step_m
        Size of a cell on the ground, (north-south, east-west), at the middle of what is asked of.
    """

    path: Path
    crs: str | None
    nodata: float | None
    shown: str
    to_m: float
    step_m: tuple[float, float]

    def read_around(
        self, area: Any, area_crs: pyproj.CRS
    ) -> tuple[NDArray[np.float32], Transform] | None:
        """Read the heights under an area's bounds, every cell; None where there are none.

        Raises
        ------
        RasterError
            The area needs more than ``rasters.MOST_CELLS`` cells.
        """
        with open_raster(self.path, crs=self.crs, nodata=self.nodata, shown=self.shown) as raster:
            if not find_windows(raster, area=area, area_crs=area_crs):
                return None
            heights, transform = read_around(raster, area=area, area_crs=area_crs, to_m=self.to_m)
        remove_voids(heights)
        return heights, transform


def find_vertical_datum(raster: Raster) -> str:
    """Return what heights are above, where the file's CRS says so; else an empty text."""
    stated = raster.dataset.crs
    crs = pyproj.CRS.from_wkt(stated.to_wkt()) if stated is not None else None
    if crs is None:
        return ""
    if crs.is_compound:
        return str(crs.sub_crs_list[1].name)
    ellipsoid = crs.ellipsoid
    # the third axis of a CRS that is not a compound one is the height above its ellipsoid
    has_height_axis = len(crs.axis_info) == 3 and ellipsoid is not None
    return f"{ellipsoid.name} ellipsoid" if has_height_axis and ellipsoid is not None else ""


def read_provenance(raster: Raster) -> tuple[dict[str, Any], ...]:
    """Read what each part of an elevation was made from, where `frontline fetch` made it.

    Returns
    -------
    ``tile``, ``source``, ``datum``, ``step`` (size of its own cells, from east to west and from
    north to south, in units of the CRS) and ``resampled``; nothing from other files.
    """
    try:
        pieces = json.loads(raster.dataset.tags().get(PIECES, "[]"))
        return tuple(
            {
                "tile": str(piece["tile"]),
                "source": str(piece["source"]),
                "datum": str(piece["datum"]),
                "step": [float(size) for size in piece["step"]],
                "resampled": bool(piece["resampled"]),
            }
            for piece in pieces
        )
    except (ValueError, TypeError, KeyError):  # a file of somebody else's
        return ()


def is_same_datum(datum: str, *, other: str) -> bool:
    """Compare names of a datum however they are written: ``EGM2008 height`` is ``EGM2008``."""
    return simplify_datum(datum) == simplify_datum(other)


def simplify_datum(datum: str) -> str:
    """Return the name of a datum without what is written in several ways."""
    return re.sub(r"[^a-z0-9]|height|geoid", "", datum.casefold())


def find_windows(raster: Raster, *, area: Any, area_crs: pyproj.CRS) -> list[Window]:
    """Return the parts of a raster under an area's bounds.

    Parameters
    ----------
    raster
        The raster.
    area
        Geometry.
    area_crs
        Its CRS.

    Returns
    -------
    One window; or several, of which each holds another part of the area, where a raster of the
    whole turn meets it at both edges. None where it does not reach the area.
    """
    dense = densify_edges(np.array([area], dtype=object), crs=area_crs)
    _, shapes = to_raster_crs(raster, shapes=dense, crs=area_crs)
    windows = [find_window(raster, bounds=shape.bounds, margin_cells=2) for shape in shapes]
    if len(windows) == 1:
        part = rasters.clip_window(raster, window=windows[0])
        return [] if part is None else [part]
    return [window._replace(rows=windows[0].rows, cols=windows[0].cols) for window in windows]


def read_around(
    raster: Raster, *, area: Any, area_crs: pyproj.CRS, to_m: float = 1.0, every: int = 1
) -> tuple[NDArray[np.float32], Transform]:
    """Read what a raster has under an area's bounds, joined across the antimeridian.

    Parameters
    ----------
    raster
        An open raster.
    area
        Geometry.
    area_crs
        Its CRS.
    to_m
        Metres to a unit of its heights.
    every
        Read the middle cell of each square of so many cells a side; odd.

    Returns
    -------
    Metres, NaN where unknown, and the transform.

    Raises
    ------
    RasterError
        The raster does not reach the area, or that has too many cells.
    """
    windows = find_windows(raster, area=area, area_crs=area_crs)
    if not windows:
        raise RasterError(
            "does not reach the study area. Use elevation of this region, or correct the CRS.",
            path=raster.path,
        )
    heights = _read_thinned(raster, windows[0], every)
    # A raster of the whole turn meets the area at both its edges: lay the pieces side by side.
    for window in windows[1:]:
        heights = np.where(np.isnan(heights), _read_thinned(raster, window, every), heights)
    if to_m != 1.0:
        heights *= np.float32(to_m)
    a, b, c, d, e, f = find_window_transform(raster.transform, window=windows[0])
    return heights, (a * every, b, c, d, e * every, f)


def count_cells(raster: Raster, *, area: Any, area_crs: pyproj.CRS) -> int:
    """Count the cells that `read_around` would read."""
    windows = find_windows(raster, area=area, area_crs=area_crs)
    return windows[0].cells if windows else 0


def choose_thinning(cells: int) -> int:
    """Tell the side of the squares of cells of which a survey of so many cells takes one each.

    An odd number: the middle of the square is then the middle of a cell.
    """
    side = max(math.ceil(math.sqrt(cells / SURVEY_CELLS)), 3)
    return side + 1 - side % 2


def _read_thinned(raster: Raster, window: Window, every: int) -> NDArray[np.float32]:
    if every == 1:
        return cast("NDArray[np.float32]", rasters.read_window(raster, window=window))
    if window.cells > MOST_SURVEYED:
        raise RasterError(
            f"{window.rows:,} x {window.cols:,} cells are needed (at most {MOST_SURVEYED:,}); "
            f"the file has {raster.rows:,} x {raster.cols:,}. Use a coarser raster or a smaller "
            "study area.",
            path=raster.path,
        )
    rows, cols = math.ceil(window.rows / every), math.ceil(window.cols / every)
    survey = np.full((rows, cols), np.nan, dtype=np.float32)
    middle = every // 2
    most_squares = max(1, min(_BAND_CELLS, rasters.MOST_CELLS) // every**2)
    block_cols = min(cols, most_squares)
    block_rows = max(1, most_squares // block_cols)
    for top in range(0, rows, block_rows):
        for left in range(0, cols, block_cols):
            part = survey[top : top + block_rows, left : left + block_cols]
            part_window = Window(
                window.row + top * every,
                window.col + left * every,
                part.shape[0] * every,
                part.shape[1] * every,
            )
            part[:] = rasters.read_window(raster, window=part_window)[middle::every, middle::every]
    return survey


def remove_voids(heights: NDArray[np.float32]) -> int:
    """Make impossible heights unknown, in place, and count them."""
    with np.errstate(invalid="ignore"):
        void = (heights < LOWEST_M) | (heights > HIGHEST_M)
    heights[void] = np.nan
    return int(np.count_nonzero(void))


def refuse_other_units(heights_m: NDArray[np.float32], *, path: Path) -> None:
    """Refuse heights of which none is known, or that are no metres.

    Parameters
    ----------
    heights_m
        As read, with impossible heights still in it.
    path
        The file, as messages show it.

    Raises
    ------
    RasterError
        No cell is known; or a tenth of the cells or more are impossible and differ from each
        other. A value that stands for unknown and is not tagged is the same everywhere.
    """
    known = heights_m[np.isfinite(heights_m)]
    if not known.size:
        raise RasterError(
            "knows no height around the study area: every cell there is nodata. Use elevation of "
            "this region.",
            path=path,
        )
    wild = known[(known < LOWEST_M) | (known > HIGHEST_M)]
    if wild.size < _WILD_SHARE * known.size or not wild.size:
        return
    if len(np.unique(wild)) >= _WILD_VALUES:
        raise RasterError(
            f"its heights reach from {wild.min():,.0f} to {wild.max():,.0f} m around the study "
            f"area (expected {LOWEST_M:,.0f} to {HIGHEST_M:,.0f}): are they in another unit? Set "
            "unit in [elevation], or convert them.",
            path=path,
            field="unit",
        )
    if wild.size == known.size:
        raise RasterError(
            f"knows no height around the study area: every cell there holds {wild[0]:g}, which is "
            "no height. Use elevation of this region.",
            path=path,
        )
