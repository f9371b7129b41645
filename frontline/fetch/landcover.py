"""`frontline fetch landcover`: ESA WorldCover, of tiles of three degrees only what is needed.

A tile that the provider lacks is never taken for sea or for anything else: it is looked up in the
list of land, and stops the fetch where there is land, or stays unknown.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline.errors import DownloadError, ProjectError, RasterError, to_one_line
from frontline.fetch.cache import CachedFile
from frontline.fetch.elevation_sources import check_tile
from frontline.fetch.http import HttpClient, RemoteRequest
from frontline.fetch.land_mask import DegreeTile, has_land
from frontline.fetch.request import (
    FOLDER,
    FetchRequest,
    add_table,
    prepare_fetch,
    replace_file,
    write_notes,
)
from frontline.fetch.windows import estimate_window_size, fetch_window
from frontline.raster.io import (
    Bounds,
    Raster,
    RasterGrid,
    Window,
    clip_window,
    find_window,
    find_window_transform,
    open_raster,
    read_window,
    write_cog_by_windows,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.project.models import Project


DEGREES = 3
"""Side of a tile; its name is that of its south-western corner."""

PIECE_DEGREES = 0.5
"""Side of what is fetched and held at once: 6,000 x 6,000 cells of 10 m."""

LARGEST_TILE = 1_000_000_000
UNKNOWN = 0
CODES = frozenset((UNKNOWN, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100))


@dataclass(frozen=True)
class LandCoverProduct:
    """A year of WorldCover.

    Parameters
    ----------
    key
        Name on the command line.
    year, version
        As names and addresses have them.
    doi
        Of the data.
    page
        Documentation of names, addresses, format and codes.
    """

    key: str
    year: int
    version: str
    doi: str
    page: str

    @property
    def source(self) -> str:
        """The attribution that the provider asks for, with the DOI."""
        return (
            f"(c) ESA WorldCover project {self.year} / Contains modified Copernicus Sentinel data "
            f"({self.year}) processed by ESA WorldCover consortium, doi:{self.doi}"
        )

    def address(self, tile: DegreeTile) -> str:
        """Where a tile is."""
        # github.com/ESA-WorldCover/esa-worldcover-datasets and the product user manual: bucket
        # esa-worldcover in eu-central-1, folder version/year/map, COGs of 3 x 3 degrees in
        # EPSG:4326, 36,000 x 36,000 bytes, 0 for no data, named by the south-western corner.
        name = f"ESA_WorldCover_10m_{self.year}_{self.version}_{tile.name}_Map.tif"
        host = "https://esa-worldcover.s3.eu-central-1.amazonaws.com"
        return f"{host}/{self.version}/{self.year}/map/{name}"


_MANUAL = "https://esa-worldcover.s3.eu-central-1.amazonaws.com/{}/docs/WorldCover_PUM_{}.pdf"
_PRODUCTS = (
    LandCoverProduct(
        "worldcover_2021",
        2021,
        "v200",
        "10.5281/zenodo.7254221",
        _MANUAL.format("v200/2021", "V2.0"),
    ),
    LandCoverProduct(
        "worldcover_2020",
        2020,
        "v100",
        "10.5281/zenodo.5571936",
        _MANUAL.format("v100/2020", "V1.0"),
    ),
)

PRODUCTS: Mapping[str, LandCoverProduct] = MappingProxyType({one.key: one for one in _PRODUCTS})


@dataclass
class _TileOutcomes:
    """What became of each tile: rasters by the bounds that they hold, in the area's longitudes."""

    pieces: list[tuple[DegreeTile, Bounds, CachedFile]] = field(default_factory=list)
    sea: list[DegreeTile] = field(default_factory=list)
    missing: list[DegreeTile] = field(default_factory=list)
    codes: set[int] = field(default_factory=set)
    known: int = 0


