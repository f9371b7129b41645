"""Figures as people read them: rounded by their intervals, alike on page, report and sheets."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


MOST_DIGITS = 6
"""Digits kept of a figure, however narrow its interval."""
DIGITS_ALONE = 3
"""Digits kept of a figure without an interval."""
RANGE = "{low} to {high}"


@dataclass(frozen=True)
class RoundedFigure:
    """A figure as it is printed, and its interval around it.

    Parameters
    ----------
    value, low, high
        Rounded, `low` downwards and `high` upwards; None where unknown or without an interval.
    place
        Power of ten of the last digit that the interval supports.
    """

    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    place: int

    @property
    def text(self) -> str:
        """The figure alone: ``290,000``, or ``unknown``."""
        return "unknown" if self.value is None else write_digits(self.value)

    @property
    def ends(self) -> tuple[str, str]:
        """Both ends of the interval; two empty texts where there is none."""
        if self.low is None or self.high is None:
            return "", ""
        return write_digits(self.low), write_digits(self.high)

    @property
    def range(self) -> str:
        """The interval in words: ``270,000 to 310,000``; empty where there is none."""
        low, high = self.ends
        return RANGE.format(low=low, high=high) if low else ""

    def in_sentence(self, unit: str = "") -> str:
        """Write figure, unit and interval: ``8,900 km² (8,700 to 9,100)``."""
        words = f"{self.text} {unit}".strip()
        return f"{words} ({self.range})" if self.range else words


def round_figure(value: float, low: float = math.nan, high: float = math.nan) -> RoundedFigure:
    """Round a figure and its interval to the digits that the interval supports.

    Parameters
    ----------
    value
        The figure; NaN is unknown.
    low, high
        Its interval. Without one (NaN, infinite or no width) three digits are kept, and whole
        numbers below 1,000 stay whole.

    Returns
    -------
    The figure, rounded half up, and the ends of its interval, rounded outwards: the printed
    figure lies within the printed ends wherever the figure lies within its interval.

    Notes
    -----
    The last digit kept is of the order of the interval's half-width: 287,413 with 20,000 to
    either side is 290,000. However wide the interval, the first two digits of a figure of ten or
    more are kept, and the first digit of a smaller one, so that something never reads as nothing.
    At most six digits are kept.
    """
    return _round_at_place(value, low, high, _place(value, low, high))


def round_part(value: float, *, whole: RoundedFigure) -> RoundedFigure:
    """Round a part of a figure that has no interval of its own: no finer than the whole.

    Parameters
    ----------
    value
        The part; NaN is unknown.
    whole
        Of which it is a part. A part below its last digit is printed as 0, from 0 to that digit.
    """
    if not math.isfinite(value) or whole.value is None or whole.low is None:
        return round_figure(value)
    unit = Decimal(1).scaleb(whole.place)
    shown = Decimal(repr(float(value))).quantize(unit, rounding=ROUND_HALF_UP)
    if shown == 0 and value > 0:
        return RoundedFigure(shown, Decimal(0), unit, whole.place)
    return RoundedFigure(shown, None, None, whole.place)


def write_rounded(value: float, low: float = math.nan, high: float = math.nan) -> str:
    """Write a figure with the digits its interval supports; see `round_figure`."""
    return round_figure(value, low, high).text


def round_series(
    values: Sequence[float], lows: Sequence[float], highs: Sequence[float]
) -> list[RoundedFigure]:
    """Round figures that never fall, such as people within growing distances, so that none does.

    Parameters
    ----------
    values, lows, highs
        The figures in their order and their intervals, each as in `round_figure`.

    Returns
    -------
    Each figure as `round_figure` gives it. Where that would print a larger figure as a smaller
    one (180,000 before 175,000), the one with more digits is rounded as coarsely as the other.
    """
    places = [_place(*row) for row in zip(values, lows, highs, strict=True)]
    finite = [n for n, value in enumerate(values) if math.isfinite(value)]
    figures = [
        _round_at_place(value, low, high, place)
        for value, low, high, place in zip(values, lows, highs, places, strict=True)
    ]
    settled = False
    while not settled:
        settled = True
        for before, after in itertools.pairwise(finite):
            nearer, farther = figures[before].value, figures[after].value
            assert nearer is not None
            assert farther is not None
            if nearer <= farther or values[before] > values[after]:
                continue
            finer, coarser = sorted((before, after), key=lambda n: places[n])
            places[finer] = places[coarser]
            figures[finer] = _round_at_place(
                values[finer], lows[finer], highs[finer], places[finer]
            )
            settled = False
    return figures


def round_cumulative(
    table: pd.DataFrame,
    *,
    column: str,
    fixed: Mapping[tuple[Any, ...], RoundedFigure] | None = None,
) -> dict[tuple[Any, ...], RoundedFigure]:
    """Round every figure within a distance of a line, so that none falls with the distance.

    Parameters
    ----------
    table
        Rows with ``line``, ``side``, ``kind`` and ``distance_m``, and ``source`` where figures
        come from several.
    column
        ``population`` or ``area_km2``; its interval stands in columns that end in ``_low`` and
        ``_high``.
    fixed
        Figures of other distances that are printed elsewhere: those of `table` lie between them.

    Returns
    -------
    By line, side, distance in metres and source (without one where the table has none).
    """
    stem = column.removesuffix("_km2")
    keys = ["line", "side", *(["source"] if "source" in table else [])]
    cumulative = table[table["kind"] == "cumulative"].sort_values("distance_m", kind="stable")
    figures: dict[tuple[Any, ...], RoundedFigure] = {}
    for (line, side, *source), rows in cumulative.groupby(keys, sort=False, dropna=False):
        columns = [_read_floats(rows, name) for name in (column, f"{stem}_low", f"{stem}_high")]
        for distance_m, figure in zip(rows["distance_m"], round_series(*columns), strict=True):
            figures[(line, side, float(distance_m), *source)] = figure
    return _is_between(figures, fixed) if fixed else figures


def _is_between(
    figures: Mapping[tuple[Any, ...], RoundedFigure],
    fixed: Mapping[tuple[Any, ...], RoundedFigure],
) -> dict[tuple[Any, ...], RoundedFigure]:
    """Keep each figure between those of the next smaller and the next larger fixed distance."""
    series: dict[tuple[Any, ...], dict[float, RoundedFigure]] = {}
    for (line, side, distance_m, *source), figure in fixed.items():
        series.setdefault((line, side, *source), {})[distance_m] = figure
    between = {}
    for key, figure in figures.items():
        line, side, distance_m, *source = key
        places = series.get((line, side, *source), {})
        nearer = max((at for at in places if at < distance_m), default=None)
        farther = min((at for at in places if at > distance_m), default=None)
        between[key] = fixed.get(key) or keep_between(
            figure,
            before=None if nearer is None else places[nearer],
            after=None if farther is None else places[farther],
        )
    return between


def keep_between(
    figure: RoundedFigure, *, before: RoundedFigure | None, after: RoundedFigure | None
) -> RoundedFigure:
    """Keep the figure of a distance between two others: not below the one, not above the other.

    Parameters
    ----------
    figure
        From `round_figure`; its interval grows where the figure moves out of it.
    before, after
        The printed figures of the next smaller and the next larger distance; None where there
        is none.
    """
    rounded = figure.value
    if rounded is None:
        return figure
    if after is not None and after.value is not None:
        rounded = min(rounded, after.value)
    if before is not None and before.value is not None:
        rounded = max(rounded, before.value)
    if figure.low is None or figure.high is None:
        return replace(figure, value=rounded)
    return replace(
        figure, value=rounded, low=min(figure.low, rounded), high=max(figure.high, rounded)
    )


def write_digits(number: Decimal) -> str:
    """Write a rounded number with commas between thousands."""
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    text = f"{abs(number):,.{max(0, -exponent)}f}"
    return f"-{text}" if number < 0 else text


def write_whole(value: float) -> str:
    """Write a count or a length to the unit, with commas between thousands."""
    return f"{round(value):,}" if math.isfinite(value) else "unknown"


def count_text(count: float, *, one: str, many: str = "") -> str:
    """Write a number of things, in the singular where it is one: 1 settlement, 12 settlements."""
    return f"{write_whole(count)} {one if count == 1 else many or one + 's'}"


def round_row(row: Mapping[Any, Any] | pd.Series[Any], *, column: str) -> RoundedFigure:
    """Round the figure of a row by its interval.

    Parameters
    ----------
    row
        Of a table.
    column
        The figure's; the interval stands in columns named after it without its unit, ending in
        ``_low`` and ``_high``.
    """
    stem = column.removesuffix("_km2").removesuffix("_km") if f"{column}_low" not in row else column
    value, low, high = (
        _read_float(row.get(name)) for name in (column, f"{stem}_low", f"{stem}_high")
    )
    return round_figure(value, low, high)


def _read_floats(rows: pd.DataFrame, name: str) -> list[float]:
    if name not in rows:
        return [math.nan] * len(rows)
    return [_read_float(value) for value in rows[name]]


def _read_float(value: Any) -> float:
    """Return a plain number; NaN for everything unknown, pandas' NA included."""
    unknown = value is None or (not isinstance(value, int | float) and not hasattr(value, "dtype"))
    return math.nan if unknown else float(value)


