"""Each metric on a made-up case whose answer is known by hand (see made_case)."""

import inspect
import math
import re
from dataclasses import replace

import numpy as np
import pytest
import shapely
from factories import REPOSITORY
from factories.case import lonlat, made_case
from pydantic import ValidationError

from frontline.analysis.change import find_land_changes, list_change_steps
from frontline.analysis.partitions import cross_partitions
from frontline.analysis.sections import tabulate_sections
from frontline.claims.measurement import Measurement, MissingDataError, convert_unit
from frontline.claims.metric import make_metric
from frontline.claims.registry import METRICS, list_metrics
from frontline.errors import ProjectError
from frontline.project.loader import replace_parts
from frontline.uncertainty.outlines import estimate_area_error, find_inside, place_lattice

ABOUT = {"rel": 2e-3, "abs": 1e-6}


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return made_case(tmp_path_factory.mktemp("sure"))


@pytest.fixture(scope="module")
def unsure(tmp_path_factory):
    """The same with lines known to 500 m, schematic roads, coarse elevation."""
    folder = tmp_path_factory.mktemp("unsure")
    return made_case(folder, error_m=500.0, draws=60, schematic=True, step_m=200.0)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The same without anything but area, lines and partition."""
    drop = ("settlements", "corridors", "points", "districts", "elevation")
    return made_case(tmp_path_factory.mktemp("bare"), drop=drop)


ENDS = [list(lonlat(0, -10)), list(lonlat(0, 10))]

KNOWN = [
    # A line across a box of 60 by 40 km, drawn 2 km beyond either edge.
    ("line_length", {"line": "old"}, 44.0, "km"),
    ("line_length", {"line": "old", "generalise_m": 5000.0}, 44.0, "km"),
    ("line_between", {"line": "old", "between": ENDS}, 20.0, "km"),
    ("length_compared", {"line": "old", "than": "new"}, 1.0, "times"),
    ("higher_ground", {"line": "new", "side": "East"}, 100.0, "%"),
    ("higher_ground", {"line": "new", "side": "West"}, 0.0, "%"),
    ("line_gap", {"line": "old", "other": "mid"}, 4.0, "km"),
    ("line_moved", {"from_line": "old", "to_line": "new"}, 10.0, "km"),
    ("line_moved", {"from_line": "old", "to_line": "new", "measure": "most"}, 10.0, "km"),
    ("uncertain_band", {"line": "old"}, 0.0, "km2"),
    ("relief_along", {"line": "new"}, 100.0, "%"),
    ("relief_along", {"line": "old"}, 0.0, "%"),
    ("relief_along", {"line": "old", "measure": "elevation", "least_m": 99.0}, 100.0, "%"),
    # Places.
    ("place_distance", {"place": "a", "line": "old"}, 5.0, "km"),
    ("place_distance", {"place": "view", "line": "new"}, 2.0, "km"),
    ("place_distance", {"place": "p", "line": "old"}, 0.0, "km"),
    ("place_distance", {"place": "p", "line": "new"}, 7.0, "km"),
    ("place_distance", {"place": "NW", "line": "new"}, 10.0, "km"),
    ("places_between", {"places": ["a", "b", "c"], "line": "old", "to_m": 6000.0}, 2.0, "places"),
    (
        "places_between",
        {"places": ["a", "b", "NW"], "line": "new", "from_m": 9000.0, "to_m": 16000.0},
        2.0,
        "places",
    ),
    ("places_on_side", {"places": ["a", "c", "d"], "line": "old", "side": "East"}, 2.0, "places"),
    ("distance_by_side", {"line": "old", "side": "West"}, 12.5, "km"),
    ("distance_by_side", {"line": "new", "side": "East", "quantile": 0.0}, 2.0, "km"),
    ("distance_between", {"start": "a", "stop": "c"}, 10.0, "km"),
    ("distance_between", {"start": "a", "stop": "p"}, math.hypot(4, 4), "km"),
    ("distance_between", {"start": "NW", "stop": "NE"}, 0.0, "km"),
    (
        # In the east at first Pola (0), Cala (5), Eda (12), Dora (20), Fara (25): 12 km; then
        # Eda 2, Dora 10, Fara 15.
        "distance_change",
        {"from_line": "old", "to_line": "new", "side": "East"},
        10.0 / 12.0,
        "times",
    ),
    ("settlement_cut", {"place": "p", "line": "old", "side": "West"}, 25.0, "%"),
    (
        "settlement_cut",
        {"place": "c", "line": "old", "side": "East", "extent_m": 1000.0},
        100.0,
        "%",
    ),
    ("nearest_post", {"place": "a", "kind": "post"}, 3.0, "km"),
    ("names", {}, 2.0, "settlements"),
    ("names", {"least": 3}, 1.0, "settlements"),
    # People: points whole, the polygon by area.
    ("people_within", {"line": "old", "side": "West", "distance_m": 15000.0}, 1100.0, "people"),
    ("people_within", {"line": "old", "side": "West", "distance_m": 22000.0}, 4100.0, "people"),
    ("population_total", {"places": ["a", "c"]}, 1500.0, "people"),
    ("population_share", {"places": ["a"], "whole": 4000.0}, 25.0, "%"),
    ("population_share", {"places": ["a"], "of": ["a", "b"]}, 25.0, "%"),
    ("population_share", {"places": ["a"], "count": 100.0}, 10.0, "%"),
    ("parts_and_whole", {"parts": {"x": 30.0, "y": 20.0}, "whole": 200.0}, 25.0, "%"),
    ("people_in", {"partition": "inner", "line": "old"}, 1900.0, "people"),
    (
        "people_in",
        {"partition": "districts", "codes": ["NW"], "line": "old", "besides": ["d"]},
        12000.0,
        "people",
    ),
    (
        "residents_on_changed_land",
        {"from_line": "old", "to_line": "new", "to_side": "West"},
        # Cala's 500 and three quarters of Pola's 400: as in the table of steps.
        800.0,
        "people",
    ),
    ("largest", {"places": ["b", "d"], "among": ["a", "c"]}, 2.0, "places"),
    ("largest", {"places": ["a"], "among": ["b", "c"]}, 0.0, "places"),
    (
        # Alba, of 1,100 with a quarter of Pola's 400, which lies in the south.
        "share_within",
        {"line": "old", "side": "West", "distance_m": 15000.0, "partition": "districts"}
        | {"codes": ["NW"]},
        100.0 * 1000 / 1100,
        "%",
    ),
    (
        "people_in",
        {"partition": "districts", "codes": ["NW"], "line": "old", "outside": "inner"},
        3000.0,
        "people",
    ),
    (
        "people_in",
        {"partition": "districts", "codes": ["NW"], "line": "old", "source": "districts"},
        3000.0,
        "people",
    ),
    # Land.
    ("land_share", {"line": "old", "side": "West", "partition": "inner"}, 50.0, "%"),
    (
        "land_share",
        {"line": "new", "side": "West", "partition": "districts", "codes": ["NE"]},
        100.0 / 3,
        "%",
    ),
    (
        "districts_held",
        {"line": "old", "side": "West", "codes": ["NW", "NE", "S"]},
        1.0,
        "districts",
    ),
    (
        "districts_held",
        {"line": "old", "side": "West", "codes": ["NW", "NE", "S"], "least": 0.1, "most": 0.9},
        1.0,
        "districts",
    ),
    ("land_changed", {"from_line": "old", "to_line": "new", "to_side": "West"}, 100.0 / 3, "%"),
    (
        "land_changed",
        {"from_line": "old", "to_line": "new", "to_side": "West", "partition": "inner"},
        100.0,
        "%",
    ),
    (
        "land_changed",
        {
            "from_line": "old",
            "to_line": "new",
            "to_side": "West",
            "partition": "inner",
            "inside": False,
        },
        20.0,
        "%",
    ),
    ("side_area", {"line": "old", "side": "West"}, 1200.0, "km2"),
    ("side_growth", {"from_line": "old", "to_line": "new", "side": "West"}, 400.0, "km2"),
    (
        "side_growth",
        {"from_line": "old", "to_line": "new", "side": "West", "measure": "share"},
        100.0 / 3,
        "%",
    ),
    ("districts_largest", {"codes": ["S"], "among": ["NW", "NE"]}, 1.0, "districts"),
    ("districts_largest", {"codes": ["NW"], "among": ["S"]}, 0.0, "districts"),
    ("area_ratio", {"partition": "inner", "claimed": ["S"]}, 3.5, "times"),
    ("area_ratio", {"line": "old", "side": "West", "partition": "inner"}, 3.0, "times"),
    ("share_inside", {"line": "old", "side": "West", "partition": "inner"}, 100.0 / 6, "%"),
    ("share_inside", {"line": "new", "side": "East", "partition": "inner"}, 0.0, "%"),
    # Roads, at 50 km/h.
    ("corridor_gap", {"line": "old", "kinds": ["pipeline"]}, 18.0, "km"),
    ("corridor_gap", {"line": "old", "kinds": ["road"]}, 0.0, "km"),
    ("corridor_km_near", {"line": "old", "kinds": ["canal"], "distance_m": 2000.0}, 4.0, "km"),
    ("crossings", {"line": "old", "kinds": ["road"]}, 4.0, "crossings"),
    ("crossings", {"line": "old", "kinds": ["pipeline"]}, 0.0, "crossings"),
    ("beyond_headworks", {"line": "old", "kinds": ["canal"]}, 25.0, "%"),
    (
        "corridor_length",
        {"corridor": "across", "between": [list(lonlat(-10, 0)), list(lonlat(10, 0))]},
        20.0,
        "km",
    ),
    ("corridor_length", {"corridor": "across", "line": "old", "side": "East"}, 20.0, "km"),
    ("corridor_length", {"corridor": "across", "outside": "inner"}, 20.0, "km"),
    ("corridor_width", {"corridor": "across", "line": "old", "side": "East"}, 40.0, "km"),
    ("corridor_width", {"corridor": "along", "line": "old", "side": "East"}, 30.0, "km"),
    ("road_ground", {"corridor": "zig"}, 0.0, "%"),
    ("road_ground", {"corridor": "zig", "measure": "elevation", "quantile": 1.0}, 600.0, "m"),
    (
        "near_corridor",
        {"kind": "post", "corridor": "across", "distance_m": 1000.0},
        1.0,
        "points",
    ),
    ("travel_time", {"start": "a", "stop": "c"}, 12.0, "min"),
    ("travel_time", {"start": "a", "stop": "c", "line": "old"}, math.inf, "min"),
    (
        "detour",
        {"start": "a", "stop": "c", "closed": list(lonlat(0, 0)), "radius_m": 1000.0},
        math.inf,
        "%",
    ),
    (
        "detour",
        {
            "start": "a",
            "stop": "c",
            "closed": list(lonlat(0, 0)),
            "radius_m": 1000.0,
            "kinds": ["road", "road planned"],
        },
        100 * (113 + math.hypot(5, 18) - 10) / 10,
        "%",
    ),
    ("cut_off", {"places": ["c", "d", "f"], "line": "old", "side": "East"}, 1.0, "places"),
    ("gateways", {"kinds": ["track"]}, 1.0, "corridors"),
    ("gateways", {"kinds": ["track"], "partition": "inner"}, 0.0, "corridors"),
    ("gateways", {"kinds": ["track"], "line": "old", "side": "West"}, 1.0, "corridors"),
    ("gateways", {"kinds": ["track"], "line": "old", "side": "East"}, 0.0, "corridors"),
    # Sight over a plain with a wall 14 km east.
    ("settlements_in_sight", {"points": ["view"], "radius_m": 20000.0}, 3.0, "settlements"),
    (
        "settlements_in_sight",
        {"points": ["view"], "radius_m": 20000.0, "line": "new", "side": "East"},
        1.0,
        "settlements",
    ),
    (
        "settlements_in_sight",
        # Cala and Pola of three; Alba lies beyond the horizon.
        {"points": ["view"], "radius_m": 20000.0, "partition": "inner", "measure": "share"},
        200.0 / 3,
        "%",
    ),
    ("parts_in_sight", {"points": ["view"], "partition": "districts"}, 0.0, "parts"),
    (
        "land_in_sight",
        {
            "points": ["view"],
            "radius_m": 25000.0,
            "target_height_m": 100.0,
            "partition": "inner",
        },
        100.0,
        "%",
    ),
    ("low_ground_in_sight", {"line": "new", "side": "East", "within_m": 900.0}, 100.0, "%"),
    # Stretches, steps, what might be.
    ("advance", {"line": "old", "side": "East", "distance_m": 15000.0}, 600.0, "km2"),
    ("handed_over", {"from_line": "old", "to_line": "new", "to_side": "West"}, 400.0, "km2"),
    (
        "handed_over",
        {"from_line": "old", "to_line": "new", "to_side": "West", "measure": "residents"},
        800.0,
        "people",
    ),
    (
        "handed_over",
        {"from_line": "old", "to_line": "new", "to_side": "West", "measure": "settlements"},
        2.0,
        "settlements",
    ),
    (
        # Across: 10 km. Zig: 5, 4, 5 and 10 km of it.
        "handed_over",
        {"from_line": "old", "to_line": "new", "to_side": "West", "measure": "roads"},
        34.0,
        "km",
    ),
    (
        "handed_over",
        {"from_line": "old", "to_line": "new", "to_side": "West", "measure": "gateways"},
        0.0,
        "roads",
    ),
    (
        "handed_over",
        {"from_line": "old", "to_line": "new", "to_side": "West", "measure": "gateways left"},
        0.0,
        "roads",
    ),
    ("dated_steps", {"from_line": "old", "to_line": "new"}, 2.0, "steps"),
    (
        "rate_in_stretch",
        {"column": "damaged_percent", "line": "old", "side": "East", "distance_m": 10000.0},
        50.0,
        "%",
    ),
    (
        "people_per_km",
        {"line": "old", "side": "East", "distance_m": 15000.0, "between": ENDS},
        44.0 / 20.0,
        "times",
    ),
]


@pytest.mark.parametrize(("name", "parameters", "value", "unit"), KNOWN)
def test_a_metric_gives_the_answer_known_by_hand(case, name, parameters, value, unit):
    found = METRICS[name].ask(case, parameters)
    assert not found.missing
    assert found.unit == unit
    assert found.value == pytest.approx(value, **ABOUT)
    assert found.low <= found.value * (1 + 1e-9) + 1e-9
    assert found.high >= found.value * (1 - 1e-9) - 1e-9


def test_every_metric_has_a_known_answer():
    covered = {name for name, *_ in KNOWN} | {"mountain_share", "way_in_sight"}
    covered |= {"minutes_to_front", "links_apart", "displaced_share", "events_near"}
    covered |= {"parts_of_total", "walking_time", "share_by_section", "settlements_seen_from_line"}
    covered |= {name for name in METRICS if name.startswith("cover_")}  # in test_landcover
    assert covered == set(METRICS)


def test_a_share_read_off_cells_is_good_to_a_cell(case):
    mountains = METRICS["mountain_share"].ask(
        case, {"line": "old", "side": "East", "relief_m": 300.0, "radius_m": 2000.0}
    )
    # Land within 2 km of the wall, which is 1 km wide, of 30 km: cells are 100 m.
    assert mountains.value == pytest.approx(100 * 5 / 30, abs=0.7)
    way = [list(lonlat(9, 0)), list(lonlat(20, 0))]
    seen = METRICS["way_in_sight"].ask(case, {"points": ["view"], "path": way})
    assert seen.value == pytest.approx(100 * 5 / 11, abs=2.0)
    by_id = METRICS["way_in_sight"].ask(case, {"points": ["view"], "corridor": "along"})
    assert by_id.value == 0.0


def test_the_way_to_the_line_ends_where_the_road_meets_it(case):
    found = METRICS["minutes_to_front"].ask(case, {"places": ["d"], "line": "new"})
    assert found.value == pytest.approx(24.0, rel=2e-3)
    on_foot = METRICS["minutes_to_front"].ask(case, {"places": ["e"], "line": "new"})
    assert on_foot.value == pytest.approx(2.0 / 4.5 * 60, rel=2e-3)


def test_the_way_to_a_post_by_road_stands_beside_the_straight_one(case):
    asked = {"place": "c", "kind": "post", "complete": True}
    free = METRICS["nearest_post"].ask(case, asked)
    assert free.value == pytest.approx(7.0, **ABOUT)
    assert "by road it is Near post: 8 min" in free.detail
    assert not free.coarse
    cut = METRICS["nearest_post"].ask(case, asked | {"line": "old"})
    assert cut.value == free.value
    assert "unreachable" in cut.detail


def test_closer_means_fewer_and_farther_means_more(case):
    def people(distance_m):
        asked = {"line": "old", "side": "East", "distance_m": distance_m}
        return METRICS["people_within"].ask(case, asked).value

    counts = [people(distance) for distance in (2000.0, 5100.0, 9000.0, 21000.0, 30000.0)]
    assert counts == sorted(counts)
    assert counts == pytest.approx([200.0, 800.0, 800.0, 8800.0, 9500.0], rel=1e-3)


def test_swapping_old_and_new_changes_the_side_that_gains(case):
    asked = {"from_line": "new", "to_line": "old", "to_side": "East"}
    back = METRICS["land_changed"].ask(case, asked).value
    assert back == pytest.approx(25.0, **ABOUT)
    none = METRICS["land_changed"].ask(case, asked | {"to_side": "West"}).value
    assert none == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "parameters", "half"),
    [
        # Each displaced line is off by 500 m (95 %) at any one place.
        ("place_distance", {"place": "a", "line": "old"}, 0.5),
        ("place_distance", {"place": "b", "line": "old"}, 0.5),
    ],
)
def test_a_distance_is_as_unsure_as_the_line(unsure, name, parameters, half):
    found = METRICS[name].ask(unsure, parameters)
    assert found.low < found.value <= found.high
    # The nearest of many displaced places of a line is near more often than far.
    assert half * 0.5 < (found.high - found.low) / 2 < half * 1.5


def test_a_place_nearer_than_the_error_is_below_accuracy(case, unsure):
    asked = {"place": "near_post", "line": "old"}
    assert not METRICS["place_distance"].ask(unsure, asked).below_accuracy
    sharp = METRICS["place_distance"].ask(case, asked)
    assert not sharp.below_accuracy
    gap = METRICS["line_gap"].ask(unsure, {"line": "old"})
    assert gap.below_accuracy
    assert math.isnan(gap.value)
    assert not METRICS["line_gap"].ask(unsure, {"line": "old", "other": "mid"}).below_accuracy


def test_the_error_of_a_place_widens_its_distance(case):
    asked = {"place": "a", "line": "old", "place_error_m": 3000.0}
    found = METRICS["place_distance"].ask(case, asked)
    assert (found.low, found.high) == pytest.approx((2.0, 8.0), rel=1e-3)
    assert not found.coarse


def test_the_band_of_a_line_is_twice_its_error_wide(unsure):
    found = METRICS["uncertain_band"].ask(unsure, {"line": "old"})
    assert found.value == pytest.approx(40.0, rel=5e-3)
    east = METRICS["uncertain_band"].ask(unsure, {"line": "old", "side": "East"})
    assert east.value == pytest.approx(20.0, rel=5e-3)
    inner = METRICS["uncertain_band"].ask(unsure, {"line": "old", "partition": "inner"})
    assert inner.value == pytest.approx(20.0, rel=5e-3)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("corridor_km_near", {"line": "old", "kinds": ["road"], "distance_m": 1000.0}),
        ("crossings", {"line": "old", "kinds": ["road"]}),
        ("beyond_headworks", {"line": "old", "kinds": ["canal"]}),
        ("minutes_to_front", {"places": ["d"], "line": "new"}),
        ("travel_time", {"start": "a", "stop": "c"}),
        ("walking_time", {"start": "a", "stop": "c"}),
        ("cut_off", {"places": ["c"], "line": "old", "side": "East"}),
        ("gateways", {"kinds": ["track"]}),
        ("settlements_in_sight", {"points": ["view"]}),
        ("land_in_sight", {"points": ["view"]}),
        ("way_in_sight", {"points": ["view"], "corridor": "along"}),
        ("low_ground_in_sight", {"line": "new", "side": "East"}),
    ],
)
def test_coarse_data_are_called_coarse(case, unsure, name, parameters):
    assert METRICS[name].ask(unsure, parameters).coarse
    assert not METRICS[name].ask(case, parameters).coarse


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("relief_along", {"line": "old"}),
        ("people_within", {"line": "old", "side": "West", "distance_m": 5000.0}),
        ("distance_by_side", {"line": "old", "side": "West"}),
        ("names", {}),
        ("nearest_post", {"place": "a", "kind": "post"}),
        ("rate_in_stretch", {"column": "x", "line": "old", "side": "West", "distance_m": 5000.0}),
        ("corridor_gap", {"line": "old", "kinds": ["road"]}),
        ("crossings", {"line": "old", "kinds": ["road"]}),
        ("cut_off", {"places": ["a"], "line": "old", "side": "East"}),
        ("gateways", {"kinds": ["road"]}),
        ("travel_time", {"start": "a", "stop": "c"}),
        ("walking_time", {"start": "a", "stop": "c"}),
        ("minutes_to_front", {"places": ["a"], "line": "old"}),
        ("low_ground_in_sight", {"line": "new", "side": "East"}),
        ("mountain_share", {"line": "old", "side": "West"}),
        ("settlements_in_sight", {"points": ["view"]}),
        ("people_in", {"partition": "inner", "line": "old"}),
        ("dated_steps", {"from_line": "old", "to_line": "mid"}),
        ("links_apart", {"line": "old"}),
        ("displaced_share", {"origins": ["somewhere"], "part_of": "all"}),
        ("parts_of_total", {"total": "all"}),
        ("events_near", {"line": "old", "distance_m": 1000.0}),
    ],
)
def test_without_the_data_a_metric_says_what_is_missing(bare, name, parameters):
    found = METRICS[name].ask(bare, parameters)
    assert found.missing
    assert math.isnan(found.value)


@pytest.mark.parametrize(
    ("name", "parameters", "offer"),
    [
        ("place_distance", {"place": "aa", "line": "old"}, "'a'"),
        ("place_distance", {"place": "a", "line": "odl"}, "'old'"),
        ("people_within", {"line": "old", "side": "Wset", "distance_m": 5000.0}, "'West'"),
        ("land_share", {"line": "old", "side": "West", "partition": "iner"}, "'inner'"),
        (
            "land_share",
            {"line": "old", "side": "West", "partition": "districts", "codes": ["NNW"]},
            "'NW'",
        ),
        ("crossings", {"line": "old", "kinds": ["rood"]}, "'road'"),
        ("corridor_length", {"corridor": "acros", "between": ENDS}, "'across'"),
    ],
)
def test_a_name_of_nothing_is_refused_and_the_nearest_offered(case, name, parameters, offer):
    with pytest.raises(ProjectError, match=offer):
        METRICS[name].ask(case, parameters)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("line_length", {}),
        ("line_length", {"line": "old", "generalise": 5.0}),
        ("line_length", {"line": "old", "generalise_m": -1.0}),
        ("line_length", {"line": "old", "generalise_m": "5"}),
        ("line_between", {"line": "old", "between": [[0.0, 0.0]]}),
        ("place_distance", {"place": 7, "line": "old"}),
        ("people_within", {"line": "old", "side": "West", "distance_m": 15.0}),
    ],
)
def test_parameters_are_checked(case, name, parameters):
    with pytest.raises(ValidationError):
        METRICS[name].ask(case, parameters)


def test_the_list_of_metrics_says_what_each_takes():
    rows = list_metrics()
    assert len(rows) == len(METRICS)
    for name, parameters, about in rows:
        assert about.endswith(".")
        assert not about.startswith(" ")
        for key in METRICS[name].model.model_fields:
            assert key in parameters


def test_every_parameter_is_described():
    """In the docstring of its metric, or in the guide with those that many metrics share."""
    guide = (REPOSITORY / "docs/claims.md").read_text("utf-8")
    table = guide.partition("| parameter |")[2].partition("\n\n")[0]
    shared, used = set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)), set()
    for name, metric in METRICS.items():
        own = re.findall(r"^(\w[\w, ]*)$", inspect.getdoc(metric.measure.func) or "", re.MULTILINE)
        described = {word for line in own for word in line.split(", ")}
        asked = set(metric.model.model_fields)
        assert asked <= described | shared, name
        used |= asked
    assert shared <= used


def test_a_metric_is_a_function_with_keyword_parameters():
    def double(_case, *, amount: float, times: int = 2) -> Measurement:
        """Multiply."""
        return Measurement(amount * times)

    metric = make_metric(double, unit="km")
    assert metric.ask(None, {"amount": 2.0}) == Measurement(4.0, unit="km")
    assert (metric.name, metric.about) == ("double", "Multiply.")


def test_a_metric_may_be_a_function_with_a_parameter_that_is_fixed():
    def scale(_case, *, amount: float, times: int) -> Measurement:
        """Multiply."""
        return Measurement(amount * times)

    thrice = make_metric(scale, unit="m", name="thrice", about="Three times as much.", times=3)
    assert thrice.ask(None, {"amount": 2.0}) == Measurement(6.0, unit="m")
    assert (thrice.name, thrice.about) == ("thrice", "Three times as much.")
    with pytest.raises(ValidationError):
        thrice.ask(None, {"amount": 2.0, "times": 4})


def test_what_a_project_lacks_becomes_a_figure_that_is_missing_in_its_unit():
    def lack(_case, *, measure: str = "a") -> Measurement:
        """Lack."""
        raise MissingDataError("the project has none")

    found = make_metric(lack, unit={"a": "km", "b": "%"}).ask(None, {"measure": "b"})
    assert (found.missing, found.unit) == ("the project has none", "%")
    assert math.isnan(found.value)


@pytest.mark.parametrize(
    ("unit", "wanted", "value"),
    [("km", "m", 3000.0), ("km2", "ha", 300.0), ("min", "h", 0.05), ("times", "%", 300.0)],
)
def test_units_of_one_kind_convert(unit, wanted, value):
    found = convert_unit(Measurement(3.0, 2.0, 4.0, unit, resolves=1.0), unit=wanted)
    assert found.value == pytest.approx(value)
    assert found.low == pytest.approx(value * 2 / 3)
    assert found.resolves == pytest.approx(value / 3)
    assert convert_unit(found, unit=unit).value == pytest.approx(3.0)


@pytest.mark.parametrize("wanted", ["km2", "people", "settlements", "kg"])
def test_units_of_another_kind_do_not(wanted):
    with pytest.raises(ProjectError, match="km"):
        convert_unit(Measurement(3.0, unit="km"), unit=wanted)


def test_the_area_in_an_unsure_outline_spreads_as_its_closed_form_says():
    circle = shapely.Point(0, 0).buffer(30_000.0, quad_segs=64)
    xy = place_lattice(circle.buffer(6_000.0), points=60_000)
    cell_m2 = shapely.area(circle.buffer(6_000.0)) / len(xy)
    inside = find_inside(circle, xy=xy, error_m=3_000.0, draws=400, seed=3, key="circle")
    areas = inside.sum(axis=1) * cell_m2
    expected = estimate_area_error(circle.length, error_m=3_000.0)
    # A radius that errs makes the circle larger in the mean: pi (r^2 + s^2).
    larger = np.pi * (3_000.0 / 1.96) ** 2
    assert areas.mean() == pytest.approx(circle.area + larger, rel=2.5e-3)
    # The standard deviation of 400 draws is good to 3.5 % (one sigma).
    assert 1.96 * areas.std() == pytest.approx(expected, rel=0.12)


def test_a_sure_outline_holds_what_it_holds():
    square = shapely.box(0, 0, 10_000, 10_000)
    xy = place_lattice(square, points=400)
    inside = find_inside(square, xy=xy, error_m=0.0, draws=3, seed=1, key="square")
    assert inside.all()
    outside = find_inside(square, xy=xy + 20_000, error_m=0.0, draws=3, seed=1, key="square")
    assert not outside.any()
    assert np.array_equal(place_lattice(shapely.Polygon()), np.zeros((0, 2)))


def test_sight_on_a_side_holds_the_position_of_the_line(unsure):
    """Cala lies 1 km east of the later line and 5 km east of the old one: both known to 500 m."""
    near = {"points": ["view"], "radius_m": 20000.0, "side": "East"}
    far = METRICS["settlements_in_sight"].ask(unsure, near | {"line": "old"})
    assert "the position of the line" in far.contains
    assert "not the accuracy of heights" in far.contains
    # Pola lies on the line: its eastern part counts in every draw, so the count stands.
    assert far.low <= far.value <= far.high
    free = METRICS["settlements_in_sight"].ask(unsure, {"points": ["view"], "radius_m": 20000.0})
    assert "the position of the line" not in free.contains


def test_a_place_within_the_line_s_error_is_in_the_interval_of_what_is_seen(case, unsure):
    """Move the line to within 100 m of Cala: of the draws some leave it on the other side."""
    front = next(one for one in unsure.fronts if one.key == "mid")
    places = unsure.layers.settlements
    spot = shapely.Point(4_100.0, 0.0)
    moved = places.assign(
        geometry=[
            spot if row == "c" else shape
            for row, shape in zip(places["id"], places.geometry, strict=True)
        ]
    ).set_crs(places.crs, allow_override=True)
    layers = replace(unsure.layers, settlements=moved)
    ask = {"points": ["view"], "radius_m": 6000.0, "line": "mid", "side": "East", "places": ["c"]}
    found = METRICS["settlements_in_sight"].ask(replace(unsure, layers=layers), ask)
    assert front.error_m.max() == 500.0
    assert (found.value, found.low, found.high) == (1.0, 0.0, 1.0)


def test_a_share_of_land_in_sight_holds_the_position_of_the_line(unsure):
    ask = {"points": ["view"], "radius_m": 5000.0, "line": "new", "side": "East"}
    found = METRICS["land_in_sight"].ask(unsure, ask)
    assert found.low < found.value < found.high
    assert "the position of the line" in found.contains
    # The plain east of the line is in sight from 10 to 13 km: a disc cut by the line. Within
    # 500 m of its place the cut takes at most 10 km by 500 m, of 800 km2.
    assert found.high - found.low < 2 * 100 * 10 * 0.5 / 800


def test_no_distance_below_the_error_of_the_line_is_a_number(unsure):
    """Every line is known to 500 m; Pola lies on the old one."""
    near = {"places": ["p", "a", "NW"], "line": "old", "to_m": 6000.0}
    told = METRICS["places_between"].ask(unsure, near).detail
    assert "Alba (Albu) 5" in told
    assert "Pola cut by the line" in told
    assert "North-west cut by the line" in told
    spot = unsure.layers.settlements
    shapes = [
        shapely.Point(300.0, 0.0) if one == "c" else shape
        for one, shape in zip(spot["id"], spot.geometry, strict=True)
    ]
    moved = replace(
        unsure, layers=replace(unsure.layers, settlements=spot.set_geometry(shapes, crs=spot.crs))
    )
    told = METRICS["places_between"].ask(moved, near | {"places": ["c"]}).detail
    assert "Cala (Kala) below accuracy" in told
    told = METRICS["minutes_to_front"].ask(moved, {"places": ["c"], "line": "old"}).detail
    assert "below accuracy" in told
    assert "0.3" not in told
    nearest = {"line": "old", "side": "East", "quantile": 0.0}
    assert METRICS["distance_by_side"].ask(unsure, nearest).below_accuracy
    assert "below accuracy" in METRICS["distance_by_side"].ask(unsure, nearest).detail


def test_people_behind_a_stretch_hold_the_position_of_the_line(case, unsure):
    """Dora's 8,000 live 20 km from the old line, behind its south: in some draws within 20 km."""
    stretch = [list(lonlat(0, -18)), list(lonlat(0, -2))]
    ask = {"line": "old", "side": "East", "distance_m": 20_100.0, "between": stretch}
    sure, drawn = (METRICS["people_per_km"].ask(one, ask) for one in (case, unsure))
    assert sure.low == sure.value == sure.high
    assert drawn.value == pytest.approx(sure.value, rel=1e-3)
    assert drawn.low < 0.9 * drawn.value
    assert "position of the line" in drawn.contains


