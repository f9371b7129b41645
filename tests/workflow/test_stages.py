"""Stages taken from an earlier run: the same figures, and only what a change concerns is new."""

import logging
import re
import shutil
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from pathlib import Path

import pytest
from factories import REPOSITORY
from factories.case import write_project

from frontline.project.loader import load_project
from frontline.storage import checkpoint as checkpoints
from frontline.storage.checkpoint import find_cache_folder, open_cache
from frontline.storage.plain import hash_value
from frontline.visibility import exposure
from frontline.workflow import stages
from frontline.workflow.on_demand import try_claims
from frontline.workflow.run import compute, run

LEDGER = (REPOSITORY / "tests/data/foreign_ledger.toml").read_text("utf-8")
MORE = """
[[scenarios]]
key = "might_be"
label = "Further east"
from_line = "old"
offset_m = 4500
side = "East"

[zones]
distances_m = [5000, 15000]

[outputs]
write = ["geopackage", "rasters"]
"""
NOT_COMPARED = {"project", "inputs", "case"}


@pytest.fixture(scope="module")
def first_run(tmp_path_factory):
    """Run a project once with an empty cache: its folder, the cache, the results in short."""
    folder, cache = (tmp_path_factory.mktemp(name) for name in ("project", "cache"))
    path = write_project(folder, error_m=500.0, draws=4, step_m=400.0, more=MORE)
    (folder / "claims.toml").write_text(LEDGER, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRONTLINE_CACHE", str(cache))
        results = compute(load_project(path), use_cache=True)
    return folder, cache, results


@pytest.fixture
def path(first_run, tmp_path, monkeypatch):
    """Copy the project and the cache of the first run."""
    folder, cache, _ = first_run
    shutil.copytree(cache, tmp_path / "cache")
    monkeypatch.setenv("FRONTLINE_CACHE", str(tmp_path / "cache"))
    return shutil.copytree(folder, tmp_path / "project") / "project.toml"


@pytest.fixture
def computed(monkeypatch):
    """Count the stages that are computed and not taken from an earlier run."""
    counts = Counter()

    def remember(checkpoint, *, stage, parts, compute, classes=()):
        def count():
            counts[stage] += 1
            return compute()

        return checkpoints.remember(
            checkpoint, stage=stage, parts=parts, compute=count, classes=classes
        )

    for module in (stages, exposure):
        monkeypatch.setattr(module, "remember", remember)
    return counts


def sum_up(results):
    """Hash every part of the results."""
    parts = {field.name: getattr(results, field.name) for field in fields(results)}
    return {name: hash_value(part) for name, part in parts.items() if name not in NOT_COMPARED}


def read_files(folder):
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(Path(folder).rglob("*"))
        if file.is_file()
    }


@pytest.mark.slow
def test_files_have_the_same_bytes_without_with_a_cold_and_with_a_warm_cache(
    path, tmp_path, monkeypatch, computed
):
    written = []
    monkeypatch.setenv("FRONTLINE_CACHE", str(tmp_path / "empty"))
    for name in ("none", "cold", "warm"):
        computed.clear()
        run(path, out=tmp_path / name, use_cache=name != "none")
        written.append(read_files(tmp_path / name))
    assert written[0] == written[1] == written[2]
    assert "frontline.gpkg" in written[0]
    assert not computed


LINE = {
    "zones": 1,
    "people": 1,
    "profile": 1,
    "changes": 2,
    "notes": 1,
    "correlation": 1,
    "tables": 1,
}
CHANGES = {
    "label": (r'label = "old"', 'label = "The old one"', {}),
    "distance": (
        r"\[5000, 15000\]",
        "[7000, 15000]",
        {"zones": 3, "people": 3, "profile": 3, "notes": 1, "correlation": 1, "tables": 1},
    ),
    "error of one line": (r"error_m = 500.0", "error_m = 400.0", LINE),
    "date of one line": (r"date = 2001-01-01", "date = 2001-02-02", LINE),
    "radius of sight": (
        r"radius_m = 1000",
        "radius_m = 1200",
        {"sight": 3, "correlation": 1, "tables": 1},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_what_a_change_does_not_concern_is_taken_over_and_all_figures_are_as_without(
    path, computed, change
):
    pattern, new, expected = CHANGES[change]
    text, count = re.subn(pattern, new, path.read_text("utf-8"), count=1)
    assert count == 1
    path.write_text(text, "utf-8")
    warm = compute(load_project(path), use_cache=True)
    claims = computed.pop("claims", 0)
    assert computed == expected
    assert bool(claims) == bool(expected)
    assert sum_up(warm) == sum_up(compute(load_project(path)))


@pytest.mark.slow
def test_one_changed_claim_is_measured_alone(path, computed):
    ledger = path.with_name("claims.toml")
    text = LEDGER.replace(
        'side = "West", distance_m = 15000.0', 'side = "West", distance_m = 9000.0'
    )
    assert text != LEDGER
    ledger.write_text(text, "utf-8")
    warm = compute(load_project(path), use_cache=True)
    assert computed == {"claims": 1}
    assert sum_up(warm) == sum_up(compute(load_project(path)))


def test_a_claim_tried_after_a_run_computes_nothing(first_run, path, computed):
    row = try_claims(path, only=["people"], use_cache=True)
    assert not computed
    claims = first_run[2].claims
    expected = claims[claims["id"] == "people"].reset_index(drop=True)
    assert hash_value(row) == hash_value(expected)


@pytest.mark.slow
def test_damaged_pieces_are_said_and_computed_again(first_run, path, computed, caplog):
    pieces = sorted((find_cache_folder() / "stages").glob("*.piece"))
    for number, piece in enumerate(pieces):
        data = bytearray(piece.read_bytes())
        data[len(data) * 3 // 4] ^= 1
        piece.write_bytes(data if number % 2 else data[: len(data) // 2])
    with caplog.at_level(logging.WARNING, "frontline"):
        again = compute(load_project(path), use_cache=True)
    assert sum_up(again) == sum_up(first_run[2])
    assert sum(computed.values()) == len(pieces)
    assert caplog.text.count("is damaged and is computed again") == len(pieces)


def compute_and_sum_up(path):
    return sum_up(compute(load_project(path), use_cache=True))


@pytest.mark.slow
def test_two_processes_at_once_share_a_cache(path, tmp_path, monkeypatch):
    monkeypatch.setenv("FRONTLINE_CACHE", str(tmp_path / "empty"))
    with ProcessPoolExecutor(2) as pool:
        one, other = pool.map(compute_and_sum_up, [path, path])
    assert one == other
    assert not list((find_cache_folder() / "stages").glob(".scratch-*"))


def test_a_cache_that_cannot_be_written_is_said_and_does_no_harm(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").touch()
    monkeypatch.setenv("FRONTLINE_CACHE", str(tmp_path / "file"))
    with caplog.at_level(logging.WARNING, "frontline"):
        assert open_cache() is None
    assert "Nothing is kept for the next run" in caplog.text
