"""Rays from many posts to many targets, added up by target: nothing is ever kept by post."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from frontline._typing import Floats
from frontline.visibility.core import line_of_sight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from frontline.elevation.dem import Dem


VISIBLE, HIDDEN, UNKNOWN, OUT_OF_RANGE = STATES = ("visible", "hidden", "unknown", "out_of_range")
"""What can be said of a target."""

MOST_PAIRS = 2_000_000
"""Rays that are held at once."""


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
    for block, target, post, distance_m in _pairs(dem, posts_rc, targets.xy, radius_m):
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
    return total


def _pairs(
    dem: Dem, posts_rc: Floats, targets_rc: Floats, radius_m: float
) -> Iterator[tuple[slice, NDArray[np.int64], NDArray[np.int64], Floats]]:
    """Pairs of target (within a block) and post no farther apart than the radius."""
    finite = np.isfinite(targets_rc[:, :1]) & np.isfinite(targets_rc[:, 1:])
    places = np.where(finite, targets_rc, -1e12) * dem.step_m
    posts = posts_rc * dem.step_m
    if len(posts) == 0 or len(places) == 0:
        return
    tree = cKDTree(posts)
    # A little more than the radius: which pairs count is decided below, by one rule for all.
    reach = radius_m * (1.0 + 1e-9)
    number = tree.query_ball_point(places, reach, return_length=True)
    for block in _blocks(number):
        near = tree.query_ball_point(places[block], reach, return_sorted=True)
        target = np.repeat(np.arange(len(near)), number[block])
        post = np.concatenate([np.asarray(row, dtype=np.int64) for row in near])
        distance = np.hypot(*(places[block][target] - posts[post]).T)
        within = distance <= radius_m
        if within.any():
            yield block, target[within], post[within], distance[within]


def _blocks(number: NDArray[np.int64]) -> Iterator[slice]:
    """Cut targets into runs with at most about so many rays."""
    start = 0
    total = np.concatenate([[0], np.cumsum(number)])
    while start < len(number):
        stop = int(np.searchsorted(total, total[start] + MOST_PAIRS, side="right")) - 1
        stop = max(stop, start + 1)
        yield slice(start, stop)
        start = stop


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
