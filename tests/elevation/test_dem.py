"""Elevation: reading, cell sizes, coverage, grids for sight, profiles and shading."""

import math
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from factories.elevation import TENTH, read
from hypothesis import given, settings
from hypothesis import strategies as st

from frontline.elevation.coverage import check_coverage, check_zone_coverage, measure_coverage
from frontline.elevation.dem import (
    Dem,
    is_coarse,
    make_sight_grid,
    read_dem,
    sample_heights,
)
from frontline.elevation.terrain import measure_relief, shade_hills, shade_relief
from frontline.errors import RasterError
from frontline.geo.projection import plane_around
from frontline.raster.grid import interpolate_bilinear, measure_cell_steps, measure_row_steps

DEGREES = pyproj.CRS("EPSG:4326")
UTM = pyproj.CRS("EPSG:32638")
GEOD = pyproj.Geod(ellps="WGS84")


def flat_frame(lon, lat):
    return plane_around(np.array([shapely.Point(lon, lat)], dtype=object))


def dem_of(heights, transform, crs=UTM, step_m=(30.0, 30.0)):
    return Dem(np.asarray(heights, np.float32), transform, crs.to_wkt(), step_m)


def test_no_elevation_no_dem():
    assert read_dem(SimpleNamespace(elevation=None), layers=None) is None


def test_reads_around_the_study_area(tmp_path):
    row, col = np.indices((300, 300))
    dem, _ = read(tmp_path, (row * 10 + col).astype(np.int16), transform=TENTH)
    west, south, east, north = dem.bounds
    # 5 km are 0.06 degrees of longitude and 0.045 of latitude here.
    assert 46.08 < west < 46.2
    assert 46.8 < east < 46.92
    assert 40.1 < south < 40.2
    assert 40.8 < north < 40.9
    cell = dem.rowcol(np.array([46.505]), np.array([40.505]))[0]
    assert dem.heights_m[tuple(cell)] == 49 * 10 + 50
    assert dem.heights_m.dtype == np.float32
    dx = GEOD.inv(46.5, 40.5, 46.51, 40.5)[2]
    assert dem.step_m == pytest.approx((1110.4, dx), abs=0.5)
    assert is_coarse(dem)


def test_feet_become_metres(tmp_path):
    dem, _ = read(tmp_path, np.full((100, 100), 1000.0), transform=TENTH, elevation={"unit": "ft"})
    assert np.nanmax(dem.heights_m) == pytest.approx(304.8)


@pytest.mark.parametrize(("said", "stated"), [("ft", "m"), ("foot", "m"), ("metre", "ft")])
def test_units_that_contradict(tmp_path, said, stated):
    with pytest.raises(RasterError, match=r"^dem\.tif, field 'unit'"):
        read(tmp_path, np.ones((100, 100)), transform=TENTH, unit=said, elevation={"unit": stated})


@pytest.mark.parametrize("void", [-9999, -32768, 32767, np.nan, np.inf, -1e38])
def test_untagged_voids_are_unknown(tmp_path, void):
    values = np.full((100, 100), 500.0)
    values[50, 50] = void
    dem, _ = read(tmp_path, values, transform=TENTH)
    assert np.isnan(dem.heights_m).sum() == 1
    assert any("unknown" in note.text for note in dem.notes)


def test_suspicious_level_is_noted(tmp_path):
    values = np.full((100, 100), 500.0)
    values[:, :50] = 0.0
    dem, _ = read(tmp_path, values, transform=TENTH)
    assert any("exactly 0 m" in note.text for note in dem.notes)
    assert np.isfinite(dem.heights_m).all()


def texts(dem):
    return [note.text for note in dem.notes]


ASKED = "nobody says what its heights are above: add vertical_datum to [elevation]."


@pytest.mark.parametrize(
    ("crs", "stated", "kept", "said"),
    [
        ("EPSG:4326", "", "", ASKED),
        ("EPSG:4326", "EGM96", "EGM96", ""),
        ("EPSG:4326+3855", "", "EGM2008 height", ""),
        ("EPSG:4326+3855", "EGM2008", "EGM2008", ""),
        ("EPSG:4979", "", "WGS 84 ellipsoid", ""),
        (
            "EPSG:4326+3855",
            "EGM96",
            "EGM96",
            "its heights are above 'EGM2008 height', the project says 'EGM96'.",
        ),
    ],
)
def test_the_vertical_datum_is_read_or_asked(tmp_path, crs, stated, kept, said):
    dem, _ = read(
        tmp_path,
        np.full((100, 100), 500.0, np.float32),
        transform=TENTH,
        crs=crs,
        elevation={"vertical_datum": stated},
    )
    assert dem.vertical_datum == kept
    assert [text for text in texts(dem) if "above" in text] == ([said] if said else [])


