"""What lies behind each section of a line, on either side: people, roads, ground, sight, rates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline import schema
from frontline._typing import Flags, Floats
from frontline.elevation.dem import to_dem_crs
from frontline.elevation.terrain import GROUND, Ground, summarise_ground
from frontline.errors import ProjectError, show_value, suggest_name
from frontline.lines.front import take_positions
from frontline.lines.measures import read_terrain_along
from frontline.lines.sections import find_behind
from frontline.network.graph import SPEED_KMH
from frontline.population.on_land import ListedResidents, pick_residents, sample_residents
from frontline.schema import Table
from frontline.uncertainty.copies import FARTHEST_SIGMAS
from frontline.uncertainty.intervals import SIGMAS, Drawn, take_interval
from frontline.uncertainty.sampling import SamplePosition, find_position

if TYPE_CHECKING:
    from frontline.elevation.dem import Dem
    from frontline.geo.projection import ProjectedPlane
    from frontline.inputs.layers import Layers
    from frontline.lines.front import DisplacedFront, FrontLine
    from frontline.lines.sections import LineSection
    from frontline.records import RasterResult


SECTIONS = Table(
    "sections",
    "Sections",
    "What lies behind named stretches of a line, by side and distance.",
    (
        schema.text("section", "Section", "Key of the section."),
        schema.text("label", "Label", "Name of the section for people."),
        schema.LINE,
        schema.ON_SIDE,
        schema.DISTANCE,
        schema.number("length_km", "km", "Length", "Length of the section, on the ellipsoid."),
        schema.number(
            "population", "people", "People", "Residents listed behind it within the distance."
        ),
        *schema.interval("population", "people", "People"),
        schema.number(
            "people_per_km", "people", "People per km", "Residents per kilometre of section."
        ),
        *schema.SETTLEMENT_COUNTS,
        schema.integer(
            "settlements_visible", "places", "In sight", "Those in sight of the whole line."
        ),
        schema.number("road_km", "km", "Roads", "Length of roads behind it within the distance."),
        schema.number(
            "visible_share", "", "Visible share", "Of that land, in sight of the line (0 to 1)."
        ),
        schema.number("unknown_share", "", "Unknown share", "Of that land, undecided (0 to 1)."),
        *GROUND,
        schema.number(
            "line_elevation_m", "m", "Elevation of the line", "Mean along the section itself."
        ),
        schema.number(
            "line_relief_m", "m", "Relief along the line", "Mean along it, heights within 5 km."
        ),
    ),
    lists=(),
    key=("section", "side", "distance_m"),
    foreign=(schema.OF_LINE,),
    ranged=(
        "length_km",
        "population",
        "road_km",
    ),
)
"""Columns of :func:`tabulate_sections`; one per rate that the project names follows."""

ROAD_STEP_M = 200.0
"""Roads are taken apart into pieces of this length."""

_COUNTS = ["settlements", "settlements_unknown", "settlements_visible"]


@dataclass(frozen=True)
class SectionSight:
    """What was seen from the lines, for shares by section.

    Parameters
    ----------
    dem
        The elevation on whose grid the rasters lie.
    rasters
        By line: bands ``seen`` and ``unknown``, counts of posts.
    settlements
        ``id, line, in_sight``.
    """

    dem: Dem
    rasters: Mapping[str, RasterResult]
    settlements: pd.DataFrame


@dataclass(frozen=True)
class _Points:
    """Points with what each stands for, and where it lies against one line; shape ``(n,)``."""

    xy: Floats
    weight: Floats
    where: SamplePosition

    def find_within(self, side: int, distance_m: float) -> Flags:
        near = (self.where.side == side) & (self.where.distance_m <= distance_m)
        return np.asarray(near, dtype=bool)


@dataclass(frozen=True)
class _Scene:
    """Everything around one line.

    Parameters
    ----------
    places
        A point inside each row of the settlements.
    people
        Points that stand for residents, with their number.
    drawn
        Where those of them that a displaced line may pass lie, copy by copy.
    moving
        Which of `people` these are.
    dwellers, table, visible
        The settlements, and which of them are in sight.
    roads
        Pieces of road, with their kilometres.
    land
        Cells of ground; ``seen`` and ``unknown`` say what of them is in sight.
    """

    front: FrontLine
    places: _Points
    people: _Points
    drawn: tuple[SamplePosition, ...]
    moving: Flags
    dwellers: ListedResidents
    table: pd.DataFrame
    visible: Flags | None
    roads: _Points
    land: _Points
    seen: Flags | None
    unknown: Flags
    ground: Ground | None


def tabulate_sections(
    stretches: Sequence[LineSection],
    *,
    layers: Layers,
    fronts: Sequence[FrontLine],
    draws: Mapping[str, Sequence[DisplacedFront]],
    distances_m: Sequence[float],
    ground: Ground | None = None,
    sighted: SectionSight | None = None,
) -> pd.DataFrame:
    """Tell what lies behind each section, by side and within each distance.

    Parameters
    ----------
    stretches
        From `frontline.lines.sections.cut_sections`.
    layers
        Settlements and corridors in the plane.
    fronts
        The lines.
    draws
        Displaced copies by the line's key; may be empty.
    distances_m
        Distances from the line.
    ground
        Of the elevation, or None.
    sighted
        What was seen from the lines, or None.

    Returns
    -------
    One row per section, side and distance with the columns of :data:`SECTIONS`. Land, people
    and roads belong to the section that their nearest point of the line lies on, so that
    sections that follow each other add up to the whole line.

    Raises
    ------
    ProjectError
        A rate that is no column of the settlements.

    Notes
    -----
    ``population`` counts listed residents at the line's date, NaN where places lie there and none
    of them has a figure; its interval holds the position
    of the line. Settlements given as polygons, roads and ground are taken as points (every
    300 m, 200 m and cell of elevation). ``visible_share`` and ``unknown_share`` are of land with
    known heights. A rate is the mean of a column of the settlements weighted with their
    residents; places without either are left out, and ``<column>_settlements`` counts the others.
    """
    _check_rates(stretches, layers)
    distances = sorted(set(distances_m))
    rows: list[dict[str, Any]] = []
    for front in fronts:
        of_line = [stretch for stretch in stretches if stretch.line == front.key]
        if of_line:
            copies = draws.get(front.key, ())
            scene = _gather_scene(front, layers, copies, distances[-1], ground, sighted)
            for stretch in of_line:
                along = _measure_along(stretch, layers.plane, sighted.dem if sighted else None)
                rows += [row | along for row in _make_rows(stretch, scene, distances)]
    rates = dict.fromkeys(rate for stretch in stretches for rate in stretch.rates)
    further = [name for rate in rates for name in (rate, f"{rate}_settlements")]
    table = pd.DataFrame(rows, columns=[*SECTIONS.names, *further])
    counts = [*_COUNTS, *(name for name in further if name not in rates)]
    return table.astype(dict.fromkeys(counts, "Int64"))


def _check_rates(stretches: Sequence[LineSection], layers: Layers) -> None:
    table = layers.settlements
    known = [name for name in table if pd.api.types.is_numeric_dtype(table[name])]
    for stretch in stretches:
        for rate in stretch.rates:
            if rate not in known:
                raise ProjectError(
                    f"the settlements have no numbers in a column {show_value(rate)}."
                    f"{suggest_name(rate, words=known)}",
                    field=f"sections.{stretch.key}.rates",
                )


def _gather_scene(
    front: FrontLine,
    layers: Layers,
    draws: Sequence[DisplacedFront],
    farthest_m: float,
    ground: Ground | None,
    sighted: SectionSight | None,
) -> _Scene:
    plane, names = layers.plane, list(front.sides)

    def place(xy: Floats, weight: Floats) -> _Points:
        where = find_position(
            shapely.points(xy), line=front.geometry, sides=front.sides, plane=plane, names=names
        )
        return _Points(xy, weight, where)

    dwellers = pick_residents(layers.settlements, date=front.date)
    inside = shapely.get_coordinates(shapely.point_on_surface(dwellers.shapes))
    residents = np.nan_to_num(dwellers.people["residents"])
    sample = sample_residents(dwellers, chosen=residents > 0)
    people = place(sample.xy, sample.weight * residents[sample.group])
    reach_m = FARTHEST_SIGMAS * float(front.error_m.max(initial=0.0)) / SIGMAS
    moving = people.where.distance_m <= 1.01 * farthest_m + reach_m
    near = _select_near_ground(ground, front, farthest_m)
    land = place(near.xy, near.area_m2) if near else place(np.zeros((0, 2)), np.zeros(0))
    seen, unknown = _find_seen_cells(front, land.xy, sighted, plane)
    return _Scene(
        front=front,
        places=place(inside, np.ones(len(inside))),
        people=people,
        drawn=take_positions(
            front, draws=draws, xy=people.xy[moving], here=people.where.part(moving), plane=plane
        ),
        moving=moving,
        dwellers=dwellers,
        table=layers.settlements,
        visible=_find_visible_places(front, layers, sighted),
        roads=place(*_cut_roads(layers)),
        land=land,
        seen=seen,
        unknown=unknown,
        ground=near,
    )


def _cut_roads(layers: Layers) -> tuple[Floats, Floats]:
    """Middles of short pieces of road ``(n, 2)`` and their kilometres ``(n,)``."""
    roads = layers.corridors[layers.corridors["kind"].isin(list(SPEED_KMH))]
    dense = shapely.segmentize(shapely.get_parts(roads.geometry.to_numpy()), ROAD_STEP_M)
    xy, part = shapely.get_coordinates(dense, return_index=True)
    same = np.flatnonzero(np.diff(part) == 0)
    metres = layers.plane.ground_m(xy[same], xy[same + 1])
    return (xy[same] + xy[same + 1]) / 2.0, metres / 1000.0


def _select_near_ground(
    ground: Ground | None, front: FrontLine, farthest_m: float
) -> Ground | None:
    """Keep the cells that may lie within the distance of the line."""
    if ground is None:
        return None
    shapely.prepare(front.geometry)
    points = shapely.points(ground.xy)
    return ground.select(shapely.dwithin(front.geometry, points, 1.02 * farthest_m))


def _find_seen_cells(
    front: FrontLine, xy: Floats, sighted: SectionSight | None, plane: ProjectedPlane
) -> tuple[Flags | None, Flags]:
    """Tell which cells are in sight of the line, and which cannot be decided."""
    if sighted is None or front.key not in sighted.rasters or not len(xy):
        return None, np.zeros(len(xy), dtype=bool)
    cells = sighted.dem.rowcol(*to_dem_crs(sighted.dem, plane.crs, xy[:, 0], xy[:, 1]))
    bands = sighted.rasters[front.key].bands
    row, col = np.maximum(cells, 0).T
    seen = (np.asarray(bands["seen"])[row, col] > 0) & (cells[:, 0] >= 0)
    undecided = (np.asarray(bands["unknown"])[row, col] > 0) | (cells[:, 0] < 0)
    return seen, undecided & ~seen


def _find_visible_places(
    front: FrontLine, layers: Layers, sighted: SectionSight | None
) -> Flags | None:
    if sighted is None or not len(sighted.settlements):
        return None
    of_line = sighted.settlements[sighted.settlements["line"] == front.key]
    state = of_line.drop_duplicates("id").set_index("id")["in_sight"]
    return np.asarray(layers.settlements["id"].map(state) == "visible", dtype=bool)


def _measure_along(
    stretch: LineSection, plane: ProjectedPlane, dem: Dem | None
) -> dict[str, float]:
    """Mean elevation and relief along the stretch itself."""
    if dem is None:
        return {"line_elevation_m": math.nan, "line_relief_m": math.nan}
    along = read_terrain_along(stretch.course, dem=dem, plane=plane)
    means = {}
    for name in ("elevation_m", "relief_m"):
        known = along[name].notna().to_numpy()
        values, weights = along[name].to_numpy()[known], along["metres"].to_numpy()[known]
        means[f"line_{name}"] = (
            float(np.average(values, weights=weights)) if len(values) else math.nan
        )
    return means


def _make_rows(
    stretch: LineSection, scene: _Scene, distances_m: Sequence[float]
) -> Iterator[dict[str, Any]]:
    whole = scene.front.geometry
    places, people, roads, land = (
        find_behind(points.xy, stretch=stretch.course, line=whole)
        for points in (scene.places, scene.people, scene.roads, scene.land)
    )
    for number, side in enumerate(scene.front.sides):
        for distance in distances_m:
            cells = land & scene.land.find_within(number, distance)
            yield {
                "section": stretch.key,
                "label": stretch.label,
                "line": stretch.line,
                "side": side,
                "distance_m": float(distance),
                "length_km": stretch.length_km,
                **_count_residents_behind(
                    scene, people, places, number, distance_m=distance, length_km=stretch.length_km
                ),
                **_count_settlements(scene, places & scene.places.find_within(number, distance)),
                "road_km": float(
                    scene.roads.weight[roads & scene.roads.find_within(number, distance)].sum()
                ),
                **_find_visible_shares(scene, cells),
                **summarise_ground(scene.ground, inside=cells),
                **_average_rates(
                    scene, places & scene.places.find_within(number, distance), stretch.rates
                ),
            }


def _count_residents_behind(
    scene: _Scene, behind: Flags, places: Flags, side: int, *, distance_m: float, length_km: float
) -> dict[str, float]:
    weight = scene.people.weight
    listed = places & scene.places.find_within(side, distance_m)
    known = listed & np.isfinite(scene.dwellers.people["residents"])
    people = float(weight[behind & scene.people.find_within(side, distance_m)].sum())
    if listed.any() and not known.any() and not people > 0:
        people = math.nan
    low, high = people, people
    if not math.isnan(people) and (scene.front.error_m > 0).any():
        moving_weight = (weight * behind)[scene.moving]
        counts = [
            float(moving_weight[(where.side == side) & (where.distance_m <= distance_m)].sum())
            for where in scene.drawn
        ]
        drawn = Drawn(counts[0], np.array(counts[1:]), counted=True) if counts[1:] else None
        low, high = take_interval(people, drawn=drawn, least=0.0)
    return {
        "population": people,
        "population_low": low,
        "population_high": high,
        "people_per_km": people / length_km,
    }


def _count_settlements(scene: _Scene, inside: Flags) -> dict[str, Any]:
    listed = inside & scene.dwellers.listed
    return {
        "settlements": int(listed.sum()),
        "settlements_unknown": int((inside & scene.dwellers.unknown).sum()),
        "settlements_visible": (
            pd.NA if scene.visible is None else int((listed & scene.visible).sum())
        ),
    }


def _find_visible_shares(scene: _Scene, cells: Flags) -> dict[str, float]:
    weight = scene.land.weight * cells
    if scene.seen is None or not weight.sum() > 0:
        return {"visible_share": math.nan, "unknown_share": math.nan}
    return {
        "visible_share": float(np.average(scene.seen, weights=weight)),
        "unknown_share": float(np.average(scene.unknown, weights=weight)),
    }


def _average_rates(scene: _Scene, inside: Flags, rates: Sequence[str]) -> dict[str, Any]:
    residents = scene.dwellers.people["residents"]
    means: dict[str, Any] = {}
    for rate in rates:
        values = scene.table[rate].to_numpy(dtype=np.float64, na_value=np.nan)
        known = inside & np.isfinite(values) & (np.nan_to_num(residents) > 0)
        means[rate] = (
            float(np.average(values[known], weights=residents[known])) if known.any() else math.nan
        )
        means[f"{rate}_settlements"] = int(known.sum())
    return means