def test_low_ground_in_sight_says_what_its_interval_lacks(unsure):
    ask = {"line": "new", "side": "East", "within_m": 900.0}
    found = METRICS["low_ground_in_sight"].ask(unsure, ask)
    assert "not where posts stand" in found.contains
    assert found.low <= found.value <= found.high


def test_low_ground_is_seen_from_the_heights_of_one_side_and_not_of_the_other(case):
    """A wall between 14 and 15 km east is all the high ground there is near the new line."""
    sees = replace(case, project=replace_parts(case.project, sight={"radius_m": 6000.0}))
    ask = {"line": "new", "side": "West", "within_m": 500.0, "relief_radius_m": 5000.0}
    ask |= {"behind_m": 5500.0}
    east = METRICS["low_ground_in_sight"].ask(sees, ask | {"from_side": "East"})
    assert east.value == pytest.approx(100.0)
    assert "high ground of the side East" in east.detail
    west = METRICS["low_ground_in_sight"].ask(sees, ask | {"side": "East", "from_side": "West"})
    assert "no high ground" in west.missing


def test_the_accuracy_of_the_elevation_is_in_the_interval_of_a_way(case):
    way = {"points": ["view"], "corridor": "along", "radius_m": 20000.0}
    blind = METRICS["way_in_sight"].ask(case, way)
    assert "not the accuracy of heights" in blind.contains
    assert blind.value == blind.low == blind.high
    rough = replace(case, dem=replace(case.dem, accuracy_m=1000.0))
    found = METRICS["way_in_sight"].ask(rough, way)
    assert found.high > blind.high
    assert "heights known to 1000 m" in found.contains
    # With a kilometre of error nothing is sure, and all within the radius may be seen.
    out = float(re.search(r"(\d+) % beyond", found.detail).group(1))
    assert found.high == pytest.approx(100.0 - out, abs=1.0)


