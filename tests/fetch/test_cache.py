"""Downloads: whole or not at all, whatever the server does."""

import email.utils
import json
import socket
import threading
import time
from dataclasses import replace

import pytest
import urllib3
from factories.server import Page

from frontline.errors import DownloadError, RasterError
from frontline.fetch.cache import ask_size_of, fetch_file, find_cached_path
from frontline.fetch.http import BrokenError, HttpClient, RemoteRequest, UnreachableError, retry

URL = "https://data.example.org/dem/tile.bin"
BODY = bytes(range(1, 251)) * 400  # 100 kB, begins like no web page


@pytest.fixture
def client(server, tmp_path):
    return HttpClient(
        cache=tmp_path / "cache", mirror=server.address, wait_s=0.01, timeout_s=5.0, drip_s=0.5
    )


def wanted(**how):
    return RemoteRequest(URL, "tile", **how)


def left(client):
    """Everything but notes that is in the cache."""
    return sorted(
        path.name
        for path in client.cache.rglob("*")
        if path.is_file() and not path.name.endswith(".json")
    )


def offline(client):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    return replace(client, mirror=nobody, tries=2)


def test_a_file_is_fetched_once_and_then_found(server, client):
    server.put(URL, BODY)
    first = fetch_file(client, remote_request=wanted())
    again = fetch_file(client, remote_request=wanted())
    assert first == again
    assert first.path.read_bytes() == BODY
    assert first.size_bytes == len(BODY)
    assert first.address == URL
    assert server.paths() == ["/data.example.org/dem/tile.bin"]
    assert left(client) == ["tile.bin"]


def test_a_warm_cache_works_without_a_network(server, client):
    server.put(URL, BODY)
    first = fetch_file(client, remote_request=wanted())
    assert fetch_file(offline(client), remote_request=wanted()) == first


def test_a_cold_cache_without_a_network_says_so(client):
    with pytest.raises(DownloadError, match=r"tile\.bin: cannot be reached \(no connection\)"):
        fetch_file(offline(client), remote_request=wanted())
    assert left(client) == []


def test_a_file_of_the_cache_that_was_changed_is_fetched_anew(server, client):
    server.put(URL, BODY)
    path = fetch_file(client, remote_request=wanted()).path
    path.write_bytes(BODY[:-1])
    assert fetch_file(client, remote_request=wanted()).path.read_bytes() == BODY
    assert len(server.paths()) == 2


def test_refresh_asks_again_and_keeps_the_old_file_when_that_fails(server, client):
    page = server.put(URL, BODY)
    fetch_file(client, remote_request=wanted())
    page.body = BODY[::-1]
    assert (
        fetch_file(replace(client, refresh=True), remote_request=wanted()).path.read_bytes()
        == BODY[::-1]
    )
    page.status = 403
    with pytest.raises(DownloadError, match="403"):
        fetch_file(replace(client, refresh=True), remote_request=wanted())
    assert fetch_file(client, remote_request=wanted()).path.read_bytes() == BODY[::-1]


def test_an_absent_file_is_none_and_stays_so_without_a_network(server, client):
    assert fetch_file(client, remote_request=wanted()) is None
    assert fetch_file(offline(client), remote_request=wanted()) is None
    assert left(client) == []
    server.put(URL, BODY)  # it was published since
    assert fetch_file(client, remote_request=wanted()).path.read_bytes() == BODY


def test_a_redirect_to_elsewhere_is_not_absence(server, client):
    assert fetch_file(client, remote_request=wanted()) is None
    server.put(URL, Page(redirect="http://login.example.net/"))
    with pytest.raises(DownloadError, match=r"redirects to 'http://login\.example\.net'"):
        fetch_file(client, remote_request=wanted())


@pytest.mark.parametrize("target", ["http://evil.example/tile.bin", "file:///etc/hostname", "//x"])
def test_a_redirect_to_elsewhere_is_refused(server, client, target):
    server.put(URL, Page(redirect=target))
    with pytest.raises(DownloadError, match="not the provider's"):
        fetch_file(client, remote_request=wanted())
    assert left(client) == []


