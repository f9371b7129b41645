"""The paper of a map: its size, fonts, pens and plain style."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import shapely
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.markers import MarkerStyle
from matplotlib.patches import PathPatch, Polygon, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import Stroke

from frontline.export.maps.layout import POINT_MM, MapSign
from frontline.export.maps.view import Box, MapView, project_geometry
from frontline.results.style import INK, PAPER, LineStyle

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


DPI = 200
FONT = "DejaVu Sans"
"""Comes with matplotlib, so that every machine draws the same letters."""


def use_plain_style() -> Any:
    """Return a context without the user's own settings of matplotlib."""
    style: dict[Any, Any] = {k: v for k, v in mpl.rcParamsDefault.items() if k != "backend"}
    style |= {"font.family": [FONT], "font.size": 7.0, "axes.linewidth": 0.6, "pdf.fonttype": 42}
    return mpl.rc_context(style)


@cache
def mark_missing(text: str) -> str:
    """Return text on one line in which letters that the font lacks are marked as missing."""
    font = get_font(findfont(FontProperties(family=FONT)))
    flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return "".join(c if c == " " or font.get_char_index(ord(c)) else "\ufffd" for c in flat)


@cache
def _measure_width_mm(text: str, size: float, weight: str) -> float:
    """Measure a line of text; names and legends come again on every sheet."""
    renderer: Any = RendererAgg(1, 1, DPI)  # type: ignore[no-untyped-call]
    font = FontProperties(family=FONT, size=size, weight=weight)
    width, _, _ = renderer.get_text_width_height_descent(text, font, ismath=False)
    return float(width) / DPI * 25.4


@dataclass(frozen=True)
class Paper:
    """A sheet and the axes over all of it, whose units are millimetres from the lower left."""

    figure: Figure
    over: Axes
    page: tuple[float, float]

    def text(
        self, x: float, y: float, text: str, *, size: float, halo: float = 0.0, **more: Any
    ) -> None:
        """Write at a place of the sheet, `y` its top; the text is never read as a formula."""
        look: dict[str, Any] = {"va": "top", "color": INK, **more}
        place: dict[str, Any] = {"x": x, "y": y, "s": mark_missing(text), "fontsize": size}
        if halo:  # by itself: with its halo in one, a text in a PDF could not be searched for
            edge = Stroke(linewidth=halo, foreground=PAPER, alpha=0.9)
            self.over.text(**place, parse_math=False, path_effects=[edge], **look)
        self.over.text(**place, parse_math=False, **look)

    def size_mm(self, text: str, size: float, weight: str = "normal") -> tuple[float, float]:
        """Return width and height of a line of text."""
        return _measure_width_mm(mark_missing(text), size, weight), size * POINT_MM * 1.22

    def box(self, x: float, y: float, width: float, height: float, **look: Any) -> None:
        """Draw a rectangle from its lower left corner."""
        self.over.add_patch(Rectangle((x, y), width, height, **look))

    def shape(self, corners: NDArray[np.float64], **look: Any) -> None:
        """Draw a polygon of corners in millimetres, shape ``(n, 2)``."""
        self.over.add_patch(Polygon(corners, **look))

    def line(self, x: Iterable[float], y: Iterable[float], **look: Any) -> None:
        """Draw a line or signs in millimetres."""
        self.over.plot(list(x), list(y), **look)

    def axes(self, rect: Box) -> Axes:
        """Add axes at left, bottom, width, height in millimetres."""
        x, y, width, height = rect
        wide, high = self.page
        return self.figure.add_axes((x / wide, y / high, width / wide, height / high))

    def map(self, rect: Box, view: MapView) -> Pens:
        """Add the frame of a map."""
        axes = self.axes(rect)
        left, bottom, right, top = view.frame
        axes.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[], facecolor="#F4F2EC")
        for spine in axes.spines.values():
            spine.set(linewidth=0.8, color=INK, zorder=20)
        return Pens(axes, view, rect)


@dataclass(frozen=True)
class Pens:
    """A map in its frame `rect` (millimetres) and what draws on it, geometry in degrees."""

    axes: Axes
    view: MapView
    rect: Box

    def area(self, geometry: Any, **look: Any) -> None:
        """Fill a polygon, with its holes."""
        path = _make_path(project_geometry(geometry, view=self.view))
        if path is not None:
            # add_patch would look for the bounds of every path, which nobody asks for here
            self.axes.add_artist(PathPatch(path, **look))

    def stroke(self, geometries: Any, style: LineStyle, **more: Any) -> None:
        """Draw lines, or the edges of polygons."""
        for shape in project_geometry(geometries, view=self.view):
            rings = shapely.boundary(shape) if shape.geom_type.endswith("Polygon") else shape
            for part in shapely.get_parts(rings):
                self.path(shapely.get_coordinates(part), style, **more)

    def path(self, xy: NDArray[np.float64], style: LineStyle, **more: Any) -> None:
        """Draw a line of the plane, shape ``(n, 2)`` in metres."""
        dashes: Any = (0, [part / style.width for part in style.dash]) if style.dash else "solid"
        look: dict[str, Any] = {"color": style.colour, "lw": style.width, "ls": dashes, **more}
        look |= {"solid_capstyle": "round", "dash_capstyle": "butt", "solid_joinstyle": "round"}
        self.axes.plot(*xy.T, scalex=False, scaley=False, **look)

    def picture(self, colours: NDArray[np.uint8], *, zorder: float) -> None:
        """Lay a picture (red, green, blue, opacity) over the whole frame."""
        left, bottom, right, top = self.view.frame
        look: dict[str, Any] = {"origin": "upper", "interpolation": "nearest", "aspect": "auto"}
        self.axes.imshow(colours, extent=(left, right, bottom, top), zorder=zorder, **look)

    def signs(self, signs: Sequence[MapSign], *, zorder: float) -> None:
        """Put signs of one shape on the map, all at once: there can be thousands."""
        if not signs:
            return
        look: dict[str, Any] = {
            "marker": signs[0].marker,
            "linewidths": [sign.width for sign in signs],
        }
        edges = [to_rgba(sign.edge, sign.alpha) for sign in signs]
        faces = [to_rgba(sign.face, sign.alpha) for sign in signs]
        # A cross is all edge.
        filled = MarkerStyle(signs[0].marker).is_filled()
        look |= {"facecolors": faces, "edgecolors": edges} if filled else {"color": edges}
        x, y = np.array([sign.at for sign in signs]).T
        self.axes.scatter(x, y, [sign.size**2 for sign in signs], zorder=zorder, **look)


def _make_path(geometry: Any) -> Path | None:
    """Return a polygon, with its holes, as one path."""
    rings = [
        shapely.get_coordinates(ring)
        for part in shapely.get_parts(geometry)
        if part.geom_type == "Polygon" and not part.is_empty
        for ring in (part.exterior, *part.interiors)
    ]
    rings = [ring for ring in rings if np.isfinite(ring).all()]
    return Path.make_compound_path(*(Path(ring, closed=True) for ring in rings)) if rings else None
