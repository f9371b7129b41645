"""Pieces of earlier work are believed only while the code that made them is the same."""

import ast
import hashlib
import itertools
import logging
import os
import re
import tempfile
from functools import cache
from pathlib import Path

import pytest
from factories import REPOSITORY

from frontline.errors import OutputError
from frontline.storage.checkpoint import STAGES, open_cache, open_work, remember

CODE = {
    "visibility": ["visibility.batches"],
    "probability": ["visibility.probability"],
    "zones": ["lines.zones"],
    "people": ["population.within"],
    "sight": ["visibility.exposure"],
    "changes": ["analysis.change"],
    "profile": ["population.within"],
    "notes": ["lines.zones", "analysis.correlation"],
    "correlation": ["analysis.correlation"],
    "tables": ["analysis.optional_tables", "analysis.visibility", "analysis.corridors"],
    "claims": ["claims.verdict"],
}
"""Modules that a stage begins in; whatever of the package they import counts as well."""

REVIEWED = {
    "visibility": (2, "ece771cc2c595118"),
    "probability": (1, "2177df1aa48f55c2"),
    "zones": (1, "c829033fa410f90e"),
    "people": (1, "5e138bc8d45daf70"),
    "sight": (1, "5df162e40189b286"),
    "changes": (1, "346afae82e15edde"),
    "profile": (1, "5e138bc8d45daf70"),
    "notes": (1, "342337265c9c5fea"),
    "correlation": (1, "342337265c9c5fea"),
    "tables": (1, "3251e3e4f356a419"),
    "claims": (1, "cba4570b840f4197"),
}
"""For each stage its version, and the digest of the code that the version stands for."""


def find_module(name):
    """Find the file of a module or package; None if there is none."""
    path = REPOSITORY / "frontline" / Path(*name.split("."))
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in files if file.is_file()), None)


@cache
def read_module(name):
    """Return the code of a module without comments, docstrings and layout, and what it imports."""
    file = find_module(name)
    assert file is not None, f"there is no module {name}"
    tree = ast.parse(file.read_text("utf-8"))
    imported = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not is_text(one) and not is_for_types(one)]
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("frontline."):
            module = node.module.removeprefix("frontline.")
            parts = [f"{module}.{alias.name}" for alias in node.names]
            imported |= {module, *(part for part in parts if find_module(part))}
    return ast.dump(tree), imported


def is_text(node):
    return isinstance(node, ast.Expr) and isinstance(getattr(node.value, "value", None), str)


def is_for_types(node):
    return isinstance(node, ast.If) and getattr(node.test, "id", None) == "TYPE_CHECKING"


def list_modules(stage):
    """List the modules that a stage begins in, and all that they import, in turn."""
    listed, waiting = set(), list(CODE[stage])
    while waiting:
        name = waiting.pop()
        if name not in listed:
            listed.add(name)
            waiting += read_module(name)[1]
    return sorted(listed)


def digest_code(stage):
    """Sum up the code of a stage."""
    digest = hashlib.sha256()
    for name in list_modules(stage):
        digest.update(read_module(name)[0].encode())
    return digest.hexdigest()[:16]


def test_the_code_of_a_stage_is_found_through_what_it_imports():
    assert {"visibility.core", "visibility.kernels.rays", "executor"} <= {
        *list_modules("visibility")
    }
    assert "uncertainty.kernels" in list_modules("zones")
    assert "population.within" in list_modules("claims")
    assert "visibility.core" not in list_modules("zones")


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_a_stage_whose_code_has_changed_has_a_new_version(stage):
    """Where answers may differ raise the version in STAGES.

    In any case put the digests here: ``python tests/storage/test_checkpoint.py``.
    """
    assert (STAGES[stage], digest_code(stage)) == REVIEWED[stage]


def keep(checkpoint, number, compute, stage="zones"):
    return remember(checkpoint, stage=stage, parts=[number], compute=compute)


def test_a_value_is_computed_once_and_again_for_another_key_or_stage(tmp_path):
    counted = itertools.count()
    checkpoint = open_work(tmp_path)
    first = keep(checkpoint, 1, lambda: ["a", next(counted)])
    assert keep(checkpoint, 1, lambda: next(counted)) == first == ["a", 0]
    assert keep(checkpoint, 2, lambda: next(counted)) == 1
    assert keep(checkpoint, 1, lambda: next(counted), stage="people") == 2
    assert keep(None, 1, lambda: next(counted)) == 3


def test_what_cannot_be_taken_apart_is_computed_every_time(tmp_path):
    checkpoint = open_work(tmp_path)
    counted = itertools.count()
    for expected in (0, 1):
        assert keep(checkpoint, object(), lambda: next(counted)) == expected
    for _ in range(2):
        assert isinstance(keep(checkpoint, 1, object), object)
    assert not list(tmp_path.iterdir())


def test_the_pieces_used_longest_ago_make_room(tmp_path, monkeypatch):
    monkeypatch.setenv("FRONTLINE_CACHE", str(tmp_path))
    checkpoint = open_cache()
    for number in range(4):
        keep(checkpoint, number, lambda: "x" * 100)
    pieces = {path: path.stat().st_size for path in (tmp_path / "stages").iterdir()}
    assert len(pieces) == 4
    for path in pieces:
        os.utime(path, (1, 1))
    keep(checkpoint, 2, lambda: pytest.fail("it is there"))  # used now: the newest
    open_cache(most_bytes=max(pieces.values()) + 10)
    keep(checkpoint, 2, lambda: pytest.fail("it is there"))
    assert len(list((tmp_path / "stages").iterdir())) == 1


def test_a_full_disk_is_an_error_for_work_and_said_for_a_cache(tmp_path, monkeypatch, caplog):
    def fail(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setenv("FRONTLINE_CACHE", str(tmp_path / "cache"))
    work, cache = open_work(tmp_path / "work"), open_cache()
    monkeypatch.setattr(tempfile, "mkstemp", fail)
    with pytest.raises(OutputError, match="intermediate files cannot be written"):
        keep(work, 1, lambda: 5)
    with caplog.at_level(logging.WARNING, "frontline"):
        assert keep(cache, 1, lambda: 5) == 5
    assert "Not kept for the next run" in caplog.text


if __name__ == "__main__":
    text = Path(__file__).read_text("utf-8")
    for name, version in STAGES.items():
        entry = f'    "{name}": ({version}, "{digest_code(name)}"),'
        text = re.sub(rf'    "{name}": \(\d+, "\w*"\),', entry, text)
    Path(__file__).write_text(text, "utf-8")
