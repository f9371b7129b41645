"""Numbers of people as the settlements state them: of which kind, and valid at which date."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


KINDS = ("residents", "registered", "displaced")


@dataclass(frozen=True)
class PopulationFigures:
    """What is known of the people of each settlement at one date.

    Parameters
    ----------
    people
        By kind, one number per row of the settlements, NaN where that row has no valid figure of
        that kind. Kinds are never added: the same person may be in two of them.
    place
        Number of the place of each row: a place has several rows where it has figures of
        several kinds or times.
    undated
        Rows whose figure is used without a date.
    expired
        Rows with a figure that does not hold at the date.
    """

    people: dict[str, NDArray[np.float64]]
    place: NDArray[np.int64]
    undated: NDArray[np.bool_]
    expired: NDArray[np.bool_]


def pick_figures(settlements: gpd.GeoDataFrame, *, date: dt.date) -> PopulationFigures:
    """Pick the figures that hold at a date.

    Parameters
    ----------
    settlements
        ``name, population, population_kind, population_date, population_from,
        population_until`` and the geometry.
    date
        The line's date.

    Returns
    -------
    A figure without a kind is of residents. Of several valid figures of one kind for one place
    (same name and geometry) the one counted last before the date is taken, else the first after
    it: never both.
    """
    population = to_numbers(settlements, column="population")
    kind = read_texts(settlements, column="population_kind")
    kind[kind == ""] = KINDS[0]
    counted = read_texts(settlements, column="population_date")
    valid = np.isfinite(population) & find_valid(settlements, date=date)
    place = _number_places(settlements)
    people = {}
    for name in KINDS:
        rows = np.flatnonzero(valid & (kind == name))
        people[name] = np.full(len(settlements), np.nan)
        for number in np.unique(place[rows]):
            candidates = rows[place[rows] == number]
            chosen = _choose_row(candidates, counted[candidates], date)
            people[name][chosen] = population[chosen]
    used = np.isfinite(np.array(list(people.values()))).any(axis=0)
    return PopulationFigures(
        people=people,
        place=place,
        undated=used & (counted == ""),
        expired=np.isfinite(population) & ~valid,
    )


def find_valid(table: pd.DataFrame, *, date: dt.date) -> NDArray[np.bool_]:
    """Say of each row whether its figure holds at a date.

    Parameters
    ----------
    table
        With ``population_from`` and ``population_until``: text YYYY, YYYY-MM or YYYY-MM-DD, or
        empty for no limit. A month or year is meant as a whole: a figure until 2020-10 holds on
        31 October 2020 and no longer on 10 November.
    date
        The date.
    """
    begin = [parse_first_day(text) for text in read_texts(table, column="population_from")]
    end = [parse_last_day(text) for text in read_texts(table, column="population_until")]
    return np.array([a <= date <= b for a, b in zip(begin, end, strict=True)], dtype=bool)


def parse_first_day(text: str) -> dt.date:
    """Return the first day of a year, month or day; of empty text the first day of all."""
    year, month, day = _split_date(text)
    return dt.date(year or 1, month or 1, day or 1)


def parse_last_day(text: str) -> dt.date:
    """Return the last day of a year, month or day; of empty text the last day of all."""
    year, month, day = _split_date(text)
    if not year:
        return dt.date.max
    month = month or 12
    return dt.date(year, month, day or calendar.monthrange(year, month)[1])


def count_years_before(text: str, *, date: dt.date) -> float:
    """Return by how many years a figure is older than a date; negative if it is younger.

    Parameters
    ----------
    text
        YYYY, YYYY-MM or YYYY-MM-DD, meant as a whole: a figure of 2015 is 0 years older than any
        day of 2015.
    date
        The date.
    """
    older = (date - parse_last_day(text)).days
    younger = (parse_first_day(text) - date).days
    return (max(older, 0) - max(younger, 0)) / 365.25


def read_texts(table: pd.DataFrame, *, column: str) -> NDArray[np.object_]:
    """Return a column as text, empty where it is missing."""
    if column not in table:
        return np.full(len(table), "", dtype=object)
    values = [("" if pd.isna(value) else str(value).strip()) for value in table[column]]
    return np.array(values, dtype=object)


def to_numbers(table: pd.DataFrame, *, column: str) -> NDArray[np.float64]:
    """Return a column as float64, NaN where it is missing."""
    return pd.to_numeric(table[column]).to_numpy(dtype=np.float64, na_value=np.nan)


def _split_date(text: str) -> tuple[int, int, int]:
    numbers = [int(part) for part in text.split("-")] if text else []
    year, month, day = (*numbers, 0, 0, 0)[:3]
    return year, month, day


def _choose_row(rows: NDArray[np.int64], counted: NDArray[np.object_], date: dt.date) -> int:
    """Return the row counted last before the date, else first after it, else the first."""
    known = [(parse_first_day(text), -index) for index, text in enumerate(counted) if text]
    before = [item for item in known if item[0] <= date]
    if before:
        return int(rows[-max(before)[1]])
    if known:
        earliest = min(day for day, _ in known)
        return int(rows[-max(item for item in known if item[0] == earliest)[1]])
    return int(rows[0])


def _number_places(settlements: gpd.GeoDataFrame) -> NDArray[np.int64]:
    wkb = shapely.to_wkb(settlements.geometry.to_numpy())
    names = [name.casefold() for name in read_texts(settlements, column="name")]
    keys = pd.Series(list(zip(names, wkb, strict=True)), dtype=object)
    return np.asarray(pd.factorize(keys)[0], dtype=np.int64)
