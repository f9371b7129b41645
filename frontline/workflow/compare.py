"""Two runs against each other: which figures differ, and what may have made them differ."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frontline.errors import OutputError, to_one_line
from frontline.export.publish import read_manifest, verify
from frontline.results.numbers import round_figure, round_row
from frontline.results.registry import TABLES
from frontline.schema import Column

ROUNDING = 1e-9
"""Relative difference below which two numbers are taken for the same."""
EXAMPLES = 5
"""How many rows of a table the text shows; the JSON holds all."""
MISSING = "(absent)"
Row = dict[str, str]


@dataclass(frozen=True)
class RunReason:
    """Something that two runs were made of and that differs.

    Parameters
    ----------
    kind
        ``input``, ``parameter``, ``version`` or ``request``.
    name
        Path of the file, dotted key of the project, name of the library.
    before, after
        Its hash, value or version; ``(absent)`` where there is none.
    """

    kind: str
    name: str
    before: str
    after: str


@dataclass(frozen=True)
class CellDifference:
    """A figure that differs: where it stands, and what stands there in each run.

    ``before_text`` and ``after_text`` hold it as the report prints it, rounded by its interval.
    """

    row: Mapping[str, str]
    column: str
    before: str
    after: str
    before_text: str = ""
    after_text: str = ""


@dataclass(frozen=True)
class TableDifference:
    """What differs in a table.

    Parameters
    ----------
    name
        Without ``.csv``.
    rows
        How many rows the two runs share.
    cells
        Figures that differ, in the order of the first run.
    only_before, only_after
        Keys of rows that one run has and the other has not.
    columns_before, columns_after
        Columns likewise.
    """

    name: str
    rows: int
    cells: tuple[CellDifference, ...]
    only_before: tuple[Mapping[str, str], ...]
    only_after: tuple[Mapping[str, str], ...]
    columns_before: tuple[str, ...]
    columns_after: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not (
            self.cells
            or self.only_before
            or self.only_after
            or self.columns_before
            or self.columns_after
        )


@dataclass(frozen=True)
class Comparison:
    """Two runs: what they were made of, what their tables say, what is wrong with a folder."""

    before: str
    after: str
    reasons: tuple[RunReason, ...]
    tables: tuple[TableDifference, ...]
    problems: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every figure is the same."""
        return all(table.same for table in self.tables)


def compare(before: Path, *, after: Path) -> Comparison:
    """Compare the tables of two finished runs, and what the runs were made of.

    Parameters
    ----------
    before, after
        Folders of results.

    Returns
    -------
    Comparison
        Numbers that differ by less than 1e-9 of their size are the same.

    Raises
    ------
    OutputError
        A folder holds no manifest of ours, or a table cannot be read.
    """
    manifests = []
    for folder in (before, after):
        found = read_manifest(folder)
        if found is None:
            raise OutputError(
                "holds no manifest of a finished run (expected a folder of results). Name one.",
                path=folder,
            )
        manifests.append(found)
    names = [_tables_of(folder) for folder in (before, after)]
    listed = dict.fromkeys([*names[0], *names[1]])
    return Comparison(
        before=str(before),
        after=str(after),
        reasons=_reasons(*manifests),
        tables=tuple(_compare_tables(name, before, after) for name in listed),
        problems=tuple(
            f"{to_one_line(str(folder))}: {problem}"
            for folder in (before, after)
            for problem in verify(folder)
        ),
    )


def _tables_of(folder: Path) -> list[str]:
    return sorted(path.stem for path in (folder / "tables").glob("*.csv"))


