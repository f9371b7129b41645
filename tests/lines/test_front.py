import datetime as dt
import itertools
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from factories import karabakh
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.ops import substring

from frontline.errors import FrontlineError, LayerError, ProjectError
from frontline.geo.geodesy import measure_length
from frontline.geo.polygonize import merge_lines, polygonize_sides
from frontline.geo.projection import plane_around
from frontline.lines.front import displace_front, make_error_band, make_front, read_fronts
from frontline.project.models import LineSpec, SideSpec

FRAME = plane_around([karabakh.AREA])
AREA = FRAME.from_crs(np.array([karabakh.AREA]), 4326)[0]
SIDES = (
    SideSpec(name="Armenian-held", seed=karabakh.ARMENIAN_HELD),
    SideSpec(name="Azerbaijani-held", seed=karabakh.AZERBAIJANI_HELD),
)

# A plain of 100 by 60 km about (20 E, 45 N), as plane coordinates.
PLAIN = plane_around([shapely.Point(20, 45)])
BOX = shapely.box(-50_000, -30_000, 50_000, 30_000)


def seed(x, y):
    return tuple(PLAIN.lonlat(np.array([[x, y]], float))[0])


WEST = SideSpec(name="West", seed=seed(-40_000, 0))
EAST = SideSpec(name="East", seed=seed(40_000, 0))
UPRIGHT = shapely.LineString([(0, -30_000), (0, 30_000)])


def line_of(**kwargs):
    plain = {"key": "front", "label": "Front", "date": dt.date(2020, 11, 10), "path": "front.gpkg"}
    return LineSpec.model_construct(**(plain | kwargs))  # the file need not exist


def front(shapes, sides=(WEST, EAST), area=BOX, frame=PLAIN, **kwargs):
    columns = {"geometry": list(shapes)}
    for name in ("side", "error_column"):
        if name in kwargs:
            columns[name.replace("error_column", "error_m")] = kwargs.pop(name)
    features = gpd.GeoDataFrame(columns, geometry="geometry", crs=frame.crs)
    return make_front(line_of(**kwargs), features=features, sides=sides, area=area, plane=frame)


def karabakh_front(line, error_m=0.0):
    shapes = FRAME.from_crs(np.array([line]), 4326)
    return front(shapes, SIDES, AREA, FRAME, error_m=error_m)


def km2(front):
    return {name: land.area / 1e6 for name, land in front.sides.items()}


@pytest.mark.parametrize(
    ("line", "held", "rest"),
    [(karabakh.LINE_1994, 11_764.7, 21_104.0), (karabakh.LINE_2020, 2_871.9, 29_996.8)],
)
def test_the_land_of_the_example_is_that_of_its_facts(line, held, rest):
    areas = km2(karabakh_front(line))
    assert areas["Armenian-held"] == pytest.approx(held, abs=0.1)
    assert areas["Azerbaijani-held"] == pytest.approx(rest, abs=0.1)


def test_the_length_of_the_example_is_geodesic():
    assert karabakh_front(karabakh.LINE_1994).length_km == pytest.approx(220.06, abs=0.01)
    assert karabakh_front(karabakh.LINE_2020).length_km == pytest.approx(328.67, abs=0.01)


def test_hands_and_seeds_agree():
    hands = (
        SideSpec(name="Armenian-held", hand="right"),
        SideSpec(name="Azerbaijani-held", hand="left"),
    )
    shapes = FRAME.from_crs(np.array([karabakh.LINE_1994]), 4326)
    by_hand = front(shapes, hands, AREA, FRAME)
    assert km2(by_hand) == pytest.approx(km2(karabakh_front(karabakh.LINE_1994)))
    swapped = front(shapely.reverse(shapes), hands, AREA, FRAME)
    assert km2(swapped)["Armenian-held"] == pytest.approx(21_104.0, abs=0.1)


def test_a_hand_of_a_line_in_pieces_is_refused():
    pieces = [
        shapely.LineString([(0, -30_000), (0, 0)]),
        shapely.LineString([(0, 30_000), (0, 0)]),
    ]
    hands = (SideSpec(name="West", hand="left"), SideSpec(name="East", hand="right"))
    with pytest.raises(ProjectError, match=r"in 2 pieces"):
        front(pieces, hands)


def test_one_seed_is_enough_for_two_sides():
    found = front([UPRIGHT], (WEST, SideSpec(name="East")))
    assert km2(found) == pytest.approx({"West": 3_000, "East": 3_000})


