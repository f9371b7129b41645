"""What a metric returns: a figure with its interval, and what the data cannot tell."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

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


def heights_known(accuracy_m: float | None) -> str:
    """Say that an interval contains the error of heights; of none, that it does not."""
    return f"heights known to {accuracy_m:g} m" if accuracy_m else "nothing: no error of heights"


@dataclass(frozen=True)
class Measured:
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

    @property
    def below_accuracy(self) -> bool:
        """Whether the figure lies below what the data can tell from nothing."""
        return self.resolves > 0 and not abs(self.value) >= self.resolves

    @property
    def ends(self) -> tuple[float, float]:
        """The interval, or twice the figure itself where none is known."""
        known = math.isfinite(self.low) and math.isfinite(self.high)
        return (self.low, self.high) if known else (self.value, self.value)


def missing(reason: str, *, unit: str = "") -> Measured:
    """Say that a figure cannot be had, and what the project lacks for it."""
    return Measured(missing=reason, unit=unit)


def in_unit(measured: Measured, unit: str) -> Measured:
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
            f"'{unit}' does not fit (expected {one_of(measured.unit)}). Correct the unit, or ask "
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
    )


def one_of(unit: str) -> str:
    """List the units that a figure may be stated in."""
    kind = _KINDS.get(unit, ("", 0.0))[0]
    alike = [name for name, (other, _) in _KINDS.items() if other == kind]
    return " or ".join(alike) if alike else f"'{unit}'"


def listed(words: Sequence[str], *, most: int = 12, comma: str = ", ") -> str:
    """Join words with commas; of many, say how many more there are."""
    shown = comma.join(words[:most])
    return f"{shown} and {len(words) - most} more" if len(words) > most else shown
