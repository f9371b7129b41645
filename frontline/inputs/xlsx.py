"""Sheets of a workbook, cell by cell as they are stored: numbers, text, dates, true and false.

A spreadsheet knows more of a cell than its text: that it is TRUE and not 1, that it is a formula
of which nobody computed the value, that 44145 is shown as a day.
"""

from __future__ import annotations

import datetime as dt
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from frontline.errors import LayerError, guard_library, raise_problems, to_one_line

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
"""The limits of Excel itself."""

_CHUNK = 1 << 20
_DAY_FORMATS = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_EPOCH, _EPOCH_1904 = dt.datetime(1899, 12, 30), dt.datetime(1904, 1, 1)
_RELATED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATED = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_CELL = re.compile(r"([A-Z]{1,3})([1-9]\d{0,8})")


class NotComputed:
    """A formula of which the file holds no value."""

    def __str__(self) -> str:
        """Say what stands in the cell."""
        return "a formula without a value"


@dataclass(frozen=True)
class _Book:
    sheets: Mapping[str, str]
    strings: list[str]
    days: frozenset[int]
    epoch: dt.datetime


def list_workbook_sheets(path: Path, *, shown: str) -> tuple[str, ...]:
    """Name the sheets of a workbook, in its order."""
    with guard_library(LayerError, path=shown), zipfile.ZipFile(path) as archive:
        return tuple(_find_sheets(archive))


def read_sheet(path: Path, *, shown: str, sheet: str) -> pd.DataFrame:
    """Read a sheet whose first row with content holds the names of its columns.

    Parameters
    ----------
    path
        The workbook.
    shown
        Its path as the user wrote it.
    sheet
        Name of the sheet.

    Returns
    -------
    Cells as stored: text, numbers, True and False, days as YYYY-MM-DD, None where empty; indexed
    by the number of the row. Rows without content are left out.

    Raises
    ------
    LayerError
        It is damaged, has two columns of one name, cells beyond the limits of Excel, or formulas
        without a value.
    """
    import pandas as pd

    with guard_library(LayerError, path=shown, layer=sheet), zipfile.ZipFile(path) as archive:
        book = _open_book(archive)
        with _open_part(archive, book.sheets[sheet]) as content:
            rows = dict(_read_rows(content, book, shown, sheet))
    if not rows:
        return pd.DataFrame()
    head = min(rows)
    names = _name_columns(rows.pop(head), shown, sheet)
    problems, table = [], []
    for number, row in rows.items():
        beside = [at for at, cell in row.items() if at not in names and cell is not None]
        if beside:
            problem = (
                f"has a cell in column {_write_letters(beside[0])}, which has no name. Name it."
            )
            problems.append(LayerError(problem, path=shown, layer=sheet, row=number))
        for at, cell in row.items():
            if isinstance(cell, NotComputed):
                problem = (
                    "holds a formula without a value. Open the workbook in a spreadsheet program "
                    "and save it, or write the value."
                )
                problems.append(
                    LayerError(problem, path=shown, layer=sheet, row=number, field=names.get(at))
                )
        table.append([row.get(at) for at in names])
    raise_problems(problems)
    return pd.DataFrame(table, columns=list(names.values()), index=list(rows), dtype=object)


def _name_columns(row: Mapping[int, Any], shown: str, sheet: str) -> dict[int, str]:
    """Name the columns by their first row; a name that stands there twice could be either."""
    names = {at: str(cell).strip() for at, cell in row.items() if cell is not None}
    names = {at: name for at, name in sorted(names.items()) if name}
    listed = list(names.values())
    twice = dict.fromkeys(name for name in listed if listed.count(name) > 1)
    raise_problems(
        [
            LayerError(
                "stands there twice among the columns. Rename one.",
                path=shown,
                layer=sheet,
                field=name,
            )
            for name in twice
        ]
    )
    return names


def _write_letters(at: int) -> str:
    text = ""
    while at >= 0:
        text, at = chr(ord("A") + at % 26) + text, at // 26 - 1
    return text


