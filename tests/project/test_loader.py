"""The project file: what is accepted, what is refused, and in which words."""

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frontline.errors import FrontlineError, ProjectError
from frontline.project.loader import find_claims_file, hash_inputs, list_input_files, load_project
from frontline.project.models import Project
from frontline.project.reference import schema_markdown

GOOD = """
title = "Test"
[study_area]
path = "area.geojson"
[[lines]]
key = "line_1994"
label = "Line of 1994"
date = 1994-05-12
path = "lines.geojson"
error_m = 500
[[sides]]
name = "West"
seed = [46.1, 39.5]
[[sides]]
name = "East"
seed = [[46.9, 39.5], [46.8, 39.9]]
"""


def write(folder: Path, text: str = GOOD) -> Path:
    for name in ("area.geojson", "lines.geojson"):
        (folder / name).write_text("{}")
    path = folder / "project.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder: Path, text: str) -> str:
    with pytest.raises(ProjectError) as caught:
        load_project(write(folder, text))
    return str(caught.value)


def test_a_minimal_project_has_the_documented_defaults(tmp_path):
    project = load_project(write(tmp_path))
    assert project.zones.distances_m == (5_000.0, 10_000.0, 15_000.0)
    assert project.lines[0].date.isoformat() == "1994-05-12"
    assert project.lines[0].error_m == 500.0
    assert project.sides[0].seed == ((46.1, 39.5),)
    assert len(project.sides[1].seed) == 2
    assert project.study_area.path == tmp_path / "area.geojson"
    assert project.path == tmp_path / "project.toml"


@pytest.mark.parametrize("good", ['name = "West"', 'label = "Line of 1994"'])
def test_a_name_of_blanks_alone_is_refused(tmp_path, good):
    message = refused(tmp_path, GOOD.replace(good, good.split("=")[0] + '= " "'))
    assert "' ' does not fit (expected a name that can be read)" in message


def test_a_directory_stands_for_the_project_file_in_it(tmp_path):
    write(tmp_path)
    assert load_project(tmp_path).title == "Test"


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    path = write(tmp_path)
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_project(path).title == "Test"


def test_paths_start_from_the_project_file_and_may_go_up(tmp_path, monkeypatch):
    (tmp_path / "deep").mkdir()
    path = write(tmp_path / "deep", GOOD.replace('"area.geojson"', '"../area.geojson"'))
    (tmp_path / "area.geojson").write_text("{}")
    monkeypatch.chdir("/")
    assert load_project(path).study_area.path == tmp_path / "area.geojson"


def test_distances_are_sorted_and_said_once(tmp_path):
    text = GOOD + "[zones]\ndistances_m = [15000, 5000, 5000]"
    assert load_project(write(tmp_path, text)).zones.distances_m == (5_000.0, 15_000.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("distence_m = 5", "Did you mean 'distances_m' in [zones]?"),
        ("distances_m = [5]", "Did you mean 'distances_m' in [zones]?"),
        ("titel = 'x'", "Did you mean 'title'?"),
        ("path = 'x'", "unknown key"),
        ("[zones]\ndistance_m = [5000]", "Did you mean 'distances_m'?"),
        ("[sight]\nrefracton = 0.1", "'sight.refracton': unknown key. Did you mean 'refraction'?"),
        ("[map]\ncolour = 'x'", "unknown key"),
        ("[settlements]\npath='area.geojson'\ncolumns={poplation='P'}", "mean 'population'?"),
        ("[settlements]\npath='area.geojson'\nsensitivity='secret'", "public, restricted"),
        ("[districts]\npath='area.geojson'\nselect={a=[1]}", "'districts.select.a'"),
        ("[points]\npath='area.geojson'\nencoding='rot-14'", "'rot-14' is no encoding"),
    ],
)
def test_an_unknown_key_is_named_and_the_nearest_offered(tmp_path, change, words):
    top, _, tables = change.partition("[") if change.startswith("[") else (change, "", "")
    text = f"{top}\n{GOOD}\n{'[' + tables if tables else ''}"
    assert words in refused(tmp_path, text)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("15", "Did you mean 15000?"),
        ("0", "allowed: 100 to 100,000 metres"),
        ("-5000", "out of range"),
        ("nan", "nan is out of range"),
        ("inf", "inf is out of range"),
        ("'15000'", "'15000' is not a number"),
        ("true", "not a number"),
        ("100001", "out of range"),
        ("99.9", "Did you mean 99900?"),
    ],
)
def test_a_wrong_distance_is_refused_with_the_allowed_range(tmp_path, value, words):
    message = refused(tmp_path, f"{GOOD}\n[zones]\ndistances_m = [5000, {value}]")
    assert "field 'zones.distances_m.2'" in message
    assert words in message


@pytest.mark.parametrize("value", ["15000", "[]", "'far'"])
def test_distances_are_a_list_that_is_not_empty(tmp_path, value):
    assert "zones.distances_m" in refused(tmp_path, f"{GOOD}\n[zones]\ndistances_m = {value}")


