"""The page in Chromium with the network cut: every request counted, every tool used."""

import csv
import dataclasses
import io
import json
import random
import re
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from factories.example_results import HOSTILE, SIDES, example_results
from factories.in_browser import MAP, expect, on_screen
from PIL import Image
from pyproj import Geod

import frontline.export.web.page
from frontline.export.web.page import write_page
from frontline.results.numbers import round_cumulative, write_rounded
from frontline.results.wording import name_source_row

pytestmark = pytest.mark.browser

HASH = "0123456789ab" * 5
PAGE = Path(frontline.export.web.page.__file__).parent / "static"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name, hostile in (("plain", False), ("hostile", True)):
        write_page(example_results(hostile=hostile), folder / f"{name}.html", inputs_hash=HASH)
    return folder


@pytest.fixture
def opened(open_page, files):
    """Open one of the pages of this module, with the view that a link would carry."""
    return lambda name="plain", view="", **options: open_page(
        files / f"{name}.html", view, **options
    )


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
    expect(page.locator("#distance-value")).to_have_text(f"{km} km")


def choose_line(page, line):
    page.check(f"input[name=line][value={line}]", force=True)
    expect(page.locator(f"#figures table[data-line={line}]")).to_have_count(1)


def clips(page):
    return page.eval_on_selector_all(
        ".leaflet-pane.slot", "panes => panes.map(pane => pane.style.clipPath)"
    )


def pixel(page, lon, lat):
    """Return the colour of the map at a place."""
    at = on_screen(page, lon, lat)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    return picture.getpixel((round(at[0]), round(at[1])))


def test_it_opens_as_a_map_with_everything_a_reader_must_see(opened):
    page = opened()
    expect(page.locator(".leaflet-container")).to_have_count(1)
    expect(page.locator("input[type=range]")).to_have_count(1)
    foot = page.locator("#foot")
    for text in ("Not for navigation", "1994-05-12", "2020-11-10", "± 500 m", "± 2,000 m", HASH):
        expect(foot).to_contain_text(text)
    expect(page.locator(".leaflet-control-attribution")).to_have_text("Leaflet")
    expect(page.locator(".leaflet-control-attribution svg")).to_have_count(0)  # no flag
    expect(page.locator(".leaflet-control-scale-line")).to_contain_text("km")
    page.click("#foot summary")
    expect(foot.get_by_text("Census & survey")).to_be_visible()
    expect(page.locator(".legend")).to_contain_text("Old border")


def test_a_city_among_villages_is_named(open_page, tmp_path):
    """Villages all round leave its name no free room: it lies over their signs."""
    results = example_results(hostile=False)
    table = results.settlements
    city = table[table["name"] == "Midford"].assign(name="Metropolis", population=2_000_000)
    at = city.geometry.iloc[0]
    around = [
        city.assign(
            id=f"V{i}_{j}", name=f"V{i}_{j}", population=50, lon=at.x + i / 90, lat=at.y + j / 140
        )
        for i in range(-12, 13)
        for j in range(-4, 5)
        if i or j
    ]
    crowd = pd.concat([table[table["name"] != "Midford"], *around, city], ignore_index=True)
    crowd = crowd.set_geometry(gpd.points_from_xy(crowd["lon"], crowd["lat"]), crs=table.crs)
    path = tmp_path / "page.html"
    write_page(dataclasses.replace(results, settlements=crowd), path, inputs_hash=HASH)
    page = open_page(path)
    expect(page.locator(".label", has_text="Metropolis")).to_be_attached()


def test_names_full_of_traps_are_shown_and_never_run(opened):
    page = opened("hostile")
    expect(page).to_have_title("Two lines {{ 7*191 }} <b>")
    for number, name in enumerate(HOSTILE):
        page.fill("#search", f"P{number + 1}")
        page.keyboard.press("Enter")
        expect(page.locator("#card h3")).to_have_text(name)
        page.mouse.move(700 + number, 400)
    page.evaluate(f"{MAP}.setView([39.9, 46.5], 9, {{animate: false}})")
    expect(page.locator(".label").nth(3)).to_be_attached()
    expect(page.locator("img[src=x]")).to_have_count(0)
    expect(page.locator("bdo")).to_have_count(0)
    assert "1337" not in page.content()


