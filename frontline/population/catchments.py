"""The land around each settlement, from which a population raster's people are gathered.

A raster knows people where a list of settlements has no figure for a place. Every spot of land
belongs to the nearest settlement within reach, on its own side of the line: nobody is counted
twice, and nobody lives with neighbours across a front.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import Voronoi

from frontline._typing import Floats, Geometries, Integers
from frontline.population.on_land import ListedResidents, drop_slivers, find_main_land
from frontline.population.sources import (
    Basis,
    PopulationSource,
    count_in_rings,
    sample_places,
    tally_places,
)
from frontline.raster.zonal import sum_zones

if TYPE_CHECKING:
    import pyproj
    from numpy.typing import NDArray

    from frontline.population.figures import PopulationFigures
    from frontline.population.on_land import Grid
    from frontline.population.sources import ZoneRings


BY_RASTER = "settlements_by_raster:"
"""Sources of people that begin so are settlements without a figure, each with what a raster says
of the land around it."""

LEAST_ON_RASTER = 0.5
"""Share of a catchment that must lie on a raster, for its sum to stand for the place's people."""

CIRCLE = 32
"""Edges per quarter of a circle: its area is 0.04 % too small."""


SAME_SPOT_DECIMALS = 0
"""Spots within a metre are one: Qhull cannot always tell nearer ones apart in a plane of 1e6 m."""


@dataclass(frozen=True)
class CatchmentAreas:
    """Land by settlement; no two overlap.

    Parameters
    ----------
    row
        Row of the settlement, shape ``(m,)``; one that a line cuts has land on several sides.
    side
        Number of the side, shape ``(m,)``.
    land
        Polygons in the plane, shape ``(m,)``; empty where nearer neighbours leave none.
    """

    row: Integers
    side: Integers
    land: Geometries


@dataclass(frozen=True)
class CatchmentPopulation:
    """People that a raster has around settlements, shapes ``(n,)``.

    Parameters
    ----------
    people
        NaN where less than half of the catchment lies on the raster, or the place has none.
    area_km2, coverage
        Land of the catchments, and the share of it on cells with a value.
    """

    people: Floats
    area_km2: Floats
    coverage: Floats


def make_catchments(
    shapes: Geometries,
    *,
    on_side: Integers,
    lands: Sequence[object],
    places: Integers,
    reach_m: float,
) -> CatchmentAreas:
    """Give every spot within reach of a settlement to the nearest one on the same side.

    Parameters
    ----------
    shapes
        Settlements in the plane, points or polygons, shape ``(n,)``.
    on_side
        Number of the side of each point; polygons are cut by the sides themselves.
    lands
        Land of the sides in the plane, in the order of their numbers.
    places
        Rows that stand for a place of their own, the one that wins a tie first.
    reach_m
        How far the land around a settlement goes, in the plane, where lengths are within 0.5 %
        up to 1,000 km from its middle.

    Returns
    -------
    CatchmentAreas
        Circles about points, cut half way to their neighbours. A polygon has all of its own area,
        and what lies around it is cut half way between outlines, within a fortieth of the reach.
        Of places on one spot the first has all.
    """
    rows: list[Integers] = []
    pieces: list[Geometries] = []
    numbers: list[Integers] = []
    dimension = shapely.get_dimensions(shapes)
    for number, land in enumerate(lands):
        candidates = places[(dimension[places] == 2) | (on_side[places] == number)]
        parts = shapes[candidates]
        wide = dimension[candidates] == 2
        parts[wide] = drop_slivers(shapely.intersection(parts[wide], land))
        nonempty = ~shapely.is_empty(parts)
        if nonempty.any():
            rows.append(candidates[nonempty])
            pieces.append(_cut_to_land(land, _find_nearest_land(parts[nonempty], reach_m)))
            numbers.append(np.full(int(nonempty.sum()), number))
    nothing = np.zeros(0, dtype=np.int64)
    return CatchmentAreas(
        row=np.concatenate([nothing, *rows]),
        side=np.concatenate([nothing, *numbers]),
        land=np.concatenate([np.zeros(0, dtype=object), *pieces]),
    )


def _find_nearest_land(shapes: Geometries, reach_m: float) -> Geometries:
    """Return the land that is nearest to each shape and within reach of it."""
    wide = shapely.get_dimensions(shapes) == 2
    outlines = np.where(wide, shapely.segmentize(shapely.boundary(shapes), reach_m / 20), shapes)
    xy, owner = shapely.get_coordinates(outlines, return_index=True)
    # On one spot the first one wins, whatever the order in which the spots are sorted.
    xy, first = np.unique(np.round(xy, SAME_SPOT_DECIMALS), axis=0, return_index=True)
    owner = owner[first]
    around = shapely.buffer(shapes, reach_m, quad_segs=CIRCLE)
    each = _make_cells(xy, reach_m)
    cells = np.full(len(shapes), shapely.Polygon(), dtype=object)
    order = np.argsort(owner, kind="stable")
    for group in np.split(order, np.flatnonzero(np.diff(owner[order])) + 1):
        whole = each[group[0]] if len(group) == 1 else shapely.union_all(each[group])
        cells[owner[group[0]]] = whole
    cells = shapely.intersection(cells, around)
    return _add_own_areas(cells, shapes, np.flatnonzero(wide)) if wide.any() else cells


