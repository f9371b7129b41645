"""Move a line within its error: its pieces sway, stay joined, and slide along the area's edge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import shapely
from scipy.interpolate import CubicSpline

from frontline._typing import Coords, Floats, Geometries, Index, Integers
from frontline.uncertainty.intervals import SIGMAS
from frontline.uncertainty.noise import (
    Chain,
    Waves,
    divide_waves,
    draw_errors,
    estimate_true_shares,
    place_nodes,
)

Kind = Literal["drawn", "smooth", "lines", "maps"]
"""Copies of a line: as it is drawn, without the bends that error gave it, as it may truly run, and
as maps of the smooth one would show it."""

_THINNED = 0.05
_PER_LENGTH = 4
_BEYOND_M = 1.0
_ON_EDGE_M = 1.0
_BESIDE_M = 0.5
_MOST_SIGMAS = 3.0
_STRIP_SIGMAS = 6.0
_ENOUGH = 60


@dataclass(frozen=True)
class LinePart:
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
    raw_xy, raw_at_m
        Vertices before thinning, ``(r, 2)``, and where each lies on the thinned piece, ``(r,)``.
    """

    xy: Coords
    normal: Coords
    sigma_m: Floats
    at_m: Floats
    closed: bool
    raw_xy: Coords
    raw_at_m: Floats


def prepare_line(
    lines: Any, *, segments: Geometries, error_m: Floats, correlation_m: float
) -> tuple[LinePart, ...]:
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
        raw = shapely.get_coordinates(part)
        kept = shapely.get_coordinates(shapely.simplify(part, thinned, preserve_topology=True))
        if len(kept) < 2:
            continue
        raw_at = _places_on(raw, kept)
        thin = shapely.linestrings(kept)
        if np.isfinite(correlation_m):
            thin = shapely.segmentize(thin, correlation_m / _PER_LENGTH)
        xy = shapely.get_coordinates(thin)
        closed = bool((xy[0] == xy[-1]).all())
        sigma = known[tree.nearest(shapely.points(xy))] / SIGMAS
        at = _along(xy)
        normal = _normals(xy, at, 2.0 * sigma, closed=closed)
        pieces.append(LinePart(xy, normal, sigma, at, closed, raw, raw_at))
    return tuple(pieces)


def _along(xy: Coords) -> Floats:
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])


def _places_on(raw: Coords, kept: Coords) -> Floats:
    """Place the vertices of a line on its thinned self, whose vertices are among them."""
    rows, row = [0], 0
    for vertex in kept[1:-1]:
        row += 1
        while row < len(raw) - 1 and not (raw[row] == vertex).all():
            row += 1
        rows.append(row)
    rows.append(len(raw) - 1)
    whole = _along(raw)
    return np.asarray(np.interp(whole, whole[rows], _along(kept)), dtype=np.float64)


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


@dataclass(frozen=True)
class Hands:
    """Which land lies on either hand of the edges of a piece, -1 for none.

    Parameters
    ----------
    left, right
        Of each edge of the thinned piece, shape ``(n - 1,)``.
    raw_left, raw_right
        Of each edge before thinning, shape ``(r - 1,)``.
    """

    left: Integers
    right: Integers
    raw_left: Integers
    raw_right: Integers


def find_hands(piece: LinePart, *, lands: Sequence[Any]) -> Hands:
    """Tell which land lies to the left and to the right of each edge of a piece.

    Parameters
    ----------
    piece
        A piece as it was drawn.
    lands
        Polygons that do not overlap.

    Returns
    -------
    Hands
        An edge of the thinned piece has the land that most of the line's own course there has.
    """
    steps = np.diff(piece.raw_xy, axis=0)
    size = np.hypot(*steps.T)
    normal = np.column_stack([-steps[:, 1], steps[:, 0]]) / np.maximum(size, 1e-9)[:, None]
    middle = (piece.raw_xy[:-1] + piece.raw_xy[1:]) / 2
    edge = np.searchsorted(piece.at_m, (piece.raw_at_m[:-1] + piece.raw_at_m[1:]) / 2) - 1
    edge = np.clip(edge, 0, len(piece.xy) - 2)
    whole = np.searchsorted(piece.raw_at_m, (piece.at_m[:-1] + piece.at_m[1:]) / 2) - 1
    whole = np.clip(whole, 0, len(middle) - 1)
    raw, thinned = [], []
    for sign in (1.0, -1.0):
        beside = middle + sign * _BESIDE_M * normal
        label = np.full(len(beside), -1, dtype=np.int64)
        for number, land in enumerate(lands):
            shapely.prepare(land)
            label[shapely.contains_xy(land, beside[:, 0], beside[:, 1])] = number
        votes = np.zeros((len(piece.xy) - 1, len(lands) + 1))
        np.add.at(votes, (edge, label), size)
        # An edge that was divided has its middle on one of its parts: the others ask it.
        most = np.where(votes.any(axis=1), votes.argmax(axis=1), label[whole])
        raw.append(label)
        thinned.append(np.where(most == len(lands), -1, most))
    return Hands(thinned[0], thinned[1], raw[0], raw[1])