def test_no_metric_names_a_place():
    """What a metric knows of the world comes from its parameters."""
    folder = REPOSITORY / "frontline"
    for path in folder.glob("claims/**/*.py"):
        words = set(path.read_text("utf-8").replace("'", '"').split('"'))
        assert not words & {"a", "view", "inner", "old", "new", "West", "East"}, path.name


def test_lengths_and_distances_of_schematic_corridors_carry_their_error(case, unsure):
    """A stated error decides in both directions, where a mere word for coarse decides nothing."""
    gap = METRICS["corridor_gap"].ask(unsure, {"line": "old", "kinds": ["pipeline"]})
    assert 3.0 < (gap.high - gap.low) / 2 < 3.1
    assert not gap.coarse
    length = METRICS["corridor_length"].ask(unsure, {"corridor": "across"})
    assert (length.low, length.high) == pytest.approx((37.0, 43.0), rel=2e-3)
    sure = METRICS["corridor_length"].ask(case, {"corridor": "across"})
    assert sure.low == sure.value == sure.high == pytest.approx(40.0, rel=2e-3)


def test_a_length_of_a_drawn_line_may_be_too_short_unless_it_is_known_to_be_detailed(case):
    assert METRICS["line_length"].ask(case, {"line": "old"}).short_why
    assert not METRICS["line_length"].ask(case, {"line": "old", "detailed": True}).short_why


