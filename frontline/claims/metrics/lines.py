"""Metrics of a line itself: its length, its course, its relief, what another line says of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely

from frontline.analysis.context import Case
from frontline.claims.lookup import front_of, side_of
from frontline.claims.measurement import (
    POSITION,
    Amount,
    Ends,
    LineKey,
    Measured,
    Metres,
    PartitionKey,
    SideName,
    heights_known,
    missing,
)
from frontline.elevation.dem import heights_at
from frontline.elevation.terrain import relief_m
from frontline.errors import ProjectError, nearest, shown
from frontline.geo.geodesy import area_m2, distance_to, length_m, points_along
from frontline.lines.front import error_band, figures_of
from frontline.lines.sections import stretch_between, stretches_of
from frontline.uncertainty.intervals import interval

if TYPE_CHECKING:
    from frontline.lines.front import FrontLine


SCALES_M = (1_000.0, 2_000.0, 5_000.0, 10_000.0)
STEP_M = 500.0
"""Relief along a line is read this often."""


def line_length(case: Case, *, line: LineKey, generalise_m: Metres = 0.0) -> Measured:
    """Length of a line, as drawn or generalised.

    Parameters
    ----------
    generalise_m
        Bends smaller than this are left out first; 0 keeps the line as drawn.

    Notes
    -----
    A line has no length without a scale: the detail gives it at several ones. The interval says
    how much the length varies over the displaced copies, about the length as drawn.
    """
    front = front_of(case, line)
    frame = case.layers.frame

    def kilometres(course: Any, scale_m: float = generalise_m) -> float:
        plain = shapely.simplify(shapely.line_merge(course), scale_m) if scale_m else course
        return float(length_m(np.array([plain], dtype=object), frame)[0]) / 1000.0

    value = kilometres(front.geometry)
    drawn = figures_of(front, case.draws.get(line, ()), lambda course, _: kilometres(course))
    sure = not (front.error_m > 0).any()
    low, high = (value, value) if sure else interval(value, drawn, least=0.0)
    bends = ", ".join(f"{scale / 1000:g}" for scale in SCALES_M)
    smooth = [f"{kilometres(front.geometry, scale):.0f} km" for scale in SCALES_M]
    return Measured(
        value,
        low,
        high,
        "km",
        contains=POSITION,
        detail=f"Without bends of less than {bends} km it is {', '.join(smooth)} long.",
    )


def line_between(
    case: Case, *, line: LineKey, between: Ends | None = None, section: str | None = None
) -> Measured:
    """Length of a stretch of a line: between the points nearest to two places, or a section.

    Parameters
    ----------
    between
        Two places, [[lon, lat], [lon, lat]]; the stretch runs from the one to the other. Or,
        instead,
    """
    front = front_of(case, line)
    stretch = stretch_of(case, front, between, section)
    frame = case.layers.frame
    value = float(length_m(np.array([stretch], dtype=object), frame)[0]) / 1000.0
    # Either end may lie elsewhere along the line, by what it is off and by the line's error.
    ends = None if between is None else frame.xy(np.array(between))
    off_m = [0.0, 0.0] if ends is None else distance_to(ends, front.geometry, frame)
    error_m = float(front.error_m.max(initial=0.0))
    away = math.hypot(*(math.hypot(one, error_m) for one in off_m)) / 1000.0
    share = 100.0 * value / front.length_km
    return Measured(
        value,
        value - away,
        value + away,
        "km",
        contains=f"{POSITION} and the distance of the places named from it",
        detail=f"It is {share:.0f} % of the line, which is {front.length_km:.0f} km long",
    )


def stretch_of(
    case: Case, front: FrontLine, between: Ends | None, section: str | None = None
) -> Any:
    """Return a stretch of a line: between two places, a named section, or all of it.

    Raises
    ------
    ProjectError
        If the two places lie at the same point of the line, or this line has no such section.
    """
    if section is not None:
        own = [one for one in case.project.sections if one.line == front.key]
        chosen = [one for one in own if one.key == section]
        if not chosen:
            offer = nearest(section, [one.key for one in own])
            raise ProjectError(f"line '{front.key}' has no section {shown(section)}.{offer}")
        return stretches_of(chosen, case.layers, [front])[0].course
    if between is None:
        return shapely.line_merge(front.geometry)
    return stretch_between(front.geometry, case.layers.frame.xy(np.array(between)))


def line_gap(case: Case, *, line: LineKey, other: LineKey | None = None) -> Measured:
    """Mean gap between two lines along the first: the forward lines of two sides.

    Parameters
    ----------
    line
        Key of the line along which the gap is taken.
    other
        The other side's line of the same date. Without it one line stands for both, and a gap
        cannot be told from none.
    """
    front = front_of(case, line)
    error_km = float(front.error_m.max(initial=0.0)) / 1000.0
    if other is None:
        return Measured(
            unit="km",
            resolves=max(error_km, 1e-9),
            detail=f"One line is mapped, within {error_km * 1000:,.0f} m of its true place: the "
            "forward lines of both sides would be needed to measure between them.",
        )
    opposite = front_of(case, other)
    frame = case.layers.frame
    xy = points_along(front.geometry, frame, 200.0)
    gaps = distance_to(xy, opposite.geometry, frame) / 1000.0
    together = math.hypot(error_km, float(opposite.error_m.max(initial=0.0)) / 1000.0)
    tenth, ninth = np.quantile(gaps, [0.1, 0.9])
    return Measured(
        float(gaps.mean()),
        max(float(gaps.mean()) - together, 0.0),
        float(gaps.mean()) + together,
        "km",
        contains="the errors of both lines, taken alike over their length",
        detail=f"It is {tenth:.2g} km or less over a tenth of the line, {ninth:.2g} km or more "
        f"over another, and {gaps.max():.2g} km at most.",
        resolves=together,
    )


def relief_along(
    case: Case,
    *,
    line: LineKey,
    between: Ends | None = None,
    section: str | None = None,
    radius_m: Metres = 5_000.0,
    least_m: Amount = 300.0,
    measure: Literal["relief", "elevation"] = "relief",
) -> Measured:
    """Share of a line, or of a stretch of it, with relief or elevation above a threshold.

    Parameters
    ----------
    radius_m
        Relief is the highest less the lowest height within this distance.
    least_m
        The threshold.
    measure
        What must reach it: relief, or elevation on the line itself.
    """
    if case.dem is None:
        return missing("the project has no elevation", unit="%")
    front = front_of(case, line)
    frame = case.layers.frame
    stretch = stretch_of(case, front, between, section)
    xy = points_along(stretch, frame, STEP_M)
    if measure == "relief":
        found = relief_m(case.dem, xy, crs=frame.crs, radius_m=radius_m)
    else:
        found = heights_at(case.dem, xy, crs=frame.crs)
    known = found[np.isfinite(found)]
    if len(known) < len(found) / 2:
        return missing("most heights along the line are unknown", unit="%")
    error_m = case.dem.accuracy_m or 0.0
    low, value, high = (
        100.0 * float((known >= least_m + shift).mean()) for shift in (error_m, 0.0, -error_m)
    )
    kilometres = float(length_m(np.array([stretch], dtype=object), frame)[0]) / 1000.0
    quarter, median, third = np.quantile(known, [0.25, 0.5, 0.75])
    return Measured(
        value,
        low,
        high,
        "%",
        contains=heights_known(error_m),
        detail=f"Along {kilometres:.0f} km the {measure} is at most {quarter:,.0f} m on a quarter "
        f"of the way, {median:,.0f} m on half and {third:,.0f} m on three quarters; asked is "
        f"{least_m:,.0f} m or more.",
    )


def line_moved(
    case: Case, *, from_line: LineKey, to_line: LineKey, measure: Literal["mean", "most"] = "mean"
) -> Measured:
    """How far a line moved: distance from the old one to the new, along the old.

    Parameters
    ----------
    measure
        The mean along the old line, or the most.
    """
    old, new = front_of(case, from_line), front_of(case, to_line)
    frame = case.layers.frame
    xy = points_along(old.geometry, frame, STEP_M)
    away = distance_to(xy, new.geometry, frame) / 1000.0
    value = float(away.mean() if measure == "mean" else away.max())
    together = math.hypot(*(float(one.error_m.max(initial=0.0)) / 1000.0 for one in (old, new)))
    return Measured(
        value,
        max(value - together, 0.0),
        value + together,
        "km",
        contains="the errors of both lines, taken alike over their length",
        detail=f"The mean is {away.mean():.3g} km, the most {away.max():.3g} km.",
        resolves=together,
    )


def uncertain_band(
    case: Case,
    *,
    line: LineKey,
    partition: PartitionKey | None = None,
    side: SideName | None = None,
) -> Measured:
    """Land nearer to a line than its error: what nobody can assign to a side.

    Parameters
    ----------
    partition
        Only within this partition; ``districts`` for all districts.
    side
        Only on this side.
    """
    from frontline.claims.lookup import land_of

    front = front_of(case, line)
    band = shapely.intersection(error_band(front, case.layers.frame), case.layers.study_area)
    if partition is not None:
        band = shapely.intersection(band, land_of(case, partition))
    if side is not None:
        band = shapely.intersection(band, side_of(front, side))
    value = float(area_m2(np.array([band], dtype=object), case.layers.frame)[0]) / 1e6
    own = case.places[(case.places["line"] == line) & ~case.places["side_certain"].astype(bool)]
    inside = own[shapely.intersects(band, own.geometry.to_numpy())]
    errors = np.unique(front.error_m)
    told = " to ".join(f"{error:,.0f}" for error in sorted({errors.min(), errors.max()}))
    return Measured(
        value,
        value,
        value,
        "km2",
        contains="nothing: the band is what the error makes",
        detail=f"The error is {told} m; {len(inside)} settlements listed lie in the band.",
    )


LINE_METRICS = (line_length, line_between, line_gap, relief_along, line_moved, uncertain_band)
