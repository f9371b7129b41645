"""Rasters: windows, sums within zones, output."""

import datetime as dt
import hashlib

import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from factories.rasters import write_tif
from hypothesis import given, settings
from hypothesis import strategies as st

from frontline.errors import OutputError, RasterError
from frontline.raster.io import (
    Window,
    clip_window,
    cut_blocks,
    find_window,
    find_window_bounds,
    find_window_transform,
    open_raster,
    read_window,
    write_cog,
)
from frontline.raster.points import place_people_points
from frontline.raster.zonal import doubt_kind, measure_cell_areas, sum_zones
from frontline.records import RasterResult

UTM = pyproj.CRS("EPSG:32638")
DEGREES = pyproj.CRS("EPSG:4326")
NINE = np.arange(1, 10, dtype=np.float64).reshape(3, 3)
"""1 2 3 / 4 5 6 / 7 8 9 on cells of 1000 m, the lower left corner at (500000, 4400000)."""
AT = (1000.0, 0.0, 500_000.0, 0.0, -1000.0, 4_403_000.0)


def square(col, row, side=1.0):
    """A square in cells of NINE, its upper left corner at (col, row)."""
    x, y = 500_000 + 1000 * col, 4_403_000 - 1000 * row
    return shapely.box(x, y - 1000 * side, x + 1000 * side, y)


def sums(path, *zones, kind="count", crs=UTM, **opened):
    with open_raster(path, **opened) as raster:
        return sum_zones(raster, zones=np.array(zones, dtype=object), zones_crs=crs, kind=kind)


# Windows


def test_window_reads_by_place(tmp_path):
    with open_raster(write_tif(tmp_path / "a.tif", NINE, transform=AT)) as raster:
        window = find_window(raster, bounds=square(1, 0, 2).bounds)
        assert window == Window(0, 1, 2, 2)
        assert read_window(raster, window=window).tolist() == [[2, 3], [5, 6]]
        assert find_window_bounds(raster.transform, window=window) == square(1, 0, 2).bounds
        assert find_window_transform(raster.transform, window=window)[2::3] == (501_000, 4_403_000)


def test_outside_is_unknown(tmp_path):
    with open_raster(write_tif(tmp_path / "a.tif", NINE, transform=AT)) as raster:
        assert find_window(raster, bounds=square(1, 1).bounds, margin_cells=2) == Window(
            -1, -1, 5, 5
        )
        values = read_window(raster, window=Window(-1, -1, 5, 5))
        assert np.isnan(values).sum() == 16
        assert np.array_equal(values[1:4, 1:4], NINE)
        far = read_window(raster, window=Window(100, 100, 2, 2))
        assert np.isnan(far).all()
        assert clip_window(raster, window=Window(100, 100, 2, 2)) is None


def test_rows_from_south_to_north(tmp_path):
    south_up = (1000.0, 0.0, 500_000.0, 0.0, 1000.0, 4_400_000.0)
    write_tif(tmp_path / "s.tif", NINE[::-1], transform=south_up)
    with open_raster(tmp_path / "s.tif") as raster:
        assert raster.transform == AT
        assert np.array_equal(read_window(raster, window=Window(0, 0, 3, 3)), NINE)
        assert read_window(raster, window=Window(0, 1, 1, 2)).tolist() == [[2, 3]]
    assert sums(tmp_path / "s.tif", square(0.5, 0, 1)).people[0] == pytest.approx(1.5)


@pytest.mark.parametrize("missing", [-9999.0, -32768.0, np.nan, 0.0])
@pytest.mark.parametrize("tagged", [True, False])
def test_nodata_is_unknown(tmp_path, missing, tagged):
    values = NINE.copy()
    values[1, 1] = missing
    path = write_tif(tmp_path / "n.tif", values, transform=AT, nodata=missing if tagged else None)
    with open_raster(path, nodata=None if tagged else missing) as raster:
        got = read_window(raster, window=Window(0, 0, 3, 3))
    assert np.isnan(got).sum() == 1
    assert np.isnan(got[1, 1])


def test_infinity_is_unknown(tmp_path):
    values = NINE.copy()
    values[0] = np.inf
    with open_raster(write_tif(tmp_path / "i.tif", values, transform=AT)) as raster:
        assert np.isnan(read_window(raster, window=Window(0, 0, 3, 3))).sum() == 3


