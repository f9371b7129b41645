"""Ways through a road graph: how long they take, where a line bars them, what lets through."""

from __future__ import annotations

import math
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

SPOT_M = 0.5
"""A crossing within this distance of an open spot is the one that the spot names."""

LEAST_CIRCUIT_M = 5_000.0
"""Places join no road on a circuit shorter than this, where another road is near."""

FURTHER_M = 2_000.0
"""So much further one walks to a road on a longer circuit."""

_EXCURSION_STEP_M = 25.0
"""What a road does beyond a line is looked at in steps of this length."""

Spot = tuple[int, float, float]
"""A place on a road: row of the road layer, x, y."""


def cut_graph(
    graph: RoadGraph,
    *,
    line: BaseGeometry,
    gates: Sequence[tuple[float, float, float]] = (),
    gate_tolerance_m: float = 500.0,
    open_roads: Sequence[int] = (),
    open_spots: Sequence[Spot] = (),
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
    open_roads
        Rows of the road layer that the barrier does not bar: passages under a third party.
    open_spots
        Single crossings that it does not bar: row of the road, x, y.

    Returns
    -------
    The graph with every road up to the barrier and none across, but for those with a gate, and
    passages.
    """
    if not len(graph.edges):
        return graph
    shapely.prepare(line)
    graph, _ = _split_edges(graph, *_find_contacts(graph, line))
    hit = np.zeros(len(graph.edges), dtype=bool)
    hit[graph.tree.query(line, predicate="intersects")] = True
    wait = np.full(len(graph.edges), np.inf)
    for x, y, minutes in gates:
        near = graph.tree.query(shapely.Point(x, y), predicate="dwithin", distance=gate_tolerance_m)
        wait[near] = np.minimum(wait[near], minutes)
    free = np.isin(graph.road, np.asarray(open_roads, dtype=np.int64))
    for road, x, y in open_spots:
        near = graph.tree.query(shapely.Point(x, y), predicate="dwithin", distance=SPOT_M)
        free[near[graph.road[near] == road]] = True
    wait[free] = 0.0
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
        np.where(hit & ~free, -1, graph.road)[open_],
        graph.part[open_],
        graph.circuit_m[open_],
    )


def find_doubtful_crossings(
    roads: NDArray[np.object_],
    *,
    line: BaseGeometry,
    segments: NDArray[np.object_],
    error_m: Floats,
) -> tuple[Spot, ...]:
    """Find crossings of a line that its error leaves in doubt: a road goes over and comes back.

    Parameters
    ----------
    roads
        Geometry of each road, shape ``(n,)``.
    line
        The line.
    segments, error_m
        Its edges and the error of each, metres, shape ``(k,)``.

    Returns
    -------
    Row of the road, x and y of both crossings of each pair between which the road stays within
    the line's error: as far as is known it may not cross at all.
    """
    shapely.prepare(line)
    tree = shapely.STRtree(segments)
    spots: list[Spot] = []
    for row in np.flatnonzero(shapely.intersects(line, roads)):
        for part in shapely.get_parts(roads[row]):
            crossings = shapely.get_coordinates(shapely.intersection(part, line))
            at = np.unique(np.round(shapely.line_locate_point(part, shapely.points(crossings)), 2))
            xy = shapely.get_coordinates(shapely.line_interpolate_point(part, at))
            errors = error_m[tree.nearest(shapely.points(xy))] if len(at) else np.empty(0)
            first = 0
            while first + 1 < len(at):
                steps = max(int((at[first + 1] - at[first]) / _EXCURSION_STEP_M), 2)
                way = np.linspace(at[first], at[first + 1], steps + 1)
                depth = shapely.distance(line, shapely.line_interpolate_point(part, way)).max()
                back = bool(depth <= errors[first : first + 2].min())
                if back:
                    spots += [(int(row), float(x), float(y)) for x, y in xy[first : first + 2]]
                first += 2 if back else 1
    return tuple(spots)


def find_travel_times(
    graph: RoadGraph,
    *,
    origins_xy: Floats,
    targets_xy: Floats,
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
    graph, node, walk = _join_places(graph, places, line)
    count = len(origins_xy)
    times = _measure_times(graph, node[:count])
    reach = (
        times[:, np.maximum(node[count:], 0)]
        if len(graph.xy)
        else np.full((count, len(targets_xy)), np.inf)
    )
    return np.asarray(walk[:count, np.newaxis] + reach + walk[np.newaxis, count:])


def find_times_to_line(graph: RoadGraph, *, origins_xy: Floats, line: BaseGeometry) -> Floats:
    """Compute the shortest time from each place to any point of a line.

    Parameters
    ----------
    graph
        Roads that the line bars (`cut_graph`).
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
    graph, node, walk = _join_places(graph, origins_xy, line)
    times = _measure_times(graph, node) + walk[:, np.newaxis]
    courses = graph.courses
    leave = shapely.get_point(shapely.shortest_line(line, courses), -1)
    at = shapely.line_locate_point(courses, leave, normalized=True)
    first, last = times[:, graph.edges[:, 0]], times[:, graph.edges[:, 1]]
    along = np.minimum(
        first + _take_share(graph.minutes, at), last + _take_share(graph.minutes_back, 1.0 - at)
    )
    last_walk = shapely.distance(line, courses) / 1000.0 / WALK_KMH * 60.0
    from_node = shapely.distance(line, shapely.points(graph.xy)) / 1000.0 / WALK_KMH * 60.0
    ways = np.concatenate([along + last_walk, times + from_node], axis=1)
    return np.asarray(np.minimum(ways.min(axis=1), on_foot))


def label_parts(graph: RoadGraph) -> Integers:
    """Give each node the number of its connected part, shape ``(n,)``; the largest is 0."""
    from scipy.sparse.csgraph import connected_components

    _, label = connected_components(_make_matrix(graph), directed=False)
    order = np.argsort(-np.bincount(label), kind="stable") if len(label) else label
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return np.asarray(rank[label], dtype=np.int64)


def _take_share(minutes: Floats, part: Floats) -> Floats:
    """Take a part of the time of edges; none of a way that cannot be gone takes no time."""
    return np.where(part > 0.0, minutes * np.maximum(part, 1e-12), 0.0)


def _find_contacts(graph: RoadGraph, line: BaseGeometry) -> tuple[Integers, Floats]:
    """Find where edges meet a line: edge and share of its length, just before and just after."""
    courses = graph.courses
    hit = np.sort(graph.tree.query(line, predicate="intersects"))
    meetings, of_hit = shapely.get_parts(
        shapely.intersection(courses[hit], line), return_index=True
    )
    meetings, of_met = shapely.get_parts(meetings, return_index=True)
    edge = hit[of_hit[of_met]]
    xy, piece = shapely.get_coordinates(meetings, return_index=True)
    start = graph.xy[graph.edges[edge, 0]][piece]
    way = graph.xy[graph.edges[edge, 1]][piece] - start
    length = np.hypot(*way.T)
    at = ((xy - start) * way).sum(axis=1) / length
    low, high = np.full(len(meetings), np.inf), np.full(len(meetings), -np.inf)
    np.minimum.at(low, piece, at)
    np.maximum.at(high, piece, at)
    whole = np.hypot(*(graph.xy[graph.edges[edge, 1]] - graph.xy[graph.edges[edge, 0]]).T)
    cut = np.concatenate([low - GAP_M, high + GAP_M])
    inside = (cut > GAP_M / 2.0) & (cut < np.tile(whole, 2) - GAP_M / 2.0)
    return np.tile(edge, 2)[inside], (cut / np.tile(whole, 2))[inside]


def _split_edges(graph: RoadGraph, edge: Integers, at: Floats) -> tuple[RoadGraph, Integers]:
    """Put nodes on edges, each at a part of its length; an end that is there is taken.

    Returns
    -------
    graph, nodes
        The graph with these nodes, and the node of each place on `edge`, shape ``(k,)``.
    """
    first, last = graph.edges[edge].T
    reach = np.hypot(*(graph.xy[last] - graph.xy[first]).T)
    head, tail = at * reach < GAP_M / 2.0, (1.0 - at) * reach < GAP_M / 2.0
    inner = np.flatnonzero(~head & ~tail)
    # Edges without length are not made: GEOS fails on them.
    cuts = np.column_stack([edge[inner], np.round(at[inner] * reach[inner], 3)])
    _, first_cuts, of_inner = np.unique(cuts, axis=0, return_index=True, return_inverse=True)
    node = np.where(head, first, last)
    node[inner] = len(graph.xy) + of_inner.ravel()
    first_cuts = inner[first_cuts]
    return _insert_nodes(graph, edge[first_cuts], at[first_cuts]), node


def _insert_nodes(graph: RoadGraph, edge: Integers, at: Floats) -> RoadGraph:
    """Cut edges at shares of their length; cuts are sorted by edge and along it."""
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
    uncut = np.setdiff1d(np.arange(len(graph.edges)), cut)

    def share_out(values: Floats) -> Floats:
        return np.concatenate([values[uncut], values[owner] * part])

    return RoadGraph(
        xy,
        np.concatenate([graph.edges[uncut], np.column_stack([heads, tails])]),
        share_out(graph.length_m),
        share_out(graph.minutes),
        share_out(graph.minutes_back),
        np.concatenate([graph.road[uncut], graph.road[owner]]),
        np.concatenate([graph.part[uncut], graph.part[owner]]),
        np.concatenate([graph.circuit_m[uncut], graph.circuit_m[owner]]),
    )


def _join_places(
    graph: RoadGraph, places_xy: Floats, line: BaseGeometry | None
) -> tuple[RoadGraph, Integers, Floats]:
    """Give each place a node at the nearest point of a road that it can walk to.

    Returns
    -------
    graph, nodes, minutes
        Nodes ``(k,)``, -1 where no road can be reached; minutes on foot ``(k,)``, then infinite.
    """
    edge = np.array(
        [_find_reached_edge(place, graph, line) for place in shapely.points(places_xy)],
        dtype=np.int64,
    ).reshape(len(places_xy))
    reaches = edge >= 0
    courses = graph.courses[edge[reaches]]
    ways = shapely.shortest_line(courses, shapely.points(places_xy[reaches]))
    at = shapely.line_locate_point(courses, shapely.get_point(ways, 0), normalized=True)
    graph, node_of_place = _split_edges(graph, edge[reaches], at)
    node, walk = np.full(len(places_xy), -1, np.int64), np.full(len(places_xy), np.inf)
    node[reaches] = node_of_place
    walk[reaches] = shapely.length(ways) / 1000.0 / WALK_KMH * 60.0
    return graph, node, walk


def find_nearest_roads(
    graph: RoadGraph, *, places_xy: Floats, line: BaseGeometry | None
) -> Integers:
    """Find the edge at which each place joins the roads, shape ``(k,)``; -1 where none.

    Parameters
    ----------
    graph
        Roads, barred or not.
    places_xy
        Places, shape ``(k, 2)``.
    line
        What nobody walks across.

    Notes
    -----
    The nearest edge; but where less than `LEAST_CIRCUIT_M` of road leads on from it and back (a
    loose track, a one-way road to nowhere), the nearest of those that lead further, if that is no
    more than `FURTHER_M` further off. What a line bars does not shorten a circuit: a part that the
    line cuts off is no loose track.
    """
    points = shapely.points(places_xy)
    return np.array([_find_reached_edge(place, graph, line) for place in points], dtype=np.int64)


def _find_reached_edge(place: BaseGeometry, graph: RoadGraph, line: BaseGeometry | None) -> int:
    """Find the edge at which one place joins the roads; see `find_nearest_roads`."""
    nearest = _find_first_free(place, graph, line, graph.road >= 0, math.inf)
    if nearest < 0 or graph.circuit_m[nearest] >= LEAST_CIRCUIT_M:
        return nearest
    leading = (graph.road >= 0) & (graph.circuit_m >= LEAST_CIRCUIT_M)
    most_m = float(shapely.distance(graph.courses[nearest], place)) + FURTHER_M
    further = _find_first_free(place, graph, line, leading, most_m)
    return further if further >= 0 else nearest


def _find_first_free(
    place: BaseGeometry,
    graph: RoadGraph,
    line: BaseGeometry | None,
    usable: NDArray[np.bool_],
    most_m: float,
) -> int:
    """Find the nearest usable edge to which a straight way does not cross the line; -1 if none."""
    if not usable.any():
        return -1
    reach = float(shapely.distance(graph.courses[graph.tree.nearest(place)], place))
    reach = max(2.0 * reach, 1_000.0)
    while True:
        reach = min(reach, most_m)
        near = graph.tree.query(place, predicate="dwithin", distance=reach)
        near = near[usable[near]]
        distances = shapely.distance(graph.courses[near], place)
        order = np.argsort(distances, kind="stable")
        near = near[order]
        if line is not None and len(near):
            ways = shapely.shortest_line(graph.courses[near], place)
            near = near[
                ~(shapely.crosses(line, ways) | shapely.intersects(line, graph.courses[near]))
            ]
        if len(near):
            return int(near[0])
        if reach >= most_m or len(order) == int(usable.sum()):
            return -1
        reach *= 4.0


def _measure_times(graph: RoadGraph, nodes: Integers) -> Floats:
    """Measure minutes from nodes to every node, ``(k, n)``; infinite from a node of -1."""
    from scipy.sparse.csgraph import dijkstra

    times = np.full((len(nodes), len(graph.xy)), np.inf)
    known = nodes >= 0
    if known.any():
        times[known] = dijkstra(_make_matrix(graph), directed=True, indices=nodes[known])
    return times


def _make_matrix(graph: RoadGraph) -> object:
    """Make a sparse matrix of the cheapest edge between nodes (scipy adds duplicates up)."""
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
