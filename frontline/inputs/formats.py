"""Vector files as they are: told by their first bytes, opened safely, read whole.

The only user of pyogrio for input. GDAL would open a disguise (a virtual file named
``front.geojson`` that reads any other file), pick the first of several layers, or go on with
half of a damaged file; none of that happens here.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from frontline.errors import (
    LayerError,
    guard_library,
    raise_problems,
    suggest_name,
    summarize_error,
    to_one_line,
)
from frontline.inputs import geopackage
from frontline.inputs.geojson import inspect_geojson
from frontline.inputs.kml import find_first_element, inspect_kml
from frontline.inputs.shapefile import settle_encoding, stage_shapefile
from frontline.inputs.xlsx import list_workbook_sheets, read_sheet
from frontline.storage.files import find_file_fault
from frontline.storage.offline import forbid_network

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from pyproj import CRS

forbid_network()

Format = Literal["GPKG", "GeoJSON", "FlatGeobuf", "ESRI Shapefile", "LIBKML", "XLSX", "CSV"]

LARGEST_UNPACKED = 1_000_000_000
"""Bytes that an archive, a workbook or a text file may unfold to."""

LONGEST_PATH = 480
"""Bytes of a path that SQLite takes, less what it adds for a journal."""

FORMATS = "GeoPackage, GeoJSON, FlatGeobuf, Shapefile, KML, KMZ, CSV or XLSX"
_ENDINGS = frozenset(
    (".gpkg", ".geojson", ".json", ".fgb", ".shp", ".zip", ".kml", ".kmz", ".csv", ".xlsx")
)
_OTHERS = (
    (b"!table", "a table of MapInfo"),
    (b"Version ", "an exchange file of MapInfo"),
    (b"PAR1", "GeoParquet"),
    (b"II*\0", "a raster"),
    (b"MM\0*", "a raster"),
    (b"\xd0\xcf\x11\xe0", "an old workbook (.xls)"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "an archive of gzip"),
)
_OTHER_ROOTS = {"gpx": "GPX", "osm": "OpenStreetMap XML", "FeatureCollection": "GML"}
_STORED, _DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


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
    crs
        What a GeoJSON file names; GDAL may understand another.
    tables
        Of a GeoPackage, the tables of its layers.
    notes
        What of the file is not read, or taken for granted.
    """

    path: Path
    shown: str
    format: Format
    dataset: str
    layers: tuple[str, ...]
    crs: CRS | None = None
    tables: tuple[geopackage.PackageTable, ...] = ()
    notes: tuple[str, ...] = ()


@contextmanager
def open_vector(path: Path, *, shown: str) -> Iterator[VectorFile]:
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
    fault = find_file_fault(path)
    if fault:
        raise LayerError(fault, path=shown)
    with tempfile.TemporaryDirectory(prefix="frontline-") as scratch:
        with guard_library(LayerError, path=shown):
            file = _inspect(path, shown, Path(scratch))
        yield file


def _inspect(path: Path, shown: str, scratch: Path) -> VectorFile:
    """Look at a file as its format asks, before GDAL does."""
    kind = _detect_format(path, shown)
    if kind == "LIBKML":
        return _inspect_kml(path, shown, scratch)
    if kind == "GPKG":
        return _inspect_geopackage(path, shown, scratch)
    crs = inspect_geojson(path, shown=shown) if kind == "GeoJSON" else None
    if kind in {"CSV", "XLSX"}:
        layers = (path.stem,) if kind == "CSV" else list_workbook_sheets(path, shown=shown)
        return VectorFile(path, shown, kind, str(path), layers)
    shapes = kind == "ESRI Shapefile"
    dataset = str(stage_shapefile(path, scratch=scratch, shown=shown)) if shapes else ""
    dataset = dataset or _name_dataset(path, kind, scratch)
    return VectorFile(path, shown, kind, dataset, _list_layers(dataset, kind, shown), crs)


def _inspect_geopackage(path: Path, shown: str, scratch: Path) -> VectorFile:
    _refuse_unsaved(path, shown)
    source = Path(_name_dataset(path, "GPKG", scratch).removeprefix("GPKG:"))
    tables = geopackage.inspect_geopackage(source, shown=shown)
    source = geopackage.heal_counts(source, tables=tables, scratch=scratch, shown=shown)
    names = tuple(table.name for table in tables)
    return VectorFile(path, shown, "GPKG", f"GPKG:{source}", names, tables=tables)


