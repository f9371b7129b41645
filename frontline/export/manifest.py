"""The manifest: hashes of inputs and outputs, parameters, versions."""

from __future__ import annotations

import datetime as dt
import hashlib
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from frontline.project.loader import write_relative

if TYPE_CHECKING:
    from frontline.project.models import Project


PACKAGES = (
    "exactextract",
    "geopandas",
    "jinja2",
    "matplotlib",
    "numba",
    "numpy",
    "pandas",
    "pillow",
    "pydantic",
    "pyogrio",
    "pyproj",
    "rasterio",
    "scipy",
    "shapely",
    "xlsxwriter",
)
DISTRIBUTION = "frontline-gis"


def find_own_version() -> str:
    """Give the version of frontline; ``source`` where it runs without being installed."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "source"


def list_versions() -> dict[str, str]:
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

    versions = {"frontline": find_own_version(), "python": platform.python_version()}
    versions |= {name: version(name) for name in PACKAGES}
    return versions | {
        "GDAL of rasterio": str(rasterio.__gdal_version__),
        "GDAL of pyogrio": str(pyogrio.__gdal_version_string__),
        "PROJ": str(pyproj.proj_version_str),
        "GEOS": str(shapely.geos_version_string),
    }


def describe_run(
    project: Project, *, inputs: Mapping[str, str], **further: object
) -> dict[str, Any]:
    """Describe a run, as far as it is known before its files are written.

    Parameters
    ----------
    project
        What was asked; every parameter is written, defaults too.
    inputs
        sha256 of every input file, by its path relative to the project.
    further
        Entries of the caller's own, such as ``public=True``; plain values only.

    Returns
    -------
    Plain values, ready for JSON. Paths are relative to the project file, so that the same
    project in another folder gives the same manifest.
    """
    return {
        "title": project.title,
        "date": find_newest_date(project).isoformat(),
        "inputs_hash": hash_of_inputs(inputs),
        **further,
        "parameters": _make_plain(project, project),
        "inputs": dict(sorted(inputs.items())),
        "versions": list_versions(),
    }


def hash_of_inputs(inputs: Mapping[str, str]) -> str:
    """Sum the hashes of all inputs up in twelve hexadecimal digits, to be printed on a map.

    Parameters
    ----------
    inputs
        sha256 of every input file, by path.
    """
    lines = [f"{path}\0{digest}\n" for path, digest in sorted(inputs.items())]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def find_newest_date(project: Project) -> dt.date:
    """Give the date of the newest line, the one date that stands in every container."""
    return max(line.date for line in project.lines)


def _make_plain(value: Any, project: Project) -> Any:
    """Turn the project into plain values; its own path is where all others start from."""
    if isinstance(value, BaseModel):
        names = [
            name for name in type(value).model_fields if value is not project or name != "path"
        ]
        return {name: _make_plain(getattr(value, name), project) for name in names}
    if isinstance(value, Mapping):
        return {str(key): _make_plain(item, project) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_make_plain(item, project) for item in value]
    if isinstance(value, Path):
        return write_relative(value, project=project)
    return value.isoformat() if isinstance(value, dt.date) else value
