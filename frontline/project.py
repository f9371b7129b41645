"""The project file: what an analyst asks, of which data, in one ``project.toml``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Distance = Annotated[float, Field(ge=100.0, le=100_000.0)]
LonLat = tuple[
    Annotated[float, Field(ge=-180.0, le=180.0)], Annotated[float, Field(ge=-90.0, le=90.0)]
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class Origin(_Part):
    """Where data come from: printed on the map, kept in the metadata."""

    source: str = Field("", description="who made the data, as it is printed on the map")
    licence: str = Field("", description="licence of the data")
    date: dt.date | None = Field(None, description="date the data describe")


class LayerSource(Origin):
    """A vector layer or table: file, layer, CRS, and how its columns are called."""

    path: Path = Field(description="file, relative to the project file")
    layer: str | None = Field(None, description="layer of the file; needed where it has several")
    crs: str | None = Field(None, description="CRS of a file that does not state one")
    select: dict[str, str | int] = Field(
        {}, description="keep only the features with these values, column = value"
    )
    columns: dict[str, str] = Field({}, description="our column = the file's column")
    repair: bool = Field(False, description="mend self-crossing polygons, and report the area")
    sensitivity: Literal["public", "restricted"] = Field(
        "public", description="restricted layers never reach a public output"
    )


class Line(LayerSource):
    """A front line, or a state given as polygons, at a date."""

    key: Key = Field(description="short name, used in tables, layers and file names")
    label: str = Field(description="name for people to read")
    date: dt.date = Field(description="date of the line")
    side_column: str | None = Field(
        None, description="the file holds polygons, and this column says who holds each"
    )
    error_m: float | str = Field(
        0.0, description="half-width within which the line lies with 95 %, metres or a column"
    )
    error_correlation_m: float = Field(
        5_000.0, gt=0, description="distance over which the error of the line is alike"
    )


class Side(_Part):
    """One side of the lines: a name and points that lie on it."""

    name: str = Field(min_length=1)
    seed: tuple[LonLat, ...] = Field((), description="points on this side: [lon, lat] or a list")
    hand: Literal["left", "right"] | None = Field(
        None, description="instead of a seed: the side of a line drawn in one piece"
    )
    lines: tuple[Key, ...] = Field((), description="the lines the seeds hold for; all if empty")
    colour: Colour | None = None

    @field_validator("seed", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        one = isinstance(value, list | tuple) and len(value) == 2
        return (value,) if one and not isinstance(value[0], list | tuple) else value


class Partition(LayerSource):
    """A partition of the land other than districts, such as a former border."""

    key: Key
    label: str


class PopulationRaster(Origin):
    """People per cell or per square kilometre, as a GeoTIFF."""

    key: Key
    path: Path
    kind: Literal["count", "density"] = Field(
        description="people per cell, or per square kilometre"
    )
    crs: str | None = None
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    sensitivity: Literal["public", "restricted"] = "public"


class Elevation(Origin):
    """Elevation as a GeoTIFF."""

    path: Path
    crs: str | None = None
    unit: Literal["m", "ft"] = "m"
    vertical_datum: str = Field("", description="height above what, for example EGM2008")
    model: Literal["ground", "surface", "unknown"] = Field(
        "unknown", description="bare ground, or with trees and roofs"
    )
    accuracy_m: float | None = Field(None, gt=0, description="standard deviation of the error")
    error_correlation_m: float = Field(1_000.0, gt=0)
    nodata: float | None = Field(None, description="value that means unknown, if untagged")
    least_coverage: float = Field(
        0.5, ge=0, le=1, description="share of the widest zone with known heights, or an error"
    )


class Zones(_Part):
    """Distances on both sides of each line."""

    distances_m: tuple[Distance, ...] = Field((5_000.0, 10_000.0, 15_000.0), min_length=1)

    @field_validator("distances_m")
    @classmethod
    def _sorted(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(sorted(set(value)))


class Uncertainty(_Part):
    """How the positional error of the lines is carried into the figures."""

    draws: int = Field(200, ge=0, le=10_000, description="displaced copies of each line")
    seed: int = Field(1, ge=0)


class Sight(_Part):
    """Line of sight from the line."""

    enabled: bool = True
    spacing_m: float | None = Field(
        None, gt=0, description="distance of posts along the line; one per elevation cell if unset"
    )
    observer_height_m: float = Field(2.0, ge=0, le=500)
    target_height_m: float = Field(2.0, ge=0, le=500)
    radius_m: Distance = 15_000.0
    refraction: float = Field(0.13, ge=-1, lt=1, description="coefficient k of refraction")
    conservative: bool = Field(False, description="count undecided sight as visible")


class StatedFigure(_Part):
    """A number of people that a source states, kept apart from what is computed."""

    id: str = Field(min_length=1)
    line: Key
    side: str
    distance_m: Distance
    low: int = Field(ge=0)
    high: int = Field(ge=0)
    source: str = Field(min_length=1)
    date: dt.date | None = None


class Map(_Part):
    """The look of map and page."""

    title: str | None = None
    extent: tuple[float, float, float, float] | None = Field(
        None, description="west, south, east, north in degrees"
    )
    names: Literal["name", "name_alt", "both"] = Field(
        "both", description="which of two names of a place stands first; both are kept"
    )
    note: str = Field("", description="a line of your own under the disclaimer")


class Project(_Part):
    """A whole project: what the file says, with every path made absolute."""

    title: str = Field(min_length=1)
    study_area: LayerSource
    lines: tuple[Line, ...] = Field(min_length=1)
    sides: tuple[Side, ...] = ()
    settlements: LayerSource | None = None
    corridors: LayerSource | None = None
    points: LayerSource | None = None
    districts: LayerSource | None = None
    partitions: tuple[Partition, ...] = ()
    population: tuple[PopulationRaster, ...] = ()
    stated: tuple[StatedFigure, ...] = ()
    elevation: Elevation | None = None
    zones: Zones = Zones()
    uncertainty: Uncertainty = Uncertainty()
    sight: Sight = Sight()
    map: Map = Map()
    path: Path = Field(description="the project file itself; set by load_project", exclude=True)
