"""Tags of HXL: a second row of names, by which humanitarian tables say what a column holds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from frontline.errors import to_one_line
from frontline.project.layers import InputColumn

if TYPE_CHECKING:
    import pandas as pd

_TAG = re.compile(r"#[a-z][a-z0-9_]*(?:\s*\+[a-z][a-z0-9_]*)*", re.IGNORECASE)

MEANINGS: Mapping[str, tuple[str, frozenset[str]]] = {
    "lon": ("#geo", frozenset({"+lon"})),
    "lat": ("#geo", frozenset({"+lat"})),
    "name": ("#loc", frozenset({"+name"})),
    "id": ("#loc", frozenset({"+code"})),
    "population": ("#population", frozenset()),
    "date": ("#date", frozenset()),
}
"""Our column = the tag that says the same, and attributes that it must have."""

_FURTHER = frozenset({"+total", "+num", "+all", "+main", "+en", "+v_pcode", "+x", "+y"})
"""Attributes that leave the meaning as it is."""


def split_tags(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Take the row of tags off a table, if its first row is one.

    Parameters
    ----------
    table
        Cells as they were read.

    Returns
    -------
    table
        Without that row.
    tags
        Tag of each column that has one; empty for a table without such a row.
    """
    if not len(table):
        return table, {}
    first = {
        str(name): str(cell).strip()
        for name, cell in table.iloc[0].items()
        if isinstance(cell, str) and cell.strip()
    }
    others = table.iloc[0].notna().sum() > sum(isinstance(cell, str) for cell in table.iloc[0])
    if others or not first or not all(_TAG.fullmatch(cell) for cell in first.values()):
        return table, {}
    return table.iloc[1:], first


def find_columns_by_tags(
    tags: Mapping[str, str],
    *,
    columns: Sequence[InputColumn],
    mapping: Mapping[str, str],
) -> tuple[dict[str, str], list[str]]:
    """Find our columns by the tags of a table, where neither project nor name tells them.

    Parameters
    ----------
    tags
        From `split_tags`.
    columns
        Those that are ours, beside ``lon`` and ``lat``.
    mapping
        Our name = the file's, from the project.

    Returns
    -------
    mapping
        With what the tags say.
    notes
        That the row was taken off, and what it said.
    """
    if not tags:
        return dict(mapping), []
    result, notes = dict(mapping), ["The second row holds tags of HXL and is no data: left out."]
    usual = {column.name: (column.name, *column.also) for column in columns}
    names = {name.casefold() for name in tags}
    for ours, (tag, needed) in MEANINGS.items():
        known = ours in {*usual, "lon", "lat"} and ours not in mapping
        if not known or any(word.casefold() in names for word in usual.get(ours, (ours,))):
            continue
        matches = [name for name, text in tags.items() if _matches_tag(text, tag, needed)]
        if len(matches) == 1 and matches[0] not in result.values():
            result[ours] = matches[0]
            notes.append(
                f"Column '{to_one_line(matches[0])}' is read as '{ours}', by its tag {tag}."
            )
    return result, notes


def _matches_tag(text: str, tag: str, needed: frozenset[str]) -> bool:
    first, *rest = re.sub(r"\s", "", text.lower()).replace("+", " +").split()
    return first == tag and needed <= set(rest) and set(rest) <= needed | _FURTHER
