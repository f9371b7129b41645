"""Further commands of the command line: on finished runs, and for handing work over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from frontline.cli.options import Force, ProjectFile, path_argument, path_option
from frontline.cli.terminal import say

Json = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


def diff(
    before: Annotated[Path, path_argument("OUT_A", "A folder of results.")],
    after: Annotated[Path, path_argument("OUT_B", "Another one.")],
    *,
    as_json: Json = False,
) -> None:
    """Say which figures of two runs differ, and why: inputs, parameters, versions."""
    from frontline.workflow import compare as differences

    differences_found = differences.compare(before, after=after)
    if as_json:
        say(json.dumps(differences.list_as_json(differences_found), ensure_ascii=False, indent=2))
        return
    say("\n".join(differences.write_as_text(differences_found)))


def pack(
    project: ProjectFile,
    out: Annotated[
        Path,
        path_option("--out", "The archive, a .zip file."),
    ],
    *,
    public: Annotated[bool, typer.Option("--public", help="Refuse restricted layers.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Put all inputs and a manifest into one archive for another analyst."""
    from frontline.workflow import pack as packing

    names = packing.pack(project, out=out, public=public, force=force)
    hidden = packing.list_restricted_inputs(project)
    if hidden:
        say(f"frontline: holds restricted layers: {', '.join(hidden)}.", err=True)
    say(f"{len(names)} inputs in {out}. Unpack it, then: frontline run {names[0]} --out ...")


def style(
    out: Annotated[
        Path,
        path_option("--out", "Folder for the QML files."),
    ],
    project: Annotated[
        Path | None,
        path_argument("PROJECT", "The project.toml; the example's without it."),
    ] = None,
    *,
    force: Force = False,
) -> None:
    """Write the QGIS style of every layer, from the one table of colours and symbols."""
    from frontline.export.qgis import layers as stylefiles

    written = stylefiles.write_styles(project, out=out, force=force)
    say(f"{len(written)} files in {out}: {', '.join(sorted(written))}")
