"""Settlements against lines: side and certainty, distance, zone, what of them the line cuts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from frontline.edges import Geometries
from frontline.fronts import error_band
from frontline.geodesy import Frame, Nearest, nearest_on

if TYPE_CHECKING:
    from frontline.fronts import FrontLine
    from frontline.layers import Layers
    from frontline.project import Project

Floats = NDArray[np.float64]

AGAINST = [
    "line",
    "side",
    "side_certain",
    "distance_m",
    "azimuth_deg",
    "nearest_lon",
    "nearest_lat",
    "zone_m",
    "crossed",
    "share_own_side",
    "contested_share",
]
"""What `places` adds to the columns of the settlements, beside ``lon`` and ``lat``."""


_ON_LINE_M = 1e-3


@dataclass(frozen=True)
class _Shares:
    side: NDArray[Any]
    crossed: NDArray[np.bool_]
    own: Floats
    contested: Floats


def places(project: Project, layers: Layers, fronts: Sequence[FrontLine]) -> gpd.GeoDataFrame:
    """Set each settlement against each line.

    Parameters
    ----------
    project
        Its distances tell the zones.
    layers
        Settlements, points or polygons in the plane.
    fronts
        The lines with their sides.

    Returns
    -------
    GeoDataFrame
        One row per settlement and line, in the settlements' order within each line: their
        columns, ``lon`` and ``lat`` (of a polygon, a point inside it), and those of `AGAINST`;
        geometry in the plane. Empty, with all columns, where there are no settlements.

    Notes
    -----
    - ``side``: of a point, the side it lies on; of a polygon, the side with most of its area;
      empty outside the study area, or on land that is on no side. A point exactly on a line
      belongs to the first side of the project that touches it, and is not certain.
    - ``side_certain``: the nearest edge of the line is at least its error away.
    - ``distance_m``: geodesic, to the nearest point of the line; of a polygon, from its nearest
      point, 0 where the line cuts it. ``azimuth_deg`` is the direction there, NaN at 0.
    - ``zone_m``: smallest distance of the project that is not exceeded, NaN beyond the largest
      and on no side.
    - ``crossed``: the line divides the polygon; never a point.
    - ``share_own_side``: share of its area on ``side``; 1 of a point, NaN on no side.
    - ``contested_share``: share of its area within the error of the line; of a point 0 or 1.
    """
    settlements = layers.settlements
    shapes = np.asarray(settlements.geometry.array, dtype=object)
    inside = shapely.point_on_surface(shapes)
    lonlat = layers.frame.lonlat(np.column_stack([shapely.get_x(inside), shapely.get_y(inside)]))
    base = settlements.drop(columns=[name for name in ("lon", "lat") if name in settlements])
    lonlat = np.round(lonlat, 7)  # a centimetre: through the plane and back costs a millimetre
    base = base.assign(lon=lonlat[:, 0], lat=lonlat[:, 1])
    tables = [
        base.assign(**_against(shapes, front, project.zones.distances_m, layers.frame))
        for front in fronts
    ]
    if not tables:
        return gpd.GeoDataFrame(base.iloc[:0].assign(**dict.fromkeys(AGAINST)), crs=settlements.crs)
    return gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), crs=settlements.crs)


def _against(
    shapes: Geometries, front: FrontLine, distances_m: Sequence[float], frame: Frame
) -> dict[str, Any]:
    near = _nearest(shapes, front, frame)
    certain = np.zeros(len(shapes), dtype=bool)
    known = near.segment >= 0
    certain[known] = near.distance_m[known] >= front.error_m[near.segment[known]]
    certain[known] &= near.distance_m[known] > _ON_LINE_M
    shares = _shares(shapes, front, certain, frame)
    edges = np.array(sorted(distances_m), dtype=np.float64)
    slot = np.searchsorted(edges, near.distance_m, side="left")
    zone = np.append(edges, np.nan)[np.minimum(slot, len(edges))]
    return {
        "line": front.key,
        "side": shares.side,
        "side_certain": certain,
        "distance_m": near.distance_m,
        "azimuth_deg": near.azimuth_deg,
        "nearest_lon": near.lon,
        "nearest_lat": near.lat,
        "zone_m": np.where(shares.side == "", np.nan, zone),
        "crossed": shares.crossed,
        "share_own_side": shares.own,
        "contested_share": shares.contested,
    }


def _nearest(shapes: Geometries, front: FrontLine, frame: Frame) -> Nearest:
    """Nearest points of the line's edges; of polygons, over their vertices and nearest places.

    Two outlines come nearest to each other at a vertex of one of them. The polygons' vertices
    are tried one by one; that the nearest may be a vertex of the line is covered by the place
    that the plane finds nearest.
    """
    areas = shapely.get_dimensions(shapes) == 2
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    if areas.any():
        link = shapely.shortest_line(shapes[areas], front.geometry)
        closest = shapely.get_coordinates(shapely.get_point(link, 0))
        xy = np.concatenate([xy, closest])
        owner = np.concatenate([owner, np.flatnonzero(areas)])
    tried = nearest_on(front.segments, xy, frame)
    order = np.lexsort((np.arange(len(owner)), tried.distance_m, owner))
    row, first = np.unique(owner[order], return_index=True)
    best = order[first]
    blank = np.full((4, len(shapes)), np.nan)
    segment = np.full(len(shapes), -1, dtype=np.int64)
    blank[:, row] = [
        values[best] for values in (tried.distance_m, tried.azimuth_deg, tried.lon, tried.lat)
    ]
    segment[row] = tried.segment[best]
    cut = np.flatnonzero(areas)[shapely.intersects(shapes[areas], front.geometry)]
    blank[0, cut], blank[1, cut] = 0.0, np.nan
    return Nearest(blank[0], blank[1], blank[2], blank[3], segment)


def _shares(
    shapes: Geometries, front: FrontLine, certain: NDArray[np.bool_], frame: Frame
) -> _Shares:
    names = np.array([*front.sides, ""], dtype=object)
    lands = np.array(list(front.sides.values()), dtype=object)
    areas = shapely.get_dimensions(shapes) == 2
    part = np.zeros((len(shapes), len(lands)))
    shapely.prepare(lands)
    points = shapes[~areas]
    for column, land in enumerate(lands):
        part[~areas, column] = shapely.intersects(land, points)
    whole = np.maximum(shapely.area(shapes[areas]), 1e-9)
    overlap = shapely.area(shapely.intersection(shapes[areas][:, None], lands[None, :]))
    part[areas] = overlap / whole[:, None]
    contested = (~certain).astype(np.float64)
    if areas.any():
        band = error_band(front, frame)
        contested[areas] = shapely.area(shapely.intersection(shapes[areas], band)) / whole
    best = part.argmax(axis=1)
    held = part[np.arange(len(shapes)), best]
    on_side = held > 0
    crossed = np.zeros(len(shapes), dtype=bool)
    crossed[areas] = (part[areas] > 1e-6).sum(axis=1) > 1
    return _Shares(
        side=names[np.where(on_side, best, len(lands))],
        crossed=crossed,
        own=np.where(on_side, held, np.nan),
        contested=contested,
    )
