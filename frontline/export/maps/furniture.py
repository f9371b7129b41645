"""What stands beside a map on paper: titles, legend, scale, sources, the foot."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from frontline.export.maps.layout import EDGE, POINT_MM
from frontline.export.maps.view import Box, MapView, choose_scale_bar, draw_up_graticule, find_north
from frontline.export.web.overlays import choose_class_bounds
from frontline.results.style import (
    CORRIDOR_IN_SIGHT,
    DISTRICT,
    EXPOSURE,
    EXPOSURE_UNKNOWN,
    INK,
    MUTED,
    PAPER,
    PARTITION,
    SETTLEMENT_OUTSIDE,
    STUDY_AREA,
    LineStyle,
    choose_alternative_styles,
    choose_corridor_style,
    choose_line_styles,
    choose_side_colours,
    darken_for_paper,
    make_zone_tints,
    mix_colours,
    write_count_labels,
)
from frontline.results.wording import (
    add_validity,
    list_sources,
    write_accuracy,
    write_sight_warning,
    write_source,
)
from frontline.results.words import WORDS, label_corridor, label_source

if TYPE_CHECKING:
    from frontline.export.maps.canvas import Paper, Pens
    from frontline.results.model import Results


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


def write_title(results: Results, *, sheet: str) -> tuple[str, str]:
    """Return title and subtitle of a sheet."""
    title = results.project.map.title or results.project.title
    lines = results.lines.sort_values("date", kind="stable").to_dict("records")
    captions = [f"{row['label']} ({str(row['date'])[:10]})" for row in lines]
    extra = {"exposure": WORDS["legend_exposure"], "chart": WORDS["chart"]}.get(sheet, "")
    if sheet == "exposure":  # the lines stand over their maps, and the warning must stand whole
        captions = [write_sight_warning(results.sight)]
    return title, " · ".join(part for part in (extra, *captions) if part)


def write_caption(results: Results, *, key: str) -> tuple[str, str]:
    """Return a line's label, and its date, length and accuracy."""
    row = results.lines[results.lines["line"] == key].to_dict("records")[0]
    length = WORDS["line_length"].format(length=f"{row['length_km']:,.0f}")
    parts = (str(row["date"])[:10], length, write_accuracy(row["error_m"]))
    return str(row["label"]), " · ".join(parts)


def list_footer(results: Results, *, inputs_hash: str) -> list[tuple[str, float]]:
    """Return the texts at the foot of a sheet, each with its size in points."""
    origins = "; ".join(write_source(row) for row in list_sources(results.project))
    texts = [(WORDS["disclaimer"], 6.2)]
    if results.project.map.note:
        texts.append((results.project.map.note, 6.2))
    if origins:
        texts.append((f"{WORDS['sources']}: {origins}", 5.2))
    texts.append((f"{WORDS['inputs_hash_long']}: {inputs_hash}", 5.2))
    return texts


def list_legend_rows(results: Results, *, newest: str, corridors: bool = True) -> list[LegendRow]:
    """Return the rows of a map of zones, only for what the results hold."""
    styles = choose_line_styles(results.project)
    rows = []
    for line in reversed(results.lines.sort_values("date", kind="stable").to_dict("records")):
        style = styles[line["line"]]
        line_style = style if line["line"] == newest else LineStyle(INK, 1.1, style.dash)
        text = f"{line['label']} ({str(line['date'])[:10]}), {write_accuracy(line['error_m'])}"
        rows.append(LegendRow("line", text, line=line_style))
    rows += _list_alternatives(results, newest)
    distances = results.project.zones.distances_m
    steps = ", ".join(f"{d / 1000:g}" for d in distances)
    for side, colour in choose_side_colours(results.project, others=results.sides["side"]).items():
        text = f"{side}: {WORDS['zones'].lower()} {steps} {WORDS['km']}"
        faces = (
            *make_zone_tints(colour, count=len(distances)),
            mix_colours(colour, other=PAPER, share=0.12),
        )
        rows.append(LegendRow("area", text, faces=faces))
    return [*rows, *_list_signs(results), *_list_context(results, corridors=corridors)]


