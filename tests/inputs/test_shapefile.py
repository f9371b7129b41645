"""Shapefiles: of one set, their letters right or refused, their cut names not guessed."""

import shutil

import pytest
from factories.layers import layers, places, said, write
from factories.refusals import refused

WANTED = '[settlements]\npath = "p.shp"\n'
NAMES = ["Шуша", "Лачин", "Агдам"]


def written(folder, encoding, names=NAMES, **columns):
    write(places(name=names, **columns), folder / "p.shp", encoding=encoding)


def test_a_table_of_another_shapefile_is_told_by_its_count(tmp_path):
    write(places(), tmp_path / "p.shp")
    write(places().iloc[:2], tmp_path / "q.shp")
    shutil.copy(tmp_path / "q.dbf", tmp_path / "p.dbf")
    assert "has 3 shapes, and its .dbf has 2 records" in refused(tmp_path, WANTED)


@pytest.mark.parametrize(
    ("encoding", "names"), [("CP1251", NAMES), ("ISO-8859-1", ["Çéö", "a", "b"])]
)
def test_letters_of_an_unknown_encoding_are_not_guessed(tmp_path, encoding, names):
    written(tmp_path, encoding, names)
    (tmp_path / "p.cpg").unlink(missing_ok=True)
    content = bytearray((tmp_path / "p.dbf").read_bytes())
    for mark in (0x00, 0x57):
        content[29] = mark
        (tmp_path / "p.dbf").write_bytes(content)
        assert "does not say the encoding of its text" in refused(tmp_path, WANTED)
        found = layers(tmp_path, WANTED + f'encoding = "{encoding}"').settlements
        assert found["name"].tolist() == names


def test_letters_that_are_utf8_need_no_cpg(tmp_path):
    written(tmp_path, "UTF-8")
    (tmp_path / "p.cpg").unlink()
    found = layers(tmp_path, WANTED)
    assert found.settlements["name"].tolist() == NAMES
    assert "read as UTF-8, which fits" in said(found)


def test_a_cpg_that_is_wrong_or_unknown_is_told(tmp_path):
    written(tmp_path, "CP1251")
    (tmp_path / "p.cpg").write_text("UTF-8")
    assert "says that its text is utf-8 (.cpg), which it is not" in refused(tmp_path, WANTED)
    (tmp_path / "p.cpg").write_text("nonsense")
    assert "'nonsense' (.cpg), which is no encoding" in refused(tmp_path, WANTED)


@pytest.mark.parametrize("said_so", ["1251", "CP1251", "cp1251", "windows-1251", "ANSI 1251"])
def test_a_cpg_may_be_written_in_many_ways(tmp_path, said_so):
    written(tmp_path, "CP1251")
    (tmp_path / "p.cpg").write_text(said_so)
    assert layers(tmp_path, WANTED).settlements["name"].tolist() == NAMES


def test_plain_letters_need_no_encoding(tmp_path):
    written(tmp_path, "CP1251", ["A", "B", "C"])
    (tmp_path / "p.cpg").unlink()
    assert len(layers(tmp_path, WANTED).settlements) == 3


@pytest.mark.filterwarnings("ignore:Normalized/laundered")
def test_names_cut_to_ten_letters_are_asked_about(tmp_path):
    kinds = ["registered", "registered", "residents"]
    written(tmp_path, "UTF-8", population_kind=kinds, population_date=["2019", "2019", "2020"])
    message = refused(tmp_path, WANTED)
    assert "is cut to the ten letters of a Shapefile, and may be" in message
    named = 'columns = { population_kind = "populati_1", population_date = "populati_2" }'
    found = layers(tmp_path, WANTED + named).settlements
    assert found["population_kind"].tolist() == kinds
    assert found["population_date"].tolist() == ["2019", "2019", "2020"]


@pytest.mark.filterwarnings("ignore:Normalized/laundered")
def test_a_figure_that_may_be_of_another_year_is_asked_about(tmp_path):
    data = places().rename(columns={"population": "population_2019"})
    write(data.assign(population_2020=[1, 2, 3]), tmp_path / "p.shp")
    assert "cut to the ten letters" in refused(tmp_path, WANTED)
    found = layers(tmp_path, WANTED + 'columns = { population = "populati_1" }').settlements
    assert found["population"].tolist() == [1, 2, 3]
    found = layers(tmp_path, WANTED + 'columns = { population = "population" }').settlements
    assert found["population"].tolist() == [100, 200, 300]


def test_a_projection_that_is_damaged_is_one_line(tmp_path):
    written(tmp_path, "UTF-8")
    whole = (tmp_path / "p.prj").read_text()
    for text in (whole[: len(whole) // 2], whole.replace("6378137", "63X"), "\0" * 200, "GEOGCS["):
        (tmp_path / "p.prj").write_text(text)
        assert "\n" not in refused(tmp_path, WANTED)


def test_two_columns_of_one_name_are_refused(tmp_path):
    written(tmp_path, "UTF-8", pup=[1, 2, 3])
    content = (tmp_path / "p.dbf").read_bytes().replace(b"pup\0", b"name", 1)
    (tmp_path / "p.dbf").write_bytes(content)
    assert "stands there twice among the columns. Rename one." in refused(tmp_path, WANTED)
