"""Tables of what lies in sight: people by zone and side, segments of corridors, the ground."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from frontline import schema
from frontline._typing import Floats
from frontline.elevation.terrain import find_cells_within, read_ground, summarise_ground
from frontline.population.on_land import count_residents, find_shares, pick_residents
from frontline.population.validity import open_grids, open_splitting_grid
from frontline.raster.points import place_people_points
from frontline.schema import Table
from frontline.visibility.corridors import CORRIDOR_ZONES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.analysis.context import Analysis
    from frontline.lines.front import FrontLine
    from frontline.population.on_land import Grid


PEOPLE = Table(
    "sight_people",
    "People in sight",
    "People of each zone whose place is in sight of the line.",
    (
        schema.LINE,
        schema.text("side", "Side", "Name of the side."),
        schema.number("distance_m", "m", "Distance", "Outer edge of the zone, from the line."),
        schema.text("source", "Source", "settlements (residents) or raster:<key>; never added."),
        schema.number("people", "people", "People", "People in the zone by this source."),
        schema.number(
            "people_visible", "people", "People in sight", "Those whose place is in sight."
        ),
        schema.number(
            "people_undecided", "people", "People undecided", "Those whose place is undecided."
        ),
        schema.integer("settlements", "places", "Settlements", "Settlements in the zone."),
        schema.integer("settlements_visible", "places", "Settlements in sight", "Those in sight."),
        schema.integer(
            "settlements_undecided",
            "places",
            "Settlements undecided",
            "Those whose sight is unknown.",
        ),
        schema.integer(
            "visible_without_figure",
            "places",
            "In sight without a figure",
            "Settlements in sight whose residents at the line's date are unknown; of some of them "
            "registered people are known.",
        ),
    ),
    lists=(),
    key=("line", "side", "distance_m", "source"),
    ordered=True,
    foreign=(
        schema.OF_LINE,
        schema.OF_SIDE,
    ),
)
"""Columns of :func:`count_people_in_sight`."""

MOST_POINTS = 200_000
"""Cells of a population raster are merged in squares until about this many remain."""


SIGHT_ZONES = Table(
    "sight_zones",
    "Sight by zone",
    "Share of each zone that is in sight of the line.",
    (
        schema.LINE,
        schema.SIDE,
        schema.DISTANCE,
        schema.number("visible_share", "", "Visible share", "Share of the zone in sight (0 to 1)."),
        schema.number(
            "unknown_share", "", "Unknown share", "Share of the zone undecided (0 to 1)."
        ),
        schema.number("elevation_m", "m", "Elevation", "Mean over the zone; empty where unknown."),
        schema.number("relief_m", "m", "Relief", "Mean of highest less lowest height within 7 km."),
    ),
    lists=(),
    key=("line", "side", "distance_m"),
    ordered=True,
    foreign=(
        schema.OF_LINE,
        schema.OF_SIDE,
    ),
)


def tabulate_visibility(case: Analysis) -> dict[str, pd.DataFrame]:
    """Make the tables of a run that tell what is in sight; none where sight was not computed.

    Parameters
    ----------
    case
        Inputs and first results of the run.

    Returns
    -------
    ``corridor_sight`` with the columns of `frontline.visibility.corridors.CORRIDOR_ZONES` and
    the courses in longitude and latitude, and ``sight_people`` with those of :data:`PEOPLE`.
    """
    if not case.exposure.rasters:
        return {}
    zones = case.exposure.corridor_zones
    seen = zones.geometry.notna().to_numpy()
    courses = np.full(len(zones), None, dtype=object)
    courses[seen] = case.layers.plane.to_lonlat(zones.geometry.to_numpy()[seen])
    table = gpd.GeoDataFrame(
        {name: zones[name].array for name in CORRIDOR_ZONES.names},
        geometry=courses,
        crs="EPSG:4326",
    )
    lines = {line.key: number for number, line in enumerate(case.project.lines)}
    table = table.assign(line_number=table["line"].map(lines)).sort_values(
        ["id", "line_number", "side", "distance_m"], kind="stable", ignore_index=True
    )
    return {
        "corridor_sight": table[[*CORRIDOR_ZONES.names, "geometry"]],
        "sight_people": count_people_in_sight(case),
    }


def count_people_in_sight(case: Analysis) -> pd.DataFrame:
    """Count the people of each zone whose place is in sight of the line.

    Parameters
    ----------
    case
        Inputs and first results of the run.

    Returns
    -------
    One row per line, side, distance (cumulative) and source: the listed settlements, and each
    population raster that holds at the line's date; columns :data:`PEOPLE`.

    Notes
    -----
    A settlement counts as a whole by the one point that is looked at; its people count in a zone
    as they do in ``zones.csv``. People of a raster are spread over points, each with the state of
    the elevation's cell around it; the shares are applied to the zone's sum.
    """
    rows: list[dict[str, Any]] = []
    for front in case.fronts:
        zones = case.zones[case.zones["line"] == front.key]
        rings = zones[zones["kind"] == "ring"].sort_values("distance_m", kind="stable")
        counted = [_count_settlements(case, front, rings)]
        with ExitStack() as stack:
            grids = open_grids(case.project, date=front.date, stack=stack)
            counted += [_count_raster(case, front, rings, grid) for grid in grids]
        zone = rings[["side", "distance_m"]].reset_index(drop=True)
        for table in counted:
            rows += pd.concat([zone, table], axis=1).assign(line=front.key).to_dict("records")
    return _fit_to_zones(pd.DataFrame(rows, columns=PEOPLE.names), case.people)


def _count_settlements(case: Analysis, front: FrontLine, rings: pd.DataFrame) -> pd.DataFrame:
    """Count the places of each zone, rings and all within them."""
    lands = rings.geometry.to_numpy()
    sides = rings["side"].to_numpy()
    settlements = case.layers.settlements
    dwellers = pick_residents(settlements, date=front.date)
    with open_splitting_grid(case.project, settlements=settlements, date=front.date) as grid:
        share = find_shares(dwellers, lands=lands, grid=grid, crs=case.layers.plane.crs)
    seen = case.exposure.settlements
    state = seen.loc[seen["line"] == front.key, "in_sight"].to_numpy()
    shares = [share, *(share * (state == name)[:, None] for name in ("visible", "unknown"))]
    whole, visible, unknown = (count_residents(dwellers, share=part) for part in shares)
    places = {
        "settlements": whole.settlements,
        "settlements_visible": visible.settlements,
        "settlements_undecided": unknown.settlements,
        "visible_without_figure": visible.unknown,
    }
    # People of a zone, not of its rings: one ring without any figure makes no zone unknown.
    names = ("people", "people_visible", "people_undecided")
    people = {
        name: count_residents(dwellers, share=_accumulate_rings(part.T, sides).T).residents
        for name, part in zip(names, shares, strict=True)
    }
    counts = {name: _accumulate_rings(numbers, sides) for name, numbers in places.items()}
    return pd.DataFrame({"source": "settlements", **people, **counts})


def _accumulate_rings(values: NDArray[Any], sides: NDArray[np.object_]) -> NDArray[Any]:
    """Add up rings, the rows, from the line outwards on each side."""
    return np.asarray(pd.DataFrame(values).groupby(sides, sort=False).cumsum()).reshape(
        values.shape
    )


def _count_raster(
    case: Analysis, front: FrontLine, rings: pd.DataFrame, grid: Grid
) -> pd.DataFrame:
    plane = case.layers.plane
    lands = rings.geometry.to_numpy()
    area = shapely.union_all(lands)
    xy, people = place_people_points(
        grid.raster, area=area, area_crs=plane.crs, kind=grid.kind, most=MOST_POINTS
    )
    seen, unknown = _find_states(case, front, xy)
    sums = np.zeros((3, len(lands)))
    for column, land in enumerate(lands):
        shapely.prepare(land)
        inside = shapely.contains_xy(land, xy[:, 0], xy[:, 1])
        sums[:, column] = [people[inside & chosen].sum() for chosen in (True, seen, unknown)]
    names = ("people", "people_visible", "people_undecided")
    added = _accumulate_rings(sums.T, rings["side"].to_numpy()).T
    return pd.DataFrame({"source": f"raster:{grid.key}", **dict(zip(names, added, strict=True))})


def _find_states(
    case: Analysis, front: FrontLine, xy: Floats
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which points stand in cells in sight, and in undecided ones or off the elevation."""
    assert case.dem is not None
    bands = case.exposure.rasters[front.key].bands
    to_dem = pyproj.Transformer.from_crs(case.layers.plane.crs, case.dem.crs, always_xy=True)
    cells = case.dem.rowcol(*to_dem.transform(xy[:, 0], xy[:, 1]))
    on = cells[:, 0] >= 0
    row, col = cells[on].T
    seen, unknown = np.zeros(len(xy), dtype=bool), ~on
    seen[on] = np.asarray(bands["seen"])[row, col] > 0
    unknown[on] = ~seen[on] & (np.asarray(bands["unknown"])[row, col] > 0)
    if case.project.sight.conservative:
        return seen | unknown, np.zeros(len(xy), dtype=bool)
    return seen, unknown


