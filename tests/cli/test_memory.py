"""Want of memory is said in one line."""

import errno
import resource
import subprocess
import sys

import pytest
from factories.projects import made_project

from frontline.cli.main import _wants_memory

MB = 2**20


def test_a_run_within_600_mb_of_addresses_says_in_one_line_that_memory_is_wanting(tmp_path):
    project = made_project(tmp_path, draws=0)
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-m", "frontline", "run", str(project), "--out", str(out), "-q"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (600 * MB, 600 * MB)),
    )
    assert done.returncode == 2, done.stderr[-1_000:]
    assert done.stderr.strip().splitlines() == [
        "frontline: out of memory. Use a smaller study area or coarser rasters."
    ]
    assert not out.exists()


@pytest.mark.parametrize(
    ("error", "wants"),
    [
        (ImportError("a.so: failed to map segment from shared object"), True),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), True),
        (OSError(errno.ENOSPC, "No space left"), False),
        (ImportError("No module named 'a'"), False),
    ],
)
def test_want_of_memory_is_told_through_what_wraps_it(error, wants):
    assert _wants_memory(error) == wants
    outer = OSError("Could not find a library")
    outer.__context__ = error
    assert _wants_memory(outer) == wants
