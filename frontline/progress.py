"""Telling how far a long piece of work is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str, int, int], None]
"""Called as ``progress(step, done, total)``: the name of the step and how far it is."""


def silent(step: str, done: int, total: int) -> None:
    """Take a report of progress and show nothing."""


@contextmanager
def shown_progress(*, quiet: bool) -> Iterator[Progress]:
    """Show progress on standard error: bars with the time left, or a line per step in a log."""
    if quiet:
        yield silent
    elif sys.stderr.isatty():
        with _bars() as progress:
            yield progress
    else:
        yield _lines()


def _lines() -> Progress:
    said: set[str] = set()

    def progress(step: str, _done: int, _total: int) -> None:
        if step not in said:
            said.add(step)
            sys.stderr.write(f"{step} ...\n")
            sys.stderr.flush()

    return progress


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks = {}

        def progress(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step)
            bars.update(tasks[step], completed=done, total=max(total, 1))

        yield progress
