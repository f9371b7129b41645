"""What names of files and columns say: dates in any order, codes, names and holders of any kind."""

import datetime as dt

import pandas as pd
import pytest
import shapely
from factories.layers import AREA, LINE, frame, places, write
from hypothesis import given
from hypothesis import strategies as st

from frontline.project.loader import load_project
from frontline.workflow.check import check
from frontline.workflow.recognition import find_code, find_date, find_name, find_people, hxl_columns
from frontline.workflow.scaffold import init


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("front_2020-11-10", "2020-11-10"),
        ("front20201110", "2020-11-10"),
        ("front 24.02.2022", "2022-02-24"),
        ("front_24-02-2022", "2022-02-24"),
        ("front_24022022", "2022-02-24"),
        ("front_feb_24_2022", "2022-02-24"),
        ("24 février 2022", "2022-02-24"),
        ("24. März 2022", "2022-03-24"),
        ("front 24 лютого 2022", "2022-02-24"),
        ("5 мая 2023", "2023-05-05"),
        ("a 02.24.2022", "2022-02-24"),
        ("10.10.2010", "2010-10-10"),
        ("2022-02-24T06_00", "2022-02-24"),
        ("2020-13-40", ""),
        ("31.02.2022", ""),
        ("road 66", ""),
        ("120201110", ""),
        ("buffer_2000m", ""),
    ],
)
def test_a_whole_day_is_read_in_any_order_and_nothing_else_is(text, date):
    assert find_date(text).date == date
    assert find_date(text).remark == ""


@pytest.mark.parametrize(
    ("text", "date", "words"),
    [
        ("line_1994", "1994-01-01", "year only"),
        ("control 2021.03", "2021-03-01", "month only"),
        ("Feb2022", "2022-02-01", "month only"),
        ("03.04.2022", "2022-01-01", "2022-03-04 or 2022-04-03"),
        ("2021-12-24 to 2022-03-24", "", "2021-12-24 or 2022-03-24"),
    ],
)
def test_what_is_no_whole_day_has_a_remark(text, date, words):
    assert find_date(text).date == date
    assert words in find_date(text).remark


@given(
    day=st.dates(dt.date(1950, 1, 1), dt.date(2049, 12, 31)),
    pattern=st.sampled_from(["%Y%m%d", "%Y-%m-%d", "%d.%m.%Y", "%d_%b_%Y", "%B %d %Y", "%d%m%Y"]),
)
def test_a_date_is_never_invented(day, pattern):
    found = find_date(f"front {day.strftime(pattern)} v2")
    assert found.date == day.isoformat() or day.isoformat() in found.remark


@pytest.mark.parametrize("name", ["front 24.02.2022", "front_24-02-2022", "front_feb_24_2022"])
def test_init_takes_the_day_from_the_name(tmp_path, name):
    write(frame(LINE), tmp_path / f"{name}.geojson")
    init(tmp_path)
    assert load_project(tmp_path).lines[0].date == dt.date(2022, 2, 24)
    assert "yours to say" not in (tmp_path / "project.toml").read_text().split("[[lines]]")[1][:200]


@pytest.mark.parametrize("name", ["front 03.04.2022", "front 2022", "front"])
def test_init_says_that_a_date_is_yours_to_say(tmp_path, name):
    write(frame(LINE), tmp_path / f"{name}.geojson")
    said = "\n".join(init(tmp_path))
    assert "# yours to say" in (tmp_path / "project.toml").read_text()
    assert ". Change 20" in said


def test_columns_of_any_language_are_found():
    table = pd.DataFrame(
        {
            "OBJECTID": [1, 2],
            "ADM1_FR": ["Nord", "Sud"],
            "ADM2_FR": ["Alpha", "Beta"],
            "ADM1_PCODE": ["X1", "X1"],
            "ADM2_PCODE": ["X101", "X102"],
            "T_TL": [10, 20],
        }
    )
    assert find_name(list(table), table=table) == ("ADM2_FR", True)
    assert find_code(list(table)) == "ADM2_PCODE"
    assert find_people(["OBJECTID", "POP_2015"]) == "POP_2015"
    other = pd.DataFrame({"P_CODE": ["TL1", "TL2"], "T_TL": ["Dili", "Baucau"], "n": [1, 2]})
    assert find_name(list(other), table=other) == ("T_TL", True)
    assert find_code(list(other)) == "P_CODE"
    unsaid = pd.DataFrame({"x1": ["Dili", "Baucau"], "x2": ["a", "a"]})
    assert find_name(list(unsaid), table=unsaid) == ("x1", False)


def test_districts_with_french_names_are_mapped(tmp_path):
    write(frame(AREA), tmp_path / "aoi.geojson")
    write(frame(AREA, ADM3_FR=["Alpha"], ADM3_PCODE=["X1"]), tmp_path / "cod_admin3.gpkg")
    said = "\n".join(init(tmp_path))
    assert load_project(tmp_path).districts.columns == {"name": "ADM3_FR", "code": "ADM3_PCODE"}
    assert "cod_admin3.gpkg is districts" in said
    assert "; sure)" in said


def test_label_points_are_no_settlements(tmp_path):
    labels = places(ADM2_EN=["a", "b", "c"], ADM2_PCODE=["1", "2", "3"])
    write(labels.drop(columns="population"), tmp_path / "xyz_admbndp_adm2.gpkg")
    said = "\n".join(init(tmp_path))
    assert "Not used: xyz_admbndp_adm2.gpkg (label points" in said


def test_tags_of_hxl_name_the_columns():
    table = pd.DataFrame(
        {"Lieu": ["#loc+name", "A"], "N": ["#population", "5"], "Y": ["#geo+lat", "39"]}
    )
    assert dict(hxl_columns(table)) == {"name": "Lieu", "population": "N", "lat": "Y"}
    assert hxl_columns(table.iloc[1:]) == {}
    assert hxl_columns(table.iloc[:0]) == {}


def test_a_table_with_tags_of_hxl_is_settlements(tmp_path):
    text = "Lieu,Total,Y,X\n#loc+name,#population,#geo+lat,#geo+lon\nA,100,39.5,46.1\n"
    (tmp_path / "villages.csv").write_text(text)
    said = "\n".join(init(tmp_path))
    assert "villages.csv is settlements" in said
    expected = {"name": "Lieu", "population": "Total", "lon": "X", "lat": "Y"}
    assert load_project(tmp_path).settlements.columns == expected


def test_polygons_of_one_side_are_lines_with_the_rest(tmp_path):
    write(frame(AREA), tmp_path / "aoi.geojson")
    west = shapely.box(46, 39, 46.5, 40)
    write(frame(west, type=["x"]), tmp_path / "occupied_20240808.geojson")
    said = "\n".join(init(tmp_path))
    line = load_project(tmp_path).lines[0]
    assert (line.held_by, line.rest_side) == ("Side A", "Side B")
    assert line.date == dt.date(2024, 8, 8)
    assert "the land of one side; likely" in said
    assert check(tmp_path)[-1] == "No problems found."
