"""The page in Chromium with the network cut: every request counted, every tool used."""

import csv
import dataclasses
import io
import json
import re
from itertools import pairwise

import pandas as pd
import pytest
from conftest import chromium_path
from example_results import HOSTILE, SIDES, example_results
from PIL import Image
from pyproj import Geod

from frontline.page import write_page

pytestmark = pytest.mark.browser

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
]
HASH = "0123456789ab" * 5
MAP = "window[document.querySelector('.folium-map').id]"


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name, hostile in (("plain", False), ("hostile", True)):
        write_page(example_results(hostile=hostile), folder / f"{name}.html", inputs_hash=HASH)
    return folder


@pytest.fixture
def opened(browser, files):
    """Open a page; at the end nothing may have been asked for, said or thrown."""
    contexts, heard, asked = [], [], []

    def open_page(name="plain", view="", **options):
        options = {"viewport": {"width": 1280, "height": 800}, **options}
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("dialog", lambda dialog: heard.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"file://{files / name}.html{view}")
        page.wait_for_selector("html[data-ready=true]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert heard == []
    assert all(url.startswith(("file://", "data:", "blob:")) for url in asked)
    assert sum(url.startswith("file://") for url in asked) == len(contexts)


def figures(page, line):
    """Read the table of figures: by source and side."""
    rows = page.eval_on_selector_all(
        f"#figures table[data-line={line}] tr[data-source] td",
        "cells => cells.map(c => [c.parentElement.dataset.source, c.dataset.side, "
        "c.dataset.value ?? null])",
    )
    return {(source, side): value for source, side, value in rows}


def set_slider(page, km):
    page.eval_on_selector(
        "#distance",
        "(input, km) => { input.value = km; input.dispatchEvent(new Event('input')); }",
        km,
    )


def clips(page):
    return page.eval_on_selector_all(
        ".leaflet-pane.slot", "panes => panes.map(pane => pane.style.clipPath)"
    )


def pixel(page, lon, lat):
    """Return the colour of the map at a place."""
    at = page.evaluate(
        f"([lat, lon]) => {{ const at = {MAP}.latLngToContainerPoint([lat, lon]); "
        "const box = document.querySelector('#stage').getBoundingClientRect(); "
        "return [at.x + box.left, at.y + box.top]; }",
        [lat, lon],
    )
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    return picture.getpixel((round(at[0]), round(at[1])))


def test_it_opens_as_a_map_with_everything_a_reader_must_see(opened):
    page = opened()
    assert page.locator(".leaflet-container").count() == 1
    assert page.locator("input[type=range]").count() == 1
    foot = page.inner_text("#foot")
    for text in ("Not for navigation", "1994-05-12", "2020-11-10", "± 500 m", "± 2,000 m", HASH):
        assert text in foot
    assert page.inner_text(".leaflet-control-attribution").strip() == "Leaflet"
    assert page.locator(".leaflet-control-attribution svg").count() == 0  # no flag
    assert "km" in page.inner_text(".leaflet-control-scale-line")
    page.click("#foot summary")
    assert "Census & survey" in page.inner_text("#foot")
    assert "Old border" in page.inner_text(".legend")


def test_names_full_of_traps_are_shown_and_never_run(opened):
    page = opened("hostile")
    assert page.title() == "Two lines {{ 7*191 }} <b>"
    for number, name in enumerate(HOSTILE):
        page.fill("#search", f"P{number + 1}")
        page.keyboard.press("Enter")
        flat = " ".join(name.split())
        assert " ".join(page.inner_text("#card h3").split()) == flat
        page.mouse.move(700 + number, 400)
    page.evaluate(f"{MAP}.setView([39.9, 46.5], 9, {{animate: false}})")
    assert page.locator("img[src=x]").count() == 0
    assert "1337" not in page.content()
    assert page.locator("bdo").count() == 0
    assert page.locator(".label").count() >= 4


def test_the_sliders_numbers_are_those_of_the_tables(opened):
    page = opened()
    people = example_results(hostile=False).people
    people = people[people["kind"] == "cumulative"]
    for line in ("line_a", "line_b"):
        page.check(f"input[name=line][value={line}]", force=True)
        for km in (5, 10):
            set_slider(page, km)
            assert page.inner_text("#distance-value") == f"{km} km"
            shown = figures(page, line)
            rows = people[(people["line"] == line) & (people["distance_m"] == km * 1000)]
            for row in rows.itertuples():
                value = shown[row.source, row.side]
                if row.population == row.population:
                    assert float(value) == pytest.approx(row.population, abs=0.001)
                else:
                    assert value is None
            land = page.locator(f"table[data-line={line}] tr.land td[data-side='{SIDES[0]}']")
            assert float(land.get_attribute("data-value")) == pytest.approx(
                rows[rows["side"] == SIDES[0]]["area_km2"].iloc[0], abs=0.001
            )


def test_intervals_hold_their_figure(opened):
    page = opened(view="#line=line_b&km=10")
    cells = page.eval_on_selector_all(
        "#figures td[data-value]",
        "all => all.map(td => [td.dataset.value, td.querySelector('small')?.textContent ?? ''])",
    )
    assert len(cells) == 6
    for value, text in cells:
        low, high = (float(part.replace(",", "")) for part in text.split(" – "))
        assert low <= float(value) <= high


def test_the_slider_redraws_the_zones(opened):
    page = opened()
    set_slider(page, 5)
    few = page.locator("path.zone").count()
    set_slider(page, 10)
    assert page.locator("path.zone").count() == 2 * few
    page.keyboard.press("]")
    assert page.inner_text("#distance-value") == "10.5 km"
    assert "drawn for 10 km" in page.inner_text("#zone-note")


def test_the_swipe_divides_vector_layers(opened):
    page = opened(view="#line=line_b&km=5&turn=labels,settlements,relief,corridors")
    assert set(clips(page)) == {""}
    between = (46.8, 39.88)  # north of the new line, south of the old one
    new = pixel(page, *between)
    page.check("#compare")
    assert all(text.startswith("polygon") for text in clips(page))
    divider = page.locator("[role=slider].divider")
    box = page.locator("#stage").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.97, box["y"] + 200, steps=4)
    page.mouse.up()
    assert int(divider.get_attribute("aria-valuenow")) == 97
    old = pixel(page, *between)
    assert new[2] > new[0]  # blue: the upper side holds it
    assert old[0] > old[2]  # orange: the lower side held it
    assert page.locator("#figures table").count() == 2
    divider.focus()
    page.keyboard.press("Home")
    assert int(divider.get_attribute("aria-valuenow")) == 2
    assert pixel(page, *between) == pytest.approx(new, abs=3)
    assert "Line of 1994" in divider.get_attribute("aria-label")


