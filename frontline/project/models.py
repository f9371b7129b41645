"""The project file: what an analyst asks, of which data, in one ``project.toml``."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from frontline.errors import NAME_PATTERN, show_value
from frontline.project.series import ALTERNATIVES_OF_MANY
from frontline.project.types import (
    Cell,
    Colour,
    Day,
    Distance,
    Encoding,
    Flag,
    InputPath,
    Key,
    LineError,
    LonLat,
    Number,
    Sensitivity,
    Tiles,
    Whole,
)


class Model(BaseModel):
    """A table of the project file: unknown keys are refused, values never change."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False
    )


class Origin(Model):
    """Where data come from: printed on the map, kept in the metadata."""

    source: str = Field("", description="who made the data, as it is printed on the map")
    licence: str = Field("", description="licence of the data")
    date: Day | None = Field(None, description="date the data describe")


LayerNames = str | Annotated[tuple[str, ...], Field(min_length=1)]


class TableSource(Origin):
    """A table without a map of its own: file, layer or sheet, and how its columns are called."""

    path: InputPath = Field(description="file, relative to the project file")
    layer: LayerNames | None = Field(
        None, description="layer of the file, or a list of layers; needed where it has several"
    )
    encoding: Encoding | None = Field(
        None, description="encoding of a Shapefile or CSV that is not UTF-8, as cp1251"
    )
    select: dict[str, Cell] = Field(
        {}, description="keep only the features with these values, column = value"
    )
    columns: dict[str, str] = Field({}, description="our column = the file's column")
    sensitivity: Sensitivity = Field(
        "public", description="restricted layers never reach a public output"
    )


class LayerSource(TableSource):
    """A vector layer or table: file, layer, CRS, and how its columns are called."""

    crs: str | None = Field(
        None, min_length=1, description="CRS of a file that does not state one, as EPSG:4326"
    )
    repair: Flag = Field(False, description="mend self-crossing polygons, and report the area")


FARMLAND, TREES = "farmland", "tree cover"
"""Names of the classes of land cover that figures and sentences are made of."""


def _parse_codes(value: Any) -> Any:
    return (value,) if isinstance(value, int) else value


Codes = Annotated[tuple[Whole, ...], BeforeValidator(_parse_codes)]


class LandCover(Origin):
    """Land cover as a GeoTIFF of whole numbers, one code for each class."""

    path: InputPath = Field(description="GeoTIFF, relative to the project file")
    crs: str | None = Field(None, min_length=1, description="CRS of a file that states none")
    unknown: Codes = Field(
        (0,), description="codes that mean unknown, besides the value that the file tags as nodata"
    )
    nodata: Number | None = Field(None, description="value that means unknown, if untagged")
    classes: dict[str, Codes] = Field(
        {
            TREES: (10,),
            "shrubland": (20,),
            "grassland": (30,),
            FARMLAND: (40,),
            "built-up": (50,),
            "bare": (60,),
            "snow and ice": (70,),
            "water": (80,),
            "wetland": (90,),
            "mangroves": (95,),
            "moss and lichen": (100,),
        },
        min_length=1,
        max_length=60,
        description="class = code, or a list of codes; those of ESA WorldCover if unset. Figures "
        'and sentences speak of farmland and "tree cover": give these names to yours',
    )

    @model_validator(mode="after")
    def _each_code_once(self) -> LandCover:
        names = dict.fromkeys(self.unknown, "unknown")
        if self.nodata is not None and self.nodata == int(self.nodata):
            names[int(self.nodata)] = "unknown"
        for name, codes in self.classes.items():
            if not name.strip() or name in {"unknown", "other"}:
                raise ValueError(f"'{name}' cannot be the name of a class. Choose another.")
            for code in codes:
                if names.setdefault(code, name) != name:
                    raise ValueError(f"code {code} is {names[code]} and {name}. Keep one.")
        return self


