"""A folder of finished pieces of long work: what a run that was killed goes on from.

A piece is a file named by the hash of everything that it was computed from. It holds that hash
and one of its own content, and is believed only if both are right; what is cut short, changed,
renamed or put there by another program is computed again. Files appear under their names whole.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import tempfile
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from frontline.errors import OutputError
from frontline.storage.plain import from_arrays, hash_value, to_arrays

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


_MAGIC = b"frontline piece 1"
_ENDING = ".piece"
_SCRATCH = ".scratch-"
_STALE_S = 86_400.0
"""Scratch files older than a day were left by a run that was killed."""

LOG = logging.getLogger("frontline")

Value = TypeVar("Value")

MOST_BYTES = 2 << 30
"""Size of the user's cache: the pieces that were used longest ago go first."""

STAGES = {
    "visibility": 2,
    "probability": 1,
    "zones": 1,
    "people": 1,
    "sight": 1,
    "changes": 1,
    "profile": 1,
    "notes": 1,
    "correlation": 1,
    "tables": 1,
    "claims": 1,
}
"""Version of the code of each stage whose pieces are kept; raised when its answers may change."""


@dataclass(frozen=True)
class Checkpoint:
    """A folder for pieces of work.

    Parameters
    ----------
    folder
        It exists and can be written to.
    required
        Whether a piece that cannot be written is an error; of a cache it is only said.
    blocks
        Whether blocks of long work within a stage are kept as well, to go on from when killed.
    """

    folder: Path
    required: bool = True
    blocks: bool = True


