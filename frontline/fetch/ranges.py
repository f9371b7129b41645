"""A provider's file read where it is needed, by HTTP range requests.

Every part must be of the same file: the provider's mark (a strong ETag, or the date of change) and
the length are compared in every answer. A provider that gives no mark, or sends whole files only,
cannot be read so.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from frontline.errors import FrontlineError, to_one_line
from frontline.fetch.http import (
    ABSENT,
    AbsentError,
    BrokenError,
    HttpClient,
    RemoteRequest,
    find_mark,
    make_fault,
    open_session,
    raise_for_status,
    refuse_pages,
    request_answer,
    retry,
    stream_to_file,
)

if TYPE_CHECKING:
    import requests


HEAD_BYTES = 65_536
"""Read first, and around every small read: a header and its tables lie close together."""

_NEAR = HEAD_BYTES
_HINT = "Try again later, or name a mirror: --mirror"


class WholeOnlyError(Exception):
    """The provider sends whole files only, or none whose parts can be told to belong together."""


class ChangedError(Exception):
    """The file is another one than it was when its reading began."""


class RemoteFile:
    """A file of a provider that reads as if it were here.

    A library that reads it may not be able to pass an error on: `read` then gives nothing, and
    ``error`` says why.

    Attributes
    ----------
    size, mark
        Its length, and how the provider knows it again.
    got
        How many bytes came over the network.
    error
        What went wrong in `read`.
    """

    def __init__(
        self, client: HttpClient, session: requests.Session, remote_request: RemoteRequest
    ) -> None:
        self.size, self.mark, self.got = -1, "", 0
        self.error: FrontlineError | ChangedError | None = None
        self._client, self._session, self._remote_request = client, session, remote_request
        self._at = 0
        self._parts: list[tuple[int, bytes]] = []

    def begin(self) -> None:
        """Read the beginning, and learn how long the file is.

        Raises
        ------
        AbsentError
            The provider has no such file.
        WholeOnlyError
            It cannot be read in parts.
        DownloadError
            Anything else that went wrong.
        """
        self._fetch(0, HEAD_BYTES)
        try:
            refuse_pages(self._parts[0][1][:512])
        except FrontlineError as error:
            raise make_fault(
                self._remote_request, sentence=f"is not what it should be: {error.message}"
            ) from error

    def load(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Fetch what will be read, in as few requests as there are gaps.

        Parameters
        ----------
        ranges
            First byte, and the one after the last.

        Raises
        ------
        ChangedError
            The file changed meanwhile.
        DownloadError
            It cannot be fetched.
        """
        joined: list[list[int]] = []
        for start, stop in sorted(ranges):
            if joined and start <= joined[-1][1] + _NEAR:
                joined[-1][1] = max(joined[-1][1], stop)
            else:
                joined.append([start, stop])
        if joined and joined[-1][1] > self.size:
            raise make_fault(
                self._remote_request,
                sentence=f"is cut short: it has {self.size:,} bytes, its head speaks of "
                f"{joined[-1][1]:,}. {_HINT}",
            )
        for start, stop in joined:
            if self._find_held(start, stop) is None:
                self._fetch(start, stop)

    def read(self, count: int = -1) -> bytes:
        """Read on from where it is; nothing at the end, and after an error."""
        stop = self.size if count < 0 else min(self._at + count, self.size)
        if self.error is not None or stop <= self._at:
            return b""
        data = self._find_held(self._at, stop)
        if data is None:
            first = self._at // _NEAR * _NEAR if stop - self._at < _NEAR else self._at
            try:
                self._fetch(first, min(max(stop, first + _NEAR), self.size))
            except (FrontlineError, ChangedError) as error:
                self.error = error
                return b""
            data = self._find_held(self._at, stop)
        self._at = stop
        return data or b""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go elsewhere, as in any file."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Say where reading goes on."""
        return self._at

    def close(self) -> None:
        """Do nothing: a library may open and close it again and again."""

    def opened(self, *_name: str, **_mode: str) -> RemoteFile:
        """Begin at the beginning, for a library that opens files by itself."""
        self._at = 0
        return self

    def __enter__(self) -> RemoteFile:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _find_held(self, start: int, stop: int) -> bytes | None:
        for first, data in self._parts:
            if first <= start and stop <= first + len(data):
                return data[start - first : stop - first]
        return None

    def _fetch(self, start: int, stop: int) -> None:
        part = retry(
            self._client,
            remote_request=self._remote_request,
            once=lambda: self._request_part(start, stop),
            hint=_HINT,
        )
        self._parts.append((start, part))
        self.got += len(part)

    def _request_part(self, start: int, stop: int) -> bytes:
        """Ask for a part, once; its beginning is the first thing ever asked for."""
        new = self.size < 0
        headers = {"Range": f"bytes={start}-{stop - 1}"}
        headers |= {} if new else {"If-Range": self.mark}
        with request_answer(
            self._client,
            session=self._session,
            remote_request=self._remote_request,
            method="GET",
            headers=headers,
        ) as answer:
            if answer.status_code in ABSENT:
                raise AbsentError if new else ChangedError
            if answer.status_code in {200, 416}:
                raise WholeOnlyError if new else ChangedError
            raise_for_status(self._remote_request, answer=answer)
            content_range = answer.headers.get("Content-Range", "")
            match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", content_range.strip())
            if match is None or "Content-Encoding" in answer.headers:
                raise WholeOnlyError if new else ChangedError
            first, last, size = (int(text) for text in match.groups())
            mark = find_mark(answer)
            if new and not mark:
                raise WholeOnlyError
            # an answer to If-Range may leave the mark out: then the provider has compared it
            if not new and (mark not in {"", self.mark} or size != self.size):
                raise ChangedError
            if first != start or last + 1 != min(stop, size):
                raise BrokenError(
                    f"sent another part than was asked for ({to_one_line(content_range[:60])})"
                )
            part = io.BytesIO()
            got = stream_to_file(
                self._client,
                answer=answer,
                remote_request=self._remote_request,
                file=part,
                total=last + 1 - first,
            )
        if got != last + 1 - first:
            raise BrokenError(f"broke off after {got:,} of {last + 1 - first:,} bytes")
        self.size, self.mark = size, self.mark or mark
        return part.getvalue()


@contextmanager
def open_remote(client: HttpClient, *, remote_request: RemoteRequest) -> Iterator[RemoteFile]:
    """Open a provider's file for reading in parts.

    Raises
    ------
    AbsentError
        The provider has no such file.
    WholeOnlyError
        It cannot be read in parts.
    DownloadError
        Anything else that went wrong.
    """
    with open_session(client) as session:
        file = RemoteFile(client, session, remote_request)
        file.begin()
        yield file
