"""The report's chapter on land cover: what the land of each side is, and what changed hands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from frontline.analysis.landcover import UNKNOWN
from frontline.export.report.shared import NOTHING, Chapters
from frontline.project.models import FARMLAND, TREES
from frontline.results.numbers import round_part, round_row
from frontline.results.wording import join_phrases, write_day, write_far, write_percent


def describe_land_cover(chapters: Chapters) -> Mapping[str, Any] | None:
    """Give farmland and tree cover by side and distance, and what of them changed hands."""
    results = chapters.results
    cover, stated = results.further.get("landcover"), results.project.landcover
    if cover is None or stated is None or cover.empty:
        return None
    classes = _list_classes(cover)
    return {
        "date": "" if stated.date is None else write_day(stated.date),
        "lines": join_phrases(chapters.days.values()),
        "changes": list(_list_changes(chapters, classes)),
        "classes": classes,
        "held": list(_list_held(chapters, cover, classes)),
    }


def _list_classes(cover: pd.DataFrame) -> list[str]:
    """List the classes that a reader asks for first, those of them that there are."""
    present = set(cover["cover"])
    return [name for name in (FARMLAND, TREES, UNKNOWN) if name in present]


def _list_held(
    chapters: Chapters, cover: pd.DataFrame, classes: list[str]
) -> Iterator[dict[str, Any]]:
    """Give a row for each side, distance and line, with a cell for each class."""
    for side in dict.fromkeys(cover["side"]):
        of_side = cover[cover["side"] == side]
        for distance_m in (*chapters.distances_m, None):
            at = (
                of_side["distance_m"].isna()
                if distance_m is None
                else of_side["distance_m"] == distance_m
            )
            for line in chapters.lines:
                rows = of_side[at & (of_side["line"] == line.key)].set_index("cover")
                yield {
                    "side": chapters.mark(side),
                    "where": "the whole side"
                    if distance_m is None
                    else f"Within {write_far(distance_m)}",
                    "line": chapters.dates[line.key],
                    "cells": [_make_cell(rows, name) for name in classes],
                }


def _make_cell(rows: pd.DataFrame, name: str) -> tuple[Any, str] | None:
    """Return land of a class and its share of the land there."""
    if name not in rows.index:
        return None
    row = rows.loc[name].to_dict()
    return round_row(row, column="area_km2"), "" if pd.isna(row["share"]) else write_percent(
        float(row["share"])
    )


def _list_changes(
    chapters: Chapters, classes: list[str]
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Give for each pair of lines a row per flow and class."""
    changes = chapters.results.further.get("landcover_changes")
    if changes is None:
        return
    moved = changes[(changes["from_side"] != changes["to_side"]) & (changes["area_km2"] > 0)]
    for (old, new), flows in moved.groupby(["from_line", "to_line"], sort=False):
        rows = [
            {
                "cover": row["cover"],
                "sides": [chapters.mark(row[end]) for end in ("from_side", "to_side")],
                "area": round_row(row, column="area_km2"),
                "share": NOTHING if pd.isna(row["share"]) else write_percent(float(row["share"])),
                "certain": round_part(
                    float(row["area_certain_km2"]), whole=round_row(row, column="area_km2")
                ),
                "open": round_part(
                    float(row["area_contested_km2"]), whole=round_row(row, column="area_km2")
                ),
            }
            for row in flows[flows["cover"].isin(classes)].to_dict("records")
        ]
        if rows:
            yield chapters.between(str(old), str(new)), rows