def _reasons(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[RunReason, ...]:
    """List what differs between two manifests, what was asked before what it ran on."""
    parts = (
        ("request", _plain(before, ("command", "public")), _plain(after, ("command", "public"))),
        ("input", _flat(before.get("inputs")), _flat(after.get("inputs"))),
        ("parameter", _flat(before.get("parameters")), _flat(after.get("parameters"))),
        ("version", _flat(before.get("versions")), _flat(after.get("versions"))),
    )
    return tuple(
        RunReason(kind, name, old.get(name, MISSING), new.get(name, MISSING))
        for kind, old, new in parts
        for name in dict.fromkeys([*old, *new])
        if old.get(name, MISSING) != new.get(name, MISSING)
    )


def _plain(manifest: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    return {name: _shown(manifest[name]) for name in names if name in manifest}


def _flat(value: Any, name: str = "") -> dict[str, str]:
    """Give nested values by dotted names: entries of a list by their key, name or id."""
    if isinstance(value, dict) and value:
        dot = "." if name else ""
        return _joined(_flat(one, f"{name}{dot}{key}") for key, one in value.items())
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        named = [_name_of(one, number) for number, one in enumerate(value)]
        return _joined(_flat(one, f"{name}[{key}]") for key, one in zip(named, value, strict=True))
    return {name: _shown(value)} if name else {}


def _joined(parts: Any) -> dict[str, str]:
    return {name: value for part in parts for name, value in part.items()}


def _name_of(entry: Any, number: int) -> str:
    found = entry if isinstance(entry, dict) else {}
    return str(next((found[key] for key in ("key", "name", "id") if key in found), number))


def _shown(value: Any) -> str:
    if value is None:
        return "unset"
    if isinstance(value, list):
        return "[" + ", ".join(_shown(one) for one in value) + "]"
    return f"{value:g}" if isinstance(value, float) else str(value).strip()


def _compare_tables(name: str, before: Path, after: Path) -> TableDifference:
    (columns, old), (new_columns, new) = (_read(folder, name) for folder in (before, after))
    wanted = TABLES[name].key if name in TABLES else ()
    keys = tuple(key for key in wanted if key in columns and key in new_columns)
    keys = keys or _naming([*old, *new], [name for name in columns if name in new_columns])
    held, found = _by_key(old, keys), _by_key(new, keys)
    shared = [key for key in held if key in found]
    common = [column for column in columns if column in new_columns]
    cells = [
        CellDifference(
            _label(held[key], keys),
            column,
            held[key][column],
            found[key][column],
            _as_printed(name, held[key], column),
            _as_printed(name, found[key], column),
        )
        for key in shared
        for column in common
        if not _alike(held[key][column], found[key][column])
    ]
    return TableDifference(
        name=name,
        rows=len(shared),
        cells=tuple(cells),
        only_before=tuple(_label(held[key], keys) for key in held if key not in found),
        only_after=tuple(_label(found[key], keys) for key in found if key not in held),
        columns_before=tuple(c for c in columns if new_columns and c not in new_columns),
        columns_after=tuple(c for c in new_columns if columns and c not in columns),
    )


def _read(folder: Path, name: str) -> tuple[list[str], list[Row]]:
    """Read a table; one that a run did not write has neither columns nor rows."""
    path = folder / "tables" / f"{name}.csv"
    if not path.is_file():
        return [], []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            columns = next(reader, [])
            return columns, [dict(zip(columns, row, strict=True)) for row in reader]
    except (OSError, ValueError, csv.Error) as error:
        raise OutputError(
            f"cannot be read as a table ({error}). Run frontline again.", path=path
        ) from error


def _by_key(rows: Sequence[Row], keys: Sequence[str]) -> dict[tuple[str, ...], Row]:
    """Give rows by their key and by how often it stood before; without keys by their whole text."""
    seen: Counter[tuple[str, ...]] = Counter()
    found = {}
    for row in rows:
        key = tuple(_key_text(row[name]) for name in keys) if keys else tuple(row.values())
        found[*key, str(seen[key])] = row
        seen[key] += 1
    return found


NAMING_NUMBERS = ("step", "distance_m", "rank", "number")
"""Columns of numbers that name a row and do not tell a figure."""
SENTENCES = ("sentence", "why", "detail")
"""Columns of words that change with the figures in them."""


def _naming(rows: Sequence[Row], columns: Sequence[str]) -> tuple[str, ...]:
    """Find what names the rows of a table of which no keys are known: what holds no figure."""
    return tuple(
        column
        for column in columns
        if column in NAMING_NUMBERS
        or (column not in SENTENCES and all(_number(row[column]) is None for row in rows))
    )


def _key_text(text: str) -> str:
    """Write a number in a key in one way: 5000 and 5000.0 name one distance."""
    value = _number(text)
    return text if value is None or not math.isfinite(value) else f"{value:.10g}"


def _as_printed(table: str, row: Row, column: str) -> str:
    """Write a figure as the report does: rounded by its interval, where it has a unit."""
    units = {known.name: known.unit for known in _columns_of(table)}
    value = _number(row[column])
    if value is None or not math.isfinite(value):
        return row[column]
    if not units.get(column) and not (table == "key_figures" and column in {"value", *ENDS}):
        return row[column]
    plain = {name: _number(cell) for name, cell in row.items()}
    if table == "key_figures" and column == "value":
        low, high = (plain.get(end) for end in ENDS)
        return round_figure(value, *(math.nan if end is None else end for end in (low, high))).text
    return round_row(plain, column=column).text


ENDS = ("low", "high")


def _columns_of(table: str) -> Sequence[Column]:
    return TABLES[table].columns if table in TABLES else ()


def _label(row: Row, keys: Sequence[str]) -> dict[str, str]:
    return {key: row[key] for key in keys} if keys else dict(row)


def _alike(before: str, after: str) -> bool:
    if before == after:
        return True
    old, new = _number(before), _number(after)
    return old is not None and new is not None and math.isclose(old, new, rel_tol=ROUNDING)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def list_as_json(found: Comparison) -> dict[str, Any]:
    """Give a comparison as plain values."""
    return {
        "before": found.before,
        "after": found.after,
        "same": found.same,
        "problems": list(found.problems),
        "reasons": [vars(reason) for reason in found.reasons],
        "tables": {
            table.name: {
                "rows_compared": table.rows,
                "cells": [
                    {**vars(cell), "change": _change(cell.before, cell.after)}
                    for cell in table.cells
                ],
                "only_before": list(table.only_before),
                "only_after": list(table.only_after),
                "columns_only_before": list(table.columns_before),
                "columns_only_after": list(table.columns_after),
            }
            for table in found.tables
            if not table.same
        },
    }


def _change(before: str, after: str) -> float | None:
    old, new = _number(before), _number(after)
    if old is None or new is None or not math.isfinite(new - old):
        return None
    return new - old


def write_as_text(found: Comparison) -> list[str]:
    """Say a comparison in lines to be read: the reasons first, then the figures."""
    lines = [f"before: {to_one_line(found.before)}", f"after:  {to_one_line(found.after)}"]
    lines += [f"not as written: {problem}" for problem in found.problems]
    lines += ["", "What the runs were made of:"]
    lines += [f"  {_reason(reason)}" for reason in found.reasons]
    if not found.reasons:
        lines.append("  the same inputs, parameters and versions.")
    lines += ["", "Figures:"]
    for table in sorted(found.tables, key=lambda table: table.name != "key_figures"):
        lines += [] if table.same else [f"  {line}" for line in _table(table)]
    alike = [table.name for table in found.tables if table.same]
    if found.same:
        lines.append("  no figure differs.")
    elif alike:
        lines.append(f"  the same: {', '.join(alike)}")
    if not found.same and not found.reasons:
        lines.append("Nothing explains the difference: was a file changed since it was written?")
    return lines


def _reason(reason: RunReason) -> str:
    name = to_one_line(reason.name)
    if reason.kind == "input":
        if MISSING in {reason.before, reason.after}:
            return f"input {name}: only in the run {_which(reason.before)}"
        return f"input {name}: another content"
    return f"{reason.kind} {name}: {to_one_line(reason.before)} -> {to_one_line(reason.after)}"


def _which(before: str) -> str:
    return "after" if before == MISSING else "before"


def _table(table: TableDifference) -> list[str]:
    """Say what differs in a table: counts, then the first rows."""
    counts = Counter(cell.column for cell in table.cells)
    rows = len({tuple(cell.row.items()) for cell in table.cells})
    said = []
    if table.cells:
        columns = ", ".join(f"{name} {count}" for name, count in counts.most_common())
        said.append(f"{rows} of {table.rows} rows differ ({to_one_line(columns)})")
    for rows_of_one, where in ((table.only_before, "before"), (table.only_after, "after")):
        if rows_of_one:
            said.append(f"{len(rows_of_one)} only {where}")
    for columns_of_one, where in ((table.columns_before, "before"), (table.columns_after, "after")):
        if columns_of_one:
            said.append(f"columns only {where}: {to_one_line(', '.join(columns_of_one))}")
    lines = [f"{table.name}: {'; '.join(said)}"]
    shown = table.cells if table.name == "key_figures" else table.cells[:EXAMPLES]
    lines += [f"  {_cell(cell)}" for cell in shown if cell.column != "sentence"]
    if len(table.cells) > len(shown):
        lines.append(f"  and {len(table.cells) - len(shown)} more; --json lists all")
    return lines


def _cell(cell: CellDifference) -> str:
    where = ", ".join(value or "(empty)" for value in cell.row.values())
    before, after = cell.before_text or "(empty)", cell.after_text or "(empty)"
    if before == after:
        before, after = cell.before, cell.after  # the difference is below what is printed
    text = f"{where}: {cell.column} {before} -> {after}"
    old, new = _number(cell.before), _number(cell.after)
    if old and new is not None and math.isfinite(old) and math.isfinite(new):
        text += f" ({(new - old) / abs(old):+.2%})"
    return to_one_line(text)
