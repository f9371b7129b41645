"""geoBoundaries: districts of a country with codes, source, year and licence of each release."""

from __future__ import annotations

import json
import re
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from frontline.errors import CHANGED, DownloadError
from frontline.fetch.cache import CachedFile, fetch_file
from frontline.fetch.http import HttpClient, RemoteRequest

if TYPE_CHECKING:
    import geopandas as gpd


# https://www.geoboundaries.org/api.html: one object of JSON for each country and level. gbOpen is
# the release for any use with attribution; the files it names lie on GitHub, which redirects large
# ones to media.githubusercontent.com.
API = "https://www.geoboundaries.org/api/current/gbOpen/{country}/{level}/"
HOSTS = ("media.githubusercontent.com", "raw.githubusercontent.com", "github.com")
_NEEDED = ("gjDownloadURL", "boundaryLicense", "boundaryYearRepresented", "boundarySource")


def describe_release(country: str, *, level: int) -> RemoteRequest:
    """Describe the metadata of a country's boundaries at a level, 0 (country) to 5."""
    address = API.format(country=country, level=f"ADM{level}")
    about = f"geoBoundaries {country} ADM{level}"
    return RemoteRequest(address, about, check=_check_release, most_bytes=10**6)


def read_boundaries(
    client: HttpClient, *, country: str, level: int, need: Any
) -> tuple[gpd.GeoDataFrame, dict[str, Any], list[CachedFile]]:
    """Read the districts of a country that meet an area.

    Parameters
    ----------
    client
        How to download.
    country
        ISO 3166 code of three letters.
    level
        0 for the country to 5 for the smallest units; not every country has every level.
    need
        The area, in degrees.

    Returns
    -------
    Columns of districts: ``code, name, iso, shape_id, level, country, note``; the metadata of the
    release; the files. The code is that of ISO 3166-2 where the release has one for every
    district, else geoBoundaries' own identifier.

    Raises
    ------
    DownloadError
        There are no such boundaries, or they are not what they should be.
    """
    release_request = describe_release(country, level=level)
    note = fetch_file(client, remote_request=release_request)
    if note is None:
        raise DownloadError(
            f"there are no boundaries of {country} at level {level}. Try another --level.",
            path=release_request.address,
        )
    release = json.loads(note.path.read_text(encoding="utf-8"))
    remote_request = RemoteRequest(
        _find_address(release, release_request),
        f"geoBoundaries {country} ADM{level}",
        hosts=HOSTS,
        check=_check_geojson,
        most_bytes=2_000_000_000,
    )
    got = fetch_file(client, remote_request=remote_request)
    if got is None:
        raise DownloadError(
            "the provider has no such file. Try another --level.", path=remote_request.address
        )
    return _read_districts(got, country, level, need), release, [note, got]


def _find_address(release: dict[str, Any], release_request: RemoteRequest) -> str:
    address = str(release["gjDownloadURL"])
    if urllib.parse.urlsplit(address)[:2] not in {("https", host) for host in HOSTS}:
        raise DownloadError(
            f"names a file elsewhere than on GitHub. {CHANGED}", path=release_request.address
        )
    return address


def _read_districts(got: CachedFile, country: str, level: int, need: Any) -> gpd.GeoDataFrame:
    import geopandas as gpd

    from frontline.inputs.formats import choose_layer, open_vector, read_vector

    with open_vector(got.path, shown=got.path.name) as file:
        frame, _ = read_vector(file, layer=choose_layer(file, wanted=None))
    shapes = shapely.make_valid(frame.geometry.to_numpy())
    meets = shapely.intersects(shapes, need)
    frame, shapes = frame[meets], shapes[meets]
    iso = frame["shapeISO"].fillna("").astype(str) if "shapeISO" in frame else frame["shapeID"] * 0
    # "Unknown", "None" or the country's own code stand where a unit has no code of its own
    coded = iso.str.fullmatch(r"[A-Z]{2}-[A-Z0-9]{1,3}").all() and iso.is_unique and len(iso) > 0
    table = {
        "code": iso if coded else frame["shapeID"].astype(str),
        "name": frame["shapeName"].fillna("").astype(str),
        "iso": iso,
        "shape_id": frame["shapeID"].astype(str),
        "level": f"ADM{level}",
        "country": country,
    }
    return gpd.GeoDataFrame(table, geometry=shapes, crs=4326).reset_index(drop=True)


def _check_release(path: Path) -> None:
    try:
        release = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DownloadError(f"it is no metadata of geoBoundaries. {CHANGED}") from error
    missing = [key for key in _NEEDED if not isinstance(release, dict) or key not in release]
    if missing:
        raise DownloadError(f"its metadata lack {', '.join(missing)}. {CHANGED}")


def _check_geojson(path: Path) -> None:
    text = path.read_bytes()
    if re.match(rb"version https://git-lfs", text):
        raise DownloadError("GitHub sent a pointer to the file instead of the file. Try again.")
    try:
        features = json.loads(text)["features"]
        names = [feature["properties"].keys() for feature in features]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DownloadError(
            "it is no GeoJSON of boundaries, or cut short. Try again later."
        ) from error
    if not names or not all({"shapeName", "shapeID"} <= set(keys) for keys in names):
        raise DownloadError(f"its features lack shapeName or shapeID. {CHANGED}")
