"""Tables of each line by itself: its length by scale, the ground along it, how well it is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from frontline.between import weighted_quantile
from frontline.lines import certainty, length_at_scales, share_above, terrain_along
from frontline.nearness import nearness

if TYPE_CHECKING:
    from frontline.case import Case
    from frontline.fronts import FrontLine
    from frontline.geodesy import Frame
    from frontline.terrain import Dem

SCALES = ["line", "generalise_m", "length_km", "vertices"]
"""Columns of :func:`scales_table`."""

GROUND_ALONG = [
    "line",
    "measure",
    "mean",
    "p10",
    "median",
    "p90",
    "threshold",
    "share_above",
    "unknown_share",
]
"""Columns of :func:`ground_table`."""

THRESHOLDS = {
    "elevation_m": (500.0, 1_000.0, 2_000.0),
    "slope_deg": (5.0, 10.0, 20.0),
    "relief_m": (100.0, 300.0, 1_000.0),
}
"""What counts as high, steep and broken, one row of the table for each."""


def scales_table(fronts: Sequence[FrontLine], frame: Frame) -> pd.DataFrame:
    """Give the length of each line at several scales, with the columns of :data:`SCALES`."""
    found = [
        length_at_scales(front.geometry, frame).assign(line=front.key)[SCALES] for front in fronts
    ]
    return pd.concat(found, ignore_index=True)


def terrain_table(fronts: Sequence[FrontLine], dem: Dem, frame: Frame) -> pd.DataFrame:
    """Give the elevation profile of each line: ``line`` and what `terrain_along` reads."""
    found = []
    for front in fronts:
        along = terrain_along(front.geometry, dem, frame)
        along.insert(0, "line", front.key)
        found.append(along)
    return pd.concat(found, ignore_index=True)


def ground_table(profiles: pd.DataFrame) -> pd.DataFrame:
    """Sum up elevation, slope and relief along each line.

    Parameters
    ----------
    profiles
        From `terrain_table`.

    Returns
    -------
    One row per line, measure and threshold with the columns of :data:`GROUND_ALONG`; all figures
    but ``unknown_share`` are of the stretches with known ground, weighted by length.
    """
    rows = []
    for line, along in profiles.groupby("line", sort=False):
        metres = along["metres"].to_numpy(dtype=np.float64)
        for measure, thresholds in THRESHOLDS.items():
            values = along[measure].to_numpy(dtype=np.float64)
            known = np.isfinite(values)
            mean = np.average(values[known], weights=metres[known]) if known.any() else np.nan
            tenths = [weighted_quantile(values, metres, share) for share in (0.1, 0.5, 0.9)]
            for threshold in thresholds:
                above, unknown = share_above(values, metres, threshold)
                rows.append((line, measure, mean, *tenths, threshold, above, unknown))
    return pd.DataFrame(rows, columns=GROUND_ALONG)


def line_tables(case: Case) -> dict[str, pd.DataFrame]:
    """Make the tables of each line: ``line_scales``, ``line_certainty``, ``nearness``.

    With elevation also ``line_ground`` and ``line_terrain``; ``nearness`` where settlements are
    listed.
    """
    frame = case.layers.frame
    found = {"line_scales": scales_table(case.fronts, frame)}
    if case.dem is not None:
        profiles = terrain_table(case.fronts, case.dem, frame)
        found |= {"line_ground": ground_table(profiles), "line_terrain": profiles}
    found["line_certainty"] = certainty_table(case)
    if len(case.layers.settlements):
        found["nearness"] = nearness(case)
    return found


def certainty_table(case: Case) -> pd.DataFrame:
    """List the stretches of each line by their error, see `frontline.lines.certainty`."""
    layers = case.layers
    found = [
        certainty(front, layers.settlements, layers.study_area, layers.frame)
        for front in case.fronts
    ]
    return pd.concat(found, ignore_index=True)
