"""Elevation in tiles of one degree: providers, the user's own folder, where each tile is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import pyproj
import shapely

from frontline.elevation.heights import find_vertical_datum
from frontline.elevation.units import METRES, find_unit
from frontline.errors import ProjectError, RasterError
from frontline.fetch.http import RemoteRequest
from frontline.fetch.land_mask import DegreeTile
from frontline.fetch.mosaic import ElevationTile
from frontline.raster.io import (
    MOST_CELLS,
    Bounds,
    Raster,
    Window,
    cut_blocks,
    open_raster,
    read_window,
)

if TYPE_CHECKING:
    from frontline.project.models import Project


def find_own_tiles(project: Project, *, need: Any) -> list[ElevationTile]:
    """Find the user's own tiles that meet an area.

    Parameters
    ----------
    project
        Names the folder: ``tiles`` in ``[fetch]``.
    need
        The area, in degrees.

    Returns
    -------
    Those of the folder's GeoTIFFs that meet it, by name. The vertical datum is that of the file,
    or the one that the project states.

    Raises
    ------
    ProjectError
        No folder is named, or it is not there, or nobody says what the heights are above.
    RasterError
        A file of the folder cannot be used.
    """
    if not project.fetch.tiles:
        raise ProjectError(
            "the source 'tiles' needs the folder of your tiles. Add tiles = ... to [fetch].",
            path=project.path,
            field="fetch.tiles",
        )
    folder = project.path.parent / project.fetch.tiles
    if not folder.is_dir():
        raise ProjectError(
            "is no folder (expected one with GeoTIFFs). Correct tiles in [fetch].",
            path=folder,
            field="fetch.tiles",
        )
    files = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in {".tif", ".tiff"}]
    if not files:
        raise ProjectError(
            "holds no GeoTIFF (expected .tif or .tiff). Convert what is there: "
            "gdal_translate -of COG IN OUT.tif",
            path=folder,
            field="fetch.tiles",
        )
    pieces = [_read_own_tile(project, path) for path in files]
    return [piece for piece in pieces if shapely.intersects(piece.covers, need)]


def _read_own_tile(project: Project, path: Path) -> ElevationTile:
    with open_raster(path, shown=path.name) as raster:
        stated = find_vertical_datum(raster)
        set_datum = project.fetch.tiles_datum
        datum = stated or set_datum
        if not datum:
            raise RasterError(
                "does not say what its heights are above. Add tiles_datum = "
                '"EGM2008" (or whatever it is) to [fetch].',
                path=path.name,
            )
        # heights may stand on a tile's western and northern edge only: the next is a neighbour's
        step = raster.transform[0]
        west, south, east, north = raster.bounds
        reach = shapely.box(west - step, south - step, east + step, north + step)
        box = shapely.segmentize(reach, step * 500)
        turn = pyproj.Transformer.from_crs(raster.crs, "EPSG:4326", always_xy=True)
        covers = shapely.transform(box, turn.transform, interleaved=False)
        stated_unit = find_unit(raster)
        unit = project.fetch.tiles_unit or (stated_unit if stated_unit in METRES else "m")
        if stated_unit in METRES and (stated_unit != unit or unit not in {"m", "ft"}):
            raise RasterError(
                f"its heights are in '{raster.unit or stated_unit}' (expected "
                f"{project.fetch.tiles_unit or 'm or ft'}). Correct tiles_unit in [fetch], or "
                "convert the tile.",
                path=path.name,
            )
        return ElevationTile(path.name, "tiles", path, datum, unit, raster.crs, covers)


LARGEST_TILE = 400_000_000
"""Bytes; no provider's tile of one degree comes near."""


@dataclass(frozen=True)
class ElevationSource:
    """A provider's elevation.

    Parameters
    ----------
    key
        Name in the project file and on the command line.
    name, licence
        As they are printed on the map.
    datum
        What the heights are above.
    model
        Of the ground, or of the surface with trees and roofs.
    arc_seconds
        Step from north to south.
    accuracy_m
        Standard deviation of the error of heights, as the provider states it.
    year
        Middle of the years of acquisition.
    page
        Documentation of names, addresses and format.
    addresses
        Where a tile may lie, in the order in which to ask.
    """

    key: str
    name: str
    licence: str
    datum: str
    model: Literal["ground", "surface"]
    arc_seconds: float
    accuracy_m: float
    year: int
    page: str
    addresses: Callable[[DegreeTile], tuple[str, ...]]