def test_a_redirect_within_the_provider_is_followed(server, client):
    server.put(URL, Page(redirect="/data.example.org/moved.bin"))
    server.put("https://data.example.org/moved.bin", BODY)
    assert fetch_file(client, remote_request=wanted()).path.read_bytes() == BODY


def test_a_redirect_to_where_the_provider_keeps_its_files_is_followed(server, client):
    elsewhere = server.address.replace("127.0.0.1", "localhost")
    server.put(URL, Page(redirect=f"{elsewhere}/files/tile.bin"))
    server.put("https://files/tile.bin", BODY)
    with pytest.raises(DownloadError, match="not the provider's"):
        fetch_file(client, remote_request=wanted())
    assert fetch_file(client, remote_request=wanted(hosts=("localhost",))).path.read_bytes() == BODY


@pytest.mark.parametrize(
    "target", ["http://[::1", "http://127.0.0.1:port/x", "http://127.0.0.1:99999/x", "https://]/"]
)
def test_a_redirect_to_no_address_is_one_line(server, client, target, capfd):
    server.put(URL, Page(redirect=target))
    with pytest.raises(DownloadError, match=r"redirects to .* is no address"):
        fetch_file(client, remote_request=wanted())
    assert "Traceback" not in capfd.readouterr().err
    assert len(server.asked) == 1


@pytest.mark.parametrize("length", ["-1", "-100000", "1e5", "many"])
def test_a_length_that_is_none_is_refused_at_once(server, client, length):
    server.put(URL, Page(BODY, announces=length))
    began = time.monotonic()
    with pytest.raises(DownloadError, match="announces a length of"):
        fetch_file(client, remote_request=wanted())
    assert time.monotonic() - began < 4
    assert len(server.asked) == 1


def test_whatever_a_check_raises_is_one_line(server, client):
    server.put(URL, b'{"features":' + b"[" * 100_000)

    def check(path):
        json.loads(path.read_bytes())

    with pytest.raises(DownloadError, match="not what it should be: cannot be read") as caught:
        fetch_file(client, remote_request=wanted(check=check))
    assert "\n" not in str(caught.value)


def test_redirects_in_a_circle_end(server, client):
    server.put(URL, Page(redirect="/data.example.org/dem/tile.bin"))
    with pytest.raises(DownloadError, match="more than 5 times"):
        fetch_file(client, remote_request=wanted())


@pytest.mark.parametrize(
    "page", [b"<!DOCTYPE html><p>Sorry", b"  <html>", b"\xef\xbb\xbf<?xml version='1.0'?><Error/>"]
)
def test_an_error_page_with_200_is_no_file(server, client, page):
    server.put(URL, page, kind="text/html")
    with pytest.raises(DownloadError, match="a web page or an error instead"):
        fetch_file(client, remote_request=wanted())
    assert left(client) == []


def test_an_empty_answer_is_no_file(server, client):
    server.put(URL, b"")
    with pytest.raises(DownloadError, match="empty file"):
        fetch_file(client, remote_request=wanted())
    assert left(client) == []


def test_the_content_check_decides(server, client):
    def check(path):
        raise RasterError("has 3 bands")

    server.put(URL, BODY)
    with pytest.raises(DownloadError, match="is not what it should be: has 3 bands"):
        fetch_file(client, remote_request=wanted(check=check))
    assert left(client) == []


def test_a_break_is_resumed_where_it_was(server, client):
    server.put(URL, BODY, breaks=2)
    assert fetch_file(client, remote_request=wanted()).path.read_bytes() == BODY
    half = len(BODY) // 2
    assert [ranges for _, _, ranges in server.asked] == [
        "",
        f"bytes={half}-",
        f"bytes={half + half // 2}-",
    ]


