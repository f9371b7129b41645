"""Who else is at work on a file: locks that end with their process, open GeoPackages."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from frontline.errors import OutputError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

UNSUPPORTED = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP}
"""What a file system says that knows no locks; there two runs at once are the user's affair."""

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
def locked(path: Path) -> Iterator[bool]:
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
    descriptor = _take(path)
    if descriptor is None:
        yield False
        return
    try:
        yield True
    finally:
        _give_back(path, descriptor)


def _take(path: Path) -> int | None:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(descriptor)
            here = path.stat()
        except FileNotFoundError:  # its holder removed it just before we got it
            os.close(descriptor)
            continue
        except OSError as error:
            os.close(descriptor)
            if error.errno in {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK}:
                return None
            raise
        if os.path.samestat(here, os.fstat(descriptor)):
            return descriptor
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in UNSUPPORTED:
                raise


def _give_back(path: Path, descriptor: int) -> None:
    if sys.platform == "win32":  # an open file cannot be removed there
        os.close(descriptor)
        with suppress(OSError):
            path.unlink()
        return
    with suppress(OSError):
        path.unlink()
    os.close(descriptor)
