"""The workbook, read back with another library."""

from __future__ import annotations

import dataclasses
import datetime as dt
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from factories.example_results import HOSTILE, example_results

from frontline.errors import OutputError
from frontline.export.workbook import FIRST_SHEET, MOST_CHARACTERS, write_workbook
from frontline.records import KeyFigure
from frontline.results.tables import list_columns, make_tables


@pytest.fixture(scope="module")
def results():
    return example_results()


@pytest.fixture(scope="module")
def file(results, tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "frontline.xlsx"
    write_workbook(path, results)
    return path


@pytest.fixture(scope="module")
def book(file):
    return openpyxl.load_workbook(file)


def cells(sheet):
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_a_sheet_for_each_table_and_the_first_explains_them(book, results):
    frames = make_tables(results)
    assert book.sheetnames == [FIRST_SHEET, *frames]
    rows = cells(book[FIRST_SHEET])
    assert rows[0][0] == results.project.title
    explained = {(row[0], row[1]) for row in rows}
    for name, frame in frames.items():
        assert all((name, column) in explained for column in frame.columns)
    text = "\n".join(str(cell) for row in rows for cell in row if cell is not None)
    for wanted in ("2.5 and 97.5 %", "Census & survey", "ODbL", "no position", "km²", "A report"):
        assert wanted in text
    assert results.key_figures[0].sentence in text


def test_every_value_is_the_tables_own(book, results):
    for name, frame in make_tables(results).items():
        people, header, *rows = cells(book[name])
        assert header == list(frame.columns)
        assert people == [column.title for column in list_columns(frame, table=name)]
        assert len(rows) == len(frame)
        for row, wanted in zip(rows, frame.itertuples(index=False), strict=True):
            for value, want in zip(row, wanted, strict=True):
                if pd.isna(want) or want == "":
                    assert value is None
                elif isinstance(value, dt.datetime):
                    assert value.date().isoformat() == want
                elif isinstance(value, float):
                    assert value == pytest.approx(want, rel=1e-15, abs=0)  # 16 digits are kept
                else:
                    assert value == want


def links_of(sheet):
    return [cell.hyperlink for row in sheet.iter_rows() for cell in row if cell.hyperlink]


def test_names_full_of_traps_are_text_and_nothing_is_a_formula_or_a_link(book, file):
    sheet = book["settlements"]
    names = [row[1] for row in cells(sheet)[2:]][::2]
    assert names == list(HOSTILE)
    for one in book.worksheets:
        assert all(cell.data_type != "f" for row in one.iter_rows() for cell in row)
        assert one.title == FIRST_SHEET or not links_of(one)
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            assert b"<f>" not in archive.read(name)


def test_the_first_sheet_leads_to_the_others_and_nowhere_else(book):
    links = links_of(book[FIRST_SHEET])
    assert [link.location for link in links] == [f"'{name}'!A1" for name in book.sheetnames[1:]]
    assert all(link.target is None for link in links)  # within the file
    shown = [book[FIRST_SHEET][link.ref].value for link in links]
    assert shown == book.sheetnames[1:]


def test_numbers_dates_and_truth_are_what_they_are(book):
    settlements = book["settlements"]
    header = [cell.value for cell in settlements[2]]
    row = dict(zip(header, settlements[3], strict=True))
    assert row["population"].data_type == "n"
    assert row["population"].number_format == "#,##0"
    assert row["distance_m"].number_format == "#,##0.0"
    assert row["share_own_side"].number_format == "0.000"
    assert row["side_certain"].value is True
    assert row["pcode"].value == "XX00"
    date = book["lines"]["B3"]
    assert date.value == dt.datetime(1994, 5, 12)
    assert date.number_format == "yyyy-mm-dd"


def test_headers_stay_in_sight_and_can_be_filtered(book):
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes in {"B3", "C3"}
        assert sheet.auto_filter.ref.startswith("A2:")
        assert sheet.print_title_rows == "$1:$2"
        assert sheet.page_setup.paperSize == 9


def test_the_bytes_are_the_same_and_hold_one_date(file, results, tmp_path):
    write_workbook(tmp_path / "b.xlsx", results)
    assert (tmp_path / "b.xlsx").read_bytes() == file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        assert b"2020-11-10T00:00:00Z" in archive.read("docProps/core.xml")
        assert {entry.date_time[:3] for entry in archive.infolist()} == {(1980, 1, 1)}


def test_values_that_no_cell_can_hold(results, tmp_path):
    n = len(results.settlements)
    odd = results.settlements.assign(
        endless=np.inf,
        big=pd.array([2**60] * n, dtype="Int64"),
        long="x" * 40_000,
        odd="a\ud800b\x01c",
        old=dt.date(1813, 10, 24),
        when=pd.Timestamp(2020, 1, 1, 5),
    )
    figure = KeyFigure("k", float("nan"), 0.0, 1.0, "", "=1+1")
    changed = dataclasses.replace(results, settlements=odd, key_figures=(figure,))
    write_workbook(tmp_path / "o.xlsx", changed)
    book = openpyxl.load_workbook(tmp_path / "o.xlsx")
    _, header, first, *_ = cells(book["settlements"])
    row = dict(zip(header, first, strict=True))
    assert row["endless"] == "inf"
    assert row["big"] == str(2**60)  # more digits than a spreadsheet's number keeps
    assert len(row["long"]) == MOST_CHARACTERS
    assert row["odd"] == "a\ufffdb_x0001_c"  # as the format writes control characters
    assert row["old"] == "1813-10-24"
    assert row["when"] == "2020-01-01 05:00:00"
    assert "=1+1" in [cell for row in cells(book[FIRST_SHEET]) for cell in row]


def test_empty_tables_still_have_their_headers(results, tmp_path):
    bare = dataclasses.replace(
        results,
        settlements=results.settlements.iloc[:0],
        people=results.people.iloc[:0],
        crossings=results.crossings.iloc[:0],
        key_figures=(),
        notes=(),
    )
    write_workbook(tmp_path / "e.xlsx", bare)
    book = openpyxl.load_workbook(tmp_path / "e.xlsx")
    assert cells(book["zones"])[1][:3] == ["line", "side", "distance_m"]
    assert cells(book["zones"])[0][:3] == ["Line", "Side", "Distance (m)"]
    assert cells(book["notes"]) == [["About", "Note", "Count"], ["about", "text", "count"]]


def test_a_folder_that_is_not_there_is_named(results, tmp_path):
    with pytest.raises(OutputError, match=r"x\.xlsx: cannot be written"):
        write_workbook(tmp_path / "no" / "x.xlsx", results)
