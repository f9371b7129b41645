"""Front lines: a line that cuts the study area into sides, or the edge of given states."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import shapely

from frontline._typing import Coords, Floats, Geometries, Integers
from frontline.errors import FrontlineError, LayerError, ProjectError, raise_problems
from frontline.executor import map_pieces
from frontline.geo.geodesy import geodesic_buffer, measure_length
from frontline.geo.polygonize import (
    GAP_M,
    Faces,
    merge_sides,
    polygonize_sides,
    spread_labels,
    unite_polygons,
)
from frontline.geo.projection import ProjectedPlane
from frontline.lines.states import (
    FrontSource,
    find_centre_of_grey,
    find_least_part,
    make_front_of_states,
    note_empty_pieces,
    note_of_merged,
    note_pieces,
    to_lonlat,
    write_size,
)
from frontline.project.loader import write_relative
from frontline.records import Note
from frontline.uncertainty.copies import LocatedPoints, place_against
from frontline.uncertainty.displacement import (
    DisplacedLine,
    EdgeMaker,
    Kind,
    displace_line,
    label_faces,
    prepare_line,
)
from frontline.uncertainty.intervals import Drawn
from frontline.uncertainty.sampling import SamplePosition

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline.inputs.layers import Layers
    from frontline.project.models import LineSpec, Project, SideSpec


_TANGLE_M2 = 100_000.0
"""Loops up to this size, of a line traced so that it crosses itself, are given to their
surroundings if they would stay on no side; larger ones are land that somebody must be asked for."""
LEAST_OUTSIDE_KM = 0.1
"""Parts outside the study area shorter than this are not reported: many lines are drawn a little
beyond its edge."""


_ARCS = 16


def note_outside(key: str, *, course: Any, area: Any, plane: ProjectedPlane) -> tuple[Note, ...]:
    """Say how much of a line lies outside the study area.

    Parameters
    ----------
    key
        Of the line.
    course, area
        The line and the study area in the plane.
    plane
        The plane.

    Returns
    -------
    A note, or nothing where the line ends at the edge.

    Notes
    -----
    Such a line is used whole: distances and sight count its part outside the area as well. Only
    land is cut at the edge.
    """
    outside = shapely.difference(course, area)
    if outside.is_empty:
        return ()
    lengths = measure_length(np.array([outside, course], dtype=object), plane=plane) / 1000.0
    if lengths[0] < LEAST_OUTSIDE_KM:
        return ()
    text = (
        f"{lengths[0]:,.1f} of its {lengths[1]:,.1f} km lie outside the study area: they count in "
        "its length, in distances and in sight, and no land there does."
    )
    return (Note(key, text),)


def note_same_date(lines: Sequence[LineSpec]) -> tuple[Note, ...]:
    """Name lines of one date: two sources, whose difference is no change.

    Parameters
    ----------
    lines
        As the project has them.

    Returns
    -------
    A note for each line whose date an earlier one of the project has.
    """
    notes = []
    for number, line in enumerate(lines):
        before = [other.key for other in lines[:number] if other.date == line.date]
        if before:
            listed = ", ".join(f"'{key}'" for key in before)
            text = (
                f"Of the same date as {listed}: what differs between them is no change in time "
                "but a difference between sources. Tables of change hold it all the same. Give one "
                "as [[lines.alternatives]] of the other to have the range between them instead."
            )
            notes.append(Note(line.key, text))
    return tuple(notes)


@dataclass(frozen=True)
class FrontLine:
    """A front line at a date, in the plane of the run.

    Parameters
    ----------
    key, label, date
        As in the project.
    geometry
        The whole line, every stretch once: MultiLineString in a canonical order.
    segments
        Its edges, two-point LineStrings, shape ``(n,)``.
    error_m
        Half-width within which each edge lies with 95 %, shape ``(n,)``.
    error_correlation_m
        Distance along the line over which its error is alike.
    sides
        Land of the study area by the name of the side; they do not overlap. States given as
        polygons may leave land that is in none.
    length_km
        Geodesic length.
    notes
        What a reader must know: ends led on, faces without a seed, small pieces.
    independent
        Whether its error is its own even where it coincides with another line.
    halves
        Where the front is the centre line of a grey zone: the land of the other sides with the
        zone divided among them along it. None elsewhere.
    correlation_range_m
        Least and most that ``error_correlation_m`` may be, where the project says so.
    """

    key: str
    label: str
    date: dt.date
    geometry: Any
    segments: Geometries
    error_m: Floats
    error_correlation_m: float
    sides: Mapping[str, Any]
    length_km: float = float("nan")
    notes: tuple[Note, ...] = ()
    independent: bool = False
    halves: Mapping[str, Any] | None = None
    correlation_range_m: tuple[float, float] | None = None


@dataclass(frozen=True)
class DisplacedFront:
    """A line as it may run within its error, and the sides that it would make.

    Parameters
    ----------
    line
        MultiLineString in the plane.
    sides
        Land by the name of the side, the same names as the line's own.
    """

    line: Any
    sides: Mapping[str, Any]


def read_fronts(project: Project, *, layers: Layers) -> tuple[FrontLine, ...]:
    """Make the front lines of a project from its layers.

    Parameters
    ----------
    project
        Lines, sides and seeds.
    layers
        ``plane``, ``study_area`` and ``lines`` are used.

    Returns
    -------
    tuple of FrontLine
        In the project's order.

    Raises
    ------
    ProjectError
        A seed outside the study area or on the line, seeds of two sides on one side, a face
        that no seed decides, left and right of a line in several pieces.
    LayerError
        A line that does not cut the study area (names the open ends), states that overlap.
    """
    fronts: list[FrontLine] = []
    problems: list[FrontlineError] = []
    for line in project.lines:
        try:
            front = read_front(line, line=line.key, project=project, layers=layers)
        except FrontlineError as problem:
            problems.append(problem)
            continue
        empty = _note_empty_pieces(front, _list_sides(project, line.key), layers)
        fronts.append(replace(front, notes=(*front.notes, *empty)))
    raise_problems(problems)
    date_notes = note_same_date(project.lines)
    return tuple(
        replace(
            front, notes=(*front.notes, *(note for note in date_notes if note.about == front.key))
        )
        for front in fronts
    )


def read_front(drawing: LineSpec, *, line: str, project: Project, layers: Layers) -> FrontLine:
    """Make the front line that a line, or an alternative of it, draws.

    Parameters
    ----------
    drawing
        The line, or as which line the alternative is read; it has features in the layers.
    line
        Key of the line, whose sides count.
    project, layers
        As for `read_fronts`.

    Raises
    ------
    FrontlineError
        As `read_fronts`; it names the file as the project does.
    """
    try:
        return make_front(
            drawing,
            features=layers.lines[drawing.key],
            sides=_list_sides(project, line),
            area=layers.study_area,
            plane=layers.plane,
        )
    except FrontlineError as problem:
        raise _name_file_of_problem(problem, project=project) from problem


def _list_sides(project: Project, line: str) -> list[SideSpec]:
    return [side for side in project.sides if not side.lines or line in side.lines]


def _note_empty_pieces(front: FrontLine, sides: Sequence[SideSpec], layers: Layers) -> list[Note]:
    """Name pieces of land that nobody lives in and no seed stands in, where places are known."""
    if len(layers.settlements) == 0:
        return []
    seeds = [seed for side in sides for seed in side.seed]
    shapes = layers.settlements.geometry.to_numpy()
    known = [shapely.get_coordinates(shapely.point_on_surface(shapes))]
    known += [layers.plane.xy(np.array(seeds))] if seeds else []
    return note_empty_pieces(
        front.key, land=front.sides, known_xy=np.concatenate(known), plane=layers.plane
    )


def _name_file_of_problem(problem: FrontlineError, *, project: Project) -> FrontlineError:
    """Name the file of a problem as the project does: its own, or that of a layer."""
    shown = (
        project.path.name
        if problem.path is None
        else write_relative(Path(problem.path), project=project)
    )
    return type(problem)(
        problem.message, path=shown, layer=problem.layer, row=problem.row, field=problem.field
    )


def make_front(
    line: LineSpec,
    *,
    features: gpd.GeoDataFrame,
    sides: Sequence[SideSpec],
    area: Any,
    plane: ProjectedPlane,
) -> FrontLine:
    """Make one front line from its features; see `read_fronts`.

    Parameters
    ----------
    line
        The line as the project has it.
    features
        Lines or, where the line is given as states, polygons with a column ``side``, in the
        plane; ``error_m`` per feature, else the project's number.
    sides
        Sides with the seeds that hold for this line.
    area
        Study area in the plane.
    plane
        The plane.

    Returns
    -------
    FrontLine
    """
    shapes = np.asarray(features.geometry.array, dtype=object)
    errors = _read_errors(line, features)
    least_m2 = find_least_part(line, errors_m=errors, area=area)
    source = FrontSource(line, shapes, sides, area, plane, least_m2)
    if line.states:
        names = [str(name) for name in features["side"]]
        course, land, notes = make_front_of_states(source, names=names)
    else:
        reach = max(GAP_M, float(errors.max(initial=0.0)))
        course, land, notes = _make_front_of_lines(source, reach_m=reach)
    course, halves, of_grey = find_centre_of_grey(source, course=course, land=land)
    xy, part = shapely.get_coordinates(shapely.get_parts(course), return_index=True)
    head = np.flatnonzero(np.diff(part) == 0)
    segments = shapely.linestrings(np.stack([xy[head], xy[head + 1]], axis=1))
    notes += [*of_grey, *note_pieces(source, land=land)]
    return FrontLine(
        key=line.key,
        label=line.label,
        date=line.date,
        geometry=course,
        segments=segments,
        error_m=_assign_errors(segments, shapes, errors),
        error_correlation_m=line.error_correlation_m,
        sides=land,
        length_km=float(measure_length(np.array([course], dtype=object), plane=plane)[0]) / 1000.0,
        notes=(*notes, *note_outside(line.key, course=course, area=area, plane=plane)),
        independent=line.independent,
        halves=halves,
        correlation_range_m=line.error_correlation_range_m,
    )


def _read_errors(line: LineSpec, features: gpd.GeoDataFrame) -> Floats:
    if "error_m" in features.columns:
        return np.asarray(np.nan_to_num(features["error_m"].to_numpy(dtype=np.float64)))
    number = 0.0 if isinstance(line.error_m, str) else line.error_m
    return np.full(len(features), number)


def _assign_errors(segments: Geometries, shapes: Geometries, errors: Floats) -> Floats:
    """Give each edge the largest error among the features that run along it."""
    if len(segments) == 0 or (errors == errors[0]).all():
        return np.full(len(segments), errors[0] if len(errors) else 0.0)
    edges = np.where(shapely.get_dimensions(shapes) == 2, shapely.boundary(shapes), shapes)
    middle = shapely.line_interpolate_point(segments, 0.5, normalized=True)
    tree = shapely.STRtree(edges)
    segment_error_m = np.full(len(segments), -1.0)
    row, feature = tree.query(middle, predicate="dwithin", distance=0.05)
    np.maximum.at(segment_error_m, row, errors[feature])
    unmatched = np.flatnonzero(segment_error_m < 0)
    segment_error_m[unmatched] = errors[tree.nearest(middle[unmatched])]
    return segment_error_m


def _make_front_of_lines(
    source: FrontSource, *, reach_m: float
) -> tuple[Any, dict[str, Any], list[Note]]:
    line, sides, area, plane = source.line, source.sides, source.area, source.plane
    faces = _cut_area(source, GAP_M)
    known, clash = _label_by_seeds(line, faces, sides, source.shapes, area, plane)
    if reach_m > GAP_M and (clash or len(faces.polygons) == 1):
        # Only a line that would not cut otherwise is led on as far as its error.
        wider = _cut_area(source, reach_m)
        if len(wider.snapped) > len(faces.snapped):
            faces = wider
            known, clash = _label_by_seeds(line, faces, sides, source.shapes, area, plane)
    names = [side.name for side in sides]
    if clash or (len(faces.polygons) == 1 and len(names) > 1):
        raise _explain_uncut(source, faces, clash)
    if not known:
        raise ProjectError(
            f"no side has a seed or a hand for line '{line.key}' (expected at least one). "
            "Add seed = [lon, lat] to [[sides]].",
            field="sides",
        )
    labels, unsure, torn = spread_labels(
        faces.polygons, known=known, names=names, pairs=faces.pairs
    )
    if unsure:
        wider_m2 = 2.0 * float(shapely.area(faces.polygons[unsure]).max())
        if line.least_part_km2 is None and source.least_m2 < wider_m2 <= _TANGLE_M2:
            return _make_front_of_lines(replace(source, least_m2=wider_m2), reach_m=reach_m)
        raise _explain_undecided(source, faces, unsure, torn)
    notes = []
    if len(faces.snapped):
        text = "Ends that stopped short were led on to the edge or to the next piece."
        notes.append(Note(line.key, text, len(faces.snapped)))
    extra = len(faces.polygons) - len(known)
    if extra > max(0, len(names) - len(known)):
        text = "Faces without a seed took their side from their neighbours."
        notes.append(Note(line.key, text, extra))
    notes += note_of_merged(source, faces=faces.merged, slivers=True)
    if faces.edge_m > 1000.0 * LEAST_OUTSIDE_KM:
        text = f"{faces.edge_m / 1000:,.1f} km run along the study area's edge, and are no front."
        notes.append(Note(line.key, text))
    return faces.lines, merge_sides(faces.polygons, labels=labels, names=names), notes


def _cut_area(source: FrontSource, reach_m: float) -> Faces:
    return polygonize_sides(
        source.area,
        lines=source.shapes,
        reach_m=reach_m,
        least_m2=source.least_m2,
        kept_xy=source.seeds_xy(),
    )


def _explain_undecided(
    source: FrontSource, faces: Faces, unsure: Sequence[int], torn: Sequence[int]
) -> ProjectError:
    """Say which land has no side: the largest face, of those that two sides claim first."""
    rows = np.array(torn or unsure)
    row = int(rows[np.argmax(shapely.area(faces.polygons[rows]))])
    lon, lat = to_lonlat(source.plane, point=shapely.point_on_surface(faces.polygons[row]))
    size = write_size(faces.polygons[row].area)
    more = f" (and {len(rows) - 1} more such places)" if len(rows) > 1 else ""
    place = f"the land round ({lon:.4f}, {lat:.4f}), {size}, cut off by line "
    place += f"'{source.line.key}'{more},"
    names = [side.name for side in source.sides]
    if torn:
        return ProjectError(
            f"{place} lies across a line from '{names[0]}' and from '{names[1]}', so that it can "
            "be neither's. If the file holds several lines or dates, keep one with select; else "
            "add a seed there, or a third side.",
            field="sides",
        )
    return ProjectError(
        f"{place} has no seed, and with {len(names)} sides its neighbours do not decide. Add a "
        "seed there.",
        field="sides",
    )


def _label_by_seeds(
    line: LineSpec,
    faces: Faces,
    sides: Sequence[SideSpec],
    shapes: Geometries,
    area: Any,
    plane: ProjectedPlane,
) -> tuple[dict[int, str], str]:
    """Label faces by seeds and hands; also say what clashes (empty if nothing does)."""
    claims: dict[int, tuple[str, str]] = {}
    for side in sides:
        places = [
            (_find_face(line, seed, side.name, faces, area, plane), f"seed {_write_place(seed)}")
            for seed in side.seed
        ]
        if side.hand is not None:
            places += [
                (row, side.hand) for row in _find_faces_at_hand(line, shapes, faces, side.hand)
            ]
        for row, how in places:
            name, before = claims.setdefault(row, (side.name, how))
            if name != side.name:
                clash = f"'{name}' ({before}) and '{side.name}' ({how}) lie on the same side"
                return {}, clash
    return {row: name for row, (name, _) in claims.items()}, ""


def _write_place(seed: tuple[float, float]) -> str:
    return f"[{seed[0]:.10g}, {seed[1]:.10g}]"


def _find_face(
    line: LineSpec,
    seed: tuple[float, float],
    name: str,
    faces: Faces,
    area: Any,
    plane: ProjectedPlane,
) -> int:
    x, y = plane.xy(np.array([seed]))[0]
    if not shapely.intersects_xy(area, x, y):
        raise ProjectError(
            f"the seed {_write_place(seed)} of side '{name}' lies outside the study area "
            "(expected longitude, latitude inside it). Move it, or check the order of the two.",
            field=f"sides.{name}.seed",
        )
    point = shapely.Point(x, y)
    if shapely.distance(faces.lines, point) < 1.0:
        raise ProjectError(
            f"the seed {_write_place(seed)} of side '{name}' lies on line '{line.key}'. Move it to "
            "its side.",
            field=f"sides.{name}.seed",
        )
    return int(np.argmin(shapely.distance(faces.polygons, point)))


def _find_faces_at_hand(line: LineSpec, shapes: Geometries, faces: Faces, hand: str) -> list[int]:
    parts = shapely.get_parts(shapes)
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(parts), directed=True))
    if len(merged) != 1:
        raise ProjectError(
            f"'{hand}' of line '{line.key}' says nothing: the line is in {len(merged)} pieces or "
            "directions (expected one). Give a seed = [lon, lat] instead.",
            field="sides",
        )
    xy = shapely.get_coordinates(merged[0])
    steps = np.diff(xy, axis=0)
    length = np.hypot(*steps.T)
    offset = np.column_stack([-steps[:, 1], steps[:, 0]]) / np.maximum(length, 1e-9)[:, None]
    shapely.prepare(faces.polygons)
    beside = (xy[:-1] + xy[1:]) / 2 + offset * (1.0 if hand == "left" else -1.0)
    votes = [float(length[shapely.contains_xy(face, *beside.T)].sum()) for face in faces.polygons]
    return [int(np.argmax(votes))]


def _explain_uncut(source: FrontSource, faces: Faces, clash: str) -> FrontlineError:
    line, plane, edge = source.line, source.plane, shapely.boundary(source.area)
    ends = []
    for end in faces.open_ends[:6]:
        lon, lat = to_lonlat(plane, point=shapely.Point(end))
        distance_m = float(shapely.distance(edge, shapely.Point(end)))
        ends.append(f"({lon:.4f}, {lat:.4f}), {distance_m:,.0f} m from its edge")
    if ends:
        more = len(faces.open_ends) - len(ends)
        listed = "; ".join(ends) + (f"; and {more} more" if more > 0 else "")
        why = f": {clash}" if clash else ""
        return LayerError(
            f"line '{line.key}' does not cut the study area into its sides{why}. "
            f"Open ends: {listed}. Draw the line on to the edge, or close the gap.",
            path=line.path,
            layer=line.layer,
        )
    if clash and len(faces.polygons) > 1:
        return ProjectError(
            f"sides of line '{line.key}' clash: {clash}. Move a seed.", field="sides"
        )
    return LayerError(
        f"line '{line.key}' does not cut the study area: it lies outside, along its edge, or "
        "is empty (expected a line from edge to edge, or a ring). Check both layers.",
        path=line.path,
        layer=line.layer,
    )


def make_error_band(front: FrontLine, *, plane: ProjectedPlane) -> Any:
    """Find all land nearer to a line than its error.

    Parameters
    ----------
    front
        The line.
    plane
        The plane.

    Returns
    -------
    Polygon or MultiPolygon
        Within 0.2 % of the error on the ellipsoid; not cut to the study area. Empty for a line
        without error.
    """
    bands = [
        geodesic_buffer(
            shapely.line_merge(shapely.multilinestrings(front.segments[front.error_m == error])),
            distance_m=float(error),
            plane=plane,
            quad_segs=_ARCS,
        )
        for error in np.unique(front.error_m)
        if error > 0
    ]
    return shapely.union_all(bands) if bands else shapely.Polygon()


class Sides(Mapping[str, Any]):
    """Sides of a displaced copy, cut from the area when they are first asked for.

    Parameters
    ----------
    line
        The line with its copies.
    lands
        Sides of the line as given.
    kind, number
        Which copy.
    """

    def __init__(
        self, line: DisplacedLine, lands: Mapping[str, Any], kind: Kind, number: int
    ) -> None:
        self._line, self._lands, self._kind, self._number = line, lands, kind, number

    @cached_property
    def _polygons(self) -> dict[str, Any]:
        area = self._line.area
        edge, lands = shapely.boundary(area), list(self._lands.values())
        course = self._line.course(self._kind, self._number)
        faces, labels = label_faces(
            course, hands=self._line.hands, edge=edge, area=area, count=len(lands)
        )
        for row in np.flatnonzero(labels < 0):
            # A small face that no edge labels stays with the side that held it.
            inside = faces[row].representative_point()
            held = np.flatnonzero(shapely.intersects(lands, inside))
            labels[row] = held[0] if len(held) else -1
        return {
            name: unite_polygons(faces[labels == number]) for number, name in enumerate(self._lands)
        }

    def __getitem__(self, name: str) -> Any:
        return self._polygons[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lands)

    def __len__(self) -> int:
        return len(self._lands)


class Copies(Sequence[DisplacedFront]):
    """Displaced copies of a front line: as it may run, and as maps of it might show it.

    Parameters
    ----------
    line
        The line with its copies.
    lands
        Sides of the line as given.

    Notes
    -----
    As a sequence it holds the lines as they may run. Sides become polygons only when they are
    read; `locate` finds the side of points without them. ``drawn_areas`` holds the land of each
    side within the distances that were asked for (`frontline.lines.zones.measure_drawn_areas`).
    """

    def __init__(self, line: DisplacedLine, lands: Mapping[str, Any]) -> None:
        self.line, self._lands = line, lands
        self._maker = EdgeMaker.of(line)
        self._known: dict[tuple[Kind, int], DisplacedFront] = {}
        self.drawn_areas: dict[float, Drawn] = {}

    def copy(self, kind: Kind, number: int = 0) -> DisplacedFront:
        """Return one copy of a kind."""
        draw = self._known.get((kind, number))
        if draw is None:
            course = self.line.course(kind, number)
            shape = shapely.multilinestrings([shapely.linestrings(led_on) for _, led_on in course])
            draw = DisplacedFront(shape, Sides(self.line, self._lands, kind, number))
            self._known[kind, number] = draw
        return draw

    def locate(self, xy: Coords, side: Integers, plane: ProjectedPlane) -> LocatedPoints:
        """Locate points, whose sides against the line as given are known, for every copy."""
        return LocatedPoints.of(self._maker, xy, side, plane)

    def evaluate(
        self,
        figure: Callable[[DisplacedFront], Any],
        *,
        counted: bool = False,
        local: bool = False,
    ) -> Drawn:
        """Take a figure of every copy that its interval asks for, from lines and polygons."""
        counted = counted or self.line.generalised
        first, kind = ("drawn", "lines") if counted else ("smooth", "maps")
        base = figure(self.copy(first))  # type: ignore[arg-type]
        copies = [figure(self.copy(kind, number)) for number in range(len(self))]  # type: ignore[arg-type]
        beside = self.evaluate(figure, counted=True) if local and not counted else None
        return Drawn(
            np.asarray(base, np.float64),
            np.array(copies, np.float64),
            counted=counted,
            beside=beside,
        )

    @overload
    def __getitem__(self, number: int) -> DisplacedFront: ...

    @overload
    def __getitem__(self, number: slice) -> tuple[DisplacedFront, ...]: ...

    def __getitem__(self, number: int | slice) -> DisplacedFront | tuple[DisplacedFront, ...]:
        if isinstance(number, slice):
            return tuple(self.copy("lines", row) for row in range(*number.indices(len(self))))
        row = number + len(self) if number < 0 else number
        if not 0 <= row < len(self):
            raise IndexError(number)
        return self.copy("lines", row)

    def __len__(self) -> int:
        return self.line.count("lines")


def displace_front(
    front: FrontLine, *, area: Any, draws: int, seed: int
) -> Sequence[DisplacedFront]:
    """Draw copies of a line displaced within its error.

    Parameters
    ----------
    front
        The line.
    area
        Study area in the plane.
    draws
        How many.
    seed
        The project's seed. The draws depend on it, on the place of the line and on their own
        number only, not on how many are made or by whom; lines that coincide are displaced
        alike where they do, unless they are ``independent``.

    Returns
    -------
    Copies
        Empty for a line without error.

    Notes
    -----
    Vertices move along the line's normal by Gaussian noise of standard deviation
    ``error_m / 1.96`` that is alike over ``error_correlation_m``; see
    `frontline.uncertainty.displacement.displace_line`. Ends slide along the edge of the study
    area; faces keep their side by the hand of the line they lie on. Land on no side stays on
    none.
    """
    if draws == 0 or not (front.error_m > 0).any():
        return ()
    if front.halves is not None:
        plain = replace(front, sides=front.halves, halves=None)
        drawn = displace_front(plain, area=area, draws=draws, seed=seed)
        return tuple(DisplacedFront(draw.line, _restore_grey(draw.sides, front)) for draw in drawn)
    correlation = front.error_correlation_m
    pieces = prepare_line(
        front.geometry, segments=front.segments, error_m=front.error_m, correlation_m=correlation
    )
    covered = shapely.union_all(list(front.sides.values()))
    if covered.area < (1.0 - 1e-9) * area.area:
        area = covered
    line = displace_line(
        pieces,
        lands=front.sides,
        area=area,
        draws=draws,
        correlation_m=correlation,
        seed=seed,
        key=front.key if front.independent else "",
    )
    return Copies(line, front.sides)


def take_figures(
    front: FrontLine,
    *,
    draws: Sequence[DisplacedFront],
    figure: Callable[[Any, Mapping[str, Any]], Any],
    counted: bool = False,
    local: bool = False,
) -> Drawn | None:
    """Take a figure of a line and its sides in every copy that its interval asks for.

    Parameters
    ----------
    front
        The line.
    draws
        Its displaced copies.
    figure
        From a line and its sides.
    counted, local
        Whether places are counted, and whether the figure hangs on one place of the line; see
        `frontline.uncertainty.intervals.take_interval`.

    Returns
    -------
    None without copies.
    """
    if not len(draws):
        return None
    if isinstance(draws, Copies):
        return draws.evaluate(
            lambda draw: figure(draw.line, draw.sides), counted=counted, local=local
        )
    copies = [figure(draw.line, draw.sides) for draw in draws]
    base = np.asarray(figure(front.geometry, front.sides), dtype=np.float64)
    return Drawn(base, np.array(copies, dtype=np.float64), counted=True)


def take_positions(
    front: FrontLine,
    *,
    draws: Sequence[DisplacedFront],
    xy: Coords,
    here: SamplePosition,
    plane: ProjectedPlane,
) -> tuple[SamplePosition, ...]:
    """Find where points lie against a line as drawn, and against each of its displaced copies.

    Parameters
    ----------
    front, draws
        The line and its displaced copies.
    xy, here
        Points in the plane, shape ``(m, 2)``, and where they lie against the line as given.
    plane
        The plane.
    """
    if isinstance(draws, Copies):
        located = draws.locate(xy, here.side, plane)
        lines = map_pieces(lambda number: located.at("lines", number), range(len(draws)))
        return (located.at("drawn", 0), *lines)
    return (here, *(_place_against(draw, front, xy, plane) for draw in draws))


def take_paired_figures(
    fronts: tuple[FrontLine, FrontLine],
    *,
    draws: Mapping[str, Sequence[DisplacedFront]],
    figure: Callable[[DisplacedFront, DisplacedFront], Any],
) -> Drawn | None:
    """Take a measured figure of two lines in each pair of their copies.

    Parameters
    ----------
    fronts
        The lines; what they share of their course moves alike.
    draws
        Displaced copies by the key of the line; one without stands as it is.
    figure
        From both lines with their sides.

    Returns
    -------
    None without copies of either.
    """
    pair = [draws.get(front.key, ()) for front in fronts]
    count = min((len(copies) for copies in pair if len(copies)), default=0)
    if not count:
        return None
    as_given = [DisplacedFront(front.geometry, front.sides) for front in fronts]
    counted = any(
        not isinstance(copies, Copies) or copies.line.generalised for copies in pair if copies
    )

    def copies_of(
        copies: Sequence[DisplacedFront], drawn: DisplacedFront, number: int
    ) -> DisplacedFront:
        if not len(copies):
            return drawn
        if counted or not isinstance(copies, Copies):
            return copies[number] if number >= 0 else drawn
        return copies.copy("maps", number) if number >= 0 else copies.copy("smooth")

    def value(number: int) -> Any:
        both = zip(pair, as_given, strict=True)
        return figure(*(copies_of(copies, drawn, number) for copies, drawn in both))

    base = np.asarray(value(-1), np.float64)
    copies = [value(number) for number in range(count)]
    return Drawn(base, np.array(copies, np.float64), counted=counted)


def take_point_figures(
    front: FrontLine,
    *,
    draws: Sequence[DisplacedFront],
    xy: Coords,
    here: SamplePosition,
    figure: Callable[[SamplePosition], Any],
    plane: ProjectedPlane,
    counted: bool,
) -> Drawn | None:
    """Take a figure of points in every copy of a line that its interval asks for.

    Parameters
    ----------
    front
        The line.
    draws
        Its displaced copies.
    xy, here
        Points in the plane, shape ``(m, 2)``, and where they lie against the line as given.
    figure
        From the position of the points.
    plane
        The plane.
    counted
        Whether places are counted; see `frontline.uncertainty.intervals.take_interval`.

    Returns
    -------
    None without copies.
    """
    if not len(draws):
        return None
    if isinstance(draws, Copies):
        return draws.locate(xy, here.side, plane).evaluate(figure, counted=counted)
    as_given = DisplacedFront(front.geometry, front.sides)
    base = np.asarray(figure(_place_against(as_given, front, xy, plane)), dtype=np.float64)
    copies = [figure(_place_against(draw, front, xy, plane)) for draw in draws]
    return Drawn(base, np.array(copies, dtype=np.float64), counted=True)


def _place_against(
    draw: DisplacedFront, front: FrontLine, xy: Coords, plane: ProjectedPlane
) -> SamplePosition:
    lands = [draw.sides[name] for name in front.sides]
    return place_against(xy, line=draw.line, lands=lands, plane=plane)


def _restore_grey(halves: Mapping[str, Any], front: FrontLine) -> dict[str, Any]:
    """Leave grey zones as they are mapped; only their middle is displaced."""
    grey = [land for name, land in front.sides.items() if name not in halves]
    zone = shapely.union_all(grey)
    return {
        name: shapely.difference(halves[name], zone) if name in halves else land
        for name, land in front.sides.items()
    }


def pair_lines(fronts: Sequence[FrontLine]) -> Iterator[tuple[FrontLine, FrontLine]]:
    """Pair each line with the next by date, and the first with the last of more than two.

    Parameters
    ----------
    fronts
        In any order; lines of one date keep the order they come in.

    Returns
    -------
    The earlier and the later line of each pair; nothing for fewer than two lines.
    """
    ordered = sorted(fronts, key=lambda front: front.date)
    yield from itertools.pairwise(ordered)
    if len(ordered) > 2:
        yield ordered[0], ordered[-1]
