"""The report's figures: land and people by side and distance, and how far settlements lie."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from frontline.export.html import (
    NOTHING,
    Html,
    between,
    body,
    bullets,
    data,
    figure,
    joined,
    paragraph,
    row,
    small,
    spread,
    table,
    tag,
    text,
)
from frontline.export.report.charts import Curve, Panel, Strip, curves, quartiles, strips
from frontline.results.phrases import REPORT
from frontline.results.population_phrases import ENOUGH
from frontline.results.style import side_colours
from frontline.results.tables import source_rank
from frontline.results.wording import dates, days, far, lines_by_date, number, percent, source_row
from frontline.results.words import WORDS

if TYPE_CHECKING:
    from frontline.results.model import Results


Record = Mapping[Any, Any]


def sides_of(results: Results) -> dict[str, str]:
    """Return the colour of each side, in the project's order."""
    known = [str(side) for side in results.sides["side"] if not pd.isna(side)]
    return side_colours(results.project, known)


def heads(results: Results) -> list[Html]:
    """Return the head of a column for each line, the oldest first."""
    written = days(results.project)
    return [
        Html(data(line.label) + small(written[line.key])) for line in lines_by_date(results.project)
    ]


def people_tables(results: Results) -> Html:
    """Make a table per side: rows by distance and source, a column per line."""
    tables = []
    for side in sides_of(results):
        caption = Html(swatch(results, side) + text(REPORT["people_table"].format(side=side)))
        columns = 1 + len(results.lines)
        bodies = [
            body(text(REPORT["within"].format(distance=far(distance_m))), columns, rows)
            for distance_m in sorted(results.project.zones.distances_m)
            if (rows := list(_rows(results, side, distance_m)))
        ]
        head = [text(REPORT["source"]), *heads(results)]
        tables.append(table(caption, head, bodies, class_="grouped"))
    return joined(tables)


def swatch(results: Results, side: str) -> Html:
    """Draw the colour of a side."""
    colour = sides_of(results).get(side)
    return tag("i", class_="swatch", style=f"background:{colour}") if colour else NOTHING


def _rows(results: Results, side: str, distance_m: float) -> Iterator[Html]:
    """Give land first, then people by source, as far as a source says anything here."""
    keys = [line.key for line in lines_by_date(results.project)]
    zones = _chosen(results.zones, side, distance_m)
    land = [_land(zones[zones["line"] == key]) for key in keys]
    if any(land):
        yield row(text(REPORT["area"]), *land)
    people = _chosen(results.people, side, distance_m)
    for source in sorted(people["source"].unique(), key=source_rank):
        own = people[people["source"] == source].set_index("line")
        if any(says_something(one) for one in own.to_dict("records")):
            cells = [
                _people(own.loc[key].to_dict()) if key in own.index else NOTHING for key in keys
            ]
            yield row(data(source_row(source, results.project)), *cells)


def _chosen(frame: pd.DataFrame, side: str, distance_m: float) -> pd.DataFrame:
    at = (frame["side"] == side) & (frame["distance_m"] == distance_m)
    chosen: pd.DataFrame = frame[at & (frame["kind"] == "cumulative")]
    return chosen


def _land(zone: pd.DataFrame) -> Html:
    if zone.empty:
        return NOTHING
    found = zone.iloc[0]
    return figure(found["area_km2"], *ends(found, "area"))


def ends(found: Record | pd.Series[Any], stem: str) -> tuple[float, float]:
    """Return low and high of a figure, NaN where the table has none."""
    low, high = (found.get(f"{stem}_{end}") for end in ("low", "high"))
    unknown = float("nan")
    return (unknown if pd.isna(low) else float(low)), (unknown if pd.isna(high) else float(high))


def says_something(found: Record) -> bool:
    """Tell whether a row of people holds a figure, or places that lack one."""
    if str(found["source"]).startswith("settlements"):
        places = [found["settlements"], found["settlements_unknown"]]
        return any(not pd.isna(one) and one > 0 for one in places)
    return not pd.isna(found["population"])


