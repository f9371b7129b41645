"""One fault, one line: what is said of select, of names that differ in case, of archives."""

from types import SimpleNamespace

import pytest
import shapely
from factories.layers import frame, made, places, write

from frontline.errors import FrontlineError, OutputError
from frontline.export.maps.furniture import wrap_to_width, write_within
from frontline.export.maps.sheets import _sort_by_importance
from frontline.export.publish import verify
from frontline.project.loader import load_project, replace_parts
from frontline.results.numbers import round_figure, round_part
from frontline.results.style import choose_line_styles


def problems_of(path):
    with pytest.raises(FrontlineError) as caught:
        load_project(path)
    return [str(problem) for problem in caught.value.problems]


def test_a_list_in_select_is_one_problem(tmp_path):
    write(places(), tmp_path / "p.gpkg")
    more = '[settlements]\npath = "p.gpkg"\nselect = { name = ["Alpha", "Beta"] }\n'
    (problem,) = problems_of(made(tmp_path, more))
    assert "settlements.select.name" in problem
    assert "a list is no value of a cell" in problem


@pytest.mark.parametrize("value", ['"Alpha"', "1", "1.5", "true"])
def test_every_single_value_may_select(tmp_path, value):
    write(places(), tmp_path / "p.gpkg")
    more = f'[settlements]\npath = "p.gpkg"\nselect = {{ name = {value} }}\n'
    project = load_project(made(tmp_path, more))
    assert str(project.settlements.select["name"]).casefold() == value.strip('"').casefold()


def test_a_name_in_other_letters_is_offered(tmp_path):
    path = made(tmp_path)
    path.write_text(path.read_text().replace('"area.geojson"', '"Area.GeoJSON"'))
    (problem,) = problems_of(path)
    assert "There is 'area.geojson': large and small letters differ." in problem


def test_lines_of_a_project_can_be_changed(tmp_path):
    project = load_project(made(tmp_path))
    other = replace_parts(project, lines=[{"key": "front", "error_m": 700}])
    assert other.lines[0].error_m == 700
    assert other.lines[0].date == project.lines[0].date
    assert replace_parts(project, lines=list(project.lines)).lines == project.lines
    both = replace_parts(
        project, lines=[project.lines[0], {**project.lines[0].model_dump(), "key": "b"}]
    )
    assert [line.key for line in both.lines] == ["front", "b"]
    with pytest.raises(FrontlineError, match="error_m"):
        replace_parts(project, lines=[{"key": "front", "error_m": -1}])


def test_verify_says_what_to_do_with_an_archive(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"PK")
    with pytest.raises(OutputError, match="Unpack it"):
        verify(tmp_path / "x.zip")
    with pytest.raises(OutputError, match="does not exist"):
        verify(tmp_path / "y")
    (tmp_path / "z.txt").write_text("x")
    with pytest.raises(OutputError, match="Name the folder"):
        verify(tmp_path / "z.txt")


def test_no_two_of_many_lines_look_alike(tmp_path):
    project = load_project(made(tmp_path))
    one = project.lines[0].model_dump()
    many = [{**one, "key": f"line_{year}", "date": f"{year}-01-01"} for year in range(2000, 2012)]
    styles = choose_line_styles(replace_parts(project, lines=many))
    assert len(set(styles.values())) == 12


class Ruler:
    """A sheet on which a letter is half as wide as it is high."""

    def __init__(self):
        self.lines = []

    def size_mm(self, text, size, weight="normal"):
        return len(text) * size * 0.3528 * 0.5, size * 0.43

    def text(self, x, y, text, **look):
        self.lines.append((x, y, text, look["size"]))


@pytest.mark.parametrize("title", ["Short", "word " * 60, "x" * 300])
def test_a_title_is_never_cut(title):
    paper = Ruler()
    write_within(paper, text=title, at=(10.0, 100.0), room=(190.0, 7.0), size=15)
    shown = "".join(text for *_, text, _ in paper.lines)
    assert shown.replace(" ", "") == title.replace(" ", "")
    assert all(paper.size_mm(text, size)[0] <= 190.0 for *_, text, size in paper.lines)
    lowest = paper.lines[-1]
    assert 100.0 - lowest[1] + lowest[3] * 0.3528 <= 9.0


def test_a_short_title_keeps_its_size():
    assert wrap_to_width(Ruler(), text="a b", width_mm=190.0, size=15, weight="bold") == ["a b"]


def test_the_largest_places_are_named_first():
    shown = frame(*[shapely.Point(0, 0)] * 4, name=list("abcd"), population=[5, 900, None, None])
    shown["zone_m"] = [5000.0, None, None, 5000.0]
    assert _sort_by_importance(shown)["name"].tolist() == ["b", "a", "d", "c"]


def test_a_part_has_no_finer_digits_than_its_whole():
    whole = round_figure(4.2, 3.1, 18.7)
    part = round_part(0.0284, whole=whole)
    assert (part.text, part.ends) == ("0", ("0", "1"))
    assert round_part(2.4, whole=whole).text == "2"
    assert round_part(0.0284, whole=round_figure(4.2)).text == "0.0284"
    assert round_part(float("nan"), whole=whole).text == "unknown"


def test_print_of_results_is_short(tmp_path):
    from frontline.results.model import Results

    rows = SimpleNamespace(__len__=lambda: 2)
    held = SimpleNamespace(
        lines=[1, 2],
        settlements=places(id=["1", "2", "3"]),
        key_figures=[SimpleNamespace(sentence=f"Sentence {n}.") for n in range(9)],
        notes=[rows],
        claims=None,
        project=SimpleNamespace(title="A title"),
    )
    text = Results.__repr__(held)
    assert text.splitlines()[0] == (
        "Results of 'A title': lines 2, settlements 3, key figures 9, notes 1"
    )
    assert len(text.splitlines()) == 4
