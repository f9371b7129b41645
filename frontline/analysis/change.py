"""What changed between two dated lines: land, places, people, and in which steps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontline import schema
from frontline.executor import map_pieces
from frontline.geo.geodesy import measure_length
from frontline.lines.front import Copies, make_error_band, pair_lines
from frontline.network.graph import SPEED_KMH
from frontline.population.figures import find_valid
from frontline.population.on_land import count_residents, find_shares, pick_residents
from frontline.population.validity import open_splitting_grid
from frontline.schema import Table
from frontline.uncertainty.copies import FARTHEST_SIGMAS, divide_land
from frontline.uncertainty.displacement import Kind
from frontline.uncertainty.intervals import SIGMAS, Drawn, take_interval
from frontline.uncertainty.sampling import SamplePosition, find_position

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.analysis.context import Analysis
    from frontline.geo.projection import ProjectedPlane
    from frontline.inputs.layers import Layers
    from frontline.lines.front import DisplacedFront, FrontLine
    from frontline.project.models import Project


CHANGES = Table(
    "changes",
    "Changes of land",
    "Area that changed or kept its side between two lines.",
    (
        *schema.FROM_TO,
        schema.text(
            "kind",
            "Kind",
            "changed, unchanged, or within_error where the lines' errors leave it open.",
        ),
        *schema.AREA,
        *schema.AREA_INTERVAL,
    ),
    lists=(),
    key=("from_line", "to_line", "from_side", "to_side", "kind"),
    ordered=True,
    foreign=schema.OF_LINES,
    further=(
        schema.number("flow_km2", "km²", "Whole flow", "Area from side to side, certain or not."),
        *schema.interval("flow_km2", "km²", "Whole flow", "flow"),
    ),
    ranged=(
        "area_km2",
        "flow_km2",
    ),
    absent_is_none=True,
)
"""Columns of :func:`find_land_changes`, beside ``geometry``."""

BALANCE = [
    "from_line",
    "to_line",
    "side",
    "held_before_km2",
    "held_after_km2",
    *(f"{what}_{end}" for what in ("gained", "ceded", "net") for end in ("km2", "low", "high")),
]
"""Columns of :func:`balance`."""

CONTROL = Table(
    "control_change",
    "Changes of control",
    "Each settlement before and after a change of line.",
    (
        schema.ID,
        schema.NAME,
        *schema.FROM_TO,
        schema.text("control", "Control", "stayed, changed, cut by a line, uncertain or outside."),
        schema.PEOPLE_STATED,
        schema.SOURCE_OF_FIGURE,
        schema.number("distance_before_m", "m", "Distance before", "To the earlier line."),
        schema.number("distance_after_m", "m", "Distance after", "To the later line."),
        schema.text("sight_before", "Sight before", "In sight of the earlier line, as in_sight."),
        schema.text("sight_after", "Sight after", "In sight of the later line, as in_sight."),
    ),
    lists=("settlements",),
    key=("id", "from_line", "to_line"),
    ordered=True,
    foreign=(
        *schema.OF_LINES,
        schema.ForeignKey(("id", "from_line"), "settlements", ("id", "line")),
    ),
    further=(schema.KIND_OF_FIGURE,),
)
"""Columns of :func:`find_control_changes`."""

_THIN_M = 10.0
"""The outline of doubtful land is thinned by this much where hundreds of draws are held to it."""

FLOWS = "flows of land"
"""Begins the keys of overlaid pairs of lines among what a run keeps."""

_SLIVER_KM2 = 1e-6
"""Land below one square metre is what overlaying leaves, not a change."""


@dataclass(frozen=True)
class Flows:
    """Land by its side at one line and its side at another.

    Parameters
    ----------
    from_line, to_line
        Keys of the two lines.
    from_sides, to_sides
        Names of the sides, n and m of them; an empty name is land of the study area that a
        state given as polygons leaves to nobody.
    land
        Array ``(n, m)`` of polygons in the plane: on side i at first, on side j afterwards.
    doubt
        What of the plane lies nearer to one of the two lines than that line's error.
    drawn_km2
        The same areas ``(n, m)`` for each pair of displaced lines, as far as they may change;
        None where neither line has copies.
    drawn_sure_km2
        The part of them outside ``doubt``.
    """

    from_line: str
    to_line: str
    from_sides: tuple[str, ...]
    to_sides: tuple[str, ...]
    land: NDArray[np.object_]
    doubt: shapely.Geometry
    drawn_km2: Drawn | None
    drawn_sure_km2: Drawn | None


def find_land_changes(
    fronts: Sequence[FrontLine],
    *,
    study_area: shapely.Geometry,
    draws: Mapping[str, Sequence[DisplacedFront]],
    plane: ProjectedPlane,
) -> gpd.GeoDataFrame:
    """Land that changed sides and land that did not, for each pair of lines.

    Parameters
    ----------
    fronts
        Dated lines with their sides, in the plane.
    study_area
        Polygon in the plane.
    draws
        Displaced lines, by the line's key; the i-th draw of one line is paired with the i-th
        of the other. Without draws (or for a line without error) the line stands as it is.
    plane
        Plane of all geometry; it keeps areas.

    Returns
    -------
    One row per flow and kind, in square kilometres, with the columns of :data:`CHANGES` and
    ``geometry`` in the plane. The rows of a pair of lines add up to the study area.

    Notes
    -----
    Land with another label afterwards is ``changed`` where both labels are certain, and
    ``within_error`` where it lies nearer to one of the two lines than that line's error: it
    may have changed hands, or one of the lines is drawn a little off. Land with the same label
    is ``unchanged``, near a line or not.

    ``flow_km2`` is the whole flow from side to side, certain or not, with its interval from the
    paired copies, which share their error where the lines coincide; ``area_low`` and
    ``area_high`` say the same of the row's own part, so that those of ``changed`` hardly move
    and those of ``within_error`` do. They are NaN where there are no draws.
    """
    flows = overlay_lines(fronts, study_area=study_area, draws=draws, plane=plane)
    return list_land_changes(flows, plane=plane)


def list_land_changes(overlays: Sequence[Flows], *, plane: ProjectedPlane) -> gpd.GeoDataFrame:
    """List the land of overlaid lines as `find_land_changes` does."""
    rows = [row for flows in overlays for row in _list_land_rows(flows)]
    table = pd.DataFrame(rows, columns=[*CHANGES.all_names, "geometry"])
    return gpd.GeoDataFrame(table, geometry="geometry", crs=plane.crs)


def overlay_once(
    case: Analysis,
    *,
    fronts: Sequence[FrontLine],
    drawn: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Flows, ...]:
    """Overlay each pair of lines of a run; a pair that was overlaid before is not again.

    Parameters
    ----------
    case
        The run: it keeps what is computed.
    fronts
        Lines of the run, scenarios among them.
    drawn
        Whether the areas of displaced copies are needed: they take most of the time.
    progress
        Called as ``progress(done, total)`` in pairs.
    """
    flows = []
    pairs = list(pair_lines(fronts))
    for number, (old, new) in enumerate(pairs):
        if progress is not None:
            progress(number, len(pairs))
        key: tuple[str, ...] = (FLOWS, old.key, new.key)
        if not drawn and key not in case.computed:
            key = (*key, "as drawn")
        overlay = partial(
            _overlay_pair,
            old,
            new,
            case.layers.study_area,
            case.draws if drawn else {},
            case.layers.plane,
        )
        flows.append(case.compute_once(key, compute=overlay))
    if progress is not None:
        progress(len(pairs), len(pairs))
    return tuple(flows)


def overlay_lines(
    fronts: Sequence[FrontLine],
    *,
    study_area: shapely.Geometry,
    draws: Mapping[str, Sequence[DisplacedFront]],
    plane: ProjectedPlane,
) -> tuple[Flows, ...]:
    """Overlay each pair of lines; parameters as in :func:`find_land_changes`."""
    return tuple(
        _overlay_pair(old, new, study_area, draws, plane) for old, new in pair_lines(fronts)
    )


def _overlay_pair(
    old: FrontLine,
    new: FrontLine,
    study_area: shapely.Geometry,
    draws: Mapping[str, Sequence[DisplacedFront]],
    plane: ProjectedPlane,
) -> Flows:
    before = _label_land(old.sides, study_area)
    after = _label_land(new.sides, study_area)
    names = (tuple(before), tuple(after))
    doubt = shapely.union_all([make_error_band(front, plane=plane) for front in (old, new)])
    pair = (draws.get(old.key, ()), draws.get(new.key, ()))
    if all(isinstance(some, Copies) or not len(some) for some in pair):
        drawn = _measure_by_squares((old, new), pair, study_area, names, plane)
    else:
        clear = shapely.simplify(shapely.difference(study_area, doubt), _THIN_M)
        drawn = _measure_by_overlay((old, new), pair, study_area, names, clear)
    return Flows(
        from_line=old.key,
        to_line=new.key,
        from_sides=names[0],
        to_sides=names[1],
        land=_cross(before, after),
        doubt=doubt,
        drawn_km2=drawn.at(0) if drawn else None,
        drawn_sure_km2=drawn.at(1) if drawn else None,
    )


_Pair = tuple["FrontLine", "FrontLine"]
_Names = tuple[tuple[str, ...], tuple[str, ...]]


def _measure_by_overlay(
    fronts: _Pair,
    draws: tuple[Sequence[DisplacedFront], Sequence[DisplacedFront]],
    study_area: shapely.Geometry,
    names: _Names,
    clear: shapely.Geometry,
) -> Drawn | None:
    """Overlay each pair of given copies: areas ``(2, n, m)``, all of them and those in the clear.

    The slow way, for copies that come as polygons.
    """

    def areas(first: Mapping[str, Any], second: Mapping[str, Any]) -> NDArray[np.float64]:
        land = _overlay(
            _label_land(first, study_area, names[0]), _label_land(second, study_area, names[1])
        )
        return np.array([shapely.area(land), shapely.area(shapely.intersection(land, clear))]) / 1e6

    count = max(len(some) for some in draws)
    sides = [
        [draw.sides for draw in some] if len(some) else [front.sides] * count
        for front, some in zip(fronts, draws, strict=True)
    ]
    copies = [areas(first, second) for first, second in zip(*sides, strict=False)]
    if not copies:
        return None
    return Drawn(areas(fronts[0].sides, fronts[1].sides), np.array(copies), counted=True)


def _measure_by_squares(
    fronts: _Pair,
    draws: tuple[Sequence[DisplacedFront], Sequence[DisplacedFront]],
    study_area: shapely.Geometry,
    names: _Names,
    plane: ProjectedPlane,
) -> Drawn | None:
    """Measure each pair of copies by squares near the lines: areas ``(2, n, m)``."""
    moving = [some for some in draws if isinstance(some, Copies)]
    if not moving:
        return None
    reach_m = FARTHEST_SIGMAS / SIGMAS * max(float(front.error_m.max()) for front in fronts)
    both = shapely.union_all([front.geometry for front in fronts])
    land = divide_land(study_area, course=both, reach_m=reach_m)
    points = shapely.points(land.xy)
    nominal = [
        find_position(
            points, line=front.geometry, sides=front.sides, plane=plane, names=list(front.sides)
        )
        for front in fronts
    ]
    located = [
        some.locate(land.xy, where.side, plane) if isinstance(some, Copies) else None
        for some, where in zip(draws, nominal, strict=True)
    ]
    clear = np.ones(len(points))
    for front, where in zip(fronts, nominal, strict=True):
        error = front.error_m[shapely.STRtree(front.segments).nearest(points)]
        clear *= np.clip(0.5 + (where.distance_m - error) / land.width_m, 0.0, 1.0)
    tables = [
        _number_sides(front, side_names) for front, side_names in zip(fronts, names, strict=True)
    ]
    counted = any(some.line.generalised for some in moving)

    def areas(kind: Kind, number: int) -> NDArray[np.float64]:
        shares = [
            _find_shares(
                where if points_of is None else points_of.at(kind, number), table, land.width_m
            )
            for where, points_of, table in zip(nominal, located, tables, strict=True)
        ]
        flow = _divide_squares(*shares)
        shape = (len(names[0]), len(names[1]))
        return (
            np.array(
                [_sum_flow(flow, weight, shape) for weight in (land.size_m2, land.size_m2 * clear)]
            )
            / 1e6
        )

    base: Kind = "drawn" if counted else "smooth"
    kind: Kind = "lines" if counted else "maps"
    numbers = range(min(len(some) for some in moving))
    copies = map_pieces(lambda number: areas(kind, number), numbers)
    return Drawn(areas(base, 0), np.array(copies), counted=counted)


def _number_sides(front: FrontLine, names: Sequence[str]) -> NDArray[np.int64]:
    """Find the number of each side of a line among `names`, last of land on no side."""
    known = {name: number for number, name in enumerate(names)}
    return np.array([*(known.get(name, -1) for name in front.sides), known.get("", -1)])


_Shares = tuple["NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.float64]"]


def _find_shares(
    where: SamplePosition, table: NDArray[np.int64], width_m: NDArray[np.float64]
) -> _Shares:
    """Side of each square, the one across the line, and the share of the square on its own."""
    side = table[where.side]
    if where.other is None:
        return side, side, np.ones(len(side))
    other = table[where.other]
    other = np.where(other < 0, side, other)
    share = np.where(other == side, 1.0, np.clip(0.5 + where.distance_m / width_m, 0.0, 1.0))
    return side, other, share


def _divide_squares(before: _Shares, after: _Shares) -> list[_Shares]:
    """Divide squares among pairs of sides: the side before, the side after, and the share.

    Where both lines part the same two sides they are taken as parallel in a square, so that
    lines that coincide let nothing over; else as independent.
    """
    (own1, other1, share1), (own2, other2, share2) = before, after
    parted = own1 != other1
    turned = parted & (own2 == other1) & ((other2 == own1) | (other2 == own2))
    alike = parted & (turned | ((own2 == own1) & ((other2 == other1) | (other2 == own2))))
    share_there = np.where(turned, 1.0 - share2, share2)
    share_there = np.where(turned & (own2 == other2), 0.0, share_there)
    stayed = np.where(alike, np.minimum(share1, share_there), share1 * share2)
    left = np.where(alike, np.maximum(share1 - share_there, 0.0), share1 * (1.0 - share2))
    joined = np.where(alike, np.maximum(share_there - share1, 0.0), (1.0 - share1) * share2)
    rest = np.where(alike, 1.0 - np.maximum(share1, share_there), (1.0 - share1) * (1.0 - share2))
    first, second = np.where(alike, own1, own2), np.where(alike, other1, other2)
    return [
        (own1, first, stayed),
        (own1, second, left),
        (other1, first, joined),
        (other1, second, rest),
    ]


def _sum_flow(
    flow: Sequence[_Shares], weight: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.float64]:
    sums = np.zeros(shape[0] * shape[1])
    for first, second, share in flow:
        known = (first >= 0) & (second >= 0)
        cell = first[known] * shape[1] + second[known]
        sums += np.bincount(cell, weights=(share * weight)[known], minlength=len(sums))
    return sums.reshape(shape)


def _label_land(
    sides: Mapping[str, shapely.Geometry],
    study_area: shapely.Geometry,
    names: Sequence[str] | None = None,
) -> dict[str, shapely.Geometry]:
    """Sides by name, with the land that has none under the empty name."""
    labelled = {name: land for name, land in sides.items() if name}
    if names is not None and "" not in names:
        return {name: labelled.get(name, shapely.Polygon()) for name in names}
    rest = shapely.difference(study_area, shapely.union_all(list(labelled.values())))
    if names is not None:
        return {name: labelled.get(name, rest if not name else shapely.Polygon()) for name in names}
    # A rim of less than a metre round the study area is rounding, not no-man's-land.
    return labelled if shapely.buffer(rest, -0.5).is_empty else {**labelled, "": rest}


def _cross(
    before: Mapping[str, shapely.Geometry], after: Mapping[str, shapely.Geometry]
) -> NDArray[np.object_]:
    """Intersections of each with each, polygons only."""
    polygons: NDArray[np.object_] = np.vectorize(_keep_polygons, otypes=[object])(
        _overlay(before, after)
    )
    return polygons


def _overlay(
    before: Mapping[str, shapely.Geometry], after: Mapping[str, shapely.Geometry]
) -> NDArray[np.object_]:
    """Intersections of each with each, as they come."""
    first = np.array(list(before.values()), dtype=object)
    second = np.array(list(after.values()), dtype=object)
    land: NDArray[np.object_] = shapely.intersection(first[:, None], second[None, :])
    return land


def _keep_polygons(geometry: shapely.Geometry) -> shapely.Geometry:
    """Only the polygons of a geometry: overlaying leaves points and lines where borders touch."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.MultiPolygon([part for part in parts if isinstance(part, shapely.Polygon)])


