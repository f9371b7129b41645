"""Every distance at once: land and people at each step of the page's slider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from frontline.geodesy import area_m2, true_band
from frontline.population import people

if TYPE_CHECKING:
    import pandas as pd

    from frontline.case import Case

STEP_M = 500.0
FARTHEST_M = 30_000.0
SMOOTH = 0.002
"""The slider's shapes are simplified by this share of their distance; their areas are not."""


def slider_steps(case: Case) -> list[float]:
    """Return the distances of the slider with those of the project, metres, rising."""
    steps = np.arange(1, round(FARTHEST_M / STEP_M) + 1) * STEP_M
    return sorted({*steps.tolist(), *case.project.zones.distances_m})


def every_distance(case: Case) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Compute people and land within every distance of the slider.

    Parameters
    ----------
    case
        What the run has in hand.

    Returns
    -------
    The rows of `population.people`, of the kind ``cumulative`` alone, and one feature per line,
    side and distance: ``line, side, distance_m, kind, area_km2`` and a simplified shape in the
    plane.

    Notes
    -----
    The same functions on the same draws as those of the tables: at the project's distances the
    figures are equal. Land carries no interval here.
    """
    frame = case.layers.frame
    rows = []
    for front in case.fronts:
        for distance_m in slider_steps(case):
            band = true_band(front.geometry, distance_m, frame)
            for side, land in front.sides.items():
                shape = _polygons(shapely.intersection(band, land))
                rows.append((front.key, side, distance_m, "cumulative", np.nan, shape))
    names = ["line", "side", "distance_m", "kind", "area_km2", "geometry"]
    zones = gpd.GeoDataFrame(rows, columns=names, geometry="geometry", crs=frame.crs)
    zones["area_km2"] = area_m2(zones.geometry.to_numpy(), frame) / 1e6
    figures = people(case.project, case.layers, case.fronts, zones, case.places, case.draws).rows
    tolerance = zones["distance_m"].to_numpy() * SMOOTH
    zones["geometry"] = shapely.simplify(zones.geometry.to_numpy(), tolerance)
    return figures, zones


def _polygons(shape: shapely.Geometry) -> shapely.Geometry:
    """Keep the polygons: overlaying leaves points and lines where edges touch."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])
