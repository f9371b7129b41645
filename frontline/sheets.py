"""What stands on each sheet of paper: maps, their furniture and legends, the chart."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline.captions import (
    LegendRow,
    chart_rows,
    exposure_rows,
    footer,
    legend_rows,
    line_caption,
    sheet_title,
)
from frontline.origins import dated
from frontline.overlays import FLAT, exposure_classes, sampled_at
from frontline.symbols import (
    DISTRICT,
    HELD_TINT,
    INK,
    MUTED,
    PAPER,
    PARTITION,
    SETTLEMENT_OUTSIDE,
    STUDY_AREA,
    LineStyle,
    corridor_style,
    ink_on_paper,
    line_styles,
    side_colours,
    zone_tints,
)
from frontline.views import (
    Box,
    View,
    between,
    bounds_of,
    free_spots,
    graticule,
    north_angle,
    sampled,
    scale_bar,
    view_of,
)
from frontline.words import WORDS

if TYPE_CHECKING:
    from frontline.figures import Paper, Pens
    from frontline.results import Results

PAGE_MM = (297.0, 210.0)
DPI = 200
POINT_MM = 25.4 / 72
NAME_PT, ALT_PT = 6.3, 5.6
MOST_NAMES = 90


def sheets_of(results: Results) -> list[str]:
    """Return the sheets for which the results hold something."""
    sheets = ["map"]
    if len(results.lines) > 1:
        sheets.append("pair")
    if results.sight:
        sheets.append("exposure")
    if len(results.people):
        sheets.append("chart")
    return sheets


def draw_sheet(paper: Paper, results: Results, sheet: str, *, inputs_hash: str) -> None:
    """Draw a sheet: ``map``, ``pair``, ``exposure`` or ``chart``."""
    makers: Mapping[str, Callable[[Paper, Results], None]] = {
        "map": _detail_sheet,
        "pair": _pair_sheet,
        "exposure": _exposure_sheet,
        "chart": _chart_sheet,
    }
    title, subtitle = sheet_title(results, sheet)
    paper.text(10, 203, textwrap.shorten(title, 100), size=15, weight="bold")
    paper.text(10, 195.4, textwrap.shorten(subtitle, 190), size=7.6, color=MUTED)
    y = 21.0
    for text, size in footer(results, inputs_hash):
        for line in textwrap.wrap(text, round(1490 / size)) or [""]:
            paper.text(10, y, line, size=size, color=INK if size > 6 else MUTED)
            y -= size * POINT_MM * 1.3
    makers[sheet](paper, results)


def _detail_sheet(paper: Paper, results: Results) -> None:
    rect = (16.0, 28.0, 196.0, 160.0)
    newest = _keys(results)[-1]
    view = view_of(_detail_bounds(results), aspect=rect[2] / rect[3], margin=0.02)
    pens = paper.map(rect, view)
    _draw_relief(pens, results)
    _draw_state(pens, results, newest)
    _draw_context(pens, results)
    _draw_lines(pens, results, main=newest)
    _draw_places(paper, pens, results, newest)
    _furniture(paper, pens)
    _regional(paper, results, view, (221.0, 140.0, 66.0, 48.0))
    _legend(paper, legend_rows(results, newest), x=221.0, y=134.0, width=66.0)


def _pair_sheet(paper: Paper, results: Results) -> None:
    for key, rect, view in _side_by_side(results):
        pens = paper.map(rect, view)
        _draw_relief(pens, results)
        _draw_state(pens, results, key)
        _draw_context(pens, results, corridors=False)
        _draw_lines(pens, results, main=key, others=False)
        _draw_places(paper, pens, results, key, most=40)
        _furniture(paper, pens)
        _panel_title(paper, results, key, rect)
    rows = legend_rows(results, _keys(results)[-1], corridors=False)
    _legend(paper, rows, x=10.0, y=47.0, width=92.0, columns=3)


def _exposure_sheet(paper: Paper, results: Results) -> None:
    for key, rect, view in _side_by_side(results):
        pens = paper.map(rect, view)
        _draw_relief(pens, results)
        _draw_sight(pens, results, key)
        _draw_zone_edges(pens, results, key)
        _draw_lines(pens, results, main=key, others=False)
        _draw_places(paper, pens, results, key, most=40)
        _furniture(paper, pens)
        _panel_title(paper, results, key, rect)
    _legend(paper, exposure_rows(results), x=10.0, y=47.0, width=92.0, columns=3)


def _keys(results: Results) -> list[str]:
    """Return the lines' keys, the oldest first."""
    return [str(key) for key in results.lines.sort_values("date", kind="stable")["line"]]


