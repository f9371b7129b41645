"""Key figures: sentences that can be quoted, with interval and caveat."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from frontline.analysis.landcover_tables import _SLIVER_KM2
from frontline.project.models import FARMLAND
from frontline.records import KeyFigure
from frontline.results.numbers import (
    RoundedFigure,
    count_text,
    round_cumulative,
    round_figure,
    round_part,
    round_row,
    write_digits,
    write_rounded,
    write_whole,
)
from frontline.results.population_phrases import (
    describe_before,
    describe_dates,
    describe_displacement,
    describe_limits,
)
from frontline.results.wording import (
    join_phrases,
    name_source,
    name_source_row,
    write_day,
    write_far,
    write_percent,
)

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline.analysis.context import Analysis, Variant
    from frontline.project.models import LineSpec, Origin, Project


ByOthers = Mapping[str, Sequence[tuple["Variant", float]]]
"""By the identifier of a key figure, what it is with each choice of alternatives."""

_NO_OTHERS: ByOthers = MappingProxyType({})


def write_cover_figures(
    case: Analysis, *, tables: Mapping[str, pd.DataFrame]
) -> tuple[KeyFigure, ...]:
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
    return tuple(_describe_flow(case, row) for row in moved.to_dict("records"))


def _describe_flow(case: Analysis, row: Mapping[Any, Any]) -> KeyFigure:
    lines = {line.key: line for line in case.project.lines}
    old, new = lines[row["from_line"]], lines[row["to_line"]]
    low, high = row["area_low"], row["area_high"]
    figure = round_row(row, column="area_km2")
    way = f"from the {row['from_side']} to the {row['to_side']} side"
    when = f"Between {write_day(old.date)} and {write_day(new.date)}"
    if row["area_certain_km2"] > _SLIVER_KM2:
        sentence = (
            f"{when}, {figure.text} km² of farmland{_write_range(figure, _BOTH_LINES)} "
            f"went {way}, {write_percent(row['share'])} of the farmland that the "
            f"{row['from_side']} side "
            f"had held. Of it, {_write_part(row['area_certain_km2'], figure)} km² lie farther from "
            "both lines than their errors."
        )
    else:
        most = row["area_km2"] if math.isnan(high) else high
        sentence = (
            f"{when}, no farmland is certain to have gone {way}. Up to {write_rounded(most)} km² "
            "may "
            "have, within the errors of the lines."
        )
    return KeyFigure(
        id=f"farmland:{old.key}:{new.key}:{row['from_side']}:{row['to_side']}",
        value=row["area_km2"],
        low=low,
        high=high,
        unit="km2",
        sentence=sentence + _write_cover_caveat(case, row),
    )


def _write_cover_caveat(case: Analysis, row: Mapping[Any, Any]) -> str:
    """Say of when the land cover is, what it leaves open, and who made it."""
    stated = case.project.landcover
    assert stated is not None
    when = f"is that of {stated.date.year}" if stated.date else "has no stated date"
    open_ = ""
    if row["coverage"] < 0.9995:
        open_ = f" and unknown on {write_percent(1 - row['coverage'])} of that land"
    source = f" Source: {stated.source.rstrip('.')}." if stated.source else ""
    return f" Caveat: the land cover {when}{open_}.{source}"


_BOTH_LINES = "95 % for the position of both lines"


def write_sight_figures(case: Analysis, *, people: pd.DataFrame | None) -> tuple[KeyFigure, ...]:
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
    return (*_list_people_in_sight(case, people), *_list_roads_in_sight(case))


def _list_people_in_sight(case: Analysis, people: pd.DataFrame) -> Iterator[KeyFigure]:
    lines = {line.key: line for line in case.project.lines}
    within_m = people["distance_m"] <= case.project.sight.radius_m
    main_m = case.project.zones.headline_m
    if main_m > case.project.sight.radius_m:
        main_m = people.loc[within_m, "distance_m"].max()
    keys = ["line", "side", "distance_m", "source"]
    counted = case.people[case.people["kind"] == "cumulative"].set_index(keys)
    for row in people[people["distance_m"] == main_m].to_dict("records"):
        if not row["people"] > 0:
            continue
        low, high = row["people_visible"], row["people_visible"] + row["people_undecided"]
        line = lines[row["line"]]
        beside = counted.loc[tuple(row[key] for key in keys)].to_dict()
        years = case.project.people.outdated_years
        dates = describe_dates(beside, date=line.date, outdated_years=years)
        residents = f"{name_source(row['source'])}{describe_before(beside)}"
        when = f" (by {dates})" if dates else ""
        before = describe_displacement(beside, date=line.date)
        open_ = write_rounded(high - low)
        doubt = f" Of {open_} more it cannot be decided." if high > low else ""
        without = row["visible_without_figure"]
        have = "have" if without > 1 else "has"
        more = (
            f" {count_text(without, one='further place')} in sight {have} no figure."
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
                f"Of {write_rounded(row['people'])} {residents}{when} within "
                f"{write_far(row['distance_m'])} of the {_name_line(line)} on the "
                f"{row['side']} side, "
                f"{write_rounded(low)} live in places in sight of it.{doubt}{more}"
                f"{' ' + before if before else ''}"
            ),
        )


def _list_roads_in_sight(case: Analysis) -> Iterator[KeyFigure]:
    corridors = case.exposure.corridors
    within = corridors[corridors["in_sight"] != "out_of_range"]
    for line in case.project.lines:
        of_line = within[within["line"] == line.key]
        if not len(of_line):
            continue
        km = of_line.groupby("in_sight")["km"].sum()
        visible, unknown = (float(km.get(state, 0.0)) for state in ("visible", "unknown"))
        doubt = f" Of {write_rounded(unknown)} km it cannot be decided." if unknown else ""
        yield KeyFigure(
            id=f"corridors_in_sight:{line.key}",
            value=visible,
            low=visible,
            high=visible + unknown,
            unit="km",
            sentence=(
                f"{write_rounded(visible)} of the {write_rounded(float(km.sum()))} km of corridors "
                "within the "
                f"sight radius of the {_name_line(line)} are in sight of it.{doubt}"
            ),
        )


def write_key_figures(
    project: Project,
    *,
    people: pd.DataFrame,
    changes: gpd.GeoDataFrame,
    settlements: gpd.GeoDataFrame,
    illustration: bool,
    others: ByOthers = _NO_OTHERS,
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
    others
        By the identifier of a figure, what it is with lines as other sources draw them.

    Returns
    -------
    People within the main distance by line, side and source, with the date of the figures and
    what they lack; land that changed hands; settlements cut by a line and in sight of it, in this
    order. What is unknown is a sentence too, with a figure of NaN.
    """
    lines = {line.key: line for line in project.lines}
    return (
        *_list_people(project, people, others),
        *_list_land(lines, changes, others),
        *_list_places(lines, settlements, others, illustration=illustration),
    )


