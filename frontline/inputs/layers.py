"""The vector layers of a project: every one read, checked and brought into one plane."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline import schema
from frontline.errors import FrontlineError, LayerError, raise_problems
from frontline.geo.polygonize import GAP_M, close_gaps
from frontline.geo.projection import ProjectedPlane, plane_around
from frontline.inputs.formats import VectorFile, open_vector
from frontline.inputs.geometry import name_crs, to_degrees
from frontline.inputs.location import find_elsewhere, find_seeds_outside
from frontline.inputs.normalize import (
    Zeros,
    make_empty_layer,
    normalize_districts,
    normalize_line,
    normalize_places,
)
from frontline.inputs.reader import CheckedLayer, ManyDates, read_checked
from frontline.project.layers import (
    CORRIDORS,
    DISTRICTS,
    LAND,
    LINES,
    PARTITIONS,
    POINTS,
    SETTLEMENTS,
    STUDY_AREA,
    Role,
    find_role_of_line,
)
from frontline.project.loader import write_relative
from frontline.records import Note
from frontline.schema import Table

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline.project.models import LayerSource, Project


STUDY_AREA_LAYER = Table(
    "study_area",
    "Study area",
    "The area that everything is clipped to.",
    schema.AREA,
    lists=("study_area",),
)

PARTITION_LAYER = Table(
    "partition_<key>",
    "Partition",
    "Another partition of the land, such as a former border.",
    (),
    lists=("partitions",),
    further=(schema.NAME,),
)

DISTRICT_LAYER = Table(
    "districts",
    "Districts",
    "Districts with the figures that their source states.",
    (
        schema.text("code", "Code", "Code of the district."),
        schema.NAME,
        schema.NAME_ALT,
        schema.number("area_km2", "km²", "Area as stated", "As the source states, not measured."),
        schema.PEOPLE_STATED,
        schema.KIND_OF_FIGURE,
        schema.text(
            "population_year", "Date of figure", "Year, month or day that the figure describes."
        ),
        schema.text("counted_by", "Counted by", "Side that counted, where it held only a part."),
        schema.text("note", "Note", "The input's remark."),
        schema.text("known_error", "Known error", "What is known to be wrong with the border."),
    ),
    lists=("districts",),
    key=("code",),
    further=(schema.SOURCE_OF_FIGURE,),
)

POINT_LAYER = Table(
    "points",
    "Points",
    "Other points of the input, such as bridges and summits.",
    (
        *schema.PLACE,
        schema.text("kind", "Kind", "What the input says the point is."),
        schema.number("elevation_m", "m", "Elevation", "As the input states; empty if unknown."),
        schema.text("note", "Note", "The input's remark."),
    ),
    lists=("points",),
    key=("id",),
)


@dataclass(frozen=True)
class Layers:
    """The vector inputs, in the plane of the run.

    Parameters
    ----------
    plane
        The plane; every geometry below is in ``frame.crs``, in metres.
    study_area
        Polygon or MultiPolygon.
    lines
        By key: LineStrings with ``error_m`` (half-width, 95 %); of states, polygons with
        ``side`` and ``error_m``. Those of an alternative have the key ``line_2020/osm``.
    settlements, corridors, points, districts
        The columns of `frontline.inputs`, then the user's. Absent layers are empty frames with
        the columns. ``id`` is unique; a settlement stands once.
    partitions
        By key, polygons.
    notes
        What was left out, renamed, mended or reprojected.
    """

    plane: ProjectedPlane
    study_area: Any
    lines: Mapping[str, gpd.GeoDataFrame]
    settlements: gpd.GeoDataFrame
    corridors: gpd.GeoDataFrame
    points: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    partitions: Mapping[str, gpd.GeoDataFrame]
    notes: tuple[Note, ...]


_Key = tuple[str, str]
"""Name of a role, and the key of what has one: a line may be called as a role is."""


@dataclass(frozen=True)
class _LayerRequest:
    key: _Key
    source: LayerSource
    role: Role
    columns: Mapping[str, str]


def read_layers(project: Project) -> Layers:
    """Read every vector layer of a project.

    Parameters
    ----------
    project
        From `load_project`.

    Returns
    -------
    Layers
        In one equal-area plane about the study area.

    Raises
    ------
    LayerError
        With every problem of every layer, up to twenty: nothing is computed from half of them.
    """
    checked, problems = _read_all(project)
    raise_problems(problems)
    area = checked[STUDY_AREA.name, ""]
    frame = _make_plane(area)
    land, notes = _unite_study_area(area, frame)
    sea_mask = checked.pop((LAND.name, ""), None)
    if sea_mask is not None:
        land, further = _remove_sea(land, sea_mask, frame)
        notes += further
    placed: dict[_Key, gpd.GeoDataFrame] = {}
    for key, layer in checked.items():
        about = _name_layer(key)
        try:
            placed[key] = _project_layer(layer, frame)
        except LayerError as error:
            problems += error.problems
            continue
        if key[0] != STUDY_AREA.name:
            needed = key[0] == LINES.name
            lost, further = find_elsewhere(
                layer, placed=placed[key], land=land, plane=frame, about=about, needed=needed
            )
            problems += lost
            notes += further
        notes += [Note(about, text, count) for text, count in layer.notes]
        if not layer.crs.equals(area.crs, ignore_axis_order=True):
            names = name_crs(layer.crs), name_crs(area.crs)
            text = f"Its CRS is {names[0]}, that of the study area {names[1]}: reprojected."
            notes.append(Note(about, text, len(layer.frame)))
    problems += find_seeds_outside(project, land=land, plane=frame)
    raise_problems(problems)
    return _assemble_layers(project, checked, placed, frame, land, notes)


def find_faults_of_files(project: Project) -> list[FrontlineError]:
    """Find what is wrong with each layer by itself, whatever is wrong with the project.

    Parameters
    ----------
    project
        From `load_project`, or what `frontline.project.loader.load_sound_parts` leaves of one.
    """
    return _read_all(project)[1]


def _list_requests(project: Project) -> list[_LayerRequest]:
    requests = [
        _LayerRequest((role.name, ""), source, role, {})
        for role, source in ((STUDY_AREA, project.study_area), (LAND, project.land))
        if source is not None
    ]
    for line in project.drawings:
        columns = {}
        if isinstance(line.error_m, str):
            columns["error_m"] = line.error_m
        if line.side_column is not None:
            columns["side"] = line.side_column
        requests.append(
            _LayerRequest((LINES.name, line.key), line, find_role_of_line(line), columns)
        )
    for role, source in (
        (SETTLEMENTS, project.settlements),
        (CORRIDORS, project.corridors),
        (POINTS, project.points),
        (DISTRICTS, project.districts),
    ):
        if source is not None:
            requests.append(_LayerRequest((role.name, ""), source, role, source.columns))
    requests += [
        _LayerRequest((PARTITIONS.name, part.key), part, PARTITIONS, {})
        for part in project.partitions
    ]
    return requests


def _name_layer(key: _Key) -> str:
    """Name a layer in notes: by the key of a line, by the role of what stands once."""
    role, own_key = key
    return f"partition {own_key}" if role == PARTITIONS.name else own_key or role


def _read_all(project: Project) -> tuple[dict[_Key, CheckedLayer], list[FrontlineError]]:
    """Read every layer; a file is opened once, and its own problem is named once."""
    files: dict[Path, VectorFile | None] = {}
    checked: dict[_Key, CheckedLayer] = {}
    read: dict[tuple[Path, tuple[str, ...], str | None], ManyDates] = {}
    problems: list[FrontlineError] = []
    with ExitStack() as stack:
        for request in _list_requests(project):
            path = request.source.path
            try:
                if path not in files:
                    files[path] = None
                    files[path] = stack.enter_context(
                        open_vector(path, shown=write_relative(path, project=project))
                    )
                file = files[path]
                if file is not None:
                    checked[request.key] = read_checked(
                        file,
                        source=request.source,
                        role=request.role,
                        columns=request.columns,
                        many=read,
                    )
            except LayerError as error:
                problems += error.problems
    return checked, problems


def _read_zeros(project: Project, role: Role) -> Zeros:
    """Return what a population of 0 means in the settlements."""
    if role is not SETTLEMENTS or project.settlements is None:
        return Zeros()
    return Zeros(project.settlements.zero, project.settlements.source)


def _make_plane(area: CheckedLayer) -> ProjectedPlane:
    geometries = area.frame.geometry.to_numpy()
    try:
        return plane_around(
            shapely.transform(geometries, lambda coords: to_degrees(coords, crs=area.crs))
        )
    except LayerError as error:
        raise area.fault(error.message) from error


def _project_layer(layer: CheckedLayer, plane: ProjectedPlane) -> gpd.GeoDataFrame:
    try:
        geometries = plane.from_crs(layer.frame.geometry.to_numpy(), layer.crs)
    except LayerError as error:
        row = None if error.row is None else layer.frame.index[int(error.row) - 1]
        raise layer.fault(error.message, row=row) from error
    return layer.frame.set_geometry(geometries, crs=plane.crs)


def _unite_study_area(area: CheckedLayer, plane: ProjectedPlane) -> tuple[Any, list[Note]]:
    """Unite the study area: in its own CRS, where shared edges are equal, and in the plane."""
    drawn = shapely.get_parts(area.frame.geometry.to_numpy())
    united = shapely.get_parts(shapely.union_all(drawn))
    try:
        parts = plane.from_crs(united, area.crs)
        pieces = plane.from_crs(drawn, area.crs) if len(drawn) > 1 else parts
    except LayerError as error:
        raise area.fault(error.message) from error
    # halves that meet at the antimeridian differ there by the width of rounding
    land = shapely.union_all(parts, grid_size=1e-3) if len(parts) > 1 else parts[0]
    closed, gaps = close_gaps(land, pieces=pieces)
    if len(gaps) == 0:
        return land, []
    text = (
        f"Gaps of less than {GAP_M:g} m between its polygons, as digitising leaves them, were "
        f"closed: {len(gaps)}, {shapely.area(gaps).sum() / 1e6:,.3g} km2 in all."
    )
    return closed, [Note("study_area", text, len(gaps))]


def _remove_sea(area: Any, mask: CheckedLayer, plane: ProjectedPlane) -> tuple[Any, list[Note]]:
    """Keep what of the study area is land: the sea is on no side, and no front lies in it."""
    shores = _project_layer(mask, plane).geometry.to_numpy()
    land = shapely.intersection(area, shapely.union_all(shores), grid_size=1e-3)
    parts = shapely.get_parts(shapely.get_parts(np.array([land], dtype=object)))
    parts = parts[shapely.get_dimensions(parts) == 2]
    if len(parts) == 0:
        raise mask.fault("has no land in the study area. Check its CRS and its coordinates.")
    dry = shapely.multipolygons(parts) if len(parts) > 1 else parts[0]
    sea_km2 = (area.area - dry.area) / 1e6
    text = f"{sea_km2:,.1f} km2 of the study area are no land: they are on no side."
    return dry, [Note("study_area", text)] if sea_km2 >= 0.1 else []


def _assemble_layers(
    project: Project,
    checked: Mapping[_Key, CheckedLayer],
    placed: Mapping[_Key, gpd.GeoDataFrame],
    plane: ProjectedPlane,
    land: Any,
    notes: list[Note],
) -> Layers:
    problems: list[FrontlineError] = []
    tables: dict[str, gpd.GeoDataFrame] = {}
    lines = {}
    for line in project.drawings:
        key = (LINES.name, line.key)
        lines[line.key], wrong = normalize_line(
            line, project=project, layer=checked[key], placed=placed[key]
        )
        problems += wrong
    for role in (SETTLEMENTS, CORRIDORS, POINTS, DISTRICTS):
        if (role.name, "") not in checked:
            tables[role.name] = make_empty_layer(role, plane=plane)
            continue
        layer, table = checked[role.name, ""], placed[role.name, ""]
        tables[role.name], wrong, further = (
            normalize_districts(project, layer=layer, placed=table, plane=plane)
            if role is DISTRICTS
            else normalize_places(role, layer=layer, placed=table, zeros=_read_zeros(project, role))
        )
        problems += wrong
        notes += [Note(role.name, text, count) for text, count in further]
    raise_problems(problems)
    return Layers(
        plane=plane,
        study_area=land,
        lines=lines,
        partitions={
            part.key: placed[PARTITIONS.name, part.key].reset_index(drop=True)
            for part in project.partitions
        },
        notes=tuple(notes),
        **tables,
    )