def zigzag(xs):
    ys = np.linspace(-30_000, 30_000, len(xs))
    return shapely.LineString(np.column_stack([xs, ys]))


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_direction_pieces_and_duplicates_change_nothing(data):
    xs = data.draw(st.lists(st.integers(-20_000, 20_000), min_size=3, max_size=9))
    line = zigzag([float(x) for x in xs])
    whole = front([line])
    xy = shapely.get_coordinates(line)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(xy) - 2), max_size=4)))
    pieces = [
        shapely.LineString(xy[a : b + 1])
        for a, b in zip([0, *cuts], [*cuts, len(xy) - 1], strict=True)
    ]
    pieces += data.draw(st.lists(st.sampled_from(pieces), max_size=3))
    pieces = [
        shapely.reverse(piece) if data.draw(st.booleans()) else piece
        for piece in data.draw(st.permutations(pieces))
    ]
    other = front(pieces)
    assert km2(other) == pytest.approx(km2(whole), abs=1e-6)
    assert shapely.get_coordinates(other.geometry).tolist() == (
        shapely.get_coordinates(whole.geometry).tolist()
    )
    assert other.length_km == pytest.approx(whole.length_km, abs=1e-6)


def test_a_stretch_drawn_twice_with_other_vertices_counts_once():
    line = zigzag([0.0, 9_000.0, -9_000.0, 0.0])
    again = shapely.segmentize(line, 700.0)
    noise = np.random.default_rng(4).normal(0, 0.2, (shapely.get_num_coordinates(again), 2))
    noise[[0, -1]] = 0
    wobbly = shapely.LineString(shapely.get_coordinates(again) + noise)
    found = front([line, wobbly])
    assert km2(found) == pytest.approx(km2(front([line])), abs=0.05)
    assert found.length_km == pytest.approx(front([line]).length_km, rel=1e-2)


def test_a_line_in_forty_pieces_with_small_gaps_cuts_all_the_same():
    line = zigzag(list(np.random.default_rng(1).uniform(-9_000, 9_000, 25)))
    pieces = []
    at = np.linspace(0, line.length, 41)
    for a, b in itertools.pairwise(at):
        pieces.append(substring(line, a + 5, b - 5))
    found = front(pieces)
    assert km2(found) == pytest.approx(km2(front([line])), abs=0.5)
    assert any("led on" in note.text and note.count >= 40 for note in found.notes)


def test_ends_that_stop_within_the_error_are_led_on_and_said():
    short = shapely.LineString([(0, -29_400), (0, 29_960)])
    with pytest.raises(LayerError, match="does not cut"):
        front([short])
    found = front([short], error_m=1_000.0)
    assert km2(found) == pytest.approx({"West": 3_000, "East": 3_000})
    assert [note.count for note in found.notes] == [2]


@pytest.mark.parametrize("gap_m", [0.0004, 0.0008, 0.002, 0.02, 0.049, 0.06, 49.0])
@pytest.mark.parametrize("turn_deg", [0.0, 7.0, 33.0])
def test_an_end_that_misses_the_edge_by_any_little_still_cuts(gap_m, turn_deg):
    line = shapely.LineString([(gap_m, 500.123), (1000.0, 500.123)])
    turned = [
        shapely.affinity.rotate(shape, turn_deg, origin=(0, 0))
        for shape in (shapely.box(0, 0, 1000, 1000), line)
    ]
    faces = polygonize_sides(turned[0], lines=turned[1])
    assert len(faces.polygons) == 2
    assert len(faces.open_ends) == 0


def test_an_area_that_is_not_cut_names_the_open_ends():
    lon, lat = seed(0, 20_000)
    with pytest.raises(LayerError) as caught:
        front([shapely.LineString([(0, -30_000), (0, 20_000)])])
    text = str(caught.value)
    assert f"({lon:.4f}, {lat:.4f})" in text
    assert "10,000 m from its edge" in text
    assert "front.gpkg" in text
    assert text.count("m from its edge") == 1


def test_a_gap_in_the_middle_names_both_ends():
    halves = [
        shapely.LineString([(0, -30_000), (0, -1_000)]),
        shapely.LineString([(0, 1_000), (0, 30_000)]),
    ]
    with pytest.raises(LayerError) as caught:
        front(halves)
    assert str(caught.value).count("from its edge") == 2


def test_a_line_elsewhere_is_an_error():
    away = shapely.LineString([(0, 90_000), (10_000, 95_000)])
    with pytest.raises(LayerError, match="does not cut the study area"):
        front([away])


def test_seeds_that_clash_name_both_sides():
    clash = SideSpec(name="East", seed=seed(-30_000, 0))
    with pytest.raises(ProjectError, match=r"'West'.*'East'"):
        front([UPRIGHT], (WEST, clash))


@pytest.mark.parametrize(
    ("where", "text"), [((90_000, 0), "outside the study area"), ((0, 5_000), "lies on line")]
)
def test_a_seed_outside_or_on_the_line_is_an_error(where, text):
    with pytest.raises(ProjectError, match=text):
        front([UPRIGHT], (WEST, SideSpec(name="East", seed=seed(*where))))


