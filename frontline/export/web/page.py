"""The page: one HTML file that opens without a network, from folium's map and our own script.

Text of the data never meets a template. folium and Jinja see only the empty map; the data are
put in afterwards as inert JSON, and the script shows them with ``textContent`` alone. The few
texts that stand in the HTML itself go through `html_text`.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontline.export.html import html_text, inert_json
from frontline.export.web.data import page_data
from frontline.results.wording import source_line
from frontline.results.words import WORDS

if TYPE_CHECKING:
    from frontline.results.model import Results


SCRIPTS = (
    "page_map.js",
    "page_places.js",
    "page_panel.js",
    "page_chart.js",
    "page_basemap.js",
    "page_tools.js",
)
LEAFLET = "static/js_lib_leaflet"


def write_page(results: Results, path: Path, *, inputs_hash: str) -> None:
    """Write the page of a run.

    Parameters
    ----------
    results
        Of a run.
    path
        The file, which is overwritten.
    inputs_hash
        Printed at the foot of the page.

    Notes
    -----
    The same results give the same bytes: folium's random ids are numbered anew.
    """
    path.write_text(page_html(results, inputs_hash=inputs_hash), encoding="utf-8", newline="\n")


def page_html(results: Results, *, inputs_hash: str) -> str:
    """Return the page of a run as text."""
    data = page_data(results, inputs_hash=inputs_hash)
    skeleton = _numbered_anew(_folium_map(data["bounds"]))
    return _assembled(skeleton, data)


def _folium_map(bounds: list[list[float]]) -> str:
    """Return folium's page of an empty map: no tiles, no script of anyone else."""
    import folium
    from folium.map import CustomPane

    (south, west), (north, east) = bounds
    chart = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        zoom_start=8,
        zoom_control=False,
        zoom_snap=0.25,
        wheel_px_per_zoom_level=90,
        max_zoom=16,
        world_copy_jump=False,
    )
    chart.default_js, chart.default_css = [], []
    for name, level in (("basemap", 150), ("relief", 200), ("context", 360), ("names", 640)):
        CustomPane(name, z_index=level, pointer_events=name == "context").add_to(chart)
    return str(chart.get_root().render())


def _numbered_anew(text: str) -> str:
    """Replace folium's random ids by their order of appearance."""
    ids = dict.fromkeys(re.findall(r"[0-9a-f]{32}", text))
    for number, old in enumerate(ids, start=1):
        text = text.replace(old, f"{number:03d}")
    return text


def _assembled(skeleton: str, data: dict[str, Any]) -> str:
    """Put style, scripts and data into folium's page, and say which scripts may run."""
    head, rest = skeleton.split("<head>", 1)
    inner, rest = rest.split("</head>", 1)
    body, rest = rest.split("<body>", 1)[1].split("</body>", 1)
    folium_script = rest.split("<script>", 1)[1].split("</script>", 1)[0]
    inner = re.sub(r"<meta name=\"viewport\".*?/>", "", inner, flags=re.DOTALL)
    switches = re.findall(r"<script>(.*?)</script>", inner, flags=re.DOTALL)
    inner = re.sub(r"<script>.*?</script>", "", inner, flags=re.DOTALL)
    scripts = [*switches, _leaflet_js(), folium_script, _script()]
    return "\n".join(
        [
            head.replace("<html>", '<html lang="en">') + "<head>",
            '<meta charset="utf-8">',
            _policy(scripts, data["basemap"]),
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{html_text(data['title'])}</title>",
            '<link rel="icon" href="data:,">',
            f"<style>{_leaflet_css()}</style>",
            re.sub(r"<meta http-equiv=\"content-type\"[^>]*>", "", inner).strip(),
            f"<style>{_asset('page.css')}</style>",
            "</head>",
            "<body>",
            _body(body.strip(), data),
            f'<script type="application/json" id="frontline-data">{inert_json(data)}</script>',
            *(f"<script>{script}</script>" for script in scripts),
            "</body>",
            "</html>",
            "",
        ]
    )


def _policy(scripts: list[str], basemap: dict[str, str] | None) -> str:
    """Return the content policy: these scripts and no other, no request but for chosen tiles."""
    tiles = "" if basemap is None else f" {basemap['origin']}"
    hashes = " ".join(
        "'sha256-"
        + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
        + "'"
        for script in scripts
    )
    rules = (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        f"img-src data: blob:{tiles}; base-uri 'none'; form-action 'none'"
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{html.escape(rules)}">'


def _asset(name: str) -> str:
    return files("frontline.export.web").joinpath("static", name).read_text(encoding="utf-8")


def _script() -> str:
    parts = "\n".join(_asset(name) for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}\nstart();\n}})();'


def _leaflet_js() -> str:
    text = files("js_lib_leaflet").joinpath(f"{LEAFLET}/leaflet.js").read_text(encoding="utf-8")
    return re.sub(r"//# sourceMappingURL=.*", "", text).strip()


def _leaflet_css() -> str:
    """Return Leaflet's style with its pictures inside, or the browser would ask for files."""
    folder = files("js_lib_leaflet").joinpath(LEAFLET)

    def inside(match: re.Match[str]) -> str:
        picture = folder.joinpath(match[1]).read_bytes()
        return f"url(data:image/png;base64,{base64.b64encode(picture).decode('ascii')})"

    text = folder.joinpath("leaflet.css").read_text(encoding="utf-8")
    return re.sub(r"url\(['\"]?(images/[^'\")]+)['\"]?\)", inside, text)


def _body(map_element: str, data: dict[str, Any]) -> str:
    """Return what stands on the page before its script runs, and on paper without it."""
    rows = "".join(f"<li>{html_text(source_line(row))}</li>" for row in data["sources"])
    lines = "; ".join(f"{x['label']} ({x['date']}), {x['accuracy']}" for x in data["lines"])
    note = f"<p>{html_text(data['note'])}</p>" if data["note"] else ""
    skip = html_text(WORDS["skip"])
    return f"""<a class="skip" href="#panel">{skip}</a>
<div id="app">
<main aria-label="{html_text(WORDS["map"])}">
<p class="on-paper" dir="auto">{html_text(data["title"])}</p>
<div id="stage">{map_element}</div>
<footer id="foot">
<p class="dates" dir="auto">{html_text(lines)}</p>
<p class="disclaimer long">{html_text(WORDS["disclaimer"])}</p>
<p class="disclaimer short">{html_text(WORDS["disclaimer_short"])}</p>{note}
<details><summary>{html_text(WORDS["sources"])}</summary><ul>{rows}</ul></details>
<p class="hash">{html_text(WORDS["inputs_hash"])} <code>{html_text(data["hash"])}</code></p>
</footer>
</main>
<aside id="panel" tabindex="-1" aria-label="{html_text(WORDS["panel"])}">
<h1 dir="auto">{html_text(data["title"])}</h1>
<div id="controls"></div>
<noscript><p>{html_text(WORDS["noscript"])}</p></noscript>
</aside>
</div>"""
