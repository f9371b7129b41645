"""Metrics of places against a line: distance, zone, what of them is cut, what they are called."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline.analysis.context import Analysis
from frontline.claims.lookup import (
    Place,
    explain_incomplete,
    find_error_near,
    find_front,
    find_land,
    find_other_sides,
    find_place,
    find_side,
    list_dated_fronts,
    spread_over_draws,
    write_distance_from_line,
)
from frontline.claims.measurement import (
    POSITION,
    Ids,
    LineKey,
    Measurement,
    Metres,
    PartitionKey,
    Share,
    SideName,
    join_words,
    report_missing,
)
from frontline.errors import ProjectError
from frontline.geo.geodesy import find_nearest, measure_distance
from frontline.population.extent import LARGE, estimate_width_km
from frontline.results.numbers import write_rounded

if TYPE_CHECKING:
    from frontline.lines.front import FrontLine


def place_distance(
    case: Analysis, *, place: str, line: LineKey, place_error_m: Metres = 0.0
) -> Measurement:
    """Distance of a place from a line: of a settlement or point, or of a district's edge.

    Parameters
    ----------
    place
        Identifier of a settlement or point, or code of a district; of a polygon its nearest edge.
    place_error_m
        How well the place itself is known, metres.
    """
    front = find_front(case, line=line)
    found = find_place(case, place=place)
    value, low, high = _kilometres(case, front, found, place_error_m)
    error_km = find_error_near(front, geometry=found.geometry) / 1000.0
    within = "inside" if value == 0.0 else "outside"
    extent = "its outline" if shapely.get_dimensions(found.geometry) == 2 else "the point given"
    contains = POSITION
    coarse: tuple[str, ...] = ()
    if place_error_m:
        contains = f"{POSITION} and of the place, known to {place_error_m / 1000:g} km"
        if place_error_m / 1000.0 > value / 4.0:
            coarse = (f"the place is known to {place_error_m / 1000:g} km only",)
    coarse += _too_wide(case, found, value)
    return Measurement(
        value,
        low,
        high,
        "km",
        contains=contains,
        detail=f"Measured from {extent} of {found.name}"
        + (", which the line cuts" if within == "inside" else ""),
        coarse=coarse,
        resolves=error_km if shapely.get_dimensions(found.geometry) == 0 else 0.0,
    )


def _too_wide(case: Analysis, place: Place, distance_km: float) -> tuple[str, ...]:
    """Say that a city given as a point is wider than a statement on kilometres can be."""
    own = case.layers.settlements
    own = own[own["id"] == place.id]
    people = own["population"].max() if len(own) else None
    if people is None or pd.isna(people) or shapely.get_dimensions(place.geometry) == 2:
        return ()
    wide = estimate_width_km(float(people))
    if people < LARGE or distance_km > 4.0 * wide:
        return ()
    return (f"{place.name} is given as a point and is some {wide:.0f} km wide",)


def _kilometres(
    case: Analysis, front: FrontLine, place: Place, place_error_m: float = 0.0
) -> tuple[float, float, float]:
    """Distance and its interval; of a polygon from its nearest edge, 0 where the line cuts it."""
    plane = case.layers.plane
    xy = shapely.get_coordinates(place.geometry)
    cut = shapely.intersects(place.geometry, front.geometry)
    if shapely.get_dimensions(place.geometry) == 2:
        link = shapely.shortest_line(place.geometry, front.geometry)
        xy = np.concatenate([xy, shapely.get_coordinates(shapely.get_point(link, 0))])
    exact = float(find_nearest(front.geometry, points=xy, plane=plane).distance_m.min()) / 1000.0
    value = 0.0 if cut else exact

    def figure(line: Any, _sides: Any) -> float:
        touches = shapely.intersects(place.geometry, line)
        return (
            0.0 if touches else float(measure_distance(xy, line=line, plane=plane).min()) / 1000.0
        )

    low, high = spread_over_draws(case, front=front, value=value, figure=figure)
    away = place_error_m / 1000.0
    return value, max(low - away, 0.0), high + away


def places_between(
    case: Analysis,
    *,
    places: Ids,
    line: LineKey,
    from_m: Metres = 0.0,
    to_m: Metres,
    besides: tuple[str, ...] = (),
) -> Measurement:
    """How many of some places lie between two distances from a line.

    Parameters
    ----------
    places
        Identifiers of settlements or points, codes of districts (their nearest edge counts).
    from_m, to_m
        The distances.
    besides
        Places whose distance is shown in the detail and not counted, such as seats of districts.
    """
    front = find_front(case, line=line)
    rows = [_of_place(case, front, place) for place in places]
    value, low, high = (
        float(sum(from_m / 1000.0 <= row[at] <= to_m / 1000.0 for row in rows)) for at in range(3)
    )
    sure = [_certainly(row[1], row[2], from_m / 1000.0, to_m / 1000.0) for row in rows]
    told = _in_km(case, front, places, rows)
    shown = _in_km(case, front, besides, [_of_place(case, front, place) for place in besides])
    return Measurement(
        value,
        min(value, low, high, float(sum(one is True for one in sure))),
        max(value, low, high, float(sum(one is not False for one in sure))),
        "places",
        contains=POSITION,
        detail=f"Distances in km: {told}"
        + (f"; beside them, not counted: {shown}" if shown else ""),
    )


def _in_km(
    case: Analysis, front: FrontLine, places: Ids, rows: Sequence[tuple[float, float, float]]
) -> str:
    told = []
    for place, row in zip(places, rows, strict=True):
        found = find_place(case, place=place)
        outline = shapely.get_dimensions(found.geometry) == 2
        far = write_distance_from_line(
            row[0],
            error_m=find_error_near(front, geometry=found.geometry),
            written=write_rounded(*row),
        )
        told.append(f"{found.name} {'cut by the line' if outline and row[0] == 0.0 else far}")
    return join_words(told)


def _of_place(case: Analysis, front: FrontLine, place: str) -> tuple[float, float, float]:
    value, low, high = _kilometres(case, front, find_place(case, place=place))
    known = math.isfinite(low)
    return value, low if known else value, high if known else value


def _certainly(low: float, high: float, least: float, most: float) -> bool | None:
    """Tell whether an interval lies in a range (True), outside it (False), or across its edge."""
    if least <= low and high <= most:
        return True
    return False if high < least or low > most else None


def distance_by_side(
    case: Analysis, *, line: LineKey, side: SideName, quantile: Share = 0.5
) -> Measurement:
    """Distance of the settlements of a side from a line: the nearest, the median, or between.

    Parameters
    ----------
    quantile
        0 is the nearest settlement listed, 0.5 the median, 1 the farthest.
    """
    front = find_front(case, line=line)
    find_side(front, side=side)
    own = case.places[(case.places["line"] == line) & (case.places["side"] == side)]
    if not len(own):
        return report_missing(f"no settlement is listed on the side {side}", unit="km")
    xy = shapely.get_coordinates(shapely.point_on_surface(own.geometry.to_numpy()))
    value = float(np.quantile(own["distance_m"], quantile)) / 1000.0

    def figure(course: Any, _sides: Any) -> float:
        away = measure_distance(xy, line=course, plane=case.layers.plane)
        return float(np.quantile(away, quantile)) / 1000.0

    low, high = spread_over_draws(case, front=front, value=value, figure=figure)
    told = "; ".join(
        _quartiles(case, one.key, name) for one in list_dated_fronts(case) for name in one.sides
    )
    return Measurement(
        value,
        max(low, 0.0),
        high,
        "km",
        contains=POSITION,
        detail="Kilometres to the nearest settlement, and at most to a quarter, half and three "
        f"quarters of them: {told}",
        coarse=() if quantile == 0.0 else explain_incomplete(_completeness(case, line, side)),
        resolves=float(front.error_m.max(initial=0.0)) / 1000.0,
        refutes_only="" if quantile else "a place that is not listed may be nearer",
    )


def _quartiles(case: Analysis, line: str, side: str) -> str:
    own = case.places[(case.places["line"] == line) & (case.places["side"] == side)]
    if not len(own):
        return f"{line}, {side}: none listed"
    far = np.quantile(own["distance_m"], [0.0, 0.25, 0.5, 0.75]) / 1000.0
    error_m = float(find_front(case, line=line).error_m.max(initial=0.0))
    return (
        f"{line}, {side}: "
        f"{', '.join(write_distance_from_line(value, error_m=error_m) for value in far)}"
    )


def _completeness(case: Analysis, line: str, side: str) -> float:
    """Return the completeness of the settlement list in the widest zone of a side."""
    rows = case.people[
        (case.people["line"] == line)
        & (case.people["side"] == side)
        & (case.people["source"] == "settlements")
        & (case.people["kind"] == "cumulative")
    ].sort_values("distance_m")
    return float(rows["completeness"].iloc[-1]) if len(rows) else math.nan


def settlement_cut(
    case: Analysis, *, place: str, line: LineKey, side: SideName, extent_m: Metres = 0.0
) -> Measurement:
    """Share of a settlement that lies on a side of a line.

    Parameters
    ----------
    extent_m
        Radius of a disc that stands for a settlement given as a point.
    """
    front = find_front(case, line=line)
    land = find_side(front, side=side)
    found = find_place(case, place=place)
    shape = found.geometry
    coarse: tuple[str, ...] = ()
    if shapely.get_dimensions(shape) == 0:
        if not extent_m:
            return report_missing(f"{found.name} is a point: its extent is not known", unit="%")
        shape = shapely.buffer(shape, extent_m)
        coarse = (f"{found.name} is a point, and a disc of {extent_m:,.0f} m stands for it",)

    def share(_line: Any, sides: Any) -> float:
        held = shapely.intersection(shape, sides[side])
        return 100.0 * float(shapely.area(held) / shapely.area(shape))

    value = share(front.geometry, {side: land})
    low, high = spread_over_draws(case, front=front, value=value, figure=share)
    cut = [1.0 < share(draw.line, draw.sides) < 99.0 for draw in case.draws.get(line, ())]
    often = (
        f" Of the lines drawn within that error {100 * np.mean(cut):.0f} % cut it." if cut else ""
    )
    own = case.places[(case.places["line"] == line) & (case.places["id"].astype(str) == place)]
    away = float(own["distance_m"].iloc[0]) if len(own) else math.nan
    error_m = find_error_near(front, geometry=found.geometry)
    near = f"nearer to the line than its error of {error_m:,.0f} m"
    where = near if away < error_m else f"farther from the line than its error of {error_m:,.0f} m"
    return Measurement(
        value,
        max(low, 0.0),
        min(high, 100.0),
        "%",
        contains=POSITION,
        detail=f"{found.name} lies {where}.{often}",
        coarse=coarse,
    )


def names(case: Analysis, *, least: int = 2, partition: PartitionKey | None = None) -> Measurement:
    """How many settlements listed have two or more names, or other spellings.

    Parameters
    ----------
    least
        Number of names, first, second and other spellings together.
    partition
        Only in this partition, or ``districts``.
    """
    table = case.layers.settlements
    if partition is not None:
        inside = shapely.intersects(find_land(case, partition=partition), table.geometry.to_numpy())
        table = table[inside]
    if not len(table):
        return report_missing("no settlements are listed", unit="settlements")
    count = np.zeros(len(table), dtype=np.int64)
    for column in ("name", "name_alt", "name_other"):
        words = table[column].astype(str).str.split(";") if column in table else []
        count += np.array([sum(bool(word.strip()) for word in one) for one in words])
    second = int((table["name_alt"].astype(str).str.strip() != "").sum())
    value = float((count >= least).sum())
    return Measurement(
        value,
        value,
        value,
        "settlements",
        contains="nothing: a count",
        detail=f"Of {len(table)} settlements, {second} have a second name of equal standing",
    )


def places_on_side(case: Analysis, *, places: Ids, line: LineKey, side: SideName) -> Measurement:
    """How many of some places lie on a side of a line."""
    front = find_front(case, line=line)
    land, rest = find_side(front, side=side), find_other_sides(front, side=side)
    sure = maybe = held = 0
    told = []
    for place in places:
        found = find_place(case, place=place)
        if shapely.get_dimensions(found.geometry) != 0:
            raise ProjectError(f"{place} is not a point (expected places). Ask land_share.")
        inside = bool(shapely.intersects(land, found.geometry))
        near = float(shapely.distance(front.geometry, found.geometry))
        certain = near >= find_error_near(front, geometry=found.geometry)
        held += inside
        sure += inside and certain
        maybe += inside or (not certain and bool(shapely.intersects(rest, found.geometry)))
        told.append(
            f"{found.name} {'on it' if inside else 'not on it'}"
            + ("" if certain else ", uncertain")
        )
    return Measurement(
        float(held), float(sure), float(maybe), "places", contains=POSITION, detail=join_words(told)
    )


PLACE_METRICS = (
    place_distance,
    places_between,
    places_on_side,
    distance_by_side,
    settlement_cut,
    names,
)
