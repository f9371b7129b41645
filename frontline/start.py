"""The first steps with a project: a file to begin with, a check of it, and what may stand in it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontline.errors import FrontlineError, OutputError, one_line, raise_problems, tried
from frontline.inputs import CORRIDORS, POINTS, SETTLEMENTS

if TYPE_CHECKING:
    from frontline.guesses import Guess

PROJECT, TEMPLATE = "project.toml", "template.gpkg"

_SINGLE = ("settlements", "corridors", "points", "districts")
_ABOUT = {
    "study_area": "The land that the lines divide. Each line must cut it from edge to edge.",
    "lines": "A line with its date. It lies within error_m metres on either side with 95 %.",
    "settlements": "Places with people. An empty population is unknown, never zero.",
    "corridors": "Roads, canals, pipelines: their length on each side, and where they are cut.",
    "points": "Named points.",
    "districts": "Districts with people, united by their column code.",
    "partitions": "Another partition of the land, such as a former border.",
}


def init(directory: Path | str) -> list[str]:
    """Write a commented project for a folder of layers, and an empty template to draw into.

    Parameters
    ----------
    directory
        The folder; it is made if it does not exist. Only files directly in it are looked at.

    Returns
    -------
    What was written, what each layer was taken for and why, and what is left to do.

    Raises
    ------
    OutputError
        If the folder holds a project or a template already, or cannot be written to.
    """
    from frontline.guesses import guessed

    folder = Path(directory)
    for name in (PROJECT, TEMPLATE):
        if (folder / name).exists():
            raise OutputError(
                "exists already. Rename it, or name another folder.", path=folder / name
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        guesses, said = guessed(folder)
        text, lines = _project_text(folder, guesses)
        _write_template(folder / TEMPLATE)
        with (folder / PROJECT).open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise OutputError(
            f"cannot be written ({error.strerror}). Check the folder.", path=folder
        ) from error
    first = f"Wrote {one_line(str(folder / PROJECT))} and {TEMPLATE}."
    then = f"Then: frontline check {shlex.quote(one_line(str(folder)))}"
    return [first, *lines, *said, *_LEFT_TO_DO, then]


_LEFT_TO_DO = (
    f"{TEMPLATE} has empty layers to draw into, for whatever is missing.",
    "Look through the project: dates, error_m and the names of the sides are yours to say.",
)


def _write_template(path: Path) -> None:
    from frontline.vectors import write_empty

    kinds = {"text": "str", "date": "str", "whole number": "int64", "number": "float64"}

    def columns(role: Any) -> dict[str, str]:
        return {column.name: kinds[column.kind] for column in role.columns}

    write_empty(
        path,
        {
            "study_area": ("MultiPolygon", {"name": "str"}),
            "lines": (
                "MultiLineString",
                {"line": "str", "label": "str", "date": "str", "error_m": "float64"},
            ),
            "settlements": ("Point", columns(SETTLEMENTS)),
            "corridors": ("MultiLineString", columns(CORRIDORS)),
            "points": ("Point", columns(POINTS)),
        },
    )


def _project_text(folder: Path, guesses: Sequence[Guess]) -> tuple[str, list[str]]:
    """Compose the project file; returns it and what was guessed."""
    chosen, said = _chosen(guesses)
    blocks = [
        "# Written by frontline init. Every key is described by: frontline schema",
        "# Lines that begin with # do nothing; remove the # to use them.",
        "",
        f"title = {_quoted(folder.absolute().name or 'Project')}",
    ]
    blocks += _layer_block("[study_area]", "study_area", chosen.get("study_area"))
    dated, lines = _line_blocks(chosen.get("lines"), said)
    blocks += dated
    blocks += _side_blocks(chosen, lines, said)
    for role in _SINGLE:
        if role in chosen:
            blocks += _layer_block(f"[{role}]", role, chosen[role])
        elif role != "districts":
            blocks += _commented(_layer_block(f"[{role}]", role, None))
    for number, guess in enumerate(chosen.get("partitions", ()), start=1):
        name = guess.layer or Path(guess.file).stem
        keys = [f"key = {_quoted(_key(name, f'partition_{number}'))}", f"label = {_quoted(name)}"]
        blocks += _layer_block("[[partitions]]", "partitions", [guess], keys)
    blocks += _raster_blocks(folder, said)
    blocks += ["", "[zones]", "distances_m = [5000, 10000, 15000]", ""]
    blocks += ["[uncertainty]", "draws = 200", "", "[sight]", "radius_m = 15000"]
    blocks += ["observer_height_m = 2", "target_height_m = 2", ""]
    return "\n".join(blocks), said


def _chosen(guesses: Sequence[Guess]) -> tuple[dict[str, list[Guess]], list[str]]:
    """Give each layer its place in the project; what comes second to a place is said."""
    chosen: dict[str, list[Guess]] = {}
    said = []
    for guess in guesses:
        where = one_line(guess.file + (f", layer '{guess.layer}'" if guess.layer else ""))
        role = guess.role
        if role == "study_area" and role in chosen:
            role = "partitions"
        if not role or (role in chosen and role not in {"lines", "partitions"}):
            why = guess.why if not role else f"there is one for {role} already"
            said.append(f"Not used: {where} ({why}).")
            continue
        chosen.setdefault(role, []).append(guess)
        said.append(f"Guessed: {where} is {role} ({guess.why}).")
    missing = [role for role in ("study_area", "lines") if role not in chosen]
    said += [f"No layer looks like {role}: draw it in {TEMPLATE}." for role in missing]
    return chosen, said


def _layer_block(
    heading: str, role: str, guesses: Sequence[Guess] | None, keys: Sequence[str] = ()
) -> list[str]:
    guess = guesses[0] if guesses else None
    block = ["", f"# {_ABOUT[role]}", heading, *keys]
    block.append(f"path = {_quoted(guess.file if guess else TEMPLATE)}")
    layer = guess.layer if guess else role
    if layer is not None:
        block.append(f"layer = {_quoted(layer)}")
    for key, value in (guess.keys if guess else {}).items():
        block.append(f"{key} = {_table(value) if isinstance(value, dict) else _quoted(value)}")
    return [*block, 'source = ""', 'licence = ""']


def _line_blocks(guesses: Sequence[Guess] | None, said: list[str]) -> tuple[list[str], list[Any]]:
    """Write one ``[[lines]]`` per dated line; returns their geometries as well."""
    import shapely

    from frontline.guesses import dated_parts

    if not guesses:
        keys = ['key = "line_1"', 'label = "Line"', "date = 2000-01-01  # yours to say"]
        return _layer_block("[[lines]]", "lines", None, [*keys, "error_m = 0"]), []
    blocks: list[str] = []
    shapes: list[Any] = []
    used: set[str] = set()
    for guess in guesses:
        for name, date, select, rows in dated_parts(guess):
            key = _key(name, f"line_{len(used) + 1}")
            while key in used:
                key = f"{key}_{len(used) + 1}"
            used.add(key)
            if not date:
                said.append(f"Line '{key}' has no date that could be found: change 2000-01-01.")
            label = str(rows["label"].iloc[0]) if "label" in rows.columns else name
            keys = [f"key = {_quoted(key)}", f"label = {_quoted(label)}"]
            keys.append(f"date = {date or '2000-01-01'}{'' if date else '  # yours to say'}")
            stated = "error_m" in rows.columns
            keys.append('error_m = "error_m"' if stated else "error_m = 0  # metres, or a column")
            keys += [f"select = {_table(select)}"] if select else []
            blocks += _layer_block("[[lines]]", "lines", [guess], keys)
            if "side_column" not in guess.keys:
                shapes.append(shapely.union_all(rows.geometry.dropna().to_numpy()))
    return blocks, shapes


def _side_blocks(
    chosen: Mapping[str, Sequence[Guess]], lines: Sequence[Any], said: list[str]
) -> list[str]:
    import shapely

    from frontline.guesses import seeds

    states = [guess for guess in chosen.get("lines", ()) if "side_column" in guess.keys]
    if states and not lines:
        names: set[str] = set()
        for guess in states:
            names |= set(guess.frame[guess.keys["side_column"]].dropna().astype(str))
        blocks = ["", "# The sides, as the polygons name them."]
        for name in sorted(names):
            blocks += ["[[sides]]", f"name = {_quoted(name)}"]
        return blocks
    found = None
    if lines and "study_area" in chosen:
        area = shapely.union_all(chosen["study_area"][0].frame.geometry.dropna().to_numpy())
        try:
            found = seeds(area, lines)
        except shapely.errors.GEOSException:
            found = None
    if found is None:
        said.append("No points on the two sides could be found: write your own seeds.")
    one, other = found or ((0.0, 0.0), (0.0, 0.0))
    why = "# A side's seed is a point [longitude, latitude] that surely lies on it, for every line."
    blocks = ["", why, "[[sides]]", 'name = "Side A"', f"seed = [{one[0]}, {one[1]}]"]
    return [*blocks, "[[sides]]", 'name = "Side B"', f"seed = [{other[0]}, {other[1]}]"]


def _raster_blocks(folder: Path, said: list[str]) -> list[str]:
    blocks = []
    seen: set[str] = set()
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in {".tif", ".tiff"}:
            continue
        people = re.search(r"(?i)pop|people|worldpop|ghs|census", path.stem)
        cover = re.search(r"(?i)world_?cover|land_?cover|lulc", path.stem)
        kind = "population" if people else "landcover" if cover else "elevation"
        if kind in seen:
            said.append(f"Not used: {one_line(path.name)} (there is one {kind} already).")
            continue
        said.append(f"Guessed: {one_line(path.name)} is {kind} (by its name).")
        if people:
            key = _key(path.stem, "raster")
            blocks += [
                "",
                "# People per cell (count) or per square kilometre (density).",
                "[[population]]",
            ]
            blocks += [f"key = {_quoted(key)}", 'kind = "count"  # yours to say']
        elif cover:
            seen.add(kind)
            blocks += ["", "# Land cover, with the codes of ESA WorldCover.", "[landcover]"]
        else:
            seen.add(kind)
            blocks += ["", "# Elevation, for sight and relief.", "[elevation]"]
        blocks += [f"path = {_quoted(path.name)}", 'source = ""', 'licence = ""']
    return blocks


def _commented(block: Sequence[str]) -> list[str]:
    return [line if not line or line.startswith("# ") else f"# {line}" for line in block]


def _quoted(text: str) -> str:
    """Write a TOML string; JSON escapes all that TOML wants escaped but DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _table(values: Mapping[str, Any]) -> str:
    cells = (
        f"{_quoted(key)} = {value if isinstance(value, int) else _quoted(value)}"
        for key, value in values.items()
    )
    return f"{{ {', '.join(cells)} }}"


