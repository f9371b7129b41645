"""Roads joined to a graph: nodes where they meet, and the time that each edge takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from frontline._typing import Floats, Integers
from frontline.errors import LayerError
from frontline.network.joining import (
    Joins,
    Stations,
    find_crossings,
    find_ends_near,
    list_vertices,
    number_points,
    sort_along,
)
from frontline.network.tags import read_directions, read_levels

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


Heights = Callable[[Floats], Floats]

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

STEP_M = 250.0
"""Edges are cut to this length, so that slopes and barriers hold where they are."""

SLOPE_OVER_M = 250.0
"""A slope is taken over this length of road: over less, errors of the heights tell more."""

POWER_W_KG = 15.0
"""Power that a vehicle drives and brakes with, watts per kilogram of its mass."""

ROLLING = 0.015
"""Rolling resistance of tyres on a road, as a share of the weight."""

GRAVITY = 9.81


@dataclass(frozen=True)
class RoadGraph:
    """Nodes and edges in a plane of metres.

    Parameters
    ----------
    xy
        Nodes, shape ``(n, 2)``.
    edges
        Indices of the two ends of each edge, shape ``(m, 2)``.
    length_m
        Length of each edge, shape ``(m,)``.
    minutes, minutes_back
        Time from the first to the second end and back, shape ``(m,)``; infinite against a
        one-way road.
    road
        Row of the road layer that an edge belongs to, shape ``(m,)``; -1 for what leads through
        a barrier.
    part
        Number of the connected part that an edge belongs to where nothing bars the way, shape
        ``(m,)``; 0 is the part with the most road.
    circuit_m
        Length of all roads that can be reached from an edge and lead back to it where nothing bars
        the way, shape ``(m,)``: little for a loose track, nothing for a one-way dead end.
    """

    xy: Floats
    edges: NDArray[np.int64]
    length_m: Floats
    minutes: Floats
    minutes_back: Floats
    road: NDArray[np.int64]
    part: NDArray[np.int64]
    circuit_m: Floats

    @cached_property
    def courses(self) -> NDArray[np.object_]:
        """Each edge as a straight line, shape ``(m,)``."""
        return np.asarray(shapely.linestrings(self.xy[self.edges]), dtype=object)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index of the courses."""
        return shapely.STRtree(self.courses)


def build_graph(
    roads: gpd.GeoDataFrame,
    *,
    tolerance_m: float = 100.0,
    crossings: bool = True,
    speeds_kmh: Mapping[str, float] | None = None,
    heights: Heights | None = None,
    slope_over_m: float = SLOPE_OVER_M,
    power_w_kg: float = POWER_W_KG,
) -> RoadGraph:
    """Join roads where they meet.

    Parameters
    ----------
    roads
        Lines in a plane of metres, with ``kind`` and, where known, ``speed_kmh``, ``oneway``
        (`tags.read_directions`) and ``bridge``, ``tunnel``, ``layer`` (`tags.read_levels`).
    tolerance_m
        Loose ends this near to another road are joined to it; 0: roads meet where they share a
        point only.
    crossings
        Whether roads that cross on one level without a common vertex meet.
    speeds_kmh
        Speeds by class, over those of `SPEED_KMH`.
    heights
        Heights in metres at points ``(k, 2)``, NaN where unknown; roads are level without.
    slope_over_m
        Length of road over which a slope is taken.
    power_w_kg
        See `limit_speed_on_slope`.

    Raises
    ------
    LayerError
        If a class of road has no speed, or a speed is not positive.

    Notes
    -----
    Roads meet at every vertex that they share. Where a height is not known the road is taken to be
    level.
    """
    lines, road_of = shapely.get_parts(roads.geometry.to_numpy(), return_index=True)
    has_length = shapely.length(lines) > 0.0
    lines, road_of = lines[has_length], road_of[has_length]
    if not len(lines):
        no_floats, no_numbers = np.empty(0), np.empty(0, np.int64)
        pairs = np.empty((0, 2), np.int64)
        return RoadGraph(
            np.empty((0, 2)),
            pairs,
            no_floats,
            no_floats,
            no_floats,
            no_numbers,
            no_numbers,
            no_floats,
        )
    stations, added, joins = _find_meetings(
        lines, read_levels(roads)[road_of], tolerance_m, crossings=crossings
    )
    head = np.flatnonzero(stations.line[1:] == stations.line[:-1])
    line, at = stations.line[head], stations.at_m
    length = at[head + 1] - at[head]
    speed = _choose_speeds(roads, {**SPEED_KMH, **(speeds_kmh or {})})[road_of[line]]
    slope = _measure_slopes((at[head] + at[head + 1]) / 2.0, lines, line, heights, slope_over_m)
    onward_min, backward_min = (
        length
        / 1000.0
        / np.minimum(speed, limit_speed_on_slope(steep, power_w_kg=power_w_kg))
        * 60.0
        for steep in (slope, -slope)
    )
    onward, backward = (open_[road_of[line]] for open_ in read_directions(roads))
    onward_min, backward_min = (
        np.where(onward, onward_min, np.inf),
        np.where(backward, backward_min, np.inf),
    )
    xy, node = _number_nodes(stations.xy, added, joins)
    edges = np.column_stack([node[head], node[head + 1]])
    keep = edges[:, 0] != edges[:, 1]
    edges, length, onward_min, backward_min = (
        edges[keep],
        length[keep],
        onward_min[keep],
        backward_min[keep],
    )
    part, circuit_m = _rank_parts(len(xy), edges, length, onward_min, backward_min)
    return RoadGraph(
        xy, edges, length, onward_min, backward_min, road_of[line][keep], part, circuit_m
    )


