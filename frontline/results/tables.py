"""Results as tidy tables, and the text files made of them."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from frontline.inputs.csv import WHAT_IT_IS, guard_formula
from frontline.results.registry import FURTHER, LAYERS, TABLES, list_declared_columns
from frontline.schema import Column, ForeignKey, Table, Type

if TYPE_CHECKING:
    import pandas as pd

    from frontline.project.models import Project
    from frontline.records import KeyFigure
    from frontline.results.model import Results


DIGITS = 10
"""Significant digits of a fraction in a text file: a millimetre in a thousand kilometres, more than
any line, census or elevation carries."""

CSVW_TYPES: Mapping[Type, str] = {
    "text": "string",
    "date": "date",
    "integer": "integer",
    "number": "double",
    "boolean": "boolean",
}


def make_tables(results: Results) -> dict[str, pd.DataFrame]:
    """Turn results into tables with the contract's columns first.

    Parameters
    ----------
    results
        What a run has computed.

    Returns
    -------
    Frames without geometry by name, in the order of `TABLES`, with every digit. Columns that
    the contract does not name, the user's own among them, follow in the order they came in.
    Rows are ordered by line, side, distance and source as the project lists them, settlements
    by identifier, so that the order of the input does not show. They are made once for the
    results: nobody changes them.
    """
    return dict(results.compute_once("tables", compute=lambda: _make_tables(results)))


def _make_tables(results: Results) -> dict[str, pd.DataFrame]:
    import pandas as pd

    crossings = results.crossings.assign(
        lon=[point.x for point in results.crossings.geometry],
        lat=[point.y for point in results.crossings.geometry],
    )
    frames: dict[str, pd.DataFrame] = {
        "lines": results.lines,
        "sides": results.sides,
        "zones": results.people,
        "settlements": results.settlements,
        "changes": results.changes,
        "control_change": results.control_change,
        "corridors": results.corridor_km,
        "crossings": crossings,
        "sight_zones": results.sight_zones,
        **results.further,
        "key_figures": _list_key_figures(results.key_figures),
        "notes": pd.DataFrame([vars(note) for note in results.notes]),
    }
    if results.claims is not None:
        frames["claims"] = results.claims
    return {
        name: _sort_rows(
            tidy_columns(frame, columns=TABLES[name].columns),
            TABLES[name].key if TABLES[name].ordered else (),
            results.project,
        )
        for name, frame in frames.items()
    }


def _list_key_figures(figures: Sequence[KeyFigure]) -> pd.DataFrame:
    """List key figures; their range between sources only where a line has alternatives."""
    import pandas as pd

    table = pd.DataFrame([vars(figure) for figure in figures])
    ends = [column for column in ("alt_low", "alt_high") if column in table]
    return table.drop(columns=[column for column in ends if table[column].isna().all()])


def tidy_columns(frame: pd.DataFrame, *, columns: Sequence[Column]) -> pd.DataFrame:
    """Give a frame the named columns first, with their types, and drop its geometry.

    Parameters
    ----------
    frame
        Any frame; a named column that it lacks is added, empty.
    columns
        The columns that come first.

    Returns
    -------
    A new frame with a fresh index.
    """
    import pandas as pd

    # A plain frame, because a GeoDataFrame refuses to lose its geometry's name quietly.
    plain = pd.DataFrame({name: frame[name].array for name in frame.columns}, copy=True)
    geometry = getattr(frame, "active_geometry_name", None)
    plain = plain.drop(columns=[geometry] if geometry is not None else [])
    empty = pd.Series(pd.NA, index=plain.index, dtype="object")
    first = {
        column.name: _set_type(plain.get(column.name, empty), column.type) for column in columns
    }
    rest = {name: plain[name].infer_objects() for name in plain.columns if name not in first}
    declared = {
        name: _set_type(series, "text") if series.dtype == object else series
        for name, series in rest.items()
    }
    return pd.DataFrame({**first, **declared}, index=plain.index)


def _set_type(series: pd.Series[Any], kind: Type) -> pd.Series[Any]:
    """Give a column its type; unknown is None, NaN or NA, never 0 or False."""
    import pandas as pd

    if kind == "integer":
        return pd.to_numeric(series).astype("Int64")
    if kind == "number":
        return pd.to_numeric(series).astype("float64")
    if kind == "boolean":
        return series.astype("boolean")
    if series.dtype == "str" or pd.api.types.infer_dtype(series, skipna=False) == "string":
        return series.astype("str")
    texts = [None if is_empty(value) else _write_value(value) for value in series]
    return pd.Series(texts, index=series.index, dtype="str")


def _write_value(value: object) -> str:
    """Give a value as text; a time without hours is a date."""
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def is_empty(value: object) -> bool:
    """Tell whether a cell is unknown: None, NA, NaT or NaN."""
    import pandas as pd

    return value is None or value is pd.NA or value is pd.NaT or value != value  # noqa: PLR0124


def rank_source(source: str) -> tuple[int, str]:
    """Rank sources of population: settlements and their kinds, rasters, districts, statements."""
    order = (
        "settlements",
        "settlements:",
        "settlements_by_raster:",
        "raster:",
        "districts",
        "districts:",
        "stated:",
    )
    for rank, start in enumerate(order):
        if source == start or (start.endswith(":") and source.startswith(start)):
            return rank, source
    return len(order), source


def _sort_rows(frame: pd.DataFrame, keys: Sequence[str], project: Project) -> pd.DataFrame:
    """Order rows by their keys, each in the project's own order where it has one."""
    lines = [line.key for line in project.lines]
    sides = [side.name for side in project.sides]

    def listed(values: list[str], value: object) -> tuple[int, str]:
        text = "" if is_empty(value) else str(value)
        return (values.index(text) if text in values else len(values)), text

    def rank(name: str, value: object) -> tuple[int, Any]:
        if name in {"line", "from_line", "to_line"}:
            return listed(lines, value)
        if name in {"side", "from_side", "to_side"}:
            return listed(sides, value)
        if name == "source":
            return rank_source(str(value))
        if name == "kind":  # cumulative before ring, changed before unchanged
            return 0, str(value)
        if name in {"distance_m", "lon", "lat"}:  # empty, the whole side, comes first
            return (0, 0.0) if is_empty(value) else (1, value)
        return 0, str(value)

    columns = [[rank(name, value) for value in frame[name]] for name in keys]
    rows = list(zip(*columns, strict=True)) if columns else []
    order = sorted(range(len(frame)), key=rows.__getitem__) if rows else list(range(len(frame)))
    return frame.iloc[order].reset_index(drop=True)


