"""From a layer of the user to what the analyses rely on: fields by role, names, stable ids."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from frontline.errors import FrontlineError, LayerError, suggest_name, to_one_line
from frontline.errors import show_value as quoted
from frontline.geo.projection import ProjectedPlane
from frontline.inputs.geometry import Fault, to_degrees
from frontline.inputs.reader import CheckedLayer
from frontline.project.layers import CORRIDORS, POPULATION_KINDS, SETTLEMENTS, Role

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from frontline.project.models import LineSpec, Project


SAME_PLACE_M = 50.0

_FIGURE = ("population_kind", "population_from", "population_until")


def hash_id(name: str, *, lon: float, lat: float) -> str:
    """Name a place for good: ten digits that depend on its name and place only.

    Parameters
    ----------
    name
        As the user wrote it.
    lon, lat
        Degrees; 1e-5 (a metre) is the finest difference that counts.
    """
    # adding 0.0 turns -0.0 into 0.0, which is written without a sign
    place = f"{name}|{round(lon, 5) + 0.0:.5f}|{round(lat, 5) + 0.0:.5f}"
    return hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()[:10]


def add_ids(frame: gpd.GeoDataFrame, *, lonlat: NDArray[np.float64]) -> gpd.GeoDataFrame:
    """Give an identifier to every row that has none.

    Parameters
    ----------
    frame
        With ``id`` and ``name``.
    lonlat
        Places in degrees, shape ``(n, 2)``.
    """
    ids = [
        stated_id.strip() or hash_id(name, lon=float(lon), lat=float(lat))
        for stated_id, name, (lon, lat) in zip(frame["id"], frame["name"], lonlat, strict=True)
    ]
    return frame.assign(id=ids).astype({"id": "str"})


def drop_duplicates(
    frame: gpd.GeoDataFrame, *, fault: Fault
) -> tuple[gpd.GeoDataFrame, list[LayerError], list[tuple[str, int]]]:
    """Keep each place once.

    Parameters
    ----------
    frame
        Points or polygons in metres, with ``id`` and ``name``.
    fault
        Makes the errors.

    Returns
    -------
    frame
        Without the rows that repeat another: of the same name within 50 m, or of the same id
        and either of these. Of such rows the one with a population stays, the latest, the
        largest. Rows with figures of different kind or time are no duplicates; a second one of
        the same id gets ``-2`` behind it.
    problems
        One id for places that differ in name and place.
    notes
        What was left out.
    """
    names = [name.strip().casefold() for name in frame["name"]]
    centres = shapely.centroid(frame.geometry.to_numpy())
    figures, ranks = _list_figures(frame), _rank_rows(frame)
    dropped: dict[int, int] = {}
    problems = []
    for group in _list_groups(names):
        for first, second in _pair_neighbours(centres[group]):
            _drop(int(group[first]), int(group[second]), figures, ranks, dropped)
    for group in _list_groups(frame["id"]):
        left = [int(row) for row in group if int(row) not in dropped]
        for first, row in zip(left[:1] * len(left), left[1:], strict=False):
            apart = shapely.distance(centres[first], centres[row]) > SAME_PLACE_M
            if names[first] != names[row] and apart:
                problem = (
                    f"id {quoted(str(frame['id'].iloc[row]))} is that of feature "
                    f"{frame.index[first]} as well, a place of another name. Mend the ids, or map "
                    "another column to id."
                )
                problems.append(fault(problem, row=frame.index[row], field="id"))
            else:
                _drop(first, row, figures, ranks, dropped)
    notes = [_describe_dropped(frame, dropped)] if dropped else []
    remaining = frame[~np.isin(np.arange(len(frame)), list(dropped))]
    return number_ids(remaining), problems, notes


def _list_groups(words: Iterable[str]) -> Iterator[NDArray[np.int64]]:
    """Rows that share a word, for each word that several rows have."""
    rows: dict[str, list[int]] = {}
    for row, word in enumerate(words):
        rows.setdefault(word, []).append(row)
    return (np.array(group) for group in rows.values() if len(group) > 1)


def _list_figures(frame: gpd.GeoDataFrame) -> list[tuple[str, ...] | None]:
    """Tell what each figure counts and when; None where there is no figure."""
    if "population" not in frame:
        return [None] * len(frame)
    rows = frame[list(_FIGURE)].itertuples(index=False, name=None)
    known = frame["population"].notna()
    return [row if is_known else None for row, is_known in zip(rows, known, strict=True)]


def _rank_rows(frame: gpd.GeoDataFrame) -> list[tuple[Any, ...]]:
    """Order rows by how much they say, so that no choice depends on the order of the file."""
    if "population" not in frame:
        return [(identifier,) for identifier in frame["id"]]
    known = frame["population"].notna()
    people = frame["population"].fillna(-1)
    return list(zip(known, frame["population_date"], people, frame["id"], strict=True))


def _pair_neighbours(centres: NDArray[Any]) -> list[tuple[int, int]]:
    """Pairs of rows within 50 m; of rows in one and the same place, each with the first only."""
    places, first, place = np.unique(
        shapely.get_coordinates(centres), axis=0, return_index=True, return_inverse=True
    )
    pairs = [(int(first[at]), row) for row, at in enumerate(place.ravel()) if first[at] != row]
    points = shapely.points(places)
    near = shapely.STRtree(points).query(points, predicate="dwithin", distance=SAME_PLACE_M)
    pairs += [(int(first[left]), int(first[right])) for left, right in near.T if left < right]
    return sorted((min(pair), max(pair)) for pair in pairs)


def _drop(
    first: int,
    second: int,
    figures: list[tuple[str, ...] | None],
    ranks: list[tuple[Any, ...]],
    dropped: dict[int, int],
) -> None:
    """Drop the one of two rows that says less, unless they count different people or times."""
    first, second = _find_kept(first, dropped), _find_kept(second, dropped)
    first_figure, second_figure = figures[first], figures[second]
    if first == second or (first_figure and second_figure and first_figure != second_figure):
        return
    lost, stays = (first, second) if ranks[second] > ranks[first] else (second, first)
    dropped[lost] = stays


def _find_kept(row: int, dropped: dict[int, int]) -> int:
    """Follow a dropped row to the one that stays, and shorten the way for the next."""
    last = row
    while last in dropped:
        last = dropped[last]
    while row in dropped:
        dropped[row], row = last, dropped[row]
    return last


def _describe_dropped(frame: gpd.GeoDataFrame, dropped: dict[int, int]) -> tuple[str, int]:
    listed = []
    for lost, stays in list(dropped.items())[:10]:
        differs = ""
        if "population" in frame:
            kept_people, lost_people = (frame["population"].iloc[row] for row in (stays, lost))
            differs = (
                f", {kept_people} kept, not {lost_people}"
                if str(kept_people) != str(lost_people)
                else ""
            )
        listed.append(f"'{to_one_line(frame['name'].iloc[lost])}' ({frame.index[lost]}{differs})")
    more = " ..." if len(dropped) > 10 else ""
    return f"Listed twice, kept once: {', '.join(listed)}{more}.", len(dropped)


def number_ids(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Tell rows with the same id apart: the second gets ``-2`` behind it, and so on."""
    taken, seen = set(frame["id"]), set()
    ids = []
    for stated_id in frame["id"]:
        name, number = stated_id, 2
        while name in seen or (name != stated_id and name in taken):
            name, number = f"{stated_id}-{number}", number + 1
        seen.add(name)
        ids.append(name)
    return frame.assign(id=ids).astype({"id": "str"})


