"""Windows of remote rasters: the same cells as the whole file's, for a part of its bytes."""

import json
import socket
from dataclasses import replace

import numpy as np
import pytest
from factories.rasters import write_tif
from factories.server import Page

from frontline.errors import DownloadError, RasterError
from frontline.fetch.cache import fetch_file
from frontline.fetch.http import HttpClient, RemoteRequest
from frontline.fetch.ranges import RemoteFile
from frontline.fetch.windows import MARGIN_CELLS, estimate_window_size, fetch_window
from frontline.raster.io import find_window, open_raster, read_window

URL = "https://data.example.org/dem/tile.tif"
CELLS = 800
WHOLE = (20.0, 44.0, 21.0, 45.0)
CORNER = (20.05, 44.75, 20.2, 44.95)
BLOCK = 128


def heights(seed=1):
    """Heights that do not compress, so that small files would not hide whole downloads."""
    return np.random.default_rng(seed).normal(1000, 100, (CELLS, CELLS)).astype(np.float32)


def tile(folder, values=None, **how):
    how = {"tiled": True, "blockxsize": BLOCK, "blockysize": BLOCK, "compress": "deflate"} | how
    grid = (1 / CELLS, 0.0, 20.0, 0.0, -1 / CELLS, 45.0)
    made = write_tif(
        folder / "made.tif",
        heights() if values is None else values,
        transform=grid,
        crs="EPSG:4326",
        **how,
    )
    return made.read_bytes()


@pytest.fixture
def client(server, tmp_path):
    return HttpClient(
        cache=tmp_path / "cache", mirror=server.address, wait_s=0.01, timeout_s=5.0, drip_s=0.5
    )


def wanted(**how):
    return RemoteRequest(URL, "tile", **how)


def window(client, bounds=CORNER, **how):
    return fetch_window(
        client, remote_request=wanted(**how), bounds=bounds, check=lambda raster: None
    )


def cells(path, bounds=CORNER):
    with open_raster(path) as raster:
        at = find_window(raster, bounds=bounds, margin_cells=MARGIN_CELLS)
        return read_window(raster, window=at)


def sent(server):
    """Bytes of the ranges that were asked for; None if a whole file was."""
    asked = [said for how, _, said in server.asked if how == "GET"]
    if "" in asked:
        return None
    ends = [said.removeprefix("bytes=").split("-") for said in asked]
    return sum(int(last) + 1 - int(first) for first, last in ends)


def left(client):
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


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"compress": "none"},
        {"predictor": 3},
        {"tiled": False, "blockxsize": CELLS, "blockysize": 1},
        {"BIGTIFF": "YES"},
        {"nodata": -9999.0},
    ],
)
def test_a_window_holds_the_same_cells_for_fewer_bytes(server, client, tmp_path, how):
    values = heights()
    values[100:120, 60:90] = -9999.0
    body = tile(tmp_path, values, **how)
    server.put(URL, body)
    got = window(client)
    whole = tmp_path / "whole.tif"
    whole.write_bytes(body)
    np.testing.assert_array_equal(cells(got.path), cells(whole))
    assert np.isnan(cells(got.path)).any() == ("nodata" in how)
    assert sent(server) < 0.5 * len(body)
    assert got.part["bytes_fetched"] == sent(server)
    assert got.part["bytes_of_all"] == len(body)


def test_what_is_stored_in_whole_numbers_stays_so(server, client, tmp_path):
    values = np.random.default_rng(1).integers(-400, 4000, (1200, CELLS)).astype(np.int16)
    body = tile(tmp_path, values, nodata=-32768, unit="m")
    server.put(URL, body)
    with open_raster(window(client).path) as raster:
        assert raster.dataset.dtypes == ("int16",)
        assert raster.dataset.nodata == -32768
        row, col, rows, cols = window(client).part["window"]
        stored = raster.dataset.read(1)
    np.testing.assert_array_equal(stored, values[row : row + rows, col : col + cols])


def test_a_scaled_file_gives_heights_not_stored_numbers(server, client, tmp_path):
    values = np.random.default_rng(1).integers(0, 4000, (1200, CELLS)).astype(np.int16)
    server.put(URL, tile(tmp_path, values, scale=0.5, offset=10.0))
    row, col, *_ = window(client).part["window"]
    with open_raster(window(client).path) as raster:
        first = read_window(raster, window=find_window(raster, bounds=raster.bounds))[0, 0]
    assert first == 10 + 0.5 * values[row, col]


