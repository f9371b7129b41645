"""Tables: the contract's columns, order of rows, and text files that are the same everywhere."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import json
import math
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from factories.example_results import HOSTILE, example_results
from hypothesis import given
from hypothesis import strategies as st

from frontline.inputs.csv import FORMULA_STARTS, WHAT_IT_IS, read_csv, unguard_formula
from frontline.inputs.formats import open_vector
from frontline.project.layers import RESTRICTABLE
from frontline.results.registry import FURTHER, LAYERS, TABLES
from frontline.results.tables import (
    describe_csv,
    list_columns,
    make_names_unique,
    make_tables,
    rank_source,
    tidy_columns,
    write_cell,
    write_columns_reference,
    write_csv,
)

CONTRACT = {
    "settlements": "id, name, name_alt, lon, lat, population, population_kind, population_date, "
    "population_source, line, side, side_certain, distance_m, azimuth_deg, nearest_lon, "
    "nearest_lat, zone_m, crossed, share_own_side, contested_share, in_sight, posts_in_sight, "
    "posts_within_radius, line_in_sight_km, line_within_radius_km",
    "zones": "line, side, distance_m, kind, area_km2, source, population, population_low, "
    "population_high, settlements, settlements_unknown, coverage, completeness",
    "changes": "from_line, to_line, from_side, to_side, kind, area_km2, area_low, area_high",
    "control_change": "id, name, from_line, to_line, from_side, to_side, control, population, "
    "population_source, distance_before_m, distance_after_m, sight_before, sight_after",
    "claims": "id, source, statement, metric, stated, computed, low, high, unit, verdict, why",
    "lines": "line, date, label, length_km, error_m",
    "sides": "line, side, area_km2",
}


@pytest.mark.parametrize("name", CONTRACT)
def test_the_contracts_columns_come_first_and_in_order(name):
    wanted = CONTRACT[name].split(", ")
    assert TABLES[name].names[: len(wanted)] == wanted


def test_every_table_and_layer_has_a_title_and_columns_described_once():
    for table in (*TABLES.values(), *LAYERS.values()):
        assert table.title
        assert table.sentence.endswith(".")
        columns, names = table.columns, table.all_names
        assert len(names) == len(set(names))
        assert all(column.alias and column.description for column in columns)


def test_tables_have_the_columns_then_the_users_own():
    frames = make_tables(example_results())
    for name, frame in frames.items():
        wanted = TABLES[name].names
        assert list(frame.columns)[: len(wanted)] == wanted
        assert "geometry" not in frame.columns
        assert list(frame.index) == list(range(len(frame)))
    assert list(frames["settlements"].columns)[-1] == "pcode"
    assert frames["settlements"]["population"].dtype == "Int64"
    assert frames["settlements"]["side_certain"].dtype == "boolean"


def test_the_order_of_the_input_does_not_show():
    results = example_results()
    shuffled = dataclasses.replace(
        results,
        settlements=results.settlements.sample(frac=1, random_state=3),
        people=results.people.sample(frac=1, random_state=4),
        changes=results.changes.sample(frac=1, random_state=5),
        corridor_km=results.corridor_km.sample(frac=1, random_state=6),
        crossings=results.crossings.iloc[::-1],
        sides=results.sides.iloc[::-1],
    )
    for name, frame in make_tables(results).items():
        pd.testing.assert_frame_equal(frame, make_tables(shuffled)[name])


def test_rows_follow_the_projects_lines_sides_and_sources():
    zones = make_tables(example_results())["zones"]
    assert list(zones["line"].unique()) == ["line_a", "line_b"]
    assert list(zones["side"].unique()) == ["Upper side", "Lower side"]
    assert list(zones["source"][:3]) == ["settlements", "settlements:registered", "raster:grid"]
    corridors = make_tables(example_results())["corridors"]
    assert np.isnan(corridors["distance_m"][0])  # the whole side comes first


def test_sources_are_ranked_settlements_first():
    sources = [
        "stated:S1",
        "districts:registered",
        "districts",
        "raster:b",
        "raster:a",
        "settlements:registered",
        "zz",
    ]
    wanted = ["settlements", "settlements:registered", "raster:a", "raster:b", "districts"]
    wanted += ["districts:registered", "stated:S1", "zz"]
    assert sorted([*sources, "settlements"], key=rank_source) == wanted


def test_a_missing_column_is_added_empty_with_its_type():
    frame = tidy_columns(
        pd.DataFrame({"id": [1, 2], "mine": ["a", "b"]}), columns=TABLES["settlements"].columns
    )
    assert list(frame["id"]) == ["1", "2"]
    assert frame["population"].isna().all()
    assert frame["population"].dtype == "Int64"
    assert frame["distance_m"].dtype == "float64"
    assert frame.columns[-1] == "mine"
    empty = tidy_columns(pd.DataFrame(), columns=TABLES["zones"].columns)
    assert len(empty) == 0
    assert len(empty.columns) == len(TABLES["zones"].columns)


def test_dates_become_text_whatever_they_were():
    for value in (dt.date(2020, 11, 10), pd.Timestamp(2020, 11, 10), "2020-11-10"):
        frame = tidy_columns(
            pd.DataFrame({"line": ["a"], "date": [value]}), columns=TABLES["lines"].columns
        )
        assert frame["date"][0] == "2020-11-10"


def test_every_number_survives_the_file(tmp_path):
    frame = pd.DataFrame(
        {
            "float": [0.1 + 0.2, -1.5, np.nan, np.inf, -np.inf, -0.0, 1e300],
            "integer": pd.array([1, None, -3, 2**62, 0, 7, 8], dtype="Int64"),
            "truth": pd.array([True, False, None, True, True, True, True], dtype="boolean"),
            "text": ["-5", "+1", "=1", "@x", "\ttab", "\rcr", None],
        }
    )
    write_csv(frame, tmp_path / "t.csv")
    raw = (tmp_path / "t.csv").read_bytes()
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8"), newline="")))
    assert rows[1] == ["0.3", "1", "true", "'-5"]
    assert rows[2] == ["-1.5", "", "false", "'+1"]  # a negative number stays a number
    assert rows[3] == ["", "-3", "", "'=1"]
    assert rows[4] == ["INF", str(2**62), "true", "'@x"]
    assert rows[5] == ["-INF", "0", "true", "'\ttab"]
    assert rows[6] == ["0.0", "7", "true", "'\rcr"]
    assert rows[7] == ["1e+300", "8", "true", ""]
    assert raw.endswith(b"\n")
    assert b"\r\n" not in raw


def test_a_column_is_written_cell_by_cell_alike(tmp_path):
    """What stands there twice is written once; what Python takes for equal stays apart."""
    numbers = [0.1, -0.0, 0.0, np.nan, 0.1, np.inf, 2.0]
    frame = pd.DataFrame(
        {
            "mixed": pd.Series([True, 1, 1.0, "1", None, 0, False], dtype="object"),
            "float": numbers,
            "single": np.array(numbers, dtype=np.float32),
            "whole": pd.array([3, None, 3, -2, 0, 2**62, 3], dtype="Int64"),
            "plain": np.array([True, False, True, True, False, False, True]),
            "day": pd.to_datetime(["2020-01-02", None, *["2020-01-02 03:04"] * 5], format="mixed"),
            "text": ["a,b", 'q"q', "=1", "a,b", "", "\n", "-"],
            "kind": pd.Categorical(["x", "y", "x", None, "x", "y", "y"]),
        }
    )
    write_csv(frame, tmp_path / "t.csv")
    expected = io.StringIO(newline="")
    writer = csv.writer(expected, lineterminator="\n")
    writer.writerow(frame.columns)
    for row in frame.to_numpy(dtype=object):
        writer.writerow([write_cell(value) for value in row])
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        assert file.read() == expected.getvalue()


def test_the_tables_of_results_are_made_once_and_anew_for_others():
    results = example_results()
    first, again = make_tables(results), make_tables(results)
    assert all(again[name] is frame for name, frame in first.items())
    fewer = dataclasses.replace(results, notes=())
    assert len(make_tables(fewer)["notes"]) == 0
    assert len(first["notes"]) > 0


def test_names_full_of_traps_come_back_letter_by_letter(tmp_path):
    frame = make_tables(example_results())["settlements"]
    write_csv(frame, tmp_path / "s.csv")
    with (tmp_path / "s.csv").open(encoding="utf-8", newline="") as file:
        names = [row["name"] for row in csv.DictReader(file)][::2]
    assert [name.removeprefix("'") for name in names] == list(HOSTILE)


def test_a_header_is_made_harmless_and_a_lone_surrogate_does_not_stop_the_file(tmp_path):
    write_csv(pd.DataFrame({"=1+1": ["a\ud800b"]}, dtype="object"), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == "'=1+1\na?b\n"


@given(st.text())
def test_no_text_cell_starts_a_formula(text):
    written = write_cell(text)
    assert not written.startswith(FORMULA_STARTS)
    assert written in (text, f"'{text}")
    assert unguard_formula(written) == text


@given(st.text(alphabet="'=+-@a\t\r"))
def test_an_apostrophe_put_before_a_text_is_taken_off_and_no_other(text):
    assert unguard_formula(write_cell(text)) == text
    assert unguard_formula(f"'{text}") == (
        text if text.lstrip("'")[:1] in FORMULA_STARTS else f"'{text}"
    )


def test_our_own_reader_reads_what_our_tables_write(tmp_path):
    names = [*HOSTILE, "'=x", "''-5", "'Ayn", "-12"]
    write_csv(pd.DataFrame({"=name": names}, dtype="object"), tmp_path / "t.csv")
    with open_vector(tmp_path / "t.csv", shown="t.csv") as file:
        back = read_csv(file)
    assert list(back.columns) == ["=name"]
    assert list(back["=name"]) == names


def test_what_the_apostrophe_is_stands_beside_the_tables():
    assert json.loads(describe_csv({}, title="T"))["dc:description"] == WHAT_IT_IS
    assert WHAT_IT_IS in write_columns_reference()


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_written_with_the_digits_that_data_carry(number):
    back = float(write_cell(np.float64(number)))
    assert back == (number if number.is_integer() else pytest.approx(number, rel=5e-10, abs=5e-324))
    assert write_cell(np.float64(number)) == write_cell(number) == write_cell(back)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False))
def test_rounding_keeps_the_order_of_figures(one, other):
    low, high = sorted((one, other))
    assert float(write_cell(low)) <= float(write_cell(high)) or math.isclose(
        low, high, rel_tol=1e-9
    )


def test_digits_by_hand():
    assert write_cell(1071.2261561669575) == "1071.226156"
    assert write_cell(46.75123456789) == "46.75123457"
    assert write_cell(0.000123456789012) == "0.000123456789"
    assert write_cell(12345678901234.0) == "12345678901234.0"  # whole numbers are never changed


def test_csvw_names_keys_and_only_those_that_hold():
    frames = make_tables(example_results())
    group = {
        t["url"]: t["tableSchema"] for t in json.loads(describe_csv(frames, title=""))["tables"]
    }
    assert group["lines.csv"]["primaryKey"] == ["line"]
    assert group["zones.csv"]["primaryKey"] == ["line", "side", "distance_m", "kind", "source"]
    assert group["settlements.csv"]["foreignKeys"] == [
        {
            "columnReference": ["line"],
            "reference": {"resource": "lines.csv", "columnReference": ["line"]},
        }
    ]
    twice = {**frames, "lines": pd.concat([frames["lines"]] * 2)}
    group = {
        t["url"]: t["tableSchema"] for t in json.loads(describe_csv(twice, title=""))["tables"]
    }
    assert "primaryKey" not in group["lines.csv"]
    assert "foreignKeys" not in group["settlements.csv"]
    alone = json.loads(describe_csv({"zones": frames["zones"]}, title=""))["tables"][0]
    assert "foreignKeys" not in alone["tableSchema"]


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1))
def test_any_text_reads_back_cell_by_cell(rows):
    folder = Path(tempfile.mkdtemp())
    write_csv(pd.DataFrame(rows, columns=["a", "b"], dtype="object"), folder / "t.csv")
    with (folder / "t.csv").open(encoding="utf-8", newline="") as file:
        back = list(csv.reader(file))[1:]
    shutil.rmtree(folder)
    assert back == [[write_cell(text) for text in row] for row in rows]


def test_numbers_of_every_kind():
    assert write_cell(np.int16(-4)) == "-4"
    assert write_cell(np.float32(0.5)) == "0.5"
    assert write_cell(np.True_) == "true"
    assert write_cell(dt.date(1994, 5, 12)) == "1994-05-12"
    assert (
        write_cell(pd.NaT)
        == write_cell(pd.NA)
        == write_cell(None)
        == write_cell(float("nan"))
        == ""
    )


def test_csvw_names_every_column_of_every_file(tmp_path):
    frames = make_tables(example_results())
    frames["settlements"]["my column-~"] = 1
    group = json.loads(describe_csv(frames, title="T"))
    assert [table["url"] for table in group["tables"]] == [f"{name}.csv" for name in frames]
    for table, (name, frame) in zip(group["tables"], frames.items(), strict=True):
        write_csv(frame, tmp_path / table["url"])
        with (tmp_path / table["url"]).open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        columns = table["tableSchema"]["columns"]
        assert [column["titles"][0] for column in columns] == header
        assert len({column["name"] for column in columns}) == len(columns), name
        assert not any(set("- ~") & set(column["name"]) for column in columns)
    zones = {c["name"]: c for c in group["tables"][2]["tableSchema"]["columns"]}
    assert zones["population"]["schema:unitText"] == "people"
    assert zones["distance_m"]["datatype"] == "double"


def test_a_users_column_is_described_by_its_type():
    frame = pd.DataFrame({"n": [1], "x": [0.5], "t": ["a"], "b": [True], "below_accuracy": [True]})
    types = {column.name: column.type for column in list_columns(frame, table="zones")}
    assert types == {
        "n": "integer",
        "x": "number",
        "t": "text",
        "b": "boolean",
        "below_accuracy": "boolean",
    }
    assert list_columns(frame, table="zones")[-1] is FURTHER["below_accuracy"]


def test_names_that_a_format_takes_for_the_same_are_told_apart():
    assert make_names_unique(["fid", "NAME", "name", "Geom", "name_2", "", "a\x00b"]) == [
        "fid_2",
        "NAME",
        "name_2",
        "Geom_2",
        "name_2_2",
        "column",
        "a_b",
    ]


@given(st.lists(st.text(max_size=4)))
def test_renamed_columns_never_meet(names):
    renamed = make_names_unique(names)
    folded = [name.casefold() for name in renamed]
    assert len(renamed) == len(names)
    assert len(set(folded)) == len(folded)
    assert not {"fid", "geom", ""} & set(folded)


def test_the_reference_names_every_column():
    text = write_columns_reference()
    for group in (TABLES, LAYERS):
        for name, table in group.items():
            assert f"### `{name}" in text
            assert all(f"| `{column}` |" in text for column in table.all_names)


def test_every_table_says_what_it_lists_and_which_columns_tell_its_rows_apart():
    for table in (*TABLES.values(), *LAYERS.values()):
        assert table.lists is not None, table.name
        assert set(table.lists) <= {*RESTRICTABLE, "study_area"}, table.name
        assert set(table.key) <= set(table.names), table.name
        assert table.key or not table.ordered
        for foreign in table.foreign:
            other = TABLES[foreign.table]
            assert set(foreign.columns) <= set(table.names), table.name
            assert set(foreign.referenced) <= set(other.names)
            assert len(foreign.columns) == len(foreign.referenced)


def test_a_key_tells_rows_apart_and_a_foreign_key_finds_its_row():
    frames = make_tables(example_results())
    for name, frame in frames.items():
        table = TABLES[name]
        if table.key:
            assert not frame.duplicated(list(table.key)).any(), name
        for foreign in table.foreign:
            rows = frame[list(foreign.columns)].dropna()
            held = frames[foreign.table][list(foreign.referenced)]
            held = set(held.itertuples(index=False, name=None))
            if name in {"sides", "zones"}:
                assert set(rows.itertuples(index=False, name=None)) <= held, (name, foreign)
