"""Locks: one holder at a time, nothing left behind, and no waiting for the dead."""

import errno
import subprocess
import sys
import threading

import filelock
import pytest

from frontline.errors import OutputError
from frontline.storage.locks import IN_USE, hold_lock, refuse_open_package

HOLD = """
import pathlib, sys
from frontline.storage.locks import hold_lock
with hold_lock(pathlib.Path({path!r})) as ours:
    print(ours, flush=True)
    sys.stdin.readline()
"""


def holder(path):
    """Start another process that holds a lock until it is told to end."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD.format(path=str(path))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_only_one_holds_a_lock_and_nothing_is_left(tmp_path):
    path = tmp_path / ".lock"
    with hold_lock(path) as ours:
        assert ours
        assert path.exists()
        with hold_lock(path) as also:
            assert not also
        assert path.exists()
    assert list(tmp_path.iterdir()) == []
    with hold_lock(path) as again:
        assert again


def test_another_process_is_told_at_once_and_the_dead_do_not_matter(tmp_path):
    path = tmp_path / ".lock"
    other = holder(path)
    assert other.stdout.readline() == "True\n"
    with hold_lock(path) as ours:
        assert not ours
    other.kill()
    other.communicate()
    assert path.exists()  # its file stays behind, its lock does not
    with hold_lock(path) as ours:
        assert ours
    assert not path.exists()


def test_of_many_threads_one_at_a_time_is_inside(tmp_path):
    path, inside, most, entered = tmp_path / ".lock", [], [], []

    def enter():
        for _ in range(200):
            with hold_lock(path) as ours:
                if ours:
                    inside.append(1)
                    most.append(len(inside))
                    entered.append(1)
                    inside.pop()

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert entered
    assert max(most) == 1


def test_a_file_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OSError, match="file"), hold_lock(tmp_path / "file" / ".lock"):
        pytest.fail("went on")


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_where_the_file_system_has_no_locks_work_goes_on(tmp_path, monkeypatch, code):
    def refuse(_self, *_args, **_more):
        raise OSError(code, "no locks")

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    with hold_lock(tmp_path / ".lock") as ours:
        assert ours


@pytest.mark.parametrize("ending", IN_USE)
def test_an_open_package_is_refused(tmp_path, ending):
    package = tmp_path / "frontline.gpkg"
    refuse_open_package(package)
    (tmp_path / f"frontline.gpkg{ending}").write_bytes(b"")
    with pytest.raises(OutputError, match="another program has open"):
        refuse_open_package(package)
