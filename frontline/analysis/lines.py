"""Tables of lines: scales, sinuosity, how certain each part of a line is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline import schema
from frontline.analysis.settlements import summarise_distances
from frontline.geo.geodesy import measure_area, measure_length
from frontline.lines.front import make_error_band
from frontline.lines.measures import (
    find_share_above,
    find_weighted_quantile,
    measure_length_at_scales,
    read_terrain_along,
)
from frontline.population.on_land import count_residents, find_shares, pick_residents
from frontline.schema import Table

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from frontline.analysis.context import Analysis
    from frontline.elevation.dem import Dem
    from frontline.geo.projection import ProjectedPlane
    from frontline.lines.front import FrontLine


CERTAINTY = Table(
    "line_certainty",
    "Certainty of the lines",
    "Stretches by their error, with the land and the places that it leaves open.",
    (
        schema.LINE,
        schema.number(
            "error_m", "m", "Error", "Half-width within which these stretches lie with 95 %."
        ),
        schema.number("length_km", "km", "Length", "Length of line with this error."),
        schema.number("share", "", "Share", "Share of the line (0 to 1)."),
        schema.number(
            "area_km2", "km²", "Uncertain land", "Land nearer to those stretches than that."
        ),
        schema.integer("settlements", "places", "Settlements", "That lie in it or reach into it."),
        schema.integer(
            "settlements_unknown", "places", "Without a figure", "Those without residents."
        ),
        schema.number(
            "population",
            "people",
            "People",
            "Residents on that land at the line's date; empty where places lie there and none has "
            "a figure.",
        ),
    ),
    lists=(),
    key=("line", "error_m"),
    foreign=(schema.OF_LINE,),
)
"""Columns of :func:`find_certainty`."""


TERRAIN = Table(
    "line_terrain",
    "Profiles",
    "The ground along each line, place by place.",
    (
        schema.LINE,
        schema.number("at_km", "km", "Along the line", "Distance from the beginning of the line."),
        schema.number("lon", "degrees", "Longitude", "Of the place."),
        schema.number("lat", "degrees", "Latitude", "Of the place."),
        schema.number("metres", "m", "Stands for", "Length of line that the row stands for."),
        schema.number("elevation_m", "m", "Elevation", "Between cells; empty where unknown."),
        schema.number("slope_deg", "degrees", "Slope", "Of the cell; coarse cells flatten it."),
        schema.number("relief_m", "m", "Relief", "Highest less lowest height within 5 km."),
    ),
    lists=(),
    key=("line", "at_km"),
    foreign=(schema.OF_LINE,),
)


def find_certainty(
    front: FrontLine, *, settlements: gpd.GeoDataFrame, study_area: Any, plane: ProjectedPlane
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
    plane
        The plane.

    Returns
    -------
    One row per error, the largest first, with the columns of :data:`CERTAINTY`: length of line,
    its share, land nearer to that line than the error, settlements that lie in or reach into it,
    those without a figure, and the residents on that land at the line's date (NaN where places
    lie there and none has a figure). Land near stretches of two
    errors counts with the larger one, so that the rows add up to the whole uncertain band.
    """
    dwellers = pick_residents(settlements, date=front.date)
    shapes = dwellers.shapes
    taken: Any = shapely.Polygon()
    counted = np.zeros(len(shapes), dtype=bool)
    rows = []
    for error in sorted(set(front.error_m.tolist()), reverse=True):
        chosen = front.error_m == error
        part = _select_segments(front, chosen)
        kilometres = float(measure_length(front.segments[chosen], plane=plane).sum()) / 1000.0
        band = shapely.intersection(make_error_band(part, plane=plane), study_area)
        inside = shapely.intersects(band, shapes) & ~counted
        land = shapely.difference(band, taken)
        share = find_shares(dwellers, lands=np.array([land], dtype=object))
        rows.append(
            {
                "line": front.key,
                "error_m": error,
                "length_km": kilometres,
                "share": kilometres / front.length_km if front.length_km > 0 else math.nan,
                "area_km2": float(measure_area(np.array([land], dtype=object), plane=plane)[0])
                / 1e6,
                "settlements": int((inside & dwellers.listed).sum()),
                "settlements_unknown": int((inside & dwellers.unknown).sum()),
                "population": float(count_residents(dwellers, share=share).residents[0]),
            }
        )
        taken, counted = shapely.union(taken, band), counted | inside
    return pd.DataFrame(rows, columns=CERTAINTY.names)


def _select_segments(front: FrontLine, chosen: NDArray[np.bool_]) -> FrontLine:
    return replace(front, segments=front.segments[chosen], error_m=front.error_m[chosen])


