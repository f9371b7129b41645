"""Metrics of sight: what named heights and lines look upon. Places are never ranked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely

from frontline._typing import Floats
from frontline.analysis.context import Analysis
from frontline.analysis.heights import gather_low_ground, measure_share_seen, place_on_high_ground
from frontline.claims.lookup import (
    cut_study_area,
    explain_coarse_sight,
    find_corridors,
    find_dem,
    find_draws,
    find_front,
    find_front_if_named,
    find_land,
    find_place,
    find_points,
    find_side,
    list_dated_fronts,
)
from frontline.claims.measurement import (
    POSITION,
    Measurement,
    MissingDataError,
    join_words,
    make_range,
    state_height_error,
)
from frontline.claims.metric import (
    Distance,
    Height,
    Ids,
    LineKey,
    Metres,
    PartitionKey,
    Path,
    Radius,
    Share,
    SideName,
    metric,
)
from frontline.elevation.dem import add_trees, make_sight_grid
from frontline.inputs.partitions import list_parts
from frontline.uncertainty.intervals import Drawn, take_interval
from frontline.visibility.observers import to_grid_positions
from frontline.visibility.targets import STATES, SightTargets, TargetVisibility, look, state_of
from frontline.visibility.viewpoints import Viewshed, see_from_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.elevation.dem import Dem
    from frontline.lines.front import FrontLine
    from frontline.records import RasterResult


UNDECIDED = "what cannot be decided"
NOT_ELEVATION = "not the accuracy of heights"
STEP_M = 100.0
"""A way is looked at this often."""


def _see(
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


@metric({"count": "settlements", "share": "%"})
def settlements_in_sight(
    case: Analysis,
    *,
    points: Ids,
    radius_m: Radius = 15_000.0,
    target_height_m: Height | None = None,
    line: LineKey | None = None,
    side: SideName | None = None,
    places: tuple[str, ...] = (),
    partition: PartitionKey | None = None,
    codes: tuple[str, ...] = (),
    measure: Literal["count", "share"] = "count",
) -> Measurement:
    """Settlements in sight of one or more named places: how many, or which share of all.

    Parameters
    ----------
    line, side
        Only settlements on this side of this line.
    places
        Only these settlements.
    partition, codes
        Only settlements of this partition, or of these ``districts``.
    measure
        The count, or its share of the settlements asked for.
    """
    dem = find_dem(case)
    table = _see(case, dem, points, radius_m, target_height_m).places
    in_question = np.ones(len(table), dtype=bool)
    if places:
        for place in places:
            find_place(case, place=place)
        in_question &= table["id"].isin(list(places)).to_numpy()
    shapes = case.layers.settlements.geometry.to_numpy()
    if partition is not None:
        in_question &= _find_touching(find_land(case, partition=partition, codes=codes), shapes)
    lands = _list_lands(case, line, side)
    chosen = in_question & _find_touching(lands[0], shapes)
    state = table["in_sight"].to_numpy()
    sure, maybe = _decide_by_accuracy(dem, state, table["clearance_m"].to_numpy(np.float64))
    seen = table.loc[chosen & (state == "visible"), "name"].astype(str).tolist()
    value = float(len(seen))
    on_side = [in_question & _find_touching(land, shapes) for land in lands]
    least = [float((sure & inside).sum()) for inside in on_side]
    most = [float((maybe & inside).sum()) for inside in on_side]
    counts = [f"{(state[chosen] == word).sum()} {word.replace('_', ' ')}" for word in STATES]
    states = ", ".join(counts)
    rows = table[chosen]
    if measure == "share" and not len(rows):
        raise MissingDataError("no such settlements are listed")
    scale = 1.0 if measure == "count" else 100.0 / len(rows)
    return Measurement(
        scale * value,
        scale * _find_end(least, value, 0),
        min(scale * _find_end(most, value, 1), 100.0 if measure == "share" else np.inf),
        contains=_name_contents(case, dem, line if side is not None else None),
        detail=f"Of {len(rows)} settlements listed, within {radius_m / 1000:g} km: {states}"
        + (f"; visible: {join_words(seen) or 'none'}" if places else _count_from_lines(case, side)),
        coarse=explain_coarse_sight(case),
    )


def _find_end(counts: list[float], value: float, end: int) -> float:
    """Return an end of the interval of counts: of the line as drawn, and as it may run."""
    drawn = Drawn(counts[0], np.array(counts[1:]), counted=True) if counts[1:] else None
    ends = (counts[0], counts[0]) if drawn is None else take_interval(counts[0], drawn=drawn)
    return min(ends[0], value) if end == 0 else max(ends[1], value)


@metric({"count": "settlements", "share": "%"})
def settlements_seen_from_line(
    case: Analysis,
    *,
    line: LineKey,
    side: SideName,
    places: tuple[str, ...] = (),
    measure: Literal["count", "share"] = "count",
) -> Measurement:
    """Settlements of a side in sight of the line itself, within the project's radius of sight.

    Parameters
    ----------
    places
        Only these settlements.
    measure
        The count, or its share of the settlements asked for.
    """
    find_front(case, line=line, side=side)
    seen = case.exposure.settlements
    if not len(seen):
        raise MissingDataError("the project has no elevation, or sight is switched off")
    rows = case.places.merge(seen[["id", "line", "in_sight"]], on=["id", "line"])
    rows = rows[(rows["line"] == line) & (rows["side"] == side)].drop_duplicates("id")
    if places:
        for place in places:
            find_place(case, place=place)
        rows = rows[rows["id"].isin(list(places))]
    if not len(rows):
        raise MissingDataError("no such settlements are listed on that side")
    states = rows["in_sight"].value_counts()
    visible, unknown = int(states.get("visible", 0)), int(states.get("unknown", 0))
    scale = 1.0 if measure == "count" else 100.0 / len(rows)
    counts = ", ".join(f"{states.get(state, 0)} {state.replace('_', ' ')}" for state in STATES)
    return Measurement(
        scale * visible,
        scale * visible,
        scale * (visible + unknown),
        contains=f"{UNDECIDED}, not {POSITION} nor the accuracy of heights",
        detail=f"Of {len(rows)} settlements listed, within "
        f"{case.project.sight.radius_m / 1000:g} km: {counts}",
        coarse=explain_coarse_sight(case),
    )


def _list_lands(case: Analysis, line: str | None, side: str | None) -> list[Any]:
    """Return the land of a side as drawn, and as the line may lie; everything without a line."""
    if line is None or side is None:
        return [None]
    front = find_front(case, line=line)
    drawn = case.draws[line] if _is_moved(case, line) else ()
    return [find_side(front, side=side), *(draw.sides[side] for draw in drawn)]


def _find_touching(land: Any, shapes: NDArray[Any]) -> NDArray[np.bool_]:
    if land is None:
        return np.ones(len(shapes), dtype=bool)
    shapely.prepare(land)
    return np.asarray(shapely.intersects(land, shapes), dtype=bool)


def _decide_by_accuracy(
    dem: Dem, state: NDArray[Any], clearance_m: Floats
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell what is in sight, and what may be, if heights err by their standard deviation."""
    error_m = dem.accuracy_m or 0.0
    sure = (state == "visible") & ~(clearance_m <= error_m)
    hidden = (state == "hidden") & ~(clearance_m >= -error_m)
    return sure, ~hidden & (state != "out_of_range")


