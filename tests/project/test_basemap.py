"""Online tiles by choice: refused where they would tell too much, asked for only when agreed."""

import dataclasses
import html
import io
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from factories.example_results import example_results
from factories.in_browser import PATIENCE_MS, expect, wait_until_ready
from factories.projects import made_project
from PIL import Image

from frontline.errors import ProjectError
from frontline.export.web.basemap import find_basemap
from frontline.export.web.page import render_page, write_page
from frontline.project.loader import load_project
from frontline.project.types import OSM, OSM_URL, tile_template
from frontline.results.redaction import keep_public, remove_restricted
from frontline.workflow.run import run, set_basemap

HASH = "0123456789ab" * 5
OWN = "https://tiles.example.org/map/{z}/{x}/{y}.png?key=abc"


def results_with(template, credit="", *, hostile=False):
    results = example_results(hostile=hostile)
    outputs = results.project.outputs.model_copy(
        update={"basemap": template, "basemap_credit": credit}
    )
    project = results.project.model_copy(update={"outputs": outputs})
    return dataclasses.replace(results, project=project)


def policy_of(page):
    return html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1])


@pytest.mark.parametrize("template", ["", OSM, OSM_URL, OWN, "http://localhost:8080/{z}/{x}/{y}"])
def test_a_template_is_taken_as_it_is(template):
    assert tile_template(template) == template


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("openstreetmap", "does not name {z}, {x} and {y}"),
        ("https://a.example/{z}/{x}/{x}.png", "does not name {z}, {x} and {y}"),
        ("https://a.example/{z}/{x}/{y}{r}.png", "does not name {z}, {x} and {y}"),
        ("http://a.example/{z}/{x}/{y}.png", "is not an https address"),
        ("ftp://a.example/{z}/{x}/{y}.png", "is not an https address"),
        ("//a.example/{z}/{x}/{y}.png", "is not an https address"),
        ("https://me:word@a.example/{z}/{x}/{y}.png", "holds a user name"),
        ("https:///{z}/{x}/{y}.png", "does not name a server"),
        ("https://{z}/{x}/{y}.png", "does not name a server"),
        ("https://*/{z}/{x}/{y}.png", "holds a character"),
        ("https://a.example/{z}/{x}/{y}.png; script-src *", "holds a character"),
        ("https://a.example/{z}/{x}/{y}.png\n", "holds a character"),
        ('https://a.example/{z}/{x}/{y}.png"><script>', "holds a character"),
        ("javascript:{z}{x}{y}", "does not name a server"),
    ],
)
def test_a_template_that_a_page_cannot_carry_is_refused(template, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        tile_template(template)


def test_the_server_may_give_pictures_and_nothing_else():
    without, with_tiles = (
        policy_of(render_page(results_with(t), inputs_hash=HASH)) for t in ("", OWN)
    )
    assert "http" not in without
    assert with_tiles.count("http") == 1
    assert "img-src data: blob: https://tiles.example.org; " in with_tiles
    assert "default-src 'none'" in with_tiles


def test_makers_of_tiles_are_named():
    assert find_basemap("") is None
    assert find_basemap(OSM).credit == "© OpenStreetMap contributors"
    assert find_basemap(OSM).policy.startswith("https://operations.osmfoundation.org/")
    assert find_basemap(OWN).credit == "Tiles: tiles.example.org"
    assert find_basemap(OWN, credit="© A survey").credit == "© A survey"


def test_a_project_may_ask_for_tiles_and_a_wrong_one_is_named(tmp_path):
    path = made_project(tmp_path)
    text = path.read_text()
    path.write_text(f'{text}\n[outputs]\nbasemap = "{OWN}"\nbasemap_credit = "© A survey"\n')
    assert load_project(path).outputs.basemap == OWN
    path.write_text(f'{text}\n[outputs]\nbasemap = "http://a.example/{{z}}/{{x}}/{{y}}"\n')
    with pytest.raises(ProjectError, match=r"outputs.basemap.*is not an https address"):
        load_project(path)


def test_public_files_tell_no_server_anything(tmp_path):
    project = load_project(made_project(tmp_path))
    assert set_basemap(project, template=OSM, public=False).outputs.basemap == OSM
    with pytest.raises(ProjectError, match="--basemap and --public exclude each other"):
        set_basemap(project, template=OSM, public=True)
    results = results_with(OWN)
    public = keep_public(
        results, public=remove_restricted(results.project), project=results.project
    )
    assert public.project.outputs.basemap == ""
    assert "online tiles" in public.notes[-1].text
    assert "tiles.example.org" not in render_page(public, inputs_hash=HASH)


@pytest.mark.slow
def test_the_command_line_warns_what_tiles_tell(tmp_path, caplog):
    (tmp_path / "made").mkdir()
    path = made_project(tmp_path / "made")
    path.write_text(f'{path.read_text()}\n[outputs]\nwrite = ["page"]\n')
    caplog.set_level("WARNING")
    run(path, out=tmp_path / "out", basemap=OSM)
    assert "tile.openstreetmap.org. They tell that server where a reader looks" in caplog.text
    assert "https://operations.osmfoundation.org/policies/tiles/" in caplog.text
    assert OSM_URL in (tmp_path / "out" / "map.html").read_text("utf-8")
    assert '"basemap": "osm"' in (tmp_path / "out" / "manifest.json").read_text("utf-8")


class TileServer(ThreadingHTTPServer):
    """A server on this machine that gives one green tile for every address, and counts."""

    def __init__(self):
        self.asked = []
        picture = io.BytesIO()
        Image.new("RGB", (256, 256), (0, 160, 0)).save(picture, "PNG")
        tile = picture.getvalue()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.server.asked.append((self.path, self.headers.get("Referer")))
                known = self.path.startswith("/tiles/")
                self.send_response(200 if known else 404)
                self.send_header("Content-Type", "image/png")
                self.send_header("Content-Length", str(len(tile) if known else 0))
                self.end_headers()
                self.wfile.write(tile if known else b"")

            def log_message(self, *_):
                """Keep still."""

        super().__init__(("127.0.0.1", 0), Handler)

    def template(self, folder="tiles"):
        return f"http://127.0.0.1:{self.server_port}/{folder}/{{z}}/{{x}}/{{y}}.png"


@pytest.fixture
def server():
    with TileServer() as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


@pytest.fixture
def online(browser, tmp_path):
    """Open a page that could reach this machine; says whom it asked."""
    contexts = []

    def opened(results, view=""):
        write_page(results, tmp_path / "map.html", inputs_hash=HASH)
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"file://{tmp_path / 'map.html'}{view}")
        wait_until_ready(page)
        return page, lambda: [url for url in asked if url.startswith("http")]

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.browser
def test_no_tile_is_asked_for_before_the_reader_agrees(online, server):
    page, asked = online(results_with(server.template(), "<b>A survey</b>"), "#turn=basemap")
    page.click("#tool-in")
    box, ask = page.locator("#basemap"), page.locator("#basemap-ask")
    expect(box).not_to_be_checked()
    expect(ask).to_be_hidden()
    box.check()
    expect(ask).to_be_visible()
    expect(ask).to_be_focused()
    expect(ask).to_contain_text(f"127.0.0.1:{server.server_port} while you look")
    page.click("#basemap-decline")
    expect(box).not_to_be_checked()
    box.check()
    assert asked() == []
    assert server.asked == []
    page.click("#basemap-agree")
    expect(page.locator(".tiles img.leaflet-tile-loaded").first).to_be_attached()
    expect(page.locator(".credit")).to_have_text("<b>A survey</b>")
    expect(page.locator("#basemap-note")).to_contain_text("is being told where you look")
    assert asked()
    assert all(url.startswith(f"http://127.0.0.1:{server.server_port}/tiles/") for url in asked())
    assert {referrer for _, referrer in server.asked} == {None}  # not even where the file lies
    box.uncheck()
    expect(page.locator(".tiles img")).to_have_count(0)
    expect(page.locator(".credit")).to_have_count(0)


@pytest.mark.browser
def test_with_tiles_allowed_no_other_server_is(online, server):
    with TileServer() as other:
        page, _ = online(results_with(server.template()))
        failed = page.evaluate(
            "url => new Promise(done => { const img = new Image(); img.onload = () => done(false);"
            " img.onerror = () => done(true); img.src = url; })",
            f"http://127.0.0.1:{other.server_port}/tiles/1/1/1.png",
        )
        assert failed
        assert other.asked == []


@pytest.mark.browser
def test_a_server_that_gives_no_tiles_is_said_so(online, server):
    page, _ = online(results_with(server.template("nothing")))
    page.check("#basemap")
    page.click("#basemap-agree")
    expect(page.locator("#basemap-note")).to_contain_text("gives no tiles")


@pytest.mark.browser
def test_a_page_without_tiles_has_no_switch_for_them(online):
    page, asked = online(results_with(""))
    expect(page.locator("#basemap")).to_have_count(0)
    page.click("#tool-in")
    assert asked() == []
