"""Cut an area by lines into faces, whatever pieces the lines come in, and label the faces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from frontline._typing import Coords, Geometries

GRID_M = 1e-3
SLIVER_M = 2.0
GAP_M = 50.0
_TOUCHING_M = 0.05


@dataclass(frozen=True)
class Faces:
    """An area cut by lines.

    Parameters
    ----------
    polygons
        The faces, shape ``(n,)``; they cover the area.
    lines
        The lines, each stretch once, in canonical order and direction: MultiLineString.
    snapped
        Ends that stopped short by more than a metre and were led on, shape ``(k, 2)``.
    open_ends
        Ends inside the area that meet nothing, shape ``(m, 2)``.
    """

    polygons: Geometries
    lines: Any
    snapped: Coords
    open_ends: Coords


def split_area(area: Any, lines: Any, *, reach_m: float = GAP_M) -> Faces:
    """Cut an area by lines.

    Parameters
    ----------
    area
        Polygon or MultiPolygon in the plane.
    lines
        LineString, MultiLineString or an array of them: in any number of pieces, in any
        direction, some of them twice, touching or crossing themselves or not.
    reach_m
        An end that stops this short of the area's edge, of another piece or of another open end
        is led on to it.

    Returns
    -------
    Faces
        One face if the lines do not cut the area; spurs that end inside cut nothing.

    Notes
    -----
    All lines and the area's edge are noded on a grid of 1 mm and polygonized. Faces narrower
    than 2 m, which arise where the same stretch was drawn twice with other vertices, are given
    to the neighbour with the longest common border.
    """
    edge = shapely.boundary(area)
    pieces = shapely.get_parts(np.atleast_1d(np.asarray(lines, dtype=object)))
    network = shapely.union_all([edge, *pieces], grid_size=GRID_M)
    course = _drawn(network, pieces)
    bridges = _bridges(course, network, area, reach_m)
    if len(bridges):
        network = shapely.union_all([network, *bridges], grid_size=GRID_M)
        course = _drawn(network, [*pieces, *bridges])
    found = shapely.get_parts(shapely.polygonize(shapely.get_parts(network)))
    inside = shapely.intersects(area, shapely.point_on_surface(found))
    polygons, doubled = _without_slivers(found[inside])
    if doubled is not None:
        course = shapely.difference(course, doubled)
    course = canonical(course)
    ends, _ = dangling_ends(course)
    free = shapely.distance(edge, shapely.points(ends)) > _TOUCHING_M
    free &= shapely.contains_xy(area, *ends.T)
    # What is bent into the plane may miss an edge it lies on by a decimetre: not worth a word.
    led_on = shapely.get_coordinates(bridges[shapely.length(bridges) > 1.0])[::2]
    return Faces(polygons, course, led_on, ends[free])


@dataclass(frozen=True)
class States:
    """An area as polygons of several sides cut it.

    Parameters
    ----------
    polygons, labels
        Faces that cover the area, and the side of each; "" for land on no side.
    overlaps
        Faces that polygons of two sides hold.
    """

    polygons: Geometries
    labels: list[str]
    overlaps: Geometries


def split_states(area: Any, shapes: Geometries, names: Sequence[str]) -> States:
    """Cut an area by polygons that say who holds what.

    Parameters
    ----------
    area
        Polygon or MultiPolygon in the plane.
    shapes, names
        Polygons and the side of each; they may reach beyond the area, and those of one side
        may overlap.

    Returns
    -------
    States
        Overlaps and gaps narrower than 2 m and 50 m, which digitising leaves, go to the side
        with the longest border; wider gaps are on no side.
    """
    edges = [shapely.boundary(area), *shapely.boundary(shapes)]
    network = shapely.union_all(edges, grid_size=GRID_M)
    found = shapely.get_parts(shapely.polygonize(shapely.get_parts(network)))
    inside = shapely.point_on_surface(found)
    kept = shapely.intersects(area, inside)
    found, inside = found[kept], inside[kept]
    held: list[set[str]] = [set() for _ in found]
    pairs = shapely.STRtree(shapes).query(inside, predicate="intersects")
    for face, shape in pairs.T.tolist():
        held[face].add(names[shape])
    several = np.array([len(who) > 1 for who in held], dtype=bool)
    nobody = np.array([not who for who in held], dtype=bool)
    overlaps = several & ~is_narrow(found, SLIVER_M)
    loose = several | (nobody & is_narrow(found, GAP_M))
    labels = [
        "" if free else min(who) if who else "" for free, who in zip(loose, held, strict=True)
    ]
    common, length = borders(found)
    for row in np.flatnonzero(loose).tolist():
        weights: dict[str, float] = {}
        for (a, b), weight in zip(common.tolist(), length.tolist(), strict=True):
            other = b if a == row else a if b == row else None
            if other is not None and labels[other]:
                weights[labels[other]] = weights.get(labels[other], 0.0) + weight
        labels[row] = max(sorted(weights), key=lambda name: weights[name], default="")
    return States(found, labels, found[overlaps])


def canonical(lines: Any) -> Any:
    """Merge lines into the longest pieces, in an order and direction of their own.

    Parameters
    ----------
    lines
        Noded lines.

    Returns
    -------
    MultiLineString
        Open pieces begin at their smaller end, rings at their smallest vertex towards the
        smaller neighbour; pieces are sorted. Empty for nothing.
    """
    parts = shapely.get_parts(lines)
    parts = parts[(shapely.get_dimensions(parts) == 1) & ~shapely.is_empty(parts)]
    if len(parts) == 0:
        return shapely.MultiLineString()
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(parts)))
    ordered = sorted((_ordered(shapely.get_coordinates(part)) for part in merged), key=_sort_key)
    return shapely.multilinestrings([shapely.linestrings(coords) for coords in ordered])


def _sort_key(coords: Coords) -> list[tuple[float, float]]:
    return [tuple(coords[0]), tuple(coords[1]), tuple(coords[-1])]


def _ordered(coords: Coords) -> Coords:
    first, last = tuple(coords[0]), tuple(coords[-1])
    if first != last:
        return coords[::-1] if last < first else coords
    ring = coords[:-1]
    start = int(np.lexsort((ring[:, 1], ring[:, 0]))[0])
    ring = np.roll(ring, -start, axis=0)
    if tuple(ring[-1]) < tuple(ring[1]):
        ring = np.concatenate([ring[:1], ring[:0:-1]])
    return np.concatenate([ring, ring[:1]])


def dangling_ends(lines: Any) -> tuple[Coords, NDArray[np.int64]]:
    """Find ends that only one piece has: positions ``(n, 2)`` and the number of their piece."""
    parts = shapely.get_parts(lines)
    if len(parts) == 0:
        return np.zeros((0, 2)), np.zeros(0, dtype=np.int64)
    ends = shapely.get_coordinates(
        [point for at in (0, -1) for point in shapely.get_point(parts, at)]
    )
    owner = np.tile(np.arange(len(parts)), 2)
    _, which, times = np.unique(ends, axis=0, return_inverse=True, return_counts=True)
    alone = times[which.ravel()] == 1
    return ends[alone], owner[alone]


def _drawn(network: Any, pieces: Sequence[Any]) -> Any:
    """Find the stretches of a noded network that lines run along, the area's edge left out."""
    parts = shapely.get_parts(network)
    middle = shapely.line_interpolate_point(parts, 0.5, normalized=True)
    near = shapely.STRtree(pieces).query(middle, predicate="dwithin", distance=2 * GRID_M)[0]
    return shapely.line_merge(shapely.multilinestrings(parts[np.unique(near)]))


