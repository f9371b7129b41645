"""Vector files as they are: told by their first bytes, opened safely, read whole.

The only user of pyogrio for input. GDAL would open a disguise (a virtual file named
``front.geojson`` that reads any other file), pick the first of several layers, or go on with
half of a damaged file; none of that happens here.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import tempfile
import urllib.parse
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from frontline.errors import LayerError, nearest, one_line
from frontline.storage.files import companions, file_fault

if TYPE_CHECKING:
    import geopandas as gpd


Format = Literal["GPKG", "GeoJSON", "FlatGeobuf", "ESRI Shapefile", "LIBKML", "XLSX", "CSV"]

LARGEST_UNPACKED = 1_000_000_000
"""Bytes that an archive, a workbook or a text file may unfold to."""

LONGEST_PATH = 480
"""Bytes of a path that SQLite takes, less what it adds for a journal."""

FORMATS = "GeoPackage, GeoJSON, FlatGeobuf, Shapefile, KML, KMZ, CSV or XLSX"
_STORED, _DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
_OGR_ERRORS = (RuntimeError, ValueError, OSError, ArithmeticError, sqlite3.Error)


@dataclass(frozen=True)
class VectorFile:
    """A file that is known to be what it says.

    Parameters
    ----------
    path
        The user's file.
    shown
        Its path as the user wrote it, for messages.
    format
        What its first bytes say.
    dataset
        What GDAL is given: the driver pinned by a prefix, or a copy under a neutral name.
    layers
        Names of its layers.
    """

    path: Path
    shown: str
    format: Format
    dataset: str
    layers: tuple[str, ...]


@contextmanager
def opened(path: Path, shown: str) -> Iterator[VectorFile]:
    """Look at a file and make it ready to be read.

    Parameters
    ----------
    path
        A local file.
    shown
        Its path as the user wrote it.

    Yields
    ------
    VectorFile
        Valid inside the ``with`` block: copies are removed at its end.

    Raises
    ------
    LayerError
        If it is none of the formats, damaged, or too large when unpacked.
    """
    fault = file_fault(path)
    if fault:
        raise LayerError(fault, path=shown)
    kind = _format(path, shown)
    with tempfile.TemporaryDirectory(prefix="frontline-") as scratch:
        dataset = _dataset(path, kind, Path(scratch), shown)
        if kind == "GPKG":
            _refuse_unsaved(path, shown)
            layers = _sound_layers(Path(dataset.removeprefix("GPKG:")), shown)
        else:
            layers = _layers(dataset, kind, shown)
        yield VectorFile(path, shown, kind, dataset, layers)


def _format(path: Path, shown: str) -> Format:
    with path.open("rb") as file:
        head = file.read(4096)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    found: Format | None = None
    if head.startswith(b"SQLite format 3\0"):
        found = "GPKG"
    elif head.startswith(b"fgb\x03"):
        found = "FlatGeobuf"
    elif head.startswith(b"\x00\x00\x27\x0a"):
        found = "ESRI Shapefile"
    elif head.startswith(b"PK\x03\x04"):
        found = _format_of_archive(path, shown)
    elif text.startswith(b"{"):
        found = "GeoJSON"
    elif text.startswith(b"<") and b"<kml" in text and b"<OGRVRT" not in head:
        found = "LIBKML"
    elif path.suffix.lower() in {".csv", ".tsv", ".txt"} and not text.startswith(b"<"):
        found = "CSV"
    if found is None or (found == "FlatGeobuf" and b"<OGRVRT" in head):
        part = path.suffix.lower() in {".dbf", ".shx", ".prj", ".cpg", ".qix"}
        hint = "Name the .shp file." if part else "Export it as a GeoPackage."
        raise LayerError(f"is not what its name says (expected {FORMATS}). {hint}", path=shown)
    return found


def _format_of_archive(path: Path, shown: str) -> Format:
    names = [name.lower() for name in _sound_archive(path, shown)]
    if "xl/workbook.xml" in names:
        return "XLSX"
    if any(name.endswith(".kml") for name in names):
        return "LIBKML"
    if any(name.endswith(".shp") for name in names):
        return "ESRI Shapefile"
    raise LayerError(
        "is an archive without a Shapefile, KML or workbook in it. Unpack it and name the file.",
        path=shown,
    )


def _sound_archive(path: Path, shown: str) -> list[str]:
    """Names in an archive, once its sizes are known to be true and bearable."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if {member.compress_type for member in members} - {_STORED, _DEFLATED}:
                raise LayerError("is packed in an unusual way. Pack it as plain ZIP.", path=shown)
            size = sum(member.file_size for member in members)
            if size > LARGEST_UNPACKED:
                raise LayerError(
                    f"would unpack to {size / 1e6:,.0f} MB (allowed: "
                    f"{LARGEST_UNPACKED / 1e6:,.0f} MB). Export only what you need.",
                    path=shown,
                )
            # reads every member and compares lengths and checksums: a size that lies is found
            broken = archive.testzip()
            names = archive.namelist()
    except (zipfile.BadZipFile, zlib.error, EOFError, *_OGR_ERRORS) as error:
        raise LayerError(
            f"is a damaged or locked archive ({_said(error)}). Export or copy it again.", path=shown
        ) from error
    if broken is not None:
        raise LayerError(f"is damaged at '{one_line(broken)}'. Copy it again.", path=shown)
    return names


