"""Metrics of people: within a distance, of places, on land that changed hands."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline.analysis.context import Analysis
from frontline.claims.lookup import (
    explain_incomplete,
    find_front,
    find_land,
    find_other_sides,
    find_place,
    find_side,
)
from frontline.claims.measurement import (
    POSITION,
    Amount,
    Distance,
    Ids,
    LineKey,
    Measurement,
    PartitionKey,
    SideName,
    join_words,
    report_missing,
)
from frontline.errors import ProjectError, show_value, suggest_name
from frontline.lines.zones import buffer_zones
from frontline.population.on_land import ResidentCount, count_residents, find_shares, pick_residents
from frontline.population.validity import open_splitting_grid
from frontline.population.within import count_people_within
from frontline.results.numbers import write_rounded
from frontline.results.wording import write_percent
from frontline.results.words import label_source

if TYPE_CHECKING:
    import datetime as dt


def people_within(
    case: Analysis,
    *,
    line: LineKey,
    side: SideName,
    distance_m: Distance,
    source: str = "settlements",
    also_m: tuple[Distance, ...] = (),
) -> Measurement:
    """People on one side within a distance of a line, by one source.

    Parameters
    ----------
    distance_m
        The distance; need not be one of the project's.
    source
        As in the column ``source`` of zones.csv: ``settlements``, ``settlements:registered``,
        ``raster:<key>`` or ``districts``. The detail gives every source, each apart.
    also_m
        Further distances for the detail.
    """
    front = find_front(case, line=line)
    find_side(front, side=side)
    rows = _by_source(case, line, side, distance_m)
    own = rows[rows["source"] == source]
    if not len(own):
        known = sorted(set(rows["source"]))
        return report_missing(
            "there is no source of people called "
            f"{show_value(source)}.{suggest_name(source, words=known)}",
            unit="people",
        )
    row = own.iloc[0]
    if math.isnan(row["population"]):
        return report_missing(f"{show_value(source)} says nothing of that zone", unit="people")
    told = [_told(rows, distance_m)]
    told += [_told(_by_source(case, line, side, other), other) for other in also_m]
    return Measurement(
        float(row["population"]),
        float(row["population_low"]),
        float(row["population_high"]),
        "people",
        contains=POSITION,
        detail=f"By source, never added up: {'; '.join(told)}",
        coarse=_limits(row),
    )


def _by_source(case: Analysis, line: str, side: str, distance_m: float) -> pd.DataFrame:
    rows = rows_within(case, line, distance_m)
    return rows[(rows["side"] == side) & ~rows["source"].str.startswith("stated:")]


def _told(rows: pd.DataFrame, distance_m: float) -> str:
    return f"within {distance_m / 1000:g} km {by_source(rows)}"


def by_source(rows: pd.DataFrame) -> str:
    """Write the people of a zone by source, rounded by their intervals."""
    ends = ("population", "population_low", "population_high")
    told = [(row["source"], *(float(row[end]) for end in ends)) for _, row in rows.iterrows()]
    return ", ".join(
        f"{label_source(source).lower()} {write_rounded(*numbers)}" for source, *numbers in told
    )


def rows_within(case: Analysis, line: str, distance_m: float) -> pd.DataFrame:
    """Return the run's own rows of a distance, or count at one that the project has not.

    Parameters
    ----------
    case, line
        The case and the line's key.
    distance_m
        The distance.

    Returns
    -------
    Rows as `population.people` makes them, of cumulative zones only.
    """
    rows = case.people[
        (case.people["line"] == line)
        & (case.people["kind"] == "cumulative")
        & (case.people["distance_m"] == distance_m)
    ]
    if len(rows):
        return rows
    fronts = [find_front(case, line=line)]
    # The areas of displaced zones are not asked for here, and take long.
    bands = buffer_zones(fronts, distances_m=[distance_m], draws={}, plane=case.layers.plane)
    counted = count_people_within(
        case.project,
        layers=case.layers,
        fronts=fronts,
        zones=bands,
        places=case.places,
        draws=case.draws,
        around=case.around,
        references=case.references,
    )
    found = counted.rows
    return found[found["kind"] == "cumulative"]


def _limits(row: pd.Series[Any]) -> tuple[str, ...]:
    """Say why a count of people cannot bear a verdict."""
    if row["source"].startswith("settlements"):
        return explain_incomplete(float(row["completeness"]))
    covered = float(row["coverage"])
    if covered >= 0.9:
        return ()
    return (f"the source knows {write_percent(covered)} of the zone's land, and 90 % is needed",)


def population_share(
    case: Analysis,
    *,
    places: Ids,
    whole: Amount | None = None,
    of: tuple[str, ...] = (),
    count: Amount | None = None,
) -> Measurement:
    """Share of a population: places of a total, or a number of people of the places.

    Parameters
    ----------
    places
        Identifiers of settlements; their figures are added if they are of one kind.
    whole
        The total, from the source that the claim names; or, instead,
    of
        places whose figures make the total.
    count
        A number of people, of which the share in the figures of `places` is wanted.
    """
    part = _figures(case, places)
    if part[0] is None:
        return report_missing(part[1], unit="%")
    if count is not None:
        value, against = 100.0 * count / part[0], f"{count:,.0f} of {part[0]:,.0f}: {part[1]}"
    elif of:
        total = _figures(case, of)
        if total[0] is None:
            return report_missing(total[1], unit="%")
        value, against = 100.0 * part[0] / total[0], f"{part[1]} of {total[1]}"
    elif whole:
        value, against = 100.0 * part[0] / whole, f"{part[1]} of {whole:,.0f}"
    else:
        raise ProjectError("asks for no total (expected whole, of or count). Add one.")
    return Measurement(value, value, value, "%", contains="nothing: two counts", detail=against)


def _figures(case: Analysis, places: tuple[str, ...]) -> tuple[float | None, str]:
    """Add up the figures of settlements; None and the reason where one is unknown."""
    table = case.layers.settlements
    total, kinds, told = 0.0, set(), []
    for place in places:
        found = find_place(case, place=place)
        row = table[table["id"].astype(str) == place]
        if found.layer != "settlements" or row["population"].isna().all():
            return None, f"there is no figure for {found.name}"
        number, kind = int(row["population"].iloc[0]), str(row["population_kind"].iloc[0])
        date = str(row["population_date"].iloc[0]) or "undated"
        total += number
        kinds.add(kind)
        told.append(f"{found.name} {number:,} ({date})")
    if len(kinds) > 1:
        return None, f"the figures are of different kinds: {', '.join(sorted(kinds))}"
    return total, join_words(told)


def parts_and_whole(_case: Analysis, *, parts: dict[str, Amount], whole: Amount) -> Measurement:
    """Sum of stated parts as a share of a stated whole: whether they balance.

    Parameters
    ----------
    _case
        Not asked: the figures are all stated.
    parts
        Numbers by what they are, for example { returned = 70000, left = 40000 }.
    whole
        The number that they are parts of.
    """
    total = sum(parts.values())
    if not whole:
        raise ProjectError("whole = 0 has no parts. Correct it.", field="whole")
    told = " + ".join(f"{number:,.0f} {name}" for name, number in parts.items())
    value = 100.0 * total / whole
    return Measurement(
        value,
        value,
        value,
        "%",
        contains="nothing: stated figures held against each other",
        detail=f"{told} = {total:,.0f}, of {whole:,.0f}",
        refutes_only="figures that fit each other are not thereby right, and no source at hand "
        "counts these people",
    )


def people_in(
    case: Analysis,
    *,
    partition: PartitionKey,
    line: LineKey,
    codes: tuple[str, ...] = (),
    side: SideName | None = None,
    besides: tuple[str, ...] = (),
) -> Measurement:
    """Residents listed in districts or another partition at the date of a line.

    Parameters
    ----------
    partition
        Its key, or ``districts``.
    line
        Figures count that hold at its date.
    codes
        Codes of districts; all if empty.
    side
        Only on this side of the line.
    besides
        Settlements that belong there although the outline misses them.
    """
    front = find_front(case, line=line)
    land = find_land(case, partition=partition, codes=codes)
    if side is not None:
        land = shapely.intersection(land, find_side(front, side=side))
    for place in besides:
        find_place(case, place=place)
    counted = _count_on(case, land, front.date, besides=besides)
    value = float(counted.residents[0])
    if not counted.figures["residents"][0]:
        return report_missing(
            "no settlement there has a figure that holds at that date", unit="people"
        )
    area_km2 = float(shapely.area(land)) / 1e6
    error = _boundary_error(case, partition, codes)
    lacks = int(counted.unknown[0])
    return Measurement(
        value,
        value,
        value,
        "people",
        contains="nothing: figures as listed",
        detail=f"{int(counted.figures['residents'][0])} settlements with a figure, {lacks} "
        "without; "
        f"{value / area_km2:.2g} people per km2 on {area_km2:,.0f} km2.{error}",
        coarse=explain_incomplete(math.nan),
    )


def _count_on(
    case: Analysis, land: Any, date: dt.date, *, besides: tuple[str, ...] = ()
) -> ResidentCount:
    """Count listed people on some land by the rule of every table; `besides` lie there whole."""
    settlements = case.layers.settlements
    dwellers = pick_residents(settlements, date=date)
    with open_splitting_grid(case.project, settlements=settlements, date=date) as grid:
        share = find_shares(dwellers, lands=np.array([land]), grid=grid, crs=case.layers.plane.crs)
    share[settlements["id"].isin(list(besides)).to_numpy()] = 1.0
    return count_residents(dwellers, share=share)


def _boundary_error(case: Analysis, partition: str, codes: tuple[str, ...]) -> str:
    if partition != "districts" or not codes:
        return ""
    table = case.layers.districts
    told = table[table["code"].isin(codes) & (table["known_error"].astype(str) != "")]
    words = [f"{row['name']}: {row['known_error']}" for _, row in told.iterrows()]
    return f" Known of the boundaries: {'; '.join(words)}." if words else ""


def residents_on_changed_land(
    case: Analysis, *, from_line: LineKey, to_line: LineKey, to_side: SideName
) -> Measurement:
    """Residents known, at the date of the new line, on land that came to a side."""
    old, new = find_front(case, line=from_line), find_front(case, line=to_line)
    land = shapely.intersection(find_other_sides(old, side=to_side), find_side(new, side=to_side))
    after, before = (_count_on(case, land, front.date) for front in (new, old))
    told = (
        f"Of {int(after.settlements[0])} settlements listed there, {_known(after, 'residents')} "
        f"have residents known on {new.date} and {_known(before, 'residents')} on {old.date} "
        f"({np.nan_to_num(before.residents[0]):,.0f}); {_known(after, 'registered')} have "
        f"registered people ({np.nan_to_num(after.registered[0]):,.0f}, never added to residents)."
    )
    if not _known(after, "residents"):
        return report_missing(
            f"no figure of residents there is valid on {new.date}. {told}", unit="people"
        )
    value = float(after.residents[0])
    return Measurement(
        value,
        value,
        value,
        "people",
        contains="nothing: figures as listed; the absence of a figure is not zero people",
        detail=told,
        coarse=explain_incomplete(math.nan),
    )


def _known(counted: ResidentCount, kind: str) -> int:
    return int(counted.figures[kind][0])


def population_total(case: Analysis, *, places: Ids) -> Measurement:
    """Sum of the figures of settlements, of one kind."""
    total, told = _figures(case, places)
    if total is None:
        return report_missing(told, unit="people")
    return Measurement(total, total, total, "people", contains="nothing: counts", detail=told)


PEOPLE_METRICS = (
    people_within,
    population_share,
    population_total,
    parts_and_whole,
    people_in,
    residents_on_changed_land,
)
