"""`frontline fetch population`: people on grids, by product and year, cut to what is needed.

WorldPop publishes one raster of counts per country and year. The rasters of several countries lie
on one grid and are laid together; what no country's raster knows stays unknown.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj

from frontline.errors import CHANGED, DownloadError, ProjectError, RasterError, to_one_line
from frontline.fetch.cache import CachedFile
from frontline.fetch.http import HttpClient, RemoteRequest
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
from frontline.fetch.windows import fetch_window
from frontline.raster.io import (
    Raster,
    Transform,
    Window,
    cut_blocks,
    find_window,
    find_window_transform,
    open_raster,
    read_window,
    write_cog,
)
from frontline.raster.zonal import doubt_kind, sum_zones
from frontline.records import RasterResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.inputs.layers import Layers
    from frontline.project.models import Project


UNKNOWN = -99_999.0
"""In place of unknown people: the value that WorldPop itself uses."""

LARGEST_FILE = 10_000_000_000
PLAUSIBLE = (0.2, 5.0)
"""A raster's people over the districts' own figure: beyond this the kind is in doubt."""


@dataclass(frozen=True)
class PopulationProduct:
    """A family of population rasters.

    Parameters
    ----------
    key
        Name on the command line, and of the raster in the project with the year after it.
    name, licence
        As they are printed on the map.
    years
        First and last.
    constrained
        People only where settlement was seen: a cell of the country without a value holds nobody
        ("NoData values represent areas that were mapped as unsettled", as the pages say).
    page
        Documentation of names and units.
    addresses
        Where the raster of a country (three letters) and year may lie.
    """

    key: str
    name: str
    licence: str
    years: tuple[int, int]
    constrained: bool
    page: str
    addresses: Callable[[str, int], tuple[str, ...]]


_HOST = "https://data.worldpop.org/GIS/Population"


def _list_global2(iso: str, year: int) -> tuple[str, ...]:
    # hub.worldpop.org/geodata/listing?id=135: R2025A v1, CN for constrained, 100 m
    name = f"{iso.lower()}_pop_{year}_CN_100m_R2025A_v1.tif"
    return (f"{_HOST}/Global_2015_2030/R2025A/{year}/{iso}/v1/100m/constrained/{name}",)


def _list_constrained_2020(iso: str, year: int) -> tuple[str, ...]:
    # hub.worldpop.org/geodata/listing?id=79: by country from either of two maps of settlement
    name = f"{iso.lower()}_ppp_{year}_UNadj_constrained.tif"
    folders = ("maxar_v1", "BSGM")
    return tuple(
        f"{_HOST}/Global_2000_2020_Constrained/{year}/{folder}/{iso}/{name}" for folder in folders
    )


def _list_unconstrained(iso: str, year: int) -> tuple[str, ...]:
    # hub.worldpop.org/geodata/listing?id=29: ppp for people per pixel
    return (f"{_HOST}/Global_2000_2020/{year}/{iso}/{iso.lower()}_ppp_{year}.tif",)


def describe_land(iso: str) -> RemoteRequest:
    """Describe WorldPop's own grid of a country's cells: the others lie beyond its border."""
    # github.com/wpgp/wpgpDownloadR: the data set level0_100m_2000_2020, no value beyond the border
    name = f"{iso.lower()}_level0_100m_2000_2020.tif"
    address = f"https://data.worldpop.org/GIS/Mastergrid/Global_2000_2020/{iso}/L0/{name}"
    return RemoteRequest(address, f"cells of {iso}", check=check_people, most_bytes=LARGEST_FILE)


_PRODUCTS = (
    PopulationProduct(
        "worldpop_constrained",
        "WorldPop Global 2, constrained, 100 m (R2025A v1), doi:10.5258/SOTON/WP00839",
        "CC BY 4.0",
        (2015, 2030),
        constrained=True,
        page="https://hub.worldpop.org/geodata/listing?id=135",
        addresses=_list_global2,
    ),
    PopulationProduct(
        "worldpop_constrained_unadj",
        "WorldPop 2020, constrained, UN adjusted, 100 m, doi:10.5258/SOTON/WP00685",
        "CC BY 4.0",
        (2020, 2020),
        constrained=True,
        page="https://hub.worldpop.org/geodata/listing?id=79",
        addresses=_list_constrained_2020,
    ),
    PopulationProduct(
        "worldpop_unconstrained",
        "WorldPop 2000-2020, unconstrained, 100 m, doi:10.5258/SOTON/WP00645",
        "CC BY 4.0",
        (2000, 2020),
        constrained=False,
        page="https://hub.worldpop.org/geodata/listing?id=29",
        addresses=_list_unconstrained,
    ),
)

PRODUCTS: Mapping[str, PopulationProduct] = MappingProxyType({one.key: one for one in _PRODUCTS})


def fetch_population(path: Path, *, request: FetchRequest, year: int | None = None) -> list[str]:
    """Fetch population rasters of the project's countries.

    Parameters
    ----------
    path
        The project file; ``countries`` in ``[fetch]`` says which.
    request
        How; ``sources`` are keys of `PRODUCTS`, the constrained one if none.
    year
        Of the figures; that of the newest line, as near as the product has it, if unset.

    Returns
    -------
    What was fetched, what is doubtful about it, and what was added to the project.

    Raises
    ------
    DownloadError
        A country's raster is not there or not what it should be.
    RasterError
        The rasters of two countries do not lie on one grid.
    """
    ready = prepare_fetch(path, request=request)
    project, layers, need, client = ready
    countries = list_countries(ready)
    sentences: list[str] = []
    chosen = [_find_product(key) for key in request.sources or ("worldpop_constrained",)]
    if request.dry_run:
        files_to_ask = [
            remote_request
            for product in chosen
            for iso in countries
            for remote_request in (
                *_list_requests(product, iso, _choose_year(project, product, year)),
                *([describe_land(iso)] if product.constrained else []),
            )
        ]
        parts = "At most; where the provider sends parts, only what the area needs is fetched."
        return [*plan_files(client, files=files_to_ask), parts]
    for product in chosen:
        at = _choose_year(project, product, year)
        files = [_fetch_country(client, product, iso, at, need) for iso in countries]
        land = _fetch_land(client, countries, need) if product.constrained else {}
        sentences += _write_results(project, layers, product, at, files, land, need)
    return sentences


def _fetch_land(client: HttpClient, countries: Sequence[str], need: Any) -> dict[str, CachedFile]:
    """Fetch which cells are whose; a country that WorldPop has no grid of is left out."""
    grids = {iso: _fetch_part(client, describe_land(iso), need) for iso in countries}
    return {iso: got for iso, got in grids.items() if got is not None}


def _find_product(key: str) -> PopulationProduct:
    if key not in PRODUCTS:
        known = ", ".join(PRODUCTS)
        raise ProjectError(
            f"there is no source '{to_one_line(key)}' of people (known: {known}). Name one."
        )
    return PRODUCTS[key]


def _choose_year(project: Project, product: PopulationProduct, requested: int | None) -> int:
    first, last = product.years
    if requested is not None and not first <= requested <= last:
        raise ProjectError(
            f"{product.key} has no year {requested} (it has {first} to {last}). Ask for one of "
            "these."
        )
    newest = max(line.date for line in project.lines).year
    return requested if requested is not None else min(max(newest, first), last)


def _list_requests(product: PopulationProduct, iso: str, year: int) -> list[RemoteRequest]:
    return [
        RemoteRequest(
            address, f"{product.key} {iso} {year}", check=check_people, most_bytes=LARGEST_FILE
        )
        for address in product.addresses(iso, year)
    ]


def _fetch_part(client: HttpClient, remote_request: RemoteRequest, need: Any) -> CachedFile | None:
    """Fetch what an area needs of a country's raster: whole ones have up to 1 GB."""
    return fetch_window(
        client, remote_request=remote_request, bounds=need.bounds, check=check_degrees
    )


