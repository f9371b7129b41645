"""Where roads meet: at nodes they share, at crossings on one level, at ends near another road."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from frontline._typing import Floats, Integers

if TYPE_CHECKING:
    from numpy.typing import NDArray


NODED_SHARE = 0.9
"""Where so many of the pairs of roads that touch share a vertex, the data are noded: what crosses
without one passes over or under."""

SAME_M = 0.005
"""A crossing this near to a vertex is that vertex."""

_KEY_M = 0.001


@dataclass(frozen=True)
class Stations:
    """Points along lines, in the order of lines and of the way along them.

    Parameters
    ----------
    line
        Number of the line, shape ``(n,)``.
    at_m
        How far along it, shape ``(n,)``.
    xy
        Where, shape ``(n, 2)``.
    """

    line: Integers
    at_m: Floats
    xy: Floats

    def __add__(self, other: Stations) -> Stations:
        """Put more points on the same lines, unsorted."""
        return Stations(
            np.concatenate([self.line, other.line]),
            np.concatenate([self.at_m, other.at_m]),
            np.concatenate([self.xy, other.xy]),
        )


@dataclass(frozen=True)
class Joins:
    """Loose ends of lines and the points that they are joined to, shapes ``(k, 2)``."""

    ends_xy: Floats
    targets_xy: Floats


def list_vertices(lines: NDArray[np.object_]) -> Stations:
    """Return the vertices of lines."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    first = np.ones(len(line), dtype=bool)
    first[1:] = line[1:] != line[:-1]
    step[first] = 0.0
    along = np.cumsum(step)
    start = np.flatnonzero(first)
    along -= np.repeat(along[start], np.diff(np.append(start, len(line))))
    return Stations(line.astype(np.int64), along, xy)


def number_points(xy: Floats) -> tuple[Integers, Integers]:
    """Give points numbers, equal ones (to a millimetre) the same.

    Returns
    -------
    Number of each point, and the first point of each number.
    """
    if not len(xy):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    grid = np.round(xy / _KEY_M).astype(np.int64)
    grid -= grid.min(axis=0)
    key = grid[:, 0] * (int(grid[:, 1].max()) + 1) + grid[:, 1]
    _, first, number = np.unique(key, return_index=True, return_inverse=True)
    return number.ravel().astype(np.int64), first.astype(np.int64)


def is_noded(lines: NDArray[np.object_], *, vertices: Stations) -> bool:
    """Tell whether roads that meet share a vertex there, as OpenStreetMap's do.

    Parameters
    ----------
    lines
        The roads, shape ``(n,)``.
    vertices
        Of the lines (`list_vertices`).

    Returns
    -------
    Whether nine of ten pairs that touch share a vertex; True where none touch.
    """
    pairs = _find_touching_pairs(lines)
    if not len(pairs):
        return True
    number, _ = number_points(vertices.xy)
    sharing = _find_sharing_pairs(number, vertices.line)
    touch, share = (pair[:, 0] * len(lines) + pair[:, 1] for pair in (pairs, sharing))
    return int(np.isin(touch, share).sum()) >= NODED_SHARE * len(pairs)


def _find_touching_pairs(lines: NDArray[np.object_]) -> Integers:
    first, second = shapely.STRtree(lines).query(lines, predicate="intersects")
    pairs: Integers = np.column_stack([first, second])[first < second].astype(np.int64)
    return pairs


def _find_sharing_pairs(number: Integers, line: Integers) -> Integers:
    """Find pairs of lines that share a vertex, shape ``(k, 2)``, the smaller number first."""
    point, owner = np.divmod(np.unique(_make_point_keys(number, line)), int(line.max()) + 1)
    pairs = [np.empty((0, 2), np.int64)]
    # Lines at a point stand next to each other: pair those one apart, two apart, and so on.
    for apart in range(1, int(np.bincount(point).max(initial=1))):
        same = np.flatnonzero(point[apart:] == point[:-apart])
        if not len(same):
            break
        pairs.append(np.column_stack([owner[same], owner[same + apart]]))
    return np.unique(np.concatenate(pairs), axis=0)


