"""Metrics of places against a line: distance, zone, what of them is cut, what they are called."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline.analysis.context import Case
from frontline.claims.lookup import (
    Place,
    dated,
    error_near,
    far_told,
    front_of,
    incomplete,
    land_of,
    other_sides,
    place_of,
    side_of,
    spread,
)
from frontline.claims.measurement import (
    POSITION,
    Ids,
    LineKey,
    Measured,
    Metres,
    PartitionKey,
    Share,
    SideName,
    listed,
    missing,
)
from frontline.errors import ProjectError
from frontline.geo.geodesy import distance_to, nearest_on
from frontline.results.numbers import rounded

if TYPE_CHECKING:
    from frontline.lines.front import FrontLine


def place_distance(
    case: Case, *, place: str, line: LineKey, place_error_m: Metres = 0.0
) -> Measured:
    """Distance of a place from a line: of a settlement or point, or of a district's edge.

    Parameters
    ----------
    place
        Identifier of a settlement or point, or code of a district; of a polygon its nearest edge.
    place_error_m
        How well the place itself is known, metres.
    """
    front = front_of(case, line)
    found = place_of(case, place)
    value, low, high = _kilometres(case, front, found, place_error_m)
    error_km = error_near(front, found.geometry) / 1000.0
    within = "inside" if value == 0.0 else "outside"
    extent = "its outline" if shapely.get_dimensions(found.geometry) == 2 else "the point given"
    contains = POSITION
    coarse: tuple[str, ...] = ()
    if place_error_m:
        contains = f"{POSITION} and of the place, known to {place_error_m / 1000:g} km"
        if place_error_m / 1000.0 > value / 4.0:
            coarse = (f"the place is known to {place_error_m / 1000:g} km only",)
    return Measured(
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


def _kilometres(
    case: Case, front: FrontLine, place: Place, place_error_m: float = 0.0
) -> tuple[float, float, float]:
    """Distance and its interval; of a polygon from its nearest edge, 0 where the line cuts it."""
    frame = case.layers.frame
    xy = shapely.get_coordinates(place.geometry)
    cut = shapely.intersects(place.geometry, front.geometry)
    if shapely.get_dimensions(place.geometry) == 2:
        link = shapely.shortest_line(place.geometry, front.geometry)
        xy = np.concatenate([xy, shapely.get_coordinates(shapely.get_point(link, 0))])
    exact = float(nearest_on(front.geometry, xy, frame).distance_m.min()) / 1000.0
    value = 0.0 if cut else exact

    def figure(line: Any, _sides: Any) -> float:
        touches = shapely.intersects(place.geometry, line)
        return 0.0 if touches else float(distance_to(xy, line, frame).min()) / 1000.0

    low, high = spread(case, front, value, figure)
    away = place_error_m / 1000.0
    return value, max(low - away, 0.0), high + away


def places_between(
    case: Case,
    *,
    places: Ids,
    line: LineKey,
    from_m: Metres = 0.0,
    to_m: Metres,
    besides: tuple[str, ...] = (),
) -> Measured:
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
    front = front_of(case, line)
    rows = [_of_place(case, front, place) for place in places]
    value, low, high = (
        float(sum(from_m / 1000.0 <= row[at] <= to_m / 1000.0 for row in rows)) for at in range(3)
    )
    sure = [_certainly(row[1], row[2], from_m / 1000.0, to_m / 1000.0) for row in rows]
    told = _in_km(case, front, places, rows)
    shown = _in_km(case, front, besides, [_of_place(case, front, place) for place in besides])
    return Measured(
        value,
        min(value, low, high, float(sum(one is True for one in sure))),
        max(value, low, high, float(sum(one is not False for one in sure))),
        "places",
        contains=POSITION,
        detail=f"Distances in km: {told}"
        + (f"; beside them, not counted: {shown}" if shown else ""),
    )


def _in_km(
    case: Case, front: FrontLine, places: Ids, rows: Sequence[tuple[float, float, float]]
) -> str:
    told = []
    for place, row in zip(places, rows, strict=True):
        found = place_of(case, place)
        outline = shapely.get_dimensions(found.geometry) == 2
        far = far_told(row[0], error_near(front, found.geometry), rounded(*row))
        told.append(f"{found.name} {'cut by the line' if outline and row[0] == 0.0 else far}")
    return listed(told)


def _of_place(case: Case, front: FrontLine, place: str) -> tuple[float, float, float]:
    value, low, high = _kilometres(case, front, place_of(case, place))
    known = math.isfinite(low)
    return value, low if known else value, high if known else value


def _certainly(low: float, high: float, least: float, most: float) -> bool | None:
    """Tell whether an interval lies in a range (True), outside it (False), or across its edge."""
    if least <= low and high <= most:
        return True
    return False if high < least or low > most else None


def distance_by_side(
    case: Case, *, line: LineKey, side: SideName, quantile: Share = 0.5
) -> Measured:
    """Distance of the settlements of a side from a line: the nearest, the median, or between.

    Parameters
    ----------
    quantile
        0 is the nearest settlement listed, 0.5 the median, 1 the farthest.
    """
    front = front_of(case, line)
    side_of(front, side)
    own = case.places[(case.places["line"] == line) & (case.places["side"] == side)]
    if not len(own):
        return missing(f"no settlement is listed on the side {side}", unit="km")
    xy = shapely.get_coordinates(shapely.point_on_surface(own.geometry.to_numpy()))
    value = float(np.quantile(own["distance_m"], quantile)) / 1000.0

    def figure(course: Any, _sides: Any) -> float:
        away = distance_to(xy, course, case.layers.frame)
        return float(np.quantile(away, quantile)) / 1000.0

    low, high = spread(case, front, value, figure)
    told = "; ".join(_quartiles(case, one.key, name) for one in dated(case) for name in one.sides)
    return Measured(
        value,
        max(low, 0.0),
        high,
        "km",
        contains=POSITION,
        detail="Kilometres to the nearest settlement, and at most to a quarter, half and three "
        f"quarters of them: {told}",
        coarse=() if quantile == 0.0 else incomplete(_completeness(case, line, side)),
        resolves=float(front.error_m.max(initial=0.0)) / 1000.0,
        refutes_only="" if quantile else "a place that is not listed may be nearer",
    )


def _quartiles(case: Case, line: str, side: str) -> str:
    own = case.places[(case.places["line"] == line) & (case.places["side"] == side)]
    if not len(own):
        return f"{line}, {side}: none listed"
    far = np.quantile(own["distance_m"], [0.0, 0.25, 0.5, 0.75]) / 1000.0
    error_m = float(front_of(case, line).error_m.max(initial=0.0))
    return f"{line}, {side}: {', '.join(far_told(value, error_m) for value in far)}"


def _completeness(case: Case, line: str, side: str) -> float:
    """Return the completeness of the settlement list in the widest zone of a side."""
    rows = case.people[
        (case.people["line"] == line)
        & (case.people["side"] == side)
        & (case.people["source"] == "settlements")
        & (case.people["kind"] == "cumulative")
    ].sort_values("distance_m")
    return float(rows["completeness"].iloc[-1]) if len(rows) else math.nan


def settlement_cut(
    case: Case, *, place: str, line: LineKey, side: SideName, extent_m: Metres = 0.0
) -> Measured:
    """Share of a settlement that lies on a side of a line.

    Parameters
    ----------
    extent_m
        Radius of a disc that stands for a settlement given as a point.
    """
    front = front_of(case, line)
    land = side_of(front, side)
    found = place_of(case, place)
    shape = found.geometry
    coarse: tuple[str, ...] = ()
    if shapely.get_dimensions(shape) == 0:
        if not extent_m:
            return missing(f"{found.name} is a point: its extent is not known", unit="%")
        shape = shapely.buffer(shape, extent_m)
        coarse = (f"{found.name} is a point, and a disc of {extent_m:,.0f} m stands for it",)

    def share(_line: Any, sides: Any) -> float:
        held = shapely.intersection(shape, sides[side])
        return 100.0 * float(shapely.area(held) / shapely.area(shape))

    value = share(front.geometry, {side: land})
    low, high = spread(case, front, value, share)
    cut = [1.0 < share(draw.line, draw.sides) < 99.0 for draw in case.draws.get(line, ())]
    often = (
        f" Of the lines drawn within that error {100 * np.mean(cut):.0f} % cut it." if cut else ""
    )
    own = case.places[(case.places["line"] == line) & (case.places["id"].astype(str) == place)]
    away = float(own["distance_m"].iloc[0]) if len(own) else math.nan
    error_m = error_near(front, found.geometry)
    near = f"nearer to the line than its error of {error_m:,.0f} m"
    where = near if away < error_m else f"farther from the line than its error of {error_m:,.0f} m"
    return Measured(
        value,
        max(low, 0.0),
        min(high, 100.0),
        "%",
        contains=POSITION,
        detail=f"{found.name} lies {where}.{often}",
        coarse=coarse,
    )


def names(case: Case, *, least: int = 2, partition: PartitionKey | None = None) -> Measured:
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
        inside = shapely.intersects(land_of(case, partition), table.geometry.to_numpy())
        table = table[inside]
    if not len(table):
        return missing("no settlements are listed", unit="settlements")
    count = np.zeros(len(table), dtype=np.int64)
    for column in ("name", "name_alt", "name_other"):
        words = table[column].astype(str).str.split(";") if column in table else []
        count += np.array([sum(bool(word.strip()) for word in one) for one in words])
    second = int((table["name_alt"].astype(str).str.strip() != "").sum())
    value = float((count >= least).sum())
    return Measured(
        value,
        value,
        value,
        "settlements",
        contains="nothing: a count",
        detail=f"Of {len(table)} settlements, {second} have a second name of equal standing",
    )


def places_on_side(case: Case, *, places: Ids, line: LineKey, side: SideName) -> Measured:
    """How many of some places lie on a side of a line."""
    front = front_of(case, line)
    land, rest = side_of(front, side), other_sides(front, side)
    sure = maybe = held = 0
    told = []
    for place in places:
        found = place_of(case, place)
        if shapely.get_dimensions(found.geometry) != 0:
            raise ProjectError(f"{place} is not a point (expected places). Ask land_share.")
        inside = bool(shapely.intersects(land, found.geometry))
        near = float(shapely.distance(front.geometry, found.geometry))
        certain = near >= error_near(front, found.geometry)
        held += inside
        sure += inside and certain
        maybe += inside or (not certain and bool(shapely.intersects(rest, found.geometry)))
        told.append(
            f"{found.name} {'on it' if inside else 'not on it'}"
            + ("" if certain else ", uncertain")
        )
    return Measured(
        float(held), float(sure), float(maybe), "places", contains=POSITION, detail=listed(told)
    )


PLACE_METRICS = (
    place_distance,
    places_between,
    places_on_side,
    distance_by_side,
    settlement_cut,
    names,
)
