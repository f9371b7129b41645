"""Road graphs with answers known by hand."""

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString, Point

from frontline.errors import LayerError
from frontline.network.graph import build_graph, limit_speed_on_slope
from frontline.network.routing import cut_graph, find_times_to_line, find_travel_times, label_parts


def roads(*lines, kind="road", **columns):
    frame = gpd.GeoDataFrame(geometry=[LineString(line) for line in lines], crs="EPSG:32638")
    return frame.assign(kind=kind, **columns)


def minutes(graph, start, end, **more):
    return find_travel_times(
        graph, origins_xy=np.array([start], float), targets_xy=np.array([end], float), **more
    )[0, 0]


def test_ten_kilometres_at_fifty_an_hour_take_twelve_minutes():
    graph = build_graph(roads([(0, 0), (10_000, 0)]))
    assert minutes(graph, (0, 0), (10_000, 0)) == pytest.approx(12.0)


def test_a_road_that_ends_on_another_is_joined_to_it():
    graph = build_graph(roads([(0, 0), (10_000, 0)], [(4_000, 60), (4_000, 5_000)]))
    assert set(label_parts(graph)) == {0}
    by_hand = (4_000 + 4_940) / 50_000 * 60
    assert minutes(graph, (0, 0), (4_000, 5_000)) == pytest.approx(by_hand, rel=1e-3)


def test_roads_farther_apart_than_the_tolerance_stay_apart():
    graph = build_graph(roads([(0, 0), (10_000, 0)], [(4_000, 150), (4_000, 5_000)]))
    assert set(label_parts(graph)) == {0, 1}


def test_roads_that_cross_meet():
    graph = build_graph(roads([(0, 0), (10_000, 0)], [(5_000, -5_000), (5_000, 5_000)]))
    assert minutes(graph, (0, 0), (5_000, 5_000)) == pytest.approx(12.0)


def test_a_cut_bridge_leaves_no_way():
    graph = build_graph(roads([(0, 0), (10_000, 0)]))
    river = LineString([(5_100, -20_000), (5_100, 20_000)])
    cut = cut_graph(graph, line=river)
    assert np.isinf(minutes(cut, (0, 0), (10_000, 0), line=river))
    assert set(label_parts(cut)) == {0, 1}


def test_a_detour_is_as_long_as_it_is():
    ring = roads([(0, 0), (10_000, 0)], [(0, 0), (0, 8_000), (10_000, 8_000), (10_000, 0)])
    bar = LineString([(5_100, -1_000), (5_100, 1_000)])
    graph = build_graph(ring)
    assert minutes(graph, (0, 0), (10_000, 0)) == pytest.approx(12.0)
    detour = 26_000 / 50_000 * 60
    assert minutes(cut_graph(graph, line=bar), (0, 0), (10_000, 0)) == pytest.approx(detour)


def test_a_gate_lets_through_at_its_cost():
    graph = build_graph(roads([(0, 0), (10_000, 0)]))
    bar = LineString([(5_100, -20_000), (5_100, 20_000)])
    through = cut_graph(graph, line=bar, gates=[(5_100, 0, 45.0)])
    assert minutes(through, (0, 0), (10_000, 0)) == pytest.approx(57.0)


def test_a_one_way_road_leads_one_way():
    graph = build_graph(roads([(0, 0), (10_000, 0)], oneway=[True]))
    assert minutes(graph, (0, 0), (10_000, 0)) == pytest.approx(12.0)
    assert np.isinf(minutes(graph, (10_000, 0), (0, 0)))


def test_time_to_the_line_is_the_road_and_the_walk_from_it():
    graph = build_graph(roads([(0, 0), (10_000, 0)]))
    line = LineString([(10_900, -50_000), (10_900, 50_000)])
    by_hand = 12.0 + 0.9 / 4.5 * 60
    assert find_times_to_line(graph, origins_xy=np.array([[0.0, 0.0]]), line=line)[
        0
    ] == pytest.approx(by_hand)


def test_without_roads_one_walks():
    empty = gpd.GeoDataFrame({"kind": []}, geometry=[], crs="EPSG:32638")
    line = LineString([(4_500, -50_000), (4_500, 50_000)])
    reach = find_times_to_line(build_graph(empty), origins_xy=np.array([[0.0, 0.0]]), line=line)
    assert reach[0] == pytest.approx(60.0)