@pytest.mark.parametrize("value", ["-1", "nan", "'500'", "'2 km'", "true", "1e6"])
def test_an_error_of_a_line_is_metres_or_a_column(tmp_path, value):
    text = GOOD.replace("error_m = 500", f"error_m = {value}")
    assert "'lines.line_1994.error_m'" in refused(tmp_path, text)


def test_an_error_of_a_line_may_be_a_column(tmp_path):
    project = load_project(write(tmp_path, GOOD.replace("error_m = 500", "error_m = 'half_width'")))
    assert project.lines[0].error_m == "half_width"


@pytest.mark.parametrize("value", ["2020", "'2020-11'", "'10.11.2020'", "'2020-02-30'", "12:00:00"])
def test_a_date_is_a_full_date(tmp_path, value):
    text = GOOD.replace("date = 1994-05-12", f"date = {value}")
    assert "is not a date (expected YYYY-MM-DD)" in refused(tmp_path, text)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("https://example.org/a.gpkg", "network address"),
        ("s3://bucket/a.gpkg", "network address"),
        ("file:///etc/passwd", "network address"),
        ("zip+https://x/a.zip", "network address"),
        ("/vsicurl/http://example.org/a.gpkg", "virtual path"),
        ("/vsizip/a.zip/a.shp", "virtual path"),
        ("GPKG:/vsicurl/http://example.org/a", "virtual path"),
        ("//vsimem/a", "virtual path"),
        ("PG:dbname=x", "does not exist"),
        ("", "not the name of a file"),
        ("a\\u0000b", "not the name of a file"),
        (".", "is a directory"),
        ("aria.geojson", "Did you mean 'area.geojson'?"),
        ("nowhere/area.geojson", "Neither does its directory"),
        ("empty.gpkg", "0 bytes"),
        ("x" * 5000, "cannot be looked at"),
    ],
)
def test_a_path_that_is_not_a_local_file_is_refused_unopened(tmp_path, path, words):
    (tmp_path / "empty.gpkg").touch()
    assert words in refused(tmp_path, GOOD.replace("area.geojson", path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in its folders")
def test_a_pipe_or_device_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "pipe, socket or device" in refused(tmp_path, GOOD.replace("area.geojson", "pipe"))
    assert "pipe, socket or device" in refused(tmp_path, GOOD.replace("area.geojson", "/dev/zero"))
    with pytest.raises(ProjectError, match="pipe, socket or device"):
        load_project(tmp_path / "pipe")


@pytest.mark.parametrize(
    "name",
    ["two words.geojson", "карта.geojson", "100%41.geojson", "-o.geojson", "a;b?c!d.geojson"],
)
def test_odd_file_names_are_fine(tmp_path, name):
    path = write(tmp_path, GOOD.replace("area.geojson", name).replace("\n\n", "\n"))
    (tmp_path / name).write_text("{}")
    project = load_project(path)
    assert project.study_area.path == tmp_path / name
    assert name in hash_inputs(project)


def test_a_line_break_in_a_file_name_is_shown_escaped(tmp_path):
    message = refused(tmp_path, GOOD.replace("area.geojson", "a\\nb.geojson"))
    assert "'a\\nb.geojson' does not exist" in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('key = "line_1994"', 'key = "Line 1994"', "small letters"),
        ('label = "Line of 1994"', "", "'lines.line_1994.label': is missing (name for people"),
        ('label = "Line of 1994"', 'label = ""', "is empty"),
        ('name = "East"', 'name = "west"', "'west' stands there twice"),
        ("seed = [46.1, 39.5]", "seed = [46.1, 395]", "allowed: at most 90"),
        ("seed = [46.1, 39.5]", 'seed = ["46.1", 39.5]', "expected a number, without quotes"),
        ("seed = [46.1, 39.5]", "seed = [46.1]", "sides.West.seed"),
        ("seed = [46.1, 39.5]", "hand = 'up'", "'up' is not one of left, right"),
        ("seed = [46.1, 39.5]", "seed=[46.1, 39.5]\nhand='left'", "both a seed and a hand"),
        (
            "seed = [46.1, 39.5]",
            "seed=[46.1, 39.5]\nlines=['line_94']",
            "Did you mean 'line_1994'?",
        ),
        ('title = "Test"', "", "'title': is missing"),
        ('title = "Test"', "title = 5", "expected text in quotes"),
        ("[study_area]", "[study_aria]", "Did you mean 'study_area'?"),
        ("[[lines]]", "[lines]", "Write [[lines]], in double brackets"),
    ],
)
def test_what_does_not_fit_is_said_plainly(tmp_path, old, new, words):
    assert words in refused(tmp_path, GOOD.replace(old, new, 1))


def test_two_lines_need_two_keys(tmp_path):
    line = GOOD[GOOD.index("[[lines]]") : GOOD.index("[[sides]]")]
    assert "'line_1994' stands there twice" in refused(tmp_path, GOOD + line)