def _list_land_rows(flows: Flows) -> Iterator[dict[str, object]]:
    for i, from_side in enumerate(flows.from_sides):
        for j, to_side in enumerate(flows.to_sides):
            land = flows.land[i, j]
            drawn = flows.drawn_km2.at(i, j) if flows.drawn_km2 else None
            sure = flows.drawn_sure_km2.at(i, j) if flows.drawn_sure_km2 else None
            whole = _describe_figure("flow", shapely.area(land) / 1e6, drawn)
            if from_side == to_side:
                parts = [("unchanged", land, drawn)]
            else:
                parts = [
                    ("changed", _keep_polygons(shapely.difference(land, flows.doubt)), sure),
                    (
                        "within_error",
                        _keep_polygons(shapely.intersection(land, flows.doubt)),
                        _subtract(drawn, sure),
                    ),
                ]
            for kind, part, areas in parts:
                area_km2 = shapely.area(part) / 1e6
                most_km2 = float(areas.copies.max()) if areas else 0.0
                if max(area_km2, most_km2) < _SLIVER_KM2:
                    continue
                yield {
                    "from_line": flows.from_line,
                    "to_line": flows.to_line,
                    "from_side": from_side,
                    "to_side": to_side,
                    "kind": kind,
                    **_describe_figure("area", area_km2, areas),
                    **whole,
                    "geometry": part,
                }