def test_own_speeds_hold_before_those_of_the_class():
    graph = build_graph(roads([(0, 0), (10_000, 0)], speed_kmh=[25.0]))
    assert minutes(graph, (0, 0), (10_000, 0)) == pytest.approx(24.0)


def test_a_class_without_a_speed_is_an_error_that_names_it():
    with pytest.raises(LayerError, match="goat path"):
        build_graph(roads([(0, 0), (10_000, 0)], kind="goat path"))


def test_the_order_and_direction_of_roads_do_not_matter():
    lines = [[(0, 0), (10_000, 0)], [(5_000, -5_000), (5_000, 5_000)], [(5_000, 5_000), (0, 0)]]
    graph = build_graph(roads(*lines))
    turned = build_graph(roads(*[line[::-1] for line in lines[::-1]]))
    ways = [((0, 0), (5_000, -5_000)), ((10_000, 0), (5_000, 5_000))]
    for start, end in ways:
        assert minutes(graph, start, end) == pytest.approx(minutes(turned, start, end))


@pytest.mark.parametrize("end", [10_000.0004, 10_000.0005, 10_000.0006])
def test_a_road_keeps_its_last_piece_however_its_length_rounds(end):
    graph = build_graph(roads([(0, 0), (end, 0)]))
    assert graph.length_m.sum() == pytest.approx(end)
    assert minutes(graph, (0, 0), (end, 0)) == pytest.approx(12.0)


def on_a_slope(rise):
    """Heights that rise eastward by a share of the way."""
    return lambda xy: np.asarray(xy)[:, 0] * rise


@pytest.mark.parametrize(
    ("slope", "kmh"),
    [
        # 15 W/kg / (9.81 (sin a + 0.015)), by hand.
        (0.10, 3.6 * 15 / (9.81 * (0.0995037 + 0.015))),
        (-0.10, 3.6 * 15 / (9.81 * (0.0995037 - 0.015))),
        (0.20, 3.6 * 15 / (9.81 * (0.1961161 + 0.015))),
    ],
)
def test_a_slope_allows_the_speed_that_its_power_does(slope, kmh):
    assert limit_speed_on_slope(np.array([slope]))[0] == pytest.approx(kmh, rel=1e-5)


def test_steeper_is_never_faster_and_up_never_faster_than_down():
    steep = np.linspace(0.0, 1.0, 200)
    up, down = limit_speed_on_slope(steep), limit_speed_on_slope(-steep)
    assert (np.diff(up) < 0).all()
    assert (np.diff(down[steep > 0.02]) < 0).all()
    assert (down >= up).all()
    assert limit_speed_on_slope(np.array([0.0]))[0] > 300


def test_a_road_uphill_takes_longer_and_downhill_as_its_class_or_its_brakes_allow():
    lines = roads([(0, 0), (10_000, 0)])
    level = build_graph(lines)
    hill = build_graph(lines, heights=on_a_slope(0.10))
    up, down = minutes(hill, (0, 0), (10_000, 0)), minutes(hill, (10_000, 0), (0, 0))
    assert up == pytest.approx(10 / limit_speed_on_slope(np.array([0.10]))[0] * 60)
    assert down == pytest.approx(12.0)
    cliff = build_graph(lines, heights=on_a_slope(0.30))
    by_brakes = 10 / limit_speed_on_slope(np.array([-0.30]))[0] * 60
    assert minutes(cliff, (10_000, 0), (0, 0)) == pytest.approx(by_brakes)
    assert by_brakes > 12
    assert minutes(level, (0, 0), (10_000, 0)) == pytest.approx(12.0)


def test_a_hill_and_its_mirror_image_take_the_same_time():
    lines = roads([(-5_000, 0), (5_000, 0)])
    hill = build_graph(lines, heights=lambda xy: 800 - 0.15 * np.abs(xy[:, 0]))
    there = minutes(hill, (-5_000, 0), (5_000, 0))
    assert there == pytest.approx(minutes(hill, (5_000, 0), (-5_000, 0)), rel=1e-6)
    assert there > 12.0


