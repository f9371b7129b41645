"""The report's figures: land and people by side and distance, and how far settlements lie."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from frontline.export.report.charts import (
    FEWEST_OF_QUARTILES,
    ChartCurve,
    ChartPanel,
    ChartStrip,
    draw_curves,
    draw_strips,
    find_quartiles,
)
from frontline.export.report.shared import Chapters, SideMark
from frontline.results.summary import NO_FIGURE, PeopleCell, describe_people, is_telling
from frontline.results.tables import rank_source
from frontline.results.wording import name_source_row, write_far
from frontline.results.words import WORDS

PEOPLE_CHART = "People within each distance of the line"
PEOPLE_CHART_NOTE = (
    "Each curve adds up everybody from the line to the distance below it. Shaded: 95 % interval "
    "for the position of the line. Curves of different sources must not be added. A curve of "
    "settlements rises in steps, at each settlement listed."
)
DISTANCE_AXIS = "km from the line"
DISTANCE_CHART = "Distance of settlements from the line, by side and line"
DISTANCE_TEXT = (
    "Every dot is a settlement listed, placed by its distance from the line in force. The box "
    "holds the middle half of them, and its bar is the median. A settlement is counted on the "
    "side that held it under that line."
)


def describe_figures(chapters: Chapters) -> Mapping[str, Any]:
    """Give land and people within each distance, charts of them, and sentences to quote."""
    return {
        "heads": chapters.heads,
        "tables": [(side, list(_list_blocks(chapters, side.name))) for side in chapters.sides],
        "charts": list(_draw_charts(chapters)),
        "chart_title": PEOPLE_CHART,
        "chart_note": PEOPLE_CHART_NOTE,
        "quotes": [figure.sentence for figure in chapters.results.key_figures],
    }


def _list_blocks(
    chapters: Chapters, side: str
) -> Iterator[tuple[str, list[tuple[str, Any]], list[Any]]]:
    """Give for each distance its words, the rows of people by source, and the row of land."""
    for distance_m in chapters.distances_m:
        land = [chapters.land.get((line.key, side, distance_m)) for line in chapters.lines]
        rows = list(_list_sources(chapters, side, distance_m))
        if rows or any(land):
            yield write_far(distance_m), rows, land if any(land) else []


def _list_sources(
    chapters: Chapters, side: str, distance_m: float
) -> Iterator[tuple[str, list[PeopleCell | None]]]:
    """Give people by source, as far as a source says anything here."""
    people = chapters.results.people
    at = (people["side"] == side) & (people["distance_m"] == distance_m)
    cumulative = people[at & (people["kind"] == "cumulative")]
    for source in sorted(cumulative["source"].unique(), key=rank_source):
        rows = {
            row["line"]: row
            for row in cumulative[cumulative["source"] == source].to_dict("records")
        }
        if not any(is_telling(row) for row in rows.values()):
            continue
        cells: list[PeopleCell | None] = []
        for line in chapters.lines:
            row, key = rows.get(line.key), (line.key, side, distance_m, source)
            cells.append(
                None if row is None else describe_people(row, figure=chapters.people.get(key))
            )
        yield name_source_row(source, project=chapters.results.project), cells


def _draw_charts(chapters: Chapters) -> Iterator[tuple[str, Markup]]:
    """Draw people against distance: for each source a panel per side."""
    results = chapters.results
    by_distance = results.people if results.profile is None else results.profile
    rows = by_distance[by_distance["kind"] == "cumulative"].sort_values("distance_m")
    for source in sorted(rows["source"].unique(), key=rank_source):
        of_source = rows[rows["source"] == source]
        if source.startswith("stated:") or not (of_source["population"] > 0).any():
            continue
        panels = [
            ChartPanel(side.name, _list_curves(chapters, of_source, side), NO_FIGURE)
            for side in chapters.sides
        ]
        label = name_source_row(source, project=results.project)
        title = f"{PEOPLE_CHART}: {label}"
        yield (
            label,
            draw_curves(panels, title=title, about=PEOPLE_CHART_NOTE, x_label=DISTANCE_AXIS),
        )


def _list_curves(chapters: Chapters, rows: pd.DataFrame, side: SideMark) -> tuple[ChartCurve, ...]:
    newest = chapters.lines[-1].key
    curves = []
    for line in chapters.lines:
        profile = rows[(rows["line"] == line.key) & (rows["side"] == side.name)]
        profile = profile[profile["population"].notna()]
        if (profile["population"] > 0).any():
            curves.append(
                ChartCurve(
                    label=chapters.dates[line.key],
                    colour=side.colour,
                    dashed=line.key != newest,
                    x=list(profile["distance_m"] / 1000),
                    y=list(profile["population"]),
                    low=list(profile["population_low"]),
                    high=list(profile["population_high"]),
                )
            )
    return tuple(curves)


def describe_distances(chapters: Chapters) -> Mapping[str, Any] | None:
    """Give how far settlements lie from each line, as a drawing and as a table."""
    groups = list(_group_places(chapters))
    if not groups:
        return None
    newest = chapters.lines[-1].key
    rows = [
        ChartStrip(
            label=side.name,
            remark=f"the line of {chapters.dates[key]}",
            colour=side.colour,
            hollow=key != newest,
            values=list(places["distance_m"] / 1000),
        )
        for side, key, places in groups
    ]
    return {
        "text": DISTANCE_TEXT,
        "chart": draw_strips(
            rows, title=DISTANCE_CHART, about=DISTANCE_TEXT, x_label=DISTANCE_AXIS
        ),
        "rows": [
            {
                "side": side,
                "line": chapters.dates[key],
                "count": len(places),
                "marks": [
                    chapters.kilometres(key, value) if math.isfinite(value) else "too few"
                    for value in _find_marks(places)
                ],
            }
            for side, key, places in groups
        ],
        "errors": [
            (chapters.dates[line.key], _write_error(chapters, line.key)) for line in chapters.lines
        ],
    }


def _group_places(chapters: Chapters) -> Iterator[tuple[SideMark, str, pd.DataFrame]]:
    """Give side, line and settlements that it held under it, side by side for comparison."""
    places = chapters.results.settlements
    for side in chapters.sides:
        for line in chapters.lines:
            of_group = places[(places["side"] == side.name) & (places["line"] == line.key)]
            of_group = of_group[of_group["distance_m"].notna()]
            if len(of_group):
                yield side, line.key, pd.DataFrame(of_group.drop(columns="geometry"))


def _find_marks(places: pd.DataFrame) -> tuple[float, ...]:
    """Return the least distance, and the quartiles where there are settlements enough."""
    values = [float(value) for value in places["distance_m"]]
    marks = find_quartiles(values) if len(values) >= FEWEST_OF_QUARTILES else (math.nan,) * 3
    return (min(values), *marks)


def find_medians(chapters: Chapters) -> dict[tuple[str, str], float]:
    """Return the median distance of settlements in metres, by side and line."""
    found = {
        (side.name, key): _find_marks(places)[2] for side, key, places in _group_places(chapters)
    }
    return {key: value for key, value in found.items() if math.isfinite(value)}


def _write_error(chapters: Chapters, key: str) -> str:
    error_m = chapters.error_m(key)
    return f"{error_m:,.0f} m" if math.isfinite(error_m) else WORDS["line_error_none"]
