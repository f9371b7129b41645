"""The GeoPackage: layers, styles, aliases and metadata, the same bytes from run to run.

GDAL writes the layers; what it has no door for from here, aliases and styles, is written into
the tables of the standard and of QGIS with SQLite.
"""

from __future__ import annotations

import datetime as dt
import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontline.errors import OutputError
from frontline.export.features import SHAPES, FeatureLayer, make_feature_layers
from frontline.export.manifest import find_newest_date
from frontline.export.metadata import collect_facts, write_gdal_metadata, write_qgis_metadata
from frontline.export.qgis.layers import list_aliases, list_codes, write_layer_style
from frontline.records import Note
from frontline.results.tables import is_empty, make_names_unique
from frontline.storage.locks import IN_USE, refuse_open_package

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from frontline.project.models import Project
    from frontline.results.model import Results
    from frontline.schema import Column


LOG = logging.getLogger(__name__)
VERSION = "1.3"
"""Of the standard: the newest that programs of the last years read without a warning."""
SPEC = "http://www.geopackage.org/spec120/#extension_"
QGIS_METADATA = "http://mrcc.com/qgis.dtd"
GDAL_METADATA = "http://gdal.org"

SCHEMA_TABLES = """
CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT,
title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT,
CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL,
constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC,
max_is_inclusive BOOLEAN, description TEXT,
CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
"""
METADATA_TABLES = """
CREATE TABLE gpkg_metadata (id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL,
md_scope TEXT NOT NULL DEFAULT 'dataset', md_standard_uri TEXT NOT NULL,
mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '');
CREATE TABLE gpkg_metadata_reference (reference_scope TEXT NOT NULL, table_name TEXT,
column_name TEXT, row_id_value INTEGER,
timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
md_file_id INTEGER NOT NULL, md_parent_id INTEGER,
CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id));
"""
STYLES_TABLE = """
CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
update_time DATETIME DEFAULT CURRENT_TIMESTAMP);
"""


def write_geopackage(path: Path, results: Results) -> tuple[Note, ...]:
    """Write every layer with its style, aliases, descriptions and metadata.

    Parameters
    ----------
    path
        The file; an earlier one is replaced when the new one is whole.
    results
        What a run has computed.

    Returns
    -------
    What was changed on the way: columns renamed because the format cannot hold their names.

    Raises
    ------
    OutputError
        If the file cannot be written.

    Notes
    -----
    One date stands in every field of the format that wants one: that of the newest line.
    """
    from pyogrio.errors import DataSourceError

    layers = make_feature_layers(results)
    refuse_open_package(path)
    part = path.with_name(f".{path.stem}-part.gpkg")
    try:
        _remove(part)
        _write(part, results, layers)
        part.replace(path)
    except (DataSourceError, sqlite3.Error, OSError, RuntimeError) as error:
        raise OutputError(
            f"cannot be written ({error}). Check the folder and the space on the disk.",
            path=path.name,
        ) from error
    finally:
        _remove(part)
    notes = tuple(note for layer in layers for note in layer.notes)
    for note in notes:
        LOG.warning("%s: %s", note.about, note.text)
    return notes


def _remove(part: Path) -> None:
    """Remove an unfinished file and what SQLite keeps beside it."""
    for ending in ("", *IN_USE):
        with suppress(OSError):
            part.with_name(part.name + ending).unlink()


def _write(path: Path, results: Results, layers: Sequence[FeatureLayer]) -> None:
    time = f"{find_newest_date(results.project)}T00:00:00.000Z"
    with _set_date(time):
        for layer in layers:
            _write_layer(path, layer)
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA synchronous = OFF")
        _refuse_half(base, path, layers)
        _write_descriptions(base, results.project, layers)
        _write_metadata(base, results, layers, time)
        _write_styles(base, results, layers, time)
        base.commit()


@contextmanager
def _set_date(time: str) -> Iterator[None]:
    """Tell GDAL what time it is, which it writes into the file, and not to wait for the disk.

    The file is brought to the disk once, when it is whole, before anyone sees it.
    """
    import pyogrio

    options = {"OGR_CURRENT_DATE": time, "OGR_SQLITE_SYNCHRONOUS": "OFF"}
    before = {name: pyogrio.get_gdal_config_option(name) for name in options}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


def _write_layer(path: Path, layer: FeatureLayer) -> None:
    import numpy as np
    import pyogrio.raw
    import shapely

    data = [_list_values(layer.frame[column.name], column) for column in layer.columns]
    pyogrio.raw.write(
        str(path),
        geometry=shapely.to_wkb(layer.geometry),
        field_data=[values for values, _ in data],
        field_mask=[mask for _, mask in data],
        fields=np.array([column.name for column in layer.columns], dtype=object),
        layer=layer.name,
        driver="GPKG",
        geometry_type=SHAPES[layer.dimension],
        crs="EPSG:4326",
        nan_as_null=True,
        dataset_options={"VERSION": VERSION},
        layer_options={
            "GEOMETRY_NAME": "geom",
            "FID": "fid",
            "IDENTIFIER": layer.title,
            "DESCRIPTION": layer.description,
        },
    )