def _bridges(course: Any, network: Any, area: Any, reach_m: float) -> Geometries:
    """Short segments from open ends to the nearest thing within reach that they may meet.

    An end that misses the edge by a centimetre cuts nothing: the nodes of the network decide
    what touches, not a distance.
    """
    edge = shapely.boundary(area)
    parts = shapely.get_parts(course)
    ends, owner = dangling_ends(course)
    loose = {tuple(end) for end in dangling_ends(network)[0].tolist()}
    inside = np.array([tuple(end) in loose for end in ends.tolist()], dtype=bool)
    inside &= shapely.contains_xy(area, *ends.T)
    group = _groups(parts)
    length = np.bincount(group, weights=shapely.length(parts), minlength=len(parts))
    made = []
    for row in np.flatnonzero(inside):
        point = shapely.Point(ends[row])
        mine = group == group[owner[row]]
        others = [edge, *parts[~mine]]
        far = length[group[owner[row]]] > 10 * shapely.distance(shapely.points(ends), point)
        others += [shapely.Point(end) for end in ends[far & (np.arange(len(ends)) != row)]]
        gaps = shapely.distance(others, point)
        best = int(np.argmin(gaps))
        if gaps[best] <= reach_m:
            made.append(shapely.shortest_line(point, others[best]))
    return np.array(made, dtype=object)