def _subtract(whole: Drawn | None, part: Drawn | None) -> Drawn | None:
    if whole is None or part is None:
        return None
    return Drawn(whole.base - part.base, whole.copies - part.copies, counted=whole.counted)


def _describe_figure(
    name: str, value: float, drawn: Drawn | None, *, least: float = 0.0
) -> dict[str, object]:
    low, high = take_interval(value, drawn=drawn, least=min(least, value))
    return {f"{name}_km2": float(value), f"{name}_low": low, f"{name}_high": high}


def balance(flows: Sequence[Flows]) -> pd.DataFrame:
    """Land that each side gained, ceded and holds, for each pair of lines.

    Parameters
    ----------
    flows
        What :func:`overlay_lines` returns.

    Returns
    -------
    One row per pair of lines and side, square kilometres, with the columns of
    :data:`BALANCE`. ``net`` is gained less ceded; taking the lines in the opposite order swaps
    ``gained`` with ``ceded`` and the sign of ``net``. Land within the error of the lines counts
    as changed: the interval says how much that matters.
    """
    rows = []
    for flow in flows:
        nominal = shapely.area(flow.land) / 1e6
        for side in dict.fromkeys((*flow.from_sides, *flow.to_sides)):
            if not side:
                continue
            before = np.array([name == side for name in flow.from_sides])
            after = np.array([name == side for name in flow.to_sides])
            gained = ~before[:, None] & after[None, :]
            ceded = before[:, None] & ~after[None, :]
            row: dict[str, object] = {
                "from_line": flow.from_line,
                "to_line": flow.to_line,
                "side": side,
                "held_before_km2": float(nominal[before].sum()),
                "held_after_km2": float(nominal[:, after].sum()),
            }
            signs = {"gained": gained * 1.0, "ceded": ceded * 1.0, "net": gained * 1.0 - ceded}
            for what, sign in signs.items():
                drawn = (
                    flow.drawn_km2.of(partial(_sum_signed, sign=sign)) if flow.drawn_km2 else None
                )
                least = -np.inf if what == "net" else 0.0
                value = float((nominal * sign).sum())
                row |= _describe_figure(what, value, drawn, least=least)
            rows.append(row)
    return pd.DataFrame(rows, columns=BALANCE)