def _place(value: float, low: float, high: float) -> int:
    """Return the power of ten of the last digit that a figure's interval supports."""
    if not math.isfinite(value):
        return 0
    order = _order_of(value)
    half = (high - low) / 2.0
    if _has_width(value, low, high):
        return max(_order(half), order - MOST_DIGITS + 1)
    if abs(value) < 1000 and float(value).is_integer():
        return 0
    return order - DIGITS_ALONE + 1


def _has_width(value: float, low: float, high: float) -> bool:
    return math.isfinite(high - low) and high - low > 2e-12 * abs(value)


def _round_at_place(value: float, low: float, high: float, place: int) -> RoundedFigure:
    if not math.isfinite(value):
        return RoundedFigure(None, None, None, place)
    rounded = _round(value, place, ROUND_HALF_UP)
    if not _has_width(value, low, high):
        return RoundedFigure(rounded, None, None, place)
    return RoundedFigure(
        rounded, _round(low, place, ROUND_FLOOR), _round(high, place, ROUND_CEILING), place
    )


def _round(value: float, place: int, how: str) -> Decimal:
    """Round to a power of ten, but keep the first digits of the number itself."""
    last_place = max(_order_of(value) - 1, min(_order_of(value), 0))
    unit = Decimal(1).scaleb(min(place, last_place))
    return Decimal(repr(float(value))).quantize(unit, rounding=how)


def _order_of(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def _order(width: float) -> int:
    """Power of ten of the first digit; 9.99999 of something counts as ten of it."""
    return math.floor(math.log10(width) + 1e-6)