def _inspect_kml(path: Path, shown: str, scratch: Path) -> VectorFile:
    """Look at KML, and whether GDAL finds every feature that stands in it."""
    import pyogrio

    contents = inspect_kml(path, shown=shown)
    dataset = _name_dataset(path, "LIBKML", scratch)
    if contents.text is not None:
        dataset = str(scratch / "layer.kml")
        Path(dataset).write_bytes(contents.text)
    layers = _list_layers(dataset, "LIBKML", shown)
    readable = sum(pyogrio.read_info(dataset, layer=layer)["features"] for layer in layers)
    if readable < contents.placemarks:
        raise LayerError(
            f"holds {contents.placemarks} features, of which {readable} can be read (several KML "
            "files or nested folders). Export each layer as a KML file of its own.",
            path=shown,
        )
    return VectorFile(path, shown, "LIBKML", dataset, layers, notes=contents.notes)


def _detect_format(path: Path, shown: str) -> Format:
    with path.open("rb") as file:
        head = file.read(65_536)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    marked = text.startswith(b"<") or head.startswith((b"\xff\xfe<", b"\xfe\xff\0<"))
    root = find_first_element(head) if marked else ""
    kind: Format | None = None
    if head.startswith(b"SQLite format 3\0"):
        kind = "GPKG"
    elif head.startswith(b"fgb\x03"):
        kind = "FlatGeobuf"
    elif head.startswith(b"\x00\x00\x27\x0a"):
        kind = "ESRI Shapefile"
    elif head.startswith(b"PK\x03\x04"):
        kind = _detect_format_of_archive(path, shown)
    elif text.startswith((b"{", b"\x1e{")):
        kind = "GeoJSON"
    elif root == "kml" and b"<OGRVRT" not in head:
        kind = "LIBKML"
    elif path.suffix.lower() in {".csv", ".tsv", ".txt"} and not text.startswith(b"<"):
        kind = "CSV"
    if kind is None or (kind == "FlatGeobuf" and b"<OGRVRT" in head):
        raise LayerError(_explain_unread(path, head, root), path=shown)
    return kind


def _explain_unread(path: Path, head: bytes, root: str) -> str:
    """Say what a file is that is none of the formats, as far as its first bytes tell."""
    ending = path.suffix.lower()
    if ending in {".dbf", ".shx", ".prj", ".cpg", ".qix"}:
        return f"is not what its name says (expected {FORMATS}). Name the .shp file."
    kind = next((name for start, name in _OTHERS if head.startswith(start)), "")
    kind = _OTHER_ROOTS.get(root, kind)
    if kind:
        return f"is {kind}, which is not read here (expected {FORMATS}). Export it as a GeoPackage."
    if ending in _ENDINGS:
        return f"is not what its name says (expected {FORMATS}). Export it as a GeoPackage."
    what = f"is of a format that is not read ('{to_one_line(ending)}')"
    return f"{what} (expected {FORMATS}). Export it as a GeoPackage."


def _detect_format_of_archive(path: Path, shown: str) -> Format:
    names = [name.lower() for name in _check_archive(path, shown)]
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


def _check_archive(path: Path, shown: str) -> list[str]:
    """Names in an archive, once its sizes are known to be true and bearable."""
    what = "is a damaged or locked archive"
    with guard_library(LayerError, path=shown, what=what), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        _refuse_odd(members, shown)
        # reads every member and compares lengths and checksums: a size that lies is found
        broken = archive.testzip()
        names = archive.namelist()
    if broken is not None:
        raise LayerError(f"is damaged at '{to_one_line(broken)}'. Copy it again.", path=shown)
    return names


def _refuse_odd(members: Sequence[zipfile.ZipInfo], shown: str) -> None:
    """Refuse unusual packing, and more than is bearable."""
    if {member.compress_type for member in members} - {_STORED, _DEFLATED}:
        raise LayerError("is packed in an unusual way. Pack it as plain ZIP.", path=shown)
    size = sum(member.file_size for member in members)
    if size > LARGEST_UNPACKED:
        raise LayerError(
            f"would unpack to {size / 1e6:,.0f} MB (allowed: "
            f"{LARGEST_UNPACKED / 1e6:,.0f} MB). Export only what you need.",
            path=shown,
        )


