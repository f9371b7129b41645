"""Telling how far a long piece of work is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str, int, int], None]
"""Called as ``progress(step, done, total)``: the name of the step and how far it is."""


EVERY_S = 60.0
"""A log is told this often how far a long step is."""


def report_nothing(step: str, done: int, total: int) -> None:
    """Take a report of progress and show nothing."""


@contextmanager
def show_progress(*, quiet: bool) -> Iterator[Progress]:
    """Show progress on standard error: bars with the time left; a log gets a line a minute."""
    if quiet:
        yield report_nothing
    elif sys.stderr.isatty():
        with _show_bars() as progress:
            yield progress
    else:
        yield _make_line_progress()


def _make_line_progress(clock: Callable[[], float] = time.monotonic) -> Progress:
    """Write a line when a step begins, and one a minute while it lasts."""
    began: dict[str, tuple[float, float]] = {}
    last_line: dict[str, float] = {}

    def progress(step: str, done: int, total: int) -> None:
        now, share = clock(), done / max(total, 1)
        if step not in began:
            began[step], last_line[step] = (now, share), now
            _say(f"{step} ...")
        elif now - last_line[step] >= EVERY_S and 0.0 < share < 1.0:
            last_line[step] = now
            start, first = began[step]
            # What was finished when the step began says nothing about its speed.
            left = (now - start) * (1.0 - share) / (share - first) if share > first else None
            _say(f"{step}: {share:.0%}" + (f", {_write_duration(left)} left" if left else ""))

    return progress


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _write_duration(seconds: float) -> str:
    minutes = round(seconds / 60.0)
    if minutes < 1:
        return "less than a minute"
    return f"about {minutes} min" if minutes < 120 else f"about {minutes / 60:.0f} h"


@contextmanager
def _show_bars() -> Iterator[Progress]:
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
