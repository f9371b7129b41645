"""How much of an area the elevation knows, and whether that is enough."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely

from frontline.elevation.dem import Dem, to_dem_crs
from frontline.errors import RasterError, raise_problems
from frontline.records import Note

if TYPE_CHECKING:
    import geopandas as gpd


def measure_coverage(dem: Dem, *, area: Any, area_crs: pyproj.CRS) -> float:
    """Measure the share of an area whose heights are known.

    Parameters
    ----------
    dem
        The grid.
    area
        Polygon.
    area_crs
        Its CRS, best an equal-area one.

    Returns
    -------
    0 to 1; NaN for an empty area.

    Notes
    -----
    Counted on a lattice of about 100,000 points in the area's CRS: within 0.5 %.
    """
    if area.is_empty:
        return math.nan
    west, south, east, north = area.bounds
    step = math.sqrt(max((east - west) * (north - south), 1e-12) / 100_000)
    x, y = np.meshgrid(
        np.arange(west + step / 2, east, step), np.arange(south + step / 2, north, step)
    )
    shapely.prepare(area)
    within = shapely.contains_xy(area, x, y)
    cells = dem.rowcol(*to_dem_crs(dem, area_crs, x[within], y[within]))
    if len(cells) == 0:
        return math.nan
    on_grid = cells[cells[:, 0] >= 0]
    known = np.isfinite(dem.heights_m[on_grid[:, 0], on_grid[:, 1]]).sum()
    return float(known / len(cells))


def check_coverage(
    dem: Dem,
    *,
    area: Any,
    area_crs: pyproj.CRS,
    least: float,
    what: str,
    path: Path | None = None,
) -> float:
    """Return the known share of an area, or refuse it.

    Parameters
    ----------
    dem, area, area_crs
        As for `measure_coverage`.
    least
        Smallest share that is accepted.
    what, path
        Name of the area and the elevation's file for the message.

    Raises
    ------
    RasterError
        The share is below `least`.
    """
    share = measure_coverage(dem, area=area, area_crs=area_crs)
    refuse_coverage(share, least=least, what=what, path=path)
    return share


def refuse_coverage(share: float, *, least: float, what: str, path: Path | None = None) -> None:
    """Refuse too small a known share of an area.

    Parameters
    ----------
    share
        From `measure_coverage`.
    least, what, path
        As for `check_coverage`.

    Raises
    ------
    RasterError
        The share is below `least`.
    """
    if share < least:
        raise RasterError(
            f"elevation is known for {share:.0%} of {what} (at least {least:.0%} is asked for). "
            "Use one that reaches further and has fewer holes, or lower least_coverage in "
            "[elevation].",
            path=path,
        )


def check_zone_coverage(
    dem: Dem, *, zones: gpd.GeoDataFrame, least: float, path: Path | None = None
) -> tuple[Note, ...]:
    """Refuse elevation that knows too little of the widest zone of a line.

    Parameters
    ----------
    dem
        The grid.
    zones
        ``line, distance_m, kind, geometry`` in an equal-area CRS.
    least
        Smallest share that is accepted.
    path
        The elevation's file, for the message.

    Returns
    -------
    A note for each line whose widest zone is not wholly known.

    Raises
    ------
    RasterError
        The share is below `least`, for every line of which it is.
    """
    notes = []
    problems: list[RasterError] = []
    widest = zones[(zones["kind"] == "cumulative")]
    widest = widest[widest["distance_m"] == widest["distance_m"].max()]
    for line, zones_of_line in widest.groupby("line", sort=False):
        what = f"the zone of {zones_of_line['distance_m'].iloc[0] / 1000:g} km about {line}"
        area = shapely.union_all(zones_of_line.geometry.to_numpy())
        try:
            share = check_coverage(
                dem, area=area, area_crs=zones.crs, least=least, what=what, path=path
            )
        except RasterError as problem:
            problems.append(problem)
            continue
        if share < 1.0:
            unknown = max(1.0 - share, 0.0001)
            notes.append(Note("elevation", f"unknown in {unknown:.2%} of {what}."))
    raise_problems(problems)
    return tuple(notes)
