"""Independent pieces of work on all cores: same results, in order, for any number of workers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import TypeVar

from frontline.errors import FrontlineError

Piece = TypeVar("Piece")
Value = TypeVar("Value")

_limit: ContextVar[int | None] = ContextVar("workers", default=None)


def count_workers(workers: int | None = None) -> int:
    """Count the threads to work with.

    Parameters
    ----------
    workers
        What a caller asks for; it counts before the limit of `limit_workers`, and that before
        the number of cores that this process may use.

    Raises
    ------
    FrontlineError
        Less than one.
    """
    chosen = _limit.get() if workers is None else workers
    if chosen is None:
        # Not every system says which cores a process may use.
        affinity = getattr(os, "sched_getaffinity", None)
        return len(affinity(0)) if affinity else os.cpu_count() or 1
    if chosen < 1:
        raise FrontlineError(f"workers: {chosen} (expected 1 or more). Correct it.")
    return chosen


@contextmanager
def limit_workers(workers: int | None) -> Iterator[None]:
    """Let everything within use at most so many workers; None leaves the limit as it is.

    Raises
    ------
    FrontlineError
        Less than one.
    """
    before = _limit.set(_limit.get() if workers is None else count_workers(workers))
    try:
        yield
    finally:
        _limit.reset(before)


def map_pieces(
    function: Callable[[Piece], Value], pieces: Iterable[Piece], *, workers: int | None = None
) -> list[Value]:
    """Call a function for each piece, on threads of this process.

    Parameters
    ----------
    function
        Takes one piece. Worth it where the time goes to GEOS, PROJ, NumPy or kernels without the
        interpreter's lock. It must not change what other pieces read, nor open files:
        ``warnings.catch_warnings`` holds for the whole process. Nor may pieces ask one prepared
        geometry, or one that ``contains_xy`` and its like prepare: GEOS keeps notes in it and
        crashes. So copies of a line with their polygons, which share the study area, are taken
        one after the other; points located against copies are numbers only, and may be shared.
    pieces
        They must not depend on the number of workers, or else the results do.
    workers
        Number of threads; by default that of `count_workers`.

    Returns
    -------
    list
        One value per piece, in the order of the pieces.

    Notes
    -----
    Within a piece the limit is one worker, so that work inside work waits for no thread. If
    pieces fail, the error of the first of them in order is raised, as in a plain loop; it and an
    interruption let those that run finish and begin no other.
    """
    listed = list(pieces)
    threads = min(count_workers(workers), len(listed))
    if threads < 2:
        return [function(piece) for piece in listed]

    def alone(piece: Piece) -> Value:
        _limit.set(1)
        return function(piece)

    pool = ThreadPoolExecutor(threads)
    try:
        # A context for each: NumPy keeps in it what is done about invalid values.
        waiting: list[Future[Value]] = [
            pool.submit(copy_context().run, alone, piece) for piece in listed
        ]
        return [future.result() for future in waiting]
    finally:
        pool.shutdown(cancel_futures=True)
