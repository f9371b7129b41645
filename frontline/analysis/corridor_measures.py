"""Figures about corridors that no table holds: gaps, lengths, widths of land beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.ops import substring

from frontline._typing import Flags, Floats
from frontline.analysis import corridors
from frontline.analysis.spread import Estimate, spread_over_copies
from frontline.errors import ProjectError
from frontline.geo.geodesy import geodesic_buffer, measure_distance, measure_length, place_points
from frontline.lines.front import make_error_band
from frontline.network.routing import find_doubtful_crossings

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from frontline.geo.projection import ProjectedPlane
    from frontline.inputs.layers import Layers
    from frontline.lines.front import DisplacedFront, FrontLine

STEP_M = 100.0
"""Corridors are taken apart into pieces of this length where a line is displaced."""

SCHEMATIC_M = 3_000.0
"""How far a schematic corridor, joined from place to place, may lie from its true course (95 %)."""

WIDTH_STEP_M = 500.0
"""The width of land beside a road is taken this often."""

WIDEST_M = 100_000.0
"""Land is looked for this far to either side of a road."""


def measure_gap(
    chosen: gpd.GeoDataFrame,
    *,
    layers: Layers,
    front: FrontLine,
    draws: Sequence[DisplacedFront],
    error_m: float = 0.0,
) -> tuple[Estimate, pd.DataFrame]:
    """Measure the smallest distance of some corridors from a line.

    Parameters
    ----------
    chosen
        The corridors, in the plane.
    layers, front, draws
        The layers of the run, the line, its displaced copies.
    error_m
        How far the corridors themselves may be off.

    Returns
    -------
    The distance in km, and the rows of `frontline.analysis.corridors.measure_corridor_distances`.
    """
    rows = corridors.measure_corridor_distances(replace(layers, corridors=chosen), fronts=[front])
    value = float(rows["distance_m"].min()) / 1000.0
    shapes = chosen.geometry.to_numpy()

    def figure(course: Any, _sides: Any) -> float:
        return float(shapely.distance(shapes, course).min()) / 1000.0

    low, high = spread_over_copies(front, draws=draws, value=value, figure=figure)
    away = error_m / 1000.0
    return (
        Estimate(
            value,
            max(value - math.hypot(value - low, away), 0.0),
            value + math.hypot(high - value, away),
        ),
        rows,
    )


def measure_km_near(
    chosen: gpd.GeoDataFrame,
    *,
    front: FrontLine,
    draws: Sequence[DisplacedFront],
    plane: ProjectedPlane,
    distance_m: float,
) -> Estimate:
    """Measure how many km of some corridors lie within a distance of a line.

    Parameters
    ----------
    chosen
        The corridors, in the plane.
    front, draws, frame
        The line, its displaced copies (for these pieces of 100 m stand for the corridors), the
        plane.
    distance_m
        The distance.
    """
    band = geodesic_buffer(front.geometry, distance_m=distance_m, plane=plane)
    inside = shapely.intersection(chosen.geometry.to_numpy(), band)
    value = float(measure_length(inside, plane=plane).sum()) / 1000.0
    middle, metres = cut_in_pieces(chosen, plane=plane)

    def figure(course: Any, _sides: Any) -> float:
        near = measure_distance(middle, line=course, plane=plane) <= distance_m
        return float(metres[near].sum()) / 1000.0

    low, high = spread_over_copies(front, draws=draws, value=value, figure=figure)
    return Estimate(value, max(low, 0.0), high)


def cut_in_pieces(chosen: gpd.GeoDataFrame, *, plane: ProjectedPlane) -> tuple[Floats, Floats]:
    """Give middles of short pieces of corridors ``(n, 2)`` and their lengths in metres ``(n,)``."""
    dense = shapely.segmentize(shapely.get_parts(chosen.geometry.to_numpy()), STEP_M)
    xy, part = shapely.get_coordinates(dense, return_index=True)
    same = np.flatnonzero(np.diff(part) == 0)
    return (xy[same] + xy[same + 1]) / 2, plane.ground_m(xy[same], xy[same + 1])


@dataclass(frozen=True)
class CrossingCount:
    """How often corridors cross a line.

    Parameters
    ----------
    rows
        The crossings of the line as drawn, from
        `frontline.analysis.corridors.find_corridor_crossings`.
    doubtful
        How many of them lie where a corridor goes over and comes back within the line's error:
        it may not cross at all.
    possible
        Stretches of corridor that lie within the line's error and do not cross it as drawn: each
        may cross it once.
    """

    rows: gpd.GeoDataFrame
    doubtful: int
    possible: int

    @property
    def estimate(self) -> Estimate:
        """The crossings as drawn, the sure ones, and with those that are possible."""
        count = len(self.rows)
        return Estimate(count, max(count - self.doubtful, 0), count + self.possible)


def count_crossings(chosen: gpd.GeoDataFrame, *, layers: Layers, front: FrontLine) -> CrossingCount:
    """Count how often some corridors cross a line, whole numbers all of them.

    Parameters
    ----------
    chosen
        The corridors.
    layers
        For the plane.
    front
        The line and its error.

    Notes
    -----
    Displaced copies of a line that winds already cross a road more often than any line would, so
    they count nothing here: the band of the line's error does.
    """
    rows = corridors.find_corridor_crossings(replace(layers, corridors=chosen), fronts=[front])
    shapes = chosen.geometry.to_numpy()
    doubtful = find_doubtful_crossings(
        shapes, line=front.geometry, segments=front.segments, error_m=front.error_m
    )
    band = make_error_band(front, plane=layers.plane)
    near = shapely.get_parts(shapely.line_merge(shapely.intersection(shapes, band)))
    near = near[shapely.length(near) > 0.0]
    possible = int((~shapely.intersects(near, front.geometry)).sum())
    return CrossingCount(rows, len(doubtful), possible)


def measure_share_beyond_start(
    chosen: gpd.GeoDataFrame,
    *,
    front: FrontLine,
    draws: Sequence[DisplacedFront],
    plane: ProjectedPlane,
) -> Estimate:
    """Tell which share of some corridors lies on another side than their beginning, per cent."""
    cut: dict[int, tuple[Floats, Floats]] = {}

    def share(_line: Any, sides: Any) -> float:
        beyond = whole = 0.0
        for row, shape in enumerate(chosen.geometry):
            middle, length = cut.setdefault(row, cut_in_pieces(chosen.iloc[[row]], plane=plane))
            start = shapely.Point(shapely.get_coordinates(shape)[0])
            home = [land for land in sides.values() if shapely.intersects(land, start)]
            away = [land for land in sides.values() if land not in home]
            if home and away:
                inside = shapely.contains_xy(shapely.union_all(away), *middle.T)
                beyond += float(length[inside].sum())
            whole += float(length.sum())
        return 100.0 * beyond / whole

    value = share(front.geometry, front.sides)
    low, high = spread_over_copies(front, draws=draws, value=value, figure=share)
    return Estimate(value, max(low, 0.0), high)


def cut_stretch_of_corridor(course: Any, *, ends_xy: Floats) -> tuple[Any, float]:
    """Cut a corridor between the points nearest to two places.

    Parameters
    ----------
    course
        The corridor in the plane; of several pieces the one nearest to both is taken.
    ends_xy
        The places, shape ``(2, 2)``.

    Returns
    -------
    The stretch, and how far the farther of the two places lies from it, metres.

    Raises
    ------
    ProjectError
        If both lie at one point of the corridor.
    """
    ends = shapely.points(ends_xy)
    pieces = shapely.get_parts(shapely.line_merge(course))
    piece = pieces[int(np.argmin(shapely.distance(pieces[:, None], ends).sum(axis=1)))]
    start, stop = np.sort(shapely.line_locate_point(piece, ends))
    if stop - start < 1.0:
        raise ProjectError("between: both places lie at one point of the corridor. Set them apart.")
    return substring(piece, start, stop), float(shapely.distance(piece, ends).max())


def measure_length_on(
    course: Any,
    *,
    plane: ProjectedPlane,
    front: FrontLine | None = None,
    draws: Sequence[DisplacedFront] = (),
    side: str | None = None,
    error_m: float = 0.0,
) -> Estimate:
    """Measure how many km of a course lie on a side of a line, or how long all of it is.

    Parameters
    ----------
    course, frame
        Line in the plane, and the plane.
    front, draws, side
        The line, its displaced copies and the side; all of the course counts without them.
    error_m
        How far the length may be off: of the ends, of a schematic course.
    """

    def figure(_line: Any, sides: Any) -> float:
        part = course if side is None else shapely.intersection(course, sides[side])
        return float(measure_length(np.array([part], dtype=object), plane=plane)[0]) / 1000.0

    if front is None:
        value = figure(None, None)
        low, high = value, value
    else:
        value = figure(front.geometry, front.sides)
        low, high = spread_over_copies(front, draws=draws, value=value, figure=figure)
    away = error_m / 1000.0
    return Estimate(
        value,
        max(value - math.hypot(value - low, away), 0.0),
        value + math.hypot(high - value, away),
    )


def find_leaving(chosen: gpd.GeoDataFrame, *, study_area: Any, land: Any = None) -> Flags:
    """Tell which corridors leave the study area, and do so from some land.

    Parameters
    ----------
    chosen
        The corridors, in the plane.
    study_area
        Polygon in the plane: a corridor leaves it where it meets its edge.
    land
        Only where they leave from this polygon; anywhere if None.

    Returns
    -------
    Shape ``(n,)``.
    """
    meets = shapely.intersection(chosen.geometry.to_numpy(), shapely.boundary(study_area))
    leaves = ~shapely.is_empty(meets)
    return np.asarray(leaves if land is None else leaves & shapely.intersects(meets, land))


def measure_widths_beside(course: Any, *, land: Any, plane: ProjectedPlane) -> Floats:
    """Measure how wide a corridor of land is along a road, square to it, in km.

    Parameters
    ----------
    course
        The road in the plane.
    land
        Polygon in the plane, such as what a side holds.
    plane
        The plane.

    Returns
    -------
    Shape ``(n,)``: one width for each half kilometre of the road that lies on the land, of the
    piece of land that the road lies on there; at most 200 km.
    """
    found = []
    for part in shapely.get_parts(shapely.line_merge(course)):
        xy = place_points(part, plane=plane, spacing_m=WIDTH_STEP_M)
        ahead = np.gradient(xy, axis=0) if len(xy) > 1 else np.zeros_like(xy)
        for point, step in zip(xy, ahead, strict=True):
            size = float(np.hypot(*step))
            if not size > 0 or not shapely.intersects_xy(land, *point):
                continue
            across = np.array([-step[1], step[0]]) / size * WIDEST_M
            cut = shapely.get_parts(
                shapely.intersection(land, shapely.linestrings([point - across, point + across]))
            )
            lines = cut[shapely.get_dimensions(cut) == 1]
            if len(lines):
                own = lines[[int(np.argmin(shapely.distance(lines, shapely.Point(point))))]]
                found.append(float(measure_length(own, plane=plane)[0]) / 1000.0)
    return np.array(found)
