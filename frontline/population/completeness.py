"""What share of a zone's people a list of settlements can contain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from frontline._typing import Floats

if TYPE_CHECKING:
    from frontline.population.sources import Rings, Source


LEAST_COVERAGE = 0.5
"""Below this share of the zone's land, an estimate says nothing about the zone."""


def completeness(
    listed: Source, estimates: Sequence[Source], rings: Rings, *, cumulative: bool
) -> Floats:
    """Compare a list of settlements with an estimate of all people, zone by zone.

    Parameters
    ----------
    listed
        The settlements' residents.
    estimates
        Sources that count people everywhere, the preferred one first: rasters, then districts
        (see `all_kinds`).
    rings
        The zones.
    cumulative
        For zones from the line to each distance; else for the rings between the distances.

    Returns
    -------
    Shape ``(sides, rings)``, at most 1; NaN where no estimate covers half of the zone or the
    estimate is zero.

    Notes
    -----
    It is a share that the list can contain, not an error of the list: places too small to be
    listed, and people outside places, are what it lacks. Where an estimate reaches only part of
    the zone, the rest is taken to be as densely settled; of a raster, that is what lies beyond its
    edge (a cell without a value is mostly one where nobody lives).
    """
    best = np.full(rings.shape, np.nan)
    area = _over(rings.area_km2, cumulative=cumulative)
    people = _over(listed.people, cumulative=cumulative)
    for source in reversed(estimates):
        reached = _over(source.reached_km2, cumulative=cumulative)
        everybody = _over(source.people, cumulative=cumulative)
        usable = (reached >= LEAST_COVERAGE * area) & (area > 0) & (everybody > 0)
        share = np.minimum(reached[usable] / area[usable], 1.0)
        best[usable] = np.minimum(people[usable] * share / everybody[usable], 1.0)
    return best


def all_kinds(sources: Sequence[Source]) -> list[Source]:
    """Put the districts of all kinds of figure together, for an estimate of completeness only.

    Parameters
    ----------
    sources
        The sources of the districts.

    Returns
    -------
    One source or none. A district has one figure, so nobody is counted twice; registered people
    who live elsewhere make the estimate too high and the list look less complete, which is the
    safe side. As a number of people the sum is never shown.
    """
    if not sources:
        return []
    return [
        replace(
            sources[0],
            people=np.sum([source.people for source in sources], axis=0),
            covered_km2=np.sum([source.covered_km2 for source in sources], axis=0),
            reached_km2=np.sum([source.reached_km2 for source in sources], axis=0),
        )
    ]


def _over(values: Floats, *, cumulative: bool) -> Floats:
    return np.cumsum(values, axis=1) if cumulative else values