def test_a_download_goes_on_in_the_next_run(server, client):
    page = server.put(URL, BODY, breaks=1)
    with pytest.raises(DownloadError, match=r"broke off.*goes on where it broke off"):
        fetch_file(replace(client, tries=1), remote_request=wanted())
    assert left(client) == [".tile.bin.part"]  # never under the name of the file
    page.breaks = 0
    assert fetch_file(client, remote_request=wanted()).path.read_bytes() == BODY
    assert server.asked[-1][2] == f"bytes={len(BODY) // 2}-"
    assert left(client) == ["tile.bin"]


def test_a_file_that_changed_meanwhile_is_begun_anew(server, client):
    page = server.put(URL, BODY, breaks=1)
    with pytest.raises(DownloadError):
        fetch_file(replace(client, tries=1), remote_request=wanted())
    page.body, page.breaks = BODY[::-1], 0
    assert fetch_file(client, remote_request=wanted()).path.read_bytes() == BODY[::-1]


def test_a_server_that_goes_on_with_another_file_is_found_out(server, client):
    server.put(URL, Page(BODY, breaks=1, then=Page(BODY[::-1], careless=True), after=1))
    assert fetch_file(client, remote_request=wanted()).path.read_bytes() == BODY[::-1]


def test_an_answer_that_leaves_the_mark_out_goes_on(server, client):
    server.put(URL, BODY, breaks=1, bare=True)
    assert fetch_file(client, remote_request=wanted()).path.read_bytes() == BODY
    assert len(server.asked) == 2


@pytest.mark.parametrize("how", [{"ranges": False}, {"tag": None}])
def test_a_server_that_cannot_resume_sends_all_again(server, client, how):
    server.put(URL, BODY, breaks=1, **how)
    assert fetch_file(client, remote_request=wanted()).path.read_bytes() == BODY


def test_a_server_that_always_breaks_is_given_up(server, client):
    server.put(URL, BODY, breaks=99, tag=None)
    with pytest.raises(DownloadError, match=r"broke off.*\(4 tries\)"):
        fetch_file(client, remote_request=wanted())
    assert left(client) == []  # nothing to go on with: the provider gives no mark
    assert len(server.asked) == 4


def test_a_busy_server_is_asked_again(server, client):
    server.put(URL, BODY, busy=3)
    assert fetch_file(client, remote_request=wanted()).path.read_bytes() == BODY
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    ("said", "least_s", "most_s"),
    [("", 0.25, 0.3), ("7", 7, 7), ("soon", 0.25, 0.3), ("99999999", 60, 60), ("DATE", 20, 31)],
)
def test_a_busy_server_says_when_to_ask_again(client, monkeypatch, said, least_s, most_s):
    """In seconds, as a date, or not at all; never for more than a minute."""
    if said == "DATE":
        said = email.utils.formatdate(time.time() + 30, usegmt=True)
    waits = []
    monkeypatch.setattr("time.sleep", waits.append)
    raw = urllib3.HTTPResponse(headers={"Retry-After": said} if said else {}, status=503)
    answers = [BrokenError("answers 503", raw), "done"]

    def once():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    asking = replace(client, wait_s=0.25)
    assert retry(asking, remote_request=wanted(), once=once, hint="Wait.") == "done"
    assert len(waits) == 1
    assert least_s <= waits[0] <= most_s


def test_waits_double_and_tries_are_counted(client, monkeypatch):
    waits = []
    monkeypatch.setattr("time.sleep", waits.append)

    def once():
        raise BrokenError("broke off")

    with pytest.raises(UnreachableError, match=r"broke off \(5 tries\)\. Wait\."):
        retry(
            replace(client, wait_s=1.0, tries=5), remote_request=wanted(), once=once, hint="Wait."
        )
    assert waits == [1, 2, 4, 8]


def test_a_refusal_is_not_repeated(server, client):
    server.put(URL, Page(b"no", status=403))
    with pytest.raises(DownloadError, match="403"):
        fetch_file(client, remote_request=wanted())
    assert len(server.asked) == 1


