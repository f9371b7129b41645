"""GeoNames: settlements of a country with their names in several languages."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from frontline.errors import CHANGED, DownloadError, ProjectError
from frontline.fetch.cache import CachedFile, fetch_file
from frontline.fetch.http import HttpClient, RemoteRequest

if TYPE_CHECKING:
    import geopandas as gpd


# https://download.geonames.org/export/dump/readme.txt: XX.zip holds XX.txt, tab-separated UTF-8
# without a head, 19 columns; alternatenames/XX.zip the names by language in the 10 columns of
# alternateNamesV2 (8 in the older table, without from and to); countryInfo.txt the codes of
# countries, behind lines with #.
HOST = "https://download.geonames.org/export/dump"
LICENCE = "CC BY 4.0: GeoNames (geonames.org)"
COLUMNS, NAME_COLUMNS = 19, (10, 8)

GONE = frozenset({"PPLH", "PPLCH"})
"""Codes of places that are no more. Abandoned and destroyed ones (PPLQ, PPLW) stay, so coded."""

_PARTS = frozenset({"PPLX"})
_NO_LANGUAGE = frozenset({"link", "wkdt", "post", "iata", "icao", "faac", "unlc", "abbr", "phon"})
_LARGEST = 4_000_000_000


def describe_countries() -> RemoteRequest:
    """Describe the list of countries."""
    return RemoteRequest(
        f"{HOST}/countryInfo.txt", "GeoNames countries", check=_check_countries, most_bytes=10**7
    )


def describe_dumps(code: str) -> tuple[RemoteRequest, RemoteRequest]:
    """Describe places and names of a country, by its code of two letters."""
    return (
        RemoteRequest(
            f"{HOST}/{code}.zip",
            f"GeoNames {code}",
            check=partial(_check_dump, name=f"{code}.txt", columns=(COLUMNS,)),
            most_bytes=_LARGEST,
        ),
        RemoteRequest(
            f"{HOST}/alternatenames/{code}.zip",
            f"GeoNames names {code}",
            check=partial(_check_dump, name=f"{code}.txt", columns=NAME_COLUMNS),
            most_bytes=_LARGEST,
        ),
    )


def translate_codes(client: HttpClient, *, countries: Sequence[str]) -> list[str]:
    """Translate codes of three letters into those of two, by GeoNames' own list.

    Raises
    ------
    ProjectError
        There is no such country.
    """
    codes = read_country_codes(client)
    for country in countries:
        if country not in codes:
            raise ProjectError(
                f"GeoNames knows no country '{country}' (expected an ISO 3166 code of three "
                "letters). Correct it.",
                field="fetch.countries",
            )
    return [codes[country] for country in countries]


def read_country_codes(client: HttpClient) -> dict[str, str]:
    """Read GeoNames' list of countries: codes of two letters by those of three."""
    got = _fetch_or_raise(client, describe_countries())
    codes = {}
    for line in got.path.read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        if not line.startswith("#") and len(cells) > 2:
            codes[cells[1]] = cells[0]
    return codes


def read_geonames(
    client: HttpClient, *, codes: Sequence[str], need: Any
) -> tuple[gpd.GeoDataFrame, list[CachedFile]]:
    """Read the settlements of an area.

    Parameters
    ----------
    client
        How to download.
    codes
        Countries, two letters each.
    need
        The area, in degrees.

    Returns
    -------
    Columns of settlements: ``id, name, name_alt, name_other, population, population_kind,
    population_date, population_source, feature_code, names``, and the files. GeoNames writes 0
    where it knows no population: that is unknown here. It gives no year: the figures are undated.
    """
    import geopandas as gpd
    import pandas as pd

    files: list[CachedFile] = []
    rows: dict[str, dict[str, Any]] = {}
    shapely.prepare(need)
    for code in codes:
        places, names = (
            _fetch_or_raise(client, remote_request) for remote_request in describe_dumps(code)
        )
        files += [places, names]
        settlements = {row["id"]: row for row in _read_places(places.path, code, need)}
        for key, spoken in _read_names(names.path, code, settlements):
            _add_names(settlements[key], spoken)
        rows |= settlements
    table = pd.DataFrame(
        list(rows.values()), columns=list(_make_row([""] * COLUMNS))
    ).convert_dtypes()
    points = shapely.points([row["_lonlat"] for row in rows.values()]) if rows else []
    frame = gpd.GeoDataFrame(table.drop(columns="_lonlat"), geometry=points, crs=4326)
    return frame.sort_values("id", ignore_index=True), files