SCALES = Table(
    "line_scales",
    "Length by scale",
    "Each line with its smaller bends left out.",
    (
        schema.LINE,
        schema.number(
            "generalise_m", "m", "Scale", "Bends smaller than this are left out; 0: as drawn."
        ),
        schema.number("length_km", "km", "Length", "Length of the line then, on the ellipsoid."),
        schema.integer("vertices", "", "Vertices", "Corners of the line that are left."),
    ),
    lists=(),
    key=("line", "generalise_m"),
    foreign=(schema.OF_LINE,),
)
"""Columns of :func:`tabulate_scales`."""

GROUND_ALONG = Table(
    "line_ground",
    "Ground along the lines",
    "Elevation, slope and relief along each line.",
    (
        schema.LINE,
        schema.text("measure", "Measure", "elevation_m, slope_deg, or relief_m within 5 km."),
        schema.number("mean", "", "Mean", "Along the line, where the ground is known."),
        schema.number("p10", "", "10 %", "Not exceeded along a tenth of the line."),
        schema.number("median", "", "Median", "Not exceeded along half of the line."),
        schema.number("p90", "", "90 %", "Exceeded along a tenth of the line."),
        schema.number("threshold", "", "Threshold", "What the next column counts."),
        schema.number(
            "share_above", "", "Share above", "Share of the line at or above it (0 to 1)."
        ),
        schema.number(
            "unknown_share", "", "Unknown", "Share of the line on unknown ground (0 to 1)."
        ),
    ),
    lists=(),
    key=("line", "measure", "threshold"),
    foreign=(schema.OF_LINE,),
)
"""Columns of :func:`tabulate_ground`."""

THRESHOLDS = {
    "elevation_m": (500.0, 1_000.0, 2_000.0),
    "slope_deg": (5.0, 10.0, 20.0),
    "relief_m": (100.0, 300.0, 1_000.0),
}
"""What counts as high, steep and broken, one row of the table for each."""


def tabulate_scales(fronts: Sequence[FrontLine], *, plane: ProjectedPlane) -> pd.DataFrame:
    """Give the length of each line at several scales, with the columns of :data:`SCALES`."""
    tables = [
        measure_length_at_scales(front.geometry, plane=plane).assign(line=front.key)[SCALES.names]
        for front in fronts
    ]
    return pd.concat(tables, ignore_index=True)


def tabulate_terrain(
    fronts: Sequence[FrontLine], *, dem: Dem, plane: ProjectedPlane
) -> pd.DataFrame:
    """Give the elevation profile of each line: ``line`` and what `read_terrain_along` reads."""
    tables = []
    for front in fronts:
        along = read_terrain_along(front.geometry, dem=dem, plane=plane)
        along.insert(0, "line", front.key)
        tables.append(along)
    return pd.concat(tables, ignore_index=True)


def tabulate_ground(profiles: pd.DataFrame) -> pd.DataFrame:
    """Sum up elevation, slope and relief along each line.

    Parameters
    ----------
    profiles
        From `tabulate_terrain`.

    Returns
    -------
    One row per line, measure and threshold with the columns of :data:`GROUND_ALONG`; all figures
    but ``unknown_share`` are of the stretches with known ground, weighted by length.
    """
    rows = []
    for line, along in profiles.groupby("line", sort=False):
        metres = along["metres"].to_numpy(dtype=np.float64)
        for measure, thresholds in THRESHOLDS.items():
            values = along[measure].to_numpy(dtype=np.float64)
            known = np.isfinite(values)
            mean = np.average(values[known], weights=metres[known]) if known.any() else np.nan
            tenths = [
                find_weighted_quantile(values, weights=metres, share=share)
                for share in (0.1, 0.5, 0.9)
            ]
            for threshold in thresholds:
                above, unknown = find_share_above(values, metres=metres, least=threshold)
                rows.append((line, measure, mean, *tenths, threshold, above, unknown))
    return pd.DataFrame(rows, columns=GROUND_ALONG.names)


def tabulate_lines(case: Analysis) -> dict[str, pd.DataFrame]:
    """Make the tables of each line: ``line_scales``, ``line_certainty``, ``nearness``.

    With elevation also ``line_ground`` and ``line_terrain``; ``nearness`` where settlements are
    listed.
    """
    plane = case.layers.plane
    tables = {"line_scales": tabulate_scales(case.fronts, plane=plane)}
    if case.dem is not None:
        profiles = tabulate_terrain(case.fronts, dem=case.dem, plane=plane)
        tables |= {"line_ground": tabulate_ground(profiles), "line_terrain": profiles}
    tables["line_certainty"] = tabulate_certainty(case)
    if len(case.layers.settlements):
        tables["nearness"] = summarise_distances(case)
    return tables


def tabulate_certainty(case: Analysis) -> pd.DataFrame:
    """List the stretches of each line by their error, see `find_certainty`."""
    layers = case.layers
    tables = [
        find_certainty(
            front, settlements=layers.settlements, study_area=layers.study_area, plane=layers.plane
        )
        for front in case.fronts
    ]
    return pd.concat(tables, ignore_index=True)