def write_cell(value: object) -> str:
    """Write one value as a cell of a text file.

    Returns
    -------
    Text made harmless, whole numbers with every digit, fractions with :data:`DIGITS` digits
    (infinity as INF), true or false, dates as YYYY-MM-DD, and nothing where the value is unknown.
    """
    if is_empty(value):
        return ""
    if isinstance(value, str):
        return guard_formula(value)
    kind = type(value).__name__
    if kind in {"bool", "bool_"}:
        return "true" if value else "false"
    if hasattr(value, "dtype") or isinstance(value, int | float):
        number = value.item() if hasattr(value, "item") else value
        return _write_number(number)
    return guard_formula(_write_value(value))


def _write_number(number: object) -> str:
    if not isinstance(number, float):
        return repr(number)
    if math.isinf(number):
        return "INF" if number > 0 else "-INF"
    rounded = number if number.is_integer() else float(f"{number:.{DIGITS}g}")
    return repr(rounded + 0.0)  # -0.0 becomes 0.0


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    r"""Write a table as UTF-8 with ``\n`` line ends, the same bytes everywhere.

    Parameters
    ----------
    frame
        A table; its index is not written.
    path
        The file, overwritten.

    Notes
    -----
    Text cells and headers that start with ``= + - @``, tab or carriage return get a leading
    apostrophe; numbers are never touched. What UTF-8 cannot hold becomes a question mark.
    """
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        file.write(_join_cells(_quote(guard_formula(str(name))) for name in frame.columns))
        columns = [_write_cells(frame[name]) for name in frame.columns]
        file.writelines(_join_cells(row) for row in zip(*columns, strict=True))


def _write_cells(series: pd.Series[Any]) -> list[str]:
    """Write and quote the cells of a column; a value that stands there often is written once."""
    import numpy as np
    import pandas as pd

    if series.dtype == object:  # True is not 1 here, though a dictionary takes it for that
        return [_quote(write_cell(value)) for value in series]
    codes, values = pd.factorize(series)
    cells = np.array([*(_quote(write_cell(value)) for value in values.tolist()), ""], dtype=object)
    written: list[str] = cells[codes].tolist()
    return written


def _quote(text: str) -> str:
    """Quote a cell where need be; unlike the csv module also a carriage return within."""
    special = "," in text or '"' in text or "\r" in text or "\n" in text
    return '"' + text.replace('"', '""') + '"' if special else text


def _join_cells(cells: Iterable[str]) -> str:
    return (",".join(cells) or '""') + "\n"


def describe_column(name: str, *, table: str) -> Column | None:
    """Find what is known of a column: the table's own, one that any table may have, or None."""
    declared = {column.name: column for column in list_declared_columns(table)}
    return declared.get(name) or FURTHER.get(name)


def find_type(series: pd.Series[Any]) -> Type:
    """Tell the type of a column that the contract does not describe."""
    import pandas as pd

    kinds: tuple[tuple[Any, Type], ...] = (
        (pd.api.types.is_bool_dtype, "boolean"),
        (pd.api.types.is_integer_dtype, "integer"),
        (pd.api.types.is_float_dtype, "number"),
    )
    return next((kind for test, kind in kinds if test(series.dtype)), "text")


def list_columns(frame: pd.DataFrame, *, table: str) -> list[Column]:
    """Describe every column of a table, the user's own by their dtype."""
    return [
        describe_column(str(name), table=table)
        or Column(str(name), find_type(frame[name]), "", str(name), "A column of the input.")
        for name in frame.columns
    ]


