"""Road graphs with answers known by hand."""

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString

from frontline.errors import LayerError
from frontline.roads import barred, minutes_to_line, parts, road_graph, travel_minutes


def roads(*lines, kind="road", **columns):
    frame = gpd.GeoDataFrame(geometry=[LineString(line) for line in lines], crs="EPSG:32638")
    return frame.assign(kind=kind, **columns)


def minutes(graph, start, end, **more):
    return travel_minutes(graph, np.array([start], float), np.array([end], float), **more)[0, 0]


def test_ten_kilometres_at_fifty_an_hour_take_twelve_minutes():
    graph = road_graph(roads([(0, 0), (10_000, 0)]))
    assert minutes(graph, (0, 0), (10_000, 0)) == pytest.approx(12.0)


def test_a_road_that_ends_on_another_is_joined_to_it():
    graph = road_graph(roads([(0, 0), (10_000, 0)], [(4_000, 60), (4_000, 5_000)]))
    assert set(parts(graph)) == {0}
    by_hand = (4_000 + 4_940) / 50_000 * 60
    assert minutes(graph, (0, 0), (4_000, 5_000)) == pytest.approx(by_hand, rel=1e-3)


def test_roads_farther_apart_than_the_tolerance_stay_apart():
    graph = road_graph(roads([(0, 0), (10_000, 0)], [(4_000, 150), (4_000, 5_000)]))
    assert set(parts(graph)) == {0, 1}


def test_roads_that_cross_meet():
    graph = road_graph(roads([(0, 0), (10_000, 0)], [(5_000, -5_000), (5_000, 5_000)]))
    assert minutes(graph, (0, 0), (5_000, 5_000)) == pytest.approx(12.0)


def test_a_cut_bridge_leaves_no_way():
    graph = road_graph(roads([(0, 0), (10_000, 0)]))
    river = LineString([(5_100, -20_000), (5_100, 20_000)])
    cut = barred(graph, river)
    assert np.isinf(minutes(cut, (0, 0), (10_000, 0), line=river))
    assert set(parts(cut)) == {0, 1}


def test_a_detour_is_as_long_as_it_is():
    ring = roads([(0, 0), (10_000, 0)], [(0, 0), (0, 8_000), (10_000, 8_000), (10_000, 0)])
    bar = LineString([(5_100, -1_000), (5_100, 1_000)])
    graph = road_graph(ring)
    assert minutes(graph, (0, 0), (10_000, 0)) == pytest.approx(12.0)
    detour = 26_000 / 50_000 * 60
    assert minutes(barred(graph, bar), (0, 0), (10_000, 0)) == pytest.approx(detour)


def test_a_gate_lets_through_at_its_cost():
    graph = road_graph(roads([(0, 0), (10_000, 0)]))
    bar = LineString([(5_100, -20_000), (5_100, 20_000)])
    through = barred(graph, bar, gates=[(5_100, 0, 45.0)])
    assert minutes(through, (0, 0), (10_000, 0)) == pytest.approx(57.0)


def test_a_one_way_road_leads_one_way():
    graph = road_graph(roads([(0, 0), (10_000, 0)], oneway=[True]))
    assert minutes(graph, (0, 0), (10_000, 0)) == pytest.approx(12.0)
    assert np.isinf(minutes(graph, (10_000, 0), (0, 0)))


def test_time_to_the_line_is_the_road_and_the_walk_from_it():
    graph = road_graph(roads([(0, 0), (10_000, 0)]))
    line = LineString([(10_900, -50_000), (10_900, 50_000)])
    by_hand = 12.0 + 0.9 / 4.5 * 60
    assert minutes_to_line(graph, np.array([[0.0, 0.0]]), line)[0] == pytest.approx(by_hand)


def test_without_roads_one_walks():
    empty = gpd.GeoDataFrame({"kind": []}, geometry=[], crs="EPSG:32638")
    line = LineString([(4_500, -50_000), (4_500, 50_000)])
    reach = minutes_to_line(road_graph(empty), np.array([[0.0, 0.0]]), line)
    assert reach[0] == pytest.approx(60.0)


def test_own_speeds_hold_before_those_of_the_class():
    graph = road_graph(roads([(0, 0), (10_000, 0)], speed_kmh=[25.0]))
    assert minutes(graph, (0, 0), (10_000, 0)) == pytest.approx(24.0)


def test_a_class_without_a_speed_is_an_error_that_names_it():
    with pytest.raises(LayerError, match="goat path"):
        road_graph(roads([(0, 0), (10_000, 0)], kind="goat path"))


def test_the_order_and_direction_of_roads_do_not_matter():
    lines = [[(0, 0), (10_000, 0)], [(5_000, -5_000), (5_000, 5_000)], [(5_000, 5_000), (0, 0)]]
    graph = road_graph(roads(*lines))
    turned = road_graph(roads(*[line[::-1] for line in lines[::-1]]))
    ways = [((0, 0), (5_000, -5_000)), ((10_000, 0), (5_000, 5_000))]
    for start, end in ways:
        assert minutes(graph, start, end) == pytest.approx(minutes(turned, start, end))


@pytest.mark.parametrize("end", [10_000.0004, 10_000.0005, 10_000.0006])
def test_a_road_keeps_its_last_piece_however_its_length_rounds(end):
    graph = road_graph(roads([(0, 0), (end, 0)]))
    assert graph.length_m.sum() == pytest.approx(end)
    assert minutes(graph, (0, 0), (end, 0)) == pytest.approx(12.0)
