"""Changes step by step: how each line became the next, and what changed hands with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline.change import pairs
from frontline.dwellers import count, dwellers_at, shares_on
from frontline.geodesy import length_m
from frontline.roads import SPEED_KMH

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline.fronts import FrontLine
    from frontline.layers import Layers

STEPS = [
    "step",
    "from_line",
    "to_line",
    "from_date",
    "to_date",
    "change",
    "from_side",
    "to_side",
    "area_km2",
    "area_low",
    "area_high",
    "area_certain_km2",
    "population",
    "population_certain",
    "registered",
    "settlements",
    "settlements_unknown",
    "road_km",
]
"""Columns of :func:`steps`."""

_PAIR = ["from_line", "to_line"]
_FLOW = ["from_side", "to_side"]


def steps(
    changes: gpd.GeoDataFrame,
    fronts: Sequence[FrontLine],
    layers: Layers,
    *,
    how: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """List the land and the people that changed hands, step by step.

    Parameters
    ----------
    changes
        From `frontline.change.changes` for the same lines, in the plane.
    fronts
        Dated lines.
    layers
        Settlements and corridors in the plane.
    how
        By the key of a line, how the line before became it: ``fighting``, ``handover``,
        ``adjustment``, or empty.

    Returns
    -------
    One row per pair of lines and pair of sides between which land went, with the columns of
    :data:`STEPS`. ``step`` counts from 1 by date; it is empty for the change from the first
    line to the last one, which need not be the sum of the steps: what was taken and given back
    stands in two of them and not in the whole. ``population`` counts the residents listed at the
    date of the earlier line, ``registered`` people apart from them; ``_certain`` is the part
    beyond the errors of both lines. ``road_km`` is the length of roads on that land.
    """
    told = how or {}
    by_key = {front.key: front for front in fronts}
    ordered = list(pairs(fronts))
    rows: list[dict[str, Any]] = []
    for number, (old, new) in enumerate(ordered, start=1):
        own = changes[(changes["from_line"] == old.key) & (changes["to_line"] == new.key)]
        own = own[own["from_side"] != own["to_side"]]
        whole = len(ordered) > 1 and number == len(ordered)
        named = {
            "step": pd.NA if whole else number,
            "from_line": old.key,
            "to_line": new.key,
            "from_date": old.date,
            "to_date": new.date,
            "change": "" if whole else told.get(new.key, ""),
        }
        rows += [named | row for row in _rows_of(own, by_key[old.key], layers)]
    return pd.DataFrame(rows, columns=STEPS).astype(
        {"step": "Int64", "settlements": "Int64", "settlements_unknown": "Int64"}
    )


def _rows_of(changes: gpd.GeoDataFrame, old: FrontLine, layers: Layers) -> Iterator[dict[str, Any]]:
    dwellers = dwellers_at(layers.settlements, old.date)
    roads = layers.corridors[layers.corridors["kind"].isin(list(SPEED_KMH))]
    for (from_side, to_side), flow in changes.groupby(_FLOW, sort=False):
        certain = flow[flow["kind"] == "changed"]
        lands = [shapely.union_all(part.geometry.to_numpy()) for part in (flow, certain)]
        # Apart, for they overlap: a place on the border of two lands counts for the first alone.
        whole, sure = (
            count(dwellers, shares_on(dwellers, np.array([land], dtype=object))) for land in lands
        )
        on_land = shapely.intersection(roads.geometry.to_numpy(), lands[0])
        yield {
            "from_side": from_side,
            "to_side": to_side,
            "area_km2": float(flow["flow_km2"].iloc[0]),
            "area_low": float(flow["flow_low"].iloc[0]),
            "area_high": float(flow["flow_high"].iloc[0]),
            "area_certain_km2": float(certain["area_km2"].sum()),
            "population": float(whole.residents[0]),
            "population_certain": float(sure.residents[0]),
            "registered": float(whole.registered[0]),
            "settlements": int(whole.settlements[0]),
            "settlements_unknown": int(whole.unknown[0]),
            "road_km": float(length_m(on_land, layers.frame).sum()) / 1000.0,
        }