def _dataset(path: Path, kind: Format, scratch: Path, shown: str) -> str:
    """Name the data for GDAL so that only one driver can open them, and no neighbour is seen.

    Some drivers take a prefix. The others get a copy under a name of ours, which also keeps
    colons, archives' names and other marks with a meaning to GDAL out of the way.
    """
    if kind == "ESRI Shapefile":
        return str(_staged_shapefile(path, scratch, shown))
    if kind == "CSV":
        return str(path)
    marks = str(path).removeprefix(path.drive)
    plain = not any(mark in marks for mark in ":%?#") and path.suffix != ".zip"
    plain = plain and len(os.fsencode(path)) < LONGEST_PATH
    if kind in {"GPKG", "GeoJSON", "XLSX"} and plain:
        return f"{kind}:{path}"
    endings = {"GPKG": "gpkg", "GeoJSON": "geojson", "XLSX": "xlsx", "FlatGeobuf": "fgb"}
    zipped = zipfile.is_zipfile(path)
    copy = scratch / f"layer.{endings.get(kind) or ('kmz' if zipped else 'kml')}"
    shutil.copyfile(path, copy)
    return f"{kind}:{copy}" if kind in {"GPKG", "GeoJSON", "XLSX"} else str(copy)


def _staged_shapefile(path: Path, scratch: Path, shown: str) -> Path:
    endings = set()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
            shapes = [name for name in names if name.lower().endswith(".shp")]
            if len(shapes) != 1:
                listed = ", ".join(one_line(name) for name in shapes)
                raise LayerError(
                    f"holds {len(shapes)} Shapefiles ({listed}). Unpack it and name one.",
                    path=shown,
                )
            for name in names:
                stem, dot, ending = name.rpartition(".")
                if stem == shapes[0][:-4] and ending.lower() in {"shp", "shx", "dbf", "prj", "cpg"}:
                    with (
                        archive.open(name) as packed,
                        (scratch / f"layer{dot}{ending.lower()}").open("wb") as file,
                    ):
                        shutil.copyfileobj(packed, file)
                    endings.add(f".{ending.lower()}")
    else:
        for part in (path, *companions(path)):
            shutil.copyfile(part, scratch / f"layer{part.suffix.lower()}")
            endings.add(part.suffix.lower())
    missing = sorted({".shx", ".dbf"} - endings)
    if missing:
        raise LayerError(
            f"lacks its {' and '.join(missing)} (a Shapefile is several files). Copy all of them.",
            path=shown,
        )
    for ending in (".shp", ".shx"):
        _whole(scratch / f"layer{ending}", shown)
    return scratch / "layer.shp"


