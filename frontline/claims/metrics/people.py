"""Metrics of people: within a distance, of places, on land, behind sections; by any source."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
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
    Bound,
    Measurement,
    MissingDataError,
    Other,
    join_words,
    make_exact,
    make_range,
)
from frontline.claims.metric import (
    Amount,
    Distance,
    Ends,
    Ids,
    LineKey,
    PartitionKey,
    SideName,
    metric,
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


@metric("people")
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
    find_front(case, line=line, side=side)
    rows = _list_by_source(case, line, side, distance_m)
    of_source = rows[rows["source"] == source]
    if not len(of_source):
        raise _refuse_source(source, rows["source"])
    value, low, high, bound, why = _read_figure(of_source.iloc[0])
    if math.isnan(value):
        raise MissingDataError(f"{show_value(source)} says nothing of that zone")
    within = "; ".join(
        f"within {far / 1000:g} km {write_by_source(_list_by_source(case, line, side, far))}"
        for far in (distance_m, *also_m)
    )
    return Measurement(
        value,
        low,
        high,
        contains=POSITION,
        detail=f"By source, never added up: {within}",
        bound=bound,
        bound_why=why,
        others=tuple(
            Other(_name_source(row["source"]), *_read_figure(row)[:4])
            for _, row in _keep_same_kind(rows, source).iterrows()
        ),
    )


def _refuse_source(source: str, known: Iterable[str]) -> MissingDataError:
    offer = suggest_name(source, words=sorted(set(known)))
    return MissingDataError(f"there is no source of people called {show_value(source)}.{offer}")


def _read_figure(row: pd.Series[Any]) -> tuple[float, float, float, Bound, str]:
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


def _find_kind(source: str) -> str:
    """Return which people a source counts: kinds are never compared."""
    kind = source.partition(":")[2] if not source.startswith("raster") else ""
    return kind if kind in {"registered", "displaced"} else "residents"


def _keep_same_kind(rows: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return the other sources that count the same people and know some."""
    alike = rows["source"].map(_find_kind) == _find_kind(source)
    whole = ~rows["source"].str.startswith("settlements_by_raster")
    return rows[alike & whole & (rows["source"] != source) & rows["population"].notna()]


def _name_source(source: str) -> str:
    return label_source(source).lower()


def _list_by_source(case: Analysis, line: str, side: str, distance_m: float) -> pd.DataFrame:
    rows = find_rows_within(case, line, distance_m)
    return rows[(rows["side"] == side) & ~rows["source"].str.startswith("stated:")]


def write_by_source(rows: pd.DataFrame) -> str:
    """Write the people of a zone by source, rounded by their intervals."""
    ends = ("population", "population_low", "population_high")
    return ", ".join(
        f"{_name_source(row['source'])} {write_rounded(*(float(row[end]) for end in ends))}"
        for _, row in rows.iterrows()
    )


