"""Scenario lines: a line offset to one side, or with parts of another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline.errors import ProjectError, show_value, suggest_name
from frontline.geo.geodesy import geodesic_buffer, measure_length
from frontline.geo.polygonize import GRID_M, merge_lines, merge_sides, polygonize_states
from frontline.inputs.partitions import unite_parts
from frontline.lines.front import DisplacedFront, FrontLine, displace_front
from frontline.records import Note

if TYPE_CHECKING:
    from frontline.geo.projection import ProjectedPlane
    from frontline.inputs.layers import Layers
    from frontline.project.models import Project, ScenarioSpec


_COARSE = 0.005
_ARCS = 16
_EDGE_M = 1.0


def make_scenarios(
    project: Project, *, layers: Layers, fronts: Sequence[FrontLine]
) -> tuple[FrontLine, ...]:
    """Make the lines that the project's scenarios ask for.

    Parameters
    ----------
    project
        Its scenarios.
    layers
        Study area, districts and partitions.
    fronts
        The dated lines that they start from.

    Returns
    -------
    In the project's order, each like a dated line with its sides.

    Raises
    ------
    ProjectError
        A side or part that is not there, a date before that of the line it starts from, a
        scenario that leaves no line.
    """
    by_key = {front.key: front for front in fronts}
    return tuple(
        make_scenario(scenario, front=by_key[scenario.from_line], layers=layers)
        for scenario in project.scenarios
    )


def make_scenario(scenario: ScenarioSpec, *, front: FrontLine, layers: Layers) -> FrontLine:
    """Make the line of one scenario; see `make_scenarios`.

    Parameters
    ----------
    scenario
        As the project has it.
    front
        The line it starts from.
    layers
        Study area, districts and partitions.

    Notes
    -----
    The new line is the common edge of the new sides. Its error is the project's, else that of
    the line it starts from where it is nearest.
    """
    if scenario.date is not None and scenario.date < front.date:
        raise _make_error(
            scenario, f"holds before its line does ({front.date})", "Give a later date"
        )
    receiver = _find_receiver(scenario, front)
    if scenario.offset_m is None:
        land = _find_handed_land(scenario, layers)
    else:
        band = geodesic_buffer(front.geometry, distance_m=scenario.offset_m, plane=layers.plane)
        land = shapely.intersection(front.sides[_check_side(scenario, front, scenario.side)], band)
    sides = hand_over(front.sides, land=land, to_side=receiver)
    scenario_front = make_front_between(
        sides,
        area=layers.study_area,
        plane=layers.plane,
        key=scenario.key,
        label=scenario.label,
        date=scenario.date or front.date,
    )
    if scenario_front is None:
        raise _make_error(scenario, "leaves no line: one side has all of the land", "Ask for less")
    error_m = _assign_errors(scenario_front, front, scenario.error_m)
    text = f"Not a line that was: made of '{front.key}' as the project asks."
    return replace(
        scenario_front,
        error_m=error_m,
        error_correlation_m=front.error_correlation_m,
        notes=(Note(scenario.key, text),),
    )


def _find_receiver(scenario: ScenarioSpec, front: FrontLine) -> str:
    if scenario.to_side is not None:
        return _check_side(scenario, front, scenario.to_side)
    yielding = _check_side(scenario, front, scenario.side)
    others = [name for name in front.sides if name != yielding]
    if len(others) != 1:
        raise _make_error(
            scenario, f"leaves open which of {len(others)} sides advances", "Add to_side"
        )
    return others[0]


def _check_side(scenario: ScenarioSpec, front: FrontLine, name: str | None) -> str:
    if name is None or name not in front.sides:
        offer = suggest_name(name, words=front.sides)
        raise ProjectError(
            f"line '{front.key}' has no side {show_value(name)}.{offer}",
            field=f"scenarios.{scenario.key}",
        )
    return name


def _find_handed_land(scenario: ScenarioSpec, layers: Layers) -> Any:
    if scenario.hand_over is None:  # pragma: no cover - the model sees to it
        raise _make_error(scenario, "asks for nothing", "Add hand_over")
    field = f"scenarios.{scenario.key}"
    land = unite_parts(
        layers, partition=scenario.hand_over, words=scenario.parts, field=f"{field}.parts"
    )
    if scenario.without is None:
        return land
    return shapely.difference(
        land, unite_parts(layers, partition=scenario.without, words=(), field=f"{field}.without")
    )


def _make_error(scenario: ScenarioSpec, what: str, hint: str) -> ProjectError:
    return ProjectError(f"{what}. {hint}.", field=f"scenarios.{scenario.key}")


def hand_over(sides: Mapping[str, Any], *, land: Any, to_side: str) -> dict[str, Any]:
    """Give land to a side, whoever held it.

    Parameters
    ----------
    sides
        Land by the side's name.
    land
        Polygon in the plane; what is on no side is given as well.
    to_side
        Who receives it.
    """
    return {
        name: shapely.union(held, land) if name == to_side else shapely.difference(held, land)
        for name, held in sides.items()
    }


def make_front_between(
    sides: Mapping[str, Any],
    *,
    area: Any,
    plane: ProjectedPlane,
    key: str,
    label: str,
    date: dt.date,
) -> FrontLine | None:
    """Make a line, without error, of the land that sides hold.

    Parameters
    ----------
    sides
        Polygons by name; they do not overlap.
    area
        Study area.
    plane
        The plane.
    key, label, date
        Of the line.

    Returns
    -------
    The common edge of the sides inside the study area; None where there is none.
    """
    states = polygonize_states(
        area, shapes=np.array(list(sides.values()), dtype=object), names=list(sides)
    )
    land = merge_sides(states.polygons, labels=states.labels, names=list(sides))
    names = list(land)
    edges = [
        shapely.intersection(shapely.boundary(land[name]), shapely.boundary(land[other]))
        for number, name in enumerate(names)
        for other in names[number + 1 :]
    ]
    pieces = shapely.get_parts(shapely.get_parts(np.array(edges, dtype=object)))
    course = merge_lines(shapely.union_all(pieces[shapely.get_dimensions(pieces) == 1]))
    if course.is_empty:
        return None
    xy, part = shapely.get_coordinates(shapely.get_parts(course), return_index=True)
    head = np.flatnonzero(np.diff(part) == 0)
    segments = shapely.linestrings(np.stack([xy[head], xy[head + 1]], axis=1))
    return FrontLine(
        key=key,
        label=label,
        date=date,
        geometry=course,
        segments=segments,
        error_m=np.zeros(len(segments)),
        error_correlation_m=1.0,
        sides=land,
        length_km=float(measure_length(np.array([course], dtype=object), plane=plane)[0]) / 1000.0,
    )


def _assign_errors(scenario_front: FrontLine, front: FrontLine, error_m: float | None) -> Any:
    if error_m is not None:
        return np.full(len(scenario_front.segments), error_m)
    middle = shapely.line_interpolate_point(scenario_front.segments, 0.5, normalized=True)
    return front.error_m[shapely.STRtree(front.segments).nearest(middle)]


def displace_scenario(
    scenario: ScenarioSpec,
    *,
    front: FrontLine,
    scenario_front: FrontLine,
    draws: Sequence[DisplacedFront],
    layers: Layers,
    seed: int,
) -> Sequence[DisplacedFront]:
    """Displace the line of a scenario as the line it starts from is displaced.

    Parameters
    ----------
    scenario, front, scenario_front
        The scenario, the line it starts from, and the line it makes.
    draws
        Displaced copies of `front`.
    layers
        Study area, districts and partitions.
    seed
        The project's seed, for a scenario with an error of its own.

    Returns
    -------
    tuple of DisplacedFront
        The i-th belongs to the i-th of `draws`, so that what the two lines have in common
        moves as one, and the land between them keeps its width. A scenario with an error of its
        own is displaced independently.
    """
    if scenario.error_m is not None:
        return displace_front(scenario_front, area=layers.study_area, draws=len(draws), seed=seed)
    receiver = _find_receiver(scenario, front)
    edge = shapely.buffer(shapely.boundary(layers.study_area), _EDGE_M, quad_segs=1)
    fixed = None if scenario.offset_m is not None else _find_handed_land(scenario, layers)

    def copy(draw: DisplacedFront) -> DisplacedFront:
        land = fixed
        if scenario.offset_m is not None:
            thin = shapely.simplify(draw.line, _COARSE * scenario.offset_m, preserve_topology=False)
            band = shapely.buffer(thin, scenario.offset_m, quad_segs=_ARCS)
            land = shapely.intersection(
                draw.sides[_check_side(scenario, front, scenario.side)], band
            )
        sides = hand_over(draw.sides, land=land, to_side=receiver)
        borders = [shapely.boundary(held) for held in sides.values() if not held.is_empty]
        course = shapely.difference(shapely.union_all(borders, grid_size=GRID_M), edge)
        return DisplacedFront(shapely.line_merge(course), sides)

    return tuple(copy(draw) for draw in draws)
