"""The commands below `frontline fetch`: arguments in, lines out."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from frontline.cli.options import FetchOptions, ProjectFile, taking
from frontline.cli.terminal import say, start_log

if TYPE_CHECKING:
    from collections.abc import Iterator

    from frontline.fetch.request import FetchRequest


fetch_app = typer.Typer(
    name="fetch",
    help="Get elevation, people, land cover, places, roads. Nothing is fetched otherwise.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Sources = Annotated[
    list[str] | None, typer.Option("--source", help="Instead of the project's; may be repeated.")
]


def elevation(
    project: ProjectFile,
    options: FetchOptions,
    source: Sources = None,
    fallback: Annotated[
        bool, typer.Option("--fallback", help="Take a missing tile from the next source.")
    ] = False,
) -> None:
    """Get heights of the study area and as far as sight reaches: GLO-30, GLO-90 or others."""
    from frontline.fetch.elevation import fetch_elevation

    with _make_request(options, source) as request:
        _tell(fetch_elevation(project, request=replace(request, fallback=fallback)), options)


def population(
    project: ProjectFile,
    options: FetchOptions,
    source: Sources = None,
    year: Annotated[
        int | None, typer.Option("--year", help="Year of the figures; the newest line's if unset.")
    ] = None,
) -> None:
    """Get people on a grid: WorldPop, constrained or unconstrained, by year."""
    from frontline.fetch.population import fetch_population

    with _make_request(options, source) as request:
        _tell(fetch_population(project, request=request, year=year), options)


def landcover(project: ProjectFile, options: FetchOptions, source: Sources = None) -> None:
    """Get land cover at 10 m, for farmland and trees: ESA WorldCover of 2021 or 2020."""
    from frontline.fetch.landcover import fetch_landcover

    with _make_request(options, source) as request:
        _tell(fetch_landcover(project, request=request), options)


def places(
    project: ProjectFile,
    options: FetchOptions,
    source: Annotated[
        str, typer.Option("--source", help="geonames, or osm for OpenStreetMap.")
    ] = "geonames",
) -> None:
    """Get settlements with their names in several languages."""
    from frontline.fetch.layers import fetch_places

    with _make_request(options, [source]) as request:
        _tell(fetch_places(project, request=request), options)


def roads(project: ProjectFile, options: FetchOptions) -> None:
    """Get roads with class and speed, railways, canals and pipelines from OpenStreetMap."""
    from frontline.fetch.layers import fetch_roads

    with _make_request(options) as request:
        _tell(fetch_roads(project, request=request), options)


def boundaries(
    project: ProjectFile,
    options: FetchOptions,
    level: Annotated[
        int, typer.Option("--level", min=0, max=5, help="0 countries, 1 their largest units ...")
    ] = 1,
) -> None:
    """Get administrative boundaries with codes from geoBoundaries."""
    from frontline.fetch.layers import fetch_boundaries

    with _make_request(options) as request:
        _tell(fetch_boundaries(project, request=request, level=level), options)


for fetching in (elevation, population, landcover, places, roads, boundaries):
    fetch_app.command()(taking(FetchOptions, fetching))


@contextmanager
def _make_request(
    options: FetchOptions, sources: list[str] | None = None
) -> Iterator[FetchRequest]:
    from frontline.fetch.http import HttpClient
    from frontline.fetch.request import FetchRequest
    from frontline.progress import show_progress
    from frontline.storage.checkpoint import find_cache_folder

    start_log(quiet=options.quiet)
    with show_progress(quiet=options.quiet) as progress:
        client = HttpClient(
            cache=(options.cache or find_cache_folder()).absolute(),
            mirror=options.mirror,
            proxy=options.proxy,
            refresh=options.refresh,
            progress=progress,
        )
        yield FetchRequest(client, sources=tuple(sources or ()), dry_run=options.dry_run)


def _tell(lines: list[str], options: FetchOptions) -> None:
    for line in () if options.quiet else lines:
        say(line)
