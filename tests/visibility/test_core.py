"""Line of sight: by hand, against two slower methods, by physics, and with bad input."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from factories.reference_sight import oracle_state, reference_counts, reference_state
from hypothesis import given, settings
from hypothesis import strategies as st

import frontline.visibility.core
import frontline.visibility.kernels.pairs
from frontline.errors import RasterError
from frontline.visibility.core import cumulative_viewshed, line_of_sight
from frontline.visibility.kernels.cumulative import Reach, count_posts, surface_of
from frontline.visibility.kernels.envelope import PER_ROW
from frontline.visibility.kernels.rays import follow_each_ray

choice = frontline.visibility.core.is_near

FLAT = {"cell_size_m": 10.0, "refraction": 1.0}


@pytest.fixture(autouse=True, scope="module", params=["ray by ray", "skipping"])
def way(request):
    """Every test in both ways: what is left to the choice must change nothing but time."""
    plain = request.param == "ray by ray"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frontline.visibility.core, "is_near", lambda *_: plain)
        patch.setattr(frontline.visibility.kernels.pairs, "FEW_STEPS", np.inf if plain else 0.0)
        patch.setattr(frontline.visibility.kernels.pairs, "SHORT", 0.0)
        patch.setattr(frontline.visibility.kernels.pairs, "WORTH", 1e9)
        yield


def rough(rows, cols, *, seed=0, relief=40.0, void=0.0):
    rng = np.random.default_rng(seed)
    coarse = rng.normal(size=(rows // 4 + 2, cols // 4 + 2)) * relief
    z = np.kron(coarse, np.ones((4, 4)))[:rows, :cols] + rng.normal(size=(rows, cols)) * relief / 4
    z = z.astype(np.float32)
    z[rng.random(z.shape) < void] = np.nan
    return z


# By hand


def test_a_wall_hides_what_is_lower_than_the_line_over_it():
    z = np.zeros((1, 7), dtype=np.float32)
    z[0, 2] = 4.0
    # From 2 m over the wall's 4 m at cell 2 the line rises 1 m per cell: 5 m at cell 3.
    counts = cumulative_viewshed(
        z, posts_rc=[[0, 0]], observer_height_m=2, target_height_m=2, **FLAT
    )
    assert counts.seen.tolist() == [[1, 1, 1, 0, 0, 0, 0]]
    just = cumulative_viewshed(z, posts_rc=[[0, 0]], observer_height_m=2, target_height_m=5, **FLAT)
    assert just.seen.tolist() == [[1, 1, 1, 1, 0, 0, 0]]
    line = line_of_sight(
        z, from_rc=[[0, 0]], to_rc=[[0, 4]], observer_height_m=2, target_height_m=2, **FLAT
    )
    assert line.visible.tolist() == [0]
    assert line.clearance_m.tolist() == [-2.0]


def test_between_two_cells_the_terrain_is_linear():
    z = np.zeros((2, 3), dtype=np.float32)
    z[0, 1], z[1, 1] = 8.0, 2.0
    # The ray from (0, 0) to (1, 2) crosses column 1 halfway between 8 and 2: 5 m.
    line = line_of_sight(
        z, from_rc=[[0, 0]], to_rc=[[1, 2]], observer_height_m=6, target_height_m=7, **FLAT
    )
    assert line.clearance_m.tolist() == [1.5]
    assert line.visible.tolist() == [1]


def test_a_diagonal_touches_only_the_cells_on_it():
    z = np.full((3, 3), 100.0, dtype=np.float32)
    z[0, 0] = z[1, 1] = z[2, 2] = 0.0
    line = line_of_sight(
        z, from_rc=[[0, 0]], to_rc=[[2, 2]], observer_height_m=0, target_height_m=0, **FLAT
    )
    assert line.visible.tolist() == [1]
    assert line.clearance_m.tolist() == [0.0]
    z[z == 100.0] = np.nan
    assert cumulative_viewshed(z, posts_rc=[[0, 0]], **FLAT).seen[2, 2] == 1


def test_the_earth_drops_by_the_stated_amount():
    # Over 1,000 cells of 15 m, k = 0.13: the middle of a 15 km line sinks c D^2 / 4 = 3.84 m.
    z = np.zeros((1, 1001), dtype=np.float32)
    line = line_of_sight(z, from_rc=[[0, 0]], to_rc=[[0, 1000]], cell_size_m=15.0)
    drop = 15_000.0**2 * 0.87 / (2 * 6_371_008.8)
    assert drop == pytest.approx(15.36, abs=0.01)
    assert line.clearance_m[0] == pytest.approx(2.0 - drop / 4, abs=1e-9)
    counts = cumulative_viewshed(z, posts_rc=[[0, 0]], cell_size_m=15.0, max_distance_m=20_000.0)
    # Two heights of 2 m see each other up to twice sqrt(2 * 2 R / 0.87) = 5.4 km.
    horizon = 2 * np.sqrt(2.0 * 2 * 6_371_008.8 / 0.87)
    assert int(counts.seen.sum()) == int(horizon // 15.0) + 1


def test_a_post_sees_itself_and_a_radius_below_a_cell_reaches_no_further():
    z = rough(9, 9)
    counts = cumulative_viewshed(
        z, posts_rc=[[4, 5], [4, 5]], cell_size_m=30.0, max_distance_m=29.0
    )
    assert counts.seen.sum() == counts.seen[4, 5] == 2
    assert counts.unknown.sum() == 0


def test_neighbours_have_no_crossing_between_them():
    lines = line_of_sight(
        rough(4, 4), from_rc=[[1, 1]], to_rc=[[1, 1], [1, 2], [2, 2]], cell_size_m=30.0
    )
    assert lines.visible.tolist() == [1, 1, 1]
    assert np.isposinf(lines.clearance_m).all()


def test_unknown_terrain_is_unknown_unless_something_known_hides_it():
    z = np.zeros((1, 8), dtype=np.float32)
    z[0, 3] = np.nan
    z[0, 5] = 50.0
    counts = cumulative_viewshed(z, posts_rc=[[0, 0]], **FLAT)
    # Cells 6 and 7 are behind the 50 m wall; cell 3 is itself unknown, 4 and 5 lie behind it.
    assert counts.seen.tolist() == [[1, 1, 1, 0, 0, 0, 0, 0]]
    assert counts.unknown.tolist() == [[0, 0, 0, 1, 1, 1, 0, 0]]
    lines = line_of_sight(z, from_rc=[[0, 0]], to_rc=[[0, c] for c in range(8)], **FLAT)
    assert lines.visible.tolist() == [1, 1, 1, -1, -1, -1, 0, 0]
    assert np.isnan(lines.clearance_m[3:6]).all()


def test_an_unknown_target_is_unknown_even_behind_a_wall():
    z = np.array([[0, 50, 0, np.nan, 0]], dtype=np.float32)
    counts = cumulative_viewshed(z, posts_rc=[[0, 0]], **FLAT)
    assert counts.unknown.tolist() == [[0, 0, 0, 1, 0]]
    assert line_of_sight(z, from_rc=[[0, 0]], to_rc=[[0, 3]], **FLAT).visible.tolist() == [-1]
    assert line_of_sight(z, from_rc=[[0, 3]], to_rc=[[0, 0]], **FLAT).visible.tolist() == [-1]


def test_infinite_heights_are_unknown():
    z = np.zeros((1, 5), dtype=np.float32)
    z[0, 2] = np.inf
    assert cumulative_viewshed(z, posts_rc=[[0, 0]], **FLAT).unknown.tolist() == [[0, 0, 1, 1, 1]]


def test_weights_add_up_to_the_length_of_line():
    z = np.zeros((3, 3), dtype=np.float32)
    posts = [[0, 0], [1, 1], [1, 1]]
    counts = cumulative_viewshed(z, posts_rc=posts, weights=np.array([12.5, 30.0, 0.25]), **FLAT)
    assert counts.seen_weight is not None
    assert counts.unknown_weight is not None
    assert counts.seen_weight.dtype == np.float32
    assert counts.seen_weight.tolist() == [[42.75] * 3] * 3
    assert counts.unknown_weight.sum() == 0
    assert cumulative_viewshed(z, posts_rc=posts, **FLAT).seen_weight is None


def test_weights_of_nothing_are_nothing():
    z = np.zeros((3, 3), dtype=np.float32)
    counts = cumulative_viewshed(z, posts_rc=[[0, 0]], weights=np.zeros(1), **FLAT)
    assert counts.seen_weight is not None
    assert counts.seen_weight.sum() == 0


def test_more_posts_than_sixteen_bits_hold():
    z = np.zeros((2, 2), dtype=np.float32)
    posts = np.zeros((65_536, 2), dtype=int)
    counts = cumulative_viewshed(z, posts_rc=posts, weights=np.ones(65_536), **FLAT)
    assert counts.seen.tolist() == [[65_536] * 2] * 2
    assert counts.seen_weight is not None
    assert counts.seen_weight.tolist() == [[65_536.0] * 2] * 2


def test_no_posts_and_no_pairs():
    z = np.zeros((2, 2), dtype=np.float32)
    assert cumulative_viewshed(z, posts_rc=np.empty((0, 2), dtype=int), **FLAT).seen.sum() == 0
    lines = line_of_sight(z, from_rc=np.empty((0, 2)), to_rc=np.empty((0, 2)), **FLAT)
    assert len(lines.visible) == len(lines.clearance_m) == 0


# Against the two slower methods


@pytest.mark.parametrize("void", [0.0, 0.02, 0.2])
@pytest.mark.parametrize("cell", [30.0, (30.0, 20.0), (10.0, 45.0)])
def test_counts_equal_the_reference(void, cell):
    z = rough(31, 27, seed=int(void * 100), void=void)
    z[0, 0] = z[30, 13] = z[14, 13] = 30.0
    posts = np.array([[0, 0], [30, 13], [14, 13]])
    counts = cumulative_viewshed(z, posts_rc=posts, cell_size_m=cell, max_distance_m=600.0)
    seen, unknown = reference_counts(z, posts, cell=cell, reach=600.0)
    assert np.array_equal(counts.seen, seen)
    assert np.array_equal(counts.unknown, unknown)


whole_heights = st.integers(0, 6)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.integers(1, 9),
    cols=st.integers(1, 9),
    seed=st.integers(0, 10_000),
    void=st.sampled_from([0.0, 0.1, 0.4]),
    post_m=st.sampled_from([0.0, 2.0]),
    target_m=st.sampled_from([0.0, 1.0]),
    k=st.sampled_from([1.0, 0.13]),
)
def test_counts_equal_exact_fractions(rows, cols, seed, void, post_m, target_m, k):
    # Heights in whole metres on a flat Earth are full of ties: each must fall as in fractions.
    rng = np.random.default_rng(seed)
    z = rng.integers(0, 5, size=(rows, cols)).astype(np.float32)
    post = (int(rng.integers(rows)), int(rng.integers(cols)))
    z[rng.random(z.shape) < void] = np.nan
    z[post] = 3.0
    options = {"cell_size_m": 32.0, "refraction": k}
    counts = cumulative_viewshed(
        z, posts_rc=[post], observer_height_m=post_m, target_height_m=target_m, **options
    )
    targets = list(np.ndindex(*z.shape))
    lines = line_of_sight(
        z,
        from_rc=[post],
        to_rc=targets,
        observer_height_m=post_m,
        target_height_m=target_m,
        **options,
    )
    for n, target in enumerate(targets):
        state, least = oracle_state(z, post, target, start_m=post_m, end_m=target_m, cell=32.0, k=k)
        assert (counts.seen[target], counts.unknown[target]) == (state == 1, state == -1)
        assert lines.visible[n] == state
        if state == -1:
            assert np.isnan(lines.clearance_m[n])
        elif least is None:
            assert np.isposinf(lines.clearance_m[n])
        else:
            assert lines.clearance_m[n] == pytest.approx(float(least), abs=1e-9)


def test_lines_equal_the_reference():
    z = rough(40, 50, seed=3, void=0.01)
    rng = np.random.default_rng(4)
    starts = np.column_stack([rng.integers(0, 40, 300), rng.integers(0, 50, 300)])
    ends = np.column_stack([rng.integers(0, 40, 300), rng.integers(0, 50, 300)])
    lines = line_of_sight(z, from_rc=starts, to_rc=ends, cell_size_m=(30.0, 20.0))
    for n, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        state, least = reference_state(z, tuple(start), tuple(end), cell=(30.0, 20.0))
        assert lines.visible[n] == state
        assert lines.clearance_m[n] == pytest.approx(least, abs=1e-9, nan_ok=True)


def test_counts_and_lines_agree_on_every_cell():
    z = rough(120, 140, seed=5, relief=15.0, void=0.0005)
    z[60, 70] = 40.0
    counts = cumulative_viewshed(z, posts_rc=[[60, 70]], cell_size_m=30.0)
    targets = np.array(list(np.ndindex(*z.shape)))
    lines = line_of_sight(z, from_rc=[[60, 70]], to_rc=targets, cell_size_m=30.0)
    assert np.array_equal(counts.seen.ravel(), lines.visible == 1)
    assert np.array_equal(counts.unknown.ravel(), lines.visible == -1)


@pytest.mark.parametrize("void", [0.0, 0.001])
def test_many_rays_are_the_same_bits_as_each_alone(void):
    # Enough rays for the squares to be worth their making; a single ray goes without them.
    z = rough(150, 170, seed=21, relief=60.0, void=void)
    rng = np.random.default_rng(22)
    starts = np.column_stack([rng.integers(0, 150, 800), rng.integers(0, 170, 800)]).astype(float)
    ends = np.column_stack([rng.integers(0, 150, 800), rng.integers(0, 170, 800)]).astype(float)
    ends[::7] += rng.random((115, 2)) * 0.9 * (ends[::7] < 148)
    ends[::5, 1] = starts[::5, 1]
    ends[::11] = starts[::11]
    many = line_of_sight(z, from_rc=starts, to_rc=ends, cell_size_m=(30.0, 25.0))
    for n in range(800):
        one = line_of_sight(
            z, from_rc=starts[n : n + 1], to_rc=ends[n : n + 1], cell_size_m=(30.0, 25.0)
        )
        assert one.visible[0] == many.visible[n]
        assert one.clearance_m.tobytes() == many.clearance_m[n : n + 1].tobytes()


@settings(max_examples=120, deadline=None)
@given(
    kind=st.sampled_from(["noise", "steps", "hills", "plane", "spikes"]),
    rows=st.integers(1, 150),
    cols=st.integers(1, 150),
    seed=st.integers(0, 100_000),
    void=st.sampled_from([0.0, 0.0, 0.001, 0.3]),
    odd=st.sampled_from([np.nan, np.inf, -np.inf, 3e5]),
    share=st.sampled_from(["from", "to", "none"]),
    fraction=st.sampled_from([0.0, 1.0]),
    heights=st.sampled_from([2.0, 0.0, 90.0]),
)
def test_bundles_of_rays_are_the_same_bits_as_rays_alone(
    kind, rows, cols, seed, void, odd, share, fraction, heights
):
    rng = np.random.default_rng(seed)
    z = terrain_of(kind, (rows, cols), rng).astype(np.float32)
    z[rng.random(z.shape) < void] = odd
    corner = np.array([rows, cols]) - 1
    # Ends that wander, so that neighbours make bundles; some stay on the raster's edge.
    walk = np.cumsum(rng.integers(-2, 3, (90, 2)), axis=0) + rng.integers(0, [rows, cols])
    ends = np.clip(walk + fraction * rng.random((90, 2)), 0, corner)
    starts = np.repeat(rng.integers(0, [rows, cols], (3, 2)), 30, axis=0)
    starts = np.clip(starts + fraction * rng.random(2), 0, corner)
    if share == "to":
        starts, ends = ends, starts
    if share == "none":
        ends = ends[rng.permutation(90)]
    heights = np.full(90, heights) + (np.arange(90) % 5 == 0)
    lines = line_of_sight(
        z,
        from_rc=starts,
        to_rc=ends,
        cell_size_m=(30.0, 20.0),
        observer_height_m=heights,
        refraction=-3.0,
    )
    visible, clearance = np.empty(90, dtype=np.int8), np.empty(90)
    curve = 4.0 / (2.0 * 6_371_008.8)
    low = np.full(90, 2.0)
    follow_each_ray(z, starts, ends, heights, low, (30.0, 20.0), curve, visible, clearance)
    assert np.array_equal(lines.visible, visible)
    assert lines.clearance_m.tobytes() == clearance.tobytes()


def terrain_of(kind, shape, rng):
    """Five kinds of terrain that stress different parts of the envelope."""
    rows, cols = shape
    if kind == "noise":
        return rng.normal(size=shape) * 30.0
    if kind == "steps":
        return rng.integers(0, 4, size=shape).astype(float)
    if kind == "hills":
        return rng.normal(size=shape).cumsum(axis=0).cumsum(axis=1) * 0.1
    if kind == "plane":
        return np.add.outer(np.arange(rows) * 2.0, np.arange(cols) * -1.0)
    spikes = np.zeros(shape)
    spikes[rng.random(shape) < 0.05] = 20.0
    return spikes


@settings(max_examples=120, deadline=None)
@given(
    kind=st.sampled_from(["noise", "steps", "hills", "plane", "spikes"]),
    rows=st.integers(1, 70),
    cols=st.integers(1, 70),
    seed=st.integers(0, 100_000),
    void=st.sampled_from([0.0, 0.0, 0.01, 0.4]),
    cell=st.sampled_from([30.0, (30.0, 20.0), (927.0, 10.0)]),
    k=st.sampled_from([1.0, 0.13, -5.0]),
    heights=st.sampled_from([(2.0, 2.0), (0.0, 0.0), (30.0, 1.7)]),
    reach=st.sampled_from([1e6, 1500.0, 210.0]),
)
def test_every_cell_is_decided_as_by_its_own_ray(
    kind, rows, cols, seed, void, cell, k, heights, reach
):
    rng = np.random.default_rng(seed)
    z = terrain_of(kind, (rows, cols), rng).astype(np.float32)
    z[rng.random(z.shape) < void] = np.nan
    # One post in three on the first row: the raster's edge is where octants shrink to a line.
    post = (int(rng.integers(rows)) * int(seed % 3 > 0), int(rng.integers(cols)))
    z[post] = 1.0
    common = {
        "cell_size_m": cell,
        "refraction": k,
        "observer_height_m": heights[0],
        "target_height_m": heights[1],
    }
    counts = cumulative_viewshed(z, posts_rc=[post], max_distance_m=reach, threads=1, **common)
    targets = np.argwhere(np.ones(z.shape, dtype=bool))
    state = line_of_sight(z, from_rc=[post], to_rc=targets, **common).visible.reshape(z.shape)
    away = ((targets - post) * np.broadcast_to(cell, 2)) ** 2
    inside = (away.sum(axis=1) <= reach**2).reshape(z.shape)
    assert np.array_equal(counts.seen, (state == 1) & inside)
    assert np.array_equal(counts.unknown, (state == -1) & inside)


def test_unknown_cells_just_beyond_the_radius_do_not_open_the_view():
    # A narrow radius across: the column of the post is in reach, the unknown one beside it not.
    z = np.zeros((6, 10), dtype=np.float32)
    z[3, 7] = 50.0
    z[:, 8:] = np.nan
    counts = cumulative_viewshed(
        z, posts_rc=[[1, 7]], cell_size_m=(30.0, 927.0), max_distance_m=210.0
    )
    assert counts.seen[:, 7].tolist() == [1, 1, 1, 1, 0, 0]
    assert counts.unknown.sum() == 0
    assert counts.seen.sum() == 4


def test_the_envelope_is_for_many_cells_and_depends_on_sizes_alone():
    def near(cells, posts, size=4000):
        reach = Reach((30.0, 20.0), 2.0, 2.0, 20.0 * cells, 0.0)
        return choice((size, size), posts, reach)

    assert near(24, 1_000_000)
    assert near(71, 1)
    assert near(1000, 1, size=40)
    assert not near(71, 100)
    assert not near(750, 1)


def test_an_envelope_without_room_is_decided_ray_by_ray():
    z = rough(90, 90, seed=31, void=0.002)
    z[44, 45] = 50.0
    post, weight = np.array([[44, 45]]), np.array([3], dtype=np.uint32)
    reach = Reach((30.0, 30.0), 2.0, 2.0, 1200.0, 0.87 / 2 / 6_371_008.8)
    wide, tight = (
        count_posts(
            surface_of(z),
            post,
            weight,
            corner=(0, 0),
            shape=z.shape,
            reach=reach,
            weighted=True,
            capacity=capacity,
        )
        for capacity in (4096, PER_ROW + 20)
    )
    for one, two in zip(wide, tight, strict=True):
        assert np.array_equal(one, two)
    assert wide[0].sum() > 100


# Physics and properties


def test_swapping_the_ends_changes_no_bit():
    z = rough(60, 70, seed=6, void=0.002)
    rng = np.random.default_rng(7)
    for fraction in (0.0, 1.0):
        starts = rng.integers(0, 59, (500, 2)) + fraction * rng.random((500, 2))
        ends = rng.integers(0, 59, (500, 2)) + fraction * rng.random((500, 2))
        low, high = rng.random(500) * 5, rng.random(500) * 50
        one = line_of_sight(
            z,
            from_rc=starts,
            to_rc=ends,
            cell_size_m=(30.0, 22.0),
            observer_height_m=low,
            target_height_m=high,
        )
        two = line_of_sight(
            z,
            from_rc=ends,
            to_rc=starts,
            cell_size_m=(30.0, 22.0),
            observer_height_m=high,
            target_height_m=low,
        )
        assert np.array_equal(one.visible, two.visible)
        assert one.clearance_m.tobytes() == two.clearance_m.tobytes()


def test_a_tiny_shift_of_position_is_a_tiny_change_of_clearance():
    z = rough(40, 40, seed=8)
    rng = np.random.default_rng(9)
    starts = rng.integers(1, 39, (200, 2))
    ends = rng.integers(1, 39, (200, 2))
    far = np.abs(starts - ends).min(axis=1) > 3
    starts, ends = starts[far], ends[far]
    whole = line_of_sight(z, from_rc=starts, to_rc=ends, cell_size_m=30.0)
    # Towards each other, so that neither end passes over a row or column of its own.
    shift = 1e-7 * np.sign(ends - starts)
    near = line_of_sight(z, from_rc=starts + shift, to_rc=ends - shift, cell_size_m=30.0)
    assert near.clearance_m == pytest.approx(whole.clearance_m, abs=1e-3)


def test_on_a_slope_a_fractional_line_keeps_its_height_above_ground():
    rows, cols = np.mgrid[0:20, 0:30]
    z = (3.0 * rows - 2.0 * cols).astype(np.float32)
    rng = np.random.default_rng(10)
    starts, ends = rng.random((50, 2)) * [19, 9], rng.random((50, 2)) * [19, 9] + [0, 20]
    lines = line_of_sight(
        z, from_rc=starts, to_rc=ends, observer_height_m=1.5, target_height_m=1.5, **FLAT
    )
    assert lines.clearance_m == pytest.approx(np.full(50, 1.5), abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), higher=st.floats(0.0, 30.0))
def test_a_higher_post_or_target_never_sees_less(seed, higher):
    z = rough(24, 24, seed=seed)
    low = cumulative_viewshed(z, posts_rc=[[12, 3]], cell_size_m=30.0)
    post = cumulative_viewshed(
        z, posts_rc=[[12, 3]], cell_size_m=30.0, observer_height_m=2.0 + higher
    )
    target = cumulative_viewshed(
        z, posts_rc=[[12, 3]], cell_size_m=30.0, target_height_m=2.0 + higher
    )
    assert (target.seen >= low.seen).all()
    # A higher post may lose nothing either: every line to it only rises.
    assert (post.seen >= low.seen).all()


@pytest.mark.parametrize("turn", [np.flipud, np.fliplr, np.transpose, np.rot90])
def test_turning_the_raster_turns_the_answer(turn):
    z = rough(48, 48, seed=11, void=0.003)
    z[17, 30] = 20.0
    mark = np.zeros(z.shape)
    mark[17, 30] = 1
    straight = cumulative_viewshed(z, posts_rc=[[17, 30]], cell_size_m=30.0, max_distance_m=1000.0)
    turned = cumulative_viewshed(
        turn(z), posts_rc=np.argwhere(turn(mark) == 1), cell_size_m=30.0, max_distance_m=1000.0
    )
    assert np.array_equal(turn(straight.seen), turned.seen)
    assert np.array_equal(turn(straight.unknown), turned.unknown)


def test_threads_and_order_change_no_bit():
    z = rough(150, 400, seed=12, void=0.001)
    rng = np.random.default_rng(13)
    posts = np.argwhere(np.isfinite(z))
    posts = posts[rng.choice(len(posts), 150, replace=False)]
    weights = rng.random(150) * 42.0
    one = cumulative_viewshed(
        z, posts_rc=posts, cell_size_m=30.0, max_distance_m=900, weights=weights, threads=1
    )
    order = rng.permutation(150)
    two = cumulative_viewshed(
        z,
        posts_rc=posts[order],
        cell_size_m=30.0,
        max_distance_m=900,
        weights=weights[order],
        threads=3,
    )
    for name in ("seen", "unknown", "seen_weight", "unknown_weight"):
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes()
    single = [
        cumulative_viewshed(z, posts_rc=[p], cell_size_m=30.0, max_distance_m=900, weights=[w])
        for p, w in zip(posts.tolist(), weights, strict=True)
    ]
    assert np.array_equal(one.seen, sum(c.seen for c in single))
    assert np.array_equal(one.unknown, sum(c.unknown for c in single))
    # Each weight is rounded to a unit of at most its sum / 2^31.
    unit = weights.sum() / 2**31
    total = sum(c.seen_weight.astype(float) for c in single)
    assert one.seen_weight == pytest.approx(total, rel=1e-6, abs=150 * unit)


def test_progress_runs_from_nothing_to_all():
    said = []
    cumulative_viewshed(
        rough(20, 300),
        posts_rc=[[3, 3], [4, 290]],
        cell_size_m=30.0,
        progress=lambda done, total: said.append((done, total)),
    )
    assert said == [(0, 2), (1, 2), (2, 2)]


def test_kernels_compile_where_nothing_can_be_written(tmp_path):
    # A copy of the modules whose cache directories are files, for any user.
    package = Path(frontline.visibility.core.__file__).parents[1]
    files = [*package.glob("*.py*"), *package.glob("visibility/**/*.py")]
    for path in [*files, *package.glob("visibility/*.pyi"), *package.glob("geo/*.py*")]:
        copy = tmp_path / "frontline" / path.relative_to(package)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    for folder in ("", "visibility", "visibility/kernels"):
        (tmp_path / "frontline" / folder / "__pycache__").touch()
    code = (
        "import numpy as np; from frontline.visibility.core import line_of_sight as f;"
        "print(f(np.zeros((9, 9), 'f4'), "
        "from_rc=[[0, 0]], to_rc=[[0, 8]], cell_size_m=1.0).visible[0])"
    )
    environment = {"PYTHONPATH": str(tmp_path), "HOME": os.devnull, "PATH": os.environ["PATH"]}
    command = [sys.executable, "-B", "-c", code]
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
    )
    assert done.stdout == "1\n", done.stderr


# Bad input


def bad_counts(**change):
    options = {"posts_rc": [[1, 1]], "cell_size_m": 30.0} | change
    z = np.zeros((4, 5), dtype=np.float32)
    z[2, 3] = np.nan
    return cumulative_viewshed(
        options.pop("heights_m", z), posts_rc=options.pop("posts_rc"), **options
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"posts_rc": [[1, 1], [2, 3]]}, "post 1 at row 2, column 3 lies in unknown terrain"),
        ({"posts_rc": [[4, 1]]}, "position 0 at row 4, column 1 lies outside"),
        ({"posts_rc": [[0, -1]]}, "outside"),
        ({"posts_rc": [[0.5, 1]]}, "post 0 at row 0.5, column 1 is not a cell centre"),
        ({"posts_rc": [[np.nan, 1]]}, "outside"),
        ({"posts_rc": [1, 1]}, "posts_rc"),
        ({"observer_height_m": -1.0}, "observer_height_m: -1.0"),
        ({"target_height_m": np.nan}, "target_height_m"),
        ({"max_distance_m": -5.0}, "max_distance_m"),
        ({"max_distance_m": np.inf}, "max_distance_m"),
        ({"cell_size_m": 0.0}, "cell_size_m"),
        ({"cell_size_m": (30.0, np.nan)}, "cell_size_m"),
        ({"cell_size_m": (1.0, 2.0, 3.0)}, "cell_size_m"),
        ({"refraction": np.nan}, "refraction"),
        ({"refraction": 1.5}, "refraction"),
        ({"weights": [1.0, 2.0]}, "weights"),
        ({"weights": [-1.0]}, "weights"),
        ({"threads": 0}, "threads"),
        ({"heights_m": np.zeros(4)}, "heights_m"),
        ({"heights_m": np.zeros((0, 4))}, "heights_m"),
    ],
)
def test_bad_arguments_are_refused_by_name(change, words):
    with pytest.raises(RasterError) as caught:
        bad_counts(**change)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"from_rc": [[4, 0]]}, "from_rc: position 0"),
        ({"to_rc": [[0, 4.01]]}, "to_rc: position 0"),
        ({"to_rc": [[0, 1]] * 3, "from_rc": [[0, 1]] * 2}, "2 positions in from_rc against 3"),
        ({"observer_height_m": -0.1}, "observer_height_m"),
        ({"target_height_m": [1.0, 2.0, 3.0]}, "target_height_m"),
        ({"target_height_m": np.inf}, "target_height_m"),
    ],
)
def test_bad_lines_are_refused_by_name(change, words):
    options = {"from_rc": [[0, 0]], "to_rc": [[3, 4]]} | change
    with pytest.raises(RasterError) as caught:
        line_of_sight(
            np.zeros((4, 5), dtype=np.float32),
            from_rc=options.pop("from_rc"),
            to_rc=options.pop("to_rc"),
            cell_size_m=30.0,
            **options,
        )
    assert words in str(caught.value)
