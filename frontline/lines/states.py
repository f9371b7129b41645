"""Land given as polygons of sides: their front, grey zones between them, small pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy.spatial import Voronoi, cKDTree

from frontline._typing import Coords, Floats, Geometries, Integers
from frontline.errors import LayerError
from frontline.geo.geodesy import measure_length
from frontline.geo.polygonize import (
    GAP_M,
    GRID_M,
    SLIVER_M,
    States,
    merge_sides,
    polygonize_sides,
    polygonize_states,
    unite_polygons,
)
from frontline.geo.projection import ProjectedPlane
from frontline.records import Note

if TYPE_CHECKING:
    from frontline.project.models import LineSpec, SideSpec

LARGEST_SHARE = 0.01
"""Of the study area; no piece larger than this is taken for small unless the project says so."""
_LISTED = 5
_ACROSS = 40
"""Points on the edge of a grey zone for each of its mean widths."""
_MOST_POINTS = 20_000


_ROUNDING_M2, _SAGITTA_M = 100.0, 1.0
"""Smaller gaps that are narrower than edges are drawn exactly are no gaps of the data."""


@dataclass(frozen=True)
class FrontSource:
    """What a front line is made of.

    Parameters
    ----------
    line
        As the project has it.
    shapes
        Its lines or polygons in the plane, shape ``(n,)``.
    sides
        Sides with the seeds that hold for this line.
    area, plane
        Study area, and the plane.
    least_m2
        Smaller pieces are given to what surrounds them.
    """

    line: LineSpec
    shapes: Geometries
    sides: Sequence[SideSpec]
    area: Any
    plane: ProjectedPlane
    least_m2: float

    def seeds_xy(self) -> Coords:
        """Give the seeds of all sides in the plane, shape ``(k, 2)``."""
        seeds = [seed for side in self.sides for seed in side.seed]
        return self.plane.xy(np.array(seeds)) if seeds else np.zeros((0, 2))


def find_least_part(line: LineSpec, *, errors_m: Floats, area: Any) -> float:
    """Find the area below which a piece of land is given to its surroundings, square metres.

    Parameters
    ----------
    line
        Its ``least_part_km2`` holds where it is set.
    errors_m
        Half-widths of the line's error.
    area
        Study area in the plane.

    Returns
    -------
    The least error squared, at least 2,500 square metres and at most a hundredth of the study
    area.
    """
    if line.least_part_km2 is not None:
        return line.least_part_km2 * 1e6
    error_m = float(errors_m.min()) if len(errors_m) else 0.0
    return float(min(max(GAP_M, error_m) ** 2, LARGEST_SHARE * area.area))


def make_front_of_states(
    source: FrontSource, *, names: Sequence[str]
) -> tuple[Any, dict[str, Any], list[Note]]:
    """Make the front of polygons that say who holds what.

    Parameters
    ----------
    source
        Polygons and all that belongs to them.
    names
        The side of each polygon.

    Returns
    -------
    course, land, notes
        Where two sides border on each other; the land of each side, in the project's order;
        what was mended.

    Raises
    ------
    LayerError
        Sides that overlap, or have no common edge.
    """
    line = source.line
    states = polygonize_states(
        source.area,
        shapes=source.shapes,
        names=names,
        rest=line.rest_side or "",
        least_m2=source.least_m2,
        kept_xy=source.seeds_xy(),
    )
    if len(states.overlaps):
        raise _explain_overlap(source, states)
    named = [side.name for side in source.sides]
    present = sorted(
        {label for label in states.labels if label},
        key=lambda name: (named.index(name) if name in named else len(named), name),
    )
    land = merge_sides(states.polygons, labels=states.labels, names=present)
    notes = [
        Note(line.key, f"'{name}' holds land, and is not among the project's sides.")
        for name in present
        if named and name not in named
    ]
    empty = shapely.area(states.polygons[[not label for label in states.labels]]).sum() / 1e6
    if empty > 0:
        notes.append(Note(line.key, f"{empty:,.1f} km2 of the study area are on no side.", 0))
    for faces, what in ((states.mended, "Overlaps of sides"), (states.closed, "Gaps")):
        notes += _note_mended(source, faces, what)
    notes += note_of_merged(source, faces=states.merged)
    if states.lines.is_empty:
        raise LayerError(
            _explain_missing_edge(line, present),
            path=line.path,
            layer=line.layer,
            field=_find_field(line),
        )
    return states.lines, land, notes


def _find_field(line: LineSpec) -> str | None:
    return line.side_column if line.side_column is not None else "held_by"


def _explain_missing_edge(line: LineSpec, present: Sequence[str]) -> str:
    expected = "(expected two sides that border on each other)"
    if len(present) == 1 and line.rest_side is None:
        return (
            f"the polygons of '{line.key}' are all held by '{present[0]}' {expected}. If the "
            "other side holds what they leave of the study area, add rest_side = its name."
        )
    return (
        f"the states of '{line.key}' have no common edge in the study area {expected}. Check the "
        "layer, its side column, and rest_side."
    )


def _explain_overlap(source: FrontSource, states: States) -> LayerError:
    row = int(np.argmax(shapely.area(states.overlaps)))
    lon, lat = to_lonlat(source.plane, point=shapely.point_on_surface(states.overlaps[row]))
    size = shapely.area(states.overlaps).sum() / 1e6
    return LayerError(
        f"sides overlap at ({lon:.4f}, {lat:.4f}), {size:,.3f} km2 in all (expected every "
        "place on one side at most). Cut the polygons there, or choose the features of one date "
        "with select.",
        path=source.line.path,
        layer=source.line.layer,
        field=_find_field(source.line),
    )


def to_lonlat(plane: ProjectedPlane, *, point: Any) -> tuple[float, float]:
    """Give a point of the plane in degrees."""
    lon, lat = plane.lonlat(shapely.get_coordinates(point))[0]
    return float(lon), float(lat)


def write_size(area_m2: float) -> str:
    """Write an area so that small ones can be told apart: 3,678 km2, 12.3 km2, 639 m2."""
    if area_m2 < 1e4:
        return f"{area_m2:,.0f} m2"
    size = area_m2 / 1e6
    return f"{size:,.0f} km2" if size >= 1000 else f"{size:.3g} km2"


def _describe_faces(source: FrontSource, faces: Geometries) -> str:
    """Say how much polygons are in all, and where the largest lies."""
    areas = shapely.area(faces)
    row = int(np.argmax(areas))
    lon, lat = to_lonlat(source.plane, point=shapely.point_on_surface(faces[row]))
    place = f"({lon:.4f}, {lat:.4f})"
    if len(faces) == 1:
        return f"{write_size(areas[0])} at {place}"
    return f"{write_size(areas.sum())} in all, the largest {write_size(areas[row])} at {place}"


def note_of_merged(source: FrontSource, *, faces: Geometries, slivers: bool = False) -> list[Note]:
    """Say which pieces were given to what surrounds them.

    Parameters
    ----------
    source
        All that belongs to the line.
    faces
        The pieces.
    slivers
        Narrow faces of a line drawn twice are among them.
    """
    if len(faces) == 0:
        return []
    limit = f"smaller than {write_size(source.least_m2)}"
    limit = f"narrower than {SLIVER_M:g} m or {limit}" if slivers else limit
    text = (
        f"Pieces of land {limit} say nothing, and were given to what surrounds them: "
        f"{len(faces)}, {_describe_faces(source, faces)} (least_part_km2 sets the limit; a seed "
        "keeps a piece)."
    )
    return [Note(source.line.key, text, len(faces))]


def _note_mended(source: FrontSource, faces: Geometries, what: str) -> list[Note]:
    """Say what gaps or overlaps were mended, without those of our own rounding.

    Edges that are the same in degrees bend a little apart in the plane where their vertices differ.
    """
    areas = shapely.area(faces)
    faces = faces[(areas >= _ROUNDING_M2) | (2.0 * areas >= _SAGITTA_M * shapely.length(faces))]
    if len(faces) == 0:
        return []
    text = (
        f"{what}, as digitising leaves them, went to the side with the longest border: "
        f"{len(faces)}, {_describe_faces(source, faces)}."
    )
    return [Note(source.line.key, text, len(faces))]


def note_pieces(source: FrontSource, *, land: Mapping[str, Any]) -> list[Note]:
    """Say of each side that holds several separate pieces how large and where they are.

    Parameters
    ----------
    source
        All that belongs to the line.
    land
        Land by side.
    """
    notes = []
    for name, held in land.items():
        pieces = shapely.get_parts(held)
        if len(pieces) < 2:
            continue
        pieces = pieces[np.argsort(-shapely.area(pieces), kind="stable")]
        listed = []
        for piece in pieces[:_LISTED]:
            lon, lat = to_lonlat(source.plane, point=shapely.point_on_surface(piece))
            listed.append(f"{write_size(piece.area)} at ({lon:.4f}, {lat:.4f})")
        more = f" and {len(pieces) - _LISTED} smaller ones" if len(pieces) > _LISTED else ""
        text = f"'{name}' holds {len(pieces)} separate pieces: {'; '.join(listed)}{more}."
        notes.append(Note(source.line.key, text, len(pieces)))
    return notes


def note_empty_pieces(
    key: str, *, land: Mapping[str, Any], known_xy: Coords, plane: ProjectedPlane
) -> list[Note]:
    """Say which separate pieces of a side hold neither a settlement nor a seed.

    Parameters
    ----------
    key
        Of the line.
    land
        Land by side.
    known_xy
        Settlements and seeds in the plane, shape ``(n, 2)``.
    plane
        The plane.
    """
    notes = []
    tree = shapely.STRtree(shapely.points(known_xy))
    for name, held in land.items():
        pieces = shapely.get_parts(held)
        if len(pieces) < 2:
            continue
        inhabited = np.zeros(len(pieces), dtype=bool)
        inhabited[tree.query(pieces, predicate="intersects")[0]] = True
        empty = pieces[~inhabited]
        if len(empty) == 0:
            continue
        areas = shapely.area(empty)
        largest = empty[int(np.argmax(areas))]
        lon, lat = to_lonlat(plane, point=shapely.point_on_surface(largest))
        text = (
            f"{len(empty)} of the {len(pieces)} separate pieces of '{name}' hold neither a "
            f"settlement nor a seed, {write_size(areas.sum())} in all, the largest "
            f"{write_size(areas.max())} at ({lon:.4f}, {lat:.4f}): are they meant?"
        )
        notes.append(Note(key, text, len(empty)))
    return notes


def find_centre_of_grey(
    source: FrontSource, *, course: Any, land: Mapping[str, Any]
) -> tuple[Any, dict[str, Any] | None, list[Note]]:
    """Lay the front through the middle of grey zones, where the project wants it.

    Parameters
    ----------
    source
        Sides with ``grey`` say how the front is counted.
    course, land
        The front along the edges of all sides, and their land.

    Returns
    -------
    course, halves, notes
        The front; the land of the other sides with the grey zones divided among them along it,
        None where there is no such zone; what is counted.
    """
    plane, key = source.plane, source.line.key
    notes = []
    for side in source.sides:
        if side.grey == "edges" and not land.get(side.name, shapely.Polygon()).is_empty:
            text = f"The front follows both edges of '{side.name}': its length counts both."
            notes.append(Note(key, text))
    zones = [side.name for side in source.sides if side.grey == "centre"]
    zones = [name for name in zones if name in land and not land[name].is_empty]
    others = [name for name in land if name not in zones]
    if not zones or len(others) < 2:
        return course, None, notes
    shares = {name: [land[name]] for name in others}
    for part in shapely.get_parts(np.array([land[name] for name in zones], dtype=object)):
        for name, share in _divide_zone(part, {name: land[name] for name in others}).items():
            shares[name].append(share)
    halves = np.array([shapely.union_all(parts) for parts in shares.values()], dtype=object)
    states = polygonize_states(source.area, shapes=halves, names=others)
    if states.lines.is_empty:
        return course, None, notes
    edges = np.array([course, states.lines], dtype=object)
    along, middle = measure_length(edges, plane=plane) / 1000.0
    listed = ", ".join(f"'{name}'" for name in zones)
    text = (
        f"The front is the centre line of {listed}, counted once: {middle:,.1f} km (all edges of "
        f"sides together: {along:,.1f} km)."
    )
    notes.append(Note(key, text))
    return states.lines, merge_sides(states.polygons, labels=states.labels, names=others), notes


def _divide_zone(zone: Any, lands: Mapping[str, Any]) -> dict[str, Any]:
    """Divide a grey zone among the sides beside it: every place to the nearest of them."""
    edge = shapely.boundary(zone)
    beside: dict[str, Any] = {}
    for name, held in lands.items():
        common = shapely.intersection(edge, shapely.boundary(held))
        if shapely.length(common) > 0:
            beside[name] = common
    if len(beside) < 2:
        return dict.fromkeys(beside, zone)
    length = sum(float(shapely.length(common)) for common in beside.values())
    step = max(2.0 * zone.area / length / _ACROSS, length / _MOST_POINTS)
    xy, owner = [], []
    for number, common in enumerate(beside.values()):
        lines = shapely.get_parts(common)
        lines = lines[shapely.get_dimensions(lines) == 1]
        points = shapely.get_coordinates(shapely.segmentize(lines, step))
        xy.append(points)
        owner.append(np.full(len(points), number))
    places, which = np.unique(np.concatenate(xy), axis=0, return_inverse=True)
    numbers = np.concatenate(owner)
    low = np.full(len(places), len(beside))
    high = np.full(len(places), -1)
    np.minimum.at(low, which.ravel(), numbers)
    np.maximum.at(high, which.ravel(), numbers)
    places, low = places[low == high], low[low == high]
    # Where two sides meet, a place is as near to one as to the other.
    faces = _cut_midway(zone, places, low)
    inside = shapely.get_coordinates(shapely.point_on_surface(faces))
    nearest = low[cKDTree(places).query(inside)[1]]
    return {name: unite_polygons(faces[nearest == row]) for row, name in enumerate(beside)}


def _cut_midway(zone: Any, places: Coords, owner: Integers) -> Geometries:
    """Cut a zone where the nearest of some places changes its owner: along edges of Voronoi."""
    reach = 10.0 * float(np.ptp(np.reshape(zone.bounds, (2, 2)), axis=0).max())
    middle = places.mean(axis=0)
    corners = middle + reach * np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)])
    # Four places far away let every edge near the zone have two ends.
    cells = Voronoi(np.concatenate([places, corners]) - middle)
    owners = np.concatenate([owner, np.full(4, -1)])
    first_owner, second_owner = owners[cells.ridge_points].T
    ends = np.array(cells.ridge_vertices)
    parting = (
        (first_owner != second_owner)
        & (first_owner >= 0)
        & (second_owner >= 0)
        & (ends >= 0).all(axis=1)
    )
    lines = shapely.linestrings(cells.vertices[ends[parting]] + middle)
    lines = lines[shapely.length(lines) > 0]
    lines = lines[shapely.intersects(zone, lines)]
    return polygonize_sides(zone, lines=lines, reach_m=GRID_M).polygons
