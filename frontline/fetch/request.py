"""What every `frontline fetch` begins and ends with: project, area, folder, notes, tables."""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from frontline.errors import DownloadError, OutputError, ProjectError, to_one_line
from frontline.fetch.cache import ask_size_of
from frontline.fetch.http import HttpClient
from frontline.inputs.layers import read_layers
from frontline.inputs.series import expand_dates
from frontline.project.loader import load_project, write_relative
from frontline.project.models import Project
from frontline.storage.files import hash_file
from frontline.storage.locks import hold_lock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from frontline.fetch.http import RemoteRequest
    from frontline.inputs.layers import Layers


FOLDER = "fetched"
"""Folder beside the project file; the data in it may be replaced by the next fetch."""


@contextlib.contextmanager
def replace_file(project: Project, *, name: str) -> Iterator[Path]:
    """Give a path to write to, and put what was written in place at the end of the block.

    Parameters
    ----------
    project
        The project the data are for.
    name
        Name of the file in the folder ``fetched`` beside the project file.

    Yields
    ------
    Where to write. If the block raises, the file of an earlier fetch stays.

    Raises
    ------
    OutputError
        The folder cannot be written to, or another fetch is at work on the file.
    """
    folder = project.path.parent / FOLDER
    try:
        folder.mkdir(exist_ok=True)
        with hold_lock(folder / f".{name}.lock") as ours:
            if not ours:
                raise OutputError("another fetch is writing it. Wait for it.", path=folder / name)
            with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch:
                written = Path(scratch) / name
                yield written
                written.replace(folder / name)
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror}). Check the folder.", path=folder / name
        ) from error


def write_notes(project: Project, *, name: str, notes: Mapping[str, Any]) -> None:
    """Write what is known of a fetched file into a JSON file beside it, with its sha256."""
    data = project.path.parent / FOLDER / name
    content = {"file": name, "sha256": hash_file(data), **notes}
    with replace_file(project, name=f"{data.stem}.json") as path:
        text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=False)
        path.write_text(text + "\n", encoding="utf-8")


def add_table(project: Project, *, heading: str, keys: Mapping[str, Any]) -> list[str]:
    """Add a table to the project file, unless it has one of that name.

    Parameters
    ----------
    project
        From `load_project`.
    heading
        As in the file: ``[elevation]``, or ``[[population]]`` for a list of tables.
    keys
        What it says; ``path`` is the file.

    Returns
    -------
    What was done, and the table itself where the user has to decide.
    """
    block = [heading, *(f"{key} = {_write_toml(value)}" for key, value in keys.items())]
    try:
        text = project.path.read_bytes().decode("utf-8-sig")
        known = tomllib.loads(text).get(heading.strip("[]"))
        if heading.startswith("[["):
            listed = [known] if isinstance(known, dict) else known or []
            known = next((table for table in listed if table.get("key") == keys["key"]), None)
        shown = write_relative(project.path, project=project)
        if known is None:
            _append_block(project.path, text, block)
            return [f"Added {heading} to {to_one_line(shown)}."]
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror}). Check the folder.", path=project.path
        ) from error
    if known.get("path") == keys["path"]:
        return [f"{heading} of {to_one_line(shown)} already names it."]
    return [f"{to_one_line(shown)} has {heading} already. To use what was fetched, write:", *block]


def _append_block(path: Path, text: str, block: list[str]) -> None:
    """Write the project file anew, whole, with a block at its end."""
    gap = "" if text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
    added = "\n".join(["# Added by frontline fetch.", *block])
    tomllib.loads(f"{text}{gap}{added}\n")
    scratch = path.with_name(f".{path.name}.new")
    scratch.write_text(f"{text}{gap}{added}\n", encoding="utf-8", newline="\n")
    scratch.chmod(path.stat().st_mode & 0o777)
    scratch.replace(path)


def _write_toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_write_toml(item)}' for key, item in value.items())} }}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"{value}"


MARGIN_DEGREES = 0.003
"""Beyond what is needed: heights are interpolated between cells, the largest of 90 m."""


@dataclass(frozen=True)
class FetchRequest:
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

    client: HttpClient
    sources: tuple[str, ...] = ()
    fallback: bool = False
    dry_run: bool = False


class FetchPlan(NamedTuple):
    """A project to fetch for: its layers, the land it needs, and how to download."""

    project: Project
    layers: Layers
    need: Any
    client: HttpClient


