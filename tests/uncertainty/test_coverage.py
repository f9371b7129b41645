"""Intervals hold the truth: the bench, with a few maps."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely
from scipy.stats import binom

BENCH = Path(__file__).parents[1] / "bench" / "bench_coverage.py"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench_coverage", BENCH)
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def least_share(maps):
    """Percent of maps that intervals of a true 95 % hold but once in ten thousand times."""
    return 100.0 * binom.ppf(1e-4, maps, 0.95) / maps


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "maps"), [("straight", 12), ("sine", 12)])
def test_intervals_of_a_few_maps_hold_the_truth(bench, shape, maps):
    """Percentiles of copies, the plain way, held land and length of a straight line in no map."""
    outcomes = bench.trials(shape, 5_000.0, maps=maps, draws=30, first=40_000)
    figures = bench.coverage_of(outcomes)
    assert len(figures) == len(bench.MEASURED) + len(bench.COUNTED)
    for name, row in figures.items():
        assert row["inside"] == 1.0, name
        assert row["coverage"] >= least_share(maps), name


@pytest.mark.slow
def test_what_did_not_move_does_not_come_back(bench):
    maps = 6
    figures = bench.coverage_of(bench.changed_trials(0.9, 5_000.0, maps=maps, draws=30))
    assert figures["land gone back"]["coverage"] >= least_share(maps)
    assert figures["land gone back"]["half"] < 5.0
    assert figures["land that went over"]["coverage"] >= least_share(maps)
    assert figures["land that went over"]["inside"] == 1.0


def test_copies_spread_as_maps_of_the_line_do(bench):
    """Bends of the smooth line have the variance of the true ones: zones spread with them."""
    true, area = bench.true_line("sine", 5_000.0), bench.study_area("sine")
    kept = []
    for number in range(6):
        drawn = bench.front_of(bench.map_of(true, 5_000.0, 50_000 + number), area, 5_000.0)
        copies = bench.displace_front(drawn, area=area, draws=40, seed=1)
        kept.append(copies.copy("smooth", 0).line.length / shapely.LineString(true).length)
    assert np.mean(kept) == pytest.approx(1.0, abs=0.02)
