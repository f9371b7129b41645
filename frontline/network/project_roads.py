"""The road network of a project: its corridors as a graph, its slopes, its checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline.elevation.dem import is_coarse, sample_heights
from frontline.errors import ProjectError, show_value, suggest_name
from frontline.network.graph import SLOPE_OVER_M, SPEED_KMH, RoadGraph, build_graph, read_numbers
from frontline.network.joining import count_gaps, is_noded, list_vertices
from frontline.network.routing import Spot, cut_graph, find_doubtful_crossings
from frontline.network.tags import doubt_directions

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from frontline.elevation.dem import Dem
    from frontline.inputs.layers import Layers
    from frontline.lines.front import FrontLine
    from frontline.project.models import Project


PLANNED_KMH = 50.0
"""Speed on roads that are planned, which have no class of their own yet."""

WAIT_COLUMN = "wait_min"
"""Column of the points with the minutes that passing a checkpoint costs."""


JOIN_M = 100.0
"""Ends of roads that are drawn apart, or from place to place, are joined over this distance."""


@dataclass(frozen=True)
class Closed:
    """Roads that a line leaves open.

    Parameters
    ----------
    graph
        With every crossing barred, but for checkpoints and passages.
    lenient
        The same with doubtful crossings open; the graph itself where there are none.
    doubtful
        Names of the roads that cross the line and come back within its error.
    """

    graph: RoadGraph
    lenient: RoadGraph
    doubtful: tuple[str, ...] = ()


@dataclass(frozen=True)
class RoadNetwork:
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
    shapes, names
        Geometry and name of each road, in the order of the graph's rows.
    passages
        Rows of roads that no line bars.
    notes
        What is not known of the roads, each a sentence without its stop.
    """

    graph: RoadGraph
    gates: tuple[tuple[float, float, float], ...]
    reach_m: float
    sloped: bool
    shapes: NDArray[np.object_]
    names: tuple[str, ...]
    passages: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    _closed: dict[Any, RoadGraph] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )

    def close_at(
        self, barrier: Any, *, checkpoints: bool = True, open_spots: tuple[Spot, ...] = ()
    ) -> RoadGraph:
        """Return the roads that a barrier leaves open; the same one is worked out once.

        Parameters
        ----------
        barrier
            A line or land in the plane.
        checkpoints
            Whether its checkpoints let through.
        open_spots
            Single crossings that are not barred.
        """
        key = shapely.to_wkb(barrier), checkpoints, open_spots
        if key not in self._closed:
            self._closed[key] = cut_graph(
                self.graph,
                line=barrier,
                gates=self.gates if checkpoints else (),
                gate_tolerance_m=self.reach_m,
                open_roads=self.passages,
                open_spots=open_spots,
            )
        return self._closed[key]

    def close_at_front(
        self, front: FrontLine, *, barrier: Any = None, checkpoints: bool = True
    ) -> Closed:
        """Return the roads that a line leaves open, with and without its doubtful crossings.

        Parameters
        ----------
        front
            The line and its error.
        barrier
            What bars the way with it; the line alone if None.
        checkpoints
            As for `closed`.
        """
        bar = front.geometry if barrier is None else barrier
        graph = self.close_at(bar, checkpoints=checkpoints)
        spots = find_doubtful_crossings(
            self.shapes, line=front.geometry, segments=front.segments, error_m=front.error_m
        )
        if not spots:
            return Closed(graph, graph)
        lenient = self.close_at(bar, checkpoints=checkpoints, open_spots=spots)
        named = dict.fromkeys(self.names[road] for road, _, _ in spots)
        return Closed(graph, lenient, tuple(named))

    @property
    def holds(self) -> str:
        """What the travel times assume, in words."""
        slopes = "and slope" if self.sloped else "on level ground"
        return f"nothing: speeds by class of road {slopes}, as set"


