"""Telling how far a long piece of work is."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

Progress = Callable[[str, int, int], None]
"""Called as ``progress(step, done, total)``: the name of the step and how far it is."""


Form = Literal["text", "json"]

EVERY_S = 60.0
"""A log is told this often how far a long step is."""

JSON_EVERY_S = 1.0
"""Another program is told this often, and when a step begins and ends."""


def report_nothing(step: str, done: int, total: int) -> None:
    """Take a report of progress and show nothing."""


@contextmanager
def show_progress(*, quiet: bool, form: Form = "text") -> Iterator[Progress]:
    """Show progress on standard error: bars with the time left; a log gets a line a minute.

    Parameters
    ----------
    quiet
        Show nothing.
    form
        ``json`` is for another program, whatever standard error is: one object per line with
        ``stage``, ``done``, ``total``, and the seconds that the stage still takes as ``eta_s``,
        null while that is not known.
    """
    if quiet:
        yield report_nothing
    elif form == "json":
        yield _make_json_progress()
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
            left = _estimate_left_s(now, share, *began[step])
            _say(f"{step}: {share:.0%}" + (f", {_write_duration(left)} left" if left else ""))

    return progress


def _make_json_progress(clock: Callable[[], float] = time.monotonic) -> Progress:
    """Write an object when a step begins and ends, and one a second while it lasts."""
    began: dict[str, tuple[float, float]] = {}
    last_line: dict[str, float] = {}

    def progress(step: str, done: int, total: int) -> None:
        now, share = clock(), done / max(total, 1)
        is_new = step not in began
        began.setdefault(step, (now, share))
        if is_new or share >= 1.0 or now - last_line[step] >= JSON_EVERY_S:
            last_line[step] = now
            left = _estimate_left_s(now, share, *began[step])
            facts = {"stage": step, "done": done, "total": total}
            _say(json.dumps(facts | {"eta_s": None if left is None else round(left, 1)}))

    return progress


def _estimate_left_s(now: float, share: float, start: float, first: float) -> float | None:
    """Estimate the seconds that a step still takes; None while nothing tells its speed.

    What was finished when the step began says nothing about its speed.
    """
    if share >= 1.0:
        return 0.0
    return (now - start) * (1.0 - share) / (share - first) if share > first else None


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