def _list_people(project: Project, people: pd.DataFrame, others: ByOthers) -> Iterator[KeyFigure]:
    lines = {line.key: line for line in project.lines}
    cumulative = people[people["kind"] == "cumulative"]
    main = cumulative[cumulative["distance_m"] == project.zones.headline_m]
    figures = round_cumulative(people, column="population")
    for row in main.to_dict("records"):
        listed = row["source"].startswith("settlements")
        counted, unknown = (
            0 if pd.isna(row[column]) else row[column]
            for column in ("settlements", "settlements_unknown")
        )
        if pd.isna(row["population"]) and not (listed and unknown > 0):
            continue
        if listed and not counted > 0 and not unknown > 0:
            continue  # nothing was counted, which is not the same as nobody
        figure = figures[row["line"], row["side"], float(row["distance_m"]), row["source"]]
        key = f"people:{row['line']}:{row['side']}:{row['distance_m']:.0f}:{row['source']}"
        yield KeyFigure(
            id=key,
            value=row["population"],
            low=row["population_low"],
            high=row["population_high"],
            unit="people",
            sentence=_describe_people(
                project, lines[row["line"]], row, figure, others.get(key, ())
            ),
            **_take_ends(row["population"], others.get(key, ())),
        )


def _describe_people(
    project: Project,
    line: LineSpec,
    row: Mapping[Any, Any],
    figure: RoundedFigure,
    others: Sequence[tuple[Variant, float]],
) -> str:
    """Write a number of people with its date, and what it does not tell."""
    source = row["source"]
    where = f"Within {write_far(row['distance_m'])} of the {_name_line(line)}"
    if math.isnan(row["population"]):
        places = count_text(row["settlements_unknown"], one="settlement")
        return (
            f"{where}, the number of {_name_counted(source, project)} on the {row['side']} side is "
            f"unknown: of the {places} listed there, none has a figure for that date."
        )
    stated = source.startswith("stated:")
    why = "" if stated else "95 % for the position of the line"
    between = _write_range(figure, why, others)
    years = project.people.outdated_years
    dates = describe_dates(row, date=line.date, outdated_years=years)
    when = f", by {dates}" if dates else ""
    if stated:
        when = f", as of {dates.removeprefix('figures of ')}" if row["figures_first"] else ""
    limits = describe_limits(row, project=project)
    label = describe_before(row)
    people = f"{figure.text} {_name_counted(source, project)}{label}{between}{when}"
    parts = [
        f"{where}, the {row['side']} side had {people}.",
        describe_displacement(row, date=line.date),
        f"Caveat: {join_phrases(limits)}." if limits else "",
        _name_maker(source, project).strip(),
    ]
    return " ".join(part for part in parts if part)


