"""Metrics of people: within a distance, of places, on land, behind sections; by any source."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from frontline.analysis.context import Analysis
from frontline.analysis.people_behind import Behind, count_people_behind, count_people_on_land
from frontline.claims.lookup import (
    ENOUGH,
    cut_stretch,
    explain_incomplete,
    find_front,
    find_land,
    find_other_sides,
    find_place,
    find_side,
    measure_km,
)
from frontline.claims.measurement import (
    POSITION,
    Amount,
    Bound,
    Distance,
    Ends,
    Ids,
    LineKey,
    Measurement,
    Other,
    PartitionKey,
    SideName,
    Unit,
    join_words,
    make_exact,
    make_range,
    report_missing,
)
from frontline.errors import ProjectError, show_value, suggest_name
from frontline.lines.zones import buffer_zones
from frontline.population.within import count_people_within
from frontline.results.numbers import write_rounded
from frontline.results.wording import write_percent
from frontline.results.words import label_source

if TYPE_CHECKING:
    from frontline.analysis.people_behind import OnLand
    from frontline.lines.front import FrontLine

AS_LISTED = "nothing: figures as listed"


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
    also_m
        Further distances for the detail.
    """
    find_side(find_front(case, line=line), side=side)
    rows = _by_source(case, line, side, distance_m)
    own = rows[rows["source"] == source]
    if not len(own):
        return _no_source(source, rows["source"])
    value, low, high, bound, why = _figure(own.iloc[0])
    if math.isnan(value):
        return report_missing(f"{show_value(source)} says nothing of that zone", unit="people")
    others = [_figure(row)[:4] for _, row in _same_kind(rows, source).iterrows()]
    names = [_named(name) for name in _same_kind(rows, source)["source"]]
    told = [_told(_by_source(case, line, side, far), far) for far in (distance_m, *also_m)]
    return Measurement(
        value,
        low,
        high,
        "people",
        contains=POSITION,
        detail=f"By source, never added up: {'; '.join(told)}",
        bound=bound,
        bound_why=why,
        others=tuple(Other(name, *row) for name, row in zip(names, others, strict=True)),
    )


def _no_source(source: str, known: Any) -> Measurement:
    offer = suggest_name(source, words=sorted(set(known)))
    return report_missing(
        f"there is no source of people called {show_value(source)}.{offer}", unit="people"
    )


def _figure(row: pd.Series[Any]) -> tuple[float, float, float, Bound, str]:
    """Return a figure with its interval, and whether more people may be there than it knows."""
    value, low, high = (float(row[f"population{end}"]) for end in ("", "_low", "_high"))
    if str(row["source"]).startswith("settlements"):
        lacks = explain_incomplete(float(row["completeness"]))
        return value, low, high, "at least" if lacks else "", "".join(lacks)
    covered = float(row["coverage"])
    if covered >= ENOUGH:
        return value, low, high, "", ""
    why = f"the source knows {write_percent(covered)} of the zone's land, and 90 % is needed"
    return value, low, high, "at least", why


def _kind(source: str) -> str:
    """Return which people a source counts: kinds are never compared."""
    kind = source.partition(":")[2] if not source.startswith("raster") else ""
    return kind if kind in {"registered", "displaced"} else "residents"


