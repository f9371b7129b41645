"""Metrics of corridors: distance, length, crossings, land and ground along them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely

from frontline.analysis.context import Analysis
from frontline.analysis.corridor_measures import (
    SCHEMATIC_M,
    count_crossings,
    cut_stretch_of_corridor,
    find_leaving,
    measure_gap,
    measure_km_near,
    measure_length_on,
    measure_share_beyond_start,
    measure_widths_beside,
)
from frontline.claims.lookup import (
    explain_coarse_cells,
    explain_schematic,
    find_corridors,
    find_dem,
    find_draws,
    find_front,
    find_front_if_named,
    find_land,
    find_side,
    write_both_names,
    write_distance_from_line,
)
from frontline.claims.measurement import (
    POSITION,
    Measurement,
    MissingDataError,
    join_words,
    make_exact,
    make_margin,
    make_range,
)
from frontline.claims.metric import (
    Ends,
    Kinds,
    LineKey,
    Metres,
    PartitionKey,
    Share,
    SideName,
    metric,
)
from frontline.geo.geodesy import measure_distance
from frontline.lines.measures import find_weighted_quantile, read_terrain_along

if TYPE_CHECKING:
    import geopandas as gpd

OF_LINE = f"{POSITION}, not that of the corridor"


def _find_course_error(case: Analysis) -> tuple[float, str]:
    """Say how far corridors may be off, and what an interval then contains."""
    if not explain_schematic(case):
        return 0.0, OF_LINE
    return SCHEMATIC_M, f"{POSITION} and of schematic corridors, known to {SCHEMATIC_M:,.0f} m"


@metric("km")
def corridor_gap(case: Analysis, *, line: LineKey, kinds: Kinds) -> Measurement:
    """Smallest distance of corridors of some kinds from a line.

    Parameters
    ----------
    kinds
        Kinds of corridors, for example ["pipeline"].
    """
    front = find_front(case, line=line)
    corridors = find_corridors(case, kinds=kinds)
    error_m, holds = _find_course_error(case)
    gap, rows = measure_gap(
        corridors,
        layers=case.layers,
        front=front,
        draws=find_draws(case, front=front),
        error_m=error_m,
    )
    line_error_m = float(front.error_m.max(initial=0.0))
    distances = [
        write_distance_from_line(km, error_m=line_error_m, written=f"{km:.1f}")
        if km
        else "crosses it"
        for km in (rows["distance_m"] / 1000.0).tolist()
    ]
    gaps = [f"{name} {far}" for name, far in zip(rows["name"], distances, strict=True)]
    return make_range(
        gap,
        contains=holds,
        detail=f"In km: {join_words(gaps)}",
        resolves=line_error_m / 1000.0 if gap.value else 0.0,
    )


@metric("km")
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
    corridors = find_corridors(case, kinds=kinds)
    near_km = measure_km_near(
        corridors,
        front=front,
        draws=find_draws(case, front=front),
        plane=case.layers.plane,
        distance_m=distance_m,
    )
    reaches = (distance_m / 2, 2 * distance_m, 5 * distance_m)
    whole = float(corridors.geometry.length.sum()) / 1000.0
    return make_range(
        near_km,
        contains=OF_LINE,
        detail=f"Also {_write_km_within(case, line, corridors, reaches)}, of {whole:,.0f} km",
        coarse=explain_schematic(case),
    )


def _write_km_within(
    case: Analysis, line: str, corridors: gpd.GeoDataFrame, reaches_m: tuple[float, ...]
) -> str:
    """Write the kilometres within distances; one below the line's error is below accuracy."""
    front = find_front(case, line=line)
    error_m = float(front.error_m.max(initial=0.0))
    parts = []
    for reach in reaches_m:
        km = measure_km_near(
            corridors, front=front, draws=(), plane=case.layers.plane, distance_m=reach
        ).value
        near = write_distance_from_line(reach / 1000.0, error_m=error_m, written=f"{km:.0f} km")
        parts.append(f"{near} within {reach / 1000:g} km")
    return ", ".join(parts)


