"""The summary of a run: land and people by side, first line against last, and what limits them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pandas as pd

from frontline.results.numbers import (
    RANGE,
    RoundedFigure,
    count_text,
    round_cumulative,
    round_part,
)
from frontline.results.population_phrases import ENOUGH
from frontline.results.tables import rank_source
from frontline.results.wording import (
    join_phrases,
    name_source_row,
    sort_lines,
    write_dates,
    write_percent,
)
from frontline.results.words import WORDS

if TYPE_CHECKING:
    from frontline.project.models import LineSpec
    from frontline.results.model import Results


Record = Mapping[Any, Any]
LAND = "Land, km²"
NO_FIGURE = "no figure"


@dataclass(frozen=True)
class SummaryFigure:
    """A figure of one side under one line.

    Parameters
    ----------
    figure
        Rounded; None: no figure.
    limits
        What limits it.
    sources
        Its range between the sources of the line, in words; empty where there is one source.
    """

    figure: RoundedFigure | None
    limits: tuple[str, ...] = ()
    sources: str = ""


@dataclass(frozen=True)
class SummaryRow:
    """What one source says of a side within the widest distance, under the first and last line.

    Parameters
    ----------
    side, what
        The side, and what is counted by which source.
    figures
        One for each of the lines compared, the older first.
    change
        Whether it rose or fell, in words; empty where that cannot be said.
    obstacle
        Why the two figures cannot be compared; empty where they can, or there is one only.
    """

    side: str
    what: str
    figures: tuple[SummaryFigure, ...]
    change: str = ""
    obstacle: str = ""


@dataclass(frozen=True)
class Summary:
    """Land and people by side within the widest distance of the first and the last line."""

    distance_m: float
    lines: tuple[LineSpec, ...]
    rows: tuple[SummaryRow, ...]


def summarize_results(results: Results) -> Summary:
    """Set land and people by side under the first line against those under the last.

    Parameters
    ----------
    results
        Of a run; its widest distance is taken.

    Returns
    -------
    A row for the land of each side and for each source that says something of its people.
    """
    ordered = sort_lines(results.project)
    compared = (ordered[0], ordered[-1]) if len(ordered) > 1 else (ordered[0],)
    widest = max(results.project.zones.distances_m)
    names = [str(side) for side in results.sides["side"].dropna().unique()]
    rows = [row for side in names for row in _list_rows(results, side, widest, compared)]
    return Summary(widest, compared, tuple(rows))


def _list_rows(
    results: Results, side: str, distance_m: float, lines: tuple[LineSpec, ...]
) -> Iterator[SummaryRow]:
    land = round_cumulative(results.zones, column="area_km2")
    areas = [land.get((line.key, side, distance_m)) for line in lines]
    if any(areas):
        figures = tuple(
            SummaryFigure(area, sources=_describe_land(results, line.key, side, distance_m, area))
            for line, area in zip(lines, areas, strict=True)
        )
        yield SummaryRow(side, LAND, figures, change=_compare_figures(figures))
    people = results.people
    cumulative = people[
        (people["side"] == side)
        & (people["distance_m"] == distance_m)
        & (people["kind"] == "cumulative")
    ]
    rounded = round_cumulative(people, column="population")
    for source in sorted(cumulative["source"].unique(), key=rank_source):
        rows = {
            row["line"]: row
            for row in cumulative[cumulative["source"] == source].to_dict("records")
        }
        at = [rows.get(line.key) for line in lines]
        if not any(row is not None and is_telling(row) for row in at):
            continue
        figures = tuple(
            _describe_figure(row, rounded.get((line.key, side, distance_m, source)))
            for row, line in zip(at, lines, strict=True)
        )
        what = name_source_row(source, project=results.project)
        obstacle = _find_obstacle(at, lines, write_dates(results.project))
        change = "" if obstacle else _compare_figures(figures)
        yield SummaryRow(side, what, figures, change=change, obstacle=obstacle)


def is_telling(row: Record) -> bool:
    """Tell whether a row of people holds a figure, or places that lack one."""
    if str(row["source"]).startswith("settlements"):
        return (
            _count_places(row, "settlements") > 0 or _count_places(row, "settlements_unknown") > 0
        )
    return not pd.isna(row["population"])


def is_counted(row: Record) -> bool:
    """Tell whether a row holds a figure: a list without a place that has one counts nobody."""
    listed = str(row["source"]).startswith("settlements")
    return not pd.isna(row["population"]) and not (
        listed and _count_places(row, "settlements") == 0
    )


def _count_places(row: Record, column: str) -> int:
    """Return a number of places; 0 where the table has none."""
    return 0 if pd.isna(row[column]) else int(row[column])


def list_limits(row: Record) -> list[str]:
    """Say what a figure of people lacks: places, people not listed, land not covered."""
    parts: list[str] = []
    unknown, share = _count_places(row, "settlements_unknown"), row["completeness"]
    if row["source"] == "settlements" and unknown > 0:
        one, many = "settlement has", "settlements have"
        if _count_places(row, "settlements") > 0:
            one, many = f"more {one}", f"more {many}"
        parts.append(f"{count_text(unknown, one=one, many=many)} no figure")
    if row["source"] == "settlements" and not pd.isna(share) and share < ENOUGH:
        parts.append(f"the list holds about {write_percent(share)} of the people")
    coverage = row["coverage"]
    listed = str(row["source"]).startswith("settlements")
    if not listed and not pd.isna(coverage) and coverage < ENOUGH:
        parts.append(f"the figures cover {write_percent(coverage)} of the zone")
    return [*parts, *_list_ages(row)]


def _list_ages(row: Record) -> list[str]:
    """Say that figures are outdated, or those from before a displacement."""
    parts = []
    old, before = row.get("figures_outdated"), row.get("displacement")
    if isinstance(before, str) and before:
        parts.append(f"residents from before {before}")
    if old is not None and not pd.isna(old) and old > 0:
        first, last = row["figures_first"], row["figures_last"]
        span = first if first == last else f"{first} to {last}"
        parts.append(f"outdated, of {span}")
    return parts


@dataclass(frozen=True)
class PeopleCell:
    """People of a source in a zone as they are printed.

    Parameters
    ----------
    figure
        Rounded; None where nothing was counted.
    none
        Why there is no figure; empty where there is one.
    remarks
        How many settlements were counted, and what limits the figure.
    """

    figure: RoundedFigure | None
    none: str = ""
    remarks: tuple[str, ...] = ()


def describe_people(row: Record, *, figure: RoundedFigure | None) -> PeopleCell:
    """Return people of a source with what limits the figure, or why there is none."""
    listed = str(row["source"]).startswith("settlements")
    if is_counted(row):
        count = _count_places(row, "settlements") if listed else 0
        counted = [count_text(count, one="settlement")] if count > 0 else []
        sources = describe_sources(row, column="population", figure=figure)
        between = [sources] if sources else []
        return PeopleCell(figure, remarks=(*between, *counted, *list_limits(row)))
    if listed:
        none = (
            NO_FIGURE if _count_places(row, "settlements_unknown") > 0 else "no settlement listed"
        )
        return PeopleCell(None, none, tuple(list_limits(row)))
    return PeopleCell(None, "the source does not reach here")


def _is_unmeasured_list(row: Record) -> bool:
    """Tell whether a row comes from a list of which nobody knows how many people it leaves out."""
    listed = str(row["source"]).startswith("settlements")
    return listed and bool(pd.isna(row["completeness"]))


def _describe_figure(row: Record | None, figure: RoundedFigure | None) -> SummaryFigure:
    if row is None or not is_telling(row):
        return SummaryFigure(None)
    told = figure if is_counted(row) else None
    sources = describe_sources(row, column="population", figure=told)
    return SummaryFigure(told, tuple(list_limits(row)), sources)


def describe_sources(row: Record, *, column: str, figure: RoundedFigure | None) -> str:
    """Say between what a figure lies over the sources of its line.

    Parameters
    ----------
    row
        Of a table; the range stands in columns named as the figure's interval is.
    column
        The figure's.
    figure
        As it is printed.

    Returns
    -------
    Nothing where the line has no alternatives, or no source has a figure.
    """
    stem = column.removesuffix("_km2")
    ends = [row.get(f"{stem}_alt_{end}") for end in ("low", "high")]
    if figure is None or any(end is None or pd.isna(end) for end in ends):
        return ""
    low, high = (round_part(float(end), whole=figure).text for end in ends if end is not None)
    span = low if low == high else RANGE.format(low=low, high=high)
    return WORDS["between_sources"].format(range=span)


def _describe_land(
    results: Results, line: str, side: str, distance_m: float, figure: RoundedFigure | None
) -> str:
    """Say between what the land of a zone lies over the sources of the line."""
    zones = results.zones[
        (results.zones["line"] == line)
        & (results.zones["side"] == side)
        & (results.zones["distance_m"] == distance_m)
        & (results.zones["kind"] == "cumulative")
    ]
    rows = zones.to_dict("records")
    return describe_sources(rows[0], column="area_km2", figure=figure) if rows else ""


def _find_obstacle(
    at: list[Record | None], lines: tuple[LineSpec, ...], written: Mapping[str, str]
) -> str:
    """Say why the figures of a source under two lines cannot be compared; nothing if they can."""
    if len(at) < 2:
        return ""
    missing = [
        written[line.key]
        for row, line in zip(at, lines, strict=True)
        if row is None or not is_counted(row)
    ]
    if missing:
        return f"no figure for {join_phrases(missing)}"
    incomplete = [
        written[line.key]
        for row, line in zip(at, lines, strict=True)
        if row is not None and list_limits(row)
    ]
    unknown = [
        written[line.key]
        for row, line in zip(at, lines, strict=True)
        if row is not None and _is_unmeasured_list(row)
    ]
    parts = [f"what is missing differs ({join_phrases(incomplete)})"] if incomplete else []
    if unknown:
        parts.append(f"it is not known how complete the list is ({join_phrases(unknown)})")
    return join_phrases(parts)


def _compare_figures(figures: tuple[SummaryFigure, ...]) -> str:
    """Say whether a figure rose or fell, if its intervals leave no doubt."""
    rounded = [cell.figure for cell in figures if cell.figure is not None]
    if len(rounded) < 2:
        return ""
    old, new = rounded
    if old.value == new.value:
        return "unchanged"
    if _find_end(old, old.high) < _find_end(new, new.low):
        return "more"
    return "less" if _find_end(new, new.high) < _find_end(old, old.low) else "the intervals overlap"


def _find_end(figure: RoundedFigure, end: Decimal | None) -> Decimal:
    """Return an end of a figure's interval; the figure itself where it has none."""
    value = figure.value if end is None else end
    return Decimal("NaN") if value is None else value
