"""The manifest: what a run was made of, with nothing in it that changes from run to run."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from frontline.project import relative
from frontline.versions import library_versions

if TYPE_CHECKING:
    from frontline.project import Project


def manifest(project: Project, inputs: Mapping[str, str], **further: object) -> dict[str, Any]:
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
        "date": newest_date(project).isoformat(),
        "inputs_hash": inputs_hash(inputs),
        **further,
        "parameters": _plain(project, project),
        "inputs": dict(sorted(inputs.items())),
        "versions": library_versions(),
    }


def inputs_hash(inputs: Mapping[str, str]) -> str:
    """Sum the hashes of all inputs up in twelve hexadecimal digits, to be printed on a map.

    Parameters
    ----------
    inputs
        sha256 of every input file, by path.
    """
    lines = [f"{path}\0{digest}\n" for path, digest in sorted(inputs.items())]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def newest_date(project: Project) -> dt.date:
    """Give the date of the newest line, the one date that stands in every container."""
    return max(line.date for line in project.lines)


def _plain(value: Any, project: Project) -> Any:
    """Turn the project into plain values; its own path is where all others start from."""
    if isinstance(value, BaseModel):
        names = [
            name for name in type(value).model_fields if value is not project or name != "path"
        ]
        return {name: _plain(getattr(value, name), project) for name in names}
    if isinstance(value, Mapping):
        return {str(key): _plain(one, project) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one, project) for one in value]
    if isinstance(value, Path):
        return relative(value, project)
    return value.isoformat() if isinstance(value, dt.date) else value
