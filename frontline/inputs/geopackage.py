"""GeoPackages as SQLite sees them: sound, of plain tables, every cell of the type it promises.

GDAL would run a view for ever, stop at a wrong count of features, and turn the text 'n/a' of a
column of whole numbers into 0.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from frontline.errors import LayerError, summarize_error, to_one_line

if TYPE_CHECKING:
    import geopandas as gpd

_OWN = ("gpkg", "rtree_", "ogr_", "layer_styles", "sqlite_", "geometry_columns", "spatial_ref_sys")
"""Beginnings of names that GDAL asks by itself when it opens a file."""
_SPATIAL_INDEX = re.compile(r"USING\s+\"?rtree", re.IGNORECASE)
_STEP = 10_000
_STEPS_TO_LOOK = 2_000
_LARGEST_CELL = 200_000_000

_WHOLE = {
    "BOOLEAN": (0, 1),
    "TINYINT": (-(2**7), 2**7 - 1),
    "SMALLINT": (-(2**15), 2**15 - 1),
    "MEDIUMINT": (-(2**31), 2**31 - 1),
    "INT": (-(2**63), 2**63 - 1),
    "INTEGER": (-(2**63), 2**63 - 1),
}
"""Types of whole numbers, and what GDAL can give back of each."""
_DAY = "'[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]{}'"


@dataclass(frozen=True)
class PackageTable:
    """A layer of a GeoPackage, as its database knows it.

    Parameters
    ----------
    name
        Its table.
    rows
        How many it has, counted.
    key
        Column that identifies its rows.
    columns
        Declared type of each other column, in capitals.
    """

    name: str
    rows: int
    key: str
    columns: Mapping[str, str]


@contextmanager
def _open_database(path: Path, shown: str, *, steps: int) -> Iterator[sqlite3.Connection]:
    """Open a database for reading only, with a bound to its work and to the size of a value."""
    address = f"file:{urllib.parse.quote(str(path))}?mode=ro&immutable=1"
    left = [steps]

    def count_down() -> int:
        left[0] -= 1
        return int(left[0] < 0)

    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_CELL)
            database.set_progress_handler(count_down, _STEP)
            database.execute("PRAGMA trusted_schema = OFF")
            yield database
    except (sqlite3.Error, UnicodeError, TypeError, ValueError) as error:
        if left[0] < 0:
            raise LayerError(
                "asks for work without an end (a view or trigger in its tables). Export the layer "
                "into a new GeoPackage.",
                path=shown,
            ) from error
        raise LayerError(
            f"is damaged, or no GeoPackage ({summarize_error(error)}). Export or copy it again.",
            path=shown,
        ) from error


def inspect_geopackage(path: Path, *, shown: str) -> tuple[PackageTable, ...]:
    """List the layers of a GeoPackage, once the whole file is known to be sound.

    Parameters
    ----------
    path
        A database of SQLite; it is not written to.
    shown
        Its path as the user wrote it.

    Raises
    ------
    LayerError
        It is damaged, or something that GDAL asks by itself is not a plain table: a view can be
        a query that never ends, a column that is computed can be of any size.
    """
    size = path.stat().st_size
    with _open_database(path, shown, steps=_STEPS_TO_LOOK + size // 100) as database:
        kinds = _refuse_what_computes(database, shown)
        _refuse_addresses(database, kinds, shown)
        report = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if report != "ok":
            raise LayerError(
                f"is damaged ({summarize_error(report)}). Export or copy it again.", path=shown
            )
        listed = database.execute(
            "SELECT table_name FROM gpkg_contents WHERE data_type = 'features'"
        ).fetchall()
        names = [str(name) for (name,) in listed if kinds.get(str(name).casefold()) == "table"]
        return tuple(_read_table(database, name) for name in names)


def _refuse_what_computes(database: sqlite3.Connection, shown: str) -> dict[str, str]:
    """Give the kind of each thing of the schema by its name, refusing what runs when asked."""
    kinds: dict[str, str] = {}
    for kind, name, sql in database.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'view')"
    ).fetchall():
        folded = str(name).casefold()
        virtual = str(sql or "").lstrip().upper().startswith("CREATE VIRTUAL")
        index = folded.startswith("rtree_") and _SPATIAL_INDEX.search(str(sql))
        kinds[folded] = "virtual" if virtual else str(kind)
        if folded.startswith(_OWN) and kinds[folded] != "table" and not index:
            raise LayerError(
                f"'{to_one_line(str(name))}' is a {'virtual table' if virtual else 'view'} "
                "(expected "
                "a plain table). Export the layer into a new GeoPackage.",
                path=shown,
            )
        if kind == "table" and not virtual:
            computed = [
                str(column[1])
                for column in database.execute(f"PRAGMA table_xinfo({_quote_name(name)})")
                if column[6] in {2, 3}
            ]
            if computed:
                raise LayerError(
                    f"column '{to_one_line(computed[0])}' of '{to_one_line(str(name))}' is "
                    "computed "
                    "(expected stored values). Export the layer into a new GeoPackage.",
                    path=shown,
                )
    return kinds


def _refuse_addresses(database: sqlite3.Connection, kinds: Mapping[str, str], shown: str) -> None:
    """Refuse definitions of CRS that are an address, which a reader may follow."""
    if "gpkg_spatial_ref_sys" not in kinds:
        return
    far = database.execute(
        "SELECT srs_name FROM gpkg_spatial_ref_sys WHERE definition LIKE '%://%' "
        "AND ltrim(definition) NOT GLOB '[A-Za-z]*[[]*' OR definition LIKE '%/vsi%'"
    ).fetchone()
    if far:
        raise LayerError(
            f"defines the CRS '{to_one_line(str(far[0]))}' by an address, which is not followed "
            "(expected WKT). Export the layer again.",
            path=shown,
        )


def _read_table(database: sqlite3.Connection, name: str) -> PackageTable:
    columns, key = {}, "rowid"
    geometry = {
        str(row[0]).casefold()
        for row in database.execute(
            "SELECT column_name FROM gpkg_geometry_columns WHERE lower(table_name) = lower(?)",
            (name,),
        )
    }
    for column in database.execute(f"PRAGMA table_info({_quote_name(name)})"):
        field, kind = str(column[1]), str(column[2]).upper().strip()
        if column[5] == 1 and kind == "INTEGER":
            key = field
        elif field.casefold() not in geometry:
            columns[field] = kind
    rows = database.execute(f"SELECT count(*) FROM {_quote_name(name)}").fetchone()[0]  # noqa: S608
    return PackageTable(name, int(rows), key, columns)


def heal_counts(path: Path, *, tables: Sequence[PackageTable], scratch: Path, shown: str) -> Path:
    """Give a GeoPackage whose own count of features is right: GDAL stops at a smaller one.

    Returns
    -------
    The file itself, or a copy in `scratch` without the counts.
    """
    with _open_database(path, shown, steps=_STEPS_TO_LOOK) as database:
        has_counts = database.execute(
            "SELECT count(*) FROM sqlite_master WHERE name = 'gpkg_ogr_contents'"
        ).fetchone()[0]
        if not has_counts:
            return path
        stated = {
            str(name).casefold(): count
            for name, count in database.execute(
                "SELECT table_name, feature_count FROM gpkg_ogr_contents"
            )
        }
    wrong = [
        table.name
        for table in tables
        if stated.get(table.name.casefold()) not in {None, table.rows}
    ]
    if not wrong:
        return path
    copy = scratch / "counted.gpkg"
    shutil.copyfile(path, copy)
    copy.chmod(0o600)
    with closing(sqlite3.connect(copy)) as database:
        database.execute("PRAGMA trusted_schema = OFF")
        database.executemany(
            "DELETE FROM gpkg_ogr_contents WHERE table_name = ? COLLATE NOCASE",
            [(name,) for name in wrong],
        )
        database.commit()
    return copy


def restore_cells(
    frame: gpd.GeoDataFrame, *, path: Path, table: PackageTable, shown: str
) -> list[str]:
    """Put back, as they are stored, the cells that GDAL has bent to the type of their column.

    Parameters
    ----------
    frame
        As read, indexed by the key of the table; changed in place.
    path
        The database.
    table
        The layer in it.
    shown
        Path for messages.

    Returns
    -------
    Names of the columns that hold something else than their type promises. A column of which a
    cell is changed holds Python's values from then on.
    """
    tests = {
        column: test
        for column, kind in table.columns.items()
        if column in frame and (test := _write_misfit_test(_quote_name(column), kind))
    }
    if not tests or not len(frame):
        return []
    budget = _STEPS_TO_LOOK + table.rows * (len(table.columns) + 5) * 200 // _STEP
    with _open_database(path, shown, steps=budget) as database:
        sums = ", ".join(f"sum({test})" for test in tests.values())
        counts = database.execute(f"SELECT {sums} FROM {_quote_name(table.name)}").fetchone()  # noqa: S608
        odd = [column for column, count in zip(tests, counts, strict=True) if count]
        key, source = _quote_name(table.key), _quote_name(table.name)
        for column in odd:
            query = f"SELECT {key}, {_quote_name(column)} FROM {source}"  # noqa: S608
            stored = dict(database.execute(query).fetchall())
            cells = np.array(
                [_decode_text(stored.get(row)) for row in frame.index.tolist()], object
            )
            frame[column] = cells
    return odd


def _write_misfit_test(column: str, kind: str) -> str:
    """Write the test for cells that do not hold what their column promises; empty if all do."""
    plain = kind.split("(", maxsplit=1)[0].strip()
    if plain in _WHOLE or plain.endswith("INT"):
        low, high = _WHOLE.get(plain, _WHOLE["INTEGER"])
        inside = f"typeof({column}) = 'integer' AND {column} BETWEEN {low} AND {high}"
    elif plain in {"FLOAT", "DOUBLE", "REAL", "NUMERIC", "DECIMAL"}:
        inside = f"typeof({column}) IN ('integer', 'real')"
    elif plain == "TEXT":
        inside = f"typeof({column}) IN ('text', 'integer') AND instr({column}, char(0)) = 0"
    elif plain == "DATE":
        inside = f"typeof({column}) = 'text' AND {column} GLOB {_DAY.format('')}"
    elif plain == "DATETIME":
        inside = f"typeof({column}) = 'text' AND {column} GLOB {_DAY.format('*')}"
    else:
        return ""
    return f"{column} IS NOT NULL AND NOT ({inside})"


def _decode_text(cell: Any) -> Any:
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else cell


def _quote_name(name: object) -> str:
    doubled = str(name).replace('"', '""')
    return f'"{doubled}"'
