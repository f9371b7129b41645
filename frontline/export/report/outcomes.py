"""The report's account of sight, of land and settlements that changed hands, and of corridors."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from frontline.export.html import (
    NOTHING,
    Html,
    body,
    data,
    figure,
    joined,
    paragraph,
    row,
    table,
    tag,
    text,
)
from frontline.export.report.charts import Bar, bars
from frontline.export.report.findings import ends, kilometres, sides_of, swatch, with_unit
from frontline.results.phrases import REPORT
from frontline.results.wording import (
    dates,
    days,
    far,
    filled,
    lines_by_date,
    percent,
    place_name,
    sight_warning,
)
from frontline.results.words import corridor_label

if TYPE_CHECKING:
    from frontline.results.model import Results


MOST_PLACES = 60
"""Settlements or crossings listed by name; of more, the rest is counted."""
OUTCOMES = ("stayed", "changed", "cut", "uncertain")


def sight(results: Results) -> Html:
    """Show the share of land and the settlements in sight, under its label where it is coarse."""
    if results.sight_zones.empty and not results.sight:
        return NOTHING
    warning = sight_warning(results)
    label = paragraph(warning, class_="warning") if warning else NOTHING
    return Html(
        label
        + paragraph(REPORT["sight_text"])
        + _sight_chart(results, coarse=bool(warning))
        + _sight_table(results, coarse=bool(warning))
    )


def _sight_chart(results: Results, *, coarse: bool) -> Html:
    """Draw a bar per side, distance and line."""
    newest, written = lines_by_date(results.project)[-1].key, dates(results.project)
    drawn = []
    for side, colour in sides_of(results).items():
        own = results.sight_zones[results.sight_zones["side"] == side]
        rows = []
        for distance_m, line in itertools.product(
            sorted(own["distance_m"].unique()), lines_by_date(results.project)
        ):
            at = own[(own["line"] == line.key) & (own["distance_m"] == distance_m)]
            if at.empty or pd.isna(at.iloc[0]["visible_share"]):
                continue
            seen, open_ = (float(at.iloc[0][name]) for name in ("visible_share", "unknown_share"))
            remark = f"{percent(seen)} {REPORT['share_in_sight']}"
            if open_ > 0:
                remark += f", {percent(open_)} {REPORT['share_undecided']}"
            parts = ((seen, colour), (open_ if open_ > 0 else 0.0, "var(--quiet)"))
            within = REPORT["within"].format(distance=far(distance_m))
            label = f"{within}, {written[line.key]}"
            rows.append(Bar(label, parts, remark, hollow=line.key != newest))
        chart = bars(rows, title=f"{REPORT['sight_chart']}: {side}", about=REPORT["sight_text"])
        if chart:
            drawn.append(tag("figure", tag("figcaption", _marked(data(side), coarse)), chart))
    return joined(drawn)


def _marked(words: Html, coarse: bool) -> Html:  # noqa: FBT001 - reads as "marked if coarse"
    mark = tag("span", text(REPORT["illustration_mark"]), class_="mark")
    return Html(words + " " + mark) if coarse else words


def _sight_table(results: Results, *, coarse: bool) -> Html:
    states = ("visible", "hidden", "unknown")
    rows = []
    for side, line in itertools.product(sides_of(results), lines_by_date(results.project)):
        places = results.settlements
        own = places[(places["side"] == side) & (places["line"] == line.key)]
        counts = [int((own["in_sight"] == state).sum()) for state in states]
        if sum(counts):
            cells = (text(str(count)) for count in (sum(counts), *counts))
            first = Html(swatch(results, side) + data(side))
            rows.append(row(first, text(dates(results.project)[line.key]), *cells))
    radius = far(results.project.sight.radius_m)
    head = [text(REPORT["side"]), text(REPORT["line"])]
    head += [text(REPORT["in_range"].format(radius=radius.removesuffix(" km")))]
    head += [text(REPORT[key]) for key in ("in_sight", "hidden", "undecided")]
    return table(_marked(text(REPORT["sight_table"]), coarse), head, rows)


def land(results: Results) -> Html:
    """Show the flows of land between each pair of lines, and what each side held."""
    flows = results.changes
    if flows.empty:
        return NOTHING
    parts = []
    for old, new in _pairs(results, flows):
        own = flows[(flows["from_line"] == old) & (flows["to_line"] == new)]
        rows = [_flow(results, group) for _, group in own.groupby(["from_side", "to_side"])]
        caption = f"{REPORT['land_table']}: {_from_to(results, old, new)}"
        heads = ("from_side", "to_side", "flow", "certain", "open")
        parts.append(table(text(caption), [text(REPORT[key]) for key in heads], rows))
    return Html(_held(results) + joined(parts) + paragraph(REPORT["land_text"], class_="note"))


def _pairs(results: Results, frame: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Give the pairs of lines that a table holds, in their order in time."""
    place = {line.key: n for n, line in enumerate(lines_by_date(results.project))}
    pairs = {(str(a), str(b)) for a, b in zip(frame["from_line"], frame["to_line"], strict=True)}
    yield from sorted(pairs, key=lambda pair: (place[pair[0]], place[pair[1]]))


