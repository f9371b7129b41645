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