def _key(name: str, otherwise: str) -> str:
    key = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")[:40]
    if re.match(r"\d", key):
        key = f"line_{key}"[:40]
    return key if re.fullmatch(r"[a-z][a-z0-9_]*", key) else otherwise


def check(path: Path | str) -> list[str]:
    """Report every problem of a project at once, without the long computation.

    Parameters
    ----------
    path
        The project file.

    Returns
    -------
    What was found to be in order, and what a reader must know of the inputs.

    Raises
    ------
    FrontlineError
        With all that a run would stop at in project, layers, lines, tables, rasters and claims,
        up to twenty problems.
    """
    from frontline.cuts import asked_of
    from frontline.exports import check_exports
    from frontline.fronts import read_fronts
    from frontline.layers import read_layers
    from frontline.project import load_project
    from frontline.survey import openable, survey

    project = load_project(path)
    problems: list[FrontlineError] = []
    lines: list[str] = []
    tried(lambda: check_exports(project), problems)
    layers = tried(lambda: read_layers(project), problems)
    fronts = tried(lambda: read_fronts(project, layers), problems) if layers is not None else None
    if layers is None or fronts is None:
        openable(project, problems)
    else:
        counts = (
            f"lines {len(project.lines)}",
            *(f"{name} {len(getattr(layers, name))}" for name in _SINGLE),
        )
        lines.append(f"{one_line(project.title)}: {', '.join(counts)}.")
        lines += [
            f"{front.key}: {front.length_km:,.1f} km, cuts the study area." for front in fronts
        ]
        asked = tried(lambda: asked_of(project, layers, fronts), problems)
        notes = [*layers.notes, *(note for front in fronts for note in front.notes)]
        notes += asked.notes if asked is not None else ()
        lines += [f"{one_line(note.about)}: {note.text}" for note in notes]
        lines += survey(project, layers, fronts, problems)
    raise_problems(list({str(problem): problem for problem in problems}.values()))
    return [*lines, "No problems found."]


def schema() -> str:
    """Describe every key of the project file and every column, in Markdown."""
    from frontline.schema import schema_markdown
    from frontline.tables import schema_columns_markdown

    lines = [
        "# What stands in the files",
        "",
        "Generated by `frontline schema`; do not edit.",
        "",
        schema_markdown(),
        schema_columns_markdown(),
    ]
    return "\n".join(lines)