def test_the_window_lies_on_the_files_own_blocks(server, client, tmp_path):
    server.put(URL, tile(tmp_path))
    row, col, rows, cols = window(client).part["window"]
    # needed are columns 40 to 160 and rows 40 to 200, and 16 beyond
    assert (row, col, rows, cols) == (0, 0, 2 * BLOCK, 2 * BLOCK)


def test_blocks_beside_each_other_come_in_one_request(server, client, tmp_path):
    server.put(URL, tile(tmp_path))
    window(client)
    assert len(server.paths()) <= 3  # the head, and two rows of two blocks each


def test_a_window_is_fetched_once_and_works_without_a_network(server, client, tmp_path):
    server.put(URL, tile(tmp_path))
    first = window(client)
    asked = len(server.asked)
    assert window(client) == first
    assert window(client, (20.06, 44.8, 20.1, 44.9)) == first  # a smaller one lies in it
    assert window(offline(client)) == first
    assert len(server.asked) == asked
    with pytest.raises(DownloadError, match=r"cannot be reached.*Try again later"):
        window(offline(client), (20.5, 44.1, 20.6, 44.2))


def test_another_window_of_the_same_file_stands_beside_it(server, client, tmp_path):
    server.put(URL, tile(tmp_path))
    one = window(client)
    other = window(client, (20.5, 44.1, 20.6, 44.2))
    assert one.path != other.path
    assert len(left(client)) == 2
    assert window(offline(client)) == one


def test_a_window_that_was_damaged_is_fetched_anew(server, client, tmp_path):
    server.put(URL, tile(tmp_path))
    got = window(client)
    got.path.write_bytes(got.path.read_bytes()[:-100])
    assert window(client) == got
    assert len(left(client)) == 1


def test_a_whole_file_in_the_cache_is_used(server, client, tmp_path):
    server.put(URL, tile(tmp_path))
    whole = fetch_file(client, remote_request=wanted())
    assert window(offline(client)) == whole
    assert whole.part is None


def test_where_most_is_needed_the_whole_file_is_fetched(server, client, tmp_path):
    body = tile(tmp_path)
    server.put(URL, body)
    got = window(client, (20.1, 44.1, 20.9, 44.9))
    assert got.part is None
    assert got.path.read_bytes() == body


def test_a_small_file_is_fetched_whole(server, client, tmp_path):
    small = np.ones((CELLS, CELLS), dtype=np.float32)
    server.put(URL, tile(tmp_path, small))
    assert window(client).part is None


@pytest.mark.parametrize("how", [{"ranges": False}, {"tag": None}, {"tag": 'W/"weak"'}])
def test_a_server_without_parts_or_marks_sends_the_whole_file(server, client, tmp_path, how):
    body = tile(tmp_path)
    server.put(URL, body, **how)
    got = window(client)
    assert got.part is None
    assert got.path.read_bytes() == body


def test_a_file_replaced_while_it_is_read_is_read_anew(server, client, tmp_path):
    old, new = tile(tmp_path), tile(tmp_path, heights(2))
    server.put(URL, old, then=Page(new), after=1)
    got = window(client)
    (tmp_path / "new.tif").write_bytes(new)
    np.testing.assert_array_equal(cells(got.path), cells(tmp_path / "new.tif"))


def test_a_server_that_takes_no_notice_of_the_mark_is_found_out(server, client, tmp_path):
    old, new = tile(tmp_path), tile(tmp_path, heights(2))
    server.put(URL, Page(old, careless=True, then=Page(new, careless=True), after=1))
    got = window(client)
    (tmp_path / "new.tif").write_bytes(new)
    np.testing.assert_array_equal(cells(got.path), cells(tmp_path / "new.tif"))


def test_an_answer_that_leaves_the_mark_out_is_of_the_same_file(server, client, tmp_path):
    server.put(URL, tile(tmp_path), bare=True)
    got = window(client)
    assert got.part["mark"].startswith('"')
    assert len(server.paths()) <= 3


