"""Metrics of sight: what named heights and lines look upon. Places are never ranked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline._typing import Floats
from frontline.analysis.context import Case
from frontline.claims.lookup import (
    corridors_of,
    dated,
    front_of,
    land_of,
    place_of,
    points_of,
    side_of,
    spread_ends,
    too_coarse_for_sight,
)
from frontline.claims.measurement import (
    POSITION,
    Height,
    Ids,
    LineKey,
    Measured,
    Metres,
    PartitionKey,
    Path,
    Radius,
    SideName,
    heights_known,
    listed,
    missing,
)
from frontline.elevation.dem import sight_grid, to_dem, with_trees
from frontline.elevation.terrain import cells_of, mean_height
from frontline.geo.geodesy import distance_to
from frontline.uncertainty.intervals import SIGMAS, Drawn, interval
from frontline.uncertainty.outlines import lattice
from frontline.visibility.observers import positions
from frontline.visibility.targets import STATES, Tally, Targets, look, state_of
from frontline.visibility.viewpoints import View, sight_from_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.elevation.dem import Dem
    from frontline.geo.projection import Frame


UNDECIDED = "what cannot be decided"
NOT_ELEVATION = "not the accuracy of heights"
MOST_CELLS = 20_000
"""So many cells of land tell what a displaced line does to a share of it."""


STEP_M = 100.0
"""A way is looked at this often."""


def _view(case: Case, dem: Dem, points: Ids, radius_m: float, target_m: float | None) -> View:
    lonlat = case.layers.frame.lonlat(points_of(case, points))
    return sight_from_points(
        [(float(lon), float(lat)) for lon, lat in lonlat],
        case.layers,
        dem,
        case.project.sight,
        radius_m=radius_m,
        target_height_m=target_m,
    )


def settlements_in_sight(
    case: Case,
    *,
    points: Ids,
    radius_m: Radius = 15_000.0,
    target_height_m: Height | None = None,
    line: LineKey | None = None,
    side: SideName | None = None,
    places: tuple[str, ...] = (),
) -> Measured:
    """Count the settlements in sight of one or more named places.

    Parameters
    ----------
    target_height_m
        Height looked at above the ground, for example that of a roof; the project's if unset.
    line, side
        Only settlements on this side of this line.
    places
        Only these settlements.
    """
    if case.dem is None:
        return missing("the project has no elevation", unit="settlements")
    table = _view(case, case.dem, points, radius_m, target_height_m).places
    asked = np.ones(len(table), dtype=bool)
    if places:
        for place in places:
            place_of(case, place)
        asked &= table["id"].isin(list(places)).to_numpy()
    shapes = case.layers.settlements.geometry.to_numpy()
    lands = _lands(case, line, side)
    chosen = asked & _touching(lands[0], shapes)
    state = table["in_sight"].to_numpy()
    sure, maybe = _by_accuracy(case.dem, state, table["clearance_m"].to_numpy(np.float64))
    seen = table.loc[chosen & (state == "visible"), "name"].astype(str).tolist()
    value = float(len(seen))
    on_side = [asked & _touching(land, shapes) for land in lands]
    least = [float((sure & one).sum()) for one in on_side]
    most = [float((maybe & one).sum()) for one in on_side]
    counts = [f"{(state[chosen] == one).sum()} {one.replace('_', ' ')}" for one in STATES]
    told = ", ".join(counts)
    own = table[chosen]
    return Measured(
        value,
        _end(least, value, 0),
        _end(most, value, 1),
        "settlements",
        contains=_holds(case, case.dem, line if side is not None else None),
        detail=f"Of {len(own)} settlements listed, within {radius_m / 1000:g} km: {told}"
        + (f"; visible: {listed(seen) or 'none'}" if places else _from_lines(case, side)),
        coarse=too_coarse_for_sight(case),
    )


def _end(counts: list[float], value: float, end: int) -> float:
    """Return an end of the interval of counts: of the line as drawn, and as it may run."""
    drawn = Drawn(counts[0], np.array(counts[1:]), counted=True) if counts[1:] else None
    ends = (counts[0], counts[0]) if drawn is None else interval(counts[0], drawn)
    return min(ends[0], value) if end == 0 else max(ends[1], value)


def _lands(case: Case, line: str | None, side: str | None) -> list[Any]:
    """Return the land of a side as drawn, and as the line may lie; everything without a line."""
    if line is None or side is None:
        return [None]
    front = front_of(case, line)
    drawn = case.draws[line] if _moved(case, line) else ()
    return [side_of(front, side), *(draw.sides[side] for draw in drawn)]


def _touching(land: Any, shapes: NDArray[Any]) -> NDArray[np.bool_]:
    if land is None:
        return np.ones(len(shapes), dtype=bool)
    shapely.prepare(land)
    return np.asarray(shapely.intersects(land, shapes), dtype=bool)


def _by_accuracy(
    dem: Dem, state: NDArray[Any], clearance_m: Floats
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell what is in sight, and what may be, if heights err by their standard deviation."""
    error_m = dem.accuracy_m or 0.0
    sure = (state == "visible") & ~(clearance_m <= error_m)
    hidden = (state == "hidden") & ~(clearance_m >= -error_m)
    return sure, ~hidden & (state != "out_of_range")