HOSTILE = {
    "no features": [],
    "only empty": [shapely.LineString()],
    "a point-like line": [shapely.LineString([(0, 0), (0, 1e-4)])],
    "along the edge": [shapely.LineString([(-50_000, -30_000), (-50_000, 30_000)])],
    "the whole edge": [BOX.exterior],
    "an open figure of eight": [
        shapely.LineString([(-9_000, -9_000), (9_000, 9_000), (9_000, -9_000), (-9_000, 9_000)])
    ],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_lines_that_cut_nothing_are_refused_in_one_line(name):
    with pytest.raises(FrontlineError) as caught:
        front(HOSTILE[name])
    assert "\n" not in str(caught.value)


def test_a_loop_on_the_line_that_borders_on_both_sides_is_neithers():
    eight = [(0, -30_000), (0, -5_000), (6_000, 5_000), (-6_000, 5_000), (0, -5_000), (0, -4_000)]
    pieces = [shapely.LineString(eight), shapely.LineString([(0, 5_000), (0, 30_000)])]
    with pytest.raises(ProjectError, match=r"60 km2, .* from 'West' and from 'East'"):
        front(pieces)
    held = SideSpec(name="East", seed=(seed(40_000, 0), seed(0, 2_000)))
    assert km2(front(pieces, (WEST, held))) == pytest.approx({"West": 2_970, "East": 3_030})


def test_a_line_along_the_edge_and_then_across_cuts_once():
    xy = [(-50_000, 30_000), (-50_000, 0), (0, 0), (0, -30_000)]
    hands = (SideSpec(name="West", hand="right"), SideSpec(name="East", hand="left"))
    found = front([shapely.LineString(xy)], hands)
    assert km2(found) == pytest.approx({"West": 1_500, "East": 4_500})


def test_lines_of_several_parts_are_taken_apart():
    halves = shapely.MultiLineString([[(0, -30_000), (0, 0)], [(0, 30_000), (0, 0)]])
    assert km2(front([halves])) == pytest.approx({"West": 3_000, "East": 3_000})


def test_a_ring_has_a_left_and_a_right():
    ring = shapely.Point(0, 0).buffer(9_000).exterior
    hands = (SideSpec(name="In", hand="left"), SideSpec(name="Out", hand="right"))
    disc = shapely.Polygon(ring).area / 1e6
    for shape, inside in ((ring, "Out"), (shapely.reverse(ring), "In")):
        assert km2(front([shape], hands))[inside] == pytest.approx(disc)


def test_no_seed_at_all_is_an_error():
    with pytest.raises(ProjectError, match="no side has a seed"):
        front([UPRIGHT], (SideSpec(name="West"), SideSpec(name="East")))


def test_an_enclave_without_a_seed_is_the_other_side():
    ring = shapely.Point(-25_000, 0).buffer(5_000).exterior
    found = front([UPRIGHT, ring])
    disc = shapely.Polygon(ring).area / 1e6
    assert km2(found) == pytest.approx({"West": 3_000 - disc, "East": 3_000 + disc}, abs=1e-3)
    assert any("neighbours" in note.text for note in found.notes)


def test_a_line_that_touches_itself_keeps_its_sides():
    loop = shapely.LineString(
        [(0, -30_000), (0, -5_000), (8_000, -5_000), (8_000, 5_000), (0, -5_000), (0, 30_000)]
    )
    found = front([loop])
    assert km2(found) == pytest.approx({"West": 3_040, "East": 2_960}, abs=1e-3)


def test_a_spur_cuts_nothing_and_is_still_part_of_the_line():
    spur = shapely.LineString([(0, 0), (10_000, 0)])
    found = front([UPRIGHT, spur])
    assert km2(found) == pytest.approx({"West": 3_000, "East": 3_000})
    assert found.length_km == pytest.approx(70, rel=1e-4)


def test_three_sides_and_a_no_mans_land():
    lines = [shapely.LineString([(x, -30_000), (x, 30_000)]) for x in (-10_000, 5_000)]
    sides = (WEST, EAST, SideSpec(name="Nobody", seed=seed(0, 0)))
    found = front(lines, sides)
    assert km2(found) == pytest.approx({"West": 2_400, "East": 2_700, "Nobody": 900})
    with pytest.raises(ProjectError, match="has no seed"):
        front(lines, (WEST, EAST, SideSpec(name="Nobody")))


def test_an_island_belongs_to_the_nearest_land():
    area = shapely.MultiPolygon([BOX, shapely.box(60_000, 0, 61_000, 1_000)])
    assert km2(front([UPRIGHT], area=area)) == pytest.approx({"West": 3_000, "East": 3_001})


def test_a_lake_in_the_study_area_is_on_no_side():
    area = BOX.difference(shapely.box(-5_000, -5_000, 5_000, 5_000))
    assert km2(front([UPRIGHT], area=area)) == pytest.approx({"West": 2_950, "East": 2_950})


def test_states_as_polygons_give_their_common_edge():
    west = shapely.box(-60_000, -30_000, 0, 30_000)
    east = [shapely.box(0, -30_000, 50_000, 10_000), shapely.box(0, 10_000, 50_000, 30_000)]
    found = front([west, *east], (), side_column="held_by", side=["W", "E", "E"])
    assert km2(found) == pytest.approx({"W": 3_000, "E": 3_000})
    assert found.length_km == pytest.approx(60, rel=1e-4)
    line = front([UPRIGHT])
    assert shapely.hausdorff_distance(found.geometry, line.geometry) < 0.01


def test_states_with_slivers_and_gaps_of_digitising():
    edge = [(0, -30_000), (700, 0), (0, 30_000)]
    west = shapely.Polygon([(-50_000, -30_000), *edge, (-50_000, 30_000)])
    loose = [(0.5, -30_000), (699, 0), (20, 30_000)]
    east = shapely.Polygon([(50_000, -30_000), *loose, (50_000, 30_000)])
    found = front([west, east], (), side_column="held_by", side=["W", "E"])
    assert sum(km2(found).values()) == pytest.approx(6_000)
    assert found.length_km == pytest.approx(60, rel=2e-3)


def test_states_may_leave_land_on_no_side_and_say_so():
    lands = [shapely.box(-50_000, -30_000, 0, 30_000), shapely.box(0, -30_000, 20_000, 30_000)]
    found = front(lands, (), side_column="held_by", side=["W", "E"])
    assert km2(found) == pytest.approx({"W": 3_000, "E": 1_200})
    assert "1,800.0 km2" in found.notes[0].text
    assert found.length_km == pytest.approx(60, rel=1e-4)


def test_states_that_overlap_are_an_error_with_a_place():
    lands = [shapely.box(-50_000, -30_000, 5_000, 30_000), shapely.box(0, -30_000, 50_000, 30_000)]
    with pytest.raises(LayerError, match=r"overlap at \(20\.\d+, 4[45]\.\d+\), 300\.000 km2"):
        front(lands, (), side_column="held_by", side=["W", "E"])


def test_a_third_state_is_a_side_like_any_other():
    lands = [shapely.box(x, -30_000, x + 20_000, 30_000) for x in range(-50_000, 50_000, 20_000)]
    found = front(lands, (), side_column="held_by", side=["W", "W", "buffer zone", "E", "E"])
    assert km2(found) == pytest.approx({"W": 2_400, "E": 2_400, "buffer zone": 1_200})
    assert found.length_km == pytest.approx(120, rel=1e-4)


def test_states_stand_in_the_projects_order_and_strangers_are_noted():
    lands = [shapely.box(x, -30_000, x + 50_000, 30_000) for x in (-50_000, 0)]
    found = front(lands, (EAST, WEST), side_column="held_by", side=["West", "East"])
    assert list(found.sides) == ["East", "West"]
    assert found.notes == ()
    typo = front(lands, (EAST, WEST), side_column="held_by", side=["Wset", "East"])
    assert list(typo.sides) == ["East", "Wset"]
    assert "'Wset'" in typo.notes[0].text


def test_states_without_a_common_edge_are_an_error():
    lands = [shapely.box(-50_000, -30_000, -5_000, 30_000), shapely.box(5_000, -30_000, 9_000, 0)]
    with pytest.raises(LayerError, match="no common edge"):
        front(lands, (), side_column="held_by", side=["W", "E"])


def test_the_error_may_differ_by_stretch():
    halves = [
        shapely.LineString([(0, -30_000), (0, 0)]),
        shapely.LineString([(0, 0), (0, 30_000)]),
    ]
    found = front(halves, error_column=[200.0, 2_000.0])
    middle = shapely.get_coordinates(shapely.centroid(found.segments))[:, 1]
    assert (found.error_m == np.where(middle < 0, 200.0, 2_000.0)).all()
    band = make_error_band(found, plane=PLAIN)
    assert band.contains(shapely.Point(1_900, 20_000))
    assert not band.contains(shapely.Point(300, -20_000))
    twice = front([*halves, halves[0]], error_column=[200.0, 2_000.0, 900.0])
    assert twice.error_m.min() == 900.0
    assert make_error_band(front(halves), plane=PLAIN).is_empty


def test_all_problems_of_all_lines_come_at_once():
    away = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(0, 90_000), (1, 95_000)])], crs=PLAIN.crs
    )
    lines = (line_of(key="one"), line_of(key="two"))
    home = Path("project.toml").absolute()
    project = SimpleNamespace(lines=lines, sides=(WEST, EAST), path=home)
    layers = SimpleNamespace(plane=PLAIN, study_area=BOX, lines={"one": away, "two": away})
    with pytest.raises(FrontlineError, match=r"(?s)2 problems.*'one'.*'two'"):
        read_fronts(project, layers=layers)


