"""The sheets: what each map shows, and the chart of people against distance."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline.export.maps.canvas import Paper, Pens, mark_missing
from frontline.export.maps.furniture import (
    LegendRow,
    arrange_legend,
    draw_furniture,
    draw_legend,
    draw_panel_title,
    draw_wide_legend,
    list_chart_rows,
    list_exposure_rows,
    list_footer,
    list_legend_rows,
    measure_legend,
    write_title,
    write_within,
)
from frontline.export.maps.layout import (
    EDGE,
    POINT_MM,
    MapSign,
    find_page_size,
    lay_out_foot,
    place_panels,
)
from frontline.export.maps.view import (
    Box,
    MapView,
    carry_geometry,
    draw_up_graticule,
    find_aspect,
    find_bounds,
    make_view,
    place_labels,
    project_geometry,
    sample_raster,
)
from frontline.export.web.overlays import FLAT, classify_exposure
from frontline.results.style import (
    CORRIDOR_IN_SIGHT,
    DISTRICT,
    HELD_TINT,
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
)
from frontline.results.wording import add_validity
from frontline.results.words import WORDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.records import RasterResult
    from frontline.results.model import Results


MOST_PANELS = 3
VALUES = ["distance_m", "population", "population_low", "population_high"]


def draw_chart_sheet(paper: Paper, results: Results, foot: float) -> None:
    """Draw what each source says of the people within each distance; the last three lines.

    A figure that a source states for one distance is a sign at that distance, with its range.
    """
    people = results.people if results.profile is None else results.profile
    people = people[people["population"].notna() & (people["kind"] == "cumulative")]
    if people.empty:
        return
    rows = list_chart_rows(results, names=list(dict.fromkeys(people["source"])))
    room = draw_wide_legend(paper, rows=list(rows.values()), foot=foot)
    keys = [str(key) for key in results.lines.sort_values("date", kind="stable")["line"]]
    keys = keys[-MOST_PANELS:]
    highest = people["population_high"].fillna(people["population"])
    limits = {
        "xlim": (0, float(people["distance_m"].max()) / 1000),
        "ylim": (0, float(highest.max()) * 1.05),
    }
    for key, (x, y, width, height) in zip(
        keys, place_panels(len(keys), room=room, aspect=1.6), strict=True
    ):
        rect = (x + 8.0, y + 8.0, width - 11.0, height - 10.0)
        axes = paper.axes(rect)
        _draw_curves(axes, people[people["line"] == key], results, rows)
        axes.set(**limits)
        axes.set_xlabel(f"{WORDS['distance']}, {WORDS['km']}")
        axes.yaxis.set_major_formatter(lambda number, _: f"{number:,.0f}")
        axes.grid(visible=True, lw=0.3, color="#D5D5D5")
        axes.spines[["top", "right"]].set_visible(False)
        draw_panel_title(paper, results=results, key=key, rect=rect)


def _draw_curves(
    axes: Any, people: pd.DataFrame, results: Results, rows: Mapping[str, LegendRow]
) -> None:
    colours = choose_side_colours(results.project, others=results.sides["side"])
    for (side, source), group in people.groupby(["side", "source"], sort=True):
        values = group.sort_values("distance_m")[VALUES].to_numpy(dtype=float)
        row = rows[f"source {source}"]
        colour = colours.get(str(side), MUTED)
        if row.kind == "sign":
            km, value, low, high = values.T
            spread = np.nan_to_num(np.vstack([value - low, high - value]))
            look: dict[str, Any] = {"color": colour, "mec": colour, "mfc": "white", "ms": 4.5}
            axes.errorbar(km / 1000, value, np.maximum(spread, 0), fmt=row.marker, lw=1.0, **look)
            continue
        km, value, low, high = np.vstack([np.zeros(4), values]).T
        style = row.line
        dashes = (0, [part / style.width for part in style.dash]) if style.dash else "solid"
        axes.plot(km / 1000, value, color=colour, ls=dashes, lw=style.width)
        axes.fill_between(km / 1000, low, high, color=colour, alpha=0.12, lw=0)


PICTURE_DPI = 150
"""Dots per inch of the pictures in a map: relief, and what is in sight."""
Place = tuple[Mapping[Any, Any], tuple[float, float, float]]
"""What is known of a place, and where it stands on a map: x, y and radius in millimetres."""
NAME_PT, ALT_PT = 6.3, 5.6
MOST_NAMES = 90
SURELY_NAMED = 12
"""So many of the largest places are named even over the signs of smaller ones."""


def list_sheets(results: Results) -> list[str]:
    """Return the sheets for which the results hold something."""
    sheets = ["map"]
    if len(results.lines) > 1:
        sheets.append("pair")
    if results.sight:
        sheets.append("exposure")
    if len(results.people):
        sheets.append("chart")
    return sheets


def find_sheet_size(results: Results) -> tuple[float, float]:
    """Return width and height of the pages in millimetres: as the project asks, or by its area."""
    return find_page_size(
        results.project.map.orientation, aspect=find_aspect(_find_detail_bounds(results))
    )


def draw_sheet(paper: Paper, *, results: Results, sheet: str, inputs_hash: str) -> None:
    """Draw a sheet: ``map``, ``pair``, ``exposure`` or ``chart``."""
    makers: Mapping[str, Callable[[Paper, Results, float], None]] = {
        "map": _draw_detail_sheet,
        "pair": _draw_pair_sheet,
        "exposure": _draw_exposure_sheet,
        "chart": draw_chart_sheet,
    }
    width, height = paper.page
    title, subtitle = write_title(results, sheet=sheet)
    room = width - 2 * EDGE
    write_within(paper, text=title, at=(EDGE, height - 7), room=(room, 7.0), size=15, weight="bold")
    at = (EDGE, height - 14.6)
    write_within(paper, text=subtitle, at=at, room=(room, 5.6), size=7.6, color=MUTED)
    foot = lay_out_foot(list_footer(results, inputs_hash=inputs_hash), page=paper.page)
    y = foot.top
    for line, size in foot.lines:
        paper.text(EDGE, y, line, size=size, color=INK if size > 6 else MUTED)
        y -= size * POINT_MM * 1.3
    makers[sheet](paper, results, foot.top)


def _draw_detail_sheet(paper: Paper, results: Results, foot: float) -> None:
    width, height = paper.page
    rows = list_legend_rows(results, newest=_list_keys(results)[-1])
    top = height - 22.0
    if width > height:
        rect = (16.0, foot + 7.0, 196.0, top - foot - 7.0)
        region, at, room = (221.0, 140.0, 66.0, 48.0), (221.0, 134.0), 134.0 - foot - 2.0
        columns, wide = arrange_legend(rows, width=66.0), 66.0
    else:
        columns, wide = arrange_legend(rows, width=63.0, columns=2), 63.0
        below = min(max(measure_legend(columns), 48.0), 90.0) + 4.0
        rect = (16.0, foot + below + 6.0, 184.0, top - foot - below - 6.0)
        region, at, room = (142.0, foot + below - 48.0, 58.0, 43.0), (EDGE, foot + below), below - 3
    view = make_view(_find_detail_bounds(results), aspect=rect[2] / rect[3], margin=0.02)
    newest = _list_keys(results)[-1]
    pens = paper.map(rect, view)
    _draw_relief(pens, results)
    _draw_state(pens, results, newest)
    _draw_context(pens, results)
    _draw_lines(pens, results, main=newest)
    _draw_places(paper, pens, results, newest, points=True)
    draw_furniture(paper, pens=pens)
    _draw_region(paper, results, view, region)
    draw_legend(paper, columns=columns, at=at, width=wide, room=room)


def _draw_pair_sheet(paper: Paper, results: Results, foot: float) -> None:
    rows = list_legend_rows(results, newest=_list_keys(results)[-1], corridors=False)
    for key, rect, view in _place_side_by_side(paper, results, rows, foot):
        pens = paper.map(rect, view)
        _draw_relief(pens, results)
        _draw_state(pens, results, key)
        _draw_context(pens, results, corridors=False)
        _draw_lines(pens, results, main=key, others=False)
        _draw_places(paper, pens, results, key, most=40)
        draw_furniture(paper, pens=pens)
        draw_panel_title(paper, results=results, key=key, rect=rect)


def _draw_exposure_sheet(paper: Paper, results: Results, foot: float) -> None:
    for key, rect, view in _place_side_by_side(paper, results, list_exposure_rows(results), foot):
        pens = paper.map(rect, view)
        _draw_relief(pens, results)
        _draw_sight(pens, results, key)
        _draw_zone_edges(pens, results, key)
        _draw_corridor_sight(pens, results, key)
        _draw_lines(pens, results, main=key, others=False)
        _draw_places(paper, pens, results, key, most=40)
        draw_furniture(paper, pens=pens)
        draw_panel_title(paper, results=results, key=key, rect=rect)


def _list_keys(results: Results) -> list[str]:
    """Return the lines' keys, the oldest first."""
    return [str(key) for key in results.lines.sort_values("date", kind="stable")["line"]]


