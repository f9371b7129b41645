"""Properties that hold for any place on earth and any line."""

import numpy as np
import pytest
import shapely
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from frontline.geo.geodesy import find_nearest, geodesic_buffer, measure_area, measure_length
from frontline.geo.polygonize import polygonize_sides
from frontline.geo.projection import plane_around

GEOD = Geod(ellps="WGS84")
CENTRES = st.tuples(st.floats(-180, 180), st.floats(-89.5, 89.5))
STEPS = st.lists(
    st.tuples(st.floats(-40_000, 40_000), st.floats(-40_000, 40_000)), min_size=2, max_size=6
)


def at(centre, steps):
    """A line about a centre, from steps in metres; its plane, and the line in it."""
    plane = plane_around([shapely.Point(centre)])
    xy = np.cumsum([(0.0, 0.0), *steps], axis=0)
    assume((np.hypot(*np.diff(xy, axis=0).T) > 10).all())
    return plane, shapely.LineString(xy)


@settings(max_examples=40, deadline=None)
@given(centre=CENTRES, steps=STEPS, distance_m=st.floats(500, 60_000), share=st.floats(0, 1))
def test_the_edge_of_a_band_is_everywhere_at_its_distance(centre, steps, distance_m, share):
    frame, line = at(centre, steps)
    edge = geodesic_buffer(line, distance_m=distance_m, plane=frame).boundary
    place = shapely.get_coordinates(shapely.line_interpolate_point(edge, share, normalized=True))
    found = find_nearest(line, points=place, plane=frame).distance_m
    assert found == pytest.approx(distance_m, rel=1e-3)


@settings(max_examples=40, deadline=None)
@given(centre=CENTRES, steps=STEPS, place=st.tuples(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5)))
def test_no_vertex_is_nearer_than_the_nearest_point(centre, steps, place):
    frame, line = at(centre, steps)
    xy = np.array([place])
    found = find_nearest(line, points=xy, plane=frame)
    lonlat = frame.lonlat(xy)[0]
    course = frame.lonlat(shapely.get_coordinates(shapely.segmentize(line, 200.0)))
    lon, lat = np.broadcast_to(lonlat, course.shape).T
    along = GEOD.inv(lon, lat, *course.T)[2]
    assert found.distance_m[0] <= along.min() + 0.5
    assert found.distance_m[0] >= along.min() - 101
    there = GEOD.inv(*lonlat, found.lon[0], found.lat[0])[2]
    assert there == pytest.approx(found.distance_m[0], abs=1e-3)


@settings(max_examples=40, deadline=None)
@given(centre=CENTRES, steps=STEPS)
@example(centre=(180.0, 0.0), steps=[(0.0, 11.0), (1.0, 10.0)])  # along the antimeridian
@example(centre=(180.0, 0.0), steps=[(9e3, 0.0), (-2e4, 0.0), (2e4, 0.0), (-2e4, 0.0)])  # again
@example(centre=(0.0, 89.5), steps=[(3e4, 9e4), (-5e4, -4e4), (5e4, 4e4)])  # round the pole
def test_degrees_and_back_keep_length_and_area(centre, steps):
    frame, line = at(centre, steps)
    band = geodesic_buffer(line, distance_m=9_000.0, plane=frame)
    given_ = np.array([line, band], dtype=object)
    lonlat = frame.to_lonlat(given_)
    assert shapely.is_valid(lonlat).all()
    west, south, east, north = shapely.total_bounds(lonlat)
    assert -180 <= west <= east <= 180
    assert -90 <= south <= north <= 90
    again = frame.from_crs(lonlat, 4326)
    assert measure_length(again[:1], plane=frame) == pytest.approx(
        measure_length(given_[:1], plane=frame), rel=1e-4
    )
    assert measure_area(again[1:], plane=frame) == pytest.approx(
        measure_area(given_[1:], plane=frame), rel=1e-4
    )


@settings(max_examples=60, deadline=None)
@given(
    lines=st.lists(
        st.lists(
            st.tuples(st.integers(-60, 60), st.integers(-60, 60)),
            min_size=2,
            max_size=6,
            unique=True,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_faces_always_cover_the_area_and_never_overlap(lines):
    area = shapely.box(-50_000, -50_000, 50_000, 50_000)
    shapes = [shapely.LineString(np.array(line) * 1_000.0) for line in lines]
    faces = polygonize_sides(area, lines=np.array(shapes, dtype=object))
    assert shapely.area(faces.polygons).sum() == pytest.approx(area.area)
    assert shapely.union_all(faces.polygons).area == pytest.approx(area.area)
    inside = shapely.union_all(shapes).intersection(area)
    assert shapely.hausdorff_distance(faces.lines, shapely.union_all(shapes)) < 51
    assert faces.lines.length >= inside.length - 1
    backwards = polygonize_sides(
        area, lines=shapely.reverse(np.array(shapes[::-1] * 2, dtype=object))
    )
    assert sorted(shapely.area(backwards.polygons)) == pytest.approx(
        sorted(shapely.area(faces.polygons)), abs=1
    )
