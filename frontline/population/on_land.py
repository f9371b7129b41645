"""People of listed settlements on any land: the one rule that every table and statement asks.

A point counts whole, on the land that it lies on. A polygon is split by the people that a
population raster has in its parts where there is one, else by area. A sum over places of which
none has a figure is unknown (NaN); on land without any listed place it is 0.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from frontline._typing import Floats, Integers
from frontline.population.figures import pick_figures
from frontline.raster.zonal import sum_zones
from frontline.uncertainty.sampling import join_samples, sample_of_area, sample_points

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj
    from numpy.typing import NDArray

    from frontline.population.figures import PopulationFigures
    from frontline.raster.io import Raster
    from frontline.raster.zonal import Kind
    from frontline.uncertainty.sampling import Sample


STEP_M = 300.0
"""Places given as polygons are represented by points this far apart where a line is displaced."""

LEAST_RASTER_COVERAGE = 0.5
"""A raster that knows less than this of a district or place does not say how to split it."""

SLIVER_M = 1.0
"""Overlaps narrower than this are none: edges are drawn to a metre, and two outlines of one border
leave slivers of some 1e-9 m (rounding) to some decimetres (digits that a file cut off)."""


@dataclass(frozen=True)
class Grid:
    """An open population raster, how to read it, and of when it is (empty: undated)."""

    key: str
    raster: Raster
    kind: Kind
    dated: str = ""


@dataclass(frozen=True)
class ListedResidents:
    """Settlements with the people known there at a date.

    Parameters
    ----------
    shapes
        Points or polygons in the plane, shape ``(n,)``.
    people
        By kind (never added), NaN where unknown, shape ``(n,)``.
    listed
        First row of each place whose residents are known, or of which nothing is; a place has
        several rows where it has figures of several kinds, shape ``(n,)``.
    unknown
        Of the listed ones, those without a figure of residents, shape ``(n,)``.
    """

    shapes: NDArray[np.object_]
    people: Mapping[str, Floats]
    listed: NDArray[np.bool_]
    unknown: NDArray[np.bool_]


@dataclass(frozen=True)
class ResidentCount:
    """What was counted on each of k lands, shapes ``(k,)``.

    Parameters
    ----------
    settlements, unknown
        Places, and those of them whose residents are unknown.
    people
        By kind; NaN where places have land there and none of them has a figure of that kind.
    figures
        How many figures of each kind were added up.
    """

    settlements: Integers
    unknown: Integers
    people: Mapping[str, Floats]
    figures: Mapping[str, Integers]

    @property
    def residents(self) -> Floats:
        """People who live there, as listed."""
        return self.people["residents"]

    @property
    def registered(self) -> Floats:
        """People registered there; never added to residents."""
        return self.people["registered"]


def pick_residents(settlements: gpd.GeoDataFrame, *, date: dt.date) -> ListedResidents:
    """Pick the people that hold at a date.

    Parameters
    ----------
    settlements
        A settlement layer in the plane.
    date
        The date, most often a line's.
    """
    return join_residents(settlements, figures=pick_figures(settlements, date=date))


def join_residents(settlements: gpd.GeoDataFrame, *, figures: PopulationFigures) -> ListedResidents:
    """Join settlements with the figures that hold at a date.

    Parameters
    ----------
    settlements
        A settlement layer in the plane.
    figures
        From `frontline.population.figures.pick_figures`.
    """
    known = np.isfinite(figures.people["residents"])
    has_figure = np.isin(figures.place, figures.place[known])
    first = ~pd.Series(figures.place).duplicated().to_numpy()
    return ListedResidents(
        shapes=np.asarray(settlements.geometry.to_numpy(), dtype=object),
        people=figures.people,
        listed=known | (first & ~has_figure),
        unknown=first & ~has_figure,
    )


def find_shares(
    dwellers: ListedResidents,
    *,
    lands: NDArray[np.object_],
    grid: Grid | None = None,
    crs: pyproj.CRS | None = None,
) -> Floats:
    """Return the share of each settlement on each land.

    Parameters
    ----------
    dwellers
        n settlements.
    lands
        Polygons in the plane, shape ``(k,)``; a point on the border of two of them counts for
        the first alone.
    grid
        A population raster to split places given as polygons by; by area without.
    crs
        The plane; needed with `grid`.

    Returns
    -------
    Shape ``(n, k)``: 0 or 1 for points, a share of the people or of the area for polygons,
    without slivers along borders in common.
    """
    share = np.zeros((len(dwellers.shapes), len(lands)))
    areas = shapely.get_dimensions(dwellers.shapes) == 2
    points = dwellers.shapes[~areas]
    left = np.ones(len(points), dtype=bool)
    for number, land in enumerate(lands):
        shapely.prepare(land)
        touched = left & shapely.intersects(land, points)
        share[~areas, number] = touched
        left &= ~touched
    if areas.any():
        share[areas] = split_polygons(dwellers.shapes[areas], lands=lands, grid=grid, crs=crs)
    return share


def split_polygons(
    shapes: NDArray[np.object_],
    *,
    lands: NDArray[np.object_],
    grid: Grid | None = None,
    crs: pyproj.CRS | None = None,
) -> Floats:
    """Return what share of each polygon lies on each land.

    Parameters
    ----------
    shapes
        Polygons in the plane, shape ``(n,)``.
    lands
        Polygons in the plane, of any shape of array.
    grid
        A population raster whose people decide; by area without, and where it knows less than
        half of a polygon or nobody in it.
    crs
        The plane; needed with `grid`.

    Returns
    -------
    Shape ``(n, *lands.shape)``.
    """
    column = shapes.reshape(-1, *(1 for _ in lands.shape))
    pieces = drop_slivers(shapely.intersection(column, lands[np.newaxis]))
    area = shapely.area(column)
    share: Floats = np.zeros(pieces.shape)
    np.divide(shapely.area(pieces), area, out=share, where=area > 0)
    if grid is None or crs is None:
        return share
    total = sum_zones(grid.raster, zones=shapes, zones_crs=crs, kind=grid.kind)
    parts = sum_zones(grid.raster, zones=pieces.ravel(), zones_crs=crs, kind=grid.kind)
    usable = (np.nan_to_num(total.coverage) >= LEAST_RASTER_COVERAGE) & (total.people > 0)
    people = parts.people.reshape(pieces.shape)
    whole = total.people.reshape(column.shape)
    share[usable] = people[usable] / whole[usable]
    return share


def count_residents(dwellers: ListedResidents, *, share: Floats) -> ResidentCount:
    """Add up people and places.

    Parameters
    ----------
    dwellers
        n settlements.
    share
        Share of each on each of k lands that do not overlap, shape ``(n, k)``.

    Returns
    -------
    ResidentCount
        A polygon's people are split; the place itself counts where most of it lies.
    """
    lands = share.shape[1]
    most, inside = find_main_land(share)
    on_land = share > 0
    present = on_land.any(axis=0)
    people, figures = {}, {}
    for kind, numbers in dwellers.people.items():
        known = np.isfinite(numbers)
        sums = np.nan_to_num(numbers) @ share if len(numbers) else np.zeros(lands)
        figures[kind] = on_land[known].sum(axis=0)
        people[kind] = np.where(present & (figures[kind] == 0), np.nan, sums)
    return ResidentCount(
        settlements=np.bincount(most[inside & dwellers.listed], minlength=lands),
        unknown=np.bincount(most[inside & dwellers.unknown], minlength=lands),
        people=people,
        figures=figures,
    )


def find_main_land(share: Floats) -> tuple[Integers, NDArray[np.bool_]]:
    """Find the land that a place itself counts on: the one with the largest share of it.

    Parameters
    ----------
    share
        Of n places on lands, shape ``(n, ...)``.

    Returns
    -------
    Number of the land, counted along the flattened further axes, and whether at least as much of
    the place lies there as outside every land; shapes ``(n,)``.
    """
    flat = share.reshape(len(share), -1) if share.size else np.zeros((len(share), 1))
    largest = flat.max(axis=1, initial=0.0)
    inside = (largest > 0) & (largest >= 1.0 - flat.sum(axis=1))
    return np.asarray(flat.argmax(axis=1), dtype=np.int64), inside


def drop_slivers(pieces: NDArray[np.object_]) -> NDArray[np.object_]:
    """Drop parts of overlaps that are no wider than ``SLIVER_M``.

    Parameters
    ----------
    pieces
        Overlaps in the plane, of any shape of array and any kind of geometry.

    Returns
    -------
    The same array with polygons and multipolygons only. The width of a part is twice its area over
    its perimeter, which for a strip is its width, whatever its course.
    """
    cleaned = np.array(pieces, dtype=object)
    flat = cleaned.reshape(-1)
    parts, owner = shapely.get_parts(flat, return_index=True)
    nested = shapely.get_type_id(parts) > 3
    if nested.any():  # a collection may hold multipolygons
        inner, of_part = shapely.get_parts(parts[nested], return_index=True)
        parts = np.concatenate([parts[~nested], inner])
        owner = np.concatenate([owner[~nested], owner[nested][of_part]])
    thin = 2.0 * shapely.area(parts) <= SLIVER_M * shapely.length(parts)
    for row in np.unique(owner[thin]):
        flat[row] = shapely.multipolygons(parts[(owner == row) & ~thin])
    return cleaned


def sample_residents(dwellers: ListedResidents, *, chosen: NDArray[np.bool_]) -> Sample:
    """Make the points that stand for some settlements where a line is displaced.

    Parameters
    ----------
    dwellers
        n settlements.
    chosen
        Which of them, shape ``(n,)``; the groups of the sample are their rows.
    """
    rows = np.flatnonzero(chosen)
    areas = shapely.get_dimensions(dwellers.shapes[rows]) == 2
    single = rows[~areas]
    points = sample_points(shapely.get_coordinates(dwellers.shapes[single]), groups=single)
    spread = [
        sample_of_area(dwellers.shapes[row], group=int(row), step_m=STEP_M) for row in rows[areas]
    ]
    return join_samples([points, *spread])
