"""A cache of providers' files: each whole, checked, fetched once, usable without a network."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from frontline.errors import DownloadError
from frontline.fetch.http import (
    AbsentError,
    HttpClient,
    RemoteRequest,
    UnreachableError,
    ask_size,
    find_note_path,
    make_fault,
    read_note,
    transfer_file,
    write_note,
)
from frontline.storage.files import hash_file
from frontline.storage.locks import hold_lock


@dataclass(frozen=True)
class CachedFile:
    """A whole, checked file in the cache.

    Parameters
    ----------
    path
        Where it is.
    address
        Where it came from, without mirror.
    sha256, size_bytes
        Of the file.
    date
        Day it was fetched, YYYY-MM-DD.
    part
        Of a window of a raster: which, and of what file.
    """

    path: Path
    address: str
    sha256: str
    size_bytes: int
    date: str
    part: Mapping[str, Any] | None = None


def fetch_file(client: HttpClient, *, remote_request: RemoteRequest) -> CachedFile | None:
    """Give a file of a provider: from the cache, or downloaded, checked and kept.

    Parameters
    ----------
    client
        How to ask.
    remote_request
        The file.

    Returns
    -------
    The file, or None where the provider says that it has none (404). A provider out of reach
    that said so before is taken at its word.

    Raises
    ------
    DownloadError
        With the address, what happened, and what to do. Nothing is kept but a part to go on with.
    """
    path = make_folder(client, remote_request=remote_request)
    with hold_alone(client, path=path):
        cached = None if client.refresh else find_whole(path, remote_request=remote_request)
        if cached is not None:
            return cached
        return _download(client, remote_request, path)


def make_folder(client: HttpClient, *, remote_request: RemoteRequest) -> Path:
    """Make the folder of the cache that a file belongs into; returns the file's place."""
    path = find_cached_path(client, address=remote_request.address)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DownloadError(
            f"cannot be made ({error.strerror}). Name another folder: --cache DIR",
            path=path.parent,
        ) from error
    return path


def ask_size_of(client: HttpClient, *, remote_request: RemoteRequest) -> int | None:
    """Ask how large a file is: 0 if the cache has it, else as `ask_size`."""
    if (
        not client.refresh
        and find_whole(
            find_cached_path(client, address=remote_request.address), remote_request=remote_request
        )
        is not None
    ):
        return 0
    return ask_size(client, remote_request=remote_request)


def find_cached_path(client: HttpClient, *, address: str) -> Path:
    """Where the cache keeps a file: by host and path; a query becomes part of the name."""
    parts = urllib.parse.urlsplit(address)
    names = [part for part in parts.path.split("/") if part not in {"", ".", ".."}]
    name = names.pop() if names and not parts.path.endswith("/") else "index"
    if parts.query:
        name += "_" + hashlib.sha256(parts.query.encode()).hexdigest()[:12]
    return client.cache.joinpath(parts.hostname or "local", *names, name)


@contextlib.contextmanager
def hold_alone(client: HttpClient, *, path: Path) -> Iterator[None]:
    """Wait until nobody else is at work on a file."""
    until = time.monotonic() + client.lock_s
    while True:
        with hold_lock(path.with_name(f".{path.name}.lock")) as ours:
            if ours:
                yield
                return
        if time.monotonic() > until:
            raise DownloadError(
                "another process has been fetching it for too long. End that one, and try again.",
                path=path,
            )
        time.sleep(0.1)


def _find_absent_note(path: Path) -> Path:
    return path.with_name(f".{path.name}.absent.json")


def is_noted_absent(path: Path, *, remote_request: RemoteRequest) -> bool:
    """Say whether the provider said that it has no such file, when it was last asked."""
    return read_note(_find_absent_note(path)).get("address") == remote_request.address


def forget_absent(path: Path) -> None:
    """Forget that the provider had no such file: it has one now."""
    _find_absent_note(path).unlink(missing_ok=True)


def note_absent(path: Path, *, remote_request: RemoteRequest) -> None:
    """Note that the provider says that it has no such file."""
    write_note(_find_absent_note(path), address=remote_request.address, date=write_today())


def find_whole(path: Path, *, remote_request: RemoteRequest) -> CachedFile | None:
    """Give the file of the cache, if it is there, whole, and the one its note speaks of."""
    note = read_note(find_note_path(path))
    if note.get("address") != remote_request.address or not path.is_file():
        return None
    digest = hash_file(path)
    if digest != note.get("sha256"):
        return None
    if (
        remote_request.digest is not None
        and _compute_digest(path, remote_request.digest) != remote_request.digest.lower()
    ):
        return None
    return CachedFile(
        path, remote_request.address, digest, path.stat().st_size, str(note.get("date", ""))
    )


def _compute_digest(path: Path, like: str) -> str:
    name = like.split(":", maxsplit=1)[0].lower()
    with path.open("rb") as file:
        return f"{name}:{hashlib.file_digest(file, name).hexdigest()}"


def _download(client: HttpClient, remote_request: RemoteRequest, path: Path) -> CachedFile | None:
    part = path.with_name(f".{path.name}.part")
    known = is_noted_absent(path, remote_request=remote_request)
    try:
        transfer_file(
            replace(client, tries=1) if known else client, remote_request=remote_request, part=part
        )
        if (
            remote_request.digest is not None
            and _compute_digest(part, remote_request.digest) != remote_request.digest.lower()
        ):
            part.unlink()
            raise make_fault(
                remote_request,
                sentence="is not the file whose digest the provider publishes. Try again later.",
            )
        return _move_in(remote_request, part, path)
    except AbsentError:
        note_absent(path, remote_request=remote_request)
        return None
    except UnreachableError:
        if known:  # taken at its word
            return None
        raise
    except OSError as error:
        raise DownloadError(
            f"cannot be written ({error.strerror or error}). Make room, or use --cache DIR",
            path=path,
        ) from error


def _move_in(remote_request: RemoteRequest, part: Path, path: Path) -> CachedFile:
    """Move a whole file into its place; the note about it comes last."""
    day, digest = write_today(), hash_file(part)
    find_note_path(path).unlink(missing_ok=True)
    part.replace(path)
    write_note(find_note_path(path), address=remote_request.address, sha256=digest, date=day)
    forget_absent(path)
    return CachedFile(path, remote_request.address, digest, path.stat().st_size, day)


def write_today() -> str:
    """Return the day, as notes have it."""
    return f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"