def _make_point_keys(number: Integers, line: Integers) -> Integers:
    """Give each pair of a point and a line one number."""
    return number * (int(line.max(initial=0)) + 1) + line


def find_crossings(lines: NDArray[np.object_], *, vertices: Stations, level: Integers) -> Stations:
    """Find where lines of one level cross or touch without a common vertex, on both of them.

    Parameters
    ----------
    lines
        The roads, shape ``(n,)``.
    vertices
        Of the lines (`list_vertices`).
    level
        Of each, from `read_levels`.
    """
    pairs = _find_touching_pairs(lines)
    pairs = pairs[level[pairs[:, 0]] == level[pairs[:, 1]]]
    meetings = shapely.intersection(lines[pairs[:, 0]], lines[pairs[:, 1]])
    xy, pair = shapely.get_coordinates(meetings, return_index=True)
    # Where both lines already have a vertex, no point is added.
    points = np.concatenate([vertices.xy, xy])
    number, _ = number_points(points)
    owners = [vertices.line, *pairs[pair].T]
    size = int(np.concatenate(owners).max(initial=0)) + 1
    known, first, second = (
        numbers * size + owner
        for numbers, owner in zip(
            (number[: len(vertices.line)], *[number[len(vertices.line) :]] * 2), owners, strict=True
        )
    )
    is_new = ~(np.isin(first, known) & np.isin(second, known))
    return _put_on_both(lines, pairs[pair[is_new]], xy[is_new])


def _put_on_both(lines: NDArray[np.object_], pairs: Integers, xy: Floats) -> Stations:
    """Put points on both lines of each pair; near a vertex of either, on that vertex."""
    spots = shapely.points(xy)
    for side in (0, 1):
        ends = _find_nearest_vertices(lines[pairs[:, side]], spots)
        near = np.hypot(*(ends - xy).T) <= SAME_M
        xy = np.where(near[:, np.newaxis], ends, xy)
        spots = shapely.points(xy)
    owner = pairs.T.ravel()
    spots_twice = np.concatenate([spots, spots])
    at = shapely.line_locate_point(lines[owner], spots_twice) if len(owner) else np.empty(0)
    return Stations(owner.astype(np.int64), np.asarray(at, float), np.concatenate([xy, xy]))


def _find_nearest_vertices(lines: NDArray[np.object_], spots: NDArray[np.object_]) -> Floats:
    if not len(lines):
        return np.empty((0, 2))
    corners = shapely.extract_unique_points(lines)
    return np.asarray(
        shapely.get_coordinates(shapely.get_point(shapely.shortest_line(corners, spots), 0))
    )


def find_ends_near(
    lines: NDArray[np.object_], *, stations: Stations, level: Integers, within_m: float
) -> tuple[Stations, Joins]:
    """Find loose ends of lines near another line.

    Parameters
    ----------
    lines
        The roads, shape ``(n,)``.
    stations
        Vertices and crossings: an end that any of another line stands on is not loose.
    level
        Of each line: an end does not join the middle of a line of another level.
    within_m
        How near.

    Returns
    -------
    Points to put on the lines that ends are joined to, and the pairs of points to join.
    """
    no_stations = Stations(np.empty(0, np.int64), np.empty(0), np.empty((0, 2)))
    spots, owner = _find_loose_ends(stations)
    if not len(spots) or within_m <= 0:
        return no_stations, Joins(np.empty((0, 2)), np.empty((0, 2)))
    end, line = shapely.STRtree(lines).query(spots, predicate="dwithin", distance=within_m)
    length = shapely.length(lines[line])
    at = shapely.line_locate_point(lines[line], spots[end])
    at_end = (at <= SAME_M) | (at >= length - SAME_M)
    usable = (owner[end] != line) & (at_end | (level[owner[end]] == level[line]))
    end, line, at = end[usable], line[usable], at[usable]
    xy = shapely.get_coordinates(shapely.line_interpolate_point(lines[line], at))
    from_xy = shapely.get_coordinates(spots[end])
    first, last = _find_ring_gaps(lines, owner, within_m)
    joins = Joins(np.concatenate([from_xy, first]), np.concatenate([xy, last]))
    return Stations(line.astype(np.int64), np.asarray(at, float), xy), joins


