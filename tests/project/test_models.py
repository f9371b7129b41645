"""Sections, scenarios and tables in the project file: what is taken, and what is refused."""

import pytest
from factories.layers import made

from frontline.errors import ProjectError
from frontline.project.loader import list_input_files, load_project


def load(folder, more):
    return load_project(made(folder, more))


def refused(folder, more):
    with pytest.raises(ProjectError) as caught:
        load(folder, more)
    return str(caught.value)


SECTION = '[[sections]]\nkey = "north"\nline = "front"\n'
SCENARIO = '[[scenarios]]\nkey = "moved"\nlabel = "Moved"\nfrom_line = "front"\n'
PARTITION = '[[partitions]]\nkey = "old"\nlabel = "Old"\npath = "area.geojson"\n'


def test_without_them_nothing_is_asked(tmp_path):
    project = load(tmp_path, "")
    assert project.sections == project.scenarios == ()
    assert project.flows is project.links is project.events is None
    assert project.lines[0].change == ""


def test_sections_and_scenarios_are_read(tmp_path):
    more = f"""{PARTITION}
{SECTION}between = [[46.5, 39.1], [46.5, 39.9]]
[[sections]]
key = "rest"
line = "front"
partition = "old"
parts = ["A"]
{SCENARIO}offset_m = 15000
side = "East"
[[scenarios]]
key = "given"
label = "Given back"
from_line = "front"
hand_over = "old"
to_side = "West"
error_m = 0
"""
    project = load(tmp_path, more)
    assert project.sections[0].between == ((46.5, 39.1), (46.5, 39.9))
    assert project.sections[1].parts == ("A",)
    assert project.scenarios[0].error_m is None
    assert project.scenarios[1].error_m == 0.0


def test_tables_are_inputs(tmp_path):
    (tmp_path / "moves.csv").write_text("id\n", encoding="utf-8")
    project = load(tmp_path, '[flows]\npath = "moves.csv"\nsource = "Survey"\n')
    assert list_input_files(project)[-1].name == "moves.csv"
    assert project.flows.source == "Survey"
    assert "unknown key" in refused(tmp_path, '[flows]\npath = "moves.csv"\ncrs = "EPSG:4326"\n')


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (SECTION, "has both between and partition, or neither"),
        (f'{PARTITION}{SECTION}between = [[1.0, 2.0], [3.0, 4.0]]\npartition = "old"', "either"),
        (f"{SECTION}between = [[46.5, 39.1]]", "sections.north.between"),
        (f'{SECTION}between = [[46.5, 39.1], [46.5, 39.2]]\nparts = ["A"]', "without a partition"),
        (f'{SECTION}partition = "odl"', "there is no partition 'odl'"),
        (f'{PARTITION}{SECTION}partition = "odl"', "Did you mean 'old'?"),
        (f'{SECTION}partition = "districts"', "there is no partition 'districts'"),
        (SECTION.replace('"front"', '"frnt"') + "between = [[1.0, 2.0], [3.0, 4.0]]", "'front'?"),
        (SCENARIO, "has both offset_m and hand_over, or neither"),
        (f"{SCENARIO}offset_m = 15000", "Add side"),
        (f'{SCENARIO}offset_m = 15\nside = "East"', "Did you mean 15000?"),
        (f'{SCENARIO}offset_m = 15000\nside = "Easst"', "Did you mean 'East'?"),
        (f'{PARTITION}{SCENARIO}hand_over = "old"', "Add to_side"),
        (f'{SCENARIO}offset_m = 15000\nside = "East"\nparts = ["A"]', "parts without hand_over"),
        (
            SCENARIO.replace('"moved"', '"front"') + 'offset_m = 15000\nside = "East"',
            "is the key of a line as well",
        ),
        (
            2 * f'{SCENARIO}offset_m = 15000\nside = "East"\n',
            "stands there twice",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_words(tmp_path, more, expected):
    assert expected in refused(tmp_path, more)


def test_how_a_line_came_about_is_one_of_three_words(tmp_path):
    path = made(tmp_path, line='change = "handover"')
    assert load_project(path).lines[0].change == "handover"
    path = made(tmp_path, line='change = "treaty"')
    with pytest.raises(ProjectError, match="is not one of fighting, handover, adjustment"):
        load_project(path)