def _fit_to_zones(table: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Apply the shares found in a raster to the sums of ``zones.csv``, which cut cells by area."""
    keys = ["line", "side", "distance_m", "source"]
    sums = people[people["kind"] == "cumulative"].drop_duplicates(keys).set_index(keys)
    stated = sums["population"].reindex(pd.MultiIndex.from_frame(table[keys])).to_numpy(float)
    raster = table["source"].str.startswith("raster:").to_numpy()
    counted = table["people"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(raster & (counted > 0), stated / counted, np.where(raster, np.nan, 1.0))
    factor = np.where(raster & (stated == 0.0), 0.0, factor)
    for name in ("people", "people_visible", "people_undecided"):
        table[name] = table[name].to_numpy(float) * factor
    return table


def add_ground(case: Analysis) -> pd.DataFrame:
    """Add mean elevation and relief of each zone to the shares of its land in sight.

    Parameters
    ----------
    case
        Inputs and first results of the run.

    Returns
    -------
    ``case.exposure.zones`` with ``elevation_m`` and ``relief_m`` (highest less lowest height
    within 7 km, mean over the land); as it is without elevation.
    """
    table = case.exposure.zones
    if case.dem is None or not len(table):
        return table
    ground = read_ground(case.dem, plane=case.layers.plane)
    zones = case.zones[case.zones["kind"] == "cumulative"]
    lands = zones.set_index(["line", "side", "distance_m"]).geometry
    summaries = []
    for row in table.itertuples():
        land = lands.loc[(row.line, row.side, row.distance_m)]
        summaries.append(summarise_ground(ground, inside=find_cells_within(ground, land=land)))
    return table.assign(
        elevation_m=[summary["elevation_m"] for summary in summaries],
        relief_m=[summary["relief_m"] for summary in summaries],
    )
