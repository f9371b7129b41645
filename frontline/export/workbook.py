"""The workbook: a sheet per table, and a first sheet that says what everything is."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontline.errors import OutputError
from frontline.export.manifest import find_newest_date, hash_of_inputs
from frontline.results.registry import TABLES
from frontline.results.style import INK, MUTED
from frontline.results.tables import is_empty, list_columns, make_tables
from frontline.results.words import WORDS
from frontline.schema import Column, choose_decimals

if TYPE_CHECKING:
    import pandas as pd
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from frontline.results.model import Results


FIRST_SHEET, SHEETS = "read me", "Sheets"
NAMES_ROW = 1
"""Row of the names that the files have; above it stand those for people."""
A4 = 9
"""What the format calls this size of paper."""
MOST_ROWS = 1_048_574
"""Rows of data that a sheet holds; the text file beside it holds them all."""
NOT_IN_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
MOST_CHARACTERS = 32_767
EXACT_INTEGER = 2**53
"""Spreadsheets keep whole numbers exactly up to here; larger ones are written as text."""
EARLIEST_DATE = dt.date(1900, 3, 1)
"""Spreadsheets disagree about days before it; they are written as text."""

INTERVALS = (
    "low and high are the 2.5 and 97.5 % points of the figure over displaced copies of the lines; "
    "inner and outer are bounds with the line moved by its whole error one way and the other. "
    "Empty cells are unknown, never zero. Numbers are shown rounded and hold every digit. Over the "
    "name of each column in the files stands what people call it."
)


def write_workbook(path: Path, results: Results) -> None:
    """Write every table as a sheet, with formats, frozen headers and filters.

    Parameters
    ----------
    path
        The file, overwritten.
    results
        What a run has computed.

    Raises
    ------
    OutputError
        If the file cannot be written.

    Notes
    -----
    Text is written as text: nothing in a name is ever a formula or a link. The date of the
    newest line stands for the time of writing, so that the same results give the same bytes.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import XlsxWriterException

    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
        "in_memory": True,
    }
    frames = make_tables(results)
    book = xlsxwriter.Workbook(str(path), options)
    date = find_newest_date(results.project)
    properties = {
        "title": _fit_text(results.project.title),
        "subject": WORDS["disclaimer"],
        "comments": f"{WORDS['inputs_hash_long']}: {hash_of_inputs(results.inputs)}",
        "created": dt.datetime(date.year, date.month, date.day),
    }
    book.set_properties(properties)
    _write_first(book, results, frames)
    for name, frame in frames.items():
        _write_table(book, name, frame)
    try:
        book.close()
    except (XlsxWriterException, OSError) as error:
        raise OutputError(
            f"cannot be written ({error}). Check the space on the disk.", path=path.name
        ) from error


def _write_first(book: Workbook, results: Results, frames: Mapping[str, pd.DataFrame]) -> None:
    """Write the sheet that explains the others, top to bottom."""
    sheet = book.add_worksheet(FIRST_SHEET)
    strong = book.add_format({"bold": True, "font_size": 14})
    heading = book.add_format({"bold": True, "bottom": 1})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for column, width in enumerate((24, 26, 34, 12, 12, 90)):
        sheet.set_column(column, column, width, wrapped)
    sheet.hide_gridlines(2)
    row = -1
    link = book.add_format({"font_color": INK, "underline": 1, "valign": "top"})
    for section, rows in _list_sections(results, frames):
        if section:
            row += 1
            sheet.write_string(row, 0, _fit_text(section), strong)
            row += 1
        for number, cells in enumerate(rows):
            looks = heading if section and number == 0 and len(cells) > 1 else None
            for column, value in enumerate(cells):
                _write_cell(sheet, row, column, value, looks)
            if section == SHEETS and number:  # names of ours only: nothing else is ever a link
                name = str(cells[0])
                sheet.write_url(row, 0, f"internal:'{name}'!A1", link, string=name)
            if len(cells) == 1 and isinstance(cells[0], str):
                sheet.merge_range(row, 0, row, 5, _fit_text(cells[0]), wrapped)
                sheet.set_row(row, 15 * math.ceil(len(cells[0]) / 170))
            row += 1
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)


def _list_sections(
    results: Results, frames: Mapping[str, pd.DataFrame]
) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    """Give the parts of the first sheet: heading, and rows of cells (the first names them)."""
    project = results.project
    yield (
        project.title,
        [(WORDS["disclaimer"],), (INTERVALS,)],
    )
    yield (
        "",
        [
            (WORDS["inputs_hash_long"], hash_of_inputs(results.inputs)),
            ("Date of the newest line", find_newest_date(project)),
        ],
    )
    figures = [(figure.sentence,) for figure in results.key_figures]
    if figures:
        yield WORDS["key_figures"], list(figures)
    yield (
        SHEETS,
        [("sheet", "title", "rows", "", "", "what it holds")]
        + [
            (name, TABLES[name].title, len(f), "", "", TABLES[name].sentence)
            for name, f in frames.items()
        ],
    )
    columns: list[tuple[object, ...]] = [("sheet", "column", "name", "unit", "type", "what it is")]
    for name, frame in frames.items():
        columns += [
            (name, column.name, column.alias, column.unit, column.type, column.description)
            for column in list_columns(frame, table=name)
        ]
    yield "Columns", columns
    yield (
        WORDS["sources"],
        [("input", "licence", "source", "date", "", "file"), *_list_sources(results)],
    )


