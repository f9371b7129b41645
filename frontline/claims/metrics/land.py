"""Metrics of land: by partition and side, changed, contained, mountainous, of a side in all."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import shapely

from frontline.analysis.change import balance, overlay_once
from frontline.analysis.context import Analysis
from frontline.analysis.corridor_measures import SCHEMATIC_M
from frontline.analysis.land_held import (
    measure_ratio_of_lands,
    measure_ratio_of_side,
    measure_share_gained,
    measure_share_held,
    measure_share_within_outline,
)
from frontline.analysis.spread import Estimate
from frontline.claims.lookup import (
    cut_study_area,
    find_corridors,
    find_dem,
    find_draws,
    find_front,
    find_land,
    find_other_sides,
    find_side,
    list_dated_fronts,
    make_outline,
    write_both_names,
)
from frontline.claims.measurement import (
    POSITION,
    Measurement,
    MissingDataError,
    join_words,
    make_range,
    state_height_error,
)
from frontline.claims.metric import (
    Amount,
    Codes,
    LineKey,
    Metres,
    PartitionKey,
    Share,
    SideName,
    metric,
)
from frontline.claims.metrics.landcover import cover_changed
from frontline.elevation.terrain import find_cells_within, read_ground
from frontline.errors import ProjectError
from frontline.geo.geodesy import geodesic_buffer
from frontline.lines.zones import tabulate_sides
from frontline.uncertainty.outlines import estimate_area_error


@metric("%")
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
    find_front(case, line=line, side=side)
    land = cut_study_area(case, partition=partition, codes=codes)
    if land.is_empty:
        raise MissingDataError("the partition lies outside the study area")
    share = _measure_held(case, line, side, land, outline_error_m)
    return make_range(
        share,
        contains=_name_outline_error(outline_error_m),
        detail=f"Of {shapely.area(land) / 1e6:,.0f} km2",
    )


def _measure_held(
    case: Analysis, line: str, side: str, land: Any, outline_error_m: float
) -> Estimate:
    front = find_front(case, line=line)
    return measure_share_held(
        land,
        front=front,
        draws=find_draws(case, front=front),
        side=side,
        study_area=case.layers.study_area,
        outline=make_outline(case, error_m=outline_error_m),
    )


def _name_outline_error(error_m: float) -> str:
    if not error_m:
        return f"{POSITION}, not that of outlines"
    return f"{POSITION} and of outlines, known to {error_m:,.0f} m"


@metric("districts")
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
    find_front(case, line=line, side=side)
    names, shares = [], []
    table = case.layers.districts
    for code in codes:
        land = cut_study_area(case, partition="districts", codes=[code])
        if land.is_empty:
            raise MissingDataError(f"district {code} lies outside the study area")
        names.append(write_both_names(table[table["code"] == code].iloc[0]))
        shares.append(_measure_held(case, line, side, land, outline_error_m))
    counts = [
        float(sum(100 * least <= getattr(share, end) <= 100 * most for share in shares))
        for end in ("value", "low", "high")
    ]
    known = all(math.isfinite(share.low) for share in shares)
    held = [f"{name} {share.value:.0f} %" for name, share in zip(names, shares, strict=True)]
    return Measurement(
        counts[0],
        min(counts) if known else counts[0],
        max(counts) if known else counts[0],
        contains=_name_outline_error(outline_error_m),
        detail=f"Shares held: {join_words(held)}",
    )


@metric("%")
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
    fronts = find_front(case, line=from_line), find_front(case, line=to_line)
    find_side(fronts[1], side=to_side)
    area = case.layers.study_area
    if partition is not None:
        land = find_land(case, partition=partition)
        area = shapely.intersection(area, land) if inside else shapely.difference(area, land)
    draws = find_draws(case, front=fronts[0]), find_draws(case, front=fronts[1])
    share = measure_share_gained(area, fronts=fronts, draws=draws, side=to_side)
    coarse = ("no land cover is at hand, and all land stands for farmland",) if farmland else ()
    came = shapely.intersection(
        find_other_sides(fronts[0], side=to_side), find_side(fronts[1], side=to_side)
    )
    parts = [
        f"; of these within {key} {_write_km2(came, find_land(case, partition=key))}"
        for key in case.layers.partitions
        if key != partition
    ]
    return make_range(
        share,
        contains="the position of both lines",
        detail=f"{_write_km2(came, area)} came to the side {to_side}{''.join(parts)}",
        coarse=coarse,
    )


def _write_km2(land: Any, within_land: Any) -> str:
    return f"{shapely.area(shapely.intersection(land, within_land)) / 1e6:,.0f} km2"


@metric("km2")
def side_area(case: Analysis, *, line: LineKey, side: SideName) -> Measurement:
    """Area of a side of a line within the study area."""
    front = find_front(case, line=line, side=side)
    table = tabulate_sides([front], draws=case.draws, plane=case.layers.plane).set_index("side")
    ends = (float(table.loc[side, f"area_{end}"]) for end in ("km2", "low", "high"))
    whole = float(table["area_km2"].sum())
    return make_range(ends, contains=POSITION, detail=f"Of {whole:,.0f} km2 on all sides")


@metric({"area": "km2", "share": "%"})
def side_growth(
    case: Analysis,
    *,
    from_line: LineKey,
    to_line: LineKey,
    side: SideName,
    measure: Literal["area", "share"] = "area",
) -> Measurement:
    """How much larger a side is with the later line: what it gained less what it ceded.

    Parameters
    ----------
    side
        Name of the side; a growth below zero is a loss.
    measure
        The area, or its share of what the side held before.
    """
    fronts = [find_front(case, line=from_line), find_front(case, line=to_line)]
    table = balance(overlay_once(case, fronts=fronts))
    of_side = table[(table["from_line"] == from_line) & (table["side"] == side)]
    if not len(of_side):
        find_side(fronts[1], side=side)
        raise MissingDataError(f"'{to_line}' is older than '{from_line}'")
    row = of_side.iloc[0]
    sure = not any((front.error_m > 0).any() for front in fronts)
    ends = [
        float(row[f"net_{end}"]) for end in ("km2", *(("km2",) * 2 if sure else ("low", "high")))
    ]
    scale = 1.0 if measure == "area" else 100.0 / float(row["held_before_km2"])
    return make_range(
        (scale * end for end in ends),
        contains="the position of both lines",
        detail=f"It gained {row['gained_km2']:,.0f} km2 and ceded {row['ceded_km2']:,.0f}; it "
        f"held {row['held_before_km2']:,.0f} km2, then {row['held_after_km2']:,.0f}",
    )


@metric("times")
def area_ratio(
    case: Analysis,
    *,
    partition: PartitionKey,
    codes: tuple[str, ...] = (),
    line: LineKey | None = None,
    side: SideName | None = None,
    claimed: tuple[str, ...] = (),
    outline_error_m: Metres = 0.0,
) -> Measurement:
    """How many times the area of a partition a side of a line is, or a territory claimed.

    Parameters
    ----------
    partition, codes
        Key of the partition that is the measure, or ``districts`` and their codes.
    line, side
        The side that is measured; or, instead,
    claimed
        codes of districts that together with the partition are the territory claimed.
    outline_error_m
        Half-width within which the outlines of partition, districts and study area lie with 95 %.
    """
    land = find_land(case, partition=partition, codes=codes)
    plane = case.layers.plane
    if claimed:
        whole = shapely.union(land, find_land(case, partition="districts", codes=claimed))
        ratio = measure_ratio_of_lands(
            whole, second=land, plane=plane, outline_error_m=outline_error_m
        )
        holds = f"outlines, known to {outline_error_m:,.0f} m" if outline_error_m else "nothing"
    elif line is not None and side is not None:
        front = find_front(case, line=line)
        whole = find_side(front, side=side)
        ratio = measure_ratio_of_side(
            front,
            draws=find_draws(case, front=front),
            plane=plane,
            side=side,
            land=land,
            study_area=case.layers.study_area,
            outline_error_m=outline_error_m,
        )
        holds = _name_outline_error(outline_error_m)
    else:
        raise ProjectError("asks for no territory (expected line and side, or claimed). Add one.")
    return make_range(
        ratio,
        contains=holds,
        detail=f"{shapely.area(whole) / 1e6:,.0f} km2 against {shapely.area(land) / 1e6:,.0f} km2",
    )


@metric("districts")
def districts_largest(
    case: Analysis, *, codes: Codes, among: tuple[str, ...], outline_error_m: Metres = 0.0
) -> Measurement:
    """How many of some districts are the largest among others, by their area.

    Parameters
    ----------
    codes
        Codes of the districts that are said to be the largest.
    among
        Codes of the others.
    """
    every = tuple(dict.fromkeys((*codes, *among)))
    lands = {code: find_land(case, partition="districts", codes=[code]) for code in every}
    rest = [code for code in every if code not in codes]

    def counted(sign: float) -> float:
        """Count with the outlines of those named moved out (+1) or in (-1), the others' back."""
        sizes = {
            code: float(shapely.area(land))
            + sign
            * (1.0 if code in codes else -1.0)
            * estimate_area_error(shapely.length(land), error_m=outline_error_m)
            for code, land in lands.items()
        }
        least = sorted((sizes[code] for code in rest), reverse=True)
        return float(
            sum(sum(other > sizes[code] for other in least) < len(codes) for code in codes)
        )

    areas = [f"{code} {shapely.area(lands[code]) / 1e6:,.0f} km2" for code in every]
    return Measurement(
        counted(0.0),
        counted(-1.0),
        counted(1.0),
        contains=f"outlines, known to {outline_error_m:,.0f} m" if outline_error_m else "nothing",
        detail=f"Measured: {join_words(areas)}",
    )


