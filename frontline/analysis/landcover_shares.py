"""A class of land cover on any land of a side, or on land that came to a side, with intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline._typing import Flags, Floats
from frontline.analysis.landcover import UNKNOWN, combine_intervals, measure_cover, realise_flows
from frontline.analysis.spread import Estimate
from frontline.errors import ProjectError, show_value, suggest_name

if TYPE_CHECKING:
    from frontline.analysis.context import Analysis
    from frontline.analysis.landcover import LandCoverSquares
    from frontline.lines.front import FrontLine


@dataclass(frozen=True)
class ClassOnLand:
    """Land of a class and the land that it is a part of, square kilometres.

    Parameters
    ----------
    part, whole
        Land of the class, and the land whose cover counts.
    known
        Share of the land whose cover is known.
    drawn_part, drawn_whole
        The same for each displaced copy of the lines, in squares, shape ``(draws,)``.
    """

    part: float
    whole: float
    known: float
    drawn_part: Floats
    drawn_whole: Floats

    @property
    def area(self) -> Estimate:
        """The land of the class with its interval."""
        return Estimate(self.part, *combine_intervals(self.part, drawn=self.drawn_part))

    @property
    def percent(self) -> Estimate:
        """The part in per cent of the whole with its interval."""
        value = 100.0 * self.part / self.whole if self.whole > 0 else math.nan
        drawn = 100.0 * self.drawn_part / np.maximum(self.drawn_whole, 1e-9)
        low, high = combine_intervals(value, drawn=drawn)
        return Estimate(value, low, min(high, 100.0))


def measure_class_on_side(
    case: Analysis,
    *,
    cover: LandCoverSquares,
    front: FrontLine,
    side: str,
    name: str,
    distance_m: float | None = None,
    part: Any = None,
) -> ClassOnLand | None:
    """Measure a class on a side, as part of the land there whose cover is known.

    Parameters
    ----------
    case, cover
        Zones and layers of a run, and its land cover.
    front, side
        The line and the side.
    name
        The class.
    distance_m
        Only within this distance of the line, one of the project's.
    part
        Only on this land, a polygon in the plane.

    Returns
    -------
    None where no cover is known there.

    Raises
    ------
    ProjectError
        There is no such class, or the distance is not one of the project's.
    """
    at = _number_of(cover, name)
    land = front.sides[side]
    rings = case.project.zones.distances_m
    if distance_m is not None:
        land = _zone(case, front.key, side, distance_m)
        rings = tuple(ring for ring in rings if ring <= distance_m)
    inside = np.ones(len(cover.xy), dtype=bool)
    if part is not None:
        land, inside = shapely.intersection(land, part), _squares_in(cover, part)
    areas = measure_cover(case.project, layers=case.layers, lands=np.array([land], dtype=object))[0]
    known = float(areas.sum() - areas[-1])
    if not known > 0:
        return None
    there = cover.against[front.key]
    own = (there.side == there.names.index(side)) & inside
    if distance_m is not None:
        own &= there.ring < len(rings)
    drawn = own @ cover.area_km2
    return ClassOnLand(
        float(areas[at]),
        known,
        known / float(areas.sum()),
        drawn[:, at],
        drawn[:, :-1].sum(axis=1),
    )


def measure_class_gained(
    case: Analysis,
    *,
    cover: LandCoverSquares,
    fronts: tuple[FrontLine, FrontLine],
    side: str,
    name: str,
    part: Any = None,
    inside: bool = True,
) -> ClassOnLand | None:
    """Measure a class on land that came to a side, as part of what it had not held.

    Parameters
    ----------
    case, cover
        Layers of a run, and its land cover.
    fronts
        The earlier and the later line.
    side
        The side that gained.
    name
        The class.
    part, inside
        Only on this land, a polygon in the plane, or only outside it.

    Returns
    -------
    None where no cover is known there.

    Raises
    ------
    ProjectError
        There is no such class.
    """
    old, new = fronts
    at = _number_of(cover, name)
    had_not = shapely.union_all([land for one, land in old.sides.items() if one != side])
    squares = None
    if part is not None:
        squares = _squares_in(cover, part) == inside
        cut = shapely.intersection if inside else shapely.difference
        had_not = cut(had_not, part)
    lands = np.array([shapely.intersection(had_not, new.sides[side]), had_not], dtype=object)
    areas = measure_cover(case.project, layers=case.layers, lands=lands)
    whole, unknown = float(areas[1].sum()), float(areas[1, -1])
    if not whole > unknown:
        return None
    first, second = cover.against[old.key], cover.against[new.key]
    flows = realise_flows(cover, first=first, second=second, inside=squares)[..., at]
    others = [row for row, one in enumerate(first.names) if one != side]
    return ClassOnLand(
        float(areas[0, at]),
        float(areas[1, at]),
        1.0 - unknown / whole,
        flows[:, others, second.names.index(side)].sum(axis=1),
        flows[:, others].sum(axis=(1, 2)),
    )


def _number_of(cover: LandCoverSquares, name: str) -> int:
    known = [one for one in cover.names if one != UNKNOWN]
    if name not in known:
        offer = suggest_name(name, words=known)
        raise ProjectError(f"there is no class of land cover {show_value(name)}.{offer}")
    return cover.names.index(name)


def _zone(case: Analysis, line: str, side: str, distance_m: float) -> Any:
    zones = case.zones[(case.zones["kind"] == "cumulative") & (case.zones["line"] == line)]
    own = zones[(zones["side"] == side) & (zones["distance_m"] == distance_m)]
    if own.empty:
        known = ", ".join(f"{one:,.10g}" for one in case.project.zones.distances_m)
        raise ProjectError(
            f"{distance_m:,.10g} m is not one of the project's distances ({known}). Add it to "
            "[zones], or ask for one of these."
        )
    return own.geometry.iloc[0]


def _squares_in(cover: LandCoverSquares, land: Any) -> Flags:
    shapely.prepare(land)
    return np.asarray(shapely.contains_xy(land, cover.xy[:, 0], cover.xy[:, 1]))