def _side_by_side(results: Results) -> list[tuple[str, Box, View]]:
    """Return line, place on the sheet and view of each map; the last three lines at most."""
    keys = _keys(results)[-3:]
    width = min((277.0 - 8.0 * (len(keys) - 1)) / len(keys), 190.0)
    rects = [(16.0 + i * (width + 8.0), 54.0, width - 6.0, 126.0) for i in range(len(keys))]
    bounds = _detail_bounds(results)
    return [
        (key, rect, view_of(bounds, aspect=rect[2] / rect[3], margin=0.02))
        for key, rect in zip(keys, rects, strict=True)
    ]


def _detail_bounds(results: Results) -> Box:
    """Return what the detailed map shows: the project's extent, or the lines with their zones."""
    extent = results.project.map.extent
    if extent is not None:
        return extent
    return bounds_of(results.zones if len(results.zones) else results.lines)


def _panel_title(paper: Paper, results: Results, key: str, rect: Box) -> None:
    title, about = line_caption(results, key)
    paper.text(rect[0], 189.0, textwrap.shorten(title, 70), size=9, weight="bold")
    paper.text(rect[0], 184.6, textwrap.shorten(about, 100), size=6.4, color=MUTED)


def _draw_relief(pens: Pens, results: Results) -> None:
    relief = results.relief
    if relief is None:
        return
    shade = np.asarray(relief.bands["shade"], dtype=float) / 255.0
    if "elevation" in relief.bands:
        shade = np.where(np.isfinite(relief.bands["elevation"]), shade, np.nan)
    shade = sampled(shade, relief, pens.view, pixels=1100, sample=sampled_at)
    relative = np.nan_to_num(np.clip((shade - FLAT) / FLAT, -1.0, 0.4))
    colours = np.zeros((*relative.shape, 4))
    colours[..., :3] = (relative > 0)[..., None]
    colours[..., 3] = np.minimum(np.abs(relative) * 0.62, 0.6)
    pens.picture(colours, zorder=1)


def _draw_state(pens: Pens, results: Results, key: str) -> None:
    """Draw who holds what, and the zones, darker nearer to the line."""
    colours = side_colours(results.project, results.sides["side"])
    for row in results.sides[results.sides["line"] == key].to_dict("records"):
        pens.area(row["geometry"], zorder=2, facecolor=colours[row["side"]], alpha=HELD_TINT, lw=0)
    rings = results.zones[(results.zones["line"] == key) & (results.zones["kind"] == "ring")]
    distances = sorted(rings["distance_m"].unique())
    for row in rings.to_dict("records"):
        tints = zone_tints(colours[row["side"]], len(distances))
        tint = tints[distances.index(row["distance_m"])]
        pens.area(row["geometry"], zorder=3, facecolor=tint, alpha=0.62, lw=0)
    _draw_zone_edges(pens, results, key)


def _draw_zone_edges(pens: Pens, results: Results, key: str) -> None:
    colours = side_colours(results.project, results.sides["side"])
    own = results.zones[(results.zones["line"] == key) & (results.zones["kind"] == "cumulative")]
    for row in own.to_dict("records"):
        ink = ink_on_paper(colours[row["side"]])
        pens.area(row["geometry"], zorder=3.5, fill=False, edgecolor=ink, lw=0.45, alpha=0.8)


def _draw_sight(pens: Pens, results: Results, key: str) -> None:
    grid = results.sight.get(key)
    if grid is None:
        return
    code, palette = exposure_classes(grid, results.sight.values())
    classes = sampled(code, grid, pens.view, pixels=900, sample=sampled_at, smooth=False)
    pens.picture(palette[np.nan_to_num(classes, nan=0).astype(int)] / 255.0, zorder=2)


