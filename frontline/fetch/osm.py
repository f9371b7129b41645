"""Roads and places of OpenStreetMap: asked by area, or read from an extract."""

from __future__ import annotations

import json
import re
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline.errors import CHANGED, DownloadError, LayerError
from frontline.fetch.cache import CachedFile, fetch_file, find_cached_path
from frontline.fetch.http import HttpClient, RemoteRequest

if TYPE_CHECKING:
    from collections.abc import Callable

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
            kind, blob = _read_blob_header(header)
            if kind != ("OSMHeader" if blocks == 0 else "OSMData") or blob > _LARGEST_BLOB:
                raise DownloadError(
                    "it is no OpenStreetMap extract (expected PBF). Try again later."
                )
            at += 4 + length + blob
            blocks += 1
    if at != size or blocks < 2:
        raise DownloadError("it is cut short. Try again later.")


def _read_blob_header(header: bytes) -> tuple[str, int]:
    """Read type and size from a header in the encoding of protocol buffers."""
    kind, size, at = "", -1, 0
    while at < len(header):
        key, at = _read_varint(header, at)
        if key & 7 == 2:
            length, at = _read_varint(header, at)
            if key >> 3 == 1:
                kind = header[at : at + length].decode("ascii", errors="replace")
            at += length
        elif key & 7 == 0:
            value, at = _read_varint(header, at)
            size = value if key >> 3 == 3 else size
        else:
            return "", -1
    return (kind, size) if size >= 0 else ("", -1)


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
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
    *,
    layer: str,
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
        config.write_text(_write_config(layer, keys), encoding="utf-8")
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
    frame["tags"] = [
        _read_tags(row, keys) for row in frame.drop(columns="geometry").to_dict("records")
    ]
    return frame[["osm_id", "tags", "geometry"]]


def _write_config(layer: str, keys: Sequence[str]) -> str:
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


def _read_tags(row: Mapping[str, Any], keys: Sequence[str]) -> dict[str, str]:
    tags = {key: row[key] for key in keys if isinstance(row.get(key), str) and row[key]}
    other = row.get("other_tags")
    if isinstance(other, str):
        tags |= {_remove_escapes(key): _remove_escapes(value) for key, value in _TAG.findall(other)}
    return tags


