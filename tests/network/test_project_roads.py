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
from frontline.network import project_roads
from frontline.network.project_roads import build_network, find_checkpoints
from frontline.project.loader import replace_parts

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
        crs=layers.plane.crs,
    )
    points = gpd.GeoDataFrame(pd.concat([layers.points, table], ignore_index=True))
    return replace(case, layers=replace(layers, points=points))


def asked(case, **travel):
    return replace(case, project=replace_parts(case.project, travel=travel))


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
    network = build_network(canal.project, layers=canal.layers, dem=None)
    usual = build_network(case.project, layers=case.layers, dem=None)
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
        network = build_network(asked(one, slopes=True).project, layers=one.layers, dem=one.dem)
        assert not network.sloped
        assert np.array_equal(network.graph.minutes, network.graph.minutes_back)


def test_without_roads_there_is_no_network(case):
    empty = replace(case.layers, corridors=case.layers.corridors.iloc[:0])
    assert build_network(case.project, layers=empty, dem=None) is None
    with pytest.raises(LayerError, match="canal"):
        build_network(case.project, layers=case.layers, dem=None, kinds=["canal"])


def test_a_waiting_time_that_is_no_number_is_named(case):
    gate = with_points(case, ("gate", "checkpoint", (0, 0)), wait_min=["long"])
    with pytest.raises(LayerError, match="long"):
        find_checkpoints(gate.project, points=gate.layers.points)


@pytest.mark.parametrize(
    "wrong", [{"speeds_kmh": {"road": 0.0}}, {"power_w_kg": -1.0}, {"fast": 1}]
)
def test_a_setting_that_cannot_be_is_refused(case, wrong):
    with pytest.raises(ProjectError, match="travel"):
        asked(case, **wrong)


def with_roads(case, *rows, crs=None, **columns):
    """Replace the corridors of a case: identifier and points in kilometres east and north."""
    layers = case.layers
    lines = [shapely.LineString(np.array(points) * 1000.0) for _, points in rows]
    table = gpd.GeoDataFrame(
        {"id": [row[0] for row in rows], "name": [row[0] for row in rows]}
        | {"kind": "road", "name_alt": ""}
        | columns,
        geometry=lines,
        crs=layers.plane.crs,
    )
    return replace(case, layers=replace(layers, corridors=table))


def test_a_gap_stays_a_gap_until_the_project_joins_it(case):
    gap = with_roads(case, ("one", [(-20, 0), (-10, 0)]), ("two", [(-9.92, 0), (-5, 0)]))
    way = {"start": "a", "stop": "b"}
    apart = ask(gap, "travel_time", **way)
    assert math.isinf(apart.value)
    assert "2 road ends lie within 100 m" in apart.detail
    assert math.isinf(ask(asked(gap, join_m=50.0), "travel_time", **way).value)
    joined = ask(asked(gap, join_m=100.0), "travel_time", **way)
    assert math.isfinite(joined.value)
    assert "road ends" not in joined.detail


def test_a_loose_track_is_not_cut_off_by_a_far_line(case):
    """Brava stands 100 m from a track that is joined to nothing, 400 m from the road."""
    roads = with_roads(
        case,
        ("main", [(-25, 9.6), (-5, 9.6), (-5, 0)]),
        ("track", [(-20.1, 10.1), (-19.9, 10.1)]),
    )
    cut = ask(roads, "cut_off", places=["a", "b"], line="old", side="West")
    assert (cut.value, "Cut off: none" in cut.detail) == (0.0, True)
    assert math.isfinite(ask(roads, "travel_time", start="b", stop="a").value)


def test_what_was_apart_before_is_named_and_not_counted(case):
    """The roads of Alba and Brava never met, and no line lies between them."""
    roads = with_roads(case, ("one", [(-25, 10), (-12, 10)]), ("two", [(-10, 0), (20, 0)]))
    found = ask(roads, "cut_off", places=["a", "b"], line="old", side="West")
    assert found.value == 0.0
    assert "apart from the rest with or without the line" in found.detail


def test_a_passage_is_open_whoever_stands_there(case):
    assert math.isinf(ask(case, "travel_time", **ACROSS).value)
    for word in ("across", "Across"):
        named = asked(case, passages=[word])
        assert ask(named, "travel_time", **ACROSS).value == pytest.approx(12.0, rel=2e-3)
    with pytest.raises(ProjectError, match=r"no corridor 'acros'.*across"):
        ask(asked(case, passages=["acros"]), "travel_time", **ACROSS)


def test_the_graph_is_built_once_for_a_case_and_a_line(case, monkeypatch):
    fresh = replace(case)
    built = []
    real = project_roads.build_graph

    def counted(*args, **more):
        built.append(1)
        return real(*args, **more)

    monkeypatch.setattr(project_roads, "build_graph", counted)
    for start in ("a", "b"):
        ask(fresh, "travel_time", start=start, stop="c", line="old")
    assert len(built) == 1
    network = fresh.computed["roads", "road"]
    front = next(one for one in fresh.fronts if one.key == "old")
    assert network.close_at(front.geometry) is network.close_at(front.geometry)
    assert replace(fresh, dem=None).computed == {}


def test_a_road_that_dips_over_the_line_within_its_error_is_in_doubt(case):
    """From Alba along the line's west bank to Pola's north, 300 m over the line on the way."""
    roads = with_roads(case, ("dip", [(-20, 10), (-5, 10), (0.3, 5), (-5, 0)]))
    exact = ask(roads, "travel_time", start="b", stop="a", line="old")
    fronts = tuple(
        replace(front, error_m=np.full_like(front.error_m, 500.0)) for front in case.fronts
    )
    vague = ask(replace(roads, fronts=fronts), "travel_time", start="b", stop="a", line="old")
    assert math.isinf(vague.value)
    assert math.isfinite(vague.low)
    assert any("doubtful" in text for text in vague.coarse)
    assert "dip" in vague.detail
    least = float(case.fronts[0].error_m.max())
    if least < 300.0:
        assert math.isinf(exact.low)
    cut = ask(replace(roads, fronts=fronts), "cut_off", places=["a", "b"], line="old", side="West")
    assert (cut.low, cut.value) == (0.0, 1.0)