def _draw_context(pens: Pens, results: Results, *, corridors: bool = True) -> None:
    pens.stroke(results.study_area.geometry.to_numpy(), STUDY_AREA, zorder=4)
    pens.stroke(results.districts.geometry.to_numpy(), DISTRICT, zorder=3.6, alpha=0.5)
    for table in results.partitions.values():
        pens.stroke(table.geometry.to_numpy(), PARTITION, zorder=4)
    if not corridors:
        return
    for row in results.corridors.to_dict("records"):
        style = corridor_style(str(row["kind"]))
        casing = LineStyle(PAPER, style.width + 1.2)
        pens.stroke([row["geometry"]], casing, zorder=5, alpha=0.7)
        pens.stroke([row["geometry"]], style, zorder=5.1)


def _draw_lines(pens: Pens, results: Results, *, main: str, others: bool = True) -> None:
    styles = line_styles(results.project)
    for row in results.lines.to_dict("records"):
        style = styles[row["line"]]
        if row["line"] == main:
            casing = LineStyle(PAPER, style.width + 2.2)
            pens.stroke([row["geometry"]], casing, zorder=6, alpha=0.9)
            pens.stroke([row["geometry"]], style, zorder=6.2)
        elif others:
            pens.stroke([row["geometry"]], LineStyle(INK, 1.1, style.dash), zorder=5.8, alpha=0.8)


def _radius_mm(people: Any, crowded: float) -> float:
    if pd.isna(people):
        return 0.7 * crowded
    return float(min(2.6, max(0.75, 0.55 + np.sqrt(float(people)) / 150))) * crowded


def _by_importance(table: pd.DataFrame) -> pd.DataFrame:
    """Put populous places first, those within a zone before others."""
    near = table["zone_m"].notna()
    people = table["population"].astype("Float64").fillna(0.0).astype(float)
    weight = people * np.where(near, 4.0, 1.0) + near * 500.0
    return table.loc[weight.sort_values(ascending=False, kind="stable").index]


def _draw_places(
    paper: Paper, pens: Pens, results: Results, key: str, *, most: int = MOST_NAMES
) -> None:
    """Draw settlements and as many of their names, the important first, as do not overlap."""
    table = dated(results)
    table["population"] = table["population"].where(table["valid"])
    table = _by_importance(table[table["line"] == key])
    left, bottom, right, top = pens.view.frame
    per_mm = (right - left) / pens.rect[2]
    colours = side_colours(results.project, table["side"].dropna())
    forward = pens.view.to_plane()
    x, y = (
        np.atleast_1d(values)
        for values in forward.transform(table["lon"].to_numpy(), table["lat"].to_numpy())
    )
    inside = (x > left) & (x < right) & (y > bottom) & (y < top)
    # many settlements get smaller signs, so that a full map stays legible
    crowded = float(np.clip(np.sqrt(400 / max(inside.sum(), 1)), 0.4, 1.0))
    rows = []
    for row, px, py in zip(table[inside].to_dict("records"), x[inside], y[inside], strict=True):
        radius = _radius_mm(row["population"], crowded)
        _draw_sign(pens, row, (px, py), colours, radius=radius)
        rows.append((row, ((px - left) / per_mm, (py - bottom) / per_mm, radius + 0.3)))
    _draw_names(paper, pens.rect, rows[: most * 2], order=results.project.map.names, most=most)


def _draw_sign(
    pens: Pens,
    row: Mapping[Any, Any],
    at: tuple[float, float],
    colours: Mapping[str, str],
    *,
    radius: float,
) -> None:
    side = "" if pd.isna(row["side"]) else row["side"]
    colour = colours.get(side, SETTLEMENT_OUTSIDE)
    kind = row["population_kind"] if not pd.isna(row["population"]) else ""
    resident = kind == "residents"
    marker = {"registered": "s", "displaced": "^"}.get(kind, "o")
    size = 2 * radius / POINT_MM
    certain = pd.isna(row["side_certain"]) or bool(row["side_certain"])
    pens.sign(
        *at,
        marker=marker,
        markersize=size if marker == "o" else size * 0.88,
        markerfacecolor=colour if resident else PAPER,
        markeredgecolor=INK if resident else ink_on_paper(colour),
        markeredgewidth=0.5 if resident else 1.0,
        alpha=1.0 if certain else 0.75,
        zorder=8,
    )
    if not pd.isna(row["crossed"]) and bool(row["crossed"]):
        pens.sign(*at, marker="x", color=INK, markersize=size + 3.2, mew=0.8, zorder=8.2)