def _groups(parts: Geometries) -> NDArray[np.int64]:
    """Give each piece the smallest number among the pieces it is connected with."""
    group = np.arange(len(parts))
    pairs = shapely.STRtree(parts).query(parts, predicate="intersects") if len(parts) else []
    for _ in range(len(parts)):
        before = group.copy()
        np.minimum.at(group, pairs[0], group[pairs[1]])
        if (group == before).all():
            break
    return group


def borders(polygons: Geometries) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find pairs of faces that have a border in common.

    Parameters
    ----------
    polygons
        Faces of one noded network, shape ``(n,)``.

    Returns
    -------
    pairs, length_m
        Rows ``(m, 2)`` with the smaller number first, and the length of the common border.
    """
    tree = shapely.STRtree(polygons)
    left, right = tree.query(polygons, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    edges = shapely.boundary(polygons)
    length = shapely.length(shapely.intersection(edges[left], edges[right]))
    keep = length > GRID_M
    return np.column_stack([left[keep], right[keep]]), length[keep]


def _without_slivers(polygons: Geometries) -> tuple[Geometries, Any]:
    """Give narrow faces to a neighbour; also the borders that vanish thereby, or None."""
    gone = []
    polygons = polygons.copy()
    while len(polygons) > 1:
        thin = is_narrow(polygons, SLIVER_M)
        if not thin.any():
            break
        pairs, length = borders(polygons)
        thin &= np.isin(np.arange(len(polygons)), pairs)
        if not thin.any():
            break
        row = int(np.flatnonzero(thin)[np.argmin(shapely.area(polygons[thin]))])
        mine = np.flatnonzero((pairs == row).any(axis=1))
        best = mine[np.argmax(length[mine])]
        other = int(pairs[best].sum() - row)
        gone.append(shapely.intersection(polygons[row].boundary, polygons[other].boundary))
        polygons[other] = shapely.union(polygons[row], polygons[other])
        polygons = np.delete(polygons, row)
    return polygons, shapely.union_all(gone) if gone else None


def is_narrow(polygons: Geometries, width_m: float) -> NDArray[np.bool_]:
    """Tell which polygons are nowhere wider than `width_m`."""
    thin = shapely.area(polygons) < shapely.length(polygons) / 2 * width_m
    result = np.zeros(len(polygons), dtype=bool)
    result[thin] = shapely.is_empty(shapely.buffer(polygons[thin], -width_m / 2, quad_segs=2))
    return result


def spread_labels(
    polygons: Geometries, known: Mapping[int, str], names: Sequence[str]
) -> tuple[list[str], list[int]]:
    """Give every face a label, from those that have one.

    Parameters
    ----------
    polygons
        Faces, shape ``(n,)``.
    known
        Label by number of the face, for at least one.
    names
        All labels there are.

    Returns
    -------
    labels, unsure
        A label per face, and the numbers of faces that could not be decided (label "").

    Notes
    -----
    With two labels, a face across a line from a labelled one has the other label; a face that
    borders on both goes by the longer border. The face with the longest border to labelled
    ones is decided first. With one label all faces have it. With three and more, only a face
    that borders on one label alone is left, and even that may be a third: it stays undecided.
    A face that borders on nothing, such as an island, has the label of the nearest face.
    """
    labels = [known.get(row, "") for row in range(len(polygons))]
    if len(names) == 1:
        return [names[0]] * len(polygons), []
    pairs, length = borders(polygons)
    while len(names) == 2 and "" in labels:
        votes = np.zeros((len(polygons), 2))
        for (a, b), weight in zip(pairs.tolist(), length, strict=True):
            for mine, other in ((a, b), (b, a)):
                if not labels[mine] and labels[other]:
                    votes[mine, 1 - names.index(labels[other])] += weight
        if not votes.any():
            break
        row = int(votes.sum(axis=1).argmax())
        labels[row] = names[int(votes[row].argmax())]
    unsure = []
    for row in [number for number, label in enumerate(labels) if not label]:
        if (pairs == row).any():
            unsure.append(row)
            continue
        gaps = shapely.distance(polygons[row], polygons)
        have = [number for number, label in enumerate(labels) if label]
        labels[row] = labels[min(have, key=lambda number: float(gaps[number]))]
    return labels, unsure


def merged_sides(
    polygons: Geometries, labels: Sequence[str], names: Sequence[str]
) -> dict[str, Any]:
    """Unite the faces of each label; a label without a face is an empty polygon."""
    owner = np.array(labels, dtype=object)
    return {name: united(polygons[owner == name]) for name in names}


def united(polygons: Geometries) -> Any:
    """Unite polygons; nothing is an empty polygon."""
    return shapely.union_all(polygons) if len(polygons) else shapely.Polygon()
