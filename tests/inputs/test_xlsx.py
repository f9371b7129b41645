"""Workbooks: each cell as what it is, not as the text that it looks like."""

import datetime as dt
import io
import re
import time
import zipfile

import openpyxl
import pytest
from factories.layers import layers
from factories.refusals import refused

from frontline.errors import LayerError
from frontline.inputs.xlsx import list_workbook_sheets, read_sheet

WANTED = '[settlements]\npath = "p.xlsx"\n'
HEAD = ["name", "lon", "lat", "population"]


def saved(folder, *rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "p.xlsx")


def patched(folder, old, new, part="xl/worksheets/sheet1.xml"):
    path, target = folder / "p.xlsx", io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            text = source.read(name)
            copy.writestr(name, re.sub(old, new, text, count=1) if name == part else text)
    path.write_bytes(target.getvalue())


def test_true_is_not_one_person(tmp_path):
    saved(tmp_path, HEAD, ["A", 46.1, 39.5, True])
    assert "True is not a whole number" in refused(tmp_path, WANTED)


def test_a_formula_that_nobody_computed_is_not_empty(tmp_path):
    saved(tmp_path, HEAD, ["A", 46.1, 39.5, 5], ["B", 46.2, 39.5, "=D2*2"])
    message = refused(tmp_path, WANTED)
    assert "feature 3, field 'population': holds a formula without a value" in message


def test_a_computed_formula_is_its_value(tmp_path):
    saved(tmp_path, HEAD, ["A", 46.1, 39.5, "=2+3"])
    patched(tmp_path, rb"<f>2\+3</f><v\s*/>|<f>2\+3</f><v></v>", b"<f>2+3</f><v>5</v>")
    assert layers(tmp_path, WANTED).settlements["population"].tolist() == [5]


def test_two_columns_of_one_name_are_refused(tmp_path):
    saved(tmp_path, [*HEAD, "population"], ["A", 46.1, 39.5, 5, 6])
    assert "field 'population': stands there twice" in refused(tmp_path, WANTED)


@pytest.mark.parametrize("cell", ["A1048577", "A2000000000", "XFE5"])
def test_a_cell_beyond_the_limits_of_excel_is_refused(tmp_path, cell):
    saved(tmp_path, HEAD, ["A", 46.1, 39.5, 5])
    number = re.sub(r"\D", "", cell).encode()
    patched(
        tmp_path, rb'<row r="2"[^>]*><c r="A2"', b'<row r="%s"><c r="%s"' % (number, cell.encode())
    )
    assert "beyond the limits of Excel" in refused(tmp_path, WANTED)


def test_more_rows_than_excel_has_are_refused_before_they_are_read(tmp_path):
    saved(tmp_path, HEAD, ["A", 46.1, 39.5, 5])
    rows = b'<row ><c t="n"><v>1</v></c></row>' * 1_100_000
    patched(tmp_path, rb"</sheetData>", rows + b"</sheetData>")
    began = time.monotonic()
    assert "the limit of Excel" in refused(tmp_path, WANTED)
    assert time.monotonic() - began < 20


def test_every_kind_of_cell_is_what_it_is(tmp_path):
    saved(
        tmp_path,
        ["text", "whole", "real", "day", "time", "flag", "empty", "wrong"],
        [
            "007",
            7,
            1.5,
            dt.date(2020, 11, 10),
            dt.datetime(2020, 11, 10, 6, 30),
            False,
            None,
            "#N/A",
        ],
    )
    table = read_sheet(tmp_path / "p.xlsx", shown="p.xlsx", sheet="Sheet")
    day, moment = "2020-11-10", "2020-11-10T06:30:00"
    assert table.iloc[0].tolist() == ["007", 7, 1.5, day, moment, False, None, "#N/A"]
    assert table.index.tolist() == [2]


def test_days_are_those_that_the_spreadsheet_shows(tmp_path):
    """As openpyxl reads them, in both calendars."""
    for epoch in (openpyxl.utils.datetime.WINDOWS_EPOCH, openpyxl.utils.datetime.MAC_EPOCH):
        book = openpyxl.Workbook()
        book.epoch = epoch
        book.active.append(["day"])
        days = [dt.date(1904, 3, 1), dt.date(1999, 12, 31), dt.date(2024, 2, 29)]
        for day in days:
            book.active.append([day])
        book.save(tmp_path / "p.xlsx")
        table = read_sheet(tmp_path / "p.xlsx", shown="p.xlsx", sheet="Sheet")
        assert table["day"].tolist() == [str(day) for day in days]


def test_blank_rows_and_columns_are_passed_over(tmp_path):
    saved(tmp_path, [], [None, *HEAD], [], [None, "A", 46.1, 39.5, 5], [None, None])
    table = read_sheet(tmp_path / "p.xlsx", shown="p.xlsx", sheet="Sheet")
    assert table.columns.tolist() == HEAD
    assert table.index.tolist() == [4]
    assert list_workbook_sheets(tmp_path / "p.xlsx", shown="p.xlsx") == ("Sheet",)


def test_a_cell_without_a_name_above_it_is_not_lost(tmp_path):
    saved(tmp_path, HEAD, ["A", 46.1, 39.5, 5, "and this"])
    assert "column E, which has no name" in refused(tmp_path, WANTED)


def test_entities_are_refused(tmp_path):
    saved(tmp_path, HEAD, ["A", 46.1, 39.5, 5])
    patched(tmp_path, rb"<worksheet", b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet')
    with pytest.raises(LayerError, match="declares a document type"):
        read_sheet(tmp_path / "p.xlsx", shown="p.xlsx", sheet="Sheet")


def test_a_number_with_three_decimals_is_that_number(tmp_path):
    saved(tmp_path, HEAD, ["A", 46.1, 39.5, 1.25], ["B", 46.125, 39.5, 3.125])
    assert layers(tmp_path, WANTED).settlements["population"].tolist() == [1, 3]
