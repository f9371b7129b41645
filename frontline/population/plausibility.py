"""Figures of people against each other, before anything is computed from them.

A unit taken for another one (people per cell, per square kilometre, thousands) is wrong by orders
of magnitude, and the sums look like any others. What cannot be is an error; what is odd is a note.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline import schema
from frontline._typing import Floats
from frontline.errors import FrontlineError, LayerError, RasterError, raise_problems
from frontline.errors import show_value as quoted
from frontline.population.figures import read_texts, to_numbers
from frontline.population.rasters import PEOPLE_SOURCE, RASTER_DATE
from frontline.population.sources import find_held_part, find_side_number
from frontline.population.validity import FAR_YEARS, count_years
from frontline.project.loader import write_relative
from frontline.raster.io import open_raster
from frontline.raster.zonal import sum_zones
from frontline.records import Note
from frontline.schema import Table

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from frontline.inputs.layers import Layers
    from frontline.lines.front import FrontLine
    from frontline.project.models import PopulationRaster, Project
    from frontline.raster.zonal import Kind


ODD_RATIO = 5.0
"""Figures that differ by more than this are hardly two views of the same people: a note."""

ABSURD_RATIO = 20.0
"""Figures that differ by more than this are of different units or people: an error. Densities
taken for counts are off by the number of cells in a square kilometre: 100 for cells of 100 m."""

LEAST_ON_RASTER = 0.9
"""Share of a district that a raster must reach to be held against its figure."""

MOST = 60_000_000
"""More people than live in any city: the largest have some 40 million."""

MOST_NAMED = 5
"""Places or districts that a note names."""

COMPARED = Table(
    "raster_districts",
    "Rasters and districts",
    "People of population rasters against what the districts state.",
    (
        schema.text("code", "Code", "Code of the district."),
        schema.text("name", "Name", "Name as the input gives it."),
        PEOPLE_SOURCE,
        RASTER_DATE,
        schema.number("population", "people", "Figure", "Residents that the district states."),
        schema.text(
            "population_date", "Date of the figure", "As the input gives it; empty: undated."
        ),
        schema.number(
            "people", "people", "People", "The raster's people on the land that it counts."
        ),
        schema.number("ratio", "", "Ratio", "The raster's people over the figure."),
        schema.number(
            "coverage", "", "Coverage", "Share of that land that the raster reaches (0 to 1)."
        ),
    ),
    lists=("districts", "population"),
    key=("code", "source"),
)
"""Columns of the table of `check_rasters`."""


def check_rasters(
    project: Project, *, layers: Layers, fronts: Sequence[FrontLine]
) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    """Hold every population raster against what the districts state of their residents.

    Parameters
    ----------
    project
        Names the rasters.
    layers
        Districts in the plane.
    fronts
        The lines. A figure that one side counted covers what it held at the line nearest in date.

    Returns
    -------
    A row per raster and district with a figure (columns :data:`COMPARED`; ``ratio`` is the
    raster's people over those stated, ``coverage`` the share of the land within the raster's
    edges), and what is odd in it.

    Raises
    ------
    RasterError
        A raster holds more than twenty times, or less than a twentieth of, the people of all
        districts that it reaches, and the project does not say that it is to be trusted.
    """
    problems: list[FrontlineError] = []
    notes: list[Note] = []
    tables = [pd.DataFrame(columns=COMPARED.names)]
    stated = _select_counted_districts(layers.districts)
    shapes = _find_held_land(stated, fronts)
    for raster in project.population if len(stated) else ():
        people, reached, other = _sum_by_district(project, layers, raster, shapes)
        table = pd.DataFrame(
            {
                "code": read_texts(stated, column="code"),
                "name": read_texts(stated, column="name"),
                "source": f"raster:{raster.key}",
                "date": raster.date,
                "population": to_numbers(stated, column="population"),
                "population_date": read_texts(stated, column="population_year"),
                "people": people,
                "coverage": reached,
            }
        )
        table["ratio"] = _divide_people(people, table["population"].to_numpy(float))
        tables.append(table[COMPARED.names])
        usable = (reached >= LEAST_ON_RASTER) & np.isfinite(table["ratio"].to_numpy(float))
        if not usable.any():
            continue
        sentence = _describe_fit(raster, table[usable], other[usable])
        total = _find_overall_ratio(table[usable], people[usable])
        if _is_beyond(total, ABSURD_RATIO) and not raster.trusted:
            shown = write_relative(raster.path, project=project)
            field = f"population.{raster.key}"
            advice = "Correct its kind, or set trusted = true if all figures are right."
            problems.append(RasterError(f"{sentence} {advice}", path=Path(shown), field=field))
        elif _is_beyond(total, ODD_RATIO):
            notes.append(Note(f"population raster:{raster.key}", f"{sentence} Is its kind right?"))
        notes += _note_outliers(raster, table[usable], total)
    raise_problems(problems)
    filled = [table for table in tables if len(table)] or tables
    return pd.concat(filled, ignore_index=True), tuple(notes)


def _select_counted_districts(districts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    kinds = read_texts(districts, column="population_kind")
    known = np.isfinite(to_numbers(districts, column="population"))
    return districts[known & np.isin(kinds, ("", "residents"))]


def _find_held_land(
    districts: gpd.GeoDataFrame, fronts: Sequence[FrontLine]
) -> NDArray[np.object_]:
    """Return the land that each figure covers, at the line nearest to it in date."""
    newest = max((front.date for front in fronts), default=dt.date.max)
    held = np.full(len(districts), None, dtype=object)
    columns = (read_texts(districts, column=name) for name in ("counted_by", "population_year"))
    for row, (shape, by, when) in enumerate(zip(districts.geometry, *columns, strict=True)):
        if not by:
            held[row] = shape
            continue
        year = when or str(newest)
        front = fronts[
            int(np.argmin([count_years(year, date=candidate.date) for candidate in fronts]))
        ]
        names = tuple(front.sides)
        held[row] = find_held_part(
            shape, side=find_side_number(by, sides=names), front=front, names=names
        )
    return held


def _sum_by_district(
    project: Project, layers: Layers, raster: PopulationRaster, shapes: NDArray[np.object_]
) -> tuple[Floats, Floats, Floats]:
    """Return people and share on the raster by district, and people if it were of other kind."""
    shown = write_relative(raster.path, project=project)
    other: Kind = "density" if raster.kind == "count" else "count"
    with open_raster(raster.path, crs=raster.crs, nodata=raster.nodata, shown=shown) as opened:
        crs = layers.plane.crs
        sums = sum_zones(opened, zones=shapes, zones_crs=crs, kind=raster.kind)
        swapped = sum_zones(opened, zones=shapes, zones_crs=crs, kind=other)
    return sums.people, np.nan_to_num(sums.on_raster), swapped.people


def _divide_people(people: Floats, stated: Floats) -> Floats:
    ratio: Floats = np.full(len(people), np.nan)
    np.divide(people, stated, out=ratio, where=stated > 0)
    return ratio


def _find_overall_ratio(table: pd.DataFrame, people: Floats) -> float:
    return float(people.sum()) / float(table["population"].sum())


def _is_beyond(ratio: float, most: float) -> bool:
    return not 1 / most <= ratio <= most


def _describe_fit(raster: PopulationRaster, table: pd.DataFrame, other: Floats) -> str:
    """Say how a raster stands to the districts, and whether the other kind fits better."""
    ratio, swapped = (
        _find_overall_ratio(table, table["people"].to_numpy(float)),
        _find_overall_ratio(table, other),
    )
    far = np.abs(np.log(np.maximum(table["ratio"].to_numpy(float), 1e-9)))
    most = table.iloc[int(far.argmax())]
    words = {"count": "counts", "density": "densities"}
    count = "1 district states" if len(table) == 1 else f"{len(table)} districts state"
    sentence = (
        f"read as {words[raster.kind]} it holds {ratio:.2g} times the people that {count}; in "
        f"{_name_district(most)} {most['people']:,.0f} against {most['population']:,.0f}."
    )
    if _is_beyond(swapped, ODD_RATIO):
        return sentence
    now = words["density" if raster.kind == "count" else "count"]
    return f"{sentence} Read as {now} it would hold {swapped:.2g} times."


def _name_district(district: pd.Series[Any]) -> str:
    return quoted(str(district["name"]) or str(district["code"]))


def _note_outliers(raster: PopulationRaster, table: pd.DataFrame, total: float) -> Iterator[Note]:
    """Name districts in which a raster that fits on the whole is far from the figure."""
    if _is_beyond(total, ODD_RATIO):
        return
    odd = [row for _, row in table.iterrows() if _is_beyond(float(row["ratio"]), ABSURD_RATIO)]
    if odd:
        named = [
            f"{_name_district(row)} {row['people']:,.0f} against {row['population']:,.0f}"
            for row in odd[:MOST_NAMED]
        ]
        text = f"is far from the figures of single districts: {'; '.join(named)}."
        yield Note(f"population raster:{raster.key}", text, len(odd))


def check_places(
    project: Project, *, layers: Layers, fronts: Sequence[FrontLine]
) -> tuple[Note, ...]:
    """Hold the residents of each settlement against those of the district it lies in.

    Parameters
    ----------
    project
        Names the layers.
    layers
        Settlements and districts in the plane.
    fronts
        The lines; see `check_rasters`.

    Returns
    -------
    Notes that name places with more residents than their district, or than any city.

    Raises
    ------
    LayerError
        A place has more than twenty times the residents of its district, both counted within
        ten years or without a date, and the project does not say that they are to be trusted.
    """
    settlements = layers.settlements
    people = to_numbers(settlements, column="population")
    names = read_texts(settlements, column="name")
    source = project.settlements
    if source is None or not len(settlements):
        return ()
    path = Path(write_relative(source.path, project=project))
    problems: list[FrontlineError] = []
    odd = []
    for place, district, ratio, near in _find_doubtful_places(layers, fronts):
        sentence = (
            f"{quoted(str(place['name']))} has {float(place['population']):,.0f} residents, its "
            f"district {_name_district(district)} {float(district['population']):,.0f}"
        )
        if ABSURD_RATIO < ratio < math.inf and near and not source.trusted:
            advice = "Check both and their units, or set trusted = true if both are right."
            problem = f"{sentence} ({ratio:,.0f} times as many). {advice}"
            fault = LayerError(problem, path=path, layer=source.layer, field="population")
            problems.append(fault)
        else:
            odd.append(sentence)
    raise_problems(problems)
    notes = []
    if odd:
        text = f"more residents than the district they lie in: {'; '.join(odd[:MOST_NAMED])}."
        notes.append(Note("settlements", text, len(odd)))
    huge = [f"{quoted(names[row])} {people[row]:,.0f}" for row in np.flatnonzero(people > MOST)]
    if huge:
        text = f"more people than in any city: {'; '.join(huge[:MOST_NAMED])}."
        notes.append(Note("settlements", text, len(huge)))
    return tuple(notes)


def _find_doubtful_places(
    layers: Layers, fronts: Sequence[FrontLine]
) -> Iterator[tuple[pd.Series[Any], pd.Series[Any], float, bool]]:
    """Yield places with more residents than the district that counts them."""
    settlements, stated = layers.settlements, _select_counted_districts(layers.districts)
    kinds, people = (
        read_texts(settlements, column="population_kind"),
        to_numbers(settlements, column="population"),
    )
    rows = np.flatnonzero(np.isfinite(people) & np.isin(kinds, ("", "residents")))
    if not len(rows) or not len(stated):
        return
    middles = shapely.point_on_surface(settlements.geometry.to_numpy()[rows])
    tree = shapely.STRtree(_find_held_land(stated, fronts))
    counted = to_numbers(stated, column="population")
    dates = (
        read_texts(settlements, column="population_date"),
        read_texts(stated, column="population_year"),
    )
    for at, district in sorted(zip(*tree.query(middles, predicate="within"), strict=True)):
        row = rows[at]
        if people[row] <= counted[district]:
            continue
        ratio = people[row] / counted[district] if counted[district] > 0 else math.inf
        near = _is_near_in_time(dates[0][row], dates[1][district])
        yield settlements.iloc[row], stated.iloc[district], float(ratio), near


def _is_near_in_time(first: str, second: str) -> bool:
    if not first or not second:
        return True
    day = dt.date(int(first[:4]), 7, 1)
    return count_years(second, date=day) <= FAR_YEARS