def test_a_trickle_is_given_up(server, client):
    server.put(URL, BODY, drip_s=0.05)
    with pytest.raises(DownloadError, match="comes too slowly"):
        fetch_file(client, remote_request=wanted())
    assert "tile.bin" not in left(client)


def test_a_silent_server_is_given_up(server, client):
    server.put(URL, BODY, silent_s=2.0)
    with pytest.raises(DownloadError, match="no answer in time"):
        fetch_file(replace(client, timeout_s=0.2, tries=1), remote_request=wanted())


def test_an_answer_whose_head_trickles_is_given_up(server, client):
    server.put(URL, BODY, head_drip_s=0.05)
    with pytest.raises(DownloadError, match="no answer in time"):
        fetch_file(replace(client, timeout_s=0.2, tries=2), remote_request=wanted())
    assert len(server.asked) == 2


def test_more_than_can_be_is_refused(server, client):
    server.put(URL, BODY, length=False)
    with pytest.raises(DownloadError, match="more than 1,000 bytes"):
        fetch_file(client, remote_request=wanted(most_bytes=1000))
    server.put(URL, BODY)
    with pytest.raises(DownloadError, match="100,000 bytes"):
        fetch_file(client, remote_request=wanted(most_bytes=1000))
    assert "tile.bin" not in left(client)


@pytest.mark.parametrize("right", [True, False])
def test_a_published_digest_is_compared(server, client, right):
    import hashlib

    server.put(URL, BODY)
    digest = hashlib.md5(BODY if right else b"other").hexdigest()
    one = wanted(digest=f"md5:{digest}")
    if right:
        assert fetch_file(client, remote_request=one).path.read_bytes() == BODY
    else:
        with pytest.raises(DownloadError, match="digest"):
            fetch_file(client, remote_request=one)
        assert left(client) == []


def test_two_at_once_fetch_once(server, client):
    server.put(URL, BODY, silent_s=0.3)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(fetch_file(client, remote_request=wanted())))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.sha256 for one in found}) == 1
    assert len(found) == 3
    assert len(server.paths()) == 1


def test_sizes_are_asked_without_fetching(server, client):
    assert ask_size_of(client, remote_request=wanted()) is None
    server.put(URL, BODY)
    assert ask_size_of(client, remote_request=wanted()) == len(BODY)
    assert server.paths("GET") == []
    fetch_file(client, remote_request=wanted())
    assert ask_size_of(client, remote_request=wanted()) == 0
    with pytest.raises(DownloadError, match="no connection"):
        ask_size_of(
            offline(client),
            remote_request=RemoteRequest("https://data.example.org/other.bin", "other"),
        )


def test_names_in_the_cache_stay_in_it(client):
    for address in ("https://h.org/../../x", "https://h.org/a/%2e%2e/b", "https://h.org/"):
        assert find_cached_path(client, address=address).is_relative_to(client.cache)
    one, other = (
        find_cached_path(client, address=f"https://h.org/get?iso3={code}") for code in ("A", "B")
    )
    assert one != other


def test_a_cache_that_cannot_be_made_is_named(server, client, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DownloadError, match="--cache DIR"):
        fetch_file(replace(client, cache=tmp_path / "file"), remote_request=wanted())


def test_the_note_tells_where_a_file_came_from(server, client):
    server.put(URL, BODY)
    got = fetch_file(client, remote_request=wanted())
    note = json.loads((got.path.parent / ".tile.bin.json").read_text())
    assert note == {"address": URL, "sha256": got.sha256, "date": got.date}


def test_the_proxy_is_asked_for_everything(server, tmp_path):
    server.pages["http://data.example.org/dem/tile.bin"] = Page(BODY)
    client = HttpClient(cache=tmp_path, proxy=server.address)
    got = fetch_file(
        client, remote_request=RemoteRequest("http://data.example.org/dem/tile.bin", "tile")
    )
    assert got.path.read_bytes() == BODY
