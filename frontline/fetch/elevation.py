"""`frontline fetch elevation`: from a project with a network to one with real heights.

A hole in the data is never filled by silence: a tile that a provider lacks is looked up in the
list of land. On land it stops the fetch, or comes from the next source where the project allows
it, or stays unknown; only a tile without land becomes sea.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline.elevation.heights import PIECES
from frontline.errors import DownloadError, ProjectError, to_one_line
from frontline.fetch.cache import CachedFile
from frontline.fetch.elevation_sources import (
    SOURCES,
    check_tile_head,
    describe_tiles,
    find_own_tiles,
    find_tile_bounds,
    turn_bounds,
)
from frontline.fetch.http import HttpClient
from frontline.fetch.land_mask import DegreeTile, has_land
from frontline.fetch.mosaic import METHOD, ElevationTile, Mosaic, fill_voids, join_tiles
from frontline.fetch.request import (
    FOLDER,
    MARGIN_DEGREES,
    FetchRequest,
    add_table,
    prepare_fetch,
    replace_file,
    write_notes,
)
from frontline.fetch.windows import estimate_window_size, fetch_window
from frontline.raster.io import write_cog
from frontline.records import RasterResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.project.models import Project


UNKNOWN_M = -32_768.0
FILLED = "elevation_filled.tif"


@dataclass
class _TileOutcomes:
    """What became of each tile."""

    pieces: list[ElevationTile] = field(default_factory=list)
    files: dict[str, tuple[str, CachedFile]] = field(default_factory=dict)
    lacking: list[tuple[str, DegreeTile]] = field(default_factory=list)
    sea: list[DegreeTile] = field(default_factory=list)
    missing: list[DegreeTile] = field(default_factory=list)


def fetch_elevation(path: Path, *, request: FetchRequest) -> list[str]:
    """Fetch elevation for the study area and as far as sight reaches beyond the lines.

    Parameters
    ----------
    path
        The project file.
    request
        How.

    Returns
    -------
    What was fetched, what a reader must know of it, and what was added to the project.

    Raises
    ------
    DownloadError
        A provider does not answer, or lacks land that no other source may give.
    RasterError
        Tiles do not fit together.
    """
    project, _, need, client = prepare_fetch(path, request=request)
    order = _choose_sources(project, request)
    tiles = list_elevation_tiles(need)
    outcomes, fallback = _TileOutcomes(), request.fallback or project.fetch.fallback
    allowed = order if fallback else order[:1]
    if request.dry_run:
        return _describe_plan(client, allowed, tiles, need)
    if "tiles" in allowed:
        outcomes.pieces += find_own_tiles(project, need=need)
    for number, tile in enumerate(tiles):
        client.progress("tiles of elevation", number, len(tiles))
        _find_tile(client, allowed, tile, need, outcomes)
    outcomes.pieces.sort(key=lambda piece: order.index(piece.source))
    if outcomes.missing and project.fetch.missing == "stop":
        raise _make_missing_error(outcomes, order, fallback=fallback)
    if not outcomes.pieces:
        raise DownloadError(
            "no source has elevation for the study area. Name others under elevation in [fetch].",
            path=project.path,
        )
    mosaic = join_tiles(
        outcomes.pieces, bounds=_find_bounds(need, outcomes.pieces), sea=outcomes.sea
    )
    filled = None
    if project.fetch.fill_voids != "keep":
        filled = fill_voids(
            mosaic.heights_m, voids=mosaic.voids, most_cells=project.fetch.void_cells
        )
    return _write_results(project, mosaic, outcomes, need, filled)


def list_elevation_tiles(need: Any) -> list[DegreeTile]:
    """List the tiles of one degree that meet an area, from the south-west on."""
    west, south, east, north = need.bounds
    tiles = [
        DegreeTile(lat, lon)
        for lat in range(max(math.floor(south), -90), min(math.ceil(north), 90))
        for lon in range(math.floor(west), math.ceil(east))
    ]
    return [tile for tile in tiles if shapely.intersects(need, _make_box(tile))]


def _make_box(tile: DegreeTile) -> Any:
    return shapely.box(tile.lon, tile.lat, tile.lon + 1, tile.lat + 1)


def _choose_sources(project: Project, request: FetchRequest) -> tuple[str, ...]:
    order = tuple(request.sources) or project.fetch.elevation
    known = [*SOURCES, "tiles"]
    for name in order:
        if name not in known:
            raise ProjectError(
                f"there is no source '{to_one_line(name)}' of elevation (known: "
                f"{', '.join(known)}). "
                "Name one."
            )
    return order


def _find_tile(
    client: HttpClient, order: Sequence[str], tile: DegreeTile, need: Any, outcomes: _TileOutcomes
) -> None:
    """Find a tile in the first source that has it, or say what it is instead."""
    for number, key in enumerate(order):
        if number and not has_land(tile):
            break
        if key == "tiles":
            if _is_covered(tile, need, outcomes.pieces):
                return
            continue
        for remote_request in describe_tiles(SOURCES[key], tile=tile):
            got = fetch_window(
                client,
                remote_request=remote_request,
                bounds=turn_bounds(tile, bounds=need.bounds),
                check=lambda raster: check_tile_head(raster, tile),
            )
            if got is not None:
                name = f"{key} {tile.name}"
                outcomes.pieces.append(ElevationTile(name, key, got.path, SOURCES[key].datum))
                outcomes.files[name] = (key, got)
                return
        outcomes.lacking.append((key, tile))
    (outcomes.missing if has_land(tile) else outcomes.sea).append(tile)


def _is_covered(tile: DegreeTile, need: Any, pieces: Sequence[ElevationTile]) -> bool:
    """Say whether the user's own tiles hold all that is needed of a tile of one degree."""
    own_areas = [piece.covers for piece in pieces if piece.source == "tiles"]
    needed = shapely.buffer(shapely.intersection(need, _make_box(tile)), -MARGIN_DEGREES)
    return bool(shapely.covers(shapely.buffer(shapely.union_all(own_areas), 1e-6), needed))