def _people(found: Record) -> Html:
    """Write people of a source, with the interval and what limits the figure."""
    listed = str(found["source"]).startswith("settlements")
    if listed and not found["settlements"] > 0:
        unknown = found["settlements_unknown"]
        key = "no_figure" if not pd.isna(unknown) and unknown > 0 else "no_place"
        none = tag("span", text(REPORT[key]), class_="nothing")
        return Html(none + _limits(found))
    if pd.isna(found["population"]):
        return tag("span", text(REPORT["not_covered"]), class_="nothing")
    low, high = ends(found, "population")
    return Html(figure(found["population"], low, high) + _limits(found))


def _limits(found: Record) -> Html:
    parts = [*_counted(found), *limits_of(found)]
    return tag("small", text("; ".join(parts)), class_="limit") if parts else NOTHING


def _counted(found: Record) -> list[str]:
    """Say how many settlements a list has there."""
    if not str(found["source"]).startswith("settlements") or not found["settlements"] > 0:
        return []
    count = int(found["settlements"])
    return [REPORT["counted_one" if count == 1 else "counted"].format(count=count)]


def limits_of(found: Record) -> list[str]:
    """Say what a figure of people lacks: places, people not listed, land not covered."""
    parts: list[str] = []
    unknown, share = found["settlements_unknown"], found["completeness"]
    if found["source"] == "settlements" and not pd.isna(unknown) and unknown > 0:
        key = "without" if found["settlements"] > 0 else "without_only"
        parts.append(REPORT[key].format(count=int(unknown)))
    if found["source"] == "settlements" and not pd.isna(share) and share < ENOUGH:
        parts.append(REPORT["list_holds"].format(share=percent(share)))
    coverage = found["coverage"]
    listed = str(found["source"]).startswith("settlements")
    if not listed and not pd.isna(coverage) and coverage < ENOUGH:
        parts.append(REPORT["covers"].format(share=percent(coverage)))
    return parts


def people_charts(results: Results) -> Html:
    """Draw people against distance: a row of panels per source, a panel per side."""
    by_distance = results.people if results.profile is None else results.profile
    rows = by_distance[by_distance["kind"] == "cumulative"].sort_values("distance_m")
    drawn = []
    for source in sorted(rows["source"].unique(), key=source_rank):
        own = rows[rows["source"] == source]
        if source.startswith("stated:") or not (own["population"] > 0).any():
            continue
        panels = [
            Panel(side, _curves(results, own, side), REPORT["no_figure"])
            for side in sides_of(results)
        ]
        label = source_row(source, results.project)
        chart = curves(
            panels,
            title=f"{REPORT['people_chart']}: {label}",
            about=REPORT["people_chart_note"],
            x_label=REPORT["distance_axis"],
        )
        drawn.append(tag("figure", tag("figcaption", data(label)), chart))
    if not drawn:
        return NOTHING
    head = tag("h3", text(REPORT["people_chart"]))
    return Html(head + joined(drawn) + paragraph(REPORT["people_chart_note"], class_="note"))


def _curves(results: Results, rows: pd.DataFrame, side: str) -> tuple[Curve, ...]:
    newest, written = lines_by_date(results.project)[-1].key, dates(results.project)
    made = []
    for line in lines_by_date(results.project):
        own = rows[(rows["line"] == line.key) & (rows["side"] == side)]
        own = own[own["population"].notna()]
        if (own["population"] > 0).any():
            made.append(
                Curve(
                    label=written[line.key],
                    colour=sides_of(results)[side],
                    dashed=line.key != newest,
                    x=list(own["distance_m"] / 1000),
                    y=list(own["population"]),
                    low=list(own["population_low"]),
                    high=list(own["population_high"]),
                )
            )
    return tuple(made)


