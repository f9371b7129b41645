"""The commands below `frontline fetch`: arguments in, lines out."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from frontline.fetch import Request

fetch_app = typer.Typer(
    name="fetch",
    help="Get elevation, people, places and roads for a project. Nothing is fetched otherwise.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

ProjectFile = Annotated[Path, typer.Argument(metavar="PROJECT", help="The project.toml.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what, and how much.")]
Sources = Annotated[
    list[str] | None, typer.Option("--source", help="Instead of the project's; may be repeated.")
]
Mirror = Annotated[
    str, typer.Option("--mirror", metavar="URL", help="Put before host and path of every file.")
]
Proxy = Annotated[str, typer.Option("--proxy", metavar="URL", help="Go through this proxy.")]
Cache = Annotated[Path | None, typer.Option("--cache", metavar="DIR", help="Keep downloads here.")]
Refresh = Annotated[bool, typer.Option("--refresh", help="Ask again for what is in the cache.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]


@fetch_app.command()
def elevation(
    project: ProjectFile,
    dry_run: DryRun = False,
    source: Sources = None,
    fallback: Annotated[
        bool, typer.Option("--fallback", help="Take a missing tile from the next source.")
    ] = False,
    mirror: Mirror = "",
    proxy: Proxy = "",
    cache: Cache = None,
    refresh: Refresh = False,
    quiet: Quiet = False,
) -> None:
    """Get heights of the study area and as far as sight reaches: GLO-30, GLO-90 or others."""
    from frontline.fetch_elevation import elevation as fetch_elevation

    with _request(mirror, proxy, cache, refresh=refresh, quiet=quiet) as request:
        asked = replace(request, sources=tuple(source or ()), fallback=fallback, dry_run=dry_run)
        _tell(fetch_elevation(project, asked), quiet=quiet)


@fetch_app.command()
def population(
    project: ProjectFile,
    dry_run: DryRun = False,
    source: Sources = None,
    year: Annotated[
        int | None, typer.Option("--year", help="Year of the figures; the newest line's if unset.")
    ] = None,
    mirror: Mirror = "",
    proxy: Proxy = "",
    cache: Cache = None,
    refresh: Refresh = False,
    quiet: Quiet = False,
) -> None:
    """Get people on a grid: WorldPop, constrained or unconstrained, by year."""
    from frontline.gridded_people import population as fetch_population

    with _request(mirror, proxy, cache, refresh=refresh, quiet=quiet) as request:
        asked = replace(request, sources=tuple(source or ()), dry_run=dry_run)
        _tell(fetch_population(project, asked, year=year), quiet=quiet)


@fetch_app.command()
def places(
    project: ProjectFile,
    dry_run: DryRun = False,
    source: Annotated[
        str, typer.Option("--source", help="geonames, or osm for OpenStreetMap.")
    ] = "geonames",
    mirror: Mirror = "",
    proxy: Proxy = "",
    cache: Cache = None,
    refresh: Refresh = False,
    quiet: Quiet = False,
) -> None:
    """Get settlements with their names in several languages."""
    from frontline.fetch_layers import places as fetch_places

    with _request(mirror, proxy, cache, refresh=refresh, quiet=quiet) as request:
        asked = replace(request, sources=(source,), dry_run=dry_run)
        _tell(fetch_places(project, asked), quiet=quiet)


@fetch_app.command()
def roads(
    project: ProjectFile,
    dry_run: DryRun = False,
    mirror: Mirror = "",
    proxy: Proxy = "",
    cache: Cache = None,
    refresh: Refresh = False,
    quiet: Quiet = False,
) -> None:
    """Get roads with class and speed, railways, canals and pipelines from OpenStreetMap."""
    from frontline.fetch_layers import roads as fetch_roads

    with _request(mirror, proxy, cache, refresh=refresh, quiet=quiet) as request:
        _tell(fetch_roads(project, replace(request, dry_run=dry_run)), quiet=quiet)


@fetch_app.command()
def boundaries(
    project: ProjectFile,
    level: Annotated[
        int, typer.Option("--level", min=0, max=5, help="0 countries, 1 their largest units ...")
    ] = 1,
    dry_run: DryRun = False,
    mirror: Mirror = "",
    proxy: Proxy = "",
    cache: Cache = None,
    refresh: Refresh = False,
    quiet: Quiet = False,
) -> None:
    """Get administrative boundaries with codes from geoBoundaries."""
    from frontline.fetch_layers import boundaries as fetch_boundaries

    with _request(mirror, proxy, cache, refresh=refresh, quiet=quiet) as request:
        asked = replace(request, dry_run=dry_run)
        _tell(fetch_boundaries(project, asked, level=level), quiet=quiet)


@contextmanager
def _request(
    mirror: str, proxy: str, cache: Path | None, *, refresh: bool, quiet: bool
) -> Iterator[Request]:
    from frontline.downloads import Client, default_cache
    from frontline.fetch import Request
    from frontline.progress import shown_progress

    with shown_progress(quiet=quiet) as progress:
        yield Request(
            Client(
                cache=(cache or default_cache()).absolute(),
                mirror=mirror,
                proxy=proxy,
                refresh=refresh,
                progress=progress,
            )
        )


def _tell(lines: list[str], *, quiet: bool) -> None:
    for line in () if quiet else lines:
        typer.echo(line)
