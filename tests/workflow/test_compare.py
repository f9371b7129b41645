"""Two runs against each other: every kind of difference, its reason, and nothing else."""

import hashlib
import json
import subprocess
import sys

import pytest

from frontline.errors import OutputError
from frontline.workflow.compare import compare, list_as_json, write_as_text

ZONES = "line,side,distance_m,kind,area_km2,source,population\n"
FIGURES = "id,value,low,high,unit,sentence\n"


def made_run(folder, *, tables, inputs=None, parameters=None, versions=None, **further):
    """Write a folder as a run leaves it, as far as a comparison looks at it."""
    (folder / "tables").mkdir(parents=True)
    outputs = {}
    for name, text in tables.items():
        (folder / f"tables/{name}.csv").write_text(text, encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        outputs[f"tables/{name}.csv"] = {"sha256": digest, "bytes": len(text.encode())}
    facts = {
        "schema": 1,
        "command": "run",
        "public": False,
        "inputs": inputs or {"a.gpkg": "1" * 64},
        "parameters": parameters or {"title": "T"},
        "versions": versions or {"numpy": "2.3"},
        "outputs": outputs,
        **further,
    }
    (folder / "manifest.json").write_text(json.dumps(facts), encoding="utf-8")
    return folder


def test_a_run_equals_itself(tmp_path):
    tables = {"zones": ZONES + "l,s,5000.0,ring,1.5,settlements,10\n"}
    one = made_run(tmp_path / "one", tables=tables)
    two = made_run(tmp_path / "two", tables=tables)
    found = compare(one, after=two)
    assert found.same
    assert found.reasons == found.problems == ()
    assert "no figure differs" in "\n".join(write_as_text(found))
    assert list_as_json(found)["tables"] == {}


def test_a_figure_that_differs_is_named_with_its_row(tmp_path):
    row = "l,s,5000.0,ring,{area},settlements,{people}\n"
    one = made_run(tmp_path / "1", tables={"zones": ZONES + row.format(area=2, people=10)})
    two = made_run(tmp_path / "2", tables={"zones": ZONES + row.format(area=2, people=15)})
    (table,) = compare(one, after=two).tables
    (cell,) = table.cells
    assert cell.row == {
        "line": "l",
        "side": "s",
        "distance_m": "5000.0",
        "kind": "ring",
        "source": "settlements",
    }
    assert (cell.column, cell.before, cell.after) == ("population", "10", "15")
    text = "\n".join(write_as_text(compare(one, after=two)))
    assert "population 10 -> 15 (+50.00%)" in text
    assert "Nothing explains the difference" in text


def test_the_order_of_rows_and_the_last_digit_do_not_matter(tmp_path):
    rows = ["l,s,5000.0,ring,2.0,settlements,10\n", "l,t,5000.0,ring,3.0,settlements,20\n"]
    one = made_run(tmp_path / "1", tables={"zones": ZONES + "".join(rows)})
    turned = "".join(reversed(rows)).replace("3.0", "3.0000000000001").replace(",10\n", ",10.0\n")
    two = made_run(tmp_path / "2", tables={"zones": ZONES + turned})
    assert compare(one, after=two).same


def test_text_that_looks_different_differs(tmp_path):
    one = made_run(tmp_path / "1", tables={"notes": "about,text,count\na,b,1\n"})
    two = made_run(tmp_path / "2", tables={"notes": "about,text,count\na,c,1\n"})
    (table,) = compare(one, after=two).tables
    assert len(table.only_before) == len(table.only_after) == 1


def test_rows_columns_and_tables_of_one_run_only(tmp_path):
    row = "l,s,5000.0,ring,2,settlements,10\n"
    one = made_run(tmp_path / "1", tables={"zones": ZONES + row})
    more = ZONES.strip() + ",own\n" + row.strip() + ",x\n" + row.replace("5000", "9000").strip()
    two = made_run(tmp_path / "2", tables={"zones": more + ",y\n", "claims": "id,why\nC1,w\n"})
    found = {table.name: table for table in compare(one, after=two).tables}
    assert found["zones"].columns_after == ("own",)
    assert [row["distance_m"] for row in found["zones"].only_after] == ["9000.0"]
    assert found["zones"].cells == ()
    assert found["claims"].only_after == ({"id": "C1", "why": "w"},)
    back = {table.name: table for table in compare(two, after=one).tables}
    assert back["zones"].columns_before == ("own",)


def test_a_row_listed_twice_is_compared_with_its_like(tmp_path):
    row = "l,s,5000.0,ring,{},settlements,10\n"
    one = made_run(tmp_path / "1", tables={"zones": ZONES + row.format(1) + row.format(2)})
    two = made_run(tmp_path / "2", tables={"zones": ZONES + row.format(1) + row.format(3)})
    (table,) = compare(one, after=two).tables
    assert [(cell.before, cell.after) for cell in table.cells] == [("2", "3")]


def test_every_reason_is_named_once(tmp_path):
    lines = [{"key": "old", "error_m": 500.0}, {"key": "new", "error_m": 2000.0}]
    changed = [{"key": "new", "error_m": 1000.0}, {"key": "old", "error_m": 500.0}]
    one = made_run(
        tmp_path / "1",
        tables={},
        inputs={"a.gpkg": "1", "b.gpkg": "1"},
        parameters={"lines": lines, "zones": {"distances_m": [5000.0, 10000.0]}, "claims": None},
        versions={"numpy": "2.3", "GDAL of rasterio": "3.9"},
    )
    two = made_run(
        tmp_path / "2",
        tables={},
        inputs={"a.gpkg": "2", "c.gpkg": "1"},
        parameters={"lines": changed, "zones": {"distances_m": [5000.0]}, "claims": "c.toml"},
        versions={"numpy": "2.4", "GDAL of rasterio": "3.9"},
        command="demo",
    )
    found = {
        (reason.kind, reason.name): (reason.before, reason.after)
        for reason in compare(one, after=two).reasons
    }
    assert found == {
        ("request", "command"): ("run", "demo"),
        ("input", "a.gpkg"): ("1", "2"),
        ("input", "b.gpkg"): ("1", "(absent)"),
        ("input", "c.gpkg"): ("(absent)", "1"),
        ("parameter", "lines[new].error_m"): ("2000", "1000"),
        ("parameter", "zones.distances_m"): ("[5000, 10000]", "[5000]"),
        ("parameter", "claims"): ("unset", "c.toml"),
        ("version", "numpy"): ("2.3", "2.4"),
    }
    text = "\n".join(write_as_text(compare(one, after=two)))
    assert "input b.gpkg: only in the run before" in text
    assert "parameter lines[new].error_m: 2000 -> 1000" in text


def test_key_figures_come_first_and_whole(tmp_path):
    rows = "".join(f"f{n},{n + 1},0,9,people,Sentence {n}.\n" for n in range(12))
    zones = {"zones": ZONES + "l,s,1,ring,1,settlements,1\n"}
    one = made_run(tmp_path / "1", tables={"key_figures": FIGURES + rows, **zones})
    more = rows.replace(",0,9,", ",1,9,")
    zones = {"zones": ZONES + "l,s,1,ring,2,settlements,1\n"}
    two = made_run(tmp_path / "2", tables={"key_figures": FIGURES + more, **zones})
    lines = write_as_text(compare(one, after=two))
    assert sum("low 0 -> 1" in line for line in lines) == 12
    assert lines.index(next(x for x in lines if "key_figures:" in x)) < lines.index(
        next(x for x in lines if "zones:" in x)
    )


def test_a_folder_changed_by_hand_is_said_to_be(tmp_path):
    tables = {"zones": ZONES}
    wrong = {"outputs": {"tables/zones.csv": {"sha256": "0" * 64}}}
    one, two = (
        made_run(tmp_path / "1", tables=tables),
        made_run(tmp_path / "2", tables=tables, **wrong),
    )
    assert "zones.csv: not as written" in compare(one, after=two).problems[0]


def test_infinity_and_empty_cells(tmp_path):
    row = "l,s,1,ring,{},settlements,{}\n"
    one = made_run(tmp_path / "1", tables={"zones": ZONES + row.format("INF", "")})
    two = made_run(tmp_path / "2", tables={"zones": ZONES + row.format("2", "7")})
    found = compare(one, after=two)
    assert [cell["change"] for cell in list_as_json(found)["tables"]["zones"]["cells"]] == [
        None,
        None,
    ]
    assert "population (empty) -> 7" in "\n".join(write_as_text(found))


def test_what_is_no_run_is_refused(tmp_path):
    one = made_run(tmp_path / "1", tables={})
    with pytest.raises(OutputError, match="no manifest of a finished run"):
        compare(one, after=tmp_path)
    broken = made_run(tmp_path / "2", tables={"zones": "a,b\n1\n"})
    with pytest.raises(OutputError, match=r"zones\.csv: cannot be read as a table"):
        compare(one, after=broken)


def test_the_command_ends_with_0_and_prints_json(tmp_path):
    one = made_run(tmp_path / "1", tables={"zones": ZONES + "l,s,1,ring,1,settlements,1\n"})
    two = made_run(tmp_path / "2", tables={"zones": ZONES + "l,s,1,ring,2,settlements,1\n"})
    command = [sys.executable, "-m", "frontline", "diff", str(one), str(two)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "area_km2 1 -> 2 (+100.00%)" in done.stdout
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["tables"]["zones"]["cells"][0]["change"] == 1


def test_rows_match_where_only_figures_or_the_spelling_of_a_distance_changed(tmp_path):
    head = "line,side,distance_m,kind,source,population,population_low,population_high\n"
    row = "front,A,{},cumulative,settlements,{},{},{}\n"
    one = {"zones": head + row.format(5000, 287413, 267000, 307000)}
    two = {"zones": head + row.format("5000.0", 310222, 290000, 331000)}
    for tables in (one, two):  # a table without keys of its own is matched by what names its rows
        count = "3" if tables is one else "4"
        tables["own"] = f"part,distance_m,road_km,why\nnorth,5000,{count}.25,it is {count}\n"
    found = compare(
        made_run(tmp_path / "1", tables=one), after=made_run(tmp_path / "2", tables=two)
    )
    assert all(not table.only_before and not table.only_after for table in found.tables)
    text = "\n".join(write_as_text(found))
    # half the interval is 20,000: the report prints ten thousands
    assert "population 290,000 -> 310,000 (+7.94%)" in text
    assert "north, 5000: road_km 3.25 -> 4.25" in text


def test_a_difference_below_what_is_printed_is_shown_in_full(tmp_path):
    head = "line,side,area_km2\n"
    one = made_run(tmp_path / "1", tables={"sides": f"{head}front,A,1234.5\n"})
    two = made_run(tmp_path / "2", tables={"sides": f"{head}front,A,1234.6\n"})
    assert "area_km2 1234.5 -> 1234.6" in "\n".join(write_as_text(compare(one, after=two)))
