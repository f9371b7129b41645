"""What lies in sight of a line: settlements, corridors, land, with what cannot be decided apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontline.elevation.dem import is_coarse
from frontline.errors import LayerError, to_one_line
from frontline.project.models import Sight
from frontline.records import Note, RasterResult
from frontline.storage.checkpoint import remember
from frontline.storage.files import hash_file
from frontline.visibility.batches import ObserverSettings, add_counts, load_or_count, make_blocks
from frontline.visibility.corridors import (
    CORRIDOR_ZONES,
    CORRIDORS,
    CorridorPieces,
    cut_corridors,
    sum_by_state,
    sum_by_zone,
)
from frontline.visibility.grid_counts import (
    SHARES,
    ViewshedGrid,
    make_empty_counts,
    measure_zone_shares,
)
from frontline.visibility.observers import (
    ObserverTile,
    check_voids,
    place_observers,
    tile_front,
    to_grid_positions,
)
from frontline.visibility.targets import (
    SightTargets,
    TargetVisibility,
    add_target_counts,
    look_up,
    make_empty_counts_of_targets,
    state_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.elevation.dem import Dem
    from frontline.inputs.layers import Layers
    from frontline.lines.front import FrontLine
    from frontline.project.models import Project
    from frontline.storage.checkpoint import Checkpoint


Progress = Callable[[int, int], None]

SETTLEMENTS = [
    "id",
    "line",
    "in_sight",
    "sight_certain",
    "posts_in_sight",
    "posts_undecided",
    "posts_within_radius",
    "line_in_sight_km",
    "line_undecided_km",
    "line_within_radius_km",
    "nearest_seen_m",
    "clearance_min_m",
    "clearance_max_m",
]
"""Columns of :attr:`Exposure.settlements`."""

HIGHEST_TARGET_M = 500.0
"""What is looked at stands no higher above the ground."""

LEAST_TREES_KNOWN = 0.9995
"""Less is told of: heights of trees that are not known."""

_PARTS = 1_000
"""Steps of progress per line."""


@dataclass(frozen=True)
class FrontVisibility:
    """What is in sight of each line.

    Parameters
    ----------
    settlements
        One row per settlement and line, columns :data:`SETTLEMENTS`. ``in_sight`` is
        ``visible``, ``hidden``, ``unknown`` or ``out_of_range``. ``line_in_sight_km`` is the
        length of line with a view of the place, ``nearest_seen_m`` the distance of the nearest
        post that has one; ``clearance_min_m`` and ``clearance_max_m`` the least and the most
        that a ray from the posts within the radius passes above the ground (negative: is
        blocked by). ``sight_certain`` is false where the best of these lies within the
        elevation's accuracy, and empty where that is not known.
    rasters
        By line: bands ``seen`` and ``unknown``, counts of posts, on the grid of the elevation.
    zones
        Columns :data:`frontline.visibility.grid_counts.SHARES`: shares of the land of each zone.
    corridors
        One row per corridor, line and state, columns
        :data:`frontline.visibility.corridors.CORRIDORS`.
    corridor_zones
        One feature per corridor, line and ring, columns
        :data:`frontline.visibility.corridors.CORRIDOR_ZONES`, in the plane.
    notes
        What a reader must know.
    illustration
        Whether the elevation is too coarse (cells above 100 m) for more than an illustration.
    """

    settlements: pd.DataFrame
    rasters: Mapping[str, RasterResult]
    zones: pd.DataFrame
    corridors: pd.DataFrame
    corridor_zones: gpd.GeoDataFrame
    notes: tuple[Note, ...]
    illustration: bool


@dataclass(frozen=True)
class _LineVisibility:
    """What one line sees: of each set of targets, of pieces of corridors, and of all cells."""

    tallies: tuple[TargetVisibility, ...]
    cells: TargetVisibility
    seen: NDArray[np.unsignedinteger[Any]]
    unknown: NDArray[np.unsignedinteger[Any]]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class _Along:
    """Pieces of corridors: those read off the counts of cells, and those that need rays.

    The counts tell of what stands as high as the cells are looked at, and not by how much the
    ground hides it.
    """

    by_cell: NDArray[np.bool_]
    xy: NDArray[np.float64]
    rays: SightTargets

    @classmethod
    def of(cls, layers: Layers, pieces: CorridorPieces, settings: Sight, margin_m: float) -> _Along:
        xy = pieces.ends.mean(axis=1)
        height_m = _read_heights(layers.corridors, settings, "corridors")[pieces.row]
        by_cell = (height_m == settings.target_height_m) & (margin_m == 0.0)
        return cls(by_cell, xy[by_cell], SightTargets(xy[~by_cell], height_m[~by_cell]))

    def join(self, rays: TargetVisibility, cells: TargetVisibility) -> TargetVisibility:
        """Put both together, in the order of the pieces."""
        total = make_empty_counts_of_targets(len(self.by_cell))
        for chosen, part in ((~self.by_cell, rays), (self.by_cell, cells)):
            add_target_counts(total, which=np.flatnonzero(chosen), part=part)
        return total


@dataclass(frozen=True)
class _Options:
    """What does not change the result: threads, folder of finished blocks, who is told."""

    threads: int | None
    checkpoint: Checkpoint | None
    progress: Progress | None


def see_from_fronts(
    project: Project,
    *,
    layers: Layers,
    fronts: Sequence[FrontLine],
    dem: Dem | None,
    zones: gpd.GeoDataFrame,
    threads: int | None = None,
    checkpoint: Checkpoint | None = None,
    progress: Progress | None = None,
) -> FrontVisibility:
    """Look from posts along each line over the land within the radius.

    Parameters
    ----------
    project
        For ``[sight]``: spacing of posts, heights, radius, refraction, ``conservative``.
    layers
        For ``settlements`` (with heights of their own in the column that
        ``target_height_column`` names), ``corridors`` (the same) and ``plane``.
    fronts
        The dated lines, in the plane.
    dem
        Elevation in any CRS. Without it, or where sight is switched off, all is empty.
    zones
        ``line, side, distance_m, kind, geometry`` in the plane.
    threads
        Number of threads for the rasters; one per core if None. It does not change the result.
    checkpoint
        Folder in which what a line sees is kept and found again, and finished blocks of its posts
        if ``checkpoint.blocks``; nor does it.
    progress
        Called as ``progress(done, total)`` in thousandths of a line.

    Returns
    -------
    States, counts and lengths; see :class:`FrontVisibility`.

    Raises
    ------
    RasterError
        More than 5 % of the posts of a line stand on unknown ground.

    Notes
    -----
    Posts stand one per elevation cell that the line crosses, weighted with the line in it, or
    every ``spacing_m``. Settlements get exact rays to their true positions; one given as a
    polygon is looked at in the point inside it that stands for it in the tables. A piece of a
    corridor is in the state of the cell that it lies in, which is that of exact rays to the
    cell's centre; pieces with a height of their own get rays, and so do all where ``conservative``
    asks by how much the ground hides them. A place is visible if any post sees it, unknown if
    none does and at least one cannot be decided, hidden otherwise, and out of range if no post
    lies within the radius.
    ``conservative`` counts what cannot be decided as visible in all of these, and a place or a
    piece of road also where the ground hides it by less than the elevation's accuracy; the
    rasters keep both bands apart.

    Elevation in degrees, or in a projection that is not true to scale, is resampled to a metric
    grid around each stretch of line; counts are then taken back to the elevation's own cells,
    each from the metric cell in which its centre lies.
    """
    if dem is None or not project.sight.enabled:
        return _make_empty(layers)
    settings = project.sight
    _check_column(layers, settings)
    pieces = cut_corridors(layers, dem=dem)
    places = find_target_points(layers, settings=settings)
    margin_m = estimate_plausible_height(dem, settings=settings)
    along = _Along.of(layers, pieces, settings, margin_m)
    settlements, rasters, shares, notes = [], {}, [], list(_list_notes(dem, settings))
    corridors: list[pd.DataFrame] = []
    by_zone: list[gpd.GeoDataFrame] = []
    for number, front in enumerate(fronts):
        options = _Options(threads, checkpoint, _make_line_progress(progress, number, len(fronts)))
        seen = _load_or_look(front, layers, dem, settings, (places, along.rays), options, along)
        settlements.append(_tabulate_settlements(layers, front, seen.tallies[0], dem, settings))
        counts = ViewshedGrid(seen.seen, seen.unknown, dem)
        rasters[front.key] = counts.raster()
        front_zones = zones[zones["line"] == front.key]
        shares.append(
            measure_zone_shares(
                counts,
                zones=front_zones,
                plane=layers.plane,
                conservative=settings.conservative,
            )
        )
        ways = along.join(seen.tallies[1], seen.cells)
        ways = ways.conservative() if settings.conservative else ways
        states = state_of(ways, margin_m=margin_m)
        corridors.append(sum_by_state(layers, line=front.key, pieces=pieces, state=states))
        by_zone.append(
            sum_by_zone(layers, line=front.key, pieces=pieces, state=states, zones=front_zones)
        )
        notes.extend(seen.notes)
        notes.extend(_note_spacing(front, layers, dem, settings, options, counts))
    return FrontVisibility(
        settlements=_join_tables(settlements, SETTLEMENTS),
        rasters=rasters,
        zones=_join_tables(shares, SHARES),
        corridors=_join_tables(corridors, CORRIDORS),
        corridor_zones=_make_features(by_zone, CORRIDOR_ZONES.names, layers),
        notes=tuple(notes),
        illustration=is_coarse(dem),
    )


def _make_empty(layers: Layers) -> FrontVisibility:
    return FrontVisibility(
        settlements=pd.DataFrame(columns=SETTLEMENTS),
        rasters={},
        zones=pd.DataFrame(columns=SHARES),
        corridors=pd.DataFrame(columns=CORRIDORS),
        corridor_zones=_make_features([], CORRIDOR_ZONES.names, layers),
        notes=(),
        illustration=False,
    )


def _join_tables(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    # Empty tables have no types of their own and would spoil those of the others.
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(columns))


def _make_features(
    tables: Sequence[gpd.GeoDataFrame], columns: Sequence[str], layers: Layers
) -> gpd.GeoDataFrame:
    joined = _join_tables(tables, [*columns, "geometry"])
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=layers.plane.crs)


def _make_line_progress(progress: Progress | None, number: int, lines: int) -> Progress | None:
    if progress is None:
        return None

    def report(done: int, total: int) -> None:
        progress(_PARTS * number + _PARTS * done // max(total, 1), _PARTS * lines)

    return report


def _list_notes(dem: Dem, settings: Sight) -> list[Note]:
    notes = []
    if is_coarse(dem):
        step = max(dem.sight_step_m)
        notes.append(
            Note(
                "elevation",
                f"Sight is an illustration only: the elevation has cells of {step:,.0f} m "
                "(100 m or less is needed to say what is in sight).",
            )
        )
    if dem.trees is not None:
        notes.append(
            Note(
                "sight",
                "Rays must clear the trees as well. A post stands on the ground, in a cell without "
                "trees; what is looked at among trees stands on top of them.",
            )
        )
    if settings.conservative:
        notes.append(Note("sight", "What cannot be decided counts as visible."))
    if plausible := estimate_plausible_height(dem, settings=settings):
        notes.append(
            Note(
                "sight",
                f"Places and roads that the ground hides by less than {plausible:g} m, the "
                "elevation's accuracy, count as visible; kilometres of line do not hold them.",
            )
        )
    return notes


def estimate_plausible_height(dem: Dem, *, settings: Sight) -> float:
    """Return by how much the ground may hide what counts as visible all the same."""
    return (dem.accuracy_m or 0.0) if settings.conservative else 0.0


def find_target_points(layers: Layers, *, settings: Sight) -> SightTargets:
    """One point per settlement, in the frame, and the height above the ground to look at."""
    inside = shapely.point_on_surface(layers.settlements.geometry.to_numpy())
    xy = np.column_stack([shapely.get_x(inside), shapely.get_y(inside)])
    return SightTargets(xy, _read_heights(layers.settlements, settings, "settlements"))


def check_heights(layers: Layers, *, settings: Sight) -> None:
    """Refuse heights above the ground that are none, of settlements and of corridors.

    Parameters
    ----------
    layers, settings
        As for `see_from_fronts`.

    Raises
    ------
    LayerError
        A column that no layer has, or a cell of it that is no height.
    """
    _check_column(layers, settings)
    for name in ("settlements", "corridors"):
        _read_heights(getattr(layers, name), settings, name)


def _check_column(layers: Layers, settings: Sight) -> None:
    """Refuse a column of heights that the project names and no layer has."""
    column = settings.target_height_column
    usual = Sight.model_fields["target_height_column"].default
    if column != usual and column not in {*layers.settlements, *layers.corridors}:
        raise LayerError(
            f"neither settlements nor corridors have a column '{to_one_line(column)}' (expected "
            "heights above the ground). Correct target_height_column in [sight].",
            field="sight.target_height_column",
        )


def _read_heights(frame: gpd.GeoDataFrame, settings: Sight, layer: str) -> NDArray[np.float64]:
    """Heights above the ground from the column that the project names, else its own."""
    column = settings.target_height_column
    if column not in frame:
        return np.full(len(frame), settings.target_height_m)
    cells = frame[column].replace("", None)
    heights = pd.to_numeric(cells, errors="coerce").astype("float64").to_numpy()
    empty = cells.isna().to_numpy()
    bad = ~empty & ~((heights >= 0.0) & (heights <= HIGHEST_TARGET_M))
    if bad.any():
        first = int(np.argmax(bad))
        raise LayerError(
            f"'{to_one_line(str(cells.iloc[first]))}' is no height above the ground (expected 0 to "
            f"{HIGHEST_TARGET_M:g} m, or empty for the project's). Correct it.",
            layer=layer,
            row=str(frame["id"].iloc[first]),
            field=column,
        )
    return np.where(empty, settings.target_height_m, heights)


def _load_or_look(
    front: FrontLine,
    layers: Layers,
    dem: Dem,
    settings: Sight,
    target_sets: Sequence[SightTargets],
    options: _Options,
    along: _Along | None,
) -> _LineVisibility:
    """Take what a line sees from an earlier run, or look."""
    checkpoint = options.checkpoint
    if checkpoint is not None and not checkpoint.blocks:
        options = replace(options, checkpoint=None)

    def look() -> _LineVisibility:
        return _look_from_front(front, layers, dem, settings, target_sets, options, along)

    if checkpoint is None:
        return look()
    files = [
        [repr(source), hash_file(source.path)]
        for source in (dem.fine, dem.trees)
        if source is not None
    ]
    return remember(
        checkpoint,
        stage="sight",
        parts=[
            [front.key, front.geometry, str(layers.plane.crs), settings.model_dump_json()],
            [dem.heights_m, dem.transform, dem.crs, dem.step_m, dem.trees_known, files],
            [list(target_sets), along],
        ],
        compute=look,
        classes=(_LineVisibility, TargetVisibility, Note),
    )


def _look_from_front(
    front: FrontLine,
    layers: Layers,
    dem: Dem,
    settings: Sight,
    target_sets: Sequence[SightTargets],
    options: _Options,
    along: _Along | None,
) -> _LineVisibility:
    """Add up what the blocks of posts along one line see of settlements, corridors and land."""
    parts = tile_front(front, dem=dem, radius_m=settings.radius_m)

    def stretches() -> Iterator[ObserverTile]:
        for part in parts:
            yield place_observers(
                part,
                dem=dem,
                plane=layers.plane,
                radius_m=settings.radius_m,
                spacing_m=settings.spacing_m,
            )

    # One grid is kept; of many, one at a time is held and each is made twice: a line on unknown
    # ground is to be refused before the long work.
    held_tiles = tuple(stretches()) if len(parts) == 1 else ()
    sizes = [
        (len(stretch.posts_rc), stretch.voids, stretch.dem.trees_known)
        for stretch in held_tiles or stretches()
    ]
    posts, voids = sum(size for size, _, _ in sizes), sum(size for _, size, _ in sizes)
    check_voids(posts, voids=voids, what=f"the line '{front.key}'")
    totals = tuple(make_empty_counts_of_targets(len(targets.xy)) for targets in target_sets)
    cell_xy = along.xy if along is not None else np.zeros((0, 2))
    cells = make_empty_counts_of_targets(len(cell_xy))
    counts, done = ViewshedGrid.like(dem, posts=posts), 0
    for stretch in held_tiles or stretches():
        grid_targets = [_place_targets(stretch, targets, layers) for targets in target_sets]
        tile_counts = make_empty_counts(stretch.dem.heights_m.shape, posts=len(stretch.posts_rc))
        for block in make_blocks(
            stretch,
            targets=grid_targets,
            eyes=ObserverSettings.of(settings),
            checkpoint=options.checkpoint,
        ):
            block_progress = _shift_progress(options.progress, done, posts)
            block_counts = load_or_count(
                block,
                checkpoint=options.checkpoint,
                threads=options.threads,
                progress=block_progress,
            )
            add_counts(block_counts, counts=tile_counts, totals=totals)
            done += len(block.posts_rc)
        counts.add(stretch.dem, *tile_counts)
        cells = cells.plus(
            look_up(
                stretch.dem,
                posts_rc=stretch.posts_rc.astype(np.float64),
                targets_rc=to_grid_positions(stretch.dem, xy=cell_xy, crs=layers.plane.crs),
                counts=tile_counts,
                radius_m=settings.radius_m,
            )
        )
    known = min((share for _, _, share in sizes), default=1.0)
    notes = tuple(_note_voids(front, voids, known))
    return _LineVisibility(totals, cells, counts.seen, counts.unknown, notes)


def _shift_progress(progress: Progress | None, done: int, total: int) -> Progress | None:
    if progress is None:
        return None
    return lambda more, _: progress(done + more, total)


def _place_targets(stretch: ObserverTile, targets: SightTargets, layers: Layers) -> SightTargets:
    positions = to_grid_positions(stretch.dem, xy=targets.xy, crs=layers.plane.crs)
    return SightTargets(positions, targets.height_m)


def _note_voids(front: FrontLine, voids: int, trees_known: float) -> Iterator[Note]:
    if voids:
        yield Note(front.key, "Posts of the line on unknown ground were left out.", voids)
    if trees_known < LEAST_TREES_KNOWN:
        yield Note(
            front.key,
            f"Heights of trees are unknown on up to {1 - trees_known:.1%} of the ground about a "
            "stretch of the line: what lies behind is undecided.",
        )


def _note_spacing(
    front: FrontLine,
    layers: Layers,
    dem: Dem,
    settings: Sight,
    options: _Options,
    counts: ViewshedGrid,
) -> Iterator[Note]:
    """Look once more with half the spacing, and say what that adds."""
    if settings.spacing_m is None or settings.spacing_m <= min(dem.sight_step_m):
        return
    half = settings.model_copy(update={"spacing_m": settings.spacing_m / 2.0})
    closer = _load_or_look(front, layers, dem, half, (), replace(options, progress=None), None)
    before, after = (np.count_nonzero(grid.seen) for grid in (counts, closer))
    growth = f"{after / before - 1.0:.1%}" if before else "some"
    yield Note(
        front.key,
        f"Posts stand every {settings.spacing_m:,.0f} m, not in every cell of the elevation: "
        f"places seen from a short stretch of line are missed. Half the spacing finds {growth} "
        "more land in sight.",
    )


def _tabulate_settlements(
    layers: Layers, front: FrontLine, visibility: TargetVisibility, dem: Dem, settings: Sight
) -> pd.DataFrame:
    """Rows of :data:`SETTLEMENTS` for one line."""
    counted = visibility.conservative() if settings.conservative else visibility
    state = state_of(counted, margin_m=estimate_plausible_height(dem, settings=settings))
    return pd.DataFrame(
        {
            "id": layers.settlements["id"].to_numpy(),
            "line": front.key,
            "in_sight": state,
            "sight_certain": _decide_certainty(visibility, dem.accuracy_m),
            "posts_in_sight": counted.posts_seen.astype(np.int64),
            "posts_undecided": counted.posts_unknown.astype(np.int64),
            "posts_within_radius": counted.posts.astype(np.int64),
            "line_in_sight_km": counted.line_seen_m / 1000.0,
            "line_undecided_km": counted.line_unknown_m / 1000.0,
            "line_within_radius_km": counted.line_m / 1000.0,
            "nearest_seen_m": _replace_infinite(counted.nearest_seen_m),
            "clearance_min_m": _replace_infinite(counted.clearance_min_m),
            "clearance_max_m": _replace_infinite(counted.clearance_max_m),
        },
        columns=SETTLEMENTS,
    )


def _decide_certainty(
    visibility: TargetVisibility, accuracy_m: float | None
) -> pd.api.extensions.ExtensionArray:
    """Say whether the best ray passes, or is blocked, by more than the elevation's accuracy."""
    best = visibility.clearance_max_m
    margin_m = np.inf if accuracy_m is None else accuracy_m
    seen, decided = visibility.posts_seen > 0, visibility.posts_unknown == 0
    certain = pd.array(
        np.where(seen, best > margin_m, decided & (best < -margin_m)), dtype="boolean"
    )
    certain[(visibility.posts == 0) | (accuracy_m is None)] = pd.NA
    return certain


def _replace_infinite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isfinite(values), values, np.nan)
