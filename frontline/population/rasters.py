"""Population rasters against the list of settlements: who lives around which, and who near none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline import schema
from frontline._typing import Floats, Geometries
from frontline.population.catchments import (
    CatchmentAreas,
    CatchmentPopulation,
    find_first_rows,
    find_lacking,
    sum_catchments,
)
from frontline.population.figures import pick_figures, read_texts
from frontline.population.on_land import drop_slivers
from frontline.population.sources import arrange_rings
from frontline.population.validity import open_grids
from frontline.population.within import find_catchments
from frontline.raster.zonal import sum_zones
from frontline.schema import Table

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline.inputs.layers import Layers
    from frontline.lines.front import FrontLine
    from frontline.population.figures import PopulationFigures
    from frontline.population.on_land import Grid
    from frontline.population.sources import ZoneRings
    from frontline.project.models import Project


PEOPLE_SOURCE = schema.text("source", "Source", "raster:<key>; never added to other sources.")
RASTER_DATE = schema.date("date", "Date", "Date that the raster describes; empty: undated.")
_REACH = schema.number(
    "reach_m", "m", "Reach", "Land within this distance of a settlement is around it."
)

AROUND = Table(
    "settlement_rasters",
    "Rasters around settlements",
    "People of population rasters on the land nearest to each settlement, beside its figure.",
    (
        schema.text("id", "Identifier", "Identifier of the settlement."),
        schema.text("name", "Name", "Name as the input gives it."),
        schema.text("line", "Line", "Key of the line."),
        schema.text("side", "Side", "Name of the side."),
        PEOPLE_SOURCE,
        RASTER_DATE,
        _REACH,
        schema.number(
            "area_km2",
            "km²",
            "Land around it",
            "Land within reach, nearest to this settlement and on its side of the line.",
        ),
        schema.number(
            "people",
            "people",
            "People around it",
            "The raster's people on that land; empty where it reaches less than half of it.",
        ),
        schema.number(
            "coverage", "", "Coverage", "Share of that land on cells with a value (0 to 1)."
        ),
        schema.boolean(
            "has_figure",
            "Has a figure",
            "Whether a figure of residents holds at the line's date. Those without one make the "
            "rows settlements_by_raster:<key> of zones.csv.",
        ),
        schema.number("population", "people", "Figure", "That figure, for comparison only."),
        schema.number(
            "ratio", "", "Ratio", "The raster's people over the figure; empty without one."
        ),
    ),
    lists=("settlements", "population"),
    key=("id", "line", "source"),
    ordered=True,
    foreign=(
        schema.OF_LINE,
        schema.OF_PLACE,
    ),
)
"""Columns of the table of people around each settlement."""

NEAR = Table(
    "raster_people",
    "People by raster",
    "People of population rasters near settlements and away from them, by zone and side.",
    (
        schema.text("line", "Line", "Key of the line."),
        schema.text("side", "Side", "Name of the side; empty: the whole study area."),
        schema.number(
            "distance_m",
            "m",
            "Distance",
            "Outer edge of the zone, from the line; empty: the whole side.",
        ),
        PEOPLE_SOURCE,
        RASTER_DATE,
        _REACH,
        schema.number(
            "people", "people", "People", "The raster's people there; the three next make it."
        ),
        schema.number(
            "people_listed",
            "people",
            "Near settlements with a figure",
            "Nearest to, and within reach of, a settlement whose residents at the date are known.",
        ),
        schema.number(
            "people_unlisted",
            "people",
            "Near settlements without a figure",
            "Nearest to, and within reach of, a settlement whose residents are not known.",
        ),
        schema.number(
            "people_away",
            "people",
            "Away from settlements",
            "Farther than the reach from every listed settlement on their side of the line.",
        ),
        schema.number("away_share", "", "Share away", "Of the raster's people there (0 to 1)."),
        schema.number(
            "coverage", "", "Coverage", "Share of the land on cells with a value (0 to 1)."
        ),
    ),
    lists=(),
    key=("line", "source", "side", "distance_m"),
    ordered=True,
    foreign=(schema.OF_LINE,),
)
"""Columns of the table of people near settlements and away from them."""


def tabulate_rasters(
    project: Project,
    *,
    layers: Layers,
    fronts: Sequence[FrontLine],
    zones: gpd.GeoDataFrame,
    places: pd.DataFrame,
    around: Mapping[tuple[str, str], CatchmentPopulation],
) -> dict[str, pd.DataFrame]:
    """Set every population raster against the settlements, at each line.

    Parameters
    ----------
    project
        Names the rasters, and how far they are read around settlements.
    layers, fronts
        Settlements and study area in the plane; the lines.
    zones, places
        Zones of the lines; each settlement against each line.
    around
        What rasters have around settlements, as far as it was summed before, by the keys of line
        and raster.

    Returns
    -------
    Nothing without settlements or rasters; else ``settlement_rasters`` with the columns
    :data:`AROUND`, and ``raster_people`` with :data:`NEAR`.

    Notes
    -----
    In ``settlement_rasters`` each place has the people of the land that is nearest to it, on its
    side of the line and within reach, beside its own figure where it has one: they are never
    added. In ``raster_people`` the raster's people are where the raster has them: of each zone,
    each side and the study area (``side`` empty) so many near settlements with a figure, near
    those without, and away from all; the three make the whole.
    """
    settlements = layers.settlements
    if project.settlements is None or not project.population or not len(settlements):
        return {}
    reach_m = project.settlements.raster_reach_m
    dates = {raster.key: raster.date for raster in project.population}
    tables: list[pd.DataFrame] = []
    near_rows: list[dict[str, Any]] = []
    for front in fronts:
        figures = pick_figures(settlements, date=front.date)
        against = places[places["line"] == front.key]
        land = find_catchments(layers, front=front, against=against, reach_m=reach_m)
        with ExitStack() as stack:
            for grid in open_grids(project, date=front.date, stack=stack):
                labels = {
                    "line": front.key,
                    "source": f"raster:{grid.key}",
                    "date": dates[grid.key],
                    "reach_m": reach_m,
                }
                people = around.get((front.key, grid.key)) or sum_catchments(
                    grid, around=land, count=len(settlements), crs=layers.plane.crs
                )
                rows = _tabulate_catchments(settlements, people, land, figures, against)
                tables.append(rows.assign(**labels))
                parts = _count_near_places(layers, front, zones, grid, land=land, figures=figures)
                near_rows += [labels | row for row in parts]
    if not tables:
        return {}
    return {
        "settlement_rasters": pd.concat(tables, ignore_index=True)[AROUND.names],
        "raster_people": pd.DataFrame(near_rows, columns=NEAR.names),
    }


def _tabulate_catchments(
    settlements: gpd.GeoDataFrame,
    gathered: CatchmentPopulation,
    land: CatchmentAreas,
    figures: PopulationFigures,
    against: pd.DataFrame,
) -> pd.DataFrame:
    """Make a row of each settlement that lies on a side."""
    ids = read_texts(settlements, column="id")
    side = against.set_index("id")["side"].reindex(ids).fillna("").to_numpy()
    residents = pd.Series(figures.people["residents"]).groupby(figures.place).max()
    stated = residents.reindex(figures.place).to_numpy(dtype=float)
    ratio = np.full(len(ids), np.nan)
    np.divide(gathered.people, stated, out=ratio, where=np.isfinite(stated) & (stated > 0))
    rows = find_first_rows(figures) & np.isin(np.arange(len(ids)), land.row)
    table = pd.DataFrame(
        {
            "id": ids,
            "name": read_texts(settlements, column="name"),
            "side": side,
            "area_km2": gathered.area_km2,
            "people": gathered.people,
            "coverage": gathered.coverage,
            "has_figure": np.isfinite(stated),
            "population": stated,
            "ratio": ratio,
        }
    )
    return table[rows]


def _count_near_places(
    layers: Layers,
    front: FrontLine,
    zones: gpd.GeoDataFrame,
    grid: Grid,
    *,
    land: CatchmentAreas,
    figures: PopulationFigures,
) -> Iterator[dict[str, Any]]:
    """Yield the people of each zone, side and the study area by what they live near."""
    rings = arrange_rings(front, zones=zones[zones["line"] == front.key])
    parts = _divide_sides(front, rings)
    unlisted = np.isin(land.row, np.flatnonzero(find_lacking(figures)))
    kinds = [parts]
    for chosen in (~unlisted, unlisted):
        near = [
            shapely.union_all(land.land[chosen & (land.side == number)])
            for number in range(len(rings.sides))
        ]
        common = shapely.intersection(parts, np.array(near, dtype=object)[:, np.newaxis])
        kinds.append(drop_slivers(common))
    on_none = shapely.difference(layers.study_area, shapely.union_all([*front.sides.values()]))
    every = np.array([*np.array(kinds).ravel(), *drop_slivers(np.array([on_none]))])
    sums = sum_zones(grid.raster, zones=every, zones_crs=layers.plane.crs, kind=grid.kind)
    area = np.asarray(shapely.area(every))
    known = np.nan_to_num(sums.coverage) * area
    people = sums.people[:-1].reshape(3, *parts.shape)
    land_m2 = np.stack([values[: parts.size].reshape(parts.shape) for values in (area, known)])
    for number, side in enumerate(rings.sides):
        upto, upto_m2 = people[:, number].cumsum(axis=1), land_m2[:, number].cumsum(axis=1)
        for at, distance_m in enumerate((*rings.edges_m, None)):
            yield _make_row(side, distance_m, upto[:, at], upto_m2[:, at])
    whole, whole_m2 = people.sum(axis=(1, 2)), land_m2.sum(axis=(1, 2))
    whole[0] += sums.people[-1]
    yield _make_row("", None, whole, whole_m2 + np.array([area[-1], known[-1]]))


def _divide_sides(front: FrontLine, rings: ZoneRings) -> Geometries:
    """Return the rings of each side and what of it lies beyond them, shape ``(sides, k + 1)``."""
    beyond = [
        shapely.difference(land, shapely.union_all(rings.land[number]))
        for number, land in enumerate(front.sides.values())
    ]
    column = drop_slivers(np.array(beyond, dtype=object))
    return np.concatenate([rings.land, column[:, np.newaxis]], axis=1)


def _make_row(
    side: str, distance_m: float | None, people: Floats, land_m2: Floats
) -> dict[str, Any]:
    """Make a row of all people, those near places with a figure, and near those without."""
    everybody, listed, unlisted = (float(count) for count in people)
    away = max(everybody - listed - unlisted, 0.0)
    return {
        "side": side,
        "distance_m": distance_m,
        "people": everybody,
        "people_listed": listed,
        "people_unlisted": unlisted,
        "people_away": away,
        "away_share": away / everybody if everybody > 0 else np.nan,
        "coverage": min(float(land_m2[1] / land_m2[0]), 1.0) if land_m2[0] > 0 else np.nan,
    }