def test_a_seed_on_the_line_names_the_project_and_the_line_its_layer():
    features = gpd.GeoDataFrame(geometry=[UPRIGHT], crs=PLAIN.crs)
    home = Path("project.toml").absolute()
    lines = (line_of(key="one"),)
    layers = SimpleNamespace(plane=PLAIN, study_area=BOX, lines={"one": features})
    on_it = SideSpec(name="West", seed=seed(0, 0))
    project = SimpleNamespace(lines=lines, sides=(on_it, EAST), path=home)
    with pytest.raises(
        FrontlineError, match=r"^project\.toml, field 'sides\.West\.seed': .* lies on"
    ):
        read_fronts(project, layers=layers)
    both = SideSpec(name="West", seed=EAST.seed)
    project = SimpleNamespace(lines=lines, sides=(both, EAST), path=home)
    with pytest.raises(
        FrontlineError, match=r"^project\.toml, field 'sides': .* clash.* Move a seed"
    ):
        read_fronts(project, layers=layers)


def test_what_of_a_line_lies_outside_is_said_and_counts_in_its_length():
    features = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(0, -55_000), (0, 30_000)])], crs=PLAIN.crs
    )
    front = make_front(line_of(), features=features, sides=(WEST, EAST), area=BOX, plane=PLAIN)
    assert front.length_km == pytest.approx(85, rel=1e-3)
    (note,) = front.notes
    assert note.text.startswith("25.0 of its 85.0 km lie outside the study area: they count in")
    short = gpd.GeoDataFrame(
        geometry=[shapely.LineString([(0, -30_050), (0, 30_000)])], crs=PLAIN.crs
    )
    assert (
        make_front(line_of(), features=short, sides=(WEST, EAST), area=BOX, plane=PLAIN).notes == ()
    )


