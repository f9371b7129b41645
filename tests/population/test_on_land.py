"""People of listed settlements on any land: points whole, polygons by area, nobody on slivers."""

import datetime as dt

import numpy as np
import pytest
import shapely
from factories.people import FRAME, population_raster, settlements_of
from hypothesis import given, settings
from hypothesis import strategies as st

from frontline.population.on_land import (
    Grid,
    count_residents,
    find_shares,
    pick_residents,
    sample_residents,
)
from frontline.raster.io import open_raster

DATE = dt.date(2020, 11, 10)
LEFT, RIGHT = shapely.box(-9000, -9000, 0, 9000), shapely.box(0, -9000, 9000, 9000)
LANDS = np.array([LEFT, RIGHT], dtype=object)


def counted(rows, lands=LANDS):
    dwellers = pick_residents(settlements_of(rows), date=DATE)
    return count_residents(dwellers, share=find_shares(dwellers, lands=lands))


def test_points_count_whole_and_those_on_a_border_once():
    found = counted([(-3.0, 10), (0.0, 100), (3.0, 1000), (30.0, 10_000)])
    assert found.residents.tolist() == [110, 1000]
    assert found.settlements.tolist() == [2, 1]


def test_a_polygon_is_split_and_the_place_counts_where_most_of_it_lies():
    found = counted([(shapely.box(-1000, 0, 3000, 1000), 1000)])
    assert found.residents.tolist() == pytest.approx([250, 750])
    assert found.settlements.tolist() == [0, 1]


@pytest.mark.parametrize("over_m", [1e-9, 0.3])
def test_a_border_drawn_twice_gives_the_neighbour_nobody(over_m):
    found = counted([(shapely.box(-4000, 0, over_m, 4000), 5_000_000)])
    assert found.residents[1] == 0
    assert found.residents[0] == pytest.approx(5_000_000, rel=1e-3)


def test_where_no_place_has_a_figure_people_are_unknown_and_where_no_place_is_nobody():
    found = counted([(-3.0, None), (-4.0, 7, {"population_until": "2019"}), (30.0, 5)])
    assert np.isnan(found.residents[0])
    assert found.residents[1] == 0
    assert found.unknown.tolist() == [2, 0]
    assert np.isnan(found.registered[0])


def test_one_figure_makes_a_sum_of_what_is_known():
    found = counted([(-3.0, None), (-4.0, 0), (3.0, None), (4.0, 12)])
    assert found.residents.tolist() == [0, 12]  # 0 is a figure: a place that stands empty
    assert found.figures["residents"].tolist() == [1, 1]


def test_a_raster_splits_polygons_by_its_people(tmp_path):
    """All people of the raster within the town live in its western quarter."""
    made = population_raster(tmp_path, lambda x, y: np.where(x < 0, 5.0, 0.0))
    dwellers = pick_residents(
        settlements_of([(shapely.box(-1000, 0, 3000, 1000), 1000)]), date=DATE
    )
    with open_raster(made.path, shown="people.tif") as raster:
        grid = Grid("pop", raster, made.kind)
        found = count_residents(
            dwellers, share=find_shares(dwellers, lands=LANDS, grid=grid, crs=FRAME.crs)
        )
    assert found.residents.tolist() == pytest.approx([1000, 0])


def test_kinds_are_apart_and_registered_people_are_no_residents():
    same = shapely.Point(1000, 0)
    found = counted(
        [
            (same, 100, {"name": "x"}),
            (same, 700, {"name": "x", "population_kind": "registered"}),
            (4.0, 50, {"population_kind": "registered"}),
            (5.0, None),
            (6.0, 9, {"population_until": "2019"}),
        ]
    )
    assert found.residents.tolist() == [0, 100]
    assert found.registered.tolist() == [0, 750]
    assert found.settlements.tolist() == [0, 4]
    assert found.unknown.tolist() == [0, 3]  # of one of them registered people are known


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-8.9, 8.9), st.integers(0, 10**6)), min_size=1, max_size=9))
def test_lands_that_fill_the_plane_hold_everybody(rows):
    rows = [(round(x, 3), people) for x, people in rows]
    strips = np.array(
        [shapely.box(x, -9000, x + 3000, 9000) for x in range(-9000, 9000, 3000)], dtype=object
    )
    whole, parts = counted(rows), counted(rows, strips)
    assert parts.residents.sum() == whole.residents.sum() == sum(people for _, people in rows)
    assert parts.settlements.sum() == len(rows)


def test_no_settlements_no_people():
    found = counted([])
    assert found.residents.tolist() == [0, 0]
    assert found.settlements.tolist() == [0, 0]


def test_the_sample_stands_for_those_chosen():
    rows = [(-3.0, 10), (shapely.box(1000, 0, 3000, 2000), 20), (5.0, 30)]
    dwellers = pick_residents(settlements_of(rows), date=DATE)
    sample = sample_residents(dwellers, chosen=np.array([False, True, True]))
    assert set(sample.group.tolist()) == {1, 2}
    assert np.bincount(sample.group, weights=sample.weight)[1:] == pytest.approx([1, 1])
    assert shapely.contains_xy(dwellers.shapes[1], *sample.xy[sample.group == 1].T).all()