def test_scale_and_offset_after_nodata(tmp_path):
    values = np.array([[0, 10, -9999]], dtype=np.int16)
    path = write_tif(
        tmp_path / "s.tif", values, transform=AT, nodata=-9999, scale=0.1, offset=100.0
    )
    with open_raster(path) as raster:
        got = read_window(raster, window=Window(0, 0, 1, 3), dtype=np.float64)
    assert got[0, :2] == pytest.approx([100.0, 101.0])
    assert np.isnan(got[0, 2])


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 200))
def test_blocks_cover_once(rows, cols, most):
    seen = np.zeros((rows, cols), dtype=int)
    for block in cut_blocks(Window(3, -2, rows, cols), most_cells=most):
        assert block.cells <= most
        top, left = block.row - 3, block.col + 2
        seen[top : top + block.rows, left : left + block.cols] += 1
    assert (seen == 1).all()


# Sums within zones


def test_square_shifted_by_half_a_cell(tmp_path):
    path = write_tif(tmp_path / "a.tif", NINE, transform=AT)
    # A quarter each of 1, 2, 4 and 5.
    got = sums(path, square(0.5, 0.5), square(1, 1), square(0, 0, 3), shapely.Polygon())
    assert got.people == pytest.approx([3.0, 5.0, 45.0, 0.0])
    # A UTM plane within 0.04 % of the ellipsoid: shares are of the true area.
    assert got.coverage[:3] == pytest.approx([1, 1, 1], abs=1e-6)
    assert np.isnan(got.coverage[3])


def test_overlapping_zones_are_summed_apart(tmp_path):
    path = write_tif(tmp_path / "a.tif", NINE, transform=AT)
    assert sums(path, square(0, 0, 2), square(1, 1, 2)).people == pytest.approx([12.0, 28.0])


def test_multipolygon_with_a_hole(tmp_path):
    path = write_tif(tmp_path / "a.tif", NINE, transform=AT)
    ring = square(0, 0, 3).difference(square(1, 1))
    both = shapely.MultiPolygon([square(0, 0), square(2, 2)])
    assert sums(path, ring, both).people == pytest.approx([40.0, 10.0])


def test_what_overlaying_leaves_counts_only_with_its_areas(tmp_path):
    path = write_tif(tmp_path / "a.tif", NINE, transform=AT)
    edge = shapely.LineString([(5e5, 4.4e6), (503_000, 4.4e6)])
    mixed = shapely.GeometryCollection([square(1, 1), edge, shapely.Point(5e5, 4.4e6)])
    assert sums(path, mixed, edge, shapely.GeometryCollection()).people.tolist() == [5, 0, 0]


def test_zone_half_outside_is_half_covered(tmp_path):
    path = write_tif(tmp_path / "a.tif", NINE, transform=AT)
    half = sums(path, square(-1.5, 0, 3), square(50, 50))
    assert half.people == pytest.approx([1 + 4 + 7 + 0.5 * (2 + 5 + 8), 0.0])
    assert half.coverage == pytest.approx([0.5, 0.0], abs=1e-4)
    assert half.on_raster == pytest.approx([0.5, 0.0], abs=1e-4)


def test_nodata_within_is_not_covered_but_on_the_raster(tmp_path):
    values = NINE.copy()
    values[:, 0] = -1
    path = write_tif(tmp_path / "a.tif", values, transform=AT, nodata=-1)
    got = sums(path, square(0, 0, 3))
    assert got.people == pytest.approx([33.0])
    assert got.coverage == pytest.approx([2 / 3], abs=1e-4)
    assert got.on_raster == pytest.approx([1.0])
    assert got.negative == 0


def test_negative_people_are_unknown_and_counted(tmp_path):
    values = NINE.copy()
    values[0, 0] = -200
    got = sums(write_tif(tmp_path / "a.tif", values, transform=AT), square(0, 0, 3))
    assert got.people == pytest.approx([44.0])
    assert got.negative == 1
    assert got.coverage == pytest.approx([8 / 9], abs=1e-4)


def test_density_times_true_area(tmp_path):
    path = write_tif(tmp_path / "d.tif", np.full((3, 3), 50.0), transform=AT)
    # On the central meridian UTM is 0.9996 true: 9 km2 of map are 9 / 0.9996 ** 2 km2 of land.
    got = sums(path, square(0, 0, 3), kind="density")
    assert got.people == pytest.approx([50 * 9 / 0.9996**2], rel=1e-6)


