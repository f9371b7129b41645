"""The road network of a project: its own speeds, slopes of its elevation, its checkpoints."""

import math
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from factories.case import made_case

from frontline.claims.registry import METRICS
from frontline.errors import LayerError, ProjectError
from frontline.network.project_roads import gates_of, network_of
from frontline.project.loader import changed

ACROSS = {"start": "a", "stop": "c", "line": "old"}


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return made_case(tmp_path_factory.mktemp("roads"))


def with_points(case, *rows, **columns):
    """Add points to a case: identifier, kind, place as kilometres east and north."""
    layers = case.layers
    spots = [shapely.Point(east * 1000.0, north * 1000.0) for _, _, (east, north) in rows]
    table = gpd.GeoDataFrame(
        {"id": [row[0] for row in rows], "name": [row[0] for row in rows]}
        | {"kind": [row[1] for row in rows], "name_alt": ""}
        | columns,
        geometry=spots,
        crs=layers.frame.crs,
    )
    points = gpd.GeoDataFrame(pd.concat([layers.points, table], ignore_index=True))
    return replace(case, layers=replace(layers, points=points))


def asked(case, **travel):
    return replace(case, project=changed(case.project, travel=travel))


def ask(case, name, **parameters):
    return METRICS[name].ask(case, parameters)


def test_a_checkpoint_lets_through_at_its_cost(case):
    barred = ask(case, "travel_time", **ACROSS)
    assert math.isinf(barred.value)
    gate = with_points(case, ("gate", "checkpoint", (0, 0.2)), wait_min=[25.0])
    found = ask(gate, "travel_time", **ACROSS)
    assert found.value == pytest.approx(12.0 + 25.0, rel=2e-3)
    shut = ask(gate, "travel_time", **ACROSS, checkpoints=False)
    assert math.isinf(shut.value)


def test_without_a_cost_of_its_own_a_checkpoint_has_the_project_s(case):
    gate = with_points(case, ("gate", "checkpoint", (0, 0)))
    assert ask(gate, "travel_time", **ACROSS).value == pytest.approx(12.0 + 30.0, rel=2e-3)
    dearer = asked(gate, checkpoint_min=90.0)
    assert ask(dearer, "travel_time", **ACROSS).value == pytest.approx(12.0 + 90.0, rel=2e-3)


def test_a_point_of_another_kind_or_too_far_off_opens_nothing(case):
    post = with_points(case, ("gate", "post", (0, 0)))
    assert math.isinf(ask(post, "travel_time", **ACROSS).value)
    named = asked(post, checkpoint_kind="post")
    assert math.isfinite(ask(named, "travel_time", **ACROSS).value)
    far = with_points(case, ("gate", "checkpoint", (0, 0.6)))
    assert math.isinf(ask(far, "travel_time", **ACROSS).value)
    wider = asked(far, checkpoint_m=700.0)
    assert math.isfinite(ask(wider, "travel_time", **ACROSS).value)


def test_what_was_cut_off_is_joined_by_a_checkpoint(case):
    """Fara lies on its own road; the way round leads over the other side and back."""
    cut = {"places": ["c", "f"], "line": "old", "side": "East"}
    assert ask(case, "cut_off", **cut).value == 1.0
    gates = [("one", "checkpoint", (0, 18)), ("two", "checkpoint", (0, 14))]
    both = with_points(
        case, *gates, ("three", "checkpoint", (0, 10)), ("four", "checkpoint", (0, 0))
    )
    assert ask(both, "cut_off", **cut).value == 0.0
    assert ask(both, "cut_off", **cut, checkpoints=False).value == 1.0


def test_a_detour_may_lead_through_a_checkpoint(case):
    way = {"start": "a", "stop": "c", "line": "old", "closed": [-64.9, -20.0], "radius_m": 100.0}
    assert ask(case, "detour", **way).missing
    gate = with_points(case, ("gate", "checkpoint", (0, 0)), wait_min=[0.0])
    assert not ask(gate, "detour", **way).missing


def test_speeds_of_the_project_hold_before_the_usual_ones(case):
    fast = asked(case, speeds_kmh={"road": 100.0})
    assert ask(fast, "travel_time", start="a", stop="c").value == pytest.approx(6.0, rel=2e-3)
    canal = asked(case, speeds_kmh={"canal": 10.0})
    network = network_of(canal.project, canal.layers, None)
    usual = network_of(case.project, case.layers, None)
    assert len(set(network.graph.road)) == len(set(usual.graph.road)) + 1


def test_a_wall_slows_the_road_that_climbs_it(case):
    """500 m up and down again between 14 and 15 km east, over 250 m of road each."""
    case = asked(case, slopes=True)
    level = replace(case, dem=None)
    way = {"start": "a", "stop": "d", "kinds": ["road"]}
    flat, steep = (ask(one, "travel_time", **way) for one in (level, case))
    assert steep.value > flat.value + 1.0
    assert "slope" in steep.contains
    assert "level ground" in flat.contains
    off = asked(case, slopes=False)
    assert ask(off, "travel_time", **way).value == pytest.approx(flat.value)
    weaker = asked(case, power_w_kg=5.0)
    assert ask(weaker, "travel_time", **way).value > steep.value


def test_slopes_are_left_out_where_elevation_is_coarse_or_roads_are_schematic(tmp_path):
    for name, options in (("coarse", {"step_m": 200.0}), ("schematic", {"schematic": True})):
        folder = tmp_path / name
        folder.mkdir()
        one = made_case(folder, **options)
        network = network_of(asked(one, slopes=True).project, one.layers, one.dem)
        assert not network.sloped
        assert np.array_equal(network.graph.minutes, network.graph.minutes_back)


def test_without_roads_there_is_no_network(case):
    empty = replace(case.layers, corridors=case.layers.corridors.iloc[:0])
    assert network_of(case.project, empty, None) is None
    with pytest.raises(LayerError, match="canal"):
        network_of(case.project, case.layers, None, kinds=["canal"])


def test_a_waiting_time_that_is_no_number_is_named(case):
    gate = with_points(case, ("gate", "checkpoint", (0, 0)), wait_min=["long"])
    with pytest.raises(LayerError, match="long"):
        gates_of(gate.project, gate.layers.points)


@pytest.mark.parametrize(
    "wrong", [{"speeds_kmh": {"road": 0.0}}, {"power_w_kg": -1.0}, {"fast": 1}]
)
def test_a_setting_that_cannot_be_is_refused(case, wrong):
    with pytest.raises(ProjectError, match="travel"):
        asked(case, **wrong)
