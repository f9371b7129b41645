"""Settlements against lines: side and how sure it is, distance, zone, and what lies nearest."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from frontline import schema
from frontline._typing import Floats, Geometries
from frontline.analysis.partitions import cross_lands
from frontline.geo.geodesy import NearestPlaces, find_nearest
from frontline.geo.projection import ProjectedPlane
from frontline.inputs.partitions import DISTRICTS, PartitionPart, list_parts
from frontline.lines.front import make_error_band
from frontline.population.figures import count_years_before, pick_figures, read_texts, to_numbers
from frontline.population.on_land import (
    count_residents,
    find_main_land,
    find_shares,
    pick_residents,
)
from frontline.population.validity import open_splitting_grid
from frontline.schema import Table
from frontline.visibility.targets import STATES

if TYPE_CHECKING:
    from frontline.analysis.context import Analysis
    from frontline.inputs.layers import Layers
    from frontline.lines.front import FrontLine
    from frontline.project.models import Project


_FAR = "Distance of settlements from the line"

NEARNESS = Table(
    "nearness",
    "Distance by side and district",
    "How far settlements lie from the line in force, and how many are in sight of it.",
    (
        schema.LINE,
        schema.text("side", "Side", "Name of the side under that line."),
        schema.text(
            "partition", "Partition", "Key of the partition, or districts; empty: all land."
        ),
        schema.text("part", "Part", "Code or name of the part."),
        schema.text("name", "Name", "Name of the part."),
        schema.integer("settlements", "places", "Settlements", "Settlements listed there."),
        schema.number("nearest_m", "m", "Nearest", f"{_FAR}: the smallest."),
        schema.number("p25_m", "m", "A quarter", f"{_FAR}: a quarter lies within it."),
        schema.number("median_m", "m", "Half", f"{_FAR}: half lies within it."),
        schema.number("p75_m", "m", "Three quarters", f"{_FAR}: three quarters lie within it."),
        schema.number("farthest_m", "m", "Farthest", f"{_FAR}: the largest."),
        schema.boolean(
            "below_accuracy",
            "Below accuracy",
            "The nearest lies nearer than the error of the line.",
        ),
        schema.integer("visible", "places", "In sight", "Of them in sight of the line."),
        schema.integer("hidden", "places", "Hidden", "Of them within range and not in sight."),
        schema.integer("unknown", "places", "Undecided", "Of them undecided."),
        schema.integer("out_of_range", "places", "Out of range", "Of them farther than is looked."),
        schema.number(
            "population",
            "people",
            "People",
            "Residents on that land at the line's date; empty where places lie there and none has "
            "a figure.",
        ),
        schema.number(
            "population_visible", "people", "People in sight", "Residents of those in sight."
        ),
    ),
    lists=("settlements", "partitions", "districts"),
    key=("line", "side", "partition", "part"),
    foreign=(schema.OF_LINE,),
    ranged=(
        "settlements",
        "nearest_m",
        "median_m",
        "population",
    ),
)
"""Columns of :func:`summarise_distances`."""

_QUANTILES = {"nearest_m": 0.0, "p25_m": 0.25, "median_m": 0.5, "p75_m": 0.75, "farthest_m": 1.0}


def summarise_distances(case: Analysis) -> pd.DataFrame:
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
    parts = [PartitionPart("", "", "", case.layers.study_area)]
    for key in (*case.layers.partitions, *([DISTRICTS] if len(case.layers.districts) else ())):
        parts += [part for part in list_parts(case.layers, partition=key) if part.part]
    rows = []
    for front in sorted(case.fronts, key=lambda front: front.date):
        rows += list(_summarise_line(case, front, parts))
    table = pd.DataFrame(rows, columns=NEARNESS.names)
    return table.astype(dict.fromkeys(("settlements", *STATES), "Int64"))


def _summarise_line(
    case: Analysis, front: FrontLine, parts: Sequence[PartitionPart]
) -> Iterator[dict[str, Any]]:
    against = case.places[case.places["line"] == front.key].reset_index(drop=True)
    distance_m = against["distance_m"].to_numpy(dtype=np.float64)
    dwellers = pick_residents(case.layers.settlements, date=front.date)
    seen = case.exposure.settlements
    known = seen[seen["line"] == front.key] if len(seen) else seen
    state = known["in_sight"].to_numpy() if len(known) else None
    error_m = float(front.error_m.max(initial=0.0))
    cut = cross_lands(np.array([part.land for part in parts], dtype=object), sides=front.sides)
    with open_splitting_grid(
        case.project, settlements=case.layers.settlements, date=front.date
    ) as grid:
        shares = [
            find_shares(dwellers, lands=lands, grid=grid, crs=case.layers.plane.crs)
            for lands in cut
        ]
    for number, side in enumerate(front.sides):
        for part, share in zip(parts, shares, strict=True):
            most, inside = find_main_land(share)
            chosen = inside & (most == number) & dwellers.listed
            away = distance_m[chosen]
            if not (share[:, number] > 0).any():
                continue
            levels = list(_QUANTILES.values())
            quantiles = np.quantile(away, levels) if len(away) else np.full(len(levels), math.nan)
            visible = math.nan
            if state is not None:
                in_sight = share * (state == "visible")[:, np.newaxis]
                visible = float(count_residents(dwellers, share=in_sight).residents[number])
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
                "population": float(count_residents(dwellers, share=share).residents[number]),
                "population_visible": visible,
            }


PER_PLACE = (
    *schema.PLACE,
    *schema.LON_LAT,
    schema.PEOPLE_STATED,
    schema.text(
        "population_kind", "Kind of figure", "residents, registered or displaced; never added."
    ),
    schema.text(
        "population_date", "Date of figure", "Year, month or day that the figure describes."
    ),
    schema.SOURCE_OF_FIGURE,
)
"""The columns of a settlement that do not depend on a line."""

PER_LINE = (
    schema.SIDE,
    schema.boolean(
        "side_certain",
        "Side is certain",
        "False where the place is nearer to the line than the line's error.",
    ),
    schema.number(
        "distance_m", "m", "Distance to the line", "Along the ellipsoid, to its nearest point."
    ),
    schema.number(
        "azimuth_deg",
        "degrees",
        "Direction to the line",
        "From the place to the nearest point, clockwise from north.",
    ),
    schema.number(
        "nearest_lon", "degrees", "Nearest point, longitude", "Where the line is nearest."
    ),
    schema.number(
        "nearest_lat", "degrees", "Nearest point, latitude", "Where the line is nearest."
    ),
    schema.number(
        "zone_m", "m", "Zone", "Smallest distance of the project that contains the place."
    ),
    schema.boolean(
        "crossed",
        "Cut by the line",
        "Whether the line runs through the place; empty for a point, whose extent is unknown.",
    ),
    schema.number(
        "share_own_side", "", "Share on its side", "Share of the place's area on its side (0 to 1)."
    ),
    schema.number(
        "contested_share",
        "",
        "Contested share",
        "Share of the place's area within the error of the line (0 to 1).",
    ),
    schema.text(
        "in_sight",
        "In sight of the line",
        "visible, hidden, unknown (heights are missing) or out_of_range.",
    ),
    schema.integer(
        "posts_in_sight", "posts", "Posts in sight", "Points of the line that see the place."
    ),
    schema.integer(
        "posts_within_radius", "posts", "Posts within radius", "Points of the line in sight range."
    ),
    schema.number("line_in_sight_km", "km", "Line in sight", "Length of line that sees the place."),
    schema.number(
        "line_within_radius_km", "km", "Line within radius", "Length of line in sight range."
    ),
    schema.boolean(
        "holds",
        "Figure holds",
        "Whether the figure counts at the date of the line; empty without a figure.",
    ),
    schema.integer(
        "population_at_line",
        "people",
        "People at the line's date",
        "The figure where it holds at the date of the line, of the kind in population_kind; empty: "
        "unknown then.",
    ),
)
"""The columns of a settlement that stand once per line."""

PER_LINE_FURTHER = (
    schema.text(
        "side_alternatives",
        "Side by other sources",
        "Sides on which alternatives of the line put the place, where they differ from side.",
    ),
    schema.number(
        "figure_age_years",
        "years",
        "Age of the figure",
        "Years by which the figure is older than the line; below 0: younger; empty: undated.",
    ),
    schema.boolean(
        "outdated",
        "Outdated",
        "Whether it is older than people.outdated_years of the project says; empty: undated.",
    ),
    schema.boolean(
        "sight_certain",
        "Sight is certain",
        "False where the elevation's accuracy leaves it open; empty where that is not known.",
    ),
    schema.number(
        "sight_probability",
        "",
        "Probability of sight",
        "Share of drawn terrains with the place in sight (0 to 1), by the elevation's error.",
    ),
    schema.number(
        "sight_probability_low", "", "Probability of sight, low", "By the number of draws, 95 %."
    ),
    schema.number(
        "sight_probability_high", "", "Probability of sight, high", "By the number of draws, 95 %."
    ),
    schema.number(
        "sight_position_share",
        "",
        "Sight by position",
        "Share of displaced lines with the place in sight (0 to 1), by the line's error.",
    ),
    schema.integer("posts_undecided", "posts", "Posts undecided", "Posts whose view is unknown."),
    schema.number(
        "line_undecided_km", "km", "Line undecided", "Length of line whose view is unknown."
    ),
    schema.number(
        "nearest_seen_m", "m", "Nearest post in sight", "Distance of the nearest post seeing."
    ),
    schema.number(
        "clearance_min_m",
        "m",
        "Least clearance",
        "Least height of a ray from the posts above ground and trees; below 0: blocked by so much.",
    ),
    schema.number(
        "clearance_max_m",
        "m",
        "Greatest clearance",
        "Greatest height of a ray from the posts above ground and trees; below 0: all blocked.",
    ),
)
"""What the method of sight says of a settlement beside the contract's columns, once per line."""