def quotes(results: Results) -> Html:
    """List the sentences that are ready to quote."""
    if not results.key_figures:
        return NOTHING
    rows = [data(one.sentence) for one in results.key_figures]
    head = tag("h3", text(REPORT["quotes"]))
    return Html(head + paragraph(REPORT["quotes_text"]) + bullets(rows, class_="quotes"))


def distances(results: Results) -> Html:
    """Show how far settlements lie from each line, as a drawing and as a table."""
    groups = list(_groups(results))
    if not groups:
        return NOTHING
    newest, written = lines_by_date(results.project)[-1].key, dates(results.project)
    chart = strips(
        [
            Strip(
                label=side,
                remark=_line_of(results, key),
                colour=sides_of(results)[side],
                hollow=key != newest,
                values=list(own["distance_m"] / 1000),
            )
            for side, key, own in groups
        ],
        title=REPORT["distance_chart"],
        about=REPORT["distance_text"],
        x_label=REPORT["distance_axis"],
    )
    heads_ = ("side", "line", "settlements", "nearest", "quarter", "half", "three_quarters")
    rows = [
        row(
            Html(swatch(results, side) + data(side)),
            text(written[key]),
            text(str(len(own))),
            *(text(kilometres(results, key, value)) for value in _marks(own)),
        )
        for side, key, own in groups
    ]
    made = table(text(REPORT["distance_table"]), [text(REPORT[key]) for key in heads_], rows)
    return Html(
        paragraph(REPORT["distance_text"])
        + tag("figure", chart)
        + made
        + paragraph(REPORT["below_accuracy_note"].format(errors=_errors(results)), class_="note")
    )


def _groups(results: Results) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Give side, line and settlements that it held under it, side by side for comparison."""
    places = results.settlements
    for side in sides_of(results):
        for line in lines_by_date(results.project):
            own = places[(places["side"] == side) & (places["line"] == line.key)]
            own = own[own["distance_m"].notna()]
            if len(own):
                yield side, line.key, pd.DataFrame(own.drop(columns="geometry"))


def _marks(own: pd.DataFrame) -> tuple[float, ...]:
    values = [float(value) for value in own["distance_m"]]
    return (min(values), *quartiles(values))


def medians(results: Results) -> dict[tuple[str, str], float]:
    """Return the median distance of settlements in metres, by side and line."""
    return {(side, key): _marks(own)[2] for side, key, own in _groups(results)}


def error_of(results: Results, key: str) -> float:
    """Return the error of a line in metres; NaN where it is not stated or differs along it."""
    found = results.lines.loc[results.lines["line"] == key, "error_m"]
    value = found.iloc[0] if len(found) else None
    known = isinstance(value, int | float) or hasattr(value, "dtype")
    return float(value) if known and not pd.isna(value) else float("nan")


def kilometres(results: Results, key: str, distance_m: float) -> str:
    """Write a distance from a line in km, as far as the error of the line can tell it."""
    if pd.isna(distance_m):
        return REPORT["nothing"]
    error_m = error_of(results, key)
    if distance_m < error_m:
        return WORDS["below_accuracy"]
    digits = 1 if error_m < 500 or distance_m < 10_000 else 0
    return f"{distance_m / 1000:,.{digits}f}"


def _errors(results: Results) -> str:
    parts = []
    for line in lines_by_date(results.project):
        error_m = error_of(results, line.key)
        stated = f"{error_m:,.0f} m" if math.isfinite(error_m) else WORDS["line_error_none"]
        parts.append(f"{dates(results.project)[line.key]}: {stated}")
    return "; ".join(parts)


def _line_of(results: Results, key: str) -> str:
    return REPORT["line_of"].format(date=dates(results.project)[key])


def with_unit(value: float, low: float, high: float, unit: str) -> str:
    """Write a figure in a sentence: 8,900 km² (8,800 to 9,000)."""
    shown = f"{number(value, low, high)} {unit}".strip()
    return f"{shown} ({between(low, high)})" if spread(value, low, high) else shown