@metric("crossings")
def crossings(case: Analysis, *, line: LineKey, kinds: Kinds) -> Measurement:
    """How often corridors of some kinds cross a line."""
    front = find_front(case, line=line)
    corridors = find_corridors(case, kinds=kinds)
    count = count_crossings(corridors, layers=case.layers, front=front)
    by_name = [f"{name} {number}" for name, number in count.rows["name"].value_counts().items()]
    doubt = (
        f"In doubt within the line's error: {count.doubtful} of them, and {count.possible} "
        "stretches of road that may cross"
    )
    near = _write_km_within(case, line, corridors, (500.0, 1_000.0, 2_000.0, 5_000.0))
    return make_range(
        count.estimate,
        contains=OF_LINE,
        detail=f"By corridor: {join_words(by_name) or 'none'}. {doubt}. "
        f"Length near the line: {near}",
        coarse=explain_schematic(case),
    )


@metric("%")
def beyond_headworks(case: Analysis, *, line: LineKey, kinds: Kinds) -> Measurement:
    """Share of canals, by length, on another side than the place where they begin.

    Parameters
    ----------
    kinds
        Kinds of corridors; each begins at its headworks.
    """
    front = find_front(case, line=line)
    canals = find_corridors(case, kinds=kinds)
    share = measure_share_beyond_start(
        canals, front=front, draws=find_draws(case, front=front), plane=case.layers.plane
    )
    rows = count_crossings(canals, layers=case.layers, front=front).rows
    return make_range(
        share,
        contains=OF_LINE,
        detail=f"{len(canals)} corridors, which cross the line {len(rows)} times",
        coarse=explain_schematic(case),
    )


@metric("km")
def corridor_length(
    case: Analysis,
    *,
    corridor: str,
    between: Ends | None = None,
    line: LineKey | None = None,
    side: SideName | None = None,
    outside: PartitionKey | None = None,
) -> Measurement:
    """Length of a corridor: between two places, on a side of a line, outside a partition.

    Parameters
    ----------
    between
        Two places, [[lon, lat], [lon, lat]]: the stretch between the points nearest to them; all
        of the corridor within the study area if unset.
    line, side
        Only on this side of this line.
    outside
        Only outside this partition.
    """
    course, off_m, named = _find_stretch(case, corridor, between)
    if outside is not None:
        course = shapely.difference(course, find_land(case, partition=outside))
    front, draws = find_front_if_named(case, line=line, side=side)
    error_m = SCHEMATIC_M if explain_schematic(case) else 0.0
    length = measure_length_on(
        course,
        plane=case.layers.plane,
        front=front,
        draws=draws,
        side=side if front is not None else None,
        error_m=float(np.hypot(off_m, error_m)),
    )
    parts = [POSITION] if front is not None else []
    parts += ["the distance of the places named from the corridor"] if between else []
    parts += [f"a schematic course, known to {SCHEMATIC_M:,.0f} m"] if error_m else []
    return make_range(
        length,
        contains=" and ".join(parts) or "nothing: the corridor as drawn",
        detail=f"Along {named}",
    )


def _find_stretch(case: Analysis, corridor: str, between: Ends | None) -> tuple[Any, float, str]:
    """Return a stretch of a corridor, how far the places that bound it lie off, and its names."""
    rows = find_corridors(case, ids=[corridor])
    course, named = rows.geometry.iloc[0], write_both_names(rows.iloc[0])
    if between is None:
        return shapely.intersection(course, case.layers.study_area), 0.0, named
    part, off_m = cut_stretch_of_corridor(course, ends_xy=case.layers.plane.xy(np.array(between)))
    return part, off_m, named


