"""What share of a zone's people a list of settlements can contain, and by which reference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline._typing import Floats
from frontline.population.on_land import count_residents, find_shares, pick_residents

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from frontline.lines.front import FrontLine
    from frontline.population.sources import PopulationSource, ZoneRings
    from frontline.project.models import Total


LEAST_COVERAGE = 0.5
"""An estimate that knows less than this share of a zone's land is not stretched to all of it."""

BY_TOTAL = "total:"
"""Begins the name of a reference that is a total stated for a whole side."""


@dataclass(frozen=True)
class Reference:
    """People of all the land of a side as a source states them, and what a list holds of them.

    Parameters
    ----------
    name
        ``total:<id>``.
    side, land
        Name of the side, and its land at the line of which the source speaks, in the plane.
    share
        Residents listed on that land at that line's date over those stated, at most 1.
    """

    name: str
    side: str
    land: Any
    share: float


@dataclass(frozen=True)
class Completeness:
    """What share of the people of each zone a list can contain, shapes ``(sides, rings)``.

    Parameters
    ----------
    share
        At most 1; NaN where nothing is at hand to hold the list against.
    by
        The reference: name of a source or of a total; empty where there is none.
    """

    share: Floats
    by: NDArray[np.object_]


def make_references(
    totals: Iterable[Total], *, settlements: gpd.GeoDataFrame, fronts: Sequence[FrontLine]
) -> tuple[Reference, ...]:
    """Hold a list of settlements against totals that sources state for whole sides.

    Parameters
    ----------
    totals
        From the project; one that speaks of a line not among `fronts` is left out.
    settlements
        The list in the plane.
    fronts
        The dated lines.
    """
    by_key = {front.key: front for front in fronts}
    references = []
    for total in totals:
        front = by_key.get(total.line)
        if front is None or total.side not in front.sides or not len(settlements):
            continue
        land = front.sides[total.side]
        dwellers = pick_residents(settlements, date=front.date)
        listed = count_residents(
            dwellers, share=find_shares(dwellers, lands=np.array([land], dtype=object))
        ).residents[0]
        share = min(float(np.nan_to_num(listed)) / total.people, 1.0)
        references.append(Reference(f"{BY_TOTAL}{total.id}", total.side, land, share))
    return tuple(references)


def estimate_completeness(
    listed: PopulationSource,
    *,
    estimates: Sequence[PopulationSource],
    rings: ZoneRings,
    cumulative: bool,
    references: Sequence[Reference] = (),
) -> Completeness:
    """Compare a list of settlements with whatever else counts people, zone by zone.

    Parameters
    ----------
    listed
        The settlements' residents.
    estimates
        Sources that count people everywhere, the preferred one first: rasters, then districts
        (see `merge_kinds`).
    rings
        The zones.
    cumulative
        For zones from the line to each distance; else for the rings between the distances.
    references
        From `make_references`: they speak where no estimate does.

    Notes
    -----
    It is a share that the list can contain, not an error of the list: places too small to be
    listed, and people outside places, are what it lacks. Where an estimate reaches half of the
    zone or more, the rest is taken to be as densely settled; of a raster, that is what lies beyond
    its edge (a cell without a value is mostly one where nobody lives). One that reaches less is
    not stretched: the whole list over its people alone is the most that the list can hold, and is
    told where that is less than everybody. A total stands for the zones of its side of which half
    or more lies on the land that it speaks of: its share is that of the whole side, and only told
    where the list has people at all.
    """
    best = np.full(rings.shape, np.nan)
    by = np.full(rings.shape, "", dtype=object)
    area = _accumulate(rings.area_km2, cumulative=cumulative)
    people = _accumulate(listed.people, cumulative=cumulative)
    bounds = [_find_upper_bound(source, people, cumulative=cumulative) for source in estimates]
    stretched = [
        _estimate_share(source, people, area, cumulative=cumulative) for source in estimates
    ]
    names = [source.name for source in estimates]
    for name, share in reversed(
        [*zip(names, stretched, strict=True), *zip(names, bounds, strict=True)]
    ):
        known = np.isfinite(share)
        best[known], by[known] = share[known], name
    for reference in references:
        speaks = _find_zones_on(reference, rings, cumulative=cumulative) & (by == "") & (people > 0)
        best[speaks], by[speaks] = reference.share, reference.name
    return Completeness(best, by)


def _estimate_share(
    source: PopulationSource, people: Floats, area: Floats, *, cumulative: bool
) -> Floats:
    """Return the share where a source reaches half of a zone or more, NaN elsewhere."""
    reached = _accumulate(source.reached_km2, cumulative=cumulative)
    everybody = _accumulate(source.people, cumulative=cumulative)
    usable = (reached >= LEAST_COVERAGE * area) & (area > 0) & (everybody > 0)
    share: Floats = np.full(people.shape, np.nan)
    reach = np.minimum(reached[usable] / area[usable], 1.0)
    share[usable] = np.minimum(people[usable] * reach / everybody[usable], 1.0)
    return share


def _find_upper_bound(source: PopulationSource, people: Floats, *, cumulative: bool) -> Floats:
    """Return the most that a list can hold by a source of some of the people; NaN if all."""
    everybody = _accumulate(source.people, cumulative=cumulative)
    share: Floats = np.full(people.shape, np.nan)
    np.divide(people, everybody, out=share, where=everybody > 0)
    return np.where(share < 1.0, share, np.nan)


def _find_zones_on(
    reference: Reference, rings: ZoneRings, *, cumulative: bool
) -> NDArray[np.bool_]:
    """Tell which zones lie half or more on the land of a total."""
    lies_on = np.zeros(rings.shape, dtype=bool)
    if reference.side in rings.sides:
        side = rings.sides.index(reference.side)
        land = shapely.area(shapely.intersection(rings.land[side], reference.land)) / 1e6
        common = _accumulate(land[np.newaxis], cumulative=cumulative)[0]
        area = _accumulate(rings.area_km2, cumulative=cumulative)[side]
        lies_on[side] = (area > 0) & (common >= LEAST_COVERAGE * area)
    return lies_on


def merge_kinds(sources: Sequence[PopulationSource]) -> list[PopulationSource]:
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
            name="districts",
            people=np.sum([source.people for source in sources], axis=0),
            covered_km2=np.sum([source.covered_km2 for source in sources], axis=0),
            reached_km2=np.sum([source.reached_km2 for source in sources], axis=0),
        )
    ]


def _accumulate(values: Floats, *, cumulative: bool) -> Floats:
    return np.cumsum(values, axis=1) if cumulative else values