def test_two_lines_of_one_date_are_two_sources():
    features = gpd.GeoDataFrame(geometry=[UPRIGHT], crs=PLAIN.crs)
    lines = (line_of(key="one"), line_of(key="two"), line_of(key="three", date=dt.date(1999, 1, 1)))
    project = SimpleNamespace(lines=lines, sides=(WEST, EAST), path=Path("project.toml").absolute())
    layers = SimpleNamespace(
        plane=PLAIN,
        study_area=BOX,
        lines={line.key: features for line in lines},
        settlements=(),
    )
    one, two, three = read_fronts(project, layers=layers)
    assert one.notes == three.notes == ()
    assert two.notes[0].about == "two"
    assert two.notes[0].text.startswith("Of the same date as 'one': what differs between them is")


def test_seeds_may_hold_for_some_lines_only():
    features = gpd.GeoDataFrame(geometry=[UPRIGHT], crs=PLAIN.crs)
    swapped = (
        SideSpec(name="West", seed=seed(40_000, 0), lines=("two",)),
        SideSpec(name="East", seed=seed(-40_000, 0), lines=("two",)),
    )
    one = tuple(side.model_copy(update={"lines": ("one",)}) for side in (WEST, EAST))
    project = SimpleNamespace(
        lines=(line_of(key="one"), line_of(key="two")), sides=(*one, *swapped)
    )
    layers = SimpleNamespace(
        plane=PLAIN, study_area=BOX, lines={"one": features, "two": features}, settlements=()
    )
    first, second = read_fronts(project, layers=layers)
    assert first.sides["West"].equals(second.sides["East"])


def test_canonical_rings_do_not_depend_on_where_they_begin():
    ring = np.array([(0, 0), (5, 1), (6, 7), (2, 9), (0, 0)], float)
    turned = np.concatenate([ring[2:-1], ring[:3]])[::-1]
    one, other = (merge_lines(shapely.LineString(xy)) for xy in (ring, turned))
    assert shapely.get_coordinates(one).tolist() == shapely.get_coordinates(other).tolist()
    assert merge_lines(shapely.MultiLineString()).is_empty


def test_the_faces_cover_the_area():
    lines = [zigzag(list(np.random.default_rng(k).uniform(-4e4, 4e4, 9))) for k in range(4)]
    faces = polygonize_sides(BOX, lines=np.array(lines))
    assert len(faces.polygons) > 5
    assert shapely.area(faces.polygons).sum() == pytest.approx(BOX.area)
    assert len(faces.open_ends) == 0


# --- draws ---


def test_draws_are_reproducible_and_do_not_depend_on_their_number():
    found = front([UPRIGHT], error_m=2_000.0)
    few = displace_front(found, area=BOX, draws=3, seed=1)
    many = displace_front(found, area=BOX, draws=8, seed=1)
    for one, other in zip(few, many[:3], strict=True):
        assert one.line.equals_exact(other.line)
    assert not displace_front(found, area=BOX, draws=1, seed=2)[0].line.equals_exact(few[0].line)