def test_a_file_of_the_same_mark_but_another_length_is_another_file(server, client, tmp_path):
    old, new = tile(tmp_path), tile(tmp_path, heights(2)) + bytes(10)
    server.put(URL, Page(old, tag='"same"', then=Page(new, tag='"same"'), after=1))
    got = window(client)
    (tmp_path / "new.tif").write_bytes(new)
    np.testing.assert_array_equal(cells(got.path), cells(tmp_path / "new.tif"))


def test_a_file_that_is_replaced_again_and_again_is_fetched_whole(server, client, tmp_path):
    bodies = [tile(tmp_path, heights(seed)) for seed in range(3)]
    last = Page(bodies[2])
    server.put(URL, bodies[0], after=1, then=Page(bodies[1], after=2, then=last))
    got = window(client)
    assert got.part is None
    assert got.path.read_bytes() == bodies[2]


def test_a_file_that_is_gone_while_it_is_read_is_no_hole_filled(server, client, tmp_path):
    gone = Page(b"gone", status=404)
    server.put(URL, tile(tmp_path), then=gone, after=1)
    assert window(client) is None
    assert left(client) == []


def test_refresh_reads_anew_and_forgets_the_older_file(server, client, tmp_path):
    server.put(URL, tile(tmp_path))
    old = window(client)
    server.put(URL, tile(tmp_path, heights(2)))
    assert window(client) == old
    new = window(replace(client, refresh=True))
    assert new.sha256 != old.sha256
    assert left(client) == [new.path.name]
    assert window(client) == new


def test_refresh_of_a_whole_file_does_not_leave_it_old(server, client, tmp_path):
    server.put(URL, tile(tmp_path))
    fetch_file(client, remote_request=wanted())
    new = tile(tmp_path, heights(2))
    server.put(URL, new)
    assert window(replace(client, refresh=True)).path.read_bytes() == new
    assert window(client).path.read_bytes() == new


@pytest.mark.parametrize("after", [0, 1])
def test_a_break_is_mended(server, client, tmp_path, after):
    body = tile(tmp_path)
    server.put(URL, Page(body, then=Page(body, breaks=2), after=after))
    got = window(client)
    (tmp_path / "whole.tif").write_bytes(body)
    np.testing.assert_array_equal(cells(got.path), cells(tmp_path / "whole.tif"))


def test_a_server_that_always_breaks_is_given_up(server, client, tmp_path):
    body = tile(tmp_path)
    server.put(URL, Page(body, then=Page(body, breaks=99), after=1))
    with pytest.raises(DownloadError, match=r"tile\.tif: broke off.*\(4 tries\)"):
        window(client)
    assert left(client) == []


def test_a_trickle_is_given_up(server, client, tmp_path):
    body = tile(tmp_path)
    server.put(URL, Page(body, then=Page(body, drip_s=0.05), after=1))
    with pytest.raises(DownloadError, match="comes too slowly"):
        window(client)
    assert left(client) == []


def test_an_error_page_with_a_status_of_success_is_no_file(server, client, tmp_path):
    page = b"<html><body>Sorry" + bytes(2_000_000)
    for ranges in (True, False):
        server.put(URL, page, kind="text/html", ranges=ranges)
        with pytest.raises(DownloadError, match="a web page or an error instead"):
            window(client)
    assert left(client) == []


def test_an_error_page_in_the_middle_is_another_file(server, client, tmp_path):
    body = tile(tmp_path)
    server.put(URL, Page(body, then=Page(b"<html>busy</html>"), after=1))
    with pytest.raises(DownloadError, match="a web page or an error instead"):
        window(client)
    assert left(client) == []


def test_a_redirect_to_elsewhere_is_refused_also_in_the_middle(server, client, tmp_path):
    elsewhere = Page(redirect="http://login.example.net/")
    for page in (elsewhere, Page(tile(tmp_path), then=elsewhere, after=1)):
        server.put(URL, page)
        with pytest.raises(DownloadError, match=r"redirects to 'http://login\.example\.net'"):
            window(client)
    assert left(client) == []


