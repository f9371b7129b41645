"""KML as it is before GDAL sees it: told by its first element, without entities or links."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from frontline.errors import LayerError, summarize_error

_CHUNK = 1 << 18


class _OtherError(Exception):
    """The first element is another one."""


@dataclass
class _Seen:
    placemarks: int = 0
    links: int = 0
    text: list[str] = field(default_factory=list)
    hrefs: list[str] = field(default_factory=list)
    inside: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Contents:
    """What stands in a KML file, or in all those of a KMZ.

    Parameters
    ----------
    placemarks
        How many features there are.
    links
        How many further files it points to, which are not read.
    text
        The whole text as UTF-8, where GDAL cannot read the file as it is; else None.
    """

    placemarks: int
    links: int
    text: bytes | None

    @property
    def notes(self) -> tuple[str, ...]:
        """What of it is not read."""
        if not self.links:
            return ()
        return (f"It points to {self.links} other files (NetworkLink): these are not read.",)


def find_first_element(head: bytes) -> str:
    """Name the first element of a text in XML, in any encoding; empty if it is none."""
    roots: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")

    def start(name: str, _attributes: object) -> None:
        roots.append(_strip_namespace(name))
        raise _OtherError

    parser.StartElementHandler = start
    with suppress(_OtherError, expat.ExpatError, ValueError):
        parser.Parse(head, False)
    return roots[0] if roots else ""


def _strip_namespace(name: str) -> str:
    return name.rsplit(" ", maxsplit=1)[-1]


def inspect_kml(path: Path, *, shown: str) -> Contents:
    """Look through a KML file, or the KML files of a KMZ.

    Parameters
    ----------
    path
        A file whose first element is ``kml``, or an archive with such files.
    shown
        Its path as the user wrote it.

    Raises
    ------
    LayerError
        It declares entities, is not well formed, or does nothing but point to other files.
    """
    files = _read_files(path)
    total = _Seen()
    for content in files.values():
        seen = _Seen()
        try:
            parser = _make_parser(seen)
            for start in range(0, len(content), _CHUNK):
                parser.Parse(content[start : start + _CHUNK], False)
            parser.Parse(b"", True)
        except _OtherError as error:
            raise LayerError(f"{error} Save it again as plain KML.", path=shown) from error
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise LayerError(
                f"is not well-formed XML ({summarize_error(error)}). Export or copy it again.",
                path=shown,
            ) from error
        total.placemarks += seen.placemarks
        total.links += seen.links
        total.hrefs += seen.hrefs
    links = max(total.links - sum(name.strip() in files for name in total.hrefs), 0)
    if links and not total.placemarks:
        raise LayerError(
            f"only points to other files ({links} NetworkLink), which are not followed (expected "
            "the features themselves). Open it in Google Earth and save the layer as KML.",
            path=shown,
        )
    first = next(iter(files.values()), b"")
    wide = len(files) == 1 and (first[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in first[:4])
    return Contents(total.placemarks, links, _convert_to_utf8(first) if wide else None)


def _read_files(path: Path) -> dict[str, bytes]:
    """Give the text of every KML file."""
    if not zipfile.is_zipfile(path):
        return {path.name: path.read_bytes()}
    with zipfile.ZipFile(path) as archive:
        return {
            name: archive.read(name)
            for name in archive.namelist()
            if name.lower().endswith(".kml") and not name.startswith("__MACOSX/")
        }


def _convert_to_utf8(content: bytes) -> bytes:
    text = content.decode("utf-16")
    if text.lstrip().startswith("<?xml"):
        text = text[text.index("?>") + 2 :]
    return text.lstrip().encode()


def _make_parser(seen: _Seen) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")

    def start(name: str, _attributes: object) -> None:
        name = _strip_namespace(name)
        if name.startswith(("OGR", "GDAL", "VRT")):
            raise _OtherError("holds an element of GDAL, which can reach other files.")
        seen.placemarks += name == "Placemark"
        seen.links += name == "NetworkLink"
        seen.inside.append(name)
        seen.text.clear()

    def end(_name: str) -> None:
        if seen.inside.pop() == "href" and "NetworkLink" in seen.inside:
            seen.hrefs.append("".join(seen.text))

    def hold(text: str) -> None:
        if seen.inside and seen.inside[-1] == "href":
            seen.text.append(text)

    def declare(*_what: object) -> None:
        raise _OtherError("declares a document type or entities, which can reach other files.")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = hold
    parser.StartDoctypeDeclHandler = declare
    return parser