def test_density_in_degrees_by_row(tmp_path):
    path = write_tif(
        tmp_path / "d.tif", np.full((60, 60), 10.0),
        transform=(1 / 60, 0, 46, 0, -1 / 60, 60), crs="EPSG:4326",
    )  # fmt: skip
    zone = shapely.segmentize(shapely.box(46, 59, 47, 60), 0.001)
    area_km2 = abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(zone)[0]) / 1e6
    got = sums(path, zone, kind="density", crs=DEGREES)
    assert got.people == pytest.approx([10 * area_km2], rel=1e-5)
    assert got.coverage == pytest.approx([1.0])
    assert sums(path, zone, crs=DEGREES).people == pytest.approx([36_000.0])


@pytest.mark.parametrize(
    ("crs", "transform"),
    [
        ("EPSG:3857", (1000.0, 0, 5_200_000, 0, -1000.0, 4_870_000)),
        ("EPSG:2225", (3000.0, 0, 6_500_000, 0, -3000.0, 2_100_000)),  # US survey feet
        ("EPSG:3413", (1000.0, 0, 100_000, 0, -1000.0, -600_000)),
    ],
)
def test_cell_areas_on_the_ellipsoid(tmp_path, crs, transform):
    path = write_tif(
        tmp_path / "a.tif", np.zeros((70, 50), np.float32), transform=transform, crs=crs
    )
    with open_raster(path) as raster:
        got = measure_cell_areas(raster, window=Window(0, 0, 70, 50))
        assert got.shape == (70, 50)
        to_lonlat = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
        for row, col in [(0, 0), (33, 27), (69, 49)]:
            corners = shapely.box(
                *find_window_bounds(raster.transform, window=Window(row, col, 1, 1))
            )
            lonlat = shapely.transform(
                shapely.segmentize(corners, 100), to_lonlat.transform, interleaved=False
            )
            true = abs(pyproj.Geod(ellps="WGS84").geometry_area_perimeter(lonlat)[0]) / 1e6
            assert got[row, col] == pytest.approx(true, rel=2e-5)


def test_zones_in_another_crs_find_their_people(tmp_path):
    rng = np.random.default_rng(5)
    path = write_tif(
        tmp_path / "p.tif", rng.random((120, 120)),
        transform=(0.01, 0, 46, 0, -0.01, 41), crs="EPSG:4326",
    )  # fmt: skip
    zone = shapely.box(46.33, 40.04, 46.87, 40.71)
    to_utm = pyproj.Transformer.from_crs(DEGREES, UTM, always_xy=True)
    in_utm = shapely.transform(shapely.segmentize(zone, 0.01), to_utm.transform, interleaved=False)
    direct, moved = sums(path, zone, crs=DEGREES), sums(path, in_utm)
    assert direct.people[0] == pytest.approx(rng_sum(path, zone), rel=1e-9)
    assert moved.people == pytest.approx(direct.people, rel=1e-5)
    assert moved.coverage == pytest.approx([1.0])


def rng_sum(path, zone):
    """Cells wholly inside a zone whose edges fall on cell edges."""
    with rasterio.open(path) as file:
        row, col = file.index(zone.bounds[0], zone.bounds[3], op=float)
        last_row, last_col = file.index(zone.bounds[2], zone.bounds[1], op=float)
        return file.read(1)[round(row) : round(last_row), round(col) : round(last_col)].sum()


def test_long_edges_follow_the_zone_not_the_raster(tmp_path):
    # In LAEA about 60 N an edge of 600 km bulges by kilometres against degrees.
    laea = pyproj.CRS("+proj=laea +lat_0=60 +lon_0=30 +ellps=WGS84")
    path = write_tif(
        tmp_path / "p.tif", np.full((200, 300), 7.0),
        transform=(0.1, 0, 15, 0, -0.1, 70), crs="EPSG:4326",
    )  # fmt: skip
    zone = shapely.box(-300_000, -200_000, 300_000, 200_000)
    got = sums(path, zone, kind="density", crs=laea)
    assert got.people == pytest.approx([7 * 600 * 400], rel=1e-4)


@pytest.mark.parametrize("west", [179.0, -181.0, -180.0])
def test_zone_across_the_antimeridian(tmp_path, west):
    laea = pyproj.CRS("+proj=laea +lat_0=65 +lon_0=180 +ellps=WGS84")
    cols = 3600 if west == -180.0 else 20
    path = write_tif(
        tmp_path / "p.tif", np.full((40, cols), 3.0),
        transform=(0.1, 0, west, 0, -0.1, 67), crs="EPSG:4326",
    )  # fmt: skip
    got = sums(path, shapely.box(-20_000, -30_000, 20_000, 30_000), kind="density", crs=laea)
    assert got.people == pytest.approx([3 * 40 * 60], rel=1e-3)
    assert got.coverage == pytest.approx([1.0], abs=1e-3)