def _moved(case: Case, line: str | None) -> bool:
    """Tell whether displaced copies say what the error of a line does."""
    if line is None:
        return False
    return bool((front_of(case, line).error_m > 0).any()) and len(case.draws.get(line, ())) > 0


def _holds(case: Case, dem: Dem, line: str | None) -> str:
    """Say what an interval contains and what not."""
    moved = _moved(case, line)
    known = [UNDECIDED]
    if dem.accuracy_m:
        known.append(heights_known(dem.accuracy_m))
    if moved:
        known.append(POSITION)
    lacks = [] if dem.accuracy_m else ["the accuracy of heights"]
    if line is not None and not moved and (front_of(case, line).error_m > 0).any():
        lacks.append(POSITION)
    without = f", not {' and '.join(lacks)}" if lacks else ""
    return f"{', '.join(known[:-1])} and {known[-1]}{without}" if known[1:] else known[0] + without


def _from_lines(case: Case, side: str | None) -> str:
    """Say how many settlements of a side each line itself has in sight."""
    if side is None or not len(case.exposure.settlements):
        return ""
    both = case.places.merge(case.exposure.settlements[["id", "line", "in_sight"]])
    own = both[(both["side"] == side) & (both["in_sight"] == "visible")]
    radius = case.project.sight.radius_m / 1000
    told = [f"{int((own['line'] == front.key).sum())} from {front.key}" for front in dated(case)]
    return f"; on that side in sight of the lines within {radius:g} km: {', '.join(told)}"


def land_in_sight(
    case: Case,
    *,
    points: Ids,
    radius_m: Radius = 15_000.0,
    target_height_m: Height | None = None,
    partition: PartitionKey | None = None,
    codes: tuple[str, ...] = (),
    line: LineKey | None = None,
    side: SideName | None = None,
) -> Measured:
    """Share of land in sight of one or more named places.

    Parameters
    ----------
    radius_m
        How far is looked; land beyond is not in sight.
    partition, codes
        Only land of this partition, or of these ``districts``.
    line, side
        Only land on this side of this line.
    """
    if case.dem is None:
        return missing("the project has no elevation", unit="%")
    land = case.layers.study_area
    if partition is not None:
        land = shapely.intersection(land, land_of(case, partition, codes))
    whole = land
    if line is not None and side is not None:
        land = shapely.intersection(land, side_of(front_of(case, line), side))
    view = _view(case, case.dem, points, radius_m, target_height_m)
    visible, unknown = view.land_share(land)
    low, high = 100.0 * visible, 100.0 * (visible + unknown)
    moved = side is not None and _moved(case, line)
    if moved and line is not None and side is not None:
        low, high = _land_drawn(case, view, whole, line, side, (low, high))
    xy = points_of(case, points)
    near = shapely.union_all(shapely.buffer(shapely.points(xy), radius_m))
    within = shapely.intersection(land, near)
    share = shapely.area(within) / max(shapely.area(land), 1.0)
    also = f" and {POSITION}" if moved else ""
    return Measured(
        100.0 * visible,
        low,
        high,
        "%",
        contains=f"{UNDECIDED}{also}, {NOT_ELEVATION}",
        detail=f"{100 * share:.0f} % of {shapely.area(land) / 1e6:,.0f} km2 lie within "
        f"{radius_m / 1000:g} km",
        coarse=too_coarse_for_sight(case),
    )