def _fetch_country(
    client: HttpClient, product: PopulationProduct, iso: str, year: int, need: Any
) -> CachedFile:
    for remote_request in _list_requests(product, iso, year):
        got = _fetch_part(client, remote_request, need)
        if got is not None:
            return got
    raise DownloadError(
        f"{product.key} has no raster of {iso} for {year}. Check the code of the country, or take "
        f"another source: --source {next(key for key in PRODUCTS if key != product.key)}"
    )


def check_degrees(raster: Raster) -> None:
    """Refuse a raster that is not in degrees, as all of WorldPop are."""
    if not raster.crs.is_geographic:
        raise RasterError(f"has the CRS '{raster.crs.name}' (expected degrees). {CHANGED}")


def check_people(path: Path) -> None:
    """Read a raster of people from end to end.

    Raises
    ------
    RasterError
        It is no whole GeoTIFF in degrees, or holds negative people.
    """
    with open_raster(path, shown="the raster") as raster:
        check_degrees(raster)
        for block in cut_blocks(Window(0, 0, raster.rows, raster.cols)):
            _refuse_negative(read_window(raster, window=block), None)


def _refuse_negative(people: NDArray[Any], path: Path | None) -> None:
    if np.nanmin(people, initial=0.0) < 0:
        raise RasterError(f"holds negative people: 'unknown' is not tagged. {CHANGED}", path=path)


