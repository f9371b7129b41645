"""The summary: the first line against the last, and no pair of figures that cannot be compared."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from factories.example_results import SIDES, example_results

from frontline.results.summary import LAND, is_telling, list_limits, summarize_results

UPPER, LOWER = SIDES


def row(line, people, *, source="raster:grid", side=UPPER, **changes):
    return {
        "line": line,
        "side": side,
        "distance_m": 10_000.0,
        "kind": "cumulative",
        "source": source,
        "population": people,
        "population_low": people * 0.95,
        "population_high": people * 1.05,
        "settlements": 5 if source.startswith("settlements") else pd.NA,
        "settlements_unknown": 0 if source.startswith("settlements") else pd.NA,
        "coverage": 1.0,
        "completeness": 0.95 if source == "settlements" else np.nan,
    } | changes


def summary_of(*rows):
    results = example_results(hostile=False)
    return summarize_results(dataclasses.replace(results, people=pd.DataFrame(rows)))


def people(*rows):
    (found,) = [one for one in summary_of(*rows).rows if one.what != LAND]
    return found


def test_it_sets_the_widest_distance_of_the_first_line_against_the_last():
    found = summarize_results(example_results(hostile=False))
    assert found.distance_m == 10_000.0
    assert [line.key for line in found.lines] == ["line_a", "line_b"]
    assert [one.side for one in found.rows if one.what == LAND] == [UPPER, LOWER]
    land = found.rows[0]
    assert all(one.figure.range for one in land.figures)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [(1_000, 2_000, "more"), (2_000, 1_000, "less"), (1_000, 1_000, "unchanged")],
)
def test_what_rose_or_fell_is_said_where_the_intervals_leave_no_doubt(before, after, change):
    found = people(row("line_a", before), row("line_b", after))
    assert (found.change, found.obstacle) == (change, "")


def test_intervals_that_overlap_say_neither_more_nor_less():
    found = people(row("line_a", 1_000), row("line_b", 1_050))
    assert found.change == "the intervals overlap"


@pytest.mark.parametrize(
    ("changes", "obstacle"),
    [
        ({"coverage": 0.57}, "what is missing differs (1994)"),
        ({"population": np.nan}, "no figure for 1994"),
        ({"source": "settlements", "completeness": np.nan}, "not known how complete the list is"),
        ({"source": "settlements", "settlements_unknown": 4}, "what is missing differs (1994)"),
        ({"source": "settlements", "completeness": 0.09}, "what is missing differs (1994)"),
        (
            {"source": "settlements:registered"},
            "not known how complete the list is (1994 and 2020)",
        ),
    ],
)
def test_figures_that_lack_different_things_are_not_compared(changes, obstacle):
    source = changes.get("source", "raster:grid")
    found = people(
        row("line_a", 9_000, source=source) | changes, row("line_b", 2_000, source=source)
    )
    assert obstacle in found.obstacle
    assert found.change == ""


def test_a_source_that_says_nothing_of_either_line_has_no_row():
    empty = {"settlements": 0, "settlements_unknown": 0, "population": 0.0}
    found = summary_of(
        row("line_a", 0, source="settlements") | empty,
        row("line_b", 0, source="settlements") | empty,
    )
    assert {one.what for one in found.rows} == {LAND}


def test_one_line_alone_has_nothing_to_be_compared_with():
    results = example_results(hostile=False)
    line = results.project.lines[0]
    project = results.project.model_copy(update={"lines": (line,)})
    alone = dataclasses.replace(
        results, project=project, people=pd.DataFrame([row("line_a", 1_000, coverage=0.5)])
    )
    found = summarize_results(alone)
    assert {len(one.figures) for one in found.rows} == {1}
    assert {one.change + one.obstacle for one in found.rows} == {""}


def test_nothing_counted_is_not_nobody():
    empty = {"source": "settlements", "population": 0.0, "settlements": 0, "coverage": 1.0}
    empty |= {"settlements_unknown": 2, "completeness": np.nan}
    assert is_telling(empty)
    assert list_limits(empty) == ["2 settlements have no figure"]
    assert list_limits(empty | {"settlements_unknown": 1}) == ["1 settlement has no figure"]
    assert list_limits(empty | {"settlements": 3, "settlements_unknown": 1}) == [
        "1 more settlement has no figure"
    ]
    assert not is_telling(empty | {"settlements_unknown": 0})
    district = {"source": "districts", "population": np.nan, "coverage": 0.0}
    assert not is_telling(district)
    assert is_telling(district | {"population": 5.0, "coverage": 0.5})