def test_sides_need_seeds_unless_they_follow(tmp_path):
    second = GOOD.replace("seed = [[46.9, 39.5], [46.8, 39.9]]", "")
    assert load_project(write(tmp_path, second)).sides[1].seed == ()
    third = second + '[[sides]]\nname = "No one"\n'
    message = refused(tmp_path, third)
    assert "'sides.East': has neither a seed nor a hand" in message
    assert "'sides.No one': has neither a seed nor a hand" in message
    without = GOOD[: GOOD.index("[[sides]]")]
    assert "'sides': is missing" in refused(tmp_path, without)
    assert "there is only 'West'" in refused(
        tmp_path, GOOD[: GOOD.index('[[sides]]\nname = "East"')]
    )


def test_states_name_their_sides_in_a_column(tmp_path):
    text = GOOD[: GOOD.index("[[sides]]")].replace("error_m = 500", 'side_column = "held_by"')
    assert load_project(write(tmp_path, text)).sides == ()


def test_stated_figures_speak_of_known_lines_sides_and_distances(tmp_path):
    stated = """[[stated]]
id = "s1"
line = "line_1995"
side = "Wset"
distance_m = 7000
low = 5
high = 3
source = "a report"
"""
    message = refused(tmp_path, GOOD + stated)
    assert "Did you mean 'line_1994'?" in message
    assert "Did you mean 'West'?" in message
    assert "Add it to zones.distances_m" in message
    assert "Swap them" in message


def test_all_problems_come_at_once_and_twenty_are_shown(tmp_path):
    text = GOOD + "".join(f"[[population]]\nkey='K{i}'\npath='no{i}'\n" for i in range(10))
    message = refused(tmp_path, text)
    assert message.startswith("30 problems:")
    assert message.endswith("and 10 more")
    assert len(message.splitlines()) == 22


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "0 bytes"),
        (b"title = ", "is not valid TOML"),
        (b"a = 1\na = 2\n", "is not valid TOML"),
        (b"SQLite format 3\0" + bytes(range(128, 200)), "is not UTF-8"),
        (b'title = "C:\\data"', "Write paths with /"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"#" * 3_000_000, "too large"),
    ],
)
def test_what_is_no_project_file_is_refused(tmp_path, content, words):
    path = tmp_path / "project.toml"
    path.write_bytes(content)
    with pytest.raises(ProjectError, match=words):
        load_project(path)


def test_a_missing_project_file_is_named_with_its_neighbour(tmp_path):
    write(tmp_path)
    with pytest.raises(ProjectError, match=r"projekt.toml: .*Did you mean 'project.toml'\?"):
        load_project(tmp_path / "projekt.toml")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_mangled_project_raises_anything_but_our_error(tmp_path, data):
    lines = GOOD.splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    junk = data.draw(
        st.sampled_from(
            [
                "",
                "a",
                "[lines]",
                "[[zones]]",
                "x = 1",
                "sides = 3",
                "title = [",
                "key = 1979-05-27",
                "lines = [1, 2]",
                "[[sides]]",
                "seed = {a = 1}",
                "[[lines.x]]",
                "name = 1e999",
            ]
        )
    )
    lines[at] = junk
    outcome = None
    try:
        outcome = load_project(write(tmp_path, "\n".join(lines)))
    except FrontlineError as error:
        outcome = str(error)
    assert isinstance(outcome, Project) or "project.toml" in outcome


def test_hashes_cover_the_project_and_each_file_once(tmp_path):
    (tmp_path / "sub").mkdir()
    for ending in ("shp", "shx", "DBF", "prj", "cpg", "qix"):
        (tmp_path / "sub" / f"places.{ending}").write_text(ending)
    (tmp_path / "sub" / "other.dbf").write_text("x")
    text = GOOD.replace("lines.geojson", "area.geojson") + "[settlements]\npath='sub/places.shp'\n"
    project = load_project(write(tmp_path, text))
    assert [path.name for path in list_input_files(project)] == [
        *("project.toml", "area.geojson", "places.shp"),
        *("places.DBF", "places.cpg", "places.prj", "places.shx"),
    ]
    hashes = hash_inputs(project)
    assert list(hashes)[:3] == ["project.toml", "area.geojson", "sub/places.shp"]
    assert hashes["sub/places.shp"] == hashlib.sha256(b"shp").hexdigest()


def test_a_file_that_vanishes_before_hashing_is_named(tmp_path):
    project = load_project(write(tmp_path))
    (tmp_path / "area.geojson").unlink()
    with pytest.raises(ProjectError, match=r"area.geojson: cannot be read"):
        hash_inputs(project)


def test_the_schema_lists_every_key_and_input_column():
    text = schema_markdown()
    for name, field in Project.model_fields.items():
        assert name == "path" or f"`{name}`" in text or f"[{name}]" in text
        assert field.description
    for word in ("distances_m", "error_correlation_m", "least_coverage", "population_kind", "0.13"):
        assert f"`{word}`" in text


def test_a_ledger_beside_the_project_is_found_and_hashed(tmp_path):
    path = write(tmp_path)
    assert find_claims_file(load_project(path)) is None
    (tmp_path / "claims.toml").write_text("x = 1")
    project = load_project(path)
    assert find_claims_file(project) == tmp_path / "claims.toml"
    assert "claims.toml" in hash_inputs(project)
