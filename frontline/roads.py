"""A road network as a graph: who can reach whom, how long it takes, where a line bars the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from frontline.errors import LayerError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

SPEED_KMH: Mapping[str, float] = {
    "motorway": 90.0,
    "trunk": 70.0,
    "primary": 60.0,
    "secondary": 50.0,
    "tertiary": 40.0,
    "road": 50.0,
    "track": 15.0,
}
"""Speeds by class of road, used where the layer has no column ``speed_kmh``."""

WALK_KMH = 4.5
"""Speed off the road, in a straight line, from a place to the road and from there on."""

STEP_M = 250.0
"""Edges are cut to this length, so that a way may end or begin anywhere on them."""


@dataclass(frozen=True)
class RoadGraph:
    """Nodes and edges in a plane of metres.

    Parameters
    ----------
    xy
        Nodes, shape ``(n, 2)``.
    edges
        Indices of the two ends of each edge, shape ``(m, 2)``.
    length_m, minutes
        Length and time of each edge, shape ``(m,)``.
    one_way
        Whether an edge leads only from its first to its second end, shape ``(m,)``.
    road
        Row of the road layer that an edge belongs to, shape ``(m,)``.
    """

    xy: NDArray[np.float64]
    edges: NDArray[np.int64]
    length_m: NDArray[np.float64]
    minutes: NDArray[np.float64]
    one_way: NDArray[np.bool_]
    road: NDArray[np.int64]


def road_graph(
    roads: gpd.GeoDataFrame,
    *,
    tolerance_m: float = 100.0,
    speeds_kmh: Mapping[str, float] | None = None,
) -> RoadGraph:
    """Join roads where they meet.

    Parameters
    ----------
    roads
        Lines in a plane of metres, with ``kind`` and, where known, ``speed_kmh`` and ``oneway``.
    tolerance_m
        Ends this near to another road are joined to it. Roads that cross are joined.
    speeds_kmh
        Speeds by class, over those of `SPEED_KMH`.

    Raises
    ------
    LayerError
        If a class of road has no speed, or a speed is not positive.

    Notes
    -----
    A road that ends on the middle of another is joined there; two roads that cross without a
    common point are taken to meet (bridges over roads are rare where data are coarse).
    """
    if not len(roads):
        none = np.empty(0)
        empty_edges = np.empty((0, 2), np.int64)
        return RoadGraph(
            np.empty((0, 2)), empty_edges, none, none, none.astype(bool), none.astype(np.int64)
        )
    speed = _speeds(roads, {**SPEED_KMH, **(speeds_kmh or {})})
    one_way = (
        roads["oneway"].fillna(value=False).astype(bool).to_numpy()
        if "oneway" in roads
        else np.zeros(len(roads), bool)
    )
    pieces, road = _cut_where_they_meet(roads.geometry.to_numpy(), tolerance_m)
    pieces, of_piece = _steps(pieces)
    road = road[of_piece]
    xy, edges = _nodes(pieces, tolerance_m)
    length = shapely.length(pieces)
    minutes = length / 1000.0 / speed[road] * 60.0
    keep = edges[:, 0] != edges[:, 1]
    return RoadGraph(xy, edges[keep], length[keep], minutes[keep], one_way[road][keep], road[keep])


def barred(
    graph: RoadGraph,
    line: BaseGeometry,
    *,
    gates: Sequence[tuple[float, float, float]] = (),
    gate_tolerance_m: float = 500.0,
) -> RoadGraph:
    """Cut the graph where a line crosses it.

    Parameters
    ----------
    graph
        Roads that could be driven without the line.
    line
        The front line, in the plane of the graph.
    gates
        Checkpoints that let through: x, y, minutes of waiting.
    gate_tolerance_m
        A crossing this near to a gate is open, at the gate's cost.

    Returns
    -------
    The graph without the edges that the line crosses or touches; those with a gate cost more.
    """
    ends = graph.xy[graph.edges]
    hit = shapely.intersects(shapely.linestrings(ends), line)
    minutes, open_ = graph.minutes.copy(), ~hit
    for x, y, wait in gates:
        near = shapely.distance(shapely.linestrings(ends), shapely.Point(x, y)) <= gate_tolerance_m
        minutes[near & hit & ~open_] += wait
        open_ |= near & hit
    return replace(
        graph,
        edges=graph.edges[open_],
        length_m=graph.length_m[open_],
        minutes=minutes[open_],
        one_way=graph.one_way[open_],
        road=graph.road[open_],
    )


def minutes_from(
    graph: RoadGraph, origins_xy: NDArray[np.float64], *, line: BaseGeometry | None = None
) -> NDArray[np.float64]:
    """Compute travel times from places to every node.

    Parameters
    ----------
    graph
        Roads, barred or not.
    origins_xy
        Places, shape ``(k, 2)``; each walks to the nearest node that the line does not bar.
    line
        The barrier that must not be crossed on foot either.

    Returns
    -------
    Minutes, shape ``(k, n)``; infinite where there is no way.
    """
    from scipy.sparse.csgraph import dijkstra

    node, walk = _nearest_nodes(graph, origins_xy, line)
    times = dijkstra(_matrix(graph, graph.minutes), directed=True, indices=np.maximum(node, 0))
    times[node < 0] = np.inf
    return np.asarray(times) + walk[:, np.newaxis]


def travel_minutes(
    graph: RoadGraph,
    origins_xy: NDArray[np.float64],
    targets_xy: NDArray[np.float64],
    *,
    line: BaseGeometry | None = None,
) -> NDArray[np.float64]:
    """Compute travel times between places, shape ``(k, m)``; infinite: unreachable."""
    times = minutes_from(graph, origins_xy, line=line)
    node, walk = _nearest_nodes(graph, targets_xy, line)
    reach = times[:, np.maximum(node, 0)] + walk[np.newaxis, :]
    reach[:, node < 0] = np.inf
    return reach


def minutes_to_line(
    graph: RoadGraph, origins_xy: NDArray[np.float64], line: BaseGeometry
) -> NDArray[np.float64]:
    """Compute the shortest time from each place to any point of a line.

    Notes
    -----
    By road to the best node, then in a straight line at walking speed. Shape ``(k,)``.
    """
    last = shapely.distance(shapely.points(graph.xy), line) / 1000.0 / WALK_KMH * 60.0
    on_foot = shapely.distance(shapely.points(origins_xy), line) / 1000.0 / WALK_KMH * 60.0
    if not len(graph.xy):
        return np.asarray(on_foot)
    by_road = (minutes_from(graph, origins_xy, line=line) + last[np.newaxis, :]).min(axis=1)
    return np.asarray(np.minimum(by_road, on_foot))


def parts(graph: RoadGraph) -> NDArray[np.int64]:
    """Give each node the number of its connected part, shape ``(n,)``; the largest is 0."""
    from scipy.sparse.csgraph import connected_components

    _, label = connected_components(_matrix(graph, graph.minutes), directed=False)
    order = np.argsort(-np.bincount(label), kind="stable") if len(label) else label
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return np.asarray(rank[label], dtype=np.int64)


def _matrix(graph: RoadGraph, weight: NDArray[np.float64]) -> object:
    """Sparse matrix of the cheapest edge between each pair of nodes (scipy adds duplicates)."""
    from scipy.sparse import coo_array

    back = ~graph.one_way
    start = np.concatenate([graph.edges[:, 0], graph.edges[back, 1]])
    end = np.concatenate([graph.edges[:, 1], graph.edges[back, 0]])
    cost = np.maximum(np.concatenate([weight, weight[back]]), 1e-9)
    order = np.lexsort((cost, end, start))
    start, end, cost = start[order], end[order], cost[order]
    first = np.ones(len(start), bool)
    first[1:] = (start[1:] != start[:-1]) | (end[1:] != end[:-1])
    size = len(graph.xy)
    return coo_array((cost[first], (start[first], end[first])), shape=(size, size)).tocsr()


def _speeds(roads: gpd.GeoDataFrame, by_class: Mapping[str, float]) -> NDArray[np.float64]:
    speed: NDArray[np.float64] = roads["kind"].map(by_class).to_numpy(float, na_value=np.nan)
    if "speed_kmh" in roads:
        own = roads["speed_kmh"].to_numpy(dtype=float, na_value=np.nan)
        speed = np.where(np.isnan(own), speed, own)
    if np.isnan(speed).any() or (speed <= 0).any():
        kinds = sorted(set(roads["kind"][np.isnan(speed) | (speed <= 0)].astype(str)))
        raise LayerError(
            f"no speed for the roads of kind {', '.join(kinds)} (expected one of "
            f"{', '.join(by_class)}). Give a positive speed_kmh.",
            layer="corridors",
            field="kind",
        )
    return speed


def _cut_where_they_meet(
    lines: NDArray[np.object_], tolerance_m: float
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Cut every line where another one crosses it or ends near it."""
    parts_, road = shapely.get_parts(lines, return_index=True)
    ends = np.concatenate([shapely.get_point(parts_, 0), shapely.get_point(parts_, -1)])
    near, which = shapely.STRtree(ends).query(parts_, predicate="dwithin", distance=tolerance_m)
    tree = shapely.STRtree(parts_)
    one, other = tree.query(parts_, predicate="intersects")
    one, other = one[one != other], other[one != other]
    ends_near, others_near = _by_row(near, which, len(parts_)), _by_row(one, other, len(parts_))
    pieces: list[BaseGeometry] = []
    owner: list[int] = []
    for index, line in enumerate(parts_):
        at = [shapely.line_locate_point(line, ends[ends_near[index]])]
        crossing = shapely.intersection(line, parts_[others_near[index]])
        at.append(shapely.line_locate_point(line, _vertices(crossing)))
        cut = _cut_at(line, np.concatenate(at))
        pieces += cut
        owner += [int(road[index])] * len(cut)
    return np.array(pieces, dtype=object), np.array(owner, dtype=np.int64)