def test_no_word_of_a_project_is_ever_run(open_page, tmp_path):
    results = example_results(hostile=False)
    tricks = iter([*HOSTILE[:3], "constructor"] * 8)
    sides = dict(zip(SIDES, ("<img src=x onerror=alert(2)> ${alert(3)}", "__proto__"), strict=True))
    tables = {
        name: getattr(results, name).replace(dict.fromkeys(columns, sides))
        for name, columns in {
            "sides": ["side"],
            "zones": ["side"],
            "people": ["side"],
            "settlements": ["side"],
            "sight_zones": ["side"],
            "changes": ["from_side", "to_side"],
            "control_change": ["from_side", "to_side"],
        }.items()
    }
    tables["lines"] = results.lines.assign(label=[next(tricks) for _ in results.lines.index])
    project = results.project.model_copy(
        update={
            "lines": tuple(
                line.model_copy(update={"label": label, "source": next(tricks)})
                for line, label in zip(results.project.lines, tables["lines"]["label"], strict=True)
            ),
            "sides": tuple(
                side.model_copy(update={"name": sides[side.name]}) for side in results.project.sides
            ),
            "partitions": tuple(
                part.model_copy(update={"label": next(tricks)})
                for part in results.project.partitions
            ),
            "map": results.project.map.model_copy(update={"note": next(tricks)}),
        }
    )
    notes = tuple(dataclasses.replace(note, text=next(tricks)) for note in results.notes)
    told = tuple(dataclasses.replace(one, sentence=next(tricks)) for one in results.key_figures)
    hostile = dataclasses.replace(results, project=project, notes=notes, key_figures=told, **tables)
    write_page(hostile, tmp_path / "map.html", inputs_hash=HASH)
    page = open_page(
        tmp_path / "map.html", "#line=line_b&with=line_a&turn=exposure,changes,districts"
    )
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.fill("#search", "P3")
    page.keyboard.press("Enter")
    expect(page.locator("#card tbody")).to_contain_text("__proto__")
    for y in range(250, 700, 30):
        page.mouse.move(700, y)
    heads = page.locator("#figures thead").first.locator("th")
    expect(heads).to_have_text(list(sides.values()))
    expect(page.locator(".legend")).to_contain_text(HOSTILE[0])
    expect(page.locator("img[src=x]")).to_have_count(0)
    assert "1337" not in page.content()


def test_the_sliders_numbers_are_those_of_the_tables(opened):
    page = opened()
    people = example_results(hostile=False).people
    people = people[people["kind"] == "cumulative"]
    for line in ("line_a", "line_b"):
        choose_line(page, line)
        for km in (5, 10):
            set_slider(page, km)
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


def test_printed_figures_lie_within_printed_intervals(opened):
    page = opened(view="#line=line_b&km=10")
    cells = page.eval_on_selector_all(
        "#figures td[data-value]",
        "all => all.map(td => [td.querySelector('b').textContent, "
        "td.querySelector('small')?.textContent ?? ''])",
    )
    assert len(cells) == 6
    for value, text in cells:
        low, high = (float(part.replace(",", "")) for part in text.split(" to "))
        assert low <= float(value.replace(",", "")) <= high


def test_the_page_prints_figures_as_the_report_does(opened):
    page = opened(view="#line=line_b&km=10")
    results = example_results(hostile=False)
    people = round_cumulative(results.people, column="population")
    land = round_cumulative(results.zones, column="area_km2")
    for side in SIDES:
        cell = page.locator(f"tr.land td[data-side='{side}'] b")
        expect(cell).to_have_text(land["line_b", side, 10_000.0].text)
        cell = page.locator(f"tr[data-source='raster:grid'] td[data-side='{side}'] b")
        expect(cell).to_have_text(people["line_b", side, 10_000.0, "raster:grid"].text)
    expect(page.locator("tr[data-source='raster:grid'] th").first).to_have_text(
        name_source_row("raster:grid", project=results.project)
    )


def test_the_page_rounds_by_the_rule_of_the_tables(opened):
    """In between the run's distances the page counts by itself: the same rule, run both ways."""
    script = (PAGE / "page_panel.js").read_text(encoding="utf-8")
    start = script.index("function rounded(")
    own = script[start : script.index("const numberOf")]
    values = [0, 1, 9.5, 10, 99.95, 999, 999.5, 1000, 1004.5, 1005, 9_995, 22_853, 99_949, 99_950]
    values += [random.Random(number).uniform(0, 10.0 ** (number % 8)) for number in range(400)]
    values += [
        float(random.Random(number).randrange(10 ** (1 + number % 7))) for number in range(400)
    ]
    page = opened()
    shown = page.evaluate(
        "values => { const word = (key) => key; const whole = (value) => "
        "new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 }).format(value);"
        f"{own} return values.map(rounded); }}",
        values,
    )
    assert shown == [write_rounded(value) for value in values]


