"""Charts as small drawings (SVG) that stand in a page: lines, dots with boxes, bars.

Pure: numbers and texts in, markup out. Axes and texts take their colours from the page's style,
so that the same drawing serves light, dark and paper.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from frontline.results.style import INK, MUTED

WIDTH = 720.0
FAINT = "#DEDAD1"
"""Of grids, for programs that do not apply the page's style to a drawing."""
Place = Callable[[float, float], tuple[float, float]]
"""Carries values to a place in the drawing."""


@dataclass(frozen=True)
class ChartCurve:
    """One line of a chart: `y` at `x`, and the band from `low` to `high` (NaN: none)."""

    label: str
    colour: str
    dashed: bool
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


@dataclass(frozen=True)
class ChartPanel:
    """One frame with curves that share its axes; `empty` is written where there is none."""

    title: str
    curves: tuple[ChartCurve, ...]
    empty: str = ""


@dataclass(frozen=True)
class ChartStrip:
    """Values of one group, drawn as dots along an axis; `hollow` for the older of two."""

    label: str
    remark: str
    colour: str
    hollow: bool
    values: Sequence[float]


@dataclass(frozen=True)
class ChartBar:
    """One bar: parts of a whole of 1, each with colour, and what stands beside it."""

    label: str
    parts: tuple[tuple[float, str], ...]
    remark: str
    hollow: bool = False


