"""Zones and people at every half kilometre: what a slider moves through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from frontline.population import people
from frontline.zones import zones

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline.case import Case
    from frontline.fronts import Draw, FrontLine

STEP_M, FARTHEST_M = 500.0, 30_000.0

ANCHORS_M = (500.0, 2_000.0, 22_000.0, 30_000.0)
"""Beside the project's own distances, areas are drawn at these; between them interpolated."""

ANCHOR_DRAWS = 50
"""Draws at the anchors; the project's own distances have all of theirs."""


@dataclass(frozen=True)
class Profile:
    """Figures by distance.

    Parameters
    ----------
    zones
        One feature per line, side and step, in the plane: ``line, side, distance_m, kind,
        area_km2, area_low, area_high``. At the project's distances they are the zones' own.
    people
        The rows that the same zones have in the table of people.
    """

    zones: gpd.GeoDataFrame
    people: pd.DataFrame


def profile(case: Case) -> Profile:
    """Compute zones and people from half a kilometre to thirty.

    Parameters
    ----------
    case
        Of a run.

    Returns
    -------
    Cumulative zones and people within them, source by source, with intervals.

    Notes
    -----
    What an interval of area adds to and takes from the area changes slowly with distance: it is
    drawn at a few distances and interpolated. People have their own draws at every step.
    """
    own = case.project.zones.distances_m
    steps = np.union1d(np.arange(STEP_M, FARTHEST_M + 1.0, STEP_M), own)
    drawn = _drawn(case, case.fronts, own)
    bands = zones(case.fronts, list(steps), {}, case.layers.frame)
    bands = bands[bands["kind"] == "cumulative"].reset_index(drop=True)
    bands = _with_intervals(bands, drawn)
    counted = people(
        case.project,
        case.layers,
        case.fronts,
        bands,
        case.places,
        case.draws,
        around=case.around,
    )
    rows = counted.rows
    return Profile(bands, rows[rows["kind"] == "cumulative"].reset_index(drop=True))


def _drawn(case: Case, fronts: Sequence[FrontLine], own: Sequence[float]) -> pd.DataFrame:
    """Areas with intervals at the project's distances and at the anchors."""
    fewer: Mapping[str, tuple[Draw, ...]] = {
        key: draws[:ANCHOR_DRAWS] for key, draws in case.draws.items()
    }
    further = [anchor for anchor in ANCHORS_M if anchor not in own]
    anchors = zones(fronts, further, fewer, case.layers.frame)
    both = pd.concat([case.zones, anchors])
    cumulative: pd.DataFrame = both[both["kind"] == "cumulative"].sort_values("distance_m")
    return cumulative


def _with_intervals(bands: gpd.GeoDataFrame, drawn: pd.DataFrame) -> gpd.GeoDataFrame:
    low = pd.Series(np.nan, index=bands.index)
    high = low.copy()
    for (line, side), rows in bands.groupby(["line", "side"]):
        known = drawn[(drawn["line"] == line) & (drawn["side"] == side)]
        at, area = known["distance_m"].to_numpy(), known["area_km2"].to_numpy()
        distance, central = rows["distance_m"].to_numpy(), rows["area_km2"].to_numpy()
        below = np.interp(distance, at, known["area_low"].to_numpy() - area)
        above = np.interp(distance, at, known["area_high"].to_numpy() - area)
        low[rows.index] = np.maximum(central + below, 0.0)
        high[rows.index] = np.maximum(central + above, 0.0)
    return bands.assign(area_low=low, area_high=high)