@pytest.mark.parametrize("query", ["overhill", "OVERHÍLL", "Alt Over", "Оверхилл", "P2"])
def test_a_place_is_found_by_either_name_in_any_script(opened, query):
    page = opened()
    page.keyboard.press("/")
    page.keyboard.type(query)
    assert page.locator("#search-list li").count() >= 1
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    card = page.inner_text("#card")
    assert "Overhill" in card
    assert "Alt Overhill" in card
    assert "350 residents, 2015" in card
    assert "Line of 1994" in card
    assert "Line of 2020" in card
    assert page.locator("path.place.chosen").count() == 1


def test_a_place_that_is_not_there_is_said_so(opened):
    page = opened()
    page.fill("#search", "zzzz")
    assert page.inner_text("#search-count") == "No place of that name"


def test_a_settlement_is_chosen_on_the_map(opened):
    page = opened(view="#line=line_b&turn=labels")
    at = page.evaluate(
        f"() => {{ const at = {MAP}.latLngToContainerPoint([39.85, 46.3]); const box = "
        "document.querySelector('#stage').getBoundingClientRect(); "
        "return [at.x + box.left, at.y + box.top]; }"
    )
    page.mouse.move(*at)
    assert "48,271 residents" in page.inner_text(".tip")
    page.mouse.click(*at)
    assert page.inner_text("#card h3") == "Midford"
    assert "changed sides" in page.inner_text("#card")
    page.keyboard.press("Escape")
    assert "Choose a settlement" in page.inner_text("#card")


def test_layers_are_switched(opened):
    page = opened()
    assert page.locator("img.relief").count() == 1
    for key, drawn in (("exposure", "img.exposure"), ("changes", "path.change")):
        assert page.locator(drawn).count() == 0
        page.check(f"[data-layer={key}] input")
        assert page.locator(drawn).count() >= 1
    for key, drawn in (("relief", "img.relief"), ("zones", "path.zone"), ("labels", ".label")):
        assert page.locator(drawn).count() >= 1
        page.uncheck(f"[data-layer={key}] input")
        assert page.locator(drawn).count() == 0
    assert "Undecided" in page.inner_text(".legend")
    assert "illustration only" in page.inner_text(".legend").lower()


