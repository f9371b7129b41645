"""What a metric measures and how it is asked: value, interval, unit, parameters."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from frontline.errors import ProjectError
from frontline.project.types import LonLat

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


def make_range(ends: Iterable[float], *, unit: str, **told: Any) -> Measurement:
    """Give a figure with the ends of its interval: value, low, high."""
    value, low, high = (float(end) for end in ends)
    return Measurement(value, low, high, unit, **told)


def make_exact(value: float, *, unit: str, **told: Any) -> Measurement:
    """Give a figure without an interval: a count, or figures as listed."""
    return Measurement(value, value, value, unit, **told)


def is_convertible(unit: str, *, other: str) -> bool:
    """Tell whether figures in two units can be compared."""
    ours, theirs = (_KINDS.get(word) for word in (unit, other))
    return unit == other or (ours is not None and theirs is not None and ours[0] == theirs[0])


def is_count(unit: str) -> bool:
    """Tell whether figures in a unit are counts."""
    return unit not in _KINDS


def report_missing(reason: str, *, unit: str = "") -> Measurement:
    """Say that a figure cannot be had, and what the project lacks for it."""
    return Measurement(missing=reason, unit=unit)


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


Unit = str | Mapping[str, str]
"""Unit of a metric; by the value of its parameter ``measure`` where that decides."""


@dataclass(frozen=True)
class ParameterNames:
    """Marks a parameter that names something of the project.

    Parameters
    ----------
    of
        What it names: a line, a side or a partition.
    """

    of: Literal["line", "side", "partition"]


LineKey = Annotated[str, ParameterNames("line")]
SideName = Annotated[str, ParameterNames("side")]
PartitionKey = Annotated[str, ParameterNames("partition")]
Ids = Annotated[tuple[str, ...], Field(min_length=1)]
Codes = Annotated[tuple[str, ...], Field(min_length=1)]
Kinds = Annotated[tuple[str, ...], Field(min_length=1)]
Ends = tuple[LonLat, LonLat]
Path = Annotated[tuple[LonLat, ...], Field(min_length=2)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
Metres = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False, strict=True)]
Distance = Annotated[float, Field(ge=100, le=100_000, strict=True)]
Radius = Distance
Height = Annotated[float, Field(ge=0, le=500, strict=True)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]

SHARED: Mapping[str, str] = MappingProxyType(
    {
        "line": "key of a line; a way that it bars cannot cross it",
        "side": "name of a side of that line",
        "from_line": "key of the earlier line",
        "to_line": "key of the later line",
        "to_side": "the side that gained the land",
        "partition": "key of a partition, or districts",
        "codes": "codes of districts; all of them if empty",
        "outline_error_m": "half-width within which the outlines lie with 95 %, metres",
        "distance_m": "the distance, metres",
        "source": "source of people as in zones.csv: settlements, settlements:registered, "
        "raster:<key>, districts or districts:registered",
        "between": "two places that bound the stretch, [[lon, lat], [lon, lat]]; or, instead,",
        "section": "a section that the project names; all of the line without either",
        "place": "identifier of a settlement",
        "places": "identifiers of settlements, or of points",
        "points": "identifiers of the places looked from",
        "start": "identifier of the place where a way begins",
        "stop": "identifier of the place where it ends",
        "radius_m": "how far is looked, metres; what lies beyond is not in sight",
        "target_height_m": "height looked at above the ground, such as a roof; else the project's",
        "kinds": "kinds of corridors, such as road or canal",
        "corridor": "identifier of a corridor",
        "kind": "kind of the points",
        "complete": "whether all such points are in the data; else a figure is only indicative",
        "checkpoints": "whether a line lets through at checkpoints",
    }
)
"""What a parameter means wherever a metric says nothing else of it."""
