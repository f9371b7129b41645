"""Error along a line: the same where two lines coincide, and told apart from true bends."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, sparse
from scipy.special import gammaincinv, ndtri

from frontline._typing import Coords, Floats, Integers

PER_LENGTH = 4
"""Nodes of the error along a line, per correlation length."""

CELLS_PER_LENGTH = 8
"""Cells of the plane that carry independent numbers, per correlation length."""

WIDEST, NARROWEST = 5.6, 0.7
"""Width of the smoothing that leaves a line's general course, in correlation lengths: bends beside
it are told from error. Of a short line less, and below the second number none."""

LONGEST = 0.25
"""A piece is smoothed over at most this part of its length."""

_REACH = 2.25
_TAILS = 3.0
_PER_CELL = 3
_BELIEVED = 0.99
_TOO_SMOOTH = 0.3
_UNLIKELY = 0.01
_FAR = 1e3
_FEWEST = 8
_RATIO = 1.3
_SHORTEST = 2.0
_WINDING = 0.4

Words = NDArray[np.uint64]
Values = NDArray[np.inexact]


@dataclass(frozen=True)
class Chain:
    """One piece of a line, as its error is drawn.

    Parameters
    ----------
    raw_xy, raw_at_m
        Vertices as given ``(r, 2)`` and where on the thinned piece each lies ``(r,)``.
    length_m
        Length of the thinned piece.
    closed
        Whether it is a ring.
    hand
        1 or -1: which way a positive error moves it, so that two lines with the same sides move
        the same way whichever way they are drawn.
    """

    raw_xy: Coords
    raw_at_m: Floats
    length_m: float
    closed: bool
    hand: float


def place_nodes(chain: Chain, *, correlation_m: float) -> Floats:
    """Place nodes evenly along a piece, four to a correlation length, both ends among them."""
    wanted = chain.length_m * PER_LENGTH / correlation_m if correlation_m > 0 else 1.0
    return np.linspace(0.0, chain.length_m, max(1, math.ceil(wanted)) + 1)


def draw_errors(
    chain: Chain, *, at_m: Floats, draws: int, correlation_m: float, seed: int, key: str
) -> Floats:
    """Draw errors of mean 0 and variance 1 along a piece.

    Parameters
    ----------
    chain
        The piece.
    at_m
        Where, shape ``(n,)``.
    draws
        How many; the first ones are the same however many follow.
    correlation_m
        Distance over which the correlation falls to 1 / e.
    seed, key
        Lines with one seed and key share the numbers of the plane.

    Returns
    -------
    Shape ``(draws, n)``.

    Notes
    -----
    The correlation along the line is exp(-(d / correlation_m)^2): a moving average with the
    kernel exp(-2 (d / correlation_m)^2) over white noise. The white noise belongs to the cells of
    the plane that the line passes, an eighth of the correlation length wide: two lines pass the
    same cells where they coincide, and have the same error there; where they lie apart, their
    errors are independent. Beyond its ends a piece goes straight on.
    """
    if not math.isfinite(correlation_m) or correlation_m > _FAR * max(chain.length_m, 1.0):
        cells = np.zeros((1, 2), dtype=np.int64)
        alike = chain.hand * make_hashed_normals(cells, draws=draws, seed=seed, key=key)
        return np.repeat(alike.T, len(at_m), axis=1)
    cell_m = correlation_m / CELLS_PER_LENGTH
    place, metres, cells = _elements(chain, correlation_m, cell_m)
    first = np.searchsorted(place, at_m - _REACH * correlation_m)
    last = np.searchsorted(place, at_m + _REACH * correlation_m)
    count = last - first
    row = np.repeat(np.arange(len(at_m)), count)
    element = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    element += np.repeat(first, count)
    away = (place[element] - at_m[row]) / correlation_m
    names, cell = np.unique(cells, axis=0, return_inverse=True)
    weights = sparse.csr_matrix(
        (np.exp(-2.0 * away**2) * metres[element], (row, cell.ravel()[element])),
        shape=(len(at_m), len(names)),
    )
    norm = np.sqrt(np.asarray(weights.multiply(weights).sum(axis=1)).ravel())
    white = make_hashed_normals(names, draws=draws, seed=seed, key=f"{key}/{correlation_m!r}")
    drawn = (weights @ white).T * (chain.hand / norm)
    return np.asarray(drawn, dtype=np.float64)


def _elements(chain: Chain, correlation_m: float, cell_m: float) -> tuple[Floats, Floats, Integers]:
    """Divide a piece and what follows its ends: place, length and cell of each element."""
    step = np.diff(chain.raw_xy, axis=0)
    parts = np.maximum(1, np.ceil(np.hypot(*step.T) * _PER_CELL / cell_m)).astype(np.int64)
    edge = np.repeat(np.arange(len(step)), parts)
    share = np.arange(parts.sum()) - np.repeat(np.cumsum(parts) - parts, parts)
    share = (share + 0.5) / parts[edge]
    middle = chain.raw_xy[edge] + step[edge] * share[:, None]
    advance = np.diff(chain.raw_at_m)
    place = chain.raw_at_m[edge] + advance[edge] * share
    metres = advance[edge] / parts[edge]
    reach = _REACH * correlation_m
    if chain.closed:
        turns = range(-math.ceil(reach / chain.length_m), math.ceil(reach / chain.length_m) + 1)
        place = np.concatenate([place + turn * chain.length_m for turn in turns])
        middle, metres = (np.concatenate([values] * len(turns)) for values in (middle, metres))
        near = (place > -reach) & (place < chain.length_m + reach)
        place, middle, metres = place[near], middle[near], metres[near]
    else:
        further = (np.arange(math.ceil(reach * _PER_CELL / cell_m)) + 0.5) * cell_m / _PER_CELL
        for end, sign in ((0, -1.0), (-1, 1.0)):
            out = _outward(chain.raw_xy, end, cell_m)
            middle = np.concatenate([middle, chain.raw_xy[end] + further[:, None] * out])
            start = 0.0 if end == 0 else chain.length_m
            place = np.concatenate([place, start + sign * further])
            metres = np.concatenate([metres, np.full(len(further), cell_m / _PER_CELL)])
    order = np.argsort(place, kind="stable")
    cells = np.floor(middle[order] / cell_m).astype(np.int64)
    return place[order], metres[order], cells


def _outward(xy: Coords, end: int, reach_m: float) -> Floats:
    """Direction in which a piece leaves its end, taken over the last `reach_m` of it."""
    away = np.hypot(*(xy - xy[end]).T)
    far = np.flatnonzero(away >= reach_m)
    other = (far[0] if end == 0 else far[-1]) if len(far) else int(np.argmax(away))
    return np.asarray((xy[end] - xy[other]) / max(float(away[other]), 1e-9), dtype=np.float64)


def make_hashed_normals(cells: Integers, *, draws: int, seed: int, key: str) -> Floats:
    """Make standard normal numbers that depend on a cell, a draw, a seed and a key only.

    Parameters
    ----------
    cells
        Column and row of each cell, shape ``(c, 2)``.
    draws
        How many numbers for each.
    seed, key
        What else they depend on.

    Returns
    -------
    Shape ``(c, draws)``.

    References
    ----------
    Steele, G. L., Lea, D. and Flood, C. H. (2014), Fast splittable pseudorandom number
    generators, OOPSLA 14, 453-472 (the finalizer of SplitMix64).
    """
    start = _mixed(np.array([seed], dtype=np.uint64) ^ np.uint64(zlib.crc32(key.encode()) << 20))
    column, row = np.ascontiguousarray(cells, dtype=np.int64).view(np.uint64).T
    cell = _mixed(_mixed(start ^ column) + row)
    numbers = np.arange(1, draws + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = _mixed(cell[:, None] + numbers)
    uniform = ((mixed >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return np.asarray(ndtri(uniform), dtype=np.float64)


def _mixed(words: Words) -> Words:
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def make_smoothing_matrix(
    count: int, *, step_m: float, width_m: float, closed: bool
) -> sparse.csr_array:
    """Make the matrix that smooths values at even nodes, bends of the second degree kept.

    Parameters
    ----------
    count
        Nodes; of a ring without the last, which is the first again.
    step_m
        Distance of the nodes.
    width_m
        Standard deviation of the Gaussian weights.
    closed
        Whether the nodes go round.

    Returns
    -------
    Shape ``(count, count)``.

    References
    ----------
    Cleveland, W. S. (1979), Robust locally weighted regression and smoothing scatterplots,
    Journal of the American Statistical Association 74, 829-836.
    """
    reach = max(3, math.ceil(_TAILS * width_m / step_m))
    reach = min(reach, (count - 1) // 2) if closed else min(reach, count - 1)
    offset = np.arange(-reach, reach + 1)
    node = np.arange(count)[:, None] + offset
    at = offset * step_m / width_m
    weight = np.broadcast_to(np.exp(-0.5 * at**2), node.shape)
    if not closed:
        weight = weight * ((node >= 0) & (node < count))
    moments = weight @ np.stack([at**power for power in range(5)], axis=1)
    order = np.arange(3)
    normal = moments[:, order[:, None] + order] + 1e-9 * np.eye(3) * moments[:, :1, None]
    terms = np.linalg.solve(normal, np.broadcast_to(np.eye(3)[:, :1], (count, 3, 1)))[:, :, 0]
    values = weight * (terms @ np.stack([at**power for power in order]))
    node = node % count if closed else np.clip(node, 0, count - 1)
    row = np.repeat(np.arange(count), len(offset))
    return sparse.csr_array((values.ravel(), (row, node.ravel())), shape=(count, count))


@dataclass(frozen=True)
class Waves:
    """A piece's bends and its drawn errors, as waves along it.

    Parameters
    ----------
    level
        Band of each wave, by its length, shape ``(w,)``: a higher one holds shorter waves.
    normal
        Left normals of the piece's general course at the nodes, shape ``(n, 2)``.
    bends
        Amplitudes of its offsets from that course, metres, ``(w,)``.
    errors
        Amplitudes of the drawn errors less their long waves, metres, ``(draws, w)``.
    rest
        The long waves of the errors, metres at the nodes, ``(draws, n)``.
    closed
        Whether the piece is a ring.
    """

    level: Integers
    normal: Coords
    bends: Values
    errors: Values
    rest: Floats
    closed: bool

    def offsets(self, amplitudes: Values) -> Floats:
        """Add up waves ``(..., w)`` to metres at the nodes, ``(..., n)``."""
        count = len(self.normal) - 1 if self.closed else len(self.normal)
        if not len(self.level):
            return np.zeros((*amplitudes.shape[:-1], len(self.normal)))
        if not self.closed:
            return np.asarray(fft.idct(amplitudes, norm="ortho"), dtype=np.float64)
        return _close(fft.irfft(amplitudes, count, norm="ortho"), closed=True)


def divide_waves(chain: Chain, *, xy: Coords, errors_m: Floats, correlation_m: float) -> Waves:
    """Divide the bends of a piece, and its errors, into waves along it.

    Parameters
    ----------
    chain
        The piece.
    xy
        Its course at even nodes, shape ``(n, 2)``.
    errors_m
        Errors at the nodes in metres, ``(draws, n)``.
    correlation_m
        Correlation length.

    Notes
    -----
    Bends are offsets from the piece's general course, smoothed over 5.6 correlation lengths and at
    most a quarter of it. Of open pieces the waves are those of the cosine transform, of rings
    those of Fourier's.
    """
    count = len(xy) - 1 if chain.closed else len(xy)
    step = chain.length_m / (len(xy) - 1)
    width = min(WIDEST * correlation_m, LONGEST * chain.length_m)
    if not width >= NARROWEST * correlation_m or count < _FEWEST:
        none = np.zeros(0)
        return Waves(
            none.astype(np.int64),
            np.zeros_like(xy),
            none,
            np.zeros((len(errors_m), 0)),
            errors_m,
            chain.closed,
        )
    matrix = make_smoothing_matrix(count, step_m=step, width_m=width, closed=chain.closed)
    course, calm = matrix @ xy[:count], (matrix @ errors_m[:, :count].T).T
    ahead = (
        np.roll(course, -1, axis=0) - np.roll(course, 1, axis=0)
        if chain.closed
        else np.gradient(course, axis=0)
    )
    normal = (
        np.column_stack([-ahead[:, 1], ahead[:, 0]]) / np.maximum(np.hypot(*ahead.T), 1e-9)[:, None]
    )
    offset = ((xy[:count] - course) * normal).sum(axis=1)
    moving = errors_m[:, :count] - calm
    if chain.closed:
        # A smoothed ring is a little smaller: that is no bend.
        bends, waves = (
            fft.rfft(values, norm="ortho") for values in (offset - offset.mean(), moving)
        )
        per_m = np.arange(len(bends)) / chain.length_m
    else:
        bends, waves = (fft.dct(values, norm="ortho") for values in (offset, moving))
        per_m = np.arange(len(bends)) / (2.0 * chain.length_m)
    per_m[0] = per_m[1]
    level = np.floor(np.log(np.minimum(per_m * correlation_m, _SHORTEST)) / math.log(_RATIO))
    return Waves(
        level.astype(np.int64),
        _close(normal.T, closed=chain.closed).T,
        bends,
        waves,
        _close(calm, closed=chain.closed),
        chain.closed,
    )


def _close(values: Floats, *, closed: bool) -> Floats:
    return np.concatenate([values, values[..., :1]], axis=-1) if closed else values


def estimate_true_shares(pieces: Sequence[Waves]) -> tuple[tuple[Floats, ...], bool]:
    """Estimate which share of each wave in the bends of a line is true.

    Parameters
    ----------
    pieces
        Of each piece of the line.

    Returns
    -------
    shares
        Of each piece, shape ``(w,)``; 0 where error alone would bend the line as much.
    generalised
        Whether the line winds far less than its own error would make it: then it is drawn
        smoother than the truth, and all shares are 1.

    Notes
    -----
    The map shows the true bends and the error on top of each other: if the bends of a band have r
    times the energy that error alone would give them, 1 - 1 / r of it is true (a Wiener filter,
    with the spectrum taken from the map itself). Less than what one in a hundred draws of the
    error reaches is taken for error. A line with less than three tenths of the energy, which error
    falls short of once in a hundred times at most, is generalised: its error is the bends it lacks.
    """
    levels = np.unique(np.concatenate([np.zeros(0, np.int64), *(piece.level for piece in pieces)]))
    share_of: dict[int, float] = {}
    seen_in_all, drawn_in_all = 0.0, np.zeros(1)
    short = math.log(_WINDING) / math.log(_RATIO)
    for level in levels:
        seen, drawn = 0.0, np.zeros(1)
        for piece in pieces:
            chosen = piece.level == level
            seen += float((np.abs(piece.bends[chosen]) ** 2).sum())
            drawn = drawn + (np.abs(piece.errors[:, chosen]) ** 2).sum(axis=1)
        by_error = float(drawn.mean())
        believed = by_error > 0 and seen > _find_energy(drawn, _BELIEVED)
        share_of[int(level)] = max(0.0, 1.0 - by_error / seen) if believed else 0.0
        if level < short or len(levels) == 1:
            seen_in_all, drawn_in_all = seen_in_all + seen, drawn_in_all + drawn
    least = min(_TOO_SMOOTH * drawn_in_all.mean(), _find_energy(drawn_in_all, _UNLIKELY))
    generalised = bool(seen_in_all < least)
    return (
        tuple(
            np.array([1.0 if generalised else share_of[int(level)] for level in piece.level])
            for piece in pieces
        ),
        generalised,
    )


def _find_energy(drawn: Floats, share: float) -> float:
    """Find a quantile of energies, which are spread as a gamma distribution, nearly."""
    mean, spread = float(drawn.mean()), float(drawn.var())
    if not spread > 0:
        return mean
    return float(gammaincinv(mean**2 / spread, share) * spread / mean)
