"""Metrics of people: within a distance, of places, on land that changed hands."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline.analysis.context import Case
from frontline.claims.lookup import front_of, incomplete, land_of, other_sides, place_of, side_of
from frontline.claims.measurement import (
    POSITION,
    Amount,
    Distance,
    Ids,
    LineKey,
    Measured,
    PartitionKey,
    SideName,
    listed,
    missing,
)
from frontline.errors import ProjectError, nearest, shown
from frontline.lines.zones import zones
from frontline.population.figures import Headcounts, headcounts_at
from frontline.population.within import people
from frontline.results.numbers import rounded
from frontline.results.wording import percent
from frontline.results.words import source_label

if TYPE_CHECKING:
    from numpy.typing import NDArray


def people_within(
    case: Case,
    *,
    line: LineKey,
    side: SideName,
    distance_m: Distance,
    source: str = "settlements",
    also_m: tuple[Distance, ...] = (),
) -> Measured:
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
    front = front_of(case, line)
    side_of(front, side)
    rows = _by_source(case, line, side, distance_m)
    own = rows[rows["source"] == source]
    if not len(own):
        known = sorted(set(rows["source"]))
        return missing(
            f"there is no source of people called {shown(source)}.{nearest(source, known)}",
            unit="people",
        )
    row = own.iloc[0]
    if math.isnan(row["population"]):
        return missing(f"{shown(source)} says nothing of that zone", unit="people")
    told = [_told(rows, distance_m)]
    told += [_told(_by_source(case, line, side, other), other) for other in also_m]
    return Measured(
        float(row["population"]),
        float(row["population_low"]),
        float(row["population_high"]),
        "people",
        contains=POSITION,
        detail=f"By source, never added up: {'; '.join(told)}",
        coarse=_limits(row),
    )


def _by_source(case: Case, line: str, side: str, distance_m: float) -> pd.DataFrame:
    rows = rows_within(case, line, distance_m)
    return rows[(rows["side"] == side) & ~rows["source"].str.startswith("stated:")]


def _told(rows: pd.DataFrame, distance_m: float) -> str:
    return f"within {distance_m / 1000:g} km {by_source(rows)}"


def by_source(rows: pd.DataFrame) -> str:
    """Write the people of a zone by source, rounded by their intervals."""
    ends = ("population", "population_low", "population_high")
    told = [(row["source"], *(float(row[end]) for end in ends)) for _, row in rows.iterrows()]
    return ", ".join(
        f"{source_label(source).lower()} {rounded(*numbers)}" for source, *numbers in told
    )


def rows_within(case: Case, line: str, distance_m: float) -> pd.DataFrame:
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
    fronts = [front_of(case, line)]
    # The areas of displaced zones are not asked for here, and take long.
    bands = zones(fronts, [distance_m], {}, case.layers.frame)
    counted = people(
        case.project, case.layers, fronts, bands, case.places, case.draws, around=case.around
    )
    found = counted.rows
    return found[found["kind"] == "cumulative"]


def _limits(row: pd.Series[Any]) -> tuple[str, ...]:
    """Say why a count of people cannot bear a verdict."""
    if row["source"].startswith("settlements"):
        return incomplete(float(row["completeness"]))
    covered = float(row["coverage"])
    if covered >= 0.9:
        return ()
    return (f"the source knows {percent(covered)} of the zone's land, and 90 % is needed",)


def population_share(
    case: Case,
    *,
    places: Ids,
    whole: Amount | None = None,
    of: tuple[str, ...] = (),
    count: Amount | None = None,
) -> Measured:
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
        return missing(part[1], unit="%")
    if count is not None:
        value, against = 100.0 * count / part[0], f"{count:,.0f} of {part[0]:,.0f}: {part[1]}"
    elif of:
        total = _figures(case, of)
        if total[0] is None:
            return missing(total[1], unit="%")
        value, against = 100.0 * part[0] / total[0], f"{part[1]} of {total[1]}"
    elif whole:
        value, against = 100.0 * part[0] / whole, f"{part[1]} of {whole:,.0f}"
    else:
        raise ProjectError("asks for no total (expected whole, of or count). Add one.")
    return Measured(value, value, value, "%", contains="nothing: two counts", detail=against)


def _figures(case: Case, places: tuple[str, ...]) -> tuple[float | None, str]:
    """Add up the figures of settlements; None and the reason where one is unknown."""
    table = case.layers.settlements
    total, kinds, told = 0.0, set(), []
    for place in places:
        found = place_of(case, place)
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
    return total, listed(told)


def parts_and_whole(_case: Case, *, parts: dict[str, Amount], whole: Amount) -> Measured:
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
    return Measured(
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
    case: Case,
    *,
    partition: PartitionKey,
    line: LineKey,
    codes: tuple[str, ...] = (),
    side: SideName | None = None,
    besides: tuple[str, ...] = (),
) -> Measured:
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
    front = front_of(case, line)
    land = land_of(case, partition, codes)
    if side is not None:
        land = shapely.intersection(land, side_of(front, side))
    table = case.layers.settlements
    for place in besides:
        place_of(case, place)
    inside = shapely.intersects(land, table.geometry.to_numpy())
    inside |= table["id"].isin(list(besides)).to_numpy()
    known = _residents(headcounts_at(table, front.date))
    counted = inside & np.isfinite(known)
    if not counted.any():
        return missing("no settlement there has a figure that holds at that date", unit="people")
    value = float(known[counted].sum())
    area_km2 = float(shapely.area(land)) / 1e6
    error = _boundary_error(case, partition, codes)
    lacks = int((inside & ~np.isfinite(known)).sum())
    return Measured(
        value,
        value,
        value,
        "people",
        contains="nothing: figures as listed",
        detail=f"{int(counted.sum())} settlements with a figure, {lacks} without; "
        f"{value / area_km2:.2g} people per km2 on {area_km2:,.0f} km2.{error}",
        coarse=incomplete(math.nan),
    )


def _residents(counts: Headcounts) -> NDArray[np.float64]:
    """Return residents by settlement, NaN where none are known."""
    return counts.people["residents"]


def _boundary_error(case: Case, partition: str, codes: tuple[str, ...]) -> str:
    if partition != "districts" or not codes:
        return ""
    table = case.layers.districts
    told = table[table["code"].isin(codes) & (table["known_error"].astype(str) != "")]
    words = [f"{row['name']}: {row['known_error']}" for _, row in told.iterrows()]
    return f" Known of the boundaries: {'; '.join(words)}." if words else ""


def residents_on_changed_land(
    case: Case, *, from_line: LineKey, to_line: LineKey, to_side: SideName
) -> Measured:
    """Residents known, at the date of the new line, on land that came to a side."""
    old, new = front_of(case, from_line), front_of(case, to_line)
    land = shapely.intersection(other_sides(old, to_side), side_of(new, to_side))
    table = case.layers.settlements
    inside = shapely.intersects(land, table.geometry.to_numpy())
    after, before = (_residents(headcounts_at(table, front.date))[inside] for front in (new, old))
    registered = table.loc[inside & (table["population_kind"] == "registered").to_numpy()]
    told = (
        f"Of {int(inside.sum())} settlements listed there, {int(np.isfinite(after).sum())} have "
        f"residents known on {new.date} and {int(np.isfinite(before).sum())} on {old.date} "
        f"({np.nansum(before):,.0f}); {len(registered)} have registered people only "
        f"({int(registered['population'].fillna(0).sum()):,}, never added to residents)."
    )
    if not np.isfinite(after).any():
        return missing(
            f"no figure of residents there is valid on {new.date}. {told}", unit="people"
        )
    value = float(np.nansum(after))
    return Measured(
        value,
        value,
        value,
        "people",
        contains="nothing: figures as listed; the absence of a figure is not zero people",
        detail=told,
        coarse=incomplete(math.nan),
    )


def population_total(case: Case, *, places: Ids) -> Measured:
    """Sum of the figures of settlements, of one kind."""
    total, told = _figures(case, places)
    if total is None:
        return missing(told, unit="people")
    return Measured(total, total, total, "people", contains="nothing: counts", detail=told)


PEOPLE_METRICS = (
    people_within,
    population_share,
    population_total,
    parts_and_whole,
    people_in,
    residents_on_changed_land,
)
