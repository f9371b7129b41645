"""Where the data come from and how well they are known, in the words of page and map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from frontline.headcounts import valid_at
from frontline.inputs import TABLES
from frontline.symbols import illustration_label
from frontline.words import WORDS, source_label

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline.project import LayerSource, Project
    from frontline.records import RasterResult
    from frontline.results import Results

COARSE_STEP_M = 100.0
"""Elevation coarser than this is good for an illustration of sight, not for statements."""


def line_accuracy(error_m: Any) -> str:
    """Return how well a line is known, in words."""
    if isinstance(error_m, str) or pd.isna(error_m) or not error_m > 0:
        return WORDS["line_error_none"]
    return WORDS["line_accuracy"].format(error=f"{float(error_m):,.0f}")


def sight_warning(results: Results) -> str:
    """Return the label that sight from coarse elevation must carry, or nothing."""
    steps = [raster_step_m(grid) for grid in results.sight.values()]
    coarse = max(steps, default=0.0)
    return illustration_label(coarse) if coarse > COARSE_STEP_M else ""


def raster_step_m(grid: RasterResult) -> float:
    """Return the larger edge of a cell of the grid, in metres at its middle."""
    from pyproj import CRS, Geod

    a, _, c, _, e, f = grid.transform
    crs = CRS.from_user_input(grid.crs)
    if not crs.is_geographic:
        factor = crs.axis_info[0].unit_conversion_factor or 1.0
        return float(max(abs(a), abs(e)) * factor)
    rows = next(iter(grid.bands.values())).shape[0]
    middle = f + e * rows / 2
    lon, lat = [c, c], [middle - e / 2, middle]
    steps = Geod(ellps="WGS84").inv(lon, lat, [c, c + a], [middle + e / 2, middle])[2]
    return float(max(steps))


def sources(project: Project) -> list[dict[str, str]]:
    """Return what the data are, who made them, their date and licence, once each."""
    named: list[tuple[str, LayerSource | Any]] = [(line.label, line) for line in project.lines]
    for key in ("settlements", "corridors", "points", "districts", "study_area", *TABLES):
        layer = getattr(project, key)
        if layer is not None:
            named.append((WORDS[key], layer))
    named += [(part.label, part) for part in project.partitions]
    named += [(source_label(f"raster:{part.key}"), part) for part in project.population]
    if project.elevation is not None:
        named.append((WORDS["hillshade"], project.elevation))
        if project.elevation.canopy is not None:
            named.append((WORDS["canopy"], project.elevation.canopy))
    if project.landcover is not None:
        named.append((WORDS["landcover"], project.landcover))
    rows = []
    for what, origin in named:
        date = "" if origin.date is None else origin.date.isoformat()
        rows.append(
            {"what": what, "source": origin.source, "licence": origin.licence, "date": date}
        )
    return [row for row in rows if row["source"] or row["licence"]]


def source_line(row: dict[str, str]) -> str:
    """Return one source in a line: what, by whom, when, under which licence."""
    rest = ", ".join(part for part in (row["source"], row["date"], row["licence"]) if part)
    return f"{row['what']}: {rest}"


def dated(results: Results) -> gpd.GeoDataFrame:
    """Return the settlements with a column ``valid``: whether the figure holds at the line's date.

    Parameters
    ----------
    results
        Its settlements may lack the columns of the validity: then every figure holds.
    """
    table = results.settlements.copy()
    for column in ("population_from", "population_until"):
        if column not in table:
            table[column] = ""
    table["valid"] = True
    for line in results.project.lines:
        own = table["line"] == line.key
        if own.any():
            table.loc[own, "valid"] = valid_at(table[own], line.date)
    return table
