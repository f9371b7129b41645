"""Geometry as it was drawn: what can be used, what is wrong with the rest, and where."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer

from frontline.errors import LayerError
from frontline.project.layers import Shape

Fault = Callable[..., LayerError]
"""Makes an error that already knows file and layer."""

_DIMENSION = {"point": 0, "line": 1, "polygon": 2}
_POINTS, _COLLECTION = 4, 7


@dataclass(frozen=True)
class CheckedShapes:
    """Checked geometry of a layer.

    Parameters
    ----------
    geometries
        Shape ``(n,)``; None where a feature cannot be used.
    problems
        What must be mended.
    notes
        What was left out or changed: sentence and number of features.
    """

    geometries: NDArray[Any]
    problems: list[LayerError]
    notes: list[tuple[str, int]]


def check_geometry(
    geometries: NDArray[Any],
    *,
    rows: NDArray[Any],
    crs: CRS,
    shapes: tuple[Shape, ...],
    optional: bool,
    mixed: bool = False,
    repair: bool,
    fault: Fault,
    otherwise: str = "",
) -> CheckedShapes:
    """Check the geometry of a layer in its own CRS.

    Parameters
    ----------
    geometries
        Shape ``(n,)``, as read.
    rows
        Number of each feature in its file.
    crs
        Of the coordinates.
    shapes
        Kinds that are wanted.
    optional
        Features that cannot be used are dropped and counted instead of refused.
    mixed
        Features of another kind are dropped and counted, as labels drawn beside a line, where the
        layer holds some of the wanted kind.
    repair
        Mend polygons that cross themselves.
    fault
        Makes the errors.
    otherwise
        What to do about geometry of another kind.

    Returns
    -------
    Shapes
        Coordinates that cannot belong to the CRS and crossing polygons are problems even in
        an optional layer: they tell of a fault in all of it, or can be mended.
    """
    usable = np.array(geometries, dtype=object)
    dimensions = [_DIMENSION[shape] for shape in shapes]
    unusable = _find_unusable(usable)
    for row in np.flatnonzero(unusable == ""):
        usable[row], unusable[row] = _convert_kind(usable[row], dimensions, shapes)
    problems, notes = [], []
    other = np.array([mixed and reason.startswith("is a ") for reason in unusable], dtype=bool)
    if other.any() and (unusable == "").any():
        kinds = dict.fromkeys(reason.split()[2] for reason in unusable[other])
        wanted_kinds = " or ".join(shapes)
        text = f"Left out, as the layer is read for its {wanted_kinds}s: {' and '.join(kinds)}."
        notes.append((text, int(other.sum())))
        unusable[other] = ""
        usable[other] = None
    bad = np.flatnonzero(unusable != "")
    # when nothing is left, the layer is not what it is taken for
    if not optional or len(bad) == len(usable):
        problems += [
            fault(f"{unusable[at]}. {_advise(unusable[at], otherwise)}", row=rows[at]) for at in bad
        ]
    elif len(bad):
        named = ", ".join(f"{rows[at]} ({unusable[at]})" for at in bad[:5])
        more = " ..." if len(bad) > 5 else ""
        notes.append(
            (f"Left out, for want of a usable geometry: features {named}{more}.", len(bad))
        )
    usable[bad] = None
    problems += _find_misplaced(usable, rows, crs, fault)
    if problems:
        return CheckedShapes(usable, problems, notes)
    problems, mended = _mend_crossing(usable, rows, crs, repair=repair, fault=fault)
    return CheckedShapes(usable, problems, notes + mended)


def _find_unusable(geometries: NDArray[Any]) -> NDArray[Any]:
    reasons = np.full(len(geometries), "", dtype=object)
    reasons[shapely.is_empty(geometries)] = "has an empty geometry"
    reasons[shapely.is_missing(geometries)] = "has no geometry, or one that cannot be read"
    coords, row = shapely.get_coordinates(geometries, return_index=True)
    lost = np.unique(row[~np.isfinite(coords).all(axis=1)])
    reasons[lost] = "has a coordinate that is not a finite number"
    return reasons


def _advise(reason: str, otherwise: str) -> str:
    if not reason.startswith("is a "):
        return "Draw it anew, or remove it."
    drawn = otherwise and reason.split(" ")[2].endswith(("Polygon", "LineString"))
    return f"{otherwise}." if drawn else "Name another layer, or remove it."


def _convert_kind(
    geometry: Any, dimensions: list[int], shapes: tuple[Shape, ...]
) -> tuple[Any, str]:
    """Bring a geometry to a wanted kind, or say why that cannot be."""
    kind = geometry.geom_type
    if shapely.get_type_id(geometry) == _COLLECTION:
        parts = shapely.get_parts(geometry)
        parts = parts[np.isin(shapely.get_dimensions(parts), dimensions)]
        geometry = shapely.union_all(parts) if len(parts) else geometry
    dimension = int(shapely.get_dimensions(geometry))
    if dimension not in dimensions or shapely.get_type_id(geometry) == _COLLECTION:
        return None, f"is a {kind} (expected {' or '.join(shapes)})"
    if shapely.get_type_id(geometry) == _POINTS:
        if shapely.get_num_geometries(geometry) > 1:
            return None, "has several points in one feature (expected one each)"
        geometry = shapely.get_geometry(geometry, 0)
    extent = shapely.bounds(shapely.get_parts(geometry))  # lengths of wild numbers overflow
    wide, high = extent[:, 0] < extent[:, 2], extent[:, 1] < extent[:, 3]
    if dimension == 1 and not (wide | high).all():
        return None, "has a line of length 0"
    if dimension == 2 and not (wide & high).any():
        return None, "has a polygon without an area"
    return geometry, ""


def _find_misplaced(
    geometries: NDArray[Any], rows: NDArray[Any], crs: CRS, fault: Fault
) -> list[LayerError]:
    """Find coordinates that cannot be of this CRS."""
    coords, row = shapely.get_coordinates(geometries, return_index=True)
    if len(coords) == 0:
        return []
    if not crs.is_geographic:
        if (np.abs(coords) <= [180.0, 90.0]).all():
            return [
                fault(
                    f"has coordinates that look like degrees, but its CRS is {name_crs(crs)}. "
                    "Export it again with the right CRS."
                )
            ]
        return []
    off = (np.abs(coords[:, 0]) > 360.0) | (np.abs(coords[:, 1]) > 90.0 + 1e-9)
    problems = []
    for at, first in zip(*np.unique(row[off], return_index=True), strict=True):
        x, y = coords[off][first]
        if abs(x) <= 90.0 and abs(y) <= 360.0:
            hint = "Are longitude and latitude swapped?"
        else:
            hint = 'Are these metres? Then name their CRS: crs = "EPSG:...".'
        what = f"lies at longitude {x:.10g}, latitude {y:.10g}, which is nowhere. {hint}"
        problems.append(fault(what, row=rows[at]))
    return problems


def _mend_crossing(
    geometries: NDArray[Any], rows: NDArray[Any], crs: CRS, *, repair: bool, fault: Fault
) -> tuple[list[LayerError], list[tuple[str, int]]]:
    """Find polygons that cross themselves; mend them, in place, if that is wanted."""
    areas = shapely.get_dimensions(geometries) == 2
    problems, notes = [], []
    for at in np.flatnonzero(areas & ~shapely.is_valid(geometries)):
        what = _describe_crossing(geometries[at], crs)
        if not repair:
            hint = "Mend it in your GIS, or set repair = true for this layer"
            problems.append(fault(f"{what}. {hint}.", row=rows[at]))
            continue
        before = measure_area_km2(geometries[at], crs=crs)
        mended = shapely.make_valid(geometries[at], method="structure", keep_collapsed=False)
        if shapely.is_empty(mended) or shapely.get_dimensions(mended) != 2:
            problems.append(
                fault(f"{what}, and no area is left when it is mended. Draw it anew.", row=rows[at])
            )
            continue
        geometries[at] = mended
        after = measure_area_km2(mended, crs=crs)
        notes.append(
            (f"Feature {rows[at]} {what}; mended: {before:,.6g} km2 as drawn, {after:,.6g} now.", 1)
        )
    return problems, notes


def _describe_crossing(geometry: Any, crs: CRS) -> str:
    reason = shapely.is_valid_reason(geometry)
    place = re.search(r"\[(\S+) (\S+)\]", reason)
    words = reason.split("[", maxsplit=1)[0].strip().lower()
    if place is None:
        return f"is not a valid polygon ({words})"
    lon, lat = to_degrees(np.array([[float(place[1]), float(place[2])]]), crs=crs)[0]
    return f"crosses or touches itself ({words}) at longitude {lon:.5f}, latitude {lat:.5f}"


def measure_area_km2(geometry: Any, *, crs: CRS) -> float:
    """Area on the ellipsoid of a polygon with straight edges in degrees, however it is drawn."""
    lonlat = shapely.transform(geometry, lambda coords: to_degrees(coords, crs=crs))
    return abs(float(Geod(ellps="WGS84").geometry_area_perimeter(lonlat)[0])) / 1e6


def to_degrees(coords: NDArray[np.float64], *, crs: CRS) -> NDArray[np.float64]:
    """Turn ``(n, 2)`` coordinates into degrees of EPSG:4326; inf where that cannot be."""
    to_lonlat = Transformer.from_crs(crs, CRS.from_epsg(4326), always_xy=True)
    return np.column_stack(to_lonlat.transform(coords[:, 0], coords[:, 1]))


def name_crs(crs: CRS) -> str:
    """Short name of a CRS: its code where it has one."""
    authority = crs.to_authority(min_confidence=90)
    if authority:
        return ":".join(authority)
    return "one without a name" if crs.name == "unknown" else str(crs.name)