@dataclass(frozen=True)
class DisplacedLine:
    """A line with all of its displaced copies.

    Parameters
    ----------
    pieces, hands
        The pieces, and what lies on either hand of them.
    names
        Names of the sides, in the order of their numbers.
    area
        Land that the sides cover.
    moved
        By kind of copy, where each vertex of each piece comes to lie, ``(copies, n, 2)``.
    shares
        Share of the bends of each width that is taken for true.
    generalised
        Whether the line is drawn smoother than its error would have it: its copies are then
        lines as they may run, whatever is measured.
    """

    pieces: tuple[LinePart, ...]
    hands: tuple[Hands, ...]
    names: tuple[str, ...]
    area: Any
    moved: Mapping[Kind, tuple[Coords, ...]]
    shares: tuple[Floats, ...]
    generalised: bool = False

    def count(self, kind: Kind) -> int:
        """Return how many copies of a kind there are."""
        moved = self.moved[kind]
        return len(moved[0]) if moved else 0

    @cached_property
    def joints(self) -> list[list[tuple[int, int]]]:
        """Ends of pieces that meet: number of the piece, and 0 or -1 for its end."""
        return find_joints(self.pieces)

    @cached_property
    def ends(self) -> tuple[tuple[int, ...], ...]:
        """Ends of each piece that lie on the area's edge or beyond it."""
        edge = shapely.boundary(self.area)
        shapely.prepare(edge)
        shapely.prepare(self.area)
        return tuple(
            tuple(find_edge_ends(piece, area=self.area, edge=edge)) for piece in self.pieces
        )

    def vertices(self, kind: Kind, number: int) -> list[Coords]:
        """Return the vertices of each piece in one copy; pieces that met still meet."""
        moved = [copies[number].copy() for copies in self.moved[kind]]
        for joint in self.joints:
            mean = sum(moved[row][at] for row, at in joint) / len(joint)
            for row, at in joint:
                moved[row][at] = mean
        return moved

    def course(self, kind: Kind, number: int) -> list[tuple[Coords, Coords]]:
        """Return the vertices of each piece, and the same led on over the area's edge."""
        edge = shapely.boundary(self.area)
        return [
            (xy, _slid(xy, ends, self.area, edge))
            for xy, ends in zip(self.vertices(kind, number), self.ends, strict=True)
        ]