def _list_values(series: pd.Series[Any], column: Column) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give a column as an array of the type GDAL is to write, and where it is unknown."""
    import numpy as np

    unknown = series.isna().to_numpy(dtype=bool)
    if column.type == "boolean":
        return series.astype("boolean").to_numpy(dtype=bool, na_value=False), unknown
    if column.type == "integer":
        return series.astype("Int64").to_numpy(dtype="int64", na_value=0), unknown
    if column.type == "number":
        return series.astype("float64").to_numpy(), unknown
    texts = [None if is_empty(value) else str(value) for value in series]
    if column.type == "date" and all(text is None or _is_date(text) for text in texts):
        return np.array(texts, dtype="datetime64[D]"), unknown
    values = np.empty(len(texts), dtype=object)
    values[:] = [text if text is None else _make_storable(text) for text in texts]
    return values, unknown


def _is_date(text: str) -> bool:
    try:
        return bool(dt.date.fromisoformat(text))
    except ValueError:
        return False


def _make_storable(text: str) -> str:
    """Replace what SQLite would cut text at (NUL) and what UTF-8 cannot hold."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _refuse_half(base: sqlite3.Connection, path: Path, layers: Sequence[FeatureLayer]) -> None:
    """Refuse a file that lacks features: on a full disk the last ones can be lost unsaid."""
    for layer in layers:
        (written,) = base.execute(f'SELECT count(*) FROM "{layer.name}"').fetchone()  # noqa: S608
        if written != len(layer.geometry):
            raise OutputError(
                f"only {written} of {len(layer.geometry)} features were written. Check the disk.",
                path=path.name,
                layer=layer.name,
            )


def _register(base: sqlite3.Connection, name: str, extension: str) -> None:
    row = (name, None, f"gpkg_{extension}", SPEC + extension, "read-write")
    base.execute("INSERT INTO gpkg_extensions VALUES (?, ?, ?, ?, ?)", row)


def _write_descriptions(
    base: sqlite3.Connection, project: Project, layers: Sequence[FeatureLayer]
) -> None:
    """Write alias, description and values of every column as the schema extension wants them."""
    base.executescript(SCHEMA_TABLES)
    for name in ("gpkg_data_columns", "gpkg_data_column_constraints"):
        _register(base, name, "schema")
    named: dict[tuple[tuple[str, str], ...], str] = {}
    for layer in layers:
        coded = list_codes(layer, project=project)
        for column, alias in zip(layer.columns, list_aliases(layer), strict=True):
            values = coded.get(column.name)
            base.execute(
                "INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, NULL, ?)",
                (
                    layer.name,
                    column.name,
                    alias,
                    alias,
                    column.description,
                    _write_constraint(base, named, column.name, values) if values else None,
                ),
            )


def _write_constraint(
    base: sqlite3.Connection,
    named: dict[tuple[tuple[str, str], ...], str],
    column: str,
    values: Mapping[str, str],
) -> str:
    """Write the values that a column may have, once for all columns that share them."""
    rows = tuple(values.items())
    if rows not in named:
        named[rows] = make_names_unique([f"{column.lower()}_list_values"], taken=named.values())[0]
        base.executemany(
            "INSERT INTO gpkg_data_column_constraints"
            " VALUES (?, 'enum', ?, NULL, NULL, NULL, NULL, ?)",
            [(named[rows], value, words) for value, words in rows],
        )
    return named[rows]


def _write_styles(
    base: sqlite3.Connection, results: Results, layers: Sequence[FeatureLayer], time: str
) -> None:
    """Write a default style for every layer, and list their table as one without geometry."""
    base.executescript(STYLES_TABLE)
    base.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)"
        " VALUES ('layer_styles', 'attributes', 'layer_styles', 'Styles for QGIS', ?)",
        (time,),
    )
    for layer in layers:
        style = write_layer_style(layer, project=results.project)
        base.execute(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,"
            " f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description,"
            " owner, update_time) VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '', ?)",
            (layer.name, layer.name, style, layer.description, time),
        )
    count = "INSERT INTO gpkg_ogr_contents VALUES ('layer_styles', ?)"
    base.execute(count, (len(layers),))


def _write_metadata(
    base: sqlite3.Connection, results: Results, layers: Sequence[FeatureLayer], time: str
) -> None:
    """Write title, abstract, licence, lineage, extent and date: for QGIS and for GDAL."""
    base.executescript(METADATA_TABLES)
    for name in ("gpkg_metadata", "gpkg_metadata_reference"):
        _register(base, name, "metadata")
    number = _add_metadata(base, GDAL_METADATA, write_gdal_metadata(collect_facts(results)))
    refer = "INSERT INTO gpkg_metadata_reference VALUES (?, ?, NULL, NULL, ?, ?, NULL)"
    base.execute(refer, ("geopackage", None, time, number))
    for layer in layers:
        facts = collect_facts(results, layer=layer)
        for standard, text in (
            (QGIS_METADATA, write_qgis_metadata(facts, layer=layer)),
            (GDAL_METADATA, write_gdal_metadata(facts)),
        ):
            number = _add_metadata(base, standard, text)
            base.execute(refer, ("table", layer.name, time, number))


def _add_metadata(base: sqlite3.Connection, standard: str, text: str) -> int:
    command = (
        "INSERT INTO gpkg_metadata (md_scope, md_standard_uri, mime_type, metadata)"
        " VALUES ('dataset', ?, 'text/xml', ?)"
    )
    return int(base.execute(command, (standard, text)).lastrowid or 0)
