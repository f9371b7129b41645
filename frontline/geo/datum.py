"""How well the datum of a CRS is known: without it, positions are off by up to some 200 m."""

from __future__ import annotations

from functools import lru_cache

from pyproj import CRS
from pyproj.transformer import TransformerGroup

BALLPARK_M = 200
"""What a position may be off where nothing says how its datum lies to WGS 84."""

_WGS84 = CRS.from_epsg(4326)


def describe_datum(crs: CRS) -> tuple[str, ...]:
    """Say what is not known of the way from a CRS to WGS 84.

    Parameters
    ----------
    crs
        Of a layer or raster.

    Returns
    -------
    Sentences for the notes; none where the way is known.

    Notes
    -----
    PROJ calls a transformation that takes one datum for the other *ballpark*. The case of two
    datums whose grids are missing on this computer ends so as well.
    """
    return _described(crs.to_wkt())


@lru_cache(maxsize=256)
def _described(wkt: str) -> tuple[str, ...]:
    crs = CRS.from_wkt(wkt)
    if not (crs.is_geographic or crs.is_projected):
        return ()
    group = TransformerGroup(crs, _WGS84, always_xy=True)
    best = group.transformers[0].description if group.transformers else ""
    if "Ballpark geographic offset" not in best:
        return ()
    text = (
        "Its CRS does not say how its datum lies to WGS 84: positions may be off by up to "
        f'{BALLPARK_M} m. Name its code, as crs = "EPSG:28408", or export it in EPSG:4326.'
    )
    return (text,)
