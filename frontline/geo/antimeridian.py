"""Cut geometries where the longitude jumps, so that longitude and latitude can hold them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from frontline._typing import Coords, Geometries, Index
from frontline.geo.densify import Forward

_STEP_DEG = 0.02
_AT_POLE_DEG = 90.0 - 1e-5
_AT_MERIDIAN_DEG = 180.0 - 1e-7
_HALVINGS = 45
"""Halvings of an edge of 10 km to a tenth of a nanometre."""


def cut_at_antimeridian(
    geometries: Geometries, *, to_lonlat: Forward, to_plane: Forward
) -> Geometries:
    """Cut plane geometries along the meridian of 180 degrees, and polygons at a pole.

    Parameters
    ----------
    geometries
        Geometries in a plane, shape ``(n,)``; their edges are short.
    to_lonlat, to_plane
        Project ``(m, 2)`` coordinates of the plane into degrees, and back.

    Returns
    -------
    ndarray
        The same geometries; those that cross are multi-part, and no part crosses.

    Notes
    -----
    An edge that does not pass a pole crosses the meridian exactly if its longitudes differ by
    more than half a turn; a polygon that holds a pole winds round it, so its ring has such an
    edge. A polygon that holds a pole is cut along the meridian of 0 degrees as well: its parts
    then have the pole as a vertex. Lines are cut edge by edge: every vertex stays, in its order,
    however often a line crosses itself or retraces its way.
    """
    result = np.array(geometries, dtype=object)
    areas = shapely.get_dimensions(result) == 2
    for row in np.flatnonzero(_find_jumps(result, to_lonlat)):
        if areas[row]:
            result[row] = _cut_area(result[row], to_lonlat, to_plane)
        else:
            pieces = [
                piece
                for part in shapely.get_parts(result[row])
                for piece in _cut_line(shapely.get_coordinates(part), to_lonlat)
            ]
            result[row] = shapely.multilinestrings([shapely.linestrings(xy) for xy in pieces])
    return result


def offset_degrees(stop: Coords, start: Coords) -> Coords:
    """Offsets ``(n, 2)`` from start to stop, the short way round, in degrees of latitude."""
    step = stop - start
    step[:, 0] = (step[:, 0] + 180.0) % 360.0 - 180.0
    step[:, 0] *= np.cos(np.radians((start[:, 1] + stop[:, 1]) / 2))
    return step


def settle_half_turns(coords: Coords, line: Index) -> tuple[Coords, Index]:
    """Decide between 180 and -180 for the vertices of parts that end at the antimeridian.

    Parameters
    ----------
    coords, line
        Degrees ``(n, 2)`` and the number of the ring or line of each vertex; no line crosses.

    Returns
    -------
    coords, line
        The same; vertices on the meridian have the sign of their neighbours, and a pole stands
        once with the longitude of each neighbour: in degrees it is an edge, not a point.
    """
    pole = np.abs(coords[:, 1]) >= _AT_POLE_DEG
    unsure = pole | (np.abs(coords[:, 0]) >= _AT_MERIDIAN_DEG)
    touched = np.unique(line[unsure])
    if len(touched) == 0:
        return coords, line
    breaks = np.flatnonzero(np.diff(line)) + 1
    rings = [
        _settle_ring(ring, unsure[rows], pole[rows]) if line[rows[0]] in touched else ring
        for rows, ring in zip(
            np.split(np.arange(len(line)), breaks), np.split(coords, breaks), strict=True
        )
    ]
    numbers = line[np.concatenate([[0], breaks])]
    return np.concatenate(rings), np.repeat(numbers, [len(ring) for ring in rings])


def find_longitude_gap(geometries: Geometries) -> tuple[float, float] | None:
    """Find the widest run of longitudes between geometries that meet at the antimeridian.

    Parameters
    ----------
    geometries
        In degrees; none of their parts crosses the antimeridian.

    Returns
    -------
    Longitudes of the gap's western and eastern edge. None if the geometries span half a turn at
    most, or if they lie closer to each other than their ends do across the antimeridian.
    """
    parts = shapely.get_parts(np.asarray(geometries, dtype=object))
    bounds = shapely.bounds(parts[~shapely.is_empty(parts)])
    bounds = bounds[np.argsort(bounds[:, 0])]
    reached = np.maximum.accumulate(bounds[:, 2])
    if len(bounds) < 2 or reached[-1] - bounds[0, 0] <= 180.0:
        return None
    gaps = bounds[1:, 0] - reached[:-1]
    widest = int(np.argmax(gaps))
    if gaps[widest] <= 360.0 - (reached[-1] - bounds[0, 0]):
        return None
    return float(reached[widest]), float(bounds[widest + 1, 0])


def _settle_ring(ring: Coords, unsure: NDArray[np.bool_], pole: NDArray[np.bool_]) -> Coords:
    closed = bool(np.allclose(ring[0, 1], ring[-1, 1])) and bool(unsure[0] == unsure[-1])
    closed = closed and abs((ring[0, 0] - ring[-1, 0] + 180.0) % 360.0 - 180.0) < 1e-9
    closed = closed or bool(pole[0] and pole[-1])
    if closed and not unsure.all():
        # Start from a vertex of known longitude.
        turn = int(np.flatnonzero(~unsure)[0])
        order = np.roll(np.arange(len(ring) - 1), -turn)
        order = np.append(order, order[0])
        ring, pole, unsure = ring[order], pole[order], unsure[order]
    out: list[Coords] = []
    for start, stop in _list_runs(pole):
        run = ring[start:stop].copy()
        sure = np.flatnonzero(~unsure[start:stop])
        anchor = int(sure[0]) if len(sure) else 0
        turns = np.unwrap(run[:, 0], period=360.0)
        run[:, 0] = turns - 360.0 * np.round((turns[anchor] - run[anchor, 0]) / 360.0)
        edge = np.abs(np.abs(run[:, 0]) - 180.0) < 180.0 - _AT_MERIDIAN_DEG
        run[edge, 0] = np.copysign(180.0, run[edge, 0])
        if start > 0:
            out.append(np.array([[run[0, 0], np.copysign(90.0, run[0, 1])]]))
        out.append(run)
        if stop < len(ring):
            out.append(np.array([[run[-1, 0], np.copysign(90.0, run[-1, 1])]]))
    return np.concatenate(out) if out else ring


def _list_runs(pole: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches of vertices between poles, as start and stop."""
    edges = np.flatnonzero(np.diff(np.concatenate([[True], pole, [True]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _find_jumps(geometries: Geometries, to_lonlat: Forward) -> NDArray[np.bool_]:
    rings = np.full(len(geometries), False)
    for row, geometry in enumerate(geometries):
        if geometry is None or shapely.is_empty(geometry) or shapely.get_dimensions(geometry) == 0:
            continue
        lines = geometry.boundary if shapely.get_dimensions(geometry) == 2 else geometry
        coords, line = shapely.get_coordinates(shapely.get_parts(lines), return_index=True)
        lonlat = to_lonlat(coords)
        same = np.diff(line) == 0
        jump = (np.abs(np.diff(lonlat[:, 0]))[same] > 180).any()
        rings[row] = bool(jump or (np.abs(lonlat[:, 1]) >= _AT_POLE_DEG).any())
    return rings


def _draw_meridian(lon: float, low: float, high: float, to_plane: Forward) -> Any:
    lat = np.linspace(low, high, max(2, int((high - low) / _STEP_DEG) + 2))
    return shapely.linestrings(to_plane(np.column_stack([np.full(len(lat), lon), lat])))


def _cut_line(xy: Coords, to_lonlat: Forward) -> list[Coords]:
    """Cut one line, as vertices ``(n, 2)`` of the plane, at poles and where it changes side.

    Vertices on the meridian belong to either side: a line that comes to them and goes back does
    not cross, and one that crosses there is cut at the first of them.
    """
    lon, lat = to_lonlat(xy).T
    poles = 1 + np.flatnonzero(np.abs(lat[1:-1]) >= _AT_POLE_DEG)
    stretches = [(xy[a : b + 1], lon[a : b + 1]) for a, b in pairwise([0, *poles, len(xy) - 1])]
    return [piece for part, at in stretches for piece in _cut_stretch(part, at, to_lonlat)]


def _cut_stretch(xy: Coords, lon: NDArray[np.float64], to_lonlat: Forward) -> list[Coords]:
    """Cut a line without a pole between its ends, whose vertices have these longitudes."""
    at_pole = np.zeros(len(xy), dtype=bool)
    at_pole[[0, -1]] = np.abs(to_lonlat(xy[[0, -1]])[:, 1]) >= _AT_POLE_DEG
    sure = np.flatnonzero(~at_pole & (np.abs(lon) < _AT_MERIDIAN_DEG))
    before, after = sure[:-1], sure[1:]
    edges = after - before == 1
    other = (lon[before] > 0) != (lon[after] > 0)
    crosses = np.where(edges, np.abs(lon[after] - lon[before]) > 180.0, other)
    direct = before[crosses & edges]
    points = _find_meridian_points(xy[direct], xy[direct + 1], lon[direct] > 0, to_lonlat)
    places = dict(zip(direct.tolist(), points, strict=True))
    pieces: list[Coords] = []
    first, head = 0, xy[:0]
    for start in before[crosses].tolist():
        tail = places[start][None] if start in places else xy[:0]
        last = start if start in places else start + 1
        pieces.append(np.concatenate([head, xy[first : last + 1], tail]))
        first, head = start + 1, tail
    return [*pieces, np.concatenate([head, xy[first:]])]


def _find_meridian_points(
    start: Coords, stop: Coords, east: NDArray[np.bool_], to_lonlat: Forward
) -> Coords:
    """Find where edges meet the meridian, by halving them; `east` says on which side they start."""
    low, high = np.zeros(len(start)), np.ones(len(start))
    for _ in range(_HALVINGS if len(start) else 0):
        middle = (low + high) / 2
        same = (to_lonlat(start + (stop - start) * middle[:, None])[:, 0] > 0) == east
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return start + (stop - start) * low[:, None]


def _cut_area(geometry: Any, to_lonlat: Forward, to_plane: Forward) -> Any:
    lat = to_lonlat(shapely.get_coordinates(geometry))[:, 1]
    low, high = max(-90.0, lat.min() - 1.0), min(90.0, lat.max() + 1.0)
    cuts = []
    for pole in (-90.0, 90.0):
        near = (high > 0) if pole > 0 else (low < 0)
        if near and shapely.intersects_xy(geometry, *to_plane(np.array([[0.0, pole]]))[0]):
            low, high = min(low, pole), max(high, pole)
            cuts.append(_draw_meridian(0.0, low, high, to_plane))
    cuts.append(_draw_meridian(180.0, low, high, to_plane))
    pieces = shapely.get_parts(shapely.polygonize([shapely.union_all([geometry.boundary, *cuts])]))
    inside = shapely.contains(geometry, shapely.point_on_surface(pieces))
    return shapely.multipolygons(pieces[inside])