def _sum_signed(areas: Any, *, sign: Any) -> float:
    return float((areas * sign).sum())


def find_control_changes(
    places: pd.DataFrame,
    *,
    sight: pd.DataFrame,
    fronts: Sequence[FrontLine],
    study_area: shapely.Geometry | None = None,
) -> pd.DataFrame:
    """Side, distance and sight of each settlement before and after, for each pair of lines.

    Parameters
    ----------
    places
        One row per settlement and line: ``id, name, line, side, side_certain, crossed,
        distance_m, population, population_from, population_until, population_source,
        population_kind``.
    sight
        One row per settlement and line: ``id, line, in_sight``. May be empty.
    fronts
        The dated lines.
    study_area
        In the plane of the places' geometry: tells places outside it from those on land inside
        that no side holds. If None, a place on no side at both dates is outside.

    Returns
    -------
    One row per settlement and pair of lines, with the columns of :data:`CONTROL`.

    Notes
    -----
    ``control`` is ``cut`` where one of the two lines passes through the settlement;
    ``outside`` where it lies outside the study area, of which no line says anything: such places
    are in no sum; ``uncertain`` where its side is not certain at one of the two; else ``changed``
    or ``stayed``.

    ``population`` is the figure valid at the date of the *earlier* line: the people whose
    place the change happened to. Where no figure is valid at that date it is unknown.
    """
    seen = sight if len(sight) else pd.DataFrame(columns=["id", "line", "in_sight"])
    with_sight = places.merge(seen[["id", "line", "in_sight"]], on=["id", "line"], how="left")
    tables = []
    for old, new in pair_lines(fronts):
        before = with_sight[with_sight["line"] == old.key].set_index("id")
        after = with_sight[with_sight["line"] == new.key].set_index("id").reindex(before.index)
        tables.append(
            pd.DataFrame(
                {
                    "id": before.index,
                    "name": before["name"].to_numpy(),
                    "from_line": old.key,
                    "to_line": new.key,
                    "from_side": before["side"].to_numpy(),
                    "to_side": after["side"].to_numpy(),
                    "control": _decide_control(before, after, study_area),
                    "population": _keep_valid_figures(before, old.date),
                    "population_source": before["population_source"].to_numpy(),
                    "distance_before_m": before["distance_m"].to_numpy(),
                    "distance_after_m": after["distance_m"].to_numpy(),
                    "sight_before": before["in_sight"].fillna("").to_numpy(),
                    "sight_after": after["in_sight"].fillna("").to_numpy(),
                    "population_kind": before["population_kind"].to_numpy(),
                }
            )
        )
    if not tables:
        return pd.DataFrame(columns=CONTROL.all_names)
    return pd.concat(tables, ignore_index=True)[CONTROL.all_names]


