"""The project file: what an analyst asks, of which data, in one ``project.toml``."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    Field,
    ValidationError,
    field_validator,
)

from frontline.errors import ProjectError, one_line, raise_problems
from frontline.files import companions, file_fault, sha256
from frontline.inputs import ROLES, TABLES
from frontline.mistakes import NAME_PATTERN, cross_problems, described, nearest, shown
from frontline.models import (
    Canopy,
    Elevation,
    Fetch,
    LandCover,
    LayerSource,
    Origin,
    Part,
    PopulationRaster,
    Scenario,
    Section,
    Settlements,
    TableSource,
)
from frontline.travel import Travel
from frontline.values import (
    Colour,
    Day,
    Distance,
    Flag,
    InputPath,
    Key,
    LineError,
    LonLat,
    Number,
    Tiles,
    Whole,
)

__all__ = [
    "Canopy",
    "Corridors",
    "Day",
    "Elevation",
    "Fetch",
    "Key",
    "LandCover",
    "LayerSource",
    "Line",
    "LonLat",
    "Map",
    "Number",
    "Origin",
    "Outputs",
    "Partition",
    "PopulationRaster",
    "Project",
    "Scenario",
    "Section",
    "Settlements",
    "Side",
    "Sight",
    "StatedFigure",
    "TableSource",
    "Uncertainty",
    "Whole",
    "Zones",
    "changed",
    "claims_file",
    "hash_inputs",
    "input_files",
    "load_project",
    "relative",
]

_LARGEST_PROJECT = 2_000_000


class Line(LayerSource):
    """A front line, or a state given as polygons, at a date."""

    key: Key = Field(description="short name, used in tables, layers and file names")
    label: str = Field(min_length=1, pattern=NAME_PATTERN, description="name for people to read")
    date: Day = Field(description="date of the line, YYYY-MM-DD")
    side_column: str | None = Field(
        None, description="the file holds polygons, and this column says who holds each"
    )
    error_m: LineError = Field(
        0.0, description="half-width within which the line lies with 95 %, metres or a column"
    )
    error_correlation_m: Number = Field(
        5_000.0, gt=0, description="distance over which the error of the line is alike, metres"
    )
    change: Literal["fighting", "handover", "adjustment", ""] = Field(
        "", description="how the line before became this one"
    )


class Side(Part):
    """One side of the lines: a name and points that lie on it."""

    name: str = Field(
        min_length=1, pattern=NAME_PATTERN, description="name of the side, in tables and on the map"
    )
    seed: tuple[LonLat, ...] = Field((), description="points on this side: [lon, lat] or a list")
    hand: Literal["left", "right"] | None = Field(
        None, description="instead of a seed: the side of a line drawn in one piece"
    )
    lines: tuple[Key, ...] = Field((), description="the lines the seeds hold for; all if empty")
    colour: Colour | None = Field(None, description="colour on maps, as #0072b2")

    @field_validator("seed", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        one = isinstance(value, list | tuple) and len(value) == 2
        return (value,) if one and not isinstance(value[0], list | tuple) else value


class Partition(LayerSource):
    """A partition of the land other than districts, such as a former border."""

    key: Key = Field(description="short name, used in layers")
    label: str = Field(description="name for people to read")


class Corridors(LayerSource):
    """Roads, canals, pipelines and other lines that the front may cut."""

    schematic: Flag = Field(
        False, description="joined from place to place: lengths and times are indicative only"
    )


class Zones(Part):
    """Distances on both sides of each line."""

    distances_m: tuple[Distance, ...] = Field(
        (5_000.0, 10_000.0, 15_000.0),
        min_length=1,
        max_length=20,
        description="distances from the line, metres, 100 to 100,000",
    )

    @field_validator("distances_m")
    @classmethod
    def _sorted(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(sorted(set(value)))


class Uncertainty(Part):
    """How the positional error of the lines is carried into the figures."""

    draws: Whole = Field(200, ge=0, le=10_000, description="displaced copies of each line")
    seed: Whole = Field(1, ge=0, description="seed of the random numbers: same seed, same figures")


class Sight(Part):
    """Line of sight from the line."""

    enabled: Flag = Field(True, description="whether sight is computed")
    spacing_m: Number | None = Field(
        None, gt=0, description="distance of posts along the line; one per elevation cell if unset"
    )
    observer_height_m: Number = Field(
        2.0, ge=0, le=500, description="eyes above the ground, metres"
    )
    target_height_m: Number = Field(2.0, ge=0, le=500, description="what is seen, above the ground")
    target_height_column: str = Field(
        "target_height_m",
        min_length=1,
        description="column of settlements and corridors with heights of their own, metres",
    )
    radius_m: Distance = Field(15_000.0, description="how far is looked, metres")
    refraction: Number = Field(0.13, ge=-1, lt=1, description="coefficient k of refraction")
    conservative: Flag = Field(
        False,
        description="count as visible what is undecided, and places and roads hidden by less than "
        "the elevation's accuracy",
    )
    elevation_draws: Whole = Field(
        0, ge=0, le=10_000, description="terrains drawn within the elevation's error; 0: none"
    )
    position_draws: Whole = Field(
        0, ge=0, le=10_000, description="displaced lines that are looked from; 0: none"
    )


class StatedFigure(Part):
    """A number of people that a source states, kept apart from what is computed."""

    id: str = Field(min_length=1, description="identifier, as in stated:<id>")
    line: Key = Field(description="key of the line it speaks of")
    side: str = Field(description="name of the side it speaks of")
    distance_m: Distance = Field(description="within this distance of the line, metres")
    low: Whole = Field(ge=0, description="lowest number stated")
    high: Whole = Field(ge=0, description="highest number stated")
    source: str = Field(min_length=1, description="who states it, and where")
    date: Day | None = Field(None, description="when it was stated")


class Map(Part):
    """The look of map and page."""

    title: str | None = Field(None, description="title of the map; the project's if unset")
    extent: tuple[Number, Number, Number, Number] | None = Field(
        None, description="west, south, east, north in degrees"
    )
    names: Literal["name", "name_alt", "both"] = Field(
        "both", description="which of two names of a place stands first; both are kept"
    )
    note: str = Field("", description="a line of your own under the disclaimer")
    orientation: Literal["auto", "landscape", "portrait"] = Field(
        "auto", description="of the printed maps; auto: portrait where the area is rather tall"
    )

    @field_validator("extent")
    @classmethod
    def _a_box(cls, value: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if value is None:
            return value
        west, south, east, north = value
        if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south < north <= 90):
            raise ValueError(
                f"{shown(list(value))} is no extent (expected degrees: west, south, east, north). "
                "Correct it."
            )
        return value


Product = Literal[
    "geopackage",
    "workbook",
    "page",
    "figures",
    "report",
    "rasters",
    "geojson",
    "geoparquet",
]


class Outputs(Part):
    """Which of the large files are written; tables and manifest always are."""

    write: tuple[Product, ...] = Field(
        ("geopackage", "workbook", "page", "figures", "report", "rasters"),
        description="files wanted beside the tables; geoparquet needs frontline-gis[parquet]",
    )
    basemap: Tiles = Field(
        "", description="online tiles that the page offers: osm, or https://host/{z}/{x}/{y}.png"
    )
    basemap_credit: str = Field("", description="whom the page names for these tiles")


class Project(Part):
    """A whole project: what the file says, with every path made absolute."""

    title: str = Field(min_length=1, description="title of map, report and workbook")
    study_area: LayerSource = Field(description="the land in question, as polygons")
    lines: tuple[Line, ...] = Field(min_length=1, description="dated lines, or states")
    sides: tuple[Side, ...] = Field((), description="names of the sides, and where they are")
    settlements: Settlements | None = Field(None, description="places, as points or polygons")
    corridors: Corridors | None = Field(None, description="roads, canals, pipelines")
    points: LayerSource | None = Field(None, description="named points")
    districts: LayerSource | None = Field(None, description="districts with people")
    partitions: tuple[Partition, ...] = Field((), description="other partitions of the land")
    population: tuple[PopulationRaster, ...] = Field((), description="population rasters")
    stated: tuple[StatedFigure, ...] = Field((), description="figures that sources state")
    elevation: Elevation | None = Field(None, description="elevation, for sight and relief")
    landcover: LandCover | None = Field(None, description="land cover, for farmland and trees")
    sections: tuple[Section, ...] = Field((), description="named stretches of lines")
    scenarios: tuple[Scenario, ...] = Field((), description="lines that might be, made of others")
    flows: TableSource | None = Field(
        None, description="table of displaced people by origin and destination"
    )
    links: TableSource | None = Field(
        None, description="table of what settlements depend on: water, field, school, post"
    )
    events: TableSource | None = Field(
        None, description="table of dated events, each with one or two claimed positions"
    )
    claims: InputPath | None = Field(
        None, description="ledger of claims; claims.toml beside the project file if unset"
    )
    zones: Zones = Field(Zones(), description="distances")
    uncertainty: Uncertainty = Field(Uncertainty(), description="error of the lines")
    sight: Sight = Field(Sight(), description="line of sight")
    travel: Travel = Field(Travel(), description="ways by road: speeds, slopes, checkpoints")
    map: Map = Field(Map(), description="look of the map")
    outputs: Outputs = Field(Outputs(), description="files that are written")
    fetch: Fetch = Field(Fetch(), description="where downloads come from")
    path: Path = Field(description="the project file itself; set by load_project", exclude=True)


def load_project(path: Path | str) -> Project:
    """Read a project file and check everything in it that needs no layer to be opened.

    Parameters
    ----------
    path
        The file, or a directory that holds a ``project.toml``.

    Returns
    -------
    The project, paths absolute.

    Raises
    ------
    ProjectError
        With every problem found, up to twenty.
    """
    file = Path(path)
    file = file / "project.toml" if file.is_dir() else file
    raw = _read_toml(file)
    problems: list[tuple[str, str]] = []
    project = None
    if "path" in raw:
        problems.append(("path", "unknown key. Paths belong to layers, as in [settlements]."))
    context = {"folder": file.absolute().parent}
    try:
        project = Project.model_validate(raw | {"path": file.absolute()}, context=context)
    except ValidationError as error:
        problems += described(error.errors(include_url=False), raw, Project)
    problems += cross_problems(raw)
    problems += _column_problems(raw)
    raise_problems([ProjectError(text, path=path, field=key) for key, text in problems])
    if project is None:  # pragma: no cover - a failed validation always leaves a problem
        raise ProjectError("cannot be read. Correct it.", path=path)
    return project


def _read_toml(path: Path) -> dict[str, Any]:
    fault = file_fault(path)
    if fault:
        raise ProjectError(f"the project file {fault}", path=path)
    if path.stat().st_size > _LARGEST_PROJECT:
        raise ProjectError(
            "is too large for a project file (expected a short TOML text). Name the right file.",
            path=path,
        )
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ProjectError(
            f"is not UTF-8 text (byte {error.start}). Save it as UTF-8.", path=path
        ) from error
    except RecursionError as error:
        raise ProjectError("brackets are nested too deeply. Remove some.", path=path) from error
    except ValueError as error:
        raise ProjectError(f"is not valid TOML: {_toml_hint(str(error))}", path=path) from error


def _toml_hint(message: str) -> str:
    text = one_line(message).rstrip(".")
    hint = " Correct it there."
    if ("Unescaped" in message and "\\" in message) or "hex value" in message:
        hint = " Write paths with / or in single quotes."
    return f"{text}.{hint}"


def _column_problems(raw: dict[str, Any]) -> list[tuple[str, str]]:
    """Find mappings to columns that the layer does not have."""
    problems = []
    for name, role in {**ROLES, **TABLES}.items():
        value = raw.get(name)
        for entry in value if isinstance(value, list) else [value]:
            mapping = entry.get("columns") if isinstance(entry, dict) else None
            known = [column.name for column in role.columns]
            if "point" in role.shapes:
                known += ["lon", "lat"]
            for ours in mapping if isinstance(mapping, dict) else ():
                if ours not in known:
                    offer = nearest(ours, known) if known else " This layer needs none."
                    problems.append((f"{name}.columns.{ours}", f"is not a column of ours.{offer}"))
    return problems


def changed(project: Project, **parts: dict[str, Any]) -> Project:
    """Give a project with some keys of its parts replaced, checked like those of the file.

    Parameters
    ----------
    project
        From `load_project`.
    parts
        A part of the file and its new values: ``sight={"radius_m": 20_000}``.

    Raises
    ------
    ProjectError
        An unknown part or key, or a value out of range.
    """
    raw = project.model_dump() | {"path": project.path}
    for name, values in parts.items():
        raw[name] = {**(raw.get(name) or {}), **values}
    try:
        return Project.model_validate(raw, context={"folder": project.path.parent})
    except ValidationError as error:
        problems = described(error.errors(include_url=False), raw, Project)
        raise_problems([ProjectError(text, path=project.path, field=key) for key, text in problems])
        raise


def claims_file(project: Project) -> Path | None:
    """Find the ledger of claims: the one named, else ``claims.toml`` beside the project file."""
    beside = project.path.parent / "claims.toml"
    return project.claims or (None if file_fault(beside) else beside)


def input_files(project: Project) -> tuple[Path, ...]:
    """Every file the results depend on: the project file first, then data in a fixed order.

    The companions of a Shapefile (.dbf and so on) count as files of their own.
    """
    canopy = project.elevation.canopy if project.elevation is not None else None
    sources: list[TableSource | PopulationRaster | Elevation | LandCover | Canopy | None] = [
        project.study_area,
        *project.lines,
        project.settlements,
        project.corridors,
        project.points,
        project.districts,
        *project.partitions,
        *project.population,
        project.elevation,
        canopy,
        project.landcover,
        project.flows,
        project.links,
        project.events,
    ]
    files = [project.path]
    for source in sources:
        if source is not None and source.path is not None:
            files += [source.path, *companions(source.path)]
    ledger = claims_file(project)
    files += [ledger] if ledger is not None else []
    return tuple(dict.fromkeys(files))


def hash_inputs(project: Project) -> dict[str, str]:
    """Compute the sha256 of every input file.

    Returns
    -------
    Hexadecimal digests by path, written relative to the project file with forward slashes.

    Raises
    ------
    ProjectError
        If a file has become unreadable since the project was loaded.
    """
    hashes: dict[str, str] = {}
    for path in input_files(project):
        try:
            hashes[relative(path, project)] = sha256(path)
        except OSError as error:
            raise ProjectError(
                f"cannot be read ({error.strerror}). Check the file.", path=path
            ) from error
    return hashes


def relative(path: Path, project: Project) -> str:
    """Write a path relative to the project file, with forward slashes on every system."""
    try:
        return Path(os.path.relpath(path, project.path.parent)).as_posix()
    except ValueError:  # another drive of Windows
        return path.as_posix()
