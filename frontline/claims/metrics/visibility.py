"""Metrics of sight: what named heights and lines look upon. Places are never ranked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline._typing import Floats
from frontline.analysis.context import Analysis
from frontline.claims.lookup import (
    explain_coarse_sight,
    find_corridors,
    find_front,
    find_land,
    find_place,
    find_points,
    find_side,
    list_dated_fronts,
    widen_interval,
)
from frontline.claims.measurement import (
    POSITION,
    Height,
    Ids,
    LineKey,
    Measurement,
    Metres,
    PartitionKey,
    Path,
    Radius,
    SideName,
    join_words,
    report_missing,
    state_height_error,
)
from frontline.elevation.dem import add_trees, make_sight_grid, to_dem_crs
from frontline.elevation.terrain import average_heights, list_cells
from frontline.geo.geodesy import measure_distance
from frontline.uncertainty.intervals import SIGMAS, Drawn, take_interval
from frontline.uncertainty.outlines import place_lattice
from frontline.visibility.observers import to_grid_positions
from frontline.visibility.targets import STATES, SightTargets, TargetVisibility, look, state_of
from frontline.visibility.viewpoints import Viewshed, see_from_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.elevation.dem import Dem
    from frontline.geo.projection import ProjectedPlane


UNDECIDED = "what cannot be decided"
NOT_ELEVATION = "not the accuracy of heights"
MOST_CELLS = 20_000
"""So many cells of land tell what a displaced line does to a share of it."""


STEP_M = 100.0
"""A way is looked at this often."""


def _view(
    case: Analysis, dem: Dem, points: Ids, radius_m: float, target_m: float | None
) -> Viewshed:
    lonlat = case.layers.plane.lonlat(find_points(case, places=points))
    return see_from_points(
        [(float(lon), float(lat)) for lon, lat in lonlat],
        layers=case.layers,
        dem=dem,
        settings=case.project.sight,
        radius_m=radius_m,
        target_height_m=target_m,
    )


def settlements_in_sight(
    case: Analysis,
    *,
    points: Ids,
    radius_m: Radius = 15_000.0,
    target_height_m: Height | None = None,
    line: LineKey | None = None,
    side: SideName | None = None,
    places: tuple[str, ...] = (),
) -> Measurement:
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
        return report_missing("the project has no elevation", unit="settlements")
    table = _view(case, case.dem, points, radius_m, target_height_m).places
    asked = np.ones(len(table), dtype=bool)
    if places:
        for place in places:
            find_place(case, place=place)
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
    return Measurement(
        value,
        _end(least, value, 0),
        _end(most, value, 1),
        "settlements",
        contains=_holds(case, case.dem, line if side is not None else None),
        detail=f"Of {len(own)} settlements listed, within {radius_m / 1000:g} km: {told}"
        + (f"; visible: {join_words(seen) or 'none'}" if places else _from_lines(case, side)),
        coarse=explain_coarse_sight(case),
    )


def _end(counts: list[float], value: float, end: int) -> float:
    """Return an end of the interval of counts: of the line as drawn, and as it may run."""
    drawn = Drawn(counts[0], np.array(counts[1:]), counted=True) if counts[1:] else None
    ends = (counts[0], counts[0]) if drawn is None else take_interval(counts[0], drawn=drawn)
    return min(ends[0], value) if end == 0 else max(ends[1], value)


def _lands(case: Analysis, line: str | None, side: str | None) -> list[Any]:
    """Return the land of a side as drawn, and as the line may lie; everything without a line."""
    if line is None or side is None:
        return [None]
    front = find_front(case, line=line)
    drawn = case.draws[line] if _moved(case, line) else ()
    return [find_side(front, side=side), *(draw.sides[side] for draw in drawn)]


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


def _moved(case: Analysis, line: str | None) -> bool:
    """Tell whether displaced copies say what the error of a line does."""
    if line is None:
        return False
    return (
        bool((find_front(case, line=line).error_m > 0).any()) and len(case.draws.get(line, ())) > 0
    )


def _holds(case: Analysis, dem: Dem, line: str | None) -> str:
    """Say what an interval contains and what not."""
    moved = _moved(case, line)
    known = [UNDECIDED]
    if dem.accuracy_m:
        known.append(state_height_error(dem.accuracy_m))
    if moved:
        known.append(POSITION)
    lacks = [] if dem.accuracy_m else ["the accuracy of heights"]
    if line is not None and not moved and (find_front(case, line=line).error_m > 0).any():
        lacks.append(POSITION)
    without = f", not {' and '.join(lacks)}" if lacks else ""
    return f"{', '.join(known[:-1])} and {known[-1]}{without}" if known[1:] else known[0] + without


def _from_lines(case: Analysis, side: str | None) -> str:
    """Say how many settlements of a side each line itself has in sight."""
    if side is None or not len(case.exposure.settlements):
        return ""
    both = case.places.merge(case.exposure.settlements[["id", "line", "in_sight"]])
    own = both[(both["side"] == side) & (both["in_sight"] == "visible")]
    radius = case.project.sight.radius_m / 1000
    told = [
        f"{int((own['line'] == front.key).sum())} from {front.key}"
        for front in list_dated_fronts(case)
    ]
    return f"; on that side in sight of the lines within {radius:g} km: {', '.join(told)}"


def land_in_sight(
    case: Analysis,
    *,
    points: Ids,
    radius_m: Radius = 15_000.0,
    target_height_m: Height | None = None,
    partition: PartitionKey | None = None,
    codes: tuple[str, ...] = (),
    line: LineKey | None = None,
    side: SideName | None = None,
) -> Measurement:
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
        return report_missing("the project has no elevation", unit="%")
    land = case.layers.study_area
    if partition is not None:
        land = shapely.intersection(land, find_land(case, partition=partition, codes=codes))
    whole = land
    if line is not None and side is not None:
        land = shapely.intersection(land, find_side(find_front(case, line=line), side=side))
    view = _view(case, case.dem, points, radius_m, target_height_m)
    visible, unknown = view.land_share(land)
    low, high = 100.0 * visible, 100.0 * (visible + unknown)
    moved = side is not None and _moved(case, line)
    if moved and line is not None and side is not None:
        low, high = _land_drawn(case, view, whole, line, side, (low, high))
    xy = find_points(case, places=points)
    near = shapely.union_all(shapely.buffer(shapely.points(xy), radius_m))
    within = shapely.intersection(land, near)
    share = shapely.area(within) / max(shapely.area(land), 1.0)
    also = f" and {POSITION}" if moved else ""
    return Measurement(
        100.0 * visible,
        low,
        high,
        "%",
        contains=f"{UNDECIDED}{also}, {NOT_ELEVATION}",
        detail=f"{100 * share:.0f} % of {shapely.area(land) / 1e6:,.0f} km2 lie within "
        f"{radius_m / 1000:g} km",
        coarse=explain_coarse_sight(case),
    )


def _land_drawn(
    case: Analysis, view: Viewshed, land: Any, line: str, side: str, ends: tuple[float, float]
) -> tuple[float, float]:
    """Widen the ends of a share of land by the position of the line that bounds the land."""
    grid, plane = view.counts.dem, case.layers.plane
    xy = place_lattice(land, points=MOST_CELLS)
    cells = grid.rowcol(*to_dem_crs(grid, plane.crs, *xy.T))
    row, col = np.maximum(cells, 0).T
    known = cells[:, 0] >= 0
    seen = known & (view.counts.seen[row, col] > 0)
    maybe = ~known | seen | (view.counts.unknown[row, col] > 0)

    def shares(_line: Any, sides: Any) -> tuple[float, float]:
        inside = shapely.contains_xy(sides[side], *xy.T)
        if not inside.any():
            return 0.0, 0.0
        return 100.0 * float(seen[inside].mean()), 100.0 * float(maybe[inside].mean())

    low, high = widen_interval(case, front=find_front(case, line=line), ends=ends, figure=shares)
    return max(low, 0.0), min(high, 100.0)


def way_in_sight(
    case: Analysis,
    *,
    points: Ids,
    path: Path | None = None,
    corridor: str | None = None,
    radius_m: Radius = 15_000.0,
    target_height_m: Height | None = None,
) -> Measurement:
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
        return report_missing("the project has no elevation", unit="%")
    plane = case.layers.plane
    if path is not None:
        way: Any = shapely.linestrings(plane.xy(np.array(path)))
    else:
        chosen = find_corridors(case, ids=[corridor or ""])
        if not len(chosen):
            return report_missing("the project has no corridors", unit="%")
        way = chosen.geometry.iloc[0]
    dense = shapely.get_coordinates(shapely.segmentize(way, STEP_M))
    middle = (dense[:-1] + dense[1:]) / 2
    metres = plane.ground_m(dense[:-1], dense[1:])
    eyes = find_points(case, places=points)
    found = _tally(case, case.dem, eyes, middle, radius_m, target_height_m)
    state = state_of(found)
    seen = {name: 100.0 * float(metres[state == name].sum() / metres.sum()) for name in STATES}
    sure, maybe = (
        100.0 * float(metres[flags].sum() / metres.sum())
        for flags in _by_accuracy(case.dem, state, found.clearance_max_m)
    )
    return Measurement(
        seen["visible"],
        sure,
        maybe,
        "%",
        contains=_holds(case, case.dem, None),
        detail=f"Of {metres.sum() / 1000:.1f} km: {seen['hidden']:.0f} % hidden, "
        f"{seen['out_of_range']:.0f} % beyond {radius_m / 1000:g} km",
        coarse=explain_coarse_sight(case),
    )


def _tally(
    case: Analysis, dem: Dem, eyes: Floats, xy: Floats, radius_m: float, target_m: float | None
) -> TargetVisibility:
    """Look from every eye to every point."""
    asked, crs = case.project.sight, case.layers.plane.crs
    margin_m = radius_m + 2 * max(dem.step_m)
    grid = make_sight_grid(dem, area=shapely.MultiPoint(eyes), area_crs=crs, margin_m=margin_m)
    height = asked.target_height_m if target_m is None else target_m
    places = to_grid_positions(grid, xy=eyes, crs=crs)
    return look(
        add_trees(grid, posts_rc=places),
        posts_rc=places,
        weights_m=np.ones(len(eyes)),
        targets=SightTargets(to_grid_positions(grid, xy=xy, crs=crs), np.full(len(xy), height)),
        radius_m=radius_m,
        observer_height_m=asked.observer_height_m,
        refraction=asked.refraction,
    )


def low_ground_in_sight(
    case: Analysis,
    *,
    line: LineKey,
    side: SideName,
    within_m: Metres = 15_000.0,
    relief_radius_m: Radius = 5_000.0,
) -> Measurement:
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
    front = find_front(case, line=line)
    if case.dem is None or seen is None:
        return report_missing("the project has no elevation, or sight is switched off", unit="%")
    find_side(front, side=side)
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

        least, most = widen_interval(case, front=front, ends=(least, most), figure=ends)
    told = [f"{name} {100 * one[0]:.0f} %" for name, one in shares.items()]
    also = " and which land the line bounds" if _moved(case, line) else ""
    return Measurement(
        100.0 * visible,
        100.0 * max(least, 0.0),
        100.0 * min(most, 1.0),
        "%",
        contains=f"{UNDECIDED}{also}, not where posts stand nor the accuracy of heights",
        detail=f"Low ground within {within / 1000:g} km of the line in sight of it: "
        f"{', '.join(told)}; low ground is {100 * low:.0f} % of that land on the side asked",
        coarse=explain_coarse_sight(case),
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
    plane: ProjectedPlane

    def some(self, most: int) -> _Valleys:
        """Keep about so many of the cells, evenly."""
        step = slice(None, None, max(1, len(self.xy) // most))
        kept = {name: getattr(self, name)[step] for name in _OF_CELLS}
        return replace(self, **kept)

    def share(self, line: Any, sides: Any, *, side: str) -> tuple[float, float, float]:
        """Share of low ground in sight, of low ground undecided, and of low ground in all."""
        inside = shapely.contains_xy(sides[side], *self.xy.T)
        inside[inside] = (
            measure_distance(self.xy[inside], line=line, plane=self.plane) <= self.within_m
        )
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


def _valleys(case: Analysis, dem: Dem, line: str, within_m: float, radius_m: float) -> _Valleys:
    """Gather the known cells that lie, or may lie, within a distance of a line."""
    xy, area = list_cells(dem, plane=case.layers.plane)
    front = find_front(case, line=line)
    reach_m = 1.02 * within_m + 5.0 / SIGMAS * float(front.error_m.max(initial=0.0))
    near = np.isfinite(dem.heights_m).ravel()
    shapely.prepare(front.geometry)
    near[near] = shapely.dwithin(front.geometry, shapely.points(xy[near]), reach_m)
    bands = case.exposure.rasters[line].bands
    seen = np.asarray(bands["seen"]).ravel()[near] > 0
    return _Valleys(
        xy[near],
        area[near],
        (dem.heights_m < average_heights(dem, radius_m=radius_m)).ravel()[near],
        seen,
        ~seen & (np.asarray(bands["unknown"]).ravel()[near] > 0),
        within_m,
        case.layers.plane,
    )


SIGHT_METRICS = (settlements_in_sight, land_in_sight, way_in_sight, low_ground_in_sight)