def _by_row(
    row: NDArray[np.int64], value: NDArray[np.int64], count: int
) -> list[NDArray[np.int64]]:
    order = np.argsort(row, kind="stable")
    return np.split(value[order], np.searchsorted(row[order], np.arange(1, count)))


def _vertices(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    coordinates = shapely.get_coordinates(geometries)
    return np.asarray(shapely.points(coordinates)) if len(coordinates) else np.empty(0, object)


def _cut_at(line: BaseGeometry, at_m: NDArray[np.float64]) -> list[BaseGeometry]:
    from shapely.ops import substring

    total = float(shapely.length(line))
    # Rounding may lift the end beyond the line: clip it, or the last piece would be lost.
    stops = np.unique(np.clip(np.round(np.concatenate([[0.0, total], at_m]), 3), 0.0, total))
    steps = pairwise(stops)
    return [substring(line, start, stop) for start, stop in steps if stop - start > 1e-3]


def _steps(pieces: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Cut pieces into steps of at most `STEP_M`, each a straight edge of the graph."""
    fine = shapely.segmentize(pieces, STEP_M)
    coordinates, index = shapely.get_coordinates(fine, return_index=True)
    same = index[1:] == index[:-1]
    ends = np.stack([coordinates[:-1][same], coordinates[1:][same]], axis=1)
    return np.asarray(shapely.linestrings(ends)), index[1:][same]


def _nodes(
    pieces: NDArray[np.object_], tolerance_m: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Give every end a node: equal ends share one, and loose ends join the nearest node."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    ends = shapely.get_coordinates(pieces).reshape(-1, 2, 2)
    xy, node = np.unique(np.round(ends.reshape(-1, 2), 3), axis=0, return_inverse=True)
    node = node.reshape(-1, 2)
    loose = np.flatnonzero(np.bincount(node.ravel(), minlength=len(xy)) == 1)
    tree = cKDTree(xy)
    pairs = [
        (end, other)
        for end, near in zip(loose, tree.query_ball_point(xy[loose], tolerance_m), strict=True)
        for other in near
        if other != end and not ((node == end) & (node[:, ::-1] == other)).any()
    ]
    rows = np.array([pair[0] for pair in pairs], dtype=np.int64)
    columns = np.array([pair[1] for pair in pairs], dtype=np.int64)
    links = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(xy), len(xy)))
    _, label = connected_components(links, directed=False)
    _, first = np.unique(label, return_index=True)
    return xy[first], np.asarray(label[node], dtype=np.int64)


def _nearest_nodes(
    graph: RoadGraph, places_xy: NDArray[np.float64], line: BaseGeometry | None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find for each place the nearest node on its side of the line, and the walk in minutes."""
    from scipy.spatial import cKDTree

    node = np.full(len(places_xy), -1, np.int64)
    walk = np.full(len(places_xy), np.inf)
    if not len(graph.xy):
        return node, walk
    count = min(50, len(graph.xy))
    distance, nearest = cKDTree(graph.xy).query(places_xy, k=count)
    distance, nearest = distance.reshape(-1, count), nearest.reshape(-1, count)
    for index, place in enumerate(places_xy):
        ways = np.stack([np.broadcast_to(place, (count, 2)), graph.xy[nearest[index]]], axis=1)
        free = (
            np.ones(count, bool)
            if line is None
            else ~shapely.crosses(shapely.linestrings(ways), line)
        )
        if free.any():
            best = int(np.argmax(free))
            node[index] = nearest[index, best]
            walk[index] = distance[index, best] / 1000.0 / WALK_KMH * 60.0
    return node, walk
