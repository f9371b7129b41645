"""Named stretches of a line: between two places, or within parts of a partition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.ops import substring

from frontline._typing import Flags, Floats
from frontline.errors import ProjectError
from frontline.geo.geodesy import measure_length
from frontline.inputs.partitions import unite_parts

if TYPE_CHECKING:
    from frontline.inputs.layers import Layers
    from frontline.lines.front import FrontLine
    from frontline.project.models import SectionSpec


NEAR_M = 1.0
"""A place belongs to a section that is at most this much farther from it than the whole line."""


BEND_M = 100.0
"""Where two sections meet at a bend, so much of each is left out to tell which one is nearer."""


@dataclass(frozen=True)
class LineSection:
    """A named stretch of a line.

    Parameters
    ----------
    key, label, line
        As in the project.
    course
        The line there, in the plane.
    length_km
        Geodesic.
    rates
        Columns of the settlements that are averaged.
    """

    key: str
    label: str
    line: str
    course: Any
    length_km: float
    rates: tuple[str, ...] = ()


def cut_sections(
    sections: Sequence[SectionSpec], *, layers: Layers, fronts: Sequence[FrontLine]
) -> tuple[LineSection, ...]:
    """Cut the sections that a project names out of its lines.

    Parameters
    ----------
    sections
        What the project names.
    layers
        Districts and partitions.
    fronts
        The lines.

    Raises
    ------
    ProjectError
        A section without length, a part of a partition that is not there.
    """
    by_key = {front.key: front for front in fronts}
    cut = []
    for section in sections:
        front = by_key[section.line]
        if section.between is not None:
            course = cut_section_between(
                front.geometry, ends_xy=layers.plane.xy(np.array(section.between)), name=section.key
            )
        else:
            land = unite_parts(
                layers,
                partition=str(section.partition),
                words=section.parts,
                field=f"sections.{section.key}.parts",
            )
            course = _keep_lines(shapely.intersection(front.geometry, land))
        kilometres = (
            float(measure_length(np.array([course], dtype=object), plane=layers.plane)[0]) / 1000.0
        )
        if not kilometres > 0:
            raise ProjectError(
                f"line '{section.line}' does not run there (expected some of it). "
                "Name other parts.",
                field=f"sections.{section.key}",
            )
        label = section.label or section.key
        cut.append(LineSection(section.key, label, section.line, course, kilometres, section.rates))
    return tuple(cut)


def cut_section_between(line: Any, *, ends_xy: Floats, name: str = "between") -> Any:
    """Cut a line between the points nearest to two places.

    Parameters
    ----------
    line
        In the plane, in any number of pieces; that piece is taken to which both are nearest.
    ends_xy
        The two places, shape ``(2, 2)``.
    name
        Of the section, for messages.

    Returns
    -------
    LineString; of a ring the shorter way round.

    Raises
    ------
    ProjectError
        If both places lie at one point of the line.
    """
    pieces = shapely.get_parts(shapely.line_merge(line))
    ends = shapely.points(ends_xy)
    piece = pieces[int(np.argmin(shapely.distance(pieces[:, None], ends).sum(axis=1)))]
    start, stop = np.sort(shapely.line_locate_point(piece, ends))
    ring = bool(shapely.is_closed(piece))
    separation_m = min(stop - start, piece.length - stop + start) if ring else stop - start
    if separation_m < NEAR_M:
        raise ProjectError(
            "both places lie at one point of the line. Set them apart.", field=f"sections.{name}"
        )
    if ring and stop - start > piece.length / 2:
        halves = [substring(piece, stop, piece.length), substring(piece, 0.0, start)]
        return shapely.line_merge(shapely.union_all(halves))
    return substring(piece, start, stop)


def _keep_lines(geometry: Any) -> Any:
    parts = shapely.get_parts(shapely.get_parts(np.atleast_1d(np.asarray(geometry, object))))
    parts = shapely.get_parts(parts)
    return shapely.line_merge(shapely.multilinestrings(parts[shapely.get_dimensions(parts) == 1]))


def find_behind(xy: Floats, *, stretch: Any, line: Any) -> Flags:
    """Tell which places are nearer to a stretch than to the rest of its line.

    Parameters
    ----------
    xy
        In the plane, shape ``(n, 2)``.
    stretch, line
        The stretch, and the whole line.

    Returns
    -------
    Shape ``(n,)``. Stretches that follow each other divide the places among them; those that
    overlap share places.

    Notes
    -----
    About a bend outwards a whole wedge of places has the bend as its nearest point. Where two
    stretches meet there, the wedge is divided in the middle, whichever way the line is drawn.
    """
    points = shapely.points(xy)
    rest = shapely.difference(line, shapely.buffer(stretch, NEAR_M))
    for course in (stretch, line, rest):
        shapely.prepare(course)
    to_line_m = shapely.distance(line, points)
    belongs = np.asarray(shapely.distance(stretch, points) - to_line_m <= NEAR_M, dtype=bool)
    if rest.is_empty:
        return belongs
    tied = belongs & (shapely.distance(rest, points) - to_line_m <= 3.0 * NEAR_M)
    ends = shapely.boundary(shapely.line_merge(stretch))
    hole = shapely.buffer(ends, min(BEND_M, shapely.length(stretch) / 4.0))
    inner_stretch, inner_rest = shapely.difference(stretch, hole), shapely.difference(rest, hole)
    if tied.any() and not inner_rest.is_empty:
        tied_points = points[tied]
        belongs[tied] = shapely.distance(inner_stretch, tied_points) <= shapely.distance(
            inner_rest, tied_points
        )
    return belongs
