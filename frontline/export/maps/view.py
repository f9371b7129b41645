"""A view of the map on paper: its projection, frame, graticule, scale, and places for names.

Pure geometry: numbers in, numbers out; nothing is drawn here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import Geod, Transformer

from frontline.geo.antimeridian import find_longitude_gap
from frontline.raster.io import warp_array

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from frontline.records import RasterResult


GEOD = Geod(ellps="WGS84")
Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""


@dataclass(frozen=True)
class MapView:
    """A rectangle of a conformal plane (oblique stereographic) round the middle of what is shown.

    Parameters
    ----------
    frame
        Left, bottom, right, top in metres of the plane; (0, 0) is its middle.
    lon, lat
        The middle, in degrees.
    """

    frame: Box
    lon: float
    lat: float

    def crs(self) -> str:
        """Return the plane's coordinate reference system, as pyproj reads it."""
        return f"+proj=stere +lat_0={self.lat:.6f} +lon_0={self.lon:.6f} +datum=WGS84 +units=m"

    def to_plane(self) -> Transformer:
        """Return the transformer from longitude and latitude to the plane."""
        return _make_transformer("EPSG:4326", self.crs())


@cache
def _make_transformer(start: str, end: str) -> Transformer:
    """Return a transformer; made once, for the making takes longer than most of its uses."""
    return Transformer.from_crs(start, end, always_xy=True)


def make_view(bounds: Box, *, aspect: float, margin: float = 0.05) -> MapView:
    """Return the view that shows bounds in degrees in a frame of a given shape.

    Parameters
    ----------
    bounds
        West, south, east, north; east less than west means across the antimeridian.
    aspect
        Width over height of the frame.
    margin
        Free space on each side, as a share of the size.
    """
    view = _turn_around(bounds)
    left, bottom, right, top = view.frame
    width, height = (right - left) * (1 + 2 * margin), (top - bottom) * (1 + 2 * margin)
    width, height = max(width, height * aspect), max(height, width / aspect)
    cx, cy = (left + right) / 2, (bottom + top) / 2
    frame = (cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2)
    return MapView(frame, view.lon, view.lat)


def find_aspect(bounds: Box) -> float:
    """Return width over height of bounds in degrees, on the plane."""
    left, bottom, right, top = _turn_around(bounds).frame
    return (right - left) / max(top - bottom, 1e-9)


def _turn_around(bounds: Box) -> MapView:
    """Return the smallest view that holds bounds in degrees."""
    west, south, east, north = bounds
    if east < west:
        east += 360.0
    view = MapView((0, 0, 0, 0), _normalize_longitude((west + east) / 2), (south + north) / 2)
    edge = shapely.segmentize(shapely.box(west, south, east, north), 0.5)
    x, y = view.to_plane().transform(*shapely.get_coordinates(edge).T)
    return MapView((min(x), min(y), max(x), max(y)), view.lon, view.lat)


def find_bounds(table: gpd.GeoDataFrame) -> Box:
    """Return west, south, east, north; east is less than west across the antimeridian.

    What lies all round a pole has the bounds -180 and 180.
    """
    west, south, east, north = (float(value) for value in table.total_bounds)
    gap = find_longitude_gap(table.geometry.to_numpy())
    return (west, south, east, north) if gap is None else (gap[1], south, gap[0], north)


def _normalize_longitude(lon: float) -> float:
    return (lon + 180.0) % 360.0 - 180.0


