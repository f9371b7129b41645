"""Correlated error, the intervals that come of it, and figures rounded by their interval."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import stdtrit

from frontline._typing import Floats

SIGMAS = 1.959963984540054
"""Half-width of the middle 95 % of a normal distribution, in standard deviations."""

UNSURE = 16.0 / 15.0
"""How much wider the interval of a measured figure is for a spread that is itself estimated."""

UNSURE_FEW = 1.15
"""The same of a figure that few places decide: settlements near an edge, roads that cross it."""

_NODES = 4
_REACH = 9


def make_generator(seed: int, *, key: str, draw: int) -> np.random.Generator:
    """Make the random numbers of one draw of one line.

    Parameters
    ----------
    seed
        The project's seed.
    key
        The line's key: lines draw independently, and adding a line changes no other.
    draw
        Number of the draw: the first hundred draws are the same however many follow, and
        whichever worker makes them.

    Returns
    -------
    Generator
    """
    return np.random.default_rng(
        np.random.SeedSequence(seed, spawn_key=(zlib.crc32(key.encode()), draw))
    )


def draw_noise(
    at_m: Floats,
    *,
    generators: Sequence[np.random.Generator],
    length_m: float,
    correlation_m: float,
    closed: bool = False,
) -> Floats:
    """Draw numbers of mean 0 and variance 1 that are alike where they are near along a line.

    Parameters
    ----------
    at_m
        Positions along the line, shape ``(n,)``, metres from its beginning.
    generators
        One per draw; each gives its next numbers, so lines of several parts call in order.
    length_m
        Length of the line.
    correlation_m
        Distance over which the correlation falls to 1 / e; infinite moves all alike.
    closed
        Whether the line is a ring: its end is then correlated with its beginning.

    Returns
    -------
    ndarray
        Shape ``(draws, n)``.

    Notes
    -----
    The correlation is exp(-(d / correlation_m)^2), smooth, so that a displaced line is as
    smooth as the drawn one. It is a moving average of white noise on nodes, four to the
    correlation length, with the square-root kernel exp(-2 (d / correlation_m)^2): the
    convolution of that with itself is the correlation. The weights of a position have unit
    norm, so the variance is exact; nodes beyond 2.25 lengths, weights below 4e-5, are left out.
    """
    at = np.asarray(at_m, dtype=np.float64)
    step = correlation_m / _NODES
    if not np.isfinite(step) or step > 1e3 * max(length_m, 1.0):
        return np.repeat([[rng.standard_normal()] for rng in generators], len(at), axis=1)
    count = max(1, round(length_m / step))
    if closed:
        step = length_m / count
    near = np.round(at / step).astype(np.int64)
    reach = min(_REACH, (count - 1) // 2) if closed else _REACH
    nodes = near[:, None] + np.arange(-reach, reach + 1)
    weights = np.exp(-2.0 * ((at[:, None] - nodes * step) / correlation_m) ** 2)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    taken = nodes % count if closed else nodes + _REACH
    size = count if closed else int(np.ceil(length_m / step)) + 2 * _REACH + 2
    return np.array(
        [(rng.standard_normal(size)[taken] * weights).sum(axis=1) for rng in generators]
    )


@dataclass(frozen=True)
class Drawn:
    """A figure, or an array of them, in the copies of a line that its interval asks for.

    Parameters
    ----------
    base
        Of the line that the copies are displaced from: of a measured figure the smooth line, of
        a counted one the line as drawn.
    copies
        Of each copy, shape ``(n, ...)``: maps of the smooth line, or lines as they may run.
    counted
        Whether places are counted.
    beside
        Of a figure that hangs on one place of the line: the same in lines as they may run.
    unsure
        How much wider the interval of a measured figure is, for what is not known of the line.
    """

    base: Any
    copies: Floats
    counted: bool = False
    beside: Drawn | None = None
    unsure: float = UNSURE

    def at(self, *place: Any) -> Drawn:
        """Return one figure of an array of them."""
        beside = self.beside.at(*place) if self.beside is not None else None
        copies = self.copies[(slice(None), *place)]
        return replace(self, base=self.base[place], copies=copies, beside=beside)

    def of(self, change: Callable[[Any], Any]) -> Drawn:
        """Return a function of the figures, for each copy."""
        copies = np.array([change(copy) for copy in self.copies], dtype=np.float64)
        return replace(self, base=change(self.base), copies=copies, beside=None)


def take_interval(
    value: float,
    *,
    drawn: Drawn | None,
    least: float = -math.inf,
    most: float = math.inf,
    level: float = 0.95,
) -> tuple[float, float]:
    """Take the interval of a figure from its displaced copies.

    Parameters
    ----------
    value
        The figure, of the line as drawn.
    drawn
        The figure in the copies, in the same way for all of them and, if need be, coarser than
        `value`; None or no copies: nothing is known.
    least, most
        What is possible: the interval is cut there.
    level
        Probability with which it shall hold the truth.

    Returns
    -------
    low, high
        They hold `value`, and `least` and `most` hold them; NaN without copies or with any NaN.

    Notes
    -----
    Of a **measured** figure (areas, lengths, distances, people spread over land) the copies are
    maps of the smooth line, made as the map at hand was made of the truth. How much they differ
    from that line, on average and around the average, is how much the figure may differ from
    the truth: the interval is ``value - bias`` and the spread of the copies about it. This is the
    basic bootstrap interval, of a smoothed estimate. A plain percentile of displaced copies would
    add to the figure the bias that it has already.

    The line that copies are displaced from is itself estimated, with bends that may be error's or
    lack true ones, and so is their spread: the reach is that of one more draw (Student's, with the
    root of 1 + 1 / n for the mean), and a fifteenth wider (`UNSURE`); of roads, of which few cross
    an edge, 15 % (`UNSURE_FEW`).

    A figure that hangs on **one place** of the line, such as the distance of a town, takes more
    than bias from an error that happens to reach out there: a large one says little. The interval
    lies about the mean of two estimates, ``value - bias`` and what lines as they may run have on
    average, with the mean of both spreads.

    Of a **counted** figure (settlements and the people in them) the copies are lines as they may
    truly run, and the interval holds the middle of their counts: what the map says of a place
    next to the edge of a zone is as good as what any such line says. Whole counts are few: their
    interval reaches 15 % farther from the median (`UNSURE_FEW`), to the nearest whole number.

    References
    ----------
    Davison, A. C. and Hinkley, D. V. (1997), Bootstrap methods and their application, ch. 5.
    """
    if drawn is None:
        return math.nan, math.nan
    copies = np.asarray(drawn.copies, dtype=np.float64).ravel()
    base = float(drawn.base)
    if len(copies) < 2 or not np.isfinite(copies).all() or not math.isfinite(base + value):
        return math.nan, math.nan
    tail = (1.0 - level) / 2.0
    if drawn.counted:
        levels = [tail, 0.5, 1.0 - tail]
        first, middle, last = np.quantile(copies, levels, method="weibull").tolist()
        # Where one place alone is in or out, nothing lies beyond its two counts.
        if (copies == np.round(copies)).all() and len(np.unique(copies)) > 2:
            first = math.ceil(middle - UNSURE_FEW * (middle - first) - 0.5)
            last = math.floor(middle + UNSURE_FEW * (last - middle) + 0.5)
        low, high = first + value - base, last + value - base
    else:
        centre, spread = value - estimate_bias(drawn), float(copies.std(ddof=1))
        if drawn.beside is not None:
            lines = np.asarray(drawn.beside.copies, dtype=np.float64).ravel()
            centre = (centre + float(lines.mean()) + value - float(drawn.beside.base)) / 2.0
            spread = (spread + float(lines.std(ddof=1))) / 2.0
        student = float(stdtrit(len(copies) - 1, 1.0 - tail))
        reach = drawn.unsure * student * math.sqrt(1.0 + 1.0 / len(copies)) * spread
        low, high = centre - reach, centre + reach
    slack = 1e-9 * max(1.0, abs(value))
    low = value if abs(low - value) <= slack else min(low, value)
    high = value if abs(high - value) <= slack else max(high, value)
    return min(max(low, least), value), max(min(high, most), value)


def estimate_bias(drawn: Drawn) -> float:
    """Return by how much error makes a measured figure too large, on average; 0 of a count."""
    if drawn.counted or not len(drawn.copies):
        return 0.0
    return float(np.mean(drawn.copies) - drawn.base)
