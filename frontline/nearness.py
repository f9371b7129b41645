"""How far settlements lie from each line and what of them is in sight, by side and by district."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline.headcounts import headcounts_at
from frontline.partitions import DISTRICTS, parts_of
from frontline.tallies import STATES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.case import Case
    from frontline.fronts import FrontLine

NEARNESS = [
    "line",
    "side",
    "partition",
    "part",
    "name",
    "settlements",
    "nearest_m",
    "p25_m",
    "median_m",
    "p75_m",
    "farthest_m",
    "below_accuracy",
    *STATES,
    "population",
    "population_visible",
]
"""Columns of :func:`nearness`."""

_QUANTILES = {"nearest_m": 0.0, "p25_m": 0.25, "median_m": 0.5, "p75_m": 0.75, "farthest_m": 1.0}


def nearness(case: Case) -> pd.DataFrame:
    """Tell for each side, and for each part of the land, how settlements lie to each line.

    Parameters
    ----------
    case
        Places against the lines, districts and partitions, and what is in sight.

    Returns
    -------
    One row per line, side and part with settlements there, the lines by date, with the columns
    of :data:`NEARNESS`. Rows with an empty ``partition`` hold the whole side. A settlement that
    several rows of the input tell of counts once. ``below_accuracy`` is true where the nearest
    lies nearer to the line than its error. Counts by sight are empty where sight is not computed;
    ``population`` holds the residents known at the line's date.

    Notes
    -----
    The distance is that to the line in force, of whoever was on the side then: a place that
    changed hands stands under another side before and after.
    """
    table = case.layers.settlements
    spots = shapely.point_on_surface(table.geometry.to_numpy())
    inside = [("", "", "", np.ones(len(table), dtype=bool))]
    for key in (*case.layers.partitions, *([DISTRICTS] if len(case.layers.districts) else ())):
        for part in parts_of(case.layers, key):
            if part.part:
                shapely.prepare(part.land)
                here = shapely.intersects(part.land, spots)
                inside.append((part.partition, part.part, part.name, here))
    rows = []
    for front in sorted(case.fronts, key=lambda one: one.date):
        rows += list(_of_line(case, front, inside))
    found = pd.DataFrame(rows, columns=NEARNESS)
    return found.astype(dict.fromkeys(("settlements", *STATES), "Int64"))


def _of_line(
    case: Case, front: FrontLine, inside: list[tuple[str, str, str, NDArray[np.bool_]]]
) -> Iterator[dict[str, Any]]:
    own = case.places[case.places["line"] == front.key].reset_index(drop=True)
    counted = headcounts_at(case.layers.settlements, front.date)
    residents = np.nan_to_num(counted.people["residents"])
    first = np.zeros(len(own), dtype=bool)
    first[np.unique(counted.place, return_index=True)[1]] = True
    seen = case.exposure.settlements
    known = seen[seen["line"] == front.key] if len(seen) else seen
    state = known["in_sight"].to_numpy() if len(known) else None
    error_m = float(front.error_m.max(initial=0.0))
    for side in front.sides:
        on_side = (own["side"] == side).to_numpy()
        for partition, part, name, here in inside:
            chosen = on_side & here & first
            away = own["distance_m"].to_numpy(dtype=np.float64)[chosen]
            if not len(away):
                continue
            quantiles = np.quantile(away, list(_QUANTILES.values()))
            visible = np.zeros(len(own), dtype=bool) if state is None else state == "visible"
            yield {
                "line": front.key,
                "side": side,
                "partition": partition,
                "part": part,
                "name": name,
                "settlements": len(away),
                **dict(zip(_QUANTILES, quantiles.tolist(), strict=True)),
                "below_accuracy": bool(away.min() < error_m),
                **{
                    one: pd.NA if state is None else int((state[chosen] == one).sum())
                    for one in STATES
                },
                "population": float(residents[on_side & here].sum()),
                "population_visible": (
                    np.nan if state is None else float(residents[on_side & here & visible].sum())
                ),
            }
