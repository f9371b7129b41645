"""Pictures of the page of the made example, in one font, and how far two of them differ.

``python tests/page_pictures.py`` renews the pictures in ``tests/baselines``, and prints how far
each was from the one before. Look at them before they are committed.
"""

import io
import sys
import tempfile
from base64 import b64encode
from pathlib import Path

import matplotlib as mpl
import numpy as np
from conftest import chromium_path
from PIL import Image

from factories import REPOSITORY
from factories.example_results import example_results
from factories.in_browser import ARGUMENTS, MAP, PATIENCE_MS, wait_until_ready
from frontline.export.web.page import write_page

BASELINES = REPOSITORY / "tests/baselines"
CELL = 16
"""Pixels of a baseline along a cell's edge, 32 of the screen: a cell averages a few letters."""
LEVELS = 6.0
"""From here on the colours of a cell differ (0 to 255). Other smoothing, hinting and placing of
letters changes the mean of a cell by less than that."""
TOLERANCE = 0.005
"""Share of cells that may differ. Pictures of one machine do not differ at all, those with other
smoothing of letters in 0 to 0.1 % of cells; a page without its line differs in 1.6 % (dark),
without its settlements in 1.7 % (phone), without its zones in 7 %. Another font would give 1 to
4 %: therefore the letters are those of one font file."""

DESKTOP = {"viewport": {"width": 1280, "height": 800}}
VIEW = "#z=9.5&c=39.88,46.8&line=line_b&km=10"
VIEWS = {
    "light": (VIEW, DESKTOP),
    "dark": (VIEW, {**DESKTOP, "color_scheme": "dark"}),
    "swipe": (f"{VIEW}&with=line_a&split=0.6&turn=exposure", DESKTOP),
    "phone": (
        "#z=8.5&c=39.88,46.5&line=line_b&km=10",
        {"viewport": {"width": 400, "height": 800}, "has_touch": True, "is_mobile": True},
    ),
    "print": (VIEW, {"viewport": {"width": 1120, "height": 800}}),
}


def font_rules():
    """Return a style that draws every letter in the font that matplotlib brings along."""
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    faces = []
    for name, weight in (("DejaVuSans", 400), ("DejaVuSans-Bold", 700)):
        data = b64encode((folder / f"{name}.ttf").read_bytes()).decode()
        faces.append(
            f"@font-face {{ font-family: Pinned; font-weight: {weight}; "
            f"src: url(data:font/ttf;base64,{data}); }}"
        )
    use = "body, button, input, select, code { font-family: Pinned !important; }"
    return "<style>" + "".join(faces) + use + "</style>"


def write_made_page(path):
    """Write the page of the made example, with its letters in one font."""
    write_page(example_results(hostile=False), path, inputs_hash="0123456789ab")
    text = path.read_text("utf-8")
    path.write_text(text.replace("</head>", font_rules() + "</head>"), "utf-8")


def picture(browser, path, name, spoilt=""):
    """Take a picture of one view; `spoilt` is a style that breaks the page."""
    view, options = VIEWS[name]
    context = browser.new_context(offline=True, bypass_csp=True, **options)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"file://{path}{view}")
    wait_until_ready(page)
    if spoilt:
        page.add_style_tag(content=spoilt)
    if name == "print":
        page.emulate_media(media="print")
        page.wait_for_function("document.querySelector('#foot details').open")
    page.evaluate("Promise.all([400, 700].map(w => document.fonts.load(`${w} 12px Pinned`)))")
    # Names are placed by the width of their letters: once more, now that the font is there.
    page.evaluate(
        f"new Promise(done => requestAnimationFrame(done)).then(() => {MAP}.fire('moveend') && 0)"
    )
    taken = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    context.close()
    return taken.resize((taken.width // 2, taken.height // 2), Image.Resampling.BOX)


def cells(image):
    """Return the mean colour of each cell, shape ``(rows, cols, 3)``."""
    rows, cols = image.height // CELL, image.width // CELL
    pixels = np.asarray(image, dtype=float)[: rows * CELL, : cols * CELL]
    return pixels.reshape(rows, CELL, cols, CELL, 3).mean(axis=(1, 3))


def difference(one, other):
    """Return the share of cells whose colours differ; 1 for pictures of two sizes."""
    if one.size != other.size:
        return 1.0
    return float((np.abs(cells(one) - cells(other)).max(axis=2) > LEVELS).mean())


def baseline(name):
    """Return a picture as it was committed."""
    return Image.open(BASELINES / f"{name}.png").convert("RGB")


def renew():
    """Take all pictures anew."""
    from playwright.sync_api import sync_playwright

    BASELINES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        path = Path(folder) / "map.html"
        write_made_page(path)
        browser = started.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        for name in VIEWS:
            file = BASELINES / f"{name}.png"
            taken = picture(browser, path, name)
            told = f"{difference(taken, baseline(name)):.2%} differs" if file.exists() else "new"
            taken.save(file, optimize=True)
            sys.stdout.write(f"{file.name}: {told}, {file.stat().st_size} bytes\n")
        browser.close()


if __name__ == "__main__":
    renew()
