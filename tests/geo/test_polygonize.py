"""Faces of a plane anyone can draw: slivers, small pieces, ends, labels, and how time grows."""

import time

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from frontline.geo.polygonize import close_gaps, polygonize_sides, polygonize_states, spread_labels

BOX = shapely.box(-50_000, -30_000, 50_000, 30_000)
WHOLE = np.linspace(-30_000, 30_000, 2)


def upright(x, y=WHOLE):
    return shapely.LineString(np.column_stack([np.broadcast_to(x, len(y)), y]))


def noisy(sigma_m, count, *, seed=1, half_m=30_000):
    y = np.linspace(-half_m, half_m, count)
    return upright(np.random.default_rng(seed).normal(0, sigma_m, count), y)


@pytest.mark.parametrize("apart_m", [0.004, 0.03, 0.5, 2.0, 4.0])
def test_a_line_drawn_twice_counts_once(apart_m):
    faces = polygonize_sides(BOX, lines=np.array([upright(0), upright(apart_m)]))
    assert len(faces.polygons) == 2
    assert faces.lines.length == pytest.approx(60_000, abs=2 * apart_m)


@pytest.mark.parametrize("apart_m", [0.03, 2.0, 3.0])
@pytest.mark.parametrize("short_m", [(0, 0), (3, 8), (20, 20), (45, 1)])
@pytest.mark.parametrize("turn_deg", [0.0, 33.0])
def test_a_line_drawn_twice_whose_ends_miss_the_edge_counts_once(apart_m, short_m, turn_deg):
    lines = [
        upright(x, np.array([-30_000 + gap, 30_000 - gap]))
        for x, gap in zip((0, apart_m), short_m, strict=True)
    ]
    turned = [shapely.affinity.rotate(shape, turn_deg, origin=(0, 0)) for shape in (BOX, *lines)]
    faces = polygonize_sides(turned[0], lines=np.array(turned[1:]))
    assert len(faces.polygons) == 2
    assert faces.lines.length == pytest.approx(60_000, abs=60)
    assert len(faces.open_ends) == 0


def test_two_digitisations_that_cross_each_other_count_once():
    one, other = (noisy(0.8, 1_500, seed=seed) for seed in (1, 2))
    faces = polygonize_sides(BOX, lines=np.array([one, other]))
    assert len(faces.polygons) == 2
    assert faces.lines.length == pytest.approx(one.length, rel=0.005)
    assert shapely.area(faces.polygons).sum() == pytest.approx(BOX.area)


def test_a_fork_whose_branches_miss_the_edge_reaches_it_with_both():
    stem = shapely.LineString([(0, -30_000), (0, 29_950)])
    branches = [shapely.LineString([(0, 29_950), (x, 29_985)]) for x in (-12, 12)]
    faces = polygonize_sides(BOX, lines=np.array([stem, *branches]))
    assert len(faces.open_ends) == 0
    assert sorted(shapely.area(faces.polygons) / 1e6) == pytest.approx(
        [0.00078, 3_000, 3_000], rel=1e-3
    )
    whole = polygonize_sides(BOX, lines=np.array([stem, *branches]), least_m2=2_500)
    assert len(whole.polygons) == 2
    assert len(whole.merged) == 1


@pytest.mark.parametrize("count", [1_000, 4_000])
@pytest.mark.parametrize("turn_deg", [0.0, 21.0, 90.0])
def test_noise_of_22_m_on_vertices_83_m_apart_is_not_eaten(count, turn_deg):
    half_m = 83.0 * (count - 1) / 2
    area = shapely.box(-100_000, -half_m, 100_000, half_m)
    line = noisy(22, count, half_m=half_m)
    area, line = (shapely.affinity.rotate(shape, turn_deg, origin=(0, 0)) for shape in (area, line))
    faces = polygonize_sides(area, lines=np.array([line]), least_m2=500.0**2)
    assert len(faces.polygons) == 2
    assert faces.lines.length == pytest.approx(line.length, rel=1e-3)


def test_a_line_along_the_edge_separates_nothing_there():
    line = shapely.LineString([(-50_000, 30_000), (-50_000, 0), (0, 0), (0, -30_000)])
    faces = polygonize_sides(BOX, lines=np.array([line]))
    assert faces.lines.length == pytest.approx(80_000)
    assert faces.edge_m == pytest.approx(30_000)


@pytest.mark.parametrize("off_m", [0.0, 0.04, 0.6])
def test_an_edge_that_is_missed_by_a_little_is_no_front(off_m):
    west = shapely.box(-50_000, -30_000, 0, 30_000 - off_m)
    states = polygonize_states(BOX, shapes=np.array([west], dtype=object), names=["W"], rest="E")
    assert states.lines.length == pytest.approx(60_000, abs=2)
    line = shapely.LineString(
        [(-50_000 + off_m, 30_000), (-50_000 + off_m, 0), (0, 0), (0, -30_000)]
    )
    faces = polygonize_sides(BOX, lines=np.array([line]))
    assert faces.lines.length == pytest.approx(80_000, abs=2)
    assert faces.edge_m == pytest.approx(30_000, abs=2)


