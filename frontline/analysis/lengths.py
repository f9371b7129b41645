"""Length of a line at a scale, and of one line against another, with what is not known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from frontline.analysis.spread import Estimate
from frontline.lines.front import take_figures
from frontline.lines.measures import measure_detail, measure_length_at_scales
from frontline.uncertainty.intervals import take_interval

if TYPE_CHECKING:
    from frontline.geo.projection import ProjectedPlane
    from frontline.lines.front import DisplacedFront, FrontLine


def measure_line_length(
    front: FrontLine,
    *,
    draws: Sequence[DisplacedFront],
    plane: ProjectedPlane,
    generalise_m: float = 0.0,
) -> Estimate:
    """Measure a line, as drawn or generalised.

    Parameters
    ----------
    front, draws, frame
        The line, its displaced copies, the plane.
    generalise_m
        Bends smaller than this are left out first.

    Notes
    -----
    Displacing a line makes it longer: the interval leaves that bias out, as every interval of a
    measured figure does (`frontline.uncertainty.intervals.take_interval`). The upper end of a line
    as drawn holds what its generalisation may have taken, where its vertices are enough to tell
    (`frontline.lines.measures.measure_detail`). A line that winds less than its own error would
    make it, such as one of two straight pieces, has copies that wind more, and an interval that
    reaches upwards from its figure only.
    """

    def kilometres(course: Any) -> float:
        return float(
            measure_length_at_scales(course, plane=plane, scales_m=(generalise_m,))[
                "length_km"
            ].iloc[0]
        )

    km = kilometres(front.geometry)
    low, high = km, km
    if (front.error_m > 0).any():
        drawn = take_figures(front, draws=draws, figure=lambda course, _: kilometres(course))
        low, high = take_interval(km, drawn=drawn, least=0.0)
    most = measure_detail(front.geometry).most if generalise_m == 0.0 else 1.0
    return Estimate(km, low, high * most if math.isfinite(most) else high)


def divide_lengths(first: Estimate, *, second: Estimate) -> Estimate:
    """Divide two lengths whose errors are independent; a ratio in the place of kilometres."""
    ratio = first.value / second.value
    below = math.hypot(first.low / first.value - 1.0, second.high / second.value - 1.0)
    above = math.hypot(first.high / first.value - 1.0, second.low / second.value - 1.0)
    return Estimate(ratio, ratio * (1.0 - below), ratio * (1.0 + above))