def _list_alternatives(results: Results, key: str) -> list[LegendRow]:
    """Return the rows of a line as other sources draw it."""
    if results.alternative_lines is None:
        return []
    styles = choose_alternative_styles(results.project)
    return [
        LegendRow(
            "line",
            WORDS["line_by"].format(source=row["label"], accuracy=write_accuracy(row["error_m"])),
            line=styles[row["line"], row["alternative"]],
        )
        for row in results.alternative_lines.to_dict("records")
        if row["line"] == key
    ]


def _list_signs(results: Results) -> list[LegendRow]:
    table = add_validity(results.settlements, project=results.project)
    has_figure = table["population"].notna() & table["valid"]
    kinds = set(table["population_kind"].where(has_figure, "").fillna(""))
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


def _list_context(results: Results, *, corridors: bool) -> list[LegendRow]:
    named = results.corridors["kind"].dropna() if corridors else ()
    kinds = dict.fromkeys(str(kind) for kind in named)
    rows = [LegendRow("line", label_corridor(k), line=choose_corridor_style(k)) for k in kinds]
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


def list_exposure_rows(results: Results) -> list[LegendRow]:
    """Return the rows of a map of posts in sight."""
    highest = max(float(grid.bands["seen"].max()) for grid in results.sight.values())
    bounds = choose_class_bounds(highest)
    colours = EXPOSURE[len(EXPOSURE) - len(bounds) :]
    rows = [LegendRow("area", WORDS["legend_exposure"], faces=colours)]
    rows += [
        LegendRow("area", text, faces=(colour,))
        for text, colour in zip(write_count_labels(bounds), colours, strict=True)
    ]
    grey = mix_colours(EXPOSURE_UNKNOWN, other=PAPER, share=0.5)
    rows.append(LegendRow("area", WORDS["legend_exposure_unknown"], faces=(grey,)))
    steps = ", ".join(f"{d / 1000:g}" for d in results.project.zones.distances_m)
    for side, colour in choose_side_colours(results.project, others=results.sides["side"]).items():
        edge = LineStyle(darken_for_paper(colour), 0.8)
        text = f"{side}: {WORDS['zones'].lower()} {steps} {WORDS['km']}"
        rows.append(LegendRow("line", text, line=edge))
    courses = results.further.get("corridor_sight")
    if courses is not None and (courses["visible_km"] > 0.0).any():
        rows.append(LegendRow("line", WORDS["corridor_in_sight"], line=CORRIDOR_IN_SIGHT))
    return rows


def list_chart_rows(results: Results, *, names: list[str]) -> dict[str, LegendRow]:
    """Return the rows of the chart: a colour per side, then ``source <name>``.

    A source that knows every distance has a dash of its own, one that states a figure for one
    distance a sign of its own.
    """
    dashes = ((), (4.0, 2.0), (1.2, 1.6), (5.0, 1.5, 1.2, 1.5), (8.0, 2.0), (2.0, 4.0))
    colours = choose_side_colours(results.project, others=results.sides["side"])
    rows = {f"side {k}": LegendRow("area", k, faces=(colour,)) for k, colour in colours.items()}
    stated = [name for name in names if name.startswith("stated:")]
    for number, name in enumerate(name for name in names if name not in stated):
        style = LineStyle(INK, 1.5, dashes[number % len(dashes)])
        rows[f"source {name}"] = LegendRow("line", label_source(name), line=style)
    for number, name in enumerate(stated):
        sign = STATED[number % len(STATED)]
        rows[f"source {name}"] = LegendRow("sign", label_source(name), marker=sign, edge=INK)
    return rows


LegendColumn = list[tuple[LegendRow, list[str]]]
LINE_MM, ROW_MM, HEAD_MM, SWATCH_MM = 2.75, 0.75, 4.6, 7.5
"""Of a legend: a line of text, what a row adds, the heading, a swatch."""


