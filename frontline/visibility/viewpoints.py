"""What is seen from a named height: places, and the share of any land."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline.elevation.dem import add_trees, is_coarse, make_sight_grid, sample_heights
from frontline.errors import RasterError
from frontline.visibility.core import cumulative_viewshed
from frontline.visibility.exposure import estimate_plausible_height, find_target_points
from frontline.visibility.grid_counts import ViewshedGrid, measure_land_share
from frontline.visibility.observers import to_grid_positions
from frontline.visibility.targets import SightTargets, TargetVisibility, look, state_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from frontline.elevation.dem import Dem
    from frontline.geo.projection import ProjectedPlane
    from frontline.inputs.layers import Layers
    from frontline.project.models import Sight
    from frontline.records import RasterResult


PLACES = ["id", "name", "in_sight", "distance_m", "clearance_m"]
"""Columns of :attr:`View.places`."""


@dataclass(frozen=True)
class Viewshed:
    """What one or more points see.

    Parameters
    ----------
    places
        One row per settlement, columns :data:`PLACES`: state, distance of the nearest point
        that sees it in metres (NaN where none does), and the most that a ray passes above the
        ground (negative: is blocked by; NaN where unknown or out of range).
    illustration
        Whether the elevation is too coarse for more than an illustration.
    frame, counts, conservative
        What :meth:`land_share` reads.
    """

    places: pd.DataFrame
    illustration: bool
    plane: ProjectedPlane
    counts: ViewshedGrid
    conservative: bool

    def land_share(self, area: Any) -> tuple[float, float]:
        """Share of an area that is in sight, and that cannot be decided.

        Parameters
        ----------
        area
            Polygon in the plane. What lies beyond the radius is not in sight.

        Returns
        -------
        Two shares, 0 to 1; NaN for an empty area.
        """
        visible, unknown = measure_land_share(self.counts, area=area, plane=self.plane)
        return (visible + unknown, 0.0) if self.conservative else (visible, unknown)

    def raster(self) -> RasterResult:
        """Bands ``seen`` and ``unknown`` on the grid of the elevation, counts of points."""
        return self.counts.raster()


def see_from_points(
    lonlat: Sequence[tuple[float, float]],
    *,
    layers: Layers,
    dem: Dem,
    settings: Sight,
    radius_m: float | None = None,
    observer_height_m: float | None = None,
    target_height_m: float | None = None,
    threads: int | None = None,
) -> Viewshed:
    """Look from one or more named points over settlements and land.

    Parameters
    ----------
    lonlat
        Longitude and latitude of the points, degrees.
    layers
        For ``settlements`` and ``plane``.
    dem
        Elevation in any CRS.
    settings
        The project's ``[sight]``: refraction, ``conservative``, and what the next three do not
        say.
    radius_m
        How far is looked; may exceed the largest radius for a line.
    observer_height_m, target_height_m
        Metres above the ground; a column ``target_height_m`` of the settlements goes before.
    threads
        Number of threads; it does not change the result.

    Returns
    -------
    States of settlements by exact rays between true positions; land by cells, with each point in
    the middle of its cell. A thing is seen if any of the points sees it.

    Raises
    ------
    RasterError
        No points, or a point on unknown ground, which is named.
    """
    overrides = {
        "radius_m": radius_m,
        "observer_height_m": observer_height_m,
        "target_height_m": target_height_m,
    }
    settings = settings.model_copy(update={key: v for key, v in overrides.items() if v is not None})
    xy = layers.plane.xy(np.asarray(lonlat, dtype=np.float64).reshape(-1, 2))
    grid = _make_grid(xy, lonlat, layers.plane, dem, settings)
    eyes = to_grid_positions(grid, xy=xy, crs=layers.plane.crs)
    targets = find_target_points(layers, settings=settings)
    tally = look(
        grid,
        posts_rc=eyes,
        weights_m=np.ones(len(eyes)),
        targets=SightTargets(
            to_grid_positions(grid, xy=targets.xy, crs=layers.plane.crs), targets.height_m
        ),
        radius_m=settings.radius_m,
        observer_height_m=settings.observer_height_m,
        refraction=settings.refraction,
    )
    viewshed = cumulative_viewshed(
        grid.heights_m,
        posts_rc=np.floor(eyes + 0.5).astype(np.int64),
        cell_size_m=grid.step_m,
        observer_height_m=settings.observer_height_m,
        target_height_m=settings.target_height_m,
        max_distance_m=settings.radius_m,
        refraction=settings.refraction,
        threads=threads,
    )
    counts = ViewshedGrid.like(dem, posts=len(eyes))
    counts.add(grid, viewshed.seen, viewshed.unknown)
    counted = tally.conservative() if settings.conservative else tally
    return Viewshed(
        places=_tabulate_places(
            layers,
            counted,
            state_of(counted, margin_m=estimate_plausible_height(dem, settings=settings)),
        ),
        illustration=is_coarse(dem),
        plane=layers.plane,
        counts=counts,
        conservative=settings.conservative,
    )


def _make_grid(
    xy: NDArray[np.float64],
    lonlat: Sequence[tuple[float, float]],
    plane: ProjectedPlane,
    dem: Dem,
    settings: Sight,
) -> Dem:
    if len(xy) == 0:
        raise RasterError("no point to look from (expected at least one). Name one.")
    margin_m = settings.radius_m + 2 * max(dem.sight_step_m)
    grid = make_sight_grid(dem, area=shapely.MultiPoint(xy), area_crs=plane.crs, margin_m=margin_m)
    cells = np.floor(to_grid_positions(grid, xy=xy, crs=plane.crs) + 0.5).astype(np.int64)
    # Both the cell, for land, and the place between cells, for rays, must be known.
    known = np.isfinite(grid.heights_m[cells[:, 0], cells[:, 1]])
    known &= np.isfinite(sample_heights(grid, xy=xy, crs=plane.crs))
    if not known.all():
        lon, lat = lonlat[int(np.argmin(known))]
        raise RasterError(
            f"the point at {lon:g}, {lat:g} stands on ground of unknown height. "
            "Correct its place, or use a raster that covers it."
        )
    return add_trees(grid, posts_rc=to_grid_positions(grid, xy=xy, crs=plane.crs))


def _tabulate_places(
    layers: Layers, tally: TargetVisibility, states: NDArray[np.object_]
) -> pd.DataFrame:
    nearest, clearance = tally.nearest_seen_m, tally.clearance_max_m
    return pd.DataFrame(
        {
            "id": layers.settlements["id"].to_numpy(),
            "name": layers.settlements["name"].to_numpy(),
            "in_sight": states,
            "distance_m": np.where(np.isfinite(nearest), nearest, np.nan),
            "clearance_m": np.where(np.isfinite(clearance), clearance, np.nan),
        },
        columns=PLACES,
    )
