"""Move a line within its error: its pieces sway, stay joined, and slide along the area's edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from frontline._typing import Coords, Floats, Geometries
from frontline.uncertainty.intervals import SIGMAS, correlated_noise

_THINNED = 0.05
_PER_LENGTH = 4
_BEYOND_M = 1.0
_ON_EDGE_M = 1.0


@dataclass(frozen=True)
class Piece:
    """One piece of a line, thinned and divided for displacing.

    Parameters
    ----------
    xy
        Vertices, shape ``(n, 2)``.
    normal
        Unit vectors to the left, shape ``(n, 2)``.
    sigma_m
        Standard deviation of the error at each vertex, shape ``(n,)``.
    at_m
        Distance of each vertex from the beginning, shape ``(n,)``.
    closed
        Whether it is a ring.
    """

    xy: Coords
    normal: Coords
    sigma_m: Floats
    at_m: Floats
    closed: bool


def pieces_of(
    lines: Any, segments: Geometries, error_m: Floats, *, correlation_m: float
) -> tuple[Piece, ...]:
    """Prepare the pieces of a line for displacing.

    Parameters
    ----------
    lines
        MultiLineString in canonical order.
    segments, error_m
        Edges of the line, shape ``(n,)``, and the half-width of 95 % of each.
    correlation_m
        Correlation length; vertices come at least four to the length.

    Returns
    -------
    tuple of Piece
        Thinned by 5 % of the smallest error of the line, a tenth of a standard deviation.
    """
    known = np.asarray(error_m, dtype=np.float64)
    thinned = _THINNED * float(known[known > 0].min()) if (known > 0).any() else 0.0
    tree = shapely.STRtree(segments)
    pieces = []
    for part in shapely.get_parts(lines):
        thin = shapely.simplify(part, thinned, preserve_topology=True)
        longest = correlation_m / _PER_LENGTH
        if np.isfinite(longest):
            thin = shapely.segmentize(thin, longest)
        xy = shapely.get_coordinates(thin)
        if len(xy) < 2:
            continue
        closed = bool((xy[0] == xy[-1]).all())
        near = tree.nearest(shapely.points(xy))
        steps = np.hypot(*np.diff(xy, axis=0).T)
        at = np.concatenate([[0.0], np.cumsum(steps)])
        sigma = known[near] / SIGMAS
        normal = _normals(xy, at, 2.0 * sigma, closed=closed)
        pieces.append(Piece(xy, normal, sigma, at, closed))
    return tuple(pieces)


def displaced(
    pieces: Sequence[Piece],
    area: Any,
    generators: Sequence[np.random.Generator],
    *,
    correlation_m: float,
) -> list[list[tuple[Coords, Coords]]]:
    """Displace all pieces of a line once per generator.

    Parameters
    ----------
    pieces
        Result of `pieces_of`.
    area
        The study area: ends on its edge slide along it.
    generators
        One per draw.
    correlation_m
        Correlation length.

    Returns
    -------
    list
        For each draw and piece its displaced vertices, and the same led on: ends on the edge
        reach a metre beyond it, so that they cut it. Pieces that met in a point still meet, in
        their mean place.

    Notes
    -----
    Every vertex moves along the normal of the line's course by correlated Gaussian noise.
    """
    edge = shapely.boundary(area)
    shapely.prepare(edge)
    moved = [
        piece.xy
        + piece.normal
        * (
            correlated_noise(
                piece.at_m,
                generators,
                length_m=float(piece.at_m[-1]),
                correlation_m=correlation_m,
                closed=piece.closed,
            )
            * piece.sigma_m
        )[:, :, None]
        for piece in pieces
    ]
    _keep_joints(pieces, moved)
    sliding = [_edge_ends(piece, area, edge) for piece in pieces]
    return [
        [
            (coords[draw], _slid(coords[draw], ends, area, edge))
            for coords, ends in zip(moved, sliding, strict=True)
        ]
        for draw in range(len(generators))
    ]


def _normals(xy: Coords, at_m: Floats, reach_m: Floats, *, closed: bool) -> Coords:
    """Left normals of the line's general course: of chords that reach two sigma either way.

    A line cannot be displaced by a kilometre along the normals of bends of ten metres.
    """
    length = float(at_m[-1])
    reach = np.clip(reach_m, 1e-3 * length, length / 8.0)
    back, ahead = at_m - reach, at_m + reach
    if closed:
        back, ahead = back % length, ahead % length
    chord = np.column_stack(
        [np.interp(ahead, at_m, axis) - np.interp(back, at_m, axis) for axis in xy.T]
    )
    size = np.hypot(*chord.T)
    steps = np.diff(xy, axis=0, append=xy[:1] if closed else 2 * xy[-1:] - xy[-2:-1])
    # In a hairpin the chord may vanish: the edge that follows gives the direction.
    chord = np.where(size[:, None] > 0.1 * reach[:, None], chord, steps)
    if closed:
        chord[-1] = chord[0]
    size = np.maximum(np.hypot(*chord.T), 1e-9)
    normal = np.column_stack([-chord[:, 1], chord[:, 0]]) / size[:, None]
    return np.asarray(normal, dtype=np.float64)


def _keep_joints(pieces: Sequence[Piece], moved: list[Floats]) -> None:
    """Bring pieces that met in a point together again, at the mean of where each would be."""
    ends = [(row, at) for row in range(len(pieces)) for at in (0, -1)]
    if not ends:
        return
    place = np.array([pieces[row].xy[at] for row, at in ends])
    _, which = np.unique(np.round(place, 2), axis=0, return_inverse=True)
    for joint in np.unique(which):
        here = [ends[k] for k in np.flatnonzero(which.ravel() == joint)]
        if len(here) < 2:
            continue
        mean = np.mean([moved[row][:, at] for row, at in here], axis=0)
        for row, at in here:
            moved[row][:, at] = mean


def _edge_ends(piece: Piece, area: Any, edge: Any) -> list[int]:
    """Find the ends on the area's edge or beyond it, which a displaced line must still reach."""
    if piece.closed:
        return []
    ends = piece.xy[[0, -1]]
    reached = shapely.dwithin(edge, shapely.points(ends), _ON_EDGE_M)
    reached |= ~shapely.contains_xy(area, *ends.T)
    return [at for at, yes in zip((0, -1), reached, strict=True) if yes]