def _name_line(line: LineSpec) -> str:
    return f"line of {write_day(line.date)} ({line.label})"


def _name_counted(source: str, project: Project) -> str:
    """Say what a source counts, and for a figure stated by others who states it."""
    if not source.startswith("stated:"):
        return name_source(source)
    who = name_source_row(source, project=project)
    return f"people, {who[:1].lower()}{who[1:]}"


def _name_maker(source: str, project: Project) -> str:
    """Name who made the data; a stated figure has said so already."""
    kind, _, key = source.partition(":")
    of: dict[str, list[Origin | None]] = {
        "settlements": [project.settlements],
        "districts": [project.districts],
        "raster": [grid for grid in project.population if grid.key == key],
        "settlements_by_raster": [grid for grid in project.population if grid.key == key],
    }
    grids = kind.endswith("raster")
    for origin in of.get(kind, []):
        if origin is not None and origin.source:
            # Which year a grid describes is no detail: several may stand side by side.
            when = f", for {write_day(origin.date)}" if grids and origin.date is not None else ""
            return f" Source: {origin.source.rstrip('.')}{when}."
    return ""


def _write_range(
    figure: RoundedFigure,
    why: str,
    others: Sequence[tuple[Variant, float]] = (),
    *,
    earlier: str = "",
) -> str:
    """Write the interval of a figure, and what it is with lines as other sources draw them."""
    interval = f"{figure.range}, {why}" if why else figure.range
    parts = [interval] if figure.range else []
    parts += _write_others(figure, others, earlier=earlier)
    return f" ({'; '.join(parts)})" if parts else ""


_MOST_OTHERS = 4
"""Of more sources than this the range is written, and not what each gives."""


def _write_others(
    figure: RoundedFigure, others: Sequence[tuple[Variant, float]], *, earlier: str = ""
) -> list[str]:
    """Write what a figure is with each alternative; of many, the least and the most of them.

    Parameters
    ----------
    figure
        By the lines as drawn.
    others
        With alternatives.
    earlier
        Key of the earlier of two lines; empty for the figure of one line.
    """
    known = [(variant, value) for variant, value in others if math.isfinite(value)]
    if len(known) <= _MOST_OTHERS:
        return [
            f"{round_part(value, whole=figure).text} with {_name_choice(variant, earlier)}"
            for variant, value in known
        ]
    ends = [min(known, key=lambda pair: pair[1]), max(known, key=lambda pair: pair[1])]
    least, most = (
        f"{round_part(value, whole=figure).text} with {_name_choice(variant, earlier)}"
        for variant, value in ends
    )
    return [f"of {len(known)} choices of other sources the least is {least}, the most {most}"]


def _name_choice(variant: Variant, earlier: str) -> str:
    """Name whose lines stand in the place of those drawn: the line of OpenStreetMap."""
    if not earlier:
        return f"the line of {variant.name}"
    labels = [other.label for other in variant.choice]
    if len(labels) > 1 and len(set(labels)) == 1:
        return f"both lines of {labels[0]}"
    return " and ".join(
        f"the {'earlier' if other.line == earlier else 'later'} line of {other.label}"
        for other in variant.choice
    )


def _take_ends(value: float, others: Sequence[tuple[Variant, float]]) -> dict[str, float]:
    """Return the least and the most of a figure over its sources; nothing without others."""
    known = [number for number in (value, *(other for _, other in others)) if number == number]  # noqa: PLR0124
    if not others or not known:
        return {}
    return {"alt_low": float(min(known)), "alt_high": float(max(known))}


def _write_part(part: float, figure: RoundedFigure) -> str:
    """Write a part with no finer digits than its whole; something never reads as nothing."""
    shown = round_part(part, whole=figure)
    if shown.value == 0 and shown.high is not None:
        return f"less than {write_digits(shown.high)}"
    return shown.text


def _write_unknown_as_empty(value: float) -> str:
    return write_rounded(value) if math.isfinite(value) else ""