def _find_meetings(
    lines: NDArray[np.object_], level: Integers, tolerance_m: float, *, crossings: bool
) -> tuple[Stations, NDArray[np.bool_], Joins]:
    """Put the points on lines at which they meet others, and pair loose ends with roads near."""
    stations = list_vertices(lines)
    if crossings:
        stations = stations + find_crossings(lines, vertices=stations, level=level)
    near, joins = find_ends_near(lines, stations=stations, level=level, within_m=tolerance_m)
    return *sort_along(stations + near, step_m=STEP_M), joins


def _number_nodes(
    xy: Floats, added: NDArray[np.bool_], joins: Joins
) -> tuple[Floats, NDArray[np.int64]]:
    """Give every point a node: equal points share one, and so do those that are joined."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    meeting = xy[~added]
    number, first = number_points(np.concatenate([meeting, joins.ends_xy, joins.targets_xy]))
    count, pairs = len(first), len(joins.ends_xy)
    ends, targets = np.split(number[len(meeting) :], [pairs])
    links = coo_array((np.ones(pairs), (ends, targets)), shape=(count, count))
    _, label = connected_components(links, directed=False)
    node = np.empty(len(xy), np.int64)
    node[~added] = label[number[: len(meeting)]]
    node[added] = count + np.arange(int(added.sum()))
    _, place, node = np.unique(node, return_index=True, return_inverse=True)
    return xy[place], node.ravel().astype(np.int64)


def _rank_parts(
    nodes: int, edges: NDArray[np.int64], length: Floats, onward_min: Floats, backward_min: Floats
) -> tuple[NDArray[np.int64], Floats]:
    """Rank the connected parts by their length, and measure the circuit of each edge."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    start, end = np.concatenate([edges, edges[:, ::-1]]).T
    open_ = np.isfinite(np.concatenate([onward_min, backward_min]))
    ways = coo_array(
        (np.ones(int(open_.sum())), (start[open_], end[open_])), shape=(nodes, nodes)
    ).tocsr()
    all_edges = coo_array((np.ones(len(edges)), tuple(edges.T)), shape=(nodes, nodes)).tocsr()
    _, weak = connected_components(all_edges, directed=False)
    _, strong = connected_components(ways, directed=True, connection="strong")
    within = strong[edges[:, 0]] == strong[edges[:, 1]]
    circuits = np.bincount(strong[edges[within, 0]], length[within], minlength=strong.max() + 1)
    circuit_m = np.where(within, circuits[strong[edges[:, 0]]], 0.0)
    sizes = np.bincount(weak[edges[:, 0]], length, minlength=weak.max() + 1)
    rank = np.empty(len(sizes), np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return rank[weak[edges[:, 0]]], circuit_m


def limit_speed_on_slope(slope: Floats, *, power_w_kg: float = POWER_W_KG) -> Floats:
    """Give the highest speed that a vehicle keeps on a slope.

    Parameters
    ----------
    slope
        Rise over run, positive uphill.
    power_w_kg
        Power for driving and for braking, watts per kilogram; infinite: no limit.

    Returns
    -------
    Kilometres an hour; uphill what the engine can lift, downhill what the brakes can hold.

    Notes
    -----
    Power is force times speed: ``v = P / (g |sin a + r|)`` with the angle ``a`` of the slope and
    the rolling resistance ``r`` (`ROLLING`). With 15 W/kg it is 48 km/h up a slope of 10 % and
    65 km/h down. Curves, which slow a mountain road as much, are not in it: give such roads a
    class or a speed of their own.

    References
    ----------
    Watanatada, T., Dhareshwar, A. and Rezende Lima, P. (1987): Vehicle Speeds and Operating
    Costs. World Bank. Speeds are limited there by driving and by braking power, among others.
    """
    pull = np.abs(slope / np.hypot(1.0, slope) + ROLLING)
    return np.asarray(3.6 * power_w_kg / GRAVITY / np.maximum(pull, 1e-9))


def _measure_slopes(
    at: Floats, lines: NDArray[np.object_], line: Integers, heights: Heights | None, over_m: float
) -> Floats:
    """Slope at places along lines from heights along them, shape ``(m,)``; 0 where unknown."""
    if heights is None:
        return np.zeros(len(at))
    # A line shorter than this length has the slope from end to end.
    whole = shapely.length(lines)[line]
    start = np.clip(at - over_m / 2.0, 0.0, np.maximum(whole - over_m, 0.0))
    stop = np.minimum(start + over_m, whole)
    ends = shapely.line_interpolate_point(
        np.stack([lines[line], lines[line]]), np.stack([start, stop])
    )
    low, high = heights(shapely.get_coordinates(ends)).reshape(2, -1)
    slope: Floats = (high - low) / np.maximum(stop - start, 1e-6)
    return np.where(np.isfinite(slope), slope, 0.0)


def _choose_speeds(roads: gpd.GeoDataFrame, by_class: Mapping[str, float]) -> Floats:
    speed: Floats = roads["kind"].map(by_class).to_numpy(float, na_value=np.nan)
    if "speed_kmh" in roads:
        stated = read_numbers(roads["speed_kmh"], layer="corridors", field="speed_kmh")
        speed = np.where(np.isnan(stated), speed, stated)
    if np.isnan(speed).any() or (speed <= 0).any():
        kinds = sorted(set(roads["kind"][np.isnan(speed) | (speed <= 0)].astype(str)))
        raise LayerError(
            f"no speed for the roads of kind {', '.join(kinds)} (expected one of "
            f"{', '.join(by_class)}). Give a positive speed_kmh, or set speeds under [travel].",
            layer="corridors",
            field="kind",
        )
    return speed


def read_numbers(column: pd.Series[float], *, layer: str, field: str) -> Floats:
    """Read a column of the user's own as numbers; NaN where it is empty.

    Raises
    ------
    LayerError
        If a cell holds something else.
    """
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    text = column.astype("string").fillna("").str.strip()
    wrong = text[(text != "").to_numpy(bool) & np.isnan(numbers) & (text != "nan").to_numpy(bool)]
    if len(wrong):
        raise LayerError(
            f"'{wrong.iloc[0]}' is no number (expected one, or nothing). Correct the cell.",
            layer=layer,
            field=field,
        )
    return numbers
