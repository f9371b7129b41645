"""Sources of people against one line: exact by side and ring, with the points that stand for it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline._typing import Floats, Integers
from frontline.population.figures import (
    PopulationFigures,
    count_years_before,
    parse_first_day,
    parse_last_day,
    read_texts,
    to_numbers,
)
from frontline.population.on_land import (
    Grid,
    ListedResidents,
    count_residents,
    drop_slivers,
    find_main_land,
    join_residents,
    split_polygons,
)
from frontline.raster.points import place_people_points
from frontline.raster.zonal import ZonalSums, sum_zones
from frontline.uncertainty.sampling import (
    ABSENT,
    OUTSIDE,
    Sample,
    join_samples,
    sample_of_area,
    sample_points,
)

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj
    from numpy.typing import NDArray

    from frontline.lines.front import FrontLine


FIGURES = ["figures_first", "figures_last", "figures_undated", "figures_outdated"]
"""Columns that say of when the figures behind a number of people are."""

LEAST_SHARE = 1e-9
"""A raster whose edge a zone only touches knows less than this of it, by rounding: nothing."""


@dataclass(frozen=True)
class ZoneRings:
    """The zones of one line: sides by rings.

    Parameters
    ----------
    sides
        Names; their order numbers them.
    edges_m
        Outer edges of the rings, ascending.
    within
        Land within each outer edge: polygons in the plane, shape ``(sides, rings)``; empty where
        there is none.
    """

    sides: tuple[str, ...]
    edges_m: tuple[float, ...]
    within: NDArray[np.object_]

    @cached_property
    def land(self) -> NDArray[np.object_]:
        """Polygons of the rings, shape ``(sides, rings)``; places that are points need none."""
        land = self.within.copy()
        land[:, 1:] = shapely.difference(self.within[:, 1:], self.within[:, :-1])
        return land

    @cached_property
    def area_km2(self) -> Floats:
        """Areas of the rings, shape ``(sides, rings)``: each zone lies within the next."""
        areas = shapely.area(self.within) / 1e6
        return np.asarray(np.maximum(np.diff(areas, axis=1, prepend=0.0), 0.0))

    @property
    def shape(self) -> tuple[int, int]:
        """Number of sides and rings."""
        return len(self.sides), len(self.edges_m)


@dataclass(frozen=True)
class Basis:
    """The single figures that a source of people adds up, by side and ring of one line.

    Parameters
    ----------
    reaches
        Whether some of each of m figures falls there, shape ``(m, sides, rings)``.
    dated
        When each was counted, as the input writes it; empty: undated; shape ``(m,)``.
    present
        Whether any place has land there, with a figure or without, shape ``(sides, rings)``;
        None for what is no list of places.
    """

    reaches: NDArray[np.bool_]
    dated: NDArray[np.object_]
    present: Any = None

    def is_unknown(self, cell: tuple[int, slice]) -> bool:
        """Tell whether places lie on a zone and none of them has a figure."""
        if self.present is None:
            return False
        return bool(self.present[cell].any()) and not bool(self.reaches[(slice(None), *cell)].any())

    def columns(
        self, cell: tuple[int, slice], *, date: dt.date, outdated_years: float
    ) -> dict[str, Any]:
        """Say of when the figures of a zone are, as :data:`FIGURES`.

        Parameters
        ----------
        cell
            Side and rings.
        date
            The line's.
        outdated_years
            Figures counted more than this before the date are outdated.
        """
        used = self.dated[self.reaches[(slice(None), *cell)].any(axis=1)]
        dates = sorted({str(text) for text in used if text})
        old = [
            bool(text) and count_years_before(str(text), date=date) > outdated_years
            for text in used
        ]
        return {
            "figures_first": min(dates, key=parse_first_day, default=""),
            "figures_last": max(dates, key=parse_last_day, default=""),
            "figures_undated": int((used == "").sum()),
            "figures_outdated": sum(old),
        }


@dataclass(frozen=True)
class PopulationSource:
    """One source of people, by side and ring of one line.

    Parameters
    ----------
    name
        As in the column ``source``.
    people
        Shape ``(sides, rings)``.
    covered_km2
        Land of which the source knows the people, same shape.
    reached_km2
        The same, with cells of a raster that are tagged as nodata.
    known, unknown
        Settlements with and without a figure, same shape; None for what is no list of places.
    sample, of_group, counted_on
        Points that stand for the people, people of each group, and the side to whose land a
        group's figure is limited (``OUTSIDE``: none).
    basis
        The figures that were added up.
    sums
        What a raster said; None for other sources.
    """

    name: str
    people: Floats
    covered_km2: Floats
    reached_km2: Floats
    known: Integers | None
    unknown: Integers | None
    sample: Sample
    of_group: Floats
    counted_on: Integers
    basis: Basis
    sums: ZonalSums | None = None

    def is_silent(self, cell: tuple[int, slice]) -> bool:
        """Tell whether the source knows nothing of a zone that somebody may live in.

        Parameters
        ----------
        cell
            Side and rings.
        """
        if self.known is None:
            return not float(self.covered_km2[cell].sum()) > 0.0
        return self.basis.is_unknown(cell)


def arrange_rings(front: FrontLine, *, zones: gpd.GeoDataFrame) -> ZoneRings:
    """Arrange the cumulative zones of a line as rings.

    Parameters
    ----------
    front
        The line.
    zones
        ``line, side, distance_m, kind, geometry`` in the plane.
    """
    chosen = zones[(zones["line"] == front.key) & (zones["kind"] == "cumulative")]
    edges = tuple(sorted({float(value) for value in chosen["distance_m"]}))
    sides = tuple(front.sides)
    within = np.full((len(sides), len(edges)), shapely.Polygon(), dtype=object)
    for side, distance, geometry in zip(
        chosen["side"], chosen["distance_m"], chosen.geometry, strict=True
    ):
        if side in sides:
            within[sides.index(side), edges.index(float(distance))] = geometry
    return ZoneRings(sides, edges, within)


def make_settlement_sources(
    settlements: gpd.GeoDataFrame,
    *,
    figures: PopulationFigures,
    rings: ZoneRings,
    share: Floats,
    grid: Grid | None,
    crs: pyproj.CRS,
) -> list[PopulationSource]:
    """Make a source of each kind of figure that the settlements have.

    Parameters
    ----------
    settlements
        ``population_kind`` and geometry in the plane.
    figures
        What holds at the line's date.
    rings
        Zones of the line.
    share
        From `find_ring_shares`.
    grid
        A population raster to split places given as polygons by; by area without.
    crs
        The plane.

    Returns
    -------
    Residents first, then the kinds of which the layer has any figure, valid or not.

    Notes
    -----
    A point counts whole, on the side and in the zone of that point. A polygon's people are
    split; the place itself counts where the largest share of it lies. The residents of a place
    of which only a registered figure is known are unknown, not zero.
    """
    most, inside = find_main_land(share)
    stated = read_texts(settlements, column="population_kind")
    counted = read_texts(settlements, column="population_date")
    dwellers = join_residents(settlements, figures=figures)
    people_by_kind = count_in_rings(dwellers, share=share)
    sources = []
    for kind, people in figures.people.items():
        of_kind = stated == kind
        if kind != "residents" and not of_kind.any():
            continue
        known = np.isfinite(people)
        has_figure = np.isin(figures.place, figures.place[known])
        lacking = ~has_figure & (of_kind if kind != "residents" else True)
        # A place with several rows is one place.
        first = ~pd.Series(figures.place).duplicated().to_numpy()
        rows = np.flatnonzero(known)
        sources.append(
            PopulationSource(
                name="settlements" if kind == "residents" else f"settlements:{kind}",
                people=people_by_kind[kind],
                covered_km2=rings.area_km2,
                reached_km2=rings.area_km2,
                known=tally_places(most[known & inside], rings=rings),
                unknown=tally_places(most[lacking & inside & first], rings=rings),
                sample=sample_places(settlements.geometry.to_numpy()[rows], grid=grid, crs=crs),
                of_group=people[rows],
                counted_on=np.full(len(rows), OUTSIDE),
                basis=Basis(share[rows] > 0, counted[rows], np.any(share > 0, axis=0)),
            )
        )
    return sources


def count_in_rings(dwellers: ListedResidents, *, share: Floats) -> dict[str, Floats]:
    """Add up people by kind in each ring of each side; 0 where no figure falls.

    Parameters
    ----------
    dwellers
        n settlements.
    share
        From `find_ring_shares`.
    """
    people = count_residents(
        dwellers, share=share.reshape(len(share), math.prod(share.shape[1:]))
    ).people
    return {kind: np.nan_to_num(sums).reshape(share.shape[1:]) for kind, sums in people.items()}


def make_district_sources(
    districts: gpd.GeoDataFrame,
    *,
    front: FrontLine,
    rings: ZoneRings,
    grid: Grid | None,
    crs: pyproj.CRS,
    step_m: float,
) -> list[PopulationSource]:
    """Spread the figures of districts over the land that they count.

    Parameters
    ----------
    districts
        ``population, population_kind, counted_by`` and polygons in the plane, one per code.
    front, rings
        The line and its zones.
    grid
        A population raster to split by; evenly by area without, or where it knows too little.
    crs
        The plane.
    step_m
        Distance of the points that stand for the people when the line is displaced.

    Returns
    -------
    ``districts`` for residents (or figures of no stated kind), ``districts:<kind>`` for other
    kinds: kinds are never added.

    Notes
    -----
    ``counted_by`` names a side: the figure covers the district without the land of the other
    sides. Land of the district outside the study area, which no line divides, is taken to be
    the counting side's. Without ``counted_by`` the figure covers the whole district; counted by a
    side that this line does not have, it covers nothing.
    """
    people = to_numbers(districts, column="population")
    kinds = read_texts(districts, column="population_kind")
    sources = []
    for kind in dict.fromkeys(["residents", *sorted(set(kinds[np.isfinite(people)]) - {""})]):
        of_kind = np.isfinite(people) & ((kinds == kind) | ((kinds == "") & (kind == "residents")))
        if not of_kind.any():
            continue
        shapes = districts.geometry.to_numpy()[of_kind]
        by = [
            find_side_number(name, sides=rings.sides)
            for name in read_texts(districts, column="counted_by")[of_kind]
        ]
        held = np.array(
            [
                find_held_part(shape, side=side, front=front, names=rings.sides)
                for shape, side in zip(shapes, by, strict=True)
            ],
            dtype=object,
        )
        pieces = drop_slivers(shapely.intersection(held[:, np.newaxis, np.newaxis], rings.land))
        share = split_polygons(held, lands=rings.land, grid=grid, crs=crs)
        covered_km2 = np.asarray(shapely.area(pieces).sum(axis=0) / 1e6)
        sources.append(
            PopulationSource(
                name="districts" if kind == "residents" else f"districts:{kind}",
                people=np.einsum("n,nsk->sk", people[of_kind], share),
                covered_km2=covered_km2,
                reached_km2=covered_km2,
                known=None,
                unknown=None,
                sample=join_samples(
                    [_sample_within(s, n, grid, crs, step_m=step_m) for n, s in enumerate(shapes)]
                ),
                of_group=people[of_kind],
                counted_on=np.array(by, dtype=np.int64),
                basis=Basis(
                    shapely.area(pieces) > 0,
                    read_texts(districts, column="population_year")[of_kind],
                ),
            )
        )
    return sources


def sum_raster(grid: Grid, *, rings: ZoneRings, crs: pyproj.CRS, reach: Any) -> PopulationSource:
    """Sum a population raster within the rings.

    Parameters
    ----------
    grid
        The raster.
    rings
        Zones of the line.
    crs
        The plane.
    reach
        Polygon that the widest zones cannot leave when the line is displaced.
    """
    sums = sum_zones(grid.raster, zones=rings.land.ravel(), zones_crs=crs, kind=grid.kind)
    touched = np.nan_to_num(sums.coverage) > LEAST_SHARE
    xy, people = place_people_points(
        grid.raster, area=reach, area_crs=crs, kind=grid.kind, most=8_000
    )
    shapely.prepare(reach)
    near = shapely.contains_xy(reach, xy[:, 0], xy[:, 1])
    number = np.zeros(int(near.sum()), dtype=np.int64)
    total = float(people[near].sum())
    weight = people[near] / total if total > 0 else people[near]
    return PopulationSource(
        name=f"raster:{grid.key}",
        people=np.where(touched, sums.people, 0.0).reshape(rings.shape),
        covered_km2=np.where(touched, sums.coverage, 0.0).reshape(rings.shape) * rings.area_km2,
        reached_km2=np.nan_to_num(sums.on_raster).reshape(rings.shape) * rings.area_km2,
        known=None,
        unknown=None,
        sample=Sample(xy[near], number, weight),
        of_group=np.array([total]),
        counted_on=np.array([OUTSIDE]),
        basis=Basis(touched.reshape(1, *rings.shape), np.array([grid.dated], dtype=object)),
        sums=sums,
    )


def find_ring_shares(
    settlements: gpd.GeoDataFrame,
    *,
    places: pd.DataFrame,
    rings: ZoneRings,
    grid: Grid | None,
    crs: pyproj.CRS,
) -> Floats:
    """Find the share of each place in each ring of each side.

    Parameters
    ----------
    settlements
        ``id`` and geometry in the plane.
    places
        ``id, side, distance_m`` against this line.
    rings
        Zones of the line.
    grid
        A population raster to split places given as polygons by; by area without.
    crs
        The plane.

    Returns
    -------
    Shape ``(n, sides, rings)``: 0 or 1 for points.
    """
    share = np.zeros((len(settlements), *rings.shape))
    geometry = settlements.geometry.to_numpy()
    spread = shapely.get_dimensions(geometry) == 2
    against = places.set_index("id").reindex(settlements["id"])
    numbers: Mapping[str, int] = {name: number for number, name in enumerate(rings.sides)}
    side = against["side"].map(numbers).to_numpy(dtype=np.float64)
    distance_m = against["distance_m"].to_numpy(dtype=np.float64)
    ring = np.searchsorted(rings.edges_m, distance_m, side="left")  # of NaN: the last
    rows = np.flatnonzero(~spread & ~np.isnan(side) & (ring < len(rings.edges_m)))
    share[rows, side[rows].astype(np.int64), ring[rows]] = 1.0
    if spread.any():
        share[spread] = split_polygons(geometry[spread], lands=rings.land, grid=grid, crs=crs)
    return share


def find_side_number(name: str, *, sides: Sequence[str]) -> int:
    """Return the number of a side, ``OUTSIDE`` for no name, ``ABSENT`` for one not there."""
    if not name:
        return OUTSIDE
    return sides.index(name) if name in sides else ABSENT


def find_held_part(shape: Any, *, side: int, front: FrontLine, names: Sequence[str]) -> Any:
    """Find the part of a district that its figure covers.

    Parameters
    ----------
    shape
        The district in the plane.
    side
        Number of the side that counted, ``OUTSIDE`` where none is named, ``ABSENT`` where this
        line has no such side.
    front
        The line.
    names
        Names of the sides in the order of their numbers.
    """
    if side == OUTSIDE:
        return shape
    if side == ABSENT:
        return shapely.Polygon()
    others = [land for name, land in front.sides.items() if name != names[side]]
    return shapely.difference(shape, shapely.union_all(others)) if others else shape


def sample_places(geometry: NDArray[np.object_], *, grid: Grid | None, crs: pyproj.CRS) -> Sample:
    """Let points stand for places: a point for itself, many for a polygon.

    Parameters
    ----------
    geometry
        Places in the plane, shape ``(n,)``; the groups of the sample are their rows.
    grid
        A population raster to spread the points of polygons by; evenly without.
    crs
        The plane.
    """
    spread = shapely.get_dimensions(geometry) == 2
    rows = np.flatnonzero(~spread)
    at = shapely.get_coordinates(shapely.centroid(geometry[rows]))
    polygons = [
        _sample_within(
            geometry[row], int(row), grid, crs, step_m=math.sqrt(geometry[row].area) / 10
        )
        for row in np.flatnonzero(spread)
    ]
    return join_samples([sample_points(at, groups=rows), *polygons])


def _sample_within(
    shape: Any, number: int, grid: Grid | None, crs: pyproj.CRS, *, step_m: float
) -> Sample:
    """Let points stand for a polygon: where a raster has its people, else evenly."""
    if grid is not None:
        xy, people = place_people_points(
            grid.raster, area=shape, area_crs=crs, kind=grid.kind, most=1_000
        )
        shapely.prepare(shape)
        inside = shapely.contains_xy(shape, xy[:, 0], xy[:, 1])
        if inside.sum() >= 10:
            weight = people[inside] / people[inside].sum()
            return Sample(xy[inside], np.full(len(weight), number), weight)
    return sample_of_area(shape, group=number, step_m=step_m)


def tally_places(cells: Integers, *, rings: ZoneRings) -> Integers:
    """Count places by ring of each side; `cells` are numbers from `find_main_land`."""
    count = np.bincount(cells, minlength=math.prod(rings.shape))
    return np.asarray(count.reshape(rings.shape), dtype=np.int64)
