"""Make the pictures of the README from the example case."""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

import frontline

WIDTH = 1400
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--chromium", default=CHROMIUM, help="browser for the picture of the page")
    asked = parser.parse_args()

    asked.out.mkdir(parents=True, exist_ok=True)
    results = frontline.compute(frontline.load_project(frontline.find_example()))
    stamp = frontline.hash_of_inputs(results.inputs)
    with TemporaryDirectory() as folder:
        sheet, page, shot = (Path(folder) / name for name in ("map.png", "map.html", "shot.png"))
        frontline.write_map_png(results, sheet, inputs_hash=stamp)
        frontline.write_page(results, page, inputs_hash=stamp)
        photograph(page, shot, asked.chromium)
        for source, name in ((sheet, "map.png"), (shot, "page.png")):
            shrunk(source, asked.out / name)


def photograph(page: Path, shot: Path, chromium: str) -> None:
    """Open the page in a browser, compare the two lines, and take a picture."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        view = browser.new_page(viewport={"width": WIDTH, "height": 900})
        view.goto(page.as_uri())
        view.wait_for_selector("html[data-ready=true]")
        view.get_by_role("checkbox", name="Compare").check()
        view.wait_for_selector(".flag:visible")
        view.screenshot(path=shot)
        browser.close()


def shrunk(source: Path, target: Path) -> None:
    """Save a picture at the README's width, in 256 colours."""
    with Image.open(source) as picture:
        size = (WIDTH, round(picture.height * WIDTH / picture.width))
        small = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        small.quantize(256, dither=Image.Dither.NONE).save(target, optimize=True)


if __name__ == "__main__":
    frontline.run_script(main)
