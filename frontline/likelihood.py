"""How likely a place is in sight, given the error of the elevation and of the line's position."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from frontline.draws import SIGMAS, generator
from frontline.exposure import places_of
from frontline.stretches import parts_of, positions, stand
from frontline.tallies import Tally, Targets, empty_tally, look

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from frontline.fronts import Draw, FrontLine
    from frontline.layers import Layers
    from frontline.project import Project, Sight
    from frontline.stretches import Stretch
    from frontline.terrain import Dem

    Floats = NDArray[np.float64]

LIKELIHOOD = [
    "id",
    "line",
    "share_elevation",
    "share_elevation_low",
    "share_elevation_high",
    "share_position",
    "share_position_low",
    "share_position_high",
]
"""Columns of :func:`sight_likelihood`."""

_NODES = 4
_REACH = 2.25
"""Nodes of noise to one correlation length, and how many lengths away they count."""


def sight_likelihood(
    project: Project,
    layers: Layers,
    fronts: Sequence[FrontLine],
    draws: Mapping[str, Sequence[Draw]],
    dem: Dem,
    *,
    elevation_draws: int = 100,
    position_draws: int = 100,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Look again and again from lines and over terrain as they may be.

    Parameters
    ----------
    project
        For ``[sight]``, ``[elevation]`` (correlation of its error) and the seed.
    layers
        For ``settlements`` and ``frame``.
    fronts
        The dated lines.
    draws
        Displaced lines by the line's key.
    dem
        Elevation with ``accuracy_m``, the standard deviation of its error.
    elevation_draws, position_draws
        How many terrains are drawn, and how many of the displaced lines are used at most.
    progress
        Called as ``progress(done, total)`` in lines.

    Returns
    -------
    One row per settlement and line with the columns of :data:`LIKELIHOOD`: the share of the
    drawn terrains, and of the displaced lines, with the place in sight, each with the interval
    that so few draws leave. NaN where the error is not known. What cannot be decided is not in
    sight, unless the project is ``conservative``.

    Notes
    -----
    The error of elevation is Gaussian with the correlation exp(-(d / L)^2), the same for posts,
    targets and all between; each draw has its own seed and does not depend on how many there
    are. Stretches of a long front draw apart. The intervals are Wilson's, of 95 %.

    References
    ----------
    Fisher, P. (1992). First experiments in viewshed uncertainty: simulating fuzzy viewsheds.
    Wilson, E. (1927). Probable inference, the law of succession, and statistical inference.
    """
    targets = places_of(layers, project.sight)
    tables = [pd.DataFrame(columns=LIKELIHOOD)]
    for number, front in enumerate(fronts):
        if progress is not None:
            progress(number, len(fronts))
        moved = draws.get(front.key, ())[:position_draws]
        table = pd.DataFrame({"id": layers.settlements["id"].to_numpy(), "line": front.key})
        for what, seen, count in (
            ("elevation", _seen_over(project, layers, front, dem, targets, elevation_draws), None),
            ("position", _seen_from(project, layers, front, dem, targets, moved), len(moved)),
        ):
            looks = elevation_draws if count is None else count
            share, low, high = _wilson(seen, looks if seen is not None else 0, len(table))
            table[f"share_{what}"] = share
            table[f"share_{what}_low"], table[f"share_{what}_high"] = low, high
        tables.append(table)
    if progress is not None:
        progress(len(fronts), len(fronts))
    filled = [table for table in tables if len(table)] or tables[:1]
    return pd.concat(filled, ignore_index=True)[LIKELIHOOD]


def _seen_over(
    project: Project, layers: Layers, front: FrontLine, dem: Dem, targets: Targets, draws: int
) -> Floats | None:
    """Count the drawn terrains over which each target is seen; None without an accuracy."""
    if dem.accuracy_m is None or project.elevation is None or draws == 0:
        return None
    length_m = project.elevation.error_correlation_m
    tallies = [empty_tally(len(targets.xy)) for _ in range(draws)]
    for number, stretch in enumerate(_stretches(layers, front, dem, project.sight)):
        noise = _noise(
            stretch.dem, length_m, project.uncertainty.seed, f"{front.key} {number}", draws
        )
        there = _on(stretch, layers, targets)
        for draw, error in enumerate(noise):
            heights = stretch.dem.heights_m + np.float32(dem.accuracy_m) * error
            grid = replace(stretch.dem, heights_m=heights)
            found = _look(replace(stretch, dem=grid), there, project.sight)
            tallies[draw] = tallies[draw].plus(found)
    return _count(tallies, project.sight)