def _same_kind(rows: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return the other sources that count the same people and know some."""
    alike = rows["source"].map(_kind) == _kind(source)
    whole = ~rows["source"].str.startswith("settlements_by_raster")
    return rows[alike & whole & (rows["source"] != source) & rows["population"].notna()]


def _named(source: str) -> str:
    return label_source(source).lower()


def _by_source(case: Analysis, line: str, side: str, distance_m: float) -> pd.DataFrame:
    rows = rows_within(case, line, distance_m)
    return rows[(rows["side"] == side) & ~rows["source"].str.startswith("stated:")]


def _told(rows: pd.DataFrame, distance_m: float) -> str:
    return f"within {distance_m / 1000:g} km {by_source(rows)}"


def by_source(rows: pd.DataFrame) -> str:
    """Write the people of a zone by source, rounded by their intervals."""
    ends = ("population", "population_low", "population_high")
    told = [(row["source"], *(float(row[end]) for end in ends)) for _, row in rows.iterrows()]
    return ", ".join(f"{_named(source)} {write_rounded(*numbers)}" for source, *numbers in told)


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


def share_by_section(
    case: Analysis,
    *,
    line: LineKey,
    side: SideName,
    distance_m: Distance,
    sections: Ids,
    source: str = "settlements",
) -> Measurement:
    """Share of the people within a distance of a line who live behind some of its sections.

    Parameters
    ----------
    sections
        Keys of sections that the project names; together they count once.
    """
    front = find_front(case, line=line)
    find_side(front, side=side)
    courses = [
        cut_stretch(case, front=front, between=None, section=section) for section in sections
    ]
    found = count_people_behind(
        case, front=front, side=side, distance_m=distance_m, courses=courses
    )
    return _shares(case, front, side, distance_m, found, source)


def share_within(
    case: Analysis,
    *,
    line: LineKey,
    side: SideName,
    distance_m: Distance,
    partition: PartitionKey,
    codes: tuple[str, ...] = (),
    source: str = "settlements",
) -> Measurement:
    """Share of the people within a distance of a line who live in a partition or in districts."""
    front = find_front(case, line=line)
    find_side(front, side=side)
    land = find_land(case, partition=partition, codes=codes)
    found = count_people_behind(case, front=front, side=side, distance_m=distance_m, land=land)
    return _shares(case, front, side, distance_m, found, source)


def _shares(
    case: Analysis,
    front: FrontLine,
    side: str,
    distance_m: float,
    found: Mapping[str, Behind],
    source: str,
) -> Measurement:
    """Give the share by one source, and beside it that by the others that count the same."""
    known = {name: one for name, one in found.items() if one.whole > 0}
    if source not in found:
        return _no_source(source, found)
    if source not in known:
        return report_missing("no people are known within that distance", unit="%")

    def ends(one: Behind) -> tuple[float, float, float]:
        return 100.0 * one.share, 100.0 * one.low, 100.0 * one.high

    rows = _by_source(case, front.key, side, distance_m)
    told = "; ".join(
        f"{_named(name)} {write_rounded(one.part)} of {write_rounded(one.whole)}"
        for name, one in known.items()
    )
    return make_range(
        ends(known[source]),
        unit="%",
        contains=f"{POSITION}, not people whom the source does not know",
        detail=f"By source: {told}",
        coarse=_lacking(rows, source),
        others=_comparable(rows, known, source, ends),
    )


def _lacking(rows: pd.DataFrame, source: str) -> tuple[str, ...]:
    """Say why a ratio of people cannot be told from a source; empty where it knows 90 %."""
    own = rows[rows["source"] == source]
    why = _figure(own.iloc[0])[4] if len(own) else ""
    return (why,) if why else ()


def _comparable(
    rows: pd.DataFrame,
    found: Mapping[str, Behind],
    source: str,
    ends: Callable[[Behind], tuple[float, float, float]],
) -> tuple[Other, ...]:
    """Give the same ratio by the other sources that count the same people and know 90 %."""
    return tuple(
        Other(_named(name), *ends(one))
        for name, one in found.items()
        if name != source
        and _kind(name) == _kind(source)
        and not name.startswith("settlements_by_raster")
        and not _lacking(rows, name)
    )


def people_per_km(
    case: Analysis,
    *,
    line: LineKey,
    side: SideName,
    distance_m: Distance,
    between: Ends | None = None,
    section: str | None = None,
    source: str = "settlements",
) -> Measurement:
    """How many times as many people live behind a km of a stretch as behind one of the line."""
    front = find_front(case, line=line)
    find_side(front, side=side)
    stretch = cut_stretch(case, front=front, between=between, section=section)
    kilometres = measure_km(case, course=stretch)
    scale = front.length_km / kilometres
    found = count_people_behind(
        case, front=front, side=side, distance_m=distance_m, courses=[stretch]
    )
    known = {name: one for name, one in found.items() if one.whole > 0}
    if source not in found:
        return _no_source(source, found)
    if source not in known:
        return report_missing("no people are known within that distance", unit="times")

    def ends(one: Behind) -> tuple[float, float, float]:
        return scale * one.share, scale * one.low, scale * one.high

    rows = _by_source(case, line, side, distance_m)
    told = "; ".join(
        f"{_named(name)} {write_rounded(one.part / kilometres)} per km of the stretch, "
        f"{write_rounded(one.whole / front.length_km)} per km of the line"
        for name, one in known.items()
    )
    return make_range(
        ends(known[source]),
        unit="times",
        contains=f"{POSITION}, not people whom the source does not know",
        detail=f"By source, on {kilometres:.0f} of {front.length_km:.0f} km: {told}",
        coarse=_lacking(rows, source),
        others=_comparable(rows, known, source, ends),
    )


def population_share(
    case: Analysis,
    *,
    places: Ids,
    whole: Amount | None = None,
    of: tuple[str, ...] = (),
    count: Amount | None = None,
    source: str = "settlements",
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
    part, told = _figures(case, places, source)
    if part is None:
        return report_missing(told, unit="%")
    if count is not None:
        return _share(count, part, f"{count:,.0f} of {part:,.0f}: {told}")
    if of:
        total, other = _figures(case, of, source)
        return (
            report_missing(other, unit="%")
            if total is None
            else _share(part, total, f"{told} of {other}")
        )
    if not whole:
        raise ProjectError("asks for no total (expected whole, of or count). Add one.")
    return _share(part, whole, f"{told} of {whole:,.0f}")


def _share(part: float, whole: float, told: str) -> Measurement:
    return make_exact(100.0 * part / whole, unit="%", contains="nothing: two counts", detail=told)


def _figures(case: Analysis, places: tuple[str, ...], source: str) -> tuple[float | None, str]:
    """Add up the figures of settlements; None and the reason where one is unknown."""
    table, kind = case.layers.settlements, _kind(source)
    total, told = 0.0, []
    for place in places:
        found = find_place(case, place=place)
        row = table[(table["id"].astype(str) == place) & table["population"].notna()]
        if found.layer != "settlements" or not len(row):
            return None, f"there is no figure for {found.name}"
        own = row[row["population_kind"].isin([kind, ""])]
        if not len(own):
            kinds = ", ".join(sorted(set(row["population_kind"])))
            return None, f"the figure for {found.name} is of another kind: {kinds}, not {kind}"
        number = int(own["population"].iloc[0])
        date = str(own["population_date"].iloc[0]) or "undated"
        total += number
        told.append(f"{found.name} {number:,} ({date})")
    return total, join_words(told)


def population_total(case: Analysis, *, places: Ids, source: str = "settlements") -> Measurement:
    """Sum of the figures of settlements, of one kind."""
    total, told = _figures(case, places, source)
    if total is None:
        return report_missing(told, unit="people")
    return make_exact(total, unit="people", contains="nothing: counts", detail=told)


def largest(
    case: Analysis, *, places: Ids, among: tuple[str, ...], source: str = "settlements"
) -> Measurement:
    """How many of some settlements are the largest among others, by their people.

    Parameters
    ----------
    places
        Identifiers of the settlements that are said to be the largest.
    among
        Identifiers of the others.
    """
    sizes = {}
    told = []
    for place in dict.fromkeys((*places, *among)):
        total, text = _figures(case, (place,), source)
        if total is None:
            return report_missing(text, unit="places")
        sizes[place] = total
        told.append(text)
    ordered = sorted(sizes, key=lambda place: -sizes[place])
    value = float(len(set(ordered[: len(places)]) & set(places)))
    return make_exact(value, unit="places", contains=AS_LISTED, detail=join_words(told))


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
    return make_exact(
        100.0 * total / whole,
        unit="%",
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
    outside: PartitionKey | None = None,
    besides: tuple[str, ...] = (),
    source: str = "settlements",
) -> Measurement:
    """People in districts or another partition at the date of a line, by one source.

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
    outside
        Without the land of this other partition, where outlines overlap.
    besides
        Settlements that belong there although the outline misses them.
    """
    front = find_front(case, line=line)
    land = find_land(case, partition=partition, codes=codes)
    if outside is not None:
        land = shapely.difference(land, find_land(case, partition=outside))
    if side is not None:
        land = shapely.intersection(land, find_side(front, side=side))
    for place in besides:
        find_place(case, place=place)
    found = count_people_on_land(case, front=front, land=land, source=source, besides=besides)
    told = f" on {shapely.area(land) / 1e6:,.0f} km2.{_boundary_error(case, partition, codes)}"
    return tell_people_on_land(found, front, source, told)


def tell_people_on_land(
    found: OnLand | None, front: FrontLine, source: str, told: str
) -> Measurement:
    """Give people on land: a least figure wherever the source does not know them all.

    Parameters
    ----------
    found
        From `count_people_on_land`.
    front, source
        The line at whose date figures hold, and the source.
    told
        What the detail says beside.
    """
    if found is None:
        return report_missing(
            f"there is no source of people called {show_value(source)}", unit="people"
        )
    lacks = (
        f"of {found.settlements} settlements there {found.unknown} have no figure"
        if found.settlements is not None
        else f"the source knows {write_percent(found.coverage)} of that land"
    )
    if math.isnan(found.people):
        return report_missing(
            f"no figure there holds on {front.date}: {lacks}{told}", unit="people"
        )
    # What a list lacks nobody knows; what a raster or districts cover is known.
    whole = found.settlements is None and found.coverage >= ENOUGH
    return make_exact(
        found.people,
        unit="people",
        contains=f"{AS_LISTED}; the absence of a figure is not zero people",
        detail=f"{_named(source)}: {lacks}{told}",
        bound="" if whole else "at least",
        bound_why="" if whole else lacks,
    )


def _boundary_error(case: Analysis, partition: str, codes: tuple[str, ...]) -> str:
    if partition != "districts" or not codes:
        return ""
    table = case.layers.districts
    told = table[table["code"].isin(codes) & (table["known_error"].astype(str) != "")]
    words = [f"{row['name']}: {row['known_error']}" for _, row in told.iterrows()]
    return f" Known of the boundaries: {'; '.join(words)}." if words else ""


def residents_on_changed_land(
    case: Analysis,
    *,
    from_line: LineKey,
    to_line: LineKey,
    to_side: SideName,
    source: str = "settlements",
) -> Measurement:
    """People known, at the date of the new line, on land that came to a side, by one source."""
    old, new = find_front(case, line=from_line), find_front(case, line=to_line)
    land = shapely.intersection(find_other_sides(old, side=to_side), find_side(new, side=to_side))
    before = count_people_on_land(case, front=old, land=land, source=source)
    known = (
        "unknown" if before is None or math.isnan(before.people) else write_rounded(before.people)
    )
    lines = " and ".join(front.key for front in (old, new))
    told = f"; at the date of the line before it is {known} (between {lines})"
    return tell_people_on_land(
        count_people_on_land(case, front=new, land=land, source=source), new, source, told
    )


PEOPLE_METRICS: Mapping[Callable[..., Measurement], Unit] = {
    people_within: "people",
    people_per_km: "times",
    share_by_section: "%",
    share_within: "%",
    population_share: "%",
    population_total: "people",
    largest: "places",
    parts_and_whole: "%",
    people_in: "people",
    residents_on_changed_land: "people",
}
