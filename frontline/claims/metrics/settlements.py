"""Metrics of places against a line: distance, zone, what of them is cut, what they are called."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import shapely

from frontline.analysis.context import Analysis
from frontline.analysis.distances import (
    divide_distances,
    measure_distance_between,
    measure_distance_of_place,
    measure_distance_quantile,
)
from frontline.analysis.land_held import measure_share_held
from frontline.analysis.spread import Estimate
from frontline.claims.lookup import (
    explain_incomplete,
    find_draws,
    find_error_near,
    find_front,
    find_land,
    find_other_sides,
    find_place,
    find_side,
    list_dated_fronts,
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
    Unit,
    join_words,
    make_exact,
    make_range,
    report_missing,
)
from frontline.errors import ProjectError
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
    front, found = find_front(case, line=line), find_place(case, place=place)
    far = _far(case, front, place, place_error_m)
    area = shapely.get_dimensions(found.geometry) == 2
    cut = ", which the line cuts" if far.value == 0.0 else ""
    known = f" and of the place, known to {place_error_m / 1000:g} km" if place_error_m else ""
    return make_range(
        far,
        unit="km",
        contains=f"{POSITION}{known}",
        detail=f"Measured from {'its outline' if area else 'the point given'} of {found.name}{cut}",
        resolves=0.0 if area else find_error_near(front, geometry=found.geometry) / 1000.0,
    )


def _far(case: Analysis, front: FrontLine, place: str, place_error_m: float = 0.0) -> Estimate:
    return measure_distance_of_place(
        find_place(case, place=place).geometry,
        front=front,
        draws=find_draws(case, front=front),
        plane=case.layers.plane,
        place_error_m=place_error_m,
    )


def distance_between(
    case: Analysis, *, start: str, stop: str, place_error_m: Metres = 0.0
) -> Measurement:
    """Distance of two places from each other in a straight line; of polygons the nearest edges.

    Parameters
    ----------
    start, stop
        Identifiers of settlements or points, codes of districts.
    place_error_m
        How well each of the two is known, metres.
    """
    first, second = find_place(case, place=start), find_place(case, place=stop)
    km = measure_distance_between(first.geometry, second=second.geometry, plane=case.layers.plane)
    away = math.hypot(place_error_m, place_error_m) / 1000.0
    known = f"the places, each known to {place_error_m:,.0f} m" if away else "nothing"
    return Measurement(
        km,
        max(km - away, 0.0),
        km + away,
        "km",
        contains=known,
        detail=f"From {first.name} to {second.name}",
    )


def places_between(
    case: Analysis,
    *,
    places: Ids,
    line: LineKey,
    from_m: Metres = 0.0,
    to_m: Metres,
    besides: tuple[str, ...] = (),
    place_error_m: Metres = 0.0,
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
    place_error_m
        How well places and outlines are known, metres.
    """
    front = find_front(case, line=line)
    rows = [_far(case, front, place, place_error_m) for place in places]
    ends = from_m / 1000.0, to_m / 1000.0
    inside = [ends[0] <= row.value <= ends[1] for row in rows]
    sure = [_certainly(row, *ends) for row in rows]
    beside = _in_km(case, front, besides, [_far(case, front, place) for place in besides])
    return Measurement(
        float(sum(inside)),
        float(sum(one is True for one in sure)),
        float(sum(one is not False for one in sure)),
        "places",
        contains=f"{POSITION} and of places, known to {place_error_m:,.0f} m"
        if place_error_m
        else POSITION,
        detail=f"Distances in km: {_in_km(case, front, places, rows)}"
        + (f"; beside them, not counted: {beside}" if beside else ""),
    )


def _in_km(
    case: Analysis, front: FrontLine, places: Sequence[str], rows: Sequence[Estimate]
) -> str:
    told = []
    for place, row in zip(places, rows, strict=True):
        found = find_place(case, place=place)
        cut = shapely.get_dimensions(found.geometry) == 2 and row.value == 0.0
        written = write_rounded(row.value, row.low, row.high)
        far = write_distance_from_line(
            row.value, error_m=find_error_near(front, geometry=found.geometry), written=written
        )
        told.append(f"{found.name} {'cut by the line' if cut else far}")
    return join_words(told)