def _whole(part: Path, shown: str) -> None:
    """Compare a Shapefile with the length it states: GDAL would read what is left of it."""
    with part.open("rb") as file:
        stated = 2 * int.from_bytes(file.read(28)[24:], "big")
    size = part.stat().st_size
    if size < max(stated, 100):
        raise LayerError(
            f"is cut off: its {part.suffix} has {size:,} of {max(stated, 100):,} bytes. "
            "Copy it again.",
            path=shown,
        )


def _refuse_unsaved(path: Path, shown: str) -> None:
    """Refuse a GeoPackage of which SQLite keeps changes beside it."""
    for ending in ("-wal", "-journal"):
        left = path.with_name(f"{path.name}{ending}")
        if left.exists() and left.stat().st_size > 0:
            raise LayerError(
                f"has unsaved changes in '{one_line(left.name)}': another program has it open, or "
                "crashed. Close it there (QGIS: remove the layer), or open and close it once.",
                path=shown,
            )


def _sound_layers(path: Path, shown: str) -> tuple[str, ...]:
    """Names of a GeoPackage's layers, once the whole file is known to be sound.

    SQLite reads it for us, without writing: a damaged page would make GDAL return the features
    before it and say nothing, and a view can be a query that never ends.
    """
    address = f"file:{urllib.parse.quote(str(path))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            report = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            kinds = dict(database.execute("SELECT name, type FROM sqlite_master").fetchall())
            virtual = {
                name
                for (name,) in database.execute(
                    "SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'"
                )
            }
            listed = database.execute(
                "SELECT table_name FROM gpkg_contents WHERE data_type = 'features'"
            ).fetchall()
    except (sqlite3.Error, UnicodeError, TypeError) as error:
        what = "is damaged, or no GeoPackage"
        raise LayerError(
            f"{what} ({_said(error)}). Export or copy it again.", path=shown
        ) from error
    if report != "ok":
        raise LayerError(f"is damaged ({_said(report)}). Export or copy it again.", path=shown)
    tables = {name.casefold(): kind for name, kind in kinds.items() if name not in virtual}
    return tuple(str(name) for (name,) in listed if tables.get(str(name).casefold()) == "table")


def _layers(dataset: str, kind: Format, shown: str) -> tuple[str, ...]:
    if kind == "CSV":
        return (Path(dataset).stem,)
    import pyogrio

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return tuple(str(name) for name in pyogrio.list_layers(dataset)[:, 0])
    except _OGR_ERRORS as error:
        raise LayerError(
            f"cannot be opened as {kind} ({_said(error)}). Export or copy it again.", path=shown
        ) from error


def chosen_layer(file: VectorFile, wanted: str | None) -> str:
    """Choose the layer that is meant, never the first of several.

    Raises
    ------
    LayerError
        That lists the layers, if the one wanted is absent or none is named among several.
    """
    if not file.layers:
        raise LayerError(
            "has no layer of features (views, rasters and tables are not read). Export the layer.",
            path=file.shown,
        )
    if wanted is None:
        if len(file.layers) == 1:
            return file.layers[0]
        listed = ", ".join(f"'{one_line(name)}'" for name in file.layers)
        raise LayerError(
            f"has {len(file.layers)} layers: {listed}. Add layer = one of them.", path=file.shown
        )
    if wanted in file.layers:
        return wanted
    single = file.format in {"ESRI Shapefile", "FlatGeobuf", "GeoJSON", "CSV"}
    if single and wanted in {file.path.stem, file.path.name}:
        return file.layers[0]
    view = " It may be a view, which is not read." if file.format == "GPKG" else ""
    raise LayerError(
        f"has no such layer.{nearest(wanted, file.layers)}{view}", path=file.shown, layer=wanted
    )


