"""Roads, canals, pipelines: kilometres by side and zone, and where a line cuts them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely.ops

from frontline import schema
from frontline.geo.geodesy import GEOD, measure_length
from frontline.lines.front import take_point_figures
from frontline.schema import Table
from frontline.uncertainty.copies import FARTHEST_SIGMAS
from frontline.uncertainty.intervals import SIGMAS, UNSURE_FEW, Drawn, take_interval
from frontline.uncertainty.sampling import OUTSIDE, SamplePosition, find_position

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.analysis.context import Analysis
    from frontline.geo.projection import ProjectedPlane
    from frontline.inputs.layers import Layers
    from frontline.lines.front import DisplacedFront, FrontLine


KM = Table(
    "corridors",
    "Corridors",
    "Roads and other corridors: kilometres per side and zone.",
    (
        schema.ID,
        schema.NAME,
        schema.KIND_OF_CORRIDOR,
        schema.LINE,
        schema.SIDE,
        schema.number(
            "distance_m", "m", "Distance", "Outer edge of the zone; empty: the whole side."
        ),
        schema.number("km", "km", "Length", "Length of the corridor there, on the ellipsoid."),
        *schema.interval("km", "km", "Length"),
    ),
    lists=("corridors",),
    key=("id", "line", "side", "distance_m"),
    ordered=True,
    foreign=(schema.OF_LINE,),
    ranged=("km",),
    absent_is_none=True,
)
"""Columns of :func:`measure_corridors`."""

CORRIDOR_LAYER = Table(
    "corridors",
    "Corridors",
    "Roads and other corridors: kilometres per side and zone.",
    (
        *schema.PLACE,
        schema.KIND_OF_CORRIDOR,
        schema.number("length_km", "km", "Length", "Length on the ellipsoid."),
    ),
    lists=("corridors",),
    key=("id",),
)
"""The layer: one feature per corridor, whole."""

KIND_KM = Table(
    "corridor_kinds",
    "Corridors by kind",
    "Kilometres of all corridors of a kind together, by side and distance of each line.",
    (
        schema.KIND_OF_CORRIDOR,
        schema.LINE,
        schema.ON_SIDE,
        schema.DISTANCE,
        schema.number(
            "km", "km", "Length", "Of all corridors of the kind there, on the ellipsoid."
        ),
        *schema.interval("km", "km", "Length"),
    ),
    lists=(),
    key=("kind", "line", "side", "distance_m"),
    foreign=(schema.OF_LINE,),
    ranged=("km",),
    absent_is_none=True,
)
"""Columns of the table of kinds from :func:`measure_corridors_and_kinds`."""

CROSSINGS = Table(
    "crossings",
    "Crossings",
    "Where corridors cross a line, and at what angle.",
    (
        *schema.PLACE,
        schema.KIND_OF_CORRIDOR,
        schema.LINE,
        schema.number("angle_deg", "degrees", "Angle", "Between corridor and line, 0 to 90."),
        *schema.LON_LAT,
    ),
    lists=("corridors",),
    key=("line", "id", "lon", "lat"),
    ordered=True,
    foreign=(schema.OF_LINE,),
    further=(
        schema.text("from_side", "From side", "Side before the crossing, along the corridor."),
        schema.text("to_side", "To side", "Side after the crossing, along the corridor."),
        schema.number(
            "km_along", "km", "Distance along", "Along the corridor, from its first point."
        ),
    ),
)
"""The table of :func:`find_corridor_crossings`."""

_CROSSINGS = [name for name in CROSSINGS.all_names if name not in {"lon", "lat"}]
"""Columns of :func:`find_corridor_crossings`, beside ``geometry``, which holds the place."""

DISTANCE = ["id", "name", "kind", "line", "distance_m", "lon", "lat"]
"""Columns of :func:`measure_corridor_distances`."""

TOUCH_M = 1.0
"""A corridor nearer to a line than this touches it; what it does within is one contact."""

CHORD_M = 25.0
"""Directions at a crossing are taken over this length on either side of it."""

STEP_M = 100.0
"""Corridors are sampled this finely where displaced lines are held against them."""


def measure_corridors(
    layers: Layers,
    *,
    fronts: Sequence[FrontLine],
    zones: gpd.GeoDataFrame,
    draws: Mapping[str, Sequence[DisplacedFront]],
) -> pd.DataFrame:
    """Kilometres of each corridor on each side of each line, and in each zone.

    Parameters
    ----------
    layers
        For ``corridors``, ``study_area`` and ``plane``.
    fronts
        Dated lines with their sides.
    zones
        ``line, side, distance_m, kind, geometry`` in the plane; cumulative zones are used.
    draws
        Displaced lines, by the line's key.

    Returns
    -------
    One row per corridor, line, side and distance with the columns of :data:`KM`;
    ``distance_m`` is NaN for the whole side. What lies outside the study area, or on land of
    nobody, stands under an empty side, so that the rows with a NaN distance add up to the
    corridor's length. Sides and zones that a corridor does not enter have no row. ``km_low`` and
    ``km_high`` are NaN without draws.

    Notes
    -----
    Lengths are geodesic. Where a corridor runs exactly along a line, each of the two sides
    counts half of it.

    In the draws corridors are sampled every 100 m and held against the displaced sides and the
    distance to points along the displaced line, measured in the plane (true to 0.3 %
    for 1,000 km from its centre); the change that a draw makes is added to the exact
    kilometres.
    """
    shapes = layers.corridors.geometry.to_numpy()
    owners = [(np.arange(len(shapes)), layers.corridors[_NAMES])]
    (table,) = _measure(shapes, owners, layers, fronts, zones, draws)
    return table


def measure_corridors_and_kinds(
    layers: Layers,
    *,
    fronts: Sequence[FrontLine],
    zones: gpd.GeoDataFrame,
    draws: Mapping[str, Sequence[DisplacedFront]],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Kilometres of each corridor, and of all of a kind; parameters as for `measure_corridors`.

    Returns
    -------
    corridors
        As from :func:`measure_corridors`.
    kinds
        One row per kind, line, side and distance with the columns of :data:`KIND_KM`. The
        interval is that of the sum in each draw: corridors that a displaced line moves together
        do not add up to the sum of the ends of their own intervals.
    """
    shapes = layers.corridors.geometry.to_numpy()
    kind, names = pd.factorize(layers.corridors["kind"])
    kinds = pd.DataFrame({name: list(names) for name in _NAMES})
    owners = [(np.arange(len(shapes)), layers.corridors[_NAMES]), (kind, kinds)]
    by_corridor, by_kind = _measure(shapes, owners, layers, fronts, zones, draws)
    return by_corridor, by_kind[KIND_KM.names]