def test_the_slider_redraws_the_zones(opened):
    page = opened()
    set_slider(page, 5)
    expect(page.locator("path.zone")).to_have_count(2)  # a zone on each side
    set_slider(page, 10)
    expect(page.locator("path.zone")).to_have_count(4)  # and the smaller ones within
    page.keyboard.press("]")
    expect(page.locator("#distance-value")).to_have_text("10.5 km")
    expect(page.locator("#zone-note")).to_contain_text("drawn for 10 km")


def test_the_swipe_divides_vector_layers(opened):
    page = opened(view="#line=line_b&km=5&turn=labels,settlements,relief,corridors")
    assert set(clips(page)) == {""}
    between = (46.8, 39.88)  # north of the new line, south of the old one
    new = pixel(page, *between)
    page.check("#compare")
    expect(page.locator(".leaflet-pane.slot[style*='polygon']")).to_have_count(6)
    assert all(text.startswith("polygon") for text in clips(page))
    divider = page.locator("[role=slider].divider")
    box = page.locator("#stage").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.97, box["y"] + 200, steps=4)
    page.mouse.up()
    expect(divider).to_have_attribute("aria-valuenow", "97")
    old = pixel(page, *between)
    assert new[2] > new[0]  # blue: the upper side holds it
    assert old[0] > old[2]  # orange: the lower side held it
    expect(page.locator("#figures table")).to_have_count(2)
    divider.focus()
    page.keyboard.press("Home")
    expect(divider).to_have_attribute("aria-valuenow", "2")
    assert pixel(page, *between) == pytest.approx(new, abs=3)
    expect(divider).to_have_attribute("aria-label", re.compile("Line of 1994"))


