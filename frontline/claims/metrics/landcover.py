"""Metrics of land cover: how much of a class lies on a side, and how much of it changed hands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from frontline.analysis.context import Analysis
from frontline.analysis.landcover_shares import (
    ClassOnLand,
    measure_class_gained,
    measure_class_on_side,
)
from frontline.claims.lookup import ENOUGH, find_front, find_land
from frontline.claims.measurement import POSITION, Measurement, MissingDataError, make_range
from frontline.claims.metric import LineKey, Metres, PartitionKey, SideName, make_metric
from frontline.project.models import FARMLAND

if TYPE_CHECKING:
    from frontline.analysis.landcover import LandCoverSquares
    from frontline.lines.front import FrontLine


NOT_ITS_OWN = "not the land cover's own error"
UNKNOWN = "land cover is unknown there"

MOST_YEARS = 5
"""Land cover further in time from a line than this says little of its day."""

Class = Annotated[str, Field(min_length=1, description="class of land cover")]


def _measure_on_side(
    case: Analysis,
    *,
    line: LineKey,
    side: SideName,
    cover: Class = FARMLAND,
    distance_m: Metres | None = None,
    partition: PartitionKey | None = None,
    codes: tuple[str, ...] = (),
    share: bool,
) -> Measurement:
    """Measure a class on a side of a line: its area, or its share of the land that is known.

    Parameters
    ----------
    cover
        Class of land cover, as the project names it.
    distance_m
        Only within this distance of the line, one of the project's.
    partition, codes
        Only within this partition, or ``districts`` and their codes.
    """
    front, squares = find_front(case, line=line, side=side), _find_cover(case)
    part = None if partition is None else find_land(case, partition=partition, codes=codes)
    land = measure_class_on_side(
        case, cover=squares, front=front, side=side, name=cover, distance_m=distance_m, part=part
    )
    if land is None:
        raise MissingDataError(UNKNOWN)
    return make_range(
        land.percent if share else land.area,
        contains=f"{POSITION}, {NOT_ITS_OWN}",
        detail=f"{land.part:,.0f} km2 of {cover}"
        if share
        else f"{land.percent.value:.1f} % of the land there whose cover is known",
        coarse=_explain_limits(case, land, front),
    )


cover_area = make_metric(
    _measure_on_side,
    unit="km2",
    name="cover_area",
    about="Area of a class of land cover on a side of a line.",
    share=False,
)
cover_share = make_metric(
    _measure_on_side,
    unit="%",
    name="cover_share",
    about="Share of a class of land cover in the land of a side whose cover is known.",
    share=True,
)


def _measure_gained(
    case: Analysis,
    *,
    from_line: LineKey,
    to_line: LineKey,
    to_side: SideName,
    cover: Class = FARMLAND,
    partition: PartitionKey | None = None,
    inside: bool = True,
    share: bool,
) -> Measurement:
    """Measure the land of a class that a side had not held and holds now: area, or share.

    Parameters
    ----------
    cover
        Class of land cover, as the project names it.
    partition, inside
        Only within this partition, or only outside it.
    """
    fronts = find_front(case, line=from_line), find_front(case, line=to_line, side=to_side)
    squares = _find_cover(case)
    part = None if partition is None else find_land(case, partition=partition)
    land = measure_class_gained(
        case, cover=squares, fronts=fronts, side=to_side, name=cover, part=part, inside=inside
    )
    if land is None:
        raise MissingDataError(UNKNOWN)
    whole = f"{land.whole:,.0f} km2 of {cover}"
    return make_range(
        land.percent if share else land.area,
        contains=f"the position of both lines, {NOT_ITS_OWN}",
        detail=f"{land.part:,.0f} of {whole} came to the side {to_side}"
        if share
        else f"Of {whole} that the side {to_side} had not held",
        coarse=_explain_limits(case, land, fronts[1]),
    )


cover_changed = make_metric(
    _measure_gained,
    unit="%",
    name="cover_changed",
    about="Share of the land of a class that a side had not held and holds now.",
    share=True,
)
cover_gained = make_metric(
    _measure_gained,
    unit="km2",
    name="cover_gained",
    about="Area of a class of land cover that came to a side.",
    share=False,
)


def _find_cover(case: Analysis) -> LandCoverSquares:
    if case.cover is None:
        raise MissingDataError("the project has no land cover")
    return case.cover


def _explain_limits(case: Analysis, land: ClassOnLand, front: FrontLine) -> tuple[str, ...]:
    """Say why land cover cannot bear a verdict: too little of it is known, or of another time."""
    limits = []
    if land.known < ENOUGH:
        limits.append(
            f"land cover is known on {land.known:.0%} of that land, and {ENOUGH:.0%} is needed"
        )
    stated = case.project.landcover
    if stated is None or stated.date is None:
        return (*limits, "the date of the land cover is not stated")
    years = abs((stated.date - front.date).days) / 365.25
    if years > MOST_YEARS:
        limits.append(f"the land cover is of {stated.date.year}, {years:.0f} years from the line")
    return tuple(limits)