def _draw_names(
    paper: Paper,
    rect: Box,
    rows: Sequence[tuple[Mapping[Any, Any], tuple[float, float, float]]],
    *,
    order: str,
    most: int,
) -> None:
    named = []
    for row, (x, y, radius) in rows:
        names = [str(row[n]) for n in ("name", "name_alt") if not pd.isna(row[n]) and row[n]]
        if order == "name_alt":
            names.reverse()
        names = [textwrap.shorten(paper.shown(one), 34) for one in names[: 1 + (order == "both")]]
        sizes = [paper.size_mm(name, *_type(i)) for i, name in enumerate(names)]
        width = max((w for w, _ in sizes), default=0.0)
        named.append((names, (x, y, radius, width, sum(h for _, h in sizes))))
    furniture = [(0.0, 0.0, 62.0, 11.0), (rect[2] - 14.0, rect[3] - 17.0, rect[2], rect[3])]
    frame = (0.6, 0.6, rect[2] - 0.6, rect[3] - 0.6)
    spots = free_spots((place for _, place in named), frame=frame, taken=furniture)
    placed = [(n, w, s) for (n, w), s in zip(named, spots, strict=True) if s is not None and n]
    for names, (_, _, _, width, height), (left, bottom, align) in placed[:most]:
        x = rect[0] + left + {"left": 0.0, "center": width / 2, "right": width}[align]
        y = rect[1] + bottom + height
        for i, name in enumerate(names):
            size, weight = _type(i)
            colour = MUTED if i else INK
            paper.text(x, y, name, size=size, ha=align, weight=weight, color=colour, halo=1.6)
            y -= size * POINT_MM * 1.22


def _type(number: int) -> tuple[float, str]:
    """Return size and weight of the first and of the second name."""
    return (ALT_PT, "normal") if number else (NAME_PT, "bold")


def _furniture(paper: Paper, pens: Pens) -> None:
    """Draw graticule with its degrees, scale bar and north arrow."""
    left, bottom, right, _ = pens.view.frame
    rect = pens.rect
    mm = rect[2] / (right - left)
    for line in graticule(pens.view):
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


def _draw_scale(paper: Paper, view: View, at: tuple[float, float], mm: float) -> None:
    km, plane_m = scale_bar(view)
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
    turn = np.radians(north_angle(pens.view, frame[2] - 7 * per_mm, frame[3] - 12.5 * per_mm))
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    for half, face in ((-1, INK), (1, PAPER)):
        corners = np.array([(0, 6.0), (half * 2.1, -2.2), (0, -0.6)]) @ spin.T + (x, y)
        paper.shape(corners, facecolor=face, edgecolor=INK, lw=0.6)
    head: dict[str, Any] = {"weight": "bold", "ha": "center", "va": "bottom"}
    paper.text(x, y + 6.6, WORDS["north"], size=7, halo=1.8, **head)


def _regional(paper: Paper, results: Results, detail: View, rect: Box) -> None:
    """Draw the study area and its surroundings, and where the detailed map lies in it."""
    view = view_of(bounds_of(results.study_area), aspect=rect[2] / rect[3], margin=0.25)
    pens = paper.map(rect, view)
    _draw_relief(pens, results)
    newest = _keys(results)[-1]
    colours = side_colours(results.project, results.sides["side"])
    for row in results.sides[results.sides["line"] == newest].to_dict("records"):
        pens.area(row["geometry"], zorder=2, facecolor=colours[row["side"]], alpha=0.3, lw=0)
    pens.stroke(results.study_area.geometry.to_numpy(), LineStyle(INK, 0.6), zorder=4)
    styles = line_styles(results.project)
    for row in results.lines.to_dict("records"):
        style = styles[row["line"]]
        thin = LineStyle(INK, style.width * 0.42, tuple(dash * 0.4 for dash in style.dash))
        pens.stroke([row["geometry"]], thin, zorder=5)
    left, bottom, right, top = detail.frame
    edge = shapely.segmentize(shapely.box(left, bottom, right, top), (right - left) / 40)
    frame = shapely.get_coordinates(between(edge, detail, view))
    pens.path(frame, LineStyle(INK, 0.9), zorder=7)
    for line in graticule(view):
        pens.path(line.xy, LineStyle(INK, 0.25), alpha=0.35, zorder=4.5)
    paper.text(rect[0], rect[1] + rect[3] + 3.6, WORDS["regional_context"], size=7, weight="bold")