def fetch_landcover(path: Path, *, request: FetchRequest) -> list[str]:
    """Fetch land cover of the study area and as far as sight reaches beyond the lines.

    Parameters
    ----------
    path
        The project file.
    request
        How; one of `PRODUCTS` as the source, that of 2021 if none.

    Returns
    -------
    What was fetched, what a reader must know of it, and what was added to the project.

    Raises
    ------
    DownloadError
        The provider does not answer, or lacks land.
    RasterError
        A tile is not what it should be.
    """
    project, _, need, client = prepare_fetch(path, request=request)
    product = _choose_product(request.sources)
    tiles = list_cover_tiles(need)
    if request.dry_run:
        return _describe_plan(client, product, tiles, need)
    outcomes = _TileOutcomes()
    shapely.prepare(need)
    for number, tile in enumerate(tiles):
        client.progress("tiles of land cover", number, len(tiles))
        _fetch_tile(client, product, tile, need, outcomes)
    if outcomes.missing and project.fetch.missing == "stop":
        names = ", ".join(tile.name for tile in outcomes.missing)
        raise DownloadError(
            f"{product.key} has no tile for land at {names}. A missing tile is not taken for sea. "
            'To leave it unknown: missing = "unknown" in [fetch].'
        )
    if not outcomes.pieces:
        raise DownloadError(
            f"{product.key} has nothing for the study area. Use other land cover: [landcover].",
            path=project.path,
        )
    return _write_results(project, product, outcomes, need)


def _choose_product(sources: Sequence[str]) -> LandCoverProduct:
    keys = tuple(sources) or (_PRODUCTS[0].key,)
    if len(keys) > 1 or keys[0] not in PRODUCTS:
        raise ProjectError(
            f"there is no source '{to_one_line(' '.join(keys))}' of land cover "
            f"(known: {', '.join(PRODUCTS)}). Name one."
        )
    return PRODUCTS[keys[0]]


def list_cover_tiles(need: Any) -> list[DegreeTile]:
    """List the tiles of three degrees that meet an area, from the south-west on."""
    west, south, east, north = need.bounds
    rows, cols = (
        range(DEGREES * math.floor(low / DEGREES), math.ceil(high), DEGREES)
        for low, high in ((max(south, -90), min(north, 90)), (west, east))
    )
    tiles = [DegreeTile(lat, lon) for lat in rows for lon in cols]
    return [tile for tile in tiles if shapely.intersects(need, shapely.box(*_find_bounds(tile)))]


def _find_bounds(tile: DegreeTile) -> Bounds:
    return float(tile.lon), float(tile.lat), tile.lon + float(DEGREES), tile.lat + float(DEGREES)


def _turn_bounds(tile: DegreeTile, bounds: Bounds) -> Bounds:
    """Return bounds that may run across the antimeridian as the provider's tile lies to them."""
    west, south, east, north = bounds
    turn = tile.turned - tile.lon
    return west + turn, south, east + turn, north


def has_land_in(tile: DegreeTile, *, need: Any) -> bool:
    """Say whether what is needed of a tile of three degrees meets a degree with land."""
    return any(
        has_land(DegreeTile(lat, lon)) and need.intersects(shapely.box(lon, lat, lon + 1, lat + 1))
        for lat in range(tile.lat, min(tile.lat + DEGREES, 90))
        for lon in range(tile.lon, tile.lon + DEGREES)
    )


def _fetch_tile(
    client: HttpClient,
    product: LandCoverProduct,
    tile: DegreeTile,
    need: Any,
    outcomes: _TileOutcomes,
) -> None:
    """Fetch what is needed of a tile, piece by piece, or say what it is instead."""
    remote_request = _describe_tile(product, tile)
    for bounds in _cut_tile(tile, need):
        got = fetch_window(
            client,
            remote_request=remote_request,
            bounds=_turn_bounds(tile, bounds),
            check=lambda raster: check_cover_head(raster, tile),
        )
        if got is None:
            (outcomes.missing if has_land_in(tile, need=need) else outcomes.sea).append(tile)
            return
        outcomes.pieces.append((tile, bounds, got))


def _describe_tile(product: LandCoverProduct, tile: DegreeTile) -> RemoteRequest:
    return RemoteRequest(
        address=product.address(tile),
        about=f"{product.key} {tile.name}",
        check=lambda path: check_tile(path, tile=tile, head=check_cover_head),
        most_bytes=LARGEST_TILE,
    )


