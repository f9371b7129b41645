"""Metrics of land: by partition and side, changed, contained, mountainous, handed over."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely

from frontline.analysis.context import Analysis
from frontline.claims.lookup import (
    find_front,
    find_land,
    find_other_sides,
    find_side,
    list_dated_fronts,
    spread_over_draws,
    write_both_names,
)
from frontline.claims.measurement import (
    POSITION,
    Amount,
    Codes,
    LineKey,
    Measurement,
    Metres,
    PartitionKey,
    Share,
    SideName,
    join_words,
    report_missing,
    state_height_error,
)
from frontline.claims.metrics.landcover import cover_changed
from frontline.elevation.terrain import list_cells, measure_relief_of_cells
from frontline.geo.geodesy import measure_area
from frontline.lines.front import take_paired_figures
from frontline.uncertainty.intervals import Drawn, take_interval
from frontline.uncertainty.outlines import estimate_area_error, find_inside, place_lattice


def land_share(
    case: Analysis,
    *,
    line: LineKey,
    side: SideName,
    partition: PartitionKey,
    codes: tuple[str, ...] = (),
    outline_error_m: Metres = 0.0,
) -> Measurement:
    """Share of a partition, or of districts, that lies on a side of a line.

    Parameters
    ----------
    partition, codes
        Key of the partition, or ``districts`` and their codes. Land outside the study area
        is left out.
    """
    front = find_front(case, line=line)
    find_side(front, side=side)
    land = shapely.intersection(
        find_land(case, partition=partition, codes=codes), case.layers.study_area
    )
    if land.is_empty:
        return report_missing("the partition lies outside the study area", unit="%")
    value, low, high = _share_held(case, line, side, land, outline_error_m)
    return Measurement(
        value,
        low,
        high,
        "%",
        contains=_with_outline(outline_error_m),
        detail=f"Of {shapely.area(land) / 1e6:,.0f} km2",
    )


def _with_outline(error_m: float) -> str:
    if not error_m:
        return f"{POSITION}, not that of outlines"
    return f"{POSITION} and of outlines, known to {error_m:,.0f} m"


def _share_held(
    case: Analysis, line: str, side: str, land: Any, outline_error_m: float
) -> tuple[float, float, float]:
    """Share of land on a side in per cent, with the interval from line and outline."""
    front = find_front(case, line=line)
    whole = shapely.area(land)

    def share(_line: Any, sides: Mapping[str, Any]) -> float:
        return 100.0 * float(shapely.area(shapely.intersection(land, sides[side])) / whole)

    value = share(front.geometry, front.sides)
    low, high = spread_over_draws(case, front=front, value=value, figure=share)
    if outline_error_m:
        xy = place_lattice(shapely.buffer(land, 2.0 * outline_error_m))
        xy = xy[shapely.contains_xy(case.layers.study_area, *xy.T)]
        held = shapely.contains_xy(find_side(front, side=side), *xy.T)
        inside = _inside(case, land, xy, outline_error_m)
        drawn = 100.0 * (inside & held).sum(axis=1) / np.maximum(inside.sum(axis=1), 1)
        low, high = _joined(value, (low, high), drawn)
    return value, max(low, 0.0), min(high, 100.0)


def _inside(case: Analysis, land: Any, xy: Any, error_m: float) -> Any:
    asked = case.project.uncertainty
    draws = max(asked.draws, 100)
    return find_inside(land, xy=xy, error_m=error_m, draws=draws, seed=asked.seed, key="outline")


def _joined(value: float, ends: tuple[float, float], drawn: Any) -> tuple[float, float]:
    """Add a second, independent error to an interval: their deviations in quadrature."""
    low, high = take_interval(value, drawn=Drawn(np.median(drawn), np.asarray(drawn), counted=True))
    return (
        value - math.hypot(value - ends[0], value - low),
        value + math.hypot(ends[1] - value, high - value),
    )


def districts_held(
    case: Analysis,
    *,
    line: LineKey,
    side: SideName,
    codes: Codes,
    least: Share = 0.9,
    most: Share = 1.0,
    outline_error_m: Metres = 0.0,
) -> Measurement:
    """How many of some districts a side holds to a share between two limits.

    Parameters
    ----------
    least, most
        Shares of the district's area: 0.9 to 1 counts those that are held in full.
    """
    names, rows = [], []
    table = case.layers.districts
    for code in codes:
        land = shapely.intersection(
            find_land(case, partition="districts", codes=[code]), case.layers.study_area
        )
        if land.is_empty:
            return report_missing(f"district {code} lies outside the study area", unit="districts")
        row = table[table["code"] == code].iloc[0]
        names.append(write_both_names(row))
        rows.append(_share_held(case, line, side, land, outline_error_m))
    inside = [[100 * least <= row[at] <= 100 * most for row in rows] for at in range(3)]
    counts = [float(sum(flags)) for flags in inside]
    told = join_words([f"{name} {row[0]:.0f} %" for name, row in zip(names, rows, strict=True)])
    return Measurement(
        counts[0],
        min(counts) if all(math.isfinite(row[1]) for row in rows) else counts[0],
        max(counts) if all(math.isfinite(row[1]) for row in rows) else counts[0],
        "districts",
        contains=_with_outline(outline_error_m),
        detail=f"Shares held: {told}",
    )


def land_changed(
    case: Analysis,
    *,
    from_line: LineKey,
    to_line: LineKey,
    to_side: SideName,
    partition: PartitionKey | None = None,
    inside: bool = True,
    farmland: bool = False,
) -> Measurement:
    """Share of the land that a side had not held and holds now.

    Parameters
    ----------
    partition, inside
        Only within this partition, or only outside it.
    farmland
        Whether the statement speaks of farmland: that of the land cover where the project has
        one; else all land only stands for it.
    """
    if farmland and case.cover is not None:
        return cover_changed(
            case,
            from_line=from_line,
            to_line=to_line,
            to_side=to_side,
            partition=partition,
            inside=inside,
        )
    old, new = find_front(case, line=from_line), find_front(case, line=to_line)
    area = case.layers.study_area
    if partition is not None:
        land = find_land(case, partition=partition)
        area = shapely.intersection(area, land) if inside else shapely.difference(area, land)
    value = _gained(area, old.sides, new.sides, to_side)
    drawn = take_paired_figures(
        (old, new),
        draws=case.draws,
        figure=lambda here, there: _gained(area, here.sides, there.sides, to_side),
    )
    low, high = (
        (value, value)
        if drawn is None
        else take_interval(value, drawn=drawn, least=0.0, most=100.0)
    )
    lost = shapely.intersection(find_other_sides(old, side=to_side), find_side(new, side=to_side))
    km2 = shapely.area(shapely.intersection(area, lost)) / 1e6
    note = ("no land cover is at hand, and all land stands for farmland",)
    parts = [
        f"{key} "
        f"{shapely.area(shapely.intersection(lost, find_land(case, partition=key))) / 1e6:,.0f} km2"
        for key in case.layers.partitions
    ]
    whole = shapely.area(lost) / 1e6
    all_ = f" of {whole:,.0f} km2 in all" if partition is not None else ""
    within = f"{all_}; of these within partitions: {', '.join(parts)}" if parts else all_
    return Measurement(
        value,
        low,
        high,
        "%",
        contains="the position of both lines",
        detail=f"{km2:,.0f} km2 came to the side {to_side}{within}",
        coarse=note if farmland else (),
    )


def _gained(area: Any, before: Mapping[str, Any], after: Mapping[str, Any], to_side: str) -> float:
    others = shapely.union_all([land for name, land in before.items() if name != to_side])
    had_not = shapely.intersection(area, others)
    now = shapely.intersection(had_not, after[to_side])
    return 100.0 * float(shapely.area(now) / max(shapely.area(had_not), 1.0))


def area_ratio(
    case: Analysis,
    *,
    line: LineKey,
    side: SideName,
    partition: PartitionKey,
    codes: tuple[str, ...] = (),
    outline_error_m: Metres = 0.0,
) -> Measurement:
    """How many times the area of a partition a side of a line is.

    Parameters
    ----------
    outline_error_m
        Half-width within which the outlines of partition and study area lie with 95 %.
    """
    front = find_front(case, line=line)
    plane = case.layers.plane
    held, land = find_side(front, side=side), find_land(case, partition=partition, codes=codes)
    areas_m2 = measure_area(np.array([held, land], dtype=object), plane=plane)
    ours, theirs = float(areas_m2[0]) / 1e6, float(areas_m2[1]) / 1e6
    value = ours / theirs

    def figure(_line: Any, sides: Mapping[str, Any]) -> float:
        return float(shapely.area(sides[side])) / 1e6 / theirs

    low, high = spread_over_draws(case, front=front, value=value, figure=figure)
    edge = shapely.length(shapely.intersection(shapely.boundary(case.layers.study_area), held))
    errors = [
        estimate_area_error(length, error_m=outline_error_m) / 1e6
        for length in (edge, shapely.length(shapely.boundary(land)))
    ]
    away = value * math.hypot(errors[0] / ours, errors[1] / theirs)
    return Measurement(
        value,
        value - math.hypot(value - low, away),
        value + math.hypot(high - value, away),
        "times",
        contains=_with_outline(outline_error_m),
        detail=f"{ours:,.0f} km2 against {theirs:,.0f} km2",
    )


def share_inside(
    case: Analysis,
    *,
    line: LineKey,
    side: SideName,
    partition: PartitionKey,
    outline_error_m: Metres = 0.0,
) -> Measurement:
    """Share of the land of a side that lies within a partition."""
    front = find_front(case, line=line)
    find_side(front, side=side)
    land = find_land(case, partition=partition)

    def share(_line: Any, sides: Mapping[str, Any]) -> float:
        held = sides[side]
        part = shapely.area(shapely.intersection(held, land))
        return 100.0 * float(part / max(shapely.area(held), 1.0))

    value = share(front.geometry, front.sides)
    low, high = spread_over_draws(case, front=front, value=value, figure=share)
    if outline_error_m:
        xy = place_lattice(front.sides[side])
        drawn = 100.0 * _inside(case, land, xy, outline_error_m).mean(axis=1)
        low, high = _joined(value, (low, high), drawn)
    away = shapely.difference(front.sides[side], land)
    return Measurement(
        value,
        max(low, 0.0),
        min(high, 100.0),
        "%",
        contains=_with_outline(outline_error_m),
        detail=f"{shapely.area(away) / 1e6:,.0f} of {shapely.area(front.sides[side]) / 1e6:,.0f} "
        "km2 lie outside the outline",
    )


def mountain_share(
    case: Analysis,
    *,
    line: LineKey,
    side: SideName,
    relief_m: Amount = 300.0,
    radius_m: Metres = 7_000.0,
) -> Measurement:
    """Share of the land of a side that is mountainous: relief above a threshold.

    Parameters
    ----------
    relief_m, radius_m
        Land is mountainous where the heights within the radius differ by this much.

    References
    ----------
    Kapos, V. and others (2000), Developing a map of the world's mountain forests: 300 m within
    7 km defines mountains of low elevation there.
    """
    if case.dem is None:
        return report_missing("the project has no elevation", unit="%")
    front = find_front(case, line=line)
    find_side(front, side=side)
    dem = case.dem
    relief = measure_relief_of_cells(dem, radius_m=radius_m).ravel()
    xy, area = list_cells(dem, plane=case.layers.plane)
    error_m = math.sqrt(2.0) * (dem.accuracy_m or 0.0)
    shares = {}
    for one in list_dated_fronts(case):
        for name, land in one.sides.items():
            inside = np.flatnonzero(np.isfinite(dem.heights_m.ravel()))
            inside = inside[shapely.contains_xy(land, *xy[inside].T)]
            weight = area[inside]
            shares[one.key, name] = [
                100.0 * float(weight[relief[inside] >= relief_m + shift].sum() / weight.sum())
                if len(inside)
                else math.nan
                for shift in (0.0, error_m, -error_m)
            ]
    value, low, high = shares[line, side]
    told = [f"{key}, {name}: {figure[0]:.0f} %" for (key, name), figure in shares.items()]
    return Measurement(
        value,
        low,
        high,
        "%",
        contains=state_height_error(dem.accuracy_m),
        detail=f"Land with {relief_m:.0f} m of relief within {radius_m / 1000:g} km: "
        f"{'; '.join(told)}",
    )


LAND_METRICS = (
    land_share,
    districts_held,
    land_changed,
    area_ratio,
    share_inside,
    mountain_share,
)