def _write_results(
    project: Project,
    layers: Layers,
    product: PopulationProduct,
    year: int,
    files: Sequence[CachedFile],
    land: Mapping[str, CachedFile],
    need: Any,
) -> list[str]:
    """Lay the countries' rasters together, write them, and look whether they can be."""
    people, grid, crs, overlap = join_rasters([file.path for file in files], need=need)
    empty, within = find_empty_cells(
        people, grid=grid, crs=crs, land={iso: file.path for iso, file in land.items()}
    )
    people[empty] = 0.0
    known = f"cells without a value within {', '.join(within)} hold nobody" if within else ""
    key = f"{product.key}_{year}"
    name = f"population_{key}.tif"
    values = np.where(np.isnan(people), np.float32(UNKNOWN), people)
    tags = {"SOURCE": product.name, "LICENCE": product.licence, "YEAR": f"{year}"}
    tags |= {"KIND": "count", "UNIT": "people per cell", "EMPTY": known}
    result = RasterResult({"people per cell": values}, grid, crs)
    with replace_file(project, name=name) as out:
        write_cog(out, result=result, date=dt.date(year, 7, 1), tags=tags, nodata=UNKNOWN)
    checked = compare_with_districts(layers, path=project.path.parent / FOLDER / name, key=key)
    notes = {
        "what": "population",
        "product": product.key,
        "documentation": product.page,
        "year": year,
        "kind": "count",
        "constrained": product.constrained,
        "cells_of_nobody": int(empty.sum()),
        "countries_with_known_cells": within,
        "total": round(float(np.nansum(people, dtype=np.float64)), 1),
        "cells_of_two_countries": overlap,
        "files": [
            {
                "address": file.address,
                "sha256": file.sha256,
                "bytes": file.size_bytes,
                "fetched": file.date,
                "window": dict(file.part) if file.part else "whole",
            }
            for file in (*files, *land.values())
        ],
        "districts": checked.rows,
    }
    write_notes(project, name=name, notes=notes)
    total = notes["total"]
    sentences = [f"{FOLDER}/{name}: {total:,.0f} people of {year} in the area that was asked for."]
    if within:
        sentences.append(f"Constrained: {empty.sum():,} {known}.")
    if product.constrained and len(within) < len(files):
        sentences.append(
            "Constrained: where it is not known which cells are a country's, those without a value "
            "count as unknown."
        )
    keys = {
        "key": key,
        "path": f"{FOLDER}/{name}",
        "kind": "count",
        "source": product.name,
        "licence": product.licence,
        "date": f"{year}-07-01",
    }
    return [*sentences, *checked.doubts, *add_table(project, heading="[[population]]", keys=keys)]


def join_rasters(
    files: Sequence[Path], *, need: Any
) -> tuple[NDArray[np.float32], Transform, str, int]:
    """Lay rasters of counts of one grid together, cut to the bounds of an area.

    Parameters
    ----------
    files
        Rasters of people per cell.
    need
        The area, in degrees.

    Returns
    -------
    People per cell with NaN for unknown, the grid, its CRS, and how many cells two rasters know:
    there each counts its own country's part, and the parts are added.

    Raises
    ------
    RasterError
        A raster has another CRS or step than the first, lies between its cells, holds negative
        people, or does not reach the area.
    """
    with open_raster(files[0]) as first:
        window = find_window(first, bounds=need.bounds, margin_cells=1)
        people = np.full((window.rows, window.cols), np.nan, dtype=np.float32)
        grid, crs = find_window_transform(first.transform, window=window), first.crs.to_wkt()
        base = replace(first, dataset=None)
    overlap = 0
    for path in files:
        with open_raster(path) as raster:
            top, left = _find_offset(raster, base)
            values = read_window(
                raster, window=window._replace(row=window.row - top, col=window.col - left)
            )
            _refuse_negative(values, raster.path)
        both = np.isfinite(people) & np.isfinite(values)
        overlap += int(both.sum())
        people = np.where(both, people + values, np.where(np.isfinite(people), people, values))
    if not np.isfinite(people).any():
        raise RasterError("no raster of people reaches the study area. Check the countries.")
    return people, grid, crs, overlap