def _list_sources(results: Results) -> Iterator[tuple[object, ...]]:
    project = results.project
    named = [
        ("study area", project.study_area),
        *((f"line {line.key}", line) for line in project.lines),
        ("settlements", project.settlements),
        ("corridors", project.corridors),
        ("points", project.points),
        ("districts", project.districts),
        *((f"partition {part.key}", part) for part in project.partitions),
        *((f"people {part.key}", part) for part in project.population),
        ("elevation", project.elevation),
        ("height of trees", project.elevation.canopy if project.elevation else None),
        ("land cover", project.landcover),
    ]
    for name, source in named:
        if source is not None:
            file = source.path.name if source.path is not None else ""
            yield name, source.licence, source.source, source.date, "", file
    for stated in project.stated:
        yield f"stated {stated.id}", "", stated.source, stated.date, "", ""


def _write_table(book: Workbook, name: str, frame: pd.DataFrame) -> None:
    """Write one table: headers for people over those of the files, cells, widths, a filter."""
    sheet = book.add_worksheet(name)
    header = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    machine = book.add_format({"bottom": 1, "font_size": 8, "font_color": MUTED})
    columns = list_columns(frame, table=name)
    rows = min(len(frame), MOST_ROWS)
    for number, column in enumerate(columns):
        looks = book.add_format(_choose_format(column))
        sheet.write_string(0, number, _fit_text(column.title), header)
        sheet.write_string(NAMES_ROW, number, _fit_text(column.name), machine)
        for row, value in enumerate(frame.iloc[:rows, number].array, start=NAMES_ROW + 1):
            _write_cell(sheet, row, number, _read_date(value, column), looks)
        sheet.set_column(number, number, _choose_width(column, frame.iloc[:200, number].array))
    sheet.freeze_panes(NAMES_ROW + 1, 2 if columns and columns[0].name == "id" else 1)
    if columns:
        last = NAMES_ROW + max(rows, 1)
        sheet.autofilter(NAMES_ROW, 0, last, len(columns) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_paper(A4)
    sheet.repeat_rows(0, NAMES_ROW)


def _choose_format(column: Column) -> dict[str, Any]:
    if column.type == "date":
        return {"num_format": "yyyy-mm-dd"}
    if column.type == "integer":
        return {"num_format": "#,##0" if column.unit else "0"}
    if column.type == "number":
        decimals = choose_decimals(column)
        whole = "0" if column.unit in {"degrees", ""} else "#,##0"
        digits = "." + "0" * decimals if decimals else ""
        return {"num_format": "General" if decimals is None else whole + digits}
    return {"text_wrap": True, "valign": "top"} if column.type == "text" else {}


def _read_date(value: object, column: Column) -> object:
    """Turn the text of a date into a date, where it is one."""
    if column.type != "date" or not isinstance(value, str):
        return value
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        return value


def _write_cell(sheet: Worksheet, row: int, column: int, value: Any, looks: Format | None) -> None:
    """Write a value as what it is; an unknown one leaves the cell empty."""
    plain = value.item() if hasattr(value, "item") else value
    if is_empty(plain) or plain == "":
        return
    if isinstance(plain, bool):
        sheet.write_boolean(row, column, plain, looks)
    elif isinstance(plain, int | float) and _is_exact(plain):
        sheet.write_number(row, column, plain, looks)
    elif type(plain) is dt.date and plain >= EARLIEST_DATE:
        sheet.write_datetime(row, column, plain, looks)
    else:
        sheet.write_string(row, column, _fit_text(str(plain)), looks)


def _is_exact(number: float) -> bool:
    return math.isfinite(number) if isinstance(number, float) else abs(number) <= EXACT_INTEGER


def _fit_text(text: str) -> str:
    """Fit text into a cell: no character that XML lacks, no more than a cell holds."""
    printable = NOT_IN_XML.sub("\ufffd", text)
    return (
        printable if len(printable) <= MOST_CHARACTERS else printable[: MOST_CHARACTERS - 1] + "…"
    )


def _choose_width(column: Column, values: Iterable[object]) -> int:
    """Give a column's width in characters, from its header and its first rows."""
    longest = max((len(str(value)) for value in values if not is_empty(value)), default=0)
    widest = 60 if column.type == "text" else 16
    names = max(len(column.name) + 3, *(len(word) + 1 for word in column.title.split()))
    return max(8, min(names, 30), min(longest + 1, widest))
