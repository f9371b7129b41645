"""Lines of many dates in one entry of the project file: a folder of files, or a date column."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from frontline.errors import KEY_PATTERN, show_value, to_one_line

Problem = tuple[str, str]
"""Dotted key, and what is wrong with it."""

_TOKENS = {"YYYY": r"(?P<year>[12]\d{3})", "MM": r"(?P<month>\d{2})", "DD": r"(?P<day>\d{2})"}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
ALTERNATIVES_OF_MANY = (
    "has alternatives, and stands for lines of many dates (expected one date: nothing says which "
    "of them another source draws). Give the date in question [[lines]] of its own."
)
_OF_SERIES = ("files", "each", "newest", "per")


def make_key_of_date(prefix: str, *, date: dt.date) -> str:
    """Make the key of one line of many: ``line_20240808``."""
    return f"{prefix}_{date:%Y%m%d}"


def label_of_date(label: str, *, date: dt.date) -> str:
    """Make the label of one line of many: ``8 August 2024``, after a label of the entry's own."""
    day = f"{date.day} {_MONTHS[date.month - 1]} {date.year}"
    return f"{label}, {day}" if label.strip() else day


def is_key_of_series(key: str, *, prefixes: Iterable[str]) -> bool:
    """Tell whether a key may be that of a line of many dates."""
    return any(re.fullmatch(rf"{re.escape(prefix)}_\d{{8}}", key) for prefix in prefixes)


def thin_dates(dates: Iterable[dt.date], *, newest: int | None, per: str | None) -> list[dt.date]:
    """Keep the dates that are wanted.

    Parameters
    ----------
    dates
        In any order.
    newest
        How many of the newest; all if None.
    per
        ``month`` or ``year``: only the last of each.

    Returns
    -------
    list
        In order of time. ``per`` is applied first: the newest 12 of one per month are a year.
    """
    ordered = sorted(set(dates))
    if per is not None:
        last = {(day.year, day.month if per == "month" else 0): day for day in ordered}
        ordered = list(last.values())
    return ordered if newest is None else ordered[-newest:]


def expand_dated_files(
    raw: Mapping[str, Any], *, folder: Path
) -> tuple[dict[str, Any], list[Problem]]:
    """Replace each ``[[lines]]`` that has ``files`` by one entry a file.

    Parameters
    ----------
    raw
        What the project file says.
    folder
        Where it lies.

    Returns
    -------
    raw, problems
        Values of the wrong type are passed over: the model reports them.
    """
    entries = raw.get("lines")
    if not isinstance(entries, list):
        return dict(raw), []
    lines: list[Any] = []
    problems: list[Problem] = []
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, Mapping):
            lines.append(entry)
            continue
        name = entry.get("key")
        place = f"lines.{name if isinstance(name, str) and name else number}"
        wrong = _find_misused_keys(entry, place)
        problems += wrong
        if wrong or not isinstance(entry.get("files"), str):
            lines.append(entry)
            continue
        dated, wrong = _list_entries_of_files(entry, place, folder)
        problems += wrong
        lines += dated
    return dict(raw) | {"lines": lines}, problems


def _find_misused_keys(entry: Mapping[str, Any], place: str) -> list[Problem]:
    """Find keys of many dates that contradict each other or what a single line has."""
    problems = []
    if "files" in entry and "each" in entry:
        problems.append((place, "has both files and each (expected one). Keep one of them."))
    many = "files" in entry or "each" in entry
    for key in ("newest", "per"):
        if key in entry and not many:
            text = "chooses among dates, and this line has one. Add each or files, or remove it."
            problems.append((f"{place}.{key}", text))
    if many and "date" in entry:
        source = "its files" if "files" in entry else "its column"
        problems.append((f"{place}.date", f"comes from {source} here. Remove it."))
    if "files" in entry and "alternatives" in entry:
        problems.append((place, ALTERNATIVES_OF_MANY))
    if "files" in entry and "path" in entry:
        problems.append((place, "has both files and path (expected one). Keep one of them."))
    return problems


def _list_entries_of_files(
    entry: Mapping[str, Any], place: str, folder: Path
) -> tuple[list[dict[str, Any]], list[Problem]]:
    text = entry["files"]
    head, _, pattern = text.replace("\\", "/").rpartition("/")
    fault = ""
    if "*" in head or any(pattern.count(token) != 1 for token in _TOKENS):
        fault = (
            f"{show_value(text)} is no pattern of dated files (expected YYYY, MM and DD once "
            "each in "
            "the file's name, such as maps/control_YYYYMMDD.geojson). Correct it."
        )
    elif re.match(r"[A-Za-z][A-Za-z0-9+.-]+://|.*/vsi", text):
        fault = f"{show_value(text)} is not a folder of this computer. Download the files."
    elif not (folder / head).is_dir():
        fault = f"there is no folder {show_value(head or '.')}. Correct it."
    if fault:
        return [], [(f"{place}.files", fault)]
    files, wrong = _sort_files_by_date(folder / head, pattern)
    if wrong or not files:
        nothing = f"no file of the folder fits {show_value(text)}. Correct the pattern."
        return [], [(f"{place}.files", fault) for fault in (wrong or [nothing])]
    newest, per = entry.get("newest"), entry.get("per")
    dates = thin_dates(
        files,
        newest=newest if isinstance(newest, int) and newest > 0 else None,
        per=per if per in {"month", "year"} else None,
    )
    prefix, label = entry.get("key", "line"), entry.get("label", "")
    if not isinstance(prefix, str) or not re.fullmatch(KEY_PATTERN, f"{prefix}_20000101"):
        fault = (
            f"{show_value(prefix)} does not fit (expected small letters, digits and _, at most 32)."
        )
        return [], [(f"{place}.key", f"{fault} Rename it.")]
    shared = {key: value for key, value in entry.items() if key not in _OF_SERIES}
    entries = [
        shared
        | {
            "path": f"{head}/{files[date]}" if head else files[date],
            "key": make_key_of_date(prefix, date=date),
            "label": label_of_date(label if isinstance(label, str) else "", date=date),
            "date": date,
        }
        for date in dates
    ]
    return entries, []


def _sort_files_by_date(folder: Path, pattern: str) -> tuple[dict[dt.date, str], list[str]]:
    """Find the files that fit, by date; and what is wrong with their dates."""
    parts = re.split(r"(YYYY|MM|DD|\*)", pattern)
    text = "".join(".*" if part == "*" else _TOKENS.get(part, re.escape(part)) for part in parts)
    files: dict[dt.date, str] = {}
    wrong = []
    for name in sorted(path.name for path in folder.iterdir() if path.is_file()):
        fits = re.fullmatch(text, name)
        if fits is None:
            continue
        try:
            date = dt.date(int(fits["year"]), int(fits["month"]), int(fits["day"]))
        except ValueError:
            wrong.append(f"'{to_one_line(name)}' names no day. Rename or remove the file.")
            continue
        if date in files:
            names = f"'{to_one_line(files[date])}' and '{to_one_line(name)}'"
            wrong.append(f"{names} are of one date. Make the pattern narrower, or remove one.")
        files[date] = name
    return files, wrong
