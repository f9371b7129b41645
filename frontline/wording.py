"""How the report calls things: lines by their dates, sources in words, places by both names."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from frontline.draws import rounded
from frontline.phrases import REPORT, day
from frontline.words import source_label

if TYPE_CHECKING:
    from frontline.project import Line, Project
    from frontline.results import Results


def lines_by_date(project: Project) -> list[Line]:
    """Return the lines, the oldest first."""
    return sorted(project.lines, key=lambda line: line.date)


def dates(project: Project) -> dict[str, str]:
    """Return for each line the date that tells it apart, by its key: a year where that does.

    Lines of one date are told apart by their labels.
    """
    lines = lines_by_date(project)
    years = {line.key: str(line.date.year) for line in lines}
    for written in (years, days(project)):
        if len(set(written.values())) == len(lines):
            return written
    return {line.key: line.label for line in lines}


def days(project: Project) -> dict[str, str]:
    """Return the date of each line in full, by its key."""
    return {line.key: day(line.date) for line in lines_by_date(project)}


def listing(parts: Iterable[str]) -> str:
    """Join parts as a sentence does: a, b and c."""
    *first, last = list(parts) or [""]
    return REPORT["and"].format(first=", ".join(first), last=last) if first else last


def far(distance_m: float) -> str:
    """Write a distance that a reader chose: 5 km, 500 m."""
    return f"{distance_m:,.0f} m" if distance_m < 1000 else f"{distance_m / 1000:g} km"


def number(value: float, low: float = math.nan, high: float = math.nan) -> str:
    """Write a figure as its interval supports, but never nothing for something."""
    shown = rounded(value, low, high)
    nothing = math.isfinite(value) and value != 0 and not any(c in "123456789" for c in shown)
    return rounded(float(f"{value:.1g}")) if nothing else shown


def percent(share: float) -> str:
    """Write a share of 1 in per cent; what is not quite nothing or all does not look like it."""
    if 0 < share < 0.01:
        return "less than 1 %"
    return "more than 99 %" if 0.99 < share < 1 else f"{share * 100:.0f} %"


def filled(value: Any) -> str:
    """Return text, and nothing where it is unknown."""
    return "" if pd.isna(value) else str(value).strip()


def place_name(row: Mapping[Any, Any], project: Project) -> str:
    """Write both names of a place, in the order that the project chose."""
    first, second = filled(row.get("name")), filled(row.get("name_alt"))
    if project.map.names == "name_alt" and second:
        first, second = second, first
    return f"{first} ({second})" if second and second != first else first


def source_row(source: str, project: Project) -> str:
    """Name a source of people at the head of a row; a stated figure by who states it."""
    kind, _, key = source.partition(":")
    if kind == "stated":
        said = [one.source for one in project.stated if one.id == key]
        return REPORT["stated_by"].format(source=said[0]) if said else source_label(source)
    dated = [one.date.year for one in project.population if one.key == key and one.date]
    if kind.endswith("raster") and dated and str(dated[0]) not in key:
        return f"{source_label(source)}, {dated[0]}"
    return source_label(source)


def source_phrase(source: str) -> str:
    """Name a source of people inside a sentence."""
    if f"source_{source}" in REPORT:
        return REPORT[f"source_{source}"]
    kind, _, key = source.partition(":")
    known = REPORT.get(f"source_{kind}")
    return known.format(key=key) if known else source_label(source)


def without_keys(words: str, results: Results) -> str:
    """Replace keys of lines, partitions and sources by what people call them; write dates out.

    A key that is a plain word, such as ``old``, is replaced only in quotation marks.
    """
    named = {str(source) for source in results.people["source"]}
    names = labels_of(results.project)
    names |= {one: _inside(source_label(one)) for one in named if ":" in one}
    return re.sub(r"\bkm2\b", "km²", with_labels(words, names))


def labels_of(project: Project) -> dict[str, str]:
    """Return what people call the lines, partitions, scenarios and sections, by key."""
    names = {line.key: line.label for line in project.lines}
    names |= {part.key: part.label for part in project.partitions}
    names |= {one.key: one.label for one in project.scenarios}
    return names | {one.key: one.label for one in project.sections if one.label}


def with_labels(words: str, names: Mapping[str, str]) -> str:
    """Replace keys by names and write dates out; see `without_keys`."""
    for key in sorted(names, key=len, reverse=True):
        quoted = re.escape(key)
        bare = "" if key.isalpha() else rf"|(?<![\w:]){quoted}(?![\w:])"
        words = re.sub(rf"'{quoted}'{bare}", _exactly(names[key]), words)
    return re.sub(r"\b\d{4}-\d\d-\d\d\b", _day_of, words)


def _inside(label: str) -> str:
    """Write a label as it stands inside a sentence."""
    return label[:1].lower() + label[1:]


def _day_of(found: re.Match[str]) -> str:
    try:
        return day(dt.date.fromisoformat(found[0]))
    except ValueError:
        return found[0]


def _exactly(words: str) -> Callable[[re.Match[str]], str]:
    """Return what puts words into a text as they are: a backslash means nothing there."""
    return lambda _: words