def find_rows_within(case: Analysis, line: str, distance_m: float) -> pd.DataFrame:
    """Return the run's own rows of a distance, or count at one that the project has not.

    Returns
    -------
    Rows as `count_people_within` makes them, of cumulative zones only.
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
    return counted.rows[counted.rows["kind"] == "cumulative"]


@metric("%")
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
    front = find_front(case, line=line, side=side)
    courses = [
        cut_stretch(case, front=front, between=None, section=section) for section in sections
    ]
    behind = count_people_behind(
        case, front=front, side=side, distance_m=distance_m, courses=courses
    )
    return _compare_behind(case, front, side, distance_m, behind, source)


@metric("%")
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
    front = find_front(case, line=line, side=side)
    land = find_land(case, partition=partition, codes=codes)
    behind = count_people_behind(case, front=front, side=side, distance_m=distance_m, land=land)
    return _compare_behind(case, front, side, distance_m, behind, source)


def _compare_behind(
    case: Analysis,
    front: FrontLine,
    side: str,
    distance_m: float,
    behind: Mapping[str, Behind],
    source: str,
) -> Measurement:
    """Give the share by one source, and beside it that by the others that count the same."""
    parts = "; ".join(
        f"{_name_source(name)} {write_rounded(part.part)} of {write_rounded(part.whole)}"
        for name, part in _keep_known(behind).items()
    )
    rows = _list_by_source(case, front.key, side, distance_m)
    return _compare_sources(behind, rows, source, scale=100.0, detail=f"By source: {parts}")


def _keep_known(behind: Mapping[str, Behind]) -> dict[str, Behind]:
    return {name: part for name, part in behind.items() if part.whole > 0}


def _compare_sources(
    behind: Mapping[str, Behind], rows: pd.DataFrame, source: str, *, scale: float, detail: str
) -> Measurement:
    """Give a ratio of people by one source, and by those that count the same and know 90 %."""
    known = _keep_known(behind)
    if source not in behind:
        raise _refuse_source(source, behind)
    if source not in known:
        raise MissingDataError("no people are known within that distance")
    ratios = {
        name: (scale * part.share, scale * part.low, scale * part.high)
        for name, part in known.items()
    }
    return make_range(
        ratios[source],
        contains=f"{POSITION}, not people whom the source does not know",
        detail=detail,
        coarse=_explain_lacking(rows, source),
        others=tuple(
            Other(_name_source(name), *ratio)
            for name, ratio in ratios.items()
            if name != source
            and _find_kind(name) == _find_kind(source)
            and not name.startswith("settlements_by_raster")
            and not _explain_lacking(rows, name)
        ),
    )


def _explain_lacking(rows: pd.DataFrame, source: str) -> tuple[str, ...]:
    """Say why a ratio of people cannot be told from a source; empty where it knows 90 %."""
    of_source = rows[rows["source"] == source]
    why = _read_figure(of_source.iloc[0])[4] if len(of_source) else ""
    return (why,) if why else ()


@metric("times")
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
    front = find_front(case, line=line, side=side)
    stretch = cut_stretch(case, front=front, between=between, section=section)
    kilometres = measure_km(case, course=stretch)
    behind = count_people_behind(
        case, front=front, side=side, distance_m=distance_m, courses=[stretch]
    )
    per_km = "; ".join(
        f"{_name_source(name)} {write_rounded(part.part / kilometres)} per km of the stretch, "
        f"{write_rounded(part.whole / front.length_km)} per km of the line"
        for name, part in _keep_known(behind).items()
    )
    return _compare_sources(
        behind,
        _list_by_source(case, line, side, distance_m),
        source,
        scale=front.length_km / kilometres,
        detail=f"By source, on {kilometres:.0f} of {front.length_km:.0f} km: {per_km}",
    )


@metric("%")
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
    part, parts = _add_figures(case, places, source)
    if count is not None:
        return _divide(count, part, f"{count:,.0f} of {part:,.0f}: {parts}")
    if of:
        total, wholes = _add_figures(case, of, source)
        return _divide(part, total, f"{parts} of {wholes}")
    if not whole:
        raise ProjectError("asks for no total (expected whole, of or count). Add one.")
    return _divide(part, whole, f"{parts} of {whole:,.0f}")


def _divide(part: float, whole: float, detail: str) -> Measurement:
    return make_exact(100.0 * part / whole, contains="nothing: two counts", detail=detail)


def _add_figures(case: Analysis, places: tuple[str, ...], source: str) -> tuple[float, str]:
    """Add up the figures of settlements, and list them.

    Raises
    ------
    MissingDataError
        If one of them is unknown.
    """
    table, kind = case.layers.settlements, _find_kind(source)
    total, figures = 0.0, []
    for place in places:
        settlement = find_place(case, place=place)
        row = table[(table["id"].astype(str) == place) & table["population"].notna()]
        if settlement.layer != "settlements" or not len(row):
            raise MissingDataError(f"there is no figure for {settlement.name}")
        of_kind = row[row["population_kind"].isin([kind, ""])]
        if not len(of_kind):
            kinds = ", ".join(sorted(set(row["population_kind"])))
            raise MissingDataError(
                f"the figure for {settlement.name} is of another kind: {kinds}, not {kind}"
            )
        number = int(of_kind["population"].iloc[0])
        date = str(of_kind["population_date"].iloc[0]) or "undated"
        total += number
        figures.append(f"{settlement.name} {number:,} ({date})")
    return total, join_words(figures)


@metric("people")
def population_total(case: Analysis, *, places: Ids, source: str = "settlements") -> Measurement:
    """Sum of the figures of settlements, of one kind."""
    total, figures = _add_figures(case, places, source)
    return make_exact(total, contains="nothing: counts", detail=figures)


@metric("places")
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
    every = dict.fromkeys((*places, *among))
    figures = {place: _add_figures(case, (place,), source) for place in every}
    ordered = sorted(figures, key=lambda place: -figures[place][0])
    return make_exact(
        float(len(set(ordered[: len(places)]) & set(places))),
        contains=AS_LISTED,
        detail=join_words([listed for _, listed in figures.values()]),
    )


@metric("%")
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
    listed = " + ".join(f"{number:,.0f} {name}" for name, number in parts.items())
    return make_exact(
        100.0 * total / whole,
        contains="nothing: stated figures held against each other",
        detail=f"{listed} = {total:,.0f}, of {whole:,.0f}",
        refutes_only="figures that fit each other are not thereby right, and no source at hand "
        "counts these people",
    )


@metric("people")
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
    line
        Figures count that hold at its date.
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
    residents = count_people_on_land(case, front=front, land=land, source=source, besides=besides)
    extent = (
        f" on {shapely.area(land) / 1e6:,.0f} km2.{_write_boundary_error(case, partition, codes)}"
    )
    return tell_people_on_land(residents, front, source, extent)


def tell_people_on_land(
    residents: OnLand | None, front: FrontLine, source: str, more: str
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
    if residents is None:
        raise MissingDataError(f"there is no source of people called {show_value(source)}")
    lacks = (
        f"of {residents.settlements} settlements there {residents.unknown} have no figure"
        if residents.settlements is not None
        else f"the source knows {write_percent(residents.coverage)} of that land"
    )
    if math.isnan(residents.people):
        raise MissingDataError(f"no figure there holds on {front.date}: {lacks}{more}")
    # What a list lacks nobody knows; what a raster or districts cover is known.
    whole = residents.settlements is None and residents.coverage >= ENOUGH
    return make_exact(
        residents.people,
        contains=f"{AS_LISTED}; the absence of a figure is not zero people",
        detail=f"{_name_source(source)}: {lacks}{more}",
        bound="" if whole else "at least",
        bound_why="" if whole else lacks,
    )


def _write_boundary_error(case: Analysis, partition: str, codes: tuple[str, ...]) -> str:
    if partition != "districts" or not codes:
        return ""
    table = case.layers.districts
    rows = table[table["code"].isin(codes) & (table["known_error"].astype(str) != "")]
    words = [f"{row['name']}: {row['known_error']}" for _, row in rows.iterrows()]
    return f" Known of the boundaries: {'; '.join(words)}." if words else ""


@metric("people")
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
    extent = f"; at the date of the line before it is {known} (between {lines})"
    return tell_people_on_land(
        count_people_on_land(case, front=new, land=land, source=source), new, source, extent
    )