def _is_moved(case: Analysis, line: str | None) -> bool:
    """Tell whether displaced copies say what the error of a line does."""
    if line is None:
        return False
    return (
        bool((find_front(case, line=line).error_m > 0).any()) and len(case.draws.get(line, ())) > 0
    )


def _name_contents(case: Analysis, dem: Dem, line: str | None) -> str:
    """Say what an interval contains and what not."""
    moved = _is_moved(case, line)
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


def _count_from_lines(case: Analysis, side: str | None) -> str:
    """Say how many settlements of a side each line itself has in sight."""
    if side is None or not len(case.exposure.settlements):
        return ""
    both = case.places.merge(case.exposure.settlements[["id", "line", "in_sight"]])
    visible = both[(both["side"] == side) & (both["in_sight"] == "visible")]
    radius = case.project.sight.radius_m / 1000
    counts = [
        f"{int((visible['line'] == front.key).sum())} from {front.key}"
        for front in list_dated_fronts(case)
    ]
    return f"; on that side in sight of the lines within {radius:g} km: {', '.join(counts)}"


@metric("%")
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
    partition, codes
        Only land of this partition, or of these ``districts``.
    line, side
        Only land on this side of this line.
    """
    dem = find_dem(case)
    land = cut_study_area(case, partition=partition, codes=codes)
    view = _see(case, dem, points, radius_m, target_height_m)
    front, draws = find_front_if_named(case, line=line, side=side)
    share = measure_share_seen(
        view,
        land=land,
        front=front,
        draws=draws,
        plane=case.layers.plane,
        side=side,
    )
    also = f" and {POSITION}" if front is not None and _is_moved(case, line) else ""
    return make_range(
        share,
        contains=f"{UNDECIDED}{also}, {NOT_ELEVATION}",
        detail=f"Of land within {radius_m / 1000:g} km and beyond",
        coarse=explain_coarse_sight(case),
    )


@metric("parts")
def parts_in_sight(
    case: Analysis,
    *,
    points: Ids,
    partition: PartitionKey,
    codes: tuple[str, ...] = (),
    least: Share = 0.5,
    radius_m: Radius = 15_000.0,
    target_height_m: Height | None = None,
) -> Measurement:
    """Count the parts of a partition, or districts, of which a share is in sight of named places.

    Parameters
    ----------
    codes
        Codes or names of the parts; all of them if empty.
    least
        The share of a part's land that must be in sight.
    """
    dem = find_dem(case)
    chosen = [
        part
        for part in list_parts(case.layers, partition=partition)
        if part.part and (not codes or part.part in codes or part.name in codes)
    ]
    if not chosen:
        raise MissingDataError("there are no such parts in the study area")
    view = _see(case, dem, points, radius_m, target_height_m)
    shares = [
        measure_share_seen(
            view, land=part.land, front=None, draws=(), plane=case.layers.plane, side=None
        )
        for part in chosen
    ]
    counts = [float(sum(share[at] >= 100.0 * least for share in shares)) for at in range(3)]
    named = [
        f"{part.name or part.part} {share[0]:.0f} %"
        for part, share in zip(chosen, shares, strict=True)
    ]
    return make_range(
        counts,
        contains=f"{UNDECIDED}, {NOT_ELEVATION}",
        detail=f"In sight within {radius_m / 1000:g} km: {join_words(named)}",
        coarse=explain_coarse_sight(case),
    )


@metric("%")
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
    """
    dem = find_dem(case)
    plane = case.layers.plane
    if path is not None:
        way: Any = shapely.linestrings(plane.xy(np.array(path)))
    else:
        way = find_corridors(case, ids=[corridor or ""]).geometry.iloc[0]
    dense = shapely.get_coordinates(shapely.segmentize(way, STEP_M))
    middle = (dense[:-1] + dense[1:]) / 2
    metres = plane.ground_m(dense[:-1], dense[1:])
    eyes = find_points(case, places=points)
    tally = _look_from(case, dem, eyes, middle, radius_m, target_height_m)
    state = state_of(tally)
    seen = {name: 100.0 * float(metres[state == name].sum() / metres.sum()) for name in STATES}
    sure, maybe = (
        100.0 * float(metres[flags].sum() / metres.sum())
        for flags in _decide_by_accuracy(dem, state, tally.clearance_max_m)
    )
    return Measurement(
        seen["visible"],
        sure,
        maybe,
        contains=_name_contents(case, dem, None),
        detail=f"Of {metres.sum() / 1000:.1f} km: {seen['hidden']:.0f} % hidden, "
        f"{seen['out_of_range']:.0f} % beyond {radius_m / 1000:g} km",
        coarse=explain_coarse_sight(case),
    )


