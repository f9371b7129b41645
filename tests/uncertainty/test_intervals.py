import math

import numpy as np
import pytest

from frontline.uncertainty.intervals import (
    SIGMAS,
    correlated_noise,
    generator,
    interval,
)


def generators(count, seed=1, key="line"):
    return [generator(seed, key, draw) for draw in range(count)]


def noise(at_m, count=4_000, **kwargs):
    settings = {"length_m": 100_000.0, "correlation_m": 5_000.0} | kwargs
    return correlated_noise(np.asarray(at_m, float), generators(count), **settings)


def test_noise_has_unit_variance_everywhere_also_at_the_ends():
    drawn = noise([0, 1, 617, 1_250, 50_000, 99_999, 100_000])
    assert drawn.mean(axis=0) == pytest.approx(np.zeros(7), abs=0.06)
    assert drawn.std(axis=0) == pytest.approx(np.ones(7), abs=0.04)


@pytest.mark.parametrize("apart_m", [0.0, 1_000.0, 2_500.0, 5_000.0, 10_000.0, 40_000.0])
def test_the_correlation_is_that_of_the_definition(apart_m):
    drawn = noise([31_234.0, 31_234.0 + apart_m])
    found = np.corrcoef(drawn.T)[0, 1]
    assert found == pytest.approx(math.exp(-((apart_m / 5_000) ** 2)), abs=0.04)


def test_noise_is_smooth_between_its_nodes():
    at = np.arange(0, 50_000, 10.0)
    drawn = noise(at, count=20)
    # The slope of such noise is sqrt(2) / correlation_m on average, never a jump.
    assert np.abs(np.diff(drawn, axis=1)).max() < 10 * 5 * math.sqrt(2) / 5_000


def test_infinite_correlation_moves_all_alike():
    drawn = noise([0, 40_000, 100_000], count=500, correlation_m=math.inf)
    assert (drawn == drawn[:, :1]).all()
    assert drawn.std() == pytest.approx(1, abs=0.1)


def test_a_ring_meets_its_own_beginning():
    drawn = noise([0, 20_000 - 1e-6, 10_000], length_m=20_000.0, closed=True)
    assert drawn[:, 0] == pytest.approx(drawn[:, 1], abs=1e-6)
    assert drawn.std(axis=0) == pytest.approx(np.ones(3), abs=0.04)
    assert abs(np.corrcoef(drawn[:, [0, 2]].T)[0, 1]) < 0.1


def test_a_tiny_ring_is_still_drawn():
    drawn = noise([0, 50, 100], length_m=150.0, closed=True, count=50)
    assert np.isfinite(drawn).all()


def test_draws_do_not_depend_on_their_number_and_lines_are_independent():
    few, many = noise([0, 5], count=10), noise([0, 5], count=100)
    assert (few == many[:10]).all()
    other = correlated_noise(
        np.array([0.0]), generators(2_000, key="other"), length_m=1e5, correlation_m=5e3
    )
    same = noise([0.0], count=2_000)
    assert abs(np.corrcoef(other[:, 0], same[:, 0])[0, 1]) < 0.07


def test_another_seed_draws_otherwise_and_the_same_seed_alike():
    assert generator(1, "a", 0).standard_normal() == generator(1, "a", 0).standard_normal()
    assert generator(1, "a", 0).standard_normal() != generator(2, "a", 0).standard_normal()
    assert generator(1, "a", 0).standard_normal() != generator(1, "a", 1).standard_normal()


def test_the_interval_holds_95_percent_of_the_draws():
    assert interval(np.arange(1001.0)) == pytest.approx((25.0, 975.0))
    normal = np.random.default_rng(0).standard_normal(100_000)
    assert interval(normal) == pytest.approx((-SIGMAS, SIGMAS), abs=0.02)


def test_an_interval_of_coarse_draws_is_moved_to_the_exact_figure():
    assert interval([9.0, 10.0, 11.0], central=20.0, coarse=10.0) == pytest.approx((19.05, 20.95))


@pytest.mark.parametrize("drawn", [[], [1.0, math.nan]])
def test_no_interval_of_nothing(drawn):
    assert all(math.isnan(end) for end in interval(drawn))
