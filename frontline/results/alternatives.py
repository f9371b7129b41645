"""The range of every figure between the sources that draw a line, and which gives what."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from frontline.analysis.change import CHANGES
from frontline.analysis.corridors import KM
from frontline.analysis.settlements import SETTLEMENTS
from frontline.lines.zones import LINES, SIDES, ZONES
from frontline.population.within import PEOPLE
from frontline.records import KeyFigure
from frontline.results.registry import ALTERNATIVES, TABLES
from frontline.schema import Table

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline._typing import Floats
    from frontline.analysis.context import Variant
    from frontline.results.model import Results

_Frame = TypeVar("_Frame", bound=pd.DataFrame)
_Key = tuple[Any, ...]

OWN_FRAMES: Mapping[str, Table] = {
    "lines": LINES,
    "sides": SIDES,
    "zones": ZONES,
    "people": PEOPLE,
    "settlements": SETTLEMENTS,
    "changes": CHANGES,
    "corridor_km": KM,
    "profile": PEOPLE,
    "profile_zones": ZONES,
}
"""Tables that results have a field of their own for; the others stand in ``further``."""

TOLD_ELSEWHERE = ("zones", "profile", "profile_zones", "settlements")
"""Those that the long table leaves out: their figures stand in others, or are too many."""

SHARED_BY = {"flow_km2": "kind"}
"""Figures that several rows share, and the column of the key in which these rows differ."""

_OF_TWO_LINES = ("land", "farmland")
"""Key figures whose identifier goes on with two lines; that of others goes on with one."""

_OF_LINES = ("line", "from_line", "to_line")


def add_ranges(results: Results, *, variants: Sequence[tuple[Variant, Results]]) -> Results:
    """Set the range between the sources of a line beside every figure that has one.

    Parameters
    ----------
    results
        Of the lines as drawn.
    variants
        The same with alternatives in the place of lines.

    Returns
    -------
    Results
        Rows of lines that have alternatives get the least and the most of each figure over the
        line as drawn and its alternatives (`frontline.schema.Table.range_columns`); of other
        lines these columns are empty. A figure of two lines has its range over all combinations
        of their sources. ``further["alternatives"]`` names what each source gives. The results
        themselves where there are no variants.
    """
    if not variants:
        return results
    parts: dict[str, Any] = {}
    further = dict(results.further)
    rows: list[dict[str, Any]] = []
    for name, table in OWN_FRAMES.items():
        frame = getattr(results, name)
        made = [(variant, getattr(other, name)) for variant, other in variants]
        if frame is not None:
            parts[name], told = _set_range(frame, table=table, variants=made)
            rows += told if name not in TOLD_ELSEWHERE else []
    for name, frame in results.further.items():
        if name in TABLES and TABLES[name].ranged:
            made = [(variant, other.further.get(name)) for variant, other in variants]
            further[name], told = _set_range(frame, table=TABLES[name], variants=made)
            rows += told
    parts["settlements"] = _set_sides(
        parts["settlements"], variants=[(variant, other.settlements) for variant, other in variants]
    )
    further[ALTERNATIVES.name] = pd.DataFrame(rows, columns=ALTERNATIVES.names)
    only_theirs = _list_land_only_theirs(results, variants)
    parts["key_figures"] = (*results.key_figures, *only_theirs)
    parts["alternative_lines"] = _gather_lines(variants)
    return replace(results, **parts, further=further)


def _gather_lines(variants: Sequence[tuple[Variant, Results]]) -> gpd.GeoDataFrame:
    """Gather the alternatives as features, each with its own label."""
    parts = []
    for variant, results in variants:
        if len(variant.choice) == 1:
            (alternative,) = variant.choice
            own = results.lines[results.lines["line"] == alternative.line]
            parts.append(own.assign(alternative=alternative.key, label=alternative.label))
    gathered: gpd.GeoDataFrame = pd.concat(parts, ignore_index=True)
    return gathered


def list_by_others(variants: Sequence[tuple[Variant, Results]]) -> dict[str, Any]:
    """List what key figures are with lines as other sources draw them.

    Parameters
    ----------
    variants
        As for `add_ranges`.

    Returns
    -------
    By the identifier of a figure, as `frontline.results.key_figures.write_key_figures` takes it:
    each choice of alternatives that replaces lines of the figure, with the figure.
    """
    by_others: dict[str, list[tuple[Variant, float]]] = {}
    for variant, results in variants:
        for figure in results.key_figures:
            what, *names = figure.id.split(":")
            lines = names[: 2 if what in _OF_TWO_LINES else 1]
            if variant.lines <= set(lines):
                by_others.setdefault(figure.id, []).append((variant, figure.value))
    return by_others


def _list_land_only_theirs(
    results: Results, variants: Sequence[tuple[Variant, Results]]
) -> Iterator[KeyFigure]:
    """Make the sentences on land that by the lines as drawn did not go over, and by others did."""
    known = {figure.id for figure in results.key_figures}
    told: dict[str, list[tuple[Variant, KeyFigure]]] = {}
    for variant, other in variants:
        for figure in other.key_figures:
            if figure.id.startswith("land:") and figure.id not in known:
                told.setdefault(figure.id, []).append((variant, figure))
    for key, figures in told.items():
        most = max(figure.value for _, figure in figures)
        sentences = " ".join(
            f"With the line of {variant.name}: {figure.sentence}" for variant, figure in figures
        )
        sentence = f"By the lines as drawn no land went so. {sentences}"
        yield KeyFigure(key, 0.0, math.nan, math.nan, "km2", sentence, alt_low=0.0, alt_high=most)


def _set_range(
    frame: _Frame, *, table: Table, variants: Sequence[tuple[Variant, pd.DataFrame | None]]
) -> tuple[_Frame, list[dict[str, Any]]]:
    """Give a table the ranges of its figures, and list what each source gives."""
    keys = list(_list_keys(frame, table))
    lines = [_find_lines(row) for row in frame.to_dict("records")]
    values = {figure: _read_numbers(frame, figure) for figure in table.ranged}
    ranges = {figure: (values[figure].copy(), values[figure].copy()) for figure in table.ranged}
    concerned = np.zeros(len(frame), dtype=bool)
    rows: list[dict[str, Any]] = []
    absent = 0.0 if table.absent_is_none else math.nan
    left_out = {figure: SHARED_BY.get(figure, "") for figure in table.ranged}
    own_keys = {but: list(_list_keys(frame, table, but=but)) for but in set(left_out.values())}
    for variant, other in variants:
        if other is None:
            continue
        places = {
            but: {key: number for number, key in enumerate(_list_keys(other, table, but=but))}
            for but in own_keys
        }
        mine = [number for number, own in enumerate(lines) if variant.lines <= own]
        concerned[mine] = True
        for figure in table.ranged:
            theirs = np.append(_read_numbers(other, figure), absent)
            place, sought = places[left_out[figure]], own_keys[left_out[figure]]
            found = theirs[[place.get(sought[number], -1) for number in mine]]
            low, high = ranges[figure]
            low[mine] = np.fmin(low[mine], found)
            high[mine] = np.fmax(high[mine], found)
            for number, value in zip(mine, found, strict=True):
                own = values[figure][number]
                rows.append(_describe_value(table, figure, keys[number], variant, own, value))
            rows += _list_only_theirs(table, figure, variant, other, keys)
    columns = {
        column.name: np.where(concerned, end, np.nan)
        for figure in table.ranged
        for column, end in zip(table.range_columns[figure], ranges[figure], strict=True)
    }
    return frame.assign(**columns), rows


def _list_only_theirs(
    table: Table, figure: str, variant: Variant, other: pd.DataFrame, keys: Sequence[_Key]
) -> Iterator[dict[str, Any]]:
    """List what there is none of by the line as drawn, and some by an alternative."""
    if not table.absent_is_none:
        return
    known = set(keys)
    numbers = _read_numbers(other, figure)
    records = other.to_dict("records")
    for key, row, value in zip(_list_keys(other, table), records, numbers, strict=True):
        shared = figure in SHARED_BY
        if not shared and key not in known and variant.lines <= _find_lines(row):
            yield _describe_value(table, figure, key, variant, 0.0, value)


def _list_keys(frame: pd.DataFrame, table: Table, *, but: str = "") -> Iterator[_Key]:
    """Yield what tells the rows of a table apart, but for one column; unknown cells are None."""
    columns = [frame[name] for name in table.key if name in frame and name != but]
    for cells in zip(*columns, strict=True):
        yield tuple(None if pd.isna(cell) else cell for cell in cells)


def _find_lines(row: Mapping[Any, Any]) -> frozenset[str]:
    return frozenset(str(row[name]) for name in _OF_LINES if name in row)


def _read_numbers(frame: pd.DataFrame, name: str) -> Floats:
    if name not in frame:
        return np.full(len(frame), np.nan)
    return pd.to_numeric(frame[name]).to_numpy(dtype=np.float64, na_value=np.nan)


def _describe_value(
    table: Table, figure: str, key: _Key, variant: Variant, own: float, value: float
) -> dict[str, Any]:
    """Make a row of the long table."""
    cells = dict(zip(table.key, key, strict=True))
    named = {name: cells.pop(name) for name in ALTERNATIVES.names if name in cells}
    part = "; ".join(f"{name} {cell}" for name, cell in cells.items() if cell is not None)
    unit = next(c.unit for c in (*table.columns, *table.further) if c.name == figure)
    return {
        "table": table.name,
        "figure": figure,
        **named,
        "part": part,
        "alternative": variant.key,
        "by": variant.name,
        "value": value,
        "as_drawn": own,
        "unit": unit,
    }


def _set_sides(settlements: _Frame, *, variants: Sequence[tuple[Variant, pd.DataFrame]]) -> _Frame:
    """Name the sides on which other sources put a place; it is then on no side for certain."""
    keys = list(_list_keys(settlements, SETTLEMENTS))
    own = [None if pd.isna(side) else side for side in settlements["side"]]
    others: list[list[str]] = [[] for _ in keys]
    for variant, other in variants:
        theirs = dict(zip(_list_keys(other, SETTLEMENTS), other["side"], strict=True))
        at = SETTLEMENTS.key.index("line")
        for number, key in enumerate(keys):
            if variant.lines == {key[at]} and theirs.get(key, own[number]) != own[number]:
                others[number].append(f"{theirs[key] or 'none'} ({variant.name})")
    agreed = np.array([not named for named in others], dtype=bool)
    return settlements.assign(
        side_alternatives=["; ".join(named) for named in others],
        side_certain=settlements["side_certain"].astype(bool) & agreed,
    )
