"""Windows of providers' rasters: only what is needed is fetched, and kept in the cache.

A window is cut out along the file's own blocks, cell by cell as the provider has it, and lies in
the cache beside where the whole file would lie. Its name holds the window, and the mark by which
the provider knows the file; its note holds all of that, and the window's sha256. Small files, files
of which most is needed, and files of providers that send no parts are fetched whole.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyproj

from frontline.errors import DownloadError, FrontlineError, OutputError
from frontline.fetch.cache import (
    CachedFile,
    fetch_file,
    find_cached_path,
    find_whole,
    forget_absent,
    hold_alone,
    is_noted_absent,
    make_folder,
    note_absent,
    write_today,
)
from frontline.fetch.http import (
    AbsentError,
    HttpClient,
    RemoteRequest,
    UnreachableError,
    ask_size,
    find_note_path,
    make_fault,
    read_note,
    write_note,
)
from frontline.fetch.ranges import ChangedError, RemoteFile, WholeOnlyError, open_remote
from frontline.raster.io import (
    Bounds,
    Raster,
    Transform,
    Window,
    clip_window,
    find_window,
    find_window_transform,
    open_raster,
    read_window,
    write_cog,
)
from frontline.records import RasterResult
from frontline.storage.files import hash_file

SMALL_BYTES = 1_000_000
"""A file of this size or less is fetched whole."""

MOST_OF_IT = 0.6
"""A file of which more than this share is needed is fetched whole: it can be gone on with."""

MARGIN_CELLS = 16
"""Around what is needed: heights are interpolated with those of cells three times as large."""

_ANY = pyproj.CRS.from_epsg(4326)
"""In the place of a CRS where only cells are counted."""


def fetch_window(
    client: HttpClient,
    *,
    remote_request: RemoteRequest,
    bounds: Bounds,
    check: Callable[[Raster], object],
) -> CachedFile | None:
    """Give the part of a provider's raster under some bounds: from the cache, or fetched.

    Parameters
    ----------
    client
        How to ask.
    remote_request
        The raster; its ``check`` is for the whole file.
    bounds
        West, south, east, north in the raster's CRS.
    check
        Raises an error of ours if the raster, of which only the head has been read, is not what it
        should be.

    Returns
    -------
    A GeoTIFF in the cache that holds the bounds, and a margin, as far as the raster does: a window
    of it, which then says of what in ``part``, or the whole file. Any part of it where the raster
    lies elsewhere. None where the provider says that
    it has none (404).

    Raises
    ------
    DownloadError
        With the address, what happened, and what to do. Nothing is kept.
    """
    path = make_folder(client, remote_request=remote_request)
    if client.refresh and path.is_file():  # a window beside the whole file of old would be lost
        return fetch_file(client, remote_request=remote_request)
    with hold_alone(client, path=path):
        cached = None if client.refresh else _find_cached(path, remote_request, bounds)
        if cached is not None:
            return cached
        known_absent = is_noted_absent(path, remote_request=remote_request)
        try:
            for _ in range(2):  # a file may be replaced while it is read, but not again and again
                try:
                    return _fetch_cells(
                        replace(client, tries=1) if known_absent else client,
                        remote_request,
                        path,
                        bounds,
                        check,
                    )
                except ChangedError:
                    continue
        except AbsentError:
            note_absent(path, remote_request=remote_request)
            return None
        except UnreachableError:
            if known_absent:
                return None
            raise
        except WholeOnlyError:
            pass
    return fetch_file(client, remote_request=remote_request)


def estimate_window_size(
    client: HttpClient, remote_request: RemoteRequest, bounds: Bounds, whole: Bounds
) -> int | None:
    """Estimate how many bytes a window takes, without fetching it.

    Parameters
    ----------
    client, remote_request, bounds
        As `fetch_window` takes them.
    whole
        Bounds of the whole raster, by its name.

    Returns
    -------
    Bytes: 0 if the cache has it, -1 if the provider does not say how large the file is; None if it
    has no such file. A window is taken to lie on quarters of the raster's sides.
    """
    if not client.refresh and _find_cached(
        find_cached_path(client, address=remote_request.address), remote_request, bounds
    ):
        return 0
    size = ask_size(client, remote_request=remote_request)
    if size is None or size <= SMALL_BYTES:
        return size
    share = _measure_touched(bounds[0::2], whole[0::2]) * _measure_touched(
        bounds[1::2], whole[1::2]
    )
    return size if share > MOST_OF_IT else math.ceil(size * share)


def _measure_touched(needed: tuple[float, ...], whole: tuple[float, ...]) -> float:
    """Say how many quarters of a side are touched, as a share of it."""
    low, high = ((edge - whole[0]) / (whole[1] - whole[0]) * 4 for edge in needed)
    return max(min(math.ceil(high), 4) - max(math.floor(low), 0), 0) / 4


def _find_cached(path: Path, remote_request: RemoteRequest, bounds: Bounds) -> CachedFile | None:
    """Give the whole file of the cache, or a window of it that holds what is needed."""
    whole_file = find_whole(path, remote_request=remote_request)
    if whole_file is not None:
        return whole_file
    for window in _list_windows(path):
        note = read_note(find_note_path(window))
        part = note.get("part") if note.get("address") == remote_request.address else None
        if part and _is_in_window(window, part, bounds) and hash_file(window) == note.get("sha256"):
            return _make_cached_file(window, note)
    return None


def _list_windows(path: Path) -> Iterator[Path]:
    """List the windows of a file in the cache."""
    start = f"{path.stem}.window-"
    if path.parent.is_dir():
        for file in sorted(path.parent.iterdir()):
            if file.name.startswith(start) and file.suffix == path.suffix and file.is_file():
                yield file


def _make_cached_file(path: Path, note: dict[str, Any]) -> CachedFile:
    return CachedFile(
        path,
        str(note["address"]),
        str(note["sha256"]),
        path.stat().st_size,
        str(note.get("date", "")),
        part=note["part"],
    )


def _is_in_window(path: Path, part: dict[str, Any], bounds: Bounds) -> bool:
    """Say whether a window holds what is needed, by its note."""
    rows, cols = part["grid_cells"]
    grid = cast("Transform", tuple(part["grid"]))
    whole = Raster(path, rows, cols, grid, _ANY, "", "", None, south_up=False, nodata=None)
    needed = clip_window(whole, window=find_window(whole, bounds=bounds, margin_cells=MARGIN_CELLS))
    return needed is None or _contains(needed, Window(*part["window"]))


def _contains(inner: Window, outer: Window) -> bool:
    """Say whether a window holds another."""
    before = outer.row <= inner.row and outer.col <= inner.col
    return (
        before
        and inner.row + inner.rows <= outer.row + outer.rows
        and inner.col + inner.cols <= outer.col + outer.cols
    )


def _fetch_cells(
    client: HttpClient,
    remote_request: RemoteRequest,
    path: Path,
    bounds: Bounds,
    check: Callable[[Raster], object],
) -> CachedFile:
    """Fetch a window, and keep it."""
    with open_remote(client, remote_request=remote_request) as file:
        if file.size <= SMALL_BYTES:
            raise WholeOnlyError
        try:
            with open_raster(Path(path.name), opener=file.opened) as raster:
                check(raster)
                window = _widen_to_blocks(raster, bounds)
                ranges = _list_ranges(raster, window)
                if sum(stop - start for start, stop in ranges) > MOST_OF_IT * file.size:
                    raise WholeOnlyError
                file.load(ranges)
                cells, nodata = _read_cells(raster, window)
                part = _describe_part(raster, window, file)
        except FrontlineError as error:
            if file.error is not None:
                raise file.error from error
            if isinstance(error, DownloadError):
                raise
            raise make_fault(
                remote_request, sentence=f"is not what it should be: {error.message}"
            ) from error
        if file.error is not None:  # what a library took for the end of the file was none
            raise file.error
    return _write_window(path, remote_request, cells, nodata, part)


def _widen_to_blocks(raster: Raster, bounds: Bounds) -> Window:
    """Widen what is needed of a raster to its blocks."""
    needed = clip_window(
        raster, window=find_window(raster, bounds=bounds, margin_cells=MARGIN_CELLS)
    )
    if raster.south_up:
        raise WholeOnlyError
    if needed is None:  # one block, to say so with
        needed = Window(0, 0, 1, 1)
    high, wide = raster.dataset.block_shapes[0]
    top, left = needed.row // high * high, needed.col // wide * wide
    bottom = min(math.ceil((needed.row + needed.rows) / high) * high, raster.rows)
    right = min(math.ceil((needed.col + needed.cols) / wide) * wide, raster.cols)
    return Window(top, left, bottom - top, right - left)


def _list_ranges(raster: Raster, window: Window) -> list[tuple[int, int]]:
    """List where the blocks of a window lie in the file.

    References
    ----------
    gdal.org/en/stable/drivers/raster/gtiff.html: BLOCK_OFFSET and BLOCK_SIZE in the domain TIFF.
    """
    high, wide = raster.dataset.block_shapes[0]
    ranges = []
    for down in range(window.row // high, math.ceil((window.row + window.rows) / high)):
        for right in range(window.col // wide, math.ceil((window.col + window.cols) / wide)):
            at, size = (
                raster.dataset.get_tag_item(f"BLOCK_{item}_{right}_{down}", "TIFF", bidx=1)
                for item in ("OFFSET", "SIZE")
            )
            if at is not None and size is not None:  # a block of nothing but nodata has no place
                ranges.append((int(at), int(at) + int(size)))
    return ranges


def _read_cells(raster: Raster, window: Window) -> tuple[RasterResult, float | None]:
    """Read the cells of a window as they are stored, and the value that means unknown."""
    grid, crs = find_window_transform(raster.transform, window=window), raster.dataset.crs.to_wkt()
    band = raster.dataset.dtypes[0]
    masked = any(flag.name == "per_dataset" for flag in raster.dataset.mask_flag_enums[0])
    scaled = raster.dataset.scales[0] != 1.0 or raster.dataset.offsets[0] != 0.0
    checked = read_window(
        raster, window=window, dtype=np.float64 if band == "float64" else np.float32
    )
    if np.issubdtype(np.dtype(band), np.integer) and not masked and not scaled:
        rows = (window.row, window.row + window.rows)
        stored = raster.dataset.read(1, window=(rows, (window.col, window.col + window.cols)))
        return RasterResult({"value": stored}, grid, crs), raster.dataset.nodata
    return RasterResult({"value": checked}, grid, crs), math.nan


def _describe_part(raster: Raster, window: Window, file: RemoteFile) -> dict[str, Any]:
    return {
        "window": list(window),
        "grid": list(raster.transform),
        "grid_cells": [raster.rows, raster.cols],
        "mark": file.mark,
        "bytes_of_all": file.size,
        "bytes_fetched": file.got,
    }


def _write_window(
    path: Path,
    remote_request: RemoteRequest,
    cells: RasterResult,
    nodata: float | None,
    part: dict[str, Any],
) -> CachedFile:
    """Put a window into the cache, and remove those of an older file."""
    mark = hashlib.sha256(f"{part['mark']} {part['bytes_of_all']}".encode()).hexdigest()[:12]
    row, col, rows, cols = part["window"]
    name = f"{path.stem}.window-{row}-{col}-{rows}-{cols}-{mark}{path.suffix}"
    new, place = path.with_name(f".{name}.new"), path.with_name(name)
    try:
        write_cog(new, result=cells, date=dt.date(2000, 1, 1), nodata=nodata)
        digest = hash_file(new)
        find_note_path(place).unlink(missing_ok=True)
        new.replace(place)
        for old in list(_list_windows(path)):
            if (
                read_note(find_note_path(old)).get("part", {}).get("mark") != part["mark"]
                and old != place
            ):
                find_note_path(old).unlink(missing_ok=True)
                old.unlink()
        note = {
            "address": remote_request.address,
            "sha256": digest,
            "date": write_today(),
            "part": part,
        }
        write_note(find_note_path(place), **note)
        forget_absent(path)
    except (OSError, OutputError) as error:
        new.unlink(missing_ok=True)
        raise DownloadError(
            "cannot be written. Make room, or use --cache DIR", path=place
        ) from error
    return _make_cached_file(place, note)
