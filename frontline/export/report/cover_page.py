"""The report's chapter on land cover: what the land of each side is, and what changed hands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from frontline.analysis.landcover import UNKNOWN
from frontline.export.html import NOTHING, Html, data, figure, joined, paragraph, row, table, text
from frontline.export.report.findings import ends, swatch
from frontline.project.models import FARMLAND, TREES
from frontline.results.phrases import REPORT, day
from frontline.results.wording import dates, days, far, lines_by_date, listing, percent

if TYPE_CHECKING:
    from frontline.results.model import Results


Record = Mapping[Any, Any]


def land_cover(results: Results) -> Html:
    """Show farmland and tree cover by side and distance, and what of them changed hands."""
    cover = results.further.get("landcover")
    stated = results.project.landcover
    if cover is None or stated is None or cover.empty:
        return NOTHING
    when = REPORT["cover_undated"]
    if stated.date is not None:
        lines = listing(days(results.project).values())
        when = REPORT["cover_dated"].format(date=day(stated.date), lines=lines)
    tables = [_changes(results), _held(results, cover)]
    return Html(
        paragraph(REPORT["cover_text"])
        + paragraph(when)
        + joined(tables)
        + paragraph(REPORT["cover_note"], class_="note")
    )


def _told(cover: pd.DataFrame) -> list[str]:
    """List the classes that a reader asks for first, those of them that there are."""
    there = set(cover["cover"])
    return [name for name in (FARMLAND, TREES, UNKNOWN) if name in there]


def _held(results: Results, cover: pd.DataFrame) -> Html:
    rows = []
    told = _told(cover)
    for side in dict.fromkeys(cover["side"]):
        own = cover[cover["side"] == side]
        for distance_m in (*results.project.zones.distances_m, None):
            at = own["distance_m"].isna() if distance_m is None else own["distance_m"] == distance_m
            where = REPORT["cover_side"]
            if distance_m is not None:
                where = REPORT["within"].format(distance=far(distance_m))
            for line in lines_by_date(results.project):
                found = own[at & (own["line"] == line.key)].set_index("cover")
                cells = [_land(found.loc[name].to_dict()) for name in told if name in found.index]
                written = text(dates(results.project)[line.key])
                rows.append(row(Html(swatch(results, side) + data(side)), text(where), written,
                                *cells))  # fmt: skip
    heads = [text(REPORT[key]) for key in ("side", "land_where", "line")]
    heads += [data(REPORT["cover_km2"].format(cover=name)) for name in told]
    return table(text(REPORT["cover_held"]), heads, rows)


def _land(found: Record) -> Html:
    shown = figure(float(found["area_km2"]), *ends(found, "area"))
    share = found["share"]
    return shown if pd.isna(share) else Html(shown + text(f" ({percent(float(share))})"))


def _changes(results: Results) -> Html:
    changes = results.further.get("landcover_changes")
    if changes is None:
        return NOTHING
    return joined(list(_pairs(results, changes)))


def _pairs(results: Results, changes: pd.DataFrame) -> Iterator[Html]:
    """Make a table for each pair of lines: a row per flow and class."""
    written = days(results.project)
    moved = changes[changes["from_side"] != changes["to_side"]]
    for (old, new), own in moved.groupby(["from_line", "to_line"], sort=False):
        rows = []
        for found in own[own["cover"].isin(_told(own))].to_dict("records"):
            if not found["area_km2"] > 0:
                continue
            sides = [
                Html(swatch(results, found[end]) + data(found[end] or REPORT["nobody"]))
                for end in ("from_side", "to_side")
            ]
            share = found["share"]
            rows.append(
                row(
                    data(found["cover"]),
                    *sides,
                    figure(float(found["area_km2"]), *ends(found, "area")),
                    text(REPORT["nothing"] if pd.isna(share) else percent(float(share))),
                    figure(float(found["area_certain_km2"]), float("nan"), float("nan")),
                    figure(float(found["area_contested_km2"]), float("nan"), float("nan")),
                )
            )
        pair = f"{written.get(str(old), old)} – {written.get(str(new), new)}"
        keys = ("cover_class", "from_side", "to_side", "area", "cover_share", "certain", "open")
        caption = f"{REPORT['cover_changes']}: {pair}"
        yield table(text(caption), [text(REPORT[key]) for key in keys], rows)
