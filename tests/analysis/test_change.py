"""Change between lines, on planes where areas are products of two lengths."""

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from frontline.analysis import change
from frontline.analysis.context import Analysis
from frontline.geo.projection import plane_around
from frontline.lines.front import DisplacedFront, FrontLine, displace_front

FRAME = plane_around([shapely.Point(20.0, 45.0)])
WIDE, HIGH = 100_000.0, 50_000.0
AREA = shapely.box(0.0, 0.0, WIDE, HIGH)
DATES = {"old": dt.date(1994, 5, 12), "mid": dt.date(2016, 4, 5), "new": dt.date(2020, 11, 10)}


def front_of(key, line, *, error_m=0.0, date=None, names=("West", "East")):
    """A line from south to north; the first name holds the land to its left."""
    xy = shapely.get_coordinates(line)
    west = shapely.Polygon([(0.0, xy[0, 1]), *xy, (0.0, xy[-1, 1])])
    sides = {names[0]: west, names[1]: AREA.difference(west)}
    pieces = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
    return FrontLine(
        key=key,
        label=key.title(),
        date=date or DATES[key],
        geometry=line,
        segments=pieces,
        error_m=np.full(len(pieces), error_m),
        error_correlation_m=5_000.0,
        sides=sides,
    )


def straight(key, x, **kwargs):
    return front_of(key, shapely.LineString([(x, 0.0), (x, HIGH)]), **kwargs)


def rows_of(table, kind, from_side="East", to_side="West"):
    chosen = (table.kind == kind) & (table.from_side == from_side) & (table.to_side == to_side)
    return table[chosen]


def test_a_straight_line_moved_by_ten_kilometres():
    fronts = [straight("old", 30_000.0), straight("new", 40_000.0)]
    table = change.find_land_changes(fronts, study_area=AREA, draws={}, plane=FRAME)
    assert list(table.columns) == [*change.CHANGES.all_names, "geometry"]
    assert rows_of(table, "changed").area_km2.item() == pytest.approx(500.0)
    assert rows_of(table, "unchanged", "West", "West").area_km2.item() == pytest.approx(1_500.0)
    assert rows_of(table, "unchanged", "East", "East").area_km2.item() == pytest.approx(3_000.0)
    assert table.area_km2.sum() == pytest.approx(AREA.area / 1e6)
    assert len(table) == 3
    assert table.area_low.isna().all()
    assert set(table.from_line) == {"old"}
    assert table.crs == FRAME.crs


def test_land_within_the_error_of_either_line_is_a_kind_of_its_own():
    fronts = [
        straight("old", 30_000.0, error_m=500.0),
        straight("new", 40_000.0, error_m=2_000.0),
    ]
    table = change.find_land_changes(fronts, study_area=AREA, draws={}, plane=FRAME)
    assert rows_of(table, "within_error").area_km2.item() == pytest.approx(125.0, rel=1e-3)
    assert rows_of(table, "changed").area_km2.item() == pytest.approx(375.0, rel=1e-3)
    assert rows_of(table, "changed").flow_km2.item() == pytest.approx(500.0)
    assert table.area_km2.sum() == pytest.approx(AREA.area / 1e6)


def test_a_line_that_moved_less_than_its_error_changed_nothing_for_certain():
    fronts = [straight("old", 30_000.0), straight("new", 31_000.0, error_m=1_500.0)]
    table = change.find_land_changes(fronts, study_area=AREA, draws={}, plane=FRAME)
    assert set(table.kind) == {"unchanged", "within_error"}
    assert rows_of(table, "within_error").area_km2.item() == pytest.approx(50.0)


def test_the_same_line_twice_changes_nothing():
    line = shapely.LineString([(30_000.0, 0.0), (37_000.0, 21_000.0), (33_000.0, HIGH)])
    table = change.find_land_changes(
        [front_of("old", line), front_of("new", line)], study_area=AREA, draws={}, plane=FRAME
    )
    assert set(table.kind) == {"unchanged"}
    assert table.area_km2.sum() == pytest.approx(AREA.area / 1e6)


def test_one_line_has_nothing_to_compare_with():
    table = change.find_land_changes(
        [straight("old", 30_000.0)], study_area=AREA, draws={}, plane=FRAME
    )
    assert table.empty
    assert list(table.columns) == [*change.CHANGES.all_names, "geometry"]
    assert change.balance(()).empty


