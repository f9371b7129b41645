"""Cells of a table: our columns found among the user's, and every value checked."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from frontline.errors import LayerError, suggest_name, to_one_line
from frontline.errors import show_value as quoted
from frontline.project.layers import RESERVED, InputColumn

if TYPE_CHECKING:
    import pandas as pd


Fault = Callable[..., LayerError]

_MOST_PEOPLE = 10_000_000_000
_THOUSANDS = re.compile(r"\d{1,3}([ ,.'’_\u00a0\u2009\u202f\u066c]\d{3})+|\d{1,2}(,\d{2})+,\d{3}")
_TWO_WAYS = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}")
"""One mark before three digits: a decimal mark, or one of thousands."""
_DECIMAL = re.compile(r"[-+]?(\d+\.\d*|\d*\.\d+|\d+(?=[eE]))([eE][-+]?\d{1,3})?")
_DAY_LAST = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})")
_DATE = re.compile(r"([12]\d{3})(?:[-/](\d{2})(?:[-/](\d{2}))?)?(?:[T ][\d:.+Z-]*)?")


@dataclass(frozen=True)
class NamedTable:
    """A table under our names.

    Parameters
    ----------
    table
        Our columns first, in our order, as far as they exist; then the user's. A user's column
        with a name that results need, or that differs from another in case only, ends in
        ``_input``.
    columns
        Our name = the file's, of those that exist.
    problems, notes
        Mapped columns that do not exist, needed ones that are absent; what was renamed.
    """

    table: pd.DataFrame
    columns: Mapping[str, str]
    problems: list[LayerError]
    notes: list[str]


def name_columns_of_file(fault: Fault, *, columns: Mapping[str, str]) -> Fault:
    """Make errors that speak of a file's columns by their names there.

    Parameters
    ----------
    fault
        Makes the errors.
    columns
        Our name = the file's.
    """

    def made(message: str, *, field: str | None = None, row: int | str | None = None) -> LayerError:
        return fault(message, row=row, field=None if field is None else columns.get(field, field))

    return made


def find_alike(word: str, *, words: Sequence[str]) -> str | None:
    """Find a name, exactly or else in any case; None where it is absent or ambiguous."""
    if word in words:
        return word
    matches = [name for name in words if name.casefold() == word.casefold()]
    return matches[0] if len(matches) == 1 else None


def rename_columns(
    table: pd.DataFrame, *, columns: Sequence[InputColumn], mapping: Mapping[str, str], fault: Fault
) -> NamedTable:
    """Give our columns our names, and move the user's out of the way.

    Parameters
    ----------
    table
        As read, without geometry.
    columns
        Those that are ours.
    mapping
        Our name = the user's, from the project file.
    fault
        Makes the errors.
    """
    theirs = [str(name) for name in table.columns]
    table = table.set_axis(theirs, axis=1)
    problems: list[LayerError] = []
    notes: list[str] = []
    chosen: dict[str, str] = {}
    for column in columns:
        if column.name in mapping:
            match = find_alike(mapping[column.name], words=theirs)
            if match is None:
                problem = f"has no column {quoted(mapping[column.name])}."
                offer = suggest_name(mapping[column.name], words=theirs)
                problems.append(
                    fault(problem + offer, field=column.key or f"columns.{column.name}")
                )
        else:
            match = _find_column(column, [name for name in theirs if name not in mapping.values()])
            if match is not None and match.casefold() != column.name.casefold():
                notes.append(f"Column '{to_one_line(match)}' is read as '{column.name}'.")
        if match is not None:
            chosen[column.name] = match
        elif column.needed and column.name not in mapping:
            listed = ", ".join(quoted(name) for name in theirs[:12]) or "none"
            problems.append(
                fault(
                    f"has no column '{column.name}' (its columns: {listed}). "
                    f'Name it: columns = {{ {column.name} = "..." }}.'
                )
            )
    rest = [name for name in theirs if name not in chosen.values()]
    ours = {column.name for column in columns}
    renamed = _move_out_of_the_way(rest, RESERVED | ours)
    for old, new in renamed.items():
        if old != new:
            notes.append(f"Column '{to_one_line(old)}' is renamed '{to_one_line(new)}'.")
    result = table[[*chosen.values(), *rest]]
    result = result.set_axis([*chosen, *renamed.values()], axis=1)
    return NamedTable(result, chosen, problems, notes)


def doubt_cut_names(
    names: Sequence[str],
    *,
    columns: Sequence[InputColumn],
    mapping: Mapping[str, str],
    fault: Fault,
) -> list[LayerError]:
    """Find columns of a Shapefile of which nobody can tell which of ours they were.

    Parameters
    ----------
    names
        Columns of the file: at most ten letters, the rest was cut off when it was written.
    columns
        Those that are ours.
    mapping
        Our name = the file's, from the project; what it names is no question.
    fault
        Makes the errors.
    """
    problems = []
    settled = {name.casefold() for name in mapping.values()}
    whole = {word.casefold() for column in columns for word in (column.name, *column.also)}
    for name in names:
        folded = name.casefold()
        numbered = re.fullmatch(r"(.{5,8}?)_?\d{1,2}", folded) if len(name) == 10 else None
        stem = numbered[1] if numbered else folded
        meant = [column.name for column in columns if column.name.casefold().startswith(stem)]
        meant = [other for other in meant if len(other) > 10 and other not in mapping]
        cut = len(name) == 10 and folded not in whole and bool(meant)
        base = mapping.get(stem) or next(
            (
                other
                for other in names
                if numbered and other.casefold().startswith(stem) and other != name
            ),
            "",
        )
        if cut and folded not in settled and base.casefold() not in settled:
            problems.append(
                fault(
                    f"is cut to the ten letters of a Shapefile, and may be {' or '.join(meant)} or "
                    f"a column of your own. Name it: columns = {{ {meant[0]} = "
                    f'"{to_one_line(name)}" }}, or export a GeoPackage.',
                    field=name,
                )
            )
    return problems


def _find_column(column: InputColumn, theirs: Sequence[str]) -> str | None:
    for word in (column.name, *column.also):
        match = find_alike(word, words=theirs)
        if match is not None:
            return match
    return None


def _move_out_of_the_way(names: Sequence[str], taken: frozenset[str] | set[str]) -> dict[str, str]:
    used = {name.casefold() for name in taken}
    renamed = {}
    for name in names:
        free, number = name or "column", 1
        while free.casefold() in used:
            free = f"{name}_input" if number == 1 else f"{name}_input{number}"
            number += 1
        used.add(free.casefold())
        renamed[name] = free
    return renamed


@dataclass(frozen=True)
class Typed:
    """A table whose cells are what their columns say.

    Parameters
    ----------
    table
        Our columns: text ("" unknown), dates as text, ``Int64`` or ``float64``; then the user's.
    problems
        One per cell that does not hold what it must.
    notes
        What was rounded: sentence and number of rows.
    """

    table: pd.DataFrame
    problems: list[LayerError]
    notes: list[tuple[str, int]]


def convert_cells(table: pd.DataFrame, *, columns: Sequence[InputColumn], fault: Fault) -> Typed:
    """Check and convert every cell of our columns; absent columns are added empty.

    Parameters
    ----------
    table
        From `rename_columns`, indexed by feature.
    columns
        Those that are ours.
    fault
        Makes the errors.

    Notes
    -----
    Text such as ``1.200`` can be read as 1.2 and as 1200. It is a decimal number only where
    another cell of its column can be nothing else, as ``1234.56``; else it is refused.
    """
    import pandas as pd

    problems: list[LayerError] = []
    notes: list[tuple[str, int]] = []
    converted = {}
    for column in columns:
        cells = list(table[column.name]) if column.name in table else [None] * len(table)
        doubtful = column.kind in {"whole number", "number"} and not column.degrees
        doubtful = doubtful and not any(_is_plainly_decimal(cell) for cell in cells)
        values, rounded = [], 0
        commas = decimal_commas(cells) if column.kind in {"whole number", "number"} else set()
        if commas:
            first = min(commas)
            wrong = describe_commas(str(cells[first]), count=len(commas))
            problems.append(fault(wrong, row=table.index[first], field=column.name))
        for at, (row, cell) in enumerate(zip(table.index, cells, strict=True)):
            if at in commas:
                values.append(_READERS[column.kind](None))
                continue
            try:
                plain = _simplify_cell(cell)
                if doubtful:
                    _refuse_two_ways(plain)
                value = _READERS[column.kind](plain)
                rounded += column.kind == "whole number" and _is_fraction(plain)
            except ValueError as error:
                problems.append(fault(str(error), row=row, field=column.name))
                value = _READERS[column.kind](None)
            values.append(value)
        if rounded:
            text = f"Figures of '{column.name}' with decimals (modelled people) are rounded."
            notes.append((text, rounded))
        kind = {"whole number": "Int64", "number": "float64"}.get(column.kind, "str")
        converted[column.name] = pd.Series(values, index=table.index, dtype=kind)
    ours = [column.name for column in columns]
    rest = table.drop(columns=[name for name in ours if name in table])
    for name in rest:
        if rest[name].dtype == object:
            rest[name] = [_convert_carried_cell(cell) for cell in rest[name]]
    result = pd.concat([pd.DataFrame(converted, index=table.index), rest], axis=1)
    return Typed(result, problems, notes)


_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")


def decimal_commas(cells: Sequence[Any]) -> set[int]:
    """Find the cells with a decimal comma, where a column has several: they are one fault.

    Parameters
    ----------
    cells
        Of one column.

    Returns
    -------
    Their places; none unless two have one, and one of them can be nothing else.
    """
    texts = [cell.strip() if isinstance(cell, str) else "" for cell in cells]
    places = {at for at, text in enumerate(texts) if _DECIMAL_COMMA.fullmatch(text)}
    plain = any(len(texts[at].partition(",")[2]) != 3 for at in places)
    return places if len(places) > 1 and plain else set()


def describe_commas(first: str, *, count: int) -> str:
    """Say of a column with decimal commas what is wrong with it, in one line."""
    return (
        f"{count} cells have a decimal comma, the first {quoted(first.strip())} (expected a "
        "decimal point). Export the table with decimal points."
    )


def _is_plainly_decimal(cell: Any) -> bool:
    """Tell whether text holds a point that can be no mark of thousands."""
    if not isinstance(cell, str):
        return False
    text = cell.strip()
    _, point, digits = text.partition(".")
    unmarked = not digits.strip("0") or bool(_TWO_WAYS.fullmatch(text))
    return bool(point) and not unmarked and bool(_DECIMAL.fullmatch(text))


def _is_fraction(cell: Any) -> bool:
    if isinstance(cell, str):
        cell = float(cell) if _DECIMAL.fullmatch(cell.strip()) else None
    return isinstance(cell, float) and math.isfinite(cell) and not cell.is_integer()


def _refuse_two_ways(cell: Any) -> None:
    """Refuse text that is one number to one reader and another to the next."""
    text = cell.strip() if isinstance(cell, str) else ""
    if _TWO_WAYS.fullmatch(text):
        whole = re.sub(r"[.,]", "", text)
        part = f"{float(text.replace(',', '.')):.10g}"
        raise ValueError(
            f"{quoted(text)} has separators that can be read as {whole} or as {part} (expected "
            f"digits, and a decimal point before other than three). Write {whole} or {part}."
        )


def _convert_carried_cell(cell: Any) -> Any:
    """Bring what the user's columns may hold (lists, times, bytes) to text that any file takes."""
    if isinstance(cell, str | int | float | bool) or cell is None:
        return cell
    if isinstance(cell, Iterable) and not isinstance(cell, bytes):
        plain = cell.tolist() if hasattr(cell, "tolist") else cell
        return json.dumps(plain, ensure_ascii=False, default=str)
    return _simplify_cell(cell) if hasattr(cell, "item") else str(cell)


