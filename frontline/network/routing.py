"""Ways through a road graph: how long they take, where a line bars them, what lets through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import shapely

from frontline._typing import Floats, Integers
from frontline.network.graph import RoadGraph

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry


WALK_KMH = 4.5
"""Speed off the road, in a straight line, from a place to the road and from there on."""

GAP_M = 0.01
"""A road that a line bars ends this far before it, so that no rounding leads across."""

_AT_ONCE = 200
"""Edges that are tried together, the nearest first, where the nearest lies across a line."""


def barred(
    graph: RoadGraph,
    line: BaseGeometry,
    *,
    gates: Sequence[tuple[float, float, float]] = (),
    gate_tolerance_m: float = 500.0,
) -> RoadGraph:
    """Cut the graph where a line, or land that is closed, bars it.

    Parameters
    ----------
    graph
        Roads that could be driven without the barrier.
    line
        The front line or the closed land, in the plane of the graph.
    gates
        Checkpoints that let through: x, y, minutes of waiting.
    gate_tolerance_m
        A crossing this near to a gate is open, at the gate's cost; of several the lowest.

    Returns
    -------
    The graph with every road up to the barrier and none across, but for those with a gate.
    """
    shapely.prepare(line)
    graph, _ = _split(graph, *_contacts(graph, line))
    courses = _courses(graph)
    hit = shapely.intersects(line, courses)
    wait = np.full(len(courses), np.inf)
    for x, y, minutes in gates:
        near = shapely.dwithin(courses, shapely.Point(x, y), gate_tolerance_m)
        wait[near] = np.minimum(wait[near], minutes)
    # A road whose node lies on the line meets it with two edges: each bears half of the wait.
    ends = shapely.points(graph.xy[graph.edges])
    wait[shapely.intersects(line, ends).any(axis=1)] /= 2.0
    cost = np.where(hit, wait, 0.0)
    open_ = np.isfinite(cost)
    return RoadGraph(
        graph.xy,
        graph.edges[open_],
        graph.length_m[open_],
        (graph.minutes + cost)[open_],
        (graph.minutes_back + cost)[open_],
        np.where(hit, -1, graph.road)[open_],
    )


def travel_minutes(
    graph: RoadGraph,
    origins_xy: Floats,
    targets_xy: Floats,
    *,
    line: BaseGeometry | None = None,
) -> Floats:
    """Compute travel times between places.

    Parameters
    ----------
    graph
        Roads, barred or not.
    origins_xy, targets_xy
        Places, shapes ``(k, 2)`` and ``(m, 2)``; each walks straight to the nearest point of a
        road that it can reach without crossing the line.
    line
        The barrier that must not be crossed on foot either.

    Returns
    -------
    Minutes, shape ``(k, m)``; infinite where there is no way.
    """
    places = np.concatenate([origins_xy, targets_xy])
    graph, node, walk = _joined(graph, places, line)
    count = len(origins_xy)
    times = _times(graph, node[:count])
    reach = (
        times[:, np.maximum(node[count:], 0)]
        if len(graph.xy)
        else np.full((count, len(targets_xy)), np.inf)
    )
    return np.asarray(walk[:count, np.newaxis] + reach + walk[np.newaxis, count:])


def minutes_to_line(graph: RoadGraph, origins_xy: Floats, line: BaseGeometry) -> Floats:
    """Compute the shortest time from each place to any point of a line.

    Parameters
    ----------
    graph
        Roads that the line bars (`barred`).
    origins_xy
        Places, shape ``(k, 2)``.
    line
        The line.

    Returns
    -------
    Minutes, shape ``(k,)``.

    Notes
    -----
    By road to where it meets the line, or to an end or the nearest point of any straight edge
    of it and straight on foot from there. Leaving an edge elsewhere could save less than 0.5 %
    of the walk at 50 km/h.
    """
    on_foot = shapely.distance(line, shapely.points(origins_xy)) / 1000.0 / WALK_KMH * 60.0
    if not len(graph.edges):
        return np.asarray(on_foot)
    graph, node, walk = _joined(graph, origins_xy, line)
    times = _times(graph, node) + walk[:, np.newaxis]
    courses = _courses(graph)
    leave = shapely.get_point(shapely.shortest_line(line, courses), -1)
    at = shapely.line_locate_point(courses, leave, normalized=True)
    first, last = times[:, graph.edges[:, 0]], times[:, graph.edges[:, 1]]
    along = np.minimum(
        first + _share(graph.minutes, at), last + _share(graph.minutes_back, 1.0 - at)
    )
    last_walk = shapely.distance(line, courses) / 1000.0 / WALK_KMH * 60.0
    from_node = shapely.distance(line, shapely.points(graph.xy)) / 1000.0 / WALK_KMH * 60.0
    ways = np.concatenate([along + last_walk, times + from_node], axis=1)
    return np.asarray(np.minimum(ways.min(axis=1), on_foot))


def parts(graph: RoadGraph) -> Integers:
    """Give each node the number of its connected part, shape ``(n,)``; the largest is 0."""
    from scipy.sparse.csgraph import connected_components

    _, label = connected_components(_matrix(graph), directed=False)
    order = np.argsort(-np.bincount(label), kind="stable") if len(label) else label
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return np.asarray(rank[label], dtype=np.int64)


def _share(minutes: Floats, part: Floats) -> Floats:
    """Take a part of the time of edges; none of a way that cannot be gone takes no time."""
    return np.where(part > 0.0, minutes * np.maximum(part, 1e-12), 0.0)


def _courses(graph: RoadGraph) -> NDArray[np.object_]:
    return np.asarray(shapely.linestrings(graph.xy[graph.edges]))


def _contacts(graph: RoadGraph, line: BaseGeometry) -> tuple[Integers, Floats]:
    """Where edges meet a line: an edge and a part of its length, just before and just after."""
    courses = _courses(graph)
    hit = np.flatnonzero(shapely.intersects(line, courses))
    met, of_hit = shapely.get_parts(shapely.intersection(courses[hit], line), return_index=True)
    met, of_met = shapely.get_parts(met, return_index=True)
    edge = hit[of_hit[of_met]]
    xy, piece = shapely.get_coordinates(met, return_index=True)
    start = graph.xy[graph.edges[edge, 0]][piece]
    way = graph.xy[graph.edges[edge, 1]][piece] - start
    length = np.hypot(*way.T)
    at = ((xy - start) * way).sum(axis=1) / length
    low, high = np.full(len(met), np.inf), np.full(len(met), -np.inf)
    np.minimum.at(low, piece, at)
    np.maximum.at(high, piece, at)
    whole = np.hypot(*(graph.xy[graph.edges[edge, 1]] - graph.xy[graph.edges[edge, 0]]).T)
    cut = np.concatenate([low - GAP_M, high + GAP_M])
    inside = (cut > GAP_M / 2.0) & (cut < np.tile(whole, 2) - GAP_M / 2.0)
    return np.tile(edge, 2)[inside], (cut / np.tile(whole, 2))[inside]


def _split(graph: RoadGraph, edge: Integers, at: Floats) -> tuple[RoadGraph, Integers]:
    """Put nodes on edges, each at a part of its length; an end that is there is taken.

    Returns
    -------
    graph, nodes
        The nodes in the order asked, shape ``(k,)``.
    """
    first, last = graph.edges[edge].T
    reach = np.hypot(*(graph.xy[last] - graph.xy[first]).T)
    head, tail = at * reach < GAP_M / 2.0, (1.0 - at) * reach < GAP_M / 2.0
    inner = np.flatnonzero(~head & ~tail)
    # Edges without length are not made: GEOS fails on them.
    asked = np.column_stack([edge[inner], np.round(at[inner] * reach[inner], 3)])
    _, some, of_inner = np.unique(asked, axis=0, return_index=True, return_inverse=True)
    node = np.where(head, first, last)
    node[inner] = len(graph.xy) + of_inner.ravel()
    some = inner[some]
    return _with_nodes(graph, edge[some], at[some]), node


def _with_nodes(graph: RoadGraph, edge: Integers, at: Floats) -> RoadGraph:
    """Cut edges where told, in the order of edges and of the way along them."""
    start, stop = graph.xy[graph.edges[edge]].transpose(1, 0, 2)
    xy = np.concatenate([graph.xy, start + (stop - start) * at[:, np.newaxis]])
    node = len(graph.xy) + np.arange(len(edge))
    cut = np.unique(edge)
    # An edge that is cut k times becomes k + 1: from its start or a cut to the next one.
    before = np.searchsorted(edge, cut, side="left")
    after = np.searchsorted(edge, cut, side="right")
    owner = np.insert(edge, before, cut)
    heads = np.insert(node, before, graph.edges[cut, 0])
    tails = np.insert(node, after, graph.edges[cut, 1])
    part = np.insert(at, after, 1.0) - np.insert(at, before, 0.0)
    kept = np.setdiff1d(np.arange(len(graph.edges)), cut)

    def shared(values: Floats) -> Floats:
        return np.concatenate([values[kept], values[owner] * part])

    return RoadGraph(
        xy,
        np.concatenate([graph.edges[kept], np.column_stack([heads, tails])]),
        shared(graph.length_m),
        shared(graph.minutes),
        shared(graph.minutes_back),
        np.concatenate([graph.road[kept], graph.road[owner]]),
    )


def _joined(
    graph: RoadGraph, places_xy: Floats, line: BaseGeometry | None
) -> tuple[RoadGraph, Integers, Floats]:
    """Give each place a node at the nearest point of a road that it can walk to.

    Returns
    -------
    graph, nodes, minutes
        Nodes ``(k,)``, -1 where no road can be reached; minutes on foot ``(k,)``, then infinite.
    """
    courses = _courses(graph)
    usable = graph.road >= 0
    if line is not None:
        shapely.prepare(line)
        usable &= ~shapely.intersects(line, courses)
    edges = np.flatnonzero(usable)
    found = np.full(len(places_xy), -1, np.int64)
    for number, place in enumerate(shapely.points(places_xy) if len(edges) else ()):
        found[number] = _reached(place, courses, edges, line)
    some = found >= 0
    ways = shapely.shortest_line(courses[found[some]], shapely.points(places_xy[some]))
    at = shapely.line_locate_point(
        courses[found[some]], shapely.get_point(ways, 0), normalized=True
    )
    graph, made = _split(graph, found[some], at)
    node, walk = np.full(len(places_xy), -1, np.int64), np.full(len(places_xy), np.inf)
    node[some] = made
    walk[some] = shapely.length(ways) / 1000.0 / WALK_KMH * 60.0
    return graph, node, walk


def _reached(
    place: BaseGeometry,
    courses: NDArray[np.object_],
    edges: Integers,
    line: BaseGeometry | None,
) -> int:
    """Find the nearest edge to which a straight way does not cross the line; -1 if none."""
    away = shapely.distance(courses[edges], place)
    if line is None:
        return int(edges[np.argmin(away)])
    order = edges[np.argsort(away, kind="stable")]
    for start in range(0, len(order), _AT_ONCE):
        some = order[start : start + _AT_ONCE]
        free = ~shapely.crosses(line, shapely.shortest_line(courses[some], place))
        if free.any():
            return int(some[int(np.argmax(free))])
    return -1


def _times(graph: RoadGraph, nodes: Integers) -> Floats:
    """Minutes from nodes to every node, shape ``(k, n)``; infinite from a node of -1."""
    from scipy.sparse.csgraph import dijkstra

    times = np.full((len(nodes), len(graph.xy)), np.inf)
    known = nodes >= 0
    if known.any():
        times[known] = dijkstra(_matrix(graph), directed=True, indices=nodes[known])
    return times


def _matrix(graph: RoadGraph) -> object:
    """Sparse matrix of the cheapest edge between each pair of nodes (scipy adds duplicates)."""
    from scipy.sparse import coo_array

    start, end = np.concatenate([graph.edges, graph.edges[:, ::-1]]).T
    cost = np.maximum(np.concatenate([graph.minutes, graph.minutes_back]), 1e-9)
    order = np.lexsort((cost, end, start))
    order = order[np.isfinite(cost[order])]
    start, end, cost = start[order], end[order], cost[order]
    first = np.ones(len(start), bool)
    first[1:] = (start[1:] != start[:-1]) | (end[1:] != end[:-1])
    size = len(graph.xy)
    return coo_array((cost[first], (start[first], end[first])), shape=(size, size)).tocsr()