def test_no_draws_without_an_error():
    assert displace_front(front([UPRIGHT]), area=BOX, draws=5, seed=1) == ()
    assert displace_front(front([UPRIGHT], error_m=100.0), area=BOX, draws=0, seed=1) == ()


def test_infinite_correlation_agrees_with_the_closed_form():
    found = front([UPRIGHT], error_m=2_000.0, error_correlation_m=float("inf"))
    draws = displace_front(found, area=BOX, draws=2_000, seed=1)
    west = np.array([draw.sides["West"].area for draw in draws]) / 1e6
    # A shift of one sigma is worth 60 km x 1.0204 km.
    sigma = 60 * 2.0 / 1.959964
    assert west.mean() == pytest.approx(3_000, abs=3 * sigma / np.sqrt(2_000))
    assert west.std() == pytest.approx(sigma, rel=0.08)
    low, high = np.percentile(west, [2.5, 97.5])
    assert (low, high) == pytest.approx((3_000 - 120, 3_000 + 120), abs=12)


def test_uniform_places_agree_with_the_closed_form_and_with_the_epsilon_bounds():
    error_m, reach_m = 2_000.0, 5_000.0
    found = front([UPRIGHT], error_m=error_m, error_correlation_m=float("inf"))
    draws = displace_front(found, area=BOX, draws=1_500, seed=1)
    x = np.arange(-12_000.0, 12_001.0, 500.0) + 250.0
    places = shapely.points(np.column_stack([x, np.zeros(len(x))]))
    inside = np.array(
        [
            (shapely.distance(draw.line, places) <= reach_m)
            & shapely.contains_xy(draw.sides["West"], x, np.zeros(len(x)))
            for draw in draws
        ]
    )
    # West of a line shifted by s, and at most reach_m from it: x < s <= x + reach_m.
    cdf = np.vectorize(NormalDist(0, error_m / 1.959964).cdf)
    assert inside.mean(axis=0) == pytest.approx(cdf(x + reach_m) - cdf(x), abs=0.045)
    # The expected count of uniform places is that of the line as drawn.
    counts = inside.sum(axis=1)
    assert counts.mean() == pytest.approx(10, abs=0.05)
    # Within the error the line may be anywhere: what is in for every shift, and for any.
    shifts = np.linspace(-error_m, error_m, 401)[:, None]
    every = ((x < shifts) & (shifts <= x + reach_m)).all(axis=0)
    some = ((x < shifts) & (shifts <= x + reach_m)).any(axis=0)
    within = np.abs([shapely.get_coordinates(draw.line)[0, 0] for draw in draws]) <= error_m
    assert within.mean() == pytest.approx(0.95, abs=0.02)
    assert (inside[within].all(axis=0) == every).all()
    assert (inside[within].any(axis=0) == some).all()


def test_short_correlation_agrees_with_the_closed_form():
    found = front([UPRIGHT], error_m=2_000.0, error_correlation_m=2_000.0)
    draws = displace_front(found, area=BOX, draws=400, seed=1)
    west = np.array([draw.sides["West"].area for draw in draws]) / 1e6
    # The variance is the double integral of the correlation: sqrt(pi) L per unit of length.
    sigma = 2.0 / 1.959964 * np.sqrt(60 * 2.0 * np.sqrt(np.pi) - 2.0**2)
    assert west.std() == pytest.approx(sigma, rel=0.12)


def test_draws_cover_the_area_and_keep_their_names_on_the_example():
    for line, held, error_m in (
        (karabakh.LINE_1994, 11_764.7, 500.0),
        (karabakh.LINE_2020, 2_871.9, 2_000.0),
    ):
        found = karabakh_front(line, error_m=error_m)
        draws = displace_front(found, area=AREA, draws=60, seed=1)
        areas = np.array([[land.area / 1e6 for land in draw.sides.values()] for draw in draws])
        assert areas.sum(axis=1) == pytest.approx(np.full(60, AREA.area / 1e6), rel=1e-9)
        assert np.abs(areas[:, 0] - held).max() < 300
        assert areas[:, 0].mean() == pytest.approx(held, abs=4 * areas[:, 0].std() / np.sqrt(60))


def test_a_displaced_line_still_ends_on_the_edge():
    found = karabakh_front(karabakh.LINE_2020, error_m=2_000.0)
    edge = AREA.boundary
    for draw in displace_front(found, area=AREA, draws=40, seed=3):
        ends = shapely.get_coordinates(draw.line)[[0, -1]]
        out = ~shapely.contains_xy(AREA, *ends.T)
        assert out.all()
        assert (shapely.distance(edge, shapely.points(ends)) < 5_000).all()


