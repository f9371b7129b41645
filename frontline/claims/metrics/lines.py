"""Metrics of a line itself: its length, its course, its relief, what another line says of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely

from frontline.analysis.context import Analysis
from frontline.claims.lookup import find_front, find_side
from frontline.claims.measurement import (
    POSITION,
    Amount,
    Ends,
    LineKey,
    Measurement,
    Metres,
    PartitionKey,
    SideName,
    report_missing,
    state_height_error,
)
from frontline.elevation.dem import sample_heights
from frontline.elevation.terrain import measure_relief
from frontline.errors import ProjectError, show_value, suggest_name
from frontline.geo.geodesy import measure_area, measure_distance, measure_length, place_points
from frontline.lines.front import make_error_band, take_figures
from frontline.lines.sections import cut_section_between, cut_sections
from frontline.uncertainty.intervals import take_interval

if TYPE_CHECKING:
    from frontline.lines.front import FrontLine


SCALES_M = (1_000.0, 2_000.0, 5_000.0, 10_000.0)
STEP_M = 500.0
"""Relief along a line is read this often."""


def line_length(case: Analysis, *, line: LineKey, generalise_m: Metres = 0.0) -> Measurement:
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
    front = find_front(case, line=line)
    plane = case.layers.plane

    def kilometres(course: Any, scale_m: float = generalise_m) -> float:
        plain = shapely.simplify(shapely.line_merge(course), scale_m) if scale_m else course
        return float(measure_length(np.array([plain], dtype=object), plane=plane)[0]) / 1000.0

    value = kilometres(front.geometry)
    drawn = take_figures(
        front, draws=case.draws.get(line, ()), figure=lambda course, _: kilometres(course)
    )
    sure = not (front.error_m > 0).any()
    low, high = (value, value) if sure else take_interval(value, drawn=drawn, least=0.0)
    bends = ", ".join(f"{scale / 1000:g}" for scale in SCALES_M)
    smooth = [f"{kilometres(front.geometry, scale):.0f} km" for scale in SCALES_M]
    return Measurement(
        value,
        low,
        high,
        "km",
        contains=POSITION,
        detail=f"Without bends of less than {bends} km it is {', '.join(smooth)} long.",
    )


def line_between(
    case: Analysis, *, line: LineKey, between: Ends | None = None, section: str | None = None
) -> Measurement:
    """Length of a stretch of a line: between the points nearest to two places, or a section.

    Parameters
    ----------
    between
        Two places, [[lon, lat], [lon, lat]]; the stretch runs from the one to the other. Or,
        instead,
    """
    front = find_front(case, line=line)
    stretch = stretch_of(case, front, between, section)
    plane = case.layers.plane
    value = float(measure_length(np.array([stretch], dtype=object), plane=plane)[0]) / 1000.0
    # Either end may lie elsewhere along the line, by what it is off and by the line's error.
    ends = None if between is None else plane.xy(np.array(between))
    off_m = [0.0, 0.0] if ends is None else measure_distance(ends, line=front.geometry, plane=plane)
    error_m = float(front.error_m.max(initial=0.0))
    away = math.hypot(*(math.hypot(one, error_m) for one in off_m)) / 1000.0
    share = 100.0 * value / front.length_km
    return Measurement(
        value,
        value - away,
        value + away,
        "km",
        contains=f"{POSITION} and the distance of the places named from it",
        detail=f"It is {share:.0f} % of the line, which is {front.length_km:.0f} km long",
    )


def stretch_of(
    case: Analysis, front: FrontLine, between: Ends | None, section: str | None = None
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
            offer = suggest_name(section, words=[one.key for one in own])
            raise ProjectError(f"line '{front.key}' has no section {show_value(section)}.{offer}")
        return cut_sections(chosen, layers=case.layers, fronts=[front])[0].course
    if between is None:
        return shapely.line_merge(front.geometry)
    return cut_section_between(front.geometry, ends_xy=case.layers.plane.xy(np.array(between)))


def line_gap(case: Analysis, *, line: LineKey, other: LineKey | None = None) -> Measurement:
    """Mean gap between two lines along the first: the forward lines of two sides.

    Parameters
    ----------
    line
        Key of the line along which the gap is taken.
    other
        The other side's line of the same date. Without it one line stands for both, and a gap
        cannot be told from none.
    """
    front = find_front(case, line=line)
    error_km = float(front.error_m.max(initial=0.0)) / 1000.0
    if other is None:
        return Measurement(
            unit="km",
            resolves=max(error_km, 1e-9),
            detail=f"One line is mapped, within {error_km * 1000:,.0f} m of its true place: the "
            "forward lines of both sides would be needed to measure between them.",
        )
    opposite = find_front(case, line=other)
    plane = case.layers.plane
    xy = place_points(front.geometry, plane=plane, spacing_m=200.0)
    gaps = measure_distance(xy, line=opposite.geometry, plane=plane) / 1000.0
    together = math.hypot(error_km, float(opposite.error_m.max(initial=0.0)) / 1000.0)
    tenth, ninth = np.quantile(gaps, [0.1, 0.9])
    return Measurement(
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
    case: Analysis,
    *,
    line: LineKey,
    between: Ends | None = None,
    section: str | None = None,
    radius_m: Metres = 5_000.0,
    least_m: Amount = 300.0,
    measure: Literal["relief", "elevation"] = "relief",
) -> Measurement:
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
        return report_missing("the project has no elevation", unit="%")
    front = find_front(case, line=line)
    plane = case.layers.plane
    stretch = stretch_of(case, front, between, section)
    xy = place_points(stretch, plane=plane, spacing_m=STEP_M)
    if measure == "relief":
        found = measure_relief(case.dem, xy=xy, crs=plane.crs, radius_m=radius_m)
    else:
        found = sample_heights(case.dem, xy=xy, crs=plane.crs)
    known = found[np.isfinite(found)]
    if len(known) < len(found) / 2:
        return report_missing("most heights along the line are unknown", unit="%")
    error_m = case.dem.accuracy_m or 0.0
    low, value, high = (
        100.0 * float((known >= least_m + shift).mean()) for shift in (error_m, 0.0, -error_m)
    )
    kilometres = float(measure_length(np.array([stretch], dtype=object), plane=plane)[0]) / 1000.0
    quarter, median, third = np.quantile(known, [0.25, 0.5, 0.75])
    return Measurement(
        value,
        low,
        high,
        "%",
        contains=state_height_error(error_m),
        detail=f"Along {kilometres:.0f} km the {measure} is at most {quarter:,.0f} m on a quarter "
        f"of the way, {median:,.0f} m on half and {third:,.0f} m on three quarters; asked is "
        f"{least_m:,.0f} m or more.",
    )


def line_moved(
    case: Analysis,
    *,
    from_line: LineKey,
    to_line: LineKey,
    measure: Literal["mean", "most"] = "mean",
) -> Measurement:
    """How far a line moved: distance from the old one to the new, along the old.

    Parameters
    ----------
    measure
        The mean along the old line, or the most.
    """
    old, new = find_front(case, line=from_line), find_front(case, line=to_line)
    plane = case.layers.plane
    xy = place_points(old.geometry, plane=plane, spacing_m=STEP_M)
    away = measure_distance(xy, line=new.geometry, plane=plane) / 1000.0
    value = float(away.mean() if measure == "mean" else away.max())
    together = math.hypot(*(float(one.error_m.max(initial=0.0)) / 1000.0 for one in (old, new)))
    return Measurement(
        value,
        max(value - together, 0.0),
        value + together,
        "km",
        contains="the errors of both lines, taken alike over their length",
        detail=f"The mean is {away.mean():.3g} km, the most {away.max():.3g} km.",
        resolves=together,
    )


def uncertain_band(
    case: Analysis,
    *,
    line: LineKey,
    partition: PartitionKey | None = None,
    side: SideName | None = None,
) -> Measurement:
    """Land nearer to a line than its error: what nobody can assign to a side.

    Parameters
    ----------
    partition
        Only within this partition; ``districts`` for all districts.
    side
        Only on this side.
    """
    from frontline.claims.lookup import find_land

    front = find_front(case, line=line)
    band = shapely.intersection(
        make_error_band(front, plane=case.layers.plane), case.layers.study_area
    )
    if partition is not None:
        band = shapely.intersection(band, find_land(case, partition=partition))
    if side is not None:
        band = shapely.intersection(band, find_side(front, side=side))
    value = float(measure_area(np.array([band], dtype=object), plane=case.layers.plane)[0]) / 1e6
    own = case.places[(case.places["line"] == line) & ~case.places["side_certain"].astype(bool)]
    inside = own[shapely.intersects(band, own.geometry.to_numpy())]
    errors = np.unique(front.error_m)
    told = " to ".join(f"{error:,.0f}" for error in sorted({errors.min(), errors.max()}))
    return Measurement(
        value,
        value,
        value,
        "km2",
        contains="nothing: the band is what the error makes",
        detail=f"The error is {told} m; {len(inside)} settlements listed lie in the band.",
    )


LINE_METRICS = (line_length, line_between, line_gap, relief_along, line_moved, uncertain_band)
