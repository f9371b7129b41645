"""Land, people and places of each part of a partition, by side and line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline import schema
from frontline._typing import Floats
from frontline.elevation.terrain import GROUND, ground_on, within
from frontline.inputs.partitions import DISTRICTS, Part, areas_of, parts_of
from frontline.population.on_land import Dwellers, count, dwellers_at, sample_of, shares_on
from frontline.schema import Table
from frontline.uncertainty.intervals import SIGMAS, interval

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from frontline.elevation.terrain import GROUND, Ground
    from frontline.inputs.layers import Layers
    from frontline.lines.front import Draw, FrontLine


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
            "population", "people", "People", "Residents listed there at the line's date."
        ),
        *schema.interval("population", "people", "People"),
        schema.REGISTERED,
        *schema.SETTLEMENT_COUNTS,
        *GROUND,
    ),
    lists=("partitions", "districts"),
    key=("line", "partition", "part", "side"),
    foreign=(schema.OF_LINE,),
)
"""Columns of :func:`parts_by_side`."""

FARTHEST_SIGMAS = 6.0
"""Land further from a line than this keeps its side however the line is displaced."""

_LEAST_KM2 = 1e-3


def parts_by_side(
    layers: Layers,
    fronts: Sequence[FrontLine],
    draws: Mapping[str, Sequence[Draw]],
    ground: Ground | None,
    *,
    partitions: Sequence[str] | None = None,
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

    Returns
    -------
    One row per line, part and side on which the part has land, with the columns of
    :data:`PARTS`. ``share`` is that of the part's land inside the study area; ``population``
    counts the residents listed at the line's date, ``registered`` people apart from them. An
    empty ``side`` is land on no side, an empty ``part`` land outside all parts, so that the
    areas of a partition whose parts do not overlap add up to the study area.

    Notes
    -----
    Intervals are the 2.5 and 97.5 % points over the draws: they hold the position of the line
    and not that of the part's own border. A line without error gives the figure itself.
    """
    keys = partitions
    if keys is None:
        keys = [*layers.partitions, *([DISTRICTS] if len(layers.districts) else [])]
    rows: list[dict[str, Any]] = []
    every = [part for key in keys for part in parts_of(layers, key)]
    if every:
        insides = [within(ground, part.land) if ground is not None else None for part in every]
        for front in fronts:
            copies = draws.get(front.key, ())
            rows += _rows_of(front, every, copies, layers.settlements, ground, insides)
    table = pd.DataFrame(rows, columns=PARTS.names)
    return table.astype({"settlements": "Int64", "settlements_unknown": "Int64"})


def _rows_of(
    front: FrontLine,
    parts: Sequence[Part],
    draws: Sequence[Draw],
    settlements: gpd.GeoDataFrame,
    ground: Ground | None,
    insides: Sequence[NDArray[np.bool_] | None],
) -> Iterator[dict[str, Any]]:
    lands = np.array([part.land for part in parts], dtype=object)
    names = [*front.sides, ""]
    cut = crossed(lands, front.sides)
    dwellers = dwellers_at(settlements, front.date)
    sure = not (front.error_m > 0).any()
    area_low, area_high = area_intervals(front, lands, draws)
    people_low, people_high = _people_intervals(front, lands, draws, dwellers)
    held = {name: within(ground, land) for name, land in front.sides.items()} if ground else {}
    for row, part in enumerate(parts):
        whole = float(shapely.area(part.land)) / 1e6
        counted = count(dwellers, shares_on(dwellers, cut[row]))
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
                **ground_on(ground, cells),
            }


def crossed(lands: NDArray[np.object_], sides: Mapping[str, Any]) -> NDArray[np.object_]:
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
        result[place] = areas_of(cut[place])
    return result


def area_intervals(
    front: FrontLine, lands: NDArray[np.object_], draws: Sequence[Draw]
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

    Returns
    -------
    2.5 and 97.5 % points in square kilometres, each of shape ``(n, sides)``; NaN without draws.

    Notes
    -----
    Only land within six standard deviations of the line is cut again for each copy.
    """
    held = np.array(list(front.sides.values()), dtype=object)
    low = np.full((len(lands), len(held)), math.nan)
    high = low.copy()
    if not draws:
        return low, high
    belt = shapely.buffer(front.geometry, _reach_m(front), quad_segs=4)
    near, far = shapely.intersection(lands, belt), shapely.difference(lands, belt)
    steady = shapely.area(shapely.intersection(far[:, None], held[None, :])) / 1e6
    moving = np.flatnonzero(~shapely.is_empty(near))
    drawn = np.repeat(steady[None], len(draws), axis=0)
    for number, draw in enumerate(draws):
        sides = np.array([draw.sides[name] for name in front.sides], dtype=object)
        cut = shapely.intersection(near[moving][:, None], sides[None, :])
        drawn[number, moving] += shapely.area(cut) / 1e6
    for place in np.ndindex(low.shape):
        low[place], high[place] = interval(drawn[(slice(None), *place)])
    return low, high


def _reach_m(front: FrontLine) -> float:
    return FARTHEST_SIGMAS * float(front.error_m.max(initial=0.0)) / SIGMAS


def _people_intervals(
    front: FrontLine, lands: NDArray[np.object_], draws: Sequence[Draw], dwellers: Dwellers
) -> tuple[Floats, Floats]:
    """Intervals of the residents, each of shape ``(n, sides)``, moved to the exact figures."""
    people = np.nan_to_num(dwellers.people["residents"])
    held = np.array(list(front.sides.values()), dtype=object)
    low = np.full((len(lands), len(held)), math.nan)
    high = low.copy()
    if not draws:
        return low, high
    near = shapely.dwithin(dwellers.shapes, front.geometry, _reach_m(front)) & (people > 0)
    sample = sample_of(dwellers, near)
    points = shapely.points(sample.xy)
    weight = sample.weight * people[sample.group]
    on_part = np.zeros((len(lands), len(points)))
    for row, land in enumerate(lands):
        on_part[row] = shapely.intersects(land, points)

    def counted(sides: Mapping[str, Any]) -> Floats:
        found = np.zeros((len(lands), len(held)))
        left = np.ones(len(points), dtype=bool)
        for column, name in enumerate(front.sides):
            land = sides[name]
            shapely.prepare(land)
            here = left & shapely.intersects(land, points)
            found[:, column] = on_part @ (weight * here)
            left &= ~here
        return found

    exact = np.array(
        [count(dwellers, shares_on(dwellers, row)).residents for row in crossed(lands, front.sides)]
    )
    coarse = counted(front.sides)
    drawn = np.array([counted(draw.sides) for draw in draws])
    for place in np.ndindex(low.shape):
        ends = interval(
            drawn[(slice(None), *place)], central=float(exact[place]), coarse=float(coarse[place])
        )
        low[place], high[place] = max(ends[0], 0.0), max(ends[1], 0.0)
    return low, high