def _seen_from(
    project: Project,
    layers: Layers,
    front: FrontLine,
    dem: Dem,
    targets: Targets,
    draws: Sequence[Draw],
) -> Floats | None:
    """Count the displaced lines from which each target is seen; None without any."""
    if not draws:
        return None
    tallies = []
    for draw in draws:
        moved = replace(front, geometry=draw.line)
        total = empty_tally(len(targets.xy))
        for stretch in _stretches(layers, moved, dem, project.sight):
            there = _on(stretch, layers, targets)
            total = total.plus(_look(stretch, there, project.sight))
        tallies.append(total)
    return _count(tallies, project.sight)


def _stretches(layers: Layers, front: FrontLine, dem: Dem, asked: Sight) -> Iterator[Stretch]:
    for part in parts_of(front, dem, radius_m=asked.radius_m):
        yield stand(part, dem, layers.frame, radius_m=asked.radius_m, spacing_m=asked.spacing_m)


def _on(stretch: Stretch, layers: Layers, targets: Targets) -> Targets:
    return Targets(positions(stretch.dem, targets.xy, layers.frame.crs), targets.height_m)


def _look(stretch: Stretch, targets: Targets, asked: Sight) -> Tally:
    return look(
        stretch.dem,
        stretch.posts_rc.astype(np.float64),
        stretch.length_m,
        targets,
        radius_m=asked.radius_m,
        observer_height_m=asked.observer_height_m,
        refraction=asked.refraction,
    )


def _count(tallies: Sequence[Tally], asked: Sight) -> Floats:
    told = [tally.conservative() if asked.conservative else tally for tally in tallies]
    return np.asarray(np.sum([tally.posts_seen > 0 for tally in told], axis=0), dtype=np.float64)


def _noise(
    grid: Dem, length_m: float, seed: int, key: str, draws: int
) -> Iterator[NDArray[np.float32]]:
    """Draw fields of mean 0 and variance 1, alike within `length_m`, on a grid.

    Notes
    -----
    White noise on nodes is averaged along columns, then along rows, with the square-root kernel
    exp(-2 (d / L)^2) of unit norm: the variance is exact, and the correlation exp(-(d / L)^2).
    Nodes beyond 2.25 lengths, weights below 4e-5, are left out. The products are sparse ones,
    whose bits do not depend on the number of threads.
    """
    down, across = (
        _weights(size, step, length_m)
        for size, step in zip(grid.heights_m.shape, grid.step_m, strict=True)
    )
    for draw in range(draws):
        white = generator(seed, key, draw).standard_normal((down.shape[1], across.shape[1]))
        yield (across @ (down @ white).T).T.astype(np.float32)


def _weights(size: int, step_m: float, length_m: float) -> csr_array:
    """Weights of nodes (columns) in cells (rows) along one axis, sparse."""
    # Nodes farther apart than the whole axis would leave one number: all cells alike.
    span_m = size * step_m
    spacing_m = min(max(length_m / _NODES, step_m), 10.0 * span_m)
    beyond = math.ceil(_REACH * length_m / spacing_m) if length_m < 10.0 * span_m else 0
    nodes = np.arange(-beyond, math.ceil(span_m / spacing_m) + beyond + 1) * spacing_m
    apart = np.abs((np.arange(size) * step_m)[:, None] - nodes) / length_m
    weights = np.where(apart <= _REACH, np.exp(-2.0 * apart**2), 0.0)
    return csr_array(weights / np.linalg.norm(weights, axis=1, keepdims=True))


def _wilson(seen: Floats | None, looks: int, number: int) -> tuple[Floats, Floats, Floats]:
    """Share of looks that see, and Wilson's interval of 95 %; NaN without any look."""
    if seen is None or looks == 0:
        none = np.full(number, np.nan)
        return none, none, none
    share, z2 = seen / looks, SIGMAS**2
    middle = (share + z2 / (2 * looks)) / (1 + z2 / looks)
    half = SIGMAS / (1 + z2 / looks) * np.sqrt(share * (1 - share) / looks + z2 / (4 * looks**2))
    return share, np.minimum(middle - half, share), np.maximum(middle + half, share)
