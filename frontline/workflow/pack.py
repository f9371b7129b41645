"""One archive of all inputs, for another analyst: unpacked anywhere, it gives the same figures."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontline.errors import OutputError, ProjectError, raise_problems, to_one_line
from frontline.export.manifest import describe_run, find_newest_date
from frontline.export.publish import MANIFEST, SCHEMA, refuse_inputs
from frontline.inputs.series import expand_dates
from frontline.project.loader import hash_inputs, list_input_files, load_project
from frontline.storage.archives import write_archive
from frontline.storage.files import hash_file

if TYPE_CHECKING:
    from frontline.project.models import Project


README = "README.txt"
INSTRUCTIONS = """{title}

The inputs of a project of frontline, and {manifest}, which lists them with their hashes, all
parameters and the versions of the libraries that it was packed with.

  frontline verify .            the files are as they were packed
  frontline check {project}
  frontline run {project} --out results

Use the version of frontline that the manifest names for the same figures to the last digit.
Sources and licences of the data stand in {project} and in {manifest}.
"""


def pack(path: Path, *, out: Path, public: bool = False, force: bool = False) -> tuple[str, ...]:
    """Put a project file, everything that it names and a manifest into one ZIP archive.

    Parameters
    ----------
    path
        The project file.
    out
        The archive.
    public
        Refuse layers that are restricted, because everybody is to read the archive.
    force
        Replace a file that is there.

    Returns
    -------
    Names of the inputs in the archive, the project file first. The files keep their places
    against each other, so that the project file is the same to the byte, and a run of the copy
    has the hash of inputs of a run here.

    Raises
    ------
    ProjectError
        A path is absolute, or a layer is restricted and `public` asked for.
    OutputError
        The archive is there already, or cannot be written.

    Notes
    -----
    Same inputs, same bytes: the date in it is that of the newest line.
    """
    project = expand_dates(load_project(path))
    _refuse_absolute(project)
    hidden = tuple(_list_restricted(project))
    if public and hidden:
        raise ProjectError(
            f"{', '.join(hidden)}: restricted, and the archive would hold it whole (expected "
            "public layers only). Leave out --public, or take it out of the project.",
            path=project.path,
        )
    refuse_inputs(out, inputs=list_input_files(project))
    if out.exists() and not force:
        raise OutputError("is there already. Name another file, or use --force.", path=out)
    names = _name_inputs(project)
    facts = _make_manifest(project, names, public=public, hidden=hidden)
    project_name = next(name for name, file in names.items() if file == project.path)
    about = INSTRUCTIONS.format(
        title=to_one_line(project.title), manifest=MANIFEST, project=project_name
    )
    text = json.dumps(facts, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    _publish(
        out,
        {
            README: about.encode("utf-8", "replace"),
            MANIFEST: text.encode("utf-8", "backslashreplace"),
            **names,
        },
        project,
    )
    return tuple(names)


def list_restricted_inputs(path: Path) -> tuple[str, ...]:
    """Name the restricted layers and rasters of a project file."""
    return tuple(_list_restricted(load_project(path)))


def _list_restricted(project: Project) -> Iterator[str]:
    for name in type(project).model_fields:
        value = getattr(project, name)
        for part in value if isinstance(value, tuple) else (value,):
            if getattr(part, "sensitivity", "public") == "restricted":
                yield str(getattr(part, "key", name))
    for line in project.lines:
        for drawing in line.drawings[1:]:
            if drawing.sensitivity == "restricted":
                yield drawing.key


def _refuse_absolute(project: Project) -> None:
    """Refuse paths that would not lead anywhere on another computer."""
    raw = tomllib.loads(project.path.read_text(encoding="utf-8-sig"))
    raise_problems(
        [
            ProjectError(
                f"'{to_one_line(text)}' is an absolute path (expected one relative to the project "
                "file, so that it holds on another computer). Change it.",
                path=project.path,
                field=field,
            )
            for field, text in _find_paths(raw, "")
            if Path(text).is_absolute()
        ]
    )


def _find_paths(value: Any, field: str) -> Iterator[tuple[str, str]]:
    """Find every path in a project file: what stands under ``path``, ``files``, ``claims``."""
    if isinstance(value, list):
        for item in value:
            yield from _find_paths(item, field)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in {"path", "files", "claims"} and isinstance(item, str):
                yield f"{field}.{key}".lstrip("."), item
            else:
                yield from _find_paths(item, f"{field}.{key}".lstrip("."))


def _name_inputs(project: Project) -> dict[str, Path]:
    """Name the inputs in the archive: as they lie below the folder that they have in common."""
    files = list_input_files(project)
    top = Path(os.path.commonpath([file.parent for file in files]))
    names = {file.relative_to(top).as_posix(): file for file in files}
    for taken in (README, MANIFEST):
        if taken in names:
            raise ProjectError(
                f"an input is called {taken}, as a file of the archive is. Rename it.",
                path=project.path,
            )
    return names


def _make_manifest(
    project: Project, names: dict[str, Path], *, public: bool, hidden: tuple[str, ...]
) -> dict[str, Any]:
    """Describe the archive as a folder of results is described, so that it can be verified."""
    inputs = hash_inputs(project)
    outputs = {
        name: {"sha256": hash_file(file), "bytes": file.stat().st_size}
        for name, file in names.items()
    }
    facts = describe_run(project, inputs=inputs, public=public, restricted=list(hidden))
    return {"schema": SCHEMA, "command": "pack", **facts, "outputs": outputs}


def _publish(out: Path, files: dict[str, bytes | Path], project: Project) -> None:
    """Write the archive beside its place, look whether an input has changed, and show it."""
    part = out.with_name(f".{out.name}-part")
    before = hash_inputs(project)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_archive(part, files=files, date=find_newest_date(project))
        if hash_inputs(project) != before:
            raise ProjectError(
                "an input changed while it was packed. Run again.", path=project.path
            )
        part.replace(out)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(
            f"cannot be written ({reason}). Check folder and disk.", path=out
        ) from error
    finally:
        with suppress(OSError):
            part.unlink()
