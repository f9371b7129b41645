"""Control maps on a plain of 100 by 60 km: one side, grey zones, holders, small pieces."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pytest
import shapely
from factories.layers import frame, made, write

from frontline.errors import LayerError, ProjectError
from frontline.geo.projection import plane_around
from frontline.inputs.layers import read_layers
from frontline.lines.front import displace_front, make_front, read_fronts
from frontline.project.loader import load_project
from frontline.project.models import LineSpec, SideSpec

PLAIN = plane_around([shapely.Point(20, 45)])
BOX = shapely.box(-50_000, -30_000, 50_000, 30_000)


def seed(x, y):
    return tuple(PLAIN.lonlat(np.array([[x, y]], float))[0])


WEST, EAST = (
    SideSpec(name="West", seed=seed(-40_000, 0)),
    SideSpec(name="East", seed=seed(40_000, 0)),
)
UPRIGHT = shapely.LineString([(0, -30_000), (0, 30_000)])


def strip(left, right):
    return shapely.box(left, -30_000, right, 30_000)


def front(shapes, sides=(WEST, EAST), *, side=None, **kwargs):
    plain = {"key": "front", "label": "Front", "date": dt.date(2020, 11, 10), "path": "f.gpkg"}
    columns = {"geometry": list(shapes)} | ({} if side is None else {"side": side})
    features = gpd.GeoDataFrame(columns, geometry="geometry", crs=PLAIN.crs)
    return make_front(
        LineSpec.model_construct(**(plain | kwargs)),
        features=features,
        sides=sides,
        area=BOX,
        plane=PLAIN,
    )


def km2(front):
    return {name: land.area / 1e6 for name, land in front.sides.items()}


def text(front):
    return "\n".join(note.text for note in front.notes)


def test_the_rest_of_the_study_area_is_the_other_sides():
    held = shapely.MultiPolygon([strip(-70_000, -9_000), shapely.box(20_000, 0, 30_000, 10_000)])
    found = front([held], side=["West"], held_by="West", rest_side="East")
    assert km2(found) == pytest.approx({"West": 2_560, "East": 3_440})
    assert found.length_km == pytest.approx(100, rel=1e-4)
    assert "'West' holds 2 separate pieces: 2,460 km2 at (" in text(found)


def test_one_side_without_the_rest_is_told_about_rest_side():
    with pytest.raises(LayerError, match=r"field 'held_by': .* all held by 'West' .* rest_side"):
        front([strip(-50_000, 0)], side=["West"], held_by="West")
    with pytest.raises(LayerError, match=r"field 'who': .* rest_side"):
        front([strip(-50_000, 0)], side=["West"], side_column="who")


def test_small_pieces_are_no_front_and_are_said():
    hole = shapely.box(20_000, 0, 20_400, 400)
    shapes = [strip(-50_000, 0).union(hole), strip(0, 50_000).difference(hole)]
    options = {"side": ["West", "East"], "side_column": "who"}
    found = front(shapes, error_m=500.0, **options)
    assert found.length_km == pytest.approx(60, rel=1e-4)
    lon, lat = seed(20_200, 200)
    assert f"1, 0.16 km2 at ({lon:.4f}, {lat:.4f}) (least_part_km2 sets" in text(found)
    assert front(shapes, error_m=300.0, **options).length_km == pytest.approx(61.6, rel=1e-4)
    kept = front(shapes, error_m=500.0, least_part_km2=0.0, **options)
    assert kept.length_km == pytest.approx(61.6, rel=1e-4)
    wide = front(shapes, error_m=0.0, least_part_km2=0.2, **options)
    assert wide.length_km == pytest.approx(60, rel=1e-4)
    sides = (SideSpec(name="West", seed=seed(20_200, 200)), EAST)
    seeded = front(shapes, sides, error_m=500.0, **options)
    assert seeded.length_km == pytest.approx(61.6, rel=1e-4)


def test_a_large_error_never_takes_more_than_a_hundredth_of_the_study_area():
    shapes = [strip(-50_000, 45_000), strip(45_000, 50_000)]
    found = front(shapes, side=["West", "East"], side_column="who", error_m=90_000.0)
    assert km2(found) == pytest.approx({"West": 5_700, "East": 300})


def test_a_ring_of_a_line_below_the_error_squared_is_no_enclave():
    ring = shapely.box(-10_000, 0, -9_800, 200).exterior
    found = front([UPRIGHT, ring], error_m=500.0)
    assert km2(found) == pytest.approx({"West": 3_000, "East": 3_000})
    assert "narrower than 5 m or smaller than 0.25 km2" in text(found)
    assert found.length_km == pytest.approx(60, rel=1e-4)


def test_land_between_two_lines_is_no_sides():
    lines = [shapely.LineString([(x, -30_000), (x, 30_000)]) for x in (-4_000, 4_600)]
    lon, lat = seed(300, 0)
    with pytest.raises(ProjectError, match=r"field 'sides': .*516 km2.*select.*third side"):
        front(lines)
    with pytest.raises(ProjectError) as caught:
        front(lines)
    assert f"({lon:.4f}, {lat:.4f})" in str(caught.value)
    third = (WEST, EAST, SideSpec(name="Between", seed=seed(0, 0)))
    assert km2(front(lines, third)) == pytest.approx({"West": 2_760, "East": 2_724, "Between": 516})
    more = (WEST, SideSpec(name="East", seed=(seed(40_000, 0), seed(0, 0))))
    assert km2(front(lines, more)) == pytest.approx({"West": 2_760, "East": 3_240})


def test_two_lines_that_cross_leave_land_that_is_no_sides():
    lines = [
        shapely.LineString([(-10_000, -30_000), (10_000, 30_000)]),
        shapely.LineString([(10_000, -30_000), (-10_000, 30_000)]),
    ]
    with pytest.raises(ProjectError, match=r"and 1 more such places\), lies across a line"):
        front(lines)


def test_one_of_two_seeds_makes_an_enclave_within_an_enclave():
    rings = [shapely.Point(0, 0).buffer(radius).exterior for radius in (20_000, 10_000)]
    found = front(rings, (SideSpec(name="Out", seed=seed(-40_000, 0)), SideSpec(name="In")))
    inner, outer = (shapely.Polygon(ring).area / 1e6 for ring in rings[::-1])
    assert km2(found)["In"] == pytest.approx(outer - inner)


GREY = [strip(-50_000, -4_000), strip(-4_000, 6_000), strip(6_000, 50_000)]
NAMES = ["West", "Grey", "East"]


@pytest.mark.parametrize("as_lines", [False, True])
def test_the_front_of_a_grey_zone_is_its_centre_line_counted_once(as_lines):
    grey = SideSpec(name="Grey", seed=seed(1_000, 0), grey="centre")
    sides = (WEST, grey, EAST)
    edges = [shapely.LineString([(x, -30_000), (x, 30_000)]) for x in (-4_000, 6_000)]
    options = {} if as_lines else {"side": NAMES, "side_column": "who"}
    found = front(edges if as_lines else GREY, sides, error_m=800.0, **options)
    assert km2(found) == pytest.approx({"West": 2_760, "Grey": 600, "East": 2_640})
    assert found.length_km == pytest.approx(60, rel=1e-3)
    assert shapely.get_coordinates(found.geometry)[:, 0] == pytest.approx(1_000, abs=1)
    assert "centre line of 'Grey', counted once: 60.0 km (all edges of sides together: 120.0" in (
        text(found)
    )
    for draw in displace_front(found, area=BOX, draws=10, seed=1):
        assert draw.sides["Grey"].area / 1e6 == pytest.approx(600)
        assert sum(km2(draw).values()) == pytest.approx(6_000)
        assert draw.line.length == pytest.approx(60_000, rel=0.1)


def test_both_edges_of_a_grey_zone_are_stated():
    grey = SideSpec(name="Grey", grey="edges")
    found = front(GREY, (WEST, grey, EAST), side=NAMES, side_column="who")
    assert found.length_km == pytest.approx(120, rel=1e-4)
    assert "follows both edges of 'Grey': its length counts both" in text(found)


def test_a_grey_zone_that_ends_joins_the_front_beyond_it():
    lens = shapely.Polygon([(0, -10_000), (4_000, 0), (0, 10_000), (-4_000, 0)])
    shapes = [strip(-50_000, 0).difference(lens), lens, strip(0, 50_000).difference(lens)]
    sides = (WEST, SideSpec(name="Grey", grey="centre"), EAST)
    found = front(shapes, sides, side=NAMES, side_column="who")
    assert len(shapely.get_parts(found.geometry)) == 1
    assert found.length_km == pytest.approx(60, rel=0.01)
    inside = front(
        [*shapes[:1], strip(0, 50_000)],
        (WEST, EAST),
        side=["West", "East"],
        side_column="who",
        rest_side="West",
    )
    assert inside.halves is None


def test_a_grey_island_within_one_side_is_no_front():
    island = shapely.box(20_000, -5_000, 30_000, 5_000)
    shapes = [strip(-50_000, 0), island, strip(0, 50_000).difference(island)]
    sides = (WEST, SideSpec(name="Grey", grey="centre"), EAST)
    found = front(shapes, sides, side=NAMES, side_column="who")
    assert found.length_km == pytest.approx(60, rel=1e-4)
    assert km2(found)["Grey"] == pytest.approx(100)


@pytest.mark.parametrize("number", range(4))
def test_the_centre_line_is_as_near_to_one_side_as_to_the_other(number):
    rng = np.random.default_rng(number)
    y = np.linspace(-30_000, 30_000, 300)
    walk = np.cumsum(rng.normal(0, 150, 300))
    wide = 2_000 + 1_500 * np.sin(y / 9_000) + rng.uniform(0, 300, 300)
    left, right = (np.column_stack([walk + sign * wide, y]) for sign in (-1, 1))
    west = shapely.Polygon([(-50_000, -30_000), *left, (-50_000, 30_000)])
    east = shapely.Polygon([(50_000, -30_000), *right, (50_000, 30_000)])
    zone = shapely.Polygon([*left, *right[::-1]])
    sides = (WEST, SideSpec(name="Grey", grey="centre"), EAST)
    found = front([west, zone, east], sides, side=NAMES, side_column="who")
    assert len(shapely.get_parts(found.geometry)) == 1
    points = shapely.points(shapely.get_coordinates(shapely.segmentize(found.geometry, 500)))
    apart = shapely.distance(points, west) - shapely.distance(points, east)
    assert np.abs(apart).max() < 0.1 * 4_000
    assert np.median(np.abs(apart)) < 10
    assert sum(km2(found).values()) == pytest.approx(6_000, abs=0.01)


@pytest.mark.parametrize(("east_edge", "gap"), [(46.5, False), (46.5001, True)])
def test_edges_alike_in_degrees_leave_no_gaps_of_digitising(tmp_path, east_edge, gap):
    """The study area's edge has no vertex where two states meet: it bends by under a metre."""
    path = made(tmp_path, line='side_column = "held"')
    states = frame(
        shapely.box(46.0, 39.0, 46.5, 40.0),
        shapely.box(east_edge, 39.0, 47.0, 40.0),
        held=["West", "East"],
    )
    write(states, tmp_path / "line.geojson")
    project = load_project(path)
    (front,) = read_fronts(project, layers=read_layers(project))
    assert any("Gaps" in note.text for note in front.notes) == gap
    assert front.length_km == pytest.approx(111.03, abs=0.1)