def _certainly(row: Estimate, least: float, most: float) -> bool | None:
    """Tell whether an interval lies in a range (True), outside it (False), or across its edge."""
    low, high = (row.low, row.high) if math.isfinite(row.low) else (row.value, row.value)
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
    far = _quantile(case, front, side, quantile)
    if math.isnan(far.value):
        return report_missing(f"no settlement is listed on the side {side}", unit="km")
    nearest = quantile == 0.0
    return make_range(
        far,
        unit="km",
        contains=POSITION,
        detail=_quartiles_of_all(case),
        coarse=() if nearest else explain_incomplete(_completeness(case, line, side)),
        resolves=float(front.error_m.max(initial=0.0)) / 1000.0,
        bound="at most" if nearest else "",
        bound_why="a place that is not listed may be nearer" if nearest else "",
    )


def _quantile(case: Analysis, front: FrontLine, side: str, quantile: float) -> Estimate:
    return measure_distance_quantile(
        case.places,
        front=front,
        draws=find_draws(case, front=front),
        plane=case.layers.plane,
        side=side,
        quantile=quantile,
    )


def distance_change(
    case: Analysis,
    *,
    from_line: LineKey,
    to_line: LineKey,
    side: SideName,
    quantile: Share = 0.5,
) -> Measurement:
    """How many times as far as before the settlements of a side lie from the line.

    Parameters
    ----------
    side
        The settlements that were on it with the earlier line, against that line, are held
        against those that are on it with the later one.
    quantile
        0 compares the nearest settlements listed, 0.5 the medians.
    """
    old, new = find_front(case, line=from_line), find_front(case, line=to_line)
    pair = [_quantile(case, front, side, quantile) for front in (new, old)]
    if any(math.isnan(far.value) for far in pair):
        return report_missing(
            f"no settlement is listed on the side {side} at both dates", unit="times"
        )
    ratio = divide_distances(*pair)
    worst = min(_completeness(case, line, side) for line in (from_line, to_line))
    return make_range(
        ratio,
        unit="times",
        contains="the positions of both lines",
        detail=f"{write_rounded(pair[0].value, pair[0].low, pair[0].high)} km after "
        f"{write_rounded(pair[1].value, pair[1].low, pair[1].high)} km. {_quartiles_of_all(case)}",
        coarse=explain_incomplete(worst),
    )


def _quartiles_of_all(case: Analysis) -> str:
    told = "; ".join(
        _quartiles(case, one.key, name) for one in list_dated_fronts(case) for name in one.sides
    )
    return (
        "Kilometres to the nearest settlement, and at most to a quarter, half and three "
        f"quarters of them: {told}"
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
    front, found = find_front(case, line=line), find_place(case, place=place)
    find_side(front, side=side)
    shape = found.geometry
    coarse: tuple[str, ...] = ()
    if shapely.get_dimensions(shape) == 0:
        if not extent_m:
            return report_missing(f"{found.name} is a point: its extent is not known", unit="%")
        shape = shapely.buffer(shape, extent_m)
        coarse = (f"{found.name} is a point, and a disc of {extent_m:,.0f} m stands for it",)
    share = measure_share_held(
        shape,
        front=front,
        draws=find_draws(case, front=front),
        side=side,
        study_area=case.layers.study_area,
    )
    error_m = find_error_near(front, geometry=found.geometry)
    near = bool(shapely.distance(front.geometry, found.geometry) < error_m)
    where = f"{'nearer to' if near else 'farther from'} the line than its error of {error_m:,.0f} m"
    # A line that errs by so much moves that share of a place from one side to the other.
    share_of_error = min(100.0 * error_m / math.sqrt(float(shapely.area(shape))), 100.0)
    return make_range(
        share,
        unit="%",
        contains=POSITION,
        detail=f"{found.name} lies {where}",
        coarse=coarse,
        resolves=share_of_error if near else 0.0,
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
    return make_exact(
        float((count >= least).sum()),
        unit="settlements",
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


PLACE_METRICS: Mapping[Callable[..., Measurement], Unit] = {
    place_distance: "km",
    distance_between: "km",
    places_between: "places",
    places_on_side: "places",
    distance_by_side: "km",
    distance_change: "times",
    settlement_cut: "%",
    names: "settlements",
}
