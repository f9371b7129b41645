"""Metrics by stretch of a line and by step from line to line, and of what a line might become."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely

from frontline.analysis.change import find_land_changes, list_change_steps
from frontline.analysis.context import Analysis
from frontline.claims.lookup import (
    explain_incomplete,
    explain_schematic,
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
    Distance,
    Ends,
    LineKey,
    Measurement,
    Metres,
    SideName,
    join_words,
    report_missing,
)
from frontline.claims.metrics.lines import stretch_of
from frontline.claims.metrics.people import by_source, rows_within
from frontline.errors import show_value
from frontline.geo.geodesy import measure_distance, measure_length
from frontline.lines.sections import NEAR_M, find_behind
from frontline.lines.zones import buffer_zones
from frontline.network.graph import SPEED_KMH
from frontline.population.figures import pick_figures

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

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

_FILES = {"page": "map.html", "figures": "map.png"}


def people_per_km(
    case: Analysis,
    *,
    line: LineKey,
    side: SideName,
    distance_m: Distance,
    between: Ends | None = None,
    section: str | None = None,
) -> Measurement:
    """How many times as many people live behind a km of a stretch as behind one of the line.

    Parameters
    ----------
    distance_m
        Settlements within this distance count.
    """
    front = find_front(case, line=line)
    find_side(front, side=side)
    stretch = stretch_of(case, front, between, section)
    plane = case.layers.plane
    kilometres = float(measure_length(np.array([stretch], dtype=object), plane=plane)[0]) / 1000.0
    _, inside, near, beside = _settled(case, front, side, distance_m, stretch)
    people = pick_figures(case.layers.settlements, date=front.date).people["residents"]
    here, all_ = (float(np.nansum(people[which])) for which in (near & beside, near))
    if not all_:
        return report_missing("no people are known within that distance", unit="times")
    value = (here / kilometres) / (all_ / front.length_km)

    def times(course: Any, sides: Any) -> float:
        within = shapely.contains_properly(sides[side], inside)
        xy = shapely.get_coordinates(inside[within])
        within[within] = measure_distance(xy, line=course, plane=plane) <= distance_m
        total = float(np.nansum(people[within]))
        part = float(np.nansum(people[within & beside]))
        return (part / kilometres) / (total / front.length_km) if total else 0.0

    low, high = spread_over_draws(case, front=front, value=value, figure=times)
    rows = case.people[
        (case.people["line"] == line)
        & (case.people["side"] == side)
        & (case.people["source"] == "settlements")
        & (case.people["kind"] == "cumulative")
        & (case.people["distance_m"] == distance_m)
    ]
    share = float(rows["completeness"].iloc[0]) if len(rows) else math.nan
    return Measurement(
        value,
        max(low, 0.0),
        high,
        "times",
        contains=f"{POSITION}, not people who are not listed",
        detail=f"{here / kilometres:,.0f} people listed per km of the stretch "
        f"({kilometres:.0f} km), {all_ / front.length_km:,.0f} per km of the whole line",
        coarse=explain_incomplete(share),
    )


def _settled(
    case: Analysis, front: FrontLine, side: str, distance_m: float, stretch: Any
) -> tuple[gpd.GeoDataFrame, NDArray[np.object_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Settlements, a point in each, which are near the line, and which behind the stretch."""
    own = case.places[case.places["line"] == front.key].reset_index(drop=True)
    inside = shapely.point_on_surface(own.geometry.to_numpy())
    near = ((own["side"] == side) & (own["distance_m"] <= distance_m)).to_numpy(dtype=bool)
    beside = find_behind(shapely.get_coordinates(inside), stretch=stretch, line=front.geometry)
    return own, inside, near, beside


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
    front = find_front(case, line=line)
    find_side(front, side=side)
    if column not in case.layers.settlements:
        return report_missing(
            f"the table of settlements holds no such figure (no column {show_value(column)})",
            unit="%",
        )
    stretch = stretch_of(case, front, between, section)
    own, _, near, beside = _settled(case, front, side, distance_m, stretch)
    near = near & beside
    rate = own[column].to_numpy(dtype=np.float64, na_value=np.nan)
    people = pick_figures(case.layers.settlements, date=front.date).people["residents"]
    known = near & np.isfinite(rate) & np.isfinite(people)
    if not people[known].sum():
        return report_missing(
            f"no settlement there has both people and such a figure (column {show_value(column)})",
            unit="%",
        )
    value = float(np.average(rate[known], weights=people[known]))
    return Measurement(
        value,
        value,
        value,
        "%",
        contains="nothing: rates as listed",
        detail=f"{int(known.sum())} of {int(near.sum())} settlements there have a rate",
        coarse=explain_incomplete(float(known.sum()) / float(near.sum())),
    )


def advance(case: Analysis, *, line: LineKey, side: SideName, distance_m: Distance) -> Measurement:
    """Land between a line and its parallel at a distance on one side.

    Parameters
    ----------
    line, side
        Key of the line, and the side into which it would move.
    distance_m
        How far.
    """
    front = find_front(case, line=line)
    find_side(front, side=side)
    bands = buffer_zones(
        [front], distances_m=[distance_m], draws=case.draws, plane=case.layers.plane
    )
    own = bands[(bands["side"] == side) & (bands["kind"] == "cumulative")].iloc[0]
    edge = shapely.intersection(
        shapely.boundary(own.geometry), shapely.buffer(front.sides[side], -NEAR_M)
    )
    kilometres = (
        float(measure_length(np.array([edge], dtype=object), plane=case.layers.plane)[0]) / 1000.0
    )
    rows = rows_within(case, line, distance_m)
    rows = rows[(rows["side"] == side) & ~rows["source"].str.startswith("stated:")]
    listed_ = case.places[
        (case.places["line"] == line)
        & (case.places["side"] == side)
        & (case.places["distance_m"] <= distance_m)
    ]
    return Measurement(
        float(own["area_km2"]),
        float(own["area_low"]),
        float(own["area_high"]),
        "km2",
        contains=POSITION,
        detail=f"The parallel is {kilometres:,.0f} km long; between the two lie {len(listed_)} "
        f"settlements listed; people by source, never added: {by_source(rows)}",
    )