def _from_to(results: Results, old: str, new: str) -> str:
    return f"{days(results.project)[old]} – {days(results.project)[new]}"


def _flow(results: Results, rows: pd.DataFrame) -> Html:
    """Write one flow: all of it, what is certain, and what the errors leave open."""
    first = rows.iloc[0]
    by_kind = {found["kind"]: found for _, found in rows.iterrows()}
    kinds = [by_kind[kind] for kind in ("changed", "unchanged") if kind in by_kind]
    sure = figure(kinds[0]["area_km2"], *ends(kinds[0], "area")) if kinds else text("0")
    open_ = by_kind.get("within_error")
    doubt = text("0") if open_ is None else figure(open_["area_km2"], *ends(open_, "area"))
    if "flow_km2" in rows and not pd.isna(first["flow_km2"]):
        whole = figure(first["flow_km2"], *ends(first, "flow"))
    else:
        whole = figure(float(rows["area_km2"].sum()), math.nan, math.nan)
    sides = [filled(first[name]) for name in ("from_side", "to_side")]
    cells = [Html(swatch(results, side) + data(side)) for side in sides]
    moved = sides[0] != sides[1]
    return row(cells[0], cells[1], whole, sure, doubt, class_="moved" if moved else "still")


def _held(results: Results) -> Html:
    """Draw how the land is split under each line."""
    rows, colours = [], sides_of(results)
    for line in lines_by_date(results.project):
        own = results.sides[results.sides["line"] == line.key].set_index("side")["area_km2"]
        total = float(own.sum())
        if total > 0:
            parts = tuple((float(own.get(side, 0.0)) / total, colours[side]) for side in colours)
            shares = " / ".join(percent(share) for share, _ in parts if share > 0)
            rows.append(Bar(dates(results.project)[line.key], parts, shares))
    legend = joined((Html(swatch(results, side) + data(side)) for side in colours), " ")
    about = ", ".join(colours)
    chart = bars(rows, title=REPORT["land_chart"], about=about, label=110.0)
    caption = tag("figcaption", text(REPORT["land_chart"] + ": "), legend)
    return tag("figure", caption, chart) if chart else NOTHING


def largest_flow(results: Results) -> tuple[str, str, str, str, str] | None:
    """Return giver, taker, figure and both dates of the largest flow between sides, in words."""
    flows = results.changes
    moved = flows[flows["from_side"] != flows["to_side"]]
    if moved.empty:
        return None
    has_whole = "flow_km2" in moved
    whole = moved["flow_km2"] if has_whole else moved["area_km2"]
    first = moved.loc[whole.astype(float).idxmax()]
    stem, name = ("flow", "flow_km2") if has_whole else ("area", "area_km2")
    number = with_unit(float(first[name]), *ends(first, stem), "km²")
    written = days(results.project)
    old, new = written[first["from_line"]], written[first["to_line"]]
    return filled(first["from_side"]), filled(first["to_side"]), number, old, new


