"""Local relief: one figure, whoever asks, and that of a naive window."""

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from frontline.elevation.dem import Dem
from frontline.elevation.terrain import measure_relief, measure_relief_of_cells, read_ground
from frontline.geo.projection import plane_around
from frontline.raster.grid import measure_row_steps

GRIDS = {
    "metres": ("EPSG:32638", (250.0, 0.0, 500_000.0, 0.0, -200.0, 4_500_000.0)),
    "degrees": ("EPSG:4326", (0.004, 0.0, 46.0, 0.0, -0.003, 62.0)),
    "far north": ("EPSG:4326", (0.05, 0.0, 20.0, 0.0, -0.02, 79.0)),
}


def made(name, seed, shape=(41, 37)):
    crs, transform = GRIDS[name]
    rng = np.random.default_rng(seed)
    heights = np.cumsum(rng.normal(0.0, 40.0, shape), axis=1).astype(np.float32)
    heights[rng.random(shape) < 0.1] = np.nan
    heights[10:20, 5:15] = np.nan
    dy, dx = measure_row_steps(transform, crs=pyproj.CRS(crs), shape=shape)
    return Dem(heights, transform, crs, (float(dy[20]), float(dx[20])))


def naive(dem, row, col, radius_m):
    """Every cell of the grid, one after the other."""
    dy, dx = measure_row_steps(dem.transform, crs=pyproj.CRS(dem.crs), shape=dem.heights_m.shape)
    known = [
        float(height)
        for (there, aside), height in np.ndenumerate(dem.heights_m)
        if np.isfinite(height)
        and ((there - row) * dy[row]) ** 2 + ((aside - col) * dx[row]) ** 2 <= radius_m**2
    ]
    return max(known) - min(known) if known else np.nan


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(list(GRIDS)), st.integers(0, 999), st.sampled_from([900.0, 2_222.0, 7_000.0])
)
def test_all_who_ask_get_what_a_naive_window_gives(name, seed, radius_m):
    dem = made(name, seed)
    rng = np.random.default_rng(seed)
    row, col = rng.integers(0, 41, 12), rng.integers(0, 37, 12)
    expected = np.array([naive(dem, r, c, radius_m) for r, c in zip(row, col, strict=True)])
    cells = measure_relief_of_cells(dem, radius_m=radius_m)
    np.testing.assert_allclose(cells[row, col], expected, atol=1e-3)
    a, _, c, _, e, f = dem.transform
    # Anywhere in the cell.
    aside, down = rng.uniform(0.02, 0.98, (2, 12))
    xy = np.column_stack([c + a * (col + aside), f + e * (row + down)])
    at_points = measure_relief(dem, xy=xy, crs=pyproj.CRS(dem.crs), radius_m=radius_m)
    np.testing.assert_allclose(at_points, expected, atol=1e-3)


@pytest.mark.parametrize("most_cells", [500_000, 200])
def test_the_ground_of_a_side_has_the_same_relief(most_cells):
    dem = made("metres", 3)
    plane = plane_around([shapely.Point(45.0, 40.6)])
    ground = read_ground(dem, plane=plane, radius_m=3_000.0, most_cells=most_cells)
    side = 1 if most_cells > 2_000 else 3
    squares = measure_relief_of_cells(dem, radius_m=3_000.0, every=side)
    at = np.minimum(np.arange(0, 41, side) + side // 2, 40)
    across = np.minimum(np.arange(0, 37, side) + side // 2, 36)
    np.testing.assert_array_equal(
        squares, measure_relief_of_cells(dem, radius_m=3_000.0)[np.ix_(at, across)]
    )
    assert set(ground.relief_m.tolist()) <= set(squares.ravel().tolist())
    back = pyproj.Transformer.from_crs(plane.crs, dem.crs, always_xy=True)
    if side == 1:
        xy = np.column_stack(back.transform(*ground.xy.T))
        found = measure_relief(dem, xy=xy, crs=pyproj.CRS(dem.crs), radius_m=3_000.0)
        np.testing.assert_array_equal(ground.relief_m, found)


def test_more_radius_is_never_less_relief_and_a_plain_has_none():
    dem = made("degrees", 5)
    small, large = (measure_relief_of_cells(dem, radius_m=radius) for radius in (1_000.0, 3_000.0))
    both = np.isfinite(small)
    assert (large[both] >= small[both]).all()
    flat = Dem(np.full((9, 9), 7.0, np.float32), dem.transform, dem.crs, dem.step_m)
    assert (measure_relief_of_cells(flat, radius_m=2_000.0) == 0.0).all()
