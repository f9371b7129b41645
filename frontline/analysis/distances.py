"""Distances of places from a line and from each other, and of whole sides, old and new."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline.analysis.spread import Estimate, spread_over_copies
from frontline.geo.geodesy import GEOD, find_nearest, measure_distance

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline.geo.projection import ProjectedPlane
    from frontline.lines.front import DisplacedFront, FrontLine


def measure_distance_of_place(
    shape: Any,
    *,
    front: FrontLine,
    draws: Sequence[DisplacedFront],
    plane: ProjectedPlane,
    place_error_m: float = 0.0,
) -> Estimate:
    """Measure how far a place lies from a line.

    Parameters
    ----------
    shape
        Point or polygon in the plane; of a polygon the nearest edge counts, and 0 where the line
        cuts it.
    front, draws, frame
        The line, its displaced copies, the plane.
    place_error_m
        How well the place itself is known; widens the interval at both ends.
    """
    xy = shapely.get_coordinates(shape)
    if shapely.get_dimensions(shape) == 2:
        link = shapely.shortest_line(shape, front.geometry)
        xy = np.concatenate([xy, shapely.get_coordinates(shapely.get_point(link, 0))])
    exact = float(find_nearest(front.geometry, points=xy, plane=plane).distance_m.min()) / 1000.0
    value = 0.0 if shapely.intersects(shape, front.geometry) else exact

    def figure(line: Any, _sides: Any) -> float:
        touches = shapely.intersects(shape, line)
        return (
            0.0 if touches else float(measure_distance(xy, line=line, plane=plane).min()) / 1000.0
        )

    low, high = spread_over_copies(front, draws=draws, value=value, figure=figure, local=True)
    away = place_error_m / 1000.0
    return Estimate(value, max(low - away, 0.0), high + away)


def measure_distance_between(first: Any, *, second: Any, plane: ProjectedPlane) -> float:
    """Measure the geodesic distance of two places in km: nearest edges of polygons, 0 if they meet.

    Parameters
    ----------
    first, second
        Points or polygons in the plane.
    plane
        The plane.
    """
    ends = plane.lonlat(shapely.get_coordinates(shapely.shortest_line(first, second)))
    return float(GEOD.inv(*ends[0], *ends[1])[2]) / 1000.0


def measure_distance_quantile(
    places: gpd.GeoDataFrame,
    *,
    front: FrontLine,
    draws: Sequence[DisplacedFront],
    plane: ProjectedPlane,
    side: str,
    quantile: float,
) -> Estimate:
    """Give a quantile of the distances of the settlements of a side from a line.

    Parameters
    ----------
    places
        One row per settlement and line: ``line, side, distance_m`` and geometry in the plane.
    front, draws, frame
        The line, its displaced copies, the plane.
    side
        The side; its settlements stay the same whatever copy of the line is drawn.
    quantile
        0 is the nearest settlement, 0.5 the median.

    Returns
    -------
    Estimate
        NaN where the side has no settlement.
    """
    own = places[(places["line"] == front.key) & (places["side"] == side)]
    if not len(own):
        return Estimate(math.nan, math.nan, math.nan)
    xy = shapely.get_coordinates(shapely.point_on_surface(own.geometry.to_numpy()))
    value = float(np.quantile(own["distance_m"], quantile)) / 1000.0

    def figure(course: Any, _sides: Any) -> float:
        return float(np.quantile(measure_distance(xy, line=course, plane=plane), quantile)) / 1000.0

    low, high = spread_over_copies(front, draws=draws, value=value, figure=figure)
    return Estimate(value, max(low, 0.0), high)


def divide_distances(first: Estimate, second: Estimate) -> Estimate:
    """Divide two distances; the ends are the least and the most that both intervals allow.

    Returns
    -------
    Estimate
        A ratio in the place of kilometres: NaN where the second distance is 0, an infinite upper
        end where it may be.
    """
    if not second.value > 0:
        return Estimate(math.nan, math.nan, math.nan)
    most = first.high / second.low if second.low > 0 else math.inf
    return Estimate(first.value / second.value, first.low / second.high, most)
