"""A line by itself: its length at several scales, the ground it runs on, what it leaves open."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline.fronts import error_band
from frontline.geodesy import area_m2, length_m, points_along
from frontline.headcounts import headcounts_at
from frontline.relief import relief_m, slope_deg
from frontline.terrain import heights_at, to_dem

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from frontline.fronts import FrontLine
    from frontline.geodesy import Frame
    from frontline.terrain import Dem

    Floats = NDArray[np.float64]

SCALES_M = (0.0, 500.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0)
"""Scales at which a line is measured: bends smaller than this are left out."""

STEP_M = 500.0
"""Distances along a line are taken this often."""

TERRAIN = ["at_km", "lon", "lat", "metres", "elevation_m", "slope_deg", "relief_m"]
"""Columns of :func:`terrain_along`."""

CERTAINTY = [
    "line",
    "error_m",
    "length_km",
    "share",
    "area_km2",
    "settlements",
    "settlements_unknown",
    "population",
]
"""Columns of :func:`certainty`."""


def length_at_scales(
    course: Any, frame: Frame, scales_m: Sequence[float] = SCALES_M
) -> pd.DataFrame:
    """Measure a line with its smaller bends left out.

    Parameters
    ----------
    course
        Line in the plane, in any number of pieces.
    frame
        The plane.
    scales_m
        Tolerances of the generalisation (Douglas and Peucker, in the plane); 0 is as drawn.

    Returns
    -------
    One row per scale: ``generalise_m, length_km`` (geodesic)``, vertices``. The ends of pieces
    stay, so that the length falls with the scale, down to that of straight pieces.

    References
    ----------
    Douglas, D. and Peucker, T. (1973), Algorithms for the reduction of the number of points
    required to represent a digitized line, Cartographica 10, 112-122.
    """
    merged = shapely.line_merge(course)
    rows = []
    for scale in scales_m:
        plain = shapely.simplify(merged, scale, preserve_topology=False) if scale > 0 else merged
        kilometres = float(length_m(np.array([plain], dtype=object), frame)[0]) / 1000.0
        rows.append((float(scale), kilometres, int(shapely.get_num_coordinates(plain))))
    return pd.DataFrame(rows, columns=["generalise_m", "length_km", "vertices"])


def sampled(course: Any, frame: Frame, *, step_m: float = STEP_M) -> tuple[Floats, Floats]:
    """Place points evenly along a line, with the length that each stands for.

    Parameters
    ----------
    course
        Line in the plane, in any number of pieces.
    frame
        The plane.
    step_m
        Largest distance between neighbours.

    Returns
    -------
    Coordinates ``(n, 2)``, both ends of each piece among them, and metres ``(n,)``: half a step
    at the ends. The metres add up to the geodesic length.
    """
    places, metres = [np.zeros((0, 2))], [np.zeros(0)]
    for part in shapely.get_parts(shapely.line_merge(course)):
        xy = points_along(part, frame, step_m)
        if len(xy) < 2:
            continue
        whole = float(length_m(np.array([part], dtype=object), frame)[0])
        each = np.full(len(xy), whole / (len(xy) - 1))
        each[[0, -1]] /= 2.0
        places.append(xy)
        metres.append(each)
    return np.concatenate(places), np.concatenate(metres)


def terrain_along(
    course: Any, dem: Dem, frame: Frame, *, radius_m: float = 5_000.0, step_m: float = STEP_M
) -> pd.DataFrame:
    """Read elevation, slope and relief along a line.

    Parameters
    ----------
    course
        Line in the plane; pieces follow each other.
    dem
        Elevation.
    frame
        The plane.
    radius_m
        Relief is the highest less the lowest height within this distance.
    step_m
        How often.

    Returns
    -------
    One row per place with the columns of :data:`TERRAIN`: kilometres from the beginning (gaps
    between pieces left out), the length of line it stands for, and what is known of the ground
    there, NaN where nothing is. ``slope_deg`` is that of the elevation's cell.
    """
    xy, metres = sampled(course, frame, step_m=step_m)
    lonlat = frame.lonlat(xy)
    cells = dem.rowcol(*to_dem(dem, frame.crs, xy[:, 0], xy[:, 1]))
    steep = np.full(len(xy), np.nan)
    inside = cells[:, 0] >= 0
    steep[inside] = slope_deg(dem)[cells[inside, 0], cells[inside, 1]]
    return pd.DataFrame(
        {
            "at_km": (np.cumsum(metres) - metres / 2.0) / 1000.0,
            "lon": lonlat[:, 0],
            "lat": lonlat[:, 1],
            "metres": metres,
            "elevation_m": heights_at(dem, xy, crs=frame.crs),
            "slope_deg": steep,
            "relief_m": relief_m(dem, xy, crs=frame.crs, radius_m=radius_m),
        },
        columns=TERRAIN,
    )


def share_above(values: Floats, metres: Floats, least: float) -> tuple[float, float]:
    """Tell which share of a line reaches a threshold, and of which share nothing is known.

    Parameters
    ----------
    values
        Along the line, NaN where unknown, shape ``(n,)``.
    metres
        Length that each stands for, shape ``(n,)``.
    least
        The threshold.

    Returns
    -------
    Share of the known length with at least this value (NaN if none is known), and share of the
    whole length that is unknown.
    """
    known = np.isfinite(values)
    length, whole = float(metres[known].sum()), float(metres.sum())
    reached = float(metres[known & (np.nan_to_num(values) >= least)].sum())
    return (
        reached / length if length > 0 else math.nan,
        1.0 - length / whole if whole > 0 else math.nan,
    )


def certainty(
    front: FrontLine, settlements: gpd.GeoDataFrame, study_area: Any, frame: Frame
) -> pd.DataFrame:
    """List the stretches of a line by how well they are known, with what lies in doubt there.

    Parameters
    ----------
    front
        The line; its edges carry their errors.
    settlements
        Places in the plane, with the columns of a settlement layer.
    study_area
        Land that counts.
    frame
        The plane.

    Returns
    -------
    One row per error, the largest first, with the columns of :data:`CERTAINTY`: length of line,
    its share, land nearer to that line than the error, settlements that lie in or reach into it,
    those without a figure, and their residents at the line's date. Land near stretches of two
    errors counts with the larger one, so that the rows add up to the whole uncertain band.
    """
    people = headcounts_at(settlements, front.date).people["residents"]
    shapes = np.asarray(settlements.geometry.to_numpy(), dtype=object)
    taken: Any = shapely.Polygon()
    counted = np.zeros(len(shapes), dtype=bool)
    rows = []
    for error in sorted(set(front.error_m.tolist()), reverse=True):
        own = front.error_m == error
        part = _with(front, own)
        kilometres = float(length_m(front.segments[own], frame).sum()) / 1000.0
        band = shapely.intersection(error_band(part, frame), study_area)
        inside = shapely.intersects(band, shapes) & ~counted
        land = shapely.difference(band, taken)
        rows.append(
            {
                "line": front.key,
                "error_m": error,
                "length_km": kilometres,
                "share": kilometres / front.length_km if front.length_km > 0 else math.nan,
                "area_km2": float(area_m2(np.array([land], dtype=object), frame)[0]) / 1e6,
                "settlements": int(inside.sum()),
                "settlements_unknown": int((inside & np.isnan(people)).sum()),
                "population": float(np.nansum(people[inside])),
            }
        )
        taken, counted = shapely.union(taken, band), counted | inside
    return pd.DataFrame(rows, columns=CERTAINTY)


def _with(front: FrontLine, chosen: NDArray[np.bool_]) -> FrontLine:
    return replace(front, segments=front.segments[chosen], error_m=front.error_m[chosen])