def _list_land(
    lines: dict[str, LineSpec], changes: gpd.GeoDataFrame, others: ByOthers
) -> Iterator[KeyFigure]:
    flows = changes[changes["from_side"] != changes["to_side"]]
    keys = ["from_line", "to_line", "from_side", "to_side"]
    for (from_line, to_line, from_side, to_side), rows in flows.groupby(keys, sort=False):
        old, new, flow = lines[from_line], lines[to_line], rows.iloc[0]
        sure = float(rows.loc[rows["kind"] == "changed", "area_km2"].sum())
        low, high = flow["flow_low"], flow["flow_high"]
        way = f"from the {from_side} to the {to_side} side"
        when = f"Between {write_day(old.date)} and {write_day(new.date)}"
        key = f"land:{old.key}:{new.key}:{from_side}:{to_side}"
        by_others = others.get(key, ())
        figure = round_row(flow, column="flow_km2")
        if sure > 0:
            between = _write_range(figure, _BOTH_LINES, by_others, earlier=old.key)
            sentence = (
                f"{when}, {figure.text} km² of land{between} went "
                f"{way}. Of it, {_write_part(sure, figure)} km² lie farther from both lines than "
                "their errors."
            )
        else:
            most = round_figure(high, low, high).ends[1] or _write_unknown_as_empty(high)
            open_ = write_rounded(flow["flow_km2"])
            rest = f"Up to {most} km² may have" if most else f"The lines differ by {open_} km²"
            sentence = (
                f"{when}, no land is certain to have gone {way}. {rest}, "
                "within the errors of the lines."
            )
            told = _write_others(figure, by_others, earlier=old.key)
            sentence += f" By other sources, km²: {'; '.join(told)}." if told else ""
        yield KeyFigure(
            id=key,
            value=flow["flow_km2"],
            low=low,
            high=high,
            unit="km2",
            sentence=sentence,
            **_take_ends(flow["flow_km2"], by_others),
        )


def _list_places(
    lines: dict[str, LineSpec],
    settlements: gpd.GeoDataFrame,
    others: ByOthers,
    *,
    illustration: bool,
) -> Iterator[KeyFigure]:
    caveat = " Illustration only: the elevation is too coarse for statements about single places."
    for key, line in lines.items():
        of_line = settlements[settlements["line"] == key]
        near = int((~of_line["side_certain"]).sum())
        crossed = of_line["crossed"].astype("boolean")
        outlines = int(crossed.notna().sum())
        cut = float(crossed.sum()) if outlines else math.nan
        sentence = _describe_cut(line, cut=cut, near=near, listed=len(of_line), outlines=outlines)
        by_others = others.get(f"crossed:{key}", ())
        told = _write_others(round_figure(cut), by_others)
        sentence += f" Cut by other sources: {'; '.join(told)}." if told else ""
        ends = _take_ends(cut, by_others)
        yield KeyFigure(f"crossed:{key}", cut, cut, cut, "settlements", sentence, **ends)
        sight = of_line["in_sight"]
        if sight.isin(["visible", "hidden", "unknown"]).any():
            visible = int((sight == "visible").sum())
            yield _make_count(
                f"in_sight:{key}",
                visible,
                _describe_sight(line, sight) + (caveat if illustration else ""),
            )


def _describe_cut(line: LineSpec, *, cut: float, near: int, listed: int, outlines: int) -> str:
    """Say how many settlements a line cuts, and of how many the side is not certain.

    No line can cut a point: of places without an outline it is unknown.
    """
    places = count_text(listed, one="settlement")
    if outlines == 0:
        words = (
            f"Whether the {_name_line(line)} cuts any of the {places} listed is unknown: all are "
            "points."
        )
    else:
        what = "none" if cut == 0 else write_whole(cut)
        words = f"The {_name_line(line)} cuts {what} of the {places} listed"
        words += "."
        points = listed - outlines
        if points == 1:
            words += " Whether it cuts the one given as a point is unknown."
        elif points:
            words += f" Whether it cuts the {write_whole(points)} given as points is unknown."
    if near == 0:
        return f"{words} None lies nearer to it than its error."
    doubt = "One lies" if near == 1 else f"{write_whole(near)} lie"
    side = "its side is" if near == 1 else "their side is"
    return f"{words} {doubt} nearer to it than its error, so that {side} not certain."


def _describe_sight(line: LineSpec, sight: pd.Series[Any]) -> str:
    """Say how many settlements are in sight of a line, and of how many it is undecided."""
    visible, open_ = (int((sight == state).sum()) for state in ("visible", "unknown"))
    within = count_text(int((sight != "out_of_range").sum()), one="settlement")
    is_, what = (
        ("is", "One") if visible == 1 else ("are", write_whole(visible) if visible else "None")
    )
    words = (
        f"{what} of the {within} within sight range of the {_name_line(line)} {is_} in sight of it."
    )
    if open_ == 0:
        return words
    return f"{words} {'One is' if open_ == 1 else f'{write_whole(open_)} are'} undecided."


def _make_count(key: str, number: int, sentence: str) -> KeyFigure:
    value = float(number)
    return KeyFigure(key, value, value, value, "settlements", sentence)
