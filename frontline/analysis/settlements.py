"""Settlements against lines: side and how sure it is, distance, zone, and what lies nearest."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from frontline._typing import Floats, Geometries
from frontline.analysis.partitions import crossed
from frontline.geo.geodesy import Nearest, nearest_on
from frontline.geo.projection import Frame
from frontline.inputs.partitions import DISTRICTS, Part, parts_of
from frontline.lines.front import error_band
from frontline.population.figures import headcounts_at, numbers, texts, years_before
from frontline.population.on_land import count, dwellers_at, most_of_each, shares_on
from frontline.population.validity import open_splitting_grid
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
    One row per line, side and part with land of settlements, the lines by date, with the columns
    of :data:`NEARNESS`. Rows with an empty ``partition`` hold the whole side. A settlement that
    several rows of the input tell of counts once. ``below_accuracy`` is true where the nearest
    lies nearer to the line than its error. Counts by sight are empty where sight is not computed;
    ``population`` holds the residents known at the line's date on that land, as partitions.csv
    does: a place given as a polygon is split, and counts itself where most of it lies. It is NaN
    where places lie there and none has a figure.

    Notes
    -----
    The distance is that to the line in force, of whoever was on the side then: a place that
    changed hands stands under another side before and after.
    """
    parts = [Part("", "", "", case.layers.study_area)]
    for key in (*case.layers.partitions, *([DISTRICTS] if len(case.layers.districts) else ())):
        parts += [part for part in parts_of(case.layers, key) if part.part]
    rows = []
    for front in sorted(case.fronts, key=lambda front: front.date):
        rows += list(_nearness_of_line(case, front, parts))
    found = pd.DataFrame(rows, columns=NEARNESS)
    return found.astype(dict.fromkeys(("settlements", *STATES), "Int64"))


def _nearness_of_line(
    case: Case, front: FrontLine, parts: Sequence[Part]
) -> Iterator[dict[str, Any]]:
    against = case.places[case.places["line"] == front.key].reset_index(drop=True)
    distance_m = against["distance_m"].to_numpy(dtype=np.float64)
    dwellers = dwellers_at(case.layers.settlements, front.date)
    seen = case.exposure.settlements
    known = seen[seen["line"] == front.key] if len(seen) else seen
    state = known["in_sight"].to_numpy() if len(known) else None
    error_m = float(front.error_m.max(initial=0.0))
    cut = crossed(np.array([part.land for part in parts], dtype=object), front.sides)
    with open_splitting_grid(case.project, case.layers.settlements, date=front.date) as grid:
        shares = [shares_on(dwellers, lands, grid=grid, crs=case.layers.frame.crs) for lands in cut]
    for number, side in enumerate(front.sides):
        for part, share in zip(parts, shares, strict=True):
            most, inside = most_of_each(share)
            chosen = inside & (most == number) & dwellers.listed
            away = distance_m[chosen]
            if not (share[:, number] > 0).any():
                continue
            asked = list(_QUANTILES.values())
            quantiles = np.quantile(away, asked) if len(away) else np.full(len(asked), math.nan)
            visible = math.nan
            if state is not None:
                in_sight = share * (state == "visible")[:, np.newaxis]
                visible = float(count(dwellers, in_sight).residents[number])
            yield {
                "line": front.key,
                "side": side,
                "partition": part.partition,
                "part": part.part,
                "name": part.name,
                "settlements": len(away),
                **dict(zip(_QUANTILES, quantiles.tolist(), strict=True)),
                "below_accuracy": bool(away.min() < error_m) if len(away) else pd.NA,
                **{
                    word: pd.NA if state is None else int((state[chosen] == word).sum())
                    for word in STATES
                },
                "population": float(count(dwellers, share).residents[number]),
                "population_visible": visible,
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
    "holds",
    "population_at_line",
    "figure_age_years",
    "outdated",
]
"""What `places` adds to the columns of the settlements, beside ``lon`` and ``lat``."""


_ON_LINE_M = 1e-3


@dataclass(frozen=True)
class _Shares:
    side: NDArray[Any]
    crossed: pd.arrays.BooleanArray
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
    - ``crossed``: the line divides the polygon; NA for a point, whose extent nobody knows.
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
        base.assign(
            **_against(shapes, front, project.zones.distances_m, layers.frame),
            **_people_at(settlements, front.date, project.people.outdated_years),
        )
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


def _people_at(
    settlements: gpd.GeoDataFrame, date: dt.date, outdated_years: float
) -> dict[str, Any]:
    """Say which figures hold at a date, so that no sum contains one that does not."""
    figures = headcounts_at(settlements, date)
    stated = numbers(settlements, "population")
    count = np.full(len(settlements), np.nan)
    for people in figures.people.values():
        count = np.where(np.isfinite(people), people, count)
    age = np.array(
        [
            years_before(str(text), date) if text else math.nan
            for text in texts(settlements, "population_date")
        ],
        dtype=np.float64,
    )
    age[~np.isfinite(stated)] = np.nan
    undated = ~np.isfinite(age)
    return {
        "holds": pd.arrays.BooleanArray(np.isfinite(count), ~np.isfinite(stated)),
        "population_at_line": pd.array(count, dtype="Float64").astype("Int64"),
        "figure_age_years": age,
        "outdated": pd.arrays.BooleanArray(np.nan_to_num(age) > outdated_years, undated),
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
        crossed=pd.arrays.BooleanArray(crossed, ~areas),
        own=np.where(on_side, held, np.nan),
        contested=contested,
    )
