"""How a datum lies to WGS 84: whether that is known, and whether two grids differ by it only."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyproj
from pyproj.exceptions import ProjError

from frontline._typing import Floats

BALLPARK_M = 200.0
"""Positions whose datum is not known may be off by so much, or more: the shift of a national datum
to WGS 84 is 80 to 400 m."""

SAME_PLANE_M = 1.0
"""Two grids whose coordinates agree within this, but for the datum, are one grid."""

_METRES_A_DEGREE = 111_320.0
_OF_TODAY_M = 6_378_137.0
"""Half of the longest axis of GRS 80 and WGS 84."""


@lru_cache(maxsize=64)
def find_datum_doubt(crs: pyproj.CRS) -> str:
    """Say that a CRS does not tell how its datum lies to WGS 84.

    Parameters
    ----------
    crs
        Horizontal, bound or not.

    Returns
    -------
    One sentence with its advice, or an empty text where PROJ knows a transformation.

    Notes
    -----
    PROJ then takes the datum for WGS 84 as it is (a "ballpark" transformation): positions are off
    by the whole shift of the datum. A transformation that needs a grid file which is not installed
    ends there too.
    """
    try:
        group = pyproj.transformer.TransformerGroup(crs, "EPSG:4326", always_xy=True)
    except ProjError:
        return ""
    first = group.transformers[0].description if group.transformers else ""
    ellipsoid = crs.ellipsoid
    if "ballpark" not in first.lower() or ellipsoid is None:
        return ""
    # Datums on these are WGS 84 within metres, and spheres are read so by convention (MODIS).
    of_today = abs(ellipsoid.semi_major_metre - _OF_TODAY_M) < SAME_PLANE_M
    if of_today or ellipsoid.semi_major_metre == ellipsoid.semi_minor_metre:
        return ""
    return (
        "its CRS does not say how its datum lies to WGS 84: positions may be off by up to "
        f'{BALLPARK_M:.0f} m, or more. Name its code, as crs = "EPSG:28408".'
    )


def has_named_datum(crs: pyproj.CRS) -> bool:
    """Tell whether a CRS names a datum that PROJ knows, and not only an ellipsoid or a shift."""
    plain = crs.source_crs if crs.is_bound and crs.source_crs is not None else crs
    datum = plain.datum
    if datum is None or crs.is_bound:
        return False
    name = datum.name.casefold()
    return not name.startswith(("unknown", "unnamed", "undefined", "not_specified", "not spec"))


def is_same_but_datum(crs: pyproj.CRS, *, other: pyproj.CRS, xy: Floats) -> bool:
    """Tell whether two CRSs give one place the same coordinates, leaving their datums aside.

    Parameters
    ----------
    crs, other
        Horizontal, bound or not.
    xy
        Places, shape ``(n, 2)``, in both; the order is east, north.

    Returns
    -------
    Whether both lead to the same longitude and latitude, each on its own datum, within a metre,
    with ellipsoids of the same size.
    """
    lonlats = []
    for system in (crs, other):
        plain = system.source_crs if system.is_bound and system.source_crs is not None else system
        base = plain.geodetic_crs
        if base is None or plain.ellipsoid is None:
            return False
        turn = pyproj.Transformer.from_crs(plain, base, always_xy=True)
        degree = np.degrees(base.axis_info[0].unit_conversion_factor)
        lonlats.append(np.column_stack(turn.transform(xy[:, 0], xy[:, 1])) * degree)
    sizes = [system.ellipsoid for system in (crs, other)]
    if any(size is None for size in sizes):
        return False
    majors = [size.semi_major_metre for size in sizes if size is not None]
    minors = [size.semi_minor_metre for size in sizes if size is not None]
    alike = max(abs(majors[0] - majors[1]), abs(minors[0] - minors[1])) <= SAME_PLANE_M
    offset_deg = np.abs(lonlats[0] - lonlats[1])
    return bool(
        alike
        and np.isfinite(offset_deg).all()
        and (offset_deg * _METRES_A_DEGREE).max() < SAME_PLANE_M
    )
