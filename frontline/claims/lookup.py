"""What a claim names, found in the case: lines, places, land, roads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline.analysis.land_held import Outline
from frontline.claims.measurement import MissingDataError
from frontline.elevation.dem import COARSE_M, is_coarse
from frontline.errors import ProjectError, show_value, suggest_name
from frontline.geo.geodesy import measure_length
from frontline.lines.sections import cut_section_between, cut_sections
from frontline.results.wording import write_percent

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from frontline.analysis.context import Analysis
    from frontline.claims.metric import Ends
    from frontline.elevation.dem import Dem
    from frontline.lines.front import DisplacedFront, FrontLine


BELOW = "below accuracy"
NO_CORRIDORS = "the project has no such corridors"
NO_ELEVATION = "the project has no elevation"

ENOUGH = 0.9
"""Share of a zone's people that a list must be able to contain for a verdict."""


@dataclass(frozen=True)
class Place:
    """A settlement, a named point or a district.

    Parameters
    ----------
    id, name
        Its identifier and its names, the second one in brackets.
    geometry
        Point or polygon in the plane.
    layer
        ``settlements``, ``points`` or ``districts``.
    """

    id: str
    name: str
    geometry: Any
    layer: str


def find_front(case: Analysis, *, line: str, side: str | None = None) -> FrontLine:
    """Find a dated line by its key.

    Raises
    ------
    ProjectError
        If there is none, or it has not the side that is named.
    """
    fronts = {front.key: front for front in case.fronts}
    if line not in fronts:
        raise ProjectError(
            f"there is no line {show_value(line)}.{suggest_name(line, words=fronts)}"
        )
    if side is not None:
        find_side(fronts[line], side=side)
    return fronts[line]


def find_dem(case: Analysis) -> Dem:
    """Return the elevation of a project.

    Raises
    ------
    MissingDataError
        If it has none.
    """
    if case.dem is None:
        raise MissingDataError(NO_ELEVATION)
    return case.dem


def list_dated_fronts(case: Analysis) -> tuple[FrontLine, ...]:
    """Return the lines that were, without the scenarios that a project may set beside them."""
    scenarios = {scenario.key for scenario in case.project.scenarios}
    return tuple(front for front in case.fronts if front.key not in scenarios)


def find_side(front: FrontLine, *, side: str) -> Any:
    """Return the land of a side of a line.

    Raises
    ------
    ProjectError
        If the line has no such side.
    """
    if side not in front.sides:
        raise ProjectError(
            f"there is no side {show_value(side)}.{suggest_name(side, words=front.sides)}"
        )
    return front.sides[side]


def find_other_sides(front: FrontLine, *, side: str) -> Any:
    """Return the land of all sides but one."""
    return shapely.union_all([land for name, land in front.sides.items() if name != side])


def find_place(case: Analysis, *, place: str) -> Place:
    """Find a place by its identifier, among settlements, then points, then districts.

    Raises
    ------
    ProjectError
        If there is none.
    """
    known: list[str] = []
    for layer, key in (("settlements", "id"), ("points", "id"), ("districts", "code")):
        table: gpd.GeoDataFrame = getattr(case.layers, layer)
        known += [str(value) for value in table[key]]
        rows = table[table[key].astype(str) == place]
        if len(rows):
            row = rows.iloc[0]
            return Place(place, write_both_names(row), row.geometry, layer)
    raise ProjectError(f"there is no place {show_value(place)}.{suggest_name(place, words=known)}")


def write_both_names(row: Any) -> str:
    """Write the names of a place: the first, and the second in brackets."""
    second = row.get("name_alt", "")
    named = str(row["name"])
    return f"{named} ({second})" if isinstance(second, str) and second.strip() else named


def find_points(case: Analysis, *, places: Sequence[str]) -> NDArray[np.float64]:
    """Return one point of each place in the plane, shape ``(n, 2)``; inside of polygons."""
    shapes = np.array([find_place(case, place=place).geometry for place in places], dtype=object)
    return np.asarray(shapely.get_coordinates(shapely.point_on_surface(shapes)), dtype=np.float64)


def find_land(case: Analysis, *, partition: str, codes: Sequence[str] = ()) -> Any:
    """Return the land of a partition, or of some of its districts.

    Parameters
    ----------
    case
        The case.
    partition
        Key of a partition, or ``districts``.
    codes
        Codes of districts; all if empty.

    Raises
    ------
    ProjectError
        If there is no such partition or code.
    """
    if partition != "districts":
        if partition not in case.layers.partitions:
            known = ["districts", *case.layers.partitions]
            offer = suggest_name(partition, words=known)
            raise ProjectError(f"there is no partition {show_value(partition)}.{offer}")
        return shapely.union_all(case.layers.partitions[partition].geometry.to_numpy())
    table = case.layers.districts
    for code in codes:
        if code not in set(table["code"]):
            offer = suggest_name(code, words=table["code"])
            raise ProjectError(f"there is no district {show_value(code)}.{offer}")
    chosen = table[table["code"].isin(codes)] if codes else table
    return shapely.union_all(chosen.geometry.to_numpy())


