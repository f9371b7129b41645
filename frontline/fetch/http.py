"""Requests and transfers over HTTP: polite, within time, resumable, whole or not at all."""

from __future__ import annotations

import json
import threading
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from frontline.errors import CHANGED, DownloadError, FrontlineError, guard_library, to_one_line
from frontline.progress import Progress, report_nothing

if TYPE_CHECKING:
    import requests
    from urllib3.response import BaseHTTPResponse
    from urllib3.util.retry import Retry


Done = TypeVar("Done")

AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which it is worth asking again."""

ABSENT = frozenset({404, 410})
MOST_REDIRECTS = 5
LONGEST_WAIT_S = 60.0
_CHUNK = 1 << 16


@dataclass(frozen=True)
class HttpClient:
    """How to ask, and where to keep what comes.

    Parameters
    ----------
    cache
        Folder of whole files, by host and path.
    mirror
        Address put before host and path of every file: ``https://mirror.example/dem`` turns
        ``https://host/path`` into ``https://mirror.example/dem/host/path``.
    proxy
        Address of a proxy; without one the environment's is used.
    refresh
        Ask again even for what is in the cache.
    tries
        How often a broken or refused request is repeated, in all.
    wait_s
        Wait before the second try; doubled before each further one.
    timeout_s
        Longest silence of a server.
    drip_s, slowest_bytes_s
        A download slower than this over this many seconds is given up.
    lock_s
        How long another process may take over the same file.
    progress
        Told of bytes.
    """

    cache: Path
    mirror: str = ""
    proxy: str = ""
    refresh: bool = False
    tries: int = 4
    wait_s: float = 1.0
    timeout_s: float = 30.0
    drip_s: float = 20.0
    slowest_bytes_s: float = 1_000.0
    lock_s: float = 3_600.0
    progress: Progress = report_nothing


def _no_check(_path: Path) -> None:
    return


@dataclass(frozen=True)
class RemoteRequest:
    """A file of a provider.

    Parameters
    ----------
    address
        As the provider's documentation writes it.
    about
        What it is, for progress and messages.
    hosts
        Other hosts that the provider itself redirects to.
    digest
        ``sha256:...`` or ``md5:...`` where the provider publishes one.
    check
        Raises an error of ours if the file is not what it should be.
    most_bytes
        More is refused.
    """

    address: str
    about: str
    hosts: tuple[str, ...] = ()
    digest: str | None = None
    check: Callable[[Path], object] = field(default=_no_check, compare=False)
    most_bytes: int = 20_000_000_000


class UnreachableError(DownloadError):
    """The provider could not be asked, or stopped half-way, as often as it was tried."""


class AbsentError(Exception):
    """The provider says that it has no such file."""


class BrokenError(Exception):
    """A try that may succeed when repeated, and the answer that may say after which time."""

    def __init__(self, sentence: str, answer: BaseHTTPResponse | None = None) -> None:
        super().__init__(sentence)
        self.answer = answer


def resolve_address(client: HttpClient, *, address: str) -> str:
    """Return the address that is really asked: the provider's, or the mirror's."""
    if not client.mirror:
        return address
    parts = urllib.parse.urlsplit(address)
    query = f"?{parts.query}" if parts.query else ""
    return f"{client.mirror.rstrip('/')}/{parts.netloc}{parts.path}{query}"


def open_session(client: HttpClient) -> requests.Session:
    """Open a session: its connection is used again, through the proxy if one is named."""
    import requests

    from frontline import __version__

    session = requests.Session()
    session.headers["User-Agent"] = f"frontline-gis/{__version__}"
    session.headers["Accept-Encoding"] = "identity"  # sizes and ranges are those of the file
    if client.proxy:
        session.proxies = {"http": client.proxy, "https": client.proxy}
    return session


def request_answer(
    client: HttpClient,
    *,
    session: requests.Session,
    remote_request: RemoteRequest,
    method: str,
    headers: dict[str, str],
) -> requests.Response:
    """Ask, and follow redirects only to where the provider is known to keep its files."""
    import requests

    address = resolve_address(client, address=remote_request.address)
    home = urllib.parse.urlsplit(address)
    if home.scheme not in {"http", "https"} or not home.hostname:
        raise make_fault(
            remote_request, sentence="is no address of the web (expected http:// or https://)."
        )
    allowed = {home.hostname, *remote_request.hosts}
    for _ in range(MOST_REDIRECTS):
        try:
            answer = _send(client, session, method, address, headers)
        except requests.exceptions.InvalidURL as error:
            raise make_fault(
                remote_request, sentence="is no address of the web. Check it."
            ) from error
        except ValueError as error:  # of the library, which looks at where it is sent
            raise make_fault(
                remote_request,
                sentence="redirects to what is no address. Open the address in a browser.",
            ) from error
        except requests.RequestException as error:
            raise BrokenError(f"cannot be reached ({_describe_error(error)})") from error
        if not answer.is_redirect:
            return answer
        place = answer.headers["Location"]
        answer.close()
        try:
            target = urllib.parse.urljoin(address, place)
            parts = urllib.parse.urlsplit(target)
            _ = parts.port  # a port that is no number is found when it is asked for
        except ValueError as error:
            raise make_fault(
                remote_request,
                sentence=f"redirects to '{to_one_line(place[:100])}', which is no address. Open "
                "the address in "
                "a browser.",
            ) from error
        downgraded = home.scheme == "https" and parts.scheme != "https"
        if parts.hostname not in allowed or downgraded:
            raise make_fault(
                remote_request,
                sentence="redirects to "
                f"'{to_one_line(parts.scheme)}://{to_one_line(parts.hostname or '')}', "
                "which is not the provider's. A network that asks for a login does this: open the "
                "address in a browser.",
            )
        address = target
    raise make_fault(remote_request, sentence=f"redirects more than {MOST_REDIRECTS} times.")


def _send(
    client: HttpClient,
    session: requests.Session,
    method: str,
    address: str,
    headers: dict[str, str],
) -> requests.Response:
    """Send a request, and wait for the head of the answer for a limited time in all.

    The library limits each silence, so a head that trickles in would be waited for without end.
    The thread that is left behind ends with the connection, or with the program.
    """
    import requests

    done: list[requests.Response | Exception] = []

    def send() -> None:
        try:
            done.append(
                session.request(
                    method,
                    address,
                    headers=headers,
                    stream=True,
                    timeout=client.timeout_s,
                    allow_redirects=False,
                )
            )
        except (requests.RequestException, ValueError, OSError) as error:
            done.append(error)

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    sender.join(2.5 * client.timeout_s)  # to connect, to answer, and some
    if not done:
        raise requests.Timeout
    if isinstance(done[0], Exception):
        raise done[0]
    return done[0]


def raise_for_status(remote_request: RemoteRequest, *, answer: requests.Response) -> None:
    """Raise what a status means that is no success."""
    status = answer.status_code
    if status in AGAIN:
        raise BrokenError(f"answers {status}", answer.raw)
    length = answer.headers.get("Content-Length", "0").strip()
    if not length.isdecimal():
        raise make_fault(
            remote_request,
            sentence=f"announces a length of '{to_one_line(length[:40])}' (expected a number of "
            "bytes). Take "
            "another source, or name a mirror: --mirror",
        )
    if status not in {200, 206}:
        raise make_fault(
            remote_request,
            sentence=f"is refused: the provider answers {status} "
            f"{to_one_line(answer.reason or '')}. Check the "
            "address in a browser, or name a mirror: --mirror",
        )


def _describe_error(error: Exception) -> str:
    import requests

    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not answer"
    return "no connection"


def find_mark(answer: requests.Response) -> str:
    """Return a strong ETag, or the date of change: without either a part is begun anew."""
    tag = answer.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified", "")


def find_total(answer: requests.Response, *, begun: int) -> int:
    """Return the length of a file of which the rest is sent; -1 where that is not said."""
    length = answer.headers.get("Content-Length", "")
    known = length.isdigit() and "Content-Encoding" not in answer.headers
    return begun + int(length) if known else -1


def stream_to_file(
    client: HttpClient,
    *,
    answer: requests.Response,
    remote_request: RemoteRequest,
    file: BinaryIO,
    begun: int = 0,
    total: int = -1,
) -> int:
    """Write what comes as it comes.

    Parameters
    ----------
    client, answer, remote_request
        What was asked, and what answers.
    file
        Where it goes.
    begun, total
        Length of what came before, and of all; -1 if nobody says.

    Returns
    -------
    Length of what there is now.

    Raises
    ------
    BrokenError
        The connection broke.
    DownloadError
        It comes too slowly, or there is more than there can be.
    """
    import requests
    import urllib3

    got, since, before = begun, time.monotonic(), begun
    while True:
        try:
            # one read from the network each: a trickle must not hide in a large buffer
            chunk = answer.raw.read1(_CHUNK, decode_content=True)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise BrokenError("broke off") from error
        if not chunk:
            return got
        file.write(chunk)
        got += len(chunk)
        if got > remote_request.most_bytes:
            file.truncate(0)
            raise make_fault(
                remote_request, sentence=f"sends more than {remote_request.most_bytes:,} bytes."
            )
        client.progress(remote_request.about, got, max(total, got))
        passed = time.monotonic() - since
        if passed >= client.drip_s:
            if got - before < client.slowest_bytes_s * passed:
                raise make_fault(
                    remote_request,
                    sentence=f"comes too slowly ({(got - before) / passed:,.0f} bytes per second). "
                    "Try again later, or name a mirror: --mirror",
                )
            since, before = time.monotonic(), got


def retry(
    client: HttpClient, *, remote_request: RemoteRequest, once: Callable[[], Done], hint: str
) -> Done:
    """Do what may break again and again, with longer and longer waits.

    Raises
    ------
    UnreachableError
        It broke every time; the message ends with the hint.
    """
    from urllib3.exceptions import MaxRetryError

    retry = make_retries(client)
    while True:
        try:
            return once()
        except BrokenError as error:
            try:
                retry = retry.increment(url=remote_request.address, error=error)
            except MaxRetryError:
                raise UnreachableError(
                    f"{error} ({client.tries} tries). {hint}", path=remote_request.address
                ) from error
            _wait(retry, error)


def make_retries(client: HttpClient) -> Retry:
    """Count tries and the waits between them.

    The session itself repeats nothing: a file that broke off half-way is gone on with, which only
    `retry` can do, and every try has its own limit of time.
    """
    from urllib3.util.retry import RequestHistory, Retry

    return Retry(
        total=client.tries - 1,
        backoff_factor=client.wait_s / 2,
        backoff_max=LONGEST_WAIT_S,
        retry_after_max=int(LONGEST_WAIT_S),
        history=(RequestHistory(None, None, None, None, None),),  # the second try waits too
    )


def _wait(retry: Retry, error: BrokenError) -> None:
    """Wait as long as the provider asks for, in seconds or until a date; else longer each time."""
    from urllib3.exceptions import InvalidHeader

    try:
        retry.sleep(error.answer)
    except InvalidHeader:
        retry.sleep()


def refuse_pages(start: bytes) -> None:
    """Refuse a web page that came with a success for a status: none of our files begins so."""
    start = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if not start:
        raise DownloadError("the provider sent an empty file. Try again later.")
    if start.startswith((b"<!doctype html", b"<html", b"<?xml", b"<error")):
        raise DownloadError(
            "the provider sent a web page or an error instead. Open the address in a browser."
        )


def make_fault(remote_request: RemoteRequest, *, sentence: str) -> DownloadError:
    """Make an error about a provider's file."""
    return DownloadError(sentence, path=remote_request.address)


