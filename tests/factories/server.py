"""A server on loopback that can be as bad as real ones: holes, errors, breaks, trickles."""

import contextlib
import hashlib
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Page:
    """What the server has at a path, and how badly it serves it."""

    body: bytes = b""
    status: int = 200
    kind: str = "application/octet-stream"
    redirect: str = ""
    tag: str | None = ""
    breaks: int = 0  # how many answers break off half-way
    busy: int = 0  # how many answers are 503
    drip_s: float = 0.0  # one byte, then this long nothing
    ranges: bool = True
    length: bool = True
    announces: str = ""  # another length than there is
    silent_s: float = 0.0
    head_drip_s: float = 0.0  # the head of the answer comes byte by byte
    careless: bool = False  # takes no notice of If-Range
    bare: bool = False  # an answer to If-Range has no mark of its own
    others: str = ""  # says another Content-Range than was asked for
    then: "Page | None" = None  # takes its place ...
    after: int = 0  # ... after so many answers to GET


@dataclass
class Server:
    """Pages by path, and what was asked."""

    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    address: str = ""

    def put(self, url, body=b"", **how):
        """Serve the file of a provider's address at the place where the mirror has it."""
        path = "/" + url.split("://")[1]
        self.pages[path] = body if isinstance(body, Page) else Page(body, **how)
        return self.pages[path]

    def paths(self, method="GET"):
        return [path for how, path, _ in self.asked if how == method]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self.answer(head=True)

    def do_GET(self):
        self.answer(head=False)

    def answer(self, *, head):
        self.server.state.asked.append((self.command, self.path, self.headers.get("Range", "")))
        page = self.server.state.pages.get(self.path)
        if page is not None and page.then is not None and not head:
            page.after -= 1
            if page.after < 0:
                page = self.server.state.pages[self.path] = page.then
        if page is None:
            self.plain(404, b"<Error><Code>NoSuchKey</Code></Error>", head=head)
        elif page.redirect:
            self.send_response(302)
            self.send_header("Location", page.redirect)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif page.busy > 0:
            page.busy -= 1
            self.plain(503, b"<html>busy</html>", head=head)
        elif page.status != 200:
            self.plain(page.status, page.body, head=head)
        else:
            time.sleep(page.silent_s)
            if page.head_drip_s:
                self.drip(b"HTTP/1.1 200 OK\r\nX-Wait: " + b"x" * 1000, page.head_drip_s)
            self.file(page, head=head)

    def plain(self, status, body, *, head):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not head:
            self.wfile.write(body)

    def file(self, page, *, head):
        body, start, part = page.body, 0, False
        tag = page.tag
        if tag == "":
            tag = f'"{hashlib.sha256(page.body).hexdigest()[:16]}"'
        said = self.headers.get("Range", "")
        fits = page.careless or self.headers.get("If-Range") in {None, tag}
        if said and page.ranges and fits:
            first, last = said.removeprefix("bytes=").split("-")
            start, part = int(first), True
            body = page.body[start : int(last) + 1 if last else None]
        self.send_response(206 if part else 200)
        self.send_header("Content-Type", page.kind)
        if tag and not (page.bare and part and "If-Range" in self.headers):
            self.send_header("ETag", tag)
        if part:
            end = start + len(body) - 1
            said = page.others or f"bytes {start}-{end}/{len(page.body)}"
            self.send_header("Content-Range", said)
        if page.length:
            self.send_header("Content-Length", page.announces or str(len(body)))
        else:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if head:
            return
        if page.breaks > 0:
            page.breaks -= 1
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.close_connection = True
            return
        if page.drip_s:
            self.drip(body, page.drip_s)
            return
        self.wfile.write(body)

    def drip(self, body, pause):
        with contextlib.suppress(OSError):
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(pause)


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """A client that gives up is what is tested."""


@contextlib.contextmanager
def serving():
    """Serve until the end of the block; yields the `Server`."""
    server = Server()
    http = _Quiet(("127.0.0.1", 0), _Handler)
    http.state = server
    http.daemon_threads = True
    server.address = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(
        target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
