"""Blocks of posts along a line: each is counted by itself, and the counts are added.

Nothing in a result depends on how posts are cut into blocks or on the order of the blocks:
counts are whole numbers, lengths of line whole multiples of a power of two, whose sums are
exact, and the rest are smallest and largest values.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from frontline._typing import Floats, Integers
from frontline.storage.checkpoint import Checkpoint, load_piece, make_key, save_piece
from frontline.visibility.core import cumulative_viewshed
from frontline.visibility.targets import SightTargets, TargetVisibility, add_target_counts, look

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from frontline.elevation.dem import Dem
    from frontline.project.models import Sight
    from frontline.visibility.observers import ObserverTile


BLOCK_POSTS = 1_000
"""Most posts of a block: a few seconds of work."""

TILE_CELLS = 480
"""Posts of a block stand in a square of so many cells, so that its window stays small."""

_ALIGNED = 96
"""Windows begin at multiples of this, where the kernel begins its own batches."""


@dataclass(frozen=True)
class ObserverSettings:
    """How is looked: heights above the ground and radius in metres, coefficient of refraction."""

    observer_height_m: float
    target_height_m: float
    radius_m: float
    refraction: float

    @classmethod
    def of(cls, settings: Sight) -> ObserverSettings:
        """Take what a project asks."""
        return cls(
            float(settings.observer_height_m),
            float(settings.target_height_m),
            float(settings.radius_m),
            float(settings.refraction),
        )


@dataclass(frozen=True)
class ObserverBlock:
    """Posts near each other, and all that counting what they see depends on.

    Parameters
    ----------
    grid
        Heights on the metric grid of a stretch of line.
    posts_rc, length_m
        Posts on the grid, and the length of line that each stands for.
    targets
        Sets of targets of rays, in rows and columns of the grid.
    eyes
        How is looked.
    digest
        Hash of grid, targets and eyes, which the blocks of a stretch share; empty if nothing is
        kept.
    """

    grid: Dem
    posts_rc: Integers
    length_m: Floats
    targets: tuple[SightTargets, ...]
    eyes: ObserverSettings
    digest: str = ""


@dataclass(frozen=True)
class BlockCounts:
    """What a block of posts sees.

    Parameters
    ----------
    corner
        First row and column of the window that the counts stand for.
    seen, unknown
        Counts of posts over the window.
    reached
        By set of targets: numbers of those within the radius, and what is seen of them.
    """

    corner: tuple[int, int]
    seen: NDArray[Any]
    unknown: NDArray[Any]
    reached: tuple[tuple[Integers, TargetVisibility], ...]


def make_blocks(
    stretch: ObserverTile,
    *,
    targets: Sequence[SightTargets],
    eyes: ObserverSettings,
    checkpoint: Checkpoint | None = None,
) -> Iterator[ObserverBlock]:
    """Cut the posts of a stretch into blocks.

    Parameters
    ----------
    stretch
        Grid and posts.
    targets
        Sets of targets, in rows and columns of the grid.
    eyes
        How is looked.
    checkpoint
        Where blocks are kept, for which they must be hashed.
    """
    sets = tuple(targets)
    digest = ""
    if checkpoint is not None:
        arrays = [array for target_set in sets for array in (target_set.xy, target_set.height_m)]
        facts = repr((stretch.dem.step_m, astuple(eyes)))
        digest = make_key("visibility", parts=[facts, stretch.dem.heights_m, *arrays])
    tiles = stretch.posts_rc // TILE_CELLS
    order = np.lexsort((*stretch.posts_rc.T[::-1], *tiles.T[::-1]))
    new_tile = (np.diff(tiles[order], axis=0) != 0).any(axis=1)
    for run in np.split(order, np.flatnonzero(new_tile) + 1):
        for start in range(0, len(run), BLOCK_POSTS):
            members = run[start : start + BLOCK_POSTS]
            posts, lengths = stretch.posts_rc[members], stretch.length_m[members]
            yield ObserverBlock(stretch.dem, posts, lengths, sets, eyes, digest)


def count_block(
    block: ObserverBlock,
    *,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> BlockCounts:
    """Count what the posts of a block see: a function of the block and of nothing else.

    Parameters
    ----------
    block
        The block.
    threads
        Number of threads; one per core if None. It does not change the result.
    progress
        Called as ``progress(done, total)`` in posts.
    """
    top, left, bottom, right = _find_window(block)
    eyes, grid = block.eyes, block.grid
    viewshed = cumulative_viewshed(
        np.ascontiguousarray(grid.heights_m[top:bottom, left:right]),
        posts_rc=block.posts_rc - [top, left],
        cell_size_m=grid.step_m,
        observer_height_m=eyes.observer_height_m,
        target_height_m=eyes.target_height_m,
        max_distance_m=eyes.radius_m,
        refraction=eyes.refraction,
        threads=threads,
        progress=progress,
    )
    reached = tuple(_follow_rays(block, targets, threads) for targets in block.targets)
    return BlockCounts((top, left), viewshed.seen, viewshed.unknown, reached)


def load_or_count(
    block: ObserverBlock,
    *,
    checkpoint: Checkpoint | None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> BlockCounts:
    """Take a block from the folder of finished ones, or count it and keep it there.

    Parameters
    ----------
    block
        With its hash, if `checkpoint` is given.
    checkpoint
        The folder; None to count in any case.
    threads, progress
        As for `count_block`.
    """
    if checkpoint is None:
        return count_block(block, threads=threads, progress=progress)
    key = make_key("visibility", parts=[block.digest, block.posts_rc, block.length_m])
    arrays = load_piece(checkpoint, key=key)
    if arrays is None:
        counted = count_block(block, threads=threads, progress=progress)
        save_piece(checkpoint, key=key, arrays=_pack_counts(counted))
        return counted
    if progress is not None:
        progress(len(block.posts_rc), len(block.posts_rc))
    return _unpack_counts(arrays, len(block.targets))


def add_counts(
    counted: BlockCounts,
    *,
    counts: tuple[NDArray[Any], NDArray[Any]],
    totals: Sequence[TargetVisibility],
) -> None:
    """Add what a block sees to counts over the grid of its stretch, and to tallies of targets.

    Parameters
    ----------
    counted
        Of one block.
    counts
        Posts that see, and posts undecided, over the grid; changed in place.
    totals
        One tally per set of targets; changed in place.
    """
    rows, cols = counted.seen.shape
    top, left = counted.corner
    window = np.s_[top : top + rows, left : left + cols]
    for whole, part in zip(counts, (counted.seen, counted.unknown), strict=True):
        whole[window] += part.astype(whole.dtype, copy=False)
    for total, (which, tally) in zip(totals, counted.reached, strict=True):
        add_target_counts(total, which=which, part=tally)


def _find_window(block: ObserverBlock) -> tuple[int, int, int, int]:
    """First row and column, and those after the last, of the cells within the radius."""
    # One cell more than the radius: rounding must not cut off a cell that lies upon it.
    reach = np.ceil(block.eyes.radius_m / np.array(block.grid.step_m)).astype(np.int64) + 1
    low = (block.posts_rc.min(axis=0) - reach) // _ALIGNED * _ALIGNED
    high = block.posts_rc.max(axis=0) + reach + 1
    top, left = np.maximum(low, 0)
    bottom, right = np.minimum(high, block.grid.heights_m.shape)
    return int(top), int(left), int(bottom), int(right)


def _follow_rays(
    block: ObserverBlock, targets: SightTargets, threads: int | None
) -> tuple[Integers, TargetVisibility]:
    """Follow rays to the targets in reach, on the grid itself: its positions are not shifted."""
    step = np.array(block.grid.step_m)
    reach = block.eyes.radius_m / step + 1.0
    low, high = block.posts_rc.min(axis=0) - reach, block.posts_rc.max(axis=0) + reach
    near = np.flatnonzero(((targets.xy >= low) & (targets.xy <= high)).all(axis=1))
    tally = look(
        block.grid,
        posts_rc=block.posts_rc.astype(np.float64),
        weights_m=block.length_m,
        targets=SightTargets(targets.xy[near], targets.height_m[near]),
        radius_m=block.eyes.radius_m,
        observer_height_m=block.eyes.observer_height_m,
        refraction=block.eyes.refraction,
        threads=threads,
    )
    within = tally.posts > 0
    return near[within], tally.of(within)


def _pack_counts(counted: BlockCounts) -> dict[str, NDArray[Any]]:
    arrays = {
        "corner": np.array(counted.corner, dtype=np.int64),
        "seen": counted.seen,
        "unknown": counted.unknown,
    }
    for number, (which, tally) in enumerate(counted.reached):
        arrays[f"{number} which"] = which
        arrays |= {
            f"{number} {field.name}": getattr(tally, field.name)
            for field in fields(TargetVisibility)
        }
    return arrays


def _unpack_counts(arrays: dict[str, NDArray[Any]], sets: int) -> BlockCounts:
    reached = []
    for number in range(sets):
        tally = TargetVisibility(
            **{field.name: arrays[f"{number} {field.name}"] for field in fields(TargetVisibility)}
        )
        reached.append((arrays[f"{number} which"], tally))
    top, left = arrays["corner"].tolist()
    return BlockCounts((top, left), arrays["seen"], arrays["unknown"], tuple(reached))
