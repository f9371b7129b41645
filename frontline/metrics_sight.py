"""Metrics of sight: what named heights and lines look upon. Places are never ranked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import shapely
from pydantic import Field

from frontline.case import Case
from frontline.landforms import cells_of, mean_height
from frontline.lookup import (
    corridors_of,
    dated,
    distance_to,
    front_of,
    land_of,
    place_of,
    points_of,
    side_of,
    too_coarse_for_sight,
)
from frontline.measured import (
    LineKey,
    Measured,
    Metres,
    PartitionKey,
    SideName,
    listed,
    missing,
)
from frontline.project import LonLat
from frontline.stretches import positions
from frontline.tallies import STATES, Targets, look, state_of
from frontline.terrain import sight_grid
from frontline.viewpoint import View, sight_from_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.terrain import Dem

    Floats = NDArray[np.float64]

ELEVATION = "what cannot be decided, and the accuracy of the elevation"
UNKNOWN = "what cannot be decided"

Ids = Annotated[tuple[str, ...], Field(min_length=1, description="identifiers of places")]
Radius = Annotated[float, Field(ge=100, le=100_000, strict=True)]
Height = Annotated[float, Field(ge=0, le=500, strict=True)]
Path = Annotated[tuple[LonLat, ...], Field(min_length=2, description="places along the way")]

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
    case
        The case.
    points
        Identifiers of the places looked from.
    radius_m
        How far is looked.
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
    chosen = np.ones(len(table), dtype=bool)
    if line is not None and side is not None:
        land = side_of(front_of(case, line), side)
        chosen &= shapely.intersects(land, case.layers.settlements.geometry.to_numpy())
    if places:
        for place in places:
            place_of(case, place)
        chosen &= table["id"].isin(list(places)).to_numpy()
    own = table[chosen]
    states = own["in_sight"].value_counts()
    error_m = case.dem.accuracy_m or 0.0
    within = own["in_sight"] != "out_of_range"
    sure = (own["in_sight"] == "visible") & ~(own["clearance_m"] <= error_m)
    maybe = within & ((own["in_sight"] != "hidden") | (own["clearance_m"] >= -error_m))
    seen = [str(name) for name in own.loc[own["in_sight"] == "visible", "name"]]
    told = ", ".join(f"{states.get(state, 0)} {state.replace('_', ' ')}" for state in STATES)
    return Measured(
        float(len(seen)),
        float(sure.sum()),
        float(max(maybe.sum(), len(seen))),
        "settlements",
        contains=ELEVATION,
        detail=f"Of {len(own)} settlements listed: {told}, within {radius_m / 1000:g} km"
        + (f"; visible: {listed(seen) or 'none'}" if places else _from_lines(case, side)),
        coarse=too_coarse_for_sight(case),
    )


def _from_lines(case: Case, side: str | None) -> str:
    """Say how many settlements of a side each line itself has in sight."""
    if side is None or not len(case.exposure.settlements):
        return ""
    both = case.places.merge(case.exposure.settlements[["id", "line", "in_sight"]])
    own = both[(both["side"] == side) & (both["in_sight"] == "visible")]
    radius = case.project.sight.radius_m / 1000
    told = [f"{front.key} {int((own['line'] == front.key).sum())}" for front in dated(case)]
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
    case
        The case.
    points
        Identifiers of the places looked from.
    radius_m
        How far is looked; land beyond is not in sight.
    target_height_m
        Height looked at above the ground; the project's if unset.
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
    if line is not None and side is not None:
        land = shapely.intersection(land, side_of(front_of(case, line), side))
    view = _view(case, case.dem, points, radius_m, target_height_m)
    visible, unknown = view.land_share(land)
    xy = points_of(case, points)
    near = shapely.union_all(shapely.buffer(shapely.points(xy), radius_m))
    within = shapely.intersection(land, near)
    share = shapely.area(within) / max(shapely.area(land), 1.0)
    return Measured(
        100.0 * visible,
        100.0 * visible,
        100.0 * (visible + unknown),
        "%",
        contains=UNKNOWN,
        detail=f"{100 * share:.0f} % of {shapely.area(land) / 1e6:,.0f} km2 lie within "
        f"{radius_m / 1000:g} km",
        coarse=too_coarse_for_sight(case),
    )


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
    case
        The case.
    points
        Identifiers of the places looked from.
    path
        Places along the way, [[lon, lat], ...]; or, instead,
    corridor
        identifier of a corridor.
    radius_m
        How far is looked; what lies beyond is not in sight.
    target_height_m
        Height looked at above the ground; the project's if unset.
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
    state = _states(case, case.dem, points_of(case, points), middle, radius_m, target_height_m)
    seen = {name: 100.0 * float(metres[state == name].sum() / metres.sum()) for name in STATES}
    return Measured(
        seen["visible"],
        seen["visible"],
        seen["visible"] + seen["unknown"],
        "%",
        contains=UNKNOWN,
        detail=f"Of {metres.sum() / 1000:.1f} km: {seen['hidden']:.0f} % hidden, "
        f"{seen['out_of_range']:.0f} % beyond {radius_m / 1000:g} km",
        coarse=too_coarse_for_sight(case),
    )


def _states(
    case: Case, dem: Dem, eyes: Floats, xy: Floats, radius_m: float, target_m: float | None
) -> NDArray[Any]:
    """Look from every eye to every point; one state per point."""
    asked, crs = case.project.sight, case.layers.frame.crs
    margin_m = radius_m + 2 * max(dem.step_m)
    grid = sight_grid(dem, shapely.MultiPoint(eyes), area_crs=crs, margin_m=margin_m)
    height = asked.target_height_m if target_m is None else target_m
    found = look(
        grid,
        positions(grid, eyes, crs),
        np.ones(len(eyes)),
        Targets(positions(grid, xy, crs), np.full(len(xy), height)),
        radius_m=radius_m,
        observer_height_m=asked.observer_height_m,
        refraction=asked.refraction,
    )
    return np.asarray(state_of(found))


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
    case
        The case.
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
    within = min(within_m, case.project.sight.radius_m)
    shares = {
        name: _low_share(case, case.dem, line, name, within, relief_radius_m)
        for name in front.sides
    }
    side_of(front, side)
    visible, unknown, low = shares[side]
    told = [f"{name} {100 * one[0]:.0f} %" for name, one in shares.items()]
    return Measured(
        100.0 * visible,
        100.0 * visible,
        100.0 * (visible + unknown),
        "%",
        contains=UNKNOWN,
        detail=f"Low ground within {within / 1000:g} km of the line in sight of it: "
        f"{', '.join(told)}; low ground is {100 * low:.0f} % of that land on the side asked",
        coarse=too_coarse_for_sight(case),
    )


def _low_share(
    case: Case, dem: Dem, line: str, side: str, within_m: float, radius_m: float
) -> tuple[float, float, float]:
    """Share of low ground in sight, of low ground undecided, and of low ground in all land."""
    xy, area = cells_of(dem, case.layers.frame)
    front = front_of(case, line)
    known = np.isfinite(dem.heights_m).ravel()
    chosen = np.flatnonzero(known)
    inside = shapely.contains_xy(side_of(front, side), *xy[chosen].T)
    chosen = chosen[inside]
    chosen = chosen[distance_to(xy[chosen], front.geometry, case.layers.frame) <= within_m]
    low = chosen[(dem.heights_m < mean_height(dem, radius_m)).ravel()[chosen]]
    if not len(low):
        return float("nan"), float("nan"), float("nan")
    bands = case.exposure.rasters[line].bands
    seen = bands["seen"].ravel()[low] > 0
    unknown = ~seen & (bands["unknown"].ravel()[low] > 0)
    weight = area[low]
    total = weight.sum()
    return (
        float(weight[seen].sum() / total),
        float(weight[unknown].sum() / total),
        float(total / area[chosen].sum()),
    )


SIGHT_METRICS = (settlements_in_sight, land_in_sight, way_in_sight, low_ground_in_sight)