_COPERNICUS = (
    "Copernicus DEM licence: free use with notice; produced using Copernicus WorldDEM-30 "
    "(c) DLR e.V. 2010-2014 and (c) Airbus Defence and Space GmbH 2014-2018, provided under "
    "COPERNICUS by the European Union and ESA; all rights reserved"
)


def _name_corner(tile: DegreeTile) -> str:
    """Write a corner as the Copernicus DEM does: ``N39_00_E046_00``."""
    return f"{tile.name[:3]}_00_{tile.name[3:]}_00"


def _make_aws_addresses(metres: int, arc: int) -> Callable[[DegreeTile], tuple[str, ...]]:
    # https://copernicus-dem-30m.s3.amazonaws.com/readme.html: one folder per tile, the file in it
    # has its name; 10 and 30 are tenths of arc seconds. GLO-90 lies in a bucket of the same form.
    host = f"https://copernicus-dem-{metres}m.s3.amazonaws.com"

    def addresses(tile: DegreeTile) -> tuple[str, ...]:
        name = f"Copernicus_DSM_COG_{arc}_{_name_corner(tile)}_DEM"
        return (f"{host}/{name}/{name}.tif",)

    return addresses


# https://github.com/OpenTopography/OT_BulkAccess_COGs: a public bucket, read without an account.
_OPEN_TOPOGRAPHY = "https://opentopography.s3.sdsc.edu/raster"


def _list_cop30(tile: DegreeTile) -> tuple[str, ...]:
    # The names were those of the AWS bucket until the release of 2023, and are ESA's since.
    return tuple(
        f"{_OPEN_TOPOGRAPHY}/COP30/COP30_hh/Copernicus_DSM_{kind}_{_name_corner(tile)}_DEM.tif"
        for kind in ("10", "COG_10")
    )


def _list_srtm(tile: DegreeTile) -> tuple[str, ...]:
    return (f"{_OPEN_TOPOGRAPHY}/SRTM_GL1/SRTM_GL1_srtm/{tile.name}.tif",)


def _list_alos(tile: DegreeTile) -> tuple[str, ...]:
    name = f"{tile.name[0]}0{tile.name[1:]}"  # three digits for the latitude as well
    return (f"{_OPEN_TOPOGRAPHY}/AW3D30/AW3D30_global/ALPSMLC30_{name}_DSM.tif",)


_SOURCES = (
    ElevationSource(
        key="glo30",
        name="Copernicus DEM GLO-30",
        licence=_COPERNICUS,
        datum="EGM2008",
        model="surface",
        arc_seconds=1.0,
        accuracy_m=2.4,  # < 4 m at 90 % (product handbook), as a standard deviation
        year=2013,
        page="https://copernicus-dem-30m.s3.amazonaws.com/readme.html",
        addresses=_make_aws_addresses(30, 10),
    ),
    ElevationSource(
        key="glo90",
        name="Copernicus DEM GLO-90",
        licence=_COPERNICUS.replace("WorldDEM-30", "WorldDEM-90"),
        datum="EGM2008",
        model="surface",
        arc_seconds=3.0,
        accuracy_m=2.4,
        year=2013,
        page="https://copernicus-dem-30m.s3.amazonaws.com/readme.html",
        addresses=_make_aws_addresses(90, 30),
    ),
    ElevationSource(
        key="glo30_opentopography",
        name="Copernicus DEM GLO-30, from OpenTopography",
        licence=_COPERNICUS,
        datum="EGM2008",
        model="surface",
        arc_seconds=1.0,
        accuracy_m=2.4,
        year=2013,
        page="https://github.com/OpenTopography/OT_BulkAccess_COGs",
        addresses=_list_cop30,
    ),
    ElevationSource(
        key="srtm",
        name="NASA SRTM GL1, from OpenTopography",
        licence="public domain",
        datum="EGM96",
        model="surface",
        arc_seconds=1.0,
        accuracy_m=9.7,  # < 16 m at 90 %
        year=2000,
        page="https://github.com/OpenTopography/OT_BulkAccess_COGs",
        addresses=_list_srtm,
    ),
    ElevationSource(
        key="alos",
        name="JAXA ALOS World 3D 30 m, from OpenTopography",
        licence="free use with notice: (c) JAXA",
        datum="EGM96",
        model="surface",
        arc_seconds=1.0,
        accuracy_m=5.0,
        year=2009,
        page="https://github.com/OpenTopography/OT_BulkAccess_COGs",
        addresses=_list_alos,
    ),
)