def _make_missing_error(
    outcomes: _TileOutcomes, order: Sequence[str], *, fallback: bool
) -> DownloadError:
    names = ", ".join(tile.name for tile in outcomes.missing)
    sources = " or ".join(order if fallback else order[:1])
    following = () if fallback else order[1:]
    hint = (
        f"To take it from the next source ({', '.join(following)}): fallback = true in [fetch], or "
        "--fallback."
        if following
        else "Name another source: --source, or a folder of your own tiles. To leave it unknown: "
        'missing = "unknown" in [fetch].'
    )
    return DownloadError(
        f"{sources} has no tile for land at {names}. A missing tile is not taken for sea. {hint}"
    )


def _describe_plan(
    client: HttpClient, allowed: Sequence[str], tiles: Sequence[DegreeTile], need: Any
) -> list[str]:
    """Say what would be fetched from which source, and how much."""
    if allowed[0] == "tiles":
        return [f"{len(tiles)} tiles of one degree are needed: your own come first."]
    lines, total = [], 0
    for tile in tiles:
        key, size = _estimate_size(client, allowed, tile, need)
        total += max(size or 0, 0)
        states = {
            None: "not there: land" if has_land(tile) else "not there: sea",
            0: "in the cache",
        }
        unknown = "size unknown" if size == -1 else f"about {(size or 0) / 1e6:,.1f} MB"
        lines.append(f"{key} {tile.name}: {states.get(size, unknown)}")
    parts = "windows of them where the provider sends parts, else whole files of up to 50 MB each"
    return [
        *lines,
        f"{len(tiles)} tiles, about {total / 1e6:,.1f} MB to fetch: {parts}. Nothing was fetched.",
    ]


def _estimate_size(
    client: HttpClient, allowed: Sequence[str], tile: DegreeTile, need: Any
) -> tuple[str, int | None]:
    """Say which source has a tile, and how many bytes it takes; None if none has it."""
    window_bounds = turn_bounds(tile, bounds=need.bounds), find_tile_bounds(tile)
    sources = allowed if has_land(tile) else allowed[:1]
    for key in sources:
        if key == "tiles":  # they are here, if they hold it
            return "your own tiles, or none:", -1
        for remote_request in describe_tiles(SOURCES[key], tile=tile):
            size = estimate_window_size(client, remote_request, *window_bounds)
            if size is not None:
                return key, size
    return " and ".join(sources), None


