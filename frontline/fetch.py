"""What every `frontline fetch` begins with: the project, the area it needs, and how to ask."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline.downloads import Client, size_of
from frontline.layers import read_layers
from frontline.project import load_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from frontline.downloads import Wanted
    from frontline.layers import Layers
    from frontline.project import Project

MARGIN_DEGREES = 0.003
"""Beyond what is needed: heights are interpolated between cells, the largest of 90 m."""


@dataclass(frozen=True)
class Request:
    """What is asked on the command line, beside what the project says.

    Parameters
    ----------
    client
        How to download.
    sources
        Instead of the project's.
    fallback
        A tile of elevation may come from the next source.
    dry_run
        Only say what would be fetched, and how much.
    """

    client: Client
    sources: tuple[str, ...] = ()
    fallback: bool = False
    dry_run: bool = False


def prepared(path: Path, request: Request) -> tuple[Project, Any, Client]:
    """Read a project for a fetch.

    Parameters
    ----------
    path
        The project file.
    request
        What is asked.

    Returns
    -------
    The project; the land it needs, as `needed_land` gives it; and how to download, with the
    project's mirror and proxy unless the request names others.

    Raises
    ------
    FrontlineError
        The project or its layers are wrong: mended first, fetched then.
    """
    project = load_project(path)
    need = needed_land(project, read_layers(project))
    client = replace(
        request.client,
        mirror=request.client.mirror or project.fetch.mirror,
        proxy=request.client.proxy or project.fetch.proxy,
    )
    return project, need, client


def needed_land(project: Project, layers: Layers) -> Any:
    """Return the study area and all within reach of the lines, in degrees.

    Returns
    -------
    One geometry in longitude and latitude; longitudes run on across the antimeridian.
    """
    reach_m = 1.02 * max(project.sight.radius_m, *project.zones.distances_m)
    lines = [shape for frame in layers.lines.values() for shape in frame.geometry]
    near = shapely.buffer(np.array(lines, dtype=object), reach_m)
    need = shapely.union_all([layers.study_area, *near])
    middle = layers.frame.lonlat(shapely.get_coordinates(need.centroid))[0, 0]
    turned = shapely.transform(
        shapely.segmentize(need, 10_000.0),
        lambda xy: _continuous(layers.frame.lonlat(xy), float(middle)),
    )
    return shapely.buffer(shapely.make_valid(turned), MARGIN_DEGREES)


def _continuous(lonlat: np.ndarray, middle: float) -> np.ndarray:
    return np.column_stack([(lonlat[:, 0] - middle + 180) % 360 - 180 + middle, lonlat[:, 1]])


def planned(client: Client, files: Sequence[Wanted]) -> list[str]:
    """Say of each file how large it is, or that it is not there, without fetching it."""
    lines, total = [], 0
    for wanted in files:
        size = size_of(client, wanted)
        total += max(size or 0, 0)
        said = {None: "not there", 0: "in the cache", -1: "size unknown"}
        shown = said[size] if size in said else f"{(size or 0) / 1e6:,.1f} MB"
        lines.append(f"{wanted.about}: {shown} ({wanted.address})")
    return [*lines, f"{len(files)} files, {total / 1e6:,.1f} MB to fetch. Nothing was fetched."]
