"""Metrics of ways: travel time, detours, what a line cuts off, on a graph of the roads."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS, Transformer

from frontline.analysis.context import Analysis
from frontline.claims.lookup import (
    NO_CORRIDORS,
    explain_coarse_cells,
    explain_schematic,
    find_corridors,
    find_dem,
    find_error_near,
    find_front,
    find_place,
    find_points,
    find_side,
    write_distance_from_line,
)
from frontline.claims.measurement import Measurement, MissingDataError, join_words, make_exact
from frontline.claims.metric import Ids, Kinds, LineKey, Metres, SideName, metric
from frontline.elevation.dem import make_sight_grid
from frontline.geo.geodesy import measure_distance
from frontline.network.cost_distance import find_walking_times
from frontline.network.project_roads import Closed, RoadNetwork, build_network
from frontline.network.routing import (
    LEAST_CIRCUIT_M,
    cut_graph,
    find_nearest_roads,
    find_times_to_line,
    find_travel_times,
    label_parts,
)
from frontline.project.types import Flag, LonLat

if TYPE_CHECKING:
    from frontline.network.graph import RoadGraph


LEAST_DETOUR_M = 5_000.0
"""A way on foot is looked for this far around the straight line, or half of its length."""


def _find_network(case: Analysis, kinds: Kinds) -> RoadNetwork:
    """Build the network of some kinds of corridors, once for all metrics of a case."""
    find_corridors(case, kinds=kinds)
    network: RoadNetwork | None = case.compute_once(
        ("roads", *kinds),
        compute=lambda: build_network(case.project, layers=case.layers, dem=case.dem, kinds=kinds),
    )
    if network is None:
        raise MissingDataError(NO_CORRIDORS)
    return network


def _add_notes(detail: str, network: RoadNetwork, *more: str) -> str:
    """Add what is not known of the roads to a detail."""
    return "; ".join([detail, *(text for text in more if text), *network.notes])


def _explain_doubt(closed: Closed) -> str:
    """Say which roads cross the line in doubt."""
    if not closed.doubtful:
        return ""
    return (
        f"{join_words(closed.doubtful)}: over the line and back within its error, one doubtful "
        "crossing, which may not close the road"
    )


def _name_apart_before(case: Analysis, network: RoadNetwork, places: Ids) -> str:
    """Name places at a road that is joined to no other, line or none."""
    graph = network.graph
    edges = find_nearest_roads(graph, places_xy=find_points(case, places=places), line=None)
    named = [
        f"{find_place(case, place=place).name} stands at a road that is joined to little else"
        for place, edge in zip(places, edges, strict=True)
        if edge >= 0 and graph.part[edge] != 0 and graph.circuit_m[edge] < LEAST_CIRCUIT_M
    ]
    return "; ".join(named)


@metric("min")
def minutes_to_front(
    case: Analysis, *, places: Ids, line: LineKey, kinds: Kinds = ("road",)
) -> Measurement:
    """Minutes by road from places to the nearest point of a line: the median of them.

    Parameters
    ----------
    line
        Key of the line; it cannot be crossed.

    Notes
    -----
    By road to where it meets the line, or to the best place, and on foot in a straight line from
    there.
    """
    front = find_front(case, line=line)
    network = _find_network(case, kinds)
    xy = find_points(case, places=places)
    minutes = find_times_to_line(
        network.close_at(front.geometry), origins_xy=xy, line=front.geometry
    )
    away = measure_distance(xy, line=front.geometry, plane=case.layers.plane) / 1000.0
    ways = []
    for place, time, km in zip(places, minutes, away, strict=True):
        settlement = find_place(case, place=place)
        far = write_distance_from_line(
            float(km),
            error_m=find_error_near(front, geometry=settlement.geometry),
            written=f"{km:.1f} km",
        )
        ways.append(f"{settlement.name} {_write_minutes(float(time))}, {far}")
    return Measurement(
        float(np.median(minutes)),
        float(minutes.min()),
        float(minutes.max()),
        contains="the range of the places named, not the position of the line",
        detail=_add_notes(
            f"By place, with the distance in a straight line: {join_words(ways, comma='; ')}",
            network,
        ),
        coarse=explain_schematic(case),
    )


@metric("min")
def travel_time(
    case: Analysis,
    *,
    start: str,
    stop: str,
    line: LineKey | None = None,
    kinds: Kinds = ("road",),
    checkpoints: Flag = True,
) -> Measurement:
    """Minutes by road between two places, with a line as a barrier.

    Notes
    -----
    Where the project has no such roads but elevation, the time on foot (`walking_time`).
    """
    try:
        network = _find_network(case, kinds)
    except MissingDataError:
        if case.dem is None:
            raise
        return walking_time(case, start=start, stop=stop, line=line)
    xy = find_points(case, places=[start, stop])
    free = float(find_travel_times(network.graph, origins_xy=xy[:1], targets_xy=xy[1:])[0, 0])
    value = least = free
    detail, doubt = "No line bars the way", ""
    if line is not None:
        front = find_front(case, line=line)
        closed = network.close_at_front(front, checkpoints=checkpoints)
        value, least = (
            float(
                find_travel_times(graph, origins_xy=xy[:1], targets_xy=xy[1:], line=front.geometry)[
                    0, 0
                ]
            )
            for graph in (closed.graph, closed.lenient)
        )
        detail = f"Without the line it would be {_write_minutes(free)}"
        doubt = _explain_doubt(closed) if least < value else ""
    apart = _name_apart_before(case, network, (start, stop)) if math.isinf(free) else ""
    eased = f"{doubt}: then {_write_minutes(least)}" if doubt else ""
    return Measurement(
        value,
        least,
        value,
        contains="the doubtful crossings" if doubt else network.holds,
        detail=_add_notes(detail, network, eased, apart),
        coarse=(*explain_schematic(case), *((doubt,) if doubt else ())),
    )


@metric("min")
def walking_time(
    case: Analysis, *, start: str, stop: str, line: LineKey | None = None
) -> Measurement:
    """Minutes on foot over the terrain between two places, with a line as a barrier.

    Parameters
    ----------
    case
        The case, with elevation.
    """
    dem = find_dem(case)
    xy = find_points(case, places=[start, stop])
    straight, plane = shapely.linestrings(xy), case.layers.plane.crs
    around = max(LEAST_DETOUR_M, float(straight.length) / 2.0)
    grid = make_sight_grid(dem, area=straight, area_crs=plane, margin_m=around)
    turn = Transformer.from_crs(plane, CRS.from_user_input(grid.crs), always_xy=True)
    ends = np.column_stack(turn.transform(xy[:, 0], xy[:, 1]))
    free = value = float(find_walking_times(grid, origins_xy=ends[:1], targets_xy=ends[1:])[0, 0])
    detail = "No line bars the way"
    if line is not None:
        bar = case.layers.plane.to_crs(np.array([find_front(case, line=line).geometry]), grid.crs)[
            0
        ]
        value = float(
            find_walking_times(grid, origins_xy=ends[:1], targets_xy=ends[1:], line=bar)[0, 0]
        )
        detail = f"Without the line it would be {_write_minutes(free)}"
    return make_exact(
        value,
        contains="nothing: Tobler's speeds for the slope",
        detail=f"{detail}; the way is looked for within {around / 1000:.0f} km",
        coarse=explain_coarse_cells(dem),
    )


def _write_minutes(value: float) -> str:
    return f"{value:.0f} min" if math.isfinite(value) else "unreachable"


@metric("%")
def detour(
    case: Analysis,
    *,
    start: str,
    stop: str,
    closed: LonLat,
    radius_m: Metres,
    line: LineKey | None = None,
    kinds: Kinds = ("road",),
    checkpoints: Flag = True,
) -> Measurement:
    """How much longer the way between two places takes if no road runs near a point.

    Parameters
    ----------
    closed, radius_m
        Roads within this distance of this point, [lon, lat], are closed.
    line
        Key of a line that cannot be crossed either; none if unset.

    Returns
    -------
    Further time as a share of the free time; infinite where no way is left.
    """
    network = _find_network(case, kinds)
    bar = None if line is None else find_front(case, line=line).geometry
    graph = network.graph if bar is None else network.close_at(bar, checkpoints=checkpoints)
    centre = shapely.Point(case.layers.plane.xy(np.array([closed]))[0])
    xy = find_points(case, places=[start, stop])
    free, longer = (
        float(find_travel_times(roads, origins_xy=xy[:1], targets_xy=xy[1:], line=bar)[0, 0])
        for roads in (graph, cut_graph(graph, line=shapely.buffer(centre, radius_m)))
    )
    if not math.isfinite(free):
        raise MissingDataError("there is no way between the two even with all roads open")
    value = 100.0 * (longer / free - 1.0) if free else math.inf
    return make_exact(
        value,
        contains=network.holds,
        detail=_add_notes(
            f"With all roads {_write_minutes(free)}, with these closed {_write_minutes(longer)}",
            network,
        ),
        coarse=explain_schematic(case),
        of_way=True,
    )


@metric("places")
def cut_off(
    case: Analysis,
    *,
    places: Ids,
    line: LineKey,
    side: SideName,
    kinds: Kinds = ("road",),
    planned: tuple[str, ...] = (),
    edge_closed: Flag = False,
    checkpoints: Flag = True,
) -> Measurement:
    """How many places a line cuts off by road from the rest of their side.

    Parameters
    ----------
    places
        Identifiers of places on that side.
    planned
        Further kinds; the detail says what they would change.
    edge_closed
        Whether no road may leave the study area.
    """
    front = find_front(case, line=line)
    land = find_side(front, side=side)
    bar = front.geometry
    if edge_closed:
        bar = shapely.union_all([bar, shapely.boundary(case.layers.study_area)])
    network = _find_network(case, kinds)
    closed = network.close_at_front(front, barrier=bar, checkpoints=checkpoints)
    cut, before = _name_apart(case, places, network, closed.graph, land, bar)
    eased = cut
    if closed.doubtful:
        eased, _ = _name_apart(case, places, network, closed.lenient, land, bar)
    detail = f"Cut off: {join_words(cut) or 'none'}"
    if before:
        detail += f"; apart from the rest with or without the line: {join_words(before)}"
    if planned:
        wider = _find_network(case, (*kinds, *planned))
        open_ = wider.close_at_front(front, barrier=bar, checkpoints=checkpoints).graph
        left, _ = _name_apart(case, places, wider, open_, land, bar)
        detail += f"; with what is planned: {join_words(left) or 'none'}"
    value, least = float(len(cut)), float(min(len(eased), len(cut)))
    doubt = _explain_doubt(closed) if least < value else ""
    return Measurement(
        value,
        least,
        value,
        contains="the doubtful crossings" if doubt else "nothing: one network as drawn",
        detail=_add_notes(detail, network, doubt),
        coarse=explain_schematic(case),
    )


def _name_apart(
    case: Analysis, places: Ids, network: RoadNetwork, graph: RoadGraph, land: Any, bar: Any
) -> tuple[list[str], list[str]]:
    """Name the places that a line cuts off from most road of their side, and those apart before.

    A place that stands at another part of the network without the line is not cut off by it.
    """
    part = label_parts(graph)[graph.edges[:, 0]] if len(graph.edges) else np.empty(0, np.int64)
    middles = graph.xy[graph.edges].mean(axis=1)
    inside = shapely.contains_xy(land, *middles.T)
    sizes = np.bincount(part[inside], graph.length_m[inside], minlength=1)
    main = int(np.argmax(sizes))
    of_main = graph.part[inside & (part == main)]
    free_main = int(of_main[0]) if len(of_main) else 0
    xy = find_points(case, places=places)
    near, free = (
        find_nearest_roads(graph, places_xy=xy, line=bar),
        find_nearest_roads(network.graph, places_xy=xy, line=None),
    )
    cut: list[str] = []
    before: list[str] = []
    for place, edge, free_edge in zip(places, near, free, strict=True):
        if edge >= 0 and part[edge] == main:
            continue
        joined = free_edge >= 0 and network.graph.part[free_edge] == free_main
        (cut if joined else before).append(find_place(case, place=place).name)
    return cut, before


@metric("km")
def nearest_post(
    case: Analysis,
    *,
    place: str,
    kind: str,
    line: LineKey | None = None,
    kinds: Kinds = ("road",),
    complete: bool = False,
) -> Measurement:
    """Distance of a place from the nearest named point of a kind, straight; by road beside it.

    Parameters
    ----------
    line
        Key of a line that the way by road cannot cross; none if unset.
    """
    table = case.layers.points
    posts = table[table["kind"] == kind]
    if not len(posts):
        raise MissingDataError(f"the project has no points of the kind '{kind}'")
    start = find_points(case, places=[place])
    ends = shapely.get_coordinates(posts.geometry.to_numpy())
    away = case.layers.plane.ground_m(np.repeat(start, len(ends), axis=0), ends) / 1000.0
    best = int(np.argmin(away))
    detail = f"The nearest to {find_place(case, place=place).name} is {posts['name'].iloc[best]}"
    with suppress(MissingDataError):
        network = _find_network(case, kinds)
        bar = None if line is None else find_front(case, line=line).geometry
        open_ = network.graph if bar is None else network.close_at(bar)
        minutes = find_travel_times(open_, origins_xy=start, targets_xy=ends, line=bar)[0]
        soonest = int(np.argmin(minutes))
        way = f"{posts['name'].iloc[soonest]}: {_write_minutes(float(minutes[soonest]))}"
        detail += f"; by road{' (schematic)' if explain_schematic(case) else ''} it is {way}"
    value = float(away[best])
    some = (f"only {len(posts)} points of the kind '{kind}' are in the data",)
    return make_exact(
        value,
        contains="nothing: the distance of two points",
        detail=detail,
        coarse=() if complete else some,
    )