def _find_loose_ends(stations: Stations) -> tuple[NDArray[np.object_], Integers]:
    """Find the ends that no other station stands on, and the line of each."""
    number, _ = number_points(stations.xy)
    # A crossing is written once for each of its lines; a vertex of one line counts once.
    line_of_point = np.unique(_make_point_keys(number, stations.line)) // (
        int(stations.line.max()) + 1
    )
    lines_at = np.bincount(line_of_point, minlength=int(number.max(initial=-1)) + 1)
    order = np.lexsort((stations.at_m, stations.line))
    line = stations.line[order]
    change = np.flatnonzero(np.diff(line)) + 1
    heads, tails = np.append(0, change), np.append(change, len(line)) - 1
    ends = order[np.concatenate([heads, tails])]
    # A ring closes on itself.
    closed = np.tile(number[order[heads]] == number[order[tails]], 2)
    loose = ends[(lines_at[number[ends]] == 1) & ~closed]
    return np.asarray(shapely.points(stations.xy[loose]), object), stations.line[loose]


def _find_ring_gaps(
    lines: NDArray[np.object_], owner: Integers, within_m: float
) -> tuple[Floats, Floats]:
    """Both ends of each line that comes back near its beginning, where both are loose."""
    twice, count = np.unique(owner, return_counts=True)
    ring = twice[count == 2]
    first, last = shapely.get_point(lines[ring], 0), shapely.get_point(lines[ring], -1)
    near = shapely.distance(first, last) <= within_m
    near &= shapely.length(lines[ring]) > 2.0 * within_m
    return shapely.get_coordinates(first[near]), shapely.get_coordinates(last[near])


def count_gaps(
    lines: NDArray[np.object_], *, vertices: Stations, least_m: float, most_m: float
) -> int:
    """Count loose ends that lie near another line, but further than what they are joined over.

    Parameters
    ----------
    lines, vertices
        The roads, and their vertices.
    least_m, most_m
        How far from the nearest other line.
    """
    spots, owner = _find_loose_ends(vertices)
    if not len(spots):
        return 0
    tree = shapely.STRtree(lines)

    def near(within_m: float) -> NDArray[np.bool_]:
        end, line = tree.query(spots, predicate="dwithin", distance=within_m)
        is_near = np.zeros(len(spots), dtype=bool)
        is_near[end[owner[end] != line]] = True
        return is_near

    return int((near(most_m) & ~near(max(least_m, SAME_M))).sum())


def sort_along(stations: Stations, *, step_m: float) -> tuple[Stations, NDArray[np.bool_]]:
    """Sort points along their lines, drop doubles, and add some so that none are far apart.

    Parameters
    ----------
    stations
        Vertices and what was put on the lines, in any order.
    step_m
        The longest way between two neighbours.

    Returns
    -------
    The points, and which of them were added: these are of their line alone, whoever else has a
    point at the same place.
    """
    # Of two at one place the later one of the input, a crossing, is kept: others know it by its xy.
    rank = np.arange(len(stations.line))
    order = np.lexsort((-rank, np.round(stations.at_m, 3), stations.line))
    line, at, xy = stations.line[order], stations.at_m[order], stations.xy[order]
    double = np.zeros(len(line), dtype=bool)
    double[1:] = (line[1:] == line[:-1]) & (np.diff(at) <= _KEY_M)
    line, at, xy = line[~double], at[~double], xy[~double]
    same = line[1:] == line[:-1]
    pieces = np.where(same, np.maximum(np.ceil(np.diff(at) / step_m), 1), 1).astype(np.int64)
    owner = np.repeat(np.arange(len(pieces)), pieces)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    share = number / pieces[owner]
    new_at = at[owner] + share * np.where(same, np.diff(at), 0.0)[owner]
    new_xy = (
        xy[owner]
        + share[:, np.newaxis] * np.where(same[:, np.newaxis], np.diff(xy, axis=0), 0.0)[owner]
    )
    result = Stations(
        np.append(line[owner], line[-1:]),
        np.append(new_at, at[-1:]),
        np.concatenate([new_xy, xy[-1:]]),
    )
    return result, np.append(number > 0, [False] * len(xy[-1:]))