def test_a_share_of_a_place_below_the_error_of_the_line_is_below_accuracy(unsure):
    """A disc of 200 m about a post 200 m from the line says nothing of a line known to 500 m."""
    spot = unsure.layers.settlements
    shapes = [
        shapely.Point(200.0, 0.0) if row == "c" else shape
        for row, shape in zip(spot["id"], spot.geometry, strict=True)
    ]
    layers = replace(unsure.layers, settlements=spot.set_geometry(shapes, crs=spot.crs))
    ask = {"place": "c", "line": "old", "side": "East", "extent_m": 200.0}
    assert METRICS["settlement_cut"].ask(replace(unsure, layers=layers), ask).below_accuracy


def test_what_lists_lack_makes_their_figures_least_ones(case):
    """Eda has no figure, and nobody knows what the list lacks: the figure may be larger."""
    found = METRICS["people_within"].ask(
        case, {"line": "old", "side": "East", "distance_m": 15000.0}
    )
    assert found.bound == "at least"
    assert found.ends == (found.low, math.inf)
    assert [other.name for other in found.others] == ["districts"]
    by_districts = METRICS["people_within"].ask(
        case, {"line": "old", "side": "East", "distance_m": 15000.0, "source": "districts"}
    )
    assert not by_districts.bound
    assert by_districts.value == pytest.approx(6000.0, rel=5e-3)
    assert "settlements" in by_districts.others[0].name


