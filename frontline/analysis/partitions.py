"""Land, people and places of each part of a partition, by side and line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from frontline import schema
from frontline._typing import Floats
from frontline.elevation.terrain import GROUND, find_cells_within, summarise_ground
from frontline.inputs.partitions import DISTRICTS, PartitionPart, keep_areas, list_parts
from frontline.lines.front import Copies, take_figures, take_point_figures
from frontline.population.on_land import (
    ListedResidents,
    ResidentCount,
    count_residents,
    find_shares,
    pick_residents,
    sample_residents,
)
from frontline.population.validity import open_splitting_grid
from frontline.schema import Table
from frontline.uncertainty.copies import FARTHEST_SIGMAS, divide_land
from frontline.uncertainty.intervals import SIGMAS, Drawn, take_interval
from frontline.uncertainty.sampling import SamplePosition, find_position

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.elevation.terrain import GROUND, Ground
    from frontline.geo.projection import ProjectedPlane
    from frontline.inputs.layers import Layers
    from frontline.lines.front import DisplacedFront, FrontLine
    from frontline.project.models import Project


PARTS = Table(
    "partitions",
    "Partitions",
    "Districts and other parts of the land by the side of each line.",
    (
        schema.LINE,
        schema.text("partition", "Partition", "Key of the partition, or districts."),
        schema.text("part", "Part", "Code or name of the part; empty: the land outside all parts."),
        schema.text("name", "Name", "Name of the part as the input gives it."),
        schema.ON_SIDE,
        schema.number(
            "area_km2", "km²", "Area", "Land of the part on that side, in the study area."
        ),
        *schema.interval("area_km2", "km²", "Area", "area"),
        schema.number("share", "", "Share", "Of the part's land in the study area (0 to 1)."),
        *schema.interval("share", "", "Share"),
        schema.number(
            "population",
            "people",
            "People",
            "Residents listed there at the line's date; empty where places lie there and none has "
            "a figure.",
        ),
        *schema.interval("population", "people", "People"),
        schema.REGISTERED,
        *schema.SETTLEMENT_COUNTS,
        *GROUND,
    ),
    lists=("partitions", "districts"),
    key=("line", "partition", "part", "side"),
    foreign=(schema.OF_LINE,),
    ranged=(
        "area_km2",
        "share",
        "population",
    ),
    absent_is_none=True,
)
"""Columns of :func:`cross_partitions`."""

_LEAST_KM2 = 1e-3


def cross_partitions(
    layers: Layers,
    *,
    fronts: Sequence[FrontLine],
    draws: Mapping[str, Sequence[DisplacedFront]],
    ground: Ground | None,
    partitions: Sequence[str] | None = None,
    project: Project | None = None,
) -> pd.DataFrame:
    """Cross partitions with the sides of lines: land, people, settlements, ground.

    Parameters
    ----------
    layers
        Study area, settlements, districts and partitions in the plane.
    fronts
        The lines with their sides.
    draws
        Displaced copies by the line's key; may be empty.
    ground
        Of the elevation, or None.
    partitions
        Keys; all partitions and the districts if None.
    project
        Names the population rasters that split places given as polygons; by area if None.

    Returns
    -------
    One row per line, part and side on which the part has land, with the columns of
    :data:`PARTS`. ``share`` is that of the part's land inside the study area; ``population``
    counts the residents listed at the line's date, ``registered`` people apart from them; both
    are NaN where places lie there and none has such a figure. An empty ``side`` is land on no
    side, an empty ``part`` land outside all parts, so that the areas of a partition whose parts
    do not overlap add up to the study area.

    Notes
    -----
    Intervals are the 2.5 and 97.5 % points over the draws: they hold the position of the line
    and not that of the part's own border. A line without error gives the figure itself.
    """
    keys = partitions
    if keys is None:
        keys = [*layers.partitions, *([DISTRICTS] if len(layers.districts) else [])]
    rows: list[dict[str, Any]] = []
    parts = [part for key in keys for part in list_parts(layers, partition=key)]
    if parts:
        insides = [
            find_cells_within(ground, land=part.land) if ground is not None else None
            for part in parts
        ]
        for front in fronts:
            copies = draws.get(front.key, ())
            dwellers = pick_residents(layers.settlements, date=front.date)
            lands = np.array([part.land for part in parts], dtype=object)
            cut = cross_lands(lands, sides=front.sides)
            with open_splitting_grid(
                project, settlements=layers.settlements, date=front.date
            ) as grid:
                counts = [
                    count_residents(
                        dwellers,
                        share=find_shares(dwellers, lands=land, grid=grid, crs=layers.plane.crs),
                    )
                    for land in cut
                ]
            people = _find_people_intervals(front, lands, copies, dwellers, counts, layers.plane)
            area = find_area_intervals(front, lands=lands, draws=copies, plane=layers.plane)
            rows += _make_rows(front, parts, cut, counts, area, people, ground, insides)
    table = pd.DataFrame(rows, columns=PARTS.names)
    return table.astype({"settlements": "Int64", "settlements_unknown": "Int64"})


def _make_rows(
    front: FrontLine,
    parts: Sequence[PartitionPart],
    cut: NDArray[np.object_],
    counts: Sequence[ResidentCount],
    area_ends: tuple[Floats, Floats],
    residents: tuple[Floats, Floats],
    ground: Ground | None,
    insides: Sequence[NDArray[np.bool_] | None],
) -> Iterator[dict[str, Any]]:
    names = [*front.sides, ""]
    sure = not (front.error_m > 0).any()
    (area_low, area_high), (people_low, people_high) = area_ends, residents
    held = (
        {name: find_cells_within(ground, land=land) for name, land in front.sides.items()}
        if ground
        else {}
    )
    for row, part in enumerate(parts):
        whole = float(shapely.area(part.land)) / 1e6
        counted = counts[row]
        for column, side in enumerate(names):
            area = float(shapely.area(cut[row, column])) / 1e6
            known = column < len(front.sides)
            if area < _LEAST_KM2 and not (known and area_high[row, column] > _LEAST_KM2):
                continue
            people = float(counted.residents[column])
            moved = known and not sure
            low, high = (area_low[row, column], area_high[row, column]) if moved else (area, area)
            inside = insides[row]
            cells = inside & held[side] if inside is not None and side in held else None
            yield {
                "line": front.key,
                "partition": part.partition,
                "part": part.part,
                "name": part.name,
                "side": side,
                "area_km2": area,
                "area_low": low,
                "area_high": high,
                "share": area / whole,
                "share_low": low / whole,
                "share_high": high / whole,
                "population": people,
                "population_low": people_low[row, column] if moved else people,
                "population_high": people_high[row, column] if moved else people,
                "registered": float(counted.registered[column]),
                "settlements": int(counted.settlements[column]),
                "settlements_unknown": int(counted.unknown[column]),
                **summarise_ground(ground, inside=cells),
            }


def cross_lands(lands: NDArray[np.object_], *, sides: Mapping[str, Any]) -> NDArray[np.object_]:
    """Cut lands by the sides of a line.

    Parameters
    ----------
    lands
        Polygons in the plane, shape ``(n,)``.
    sides
        Land by the side's name, k of them.

    Returns
    -------
    Polygons, shape ``(n, k + 1)``: on each side, and last on none.
    """
    held = np.array(list(sides.values()), dtype=object)
    rest = shapely.difference(lands, shapely.union_all(held))
    cut = np.column_stack([shapely.intersection(lands[:, None], held[None, :]), rest])
    result = np.empty(cut.shape, dtype=object)
    for place in np.ndindex(cut.shape):
        result[place] = keep_areas(cut[place])
    return result


def find_area_intervals(
    front: FrontLine,
    *,
    lands: NDArray[np.object_],
    draws: Sequence[DisplacedFront],
    plane: ProjectedPlane,
) -> tuple[Floats, Floats]:
    """Take the intervals of the area of lands on each side of a line.

    Parameters
    ----------
    front
        The line.
    lands
        Polygons in the plane, shape ``(n,)``.
    draws
        Displaced copies.
    plane
        The plane.

    Returns
    -------
    2.5 and 97.5 % points in square kilometres, each of shape ``(n, sides)``; NaN without draws.

    Notes
    -----
    Only land within six standard deviations of the line may change sides. It is divided into
    squares, and a square into its parts on either side of each copy
    (`frontline.uncertainty.copies.divide_land`).
    """
    low = np.full((len(lands), len(front.sides)), math.nan)
    high = low.copy()
    drawn = _measure_copies(front, lands, draws, plane)
    held = np.array(list(front.sides.values()), dtype=object)
    exact = shapely.area(shapely.intersection(lands[:, None], held[None, :])) / 1e6
    whole = shapely.area(lands) / 1e6
    for place in np.ndindex(low.shape):
        of_place = drawn.at(*place) if drawn else None
        low[place], high[place] = take_interval(
            float(exact[place]), drawn=of_place, least=0.0, most=float(whole[place[0]])
        )
    return low, high


def _measure_copies(
    front: FrontLine,
    lands: NDArray[np.object_],
    draws: Sequence[DisplacedFront],
    plane: ProjectedPlane,
) -> Drawn | None:
    """Areas of lands by side in the copies of a line, km2, ``(n, sides)``."""
    if not isinstance(draws, Copies):
        return take_figures(
            front, draws=draws, figure=lambda _, sides: _measure_overlay(lands, sides)
        )
    squares = divide_land(
        shapely.union_all(lands), course=front.geometry, reach_m=_find_reach_m(front)
    )
    half = squares.width_m / 2.0
    (x, y), names = squares.xy.T, list(front.sides)
    boxes = shapely.box(x - half, y - half, x + half, y + half)
    row, square = shapely.STRtree(boxes).query(lands, predicate="intersects")
    shared = shapely.area(shapely.intersection(boxes[square], lands[row])) / 1e6
    on_land = sparse.csr_array((shared, (row, square)), shape=(len(lands), len(boxes)))
    points = shapely.points(squares.xy)
    nominal = find_position(
        points, line=front.geometry, sides=front.sides, plane=plane, names=names
    )

    def areas(copy: SamplePosition) -> Floats:
        share_own = np.clip(0.5 + copy.distance_m / squares.width_m, 0.0, 1.0)
        other = copy.side if copy.other is None else copy.other
        share = np.zeros((len(boxes), len(names)))
        for number in range(len(names)):
            share[:, number] = share_own * (copy.side == number) + (1.0 - share_own) * (
                other == number
            )
        return np.asarray(on_land @ share, dtype=np.float64)

    return take_point_figures(
        front, draws=draws, xy=squares.xy, here=nominal, figure=areas, plane=plane, counted=False
    )


def _measure_overlay(lands: NDArray[np.object_], sides: Mapping[str, Any]) -> Floats:
    held = np.array([sides[name] for name in sides], dtype=object)
    areas = shapely.area(shapely.intersection(lands[:, None], held[None, :])) / 1e6
    return np.asarray(areas, dtype=np.float64)


def _find_reach_m(front: FrontLine) -> float:
    return FARTHEST_SIGMAS * float(front.error_m.max(initial=0.0)) / SIGMAS


def _find_people_intervals(
    front: FrontLine,
    lands: NDArray[np.object_],
    draws: Sequence[DisplacedFront],
    dwellers: ListedResidents,
    counts: Sequence[ResidentCount],
    plane: ProjectedPlane,
) -> tuple[Floats, Floats]:
    """Intervals of the residents, each of shape ``(n, sides)``, moved to the exact figures.

    NaN where the figure itself is unknown.
    """
    people = np.nan_to_num(dwellers.people["residents"])
    low = np.full((len(lands), len(front.sides)), math.nan)
    high = low.copy()
    if not draws:
        return low, high
    near = shapely.dwithin(dwellers.shapes, front.geometry, _find_reach_m(front)) & (people > 0)
    sample = sample_residents(dwellers, chosen=near)
    points = shapely.points(sample.xy)
    weight = sample.weight * people[sample.group]
    on_part = np.zeros((len(lands), len(points)))
    for row, land in enumerate(lands):
        on_part[row] = shapely.intersects(land, points)

    def counted(copy: SamplePosition) -> Floats:
        held_by = copy.side[:, None] == np.arange(len(front.sides))
        return np.asarray(on_part @ (weight[:, None] * held_by), dtype=np.float64)

    exact = np.array([counted.residents for counted in counts])
    nominal = find_position(
        points, line=front.geometry, sides=front.sides, plane=plane, names=list(front.sides)
    )
    drawn = take_point_figures(
        front, draws=draws, xy=sample.xy, here=nominal, figure=counted, plane=plane, counted=True
    )
    known = np.isfinite(exact[:, : len(front.sides)])
    for place in zip(*np.nonzero(known), strict=True):
        of_place = drawn.at(*place) if drawn else None
        most = max(float(people.sum()), float(exact[place]))
        low[place], high[place] = take_interval(
            float(exact[place]), drawn=of_place, least=0.0, most=most
        )
    return low, high
