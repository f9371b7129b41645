"""A whole run with sections, scenarios, steps and tables: everything is made, named and written."""

import csv
import html

import numpy as np
import pytest
from factories.projects import Layout, made_project
from factories.rasters import write_tif

from frontline.errors import FrontlineError
from frontline.export.report.report import render_report
from frontline.inputs.layers import read_layers
from frontline.project.loader import load_project
from frontline.results.registry import TABLES
from frontline.results.tables import make_tables, write_csv
from frontline.results.wording import list_sources
from frontline.workflow.check import check
from frontline.workflow.run import compute, compute_case, compute_public

LAYOUT = Layout()
FLOWS = """id,what,origin,amount,part_of,source
all,Fled,,100,,Survey
west,Fled from the west,West,60,all,Survey
east,Fled from the east,East,40,all,Survey
"""
LINKS = "place,kind,lon,lat,stated_side\n{place},field,{lon},{lat},other\n{place},water,,,\n"
EVENTS = "id,date,lon,lat,claimed_by,lon_2,lat_2,claimed_by_2\ne1,2005-06-01,{one},A,{two},B\n"


def more(*, elevation='[elevation]\npath = "dem.tif"', **tables_):
    low, high = LAYOUT.seed(0, -20), LAYOUT.seed(0, 0)
    return f"""
{elevation}
[[sections]]
key = "south"
line = "old"
between = [{low}, {high}]
[[sections]]
key = "north"
line = "old"
partition = "districts"
parts = ["N"]
[[scenarios]]
key = "further"
label = "Further east"
from_line = "old"
offset_m = 4000
side = "East"
[[scenarios]]
key = "given"
label = "The south handed over"
from_line = "old"
hand_over = "districts"
parts = ["S"]
to_side = "West"
""" + "\n".join(f'[{name}]\npath = "{name}.csv"\n{text}' for name, text in tables_.items())


def ids(folder):
    project = load_project(made_project(folder, LAYOUT, elevation=False))
    places = read_layers(project).settlements
    return dict(zip(places["name"], places["id"], strict=True))


def written(folder, **texts):
    place = ids(folder)["Near West"]
    lon, lat = LAYOUT.seed(3, 5)
    one, two = (",".join(map(str, LAYOUT.seed(*at))) for at in ((1, 0), (-2, 0)))
    found = {
        "flows": FLOWS,
        "links": LINKS.format(place=place, lon=lon, lat=lat),
        "events": EVENTS.format(one=one, two=two),
    } | texts
    for name, text in found.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cuts")
    written(folder)
    codes = np.tile(np.array([40, 10], dtype="uint8"), (80, 60))
    grid = (0.01, 0.0, LAYOUT.lon - 0.6, 0.0, -0.01, LAYOUT.lat + 0.4)
    write_tif(folder / "cover.tif", codes, transform=grid, crs="EPSG:4326")
    cover = '[landcover]\npath = "cover.tif"\nsource = "Made up cover"\ndate = 2021-07-01\n'
    path = made_project(folder, LAYOUT, more=cover + more(flows="", links="", events=""))
    text = path.read_text("utf-8").replace(
        "date = 2011-01-01", 'date = 2011-01-01\nchange = "handover"'
    )
    path.write_text(text, encoding="utf-8")
    return compute(load_project(path))


CUTS = {
    "partitions",
    "lines_between",
    "steps",
    "corridor_kinds",
    "sections",
    "scenarios",
    "landcover",
    "landcover_changes",
    "landcover_balance",
    "flows",
    "flows_balance",
    "links",
    "events",
}


def test_every_table_has_the_columns_that_are_described(results):
    assert set(results.further) >= CUTS
    frames = make_tables(results)
    for name in CUTS:
        wanted = TABLES[name].names
        assert list(results.further[name].columns)[: len(wanted)] == wanted
        assert list(frames[name].columns) == wanted
        assert len(frames[name]), name
    order = [name for name in TABLES if name in frames]
    assert list(frames) == order


def test_figures_known_beforehand(results):
    parts = results.further["partitions"].set_index(["line", "partition", "part", "side"])
    south = parts.loc[("old", "districts", "S", "West")]
    assert south.area_km2 == pytest.approx(30 * 20, rel=2e-3)
    assert south.share == pytest.approx(0.5, rel=2e-3)
    assert south.population == 4_000
    assert parts.loc[("new", "districts", "S", "West")].population == 4_500
    between = results.further["lines_between"].iloc[0]
    assert between.mean_m == pytest.approx(6_000, rel=2e-3)
    assert between.mean_low < between.mean_m < between.mean_high
    step = results.further["steps"].iloc[0]
    assert (step.step, step.change) == (1, "handover")
    assert step.area_km2 == pytest.approx(6 * 40, rel=3e-3)
    assert (step.population, step.settlements) == (500, 1)
    assert step.road_km == pytest.approx(6.0, rel=0.01)
    sections = results.further["sections"].set_index(["section", "side", "distance_m"])
    assert sections.loc[("south", "East", 5_000.0)].population == 500
    assert sections.loc[("north", "East", 15_000.0)].population == 2_500
    assert sections.loc[("north", "West", 5_000.0)].people_per_km == pytest.approx(50, rel=3e-3)