@pytest.mark.parametrize("query", ["overhill", "OVERHÍLL", "Alt Over", "Оверхилл", "P2"])
def test_a_place_is_found_by_either_name_in_any_script(opened, query):
    page = opened()
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type(query)
    expect(page.locator("#search")).to_have_value(query)
    expect(page.locator("#search-list li").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    card = page.locator("#card")
    for text in ("Overhill", "Alt Overhill", "350 residents, 2015", "Line of 1994", "Line of 2020"):
        expect(card).to_contain_text(text)
    expect(page.locator("path.place.chosen")).to_have_count(1)


def test_a_place_that_is_not_there_is_said_so(opened):
    page = opened()
    page.fill("#search", "zzzz")
    expect(page.locator("#search-count")).to_have_text("No place of that name")


def test_a_settlement_is_chosen_on_the_map(opened):
    page = opened(view="#line=line_b&turn=labels")
    at = on_screen(page, 46.3, 39.85)
    page.mouse.move(*at)
    expect(page.locator(".tip")).to_contain_text("48,271 residents")
    page.mouse.click(*at)
    expect(page.locator("#card h3")).to_have_text("Midford")
    expect(page.locator("#card")).to_contain_text("changed sides")
    page.keyboard.press("Escape")
    expect(page.locator("#card")).to_contain_text("Choose a settlement")


def test_layers_are_switched(opened):
    page = opened()
    expect(page.locator("img.relief")).to_have_count(1)
    for key, drawn in (("exposure", "img.exposure"), ("changes", "path.change")):
        expect(page.locator(drawn)).to_have_count(0)
        page.check(f"[data-layer={key}] input")
        expect(page.locator(drawn).first).to_be_attached()
    for key, drawn in (("relief", "img.relief"), ("zones", "path.zone"), ("labels", ".label")):
        expect(page.locator(drawn).first).to_be_attached()
        page.uncheck(f"[data-layer={key}] input")
        expect(page.locator(drawn)).to_have_count(0)
    expect(page.locator(".legend")).to_contain_text("Undecided")
    expect(page.locator(".legend")).to_contain_text("illustration only", ignore_case=True)


def test_the_order_of_names_is_switched(opened):
    page = opened()
    one = page.locator(".label", has_text="Overhill")
    expect(one.locator("b")).to_have_text("Overhill")
    expect(one.locator("small")).to_have_text("Alt Overhill")
    page.check("input[name=names][value=name_alt]", force=True)
    expect(one).to_have_text("Alt Overhill")
    page.check("input[name=names][value=name]", force=True)
    expect(one).to_have_text("Overhill")


def test_names_on_the_map_do_not_overlap(opened):
    page = opened()
    expect(page.locator(".label").nth(3)).to_be_attached()
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
    expect(page.locator("#shown-list li")).to_have_count(6)
    page.fill("#filter-least", "1000")
    expect(page.locator("#shown-count")).to_have_text("3 of 6 settlements shown")
    page.check("text=Within the distance only")
    expect(page.locator("#shown-count")).to_have_text("1 of 6 settlements shown")
    expect(page.locator("#shown-list li")).to_have_count(1)
    page.locator("#shown-list button").click()
    expect(page.locator("#card h3")).to_have_text("Midford")


def test_measuring_agrees_with_the_ellipsoid(opened):
    page = opened(view="#turn=labels,settlements,corridors,points")
    page.click("#tool-measure")
    expect(page.locator("#tool-measure")).to_have_attribute("aria-pressed", "true")
    box = page.locator("#stage").bounding_box()
    page.evaluate(f"window.hits = []; {MAP}.on('click', event => window.hits.push(event.latlng))")
    for count, (x, y) in enumerate([(200, 300), (420, 180), (300, 520)], start=1):
        page.mouse.click(box["x"] + x, box["y"] + y)
        page.wait_for_function("count => window.hits.length === count", arg=count)
    places = page.evaluate("window.hits")
    wanted = Geod(ellps="WGS84").line_length(
        [place["lng"] for place in places], [place["lat"] for place in places]
    )
    metres = float(page.locator(".measure-note").get_attribute("data-metres"))
    assert metres == pytest.approx(wanted, abs=0.2)
    page.keyboard.press("Escape")
    expect(page.locator(".measure-note")).to_be_hidden()
    expect(page.locator("path.measure-line")).to_have_count(0)


def test_a_link_opens_the_same_view(opened):
    first = opened(view="#line=line_a&with=line_b&split=0.3&km=7.5&place=P3&names=name&theme=dark")
    first.check("[data-layer=changes] input")
    first.evaluate(f"{MAP}.setView([39.85, 46.4], 10.5, {{animate: false}})")
    first.wait_for_function(
        "location.hash.includes('turn=changes') && /z=10.50/.test(location.hash)"
    )
    link = first.evaluate("location.hash")
    second = opened(view=link)
    assert second.evaluate("location.hash") == link
    expect(second.locator("#compare")).to_be_checked()
    expect(second.locator("[data-layer=changes] input")).to_be_checked()
    expect(second.locator("#distance-value")).to_have_text("7.5 km")
    expect(second.locator("#card h3")).to_have_text("Midford")
    expect(second.locator("html")).to_have_attribute("data-theme", "dark")
    assert second.evaluate(f"{MAP}.getZoom()") == 10.5


@pytest.mark.parametrize(
    "view", ["#line=nobody&km=-3&split=9&c=a,b&z=x&turn=%00&place=<b>", "#&&="]
)
def test_a_broken_link_opens_the_map_all_the_same(opened, view):
    page = opened(view=view)
    expect(page.locator("#distance-value")).to_have_text("10 km")
    expect(page.locator("path.front").first).to_be_attached()


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
    paper, dark = page.locator("body"), "rgb(21, 24, 28)"
    expect(paper).to_have_css(
        "background-color", dark if scheme == "dark" else "rgb(251, 250, 247)"
    )
    page.click("#tool-theme")
    expect(paper).to_have_css(
        "background-color", "rgb(251, 250, 247)" if scheme == "dark" else dark
    )


@pytest.mark.parametrize("width", [320, 360, 390])
def test_it_fits_a_phone(opened, width):
    page = opened(viewport={"width": width, "height": 844}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    stage = page.locator("#stage").bounding_box()
    assert stage["width"] == width
    assert stage["height"] > 400
    expect(page.locator(".disclaimer:visible")).to_contain_text("no position on status")
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
    expect(page.locator(".tools")).to_be_hidden()
    expect(page.locator("#distance")).to_be_hidden()
    expect(page.locator("#figures")).to_be_visible()
    expect(page.locator(".disclaimer:visible")).to_contain_text("Not for navigation")
    expect(page.locator(".on-paper")).to_be_visible()
    assert page.pdf()[:5] == b"%PDF-"


def test_a_ledger_of_statements_stands_beside_the_map(open_page, tmp_path):
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
    page = open_page(tmp_path / "m.html")
    page.click("#part-claims summary")
    for text in ("Some <b>20</b> villages changed sides.", "A report · 22 did.", "${alert(1)}"):
        expect(page.locator("#part-claims").get_by_text(text)).to_be_visible()


def test_without_scripts_it_still_says_what_it_is(opened):
    page = opened(java_script_enabled=False)
    for text in ("The map needs JavaScript", "Not for navigation"):
        expect(page.locator("body")).to_contain_text(text, use_inner_text=True)