def test_more_than_two_lines_give_each_step_and_the_whole_whatever_their_order():
    fronts = [straight("new", 45_000.0), straight("old", 30_000.0), straight("mid", 20_000.0)]
    table = change.find_land_changes(fronts, study_area=AREA, draws={}, plane=FRAME)
    found = list(dict.fromkeys(zip(table.from_line, table.to_line, strict=True)))
    assert found == [("old", "mid"), ("mid", "new"), ("old", "new")]
    net = change.balance(change.overlay_lines(fronts, study_area=AREA, draws={}, plane=FRAME))
    west = net[net.side == "West"].net_km2.tolist()
    assert west == pytest.approx([-500.0, 1_250.0, 750.0])


def test_a_run_overlays_each_pair_once_and_what_is_kept_is_what_is_made(monkeypatch):
    fronts = [straight(key, x) for key, x in (("old", 30e3), ("mid", 20e3), ("new", 45e3))]
    layers = SimpleNamespace(study_area=AREA, plane=FRAME)
    parts = dict.fromkeys(("project", "zones", "places", "people", "exposure", "dem"))
    case = Analysis(layers=layers, fronts=fronts, draws={}, **parts)
    pairs = []
    overlay = change._overlay_pair
    monkeypatch.setattr(
        change,
        "_overlay_pair",
        lambda *given: pairs.append((given[0].key, given[1].key)) or overlay(*given),
    )
    change.overlay_once(case, fronts=fronts[:2], drawn=False)
    every = change.overlay_once(case, fronts=fronts)
    again = change.overlay_once(case, fronts=fronts[::-1])
    part = change.overlay_once(case, fronts=[fronts[0], fronts[1]], drawn=False)
    # What was made without the copies does not stand for what has them; the other way it does.
    assert pairs == [("old", "mid"), ("old", "mid"), ("mid", "new"), ("old", "new")]
    assert all(first is second for first, second in zip(every, again, strict=True))
    assert part[0] is every[0]
    pd.testing.assert_frame_equal(
        change.list_land_changes(every, plane=FRAME),
        change.find_land_changes(fronts, study_area=AREA, draws={}, plane=FRAME),
    )


def test_swapping_old_and_new_swaps_the_signs():
    bent = shapely.LineString([(50_000.0, 0.0), (20_000.0, 25_000.0), (45_000.0, HIGH)])
    there = [straight("old", 35_000.0), front_of("new", bent)]
    back = [
        straight("old", 35_000.0, date=DATES["new"]),
        front_of("new", bent, date=DATES["old"]),
    ]
    first = change.balance(
        change.overlay_lines(there, study_area=AREA, draws={}, plane=FRAME)
    ).set_index("side")
    second = change.balance(
        change.overlay_lines(back, study_area=AREA, draws={}, plane=FRAME)
    ).set_index("side")
    assert (first.from_line == "old").all()
    assert (second.from_line == "new").all()
    assert first.net_km2.to_numpy() == pytest.approx(-second.net_km2.to_numpy())
    assert first.gained_km2.to_numpy() == pytest.approx(second.ceded_km2.to_numpy())
    assert first.net_km2.sum() == pytest.approx(0.0, abs=1e-6)
    assert abs(first.net_km2["West"]) > 50.0


def shifted(key, x, offsets):
    """Draws with infinite correlation: the whole line moved by each offset."""
    moved = [straight(key, x + offset) for offset in offsets]
    return tuple(DisplacedFront(line=front.geometry, sides=front.sides) for front in moved)


def test_the_interval_of_a_flow_is_that_of_the_paired_draws():
    noise = np.random.default_rng(5)
    old_m, new_m = noise.normal(0.0, 250.0, 400), noise.normal(0.0, 1_000.0, 400)
    fronts = [
        straight("old", 30_000.0, error_m=490.0),
        straight("new", 40_000.0, error_m=1_960.0),
    ]
    draws = {"old": shifted("old", 30_000.0, old_m), "new": shifted("new", 40_000.0, new_m)}
    table = change.find_land_changes(fronts, study_area=AREA, draws=draws, plane=FRAME)
    expected = np.percentile((10_000.0 + new_m - old_m) * HIGH / 1e6, [2.5, 97.5], method="weibull")
    for kind in ("changed", "within_error"):
        row = rows_of(table, kind).iloc[0]
        assert [row.flow_low, row.flow_high] == pytest.approx(expected)
    # What is certain hardly moves, what is doubtful does.
    sure, doubtful = rows_of(table, "changed").iloc[0], rows_of(table, "within_error").iloc[0]
    assert 0.0 <= sure.area_high - sure.area_low < 10.0
    assert doubtful.area_high - doubtful.area_low > 150.0
    net = change.balance(
        change.overlay_lines(fronts, study_area=AREA, draws=draws, plane=FRAME)
    ).set_index("side")
    assert [net.net_low["West"], net.net_high["West"]] == pytest.approx(expected)
    assert [net.net_low["East"], net.net_high["East"]] == pytest.approx(-expected[::-1])