def test_scenarios_are_lines_like_any_other_and_change_no_other_table(results):
    table = results.further["scenarios"].set_index("scenario")
    assert table.loc["further"].area_km2 == pytest.approx(4 * 40, rel=3e-3)
    assert table.loc["further"].population == 500
    assert table.loc["given"].area_km2 == pytest.approx(30 * 20, rel=3e-3)
    assert table.loc["given"].population == 9_500
    for name, frame in make_tables(results).items():
        keys = {"further", "given"} if name != "scenarios" else set()
        if "line" in frame:
            assert not keys & set(frame["line"]), name
    assert [front.key for front in results.case.fronts] == ["old", "new"]
    assert len(results.case.draws["further"]) == len(results.case.draws["old"])


def test_tables_of_the_project_are_held_against_the_lines(results):
    links = results.further["links"]
    own = links[(links.line == "old") & (links.kind == "field")].iloc[0]
    assert (own.sides, own.reach, own.stated_side) == ("other", "cut off", "other")
    assert own.distance_m == pytest.approx(6_000, rel=2e-3)
    events = results.further["events"]
    assert events.side.tolist() == ["East", "West"]
    assert events.disputed.tolist() == ["side", "side"]
    assert results.further["flows_balance"].balance.tolist() == ["agree"]


def test_they_are_written_as_text(results, tmp_path):
    for name, frame in make_tables(results).items():
        write_csv(frame, tmp_path / f"{name}.csv")
    with (tmp_path / "steps.csv").open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))
    assert (row["step"], row["from_date"], row["to_side"]) == ("1", "2001-01-01", "West")


def test_a_plain_project_has_only_what_it_gives_cause_for(tmp_path):
    results = compute(load_project(made_project(tmp_path, elevation=False, draws=0)))
    assert set(results.further) & CUTS == {
        "partitions",
        "lines_between",
        "corridor_kinds",
        "steps",
    }
    assert results.further["partitions"]["elevation_m"].isna().all()


def test_restricted_tables_reach_no_public_file(tmp_path):
    written(tmp_path)
    hidden = 'sensitivity = "restricted"'
    text = more(elevation="", flows=hidden, links=hidden, events=hidden)
    path = made_project(tmp_path, LAYOUT, more=text, draws=0, elevation=False)
    public = compute_public(load_project(path))
    assert not {"flows", "flows_balance", "links", "events"} & set(public.further)
    assert "sections" in public.further


def test_links_name_settlements_and_go_with_them(tmp_path):
    written(tmp_path)
    path = made_project(
        tmp_path, LAYOUT, more=more(elevation="", links=""), draws=0, elevation=False
    )
    text = path.read_text("utf-8").replace(
        'layer = "places" }', 'layer = "places", sensitivity = "restricted" }'
    )
    path.write_text(text, encoding="utf-8")
    assert {"links", "nearness"} <= set(compute(load_project(path)).further)
    public = compute_public(load_project(path)).further
    assert not {"links", "nearness"} & set(public)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("flows", FLOWS.replace("60,all", "60,al"), "flows.csv, feature 3: is part of 'al'"),
        ("links", "place,kind\nnobody,field\n", "links.csv, feature 2: there is no settlement"),
        ("events", "date,lon,lat\n2005,1,2\n", "events.csv, feature 2: '2005' is no day"),
    ],
)
def test_a_fault_in_a_table_is_told_before_anything_is_computed(tmp_path, name, text, expected):
    written(tmp_path, **{name: text})
    path = made_project(
        tmp_path, LAYOUT, more=more(elevation="", **{name: ""}), draws=0, elevation=False
    )
    for task in (lambda: compute_case(load_project(path)), lambda: check(path)):
        with pytest.raises(FrontlineError) as caught:
            task()
        assert expected in str(caught.value)


def test_check_tells_that_a_scenario_is_no_line_that_was(tmp_path):
    path = made_project(tmp_path, LAYOUT, more=more(elevation=""), draws=0, elevation=False)
    assert "given: Not a line that was: made of 'old' as the project asks." in check(path)


def test_the_tables_are_credited_to_whoever_made_them(tmp_path):
    written(tmp_path)
    text = more(elevation="", flows='source = "A survey"')
    project = load_project(made_project(tmp_path, LAYOUT, more=text, elevation=False))
    assert "A survey" in [row["source"] for row in list_sources(project)]


def test_land_cover_stands_in_report_key_figures_and_sources(results):
    page = " ".join(html.unescape(render_report(results, inputs_hash="0")).split())
    assert "Land cover: farmland and trees" in page
    assert "The map is of 1 July 2021. It is laid under 1 January 2001 and 1 January 2011" in page
    assert "Known on 100 % of the study area" in page
    said = [one.sentence for one in results.key_figures if one.id.startswith("farmland:")]
    assert len(said) == 1
    assert "of farmland (" in said[0]
    assert said[0].rstrip(".").endswith("Source: Made up cover")
    assert "Made up cover" in {row["source"] for row in list_sources(results.project)}
