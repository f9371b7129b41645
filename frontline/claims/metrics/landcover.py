"""Metrics of land cover: how much of a class lies on a side, and how much of it changed hands."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np
import shapely
from pydantic import Field

from frontline.analysis.context import Analysis
from frontline.analysis.landcover import UNKNOWN, combine_intervals, measure_cover, realise_flows
from frontline.claims.lookup import find_front, find_land, find_side
from frontline.claims.measurement import (
    LineKey,
    Measurement,
    Metres,
    PartitionKey,
    SideName,
    report_missing,
)
from frontline.errors import ProjectError, show_value, suggest_name
from frontline.project.models import FARMLAND

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.analysis.landcover import LandCoverSquares
    from frontline.lines.front import FrontLine


POSITION = "the position of the line, not the land cover's own error"
POSITIONS = "the position of both lines, not the land cover's own error"

ENOUGH = 0.9
"""Share of the land whose cover must be known for a verdict."""

MOST_YEARS = 5
"""Land cover further in time from a line than this says little of its day."""

Class = Annotated[str, Field(min_length=1, description="class of land cover")]


class _Found(NamedTuple):
    """Land of a class and the land it is a part of, km2; in squares by draw; what limits both."""

    part: float
    whole: float
    drawn_part: NDArray[np.float64]
    drawn_whole: NDArray[np.float64]
    coarse: tuple[str, ...]

    @property
    def percent(self) -> tuple[float, float, float]:
        """The part in per cent of the whole, with its interval."""
        value = 100.0 * self.part / self.whole if self.whole > 0 else math.nan
        drawn = 100.0 * self.drawn_part / np.maximum(self.drawn_whole, 1e-9)
        low, high = combine_intervals(value, drawn=drawn)
        return value, low, min(high, 100.0)


def cover_area(
    case: Analysis,
    *,
    line: LineKey,
    side: SideName,
    cover: Class = FARMLAND,
    distance_m: Metres | None = None,
    partition: PartitionKey | None = None,
    codes: tuple[str, ...] = (),
) -> Measurement:
    """Area of a class of land cover on a side of a line.

    Parameters
    ----------
    cover
        Class of land cover, as the project names it.
    distance_m
        Only within this distance of the line, one of the project's.
    partition, codes
        Only within this partition, or ``districts`` and their codes.
    """
    found = _on_side(case, line, side, cover, distance_m, partition, codes)
    if isinstance(found, Measurement):
        return found
    return Measurement(
        found.part,
        *combine_intervals(found.part, drawn=found.drawn_part),
        "km2",
        contains=POSITION,
        detail=f"{found.percent[0]:.1f} % of the land there whose cover is known",
        coarse=found.coarse,
    )


def cover_share(
    case: Analysis,
    *,
    line: LineKey,
    side: SideName,
    cover: Class = FARMLAND,
    distance_m: Metres | None = None,
    partition: PartitionKey | None = None,
    codes: tuple[str, ...] = (),
) -> Measurement:
    """Share of a class of land cover in the land of a side whose cover is known.

    Parameters
    ----------
    cover
        Class of land cover, as the project names it.
    distance_m
        Only within this distance of the line, one of the project's.
    partition, codes
        Only within this partition, or ``districts`` and their codes.
    """
    found = _on_side(case, line, side, cover, distance_m, partition, codes)
    if isinstance(found, Measurement):
        return found
    return Measurement(
        *found.percent,
        "%",
        contains=POSITION,
        detail=f"{found.part:,.0f} km2 of {cover}",
        coarse=found.coarse,
    )


def _on_side(
    case: Analysis,
    line: str,
    side: str,
    cover: str,
    distance_m: float | None,
    partition: str | None,
    codes: tuple[str, ...],
) -> Measurement | _Found:
    """Measure a class on a side, as part of the land there whose cover is known."""
    front = find_front(case, line=line)
    land = find_side(front, side=side)
    if case.cover is None:
        return report_missing("the project has no land cover", unit="km2")
    at = _class(case.cover, cover)
    rings = case.project.zones.distances_m
    if distance_m is not None:
        land = _zone(case, line, side, distance_m)
        rings = tuple(one for one in rings if one <= distance_m)
    inside = np.ones(len(case.cover.xy), dtype=bool)
    if partition is not None:
        part = find_land(case, partition=partition, codes=codes)
        land, inside = shapely.intersection(land, part), _within(case.cover, part)
    areas = measure_cover(case.project, layers=case.layers, lands=np.array([land], dtype=object))[0]
    known = float(areas.sum() - areas[-1])
    if not known > 0:
        return report_missing("land cover is unknown there", unit="km2")
    there = case.cover.against[line]
    own = (there.side == there.names.index(side)) & inside
    if distance_m is not None:
        own &= there.ring < len(rings)
    drawn = own @ case.cover.area_km2
    coarse = (*_unknown(known / float(areas.sum())), *_of_another_time(case, front))
    return _Found(float(areas[at]), known, drawn[:, at], drawn[:, :-1].sum(axis=1), coarse)


def cover_changed(
    case: Analysis,
    *,
    from_line: LineKey,
    to_line: LineKey,
    to_side: SideName,
    cover: Class = FARMLAND,
    partition: PartitionKey | None = None,
    inside: bool = True,
) -> Measurement:
    """Share of the land of a class that a side had not held and holds now.

    Parameters
    ----------
    cover
        Class of land cover, as the project names it.
    partition, inside
        Only within this partition, or only outside it.
    """
    found = _gained(case, from_line, to_line, to_side, cover, partition, inside)
    if isinstance(found, Measurement):
        return found
    return Measurement(
        *found.percent,
        "%",
        contains=POSITIONS,
        detail=f"{found.part:,.0f} of {found.whole:,.0f} km2 of {cover} came to the side {to_side}",
        coarse=found.coarse,
    )


def cover_gained(
    case: Analysis,
    *,
    from_line: LineKey,
    to_line: LineKey,
    to_side: SideName,
    cover: Class = FARMLAND,
    partition: PartitionKey | None = None,
    inside: bool = True,
) -> Measurement:
    """Area of a class of land cover that came to a side.

    Parameters
    ----------
    cover
        Class of land cover, as the project names it.
    partition, inside
        Only within this partition, or only outside it.
    """
    found = _gained(case, from_line, to_line, to_side, cover, partition, inside)
    if isinstance(found, Measurement):
        return found
    return Measurement(
        found.part,
        *combine_intervals(found.part, drawn=found.drawn_part),
        "km2",
        contains=POSITIONS,
        detail=f"Of {found.whole:,.0f} km2 of {cover} that the side {to_side} had not held",
        coarse=found.coarse,
    )


def _gained(
    case: Analysis,
    from_line: str,
    to_line: str,
    to_side: str,
    cover: str,
    partition: str | None,
    inside: bool,  # noqa: FBT001 - a parameter of the metrics, handed on
) -> Measurement | _Found:
    """Measure what came to a side, as part of what it had not held."""
    old, new = find_front(case, line=from_line), find_front(case, line=to_line)
    now = find_side(new, side=to_side)
    if case.cover is None:
        return report_missing("the project has no land cover", unit="%")
    at = _class(case.cover, cover)
    had_not = shapely.union_all([land for name, land in old.sides.items() if name != to_side])
    squares = None
    if partition is not None:
        part = find_land(case, partition=partition)
        squares = _within(case.cover, part) == inside
        cut = shapely.intersection if inside else shapely.difference
        had_not = cut(had_not, part)
    lands = np.array([shapely.intersection(had_not, now), had_not], dtype=object)
    areas = measure_cover(case.project, layers=case.layers, lands=lands)
    whole, unknown = float(areas[1].sum()), float(areas[1, -1])
    if not whole > unknown:
        return report_missing("land cover is unknown there", unit="%")
    first, second = case.cover.against[from_line], case.cover.against[to_line]
    flows = realise_flows(case.cover, first=first, second=second, inside=squares)[..., at]
    others = [row for row, name in enumerate(first.names) if name != to_side]
    drawn = flows[:, others, second.names.index(to_side)].sum(axis=1)
    coarse = (*_unknown(1.0 - unknown / whole), *_of_another_time(case, new))
    part, all_ = (float(one) for one in areas[:, at])
    return _Found(part, all_, drawn, flows[:, others].sum(axis=(1, 2)), coarse)


def _class(cover: LandCoverSquares, name: str) -> int:
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


def _within(cover: LandCoverSquares, land: Any) -> NDArray[np.bool_]:
    shapely.prepare(land)
    return np.asarray(shapely.contains_xy(land, cover.xy[:, 0], cover.xy[:, 1]))


def _unknown(known: float) -> tuple[str, ...]:
    if known >= ENOUGH:
        return ()
    return (f"land cover is known on {known:.0%} of that land, and {ENOUGH:.0%} is needed",)


def _of_another_time(case: Analysis, front: FrontLine) -> tuple[str, ...]:
    stated = case.project.landcover
    if stated is None or stated.date is None:
        return ("the date of the land cover is not stated",)
    years = abs((stated.date - front.date).days) / 365.25
    if years <= MOST_YEARS:
        return ()
    return (f"the land cover is of {stated.date.year}, {years:.0f} years from the line",)


COVER_METRICS = (cover_area, cover_share, cover_changed, cover_gained)
