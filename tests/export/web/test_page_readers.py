"""The page for readers of every kind: other languages, screen readers, keys, fingers, paper."""

import dataclasses
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from factories.example_results import example_results
from factories.in_browser import MAP, expect, on_screen

from frontline.export.web.page import write_page

pytestmark = pytest.mark.browser

HASH = "0123456789ab" * 5
NAMES = {
    "P1": ("Գորիս", "Goris"),
    "P2": ("أغدام", "Overhill"),
    "P3": ("Первомайск", "Mayköy"),
}


def results_of_many_scripts():
    """Give three places names in Armenian, Arabic and Cyrillic letters; tell one language."""
    results = example_results(hostile=False)
    table = results.settlements.assign(name_ru="")
    for key, (name, other) in NAMES.items():
        table.loc[table["id"] == key, ["name", "name_alt"]] = [name, other]
    table.loc[table["id"] == "P1", "name_ru"] = "Горис"
    places = results.project.settlements.model_copy(update={"columns": {"name_alt": "name_az"}})
    project = results.project.model_copy(update={"settlements": places})
    return dataclasses.replace(results, project=project, settlements=table)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("readers")
    write_page(example_results(hostile=False), folder / "plain.html", inputs_hash=HASH)
    write_page(results_of_many_scripts(), folder / "scripts.html", inputs_hash=HASH)
    return folder


@pytest.fixture
def opened(open_page, files):
    return lambda name="plain", view="", **options: open_page(
        files / f"{name}.html", view, **options
    )


def test_names_say_their_language(opened):
    page = opened("scripts", view="#place=P1")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#card h3")).to_have_text("Գորիս")
    expect(page.locator("#card h3")).to_have_attribute("lang", "hy")
    expect(page.locator("#card .alt")).to_have_attribute("lang", "az")  # its column says so
    expect(page.locator("#card bdi[lang=ru]")).to_have_text("Горис")
    expect(page.locator("#card")).to_contain_text("Russian: Горис")
    for text, language in (("أغدام", "und-Arab"), ("Первомайск", "und-Cyrl"), ("Southby", "")):
        label = page.locator(".label b", has_text=text)
        expect(label).to_have_attribute("lang", language)
        expect(label).to_have_attribute("dir", "auto")
    page.fill("#search", "Горис")
    expect(page.locator("#search-list bdi").first).to_have_attribute("lang", "hy")


def test_names_from_right_to_left_stay_whole_and_in_their_place(opened):
    page = opened("scripts", view="#place=P2")
    name = page.locator("#card h3")
    expect(name).to_have_text("أغدام")
    assert name.evaluate("node => getComputedStyle(node).direction") == "rtl"
    page.click("#part-filters summary")
    row = page.locator("#shown-list button", has_text="Overhill")
    expect(row.locator("bdi")).to_have_text(["أغدام", "Overhill"])
    first, second = (bdi.bounding_box() for bdi in row.locator("bdi").all())
    assert first["x"] + first["width"] <= second["x"]  # the order of the two names is kept
    page.mouse.move(*on_screen(page, *place_of("P2")))
    expect(page.locator(".tip")).to_have_text(re.compile(r"^أغدام / Overhill: 350 residents"))


def place_of(key):
    table = example_results(hostile=False).settlements
    row = table[table["id"] == key].iloc[0]
    return row["lon"], row["lat"]


def test_the_slider_speaks_a_sentence_once_it_rests(opened):
    page = opened(view="#line=line_a")
    expect(page.locator("[aria-live=polite], [aria-live=assertive]")).to_have_count(0)
    page.locator("#distance").focus()
    spoken = page.locator("#spoken[role=status]")
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#distance")).to_have_attribute("aria-valuetext", "5 km")
    expect(spoken).to_contain_text("Figures within 5 km. Settlements (residents). Line of 1994:")
    value = page.locator("#figures tr[data-source=settlements] td b").first.inner_text()
    expect(spoken).to_contain_text(f"Upper side {value}")


def test_a_dash_is_words_to_the_ear(opened):
    page = opened(view="#km=7.5")
    cell = page.locator("#figures tr.land td").first
    expect(cell.locator("[aria-hidden=true]")).to_have_text("–")
    expect(cell.locator(".sr")).to_have_text("no figure")


def test_switches_say_their_state(opened):
    page = opened()
    panel, measure = page.locator("#tool-panel"), page.locator("#tool-measure")
    expect(panel).to_have_attribute("aria-expanded", "true")
    panel.click()
    expect(panel).to_have_attribute("aria-expanded", "false")
    expect(page.locator("#panel")).to_be_hidden()
    panel.click()
    expect(page.locator("#panel")).to_be_visible()
    expect(measure).to_have_attribute("aria-pressed", "false")
    measure.click()
    expect(measure).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("region", name="Map: arrow keys move it")).to_have_count(1)


