"""The map for notebooks: layers to add to, and text of the data that stays text."""

import json
import re
from importlib.resources import files

import folium
import pytest
from factories.example_results import HOSTILE, SIDES, bare_results, example_results
from factories.in_browser import PATIENCE_MS

from frontline.results.wording import escape_text


def page_of(results):
    """Render a map, without folium's random ids."""
    return re.sub(r"[0-9a-f]{32}", "id", results.explore().get_root().render())


def test_it_is_a_map_with_a_layer_for_each_line_and_kind():
    drawn = example_results(hostile=False).explore()
    assert isinstance(drawn, folium.Map)
    names = [one.layer_name for one in drawn._children.values() if isinstance(one, folium.GeoJson)]
    kinds = ("Land", "Zones", "Line", "Settlements")
    written = ("12 May 1994", "10 November 2020")
    assert names == [f"{kind}, {day}" for day in written for kind in kinds]
    folium.Marker([40.0, 46.5]).add_to(drawn)
    assert "L.marker(" in drawn.get_root().render()


def test_figures_are_those_of_the_other_products():
    page = page_of(example_results(hostile=False))
    assert re.search(r"Upper side, within 10 km of the line[^\"]* km\\u00b2", page)
    assert "Northam, 12,000 residents, Upper side" in page
    assert "below accuracy" in page or "km from the line" in page


def test_no_tiles_are_asked_for_unless_named():
    results = example_results(hostile=False)
    assert "tileLayer" not in page_of(results)
    tiled = results.explore(tiles="OpenStreetMap").get_root().render()
    assert "tileLayer" in tiled


def test_results_with_little_make_a_map_too():
    assert "geo_json" in page_of(bare_results())


@pytest.mark.parametrize("text", [*HOSTILE, "${alert(1)}", "{{ 7*191 }}", "{% for x in y %}"])
def test_text_of_the_data_is_neither_template_nor_script_nor_markup(text):
    results = example_results()
    places = results.settlements.assign(name=text, name_alt="", population_kind=text)
    object.__setattr__(results, "settlements", places)
    page = page_of(results)
    assert "1337" not in page  # 7 * 191
    for trap in ("{{", "{%", "${alert", "<img src=x", "`tick`", "</script><"):
        assert trap not in page
    assert json.dumps(escape_text(text))[1:-1].replace("&", "\\u0026") in page


@pytest.mark.browser
def test_a_browser_shows_hostile_names_as_they_are(browser, tmp_path):
    """With Leaflet written into the page, for nothing is fetched here."""
    drawn = example_results().explore()
    drawn.default_js, drawn.default_css = [], []
    folder = files("js_lib_leaflet").joinpath("static/js_lib_leaflet")
    script = folder.joinpath("leaflet.js").read_text(encoding="utf-8")
    page_text = re.sub(
        r'<(script|link)[^>]* (src|href)="http[^>]*>(</script>)?', "", drawn.get_root().render()
    )
    (tmp_path / "map.html").write_text(
        page_text.replace("<head>", f"<head><script>{script}</script>", 1), encoding="utf-8"
    )
    heard = []
    page = browser.new_page(offline=True)
    page.set_default_timeout(PATIENCE_MS)
    page.on("dialog", lambda dialog: heard.append(dialog.message))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.goto((tmp_path / "map.html").as_uri())
    page.wait_for_selector("path.leaflet-interactive")
    shown = page.evaluate(
        "() => { const texts = []; for (const value of Object.values(window)) {"
        "if (value instanceof L.GeoJSON) value.eachLayer((layer) => {"
        "const tip = value.getTooltip(); const content = tip._content;"
        "const node = typeof content === 'function' ? content(layer) : content;"
        "const box = document.createElement('div');"
        "if (typeof node === 'string') box.innerHTML = node; else box.append(node);"
        "texts.push(box.textContent); }); } return texts.join('|'); }"
    )
    page.close()
    assert heard == []
    for name in HOSTILE:
        assert " ".join(name.split()) in " ".join(shown.split())
    assert SIDES[0] in shown