def find_empty_cells(
    people: NDArray[np.float32], *, grid: Transform, crs: str, land: Mapping[str, Path]
) -> tuple[NDArray[np.bool_], list[str]]:
    """Find the cells without a value that are a country's: nobody lives there.

    Parameters
    ----------
    people
        From `join_rasters`: NaN is without a value.
    grid, crs
        Its grid.
    land
        By country a raster that has a value in every cell of it.

    Returns
    -------
    True for cells of the countries without a value; and the countries whose raster lies on the
    same grid: of the others it is not known which cells are theirs.
    """
    ours, within = np.zeros(people.shape, dtype=bool), []
    for iso, path in land.items():
        with open_raster(path) as raster:
            base = replace(raster, transform=grid, crs=pyproj.CRS.from_wkt(crs), dataset=None)
            try:
                top, left = _find_offset(raster, base)
            except RasterError:
                continue
            window = Window(-top, -left, *people.shape)
            ours |= np.isfinite(read_window(raster, window=window))
        within.append(iso)
    return ours & np.isnan(people), within


def _find_offset(raster: Raster, base: Raster) -> tuple[int, int]:
    """Return how many cells further south and east a raster begins than the first one."""
    a, _, c, _, e, f = raster.transform
    cells = max(raster.cols, raster.rows)
    steps = abs(a / base.transform[0] - 1), abs(e / base.transform[4] - 1)
    alike = max(steps) * cells < 0.5
    if not alike or not raster.crs.equals(base.crs, ignore_axis_order=True):
        raise RasterError(
            "has another CRS or step than the other countries'. Take another source.",
            path=raster.path,
        )
    left, top = (c - base.transform[2]) / a, (f - base.transform[5]) / e
    if max(abs(left - round(left)), abs(top - round(top))) > 0.25:
        raise RasterError(
            "lies between the cells of the other countries'. Take another source.", path=raster.path
        )
    return round(top), round(left)


@dataclass(frozen=True)
class DistrictCheck:
    """A raster against the districts: a row for each, and what is doubtful in words."""

    rows: list[dict[str, Any]]
    doubts: list[str]


def compare_with_districts(layers: Layers, *, path: Path, key: str) -> DistrictCheck:
    """Compare a raster of counts with the residents that the project's districts state.

    Parameters
    ----------
    layers
        With districts or without: then nothing is compared.
    path
        The raster.
    key
        Its name in messages.

    Returns
    -------
    For each district that the raster covers to nine tenths at least: code, figure, sum. Doubts
    where the sums are so far off that counts may be densities, or the districts' figures of
    another kind.
    """
    districts = layers.districts
    shapes = districts.geometry.to_numpy()
    with open_raster(path) as raster:
        sums = sum_zones(raster, zones=shapes, zones_crs=districts.crs, kind="count")
        doubt = doubt_kind(raster, sums=sums, kind="count")
    rows: list[dict[str, Any]] = []
    for number, (_, district) in enumerate(districts.iterrows()):
        stated = district["population"]
        residents = str(district["population_kind"] or "residents") == "residents"
        if residents and stated is not None and not _is_unknown(stated):
            share = float(sums.on_raster[number])
            if share >= 0.9:
                people = round(float(sums.people[number]), 1)
                rows.append(
                    {"code": str(district["code"]), "stated": int(stated), "raster": people}
                )
    doubts = [f"{key}: {doubt}.".replace("?.", "?")] if doubt else []
    stated_sum = sum(row["stated"] for row in rows)
    ratio = sum(row["raster"] for row in rows) / stated_sum if stated_sum else math.nan
    if rows and not PLAUSIBLE[0] <= ratio <= PLAUSIBLE[1]:
        doubts.append(
            f"{key} holds {ratio:.2g} times the people that {len(rows)} districts state: are they "
            "counts, and of the same kind and time?"
        )
    return DistrictCheck(rows, doubts)


def _is_unknown(value: Any) -> bool:
    import pandas as pd

    return bool(pd.isna(value))
