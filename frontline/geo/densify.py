"""Edges of geometries: what is straight in one coordinate system, bent into another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import shapely

from frontline._typing import Coords, Geometries, Index

Edit = Callable[[Coords, Index], tuple[Coords, Index]]
Forward = Callable[[Coords], Coords]
Between = Callable[[Coords, Coords], Coords]

_FRACTIONS = (0.25, 0.5, 0.75)


def edit_vertices(geometries: Geometries, *, edit: Edit) -> Geometries:
    """Rebuild geometries after `edit` has changed the vertices of their lines and rings.

    Parameters
    ----------
    geometries
        Shapely geometries, shape ``(n,)``. Heights are dropped; None and empty stay.
    edit
        Takes vertices ``(m, 2)`` and the number of the line each belongs to ``(m,)``, and
        returns both, with as many vertices as it likes.

    Returns
    -------
    ndarray
        Geometries of the same kinds, shape ``(n,)``.
    """
    result: Geometries = shapely.force_2d(np.asarray(geometries, dtype=object))
    parts, owner = shapely.get_parts(result, return_index=True)
    if len(parts) == 0:
        return result
    kinds = shapely.get_type_id(parts)
    rebuilt = parts.copy()
    for kind, rebuild in (
        (0, _rebuild_points),
        (1, _rebuild_lines),
        (2, _rebuild_lines),
        (3, _rebuild_polygons),
    ):
        chosen = (kinds == kind) & ~shapely.is_empty(parts)
        if chosen.any():
            rebuilt[chosen] = rebuild(parts[chosen], edit)
    starts = np.searchsorted(owner, np.arange(len(result) + 1))
    outer = shapely.get_type_id(result)
    for row in np.unique(owner):
        members = rebuilt[starts[row] : starts[row + 1]]
        result[row] = members[0] if outer[row] < 4 else _collect_parts(members, int(outer[row]))
    return result


def make_densifier(
    forward: Forward,
    *,
    tolerance: float,
    first_step: float,
    longest: float = np.inf,
    period: float | None = None,
    between: Between = np.subtract,
) -> Edit:
    """Make an edit that projects vertices and adds more where a straight edge becomes a curve.

    Parameters
    ----------
    forward
        Projects ``(m, 2)`` coordinates of the source into the target.
    tolerance
        Largest distance between the curve and its chords (sagitta), in the target's unit.
    first_step
        Edges are examined in pieces no longer than this, in the source's unit; the curve must
        be smooth over it.
    longest
        Longest edge that may remain, in the target's unit.
    period
        Period of the source's x (360 for degrees): an edge longer than half of it, and shorter
        than all of it, is taken to run the short way round.
    between
        Offsets ``(m, 2)`` from the second to the first of two arrays of target coordinates.

    Returns
    -------
    callable
        An edit for `edit_vertices`.

    Notes
    -----
    The sagitta of a smooth curve falls with the square of the number of equal pieces, so one
    look at the quarter points tells how many pieces are needed. Pieces are counted from the
    lexicographically smaller end, so that an edge drawn backwards gives the same vertices.
    """

    def edit(coords: Coords, line: Index) -> tuple[Coords, Index]:
        start, stop = _find_ends(coords, line, period)
        swap = (stop[:, 0] < start[:, 0]) | (
            (stop[:, 0] == start[:, 0]) & (stop[:, 1] < start[:, 1])
        )
        low, high = np.where(swap[:, None], stop, start), np.where(swap[:, None], start, stop)
        span = np.hypot(*(high - low).T)
        looks = np.maximum(1, np.ceil(span / first_step)).astype(np.int64)
        pieces = looks * _count_pieces(
            low, high, looks, forward, tolerance=tolerance, longest=longest, between=between
        )
        edge, step = _repeat_rows(pieces)
        share = np.where(swap[edge], pieces[edge] - step, step) / pieces[edge]
        inside = low[edge] + (high - low)[edge] * share[:, None]
        first = step == 0
        inside[first] = start[edge[first]]
        last = np.flatnonzero(np.append(np.diff(line) != 0, True))
        inner = np.flatnonzero(np.append(np.diff(line) == 0, False))
        counts = np.ones(len(coords), dtype=np.int64)
        counts[inner] = pieces
        place = np.concatenate([[0], np.cumsum(counts)[:-1]])
        dense = np.empty((counts.sum(), 2))
        dense[np.repeat(place[inner], pieces) + step] = inside
        dense[place[last]] = coords[last]
        return forward(dense), np.repeat(line, counts)

    return edit


def _count_pieces(
    low: Coords,
    high: Coords,
    looks: Index,
    forward: Forward,
    *,
    tolerance: float,
    longest: float,
    between: Between,
) -> Index:
    """Pieces that every look of an edge must be cut into, the most over the edge's looks."""
    edge, step = _repeat_rows(looks)
    if len(edge) == 0:
        return np.zeros(0, dtype=np.int64)
    slope = (high - low) / looks[:, None]
    head = low[edge] + slope[edge] * step[:, None]
    head_to, tail_to = forward(head), forward(head + slope[edge])
    chord = between(tail_to, head_to)
    length = np.hypot(*chord.T)
    sagitta = np.zeros(len(edge))
    for fraction in _FRACTIONS:
        offset = between(forward(head + slope[edge] * fraction), head_to)
        across = np.abs(chord[:, 0] * offset[:, 1] - chord[:, 1] * offset[:, 0])
        deviation = np.where(
            length > 0, across / np.where(length > 0, length, 1.0), np.hypot(*offset.T)
        )
        sagitta = np.maximum(sagitta, deviation)
    needed = np.maximum(np.ceil(np.sqrt(sagitta / tolerance)), np.ceil(length / longest))
    result = np.ones(len(looks), dtype=np.int64)
    np.maximum.at(result, edge, np.maximum(1, np.nan_to_num(needed, posinf=1)).astype(np.int64))
    return result