SETTLEMENTS = Table(
    "settlements",
    "Settlements",
    "Each settlement against each line: side, distance, sight.",
    (*PER_PLACE, schema.LINE, *PER_LINE),
    lists=("settlements",),
    key=("id", "line"),
    ordered=True,
    foreign=(schema.OF_LINE,),
    ranged=("distance_m",),
    further=(
        *PER_LINE_FURTHER,
        schema.boolean(
            "below_accuracy",
            "Below accuracy",
            "True where the figure is smaller than the error of the lines can tell from nothing.",
        ),
        schema.boolean("undated", "Undated", "True where a figure without a date is used."),
        schema.text("name_other", "Further names", "Other spellings, separated by semicolons."),
        schema.text(
            "population_from", "Figure holds from", "First date that the figure holds for."
        ),
        schema.text(
            "population_until", "Figure holds until", "Last date that the figure holds for."
        ),
    ),
)

SETTLEMENT_LAYER = replace(SETTLEMENTS, columns=PER_PLACE, key=("id",), foreign=(), ranged=())
"""The layer: one feature per settlement, with further columns for each line."""

SETTLEMENT_AREAS = Table(
    "settlement_areas",
    "Built-up areas",
    "The settlements that the input gives as polygons.",
    schema.PLACE,
    lists=("settlements",),
    key=("id",),
)