def test_distances_are_measured_by_keyboard(opened):
    page = opened()
    page.locator("#tool-measure").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-container")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("path.measure-line")).to_have_count(2)  # a line yet empty, and a point
    page.evaluate(f"{MAP}.panBy([120, 0], {{animate: false}})")
    page.keyboard.press("Space")
    expect(page.locator("path.measure-line")).to_have_count(3)
    expect(page.locator(".measure-note")).to_have_text(re.compile(r"^\d+\.\d\d km$"))
    page.keyboard.press("Escape")
    expect(page.locator(".measure-note")).to_be_hidden()


def test_a_finger_beside_a_small_sign_means_it(opened):
    page = opened(view="#line=line_b&turn=labels,points,corridors")
    x, y = on_screen(page, *place_of("P2"))
    page.mouse.click(x + 11, y)
    expect(page.locator("#card h3")).to_have_text("Overhill")
    page.keyboard.press("Escape")
    page.mouse.click(x + 45, y)
    expect(page.locator("#card")).to_contain_text("Choose a settlement")


@pytest.mark.parametrize("width", [1000, 1400])
def test_the_legend_lies_on_no_line_when_the_page_opens(opened, width):
    page = opened(viewport={"width": width, "height": 700})
    expect(page.locator("path.front")).to_have_count(1)
    legend = page.locator(".legend").bounding_box()
    under = page.evaluate(
        "([x, y]) => [...document.querySelectorAll('path.front')].some(path => { "
        "const matrix = path.getScreenCTM(); const length = path.getTotalLength(); "
        "return Array.from({length: 400}, (_, i) => path.getPointAtLength(length * i / 399)"
        ".matrixTransform(matrix)).some(at => at.x > x && at.y > y); })",
        [legend["x"], legend["y"]],
    )
    assert not under


def test_names_and_years_keep_clear(opened):
    page = opened()
    boxes = (
        "all => all.map(one => { const b = one.getBoundingClientRect(); "
        "return [b.x, b.y, b.right, b.bottom]; })"
    )
    years = page.eval_on_selector_all(".line-year span", boxes)
    labels = page.eval_on_selector_all(".label", boxes)
    others = page.eval_on_selector_all(".legend, .tools, .leaflet-control-scale-line", boxes)
    places = page.eval_on_selector_all("path.place", boxes)
    assert len(years) == 2
    assert len(labels) >= 4
    middles = [((a + c) / 2, (b + d) / 2) for a, b, c, d in places]
    assert not any(a < x < c and b < y < d for a, b, c, d in years for x, y in middles)
    for a, b, c, d in labels:
        for e, f, g, h in [*years, *others]:
            assert a >= g - 3 or e >= c - 3 or b >= h - 3 or f >= d - 3


def test_fields_are_seen_against_the_page(opened):
    page = opened()
    page.click("#part-filters summary")
    for scheme, edge in (("light", "rgb(133, 139, 148)"), ("dark", "rgb(119, 129, 142)")):
        page.emulate_media(color_scheme=scheme)
        for field in ("#search", "#filter-least", "#filter-kind", "#chart-source"):
            expect(page.locator(field)).to_have_css("border-top-color", edge)  # 3 : 1 and more


def test_lines_of_the_chart_are_named(opened):
    page = opened(view="#line=line_a&with=line_b")
    names = page.locator("#chart text.whose")
    expect(names).to_have_count(4)
    expect(names.first).to_contain_text("side")
    texts = {
        "".join(c for c in text if c not in "\u2068\u2069●") for text in names.all_text_contents()
    }
    assert {text.strip() for text in texts} == {
        f"{side} side {year}" for side in ("Upper", "Lower") for year in (1994, 2020)
    }


PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def test_a_place_that_is_touched_on_a_phone_is_told_of_in_view(opened):
    page = opened(view="#line=line_b&turn=labels,points,corridors", **PHONE)
    page.touchscreen.tap(*on_screen(page, *place_of("P3")))
    expect(page.locator("#card h3")).to_have_text("Midford")
    expect(page.locator("#card h3")).to_be_in_viewport()
    expect(page.locator("#spoken")).to_contain_text("Midford. Line of 1994: Lower side")
    foot, name = page.locator("#foot").bounding_box(), page.locator("#card h3").bounding_box()
    assert name["y"] >= foot["y"] + foot["height"] - 1  # below the map, not under it


def test_the_halves_of_a_small_map_are_told_by_their_dates(opened):
    page = opened(view="#line=line_b&with=line_a", **PHONE)
    expect(page.locator(".flag:visible time")).to_have_text(["1994-05-12", "2020-11-10"])
    for flag in page.locator(".flag").all():
        assert flag.evaluate("node => node.scrollWidth <= node.clientWidth")
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.locator(".flag bdi").first).to_be_visible()