Said = list[tuple[str, int]]


def make_empty_layer(role: Role, *, plane: ProjectedPlane) -> gpd.GeoDataFrame:
    """Make a layer without features, with the columns of its role."""
    import geopandas as gpd
    import pandas as pd

    kinds = {"whole number": "Int64", "number": "float64"}
    columns = {
        column.name: pd.Series([], dtype=kinds.get(column.kind, "str")) for column in role.columns
    }
    return gpd.GeoDataFrame(columns, geometry=[], crs=plane.crs)


def normalize_line(
    line: LineSpec, *, project: Project, layer: CheckedLayer, placed: gpd.GeoDataFrame
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
        known = [*line.holders, *(name for name in names if name not in line.holders)]
        problems += _find_unknown_sides(
            layer, table["side"], known, line.side_column, blank="" in line.holders
        )
        table = table.assign(side=[line.holders.get(cell, cell) for cell in table["side"]])
        table = table[table["side"] != ""]
        if len(table) == 0 and not problems:
            text = "has no polygon that a side holds: holders makes all of them no side's."
            problems.append(layer.fault(f"{text} Correct holders.", field=line.side_column))
    elif line.held_by is not None:
        table = table.assign(side=line.held_by)
    else:
        # A feature in several pieces is as many lines; pieces keep the error of their feature.
        table = table.explode(index_parts=False)
    return table.reset_index(drop=True), problems


def _find_unknown_sides(
    layer: CheckedLayer, cells: pd.Series[str], names: Sequence[str], field: str, *, blank: bool
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
        problem = (
            f"{quoted(side)} is not a side of the project{also}.{suggest_name(side, words=names)}"
        )
        problems.append(layer.fault(problem, row=rows.index[0], field=field))
    return problems


def normalize_places(
    role: Role, *, layer: CheckedLayer, placed: gpd.GeoDataFrame, zeros: Zeros | None = None
) -> tuple[gpd.GeoDataFrame, list[FrontlineError], Said]:
    """Give settlements, points or corridors their identifiers, and keep each place once.

    Parameters
    ----------
    role
        Which of them.
    layer, placed
        As read, and in the plane.
    zeros
        What a population of 0 means.

    Returns
    -------
    frame, problems, notes
    """
    problems: list[FrontlineError] = []
    notes: Said = []
    centres = shapely.get_coordinates(shapely.centroid(layer.frame.geometry.to_numpy()))
    table = add_ids(placed, lonlat=to_degrees(centres, crs=layer.crs) if len(centres) else centres)
    if role is CORRIDORS:
        # pieces of one road share a name and often an id: only the same course is a duplicate, and
        # not if a road and a pipeline run along it
        shapes = shapely.to_wkb(shapely.normalize(table.geometry.to_numpy()), hex=True)
        kinds = table["kind"].str.strip().str.casefold()
        courses = table[~kinds.str.cat(shapes.astype(object), sep=" ").duplicated().to_numpy()]
        if len(courses) < len(table):
            notes.append(("Listed twice, kept once.", len(table) - len(courses)))
        table = number_ids(courses)
    else:
        if "population_kind" in table:
            table, further = without_zeros(table, zeros=zeros or Zeros())
            notes += further
            table, wrong, further = add_kinds(table, layer=layer)
            problems += wrong
            notes += [*further, *_find_unread_people(table)]
            problems += _find_reversed_validity(table, layer)
        table, repeated, further = drop_duplicates(table, fault=layer.fault)
        problems += repeated
        notes += further
        blank = int((table["name"].str.strip() == "").sum())
        if blank:
            notes.append(("Places without a name.", blank))
    return table.reset_index(drop=True), problems, notes


_LIKE_PEOPLE = re.compile(
    r"pop|people|person|resid|inhab|habit|einw|bewohn|mieszk|nufus|nüfus|насел|жител|мешкан"
    r"|سكان|جمعیت|אוכלוס|人口|인구|მოსახლ|բնակ",
    re.IGNORECASE,
)
"""What names of columns with people begin with, or hold, in many languages."""


def _find_unread_people(table: gpd.GeoDataFrame) -> Said:
    """Doubt that nothing is known of people where a column looks as if it held them."""
    import pandas as pd

    if not len(table) or table["population"].notna().any():
        return []
    ours = {column.name for column in SETTLEMENTS.columns}
    for name in map(str, table.columns):
        if name in ours or not _LIKE_PEOPLE.search(name):
            continue
        if pd.to_numeric(table[name], errors="coerce").notna().any():
            shown = to_one_line(name)
            text = (
                f"No place has a figure of people, and column '{shown}' looks as if it held them. "
                f'If it does: columns = {{ population = "{shown}" }}.'
            )
            return [(text, len(table))]
    return []


ZERO_IS_UNKNOWN = ("geonames",)
"""Sources that write 0 where they know no population."""


@dataclass(frozen=True)
class Zeros:
    """What a population of 0 means: as the project says, or as the layer's source writes it."""

    meaning: str | None = None
    source: str = ""


def without_zeros(table: gpd.GeoDataFrame, *, zeros: Zeros) -> tuple[gpd.GeoDataFrame, Said]:
    """Make a population of 0 unknown where that is what it means, and say of how many."""
    zero = (table["population"] == 0).fillna(value=False).to_numpy(dtype=bool)
    if zeros.meaning == "nobody" or not zero.any():
        return table, []
    if zeros.meaning is None:
        stated = table["population_source"].where(table["population_source"] != "", zeros.source)
        named = stated.str.casefold().str.replace(" ", "")
        zero &= named.map(lambda text: any(word in text for word in ZERO_IS_UNKNOWN)).to_numpy(bool)
    if not zero.any():
        return table, []
    people = table["population"].mask(zero)
    text = 'A population of 0 is taken as unknown. zero = "nobody" takes it as it stands.'
    return table.assign(population=people), [(text, int(zero.sum()))]


def add_kinds(
    table: gpd.GeoDataFrame, *, layer: CheckedLayer
) -> tuple[gpd.GeoDataFrame, list[FrontlineError], Said]:
    """Say of every known figure whom it counts: residents, unless the table says otherwise."""
    problems: list[FrontlineError] = []
    kinds = [kind.strip().lower() for kind in table["population_kind"]]
    known = table["population"].notna().to_numpy()
    for row, kind in zip(table.index, kinds, strict=True):
        if kind and kind not in POPULATION_KINDS:
            offer = suggest_name(kind, words=POPULATION_KINDS)
            problem = f"{quoted(kind)} is not one of {', '.join(POPULATION_KINDS)}.{offer}"
            problems.append(layer.fault(problem, row=row, field="population_kind"))
    unsaid = int(sum(not kind and is_known for kind, is_known in zip(kinds, known, strict=True)))
    kinds = [
        kind or ("residents" if is_known else "")
        for kind, is_known in zip(kinds, known, strict=True)
    ]
    notes = [("Figures without a population_kind are taken for residents.", unsaid)]
    return table.assign(population_kind=kinds), problems, notes if unsaid else []


def _find_reversed_validity(table: gpd.GeoDataFrame, layer: CheckedLayer) -> list[LayerError]:
    problems = []
    columns = table["population_from"], table["population_until"]
    for row, start, stop in zip(table.index, *columns, strict=True):
        shared = min(len(start), len(stop))
        if start[:shared] > stop[:shared]:
            problem = f"{start} is later than population_until, {stop}. Swap them."
            problems.append(layer.fault(problem, row=row, field="population_from"))
    return problems


def normalize_districts(
    project: Project, *, layer: CheckedLayer, placed: gpd.GeoDataFrame, plane: ProjectedPlane
) -> tuple[gpd.GeoDataFrame, list[FrontlineError], Said]:
    """Unite districts by code, and check whose figures they carry.

    Parameters
    ----------
    project
        For the names of the sides.
    layer, placed
        As read, and in the plane.
    plane
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
    table, problems, notes = add_kinds(placed, layer=layer)
    codes = table["code"].str.strip()
    names = [side.name for side in project.sides]
    for row in table.index[codes == ""]:
        problems.append(layer.fault("has no code. Give it one.", row=row, field="code"))
    problems += _find_unknown_sides(layer, table["counted_by"], names, "counted_by", blank=True)
    figures = table.assign(code=codes).dropna(subset=["population"]).groupby("code")["population"]
    for code, count in figures.nunique().items():
        if count > 1:
            problem = f"code {quoted(str(code))} has {count} different figures. Keep one."
            problems.append(layer.fault(problem, field="population"))
    if problems:
        return table, problems, notes
    united = _unite_by_code(layer, table.assign(code=codes), plane)
    if len(united) < len(table):
        notes.append((f"{len(table)} polygons united by code into {len(united)}.", len(table)))
    return united, problems, notes


def _unite_by_code(
    layer: CheckedLayer, table: gpd.GeoDataFrame, plane: ProjectedPlane
) -> gpd.GeoDataFrame:
    """Unite in the layer's own CRS, where the shared edges of neighbours are equal."""
    import geopandas as gpd

    def first_known(values: Any) -> Any:
        known = [value for value in values.dropna() if value != ""]
        return known[0] if known else values.iloc[0]

    shapes_of_layer = layer.frame.geometry.to_numpy()
    rows_united, shapes = [], []
    for _, rows in table.reset_index(drop=True).groupby("code", sort=False):
        rows_united.append({name: first_known(rows[name]) for name in rows if name != "geometry"})
        shapes.append(shapely.union_all(shapes_of_layer[rows.index.to_numpy()]))
    plain = table.drop(columns="geometry")
    united = gpd.GeoDataFrame(rows_united, columns=plain.columns, geometry=None)
    geometries = plane.from_crs(np.array(shapes, dtype=object), layer.crs)
    return gpd.GeoDataFrame(united.astype(plain.dtypes), geometry=geometries, crs=plane.crs)
