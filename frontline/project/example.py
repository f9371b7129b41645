"""The example case: where it lies, and a copy of it to change."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

from frontline.errors import OutputError

CASE = "karabakh"
"""Folder of the example below ``layers``; the only place name in the library."""


def find_example_folder() -> Path:
    """Give the folder that holds ``layers`` and ``dem`` of the example.

    Notes
    -----
    An installed wheel carries them inside the package; in a checkout they are the
    repository's own folders, so that there is one copy only.
    """
    carried = Path(str(files("frontline"))) / "example"
    return carried if carried.is_dir() else Path(__file__).resolve().parents[2]


def find_example() -> Path:
    """Give the path of the example's ``project.toml``."""
    return find_example_folder() / "layers" / CASE / "project.toml"


def copy_example(directory: Path) -> Path:
    """Copy the example into a new folder, to be edited and run.

    Parameters
    ----------
    directory
        A folder that does not exist yet, or is empty.

    Returns
    -------
    The copied project file.

    Raises
    ------
    OutputError
        If the folder holds anything, or cannot be made.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise OutputError(
            "something is there already (expected a new or empty folder). Name another folder.",
            path=directory,
        )
    try:
        for part in (Path("layers") / CASE, Path("dem")):
            shutil.copytree(find_example_folder() / part, directory / part, dirs_exist_ok=True)
    except OSError as error:
        message = f"cannot write the copy: {error.strerror}. Name a folder you may write to."
        raise OutputError(message, path=directory) from error
    return directory / "layers" / CASE / "project.toml"
