"""Who can still have been there: bounds by hand, and what must not be bounded at all."""

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontline.analysis.displaced_people import (
    add_people_present,
    check_displacements,
    check_flows,
)
from frontline.errors import ProjectError

TEXTS = ("what", "kind", "origin", "destination", "unit", "part_of", "share_of", "date", "source")


def flows(*rows):
    made = []
    for own, amount, *more in rows:
        row = dict.fromkeys((*TEXTS, "note"), "") | {"id": own, "amount": amount}
        made.append(row | {"amount_low": np.nan, "amount_high": np.nan} | (more[0] if more else {}))
    return check_flows(pd.DataFrame(made))


FLOWS = flows(
    ("before", 145_000.0),
    ("left", 110_000.0),
    ("back", np.nan, {"amount_low": 70_000.0, "date": "2021"}),
    ("share", 30.0, {"unit": "%", "share_of": "before"}),
)


def displacement(**changes):
    made = {
        "label": "the war", "date": dt.date(2020, 9, 27), "left": "left", "whole": "before",
        "returned": ("back",), "sides": ("East",),
    }  # fmt: skip
    return SimpleNamespace(**(made | changes))


def project(*displacements, date=dt.date(2020, 11, 10)):
    lines = [SimpleNamespace(key="a", date=date)]
    return SimpleNamespace(lines=lines, displacements=displacements, path="project.toml")


def present(people=77_000.0, *, of=None, told=FLOWS, **changes):
    row = {
        "line": "a", "side": "East", "source": "settlements", "population": people,
        "figures_first": "2015", "figures_last": "2015", "figures_undated": 0,
    }  # fmt: skip
    table = add_people_present(
        pd.DataFrame([row | changes]), project=of or project(displacement()), flows=told
    )
    return table.iloc[0]


def test_bounds_by_hand():
    found = present()
    assert (found["present_low"], found["present_high"]) == (0, 35_000)
    assert found["present_even"] == pytest.approx(77_000 * 35 / 145)
    assert found["displacement"] == "the war"
    many = present(130_000.0)
    assert (many["present_low"], many["present_high"]) == (20_000, 35_000)


def test_those_who_came_back_count_from_their_date():
    later = project(displacement(), date=dt.date(2022, 1, 1))
    found = present(of=later)
    assert (found["present_low"], found["present_high"]) == (37_000, 77_000)
    assert np.isnan(found["present_even"])  # more than 70,000 is no number


@pytest.mark.parametrize(
    "changes",
    [
        {"side": "West"},
        {"source": "settlements:registered"},
        {"source": "stated:x"},
        {"population": np.nan},
        {"figures_first": "2020-10", "figures_last": "2020-10"},
        {"figures_first": "", "figures_last": ""},
    ],
)
def test_nothing_is_said_where_nobody_counted_before_has_left(changes):
    found = present(**changes)
    assert found["displacement"] == ""
    assert np.isnan(found["present_low"])


def test_an_undated_figure_may_be_older():
    found = present(figures_first="", figures_last="", figures_undated=2)
    assert found["displacement"] == "the war"


def test_a_line_before_the_displacement_is_not_concerned():
    assert present(of=project(displacement(), date=dt.date(2019, 1, 1)))["displacement"] == ""


def test_without_a_whole_only_the_lower_bound_is_known():
    found = present(130_000.0, of=project(displacement(whole=None)))
    assert (found["present_low"], found["present_high"]) == (20_000, 130_000)


@given(people=st.floats(0, 200_000), left=st.integers(0, 145_000))
def test_bounds_hold_whoever_left(people, left):
    """However those who left are spread, those who stay lie between the bounds."""
    people = min(people, 145_000.0)
    told = flows(("before", 145_000.0), ("left", float(left)))
    found = present(people, of=project(displacement(returned=())), told=told)
    elsewhere = 145_000.0 - people
    for here in (min(left, people), max(left - elsewhere, 0.0)):
        stay = people - here
        assert found["present_low"] - 1e-6 <= stay <= found["present_high"] + 1e-6
    assert found["present_low"] <= found["present_even"] + 1e-6 <= found["present_high"] + 2e-6


def test_rows_that_are_not_there_and_shares_are_refused():
    with pytest.raises(ProjectError, match=r"displacements\.left.*no row 'gone'"):
        check_displacements(project(displacement(left="gone")), flows=FLOWS)
    with pytest.raises(ProjectError, match="does not count people"):
        check_displacements(project(displacement(whole="share")), flows=FLOWS)
    check_displacements(project(displacement()), flows=None)  # restricted flows tell nothing
    assert present(told=None)["displacement"] == ""