def find_corridors(case: Analysis, *, kinds: Sequence[str] = (), ids: Sequence[str] = ()) -> Any:
    """Return the corridors of some kinds or with some identifiers, as a table.

    Raises
    ------
    ProjectError
        If no corridor is of that kind, or has that identifier.
    MissingDataError
        If the project has no corridors.
    """
    table = case.layers.corridors
    for column, wanted in (("kind", kinds), ("id", ids)):
        known = set(table[column].astype(str))
        for word in wanted:
            if len(table) and word not in known:
                what = "kind of corridor" if column == "kind" else "corridor"
                raise ProjectError(
                    f"there is no {what} {show_value(word)}.{suggest_name(word, words=known)}"
                )
    for column, wanted in (("kind", kinds), ("id", ids)):
        table = table[table[column].isin(list(wanted))] if wanted else table
    if not len(table):
        raise MissingDataError(NO_CORRIDORS)
    return table


def find_front_if_named(
    case: Analysis, *, line: str | None, side: str | None
) -> tuple[FrontLine | None, Sequence[DisplacedFront]]:
    """Find a line with its displaced copies where a line and a side of it are named."""
    if line is None or side is None:
        return None, ()
    front = find_front(case, line=line, side=side)
    return front, find_draws(case, front=front)


def find_draws(case: Analysis, *, front: FrontLine) -> Sequence[DisplacedFront]:
    """Return the displaced copies of a line; none for one without."""
    return case.draws.get(front.key, ())


def make_outline(case: Analysis, *, error_m: float) -> Outline:
    """Say how well outlines are known, displaced as often as the project displaces lines."""
    settings = case.project.uncertainty
    return Outline(error_m, draws=settings.draws, seed=settings.seed)


def cut_study_area(case: Analysis, *, partition: str | None, codes: Sequence[str] = ()) -> Any:
    """Return the study area, or what of it lies in a partition or in some districts."""
    area = case.layers.study_area
    if partition is None:
        return area
    return shapely.intersection(area, find_land(case, partition=partition, codes=codes))


def measure_km(case: Analysis, *, course: Any) -> float:
    """Measure a course in the plane, in kilometres on the ellipsoid."""
    return (
        float(measure_length(np.array([course], dtype=object), plane=case.layers.plane)[0]) / 1000.0
    )


def cut_stretch(
    case: Analysis, *, front: FrontLine, between: Ends | None, section: str | None = None
) -> Any:
    """Return a stretch of a line: between two places, a named section, or all of it.

    Raises
    ------
    ProjectError
        If the two places lie at the same point of the line, or this line has no such section.
    """
    if section is not None:
        sections = [part for part in case.project.sections if part.line == front.key]
        chosen = [part for part in sections if part.key == section]
        if not chosen:
            offer = suggest_name(section, words=[part.key for part in sections])
            raise ProjectError(f"line '{front.key}' has no section {show_value(section)}.{offer}")
        return cut_sections(chosen, layers=case.layers, fronts=[front])[0].course
    if between is None:
        return shapely.line_merge(front.geometry)
    return cut_section_between(front.geometry, ends_xy=case.layers.plane.xy(np.array(between)))


def write_distance_from_line(kilometres: float, *, error_m: float, written: str = "") -> str:
    """Write a distance from a line; one below the line's error is never a number.

    Parameters
    ----------
    kilometres, error_m
        The distance, and the error of the line there.
    written
        The distance as text; two digits of it if empty.
    """
    if kilometres * 1000.0 < error_m:
        return BELOW
    return written or f"{kilometres:.2g}"


def find_error_near(front: FrontLine, *, geometry: Any) -> float:
    """Return the error of the edge of a line that is nearest to a place, metres."""
    row = int(np.argmin(shapely.distance(front.segments, geometry)))
    return float(front.error_m[row])


def explain_coarse_sight(case: Analysis) -> tuple[str, ...]:
    """Say why sight cannot be told from the elevation; empty where it can."""
    if case.dem is None or not is_coarse(case.dem):
        return ()
    step = max(case.dem.step_m)
    return (f"the elevation has cells of {step:,.0f} m, and sight needs {COARSE_M:.0f} m",)


def explain_coarse_cells(dem: Dem) -> tuple[str, ...]:
    """Say why slopes along a way cannot be told from the elevation; empty where they can."""
    step = max(dem.step_m)
    return (f"the elevation has cells of {step:,.0f} m",) if is_coarse(dem) else ()


def explain_schematic(case: Analysis) -> tuple[str, ...]:
    """Say why lengths and times on corridors cannot be told; empty where they can."""
    settings = case.project.corridors
    if settings is None or not settings.schematic:
        return ()
    return ("the corridors are schematic, joined from place to place",)


def explain_incomplete(share: float) -> tuple[str, ...]:
    """Say why people cannot be told from a list; empty where it can contain 90 % of them."""
    if share >= ENOUGH:
        return ()
    if np.isnan(share):
        return ("nobody knows what share of the people the list of settlements holds",)
    held = write_percent(share)
    return (f"the list of settlements can hold {held} of the people, and 90 % is needed",)