def _cut_tile(tile: DegreeTile, need: Any) -> Iterator[Bounds]:
    """Cut a tile into squares of half a degree, and these to what is needed."""
    west, south, east, north = need.bounds
    count = round(DEGREES / PIECE_DEGREES)
    for row, col in itertools.product(range(count), range(count)):
        left, low = tile.lon + col * PIECE_DEGREES, tile.lat + row * PIECE_DEGREES
        box = (left, low, left + PIECE_DEGREES, low + PIECE_DEGREES)
        if need.intersects(shapely.box(*box)):
            cut = max(box[0], west), max(box[1], south), min(box[2], east), min(box[3], north)
            if cut[0] < cut[2] and cut[1] < cut[3]:
                yield cut


def check_cover_head(raster: Raster, tile: DegreeTile) -> None:
    """Compare what a tile says of itself with its name.

    Raises
    ------
    RasterError
        It is not in degrees, does not hold bytes, or lies elsewhere than its name says.
    """
    if not raster.crs.is_geographic or raster.dataset.dtypes[0] != "uint8":
        raise RasterError(
            f"has the CRS '{raster.crs.name}' and cells of type {raster.dataset.dtypes[0]} "
            "(expected degrees and bytes). Fetch it again: --refresh"
        )
    meant = _turn_bounds(tile, _find_bounds(tile))
    steps = (raster.transform[0], -raster.transform[4]) * 2
    away = [abs(a - b) / step for a, b, step in zip(raster.bounds, meant, steps, strict=True)]
    if max(away) > 1.01:
        at = ", ".join(f"{edge:.4f}" for edge in raster.bounds)
        raise RasterError(
            f"lies at {at} (expected {', '.join(f'{edge:g}' for edge in meant)}). "
            "Fetch it again: --refresh"
        )


def _describe_plan(
    client: HttpClient, product: LandCoverProduct, tiles: Sequence[DegreeTile], need: Any
) -> list[str]:
    """Say what would be fetched, and how much."""
    lines, total = [], 0
    for tile in tiles:
        remote_request, tile_bounds = (
            _describe_tile(product, tile),
            _turn_bounds(tile, _find_bounds(tile)),
        )
        pieces = [_turn_bounds(tile, bounds) for bounds in _cut_tile(tile, need)]
        west, south = (min(piece[at] for piece in pieces) for at in (0, 1))
        east, north = (max(piece[at] for piece in pieces) for at in (2, 3))
        size = estimate_window_size(client, remote_request, (west, south, east, north), tile_bounds)
        total += max(size or 0, 0)
        absent = "not there: land" if has_land_in(tile, need=need) else "not there: no land known"
        states = {None: absent, 0: "in the cache", -1: "size unknown"}
        shown = states[size] if size in states else f"about {(size or 0) / 1e6:,.1f} MB"
        lines.append(f"{product.key} {tile.name}: {shown} ({remote_request.address})")
    parts = "windows where the provider sends parts, else whole files of about 100 MB each"
    return [
        *lines,
        f"{len(tiles)} tiles, about {total / 1e6:,.1f} MB to fetch: {parts}. Nothing was fetched.",
    ]


def _make_grid(outcomes: _TileOutcomes, need: Any) -> tuple[RasterGrid, Raster]:
    """Return the grid of the cells under the area, and one raster that it continues."""
    tile, _, first = outcomes.pieces[0]
    with open_raster(first.path) as raster:
        base = replace(raster, dataset=None)
    window = find_window(base, bounds=_turn_bounds(tile, need.bounds))
    # The grid lies in the area's longitudes, which may run on beyond 180.
    a, b, c, d, e, f = find_window_transform(base.transform, window=window)
    shifted = (a, b, c + tile.lon - tile.turned, d, e, f)
    grid = RasterGrid(window.rows, window.cols, shifted, base.crs.to_wkt(), "uint8", UNKNOWN)
    return grid, base


