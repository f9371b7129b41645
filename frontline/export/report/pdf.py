"""The report on paper: report.pdf by WeasyPrint or Chromium, where one of them is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from frontline.errors import OutputError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
LONGEST_S = 180
DATES = re.compile(rb"/(CreationDate|ModDate) ?\(D:[^)]*\)")
"""When a PDF says that it was made."""

NODES = re.compile(rb"\(node(\d{8})\)")
"""Names of tagged parts of a page, numbered by Chromium as its work happens to go."""


def find_printer() -> str:
    """Find what can print: ``weasyprint``, the path of a Chromium, or nothing."""
    if find_spec("weasyprint") is not None:
        return "weasyprint"
    return next((path for name in BROWSERS if (path := shutil.which(name))), "")


def write_pdf(path: Path) -> None:
    """Print the HTML file that lies beside a PDF under the same name.

    Parameters
    ----------
    path
        The PDF, which is overwritten.

    Raises
    ------
    OutputError
        Nothing that prints is installed, or it fails.

    Notes
    -----
    The page is self-contained and asks for nothing. What differs from print to print, the time
    and the names of tagged parts, is replaced in its place.
    """
    page, program = path.with_suffix(".html"), find_printer()
    if not program:
        raise OutputError("nothing can print it. Install WeasyPrint or Chromium.", path=path.name)
    if program == "weasyprint":
        import_module("weasyprint").HTML(filename=str(page)).write_pdf(str(path))
    else:
        _print_in_browser(program, page, path)
    path.write_bytes(_renumber(DATES.sub(_fix_date, path.read_bytes())))


def _fix_date(match: re.Match[bytes]) -> bytes:
    """Put a fixed time in the place of another, of the same length: positions in a PDF count."""
    return re.sub(rb"\d", b"0", match[0])


def _renumber(pdf: bytes) -> bytes:
    """Give tagged parts numbers from 1 on, in the order in which the tree of names has them."""
    order = {name: at for at, name in enumerate(sorted(set(NODES.findall(pdf))), start=1)}
    return NODES.sub(lambda match: b"(node%08d)" % order[match[1]], pdf)


def _print_in_browser(program: str, page: Path, path: Path) -> None:
    with tempfile.TemporaryDirectory() as profile:
        command = [
            program,
            "--headless",
            "--disable-gpu",
            "--no-pdf-header-footer",
            f"--user-data-dir={profile}",
            f"--print-to-pdf={path}",
            page.as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:  # as root it starts no other way
            command.insert(1, "--no-sandbox")
        try:
            process = subprocess.run(  # noqa: S603 - a program found by name, with our own page
                command, capture_output=True, timeout=LONGEST_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise OutputError(
                f"cannot be printed ({error}). Leave out --pdf.", path=path.name
            ) from error
    if process.returncode or not path.is_file():
        messages = process.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = messages[-1] if messages else "no reason"
        raise OutputError(
            f"cannot be printed by {Path(program).name} ({reason}). "
            "Leave out --pdf, and print report.html by hand.",
            path=path.name,
        )
