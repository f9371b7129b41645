"""What a metric measures: value, interval, unit, and why there may be none."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from frontline.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Sequence


_KINDS = {
    "m": ("length", 1.0),
    "km": ("length", 1_000.0),
    "m2": ("area", 1e-6),
    "ha": ("area", 0.01),
    "km2": ("area", 1.0),
    "min": ("time", 1.0),
    "h": ("time", 60.0),
    "%": ("share", 1.0),
    "times": ("share", 100.0),
}
"""Units that convert into each other, by what they measure; every other unit is a count."""


POSITION = "the position of the line"
"""What most intervals contain."""


def state_height_error(accuracy_m: float | None) -> str:
    """Say that an interval contains the error of heights; of none, that it does not."""
    return f"heights known to {accuracy_m:g} m" if accuracy_m else "nothing: no error of heights"


Bound = Literal["", "at least", "at most"]


@dataclass(frozen=True)
class Other:
    """The same figure by another source.

    Parameters
    ----------
    name
        The source in words.
    value, low, high
        The figure with its interval, in the unit of the first.
    bound
        As in `Measurement`.
    """

    name: str
    value: float
    low: float
    high: float
    bound: Bound = ""


@dataclass(frozen=True)
class Measurement:
    """A figure that answers to a statement.

    Parameters
    ----------
    value
        The figure, in `unit`; NaN where nothing can be said.
    low, high
        Its interval of 95 %; NaN where none is known.
    unit
        ``km``, ``km2``, ``%``, ``min``, or the noun of what is counted.
    contains
        What the interval holds, for example "position of the line".
    detail
        One sentence with the numbers behind the figure.
    coarse
        Why the data cannot tell: with any, a verdict is ``indicative only``.
    missing
        What the project lacks: then the statement is ``not testable``.
    refutes_only
        Why the figure may contradict a statement and never support it; empty where it may.
    resolves
        Smallest figure that the data can tell from nothing, in `unit`; one below it is
        ``below accuracy``.
    bound, bound_why
        ``at least`` where the truth may be larger than the interval says (a list that lacks
        places), ``at most`` where it may be smaller, and why.
    short_why
        Why the figure may be too low to contradict a larger one, as a drawn line is too short.
    others
        The same figure by other sources, of people or of a line.
    of_way
        Whether it is of a way by road or on foot: without limit then means that there is none.
    silent
        Other sources by which the figure is not known.
    sources
        Who states the figures that it rests on, where a table says so: a report is not tested
        against itself.
    """

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    unit: str = ""
    contains: str = ""
    detail: str = ""
    coarse: tuple[str, ...] = ()
    missing: str = ""
    refutes_only: str = ""
    resolves: float = 0.0
    bound: Bound = ""
    bound_why: str = ""
    short_why: str = ""
    others: tuple[Other, ...] = ()
    of_way: bool = False
    silent: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def below_accuracy(self) -> bool:
        """Whether the figure lies below what the data can tell from nothing."""
        return self.resolves > 0 and not abs(self.value) >= self.resolves

    @property
    def ends(self) -> tuple[float, float]:
        """Where the truth lies: the interval, or the figure where none is known, or a half-line."""
        known = math.isfinite(self.low) and math.isfinite(self.high)
        low, high = (self.low, self.high) if known else (self.value, self.value)
        if self.bound == "at least":
            return low, math.inf
        return (-math.inf, high) if self.bound == "at most" else (low, high)


class MissingDataError(Exception):
    """What the project lacks for a figure: the statement is not testable."""


def make_range(ends: Iterable[float], **more: Any) -> Measurement:
    """Give a figure with the ends of its interval: value, low, high."""
    value, low, high = (float(end) for end in ends)
    return Measurement(value, low, high, **more)


def make_margin(value: float, *, away: float, **more: Any) -> Measurement:
    """Give a figure that may be off by as much in either direction, and is never below zero."""
    return Measurement(value, max(value - away, 0.0), value + away, **more)


def make_exact(value: float, **more: Any) -> Measurement:
    """Give a figure without an interval: a count, or figures as listed."""
    return Measurement(value, value, value, **more)


def is_convertible(unit: str, *, other: str) -> bool:
    """Tell whether figures in two units can be compared."""
    ours, theirs = (_KINDS.get(word) for word in (unit, other))
    return unit == other or (ours is not None and theirs is not None and ours[0] == theirs[0])


def is_count(unit: str) -> bool:
    """Tell whether figures in a unit are counts."""
    return unit not in _KINDS


def convert_unit(measured: Measurement, *, unit: str) -> Measurement:
    """Give a figure in another unit of the same kind.

    Parameters
    ----------
    measured
        Any figure.
    unit
        The unit wanted; "" leaves the figure as it is.

    Raises
    ------
    ProjectError
        If the two do not measure the same; counts convert into nothing but themselves.
    """
    if unit in {"", measured.unit}:
        return measured
    ours, theirs = (_KINDS.get(word) for word in (measured.unit, unit))
    if ours is None or theirs is None or ours[0] != theirs[0]:
        raise ProjectError(
            f"'{unit}' does not fit (expected {list_units(measured.unit)}). Correct the unit, or "
            "ask "
            "another metric."
        )
    factor = ours[1] / theirs[1]
    return replace(
        measured,
        value=measured.value * factor,
        low=measured.low * factor,
        high=measured.high * factor,
        resolves=measured.resolves * factor,
        unit=unit,
        others=tuple(
            replace(
                other,
                value=other.value * factor,
                low=other.low * factor,
                high=other.high * factor,
            )
            for other in measured.others
        ),
    )


def list_units(unit: str) -> str:
    """List the units that a figure may be stated in."""
    kind = _KINDS.get(unit, ("", 0.0))[0]
    alike = [name for name, (other, _) in _KINDS.items() if other == kind]
    return " or ".join(alike) if alike else f"'{unit}'"


def join_words(words: Sequence[str], *, most: int = 12, comma: str = ", ") -> str:
    """Join words with commas; of many, say how many more there are."""
    shown = comma.join(words[:most])
    return f"{shown} and {len(words) - most} more" if len(words) > most else shown