def _decide_control(
    before: pd.DataFrame, after: pd.DataFrame, study_area: shapely.Geometry | None
) -> NDArray[np.object_]:
    from_side = before["side"].fillna("").to_numpy()
    to_side = after["side"].fillna("").to_numpy()
    cut = (before["crossed"] | after["crossed"]).fillna(value=False).to_numpy(dtype=bool)
    known = (from_side != "") & (to_side != "")
    certain = known & (before["side_certain"] & after["side_certain"]).to_numpy(dtype=bool)
    outside = (from_side == "") & (to_side == "")
    if study_area is not None and len(before):
        shapely.prepare(study_area)
        outside &= ~shapely.intersects(study_area, before["geometry"].to_numpy())
    moved = np.where(from_side == to_side, "stayed", "changed")
    control: NDArray[np.object_] = np.select(
        [cut, outside, certain], ["cut", "outside", moved], default="uncertain"
    ).astype(object)
    return control


def _keep_valid_figures(places: pd.DataFrame, date: dt.date) -> pd.Series[int]:
    """Keep the figures that hold at a date."""
    people = places["population"].astype("Int64").reset_index(drop=True)
    return people.where(find_valid(places, date=date))


FLOW = (
    *schema.FROM_TO_LINE,
    schema.date("from_date", "From date", "Date of the earlier line."),
    schema.date("to_date", "To date", "Date of the later line."),
    schema.text("change", "How", "fighting, handover, adjustment, or empty, as the project says."),
    schema.text("from_side", "From side", "Side under the earlier line."),
    schema.text("to_side", "To side", "Side under the later line."),
    schema.number("area_km2", "km²", "Area", "Land that went from the one side to the other."),
    *schema.interval("area_km2", "km²", "Area", "area"),
    schema.number(
        "area_certain_km2", "km²", "Certain area", "The part of it beyond the errors of both lines."
    ),
    schema.number(
        "population",
        "people",
        "People",
        "Residents listed there at the earlier date; empty where places lie there and none has a "
        "figure.",
    ),
    schema.number("population_certain", "people", "People, certain", "Those on the certain area."),
    schema.REGISTERED,
    *schema.SETTLEMENT_COUNTS,
    schema.number("road_km", "km", "Roads", "Length of roads on that land."),
)
"""The columns of land that changed hands, in steps and in scenarios."""