def test_no_name_stands_across_the_divider(opened):
    page = opened(view="#line=line_b&with=line_a&split=0.3")
    page.locator(".divider").focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
        split = page.locator(".divider").bounding_box()
        middle = split["x"] + split["width"] / 2
        expect(page.locator(".label").nth(2)).to_be_attached()
        sides = page.eval_on_selector_all(
            ".label", "all => all.map(one => one.getBoundingClientRect()).map(b => [b.x, b.right])"
        )
        assert not any(left < middle - 2 and right > middle + 4 for left, right in sides)


def test_single_keys_can_be_switched_off(opened):
    page = opened(view="#km=5")
    page.keyboard.press("]")
    expect(page.locator("#distance-value")).to_have_text("5.5 km")
    page.click("#part-keys summary")
    page.uncheck("#keys-on")
    page.locator("#part-keys summary").focus()
    for key in "/cm]":
        page.keyboard.press(key)
    expect(page.locator("#part-keys summary")).to_be_focused()
    expect(page.locator("#distance-value")).to_have_text("5.5 km")
    expect(page.locator("#compare")).not_to_be_checked()
    expect(page.locator("#tool-measure")).to_have_attribute("aria-pressed", "false")


def test_everything_can_be_hit_with_a_finger(opened):
    page = opened(**PHONE)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    hit = "button, select, summary, #panel > input, .tick, .segments span"
    small = page.eval_on_selector_all(
        hit,
        "all => all.filter(one => { const box = one.getBoundingClientRect(); "
        "return box.height > 0 && box.height < 24; }).map(one => one.outerHTML.slice(0, 60))",
    )
    assert small == []


def test_paper_shows_the_land_of_the_screen_with_legend_and_sources_beside(opened):
    page = opened(view="#z=10.5&c=39.85,46.5", viewport={"width": 1300, "height": 800})
    page.locator(".legend summary").click()
    expect(page.locator(".legend ul")).to_be_hidden()
    bounds = f"(() => {{ const b = {MAP}.getBounds(); return [b.getWest(), b.getEast()]; }})()"
    west, east = page.evaluate(bounds)
    page.emulate_media(media="print")
    expect(page.locator(".legend ul")).to_be_visible()
    expect(page.locator("#foot li").first).to_be_visible()
    page.wait_for_function(f"{bounds}[1] - {bounds}[0] >= {east - west}")
    on_paper = page.evaluate(bounds)
    assert on_paper[0] <= west
    assert on_paper[1] >= east
    legend, chart = (page.locator(one).bounding_box() for one in (".legend", ".leaflet-container"))
    assert chart["x"] + chart["width"] <= legend["x"]
    expect(page.locator(".segments:has([name=line]) label:visible")).to_have_count(1)
    page.emulate_media(media="screen")
    expect(page.locator(".legend ul")).to_be_hidden()
    page.wait_for_function(f"Math.abs({bounds}[0] - {west}) < 1e-6")


def test_five_thousand_settlements_and_a_line_of_100_000_vertices(open_page, tmp_path):
    results = example_results(hostile=False)
    x = np.linspace(46, 47, 100_000)
    wild = np.column_stack([x, 39.9 + 0.02 * np.sin(x * 9000) + 0.03 * np.sin(x * 20)])
    held = shapely.Polygon([*wild, (47, 40.3), (46, 40.3)])
    lines = results.lines.set_geometry(
        gpd.GeoSeries([shapely.LineString(wild)] * 2, crs=results.lines.crs)
    )
    sides = results.sides.set_geometry(gpd.GeoSeries([held] * 4, crs=results.sides.crs))
    draws = np.random.default_rng(1)
    copies = []
    for number in range(840):
        copy = results.settlements.copy()
        at = {key: draws.uniform((46.05, 39.55), (46.95, 40.25)) for key in copy["id"].unique()}
        copy["lon"], copy["lat"] = zip(*(at[key] for key in copy["id"]), strict=True)
        copy["name"] += f" {number}"
        copy["id"] += f"-{number}"
        copies.append(copy)
    many = pd.concat(copies, ignore_index=True)
    write_page(
        dataclasses.replace(results, lines=lines, sides=sides, settlements=many),
        tmp_path / "map.html",
        inputs_hash=HASH,
    )
    page = open_page(tmp_path / "map.html")
    expect(page.locator("path.place")).to_have_count(5040)
    labels = page.locator(".label")
    expect(labels.first).to_be_attached()
    assert labels.count() < 200
    page.fill("#search", "Midford 778")
    page.keyboard.press("Enter")
    expect(page.locator("#card h3")).to_have_text("Midford 778")
    page.click("#part-filters summary")
    expect(page.locator("#shown-list li")).to_have_count(250)
    page.check("#compare")
    expect(page.locator("path.place")).to_have_count(10_080)