def _name_dataset(path: Path, kind: Format, scratch: Path) -> str:
    """Name the data for GDAL so that only one driver can open them, and no neighbour is seen.

    Some drivers take a prefix. The others get a copy under a name of ours, which also keeps
    colons, archives' names and other marks with a meaning to GDAL out of the way.
    """
    marks = str(path).removeprefix(path.drive)
    plain = not any(mark in marks for mark in ":%?#") and path.suffix != ".zip"
    plain = plain and len(os.fsencode(path)) < LONGEST_PATH
    if kind in {"GPKG", "GeoJSON"} and plain:
        return f"{kind}:{path}"
    endings = {"GPKG": "gpkg", "GeoJSON": "geojson", "FlatGeobuf": "fgb"}
    zipped = zipfile.is_zipfile(path)
    copy = scratch / f"layer.{endings.get(kind) or ('kmz' if zipped else 'kml')}"
    shutil.copyfile(path, copy)
    return f"{kind}:{copy}" if kind in {"GPKG", "GeoJSON"} else str(copy)


def _refuse_unsaved(path: Path, shown: str) -> None:
    """Refuse a GeoPackage of which SQLite keeps changes beside it."""
    for ending in ("-wal", "-journal"):
        left = path.with_name(f"{path.name}{ending}")
        if left.exists() and left.stat().st_size > 0:
            raise LayerError(
                f"has unsaved changes in '{to_one_line(left.name)}': another program has it "
                "open, or "
                "crashed. Close it there (QGIS: remove the layer), or open and close it once.",
                path=shown,
            )


def _list_layers(dataset: str, kind: Format, shown: str) -> tuple[str, ...]:
    import pyogrio

    what = f"cannot be opened as {kind}"
    with warnings.catch_warnings(), guard_library(LayerError, path=shown, what=what):
        warnings.simplefilter("ignore")
        return tuple(str(name) for name in pyogrio.list_layers(dataset)[:, 0])


def choose_layer(file: VectorFile, *, wanted: str | None) -> str:
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
        listed = ", ".join(f"'{to_one_line(name)}'" for name in file.layers)
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
        f"has no such layer.{suggest_name(wanted, words=file.layers)}{view}",
        path=file.shown,
        layer=wanted,
    )


def choose_layers(file: VectorFile, *, wanted: str | Sequence[str] | None) -> tuple[str, ...]:
    """Choose the layers that are meant; see `choose_layer`."""
    if wanted is None or isinstance(wanted, str):
        return (choose_layer(file, wanted=wanted),)
    return tuple(dict.fromkeys(choose_layer(file, wanted=name) for name in wanted))


