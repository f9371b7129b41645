"""Where roads meet: at shared points, at crossings on one level, at ends within a distance."""

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from frontline.network.graph import build_graph
from frontline.network.joining import count_gaps, is_noded, list_vertices
from frontline.network.routing import (
    cut_graph,
    find_doubtful_crossings,
    find_travel_times,
    label_parts,
)


def roads(*lines, kind="road", **columns):
    frame = gpd.GeoDataFrame(geometry=[LineString(line) for line in lines], crs="EPSG:32638")
    return frame.assign(kind=kind, **columns)


def minutes(graph, start, end, **more):
    return find_travel_times(
        graph, origins_xy=np.array([start], float), targets_xy=np.array([end], float), **more
    )[0, 0]


def shapes(*lines):
    return np.array([LineString(line) for line in lines], dtype=object)


CROSS = ([(0, 0), (10_000, 0)], [(5_000, -5_000), (5_000, 5_000)])
NODED = (
    [(0, 0), (5_000, 0)], [(5_000, 0), (10_000, 0)],
    [(5_000, -5_000), (5_000, 0)], [(5_000, 0), (5_000, 5_000)],
)  # fmt: skip


@pytest.mark.parametrize("gap", [0.5, 5.0, 80.0])
def test_without_a_distance_roads_meet_where_they_share_a_point_only(gap):
    bridge_gone = roads([(0, 0), (5_000, 0)], [(5_000 + gap, 0), (10_000, 0)])
    apart = build_graph(bridge_gone, tolerance_m=0.0, crossings=False)
    assert np.isinf(minutes(apart, (0, 0), (10_000, 0)))
    joined = build_graph(bridge_gone, tolerance_m=100.0)
    assert minutes(joined, (0, 0), (10_000, 0)) == pytest.approx((10_000 - gap) / 50e3 * 60)
    whole = build_graph(roads(*NODED), tolerance_m=0.0, crossings=False)
    assert minutes(whole, (0, 0), (5_000, 5_000)) == pytest.approx(12.0)


@pytest.mark.parametrize("column", [{"bridge": ["yes", ""]}, {"tunnel": ["no", "yes"]},
    {"layer": [1, 0]}, {"bridge": ["T", "F"]}, {"bridge": [None, "viaduct"]}])  # fmt: skip
def test_a_bridge_or_a_tunnel_is_no_crossing(column):
    over = build_graph(roads(*CROSS, **column))
    assert np.isinf(minutes(over, (0, 0), (5_000, 5_000)))
    assert set(label_parts(over)) == {0, 1}


def test_two_roads_on_one_bridge_cross_and_a_bridge_joins_at_its_ends():
    level = build_graph(roads(*CROSS, bridge=["yes", "yes"]))
    assert minutes(level, (0, 0), (5_000, 5_000)) == pytest.approx(12.0)
    chain = roads(
        [(0, 0), (5_000, 0)], [(5_030, 0), (6_000, 0)], [(6_000, 0), (10_000, 0)],
        bridge=["", "yes", ""],
    )  # fmt: skip
    assert np.isfinite(minutes(build_graph(chain), (0, 0), (10_000, 0)))
    # A road that ends below the middle of a bridge does not climb it.
    below = roads([(0, 0), (10_000, 0)], [(5_000, 40), (5_000, 5_000)], bridge=["yes", ""])
    assert np.isinf(minutes(build_graph(below), (0, 0), (5_000, 5_000)))


def test_noded_data_are_told_from_others():
    for lines, noded in ((NODED, True), (CROSS, False), (CROSS[:1], True)):
        found = is_noded(shapes(*lines), vertices=list_vertices(shapes(*lines)))
        assert found == noded
    # Twelve streets that share their corners, and one flyover that crosses a few of them.
    corners = [(x * 100.0, y * 100.0) for x in range(8) for y in range(8)]
    streets = [
        [(x, y), (x + dx, y + dy)]
        for x, y in corners
        for dx, dy in ((100.0, 0.0), (0.0, 100.0))
        if x + dx <= 700 and y + dy <= 700
    ]
    lines = shapes(*streets, [(50.0, 150.0), (350.0, 160.0)])
    assert is_noded(lines, vertices=list_vertices(lines))


def test_ends_that_stay_apart_are_counted():
    lines = shapes([(0, 0), (5_000, 0)], [(5_080, 0), (9_000, 0)], [(4_000, 30), (4_000, 900)])
    vertices = list_vertices(lines)
    assert count_gaps(lines, vertices=vertices, least_m=0.0, most_m=100.0) == 3
    assert count_gaps(lines, vertices=vertices, least_m=50.0, most_m=100.0) == 2
    assert count_gaps(lines, vertices=vertices, least_m=90.0, most_m=100.0) == 0
    noded = shapes(*NODED)
    assert count_gaps(noded, vertices=list_vertices(noded), least_m=0.0, most_m=100.0) == 0


