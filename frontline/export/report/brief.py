"""The brief that opens the report: the message, one map, one table, three limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from frontline.export.report.findings import find_medians
from frontline.export.report.outcomes import (
    count_crossings_by_line,
    count_outcomes,
    find_largest_flow,
)
from frontline.export.report.shared import Chapters
from frontline.export.report.verdicts import count_verdicts
from frontline.results.numbers import count_text, write_whole
from frontline.results.summary import LAND, Summary, SummaryRow, summarize_results
from frontline.results.wording import (
    SCHEMATIC_MARK,
    join_phrases,
    write_accuracy,
    write_far,
    write_sight_warning,
)
from frontline.results.words import WORDS

LIMIT_LINES = (
    "A line on a map is not the line on the ground. The intervals hold how far it may be off, and "
    "nothing else."
)
LIMIT_PEOPLE = (
    "People are where the sources put them. Sources that disagree stand side by side and are never "
    "added up or averaged. “No figure” never means that nobody lives there."
)
LIMIT_CAUSES = (
    "Distance, land, sight and roads are measured. Nothing is said of causes, rights, intentions "
    "or danger."
)


def describe_brief(chapters: Chapters, *, picture: Mapping[str, str]) -> Mapping[str, Any]:
    """Give the brief of a report.

    Parameters
    ----------
    chapters
        The results, and what the chapters share.
    picture
        The map that it shows.
    """
    summary = summarize_results(chapters.results)
    return {
        "message": list(_write_message(chapters, summary)),
        "picture": picture,
        "distance": write_far(summary.distance_m),
        "heads": [(line.label, chapters.days[line.key]) for line in summary.lines],
        "sides": [
            (side, [row for row in summary.rows if row.side == side.name])
            for side in chapters.sides
        ],
        "land": LAND,
        "limits": list(_list_limits(chapters)),
    }


def _write_message(chapters: Chapters, summary: Summary) -> Iterator[str]:
    """Give the message in a few sentences, the largest change first."""
    flow = find_largest_flow(chapters)
    if flow is not None:
        yield (
            f"Between {flow['old']} and {flow['new']}, about {flow['figure']} of land went from "
            f"the {flow['from_side']} to the {flow['to_side']} side."
        )
    yield from _describe_people(chapters, summary)
    yield from _describe_settlements(chapters)
    yield from _describe_distances(chapters)
    yield from _describe_roads(chapters)
    yield from _describe_statements(chapters)


def _describe_people(chapters: Chapters, summary: Summary) -> Iterator[str]:
    """Say who lives within the widest distance, by the first source that can be compared."""
    within, unlike = write_far(summary.distance_m), []
    for side in chapters.sides:
        rows = [row for row in summary.rows if row.side == side.name and row.what != LAND]
        comparable = [row for row in rows if _can_be_read(row)]
        if comparable or (rows and len(summary.lines) == 1):
            yield _describe_row(chapters, summary, (comparable or rows)[0])
        elif rows:
            unlike.append(f"on the {side.name} side")
    if unlike:
        yield (
            f"How many people lived within {within} of the line cannot be compared between the "
            f"two dates {join_phrases(unlike)}: the table gives the figures, and says what each "
            "lacks."
        )


def _can_be_read(row: SummaryRow) -> bool:
    """Tell whether the figures of a row may stand alone in a sentence."""
    whole_row = all(cell.figure is not None and not cell.limits for cell in row.figures)
    return whole_row and not row.obstacle


def _describe_row(chapters: Chapters, summary: Summary, row: SummaryRow) -> str:
    parts = [
        f"{'no figure' if cell.figure is None else cell.figure.in_sentence()} within "
        f"{write_far(summary.distance_m)} of the line of {chapters.dates[line.key]}"
        for line, cell in zip(summary.lines, row.figures, strict=True)
    ]
    caveats = [limit for cell in row.figures for limit in cell.limits]
    words = f"People on the {row.side} side, by {row.what}: {join_phrases(parts)}."
    return f"{words} Caveat: {join_phrases(caveats)}." if caveats else words


def _describe_settlements(chapters: Chapters) -> Iterator[str]:
    """Say how many settlements changed sides, and of how many it cannot be said."""
    counts = count_outcomes(chapters)
    outside = counts.pop("outside", 0)
    total = sum(counts.values())
    if not total:
        return
    inside = " in the study area" if outside else ""
    words = (
        f"Of {count_text(total, one='settlement')} listed{inside}, "
        f"{_write_count(counts['changed'])} changed sides "
        f"and {_write_count(counts['stayed'])} stayed on the same side."
    )
    if counts["uncertain"]:
        lie = "it lies" if counts["uncertain"] == 1 else "they lie"
        words += (
            f" Of {write_whole(counts['uncertain'])} it cannot be said: {lie} nearer to a line "
            "than "
            "its error."
        )
    if counts["cut"]:
        words += f" A line cuts {count_text(counts['cut'], one='settlement')}."
    yield words


def _write_count(count: int) -> str:
    return write_whole(count) if count else "none"


def _describe_distances(chapters: Chapters) -> Iterator[str]:
    """Say how far half of the settlements of a side lay from the first and the last line."""
    half = find_medians(chapters)
    old, new = chapters.lines[0].key, chapters.lines[-1].key
    for side in chapters.sides:
        if old == new or (side.name, old) not in half or (side.name, new) not in half:
            continue
        values = [chapters.kilometres(key, half[side.name, key]) for key in (old, new)]
        if WORDS["below_accuracy"] in values:
            continue
        yield (
            f"Half of the settlements on the {side.name} side lay within {values[0]} km of the "
            f"line of {chapters.dates[old]}. Of those on that side later, half lie within "
            f"{values[1]} km of the line of {chapters.dates[new]}."
        )


def _describe_roads(chapters: Chapters) -> Iterator[str]:
    """Say how often roads and other corridors are crossed."""
    results = chapters.results
    if not len(results.crossings):
        return
    parts = []
    for key, count in count_crossings_by_line(chapters).items():
        where = f"at {count_text(count, one='place')}" if count else "nowhere"
        parts.append(f"the line of {chapters.days[key]} {where}")
    corridors = results.project.corridors
    mark = f" ({SCHEMATIC_MARK})" if corridors is not None and corridors.schematic else ""
    yield f"Roads and other corridors cross {join_phrases(parts)}{mark}."


def _describe_statements(chapters: Chapters) -> Iterator[str]:
    """Say how the statements of reports fared."""
    total, counts = count_verdicts(chapters)
    if total:
        parts = [f"{write_whole(count)} {verdict}" for verdict, count in counts]
        were = "statement of reports was" if total == 1 else "statements of reports were"
        yield f"{write_whole(total)} {were} put to the test: {join_phrases(parts)}."


def _list_limits(chapters: Chapters) -> Iterator[tuple[str, str]]:
    """Give the three limits that weigh most, each with a head and what it means here."""
    errors = [
        f"{write_accuracy(_find_error(chapters, line.key))} for the line of "
        f"{chapters.dates[line.key]}"
        for line in chapters.lines
    ]
    yield "The lines", f"{LIMIT_LINES} Here: {join_phrases(errors)}."
    yield "The people", LIMIT_PEOPLE
    warning = write_sight_warning(chapters.results.sight)
    yield ("The view", warning) if warning else ("The causes", LIMIT_CAUSES)


def _find_error(chapters: Chapters, key: str) -> Any:
    table = chapters.results.lines
    return table.loc[table["line"] == key, "error_m"].iloc[0]
