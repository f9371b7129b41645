"""Highest cells within a radius, against all cells of the disc at once."""

import numpy as np
import pytest
from scipy.ndimage import maximum_filter

from frontline.elevation.terrain import find_highest_within


@pytest.mark.parametrize("step_m", [(100.0, 100.0), (90.0, 130.0), (500.0, 40.0)])
@pytest.mark.parametrize("radius_m", [0.0, 99.0, 100.0, 500.0, 731.0, 90_000.0])
def test_a_disc_is_a_stack_of_rows(step_m, radius_m):
    values = np.random.default_rng(1).normal(size=(37, 53))
    values[3:5, 7:30] = -np.inf
    reach = [min(int(radius_m / step), 60) for step in step_m]
    north, east = (np.arange(-cells, cells + 1) for cells in reach)
    disc = np.hypot(north[:, None] * step_m[0], east * step_m[1]) <= radius_m
    expected = maximum_filter(values, footprint=disc, mode="constant", cval=-np.inf)
    np.testing.assert_array_equal(
        find_highest_within(values, step_m=step_m, radius_m=radius_m), expected
    )
