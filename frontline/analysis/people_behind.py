"""People behind a stretch of a line, or on some land, by any source."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline._typing import Flags, Floats
from frontline.lines.front import take_point_figures
from frontline.lines.sections import find_behind
from frontline.lines.zones import buffer_zones
from frontline.population.on_land import count_residents, find_shares, pick_residents
from frontline.population.validity import open_grids, open_splitting_grid
from frontline.population.within import PeopleAt, place_people
from frontline.raster.zonal import sum_zones
from frontline.uncertainty.copies import FARTHEST_SIGMAS
from frontline.uncertainty.intervals import SIGMAS, take_interval
from frontline.uncertainty.sampling import SamplePosition

if TYPE_CHECKING:
    from frontline.analysis.context import Analysis
    from frontline.lines.front import FrontLine


@dataclass(frozen=True)
class Behind:
    """People of one source within a distance of a line, and of them those in a part.

    Parameters
    ----------
    source
        As in the column ``source`` of zones.csv.
    part, whole
        People in the part, and within the distance in all.
    share, low, high
        The part as a share of the whole with its interval over the displaced copies; NaN where
        nobody is within the distance.
    """

    source: str
    part: float
    whole: float
    share: float
    low: float
    high: float


def count_people_behind(
    case: Analysis,
    *,
    front: FrontLine,
    side: str,
    distance_m: float,
    courses: Sequence[Any] | None = None,
    land: Any = None,
) -> dict[str, Behind]:
    """Count people within a distance of a line behind stretches of it, or on some land.

    Parameters
    ----------
    case
        Layers, population rasters, places and draws of a run.
    front, side
        The line, and the side on which people count.
    distance_m
        The distance.
    courses
        Stretches of the line in the plane: people count behind any of them.
    land
        Or a polygon in the plane on which they count.

    Returns
    -------
    By source, those that have people within the distance or know of none.

    Notes
    -----
    Points stand for the people: a place given as a point for itself, polygons, districts and
    rasters by many (see `frontline.uncertainty.sampling`). On land the settlements are counted
    by area.
    """
    bands = buffer_zones([front], distances_m=[distance_m], draws={}, plane=case.layers.plane)
    found = {}
    number = list(front.sides).index(side)
    for there in place_people(
        case.project,
        layers=case.layers,
        front=front,
        zones=bands,
        places=case.places,
        around=case.around,
    ):
        if courses is not None:
            inside = np.zeros(len(there.sample.xy), dtype=bool)
            for course in courses:
                inside |= find_behind(there.sample.xy, stretch=course, line=front.geometry)
        else:
            shapely.prepare(land)
            inside = np.asarray(shapely.intersects_xy(land, *there.sample.xy.T), dtype=bool)
        found[there.source] = _counted(case, front, there, number, distance_m, inside)
    if land is None:
        return found
    zone = bands[(bands["side"] == side) & (bands["kind"] == "cumulative")].geometry.iloc[0]
    return {name: _exact(case, front, one, zone, land) for name, one in found.items()}


def _exact(case: Analysis, front: FrontLine, one: Behind, zone: Any, land: Any) -> Behind:
    """Move what points say of a list of settlements to the count by area."""
    if one.source not in {"settlements", "settlements:registered"} or not one.whole > 0:
        return one
    part, whole = (
        count_people_on_land(case, front=front, land=area, source=one.source)
        for area in (shapely.intersection(zone, land), zone)
    )
    if part is None or whole is None or not whole.people > 0:
        return one
    people = 0.0 if math.isnan(part.people) else part.people
    share = people / whole.people
    low, high = (min(max(end + share - one.share, 0.0), 1.0) for end in (one.low, one.high))
    return Behind(one.source, people, whole.people, share, low, high)


def _counted(
    case: Analysis, front: FrontLine, there: PeopleAt, side: int, distance_m: float, inside: Flags
) -> Behind:
    def sums(where: SamplePosition) -> Floats:
        within = (where.side == side) & (where.distance_m <= distance_m)
        people = there.people(where) * within
        return np.array([people[inside].sum(), people.sum()])

    part, whole = sums(there.where)
    if not whole > 0:
        return Behind(there.source, float(part), float(whole), math.nan, math.nan, math.nan)
    share = float(part / whole)
    if not (front.error_m > 0).any():
        return Behind(there.source, float(part), float(whole), share, share, share)
    reach_m = distance_m + FARTHEST_SIGMAS / SIGMAS * float(front.error_m.max(initial=0.0))
    near = np.flatnonzero(there.where.distance_m <= reach_m)

    def share_of(copy: SamplePosition) -> float:
        now = SamplePosition(there.where.side.copy(), there.where.distance_m.copy())
        now.side[near], now.distance_m[near] = copy.side, copy.distance_m
        here, every = sums(now)
        return float(here / every) if every > 0 else share

    drawn = take_point_figures(
        front,
        draws=case.draws.get(front.key, ()),
        xy=there.sample.xy[near],
        here=there.where.part(near),
        figure=share_of,
        plane=case.layers.plane,
        # Places are counted; people spread over land are measured, as land is.
        counted=there.source.startswith("settlements"),
    )
    low, high = take_interval(share, drawn=drawn, least=0.0, most=1.0)
    return Behind(there.source, float(part), float(whole), share, low, high)


@dataclass(frozen=True)
class OnLand:
    """People of one source on some land.

    Parameters
    ----------
    people
        Those known; NaN where nothing is known.
    settlements, unknown
        Places there, and those of them without a figure; None of what is no list of places.
    coverage
        Share of the land whose people a raster or districts know; NaN of a list.
    """

    people: float
    settlements: int | None
    unknown: int | None
    coverage: float


def count_people_on_land(
    case: Analysis, *, front: FrontLine, land: Any, source: str, besides: Sequence[str] = ()
) -> OnLand | None:
    """Count the people on some land at the date of a line, by one source.

    Parameters
    ----------
    case
        Layers and population rasters of a run.
    front
        Figures count that hold at its date; districts count what its sides held.
    land
        Polygon in the plane.
    source
        As in the column ``source`` of zones.csv.
    besides
        Settlements that belong there although they lie outside.

    Returns
    -------
    None where there is no such source.
    """
    name, _, kind = source.partition(":")
    if name == "settlements" and kind in {"", "registered"}:
        return _listed(case, front, land, kind, besides)
    if name == "raster":
        with ExitStack() as stack:
            for grid in open_grids(case.project, date=front.date, stack=stack):
                if grid.key == kind:
                    sums = sum_zones(
                        grid.raster,
                        zones=np.array([land], dtype=object),
                        zones_crs=case.layers.plane.crs,
                        kind=grid.kind,
                    )
                    return OnLand(float(sums.people[0]), None, None, float(sums.coverage[0]))
        return None
    return _of_districts(case, front, land, source) if name == "districts" else None


def _listed(
    case: Analysis, front: FrontLine, land: Any, kind: str, besides: Sequence[str]
) -> OnLand | None:
    table = case.layers.settlements
    if not len(table):
        return None
    dwellers = pick_residents(table, date=front.date)
    with open_splitting_grid(case.project, settlements=table, date=front.date) as grid:
        lands = np.array([land], dtype=object)
        share = find_shares(dwellers, lands=lands, grid=grid, crs=case.layers.plane.crs)
    share[table["id"].isin(list(besides)).to_numpy()] = 1.0
    counted = count_residents(dwellers, share=share)
    kind = kind or "residents"
    return OnLand(
        float(counted.people[kind][0]) if counted.figures[kind][0] else math.nan,
        int(counted.settlements[0]),
        int(counted.unknown[0]),
        math.nan,
    )


def _of_districts(case: Analysis, front: FrontLine, land: Any, source: str) -> OnLand | None:
    table, plane = case.layers.districts, case.layers.plane
    held = shapely.intersection(land, case.layers.study_area)
    if held.is_empty or not len(table):
        return None
    corners = shapely.points(shapely.get_coordinates(held))
    farthest_m = 1.1 * float(shapely.distance(corners, front.geometry).max()) + 1_000.0
    bands = buffer_zones([front], distances_m=[farthest_m], draws={}, plane=plane)
    places = place_people(
        case.project,
        layers=case.layers,
        front=front,
        zones=bands,
        places=case.places,
        around=case.around,
    )
    own = [there for there in places if there.source == source]
    if not own:
        return None
    shapely.prepare(land)
    inside = shapely.intersects_xy(land, *own[0].sample.xy.T)
    kind = source.partition(":")[2] or "residents"
    stated = table["population"].notna() & table["population_kind"].isin([kind, ""])
    known = shapely.intersection(held, shapely.union_all(table.geometry[stated].to_numpy()))
    return OnLand(
        float(own[0].people(own[0].where)[inside].sum()),
        None,
        None,
        float(shapely.area(known) / shapely.area(held)),
    )
