"""Versions of everything that a figure can depend on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "branca",
    "exactextract",
    "folium",
    "geopandas",
    "matplotlib",
    "numba",
    "numpy",
    "pandas",
    "pydantic",
    "pyogrio",
    "pyproj",
    "rasterio",
    "scipy",
    "shapely",
    "xlsxwriter",
)
DISTRIBUTION = "frontline-gis"


def own_version() -> str:
    """Give the version of frontline; ``source`` where it runs without being installed."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "source"


def library_versions() -> dict[str, str]:
    """List frontline, Python, the libraries, and the C libraries inside their wheels.

    Returns
    -------
    Versions by name, in a fixed order. rasterio and pyogrio each carry a GDAL of their own,
    so there are two. Nothing in it depends on the machine.
    """
    import pyogrio
    import pyproj
    import rasterio
    import shapely

    found = {"frontline": own_version(), "python": platform.python_version()}
    found |= {name: version(name) for name in PACKAGES}
    return found | {
        "GDAL of rasterio": str(rasterio.__gdal_version__),
        "GDAL of pyogrio": str(pyogrio.__gdal_version_string__),
        "PROJ": str(pyproj.proj_version_str),
        "GEOS": str(shapely.geos_version_string),
    }
