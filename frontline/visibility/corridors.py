"""Corridors cut into short pieces, and put together again by what is in sight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontline import schema
from frontline.schema import Table
from frontline.visibility.targets import STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from frontline.elevation.dem import Dem
    from frontline.inputs.layers import Layers


CORRIDORS = ["id", "name", "kind", "line", "in_sight", "km"]
"""Columns of :func:`join_by_state`, beside ``geometry``."""

SEGMENTS = Table(
    "corridor_sight",
    "Corridors in sight",
    "Segments of corridors in sight of a line, hidden or undecided; the rest is out of range.",
    (
        schema.text("id", "Identifier", "Identifier of the corridor."),
        schema.text("name", "Name", "Name as the input gives it."),
        schema.KIND_OF_CORRIDOR,
        schema.LINE,
        schema.text(
            "in_sight", "In sight of the line", "visible, hidden or unknown (heights are missing)."
        ),
        schema.number("from_km", "km", "From", "Along the corridor, where the segment begins."),
        schema.number("to_km", "km", "To", "Along the corridor, where the segment ends."),
        schema.number("km", "km", "Length", "Length of the segment, on the ellipsoid."),
    ),
    lists=("corridors",),
    key=("id", "line", "from_km"),
    foreign=(schema.OF_LINE,),
)
"""Columns of :func:`join_segments`, beside ``geometry``."""

SAMPLE_M = 100.0
"""Corridors are looked at once per elevation cell, but not more often than this."""


@dataclass(frozen=True)
class CorridorPieces:
    """Short pieces of corridors, in order along each part of each corridor.

    Parameters
    ----------
    ends
        First and last point in the frame, shape ``(n, 2, 2)``.
    row
        Row of the corridor that a piece belongs to, shape ``(n,)``.
    part
        Number of the connected part that it belongs to, counted over all corridors.
    length_m
        Length on the ground, shape ``(n,)``.
    from_m
        Length of the same corridor before the piece, shape ``(n,)``.
    """

    ends: NDArray[np.float64]
    row: NDArray[np.int64]
    part: NDArray[np.int64]
    length_m: NDArray[np.float64]
    from_m: NDArray[np.float64]


def cut_corridors(layers: Layers, *, dem: Dem) -> CorridorPieces:
    """Cut all corridors into short pieces.

    Parameters
    ----------
    layers
        For ``corridors`` and ``plane``.
    dem
        The elevation, for the size of its cells.
    """
    parts, rows = shapely.get_parts(layers.corridors.geometry.to_numpy(), return_index=True)
    dense = shapely.segmentize(parts, max(SAMPLE_M, *dem.sight_step_m))
    xy, line = shapely.get_coordinates(dense, return_index=True)
    same = np.flatnonzero(np.diff(line) == 0)
    ends = np.stack([xy[same], xy[same + 1]], axis=1)
    length_m = layers.plane.ground_m(ends[:, 0], ends[:, 1])
    row = rows[line[same]]
    before = np.cumsum(length_m) - length_m
    first = np.flatnonzero(np.diff(row, prepend=-1))
    from_m = before - np.repeat(before[first], np.diff(np.append(first, len(row))))
    return CorridorPieces(ends, row, line[same], length_m, from_m)


def join_by_state(
    layers: Layers, *, line: str, pieces: CorridorPieces, state: NDArray[np.object_]
) -> gpd.GeoDataFrame:
    """Join the pieces of each corridor that are in one state.

    Parameters
    ----------
    layers
        For ``corridors``.
    line
        Key of the line looked from.
    pieces
        From `cut_corridors`.
    state
        One of :data:`frontline.tallies.STATES` per piece.

    Returns
    -------
    One row per corridor and state, columns :data:`CORRIDORS`.
    """
    code = pieces.row * len(STATES) + _codes(state)
    order = np.argsort(code, kind="stable")
    rows = []
    for group in _runs(order, np.diff(code[order]) != 0):
        km = float(pieces.length_m[group].sum()) / 1000.0
        named = (*_named(layers, pieces.row[group[0]]), line, state[group[0]])
        rows.append((*named, km, _shape(pieces, group)))
    return _frame(rows, CORRIDORS, layers)


def join_segments(
    layers: Layers, *, line: str, pieces: CorridorPieces, state: NDArray[np.object_]
) -> gpd.GeoDataFrame:
    """Join the pieces that follow each other in one state.

    Parameters
    ----------
    layers, line, pieces, state
        As for `join_by_state`.

    Returns
    -------
    One row per segment, columns :data:`SEGMENTS`, in order along the corridors; those out of
    range are left out.
    """
    code = _codes(state)
    new = (np.diff(code) != 0) | (np.diff(pieces.part) != 0)
    rows = []
    for group in _runs(np.arange(len(code)), new):
        if state[group[0]] != "out_of_range":
            start = float(pieces.from_m[group[0]])
            end = float(pieces.from_m[group[-1]] + pieces.length_m[group[-1]])
            named = (*_named(layers, pieces.row[group[0]]), line, state[group[0]])
            along = (start / 1000.0, end / 1000.0, (end - start) / 1000.0)
            rows.append((*named, *along, _shape(pieces, group)))
    return _frame(rows, SEGMENTS.names, layers)


def _codes(state: NDArray[np.object_]) -> NDArray[np.int64]:
    codes = np.zeros(len(state), dtype=np.int64)
    for number, name in enumerate(STATES):
        codes[state == name] = number
    return codes


def _runs(order: NDArray[np.int64], new: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    return np.split(order, np.flatnonzero(new) + 1) if len(order) else []


def _named(layers: Layers, row: int) -> tuple[object, ...]:
    return tuple(layers.corridors[name].iloc[row] for name in ("id", "name", "kind"))


def _shape(pieces: CorridorPieces, group: NDArray[np.int64]) -> object:
    return shapely.line_merge(shapely.multilinestrings(pieces.ends[group]))


def _frame(
    rows: Sequence[tuple[object, ...]], columns: Sequence[str], layers: Layers
) -> gpd.GeoDataFrame:
    table = pd.DataFrame(rows, columns=[*columns, "geometry"])
    return gpd.GeoDataFrame(table, geometry="geometry", crs=layers.plane.crs)
