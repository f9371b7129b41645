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
@pytest.mark.parametrize(
    ("shape", "correlation_m"), [("straight", 2_000.0), ("sine", 5_000.0), ("circle", 20_000.0)]
)
def test_intervals_of_a_few_maps_hold_the_truth(bench, shape, correlation_m):
    """Percentiles of copies, the plain way, held land and length of a straight line in no map."""
    outcomes = list(bench.trials(shape, correlation_m, maps=30, draws=40, first=40_000))
    figures = bench.coverage_of(outcomes, bench.MEASURED + bench.COUNTED)
    for name, row in figures.items():
        assert row["inside"] == 1.0, name
        assert row["coverage"] >= least_share(len(outcomes)), name
    # Not by being wide: of thirty maps a few lie outside one interval or another.
    missed = sum(100.0 - row["coverage"] for row in figures.values()) / len(figures)
    assert 0.5 < missed < 12.0


@pytest.mark.slow
def test_what_did_not_move_does_not_come_back(bench):
    maps = 8
    outcomes = list(bench.changed_trials(0.9, 5_000.0, maps=maps, draws=40))
    figures = bench.coverage_of(outcomes, bench.CHANGED)
    assert figures["land gone back"]["coverage"] >= least_share(maps)
    assert figures["land gone back"]["half"] < 5.0
    assert figures["land that went over"]["coverage"] >= least_share(maps)
    assert figures["land that went over"]["inside"] == 1.0


def test_what_was_measured_is_kept(bench, tmp_path):
    path = tmp_path / "kept.npz"
    measured = bench.kept_outcomes(
        path, bench.trials("straight", 20_000.0, maps=2, draws=4, first=1)
    )
    again = bench.kept_outcomes(path, iter(()))
    names = bench.MEASURED + bench.COUNTED
    assert bench.coverage_of(again, names) == bench.coverage_of(measured, names)


def test_copies_spread_as_maps_of_the_line_do(bench):
    """Bends of the smooth line have the variance of the true ones: zones spread with them."""
    true, area = bench.true_line("sine", 5_000.0), bench.study_area("sine")
    kept = []
    for number in range(6):
        drawn = bench.front_of(bench.map_of(true, 5_000.0, 50_000 + number), area, 5_000.0)
        copies = bench.displace_front(drawn, area=area, draws=40, seed=1)
        kept.append(copies.copy("smooth", 0).line.length / shapely.LineString(true).length)
    # Six maps: the length of one is told to three hundredths.
    assert np.mean(kept) == pytest.approx(1.0, abs=0.03)


def test_the_error_of_a_winding_map_is_taken_out(bench):
    """Over 2 km a map is a fifth too long: copies displaced along it would be so by 28 in 100."""
    true, area = bench.true_line("straight", 2_000.0), bench.study_area("straight")
    lengths = []
    for number in range(4):
        drawn = bench.front_of(bench.map_of(true, 2_000.0, 60_000 + number), area, 2_000.0)
        copies = bench.displace_front(drawn, area=area, draws=20, seed=1)
        maps = [bench.length_of(copies, "maps", row) for row in range(20)]
        lengths.append((drawn.length_km, bench.length_of(copies, "smooth", 0), np.mean(maps)))
    map_km, smooth_km, copies_km = np.mean(lengths, axis=0)
    assert map_km == pytest.approx(1.21 * 120.0, rel=0.03)
    assert smooth_km == pytest.approx(120.0, rel=0.03)
    assert copies_km - smooth_km == pytest.approx(map_km - 120.0, rel=0.2)
