"""What share of the people a list can hold: by districts, in part, by a total of a side."""

from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from factories.people import (
    FRAME,
    TALL,
    WIDE,
    count,
    districts_of,
    places_of,
    row,
    settlements_of,
    straight,
    zones_of,
)

from frontline.population.completeness import make_references
from frontline.population.within import count_people_within

EAST = shapely.box(0, -TALL, WIDE, TALL)
PLACES = [(2.0, 400), (3.0, None), (30.0, 200), (-3.0, 50)]


def total(people=1200, side="East", line="a"):
    return SimpleNamespace(id="census", side=side, line=line, people=people)


def with_totals(*totals, districts=(), places=PLACES):
    from factories import people as made

    table, front = settlements_of(places), straight()
    layers = SimpleNamespace(
        plane=FRAME, study_area=made.AREA, settlements=table, districts=districts_of(districts)
    )
    project = SimpleNamespace(
        population=(), stated=(), settlements=None, people=SimpleNamespace(outdated_years=3.0)
    )
    references = make_references(totals, settlements=table, fronts=[front])
    return count_people_within(
        project,
        layers=layers,
        fronts=(front,),
        zones=zones_of(front),
        places=places_of(table, front),
        draws={},
        references=references,
    )


def test_a_list_is_held_against_the_total_of_its_side():
    """600 of 1,200 people are listed east of the line, 400 of them within five kilometres."""
    found = with_totals(total())
    east = row(found)
    assert east["completeness"] == pytest.approx(0.5)
    assert east["completeness_by"] == "total:census"
    west = row(found, side="West")
    assert np.isnan(west["completeness"])
    assert west["completeness_by"] == ""


def test_a_total_says_nothing_where_the_list_has_nobody():
    found = with_totals(total(), places=[(3.0, None), (30.0, 600)])
    assert np.isnan(row(found)["completeness"])
    assert np.isnan(row(found)["population"])


def test_a_list_that_holds_more_than_the_total_is_complete():
    assert row(with_totals(total(people=100)))["completeness"] == 1.0


def test_a_total_of_another_line_or_side_is_left_out():
    assert (
        make_references([total(line="b")], settlements=settlements_of(PLACES), fronts=[straight()])
        == ()
    )
    assert (
        make_references(
            [total(side="North")], settlements=settlements_of(PLACES), fronts=[straight()]
        )
        == ()
    )


def test_districts_come_before_a_total():
    found = with_totals(total(), districts=[(EAST, 100_000, "residents", "")])
    assert row(found)["completeness_by"] == "districts"


def test_districts_that_reach_a_part_bound_what_the_list_can_hold():
    """A tenth of the zone is known and holds 4,000 people: the list's 400 are a tenth at most."""
    tenth = shapely.box(0, -TALL, 5_000, -0.8 * TALL)
    found = row(count([(2.0, 400)], [(tenth, 4_000, "residents", "")]))
    assert found["completeness"] == pytest.approx(0.1, rel=1e-3)
    assert found["completeness_by"] == "districts"


def test_districts_that_reach_a_part_and_hold_fewer_say_nothing():
    tenth = shapely.box(0, -TALL, 5_000, -0.8 * TALL)
    assert np.isnan(row(count([(2.0, 400)], [(tenth, 300, "residents", "")]))["completeness"])
