"""Errors along a line: their variance and correlation, what coincides, what is told for true."""

import math

import numpy as np
import pytest

from frontline.uncertainty.noise import (
    Chain,
    divide_waves,
    draw_errors,
    estimate_true_shares,
    make_hashed_normals,
    make_smoothing_matrix,
    place_nodes,
)


def chain_of(xy, *, closed=False, hand=1.0):
    xy = np.asarray(xy, dtype=float)
    at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    return Chain(xy, at, float(at[-1]), closed, hand)


STRAIGHT = chain_of([(0.0, 0.0), (100_000.0, 0.0)])


def drawn(chain, at_m, count=4_000, correlation_m=5_000.0, **changed):
    settings = {"correlation_m": correlation_m, "seed": 1, "key": ""} | changed
    return draw_errors(chain, at_m=np.asarray(at_m, dtype=float), draws=count, **settings)


@pytest.mark.parametrize("correlation_m", [1_000.0, 5_000.0, 20_000.0])
def test_errors_have_the_stated_variance_and_correlation_up_to_the_ends(correlation_m):
    for start in (0.0, 50_000.0):
        at = start + correlation_m * np.array([0.0, 0.5, 1.0, 2.0, 4.0])
        at = np.minimum(at, 100_000.0)
        errors = drawn(STRAIGHT, at, correlation_m=correlation_m)
        assert errors.std(axis=0) == pytest.approx(np.ones(5), abs=0.05)
        expected = np.exp(-(((at - start) / correlation_m) ** 2))
        found = [np.corrcoef(errors[:, 0], column)[0, 1] for column in errors.T]
        assert found == pytest.approx(expected, abs=0.06)


def test_an_endless_correlation_moves_all_alike():
    errors = drawn(STRAIGHT, [0.0, 40_000.0, 100_000.0], correlation_m=math.inf)
    assert (errors == errors[:, :1]).all()
    assert errors[:, 0].std() == pytest.approx(1.0, abs=0.05)


def test_a_ring_ends_as_it_begins():
    turn = np.linspace(0.0, 2.0 * np.pi, 400)
    ring = 20_000.0 * np.column_stack([np.cos(turn), np.sin(turn)])
    ring[-1] = ring[0]
    chain = chain_of(ring, closed=True)
    errors = drawn(chain, [0.0, chain.length_m], count=500)
    assert errors[:, 0] == pytest.approx(errors[:, 1], abs=1e-6)
    small = chain_of(ring / 100.0, closed=True)
    assert drawn(small, [0.0, small.length_m / 2], count=2_000).std(axis=0) == pytest.approx(
        [1.0, 1.0], abs=0.06
    )


def test_lines_that_coincide_share_their_error_and_others_do_not():
    longer = chain_of([(-30_000.0, 0.0), (50_000.0, 0.0), (50_000.0, 70_000.0)])
    here = drawn(STRAIGHT, [20_000.0], count=1_000)[:, 0]
    there = drawn(longer, [50_000.0], count=1_000)[:, 0]
    assert there == pytest.approx(here, abs=0.02)
    apart = drawn(STRAIGHT, [90_000.0], count=1_000)[:, 0]
    assert abs(np.corrcoef(apart, drawn(longer, [140_000.0], count=1_000)[:, 0])[0, 1]) < 0.12
    other = drawn(STRAIGHT, [20_000.0], count=1_000, key="another")[:, 0]
    assert abs(np.corrcoef(here, other)[0, 1]) < 0.12


def test_the_first_draws_are_the_same_however_many_follow():
    few, many = (drawn(STRAIGHT, [0.0, 5e3], count=count) for count in (3, 50))
    assert (few == many[:3]).all()
    assert (drawn(STRAIGHT, [0.0], count=3, seed=2) != few[:, :1]).all()


def test_hashed_numbers_are_normal_and_know_their_cell():
    cells = np.stack(np.meshgrid(np.arange(-50, 50), np.arange(-50, 50)), -1).reshape(-1, 2)
    numbers = make_hashed_normals(cells, draws=20, seed=7, key="")
    assert numbers.mean() == pytest.approx(0.0, abs=0.01)
    assert numbers.std() == pytest.approx(1.0, abs=0.01)
    assert np.mean(numbers**4) == pytest.approx(3.0, abs=0.1)
    beside = np.corrcoef(numbers[:-1].ravel(), numbers[1:].ravel())[0, 1]
    assert beside == pytest.approx(0.0, abs=0.01)
    assert len(np.unique(numbers)) == numbers.size


