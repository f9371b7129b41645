"""Line of sight over a grid of heights, exact: from many posts to every cell, and between pairs.

Definition
----------
Posts and targets stand at cell centres. Between the cells the terrain is known wherever a ray
crosses a row or a column of cell centres, and is linear there between the two neighbours.
Heights are lowered by ``d^2 (1 - k) / (2 R)`` at horizontal distance *d*, where *k* is the
refraction and *R* = 6,371,008.8 m the mean radius of the Earth. A target is visible when no
crossing strictly between the two ends rises above the straight line that joins them.

There are three answers. A target in an unknown (NaN) cell is unknown. Otherwise a ray that a
known crossing blocks is hidden, whatever else it meets; one that nothing known blocks and that
meets a crossing with a NaN neighbour of non-zero weight is unknown; all others are visible.
Positions of crossings come from integer division: a ray through a cell centre touches that cell
alone.

The modules: `sight_rays` holds the arithmetic of one ray, which is the definition in code;
`sight_pairs` follows many of them (with `sight_bands` and `sight_squares`); `sight_envelope`
decides the cells around a post and `sight_window` adds up posts that lie near each other, where
`sight_near` does so ray by ray for few cells.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from frontline.errors import RasterError
from frontline.executor import count_workers
from frontline.visibility.kernels.cumulative import (
    Reach,
    count_near,
    count_posts,
    is_near,
    surface_of,
)
from frontline.visibility.kernels.pairs import follow_rays

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], None]
Counter = Callable[..., list[Array]]

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth (IUGG), in the drop ``d^2 (1 - k) / (2 R)``."""

POSTS_PER_BATCH = 64
"""Posts that share one window of counts; fewer than 256, so that a byte holds a count."""

SHARES = 4
"""Batches per thread at least, where there are as many posts: summits cost ten times a valley."""

BATCH_SPREAD = 96
"""Most rows or columns between two posts of a batch: keeps the shared window near one post's."""


@dataclass(frozen=True, slots=True)
class SightCounts:
    """How many posts see each cell, and how many could not be decided.

    Parameters
    ----------
    seen, unknown
        ``(rows, cols)``, uint16, or uint32 from 65,536 posts on.
    seen_weight, unknown_weight
        ``(rows, cols)`` float32: the weights of those posts added up (metres of line, say);
        None without weights.
    """

    seen: Array
    unknown: Array
    seen_weight: Array | None = None
    unknown_weight: Array | None = None


@dataclass(frozen=True, slots=True)
class SightLines:
    """The state and the clearance of each pair.

    Parameters
    ----------
    visible
        ``(n,)`` int8: 1 visible, 0 hidden, -1 unknown.
    clearance_m
        ``(n,)`` float64: smallest height of the ray above the known terrain between its ends;
        negative is how much it is blocked, NaN where unknown, infinite where there is no
        crossing.
    """

    visible: Array
    clearance_m: Array


@dataclass(frozen=True, slots=True)
class _Batch:
    """Posts near each other and the part of the raster that they can reach."""

    posts: Array
    weights: Array
    top: int
    left: int
    shape: tuple[int, int]


