"""Elevation from a folder of the user's own tiles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyproj
import shapely

from frontline.errors import ProjectError, RasterError
from frontline.heights import vertical_datum
from frontline.mosaic import Piece
from frontline.rasters import open_raster

if TYPE_CHECKING:
    from frontline.project import Project

FEET = frozenset({"ft", "foot", "feet", "us-ft", "us survey foot", "international foot"})
METRES = frozenset({"m", "metre", "meter", "metres", "meters"})
"""What a file may call its unit, as in `frontline.terrain`."""


def own_pieces(project: Project, need: Any) -> list[Piece]:
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
    pieces = [_piece(project, path) for path in files]
    return [piece for piece in pieces if shapely.intersects(piece.covers, need)]


def _piece(project: Project, path: Path) -> Piece:
    with open_raster(path, shown=path.name) as raster:
        stated = vertical_datum(raster)
        asked = project.fetch.tiles_datum
        datum = stated or asked
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
        said = raster.unit.strip().lower()
        unit = project.fetch.tiles_unit or ("ft" if said in FEET else "m")
        if (said in FEET and unit == "m") or (said in METRES and unit == "ft"):
            raise RasterError(
                f"its heights are in '{said}', the project says {unit}. Correct tiles_unit in "
                "[fetch].",
                path=path.name,
            )
        return Piece(path.name, "tiles", path, datum, unit, raster.crs, covers)
