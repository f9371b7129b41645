"""The report: one HTML file to read, print and quote from, without a script or a network."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from frontline.export.html import (
    NOTHING,
    Html,
    bullets,
    data,
    figure,
    heading,
    joined,
    paragraph,
    row,
    section,
    table,
    tag,
    text,
)
from frontline.export.manifest import own_version
from frontline.export.report.cover_page import land_cover
from frontline.export.report.findings import (
    distances,
    ends,
    kilometres,
    limits_of,
    medians,
    people_charts,
    people_tables,
    quotes,
    says_something,
    sides_of,
    swatch,
    with_unit,
)
from frontline.export.report.further import further
from frontline.export.report.outcomes import (
    crossed,
    land,
    largest_flow,
    outcomes,
    places,
    roads,
    sight,
)
from frontline.export.report.quality import quality
from frontline.export.report.verdicts import claims, tally
from frontline.results.phrases import REPORT
from frontline.results.wording import (
    dates,
    days,
    far,
    line_accuracy,
    lines_by_date,
    listing,
    sight_warning,
    source_phrase,
)
from frontline.results.words import WORDS

if TYPE_CHECKING:
    from frontline.results.model import Results


POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'"
)
"""Nothing is run and nothing is asked of anyone."""
CHAPTERS = (
    "brief",
    "asked",
    "maps",
    "figures",
    "distance",
    "sight",
    "land",
    "cover",
    "places",
    "roads",
    "further",
    "claims",
    "quality",
    "limits",
    "inputs",
)


def write_report(results: Results, path: Path, *, inputs_hash: str) -> None:
    """Write the report of a run.

    Parameters
    ----------
    results
        Of a run; what it lacks is left out of the report.
    path
        The file, which is overwritten.
    inputs_hash
        Printed in the report.

    Notes
    -----
    The same results give the same bytes.
    """
    written = report_html(results, inputs_hash=inputs_hash)
    path.write_bytes(written.encode("utf-8", "replace"))


def report_html(results: Results, *, inputs_hash: str) -> str:
    """Return the report of a run as text."""
    inside = {
        "brief": _brief(results),
        "asked": _asked(results),
        "maps": _maps(results, inputs_hash),
        "figures": _figures(results),
        "distance": distances(results),
        "sight": sight(results),
        "land": land(results),
        "cover": land_cover(results),
        "places": places(results),
        "roads": roads(results),
        "further": further(results),
        "claims": claims(results),
        "quality": quality(results),
        "limits": _limits(results),
        "inputs": _inputs(results, inputs_hash),
    }
    chapters = [section(key, inside[key]) for key in CHAPTERS]
    links = [
        tag("a", text(REPORT[key]), href=f"#{key}")
        for key, chapter in zip(CHAPTERS, chapters, strict=True)
        if chapter
    ]
    contents = tag("nav", heading("contents"), bullets(links), aria_label=REPORT["contents"])
    main = tag("main", _opening(results), contents, *chapters)
    return _page(results, main, inputs_hash)


def _page(results: Results, main: Html, inputs_hash: str) -> str:
    style = files("frontline.export.report").joinpath("report.css").read_text(encoding="utf-8")
    foot = f"{WORDS['made_with']} · {WORDS['inputs_hash']} {inputs_hash}"
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{html.escape(POLICY)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{text(_title(results))}</title>",
            '<link rel="icon" href="data:,">',
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            main,
            tag("footer", paragraph(WORDS["disclaimer"]), paragraph(foot)),
            "</body>",
            "</html>",
            "",
        ]
    )


def _title(results: Results) -> str:
    return results.project.map.title or results.project.title


def _opening(results: Results) -> Html:
    """Head the report: title, the lines compared, disclaimer, and what is only illustration."""
    written = [REPORT["line_of"].format(date=date) for date in days(results.project).values()]
    key = "comparing" if len(written) > 1 else "comparing_one"
    warning = sight_warning(results)
    note = results.project.map.note
    return tag(
        "header",
        paragraph(REPORT["kicker"], class_="kicker"),
        tag("h1", data(_title(results))),
        paragraph(REPORT[key].format(lines=listing(written)), class_="subtitle"),
        paragraph(WORDS["disclaimer"], class_="disclaimer"),
        tag("p", data(note), class_="disclaimer") if note else NOTHING,
        paragraph(f"{REPORT['sight']} · {warning}", class_="warning") if warning else NOTHING,
    )


def _brief(results: Results) -> Html:
    """Sum the report up in a few sentences."""
    said = [
        *_brief_land(results),
        *_brief_people(results),
        *_brief_distance(results),
        *_brief_places(results),
        *_brief_rest(results),
    ]
    return Html(bullets([data(one) for one in said], class_="brief") + _how_to_read())


def _how_to_read() -> Html:
    return tag("p", text(REPORT["how_to_read"] + " " + REPORT["unknown_not_zero"]), class_="note")


def _brief_land(results: Results) -> list[str]:
    flow = largest_flow(results)
    if flow is None:
        return []
    giver, taker, number, old, new = flow
    words = {"giver": giver, "taker": taker, "number": number, "old": old, "new": new}
    return [REPORT["brief_land"].format(**words)]


def _brief_people(results: Results) -> list[str]:
    """Say who lives in the widest zone, by the first source that says something of each line."""
    people = results.people[results.people["kind"] == "cumulative"]
    if people.empty:
        return []
    widest = float(people["distance_m"].max())
    said = []
    for side in sides_of(results):
        own = people[(people["side"] == side) & (people["distance_m"] == widest)]
        for source in _telling(results, own):
            rows = own[own["source"] == source].to_dict("records")
            of_line = {str(one["line"]): one for one in rows}
            said.append(_brief_source(results, side, source, of_line))
    return said


def _brief_source(
    results: Results, side: str, source: str, of_line: Mapping[str, Mapping[Any, Any]]
) -> str:
    """Say what one source counts in the widest zone of each line, and what limits it."""
    parts: list[str] = []
    caveats: list[str] = []
    for line in lines_by_date(results.project):
        found, date = of_line[line.key], dates(results.project)[line.key]
        words = {
            "number": with_unit(float(found["population"]), *ends(found, "population"), ""),
            "source": source_phrase(source),
            "distance": far(found["distance_m"]),
            "date": date,
        }
        parts.append(REPORT["brief_part" if parts else "brief_first"].format(**words))
        limits = limits_of(found)
        caveats += [f"{date}: {', '.join(limits)}"] if limits else []
    said = REPORT["brief_people"].format(side=side, parts=listing(parts))
    caveat = REPORT["brief_caveat"].format(parts="; ".join(caveats)) if caveats else ""
    return said + caveat


def _telling(results: Results, own: pd.DataFrame) -> list[str]:
    """Return the sources of residents that say something of every line, at most two of a side."""
    found = []
    for source in own["source"].unique():
        rows = own[own["source"] == source].to_dict("records")
        full = len(rows) == len(results.lines) and all(says_something(one) for one in rows)
        counted = all(pd.isna(one["settlements"]) or one["settlements"] > 0 for one in rows)
        if full and counted and ":" not in source.removeprefix("raster:"):
            found.append(source)
    return found[:2]


def _brief_distance(results: Results) -> list[str]:
    lines, half = lines_by_date(results.project), medians(results)
    old, new = lines[0].key, lines[-1].key
    written = dates(results.project)
    said = []
    for side in sides_of(results):
        if old == new or (side, old) not in half or (side, new) not in half:
            continue
        values = [kilometres(results, key, half[side, key]) for key in (old, new)]
        if WORDS["below_accuracy"] in values:
            continue
        words = {"side": side, "old": f"{values[0]} km", "new": f"{values[1]} km"}
        said.append(
            REPORT["brief_distance"].format(old_date=written[old], new_date=written[new], **words)
        )
    return said


def _brief_places(results: Results) -> list[str]:
    counts = outcomes(results)
    if not sum(counts.values()):
        return []
    said = REPORT["brief_places"].format(total=sum(counts.values()), **counts)
    cut = REPORT["brief_cut"].format(count=counts["cut"]) if counts["cut"] else ""
    return [f"{said} {cut}".strip()]


def _brief_rest(results: Results) -> list[str]:
    """Say how often roads are crossed, and how statements fared."""
    said = []
    if len(results.crossings):
        written, parts = days(results.project), []
        for key, count in crossed(results).items():
            how = REPORT[("never", "once")[count]] if count < 2 else REPORT["times"]
            part = REPORT["brief_roads_part"].format(
                date=written[key], count=how.format(count=count)
            )
            parts.append(part)
        words = REPORT["brief_roads"].format(parts=listing(parts))
        given = results.project.corridors
        mark = f" ({REPORT['schematic']})." if given is not None and given.schematic else "."
        said.append(words.removesuffix(".") + mark)
    total, counts = tally(results)
    if total:
        parts = [f"{count} {verdict}" for verdict, count in counts]
        said.append(REPORT["brief_claims"].format(total=total, parts=listing(parts)))
    return said


def _asked(results: Results) -> Html:
    """Say what the project asked, and show the lines."""
    project = results.project
    own = results.sides[results.sides["line"] == results.lines["line"].iloc[0]]
    key = "asked_text" if len(project.lines) > 1 else "asked_text_one"
    first = REPORT[key].format(
        area=f"{float(own['area_km2'].sum()):,.0f}",
        distances=listing(far(distance_m) for distance_m in project.zones.distances_m),
    )
    draws = REPORT["asked_draws"].format(draws=project.uncertainty.draws)
    return Html(
        paragraph(first) + _lines(results) + paragraph(f"{_asked_sight(results)} {draws}".strip())
    )


def _asked_sight(results: Results) -> str:
    asked = results.project.sight
    if not results.sight:
        return ""
    return REPORT["asked_sight"].format(
        observer=f"{asked.observer_height_m:g}",
        target=f"{asked.target_height_m:g}",
        radius=f"{asked.radius_m / 1000:g}",
        model=REPORT[f"sight_{_terrain(results)}"],
    )


def _terrain(results: Results) -> str:
    """Tell what rays run over: ground, ground with trees, a surface, or not stated."""
    given = results.project.elevation
    if given is None:
        return "unknown"
    return "trees" if given.canopy is not None else given.model


def _lines(results: Results) -> Html:
    """Show each line with its date, length, accuracy and the land that each side held."""
    sides = list(sides_of(results))
    rows = []
    for line in lines_by_date(results.project):
        own = results.lines[results.lines["line"] == line.key].iloc[0]
        rows_of = results.sides[results.sides["line"] == line.key].to_dict("records")
        held = {str(one["side"]): one for one in rows_of}
        areas = [
            figure(float(held[side]["area_km2"]), *ends(held[side], "area"))
            if side in held
            else NOTHING
            for side in sides
        ]
        date = text(days(results.project)[line.key])
        length = text(f"{own['length_km']:,.0f}")
        rows.append(
            row(data(line.label), date, length, text(line_accuracy(own["error_m"])), *areas)
        )
    heads = [text(REPORT[key]) for key in ("line", "date", "length", "accuracy")]
    heads += [
        Html(swatch(results, side) + data(REPORT["side_held"].format(side=side))) for side in sides
    ]
    return table(text(REPORT["asked_table"]), heads, rows)


def _maps(results: Results, inputs_hash: str) -> Html:
    """Show the maps: in detail and in the region, line beside line, and what is in sight."""
    from frontline.export.maps.files import sheet_picture

    shown = ["map"]
    if len(results.lines) > 1:
        shown.append("pair")
    if results.sight:
        shown.append("exposure")
    sheets = []
    for sheet in shown:
        picture = base64.b64encode(sheet_picture(results, sheet, inputs_hash=inputs_hash))
        about = REPORT[f"sheet_{sheet}"]
        image = tag(
            "img",
            src="data:image/webp;base64,",
            alt=f"{about} {_title(results)}",
            width=2339,
            height=1654,
        )
        image = Html(image.replace(html.escape("base64,"), f"base64,{picture.decode('ascii')}", 1))
        switch = tag("input", type="checkbox", id=f"zoom-{sheet}")
        label = tag("label", text(REPORT["zoom"]), for_=f"zoom-{sheet}")
        frame = tag("div", image, class_="sheet", tabindex=0, role="group", aria_label=about)
        caption = tag("figcaption", text(about))
        sheets.append(tag("figure", caption, switch, label, frame, class_="map"))
    return joined(sheets)


def _figures(results: Results) -> Html:
    return Html(people_tables(results) + people_charts(results) + quotes(results))


def _limits(results: Results) -> Html:
    """Say what the report cannot say, and how it was computed."""
    seen = ["limit_sight", f"limit_{_terrain(results)}"] if results.sight else []
    keys = ["limit_line", "limit_people", *seen, "limit_cause"]
    correlation = {far(line.error_correlation_m) for line in results.project.lines}
    words = REPORT["method"].format(correlation=listing(sorted(correlation)))
    listed = bullets([text(REPORT[key]) for key in keys])
    warning = sight_warning(results)
    return Html(
        listed
        + (paragraph(warning, class_="warning") if warning else NOTHING)
        + paragraph(WORDS["disclaimer"], class_="disclaimer")
        + heading("how", 3)
        + paragraph(words)
    )


def _inputs(results: Results, inputs_hash: str) -> Html:
    """List the files that went in, with their hashes."""
    rows = [
        row(data(path), tag("code", text(digest)))
        for path, digest in sorted(results.inputs.items())
    ]
    heads = [text(REPORT["file"]), text(REPORT["hash"])]
    made = table(text(REPORT["inputs"]), heads, rows, class_="files")
    said = REPORT["versions"].format(version=own_version(), hash=inputs_hash)
    return Html(made + paragraph(said, class_="note"))
