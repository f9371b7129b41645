"""Land cover by side, by zone, and by what changed hands: tables, and sentences to quote."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline import schema
from frontline._typing import Floats
from frontline.analysis.landcover import UNKNOWN, combine_intervals, measure_cover, realise_flows
from frontline.lines.front import pair_lines
from frontline.project.models import FARMLAND, TREES
from frontline.schema import Table

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline.analysis.context import Analysis
    from frontline.analysis.landcover import CoverPosition, LandCoverSquares


_COVER = schema.text(
    "cover", "Land cover", "Class of land cover; other: of none; unknown: not known."
)
_COVERAGE = schema.number(
    "coverage", "", "Coverage", "Share of that land whose cover is known (0 to 1)."
)

COVER = Table(
    "landcover",
    "Land cover",
    "Classes of land cover by side and distance of each line.",
    (
        schema.LINE,
        schema.ON_SIDE,
        schema.number(
            "distance_m", "m", "Distance", "Of the zone, from the line; empty: the side."
        ),
        _COVER,
        schema.number("area_km2", "km²", "Area", "Land of the class there."),
        *schema.interval("area_km2", "km²", "Area", "area"),
        schema.number("share", "", "Share", "Of the land there whose cover is known (0 to 1)."),
        _COVERAGE,
    ),
    lists=(),
    key=("line", "side", "distance_m", "cover"),
    ordered=True,
    foreign=(schema.OF_LINE,),
    ranged=("area_km2",),
    absent_is_none=True,
)
"""Columns of the table ``landcover``."""

FLOWS = Table(
    "landcover_changes",
    "Land cover that changed hands",
    "Classes of land cover by their side under one line and under the next.",
    (
        *schema.FROM_TO_LINE,
        schema.text("from_side", "From side", "Side under the earlier line."),
        schema.text("to_side", "To side", "Side under the later line; the same: land that stayed."),
        _COVER,
        schema.number("area_km2", "km²", "Area", "Land of the class that went from side to side."),
        *schema.interval("area_km2", "km²", "Area", "area"),
        schema.number(
            "area_certain_km2", "km²", "Certain area", "Beyond the errors of both lines."
        ),
        schema.number("area_contested_km2", "km²", "Contested area", "Within the error of a line."),
        schema.number(
            "share", "", "Share", "Of the class on that side's land under the earlier line."
        ),
        *schema.interval("share", "", "Share"),
        _COVERAGE,
    ),
    lists=(),
    key=("from_line", "to_line", "from_side", "to_side", "cover"),
    ordered=True,
    foreign=schema.OF_LINES,
    ranged=("area_km2",),
    absent_is_none=True,
)
"""Columns of the table ``landcover_changes``."""

BALANCE = Table(
    "landcover_balance",
    "Land cover gained and ceded",
    "What each side held, gained and ceded of each class of land cover.",
    (
        *schema.FROM_TO_LINE,
        schema.ON_SIDE,
        _COVER,
        schema.number("held_before_km2", "km²", "Held before", "Under the earlier line."),
        schema.number("held_after_km2", "km²", "Held after", "Under the later line."),
        schema.number("gained_km2", "km²", "Gained", "Came to the side."),
        *schema.interval("gained_km2", "km²", "Gained", "gained"),
        schema.number("ceded_km2", "km²", "Ceded", "Went from the side."),
        *schema.interval("ceded_km2", "km²", "Ceded", "ceded"),
        schema.number("net_km2", "km²", "Net", "Gained less ceded."),
        *schema.interval("net_km2", "km²", "Net", "net"),
        schema.number(
            "contested_km2", "km²", "Contested", "Of what was gained or ceded, within an error."
        ),
    ),
    lists=(),
    key=("from_line", "to_line", "side", "cover"),
    ordered=True,
    foreign=schema.OF_LINES,
)
"""Columns of the table ``landcover_balance``."""

_SLIVER_KM2 = 1e-6


def tabulate_cover(case: Analysis, *, changes: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
    """Tell the land cover of sides and zones, and of land that changed hands.

    Parameters
    ----------
    case
        From a run.
    changes
        What `frontline.analysis.change.find_land_changes` returns, in the plane.

    Returns
    -------
    ``landcover`` with the columns of :data:`COVER`; with two lines or more ``landcover_changes``
    (:data:`FLOWS`) and ``landcover_balance`` (:data:`BALANCE`). Nothing without land cover.

    Notes
    -----
    Areas are exact: cells that an edge cuts count with the share of them inside. The classes of
    a zone, with unknown land among them, add up to its area; those of all flows of a pair of
    lines to the study area. Intervals are the 2.5 and 97.5 % points over the draws, of squares of
    cells, moved to the exact figures: they hold the position of the lines and not the error of
    the land cover.
    """
    cover = case.cover
    if cover is None:
        return {}
    against = cover.against
    tables = {"landcover": _tabulate_zones(case, cover, against)}
    if len(case.fronts) > 1:
        flows = list(_find_flows(case, cover, against, changes))
        classes = _choose_classes(cover, np.concatenate([flow.area_km2 for flow in flows]))
        rows = [row for flow in flows for row in flow.list_rows(cover, classes)]
        tables["landcover_changes"] = pd.DataFrame(rows, columns=FLOWS.names)
        tables["landcover_balance"] = _tabulate_balance(flows, cover, classes)
    return tables


def _choose_classes(cover: LandCoverSquares, areas: Floats) -> list[int]:
    """List the numbers of the classes with rows: those present, farmland, trees, the unknown."""
    always = {FARMLAND, TREES, UNKNOWN}
    present = (areas > _SLIVER_KM2).any(axis=0) | (cover.area_km2.sum(axis=0) > _SLIVER_KM2)
    return [at for at, name in enumerate(cover.names) if present[at] or name in always]


def _tabulate_zones(
    case: Analysis, cover: LandCoverSquares, against: Mapping[str, CoverPosition]
) -> pd.DataFrame:
    distances = case.project.zones.distances_m
    lands, labels = [], []
    for front in case.fronts:
        zones = case.zones[(case.zones["line"] == front.key) & (case.zones["kind"] == "ring")]
        for at, side in enumerate(against[front.key].names):
            by_distance = zones[zones["side"] == side].set_index("distance_m").geometry
            near = [by_distance.loc[distance_m] for distance_m in distances]
            lands += [*near, shapely.difference(front.sides[side], shapely.union_all(near))]
            labels.append((front.key, at))
    areas = measure_cover(case.project, layers=case.layers, lands=np.array(lands, dtype=object))
    classes = _choose_classes(cover, areas)
    exact = areas.reshape(len(labels), len(distances) + 1, -1).cumsum(axis=1)
    rows: list[dict[str, Any]] = []
    for (line, at), of_side in zip(labels, exact, strict=True):
        drawn = _sum_drawn_zones(cover, against[line], at, len(distances))
        for ring in (len(distances), *range(len(distances))):
            distance_m = distances[ring] if ring < len(distances) else math.nan
            where = {"line": line, "side": against[line].names[at], "distance_m": distance_m}
            rows += [
                where | row
                for row in _list_class_rows(cover, classes, of_side[ring], drawn[:, ring])
            ]
    return pd.DataFrame(rows, columns=COVER.names)


def _sum_drawn_zones(
    cover: LandCoverSquares, against: CoverPosition, side: int, rings: int
) -> Floats:
    """Land by draw, ring (cumulative; last the whole side) and class, of squares."""
    size = rings + 1
    sums = np.zeros((len(against.side), size, len(cover.names)))
    for row in range(len(sums)):
        on_side = against.side[row] == side
        for column in range(len(cover.names)):
            sums[row, :, column] = np.bincount(
                against.ring[row, on_side], weights=cover.area_km2[on_side, column], minlength=size
            )
    return sums.cumsum(axis=1)


def _list_class_rows(
    cover: LandCoverSquares, classes: Sequence[int], areas: Floats, drawn: Floats
) -> Iterator[dict[str, Any]]:
    """Give a row for each class of one land."""
    whole, unknown = float(areas.sum()), float(areas[-1])
    known = whole - unknown
    for at in classes:
        low, high = combine_intervals(float(areas[at]), drawn=drawn[:, at])
        is_known = cover.names[at] != UNKNOWN and known > _SLIVER_KM2
        yield {
            "cover": cover.names[at],
            "area_km2": float(areas[at]),
            "area_low": low,
            "area_high": high,
            "share": float(areas[at]) / known if is_known else math.nan,
            "coverage": known / whole if whole > _SLIVER_KM2 else math.nan,
        }


@dataclass(frozen=True)
class _Flow:
    """Land that went from a side to a side, or stayed, by class.

    ``area_km2`` and ``contested_km2`` are exact, shape ``(1, k)`` and ``(k,)``; ``drawn_km2`` has
    a row for the lines as drawn and for each draw, shape ``(1 + draws, k)``; ``held_km2`` and
    ``drawn_held_km2`` are the same of all that the side had held.
    """

    lines: tuple[str, str]
    sides: tuple[str, str]
    area_km2: Floats
    contested_km2: Floats
    drawn_km2: Floats
    held_km2: Floats
    drawn_held_km2: Floats

    def list_rows(
        self, cover: LandCoverSquares, classes: Sequence[int]
    ) -> Iterator[dict[str, Any]]:
        """Give a row for each class."""
        areas, whole = self.area_km2[0], float(self.area_km2.sum())
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(self.held_km2 > _SLIVER_KM2, areas / self.held_km2, math.nan)
            drawn = np.where(self.drawn_held_km2 > 0, self.drawn_km2 / self.drawn_held_km2, 0.0)
        for at in classes:
            low, high = combine_intervals(float(areas[at]), drawn=self.drawn_km2[:, at])
            least, most = combine_intervals(float(share[at]), drawn=drawn[:, at])
            yield {
                "from_line": self.lines[0],
                "to_line": self.lines[1],
                "from_side": self.sides[0],
                "to_side": self.sides[1],
                "cover": cover.names[at],
                "area_km2": float(areas[at]),
                "area_low": low,
                "area_high": high,
                "area_certain_km2": float(areas[at] - self.contested_km2[at]),
                "area_contested_km2": float(self.contested_km2[at]),
                "share": float(share[at]),
                "share_low": least,
                "share_high": min(most, 1.0),
                "coverage": 1.0 - float(areas[-1]) / whole if whole > _SLIVER_KM2 else math.nan,
            }


def _find_flows(
    case: Analysis,
    cover: LandCoverSquares,
    against: Mapping[str, CoverPosition],
    changes: gpd.GeoDataFrame,
) -> Iterator[_Flow]:
    exact = measure_cover(case.project, layers=case.layers, lands=changes.geometry.to_numpy())
    for old, new in pair_lines(case.fronts):
        first, second = against[old.key], against[new.key]
        of_pair = ((changes["from_line"] == old.key) & (changes["to_line"] == new.key)).to_numpy()
        doubtful = (changes["kind"] == "within_error").to_numpy()
        drawn = realise_flows(cover, first=first, second=second)
        before = changes["from_side"].to_numpy()
        for row, from_side in enumerate((*first.names, "")):
            held = exact[of_pair & (before == from_side)].sum(axis=0)
            for column, to_side in enumerate((*second.names, "")):
                chosen = (
                    of_pair & (before == from_side) & (changes["to_side"] == to_side).to_numpy()
                )
                if not chosen.any():
                    continue
                yield _Flow(
                    lines=(old.key, new.key),
                    sides=(from_side, to_side),
                    area_km2=exact[chosen].sum(axis=0)[None],
                    contested_km2=exact[chosen & doubtful].sum(axis=0),
                    drawn_km2=drawn[:, row, column],
                    held_km2=held,
                    drawn_held_km2=drawn[:, row].sum(axis=1),
                )


def _tabulate_balance(
    flows: Sequence[_Flow], cover: LandCoverSquares, classes: Sequence[int]
) -> pd.DataFrame:
    """Add up what each side gained and ceded, for each pair of lines and class."""
    rows = []
    for lines in dict.fromkeys(flow.lines for flow in flows):
        of_pair = [flow for flow in flows if flow.lines == lines]
        for side in dict.fromkeys(name for flow in of_pair for name in flow.sides if name):
            signs = {
                "gained": [int(flow.sides[1] == side != flow.sides[0]) for flow in of_pair],
                "ceded": [int(flow.sides[0] == side != flow.sides[1]) for flow in of_pair],
            }
            signs["net"] = [a - b for a, b in zip(signs["gained"], signs["ceded"], strict=True)]
            for at in classes:
                area = np.array([flow.area_km2[0, at] for flow in of_pair])
                drawn = np.array([flow.drawn_km2[:, at] for flow in of_pair])
                held = [[flow.sides[end] == side for flow in of_pair] for end in (0, 1)]
                row: dict[str, Any] = {
                    "from_line": lines[0],
                    "to_line": lines[1],
                    "side": side,
                    "cover": cover.names[at],
                    "held_before_km2": float(area[held[0]].sum()),
                    "held_after_km2": float(area[held[1]].sum()),
                }
                for what, sign in signs.items():
                    value, least = float(area @ sign), -math.inf if what == "net" else 0.0
                    ends = combine_intervals(value, drawn=np.array(sign) @ drawn, least=least)
                    row |= dict(
                        zip(
                            (f"{what}_{end}" for end in ("km2", "low", "high")),
                            (value, *ends),
                            strict=True,
                        )
                    )
                changed = np.array(signs["gained"]) + signs["ceded"]
                row["contested_km2"] = float(
                    changed @ np.array([flow.contested_km2[at] for flow in of_pair])
                )
                rows.append(row)
    return pd.DataFrame(rows, columns=BALANCE.names)