def _place_side_by_side(
    paper: Paper, results: Results, rows: Sequence[LegendRow], foot: float
) -> list[tuple[str, Box, MapView]]:
    """Return line, place and view of each map, the last three lines at most, over a legend."""
    keys, bounds = _list_keys(results)[-3:], _find_detail_bounds(results)
    room = draw_wide_legend(paper, rows=rows, foot=foot)
    frames = place_panels(len(keys), room=room, aspect=find_aspect(bounds))
    return [
        (key, rect, make_view(bounds, aspect=rect[2] / rect[3], margin=0.02))
        for key, rect in zip(keys, frames, strict=True)
    ]


def _find_detail_bounds(results: Results) -> Box:
    """Return what the detailed map shows: the project's extent, or the lines with their zones."""
    extent = results.project.map.extent
    if extent is not None:
        return extent
    return find_bounds(results.zones if len(results.zones) else results.lines)


def _draw_relief(pens: Pens, results: Results) -> None:
    """Draw the shaded relief; the same for every line of one frame, so that it is made once."""
    if results.relief is None:
        return
    relief, pixels = results.relief, _count_pixels(pens)
    picture = results.compute_once(
        f"relief in {pens.view}, {pixels} pixels",
        compute=lambda: _colour_relief(relief, pens.view, pixels),
    )
    pens.picture(picture, zorder=1)