def _land_drawn(
    case: Case, view: View, land: Any, line: str, side: str, ends: tuple[float, float]
) -> tuple[float, float]:
    """Widen the ends of a share of land by the position of the line that bounds the land."""
    grid, frame = view.counts.dem, case.layers.frame
    xy = lattice(land, points=MOST_CELLS)
    cells = grid.rowcol(*to_dem(grid, frame.crs, *xy.T))
    row, col = np.maximum(cells, 0).T
    known = cells[:, 0] >= 0
    seen = known & (view.counts.seen[row, col] > 0)
    maybe = ~known | seen | (view.counts.unknown[row, col] > 0)

    def shares(_line: Any, sides: Any) -> tuple[float, float]:
        inside = shapely.contains_xy(sides[side], *xy.T)
        if not inside.any():
            return 0.0, 0.0
        return 100.0 * float(seen[inside].mean()), 100.0 * float(maybe[inside].mean())

    low, high = spread_ends(case, front_of(case, line), ends, shares)
    return max(low, 0.0), min(high, 100.0)


def way_in_sight(
    case: Case,
    *,
    points: Ids,
    path: Path | None = None,
    corridor: str | None = None,
    radius_m: Radius = 15_000.0,
    target_height_m: Height | None = None,
) -> Measured:
    """Share of a way in sight of named places: a valley, a road, a stretch of canal.

    Parameters
    ----------
    path
        Places along the way, [[lon, lat], ...]; or, instead,
    corridor
        identifier of a corridor.
    radius_m
        How far is looked; what lies beyond is not in sight.
    """
    if case.dem is None:
        return missing("the project has no elevation", unit="%")
    frame = case.layers.frame
    if path is not None:
        way: Any = shapely.linestrings(frame.xy(np.array(path)))
    else:
        chosen = corridors_of(case, ids=[corridor or ""])
        if not len(chosen):
            return missing("the project has no corridors", unit="%")
        way = chosen.geometry.iloc[0]
    dense = shapely.get_coordinates(shapely.segmentize(way, STEP_M))
    middle = (dense[:-1] + dense[1:]) / 2
    metres = frame.ground_m(dense[:-1], dense[1:])
    eyes = points_of(case, points)
    found = _tally(case, case.dem, eyes, middle, radius_m, target_height_m)
    state = state_of(found)
    seen = {name: 100.0 * float(metres[state == name].sum() / metres.sum()) for name in STATES}
    sure, maybe = (
        100.0 * float(metres[flags].sum() / metres.sum())
        for flags in _by_accuracy(case.dem, state, found.clearance_max_m)
    )
    return Measured(
        seen["visible"],
        sure,
        maybe,
        "%",
        contains=_holds(case, case.dem, None),
        detail=f"Of {metres.sum() / 1000:.1f} km: {seen['hidden']:.0f} % hidden, "
        f"{seen['out_of_range']:.0f} % beyond {radius_m / 1000:g} km",
        coarse=too_coarse_for_sight(case),
    )


def _tally(
    case: Case, dem: Dem, eyes: Floats, xy: Floats, radius_m: float, target_m: float | None
) -> Tally:
    """Look from every eye to every point."""
    asked, crs = case.project.sight, case.layers.frame.crs
    margin_m = radius_m + 2 * max(dem.step_m)
    grid = sight_grid(dem, shapely.MultiPoint(eyes), area_crs=crs, margin_m=margin_m)
    height = asked.target_height_m if target_m is None else target_m
    places = positions(grid, eyes, crs)
    return look(
        with_trees(grid, places),
        places,
        np.ones(len(eyes)),
        Targets(positions(grid, xy, crs), np.full(len(xy), height)),
        radius_m=radius_m,
        observer_height_m=asked.observer_height_m,
        refraction=asked.refraction,
    )


