"""Cities given as points: a city is wider than a statement about kilometres can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from frontline.claims.measurement import is_convertible
from frontline.population.extent import LARGE, estimate_width_km

if TYPE_CHECKING:
    from frontline.analysis.context import Analysis
    from frontline.claims.measurement import Measurement

PLACES = ("place", "places", "start", "stop", "points", "besides")
"""Parameters of metrics that name settlements, points or districts by their identifiers."""
LIMITS = ("distance_m", "from_m", "to_m", "within_m")
"""Parameters of metrics that say within, or from, how many metres."""
FEW_WIDTHS = 4.0
"""So many times its width a city must be away for the point to stand for it."""


def explain_widths(
    case: Analysis, *, parameters: Mapping[str, Any], measured: Measurement
) -> tuple[str, ...]:
    """Say why a figure in kilometres, or within kilometres, cannot be told: cities are points.

    Parameters
    ----------
    case
        Its settlements.
    parameters
        Those of the metric, with its defaults.
    measured
        What the metric gave.

    Returns
    -------
    tuple
        A reason for each city of 60,000 people or more that is given as a point and lies across a
        distance that is asked for, or, if it is named, fewer than four times its width away.

    Notes
    -----
    One rule for every metric, so that none of them is forgotten. Roads and minutes lead to a
    point of a city in any case, and areas have no cities in them.
    """
    wide = _find_wide(case)
    if not len(wide) or measured.missing:
        return ()
    in_km = is_convertible(measured.unit, other="km")
    named = set(_list_named(parameters))
    limits = [float(parameters[key]) / 1000.0 for key in LIMITS if parameters.get(key)]
    if in_km and "quantile" in parameters:
        limits = [measured.value]
    elif not named and not _counts_people(parameters, measured):
        return ()
    reasons = []
    for row in wide.to_dict("records"):
        width_km = estimate_width_km(float(row["population"]))
        away_km = _measure_km(case, parameters.get("line"), row["geometry"])
        across = away_km is not None and any(abs(away_km - km) < width_km / 2 for km in limits)
        near = in_km and abs(measured.value) < FEW_WIDTHS * width_km
        if across if row["id"] not in named else near or across:
            reasons.append(f"{row['name']} is given as a point and is some {width_km:.0f} km wide")
    return tuple(reasons)


def _counts_people(parameters: Mapping[str, Any], measured: Measurement) -> bool:
    """Tell whether a figure counts settlements, or the people that are listed with them."""
    source = parameters.get("source")
    listed = isinstance(source, str) and source.startswith("settlements")
    return listed or (measured.unit == "settlements" and source is None)


def _find_wide(case: Analysis) -> pd.DataFrame:
    """Return the settlements of 60,000 people or more that are points."""
    table = case.layers.settlements
    people = table["population"].astype("Float64").fillna(0)
    points = shapely.get_dimensions(table.geometry.to_numpy()) == 0
    return pd.DataFrame(table[points & (people >= LARGE).to_numpy(dtype=bool)])


def _list_named(parameters: Mapping[str, Any]) -> Iterator[str]:
    for key in PLACES:
        given = parameters.get(key, ())
        yield from [given] if isinstance(given, str) else [str(word) for word in given or ()]


def _measure_km(case: Analysis, line: Any, geometry: Any) -> float | None:
    """Measure how far a place lies from the line that is asked for, in the plane."""
    for front in case.fronts:
        if front.key == line:
            return float(shapely.distance(front.geometry, geometry)) / 1000.0
    return None
