"""Tables without geometry: read with the same care as layers, every cell checked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from frontline.errors import FrontlineError, LayerError, raise_problems
from frontline.errors import show_value as quoted
from frontline.inputs.csv import read_cells
from frontline.inputs.fields import convert_cells, name_columns_of_file, rename_columns
from frontline.inputs.formats import choose_layers, open_vector
from frontline.inputs.hxl import find_columns_by_tags, split_tags
from frontline.inputs.reader import select_rows
from frontline.project.layers import EVENTS, FLOWS, LINKS, Role
from frontline.project.loader import write_relative
from frontline.records import Note

if TYPE_CHECKING:
    import pandas as pd

    from frontline.inputs.geometry import Fault
    from frontline.project.models import Project, TableSource


def read_tables(project: Project) -> tuple[dict[str, pd.DataFrame], tuple[Note, ...]]:
    """Read the tables of flows, links and events that a project names.

    Parameters
    ----------
    project
        From `load_project`.

    Returns
    -------
    tables
        By name, those that the project names: the columns of `frontline.project.layers.TABLES`,
        then the user's; ``id`` is filled and unique.
    notes
        Columns that were renamed.

    Raises
    ------
    LayerError
        With every problem of every table.
    """
    tables: dict[str, pd.DataFrame] = {}
    notes: list[Note] = []
    problems: list[FrontlineError] = []
    for role in (FLOWS, LINKS, EVENTS):
        source: TableSource | None = getattr(project, role.name)
        if source is None:
            continue
        try:
            tables[role.name], renamed = _read(
                source, role, write_relative(source.path, project=project)
            )
            notes += [Note(role.name, text) for text in renamed]
        except LayerError as error:
            problems += error.problems
    raise_problems(problems)
    return tables, tuple(notes)


def _read(source: TableSource, role: Role, shown: str) -> tuple[pd.DataFrame, list[str]]:
    with open_vector(source.path, shown=shown) as file:
        layers = choose_layers(file, wanted=source.layer)
        fault: Fault = partial(
            LayerError, path=shown, layer=None if file.format == "CSV" else layers
        )
        cells, tags = split_tags(read_cells(file, layers=layers, encoding=source.encoding))
    columns, notes = find_columns_by_tags(tags, columns=role.columns, mapping=source.columns)
    cells = select_rows(cells, select=source.select, fault=fault)
    ours = rename_columns(cells, columns=role.columns, mapping=columns, fault=fault)
    fault = name_columns_of_file(fault, columns=ours.columns)
    checked_cells = convert_cells(ours.table, columns=role.columns, fault=fault)
    table, wrong = checked_cells.table, checked_cells.problems
    problems = [*ours.problems, *wrong, *_find_out_of_range(table, fault)]
    reported = {(problem.row, problem.field) for problem in problems}
    blank = _find_missing_cells(
        table[[name for name in table if name in ours.columns]], role, fault
    )
    problems += [problem for problem in blank if (problem.row, problem.field) not in reported]
    table = table.assign(id=_make_ids(table, fault, problems))
    raise_problems(problems)
    return table, [*notes, *ours.notes]


_RANGES = {
    **dict.fromkeys(("lon", "lon_2"), (-180.0, 180.0, "degrees of longitude, -180 to 180")),
    **dict.fromkeys(("lat", "lat_2"), (-90.0, 90.0, "degrees of latitude, -90 to 90")),
    **dict.fromkeys(("stated_distance_m", "position_error_m"), (0.0, np.inf, "metres, 0 or more")),
    **dict.fromkeys(("amount", "amount_low", "amount_high"), (0.0, np.inf, "0 or more")),
}


def _find_out_of_range(table: pd.DataFrame, fault: Fault) -> list[LayerError]:
    """Find numbers that nothing can have."""
    problems = []
    for name, (least, most, expected) in _RANGES.items():
        if name not in table:
            continue
        wrong = (table[name] < least) | (table[name] > most)
        for row in table.index[wrong]:
            value = table.loc[row, name]
            what = f"{value:.10g} is out of range (expected {expected}). Correct it."
            problems.append(fault(what, row=row, field=name))
    return problems


def _find_missing_cells(table: pd.DataFrame, role: Role, fault: Fault) -> list[LayerError]:
    """Find rows without what they cannot do without."""
    problems = []
    for column in role.columns:
        if column.needed and column.name in table:
            cells = table[column.name]
            blank = cells.isna() | (cells.astype(str).str.strip() == "")
            problems += [
                fault(
                    f"has no {column.name} ({column.description}). Fill it in.",
                    row=row,
                    field=column.name,
                )
                for row in table.index[blank]
            ]
    return problems


def _make_ids(table: pd.DataFrame, fault: Fault, problems: list[LayerError]) -> list[str]:
    stated_ids = [text.strip() for text in table["id"]]
    ids = [text or str(number) for number, text in enumerate(stated_ids, start=1)]
    words, times = np.unique(np.array(ids, dtype=object).astype(str), return_counts=True)
    for word in words[times > 1]:
        row = table.index[ids.index(word)]
        problems.append(
            fault(f"id {quoted(str(word))} stands there twice. Give each its own.", row=row)
        )
    return ids