def prepare_fetch(path: Path, *, request: FetchRequest) -> FetchPlan:
    """Read a project for a fetch.

    Parameters
    ----------
    path
        The project file.
    request
        What is asked.

    Returns
    -------
    The project and its layers; the land it needs, as `find_needed_land` gives it; and how to
    download, with the project's mirror and proxy unless the request names others.

    Raises
    ------
    FrontlineError
        The project or its layers are wrong: mended first, fetched then.
    """
    project = _load_project(path)
    layers = read_layers(project)
    client = replace(
        request.client,
        mirror=request.client.mirror or project.fetch.mirror,
        proxy=request.client.proxy or project.fetch.proxy,
    )
    return FetchPlan(project, layers, find_needed_land(project, layers=layers), client)


def _load_project(path: Path) -> Project:
    """Load a project, even where it names files that are only now to be fetched.

    Whoever is given a project file without the folder of fetched data must be able to fetch them.
    """
    file = path / "project.toml" if path.is_dir() else path
    folder = file.absolute().parent
    try:
        raw = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
        absent = [name for name, value in raw.items() if _is_absent(value, folder)]
        if absent:
            tables = {name: value for name, value in raw.items() if name not in absent}
            present = tables | {"path": file.absolute()}
            return Project.model_validate(present, context={"folder": folder})
    except (OSError, ValueError):  # load_project says what is wrong, in words
        pass
    return expand_dates(load_project(path))


def _is_absent(value: Any, folder: Path) -> bool:
    """Say whether a table, or one of a list, names a file of fetch that is not there."""
    tables = value if isinstance(value, list) else [value]
    paths = [str(table.get("path", "")) for table in tables if isinstance(table, dict)]
    return any(path.startswith(f"{FOLDER}/") and not (folder / path).exists() for path in paths)


def find_needed_land(project: Project, *, layers: Layers) -> Any:
    """Return the study area and all within reach of the lines, in degrees.

    Returns
    -------
    One geometry in longitude and latitude; longitudes run on across the antimeridian.
    """
    reach_m = 1.02 * max(project.sight.radius_m, *project.zones.distances_m)
    lines = [shape for frame in layers.lines.values() for shape in frame.geometry]
    near = shapely.buffer(np.array(lines, dtype=object), reach_m)
    need = shapely.union_all([layers.study_area, *near])
    middle = layers.plane.lonlat(shapely.get_coordinates(need.centroid))[0, 0]
    turned = shapely.transform(
        shapely.segmentize(need, 10_000.0),
        lambda xy: _make_continuous(layers.plane.lonlat(xy), float(middle)),
    )
    return shapely.buffer(shapely.make_valid(turned), MARGIN_DEGREES)


def _make_continuous(lonlat: np.ndarray, middle: float) -> np.ndarray:
    return np.column_stack([(lonlat[:, 0] - middle + 180) % 360 - 180 + middle, lonlat[:, 1]])


def plan_files(client: HttpClient, *, files: Sequence[RemoteRequest]) -> list[str]:
    """Say of each file how large it is, or that it is not there, without fetching it."""
    lines, total = [], 0
    for remote_request in files:
        size = ask_size_of(client, remote_request=remote_request)
        total += max(size or 0, 0)
        states = {None: "not there", 0: "in the cache", -1: "size unknown"}
        shown = states[size] if size in states else f"{(size or 0) / 1e6:,.1f} MB"
        lines.append(f"{remote_request.about}: {shown} ({remote_request.address})")
    return [*lines, f"{len(files)} files, {total / 1e6:,.1f} MB to fetch. Nothing was fetched."]


def list_countries(plan: FetchPlan) -> tuple[str, ...]:
    """Return the project's countries, as three capital letters each.

    Raises
    ------
    ProjectError
        There are none, or one is no such code. It says which there may be.
    """
    project = plan.project
    countries = tuple(code.upper() for code in project.fetch.countries)
    wrong = [code for code in countries if not re.fullmatch("[A-Z]{3}", code)]
    if not wrong and countries:
        return countries
    problem = (
        f"'{to_one_line(wrong[0])}' is no code of a country" if wrong else "no country is named"
    )
    raise ProjectError(
        f"{problem} (expected ISO 3166 codes of three letters). {_propose_countries(plan)}",
        path=project.path,
        field="fetch.countries",
    )


def _propose_countries(plan: FetchPlan) -> str:
    """Say which countries to name: which count is for the user to say, so it is but a proposal."""
    from frontline.fetch.geonames import read_country_codes
    from frontline.fetch.osm import list_countries_met

    try:
        codes_met = list_countries_met(plan.client, need=plan.need)
        codes = sorted(
            long for long, two in read_country_codes(plan.client).items() if two in codes_met
        )
    except DownloadError:
        codes = []
    if not codes:
        return 'Add countries = ["UKR"], for example, to [fetch].'
    listed = ", ".join(f'"{code}"' for code in codes)
    return (
        "Those whose OpenStreetMap extracts, which reach beyond the borders, meet the area: add "
        f"countries = [{listed}], or those of them that you mean, to [fetch]."
    )
