"""Metrics of land cover: how much of a class lies on a side, and how much of it changed hands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from frontline.analysis.context import Analysis
from frontline.analysis.landcover_shares import (
    ClassOnLand,
    measure_class_gained,
    measure_class_on_side,
)
from frontline.claims.lookup import ENOUGH, find_front, find_land, find_side
from frontline.claims.measurement import (
    LineKey,
    Measurement,
    Metres,
    PartitionKey,
    SideName,
    Unit,
    make_range,
    report_missing,
)
from frontline.project.models import FARMLAND

if TYPE_CHECKING:
    from frontline.lines.front import FrontLine


POSITION = "the position of the line, not the land cover's own error"
POSITIONS = "the position of both lines, not the land cover's own error"
NO_COVER = "the project has no land cover"

MOST_YEARS = 5
"""Land cover further in time from a line than this says little of its day."""

Class = Annotated[str, Field(min_length=1, description="class of land cover")]


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
    if found is None:
        return report_missing(_why_not(case), unit="km2")
    told = f"{found.percent.value:.1f} % of the land there whose cover is known"
    coarse = _limits(case, found, find_front(case, line=line))
    return make_range(found.area, unit="km2", contains=POSITION, detail=told, coarse=coarse)


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
    if found is None:
        return report_missing(_why_not(case), unit="%")
    told = f"{found.part:,.0f} km2 of {cover}"
    coarse = _limits(case, found, find_front(case, line=line))
    return make_range(found.percent, unit="%", contains=POSITION, detail=told, coarse=coarse)


def _on_side(
    case: Analysis,
    line: str,
    side: str,
    cover: str,
    distance_m: float | None,
    partition: str | None,
    codes: tuple[str, ...],
) -> ClassOnLand | None:
    front = find_front(case, line=line)
    find_side(front, side=side)
    if case.cover is None:
        return None
    part = None if partition is None else find_land(case, partition=partition, codes=codes)
    return measure_class_on_side(
        case, cover=case.cover, front=front, side=side, name=cover, distance_m=distance_m, part=part
    )


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
    if found is None:
        return report_missing(_why_not(case), unit="%")
    told = f"{found.part:,.0f} of {found.whole:,.0f} km2 of {cover} came to the side {to_side}"
    coarse = _limits(case, found, find_front(case, line=to_line))
    return make_range(found.percent, unit="%", contains=POSITIONS, detail=told, coarse=coarse)


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
    if found is None:
        return report_missing(_why_not(case), unit="km2")
    told = f"Of {found.whole:,.0f} km2 of {cover} that the side {to_side} had not held"
    coarse = _limits(case, found, find_front(case, line=to_line))
    return make_range(found.area, unit="km2", contains=POSITIONS, detail=told, coarse=coarse)


def _gained(
    case: Analysis,
    from_line: str,
    to_line: str,
    to_side: str,
    cover: str,
    partition: str | None,
    inside: bool,  # noqa: FBT001 - a parameter of the metrics, handed on
) -> ClassOnLand | None:
    fronts = find_front(case, line=from_line), find_front(case, line=to_line)
    find_side(fronts[1], side=to_side)
    if case.cover is None:
        return None
    part = None if partition is None else find_land(case, partition=partition)
    return measure_class_gained(
        case, cover=case.cover, fronts=fronts, side=to_side, name=cover, part=part, inside=inside
    )


def _why_not(case: Analysis) -> str:
    return NO_COVER if case.cover is None else "land cover is unknown there"


def _limits(case: Analysis, found: ClassOnLand, front: FrontLine) -> tuple[str, ...]:
    """Say why land cover cannot bear a verdict: too little of it is known, or of another time."""
    limits = []
    if found.known < ENOUGH:
        limits.append(
            f"land cover is known on {found.known:.0%} of that land, and {ENOUGH:.0%} is needed"
        )
    stated = case.project.landcover
    if stated is None or stated.date is None:
        return (*limits, "the date of the land cover is not stated")
    years = abs((stated.date - front.date).days) / 365.25
    if years > MOST_YEARS:
        limits.append(f"the land cover is of {stated.date.year}, {years:.0f} years from the line")
    return tuple(limits)


COVER_METRICS: Mapping[Callable[..., Measurement], Unit] = {
    cover_area: "km2",
    cover_share: "%",
    cover_changed: "%",
    cover_gained: "km2",
}
