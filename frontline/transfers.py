"""One transfer over HTTP: resumable, whole or not at all.

What a provider sends is checked before it is kept: an error page that says 200, or a file cut
short, is an error that names the address. What was begun is resumed, if the file is still the same
one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontline.asking import (
    ABSENT,
    AbsentError,
    BrokenError,
    Client,
    UnreachableError,
    Wanted,
    answered,
    fault,
    mark_of,
    refuse,
    refuse_pages,
    session_of,
    several_tries,
    streamed,
    total_of,
)
from frontline.errors import FrontlineError, one_line

if TYPE_CHECKING:
    import requests


def asked_size(client: Client, wanted: Wanted) -> int | None:
    """Ask how large a file is, without fetching it.

    Returns
    -------
    Bytes; -1 if the provider does not say; None if it has no such file.

    Raises
    ------
    DownloadError
        The provider cannot be reached.
    """
    try:
        with session_of(client) as session, answered(client, session, wanted, "HEAD", {}) as answer:
            if answer.status_code in ABSENT:
                return None
            refuse(wanted, answer)
            return total_of(answer, 0)
    except BrokenError as error:
        raise fault(wanted, f"{error}. Try again later, or name a mirror: --mirror") from error


def note_of(path: Path) -> Path:
    """Where what is known of a file is noted."""
    return path.with_name(f".{path.name}.json")


def read_note(path: Path) -> dict[str, Any]:
    """Read what is noted beside a file; nothing if it cannot be read."""
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def write_note(path: Path, **values: object) -> None:
    """Note something beside a file."""
    path.write_text(json.dumps(values, indent=1, sort_keys=True), encoding="utf-8")


def transfer(client: Client, wanted: Wanted, part: Path) -> None:
    """Bring a whole, checked file to this computer, in one or several tries.

    Parameters
    ----------
    client, wanted
        How to ask, and what for.
    part
        Where the bytes go; what is there of the same file is gone on with. Whole at the end.

    Raises
    ------
    AbsentError
        The provider has no such file.
    DownloadError
        Anything else that went wrong.
    """
    hint = "Try again later: where the provider allows it, the download goes on where it broke off."
    with session_of(client) as session:
        try:
            several_tries(client, wanted, lambda: _more(client, session, wanted, part), hint)
        except UnreachableError:
            if not read_note(note_of(part)).get("mark"):
                _forget(part)
            raise
    try:
        with part.open("rb") as file:
            refuse_pages(file.read(512))
        wanted.check(part)
    except FrontlineError as error:
        _forget(part)
        raise fault(wanted, f"is not what it should be: {error.message}") from error
    note_of(part).unlink(missing_ok=True)


def _more(client: Client, session: requests.Session, wanted: Wanted, part: Path) -> None:
    """Fetch the rest of a file into its part."""
    begun, mark = _begun(part, wanted)
    headers = {"Range": f"bytes={begun}-", "If-Range": mark} if begun else {}
    answer = answered(client, session, wanted, "GET", headers)
    with answer:
        if answer.status_code in ABSENT:
            raise AbsentError
        # some take no notice of If-Range, and send the rest of another file
        other = answer.status_code == 206 and mark_of(answer) not in {"", mark}
        if other or answer.status_code == 416:  # the part is longer than the file
            _forget(part)
            raise BrokenError("changed while it was fetched")
        refuse(wanted, answer)
        begun = _start_of(answer, begun)
        total = total_of(answer, begun)
        if total > wanted.most_bytes:
            raise fault(
                wanted, f"has {total:,} bytes (at most {wanted.most_bytes:,}): a changed format?"
            )
        write_note(note_of(part), address=wanted.address, mark=mark_of(answer))
        with part.open("ab" if begun else "wb") as file:
            got = streamed(client, answer, wanted, file, begun=begun, total=total)
    if total >= 0 and got != total:
        raise BrokenError(f"broke off after {got:,} of {total:,} bytes")


def _begun(part: Path, wanted: Wanted) -> tuple[int, str]:
    """Length of what came before, and the mark by which the provider knows the file again."""
    note = read_note(note_of(part))
    size = part.stat().st_size if part.is_file() else 0
    if size and note.get("address") == wanted.address and note.get("mark"):
        return size, str(note["mark"])
    _forget(part)
    return 0, ""


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    note_of(part).unlink(missing_ok=True)


def _start_of(answer: requests.Response, begun: int) -> int:
    """Return where the bytes of an answer begin: a provider may send the whole file again."""
    said = answer.headers.get("Content-Range", "")
    if answer.status_code == 206 and said.startswith(f"bytes {begun}-"):
        return begun
    if answer.status_code == 206:
        raise BrokenError(f"sent another part than was asked for ({one_line(said[:60])})")
    return 0
