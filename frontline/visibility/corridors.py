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
    from numpy.typing import NDArray

    from frontline.elevation.dem import Dem
    from frontline.inputs.layers import Layers


CORRIDORS = ["id", "name", "kind", "line", "in_sight", "km"]
"""Columns of :func:`sum_by_state`."""

CORRIDOR_ZONES = Table(
    "corridor_sight",
    "Corridors in sight",
    "Kilometres of each corridor in each zone that are in sight of a line, hidden or undecided; "
    "the rest lies beyond the radius. The course in the zone is given as a whole, and only where "
    "some of it is in sight: which part of it is hidden is told nowhere.",
    (
        schema.text("id", "Identifier", "Identifier of the corridor."),
        schema.text("name", "Name", "Name as the input gives it."),
        schema.KIND_OF_CORRIDOR,
        schema.LINE,
        schema.SIDE,
        schema.number("from_m", "m", "From", "Inner edge of the zone, from the line."),
        schema.DISTANCE,
        schema.number("km", "km", "Length", "Length of the corridor in the zone."),
        schema.number("visible_km", "km", "In sight", "Of it in sight of the line."),
        schema.number("hidden_km", "km", "Hidden", "Of it hidden by the ground."),
        schema.number("unknown_km", "km", "Undecided", "Of it undecided: heights are missing."),
    ),
    lists=("corridors",),
    key=("id", "line", "side", "distance_m"),
    foreign=(schema.OF_LINE, schema.OF_SIDE),
)
"""Columns of :func:`sum_by_zone`, beside ``geometry``."""

SAMPLE_M = 30.0
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
    length_m
        Length on the ground, shape ``(n,)``.
    """

    ends: NDArray[np.float64]
    row: NDArray[np.int64]
    length_m: NDArray[np.float64]


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
    return CorridorPieces(ends, rows[line[same]], length_m)


def sum_by_state(
    layers: Layers, *, line: str, pieces: CorridorPieces, state: NDArray[np.object_]
) -> pd.DataFrame:
    """Add up the kilometres of each corridor by what is in sight.

    Parameters
    ----------
    layers
        For ``corridors``.
    line
        Key of the line looked from.
    pieces
        From `cut_corridors`.
    state
        One of :data:`frontline.visibility.targets.STATES` per piece.

    Returns
    -------
    One row per corridor and state that occurs, columns :data:`CORRIDORS`.
    """
    corridors = layers.corridors.iloc[pieces.row][["id", "name", "kind"]].reset_index(drop=True)
    table = corridors.assign(
        row=pieces.row, line=line, code=_number_states(state), km=pieces.length_m / 1000.0
    )
    # Grouped by number: names and kinds may be empty, and identifiers need not be unique.
    km = table.groupby(["row", "code"])["km"].sum()
    first = table.drop_duplicates(["row", "code"]).set_index(["row", "code"]).loc[km.index]
    names = np.array(STATES, dtype=object)[km.index.get_level_values("code")]
    summed: pd.DataFrame = first.assign(km=km, in_sight=names).reset_index(drop=True)
    return summed[CORRIDORS]


def sum_by_zone(
    layers: Layers,
    *,
    line: str,
    pieces: CorridorPieces,
    state: NDArray[np.object_],
    zones: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Add up the kilometres of each corridor in each zone by what is in sight.

    Parameters
    ----------
    layers, line, pieces, state
        As for `sum_by_state`.
    zones
        Zones of the line, ``side, distance_m, kind, geometry`` in the plane.

    Returns
    -------
    One row per corridor and ring that it enters, columns :data:`CORRIDOR_ZONES`; the geometry, in
    the plane, is all of the corridor's course in the ring, and missing where none of it is in
    sight.
    """
    rings = zones[zones["kind"] == "ring"].sort_values(["side", "distance_m"], kind="stable")
    courses = shapely.linestrings(pieces.ends)
    ring, piece, course = _cut_by_rings(courses, rings.geometry.to_numpy())
    share = shapely.length(course) / shapely.length(courses[piece])
    groups, group = np.unique(
        np.column_stack([pieces.row[piece], ring]), axis=0, return_inverse=True
    )
    km = np.zeros((len(groups), len(STATES)))
    np.add.at(
        km,
        (group.reshape(-1), _number_states(state)[piece]),
        share * pieces.length_m[piece] / 1000.0,
    )
    corridors = layers.corridors.iloc[groups[:, 0]]
    inner = rings.groupby("side")["distance_m"].shift(fill_value=0.0).to_numpy()
    table = {
        **{name: corridors[name].to_numpy() for name in ("id", "name", "kind")},
        "line": line,
        "side": rings["side"].to_numpy()[groups[:, 1]],
        "from_m": inner[groups[:, 1]],
        "distance_m": rings["distance_m"].to_numpy()[groups[:, 1]],
        "km": km.sum(axis=1),
        **{f"{name}_km": km[:, STATES.index(name)] for name in ("visible", "hidden", "unknown")},
    }
    shapes = _merge_courses(course, group.reshape(-1), len(groups))
    shapes[table["visible_km"] == 0.0] = None
    return gpd.GeoDataFrame(table, geometry=shapes, crs=layers.plane.crs)


def _cut_by_rings(
    courses: NDArray[np.object_], rings: NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.object_]]:
    """Return number of ring, number of piece, and what of the piece lies in the ring."""
    tree = shapely.STRtree(courses)
    ring, piece = tree.query(rings, predicate="intersects")
    course = courses[piece]
    crossing = ~shapely.covers(rings[ring], course)
    course[crossing] = shapely.intersection(course[crossing], rings[ring[crossing]])
    some = shapely.length(course) > 0.0
    return ring[some], piece[some], course[some]


def _merge_courses(
    course: NDArray[np.object_], group: NDArray[np.int64], groups: int
) -> NDArray[np.object_]:
    """Join the pieces of each group into as few lines as they make."""
    parts, of_course = shapely.get_parts(course, return_index=True)
    linear = shapely.get_dimensions(parts) == 1
    parts, of_part = parts[linear], group[of_course[linear]]
    order = np.argsort(of_part, kind="stable")
    joined = np.empty(groups, dtype=object)
    shapely.multilinestrings(parts[order], indices=of_part[order], out=joined)
    return np.asarray(shapely.line_merge(joined), dtype=object)


def _number_states(state: NDArray[np.object_]) -> NDArray[np.int64]:
    codes = np.zeros(len(state), dtype=np.int64)
    for number, name in enumerate(STATES):
        codes[state == name] = number
    return codes
