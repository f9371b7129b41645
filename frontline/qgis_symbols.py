"""Symbols and rules as QGIS knows them: strokes, fills, markers, and what they stand for."""

from __future__ import annotations

from dataclasses import dataclass

from frontline.symbols import LineStyle

MM_PER_POINT = 25.4 / 72


@dataclass(frozen=True)
class Symbol:
    """A symbol: its `kind` (``marker``, ``line`` or ``fill``) and its layers, bottom first.

    Each layer is the class of a QGIS symbol layer and its properties; the property ``size``
    of a marker may be an expression, which starts with ``=``.
    """

    kind: str
    layers: tuple[tuple[str, dict[str, str]], ...]


@dataclass(frozen=True)
class Rule:
    """A rule of the renderer; a rule without a symbol is a heading over its children."""

    label: str
    filter: str = ""
    symbol: Symbol | None = None
    children: tuple[Rule, ...] = ()
    shown: bool = True


def quoted(value: str) -> str:
    """Quote text for a QGIS expression."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def rgba(colour: str, alpha: float = 1.0) -> str:
    """Give a colour and its opacity as QGIS writes them: four numbers from 0 to 255."""
    parts = (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))
    return ",".join(str(part) for part in (*parts, round(alpha * 255)))


def stroke(style: LineStyle) -> Symbol:
    """Draw a line, dashed as the style says."""
    properties = {
        "line_color": rgba(style.colour),
        "line_width": f"{style.width * MM_PER_POINT:.2f}",
        "line_width_unit": "MM",
        "capstyle": "flat" if style.dash else "round",
        "joinstyle": "round",
    }
    if style.dash:
        properties |= {
            "use_custom_dash": "1",
            "customdash": ";".join(f"{part * MM_PER_POINT:.2f}" for part in style.dash),
            "customdash_unit": "MM",
        }
    return Symbol("line", (("SimpleLine", properties),))


def outline(style: LineStyle) -> Symbol:
    """Draw the edge of an area only."""
    return Symbol("fill", (("SimpleLine", stroke(style).layers[0][1]),))


def fill(colour: str, *, alpha: float = 1.0, edge: str = "", style: str = "solid") -> Symbol:
    """Fill an area with a colour or a pattern of QGIS, with an edge where one is given."""
    properties = {
        "color": rgba(colour, alpha),
        "style": style,
        "outline_style": "solid" if edge else "no",
        "outline_color": rgba(edge or colour),
        "outline_width": "0.2",
        "outline_width_unit": "MM",
    }
    return Symbol("fill", (("SimpleFill", properties),))


def marker(name: str, *, fill: str, edge: str, size: str, width: str = "0.3") -> Symbol:
    """Draw a shape of QGIS at a point; `size` in millimetres may be an expression."""
    properties = {
        "name": name,
        "color": fill,
        "outline_color": edge,
        "outline_width": width,
        "outline_width_unit": "MM",
        "size": size,
        "size_unit": "MM",
    }
    return Symbol("marker", (("SimpleMarker", properties),))
