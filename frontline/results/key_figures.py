"""Key figures: sentences that can be quoted, with interval and caveat."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from frontline.analysis.landcover_tables import _SLIVER_KM2
from frontline.project.models import FARMLAND
from frontline.records import KeyFigure
from frontline.results.numbers import (
    RoundedFigure,
    count_text,
    cumulative_figures,
    figure_of,
    round_figure,
    rounded,
    whole,
)
from frontline.results.phrases import day
from frontline.results.wording import far, listing, percent, source_phrase, source_row

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline.analysis.context import Case
    from frontline.project.models import Line, Origin, Project


def cover_figures(case: Case, tables: Mapping[str, pd.DataFrame]) -> tuple[KeyFigure, ...]:
    """Make the sentences on farmland that changed hands.

    Parameters
    ----------
    case
        From a run.
    tables
        From :func:`cover_tables`.
    """
    changes = tables.get("landcover_changes")
    if changes is None or case.project.landcover is None:
        return ()
    moved = changes[(changes["cover"] == FARMLAND) & (changes["from_side"] != changes["to_side"])]
    moved = moved[(moved["area_km2"] > 0) & (moved["from_side"] != "") & (moved["to_side"] != "")]
    return tuple(_sentence(case, row) for row in moved.to_dict("records"))


def _sentence(case: Case, row: Mapping[Any, Any]) -> KeyFigure:
    lines = {line.key: line for line in case.project.lines}
    old, new = lines[row["from_line"]], lines[row["to_line"]]
    low, high = row["area_low"], row["area_high"]
    figure = figure_of(row, "area_km2")
    way = f"from the {row['from_side']} to the {row['to_side']} side"
    when = f"Between {day(old.date)} and {day(new.date)}"
    if row["area_certain_km2"] > _SLIVER_KM2:
        said = (
            f"{when}, {figure.text} km² of farmland{_between_quotes(figure, _BOTH_LINES)} "
            f"went {way}, {percent(row['share'])} of the farmland that the {row['from_side']} side "
            f"had held. Of it, {rounded(row['area_certain_km2'], low, high)} km² lie farther from "
            "both lines than their errors."
        )
    else:
        most = row["area_km2"] if math.isnan(high) else high
        said = (
            f"{when}, no farmland is certain to have gone {way}. Up to {rounded(most)} km² may "
            "have, within the errors of the lines."
        )
    return KeyFigure(
        id=f"farmland:{old.key}:{new.key}:{row['from_side']}:{row['to_side']}",
        value=row["area_km2"],
        low=low,
        high=high,
        unit="km2",
        sentence=said + _cover_caveat(case, row),
    )


def _cover_caveat(case: Case, row: Mapping[Any, Any]) -> str:
    """Say of when the land cover is, what it leaves open, and who made it."""
    stated = case.project.landcover
    assert stated is not None
    when = f"is that of {stated.date.year}" if stated.date else "has no stated date"
    open_ = ""
    if row["coverage"] < 0.9995:
        open_ = f" and unknown on {percent(1 - row['coverage'])} of that land"
    source = f" Source: {stated.source.rstrip('.')}." if stated.source else ""
    return f" Caveat: the land cover {when}{open_}.{source}"


_BOTH_LINES = "95 % for the position of both lines"


def sight_figures(case: Case, people: pd.DataFrame | None) -> tuple[KeyFigure, ...]:
    """Make the sentences on people and roads in sight.

    Parameters
    ----------
    case
        What the run has in hand.
    people
        From `people_in_sight`; None where sight was not computed.

    Returns
    -------
    None on elevation too coarse for more than an illustration.
    """
    if people is None or case.exposure.illustration:
        return ()
    return (*_people_figures(case, people), *_road_figures(case))


def _people_figures(case: Case, people: pd.DataFrame) -> Iterator[KeyFigure]:
    lines = {line.key: line for line in case.project.lines}
    within_m = people["distance_m"] <= case.project.sight.radius_m
    widest = people[within_m & (people["distance_m"] == people.loc[within_m, "distance_m"].max())]
    for row in widest.to_dict("records"):
        if not row["people"] > 0:
            continue
        low, high = row["people_visible"], row["people_visible"] + row["people_undecided"]
        line = lines[row["line"]]
        open_ = rounded(high - low)
        doubt = f" Of {open_} more it cannot be decided." if high > low else ""
        without = row["visible_without_figure"]
        have = "have" if without > 1 else "has"
        more = (
            f" {count_text(without, 'further place')} in sight {have} no figure."
            if without > 0
            else ""
        )
        yield KeyFigure(
            id=f"people_in_sight:{row['line']}:{row['side']}:{row['source']}",
            value=low,
            low=low,
            high=high,
            unit="people",
            sentence=(
                f"Of {rounded(row['people'])} {source_phrase(row['source'])} within "
                f"{far(row['distance_m'])} of the {_called(line)} on the {row['side']} side, "
                f"{rounded(low)} live in places in sight of it.{doubt}{more}"
            ),
        )


def _road_figures(case: Case) -> Iterator[KeyFigure]:
    segments = case.exposure.segments
    for line in case.project.lines:
        own = segments[segments["line"] == line.key]
        if not len(own):
            continue
        km = own.groupby("in_sight")["km"].sum()
        seen, unknown = (float(km.get(state, 0.0)) for state in ("visible", "unknown"))
        doubt = f" Of {rounded(unknown)} km it cannot be decided." if unknown else ""
        yield KeyFigure(
            id=f"corridors_in_sight:{line.key}",
            value=seen,
            low=seen,
            high=seen + unknown,
            unit="km",
            sentence=(
                f"{rounded(seen)} of the {rounded(float(km.sum()))} km of corridors within the "
                f"sight radius of the {_called(line)} are in sight of it.{doubt}"
            ),
        )


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
    figures = cumulative_figures(people, "population")
    for row in widest.to_dict("records"):
        if math.isnan(row["population"]):
            continue
        if row["source"].startswith("settlements") and not row["settlements"] > 0:
            continue  # nothing was counted, which is not the same as nobody
        low, high = row["population_low"], row["population_high"]
        stated = row["source"].startswith("stated:")
        figure = figures[row["line"], row["side"], float(row["distance_m"]), row["source"]]
        between = _between_quotes(figure, "" if stated else "95 % for the position of the line")
        yield KeyFigure(
            id=f"people:{row['line']}:{row['side']}:{row['distance_m']:.0f}:{row['source']}",
            value=row["population"],
            low=low,
            high=high,
            unit="people",
            sentence=(
                f"Within {far(row['distance_m'])} of the {_called(lines[row['line']])}, the "
                f"{row['side']} side had {figure.text} {_counted(row['source'], project)}{between}."
                f"{_caveat_quotes(row)}{_source(row['source'], project)}"
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


def _between_quotes(figure: RoundedFigure, why: str) -> str:
    if not figure.range:
        return ""
    return f" ({figure.range}, {why})" if why else f" ({figure.range})"


def _caveat_quotes(row: dict[str, Any]) -> str:
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
    return f" Caveat: {listing(parts)}." if parts else ""


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
            figure = figure_of(flow, "flow_km2")
            sentence = (
                f"{when}, {figure.text} km² of land{_between_quotes(figure, _BOTH_LINES)} went "
                f"{way}. Of it, {rounded(sure, low, high)} km² lie farther from both lines than "
                "their errors."
            )
        else:
            most = round_figure(high, low, high).ends[1] or rounded(high)
            sentence = (
                f"{when}, no land is certain to have gone {way}. Up to {most} km² may have, "
                "within the errors of the lines."
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
            _cut_sentence(line, cut=cut, near=near, listed=len(here)),
        )
        sight = here["in_sight"]
        if sight.isin(["visible", "hidden", "unknown"]).any():
            seen = int((sight == "visible").sum())
            yield _count(
                f"in_sight:{key}",
                seen,
                _sight_sentence(line, sight) + (caveat if illustration else ""),
            )


def _cut_sentence(line: Line, *, cut: int, near: int, listed: int) -> str:
    """Say how many settlements a line cuts, and of how many the side is not certain."""
    what = "none" if cut == 0 else whole(cut)
    words = f"The {_called(line)} cuts {what} of the {count_text(listed, 'settlement')} listed."
    if near == 0:
        return f"{words} None lies nearer to it than its error."
    doubt = "One lies" if near == 1 else f"{whole(near)} lie"
    side = "its side is" if near == 1 else "their side is"
    return f"{words} {doubt} nearer to it than its error, so that {side} not certain."


def _sight_sentence(line: Line, sight: pd.Series[Any]) -> str:
    """Say how many settlements are in sight of a line, and of how many it is undecided."""
    seen, open_ = (int((sight == state).sum()) for state in ("visible", "unknown"))
    within = count_text(int((sight != "out_of_range").sum()), "settlement")
    is_, what = ("is", "One") if seen == 1 else ("are", whole(seen) if seen else "None")
    words = (
        f"{what} of the {within} within sight range of the {_called(line)} {is_} in sight of it."
    )
    if open_ == 0:
        return words
    return f"{words} {'One is' if open_ == 1 else f'{whole(open_)} are'} undecided."


def _count(key: str, number: int, sentence: str) -> KeyFigure:
    value = float(number)
    return KeyFigure(key, value, value, value, "settlements", sentence)