def test_a_share_by_section_is_that_of_the_people_behind_it(tmp_path):
    """Of 1,100 within 15 km in the west Alba's 1,000 live behind the north, Pola in the south."""
    ends = {"south": list(lonlat(0, -3)), "north": list(lonlat(0, 19)), "end": list(lonlat(0, -19))}
    more = """
[[sections]]
key = "upper"
line = "old"
between = [{south}, {north}]
[[sections]]
key = "lower"
line = "old"
between = [{end}, {south}]
""".format(**ends)
    case = made_case(tmp_path, error_m=500.0, draws=30, step_m=400.0, more=more)
    ask = {"line": "old", "side": "West", "distance_m": 15000.0}
    upper = METRICS["share_by_section"].ask(case, ask | {"sections": ["upper"]})
    assert upper.value == pytest.approx(100 * 1000 / 1100, rel=1e-2)
    assert upper.low <= upper.value <= upper.high
    both = METRICS["share_by_section"].ask(case, ask | {"sections": ["upper", "lower"]})
    assert both.value == pytest.approx(100.0)
    # The figures of districts lie evenly: 22 of 38 km of the line have them behind the upper part.
    by_districts = METRICS["share_by_section"].ask(
        case, ask | {"sections": ["upper"], "source": "districts"}
    )
    table = tabulate_sections(
        case.stretches, layers=case.layers, fronts=case.fronts, draws={}, distances_m=[15000.0]
    )
    own = table[(table["side"] == "West") & (table["section"] == "upper")].iloc[0]
    assert own["population"] / 1100 == pytest.approx(upper.value / 100, rel=1e-2)
    assert 40 < by_districts.value < 80
    assert by_districts.low < by_districts.value < by_districts.high


