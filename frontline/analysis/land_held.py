"""Which share of any land a side holds, gained, or has within an outline, with both errors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline.analysis.spread import Estimate, spread_over_copies
from frontline.geo.geodesy import measure_area
from frontline.lines.front import take_paired_figures
from frontline.uncertainty.intervals import Drawn, take_interval
from frontline.uncertainty.outlines import estimate_area_error, find_inside, place_lattice

if TYPE_CHECKING:
    from frontline.geo.projection import ProjectedPlane
    from frontline.lines.front import DisplacedFront, FrontLine

LEAST_DRAWS = 100
"""An outline is displaced at least this often."""


@dataclass(frozen=True)
class Outline:
    """How well an outline is known, and how it is displaced.

    Parameters
    ----------
    error_m
        Half-width within which it lies with 95 %; 0 for an outline that is sure.
    draws, seed
        How often it is displaced, and the seed.
    """

    error_m: float = 0.0
    draws: int = LEAST_DRAWS
    seed: int = 0

    def inside(self, land: Any, xy: Any) -> Any:
        """Tell for each displaced copy which points lie in a land, shape ``(draws, n)``."""
        draws = max(self.draws, LEAST_DRAWS)
        return find_inside(
            land, xy=xy, error_m=self.error_m, draws=draws, seed=self.seed, key="outline"
        )


def measure_share_held(
    land: Any,
    *,
    front: FrontLine,
    draws: Sequence[DisplacedFront],
    side: str,
    study_area: Any,
    outline: Outline | None = None,
) -> Estimate:
    """Tell which share of a land lies on a side of a line, per cent.

    Parameters
    ----------
    land
        Polygon in the plane, within the study area.
    front, draws, side
        The line, its displaced copies, the side.
    study_area
        Where the outline of the land may lie.
    outline
        How well that outline is known; sure if None.
    """
    whole = shapely.area(land)

    def share(_line: Any, sides: Mapping[str, Any]) -> float:
        return 100.0 * float(shapely.area(shapely.intersection(land, sides[side])) / whole)

    value = share(front.geometry, front.sides)
    low, high = spread_over_copies(front, draws=draws, value=value, figure=share)
    if outline is not None and outline.error_m:
        xy = place_lattice(shapely.buffer(land, 2.0 * outline.error_m))
        xy = xy[shapely.contains_xy(study_area, *xy.T)]
        held = shapely.contains_xy(front.sides[side], *xy.T)
        inside = outline.inside(land, xy)
        drawn = 100.0 * (inside & held).sum(axis=1) / np.maximum(inside.sum(axis=1), 1)
        low, high = _in_quadrature(value, (low, high), drawn)
    return Estimate(value, max(low, 0.0), min(high, 100.0))


def _in_quadrature(value: float, ends: tuple[float, float], drawn: Any) -> tuple[float, float]:
    """Add a second, independent error to an interval: their deviations squared and added."""
    low, high = take_interval(value, drawn=Drawn(np.median(drawn), np.asarray(drawn), counted=True))
    return (
        value - math.hypot(value - ends[0], value - low),
        value + math.hypot(ends[1] - value, high - value),
    )


def measure_share_gained(
    area: Any,
    *,
    fronts: tuple[FrontLine, FrontLine],
    draws: tuple[Sequence[DisplacedFront], Sequence[DisplacedFront]],
    side: str,
) -> Estimate:
    """Tell which share of the land that a side had not held with one line it holds with another.

    Parameters
    ----------
    area
        Only land within this, in the plane.
    fronts, draws
        The earlier and the later line, and the displaced copies of each; they are paired.
    side
        The side that gains.
    """
    old, new = fronts
    value = _gained(area, old.sides, new.sides, side)
    if not any((front.error_m > 0).any() for front in fronts):
        return Estimate(value, value, value)
    drawn = take_paired_figures(
        fronts,
        draws={front.key: own for front, own in zip(fronts, draws, strict=True)},
        figure=lambda here, there: _gained(area, here.sides, there.sides, side),
    )
    return Estimate(value, *take_interval(value, drawn=drawn, least=0.0, most=100.0))


def _gained(area: Any, before: Mapping[str, Any], after: Mapping[str, Any], side: str) -> float:
    others = shapely.union_all([land for name, land in before.items() if name != side])
    had_not = shapely.intersection(area, others)
    now = shapely.intersection(had_not, after[side])
    return 100.0 * float(shapely.area(now) / max(shapely.area(had_not), 1.0))


def measure_share_within_outline(
    land: Any,
    *,
    front: FrontLine,
    draws: Sequence[DisplacedFront],
    side: str,
    without: Any,
    outline: Outline | None = None,
) -> Estimate:
    """Tell which share of the land of a side lies within an outline, per cent.

    Parameters
    ----------
    land
        What the outline encloses, a polygon in the plane.
    front, draws, side
        The line, its displaced copies, the side.
    without
        Land of the side that is left out, such as a corridor; an empty polygon for none.
    outline
        How well the outline is known; sure if None.
    """

    def share(_line: Any, sides: Mapping[str, Any]) -> float:
        held = shapely.difference(sides[side], without)
        part = shapely.area(shapely.intersection(held, land))
        return 100.0 * float(part / max(shapely.area(held), 1.0))

    value = share(front.geometry, front.sides)
    low, high = spread_over_copies(front, draws=draws, value=value, figure=share)
    if outline is not None and outline.error_m:
        xy = place_lattice(shapely.difference(front.sides[side], without))
        low, high = _in_quadrature(
            value, (low, high), 100.0 * outline.inside(land, xy).mean(axis=1)
        )
    return Estimate(value, max(low, 0.0), min(high, 100.0))


def measure_ratio_of_side(
    front: FrontLine,
    *,
    draws: Sequence[DisplacedFront],
    plane: ProjectedPlane,
    side: str,
    land: Any,
    study_area: Any,
    outline_error_m: float = 0.0,
) -> Estimate:
    """Tell how many times as large as some land a side of a line is.

    Parameters
    ----------
    front, draws, frame, side
        The line, its displaced copies, the plane, the side.
    land
        Polygon in the plane.
    study_area
        Its edge is an outline of the side, as well known as that of the land.
    outline_error_m
        Half-width within which both lie with 95 %.
    """
    held = front.sides[side]
    areas = measure_area(np.array([held, land], dtype=object), plane=plane)
    value = float(areas[0] / areas[1])

    def figure(_line: Any, sides: Mapping[str, Any]) -> float:
        return float(shapely.area(sides[side]) / areas[1])

    low, high = spread_over_copies(front, draws=draws, value=value, figure=figure)
    edge = shapely.length(shapely.intersection(shapely.boundary(study_area), held))
    lengths = (edge, shapely.length(shapely.boundary(land)))
    away = value * math.hypot(
        *(
            estimate_area_error(length, error_m=outline_error_m) / float(area)
            for length, area in zip(lengths, areas, strict=True)
        )
    )
    return Estimate(
        value,
        value - math.hypot(value - low, away),
        value + math.hypot(high - value, away),
    )


def measure_ratio_of_lands(
    first: Any, *, second: Any, plane: ProjectedPlane, outline_error_m: float = 0.0
) -> Estimate:
    """Tell how many times as large as a land another one is.

    Parameters
    ----------
    first, second
        Polygons in the plane.
    plane
        The plane.
    outline_error_m
        Half-width within which each outline lies with 95 %, independently of the other.
    """
    lands = np.array([first, second], dtype=object)
    areas = measure_area(lands, plane=plane)
    value = float(areas[0] / areas[1])
    away = value * math.hypot(
        *(
            estimate_area_error(shapely.length(shapely.boundary(land)), error_m=outline_error_m)
            / float(area)
            for land, area in zip(lands, areas, strict=True)
        )
    )
    return Estimate(value, value - away, value + away)
