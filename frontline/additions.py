"""What fetch leaves beside a project: a folder of data with notes, and tables in the project."""

from __future__ import annotations

import contextlib
import json
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontline.errors import OutputError, one_line
from frontline.files import sha256
from frontline.locks import locked
from frontline.project import relative

if TYPE_CHECKING:
    from frontline.project import Project

FOLDER = "fetched"
"""Folder beside the project file; the data in it may be replaced by the next fetch."""


@contextlib.contextmanager
def replacing(project: Project, name: str) -> Iterator[Path]:
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
        with locked(folder / f".{name}.lock") as ours:
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


def write_notes(project: Project, name: str, notes: Mapping[str, Any]) -> None:
    """Write what is known of a fetched file into a JSON file beside it, with its sha256."""
    data = project.path.parent / FOLDER / name
    kept = {"file": name, "sha256": sha256(data), **notes}
    with replacing(project, f"{data.stem}.json") as path:
        text = json.dumps(kept, ensure_ascii=False, indent=2, sort_keys=False)
        path.write_text(text + "\n", encoding="utf-8")


def add_table(project: Project, heading: str, keys: Mapping[str, Any]) -> list[str]:
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
    block = [heading, *(f"{key} = {_toml(value)}" for key, value in keys.items())]
    try:
        text = project.path.read_bytes().decode("utf-8-sig")
        known = tomllib.loads(text).get(heading.strip("[]"))
        if heading.startswith("[["):
            listed = [known] if isinstance(known, dict) else known or []
            known = next((one for one in listed if one.get("key") == keys["key"]), None)
        shown = relative(project.path, project)
        if known is None:
            _append(project.path, text, block)
            return [f"Added {heading} to {one_line(shown)}."]
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror}). Check the folder.", path=project.path
        ) from error
    if known.get("path") == keys["path"]:
        return [f"{heading} of {one_line(shown)} already names it."]
    return [f"{one_line(shown)} has {heading} already. To use what was fetched, write:", *block]


def _append(path: Path, text: str, block: list[str]) -> None:
    """Write the project file anew, whole, with a block at its end."""
    gap = "" if text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
    added = "\n".join(["# Added by frontline fetch.", *block])
    tomllib.loads(f"{text}{gap}{added}\n")
    scratch = path.with_name(f".{path.name}.new")
    scratch.write_text(f"{text}{gap}{added}\n", encoding="utf-8", newline="\n")
    scratch.chmod(path.stat().st_mode & 0o777)
    scratch.replace(path)


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_toml(one)}' for key, one in value.items())} }}"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"{value}"
