"""Land by side and distance: the sides of a line, its zones, and how sure their areas are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from frontline import schema
from frontline._typing import Floats, Geometries
from frontline.executor import map_pieces
from frontline.geo.geodesy import geodesic_buffer, measure_area
from frontline.geo.projection import ProjectedPlane
from frontline.lines.front import Copies, take_point_figures
from frontline.records import Note
from frontline.schema import Table
from frontline.uncertainty.copies import FARTHEST_SIGMAS, divide_land
from frontline.uncertainty.intervals import SIGMAS, Drawn, take_interval
from frontline.uncertainty.kernels import areas_within
from frontline.uncertainty.sampling import SamplePosition, find_position

if TYPE_CHECKING:
    from frontline.lines.front import DisplacedFront, FrontLine


STEPS_M = tuple(500.0 * step for step in range(1, 61))
"""Distances at which zones are known besides those of the project: every half kilometre."""

_THINNED = 0.01
_ARCS = 16
_FIFTH = 0.2

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
    ranged=("length_km",),
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
    ranged=("area_km2",),
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
    ranged=("area_km2",),
)
"""The layer; the table of that name has a row for each source of people."""


def tabulate_fronts(fronts: Sequence[FrontLine], *, plane: ProjectedPlane) -> gpd.GeoDataFrame:
    """List the lines.

    Parameters
    ----------
    fronts
        The lines.
    plane
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
        rows, columns=[*LINES.names, "geometry"], geometry="geometry", crs=plane.crs
    )


def tabulate_sides(
    fronts: Sequence[FrontLine],
    *,
    draws: Mapping[str, Sequence[DisplacedFront]],
    plane: ProjectedPlane,
) -> gpd.GeoDataFrame:
    """List the land of each side of each line.

    Parameters
    ----------
    fronts
        The lines.
    draws
        Displaced copies by the line's key; may be empty.
    plane
        The plane.

    Returns
    -------
    GeoDataFrame
        One row per line and side, with the columns of `SIDES`, geometry in the plane. Of a line
        without error the interval is the figure itself; of one with error and no draws, NaN.
    """
    rows = []
    for front in fronts:
        drawn = measure_drawn_areas(
            front, draws=draws.get(front.key, ()), distances_m=[math.inf], plane=plane
        )
        most_km2 = sum(land.area for land in front.sides.values()) / 1e6
        for number, (name, land) in enumerate(front.sides.items()):
            area = float(measure_area(np.array([land], dtype=object), plane=plane)[0]) / 1e6
            low, high = _ends(front, area, drawn.at(number, 0) if drawn else None, most_km2)
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
        rows, columns=[*SIDES.names, "geometry"], geometry="geometry", crs=plane.crs
    )


