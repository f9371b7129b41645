"""The report's chapter on further cuts across the data: parts of the land, scenarios, links."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from frontline.export.report.shared import NOTHING, Chapters, SideMark
from frontline.results.numbers import RANGE, RoundedFigure, round_figure, round_row, write_rounded
from frontline.results.registry import TABLES
from frontline.results.tables import make_tables
from frontline.results.wording import fill_text, replace_keys, write_far, write_percent

SHOWN: Mapping[str, Mapping[str, str]] = {
    "lines_between": {
        "from_line": "From the line of",
        "to_line": "To the line of",
        "mean": "Mean distance, m",
        "median_m": "Half of it within, m",
        "p90_m": "Nine tenths within, m",
        "max_m": "Farthest, m",
    },
    "partitions": {
        "name": "Name",
        "line": "Line",
        "side": "Side",
        "area": "Land, km²",
        "share": "Share of the part",
        "population": "Residents listed",
        "registered": "Registered people",
    },
    "steps": {
        "from_line": "From the line of",
        "to_line": "To the line of",
        "from_side": "Held before by",
        "to_side": "Held after by",
        "area": "Land, km²",
        "population": "Residents listed",
        "settlements": "Settlements",
    },
    "scenarios": {
        "label": "Name",
        "from_side": "Held before by",
        "to_side": "Would be held by",
        "area": "Land, km²",
        "population": "Residents listed",
        "registered": "Registered people",
        "settlements": "Settlements",
    },
    "line_scales": {
        "line": "Line",
        "generalise_m": "Bends left out, m",
        "length_km": "Length, km",
    },
    "line_ground": {
        "line": "Line",
        "measure": "Measure",
        "mean": "Mean",
        "median": "Half at most",
        "p90": "Nine tenths at most",
        "threshold": "Threshold",
        "share_above": "Share of the line above it",
    },
    "line_certainty": {
        "line": "Line",
        "error_m": "Known to, m",
        "length_km": "Length, km",
        "area": "Land left open, km²",
        "settlements": "Settlements",
    },
    "nearness": {
        "name": "Name",
        "line": "Line",
        "side": "Side",
        "settlements": "Settlements",
        "nearest_m": "Nearest",
        "median_m": "Half within",
        "visible": "In sight",
    },
    "flows": {
        "what": "What",
        "origin": "From",
        "destination": "To",
        "amount": "Stated",
        "unit": "Unit",
        "date": "Date",
        "source": "Source",
    },
    "flows_balance": {
        "what": "What",
        "amount": "Stated",
        "parts": "Sum of its parts",
        "unit": "Unit",
        "balance": "Do they fit",
        "source": "Source",
    },
    "links": {
        "place_name": "Settlement",
        "name": "Name",
        "kind": "Kind",
        "line": "Line",
        "sides": "Same side or not",
        "distance_m": "Distance",
        "reach": "Reachable",
        "source": "Source",
    },
    "events": {
        "name": "Name",
        "date": "Date",
        "claimed_by": "Claimed by",
        "line": "Line",
        "side": "Side",
        "distance_m": "Distance",
        "disputed": "Disputed",
        "source": "Source",
    },
}
"""Which columns of a table are shown, and their heads; a stem without unit has an interval."""

PEOPLE = frozenset(("population", "registered"))
"""Where nothing is known of these, the table says so: a dash would look like nobody."""

MEASURES: Mapping[str, str] = {
    "elevation_m": "Elevation, m",
    "slope_deg": "Slope, degrees",
    "relief_m": "Relief within 5 km, m",
}
DISTANCES = frozenset(("distance_m", "nearest_m"))
MOST_ROWS = 40
"""Tables with more rows stand in the workbook only."""
LINES = frozenset(("line", "from_line", "to_line"))
SIDES = frozenset(("side", "from_side", "to_side"))
SECTIONS = "sections"

Cell = str | SideMark | RoundedFigure
Row = Mapping[str, Any]


def describe_further_tables(chapters: Chapters) -> Mapping[str, Any] | None:
    """Give the further tables of a run, each with the columns that a reader asks for first."""
    every = make_tables(chapters.results)
    parts = []
    for name in (SECTIONS, *SHOWN):
        if name not in every:
            continue
        rows = _choose_columns(chapters, name, every[name])
        if not rows:
            continue
        described = (
            _make_sections(chapters, rows)
            if name == SECTIONS
            else _make_table(chapters, name, rows)
        )
        title, about = TABLES[name].title, TABLES[name].sentence
        long = len(described["rows"]) > MOST_ROWS
        listed = {**described, "rows": []} if long else described
        parts.append(
            {"name": name, "title": title, "about": about, "count": len(rows), "long": long}
            | listed
        )
    return {"tables": parts} if parts else None


def _make_table(chapters: Chapters, name: str, rows: Sequence[Row]) -> dict[str, Any]:
    """Give heads and cells of a table."""
    heads = {
        stem: head
        for stem, head in SHOWN[name].items()
        if _find_central(rows[0], stem) or f"{stem}_low" in rows[0]
    }
    cells = [[_make_cell(chapters, name, row, stem) for stem in heads] for row in rows]
    return {"heads": list(heads.values()), "groups": [], "rows": cells}


def _make_sections(chapters: Chapters, rows: Sequence[Row]) -> dict[str, Any]:
    """Give a row for each section and side, with residents and roads by distance as columns."""
    distances = sorted({float(row["distance_m"]) for row in rows})
    groups = [
        (head, column)
        for head, column in (("Residents listed", "population"), ("Roads, km", "road_km"))
        if column in rows[0]
    ]
    by_place: dict[tuple[Any, ...], dict[float, Row]] = {}
    for row in rows:
        place = (fill_text(row["label"]), row["line"], row["side"])
        by_place.setdefault(place, {})[float(row["distance_m"])] = row
    cells: list[list[Cell]] = []
    for (label, line, side), by_measure in by_place.items():
        first = next(iter(by_measure.values()))
        row_of_cells: list[Cell] = [label, _name_line(chapters, line), chapters.mark(side)]
        row_of_cells.append(round_row(first, column="length_km"))
        row_of_cells += [
            _round_known(by_measure.get(at), column) for _, column in groups for at in distances
        ]
        cells.append(row_of_cells)
    heads = ["Section", "Line", "Side", "Length, km"]
    heads += [write_far(at) for _ in groups for at in distances]
    spans = [("", 4), *((f"{head} within", len(distances)) for head, _ in groups)]
    return {"heads": heads, "groups": spans, "rows": cells}


def _round_known(row: Row | None, column: str) -> Cell:
    """Return a figure of a row, or a dash where there is none; of people, that it is unknown."""
    if row is None or pd.isna(row[column]):
        return "unknown" if row is not None and column in PEOPLE else NOTHING
    return round_row(row, column=column)


def _choose_columns(chapters: Chapters, name: str, table: pd.DataFrame) -> list[Row]:
    """Leave out what other chapters show: single districts, and the only step there is."""
    if name == "partitions":
        table = table[(table["partition"] != "districts") & (table["part"].map(fill_text) != "")]
    if name == "nearness":
        table = table[table["partition"].map(fill_text) != ""]
    if name == "steps" and len(chapters.lines) < 3:
        return []
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _find_central(row: Row, stem: str) -> str:
    """Return the column that holds the figure of a stem, such as ``area_km2`` of ``area``."""
    named = (stem, f"{stem}_km2", f"{stem}_m", f"{stem}_km")
    return next((column for column in named if column in row), "")


def _make_cell(chapters: Chapters, name: str, row: Row, stem: str) -> Cell:
    """Return what stands in a cell: text, a side, or a figure with its interval."""
    column = _find_central(row, stem)
    value = row.get(column) if column else None
    if stem in LINES:
        return _name_line(chapters, fill_text(value))
    if stem in SIDES:
        return chapters.mark(fill_text(value))
    if name in {"flows", "flows_balance"} and stem in {"amount", "parts"}:
        return _write_stated_range(row.get(f"{stem}_low"), row.get(f"{stem}_high"))
    if isinstance(value, str):
        return MEASURES.get(value) or replace_keys(
            value, project=chapters.results.project, people=chapters.results.people
        )
    if value is None or pd.isna(value):
        return "unknown" if stem in PEOPLE else NOTHING
    return _write_number(chapters, name, row, stem)


def _write_number(chapters: Chapters, name: str, row: Row, stem: str) -> Cell:
    """Return a known number: a share, a distance, or a figure with its interval."""
    value = row[_find_central(row, stem)]
    if stem in {"share", "share_above"}:
        return write_percent(float(value))
    if stem in DISTANCES or (name, stem) == ("nearness", "median_m"):
        return _write_distance_cell(chapters, name, row, float(value))
    low, high = (row.get(f"{stem}_{end}") for end in ("low", "high"))
    ends = [math.nan if end is None or pd.isna(end) else float(end) for end in (low, high)]
    return round_figure(float(value), *ends)


def _name_line(chapters: Chapters, key: str) -> str:
    return chapters.days.get(key, key) or NOTHING


def _write_distance_cell(chapters: Chapters, name: str, row: Row, distance_m: float) -> str:
    """Write a distance of a place: as the line's error lets it, or rounded where there is none."""
    key = fill_text(row.get("line"))
    if name == "links" or not math.isfinite(chapters.error_m(key)):
        return f"{write_rounded(distance_m / 1000)} km"
    distance = chapters.kilometres(key, distance_m)
    return f"{distance} km" if distance[:1].isdigit() else distance


def _write_stated_range(low: Any, high: Any) -> str:
    """Write what a source states, with all its digits: a number, a range, or an open end."""
    if low is None or high is None or pd.isna(low) or pd.isna(high):
        return NOTHING
    if math.isinf(high):
        return f"at least {low:,.10g}"
    if low == high:
        return f"{low:,.10g}"
    return RANGE.format(low=f"{low:,.10g}", high=f"{high:,.10g}")
