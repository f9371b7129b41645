"""Rays added up by target, against one ray at a time."""

import numpy as np
import pytest

from frontline.elevation.dem import Dem
from frontline.visibility import targets
from frontline.visibility.core import cumulative_viewshed, line_of_sight
from frontline.visibility.targets import (
    STATES,
    SightTargets,
    look,
    make_empty_counts_of_targets,
    state_of,
)

RNG = np.random.default_rng(11)
HEIGHTS = np.cumsum(RNG.normal(0.0, 4.0, (60, 50)), axis=1).astype(np.float32)
HEIGHTS[RNG.random(HEIGHTS.shape) < 0.02] = np.nan
STEP = (30.0, 25.0)
DEM = Dem(
    heights_m=HEIGHTS, transform=(25.0, 0.0, 0.0, 0.0, -30.0, 0.0), crs="EPSG:32633", step_m=STEP
)
KNOWN = np.argwhere(np.isfinite(HEIGHTS))
POSTS = KNOWN[RNG.choice(len(KNOWN), 40, replace=False)].astype(float)
WEIGHTS = RNG.uniform(1.0, 30.0, 40)
TARGETS = SightTargets(RNG.uniform(-5.0, 62.0, (60, 2)), RNG.uniform(0.0, 9.0, 60))
RADIUS_M = 350.0


def run(posts=slice(None), at=TARGETS, threads=None):
    return look(
        DEM,
        posts_rc=POSTS[posts],
        weights_m=WEIGHTS[posts],
        targets=at,
        radius_m=RADIUS_M,
        observer_height_m=3.0,
        refraction=0.13,
        threads=threads,
    )


def one_by_one(target):
    """Posts, seen, unknown, metres seen, nearest, least and most clearance of one target."""
    place, height = TARGETS.xy[target], TARGETS.height_m[target]
    posts, seen, unknown, line_m = 0, 0, 0, 0.0
    distances, clearances = [], []
    for post, weight in zip(POSTS, WEIGHTS, strict=True):
        distance = np.hypot(*((post - place) * STEP))
        if distance > RADIUS_M:
            continue
        posts += 1
        if (place < 0).any() or place[0] > 59 or place[1] > 49:
            unknown += 1
            continue
        ray = line_of_sight(
            HEIGHTS,
            from_rc=post[None],
            to_rc=place[None],
            cell_size_m=STEP,
            observer_height_m=3.0,
            target_height_m=height,
        )
        if ray.visible[0] == 1:
            seen += 1
            line_m += weight
            distances.append(distance)
        unknown += ray.visible[0] == -1
        if not np.isnan(ray.clearance_m[0]):
            clearances.append(ray.clearance_m[0])
    return (
        posts,
        seen,
        unknown,
        line_m,
        min(distances, default=np.inf),
        min(clearances, default=np.inf),
        max(clearances, default=-np.inf),
    )


def test_a_tally_is_the_sum_of_its_rays():
    found = run()
    fields = (
        found.posts,
        found.posts_seen,
        found.posts_unknown,
        found.line_seen_m,
        found.nearest_seen_m,
        found.clearance_min_m,
        found.clearance_max_m,
    )
    for target in range(len(TARGETS.xy)):
        assert [field[target] for field in fields] == pytest.approx(one_by_one(target))
    assert set(state_of(found)) == set(STATES)


def test_tallies_of_parts_join_to_that_of_the_whole():
    whole, joined = run(), run(slice(0, 17)).plus(run(slice(17, None)))
    none = make_empty_counts_of_targets(len(TARGETS.xy))
    for name, values in vars(whole).items():
        assert getattr(joined, name) == pytest.approx(values)
        assert (getattr(whole.plus(none), name) == values).all()
    assert (state_of(none) == "out_of_range").all()


def test_conservative_moves_the_undecided_to_the_seen():
    found, bold = run(), run().conservative()
    assert (bold.posts_seen == found.posts_seen + found.posts_unknown).all()
    assert not bold.posts_unknown.any()
    assert not bold.line_unknown_m.any()
    assert bold.line_seen_m.sum() == pytest.approx((found.line_seen_m + found.line_unknown_m).sum())
    assert "unknown" not in set(state_of(bold))


def test_no_targets_and_no_posts():
    assert len(make_empty_counts_of_targets(0).posts) == 0
    nothing = run(slice(0, 0))
    assert not nothing.posts.any()


@pytest.mark.parametrize("most", [1, 40, 400_000])
def test_the_number_of_threads_and_the_size_of_blocks_change_nothing(monkeypatch, most):
    whole = vars(run())
    monkeypatch.setattr(targets, "MOST_PAIRS", most)
    for threads in (1, 3):
        for name, values in vars(run(threads=threads)).items():
            assert (values == whole[name]).all(), name


def test_targets_looked_up_in_cells_have_the_state_of_rays_to_the_centres():
    posts = POSTS.astype(np.int64)
    seen = cumulative_viewshed(
        HEIGHTS, posts_rc=posts, cell_size_m=STEP, observer_height_m=3.0, max_distance_m=RADIUS_M
    )
    found = targets.look_up(
        DEM,
        posts_rc=posts,
        targets_rc=TARGETS.xy,
        counts=(seen.seen, seen.unknown),
        radius_m=RADIUS_M,
    )
    centres = SightTargets(np.floor(TARGETS.xy + 0.5), np.full(len(TARGETS.xy), 2.0))
    rays = run(at=centres)
    assert (found.posts == (rays.posts > 0)).all()
    assert (found.posts_seen == rays.posts_seen).all()
    assert (state_of(found) == state_of(rays)).all()
    assert set(state_of(found)) == set(STATES)