def build_network(
    project: Project, *, layers: Layers, dem: Dem | None, kinds: Sequence[str] = ()
) -> RoadNetwork | None:
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
    ProjectError
        A passage that is no corridor.
    """
    travel = project.travel
    speeds = {**SPEED_KMH, **travel.speeds_kmh}
    for kind in kinds:
        if "planned" in kind:
            speeds.setdefault(kind, PLANNED_KMH)
    table = layers.corridors
    roads = table[table["kind"].isin(list(kinds or speeds))]
    if not len(roads):
        return None
    roads = roads.reset_index(drop=True)
    schematic = project.corridors is not None and project.corridors.schematic
    join_m, crossings, notes = _choose_joining(roads, travel.join_m, schematic=schematic)
    ground = dem if travel.slopes and dem is not None and not schematic else None
    if ground is not None and is_coarse(ground):
        ground = None
    graph = build_graph(
        roads,
        tolerance_m=join_m,
        crossings=crossings,
        speeds_kmh=speeds,
        heights=None
        if ground is None
        else lambda xy: sample_heights(ground, xy=xy, crs=layers.plane.crs),
        # Below two cells a slope is what the grid makes of it.
        slope_over_m=max(SLOPE_OVER_M, 2.0 * max(ground.step_m)) if ground else SLOPE_OVER_M,
        power_w_kg=travel.power_w_kg,
    )
    gates = find_checkpoints(project, points=layers.points)
    return RoadNetwork(
        graph,
        gates,
        travel.checkpoint_m,
        ground is not None,
        shapes=roads.geometry.to_numpy(),
        names=tuple(
            _name_road(name, id_) for name, id_ in zip(roads["name"], roads["id"], strict=True)
        ),
        passages=_find_passages(project, table, roads),
        notes=(*doubt_directions(roads), *notes),
    )


def _name_road(name: Any, id_: Any) -> str:
    return str(name).strip() or str(id_)


def _choose_joining(
    roads: gpd.GeoDataFrame, stated_m: float | None, *, schematic: bool
) -> tuple[float, bool, tuple[str, ...]]:
    """Tell over which distance ends are joined, whether crossings are, and what stays apart."""
    lines = shapely.get_parts(roads.geometry.to_numpy())
    lines = lines[shapely.length(lines) > 0.0]
    if schematic and stated_m is None:
        return JOIN_M, True, ()
    if not len(lines):
        return 0.0, False, ()
    vertices = list_vertices(lines)
    apart = not is_noded(lines, vertices=vertices)
    join_m = (JOIN_M if apart else 0.0) if stated_m is None else stated_m
    if join_m >= JOIN_M:
        return join_m, apart, ()
    gaps = count_gaps(lines, vertices=vertices, least_m=join_m, most_m=JOIN_M)
    if not gaps:
        return join_m, apart and join_m > 0, ()
    ends = "1 road end lies" if gaps == 1 else f"{gaps:,} road ends lie"
    text = (
        f"{ends} within {JOIN_M:.0f} m of another road and {'is' if gaps == 1 else 'are'} not "
        f"joined to it (join_m = {join_m:g} under [travel])"
    )
    return join_m, apart and join_m > 0, (text,)


def _find_passages(
    project: Project, corridors: gpd.GeoDataFrame, roads: gpd.GeoDataFrame
) -> tuple[int, ...]:
    """Find the rows of the roads that no line bars."""
    rows: list[int] = []
    for word in project.travel.passages:
        if not ((corridors["id"] == word) | (corridors["name"] == word)).any():
            known = [*corridors["id"], *corridors["name"]]
            raise ProjectError(
                f"there is no corridor {show_value(word)}.{suggest_name(word, words=known)} Name "
                "corridors by "
                "identifier or name.",
                path=project.path,
                field="travel.passages",
            )
        rows += np.flatnonzero((roads["id"] == word) | (roads["name"] == word)).tolist()
    return tuple(rows)


def find_checkpoints(
    project: Project, *, points: gpd.GeoDataFrame
) -> tuple[tuple[float, float, float], ...]:
    """Find the checkpoints among the points of a project: x, y, minutes of waiting.

    Raises
    ------
    LayerError
        A waiting time that is no number.
    """
    travel = project.travel
    checkpoints = points[points["kind"] == travel.checkpoint_kind]
    xy: NDArray[np.float64] = shapely.get_coordinates(checkpoints.geometry.to_numpy())
    wait = np.full(len(checkpoints), travel.checkpoint_min)
    if WAIT_COLUMN in checkpoints and len(checkpoints):
        stated = read_numbers(checkpoints[WAIT_COLUMN], layer="points", field=WAIT_COLUMN)
        wait = np.where(np.isnan(stated), wait, np.maximum(stated, 0.0))
    return tuple(
        (float(x), float(y), float(minutes)) for (x, y), minutes in zip(xy, wait, strict=True)
    )
