"""How likely a place is in sight, given the error of the elevation and of the line's position."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from frontline._typing import Floats, Floats32
from frontline.records import Note
from frontline.storage.checkpoint import Checkpoint, load_piece, make_key, save_piece
from frontline.uncertainty.intervals import SIGMAS, make_generator
from frontline.visibility.batches import ObserverSettings
from frontline.visibility.exposure import FrontVisibility, find_target_points
from frontline.visibility.observers import place_observers, tile_front, to_grid_positions
from frontline.visibility.targets import (
    SightTargets,
    TargetVisibility,
    look,
    make_empty_counts_of_targets,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from frontline.elevation.dem import Dem
    from frontline.inputs.layers import Layers
    from frontline.lines.front import DisplacedFront, FrontLine
    from frontline.project.models import Project, Sight
    from frontline.visibility.observers import ObserverTile


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
"""Columns of :func:`probable_viewshed`."""


@dataclass(frozen=True)
class _Options:
    """What all looks have in common."""

    project: Project
    layers: Layers
    dem: Dem
    targets: SightTargets
    checkpoint: Checkpoint | None
    tell: Callable[[], None]


_NODES = 4
_REACH = 2.25
"""Nodes of noise to one correlation length, and how many lengths away they count."""


def probable_viewshed(
    project: Project,
    *,
    layers: Layers,
    fronts: Sequence[FrontLine],
    draws: Mapping[str, Sequence[DisplacedFront]],
    dem: Dem,
    elevation_draws: int = 100,
    position_draws: int = 100,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Look again and again from lines and over terrain as they may be.

    Parameters
    ----------
    project
        For ``[sight]``, ``[elevation]`` (correlation of its error) and the seed.
    layers
        For ``settlements`` and ``plane``.
    fronts
        The dated lines.
    draws
        Displaced lines by the line's key.
    dem
        Elevation with ``accuracy_m``, the standard deviation of its error.
    elevation_draws, position_draws
        How many terrains are drawn, and how many of the displaced lines are used at most.
    checkpoint
        Folder in which finished draws are kept and found again.
    progress
        Called as ``progress(done, total)`` in draws.

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
    targets = find_target_points(layers, settings=project.sight)
    tables = [pd.DataFrame(columns=LIKELIHOOD)]
    known = dem.accuracy_m is not None and project.elevation is not None
    terrains = elevation_draws if known else 0
    total = len(fronts) * (terrains + position_draws)
    done = 0

    def tell() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(min(done, total), total)

    if progress is not None:
        progress(0, total)
    options = _Options(project, layers, dem, targets, checkpoint, tell)
    for front in fronts:
        moved = draws.get(front.key, ())[:position_draws]
        table = pd.DataFrame({"id": layers.settlements["id"].to_numpy(), "line": front.key})
        for source, looks, tallies in (
            ("elevation", terrains, _look_over_terrains(options, front, terrains)),
            ("position", len(moved), _look_from_lines(options, front, moved)),
        ):
            seen = _count_seen(tallies, len(table), project.sight)
            share, low, high = _find_wilson_interval(seen, looks)
            table[f"share_{source}"] = share
            table[f"share_{source}_low"], table[f"share_{source}_high"] = low, high
        tables.append(table)
    if progress is not None:
        progress(total, total)
    filled = [table for table in tables if len(table)] or tables[:1]
    return pd.concat(filled, ignore_index=True)[LIKELIHOOD]


def add_likelihood(
    exposure: FrontVisibility,
    *,
    project: Project,
    layers: Layers,
    fronts: Sequence[FrontLine],
    draws: Mapping[str, Sequence[DisplacedFront]],
    dem: Dem | None,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> FrontVisibility:
    """Add how likely each settlement is in sight, where the project asks for draws.

    Parameters
    ----------
    exposure
        What is in sight of the lines as drawn.
    project
        ``[sight] elevation_draws`` and ``position_draws`` say how often sight is computed.
    layers, fronts, draws, dem, checkpoint, progress
        As for `probable_viewshed`; nothing is added without elevation.

    Returns
    -------
    `exposure`; its settlements with ``sight_probability``, ``sight_probability_low``,
    ``sight_probability_high`` and ``sight_position_share`` as far as they were asked for, and
    notes.
    """
    settings = project.sight
    if dem is None or not (settings.elevation_draws or settings.position_draws):
        return exposure
    if not len(exposure.settlements):
        return exposure
    likelihood = probable_viewshed(
        project,
        layers=layers,
        fronts=fronts,
        draws=draws,
        dem=dem,
        elevation_draws=settings.elevation_draws,
        position_draws=settings.position_draws,
        checkpoint=checkpoint,
        progress=progress,
    )
    # The rows are those of the exposure: per line, in the order of the layer.
    table = exposure.settlements.copy()
    if settings.elevation_draws:
        for end in ("", "_low", "_high"):
            table[f"sight_probability{end}"] = likelihood[f"share_elevation{end}"].to_numpy()
    if settings.position_draws:
        table["sight_position_share"] = likelihood["share_position"].to_numpy()
    return replace(
        exposure, settlements=table, notes=(*exposure.notes, *_notes(project, draws, dem))
    )


def _notes(
    project: Project, draws: Mapping[str, Sequence[DisplacedFront]], dem: Dem
) -> Iterator[Note]:
    settings, stated = project.sight, project.elevation
    if settings.elevation_draws and stated is not None:
        if dem.accuracy_m is None:
            yield Note(
                "sight", "accuracy_m of [elevation] is not stated: no probability of sight is told."
            )
        else:
            yield Note(
                "sight",
                f"Probability of sight over {settings.elevation_draws} terrains drawn within the "
                f"elevation's error ({dem.accuracy_m:g} m, alike within "
                f"{stated.error_correlation_m:,.0f} m); its interval is that of so few draws.",
            )
    fewest_draws = min(len(front_draws) for front_draws in draws.values()) if draws else 0
    if settings.position_draws > fewest_draws:
        yield Note(
            "sight",
            f"Sight is looked for from {fewest_draws} displaced lines, not from "
            f"{settings.position_draws}: there are no more draws in [uncertainty].",
        )


def _look_over_terrains(
    options: _Options, front: FrontLine, draws: int
) -> Iterator[TargetVisibility]:
    """Look over each drawn terrain."""
    if draws == 0 or options.project.elevation is None:
        return
    length_m, seed = options.project.elevation.error_correlation_m, options.project.uncertainty.seed
    accuracy_m = np.float32(options.dem.accuracy_m or 0.0)
    tallies = [make_empty_counts_of_targets(len(options.targets.xy)) for _ in range(draws)]
    for number, stretch in enumerate(_place_stretches(options, front)):
        noise = _make_noise(stretch.dem, length_m, seed, f"{front.key} {number}")
        facts = repr((float(accuracy_m), length_m, seed, front.key, number))
        base = _hash_base(options, stretch, facts)
        for draw in range(draws):

            def looked(
                draw: int = draw,
                stretch: ObserverTile = stretch,
                noise: Callable[[int], Floats32] = noise,
            ) -> TargetVisibility:
                heights = stretch.dem.heights_m + accuracy_m * noise(draw)
                grid = replace(stretch.dem, heights_m=heights)
                return _look_at_targets(options, replace(stretch, dem=grid))

            tallies[draw] = tallies[draw].plus(_load_or_look(options, [base, str(draw)], looked))
            if number == 0:
                options.tell()
    yield from tallies


def _look_from_lines(
    options: _Options, front: FrontLine, draws: Sequence[DisplacedFront]
) -> Iterator[TargetVisibility]:
    """Look from each displaced line."""
    for draw in draws:
        total = make_empty_counts_of_targets(len(options.targets.xy))
        for stretch in _place_stretches(options, replace(front, geometry=draw.line)):

            def looked(stretch: ObserverTile = stretch) -> TargetVisibility:
                return _look_at_targets(options, stretch)

            total = total.plus(
                _load_or_look(options, [_hash_base(options, stretch, "position")], looked)
            )
        options.tell()
        yield total


def _hash_base(options: _Options, stretch: ObserverTile, facts: str) -> str:
    """Sum up what looking from a stretch depends on; empty if nothing is kept."""
    if options.checkpoint is None:
        return ""
    grid, targets = stretch.dem, options.targets
    eyes = repr(
        (facts, grid.step_m, grid.transform, grid.crs, ObserverSettings.of(options.project.sight))
    )
    posts = (stretch.posts_rc, stretch.length_m)
    return make_key(
        "probability", parts=[eyes, grid.heights_m, *posts, targets.xy, targets.height_m]
    )


def _load_or_look(
    options: _Options, parts: Sequence[str], looked: Callable[[], TargetVisibility]
) -> TargetVisibility:
    key = make_key("probability", parts=["draw", *parts]) if options.checkpoint is not None else ""
    arrays = load_piece(options.checkpoint, key=key)
    if arrays is not None:
        return TargetVisibility(**arrays)
    tally = looked()
    save_piece(options.checkpoint, key=key, arrays=vars(tally))
    return tally


def _place_stretches(options: _Options, front: FrontLine) -> Iterator[ObserverTile]:
    settings, plane = options.project.sight, options.layers.plane
    for part in tile_front(front, dem=options.dem, radius_m=settings.radius_m):
        yield place_observers(
            part,
            dem=options.dem,
            plane=plane,
            radius_m=settings.radius_m,
            spacing_m=settings.spacing_m,
        )


def _look_at_targets(options: _Options, stretch: ObserverTile) -> TargetVisibility:
    settings = options.project.sight
    positions = to_grid_positions(stretch.dem, xy=options.targets.xy, crs=options.layers.plane.crs)
    return look(
        stretch.dem,
        posts_rc=stretch.posts_rc.astype(np.float64),
        weights_m=stretch.length_m,
        targets=SightTargets(positions, options.targets.height_m),
        radius_m=settings.radius_m,
        observer_height_m=settings.observer_height_m,
        refraction=settings.refraction,
    )


def _count_seen(tallies: Iterable[TargetVisibility], number: int, settings: Sight) -> Floats:
    """Count the looks that see each target."""
    seen = np.zeros(number)
    for tally in tallies:
        seen += (tally.conservative() if settings.conservative else tally).posts_seen > 0
    return seen


def _make_noise(grid: Dem, length_m: float, seed: int, key: str) -> Callable[[int], Floats32]:
    """Return what draws fields of mean 0 and variance 1, alike within a length, on a grid.

    Notes
    -----
    White noise on nodes is averaged along columns, then along rows, with the square-root kernel
    exp(-2 (d / L)^2) of unit norm: the variance is exact, and the correlation exp(-(d / L)^2).
    Nodes beyond 2.25 lengths, weights below 4e-5, are left out. The products are sparse ones,
    whose bits do not depend on the number of threads. A draw is known by its number alone.
    """
    down, across = (
        _weigh_nodes(size, step, length_m)
        for size, step in zip(grid.heights_m.shape, grid.step_m, strict=True)
    )

    def field(draw: int) -> Floats32:
        white = make_generator(seed, key=key, draw=draw).standard_normal(
            (down.shape[1], across.shape[1])
        )
        return np.asarray((across @ (down @ white).T).T, dtype=np.float32)

    return field


def _weigh_nodes(size: int, step_m: float, length_m: float) -> csr_array:
    """Weights of nodes (columns) in cells (rows) along one axis, sparse."""
    # Nodes farther apart than the whole axis would leave one number: all cells alike.
    span_m = size * step_m
    spacing_m = min(max(length_m / _NODES, step_m), 10.0 * span_m)
    beyond = math.ceil(_REACH * length_m / spacing_m) if length_m < 10.0 * span_m else 0
    nodes = np.arange(-beyond, math.ceil(span_m / spacing_m) + beyond + 1) * spacing_m
    apart = np.abs((np.arange(size) * step_m)[:, None] - nodes) / length_m
    weights = np.where(apart <= _REACH, np.exp(-2.0 * apart**2), 0.0)
    return csr_array(weights / np.linalg.norm(weights, axis=1, keepdims=True))


def _find_wilson_interval(seen: Floats, looks: int) -> tuple[Floats, Floats, Floats]:
    """Share of looks that see, and Wilson's interval of 95 %; NaN without any look."""
    if looks == 0:
        none = np.full(len(seen), np.nan)
        return none, none, none
    share, z2 = seen / looks, SIGMAS**2
    middle = (share + z2 / (2 * looks)) / (1 + z2 / looks)
    half = SIGMAS / (1 + z2 / looks) * np.sqrt(share * (1 - share) / looks + z2 / (4 * looks**2))
    return share, np.minimum(middle - half, share), np.maximum(middle + half, share)
