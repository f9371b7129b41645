"""High and low ground beside a line, and what of it is in sight of the line or of a height."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline._typing import Flags, Floats
from frontline.analysis.spread import spread_ends_over_copies, spread_ends_over_positions
from frontline.elevation.dem import to_dem_crs
from frontline.elevation.terrain import average_heights, list_cells
from frontline.uncertainty.intervals import SIGMAS
from frontline.uncertainty.outlines import place_lattice
from frontline.uncertainty.sampling import OUTSIDE, SamplePosition, find_position

if TYPE_CHECKING:
    from frontline.elevation.dem import Dem
    from frontline.elevation.terrain import Ground
    from frontline.geo.projection import ProjectedPlane
    from frontline.lines.front import DisplacedFront, FrontLine
    from frontline.records import RasterResult
    from frontline.visibility.viewpoints import Viewshed

MOST_CELLS = 20_000
"""So many cells of land tell what a displaced line does to a share of it."""

MOST_POSTS = 400
"""So many places stand for all high ground of a side."""

STRETCH_M = 5_000.0
"""Heights of both sides are compared on stretches of the line of about this length."""


@dataclass(frozen=True)
class HigherGround:
    """Where along a line the land of one side is higher than that of the others.

    Parameters
    ----------
    share
        Share of the line's length with known heights on both sides, per cent.
    low, high
        Its interval over the displaced copies of the line.
    known
        Share of the length on which heights of both sides are known, per cent.
    difference_m
        Mean of the side's mean height less the others', metres, over that length.
    """

    share: float
    low: float
    high: float
    known: float
    difference_m: float


def compare_heights(
    front: FrontLine,
    *,
    draws: Sequence[DisplacedFront],
    ground: Ground,
    course: Any,
    side: str,
    within_m: float,
    plane: ProjectedPlane,
) -> HigherGround:
    """Compare the heights of both sides along a line.

    Parameters
    ----------
    front, draws
        The line with its sides, and its displaced copies.
    ground
        Cells of the elevation, from `frontline.elevation.terrain.read_ground`.
    course
        The line, or a stretch of it, in the plane.
    side
        The side whose land is held against that of all others.
    within_m
        Land within this distance of the line counts.
    plane
        The plane.

    Notes
    -----
    A cell of elevation belongs to the stretch of about 5 km that its nearest point of the line
    lies on. On each stretch the mean heights of both sides are compared.
    """
    merged = shapely.line_merge(course)
    whole = float(merged.length)
    reach_m = 1.02 * within_m + 5.0 / SIGMAS * float(front.error_m.max(initial=0.0))
    shapely.prepare(merged)
    near = shapely.dwithin(merged, shapely.points(ground.xy), reach_m)
    points = shapely.points(ground.xy[near])
    xy, height, area = ground.xy[near], ground.elevation_m[near], ground.area_m2[near]
    count = max(1, round(whole / STRETCH_M))
    at = shapely.line_locate_point(_single(merged), points) / max(whole, 1.0)
    stretch = np.minimum((at * count).astype(np.int64), count - 1)

    number = list(front.sides).index(side)

    def means(where: SamplePosition) -> tuple[Floats, Floats]:
        close = where.distance_m <= within_m
        own = close & (where.side == number)
        other = close & (where.side != number) & (where.side != OUTSIDE)
        ours, theirs = (
            _mean_by(stretch[chosen], height[chosen], area[chosen], count)
            for chosen in (own, other)
        )
        return ours, theirs

    def shares(where: SamplePosition) -> tuple[float, float]:
        ours, theirs = means(where)
        known = np.isfinite(ours) & np.isfinite(theirs)
        value = 100.0 * float((ours > theirs)[known].mean()) if known.any() else np.nan
        return value, value

    here = find_position(
        points, line=front.geometry, sides=front.sides, plane=plane, names=list(front.sides)
    )
    ours, theirs = means(here)
    known = np.isfinite(ours) & np.isfinite(theirs)
    value, _ = shares(here)
    low, high = spread_ends_over_positions(
        front, draws=draws, xy=xy, here=here, ends=(value, value), figure=shares, plane=plane
    )
    difference = float((ours - theirs)[known].mean()) if known.any() else np.nan
    return HigherGround(
        value, max(low, 0.0), min(high, 100.0), 100.0 * float(known.mean()), difference
    )


def _single(line: Any) -> Any:
    """Put the pieces of a line behind each other, so that a place along it is one number."""
    parts = shapely.get_parts(line)
    if len(parts) == 1:
        return parts[0]
    return shapely.linestrings(np.concatenate([shapely.get_coordinates(part) for part in parts]))


def _mean_by(groups: Any, values: Floats, weights: Floats, count: int) -> Floats:
    """Average values by group, NaN for a group without any, shape ``(count,)``."""
    total = np.bincount(groups, weights=weights, minlength=count)
    sums = np.bincount(groups, weights=weights * values, minlength=count)
    means: Floats = np.divide(sums, total, out=np.full(count, np.nan), where=total > 0)
    return means


def measure_share_seen(
    view: Viewshed,
    *,
    land: Any,
    front: FrontLine | None,
    draws: Sequence[DisplacedFront],
    plane: ProjectedPlane,
    side: str | None,
) -> tuple[float, float, float]:
    """Tell which share of a land, on one side of a line, is in sight of a height, per cent.

    Parameters
    ----------
    view
        What is seen.
    land
        Polygon in the plane.
    front, draws, side
        The line that bounds the land, its displaced copies, the side; None for all of the land.
    plane
        The plane.

    Returns
    -------
    The share, and its least and most: what cannot be decided, and where the line lies.
    """
    own = land if front is None or side is None else shapely.intersection(land, front.sides[side])
    visible, unknown = view.land_share(own)
    low, high = 100.0 * visible, 100.0 * (visible + unknown)
    if front is None or side is None or not draws or not (front.error_m > 0).any():
        return 100.0 * visible, low, high
    grid = view.counts.dem
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

    low, high = spread_ends_over_copies(front, draws=draws, ends=(low, high), figure=shares)
    return 100.0 * visible, max(low, 0.0), min(high, 100.0)


@dataclass(frozen=True)
class LowGround:
    """Cells of land about a line: where they lie, what is low, in sight, undecided; ``(n,)``."""

    xy: Floats
    where: SamplePosition
    area: Floats
    low: Flags
    seen: Flags
    unknown: Flags
    within_m: float
    plane: ProjectedPlane

    def thinned(self, most: int = MOST_CELLS) -> LowGround:
        """Keep about so many of the cells, evenly."""
        step = slice(None, None, max(1, len(self.xy) // most))
        kept = {name: getattr(self, name)[step] for name in _OF_CELLS}
        return replace(self, where=self.where.part(step), **kept)

    def share(self, where: SamplePosition, *, number: int) -> tuple[float, float, float]:
        """Give the share of low ground in sight, of low ground undecided, of low ground in all.

        Parameters
        ----------
        where
            Where the cells lie: `LowGround.where`, or against a displaced copy of the line.
        number
            Number of the side.
        """
        inside = (where.side == number) & (where.distance_m <= self.within_m)
        low = self.area * (inside & self.low)
        if not low.sum() > 0:
            return np.nan, np.nan, np.nan
        parts = (low[self.seen].sum(), low[self.unknown].sum())
        return (
            float(parts[0] / low.sum()),
            float(parts[1] / low.sum()),
            float(low.sum() / self.area[inside].sum()),
        )

    def interval(
        self, front: FrontLine, draws: Sequence[DisplacedFront], *, side: str
    ) -> tuple[float, float]:
        """Give the least and the most of the share in sight: undecided, and where the line lies."""
        number = list(front.sides).index(side)
        visible, unknown, _ = self.share(self.where, number=number)
        if not draws or not (front.error_m > 0).any():
            return visible, visible + unknown
        some = self.thinned()

        def ends(where: SamplePosition) -> tuple[float, float]:
            sure, maybe, _ = some.share(where, number=number)
            return sure, sure + maybe

        return spread_ends_over_positions(
            front,
            draws=draws,
            xy=some.xy,
            here=some.where,
            ends=(visible, visible + unknown),
            figure=ends,
            plane=self.plane,
        )


_OF_CELLS = ("xy", "area", "low", "seen", "unknown")


def gather_low_ground(
    front: FrontLine,
    *,
    dem: Dem,
    plane: ProjectedPlane,
    seen: RasterResult,
    within_m: float,
    radius_m: float,
) -> LowGround:
    """Gather the known cells that lie, or may lie, within a distance of a line.

    Parameters
    ----------
    front, dem, frame
        The line, the elevation, the plane.
    seen
        Bands ``seen`` and ``unknown`` of that line, on the grid of the elevation.
    within_m
        The distance.
    radius_m
        Low is what lies below the mean height within about this distance.
    """
    xy, area = list_cells(dem, plane=plane)
    reach_m = 1.02 * within_m + 5.0 / SIGMAS * float(front.error_m.max(initial=0.0))
    near = np.isfinite(dem.heights_m).ravel()
    shapely.prepare(front.geometry)
    near[near] = shapely.dwithin(front.geometry, shapely.points(xy[near]), reach_m)
    visible = np.asarray(seen.bands["seen"]).ravel()[near] > 0
    where = find_position(
        shapely.points(xy[near]),
        line=front.geometry,
        sides=front.sides,
        plane=plane,
        names=list(front.sides),
    )
    return LowGround(
        xy[near],
        where,
        area[near],
        (dem.heights_m < average_heights(dem, radius_m=radius_m)).ravel()[near],
        visible,
        ~visible & (np.asarray(seen.bands["unknown"]).ravel()[near] > 0),
        within_m,
        plane,
    )


def place_on_high_ground(
    front: FrontLine,
    *,
    dem: Dem,
    plane: ProjectedPlane,
    side: str,
    within_m: float,
    radius_m: float,
    most: int = MOST_POSTS,
) -> Floats:
    """Spread places evenly over all high ground of a side near a line; none is better than another.

    Parameters
    ----------
    front, dem, frame
        The line, the elevation, the plane.
    side
        The side.
    within_m
        Ground within this distance of the line.
    radius_m
        High is what lies above the mean height within about this distance.
    most
        So many of the cells at most, evenly.

    Returns
    -------
    Centres of cells in the plane, shape ``(n, 2)``.
    """
    xy, _ = list_cells(dem, plane=plane)
    high = (
        np.isfinite(dem.heights_m) & (dem.heights_m > average_heights(dem, radius_m=radius_m))
    ).ravel()
    shapely.prepare(front.geometry)
    high[high] = shapely.dwithin(front.geometry, shapely.points(xy[high]), within_m)
    land = front.sides[side]
    shapely.prepare(land)
    high[high] = shapely.contains_xy(land, *xy[high].T)
    places = xy[high]
    return np.asarray(places[:: max(1, -(-len(places) // most))])
