"""Rays from many posts to many targets, added up by target: nothing is ever kept by post."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial import cKDTree

from frontline._typing import Floats
from frontline.executor import map_pieces
from frontline.visibility.core import line_of_sight

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.elevation.dem import Dem


VISIBLE, HIDDEN, UNKNOWN, OUT_OF_RANGE = STATES = ("visible", "hidden", "unknown", "out_of_range")
"""What can be said of a target."""

MOST_PAIRS = 400_000
"""Pairs of post and target that a thread holds at once."""


@dataclass(frozen=True)
class SightTargets:
    """What is looked at.

    Parameters
    ----------
    xy
        True positions, shape ``(n, 2)``: points of the frame, or row and column of a grid.
    height_m
        Height above the ground, shape ``(n,)``.
    """

    xy: Floats
    height_m: Floats


@dataclass(frozen=True)
class TargetVisibility:
    """What the posts within the radius see of each of n targets; all of shape ``(n,)``.

    Parameters
    ----------
    posts, posts_seen, posts_unknown
        Numbers of posts within the radius, of those that see the target, and of those of which
        that cannot be decided.
    line_m, line_seen_m, line_unknown_m
        The same in metres of line.
    nearest_seen_m
        Distance of the nearest post that sees the target; infinite without one.
    clearance_min_m, clearance_max_m
        Least and most clearance of all decided rays; plus and minus infinity without any. A ray
        that crosses nothing has an infinite clearance.
    """

    posts: Floats
    posts_seen: Floats
    posts_unknown: Floats
    line_m: Floats
    line_seen_m: Floats
    line_unknown_m: Floats
    nearest_seen_m: Floats
    clearance_min_m: Floats
    clearance_max_m: Floats

    def plus(self, other: TargetVisibility) -> TargetVisibility:
        """Join what other posts see of the same targets."""
        joined = {}
        for field in fields(TargetVisibility):
            pair = getattr(self, field.name), getattr(other, field.name)
            joined[field.name] = _JOIN.get(field.name, np.add)(*pair)
        return TargetVisibility(**joined)

    def of(self, chosen: NDArray[np.bool_]) -> TargetVisibility:
        """Keep some of the targets."""
        return TargetVisibility(
            **{field.name: getattr(self, field.name)[chosen] for field in fields(TargetVisibility)}
        )

    def conservative(self) -> TargetVisibility:
        """Count what cannot be decided as seen."""
        none = np.zeros_like(self.posts)
        return replace(
            self,
            posts_seen=self.posts_seen + self.posts_unknown,
            posts_unknown=none,
            line_seen_m=self.line_seen_m + self.line_unknown_m,
            line_unknown_m=none,
        )


_JOIN = {
    "nearest_seen_m": np.minimum,
    "clearance_min_m": np.minimum,
    "clearance_max_m": np.maximum,
}


def make_empty_counts_of_targets(number: int) -> TargetVisibility:
    """Return the tally of targets that no post looks at."""
    start = {"nearest_seen_m": np.inf, "clearance_min_m": np.inf, "clearance_max_m": -np.inf}
    return TargetVisibility(
        **{
            field.name: np.full(number, start.get(field.name, 0.0))
            for field in fields(TargetVisibility)
        }
    )


def add_target_counts(
    total: TargetVisibility, *, which: NDArray[np.int64], part: TargetVisibility
) -> None:
    """Join what other posts see of some of the targets, in place.

    Parameters
    ----------
    total
        Tally of all targets.
    which
        Numbers of the targets that `part` tells of, each once.
    part
        One entry for each of these.
    """
    for field in fields(TargetVisibility):
        values, join = getattr(total, field.name), _JOIN.get(field.name, np.add)
        values[which] = join(values[which], getattr(part, field.name))


def state_of(tally: TargetVisibility, *, margin_m: float = 0.0) -> NDArray[np.object_]:
    """Say what is known of each target: one of :data:`STATES`.

    Parameters
    ----------
    tally
        From `look`.
    margin_m
        What the ground hides by less than this counts as visible.
    """
    near = (tally.posts > 0) & (tally.clearance_max_m > -margin_m) & (margin_m > 0.0)
    states: NDArray[np.object_] = np.select(
        [(tally.posts_seen > 0) | near, tally.posts_unknown > 0, tally.posts > 0],
        [VISIBLE, UNKNOWN, HIDDEN],
        OUT_OF_RANGE,
    ).astype(object)
    return states


def look(
    dem: Dem,
    *,
    posts_rc: Floats,
    weights_m: Floats,
    targets: SightTargets,
    radius_m: float,
    observer_height_m: float,
    refraction: float,
    threads: int | None = None,
) -> TargetVisibility:
    """Follow a ray from each target to each post within the radius, and add up.

    Parameters
    ----------
    dem
        Heights on a metric grid.
    posts_rc
        Row and column of the posts, fractions allowed, shape ``(m, 2)``, all on the grid.
    weights_m
        Length of line that each post stands for, shape ``(m,)``.
    targets
        Row and column of the targets, which may lie anywhere.
    radius_m
        Posts farther than this from a target do not count for it.
    observer_height_m, refraction
        See :func:`frontline.visibility.core.line_of_sight`.
    threads
        Number of threads; one per core if None. It does not change the result.

    Returns
    -------
    One entry per target. A target within the radius but off the grid, or on unknown ground, is
    undecided from each post.

    Notes
    -----
    All posts of a target are added up in one go and in their own order: the result does not
    depend on how many targets are worked on at once.
    """
    total = make_empty_counts_of_targets(len(targets.xy))
    rows = max(1, MOST_PAIRS // max(len(posts_rc), 1))
    blocks = [slice(start, start + rows) for start in range(0, len(targets.xy), rows)]

    def follow(block: slice) -> None:
        target, post, distance_m = _find_pairs(dem, posts_rc, targets.xy[block], radius_m)
        if not len(target):
            return
        at = targets.xy[block][target]
        inside = ((at >= 0) & (at <= np.array(dem.heights_m.shape) - 1.0)).all(axis=1)
        visible = np.full(len(target), -1, dtype=np.int8)
        clearance_m = np.full(len(target), np.nan)
        rays = line_of_sight(
            dem.heights_m,
            from_rc=at[inside],
            to_rc=posts_rc[post[inside]],
            cell_size_m=dem.step_m,
            observer_height_m=targets.height_m[block][target[inside]],
            target_height_m=observer_height_m,
            refraction=refraction,
        )
        visible[inside], clearance_m[inside] = rays.visible, rays.clearance_m
        _add_up(total, block, target, weights_m[post], distance_m, visible, clearance_m)

    map_pieces(follow, blocks, workers=threads)  # each writes entries of its own
    return total


def look_up(
    dem: Dem,
    *,
    posts_rc: Floats,
    targets_rc: Floats,
    counts: tuple[NDArray[Any], NDArray[Any]],
    radius_m: float,
) -> TargetVisibility:
    """Tell what is known of targets from the cells that they lie in.

    Parameters
    ----------
    dem
        Heights on a metric grid.
    posts_rc
        Row and column of the posts, shape ``(m, 2)``.
    targets_rc
        Row and column of the targets, which may lie anywhere, shape ``(n, 2)``.
    counts
        Posts that see each cell of the grid, and posts that are undecided.
    radius_m
        How far the posts look.

    Returns
    -------
    ``posts`` is 1 where a post is within the radius of the cell, ``posts_seen`` and
    ``posts_unknown`` are the cell's counts; nothing else is known. Within the radius but off the
    grid a target is undecided.

    Notes
    -----
    The counts of a cell are those of exact rays to its centre, one from each post: targets in
    the same cell share them, and no ray is followed twice.
    """
    total = make_empty_counts_of_targets(len(targets_rc))
    if not len(posts_rc) or not len(targets_rc):
        return total
    cells = np.floor(np.where(np.isfinite(targets_rc), targets_rc, -1e9) + 0.5)
    nearest, _ = cKDTree(posts_rc * dem.step_m).query(
        cells * dem.step_m, distance_upper_bound=radius_m * (1.0 + 1e-9)
    )
    total.posts[:] = nearest <= radius_m
    inside = ((cells >= 0) & (cells < dem.heights_m.shape)).all(axis=1)
    row, col = cells[inside].astype(np.int64).T
    for name, grid in zip(("posts_seen", "posts_unknown"), counts, strict=True):
        getattr(total, name)[inside] = grid[row, col]
    total.posts_unknown[~inside] = total.posts[~inside]
    return total


def _find_pairs(
    dem: Dem, posts_rc: Floats, targets_rc: Floats, radius_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Pairs of target and post no farther apart than the radius, target by target."""
    finite = np.isfinite(targets_rc).all(axis=1, keepdims=True)
    places = np.where(finite, targets_rc, -1e12) * dem.step_m
    posts = posts_rc * dem.step_m
    near = (
        (posts >= places.min(axis=0) - radius_m) & (posts <= places.max(axis=0) + radius_m)
    ).all(axis=1)
    chosen = np.flatnonzero(near)
    apart = np.hypot(
        places[:, None, 0] - posts[None, chosen, 0], places[:, None, 1] - posts[None, chosen, 1]
    )
    target, post = np.nonzero(apart <= radius_m)
    return target, chosen[post], apart[target, post]


def _add_up(
    total: TargetVisibility,
    block: slice,
    target: NDArray[np.int64],
    weight_m: Floats,
    distance_m: Floats,
    visible: NDArray[np.int8],
    clearance_m: Floats,
) -> None:
    number = len(total.posts[block])
    seen, unknown = visible == 1, visible == -1
    for name, chosen in (("", slice(None)), ("_seen", seen), ("_unknown", unknown)):
        who, weight = target[chosen], weight_m[chosen]
        getattr(total, f"posts{name}")[block] = np.bincount(who, minlength=number)
        getattr(total, f"line{name}_m")[block] = np.bincount(who, weight, minlength=number)
    np.minimum.at(total.nearest_seen_m[block], target[seen], distance_m[seen])
    known = ~np.isnan(clearance_m)
    np.minimum.at(total.clearance_min_m[block], target[known], clearance_m[known])
    np.maximum.at(total.clearance_max_m[block], target[known], clearance_m[known])
