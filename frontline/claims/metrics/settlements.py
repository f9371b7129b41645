"""Metrics of places against a line: distance, zone, what of them is cut, what they are called."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
    Measurement,
    MissingDataError,
    join_words,
    make_exact,
    make_margin,
    make_range,
)
from frontline.claims.metric import Ids, LineKey, Metres, PartitionKey, Share, SideName, metric
from frontline.errors import ProjectError
from frontline.results.numbers import write_rounded

if TYPE_CHECKING:
    from frontline.lines.front import FrontLine


@metric("km")
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
    front, settlement = find_front(case, line=line), find_place(case, place=place)
    far = _measure_far(case, front, place, place_error_m)
    area = shapely.get_dimensions(settlement.geometry) == 2
    cut = ", which the line cuts" if far.value == 0.0 else ""
    known = f" and of the place, known to {place_error_m / 1000:g} km" if place_error_m else ""
    return make_range(
        far,
        contains=f"{POSITION}{known}",
        detail=f"Measured from {'its outline' if area else 'the point given'} of "
        f"{settlement.name}{cut}",
        resolves=0.0 if area else find_error_near(front, geometry=settlement.geometry) / 1000.0,
    )


def _measure_far(
    case: Analysis, front: FrontLine, place: str, place_error_m: float = 0.0
) -> Estimate:
    return measure_distance_of_place(
        find_place(case, place=place).geometry,
        front=front,
        draws=find_draws(case, front=front),
        plane=case.layers.plane,
        place_error_m=place_error_m,
    )


@metric("km")
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
    return make_margin(
        km,
        away=away,
        contains=known,
        detail=f"From {first.name} to {second.name}",
    )


@metric("places")
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
    rows = [_measure_far(case, front, place, place_error_m) for place in places]
    ends = from_m / 1000.0, to_m / 1000.0
    inside = [ends[0] <= row.value <= ends[1] for row in rows]
    sure = [_decide_within(row, *ends) for row in rows]
    beside = _write_distances(
        case, front, besides, [_measure_far(case, front, place) for place in besides]
    )
    return Measurement(
        float(sum(inside)),
        float(sum(certain is True for certain in sure)),
        float(sum(certain is not False for certain in sure)),
        contains=f"{POSITION} and of places, known to {place_error_m:,.0f} m"
        if place_error_m
        else POSITION,
        detail=f"Distances in km: {_write_distances(case, front, places, rows)}"
        + (f"; beside them, not counted: {beside}" if beside else ""),
    )


def _write_distances(
    case: Analysis, front: FrontLine, places: Sequence[str], rows: Sequence[Estimate]
) -> str:
    distances = []
    for place, row in zip(places, rows, strict=True):
        settlement = find_place(case, place=place)
        cut = shapely.get_dimensions(settlement.geometry) == 2 and row.value == 0.0
        written = write_rounded(*row)
        far = write_distance_from_line(
            row.value, error_m=find_error_near(front, geometry=settlement.geometry), written=written
        )
        distances.append(f"{settlement.name} {'cut by the line' if cut else far}")
    return join_words(distances)


def _decide_within(row: Estimate, least: float, most: float) -> bool | None:
    """Tell whether an interval lies in a range (True), outside it (False), or across its edge."""
    low, high = (row.low, row.high) if math.isfinite(row.low) else (row.value, row.value)
    if least <= low and high <= most:
        return True
    return False if high < least or low > most else None


@metric("km")
def distance_by_side(
    case: Analysis, *, line: LineKey, side: SideName, quantile: Share = 0.5
) -> Measurement:
    """Distance of the settlements of a side from a line: the nearest, the median, or between.

    Parameters
    ----------
    quantile
        0 is the nearest settlement listed, 0.5 the median, 1 the farthest.
    """
    front = find_front(case, line=line, side=side)
    far = _measure_quantile(case, front, side, quantile)
    if math.isnan(far.value):
        raise MissingDataError(f"no settlement is listed on the side {side}")
    nearest = quantile == 0.0
    return make_range(
        far,
        contains=POSITION,
        detail=_write_all_quartiles(case),
        coarse=() if nearest else explain_incomplete(_find_completeness(case, line, side)),
        resolves=float(front.error_m.max(initial=0.0)) / 1000.0,
        bound="at most" if nearest else "",
        bound_why="a place that is not listed may be nearer" if nearest else "",
    )


def _measure_quantile(case: Analysis, front: FrontLine, side: str, quantile: float) -> Estimate:
    return measure_distance_quantile(
        case.places,
        front=front,
        draws=find_draws(case, front=front),
        plane=case.layers.plane,
        side=side,
        quantile=quantile,
    )


@metric("times")
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
    pair = [_measure_quantile(case, front, side, quantile) for front in (new, old)]
    if any(math.isnan(far.value) for far in pair):
        raise MissingDataError(f"no settlement is listed on the side {side} at both dates")
    ratio = divide_distances(*pair)
    worst = min(_find_completeness(case, line, side) for line in (from_line, to_line))
    return make_range(
        ratio,
        contains="the positions of both lines",
        detail=f"{write_rounded(*pair[0])} km after {write_rounded(*pair[1])} km. "
        f"{_write_all_quartiles(case)}",
        coarse=explain_incomplete(worst),
    )


def _write_all_quartiles(case: Analysis) -> str:
    by_side = "; ".join(
        _write_quartiles(case, front.key, name)
        for front in list_dated_fronts(case)
        for name in front.sides
    )
    return (
        "Kilometres to the nearest settlement, and at most to a quarter, half and three "
        f"quarters of them: {by_side}"
    )


def _write_quartiles(case: Analysis, line: str, side: str) -> str:
    of_side = case.places[(case.places["line"] == line) & (case.places["side"] == side)]
    if not len(of_side):
        return f"{line}, {side}: none listed"
    far = np.quantile(of_side["distance_m"], [0.0, 0.25, 0.5, 0.75]) / 1000.0
    error_m = float(find_front(case, line=line).error_m.max(initial=0.0))
    return (
        f"{line}, {side}: "
        f"{', '.join(write_distance_from_line(value, error_m=error_m) for value in far)}"
    )


def _find_completeness(case: Analysis, line: str, side: str) -> float:
    """Return the completeness of the settlement list in the widest zone of a side."""
    rows = case.people[
        (case.people["line"] == line)
        & (case.people["side"] == side)
        & (case.people["source"] == "settlements")
        & (case.people["kind"] == "cumulative")
    ].sort_values("distance_m")
    return float(rows["completeness"].iloc[-1]) if len(rows) else math.nan


@metric("%")
def settlement_cut(
    case: Analysis, *, place: str, line: LineKey, side: SideName, extent_m: Metres = 0.0
) -> Measurement:
    """Share of a settlement that lies on a side of a line.

    Parameters
    ----------
    extent_m
        Radius of a disc that stands for a settlement given as a point.
    """
    front, settlement = find_front(case, line=line), find_place(case, place=place)
    find_side(front, side=side)
    shape = settlement.geometry
    coarse: tuple[str, ...] = ()
    if shapely.get_dimensions(shape) == 0:
        if not extent_m:
            raise MissingDataError(f"{settlement.name} is a point: its extent is not known")
        shape = shapely.buffer(shape, extent_m)
        coarse = (f"{settlement.name} is a point, and a disc of {extent_m:,.0f} m stands for it",)
    share = measure_share_held(
        shape,
        front=front,
        draws=find_draws(case, front=front),
        side=side,
        study_area=case.layers.study_area,
    )
    error_m = find_error_near(front, geometry=settlement.geometry)
    near = bool(shapely.distance(front.geometry, settlement.geometry) < error_m)
    where = f"{'nearer to' if near else 'farther from'} the line than its error of {error_m:,.0f} m"
    # A line that errs by so much moves that share of a place from one side to the other.
    share_of_error = min(100.0 * error_m / math.sqrt(float(shapely.area(shape))), 100.0)
    return make_range(
        share,
        contains=POSITION,
        detail=f"{settlement.name} lies {where}",
        coarse=coarse,
        resolves=share_of_error if near else 0.0,
    )


@metric("settlements")
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
        raise MissingDataError("no settlements are listed")
    count = np.zeros(len(table), dtype=np.int64)
    for column in ("name", "name_alt", "name_other"):
        words = table[column].astype(str).str.split(";") if column in table else []
        count += np.array([sum(bool(word.strip()) for word in of_place) for of_place in words])
    second = int((table["name_alt"].astype(str).str.strip() != "").sum())
    return make_exact(
        float((count >= least).sum()),
        contains="nothing: a count",
        detail=f"Of {len(table)} settlements, {second} have a second name of equal standing",
    )


@metric("places")
def places_on_side(case: Analysis, *, places: Ids, line: LineKey, side: SideName) -> Measurement:
    """How many of some places lie on a side of a line."""
    front = find_front(case, line=line)
    land, rest = find_side(front, side=side), find_other_sides(front, side=side)
    sure = maybe = held = 0
    sides = []
    for place in places:
        settlement = find_place(case, place=place)
        if shapely.get_dimensions(settlement.geometry) != 0:
            raise ProjectError(f"{place} is not a point (expected places). Ask land_share.")
        inside = bool(shapely.intersects(land, settlement.geometry))
        near = float(shapely.distance(front.geometry, settlement.geometry))
        certain = near >= find_error_near(front, geometry=settlement.geometry)
        held += inside
        sure += inside and certain
        maybe += inside or (not certain and bool(shapely.intersects(rest, settlement.geometry)))
        sides.append(
            f"{settlement.name} {'on it' if inside else 'not on it'}"
            + ("" if certain else ", uncertain")
        )
    return Measurement(
        float(held), float(sure), float(maybe), contains=POSITION, detail=join_words(sides)
    )
