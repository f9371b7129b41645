"""One layer of the project, read and checked in its own CRS."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from frontline.errors import (
    FrontlineError,
    LayerError,
    guard_library,
    raise_problems,
    suggest_name,
    to_one_line,
)
from frontline.errors import show_value as quoted
from frontline.geo.datum import find_datum_doubt, has_named_datum, is_same_but_datum
from frontline.inputs.csv import place_rows, read_cells
from frontline.inputs.fields import (
    convert_cells,
    doubt_cut_names,
    find_alike,
    name_columns_of_file,
    read_date,
    rename_columns,
)
from frontline.inputs.formats import (
    VectorFile,
    choose_layers,
    read_layers_as_one,
)
from frontline.inputs.geometry import Fault, check_geometry, name_crs
from frontline.inputs.hxl import find_columns_by_tags, split_tags
from frontline.inputs.lettering import doubt_lettering
from frontline.project.layers import LINES, Role
from frontline.project.models import LineSpec

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from frontline.project.models import LayerSource


_Frame = TypeVar("_Frame", bound="pd.DataFrame")
_TABLES = ("CSV", "XLSX")
_OTHER_CRS = 'Export it in EPSG:4326, or name its CRS: crs = "EPSG:..."'


@dataclass(frozen=True)
class CheckedLayer:
    """A layer whose every cell and vertex has been looked at.

    Parameters
    ----------
    frame
        Our columns, typed, then the user's; geometry in the layer's CRS; indexed by the
        feature's number in the file. Features that cannot be used are gone.
    crs
        Its CRS.
    fault
        Makes errors that name file and layer.
    notes
        What was renamed, left out or mended: sentence and number of features.
    """

    frame: gpd.GeoDataFrame
    crs: CRS
    fault: Fault
    notes: tuple[tuple[str, int], ...]


def read_checked(
    file: VectorFile,
    *,
    source: LayerSource,
    role: Role,
    columns: Mapping[str, str],
    many: dict[tuple[Path, tuple[str, ...], str | None], ManyDates] | None = None,
) -> CheckedLayer:
    """Read a layer and check all of it.

    Parameters
    ----------
    file
        The opened file.
    source
        What the project says of the layer.
    role
        What it is for.
    columns
        Our column = the file's.
    many
        Layers of many dates that were read for another date; grows by this one.

    Raises
    ------
    LayerError
        With every problem of the layer.
    """
    layers = choose_layers(file, wanted=source.layer)
    single = file.format not in {"GPKG", "LIBKML", "XLSX"}
    fault: Fault = partial(LayerError, path=file.shown, layer=None if single else layers)
    line = source if isinstance(source, LineSpec) and source.each is not None else None
    place = (file.path, tuple(layers), source.encoding)
    dated = None
    if line is None or many is None:
        read = _read(file, layers, source, role, columns)
    else:
        if place not in many:
            many[place] = ManyDates(_read(file, layers, source, role, columns), {})
        dated = many[place]
        read = dated.read
    columns, notes = read.columns, [(text, 0) for text in read.notes]
    crs = _decide_crs(read.frame, file, source, fault)
    notes += [(text, 0) for text in _check_way_to_wgs84(crs, fault)]
    if line is None:
        frame = select_rows(read.frame, select=source.select, fault=fault)
    else:
        frame = select_date(dated or ManyDates(read, {}), line=line, fault=fault)
    table = frame.drop(columns=frame.geometry.name)
    if not role.carries:
        table = table[[name for name in table if name in columns.values()]]
    notes += _find_lettering_doubts(table)
    ours = rename_columns(table, columns=role.columns, mapping=columns, fault=fault)
    notes += [(text, 0) for text in ours.notes]
    fault = name_columns_of_file(fault, columns=ours.columns)
    cells = convert_cells(ours.table, columns=role.columns, fault=fault)
    notes += cells.notes
    problems = [*ours.problems, *cells.problems]
    if file.format == "ESRI Shapefile":
        problems += doubt_cut_names(
            list(map(str, table)), columns=role.columns, mapping=columns, fault=fault
        )
    shapes = check_geometry(
        frame.geometry.to_numpy(),
        rows=frame.index.to_numpy(),
        crs=crs,
        shapes=role.shapes,
        optional=role.optional,
        mixed=role.name == LINES.name,
        repair=source.repair,
        fault=fault,
        otherwise=role.otherwise,
    )
    problems += shapes.problems
    if not role.optional and len(frame) == 0:
        problems.append(fault("has no features. Name another layer, or draw it."))
    if role.optional and len(frame) == 0:
        notes.append(("The layer has no features.", 0))
    raise_problems(problems)
    return CheckedLayer(
        _join_geometries(cells.table, shapes.geometries, crs), crs, fault, (*notes, *shapes.notes)
    )


def _check_way_to_wgs84(crs: CRS, fault: Fault) -> tuple[str, ...]:
    """Say what is not known of the way from a CRS to WGS 84; a CRS without any is refused."""
    try:
        Transformer.from_crs(crs, CRS.from_epsg(4326), always_xy=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a better way lacks its grid
            doubt = find_datum_doubt(crs)
    except (ProjError, CRSError) as error:
        raise fault(
            f"has the CRS '{to_one_line(name_crs(crs))}', from which there is no way to WGS 84 "
            "here "
            f"(of another planet, or by a grid that is not installed). {_OTHER_CRS}",
        ) from error
    return (f"{doubt[:1].upper()}{doubt[1:]}",) if doubt else ()


def _find_lettering_doubts(table: pd.DataFrame) -> list[tuple[str, int]]:
    """Doubt text that was hardly written so; of several columns the first says it."""
    for name in table:
        doubt = doubt_lettering(table[name]) if table[name].dtype != "int64" else None
        if doubt is not None:
            return [(f"Column '{to_one_line(str(name))}': {doubt[0]}", doubt[1])]
    return []


def _join_geometries(table: Any, geometries: Any, crs: CRS) -> gpd.GeoDataFrame:
    import geopandas as gpd

    frame = gpd.GeoDataFrame(table, geometry=geometries, crs=crs)
    return frame[frame.geometry.notna()]


@dataclass(frozen=True)
class Read:
    """A layer as it was read: its features, our names for its columns, what the reader said."""

    frame: gpd.GeoDataFrame
    columns: Mapping[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ManyDates:
    """A layer of many dates, read once for all of them.

    Parameters
    ----------
    read
        The layer as it was read.
    rows
        Features of each date, by column of dates and what is selected; grows.
    """

    read: Read
    rows: dict[str, dict[dt.date, list[Any]]]


def _read(
    file: VectorFile,
    layers: Sequence[str],
    source: LayerSource,
    role: Role,
    columns: Mapping[str, str],
) -> Read:
    if file.format not in _TABLES:
        frame, notes = read_layers_as_one(file, layers=layers, encoding=source.encoding)
        return Read(frame, columns, notes)
    if "point" not in role.shapes:
        raise LayerError(
            f"is a table, which can hold points only (expected {' or '.join(role.shapes)}). "
            "Export a GeoPackage.",
            path=file.shown,
        )
    sheet = ", ".join(layers) if file.format == "XLSX" else None
    cells, tags = split_tags(read_cells(file, layers=layers, encoding=source.encoding))
    columns, tag_notes = find_columns_by_tags(tags, columns=role.columns, mapping=columns)
    ours = {word for column in role.columns for word in (column.name, *column.also)}
    placed_rows = place_rows(
        cells, file=file, layer=sheet, columns=columns, as_read=ours | {*columns.values()}
    )
    columns = {name: theirs for name, theirs in columns.items() if name not in {"lon", "lat"}}
    return Read(placed_rows, columns, tuple(tag_notes))


def _decide_crs(
    frame: gpd.GeoDataFrame, file: VectorFile, source: LayerSource, fault: Fault
) -> CRS:
    """Decide on the CRS: the file's, or the project's for a file that does not really state one."""
    with guard_library(LayerError, path=file.shown, hint=_OTHER_CRS):
        stated = _resolve_horizontal_crs(frame.crs)
    named = None
    if source.crs is not None:
        try:
            named = _resolve_horizontal_crs(CRS.from_user_input(source.crs))
        except (CRSError, ProjError) as error:
            raise fault(
                f"{quoted(source.crs)} is no CRS (expected a code such as EPSG:4326). Correct it.",
                field="crs",
            ) from error
        if named is None:
            raise fault(
                f"{quoted(source.crs)} is no CRS on the earth (expected degrees or a map "
                "projection). Correct it.",
                field="crs",
            )
    # GeoJSON and tables are in degrees only by convention, which files often break
    if named is not None and (file.format in {*_TABLES, "GeoJSON"} or stated is None):
        return named
    if (
        named is not None
        and stated is not None
        and not named.equals(stated, ignore_axis_order=True)
        and not _names_its_datum(named, stated, frame)
    ):
        raise fault(
            f"states {name_crs(stated)}, the project {name_crs(named)}. Remove crs from the "
            "project, or export the layer again.",
            field="crs",
        )
    if stated is not None:
        return stated if named is None else named
    if file.format in _TABLES:
        return CRS.from_epsg(4326)
    bounds = np.abs(frame.total_bounds)
    degrees = bool((bounds <= [180, 90, 180, 90]).all())
    guess = (
        ' crs = "EPSG:4326", as its coordinates look like degrees'
        if degrees
        else (' the code of its projection, as crs = "EPSG:32638"')
    )
    raise fault(f"has no CRS. Add to this layer in the project{guess}.")


def _names_its_datum(named: CRS, stated: CRS, frame: gpd.GeoDataFrame) -> bool:
    """Tell whether the project only names the datum that the file leaves open."""
    west, south, east, north = frame.total_bounds
    corners = np.array([[west, south], [west, north], [east, south], [east, north]])
    if has_named_datum(stated) or not np.isfinite(corners).all():
        return False
    return is_same_but_datum(stated, other=named, xy=corners)


def _resolve_horizontal_crs(crs: Any) -> CRS | None:
    """Return the horizontal CRS, or None for "undefined" ones and drawings without a place."""
    if crs is None:
        return None
    resolved = CRS.from_user_input(crs)
    known = resolved.is_geographic or resolved.is_projected
    if not known or str(resolved.name).casefold().startswith(("undefined", "unknown engineering")):
        return None
    return resolved.to_2d()


def select_rows(frame: _Frame, *, select: Mapping[str, Any], fault: Fault) -> _Frame:
    """Keep the rows whose cells have the values that the project names.

    Parameters
    ----------
    frame
        With or without geometry.
    select
        Column = value.
    fault
        Makes the errors.

    Raises
    ------
    LayerError
        If there is no such column, or no row with that value.
    """
    geometry = getattr(frame, "active_geometry_name", None)
    for column, value in select.items():
        names = [str(name) for name in frame.columns if name != geometry]
        match = find_alike(column, words=names)
        if match is None:
            raise fault(
                f"has no column {quoted(column)}.{suggest_name(column, words=names)}",
                field=f"select.{column}",
            )
        cells = frame[match]
        rows = frame[np.array([_is_same_value(cell, value) for cell in cells], dtype=bool)]
        if len(rows) == 0:
            listed = [to_one_line(str(cell)) for cell in cells.dropna().unique()]
            raise fault(
                f"has no feature with {to_one_line(match)} = "
                f"{quoted(value)}.{suggest_name(value, words=listed)}",
                field=f"select.{column}",
            )
        frame = rows
    return frame


def _is_same_value(cell: Any, value: Any) -> bool:
    if isinstance(value, str) or isinstance(cell, str):
        return str(cell) == str(value)
    return bool(cell == value)


def select_date(dated: ManyDates, *, line: LineSpec, fault: Fault) -> gpd.GeoDataFrame:
    """Keep the features of a line's own date, where its layer holds many.

    Parameters
    ----------
    dated
        The layer as read, indexed by feature.
    line
        One of those that `inputs.series` makes.
    fault
        Makes the errors.
    """
    key = repr((line.each, sorted(line.select.items())))
    if key not in dated.rows:
        rows: dict[dt.date, list[Any]] = {}
        frame = select_rows(dated.read.frame, select=line.select, fault=fault)
        for row, date in read_dates(frame, line=line, fault=fault).items():
            rows.setdefault(date, []).append(row)
        dated.rows[key] = rows
    features: gpd.GeoDataFrame = dated.read.frame.loc[dated.rows[key].get(line.date, [])]
    return features


def read_dates(frame: gpd.GeoDataFrame, *, line: LineSpec, fault: Fault) -> Mapping[Any, dt.date]:
    """Read the date of every feature.

    Raises
    ------
    LayerError
        There is no such column, or a cell is empty or not a whole date.
    """
    geometry = getattr(frame, "active_geometry_name", None)
    names = [str(name) for name in frame.columns if name != geometry]
    column = find_alike(str(line.each), words=names)
    if column is None:
        raise fault(
            f"has no column {quoted(line.each)}.{suggest_name(line.each, words=names)}",
            field="each",
        )
    dates: dict[Any, dt.date] = {}
    problems: list[FrontlineError] = []
    for row, cell in frame[column].items():
        try:
            dates[row] = dt.date.fromisoformat(read_date(cell))
        except ValueError:
            text = f"{quoted(str(cell))} is not a day (expected YYYY-MM-DD). Correct the cell."
            problems.append(fault(text, row=row, field=column))
    raise_problems(problems)
    return dates
