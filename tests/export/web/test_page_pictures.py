"""The look of the page against committed pictures, and that a broken page would be seen."""

import pytest
from conftest import chromium_path
from factories.in_browser import ARGUMENTS
from factories.page_pictures import (
    BASELINES,
    TOLERANCE,
    VIEWS,
    baseline,
    difference,
    picture,
    write_made_page,
)
from PIL import Image, ImageDraw

RENEW = "if it is meant: python tests/page_pictures.py, and look at tests/baselines"
BROKEN = {
    "no zones": "path.zone { display: none }",
    "no line": ".front, .front-casing { display: none }",
    "no settlements": "path.place { display: none }",
    "no names": ".labels { display: none }",
    "no relief": "img.relief { display: none }",
    "no legend": ".legend { display: none }",
    "no sides": "path.held { display: none }",
    "panel over the map": "#panel { position: absolute; left: 40vw; width: 372px; z-index: 9999 }",
    "no columns": "#app { display: block }",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "map.html"
    write_made_page(path)
    return path


@pytest.mark.browser
@pytest.mark.parametrize("name", sorted(VIEWS))
def test_the_page_looks_as_it_did(browser, made, tmp_path, name):
    taken = picture(browser, made, name)
    taken.save(tmp_path / f"{name}.png")
    share = difference(taken, baseline(name))
    assert share <= TOLERANCE, f"{share:.2%} differs, see {tmp_path / name}.png; {RENEW}"


@pytest.mark.browser
@pytest.mark.parametrize("fault", sorted(BROKEN))
def test_a_broken_page_is_seen(browser, made, fault):
    shares = [
        difference(picture(browser, made, name, BROKEN[fault]), baseline(name))
        for name in ("dark", "phone")
    ]
    assert max(shares) > 2 * TOLERANCE  # in one of the views, and beyond doubt


@pytest.mark.browser
def test_other_smoothing_of_letters_is_within_tolerance(browser, made):
    other = ["--disable-font-subpixel-positioning", "--disable-lcd-text"]
    arguments = [*ARGUMENTS, *other, "--font-render-hinting=none"]
    chromium = browser.browser_type.launch(executable_path=chromium_path(), args=arguments)
    for name in ("light", "phone"):
        assert difference(picture(chromium, made, name), baseline(name)) <= TOLERANCE
    chromium.close()


def test_the_measure_counts_the_cells_that_differ():
    white = Image.new("RGB", (160, 160), "white")
    one = white.copy()
    ImageDraw.Draw(one).rectangle((40, 40, 47, 47), fill="black")  # a quarter of one cell of 100
    assert difference(white, white) == 0
    assert difference(white, one) == pytest.approx(0.01)
    faint = Image.new("RGB", (160, 160), (250, 250, 250))
    assert difference(white, faint) == 0
    assert difference(white, Image.new("RGB", (160, 160), (248, 255, 255))) == 1
    assert difference(white, white.resize((160, 144))) == 1


def test_every_view_has_its_picture_and_all_are_small():
    files = sorted(BASELINES.iterdir())
    assert [file.stem for file in files] == sorted(VIEWS)
    assert sum(file.stat().st_size for file in files) < 500_000