def test_a_flow_that_only_the_draws_show_has_a_row_without_land():
    fronts = [straight("old", 30_000.0), straight("new", 30_000.0, error_m=500.0)]
    draws = {"new": shifted("new", 30_000.0, [-310.0, 310.0])}
    table = change.find_land_changes(fronts, study_area=AREA, draws=draws, plane=FRAME)
    row = rows_of(table, "within_error").iloc[0]
    assert row.area_km2 == 0.0
    assert row.geometry.is_empty
    assert 0.0 <= row.area_low < row.area_high <= 15.5 + 1e-9


def test_a_third_side_and_land_of_nobody_take_part():
    strips = [shapely.box(left, 0.0, left + 20_000.0, HIGH) for left in (0.0, 20_000.0, 40_000.0)]
    states = {
        "old": dict(zip(("A", "B", "C"), strips, strict=True)),
        "new": {"A": shapely.union_all(strips[:2]), "C": strips[2]},
    }
    fronts = []
    for key, sides in states.items():
        front = straight(key, 20_000.0)
        fronts.append(
            FrontLine(
                key=key,
                label=key,
                date=front.date,
                geometry=front.geometry,
                segments=front.segments,
                error_m=front.error_m,
                error_correlation_m=5_000.0,
                sides=sides,
            )
        )
    table = change.find_land_changes(fronts, study_area=AREA, draws={}, plane=FRAME)
    assert rows_of(table, "changed", "B", "A").area_km2.item() == pytest.approx(1_000.0)
    assert rows_of(table, "unchanged", "", "").area_km2.item() == pytest.approx(2_000.0)
    assert table.area_km2.sum() == pytest.approx(AREA.area / 1e6)
    net = change.balance(
        change.overlay_lines(fronts, study_area=AREA, draws={}, plane=FRAME)
    ).set_index("side")
    assert net.net_km2.to_dict() == pytest.approx({"A": 1_000.0, "B": -1_000.0, "C": 0.0})
    assert net.held_after_km2["B"] == 0.0


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(2_000.0, 98_000.0), min_size=3, max_size=6),
    st.lists(st.floats(2_000.0, 98_000.0), min_size=3, max_size=6),
    st.sampled_from([0.0, 100.0, 4_000.0]),
)
def test_the_parts_of_any_change_add_up_to_the_study_area(first, second, error_m):
    fronts = []
    for key, xs in (("old", first), ("new", second)):
        ys = np.linspace(0.0, HIGH, len(xs))
        line = shapely.LineString(np.column_stack([xs, ys]))
        fronts.append(front_of(key, line, error_m=error_m))
    table = change.find_land_changes(fronts, study_area=AREA, draws={}, plane=FRAME)
    assert table.area_km2.sum() == pytest.approx(AREA.area / 1e6, abs=1e-4)
    assert (table.area_km2 >= 0.0).all()
    overlap = shapely.union_all(table.geometry.to_numpy()).area / 1e6
    assert overlap == pytest.approx(AREA.area / 1e6, abs=1e-4)


def places(**changed):
    """Two rows, one per line, of one settlement."""
    base = {
        "id": "s1",
        "name": "Place",
        "line": ["old", "new"],
        "side": ["West", "West"],
        "side_certain": True,
        "crossed": False,
        "distance_m": [9_000.0, 300.0],
        "population": pd.array([700, 700], dtype="Int64"),
        "population_from": "",
        "population_until": "",
        "population_source": "census",
        "population_kind": "residents",
    }
    return gpd.GeoDataFrame(pd.DataFrame(base | changed), geometry=[shapely.Point(1, 1)] * 2)