STEPS = Table(
    "steps",
    "Steps",
    "Land and people that changed hands, from line to line.",
    (
        schema.integer(
            "step", "", "Step", "Counts by date; empty: from the first line to the last."
        ),
        *FLOW,
    ),
    lists=(),
    key=("step", "from_line", "to_line", "from_side", "to_side"),
    foreign=schema.OF_LINES,
    ranged=(
        "area_km2",
        "population",
        "road_km",
    ),
    absent_is_none=True,
)
"""Columns of :func:`list_change_steps`."""

_PAIR = ["from_line", "to_line"]
_SIDES = ["from_side", "to_side"]


def list_change_steps(
    changes: gpd.GeoDataFrame,
    *,
    fronts: Sequence[FrontLine],
    layers: Layers,
    how: Mapping[str, str] | None = None,
    project: Project | None = None,
) -> pd.DataFrame:
    """List the land and the people that changed hands, step by step.

    Parameters
    ----------
    changes
        From `find_land_changes` for the same lines, in the plane.
    fronts
        Dated lines.
    layers
        Settlements and corridors in the plane.
    how
        By the key of a line, how the line before became it: ``fighting``, ``handover``,
        ``adjustment``, or empty.
    project
        Names the population rasters that split places given as polygons; by area if None.

    Returns
    -------
    One row per pair of lines and pair of sides between which land went, with the columns of
    :data:`STEPS`. ``step`` counts from 1 by date; it is empty for the change from the first
    line to the last one, which need not be the sum of the steps: what was taken and given back
    stands in two of them and not in the whole. ``population`` counts the residents listed at the
    date of the earlier line, ``registered`` people apart from them; ``_certain`` is the part
    beyond the errors of both lines; NaN where places lie there and none has such a figure.
    ``road_km`` is the length of roads on that land.
    """
    how_by_line = how or {}
    by_key = {front.key: front for front in fronts}
    ordered = list(pair_lines(fronts))
    rows: list[dict[str, Any]] = []
    for number, (old, new) in enumerate(ordered, start=1):
        flows = changes[(changes["from_line"] == old.key) & (changes["to_line"] == new.key)]
        flows = flows[flows["from_side"] != flows["to_side"]]
        whole = len(ordered) > 1 and number == len(ordered)
        named = {
            "step": pd.NA if whole else number,
            "from_line": old.key,
            "to_line": new.key,
            "from_date": old.date,
            "to_date": new.date,
            "change": "" if whole else how_by_line.get(new.key, ""),
        }
        rows += [named | row for row in _list_step_rows(flows, by_key[old.key], layers, project)]
    return pd.DataFrame(rows, columns=STEPS.names).astype(
        {"step": "Int64", "settlements": "Int64", "settlements_unknown": "Int64"}
    )