def read_layers_as_one(
    file: VectorFile, *, layers: Sequence[str], encoding: str | None = None
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Read one or several layers of a file as one.

    Returns
    -------
    frame
        As `read_vector` gives it; of several layers, indexed by layer and number.
    notes
        Of all of them.

    Raises
    ------
    LayerError
        A layer cannot be read, or they differ in CRS.
    """
    import geopandas as gpd
    import pandas as pd

    read = [read_vector(file, layer=layer, encoding=encoding) for layer in layers]
    if len(read) == 1:
        return read[0]
    frames = [
        frame.set_axis([f"{layer} {number}" for number in frame.index])
        for layer, (frame, _) in zip(layers, read, strict=True)
    ]
    if any(frame.crs != frames[0].crs for frame in frames):
        raise LayerError(
            "has these layers in different CRS (expected one). Export them in one CRS.",
            path=file.shown,
            layer=layers,
        )
    notes = tuple(dict.fromkeys(note for _, notes in read for note in notes))
    together = pd.concat(frames) if frames else gpd.GeoDataFrame()
    return gpd.GeoDataFrame(together, crs=frames[0].crs), notes


def read_vector(
    file: VectorFile, *, layer: str, encoding: str | None = None
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Read a layer whole, as it is.

    Parameters
    ----------
    file
        What `open_vector` gave.
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
    if file.format == "XLSX":
        return _add_empty_geometry(read_sheet(file.path, shown=file.shown, sheet=layer)), ()
    options: dict[str, Any] = {}
    notes = list(file.notes)
    if file.format == "ESRI Shapefile":
        encoding, note = settle_encoding(
            Path(file.dataset).parent, shown=file.shown, encoding=encoding
        )
        options |= {"encoding": encoding} if encoding else {}
        notes += [note] if note else []
    if file.format == "GPKG":
        options["IMMUTABLE"] = "YES"
    with warnings.catch_warnings(record=True) as caught, _guard(file, layer, encoding):
        warnings.simplefilter("always")
        frame = _read_whole(file, layer, options)
    warned = [f"The reader warned: {summarize_error(item.message)}." for item in caught]
    return frame, tuple(dict.fromkeys([*notes, *warned]))


@contextmanager
def _guard(file: VectorFile, layer: str, encoding: str | None) -> Iterator[None]:
    """Turn what GDAL raises into one line that names file and layer, and encodings by name."""
    with guard_library(LayerError, path=file.shown, layer=layer):
        try:
            yield
        except LookupError as error:
            if not isinstance(error, KeyError | IndexError):
                raise LayerError(
                    f"'{encoding}' is no encoding (expected utf-8, cp1251 ...). Correct it.",
                    path=file.shown,
                    layer=layer,
                    field="encoding",
                ) from error
            raise
        except UnicodeError as error:
            shapefile = file.format == "ESRI Shapefile"
            hint = 'Name its encoding: encoding = "cp1251"' if shapefile else "Save it as UTF-8."
            raise LayerError(
                f"cannot be read ({summarize_error(error)}). {hint}", path=file.shown, layer=layer
            ) from error


def _add_empty_geometry(table: pd.DataFrame) -> gpd.GeoDataFrame:
    import geopandas as gpd

    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries([None] * len(table), index=table.index))


def _read_whole(file: VectorFile, layer: str, options: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Read a layer by GDAL, and mend what GDAL does to it."""
    import geopandas as gpd
    import pyogrio

    about = pyogrio.read_info(file.dataset, layer=layer, **options)
    _refuse_twice([str(name) for name in about["fields"]], file, layer)
    frame = pyogrio.read_dataframe(
        file.dataset,
        layer=layer,
        force_2d=True,
        fid_as_index=True,
        on_invalid="ignore",
        datetime_as_string=True,
        **options,
    )
    if not isinstance(frame, gpd.GeoDataFrame):
        frame = _add_empty_geometry(frame)
    table = next((table for table in file.tables if table.name == layer), None)
    rows = about["features"] if table is None else table.rows
    if rows >= 0 and rows != len(frame):
        raise LayerError(
            f"promises {rows} features and gives {len(frame)}: it is damaged. Export it again.",
            path=file.shown,
            layer=layer,
        )
    if "geometry" in about["fields"]:
        frame[_choose_free_name("geometry_input", frame)] = _read_column(
            file, layer, "geometry", options
        )
    primary = str(about.get("fid_column") or "")
    if table is not None:
        geopackage.restore_cells(
            frame, path=Path(file.dataset.removeprefix("GPKG:")), table=table, shown=file.shown
        )
    if primary.casefold() not in {"", "fid", "ogc_fid", "objectid", *map(str.casefold, frame)}:
        frame[primary] = frame.index.to_numpy()
    frame.index.name = None
    return frame if file.crs is None else frame.set_crs(file.crs, allow_override=True)


def _refuse_twice(names: Sequence[str], file: VectorFile, layer: str) -> None:
    """Refuse columns of one name: either could be meant."""
    raise_problems(
        [
            LayerError(
                "stands there twice among the columns. Rename one.",
                path=file.shown,
                layer=layer,
                field=name,
            )
            for name in dict.fromkeys(name for name in names if names.count(name) > 1)
        ]
    )


def _choose_free_name(name: str, frame: gpd.GeoDataFrame) -> str:
    while name in frame:
        name = f"{name}_"
    return name


def _read_column(file: VectorFile, layer: str, name: str, options: Mapping[str, Any]) -> Any:
    """Read one column by itself: a data frame has room for one column called geometry."""
    import pyogrio

    only = pyogrio.read_dataframe(
        file.dataset, layer=layer, columns=[name], read_geometry=False, **options
    )
    return only[name].to_numpy()


def write_empty(path: Path, *, layers: Mapping[str, tuple[str, Mapping[str, str]]]) -> None:
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