def _look_from(
    case: Analysis, dem: Dem, eyes: Floats, xy: Floats, radius_m: float, target_m: float | None
) -> TargetVisibility:
    """Look from every eye to every point."""
    settings, crs = case.project.sight, case.layers.plane.crs
    margin_m = radius_m + 2 * max(dem.step_m)
    grid = make_sight_grid(dem, area=shapely.MultiPoint(eyes), area_crs=crs, margin_m=margin_m)
    height = settings.target_height_m if target_m is None else target_m
    places = to_grid_positions(grid, xy=eyes, crs=crs)
    return look(
        add_trees(grid, posts_rc=places),
        posts_rc=places,
        weights_m=np.ones(len(eyes)),
        targets=SightTargets(to_grid_positions(grid, xy=xy, crs=crs), np.full(len(xy), height)),
        radius_m=radius_m,
        observer_height_m=settings.observer_height_m,
        refraction=settings.refraction,
    )


@metric("%")
def low_ground_in_sight(
    case: Analysis,
    *,
    line: LineKey,
    side: SideName,
    within_m: Metres = 15_000.0,
    relief_radius_m: Radius = 5_000.0,
    from_side: SideName | None = None,
    behind_m: Distance = 5_000.0,
) -> Measurement:
    """Share of the low ground of a side, its valleys, in sight of a line or of a side's heights.

    Parameters
    ----------
    within_m
        Only land within this distance of the line; at most the project's radius of sight.
    relief_radius_m
        Low and high is what lies below and above the mean height within about this distance.
    from_side, behind_m
        Looked is from all high ground of this side within this distance of the line, not from
        the line itself, which both sides share.
    """
    front = find_front(case, line=line, side=side)
    seen = _find_seen(case, front, from_side, behind_m, relief_radius_m)
    if case.dem is None or seen is None:
        lacks = "or sight is switched off" if from_side is None else "or that side no high ground"
        raise MissingDataError(f"the project has no elevation, {lacks}")
    within = min(within_m, case.project.sight.radius_m)
    ground = gather_low_ground(
        front,
        dem=case.dem,
        plane=case.layers.plane,
        seen=seen,
        within_m=within,
        radius_m=relief_radius_m,
    )
    shares = {
        name: ground.share(ground.where, number=number) for number, name in enumerate(front.sides)
    }
    low, high = ground.interval(front, find_draws(case, front=front), side=side)
    by_side = [f"{name} {100 * share[0]:.0f} %" for name, share in shares.items()]
    also = " and which land the line bounds" if _is_moved(case, line) else ""
    heights = f"the high ground of the side {from_side} within {behind_m / 1000:g} km"
    whence = "it" if from_side is None else heights
    return Measurement(
        100.0 * shares[side][0],
        100.0 * max(low, 0.0),
        100.0 * min(high, 1.0),
        contains=f"{UNDECIDED}{also}, not where posts stand nor the accuracy of heights",
        detail=f"Low ground within {within / 1000:g} km of the line in sight of {whence}: "
        f"{', '.join(by_side)}; low ground is {100 * shares[side][2]:.0f} % of that land on the "
        "side asked",
        coarse=explain_coarse_sight(case),
    )


def _find_seen(
    case: Analysis, front: FrontLine, from_side: str | None, behind_m: float, radius_m: float
) -> RasterResult | None:
    """Return what is in sight of a line, or of the high ground of a side behind it."""
    if from_side is None:
        return case.exposure.rasters.get(front.key)
    find_side(front, side=from_side)
    if case.dem is None:
        return None
    plane = case.layers.plane
    places = place_on_high_ground(
        front, dem=case.dem, plane=plane, side=from_side, within_m=behind_m, radius_m=radius_m
    )
    if not len(places):
        return None
    lonlat = [(float(lon), float(lat)) for lon, lat in plane.lonlat(places)]
    return see_from_points(
        lonlat, layers=case.layers, dem=case.dem, settings=case.project.sight
    ).raster()