def test_the_drawing_direction_of_a_road_on_a_slope_does_not_matter():
    ends = [(0, 0), (3_000, 400), (10_000, 0)]
    ways = [build_graph(roads(one), heights=on_a_slope(0.12)) for one in (ends, ends[::-1])]
    for start, stop in [((0, 0), (10_000, 0)), ((10_000, 0), (0, 0))]:
        there, back = (minutes(one, start, stop) for one in ways)
        assert there == pytest.approx(back, rel=1e-6)


def test_unknown_heights_are_level_and_noise_over_metres_is_no_slope():
    lines = roads([(0, 0), (10_000, 0)])
    blank = build_graph(lines, heights=lambda xy: np.full(len(xy), np.nan))
    assert minutes(blank, (0, 0), (10_000, 0)) == pytest.approx(12.0)
    # Vertices every 20 m on ground that errs by 3 m: a slope of 15 % from one to the next.
    fine = [(x, 0) for x in range(0, 10_001, 20)]
    rough = build_graph(roads(fine), heights=lambda xy: 3.0 * ((xy[:, 0] // 20) % 2))
    assert minutes(rough, (0, 0), (10_000, 0)) == pytest.approx(12.0)


def test_a_road_with_many_vertices_keeps_its_whole_length():
    fine = [(x, 0) for x in range(0, 10_001, 20)]
    graph = build_graph(roads(fine, [(4_000, 60), (4_000, 5_000)]))
    assert set(label_parts(graph)) == {0}
    assert minutes(graph, (0, 0), (10_000, 0)) == pytest.approx(12.0)
    assert minutes(graph, (0, 0), (4_000, 5_000)) == pytest.approx((4_000 + 4_940) / 50e3 * 60)


@pytest.mark.parametrize(("said", "open_ways"), [("yes", "on"), ("-1", "back"), ("no", "both")])
def test_one_way_is_read_as_maps_write_it(said, open_ways):
    graph = build_graph(roads([(0, 0), (10_000, 0)], oneway=[said]))
    ways = np.isfinite(
        [minutes(graph, (0, 0), (10_000, 0)), minutes(graph, (10_000, 0), (0, 0))]
    ).tolist()
    assert ways == {"on": [True, False], "back": [False, True], "both": [True, True]}[open_ways]


def test_a_speed_that_is_no_number_is_named():
    with pytest.raises(LayerError, match="slow"):
        build_graph(roads([(0, 0), (10_000, 0)], speed_kmh=["slow"]))


@pytest.mark.parametrize("east", [5_000.0, 5_100.0, 4_999.995])
def test_a_gate_costs_once_wherever_the_line_lies(east):
    """On a node of the graph, between two, and within the gap beside one."""
    graph = build_graph(roads([(0, 0), (10_000, 0)]))
    bar = LineString([(east, -20_000), (east, 20_000)])
    through = cut_graph(graph, line=bar, gates=[(east, 300, 45.0)])
    there = minutes(through, (0, 0), (10_000, 0), line=bar)
    assert there == pytest.approx(57.0, abs=1e-3)
    assert there == pytest.approx(minutes(through, (10_000, 0), (0, 0), line=bar))
    far = cut_graph(graph, line=bar, gates=[(east, 600, 45.0)])
    assert np.isinf(minutes(far, (0, 0), (10_000, 0), line=bar))


def test_of_two_gates_the_cheaper_one_counts_and_a_longer_way_may_be_shorter():
    ring = roads([(0, 0), (10_000, 0)], [(0, 0), (0, 8_000), (10_000, 8_000), (10_000, 0)])
    graph = build_graph(ring)
    bar = LineString([(5_100, -20_000), (5_100, 20_000)])
    both = cut_graph(
        graph, line=bar, gates=[(5_100, 0, 60.0), (5_100, 100, 40.0), (5_100, 8_000, 5.0)]
    )
    assert minutes(both, (0, 0), (10_000, 0), line=bar) == pytest.approx(26 / 50 * 60 + 5)
    dear = cut_graph(graph, line=bar, gates=[(5_100, 0, 10.0), (5_100, 8_000, 5.0)])
    assert minutes(dear, (0, 0), (10_000, 0), line=bar) == pytest.approx(12 + 10)


def test_a_gate_on_a_one_way_road_leads_one_way():
    graph = build_graph(roads([(0, 0), (10_000, 0)], oneway=["yes"]))
    bar = LineString([(5_100, -20_000), (5_100, 20_000)])
    through = cut_graph(graph, line=bar, gates=[(5_100, 0, 45.0)])
    assert minutes(through, (0, 0), (10_000, 0), line=bar) == pytest.approx(57.0)
    assert np.isinf(minutes(through, (10_000, 0), (0, 0), line=bar))


def test_a_place_joins_the_road_at_its_nearest_point():
    graph = build_graph(roads([(0, 0), (10_000, 0)]))
    by_hand = 0.9 / 4.5 * 60 + (7_890 - 1_110) / 50_000 * 60 + 0.3 / 4.5 * 60
    assert minutes(graph, (1_110, 900), (7_890, -300)) == pytest.approx(by_hand)


def test_two_places_on_one_stretch_of_road_do_not_go_round():
    graph = build_graph(roads([(0, 0), (10_000, 0)]))
    assert minutes(graph, (30, 0), (130, 0)) == pytest.approx(0.1 / 50 * 60)
    assert minutes(graph, (30, 0), (30, 0)) == pytest.approx(0.0, abs=1e-6)


def test_nobody_walks_across_the_line_to_a_road():
    graph = build_graph(roads([(0, 0), (10_000, 0)], [(0, 5_000), (10_000, 5_000)]))
    # A line between the two roads: the place beside the near road stands beyond it.
    bar = LineString([(-50_000, 100), (50_000, 100)])
    cut = cut_graph(graph, line=bar)
    there = minutes(cut, (0, 200), (10_000, 5_000), line=bar)
    assert there == pytest.approx(4.8 / 4.5 * 60 + 12.0)
    assert np.isinf(minutes(cut, (0, 200), (10_000, 0), line=bar))


def test_a_place_at_the_very_line_stays_on_its_side():
    graph = build_graph(roads([(0, 0), (10_000, 0)]))
    bar = LineString([(5_100, -20_000), (5_100, 20_000)])
    cut = cut_graph(graph, line=bar)
    assert np.isinf(minutes(cut, (0, 0), (5_100.5, 0), line=bar))
    assert minutes(cut, (0, 0), (5_099.5, 0), line=bar) == pytest.approx(5.0995 / 50 * 60)


@pytest.mark.parametrize("east", [5_000.0, 5_100.0, 5_249.0])
def test_the_way_to_the_line_ends_where_the_road_meets_it(east):
    line = LineString([(east, -50_000), (east, 50_000)])
    graph = cut_graph(build_graph(roads([(0, 0), (10_000, 0)])), line=line)
    found = find_times_to_line(graph, origins_xy=np.array([[0.0, 0.0], [10_000.0, 0.0]]), line=line)
    by_hand = np.array([east, 10_000 - east]) / 50_000 * 60
    assert found == pytest.approx(by_hand, abs=2e-4)


def test_the_way_to_the_line_leaves_the_road_at_its_nearest_point():
    # A spur of the line comes within 400 m of the middle of a straight edge.
    line = LineString([(1_130, 9_000), (1_130, 400), (1_131, 9_000)])
    graph = cut_graph(build_graph(roads([(0, 0), (10_000, 0)])), line=line)
    found = find_times_to_line(graph, origins_xy=np.array([[0.0, 0.0]]), line=line)[0]
    assert found == pytest.approx(1.13 / 50 * 60 + 0.4 / 4.5 * 60)


def test_closed_land_leaves_the_roads_around_it():
    graph = build_graph(roads([(0, 0), (10_000, 0)]))
    cut = cut_graph(graph, line=Point(5_000, 0).buffer(1_000))
    assert minutes(cut, (0, 0), (3_900, 0)) == pytest.approx(3.9 / 50 * 60)
    assert np.isinf(minutes(cut, (0, 0), (10_000, 0)))
    # 2 km of road are closed, and a centimetre at either end.
    assert graph.length_m.sum() - cut.length_m.sum() == pytest.approx(2_000, abs=0.1)


def test_a_line_that_bars_nothing_changes_nothing():
    graph = build_graph(roads([(0, 0), (10_000, 0)], [(5_000, -5_000), (5_000, 5_000)]))
    same = cut_graph(graph, line=LineString([(0, 20_000), (10_000, 20_000)]))
    assert np.array_equal(same.edges, graph.edges)
    assert np.array_equal(same.minutes, graph.minutes)