def measure_corridors_once(case: Analysis) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Kilometres of the corridors of a run, and of their kinds; measured when first needed."""
    return case.compute_once(
        ("corridors",),
        compute=lambda: measure_corridors_and_kinds(
            case.layers, fronts=case.fronts, zones=case.zones, draws=case.draws
        ),
    )


_NAMES = ["id", "name", "kind"]
_Owners = tuple["NDArray[np.int64]", pd.DataFrame]
"""The row of each corridor in a table of owners, and that table: `_NAMES` of each."""


def _measure(
    shapes: NDArray[np.object_],
    owners: Sequence[_Owners],
    layers: Layers,
    fronts: Sequence[FrontLine],
    zones: gpd.GeoDataFrame,
    draws: Mapping[str, Sequence[DisplacedFront]],
) -> tuple[pd.DataFrame, ...]:
    """Measure all corridors once and add them up by each way of owning them."""
    tables = [[pd.DataFrame(columns=KM.names)] for _ in owners]
    samples = _take_samples(shapes, layers.plane)
    segments, corridor = _split_corridors(shapes)
    for front in fronts:
        cumulative = zones[(zones["line"] == front.key) & (zones["kind"] == "cumulative")]
        keys = [(name, np.nan) for name in (*front.sides, "")]
        keys += [(zone.side, float(zone.distance_m)) for zone in cumulative.itertuples()]
        parts = list(_measure_exact_km(segments, front, cumulative, layers.plane))
        copies = draws.get(front.key, ())
        rows = [row for row, _ in owners]
        drawn = _measure_drawn_km(samples, rows, front, copies, keys, layers.plane)
        for (owner, named), moved, found in zip(owners, drawn, tables, strict=True):
            km = np.array([np.bincount(owner[corridor], part, len(named)) for part in parts])
            low, high = _find_intervals(km, moved, known=len(copies) > 0)
            row, key = np.nonzero((np.fmax(km, high) > 0.0).T)
            table = named.iloc[row].reset_index(drop=True)
            table = pd.DataFrame(table).assign(line=front.key, order=row)
            table["side"] = [keys[number][0] for number in key]
            table["distance_m"] = [keys[number][1] for number in key]
            table["km"], table["km_low"] = km[key, row], low[key, row]
            table["km_high"] = high[key, row]
            found.append(table)
    return tuple(_join_lines(found) for found in tables)


def _join_lines(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put the tables of all lines together, in the order of the corridors."""
    filled = [table for table in tables if len(table)] or tables[:1]
    table = pd.concat(filled, ignore_index=True)
    if len(table):
        table = table.sort_values("order", kind="stable", ignore_index=True)
    return table[KM.names]


