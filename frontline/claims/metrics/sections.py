"""Metrics by stretch of a line and by step from line to line, and of what a line might become."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import shapely

from frontline.analysis.change import list_change_steps, list_land_changes, overlay_once
from frontline.analysis.context import Analysis
from frontline.analysis.corridor_measures import find_leaving
from frontline.analysis.people_behind import count_people_on_land
from frontline.analysis.sections import tabulate_sections
from frontline.claims.lookup import (
    cut_stretch,
    explain_incomplete,
    explain_schematic,
    find_front,
    find_land,
    find_other_sides,
    find_side,
    list_dated_fronts,
    measure_km,
    write_both_names,
)
from frontline.claims.measurement import (
    POSITION,
    Measurement,
    MissingDataError,
    join_words,
    make_exact,
    make_range,
)
from frontline.claims.metric import Distance, Ends, LineKey, Metres, SideName, metric
from frontline.claims.metrics.people import find_rows_within, tell_people_on_land, write_by_source
from frontline.errors import show_value
from frontline.lines.sections import NEAR_M, LineSection
from frontline.lines.zones import buffer_zones
from frontline.network.graph import SPEED_KMH

if TYPE_CHECKING:
    from frontline.lines.front import FrontLine


What = Literal["land", "residents", "settlements", "roads", "gateways", "gateways left"]
_UNITS = {
    "land": "km2",
    "residents": "people",
    "settlements": "settlements",
    "roads": "km",
    "gateways": "roads",
    "gateways left": "roads",
}


@metric("%")
def rate_in_stretch(
    case: Analysis,
    *,
    column: str,
    line: LineKey,
    side: SideName,
    distance_m: Distance,
    between: Ends | None = None,
    section: str | None = None,
) -> Measurement:
    """Mean of a rate in the settlement table over a stretch of a line, weighted with people.

    Parameters
    ----------
    column
        Column of the settlements, in per cent.
    distance_m
        Settlements within this distance count.
    """
    front = find_front(case, line=line, side=side)
    if column not in case.layers.settlements:
        raise MissingDataError(
            f"the table of settlements holds no such figure (no column {show_value(column)})"
        )
    course = cut_stretch(case, front=front, between=between, section=section)
    stretch = LineSection("stretch", "", line, course, measure_km(case, course=course), (column,))
    table = tabulate_sections(
        [stretch], layers=case.layers, fronts=[front], draws={}, distances_m=[distance_m]
    )
    row = table[table["side"] == side].iloc[0]
    known, every = int(row[f"{column}_settlements"]), int(row["settlements"])
    if not known:
        raise MissingDataError(
            f"no settlement there has both people and such a figure (column {show_value(column)})"
        )
    return make_exact(
        float(row[column]),
        contains="nothing: rates as listed",
        detail=f"{known} of {every} settlements there have a rate",
        coarse=explain_incomplete(known / max(every, 1)),
    )


@metric("km2")
def advance(case: Analysis, *, line: LineKey, side: SideName, distance_m: Distance) -> Measurement:
    """Land between a line and its parallel at a distance on one side.

    Parameters
    ----------
    line, side
        Key of the line, and the side into which it would move.
    distance_m
        How far.
    """
    front = find_front(case, line=line, side=side)
    bands = buffer_zones(
        [front], distances_m=[distance_m], draws=case.draws, plane=case.layers.plane
    )
    band = bands[(bands["side"] == side) & (bands["kind"] == "cumulative")].iloc[0]
    edge = shapely.intersection(
        shapely.boundary(band.geometry), shapely.buffer(front.sides[side], -NEAR_M)
    )
    rows = find_rows_within(case, line, distance_m)
    rows = rows[(rows["side"] == side) & ~rows["source"].str.startswith("stated:")]
    places = rows.loc[rows["source"] == "settlements", ["settlements", "settlements_unknown"]]
    count = f"{int(places.to_numpy().sum())} settlements listed" if len(places) else "no list"
    return make_range(
        (float(band[f"area_{end}"]) for end in ("km2", "low", "high")),
        contains=POSITION,
        detail=f"The parallel is {measure_km(case, course=edge):,.0f} km long; between the two: "
        f"{count}; "
        f"people by source, never added: {write_by_source(rows)}",
    )


@metric(_UNITS)
def handed_over(
    case: Analysis,
    *,
    from_line: LineKey,
    to_line: LineKey,
    to_side: SideName,
    measure: What = "land",
    margin_m: Metres = 0.0,
    codes: tuple[str, ...] = (),
    source: str = "settlements",
) -> Measurement:
    """Land, people or roads that change hands from one line to another, or to a scenario.

    Parameters
    ----------
    from_line, to_line
        Keys of the old and the new line; the new one may be a scenario.
    to_side
        The side that receives the land.
    measure
        Land, residents or settlements listed there, kilometres of road; or roads that lead out
        of the study area: those that go with the land, and those that stay.
    margin_m
        How far outlines may be off: a road counts as going only this deep in that land.
    codes
        Of roads that lead out, only those from these districts.
    """
    old, new = find_front(case, line=from_line), find_front(case, line=to_line)
    overlays = overlay_once(case, fronts=[old, new], drawn=measure == "land")
    flows = list_land_changes(overlays, plane=case.layers.plane)
    # Two lines of one date keep the order they are given in; an older one comes first.
    if flows["from_line"].iloc[0] != from_line:
        raise MissingDataError(f"'{to_line}' is older than '{from_line}'")
    table = list_change_steps(flows, fronts=[old, new], layers=case.layers, project=case.project)
    totals = table[table["to_side"] == to_side].sum(numeric_only=True, min_count=1)
    sums = pd.Series(totals.to_numpy(np.float64, na_value=math.nan), index=totals.index)
    if not any((front.error_m > 0).any() for front in (old, new)):
        sums["area_low"] = sums["area_high"] = sums["area_km2"]
    land = shapely.intersection(find_other_sides(old, side=to_side), find_side(new, side=to_side))
    go, stay = _name_leaving(case, land, find_other_sides(new, side=to_side), margin_m, codes)
    columns = ("area_km2", "settlements", "settlements_unknown", "population", "registered")
    km2, listed, unknown, residents, registered = (_write_sum(sums, name) for name in columns)
    detail = (
        f"To the side {to_side} go {km2} km2, {listed} settlements listed, of which {unknown} have "
        f"no figure, with {residents} residents (and {registered} registered, never added), "
        f"{_write_sum(sums, 'road_km')} km of road; roads out of the study area that go: "
        f"{join_words(go) or 'none'}; that stay: {join_words(stay) or 'none'}"
    )
    if measure == "land":
        ends = (float(sums[f"area_{end}"]) for end in ("km2", "low", "high"))
        return make_range(ends, contains="the position of the lines", detail=detail)
    if measure == "residents":
        return _count_handed(case, old, land, source, detail)
    figures = {
        "settlements": float(sums["settlements"]),
        "roads": float(sums["road_km"]),
        "gateways": float(len(go)),
        "gateways left": float(len(stay)),
    }
    return make_exact(
        figures[measure],
        contains="nothing: the lines as drawn",
        detail=detail,
        coarse=() if measure == "settlements" else explain_schematic(case),
    )


def _write_sum(sums: pd.Series[Any], name: str) -> str:
    """Write a sum of the table; one of which nothing is known is unknown, not 0."""
    value = float(sums.get(name, math.nan))
    return "unknown" if math.isnan(value) else f"{value:,.0f}"


def _count_handed(
    case: Analysis, old: FrontLine, land: Any, source: str, detail: str
) -> Measurement:
    residents = count_people_on_land(case, front=old, land=land, source=source)
    people = tell_people_on_land(residents, old, source, "")
    return replace(people, detail=detail) if not people.missing else people


def _name_leaving(
    case: Analysis, land: Any, rest: Any, margin_m: float, codes: tuple[str, ...]
) -> tuple[list[str], list[str]]:
    """Name the roads that leave the study area from some land, and from the rest."""
    table, area = case.layers.corridors, case.layers.study_area
    roads = table[table["kind"].isin(list(SPEED_KMH))]
    leaving = find_leaving(roads, study_area=area)
    if codes:
        districts = find_land(case, partition="districts", codes=codes)
        leaving = find_leaving(roads, study_area=area, land=shapely.buffer(districts, margin_m))
    goes = leaving & find_leaving(roads, study_area=area, land=shapely.buffer(land, -margin_m))
    beyond = shapely.buffer(rest, margin_m + NEAR_M)
    stays = leaving & ~goes & find_leaving(roads, study_area=area, land=beyond)
    names = np.array([write_both_names(row) for _, row in roads.iterrows()], dtype=object)
    return list(names[goes]), list(names[stays])


@metric("steps")
def dated_steps(case: Analysis, *, from_line: LineKey, to_line: LineKey) -> Measurement:
    """How many steps lead from one dated line to another: lines between them, and the last.

    Parameters
    ----------
    from_line, to_line
        Keys of the first and the last line.
    """
    first, last = find_front(case, line=from_line), find_front(case, line=to_line)
    within = [front for front in list_dated_fronts(case) if first.date < front.date <= last.date]
    if len(within) < 2:
        raise MissingDataError(
            f"the project has no line between {first.date} and {last.date}: front change cannot be "
            "told apart into steps"
        )
    steps = ", ".join(
        f"{front.key} ({front.date})" for front in sorted(within, key=lambda front: front.date)
    )
    return make_exact(float(len(within)), contains="nothing: a count", detail=steps)