def test_zone_with_a_pole_is_refused_in_degrees(tmp_path):
    polar = pyproj.CRS("EPSG:3413")
    path = write_tif(
        tmp_path / "p.tif", np.ones((10, 360)), transform=(1, 0, -180, 0, -1, 90), crs="EPSG:4326"
    )
    with pytest.raises(RasterError, match="holds a pole"):
        sums(path, shapely.box(-1e5, -1e5, 1e5, 1e5), crs=polar)


def test_exact_sums_agree_with_fine_sampling(tmp_path):
    rng = np.random.default_rng(11)
    values = rng.random((12, 12))
    path = write_tif(tmp_path / "p.tif", values, transform=(1000, 0, 5e5, 0, -1000, 4_412_000))
    zone = shapely.Point(506_200, 4_405_700).buffer(3_700, quad_segs=64)
    fine = 100  # samples a cell and side
    at = (np.arange(12 * fine) + 0.5) * (1000 / fine)
    x, y = np.meshgrid(5e5 + at, 4_412_000 - at)
    within = shapely.contains_xy(zone, x, y).reshape(12, fine, 12, fine).mean(axis=(1, 3))
    assert sums(path, zone).people[0] == pytest.approx((within * values).sum(), rel=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.1, 2.9), st.floats(0.1, 2.9))
def test_parts_add_up_to_the_whole(tmp_path_factory, x, y):
    path = tmp_path_factory.mktemp("p") / "a.tif"
    write_tif(path, NINE, transform=AT)
    left, upper = 500_000 + 1000 * x, 4_400_000 + 1000 * y
    whole = square(0, 0, 3)
    parts = [
        shapely.intersection(whole, shapely.box(*box))
        for box in [
            (0, 0, left, upper), (left, 0, 1e7, upper),
            (0, upper, left, 1e7), (left, upper, 1e7, 1e7),
        ]
    ]  # fmt: skip
    assert sums(path, *parts).people.sum() == pytest.approx(45.0)


def test_counts_that_look_like_densities_are_doubted(tmp_path):
    # 8,000 people per km2 on cells of a hectare, taken for 8,000 people per cell.
    city = write_tif(
        tmp_path / "c.tif", np.full((3, 3), 8000.0), transform=(100, 0, 5e5, 0, -100, 4.4e6)
    )
    zone = shapely.box(5e5, 4.4e6 - 300, 5e5 + 300, 4.4e6)
    with open_raster(city) as raster:
        array = np.array([zone])
        wrong = sum_zones(raster, zones=array, zones_crs=UTM, kind="count")
        right = sum_zones(raster, zones=array, zones_crs=UTM, kind="density")
        assert "densities?" in doubt_kind(raster, sums=wrong, kind="count")
        assert doubt_kind(raster, sums=right, kind="density") == ""


def test_the_countryside_betrays_densities_by_its_mean(tmp_path):
    # 60 per km2 everywhere: no cell is too dense as a count, the land as a whole is.
    land = write_tif(
        tmp_path / "c.tif", np.full((300, 300), 60.0), transform=(100, 0, 5e5, 0, -100, 4.4e6)
    )
    zone = shapely.box(5e5, 4.4e6 - 30_000, 5e5 + 30_000, 4.4e6)
    with open_raster(land) as raster:
        got = sum_zones(raster, zones=np.array([zone]), zones_crs=UTM, kind="count")
        assert "5,995" in doubt_kind(raster, sums=got, kind="count")


@pytest.mark.parametrize(
    ("kind", "text", "doubted"),
    [
        ("count", "people per km2", True),
        ("count", "Population density", True),
        ("count", "people per pixel", False),
        ("density", "people per pixel", True),
        ("density", "people per sq km", False),
    ],
)
def test_the_files_own_words_are_heard(tmp_path, kind, text, doubted):
    path = write_tif(tmp_path / "w.tif", NINE, transform=AT, description=text)
    with open_raster(path) as raster:
        got = sum_zones(raster, zones=np.array([square(0, 0, 3)]), zones_crs=UTM, kind=kind)
        assert bool(doubt_kind(raster, sums=got, kind=kind)) is doubted