def _slid(coords: Coords, ends: Sequence[int], area: Any, edge: Any) -> Coords:
    for at in ends:
        end = coords[at]
        if not shapely.contains_xy(area, *end):
            continue
        foot = shapely.get_coordinates(shapely.shortest_line(edge, shapely.Point(end)))[0]
        out = foot - end
        size = float(np.hypot(*out))
        if size < 1e-6:
            out, size = end - coords[1 if at == 0 else -2], 1.0
            size = max(float(np.hypot(*out)), 1e-6)
        beyond = (foot + out / size * _BEYOND_M)[None, :]
        coords = np.concatenate([beyond, coords] if at == 0 else [coords, beyond])
    return coords


def hands_of(
    piece: Piece, lands: Sequence[Any], *, away_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Tell which land lies to the left and to the right of each edge of a piece.

    Parameters
    ----------
    piece
        A piece as it was drawn.
    lands
        Polygons that do not overlap.
    away_m
        How far from the edge's middle to look.

    Returns
    -------
    left, right
        Numbers of the lands, shape ``(n - 1,)``; -1 for none of them.
    """
    steps = np.diff(piece.xy, axis=0)
    normal = np.column_stack([-steps[:, 1], steps[:, 0]])
    normal /= np.maximum(np.hypot(*steps.T), 1e-9)[:, None]
    middle = (piece.xy[:-1] + piece.xy[1:]) / 2
    found = []
    for sign in (1.0, -1.0):
        at = middle + sign * away_m * normal
        label = np.full(len(at), -1, dtype=np.int64)
        for number, land in enumerate(lands):
            label[shapely.contains_xy(land, at[:, 0], at[:, 1])] = number
        found.append(label)
    return found[0], found[1]


def labelled_faces(
    course: Sequence[tuple[Coords, Coords]],
    hands: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
    edge: Any,
    area: Any,
    count: int,
) -> tuple[Geometries, NDArray[np.int64]]:
    """Cut an area by displaced pieces, and tell the side of each face by the hand it lies on.

    Parameters
    ----------
    course
        Displaced pieces of one draw, of `displaced`.
    hands
        For each piece the labels to the left and to the right of each edge, shape ``(n,)``,
        -1 where there is none.
    edge, area
        The study area and its boundary.
    count
        How many labels there are.

    Returns
    -------
    faces, labels
        Polygons ``(m,)`` and a label each; -1 where no edge of a piece has a say.

    Notes
    -----
    Every edge of the line votes, with its length, for the face to its left and for the one to
    its right. So a side keeps its name however far the line has moved, and an enclave that a
    draw moves by more than its width is still an enclave; where a piece crosses itself, the
    loop belongs to the side that it was on.
    """
    lines = [shapely.linestrings(led_on) for _, led_on in course]
    noded = shapely.union_all([edge, *lines])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    faces = faces[shapely.contains(area, shapely.point_on_surface(faces))]
    votes = np.zeros((len(faces), count))
    for (xy, _), (left, right) in zip(course, hands, strict=True):
        steps = np.diff(xy, axis=0)
        length = np.hypot(*steps.T)
        middle = (xy[:-1] + xy[1:]) / 2
        normal = np.column_stack([-steps[:, 1], steps[:, 0]]) / np.maximum(length, 1e-9)[:, None]
        for sign, label in ((1, left), (-1, right)):
            voting = np.flatnonzero(label >= 0)
            beside = shapely.points(middle[voting] + sign * 0.5 * normal[voting])
            face, voter = shapely.STRtree(beside).query(faces, predicate="contains")
            np.add.at(votes, (face, label[voting[voter]]), length[voting[voter]])
    labels = np.where(votes.any(axis=1), votes.argmax(axis=1), -1)
    return faces, labels
