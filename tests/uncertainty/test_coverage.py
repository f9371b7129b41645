"""Intervals hold the truth: the bench, with a few maps."""

import pytest
from bench.bench_coverage import changed_trials, coverage_of, trials


@pytest.mark.slow
def test_intervals_of_a_few_maps_hold_the_truth():
    found = coverage_of(trials("straight", 5_000.0, maps=8, draws=40))
    assert all(row["inside"] == 1.0 for row in found.values())
    # Of 14 figures and 8 maps 95 % should hold; figures of one map go together.
    assert sum(row["coverage"] for row in found.values()) / len(found) > 85.0
    # What the old way made wrong in every map: percentiles of copies lay above the truth.
    assert found["land within 15 km"]["coverage"] > 70.0
    assert found["length"]["coverage"] > 70.0


@pytest.mark.slow
def test_what_did_not_move_does_not_come_back():
    found = coverage_of(changed_trials(0.9, 5_000.0, maps=6, draws=30))
    assert found["land gone back"]["coverage"] > 80.0
    assert found["land gone back"]["half"] < 5.0
    assert found["land that went over"]["inside"] == 1.0