def test_feet_of_the_vertical_crs_contradict_metres(tmp_path):
    heights = np.full((100, 100), 1640.0, np.float32)
    with pytest.raises(RasterError, match=r"'US survey foot', the project says m\. Set unit"):
        read(tmp_path, heights, transform=TENTH, crs="EPSG:4326+6360")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.full((100, 100), np.nan), r"knows no height around .*every cell there is nodata"),
        (np.full((100, 100), -9999.0), r"knows no height around .*every cell there holds -9999"),
        (
            np.linspace(150_000, 300_000, 10_000).reshape(100, 100),  # centimetres
            r"from 1[5-9]\d,\d+ to 2\d\d,\d+ m .*another unit\? Set unit in \[elevation\]",
        ),
        (np.linspace(5_000, 30_000, 10_000).reshape(100, 100), "another unit"),  # decimetres
    ],
)
def test_heights_that_cannot_be_are_named_for_what_they_are(tmp_path, values, said):
    with pytest.raises(RasterError, match=said):
        read(tmp_path, values.astype(np.float32), transform=TENTH)


def test_a_few_impossible_heights_are_no_other_unit(tmp_path):
    values = np.full((100, 100), 500.0, np.float32)
    values[40:42, 40:60] = np.linspace(9_500, 20_000, 20)
    dem, _ = read(tmp_path, values, transform=TENTH)
    assert int(np.isnan(dem.heights_m).sum()) == 40


def test_a_study_area_too_large_for_one_window(tmp_path, monkeypatch):
    monkeypatch.setattr("frontline.raster.io.MOST_CELLS", 2500)
    dem, _ = read(
        tmp_path, np.full((100, 100), 5.0), transform=TENTH,
        line=shapely.LineString([(46.3, 40.3), (46.4, 40.4)]),
    )  # fmt: skip
    assert dem.heights_m.size < 2500
    assert any("around the lines only" in note.text for note in dem.notes)


def test_more_cells_than_fit_are_surveyed_and_read_in_full_where_sight_needs_them(
    tmp_path, monkeypatch
):
    row, col = np.mgrid[:101, :100]
    values = 1_000.0 + 10 * row + col
    values[60, 30] = -9_999.0  # a void that nothing tags
    whole, _ = read(tmp_path, values, transform=TENTH)
    monkeypatch.setattr("frontline.raster.io.MOST_CELLS", 2500)
    survey, layers = read(tmp_path, values, transform=TENTH)
    assert survey.heights_m.size < 2500
    assert any("one cell of every 3 x 3" in note.text for note in survey.notes)
    assert survey.sight_step_m == pytest.approx(whole.step_m, rel=2e-3)
    assert survey.step_m == pytest.approx(np.multiply(whole.step_m, 3), rel=2e-3)
    # The survey is made of the file's own cells: the middle ones of squares of nine.
    rows, cols = survey.heights_m.shape
    a, _, c, _, e, f = survey.transform
    x, y = np.meshgrid(c + (np.arange(cols) + 0.5) * a, f + (np.arange(rows) + 0.5) * e)
    cells = whole.rowcol(x.ravel(), y.ravel())
    inside = (cells >= 0).all(axis=1)
    assert inside.mean() > 0.9
    np.testing.assert_array_equal(
        survey.heights_m.ravel()[inside], whole.heights_m[tuple(cells[inside].T)]
    )
    # A grid for sight is the same from the survey as from the whole.
    lon, lat = c + 0.305 * a * cols, f + 0.6 * e * rows
    place = layers.plane.from_crs([shapely.Point(lon, lat)], "EPSG:4326")[0]
    grids = [
        make_sight_grid(dem, area=place, area_crs=layers.plane.crs, margin_m=12_000.0)
        for dem in (whole, survey)
    ]
    np.testing.assert_allclose(*(grid.heights_m for grid in grids), atol=1e-3)
    assert grids[0].transform == pytest.approx(grids[1].transform)
    assert grids[1].fine is None
    far = layers.plane.from_crs([shapely.Point(10.0, 20.0)], "EPSG:4326")[0]
    off = make_sight_grid(survey, area=far, area_crs=layers.plane.crs, margin_m=5_000.0)
    assert np.isnan(off.heights_m).all()