def _colour_relief(relief: RasterResult, view: MapView, pixels: int) -> NDArray[np.uint8]:
    """Turn shade into black and white, more opaque the farther it is from flat ground."""
    shade = np.asarray(relief.bands["shade"], dtype=np.float32) / np.float32(255)
    if "elevation" in relief.bands:
        shade[~np.isfinite(relief.bands["elevation"])] = np.nan
    shade = sample_raster(shade, grid=relief, view=view, pixels=pixels)
    relative = np.nan_to_num(np.clip((shade - FLAT) / FLAT, -1.0, 0.4))
    colours = np.zeros((*relative.shape, 4), dtype=np.uint8)
    colours[..., :3] = np.where(relative > 0, 255, 0)[..., None]
    colours[..., 3] = np.rint(255 * np.minimum(np.abs(relative) * 0.62, 0.6))
    return colours


def _count_pixels(pens: Pens) -> int:
    return round(pens.rect[2] / 25.4 * PICTURE_DPI)


def _draw_state(pens: Pens, results: Results, key: str) -> None:
    """Draw who holds what, and the zones, darker nearer to the line."""
    colours = choose_side_colours(results.project, others=results.sides["side"])
    for row in results.sides[results.sides["line"] == key].to_dict("records"):
        pens.area(row["geometry"], zorder=2, facecolor=colours[row["side"]], alpha=HELD_TINT, lw=0)
    rings = results.zones[(results.zones["line"] == key) & (results.zones["kind"] == "ring")]
    distances = sorted(rings["distance_m"].unique())
    for row in rings.to_dict("records"):
        tints = make_zone_tints(colours[row["side"]], count=len(distances))
        tint = tints[distances.index(row["distance_m"])]
        pens.area(row["geometry"], zorder=3, facecolor=tint, alpha=0.62, lw=0)
    _draw_zone_edges(pens, results, key)