def buffer_zones(
    fronts: Sequence[FrontLine],
    *,
    distances_m: Sequence[float],
    draws: Mapping[str, Sequence[DisplacedFront]],
    plane: ProjectedPlane,
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
    plane
        The plane.

    Returns
    -------
    GeoDataFrame
        One row per line, side, distance and kind, with the columns of `ZONES`, geometry in the
        plane, an empty polygon where a side has no land so near. ``cumulative`` reaches from
        the line to the distance, ``ring`` from the distance before.

    Notes
    -----
    Edges and areas are true on the ellipsoid (`geodesy.geodesic_buffer`). The areas of the draws
    are those of squares (`measure_drawn_areas`), and the interval is that of their differences.
    """
    distances = sorted(set(distances_m))
    rows: list[dict[str, Any]] = []
    for front in fronts:
        lands = np.array(list(front.sides.values()), dtype=object)
        cumulative, ring = _cut_zones(front, lands, distances, plane)
        most_km2 = sum(land.area for land in lands) / 1e6
        within = measure_drawn_areas(
            front, draws=draws.get(front.key, ()), distances_m=distances, plane=plane
        )
        drawn = {"cumulative": within, "ring": within and within.of(_rings)}
        for column, side in enumerate(front.sides):
            for row, distance in enumerate(distances):
                for kind, shapes in (("cumulative", cumulative), ("ring", ring)):
                    shape = shapes[row, column]
                    area = (
                        float(measure_area(np.array([shape], dtype=object), plane=plane)[0]) / 1e6
                    )
                    copies = drawn[kind]
                    own = copies.at(column, row) if copies else None
                    low, high = _ends(front, area, own, most_km2)
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
        rows, columns=[*ZONES.names, "geometry"], geometry="geometry", crs=plane.crs
    )


def _cut_zones(
    front: FrontLine, lands: Geometries, distances_m: Sequence[float], plane: ProjectedPlane
) -> tuple[Geometries, Geometries]:
    """Cut lands within and between distances of a line, each ``(distances, sides)``."""
    bands = map_pieces(
        lambda distance: geodesic_buffer(front.geometry, distance_m=distance, plane=plane),
        distances_m,
    )

    # A ring is cut from bands, not from zones: two zones share the edge of the study area,
    # and its vertices, a rounding apart, would leave needles there.
    def cut(row: int) -> Geometries:
        belt = shapely.difference(bands[row], bands[row - 1]) if row else bands[row]
        return _areas_of(shapely.intersection(np.array([[bands[row]], [belt]]), lands[None, :]))

    zones = np.array(map_pieces(cut, range(len(bands))), dtype=object)
    zones = zones.reshape(len(bands), 2, len(lands))
    return zones[:, 0], zones[:, 1]


def _rings(within: Floats) -> Floats:
    return np.diff(within, axis=-1, prepend=0.0)


def _ends(
    front: FrontLine, area_km2: float, drawn: Drawn | None, most_km2: float
) -> tuple[float, float]:
    if not (front.error_m > 0).any():
        return area_km2, area_km2
    return take_interval(area_km2, drawn=drawn, least=0.0, most=max(most_km2, area_km2))


def buffer_zones_in_plane(
    front: FrontLine, *, distances_m: Sequence[float], plane: ProjectedPlane, tolerance_m: float
) -> gpd.GeoDataFrame:
    """Make the cumulative zones of a line quickly: plain buffers of a thinned line.

    Parameters
    ----------
    front
        The line with its sides.
    distances_m
        Ascending.
    plane
        The plane.
    tolerance_m
        The line is thinned by so much first, and by a hundredth of the distance.

    Returns
    -------
    GeoDataFrame
        As from `buffer_zones`, without intervals, side by side. Edges are off by the tolerance or
        a hundredth of the distance, and by what the plane stretches distances: one thousandth at
        300 km from its centre. Areas are off by less, for a thinned line passes on both hands of
        the whole one.
    """
    lands = np.array(list(front.sides.values()), dtype=object)

    def cut(distance: float) -> NDArray[Any]:
        thinned = shapely.simplify(
            front.geometry, max(tolerance_m, _THINNED * distance), preserve_topology=False
        )
        band = shapely.buffer(thinned, distance, quad_segs=_ARCS)
        return _areas_of(shapely.intersection(band, lands))

    # Largest first: the threads end together.
    bands = map_pieces(cut, list(distances_m)[::-1])[::-1]
    shapes = np.array(bands, dtype=object).reshape(len(distances_m), len(lands)).T
    # The plane keeps areas: what its edges are off is far below what thinning costs.
    area_km2 = shapely.area(shapes).ravel() / 1e6
    table = {
        "line": front.key,
        "side": np.repeat(np.array(list(front.sides), dtype=object), len(distances_m)),
        "distance_m": np.tile(np.array(distances_m, dtype=np.float64), len(lands)),
        "kind": "cumulative",
        "area_km2": area_km2,
        "area_low": math.nan,
        "area_high": math.nan,
    }
    made = gpd.GeoDataFrame(table, geometry=shapes.ravel(), crs=plane.crs)
    return made[[*ZONES.names, "geometry"]]


def note_bias(zones: gpd.GeoDataFrame) -> tuple[Note, ...]:
    """Say where error makes the zones of a line look larger or smaller than they likely are.

    Parameters
    ----------
    zones
        From `buffer_zones`.

    Returns
    -------
    A note for each line of which a cumulative zone lies off the middle of its interval by more
    than a fifth of the interval's width: of the zone where that is most.
    """
    own = zones[zones["kind"] == "cumulative"]
    width = own["area_high"] - own["area_low"]
    off = own["area_km2"] - (own["area_low"] + own["area_high"]) / 2.0
    share = (off / width.where(width > 0.0)).fillna(0.0)
    notes = []
    for line, rows in share.groupby(own["line"], sort=False):
        if not (rows.abs() > _FIFTH).any():
            continue
        row = own.loc[rows.abs().idxmax()]
        larger = "larger" if rows[row.name] > 0 else "smaller"
        text = (
            f"Its error shows in its zones: they are likely {larger} on the map than in truth. "
            f"Land of {row['side']} within {row['distance_m'] / 1000:g} km is "
            f"{row['area_km2']:,.0f} km2 as drawn, and lies between {row['area_low']:,.0f} and "
            f"{row['area_high']:,.0f}."
        )
        notes.append(Note(str(line), text, int((rows.abs() > _FIFTH).sum())))
    return tuple(notes)


def note_drawing(
    fronts: Sequence[FrontLine], *, draws: Mapping[str, Sequence[DisplacedFront]]
) -> tuple[Note, ...]:
    """Name lines that are drawn smoother than their error would have them.

    Parameters
    ----------
    fronts
        The lines.
    draws
        Displaced copies by the line's key.
    """
    text = (
        "It winds less than its own error would make it, so it is drawn smoother than the front "
        "runs: intervals of length and zones hold the bends that it lacks, and reach above "
        "their figure."
    )
    return tuple(
        Note(front.key, text)
        for front in fronts
        if isinstance(copies := draws.get(front.key, ()), Copies) and copies.line.generalised
    )


def add_zone_intervals(
    zones: gpd.GeoDataFrame, *, front: FrontLine, drawn: Drawn | None
) -> gpd.GeoDataFrame:
    """Give the cumulative zones of one line the intervals of their areas.

    Parameters
    ----------
    zones
        Rows of `buffer_zones`, side by side, each with every distance in ascending order.
    front
        The line.
    drawn
        From `measure_drawn_areas` for the same distances.
    """
    most_km2 = sum(land.area for land in front.sides.values()) / 1e6
    sides = list(front.sides)
    column = zones.groupby("side").cumcount()
    ends = [
        _ends(front, area, drawn.at(sides.index(side), at) if drawn else None, most_km2)
        for area, side, at in zip(zones["area_km2"], zones["side"], column, strict=True)
    ]
    low, high = np.array(ends).reshape(-1, 2).T
    return zones.assign(area_low=low, area_high=high)


def measure_drawn_areas(
    front: FrontLine,
    *,
    draws: Sequence[DisplacedFront],
    distances_m: Sequence[float],
    plane: ProjectedPlane,
) -> Drawn | None:
    """Measure land by side and distance in the displaced copies of a line.

    Parameters
    ----------
    front
        The line with its sides.
    draws
        Its displaced copies.
    distances_m
        Ascending; infinite for the whole of a side.
    plane
        The plane.

    Returns
    -------
    Square kilometres of shape ``(sides, distances)`` in each copy; None without copies. They are
    those of land near enough to change: only their differences mean something.

    Notes
    -----
    Land is divided into squares, and a square into the parts on either side of the line and of the
    zone's edge as if both were straight in it (`kernels.areas_within`). What this costs in
    exactness is the same for each copy, and cancels but for about a hundredth of the interval.
    """
    if not len(draws):
        return None
    known = draws.drawn_areas if isinstance(draws, Copies) else {}
    wanted = [float(far) for far in distances_m]
    missing = {far for far in wanted if far not in known}
    if math.inf in missing:
        known[math.inf] = _measure_by_squares(front, draws, [math.inf], plane).at(slice(None), 0)
    if missing - {math.inf}:
        # Whoever asks for a distance, its squares are the same: those of the widest step.
        every = sorted((missing - {math.inf}) | set(STEPS_M))
        drawn = _measure_by_squares(front, draws, every, plane)
        known |= {far: drawn.at(slice(None), row) for row, far in enumerate(every)}
    found = [known[far] for far in wanted]
    return Drawn(
        np.stack([drawn.base for drawn in found], axis=-1),
        np.stack([drawn.copies for drawn in found], axis=-1),
        counted=found[0].counted,
    )


def _measure_by_squares(
    front: FrontLine,
    draws: Sequence[DisplacedFront],
    distances_m: Sequence[float],
    plane: ProjectedPlane,
) -> Drawn:
    """Measure land in all copies at all distances at once, ``(sides, distances)``."""
    distances = np.array(distances_m, dtype=np.float64)
    reach_m = FARTHEST_SIGMAS * float(front.error_m.max()) / SIGMAS
    if math.isfinite(distances[-1]):
        reach_m += 1.005 * float(distances[-1])
    land = divide_land(
        shapely.union_all(list(front.sides.values())), course=front.geometry, reach_m=reach_m
    )
    where = find_position(
        shapely.points(land.xy),
        line=front.geometry,
        sides=front.sides,
        plane=plane,
        names=list(front.sides),
    )
    size_km2 = land.size_m2 / 1e6

    def areas(copy: SamplePosition) -> Floats:
        found = np.zeros((len(front.sides), len(distances)))
        other = copy.other if copy.other is not None else copy.side
        areas_within(copy.side, other, copy.distance_m, size_km2, land.width_m, distances, found)
        return found

    drawn = take_point_figures(
        front, draws=draws, xy=land.xy, here=where, figure=areas, plane=plane, counted=False
    )
    assert drawn is not None  # there are copies
    return drawn


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
