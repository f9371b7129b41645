"""People by source, side and zone: sums by hand, closed forms, and what must never be added."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
import shapely
from factories.people import (
    AREA,
    DATE,
    EDGES,
    FRAME,
    TALL,
    WIDE,
    count,
    places_at,
    population_raster,
    rigid,
    row,
    settlements_of,
    straight,
    zones_of,
)
from factories.rasters import write_tif
from hypothesis import given, settings
from hypothesis import strategies as st

from frontline.lines.front import FrontLine, displace_front
from frontline.population.figures import find_valid, parse_first_day, parse_last_day, pick_figures
from frontline.population.on_land import drop_slivers
from frontline.population.sources import arrange_rings
from frontline.project.models import StatedFigure
from frontline.uncertainty.sampling import OUTSIDE, sample_of_area

# Figures and their dates


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("", dt.date.min, dt.date.max),
        ("2020", dt.date(2020, 1, 1), dt.date(2020, 12, 31)),
        ("2020-02", dt.date(2020, 2, 1), dt.date(2020, 2, 29)),
        ("2020-10-05", dt.date(2020, 10, 5), dt.date(2020, 10, 5)),
    ],
)
def test_a_month_or_year_is_meant_whole(text, first, last):
    assert (parse_first_day(text), parse_last_day(text)) == (first, last)


def test_validity_at_the_lines_date():
    table = pd.DataFrame(
        {
            "population_from": ["", "2020-12", "2020", None, ""],
            "population_until": ["2020-10", "", "", np.nan, "2020-11-10"],
        }
    )
    assert find_valid(table, date=DATE).tolist() == [False, False, True, True, True]


def test_two_figures_of_one_place_are_not_added():
    same = shapely.Point(1000, 0)
    rows = [(same, n, {"name": "x", "population_date": d}) for n, d in
            ((100, "2005"), (150, "2015"), (900, "2022"))]  # fmt: skip
    for date, expected in ((DATE, 150), (dt.date(1994, 1, 1), 100), (dt.date(2023, 1, 1), 900)):
        figures = pick_figures(settlements_of(rows), date=date)
        assert np.nansum(figures.people["residents"]) == expected
    found = row(count(rows))
    assert (found["population"], found["settlements"], found["settlements_unknown"]) == (150, 1, 0)


def test_registered_of_the_same_place_stand_apart():
    same = shapely.Point(1000, 0)
    found = count(
        [
            (same, 100, {"name": "x"}),
            (same, 700, {"name": "x", "population_kind": "registered"}),
            (3.0, 5000, {"population_kind": "registered"}),
            (4.0, None, {"population_kind": ""}),
        ]
    )
    residents, registered = row(found), row(found, "settlements:registered")
    assert residents["population"] == 100
    assert residents["settlements"] == 1
    assert residents["settlements_unknown"] == 2  # who lives at the other two is not known
    assert registered["population"] == 5700
    assert registered["settlements"] == 2
    assert registered["settlements_unknown"] == 0
    assert "settlements:displaced" not in set(found.rows["source"])


def test_figures_outside_their_time_are_unknown_not_zero():
    found = count([(1.0, 600, {"population_until": "2020-10"}), (2.0, 50), (3.0, None)])
    assert row(found)["population"] == 50
    assert row(found)["settlements"] == 1
    assert row(found)["settlements_unknown"] == 2
    assert any("do not hold on 2020-11-10" in note.text and note.count == 1 for note in found.notes)


def test_undated_figures_are_used_and_said_to_be():
    found = count([(1.0, 600, {"population_date": ""}), (2.0, 50)])
    assert row(found)["population"] == 650
    assert any("undated" in note.text and note.count == 1 for note in found.notes)


def test_large_numbers_are_summed_exactly():
    found = count([(1.0, 2_000_000_001)] * 5)
    assert row(found)["population"] == 10_000_000_005


# Settlements in zones


def test_points_count_whole_in_one_zone():
    found = count([(-4.9, 1), (4.9, 10), (5.1, 100), (9.9, 1000), (20.0, 10_000)])
    assert row(found, side="West")["population"] == 1
    assert [row(found, distance=edge)["population"] for edge in EDGES] == [10, 1110, 1110]
    rings = [row(found, distance=edge, kind="ring")["population"] for edge in EDGES]
    assert rings == [10, 1100, 0]
    assert [row(found, distance=edge)["settlements"] for edge in EDGES] == [1, 3, 3]


def test_a_point_on_the_edge_of_a_zone_is_inside_it():
    found = count([(5.0, 7)])
    assert row(found)["population"] == 7
    assert row(found, distance=10_000.0, kind="ring")["population"] == 0


def test_places_outside_the_study_area_are_in_no_zone():
    found = count([(0.5, 5), (shapely.Point(1000, 2 * TALL), 9999)])
    assert found.rows["population"].max() == 5


def test_a_polygon_is_split_by_area():
    # Three quarters of it east of the line, one quarter west.
    town = shapely.box(-1000, 0, 3000, 1000)
    found = count([(town, 1000)])
    east, west = row(found), row(found, side="West")
    assert east["population"] == pytest.approx(750)
    assert west["population"] == pytest.approx(250)
    assert (east["settlements"], west["settlements"]) == (1, 0)


def test_a_polygon_is_split_by_people_where_they_are_known(tmp_path):
    """All the people of the raster within the town live in its western quarter."""
    raster = population_raster(tmp_path, lambda x, y: np.where(x < 0, 5.0, 0.0))
    found = count([(shapely.box(-1000, 0, 3000, 1000), 1000)], rasters=(raster,))
    assert row(found, side="West")["population"] == pytest.approx(1000)
    assert row(found)["population"] == pytest.approx(0)


@settings(max_examples=12, deadline=None)
@given(places_at, st.randoms())
def test_parts_equal_totals_whatever_the_order(rows, dice):
    found = count(rows)
    for side, sign in (("West", -1), ("East", 1)):
        for edge in EDGES:
            mine = [
                n for x, n in rows
                if n is not None and (x >= 0) == (sign > 0) and 1000 * abs(x) <= edge
            ]  # fmt: skip
            zone = row(found, side=side, distance=edge)
            unknown = not mine and zone["settlements_unknown"] > 0
            assert np.isnan(zone["population"]) if unknown else zone["population"] == sum(mine)
            assert zone["settlements"] == len(mine)
    by_ring = found.rows.query("kind == 'ring'").groupby("side")["population"].sum()
    whole = found.rows.query("kind == 'cumulative' and distance_m == 15000")
    assert by_ring.to_dict() == whole.set_index("side")["population"].fillna(0.0).to_dict()
    shuffled = list(rows)
    dice.shuffle(shuffled)
    pd.testing.assert_frame_equal(count(shuffled).rows, found.rows)


def test_more_zones_do_not_count_twice():
    rows = [(0.1 * n, n) for n in range(140)]
    few, many = count(rows), count(rows, edges=(1000.0, 2000.0, 5000.0, 9000.0, 15_000.0))
    assert row(few, distance=15_000.0)["population"] == row(many, distance=15_000.0)["population"]
    assert row(few)["population"] == row(many)["population"]


# Districts


def test_a_district_is_spread_over_what_its_counting_side_holds():
    district = shapely.box(-30_000, -10_000, 10_000, 10_000)
    east = count(districts=[(district, 1000, "", "East")])
    whole = count(districts=[(district, 1000, "", "")])
    # Ten of forty kilometres are held by the east: half of them in the nearest zone.
    assert row(east, "districts")["population"] == pytest.approx(500)
    assert math.isnan(row(east, "districts", side="West")["population"])  # not known, not nobody
    assert row(east, "districts", side="West")["coverage"] == 0
    assert row(east, "districts", distance=10_000.0)["population"] == pytest.approx(1000)
    assert row(whole, "districts")["population"] == pytest.approx(125)
    assert row(whole, "districts", side="West")["population"] == pytest.approx(125)


def test_coverage_is_the_share_of_the_zone_with_a_figure():
    half = shapely.box(0, 0, 10_000, TALL)
    found = count(
        districts=[(half, 1000, "", "East"), (shapely.box(0, -TALL, 9000, 0), None, "", "")]
    )
    assert row(found, "districts")["coverage"] == pytest.approx(0.5)
    assert row(found, "districts", side="West")["coverage"] == 0
    assert row(found, "districts", distance=15_000.0)["coverage"] == pytest.approx(1 / 3)


def test_kinds_of_district_figures_are_not_added():
    a, b = shapely.box(0, 0, 5000, TALL), shapely.box(0, -TALL, 5000, 0)
    found = count(districts=[(a, 1000, "residents", ""), (b, 7000, "registered", "")])
    assert row(found, "districts")["population"] == pytest.approx(1000)
    assert row(found, "districts:registered")["population"] == pytest.approx(7000)


def test_land_outside_the_study_area_belongs_to_the_counting_side():
    """Else the people beyond an arbitrary edge would be squeezed into the study area."""
    district = shapely.box(0, 0, 2 * WIDE, 10_000)
    found = count(districts=[(district, 8000, "", "East")])
    assert row(found, "districts")["population"] == pytest.approx(8000 * 5 / 80)


def test_a_figure_counted_by_a_side_that_is_not_there_covers_nothing():
    found = count(districts=[(AREA, 8000, "", "Third side")])
    assert found.rows["population"].isna().all()
    assert (found.rows["coverage"] == 0).all()


@pytest.mark.parametrize(("width_m", "covered"), [(1e-9, False), (0.4, False), (5.0, True)])
def test_slivers_along_a_common_border_hold_nobody(width_m, covered):
    """The same border in two files: a metre is what edges are drawn to, five metres are land."""
    district = shapely.box(-20_000, -TALL, width_m, TALL)
    found = count(districts=[(district, 1_000_000, "", "")])
    east, west = row(found, "districts"), row(found, "districts", side="West")
    assert west["population"] == pytest.approx(250_000, rel=1e-3)
    assert bool(east["coverage"] > 0) == covered
    assert math.isnan(east["population"]) != covered


def test_a_sliver_beside_real_land_goes_alone():
    comb = shapely.union_all(
        [shapely.box(0, 0, 1000, 1000), shapely.box(0, 2000, 0.5, 9000), shapely.Point(5, 5000)]
    )
    kept = drop_slivers(np.array([[comb, shapely.Point(1, 1), shapely.Polygon()]], dtype=object))
    assert shapely.area(kept).tolist() == [[1e6, 0.0, 0.0]]
    nested = shapely.GeometryCollection([comb, shapely.LineString([(0, 0), (1, 1)])])
    assert shapely.area(drop_slivers(np.array([nested], dtype=object))).tolist() == [1e6]


def test_districts_without_any_figure_have_no_row():
    found = count([(1.0, 1)], districts=[(AREA, None, "", "")])
    assert set(found.rows["source"]) == {"settlements"}


# Rasters


@pytest.mark.parametrize("kind", ["count", "density"])
def test_raster_sums_and_coverage(tmp_path, kind):
    raster = population_raster(tmp_path, lambda x, y: 30.0, kind=kind)
    found = row(count(rasters=(raster,)), "raster:pop")
    # The raster reaches 45 of the 50 km to north and south.
    assert found["population"] == pytest.approx(30 * 5 * 90)
    assert found["coverage"] == pytest.approx(0.9, abs=1e-6)
    assert pd.isna(found["settlements"])


def test_raster_outside_its_time_is_left_out(tmp_path):
    raster = population_raster(tmp_path, lambda x, y: 30.0, valid_until=dt.date(2019, 12, 31))
    assert set(count([(1.0, 1)], rasters=(raster,)).rows["source"]) == {"settlements"}


def test_a_raster_that_only_touches_a_zone_knows_nothing_of_it(tmp_path):
    """Its western edge is the line itself, drawn with the last digits of rounding."""
    aside = write_tif(
        tmp_path / "people.tif", np.full((90, 20), 30.0),
        transform=(1000.0, 0, -1e-7, 0, -1000.0, 45_000.0), crs=FRAME.crs.to_wkt(),
    )  # fmt: skip
    raster = population_raster(tmp_path, lambda x, y: 30.0, key="other")
    found = count(rasters=(raster.model_copy(update={"path": aside}),))
    west = row(found, "raster:other", side="West")
    assert math.isnan(west["population"])
    assert west["coverage"] == 0
    assert row(found, "raster:other")["population"] == pytest.approx(30 * 5 * 90)


def test_raster_and_settlements_are_two_rows(tmp_path):
    raster = population_raster(tmp_path, lambda x, y: 1.0)
    found = count([(1.0, 40)], rasters=(raster,))
    assert row(found)["population"] == 40
    assert row(found, "raster:pop")["population"] == pytest.approx(450)
    sources = found.rows["source"].drop_duplicates().tolist()
    assert sources == ["settlements", "raster:pop"]


def test_a_raster_splits_districts(tmp_path):
    raster = population_raster(tmp_path, lambda x, y: np.where((x > 0) & (x < 5), 8.0, 2.0))
    district = shapely.box(0, -10_000, 10_000, 10_000)
    found = count(districts=[(district, 1000, "", "East")], rasters=(raster,))
    assert row(found, "districts")["population"] == pytest.approx(800)


def test_densities_given_as_counts_are_doubted(tmp_path):
    raster = population_raster(tmp_path, lambda x, y: 5000.0, kind="density", step=500.0)
    wrong = raster.model_copy(update={"kind": "count"})
    for one, doubted in ((wrong, True), (raster, False)):
        notes = count(rasters=(one,), edges=(15_000.0,)).notes
        assert any("densities?" in note.text for note in notes) is doubted


def test_cells_without_value_are_said(tmp_path):
    raster = population_raster(tmp_path, lambda x, y: np.where(y > 0, 1.0, np.nan))
    found = count(rasters=(raster,))
    assert row(found, "raster:pop")["coverage"] == pytest.approx(0.45, abs=1e-6)
    assert any("has no value" in note.text for note in found.notes)


def test_a_raster_that_meets_no_zone_is_said(tmp_path):
    raster = population_raster(tmp_path, lambda x, y: 30.0)
    aside = write_tif(
        tmp_path / "aside.tif", np.full((9, 9), 30.0),
        transform=(1000.0, 0, 900_000.0, 0, -1000.0, 0.0), crs=FRAME.crs.to_wkt(),
    )  # fmt: skip
    for one, said in ((raster, False), (raster.model_copy(update={"path": aside}), True)):
        notes = count(rasters=(one,)).notes
        assert any("lies outside every zone" in note.text for note in notes) is said


# Completeness


def test_completeness_against_districts_and_raster(tmp_path):
    district = [(shapely.box(0, -TALL, WIDE, TALL), 4000, "", "East")]
    listed = [(1.0, 200), (12.0, 50)]
    found = count(listed, districts=district)
    # 500 people of the district live within 5 km; 200 of them could be in the list.
    assert row(found)["completeness"] == pytest.approx(0.4)
    assert row(found, distance=15_000.0)["completeness"] == pytest.approx(250 / 1500)
    assert row(found, distance=15_000.0, kind="ring")["completeness"] == pytest.approx(0.1)
    assert math.isnan(row(found, side="West")["completeness"])
    assert math.isnan(row(found, "districts")["completeness"])
    raster = population_raster(tmp_path, lambda x, y: 0.5, half=60_000.0)
    both = count(listed, districts=district, rasters=(raster,))
    assert row(both)["completeness"] == pytest.approx(0.8)


def test_completeness_is_at_most_one_and_extends_to_the_uncovered_part():
    district = [(shapely.box(0, -TALL, WIDE, TALL / 5), 2400, "", "East")]  # 0.6 of the zone
    assert row(count([(1.0, 100)], districts=district))["completeness"] == pytest.approx(0.2)
    assert row(count([(1.0, 10_000)], districts=district))["completeness"] == 1.0
    little = [(shapely.box(0, -TALL, WIDE, -TALL / 5), 2400, "", "East")]  # 0.4 of the zone
    # Of the zone's part that is known, 300 people: the list holds a third of them at most.
    assert row(count([(1.0, 100)], districts=little))["completeness"] == pytest.approx(1 / 3)
    assert math.isnan(row(count([(1.0, 400)], districts=little))["completeness"])


# What others state


def test_stated_figures_stand_as_they_are():
    stated = (
        StatedFigure(id="C04", line="a", side="East", distance_m=15_000, low=3, high=6, source="x"),
        StatedFigure(id="C05", line="a", side="West", distance_m=25_000, low=7, high=7, source="x"),
        StatedFigure(id="C06", line="b", side="West", distance_m=25_000, low=7, high=7, source="x"),
    )
    found = count([(1.0, 9)], stated=stated)
    ranged = row(found, "stated:C04", distance=15_000.0)
    assert math.isnan(ranged["population"])  # never averaged
    assert (ranged["population_low"], ranged["population_high"]) == (3, 6)
    assert row(found, "stated:C05", side="West", distance=25_000.0)["population"] == 7
    assert "stated:C06" not in set(found.rows["source"])
    assert found.rows["source"].iloc[0] == "settlements"


# The line's error


def test_without_error_the_interval_is_the_figure():
    found = row(count([(1.0, 9)]))
    assert (found["population_low"], found["population_high"]) == (9, 9)
    assert (found["population_inner"], found["population_outer"]) == (9, 9)


def test_with_error_and_no_draws_the_interval_is_empty():
    found = row(count([(1.0, 9)], front=straight(2000.0)))
    assert math.isnan(found["population_low"])
    assert (found["population_inner"], found["population_outer"]) == (0, 9)


def test_settlements_under_a_rigid_line_follow_the_closed_form():
    """A place every 25 m: shifting the line by e adds what lies beyond, takes what lies before."""
    _, draws = rigid(1000.0)
    rows = [(x, round(10 * (20 + x))) for x in np.arange(-7.99, 8, 0.025)]
    found = row(count(rows, front=straight(1000.0), draws=draws))

    def closed(e):
        return sum(n for x, n in rows if e < 1000 * x <= e + 5000)

    assert found["population"] == closed(0)
    assert found["population_low"] == pytest.approx(closed(-1000), rel=0.01)
    assert found["population_high"] == pytest.approx(closed(1000), rel=0.01)
    assert found["population_inner"] == sum(n for x, n in rows if 1 < x <= 4)
    assert found["population_outer"] == sum(n for x, n in rows if -1 < x <= 6)


def test_a_density_gradient_under_a_rigid_line_follows_the_closed_form(tmp_path):
    """With 50 + x people per km2, e km of shift add 5 e people for each of the 90 km of line."""
    raster = population_raster(tmp_path, lambda x, y: 50 + x)
    _, draws = rigid(2000.0)
    found = row(count(front=straight(2000.0), draws=draws, rasters=(raster,)), "raster:pop")
    central = 90 * (50 * 5 + 25 / 2)
    assert found["population"] == pytest.approx(central)
    # Points a kilometre apart tell the change of 900 people to within a tenth.
    assert found["population_low"] - central == pytest.approx(-2 * 5 * 90, rel=0.1)
    assert found["population_high"] - central == pytest.approx(2 * 5 * 90, rel=0.1)
    inner = 90 * (50 * 1 + (3**2 - 2**2) / 2)
    outer = 90 * (50 * 9 + (7**2 - 2**2) / 2)
    assert found["population_inner"] == pytest.approx(inner, rel=0.05)
    assert found["population_outer"] == pytest.approx(outer, rel=0.05)


def test_a_district_under_a_rigid_line_follows_the_closed_form():
    """P people on the w km that the side holds: P 5 / (w - e) of them within 5 km."""
    _, draws = rigid(2000.0)
    district = [(shapely.box(-20_000, -TALL, 20_000, TALL), 10_000, "", "East")]
    found = row(count(districts=district, front=straight(2000.0), draws=draws), "districts")
    assert found["population"] == pytest.approx(2500)
    # Points 1.5 km apart tell a shift of 2 km to within a fraction of a row of them.
    assert found["population_low"] == pytest.approx(10_000 * 5 / 22, abs=150)
    assert found["population_high"] == pytest.approx(10_000 * 5 / 18, abs=150)


def test_an_even_density_knows_no_error_in_the_open(tmp_path):
    raster = population_raster(tmp_path, lambda x, y: 40.0)
    _, draws = rigid(2000.0)
    found = row(count(front=straight(2000.0), draws=draws, rasters=(raster,)), "raster:pop")
    assert found["population_low"] == pytest.approx(found["population"], rel=0.03)
    assert found["population_high"] == pytest.approx(found["population"], rel=0.03)


def test_draws_of_the_library_agree_with_the_rigid_ones():
    front = straight(1000.0, correlation_m=1e12)
    rows = [(x, round(10 * (20 + x))) for x in np.arange(-9.995, 10, 0.05)]
    own = row(count(rows, front=front, draws=displace_front(front, area=AREA, draws=400, seed=1)))
    _, draws = rigid(1000.0, 400)
    ideal = row(count(rows, front=front, draws=draws))
    width = ideal["population_high"] - ideal["population_low"]
    # 2.5 % points of 400 random draws scatter by a twentieth of the interval.
    assert own["population_low"] == pytest.approx(ideal["population_low"], abs=0.15 * width)
    assert own["population_high"] == pytest.approx(ideal["population_high"], abs=0.15 * width)


def test_the_interval_is_not_a_constant_percentage():
    """The same number of people far from every edge of a zone has no interval at all."""
    _, draws = rigid(1000.0)
    near = row(count([(0.3, 500)], front=straight(1000.0), draws=draws))
    deep = row(count([(2.5, 500)], front=straight(1000.0), draws=draws))
    assert (near["population_low"], near["population_high"]) == (0, 500)
    assert (deep["population_low"], deep["population_high"]) == (500, 500)
    assert (deep["population_inner"], deep["population_outer"]) == (500, 500)


def test_bounds_hold_the_draws():
    _, draws = rigid(1500.0)
    rows = [(x, 100) for x in np.arange(-20.03, 20, 0.37)]
    found = count(rows, front=straight(1500.0), draws=draws).rows
    assert (found["population_inner"] <= found["population"]).all()
    assert (found["population_outer"] >= found["population"]).all()
    assert (found["population_inner"] <= found["population_low"]).all()
    assert (found["population_outer"] >= found["population_high"]).all()


def test_three_sides():
    """A strip of 12 km between two parallel lines: its zones meet in the middle."""
    lines = [shapely.LineString([(x, -TALL), (x, TALL)]) for x in (0, 12_000)]
    sides = {
        "West": shapely.box(-WIDE, -TALL, 0, TALL),
        "Strip": shapely.box(0, -TALL, 12_000, TALL),
        "East": shapely.box(12_000, -TALL, WIDE, TALL),
    }
    front = FrontLine(
        key="a", label="A", date=DATE, geometry=shapely.MultiLineString(lines),
        segments=np.array(lines, dtype=object), error_m=np.array([0.0, 0.0]),
        error_correlation_m=5000.0, sides=sides,
    )  # fmt: skip
    rows = [(-3.0, 1), (3.0, 10), (6.0, 100), (9.0, 1000), (13.0, 10_000)]
    district = (shapely.box(-12_000, 0, 24_000, 10_000), 2400, "", "Strip")
    found = count(rows, [district], front=front)
    assert [row(found, side=name)["population"] for name in sides] == [1, 1010, 10_000]
    assert row(found, side="Strip", distance=10_000.0)["population"] == 1110
    assert row(found, "districts", side="Strip")["population"] == pytest.approx(2000)
    assert row(found, "districts", "Strip", 10_000.0)["population"] == pytest.approx(2400)


def test_land_on_no_side_is_in_no_zone():
    """A state given as polygons may leave a gap: its people are nobody's."""
    front = straight()
    sides = {"West": front.sides["West"], "East": shapely.box(2000, -TALL, WIDE, TALL)}
    gap = FrontLine(**{**front.__dict__, "sides": sides})
    found = count([(1.0, 500), (3.0, 7)], [(shapely.box(0, 0, 5000, 5000), 50, "", "")], front=gap)
    assert row(found)["population"] == 7
    assert row(found, "districts")["population"] == pytest.approx(30)


def test_samples_of_thin_areas_have_points():
    for area in (shapely.box(0, 0, 1, 1), shapely.box(0, 0, 100_000, 0.01), AREA):
        sample = sample_of_area(area, group=3, step_m=1500.0)
        assert sample.weight.sum() == pytest.approx(1)
        assert (sample.group == 3).all()
        assert shapely.intersects_xy(area.buffer(1e-6), *sample.xy.T).all()
    assert len(sample_of_area(shapely.Polygon(), group=0, step_m=100.0).xy) == 0
    assert OUTSIDE == -1


def test_no_sources_no_rows():
    assert len(count().rows) == 0


def test_rings_have_the_area_of_the_land_between_their_edges():
    front = straight()
    rings = arrange_rings(front, zones=zones_of(front, EDGES))
    assert rings.area_km2.tolist() == [
        pytest.approx(areas, rel=1e-9) for areas in (shapely.area(rings.land) / 1e6).tolist()
    ]
    beyond = shapely.intersection(rings.land[:, 1:], rings.within[:, :-1])
    assert shapely.area(beyond).max() < 1.0