def test_a_window_too_large_to_be_surveyed(tmp_path, monkeypatch):
    monkeypatch.setattr("frontline.raster.io.MOST_CELLS", 2500)
    monkeypatch.setattr("frontline.elevation.heights.MOST_SURVEYED", 5000)
    with pytest.raises(RasterError, match=r"^dem\.tif: .*at most 5,000"):
        read(tmp_path, np.full((100, 100), 5.0), transform=TENTH)


def test_elevation_elsewhere(tmp_path):
    with pytest.raises(RasterError, match="does not reach the study area"):
        read(tmp_path, np.ones((10, 10)), transform=(0.01, 0, 10, 0, -0.01, 10))


def test_elevation_across_the_antimeridian(tmp_path):
    """A raster of the whole turn has the study area's two halves at its two ends."""
    col = np.arange(3600) + np.zeros((40, 1))
    area = shapely.box(179.3, 63.2, 180.7, 64.8)
    dem, layers = read(
        tmp_path, np.where(col < 1800, 100.0, 200.0),
        transform=(0.1, 0, -180, 0, -0.1, 66), area=area,
    )  # fmt: skip
    assert np.isfinite(dem.heights_m).all()
    assert dem.heights_m.shape[1] < 30
    east_and_west = layers.plane.xy(np.array([[179.55, 64.05], [-179.55, 64.05]]))
    assert sample_heights(dem, xy=east_and_west, crs=layers.plane.crs).tolist() == [200.0, 100.0]
    grid = make_sight_grid(dem, area=layers.study_area, area_crs=layers.plane.crs)
    middle = grid.heights_m[grid.heights_m.shape[0] // 2]
    assert np.isfinite(middle).all()
    assert middle[0] == 200.0
    assert middle[-1] == 100.0


# Cells


def test_cells_of_points():
    dem = dem_of(np.zeros((3, 4)), (10.0, 0, 100.0, 0, -20.0, 1000.0))
    x = np.array([100.0, 139.9, 99.9, 140.0, 120.0, np.nan])
    y = np.array([999.0, 940.1, 990.0, 990.0, 1000.1, 990.0])
    out = [-1, -1]
    assert dem.rowcol(x, y).tolist() == [[0, 0], [2, 3], out, out, out, out]
    assert dem.position(np.array([105.0]), np.array([990.0])).tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("lat", [0.5, 40.5, 69.5, -45.5])
def test_steps_on_the_ground_in_degrees(lat):
    dy, dx = measure_cell_steps((1.0, 0, 10, 0, -1.0, lat + 0.5), DEGREES, np.zeros(1), np.zeros(1))
    assert dy[0] == pytest.approx(GEOD.inv(10, lat - 0.5, 10, lat + 0.5)[2])
    assert dx[0] == pytest.approx(GEOD.inv(10, lat, 11, lat)[2])


def test_steps_in_feet_and_in_web_mercator():
    to_feet = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:2225", always_xy=True)
    x, y = to_feet.transform(-122.0, 40.8)
    dy, dx = measure_row_steps(
        (100.0, 0, x, 0, -100.0, y), crs=pyproj.CRS("EPSG:2225"), shape=(5, 5)
    )
    assert dy == pytest.approx(np.full(5, 30.48), rel=2e-4)
    assert dx == pytest.approx(np.full(5, 30.48), rel=2e-4)
    to_web = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True)
    _, y = to_web.transform(0.0, 60.0)
    dy, dx = measure_row_steps(
        (100.0, 0, 0, 0, -100.0, y), crs=pyproj.CRS("EPSG:3857"), shape=(3, 3)
    )
    assert dx[1] == pytest.approx(50.0, rel=3e-3)
    assert dy[1] == pytest.approx(50.0, rel=3e-3)


# Coverage


def test_coverage_counts_holes_and_the_outside():
    heights = np.zeros((10, 10))
    heights[:5] = np.nan
    dem = dem_of(heights, (100.0, 0, 5e5, 0, -100.0, 4.4e6))
    inside = shapely.box(5e5, 4.4e6 - 1000, 5e5 + 1000, 4.4e6)
    assert measure_coverage(dem, area=inside, area_crs=UTM) == pytest.approx(0.5, abs=0.005)
    twice = shapely.box(5e5, 4.4e6 - 1000, 5e5 + 2000, 4.4e6)
    assert measure_coverage(dem, area=twice, area_crs=UTM) == pytest.approx(0.25, abs=0.005)
    assert measure_coverage(dem, area=shapely.box(0, 0, 100, 100), area_crs=UTM) == 0.0
    assert math.isnan(measure_coverage(dem, area=shapely.Polygon(), area_crs=UTM))