def test_a_refusal_in_the_middle_is_an_error(server, client, tmp_path):
    server.put(URL, Page(tile(tmp_path), then=Page(b"no", status=403), after=1))
    with pytest.raises(DownloadError, match="403"):
        window(client)
    assert left(client) == []


def test_another_part_than_was_asked_for_is_not_taken(server, client, tmp_path):
    body = tile(tmp_path)
    others = Page(body, others=f"bytes 7-99/{len(body)}")
    server.put(URL, Page(body, then=others, after=1))
    with pytest.raises(DownloadError, match="another part"):
        window(client)


def test_a_file_cut_short_is_refused(server, client, tmp_path):
    """The server has only half of what the head of the file speaks of."""
    body = tile(tmp_path)
    server.put(URL, body[: len(body) // 2])
    with pytest.raises(DownloadError, match=r"tile\.tif: is cut short: .*its head speaks of"):
        window(client, (20.6, 44.05, 20.7, 44.2))
    assert left(client) == []


def test_damaged_blocks_are_refused(server, client, tmp_path):
    body = bytearray(tile(tmp_path))
    middle = len(body) // 2
    body[5000:middle] = bytes(middle - 5000)
    server.put(URL, bytes(body))
    with pytest.raises(DownloadError, match="damaged or cut short"):
        window(client)
    assert left(client) == []


def test_the_check_of_the_head_decides(server, client, tmp_path):
    def check(raster):
        raise RasterError(f"lies at {raster.bounds[0]:g}")

    server.put(URL, tile(tmp_path))
    with pytest.raises(DownloadError, match="is not what it should be: lies at 20"):
        fetch_window(client, remote_request=wanted(), bounds=CORNER, check=check)
    assert sent(server) < 150_000


def test_an_absent_file_is_none_and_stays_so_without_a_network(server, client, tmp_path):
    assert window(client) is None
    assert window(offline(client)) is None
    server.put(URL, tile(tmp_path))
    assert window(client).part is not None
    # since it is known to be there, out of reach is not absent
    with pytest.raises(DownloadError, match="cannot be reached"):
        window(offline(client), (20.5, 44.1, 20.6, 44.2))


def test_the_size_is_estimated_without_fetching(server, client, tmp_path):
    assert estimate_window_size(client, wanted(), CORNER, WHOLE) is None
    body = tile(tmp_path)
    server.put(URL, body)
    # the corner lies in one quarter from west to east, and in two from south to north
    assert estimate_window_size(client, wanted(), CORNER, WHOLE) == pytest.approx(
        len(body) / 16, abs=1
    )
    wide = (20.2, 44.7, 20.3, 44.8)
    assert estimate_window_size(client, wanted(), wide, WHOLE) == pytest.approx(
        len(body) / 4, abs=1
    )
    assert estimate_window_size(client, wanted(), WHOLE, WHOLE) == len(body)
    assert server.paths("GET") == []
    window(client)
    assert estimate_window_size(client, wanted(), CORNER, WHOLE) == 0


def test_the_note_tells_what_a_window_is_of(server, client, tmp_path):
    server.put(URL, tile(tmp_path))
    got = window(client)
    note = json.loads((got.path.parent / f".{got.path.name}.json").read_text())
    assert note["address"] == URL
    assert note["sha256"] == got.sha256
    assert note["part"]["grid_cells"] == [CELLS, CELLS]
    assert note["part"]["mark"].startswith('"')


def test_a_remote_file_reads_like_a_local_one(server, client):
    body = bytes(range(256)) * 2000
    server.put(URL, body)
    from frontline.fetch.ranges import open_remote

    with open_remote(client, remote_request=wanted()) as file:
        assert isinstance(file, RemoteFile)
        assert file.size == len(body)
        assert file.read(10) == body[:10]
        assert file.seek(-5, 2) == len(body) - 5
        assert file.read() == body[-5:]
        assert file.read(1) == b""
        file.seek(200_000)
        assert file.read(100_000) == body[200_000:300_000]
        assert file.tell() == 300_000
        file.seek(-1, 1)
        assert file.read(2) == body[299_999:300_001]
        file.load([(0, 10), (400_000, 400_010), (400_100, 400_200)])
        asked = len(server.asked)
        file.seek(400_005)
        assert file.read(150) == body[400_005:400_155]
        assert len(server.asked) == asked
