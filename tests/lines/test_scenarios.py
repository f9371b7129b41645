"""Lines that might be: a straight line offset by ten kilometres, a rectangle handed over."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
import shapely
from factories.fronts import AREA, FRAME, HIGH, front_of, settlements, straight
from factories.parts import HALVES, frame, layers_of
from pydantic import ValidationError

from frontline.analysis.change import STEPS, find_land_changes, list_change_steps, overlay_lines
from frontline.analysis.scenarios import tabulate_scenarios
from frontline.errors import ProjectError
from frontline.geo.geodesy import measure_area
from frontline.lines.front import displace_front
from frontline.lines.scenarios import displace_scenario, hand_over, make_scenario
from frontline.project.models import ScenarioSpec
from frontline.uncertainty.intervals import Drawn, take_interval


def offset(**more):
    asked = {"key": "moved", "label": "Moved", "from_line": "old", "offset_m": 10_000}
    return ScenarioSpec.model_validate(asked | {"side": "East"} | more)


def given(**more):
    asked = {"key": "given", "label": "Given", "from_line": "old", "hand_over": "halves"}
    return ScenarioSpec.model_validate(asked | {"to_side": "East"} | more)


def km2(land):
    return float(measure_area(np.array([land], dtype=object), plane=FRAME)[0]) / 1e6


def test_a_straight_line_offset_by_ten_kilometres():
    made = make_scenario(offset(), front=straight("old", 30_000.0), layers=layers_of())
    assert km2(made.sides["West"]) == pytest.approx(40 * 50, rel=1e-3)
    assert km2(made.sides["East"]) == pytest.approx(60 * 50, rel=1e-3)
    assert made.length_km == pytest.approx(50.0, rel=1e-3)
    x = shapely.get_coordinates(made.geometry)[:, 0]
    assert x == pytest.approx(np.full(len(x), 40_000.0), abs=15.0)
    assert (made.key, made.date) == ("moved", dt.date(1994, 5, 12))
    assert "Not a line that was" in made.notes[0].text


def test_the_other_side_goes_the_other_way():
    made = make_scenario(offset(side="West"), front=straight("old", 30_000.0), layers=layers_of())
    assert km2(made.sides["West"]) == pytest.approx(20 * 50, rel=1e-3)


def test_offsetting_a_bend_rounds_it_on_the_outside():
    """A right angle: two strips and a quarter of a disc, or a square less on the inside."""
    bend = shapely.LineString([(50e3, 0), (50e3, 25e3), (0, 25e3)])
    west = shapely.box(0, 0, 50e3, 25e3)
    front = replace(front_of("old", bend), sides={"West": west, "East": AREA.difference(west)})
    out = make_scenario(offset(), front=front, layers=layers_of())
    assert km2(out.sides["West"]) - 50 * 25 == pytest.approx(
        10 * 25 + 10 * 50 + np.pi * 100 / 4, rel=1e-3
    )
    back = make_scenario(offset(side="West"), front=front, layers=layers_of())
    assert 50 * 25 - km2(back.sides["West"]) == pytest.approx(10 * 25 + 10 * 50 - 100, rel=1e-3)


def test_land_handed_over_makes_the_border_of_that_land_the_line():
    layers = layers_of(halves=HALVES)
    made = make_scenario(given(parts=["S"]), front=straight("old", 30_000.0), layers=layers)
    assert km2(made.sides["West"]) == pytest.approx(30 * 25)
    assert made.length_km == pytest.approx(30 + 25, rel=1e-3)
    by_name = make_scenario(given(parts=["South"]), front=straight("old", 30_000.0), layers=layers)
    assert by_name.geometry.equals(made.geometry)


def test_land_of_another_partition_stays_where_outlines_overlap():
    """The southern half but for its western 10 km."""
    layers = layers_of(halves=HALVES, core=frame(shapely.box(0, 0, 10e3, 25e3)))
    asked = given(parts=["S"], without="core")
    made = make_scenario(asked, front=straight("old", 30_000.0), layers=layers)
    assert km2(made.sides["West"]) == pytest.approx(30 * 25 + 10 * 25, rel=1e-3)
    with pytest.raises(ValidationError, match="no hand_over"):
        offset(without="core")


def test_the_error_is_that_of_the_line_unless_another_is_given():
    front = straight("old", 30_000.0, error_m=700.0)
    layers = layers_of(halves=HALVES)
    assert set(make_scenario(offset(), front=front, layers=layers).error_m) == {700.0}
    assert set(
        make_scenario(given(parts=["S"], error_m=0), front=front, layers=layers).error_m
    ) == {0.0}


def test_land_between_a_line_and_its_parallel_keeps_its_width_as_both_sway():
    front = replace(straight("old", 30_000.0, error_m=1_000.0), error_correlation_m=1e9)
    asked, layers = offset(), layers_of()
    made = make_scenario(asked, front=front, layers=layers)
    draws = displace_front(front, area=AREA, draws=50, seed=1)
    moved = displace_scenario(
        asked, front=front, scenario_front=made, draws=draws, layers=layers, seed=1
    )
    assert len(moved) == 50
    flows = overlay_lines(
        [front, made], study_area=AREA, draws={"old": draws, "moved": moved}, plane=FRAME
    )[0]
    drawn = flows.drawn_km2.at(flows.from_sides.index("East"), flows.to_sides.index("West"))
    assert drawn.copies == pytest.approx(np.full(50, 500.0), rel=5e-3)
    west = np.array([km2(draw.sides["West"]) for draw in moved])
    whole = km2(made.sides["West"])
    low, high = take_interval(whole, drawn=Drawn(whole, west, counted=True))
    assert high - low == pytest.approx(2 * 1_000 * 50 / 1e3, rel=0.3)
    for draw in moved[:5]:
        x = shapely.get_coordinates(draw.line)[:, 0]
        assert np.ptp(x) < 60.0


def test_a_scenario_with_an_error_of_its_own_sways_by_itself():
    front, layers = straight("old", 30_000.0, error_m=1_000.0), layers_of()
    draws = displace_front(front, area=AREA, draws=5, seed=1)
    asked = offset(error_m=0)
    made = make_scenario(asked, front=front, layers=layers)
    assert (
        displace_scenario(
            asked, front=front, scenario_front=made, draws=draws, layers=layers, seed=1
        )
        == ()
    )
    asked = offset(error_m=200)
    made = make_scenario(asked, front=front, layers=layers)
    assert (
        len(
            displace_scenario(
                asked, front=front, scenario_front=made, draws=draws, layers=layers, seed=1
            )
        )
        == 5
    )


def test_what_would_change_hands_is_told_like_a_step():
    places = settlements(
        ("Alpha", 35_000, 10_000, 100),
        ("Beta", 45_000, 10_000, 900),
        ("Gamma", 36_000, 1_000, None),
    )
    roads = frame(shapely.LineString([(0, 5e3), (100e3, 5e3)]), id=["r"], name=["R"], kind=["road"])
    layers = replace(layers_of(places), corridors=roads)
    front = straight("old", 30_000.0)
    made = make_scenario(offset(), front=front, layers=layers)

    class Asked:
        scenarios = (offset(),)

    changes = find_land_changes(
        [front, made], study_area=layers.study_area, draws={}, plane=layers.plane
    )
    row = tabulate_scenarios(
        Asked, layers=layers, fronts=[front], scenarios=[made], changes={"moved": changes}
    ).iloc[0]
    assert (row.scenario, row.from_side, row.to_side) == ("moved", "East", "West")
    assert row.area_km2 == pytest.approx(500.0, rel=2e-3)
    assert (row.population, row.settlements, row.settlements_unknown) == (100, 2, 1)
    assert row.road_km == pytest.approx(10.0, rel=2e-3)
    assert row.length_km == pytest.approx(50.0, rel=1e-3)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (offset(side="Est"), "has no side 'Est'"),
        (offset(to_side="Nobody"), "has no side 'Nobody'"),
        (offset(offset_m=99_000), "leaves no line"),
        (offset(date=dt.date(1990, 1, 1)), "before its line does"),
        (given(parts=["Z"]), "'halves' has no part 'Z'. Known: N, S."),
    ],
)
def test_what_cannot_be_made_is_refused(asked, expected):
    with pytest.raises(ProjectError) as caught:
        make_scenario(asked, front=straight("old", 30_000.0), layers=layers_of(halves=HALVES))
    assert expected in str(caught.value)


def test_with_three_sides_it_must_be_said_who_advances():
    front = straight("old", 30_000.0)
    third = shapely.box(80e3, 0, 100e3, HIGH)
    front = replace(
        front, sides=hand_over(front.sides, land=third, to_side="None") | {"Third": third}
    )
    with pytest.raises(ProjectError, match="which of 2 sides advances"):
        make_scenario(offset(), front=front, layers=layers_of())
    made = make_scenario(offset(to_side="West"), front=front, layers=layers_of())
    assert km2(made.sides["Third"]) == pytest.approx(20 * 50)


def test_two_steps_and_the_whole_by_hand():
    """10 km taken in fighting, 5 km of it given back, people of the earlier date."""
    fronts = [straight("new", 35_000.0), straight("old", 30_000.0), straight("mid", 40_000.0)]
    places = settlements(
        ("Alpha", 33_000, 10_000, 100),
        ("Beta", 38_000, 10_000, 900),
        population_until=["", "2010"],
    )
    layers = layers_of(places)
    table = list_change_steps(
        find_land_changes(fronts, study_area=AREA, draws={}, plane=FRAME),
        fronts=fronts,
        layers=layers,
        how={"mid": "fighting", "new": "handover"},
    )
    assert list(table.columns) == STEPS.names
    assert table.step.tolist()[:2] == [1, 2]
    assert table.step.isna().tolist() == [False, False, True]
    assert table.change.tolist() == ["fighting", "handover", ""]
    assert table.area_km2.tolist() == pytest.approx([500.0, 250.0, 250.0])
    assert table.to_side.tolist() == ["West", "East", "West"]
    assert table.population.tolist() == pytest.approx([1_000.0, np.nan, 100.0], nan_ok=True)
    assert table.settlements_unknown.tolist() == [0, 1, 0]


def test_people_on_land_that_may_not_have_changed_are_not_certain():
    fronts = [straight("old", 30_000.0, error_m=1_000.0), straight("new", 40_000.0)]
    places = settlements(("Near", 30_500, 10_000, 30), ("Sure", 35_000, 10_000, 4))
    row = list_change_steps(
        find_land_changes(fronts, study_area=AREA, draws={}, plane=FRAME),
        fronts=fronts,
        layers=layers_of(places),
    ).iloc[0]
    assert (row.population, row.population_certain) == (34, 4)
    assert row.area_certain_km2 == pytest.approx(450.0, rel=1e-3)
    assert row.area_km2 == pytest.approx(500.0)


def test_one_line_makes_no_step():
    table = list_change_steps(
        find_land_changes([straight("old", 30_000.0)], study_area=AREA, draws={}, plane=FRAME),
        fronts=[straight("old", 1.0)],
        layers=layers_of(),
    )
    assert table.empty
    assert list(table.columns) == STEPS.names