def test_too_little_coverage_is_refused():
    dem = dem_of(np.zeros((10, 10)), (100.0, 0, 5e5, 0, -100.0, 4.4e6))
    area = shapely.box(5e5, 4.4e6 - 1000, 5e5 + 4000, 4.4e6)
    with pytest.raises(RasterError, match=r"25% of the zone \(at least 50%"):
        check_coverage(dem, area=area, area_crs=UTM, least=0.5, what="the zone")
    share = check_coverage(dem, area=area, area_crs=UTM, least=0.2, what="the zone")
    assert share == pytest.approx(0.25, abs=0.005)


def test_zones_are_checked_line_by_line(tmp_path):
    dem = dem_of(np.zeros((10, 10)), (100.0, 0, 5e5, 0, -100.0, 4.4e6))
    whole = shapely.box(5e5, 4.4e6 - 1000, 5e5 + 1000, 4.4e6)
    half = shapely.box(5e5 + 500, 4.4e6 - 1000, 5e5 + 1500, 4.4e6)
    rows = [
        ("a", 5000.0, "cumulative", whole), ("a", 15_000.0, "cumulative", whole),
        ("b", 5000.0, "cumulative", whole), ("b", 15_000.0, "cumulative", half),
        ("b", 15_000.0, "ring", shapely.box(0, 0, 1, 1)),
    ]  # fmt: skip
    columns = ["line", "distance_m", "kind", "geometry"]
    zones = gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=UTM)
    notes = check_zone_coverage(dem, zones=zones, least=0.2)
    assert [note.text for note in notes] == ["unknown in 50.00% of the zone of 15 km about b."]
    with pytest.raises(RasterError, match=r"x\.tif: elevation is known for 50% of the zone"):
        check_zone_coverage(dem, zones=zones, least=0.6, path=tmp_path / "x.tif")


# Values between cells


def test_bilinear_by_hand():
    heights = np.array([[0, 10], [20, 30]], np.float32)
    row, col = np.array([0, 0.5, 0.5, 1, 0.25]), np.array([0, 0, 0.5, 1, 0.5])
    assert interpolate_bilinear(heights, row=row, col=col).tolist() == [0, 10, 15, 30, 10]


def test_unknown_spreads_only_to_what_it_would_enter():
    heights = np.array([[1, np.nan], [3, 4]], np.float32)
    row, col = np.array([0, 0.5, 1.0, 0.5, 0.0]), np.array([0, 0.0, 0.5, 0.01, 0.01])
    got = interpolate_bilinear(heights, row=row, col=col)
    assert got[:3].tolist() == [1, 2, 3.5]
    assert np.isnan(got[3:]).all()


def test_outside_the_outermost_centres_is_unknown():
    got = interpolate_bilinear(
        np.ones((3, 3), np.float32), row=np.array([-0.1, 2.1, 0, 2]), col=np.array([0, 0, -1, 2])
    )
    assert np.isnan(got[:3]).all()
    assert got[3] == 1


@given(st.floats(-50, 50), st.floats(-5, 5), st.floats(-5, 5), st.floats(0, 4), st.floats(0, 6))
def test_a_plane_is_kept(level, down, right, row, col):
    r, c = np.indices((5, 7))
    heights = (level + down * r + right * c).astype(np.float32)
    got = interpolate_bilinear(heights, row=np.array([row]), col=np.array([col]))[0]
    assert got == pytest.approx(level + down * row + right * col, abs=1e-4)


# Grids for sight


def test_metric_grid_is_used_as_it_is():
    row, col = np.indices((50, 60))
    dem = dem_of(row * 100 + col, (30.0, 0, 5e5, 0, -30.0, 4.4e6))
    area = shapely.box(5e5 + 600, 4.4e6 - 900, 5e5 + 900, 4.4e6 - 600)
    grid = make_sight_grid(dem, area=area, area_crs=UTM, margin_m=60)
    assert grid.crs == dem.crs
    assert grid.step_m == (30.0, 30.0)
    top, left = (
        int(v)
        for v in dem.rowcol(np.array([grid.transform[2] + 1]), np.array([grid.transform[5] - 1]))[0]
    )
    rows, cols = grid.heights_m.shape
    assert np.array_equal(grid.heights_m, dem.heights_m[top : top + rows, left : left + cols])
    west, south, east, north = grid.bounds
    assert shapely.box(west, south, east, north).covers(shapely.buffer(area, 60))


