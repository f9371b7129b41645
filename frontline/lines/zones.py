"""Land by side and distance: the sides of a line, its zones, and how sure their areas are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from frontline import schema
from frontline._typing import Floats
from frontline.geo.geodesy import area_m2, plane_band, true_band
from frontline.geo.projection import Frame
from frontline.schema import Table
from frontline.uncertainty.intervals import interval

if TYPE_CHECKING:
    from frontline.lines.front import Draw, FrontLine


LINES = Table(
    "lines",
    "Lines",
    "Each dated line, with its length and its error.",
    (
        schema.LINE,
        schema.date("date", "Date", "Date of the line."),
        schema.text("label", "Label", "Name of the line for people."),
        schema.number(
            "length_km", "km", "Length", "Length on the ellipsoid, inside the study area."
        ),
        schema.number("error_m", "m", "Error", "Half-width within which the line lies with 95 %."),
    ),
    lists=(),
    key=("line",),
    ordered=True,
)
SIDES = Table(
    "sides",
    "Sides",
    "The land of each side under each line.",
    (schema.LINE, schema.SIDE, *schema.AREA, *schema.AREA_INTERVAL),
    lists=(),
    key=("line", "side"),
    ordered=True,
    foreign=(schema.OF_LINE,),
)
ZONES = Table(
    "zones",
    "Zones",
    "Land and people within each distance of a line, by side and source.",
    (
        schema.LINE,
        schema.SIDE,
        schema.DISTANCE,
        schema.KIND_OF_ZONE,
        *schema.AREA,
        *schema.AREA_INTERVAL,
    ),
    lists=(),
    key=("line", "side", "distance_m", "kind"),
    ordered=True,
    foreign=(schema.OF_LINE, schema.OF_SIDE),
)
"""The layer; the table of that name has a row for each source of people."""


def lines_table(fronts: Sequence[FrontLine], frame: Frame) -> gpd.GeoDataFrame:
    """List the lines.

    Parameters
    ----------
    fronts
        The lines.
    frame
        The plane.

    Returns
    -------
    GeoDataFrame
        One row per line, with the columns of `LINES`, geometry in the plane; ``error_m`` is the
        largest where it differs along the line.
    """
    rows = [
        {
            "line": front.key,
            "date": front.date,
            "label": front.label,
            "length_km": front.length_km,
            "error_m": float(front.error_m.max(initial=0.0)),
            "geometry": front.geometry,
        }
        for front in fronts
    ]
    return gpd.GeoDataFrame(
        rows, columns=[*LINES.names, "geometry"], geometry="geometry", crs=frame.crs
    )


def sides_table(
    fronts: Sequence[FrontLine], draws: Mapping[str, Sequence[Draw]], frame: Frame
) -> gpd.GeoDataFrame:
    """List the land of each side of each line.

    Parameters
    ----------
    fronts
        The lines.
    draws
        Displaced copies by the line's key; may be empty.
    frame
        The plane.

    Returns
    -------
    GeoDataFrame
        One row per line and side, with the columns of `SIDES`, geometry in the plane. Of a line
        without error the interval is the figure itself; of one with error and no draws, NaN.
    """
    rows = []
    for front in fronts:
        for name, land in front.sides.items():
            area = float(area_m2(np.array([land], dtype=object), frame)[0]) / 1e6
            drawn = np.array([draw.sides[name].area for draw in draws.get(front.key, ())]) / 1e6
            low, high = _around(front, area, drawn, area)
            rows.append(
                {
                    "line": front.key,
                    "side": name,
                    "area_km2": area,
                    "area_low": low,
                    "area_high": high,
                    "geometry": land,
                }
            )
    return gpd.GeoDataFrame(
        rows, columns=[*SIDES.names, "geometry"], geometry="geometry", crs=frame.crs
    )


def zones(
    fronts: Sequence[FrontLine],
    distances_m: Sequence[float],
    draws: Mapping[str, Sequence[Draw]],
    frame: Frame,
) -> gpd.GeoDataFrame:
    """Make the zones of each line: land by side within each distance, and between distances.

    Parameters
    ----------
    fronts
        The lines with their sides, which are cut to the study area.
    distances_m
        Distances, metres.
    draws
        Displaced copies by the line's key; may be empty.
    frame
        The plane.

    Returns
    -------
    GeoDataFrame
        One row per line, side, distance and kind, with the columns of `ZONES`, geometry in the
        plane, an empty polygon where a side has no land so near. ``cumulative`` reaches from
        the line to the distance, ``ring`` from the distance before.

    Notes
    -----
    Edges and areas are true on the ellipsoid (`geodesy.true_band`). The areas of the draws are
    computed with plain buffers of the plane, and the interval is moved by what plain buffers
    give for the line itself.
    """
    distances = sorted(set(distances_m))
    rows: list[dict[str, Any]] = []
    for front in fronts:
        lands = np.array(list(front.sides.values()), dtype=object)
        bands = np.array(
            [true_band(front.geometry, distance, frame) for distance in distances], dtype=object
        )
        # A ring is cut from bands, not from zones: two zones share the edge of the study area,
        # and its vertices, a rounding apart, would leave needles there.
        belts = np.concatenate([bands[:1], shapely.difference(bands[1:], bands[:-1])])
        cumulative = _areas_of(shapely.intersection(bands[:, None], lands[None, :]))
        ring = _areas_of(shapely.intersection(belts[:, None], lands[None, :]))
        drawn = {"cumulative": _drawn_areas(front, draws.get(front.key, ()), distances)}
        drawn["ring"] = np.diff(drawn["cumulative"], axis=1, prepend=0.0)
        for column, side in enumerate(front.sides):
            for row, distance in enumerate(distances):
                for kind, shapes in (("cumulative", cumulative), ("ring", ring)):
                    shape = shapes[row, column]
                    area = float(area_m2(np.array([shape], dtype=object), frame)[0]) / 1e6
                    coarse = drawn[kind][:, row, column]
                    low, high = _around(front, area, coarse[1:], float(coarse[0]))
                    rows.append(
                        {
                            "line": front.key,
                            "side": side,
                            "distance_m": float(distance),
                            "kind": kind,
                            "area_km2": area,
                            "area_low": low,
                            "area_high": high,
                            "geometry": shape,
                        }
                    )
    return gpd.GeoDataFrame(
        rows, columns=[*ZONES.names, "geometry"], geometry="geometry", crs=frame.crs
    )


def _around(front: FrontLine, area_km2: float, drawn: Floats, coarse: float) -> tuple[float, float]:
    if not (front.error_m > 0).any():
        return area_km2, area_km2
    low, high = interval(drawn, central=area_km2, coarse=coarse)
    return max(low, 0.0), max(high, 0.0)


def _drawn_areas(front: FrontLine, draws: Sequence[Draw], distances: Sequence[float]) -> Floats:
    """Areas ``(1 + draws, distances, sides)``, km2: first of the line itself, all coarse."""
    copies = [(front.geometry, front.sides), *((draw.line, draw.sides) for draw in draws)]
    found = np.zeros((len(copies), len(distances), len(front.sides)))
    for row, (line, sides) in enumerate(copies):
        lands = np.array([sides[name] for name in front.sides], dtype=object)
        shapely.prepare(lands)
        for column, distance in enumerate(distances):
            band = plane_band(line, distance)
            found[row, column] = shapely.area(shapely.intersection(band, lands)) / 1e6
    return found


def _areas_of(shapes: NDArray[Any]) -> NDArray[Any]:
    """Keep the polygons of each shape: overlaying leaves points and lines where edges touch."""
    result = np.empty(shapes.shape, dtype=object)
    for place in np.ndindex(shapes.shape):
        shape: Any = shapes[place]
        if shape.geom_type in ("Polygon", "MultiPolygon"):
            result[place] = shape
            continue
        parts = shapely.get_parts(shapely.get_parts(shape))
        result[place] = shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])
    return result
