"""Alternatives of a line are read and checked like lines, and stand in no table as lines."""

import pytest
import shapely
from factories.alternatives import write_case

from frontline.errors import FrontlineError
from frontline.inputs.layers import read_layers
from frontline.lines.alternatives import list_choices, read_alternatives
from frontline.lines.front import read_fronts
from frontline.project.loader import list_input_files, load_project
from frontline.results.redaction import remove_restricted
from frontline.results.wording import list_sources
from frontline.workflow.check import check


def read(path):
    project = load_project(path)
    layers = read_layers(project)
    return (
        read_fronts(project, layers=layers),
        read_alternatives(project, layers=layers),
    )


def test_alternative_has_the_place_of_its_line_and_its_own_error(tmp_path):
    path = write_case(tmp_path, alternatives=[("new", "osm", 8, "error_m = 300")], error_m=1000)
    fronts, alternatives = read(path)
    assert [front.key for front in fronts] == ["old", "new"]
    (other,) = alternatives
    assert (other.line, other.key, other.label) == ("new", "osm", "Osm")
    assert (other.front.key, other.front.date) == ("new", fronts[1].date)
    assert set(other.front.error_m) == {300.0}
    assert set(fronts[1].error_m) == {1000.0}
    # The box is 60 km by 40: a line 8 km east of its middle leaves 38 by 40 km to the western side.
    assert other.front.sides["West"].area / 1e6 == pytest.approx(38 * 40, rel=1e-3)


def test_two_lines_are_replaced_at_once_at_most(tmp_path):
    alternatives = [("old", "a", 1, ""), ("new", "b", 8, ""), ("new", "c", 9, "")]
    _, found = read(write_case(tmp_path, alternatives=alternatives))
    choices = ["".join(other.key for other in choice) for choice in list_choices(found)]
    assert choices == ["a", "b", "c", "ab", "ac"]


def test_alternative_that_does_not_cut_is_one_error_that_names_it(tmp_path):
    stub = shapely.LineString([(8, -5), (8, 5)])
    path = write_case(tmp_path, alternatives=[("new", "osm", stub, "")])
    with pytest.raises(FrontlineError) as caught:
        check(path)
    assert len(caught.value.problems) == 1
    assert "line 'new/osm' does not cut the study area" in str(caught.value)


def test_alternative_of_another_date_is_refused(tmp_path):
    path = write_case(tmp_path, alternatives=[("new", "osm", 8, "date = 2012-01-01")])
    with pytest.raises(FrontlineError, match=r"its alternative 'osm' of 2012-01-01"):
        load_project(path)


def test_two_alternatives_of_one_key_are_refused(tmp_path):
    twice = [("new", "osm", 8, ""), ("new", "osm", 9, "")]
    with pytest.raises(FrontlineError, match=r"two sources with the key 'osm'"):
        load_project(write_case(tmp_path, alternatives=twice))


def test_lines_of_many_dates_have_no_alternatives(tmp_path):
    path = write_case(tmp_path, alternatives=[("new", "osm", 8, "")])
    text = path.read_text(encoding="utf-8")
    dated = text.replace('key = "new"\nlabel = "new line"\ndate = 2011-01-01', 'each = "day"')
    path.write_text(dated, encoding="utf-8")
    with pytest.raises(FrontlineError, match="stands for lines of many dates"):
        load_project(path)
    files = dated.replace('each = "day"\npath = "layers.gpkg"', 'files = "new_YYYYMMDD.gpkg"')
    path.write_text(files, encoding="utf-8")
    with pytest.raises(FrontlineError, match="stands for lines of many dates"):
        load_project(path)


def test_check_says_how_far_the_sources_lie_apart(tmp_path):
    path = write_case(tmp_path, alternatives=[("new", "osm", 8, "error_m = 300")], error_m=1000)
    told = [line for line in check(path) if line.startswith("new, alternative osm (Osm)")]
    assert len(told) == 1
    assert "2,000 m away on average" in told[0]
    assert "more than their errors allow (1,044 m)" in told[0]


def test_side_of_an_alternative_that_nobody_declared_is_named(tmp_path):
    path = write_case(tmp_path, alternatives=[("new", "osm", 8, 'held_by = "North"')])
    with pytest.raises(FrontlineError, match=r"lines\.new\.alternatives\.osm\.held_by"):
        load_project(path)


def test_alternative_is_an_input_and_a_source(tmp_path):
    (tmp_path / "more").mkdir()
    path = write_case(tmp_path, alternatives=[("new", "osm", 8, 'source = "OpenStreetMap"')])
    moved = tmp_path / "other.gpkg"
    moved.write_bytes((tmp_path / "layers.gpkg").read_bytes())
    text = path.read_text(encoding="utf-8")
    before = 'path = "layers.gpkg"\nlayer = "new_osm"'
    path.write_text(
        text.replace(before, 'path = "other.gpkg"\nlayer = "new_osm"'), encoding="utf-8"
    )
    project = load_project(path)
    assert moved in list_input_files(project)
    told = {"what": "new line (Osm)", "source": "OpenStreetMap", "licence": ""}
    assert told | {"date": "2011-01-01"} in list_sources(project)


def test_restricted_alternative_is_left_out_of_a_public_project(tmp_path):
    both = [("new", "osm", 8, 'sensitivity = "restricted"'), ("new", "map", 9, "")]
    public = remove_restricted(load_project(write_case(tmp_path, alternatives=both)))
    assert [other.key for other in public.project.lines[1].alternatives] == ["map"]
    assert "1 of its alternatives" in public.notes[0].text