def _draw_zone_edges(pens: Pens, results: Results, key: str) -> None:
    colours = choose_side_colours(results.project, others=results.sides["side"])
    zones = results.zones[(results.zones["line"] == key) & (results.zones["kind"] == "cumulative")]
    for row in zones.to_dict("records"):
        ink = darken_for_paper(colours[row["side"]])
        pens.area(row["geometry"], zorder=3.5, fill=False, edgecolor=ink, lw=0.45, alpha=0.8)


def _draw_sight(pens: Pens, results: Results, key: str) -> None:
    grid = results.sight.get(key)
    if grid is None:
        return
    code, palette = classify_exposure(grid, all_lines=results.sight.values())
    pixels = _count_pixels(pens)
    classes = sample_raster(code, grid=grid, view=pens.view, pixels=pixels, smooth=False)
    pens.picture(palette[classes], zorder=2)


def _draw_corridor_sight(pens: Pens, results: Results, key: str) -> None:
    """Draw the corridors in the zones where some of them is in sight of a line."""
    courses = results.further.get("corridor_sight")
    if courses is None or not hasattr(courses, "geometry"):
        return
    shapes = courses.geometry[(courses["line"] == key) & courses.geometry.notna()].to_numpy()
    casing = LineStyle(PAPER, CORRIDOR_IN_SIGHT.width + 1.4)
    pens.stroke(shapes, casing, zorder=5, alpha=0.9)
    pens.stroke(shapes, CORRIDOR_IN_SIGHT, zorder=5.1)


def _draw_context(pens: Pens, results: Results, *, corridors: bool = True) -> None:
    pens.stroke(results.study_area.geometry.to_numpy(), STUDY_AREA, zorder=4)
    pens.stroke(results.districts.geometry.to_numpy(), DISTRICT, zorder=3.6, alpha=0.5)
    for table in results.partitions.values():
        pens.stroke(table.geometry.to_numpy(), PARTITION, zorder=4)
    if not corridors:
        return
    for row in results.corridors.to_dict("records"):
        style = choose_corridor_style(str(row["kind"]))
        casing = LineStyle(PAPER, style.width + 1.2)
        pens.stroke([row["geometry"]], casing, zorder=5, alpha=0.7)
        pens.stroke([row["geometry"]], style, zorder=5.1)


def _draw_lines(pens: Pens, results: Results, *, main: str, others: bool = True) -> None:
    styles = choose_line_styles(results.project)
    for row in results.lines.to_dict("records"):
        style = styles[row["line"]]
        if row["line"] == main:
            casing = LineStyle(PAPER, style.width + 2.2)
            pens.stroke([row["geometry"]], casing, zorder=6, alpha=0.9)
            pens.stroke([row["geometry"]], style, zorder=6.2)
        elif others:
            pens.stroke([row["geometry"]], LineStyle(INK, 1.1, style.dash), zorder=5.8, alpha=0.8)
    if results.alternative_lines is None:
        return
    thin = choose_alternative_styles(results.project)
    for row in results.alternative_lines.to_dict("records"):
        if row["line"] == main:
            pens.stroke([row["geometry"]], thin[row["line"], row["alternative"]], zorder=6.3)


def _choose_radius_mm(people: Any, crowded: float) -> float:
    if pd.isna(people):
        return 0.7 * crowded
    return float(min(2.6, max(0.75, 0.55 + np.sqrt(float(people)) / 150))) * crowded