def _legend(
    paper: Paper,
    rows: Iterable[LegendRow],
    *,
    x: float,
    y: float,
    width: float,
    columns: int = 1,
) -> None:
    """Write the rows of a legend in columns, each row as high as its text."""
    paper.text(x, y, WORDS["legend"], size=7.6, weight="bold")
    wrapped = [(row, textwrap.wrap(row.text, round((width - 11) / 1.22)) or [""]) for row in rows]
    total = sum(len(lines) for _, lines in wrapped)
    column, used, top = 0, 0, y - 4.6
    for row, lines in wrapped:
        if column < columns - 1 and used + len(lines) > -(-total // columns):
            column, used, top = column + 1, 0, y - 4.6
        left = x + column * width
        _draw_swatch(paper, row, left, top - 1.1)
        for line in lines:
            paper.text(left + 10, top, line, size=6.4)
            top -= 2.75
        top -= 0.75
        used += len(lines)


def _draw_swatch(paper: Paper, row: LegendRow, x: float, y: float) -> None:
    width = 7.5
    if row.kind == "line":
        style = row.line
        dashes = (0, [part / style.width for part in style.dash]) if style.dash else "solid"
        paper.line([x, x + width], [y, y], color=style.colour, lw=style.width, ls=dashes)
    elif row.kind == "sign":
        look = {"markerfacecolor": row.face, "markeredgecolor": row.edge, "markersize": 4.6}
        paper.line([x + width / 2], [y], marker=row.marker, mew=0.8, ls="none", **look)
    else:
        step = width / max(len(row.faces), 1)
        for place, face in enumerate(row.faces):
            paper.box(x + place * step, y - 1.1, step, 2.2, fc=face, ec=row.edge, lw=0.4)


def _chart_sheet(paper: Paper, results: Results) -> None:
    """Draw people against distance, a panel per line, a colour per side, a dash per source."""
    people = results.people if results.profile is None else results.profile
    people = people[people["population"].notna() & (people["kind"] == "cumulative")]
    if people.empty:
        return
    rows = chart_rows(results, list(dict.fromkeys(people["source"])))
    keys = _keys(results)[-3:]
    highest = people["population_high"].fillna(people["population"])
    most = float(highest.max()) * 1.05
    width = (267.0 - 14 * (len(keys) - 1)) / len(keys)
    for place, key in enumerate(keys):
        rect = (24.0 + place * (width + 14), 62.0, width - 8, 116.0)
        axes = paper.axes(rect)
        _draw_curves(axes, people[people["line"] == key], results, rows)
        axes.set(xlim=(0, float(people["distance_m"].max()) / 1000), ylim=(0, most))
        axes.set_xlabel(f"{WORDS['distance']}, {WORDS['km']}")
        axes.yaxis.set_major_formatter(lambda number, _: f"{number:,.0f}")
        axes.grid(visible=True, lw=0.3, color="#D5D5D5")
        axes.spines[["top", "right"]].set_visible(False)
        _panel_title(paper, results, key, rect)
    _legend(paper, rows.values(), x=10.0, y=47.0, width=92.0, columns=3)


def _draw_curves(
    axes: Any, people: pd.DataFrame, results: Results, rows: Mapping[str, LegendRow]
) -> None:
    colours = side_colours(results.project, results.sides["side"])
    columns = ["distance_m", "population", "population_low", "population_high"]
    for (side, source), group in people.groupby(["side", "source"], sort=True):
        own = group.sort_values("distance_m")[columns].to_numpy(dtype=float)
        km, value, low, high = np.vstack([np.zeros(4), own]).T
        style = rows[f"source {source}"].line
        dashes = (0, [part / style.width for part in style.dash]) if style.dash else "solid"
        colour = colours.get(str(side), MUTED)
        axes.plot(km / 1000, value, color=colour, ls=dashes, lw=style.width)
        axes.fill_between(km / 1000, low, high, color=colour, alpha=0.12, lw=0)
