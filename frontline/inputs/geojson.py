"""GeoJSON as it is before GDAL sees it: its encoding, its CRS, what hides in it.

GDAL follows a ``crs`` that is a link, takes a name that it does not know for WGS 84, and ends a
text at a NUL; none of that is said. So the bytes are looked at first, without holding them all.
"""

from __future__ import annotations

import codecs
import json
import mmap
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyproj import CRS
from pyproj.exceptions import CRSError

from frontline.errors import LayerError, to_one_line
from frontline.errors import show_value as quoted

_CHUNK = 1 << 20
_LONGEST_CRS = 20_000
_EXPECTED = '(expected a known name such as "urn:ogc:def:crs:EPSG::32638")'

# a letter may stand there as its escape, and GDAL takes members in any case
_CRS = re.compile(
    rb'(?<!\\)"(?:[cC]|\\u00[46]3)(?:[rR]|\\u00[57]2)(?:[sS]|\\u00[57]3)"\s*:\s*', re.IGNORECASE
)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_NAMES = (
    re.compile(r"urn:(?:x-)?ogc:def:crs:(?P<who>\w+):[\w.]*:(?P<code>\w+)", re.IGNORECASE),
    re.compile(r"https?://www\.opengis\.net/def/crs/(?P<who>\w+)/[\w.]+/(?P<code>\w+)"),
    re.compile(r"https?://www\.opengis\.net/gml/srs/(?P<who>epsg)\.xml#(?P<code>\d+)"),
    re.compile(r"(?P<who>EPSG|ESRI|OGC|IAU_2015|IGNF)::?(?P<code>\w+)", re.IGNORECASE),
    re.compile(r"(?P<code>CRS(?:84|83|27))(?P<who>)", re.IGNORECASE),
)
_OF_OGC = {"84": ("EPSG", "4326"), "83": ("EPSG", "4269"), "27": ("EPSG", "4267")}
"""What OGC calls by a name of its own: degrees, longitude first, as all of ours are."""
_FEATURES = re.compile(rb'"type"\s*:\s*"(Feature|FeatureCollection|GeometryCollection)"')
_ESRI = re.compile(rb'"(displayFieldName|fieldAliases|geometryType|spatialReference|rings|paths)"')


def inspect_geojson(path: Path, *, shown: str) -> CRS | None:
    """Look through a GeoJSON file, and give the CRS that it names.

    Parameters
    ----------
    path
        A local file that begins like an object of JSON.
    shown
        Its path as the user wrote it.

    Returns
    -------
    CRS of its ``crs`` member, wherever that stands; None where it has none.

    Raises
    ------
    LayerError
        It is another kind of JSON, not UTF-8, holds a NUL, or a ``crs`` that is no known name: a
        link would be followed, an unknown name be taken for WGS 84.
    """
    _refuse_other_kinds(path, shown)
    _refuse_other_encodings(path, shown)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        hidden = _NUL.search(content)
        if hidden:
            raise LayerError(
                f"holds a NUL (\\u0000, byte {hidden.end() - 6:,}), where other programs end the "
                "text. Export it again without.",
                path=shown,
            )
        named = {crs.to_wkt(): crs for crs in _read_crs_members(content, shown)}
    if len(named) > 1:
        listed = " and ".join(f"'{to_one_line(crs.name)}'" for crs in named.values())
        raise LayerError(
            f"names several CRS, {listed} (expected one). Export it again.", path=shown, field="crs"
        )
    return next(iter(named.values()), None)


def _refuse_other_kinds(path: Path, shown: str) -> None:
    """Refuse relatives of GeoJSON by their names: each of them is whole and valid as it is."""
    with path.open("rb") as file:
        head = file.read(_CHUNK)
    lines = [line for line in head.removeprefix(b"\xef\xbb\xbf").splitlines() if line.strip()]
    kind = ""
    if re.search(rb'"type"\s*:\s*"Topology"', head[:65536]):
        kind = "TopoJSON"
    elif _ESRI.search(head[:65536]) and not _FEATURES.search(head[:65536]):
        kind = "Esri JSON"
    elif len(lines) > 1 and all(_is_feature(line) for line in lines[:2]):
        kind = "newline-delimited GeoJSON, one feature to a line"
    if kind:
        raise LayerError(
            f"is {kind} (expected one FeatureCollection of GeoJSON). Convert it: ogr2ogr OUT.gpkg "
            f"{to_one_line(path.name)}",
            path=shown,
        )


def _is_feature(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _refuse_other_encodings(path: Path, shown: str) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    read = 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
                read += len(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise LayerError(
            f"is not UTF-8, as GeoJSON must be (byte {read + error.start:,}). Save it as UTF-8, "
            "or export the layer as GeoPackage.",
            path=shown,
        ) from error


def _read_crs_members(content: mmap.mmap, shown: str) -> Iterator[CRS]:
    """Read every ``crs`` member that is an object: a feature or geometry may have its own."""
    for key in _CRS.finditer(content):
        start = key.end()
        if content[start : start + 1] != b"{":
            continue
        text = content[start : start + _LONGEST_CRS].decode("utf-8", "replace")
        try:
            value, _ = json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError) as error:
            raise LayerError(
                f"has a crs that cannot be read {_EXPECTED}. Correct or remove it.",
                path=shown,
                field="crs",
            ) from error
        yield _resolve_crs_name(value, shown)


def _resolve_crs_name(value: Any, shown: str) -> CRS:
    """Resolve the name of a crs member, without asking anybody."""
    kind, inner = value.get("type"), value.get("properties")
    inner = inner if isinstance(inner, dict) else {}
    name = inner.get("name") if kind == "name" else None
    if isinstance(kind, str) and kind.upper() == "EPSG":
        name = f"EPSG:{inner.get('code')}"
    if not isinstance(name, str):
        raise LayerError(
            f"has a crs of type {quoted(kind)}, which is not followed {_EXPECTED}. Write its name, "
            "or remove it.",
            path=shown,
            field="crs",
        )
    for pattern in _NAMES:
        parts = pattern.fullmatch(name.strip())
        if parts is not None:
            who, code = parts["who"].upper() or "OGC", parts["code"].upper()
            if who == "OGC":
                who, code = _OF_OGC.get(code.removeprefix("CRS"), (who, code))
            try:
                return CRS.from_authority(who, code)
            except CRSError:
                break
    raise LayerError(
        f"names the CRS {quoted(name)}, which is not known {_EXPECTED}. Correct or remove its crs.",
        path=shown,
        field="crs",
    )