def _open_part(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """Open a part of a workbook; none of them declares entities or has too many rows."""
    rows, before = 0, b""
    with archive.open(name) as part:
        while chunk := part.read(_CHUNK):
            text = before + chunk
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                raise ValueError("it declares a document type")
            rows += text.count(b"<row ")
            if rows > MOST_ROWS:
                raise ValueError(f"it has more than {MOST_ROWS:,} rows, the limit of Excel")
            before = text[-8:].replace(b"<row ", b"")
    return archive.open(name)


def _parse_part(archive: zipfile.ZipFile, name: str) -> ET.Element | None:
    if name not in archive.namelist():
        return None
    with _open_part(archive, name) as part:
        return ET.parse(part).getroot()  # noqa: S314 - no entities, see above


def _strip_namespace(tag: str) -> str:
    return tag.rpartition("}")[2]


def _find_elements(root: ET.Element | None, name: str) -> Iterator[ET.Element]:
    return (
        item
        for item in (root.iter() if root is not None else ())
        if _strip_namespace(item.tag) == name
    )


def _find_sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """Find the sheets: name and part of the archive."""
    book = "xl/workbook.xml"
    targets = {
        item.get("Id"): item.get("Target", "")
        for item in _find_elements(
            _parse_part(archive, "xl/_rels/workbook.xml.rels"), "Relationship"
        )
        if item.get("TargetMode") != "External"
    }
    parts = {}
    for item in _find_elements(_parse_part(archive, book), "sheet"):
        target = targets.get(item.get(_RELATED) or item.get(_STRICT_RELATED), "")
        part = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
        if "worksheets/" in part and part in archive.namelist():
            parts[str(item.get("name"))] = part
    return parts


def _open_book(archive: zipfile.ZipFile) -> _Book:
    strings = [
        "".join(
            text.text or ""
            for child in item
            if _strip_namespace(child.tag) != "rPh"  # how a Japanese word is spoken
            for text in (
                [child] if _strip_namespace(child.tag) == "t" else _find_elements(child, "t")
            )
        )
        for item in _find_elements(_parse_part(archive, "xl/sharedStrings.xml"), "si")
    ]
    settings = list(_find_elements(_parse_part(archive, "xl/workbook.xml"), "workbookPr"))
    later = any(item.get("date1904") in {"1", "true"} for item in settings)
    days = _list_day_styles(_parse_part(archive, "xl/styles.xml"))
    return _Book(_find_sheets(archive), strings, days, _EPOCH_1904 if later else _EPOCH)


def _list_day_styles(styles: ET.Element | None) -> frozenset[int]:
    """List the numbers of the styles that show a number as a day."""
    day_formats = set(_DAY_FORMATS)
    for item in _find_elements(styles, "numFmt"):
        plain = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", item.get("formatCode", "")).lower()
        if re.search(r"[yd]|m{3}", plain):
            day_formats.add(int(item.get("numFmtId", "-1")))
        else:
            day_formats.discard(int(item.get("numFmtId", "-1")))
    cells = next(_find_elements(styles, "cellXfs"), None)
    return frozenset(
        number
        for number, item in enumerate(cells if cells is not None else ())
        if int(item.get("numFmtId", "0")) in day_formats
    )


def _read_rows(
    content: IO[bytes], book: _Book, shown: str, sheet: str
) -> Iterator[tuple[int, dict[int, Any]]]:
    """Read row after row; each is forgotten when it has been read."""
    number = 0
    for _, item in ET.iterparse(content, events=("end",)):  # noqa: S314 - no entities, see above
        if _strip_namespace(item.tag) != "row":
            continue
        number = int(item.get("r") or number + 1)
        cells: dict[int, Any] = {}
        for at, cell in enumerate(child for child in item if _strip_namespace(child.tag) == "c"):
            place = _CELL.fullmatch(cell.get("r", ""))
            column = _number_column(place[1]) if place else (max(cells, default=at - 1) + 1)
            if number > MOST_ROWS or column >= MOST_COLUMNS:
                raise LayerError(
                    f"has a cell '{to_one_line(cell.get('r', ''))}' beyond the limits of Excel "
                    f"({MOST_ROWS:,} rows, {MOST_COLUMNS:,} columns). Export it again.",
                    path=shown,
                    layer=sheet,
                )
            cells[column] = _read_value(cell, book)
        item.clear()
        if any(cell is not None for cell in cells.values()):
            yield number, cells


def _number_column(letters: str) -> int:
    at = 0
    for letter in letters:
        at = 26 * at + ord(letter) - ord("A") + 1
    return at - 1


def _read_value(cell: ET.Element, book: _Book) -> Any:
    """Give what a cell holds."""
    kind = cell.get("t", "n")
    parts = {_strip_namespace(child.tag): child for child in cell}
    text = parts["v"].text if "v" in parts else None
    if kind == "inlineStr":
        text = "".join(item.text or "" for item in _find_elements(parts.get("is"), "t"))
    elif text is None:
        return NotComputed() if "f" in parts and kind != "str" else None
    elif kind == "s":
        text = book.strings[int(text)]
    elif kind == "b":
        return text.strip() in {"1", "true"}
    if kind != "n":
        return text or None
    return _read_number(text or "", cell, book)


def _read_number(text: str, cell: ET.Element, book: _Book) -> Any:
    number = float(text)
    if int(cell.get("s", "0")) in book.days:
        return _convert_day(number, book.epoch)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _convert_day(number: float, epoch: dt.datetime) -> str:
    """Turn a serial number into a day, with the time if it has one."""
    if epoch == _EPOCH and number < 61:  # the 29th of February 1900 of spreadsheets
        number += 1
    moment = epoch + dt.timedelta(seconds=round(number * 86_400))
    return f"{moment:%Y-%m-%d}" if moment.time() == dt.time() else f"{moment:%Y-%m-%dT%H:%M:%S}"