def outcomes(results: Results) -> dict[str, int]:
    """Count settlements by what happened to them between the first and the last line."""
    table_ = _first_and_last(results)
    return {word: int((table_["control"] == word).sum()) for word in OUTCOMES}


def _first_and_last(results: Results) -> pd.DataFrame:
    """Return the changes of control over the whole time, where the table has them."""
    lines = lines_by_date(results.project)
    frame = results.control_change
    whole = frame[(frame["from_line"] == lines[0].key) & (frame["to_line"] == lines[-1].key)]
    return frame if whole.empty else whole


def places(results: Results) -> Html:
    """Show what happened to settlements, and list those that changed sides or are not certain."""
    frame = results.control_change
    if frame.empty:
        return NOTHING
    return joined(
        _places(results, old, new, frame[(frame["from_line"] == old) & (frame["to_line"] == new)])
        for old, new in _pairs(results, frame)
    )


def _places(results: Results, old: str, new: str, own: pd.DataFrame) -> Html:
    kinds = [kind for kind in _kinds(own) if kind]
    rows = []
    for word in OUTCOMES:
        these = own[own["control"] == word]
        if len(these):
            people = [text(_sum(these, kind)) for kind in kinds]
            rows.append(row(text(REPORT[word]), text(str(len(these))), *people))
    heads = [text(REPORT["what_happened"]), text(REPORT["settlements"])]
    heads += [text(f"{REPORT['people_listed']}, {kind}") for kind in kinds]
    caption = f"{REPORT['places_table']}: {_from_to(results, old, new)}"
    made = table(text(caption), heads, rows)
    note = paragraph(REPORT["places_people"], class_="note") if kinds else NOTHING
    changed = own[own["control"] == "changed"]
    doubtful = own[own["control"].isin(["cut", "uncertain"])]
    explained = paragraph(REPORT["uncertain_text"]) if len(doubtful) else NOTHING
    return Html(
        made
        + note
        + _named(results, changed, REPORT["changed_list"], NOTHING)
        + _named(results, doubtful, REPORT["uncertain_list"], explained)
    )


def _kinds(own: pd.DataFrame) -> list[str]:
    if "population_kind" not in own:
        return []
    order = ("residents", "registered", "displaced")
    known = set(own.loc[own["population"].notna(), "population_kind"].map(filled))
    return [kind for kind in order if kind in known]


def _sum(these: pd.DataFrame, kind: str) -> str:
    own = these.loc[these["population_kind"] == kind, "population"].dropna()
    return f"{int(own.sum()):,}" if len(own) else REPORT["no_figure"]


def _named(results: Results, frame: pd.DataFrame, title: str, explained: Html) -> Html:
    """List settlements by name, before and after: never in order of what can be seen or reached."""
    if frame.empty:
        return NOTHING
    names = _names(results)
    listed = [
        (names.get(str(found["id"]), filled(found["name"])), found) for _, found in frame.iterrows()
    ]
    listed.sort(key=lambda pair: (pair[0].casefold(), str(pair[1]["id"])))
    rows = [_place(results, name, found) for name, found in listed[:MOST_PLACES]]
    keys = ("settlement", "before", "after", "distance_before", "distance_after")
    made = table(text(title), [text(REPORT[key]) for key in keys], rows)
    rest = len(listed) - MOST_PLACES
    more = paragraph(REPORT["more"].format(count=rest), class_="note") if rest > 0 else NOTHING
    return Html(explained + made + more)


def _place(results: Results, name: str, found: pd.Series[Any]) -> Html:
    sides = [filled(found[key]) for key in ("from_side", "to_side")]
    cells = [
        Html(swatch(results, side) + data(side)) if side else text(REPORT["nobody"])
        for side in sides
    ]
    far_ = [
        kilometres(results, found[line], found[distance])
        for line, distance in (("from_line", "distance_before_m"), ("to_line", "distance_after_m"))
    ]
    return row(data(name), *cells, *(text(one) for one in far_))