def test_settlements_in_sight_of_a_line_are_those_of_the_run(case):
    """The project looks a kilometre far: Pola lies on the old line."""
    found = METRICS["settlements_seen_from_line"].ask(case, {"line": "old", "side": "East"})
    seen = case.exposure.settlements
    ids = set(seen.loc[(seen["line"] == "old") & (seen["in_sight"] == "visible"), "id"])
    own = case.places[(case.places["line"] == "old") & (case.places["side"] == "East")]
    assert found.value == len(ids & set(own["id"]))
    share = METRICS["settlements_seen_from_line"].ask(
        case, {"line": "old", "side": "East", "measure": "share"}
    )
    assert share.value == pytest.approx(100 * found.value / len(own))


def test_every_metric_of_people_takes_a_source():
    names = ("people_within", "people_in", "people_per_km", "share_by_section", "share_within")
    names += ("population_share", "population_total", "residents_on_changed_land", "handed_over")
    assert all("source" in METRICS[name].model.model_fields for name in names)
    with_source = {name for name, one in METRICS.items() if "source" in one.model.model_fields}
    assert set(names) <= with_source


def test_the_metrics_of_people_give_what_the_tables_of_a_run_hold(case):
    """Polygons across the line, holes in the list, places in two zones: one figure each."""
    table = cross_partitions(
        case.layers, fronts=case.fronts, draws={}, ground=None, partitions=["districts"]
    )
    for row in table[table["side"] != ""].to_dict("records"):
        asked = {"partition": "districts", "codes": [row["part"]], "line": row["line"]}
        found = METRICS["people_in"].ask(case, asked | {"side": row["side"]})
        if not found.missing:
            assert found.value == pytest.approx(row["population"])
    flows = find_land_changes(
        case.fronts, study_area=case.layers.study_area, draws={}, plane=case.layers.plane
    )
    for row in list_change_steps(flows, fronts=case.fronts, layers=case.layers).to_dict("records"):
        asked = {"from_line": row["from_line"], "to_line": row["to_line"]}
        asked |= {"to_side": row["to_side"]}
        found = METRICS["handed_over"].ask(case, asked | {"measure": "residents"})
        assert found.missing or found.value == pytest.approx(row["population"])
        land = METRICS["handed_over"].ask(case, asked)
        assert land.value == pytest.approx(row["area_km2"])
    for row in case.people[case.people["kind"] == "cumulative"].to_dict("records"):
        asked = {name: row[name] for name in ("line", "side", "distance_m", "source")}
        found = METRICS["people_within"].ask(case, asked)
        assert found.missing or found.value == row["population"]


def test_walking_is_at_tobler_s_speed_and_a_line_bars_it(case):
    free = METRICS["walking_time"].ask(case, {"start": "a", "stop": "c"})
    assert 10.0 / 6.0 * 60 < free.value < 10.0 / 2.0 * 60
    barred = METRICS["walking_time"].ask(case, {"start": "a", "stop": "c", "line": "old"})
    assert math.isinf(barred.value)


def test_crossings_have_a_whole_interval_of_those_in_doubt(case, unsure):
    asked = {"line": "old", "kinds": ["road"]}
    sure = METRICS["crossings"].ask(case, asked)
    assert (sure.low, sure.value, sure.high) == (4, 4, 4)
    # Zig crosses at 5, -5 and 5 km again, farther from the line than any error of it.
    doubt = METRICS["crossings"].ask(unsure, asked)
    assert (doubt.low, doubt.value, doubt.high) == (4, 4, 4)
