"""One plane for the whole run, in which areas are true and no meridian is special."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from frontline._typing import Coords, Geometries
from frontline.errors import LayerError
from frontline.geo.antimeridian import cut_at_antimeridian, offset_degrees, settle_half_turns
from frontline.geo.densify import Forward, edit_vertices, make_densifier

MEAN_RADIUS_M = 6_371_008.8
SAGITTA_M = 0.1
LONGEST_EDGE_M = 10_000.0
_WIDEST_M = 5_000_000.0
_WGS84 = CRS.from_epsg(4326)
_DEGREE_M = 111_195.0


@dataclass(frozen=True)
class ProjectedPlane:
    """The equal-area plane of a run, in metres.

    Parameters
    ----------
    crs
        A Lambert azimuthal equal-area projection of the ellipsoid: plane areas are areas on the
        ellipsoid, and neither the antimeridian nor a pole is special.

    Notes
    -----
    Geometry that enters is densified first in its own CRS, where its edges are straight.
    """

    crs: CRS

    def from_crs(self, geometries: Geometries, crs: Any) -> Geometries:
        """Project geometries whose edges are straight in `crs` into the plane.

        Parameters
        ----------
        geometries
            Shapely geometries, shape ``(n,)``. None and empty ones stay; heights are dropped.
        crs
            Their coordinate reference system; axes x (or longitude) first. In degrees, an edge
            of more than 180 is taken to cross the antimeridian.

        Returns
        -------
        ndarray
            Plane geometries, shape ``(n,)``; sagitta at most 0.1 m, edges at most 10 km.

        Raises
        ------
        LayerError
            Coordinates that cannot be projected; names the row.
        """
        source = CRS.from_user_input(crs)
        unit = 1.0 if source.is_geographic else source.axis_info[0].unit_conversion_factor
        forward = _make_projection(source, self.crs)
        dense = make_densifier(
            forward,
            tolerance=SAGITTA_M,
            first_step=1.0 if source.is_geographic else 100_000.0 / unit,
            longest=LONGEST_EDGE_M,
            period=360.0 if source.is_geographic else None,
        )
        shapes = np.asarray(geometries, dtype=object)
        _refuse_unprojectable(shapes, forward)
        result = edit_vertices(shapes, edit=dense)
        # A box up to the pole, or round the whole turn, folds onto itself: mend only the fold.
        folded = ~shapely.is_valid(result) & shapely.is_valid(shapes)
        for row in np.flatnonzero(folded & (shapely.get_dimensions(result) == 2)):
            result[row] = _keep_areas(
                shapely.make_valid(result[row], method="structure", keep_collapsed=False)
            )
        return result

    def to_crs(self, geometries: Geometries, crs: Any) -> Geometries:
        """Project plane geometries into `crs`, densified so that they keep their course.

        Parameters
        ----------
        geometries
            Plane geometries, shape ``(n,)``.
        crs
            Target; edges that cross its antimeridian are not cut (see `to_lonlat`).

        Returns
        -------
        ndarray
            Geometries, shape ``(n,)``; sagitta at most 0.1 m.
        """
        target = CRS.from_user_input(crs)
        metre = 1.0 / _DEGREE_M
        if not target.is_geographic:
            metre = 1.0 / target.axis_info[0].unit_conversion_factor
        forward = _make_projection(self.crs, target)
        dense = make_densifier(forward, tolerance=SAGITTA_M * metre, first_step=LONGEST_EDGE_M)
        return edit_vertices(geometries, edit=dense)

    def to_lonlat(self, geometries: Geometries) -> Geometries:
        """Turn plane geometries into degrees, cut at the antimeridian as RFC 7946 asks.

        Parameters
        ----------
        geometries
            Plane geometries, shape ``(n,)``.

        Returns
        -------
        ndarray
            Geometries in EPSG:4326, longitude first; sagitta at most 1 m.
        """
        shapes = shapely.force_2d(np.asarray(geometries, dtype=object))
        cut = cut_at_antimeridian(shapes, to_lonlat=self.lonlat, to_plane=self.xy)
        dense = make_densifier(
            self.lonlat,
            tolerance=1.0 / _DEGREE_M,
            first_step=LONGEST_EDGE_M,
            between=offset_degrees,
        )
        result = edit_vertices(edit_vertices(cut, edit=dense), edit=settle_half_turns)
        # The halves round a pole share the meridian of 0 degrees: in degrees they are one. A needle
        # thinner than a rounding of degrees folds onto itself, and goes.
        for row in np.flatnonzero(~shapely.is_valid(result) & shapely.is_valid(shapes)):
            parts = shapely.get_parts(result[row])
            whole = shapely.make_valid(parts, method="structure", keep_collapsed=False)
            result[row] = _keep_areas(shapely.union_all(whole))
        return result

    def xy(self, lonlat: Coords) -> Coords:
        """Project ``(n, 2)`` degrees into plane metres."""
        return self._from_degrees(lonlat)

    def lonlat(self, xy: Coords) -> Coords:
        """Turn ``(n, 2)`` plane metres into degrees, -180 to 180; NaN where that fails."""
        lonlat = self._to_degrees(xy)
        lonlat[~np.isfinite(lonlat).all(axis=1)] = np.nan
        return lonlat

    # Kept, for to look a projection up hashes the words of both systems.
    @cached_property
    def _from_degrees(self) -> Forward:
        return _make_projection(_WGS84, self.crs)

    @cached_property
    def _to_degrees(self) -> Forward:
        return _make_projection(self.crs, _WGS84)

    def ground_m(self, start: Coords, stop: Coords) -> NDArray[np.float64]:
        """Distance on the ground between near places of the plane, fast.

        Parameters
        ----------
        start, stop
            Plane coordinates, shapes ``(n, 2)``.

        Returns
        -------
        ndarray
            Metres, shape ``(n,)``; within 1e-4 of the geodesic at 200 km from the plane's centre,
            3e-4 at 1,000 km, where both lie within 100 km of each other. NaN stays NaN.

        Notes
        -----
        At the angle c from its centre the projection stretches by cos(c/2) along the radius and
        by 1/cos(c/2) across it (Snyder 1987, p. 182); that is undone at the midpoint.
        """
        middle, step = (start + stop) / 2, stop - start
        radius = np.hypot(*middle.T)
        along = np.where(
            radius > 0, (middle * step).sum(axis=1) / np.where(radius > 0, radius, 1), 0
        )
        across2 = np.maximum((step**2).sum(axis=1) - along**2, 0)
        squeeze2 = 1 - np.minimum((radius / (2 * MEAN_RADIUS_M)) ** 2, 0.99)
        return np.asarray(np.sqrt(along**2 / squeeze2 + across2 * squeeze2), dtype=np.float64)


def plane_around(geometries_lonlat: Geometries) -> ProjectedPlane:
    """Centre a plane on geometries given in degrees.

    Parameters
    ----------
    geometries_lonlat
        Shapely geometries, EPSG:4326, shape ``(n,)``; on either side of the antimeridian.

    Returns
    -------
    ProjectedPlane
        Centre rounded to 0.001 degree, so that small edits of the data keep the plane.

    Raises
    ------
    LayerError
        No coordinates, coordinates that are not numbers, or a reach beyond 5,000 km.
    """
    coords = shapely.get_coordinates(np.asarray(geometries_lonlat, dtype=object))
    if len(coords) == 0 or not np.isfinite(coords).all():
        raise LayerError("no finite coordinates to centre the map on. Check the study area.")
    lon, lat = np.radians(coords).T
    space = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    x, y, z = space.mean(axis=0)
    centre = np.degrees([np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))])
    reach = np.inf
    for _ in range(2):
        xy = _centre_plane(*centre).xy(coords)
        reach = float(np.hypot(*xy.T).max()) if np.isfinite(xy).all() else np.inf
        if reach > 1.6 * _WIDEST_M:
            break
        middle = (xy.min(axis=0) + xy.max(axis=0)) / 2
        centre = _centre_plane(*centre).lonlat(middle[None, :])[0]
    if reach > _WIDEST_M:
        raise LayerError(
            "the area reaches more than 5,000 km from its middle (expected a region). "
            "Split it, or check for swapped or stray coordinates."
        )
    return _centre_plane(*centre)


def _centre_plane(lon: float, lat: float) -> ProjectedPlane:
    text = f"+proj=laea +lat_0={lat:.3f} +lon_0={lon:.3f} +datum=WGS84 +units=m +no_defs"
    return ProjectedPlane(CRS.from_user_input(text))


@lru_cache(maxsize=64)
def _make_transformer(source: CRS, target: CRS) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def _make_projection(source: CRS, target: CRS) -> Forward:
    transformer = _make_transformer(source, target)

    def forward(coords: Coords) -> Coords:
        return np.column_stack(transformer.transform(coords[:, 0], coords[:, 1]))

    return forward


def _refuse_unprojectable(geometries: Geometries, forward: Forward) -> None:
    coords, row = shapely.get_coordinates(geometries, return_index=True)
    bad = ~np.isfinite(forward(coords)).all(axis=1) if len(coords) else np.zeros(0, bool)
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        x, y = coords[first]
        raise LayerError(
            f"the coordinates ({x:g}, {y:g}) cannot be placed on the earth in the layer's CRS. "
            "Check the CRS, and whether x and y are swapped.",
            row=int(row[first]) + 1,
        )


def _keep_areas(geometry: Any) -> Any:
    parts = shapely.get_parts(geometry)
    areas = [part for part in parts if shapely.get_dimensions(part) == 2]
    return areas[0] if len(areas) == 1 else shapely.union_all(areas)