def _names(results: Results) -> dict[str, str]:
    places_ = results.settlements.drop(columns="geometry").drop_duplicates("id")
    return {
        str(found["id"]): place_name(found, results.project) for found in places_.to_dict("records")
    }


def roads(results: Results) -> Html:
    """Show length by kind, side and distance, and the crossings."""
    if results.corridor_km.empty and results.crossings.empty:
        return NOTHING
    given = results.project.corridors
    warn = given is not None and given.schematic
    label = paragraph(REPORT["schematic_long"], class_="warning") if warn else NOTHING
    note = paragraph(REPORT["roads_text"], class_="note") if len(results.corridor_km) else NOTHING
    return Html(label + _lengths(results) + note + _crossings(results))


def _lengths(results: Results) -> Html:
    frame = results.further.get("corridor_kinds")
    if frame is None:
        return NOTHING
    frame = frame.assign(kind=frame["kind"].map(filled))
    frame = frame[frame["side"].map(filled) != ""]
    lines, written = lines_by_date(results.project), days(results.project)
    heads = [text(REPORT["kind"]), *(text(written[line.key]) for line in lines)]
    distances: list[float] = sorted(frame["distance_m"].dropna().unique())
    bodies = []
    for side, distance_m in itertools.product(sides_of(results), [None, *distances]):
        own = frame[frame["side"] == side]
        here = own["distance_m"].isna() if distance_m is None else own["distance_m"] == distance_m
        own = own[here]
        rows = [
            row(text(corridor_label(kind)), *(_length(own, kind, line.key) for line in lines))
            for kind in sorted(own["kind"].unique())
        ]
        if rows:
            where = REPORT["whole_side"] if distance_m is None else _within(distance_m)
            head = Html(swatch(results, side) + data(side) + text(f": {where}"))
            bodies.append(body(head, len(heads), rows))
    return table(text(REPORT["roads_table"]), heads, bodies, class_="grouped compact")


def _within(distance_m: float) -> str:
    words = REPORT["within"].format(distance=far(distance_m))
    return words[:1].lower() + words[1:]


def _length(own: pd.DataFrame, kind: str, key: str) -> Html:
    rows = own[(own["kind"] == kind) & (own["line"] == key)]
    if rows.empty:
        return text("0")
    return figure(*(float(rows[name].iloc[0]) for name in ("km", "km_low", "km_high")))


def _crossings(results: Results) -> Html:
    found = results.crossings.drop(columns="geometry")
    if found.empty:
        return paragraph(REPORT["no_crossings"])
    place = {line.key: n for n, line in enumerate(lines_by_date(results.project))}
    rows = found.to_dict("records")
    rows.sort(key=lambda one: (place[one["line"]], place_name(one, results.project).casefold()))
    made = []
    for one in rows[:MOST_PLACES]:
        way = " – ".join(filter(None, (filled(one.get(k)) for k in ("from_side", "to_side"))))
        angle = one["angle_deg"]
        cells = (
            text(corridor_label(filled(one["kind"]))),
            text(dates(results.project)[one["line"]]),
            data(way or REPORT["nothing"]),
            text(REPORT["nothing"] if pd.isna(angle) else f"{angle:.0f}°"),
        )
        made.append(row(data(place_name(one, results.project)), *cells))
    heads = [text(REPORT[key]) for key in ("corridor", "kind", "line", "direction", "angle")]
    rest = len(rows) - MOST_PLACES
    more = REPORT["crossings_more"].format(count=rest)
    after = paragraph(more, class_="note") if rest > 0 else NOTHING
    return Html(table(text(REPORT["crossings_table"]), heads, made) + after)


def crossed(results: Results) -> dict[str, int]:
    """Count the crossings of each line."""
    return {
        line.key: int((results.crossings["line"] == line.key).sum())
        for line in lines_by_date(results.project)
    }