def test_the_order_of_names_is_switched(opened):
    page = opened()
    assert "Overhill\nAlt Overhill" in "\n".join(page.locator(".label").all_inner_texts())
    page.check("input[name=names][value=name_alt]", force=True)
    assert "Alt Overhill" in page.locator(".label").all_inner_texts()
    page.check("input[name=names][value=name]", force=True)
    assert "Overhill" in page.locator(".label").all_inner_texts()


def test_names_on_the_map_do_not_overlap(opened):
    page = opened()
    boxes = page.eval_on_selector_all(
        ".label",
        "all => all.map(one => { const b = one.getBoundingClientRect(); "
        "return [b.left, b.top, b.right, b.bottom]; })",
    )
    assert len(boxes) >= 4
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            apart = a[0] >= b[2] - 3 or b[0] >= a[2] - 3 or a[1] >= b[3] - 3 or b[1] >= a[3] - 3
            assert apart


def test_filters_and_the_list_of_what_is_shown(opened):
    page = opened(view="#line=line_a&km=10")
    page.click("#part-filters summary")
    assert page.locator("#shown-list li").count() == 6
    page.fill("#filter-least", "1000")
    assert page.inner_text("#shown-count") == "3 of 6 settlements shown"
    page.check("text=Within the distance only")
    assert page.inner_text("#shown-count") == "1 of 6 settlements shown"
    page.locator("#shown-list button").click()
    assert page.inner_text("#card h3") == "Midford"


def test_measuring_agrees_with_the_ellipsoid(opened):
    page = opened(view="#turn=labels,settlements,corridors,points")
    page.click("#tool-measure")
    box = page.locator("#stage").bounding_box()
    page.evaluate(f"window.hits = []; {MAP}.on('click', event => window.hits.push(event.latlng))")
    for x, y in [(200, 300), (420, 180), (300, 520)]:
        page.mouse.click(box["x"] + x, box["y"] + y)
    places = page.evaluate("window.hits")
    assert len(places) == 3
    wanted = Geod(ellps="WGS84").line_length(
        [place["lng"] for place in places], [place["lat"] for place in places]
    )
    metres = float(page.locator(".measure-note").get_attribute("data-metres"))
    assert metres == pytest.approx(wanted, abs=0.2)
    page.keyboard.press("Escape")
    assert page.locator(".measure-note").is_hidden()
    assert page.locator("path.measure-line").count() == 0


def test_a_link_opens_the_same_view(opened):
    first = opened(view="#line=line_a&with=line_b&split=0.3&km=7.5&place=P3&names=name&theme=dark")
    first.check("[data-layer=changes] input")
    first.evaluate(f"{MAP}.setView([39.85, 46.4], 10.5, {{animate: false}})")
    link = first.evaluate("location.hash")
    second = opened(view=link)
    assert second.evaluate("location.hash") == link
    assert second.is_checked("#compare")
    assert second.is_checked("[data-layer=changes] input")
    assert second.inner_text("#distance-value") == "7.5 km"
    assert second.inner_text("#card h3") == "Midford"
    assert second.evaluate(f"{MAP}.getZoom()") == 10.5
    assert second.get_attribute("html", "data-theme") == "dark"


@pytest.mark.parametrize(
    "view", ["#line=nobody&km=-3&split=9&c=a,b&z=x&turn=%00&place=<b>", "#&&="]
)
def test_a_broken_link_opens_the_map_all_the_same(opened, view):
    page = opened(view=view)
    assert page.inner_text("#distance-value") == "10 km"
    assert page.locator("path.front").count() >= 1


def saved(page, button):
    with page.expect_download() as waiting:
        page.click(button)
    return waiting.value.path().read_text("utf-8")


