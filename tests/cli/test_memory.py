"""Want of memory is said in one line."""

import errno
import resource
import subprocess
import sys

import pytest
from factories.projects import made_project

from frontline.errors import LayerError, guard_library, wants_memory

MB = 2**20


def run_within(addresses_mb, project, out):
    """Run a project in a process that may reserve so many addresses."""
    limit = addresses_mb * MB
    return subprocess.run(
        [sys.executable, "-m", "frontline", "run", str(project), "--out", str(out), "-q"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )


def test_a_run_within_600_mb_of_addresses_says_in_one_line_that_memory_is_wanting(tmp_path):
    out = tmp_path / "out"
    done = run_within(600, made_project(tmp_path, draws=0), out)
    assert done.returncode == 2, done.stderr[-1_000:]
    assert done.stderr.strip().splitlines() == [
        "frontline: out of memory. Use a smaller study area or coarser rasters."
    ]
    assert not out.exists()


@pytest.mark.slow
def test_a_run_with_everything_works_within_900_mb(tmp_path):
    out = tmp_path / "out"
    done = run_within(900, made_project(tmp_path, draws=10), out)
    assert done.returncode == 0, done.stderr[-1_000:]
    assert (out / "map.png").is_file()
    assert (out / "rasters" / "sight_old.tif").is_file()
    # of the largest child so far, in kilobytes: what it really took
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 900 * 1024


@pytest.mark.parametrize(
    ("error", "wants"),
    [
        (ImportError("a.so: failed to map segment from shared object"), True),
        (MemoryError(), True),
        (RuntimeError("can't start new thread"), True),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), True),
        (OSError(errno.ENOSPC, "No space left"), False),
        (ImportError("No module named 'a'"), False),
    ],
)
def test_want_of_memory_is_told_through_what_wraps_it(error, wants):
    assert wants_memory(error) == wants
    outer = OSError("Could not find a library")
    outer.__context__ = error
    assert wants_memory(outer) == wants


def test_want_of_memory_is_no_fault_of_the_file_that_was_being_read():
    with pytest.raises(ImportError), guard_library(LayerError, path="a.gpkg"):
        raise ImportError("libgdal.so: failed to map segment from shared object")
