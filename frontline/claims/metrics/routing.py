"""Metrics of ways: travel time, detours, what a line cuts off, on a graph of the roads."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS, Transformer

from frontline.analysis.context import Analysis
from frontline.claims.lookup import (
    explain_schematic,
    find_corridors,
    find_error_near,
    find_front,
    find_place,
    find_points,
    find_side,
    write_distance_from_line,
)
from frontline.claims.measurement import (
    Ids,
    Kinds,
    LineKey,
    Measurement,
    Metres,
    SideName,
    Unit,
    join_words,
    report_missing,
)
from frontline.claims.metrics.corridors import NO_CORRIDORS
from frontline.elevation.dem import is_coarse, make_sight_grid
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

NO_ELEVATION = "the project has no elevation"


def _network(case: Analysis, kinds: Kinds) -> RoadNetwork | None:
    find_corridors(case, kinds=kinds)
    return case.compute_once(
        ("roads", *kinds),
        compute=lambda: build_network(case.project, layers=case.layers, dem=case.dem, kinds=kinds),
    )


def _with_notes(detail: str, network: RoadNetwork, *more: str) -> str:
    """Add what is not known of the roads to a detail."""
    return "; ".join([detail, *(text for text in more if text), *network.notes])


def _doubt(closed: Closed) -> str:
    """Say which roads cross the line in doubt."""
    if not closed.doubtful:
        return ""
    return (
        f"{join_words(closed.doubtful)}: over the line and back within its error, one doubtful "
        "crossing, which may not close the road"
    )


def _apart_before(case: Analysis, network: RoadNetwork, places: Ids) -> str:
    """Name places at a road that is joined to no other, line or none."""
    graph = network.graph
    edges = find_nearest_roads(graph, places_xy=find_points(case, places=places), line=None)
    named = [
        f"{find_place(case, place=place).name} stands at a road that is joined to little else"
        for place, edge in zip(places, edges, strict=True)
        if edge >= 0 and graph.part[edge] != 0 and graph.circuit_m[edge] < LEAST_CIRCUIT_M
    ]
    return "; ".join(named)


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
    network = _network(case, kinds)
    if network is None:
        return report_missing(NO_CORRIDORS, unit="min")
    xy = find_points(case, places=places)
    minutes = find_times_to_line(
        network.close_at(front.geometry), origins_xy=xy, line=front.geometry
    )
    away = measure_distance(xy, line=front.geometry, plane=case.layers.plane) / 1000.0
    told = []
    for place, one, km in zip(places, minutes, away, strict=True):
        found = find_place(case, place=place)
        far = write_distance_from_line(
            float(km),
            error_m=find_error_near(front, geometry=found.geometry),
            written=f"{km:.1f} km",
        )
        told.append(f"{found.name} {_minutes(float(one))}, {far}")
    return Measurement(
        float(np.median(minutes)),
        float(minutes.min()),
        float(minutes.max()),
        "min",
        contains="the range of the places named, not the position of the line",
        detail=_with_notes(
            f"By place, with the distance in a straight line: {join_words(told, comma='; ')}",
            network,
        ),
        coarse=explain_schematic(case),
    )


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
    network = _network(case, kinds)
    if network is None and case.dem is not None:
        return walking_time(case, start=start, stop=stop, line=line)
    if network is None:
        return report_missing(NO_CORRIDORS, unit="min")
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
        detail = f"Without the line it would be {_minutes(free)}"
        doubt = _doubt(closed) if least < value else ""
    apart = _apart_before(case, network, (start, stop)) if math.isinf(free) else ""
    eased = f"{doubt}: then {_minutes(least)}" if doubt else ""
    return Measurement(
        value,
        least,
        value,
        "min",
        contains="the doubtful crossings" if doubt else network.holds,
        detail=_with_notes(detail, network, eased, apart),
        coarse=(*explain_schematic(case), *((doubt,) if doubt else ())),
    )


def walking_time(
    case: Analysis, *, start: str, stop: str, line: LineKey | None = None
) -> Measurement:
    """Minutes on foot over the terrain between two places, with a line as a barrier.

    Parameters
    ----------
    case
        The case, with elevation.
    """
    if case.dem is None:
        return report_missing(NO_ELEVATION, unit="min")
    xy = find_points(case, places=[start, stop])
    straight, plane = shapely.linestrings(xy), case.layers.plane.crs
    around = max(LEAST_DETOUR_M, float(straight.length) / 2.0)
    grid = make_sight_grid(case.dem, area=straight, area_crs=plane, margin_m=around)
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
        detail = f"Without the line it would be {_minutes(free)}"
    step = max(case.dem.step_m)
    return Measurement(
        value,
        value,
        value,
        "min",
        contains="nothing: Tobler's speeds for the slope",
        detail=f"{detail}; the way is looked for within {around / 1000:.0f} km",
        coarse=(f"the elevation has cells of {step:,.0f} m",) if is_coarse(case.dem) else (),
    )


def _minutes(value: float) -> str:
    return f"{value:.0f} min" if math.isfinite(value) else "unreachable"


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
    network = _network(case, kinds)
    if network is None:
        return report_missing(NO_CORRIDORS, unit="%")
    bar = None if line is None else find_front(case, line=line).geometry
    graph = network.graph if bar is None else network.close_at(bar, checkpoints=checkpoints)
    centre = shapely.Point(case.layers.plane.xy(np.array([closed]))[0])
    xy = find_points(case, places=[start, stop])
    free, longer = (
        float(find_travel_times(one, origins_xy=xy[:1], targets_xy=xy[1:], line=bar)[0, 0])
        for one in (graph, cut_graph(graph, line=shapely.buffer(centre, radius_m)))
    )
    if not math.isfinite(free):
        return report_missing("there is no way between the two even with all roads open", unit="%")
    value = 100.0 * (longer / free - 1.0) if free else math.inf
    return Measurement(
        value,
        value,
        value,
        "%",
        contains=network.holds,
        detail=_with_notes(
            f"With all roads {_minutes(free)}, with these closed {_minutes(longer)}", network
        ),
        coarse=explain_schematic(case),
        of_way=True,
    )


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
    network = _network(case, kinds)
    if network is None:
        return report_missing(NO_CORRIDORS, unit="places")
    closed = network.close_at_front(front, barrier=bar, checkpoints=checkpoints)
    found, before = _apart(case, places, network, closed.graph, land, bar)
    eased = found
    if closed.doubtful:
        eased, _ = _apart(case, places, network, closed.lenient, land, bar)
    told = f"Cut off: {join_words(found) or 'none'}"
    if before:
        told += f"; apart from the rest with or without the line: {join_words(before)}"
    wider = _network(case, (*kinds, *planned)) if planned else None
    if wider is not None:
        open_ = wider.close_at_front(front, barrier=bar, checkpoints=checkpoints).graph
        left, _ = _apart(case, places, wider, open_, land, bar)
        told += f"; with what is planned: {join_words(left) or 'none'}"
    value, least = float(len(found)), float(min(len(eased), len(found)))
    doubt = _doubt(closed) if least < value else ""
    return Measurement(
        value,
        least,
        value,
        "places",
        contains="the doubtful crossings" if doubt else "nothing: one network as drawn",
        detail=_with_notes(told, network, doubt),
        coarse=explain_schematic(case),
    )


def _apart(
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
    own = table[table["kind"] == kind]
    if not len(own):
        return report_missing(f"the project has no points of the kind '{kind}'", unit="km")
    start = find_points(case, places=[place])
    ends = shapely.get_coordinates(own.geometry.to_numpy())
    away = case.layers.plane.ground_m(np.repeat(start, len(ends), axis=0), ends) / 1000.0
    best = int(np.argmin(away))
    told = f"The nearest to {find_place(case, place=place).name} is {own['name'].iloc[best]}"
    network = _network(case, kinds) if len(case.layers.corridors) else None
    if network is not None:
        bar = None if line is None else find_front(case, line=line).geometry
        open_ = network.graph if bar is None else network.close_at(bar)
        minutes = find_travel_times(open_, origins_xy=start, targets_xy=ends, line=bar)[0]
        soonest = int(np.argmin(minutes))
        said = f"{own['name'].iloc[soonest]}: {_minutes(float(minutes[soonest]))}"
        told += f"; by road{' (schematic)' if explain_schematic(case) else ''} it is {said}"
    value = float(away[best])
    some = (f"only {len(own)} points of the kind '{kind}' are in the data",)
    return Measurement(
        value,
        value,
        value,
        "km",
        contains="nothing: the distance of two points",
        detail=told,
        coarse=() if complete else some,
    )


WAY_METRICS: Mapping[Callable[..., Measurement], Unit] = {
    minutes_to_front: "min",
    travel_time: "min",
    walking_time: "min",
    detour: "%",
    cut_off: "places",
    nearest_post: "km",
}
