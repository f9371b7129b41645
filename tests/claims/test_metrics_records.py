"""Metrics of links, flows and events, with tables whose answers are known by hand."""

import math
from dataclasses import replace

import pytest
from factories.case import lonlat, made_case, write_project

from frontline.analysis.dependencies import relate_links
from frontline.analysis.displaced_people import check_flows
from frontline.analysis.events import relate_events
from frontline.claims.registry import METRICS
from frontline.errors import ProjectError
from frontline.inputs.tables import read_tables
from frontline.project.loader import load_project

FLOWS = """id,what,origin,amount,amount_low,amount_high,unit,part_of,source
all,displaced people,,1000,,,,,registry
n,from the north,North,400,,,,all,registry
s,from the south,South,,500,600,,all,registry
n2,from the north,North,300,,,,all,newspaper
some,displaced families,,,,,families,,registry
"""
LINKS = """id,place,kind,name,asset,lon,lat
1,a,water,well,,{west}
2,a,field,fields,,{east}
3,c,school,school,,{east}
4,c,field,pasture,,,
5,b,field,orchard,,{near}
"""
EVENTS = """id,date,name,kind,lon,lat,claimed_by,lon_2,lat_2,claimed_by_2
1,2002-03-04,far,incident,{far},one side,,,
2,2002-03-05,near,incident,{near},one side,{beyond},the other
3,2012-01-01,later,incursion,{new},one side,,,
"""


def text_of(east, north):
    return ",".join(f"{value:.7f}" for value in lonlat(east, north))


PLACES = {
    "west": text_of(-8, 3),
    "east": text_of(6, 2),
    "near": text_of(-0.2, 10),
    "beyond": text_of(2, 10),
    "far": text_of(-9, 0),
    "new": text_of(10.3, 0),
}


def with_tables(folder, **options):
    """Compute the case and set its tables beside it, as a run does."""
    case = made_case(folder, **options)
    for name, text in (("flows", FLOWS), ("links", LINKS), ("events", EVENTS)):
        (folder / f"{name}.csv").write_text(text.format(**PLACES), encoding="utf-8")
    path = write_project(folder, **options)
    head = "".join(f'{name} = {{ path = "{name}.csv" }}\n' for name in ("flows", "links", "events"))
    path.write_text(head + path.read_text(encoding="utf-8"), encoding="utf-8")
    read, _ = read_tables(load_project(path))
    tables = {
        "flows": check_flows(read["flows"]),
        "links": relate_links(read["links"], layers=case.layers, fronts=case.fronts),
        "events": relate_events(
            read["events"], fronts=case.fronts, stretches=(), plane=case.layers.plane
        ),
    }
    return replace(case, tables=tables)


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return with_tables(tmp_path_factory.mktemp("sure"))


@pytest.fixture(scope="module")
def unsure(tmp_path_factory):
    return with_tables(tmp_path_factory.mktemp("unsure"), error_m=500.0)


def ask(case, name, **parameters):
    return METRICS[name].ask(case, parameters)


def test_links_are_cut_where_the_ends_lie_on_two_sides(case):
    assert ask(case, "links_apart", line="old").value == 1.0
    assert ask(case, "links_apart", line="old", kind="water").value == 0.0
    # The new line runs east of all of them.
    assert ask(case, "links_apart", line="new").value == 0.0
    told = ask(case, "links_apart", line="old").detail
    assert "Alba: field" in told
    assert "to a place that is not known 1" in told


def test_a_link_with_an_end_within_the_error_is_uncertain(unsure):
    found = ask(unsure, "links_apart", line="old")
    assert (found.low, found.value, found.high) == (1.0, 1.0, 3.0)


def test_a_share_of_displaced_people_keeps_to_one_source(case):
    found = ask(case, "displaced_share", origins=["North"], part_of="all", source="registry")
    assert (found.value, found.low, found.high) == (40.0, 40.0, 40.0)
    other = ask(case, "displaced_share", origins=["North"], part_of="all", source="newspaper")
    assert other.value == 30.0
    with pytest.raises(ProjectError, match="never added"):
        ask(case, "displaced_share", origins=["North"], part_of="all")


def test_a_range_stated_stays_a_range_and_has_no_middle(case):
    found = ask(
        case, "displaced_share", origins=["North", "South"], part_of="all", source="registry"
    )
    assert math.isnan(found.value)
    assert (found.low, found.high) == (90.0, 100.0)
    whole = ask(case, "parts_of_total", total="all", source="registry")
    assert (whole.low, whole.high) == (90.0, 100.0)
    assert "agree" in whole.detail
    short = ask(case, "parts_of_total", total="all", source="newspaper")
    assert short.value == 30.0
    assert "short" in short.detail


def test_figures_that_fit_each_other_never_support(case):
    found = ask(case, "parts_of_total", total="all", source="registry")
    assert found.refutes_only


@pytest.mark.parametrize(
    ("name", "parameters", "offer"),
    [
        ("links_apart", {"line": "old", "kind": "watr"}, "'water'"),
        ("displaced_share", {"origins": ["Nort"], "part_of": "n"}, "no part"),
        ("displaced_share", {"origins": ["North"], "part_of": "al"}, "'all'"),
        (
            "displaced_share",
            {"origins": ["Nort"], "part_of": "all", "source": "registry"},
            "'North'",
        ),
        ("parts_of_total", {"total": "all", "source": "registri"}, "'registry'"),
    ],
)
def test_a_name_of_nothing_is_refused(case, name, parameters, offer):
    with pytest.raises(ProjectError, match=offer):
        ask(case, name, **parameters)


def test_events_count_by_the_line_of_their_day(case, unsure):
    assert ask(case, "events_near", line="new", distance_m=400.0).value == 1.0
    assert ask(case, "events_near", line="new", distance_m=200.0).value == 0.0
    near = ask(case, "events_near", line="old", distance_m=1000.0)
    # One of two positions claimed lies within: it may have been there, and is not sure.
    assert (near.low, near.value, near.high) == (0.0, 1.0, 1.0)
    assert "1 have positions that are disputed" in near.detail
    assert ask(case, "events_near", line="old", distance_m=10_000.0).low == 2.0
    rough = ask(unsure, "events_near", line="new", distance_m=400.0)
    assert (rough.low, rough.value, rough.high) == (0.0, 1.0, 1.0)
    assert ask(case, "events_near", line="new", distance_m=400.0, kind="incident").value == 0.0