def _sort_by_importance(table: pd.DataFrame) -> pd.DataFrame:
    """Put the largest places first; of equal ones, and of unknown ones, those within a zone."""
    people = table["population"].astype("Float64").fillna(0.0).astype(float)
    order = np.lexsort((~table["zone_m"].notna().to_numpy(), -people.to_numpy()))
    return table.iloc[order]


def _draw_places(
    paper: Paper,
    pens: Pens,
    results: Results,
    key: str,
    *,
    most: int = MOST_NAMES,
    points: bool = False,
) -> None:
    """Draw settlements and as many of their names, the important first, as do not overlap.

    Named points come after them, where they are wanted.
    """
    table = add_validity(results.settlements, project=results.project)
    table = _sort_by_importance(table[table["line"] == key])  # however old the figure is
    table["population"] = table["population"].where(table["valid"])
    left, bottom, right, top = pens.view.frame
    per_mm = (right - left) / pens.rect[2]
    colours = choose_side_colours(results.project, others=table["side"].dropna())
    forward = pens.view.to_plane()
    x, y = (
        np.atleast_1d(values)
        for values in forward.transform(table["lon"].to_numpy(), table["lat"].to_numpy())
    )
    inside = (x > left) & (x < right) & (y > bottom) & (y < top)
    # many settlements get smaller signs, so that a full map stays legible
    crowded = float(np.clip(np.sqrt(400 / max(inside.sum(), 1)), 0.4, 1.0))
    rows: list[Place] = []
    signs: list[MapSign] = []
    for row, px, py in zip(table[inside].to_dict("records"), x[inside], y[inside], strict=True):
        radius = _choose_radius_mm(row["population"], crowded)
        signs += _choose_signs(row, (px, py), colours, radius=radius)
        rows.append((row, ((px - left) / per_mm, (py - bottom) / per_mm, radius + 0.3)))
    for marker, zorder in (("o", 8.0), ("^", 8.1), ("s", 8.1), ("x", 8.2)):
        pens.signs([sign for sign in signs if sign.marker == marker], zorder=zorder)
    rows = [*rows[: most * 2], *(_draw_points(pens, results) if points else ())]
    _draw_names(paper, pens.rect, rows, order=results.project.map.names, most=most)


def _draw_points(pens: Pens, results: Results) -> list[Place]:
    """Draw the named points that lie on the map, and return where they stand."""
    left, bottom, right, top = pens.view.frame
    per_mm = (right - left) / pens.rect[2]
    rows: list[Place] = []
    signs = []
    shapes = project_geometry(results.points.geometry.to_numpy(), view=pens.view)
    for row, shape in zip(results.points.to_dict("records"), shapes, strict=True):
        if shape is None or shape.is_empty or shape.geom_type != "Point":
            continue
        x, y = shape.x, shape.y
        if left < x < right and bottom < y < top:
            signs.append(MapSign((x, y), "^", 1.6 / POINT_MM, face=PAPER, edge=INK, width=0.7))
            rows.append((row, ((x - left) / per_mm, (y - bottom) / per_mm, 1.1)))
    pens.signs(signs, zorder=7.5)
    return rows


def _choose_signs(
    row: Mapping[Any, Any], at: tuple[float, float], colours: Mapping[str, str], *, radius: float
) -> list[MapSign]:
    """Return the sign of a settlement, and a cross over it where a line runs through."""
    side = "" if pd.isna(row["side"]) else row["side"]
    colour = colours.get(side, SETTLEMENT_OUTSIDE)
    kind = row["population_kind"] if not pd.isna(row["population"]) else ""
    resident = kind == "residents"
    marker = {"registered": "s", "displaced": "^"}.get(kind, "o")
    size = 2 * radius / POINT_MM
    certain = pd.isna(row["side_certain"]) or bool(row["side_certain"])
    sign = MapSign(
        at,
        marker,
        size if marker == "o" else size * 0.88,
        face=colour if resident else PAPER,
        edge=INK if resident else darken_for_paper(colour),
        width=0.5 if resident else 1.0,
        alpha=1.0 if certain else 0.75,
    )
    if pd.isna(row["crossed"]) or not bool(row["crossed"]):
        return [sign]
    return [sign, MapSign(at, "x", size + 3.2, face=INK, edge=INK, width=0.8)]


