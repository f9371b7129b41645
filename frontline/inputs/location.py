"""Layers that lie elsewhere than the study area, and why that may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline.errors import LayerError
from frontline.geo.projection import ProjectedPlane
from frontline.inputs.reader import CheckedLayer
from frontline.records import Note

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from frontline.project.models import Project


def find_elsewhere(
    layer: CheckedLayer,
    *,
    placed: gpd.GeoDataFrame,
    land: Any,
    plane: ProjectedPlane,
    about: str,
    needed: bool,
) -> tuple[list[LayerError], list[Note]]:
    """Find layers and features that lie outside the study area, and say if they are swapped.

    Parameters
    ----------
    layer
        As read, in its own CRS.
    placed
        The same in the plane.
    land
        The study area, in the plane.
    plane
        The plane.
    about
        Name of the layer, for notes.
    needed
        Whether a layer that lies outside altogether is an error, or only worth a note.

    Returns
    -------
    problems, notes
        A feature is called swapped only if it lies far outside: a place a little beyond the
        edge may happen to lie inside when its degrees are swapped.
    """
    shapely.prepare(land)
    outside = ~shapely.intersects(land, placed.geometry.to_numpy())
    if len(outside) == 0 or not outside.any():
        return [], []
    swapped = _find_swapped_inside(layer, land, plane)
    if outside.all() and swapped.any():
        problem = (
            "lies outside the study area, and inside it if longitude and latitude are swapped."
        )
        return [layer.fault(f"{problem} Swap the coordinates.")], []
    if outside.all() and needed:
        return [layer.fault("lies outside the study area. Check its CRS and its coordinates.")], []
    far = outside & swapped
    far &= shapely.distance(land, placed.geometry.to_numpy()) > _find_far_distance_m(land)
    problems = [
        layer.fault(
            "lies far outside the study area, and inside it if longitude and latitude are "
            "swapped. Swap its coordinates.",
            row=layer.frame.index[at],
        )
        for at in np.flatnonzero(far)
    ]
    count = int(outside.sum())
    text = f"Outside the study area: {count} of {len(outside)} features."
    return problems, [Note(about, text, count)]


def _find_swapped_inside(layer: CheckedLayer, land: Any, plane: ProjectedPlane) -> Any:
    """Tell what has a vertex that lies inside the study area with its degrees swapped.

    Any vertex counts: the ends of a line lie on the edge, not inside.
    """
    geometries = layer.frame.geometry.to_numpy()
    inside = np.zeros(len(geometries), dtype=bool)
    if not layer.crs.is_geographic:
        return inside
    coords, row = shapely.get_coordinates(geometries, return_index=True)
    swapped = coords[:, ::-1]
    possible = np.abs(swapped[:, 1]) <= 90.0
    xy = np.full_like(swapped, np.inf)
    xy[possible] = plane.xy(swapped[possible])
    possible &= np.isfinite(xy).all(axis=1)
    possible[possible] = shapely.contains_xy(land, xy[possible])
    inside[row[possible]] = True
    return inside


def find_swapped(
    table: pd.DataFrame, *, land: Any, plane: ProjectedPlane, path: str
) -> list[LayerError]:
    """Find rows whose position lies far outside the study area, and inside it when swapped.

    Parameters
    ----------
    table
        With ``lon`` and ``lat``, and perhaps ``lon_2`` and ``lat_2``, in degrees.
    land
        The study area, in the plane.
    plane
        The plane.
    path
        Name of the file, for messages.
    """
    problems: list[LayerError] = []
    wide = _find_far_distance_m(land)
    for lon, lat in (("lon", "lat"), ("lon_2", "lat_2")):
        if lon not in table or lat not in table:
            continue
        known = table[[lon, lat]].astype("float64").dropna()
        known = known[(known.abs() <= 90.0).all(axis=1)]
        lonlat = known.to_numpy()
        if not len(lonlat):
            continue
        as_written, turned = plane.xy(lonlat), plane.xy(lonlat[:, ::-1])
        sound = np.asarray(np.isfinite(np.hstack([as_written, turned])).all(axis=1))
        shapely.prepare(land)
        rows, places, swapped = known.index[sound], as_written[sound], turned[sound]
        inside = np.flatnonzero(shapely.intersects_xy(land, swapped))
        far = shapely.distance(land, shapely.points(places[inside])) > wide
        what = (
            "lies far outside the study area, and inside it if longitude and latitude are "
            "swapped. Swap its coordinates."
        )
        problems += [
            LayerError(what, path=path, row=str(rows[at]), field=lon) for at in inside[far]
        ]
    return problems


def _find_far_distance_m(land: Any) -> float:
    """Distance beyond which no place happens to lie inside when its degrees are swapped."""
    return max(200_000.0, 2 * float(np.hypot(*np.ptp(np.reshape(land.bounds, (2, 2)), axis=0))))


def find_seeds_outside(project: Project, *, land: Any, plane: ProjectedPlane) -> list[LayerError]:
    """Find seeds of sides that no face of the study area can take its label from."""
    problems = []
    for side in project.sides:
        for lon, lat in side.seed:
            x, y = plane.xy(np.array([[lon, lat]]))[0]
            if np.isfinite([x, y]).all() and shapely.intersects_xy(land, x, y):
                continue
            swap = np.array([[lat, lon]])
            hint = "Check it, or the study area."
            if abs(lon) <= 90.0 and shapely.intersects_xy(land, *plane.xy(swap)[0]):
                hint = "It lies inside if swapped: write [longitude, latitude]."
            problem = f"[{lon:.10g}, {lat:.10g}] lies outside the study area. {hint}"
            problems.append(
                LayerError(problem, path=project.path.name, field=f"sides.{side.name}.seed")
            )
    return problems