def _split_corridors(
    corridors: NDArray[np.object_],
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Segments as lines, and the corridor of each: a road that doubles back counts twice."""
    parts, owner = shapely.get_parts(corridors, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    head = np.flatnonzero(np.diff(part) == 0)
    return shapely.linestrings(np.stack([xy[head], xy[head + 1]], axis=1)), owner[part[head]]


def _measure_exact_km(
    segments: NDArray[np.object_], front: FrontLine, zones: gpd.GeoDataFrame, plane: ProjectedPlane
) -> Iterator[NDArray[np.float64]]:
    """Kilometres of each segment: on each side, outside all, and in each zone."""
    sides = list(front.sides.values())
    for land in sides:
        yield _measure_fair_km(segments, land, sides, plane)
    covered = shapely.union_all(sides)
    shapely.prepare(covered)
    outside = ~shapely.covers(covered, segments)
    km = np.zeros(len(segments))
    km[outside] = (
        measure_length(shapely.difference(segments[outside], covered), plane=plane) / 1000.0
    )
    yield km
    for zone in zones.itertuples():
        others = list(zones.geometry[zones["distance_m"] == zone.distance_m])
        yield _measure_fair_km(segments, zone.geometry, others, plane)


def _measure_fair_km(
    segments: NDArray[np.object_],
    land: shapely.Geometry,
    among: Sequence[shapely.Geometry],
    plane: ProjectedPlane,
) -> NDArray[np.float64]:
    """Kilometres on one of several adjoining lands; a shared border counts half for each."""
    shapely.prepare(land)
    hit = np.flatnonzero(shapely.intersects(land, segments))
    inside = segments[hit]
    # Most segments lie inside altogether: only the others need cutting.
    cut = ~shapely.covers(land, inside)
    inside[cut] = shapely.intersection(inside[cut], land)
    km = np.zeros(len(segments))
    km[hit] = measure_length(inside, plane=plane) / 1000.0
    for other in among:
        if other is not land:
            shapely.prepare(other)
            both = shapely.intersects(other, inside)
            shared = shapely.intersection(inside[both], other)
            km[hit[both]] -= measure_length(shared, plane=plane) / 2000.0
    return km


_DrawnKm = tuple["NDArray[np.int64]", Drawn]
"""Rows of a table of owners that may change, and their kilometres in each copy."""


def _find_intervals(
    km: NDArray[np.float64], drawn: _DrawnKm | None, *, known: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """2.5 and 97.5 % points, each of the shape of `km`: by side and distance, and owner."""
    if not known:
        return np.full(km.shape, np.nan), np.full(km.shape, np.nan)
    low, high = km.copy(), km.copy()
    if drawn is None:
        return low, high
    rows, lengths = drawn
    for place, at in np.argwhere((lengths.copies != lengths.base).any(axis=0)):
        low[place, rows[at]], high[place, rows[at]] = take_interval(
            float(km[place, rows[at]]), drawn=lengths.at(place, at), least=0.0
        )
    return low, high


def _list_parts(geometry: shapely.Geometry) -> list[shapely.Geometry]:
    """Single parts of a geometry, out of collections and multi-geometries alike."""
    return list(shapely.get_parts(shapely.get_parts(geometry)))


@dataclass(frozen=True)
class _Samples:
    """Short pieces of all corridors: middles, kilometres, row of the corridor; shape ``(n,)``."""

    points: NDArray[np.object_]
    km: NDArray[np.float64]
    row: NDArray[np.int64]


def _take_samples(corridors: NDArray[np.object_], plane: ProjectedPlane) -> _Samples:
    parts, owner = shapely.get_parts(corridors, return_index=True)
    xy, line = shapely.get_coordinates(shapely.segmentize(parts, STEP_M), return_index=True)
    head = np.flatnonzero(np.diff(line) == 0)
    return _Samples(
        points=shapely.points((xy[head] + xy[head + 1]) / 2.0),
        km=plane.ground_m(xy[head], xy[head + 1]) / 1000.0,
        row=owner[line[head]],
    )


def _measure_drawn_km(
    samples: _Samples,
    owners: Sequence[NDArray[np.int64]],
    front: FrontLine,
    draws: Sequence[DisplacedFront],
    keys: Sequence[tuple[str, float]],
    plane: ProjectedPlane,
) -> list[_DrawnKm | None]:
    """Kilometres by side and distance in each copy, for each way of owning the corridors.

    None without copies, or where nothing lies so near to an edge that it may change.
    """
    if not len(draws):
        return [None for _ in owners]
    edges = np.array([0.0, *(distance_m for _, distance_m in keys if not np.isnan(distance_m))])
    margin_m = STEP_M + FARTHEST_SIGMAS / SIGMAS * float(front.error_m.max())
    # The plane distorts distances by less than 2 %: nothing farther can be near an edge.
    shapely.prepare(front.geometry)
    reach_m = 1.02 * (float(edges.max()) + margin_m)
    near = np.flatnonzero(shapely.dwithin(front.geometry, samples.points, reach_m))
    names = list(front.sides)
    nominal = find_position(
        samples.points[near], line=front.geometry, sides=front.sides, plane=plane, names=names
    )
    doubtful = np.abs(nominal.distance_m[:, None] - edges).min(axis=1) <= margin_m
    near = near[doubtful]
    km, xy = samples.km[near], shapely.get_coordinates(samples.points[near])
    changing = [np.unique(owner[samples.row[near]], return_inverse=True) for owner in owners]
    number = {name: at for at, name in enumerate(names)} | {"": OUTSIDE}

    def kilometres(copy: SamplePosition) -> NDArray[np.float64]:
        lengths = np.zeros((len(keys), sum(len(rows) for rows, _ in changing)))
        for place, (name, distance_m) in enumerate(keys):
            inside = copy.side == number[name]
            if not np.isnan(distance_m):
                inside &= copy.distance_m <= distance_m
            sums = [np.bincount(row[inside], km[inside], len(rows)) for rows, row in changing]
            lengths[place] = np.concatenate(sums)
        return lengths

    drawn = take_point_figures(
        front,
        draws=draws,
        xy=xy,
        here=nominal.part(doubtful),
        figure=kilometres,
        plane=plane,
        counted=False,
    )
    assert drawn is not None
    drawn = replace(drawn, unsure=UNSURE_FEW)
    ends = np.cumsum([len(rows) for rows, _ in changing])
    return [
        (rows, drawn.at(slice(None), slice(stop - len(rows), stop)))
        for (rows, _), stop in zip(changing, ends, strict=True)
    ]


def find_corridor_crossings(layers: Layers, *, fronts: Sequence[FrontLine]) -> gpd.GeoDataFrame:
    """Points where a corridor passes from one side of a line to the other.

    Parameters
    ----------
    layers
        For ``corridors`` and ``plane``.
    fronts
        Dated lines with their sides.

    Returns
    -------
    One point per crossing, in the plane, with the columns of :data:`CROSSINGS`: ``angle_deg``
    between corridor and line, 0 to 90; the sides before and after, in the drawing direction of
    the corridor; kilometres along it (its parts in turn, in the plane).

    Notes
    -----
    A contact is a stretch of corridor within a metre of the line. It is a crossing if the
    corridor comes from one side and leaves to another: a corridor that touches the line and
    turns back, begins on it, or crosses only the edge of the study area does not cross. One
    that runs along the line for a while and then leaves it on the other side crosses once, in
    the middle of the contact.
    """
    rows = []
    shapes = layers.corridors.geometry.to_numpy()
    for front in fronts:
        shapely.prepare(front.geometry)
        for number in np.flatnonzero(shapely.dwithin(front.geometry, shapes, TOUCH_M)):
            corridor = layers.corridors.iloc[number]
            named = {name: corridor[name] for name in ("id", "name", "name_alt", "kind")}
            start = 0.0
            for part in _list_parts(corridor.geometry):
                for crossing in _find_crossings(part, front, layers.plane):
                    crossing["km_along"] = (start + crossing["km_along"]) / 1000.0
                    rows.append(named | {"line": front.key} | crossing)
                start += part.length
    table = pd.DataFrame(rows, columns=[*_CROSSINGS, "geometry"])
    return gpd.GeoDataFrame(table, geometry="geometry", crs=layers.plane.crs)


def _find_crossings(
    part: shapely.LineString, front: FrontLine, plane: ProjectedPlane
) -> Iterator[dict[str, Any]]:
    contacts = _find_contacts(part, front.geometry) if part.length > 0.0 else []
    edges = [0.0, *itertools.chain.from_iterable(contacts), part.length]
    for number, (enter, leave) in enumerate(contacts):
        if enter <= edges[2 * number] or leave >= edges[2 * number + 3]:
            continue
        # Just outside the contact, but not beyond the middle of the way to the next one.
        before = enter - min(TOUCH_M, (enter - edges[2 * number]) / 2)
        after = leave + min(TOUCH_M, (edges[2 * number + 3] - leave) / 2)
        sides = [_find_side(part, at, front) for at in (before, after)]
        if "" in sides or sides[0] == sides[1]:
            continue
        point = _find_meeting_point(part, enter, leave, front.geometry)
        yield {
            "angle_deg": _measure_angle_deg(
                part, (enter + leave) / 2, point, front.geometry, plane
            ),
            "from_side": sides[0],
            "to_side": sides[1],
            "km_along": (enter + leave) / 2,
            "geometry": point,
        }


def _split_segments(line: shapely.LineString) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Segments ``(n, 2, 2)`` of a line and the distance along it at which each begins ``(n,)``."""
    xy = shapely.get_coordinates(line)
    pieces = np.stack([xy[:-1], xy[1:]], axis=1)
    lengths = np.hypot(*(pieces[:, 1] - pieces[:, 0]).T)
    keep = lengths > 0.0
    along = np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    return pieces[keep], along[keep]


def _find_contacts(part: shapely.LineString, line: shapely.Geometry) -> list[tuple[float, float]]:
    """Stretches of a corridor within a metre of the line, as distances along the corridor."""
    pieces, along = _split_segments(part)
    segments = shapely.linestrings(pieces)
    shapely.prepare(line)
    near = np.flatnonzero(shapely.dwithin(line, segments, TOUCH_M))
    stretches = []
    for index in near:
        window = shapely.box(*shapely.bounds(shapely.buffer(segments[index], 3 * TOUCH_M)))
        rim = shapely.buffer(shapely.intersection(line, window), TOUCH_M)
        for piece in _list_parts(shapely.intersection(segments[index], rim)):
            steps = np.hypot(*(shapely.get_coordinates(piece) - pieces[index, 0]).T)
            if len(steps):
                stretches.append((along[index] + steps.min(), along[index] + steps.max()))
    merged: list[tuple[float, float]] = []
    for enter, leave in sorted(stretches):
        if merged and enter <= merged[-1][1] + 1e-6:
            merged[-1] = (merged[-1][0], max(merged[-1][1], leave))
        else:
            merged.append((enter, leave))
    return merged


def _find_side(part: shapely.LineString, at: float, front: FrontLine) -> str:
    point = shapely.line_interpolate_point(part, at)
    names = [name for name, land in front.sides.items() if shapely.intersects(land, point)]
    return names[0] if len(names) == 1 else ""


def _find_meeting_point(
    part: shapely.LineString, enter: float, leave: float, line: shapely.Geometry
) -> shapely.Point:
    """Return the one point in which a contact meets the line, or else the contact's middle."""
    contact = shapely.ops.substring(part, enter, leave)
    points = _list_parts(shapely.intersection(contact, line))
    if len(points) == 1 and isinstance(points[0], shapely.Point):
        return points[0]
    return shapely.line_interpolate_point(part, (enter + leave) / 2)


def _measure_angle_deg(
    part: shapely.LineString,
    at: float,
    point: shapely.Point,
    line: shapely.Geometry,
    plane: ProjectedPlane,
) -> float:
    """Angle between two lines that meet, from azimuths on the ellipsoid, 0 to 90 degrees."""
    whole = shapely.line_merge(line)
    nearest = min(_list_parts(whole), key=lambda piece: shapely.distance(piece, point))
    azimuths = [
        _find_azimuth_deg(part, at, plane),
        _find_azimuth_deg(nearest, shapely.line_locate_point(nearest, point), plane),
    ]
    angle = abs(azimuths[0] - azimuths[1]) % 180.0
    return min(angle, 180.0 - angle)


def _find_azimuth_deg(line: shapely.LineString, at: float, plane: ProjectedPlane) -> float:
    ends = [max(at - CHORD_M, 0.0), min(at + CHORD_M, line.length)]
    chord = shapely.line_interpolate_point(line, np.array(ends))
    (lon, lat), (lon2, lat2) = plane.lonlat(shapely.get_coordinates(chord))
    return float(GEOD.inv(lon, lat, lon2, lat2)[0])


def measure_corridor_distances(layers: Layers, *, fronts: Sequence[FrontLine]) -> pd.DataFrame:
    """Smallest distance of each corridor from each line.

    Parameters
    ----------
    layers
        For ``corridors`` and ``plane``.
    fronts
        Dated lines.

    Returns
    -------
    One row per corridor and line with the columns of :data:`DISTANCE`: geodesic metres, 0 where
    they meet, and the corridor's nearest point in degrees.

    Notes
    -----
    The plane says which stretches of the corridor can be nearest; each of these is held
    against the line in an azimuthal projection of its own.
    """
    rows = []
    for _, corridor in layers.corridors.iterrows():
        for front in fronts:
            distance_m, lon, lat = _find_nearest(corridor.geometry, front.geometry, layers.plane)
            named = {name: corridor[name] for name in ("id", "name", "kind")}
            rows.append(
                named | {"line": front.key, "distance_m": distance_m, "lon": lon, "lat": lat}
            )
    return pd.DataFrame(rows, columns=DISTANCE)


def _find_nearest(
    corridor: shapely.Geometry, line: shapely.Geometry, plane: ProjectedPlane
) -> tuple[float, float, float]:
    """Geodesic distance in metres and the corridor's nearest point in degrees."""
    planar_m = shapely.distance(corridor, line)
    if planar_m == 0.0:
        common = shapely.get_coordinates(shapely.intersection(corridor, line))[:1]
        lon, lat = plane.lonlat(common)[0]
        return 0.0, float(lon), float(lat)
    # The plane distorts distances by less than 2 %: nothing farther can be the nearest.
    reach_m = 1.02 * planar_m + TOUCH_M
    parts = _list_parts(shapely.segmentize(corridor, 10_000.0))
    pieces = shapely.linestrings(np.concatenate([_split_segments(part)[0] for part in parts]))
    shapely.prepare(line)
    candidates = []
    for piece in pieces[shapely.dwithin(line, pieces, reach_m)]:
        window = shapely.box(*shapely.bounds(shapely.buffer(piece, 1.02 * reach_m)))
        candidates.append(_find_nearest_locally(piece, shapely.intersection(line, window), plane))
    return min(candidates)


def _find_nearest_locally(
    piece: shapely.LineString, line: shapely.Geometry, plane: ProjectedPlane
) -> tuple[float, float, float]:
    """Do as `_find_nearest` for a short piece of a corridor, in a plane of its own."""
    lon_0, lat_0 = plane.lonlat(shapely.get_coordinates(piece))[0]
    local_crs = pyproj.CRS.from_proj4(f"+proj=aeqd +lon_0={lon_0} +lat_0={lat_0} +ellps=WGS84")
    transformer = pyproj.Transformer.from_crs(plane.crs, local_crs, always_xy=True)
    pair = np.array([piece, line], dtype=object)
    local = shapely.transform(pair, transformer.transform, interleaved=False)
    ends = shapely.get_coordinates(shapely.shortest_line(local[0], local[1]))
    back = transformer.transform(ends[:, 0], ends[:, 1], direction="INVERSE")
    (lon, lat), (lon2, lat2) = plane.lonlat(np.column_stack(back))
    return float(GEOD.inv(lon, lat, lon2, lat2)[2]), float(lon), float(lat)