def _find_ends(coords: Coords, line: Index, period: float | None) -> tuple[Coords, Coords]:
    inner = np.flatnonzero(np.diff(line) == 0)
    start, stop = coords[inner].copy(), coords[inner + 1].copy()
    if period is not None:
        # An edge of a whole turn, as of a box round a pole, is meant as it is drawn.
        across = np.abs(stop[:, 0] - start[:, 0])
        turn = (across > period / 2) & (across < period * (1 - 1e-9))
        stop[turn, 0] += np.where(stop[turn, 0] < start[turn, 0], period, -period)
    return start, stop


def _repeat_rows(counts: Index) -> tuple[Index, Index]:
    """Repeat each row `counts` times: the row's number, and the count within the row."""
    row = np.repeat(np.arange(len(counts)), counts)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]]) if len(counts) else np.zeros(0, int)
    return row, np.arange(len(row)) - first[row]


def _rebuild_points(parts: Geometries, edit: Edit) -> Geometries:
    coords, line = edit(shapely.get_coordinates(parts), np.arange(len(parts)))
    return np.asarray(shapely.points(coords), dtype=object)[np.argsort(line, kind="stable")]


def _rebuild_lines(parts: Geometries, edit: Edit) -> Geometries:
    coords, line = edit(*shapely.get_coordinates(parts, return_index=True))
    return np.asarray(shapely.linestrings(coords, indices=line), dtype=object)


def _rebuild_polygons(parts: Geometries, edit: Edit) -> Geometries:
    rings, owner = shapely.get_rings(parts, return_index=True)
    coords, ring = edit(*shapely.get_coordinates(rings, return_index=True))
    # A ring must close to the bit, whichever way round its last edge was projected.
    last = np.flatnonzero(np.append(np.diff(ring) != 0, True))
    coords[last] = coords[np.concatenate([[0], last[:-1] + 1])]
    bent = shapely.linearrings(coords, indices=ring)
    return np.asarray(shapely.polygons(bent, indices=owner), dtype=object)


def _collect_parts(parts: Geometries, kind: int) -> Any:
    gather = {
        4: shapely.multipoints,
        5: shapely.multilinestrings,
        6: shapely.multipolygons,
        7: shapely.geometrycollections,
    }[kind]
    return gather(parts)
