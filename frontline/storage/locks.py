"""Who else is at work on a file: locks that end with their process, open GeoPackages."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from frontline.errors import OutputError

UNSUPPORTED = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP}
"""Errors of file systems without locks; there nothing keeps two runs apart."""

IN_USE = ("-journal", "-wal", "-shm")
"""Endings of what SQLite keeps beside a database that is open, or was when a program died."""


def refuse_open_package(path: Path) -> None:
    """Refuse to replace a GeoPackage that is open elsewhere, or whose writer died over it.

    Parameters
    ----------
    path
        The GeoPackage; it need not exist.

    Raises
    ------
    OutputError
        Naming the file that lies beside it.
    """
    for ending in IN_USE:
        beside = path.with_name(path.name + ending)
        if beside.exists():
            raise OutputError(
                "lies beside a GeoPackage that another program has open, or had when it "
                "stopped. Close it there; if nothing has it open, open it once and close it, "
                "or remove this file.",
                path=beside,
            )


@contextmanager
def hold_lock(path: Path) -> Iterator[bool]:
    """Hold a lock while the block runs.

    Parameters
    ----------
    path
        The file that stands for the lock, made and removed again. One left by a process that
        was killed does not matter: the system gave its lock back when it died.

    Yields
    ------
    False, without having waited, if another process or thread holds the lock.

    Raises
    ------
    OSError
        If the file cannot be made.
    """
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
        yield True
        return
    try:
        yield True
    finally:
        if sys.platform != "win32":  # there the lock's own release removes the file
            with suppress(OSError):  # while it is held: whoever opened it before starts anew
                path.unlink()
        lock.release()
