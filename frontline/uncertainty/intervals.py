"""Correlated error, the intervals that come of it, and figures rounded by their interval."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from frontline._typing import Floats

SIGMAS = 1.959963984540054
"""Half-width of the middle 95 % of a normal distribution, in standard deviations."""

_NODES = 4
_REACH = 9


def generator(seed: int, key: str, draw: int) -> np.random.Generator:
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


def correlated_noise(
    at_m: Floats,
    generators: Sequence[np.random.Generator],
    *,
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


def interval(
    drawn: Any, *, central: float = 0.0, coarse: float = 0.0, level: float = 0.95
) -> tuple[float, float]:
    """Take the interval of a figure from its draws.

    Parameters
    ----------
    drawn
        The figure in each draw, shape ``(n,)``.
    central, coarse
        Where the draws are computed in a coarser way than the figure itself: the figure, and
        the figure computed in the coarse way. The interval is moved by their difference.
    level
        Share of the draws that lie inside.

    Returns
    -------
    low, high
        The 2.5 and 97.5 % points for the default level; NaN for no draws or any NaN.
    """
    values = np.asarray(drawn, dtype=np.float64).ravel()
    if len(values) == 0 or np.isnan(values).any():
        return math.nan, math.nan
    tail = 50.0 * (1.0 - level)
    low, high = np.percentile(values, [tail, 100.0 - tail])
    return float(low) + central - coarse, float(high) + central - coarse
