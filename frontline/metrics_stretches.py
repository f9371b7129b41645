"""Metrics by stretch of a line and by step from line to line, and of what a line might become."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import numpy as np
import shapely
from pydantic import Field

from frontline.case import Case
from frontline.draws import rounded
from frontline.geodesy import length_m
from frontline.headcounts import headcounts_at
from frontline.lookup import front_of, incomplete, side_of
from frontline.measured import LineKey, Measured, SideName, missing
from frontline.metrics_lines import Ends, stretch_of
from frontline.metrics_people import rows_within
from frontline.zones import zones

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.fronts import FrontLine

Distance = Annotated[float, Field(ge=100, le=100_000, strict=True)]

NEAR_M = 1.0
"""A place belongs to a stretch if the stretch is as near to it as the whole line is."""


def people_per_km(
    case: Case, *, line: LineKey, side: SideName, distance_m: Distance, between: Ends
) -> Measured:
    """How many times as many people live behind a km of a stretch as behind one of the line.

    Parameters
    ----------
    case
        The case.
    line, side
        Key of the line, name of the side.
    distance_m
        Settlements within this distance count.
    between
        Two places that bound the stretch, [[lon, lat], [lon, lat]].
    """
    front = front_of(case, line)
    side_of(front, side)
    stretch = stretch_of(case, front, between)
    frame = case.layers.frame
    kilometres = float(length_m(np.array([stretch], dtype=object), frame)[0]) / 1000.0
    own = case.places[case.places["line"] == line].reset_index(drop=True)
    near = ((own["side"] == side) & (own["distance_m"] <= distance_m)).to_numpy()
    here = near & _nearest_to(own.geometry.to_numpy(), stretch, front)
    people = headcounts_at(case.layers.settlements, front.date).people["residents"]
    behind, all_ = float(np.nansum(people[here])), float(np.nansum(people[near]))
    if not all_:
        return missing("no people are known within that distance", unit="times")
    value = (behind / kilometres) / (all_ / front.length_km)
    rows = case.people[
        (case.people["line"] == line)
        & (case.people["side"] == side)
        & (case.people["source"] == "settlements")
        & (case.people["kind"] == "cumulative")
        & (case.people["distance_m"] == distance_m)
    ]
    share = float(rows["completeness"].iloc[0]) if len(rows) else math.nan
    return Measured(
        value,
        value,
        value,
        "times",
        contains="nothing: settlements as listed",
        detail=f"{behind / kilometres:,.0f} people listed per km of the stretch "
        f"({kilometres:.0f} km), {all_ / front.length_km:,.0f} per km of the whole line",
        coarse=incomplete(share),
    )


def _nearest_to(
    shapes: NDArray[np.object_], stretch: object, front: FrontLine
) -> NDArray[np.bool_]:
    """Tell which places are nearer to a stretch than to the rest of the line."""
    away = shapely.distance(shapes, stretch) - shapely.distance(shapes, front.geometry)
    return np.asarray(away <= NEAR_M)


def rate_in_stretch(
    case: Case,
    *,
    column: str,
    line: LineKey,
    side: SideName,
    distance_m: Distance,
    between: Ends | None = None,
) -> Measured:
    """Mean of a rate in the settlement table over a stretch of a line, weighted with people.

    Parameters
    ----------
    case
        The case.
    column
        Column of the settlements, in per cent.
    line, side
        Key of the line, name of the side.
    distance_m
        Settlements within this distance count.
    between
        Two places that bound the stretch; all of the line if unset.
    """
    front = front_of(case, line)
    side_of(front, side)
    if column not in case.layers.settlements:
        return missing(f"the settlements have no column '{column}'", unit="%")
    own = case.places[case.places["line"] == line].reset_index(drop=True)
    near = ((own["side"] == side) & (own["distance_m"] <= distance_m)).to_numpy()
    stretch = stretch_of(case, front, between)
    near = near & _nearest_to(own.geometry.to_numpy(), stretch, front)
    rate = own[column].to_numpy(dtype=np.float64, na_value=np.nan)
    people = headcounts_at(case.layers.settlements, front.date).people["residents"]
    known = near & np.isfinite(rate) & np.isfinite(people)
    if not people[known].sum():
        return missing(f"no settlement there has both people and a '{column}'", unit="%")
    value = float(np.average(rate[known], weights=people[known]))
    return Measured(
        value,
        value,
        value,
        "%",
        contains="nothing: rates as listed",
        detail=f"{int(known.sum())} of {int(near.sum())} settlements there have a rate",
        coarse=incomplete(float(known.sum()) / float(near.sum())),
    )


def advance(case: Case, *, line: LineKey, side: SideName, distance_m: Distance) -> Measured:
    """Land between a line and its parallel at a distance on one side.

    Parameters
    ----------
    case
        The case.
    line, side
        Key of the line, and the side into which it would move.
    distance_m
        How far.
    """
    front = front_of(case, line)
    side_of(front, side)
    bands = zones([front], [distance_m], case.draws, case.layers.frame)
    own = bands[(bands["side"] == side) & (bands["kind"] == "cumulative")].iloc[0]
    edge = shapely.intersection(
        shapely.boundary(own.geometry), shapely.buffer(front.sides[side], -NEAR_M)
    )
    kilometres = float(length_m(np.array([edge], dtype=object), case.layers.frame)[0]) / 1000.0
    rows = rows_within(case, line, distance_m)
    rows = rows[(rows["side"] == side) & ~rows["source"].str.startswith("stated:")]
    told = [
        f"{row.source} {rounded(row.population, row.population_low, row.population_high)}"
        for row in rows.itertuples()
    ]
    listed_ = case.places[
        (case.places["line"] == line)
        & (case.places["side"] == side)
        & (case.places["distance_m"] <= distance_m)
    ]
    return Measured(
        float(own["area_km2"]),
        float(own["area_low"]),
        float(own["area_high"]),
        "km2",
        contains="position of the line",
        detail=f"The parallel is {kilometres:,.0f} km long; between the two lie {len(listed_)} "
        f"settlements listed; people by source, never added: {'; '.join(told)}",
    )


def dated_steps(case: Case, *, from_line: LineKey, to_line: LineKey) -> Measured:
    """How many steps lead from one dated line to another: lines between them, and the last.

    Parameters
    ----------
    case
        The case.
    from_line, to_line
        Keys of the first and the last line.
    """
    first, last = front_of(case, from_line), front_of(case, to_line)
    within = [one for one in case.fronts if first.date < one.date <= last.date]
    if len(within) < 2:
        return missing(
            f"the project has no line between {first.date} and {last.date}: one change cannot be "
            "told apart into steps",
            unit="steps",
        )
    value = float(len(within))
    told = ", ".join(f"{one.key} ({one.date})" for one in sorted(within, key=lambda one: one.date))
    return Measured(value, value, value, "steps", contains="nothing: a count", detail=told)


def maps_made(case: Case) -> Measured:
    """How many maps a run makes: the region and the zone in detail, for each dated line."""
    forms = {"page", "figures"} & set(case.project.outputs.write)
    if not forms:
        return missing("the project asks for no maps", unit="maps")
    value = 2.0 * len(case.fronts)
    return Measured(
        value,
        value,
        value,
        "maps",
        contains="nothing: a count",
        detail=f"Each of {len(case.fronts)} lines in its region and in detail, written as "
        f"{' and '.join(sorted(forms))}",
    )


STRETCH_METRICS = (people_per_km, rate_in_stretch, advance, dated_steps, maps_made)
