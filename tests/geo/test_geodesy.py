import numpy as np
import pytest
import shapely
from pyproj import Geod

from frontline.errors import LayerError
from frontline.geo.geodesy import (
    find_nearest,
    geodesic_buffer,
    measure_area,
    measure_length,
    place_points,
)
from frontline.geo.projection import plane_around

GEOD = Geod(ellps="WGS84")


def one(geometry, crs=4326, plane=None):
    plane = plane or plane_around([geometry])
    return plane.from_crs(np.array([geometry]), crs)[0], plane


def dense_lonlat(line, step_deg=0.001):
    """Points along edges that are straight in degrees, computed without the library."""
    return shapely.get_coordinates(shapely.segmentize(line, step_deg))


def brute_distance(place, course):
    """Smallest geodesic distance from a place to the points of a course."""
    lon, lat = np.broadcast_to(place, course.shape).T
    return GEOD.inv(lon, lat, *course.T)[2].min()


WAVY = shapely.LineString([(30 + k * 0.4, 48 + np.sin(k)) for k in range(12)])
FAR_NORTH = shapely.LineString([(20 + k * 4, 84 + np.sin(k)) for k in range(6)])
FIJI = shapely.LineString([(178.5, -16), (179.6, -16.4), (180.7, -16.1), (181.6, -17)])
COURSES = pytest.mark.parametrize("line", [WAVY, FAR_NORTH, FIJI], ids=["wavy", "north", "fiji"])


@COURSES
@pytest.mark.parametrize("distance_m", [1_000.0, 15_000.0, 100_000.0])
def test_the_edge_of_a_band_lies_within_a_thousandth_of_the_distance(line, distance_m):
    shape, plane = one(line)
    band = geodesic_buffer(shape, distance_m=distance_m, plane=plane)
    noise = np.random.default_rng(3)
    edge = band.boundary
    along = shapely.line_interpolate_point(edge, noise.uniform(0, edge.length, 25))
    places = plane.lonlat(shapely.get_coordinates(along))
    course = dense_lonlat(line, 0.0004)
    for place in places:
        assert brute_distance(place, course) == pytest.approx(distance_m, rel=1e-3)


def test_the_edge_is_true_where_shallow_bends_fool_a_plain_buffer():
    # A dent of 0.9 % of the distance: a buffer of the whole line fills it.
    line = shapely.LineString([(20, 45), (20.5, 45 - 0.0013), (21, 45)])
    plane = plane_around([line])
    shape = shapely.LineString(plane.xy(shapely.get_coordinates(line)))
    distance_m = 15_000.0
    band = geodesic_buffer(shape, distance_m=distance_m, plane=plane)
    edge = shapely.get_coordinates(shapely.segmentize(band.boundary, 500))
    found = find_nearest(shape, points=edge, plane=plane).distance_m
    assert np.abs(found / distance_m - 1).max() < 1e-3
    assert np.abs(found / distance_m - 1).max() < 5e-4


def test_the_band_round_a_point_is_the_geodesic_circle():
    plane = plane_around([shapely.Point(10, 60)])
    band = geodesic_buffer(
        shapely.Point(plane.xy(np.array([[10.5, 60.2]]))[0]), distance_m=50_000.0, plane=plane
    )
    azimuth = np.arange(0, 360, 0.5)
    lon, lat, _ = GEOD.fwd(np.full(720, 10.5), np.full(720, 60.2), azimuth, np.full(720, 50_000.0))
    circle = abs(GEOD.polygon_area_perimeter(lon, lat)[0])
    assert band.area == pytest.approx(circle, rel=3e-4)


