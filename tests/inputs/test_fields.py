"""Cells that can be read in two ways, modelled people, tags of HXL, letters that do not fit."""

import pytest
import shapely
from factories.layers import frame, layers, places, said, with_places
from factories.refusals import refused
from hypothesis import given
from hypothesis import strategies as st

from frontline.inputs.fields import convert_cells
from frontline.inputs.lettering import doubt_lettering
from frontline.project.layers import FLOWS, SETTLEMENTS

CSV = '[settlements]\npath = "p.csv"\n'


def table(folder, text, encoding="utf-8"):
    (folder / "p.csv").write_bytes(text.encode(encoding))
    return folder


def people(folder, *cells):
    rows = [f'P{at};46.{at + 1};39.5;"{cell}"' for at, cell in enumerate(cells)]
    table(folder, "\n".join(["name;lon;lat;population", *rows]))
    return layers(folder, CSV)


@pytest.mark.parametrize(
    ("cell", "readings"),
    [
        ("1.000", "1000 or as 1 "),
        ("15.000", "15000 or as 15 "),
        ("1.250", "1250 or as 1.25 "),
        ("1,000", "1000 or as 1 "),
        ("999,999", "999999 or as 999.999 "),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_with_both(tmp_path, cell, readings):
    with pytest.raises(Exception, match="can be read as " + readings):
        people(tmp_path, "350", cell)
    message = refused_in_geopackage(tmp_path, cell)
    assert f"can be read as {readings}" in message


def refused_in_geopackage(folder, cell):
    from factories.layers import write

    write(places(population=["5", cell, "7"]), folder / "t.gpkg")
    return refused(folder, '[settlements]\npath = "t.gpkg"')


@pytest.mark.parametrize("cell", ["1.234.567", "1 200", "12’000", "1,23,456", "1\u066c200"])
def test_what_can_only_be_thousands_is_refused_with_the_number(tmp_path, cell):
    bare = "".join(char for char in cell if char.isdigit())
    assert f"Write {bare}" in refused_in_geopackage(tmp_path, cell)


def test_modelled_people_are_rounded_and_counted_once(tmp_path):
    found = people(tmp_path, "1234.56", "0.4", "12.500", "7", "1e5", "8.0", "")
    assert found.settlements["population"].fillna(-1).tolist() == [1235, 0, 13, 7, 100_000, 8, -1]
    assert "Figures of 'population' with decimals (modelled people) are rounded. [3]" in said(found)


def test_decimals_of_a_column_of_numbers_are_rounded(tmp_path):
    found = with_places(tmp_path, places(population=[1.25, 2.5, 1200.0]))
    assert found.settlements["population"].tolist() == [1, 3, 1200]


@given(st.integers(0, 9_999_999))
def test_digits_are_that_number_and_marks_never_another(number):
    class Frame:
        pass

    import pandas as pd

    def read(cell):
        cells = pd.DataFrame({"name": ["a"], "population": [cell]})
        done = convert_cells(
            cells, columns=SETTLEMENTS.columns, fault=lambda text, **_: ValueError(text)
        )
        return done.table["population"].iloc[0] if not done.problems else None

    assert read(str(number)) == number
    assert read(f"{number}.0") == number
    for mark in ",.' ":
        assert read(f"{number:,}".replace(",", mark)) == (number if number < 1000 else None)


def test_amounts_of_flows_are_not_read_as_thousandths():
    import pandas as pd

    cells = pd.DataFrame({"what": ["a", "b"], "amount": ["1.200", "12.000"]})
    done = convert_cells(cells, columns=FLOWS.columns, fault=lambda text, **_: ValueError(text))
    assert [str(problem).split(" (", maxsplit=1)[0] for problem in done.problems] == [
        "'1.200' has separators that can be read as 1200 or as 1.2",
        "'12.000' has separators that can be read as 12000 or as 12",
    ]
    plain = pd.DataFrame({"what": ["a", "b"], "amount": ["1.200", "12.5"]})
    done = convert_cells(plain, columns=FLOWS.columns, fault=lambda text, **_: ValueError(text))
    assert done.table["amount"].tolist() == [1.2, 12.5]


def test_degrees_are_never_thousands(tmp_path):
    table(tmp_path, "name,lon,lat,rate\nA,46.123,39.456,12.345\n")
    found = layers(tmp_path, CSV).settlements
    assert found["rate"].tolist() == [12.345]


@pytest.mark.parametrize(
    ("cell", "advice"),
    [
        ("31/12/2020", "Write 2020-12-31, as is meant."),
        ("12/31/2020", "Write 2020-12-31, as is meant."),
        ("05.06.2020", "Write 2020-06-05 or 2020-05-06, as is meant."),
        ("99.99.2020", "Rewrite it."),
    ],
)
def test_a_date_in_another_order_is_refused_with_its_readings(tmp_path, cell, advice):
    from factories.layers import write

    write(places(population_date=["2020", cell, "2019-01"]), tmp_path / "t.gpkg")
    assert advice in refused(tmp_path, '[settlements]\npath = "t.gpkg"')


# tags of HXL, and a line for Excel


def test_a_row_of_tags_is_no_place(tmp_path):
    text = "name,lon,lat,Pop\n#loc+name,#geo+lon,#geo+lat,#population\nA,46.1,39.5,7\n"
    found = layers(table(tmp_path, text), CSV)
    assert found.settlements["population"].tolist() == [7]
    assert "tags of HXL and is no data" in said(found)


def test_columns_are_found_by_their_tags(tmp_path):
    text = (
        "Localité,Est,Nord,Habitants,Femmes,Obs\n"
        "#loc +name,#geo+lon,#geo+lat,#population,#population+f,\n"
        "A,46.1,39.5,7,4,x\nB,46.2,39.5,9,5,\n"
    )
    found = layers(table(tmp_path, text), CSV)
    assert found.settlements["name"].tolist() == ["A", "B"]
    assert found.settlements["population"].tolist() == [7, 9]
    assert "Column 'Est' is read as 'lon', by its tag #geo" in said(found)


def test_what_the_project_or_the_names_say_comes_before_the_tags(tmp_path):
    text = "name,lon,lat,a,b\n#adm,#geo+lat,#geo+lon,#population,\nA,46.1,39.5,7,8\n"
    found = layers(table(tmp_path, text), CSV + 'columns = { population = "b" }')
    assert found.settlements["population"].tolist() == [8]
    lonlat = found.plane.to_lonlat(found.settlements.geometry.to_numpy())[0]
    assert lonlat.equals_exact(shapely.Point(46.1, 39.5), 1e-6)


def test_a_place_whose_name_begins_like_a_tag_is_a_place(tmp_path):
    found = layers(table(tmp_path, "name,lon,lat,population\n#1,46.1,39.5,7\n"), CSV)
    assert found.settlements["name"].tolist() == ["#1"]


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;", "sep=;;"])
def test_the_line_by_which_excel_names_its_separator_is_none_of_the_table(tmp_path, first):
    text = f"{first}\r\nname;lon;lat;population\r\nA, b;46.1;39.5;7\r\n"
    assert layers(table(tmp_path, text), CSV).settlements["name"].tolist() == ["A, b"]


# letters that do not fit


@pytest.mark.parametrize(
    ("names", "written", "read"),
    [
        (["Шуша", "Лачин", "Агдам"], "cp1251", "cp1252"),
        (["Шуша", "Лачин", "Агдам"], "utf-8", "cp1251"),
        (["Şuşa", "Laçın", "Ağdərə"], "utf-8", "latin-1"),
        (["Шуша", "Лачин", "Агдам"], "koi8-r", "cp1251"),
        (["Шуша", "Лачин", "Агдам"], "cp1251", "cp866"),
        (["دمشق", "الرقة", "حلب"], "cp1256", "cp1252"),
        (["Αθήνα", "Πάτρα", "Βόλος"], "cp1253", "latin-1"),
    ],
)
def test_text_in_a_wrong_encoding_is_doubted(tmp_path, names, written, read):
    wrong = [name.encode(written).decode(read, "replace") for name in names]
    assert doubt_lettering(wrong) is not None
    assert doubt_lettering(names) is None
    found = with_places(tmp_path, places(name=wrong))
    assert "looks as if it were read in a wrong encoding" in said(found)


@pytest.mark.parametrize(
    "name",
    [
        "Şuşa", "Xankəndi", "Հադրութ", "Степанакерт", "Đồng Hới", "São Tomé", "Łódź", "Þórshöfn",
        "الرقة", "北京市", "とうきょう", "서울", "Öskemen", "Åre", "Kyïv", "L’Île-d’Yeu", "Óbuda",
        "ΑΘΗΝΑ", "მესტია", "תל אביב", "Côte d´Or", "Saint-Cergue (№ 4)", "Gràcia · Sants",
        "Цхинвал/Cxinval", "Ağdərə",
    ],
)  # fmt: skip
def test_names_of_every_script_are_not_doubted(name):
    assert doubt_lettering([name]) is None


def test_one_odd_name_among_many_is_left_alone():
    assert doubt_lettering(["Êàëà", *["Şuşa"] * 20]) is None
    assert frame(shapely.Point(0, 0)).crs == "EPSG:4326"
