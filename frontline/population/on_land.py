"""People of listed settlements on any land: whole for points, by area for polygons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from frontline._typing import Floats
from frontline.population.figures import headcounts_at
from frontline.population.sources import without_slivers
from frontline.uncertainty.sampling import joined, sample_of_area, sample_of_points

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from frontline.uncertainty.sampling import Sample


STEP_M = 300.0
"""Places given as polygons are represented by points this far apart where a line is displaced."""


@dataclass(frozen=True)
class Dwellers:
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
class Count:
    """What was counted on each of k lands, shapes ``(k,)``.

    Parameters
    ----------
    settlements, unknown
        Places, and those of them whose residents are unknown.
    residents, registered
        People of each kind.
    """

    settlements: NDArray[np.int64]
    unknown: NDArray[np.int64]
    residents: Floats
    registered: Floats


def dwellers_at(settlements: gpd.GeoDataFrame, date: dt.date) -> Dwellers:
    """Pick the people that hold at a date.

    Parameters
    ----------
    settlements
        A settlement layer in the plane.
    date
        The date, most often a line's.
    """
    figures = headcounts_at(settlements, date)
    known = np.isfinite(figures.people["residents"])
    has_figure = np.isin(figures.place, figures.place[known])
    first = ~pd.Series(figures.place).duplicated().to_numpy()
    return Dwellers(
        shapes=np.asarray(settlements.geometry.to_numpy(), dtype=object),
        people=figures.people,
        listed=known | (first & ~has_figure),
        unknown=first & ~has_figure,
    )


def shares_on(dwellers: Dwellers, lands: NDArray[np.object_]) -> Floats:
    """Return the share of each settlement on each land.

    Parameters
    ----------
    dwellers
        n settlements.
    lands
        Polygons in the plane, shape ``(k,)``; a point on the border of two of them counts for
        the first alone.

    Returns
    -------
    Shape ``(n, k)``: 0 or 1 for points, a share of the area for polygons, without slivers along
    borders in common.
    """
    share = np.zeros((len(dwellers.shapes), len(lands)))
    areas = shapely.get_dimensions(dwellers.shapes) == 2
    points = dwellers.shapes[~areas]
    left = np.ones(len(points), dtype=bool)
    for number, land in enumerate(lands):
        shapely.prepare(land)
        here = left & shapely.intersects(land, points)
        share[~areas, number] = here
        left &= ~here
    if areas.any():
        common = shapely.intersection(dwellers.shapes[areas][:, None], lands[None, :])
        common = without_slivers(common)
        share[areas] = shapely.area(common) / shapely.area(dwellers.shapes[areas])[:, None]
    return share


def count(dwellers: Dwellers, share: Floats) -> Count:
    """Add up people and places.

    Parameters
    ----------
    dwellers
        n settlements.
    share
        Share of each on each of k lands that do not overlap, shape ``(n, k)``.

    Returns
    -------
    Count
        A polygon's people are split; the place itself counts where most of it lies.
    """
    lands = share.shape[1]
    people = {
        kind: np.nan_to_num(figures) @ share if len(figures) else np.zeros(lands)
        for kind, figures in dwellers.people.items()
    }
    most = share.argmax(axis=1) if share.size else np.zeros(len(share), dtype=np.int64)
    best = share.max(axis=1, initial=0.0)
    on = (best > 0) & (best >= 1.0 - share.sum(axis=1))
    return Count(
        settlements=np.bincount(most[on & dwellers.listed], minlength=lands),
        unknown=np.bincount(most[on & dwellers.unknown], minlength=lands),
        residents=people["residents"],
        registered=people["registered"],
    )


def sample_of(dwellers: Dwellers, chosen: NDArray[np.bool_]) -> Sample:
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
    points = sample_of_points(shapely.get_coordinates(dwellers.shapes[single]), single)
    spread = [sample_of_area(dwellers.shapes[row], int(row), step_m=STEP_M) for row in rows[areas]]
    return joined([points, *spread])