def test_a_front_of_two_thousand_kilometres_keeps_the_distance_at_both_ends():
    line = shapely.LineString([(24, 50), (53, 49)])
    shape, plane = one(line)
    assert measure_length(np.array([shape]), plane=plane)[0] > 2_000_000
    band = geodesic_buffer(shape, distance_m=15_000.0, plane=plane)
    edge = shapely.get_coordinates(band.boundary)
    course = dense_lonlat(line, 0.002)
    for place in plane.lonlat(edge[:: len(edge) // 25]):
        near = course[np.abs(course[:, 0] - place[0]) < 1]
        assert brute_distance(place, near) == pytest.approx(15_000.0, rel=1e-3)


def test_bands_are_nested_and_hold_their_line():
    shape, plane = one(WAVY)
    bands = [geodesic_buffer(shape, distance_m=d, plane=plane) for d in (100.0, 5_000.0, 10_000.0)]
    assert bands[0].contains(shape)
    assert bands[1].contains(bands[0])
    assert bands[2].contains(bands[1])


def test_a_line_of_many_vertices_gives_the_band_of_the_same_line_with_few():
    shape, plane = one(shapely.LineString([(30, 48), (31, 48.5)]))
    many = shapely.segmentize(shape, 3.0)
    assert shapely.get_num_coordinates(many) > 25_000
    few_band, many_band = (
        geodesic_buffer(line, distance_m=5_000.0, plane=plane) for line in (shape, many)
    )
    assert many_band.symmetric_difference(few_band).area < 1e-3 * few_band.area


def test_an_empty_line_has_an_empty_band():
    plane = plane_around([shapely.Point(0, 0)])
    assert geodesic_buffer(shapely.LineString(), distance_m=5_000.0, plane=plane).is_empty


def test_edges_are_straight_in_the_crs_of_their_file():
    # Along a parallel the middle of an edge lies on the parallel, not on the great circle.
    edge = shapely.LineString([(0, 60), (10, 60)])
    shape, plane = one(edge)
    lat = plane.lonlat(place_points(shape, plane=plane, spacing_m=500.0))[:, 1]
    assert np.abs(lat - 60).max() * 111_195 < 0.15
    # The same corners in a transverse Mercator zone: straight there.
    utm, back = 32631, plane_around([edge])
    corners = back.to_crs(
        np.array([shapely.Point(back.xy(np.array([[lon, 60.0]]))[0]) for lon in (0.0, 10.0)]), utm
    )
    straight = shapely.LineString(corners)
    bent, _ = one(straight, utm, plane)
    assert shapely.hausdorff_distance(bent, shape) > 5_000
    again = plane.to_crs(np.array([bent]), utm)[0]
    assert shapely.hausdorff_distance(again, straight) < 0.2


def test_feet_are_turned_into_metres():
    feet = 2263  # New York Long Island, US survey feet
    square = shapely.box(980_000, 200_000, 990_000, 210_000)
    lonlat = plane_around([shapely.Point(-74, 40.7)])
    plane = lonlat.from_crs(np.array([square]), feet)
    assert measure_area(plane, plane=lonlat)[0] == pytest.approx(
        (10_000 * 1200 / 3937) ** 2, rel=2e-4
    )


def test_area_is_that_of_the_ellipsoid():
    box = shapely.segmentize(shapely.box(44, 38, 49, 42), 0.01)
    shape, plane = one(box)
    expected = abs(GEOD.geometry_area_perimeter(box)[0])
    assert measure_area(np.array([shape]), plane=plane)[0] == pytest.approx(expected, rel=1e-6)


def test_length_is_geodesic_and_zero_for_points_and_nothing():
    shape, plane = one(shapely.LineString([(10, 0), (10, 1)]))
    given = np.array([shape, shapely.Point(0, 0), None, shapely.LineString()], dtype=object)
    expected = GEOD.inv(10, 0, 10, 1)[2]
    assert measure_length(given, plane=plane) == pytest.approx([expected, 0, 0, 0], abs=0.01)


@COURSES
def test_round_trip_through_degrees(line):
    shape, plane = one(line)
    back = plane.from_crs(plane.to_lonlat(np.array([shape])), 4326)[0]
    assert shapely.hausdorff_distance(back, shape) < 1.1


def test_across_the_antimeridian_parts_stay_on_their_side():
    box = shapely.box(179, -18, 182, -16)
    shape, plane = one(box)
    split = plane.to_lonlat(np.array([shape]))[0]
    assert split.geom_type == "MultiPolygon"
    assert split.is_valid
    west, east = sorted(split.geoms, key=lambda part: part.bounds[0])
    assert west.bounds == pytest.approx((-180, -18, -178, -16), abs=1e-4)
    assert east.bounds == pytest.approx((179, -18, 180, -16), abs=1e-4)
    assert west.bounds[0] == -180.0
    assert east.bounds[2] == 180.0


def test_a_wide_area_keeps_its_longitudes():
    box = shapely.segmentize(shapely.box(-100, 60, 100, 62), 1)
    plane = plane_around([shapely.Point(0, 70)])
    shape = plane.from_crs(np.array([box]), 4326)[0]
    back = plane.to_lonlat(np.array([shape]))[0]
    assert back.geom_type == "Polygon"
    assert back.bounds == pytest.approx(box.bounds, abs=1e-5)
    wide = shapely.segmentize(shapely.box(-200, 60, 80, 62), 1)
    shape = plane.from_crs(np.array([wide]), 4326)[0]
    parts = sorted(plane.to_lonlat(np.array([shape]))[0].geoms, key=lambda part: part.bounds)
    assert parts[0].bounds == pytest.approx((-180, 60, 80, 62), abs=1e-5)
    assert parts[1].bounds == pytest.approx((160, 60, 180, 62), abs=1e-5)


def test_a_polygon_that_was_split_at_180_is_one_again_in_the_plane():
    halves = [shapely.box(179, -18, 180, -16), shapely.box(-180, -18, -178, -16)]
    shape, plane = one(shapely.MultiPolygon(halves))
    whole, _ = one(shapely.box(179, -18, 182, -16), plane=plane)
    assert shape.area == pytest.approx(whole.area, rel=1e-9)
    assert shape.geom_type == "Polygon"


def test_an_edge_of_more_than_half_a_turn_crosses_the_antimeridian():
    shape, plane = one(shapely.LineString([(179.5, 10), (-179.5, 10)]))
    expected = GEOD.inv(179.5, 10, -179.5, 10)[2]
    assert measure_length(np.array([shape]), plane=plane)[0] == pytest.approx(expected, rel=1e-4)
    split = plane.to_lonlat(np.array([shape]))[0]
    assert sorted(part.bounds[0] for part in split.geoms) == pytest.approx([-180.0, 179.5])


def test_a_line_along_the_antimeridian_keeps_its_length():
    shape, plane = one(shapely.LineString([(180, 10), (180, 11)]))
    back = plane.to_lonlat(np.array([shape]))[0]
    total = GEOD.geometry_length(back)
    assert total == pytest.approx(GEOD.inv(180, 10, 180, 11)[2], rel=1e-6)


def in_degrees(*lonlat, plane):
    """A line of the plane with these vertices alone, back in degrees; and the vertices."""
    xy = plane.xy(np.array(lonlat, dtype=float))
    return plane.to_lonlat(np.array([shapely.LineString(xy)]))[0], xy


@pytest.mark.parametrize(
    ("course", "parts"),
    [
        ([(179.9, 10), (-179.9, 10.1), (179.9, 10)], 3),  # there and back the same way
        ([(179.9, 10), (-179.9, 10.1), (179.9, 10), (-179.9, 10.1)], 4),
        ([(179.9, 10), (180, 10), (-179.9, 10)], 2),  # over a vertex on the meridian
        ([(179.9, 10), (180, 10), (180, 10.1), (-179.9, 10.1)], 2),  # and along it
        ([(179.9, 10), (180, 10), (179.9, 10.1)], 1),  # touches it and turns back
        ([(179.9, 10), (-180, 10), (-180, 10.1), (179.9, 10.1), (-180, 10.2)], 1),
        ([(180, 10), (-180, 10.1), (180, 10.2)], 1),  # runs along it and nowhere else
        ([(180, 10), (180, 10.1), (-179.9, 10.2)], 1),
        ([(-179.9, 10), (179.9, 10.01), (180, 10.1)], 2),
    ],
)
def test_a_line_is_cut_edge_by_edge_and_keeps_every_vertex(course, parts):
    plane = plane_around([shapely.Point(180, 10)])
    found, xy = in_degrees(*course, plane=plane)
    assert len(shapely.get_parts(found)) == parts
    length = GEOD.geometry_length(shapely.LineString(course))
    assert GEOD.geometry_length(found) == pytest.approx(length, rel=1e-6)
    again = shapely.get_coordinates(plane.from_crs(np.array([found]), 4326))
    nearest = [np.hypot(*(again - vertex).T) for vertex in xy]
    assert max(away.min() for away in nearest) < 0.01
    order = [np.flatnonzero(away < 0.01) for away in nearest]
    at = -1
    for rows in order:  # each vertex comes after the one before it
        at = int(rows[rows > at].min())
    assert (np.abs(np.diff(shapely.get_coordinates(shapely.get_parts(found)[0])[:, 0])) < 1).all()


@pytest.mark.parametrize("pole", [90.0, -90.0])
@pytest.mark.parametrize("lon", [10.0, 100.0, 170.0, 180.0])
def test_a_line_through_a_pole_is_cut_where_its_longitude_jumps(lon, pole):
    plane = plane_around([shapely.Point(0, pole)])
    low = pole - np.sign(pole)
    found, _ = in_degrees((lon, low), (lon, pole), (-lon + 3, low), plane=plane)
    for part in shapely.get_parts(found):
        assert (np.abs(np.diff(shapely.get_coordinates(part)[:, 0])) <= 180).all()
    assert GEOD.geometry_length(found) == pytest.approx(
        2 * GEOD.inv(lon, low, lon, pole)[2], rel=1e-5
    )


def test_a_cap_round_the_pole_keeps_its_area():
    plane = plane_around([shapely.box(-180, 85, 180, 90)])
    shape = plane.from_crs(np.array([shapely.box(-180, 85, 180, 90)]), 4326)[0]
    cap = abs(GEOD.polygon_area_perimeter(np.arange(-180, 180, 0.01), np.full(36_000, 85.0))[0])
    assert shape.area == pytest.approx(cap, rel=1e-5)
    split = plane.to_lonlat(np.array([shape]))[0]
    assert split.is_valid
    assert split.bounds == pytest.approx((-180, 85, 180, 90), abs=1e-4)
    again = plane.from_crs(np.array([split]), 4326)[0]
    assert again.area == pytest.approx(cap, rel=1e-5)


def test_a_band_over_the_pole_comes_out_in_degrees_and_back():
    line = shapely.LineString([(10, 89.5), (10, 90)])
    plane = plane_around([shapely.Point(0, 90)])
    shape = plane.from_crs(np.array([line]), 4326)[0]
    band = geodesic_buffer(shape, distance_m=50_000.0, plane=plane)
    split = plane.to_lonlat(np.array([band]))[0]
    assert split.is_valid
    assert plane.from_crs(np.array([split]), 4326)[0].area == pytest.approx(band.area, rel=1e-4)


@COURSES
def test_the_nearest_point_is_the_true_one(line):
    shape, plane = one(line)
    noise = np.random.default_rng(11)
    around = shapely.get_coordinates(shape)[noise.integers(0, 4, 30)]
    points = around + noise.normal(0, 60_000, (30, 2))
    found = find_nearest(shape, points=points, plane=plane)
    course = dense_lonlat(line, 0.0004)
    lonlat = plane.lonlat(points)
    for row, place in enumerate(lonlat):
        expected = brute_distance(place, course)
        assert found.distance_m[row] == pytest.approx(expected, rel=1e-4, abs=1)
    azimuth, _, distance = GEOD.inv(*lonlat.T, found.lon, found.lat)
    assert distance == pytest.approx(found.distance_m, rel=1e-9)
    assert azimuth % 360 == pytest.approx(found.azimuth_deg)


def test_far_from_the_centre_the_plane_would_choose_the_wrong_edge():
    # One edge due east of the place and one due north, far from the centre, where the plane
    # is stretched across and squeezed along the radius: only the geodesic tells which is nearer.
    plane = plane_around([shapely.box(0, 40, 40, 60)])
    place = np.array([[1.0, 41.0]])
    end = plane.xy(np.array([GEOD.fwd(1.0, 41.0, 90, 100_000)[:2]]))[0]
    lines = [shapely.LineString([end, end - np.array([0, 0.001])])] * 2
    for scale in (1.0, 0.998, 1.002):
        north = GEOD.fwd(1.0, 41.0, 0, 100_000 * scale)[:2]
        end = plane.xy(np.array([north]))[0]
        lines[1] = shapely.LineString([end, end + np.array([0.001, 0])])
        found = find_nearest(shapely.MultiLineString(lines), points=plane.xy(place), plane=plane)
        assert found.distance_m[0] == pytest.approx(min(1.0, scale) * 100_000, abs=1)


def test_on_the_line_the_azimuth_is_unknown_and_the_distance_zero():
    shape, plane = one(WAVY)
    found = find_nearest(shape, points=shapely.get_coordinates(shape)[3:4], plane=plane)
    assert found.distance_m[0] == pytest.approx(0, abs=1e-6)
    assert np.isnan(found.azimuth_deg[0])


def test_unknown_places_and_empty_lines_have_no_nearest_point():
    shape, plane = one(WAVY)
    points = np.array([[np.nan, 0.0], [0.0, 0.0]])
    found = find_nearest(shape, points=points, plane=plane)
    assert np.isnan(found.distance_m).tolist() == [True, False]
    assert found.segment.tolist() == [-1, 0]
    assert np.isnan(find_nearest(shapely.LineString(), points=points, plane=plane).distance_m).all()


def test_ground_distance_agrees_with_the_geodesic():
    plane = plane_around([shapely.box(30, 40, 50, 55)])
    noise = np.random.default_rng(5)
    for reach, rel in ((140_000, 1e-4), (700_000, 3e-4)):
        start = noise.uniform(-reach, reach, (300, 2))
        stop = start + noise.normal(0, 30_000, (300, 2))
        expected = GEOD.inv(*plane.lonlat(start).T, *plane.lonlat(stop).T)[2]
        assert plane.ground_m(start, stop) == pytest.approx(expected, rel=rel)


def test_points_along_are_even_and_hold_both_ends():
    shape, plane = one(WAVY)
    points = place_points(shape, plane=plane, spacing_m=1_000.0)
    steps = GEOD.inv(*plane.lonlat(points[:-1]).T, *plane.lonlat(points[1:]).T)[2]
    assert steps.max() < 1_000.1
    assert points[0] == pytest.approx(shapely.get_coordinates(shape)[0])
    assert points[-1] == pytest.approx(shapely.get_coordinates(shape)[-1])


def test_the_plane_does_not_depend_on_where_longitudes_start():
    turns = [shapely.Point(179, 10), shapely.Point(-179, 12)]
    other = [shapely.Point(179, 10), shapely.Point(181, 12)]
    assert plane_around(turns).crs == plane_around(other).crs


@pytest.mark.parametrize(
    "geometries",
    [[], [shapely.Point(np.inf, 0)], [shapely.Point(0, 0), shapely.Point(120, 0)]],
    ids=["nothing", "infinite", "half the world"],
)
def test_no_plane_for_nothing_or_for_half_the_world(geometries):
    with pytest.raises(LayerError):
        plane_around(np.array(geometries, dtype=object))


def test_coordinates_that_cannot_be_on_earth_name_their_row():
    plane = plane_around([shapely.Point(46, 40)])
    rows = np.array([shapely.Point(46, 40), shapely.Point(40, 4_600)])
    with pytest.raises(LayerError, match=r"feature 2.*4600"):
        plane.from_crs(rows, 4326)


def test_nothing_stays_nothing_and_heights_are_dropped():
    plane = plane_around([shapely.Point(46, 40)])
    given = np.array([None, shapely.Polygon(), shapely.Point(46, 40, 7)], dtype=object)
    found = plane.from_crs(given, 4326)
    assert found[0] is None
    assert found[1].is_empty
    assert not found[2].has_z