def test_a_short_loose_road_is_not_joined_to_itself():
    graph = build_graph(roads([(0, 0), (80, 0)]))
    assert graph.length_m.sum() == pytest.approx(80.0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_a_grid_of_streets_is_as_long_as_its_streets_and_ways_are_symmetric(seed, side):
    rng = np.random.default_rng(seed)
    nodes = np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="ij"), -1) * 900.0
    nodes += rng.uniform(-200, 200, nodes.shape)
    lines = [
        [tuple(nodes[i, j]), tuple(nodes[i + down, j + 1 - down])]
        for i in range(side) for j in range(side) for down in (0, 1)
        if i + down < side and j + 1 - down < side
    ]  # fmt: skip
    graph = build_graph(roads(*lines), tolerance_m=0.0, crossings=False)
    assert graph.length_m.sum() == pytest.approx(sum(LineString(line).length for line in lines))
    assert set(graph.part) == {0}
    assert graph.circuit_m == pytest.approx(graph.length_m.sum())
    there = minutes(graph, nodes[0, 0], nodes[-1, -1])
    assert there == pytest.approx(minutes(graph, nodes[-1, -1], nodes[0, 0]))
    # A second way: Floyd and Warshall over the corners.
    row = {tuple(xy): number for number, xy in enumerate(nodes.reshape(-1, 2))}
    km = np.where(np.eye(len(row), dtype=bool), 0.0, np.inf)
    for line in lines:
        ends = row[line[0]], row[line[1]]
        km[ends] = km[ends[::-1]] = LineString(line).length / 1000.0
    for via in range(len(row)):
        km = np.minimum(km, km[:, via, np.newaxis] + km[via])
    assert there == pytest.approx(km[0, -1] / 50.0 * 60.0)


# Loose tracks


MAIN = [(0, 0), (20_000, 0)]


def test_a_place_beside_a_loose_track_goes_by_the_road_behind_it():
    track = [(9_900, 400), (10_100, 400)]
    graph = build_graph(roads(MAIN, track), tolerance_m=0.0)
    by_hand = 0.35 / 4.5 * 60 + 10 / 50 * 60
    assert minutes(graph, (10_000, 350), (0, 0)) == pytest.approx(by_hand)


def test_a_one_way_stub_to_nowhere_holds_nobody():
    stub = [(10_000, 300), (10_000, 380)]
    graph = build_graph(
        roads(MAIN, [(10_000, 0), (10_000, 300)], stub, oneway=["no", "yes", "yes"])
    )
    by_hand = 0.38 / 4.5 * 60 + 10 / 50 * 60
    assert minutes(graph, (10_000, 380), (0, 0)) == pytest.approx(by_hand)


def test_an_island_keeps_its_own_roads_and_a_far_place_its_track():
    island = [(0, 30_000), (20_000, 30_000)]
    graph = build_graph(roads(MAIN, island, [(9_900, 8_000), (10_100, 8_000)]))
    assert minutes(graph, (0, 30_000), (20_000, 30_000)) == pytest.approx(24.0)
    assert np.isinf(minutes(graph, (0, 30_000), (0, 0)))
    assert np.isinf(minutes(graph, (10_000, 8_000), (0, 0)))


def test_what_a_line_cuts_off_is_no_loose_track():
    """The piece beyond the line is short, but it was part of a long road."""
    graph = build_graph(roads(MAIN, [(0, 1_500), (20_000, 1_500)]), tolerance_m=0.0)
    cut = cut_graph(graph, line=LineString([(18_000, -9_000), (18_000, 700), (30_000, 700)]))
    assert np.isinf(minutes(cut, (20_000, 0), (0, 0)))


# Doubt


def test_a_road_over_the_line_and_back_within_its_error_is_in_doubt():
    line = LineString([(0, 0), (20_000, 0)])
    dips = shapes(
        [(0, 500), (5_000, 500), (5_500, -400), (6_000, 500), (20_000, 500)],
        [(0, 500), (5_000, 500), (5_500, -4_000), (6_000, 500), (20_000, 500)],
        [(0, 500), (5_000, 500), (5_500, -400), (6_000, 500), (7_000, -5_000)],
    )
    spots = find_doubtful_crossings(
        dips, line=line, segments=np.array([line], dtype=object), error_m=np.array([1_000.0])
    )
    assert sorted(row for row, _, _ in spots) == [0, 0, 2, 2]
    xs = sorted(x for row, x, _ in spots if row == 0)
    assert xs == pytest.approx([5_000 + 500 * 5 / 9, 5_500 + 500 * 4 / 9], abs=0.1)
    exact = find_doubtful_crossings(
        dips, line=line, segments=np.array([line], dtype=object), error_m=np.array([100.0])
    )
    assert exact == ()
    graph = build_graph(
        gpd.GeoDataFrame({"kind": "road"}, index=[0], geometry=dips[:1], crs=32638),
        tolerance_m=0.0,
    )
    shut, eased = cut_graph(graph, line=line), cut_graph(graph, line=line, open_spots=spots)
    assert np.isinf(minutes(shut, (0, 500), (20_000, 500), line=line))
    assert minutes(eased, (0, 500), (20_000, 500), line=line) == pytest.approx(
        dips[0].length / 50e3 * 60
    )


def test_a_passage_is_barred_by_no_line():
    graph = build_graph(roads(MAIN, [(0, 9_000), (20_000, 9_000)]))
    line = LineString([(9_970, -9_000), (9_970, 19_000)])
    cut = cut_graph(graph, line=line, open_roads=[0])
    assert minutes(cut, (0, 0), (20_000, 0), line=line) == pytest.approx(24.0)
    assert np.isinf(minutes(cut, (0, 9_000), (20_000, 9_000), line=line))
