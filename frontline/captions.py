"""What stands beside a map on paper: titles, the rows of the legend, sources, the foot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from frontline.origins import dated, line_accuracy, sight_warning, source_line, sources
from frontline.overlays import exposure_bounds
from frontline.symbols import (
    DISTRICT,
    EXPOSURE,
    EXPOSURE_UNKNOWN,
    INK,
    MUTED,
    PAPER,
    PARTITION,
    SETTLEMENT_OUTSIDE,
    SIGHT_LINES,
    STUDY_AREA,
    LineStyle,
    corridor_style,
    count_labels,
    ink_on_paper,
    line_styles,
    mixed,
    side_colours,
    zone_tints,
)
from frontline.words import WORDS, corridor_label, source_label

if TYPE_CHECKING:
    from frontline.results import Results


SIGHT_WORDS = {
    "visible": "code_visible",
    "hidden": "code_hidden",
    "unknown": "code_undecided",
}
"""The words for what a segment of a corridor is, as a line sees it."""
STATED = ("D", "^", "s", "v", "P", "o")
"""Signs of figures that a source states for one distance."""


@dataclass(frozen=True)
class LegendRow:
    """One row: `kind` is ``line``, ``sign`` or ``area`` and says which of the rest is drawn."""

    kind: str
    text: str
    line: LineStyle = STUDY_AREA
    marker: str = "o"
    face: str = PAPER
    edge: str = MUTED
    faces: tuple[str, ...] = ()


def sheet_title(results: Results, sheet: str) -> tuple[str, str]:
    """Return title and subtitle of a sheet."""
    title = results.project.map.title or results.project.title
    lines = results.lines.sort_values("date", kind="stable").to_dict("records")
    captions = [f"{row['label']} ({str(row['date'])[:10]})" for row in lines]
    extra = {"exposure": WORDS["legend_exposure"], "chart": WORDS["chart"]}.get(sheet, "")
    if sheet == "exposure":  # the lines stand over their maps, and the warning must stand whole
        captions = [sight_warning(results)]
    return title, " · ".join(part for part in (extra, *captions) if part)


def line_caption(results: Results, key: str) -> tuple[str, str]:
    """Return a line's label, and its date, length and accuracy."""
    row = results.lines[results.lines["line"] == key].to_dict("records")[0]
    length = WORDS["line_length"].format(length=f"{row['length_km']:,.0f}")
    parts = (str(row["date"])[:10], length, line_accuracy(row["error_m"]))
    return str(row["label"]), " · ".join(parts)


def footer(results: Results, inputs_hash: str) -> list[tuple[str, float]]:
    """Return the texts at the foot of a sheet, each with its size in points."""
    origins = "; ".join(source_line(row) for row in sources(results.project))
    texts = [(WORDS["disclaimer"], 6.2)]
    if results.project.map.note:
        texts.append((results.project.map.note, 6.2))
    if origins:
        texts.append((f"{WORDS['sources']}: {origins}", 5.2))
    texts.append((f"{WORDS['inputs_hash_long']}: {inputs_hash}", 5.2))
    return texts


def legend_rows(results: Results, newest: str, *, corridors: bool = True) -> list[LegendRow]:
    """Return the rows of a map of zones, only for what the results hold."""
    styles = line_styles(results.project)
    rows = []
    for line in reversed(results.lines.sort_values("date", kind="stable").to_dict("records")):
        style = styles[line["line"]]
        shown = style if line["line"] == newest else LineStyle(INK, 1.1, style.dash)
        text = f"{line['label']} ({str(line['date'])[:10]}), {line_accuracy(line['error_m'])}"
        rows.append(LegendRow("line", text, line=shown))
    distances = results.project.zones.distances_m
    steps = ", ".join(f"{d / 1000:g}" for d in distances)
    for side, colour in side_colours(results.project, results.sides["side"]).items():
        text = f"{side}: {WORDS['zones'].lower()} {steps} {WORDS['km']}"
        faces = (*zone_tints(colour, len(distances)), mixed(colour, PAPER, 0.12))
        rows.append(LegendRow("area", text, faces=faces))
    return [*rows, *_signs(results), *_context(results, corridors=corridors)]