def test_margin_beyond_the_elevation_is_unknown():
    dem = dem_of(np.zeros((50, 60)), (30.0, 0, 5e5, 0, -30.0, 4.4e6))
    area = shapely.box(5e5, 4.4e6 - 600, 5e5 + 600, 4.4e6)
    grid = make_sight_grid(dem, area=area, area_crs=UTM, margin_m=3000)
    known = np.isfinite(grid.heights_m)
    assert known.sum() == 50 * 60
    # And a grid wholly elsewhere is wholly unknown.
    far = make_sight_grid(dem, area=shapely.box(6e5, 4.3e6, 601_000, 4_301_000), area_crs=UTM)
    assert np.isnan(far.heights_m).all()


def test_feet_grid_has_steps_in_metres():
    crs = pyproj.CRS("EPSG:2225")
    dem = dem_of(np.zeros((50, 50)), (100.0, 0, 6.5e6, 0, -100.0, 2.1e6), crs)
    to_utm = pyproj.Transformer.from_crs(crs, "EPSG:32610", always_xy=True)
    x, y = to_utm.transform(6.5e6 + 2500, 2.1e6 - 2500)
    grid = make_sight_grid(
        dem, area=shapely.Point(x, y).buffer(300), area_crs=pyproj.CRS("EPSG:32610")
    )
    assert grid.step_m == pytest.approx((30.48006, 30.48006))
    assert np.isfinite(grid.heights_m).all()


def degree_dem(lat, size=200, step=1 / 1200):
    """A tilted plane: so many metres per degree."""
    transform = (step, 0, 46.0, 0, -step, lat + size * step / 2)
    row, col = np.indices((size, size))
    lon, at = 46 + (col + 0.5) * step, transform[5] - (row + 0.5) * step
    return dem_of(1000 * (lon - 46) + 2000 * (at - lat), transform, DEGREES)


@pytest.mark.parametrize("lat", [0.0, 40.0, 70.0])
def test_degrees_are_brought_to_metres(lat):
    dem = degree_dem(lat)
    frame = flat_frame(46.08, lat)
    area = shapely.Point(frame.xy(np.array([[46.08, lat]]))[0]).buffer(1500)
    grid = make_sight_grid(dem, area=area, area_crs=frame.crs)
    dy, dx = grid.step_m
    assert dy == pytest.approx(GEOD.inv(46, lat, 46, lat + 1 / 1200)[2], rel=1e-4)
    assert dx == pytest.approx(GEOD.inv(46, lat, 46 + 1 / 1200, lat)[2], rel=1e-4)
    # Each cell holds the height of its own place: the plane is linear in degrees.
    rows, cols = np.indices(grid.heights_m.shape)
    x = grid.transform[2] + dx * (cols + 0.5)
    y = grid.transform[5] - dy * (rows + 0.5)
    lon, at = pyproj.Transformer.from_crs(grid.crs, DEGREES, always_xy=True).transform(x, y)
    expected = 1000 * (lon - 46) + 2000 * (at - lat)
    assert np.nanmax(np.abs(grid.heights_m - expected)) < 0.002
    # And neighbouring centres lie one step apart on the ground.
    apart = GEOD.inv(lon[5, 5], at[5, 5], lon[5, 6], at[5, 6])[2]
    assert apart == pytest.approx(dx, rel=1e-5)


def test_web_mercator_is_not_taken_for_metres():
    to_web = pyproj.Transformer.from_crs(DEGREES, "EPSG:3857", always_xy=True)
    x, y = to_web.transform(46.0, 60.0)
    dem = dem_of(np.zeros((100, 100)), (60.0, 0, x, 0, -60.0, y), pyproj.CRS("EPSG:3857"))
    frame = flat_frame(46.02, 59.98)
    area = shapely.Point(frame.xy(np.array([[46.02, 59.985]]))[0]).buffer(300)
    grid = make_sight_grid(dem, area=area, area_crs=frame.crs)
    assert grid.step_m == pytest.approx((30.0, 30.0), rel=5e-3)
    assert grid.crs != dem.crs