def draw_curves(panels: Sequence[ChartPanel], *, title: str, about: str, x_label: str) -> Markup:
    """Draw panels side by side, two in a row, with one scale for all.

    Parameters
    ----------
    panels
        From left to right; those without a curve are drawn empty.
    title, about
        Read out in place of the drawing.
    x_label
        Under each panel.
    """
    curves = [curve for panel in panels for curve in panel.curves]
    if not curves:
        return Markup()
    farthest = max(max(curve.x) for curve in curves)
    highest = max(_find_highest(curve) for curve in curves)
    columns = min(len(panels), 2)
    width, height = WIDTH / columns, 250.0
    parts = []
    for number, panel in enumerate(panels):
        at = (number % columns * width, number // columns * height)
        parts.append(_draw_panel(panel, at, (width, height), (farthest, highest), x_label))
    rows = math.ceil(len(panels) / columns)
    return _wrap_drawing(title, about, WIDTH, rows * height, parts)


def _draw_panel(
    panel: ChartPanel,
    at: tuple[float, float],
    size: tuple[float, float],
    largest: tuple[float, float],
    x_label: str,
) -> Markup:
    left, top = at[0] + 52.0, at[1] + 30.0
    width, height = size[0] - 52.0 - 74.0, size[1] - 30.0 - 44.0
    x_ticks, y_ticks = choose_ticks(largest[0]), choose_ticks(largest[1])

    def place(x: float, y: float) -> tuple[float, float]:
        return left + width * x / x_ticks[-1], top + height * (1 - y / y_ticks[-1])

    parts = [_write_word(at[0] + 6, at[1] + 16, panel.title, class_="strong")]
    for value in y_ticks:
        y = place(0, value)[1]
        parts.append(_draw_line([(left, y), (left + width, y)], class_="grid"))
        parts.append(_write_word(left - 6, y + 4, _write_tick(value), class_="tick", anchor="end"))
    for value in x_ticks:
        x = place(value, 0)[0]
        parts.append(
            _write_word(x, top + height + 15, _write_tick(value), class_="tick", anchor="middle")
        )
    middle = left + width / 2
    parts.append(_write_word(middle, top + height + 32, x_label, class_="tick", anchor="middle"))
    if not panel.curves:
        parts.append(
            _write_word(middle, top + height / 2, panel.empty, class_="tick", anchor="middle")
        )
    for curve in panel.curves:
        parts += [_draw_band(curve, place), _draw_curve(curve, place)]
    return Markup("").join([*parts, *_label_ends(panel.curves, place, left + width)])


def _label_ends(curves: Sequence[ChartCurve], place: Place, right: float) -> list[Markup]:
    """Write each curve's name at its end, apart from the others."""
    ends = []
    for curve in curves:
        points = [(x, y) for x, y in zip(curve.x, curve.y, strict=True) if math.isfinite(y)]
        if points:
            ends.append((place(*points[-1])[1], curve))
    ends.sort(key=lambda end: (end[0], end[1].label))
    parts, last = [], -math.inf
    for y, curve in ends:
        last = max(y, last + 14.0)
        parts.append(_write_word(right + 5, last + 4, curve.label, class_="tick"))
    return parts


def _draw_band(curve: ChartCurve, place: Place) -> Markup:
    points = [
        (x, low, high)
        for x, low, high in zip(curve.x, curve.low, curve.high, strict=True)
        if math.isfinite(low) and math.isfinite(high)
    ]
    if len(points) < 2:
        return Markup()
    over = [place(x, high) for x, _, high in points]
    under = [place(x, low) for x, low, _ in reversed(points)]
    return _make_tag(
        "path", d=_write_path([*over, *under]) + "Z", fill=curve.colour, fill_opacity=0.16
    )


def _draw_curve(curve: ChartCurve, place: Place) -> Markup:
    points = [(x, y) for x, y in zip(curve.x, curve.y, strict=True) if math.isfinite(y)]
    if not points:
        return Markup()
    return _make_tag(
        "path",
        d=_write_path([place(x, y) for x, y in points]),
        fill="none",
        stroke=curve.colour,
        stroke_width=2.2,
        stroke_dasharray="6 4" if curve.dashed else "none",
    )


def _find_highest(curve: ChartCurve) -> float:
    values = [value for value in (*curve.y, *curve.high) if math.isfinite(value)]
    return max(values, default=0.0)


def draw_strips(rows: Sequence[ChartStrip], *, title: str, about: str, x_label: str) -> Markup:
    """Draw a row of dots per group, with a box of its middle half and a bar at its median."""
    rows = [row for row in rows if len(row.values)]
    if not rows:
        return Markup()
    left, height, each = 190.0, 26.0 + 40.0, 46.0
    width = WIDTH - left - 18.0
    marks = choose_ticks(max(max(row.values) for row in rows))
    scale = width / marks[-1]
    bottom = 12.0 + each * len(rows)
    parts = []
    for value in marks:
        x = left + value * scale
        parts.append(_draw_line([(x, 8), (x, bottom)], class_="grid"))
        parts.append(
            _write_word(x, bottom + 16, _write_tick(value), class_="tick", anchor="middle")
        )
    parts.append(
        _write_word(left + width / 2, bottom + 34, x_label, class_="tick", anchor="middle")
    )
    for number, row in enumerate(rows):
        parts += _draw_strip(row, left, 12.0 + each * (number + 0.5), scale)
    return _wrap_drawing(title, about, WIDTH, bottom - 26.0 + height, parts)


def _draw_strip(row: ChartStrip, left: float, middle: float, scale: float) -> list[Markup]:
    first, median, third = (left + scale * float(q) for q in find_quartiles(row.values))
    parts = [
        _write_word(6, middle - 3, row.label, class_="strong"),
        _write_word(6, middle + 12, row.remark, class_="tick"),
    ]
    box = [
        _make_tag(
            "rect",
            x=_write_coordinate(first),
            y=_write_coordinate(middle - 13),
            width=_write_coordinate(max(third - first, 1.0)),
            height=26,
            rx=3,
            fill=row.colour,
            fill_opacity=0.14 if row.hollow else 0.3,
        ),
        _draw_line([(median, middle - 15), (median, middle + 15)], class_="median"),
    ]
    parts += box if len(row.values) >= FEWEST_OF_QUARTILES else []
    for number, value in enumerate(sorted(row.values)):
        at = {
            "cx": _write_coordinate(left + scale * value),
            "cy": _write_coordinate(middle + (-6, 0, 6, -3, 3)[number % 5]),
        }
        fill = "none" if row.hollow else row.colour
        parts.append(
            _make_tag("circle", **at, r=2.8, stroke=row.colour, fill=fill, fill_opacity=0.75)
        )
    return parts


def draw_bars(rows: Sequence[ChartBar], *, title: str, about: str, label: float = 190.0) -> Markup:
    """Draw a bar per row, with its parts one after another and a remark at its end."""
    if not rows:
        return Markup()
    each, tail = 24.0, 132.0
    width = WIDTH - label - tail
    parts = []
    for number, row in enumerate(rows):
        y, x = 6.0 + each * number, label
        parts.append(_write_word(label - 10, y + 13, row.label, class_="tick", anchor="end"))
        parts.append(_draw_box(label, y, width, class_="track", fill=FAINT))
        for share, colour in row.parts:
            opacity = 0.45 if row.hollow else 0.9
            parts.append(_draw_box(x, y, width * share, fill=colour, fill_opacity=opacity))
            x += width * share
        parts.append(_write_word(label + width + 8, y + 13, row.remark, class_="tick"))
    return _wrap_drawing(title, about, WIDTH, 12.0 + each * len(rows), parts)


FEWEST_OF_QUARTILES = 4
"""Fewer values are drawn as points alone."""


def find_quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the values that a quarter, half and three quarters of them do not exceed."""
    first, median, third = np.percentile(np.asarray(values, dtype=np.float64), [25.0, 50.0, 75.0])
    return float(first), float(median), float(third)


def choose_ticks(highest: float, *, most: int = 6) -> list[float]:
    """Return round numbers from 0 to the first that is at least `highest`."""
    if not highest > 0:
        return [0.0, 1.0]
    rough = highest / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= rough)
    count = math.ceil(highest / step - 1e-9)
    return [round(step * number, 12) for number in range(count + 1)]


def _write_tick(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.10g}"


def _wrap_drawing(
    title: str, about: str, width: float, height: float, parts: Sequence[Markup]
) -> Markup:
    texts = [_make_tag("title", title), _make_tag("desc", about)]
    box = f"0 0 {_write_coordinate(width)} {_write_coordinate(height)}"
    return _make_tag("svg", *texts, *parts, viewBox=box, role="img", aria_label=f"{title}. {about}")


def _write_word(x: float, y: float, words: str, *, class_: str, anchor: str = "start") -> Markup:
    size, ink = (13, INK) if class_ == "strong" else (11.5, MUTED)
    looks = {"font_family": "sans-serif", "fill": ink, "text_anchor": anchor}
    return _make_tag(
        "text",
        words,
        x=_write_coordinate(x),
        y=_write_coordinate(y),
        class_=class_,
        font_size=size,
        **looks,
    )


def _draw_line(points: Sequence[tuple[float, float]], *, class_: str) -> Markup:
    ink = INK if class_ == "median" else FAINT
    return _make_tag("path", d=_write_path(points), class_=class_, fill="none", stroke=ink)


def _draw_box(x: float, y: float, width: float, **looks: str | float) -> Markup:
    return _make_tag(
        "rect",
        x=_write_coordinate(x),
        y=_write_coordinate(y),
        width=_write_coordinate(max(width, 0.0)),
        height=17,
        **looks,
    )


def _write_path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{_write_coordinate(x)} {_write_coordinate(y)}" for x, y in points)


def _write_coordinate(value: float) -> str:
    """Write a coordinate shortly, the same on every machine."""
    return f"{round(value, 1) + 0.0:g}" if abs(value) < 1e5 else f"{value:.0f}"


def _make_tag(name: str, *inside: str, **attributes: str | float) -> Markup:
    """Make an element of a drawing: an underscore stands for a hyphen, one at the end is dropped.

    Text inside is escaped; what this function made is not escaped again.
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), value)
        for key, value in attributes.items()
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, Markup("").join(inside))