def read_vector(
    file: VectorFile, layer: str, *, encoding: str | None = None
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Read a layer whole, as it is.

    Parameters
    ----------
    file
        What `opened` gave.
    layer
        One of its layers.
    encoding
        Of a Shapefile that does not state its own.

    Returns
    -------
    frame
        Indexed by the feature's number in the file; heights dropped, curves made straight,
        dates as text. A table without geometry has a geometry of None. The CRS is None where
        the file states none.
    warnings
        What GDAL warned of.

    Raises
    ------
    LayerError
        If the layer cannot be read to its end.
    """
    import geopandas as gpd
    import pyogrio

    options: dict[str, Any] = {}
    if encoding and file.format == "ESRI Shapefile":
        options["encoding"] = encoding
    if file.format == "GPKG":
        options["IMMUTABLE"] = "YES"
    if file.format == "XLSX":
        options |= {"HEADERS": "FORCE", "FIELD_TYPES": "STRING"}
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            about = pyogrio.read_info(file.dataset, layer=layer, **options)
            frame = pyogrio.read_dataframe(
                file.dataset,
                layer=layer,
                force_2d=True,
                fid_as_index=True,
                on_invalid="ignore",
                datetime_as_string=True,
                **options,
            )
    except LookupError as error:
        raise LayerError(
            f"'{encoding}' is no encoding (expected utf-8, cp1251 ...). Correct it.",
            path=file.shown,
            layer=layer,
            field="encoding",
        ) from error
    except _OGR_ERRORS as error:
        text = isinstance(error, UnicodeError)
        hint = 'Name its encoding: encoding = "cp1251"' if text else "Export or copy it again."
        raise LayerError(
            f"cannot be read ({_said(error)}). {hint}", path=file.shown, layer=layer
        ) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        frame = gpd.GeoDataFrame(frame, geometry=[None] * len(frame))
    if about["features"] >= 0 and about["features"] != len(frame):
        raise LayerError(
            f"promises {about['features']} features and gives {len(frame)}: it is damaged. "
            "Export it again.",
            path=file.shown,
            layer=layer,
        )
    if "geometry" in about["fields"]:
        frame[_free("geometry_input", frame)] = _column(file, layer, "geometry", options)
    primary = str(about.get("fid_column") or "")
    if primary.casefold() not in {"", "fid", "ogc_fid", "objectid", *map(str.casefold, frame)}:
        frame[primary] = frame.index.to_numpy()
    frame.index.name = None
    return frame, tuple(dict.fromkeys(_said(item.message) for item in caught))


def _free(name: str, frame: gpd.GeoDataFrame) -> str:
    while name in frame:
        name = f"{name}_"
    return name


def _column(file: VectorFile, layer: str, name: str, options: Mapping[str, Any]) -> Any:
    """Read one column by itself: a data frame has room for one column called geometry."""
    import pyogrio

    only = pyogrio.read_dataframe(
        file.dataset, layer=layer, columns=[name], read_geometry=False, **options
    )
    return only[name].to_numpy()


def _said(error: object) -> str:
    """Show what a library says on one line, without the folders it speaks of."""
    text = re.sub(r"(?<![\w.])(?:[A-Za-z]:)?[\\/](?:[^\s\\/:']+[\\/])+", "", str(error))
    text = one_line(text or type(error).__name__).split("; ", maxsplit=1)[0].rstrip(". ")
    return text if len(text) <= 160 else f"{text[:157]}..."


def write_empty(path: Path, layers: Mapping[str, tuple[str, Mapping[str, str]]]) -> None:
    """Write a GeoPackage of empty layers in EPSG:4326, to be drawn into.

    Parameters
    ----------
    path
        A new file.
    layers
        By name: type of geometry, and type of each column (``str``, ``int64``, ``float64``).
    """
    import geopandas as gpd
    import pandas as pd
    import pyogrio

    for name, (geometry, columns) in layers.items():
        table = {column: pd.Series([], dtype=kind) for column, kind in columns.items()}
        pyogrio.write_dataframe(
            gpd.GeoDataFrame(table, geometry=[], crs=4326),
            path,
            layer=name,
            driver="GPKG",
            geometry_type=geometry,
            append=path.exists(),
        )
