"""The command line: arguments in, one line per problem out."""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from typer.exceptions import Abort, TyperException

from frontline.cli import commands
from frontline.cli.fetch import fetch_app
from frontline.cli.memory import spare_addresses
from frontline.cli.options import (
    Out,
    ProjectFile,
    RunOptions,
    path_argument,
    path_option,
    taking,
)
from frontline.cli.terminal import escape_controls, say, start_log
from frontline.errors import FrontlineError, OutputError, wants_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from frontline.results.model import Results


DONE, BUG, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 3

_CTRL_C = 130
"""What Typer makes of an interruption."""

app = typer.Typer(
    name="frontline",
    help="Who lives near a front line, on which side, in sight of it, and what changed.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.add_typer(fetch_app)


def _show_version(value: bool) -> None:
    if value:
        from frontline.export.manifest import list_versions

        say("\n".join(f"{name} {version}" for name, version in list_versions().items()))
        raise typer.Exit


@app.callback()
def _start(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print versions."),
    ] = False,
) -> None:
    spare_addresses()
    start_log()


def run(project: ProjectFile, out: Out, options: RunOptions) -> None:
    """Compute everything a project asks for and write map, GeoPackage, tables and manifest."""
    _run_and_tell(project, out, options, command="run")


def demo(
    options: RunOptions,
    out: Out = Path("out/karabakh"),
    copy: Annotated[
        Path | None,
        path_option("--copy", "Only copy the example here, to be changed."),
    ] = None,
) -> None:
    """Run the example case, or copy it."""
    from frontline.project.example import copy_example, find_example

    if copy is not None:
        say(f"Copied. Change it, then: frontline run {copy_example(copy)} --out out/mine")
        return
    _run_and_tell(find_example(), out, options, command="demo")


def report(project: ProjectFile, out: Out, options: RunOptions) -> None:
    """Compute a project and write only its report."""
    _run_and_tell(project, out, options, command="report")


def claims(
    options: RunOptions,
    project: Annotated[Path | None, path_argument("PROJECT", "The project.toml.")] = None,
    out: Annotated[
        Path | None,
        path_option("--out", "Folder for the results."),
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="Only list what can be computed, with parameters.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="ID", help="Only try this claim, and write nothing."),
    ] = None,
) -> None:
    """Put the statements of claims.toml to the figures: table, workbook and report."""
    if listed:
        _list_metrics()
        return
    if project is not None and only:
        _try_claims(project, only, options)
        return
    if project is None or out is None:
        raise typer.BadParameter("Missing PROJECT or --out (or ask for --list).")
    _run_and_tell(project, out, options, command="claims")


for computing in (run, demo, report, claims):
    app.command()(taking(RunOptions, computing))


def _try_claims(project: Path, only: list[str], options: RunOptions) -> None:
    from frontline.progress import show_progress
    from frontline.workflow.on_demand import try_claims

    with show_progress(quiet=options.quiet) as progress:
        rows = try_claims(project, only=only, use_cache=not options.no_cache, progress=progress)
    for row in rows.to_dict("records"):
        typer.echo(f"{row['id']}: {row['verdict']}\n    {row['statement']}\n    {row['why']}\n")


def _list_metrics() -> None:
    from frontline.claims.registry import list_metrics

    for name, parameters, about in list_metrics():
        say(f"{name}\n    {about}\n    {parameters}\n")


@app.command()
def check(project: ProjectFile) -> None:
    """Report every problem of a project at once, without computing anything."""
    from frontline.workflow.check import check as check_project

    for line in check_project(project):
        say(line)


@app.command()
def init(
    directory: Annotated[Path, path_argument("DIR", "Folder with your layers.")],
) -> None:
    """Write a commented project.toml for a folder of layers, saying what was guessed."""
    from frontline.workflow.scaffold import init as init_project

    for line in init_project(directory):
        say(line)


@app.command()
def schema() -> None:
    """Print every key of the project file and every column of the tables (Markdown)."""
    from frontline.workflow.scaffold import schema as schema_text

    say(schema_text())


@app.command()
def verify(
    directory: Annotated[Path, path_argument("DIR", "A folder of results.")],
) -> None:
    """Compare the files of a finished run with the hashes in its manifest."""
    from frontline.export.publish import verify as verify_files

    problems = verify_files(directory)
    if problems:
        raise OutputError("\n  ".join(["not as its manifest says:", *problems]), path=directory)
    say(f"{directory}: every file is as the manifest says.")


