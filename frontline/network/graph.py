"""Roads joined to a graph: nodes where they meet, and the time that each edge takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from frontline._typing import Floats
from frontline.errors import LayerError

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry


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

_ONWARD = {"yes", "true", "1", "1.0", "t", "y"}
_BACKWARD = {"-1", "-1.0", "reverse"}


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
    """

    xy: Floats
    edges: NDArray[np.int64]
    length_m: Floats
    minutes: Floats
    minutes_back: Floats
    road: NDArray[np.int64]


def road_graph(
    roads: gpd.GeoDataFrame,
    *,
    tolerance_m: float = 100.0,
    speeds_kmh: Mapping[str, float] | None = None,
    heights: Heights | None = None,
    slope_over_m: float = SLOPE_OVER_M,
    power_w_kg: float = POWER_W_KG,
) -> RoadGraph:
    """Join roads where they meet.

    Parameters
    ----------
    roads
        Lines in a plane of metres, with ``kind`` and, where known, ``speed_kmh`` and ``oneway``
        (yes, no, or -1 against the drawing direction).
    tolerance_m
        Ends this near to another road are joined to it. Roads that cross are joined.
    speeds_kmh
        Speeds by class, over those of `SPEED_KMH`.
    heights
        Heights in metres at points ``(k, 2)``, NaN where unknown; roads are level without.
    slope_over_m
        Length of road over which a slope is taken.
    power_w_kg
        See `slope_kmh`.

    Raises
    ------
    LayerError
        If a class of road has no speed, or a speed is not positive.

    Notes
    -----
    A road that ends on the middle of another is joined there; two roads that cross without a
    common point are taken to meet (bridges over roads are rare where data are coarse). Where a
    height is not known the road is taken to be level.
    """
    if not len(roads):
        none, whole = np.empty(0), np.empty(0, np.int64)
        return RoadGraph(np.empty((0, 2)), np.empty((0, 2), np.int64), none, none, none, whole)
    lines, road_of = shapely.get_parts(roads.geometry.to_numpy(), return_index=True)
    pieces, line = _cut_where_they_meet(lines, tolerance_m)
    pieces, of_piece = _steps(pieces)
    line = line[of_piece]
    road = road_of[line]
    speed = _speeds(roads, {**SPEED_KMH, **(speeds_kmh or {})})[road]
    onward, backward = (open_[road] for open_ in _directions(roads))
    slope = _slopes(pieces, lines[line], heights, slope_over_m)
    length = shapely.length(pieces)
    there, back = (
        length / 1000.0 / np.minimum(speed, slope_kmh(steep, power_w_kg)) * 60.0
        for steep in (slope, -slope)
    )
    xy, edges = _nodes(pieces, line, tolerance_m)
    keep = edges[:, 0] != edges[:, 1]
    return RoadGraph(
        xy,
        edges[keep],
        length[keep],
        np.where(onward, there, np.inf)[keep],
        np.where(backward, back, np.inf)[keep],
        road[keep],
    )


def slope_kmh(slope: Floats, power_w_kg: float = POWER_W_KG) -> Floats:
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


def _slopes(
    pieces: NDArray[np.object_], lines: NDArray[np.object_], heights: Heights | None, over_m: float
) -> Floats:
    """Slope of each piece from heights along its own line, shape ``(m,)``; 0 where unknown."""
    if heights is None:
        return np.zeros(len(pieces))
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    at = shapely.line_locate_point(lines, middle)
    # A line shorter than this length has the slope from end to end.
    start = np.clip(at - over_m / 2.0, 0.0, np.maximum(shapely.length(lines) - over_m, 0.0))
    stop = np.minimum(start + over_m, shapely.length(lines))
    ends = shapely.line_interpolate_point(np.stack([lines, lines]), np.stack([start, stop]))
    low, high = heights(shapely.get_coordinates(ends)).reshape(2, -1)
    slope: Floats = (high - low) / np.maximum(stop - start, 1e-6)
    return np.where(np.isfinite(slope), slope, 0.0)