def displace_line(
    pieces: Sequence[LinePart],
    *,
    lands: Mapping[str, Any],
    area: Any,
    draws: int,
    correlation_m: float,
    seed: int,
    key: str,
) -> DisplacedLine:
    """Displace a line many times within its error.

    Parameters
    ----------
    pieces
        Result of `prepare_line`.
    lands
        Land by the name of the side.
    area
        Land that the sides cover; ends on its edge slide along it.
    draws
        Copies of either kind.
    correlation_m
        Correlation length.
    seed, key
        Lines of one seed and key have the same error where they coincide.

    Returns
    -------
    DisplacedLine

    Notes
    -----
    A drawn line carries its error already: to displace it once more gives lines that wind too
    much. So what the error alone would have bent is taken out of it first, band by band
    (`noise.estimate_true_shares`). Of a band of which the share s is true, the ``smooth`` line
    keeps the root of s of every bend, so that its bends have the variance of the true ones: how
    much zones spread depends on it. ``maps`` displace that line with the full error, as the map at
    hand was made from the truth: along its normals, and alike over lengths of it, for a map that
    winds is longer. ``lines`` start from the likeliest truth, which keeps s of every
    bend, and add what the map leaves unknown: the error's long waves, and of its bends the part
    that is believed. A line smoother than its error is displaced as it is.

    References
    ----------
    Cannon, T. M. (1974), Digital image deblurring by nonlinear homomorphic filtering (the filter
    that equalises power).
    """
    hands = tuple(find_hands(piece, lands=list(lands.values())) for piece in pieces)
    rank = {number: at for at, number in enumerate(np.argsort(list(lands), kind="stable"))}
    signs = [_sign(hand, rank) for hand in hands]
    along = [piece.at_m for piece in pieces]
    # A winding map is longer than the line: its error is drawn along the smooth one.
    for count in (min(draws, _ENOUGH), draws):
        waves = [
            _draw_waves(piece, at_m, sign, count, correlation_m, seed, key)
            for piece, at_m, sign in zip(pieces, along, signs, strict=True)
        ]
        shares, generalised = estimate_true_shares(waves)
        smooth = [
            _straighten(piece, wave, 1.0 - np.sqrt(own))
            for piece, wave, own in zip(pieces, waves, shares, strict=True)
        ]
        along = [_along(xy) for xy in smooth]
    moved: dict[Kind, tuple[Coords, ...]] = {
        "drawn": tuple(piece.xy[None] for piece in pieces),
        "smooth": tuple(base[None] for base in smooth),
        "lines": tuple(
            _sway(piece, base, _straighten(piece, wave, 1.0 - own), np.sqrt(own), wave)
            for piece, base, wave, own in zip(pieces, smooth, waves, shares, strict=True)
        ),
        "maps": tuple(
            _sway(piece, base, base, np.ones(len(wave.level)), wave)
            for piece, base, wave in zip(pieces, smooth, waves, strict=True)
        ),
    }
    return DisplacedLine(
        tuple(pieces),
        hands,
        tuple(lands),
        area,
        moved,
        shares,
        generalised,
    )


def _sway(piece: LinePart, smooth: Coords, start: Coords, share: Floats, waves: Waves) -> Coords:
    """Move a course along the normals of a smooth one by shares of the drawn errors."""
    normal = _normals(smooth, _along(smooth), 2.0 * piece.sigma_m, closed=piece.closed)
    errors = waves.rest + waves.offsets(share * waves.errors)
    nodes = np.linspace(0.0, piece.at_m[-1], errors.shape[1])
    # Straight between nodes the error would wind by a thirtieth too little.
    field = CubicSpline(nodes, errors, axis=1)(piece.at_m)
    return np.asarray(start + normal * field[:, :, None], dtype=np.float64)


def _draw_waves(
    piece: LinePart,
    along_m: Floats,
    sign: float,
    draws: int,
    correlation_m: float,
    seed: int,
    key: str,
) -> Waves:
    """Divide a piece, and errors drawn along it at given positions of its vertices, into waves."""
    own = Chain(piece.raw_xy, piece.raw_at_m, float(piece.at_m[-1]), piece.closed, sign)
    raw_at_m = np.interp(piece.raw_at_m, piece.at_m, along_m)
    chain = Chain(piece.raw_xy, raw_at_m, float(along_m[-1]), piece.closed, sign)
    nodes = place_nodes(own, correlation_m=correlation_m)
    errors = draw_errors(
        chain,
        at_m=np.interp(nodes, piece.at_m, along_m),
        draws=draws,
        correlation_m=correlation_m,
        seed=seed,
        key=key,
    )
    return divide_waves(
        own,
        xy=_between(piece.xy.T, piece.at_m, nodes).T,
        errors_m=np.interp(nodes, piece.at_m, piece.sigma_m) * errors,
        correlation_m=correlation_m,
    )


def _straighten(piece: LinePart, waves: Waves, taken: Floats) -> Coords:
    """Take shares of its bends out of a piece, by no more than three standard deviations."""
    nodes = np.linspace(0.0, piece.at_m[-1], len(waves.normal))
    off = _between(waves.offsets(taken * waves.bends)[None], nodes, piece.at_m)[0]
    limit = _MOST_SIGMAS * piece.sigma_m
    normal = _between(waves.normal.T, nodes, piece.at_m).T
    return np.asarray(piece.xy - normal * np.clip(off, -limit, limit)[:, None])