def _read_cells(
    outcomes: _TileOutcomes, grid: RasterGrid, base: Raster
) -> Iterator[tuple[Window, NDArray[np.uint8]]]:
    """Read the pieces one after the other, each with its place on the grid."""
    frame = replace(base, rows=grid.rows, cols=grid.cols, transform=grid.transform)
    for tile, bounds, got in outcomes.pieces:
        window = clip_window(frame, window=find_window(frame, bounds=bounds))
        if window is None:
            continue
        with open_raster(got.path, shown=f"tile {tile.name}") as raster:
            top, left = _find_offset(raster, grid, tile)
            own_window = Window(window.row - top, window.col - left, window.rows, window.cols)
            values = np.nan_to_num(read_window(raster, window=own_window), nan=UNKNOWN).astype(
                np.uint8
            )
        outcomes.codes |= set(np.unique(values).tolist())
        outcomes.known += int(np.count_nonzero(values))
        yield window, values


def _find_offset(raster: Raster, grid: RasterGrid, tile: DegreeTile) -> tuple[int, int]:
    """Return at which row and column of the grid a raster begins."""
    a, _, c, _, e, f = raster.transform
    cells = max(grid.rows, grid.cols)
    alike = max(abs(a / grid.transform[0] - 1), abs(e / grid.transform[4] - 1)) * cells < 0.5
    left = (c + tile.lon - tile.turned - grid.transform[2]) / a
    top = (f - grid.transform[5]) / e
    if not alike or max(abs(left - round(left)), abs(top - round(top))) > 0.25:
        raise RasterError(
            f"the cells of tile {tile.name} do not continue those of the other tiles (expected "
            "one grid). Fetch again: --refresh"
        )
    return round(top), round(left)


def _write_results(
    project: Project, product: LandCoverProduct, outcomes: _TileOutcomes, need: Any
) -> list[str]:
    """Write raster and notes, and add the table to the project."""
    grid, base = _make_grid(outcomes, need)
    tags = {
        "SOURCE": product.source,
        "LICENCE": "CC BY 4.0",
        "YEAR": f"{product.year}",
        "VERSION": product.version,
        "MISSING_TILES": " ".join(tile.name for tile in outcomes.missing),
        "TILES_WITHOUT_LAND": " ".join(tile.name for tile in outcomes.sea),
    }
    date = dt.date(product.year, 7, 1)
    with replace_file(project, name="landcover.tif") as path:
        write_cog_by_windows(
            path,
            grid=grid,
            pieces=_read_cells(outcomes, grid, base),
            name="class",
            date=date,
            tags=tags,
        )
    strange = sorted(outcomes.codes - CODES)
    files = {got.path: (tile, got) for tile, _, got in outcomes.pieces}
    notes = {
        "what": "land cover",
        "product": product.key,
        "documentation": product.page,
        "bounds": [round(edge, 6) for edge in need.bounds],
        "tiles": [
            {
                "tile": tile.name,
                "address": got.address,
                "sha256": got.sha256,
                "bytes": got.size_bytes,
                "fetched": got.date,
                "window": dict(got.part) if got.part else "whole",
            }
            for tile, got in files.values()
        ],
        "without_land": [tile.name for tile in outcomes.sea],
        "missing": [tile.name for tile in outcomes.missing],
        "codes": sorted(outcomes.codes),
        "known_cells": outcomes.known,
    }
    write_notes(project, name="landcover.tif", notes=notes)
    keys = {
        "path": f"{FOLDER}/landcover.tif",
        "source": product.source,
        "licence": "CC BY 4.0",
        "date": f"{product.year}-07-01",
    }
    sentences = _list_sentences(outcomes, grid, strange)
    return [*sentences, *add_table(project, heading="[landcover]", keys=keys)]


def _list_sentences(outcomes: _TileOutcomes, grid: RasterGrid, strange: Sequence[int]) -> list[str]:
    """Say what a reader must know of the raster."""
    names = list(dict.fromkeys(tile.name for tile, _, _ in outcomes.pieces))
    sentences = [
        f"{FOLDER}/landcover.tif: {grid.rows:,} x {grid.cols:,} cells of {', '.join(names)}."
    ]
    if outcomes.missing:
        lacking = ", ".join(tile.name for tile in outcomes.missing)
        sentences.append(f"Land without a tile, left unknown: {lacking}.")
    if outcomes.sea:
        lacking = ", ".join(tile.name for tile in outcomes.sea)
        sentences.append(f"Not there, and no land by the list, left unknown: {lacking}.")
    if strange:
        sentences.append(f"Codes that the documentation lacks: {', '.join(map(str, strange))}.")
    return sentences
