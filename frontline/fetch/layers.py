"""`frontline fetch places`, `roads` and `boundaries`: layers with names, codes and licences."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontline.errors import DownloadError, ProjectError, to_one_line
from frontline.fetch import geonames as gazetteer
from frontline.fetch import osm
from frontline.fetch.cache import CachedFile, fetch_file
from frontline.fetch.geoboundaries import describe_release, read_boundaries
from frontline.fetch.http import HttpClient, RemoteRequest
from frontline.fetch.osm import write_layers
from frontline.fetch.request import (
    FOLDER,
    FetchRequest,
    add_table,
    list_countries,
    plan_files,
    prepare_fetch,
    replace_file,
    write_notes,
)

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline.project.models import Project


PLACES = ("geonames", "osm")


def fetch_places(path: Path, *, request: FetchRequest) -> list[str]:
    """Fetch the settlements of the study area and its surroundings.

    Parameters
    ----------
    path
        The project file.
    request
        How; ``sources`` are ``geonames`` (the countries of the project) or ``osm``.

    Returns
    -------
    What was fetched, and what was added to the project.

    Raises
    ------
    DownloadError
        A provider does not answer, or not with what it should.
    ProjectError
        The source is unknown, or GeoNames was asked without a country.
    """
    ready = prepare_fetch(path, request=request)
    project, _, need, client = ready
    (source,) = request.sources or ("geonames",)
    if source not in PLACES:
        raise ProjectError(
            f"there is no source '{to_one_line(source)}' of places (known: {', '.join(PLACES)}). "
            "Name one."
        )
    if source == "osm":
        return _fetch_from_osm(project, need, client, request, what="places")
    codes = gazetteer.translate_codes(client, countries=list_countries(ready))
    if request.dry_run:
        return plan_files(
            client,
            files=[
                remote_request
                for code in codes
                for remote_request in gazetteer.describe_dumps(code)
            ],
        )
    frame, files = gazetteer.read_geonames(client, codes=codes, need=need)
    about = {"source": "GeoNames", "licence": gazetteer.LICENCE}
    return _write_layer(project, "places", "settlements", frame, files, about)


def fetch_roads(path: Path, *, request: FetchRequest) -> list[str]:
    """Fetch roads, railways, canals and pipelines from OpenStreetMap.

    Parameters
    ----------
    path
        The project file.
    request
        How.

    Returns
    -------
    What was fetched, and what was added to the project.

    Raises
    ------
    DownloadError
        The provider does not answer, or not with what it should.
    """
    project, _, need, client = prepare_fetch(path, request=request)
    return _fetch_from_osm(project, need, client, request, what="roads")


def _fetch_from_osm(
    project: Project, need: Any, client: HttpClient, request: FetchRequest, *, what: str
) -> list[str]:
    extracts = osm.choose_extracts(client, need=need)
    if request.dry_run:
        return plan_files(client, files=extracts)
    files = [_fetch_whole(client, extract) for extract in extracts]
    read, layer = {
        "roads": (osm.read_osm_roads, "corridors"),
        "places": (osm.read_osm_places, "settlements"),
    }[what]
    frame = read([file.path for file in files], need)
    about = {"source": "(c) OpenStreetMap contributors, by Geofabrik", "licence": osm.LICENCE}
    return _write_layer(project, what, layer, frame, files, about)


def fetch_boundaries(path: Path, *, request: FetchRequest, level: int = 1) -> list[str]:
    """Fetch administrative boundaries with codes.

    Parameters
    ----------
    path
        The project file; ``countries`` in ``[fetch]`` says of which.
    request
        How.
    level
        0 for countries, 1 for their largest units, and so on.

    Returns
    -------
    What was fetched, and what was added to the project.

    Raises
    ------
    DownloadError
        A provider does not answer, or not with what it should.
    """
    import geopandas as gpd
    import pandas as pd

    ready = prepare_fetch(path, request=request)
    project, _, need, client = ready
    countries = list_countries(ready)
    if request.dry_run:
        return plan_files(
            client, files=[describe_release(country, level=level) for country in countries]
        )
    frames, releases, files = [], [], []
    for country in countries:
        frame, release, got = read_boundaries(client, country=country, level=level, need=need)
        frames.append(frame)
        releases.append(release)
        files += got
    years = sorted({str(release["boundaryYearRepresented"]) for release in releases})
    about = {
        "source": f"geoBoundaries gbOpen ({', '.join(years)}): "
        + "; ".join(dict.fromkeys(str(release["boundarySource"]) for release in releases)),
        "licence": "; ".join(
            dict.fromkeys(str(metadata["boundaryLicense"]) for metadata in releases)
        ),
    }
    joined = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=4326)
    return _write_layer(project, "boundaries", "districts", joined, files, about)


def _fetch_whole(client: HttpClient, remote_request: RemoteRequest) -> CachedFile:
    got = fetch_file(client, remote_request=remote_request)
    if got is None:
        raise DownloadError(
            "the provider has no such file. Try another source.", path=remote_request.address
        )
    return got


def _write_layer(
    project: Project,
    what: str,
    layer: str,
    frame: gpd.GeoDataFrame,
    files: Sequence[CachedFile],
    about: dict[str, str],
) -> list[str]:
    """Write a layer with its notes, and add it to the project."""
    if not len(frame):
        raise DownloadError(
            f"{about['source']}: there are no {what} in the study area. Take another source."
        )
    name = f"{what}.gpkg"
    with replace_file(project, name=name) as path:
        write_layers(path, layers={layer: frame})
    notes = {
        "what": what,
        **about,
        "features": len(frame),
        "files": [
            {
                "address": file.address,
                "sha256": file.sha256,
                "bytes": file.size_bytes,
                "fetched": file.date,
            }
            for file in files
        ],
    }
    write_notes(project, name=name, notes=notes)
    date = max(file.date for file in files)
    keys = {"path": f"{FOLDER}/{name}", "layer": layer, **about, "date": date}
    sentences = [f"{FOLDER}/{name}: {len(frame):,} {what}. {about['licence']}."]
    return [*sentences, *add_table(project, heading=f"[{layer}]", keys=keys)]