def test_an_enclave_that_moves_further_than_its_width_is_still_there():
    ring = shapely.Point(-25_000, 0).buffer(900).exterior
    found = front([UPRIGHT, ring], error_m=200.0)
    disc = shapely.Polygon(ring).area / 1e6
    for draw in displace_front(found, area=BOX, draws=40, seed=1):
        west = max(shapely.get_parts(draw.sides["West"]), key=shapely.area)
        hole = sum(shapely.Polygon(hole).area for hole in west.interiors) / 1e6
        # The ring is shorter than its error is alike: it grows and shrinks, by four sigmas at most.
        assert (1.0 - 4 * 0.102 / 0.9) ** 2 < hole / disc < (1.0 + 4 * 0.102 / 0.9) ** 2


def test_a_seed_beside_the_line_does_not_turn_the_map_over():
    near = (SideSpec(name="West", seed=seed(-100, 0)), SideSpec(name="East", seed=seed(100, 0)))
    found = front([UPRIGHT], near, error_m=5_000.0)
    for draw in displace_front(found, area=BOX, draws=50, seed=1):
        assert draw.sides["West"].area == pytest.approx(3e9, rel=0.4)
        assert draw.sides["West"].centroid.x < -10_000 < 10_000 < draw.sides["East"].centroid.x


def test_pieces_that_meet_in_a_point_still_meet():
    star = [
        shapely.LineString([(0, 0), end]) for end in ((0, 30_000), (50_000, -10_000), (-50_000, 0))
    ]
    sides = (
        SideSpec(name="A", seed=seed(-20_000, 20_000)),
        SideSpec(name="B", seed=seed(20_000, 20_000)),
        SideSpec(name="C", seed=seed(0, -20_000)),
    )
    found = front(star, sides, error_m=3_000.0)
    for draw in displace_front(found, area=BOX, draws=30, seed=1):
        areas = [land.area for land in draw.sides.values()]
        assert sum(areas) == pytest.approx(6e9)
        assert min(areas) > 0.6e9


def test_an_end_on_an_edge_that_is_bent_in_the_plane_slides_along_it():
    area = shapely.box(30, 47, 50, 50)
    plane = plane_around([area])
    in_plane = plane.from_crs(np.array([area]), 4326)[0]
    line = plane.from_crs(np.array([shapely.LineString([(30, 48.123), (50, 48.771)])]), 4326)
    sides = (SideSpec(name="North", seed=(40, 49.5)), SideSpec(name="South", seed=(40, 47.5)))
    found = front(line, sides, in_plane, plane, error_m=1_000.0)
    assert found.notes == ()
    for draw in displace_front(found, area=in_plane, draws=20, seed=1):
        assert km2(draw) == pytest.approx(km2(found), rel=0.02)


def test_land_on_no_side_stays_on_none_in_every_draw():
    lands = [shapely.box(-50_000, -30_000, 0, 30_000), shapely.box(0, -30_000, 20_000, 30_000)]
    found = front(lands, (), side_column="held_by", side=["W", "E"], error_m=2_000.0)
    for draw in displace_front(found, area=BOX, draws=20, seed=1):
        assert sum(km2(draw).values()) == pytest.approx(4_200)
        assert km2(draw)["W"] == pytest.approx(3_000, abs=150)


def test_a_line_that_goes_on_beyond_the_study_area_still_cuts_it_in_every_draw():
    beyond = shapely.LineString([(0, -30_300), (0, 0), (4_000, 33_000)])
    found = front([beyond], error_m=3_000.0)
    for draw in displace_front(found, area=BOX, draws=40, seed=1):
        assert sum(km2(draw).values()) == pytest.approx(6_000)
        assert min(km2(draw).values()) > 2_000


def test_a_ragged_line_keeps_its_course_when_it_is_displaced():
    noise = np.random.default_rng(7).normal(0, 15, 3_000)
    ragged = shapely.LineString(np.column_stack([noise, np.linspace(-30_000, 30_000, 3_000)]))
    found = front([ragged], error_m=2_000.0, error_correlation_m=20_000.0)
    for draw in displace_front(found, area=BOX, draws=20, seed=1):
        assert draw.line.length == pytest.approx(60_000, rel=0.2)
        assert len(shapely.get_parts(draw.sides["West"])) == 1


def test_lines_that_coincide_move_alike_and_independent_ones_do_not():
    found = front([UPRIGHT], error_m=2_000.0, key="one")
    lines = [
        found,
        replace(found, key="two"),
        replace(found, key="three", independent=True),
        front([shapely.reverse(UPRIGHT)], error_m=2_000.0, key="four"),
    ]
    west = [
        [draw.sides["West"].area for draw in displace_front(each, area=BOX, draws=300, seed=1)]
        for each in lines
    ]
    assert west[0] == west[1]
    assert west[3] == pytest.approx(west[0], rel=1e-9)
    assert abs(np.corrcoef(west[0], west[2])[0, 1]) < 0.15


