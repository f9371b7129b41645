"""What needs another program, or much time, is left out where it cannot run, and one line says so.

With ``FRONTLINE_FULL=1`` everything runs, and an absent program is a failure.
"""

import itertools
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from functools import cache
from importlib.util import find_spec

import pytest
from factories.in_browser import ARGUMENTS, PATIENCE_MS, is_local, wait_until_ready
from factories.server import serving
from hypothesis import settings

# The same examples in every run, and no clock: a busy machine is not a fault of the code.
settings.register_profile("frontline", deadline=None, derandomize=True)
settings.load_profile("frontline")

FULL = os.environ.get("FRONTLINE_FULL") == "1"
NUMBERS = itertools.count()
MISSING = pytest.StashKey[str]()
LEFT_OUT = pytest.StashKey[Counter[str]]()
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PEERS = ("gdal_viewshed", "gdalinfo", "grass")


def pytest_configure(config):
    """Let nothing see the user's cache: not what fixtures of a module compute either."""
    folder = tempfile.mkdtemp(prefix="frontline-tests-")
    os.environ["FRONTLINE_CACHE"] = folder
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.fixture(autouse=True)
def cache_of_its_own(monkeypatch, tmp_path_factory):
    """Let no test see what another test has kept."""
    folder = tmp_path_factory.getbasetemp() / f"cache-{next(NUMBERS)}"
    monkeypatch.setenv("FRONTLINE_CACHE", str(folder))


@cache
def chromium_path():
    """Find a Chromium; ``None`` if there is none."""
    named = os.environ.get("FRONTLINE_CHROMIUM")
    return named or next(filter(None, map(shutil.which, CHROMIUMS)), None)


@cache
def qgis_interpreter():
    """Find a Python that has QGIS: that of the system, as a rule not the one that runs this."""
    for folders in (None, os.defpath):
        python = shutil.which("python3", path=folders)
        command = [python, "-c", "import qgis.core"]
        if python and subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return python
    return None


def absent(mark):
    """Say what a marked test lacks on this machine; an empty text if nothing."""
    if mark.name == "browser":
        playwright = "" if find_spec("playwright") else "playwright"
        return playwright or ("" if chromium_path() else "Chromium")
    if mark.name == "qgis":
        return "" if qgis_interpreter() else "QGIS"
    if mark.name == "parquet":
        return "" if find_spec("pyarrow") else "pyarrow, an extra"
    if mark.name == "peer":
        return ", ".join(name for name in mark.args or PEERS if shutil.which(name) is None)
    return ""


def pytest_collection_modifyitems(config, items):
    """Leave out what cannot run here, or fail it where everything must run."""
    slow_wanted = FULL or "slow" in config.option.markexpr
    left_out = config.stash.setdefault(LEFT_OUT, Counter())
    kept, dropped = [], []
    for item in items:
        reasons = [
            f"{mark.name}: no {absent(mark)}" for mark in item.iter_markers() if absent(mark)
        ]
        must = FULL and not item.get_closest_marker("parquet")  # of the choices, not the core
        if must and reasons:
            item.stash[MISSING] = "; ".join(reasons)
        elif not reasons and item.get_closest_marker("slow") and not slow_wanted:
            reasons = ["slow: run them with -m slow or FRONTLINE_FULL=1"]
        leave = bool(reasons) and not must
        (dropped if leave else kept).append(item)
        left_out.update(reasons[:1] if leave else [])
    items[:] = order_by_length(kept)
    if dropped:
        config.hook.pytest_deselected(items=dropped)


def order_by_length(items):
    """Put files first that hold slow tests, then those of many, so that no worker ends late.

    Workers take whole files: a long one that begins last is waited for by all the others.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    number = Counter(item.path for item in items)
    return sorted(items, key=lambda item: (item.path not in slow, -number[item.path], item.path))


def pytest_runtest_setup(item):
    """Fail a test whose program is absent where everything must run."""
    if MISSING in item.stash:
        pytest.fail(f"FRONTLINE_FULL=1, but {item.stash[MISSING]}", pytrace=False)


def pytest_sessionfinish(session):
    """Hand what was left out to the process that started this one, where there are several."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left out"] = dict(session.config.stash[LEFT_OUT])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Take over what a worker left out: every worker looks at all tests, so one is enough."""
    node.config.stash[LEFT_OUT] = Counter(getattr(node, "workeroutput", {}).get("left out", {}))


def pytest_terminal_summary(terminalreporter, config):
    """Say in one line what was left out."""
    left_out = config.stash.get(LEFT_OUT, Counter())
    if left_out:
        said = "; ".join(f"{number} {reason}" for reason, number in sorted(left_out.items()))
        terminalreporter.write_line(f"left out: {said}")


@pytest.fixture(scope="session")
def chromium():
    """Path of the browser for tests marked ``browser``."""
    return chromium_path()


@pytest.fixture(scope="session")
def qgis_python():
    """Path of a Python that imports ``qgis``, for tests marked ``qgis``."""
    return qgis_interpreter()


@pytest.fixture(scope="module")
def browser():
    """Start Chromium once for a file of tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        options = {"executable_path": chromium_path(), "args": ARGUMENTS, "timeout": PATIENCE_MS}
        chromium = started.chromium.launch(**options)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser):
    """Open a page without a network; at the end nothing may have been asked for, said or thrown."""
    contexts, heard, asked = [], [], []

    def opened(path, view="", **options):
        options = {"viewport": {"width": 1280, "height": 800}, "offline": True, **options}
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("dialog", lambda dialog: heard.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"file://{path}{view}")
        if options.get("java_script_enabled", True):
            wait_until_ready(page)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert heard == []
    assert all(is_local(url) for url in asked)
    assert sum(url.startswith("file://") for url in asked) == len(contexts)


@pytest.fixture
def server():
    """Give a provider of files on this machine, which ends with the test."""
    with serving() as one:
        yield one
