"""Time on foot over terrain whose answers are known."""

import numpy as np
import pytest
from shapely import LineString

from frontline.elevation.dem import Dem
from frontline.errors import RasterError
from frontline.network.cost_distance import MOST_CELLS, find_walking_speed, find_walking_times

STEP = 100.0
LEVEL_KMH = 6.0 * np.exp(-3.5 * 0.05)


def dem(heights):
    heights = np.asarray(heights, dtype=np.float32)
    transform = (STEP, 0.0, 0.0, 0.0, -STEP, heights.shape[0] * STEP)
    return Dem(heights, transform, "EPSG:32638", (STEP, STEP))


def minutes(grid, start, end, **more):
    return find_walking_times(
        grid, origins_xy=np.array([start], float), targets_xy=np.array([end], float), **more
    )[0, 0]


def test_tobler_is_fastest_a_little_downhill():
    assert find_walking_speed(np.array([-0.05]))[0] == 6.0
    assert find_walking_speed(np.array([0.0]))[0] == pytest.approx(5.0367, abs=1e-4)
    assert find_walking_speed(np.array([0.3]))[0] < find_walking_speed(np.array([-0.3]))[0]


def test_a_kilometre_on_level_ground():
    flat = dem(np.zeros((5, 20)))
    expected = 1.0 / LEVEL_KMH * 60
    assert minutes(flat, (150, 250), (1150, 250)) == pytest.approx(expected)


def test_a_diagonal_is_as_long_as_it_is():
    flat = dem(np.zeros((20, 20)))
    expected = np.sqrt(2) / LEVEL_KMH * 60
    assert minutes(flat, (150, 150), (1150, 1150)) == pytest.approx(expected)


def test_up_takes_longer_than_down():
    slope = dem(np.tile(np.arange(20) * 20.0, (5, 1)))
    up, down = minutes(slope, (150, 250), (1150, 250)), minutes(slope, (1150, 250), (150, 250))
    assert up == pytest.approx(1.0 / find_walking_speed(np.array([0.2]))[0] * 60)
    assert down == pytest.approx(1.0 / find_walking_speed(np.array([-0.2]))[0] * 60)
    assert down < up


def test_a_line_is_a_barrier_and_one_walks_round_its_end():
    flat = dem(np.zeros((21, 21)))
    across = LineString([(1000, -10), (1000, 2200)])
    assert np.isinf(minutes(flat, (550, 1050), (1550, 1050), line=across))
    short = LineString([(1000, 0), (1000, 1500)])
    round_it = minutes(flat, (550, 1050), (1550, 1050), line=short)
    assert round_it > minutes(flat, (550, 1050), (1550, 1050))
    assert np.isfinite(round_it)


def test_unknown_ground_is_not_walked_on():
    heights = np.zeros((5, 20))
    heights[:, 10] = np.nan
    assert np.isinf(minutes(dem(heights), (150, 250), (1750, 250)))
    heights[2, 10] = 0.0
    assert np.isfinite(minutes(dem(heights), (150, 250), (1750, 250)))
    heights[2, 1] = np.nan
    assert np.isinf(minutes(dem(heights), (150, 250), (1750, 250)))


def test_a_place_off_the_grid_is_not_reached():
    assert np.isinf(minutes(dem(np.zeros((5, 5))), (50, 50), (5000, 50)))


def test_too_large_a_grid_is_refused():
    side = int(np.sqrt(MOST_CELLS)) + 1
    with pytest.raises(RasterError, match="too far to look for"):
        minutes(dem(np.zeros((side, side))), (50, 50), (150, 50))
