"""Which raster and which figure holds when: by validity, by series, and how far away it is."""

import datetime as dt
from types import SimpleNamespace

import pytest
from factories.people import DATE, settlements_of, straight
from hypothesis import given
from hypothesis import strategies as st

from frontline.population.figures import pick_figures
from frontline.population.validity import (
    choose_rasters,
    count_years,
    note_dates_of_places,
    note_dates_of_rasters,
)


def raster(key, year=None, *, series=None, begin=None, end=None):
    return SimpleNamespace(
        key=key,
        series=series,
        date=dt.date(year, 7, 1) if year else None,
        valid_from=dt.date(begin, 1, 1) if begin else None,
        valid_until=dt.date(end, 12, 31) if end else None,
    )


def chosen(rasters, year):
    project = SimpleNamespace(population=tuple(rasters))
    return [one.key for one in choose_rasters(project, date=dt.date(year, 7, 1))]


def test_of_a_series_the_nearest_in_date_is_taken():
    series = [raster(f"r{year}", year, series="r") for year in (2000, 2010, 2020)]
    assert chosen(series, 1994) == ["r2000"]
    assert chosen(series, 2006) == ["r2010"]
    assert chosen(series, 2005) == ["r2000"]  # 1,826 days after the one, 1,826 before the other
    assert chosen(series, 2030) == ["r2020"]


def test_two_series_and_single_rasters_stand_beside_each_other_in_the_projects_order():
    rasters = [
        raster("a2020", 2020, series="a"), raster("alone"), raster("b2000", 2000, series="b"),
        raster("a2000", 2000, series="a"), raster("b2015", 2015, series="b"),
    ]  # fmt: skip
    assert chosen(rasters, 2001) == ["alone", "b2000", "a2000"]
    assert chosen(rasters, 2018) == ["a2020", "alone", "b2015"]


def test_a_raster_that_does_not_hold_is_not_of_the_series_then():
    rasters = [
        raster("before", 2019, series="r", end=2019), raster("after", 2023, series="r", begin=2020)
    ]  # fmt: skip
    assert chosen(rasters, 2020) == ["after"]  # though the other is nearer
    assert chosen(rasters, 2019) == ["before"]
    assert chosen([raster("past", end=2010)], 2020) == []


@given(st.lists(st.integers(1950, 2030), min_size=1, unique=True), st.integers(1950, 2030))
def test_one_of_a_series_is_chosen_and_none_is_nearer(years, when):
    found = chosen([raster(f"r{year}", year, series="r") for year in years], when)
    assert len(found) == 1
    away = {year: abs((dt.date(year, 7, 1) - dt.date(when, 7, 1)).days) for year in years}
    assert away[int(found[0][1:])] == min(away.values())


@pytest.mark.parametrize(
    ("text", "years"),
    [("2020", 0.0), ("2020-11", 0.0), ("2021-11-10", 1.0), ("1989", 30.86), ("2031", 10.14)],
)
def test_years_between_a_figure_and_a_date(text, years):
    assert count_years(text, date=DATE) == pytest.approx(years, abs=0.01)


def test_rasters_without_a_date_or_far_from_the_line_are_said():
    rasters = (raster("old", 1990), raster("undated"), raster("near", 2015))
    project = SimpleNamespace(population=rasters)
    notes = {note.about: note.text for note in note_dates_of_rasters(project, front=straight())}
    assert notes == {
        "population raster:old": "describes 1990-07-01, 30 years from the line of 2020-11-10.",
        "population raster:undated": "has no date: it is used as it is (undated).",
    }


def test_figures_counted_long_before_the_line_are_said():
    table = settlements_of(
        [(1.0, 5, {"population_date": "1989"}), (2.0, 6), (3.0, None, {"population_date": "1979"})]
    )
    notes = list(
        note_dates_of_places(straight(), settlements=table, figures=pick_figures(table, date=DATE))
    )
    assert [(note.text, note.count) for note in notes] == [
        ("figures were counted more than 10 years from 2020-11-10.", 1)
    ]
