"""Shapefiles brought together under a neutral name: of one set, their text in one encoding."""

from __future__ import annotations

import codecs
import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from frontline.errors import LayerError, to_one_line
from frontline.storage.files import list_companions

_ENDINGS = frozenset({"shp", "shx", "dbf", "prj", "cpg"})
_SILENT = frozenset({0x00, 0x57})
"""Marks of a .dbf that do not tell an encoding: none, and that of whatever computer wrote it."""


_NAME_IT = 'Name it: encoding = "cp1251" (Cyrillic), "cp1254" (Turkish), "cp1252" (western) ...'


@dataclass(frozen=True)
class DbfTable:
    """The head of a .dbf.

    Parameters
    ----------
    rows
        Records it has.
    names
        Of its columns, as bytes.
    mark
        What it says of its encoding.
    text
        Its cells of text, as far as they are not plain ASCII.
    """

    rows: int
    names: tuple[bytes, ...]
    mark: int
    text: tuple[bytes, ...]


def stage_shapefile(path: Path, *, scratch: Path, shown: str) -> Path:
    """Copy the files of a Shapefile, packed or not, to where no neighbour is.

    Parameters
    ----------
    path
        The .shp, or an archive with one.
    scratch
        An empty folder.
    shown
        Path for messages.

    Returns
    -------
    The copy of the .shp.

    Raises
    ------
    LayerError
        A part is absent, cut off, or of another Shapefile.
    """
    endings = _unpack(path, scratch, shown) if zipfile.is_zipfile(path) else set()
    if not endings:
        for part in (path, *list_companions(path)):
            shutil.copyfile(part, scratch / f"layer{part.suffix.lower()}")
            endings.add(part.suffix.lower())
    missing = sorted({".shx", ".dbf"} - endings)
    if missing:
        raise LayerError(
            f"lacks its {' and '.join(missing)} (a Shapefile is several files). Copy all of them.",
            path=shown,
        )
    for ending in (".shp", ".shx"):
        _refuse_cut(scratch / f"layer{ending}", shown)
    _refuse_strangers(scratch, shown)
    _refuse_address(scratch / "layer.prj", shown)
    return scratch / "layer.shp"


def _unpack(path: Path, scratch: Path, shown: str) -> set[str]:
    endings = set()
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
        shapes = [name for name in names if name.lower().endswith(".shp")]
        if len(shapes) != 1:
            listed = ", ".join(to_one_line(name) for name in shapes)
            raise LayerError(
                f"holds {len(shapes)} Shapefiles ({listed}). Unpack it and name one.", path=shown
            )
        for name in names:
            stem, dot, ending = name.rpartition(".")
            if stem.casefold() == shapes[0][:-4].casefold() and ending.lower() in _ENDINGS:
                with (
                    archive.open(name) as packed,
                    (scratch / f"layer{dot}{ending.lower()}").open("wb") as file,
                ):
                    shutil.copyfileobj(packed, file)
                endings.add(f".{ending.lower()}")
    return endings


def _refuse_cut(part: Path, shown: str) -> None:
    """Compare a Shapefile with the length it states: GDAL would read what is left of it."""
    with part.open("rb") as file:
        stated = 2 * int.from_bytes(file.read(28)[24:], "big")
    size = part.stat().st_size
    if size < max(stated, 100):
        raise LayerError(
            f"is cut off: its {part.suffix} has {size:,} of {max(stated, 100):,} bytes. "
            "Copy it again.",
            path=shown,
        )


def _refuse_strangers(scratch: Path, shown: str) -> None:
    """Refuse a .dbf with another number of records than there are shapes: it is another's."""
    shapes = ((scratch / "layer.shx").stat().st_size - 100) // 8
    rows = _count_rows(scratch / "layer.dbf")
    if rows != shapes:
        raise LayerError(
            f"has {shapes:,} shapes, and its .dbf has {rows:,} records: they do not belong "
            "together. Copy all files of one Shapefile.",
            path=shown,
        )


