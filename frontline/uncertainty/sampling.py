"""People as weighted points, and where those points lie when a line is displaced.

Hundreds of displaced lines cannot each be overlaid with every district and raster. A few thousand
points that stand for the people can be put on a side and into a zone for each of them; the exact
figure of the drawn line is then moved by what the points say (see
`frontline.uncertainty.intervals.take_interval`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline._typing import Floats, Integers
from frontline.geo.geodesy import measure_distance_of_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.geo.projection import ProjectedPlane


_ANGLE = math.atan((math.sqrt(5) - 1) / 2)
_TURN = np.array([[math.cos(_ANGLE), -math.sin(_ANGLE)], [math.sin(_ANGLE), math.cos(_ANGLE)]])
_MOST_POINTS = 1_000_000

OUTSIDE = -1
"""Side of a point that lies on no side: outside the study area."""

ABSENT = -2
"""Side that a line does not have: what it counted covers no land there."""


@dataclass(frozen=True)
class Sample:
    """Weighted points, each of which belongs to a place or a district.

    Parameters
    ----------
    xy
        Coordinates in the plane, shape ``(m, 2)``.
    group
        Number of the place or district, shape ``(m,)``.
    weight
        Share of the group's people, or of its area, that a point stands for, shape ``(m,)``;
        1 in total for each group.
    """

    xy: Floats
    group: Integers
    weight: Floats


@dataclass(frozen=True)
class SamplePosition:
    """Where points lie against one line.

    Parameters
    ----------
    side
        Number of the side, or ``OUTSIDE``, shape ``(m,)``.
    distance_m
        Distance to the line, shape ``(m,)``.
    other
        Side across the nearest edge of the line, shape ``(m,)``; only of displaced copies.
    """

    side: Integers
    distance_m: Floats
    other: Integers | None = None

    def part(self, chosen: Any) -> SamplePosition:
        """Return the position of some of the points: a slice, numbers or flags."""
        other = None if self.other is None else self.other[chosen]
        return SamplePosition(self.side[chosen], self.distance_m[chosen], other)


def join_samples(samples: Sequence[Sample]) -> Sample:
    """Put samples behind each other; the groups keep their numbers."""
    return Sample(
        np.concatenate([np.zeros((0, 2)), *(sample.xy for sample in samples)]),
        np.concatenate([np.zeros(0, np.int64), *(sample.group for sample in samples)]),
        np.concatenate([np.zeros(0), *(sample.weight for sample in samples)]),
    )


def sample_points(xy: Floats, *, groups: Integers) -> Sample:
    """Let each place stand for itself.

    Parameters
    ----------
    xy
        Shape ``(n, 2)``.
    groups
        Number of each place, shape ``(n,)``.
    """
    return Sample(np.asarray(xy, dtype=np.float64), groups, np.ones(len(groups)))


def sample_of_area(area: Any, *, group: int, step_m: float) -> Sample:
    """Spread points evenly over an area.

    Parameters
    ----------
    area
        Polygon in the plane.
    group
        Its number.
    step_m
        Distance of the points; halved until at least thirty lie in the area.

    Returns
    -------
    Equal weights. The lattice is that of the plane, so that it does not depend on the area. It
    is turned by atan(0.618...): borders that run along it, as straight ones like to run along the
    axes, would pass over whole rows of points at once.
    """
    if area.is_empty:
        return join_samples([])
    shapely.prepare(area)
    xy = shapely.get_coordinates(shapely.point_on_surface(area))
    for _ in range(12):
        lattice = _lattice(area, step_m)
        within = shapely.contains_xy(area, lattice[:, 0], lattice[:, 1])
        if within.sum() >= 30:
            xy = lattice[within]
            break
        step_m /= 2
    return Sample(xy, np.full(len(xy), group), np.full(len(xy), 1 / len(xy)))


def _lattice(area: Any, step: float) -> Floats:
    """Return the points of a turned lattice about an area."""
    # The envelope of the turned area: a thin slanting strip would fill a huge box with points.
    turned = shapely.transform(area, lambda xy: xy @ _TURN)
    west, south, east, north = np.array(turned.bounds) / step
    across = np.arange(math.floor(west), math.ceil(east) + 1, dtype=np.float64)
    along = np.arange(math.floor(south), math.ceil(north) + 1, dtype=np.float64)
    if len(across) * len(along) > _MOST_POINTS:
        return np.zeros((0, 2))
    x, y = np.meshgrid(across, along)
    return np.asarray(step * (np.column_stack([x.ravel(), y.ravel()]) @ _TURN.T))


def find_position(
    points: NDArray[np.object_],
    *,
    line: Any,
    sides: Mapping[str, Any],
    plane: ProjectedPlane,
    names: Sequence[str],
) -> SamplePosition:
    """Find side of, and distance to, a line for points of the plane.

    Parameters
    ----------
    points
        Shapely points, shape ``(m,)``: made once, for they are asked about every line.
    line
        Line in the plane.
    sides
        Land by the side's name.
    plane
        The plane.
    names
        Names in the order in which sides are numbered.

    Returns
    -------
    A point on the line itself belongs to the first of the sides it touches.
    """
    side = np.full(len(points), OUTSIDE, dtype=np.int64)
    for number, name in enumerate(names):
        land = sides.get(name)
        if land is None or land.is_empty:
            continue
        shapely.prepare(land)
        left = np.flatnonzero(side == OUTSIDE)
        side[left[shapely.intersects(land, points[left])]] = number
    return SamplePosition(side, measure_distance_of_points(points, line=line, plane=plane))


def find_people_per_weight(
    sample: Sample, *, people: Floats, where: SamplePosition, counted_on: Integers
) -> Floats:
    """Return the people that a whole unit of weight stands for, point by point.

    Parameters
    ----------
    sample
        The points.
    people
        People of each group, shape ``(g,)``; none may be NaN.
    where
        Position of the points against one line.
    counted_on
        Side whose land a group's figure is limited to, ``OUTSIDE`` for all land, ``ABSENT`` for
        none, shape ``(g,)``. The figure is spread over what that side holds with this line,
        together with land on no side, such as that outside the study area.

    Returns
    -------
    Shape ``(m,)``; 0 on land that the figure does not cover.
    """
    only = counted_on[sample.group]
    on_none = (where.side == OUTSIDE) & (only != ABSENT)
    held = (only == OUTSIDE) | (where.side == only) | on_none
    whole = np.bincount(sample.group, weights=sample.weight * held, minlength=len(people))
    spread = np.divide(people, whole, out=np.zeros(len(people)), where=whole > 0)
    return np.asarray(spread[sample.group] * held, dtype=np.float64)


def count_sample(
    sample: Sample,
    *,
    spread: Floats,
    where: SamplePosition,
    edges_m: Sequence[float],
    sides: int,
) -> Floats:
    """Add up people by side and ring for one position of the line.

    Parameters
    ----------
    sample, where
        The points and where they lie.
    spread
        From `find_people_per_weight`.
    edges_m
        Outer edges of the rings, ascending, shape ``(k,)``; a point on an edge is inside it.
    sides
        Number of sides.

    Returns
    -------
    Shape ``(sides, k)``.
    """
    ring = np.searchsorted(np.asarray(edges_m), where.distance_m, side="left")
    inside = (where.side != OUTSIDE) & (ring < len(edges_m))
    cell = where.side[inside] * len(edges_m) + ring[inside]
    count = (sample.weight * spread)[inside]
    table = np.bincount(cell, weights=count, minlength=sides * len(edges_m))
    return np.asarray(table.reshape(sides, len(edges_m)), dtype=np.float64)


def count_within_error(
    sample: Sample,
    *,
    people: Floats,
    where: SamplePosition,
    error_m: Floats,
    side: int,
    inner_m: float,
    outer_m: float,
) -> tuple[float, float]:
    """Add up the people who are in a zone for every, and for any, line within the error.

    Parameters
    ----------
    sample, where
        The points and their position against the line as drawn.
    people
        People per unit of weight, point by point, shape ``(m,)``.
    error_m
        Error of the line where it is nearest to each point, shape ``(m,)``.
    side
        Number of the zone's side.
    inner_m, outer_m
        The zone lies between these distances.

    Returns
    -------
    The lower and the upper bound.

    Notes
    -----
    The epsilon band: with s the distance to the line, negative on any other side, the line may
    lie up to e nearer or further. The point is surely in the zone if s - e > inner and
    s + e <= outer, and possibly if s + e > inner and s - e <= outer.

    References
    ----------
    Chrisman, N. R. (1982), A theory of cartographic error and its measurement in digital data
    bases, Auto-Carto 5, 159-168.
    """
    away = np.where(where.side == side, where.distance_m, -where.distance_m)
    known = where.side != OUTSIDE
    count = sample.weight * people
    # The innermost zone takes in the line itself, where distance and error may both be zero.
    from_m = -np.inf if inner_m == 0.0 else inner_m
    sure = known & (away - error_m > inner_m) & (away + error_m <= outer_m)
    maybe = known & (away + error_m > inner_m) & (away - error_m <= outer_m)
    still = known & (error_m == 0) & (where.side == side) & (away > from_m) & (away <= outer_m)
    return float(count[sure | still].sum()), float(count[maybe | still].sum())
