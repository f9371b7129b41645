"""A folder of finished pieces of long work: what a run that was killed goes on from.

A piece is a file named by the hash of everything that it was computed from. It holds that hash
and one of its own content, and is believed only if both are right; what is cut short, changed,
renamed or put there by another program is computed again. Files appear under their names whole.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from frontline.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


_MAGIC = b"frontline piece 1"
_ENDING = ".piece"
_SCRATCH = ".scratch-"
_STALE_S = 86_400.0
"""Scratch files older than a day were left by a run that was killed."""

STAGES = {"visibility": 1, "probability": 1}
"""Version of the code of each stage whose pieces are kept; raised when its answers may change."""


@dataclass(frozen=True)
class Checkpoint:
    """A folder for pieces of work.

    Parameters
    ----------
    folder
        It exists and can be written to.
    """

    folder: Path


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
    try:
        data = _find_path(checkpoint, key).read_bytes()
    except OSError:
        return None
    head, _, body = data.partition(b"\n")
    if head != _make_head(key, body):
        return None
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
    plain = io.BytesIO()
    for array in (np.array(list(arrays)), *arrays.values()):
        np.save(plain, array, allow_pickle=False)
    body = zlib.compress(plain.getbuffer(), 1)
    try:
        descriptor, name = tempfile.mkstemp(dir=checkpoint.folder, prefix=_SCRATCH)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_make_head(key, body) + b"\n" + body)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(_find_path(checkpoint, key))
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise _explain_unusable(checkpoint.folder, error) from error


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


@cache
def _list_libraries() -> str:
    """Name the libraries whose arithmetic stands in a piece, with their versions."""
    return "".join(f"{name} {version(name)}\n" for name in ("numpy", "numba", "scipy", "pyproj"))