def _sign(hands: Hands, rank: Mapping[int, int]) -> float:
    """Tell which way a piece runs between its sides: 1 or -1."""
    known = (hands.left >= 0) & (hands.right >= 0)
    left, right = (
        np.array([rank.get(int(number), 0) for number in some])
        for some in (hands.left, hands.right)
    )
    return 1.0 if float((np.sign(right - left) * known).sum()) >= 0 else -1.0


def _between(fields: Floats, at_m: Floats, wanted_m: Floats) -> Floats:
    """Interpolate rows of values ``(k, n)`` at other places along a piece."""
    if len(at_m) < 2:
        return np.repeat(fields[:, :1], len(wanted_m), axis=1)
    row = np.clip(np.searchsorted(at_m, wanted_m) - 1, 0, len(at_m) - 2)
    width = np.maximum(at_m[row + 1] - at_m[row], 1e-12)
    part = np.clip((wanted_m - at_m[row]) / width, 0.0, 1.0)
    return np.asarray(fields[:, row] * (1.0 - part) + fields[:, row + 1] * part)


def find_joints(pieces: Sequence[LinePart]) -> list[list[tuple[int, int]]]:
    """Find the ends of pieces that meet: number of the piece, and 0 or -1 for its end."""
    ends = [(row, at) for row in range(len(pieces)) for at in (0, -1)]
    if not ends:
        return []
    place = np.array([pieces[row].xy[at] for row, at in ends])
    _, which = np.unique(np.round(place, 2), axis=0, return_inverse=True)
    joints = [
        [ends[k] for k in np.flatnonzero(which.ravel() == joint)]
        for joint in range(int(which.max()) + 1)
    ]
    return [joint for joint in joints if len(joint) > 1]


def find_edge_ends(piece: LinePart, *, area: Any, edge: Any) -> list[int]:
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


@dataclass(frozen=True)
class Edges:
    """Edges of one copy of a line, ready for the loops of `kernels`.

    Parameters
    ----------
    vertices
        Of all pieces, led on to the area's edge, shape ``(n, 2)``.
    head
        First vertex of each edge, shape ``(e,)``.
    left, right
        Number of the side on either hand of each edge, -1 for none, ``(e,)``.
    strips
        Short edges beyond the area where a piece is led on, shape ``(s, 2, 2)``.
    strip_left, strip_right
        Their sides, shape ``(s,)``.
    """

    vertices: Coords
    head: Index
    left: Integers
    right: Integers
    strips: Floats
    strip_left: Integers
    strip_right: Integers


@dataclass(frozen=True)
class EdgeMaker:
    """Makes the edges of every copy of a line: what they have in common is found once."""

    line: DisplacedLine
    ends: tuple[tuple[int, ...], ...]
    feet: Mapping[Kind, Mapping[tuple[int, int], Coords]]
    head: Index
    left: Integers
    right: Integers

    @classmethod
    def of(cls, line: DisplacedLine) -> EdgeMaker:
        """Find which ends are led on, and to where in each copy."""
        edge, ends = shapely.boundary(line.area), line.ends
        shapely.prepare(edge)
        feet: dict[Kind, dict[tuple[int, int], Coords]] = {}
        for kind, moved in line.moved.items():
            feet[kind] = {
                (row, at): _feet(copies[:, at], line.area, edge)
                for row, copies in enumerate(moved)
                for at in ends[row]
            }
        head, left, right, start = [], [], [], 0
        for own, hand in zip(ends, line.hands, strict=True):
            lead, follow = 0 in own, -1 in own
            labels = np.stack([hand.left, hand.right])
            labels = np.concatenate(
                [labels[:, :1][:, : int(lead)], labels, labels[:, -1:][:, : int(follow)]], axis=1
            )
            head.append(start + np.arange(labels.shape[1]))
            left.append(labels[0])
            right.append(labels[1])
            start += labels.shape[1] + 1
        whole = [np.concatenate([np.zeros(0, np.int64), *some]) for some in (head, left, right)]
        return cls(line, ends, feet, whole[0], whole[1], whole[2])

    @cached_property
    def drawn(self) -> Edges:
        """Edges of the line as it is drawn."""
        return self.edges("drawn", 0)

    def edges(self, kind: Kind, number: int) -> Edges:
        """Return the edges of one copy."""
        courses, strips, left, right = [np.zeros((0, 2))], [np.zeros((0, 2, 2))], [], []
        for row, course in enumerate(self.line.vertices(kind, number)):
            xy = course
            piece, hand = self.line.pieces[row], self.line.hands[row]
            for at in self.ends[row]:
                foot = self.feet[kind][row, at][number][None, :]
                xy = np.concatenate([foot, xy] if at == 0 else [xy, foot])
                out = foot + _way_out(piece, at)
                strips.append(np.stack([out, foot] if at == 0 else [foot, out], axis=1))
                left.append(hand.left[at])
                right.append(hand.right[at])
            courses.append(xy)
        return Edges(
            np.concatenate(courses),
            self.head,
            self.left,
            self.right,
            np.concatenate(strips),
            np.array(left, dtype=np.int64),
            np.array(right, dtype=np.int64),
        )


