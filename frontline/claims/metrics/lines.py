"""Metrics of a line itself: its length, its course, its relief, what another line says of it."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import shapely

from frontline.analysis.context import Analysis
from frontline.analysis.heights import compare_heights
from frontline.analysis.lengths import divide_lengths, measure_line_length
from frontline.claims.lookup import (
    cut_stretch,
    cut_study_area,
    find_dem,
    find_draws,
    find_front,
    find_side,
    measure_km,
)
from frontline.claims.measurement import (
    POSITION,
    Measurement,
    MissingDataError,
    make_exact,
    make_margin,
    make_range,
    state_height_error,
)
from frontline.claims.metric import (
    Amount,
    Distance,
    Ends,
    LineKey,
    Metres,
    PartitionKey,
    SideName,
    metric,
)
from frontline.elevation.terrain import read_ground
from frontline.geo.geodesy import measure_area, measure_distance
from frontline.lines.front import make_error_band
from frontline.lines.measures import (
    combine_errors,
    find_share_above,
    find_weighted_quantile,
    measure_detail,
    measure_length_at_scales,
    measure_separation,
    read_terrain_along,
    tabulate_separation,
)
from frontline.project.types import Flag

SCALES_M = (1_000.0, 2_000.0, 5_000.0, 10_000.0)

TOO_SHORT = "a line on a map leaves out bends, so that the true one is longer"


@metric("km")
def line_length(
    case: Analysis, *, line: LineKey, generalise_m: Metres = 0.0, detailed: Flag = False
) -> Measurement:
    """Length of a line, as drawn or generalised.

    Parameters
    ----------
    generalise_m
        Bends smaller than this are left out first; 0 keeps the line as drawn.
    detailed
        Whether the line is known to show every bend that the statement counts. Without that it
        contradicts a shorter line, and never a longer one.
    """
    front = find_front(case, line=line)
    length = measure_line_length(
        front,
        draws=find_draws(case, front=front),
        plane=case.layers.plane,
        generalise_m=generalise_m,
    )
    scales = measure_length_at_scales(front.geometry, plane=case.layers.plane, scales_m=SCALES_M)
    bends = ", ".join(f"{scale / 1000:g}" for scale in SCALES_M)
    smooth = ", ".join(f"{km:.0f} km" for km in scales["length_km"])
    return make_range(
        length,
        contains=POSITION,
        detail=f"Without bends of less than {bends} km it is {smooth} long. "
        + _describe_detail(front.geometry, km=length.value),
        short_why="" if detailed else TOO_SHORT,
    )


def _describe_detail(course: Any, *, km: float) -> str:
    """Say how finely a line is drawn, and what its length would be with every bend."""
    detail = measure_detail(course)
    apart = f"Its vertices lie {detail.spacing_m:,.0f} m apart"
    if not math.isfinite(detail.most):
        return f"{apart}, too few to tell what bends between them would add."
    return f"{apart}; with bends down to 100 m it may be up to {km * detail.most:.0f} km long."


@metric("times")
def length_compared(case: Analysis, *, line: LineKey, than: LineKey) -> Measurement:
    """How many times as long a line is as another one.

    Parameters
    ----------
    than
        Key of the other line.
    """
    plane = case.layers.plane
    first, second = (
        measure_line_length(front, draws=find_draws(case, front=front), plane=plane)
        for front in (find_front(case, line=line), find_front(case, line=than))
    )
    ratio = divide_lengths(first, second=second)
    return make_range(
        ratio,
        contains=f"{POSITION}, not bends that a map leaves out",
        detail=f"{first.value:.0f} km against {second.value:.0f} km",
    )


@metric("km")
def line_between(
    case: Analysis,
    *,
    line: LineKey,
    between: Ends | None = None,
    section: str | None = None,
    detailed: Flag = False,
) -> Measurement:
    """Length of a stretch of a line: between the points nearest to two places, or a section.

    Parameters
    ----------
    between
        Two places, [[lon, lat], [lon, lat]]; the stretch runs from the one to the other. Or,
        instead,
    detailed
        As for ``line_length``.
    """
    front = find_front(case, line=line)
    value = measure_km(
        case, course=cut_stretch(case, front=front, between=between, section=section)
    )
    plane = case.layers.plane
    # Either end may lie elsewhere along the line, by what it is off and by the line's error.
    off_m = np.zeros(2)
    if between is not None:
        off_m = measure_distance(plane.xy(np.array(between)), line=front.geometry, plane=plane)
    error_m = float(front.error_m.max(initial=0.0))
    away = math.hypot(*off_m, error_m, error_m) / 1000.0
    share = 100.0 * value / front.length_km
    return Measurement(
        value,
        value - away,
        value + away,
        contains=f"{POSITION} and the distance of the places named from it",
        detail=f"It is {share:.0f} % of the line, which is {front.length_km:.0f} km long",
        short_why="" if detailed else TOO_SHORT,
    )


@metric("km")
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
    if other is None:
        error_m = combine_errors(front)
        return Measurement(
            resolves=max(error_m / 1000.0, 1e-9),
            detail=f"One line is mapped, within {error_m:,.0f} m of its true place: the "
            "forward lines of both sides would be needed to measure between them.",
        )
    opposite = find_front(case, line=other)
    gap = measure_separation(front.geometry, other=opposite.geometry, plane=case.layers.plane)
    value, together = gap.mean_m / 1000.0, combine_errors(front, opposite) / 1000.0
    tenth, ninth = (gap.quantile_m(share) / 1000.0 for share in (0.1, 0.9))
    return make_margin(
        value,
        away=together,
        contains="the errors of both lines, taken alike over their length",
        detail=f"It is {tenth:.2g} km or less over a tenth of the line, {ninth:.2g} km or more "
        f"over another, and {gap.distance_m.max() / 1000.0:.2g} km at most.",
        resolves=together,
    )


@metric("km")
def line_moved(
    case: Analysis,
    *,
    from_line: LineKey,
    to_line: LineKey,
    measure: Literal["mean", "most"] = "mean",
) -> Measurement:
    """How far a line moved: distance from the earlier one to the later, along the earlier.

    Parameters
    ----------
    measure
        The mean along the earlier line, or the most.
    """
    pair = [find_front(case, line=from_line), find_front(case, line=to_line)]
    row = tabulate_separation(pair, draws=case.draws, plane=case.layers.plane).iloc[0]
    together = float(row["error_m"]) / 1000.0
    most = float(row["max_m"]) / 1000.0
    mean, low, high = (float(row[f"mean_{end}"]) / 1000.0 for end in ("m", "low", "high"))
    ends = (mean, low, high)
    if measure == "most":
        ends = (most, max(most - together, 0.0), most + together)
    return make_range(
        ends,
        contains="the positions of both lines",
        detail=f"The mean is {mean:.3g} km, the most {most:.3g} km.",
        resolves=together,
    )


@metric("%")
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
    dem = find_dem(case)
    stretch = cut_stretch(case, front=find_front(case, line=line), between=between, section=section)
    along = read_terrain_along(stretch, dem=dem, plane=case.layers.plane, radius_m=radius_m)
    values, metres = along[f"{measure}_m"].to_numpy(), along["metres"].to_numpy()
    error_m = dem.accuracy_m or 0.0
    shares = [
        find_share_above(values, metres=metres, least=least_m + shift)
        for shift in (0.0, error_m, -error_m)
    ]
    if shares[0][1] > 0.5:
        raise MissingDataError("most heights along the line are unknown")
    quarter, median, third = (
        find_weighted_quantile(values, weights=metres, share=share) for share in (0.25, 0.5, 0.75)
    )
    return make_range(
        (100.0 * share for share, _ in shares),
        contains=state_height_error(error_m),
        detail=f"Along {metres.sum() / 1000:.0f} km the {measure} is at most {quarter:,.0f} m on "
        f"a quarter of the way, {median:,.0f} m on half and {third:,.0f} m on three quarters; "
        f"asked is {least_m:,.0f} m or more.",
    )


@metric("%")
def higher_ground(
    case: Analysis,
    *,
    line: LineKey,
    side: SideName,
    distance_m: Distance = 5_000.0,
    between: Ends | None = None,
    section: str | None = None,
) -> Measurement:
    """Share of a line along which the land of a side is higher than that of the others.

    Parameters
    ----------
    distance_m
        Land within this distance of the line is compared, on stretches of about 5 km.
    """
    dem = find_dem(case)
    front = find_front(case, line=line, side=side)
    sections = [part.key for part in case.project.sections if part.line == line]
    ground = read_ground(dem, plane=case.layers.plane)
    course = cut_stretch(case, front=front, between=between, section=section)
    draws = find_draws(case, front=front)
    plane = case.layers.plane
    whole = compare_heights(
        front,
        draws=draws,
        ground=ground,
        course=course,
        side=side,
        within_m=distance_m,
        plane=plane,
    )
    parts = [
        compare_heights(
            front,
            draws=(),
            ground=ground,
            course=cut_stretch(case, front=front, between=None, section=key),
            side=side,
            within_m=distance_m,
            plane=plane,
        )
        for key in sections
    ]
    if not whole.known > 0:
        raise MissingDataError("no heights are known on both sides of the line")
    higher = sum(part.difference_m > 0 for part in parts)
    word = "higher" if whole.difference_m > 0 else "lower"
    by_section = f"; it is higher on {higher} of {len(parts)} sections named" if parts else ""
    return Measurement(
        whole.share,
        whole.low,
        whole.high,
        contains=f"{POSITION}, not the accuracy of heights",
        detail=f"In the mean the land of the side {side} within {distance_m / 1000:g} km is "
        f"{abs(whole.difference_m):,.0f} m {word}{by_section}; heights are "
        f"known along {whole.known:.0f} % of it",
    )


@metric("km2")
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
    front = find_front(case, line=line)
    band = shapely.intersection(
        make_error_band(front, plane=case.layers.plane), cut_study_area(case, partition=partition)
    )
    if side is not None:
        band = shapely.intersection(band, find_side(front, side=side))
    uncertain = case.places[
        (case.places["line"] == line) & ~case.places["side_certain"].astype(bool)
    ]
    inside = uncertain[shapely.intersects(band, uncertain.geometry.to_numpy())]
    errors = " to ".join(f"{error:,.0f}" for error in sorted({*front.error_m}))
    return make_exact(
        float(measure_area(np.array([band], dtype=object), plane=case.layers.plane)[0]) / 1e6,
        contains="nothing: the band is what the error makes",
        detail=f"The error is {errors} m; {len(inside)} settlements listed lie in the band.",
    )
