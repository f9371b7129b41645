"""Where things stand on a sheet of paper: its shape, the foot, the places of maps side by side.

Pure numbers, in millimetres from the lower left corner.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from frontline.export.maps.view import Box

LANDSCAPE, PORTRAIT = (297.0, 210.0), (210.0, 297.0)
"""Width and height of A4."""
POINT_MM = 25.4 / 72
EDGE = 10.0
LEAST_FOOT = 21.0
"""Where the foot ends at its lowest, so that sheets of a set look alike."""
MOST_FOOT = 0.3
"""Of the height of the page: sources beyond it are cut short."""
TALL = 0.9
"""Width over height below which a page upright shows an area larger."""
GAP, TITLE, DEGREES = 8.0, 9.0, 6.0
"""Between two maps, for the title over one, and for the degrees at its edges."""


@dataclass(frozen=True)
class PageFoot:
    """The lines at the foot of a sheet, each with its size in points, and where they begin."""

    lines: tuple[tuple[str, float], ...]
    top: float


@dataclass(frozen=True)
class MapSign:
    """A sign on a map.

    Parameters
    ----------
    at
        Place in the plane of the map, metres.
    marker
        ``o``, ``s``, ``^`` or ``x``.
    size, width
        Of the sign and of its edge, in points.
    face, edge, alpha
        Colours and opacity.
    """

    at: tuple[float, float]
    marker: str
    size: float
    face: str
    edge: str
    width: float
    alpha: float = 1.0


def find_page_size(orientation: str, *, aspect: float) -> tuple[float, float]:
    """Return width and height of the page.

    Parameters
    ----------
    orientation
        ``landscape``, ``portrait`` or ``auto``.
    aspect
        Width over height of what is shown.
    """
    if orientation == "auto":
        orientation = "portrait" if aspect < TALL else "landscape"
    return PORTRAIT if orientation == "portrait" else LANDSCAPE


def lay_out_foot(texts: Sequence[tuple[str, float]], *, page: tuple[float, float]) -> PageFoot:
    """Break the texts at the foot into lines and say how high they stand.

    Parameters
    ----------
    texts
        Each with its size in points.
    page
        Width and height.
    """
    letters = 5.38 * (page[0] - 2 * EDGE)  # of one point in a line
    lines = [
        (line, size)
        for text, size in texts
        for line in textwrap.wrap(text, round(letters / size)) or [""]
    ]
    most = MOST_FOOT * page[1]
    while len(lines) > 2 and _find_height(lines) > most:
        lines = [*lines[:-3], (lines[-3][0].rstrip(" ;,.…") + " …", lines[-3][1]), lines[-1]]
    return PageFoot(tuple(lines), max(_find_height(lines) + 4.0, LEAST_FOOT))


def _find_height(lines: Sequence[tuple[str, float]]) -> float:
    return sum(size * POINT_MM * 1.3 for _, size in lines)


def place_panels(count: int, *, room: Box, aspect: float) -> list[Box]:
    """Place maps of one size in a room, in the rows that show them largest.

    Parameters
    ----------
    count
        How many.
    room
        Left, bottom, width, height.
    aspect
        Width over height of what each shows.

    Returns
    -------
    Left, bottom, width, height of each frame, row by row from the upper left; above each there
    is room for a title, left of it and below for degrees.
    """
    left, bottom, width, height = room
    best: tuple[float, int, float, float] = (0.0, 1, 0.0, 0.0)
    for rows in range(1, count + 1):
        cols = math.ceil(count / rows)
        wide = (width - GAP * (cols - 1)) / cols - DEGREES
        high = (height - (TITLE + DEGREES) * (rows - 1)) / rows
        scale = min(wide / aspect, high)
        if scale > best[0] * 1.02:  # as few rows as do
            best = (scale, rows, min(wide, 1.25 * aspect * high), high)
    _, rows, wide, high = best
    cols = math.ceil(count / rows)
    return [
        (
            left + DEGREES + place % cols * (wide + DEGREES + GAP),
            bottom + (rows - 1 - place // cols) * (high + TITLE + DEGREES),
            wide,
            high,
        )
        for place in range(count)
    ]