def _find_bounds(need: Any, pieces: Sequence[ElevationTile]) -> tuple[float, float, float, float]:
    """Return the bounds of what is needed in the pieces' CRS."""
    crs = next((piece.crs for piece in pieces if piece.crs is not None), None)
    if crs is None or crs.is_geographic:
        return tuple(need.bounds)
    import pyproj

    turn = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    return tuple(shapely.transform(need, turn.transform, interleaved=False).bounds)


def _write_results(
    project: Project,
    mosaic: Mosaic,
    outcomes: _TileOutcomes,
    need: Any,
    filled: NDArray[np.bool_] | None,
) -> list[str]:
    """Write mosaic and notes, and add the table to the project."""
    used = [
        SOURCES[key] for key in dict.fromkeys(p.source for p in outcomes.pieces) if key in SOURCES
    ]
    has_own_tiles = any(piece.source == "tiles" for piece in outcomes.pieces)
    names = [source.name for source in used] + ["own tiles"] * has_own_tiles
    year = max((source.year for source in used), default=2000)
    datum = outcomes.pieces[0].datum
    notes = _collect_notes(mosaic, outcomes, need, limit_m=project.fetch.seam_limit_m)
    tags = {
        "SOURCE": "; ".join(names),
        "LICENCE": "; ".join(dict.fromkeys(source.licence for source in used)),
        "VERTICAL_DATUM": datum,
        "UNIT": outcomes.pieces[0].unit,
        "TILES": " ".join(f"{piece.name.split()[-1]}={piece.source}" for piece in outcomes.pieces),
        "SEA_TILES": " ".join(tile.name for tile in outcomes.sea),
        "MISSING_TILES": " ".join(tile.name for tile in outcomes.missing),
        "RESAMPLED": " ".join(mosaic.resampled),
        PIECES: json.dumps([_describe_piece(piece, mosaic) for piece in outcomes.pieces]),
    }
    date = dt.date(year, 1, 1)
    if filled is not None:
        notes["voids"] |= {"filled_cells": int(filled.sum()), "method": METHOD}
        notes["voids"] |= {"most_cells": project.fetch.void_cells}
        tags |= {"FILLED_CELLS": f"{filled.sum()}", "FILL_METHOD": METHOD}
    mosaic.heights_m[np.isnan(mosaic.heights_m)] = (
        UNKNOWN_M  # in place: there may be 500 MB of them
    )
    grid = RasterResult({"height_m": mosaic.heights_m}, mosaic.transform, mosaic.crs.to_wkt())
    with replace_file(project, name="elevation.tif") as path:
        write_cog(path, result=grid, date=date, tags=tags, nodata=UNKNOWN_M)
    _mark_filled(project, mosaic, filled, date)
    write_notes(project, name="elevation.tif", notes=notes)
    keys: dict[str, Any] = {
        "path": f"{FOLDER}/elevation.tif",
        "vertical_datum": datum,
        "source": tags["SOURCE"],
        "licence": tags["LICENCE"],
    }
    if outcomes.pieces[0].unit != "m":
        keys["unit"] = outcomes.pieces[0].unit
    if used:
        keys["model"] = used[0].model
        keys["accuracy_m"] = max(source.accuracy_m for source in used)
        keys["date"] = f"{year}-01-01"
    return [
        *_summarise(mosaic, outcomes, notes),
        *add_table(project, heading="[elevation]", keys=keys),
    ]


def _mark_filled(
    project: Project, mosaic: Mosaic, filled: NDArray[np.bool_] | None, date: dt.date
) -> None:
    """Write which cells were filled into a raster of the same grid; remove an older one."""
    if filled is None or not filled.any():
        (project.path.parent / FOLDER / FILLED).unlink(missing_ok=True)
        return
    marks = {"filled": filled.astype(np.uint8)}
    grid = RasterResult(marks, mosaic.transform, mosaic.crs.to_wkt())
    with replace_file(project, name=FILLED) as path:
        write_cog(path, result=grid, date=date, tags={"FILL_METHOD": METHOD})