for further in (commands.diff, commands.pack, commands.style):
    app.command()(further)


def _run_and_tell(project: Path, out: Path, options: RunOptions, *, command: str) -> None:
    from frontline.executor import limit_workers
    from frontline.progress import show_progress

    start_log(quiet=options.quiet)
    quiet = options.quiet or (options.as_json and options.progress == "text")
    with (
        limit_workers(options.workers),
        show_progress(quiet=quiet, form=options.progress) as progress,
    ):
        # Told before the libraries are loaded: that takes seconds.
        progress("reading the project", 0, 1)
        from frontline.workflow.run import run as run_project

        results, written = run_project(
            project,
            out=out,
            command=command,
            public=options.public,
            pdf=options.pdf,
            force=options.force,
            work=options.work,
            use_cache=not options.no_cache,
            basemap=options.basemap,
            progress=progress,
        )
    if options.as_json:
        say(json.dumps(_make_figures_json(results), ensure_ascii=False, indent=2))
    elif not options.quiet:
        sentences = _list_verdicts(results) if command == "claims" else _list_sentences(results)
        for sentence in sentences:
            say(f"- {sentence}")
        say(f"\n{len(written)} files in {out}: {', '.join(sorted(written))}")


def _list_sentences(results: Results) -> list[str]:
    return [figure.sentence for figure in results.key_figures]


def _list_verdicts(results: Results) -> list[str]:
    if results.claims is None:
        return []
    counts = results.claims["verdict"].value_counts(sort=False)
    return [f"{verdict}: {count}" for verdict, count in counts.items()]


def _make_figures_json(results: Results) -> list[Mapping[str, object]]:
    return [
        {
            "id": f.id,
            "value": f.value,
            "low": f.low,
            "high": f.high,
            "unit": f.unit,
            "sentence": f.sentence,
        }
        for f in results.key_figures
    ]


def main() -> int:
    """Run the command line.

    Returns
    -------
    0 done, 1 a bug of ours, 2 the input or the request is wrong, 3 interrupted.
    """
    return run_guarded(_run_command)


def _run_command() -> object:
    status = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    if status == _CTRL_C:
        raise KeyboardInterrupt
    return status


def run_script(work: Callable[[], None]) -> NoReturn:
    """Run the main function of a script and end with the exit codes of the command line."""
    sys.exit(run_guarded(work))


def run_guarded(work: Callable[[], object]) -> int:
    """Do some work; an error becomes one line on standard error and an exit code."""
    try:
        status = work()
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # whoever reads has read enough
            return DONE
        raise
    except (Exception, KeyboardInterrupt) as error:
        text, code = _explain_error(error)
        if code == BUG and os.environ.get("FRONTLINE_DEBUG"):
            raise
        return _say(text, code)
    return status if isinstance(status, int) else DONE


def _explain_error(error: BaseException) -> tuple[str, int]:
    """Put an error into words, with its exit code; the last resort: a bug of ours must say so."""
    text, code = "", WRONG_INPUT
    if isinstance(error, FrontlineError):
        text = str(error)
    elif isinstance(error, TyperException):
        text = f"{error} See: frontline --help"
    elif isinstance(error, KeyboardInterrupt | Abort):
        text, code = "interrupted; nothing was changed.", INTERRUPTED
    elif wants_memory(error):
        text = "out of memory. Use a smaller study area or coarser rasters."
    elif isinstance(error, OSError):
        text = _explain_system_error(error)
    if not text:
        what = f"a bug of frontline ({type(error).__name__}: {error})"
        text, code = f"{what}. Run again with FRONTLINE_DEBUG=1 and report.", BUG
    return text, code


def _explain_system_error(error: OSError) -> str:
    """Say what is wrong with disk or folders, where an error is no fault of ours; else nothing."""
    try:
        Path.cwd()
    except OSError:
        return "the folder that this was started in is gone. Change to another one."
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}:
        return f"cannot write ({error.strerror}). Make room, or set TMPDIR to a folder with room."
    return ""


def _say(text: str, code: int) -> int:
    bold = (
        ("\033[1;31m", "\033[0m")
        if sys.stderr.isatty() and "NO_COLOR" not in os.environ
        else ("", "")
    )
    typer.echo(f"{bold[0]}frontline:{bold[1]} {escape_controls(text)}", err=True)
    return code
