import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontline.uncertainty.intervals import (
    SIGMAS,
    UNSURE,
    UNSURE_FEW,
    Drawn,
    draw_noise,
    estimate_bias,
    make_generator,
    take_interval,
)


def generators(count, seed=1, key="line"):
    return [make_generator(seed, key=key, draw=draw) for draw in range(count)]


def noise(at_m, count=4_000, **kwargs):
    settings = {"length_m": 100_000.0, "correlation_m": 5_000.0} | kwargs
    return draw_noise(np.asarray(at_m, float), generators=generators(count), **settings)


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
    other = draw_noise(
        np.array([0.0]), generators=generators(2_000, key="other"), length_m=1e5, correlation_m=5e3
    )
    same = noise([0.0], count=2_000)
    assert abs(np.corrcoef(other[:, 0], same[:, 0])[0, 1]) < 0.07


def test_another_seed_draws_otherwise_and_the_same_seed_alike():
    assert (
        make_generator(1, key="a", draw=0).standard_normal()
        == make_generator(1, key="a", draw=0).standard_normal()
    )
    assert (
        make_generator(1, key="a", draw=0).standard_normal()
        != make_generator(2, key="a", draw=0).standard_normal()
    )
    assert (
        make_generator(1, key="a", draw=0).standard_normal()
        != make_generator(1, key="a", draw=1).standard_normal()
    )


def test_the_interval_of_a_count_holds_the_middle_of_the_lines():
    counts = Drawn(500.0, np.arange(1001.0), counted=True)
    # The 2.5 % point of 1,001 even numbers is the 25.05th of them: 475.95 below their median.
    reach = round(UNSURE_FEW * 475.95)
    assert take_interval(500.0, drawn=counts) == pytest.approx((500.0 - reach, 500.0 + reach))
    normal = np.random.default_rng(0).standard_normal(100_000)
    assert take_interval(0.0, drawn=Drawn(0.0, normal, counted=True)) == pytest.approx(
        (-SIGMAS, SIGMAS), abs=0.02
    )


def test_a_count_that_no_line_changes_is_sure():
    assert take_interval(7.0, drawn=Drawn(7.0, np.full(40, 7.0), counted=True)) == (7.0, 7.0)


def test_one_place_in_or_out_is_no_more_than_all_of_it():
    copies = np.repeat([0.0, 100.0], [60, 40])
    assert take_interval(0.0, drawn=Drawn(0.0, copies, counted=True)) == (0.0, 100.0)


def test_the_interval_of_a_measure_takes_the_bias_out():
    # Maps of a line of 100 km are 104 km long, give or take one: a map of 103 km tells 99 km.
    maps = 104.0 + np.random.default_rng(0).standard_normal(100_000)
    drawn = Drawn(100.0, maps)
    low, high = take_interval(103.0, drawn=drawn)
    assert low == pytest.approx(99.0 - UNSURE * SIGMAS, abs=0.02)
    assert high == 103.0  # never without the figure itself
    assert estimate_bias(drawn) == pytest.approx(4.0, abs=0.02)
    assert estimate_bias(replace(drawn, counted=True)) == 0.0


def test_few_copies_widen_the_interval_by_what_they_leave_open():
    """Of three copies the reach is Student's t of two degrees, and that of one more draw."""
    low, high = take_interval(0.0, drawn=Drawn(0.0, np.array([-1.0, 0.0, 1.0])))
    assert high == pytest.approx(UNSURE * 4.30265 * math.sqrt(4.0 / 3.0), rel=1e-5)
    assert low == -high


def test_a_figure_of_one_place_lies_between_two_estimates():
    maps, lines = 8.0 + np.array([-1.0, 0.0, 1.0]), 9.0 + np.array([-2.0, 0.0, 2.0])
    # Maps come out 2 too near, so 7.5 tells 9.5; the lines have 9.0 where the map has 7.5.
    beside = Drawn(7.5, lines, counted=True)
    low, high = take_interval(7.5, drawn=Drawn(10.0, maps, beside=beside))
    assert (low + high) / 2.0 == pytest.approx(9.25)
    alone = take_interval(7.5, drawn=Drawn(10.0, maps))
    assert high - low == pytest.approx(1.5 * (alone[1] - alone[0]))
    few = take_interval(7.5, drawn=Drawn(10.0, maps, unsure=UNSURE_FEW))
    assert few[1] - alone[1] == pytest.approx((UNSURE_FEW / UNSURE - 1.0) * (alone[1] - 9.5))


def test_coarse_copies_tell_differences_only():
    for counted in (False, True):
        copies = np.array([9.0, 10.0, 11.0])
        near = take_interval(10.0, drawn=Drawn(10.0, copies, counted=counted))
        far = take_interval(20.0, drawn=Drawn(10.0, copies, counted=counted))
        assert far == pytest.approx((near[0] + 10.0, near[1] + 10.0))


@pytest.mark.parametrize("copies", [[], [1.0], [1.0, math.nan]])
@pytest.mark.parametrize("counted", [False, True])
def test_no_interval_of_nothing(copies, counted):
    drawn = Drawn(1.0, np.array(copies), counted=counted)
    assert all(math.isnan(end) for end in take_interval(1.0, drawn=drawn))
    assert all(math.isnan(end) for end in take_interval(1.0, drawn=None))
    assert all(math.isnan(end) for end in take_interval(math.nan, drawn=Drawn(1.0, np.ones(3))))


@given(
    value=st.floats(0.0, 1e6),
    base=st.floats(-1e6, 1e6),
    copies=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50),
    counted=st.booleans(),
    whole=st.booleans(),
    local=st.booleans(),
)
def test_an_interval_holds_its_figure_and_stays_possible(
    value, base, copies, counted, whole, local
):
    values = np.round(copies) if whole else np.array(copies)
    beside = Drawn(base, values[::-1] / 2.0, counted=True) if local else None
    drawn = Drawn(base, values, counted=counted, beside=beside, unsure=UNSURE_FEW)
    low, high = take_interval(value, drawn=drawn, least=0.0, most=1e6)
    assert 0.0 <= low <= value <= high <= 1e6
