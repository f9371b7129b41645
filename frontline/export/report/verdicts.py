"""The report's pages on statements: which verdict, what is stated, what the data give, and why."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from frontline.export.report.shared import Chapters
from frontline.results.numbers import RoundedFigure, round_figure
from frontline.results.wording import fill_text, replace_keys, write_day

AGAINST = " Against it stands "
"""What the ledger puts before the statements that contradict one; the report shows links."""

FIGURES = "Computed: "
"""How the ledger begins to tell figures, which the report shows in a line of their own."""

VERDICTS: Mapping[str, str] = {
    "supported": "the data can tell, and the figure agrees with the statement",
    "contradicted": "the data can tell, and the figure does not agree",
    "indicative only": "a figure was computed, but the data are too coarse to decide",
    "not testable": "the data needed are not in this project",
    "undefined": "the statement leaves open what it measures",
    "below accuracy": "what is stated is smaller than the error of the data",
    "excluded": "left out by design",
}
"""The verdicts in the order of the report, and what each means."""

DECIDED = frozenset(("supported", "contradicted"))
Row = Mapping[Any, Any]


def describe_claims(chapters: Chapters) -> Mapping[str, Any] | None:
    """Give the whole ledger: verdicts counted, statements against each other, every statement."""
    table = chapters.results.claims
    if table is None or table.empty:
        return None
    rows = table.to_dict("records")
    return {
        "summary": list(_summarise(rows)),
        "pairs": _pair_statements(chapters, rows),
        "reports": [
            (title, [_describe_statement(chapters, row) for row in group])
            for title, group in itertools.groupby(rows, key=_name_report)
        ],
    }


def count_verdicts(chapters: Chapters) -> tuple[int, list[tuple[str, int]]]:
    """Return how many statements there are, and how many have each verdict."""
    if chapters.results.claims is None:
        return 0, []
    verdicts = chapters.results.claims["verdict"].map(fill_text)
    counts = [(word, int((verdicts == word).sum())) for word in VERDICTS]
    return len(verdicts), [(word, count) for word, count in counts if count]


def _summarise(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Give each verdict with what it means and the statements that have it."""
    summary = []
    for verdict, meaning in VERDICTS.items():
        ids = [fill_text(row["id"]) for row in rows if fill_text(row["verdict"]) == verdict]
        if ids:
            links = [(key, _make_anchor(key)) for key in ids]
            summary.append({"verdict": verdict, "meaning": meaning, "links": links})
    return summary


def _make_anchor(key: str) -> str:
    """Return the name of a place in the page, of any text."""
    return "claim-" + "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in key)


def _pair_statements(chapters: Chapters, rows: Sequence[Row]) -> list[list[dict[str, Any]]]:
    """Set statements that contradict each other side by side."""
    by_id = {fill_text(row["id"]): row for row in rows}
    pairs: list[tuple[str, str]] = []
    for key, row in by_id.items():
        for other in fill_text(row.get("contradicts")).split(";"):
            if other in by_id and (other, key) not in pairs:
                pairs.append((key, other))
    return [[_describe_statement(chapters, by_id[key]) for key in pair] for pair in pairs]


def _name_report(row: Row) -> str:
    """Name the publication of a statement, with its date."""
    title = fill_text(row["source"])
    section = fill_text(row.get("section"))
    title = title.removesuffix(f", {section}") if section else title
    date = fill_text(row.get("date"))
    return f"{title} ({write_day(dt.date.fromisoformat(date[:10]))})" if date else title


def _describe_statement(chapters: Chapters, row: Row) -> dict[str, Any]:
    """Give a statement: its verdict, what the report says, what the data give, why so or but."""
    key, verdict = fill_text(row["id"]), fill_text(row["verdict"])
    against = [other for other in fill_text(row.get("contradicts")).split(";") if other]
    section = fill_text(row.get("section"))
    return {
        "id": key,
        "anchor": _make_anchor(key),
        "verdict": verdict,
        "source": fill_text(row["source"]),
        "section": f"Section {section}" if section else "",
        "statement": fill_text(row["statement"]),
        "stated": replace_keys(
            fill_text(row["stated"]),
            project=chapters.results.project,
            people=chapters.results.people,
        ),
        "computed": _round_computed(row),
        "unit": _write_unit(row),
        "cause": fill_text(row.get("contains")),
        "reason_head": "Why" if verdict in DECIDED else "But",
        "reason": replace_keys(
            _write_reason(row), project=chapters.results.project, people=chapters.results.people
        ),
        "against": [(other, _make_anchor(other)) for other in against],
    }


def _write_reason(row: Row) -> str:
    """Return why, without the figures and the statements that the report shows beside it."""
    why = fill_text(row["why"]).split(AGAINST)[0]
    start, stated = why.find(FIGURES), f"Stated: {fill_text(row['stated'])}."
    end = why.find(stated, max(start, 0))
    if start < 0 or end < 0 or pd.isna(row["computed"]):
        return why
    return f"{why[:start].strip()} {why[end + len(stated) :].strip()}".strip()


def _round_computed(row: Row) -> RoundedFigure | None:
    if pd.isna(row["computed"]):
        return None
    return round_figure(*(float(row[name]) for name in ("computed", "low", "high")))


def _write_unit(row: Row) -> str:
    """Return the unit as it is printed; one of many things is one thing."""
    unit = fill_text(row["unit"]).replace("km2", "km²")
    return unit.removesuffix("s") if row["computed"] == 1 else unit
