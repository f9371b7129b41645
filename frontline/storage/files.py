"""Files named by the user: local, regular, whole. Nothing here opens what it has not looked at."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import stat
from pathlib import Path

from frontline.errors import to_one_line

_SHAPEFILE_COMPANIONS = (".shx", ".dbf", ".prj", ".cpg")


def find_local_file(text: str, *, folder: Path) -> Path:
    """Make a path absolute, and refuse what is not a local regular file.

    Parameters
    ----------
    text
        The path as the user wrote it; ``..`` is allowed.
    folder
        Where it starts from.

    Raises
    ------
    ValueError
        With the path and what to do. Addresses and GDAL's virtual paths are refused by their
        looks, pipes and devices by their status: nothing is opened.
    """
    named = f"'{to_one_line(text)}'"
    if not text.strip() or "\0" in text:
        raise ValueError(f"{named} is not the name of a file (expected a path). Correct it.")
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text):
        raise ValueError(f"{named} is a network address (expected a local file). Download it.")
    if re.search(r"(^|:)/?/vsi[a-z0-9_]*/", text.replace("\\", "/"), re.IGNORECASE):
        raise ValueError(f"{named} is a virtual path (expected a local file). Unpack it.")
    # not resolve(): links keep the names that the user gave them
    path = Path(os.path.abspath(folder / text))  # noqa: PTH100
    fault = find_file_fault(path)
    if fault:
        raise ValueError(f"{named} {fault}")
    return path


def find_file_fault(path: Path) -> str:
    """Say why a path is not a readable, local, regular file; "" if it is. Nothing is opened."""
    try:
        status = path.stat()
    except FileNotFoundError:
        if path.is_symlink():
            return "is a link to nothing. Mend the link, or name the file itself."
        return f"does not exist.{_suggest_neighbour(path)}"
    except (OSError, ValueError) as error:
        return (
            f"cannot be looked at ({getattr(error, 'strerror', None) or error}). Correct the path."
        )
    fault = ""
    if stat.S_ISDIR(status.st_mode) and path.suffix.lower() == ".gdb":
        fault = (
            "is a file geodatabase, which is not read (expected a file). Export the layer as "
            "GeoPackage."
        )
    elif stat.S_ISDIR(status.st_mode):
        fault = "is a directory (expected a file). Name the file in it."
    elif not stat.S_ISREG(status.st_mode):
        fault = "is a pipe, socket or device (expected a regular file). Copy the data to a file."
    elif status.st_size == 0:
        fault = "is empty: 0 bytes. Export or copy it again."
    elif not os.access(path, os.R_OK):
        fault = "cannot be read: permission denied. Change its permissions, or copy it."
    return fault


def _suggest_neighbour(path: Path) -> str:
    try:
        names = [other.name for other in path.parent.iterdir()]
    except OSError:
        return " Neither does its directory. Paths are relative to the project file."
    folded = {name.casefold(): name for name in names}
    if path.name.casefold() in folded:
        own = to_one_line(folded[path.name.casefold()])
        return (
            f" There is '{own}': large and small letters differ. Write the name as the file has it."
        )
    near = difflib.get_close_matches(path.name.casefold(), folded, n=1, cutoff=0.6)
    alike = [folded[name] for name in near]
    return f" Did you mean '{to_one_line(alike[0])}'?" if alike else " Check the path."


def list_companions(path: Path) -> tuple[Path, ...]:
    """Files that belong to a Shapefile, in either case of their ending; none for other files."""
    if path.suffix.lower() != ".shp":
        return ()
    names = {f"{path.stem}{ending}".casefold() for ending in _SHAPEFILE_COMPANIONS}
    beside = (other for other in path.parent.iterdir() if other.name.casefold() in names)
    return tuple(sorted(other for other in beside if not find_file_fault(other)))


def hash_file(path: Path) -> str:
    """Compute the sha256 of a file of any size, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
