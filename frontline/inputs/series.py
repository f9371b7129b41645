"""Lines of many dates in one layer: a line for each date of a column."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from frontline.errors import (
    KEY_PATTERN,
    FrontlineError,
    LayerError,
    ProjectError,
    raise_problems,
    show_value,
    suggest_name,
)
from frontline.inputs.formats import choose_layers, open_vector, read_layers_as_one
from frontline.inputs.geometry import Fault
from frontline.inputs.reader import read_dates, select_rows
from frontline.project.loader import write_relative
from frontline.project.models import ALL_DATES, UNDATED
from frontline.project.series import label_of_date, make_key_of_date, thin_dates

if TYPE_CHECKING:
    from frontline.project.models import LineSpec, Project


def expand_dates(project: Project) -> Project:
    """Replace every line with ``each`` by one line for each date of its layer.

    Parameters
    ----------
    project
        From `load_project`.

    Returns
    -------
    Project
        The same where no line stands for many. Keys are made of the entry's key and the date,
        as ``line_20240808``.

    Raises
    ------
    LayerError
        A layer without that column, or a cell that is no date.
    ProjectError
        A key that is used twice, or one that is spoken of and is not there.
    """
    if all(line.date != UNDATED for line in project.lines):
        return project
    lines: list[LineSpec] = []
    problems: list[FrontlineError] = []
    for line in project.lines:
        if line.date != UNDATED:
            lines.append(line)
            continue
        try:
            lines += _make_lines(line, project)
        except FrontlineError as error:
            problems += error.problems
    raise_problems(problems)
    raise_problems(list(_find_wrong_keys(project, [line.key for line in lines])))
    return project.model_copy(update={"lines": tuple(lines)})


def _make_lines(line: LineSpec, project: Project) -> list[LineSpec]:
    if not re.fullmatch(KEY_PATTERN, make_key_of_date(line.key, date=dt.date(2000, 1, 1))):
        raise ProjectError(
            f"{show_value(line.key)} is too long for keys of many dates (at most 32). Shorten it.",
            path=project.path.name,
            field=f"lines.{line.key}.key",
        )
    with open_vector(line.path, shown=write_relative(line.path, project=project)) as file:
        layers = choose_layers(file, wanted=line.layer)
        single = file.format not in {"GPKG", "LIBKML", "XLSX"}
        fault: Fault = partial(LayerError, path=file.shown, layer=None if single else layers)
        frame, _ = read_layers_as_one(file, layers=layers, encoding=line.encoding)
    dates = read_dates(select_rows(frame, select=line.select, fault=fault), line=line, fault=fault)
    chosen = thin_dates(dates.values(), newest=line.newest, per=line.per)
    label = "" if line.label == ALL_DATES else line.label
    return [
        line.model_copy(
            update={
                "key": make_key_of_date(line.key, date=date),
                "label": label_of_date(label, date=date),
                "date": date,
                "newest": None,
                "per": None,
            }
        )
        for date in chosen
    ]


def _find_wrong_keys(project: Project, keys: list[str]) -> Iterator[ProjectError]:
    """Find keys of lines that are used twice, or spoken of and not there."""
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        text = f"two lines have the key {show_value(key)}. Give one of the entries another key."
        yield ProjectError(text, path=project.path.name, field="lines")
    spoken = [(f"sides.{side.name}.lines", key) for side in project.sides for key in side.lines]
    spoken += [(f"stated.{figure.id}.line", figure.line) for figure in project.stated]
    spoken += [(f"sections.{section.key}.line", section.line) for section in project.sections]
    spoken += [
        (f"scenarios.{scenario.key}.from_line", scenario.from_line)
        for scenario in project.scenarios
    ]
    for field, key in spoken:
        if key not in keys:
            text = f"there is no line {show_value(key)}.{suggest_name(key, words=keys)}"
            yield ProjectError(text, path=project.path.name, field=field)
