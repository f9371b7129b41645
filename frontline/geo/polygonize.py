"""Cut an area by lines into faces, whatever pieces the lines come in, and label the faces."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from frontline._typing import Coords, Flags, Floats, Geometries, Integers

GRID_M = 1e-3
SLIVER_M = 5.0
"""Faces nowhere wider than this are two digitisations of one line."""
GAP_M = 50.0
_TOUCHING_M = 0.05
_ALONG_M = 1.0
_AHEAD = 0.3
"""Least cosine between the course of an end and the way to what it is led on to."""


def close_gaps(area: Any, *, pieces: Geometries) -> tuple[Any, Geometries]:
    """Close hairline gaps between polygons that were digitised one by one.

    Parameters
    ----------
    area
        The polygons united.
    pieces
        The polygons, shape ``(n,)``.

    Returns
    -------
    area, gaps
        The area with the gaps, and the gaps. A gap is nowhere wider than 50 m and touches two
        polygons; an inlet of a single one is left open.
    """
    no_gaps = np.zeros(0, dtype=object)
    pieces = np.asarray(pieces, dtype=object)
    tree = shapely.STRtree(pieces)
    near = tree.query(pieces, predicate="dwithin", distance=GAP_M) if len(pieces) > 1 else no_gaps
    if len(pieces) < 2 or not (near[0] != near[1]).any():
        return area, no_gaps
    widened = shapely.buffer(area, GAP_M / 2, join_style="mitre", mitre_limit=2.0)
    closed = shapely.buffer(widened, -GAP_M / 2, join_style="mitre", mitre_limit=2.0)
    gaps = shapely.get_parts(shapely.difference(closed, area))
    gaps = gaps[shapely.get_dimensions(gaps) == 2]
    gap, _ = tree.query(gaps, predicate="dwithin", distance=_TOUCHING_M)
    gaps = gaps[np.bincount(gap, minlength=len(gaps)) > 1]
    if len(gaps) == 0:
        return area, no_gaps
    # Its edges are a rounding away from those of the polygons: a seam of nothing would stay.
    sealed = shapely.union_all([area, *shapely.buffer(gaps, GRID_M, join_style="mitre")])
    return shapely.set_precision(sealed, GRID_M), gaps


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
    pairs, border_m
        Faces that border on each other, ``(p, 2)``, and the length of their border.
    merged
        Slivers and small faces that were given to a neighbour.
    edge_m
        Length of line that was left out because it runs along the area's edge.
    """

    polygons: Geometries
    lines: Any
    snapped: Coords
    open_ends: Coords
    pairs: Integers
    border_m: Floats
    merged: Geometries
    edge_m: float


