"""Which figures of people hold at the date of a line, and what is to be said of the others."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline.population.figures import (
    count_years_before,
    find_valid,
    parse_first_day,
    parse_last_day,
    read_texts,
    to_numbers,
)
from frontline.population.on_land import Grid
from frontline.project.loader import write_relative
from frontline.raster.io import open_raster
from frontline.records import Note

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline.inputs.layers import Layers
    from frontline.lines.front import FrontLine
    from frontline.population.figures import PopulationFigures
    from frontline.project.models import PopulationRaster, Project
    from frontline.raster.io import Raster


FAR_YEARS = 10.0
"""Figures further than this from a line's date are used if they hold, and said to be so far."""


def choose_rasters(project: Project, *, date: dt.date) -> list[PopulationRaster]:
    """Choose the population rasters for a date.

    Parameters
    ----------
    project
        Names them.
    date
        The date of a line.

    Returns
    -------
    In the project's order: those whose ``valid_from`` and ``valid_until`` enclose the date; of
    each ``series`` the one whose date is nearest, the earlier one of two that are equally near.
    """
    holding = [
        raster
        for raster in project.population
        if (raster.valid_from or dt.date.min) <= date <= (raster.valid_until or dt.date.max)
    ]
    nearest: dict[str, PopulationRaster] = {}
    for raster in sorted(holding, key=lambda candidate: _find_days_away(candidate, date)):
        if raster.series is not None:
            nearest.setdefault(raster.series, raster)
    return [
        candidate
        for candidate in holding
        if candidate.series is None or nearest[candidate.series] is candidate
    ]


def _find_days_away(raster: PopulationRaster, date: dt.date) -> tuple[int, dt.date]:
    described = raster.date or dt.date.min
    return abs((described - date).days), described


def open_grids(project: Project, *, date: dt.date, stack: ExitStack) -> list[Grid]:
    """Open the population rasters for a date until `stack` ends.

    Parameters
    ----------
    project
        Names them.
    date
        The date of a line.
    stack
        Closes them.
    """
    grids = []
    for raster in choose_rasters(project, date=date):
        shown = write_relative(raster.path, project=project)
        opened = stack.enter_context(_open(raster, shown))
        dated = raster.date.isoformat() if raster.date else ""
        grids.append(Grid(raster.key, apply_empty_cells(opened, raster=raster), raster.kind, dated))
    return grids


@contextmanager
def open_splitting_grid(
    project: Project | None, *, settlements: gpd.GeoDataFrame, date: dt.date
) -> Iterator[Grid | None]:
    """Open the population raster that splits places given as polygons, for a while.

    Parameters
    ----------
    project
        Names the rasters; None: places are split by area.
    settlements
        A settlement layer.
    date
        The date of a line: the first raster that holds then decides, as in zones.csv.

    Yields
    ------
    The raster, or None where no place is a polygon or no raster holds.
    """
    with ExitStack() as stack:
        wide = (shapely.get_dimensions(settlements.geometry.to_numpy()) == 2).any()
        grids = open_grids(project, date=date, stack=stack) if wide and project is not None else []
        yield grids[0] if grids else None


def _open(raster: PopulationRaster, shown: str) -> Any:
    return open_raster(raster.path, crs=raster.crs, nodata=raster.nodata, shown=shown)


def apply_empty_cells(opened: Raster, *, raster: PopulationRaster) -> Raster:
    """Let cells without a value hold nobody, where the project says that they do."""
    return replace(opened, empty=0.0 if raster.empty == "nobody" else math.nan)


def count_years(text: str, *, date: dt.date) -> float:
    """Return how many years lie between a date and the year, month or day of a figure.

    Parameters
    ----------
    text
        YYYY, YYYY-MM or YYYY-MM-DD, meant as a whole.
    date
        The date.
    """
    days = max((parse_first_day(text) - date).days, (date - parse_last_day(text)).days, 0)
    return days / 365.25


def note_dates_of_places(
    front: FrontLine, *, settlements: gpd.GeoDataFrame, figures: PopulationFigures
) -> Iterator[Note]:
    """Say which figures of settlements have no date, do not hold at a line's, or are far from it.

    Parameters
    ----------
    front
        The line.
    settlements
        With ``population_date``.
    figures
        What holds at the line's date.
    """
    about = f"settlements at {front.key}"
    used = np.isfinite(np.array(list(figures.people.values()))).any(axis=0)
    counted = read_texts(settlements, column="population_date")
    far = np.array(
        [
            is_used and bool(text) and count_years(text, date=front.date) > FAR_YEARS
            for text, is_used in zip(counted, used, strict=True)
        ],
        dtype=bool,
    )
    for rows, text in (
        (figures.undated, "figures without a date are used as they are (undated)."),
        (figures.expired, f"figures do not hold on {front.date}: the places are unknown there."),
        (far, f"figures were counted more than {FAR_YEARS:.0f} years from {front.date}."),
    ):
        if rows.any():
            yield Note(about, text, int(rows.sum()))


def note_dates_of_districts(layers: Layers) -> Iterator[Note]:
    """Say how many figures of districts have no date.

    Parameters
    ----------
    layers
        With districts or without.
    """
    table = layers.districts
    if not len(table):
        return
    undated = np.isfinite(to_numbers(table, column="population")) & (
        read_texts(table, column="population_year") == ""
    )
    if undated.any():
        text = "figures without a date are used as they are (undated)."
        yield Note("districts", text, int(undated.sum()))


def note_outdated(project: Project, *, layers: Layers, front: FrontLine) -> Iterator[Note]:
    """Say how many figures of settlements and districts are too old for a line.

    Parameters
    ----------
    project
        ``people.outdated_years``: how old a figure may be.
    layers
        Settlements and districts.
    front
        The line.
    """
    limit = project.people.outdated_years
    for about, table, column in (
        ("settlements", layers.settlements, "population_date"),
        ("districts", layers.districts, "population_year"),
    ):
        dates = read_texts(table, column=column) if len(table) else np.zeros(0, dtype=object)
        known = np.isfinite(to_numbers(table, column="population")) if len(table) else dates != ""
        holds = find_valid(table, date=front.date) if len(table) else known
        old = [
            bool(text) and count_years_before(str(text), date=front.date) > limit for text in dates
        ]
        count = int((np.array(old, dtype=bool) & known & holds).sum())
        if count:
            text = f"figures are outdated: more than {limit:g} years older than {front.date}."
            yield Note(f"{about} at {front.key}", text, count)


def note_dates_of_rasters(project: Project, *, front: FrontLine) -> Iterator[Note]:
    """Say which population rasters have no date, and which are far from a line's.

    Parameters
    ----------
    project
        Names the rasters.
    front
        The line.
    """
    for raster in choose_rasters(project, date=front.date):
        about = f"population raster:{raster.key}"
        if raster.date is None:
            yield Note(about, "has no date: it is used as it is (undated).")
        elif (years := abs((raster.date - front.date).days) / 365.25) > FAR_YEARS:
            text = f"describes {raster.date}, {years:.0f} years from the line of {front.date}."
            yield Note(about, text)
