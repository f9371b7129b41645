"""The report's account of sight, of land and settlements that changed hands, and of corridors."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from frontline.export.report.charts import ChartBar, draw_bars
from frontline.export.report.shared import NOTHING, Chapters
from frontline.results.numbers import (
    RoundedFigure,
    round_figure,
    round_part,
    round_row,
    write_rounded,
    write_whole,
)
from frontline.results.wording import (
    fill_text,
    write_far,
    write_percent,
    write_place_name,
    write_sight_warning,
)
from frontline.results.words import label_corridor

MOST_PLACES = 40
"""Settlements or crossings listed by name; of more, the workbook holds the list."""
OUTCOMES = {
    "stayed": "Stayed on the same side",
    "changed": "Changed sides",
    "cut": "Cut by a line",
    "uncertain": "Not certain",
    "outside": "Outside the study area",
}
NOT_COUNTED = "not counted"
"""Stands for the people of places outside the study area: they are in no sum."""
SIGHT_TEXT = (
    "Land counts as in sight if at least one point of the line sees it. What the terrain data "
    "leave undecided is shown apart and never counted as hidden."
)
ZERO = round_figure(0.0)


def describe_sight(chapters: Chapters) -> Mapping[str, Any] | None:
    """Give the share of land and the settlements in sight, marked where it is illustration."""
    results = chapters.results
    if results.sight_zones.empty and not results.sight:
        return None
    return {
        "warning": write_sight_warning(results.sight),
        "text": SIGHT_TEXT,
        "charts": list(_draw_sight(chapters)),
        "radius": write_far(results.project.sight.radius_m),
        "rows": list(_count_in_sight(chapters)),
    }


def _draw_sight(chapters: Chapters) -> Iterator[tuple[str, Markup]]:
    """Draw a bar per side, distance and line."""
    newest = chapters.lines[-1].key
    table = chapters.results.sight_zones
    for side in chapters.sides:
        of_side = table[table["side"] == side.name]
        rows = []
        for distance_m, line in itertools.product(
            sorted(of_side["distance_m"].unique()), chapters.lines
        ):
            at = of_side[(of_side["line"] == line.key) & (of_side["distance_m"] == distance_m)]
            if at.empty or pd.isna(at.iloc[0]["visible_share"]):
                continue
            visible, open_ = (
                float(at.iloc[0][name]) for name in ("visible_share", "unknown_share")
            )
            remark = f"{write_percent(visible)} in sight"
            if open_ > 0:
                remark += f", {write_percent(open_)} undecided"
            parts = ((visible, side.colour), (open_ if open_ > 0 else 0.0, "var(--quiet)"))
            label = f"Within {write_far(distance_m)}, {chapters.dates[line.key]}"
            rows.append(ChartBar(label, parts, remark, hollow=line.key != newest))
        title = f"Share of the land in sight of the line, by side and distance: {side.name}"
        if rows:
            yield side.name, draw_bars(rows, title=title, about=SIGHT_TEXT)


def _count_in_sight(chapters: Chapters) -> Iterator[dict[str, Any]]:
    """Count settlements in range, in sight, hidden and undecided, by side and line."""
    places = chapters.results.settlements
    for side, line in itertools.product(chapters.sides, chapters.lines):
        of_side = places[(places["side"] == side.name) & (places["line"] == line.key)]
        counts = [
            int((of_side["in_sight"] == state).sum()) for state in ("visible", "hidden", "unknown")
        ]
        if sum(counts):
            yield {
                "side": side,
                "line": chapters.dates[line.key],
                "counts": [sum(counts), *counts],
            }


def describe_land_changes(chapters: Chapters) -> Mapping[str, Any] | None:
    """Give the flows of land between each pair of lines, and what each side held."""
    flows = chapters.results.changes
    if flows.empty:
        return None
    tables = []
    for old, new in chapters.pairs(flows):
        flows_of_pair = flows[(flows["from_line"] == old) & (flows["to_line"] == new)]
        rows = [
            _describe_flow(chapters, group)
            for _, group in flows_of_pair.groupby(["from_side", "to_side"])
        ]
        tables.append((chapters.between(old, new), rows))
    return {"sides": chapters.sides, "chart": _draw_held(chapters), "tables": tables}


def _describe_flow(chapters: Chapters, rows: pd.DataFrame) -> dict[str, Any]:
    """Give one flow: all of it, what is certain, and what the errors leave open."""
    first = rows.iloc[0]
    by_kind = {row["kind"]: row for _, row in rows.iterrows()}
    certain = [by_kind[kind] for kind in ("changed", "unchanged") if kind in by_kind]
    open_ = by_kind.get("within_error")
    sides = [fill_text(first[name]) for name in ("from_side", "to_side")]
    total = _round_flow(rows)
    return {
        "sides": [chapters.mark(side) for side in sides],
        "moved": sides[0] != sides[1],
        "whole": total,
        "certain": _write_part(certain[0], total) if certain else ZERO,
        "open": ZERO if open_ is None else _write_part(open_, total),
    }


def _write_part(row: pd.Series[Any], total: RoundedFigure) -> RoundedFigure:
    """Round a part of a flow by its own interval, or as its whole where it has none."""
    figure = round_row(row, column="area_km2")
    return figure if figure.low is not None else round_part(float(row["area_km2"]), whole=total)


def _round_flow(rows: pd.DataFrame) -> RoundedFigure:
    first = rows.iloc[0]
    if "flow_km2" in rows and not pd.isna(first["flow_km2"]):
        return round_row(first, column="flow_km2")
    return round_figure(float(rows["area_km2"].sum()))


def _draw_held(chapters: Chapters) -> Markup:
    """Draw how the land is split under each line."""
    rows = []
    for line in chapters.lines:
        table = chapters.results.sides
        areas = table[table["line"] == line.key].set_index("side")["area_km2"]
        total = float(areas.sum())
        if total > 0:
            parts = tuple(
                (float(areas.get(side.name, 0.0)) / total, side.colour) for side in chapters.sides
            )
            shares = " / ".join(write_percent(share) for share, _ in parts if share > 0)
            rows.append(ChartBar(chapters.dates[line.key], parts, shares))
    about = ", ".join(side.name for side in chapters.sides)
    return draw_bars(rows, title="Land held by each side", about=about, label=110.0)


def find_largest_flow(chapters: Chapters) -> Mapping[str, str] | None:
    """Return the largest flow of land between sides: from, to, figure and both dates, in words."""
    flows = chapters.results.changes
    moved = flows[flows["from_side"] != flows["to_side"]]
    if moved.empty:
        return None
    column = "flow_km2" if "flow_km2" in moved else "area_km2"
    first = moved.loc[moved[column].astype(float).idxmax()]
    return {
        "from_side": fill_text(first["from_side"]),
        "to_side": fill_text(first["to_side"]),
        "figure": round_row(first, column=column).in_sentence("km²"),
        "old": chapters.days[first["from_line"]],
        "new": chapters.days[first["to_line"]],
    }


def count_outcomes(chapters: Chapters) -> dict[str, int]:
    """Count settlements by what happened to them between the first and the last line."""
    table = chapters.results.control_change
    first, last = chapters.lines[0].key, chapters.lines[-1].key
    whole_time = table[(table["from_line"] == first) & (table["to_line"] == last)]
    of_pair = table if whole_time.empty else whole_time
    return {word: int((of_pair["control"] == word).sum()) for word in OUTCOMES}


def describe_places(chapters: Chapters) -> Mapping[str, Any] | None:
    """Give what happened to settlements, and list those that changed sides or are not certain."""
    table = chapters.results.control_change
    if table.empty:
        return None
    steps = []
    for old, new in chapters.pairs(table):
        of_pair = table[(table["from_line"] == old) & (table["to_line"] == new)]
        steps.append(_describe_step(chapters, chapters.between(old, new), of_pair))
    return {"steps": steps}


def _describe_step(chapters: Chapters, between: str, changes: pd.DataFrame) -> dict[str, Any]:
    kinds = _list_kinds(changes)
    rows = []
    for word, label in OUTCOMES.items():
        these = changes[changes["control"] == word]
        if len(these):
            counted = word != "outside"
            sums = [_sum_people(these, kind) if counted else NOT_COUNTED for kind in kinds]
            rows.append((label, len(these), sums))
    doubtful = changes[changes["control"].isin(["cut", "uncertain"])]
    return {
        "between": between,
        "kinds": kinds,
        "rows": rows,
        "changed": _list_named(chapters, changes[changes["control"] == "changed"]),
        "doubtful": _list_named(chapters, doubtful),
        "most": MOST_PLACES,
    }


def _list_kinds(changes: pd.DataFrame) -> list[str]:
    if "population_kind" not in changes:
        return []
    order = ("residents", "registered", "displaced")
    kinds = set(changes.loc[changes["population"].notna(), "population_kind"].map(fill_text))
    return [kind for kind in order if kind in kinds]


def _sum_people(these: pd.DataFrame, kind: str) -> str:
    people = these.loc[these["population_kind"] == kind, "population"].dropna()
    return write_rounded(float(people.sum())) if len(people) else "no figure"


def _list_named(chapters: Chapters, table: pd.DataFrame) -> list[dict[str, Any]]:
    """List settlements by name, before and after: never in order of what can be seen or reached."""
    rows = [
        (chapters.names.get(str(row["id"]), fill_text(row["name"])), row)
        for _, row in table.iterrows()
    ]
    rows.sort(key=lambda pair: (pair[0].casefold(), str(pair[1]["id"])))
    return [
        {
            "name": name,
            "sides": [chapters.mark(fill_text(row[key])) for key in ("from_side", "to_side")],
            "distances": [
                chapters.kilometres(row["from_line"], row["distance_before_m"]),
                chapters.kilometres(row["to_line"], row["distance_after_m"]),
            ],
        }
        for name, row in rows
    ]


def describe_roads(chapters: Chapters) -> Mapping[str, Any] | None:
    """Give length by kind, side and distance, and the crossings."""
    results = chapters.results
    if results.corridor_km.empty and results.crossings.empty:
        return None
    corridors = results.project.corridors
    return {
        "schematic": corridors is not None and corridors.schematic,
        "heads": [chapters.days[line.key] for line in chapters.lines],
        "lengths": list(_list_lengths(chapters)),
        "any_lengths": len(results.corridor_km) > 0,
        "crossings": list(_list_crossings(chapters)),
        "most": MOST_PLACES,
    }


def _list_lengths(chapters: Chapters) -> Iterator[dict[str, Any]]:
    """Give kilometres by kind on each side as a whole and within each distance."""
    table = chapters.results.further.get("corridor_kinds")
    if table is None:
        return
    table = table.assign(kind=table["kind"].map(fill_text))
    distances: list[float] = sorted(table["distance_m"].dropna().unique())
    for side, distance_m in itertools.product(chapters.sides, [None, *distances]):
        of_side = table[table["side"] == side.name]
        in_zone = (
            of_side["distance_m"].isna()
            if distance_m is None
            else of_side["distance_m"] == distance_m
        )
        of_side = of_side[in_zone]
        if len(of_side):
            yield {
                "side": side,
                "where": "whole side" if distance_m is None else f"within {write_far(distance_m)}",
                "rows": list(_list_road_kinds(chapters, of_side)),
            }


def _list_road_kinds(
    chapters: Chapters, lengths: pd.DataFrame
) -> Iterator[tuple[str, list[RoundedFigure]]]:
    for kind in sorted(lengths["kind"].unique()):
        yield (
            label_corridor(kind),
            [_measure_length(lengths, kind, line.key) for line in chapters.lines],
        )


def _measure_length(lengths: pd.DataFrame, kind: str, key: str) -> RoundedFigure:
    rows = lengths[(lengths["kind"] == kind) & (lengths["line"] == key)]
    return ZERO if rows.empty else round_row(rows.iloc[0], column="km")


def _list_crossings(chapters: Chapters) -> Iterator[dict[str, str]]:
    place = {line.key: number for number, line in enumerate(chapters.lines)}
    project = chapters.results.project
    rows = chapters.results.crossings.drop(columns="geometry").to_dict("records")
    rows.sort(
        key=lambda row: (place[row["line"]], write_place_name(row, project=project).casefold())
    )
    for row in rows:
        sides = filter(None, (fill_text(row.get(name)) for name in ("from_side", "to_side")))
        angle = row["angle_deg"]
        yield {
            "name": write_place_name(row, project=project),
            "kind": label_corridor(fill_text(row["kind"])),
            "line": chapters.dates[row["line"]],
            "way": " – ".join(sides) or NOTHING,
            "angle": NOTHING if pd.isna(angle) else f"{write_whole(angle)}°",
        }


def count_crossings_by_line(chapters: Chapters) -> dict[str, int]:
    """Count the crossings of each line."""
    crossings = chapters.results.crossings
    return {line.key: int((crossings["line"] == line.key).sum()) for line in chapters.lines}
