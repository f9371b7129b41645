"""Key figures as sentences ready to quote: number, interval, date, source, caveat."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from frontline.draws import rounded
from frontline.results import KeyFigure

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from frontline.project import Line, Project

ENOUGH = 0.9
"""Share of a zone's people that a settlement list must be able to contain to stand alone."""

LEAST_COVERAGE = 0.01
"""A source that covers less of a zone than this says nothing about it."""


def key_figures(
    project: Project,
    *,
    people: pd.DataFrame,
    changes: gpd.GeoDataFrame,
    settlements: gpd.GeoDataFrame,
    illustration: bool,
) -> tuple[KeyFigure, ...]:
    """Make the sentences of a run from its tables.

    Parameters
    ----------
    project
        Gives labels and dates of the lines.
    people, changes, settlements
        The tables of the same names in `Results`.
    illustration
        Whether the elevation is too coarse for statements about sight.

    Returns
    -------
    People in the widest zone by line, side and source; land that changed hands; settlements
    cut by a line and in sight of it, in this order.
    """
    lines = {line.key: line for line in project.lines}
    return (
        *_people(lines, people),
        *_land(lines, changes),
        *_places(lines, settlements, illustration=illustration),
    )


def _people(lines: dict[str, Line], people: pd.DataFrame) -> Iterator[KeyFigure]:
    cumulative = people[people["kind"] == "cumulative"]
    widest = cumulative[cumulative["distance_m"] == cumulative["distance_m"].max()]
    for row in widest.to_dict("records"):
        if math.isnan(row["population"]) or row["coverage"] < LEAST_COVERAGE:
            continue
        line, low, high = lines[row["line"]], row["population_low"], row["population_high"]
        number = rounded(row["population"], low, high)
        stated = row["source"].startswith("stated:")
        between = _between(low, high, "people" if stated else "by the line's position, 95 %")
        yield KeyFigure(
            id=f"people:{row['line']}:{row['side']}:{row['distance_m']:.0f}:{row['source']}",
            value=row["population"],
            low=low,
            high=high,
            unit="people",
            sentence=(
                f"Within {row['distance_m'] / 1000:g} km of the {line.label} ({line.date}), "
                f"{row['side']} side: {number} people{between} by the source "
                f"'{row['source']}'.{_caveat(row)}"
            ),
        )


def _between(low: float, high: float, why: str) -> str:
    if math.isnan(low) or low == high:
        return ""
    return f" ({rounded(low, low, high)} to {rounded(high, low, high)}, {why})"


def _caveat(row: dict[str, object]) -> str:
    parts = []
    unknown, share = row["settlements_unknown"], row["completeness"]
    if row["source"] == "settlements" and isinstance(unknown, int | float) and unknown > 0:
        parts.append(f"{unknown:.0f} settlements have no figure for that date")
    if row["source"] == "settlements" and isinstance(share, float) and share < ENOUGH:
        parts.append(f"the list can hold only about {share:.0%} of the zone's people")
    coverage = row["coverage"]
    if isinstance(coverage, float) and coverage < ENOUGH:
        parts.append(f"the source covers {coverage:.0%} of the zone")
    return f" Caveat: {'; '.join(parts)}." if parts else ""


def _land(lines: dict[str, Line], changes: gpd.GeoDataFrame) -> Iterator[KeyFigure]:
    flows = changes[changes["from_side"] != changes["to_side"]]
    keys = ["from_line", "to_line", "from_side", "to_side"]
    for (from_line, to_line, from_side, to_side), rows in flows.groupby(keys, sort=False):
        old, new, flow = lines[from_line], lines[to_line], rows.iloc[0]
        certain = rows.loc[rows["kind"] == "changed", "area_km2"].sum()
        number = rounded(flow["flow_km2"], flow["flow_low"], flow["flow_high"])
        between = _between(flow["flow_low"], flow["flow_high"], "by both lines' position, 95 %")
        yield KeyFigure(
            id=f"land:{old.key}:{new.key}:{from_side}:{to_side}",
            value=flow["flow_km2"],
            low=flow["flow_low"],
            high=flow["flow_high"],
            unit="km2",
            sentence=(
                f"Between {old.date} and {new.date}, {number} km2{between} went from the "
                f"{from_side} to the {to_side} side ({old.label}; {new.label}); "
                f"{certain:,.0f} km2 of it lie farther from both lines than their errors."
            ),
        )


def _places(
    lines: dict[str, Line], settlements: gpd.GeoDataFrame, *, illustration: bool
) -> Iterator[KeyFigure]:
    caveat = " An illustration, not evidence: the elevation is coarser than 100 m."
    for key, line in lines.items():
        here = settlements[settlements["line"] == key]
        yield _count(
            f"crossed:{key}",
            int(here["crossed"].sum()),
            f"The {line.label} ({line.date}) cuts {{}} of the {len(here)} settlements listed; "
            f"nearer to it than its error: {int((~here['side_certain']).sum())}.",
        )
        sight = here["in_sight"]
        if sight.isin(["visible", "hidden", "unknown"]).any():
            yield _count(
                f"in_sight:{key}",
                int((sight == "visible").sum()),
                f"{{}} of the {int((sight != 'out_of_range').sum())} settlements within the sight "
                f"radius of the {line.label} ({line.date}) are in sight of it, "
                f"{int((sight == 'unknown').sum())} are undecided."
                f"{caveat if illustration else ''}",
            )


def _count(key: str, number: int, sentence: str) -> KeyFigure:
    value = float(number)
    return KeyFigure(key, value, value, value, "settlements", sentence.format(number))