@metric("%")
def share_inside(
    case: Analysis,
    *,
    line: LineKey,
    side: SideName,
    partition: PartitionKey,
    outline_error_m: Metres = 0.0,
    corridor: str | None = None,
    margin_m: Metres = 2_500.0,
) -> Measurement:
    """Share of the land of a side that lies within a partition.

    Parameters
    ----------
    corridor
        Identifier of a corridor whose strip of land outside the partition is left out.
    margin_m
        Half-width of that strip, metres.
    """
    front = find_front(case, line=line)
    held = find_side(front, side=side)
    land = find_land(case, partition=partition)
    strip: Any = shapely.Polygon()
    if corridor is not None:
        way = find_corridors(case, ids=[corridor])
        band = geodesic_buffer(
            way.geometry.iloc[0],
            distance_m=margin_m + _find_course_error(case),
            plane=case.layers.plane,
        )
        strip = shapely.difference(band, land)
    share = measure_share_within_outline(
        land,
        front=front,
        draws=find_draws(case, front=front),
        side=side,
        without=strip,
        outline=make_outline(case, error_m=outline_error_m),
    )
    left = shapely.difference(held, strip)
    away = shapely.difference(left, land)
    without = " without the strip along the corridor" if corridor is not None else ""
    return make_range(
        share,
        contains=_name_outline_error(outline_error_m),
        detail=f"{shapely.area(away) / 1e6:,.0f} of {shapely.area(left) / 1e6:,.0f} km2{without} "
        "lie outside the outline",
    )


def _find_course_error(case: Analysis) -> float:
    settings = case.project.corridors
    return SCHEMATIC_M if settings is not None and settings.schematic else 0.0


@metric("%")
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
    dem = find_dem(case)
    front = find_front(case, line=line, side=side)
    ground = read_ground(dem, plane=case.layers.plane, radius_m=radius_m)
    error_m = math.sqrt(2.0) * ground.accuracy_m

    def share(land: Any, shift: float) -> float:
        cells = ground.select(find_cells_within(ground, land=land))
        if not len(cells.area_m2):
            return math.nan
        return 100.0 * float(np.average(cells.relief_m >= relief_m + shift, weights=cells.area_m2))

    by_side = [
        f"{front.key}, {name}: {share(land, 0.0):.0f} %"
        for front in list_dated_fronts(case)
        for name, land in front.sides.items()
    ]
    land = find_side(front, side=side)
    return make_range(
        (share(land, shift) for shift in (0.0, error_m, -error_m)),
        contains=state_height_error(dem.accuracy_m),
        detail=f"Land with {relief_m:.0f} m of relief within {radius_m / 1000:g} km: "
        f"{'; '.join(by_side)}",
    )
