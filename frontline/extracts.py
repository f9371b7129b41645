"""OpenStreetMap extracts as tables of tags, and tables as GeoPackages: pyogrio for fetch."""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontline.errors import DownloadError, LayerError

if TYPE_CHECKING:
    import geopandas as gpd

_LARGEST_BLOB = 64 * 1024 * 1024
_LARGEST_HEADER = 64 * 1024
_TAG = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')


def check_pbf(path: Path) -> None:
    """Walk through the blocks of a PBF file: a header first, and each block to its end.

    Parameters
    ----------
    path
        What was fetched.

    Raises
    ------
    DownloadError
        It is no PBF file, or is cut short.

    References
    ----------
    wiki.openstreetmap.org/wiki/PBF_Format: each block is the length of its header as four bytes,
    the header with the block's type (field 1) and size (field 3), and the block.
    """
    size, at, blocks = path.stat().st_size, 0, 0
    with path.open("rb") as file:
        while at < size:
            file.seek(at)
            length = int.from_bytes(file.read(4), "big")
            header = file.read(length) if length <= _LARGEST_HEADER else b""
            kind, blob = _blob_header(header)
            if kind != ("OSMHeader" if blocks == 0 else "OSMData") or blob > _LARGEST_BLOB:
                raise DownloadError(
                    "it is no OpenStreetMap extract (expected PBF). Try again later."
                )
            at += 4 + length + blob
            blocks += 1
    if at != size or blocks < 2:
        raise DownloadError("it is cut short. Try again later.")


def _blob_header(header: bytes) -> tuple[str, int]:
    """Read type and size from a header in the encoding of protocol buffers."""
    kind, size, at = "", -1, 0
    while at < len(header):
        key, at = _varint(header, at)
        if key & 7 == 2:
            length, at = _varint(header, at)
            if key >> 3 == 1:
                kind = header[at : at + length].decode("ascii", errors="replace")
            at += length
        elif key & 7 == 0:
            value, at = _varint(header, at)
            size = value if key >> 3 == 3 else size
        else:
            return "", -1
    return (kind, size) if size >= 0 else ("", -1)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while at < len(data):
        byte = data[at]
        value |= (byte & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if byte < 0x80:
            break
    return value, at


def read_osm(
    path: Path,
    layer: str,
    *,
    keys: Sequence[str],
    where: str,
    bounds: tuple[float, float, float, float],
) -> gpd.GeoDataFrame:
    """Read features with their tags from an OpenStreetMap extract.

    Parameters
    ----------
    path
        A PBF file, called so: the driver tells the format by the name.
    layer
        ``points`` or ``lines``.
    keys
        Tags that `where` speaks of.
    where
        Which features, in OGR's SQL.
    bounds
        West, south, east, north: those that meet it.

    Returns
    -------
    Geometry, ``osm_id`` and ``tags``: a dictionary of all tags of the feature.

    Raises
    ------
    LayerError
        The file cannot be read.

    References
    ----------
    gdal.org/en/stable/drivers/vector/osm.html: layers, configuration file, other_tags.
    """
    import pyogrio

    with tempfile.TemporaryDirectory(prefix="frontline-") as scratch:
        config = Path(scratch) / "osmconf.ini"
        config.write_text(_config(layer, keys), encoding="utf-8")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                frame = pyogrio.read_dataframe(
                    path, layer=layer, where=where, bbox=bounds, CONFIG_FILE=str(config)
                )
        except (RuntimeError, ValueError, OSError) as error:
            raise LayerError(
                f"cannot be read ({error}). Fetch it again: --refresh", path=path
            ) from (error)
    frame["tags"] = [_tags(row, keys) for row in frame.drop(columns="geometry").to_dict("records")]
    return frame[["osm_id", "tags", "geometry"]]


def _config(layer: str, keys: Sequence[str]) -> str:
    """Compose the driver's configuration: our keys as columns, all others in one text."""
    return "\n".join(
        [
            "closed_ways_are_polygons=aeroway,amenity,building,landuse,leisure,natural,shop,sport",
            "attribute_name_laundering=no",
            f"[{layer}]",
            "osm_id=yes",
            f"attributes={','.join(keys)}",
            "unsignificant=created_by,converted_by,source,time,ele,attribution",
            "ignore=created_by,converted_by,todo,fixme,FIXME",
            "other_tags=yes",
            "",
        ]
    )


def _tags(row: Mapping[str, Any], keys: Sequence[str]) -> dict[str, str]:
    tags = {key: row[key] for key in keys if isinstance(row.get(key), str) and row[key]}
    other = row.get("other_tags")
    if isinstance(other, str):
        tags |= {_plain(key): _plain(value) for key, value in _TAG.findall(other)}
    return tags


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def write_layers(path: Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Write tables into a new GeoPackage, one layer each."""
    import pyogrio

    for name, frame in layers.items():
        pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", append=path.exists())