def test_people_points_keep_people_and_their_places(tmp_path):
    rng = np.random.default_rng(2)
    values = rng.random((50, 70))
    values[:10] = np.nan
    path = write_tif(tmp_path / "p.tif", values, transform=(100, 0, 5e5, 0, -100, 4.405e6))
    area = shapely.box(5e5, 4.4e6, 507_000, 4_405_000)
    with open_raster(path) as raster:
        xy, people = place_people_points(raster, area=area, area_crs=UTM, kind="count", most=100)
    assert len(people) <= 120
    assert people.sum() == pytest.approx(np.nansum(values))
    assert shapely.contains_xy(area, xy[:, 0], xy[:, 1]).all()
    # As good as the places of as many people drawn at random, or better.
    col, row = np.arange(70), np.arange(50)[:, np.newaxis]
    for axis, place in ((0, 5e5 + 100 * (col + 0.5)), (1, 4.405e6 - 100 * (row + 0.5))):
        expected = np.nansum(values * place) / np.nansum(values)
        mean = (xy[:, axis] * people).sum() / people.sum()
        assert mean == pytest.approx(expected, abs=2000 / np.sqrt(len(people)))


def test_people_points_enter_a_zone_little_by_little(tmp_path):
    """An even density under a moving edge: never more than a fraction of a row too many."""
    path = write_tif(
        tmp_path / "p.tif", np.ones((400, 400)), transform=(100, 0, 5e5, 0, -100, 4.44e6)
    )
    area = shapely.box(5e5, 4.4e6, 540_000, 4_440_000)
    with open_raster(path) as raster:
        xy, people = place_people_points(raster, area=area, area_crs=UTM, kind="count", most=1600)
    assert len(people) == 1600  # blocks of 1 km
    for axis, start in ((0, 5e5), (1, 4.4e6)):
        for edge in np.arange(5_000, 35_000, 130):
            inside = people[xy[:, axis] < start + edge].sum()
            assert inside == pytest.approx(400 * edge / 100, abs=0.15 * 400 * 10)


# Output


def make(dtype=np.uint16, bands=2, size=700):
    row, col = np.indices((size, size))
    return RasterResult(
        bands={f"band{n}": (row * n + col).astype(dtype) for n in range(1, bands + 1)},
        transform=(30.0, 0.0, 5e5, 0.0, -30.0, 4.4e6),
        crs="EPSG:32638",
    )


def test_written_cog_reads_back(tmp_path):
    result = make()
    path = tmp_path / "sight.tif"
    write_cog(
        path, result=result, date=dt.date(2020, 11, 10), tags={"source": "a test"}, nodata=65535
    )
    with rasterio.open(path) as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.overviews(1)
        assert file.descriptions == ("band1", "band2")
        assert file.dtypes == ("uint16", "uint16")
        assert file.nodata == 65535
        assert file.crs.to_epsg() == 32638
        assert file.tags()["source"] == "a test"
        assert file.tags()["TIFFTAG_DATETIME"].startswith("2020:11:10")
        assert np.array_equal(file.read(2), result.bands["band2"])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.float32])
def test_same_bytes_every_time(tmp_path, dtype):
    for name in ("a.tif", "b.tif"):
        write_cog(
            tmp_path / name,
            result=make(dtype),
            date=dt.date(2020, 11, 10),
            tags={"b": "2", "a": "1"},
        )
    hashes = {hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()}
    assert len(hashes) == 1
    assert len(list(tmp_path.iterdir())) == 2  # and nothing is left beside them


def test_colours(tmp_path):
    write_cog(
        tmp_path / "c.tif", result=make(np.uint8, bands=1), date=dt.date(2020, 1, 1),
        colours={0: (0, 0, 0, 0), 1: (10, 20, 30, 255)},
    )  # fmt: skip
    with rasterio.open(tmp_path / "c.tif") as file:
        assert file.colormap(1)[1] == (10, 20, 30, 255)


def test_bands_that_differ_are_refused(tmp_path):
    bands = {"a": np.zeros((2, 2), np.uint8), "b": np.zeros((2, 3), np.uint8)}
    result = RasterResult(bands=bands, transform=AT, crs="EPSG:32638")
    with pytest.raises(OutputError, match="several shapes"):
        write_cog(tmp_path / "x.tif", result=result, date=dt.date(2020, 1, 1))


def test_output_that_cannot_be_written(tmp_path):
    with pytest.raises(OutputError, match=r"no_such.*cannot be written"):
        write_cog(tmp_path / "no_such" / "x.tif", result=make(size=8), date=dt.date(2020, 1, 1))