@dataclass(frozen=True)
class _Edges:
    """Segments between faces: ends ``(n, 4)`` and both faces, the second -1 at the outer edge."""

    ends: Coords
    first_face: Integers
    second_face: Integers

    def list_pairs(self, group: Integers) -> tuple[Integers, Floats]:
        """Find groups of faces that border on each other, and the length of their border."""
        inner = self.second_face >= 0
        a, b = group[self.first_face[inner]], group[self.second_face[inner]]
        length = np.hypot(*(self.ends[inner, 2:] - self.ends[inner, :2]).T)
        apart = a != b
        a, b, length = a[apart], b[apart], length[apart]
        size = len(group)
        codes, which = np.unique(np.minimum(a, b) * size + np.maximum(a, b), return_inverse=True)
        total: Floats = np.bincount(which.ravel(), length, len(codes)).astype(np.float64)
        keep = total > GRID_M
        return np.column_stack([codes // size, codes % size])[keep], total[keep]


def polygonize_sides(
    area: Any,
    *,
    lines: Any,
    reach_m: float = GAP_M,
    least_m2: float = 0.0,
    kept_xy: Coords | None = None,
) -> Faces:
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
    least_m2
        Faces smaller than this are given to a neighbour.
    kept_xy
        Places ``(k, 2)`` whose faces are kept, however small or narrow.

    Returns
    -------
    Faces
        One face if the lines do not cut the area; spurs that end inside cut nothing.

    Notes
    -----
    All lines and the area's edge are noded on a grid of 1 mm and polygonized. Faces narrower
    than 5 m, which arise where the same stretch was drawn twice with other vertices, and small
    ones are given to the neighbour with the longest common border, the smallest first; the line
    between the two goes. A line along the area's edge separates nothing, and goes as well.
    """
    edge = shapely.boundary(area)
    pieces = shapely.get_parts(np.atleast_1d(np.asarray(lines, dtype=object)))
    pieces = pieces[~shapely.is_empty(pieces)]
    network = node_lines(np.concatenate([shapely.get_parts(edge), pieces]))
    course = _find_course(network, pieces)
    bridges = _make_bridges(course, network, area, reach_m)
    if len(bridges):
        network = node_lines(np.concatenate([shapely.get_parts(network), bridges]))
        course = _find_course(network, np.concatenate([pieces, bridges]))
    polygons = _list_faces_within(network, area)
    edges = _find_edges(polygons)
    thin = is_narrow(polygons, width_m=SLIVER_M)
    small = shapely.area(polygons) < least_m2
    if kept_xy is not None and len(kept_xy):
        held = np.unique(_find_faces(polygons, kept_xy))
        thin[held] = small[held] = False
    pairs, border_m = edges.list_pairs(np.arange(len(polygons)))
    group = _absorb_faces(
        pairs, border_m, shapely.area(polygons), thin=thin, small=small, least_m2=least_m2
    )
    group, polygons, merged = _unite_groups(polygons, group)
    course, edge_m = _keep_separating(course, edges, group, edge)
    ends, _ = find_dangling_ends(course)
    free = shapely.distance(edge, shapely.points(ends)) > _TOUCHING_M
    free &= shapely.contains_xy(area, *ends.T)
    # What is bent into the plane may miss an edge it lies on by a decimetre: not worth a word.
    led_on = shapely.get_coordinates(bridges[shapely.length(bridges) > 1.0])[::2]
    return Faces(
        polygons, course, led_on, ends[free], *edges.list_pairs(group), merged=merged, edge_m=edge_m
    )


def node_lines(lines: Geometries) -> Any:
    """Node lines on a grid of 1 mm: they meet in their ends only.

    Parameters
    ----------
    lines
        LineStrings, shape ``(n,)``.

    Returns
    -------
    MultiLineString
        Every stretch once.

    Notes
    -----
    Lines that come nowhere near another are noded by themselves: snapping many of them to the
    grid together takes time with more than n log n.
    """
    near = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=10 * GRID_M)
    cluster = _label_connected(len(lines), near.T)
    order = np.argsort(cluster, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(cluster[order])) + 1)
    noded = [shapely.union_all(lines[rows], grid_size=GRID_M) for rows in members]
    parts = shapely.get_parts(noded)
    return shapely.multilinestrings(parts[~shapely.is_empty(parts)])


def _list_faces_within(network: Any, area: Any) -> Geometries:
    """Polygonize a noded network, and keep the faces inside the area, in an order of their own."""
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(network)))
    shapely.prepare(area)
    faces = faces[shapely.intersects(area, shapely.point_on_surface(faces))]
    return np.asarray(faces[np.lexsort(shapely.bounds(faces).T[::-1])], dtype=object)


def _find_faces(polygons: Geometries, xy: Coords) -> Integers:
    """Find the number of the face in which each place lies, or of the nearest one."""
    return np.asarray(shapely.STRtree(polygons).nearest(shapely.points(xy)), dtype=np.int64)


def _find_edges(polygons: Geometries) -> _Edges:
    """Find the segments of faces of one noded network, each once, with the faces beside it."""
    rings, face = shapely.get_rings(polygons, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    head = np.flatnonzero(np.diff(ring) == 0)
    ends = _sort_ends(np.concatenate([xy[head], xy[head + 1]], axis=1))
    face = face[ring[head]]
    order = np.lexsort((face, *ends.T[::-1]))
    ends, face = ends[order], face[order]
    first = np.ones(len(ends), dtype=bool)
    first[1:] = (ends[1:] != ends[:-1]).any(axis=1)
    other = np.full(len(ends), -1, dtype=np.int64)
    repeated = np.flatnonzero(~first)
    other[repeated - 1] = face[repeated]
    return _Edges(ends[first], face[first].astype(np.int64), other[first])


def _sort_ends(ends: Coords) -> Coords:
    """Let each segment begin at its smaller end."""
    back = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    return np.where(back[:, None], ends[:, [2, 3, 0, 1]], ends)


def _absorb_faces(
    pairs: Integers,
    border_m: Floats,
    areas: Floats,
    *,
    thin: Flags,
    small: Flags,
    least_m2: float,
) -> Integers:
    """Give narrow and small faces to a neighbour; the number of its group for every face.

    The smallest goes first, to the neighbour with the longest border. Two slivers together are
    still one; two small faces together may be large enough.
    """
    group = np.arange(len(areas))
    if not (thin | small).any():
        return group
    beside: list[dict[int, float]] = [{} for _ in areas]
    for (a, b), length in zip(pairs.tolist(), border_m.tolist(), strict=True):
        beside[a][b] = beside[b][a] = length
    size = areas.copy()
    waiting = [(float(size[row]), int(row)) for row in np.flatnonzero(thin | small)]
    heapq.heapify(waiting)
    while waiting:
        area, row = heapq.heappop(waiting)
        if group[row] != row or area != size[row] or not beside[row]:
            continue
        other = min(beside[row], key=lambda number: (-beside[row][number], number))
        again = (thin[row] and thin[other]) or (
            small[row] and small[other] and size[row] + size[other] < least_m2
        )
        # The one with more neighbours keeps its number, so that few entries move.
        receiver, absorbed = (
            (other, row) if len(beside[other]) >= len(beside[row]) else (row, other)
        )
        for number, length in beside[absorbed].items():
            del beside[number][absorbed]
            if number != receiver:
                beside[receiver][number] = beside[receiver].get(number, 0.0) + length
                beside[number][receiver] = beside[receiver][number]
        beside[absorbed] = {}
        group[absorbed] = receiver
        size[receiver] += size[absorbed]
        thin[receiver] = small[receiver] = again
        if again:
            heapq.heappush(waiting, (float(size[receiver]), receiver))
    while (group != group[group]).any():
        group = group[group]
    return group


def _unite_groups(polygons: Geometries, group: Integers) -> tuple[Integers, Geometries, Geometries]:
    """Unite the faces of each group: new number of every face, the faces, and what was merged."""
    numbers, row, count = np.unique(group, return_inverse=True, return_counts=True)
    row = row.ravel()
    if len(numbers) == len(polygons):
        return row, polygons, polygons[:0]
    areas = shapely.area(polygons)
    order = np.lexsort((-areas, row))
    largest = np.zeros(len(polygons), dtype=bool)
    largest[order[np.concatenate([[0], np.cumsum(count)[:-1]])]] = True
    united = np.empty(len(numbers), dtype=object)
    single = count[row] == 1
    united[row[single]] = polygons[single]
    members = np.split(order, np.cumsum(count)[:-1])
    for number in np.flatnonzero(count > 1):
        united[number] = shapely.coverage_union_all(polygons[members[number]])
    return row, united, polygons[~largest]


def _keep_separating(course: Any, edges: _Edges, group: Integers, edge: Any) -> tuple[Any, float]:
    """Keep segments that separate two faces or end inside one; also the length on the edge."""
    xy, part = shapely.get_coordinates(shapely.get_parts(course), return_index=True)
    head = np.flatnonzero(np.diff(part) == 0)
    if len(head) == 0:
        return shapely.MultiLineString(), 0.0
    ends = np.concatenate([xy[head], xy[head + 1]], axis=1)
    at = _find_rows(_sort_ends(ends), edges.ends)
    known = at >= 0
    first, second = edges.first_face[at], edges.second_face[at]
    on_edge = known & ((second < 0) | _is_along_edge(ends, edge))
    merged = known & (second >= 0) & (group[first] == group[second])
    separating = ends[~on_edge & ~merged]
    length = np.hypot(*(ends[:, 2:] - ends[:, :2]).T)
    return merge_lines(shapely.linestrings(separating.reshape(-1, 2, 2))), float(
        length[on_edge].sum()
    )


def _is_along_edge(ends: Coords, edge: Any) -> Flags:
    """Tell which segments run along the area's edge: what is bent into the plane may miss it.

    A segment of less than two metres may be the last one of a line that meets the edge.
    """
    shapely.prepare(edge)
    result = np.asarray(np.hypot(*(ends[:, 2:] - ends[:, :2]).T) > 2.0 * _ALONG_M)
    for x, y in (ends[:, :2].T, ends[:, 2:].T, (ends[:, :2] + ends[:, 2:]).T / 2):
        result[result] = shapely.dwithin(edge, shapely.points(x[result], y[result]), _ALONG_M)
    return result


def _find_rows(segments: Coords, known: Coords) -> Integers:
    """Find the row of `known`, which is sorted, that equals each segment; -1 where none does."""
    stacked = np.concatenate([known, segments])
    _, which = np.unique(stacked, axis=0, return_inverse=True)
    which = which.ravel()
    place = np.full(len(stacked), -1, dtype=np.int64)
    place[which[: len(known)]] = np.arange(len(known))
    return place[which[len(known) :]]


@dataclass(frozen=True)
class States:
    """An area as polygons of several sides cut it.

    Parameters
    ----------
    polygons, labels
        Faces that cover the area, and the side of each; "" for land on no side.
    lines
        Where two sides border on each other, in canonical order: MultiLineString.
    overlaps
        Faces that polygons of two sides hold and that are too large to be mended.
    mended, closed
        Faces of overlaps and of gaps that were given to a side.
    merged
        Pieces of a side that are smaller than a piece may be, given to what surrounds them.
    """

    polygons: Geometries
    labels: list[str]
    lines: Any
    overlaps: Geometries
    mended: Geometries
    closed: Geometries
    merged: Geometries


def polygonize_states(
    area: Any,
    *,
    shapes: Geometries,
    names: Sequence[str],
    rest: str = "",
    least_m2: float = 0.0,
    kept_xy: Coords | None = None,
) -> States:
    """Cut an area by polygons that say who holds what.

    Parameters
    ----------
    area
        Polygon or MultiPolygon in the plane.
    shapes, names
        Polygons and the side of each; they may reach beyond the area, and those of one side
        may overlap.
    rest
        The side that holds what the polygons leave of the area; none if empty.
    least_m2
        Connected pieces of one side smaller than this are given to what surrounds them, those
        that the area's edge cuts off only below 2,500 square metres; an overlap smaller than
        this is mended.
    kept_xy
        Places ``(k, 2)`` whose pieces are kept, however small.

    Returns
    -------
    States
        Overlaps and gaps narrower than 50 m, which digitising leaves, go to the side with the
        longest border; wider gaps are on no side, or on that of the rest.
    """
    outlines = shapely.get_parts([shapely.boundary(area), *shapely.boundary(shapes)])
    polygons = _list_faces_within(node_lines(outlines), area)
    edges = _find_edges(polygons)
    known = sorted({*names, rest} - {""})
    holds = _find_holders(
        polygons, shapes, np.array([known.index(name) for name in names], dtype=int)
    )
    held = np.zeros((len(polygons), len(known)), dtype=bool)
    held[holds[0], holds[1]] = True
    several, nobody = held.sum(axis=1) > 1, ~held.any(axis=1)
    narrow = np.zeros(len(polygons), dtype=bool)
    narrow[several | nobody] = is_narrow(polygons[several | nobody], width_m=GAP_M)
    overlaps = several & ~narrow & (shapely.area(polygons) >= least_m2)
    loose = several | (nobody & narrow)
    label = np.where(loose | nobody, -1, held.argmax(axis=1) if known else -1)
    if rest:
        label[nobody & ~narrow] = known.index(rest)
    pairs, border_m = edges.list_pairs(np.arange(len(polygons)))
    may = held | ~several[:, None]
    label = _settle_loose_faces(label, loose, pairs, border_m, may)
    if rest:
        label[(label < 0) & nobody] = known.index(rest)
    settled = loose & (label >= 0)
    is_kept = np.zeros(len(polygons), dtype=bool)
    if kept_xy is not None and len(kept_xy):
        is_kept[_find_faces(polygons, kept_xy)] = True
    edge = shapely.boundary(area)
    shapely.prepare(edge)
    on_edge = shapely.dwithin(edge, polygons, _ALONG_M)
    label, merged = _merge_small_pieces(
        polygons, label, pairs, border_m, least_m2, is_kept=is_kept, on_edge=on_edge
    )
    front = (edges.second_face >= 0) & (label[edges.first_face] != label[edges.second_face])
    front &= (label[edges.first_face] >= 0) & (label[edges.second_face] >= 0)
    front[front] = ~_is_along_edge(edges.ends[front], edge)
    words = [known[number] if number >= 0 else "" for number in label.tolist()]
    return States(
        polygons,
        words,
        merge_lines(shapely.linestrings(edges.ends[front].reshape(-1, 2, 2))),
        overlaps=polygons[overlaps],
        mended=polygons[several & ~overlaps & settled],
        closed=polygons[nobody & settled],
        merged=merged,
    )


def _find_holders(
    polygons: Geometries, shapes: Geometries, number: Integers
) -> tuple[Integers, Integers]:
    """List pairs of a face and the number of a side that holds it."""
    inside = shapely.point_on_surface(polygons)
    shapes = np.asarray(shapes, dtype=object)
    shape, face = shapely.STRtree(inside).query(shapes, predicate="intersects")
    return face, number[shape]


def _settle_loose_faces(
    label: Integers, loose: Flags, pairs: Integers, border_m: Floats, may: Flags
) -> Integers:
    """Give each loose face the side, of those it may have, with the longest border to it."""
    label = label.copy()
    waiting = loose & (label < 0)
    while waiting.any():
        votes = np.zeros(may.shape)
        for row, other in (pairs.T, pairs.T[::-1]):
            voting = waiting[row] & (label[other] >= 0)
            np.add.at(votes, (row[voting], label[other[voting]]), border_m[voting])
        votes[~may] = 0.0
        decided = waiting & votes.any(axis=1)
        if not decided.any():
            break
        label[decided] = votes[decided].argmax(axis=1)
        waiting &= ~decided
    return label


def _merge_small_pieces(
    polygons: Geometries,
    label: Integers,
    pairs: Integers,
    border_m: Floats,
    least_m2: float,
    *,
    is_kept: Flags,
    on_edge: Flags,
) -> tuple[Integers, Geometries]:
    """Give small connected pieces of a side to the piece with the longest border.

    A piece at the area's edge goes on beyond it, nobody knows how far: it must be tiny to go.
    """
    alike = label[pairs[:, 0]] == label[pairs[:, 1]]
    joined = pairs[alike]
    piece = _label_connected(len(polygons), joined)
    count = int(piece.max(initial=-1)) + 1
    areas: Floats = np.bincount(piece, shapely.area(polygons), count).astype(np.float64)
    small = areas < least_m2
    small[piece[is_kept]] = False
    cut_off = np.zeros(count, dtype=bool)
    cut_off[piece[on_edge]] = True
    small &= ~cut_off | (areas < GAP_M**2)
    if not small.any():
        return label, polygons[:0]
    side = np.zeros(count, dtype=np.int64)
    side[piece] = label
    between = np.sort(piece[pairs[~alike]], axis=1)
    codes, which = np.unique(between[:, 0] * count + between[:, 1], return_inverse=True)
    total: Floats = np.bincount(which.ravel(), border_m[~alike], len(codes)).astype(np.float64)
    beside = np.column_stack([codes // count, codes % count])
    group = _absorb_faces(
        beside, total, areas, thin=np.zeros(count, dtype=bool), small=small, least_m2=least_m2
    )
    # A group has the side of its largest piece.
    order = np.lexsort((-areas, group))
    first = np.ones(count, dtype=bool)
    first[1:] = np.diff(group[order]) != 0
    leader = np.zeros(count, dtype=np.int64)
    leader[group[order[first]]] = order[first]
    new_side = side[leader[group]]
    moved = np.flatnonzero(new_side != side)
    pieces = [unite_polygons(polygons[piece == number]) for number in moved]
    return new_side[piece], np.array(pieces, dtype=object)


def _label_connected(count: int, pairs: Integers) -> Integers:
    """Give each face the number of the set that it hangs together with."""
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def merge_lines(lines: Any) -> Any:
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
    ordered = sorted(
        (_orient_piece(shapely.get_coordinates(part)) for part in merged), key=_make_sort_key
    )
    return shapely.multilinestrings([shapely.linestrings(coords) for coords in ordered])


def _make_sort_key(coords: Coords) -> list[tuple[float, float]]:
    return [tuple(coords[0]), tuple(coords[1]), tuple(coords[-1])]


def _orient_piece(coords: Coords) -> Coords:
    first, last = tuple(coords[0]), tuple(coords[-1])
    if first != last:
        return coords[::-1] if last < first else coords
    ring = coords[:-1]
    start = int(np.lexsort((ring[:, 1], ring[:, 0]))[0])
    ring = np.roll(ring, -start, axis=0)
    if tuple(ring[-1]) < tuple(ring[1]):
        ring = np.concatenate([ring[:1], ring[:0:-1]])
    return np.concatenate([ring, ring[:1]])


def find_dangling_ends(lines: Any) -> tuple[Coords, NDArray[np.int64]]:
    """Find ends that only one piece has: positions ``(n, 2)`` and the number of their piece."""
    parts = shapely.get_parts(lines)
    if len(parts) == 0:
        return np.zeros((0, 2)), np.zeros(0, dtype=np.int64)
    ends = _list_ends(parts)
    owner = np.tile(np.arange(len(parts)), 2)
    _, which, times = np.unique(ends, axis=0, return_inverse=True, return_counts=True)
    single = times[which.ravel()] == 1
    return ends[single], owner[single]


def _list_ends(parts: Geometries) -> Coords:
    """First ends, then last ends, shape ``(2 n, 2)``."""
    return np.asarray(
        shapely.get_coordinates([point for at in (0, -1) for point in shapely.get_point(parts, at)])
    )


def _split_segments(lines: Any) -> tuple[Geometries, Integers]:
    """Take lines apart into their edges; the number of the line that each is of."""
    xy, part = shapely.get_coordinates(lines, return_index=True)
    head = np.flatnonzero(np.diff(part) == 0)
    return shapely.linestrings(np.stack([xy[head], xy[head + 1]], axis=1)), part[head]


def _find_course(network: Any, pieces: Geometries) -> Any:
    """Find the stretches of a noded network that lines run along."""
    parts = shapely.get_parts(network)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    first = np.flatnonzero(np.diff(part, prepend=-1) > 0)
    middle = shapely.points((xy[first] + xy[first + 1]) / 2)
    tree = shapely.STRtree(_split_segments(pieces)[0])
    near = tree.query(middle, predicate="dwithin", distance=2 * GRID_M)[0]
    return shapely.line_merge(shapely.multilinestrings(parts[np.unique(near)]))


def _make_bridges(course: Any, network: Any, area: Any, reach_m: float) -> Geometries:
    """Make short segments from open ends to what they may meet within reach.

    What lies ahead comes first, the nearest of it: an end beside the same line drawn twice, or
    beside the other branch of a fork, goes on to the edge and not to its neighbour. Else
    whatever is nearest. An end that misses the edge by a centimetre cuts nothing: the nodes of
    the network decide what touches, not a distance.
    """
    parts = shapely.get_parts(course)
    ends, owner = find_dangling_ends(course)
    loose = {tuple(end) for end in find_dangling_ends(network)[0].tolist()}
    open_ = np.array([tuple(end) in loose for end in ends.tolist()], dtype=bool)
    open_ &= shapely.contains_xy(area, *ends.T)
    if not open_.any():
        return np.zeros(0, dtype=object)
    out = _find_directions(parts, ends, owner, reach_m)
    group = _group_pieces(parts)
    length = np.bincount(group, weights=shapely.length(parts))
    rows = np.flatnonzero(open_)
    points = shapely.points(ends[rows])
    targets: list[list[tuple[bool, float, float, float]]] = [[] for _ in rows]

    def offer(at: int, to: Coords, *, like: float, near_m: float) -> None:
        way = to - ends[rows[at]]
        gap = float(np.hypot(*way))
        if gap <= reach_m:
            ahead = gap <= near_m or float(way @ out[rows[at]]) > like * gap
            targets[at].append((not ahead, gap, float(to[0]), float(to[1])))

    edge, _ = _split_segments(shapely.get_parts(shapely.boundary(area)))
    at, segment = shapely.STRtree(edge).query_nearest(points, max_distance=reach_m)
    meets = shapely.get_coordinates(shapely.shortest_line(points[at], edge[segment]))[1::2]
    for number, to in zip(at.tolist(), meets, strict=True):
        offer(number, to, like=_AHEAD, near_m=_TOUCHING_M)
    every, part = _split_segments(parts)
    at, segment = shapely.STRtree(every).query(points, predicate="dwithin", distance=reach_m)
    foreign = group[part[segment]] != group[owner[rows[at]]]
    at, segment = at[foreign], segment[foreign]
    meets = shapely.get_coordinates(shapely.shortest_line(points[at], every[segment]))[1::2]
    for number, to in zip(at.tolist(), meets, strict=True):
        offer(number, to, like=_AHEAD, near_m=2 * GRID_M)
    at, other = shapely.STRtree(shapely.points(ends)).query(
        points, predicate="dwithin", distance=reach_m
    )
    for number, end in zip(at.tolist(), other.tolist(), strict=True):
        row, gap = rows[number], float(np.hypot(*(ends[end] - ends[rows[number]])))
        if end == row or length[group[owner[row]]] <= 10 * gap:
            continue
        facing = float((ends[row] - ends[end]) @ out[end]) > 0
        offer(number, ends[end], like=0.0 if facing else 2.0, near_m=0.0)
    bridges = [
        shapely.LineString([ends[row], min(offers)[2:]])
        for row, offers in zip(rows, targets, strict=True)
        if offers
    ]
    return np.array(bridges, dtype=object)


def _find_directions(parts: Geometries, ends: Coords, owner: Integers, reach_m: float) -> Coords:
    """Find the unit vectors in which lines run out at their ends, over as much as is bridged."""
    lines = parts[owner]
    length = shapely.length(lines)
    back = np.minimum(reach_m, length / 2)
    starts = (shapely.get_coordinates(shapely.get_point(lines, 0)) == ends).all(axis=1)
    inner = shapely.line_interpolate_point(lines, np.where(starts, back, length - back))
    way = ends - shapely.get_coordinates(inner)
    return np.asarray(way / np.maximum(np.hypot(*way.T), 1e-9)[:, None])


def _group_pieces(parts: Geometries) -> Integers:
    """Give each noded piece the number of the set that it hangs together with by its ends."""
    _, node = np.unique(_list_ends(parts), axis=0, return_inverse=True)
    node = node.ravel() + len(parts)
    pairs = np.column_stack([np.tile(np.arange(len(parts)), 2), node])
    return _label_connected(int(node.max(initial=0)) + 1, pairs)[: len(parts)]


def is_narrow(polygons: Geometries, *, width_m: float) -> NDArray[np.bool_]:
    """Tell which polygons are nowhere wider than `width_m`."""
    areas = shapely.area(polygons)
    # No circle of that width fits into less than its own area.
    result = np.asarray(areas < np.pi / 4 * width_m**2)
    thin = ~result & (areas < shapely.length(polygons) / 2 * width_m)
    result[thin] = shapely.is_empty(shapely.buffer(polygons[thin], -width_m / 2, quad_segs=2))
    return result


def spread_labels(
    polygons: Geometries,
    *,
    known: Mapping[int, str],
    names: Sequence[str],
    pairs: Integers,
) -> tuple[list[str], list[int], list[int]]:
    """Give every face a label, from those that have one.

    Parameters
    ----------
    polygons
        Faces, shape ``(n,)``.
    known
        Label by number of the face, for at least one.
    names
        All labels there are.
    pairs
        Faces that border on each other, ``(m, 2)``.

    Returns
    -------
    labels, unsure, torn
        A label per face; the numbers of faces that could not be decided (label ""); and those
        among them that border on both of two labels.

    Notes
    -----
    With two labels, a face across a line from a labelled one has the other label. Where that
    contradicts itself, as between two lines of which either parts the two sides, the face has
    none. With one label all faces have it. With three and more, only a face that borders on one
    label alone is left, and even that may be a third: it stays undecided. A face that borders on
    nothing, such as an island, has the label of the nearest face.
    """
    count = len(polygons)
    if len(names) == 1:
        return [names[0]] * count, [], []
    labels = [known.get(row, "") for row in range(count)]
    torn = _colour_faces(labels, known, names, pairs) if len(names) == 2 else set()
    for row in torn:
        labels[row] = ""
    have = np.array([bool(label) for label in labels])
    lone = np.ones(count, dtype=bool)
    lone[pairs.ravel()] = False
    islands = np.flatnonzero(~have & lone)
    if len(islands) and have.any():
        rings, face = shapely.get_rings(polygons[have], return_index=True)
        outline, ring = _split_segments(rings)
        nearest = shapely.STRtree(outline).nearest(polygons[islands])
        owner = np.flatnonzero(have)[face[ring[nearest]]]
        for island, row in zip(islands.tolist(), owner.tolist(), strict=True):
            labels[island] = labels[row]
    unsure = [row for row, label in enumerate(labels) if not label]
    return labels, unsure, sorted(torn)


def _colour_faces(
    labels: list[str], known: Mapping[int, str], names: Sequence[str], pairs: Integers
) -> set[int]:
    """Colour faces with two labels, from the known ones outwards; return those that clash."""
    beside: list[list[int]] = [[] for _ in labels]
    for a, b in pairs.tolist():
        beside[a].append(b)
        beside[b].append(a)
    depth = dict.fromkeys(sorted(known), 0)
    waiting = deque(depth)
    torn: set[int] = set()
    while waiting:
        row = waiting.popleft()
        across = names[1 - names.index(labels[row])]
        for other in beside[row]:
            if other not in depth:
                labels[other], depth[other] = across, depth[row] + 1
                waiting.append(other)
            elif labels[other] == labels[row] and depth[row] + depth[other] > 0:
                torn.add(row if depth[row] >= depth[other] else other)
    return torn


def merge_sides(
    polygons: Geometries, *, labels: Sequence[str], names: Sequence[str]
) -> dict[str, Any]:
    """Unite the faces of each label; a label without a face is an empty polygon."""
    owner = np.array(labels, dtype=object)
    return {name: unite_polygons(polygons[owner == name]) for name in names}


def unite_polygons(polygons: Geometries) -> Any:
    """Unite polygons; nothing is an empty polygon."""
    return shapely.union_all(polygons) if len(polygons) else shapely.Polygon()
