"""Key figures as sentences ready to quote: number, interval, date, source, caveat."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from frontline.draws import rounded
from frontline.phrases import day
from frontline.records import KeyFigure
from frontline.wording import far, number, percent, source_phrase, source_row

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from frontline.project import Line, Origin, Project

ENOUGH = 0.9
"""Share of a zone's people that a settlement list must be able to contain to stand alone."""


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
        *_people(project, people),
        *_land(lines, changes),
        *_places(lines, settlements, illustration=illustration),
    )


def _people(project: Project, people: pd.DataFrame) -> Iterator[KeyFigure]:
    lines = {line.key: line for line in project.lines}
    cumulative = people[people["kind"] == "cumulative"]
    widest = cumulative[cumulative["distance_m"] == cumulative["distance_m"].max()]
    for row in widest.to_dict("records"):
        if math.isnan(row["population"]):
            continue
        if row["source"].startswith("settlements") and not row["settlements"] > 0:
            continue  # nothing was counted, which is not the same as nobody
        low, high = row["population_low"], row["population_high"]
        stated = row["source"].startswith("stated:")
        between = _between(low, high, "" if stated else "95 % for the position of the line")
        count = number(row["population"], low, high)
        yield KeyFigure(
            id=f"people:{row['line']}:{row['side']}:{row['distance_m']:.0f}:{row['source']}",
            value=row["population"],
            low=low,
            high=high,
            unit="people",
            sentence=(
                f"Within {far(row['distance_m'])} of the {_called(lines[row['line']])}, the "
                f"{row['side']} side had {count} {_counted(row['source'], project)}{between}."
                f"{_caveat(row)}{_source(row['source'], project)}"
            ),
        )


def _called(line: Line) -> str:
    return f"line of {day(line.date)} ({line.label})"


def _counted(source: str, project: Project) -> str:
    """Say what a source counts, and for a figure stated by others who states it."""
    if not source.startswith("stated:"):
        return source_phrase(source)
    who = source_row(source, project)
    return f"people, {who[:1].lower()}{who[1:]}"


def _source(source: str, project: Project) -> str:
    """Name who made the data; a stated figure has said so already."""
    kind, _, key = source.partition(":")
    of: dict[str, list[Origin | None]] = {
        "settlements": [project.settlements],
        "districts": [project.districts],
        "raster": [grid for grid in project.population if grid.key == key],
        "settlements_by_raster": [grid for grid in project.population if grid.key == key],
    }
    grids = kind.endswith("raster")
    for made in of.get(kind, []):
        if made is not None and made.source:
            # Which year a grid describes is no detail: several may stand side by side.
            when = f", for {day(made.date)}" if grids and made.date is not None else ""
            return f" Source: {made.source.rstrip('.')}{when}."
    return ""


def _between(low: float, high: float, why: str) -> str:
    if math.isnan(low) or low == high:
        return ""
    ends = f"{rounded(low, low, high)} to {rounded(high, low, high)}"
    return f" ({ends}, {why})" if why else f" ({ends})"


def _caveat(row: dict[str, Any]) -> str:
    parts = []
    unknown, share = row["settlements_unknown"], row["completeness"]
    if row["source"] == "settlements" and isinstance(unknown, int | float) and unknown > 0:
        have = "settlement has" if unknown == 1 else "settlements have"
        parts.append(f"{unknown:.0f} further {have} no figure for that date")
    if row["source"] == "settlements" and isinstance(share, float) and share < ENOUGH:
        parts.append(f"the list can hold only about {percent(share)} of the people there")
    coverage = row["coverage"]
    if isinstance(coverage, float) and coverage < ENOUGH:
        parts.append(f"the figures cover {percent(coverage)} of that land")
    return f" Caveat: {'; '.join(parts)}." if parts else ""


def _land(lines: dict[str, Line], changes: gpd.GeoDataFrame) -> Iterator[KeyFigure]:
    flows = changes[changes["from_side"] != changes["to_side"]]
    keys = ["from_line", "to_line", "from_side", "to_side"]
    for (from_line, to_line, from_side, to_side), rows in flows.groupby(keys, sort=False):
        old, new, flow = lines[from_line], lines[to_line], rows.iloc[0]
        sure = float(rows.loc[rows["kind"] == "changed", "area_km2"].sum())
        low, high = flow["flow_low"], flow["flow_high"]
        way = f"from the {from_side} to the {to_side} side"
        when = f"Between {day(old.date)} and {day(new.date)}"
        if sure > 0:
            between = _between(low, high, "95 % for the position of both lines")
            sentence = (
                f"{when}, {number(flow['flow_km2'], low, high)} km² of land{between} went {way}; "
                f"{rounded(sure)} km² of it lie farther from both lines than their errors."
            )
        else:
            sentence = (
                f"{when}, no land is certain to have gone {way}; up to "
                f"{rounded(high, low, high)} km² may have, within the errors of the lines."
            )
        yield KeyFigure(
            id=f"land:{old.key}:{new.key}:{from_side}:{to_side}",
            value=flow["flow_km2"],
            low=low,
            high=high,
            unit="km2",
            sentence=sentence,
        )


def _places(
    lines: dict[str, Line], settlements: gpd.GeoDataFrame, *, illustration: bool
) -> Iterator[KeyFigure]:
    caveat = " Illustration only: the elevation is too coarse for statements about single places."
    for key, line in lines.items():
        here = settlements[settlements["line"] == key]
        near = int((~here["side_certain"]).sum())
        cut = int(here["crossed"].sum())
        yield _count(
            f"crossed:{key}",
            cut,
            f"The {_called(line)} cuts {cut} of the {len(here)} settlements listed; {near} lie "
            "nearer to it than its error, so that their side is not certain.",
        )
        sight = here["in_sight"]
        if sight.isin(["visible", "hidden", "unknown"]).any():
            seen = int((sight == "visible").sum())
            yield _count(
                f"in_sight:{key}",
                seen,
                f"{seen} of the {int((sight != 'out_of_range').sum())} settlements within sight "
                f"range of the {_called(line)} are in sight of it, "
                f"{int((sight == 'unknown').sum())} are undecided."
                f"{caveat if illustration else ''}",
            )


def _count(key: str, number: int, sentence: str) -> KeyFigure:
    value = float(number)
    return KeyFigure(key, value, value, value, "settlements", sentence)
