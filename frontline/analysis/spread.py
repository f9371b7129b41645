"""A figure with its interval, and the interval over the displaced copies of a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from frontline._typing import Floats
from frontline.lines.front import take_figures, take_point_figures
from frontline.uncertainty.intervals import Drawn, take_interval
from frontline.uncertainty.sampling import SamplePosition

if TYPE_CHECKING:
    from frontline.geo.projection import ProjectedPlane
    from frontline.lines.front import DisplacedFront, FrontLine


class Estimate(NamedTuple):
    """A figure with the ends of its interval, which are NaN where that is not known."""

    value: float
    low: float
    high: float


def spread_over_copies(
    front: FrontLine,
    *,
    draws: Sequence[DisplacedFront],
    value: float,
    figure: Callable[[Any, Any], float],
    counted: bool = False,
    local: bool = False,
) -> tuple[float, float]:
    """Take the interval of a figure over the displaced copies of a line.

    Parameters
    ----------
    front, draws
        The line and its displaced copies; may be empty.
    value
        The figure for the line as drawn, computed exactly.
    figure
        The same figure from a line and its sides, which may be computed in a coarser way.
    counted, local
        Whether places are counted, and whether the figure hangs on one place of the line; see
        `frontline.uncertainty.intervals.take_interval`.

    Returns
    -------
    low, high
        Moved by the difference of the exact and the coarse figure, and never without the figure
        itself (the smallest of many displaced distances is smaller than that of the line as
        drawn); the figure itself for a line without error, NaN for one with an error and no
        draws.
    """

    def both(line: Any, sides: Any) -> tuple[float, float]:
        single = figure(line, sides)
        return single, single

    return spread_ends_over_copies(
        front, draws=draws, ends=(value, value), figure=both, counted=counted, local=local
    )


def spread_ends_over_copies(
    front: FrontLine,
    *,
    draws: Sequence[DisplacedFront],
    ends: tuple[float, float],
    figure: Callable[[Any, Any], tuple[float, float]],
    counted: bool = False,
    local: bool = False,
) -> tuple[float, float]:
    """Widen the least and the most that a figure may be by the displaced copies of a line.

    Parameters
    ----------
    front, draws
        As in `spread_over_copies`.
    ends
        The least and the most for the line as drawn.
    figure
        The least and the most from a line and its sides.
    counted, local
        As in `spread_over_copies`.

    Returns
    -------
    low, high
        The lower end of the least and the upper end of the most, each as in `spread_over_copies`.
    """
    if not (front.error_m > 0).any():
        return ends
    drawn = take_figures(front, draws=draws, figure=figure, counted=counted, local=local)
    return _widen(ends, drawn)


def spread_ends_over_positions(
    front: FrontLine,
    *,
    draws: Sequence[DisplacedFront],
    xy: Floats,
    here: SamplePosition,
    ends: tuple[float, float],
    figure: Callable[[SamplePosition], tuple[float, float]],
    plane: ProjectedPlane,
) -> tuple[float, float]:
    """Widen the least and the most of a figure of points, located against each copy of a line.

    Parameters
    ----------
    front, draws, ends
        As in `spread_ends_over_copies`.
    xy, here
        Points in the plane, shape ``(m, 2)``, and where they lie against the line as drawn.
    figure
        The least and the most from where the points lie.
    plane
        The plane.

    Returns
    -------
    As from `spread_ends_over_copies`, which draws every copy with its polygons; this does not.
    """
    if not (front.error_m > 0).any():
        return ends
    drawn = take_point_figures(
        front, draws=draws, xy=xy, here=here, figure=figure, plane=plane, counted=False
    )
    return _widen(ends, drawn)


def _widen(ends: tuple[float, float], drawn: Drawn | None) -> tuple[float, float]:
    if drawn is None:
        return float("nan"), float("nan")
    low, _ = take_interval(ends[0], drawn=drawn.at(0))
    _, high = take_interval(ends[1], drawn=drawn.at(1))
    return low, high