def _simplify_cell(cell: Any) -> Any:
    """Return None for every kind of empty cell, and Python's own numbers."""
    if isinstance(cell, Iterable) and not isinstance(cell, str):
        raise ValueError("holds a list or an object (expected one value). Split it into columns.")  # noqa: TRY004
    if cell is None or type(cell).__name__ in {"NAType", "NaTType"}:
        return None  # before comparing: whether NA differs from itself is NA
    if cell != cell:  # noqa: PLR0124 - NaN is not itself
        return None
    return cell.item() if hasattr(cell, "item") else cell


def _convert_text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def _convert_whole_number(cell: Any) -> int | None:
    if isinstance(cell, str):
        cell = _parse_digits(cell.strip())
    if cell is None:
        return None
    if isinstance(cell, bool) or not math.isfinite(cell):
        raise ValueError(
            f"{cell!r} is not a whole number (expected a count of people). Correct it."
        )
    if cell < 0:
        raise ValueError(
            f"{cell:.12g} is negative (expected 0 or more). Leave the cell empty if unknown."
        )
    if cell > _MOST_PEOPLE:
        raise ValueError(f"{cell:.12g} is more people than there are. Check the cell.")
    return cell if isinstance(cell, int) else math.floor(cell + 0.5)


def _parse_digits(text: str) -> int | float | None:
    if not text:
        return None
    if re.fullmatch(r"-?\d{1,18}(\.0?)?", text):
        return int(text.split(".", maxsplit=1)[0])
    if _DECIMAL.fullmatch(text):
        return float(text)
    if _THOUSANDS.fullmatch(text):
        bare = re.sub(r"\D", "", text)
        raise ValueError(
            f"{quoted(text)} has separators (expected digits only). Write {bare} if that is meant."
        )
    raise ValueError(f"{quoted(text)} is not a whole number. Leave the cell empty if unknown.")


