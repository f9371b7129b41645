"""The rasters of a run as files: posts in sight and the shaded relief, each with its style."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from frontline.export.manifest import find_newest_date
from frontline.export.qgis.project import write_sight_style
from frontline.export.qgis.style import write_relief_qml
from frontline.records import RasterResult

if TYPE_CHECKING:
    from frontline.results.model import Results


def list_raster_writers(results: Results) -> dict[str, Callable[[Path], object]]:
    """List the rasters of a run: what writes each, by its path in the output folder.

    Parameters
    ----------
    results
        Of a run; without elevation it has no rasters.
    """
    files: dict[str, Callable[[Path], object]] = {}
    if results.relief is not None:
        shade = RasterResult(
            {"shade": results.relief.bands["shade"]}, results.relief.transform, results.relief.crs
        )
        tags = _write_tags_of_relief(results)
        files["rasters/hillshade.tif"] = partial(_write, results, shade, tags, nodata=0.0)
        files["rasters/hillshade.qml"] = partial(_write_style, write_relief_qml())
    for key, raster in results.sight.items():
        files[f"rasters/sight_{key}.tif"] = partial(
            _write, results, raster, _write_tags_of_sight(results)
        )
        files[f"rasters/sight_{key}.qml"] = partial(_write_style, write_sight_style(results))
    return files


def _write_tags_of_sight(results: Results) -> dict[str, str]:
    settings = results.project.sight
    notes = [note.text for note in results.notes if note.about in {"elevation", "sight"}]
    return {
        "DESCRIPTION": "band 1: posts that see the cell; band 2: posts undecided",
        "RADIUS_M": f"{settings.radius_m:g}",
        "OBSERVER_HEIGHT_M": f"{settings.observer_height_m:g}",
        "TARGET_HEIGHT_M": f"{settings.target_height_m:g}",
        "REFRACTION": f"{settings.refraction:g}",
        "NOTES": " ".join(notes),
    }


def _write_tags_of_relief(results: Results) -> dict[str, str]:
    elevation = results.project.elevation
    return {
        "DESCRIPTION": (
            "relief shaded for maps, light from the north-west at 45 degrees, slopes exaggerated; "
            "1 dark to 255 bright, 0 where the elevation is unknown; a picture, no measurement"
        ),
        "SOURCE": elevation.source if elevation is not None else "",
        "LICENCE": elevation.licence if elevation is not None else "",
    }


def _write(
    results: Results,
    raster: RasterResult,
    tags: dict[str, str],
    path: Path,
    *,
    nodata: float | None = None,
) -> None:
    from frontline.raster.io import write_cog

    write_cog(path, result=raster, date=find_newest_date(results.project), tags=tags, nodata=nodata)


def _write_style(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
