"""Sentences on people: the date of the figures, who had left since, what is unknown."""

import datetime as dt
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from frontline.project.models import Zones
from frontline.results.key_figures import write_key_figures
from frontline.results.population_phrases import (
    describe_dates,
    describe_displacement,
    describe_limits,
)

DATE = dt.date(2020, 11, 10)
LINE = SimpleNamespace(key="a", label="Line A", date=DATE)
NONE = {
    "settlements": 3, "settlements_unknown": 0, "coverage": 1.0, "completeness": 0.95,
    "completeness_by": "districts", "figures_first": "2015", "figures_last": "2015",
    "figures_undated": 0, "figures_outdated": 3, "present_low": np.nan, "present_high": np.nan,
    "present_even": np.nan, "displacement": "",
}  # fmt: skip


def project(zones=None, **more):
    asked = {
        "lines": [LINE], "zones": zones or Zones(), "totals": (), "settlements": None,
        "districts": None, "population": (), "stated": (),
        "people": SimpleNamespace(outdated_years=3.0),
    }  # fmt: skip
    return SimpleNamespace(**(asked | more))


def row(distance_m=15_000.0, people=77_000.0, **more):
    own = {
        "line": "a", "side": "East", "distance_m": distance_m, "kind": "cumulative",
        "source": "settlements", "population": people, "population_low": people,
        "population_high": people,
    }  # fmt: skip
    return own | NONE | more


def sentences(*rows, places=None, asked=None):
    changes = pd.DataFrame(columns=["from_side", "to_side", "from_line", "to_line", "kind"])
    if places is None:
        places = settlements()
    return write_key_figures(
        asked or project(), people=pd.DataFrame(list(rows)), changes=changes,
        settlements=places, illustration=False,
    )  # fmt: skip


def settlements(*crossed):
    return gpd.GeoDataFrame(
        {
            "line": ["a"] * len(crossed), "side_certain": [True] * len(crossed),
            "crossed": pd.array(list(crossed), dtype="boolean"), "in_sight": [""] * len(crossed),
        },
        geometry=[shapely.Point(0, 0)] * len(crossed),
    )  # fmt: skip


def test_the_headline_is_the_main_distance_and_not_the_widest():
    rows = [row(10_000.0, 1000.0), row(15_000.0, 2000.0), row(25_000.0, 9000.0)]
    wide = Zones(distances_m=(10_000.0, 15_000.0, 25_000.0))
    assert "2,000 residents" in sentences(*rows, asked=project(wide))[0].sentence
    named = Zones(distances_m=(10_000.0, 15_000.0, 25_000.0), main_m=10_000.0)
    assert "1,000 residents" in sentences(*rows, asked=project(named))[0].sentence
    without = Zones(distances_m=(10_000.0, 25_000.0))
    assert "9,000 residents" in sentences(*rows, asked=project(without))[0].sentence


def test_a_main_distance_that_is_none_of_the_distances_is_refused():
    with pytest.raises(ValueError, match="main_m = 12000 is none of the distances"):
        Zones(main_m=12_000.0)


def test_a_sentence_carries_the_date_of_its_figures():
    told = sentences(row())[0].sentence
    assert "by figures of 2015, some 5 years older than the line" in told


def test_people_from_before_a_displacement_are_called_so_in_the_sentence_itself():
    moved = row(present_low=0.0, present_high=35_000.0, present_even=18_600.0)
    told = sentences(moved | {"displacement": "the war of 2020"})[0].sentence
    first, second = told.split(". ")[:2]
    assert "77,000 residents of listed settlements from before the war of 2020" in first
    assert second.startswith("On 10 November 2020, between 0 and 35,000 of them were there")
    assert "18,600 if every place had emptied alike" in second


def test_a_zone_of_which_nothing_is_known_is_a_sentence_and_no_zero():
    found = sentences(row(people=np.nan, settlements=0, settlements_unknown=9))[0]
    assert np.isnan(found.value)
    assert "is unknown: of the 9 settlements listed there, none has a figure" in found.sentence


def test_what_a_list_lacks_stands_in_the_sentence():
    total = SimpleNamespace(id="census", side="East", people=145_053, source="A census of 2015")
    asked = project(totals=(total,))
    told = describe_limits(row(completeness=0.6, completeness_by="total:census"), project=asked)
    assert told == [
        (
            "the list holds 60 % of the 145,053 people stated for all of the East side "
            "(A census of 2015)"
        )
    ]
    told = describe_limits(row(completeness=0.09), project=asked)
    assert told == ["the list can hold only about 9 % of the people there, by district figures"]
    told = describe_limits(row(completeness=np.nan, settlements_unknown=1), project=asked)
    assert told == [
        "1 further settlement has no figure for that date",
        "what share of the people there the list holds is not known",
    ]
    assert describe_limits(row(), project=asked) == []


@pytest.mark.parametrize(
    ("first", "last", "undated", "words"),
    [
        ("2019", "2019", 0, "figures of 2019"),
        ("2009", "2020", 3, ("figures of 2009 to 2020, up to 11 years older than the line, and 3 "
         "without a date")),
        ("", "", 2, "undated figures"),
        ("", "", 0, ""),
        ("2024-05-01", "2024-05-01", 1, ("figures of 1 May 2024, some 3 years younger than the "
         "line, and one without a date")),
    ],
)  # fmt: skip
def test_dates_in_words(first, last, undated, words):
    own = {"figures_first": first, "figures_last": last, "figures_undated": undated}
    assert describe_dates(own, date=DATE, outdated_years=3.0) == words


def test_no_displacement_no_sentence():
    assert describe_displacement(NONE, date=DATE) == ""


def test_no_line_can_cut_a_point():
    found = sentences(row(), places=settlements(None, None))[-1]
    assert np.isnan(found.value)
    assert "is unknown: all are points" in found.sentence
    found = sentences(row(), places=settlements(True, False, None))[-1]
    assert found.value == 1
    assert "3 settlements listed. Whether it cuts the one given as a point" in found.sentence
    found = sentences(row(), places=settlements(False, False))[-1]
    assert "cuts none of the 2 settlements listed." in found.sentence
