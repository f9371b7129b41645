"""Load and check a project file, list and hash its inputs, change a loaded project."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from frontline.errors import ProjectError, raise_problems, suggest_name, to_one_line
from frontline.project.layers import ROLES, TABLES
from frontline.project.messages import (
    describe_problems,
    drop_union_members,
    find_control_characters,
    find_cross_problems,
)
from frontline.project.models import (
    Canopy,
    Elevation,
    LandCover,
    PopulationRaster,
    Project,
    TableSource,
)
from frontline.project.series import expand_dated_files
from frontline.storage.files import find_file_fault, hash_file, list_companions

_LARGEST_PROJECT = 2_000_000


def load_project(path: Path | str) -> Project:
    """Read a project file and check everything in it that needs no layer to be opened.

    Parameters
    ----------
    path
        The file, or a directory that holds a ``project.toml``.

    Returns
    -------
    The project, paths absolute.

    Raises
    ------
    ProjectError
        With every problem found, up to twenty.
    """
    file = Path(path)
    file = file / "project.toml" if file.is_dir() else file
    read = read_toml(file, what="project file", largest_bytes=_LARGEST_PROJECT)
    raw, problems = expand_dated_files(read, folder=file.absolute().parent)
    project = None
    if "path" in raw:
        problems.append(("path", "unknown key. Paths belong to layers, as in [settlements]."))
    context = {"folder": file.absolute().parent}
    try:
        project = Project.model_validate(raw | {"path": file.absolute()}, context=context)
    except ValidationError as error:
        problems += describe_problems(error.errors(include_url=False), raw=raw, model=Project)
    problems += find_cross_problems(raw) + find_control_characters(raw)
    problems += _find_column_problems(raw)
    raise_problems([ProjectError(text, path=path, field=key) for key, text in problems])
    if project is None:  # pragma: no cover - a failed validation always leaves a problem
        raise ProjectError("cannot be read. Correct it.", path=path)
    return project


_STAND_INS = {"date": "2000-01-01", "key": "unnamed", "label": "unnamed", "kind": "count"}
"""What stands for a value that is missing or wrong, where only the file of an entry is wanted."""


def load_sound_parts(path: Path | str) -> Project | None:
    """Load what is right in a wrong project file, to look at the files that it names.

    Parameters
    ----------
    path
        As for `load_project`.

    Returns
    -------
    A project without whatever is wrong; it holds files, and nothing to compute with: the study
    area is None, and lines are none, where the file names none. None where it is no TOML.
    """
    file = Path(path)
    file = file / "project.toml" if file.is_dir() else file
    try:
        read = read_toml(file, what="project file", largest_bytes=_LARGEST_PROJECT)
    except ProjectError:
        return None
    folder = file.absolute().parent
    raw, _ = expand_dated_files(read, folder=folder)
    kept: dict[str, Any] = {"title": "", "study_area": None, "lines": ()}
    for name, field in Project.model_fields.items():
        sound = _keep_sound(raw.get(name), TypeAdapter(field.annotation or Any), folder=folder)
        if name != "path" and sound is not None:
            kept[name] = sound
    return Project.model_construct(path=file.absolute(), **kept)


def _keep_sound(value: Any, adapter: TypeAdapter[Any], *, folder: Path) -> Any:
    """Leave out of a value what is wrong with it, until the rest is right; None if nothing is."""
    while value is not None:
        try:
            return adapter.validate_python(value, context={"folder": folder})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            way = drop_union_members(first["loc"])
            missing = first["type"] == "missing"
            name = str(way[-1]) if way else ""
            if missing and name not in _STAND_INS:
                way = way[:-1]
            value = _replace_at(value, way, _STAND_INS.get(name) if missing else None)
    return None


def _replace_at(value: Any, way: Sequence[str | int], new: Any) -> Any:
    """Copy a value with another one at a place, or with nothing there if that is None."""
    if not way:
        return new
    step, rest = way[0], way[1:]
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        inner = _replace_at(value[step], rest, new)
        return [*value[:step], *([] if inner is None else [inner]), *value[step + 1 :]]
    if isinstance(value, dict):
        inner = _replace_at(value.get(step), rest, new)
        others = {key: old for key, old in value.items() if key != step}
        return others if inner is None else {**others, step: inner}
    return None


def read_toml(path: Path, *, what: str, largest_bytes: int) -> dict[str, Any]:
    """Read a file of settings or statements.

    Parameters
    ----------
    path
        The TOML file: local, regular, in UTF-8.
    what
        What it is, for messages: ``project file``.
    largest_bytes
        A larger file is none of these.

    Raises
    ------
    ProjectError
        Saying what is wrong with it, and where.
    """
    fault = find_file_fault(path)
    if fault:
        raise ProjectError(f"the {what} {fault}", path=path)
    if path.stat().st_size > largest_bytes:
        raise ProjectError(
            f"is too large for a {what} (expected a short TOML text). Name the right file.",
            path=path,
        )
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ProjectError(
            f"is not UTF-8 text (byte {error.start}). Save it as UTF-8.", path=path
        ) from error
    except RecursionError as error:
        raise ProjectError("brackets are nested too deeply. Remove some.", path=path) from error
    except ValueError as error:
        raise ProjectError(
            f"is not valid TOML: {_suggest_toml_fix(str(error))}", path=path
        ) from error


def _suggest_toml_fix(message: str) -> str:
    text = to_one_line(message).rstrip(".")
    hint = " Correct it there."
    if ("Unescaped" in message and "\\" in message) or "hex value" in message:
        hint = " Write paths with / or in single quotes."
    return f"{text}.{hint}"


def _find_column_problems(raw: dict[str, Any]) -> list[tuple[str, str]]:
    """Find mappings to columns that the layer does not have."""
    problems = []
    for name, role in {**ROLES, **TABLES}.items():
        value = raw.get(name)
        for entry in value if isinstance(value, list) else [value]:
            mapping = entry.get("columns") if isinstance(entry, dict) else None
            known = [column.name for column in role.columns]
            if "point" in role.shapes:
                known += ["lon", "lat"]
            for ours in mapping if isinstance(mapping, dict) else ():
                if ours not in known:
                    offer = suggest_name(ours, words=known) if known else " This layer needs none."
                    problems.append((f"{name}.columns.{ours}", f"is not a column of ours.{offer}"))
    return problems


def replace_parts(project: Project, **parts: Any) -> Project:
    """Give a project with some keys of its parts replaced, checked like those of the file.

    Parameters
    ----------
    project
        From `load_project`.
    parts
        A part of the file and its new values: ``sight={"radius_m": 20_000}``. A list takes the
        place of a list, ``lines=[{"key": "line_2020", "error_m": 100}]``: an entry with the key,
        name or id of one that is there keeps the other values of that one.

    Raises
    ------
    ProjectError
        An unknown part or key, or a value out of range.
    """
    raw = project.model_dump() | {"path": project.path}
    for name, values in parts.items():
        raw[name] = _merged(raw.get(name), values)
    try:
        return Project.model_validate(raw, context={"folder": project.path.parent})
    except ValidationError as error:
        problems = describe_problems(error.errors(include_url=False), raw=raw, model=Project)
        raise_problems([ProjectError(text, path=project.path, field=key) for key, text in problems])
        raise


def _merged(old: Any, new: Any) -> Any:
    """Put new values over old ones: tables by key, lists of tables by the names of entries."""
    if isinstance(new, BaseModel):
        return new.model_dump()
    if isinstance(new, Mapping):
        return {**(old if isinstance(old, Mapping) else {}), **new}
    if not isinstance(new, list | tuple) or not isinstance(old, list | tuple):
        return new
    known = {_name_of(entry): entry for entry in old if isinstance(entry, Mapping)}
    return tuple(
        _merged(known.get(_name_of(entry)), entry)
        if isinstance(entry, Mapping)
        else _merged(None, entry)
        for entry in new
    )


def _name_of(entry: Mapping[str, Any]) -> tuple[str, Any]:
    """Return what an entry of a list goes by."""
    return next(((key, entry[key]) for key in ("key", "id", "name") if key in entry), ("", None))


def find_claims_file(project: Project) -> Path | None:
    """Find the ledger of claims: the one named, else ``claims.toml`` beside the project file.

    Raises
    ------
    ProjectError
        ``claims.toml`` is there, and is no file that can be read.
    """
    beside = project.path.parent / "claims.toml"
    if project.claims is not None:
        return project.claims
    if not beside.exists() and not beside.is_symlink():
        return None
    fault = find_file_fault(beside)
    if fault:
        raise ProjectError(fault, path=beside.name)
    return beside


def list_input_files(project: Project) -> tuple[Path, ...]:
    """Every file the results depend on: the project file first, then data in a fixed order.

    The companions of a Shapefile (.dbf and so on) count as files of their own.
    """
    canopy = project.elevation.canopy if project.elevation is not None else None
    sources: list[TableSource | PopulationRaster | Elevation | LandCover | Canopy | None] = [
        project.study_area,
        project.land,
        *project.drawings,
        project.settlements,
        project.corridors,
        project.points,
        project.districts,
        *project.partitions,
        *project.population,
        project.elevation,
        canopy,
        project.landcover,
        project.flows,
        project.links,
        project.events,
    ]
    files = [project.path]
    for source in sources:
        if source is not None and source.path is not None:
            files += [source.path, *list_companions(source.path)]
    ledger = find_claims_file(project)
    files += [ledger] if ledger is not None else []
    return tuple(dict.fromkeys(files))


def hash_inputs(project: Project) -> dict[str, str]:
    """Compute the sha256 of every input file.

    Returns
    -------
    Hexadecimal digests by path, written relative to the project file with forward slashes.

    Raises
    ------
    ProjectError
        If a file has become unreadable since the project was loaded.
    """
    hashes: dict[str, str] = {}
    for path in list_input_files(project):
        try:
            hashes[write_relative(path, project=project)] = hash_file(path)
        except OSError as error:
            raise ProjectError(
                f"cannot be read ({error.strerror}). Check the file.", path=path
            ) from error
    return hashes


def write_relative(path: Path, *, project: Project) -> str:
    """Write a path relative to the project file, with forward slashes on every system."""
    try:
        return Path(os.path.relpath(path, project.path.parent)).as_posix()
    except ValueError:  # another drive of Windows
        return path.as_posix()