def _draw_names(
    paper: Paper,
    rect: Box,
    rows: Sequence[Place],
    *,
    order: str,
    most: int,
) -> None:
    named = []
    for row, (x, y, radius) in rows:
        names = [str(row[n]) for n in ("name", "name_alt") if not pd.isna(row[n]) and row[n]]
        if order == "name_alt":
            names.reverse()
        names = [
            textwrap.shorten(mark_missing(name), 34, placeholder=" …")
            for name in names[: 1 + (order == "both")]
        ]
        sizes = [paper.size_mm(name, *_choose_type(i)) for i, name in enumerate(names)]
        width = max((w for w, _ in sizes), default=0.0)
        named.append((names, (x, y, radius, width, sum(h for _, h in sizes))))
    furniture = [(0.0, 0.0, 62.0, 11.0), (rect[2] - 14.0, rect[3] - 17.0, rect[2], rect[3])]
    frame = (0.6, 0.6, rect[2] - 0.6, rect[3] - 0.6)
    spots = place_labels(
        (place for _, place in named), frame=frame, taken=furniture, surely=SURELY_NAMED
    )
    placed = [(n, w, s) for (n, w), s in zip(named, spots, strict=True) if s is not None and n]
    for names, (_, _, _, width, height), (left, bottom, align) in placed[:most]:
        x = rect[0] + left + {"left": 0.0, "center": width / 2, "right": width}[align]
        y = rect[1] + bottom + height
        for i, name in enumerate(names):
            size, weight = _choose_type(i)
            colour = MUTED if i else INK
            paper.text(x, y, name, size=size, ha=align, weight=weight, color=colour, halo=1.6)
            y -= size * POINT_MM * 1.22


def _choose_type(number: int) -> tuple[float, str]:
    """Return size and weight of the first and of the second name."""
    return (ALT_PT, "normal") if number else (NAME_PT, "bold")


def _draw_region(paper: Paper, results: Results, detail: MapView, rect: Box) -> None:
    """Draw the study area and its surroundings, and where the detailed map lies in it."""
    view = make_view(find_bounds(results.study_area), aspect=rect[2] / rect[3], margin=0.25)
    pens = paper.map(rect, view)
    _draw_relief(pens, results)
    newest = _list_keys(results)[-1]
    colours = choose_side_colours(results.project, others=results.sides["side"])
    for row in results.sides[results.sides["line"] == newest].to_dict("records"):
        pens.area(row["geometry"], zorder=2, facecolor=colours[row["side"]], alpha=0.3, lw=0)
    pens.stroke(results.study_area.geometry.to_numpy(), LineStyle(INK, 0.6), zorder=4)
    styles = choose_line_styles(results.project)
    for row in results.lines.to_dict("records"):
        style = styles[row["line"]]
        thin = LineStyle(INK, style.width * 0.42, tuple(dash * 0.4 for dash in style.dash))
        pens.stroke([row["geometry"]], thin, zorder=5)
    left, bottom, right, top = detail.frame
    edge = shapely.segmentize(shapely.box(left, bottom, right, top), (right - left) / 40)
    frame = shapely.get_coordinates(carry_geometry(edge, one=detail, other=view))
    pens.path(frame, LineStyle(INK, 0.9), zorder=7)
    for line in draw_up_graticule(view):
        pens.path(line.xy, LineStyle(INK, 0.25), alpha=0.35, zorder=4.5)
    paper.text(rect[0], rect[1] + rect[3] + 3.6, WORDS["regional_context"], size=7, weight="bold")