def ask_size(client: HttpClient, *, remote_request: RemoteRequest) -> int | None:
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
        with (
            open_session(client) as session,
            request_answer(
                client, session=session, remote_request=remote_request, method="HEAD", headers={}
            ) as answer,
        ):
            if answer.status_code in ABSENT:
                return None
            raise_for_status(remote_request, answer=answer)
            return find_total(answer, begun=0)
    except BrokenError as error:
        raise make_fault(
            remote_request, sentence=f"{error}. Try again later, or name a mirror: --mirror"
        ) from error


def find_note_path(path: Path) -> Path:
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


def transfer_file(client: HttpClient, *, remote_request: RemoteRequest, part: Path) -> None:
    """Bring a whole, checked file to this computer, in one or several tries.

    Parameters
    ----------
    client, remote_request
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
    with open_session(client) as session:
        try:
            retry(
                client,
                remote_request=remote_request,
                once=lambda: _fetch_more(client, session, remote_request, part),
                hint=hint,
            )
        except UnreachableError:
            if not read_note(find_note_path(part)).get("mark"):
                _forget(part)
            raise
    try:
        with part.open("rb") as file:
            refuse_pages(file.read(512))
        with guard_library(DownloadError, path=remote_request.address, hint=CHANGED):
            remote_request.check(part)
    except FrontlineError as error:
        _forget(part)
        raise make_fault(
            remote_request, sentence=f"is not what it should be: {error.message}"
        ) from error
    find_note_path(part).unlink(missing_ok=True)


def _fetch_more(
    client: HttpClient, session: requests.Session, remote_request: RemoteRequest, part: Path
) -> None:
    """Fetch the rest of a file into its part."""
    begun, mark = _find_begun(part, remote_request)
    headers = {"Range": f"bytes={begun}-", "If-Range": mark} if begun else {}
    answer = request_answer(
        client, session=session, remote_request=remote_request, method="GET", headers=headers
    )
    with answer:
        if answer.status_code in ABSENT:
            raise AbsentError
        # some take no notice of If-Range, and send the rest of another file
        other = answer.status_code == 206 and find_mark(answer) not in {"", mark}
        if other or answer.status_code == 416:  # the part is longer than the file
            _forget(part)
            raise BrokenError("changed while it was fetched")
        raise_for_status(remote_request, answer=answer)
        begun = _find_start(answer, begun)
        total = find_total(answer, begun=begun)
        if total > remote_request.most_bytes:
            raise make_fault(
                remote_request,
                sentence=f"has {total:,} bytes (at most {remote_request.most_bytes:,}): a changed "
                "format?",
            )
        write_note(find_note_path(part), address=remote_request.address, mark=find_mark(answer))
        with part.open("ab" if begun else "wb") as file:
            got = stream_to_file(
                client,
                answer=answer,
                remote_request=remote_request,
                file=file,
                begun=begun,
                total=total,
            )
    if total >= 0 and got != total:
        raise BrokenError(f"broke off after {got:,} of {total:,} bytes")


def _find_begun(part: Path, remote_request: RemoteRequest) -> tuple[int, str]:
    """Length of what came before, and the mark by which the provider knows the file again."""
    note = read_note(find_note_path(part))
    size = part.stat().st_size if part.is_file() else 0
    if size and note.get("address") == remote_request.address and note.get("mark"):
        return size, str(note["mark"])
    _forget(part)
    return 0, ""


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    find_note_path(part).unlink(missing_ok=True)


def _find_start(answer: requests.Response, begun: int) -> int:
    """Return where the bytes of an answer begin: a provider may send the whole file again."""
    content_range = answer.headers.get("Content-Range", "")
    if answer.status_code == 206 and content_range.startswith(f"bytes {begun}-"):
        return begun
    if answer.status_code == 206:
        raise BrokenError(
            f"sent another part than was asked for ({to_one_line(content_range[:60])})"
        )
    return 0