def test_what_is_shown_is_saved(opened):
    page = opened("hostile", view="#line=line_a&km=5")
    rows = list(csv.DictReader(io.StringIO(saved(page, "#save-csv"), newline="")))
    assert [row["name"] for row in rows] == list(HOSTILE)
    assert {row["line"] for row in rows} == {"line_a"}
    assert float(rows[0]["distance_m"]) == pytest.approx(22_206.9, abs=0.1)
    collection = json.loads(saved(page, "#save-geojson"))
    kinds = [feature["geometry"]["type"] for feature in collection["features"]]
    assert kinds.count("Point") == 6
    assert kinds.count("MultiLineString") == 1
    assert kinds.count("MultiPolygon") == 2
    ring = collection["features"][-1]["geometry"]["coordinates"][0][0]
    turn = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
    assert turn > 0  # RFC 7946: outer rings run anticlockwise


def luminance(rgb):
    return sum(
        share * ((part / 255 / 12.92) if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4)
        for share, part in zip((0.2126, 0.7152, 0.0722), rgb, strict=True)
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_legible_in_light_and_dark(opened, scheme):
    page = opened(color_scheme=scheme)
    read = "node => [getComputedStyle(node).color, getComputedStyle(document.body).backgroundColor]"
    for place in ("h1", "#foot .disclaimer.long", "#part-figures p", "tbody th", ".legend li"):
        colours = page.eval_on_selector(place, read)
        ink, paper = ([int(n) for n in re.findall(r"\d+", text)[:3]] for text in colours)
        light, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, place
    background = page.eval_on_selector("h1", read)[1]
    assert (background == "rgb(21, 24, 28)") is (scheme == "dark")
    page.click("#tool-theme")
    assert page.eval_on_selector("h1", read)[1] != background


def test_it_fits_a_phone(opened):
    page = opened(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    stage = page.locator("#stage").bounding_box()
    assert stage["width"] == 390
    assert stage["height"] > 400
    assert "no position on status" in page.locator(".disclaimer:visible").inner_text()
    for button in page.locator(".tools button").all():
        assert min(button.bounding_box()[side] for side in ("width", "height")) >= 40
    page.evaluate("document.querySelector('#distance').scrollIntoView({block: 'end'})")
    slider, stage = (page.locator(one).bounding_box() for one in ("#distance", "#stage"))
    assert stage["y"] == 0  # the map stays in sight above the slider
    assert stage["height"] < slider["y"] < 844


def test_every_control_has_a_name_and_is_reached_by_tab(opened):
    page = opened(view="#line=line_a&with=line_b")
    unnamed = page.evaluate(
        "() => [...document.querySelectorAll('button, input, select, [role=slider]')].filter("
        "one => !(one.getAttribute('aria-label') || one.textContent.trim() || "
        "one.closest('label')?.textContent.trim())).map(one => one.outerHTML)"
    )
    assert unnamed == []
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert {"compare", "distance", "search", "save-csv", "tool-measure", "divider"} <= reached


def test_it_prints_map_and_figures_without_tools(opened):
    page = opened()
    page.emulate_media(media="print")
    assert page.locator(".tools").is_hidden()
    assert page.locator("#distance").is_hidden()
    assert page.locator("#figures").is_visible()
    assert "Not for navigation" in page.locator(".disclaimer:visible").inner_text()
    assert page.locator(".on-paper").is_visible()
    assert page.pdf()[:5] == b"%PDF-"


def test_a_ledger_of_statements_stands_beside_the_map(browser, tmp_path):
    claims = pd.DataFrame(
        {
            "id": ["C01", "X01"],
            "source": ["A report", "{{ 7*191 }}"],
            "statement": ["Some <b>20</b> villages changed sides.", "${alert(1)}"],
            "verdict": ["supported", "excluded"],
            "why": ["22 did.", ""],
        }
    )
    results = dataclasses.replace(example_results(hostile=False), claims=claims)
    write_page(results, tmp_path / "m.html", inputs_hash=HASH)
    page = browser.new_page()
    page.goto(f"file://{tmp_path / 'm.html'}")
    page.wait_for_selector("html[data-ready=true]")
    page.click("#part-claims summary")
    text = page.inner_text("#part-claims")
    page.close()
    assert "Some <b>20</b> villages changed sides." in text
    assert "A report · 22 did." in text
    assert "${alert(1)}" in text


def test_without_scripts_it_still_says_what_it_is(opened, browser, files):
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(f"file://{files / 'plain'}.html")
    text = page.inner_text("body")
    assert "The map needs JavaScript" in text
    assert "Not for navigation" in text
    context.close()