def test_lines_that_part_move_alike_only_where_they_coincide():
    one = shapely.LineString([(0, -30_000), (0, 30_000)])
    two = shapely.LineString([(0, -30_000), (0, 0), (15_000, 3_000), (15_000, 30_000)])
    moved = [
        displace_front(front([line], error_m=500.0, key=key), area=BOX, draws=100, seed=1)
        for line, key in ((one, "one"), (two, "two"))
    ]
    south, north = shapely.box(-4e3, -3e4, 4e3, -1.2e4), shapely.box(-4e3, 1.2e4, 2e4, 3e4)
    areas = np.array(
        [
            [[draw.sides["West"].intersection(part).area for draw in draws] for draws in moved]
            for part in (south, north)
        ]
    )
    assert np.corrcoef(areas[0])[0, 1] > 0.99
    assert abs(np.corrcoef(areas[1])[0, 1]) < 0.35


def test_across_the_antimeridian_and_near_a_pole():
    for middle in ((180.0, -17.0), (15.0, 85.0)):
        lon, lat = middle
        wide = 1.5 / np.cos(np.radians(lat))
        area = shapely.box(lon - wide, lat - 1, lon + wide, lat + 1)
        line = shapely.LineString([(lon - 0.2 * wide, lat - 1), (lon + 0.2 * wide, lat + 1)])
        plane = plane_around([area])
        in_plane = plane.from_crs(np.array([area]), 4326)[0]
        sides = (
            SideSpec(name="West", seed=(lon - wide / 2, lat)),
            SideSpec(name="East", seed=((lon + wide / 2 + 180) % 360 - 180, lat)),
        )
        found = front(plane.from_crs(np.array([line]), 4326), sides, in_plane, plane)
        assert sum(km2(found).values()) == pytest.approx(in_plane.area / 1e6)
        assert km2(found)["West"] == pytest.approx(km2(found)["East"], rel=0.1)
        assert found.length_km * 1000 == pytest.approx(
            measure_length(plane.from_crs(np.array([line]), 4326), plane=plane)[0], rel=1e-6
        )


def traced(course, *, reach_m, seed=7):
    """Trace a course as maps are: 4,000 vertices 83 m apart, each 22 m off across it."""
    rng = np.random.default_rng(seed)
    along = np.linspace(-reach_m, reach_m, 4_000)
    off = rng.normal(0.0, 22.0, len(along))
    if course == "straight":
        return np.column_stack([off, along])
    if course == "winding":  # bends of 8 km to either side
        slope = 8_000 * np.cos(along / 12_000) / 12_000
        normal = np.column_stack([np.ones(len(along)), -slope]) / np.hypot(1.0, slope)[:, None]
        bends = np.column_stack([8_000 * np.sin(along / 12_000), along])
        return bends + normal * off[:, None]
    # off along the course as well: it turns back on itself and crosses itself
    return np.column_stack([off, along + rng.normal(0.0, 90.0, len(along))])


@pytest.mark.parametrize(
    ("course", "past_edge_m", "turn_deg", "error_m"),
    [
        ("straight", 0.0, 0.0, 500.0),
        ("straight", 400.0, 90.0, 0.0),
        ("straight", -15.0, 33.0, 500.0),
        ("winding", 0.0, 90.0, 0.0),
        ("winding", 400.0, 33.0, 500.0),
        ("winding", -15.0, 180.0, 0.0),
        ("folded", 0.0, 33.0, 500.0),
        ("folded", 400.0, 180.0, 0.0),
        ("folded", -15.0, 90.0, 500.0),
    ],
)
def test_a_front_traced_with_noise_is_taken_whole(course, past_edge_m, turn_deg, error_m):
    half_m = 83.0 * 3_999 / 2
    xy = traced(course, reach_m=half_m + past_edge_m)
    xy[[0, -1], 1] = [-half_m - past_edge_m, half_m + past_edge_m]
    box = shapely.box(-60_000, -half_m, 60_000, half_m)
    area, line, west = (
        shapely.affinity.rotate(shape, turn_deg, origin=(0, 0))
        for shape in (box, shapely.LineString(xy), shapely.Point(-40_000, 0))
    )
    seeds = [seed(west.x, west.y), seed(-west.x, -west.y)]
    sides = (SideSpec(name="West", seed=seeds[0]), SideSpec(name="East", seed=seeds[1]))
    taken = front([line], sides, area, error_m=error_m)
    assert km2(taken)["West"] == pytest.approx(box.area / 2e6, rel=2e-3)
    assert km2(taken)["East"] == pytest.approx(box.area / 2e6, rel=2e-3)
    # of a line that crosses itself loops of metres are no front
    least, most = (0.5, 1.001) if course == "folded" else (0.999, 1.001)
    assert least * line.length < taken.geometry.length < most * line.length + 100
    vertices = shapely.points(shapely.get_coordinates(line))
    away = shapely.distance(vertices, taken.geometry)
    assert np.quantile(away, 0.99) < (120 if course == "folded" else 1)