def _list_step_rows(
    changes: gpd.GeoDataFrame, old: FrontLine, layers: Layers, project: Project | None
) -> Iterator[dict[str, Any]]:
    dwellers = pick_residents(layers.settlements, date=old.date)
    roads = layers.corridors[layers.corridors["kind"].isin(list(SPEED_KMH))]
    for (from_side, to_side), flow in changes.groupby(_SIDES, sort=False):
        certain = flow[flow["kind"] == "changed"]
        lands = [shapely.union_all(part.geometry.to_numpy()) for part in (flow, certain)]
        # Apart, for they overlap: a place on the border of two lands counts for the first alone.
        with open_splitting_grid(project, settlements=layers.settlements, date=old.date) as grid:
            shares = [
                find_shares(dwellers, lands=np.array([land]), grid=grid, crs=layers.plane.crs)
                for land in lands
            ]
        whole, sure = (count_residents(dwellers, share=share) for share in shares)
        on_land = shapely.intersection(roads.geometry.to_numpy(), lands[0])
        yield {
            "from_side": from_side,
            "to_side": to_side,
            "area_km2": float(flow["flow_km2"].iloc[0]),
            "area_low": float(flow["flow_low"].iloc[0]),
            "area_high": float(flow["flow_high"].iloc[0]),
            "area_certain_km2": float(certain["area_km2"].sum()),
            "population": float(whole.residents[0]),
            "population_certain": float(sure.residents[0]),
            "registered": float(whole.registered[0]),
            "settlements": int(whole.settlements[0]),
            "settlements_unknown": int(whole.unknown[0]),
            "road_km": float(measure_length(on_land, plane=layers.plane).sum()) / 1000.0,
        }