def _feet(ends: Coords, area: Any, edge: Any) -> Coords:
    """Lead ends that lie inside an area straight to its edge; others stay."""
    feet = ends.copy()
    inside = np.flatnonzero(shapely.contains_xy(area, *ends.T))
    if len(inside):
        to_edge = shapely.shortest_line(edge, shapely.points(ends[inside]))
        feet[inside] = shapely.get_coordinates(to_edge)[::2]
    return feet


def _way_out(piece: LinePart, end: int) -> Coords:
    """Step out of the area from an end, longer than any copy moves."""
    inner = piece.xy[1] if end == 0 else piece.xy[-2]
    step = piece.xy[end] - inner
    size = max(float(np.hypot(*step)), 1e-9)
    return np.asarray(step / size * (_STRIP_SIGMAS * float(piece.sigma_m[end]) + 1.0))


def find_thinning_edges(line: DisplacedLine) -> tuple[Floats, Floats, Integers, Integers]:
    """Return the raw edges of a line and the vertices that they are thinned to.

    Returns
    -------
    old, new, left, right
        Edges before ``(r, 2, 2)``; the place on the thinned line that they are drawn together
        to, twice; and the sides on their hands.
    """
    old, new = [np.zeros((0, 2, 2))], [np.zeros((0, 2, 2))]
    left, right = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for piece, hand in zip(line.pieces, line.hands, strict=True):
        at = piece.raw_at_m
        on_line = np.column_stack([np.interp(at, piece.at_m, axis) for axis in piece.xy.T])
        old.append(np.stack([piece.raw_xy[:-1], piece.raw_xy[1:]], axis=1))
        new.append(np.stack([on_line[:-1], on_line[1:]], axis=1))
        left.append(hand.raw_left)
        right.append(hand.raw_right)
    return np.concatenate(old), np.concatenate(new), np.concatenate(left), np.concatenate(right)


def label_faces(
    course: Sequence[tuple[Coords, Coords]],
    *,
    hands: Sequence[Hands],
    edge: Any,
    area: Any,
    count: int,
) -> tuple[Geometries, Integers]:
    """Cut an area by displaced pieces, and tell the side of each face by the hand it lies on.

    Parameters
    ----------
    course
        Displaced pieces of one copy, of `DisplacedLine.course`.
    hands
        What lies on either hand of each piece.
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
    for (xy, _), hand in zip(course, hands, strict=True):
        steps = np.diff(xy, axis=0)
        length = np.hypot(*steps.T)
        middle = (xy[:-1] + xy[1:]) / 2
        normal = np.column_stack([-steps[:, 1], steps[:, 0]]) / np.maximum(length, 1e-9)[:, None]
        for sign, label in ((1, hand.left), (-1, hand.right)):
            voting = np.flatnonzero(label >= 0)
            beside = shapely.points(middle[voting] + sign * 0.5 * normal[voting])
            face, voter = shapely.STRtree(beside).query(faces, predicate="contains")
            np.add.at(votes, (face, label[voting[voter]]), length[voting[voter]])
    labels = np.where(votes.any(axis=1), votes.argmax(axis=1), -1)
    return faces, labels