def test_small_faces_go_to_the_longest_border_and_a_seed_keeps_one():
    ring = shapely.box(-10_000, 0, -9_800, 200).exterior
    faces = polygonize_sides(BOX, lines=np.array([upright(0), ring]), least_m2=500.0**2)
    assert len(faces.polygons) == 2
    assert faces.lines.length == pytest.approx(60_000)
    assert shapely.area(faces.merged) == pytest.approx([40_000])
    seeded = polygonize_sides(
        BOX,
        lines=np.array([upright(0), ring]),
        least_m2=500.0**2,
        kept_xy=np.array([[-9_900.0, 100.0]]),
    )
    assert len(seeded.polygons) == 3


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_faces_cover_the_area_whatever_is_merged(seed):
    rng = np.random.default_rng(seed)
    lines = [
        upright(rng.uniform(-4e4, 4e4, 12), np.linspace(-30_000, 30_000, 12)) for _ in range(3)
    ]
    faces = polygonize_sides(BOX, lines=np.array(lines), least_m2=1e8)
    assert shapely.area(faces.polygons).sum() == pytest.approx(BOX.area)
    small = shapely.area(faces.polygons) < 1e8
    assert not small.any() or len(faces.polygons) == 1
    bare = polygonize_sides(BOX, lines=np.array(lines))
    assert len(bare.polygons) >= len(faces.polygons)
    assert faces.lines.length <= bare.lines.length + 1e-6


def halves(edge, other=None):
    west = shapely.Polygon([(-50_000, -30_000), *edge, (-50_000, 30_000)])
    return [west, shapely.Polygon([(50_000, -30_000), *(other or edge), (50_000, 30_000)])]


STRAIGHT = [(0, -30_000), (0, 30_000)]


def test_a_hole_of_639_m2_is_no_front():
    west, east = halves(STRAIGHT)
    side = np.sqrt(639.0)
    hole = shapely.box(20_000, 0, 20_000 + side, side)
    shapes = np.array([west, east.difference(hole), hole], dtype=object)
    states = polygonize_states(BOX, shapes=shapes, names=["W", "E", "W"], least_m2=500.0**2)
    assert states.lines.length == pytest.approx(60_000)
    assert shapely.area(states.merged) == pytest.approx([639.0], rel=1e-3)
    kept = polygonize_states(BOX, shapes=shapes, names=["W", "E", "W"])
    assert kept.lines.length == pytest.approx(60_000 + 4 * side, rel=1e-6)
    seed = np.array([[20_010.0, 10.0]])
    seeded = polygonize_states(
        BOX, shapes=shapes, names=["W", "E", "W"], least_m2=500.0**2, kept_xy=seed
    )
    assert seeded.lines.length == pytest.approx(60_000 + 4 * side, rel=1e-6)


def test_small_pieces_within_small_pieces_go_as_well():
    west, east = halves(STRAIGHT)
    outer, inner = shapely.box(20_000, 0, 20_400, 400), shapely.box(20_100, 100, 20_300, 300)
    shapes = [west, east.difference(outer), outer.difference(inner), inner]
    states = polygonize_states(
        BOX, shapes=np.array(shapes, dtype=object), names=["W", "E", "W", "E"], least_m2=2e5
    )
    assert states.lines.length == pytest.approx(60_000)


def test_a_piece_that_the_areas_edge_cuts_off_stays_unless_it_is_tiny():
    west, east = halves(STRAIGHT)
    for size, kept in ((300, True), (45, False)):
        piece = shapely.box(20_000, 30_000 - size, 20_000 + size, 30_000)
        shapes = np.array([west, east.difference(piece), piece], dtype=object)
        states = polygonize_states(BOX, shapes=shapes, names=["W", "E", "W"], least_m2=500.0**2)
        assert states.lines.length == pytest.approx(60_000 + (3 * size if kept else 0))


def test_small_overlaps_and_gaps_are_mended_and_large_ones_are_not():
    west, east = halves([(0, -30_000), (0, 0), (45, 0), (45, 44), (0, 44), (0, 30_000)], STRAIGHT)
    states = polygonize_states(
        BOX, shapes=np.array([west, east], dtype=object), names=["W", "E"], least_m2=2_500
    )
    assert len(states.overlaps) == 0
    assert shapely.area(states.mended).sum() == pytest.approx(1_980)
    apart = polygonize_states(
        BOX,
        shapes=np.array(halves(STRAIGHT, [(30, -30_000), (30, 30_000)]), dtype=object),
        names=["W", "E"],
    )
    assert shapely.area(apart.closed).sum() == pytest.approx(30 * 60_000)
    assert set(apart.labels) == {"W", "E"}
    wide = halves([(400, -30_000), (400, 30_000)], STRAIGHT)
    assert (
        len(polygonize_states(BOX, shapes=np.array(wide, dtype=object), names=["W", "E"]).overlaps)
        == 1
    )


