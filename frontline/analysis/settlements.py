"""Settlements against lines: side and how sure it is, distance, zone, and what lies nearest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from frontline._typing import Floats, Geometries
from frontline.geo.geodesy import Nearest, nearest_on
from frontline.geo.projection import Frame
from frontline.inputs.partitions import DISTRICTS, parts_of
from frontline.lines.front import error_band
from frontline.population.figures import headcounts_at
from frontline.visibility.targets import STATES

if TYPE_CHECKING:
    from frontline.analysis.context import Case
    from frontline.inputs.layers import Layers
    from frontline.lines.front import FrontLine
    from frontline.project.models import Project


NEARNESS = [
    "line",
    "side",
    "partition",
    "part",
    "name",
    "settlements",
    "nearest_m",
    "p25_m",
    "median_m",
    "p75_m",
    "farthest_m",
    "below_accuracy",
    *STATES,
    "population",
    "population_visible",
]
"""Columns of :func:`nearness`."""

_QUANTILES = {"nearest_m": 0.0, "p25_m": 0.25, "median_m": 0.5, "p75_m": 0.75, "farthest_m": 1.0}


def nearness(case: Case) -> pd.DataFrame:
    """Tell for each side, and for each part of the land, how settlements lie to each line.

    Parameters
    ----------
    case
        Places against the lines, districts and partitions, and what is in sight.

    Returns
    -------
    One row per line, side and part with settlements there, the lines by date, with the columns
    of :data:`NEARNESS`. Rows with an empty ``partition`` hold the whole side. A settlement that
    several rows of the input tell of counts once. ``below_accuracy`` is true where the nearest
    lies nearer to the line than its error. Counts by sight are empty where sight is not computed;
    ``population`` holds the residents known at the line's date.

    Notes
    -----
    The distance is that to the line in force, of whoever was on the side then: a place that
    changed hands stands under another side before and after.
    """
    table = case.layers.settlements
    spots = shapely.point_on_surface(table.geometry.to_numpy())
    inside = [("", "", "", np.ones(len(table), dtype=bool))]
    for key in (*case.layers.partitions, *([DISTRICTS] if len(case.layers.districts) else ())):
        for part in parts_of(case.layers, key):
            if part.part:
                shapely.prepare(part.land)
                here = shapely.intersects(part.land, spots)
                inside.append((part.partition, part.part, part.name, here))
    rows = []
    for front in sorted(case.fronts, key=lambda one: one.date):
        rows += list(_of_line(case, front, inside))
    found = pd.DataFrame(rows, columns=NEARNESS)
    return found.astype(dict.fromkeys(("settlements", *STATES), "Int64"))


def _of_line(
    case: Case, front: FrontLine, inside: list[tuple[str, str, str, NDArray[np.bool_]]]
) -> Iterator[dict[str, Any]]:
    own = case.places[case.places["line"] == front.key].reset_index(drop=True)
    counted = headcounts_at(case.layers.settlements, front.date)
    residents = np.nan_to_num(counted.people["residents"])
    first = np.zeros(len(own), dtype=bool)
    first[np.unique(counted.place, return_index=True)[1]] = True
    seen = case.exposure.settlements
    known = seen[seen["line"] == front.key] if len(seen) else seen
    state = known["in_sight"].to_numpy() if len(known) else None
    error_m = float(front.error_m.max(initial=0.0))
    for side in front.sides:
        on_side = (own["side"] == side).to_numpy()
        for partition, part, name, here in inside:
            chosen = on_side & here & first
            away = own["distance_m"].to_numpy(dtype=np.float64)[chosen]
            if not len(away):
                continue
            quantiles = np.quantile(away, list(_QUANTILES.values()))
            visible = np.zeros(len(own), dtype=bool) if state is None else state == "visible"
            yield {
                "line": front.key,
                "side": side,
                "partition": partition,
                "part": part,
                "name": name,
                "settlements": len(away),
                **dict(zip(_QUANTILES, quantiles.tolist(), strict=True)),
                "below_accuracy": bool(away.min() < error_m),
                **{
                    one: pd.NA if state is None else int((state[chosen] == one).sum())
                    for one in STATES
                },
                "population": float(residents[on_side & here].sum()),
                "population_visible": (
                    np.nan if state is None else float(residents[on_side & here & visible].sum())
                ),
            }


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
