"""Stretches of straight lines and rings, and what lies behind them, counted by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from factories.fronts import AREA, FRAME, HIGH, front_of, grid_of, settlements, straight
from factories.parts import HALVES, frame, layers_of

from frontline.analysis.sections import SECTIONS, SectionSight, tabulate_sections
from frontline.elevation.terrain import read_ground
from frontline.errors import ProjectError
from frontline.lines.front import displace_front
from frontline.lines.sections import cut_section_between, cut_sections
from frontline.project.models import SectionSpec
from frontline.records import RasterResult


def lonlat(*xy):
    return [tuple(row) for row in FRAME.lonlat(np.array(xy, dtype=float)).tolist()]


def between(key, low, high, **more):
    ends = lonlat((25_000, low), (35_000, high))
    return SectionSpec.model_validate({"key": key, "line": "old", "between": ends} | more)


SOUTH, NORTH = between("south", 0, 20_000), between("north", 20_000, HIGH)
PLACES = settlements(
    ("Alpha", 25_000, 10_000, 100),
    ("Beta", 33_000, 15_000, 250),
    ("Gamma", 45_000, 15_000, 4_000),
    ("Delta", 31_000, 30_000, None),
    ("Epsilon", 32_000, 40_000, 600),
    rate_percent=[50.0, 20.0, 10.0, 90.0, 80.0],
)


def table_of(sections, front=None, *, places=PLACES, draws=None, distances=(5e3, 2e4), **more):
    front = front or straight("old", 30_000.0)
    layers = layers_of(places, halves=HALVES)
    layers = replace(layers, **more.pop("layers", {}))
    stretches = cut_sections(sections, layers=layers, fronts=[front])
    return tabulate_sections(
        stretches, layers=layers, fronts=[front], draws=draws or {}, distances_m=distances, **more
    )


def row_of(table, section, side="East", distance=20_000.0):
    own = (table.section == section) & (table.side == side) & (table.distance_m == distance)
    assert own.sum() == 1
    return table[own].iloc[0]


def test_people_per_kilometre_behind_two_stretches():
    table = table_of([SOUTH, NORTH])
    assert list(table.columns) == SECTIONS.names
    south = row_of(table, "south")
    assert south.length_km == pytest.approx(20.0, rel=1e-4)
    assert south.population == 4_250
    assert south.people_per_km == pytest.approx(212.5, rel=1e-4)
    assert row_of(table, "south", distance=5_000.0).population == 250
    assert row_of(table, "south", "West").population == 100
    north = row_of(table, "north")
    assert (north.population, north.settlements, north.settlements_unknown) == (600, 2, 1)
    assert pd.isna(north.settlements_visible)
    assert np.isnan(north.visible_share)
    assert len(table) == 2 * 2 * 2


def test_stretches_that_follow_each_other_add_up_to_the_line():
    whole = SectionSpec.model_validate({"key": "all", "line": "old", "partition": "halves"})
    table = table_of([SOUTH, NORTH, whole])
    for side in ("West", "East"):
        for column in ("length_km", "population", "settlements"):
            parts = [row_of(table, key, side)[column] for key in ("south", "north", "all")]
            assert parts[0] + parts[1] == pytest.approx(parts[2], rel=1e-6)


def test_parts_of_a_partition_are_named_by_code_or_name():
    asked = {"key": "n", "line": "old", "partition": "halves", "parts": ["North"]}
    row = row_of(table_of([SectionSpec.model_validate(asked)]), "n")
    assert row.length_km == pytest.approx(25.0, rel=1e-4)
    assert row.population == 600
    with pytest.raises(ProjectError, match="'halves' has no part 'East'"):
        table_of([SectionSpec.model_validate(asked | {"parts": ["East"]})])


def test_a_line_that_does_not_run_there_is_an_error():
    beyond = frame(shapely.box(60e3, 0, 70e3, HIGH), code=["far"], name=["Far"])
    asked = SectionSpec.model_validate({"key": "far", "line": "old", "partition": "beyond"})
    with pytest.raises(ProjectError, match="does not run there"):
        table_of([asked], layers={"partitions": {"beyond": beyond}})
    with pytest.raises(ProjectError, match="at one point of the line"):
        table_of([between("spot", 9_000, 9_000)])


def test_a_ring_is_cut_the_shorter_way_round():
    ring = shapely.Point(0, 0).buffer(10_000, quad_segs=90).exterior
    ends = 10_000 * np.array([[np.cos(a), np.sin(a)] for a in np.radians([-30, 30])])
    course = cut_section_between(ring, ends_xy=ends)
    assert course.length == pytest.approx(10_000 * np.pi / 3, rel=1e-3)
    assert shapely.distance(course, shapely.Point(10_000, 0)) < 1.0
    other = cut_section_between(ring, ends_xy=-ends)
    assert other.length == pytest.approx(course.length, rel=1e-6)
    assert shapely.distance(other, shapely.Point(-10_000, 0)) < 1.0


def test_a_rate_is_weighted_with_residents_and_says_how_many_places_have_one():
    table = table_of([replace_rates(SOUTH, "rate_percent"), NORTH])
    row = row_of(table, "south")
    assert row.rate_percent == pytest.approx((20 * 250 + 10 * 4_000) / 4_250)
    assert row.rate_percent_settlements == 2
    assert pd.isna(row_of(table, "north").rate_percent)
    with pytest.raises(ProjectError, match="Did you mean 'rate_percent'"):
        table_of([replace_rates(SOUTH, "rate_percnt")])


def replace_rates(section, *rates):
    return section.model_copy(update={"rates": rates})


def test_a_rate_without_residents_is_unknown():
    row = row_of(table_of([replace_rates(between("gap", 25e3, 33e3), "rate_percent")]), "gap")
    assert np.isnan(row.rate_percent)
    assert row.rate_percent_settlements == 0


def test_roads_ground_and_sight_behind_a_stretch():
    roads = frame(
        shapely.LineString([(0, 10e3), (100e3, 10e3)]),
        shapely.LineString([(40e3, 5e3), (40e3, 12e3)]),
        id=["a", "b"],
        name=["A", "B"],
        kind=["road", "pipeline"],
    )
    dem = grid_of(lambda x, _: x / 50)
    seen = np.zeros(dem.heights_m.shape, dtype=np.uint16)
    seen[:, 70:] = 3
    unknown = np.ones_like(seen)
    unknown[:, 65:] = 0
    raster = RasterResult({"seen": seen, "unknown": unknown}, dem.transform, dem.crs)
    told = pd.DataFrame({"id": ["beta", "gamma"], "line": "old", "in_sight": ["hidden", "visible"]})
    table = table_of(
        [SOUTH],
        layers={"corridors": roads},
        ground=read_ground(dem, plane=FRAME),
        sighted=SectionSight(dem, {"old": raster}, told),
        distances=(10_000.0, 20_000.0),
    )
    near, far = row_of(table, "south", distance=10_000.0), row_of(table, "south")
    assert near.road_km == pytest.approx(10.0, abs=0.2)
    assert far.road_km == pytest.approx(20.0, abs=0.2)
    assert near.elevation_m == pytest.approx(35_000 / 50, abs=1.0)
    assert near.visible_share == pytest.approx(0.5, abs=0.01)
    assert near.unknown_share == pytest.approx(0.25, abs=0.01)
    assert far.visible_share == pytest.approx(0.75, abs=0.01)
    assert (near.settlements_visible, far.settlements_visible) == (0, 1)
    assert near.line_elevation_m == pytest.approx(600.0, abs=1.0)
    # Nine cells of 500 m lie within 5 km to either side of a cell: 2 x 9 x 500 m / 50.
    assert near.line_relief_m == pytest.approx(180.0)


def test_people_have_the_interval_of_the_line_s_position():
    front = replace(straight("old", 30_000.0, error_m=1_000.0), error_correlation_m=1e9)
    places = settlements(("Near", 30_300, 10_000, 100), ("Far", 33_000, 10_000, 1_000))
    draws = {"old": displace_front(front, area=AREA, draws=200, seed=3)}
    row = row_of(table_of([SOUTH], front, places=places, draws=draws), "south", distance=5_000.0)
    assert (row.population, row.population_low, row.population_high) == (1_100, 1_000, 1_100)
    row = row_of(table_of([SOUTH], front, places=places), "south")
    assert np.isnan(row.population_low)
    sure = row_of(table_of([SOUTH]), "south")
    assert sure.population_low == sure.population == sure.population_high


def test_people_of_places_without_any_figure_are_unknown():
    places = settlements(("Delta", 33_000, 10_000, None), ("Zeta", 48_000, 10_000, 5))
    table = table_of([SOUTH], places=places)
    near = row_of(table, "south", distance=5_000.0)
    assert np.isnan(near.population)
    assert np.isnan(near.population_high)
    assert np.isnan(near.people_per_km)
    assert (near.settlements, near.settlements_unknown) == (1, 1)
    assert row_of(table, "south").population == 5
    assert row_of(table, "south", side="West").population == 0  # no place at all


def test_no_sections_give_an_empty_table_and_no_settlements_no_people():
    assert list(table_of([]).columns) == SECTIONS.names
    row = row_of(table_of([SOUTH], places=settlements()), "south")
    assert (row.population, row.settlements, row.road_km) == (0, 0, 0)


def test_a_bent_line_divides_people_by_their_nearest_point():
    bend = shapely.LineString([(50e3, 0), (50e3, 25e3), (0, 25e3)])
    west = shapely.box(0, 0, 50e3, 25e3)
    front = replace(front_of("old", bend), sides={"West": west, "East": AREA.difference(west)})
    places = settlements(("Low", 49_000, 10_000, 1), ("Left", 30_000, 24_000, 20))
    ends = lonlat((50e3, 0), (50e3, 25e3))
    upright = SectionSpec.model_validate({"key": "up", "line": "old", "between": ends})
    assert row_of(table_of([upright], front, places=places), "up", "West").population == 1


@pytest.mark.parametrize("turned", [False, True])
def test_places_beyond_a_bend_between_two_stretches_count_once(turned):
    """The line bends outwards where the stretches meet: the wedge beyond it is halved."""
    ends = [(30_000.0, 0.0), (35_000.0, 20_000.0), (30_000.0, HIGH)]
    bent = front_of("old", shapely.LineString(ends[::-1] if turned else ends))
    places = settlements(("North", 45_000, 21_000, 100), ("South", 45_000, 19_000, 7))
    asked = [
        SectionSpec.model_validate({"key": key, "line": "old", "between": lonlat(*pair)})
        for key, pair in (("south", ends[:2]), ("north", ends[1:]))
    ]
    table = table_of(asked, bent, places=places)
    assert row_of(table, "north").population == 100
    assert row_of(table, "south").population == 7