def open_work(directory: Path, *, out: Path | None = None) -> Checkpoint:
    """Make a folder for pieces of work, or refuse it before anything is computed.

    Parameters
    ----------
    directory
        The folder; made with its parents.
    out
        The folder of results, in which no intermediate file may lie.

    Raises
    ------
    OutputError
        It is a file, is or lies in the folder of results, or cannot be written to.
    """
    folder = Path(directory).resolve()
    results = None if out is None else Path(out).resolve()
    if results is not None and (folder == results or results in folder.parents):
        raise OutputError(
            "--work lies in the folder of results (expected one apart: intermediate files are no "
            "results). Name another folder.",
            path=directory,
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob(f"{_SCRATCH}*"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > _STALE_S:
                    path.unlink()
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _explain_unusable(directory, error) from error
    return Checkpoint(folder)


def find_cache_folder() -> Path:
    """Folder of what can be had again: ``FRONTLINE_CACHE``, or the system's place for caches."""
    named = os.environ.get("FRONTLINE_CACHE")
    if named:
        return Path(named).absolute()
    from platformdirs import user_cache_path

    return user_cache_path("frontline")


def open_cache(*, most_bytes: int = MOST_BYTES) -> Checkpoint | None:
    """Open the user's cache of finished stages, and make room in it.

    Parameters
    ----------
    most_bytes
        What it may hold.

    Returns
    -------
    None where it cannot be written to, which is said.
    """
    folder = find_cache_folder() / "stages"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        checkpoint = replace(open_work(folder), required=False, blocks=False)
    except (OSError, OutputError) as error:
        LOG.warning("Nothing is kept for the next run: %s", error)
        return None
    make_room(checkpoint, most_bytes=most_bytes)
    return checkpoint


def make_room(checkpoint: Checkpoint, *, most_bytes: int) -> None:
    """Remove the pieces that were used longest ago until the rest fits.

    Parameters
    ----------
    checkpoint
        Its folder.
    most_bytes
        What may stay in all.
    """
    pieces = []
    for path in checkpoint.folder.glob(f"*{_ENDING}"):
        with suppress(OSError):  # another process may remove it as well
            status = path.stat()
            pieces.append((status.st_mtime, path.name, status.st_size))
    room = most_bytes
    for _, name, size in sorted(pieces, reverse=True):
        room -= size
        if room < 0:
            with suppress(OSError):
                (checkpoint.folder / name).unlink()


def remember(
    checkpoint: Checkpoint | None,
    *,
    stage: str,
    parts: Sequence[Any],
    compute: Callable[[], Value],
    classes: Sequence[type] = (),
) -> Value:
    """Take a value from the folder of finished pieces, or compute it and keep it there.

    Parameters
    ----------
    checkpoint
        The folder; None to compute in any case.
    stage
        One of `STAGES`.
    parts
        Everything that the value depends on beside the code: what `to_arrays` takes.
    compute
        Makes the value, of the same kinds.
    classes
        The dataclasses that stand in the value.

    Returns
    -------
    The value: the same one in either case.
    """
    if checkpoint is None:
        return compute()
    try:
        key = make_key(stage, parts=[hash_value(part) for part in parts])
    except TypeError:  # a layer holds what cannot be summed up
        return compute()
    arrays = load_piece(checkpoint, key=key)
    if arrays is not None:
        try:
            kept: Value = from_arrays(arrays, classes=classes)
        except (ValueError, KeyError, TypeError, IndexError):
            _note_damaged(_find_path(checkpoint, key))
        else:
            return kept
    value = compute()
    with suppress(TypeError):  # or the value does
        save_piece(checkpoint, key=key, arrays=to_arrays(value))
    return value


def make_key(stage: str, *, parts: Iterable[bytes | str | NDArray[Any]]) -> str:
    """Sum up everything that a piece of work depends on, the version of its code included.

    Parameters
    ----------
    stage
        One of `STAGES`.
    parts
        Text, bytes and arrays, in a fixed order. Shape and type of an array count; it may be
        empty.

    Returns
    -------
    sha256 in hexadecimal digits.
    """
    digest = hashlib.sha256(f"{stage} {STAGES[stage]}\n{_list_libraries()}".encode())
    for part in parts:
        data: bytes
        if isinstance(part, np.ndarray):
            head, data = f"{part.dtype.str}{part.shape}", part.tobytes()
        else:
            data = part.encode() if isinstance(part, str) else part
            head = f"{type(part).__name__}{len(data)}"
        digest.update(f"\0{head}\0".encode())
        digest.update(data)
    return digest.hexdigest()


def load_piece(checkpoint: Checkpoint | None, *, key: str) -> dict[str, NDArray[Any]] | None:
    """Read a piece of work.

    Parameters
    ----------
    kept
        The folder; None without one.
    key
        From `make_key`.

    Returns
    -------
    Arrays by name; None where there is none that can be believed.
    """
    if checkpoint is None:
        return None
    path = _find_path(checkpoint, key)
    try:
        data = path.read_bytes()
    except OSError:
        return None
    head, _, body = data.partition(b"\n")
    if head != _make_head(key, body):
        _note_damaged(path)
        return None
    if not checkpoint.required:
        with suppress(OSError):
            os.utime(path)  # of a cache, what is used stays longest
    plain = io.BytesIO(zlib.decompress(body))
    names = np.load(plain, allow_pickle=False)
    return {str(name): np.load(plain, allow_pickle=False) for name in names}


def save_piece(
    checkpoint: Checkpoint | None, *, key: str, arrays: Mapping[str, NDArray[Any]]
) -> None:
    """Write a piece of work; under its name it is there whole or not at all.

    Parameters
    ----------
    kept
        The folder; None without one.
    key
        From `make_key`.
    arrays
        What was computed, by name.

    Raises
    ------
    OutputError
        The folder cannot be written to. What it holds stays good.
    """
    if checkpoint is None:
        return
    try:
        _write_piece(checkpoint, key, arrays)
    except OSError as error:
        if checkpoint.required:
            raise _explain_unusable(checkpoint.folder, error) from error
        LOG.warning("Not kept for the next run: %s", error)


def _write_piece(checkpoint: Checkpoint, key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    plain = io.BytesIO()
    for array in (np.array(list(arrays)), *arrays.values()):
        np.save(plain, array, allow_pickle=False)
    body = zlib.compress(plain.getbuffer(), 1)
    descriptor, name = tempfile.mkstemp(dir=checkpoint.folder, prefix=_SCRATCH)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_make_head(key, body) + b"\n" + body)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(_find_path(checkpoint, key))
    finally:
        Path(name).unlink(missing_ok=True)


def _note_damaged(path: Path) -> None:
    LOG.warning("%s is damaged and is computed again.", path)


def _find_path(checkpoint: Checkpoint, key: str) -> Path:
    return checkpoint.folder / f"{key[:40]}{_ENDING}"


def _make_head(key: str, body: bytes) -> bytes:
    return b" ".join([_MAGIC, key.encode(), hashlib.sha256(body).hexdigest().encode()])


def _explain_unusable(folder: Path, error: OSError) -> OutputError:
    reason = error.strerror or type(error).__name__
    return OutputError(
        f"intermediate files cannot be written ({reason}). Make room, or name another folder "
        "with --work; what is there already will be used.",
        path=folder,
    )


_LIBRARIES = (
    "numpy",
    "numba",
    "scipy",
    "pyproj",
    "shapely",
    "pandas",
    "geopandas",
    "rasterio",
)


@cache
def _list_libraries() -> str:
    """Name the libraries whose arithmetic stands in a piece, with their versions."""
    return "".join(f"{name} {version(name)}\n" for name in _LIBRARIES)