def _remove_escapes(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def write_layers(path: Path, *, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Write tables into a new GeoPackage, one layer each."""
    import pyogrio

    for name, frame in layers.items():
        pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", append=path.exists())


# https://download.geofabrik.de/technical.html: .osm.pbf files with an .md5 beside each, and an
# index of all extracts as GeoJSON: id, parent, name, urls (pbf and others), clipping polygon, and
# iso3166-1:alpha2, a list of codes, where an extract is a country.
HOST = "download.geofabrik.de"
INDEX = f"https://{HOST}/index-v1.json"

LICENCE = "ODbL 1.0: (c) OpenStreetMap contributors; a changed database is shared alike"

ROADS = (
    "motorway",
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "unclassified",
    "residential",
    "track",
)
"""Classes of road that are kept, with their links; paths and driveways are not."""

OTHER_SPEEDS_KMH: Mapping[str, float] = {"unclassified": 40.0, "residential": 30.0}
"""Where `frontline.network.graph` has no speed for a class."""

_RAILWAYS = ("rail", "narrow_gauge", "light_rail", "disused", "abandoned", "construction")
_PLACES = ("city", "town", "village", "hamlet", "isolated_dwelling")


def choose_extracts(client: HttpClient, *, need: Any) -> list[RemoteRequest]:
    """Choose the smallest extracts that cover an area.

    Parameters
    ----------
    client
        How to download the index.
    need
        The area, in degrees.

    Returns
    -------
    Extracts that none of the others makes needless, with the digest that Geofabrik publishes.

    Raises
    ------
    DownloadError
        The index is not what it should be, or nothing covers the area.
    """
    extracts = [(area, address, shape) for area, address, shape, _ in _list_meeting(client, need)]
    chosen = _choose_smallest(sorted(extracts, key=lambda extract: (extract[0], extract[1])), need)
    return [_describe_extract(client, address) for address in chosen]


def list_countries_met(client: HttpClient, *, need: Any) -> list[str]:
    """List the countries whose extracts meet an area, as codes of two letters.

    Notes
    -----
    The outlines of extracts reach beyond the borders: a neighbour may be among them.
    """
    return sorted({code for *_, codes in _list_meeting(client, need) for code in codes})


def _list_meeting(client: HttpClient, need: Any) -> list[tuple[float, str, Any, list[str]]]:
    """List the extracts that meet an area: size, address, outline, codes of countries."""
    got = _fetch_or_raise(
        client, RemoteRequest(INDEX, "index of extracts", check=_check_index, most_bytes=10**8)
    )
    index = json.loads(got.path.read_text(encoding="utf-8"))
    extracts = []
    for feature in index["features"]:
        properties = feature["properties"]
        address = properties["urls"].get("pbf", "")
        if feature.get("geometry") and address.startswith(f"https://{HOST}/"):
            shape = shapely.make_valid(shapely.geometry.shape(feature["geometry"]))
            if shapely.intersects(shape, need):
                codes = [str(code) for code in properties.get("iso3166-1:alpha2") or []]
                extracts.append((float(shapely.area(shape)), address, shape, codes))
    return extracts


def _choose_smallest(extracts: Sequence[tuple[float, str, Any]], need: Any) -> list[str]:
    """Take one extract that covers all, or small ones until all is covered."""
    for _, address, shape in extracts:
        if shapely.covers(shape, need):
            return [address]
    chosen, left = [], need
    for _, address, shape in extracts:
        rest = shapely.difference(left, shape)
        if shapely.area(rest) < shapely.area(left):
            chosen.append((address, shape))
            left = rest
    # what later ones cover as well is needless
    for extract in list(chosen):
        others = shapely.union_all([shape for address, shape in chosen if address != extract[0]])
        if shapely.covers(others, shapely.intersection(extract[1], need)):
            chosen.remove(extract)
    if not chosen:
        raise DownloadError(
            "Geofabrik has no extract of the study area. Take the roads from elsewhere.", path=INDEX
        )
    return sorted(address for address, _ in chosen)


def _check_index(path: Path) -> None:
    try:
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        sound = all("urls" in feature["properties"] for feature in features)
    except (ValueError, KeyError, TypeError) as error:
        raise DownloadError(f"it is no index of extracts. {CHANGED}") from error
    if not sound or not features:
        raise DownloadError(f"it is no index of extracts. {CHANGED}")


def _describe_extract(client: HttpClient, address: str) -> RemoteRequest:
    name = address.rsplit("/", 1)[1]
    # the file of today needs the digest of today
    new = not find_cached_path(client, address=address).is_file()
    asking = replace(client, refresh=client.refresh or new)
    digest = fetch_file(
        asking, remote_request=RemoteRequest(f"{address}.md5", f"{name}.md5", most_bytes=10_000)
    )
    text = digest.path.read_text(encoding="utf-8", errors="replace") if digest else ""
    match = re.match(r"([0-9a-f]{32})\s", text)
    return RemoteRequest(
        address, name, digest=f"md5:{match[1]}" if match else None, check=check_pbf
    )


def _fetch_or_raise(client: HttpClient, remote_request: RemoteRequest) -> CachedFile:
    got = fetch_file(client, remote_request=remote_request)
    if got is None:
        raise DownloadError(
            "the provider has no such file. Try again later.", path=remote_request.address
        )
    return got


def read_osm_roads(files: Sequence[Path], need: Any) -> gpd.GeoDataFrame:
    """Read roads, railways, canals and pipelines that meet an area.

    Returns
    -------
    Columns of corridors: ``id, name, name_alt, kind, class, speed_kmh, speed_source, oneway, ref,
    surface, bridge, tunnel, layer, names``. ``kind`` is road, railway, canal or pipeline; a speed
    that nobody tagged is that of the class, and says so.
    """
    where = (
        f"highway IN ({_quote_words([*ROADS, *(f'{road}_link' for road in ROADS[:5])])}) OR "
        f"railway IN ({_quote_words(_RAILWAYS)}) OR waterway IN ('canal') OR "
        "man_made IN ('pipeline')"
    )
    keys = ("name", "highway", "railway", "waterway", "man_made")
    return _read_features(files, need, "lines", keys, where, _make_corridor)


def read_osm_places(files: Sequence[Path], need: Any) -> gpd.GeoDataFrame:
    """Read settlements of an area as points.

    Returns
    -------
    Columns of settlements: ``id, name, name_alt, name_other, population, population_kind,
    population_date, population_source, place, names``. A population that is not tagged, or not a
    number, is unknown.
    """
    where = f"place IN ({_quote_words(_PLACES)})"
    return _read_features(files, need, "points", ("name", "place"), where, _make_settlement)


def _quote_words(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _read_features(
    files: Sequence[Path],
    need: Any,
    layer: str,
    keys: Sequence[str],
    where: str,
    row: Callable[[str, Mapping[str, str]], dict[str, Any]],
) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    parts = [
        read_osm(path, layer=layer, keys=keys, where=where, bounds=need.bounds) for path in files
    ]
    frame = pd.concat(parts, ignore_index=True).drop_duplicates("osm_id")  # extracts overlap
    frame = frame[shapely.intersects(frame.geometry.to_numpy(), need)]
    rows = [row(osm_id, tags) for osm_id, tags in zip(frame["osm_id"], frame["tags"], strict=True)]
    columns = list(row("", {}))
    table = pd.DataFrame(rows, columns=columns).convert_dtypes()
    features = gpd.GeoDataFrame(table, geometry=frame.geometry.to_numpy(), crs=4326)
    return features.sort_values("id", ignore_index=True)


def _make_corridor(osm_id: str, tags: Mapping[str, str]) -> dict[str, Any]:
    from frontline.network.graph import SPEED_KMH

    kind = "road"
    if "highway" not in tags:
        kind = "railway" if "railway" in tags else "canal" if "waterway" in tags else "pipeline"
    road = tags.get("highway", "").removesuffix("_link")
    tagged = parse_speed(tags.get("maxspeed", ""))
    usual = {**SPEED_KMH, **OTHER_SPEEDS_KMH}.get(road, np.nan) if kind == "road" else np.nan
    return {
        "id": f"way/{osm_id}",
        **_make_names(tags),
        "kind": kind,
        "class": tags.get("highway") or tags.get("railway") or tags.get("substance", ""),
        "speed_kmh": tagged if np.isfinite(tagged) and kind == "road" else usual,
        "speed_source": "" if kind != "road" else "tagged" if np.isfinite(tagged) else "class",
        "oneway": tags.get("oneway", ""),
        "ref": tags.get("ref", ""),
        "surface": tags.get("surface", ""),
        "bridge": tags.get("bridge", ""),
        "tunnel": tags.get("tunnel", ""),
        "layer": tags.get("layer", ""),
    }


def _make_settlement(osm_id: str, tags: Mapping[str, str]) -> dict[str, Any]:
    people = tags.get("population", "").replace(" ", "").replace(",", "")
    known = people.isascii() and people.isdigit()
    date = re.match(r"\d{4}(-\d{2}(-\d{2})?)?$", tags.get("population:date", ""))
    return {
        "id": f"node/{osm_id}",
        **_make_names(tags),
        "population": int(people) if known else None,
        "population_kind": "residents" if known else "",
        "population_date": date[0] if date and known else "",
        "population_source": tags.get("source:population") or "OpenStreetMap" if known else "",
        "place": tags.get("place", ""),
    }


def _make_names(tags: Mapping[str, str]) -> dict[str, str]:
    """Give the local name, one for strangers, and all by language: ``az=...; hy=...; ru=...``."""
    local = tags.get("name", "")
    abroad = tags.get("int_name") or tags.get("name:en", "")
    spoken = {
        key.removeprefix("name:"): value
        for key, value in sorted(tags.items())
        if re.fullmatch(r"name:[a-z]{2,3}(-[A-Za-z]+)?", key)
    }
    others = [tags.get(key, "") for key in ("alt_name", "old_name", "official_name")]
    listed = dict.fromkeys([*spoken.values(), *others])
    return {
        "name": local or abroad or next(iter(spoken.values()), ""),
        "name_alt": abroad if abroad != local else "",
        "name_other": "; ".join(text for text in listed if text and text not in {local, abroad}),
        "names": "; ".join(f"{language}={name}" for language, name in spoken.items()),
    }


def parse_speed(text: str) -> float:
    """Read a speed limit: ``60``, ``60 km/h`` or ``40 mph``; NaN for words such as ``none``.

    References
    ----------
    wiki.openstreetmap.org/wiki/Key:maxspeed
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(km/?h|kmh|kph|mph)?\s*", text)
    if match is None or float(match[1]) <= 0:
        return float("nan")
    return float(match[1]) * (1.609344 if match[2] == "mph" else 1.0)