def test_what_polygons_leave_is_that_of_the_rest():
    west = [
        shapely.box(-50_000, -30_000, -20_010, 30_000),
        shapely.box(-20_000, -30_000, 0, 30_000),
    ]
    states = polygonize_states(BOX, shapes=np.array(west, dtype=object), names=["W", "W"], rest="E")
    held = shapely.area(states.polygons[np.array(states.labels) == "W"]).sum()
    assert held == pytest.approx(50_000 * 60_000)  # the gap of 10 m between the two is theirs
    assert states.lines.length == pytest.approx(60_000)


def test_an_inlet_is_left_open_and_a_gap_between_two_polygons_is_closed():
    halves_ = [shapely.box(0, 0, 1_000, 1_000), shapely.box(1_000.3, 0, 2_000, 1_000)]
    area, gaps = close_gaps(shapely.union_all(halves_), pieces=np.array(halves_))
    assert area.geom_type == "Polygon"
    assert area.area == pytest.approx(2e6, rel=1e-6)
    assert shapely.area(gaps).sum() == pytest.approx(300, rel=1e-3)
    inlet = shapely.box(0, 0, 1_000, 1_000).difference(shapely.box(500, 500, 520, 1_000))
    far = shapely.box(1_020, 0, 2_000, 1_000)
    area, gaps = close_gaps(shapely.union_all([inlet, far]), pieces=np.array([inlet, far]))
    assert shapely.area(gaps) == pytest.approx([20_000], rel=0.01)
    wide = [shapely.box(0, 0, 1_000, 1_000), shapely.box(1_060, 0, 2_000, 1_000)]
    area, gaps = close_gaps(shapely.union_all(wide), pieces=np.array(wide))
    assert len(gaps) == 0


def labels_by_hand(polygons, known, names, pairs):
    """Every face across a border from a known one has the other label, face by face."""
    labels = dict(known)
    changed = True
    while changed:
        changed = False
        for a, b in (*pairs.tolist(), *pairs[:, ::-1].tolist()):
            if a in labels and b not in labels:
                labels[b] = names[1 - names.index(labels[a])]
                changed = True
    return [labels.get(row, "") for row in range(len(polygons))]


def test_labels_are_those_of_the_slow_way():
    rings = [shapely.Point(x, y).buffer(900).exterior for x, y in ((-9e3, 0), (9e3, 5e3), (2e4, 0))]
    faces = polygonize_sides(BOX, lines=np.array([upright(0), upright(30_000), *rings]))
    known = {int(np.argmin(shapely.bounds(faces.polygons)[:, 0])): "W"}
    labels, unsure, torn = spread_labels(
        faces.polygons, known=known, names=["W", "E"], pairs=faces.pairs
    )
    assert labels == labels_by_hand(faces.polygons, known, ["W", "E"], faces.pairs)
    assert unsure == torn == []


def seconds(work):
    start = time.process_time()
    work()
    return time.process_time() - start


@pytest.mark.slow
def test_a_hundred_thousand_vertices_take_seconds():
    half_m = 41.5 * 100_000
    area = shapely.box(-1e5, -half_m, 1e5, half_m)
    line = noisy(22, 100_000, half_m=half_m)
    assert seconds(lambda: polygonize_sides(area, lines=np.array([line]), least_m2=2_500)) < 20


def test_a_noisy_common_border_of_8000_vertices_takes_about_a_second():
    rng = np.random.default_rng(1)
    y = np.linspace(-30_000, 30_000, 8_000)
    edges = [np.column_stack([rng.normal(0, 5, 8_000), y]).tolist() for _ in range(2)]
    shapes = np.array(halves(*edges), dtype=object)
    found = []
    took = seconds(
        lambda: found.append(
            polygonize_states(BOX, shapes=shapes, names=["W", "E"], least_m2=2_500)
        )
    )
    assert took < 4
    assert len(found[0].overlaps) == 0
    assert found[0].lines.length < 1.2 * shapely.LineString(edges[0]).length


def test_many_islands_take_about_a_second():
    islands = [
        shapely.Point(60_000 + (k % 40) * 3_000, -90_000 + (k // 40) * 3_000).buffer(1_000)
        for k in range(1_600)
    ]
    area = shapely.MultiPolygon([BOX, *islands])

    def work():
        faces = polygonize_sides(area, lines=np.array([upright(0)]), least_m2=2_500)
        west = int(np.argmin(shapely.bounds(faces.polygons)[:, 0]))
        labels, unsure, _ = spread_labels(
            faces.polygons, known={west: "W"}, names=["W", "E"], pairs=faces.pairs
        )
        assert labels.count("W") == 1
        assert unsure == []

    assert seconds(work) < 4