def _read_places(path: Path, code: str, need: Any) -> Iterator[dict[str, Any]]:
    for cells in _read_lines(path, f"{code}.txt"):
        if len(cells) != COLUMNS or cells[6] != "P" or cells[7] in GONE | _PARTS:
            continue
        lon, lat = float(cells[5]), float(cells[4])
        turned = [lon, lon - 360, lon + 360]
        if any(shapely.intersects_xy(need, longitude, lat) for longitude in turned):
            yield _make_row(cells)


def _make_row(cells: Sequence[str]) -> dict[str, Any]:
    people = int(cells[14]) if cells[14].isdigit() and int(cells[14]) > 0 else None
    return {
        "id": f"geonames/{cells[0]}",
        "name": cells[1],
        "name_alt": "",
        "name_other": "",
        "population": people,
        "population_kind": "residents" if people else "",
        "population_date": "",
        "population_source": "GeoNames" if people else "",
        "feature_code": cells[7],
        "names": "",
        "_lonlat": (float(cells[5] or 0), float(cells[4] or 0)),
    }


def _read_names(
    path: Path, code: str, settlements: dict[str, dict[str, Any]]
) -> Iterator[tuple[str, list[tuple[str, int, str]]]]:
    """Yield the names of each place: language, rank, name; a lower rank is the better name."""
    names: dict[str, list[tuple[str, int, str]]] = {}
    for cells in _read_lines(path, f"{code}.txt"):
        key = f"geonames/{cells[1]}" if len(cells) >= NAME_COLUMNS[1] else ""
        if key in settlements and cells[2] not in _NO_LANGUAGE:
            preferred, _short, colloquial, historic = (cell == "1" for cell in cells[4:8])
            rank = 3 if historic else 2 if colloquial else 0 if preferred else 1
            names.setdefault(key, []).append((cells[2], rank, cells[3]))
    yield from names.items()


def _add_names(row: dict[str, Any], spoken: Sequence[tuple[str, int, str]]) -> None:
    """Keep all names of a place: one by language, of today where there is one, and every one."""
    by_language: dict[str, str] = {}
    for language, _, name in sorted(spoken):
        if language:
            by_language.setdefault(language, name)
    row["names"] = "; ".join(f"{language}={name}" for language, name in by_language.items())
    others = sorted({name for _, _, name in spoken} - {row["name"]})
    row["name_other"] = "; ".join(others)
    english = by_language.get("en", "")
    row["name_alt"] = english if english != row["name"] else ""


def _read_lines(path: Path, name: str) -> Iterator[list[str]]:
    with zipfile.ZipFile(path) as archive, archive.open(name) as file:
        for line in io.TextIOWrapper(file, encoding="utf-8", newline="\n"):
            yield line.rstrip("\r\n").split("\t")


def _check_dump(path: Path, *, name: str, columns: tuple[int, ...]) -> None:
    """Look whether an archive is whole and its table has the columns of the documentation."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > _LARGEST:
                raise DownloadError(f"it would unpack to more than there can be. {CHANGED}")
            broken = archive.testzip()
        if broken is not None:
            raise DownloadError(f"it is damaged at '{broken}'. Try again later.")
        first = next(_read_lines(path, name), [])
    except (zipfile.BadZipFile, zlib.error, KeyError, UnicodeDecodeError, OSError) as error:
        raise DownloadError(
            "it is no archive of GeoNames, or cut short. Try again later."
        ) from error
    if first and len(first) not in columns:
        raise DownloadError(
            f"its table has {len(first)} columns (expected {columns[0]}). {CHANGED}"
        )


def _check_countries(path: Path) -> None:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    if not any(line.startswith("#ISO\tISO3\t") for line in lines):
        raise DownloadError(f"it is not the list of countries. {CHANGED}")


def _fetch_or_raise(client: HttpClient, remote_request: RemoteRequest) -> CachedFile:
    got = fetch_file(client, remote_request=remote_request)
    if got is None:
        raise DownloadError(
            "the provider has no such file. Check the country.", path=remote_request.address
        )
    return got