SOURCES: Mapping[str, ElevationSource] = MappingProxyType(
    {source.key: source for source in _SOURCES}
)


def describe_tiles(source: ElevationSource, *, tile: DegreeTile) -> tuple[RemoteRequest, ...]:
    """Describe the files that may be a tile, in the order in which to ask for them."""
    return tuple(
        RemoteRequest(
            address=address,
            about=f"{source.key} {tile.name}",
            check=lambda path: check_tile(path, tile=tile, head=check_tile_head),
            most_bytes=LARGEST_TILE,
        )
        for address in source.addresses(tile)
    )


def find_tile_bounds(tile: DegreeTile) -> Bounds:
    """Return west, south, east, north of a tile by its name, where the provider has it."""
    return float(tile.turned), float(tile.lat), tile.turned + 1.0, tile.lat + 1.0


def turn_bounds(tile: DegreeTile, *, bounds: Bounds) -> Bounds:
    """Return bounds that may run across the antimeridian as the provider's tile lies to them."""
    west, south, east, north = bounds
    turn = tile.turned - tile.lon
    return west + turn, south, east + turn, north


def check_tile(path: Path, *, tile: DegreeTile, head: Callable[[Raster, DegreeTile], None]) -> None:
    """Read a tile from end to end, after a look at what it says of itself.

    Parameters
    ----------
    path
        A file that was fetched.
    tile
        What it should be.
    head
        Compares what the file says of itself with the tile: `check_tile_head` for elevation.

    Raises
    ------
    RasterError
        It is no whole GeoTIFF, or not what `head` wants.
    """
    with open_raster(path, shown=f"tile {tile.name}") as raster:
        head(raster, tile)
        for block in cut_blocks(Window(0, 0, raster.rows, raster.cols)):
            read_window(raster, window=block)


def check_tile_head(raster: Raster, tile: DegreeTile) -> None:
    """Compare what a tile says of itself with its name.

    Raises
    ------
    RasterError
        It is not in degrees, or lies elsewhere than its name says, or has too many cells.
    """
    if not raster.crs.is_geographic:
        raise RasterError(
            f"has the CRS '{raster.crs.name}' (expected degrees). Fetch it again: --refresh"
        )
    _check_extent(raster, tile)
    if raster.rows * raster.cols > MOST_CELLS:
        raise RasterError(
            f"has {raster.rows:,} x {raster.cols:,} cells (expected those of its kind). "
            "Fetch it again: --refresh"
        )


def _check_extent(raster: Raster, tile: DegreeTile) -> None:
    """Compare edges; heights stand at whole degrees, so tiles reach half a cell beyond them."""
    west, south, east, north = raster.bounds
    edges = (west, south, east, north)
    meant = (tile.turned, tile.lat, tile.turned + 1, tile.lat + 1)
    steps = (raster.transform[0], -raster.transform[4]) * 2
    if any(
        abs(is_at - should) > 1.01 * step
        for is_at, should, step in zip(edges, meant, steps, strict=True)
    ):
        shown = ", ".join(f"{edge:.4f}" for edge in edges)
        raise RasterError(
            f"lies at {shown} (expected {', '.join(map(str, meant))}). Fetch it again: --refresh"
        )
