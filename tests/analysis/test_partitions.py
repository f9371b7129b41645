"""Parts against sides, on rectangles: areas, shares, people and ground known beforehand."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from factories.fronts import AREA, FRAME, HIGH, front_of, grid_of, settlements, straight
from factories.parts import HALVES, NORTH, SOUTH, frame, layers_of, row_of

from frontline.analysis.partitions import PARTS, cross_lands, cross_partitions
from frontline.elevation.terrain import find_cells_within, read_ground, summarise_ground
from frontline.inputs.partitions import list_parts
from frontline.lines.front import displace_front
from frontline.population.on_land import find_shares, pick_residents


def test_parts_are_cut_to_the_study_area_and_the_rest_is_outside():
    parts = list_parts(layers_of(halves=HALVES), partition="halves")
    assert [part.part for part in parts] == ["S", "N", ""]
    areas = [part.land.area / 1e6 for part in parts]
    assert areas == pytest.approx([50 * 25, 50 * 25, 50 * 50])
    assert sum(areas) == pytest.approx(AREA.area / 1e6)
    assert [part.name for part in parts] == ["South", "North", "outside"]


def test_polygons_of_one_code_are_one_part_and_nameless_ones_go_by_number():
    layers = layers_of(same=HALVES.assign(code="X"), bare=frame(SOUTH, NORTH))
    assert [part.part for part in list_parts(layers, partition="same")] == ["X", ""]
    assert [part.part for part in list_parts(layers, partition="bare")] == ["1", "2", ""]


def test_parts_crossed_with_a_straight_line():
    table = cross_partitions(
        layers_of(halves=HALVES), fronts=[straight("old", 30_000.0)], draws={}, ground=None
    )
    assert list(table.columns) == PARTS.names
    assert row_of(table, "S", "West").area_km2 == pytest.approx(30 * 25)
    assert row_of(table, "S", "East").share == pytest.approx(0.4)
    assert row_of(table, "", "East").area_km2 == pytest.approx(2_500)
    assert len(table) == 5
    assert table.area_km2.sum() == pytest.approx(AREA.area / 1e6)
    assert (table.area_low == table.area_km2).all()
    assert table.elevation_m.isna().all()


def test_people_count_where_they_live_and_kinds_stay_apart():
    places = settlements(
        ("Alpha", 10_000, 10_000, 100),
        ("Beta", 40_000, 10_000, 200),
        ("Gamma", 40_000, 40_000, None),
        ("Delta", 10_000, 40_000, 5_000),
        ("Late", 10_000, 41_000, 70),
        population_kind=["residents", "residents", "", "registered", "residents"],
        population_from=["", "", "", "", "2015"],
    )
    front = straight("old", 30_000.0)
    table = cross_partitions(
        layers_of(places, halves=HALVES), fronts=[front], draws={}, ground=None
    )
    assert row_of(table, "S", "West").population == 100
    assert row_of(table, "S", "East").population == 200
    alone = row_of(table, "N", "West")
    assert np.isnan(alone.population)
    assert (alone.population_low, alone.registered) == pytest.approx((np.nan, 5_000), nan_ok=True)
    assert np.isnan(row_of(table, "S", "West").registered)
    assert row_of(table, "", "East").population == 0
    assert (alone.settlements, alone.settlements_unknown) == (2, 2)
    assert row_of(table, "N", "East").settlements_unknown == 1
    later = straight("new", 30_000.0)
    table = cross_partitions(
        layers_of(places, halves=HALVES), fronts=[later], draws={}, ground=None
    )
    assert row_of(table, "N", "West", "new").population == 70


def test_a_place_given_as_a_polygon_is_split_by_area():
    place = settlements(("Town", 30_000, 10_000, 1_000))
    place = place.set_geometry([shapely.box(29_000, 9_000, 33_000, 11_000)], crs=FRAME.crs)
    table = cross_partitions(
        layers_of(place, halves=HALVES), fronts=[straight("old", 30_000.0)], draws={}, ground=None
    )
    assert row_of(table, "S", "West").population == pytest.approx(250)
    assert row_of(table, "S", "East").population == pytest.approx(750)
    assert row_of(table, "S", "West").settlements == 0
    assert row_of(table, "S", "East").settlements == 1


def test_a_point_on_the_line_counts_once():
    places = settlements(("Edge", 30_000, 10_000, 10))
    lands = cross_lands(np.array([SOUTH]), sides=straight("old", 30_000.0).sides)[0]
    assert (
        find_shares(pick_residents(places, date=straight("old", 1.0).date), lands=lands).sum()
        == 1.0
    )


def test_intervals_are_those_of_a_line_that_sways_as_one():
    """An error alike over the whole line moves it by +-1 km in 95 %: 25 km2 for a part."""
    front = replace(straight("old", 30_000.0, error_m=1_000.0), error_correlation_m=1e9)
    draws = {"old": displace_front(front, area=AREA, draws=400, seed=3)}
    places = settlements(("Near", 30_300, 10_000, 100), ("Far", 45_000, 10_000, 1_000))
    table = cross_partitions(
        layers_of(places, halves=HALVES), fronts=[front], draws=draws, ground=None
    )
    west, east = row_of(table, "S", "West"), row_of(table, "S", "East")
    assert west.area_low == pytest.approx(750 - 25, abs=4)
    assert west.area_high == pytest.approx(750 + 25, abs=4)
    assert west.share_low == pytest.approx(west.area_low / 1_250)
    assert west.area_low + east.area_high == pytest.approx(1_250, abs=0.01)
    assert (west.population, west.population_low, west.population_high) == (0, 0, 100)
    assert (east.population, east.population_low, east.population_high) == (1_100, 1_000, 1_100)
    outside = row_of(table, "", "East")
    assert outside.area_low == outside.area_high == pytest.approx(2_500)


def test_a_line_with_an_error_and_no_draws_has_no_interval():
    table = cross_partitions(
        layers_of(halves=HALVES),
        fronts=[straight("old", 30_000.0, error_m=10.0)],
        draws={},
        ground=None,
    )
    west = row_of(table, "S", "West")
    assert np.isnan([west.area_low, west.share_high, west.population_low]).all()


def test_districts_come_after_partitions_and_nothing_gives_an_empty_table():
    layers = layers_of(districts=HALVES, halves=HALVES)
    table = cross_partitions(layers, fronts=[straight("old", 30_000.0)], draws={}, ground=None)
    assert list(dict.fromkeys(table.partition)) == ["halves", "districts"]
    only = cross_partitions(
        layers, fronts=[straight("old", 30_000.0)], draws={}, ground=None, partitions=["districts"]
    )
    assert set(only.partition) == {"districts"}
    assert cross_partitions(
        layers_of(), fronts=[straight("old", 30_000.0)], draws={}, ground=None
    ).empty


def test_the_ground_of_a_plane_that_rises_to_the_east():
    ground = read_ground(grid_of(lambda x, _: x / 50), plane=FRAME)
    table = cross_partitions(
        layers_of(halves=HALVES), fronts=[straight("old", 30_000.0)], draws={}, ground=ground
    )
    west = row_of(table, "S", "West")
    assert west.elevation_m == pytest.approx(15_000 / 50, abs=0.1)
    assert west.elevation_p10 == pytest.approx(60, abs=11)
    assert west.elevation_p90 == pytest.approx(540, abs=11)
    assert west.slope_deg == pytest.approx(np.degrees(np.arctan(1 / 50)), rel=1e-3)
    # Steps of 500 m in the plane are a little longer on the ellipsoid: 13 of them are within 7 km.
    assert row_of(table, "S", "East").relief_m == pytest.approx(2 * 13 * 500 / 50, abs=1)
    assert west.mountain_share == 0.0


def test_merging_cells_keeps_means_and_relief():
    dem = grid_of(lambda x, y: x / 40 + 300 * np.sin(y / 2_000), step_m=250.0)
    fine = read_ground(dem, plane=FRAME)
    coarse = read_ground(dem, plane=FRAME, most_cells=5_000)
    assert len(coarse.xy) <= 5_000 < len(fine.xy)
    land = shapely.box(20_000, 10_000, 70_000, 40_000)
    first, second = (
        summarise_ground(each, inside=find_cells_within(each, land=land)) for each in (fine, coarse)
    )
    assert second["elevation_m"] == pytest.approx(first["elevation_m"], rel=0.01)
    assert second["slope_deg"] == pytest.approx(first["slope_deg"], rel=0.01)
    assert second["relief_m"] == pytest.approx(first["relief_m"], rel=0.1)
    assert coarse.area_m2.sum() == pytest.approx(fine.area_m2.sum())


def test_unknown_ground_is_left_out_and_land_without_any_has_none():
    ground = read_ground(grid_of(lambda x, _: np.where(x < 20_000, 100.0, np.nan)), plane=FRAME)
    known = summarise_ground(
        ground, inside=find_cells_within(ground, land=shapely.box(10_000, 0, 30_000, HIGH))
    )
    assert known["elevation_m"] == pytest.approx(100.0)
    nothing = summarise_ground(
        ground, inside=find_cells_within(ground, land=shapely.box(30_000, 0, 40_000, HIGH))
    )
    assert np.isnan(list(nothing.values())).all()


def test_three_sides_and_land_on_none():
    left, right = shapely.box(0, 0, 20e3, HIGH), shapely.box(30e3, 0, 100e3, HIGH)
    front = replace(front_of("old", shapely.LineString([(20e3, 0), (20e3, HIGH)])), sides={})
    front = replace(front, sides={"Left": left, "Right": right})
    table = cross_partitions(layers_of(halves=HALVES), fronts=[front], draws={}, ground=None)
    assert row_of(table, "S", "").area_km2 == pytest.approx(10 * 25)
    assert row_of(table, "S", "Left").share == pytest.approx(0.4)
    assert table.area_km2.sum() == pytest.approx(AREA.area / 1e6)


def test_draws_that_no_settlement_is_near_leave_people_as_they_are():
    front = straight("old", 30_000.0, error_m=500.0)
    draws = {"old": displace_front(front, area=AREA, draws=5, seed=1)}
    for places in (settlements(), settlements(("Far", 80_000, 10_000, 7))):
        table = cross_partitions(
            layers_of(places, halves=HALVES), fronts=[front], draws=draws, ground=None
        )
        assert (table.population_low == table.population).all()
        assert (table.population_high == table.population).all()