def project_geometry(geometries: Any, *, view: MapView) -> Any:
    """Project geometry in degrees to the plane of the view, in pieces short enough to bend."""
    forward = view.to_plane()

    def to_plane(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = forward.transform(xy[:, 0], xy[:, 1])
        return np.column_stack([x, y])

    dense = shapely.segmentize(np.asarray(geometries, dtype=object), 0.1)
    return shapely.transform(dense, to_plane)


def carry_geometry(shape: Any, *, one: MapView, other: MapView) -> Any:
    """Carry geometry from the plane of one view to that of another."""
    transformer = _make_transformer(one.crs(), other.crs())
    return shapely.transform(shape, lambda xy: np.column_stack(transformer.transform(*xy.T)))


def sample_raster(
    values: NDArray[Any], *, grid: RasterResult, view: MapView, pixels: int, smooth: bool = True
) -> NDArray[Any]:
    """Reproject a raster to the frame of a view, `pixels` wide, row 0 at the top.

    Parameters
    ----------
    values, grid
        Array and what gives its transform and CRS, as in `warp_array`.
    view
        The frame wanted.
    pixels
        Width of the picture.
    smooth
        Interpolate between cells; otherwise the value of the nearest one.
    """
    left, bottom, right, top = view.frame
    rows = max(round(pixels * (top - bottom) / (right - left)), 1)
    onto = ((right - left) / pixels, 0.0, left, 0.0, (bottom - top) / rows, top)
    return warp_array(
        values,
        transform=grid.transform,
        crs=grid.crs,
        onto=onto,
        onto_crs=view.crs(),
        shape=(rows, pixels),
        smooth=smooth,
    )


def choose_degree_step(span: float) -> float:
    """Return a round step of the graticule that gives about five lines over `span` degrees."""
    steps = (1 / 60, 1 / 30, 1 / 12, 1 / 6, 0.25, 0.5, 1, 2, 5, 10, 20)
    return next((step for step in steps if span / step <= 6), 30.0)


def write_degrees(value: float, *, axis: str) -> str:
    """Return a coordinate as it stands at the edge of a map, for example ``46°30′E``."""
    letter = {"lon": "EW", "lat": "NS"}[axis][int(value < 0)]
    minutes = round(abs(value) * 60)
    rest = f"{minutes % 60:02d}′" if minutes % 60 else ""
    return f"{minutes // 60}°{rest}{letter if minutes else ''}"


@dataclass(frozen=True)
class GridLine:
    """A line of the graticule in the plane, and where it meets the frame's labelled edge."""

    xy: NDArray[np.float64]
    text: str
    at: tuple[float, float] | None
    axis: str


def draw_up_graticule(view: MapView) -> list[GridLine]:
    """Return meridians, labelled at the bottom, and parallels, labelled at the left."""
    left, bottom, right, top = view.frame
    back = _make_transformer(view.crs(), "EPSG:4326")
    x, y = np.linspace(left, right, 50), np.linspace(bottom, top, 50)
    lon, lat = back.transform(*np.meshgrid(x, y))
    lon = view.lon + (lon - view.lon + 180.0) % 360.0 - 180.0
    south, north, west, east = lat.min(), lat.max(), lon.min(), lon.max()
    frame = shapely.box(left, bottom, right, top)
    lines: list[GridLine] = []
    for axis, low, high in (("lon", west, east), ("lat", south, north)):
        step = choose_degree_step(min(high - low, 180.0))
        for value in np.arange(math.ceil(low / step), math.floor(high / step) + 1) * step:
            ends = [(value, max(south, -89)), (value, min(north, 89))]
            if axis == "lat":
                ends = [(west, value), (east, value)]
            line = project_geometry([shapely.LineString(ends)], view=view)[0]
            inside = shapely.intersection(line, frame)
            if inside.is_empty:
                continue
            text = write_degrees(_normalize_longitude(value) if axis == "lon" else value, axis=axis)
            at = _find_edge_point(line, view.frame, axis)
            parts = shapely.get_parts(inside)
            lines += [GridLine(shapely.get_coordinates(part), text, at, axis) for part in parts]
    return lines


def _find_edge_point(line: Any, frame: Box, axis: str) -> tuple[float, float] | None:
    left, bottom, right, top = frame
    corners = [(left, bottom), (right, bottom)] if axis == "lon" else [(left, bottom), (left, top)]
    cut = shapely.intersection(line, shapely.LineString(corners))
    points = [part for part in shapely.get_parts(cut) if part.geom_type == "Point"]
    return (points[0].x, points[0].y) if points else None


def choose_scale_bar(view: MapView) -> tuple[float, float]:
    """Return the length of a round bar about a fifth of the frame: (kilometres, plane metres).

    The bar is true at the map's middle latitude: its length is measured on the ellipsoid.
    """
    left, bottom, right, top = view.frame
    back = _make_transformer(view.crs(), "EPSG:4326")
    middle = (bottom + top) / 2
    points = back.transform(np.linspace(left, right, 101), np.full(101, middle))
    true_m = GEOD.line_length(*points)
    target = true_m / 5
    power = 10.0 ** math.floor(math.log10(target))
    length = max(step * power for step in (1, 2, 5) if step * power <= target)
    return length / 1000, length * (right - left) / true_m


def find_north(view: MapView, *, x: float, y: float) -> float:
    """Return the direction of true north at a point of the plane, degrees clockwise from up."""
    back = _make_transformer(view.crs(), "EPSG:4326")
    lon, lat = back.transform(x, y)
    to_x, to_y = view.to_plane().transform(lon, min(lat + 0.01, 90.0))
    return math.degrees(math.atan2(to_x - x, to_y - y))


def place_labels(
    labels: Iterable[tuple[float, float, float, float, float]],
    *,
    frame: Box,
    taken: Sequence[Box] = (),
    surely: int = 0,
) -> list[tuple[float, float, str] | None]:
    """Place names beside their points so that none lies over another or over a symbol.

    Parameters
    ----------
    labels
        ``x, y, radius, width, height`` of each point and its name, the most important first.
    frame
        What the names must stay inside.
    taken
        Boxes that must stay free.
    surely
        So many of the first may lie over symbols of those after them, where there is no other
        room: a city among villages is named before a village by itself.

    Returns
    -------
    For each name its lower left corner and its alignment (``left``, ``center``, ``right``),
    or None where there is no room.
    """
    points = list(labels)
    symbols = [(x - r, y - r, x + r, y + r) for x, y, r, _, _ in points]
    boxes = list(taken)
    spots: list[tuple[float, float, str] | None] = []
    for number, (x, y, r, width, height) in enumerate(points):
        before = [*boxes, *symbols[:number]]
        tries = [[*before, *symbols[number + 1 :]], *([before] if number < surely else [])]
        spots_of_name = list(_list_candidates(x, y, r, width, height))
        spot = next(
            (spot for others in tries for spot in spots_of_name if _fits(spot, frame, others)),
            None,
        )
        if spot is None:
            spots.append(None)
            continue
        box, align = spot
        boxes.append(box)
        spots.append((box[0], box[1], align))
    return spots


def _list_candidates(
    x: float, y: float, r: float, width: float, height: float
) -> Iterable[tuple[Box, str]]:
    gap = r * 0.35
    corner = r * 0.75
    for left, bottom, align in (
        (x + r + gap, y - height / 2, "left"),
        (x - r - gap - width, y - height / 2, "right"),
        (x + corner, y + corner, "left"),
        (x + corner, y - corner - height, "left"),
        (x - corner - width, y + corner, "right"),
        (x - corner - width, y - corner - height, "right"),
        (x - width / 2, y + r + gap, "center"),
        (x - width / 2, y - r - gap - height, "center"),
    ):
        yield (left, bottom, left + width, bottom + height), align


def _fits(spot: tuple[Box, str], frame: Box, others: Sequence[Box]) -> bool:
    left, bottom, right, top = spot[0]
    if left < frame[0] or bottom < frame[1] or right > frame[2] or top > frame[3]:
        return False
    return all(
        left >= other[2] or right <= other[0] or bottom >= other[3] or top <= other[1]
        for other in others
    )