def _refuse_address(projection: Path, shown: str) -> None:
    """Refuse a .prj that leads elsewhere instead of saying what the CRS is."""
    if projection.is_file():
        text = projection.read_bytes()[:100_000]
        if b"://" in text or b"/vsi" in text:
            raise LayerError(
                "has a .prj that is an address, which is not followed (expected WKT). Remove it, "
                'and name the CRS: crs = "EPSG:..."',
                path=shown,
            )


def _count_rows(table: Path) -> int:
    with table.open("rb") as file:
        return int.from_bytes(file.read(8)[4:], "little")


def read_table(scratch: Path) -> DbfTable:
    """Read the head of the .dbf of a staged Shapefile, and its text beyond ASCII."""
    content = (scratch / "layer.dbf").read_bytes()
    rows = int.from_bytes(content[4:8], "little")
    first = int.from_bytes(content[8:10], "little")
    length = int.from_bytes(content[10:12], "little")
    names, columns, at, offset = [], [], 32, 1
    while at + 32 <= len(content) and at < first and content[at : at + 1] != b"\r":
        names.append(content[at : at + 11].split(b"\0", maxsplit=1)[0])
        if content[at + 11 : at + 12] == b"C":
            columns.append((offset, offset + content[at + 16] + 256 * content[at + 17]))
        offset += content[at + 16] + (
            256 * content[at + 17] if content[at + 11 : at + 12] == b"C" else 0
        )
        at += 32
    text = []
    for row in range(rows if length else 0):
        start = first + row * length
        record = content[start : start + length]
        if not record.isascii():
            text += [record[low:high].strip(b" \0") for low, high in columns]
    return DbfTable(
        rows, tuple(names), content[29], tuple(cell for cell in text if not cell.isascii())
    )


def settle_encoding(scratch: Path, *, shown: str, encoding: str | None) -> tuple[str | None, str]:
    """Decide how the text of a staged Shapefile is to be read.

    Parameters
    ----------
    scratch
        Where its files are.
    shown
        Path for messages.
    encoding
        What the project says.

    Returns
    -------
    encoding
        To be given to GDAL; None where the file says it itself or has nothing but ASCII.
    note
        What was taken for granted; empty if nothing.

    Raises
    ------
    LayerError
        Nobody says it, and the text is no UTF-8.
    """
    table = read_table(scratch)
    cells = [*table.text, *(name for name in table.names if not name.isascii())]
    if encoding is not None or not cells:
        return encoding, ""
    stated = _read_cpg(scratch / "layer.cpg", shown)
    if stated is not None:
        if not all(_can_decode(cell, stated) for cell in cells):
            raise LayerError(
                f"says that its text is {stated} (.cpg), which it is not. {_NAME_IT}",
                path=shown,
                field="encoding",
            )
        return stated, ""
    if table.mark not in _SILENT:
        return None, ""
    if all(_can_decode(cell, "utf-8") for cell in cells):
        note = "It does not say the encoding of its text (no .cpg): read as UTF-8, which fits."
        return "utf-8", note
    raise LayerError(
        f"does not say the encoding of its text (no .cpg), and it is no UTF-8. {_NAME_IT}",
        path=shown,
        field="encoding",
    )


def _read_cpg(page: Path, shown: str) -> str | None:
    """Read what a .cpg says; None where there is none, or it leaves that to the .dbf."""
    if not page.is_file():
        return None
    text = page.read_bytes()[:200].decode("ascii", "replace").strip("\0 \r\n\t").lower()
    if not text or text.startswith("ldid/"):
        return None
    number = re.sub(r"^(?:ansi|oem|cp|windows)?[ _-]?(?=\d{3,5}$)", "", text)
    name = {"65001": "utf-8"}.get(number, text)
    if number.isdigit() and name == text:
        name = f"cp{number}"
    latin = re.fullmatch(r"(?:iso)?[ _-]?8859[ _-]?(\d{1,2})", text)
    if latin:
        name = f"iso8859-{latin[1]}"
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise LayerError(
            f"says that its text is '{to_one_line(text)}' (.cpg), which is no encoding. {_NAME_IT}",
            path=shown,
            field="encoding",
        ) from error


def _can_decode(cell: bytes, encoding: str) -> bool:
    """Tell whether text is of an encoding."""
    try:
        cell.decode(encoding)
    except UnicodeError:
        return False
    return True