def _collect_notes(
    mosaic: Mosaic, outcomes: _TileOutcomes, need: Any, *, limit_m: float
) -> dict[str, Any]:
    tiles = []
    for piece in outcomes.pieces:
        row = _describe_piece(piece, mosaic)
        if piece.name in outcomes.files:
            key, got = outcomes.files[piece.name]
            row |= {
                "address": got.address,
                "documentation": SOURCES[key].page,
                "sha256": got.sha256,
                "bytes": got.size_bytes,
                "fetched": got.date,
                "window": dict(got.part) if got.part else "whole",
            }
        row |= {"cells": mosaic.cells[piece.name]}
        tiles.append(row)
    return {
        "what": "elevation",
        "bounds": [round(edge, 6) for edge in need.bounds],
        "tiles": tiles,
        "lacking": [f"{key} {tile.name}" for key, tile in outcomes.lacking],
        "sea": [tile.name for tile in outcomes.sea],
        "missing": [tile.name for tile in outcomes.missing],
        "unknown_cells": int(np.isnan(mosaic.heights_m).sum()),
        "voids": {"unknown_cells": int((mosaic.voids & np.isnan(mosaic.heights_m)).sum())},
        "seam_limit_m": limit_m,
        "seams": [
            {
                "between": [seam.one, seam.other],
                "cells": seam.cells,
                "step_m": round(seam.step_m, 3),
                "above_limit": bool(abs(seam.step_m) > limit_m),
            }
            for seam in mosaic.seams
        ],
    }


def _describe_piece(piece: ElevationTile, mosaic: Mosaic) -> dict[str, Any]:
    """Say what a tile is: written into the raster, from where a run takes it to its manifest."""
    return {
        "tile": piece.name,
        "source": piece.source,
        "datum": piece.datum,
        "step": list(mosaic.steps[piece.name]),
        "resampled": piece.name in mosaic.resampled,
    }


def _summarise(mosaic: Mosaic, outcomes: _TileOutcomes, notes: Mapping[str, Any]) -> list[str]:
    """Say what a reader must know of the mosaic."""
    rows, cols = mosaic.heights_m.shape
    counts = ", ".join(
        f"{sum(piece.source == key for piece in outcomes.pieces)} of {key}"
        for key in dict.fromkeys(piece.source for piece in outcomes.pieces)
    )
    lines = [f"{FOLDER}/elevation.tif: {rows:,} x {cols:,} cells from {counts}."]
    if mosaic.resampled:
        lines.append(f"Interpolated to the finest step: {', '.join(mosaic.resampled)}.")
    if outcomes.sea:
        lines.append(f"Sea, by the list of land: {', '.join(t.name for t in outcomes.sea)}.")
    if outcomes.missing:
        lines.append(f"Land without heights: {', '.join(t.name for t in outcomes.missing)}.")
    voids = notes["voids"]
    if voids.get("filled_cells"):
        lines.append(
            f"{voids['filled_cells']:,} cells of voids are filled, {voids['method']}: they are "
            f"marked in {FOLDER}/{FILLED}."
        )
    if notes["unknown_cells"]:
        share = notes["unknown_cells"] / (rows * cols)
        lines.append(f"{share:.1%} of the cells are unknown.")
    lines += [
        f"Between {seam.one} and {seam.other} heights step by {seam.step_m:+.1f} m "
        f"(limit {notes['seam_limit_m']:g} m): are they above the same datum?"
        for seam in mosaic.seams
        if abs(seam.step_m) > notes["seam_limit_m"]
    ]
    return [*lines, *_list_changed_steps(mosaic, outcomes)]


def _list_changed_steps(mosaic: Mosaic, outcomes: _TileOutcomes) -> list[str]:
    """Say where a provider's tiles have another step than its documentation says."""
    other = {}
    for name, (key, _) in outcomes.files.items():
        step = mosaic.steps[name][1] * 3600
        if abs(step / SOURCES[key].arc_seconds - 1) > 0.01:
            other[key] = (step, SOURCES[key].arc_seconds)
    return [
        f"Tiles of {key} have cells of {step:g} arc seconds, its documentation says {meant:g}."
        for key, (step, meant) in other.items()
    ]