@pytest.mark.parametrize("closed", [False, True])
def test_smoothing_keeps_what_is_smooth(closed):
    count = 80
    matrix = make_smoothing_matrix(count, step_m=500.0, width_m=4_000.0, closed=closed)
    assert matrix.sum(axis=1) == pytest.approx(np.ones(count))
    if not closed:
        at = np.arange(count) * 500.0
        for power in (1, 2):
            assert matrix @ at**power == pytest.approx(at**power, rel=1e-4, abs=1.0)
    rough = np.where(np.arange(count) % 2, 1.0, -1.0)
    assert np.abs(matrix @ rough)[5:-5].max() < 0.1


def shares_of(bends, sigma_m=1_000.0, length_m=200_000.0, correlation_m=5_000.0):
    """Shares of the bends of a line along x that are taken for true."""
    chain = chain_of([(0.0, 0.0), (length_m, 0.0)])
    at = place_nodes(chain, correlation_m=correlation_m)
    errors = drawn(chain, at, count=200, correlation_m=correlation_m)
    xy = np.column_stack([at, bends(at)])
    waves = divide_waves(chain, xy=xy, errors_m=sigma_m * errors, correlation_m=correlation_m)
    assert waves.offsets(waves.errors) + waves.rest == pytest.approx(sigma_m * errors)
    shares, generalised = estimate_true_shares([waves])
    return shares[0], generalised


@pytest.mark.parametrize("closed", [False, True])
def test_waves_add_up_to_the_bends(closed):
    turn = np.linspace(0.0, 2.0 * np.pi, 201)
    xy = 30_000.0 * np.column_stack([np.cos(turn), np.sin(turn)])
    if not closed:
        xy = np.column_stack([30_000.0 * turn, 2_000.0 * np.sin(5.0 * turn)])
    xy[-1] = xy[0] if closed else xy[-1]
    chain = Chain(xy, np.linspace(0.0, 188_000.0, 201), 188_000.0, closed, 1.0)
    errors = np.sin(np.outer([1.0, 3.0, 8.0], turn))
    waves = divide_waves(chain, xy=xy, errors_m=errors, correlation_m=5_000.0)
    assert waves.offsets(waves.errors) + waves.rest == pytest.approx(errors)
    bends = waves.offsets(waves.bends)
    assert bends.shape == (201,)
    # A circle has no bends beside its course; a sine of two kilometres has those.
    assert np.abs(bends).max() == pytest.approx(0.0 if closed else 2_000.0, abs=300.0)


def test_one_long_wave_is_believed_nearly_whole():
    """Its neighbours in length take nothing of it: a sine of 24 km keeps its crests."""
    chain = chain_of([(0.0, 0.0), (200_000.0, 0.0)])
    kept = []
    for seed in range(20):

        def bends(at, seed=seed):
            wave = 3_000.0 * np.sin(2.0 * np.pi * at / 24_000.0)
            return wave + 1_000.0 * drawn(chain, at, count=1, seed=200 + seed)[0]

        shares, _ = shares_of(bends)
        kept.append(shares[int(2 * 200_000 / 24_000)])
    assert np.mean(kept) > 0.92


def test_bends_that_error_alone_explains_are_not_believed():
    chain = chain_of([(0.0, 0.0), (200_000.0, 0.0)])
    believed = []
    for seed in range(40):
        shares, generalised = shares_of(
            lambda at, seed=seed: 1_000.0 * drawn(chain, at, count=1, seed=100 + seed)[0]
        )
        assert not generalised
        believed.append(shares)
    assert np.mean(believed) < 0.06


def test_bends_far_beyond_the_error_are_true():
    shares, generalised = shares_of(lambda at: 10_000.0 * np.sin(at / 8_000.0))
    assert shares.max() > 0.95
    assert not generalised


def test_a_line_smoother_than_its_error_is_generalised():
    shares, generalised = shares_of(lambda at: 0.0 * at)
    assert generalised
    assert (shares == 1.0).all()