class Canopy(Origin):
    """Height of the trees above the ground, which rays must clear."""

    path: InputPath | None = Field(
        None, description="GeoTIFF of the height of trees, relative to the project file"
    )
    height_m: Number | None = Field(
        None,
        gt=0,
        le=120,
        description="or one height for all tree cover (and mangroves) of [landcover], metres",
    )
    crs: str | None = Field(None, min_length=1, description="CRS of a file that states none")
    unit: Literal["m", "dm", "cm", "ft"] = Field("m", description="unit of the heights of trees")
    nodata: Number | None = Field(None, description="value that means unknown, if untagged")
    no_trees: tuple[Number, ...] = Field(
        (), description="values, as stored, that mean no trees, such as that of water"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Canopy:
        if (self.path is None) == (self.height_m is None):
            raise ValueError("has both path and height_m, or neither (expected one). Keep one.")
        return self


class Elevation(Origin):
    """Elevation as a GeoTIFF."""

    path: InputPath = Field(description="GeoTIFF, relative to the project file")
    crs: str | None = Field(None, min_length=1, description="CRS of a file that states none")
    unit: Literal["m", "dm", "cm", "km", "ft"] = Field("m", description="unit of the heights")
    vertical_datum: str = Field("", description="height above what, for example EGM2008")
    model: Literal["ground", "surface", "unknown"] = Field(
        "unknown", description="bare ground, or with trees and roofs"
    )
    accuracy_m: Number | None = Field(None, gt=0, description="standard deviation of the error")
    error_correlation_m: Number = Field(
        1_000.0, gt=0, description="distance over which the error of the heights is alike, metres"
    )
    nodata: Number | None = Field(None, description="value that means unknown, if untagged")
    least_coverage: Number = Field(
        0.5, ge=0, le=1, description="share of the widest zone with known heights, or an error"
    )
    canopy: Canopy | None = Field(
        None,
        description="height of trees, which rays must clear; only for a model of the ground. "
        "Added to the terrain between a post and what it looks at, and not in the post's own cell",
    )


class Settlements(LayerSource):
    """Places with people, and how far around them population rasters are read."""

    raster_reach_m: Distance = Field(
        2_000.0,
        description="people of a population raster within this distance of a settlement, and "
        "nearest to it on its side of the line, are those around it, metres",
    )
    trusted: Flag = Field(
        False, description="use figures although they are far above what the districts state"
    )
    zero: Literal["unknown", "nobody"] | None = Field(
        None,
        description="what a population of 0 means; if unset unknown in figures of GeoNames, by "
        "the source that the layer or the row names, and nobody in others",
    )


class PopulationRaster(Origin):
    """People per cell or per square kilometre, as a GeoTIFF."""

    key: Key = Field(description="short name, as in raster:<key>")
    path: InputPath = Field(description="GeoTIFF, relative to the project file")
    kind: Literal["count", "density"] = Field(
        description="people per cell, or per square kilometre"
    )
    crs: str | None = Field(None, min_length=1, description="CRS of a file that states none")
    nodata: Number | None = Field(
        None, description="value, as stored, that means unknown (or nobody: see empty), if untagged"
    )
    empty: Literal["unknown", "nobody"] = Field(
        "unknown",
        description="what a cell without a value says: nothing, or that nobody lives there, as in "
        "rasters of settled land; then also beyond the border, so the raster must hold all "
        "countries of the area",
    )
    valid_from: Day | None = Field(None, description="the figures hold from this date")
    valid_until: Day | None = Field(None, description="the figures hold until this date")
    series: Key | None = Field(
        None,
        description="of rasters of one series that hold, each line takes the one whose date is "
        "nearest to its own; all that hold are given side by side if unset",
    )
    trusted: Flag = Field(
        False, description="use it although it is far from what the districts state"
    )
    sensitivity: Sensitivity = Field("public", description="restricted: never in a public output")

    @model_validator(mode="after")
    def _in_order(self) -> PopulationRaster:
        if self.valid_from and self.valid_until and self.valid_from > self.valid_until:
            raise ValueError("valid_from is later than valid_until. Swap them.")
        if self.series is not None and self.date is None:
            raise ValueError("is of a series and has no date. Add the date that it describes.")
        return self


class SectionSpec(Model):
    """A named stretch of a line: between two places, or within parts of a partition."""

    key: Key = Field(description="short name, used in tables")
    label: str = Field("", description="name for people to read")
    line: Key = Field(description="key of the line; a section holds for one line")
    between: tuple[LonLat, LonLat] | None = Field(
        None, description="from the point nearest to one place to that nearest to another"
    )
    partition: Key | None = Field(
        None, description="or what of the line lies within a partition, or districts"
    )
    parts: tuple[str, ...] = Field(
        (), description="codes or names of the parts of it that count; all if empty"
    )
    rates: tuple[str, ...] = Field(
        (), description="columns of the settlements of which the mean is taken, as per cent"
    )

    @model_validator(mode="after")
    def _one_way(self) -> SectionSpec:
        if (self.between is None) == (self.partition is None):
            raise ValueError(
                "has both between and partition, or neither (expected one). Keep one of them."
            )
        if self.parts and self.partition is None:
            raise ValueError("has parts without a partition. Add partition = ...")
        return self


class ScenarioSpec(Model):
    """A line that might be: another one offset on one side, or land handed over."""

    key: Key = Field(description="short name; stands where a line's key does")
    label: str = Field(min_length=1, description="name for people to read")
    from_line: Key = Field(description="key of the dated line it starts from")
    date: Day | None = Field(None, description="date it is taken to hold at; its line's if unset")
    offset_m: Distance | None = Field(None, description="how far the line is moved, metres")
    side: str | None = Field(None, description="with offset_m: the side whose land it moves into")
    hand_over: Key | None = Field(
        None, description="or the partition, or districts, that is handed over"
    )
    parts: tuple[str, ...] = Field(
        (), description="codes or names of the parts of it that are; all if empty"
    )
    without: Key | None = Field(
        None, description="with hand_over: the partition whose land stays, where outlines overlap"
    )
    to_side: str | None = Field(
        None, description="the side that receives the land; the other one of two if unset"
    )
    error_m: Number | None = Field(
        None, ge=0, description="half-width of the new line's error; its line's if unset"
    )

    @model_validator(mode="after")
    def _one_way(self) -> ScenarioSpec:
        if (self.offset_m is None) == (self.hand_over is None):
            raise ValueError(
                "has both offset_m and hand_over, or neither (expected one). Keep one of them."
            )
        if self.offset_m is not None and self.side is None:
            raise ValueError("does not say into whose land the line moves. Add side = ...")
        if self.hand_over is not None and self.to_side is None:
            raise ValueError("does not say who receives the land. Add to_side = ...")
        if self.parts and self.hand_over is None:
            raise ValueError("has parts without hand_over. Add the partition they are of.")
        if self.without is not None and self.hand_over is None:
            raise ValueError("has without, and no hand_over. Add what is handed over.")
        return self


class Fetch(Model):
    """Where `frontline fetch` gets data from; nothing is fetched without that command."""

    elevation: tuple[
        Literal["glo30", "glo90", "glo30_opentopography", "srtm", "alos", "tiles"], ...
    ] = Field(("glo30", "glo90"), min_length=1, description="elevation, the preferred source first")
    fallback: Flag = Field(
        False,
        description="a tile that one source lacks may come from the next, which may be coarser",
    )
    missing: Literal["stop", "unknown"] = Field(
        "stop", description="what to do about land that no source has; it is never taken for sea"
    )
    fill_voids: Literal["keep", "linear"] = Field(
        "keep",
        description="voids of elevation stay unknown, or are filled linearly from the cells around "
        "them and marked in elevation_filled.tif",
    )
    void_cells: Whole = Field(
        10,
        ge=1,
        le=1_000,
        description="a void of which a cell lies further than this from a known one, in cells, is "
        "never filled",
    )
    tiles: str = Field("", description="folder of your own tiles of elevation (GeoTIFF)")
    tiles_datum: str = Field("", description="what the heights of your own tiles are above")
    tiles_unit: Literal["", "m", "ft"] = Field(
        "", description="unit of your own tiles; what the files say, and metres if they do not"
    )
    seam_limit_m: Number = Field(
        2.0, gt=0, description="a step between two tiles above this is reported, metres"
    )
    countries: tuple[str, ...] = Field(
        (), description="countries of people, places and boundaries, as ISO 3166 codes of 3 letters"
    )
    mirror: str = Field("", description="address put before host and path of every download")
    proxy: str = Field("", description="address of a proxy; the environment's if unset")


Speed = Annotated[float, Field(strict=True, gt=0, le=300)]


class Travel(Model):
    """Speeds, slopes and checkpoints on the way by road."""

    speeds_kmh: dict[str, Speed] = Field(
        {},
        description="speed by kind of corridor, km/h; other kinds keep motorway 90, trunk 70, "
        "primary 60, secondary and road 50, tertiary 40, track 15. A column speed_kmh of the "
        "corridors comes before. A kind named here can be driven",
    )
    slopes: Flag = Field(
        True,
        description="whether slopes limit speeds, where elevation has cells of 100 m or less and "
        "the corridors are not schematic; else roads are level",
    )
    power_w_kg: Number = Field(
        15.0,
        gt=0,
        description="power by which a slope limits speed, uphill and downhill, watts per kilogram",
    )
    join_m: Number | None = Field(
        None,
        ge=0,
        le=5_000,
        description="loose ends of roads this near to another road are joined to it, metres; 0: "
        "roads meet where they share a point only. If unset 0, or 100 where the corridors are "
        "schematic or cross without common points",
    )
    passages: tuple[str, ...] = Field(
        (),
        description="identifiers (or names) of corridors that no line bars, such as a corridor "
        "under a third party",
    )
    checkpoint_kind: str = Field(
        "checkpoint",
        min_length=1,
        description="kind of the points where a line lets through; their column wait_min says at "
        "what cost",
    )
    checkpoint_min: Number = Field(
        30.0, ge=0, description="what passing a checkpoint costs, minutes, where wait_min is empty"
    )
    checkpoint_m: Number = Field(
        500.0, gt=0, description="a crossing this near to a checkpoint is open, metres"
    )


ALL_DATES = "all dates"
UNDATED = dt.date(1, 1, 1)
"""Date of a table of many dates, until the layer is read."""


class LineSource(LayerSource):
    """A front line, or a state given as polygons, as one source draws it."""

    key: Key = Field(description="short name, used in tables, layers and file names")
    label: str = Field(min_length=1, pattern=NAME_PATTERN, description="name for people to read")
    side_column: str | None = Field(
        None, description="the file holds polygons, and this column says who holds each"
    )
    held_by: str | None = Field(
        None, description="or the file holds polygons of one side only: its name"
    )
    rest_side: str | None = Field(
        None, description="the side that holds what the polygons leave of the study area"
    )
    holders: dict[str, str] = Field(
        {}, description='value of side_column = side; "" for land that is on no side'
    )
    least_part_km2: Number | None = Field(
        None,
        ge=0,
        description="smaller pieces of land are given to what surrounds them; the error of the "
        "line squared if unset, at least 0.0025 and at most a hundredth of the study area. A seed "
        "keeps a piece",
    )
    error_m: LineError = Field(
        0.0, description="half-width within which the line lies with 95 %, metres or a column"
    )

    @property
    def states(self) -> bool:
        """Whether the file holds polygons instead of lines."""
        return self.side_column is not None or self.held_by is not None

    @model_validator(mode="after")
    def _one_way(self) -> LineSource:
        if self.side_column is not None and self.held_by is not None:
            raise ValueError("has both side_column and held_by (expected one). Keep one of them.")
        if self.rest_side is not None and not self.states:
            raise ValueError(
                "has rest_side and does not say who holds the polygons. Add held_by = a side, or "
                "side_column."
            )
        if self.holders and self.side_column is None:
            raise ValueError("has holders and no column that they stand in. Add side_column.")
        return self


class AlternativeSpec(LineSource):
    """The same front at the same date, as another source draws it."""


class LineSpec(LineSource):
    """A front line, or a state given as polygons, at a date."""

    date: Day = Field(description="date of the line, YYYY-MM-DD")
    each: str | None = Field(
        None,
        description="the file holds lines of many dates, and this column says of which: as many "
        "lines as dates, with keys like line_20240808",
    )
    files: str | None = Field(
        None,
        description="instead of path: one file a date, such as maps/name_YYYYMMDD.geojson; * "
        "stands for any text",
    )
    newest: Whole | None = Field(
        None, ge=1, description="with each or files: only so many of the newest dates"
    )
    per: Literal["month", "year"] | None = Field(
        None, description="with each or files: only the last date of each month, or year"
    )
    error_correlation_m: Number = Field(
        5_000.0, gt=0, description="distance over which the error of the line is alike, metres"
    )
    error_correlation_range_m: tuple[Number, Number] | None = Field(
        None,
        description="least and most that this distance may be, metres; a third and three times of "
        "it if unset: the table correlation has the intervals of key figures then",
    )
    independent: Flag = Field(
        False,
        description="its error has nothing to do with that of other lines; otherwise lines share "
        "their error where they coincide",
    )
    change: Literal["fighting", "handover", "adjustment", ""] = Field(
        "", description="how the line before became this one"
    )
    alternatives: tuple[AlternativeSpec, ...] = Field(
        (),
        max_length=12,
        description="the same front at the same date as other sources draw it: figures then tell "
        "the range between the sources",
    )

    @model_validator(mode="before")
    @classmethod
    def _dated_later(cls, value: Any) -> Any:
        """Let a table of many dates be without key, label and date: its lines have them."""
        if isinstance(value, dict) and value.get("each") is not None:
            later = {"key": "line", "label": ALL_DATES, "date": UNDATED}
            return later | value
        return value

    @model_validator(mode="after")
    def _alternatives_of_one_date(self) -> LineSpec:
        if self.alternatives and self.each is not None:
            raise ValueError(ALTERNATIVES_OF_MANY)
        keys = [alternative.key for alternative in self.alternatives]
        for key in sorted({key for key in keys if keys.count(key) > 1 or key == self.key}):
            raise ValueError(
                f"has two sources with the key '{key}' (expected one key each). Rename one of the "
                "alternatives."
            )
        for other in self.alternatives:
            if other.date not in {None, self.date}:
                raise ValueError(
                    f"is of {self.date}, and its alternative '{other.key}' of {other.date} "
                    "(expected the same date). A line of another date is a line of its own: give "
                    "it [[lines]]."
                )
        return self

    def drawn_by(self, alternative: AlternativeSpec) -> LineSpec:
        """Give the line as another source draws it; its key names both, ``line_2020/osm``."""
        own = {
            name: getattr(alternative, name) for name in LineSource.model_fields if name != "date"
        }
        own["key"] = f"{self.key}/{alternative.key}"
        own["label"] = f"{self.label} ({alternative.label})"
        return self.model_copy(update=own | {"alternatives": ()})

    @property
    def drawings(self) -> tuple[LineSpec, ...]:
        """The line as it is drawn, then as each alternative source draws it."""
        return (self, *(self.drawn_by(alternative) for alternative in self.alternatives))


class SideSpec(Model):
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
    grey: Literal["centre", "edges"] | None = Field(
        None,
        description="this side is a grey zone: the front is its centre line, counted once, or both "
        "its edges",
    )

    @field_validator("seed", mode="before")
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        layer = isinstance(value, list | tuple) and len(value) == 2
        return (value,) if layer and not isinstance(value[0], list | tuple) else value


class PartitionSpec(LayerSource):
    """A partition of the land other than districts, such as a former border."""

    key: Key = Field(description="short name, used in layers")
    label: str = Field(description="name for people to read")


class Corridors(LayerSource):
    """Roads, canals, pipelines and other lines that the front may cut."""

    schematic: Flag = Field(
        False, description="joined from place to place: lengths and times are indicative only"
    )


class Zones(Model):
    """Distances on both sides of each line."""

    distances_m: tuple[Distance, ...] = Field(
        (5_000.0, 10_000.0, 15_000.0),
        min_length=1,
        max_length=20,
        description="distances from the line, metres, 100 to 100,000",
    )
    main_m: Distance | None = Field(
        None,
        description="the one of them that key figures speak of; 15,000 if unset and among them, "
        "else the widest",
    )

    @field_validator("distances_m")
    @classmethod
    def _sorted(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(sorted(set(value)))

    @model_validator(mode="after")
    def _main_is_one(self) -> Zones:
        if self.main_m is not None and self.main_m not in self.distances_m:
            known = ", ".join(f"{distance:g}" for distance in self.distances_m)
            raise ValueError(
                f"main_m = {self.main_m:g} is none of the distances (expected one of {known}). "
                "Add it to distances_m, or choose one of them."
            )
        return self

    @property
    def headline_m(self) -> float:
        """The distance that key figures speak of."""
        if self.main_m is not None:
            return self.main_m
        return 15_000.0 if 15_000.0 in self.distances_m else max(self.distances_m)


class Uncertainty(Model):
    """How the positional error of the lines is carried into the figures."""

    draws: Whole = Field(200, ge=0, le=10_000, description="displaced copies of each line")
    seed: Whole = Field(1, ge=0, description="seed of the random numbers: same seed, same figures")


class Sight(Model):
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


class StatedFigure(Model):
    """A number of people that a source states, kept apart from what is computed."""

    id: str = Field(min_length=1, description="identifier, as in stated:<id>")
    line: Key = Field(description="key of the line it speaks of")
    side: str = Field(description="name of the side it speaks of")
    distance_m: Distance = Field(description="within this distance of the line, metres")
    low: Whole = Field(ge=0, description="lowest number stated")
    high: Whole = Field(ge=0, description="highest number stated")
    source: str = Field(min_length=1, description="who states it, and where")
    date: Day | None = Field(None, description="when it was stated")


class Total(Origin):
    """People of all the land that a side held at a line, as a source states them."""

    id: str = Field(min_length=1, description="identifier, as in total:<id>")
    line: Key = Field(description="key of the line at which the side held that land")
    side: str = Field(description="name of the side")
    people: Whole = Field(
        gt=0, description="how many lived there, by this source: what lists are held against"
    )


class Displacement(Model):
    """People who left their homes, as rows of the flows tell it, and whom that concerns."""

    label: str = Field(min_length=1, description='what it was, as in "before ...": the war of 2020')
    date: Day = Field(
        description="when people left: figures counted before it do not tell who was there after it"
    )
    left: Key = Field(description="id of the row of flows with those who left")
    whole: Key | None = Field(
        None, description="id of the row of flows with those who lived there before"
    )
    returned: tuple[Key, ...] = Field(
        (), description="ids of rows of flows with those who came back; they count from their date"
    )
    sides: tuple[str, ...] = Field((), description="sides whose people left; all if empty")


class PeopleSettings(Model):
    """What is said of figures of people."""

    outdated_years: Number = Field(
        3.0,
        gt=0,
        description="figures counted more than this many years before a line are flagged outdated",
    )


_LEAST_EXTENT = 0.0001


class Map(Model):
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
        inside = -180 <= west <= 180 and -180 <= east <= 180 and -90 <= south < north <= 90
        wide = min(north - south, (east - west) % 360) >= _LEAST_EXTENT
        if not (inside and (wide or east - west == 360)):
            raise ValueError(
                f"{show_value(list(value))} is no extent (expected degrees: west, south, east, "
                "north, "
                f"at least {_LEAST_EXTENT:g} apart). Correct it."
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


class Outputs(Model):
    """Which of the large files are written; tables and manifest always are."""

    write: tuple[Product, ...] = Field(
        ("geopackage", "workbook", "page", "figures", "report", "rasters"),
        description="files wanted beside the tables; geoparquet needs frontline-gis[parquet]",
    )
    basemap: Tiles = Field(
        "", description="online tiles that the page offers: osm, or https://host/{z}/{x}/{y}.png"
    )
    basemap_credit: str = Field("", description="whom the page names for these tiles")
    restricted_sums: Flag = Field(
        False,
        description="with --public: publish sums over restricted settlements, by whole side and "
        "distance, in restricted_people.csv; without it they take part in no figure",
    )
    least_places: Whole = Field(
        3,
        ge=2,
        le=1_000,
        description="with restricted_sums: settlements that each of these sums, and whatever "
        "follows from several of them, must hold; else the sum is withheld",
    )


class Project(Model):
    """A whole project: what the file says, with every path made absolute."""

    title: str = Field(min_length=1, description="title of map, report and workbook")
    study_area: LayerSource = Field(description="the land in question, as polygons")
    land: LayerSource | None = Field(
        None, description="land without sea: the rest of the study area is on no side"
    )
    lines: tuple[LineSpec, ...] = Field(min_length=1, description="dated lines, or states")
    sides: tuple[SideSpec, ...] = Field((), description="names of the sides, and where they are")
    settlements: Settlements | None = Field(None, description="places, as points or polygons")
    corridors: Corridors | None = Field(None, description="roads, canals, pipelines")
    points: LayerSource | None = Field(None, description="named points")
    districts: LayerSource | None = Field(None, description="districts with people")
    partitions: tuple[PartitionSpec, ...] = Field((), description="other partitions of the land")
    population: tuple[PopulationRaster, ...] = Field((), description="population rasters")
    stated: tuple[StatedFigure, ...] = Field((), description="figures that sources state")
    totals: tuple[Total, ...] = Field(
        (), description="people of a whole side that sources state: how much of them a list holds"
    )
    displacements: tuple[Displacement, ...] = Field(
        (), description="who had left, by rows of the flows: applied to give the people present"
    )
    people: PeopleSettings = Field(PeopleSettings(), description="what is said of figures")
    elevation: Elevation | None = Field(None, description="elevation, for sight and relief")
    landcover: LandCover | None = Field(None, description="land cover, for farmland and trees")
    sections: tuple[SectionSpec, ...] = Field((), description="named stretches of lines")
    scenarios: tuple[ScenarioSpec, ...] = Field(
        (), description="lines that might be, made of others"
    )
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

    @property
    def drawings(self) -> tuple[LineSpec, ...]:
        """Each line as it is drawn, followed by what alternative sources draw in its place."""
        return tuple(drawing for line in self.lines for drawing in line.drawings)