@metric("km")
def corridor_width(
    case: Analysis,
    *,
    corridor: str,
    line: LineKey,
    side: SideName,
    outside: PartitionKey | None = None,
    quantile: Share = 0.5,
) -> Measurement:
    """Width of the land of a side along one named road, square to the road.

    Parameters
    ----------
    corridor
        Identifier of the road.
    outside
        Only along the road outside this partition.
    quantile
        0 is the narrowest place, taken every half kilometre, 0.5 the median.
    """
    front = find_front(case, line=line)
    land = find_side(front, side=side)
    course, _, named = _find_stretch(case, corridor, None)
    if outside is not None:
        course = shapely.difference(course, find_land(case, partition=outside))
    widths = measure_widths_beside(course, land=land, plane=case.layers.plane)
    if not len(widths):
        raise MissingDataError(f"the corridor does not run on the side {side} there")
    value = float(np.quantile(widths, quantile))
    # Both edges of the strip are pieces of the line, each with its error.
    away = float(np.hypot(*(2 * [front.error_m.max(initial=0.0)]))) / 1000.0
    return make_margin(
        value,
        away=away,
        contains=OF_LINE,
        detail=f"Along {named}: {widths.min():.1f} to {widths.max():.1f} km in "
        f"{len(widths)} places",
        coarse=explain_schematic(case),
        resolves=away,
    )


@metric({"slope": "%", "elevation": "m"})
def road_ground(
    case: Analysis,
    *,
    corridor: str,
    measure: Literal["slope", "elevation"] = "slope",
    quantile: Share = 0.5,
    between: Ends | None = None,
) -> Measurement:
    """Slope of the ground, or height, along a road, built or planned.

    Parameters
    ----------
    corridor
        Identifier of the road.
    measure
        The slope of the ground in per cent, or the height in metres.
    quantile
        0.5 is what half of the road's length does not exceed, 1 the steepest or highest place.
    between
        Two places, [[lon, lat], [lon, lat]], that bound a stretch; all of the road if unset.
    """
    dem = find_dem(case)
    course, _, named = _find_stretch(case, corridor, between)
    along = read_terrain_along(course, dem=dem, plane=case.layers.plane)
    metres, heights = (along[name].to_numpy(dtype=float) for name in ("metres", "elevation_m"))
    slopes = 100.0 * np.tan(np.radians(along["slope_deg"].to_numpy(dtype=float)))
    values = slopes if measure == "slope" else heights
    value = find_weighted_quantile(values, weights=metres, share=quantile)
    away = (dem.accuracy_m or 0.0) if measure == "elevation" else 0.0
    return Measurement(
        value,
        value - away,
        value + away,
        contains="the accuracy of heights" if away else "nothing: the elevation as it is",
        detail=f"Along {metres.sum() / 1000:.0f} km of {named} from "
        f"{np.nanmin(heights):,.0f} to {np.nanmax(heights):,.0f} m",
        coarse=(*explain_schematic(case), *explain_coarse_cells(dem)),
    )


@metric("points")
def near_corridor(
    case: Analysis, *, kind: str, corridor: str, distance_m: Metres, complete: bool = False
) -> Measurement:
    """How many named points of a kind lie within a distance of a corridor."""
    table = case.layers.points
    points = table[table["kind"] == kind]
    way = find_corridors(case, ids=[corridor])
    if not len(points):
        raise MissingDataError(f"the project lacks points of the kind '{kind}'")
    xy = shapely.get_coordinates(points.geometry.to_numpy())
    away = measure_distance(xy, line=way.geometry.iloc[0], plane=case.layers.plane)
    distances = [
        f"{name} {metres / 1000:.1f}" for name, metres in zip(points["name"], away, strict=True)
    ]
    some = (f"only {len(points)} points of the kind '{kind}' are in the data",)
    return make_exact(
        float((away <= distance_m).sum()),
        contains="nothing: a count",
        detail=f"Of {len(points)}, in km from it: {join_words(distances)}",
        coarse=(*(() if complete else some), *explain_schematic(case)),
    )


@metric("corridors")
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
    corridors = find_corridors(case, kinds=kinds)
    area = case.layers.study_area
    leaves = find_leaving(corridors, study_area=area)
    if partition is not None:
        land = shapely.buffer(find_land(case, partition=partition, codes=codes), margin_m)
        leaves &= find_leaving(corridors, study_area=area, land=land)
    if line is not None and side is not None:
        land = find_side(find_front(case, line=line), side=side)
        leaves &= find_leaving(corridors, study_area=area, land=land)
    named = [write_both_names(row) for _, row in corridors[leaves].iterrows()]
    return make_exact(
        float(leaves.sum()),
        contains="nothing: a count",
        detail=join_words(named),
        coarse=explain_schematic(case),
    )