SIGHT = pd.DataFrame({"id": "s1", "line": ["old", "new"], "in_sight": ["hidden", "visible"]})
FRONTS = [straight("old", 30_000.0), straight("new", 40_000.0)]


@pytest.mark.parametrize(
    ("changed", "control"),
    [
        ({}, "stayed"),
        ({"side": ["West", "East"]}, "changed"),
        ({"side": ["West", "East"], "side_certain": [True, False]}, "uncertain"),
        ({"side": ["West", ""]}, "uncertain"),
        ({"side": ["", ""]}, "outside"),
        ({"crossed": [False, True], "side_certain": False}, "cut"),
        ({"crossed": [True, False]}, "cut"),
    ],
)
def test_what_became_of_a_settlement(changed, control):
    table = change.find_control_changes(places(**changed), sight=SIGHT, fronts=FRONTS)
    assert list(table.columns) == change.CONTROL.all_names
    row = table.iloc[0]
    assert row.control == control
    assert (row.distance_before_m, row.distance_after_m) == (9_000.0, 300.0)
    assert (row.sight_before, row.sight_after) == ("hidden", "visible")


@pytest.mark.parametrize(
    ("since", "until", "people"),
    [
        ("", "", 700),
        ("", "2020-10", 700),
        ("1994-05", "1994-05", 700),
        ("", "1994", 700),
        ("1994", "", 700),
        ("", "1994-05-11", None),
        ("", "1993", None),
        ("1994-05-13", "", None),
        ("1995", "2020", None),
    ],
)
def test_people_are_those_valid_at_the_date_of_the_earlier_line(since, until, people):
    table = change.find_control_changes(
        places(population_from=since, population_until=until), sight=SIGHT, fronts=FRONTS
    )
    found = table.population.iloc[0]
    assert pd.isna(found) if people is None else found == people


def test_without_sight_or_settlements_the_table_keeps_its_columns():
    table = change.find_control_changes(places(), sight=pd.DataFrame(), fronts=FRONTS)
    assert table.sight_before.tolist() == [""]
    assert (
        list(change.find_control_changes(places().iloc[:0], sight=SIGHT, fronts=FRONTS).columns)
        == change.CONTROL.all_names
    )
    assert (
        list(change.find_control_changes(places(), sight=SIGHT, fronts=FRONTS[:1]).columns)
        == change.CONTROL.all_names
    )


def test_lines_that_coincide_give_nothing_back():
    """Nine tenths of the course are the same: there both maps have the same error."""
    y = np.linspace(0.0, HIGH, 101)
    sway = 1_500.0 * np.sin(y / 2_500.0)
    bump = 8_000.0 * np.clip((3_000.0 - np.abs(y - HIGH / 2)) / 500.0, 0.0, 1.0)
    fronts = [
        front_of(key, shapely.LineString(np.column_stack([x, y])), error_m=2_000.0)
        for key, x in (("old", 50_000.0 + sway), ("new", 50_000.0 + sway + bump))
    ]
    draws = {front.key: displace_front(front, area=AREA, draws=60, seed=1) for front in fronts}
    flows = change.overlay_lines(fronts, study_area=AREA, draws=draws, plane=FRAME)[0]
    table = change.balance([flows]).set_index("side")
    west = table.loc["West"]
    assert 0.0 <= west.ceded_low <= west.ceded_km2 <= west.ceded_high < 0.1 * west.gained_km2
    assert west.gained_low <= west.gained_km2 <= west.gained_high
    apart = {
        front.key: displace_front(replace(front, independent=True), area=AREA, draws=60, seed=1)
        for front in fronts
    }
    alone = change.balance(
        change.overlay_lines(fronts, study_area=AREA, draws=apart, plane=FRAME)
    ).set_index("side")
    assert alone.loc["West"].ceded_high > 5.0 * west.ceded_high


def test_land_of_no_side_is_not_outside_the_study_area():
    shown = places(side=["", ""]).assign(geometry=shapely.Point(5.0, 5.0))
    area = shapely.box(0, 0, 10, 10)
    table = change.find_control_changes(shown, sight=SIGHT, fronts=FRONTS, study_area=area)
    assert table.control.iloc[0] == "uncertain"
    beyond = change.find_control_changes(
        shown, sight=SIGHT, fronts=FRONTS, study_area=shapely.box(6, 6, 10, 10)
    )
    assert beyond.control.iloc[0] == "outside"