def handed_over(
    case: Analysis,
    *,
    from_line: LineKey,
    to_line: LineKey,
    to_side: SideName,
    measure: What = "land",
    margin_m: Metres = 0.0,
    codes: tuple[str, ...] = (),
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
    # Only land has an interval, and the overlays of all draws take long.
    draws = case.draws if measure == "land" else {}
    flows = find_land_changes(
        [old, new], study_area=case.layers.study_area, draws=draws, plane=case.layers.plane
    )
    # Two lines of one date keep the order they are given in; an older one comes first.
    if flows["from_line"].iloc[0] != from_line:
        return report_missing(f"'{to_line}' is older than '{from_line}'", unit=_UNITS[measure])
    table = list_change_steps(flows, fronts=[old, new], layers=case.layers)
    own = table[table["to_side"] == to_side]
    land = shapely.intersection(find_other_sides(old, side=to_side), find_side(new, side=to_side))
    go, stay = _leaving(case, land, find_other_sides(new, side=to_side), margin_m, codes)
    names = ("area_km2", "area_low", "area_high", "population", "registered", "settlements")
    sums = {name: float(own[name].sum(skipna=False)) for name in (*names, "road_km")}
    if not any((front.error_m > 0).any() for front in (old, new)):
        sums |= dict.fromkeys(("area_low", "area_high"), sums["area_km2"])
    found = {
        "land": (sums["area_km2"], sums["area_low"], sums["area_high"]),
        "residents": (sums["population"],) * 3,
        "settlements": (sums["settlements"],) * 3,
        "roads": (sums["road_km"],) * 3,
        "gateways": (float(len(go)),) * 3,
        "gateways left": (float(len(stay)),) * 3,
    }
    of_roads = measure in {"roads", "gateways", "gateways left"}
    return Measurement(
        *found[measure],
        _UNITS[measure],
        contains="the position of the lines"
        if measure == "land"
        else "nothing: the lines as drawn",
        detail=f"To the side {to_side} go {sums['area_km2']:,.0f} km2, "
        f"{sums['settlements']:.0f} settlements listed with {sums['population']:,.0f} residents "
        f"(and {sums['registered']:,.0f} registered, never added), {sums['road_km']:,.0f} km of "
        f"road; roads out of the study area that go: {join_words(go) or 'none'}; that stay: "
        f"{join_words(stay) or 'none'}",
        coarse=explain_schematic(case)
        if of_roads
        else explain_incomplete(math.nan) * (measure == "residents"),
    )


def _leaving(
    case: Analysis, land: object, rest: object, margin_m: float, codes: tuple[str, ...]
) -> tuple[list[str], list[str]]:
    """Name the roads that leave the study area from some land, and from the rest."""
    table = case.layers.corridors
    own = table[table["kind"].isin(list(SPEED_KMH))]
    meets = shapely.intersection(own.geometry.to_numpy(), shapely.boundary(case.layers.study_area))
    asked = shapely.intersects(meets, case.layers.study_area)
    if codes:
        near = shapely.buffer(find_land(case, partition="districts", codes=codes), margin_m)
        asked = shapely.intersects(meets, near)
    goes = asked & shapely.intersects(meets, shapely.buffer(land, -margin_m))
    stays = asked & ~goes & shapely.intersects(meets, shapely.buffer(rest, margin_m + NEAR_M))
    names = np.array([write_both_names(row) for _, row in own.iterrows()], dtype=object)
    return list(names[goes]), list(names[stays])


def dated_steps(case: Analysis, *, from_line: LineKey, to_line: LineKey) -> Measurement:
    """How many steps lead from one dated line to another: lines between them, and the last.

    Parameters
    ----------
    from_line, to_line
        Keys of the first and the last line.
    """
    first, last = find_front(case, line=from_line), find_front(case, line=to_line)
    within = [one for one in list_dated_fronts(case) if first.date < one.date <= last.date]
    if len(within) < 2:
        return report_missing(
            f"the project has no line between {first.date} and {last.date}: one change cannot be "
            "told apart into steps",
            unit="steps",
        )
    value = float(len(within))
    told = ", ".join(f"{one.key} ({one.date})" for one in sorted(within, key=lambda one: one.date))
    return Measurement(value, value, value, "steps", contains="nothing: a count", detail=told)


def maps_made(case: Analysis) -> Measurement:
    """How many maps a run makes: the region and the zone in detail, for each dated line."""
    forms = {"page", "figures"} & set(case.project.outputs.write)
    if not forms:
        return report_missing("the project asks for no maps", unit="maps")
    value = 2.0 * len(list_dated_fronts(case))
    return Measurement(
        value,
        value,
        value,
        "maps",
        contains="nothing: a count",
        detail=f"Each of {len(list_dated_fronts(case))} lines in its region and in detail, in the "
        "files "
        f"{' and '.join(sorted(_FILES[form] for form in forms))}",
    )


STRETCH_METRICS = (people_per_km, rate_in_stretch, advance, handed_over, dated_steps, maps_made)