def draw_furniture(paper: Paper, *, pens: Pens) -> None:
    """Draw graticule with its degrees, scale bar and north arrow."""
    left, bottom, right, _ = pens.view.frame
    rect = pens.rect
    mm = rect[2] / (right - left)
    for line in draw_up_graticule(pens.view):
        pens.path(line.xy, LineStyle(INK, 0.3), alpha=0.35, zorder=4.5)
        if line.at is None:
            continue
        x, y = rect[0] + (line.at[0] - left) * mm, rect[1] + (line.at[1] - bottom) * mm
        if line.axis == "lon":
            paper.text(x, rect[1] - 0.9, line.text, size=5.6, color=MUTED, ha="center")
        else:
            look: dict[str, Any] = {"ha": "right", "va": "center", "rotation": 90, "color": MUTED}
            paper.text(rect[0] - 0.9, y, line.text, size=5.6, **look)
    _draw_scale(paper, pens.view, (rect[0] + 4, rect[1] + 4), mm)
    _draw_north(paper, pens)


def _draw_scale(paper: Paper, view: MapView, at: tuple[float, float], mm: float) -> None:
    km, plane_m = choose_scale_bar(view)
    x, y, length = at[0], at[1], plane_m * mm
    paper.box(x - 2, y - 2, length + 13, 7.6, facecolor=PAPER, alpha=0.82, lw=0)
    for part in range(4):
        face = INK if part % 2 == 0 else PAPER
        paper.box(x + part * length / 4, y, length / 4, 1.1, fc=face, ec=INK, lw=0.5)
    for share in (0.0, 0.5, 1.0):
        unit = f" {WORDS['km']}" if share == 1.0 else ""
        where = x + share * length
        paper.text(where, y + 1.7, f"{km * share:g}{unit}", size=5.8, va="bottom", ha="center")


def _draw_north(paper: Paper, pens: Pens) -> None:
    rect, frame = pens.rect, pens.view.frame
    x, y = rect[0] + rect[2] - 7.0, rect[1] + rect[3] - 12.5
    per_mm = (frame[2] - frame[0]) / rect[2]
    turn = np.radians(find_north(pens.view, x=frame[2] - 7 * per_mm, y=frame[3] - 12.5 * per_mm))
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    for half, face in ((-1, INK), (1, PAPER)):
        corners = np.array([(0, 6.0), (half * 2.1, -2.2), (0, -0.6)]) @ spin.T + (x, y)
        paper.shape(corners, facecolor=face, edgecolor=INK, lw=0.6)
    head: dict[str, Any] = {"weight": "bold", "ha": "center", "va": "bottom"}
    paper.text(x, y + 6.6, WORDS["north"], size=7, halo=1.8, **head)


