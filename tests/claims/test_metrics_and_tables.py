"""A metric and the table beside it give one figure: polygons, holes, duplicates, unknowns."""

import factories.case as made
import numpy as np
import pandas as pd
import pytest
import shapely
from factories.case import made_case

from frontline.analysis.change import find_land_changes, list_change_steps
from frontline.analysis.partitions import cross_partitions
from frontline.analysis.settlements import summarise_distances
from frontline.claims.metrics.people import (
    people_in,
    people_within,
    residents_on_changed_land,
)

RING = shapely.Polygon(
    [(-4, 11), (4, 11), (4, 19), (-4, 19)], [[(-3, 12), (0, 12), (0, 18), (-3, 18)]]
)
"""Eight by eight kilometres across the old line, with a lake of 3 x 6 in its western half."""

PLACES = [
    ("a", "Alba", "", "", 1000, shapely.Point(-5, 0)),
    ("c", "Cala", "", "", 500, shapely.Point(5, 0)),
    ("c2", "Cala", "", "", 500, shapely.Point(5, 0)),
    ("e", "Eda", "", "", None, shapely.Point(12, 5)),
    ("f", "Fara", "", "", None, shapely.Point(25, 18)),
    ("p", "Pola", "", "", 400, shapely.box(-1, -8, 3, -4)),
    ("r", "Ringo", "", "", 920, RING),
    ("q", "Quilla", "", "", None, shapely.box(-1, -3, 1, -1)),
]

WEST, EAST = 1000 + 400 / 4 + 920 * 14 / 46, 500 + 400 * 3 / 4 + 920 * 32 / 46
"""Residents on each side of the old line: points whole, polygons by the area of their parts."""


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one_rule")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(made, "PLACES", PLACES)
        return made_case(folder, drop=("elevation", "corridors"))


@pytest.fixture(scope="module")
def parts(case):
    return cross_partitions(
        case.layers, fronts=case.fronts, draws={}, ground=None, project=case.project
    )


@pytest.fixture(scope="module")
def near(case):
    return summarise_distances(case)


def of_side(table, side, line="old", **more):
    rows = table[(table["line"] == line) & (table["side"] == side)]
    for name, value in more.items():
        rows = rows[rows[name] == value]
    return rows


def test_nobody_is_counted_twice_and_nobody_is_lost(near):
    people = {
        side: of_side(near, side, partition="")["population"].iloc[0] for side in ("West", "East")
    }
    assert people["West"] == pytest.approx(WEST, rel=1e-4)
    assert people["East"] == pytest.approx(EAST, rel=1e-4)
    assert sum(people.values()) == pytest.approx(1000 + 500 + 400 + 920)


@pytest.mark.parametrize("side", ["West", "East"])
@pytest.mark.parametrize("line", ["old", "mid", "new"])
def test_the_parts_of_a_partition_add_up_to_the_whole_side(parts, near, side, line):
    own = of_side(parts, side, line, partition="inner")
    whole = of_side(near, side, line, partition="")["population"].iloc[0]
    if np.isnan(whole):
        assert own["population"].isna().all()
    else:
        assert own["population"].sum() == pytest.approx(whole)


@pytest.mark.parametrize("side", ["West", "East"])
def test_the_metric_of_a_partition_is_its_row(case, parts, near, side):
    row = of_side(parts, side, partition="inner", part="1")
    told = people_in(case, partition="inner", line="old", side=side)
    assert told.value == pytest.approx(row["population"].iloc[0])
    beside = of_side(near, side, partition="inner", part="1")["population"].iloc[0]
    assert told.value == pytest.approx(beside)


@pytest.mark.parametrize("code", ["NW", "NE", "S"])
@pytest.mark.parametrize("side", ["West", "East"])
def test_the_metric_of_a_district_is_its_row(case, parts, code, side):
    row = of_side(parts, side, partition="districts", part=code)
    if not len(row):
        return
    told = people_in(case, partition="districts", codes=(code,), line="old", side=side)
    if pd.isna(row["population"].iloc[0]) or row["population"].iloc[0] == 0:
        assert told.missing
    else:
        assert told.value == pytest.approx(row["population"].iloc[0])


def test_the_metric_of_changed_land_is_the_step(case):
    flows = find_land_changes(
        case.fronts, study_area=case.layers.study_area, draws={}, plane=case.layers.plane
    )
    table = list_change_steps(flows, fronts=case.fronts, layers=case.layers, project=case.project)
    row = table[(table["from_line"] == "old") & (table["to_line"] == "new")].iloc[0]
    told = residents_on_changed_land(case, from_line="old", to_line="new", to_side="West")
    assert told.value == pytest.approx(row["population"])
    assert told.value == pytest.approx(EAST, rel=1e-4)  # everybody east of the old line


@pytest.mark.parametrize("distance_m", [5_000.0, 15_000.0])
@pytest.mark.parametrize("side", ["West", "East"])
def test_the_metric_of_a_distance_is_the_row_of_the_zone(case, side, distance_m):
    told = people_within(case, line="old", side=side, distance_m=distance_m)
    rows = case.people[(case.people["source"] == "settlements")]
    rows = of_side(rows, side, kind="cumulative", distance_m=distance_m)
    assert told.value == pytest.approx(rows["population"].iloc[0])


def test_a_wide_zone_holds_what_the_side_holds(case, near):
    """All figures lie within 15 km: zone and side must agree."""
    for side in ("West", "East"):
        told = people_within(case, line="old", side=side, distance_m=25_000.0)
        whole = of_side(near, side, partition="")["population"].iloc[0]
        assert told.value == pytest.approx(whole, rel=1e-3)


def test_where_every_place_is_unknown_no_table_says_nobody(case, parts, near):
    """East of the new line live Eda and Fara, of whom nothing is known."""
    whole = of_side(near, "East", "new", partition="").iloc[0]
    assert whole["settlements"] == 2
    assert np.isnan(whole["population"])
    outside = of_side(parts, "East", "new", partition="inner", part="").iloc[0]
    assert np.isnan(outside["population"])
    assert outside["settlements_unknown"] == outside["settlements"] == 2
    zone = case.people[(case.people["source"] == "settlements") & (case.people["line"] == "new")]
    zone = of_side(zone, "East", "new", kind="cumulative", distance_m=15_000.0).iloc[0]
    assert np.isnan(zone["population"])
    assert np.isnan(zone["population_low"])


def test_land_without_any_place_has_nobody_listed(parts):
    """All of the inner part lies west of the new line; what is beyond has no place of its own."""
    inner = of_side(parts, "East", "new", partition="districts", part="S")
    assert inner["settlements"].tolist() == [0]
    assert inner["population"].tolist() == [0.0]
