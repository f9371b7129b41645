"""Tables as text and as sheets: separators, encodings, and cells that would run as formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from frontline.errors import LayerError, raise_problems
from frontline.errors import show_value as quoted
from frontline.inputs.fields import decimal_commas, describe_commas, find_alike
from frontline.inputs.formats import LARGEST_UNPACKED, VectorFile, read_layers_as_one
from frontline.project.layers import LAT_NAMES, LON_NAMES

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A text cell that starts with one of these is run as a formula by spreadsheets."""
GUARD = "'"
WHAT_IT_IS = (
    "Text that starts with =, +, -, @, a tab or a carriage return has an apostrophe before it, so "
    "that no spreadsheet runs it as a formula; frontline takes it off again when it reads the "
    "file. Numbers are never changed by it; fractions are written with ten significant digits."
)
"""For the documents that stand beside the tables."""


def guard_formula(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    Text that has apostrophes before such a start already gets one more, so that `unguard_formula`
    gives back every text as it was.
    """
    return GUARD + text if text.lstrip(GUARD).startswith(FORMULA_STARTS) else text


def unguard_formula(text: str) -> str:
    """Take off the apostrophe that `guard_formula` has put before a text."""
    guarded = text.startswith(GUARD) and text.lstrip(GUARD).startswith(FORMULA_STARTS)
    return text[1:] if guarded else text


_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_PLAIN_NUMBER = re.compile(r"-?(0|[1-9]\d{0,17})(\.\d+)?")


def read_csv(file: VectorFile, *, encoding: str | None = None) -> pd.DataFrame:
    """Read a CSV as text.

    Parameters
    ----------
    file
        A CSV with a line of names, separated by commas, semicolons, tabs or bars.
    encoding
        UTF-8 if None.

    Returns
    -------
    DataFrame
        Every cell text, indexed by the line of the file (the names stand in line 1). The
        apostrophe that guards a text against being run as a formula is taken off.

    Raises
    ------
    LayerError
        If it is not text in that encoding, or a row is longer or shorter than the first.
    """
    import pandas as pd

    if file.path.stat().st_size > LARGEST_UNPACKED:
        raise LayerError("is too large for a table of text. Export a GeoPackage.", path=file.shown)
    raw = file.path.read_bytes()
    try:
        text = raw.decode(
            encoding or ("utf-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8")
        )
    except (UnicodeError, LookupError) as error:
        raise LayerError(
            f"is not text in {encoding or 'UTF-8'}. Save it as UTF-8, or name its encoding: "
            'encoding = "cp1251".',
            path=file.shown,
        ) from error
    if "\0" in text:
        raise LayerError(
            "holds a byte of zero, where other programs end the text. Export it again.",
            path=file.shown,
            row=text.count("\n", 0, text.index("\0")) + 1,
        )
    text = text.removeprefix("\ufeff")
    separator, skipped = _detect_separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows, lines, problems = [], [], []
    try:
        for _ in range(skipped):
            next(reader)
        names = _read_names(next(reader), file)
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(names):
                problem = f"has {len(row)} cells (expected {len(names)}). Quote cells with a comma."
                problems.append(LayerError(problem, path=file.shown, row=reader.line_num))
            rows.append([unguard_formula(cell) for cell in row[: len(names)]])
            lines.append(reader.line_num)
    except (csv.Error, StopIteration) as error:
        raise LayerError(
            f"is not a table: {error or 'it is empty'}. Export it again, as UTF-8.",
            path=file.shown,
            row=reader.line_num,
        ) from error
    raise_problems(problems)
    return pd.DataFrame(rows, columns=names, index=lines, dtype=object)


def read_cells(
    file: VectorFile, *, layers: Sequence[str], encoding: str | None = None
) -> pd.DataFrame:
    """Read a table, of a CSV or of sheets, as it is stored; rows without content are left out."""
    import pandas as pd

    if file.format == "CSV":
        return read_csv(file, encoding=encoding)
    frame, _ = read_layers_as_one(file, layers=layers, encoding=encoding)
    return pd.DataFrame(frame.drop(columns=frame.geometry.name)).dropna(how="all")


def _detect_separator(text: str) -> tuple[str, int]:
    """Tell what separates the cells, and how many lines come before the names.

    Excel writes ``sep=;`` into a first line of its own.
    """
    first = (text.splitlines() or [""])[0]
    declared = re.fullmatch(r'"?sep=([,;|\t])\1*"?[,;|\t]*', first.strip(" "), re.IGNORECASE)
    return (declared[1], 1) if declared else (max(",;\t|", key=first.count), 0)


def _read_names(cells: Sequence[str], file: VectorFile) -> list[str]:
    """Name every column; one that stands there twice could be either."""
    plain = [unguard_formula(cell).strip() for cell in cells]
    names = [cell or f"column_{number}" for number, cell in enumerate(plain, start=1)]
    twice = dict.fromkeys(name for name in names if names.count(name) > 1)
    raise_problems(
        [
            LayerError(
                "stands there twice among the columns. Rename one.", path=file.shown, field=name
            )
            for name in twice
        ]
    )
    return names


def place_rows(
    table: pd.DataFrame,
    *,
    file: VectorFile,
    layer: str | None,
    columns: Mapping[str, str],
    as_read: Collection[str] = (),
) -> gpd.GeoDataFrame:
    """Put the rows of a table on the map.

    Parameters
    ----------
    table
        Cells of text.
    file, layer
        For messages.
    columns
        The user's mapping; ``lon`` and ``lat`` may be among it.
    as_read
        Columns that stay as they were read, because their cells are checked one by one.

    Returns
    -------
    GeoDataFrame
        Points, None where both cells are empty; without the two columns. Other columns whose
        cells are all plain numbers hold numbers; '007' stays text.

    Raises
    ------
    LayerError
        Without both columns, or for cells that are not numbers.
    """
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import shapely

    names = tuple(str(name) for name in table.columns)
    lon = _find_coordinate_column(names, "lon", LON_NAMES, columns, file, layer)
    lat = _find_coordinate_column(names, "lat", LAT_NAMES, columns, file, layer)
    problems: list[LayerError] = []
    values = np.full((len(table), 2), np.nan)
    for axis, name in enumerate((lon, lat)):
        commas = decimal_commas(list(table[name]))
        if commas:
            first = min(commas)
            problem = describe_commas(str(table[name].iloc[first]), count=len(commas))
            problems.append(
                LayerError(
                    problem, path=file.shown, layer=layer, row=str(table.index[first]), field=name
                )
            )
        for at, (row, cell) in enumerate(table[name].items()):
            if at in commas:
                continue
            text = "" if pd.isna(cell) else str(cell).strip()
            if _NUMBER.fullmatch(text):
                values[at, axis] = float(text)
            elif text:
                hint = "Write a decimal point." if "," in text else "Correct it."
                problem = f"{quoted(text)} is not a coordinate (expected a number). {hint}"
                problems.append(
                    LayerError(problem, path=file.shown, layer=layer, row=str(row), field=name)
                )
    raise_problems(problems)
    half = np.isnan(values).any(axis=1) != np.isnan(values).all(axis=1)
    raise_problems(
        [
            LayerError(
                "has only one of its two coordinates. Give both, or none.",
                path=file.shown,
                layer=layer,
                row=str(row),
            )
            for row in table.index[half]
        ]
    )
    points = np.full(len(table), None, dtype=object)
    known = ~np.isnan(values).any(axis=1)
    points[known] = shapely.points(values[known])
    rest = table.drop(columns=[lon, lat])
    untouched = {name.casefold() for name in as_read}
    for column in rest:
        if str(column).casefold() not in untouched:
            rest[column] = _convert_numbers(rest[column])
    return gpd.GeoDataFrame(rest, geometry=points, index=table.index)


def _find_coordinate_column(
    names: tuple[str, ...],
    ours: str,
    usual: Sequence[str],
    columns: Mapping[str, str],
    file: VectorFile,
    layer: str | None,
) -> str:
    candidates = [columns[ours]] if ours in columns else list(usual)
    for word in candidates:
        match = find_alike(word, words=names)
        if match is not None:
            return match
    listed = ", ".join(quoted(name) for name in names[:12]) or "none"
    raise LayerError(
        f"has no column '{candidates[0]}' (its columns: {listed}). "
        f'Name it: columns = {{ {ours} = "..." }}.',
        path=file.shown,
        layer=layer,
    )


def _convert_numbers(column: pd.Series[Any]) -> pd.Series[Any]:
    import pandas as pd

    texts = [
        None if pd.isna(cell) or not str(cell).strip() else str(cell).strip() for cell in column
    ]
    known = [text for text in texts if text is not None]
    if any(isinstance(cell, bool) for cell in column):
        return column
    if not known or not all(_PLAIN_NUMBER.fullmatch(text) for text in known):
        return column
    whole = all("." not in text for text in known)
    if whole:
        cells = [pd.NA if text is None else int(text) for text in texts]
        return pd.Series(cells, index=column.index, dtype="Int64")
    return pd.Series(
        [float("nan") if text is None else float(text) for text in texts], column.index
    )