def cumulative_viewshed(
    heights_m: Array,
    *,
    posts_rc: Array,
    cell_size_m: float | tuple[float, float],
    observer_height_m: float = 2.0,
    target_height_m: float = 2.0,
    max_distance_m: float = 15_000.0,
    refraction: float = 0.13,
    weights: Array | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> SightCounts:
    """Count, for every cell, the posts that see it and those that cannot be decided.

    Parameters
    ----------
    heights_m
        ``(rows, cols)`` float32, metres; NaN and infinite values are unknown.
    posts_rc
        ``(n, 2)`` whole numbers, row and column of each post; may repeat, may be empty.
    cell_size_m
        Distance of two cell centres in metres, one number or ``(dy, dx)``.
    observer_height_m, target_height_m
        Heights above the terrain, metres.
    max_distance_m
        Cells whose centre lies within this distance of the post are decided.
    refraction
        Coefficient *k*: 0 without refraction, 1 for a flat Earth.
    weights
        ``(n,)`` finite and not negative, for example metres of line per post.
    threads
        Number of threads; default one per core that this process may use.
    progress
        Called as ``progress(done, total)`` in posts, from the calling thread.

    Returns
    -------
    SightCounts
        Counts over the whole raster. A post sees its own cell.

    Raises
    ------
    RasterError
        If an array or number is unusable; a post in a void or outside is named.

    Notes
    -----
    The result is the same bits for any number of threads and any order of posts: counts are
    whole numbers, and weights are added as whole multiples of a power of two (their sum needs
    no more than 32 bits), so that no rounding depends on the order.
    """
    heights = _checked_heights(heights_m)
    cell = _checked_cell(cell_size_m)
    _check_not_negative("observer_height_m", observer_height_m)
    _check_not_negative("target_height_m", target_height_m)
    _check_not_negative("max_distance_m", max_distance_m)
    posts = _checked_posts(posts_rc, heights)
    units, unit = _whole_weights(weights, len(posts))
    counts = _empty_counts(heights.shape, posts=len(posts), weighted=weights is not None)
    reach = Reach(
        cell=cell,
        observer=float(observer_height_m),
        target=float(target_height_m),
        distance=float(max_distance_m),
        curve=_curve(refraction),
    )
    counter = (
        partial(count_near, heights)
        if is_near(heights.shape, len(posts), reach)
        else partial(count_posts, surface_of(heights))
    )
    if threads is not None and threads < 1:
        raise RasterError(f"threads: {threads} (expected 1 or more). Correct it.")
    workers = count_workers(threads)
    # Few posts: smaller batches, so that no thread waits for another one's last.
    most = min(POSTS_PER_BATCH, -(-len(posts) // (SHARES * workers)))
    batches = list(_batches(posts, units, heights.shape, reach, most))
    done = 0
    if progress is not None:
        progress(0, len(posts))
    for batch, parts in _counted(counter, batches, reach, workers, weighted=weights is not None):
        _add(counts, parts, batch)
        done += len(batch.posts)
        if progress is not None:
            progress(done, len(posts))
    if weights is None:
        return SightCounts(*counts)
    return SightCounts(*counts[:2], *(_scaled(part, unit) for part in counts[2:]))


def line_of_sight(
    heights_m: Array,
    *,
    from_rc: Array,
    to_rc: Array,
    cell_size_m: float | tuple[float, float],
    observer_height_m: float | Array = 2.0,
    target_height_m: float | Array = 2.0,
    refraction: float = 0.13,
) -> SightLines:
    """Decide pair by pair whether two points see each other, and by how much.

    Parameters
    ----------
    heights_m
        ``(rows, cols)`` float32, metres; NaN and infinite values are unknown.
    from_rc, to_rc
        ``(n, 2)`` row and column, fractions allowed; whole numbers are cell centres. One
        position is paired with every position of the other array.
    cell_size_m, refraction
        See `cumulative_viewshed`.
    observer_height_m, target_height_m
        Metres above the terrain at `from_rc` and `to_rc`: one number, or one per pair.

    Returns
    -------
    SightLines
        Per pair 1 visible, 0 hidden or -1 unknown, and the clearance. A pair with an end in
        unknown terrain is unknown. A hidden pair's clearance is that of the known crossings.

    Raises
    ------
    RasterError
        If an array or number is unusable, or a position lies outside the raster.

    Notes
    -----
    Swapping the ends together with their heights gives the same bits. The height of an end
    between cell centres is bilinear; the crossings in between are those of the definition.
    """
    heights = _checked_raster(heights_m)
    cell = _checked_cell(cell_size_m)
    starts = _checked_positions("from_rc", from_rc, heights.shape)
    ends = _checked_positions("to_rc", to_rc, heights.shape)
    if len(starts) != len(ends) and 1 not in {len(starts), len(ends)}:
        raise RasterError(
            f"{len(starts)} positions in from_rc against {len(ends)} in to_rc "
            "(expected as many, or one). Pair them before the call."
        )
    number = len(starts) if len(ends) == 1 else len(ends)
    visible = np.empty(number, dtype=np.int8)
    clearance = np.empty(number, dtype=np.float64)
    follow_rays(
        heights,
        np.array(np.broadcast_to(starts, (number, 2)), order="C"),
        np.array(np.broadcast_to(ends, (number, 2)), order="C"),
        (
            _checked_ends("observer_height_m", observer_height_m, number),
            _checked_ends("target_height_m", target_height_m, number),
        ),
        cell,
        _curve(refraction),
        (visible, clearance),
    )
    return SightLines(visible, clearance)


def _curve(refraction: float) -> float:
    if not (np.isfinite(refraction) and refraction <= 1.0):
        raise RasterError(
            f"refraction: {refraction} cannot be used (expected at most 1, usually 0.13). "
            "Correct it."
        )
    return (1.0 - float(refraction)) / (2.0 * EARTH_RADIUS_M)


def _check_not_negative(name: str, value: float) -> None:
    if not (np.isfinite(value) and value >= 0.0):
        raise RasterError(
            f"{name}: {value} m cannot be used (expected a finite number, 0 or more). Correct it."
        )


def _checked_raster(heights_m: Array) -> Array:
    # Read-only always: arrays that may be written are another type to the compiler.
    heights = np.ascontiguousarray(heights_m, dtype=np.float32).view()
    heights.flags.writeable = False
    if heights.ndim != 2 or heights.size == 0:
        raise RasterError(
            f"heights_m: an array of shape {np.shape(heights_m)} is not a raster "
            "(expected rows and columns, at least one cell). Pass one band."
        )
    return heights


def _checked_heights(heights_m: Array) -> Array:
    heights = _checked_raster(heights_m)
    if np.isinf(heights).any():
        return _checked_raster(np.where(np.isinf(heights), np.float32(np.nan), heights))
    return heights


def _checked_cell(cell_size_m: float | tuple[float, float]) -> tuple[float, float]:
    sizes = np.atleast_1d(np.asarray(cell_size_m, dtype=np.float64))
    if sizes.shape not in {(1,), (2,)} or not np.all(np.isfinite(sizes) & (sizes > 0.0)):
        raise RasterError(
            f"cell_size_m: {cell_size_m} is not a size (expected metres above 0, one number "
            "or (dy, dx)). Correct it."
        )
    return float(sizes[0]), float(sizes[-1])


def _checked_positions(name: str, positions: Array, shape: tuple[int, ...]) -> Array:
    points = np.asarray(positions, dtype=np.float64)
    if points.size == 0:
        return np.empty((0, 2))
    if points.ndim != 2 or points.shape[1] != 2:
        raise RasterError(
            f"{name}: an array of shape {points.shape} is not a list of positions "
            "(expected n rows of row and column). Correct it."
        )
    inside = np.all((points >= 0.0) & (points <= np.asarray(shape) - 1.0), axis=1)
    if not inside.all():
        first = int(np.argmin(inside))
        raise RasterError(
            f"{name}: position {first} at row {points[first, 0]:g}, column {points[first, 1]:g} "
            f"lies outside the raster (expected rows 0 to {shape[0] - 1}, columns 0 to "
            f"{shape[1] - 1}). Move or drop it."
        )
    return points


def _checked_posts(posts_rc: Array, heights: Array) -> Array:
    points = _checked_positions("posts_rc", posts_rc, heights.shape)
    posts = points.astype(np.int64)
    whole = np.all(posts == points, axis=1)
    known = np.isfinite(heights[posts[:, 0], posts[:, 1]])
    for good, what in ((whole, "is not a cell centre"), (known, "lies in unknown terrain")):
        if not good.all():
            first = int(np.argmin(good))
            raise RasterError(
                f"posts_rc: post {first} at row {points[first, 0]:g}, column "
                f"{points[first, 1]:g} {what} (expected whole numbers of a cell with a known "
                "height). Move or drop it."
            )
    return posts


def _checked_ends(name: str, heights_m: float | Array, number: int) -> Array:
    values = np.asarray(heights_m, dtype=np.float64)
    if values.ndim > 1 or (values.ndim == 1 and len(values) not in {1, number}):
        raise RasterError(
            f"{name}: an array of shape {values.shape} does not fit {number} pairs "
            "(expected one number, or one per pair). Correct it."
        )
    if not np.all(np.isfinite(values) & (values >= 0.0)):
        raise RasterError(
            f"{name}: negative or not finite (expected metres above the terrain, 0 or more). "
            "Correct it."
        )
    return np.array(np.broadcast_to(values, (number,)))


def _whole_weights(weights: Array | None, number: int) -> tuple[Array, float]:
    """Express weights as whole multiples of a power of two whose sum fits 32 bits."""
    if weights is None:
        return np.zeros(number, dtype=np.uint32), 1.0
    values = np.asarray(weights, dtype=np.float64)
    if values.shape != (number,) or not np.all(np.isfinite(values) & (values >= 0.0)):
        raise RasterError(
            f"weights: not usable for {number} posts (expected as many finite numbers, 0 or "
            "more). Correct them."
        )
    total = math.fsum(values) + 1.0e-300  # exact, so that the order of the posts is no matter
    # Rounding adds at most half a unit per post: leave room for it below 2^32.
    unit = 2.0 ** np.ceil(np.log2(total / (2.0**32 - 2.0 - number)))
    return np.rint(values / unit).astype(np.uint32), float(unit)


def _empty_counts(shape: tuple[int, ...], *, posts: int, weighted: bool) -> list[Array]:
    kind = np.uint16 if posts <= np.iinfo(np.uint16).max else np.uint32
    counts = [np.zeros(shape, dtype=kind), np.zeros(shape, dtype=kind)]
    if weighted:
        counts += [np.zeros(shape, dtype=np.uint32), np.zeros(shape, dtype=np.uint32)]
    return counts


def _scaled(units: Array, unit: float) -> Array:
    """Turn whole multiples into float32 in place: a second full-size array would cost memory."""
    values = units.view(np.float32)
    for row in range(len(units)):
        values[row] = units[row] * unit
    return values


def _batches(
    posts: Array, units: Array, shape: tuple[int, ...], reach: Reach, most: int
) -> Iterator[_Batch]:
    """Group posts that lie near each other; each group shares one window of the raster."""
    tiles = posts // BATCH_SPREAD
    order = np.lexsort((posts[:, 1], posts[:, 0], tiles[:, 1], tiles[:, 0]))
    posts, units, tiles = posts[order], units[order], tiles[order]
    down, across = reach.cells
    start = 0
    for stop in range(1, len(posts) + 1):
        if stop < len(posts) and stop - start < most and np.array_equal(tiles[stop], tiles[start]):
            continue
        group = posts[start:stop]
        low = np.maximum(group.min(axis=0) - np.array([down, across]), 0)
        high = np.minimum(group.max(axis=0) + np.array([down + 1, across + 1]), shape)
        extent = (int(high[0] - low[0]), int(high[1] - low[1]))
        yield _Batch(group, units[start:stop], int(low[0]), int(low[1]), extent)
        start = stop


def _counted(
    counter: Counter, batches: list[_Batch], reach: Reach, workers: int, *, weighted: bool
) -> Iterator[tuple[_Batch, list[Array]]]:
    """Work through the batches from one queue; at most two results per thread wait."""

    def count(batch: _Batch) -> tuple[_Batch, list[Array]]:
        return batch, counter(
            batch.posts,
            batch.weights,
            corner=(batch.top, batch.left),
            shape=batch.shape,
            reach=reach,
            weighted=weighted,
        )

    if workers == 1 or len(batches) < 2:
        yield from map(count, batches)
        return
    waiting: set[Future[tuple[_Batch, list[Array]]]] = set()
    with ThreadPoolExecutor(workers) as pool:
        for batch in batches:
            waiting.add(pool.submit(count, batch))
            if len(waiting) > 2 * workers:
                ready, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in ready)
        while waiting:
            ready, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in ready)


def _add(counts: list[Array], parts: list[Array], batch: _Batch) -> None:
    rows = slice(batch.top, batch.top + batch.shape[0])
    cols = slice(batch.left, batch.left + batch.shape[1])
    for whole, part in zip(counts, parts, strict=True):
        if part.size:
            whole[rows, cols] += part