def low_ground_in_sight(
    case: Case,
    *,
    line: LineKey,
    side: SideName,
    within_m: Metres = 15_000.0,
    relief_radius_m: Radius = 5_000.0,
) -> Measured:
    """Share of the low ground of a side in sight of a line: its valleys.

    Parameters
    ----------
    line, side
        Key of the line, name of the side looked upon.
    within_m
        Only land within this distance of the line; at most the project's radius of sight.
    relief_radius_m
        Low is what lies below the mean height within about this distance.
    """
    seen = case.exposure.rasters.get(line)
    front = front_of(case, line)
    if case.dem is None or seen is None:
        return missing("the project has no elevation, or sight is switched off", unit="%")
    side_of(front, side)
    within = min(within_m, case.project.sight.radius_m)
    land = _valleys(case, case.dem, line, within, relief_radius_m)
    shares = {name: land.share(front.geometry, front.sides, side=name) for name in front.sides}
    visible, unknown, low = shares[side]
    some = land.some(MOST_CELLS)
    least, most = visible, visible + unknown
    if _moved(case, line):

        def ends(ground: Any, sides: Any) -> tuple[float, float]:
            sure, maybe, _ = some.share(ground, sides, side=side)
            return sure, sure + maybe

        least, most = spread_ends(case, front, (least, most), ends)
    told = [f"{name} {100 * one[0]:.0f} %" for name, one in shares.items()]
    also = " and which land the line bounds" if _moved(case, line) else ""
    return Measured(
        100.0 * visible,
        100.0 * max(least, 0.0),
        100.0 * min(most, 1.0),
        "%",
        contains=f"{UNDECIDED}{also}, not where posts stand nor the accuracy of heights",
        detail=f"Low ground within {within / 1000:g} km of the line in sight of it: "
        f"{', '.join(told)}; low ground is {100 * low:.0f} % of that land on the side asked",
        coarse=too_coarse_for_sight(case),
    )


@dataclass(frozen=True)
class _Valleys:
    """Cells of land about a line: what of them is low, in sight, undecided; shape ``(n,)``."""

    xy: Floats
    area: Floats
    low: NDArray[np.bool_]
    seen: NDArray[np.bool_]
    unknown: NDArray[np.bool_]
    within_m: float
    frame: Frame

    def some(self, most: int) -> _Valleys:
        """Keep about so many of the cells, evenly."""
        step = slice(None, None, max(1, len(self.xy) // most))
        kept = {name: getattr(self, name)[step] for name in _OF_CELLS}
        return replace(self, **kept)

    def share(self, line: Any, sides: Any, *, side: str) -> tuple[float, float, float]:
        """Share of low ground in sight, of low ground undecided, and of low ground in all."""
        inside = shapely.contains_xy(sides[side], *self.xy.T)
        inside[inside] = distance_to(self.xy[inside], line, self.frame) <= self.within_m
        low = self.area * (inside & self.low)
        if not low.sum() > 0:
            return np.nan, np.nan, np.nan
        parts = (low[self.seen].sum(), low[self.unknown].sum())
        return (
            float(parts[0] / low.sum()),
            float(parts[1] / low.sum()),
            float(low.sum() / self.area[inside].sum()),
        )


_OF_CELLS = ("xy", "area", "low", "seen", "unknown")


def _valleys(case: Case, dem: Dem, line: str, within_m: float, radius_m: float) -> _Valleys:
    """Gather the known cells that lie, or may lie, within a distance of a line."""
    xy, area = cells_of(dem, case.layers.frame)
    front = front_of(case, line)
    reach_m = 1.02 * within_m + 5.0 / SIGMAS * float(front.error_m.max(initial=0.0))
    near = np.isfinite(dem.heights_m).ravel()
    shapely.prepare(front.geometry)
    near[near] = shapely.dwithin(front.geometry, shapely.points(xy[near]), reach_m)
    bands = case.exposure.rasters[line].bands
    seen = np.asarray(bands["seen"]).ravel()[near] > 0
    return _Valleys(
        xy[near],
        area[near],
        (dem.heights_m < mean_height(dem, radius_m)).ravel()[near],
        seen,
        ~seen & (np.asarray(bands["unknown"]).ravel()[near] > 0),
        within_m,
        case.layers.frame,
    )


SIGHT_METRICS = (settlements_in_sight, land_in_sight, way_in_sight, low_ground_in_sight)
