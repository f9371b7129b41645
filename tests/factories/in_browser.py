"""What the tests in Chromium share: they wait for what they look for, however busy the machine."""

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--no-first-run",
]
PATIENCE_MS = 60_000
"""Longest wait for anything: a page that is right shows it at once on an idle machine."""
MAP = "document.getElementById('map').leaflet"


def expect(found):
    """Return Playwright's assertions about a page or an element: they wait until they hold."""
    from playwright.sync_api import expect as assertions

    assertions.set_options(timeout=PATIENCE_MS)
    return assertions(found)


def wait_until_ready(page):
    """Wait until the page has drawn everything, its pictures too."""
    page.wait_for_selector("html[data-ready=true]", timeout=PATIENCE_MS)


def on_screen(page, lon, lat):
    """Return where a place stands in the window, in pixels."""
    return page.evaluate(
        f"([lat, lon]) => {{ const at = {MAP}.latLngToContainerPoint([lat, lon]); "
        "const box = document.querySelector('#stage').getBoundingClientRect(); "
        "return [at.x + box.left, at.y + box.top]; }",
        [lat, lon],
    )


def is_local(url):
    """Tell whether a request stays in the file that is open."""
    return url.startswith(("file://", "data:", "blob:"))