def _make_cells(xy: Floats, reach_m: float) -> Geometries:
    """Return for each of some spots the land that is nearest to it, at least as far as the reach.

    Qhull stays right where spots lie densely; GEOS then makes cells that cross themselves.
    """
    middle = (xy.min(axis=0) + xy.max(axis=0)) / 2
    far = 4 * (reach_m + float(np.abs(xy - middle).max()))
    # Three spots so far off that everything within reach is nearer to the others: no open cells.
    corners = far * np.array([[0.0, 2.0], [-1.8, -1.0], [1.8, -1.0]])
    diagram = Voronoi(np.concatenate([xy - middle, corners]))
    regions = [diagram.regions[number] for number in diagram.point_region[: len(xy)]]
    assert all(region and -1 not in region for region in regions)
    owner = np.repeat(np.arange(len(xy)), [len(region) for region in regions])
    vertices = diagram.vertices[np.concatenate(regions)] + middle
    return np.asarray(shapely.convex_hull(shapely.multipoints(vertices, indices=owner)))


def _add_own_areas(cells: Geometries, shapes: Geometries, wide: Integers) -> Geometries:
    """Give polygons the whole of their area; of what several cover, the first has all."""
    outlines = shapes[wide]
    tree = shapely.STRtree(outlines)
    for row, others in _group_by_first(tree.query(cells, predicate="intersects")):
        cells[row] = shapely.difference(cells[row], shapely.union_all(outlines[others]))
    for number, others in _group_by_first(tree.query(outlines, predicate="intersects")):
        earlier = outlines[others[others < number]]
        rest = shapely.difference(outlines[number], shapely.union_all(earlier))
        cells[wide[number]] = shapely.union(cells[wide[number]], rest)
    return cells


def _group_by_first(pairs: Integers) -> Iterator[tuple[int, Integers]]:
    """Group the pairs of a tree's answer by the first of each."""
    order = np.argsort(pairs[0], kind="stable")
    firsts, seconds = pairs[:, order]
    for group in np.split(np.arange(len(firsts)), np.flatnonzero(np.diff(firsts)) + 1):
        if len(group):
            yield int(firsts[group[0]]), seconds[group]


def _cut_to_land(land: object, cells: Geometries) -> Geometries:
    """Cut cells to the land of their side; most lie on it whole."""
    shapely.prepare(land)
    cut = ~shapely.covers(land, cells)
    cells[cut] = shapely.intersection(cells[cut], land)
    return drop_slivers(cells)


def sum_catchments(
    grid: Grid, *, around: CatchmentAreas, count: int, crs: pyproj.CRS
) -> CatchmentPopulation:
    """Sum a raster's people over the land around each settlement.

    Parameters
    ----------
    grid
        The raster.
    around
        From `make_catchments`.
    count
        Number of settlements.
    crs
        The plane.
    """
    sums = sum_zones(grid.raster, zones=around.land, zones_crs=crs, kind=grid.kind)
    area = np.asarray(shapely.area(around.land) / 1e6)

    def total(values: Floats) -> Floats:
        weighted = np.nan_to_num(values)
        return np.bincount(around.row, weights=weighted, minlength=count).astype(np.float64)

    km2, known, reached = total(area), total(sums.coverage * area), total(sums.on_raster * area)
    enough = (km2 > 0) & (reached >= LEAST_ON_RASTER * km2)
    coverage = np.divide(known, km2, out=np.full(count, np.nan), where=km2 > 0)
    return CatchmentPopulation(
        people=np.where(enough, total(sums.people), np.nan), area_km2=km2, coverage=coverage
    )


def find_lacking(figures: PopulationFigures) -> NDArray[np.bool_]:
    """Tell which rows stand for a place without a figure of residents, each place once.

    Parameters
    ----------
    figures
        What holds at a date.
    """
    known = np.isfinite(figures.people["residents"])
    return find_first_rows(figures) & ~np.isin(figures.place, figures.place[known])


def find_first_rows(figures: PopulationFigures) -> NDArray[np.bool_]:
    """Tell which rows are the first of their place; further ones hold other figures of it."""
    first = np.zeros(len(figures.place), dtype=bool)
    first[np.unique(figures.place, return_index=True)[1]] = True
    return first


def make_raster_source(
    grid: Grid,
    *,
    people: Floats,
    figures: PopulationFigures,
    shapes: Geometries,
    share: Floats,
    rings: ZoneRings,
    crs: pyproj.CRS,
) -> PopulationSource:
    """Make a source of the settlements without a figure, with what a raster has around them.

    Parameters
    ----------
    grid
        The raster.
    people
        From `sum_catchments`.
    figures
        What holds at the line's date.
    shapes
        The settlements in the plane.
    share
        Of each settlement in each ring of each side, shape ``(n, sides, rings)``.
    rings, crs
        Zones of the line, the plane.

    Returns
    -------
    PopulationSource
        Counts as the settlements do: a point whole, on its side and in its zone.
    """
    lacking = find_lacking(figures)
    filled = lacking & np.isfinite(people)
    rows = np.flatnonzero(filled)
    most, inside = find_main_land(share)
    outside = np.full(len(rows), -1)
    nobody = np.zeros(len(lacking), dtype=bool)
    dwellers = ListedResidents(
        shapes, {"residents": np.where(filled, people, np.nan)}, lacking, nobody
    )
    return PopulationSource(
        name=f"{BY_RASTER}{grid.key}",
        people=count_in_rings(dwellers, share=share)["residents"],
        covered_km2=rings.area_km2,
        reached_km2=rings.area_km2,
        known=tally_places(most[filled & inside], rings=rings),
        unknown=tally_places(most[lacking & ~filled & inside], rings=rings),
        sample=sample_places(shapes[rows], grid=grid, crs=crs),
        of_group=people[rows],
        counted_on=outside,
        basis=Basis(
            share[rows] > 0,
            np.full(len(rows), grid.dated, dtype=object),
            np.any(share[lacking] > 0, axis=0),
        ),
    )
