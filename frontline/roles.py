"""What each layer becomes: lines, places and districts with the columns that others rely on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline.errors import FrontlineError, LayerError
from frontline.frames import Frame
from frontline.identities import numbered, with_ids, without_duplicates
from frontline.inputs import CORRIDORS, POPULATION_KINDS, Role
from frontline.mistakes import nearest
from frontline.mistakes import shown as quoted
from frontline.reading import Checked
from frontline.shapes import to_degrees

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from frontline.project import Line, Project

Said = list[tuple[str, int]]


def empty(role: Role, frame: Frame) -> gpd.GeoDataFrame:
    """Make a layer without features, with the columns of its role."""
    import geopandas as gpd
    import pandas as pd

    kinds = {"whole number": "Int64", "number": "float64"}
    columns = {
        column.name: pd.Series([], dtype=kinds.get(column.kind, "str")) for column in role.columns
    }
    return gpd.GeoDataFrame(columns, geometry=[], crs=frame.crs)


def line_of(
    line: Line, project: Project, layer: Checked, placed: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, list[FrontlineError]]:
    """Take a dated line apart into LineStrings, each with its error.

    Parameters
    ----------
    line
        What the project says of it.
    project
        For the names of the sides.
    layer, placed
        As read, and in the plane.

    Returns
    -------
    frame
        ``error_m`` and geometry; of states, polygons and ``side`` as well.
    problems
        Errors that are no distance, sides that nobody declared.
    """
    problems: list[FrontlineError] = []
    table = placed
    if "error_m" in table:
        for row, value in table["error_m"].items():
            if not 0 <= value <= 100_000:
                what = "is empty" if np.isnan(value) else f"{value:.10g} is no error of a line"
                problem = f"{what} (expected metres, 0 to 100,000). Correct the cell."
                problems.append(layer.fault(problem, row=row, field=str(line.error_m)))
    else:
        table = table.assign(error_m=float(line.error_m))
    names = [side.name for side in project.sides]
    if line.side_column is not None:
        problems += _no_sides(layer, table["side"], names, line.side_column, blank=False)
    else:
        # A feature in several pieces is as many lines; pieces keep the error of their feature.
        table = table.explode(index_parts=False)
    return table.reset_index(drop=True), problems


def _no_sides(
    layer: Checked, cells: pd.Series[str], names: Sequence[str], field: str, *, blank: bool
) -> list[LayerError]:
    """Find names that are no side of the project; each is named once, with its first feature."""
    problems = []
    for name, rows in cells.groupby(cells, sort=False):
        side = str(name)
        if side in names or (side.strip() and not names) or (blank and not side.strip()):
            continue
        also = f" ({len(rows)} features say so)" if len(rows) > 1 else ""
        if not side.strip():
            what = f"is empty{also} (expected who holds it). Fill it in."
            problems.append(layer.fault(what, row=rows.index[0], field=field))
            continue
        problem = f"{quoted(side)} is not a side of the project{also}.{nearest(side, names)}"
        problems.append(layer.fault(problem, row=rows.index[0], field=field))
    return problems


def places_of(
    role: Role, layer: Checked, placed: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, list[FrontlineError], Said]:
    """Give settlements, points or corridors their identifiers, and keep each place once.

    Parameters
    ----------
    role
        Which of them.
    layer, placed
        As read, and in the plane.

    Returns
    -------
    frame, problems, notes
    """
    problems: list[FrontlineError] = []
    notes: Said = []
    centres = shapely.get_coordinates(shapely.centroid(layer.frame.geometry.to_numpy()))
    table = with_ids(placed, to_degrees(centres, layer.crs) if len(centres) else centres)
    if role is CORRIDORS:
        # pieces of one road share a name and often an id: only the same course is a duplicate, and
        # not if a road and a pipeline run along it
        shapes = shapely.to_wkb(shapely.normalize(table.geometry.to_numpy()), hex=True)
        kinds = table["kind"].str.strip().str.casefold()
        kept = table[~kinds.str.cat(shapes.astype(object), sep=" ").duplicated().to_numpy()]
        if len(kept) < len(table):
            notes.append(("Listed twice, kept once.", len(table) - len(kept)))
        table = numbered(kept)
    else:
        if "population_kind" in table:
            table, wrong, said = with_kinds(table, layer)
            problems += wrong
            notes += said
            problems += _never_valid(table, layer)
        table, repeated, said = without_duplicates(table, layer.fault)
        problems += repeated
        notes += said
        blank = int((table["name"].str.strip() == "").sum())
        if blank:
            notes.append(("Places without a name.", blank))
    return table.reset_index(drop=True), problems, notes


def with_kinds(
    table: gpd.GeoDataFrame, layer: Checked
) -> tuple[gpd.GeoDataFrame, list[FrontlineError], Said]:
    """Say of every known figure whom it counts: residents, unless the table says otherwise."""
    problems: list[FrontlineError] = []
    kinds = [kind.strip().lower() for kind in table["population_kind"]]
    known = table["population"].notna().to_numpy()
    for row, kind in zip(table.index, kinds, strict=True):
        if kind and kind not in POPULATION_KINDS:
            offer = nearest(kind, POPULATION_KINDS)
            problem = f"{quoted(kind)} is not one of {', '.join(POPULATION_KINDS)}.{offer}"
            problems.append(layer.fault(problem, row=row, field="population_kind"))
    unsaid = int(sum(not kind and is_known for kind, is_known in zip(kinds, known, strict=True)))
    kinds = [
        kind or ("residents" if is_known else "")
        for kind, is_known in zip(kinds, known, strict=True)
    ]
    notes = [("Figures without a population_kind are taken for residents.", unsaid)]
    return table.assign(population_kind=kinds), problems, notes if unsaid else []


def _never_valid(table: gpd.GeoDataFrame, layer: Checked) -> list[LayerError]:
    problems = []
    columns = table["population_from"], table["population_until"]
    for row, start, stop in zip(table.index, *columns, strict=True):
        shared = min(len(start), len(stop))
        if start[:shared] > stop[:shared]:
            problem = f"{start} is later than population_until, {stop}. Swap them."
            problems.append(layer.fault(problem, row=row, field="population_from"))
    return problems


def districts_of(
    project: Project, layer: Checked, placed: gpd.GeoDataFrame, frame: Frame
) -> tuple[gpd.GeoDataFrame, list[FrontlineError], Said]:
    """Unite districts by code, and check whose figures they carry.

    Parameters
    ----------
    project
        For the names of the sides.
    layer, placed
        As read, and in the plane.
    frame
        The plane.

    Returns
    -------
    frame
        One row per code: the first known value of each column.
    problems
        Rows without a code, two figures for one code, a counting side that nobody declared.
    notes
        How many polygons were united.
    """
    table, problems, notes = with_kinds(placed, layer)
    codes = table["code"].str.strip()
    names = [side.name for side in project.sides]
    for row in table.index[codes == ""]:
        problems.append(layer.fault("has no code. Give it one.", row=row, field="code"))
    problems += _no_sides(layer, table["counted_by"], names, "counted_by", blank=True)
    figures = table.assign(code=codes).dropna(subset=["population"]).groupby("code")["population"]
    for code, count in figures.nunique().items():
        if count > 1:
            problem = f"code {quoted(str(code))} has {count} different figures. Keep one."
            problems.append(layer.fault(problem, field="population"))
    if problems:
        return table, problems, notes
    united = _united(layer, table.assign(code=codes), frame)
    if len(united) < len(table):
        notes.append((f"{len(table)} polygons united by code into {len(united)}.", len(table)))
    return united, problems, notes


def _united(layer: Checked, table: gpd.GeoDataFrame, frame: Frame) -> gpd.GeoDataFrame:
    """Unite in the layer's own CRS, where the shared edges of neighbours are equal."""
    import geopandas as gpd

    def first_known(values: Any) -> Any:
        known = [value for value in values.dropna() if value != ""]
        return known[0] if known else values.iloc[0]

    own = layer.frame.geometry.to_numpy()
    kept, shapes = [], []
    for _, rows in table.reset_index(drop=True).groupby("code", sort=False):
        kept.append({name: first_known(rows[name]) for name in rows if name != "geometry"})
        shapes.append(shapely.union_all(own[rows.index.to_numpy()]))
    plain = table.drop(columns="geometry")
    united = gpd.GeoDataFrame(kept, columns=plain.columns, geometry=None)
    geometries = frame.from_crs(np.array(shapes, dtype=object), layer.crs)
    return gpd.GeoDataFrame(united.astype(plain.dtypes), geometry=geometries, crs=frame.crs)
