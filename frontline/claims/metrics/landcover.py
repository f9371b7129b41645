"""Metrics of land cover: how much of a class lies on a side, and how much of it changed hands."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import numpy as np
import shapely
from pydantic import Field

from frontline.analysis.context import Case
from frontline.analysis.landcover import UNKNOWN, cover_km2, drawn_flows, ends_of
from frontline.claims.lookup import front_of, land_of, side_of
from frontline.claims.measurement import LineKey, Measured, Metres, PartitionKey, SideName, missing
from frontline.errors import ProjectError, nearest, shown
from frontline.project.models import FARMLAND

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.analysis.landcover import Cover
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
        low, high = ends_of(value, drawn)
        return value, low, min(high, 100.0)


def cover_area(
    case: Case,
    *,
    line: LineKey,
    side: SideName,
    cover: Class = FARMLAND,
    distance_m: Metres | None = None,
    partition: PartitionKey | None = None,
    codes: tuple[str, ...] = (),
) -> Measured:
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
    if isinstance(found, Measured):
        return found
    return Measured(
        found.part,
        *ends_of(found.part, found.drawn_part),
        "km2",
        contains=POSITION,
        detail=f"{found.percent[0]:.1f} % of the land there whose cover is known",
        coarse=found.coarse,
    )


def cover_share(
    case: Case,
    *,
    line: LineKey,
    side: SideName,
    cover: Class = FARMLAND,
    distance_m: Metres | None = None,
    partition: PartitionKey | None = None,
    codes: tuple[str, ...] = (),
) -> Measured:
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
    if isinstance(found, Measured):
        return found
    return Measured(
        *found.percent,
        "%",
        contains=POSITION,
        detail=f"{found.part:,.0f} km2 of {cover}",
        coarse=found.coarse,
    )


def _on_side(
    case: Case,
    line: str,
    side: str,
    cover: str,
    distance_m: float | None,
    partition: str | None,
    codes: tuple[str, ...],
) -> Measured | _Found:
    """Measure a class on a side, as part of the land there whose cover is known."""
    front = front_of(case, line)
    land = side_of(front, side)
    if case.cover is None:
        return missing("the project has no land cover", unit="km2")
    at = _class(case.cover, cover)
    rings = case.project.zones.distances_m
    if distance_m is not None:
        land = _zone(case, line, side, distance_m)
        rings = tuple(one for one in rings if one <= distance_m)
    inside = np.ones(len(case.cover.xy), dtype=bool)
    if partition is not None:
        part = land_of(case, partition, codes)
        land, inside = shapely.intersection(land, part), _within(case.cover, part)
    areas = cover_km2(case.project, case.layers, np.array([land], dtype=object))[0]
    known = float(areas.sum() - areas[-1])
    if not known > 0:
        return missing("land cover is unknown there", unit="km2")
    there = case.cover.against[line]
    own = (there.side == there.names.index(side)) & inside
    if distance_m is not None:
        own &= there.ring < len(rings)
    drawn = own @ case.cover.area_km2
    coarse = (*_unknown(known / float(areas.sum())), *_of_another_time(case, front))
    return _Found(float(areas[at]), known, drawn[:, at], drawn[:, :-1].sum(axis=1), coarse)


def cover_changed(
    case: Case,
    *,
    from_line: LineKey,
    to_line: LineKey,
    to_side: SideName,
    cover: Class = FARMLAND,
    partition: PartitionKey | None = None,
    inside: bool = True,
) -> Measured:
    """Share of the land of a class that a side had not held and holds now.

    Parameters
    ----------
    cover
        Class of land cover, as the project names it.
    partition, inside
        Only within this partition, or only outside it.
    """
    found = _gained(case, from_line, to_line, to_side, cover, partition, inside)
    if isinstance(found, Measured):
        return found
    return Measured(
        *found.percent,
        "%",
        contains=POSITIONS,
        detail=f"{found.part:,.0f} of {found.whole:,.0f} km2 of {cover} came to the side {to_side}",
        coarse=found.coarse,
    )


def cover_gained(
    case: Case,
    *,
    from_line: LineKey,
    to_line: LineKey,
    to_side: SideName,
    cover: Class = FARMLAND,
    partition: PartitionKey | None = None,
    inside: bool = True,
) -> Measured:
    """Area of a class of land cover that came to a side.

    Parameters
    ----------
    cover
        Class of land cover, as the project names it.
    partition, inside
        Only within this partition, or only outside it.
    """
    found = _gained(case, from_line, to_line, to_side, cover, partition, inside)
    if isinstance(found, Measured):
        return found
    return Measured(
        found.part,
        *ends_of(found.part, found.drawn_part),
        "km2",
        contains=POSITIONS,
        detail=f"Of {found.whole:,.0f} km2 of {cover} that the side {to_side} had not held",
        coarse=found.coarse,
    )


def _gained(
    case: Case,
    from_line: str,
    to_line: str,
    to_side: str,
    cover: str,
    partition: str | None,
    inside: bool,  # noqa: FBT001 - a parameter of the metrics, handed on
) -> Measured | _Found:
    """Measure what came to a side, as part of what it had not held."""
    old, new = front_of(case, from_line), front_of(case, to_line)
    now = side_of(new, to_side)
    if case.cover is None:
        return missing("the project has no land cover", unit="%")
    at = _class(case.cover, cover)
    had_not = shapely.union_all([land for name, land in old.sides.items() if name != to_side])
    squares = None
    if partition is not None:
        part = land_of(case, partition)
        squares = _within(case.cover, part) == inside
        cut = shapely.intersection if inside else shapely.difference
        had_not = cut(had_not, part)
    lands = np.array([shapely.intersection(had_not, now), had_not], dtype=object)
    areas = cover_km2(case.project, case.layers, lands)
    whole, unknown = float(areas[1].sum()), float(areas[1, -1])
    if not whole > unknown:
        return missing("land cover is unknown there", unit="%")
    first, second = case.cover.against[from_line], case.cover.against[to_line]
    flows = drawn_flows(case.cover, first, second, inside=squares)[..., at]
    others = [row for row, name in enumerate(first.names) if name != to_side]
    drawn = flows[:, others, second.names.index(to_side)].sum(axis=1)
    coarse = (*_unknown(1.0 - unknown / whole), *_of_another_time(case, new))
    part, all_ = (float(one) for one in areas[:, at])
    return _Found(part, all_, drawn, flows[:, others].sum(axis=(1, 2)), coarse)


def _class(cover: Cover, name: str) -> int:
    known = [one for one in cover.names if one != UNKNOWN]
    if name not in known:
        offer = nearest(name, known)
        raise ProjectError(f"there is no class of land cover {shown(name)}.{offer}")
    return cover.names.index(name)


def _zone(case: Case, line: str, side: str, distance_m: float) -> Any:
    zones = case.zones[(case.zones["kind"] == "cumulative") & (case.zones["line"] == line)]
    own = zones[(zones["side"] == side) & (zones["distance_m"] == distance_m)]
    if own.empty:
        known = ", ".join(f"{one:,.10g}" for one in case.project.zones.distances_m)
        raise ProjectError(
            f"{distance_m:,.10g} m is not one of the project's distances ({known}). Add it to "
            "[zones], or ask for one of these."
        )
    return own.geometry.iloc[0]


def _within(cover: Cover, land: Any) -> NDArray[np.bool_]:
    shapely.prepare(land)
    return np.asarray(shapely.contains_xy(land, cover.xy[:, 0], cover.xy[:, 1]))


def _unknown(known: float) -> tuple[str, ...]:
    if known >= ENOUGH:
        return ()
    return (f"land cover is known on {known:.0%} of that land, and {ENOUGH:.0%} is needed",)


def _of_another_time(case: Case, front: FrontLine) -> tuple[str, ...]:
    stated = case.project.landcover
    if stated is None or stated.date is None:
        return ("the date of the land cover is not stated",)
    years = abs((stated.date - front.date).days) / 365.25
    if years <= MOST_YEARS:
        return ()
    return (f"the land cover is of {stated.date.year}, {years:.0f} years from the line",)


COVER_METRICS = (cover_area, cover_share, cover_changed, cover_gained)