def _directions(roads: gpd.GeoDataFrame) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which roads can be driven as they are drawn, and which against that."""
    every = np.ones(len(roads), dtype=bool)
    if "oneway" not in roads:
        return every, every
    said = roads["oneway"].astype("string").fillna("").str.strip().str.lower()
    return ~said.isin(_BACKWARD).to_numpy(bool), ~said.isin(_ONWARD).to_numpy(bool)


def _speeds(roads: gpd.GeoDataFrame, by_class: Mapping[str, float]) -> Floats:
    speed: Floats = roads["kind"].map(by_class).to_numpy(float, na_value=np.nan)
    if "speed_kmh" in roads:
        own = numbers_in(roads["speed_kmh"], layer="corridors", field="speed_kmh")
        speed = np.where(np.isnan(own), speed, own)
    if np.isnan(speed).any() or (speed <= 0).any():
        kinds = sorted(set(roads["kind"][np.isnan(speed) | (speed <= 0)].astype(str)))
        raise LayerError(
            f"no speed for the roads of kind {', '.join(kinds)} (expected one of "
            f"{', '.join(by_class)}). Give a positive speed_kmh, or set speeds under [travel].",
            layer="corridors",
            field="kind",
        )
    return speed


def numbers_in(column: pd.Series[float], *, layer: str, field: str) -> Floats:
    """Read a column of the user's own as numbers; NaN where it is empty.

    Raises
    ------
    LayerError
        If a cell holds something else.
    """
    found = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    text = column.astype("string").fillna("").str.strip()
    wrong = text[(text != "").to_numpy(bool) & np.isnan(found) & (text != "nan").to_numpy(bool)]
    if len(wrong):
        raise LayerError(
            f"'{wrong.iloc[0]}' is no number (expected one, or nothing). Correct the cell.",
            layer=layer,
            field=field,
        )
    return found


def _cut_where_they_meet(
    lines: NDArray[np.object_], tolerance_m: float
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Cut every line where another one crosses it or ends near it."""
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    near, which = shapely.STRtree(ends).query(lines, predicate="dwithin", distance=tolerance_m)
    tree = shapely.STRtree(lines)
    one, other = tree.query(lines, predicate="intersects")
    one, other = one[one != other], other[one != other]
    ends_near, others_near = _by_row(near, which, len(lines)), _by_row(one, other, len(lines))
    pieces: list[BaseGeometry] = []
    owner: list[int] = []
    for index, line in enumerate(lines):
        at = [shapely.line_locate_point(line, ends[ends_near[index]])]
        crossing = shapely.intersection(line, lines[others_near[index]])
        at.append(shapely.line_locate_point(line, _vertices(crossing)))
        cut = _cut_at(line, np.concatenate(at))
        pieces += cut
        owner += [index] * len(cut)
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
    pieces: NDArray[np.object_], line: NDArray[np.int64], tolerance_m: float
) -> tuple[Floats, NDArray[np.int64]]:
    """Give every end a node: equal ends share one, and loose ends join the roads near them."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    ends = shapely.get_coordinates(pieces).reshape(-1, 2, 2)
    xy, node = np.unique(np.round(ends.reshape(-1, 2), 3), axis=0, return_inverse=True)
    node = node.reshape(-1, 2)
    degree = np.bincount(node.ravel(), minlength=len(xy))
    owner = _owners(node, line, len(xy))
    loose = np.flatnonzero(degree == 1)
    near = cKDTree(xy).query_ball_point(xy[loose], tolerance_m)
    pairs: list[tuple[int, int]] = []
    for end, others in zip(loose, near, strict=True):
        # Nearer nodes of the same road are the way to its end: joining them would shorten it.
        free = [n for n in others if owner[n] != owner[end] or (degree[n] == 1 and n != end)]
        away = np.hypot(*(xy[free] - xy[end]).T)
        best: dict[int, int] = {}
        for at in np.argsort(away, kind="stable"):
            best.setdefault(int(owner[free[at]]), int(free[at]))
        pairs += [(int(end), other) for other in best.values()]
    joined = set(map(tuple, np.sort(node, axis=1).tolist()))
    pairs = [pair for pair in pairs if tuple(sorted(pair)) not in joined]
    rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    links = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(xy), len(xy)))
    _, label = connected_components(links, directed=False)
    _, first = np.unique(label, return_index=True)
    return xy[first], np.asarray(label[node], dtype=np.int64)


def _owners(node: NDArray[np.int64], line: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Give each node the number of its line, shape ``(n,)``; -1 where several meet."""
    first, last = np.full(count, len(line) + 1, np.int64), np.full(count, -1, np.int64)
    for end in node.T:
        np.minimum.at(first, end, line)
        np.maximum.at(last, end, line)
    return np.where(first == last, first, -1)