def _signs(results: Results) -> list[LegendRow]:
    table = dated(results)
    known = table["population"].notna() & table["valid"]
    kinds = set(table["population_kind"].where(known, "").fillna(""))
    rows = []
    if "residents" in kinds:
        text = f"{WORDS['legend_residents']} ({WORDS['legend_size'].lower()})"
        rows.append(LegendRow("sign", text, face=SETTLEMENT_OUTSIDE, edge=INK))
    if "registered" in kinds:
        rows.append(LegendRow("sign", WORDS["legend_registered"], marker="s"))
    if "" in kinds and len(table):
        rows.append(LegendRow("sign", WORDS["legend_unknown"]))
    if table["crossed"].fillna(value=False).astype(bool).any():
        rows.append(LegendRow("sign", WORDS["legend_crossed"], marker="x", edge=INK))
    return rows


def _context(results: Results, *, corridors: bool) -> list[LegendRow]:
    named = results.corridors["kind"].dropna() if corridors else ()
    kinds = dict.fromkeys(str(kind) for kind in named)
    rows = [LegendRow("line", corridor_label(k), line=corridor_style(k)) for k in kinds]
    if corridors and len(results.points):
        rows.insert(0, LegendRow("sign", WORDS["points"], marker="^", edge=INK))
    labels = {part.key: part.label for part in results.project.partitions}
    rows += [
        LegendRow("line", labels.get(key, key), line=PARTITION)
        for key, table in results.partitions.items()
        if len(table)
    ]
    if len(results.districts):
        rows.append(LegendRow("line", WORDS["districts"], line=DISTRICT))
    return [*rows, LegendRow("line", WORDS["study_area"], line=STUDY_AREA)]


def exposure_rows(results: Results) -> list[LegendRow]:
    """Return the rows of a map of posts in sight."""
    highest = max(float(grid.bands["seen"].max()) for grid in results.sight.values())
    bounds = exposure_bounds(highest)
    colours = EXPOSURE[len(EXPOSURE) - len(bounds) :]
    rows = [LegendRow("area", WORDS["legend_exposure"], faces=colours)]
    rows += [
        LegendRow("area", text, faces=(colour,))
        for text, colour in zip(count_labels(bounds), colours, strict=True)
    ]
    grey = mixed(EXPOSURE_UNKNOWN, PAPER, 0.5)
    rows.append(LegendRow("area", WORDS["legend_exposure_unknown"], faces=(grey,)))
    steps = ", ".join(f"{d / 1000:g}" for d in results.project.zones.distances_m)
    for side, colour in side_colours(results.project, results.sides["side"]).items():
        edge = LineStyle(ink_on_paper(colour), 0.8)
        text = f"{side}: {WORDS['zones'].lower()} {steps} {WORDS['km']}"
        rows.append(LegendRow("line", text, line=edge))
    states = set(results.further.get("corridor_sight", {"in_sight": ()})["in_sight"])
    return [
        *rows,
        *(
            LegendRow("line", f"{WORDS['corridors']}: {WORDS[word]}", line=SIGHT_LINES[state])
            for state, word in SIGHT_WORDS.items()
            if state in states
        ),
    ]


def chart_rows(results: Results, names: list[str]) -> dict[str, LegendRow]:
    """Return the rows of the chart: a colour per side, then ``source <name>``.

    A source that knows every distance has a dash of its own, one that states a figure for one
    distance a sign of its own.
    """
    dashes = ((), (4.0, 2.0), (1.2, 1.6), (5.0, 1.5, 1.2, 1.5), (8.0, 2.0), (2.0, 4.0))
    colours = side_colours(results.project, results.sides["side"])
    rows = {f"side {k}": LegendRow("area", k, faces=(colour,)) for k, colour in colours.items()}
    stated = [name for name in names if name.startswith("stated:")]
    for number, name in enumerate(name for name in names if name not in stated):
        style = LineStyle(INK, 1.5, dashes[number % len(dashes)])
        rows[f"source {name}"] = LegendRow("line", source_label(name), line=style)
    for number, name in enumerate(stated):
        sign = STATED[number % len(STATED)]
        rows[f"source {name}"] = LegendRow("sign", source_label(name), marker=sign, edge=INK)
    return rows