def test_holes_stay_holes_when_resampled():
    dem = degree_dem(40.0)
    dem.heights_m[90:110, 90:110] = np.nan
    frame = flat_frame(46.0833, 40.0)
    area = shapely.Point(frame.xy(np.array([[46.0833, 40.0]]))[0]).buffer(3000)
    grid = make_sight_grid(dem, area=area, area_crs=frame.crs)
    unknown = np.isnan(grid.heights_m).sum()
    assert 400 <= unknown <= 22 * 22  # the hole, and what it would have entered
    assert np.nanmin(grid.heights_m) > -300


def test_too_wide_for_one_plane():
    dem = dem_of(np.zeros((10, 10)), (1.0, 0, 40.0, 0, -1.0, 45.0), DEGREES)
    frame = flat_frame(45, 40)
    with pytest.raises(RasterError, match="stretch by stretch"):
        make_sight_grid(dem, area=shapely.box(-6e5, -6e5, 6e5, 6e5), area_crs=frame.crs)


def test_too_many_cells():
    dem = dem_of(np.zeros((10, 10)), (1e-5, 0, 45.0, 0, -1e-5, 40.0), DEGREES)
    with pytest.raises(RasterError, match="at most 64,000,000"):
        make_sight_grid(
            dem, area=shapely.box(-2e4, -2e4, 2e4, 2e4), area_crs=flat_frame(45, 40).crs
        )


# Relief, shading


def test_relief_within_a_radius():
    heights = np.zeros((101, 101))
    heights[50, 60] = 70.0  # 300 m east of the middle
    heights[50, 45] = np.nan
    dem = dem_of(heights, (30.0, 0, 5e5 - 1515, 0, -30.0, 4.4e6 + 1515))
    middle = np.array([[5e5, 4.4e6], [5e5, 4.4e6], [9e5, 4.4e6]])
    assert measure_relief(dem, xy=middle, crs=UTM, radius_m=310)[0] == 70.0
    assert measure_relief(dem, xy=middle, crs=UTM, radius_m=290)[1] == 0.0
    assert np.isnan(measure_relief(dem, xy=middle, crs=UTM, radius_m=310)[2])


def test_level_land_is_evenly_lit():
    shade = shade_hills(dem_of(np.zeros((10, 10)), (30.0, 0, 5e5, 0, -30.0, 4.4e6)))
    assert set(shade.ravel().tolist()) == {round(1 + 254 * math.sin(math.radians(45)))}


def test_slopes_towards_the_light_are_brighter():
    row, col = np.indices((20, 20))
    at = (30.0, 0, 5e5, 0, -30.0, 4.4e6)
    level = shade_hills(dem_of(np.zeros((20, 20)), at))[10, 10]
    to_light = shade_hills(dem_of(row * 10.0 + col * 10.0, at))[10, 10]  # falls to the north-west
    from_light = shade_hills(dem_of(-row * 10.0 - col * 10.0, at))[10, 10]
    assert from_light < level < to_light


def test_unknown_is_not_shaded():
    heights = np.random.default_rng(3).random((30, 30)) * 100
    heights[10:12] = np.nan
    shade = shade_hills(dem_of(heights, (30.0, 0, 5e5, 0, -30.0, 4.4e6)))
    assert (shade == 0).sum() == 60
    assert (shade[10:12] == 0).all()
    assert (shade_hills(dem_of(np.full((3, 3), np.nan), (30.0, 0, 0, 0, -30.0, 0))) == 0).all()


def test_relief_for_maps_is_limited():
    row, col = np.indices((300, 401))
    dem = dem_of(row + col, (30.0, 0, 5e5, 0, -30.0, 4.4e6))
    result = shade_relief(dem, most_cells=10_000)
    assert result.bands["shade"].size <= 10_000
    assert result.bands["elevation"][0, 0] == pytest.approx(3.0)  # mean of 0..3 + 0..3
    assert result.transform[0] == 120.0
    assert result.crs == dem.crs


@settings(max_examples=20, deadline=None)
@given(st.floats(-400, 4000))
def test_a_constant_changes_nothing_but_heights(level):
    rng = np.random.default_rng(1)
    heights = np.round(rng.random((12, 12)) * 50)
    at = (30.0, 0, 5e5, 0, -30.0, 4.4e6)
    assert np.array_equal(
        shade_hills(dem_of(heights, at)), shade_hills(dem_of(heights + round(level), at))
    )
