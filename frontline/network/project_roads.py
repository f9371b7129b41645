"""The road network of a project: its corridors as a graph, its slopes, its checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline.elevation.dem import heights_at, is_coarse
from frontline.network.graph import SLOPE_OVER_M, SPEED_KMH, RoadGraph, numbers_in, road_graph
from frontline.network.routing import barred

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from frontline.elevation.dem import Dem
    from frontline.inputs.layers import Layers
    from frontline.project.models import Project


PLANNED_KMH = 50.0
"""Speed on roads that are planned, which have no class of their own yet."""

WAIT_COLUMN = "wait_min"
"""Column of the points with the minutes that passing a checkpoint costs."""


@dataclass(frozen=True)
class Network:
    """Roads that can be driven, and where a line lets through.

    Parameters
    ----------
    graph
        The roads without any line.
    gates
        Checkpoints: x, y, minutes of waiting.
    reach_m
        A crossing this near to a checkpoint is open.
    sloped
        Whether slopes limit speeds.
    """

    graph: RoadGraph
    gates: tuple[tuple[float, float, float], ...]
    reach_m: float
    sloped: bool

    def closed(self, barrier: Any, *, checkpoints: bool = True) -> RoadGraph:
        """Return the roads that a barrier leaves open.

        Parameters
        ----------
        barrier
            A line or land in the plane.
        checkpoints
            Whether checkpoints let through.
        """
        gates = self.gates if checkpoints else ()
        return barred(self.graph, barrier, gates=gates, gate_tolerance_m=self.reach_m)

    @property
    def holds(self) -> str:
        """What the times rest on, in words."""
        slopes = "and slope" if self.sloped else "on level ground"
        return f"nothing: speeds by class of road {slopes}, as set"


def network_of(
    project: Project, layers: Layers, dem: Dem | None, *, kinds: Sequence[str] = ()
) -> Network | None:
    """Make the network of a project.

    Parameters
    ----------
    project
        For ``[travel]``, and whether its corridors are schematic.
    layers
        Corridors and points in the plane.
    dem
        Its elevation; roads are level without, and where it is too coarse for the slope of a
        road.
    kinds
        Kinds of corridors that can be driven; if empty, all that have a speed.

    Returns
    -------
    The network; None where no corridor can be driven.

    Raises
    ------
    LayerError
        A kind without a speed, a speed or a waiting time that is no number.
    """
    asked = project.travel
    speeds = {**SPEED_KMH, **asked.speeds_kmh}
    for kind in kinds:
        if "planned" in kind:
            speeds.setdefault(kind, PLANNED_KMH)
    table = layers.corridors
    own = table[table["kind"].isin(list(kinds or speeds))]
    if not len(own):
        return None
    schematic = project.corridors is not None and project.corridors.schematic
    ground = dem if asked.slopes and dem is not None and not schematic else None
    if ground is not None and is_coarse(ground):
        ground = None
    graph = road_graph(
        own,
        speeds_kmh=speeds,
        heights=None if ground is None else lambda xy: heights_at(ground, xy, crs=layers.frame.crs),
        # Below two cells a slope is what the grid makes of it.
        slope_over_m=max(SLOPE_OVER_M, 2.0 * max(ground.step_m)) if ground else SLOPE_OVER_M,
        power_w_kg=asked.power_w_kg,
    )
    gates = gates_of(project, layers.points)
    return Network(graph, gates, asked.checkpoint_m, ground is not None)


def gates_of(project: Project, points: gpd.GeoDataFrame) -> tuple[tuple[float, float, float], ...]:
    """Find the checkpoints among the points of a project: x, y, minutes of waiting.

    Raises
    ------
    LayerError
        A waiting time that is no number.
    """
    asked = project.travel
    own = points[points["kind"] == asked.checkpoint_kind]
    xy: NDArray[np.float64] = shapely.get_coordinates(own.geometry.to_numpy())
    wait = np.full(len(own), asked.checkpoint_min)
    if WAIT_COLUMN in own and len(own):
        stated = numbers_in(own[WAIT_COLUMN], layer="points", field=WAIT_COLUMN)
        wait = np.where(np.isnan(stated), wait, np.maximum(stated, 0.0))
    return tuple((float(x), float(y), float(one)) for (x, y), one in zip(xy, wait, strict=True))