def describe_csv(frames: Mapping[str, pd.DataFrame], *, title: str) -> str:
    """Describe the text files for machines.

    Parameters
    ----------
    frames
        The tables, by the name of their file without ``.csv``.
    title
        Title of the set.

    Returns
    -------
    JSON of a csvw table group, to stand beside the files as ``csv-metadata.json``.

    References
    ----------
    W3C, Metadata Vocabulary for Tabular Data, 2015.
    """
    group = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": title,
        "dc:description": WHAT_IT_IS,
        "dialect": {"encoding": "utf-8", "header": True, "lineTerminators": ["\n"]},
        "tables": [_describe_csvw_table(name, frames) for name in frames],
    }
    return json.dumps(group, ensure_ascii=False, indent=1) + "\n"


def _describe_csvw_table(name: str, frames: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    table, frame = TABLES[name], frames[name]
    described: dict[str, Any] = {
        "columns": [_describe_csvw_column(c) for c in list_columns(frame, table=name)]
    }
    if table.key and not frame.duplicated(list(table.key)).any():
        described["primaryKey"] = [_write_csvw_name(column) for column in table.key]
    foreign = [
        {
            "columnReference": [_write_csvw_name(column) for column in key.columns],
            "reference": {
                "resource": f"{key.table}.csv",
                "columnReference": [_write_csvw_name(column) for column in key.referenced],
            },
        }
        for key in table.foreign
        if key.table in frames and _has_all(frame, key, frames[key.table])
    ]
    if foreign:
        described["foreignKeys"] = foreign
    return {
        "url": f"{name}.csv",
        "dc:title": table.title,
        "dc:description": table.sentence,
        "tableSchema": described,
    }


def _has_all(frame: pd.DataFrame, key: ForeignKey, other: pd.DataFrame) -> bool:
    """Tell whether every row names one row of the other table, or none where it is empty."""

    def rows_of(table: pd.DataFrame, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        named = table[list(columns)]
        return list(named[named.notna().all(axis=1)].itertuples(index=False, name=None))

    referenced = rows_of(other, key.referenced)
    return len(set(referenced)) == len(referenced) and set(rows_of(frame, key.columns)) <= set(
        referenced
    )


def _write_csvw_name(name: str) -> str:
    return quote(name, safe="").replace("-", "%2D").replace("~", "%7E")


def _describe_csvw_column(column: Column) -> dict[str, Any]:
    header = guard_formula(column.name)
    entry: dict[str, Any] = {
        "name": _write_csvw_name(column.name),
        "titles": [header] if column.title == header else [header, column.title],
        "datatype": CSVW_TYPES[column.type],
        "dc:description": column.description,
    }
    if column.unit:
        entry["schema:unitText"] = column.unit
    return entry


def make_names_unique(
    names: Iterable[Hashable], *, taken: Iterable[str] = ("fid", "geom")
) -> list[str]:
    """Name columns for a format that takes upper and lower case for the same.

    Parameters
    ----------
    names
        Names in order; the first of several alike keeps its own.
    taken
        Names that the format uses itself.

    Returns
    -------
    As many names, no two alike: a name that is taken gets ``_2``, ``_3`` and so on; control
    characters become ``_``, an empty name ``column``.
    """
    used = {name.casefold() for name in taken}
    unique = []
    for raw in names:
        stem = "".join(c if c.isprintable() else "_" for c in str(raw)) or "column"
        name, number = stem, 2
        while name.casefold() in used:
            name, number = f"{stem}_{number}", number + 1
        used.add(name.casefold())
        unique.append(name)
    return unique


def write_columns_reference() -> str:
    """Write the reference of every table and layer, for the documentation."""
    parts = []
    for heading, group, suffix in (
        ("## Columns of the results", TABLES, ".csv"),
        ("## Layers of the GeoPackage", LAYERS, ""),
    ):
        parts.append(heading)
        if suffix:
            parts.append(WHAT_IT_IS)
        for name, table in group.items():
            parts.append(f"### `{name}{suffix}`: {table.title}\n\n{table.sentence}")
            parts.append(_write_rows(table))
            if table.columns:
                parts.append(_write_markdown_rows(table.columns))
    parts.append("## Columns that a table may have beside its own")
    parts.append(_write_markdown_rows(tuple(FURTHER.values())))
    return "\n\n".join(parts) + "\n"


def _write_rows(table: Table) -> str:
    """Say what a row is: which columns tell rows apart, and which layers are told one by one."""
    key = f"Key: {', '.join(f'`{name}`' for name in table.key)}. " if table.key else ""
    lists = f"Lists {', '.join(table.lists)}." if table.lists else "Lists no features of the input."
    return key + lists


def _write_markdown_rows(columns: Sequence[Column]) -> str:
    rows = ["| column | type | unit | name | what it says |", "|---|---|---|---|---|"]
    for column in columns:
        cells = (f"`{column.name}`", column.type, column.unit, column.alias, column.description)
        rows.append(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
    return "\n".join(rows)
