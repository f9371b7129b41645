"""Options that several commands share, declared once and handed over as one value."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from frontline.progress import Form


def named_path(text: str | Path) -> Path:
    """Take a path of the command line; an empty one, as of an unset variable, is none."""
    if not str(text).strip():
        raise typer.BadParameter("is empty (expected a path). Name a folder or file.")
    return Path(text)


def path_option(name: str, help_text: str, *, metavar: str = "PATH") -> Any:
    """Declare an option that takes a path."""
    return typer.Option(name, parser=named_path, metavar=metavar, help=help_text)


def path_argument(metavar: str, help_text: str) -> Any:
    """Declare an argument that is a path."""
    return typer.Argument(metavar=metavar, parser=named_path, help=help_text)


ProjectFile = Annotated[Path, path_argument("PROJECT", "The project.toml.")]
Out = Annotated[Path, path_option("--out", "Folder for the results.")]
Force = Annotated[bool, typer.Option("--force", help="Write over another command's folder.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]

Command = Callable[..., None]


@dataclass(frozen=True)
class RunOptions:
    """How to compute a project, and what of it to write and to say."""

    public: Annotated[bool, typer.Option("--public", help="Keep restricted layers out.")] = False
    pdf: Annotated[bool, typer.Option("--pdf", help="Also write maps and report as PDF.")] = False
    force: Force = False
    work: Annotated[
        Path | None,
        path_option("--work", "Folder for intermediate files; a killed run goes on from them."),
    ] = None
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Compute all; neither use nor keep finished stages.")
    ] = False
    basemap: Annotated[
        str,
        typer.Option(
            "--basemap",
            metavar="TILES",
            help="Let the page offer online tiles: osm, or a URL with {z}, {x}, {y}.",
        ),
    ] = ""
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            metavar="N",
            min=1,
            help="Threads to work with; default all cores. Results do not depend on it.",
        ),
    ] = None
    progress: Annotated[
        Form,
        typer.Option(
            "--progress", help="How to tell how far a run is: text, or json for a program."
        ),
    ] = "text"
    quiet: Quiet = False
    as_json: Annotated[bool, typer.Option("--json", help="Print the key figures as JSON.")] = False


@dataclass(frozen=True)
class FetchOptions:
    """From where to fetch, by which way, and whether at all."""

    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what, and how much.")] = False
    mirror: Annotated[
        str, typer.Option("--mirror", metavar="URL", help="Put before host and path of every file.")
    ] = ""
    proxy: Annotated[str, typer.Option("--proxy", metavar="URL", help="Go through this proxy.")] = (
        ""
    )
    cache: Annotated[
        Path | None,
        path_option("--cache", "Keep downloads here.", metavar="DIR"),
    ] = None
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Ask again for what is in the cache.")
    ] = False
    quiet: Quiet = False


def taking(options: type, command: Command) -> Command:
    """Give a command every field of `options` as an option of its own.

    Parameters
    ----------
    options
        A dataclass whose fields are annotated for typer.
    command
        Takes a value of that class as its parameter ``options``, which the command line then
        fills from the single options.

    Returns
    -------
    The command as typer is to see it.
    """
    names = [field.name for field in fields(options)]

    @wraps(command)
    def called(**values: object) -> None:
        chosen = options(**{name: values.pop(name) for name in names})
        command(**values, options=chosen)

    hints = get_type_hints(command, include_extras=True)
    hints |= get_type_hints(options, include_extras=True)
    stated = (*inspect.signature(command).parameters.values(),)
    shared = (*inspect.signature(options).parameters.values(),)
    called.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[parameter.name])
            for parameter in (*stated, *shared)
            if parameter.name != "options"
        ]
    )
    called.__annotations__ = {}
    return called
