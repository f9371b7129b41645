"""Metrics of corridors: distance, length, crossings, travel time, what is cut off."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.ops import substring

from frontline.analysis import corridors
from frontline.analysis.context import Analysis
from frontline.claims.lookup import (
    explain_schematic,
    find_corridors,
    find_front,
    find_land,
    find_side,
    spread_over_draws,
    write_both_names,
    write_distance_from_line,
)
from frontline.claims.measurement import (
    POSITION,
    Ends,
    Kinds,
    LineKey,
    Measurement,
    Metres,
    PartitionKey,
    SideName,
    join_words,
    report_missing,
)
from frontline.errors import ProjectError
from frontline.geo.geodesy import geodesic_buffer, measure_distance, measure_length

if TYPE_CHECKING:
    import geopandas as gpd


OF_LINE = f"{POSITION}, not that of the corridor"
NO_CORRIDORS = "the project has no such corridors"
STEP_M = 100.0


def corridor_gap(case: Analysis, *, line: LineKey, kinds: Kinds) -> Measurement:
    """Smallest distance of corridors of some kinds from a line.

    Parameters
    ----------
    kinds
        Kinds of corridors, for example ["pipeline"].
    """
    front = find_front(case, line=line)
    own = find_corridors(case, kinds=kinds)
    if not len(own):
        return report_missing(NO_CORRIDORS, unit="km")
    rows = corridors.measure_corridor_distances(replace(case.layers, corridors=own), fronts=[front])
    value = float(rows["distance_m"].min()) / 1000.0
    shapes = own.geometry.to_numpy()

    def figure(course: Any, _sides: Any) -> float:
        return float(shapely.distance(shapes, course).min()) / 1000.0

    low, high = spread_over_draws(case, front=front, value=value, figure=figure)
    away = rows["distance_m"].to_numpy(dtype=np.float64) / 1000.0
    error_m = float(front.error_m.max(initial=0.0))
    told = [
        f"{name} "
        f"{write_distance_from_line(float(km), error_m=error_m, written=f'{km:.1f}') if km else 'crosses it'}"
        for name, km in zip(rows["name"], away, strict=True)
    ]
    return Measurement(
        value,
        max(low, 0.0),
        high,
        "km",
        contains=OF_LINE,
        detail=f"In km: {join_words(told)}",
        coarse=explain_schematic(case),
        resolves=error_m / 1000.0 if value else 0.0,
    )


def corridor_km_near(
    case: Analysis, *, line: LineKey, kinds: Kinds, distance_m: Metres
) -> Measurement:
    """Kilometres of corridors within a distance of a line.

    Parameters
    ----------
    distance_m
        The distance; the detail adds half, twice and five times as much.
    """
    front = find_front(case, line=line)
    own = find_corridors(case, kinds=kinds)
    if not len(own):
        return report_missing(NO_CORRIDORS, unit="km")
    shapes = own.geometry.to_numpy()

    def exact(reach_m: float) -> float:
        band = geodesic_buffer(front.geometry, distance_m=reach_m, plane=case.layers.plane)
        inside = shapely.intersection(shapes, band)
        return float(measure_length(inside, plane=case.layers.plane).sum()) / 1000.0

    middle, metres = _pieces(case, own)

    def figure(course: Any, _sides: Any) -> float:
        near = measure_distance(middle, line=course, plane=case.layers.plane) <= distance_m
        return float(metres[near].sum()) / 1000.0

    value = exact(distance_m)
    low, high = spread_over_draws(case, front=front, value=value, figure=figure)
    told = [
        f"{exact(reach):.0f} km within {reach / 1000:g} km"
        for reach in (distance_m / 2, 2 * distance_m, 5 * distance_m)
    ]
    return Measurement(
        value,
        max(low, 0.0),
        high,
        "km",
        contains=OF_LINE,
        detail=f"Also {', '.join(told)}, of {metres.sum() / 1000:,.0f} km",
        coarse=explain_schematic(case),
    )


def _pieces(case: Analysis, own: gpd.GeoDataFrame) -> tuple[Any, Any]:
    """Middles of short pieces of corridors ``(n, 2)`` and their lengths in metres ``(n,)``."""
    dense = shapely.segmentize(shapely.get_parts(own.geometry.to_numpy()), STEP_M)
    xy, part = shapely.get_coordinates(dense, return_index=True)
    same = np.flatnonzero(np.diff(part) == 0)
    return (xy[same] + xy[same + 1]) / 2, case.layers.plane.ground_m(xy[same], xy[same + 1])


def crossings(case: Analysis, *, line: LineKey, kinds: Kinds) -> Measurement:
    """How often corridors of some kinds cross a line."""
    front = find_front(case, line=line)
    own = find_corridors(case, kinds=kinds)
    if not len(own):
        return report_missing(NO_CORRIDORS, unit="crossings")
    found = corridors.find_corridor_crossings(replace(case.layers, corridors=own), fronts=[front])
    shapes = shapely.get_parts(own.geometry.to_numpy())

    def figure(course: Any, _sides: Any) -> float:
        return float(len(shapely.get_parts(shapely.intersection(shapes, course))))

    value = float(len(found))
    low, high = spread_over_draws(case, front=front, value=value, figure=figure)
    by_name = found["name"].value_counts()
    near = [
        f"{_km_within(case, line, own, distance):.0f} km within {distance / 1000:g} km"
        for distance in (500.0, 1_000.0, 2_000.0, 5_000.0)
    ]
    told = join_words([f"{name} {count}" for name, count in by_name.items()]) or "none"
    return Measurement(
        value,
        max(low, 0.0),
        high,
        "crossings",
        contains=OF_LINE,
        detail=f"By corridor: {told}. Length near the line: {', '.join(near)}",
        coarse=explain_schematic(case),
    )


def _km_within(case: Analysis, line: str, own: gpd.GeoDataFrame, distance_m: float) -> float:
    middle, metres = _pieces(case, own)
    near = (
        measure_distance(middle, line=find_front(case, line=line).geometry, plane=case.layers.plane)
        <= distance_m
    )
    return float(metres[near].sum()) / 1000.0


def beyond_headworks(case: Analysis, *, line: LineKey, kinds: Kinds) -> Measurement:
    """Share of canals, by length, on another side than the place where they begin.

    Parameters
    ----------
    kinds
        Kinds of corridors; each begins at its headworks.
    """
    front = find_front(case, line=line)
    own = find_corridors(case, kinds=kinds)
    if not len(own):
        return report_missing(NO_CORRIDORS, unit="%")
    metres: dict[int, Any] = {}

    def share(_line: Any, sides: Any) -> float:
        beyond = whole = 0.0
        for row, shape in enumerate(own.geometry):
            middle, length = metres.setdefault(row, _pieces(case, own.iloc[[row]]))
            start = shapely.Point(shapely.get_coordinates(shape)[0])
            home = [land for land in sides.values() if shapely.intersects(land, start)]
            away = [land for land in sides.values() if land not in home]
            if home and away:
                beyond += float(
                    length[shapely.contains_xy(shapely.union_all(away), *middle.T)].sum()
                )
            whole += float(length.sum())
        return 100.0 * beyond / whole

    value = share(front.geometry, front.sides)
    low, high = spread_over_draws(case, front=front, value=value, figure=share)
    count = len(
        corridors.find_corridor_crossings(replace(case.layers, corridors=own), fronts=[front])
    )
    return Measurement(
        value,
        max(low, 0.0),
        high,
        "%",
        contains=OF_LINE,
        detail=f"{len(own)} corridors, which cross the line {count} times",
        coarse=explain_schematic(case),
    )


def corridor_length(case: Analysis, *, corridor: str, between: Ends) -> Measurement:
    """Length of a corridor between the points nearest to two places."""
    own = find_corridors(case, ids=[corridor])
    if not len(own):
        return report_missing(NO_CORRIDORS, unit="km")
    shape = shapely.line_merge(own.geometry.iloc[0])
    ends = shapely.points(case.layers.plane.xy(np.array(between)))
    pieces = shapely.get_parts(shape)
    piece = pieces[int(np.argmin(shapely.distance(pieces[:, None], ends).sum(axis=1)))]
    start, stop = np.sort(shapely.line_locate_point(piece, ends))
    if stop - start < 1.0:
        raise ProjectError("between: both places lie at one point of the corridor. Set them apart.")
    part = np.array([substring(piece, start, stop)], dtype=object)
    value = float(measure_length(part, plane=case.layers.plane)[0]) / 1000.0
    away = float(shapely.distance(piece, ends).max()) / 1000.0
    short = "; a schematic course is too short" if explain_schematic(case) else ""
    return Measurement(
        value,
        max(value - away, 0.0),
        value + away,
        "km",
        contains="the distance of the places named from the corridor",
        detail=f"Along {write_both_names(own.iloc[0])}{short}",
        coarse=explain_schematic(case),
    )


def near_corridor(
    case: Analysis, *, kind: str, corridor: str, distance_m: Metres, complete: bool = False
) -> Measurement:
    """How many named points of a kind lie within a distance of a corridor."""
    table = case.layers.points
    own = table[table["kind"] == kind]
    way = find_corridors(case, ids=[corridor])
    if not len(own) or not len(way):
        return report_missing(
            f"the project lacks points of the kind '{kind}' or the corridor", unit="points"
        )
    xy = shapely.get_coordinates(own.geometry.to_numpy())
    away = measure_distance(xy, line=way.geometry.iloc[0], plane=case.layers.plane)
    value = float((away <= distance_m).sum())
    told = [f"{name} {metres / 1000:.1f}" for name, metres in zip(own["name"], away, strict=True)]
    some = (f"only {len(own)} points of the kind '{kind}' are in the data",)
    return Measurement(
        value,
        value,
        value,
        "points",
        contains="nothing: a count",
        detail=f"Of {len(own)}, in km from it: {join_words(told)}",
        coarse=(*(() if complete else some), *explain_schematic(case)),
    )


def gateways(
    case: Analysis,
    *,
    kinds: Kinds,
    partition: PartitionKey | None = None,
    codes: tuple[str, ...] = (),
    margin_m: Metres = 0.0,
    line: LineKey | None = None,
    side: SideName | None = None,
) -> Measurement:
    """How many corridors lead out of the study area, from all of it or from a partition.

    Parameters
    ----------
    partition, codes
        Only where they leave from this partition, or from these ``districts``.
    margin_m
        How far its outline may be off.
    line, side
        Only where they leave from this side of this line.
    """
    own = find_corridors(case, kinds=kinds)
    if not len(own):
        return report_missing(NO_CORRIDORS, unit="corridors")
    edge = shapely.boundary(case.layers.study_area)
    shapes = own.geometry.to_numpy()
    meets = shapely.intersection(shapes, edge)
    leaves = ~shapely.is_empty(meets)
    if partition is not None:
        land = shapely.buffer(find_land(case, partition=partition, codes=codes), margin_m)
        leaves &= shapely.intersects(meets, land)
    if line is not None and side is not None:
        leaves &= shapely.intersects(meets, find_side(find_front(case, line=line), side=side))
    named = [write_both_names(row) for _, row in own[leaves].iterrows()]
    value = float(leaves.sum())
    return Measurement(
        value,
        value,
        value,
        "corridors",
        contains="nothing: a count",
        detail=join_words(named),
        coarse=explain_schematic(case),
    )


ROAD_METRICS = (
    corridor_gap,
    corridor_km_near,
    crossings,
    beyond_headworks,
    corridor_length,
    near_corridor,
    gateways,
)