def arrange_legend(
    rows: Iterable[LegendRow], *, width: float, columns: int = 1
) -> list[LegendColumn]:
    """Break the rows of a legend into lines, and share them out over columns of a width."""
    letters = round((width - 11) / 1.22)
    wrapped = [(row, textwrap.wrap(_join_phrases(row.text), letters) or [""]) for row in rows]
    total = sum(len(lines) for _, lines in wrapped)
    shared: list[LegendColumn] = [[]]
    used = 0
    for row, lines in wrapped:
        if len(shared) < columns and shared[-1] and used + len(lines) > -(-total // columns):
            shared.append([])
            used = 0
        shared[-1].append((row, lines))
        used += len(lines)
    return shared


def _join_phrases(text: str) -> str:
    """Keep a per cent sign with its number."""
    return text.replace(" %", "\u00a0%")


def measure_legend(columns: Sequence[LegendColumn]) -> float:
    """Return the height of a legend in millimetres."""
    heights = [sum(len(lines) * LINE_MM + ROW_MM for _, lines in column) for column in columns]
    return HEAD_MM + max(heights, default=0.0)


def draw_legend(
    paper: Paper,
    *,
    columns: Sequence[LegendColumn],
    at: tuple[float, float],
    width: float,
    room: float = np.inf,
) -> None:
    """Write a legend down from its upper left corner, closer where there is not room enough."""
    x, y = at
    tight = min(1.0, (room - HEAD_MM) / max(measure_legend(columns) - HEAD_MM, 0.1))
    paper.text(x, y, WORDS["legend"], size=7.6, weight="bold")
    for number, column in enumerate(columns):
        left, top = x + number * width, y - HEAD_MM
        for row, lines in column:
            _draw_swatch(paper, row, left, top - 1.1 * tight)
            for line in lines:
                paper.text(left + 10, top, line, size=6.4 * tight)
                top -= LINE_MM * tight
            top -= ROW_MM * tight


def draw_wide_legend(paper: Paper, *, rows: Sequence[LegendRow], foot: float) -> Box:
    """Write a legend over the foot, as wide as the sheet, and return the room above it.

    Returns
    -------
    Left, bottom, width, height of what `panels` may fill.
    """
    width, height = paper.page
    number = 3 if width > height else 2
    wide = (width - 2 * EDGE) / number
    columns = arrange_legend(rows, width=wide, columns=number)
    above = foot + min(max(measure_legend(columns) + 3.0, 26.0), 70.0)
    draw_legend(paper, columns=columns, at=(EDGE, above), width=wide, room=above - foot - 2.0)
    bottom = above + 7.0
    return EDGE, bottom, width - 2 * EDGE, height - 30.0 - bottom


def draw_panel_title(paper: Paper, *, results: Results, key: str, rect: Box) -> None:
    """Write a line's label, date, length and accuracy over its map."""
    title, about = write_caption(results, key=key)
    top, wide = rect[1] + rect[3], rect[2]
    write_within(
        paper, text=title, at=(rect[0], top + 9.0), room=(wide, 4.2), size=9, weight="bold"
    )
    write_within(
        paper, text=about, at=(rect[0], top + 4.6), room=(wide, 4.0), size=6.4, color=MUTED
    )


LEAST_PT = 2.5
"""No text gets smaller; one that still does not fit takes more lines than there is room for."""


def write_within(
    paper: Paper,
    *,
    text: str,
    at: tuple[float, float],
    room: tuple[float, float],
    size: float,
    weight: str = "normal",
    **more: Any,
) -> None:
    """Write a whole text in a room, never cut: in more lines and smaller letters if need be.

    Parameters
    ----------
    paper, text
        Where, and what.
    at
        Left and top, millimetres.
    room
        Width and height, millimetres.
    size
        In points, where there is room for it.
    weight, more
        As `Paper.text` takes them.
    """
    while True:
        lines = wrap_to_width(paper, text=text, width_mm=room[0], size=size, weight=weight)
        each = size * POINT_MM * 1.22
        if len(lines) * each <= room[1] + each * 0.25 or size <= LEAST_PT:
            break
        size = max(size - 0.5, LEAST_PT)
    for number, line in enumerate(lines):
        paper.text(at[0], at[1] - number * each, line, size=size, weight=weight, **more)


def wrap_to_width(
    paper: Paper, *, text: str, width_mm: float, size: float, weight: str
) -> list[str]:
    """Break a text into lines of a width as the font measures it; long words are broken too."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if paper.size_mm(longer, size, weight)[0] <= width_mm:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if lines[-1] and paper.size_mm(lines[-1] + letter, size, weight)[0] > width_mm:
                lines.append("")
            lines[-1] += letter
    return lines


def _draw_swatch(paper: Paper, row: LegendRow, x: float, y: float) -> None:
    if row.kind == "line":
        style = row.line
        dashes = (0, [part / style.width for part in style.dash]) if style.dash else "solid"
        paper.line([x, x + SWATCH_MM], [y, y], color=style.colour, lw=style.width, ls=dashes)
    elif row.kind == "sign":
        look = {"markerfacecolor": row.face, "markeredgecolor": row.edge, "markersize": 4.6}
        paper.line([x + SWATCH_MM / 2], [y], marker=row.marker, mew=0.8, ls="none", **look)
    else:
        step = SWATCH_MM / max(len(row.faces), 1)
        for place, face in enumerate(row.faces):
            paper.box(x + place * step, y - 1.1, step, 2.2, fc=face, ec=row.edge, lw=0.4)
