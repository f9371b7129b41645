"""The report's chapter on further cuts across the data: parts of the land, scenarios, links."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from frontline.export.html import NOTHING, Html, data, figure, joined, paragraph, row, table, text
from frontline.export.report.findings import error_of, kilometres, swatch
from frontline.results.phrases import REPORT
from frontline.results.registry import TABLES
from frontline.results.tables import tables
from frontline.results.wording import days, far, filled, number, percent, without_keys

if TYPE_CHECKING:
    from frontline.results.model import Results


SHOWN: Mapping[str, tuple[str, ...]] = {
    "lines_between": ("from_line", "to_line", "mean", "median_m", "p90_m", "max_m"),
    "partitions": ("name", "line", "side", "area", "share", "population", "registered"),
    "sections": ("label", "line", "side", "distance_m", "length_km", "population", "road_km"),
    "steps": ("from_line", "to_line", "from_side", "to_side", "area", "population", "settlements"),
    "scenarios": (
        "label",
        "from_side",
        "to_side",
        "area",
        "population",
        "registered",
        "settlements",
    ),
    "line_scales": ("line", "generalise_m", "length_km"),
    "line_ground": ("line", "measure", "mean", "median", "p90", "threshold", "share_above"),
    "line_certainty": ("line", "error_m", "length_km", "area", "settlements"),
    "nearness": ("name", "line", "side", "settlements", "nearest_m", "median_m", "visible"),
    "flows": ("what", "origin", "destination", "amount", "unit", "date", "source"),
    "flows_balance": ("what", "amount", "parts", "unit", "balance", "source"),
    "links": ("place_name", "name", "kind", "line", "sides", "distance_m", "reach", "source"),
    "events": ("name", "date", "claimed_by", "line", "side", "distance_m", "disputed", "source"),
}
"""Which columns of a table are shown; a name without unit stands for a figure and its interval."""
FAR = frozenset((("nearness", "nearest_m"), ("nearness", "median_m")))
"""Distances from a line, beside every ``distance_m``."""
MOST_ROWS = 40
LINES = frozenset(("line", "from_line", "to_line"))
SIDES = frozenset(("side", "from_side", "to_side"))


def further(results: Results) -> Html:
    """Show the further tables of a run, each with the columns that a reader asks for first."""
    every = tables(results)
    shown = [_shown(results, name, every[name]) for name in SHOWN if name in every]
    return Html(paragraph(REPORT["further_text"]) + joined(shown)) if any(shown) else NOTHING


def _shown(results: Results, name: str, frame: pd.DataFrame) -> Html:
    rows = _chosen(results, name, frame)
    if not rows:
        return NOTHING
    stems = [one for one in SHOWN[name] if _central(rows[0], one) or f"{one}_low" in rows[0]]
    made = []
    for found in rows[:MOST_ROWS]:
        first, *rest = (_cell(results, name, found, stem) for stem in stems)
        made.append(row(first, *rest))
    title, about = TABLES[name].title, TABLES[name].sentence
    heads = [
        text(REPORT.get(f"column_{name}_{stem}") or REPORT[f"column_{stem}"]) for stem in stems
    ]
    more = REPORT["further_more"].format(count=len(rows) - MOST_ROWS, table=name)
    after = paragraph(more, class_="note") if len(rows) > MOST_ROWS else NOTHING
    return Html(table(text(title), heads, made) + paragraph(about, class_="note") + after)


def _chosen(results: Results, name: str, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Leave out what other chapters show: single districts, and the only step there is."""
    if name == "partitions":
        frame = frame[(frame["partition"] != "districts") & (frame["part"].map(filled) != "")]
    if name == "nearness":
        frame = frame[frame["partition"].map(filled) != ""]
    if name == "steps" and len(results.lines) < 3:
        return []
    return [{str(key): value for key, value in one.items()} for one in frame.to_dict("records")]


def _central(found: Mapping[str, Any], stem: str) -> str:
    """Return the column that holds the figure of a stem, such as ``area_km2`` of ``area``."""
    named = (stem, f"{stem}_km2", f"{stem}_m", f"{stem}_km")
    return next((one for one in named if one in found), "")


def _cell(results: Results, name: str, found: Mapping[str, Any], stem: str) -> Html:
    low, high = found.get(f"{stem}_low"), found.get(f"{stem}_high")
    column = _central(found, stem)
    value = found.get(column) if column else None
    if stem in LINES or stem in SIDES:
        return _named(results, stem, filled(value))
    if name in {"flows", "flows_balance"} and stem in {"amount", "parts"}:
        return text(_range(low, high))
    if value is None or pd.isna(value):
        return text(REPORT["nothing"])
    if isinstance(value, str):
        return data(REPORT.get(f"measure_{value}") or without_keys(value, results))
    share = stem in {"share", "share_above"}
    if share or (name, stem) in FAR or stem == "distance_m":
        far_ = percent if share else partial(_distance, results, name, found)
        return text(far_(float(value)))
    ends = [math.nan if one is None or pd.isna(one) else float(one) for one in (low, high)]
    return figure(float(value), ends[0], ends[1])


def _named(results: Results, stem: str, key: str) -> Html:
    if stem in SIDES:
        return Html(swatch(results, key) + data(key or REPORT["nobody"]))
    return data(days(results.project).get(key, key) or REPORT["nothing"])


def _distance(results: Results, name: str, found: Mapping[str, Any], distance_m: float) -> str:
    """Write a distance: of a zone as it was chosen, of a place as the line's error lets it."""
    if name == "sections":
        return far(distance_m)
    key = filled(found.get("line"))
    if name == "links" or not math.isfinite(error_of(results, key)):
        return f"{number(distance_m / 1000)} km"
    shown = kilometres(results, key, distance_m)
    if name == "nearness":
        return shown
    return f"{shown} km" if shown[:1].isdigit() else shown


def _range(low: Any, high: Any) -> str:
    """Write what a source states: a number, a range, or an end that is open."""
    if low is None or high is None or pd.isna(low) or pd.isna(high):
        return REPORT["nothing"]
    if math.isinf(high):
        return REPORT["at_least"].format(number=f"{low:,.10g}")
    if low == high:
        return f"{low:,.10g}"
    return REPORT["interval"].format(low=f"{low:,.10g}", high=f"{high:,.10g}")
