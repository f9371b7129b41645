"""Rasters as pictures for the page: warped to Web Mercator, written as small indexed PNGs."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from frontline.raster.io import warp_array
from frontline.results.style import EXPOSURE, EXPOSURE_UNKNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.records import RasterResult


LONGEST = 1400
"""Most pixels along one edge of a picture."""
FLAT = 0.72
"""Brightness of level ground in a hill shading lit from 45 degrees."""
LEVELS = 24
EARTH_M = 6_378_137.0
"""Radius of the sphere of Web Mercator."""


@dataclass(frozen=True)
class Overlay:
    """A picture over the map: a data URI and ``((south, west), (north, east))`` in degrees."""

    uri: str
    bounds: tuple[tuple[float, float], tuple[float, float]]


def write_indexed_png(indices: NDArray[np.uint8], *, palette: NDArray[np.uint8]) -> bytes:
    """Return a PNG whose pixels are rows of a palette.

    Parameters
    ----------
    indices
        Row of the palette per pixel, shape ``(rows, cols)``.
    palette
        Red, green, blue and opacity, shape ``(n, 4)`` with ``n <= 256``.

    Notes
    -----
    The bytes depend on nothing but the arguments: no time, no name of a program.
    """
    from PIL import Image

    picture = Image.fromarray(indices)
    picture.putpalette(palette[:, :3].astype(np.uint8).tobytes())
    buffer = io.BytesIO()
    opacity = palette[:, 3].astype(np.uint8).tobytes()
    picture.save(buffer, format="PNG", optimize=True, transparency=opacity)
    return buffer.getvalue()


def make_shade_overlay(relief: RasterResult) -> Overlay:
    """Return hill shading as black and white of varying opacity, for light and dark pages.

    Cells without elevation are transparent.
    """
    shade = np.asarray(relief.bands["shade"], dtype=np.float32) / np.float32(255)
    if "elevation" in relief.bands:
        shade = np.where(np.isfinite(relief.bands["elevation"]), shade, np.nan)
    picture, bounds = to_mercator(shade, grid=relief, finer=3.0)
    relative = np.clip((picture - FLAT) / FLAT, -1.0, 0.4)
    step = np.round((relative + 1.0) / 1.4 * (LEVELS - 1))
    indices = np.where(np.isfinite(step), step + 1, 0).astype(np.uint8)
    palette = np.zeros((LEVELS + 1, 4), dtype=np.uint8)
    for number in range(LEVELS):
        value = number / (LEVELS - 1) * 1.4 - 1.0
        tone = 0 if value < 0 else 255
        palette[number + 1] = (tone, tone, tone, round(min(abs(value) * 0.75, 0.7) * 255))
    return Overlay(_write_uri(write_indexed_png(indices, palette=palette)), bounds)


def choose_class_bounds(highest: float) -> tuple[int, ...]:
    """Return the upper bounds of the classes of posts in sight, in a geometric row.

    Returns
    -------
    Rising whole numbers, the last at least `highest`; fewer than the colours where the counts
    are small; none where nothing is in sight.
    """
    if highest < 1:
        return ()
    steps = len(EXPOSURE)
    bounds = [round(float(highest) ** (step / steps)) for step in range(1, steps + 1)]
    return tuple(sorted({max(bound, 1) for bound in bounds}))


def classify_exposure(
    sight: RasterResult, *, all_lines: Iterable[RasterResult]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the class of each cell, and the colours of the classes.

    Parameters
    ----------
    sight
        Bands ``seen`` and ``unknown``.
    all_lines
        The rasters that share one scale.

    Returns
    -------
    Class per cell: 0 not seen, then few to many posts, last undecided; and red, green, blue and
    opacity per class, shape ``(classes, 4)``.
    """
    highest = max(float(np.max(grid.bands["seen"])) for grid in all_lines)
    bounds = choose_class_bounds(highest)
    visible, unknown = np.asarray(sight.bands["seen"]), np.asarray(sight.bands["unknown"])
    edges = [1, *(bound + 1 for bound in bounds[:-1])]
    undecided = len(bounds) + 1
    # A byte per cell: rasters have tens of millions of them.
    code = np.zeros(visible.shape, dtype=np.uint8)
    for edge in edges:
        code += visible >= edge
    code[(visible < 1) & (unknown >= 1)] = undecided
    palette = np.zeros((undecided + 1, 4), dtype=np.uint8)
    colours = [*EXPOSURE[len(EXPOSURE) - len(bounds) :], EXPOSURE_UNKNOWN]
    for number, colour in enumerate(colours, start=1):
        alpha = 120 if number == undecided else 205
        palette[number] = (*(int(colour[i : i + 2], 16) for i in (1, 3, 5)), alpha)
    return code, palette


def make_exposure_overlay(sight: RasterResult, *, all_lines: Iterable[RasterResult]) -> Overlay:
    """Return posts in sight as classes of colour; undecided cells grey, unseen ones empty."""
    code, palette = classify_exposure(sight, all_lines=all_lines)
    picture, bounds = to_mercator(code, grid=sight, finer=1.0, smooth=False)
    return Overlay(_write_uri(write_indexed_png(picture, palette=palette)), bounds)


def to_mercator(
    values: NDArray[Any], *, grid: RasterResult, finer: float, smooth: bool = True
) -> tuple[NDArray[Any], tuple[tuple[float, float], tuple[float, float]]]:
    """Reproject an array so that its rows are evenly spaced in Web Mercator.

    A picture in degrees laid over a Mercator map is stretched evenly between its edges and so
    lies wrong by up to several kilometres in its middle.

    Parameters
    ----------
    values
        Array on the grid, shape ``(rows, cols)``, as in `warp_array`.
    grid
        Gives transform and CRS.
    finer
        Pixels of the picture per cell of the grid, lowered where the picture would be too big.
    smooth
        Interpolate between cells; otherwise the value of the nearest one.

    Returns
    -------
    The picture, and its bounds ``((south, west), (north, east))``; east is more than 180 where
    the grid crosses the antimeridian.
    """
    from pyproj import Transformer

    rows, cols = values.shape
    a, _, c, _, e, f = grid.transform
    transformer = Transformer.from_crs(grid.crs, 4326, always_xy=True)
    west, south, east, north = transformer.transform_bounds(
        *(min(c, c + a * cols), min(f, f + e * rows), max(c, c + a * cols), max(f, f + e * rows))
    )
    if east < west:
        east += 360.0
    south, north = max(south, -85.0), min(north, 85.0)
    scale = min(finer, LONGEST / max(rows, cols))
    height, width = max(round(rows * scale), 1), max(round(cols * scale), 1)
    middle = (west + east) / 2  # of the plane, so that its edge lies far from the picture
    top, bottom = (EARTH_M * math.asinh(math.tan(math.radians(lat))) for lat in (north, south))
    left, right = (EARTH_M * math.radians(lon - middle) for lon in (west, east))
    picture = warp_array(
        values,
        transform=grid.transform,
        crs=grid.crs,
        onto=((right - left) / width, 0.0, left, 0.0, (bottom - top) / height, top),
        onto_crs=f"+proj=merc +lon_0={middle} +a={EARTH_M} +b={EARTH_M} +nadgrids=@null",
        shape=(height, width),
        smooth=smooth,
    )
    return picture, ((float(south), float(west)), (float(north), float(east)))


def _write_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