def _convert_number(cell: Any) -> float:
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return math.nan
    try:
        value = float(cell)
    except (TypeError, ValueError):
        value = math.nan
    if isinstance(cell, bool) or not math.isfinite(value):
        raise ValueError(f"{quoted(cell)} is not a number. Leave the cell empty if unknown.")
    return value


def _convert_date(cell: Any) -> str:
    text = _convert_text(cell).strip()
    if not text:
        return ""
    match = _DATE.fullmatch(text)
    if match is not None:
        parts = [part for part in match.groups() if part]
        day = [int(part) for part in parts] + [1, 1]
        try:
            dt.date(day[0], day[1], day[2])
        except ValueError:
            match = None
        else:
            return "-".join(parts)
    raise ValueError(
        f"{quoted(text)} is not a date (expected YYYY, YYYY-MM or YYYY-MM-DD). "
        f"{_suggest_dates(text)}"
    )


def read_date(cell: Any) -> str:
    """Read a cell as a date, YYYY-MM-DD or as much of it as is there; "" for an empty cell.

    Raises
    ------
    ValueError
        With what is wrong.
    """
    plain = _simplify_cell(cell)
    if re.fullmatch(r"[12]\d{7}", _convert_text(plain)):
        text = _convert_text(plain)
        plain = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return _convert_date(plain)


def _suggest_dates(text: str) -> str:
    """Write a date with the year last as it would have to be, in every order it can have."""
    parts = _DAY_LAST.fullmatch(text)
    readings = []
    for first, second in ((1, 3), (3, 1)) if parts else ():
        try:
            day = dt.date(int(parts[4]), int(parts[second]), int(parts[first]))  # type: ignore[index]
        except ValueError:
            continue
        readings.append(f"{day:%Y-%m-%d}")
    readings = list(dict.fromkeys(readings))
    return f"Write {' or '.join(readings)}, as is meant." if readings else "Rewrite it."


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "text": _convert_text,
    "whole number": _convert_whole_number,
    "number": _convert_number,
    "date": _convert_date,
}
