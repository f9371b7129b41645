"""Outlines that are known within an error: what lies inside them in each of many draws."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline._typing import Floats
from frontline.uncertainty.intervals import SIGMAS, draw_noise, make_generator

if TYPE_CHECKING:
    from numpy.typing import NDArray


CORRELATION_M = 5_000.0
"""Errors of an outline are alike over this length, as those of a line are by default."""

_FAR = 4.0
_LATTICE = 4_000


def place_lattice(area: Any, *, points: int = _LATTICE) -> Floats:
    """Place points evenly over an area.

    Parameters
    ----------
    area
        Polygon in the plane.
    points
        About how many.

    Returns
    -------
    Shape ``(n, 2)``; at least one point inside a polygon that is not empty.
    """
    if area.is_empty:
        return np.zeros((0, 2))
    step = math.sqrt(float(shapely.area(area)) / points)
    west, south, east, north = shapely.bounds(area)
    x, y = np.meshgrid(
        np.arange(west + step / 2, east, step), np.arange(south + step / 2, north, step)
    )
    xy = np.column_stack([x.ravel(), y.ravel()])
    shapely.prepare(area)
    inside = xy[shapely.contains_xy(area, *xy.T)]
    if not len(inside):
        inside = shapely.get_coordinates(shapely.point_on_surface(area))
    return np.asarray(inside, dtype=np.float64)


def find_inside(
    area: Any,
    *,
    xy: Floats,
    error_m: float,
    draws: int,
    seed: int,
    key: str,
    correlation_m: float = CORRELATION_M,
) -> NDArray[np.bool_]:
    """Tell which points lie inside an outline in each of many draws of it.

    Parameters
    ----------
    area
        Polygon in the plane.
    xy
        Points, shape ``(n, 2)``.
    error_m
        Half-width within which the outline lies with 95 %.
    draws, seed, key
        How many draws, and what makes them.
    correlation_m
        Length along the outline over which its error is alike.

    Returns
    -------
    Shape ``(draws, n)``.

    Notes
    -----
    The outline moves in or out by a correlated error at the place nearest to each point; a
    point is inside where it lies deeper than the outline moves in.
    """
    points = shapely.points(xy)
    edges = shapely.get_parts(shapely.boundary(area))
    away = shapely.distance(points[:, None], edges)
    ring = away.argmin(axis=1)
    shapely.prepare(area)
    depth = np.where(shapely.contains_xy(area, *xy.T), 1.0, -1.0) * away.min(axis=1)
    sigma = error_m / SIGMAS
    inside = np.repeat((depth > 0)[None, :], draws, axis=0)
    generators = [make_generator(seed, key=key, draw=number) for number in range(draws)]
    for number, edge in enumerate(edges):
        near = np.flatnonzero((ring == number) & (np.abs(depth) <= _FAR * sigma))
        noise = draw_noise(
            shapely.line_locate_point(edge, points[near]),
            generators=generators,
            length_m=float(edge.length),
            correlation_m=correlation_m,
            closed=True,
        )
        inside[:, near] = depth[near] + sigma * noise.reshape(draws, len(near)) > 0
    return inside


def estimate_area_error(
    length_m: float, *, error_m: float, correlation_m: float = CORRELATION_M
) -> float:
    """Return the half-width (95 %) of an area whose outline of a length errs.

    Notes
    -----
    The outline moves by an error of standard deviation s, alike over L: the area inside moves
    by its integral along the length P, of variance s^2 P L sqrt(pi), for the correlation
    exp(-(d / L)^2) integrates to L sqrt(pi).
    """
    return error_m * math.sqrt(length_m * correlation_m * math.sqrt(math.pi))
