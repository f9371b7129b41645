"""ZIP archives whose bytes depend on their content only."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Mapping
from pathlib import Path

EARLIEST, LATEST = dt.date(1980, 1, 1), dt.date(2107, 12, 31)
"""What the format can hold."""
BLOCK = 1 << 20


def write_archive(path: Path, *, files: Mapping[str, bytes | Path], date: dt.date) -> None:
    """Write an archive: the same bytes for the same content, every time.

    Parameters
    ----------
    path
        The file to write; an existing one is replaced.
    files
        Content, or the file that holds it, by its path in the archive; in that order.
    date
        The one date of the run: every entry bears it, at midnight.

    Raises
    ------
    OSError
        A file cannot be read, or the archive cannot be written.
    """
    day = min(max(date, EARLIEST), LATEST)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # also on Windows, with the permissions of a plain file
            entry.external_attr = 0o100644 << 16
            if isinstance(content, bytes):
                archive.writestr(entry, content, compresslevel=9)
                continue
            entry.file_size = content.stat().st_size
            with content.open("rb") as source, archive.open(entry, "w") as target:
                while block := source.read(BLOCK):
                    target.write(block)
