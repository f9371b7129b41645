"""OpenStreetMap through Geofabrik: which extracts an area needs, roads and places from them.

The data are under the ODbL: whoever publishes a map or table made with them names the contributors
and shares a changed database alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline.downloads import Client, Fetched, Wanted, cached_path, fetched
from frontline.errors import CHANGED, DownloadError
from frontline.extracts import check_pbf, read_osm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd

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
"""Where `frontline.roads` has no speed for a class."""

_RAILWAYS = ("rail", "narrow_gauge", "light_rail", "disused", "abandoned", "construction")
_PLACES = ("city", "town", "village", "hamlet", "isolated_dwelling")


def extracts_for(client: Client, need: Any) -> list[Wanted]:
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
    found = [(area, address, shape) for area, address, shape, _ in _meeting(client, need)]
    chosen = _smallest(sorted(found, key=lambda one: (one[0], one[1])), need)
    return [_pbf(client, address) for address in chosen]


def countries_met(client: Client, need: Any) -> list[str]:
    """List the countries whose extracts meet an area, as codes of two letters.

    Notes
    -----
    The outlines of extracts reach beyond the borders: a neighbour may be among them.
    """
    return sorted({code for *_, codes in _meeting(client, need) for code in codes})


def _meeting(client: Client, need: Any) -> list[tuple[float, str, Any, list[str]]]:
    """List the extracts that meet an area: size, address, outline, codes of countries."""
    got = _got(client, Wanted(INDEX, "index of extracts", check=_check_index, most_bytes=10**8))
    index = json.loads(got.path.read_text(encoding="utf-8"))
    found = []
    for feature in index["features"]:
        properties = feature["properties"]
        address = properties["urls"].get("pbf", "")
        if feature.get("geometry") and address.startswith(f"https://{HOST}/"):
            shape = shapely.make_valid(shapely.geometry.shape(feature["geometry"]))
            if shapely.intersects(shape, need):
                codes = [str(code) for code in properties.get("iso3166-1:alpha2") or []]
                found.append((float(shapely.area(shape)), address, shape, codes))
    return found


def _smallest(found: Sequence[tuple[float, str, Any]], need: Any) -> list[str]:
    """Take one extract that covers all, or small ones until all is covered."""
    for _, address, shape in found:
        if shapely.covers(shape, need):
            return [address]
    chosen, left = [], need
    for _, address, shape in found:
        rest = shapely.difference(left, shape)
        if shapely.area(rest) < shapely.area(left):
            chosen.append((address, shape))
            left = rest
    # what later ones cover as well is needless
    for one in list(chosen):
        others = shapely.union_all([shape for address, shape in chosen if address != one[0]])
        if shapely.covers(others, shapely.intersection(one[1], need)):
            chosen.remove(one)
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


def _pbf(client: Client, address: str) -> Wanted:
    name = address.rsplit("/", 1)[1]
    # the file of today needs the digest of today
    new = not cached_path(client, address).is_file()
    asking = replace(client, refresh=client.refresh or new)
    digest = fetched(asking, Wanted(f"{address}.md5", f"{name}.md5", most_bytes=10_000))
    said = digest.path.read_text(encoding="utf-8", errors="replace") if digest else ""
    found = re.match(r"([0-9a-f]{32})\s", said)
    return Wanted(address, name, digest=f"md5:{found[1]}" if found else None, check=check_pbf)


def _got(client: Client, wanted: Wanted) -> Fetched:
    got = fetched(client, wanted)
    if got is None:
        raise DownloadError("the provider has no such file. Try again later.", path=wanted.address)
    return got


def osm_roads(files: Sequence[Path], need: Any) -> gpd.GeoDataFrame:
    """Read roads, railways, canals and pipelines that meet an area.

    Returns
    -------
    Columns of corridors: ``id, name, name_alt, kind, class, speed_kmh, speed_source, oneway, ref,
    surface, bridge, names``. ``kind`` is road, railway, canal or pipeline; a speed that nobody
    tagged is that of the class, and says so.
    """
    where = (
        f"highway IN ({_quoted([*ROADS, *(f'{road}_link' for road in ROADS[:5])])}) OR "
        f"railway IN ({_quoted(_RAILWAYS)}) OR waterway IN ('canal') OR man_made IN ('pipeline')"
    )
    keys = ("name", "highway", "railway", "waterway", "man_made")
    return _read(files, need, "lines", keys, where, _corridor)


def osm_places(files: Sequence[Path], need: Any) -> gpd.GeoDataFrame:
    """Read settlements of an area as points.

    Returns
    -------
    Columns of settlements: ``id, name, name_alt, name_other, population, population_kind,
    population_date, population_source, place, names``. A population that is not tagged, or not a
    number, is unknown.
    """
    where = f"place IN ({_quoted(_PLACES)})"
    return _read(files, need, "points", ("name", "place"), where, _settlement)


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _read(
    files: Sequence[Path],
    need: Any,
    layer: str,
    keys: Sequence[str],
    where: str,
    row: Callable[[str, Mapping[str, str]], dict[str, Any]],
) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    parts = [read_osm(path, layer, keys=keys, where=where, bounds=need.bounds) for path in files]
    frame = pd.concat(parts, ignore_index=True).drop_duplicates("osm_id")  # extracts overlap
    frame = frame[shapely.intersects(frame.geometry.to_numpy(), need)]
    rows = [row(osm_id, tags) for osm_id, tags in zip(frame["osm_id"], frame["tags"], strict=True)]
    columns = list(row("", {}))
    table = pd.DataFrame(rows, columns=columns).convert_dtypes()
    made = gpd.GeoDataFrame(table, geometry=frame.geometry.to_numpy(), crs=4326)
    return made.sort_values("id", ignore_index=True)


def _corridor(osm_id: str, tags: Mapping[str, str]) -> dict[str, Any]:
    from frontline.roads import SPEED_KMH

    kind = "road"
    if "highway" not in tags:
        kind = "railway" if "railway" in tags else "canal" if "waterway" in tags else "pipeline"
    road = tags.get("highway", "").removesuffix("_link")
    tagged = speed_kmh(tags.get("maxspeed", ""))
    usual = {**SPEED_KMH, **OTHER_SPEEDS_KMH}.get(road, np.nan) if kind == "road" else np.nan
    return {
        "id": f"way/{osm_id}",
        **_names(tags),
        "kind": kind,
        "class": tags.get("highway") or tags.get("railway") or tags.get("substance", ""),
        "speed_kmh": tagged if np.isfinite(tagged) and kind == "road" else usual,
        "speed_source": "" if kind != "road" else "tagged" if np.isfinite(tagged) else "class",
        "oneway": tags.get("oneway", ""),
        "ref": tags.get("ref", ""),
        "surface": tags.get("surface", ""),
        "bridge": tags.get("bridge", ""),
    }


def _settlement(osm_id: str, tags: Mapping[str, str]) -> dict[str, Any]:
    people = tags.get("population", "").replace(" ", "").replace(",", "")
    known = people.isascii() and people.isdigit()
    date = re.match(r"\d{4}(-\d{2}(-\d{2})?)?$", tags.get("population:date", ""))
    return {
        "id": f"node/{osm_id}",
        **_names(tags),
        "population": int(people) if known else None,
        "population_kind": "residents" if known else "",
        "population_date": date[0] if date and known else "",
        "population_source": tags.get("source:population") or "OpenStreetMap" if known else "",
        "place": tags.get("place", ""),
    }


def _names(tags: Mapping[str, str]) -> dict[str, str]:
    """Give the local name, one for strangers, and all by language: ``az=...; hy=...; ru=...``."""
    own = tags.get("name", "")
    abroad = tags.get("int_name") or tags.get("name:en", "")
    spoken = {
        key.removeprefix("name:"): value
        for key, value in sorted(tags.items())
        if re.fullmatch(r"name:[a-z]{2,3}(-[A-Za-z]+)?", key)
    }
    others = [tags.get(key, "") for key in ("alt_name", "old_name", "official_name")]
    listed = dict.fromkeys([*spoken.values(), *others])
    return {
        "name": own or abroad or next(iter(spoken.values()), ""),
        "name_alt": abroad if abroad != own else "",
        "name_other": "; ".join(one for one in listed if one and one not in {own, abroad}),
        "names": "; ".join(f"{language}={name}" for language, name in spoken.items()),
    }


def speed_kmh(text: str) -> float:
    """Read a speed limit: ``60``, ``60 km/h`` or ``40 mph``; NaN for words such as ``none``.

    References
    ----------
    wiki.openstreetmap.org/wiki/Key:maxspeed
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(km/?h|kmh|kph|mph)?\s*", text)
    if found is None or float(found[1]) <= 0:
        return float("nan")
    return float(found[1]) * (1.609344 if found[2] == "mph" else 1.0)
