"""What every `frontline fetch` begins with: the project, the area it needs, and how to ask."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from frontline.additions import FOLDER
from frontline.downloads import Client, size_of
from frontline.errors import DownloadError, ProjectError, one_line
from frontline.layers import read_layers
from frontline.project import Project, load_project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from frontline.downloads import Wanted
    from frontline.layers import Layers

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


class Prepared(NamedTuple):
    """A project to fetch for: its layers, the land it needs, and how to download."""

    project: Project
    layers: Layers
    need: Any
    client: Client


def prepared(path: Path, request: Request) -> Prepared:
    """Read a project for a fetch.

    Parameters
    ----------
    path
        The project file.
    request
        What is asked.

    Returns
    -------
    The project and its layers; the land it needs, as `needed_land` gives it; and how to download,
    with the project's mirror and proxy unless the request names others.

    Raises
    ------
    FrontlineError
        The project or its layers are wrong: mended first, fetched then.
    """
    project = _loaded(path)
    layers = read_layers(project)
    client = replace(
        request.client,
        mirror=request.client.mirror or project.fetch.mirror,
        proxy=request.client.proxy or project.fetch.proxy,
    )
    return Prepared(project, layers, needed_land(project, layers), client)


def _loaded(path: Path) -> Project:
    """Load a project, even where it names files that are only now to be fetched.

    Whoever is given a project file without the folder of fetched data must be able to fetch them.
    """
    file = path / "project.toml" if path.is_dir() else path
    folder = file.absolute().parent
    try:
        raw = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
        absent = [name for name, value in raw.items() if _is_absent(value, folder)]
        if absent:
            kept = {name: value for name, value in raw.items() if name not in absent}
            given = kept | {"path": file.absolute()}
            return Project.model_validate(given, context={"folder": folder})
    except (OSError, ValueError):  # load_project says what is wrong, in words
        pass
    return load_project(path)


def _is_absent(value: Any, folder: Path) -> bool:
    """Say whether a table, or one of a list, names a file of fetch that is not there."""
    tables = value if isinstance(value, list) else [value]
    paths = [str(table.get("path", "")) for table in tables if isinstance(table, dict)]
    return any(path.startswith(f"{FOLDER}/") and not (folder / path).exists() for path in paths)


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


def countries_of(prepared_: Prepared) -> tuple[str, ...]:
    """Return the project's countries, as three capital letters each.

    Raises
    ------
    ProjectError
        There are none, or one is no such code. It says which there may be.
    """
    project = prepared_.project
    countries = tuple(code.upper() for code in project.fetch.countries)
    wrong = [code for code in countries if not re.fullmatch("[A-Z]{3}", code)]
    if not wrong and countries:
        return countries
    what = f"'{one_line(wrong[0])}' is no code of a country" if wrong else "no country is named"
    raise ProjectError(
        f"{what} (expected ISO 3166 codes of three letters). {_guessed(prepared_)}",
        path=project.path,
        field="fetch.countries",
    )


def _guessed(prepared_: Prepared) -> str:
    """Say which countries to name: which count is for the user to say, so it is but a proposal."""
    from frontline.gazetteer import country_codes
    from frontline.osm import countries_met

    try:
        met = countries_met(prepared_.client, prepared_.need)
        codes = sorted(long for long, two in country_codes(prepared_.client).items() if two in met)
    except DownloadError:
        codes = []
    if not codes:
        return 'Add countries = ["UKR"], for example, to [fetch].'
    listed = ", ".join(f'"{code}"' for code in codes)
    return (
        "Those whose OpenStreetMap extracts, which reach beyond the borders, meet the area: add "
        f"countries = [{listed}], or those of them that you mean, to [fetch]."
    )