AGAINST = [
    "line",
    *schema.list_names(PER_LINE[:10]),
    *("holds", "population_at_line", "figure_age_years", "outdated"),
]
"""What `locate_settlements` adds to the columns of the settlements, beside ``lon`` and ``lat``."""


_ON_LINE_M = 1e-3


@dataclass(frozen=True)
class _Shares:
    side: NDArray[Any]
    crossed: pd.arrays.BooleanArray
    own: Floats
    contested: Floats


def locate_settlements(
    project: Project, *, layers: Layers, fronts: Sequence[FrontLine]
) -> gpd.GeoDataFrame:
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
    lonlat = layers.plane.lonlat(np.column_stack([shapely.get_x(inside), shapely.get_y(inside)]))
    base = settlements.drop(columns=[name for name in ("lon", "lat") if name in settlements])
    lonlat = np.round(lonlat, 7)  # a centimetre: through the plane and back costs a millimetre
    base = base.assign(lon=lonlat[:, 0], lat=lonlat[:, 1])
    tables = [
        base.assign(
            **_relate_to_line(shapes, front, project.zones.distances_m, layers.plane),
            **_find_valid_people(settlements, front.date, project.people.outdated_years),
        )
        for front in fronts
    ]
    if not tables:
        return gpd.GeoDataFrame(base.iloc[:0].assign(**dict.fromkeys(AGAINST)), crs=settlements.crs)
    return gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), crs=settlements.crs)


def _relate_to_line(
    shapes: Geometries, front: FrontLine, distances_m: Sequence[float], plane: ProjectedPlane
) -> dict[str, Any]:
    near = _find_nearest_points(shapes, front, plane)
    certain = np.zeros(len(shapes), dtype=bool)
    known = near.segment >= 0
    certain[known] = near.distance_m[known] >= front.error_m[near.segment[known]]
    certain[known] &= near.distance_m[known] > _ON_LINE_M
    shares = _find_shares(shapes, front, certain, plane)
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


def _find_valid_people(
    settlements: gpd.GeoDataFrame, date: dt.date, outdated_years: float
) -> dict[str, Any]:
    """Say which figures hold at a date, so that no sum contains one that does not."""
    figures = pick_figures(settlements, date=date)
    stated = to_numbers(settlements, column="population")
    count = np.full(len(settlements), np.nan)
    for people in figures.people.values():
        count = np.where(np.isfinite(people), people, count)
    age = np.array(
        [
            count_years_before(str(text), date=date) if text else math.nan
            for text in read_texts(settlements, column="population_date")
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


def _find_nearest_points(
    shapes: Geometries, front: FrontLine, plane: ProjectedPlane
) -> NearestPlaces:
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
    tried = find_nearest(front.segments, points=xy, plane=plane)
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
    return NearestPlaces(blank[0], blank[1], blank[2], blank[3], segment)


def _find_shares(
    shapes: Geometries, front: FrontLine, certain: NDArray[np.bool_], plane: ProjectedPlane
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
        band = make_error_band(front, plane=plane)
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
