"""One layer of the project, read and checked in its own CRS."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from pyproj import CRS
from pyproj.exceptions import CRSError

from frontline.errors import FrontlineError, LayerError, nearest, one_line, raise_problems
from frontline.errors import shown as quoted
from frontline.inputs.csv import placed, read_csv
from frontline.inputs.fields import alike, date_of, in_file, named, typed
from frontline.inputs.formats import VectorFile, chosen_layer, read_vector
from frontline.inputs.geometry import Fault, checked, crs_name
from frontline.project.layers import Role
from frontline.project.models import Line

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from frontline.project.models import LayerSource


_Frame = TypeVar("_Frame", bound="pd.DataFrame")
_TABLES = ("CSV", "XLSX")


@dataclass(frozen=True)
class Checked:
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


@dataclass(frozen=True)
class ManyDates:
    """A layer of many dates, read once for all of them.

    Parameters
    ----------
    frame
        The features as they are in the file.
    warned
        What the reader warned of.
    rows
        Features of each date, by column of dates and what is selected; grows.
    """

    frame: gpd.GeoDataFrame
    warned: tuple[str, ...]
    rows: dict[str, dict[dt.date, list[Any]]]


def read_checked(
    file: VectorFile,
    source: LayerSource,
    role: Role,
    columns: Mapping[str, str],
    *,
    many: dict[tuple[Path, str, str | None], ManyDates] | None = None,
) -> Checked:
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
    layer = chosen_layer(file, source.layer)
    single = file.format not in {"GPKG", "LIBKML", "XLSX"}
    fault: Fault = partial(LayerError, path=file.shown, layer=None if single else layer)
    line = source if isinstance(source, Line) and source.each is not None else None
    dated = None
    if line is None or many is None:
        frame, warned = _read(file, layer, source, role)
    else:
        place = (file.path, layer, source.encoding)
        if place not in many:
            many[place] = ManyDates(*_read(file, layer, source, role), {})
        dated = many[place]
        frame, warned = dated.frame, dated.warned
    notes = [(f"The reader warned: {text}.", 0) for text in warned]
    crs = _crs_of(frame, file, source, fault)
    if line is None:
        frame = selected(frame, source.select, fault)
    else:
        frame = rows_of_date(dated or ManyDates(frame, warned, {}), line, fault)
    table = frame.drop(columns=frame.geometry.name)
    if not role.carries:
        table = table[[name for name in table if name in columns.values()]]
    ours = named(table, role.columns, columns, fault)
    notes += [(text, 0) for text in ours.notes]
    fault = in_file(fault, ours.columns)
    table, wrong = typed(ours.table, role.columns, fault)
    problems = [*ours.problems, *wrong]
    shapes = checked(
        frame.geometry.to_numpy(),
        frame.index.to_numpy(),
        crs,
        shapes=role.shapes,
        optional=role.optional,
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
    return Checked(_joined(table, shapes.geometries, crs), crs, fault, (*notes, *shapes.notes))


def _joined(table: Any, geometries: Any, crs: CRS) -> gpd.GeoDataFrame:
    import geopandas as gpd

    frame = gpd.GeoDataFrame(table, geometry=geometries, crs=crs)
    return frame[frame.geometry.notna()]


def _read(
    file: VectorFile, layer: str, source: LayerSource, role: Role
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    if file.format not in _TABLES:
        return read_vector(file, layer, encoding=source.encoding)
    if "point" not in role.shapes:
        raise LayerError(
            f"is a table, which can hold points only (expected {' or '.join(role.shapes)}). "
            "Export a GeoPackage.",
            path=file.shown,
        )
    if file.format == "CSV":
        return placed(read_csv(file, encoding=source.encoding), file, None, source.columns), ()
    table, warned = read_vector(file, layer)
    cells = table.drop(columns=table.geometry.name).dropna(how="all")
    return placed(cells, file, layer, source.columns), warned


def _crs_of(frame: gpd.GeoDataFrame, file: VectorFile, source: LayerSource, fault: Fault) -> CRS:
    """Decide on the CRS: the file's, or the project's for a file that does not really state one."""
    stated = _real(frame.crs)
    given = None
    if source.crs is not None:
        try:
            given = _real(CRS.from_user_input(source.crs))
        except CRSError as error:
            raise fault(
                f"{quoted(source.crs)} is no CRS (expected a code such as EPSG:4326). Correct it.",
                field="crs",
            ) from error
        if given is None:
            raise fault(
                f"{quoted(source.crs)} is no CRS on the earth (expected degrees or a map "
                "projection). Correct it.",
                field="crs",
            )
    # GeoJSON and tables are in degrees only by convention, which files often break
    if given is not None and (file.format in {*_TABLES, "GeoJSON"} or stated is None):
        return given
    if (
        given is not None
        and stated is not None
        and not given.equals(stated, ignore_axis_order=True)
    ):
        raise fault(
            f"states {crs_name(stated)}, the project {crs_name(given)}. Remove crs from the "
            "project, or export the layer again.",
            field="crs",
        )
    if stated is not None:
        return stated
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


def _real(crs: Any) -> CRS | None:
    """Return the horizontal CRS, or None for "undefined" ones and drawings without a place."""
    if crs is None:
        return None
    found = CRS.from_user_input(crs)
    known = found.is_geographic or found.is_projected
    if not known or str(found.name).casefold().startswith(("undefined", "unknown engineering")):
        return None
    return found.to_2d()


def selected(frame: _Frame, select: Mapping[str, Any], fault: Fault) -> _Frame:
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
        found = alike(column, names)
        if found is None:
            raise fault(
                f"has no column {quoted(column)}.{nearest(column, names)}", field=f"select.{column}"
            )
        cells = frame[found]
        kept = frame[np.array([_same(cell, value) for cell in cells], dtype=bool)]
        if len(kept) == 0:
            listed = [one_line(str(cell)) for cell in cells.dropna().unique()]
            raise fault(
                f"has no feature with {one_line(found)} = {quoted(value)}.{nearest(value, listed)}",
                field=f"select.{column}",
            )
        frame = kept
    return frame


def _same(cell: Any, value: Any) -> bool:
    if isinstance(value, str) or isinstance(cell, str):
        return str(cell) == str(value)
    return bool(cell == value)


def rows_of_date(dated: ManyDates, line: Line, fault: Fault) -> gpd.GeoDataFrame:
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
        frame = selected(dated.frame, line.select, fault)
        for row, date in dates_of_rows(frame, line, fault).items():
            rows.setdefault(date, []).append(row)
        dated.rows[key] = rows
    kept: gpd.GeoDataFrame = dated.frame.loc[dated.rows[key].get(line.date, [])]
    return kept


def dates_of_rows(frame: gpd.GeoDataFrame, line: Line, fault: Fault) -> Mapping[Any, dt.date]:
    """Read the date of every feature.

    Raises
    ------
    LayerError
        There is no such column, or a cell is empty or not a whole date.
    """
    geometry = getattr(frame, "active_geometry_name", None)
    names = [str(name) for name in frame.columns if name != geometry]
    column = alike(str(line.each), names)
    if column is None:
        raise fault(f"has no column {quoted(line.each)}.{nearest(line.each, names)}", field="each")
    found: dict[Any, dt.date] = {}
    problems: list[FrontlineError] = []
    for row, cell in frame[column].items():
        try:
            found[row] = dt.date.fromisoformat(date_of(cell))
        except ValueError:
            text = f"{quoted(str(cell))} is not a day (expected YYYY-MM-DD). Correct the cell."
            problems.append(fault(text, row=row, field=column))
    raise_problems(problems)
    return found
