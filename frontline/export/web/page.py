"""The page: one HTML file that opens without a network, from a template, Leaflet and our script.

The data stand in the page as inert JSON, and the script shows them with ``textContent`` alone. The
few texts that stand in the HTML itself are escaped by the template.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from frontline.export.html import dump_inert_json, open_templates
from frontline.export.web.data import collect_page_data
from frontline.results.wording import write_source
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
    The same results give the same bytes.
    """
    path.write_text(render_page(results, inputs_hash=inputs_hash), encoding="utf-8", newline="\n")


def render_page(results: Results, *, inputs_hash: str) -> str:
    """Return the page of a run as text."""
    data = collect_page_data(results, inputs_hash=inputs_hash)
    scripts = [_read_leaflet_js(), _write_script()]
    return (
        open_templates("frontline.export.web")
        .get_template("page.html")
        .render(
            policy=_write_policy(scripts, data["basemap"]),
            styles=[_read_leaflet_css(), _read_asset("page.css")],
            data=data,
            words=WORDS,
            sources=[write_source(row) for row in data["sources"]],
            json=dump_inert_json(data),
            scripts=scripts,
        )
    )


def _write_policy(scripts: Sequence[str], basemap: Mapping[str, str] | None) -> str:
    """Return the content policy: these scripts and no other, no request but for chosen tiles."""
    tiles = "" if basemap is None else f" {basemap['origin']}"
    hashes = " ".join(
        "'sha256-"
        + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
        + "'"
        for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        f"img-src data: blob:{tiles}; base-uri 'none'; form-action 'none'"
    )


def _read_asset(name: str) -> str:
    return files("frontline.export.web").joinpath("static", name).read_text(encoding="utf-8")


def _write_script() -> str:
    parts = "\n".join(_read_asset(name) for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}\nstart();\n}})();'


def _read_leaflet_js() -> str:
    text = files("js_lib_leaflet").joinpath(f"{LEAFLET}/leaflet.js").read_text(encoding="utf-8")
    return re.sub(r"//# sourceMappingURL=.*", "", text).strip()


def _read_leaflet_css() -> str:
    """Return Leaflet's style with its pictures inside, or the browser would ask for files."""
    folder = files("js_lib_leaflet").joinpath(LEAFLET)

    def inside(match: re.Match[str]) -> str:
        picture = folder.joinpath(match[1]).read_bytes()
        return f"url(data:image/png;base64,{base64.b64encode(picture).decode('ascii')})"

    text = folder.joinpath("leaflet.css").read_text(encoding="utf-8")
    return re.sub(r"url\(['\"]?(images/[^'\")]+)['\"]?\)", inside, text)
