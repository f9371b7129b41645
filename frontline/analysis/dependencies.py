"""What settlements depend on: same side of the line or not, how far, reachable or not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline import schema
from frontline.errors import LayerError, raise_problems, show_value, suggest_name
from frontline.geo.geodesy import GEOD, find_nearest
from frontline.network.routing import find_travel_times
from frontline.schema import Table

if TYPE_CHECKING:
    from frontline._typing import Geometries
    from frontline.geo.projection import ProjectedPlane
    from frontline.inputs.layers import Layers
    from frontline.lines.front import FrontLine
    from frontline.network.graph import RoadGraph
    from frontline.network.project_roads import RoadNetwork


LINKS = Table(
    "links",
    "Links",
    "What settlements depend on: side, distance and reach for each line.",
    (
        schema.ROW_ID,
        schema.text("place", "Place", "Identifier of the settlement."),
        schema.text("place_name", "Name of the place", "Name as the input gives it."),
        schema.text("kind", "Kind", "water, field, cemetery, school, post or what the input says."),
        schema.text("name", "Name", "What the place depends on is called."),
        schema.LINE,
        schema.text("place_side", "Side of the place", "Empty outside the study area."),
        schema.text("asset_side", "Side of the asset", "Empty where its place is not known."),
        schema.text(
            "sides", "Sides", "same, other, uncertain (within the line's error) or unknown."
        ),
        schema.number("distance_m", "m", "Distance", "Between the two, along the ellipsoid."),
        schema.text(
            "reach", "Reach", "reachable, cut off, uncertain or unknown, by land of one side."
        ),
        schema.number(
            "minutes", "minutes", "Minutes", "By road without crossing the line; INF: no way."
        ),
        schema.number(
            "minutes_open", "minutes", "Minutes without the line", "As if there were none."
        ),
        schema.text("stated_side", "Side as stated", "What the source says; replaces nothing."),
        schema.number("stated_distance_m", "m", "Distance as stated", "What the source says."),
        schema.STATED_BY,
        schema.NOTE,
    ),
    lists=("links", "settlements", "points", "corridors"),
    key=("id", "line"),
    ordered=True,
    foreign=(
        schema.OF_LINE,
        schema.ForeignKey(("place", "line"), "settlements", ("id", "line")),
    ),
)
"""Columns of :func:`relate_links`."""

_ON_LINE_M = 1e-3


@dataclass(frozen=True)
class _Spot:
    """A place in the plane and its side of one line."""

    point: Any
    side: str
    certain: bool
    piece: int


def relate_links(
    links: pd.DataFrame,
    *,
    layers: Layers,
    fronts: Sequence[FrontLine],
    network: RoadNetwork | None = None,
    shown_path: str = "links",
) -> pd.DataFrame:
    """Hold every link against every line.

    Parameters
    ----------
    links
        As read: the columns of the role ``links``.
    layers
        Settlements, points and corridors in the plane.
    fronts
        The lines with their sides.
    network
        The roads, and where a line lets through; without it times are unknown.
    shown_path
        Name of the file, for messages.

    Returns
    -------
    One row per link and line with the columns of :data:`LINKS`.

    - ``sides`` is ``same``, ``other``, ``uncertain`` where one of the two lies nearer to the
      line than its error, or ``unknown`` where the asset's place is not known.
    - ``distance_m``: geodesic, from a point in the settlement to the nearest point of the asset.
    - ``reach``: ``reachable`` where both lie on one connected piece of a side's land, ``cut off``
      where they do not, else ``uncertain`` or ``unknown``.
    - ``minutes``: by road without crossing the line but at checkpoints, infinite where there is
      no way; ``minutes_open`` as if there were no line. NaN without roads.

    What a source states of side and distance stands beside and replaces nothing.

    Raises
    ------
    LayerError
        A place or an asset that is not there.

    Notes
    -----
    Of a corridor the nearest point tells the distance, and its beginning (a canal's headworks,
    a pipe's spring) the side and the way.
    """
    spots = _Spots(layers)
    problems = []
    sides = ["same", "other", *dict.fromkeys(name for front in fronts for name in front.sides)]
    for row, link in links.iterrows():
        wrong = spots.find_fault(link) or _check_stated_side(
            str(link["stated_side"]).strip(), sides
        )
        if wrong:
            problems.append(LayerError(wrong, path=shown_path, row=str(row)))
    raise_problems(problems)
    rows = [
        row for front in fronts for row in _make_rows(links, spots, front, network, layers.plane)
    ]
    return pd.DataFrame(rows, columns=LINKS.names)


def _check_stated_side(word: str, sides: Sequence[str]) -> str:
    """Say that a side as stated is none; empty if it is one, or nothing is stated."""
    if not word or word in sides or word.casefold() in {"same", "other"}:
        return ""
    return (
        f"states a side {show_value(word)} that is not of the "
        f"project.{suggest_name(word, words=sides)}"
    )


class _Spots:
    """Places of settlements and assets by identifier."""

    def __init__(self, layers: Layers) -> None:
        self.layers = layers
        self.settlements = dict(
            zip(layers.settlements["id"], layers.settlements.geometry, strict=True)
        )
        self.names = dict(zip(layers.settlements["id"], layers.settlements["name"], strict=True))
        self.assets: dict[str, Any] = {}
        for table in (layers.corridors, layers.settlements, layers.points):
            self.assets |= dict(zip(table["id"], table.geometry, strict=True))

    def find_fault(self, link: pd.Series[Any]) -> str:
        """Say what is wrong with a link; empty if nothing is."""
        ways = [bool(link["asset"].strip()), bool(link["nearest"].strip())]
        ways.append(not (math.isnan(link["lon"]) and math.isnan(link["lat"])))
        if link["place"] not in self.settlements:
            return f"there is no settlement {show_value(link['place'])}." + suggest_name(
                link["place"], words=self.settlements
            )
        if sum(ways) > 1:
            return "has more than one of asset, nearest, and lon with lat. Keep one."
        if ways[0] and link["asset"].strip() not in self.assets:
            return f"there is no asset {show_value(link['asset'])}." + suggest_name(
                link["asset"], words=self.assets
            )
        kinds = set(self.layers.points["kind"])
        if ways[1] and link["nearest"].strip() not in kinds:
            return f"there is no point of kind {show_value(link['nearest'])}." + suggest_name(
                link["nearest"], words=kinds
            )
        if ways[2] and not (abs(link["lon"]) <= 180 and abs(link["lat"]) <= 90):
            return "lies nowhere (expected longitude and latitude in degrees). Give both."
        return ""

    def find_asset(self, link: pd.Series[Any], home: Any, plane: ProjectedPlane) -> Any:
        """Return the geometry of an asset in the plane; None where its place is not known."""
        if link["asset"].strip():
            return self.assets[link["asset"].strip()]
        if not math.isnan(link["lon"]):
            return shapely.Point(*plane.xy(np.array([[link["lon"], link["lat"]]]))[0])
        if link["nearest"].strip():
            points = self.layers.points
            shapes = points.geometry[points["kind"] == link["nearest"].strip()].to_numpy()
            return shapes[int(np.argmin(_measure_geodesic_m(home, shapes, plane)))]
        return None


def _measure_geodesic_m(home: Any, points: Any, plane: ProjectedPlane) -> Any:
    lonlat = plane.lonlat(shapely.get_coordinates([home, *points]))
    origins = np.broadcast_to(lonlat[0], (len(lonlat) - 1, 2))
    return GEOD.inv(*origins.T, *lonlat[1:].T)[2]


def _make_rows(
    links: pd.DataFrame,
    spots: _Spots,
    front: FrontLine,
    network: RoadNetwork | None,
    plane: ProjectedPlane,
) -> Iterator[dict[str, Any]]:
    graph = network.graph if network is not None else None
    cut = network.close_at(front.geometry) if network is not None and len(links) else None
    homes = [shapely.point_on_surface(spots.settlements[place]) for place in links["place"]]
    shapes = [
        spots.find_asset(link, home, plane)
        for (_, link), home in zip(links.iterrows(), homes, strict=True)
    ]
    entries = [_find_entry(shape) if shape is not None else None for shape in shapes]
    located = _locate_spots(np.array([*homes, *entries], dtype=object), front, plane)
    for number, (_, link) in enumerate(links.iterrows()):
        home_point, shape, home = homes[number], shapes[number], located[number]
        asset = located[len(homes) + number] if shape is not None else None
        yield {
            "id": link["id"],
            "place": link["place"],
            "place_name": spots.names[link["place"]],
            "kind": link["kind"],
            "name": link["name"],
            "line": front.key,
            "place_side": home.side,
            "asset_side": asset.side if asset else "",
            "sides": _compare_sides(home, asset),
            "distance_m": _measure_distance_m(home_point, shape, plane),
            "reach": _find_reach(home, asset),
            "minutes": _find_minutes(cut, home, asset, front.geometry),
            "minutes_open": _find_minutes(graph, home, asset, None),
            **{name: link[name] for name in LINKS.names[-4:]},
        }


def _find_entry(shape: Any) -> Any:
    """Return the point that tells the side: of a line its beginning, of an area one inside."""
    if shapely.get_dimensions(shape) == 1:
        return shapely.Point(shapely.get_coordinates(shape)[0])
    return shapely.point_on_surface(shape)


def _locate_spots(points: Geometries, front: FrontLine, plane: ProjectedPlane) -> list[_Spot]:
    """Find the side of each place, its piece of that side's land, and whether that is certain."""
    xy = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    near = find_nearest(front.segments, points=xy, plane=plane)
    away_m = near.distance_m
    certain = (away_m > _ON_LINE_M) & (away_m >= front.error_m[near.segment])
    side = np.full(len(points), "", dtype=object)
    piece = np.full(len(points), -1, dtype=np.int64)
    for name, land in front.sides.items():
        inside, part = shapely.STRtree(shapely.get_parts(land)).query(points, "intersects")
        new = side[inside] == ""
        inside, part = inside[new], part[new]
        order = np.lexsort((part, inside))[::-1]  # of several pieces the first is written last
        side[inside[order]], piece[inside[order]] = name, part[order]
    parts = zip(points, side, certain.tolist(), piece.tolist(), strict=True)
    return [_Spot(*spot) for spot in parts]


def _compare_sides(home: _Spot, asset: _Spot | None) -> str:
    if asset is None or not (home.side and asset.side):
        return "unknown"
    if not (home.certain and asset.certain):
        return "uncertain"
    return "same" if home.side == asset.side else "other"


def _find_reach(home: _Spot, asset: _Spot | None) -> str:
    sides = _compare_sides(home, asset)
    if asset is None or sides in {"unknown", "uncertain"}:
        return sides
    return "reachable" if sides == "same" and home.piece == asset.piece else "cut off"


def _measure_distance_m(home: Any, shape: Any, plane: ProjectedPlane) -> float:
    if shape is None:
        return math.nan
    if shapely.get_dimensions(shape) == 1:
        return float(
            find_nearest(shape, points=shapely.get_coordinates(home), plane=plane).distance_m[0]
        )
    if shapely.intersects(shape, home):
        return 0.0
    spot = shapely.get_point(shapely.shortest_line(shape, home), 0)
    return float(_measure_geodesic_m(home, [spot], plane)[0])


def _find_minutes(graph: RoadGraph | None, home: _Spot, asset: _Spot | None, line: Any) -> float:
    if graph is None or asset is None:
        return math.nan
    ends = [np.array(shapely.get_coordinates(spot.point)) for spot in (home, asset)]
    return float(find_travel_times(graph, origins_xy=ends[0], targets_xy=ends[1], line=line)[0, 0])
