"""What each input layer may hold: geometry and columns, in one table.

The project file, the reader, the template for digitising and the schema draw from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from frontline.project.models import LineSpec

Kind = Literal["text", "whole number", "number", "date"]
Shape = Literal["point", "line", "polygon"]


@dataclass(frozen=True)
class InputColumn:
    """A column that a layer may have.

    Parameters
    ----------
    name
        Our name for it.
    kind
        What a cell holds; an empty cell is unknown.
    description
        One sentence for the schema and the template.
    also
        Names that are taken for it where the file has no column of our name.
    needed
        The layer cannot be read without it.
    key
        Key of the layer in the project file that names it; one of ``columns`` if empty.
    degrees
        Its numbers are degrees, whose point is always a decimal one.
    """

    name: str
    kind: Kind
    description: str
    also: tuple[str, ...] = ()
    needed: bool = False
    key: str = ""
    degrees: bool = False


@dataclass(frozen=True)
class Role:
    """What a layer is for.

    Parameters
    ----------
    name
        Key of the project file.
    shapes
        Kinds of geometry it takes.
    optional
        Features without a usable geometry are dropped and counted; otherwise they are an error.
    columns
        Columns it may have, in the order of the frame that is read; the user's follow.
    description
        One sentence.
    carries
        The user's own columns are kept.
    otherwise
        What to do about a layer of another kind of geometry; a general advice if empty.
    """

    name: str
    shapes: tuple[Shape, ...]
    optional: bool
    columns: tuple[InputColumn, ...]
    description: str
    carries: bool = True
    otherwise: str = ""


_ID = InputColumn(
    "id",
    "text",
    "your identifier (P-code); else a hash of name and place",
    ("pcode",),
)
_NAME_ALT = InputColumn("name_alt", "text", "second name, for disputed places")
_NAME_OTHER = InputColumn("name_other", "text", "other spellings, separated by ;")
_NAME = InputColumn("name", "text", "name")

_ERROR = InputColumn("error_m", "number", "half-width of the line's error, metres", key="error_m")
_SIDE = InputColumn("side", "text", "who holds it", needed=True, key="side_column")

STUDY_AREA = Role(
    "study_area", ("polygon",), False, (), "the land in question; its features are united", False
)
LAND = Role(
    "land", ("polygon",), True, (), "land without sea, such as polygons of a coastline", False
)
LINES = Role(
    "lines",
    ("line",),
    False,
    (),
    "one dated line, in any number of pieces",
    False,
    "If these polygons are land that somebody holds, say so: side_column = the column that names "
    "who holds each, or held_by = the side that holds all of them",
)


def find_role_of_line(line: LineSpec) -> Role:
    """Tell what the layer of a line may hold: lines, or polygons with who holds them."""
    columns = (_SIDE,) if line.side_column is not None else ()
    if isinstance(line.error_m, str):
        columns = (*columns, replace(_ERROR, needed=True))
    if not line.states:
        return replace(LINES, columns=columns)
    way = "Name a layer of polygons, or remove side_column and held_by if the front is lines"
    return replace(LINES, shapes=("polygon",), columns=columns, otherwise=way)


PARTITIONS = Role("partitions", ("polygon",), True, (), "another partition of the land")
SETTLEMENTS = Role(
    "settlements",
    ("point", "polygon"),
    True,
    (
        _ID,
        InputColumn("name", "text", "name of the place", needed=True),
        _NAME_ALT,
        _NAME_OTHER,
        InputColumn("population", "whole number", "people; empty is unknown, never zero", ("pop",)),
        InputColumn("population_kind", "text", "residents, registered or displaced; never added"),
        InputColumn(
            "population_date",
            "date",
            "when they were counted: YYYY, YYYY-MM or YYYY-MM-DD; empty: undated",
            ("population_year", "pop_year"),
        ),
        InputColumn("population_from", "date", "the figure holds from this date"),
        InputColumn("population_until", "date", "the figure holds until this date"),
        InputColumn("population_source", "text", "who counted", ("source",)),
    ),
    "places as points or polygons",
)
CORRIDORS = Role(
    "corridors",
    ("line",),
    True,
    (_ID, _NAME, _NAME_ALT, InputColumn("kind", "text", "road, canal, pipeline ...", ("type",))),
    "roads, canals, pipelines and other lines that the front may cut; of your own columns "
    "`speed_kmh`, `oneway` (yes, no, -1; or F, T, B), `bridge`, `tunnel` and `layer` count for "
    "ways by road",
)
POINTS = Role(
    "points",
    ("point",),
    True,
    (
        _ID,
        InputColumn("name", "text", "name of the point", needed=True),
        _NAME_ALT,
        InputColumn(
            "kind", "text", "crossing, reservoir, checkpoint (see `[travel]`) ...", ("type",)
        ),
        InputColumn("elevation_m", "number", "published height, metres", ("elevation",)),
        InputColumn("note", "text", "anything worth saying"),
    ),
    "named points",
)
DISTRICTS = Role(
    "districts",
    ("polygon",),
    True,
    (
        InputColumn(
            "code",
            "text",
            "code of the district; its polygons are united by it",
            ("boundary_code", "pcode", "adm2_pcode", "adm1_pcode"),
            needed=True,
        ),
        InputColumn("name", "text", "name", ("district",)),
        _NAME_ALT,
        InputColumn("area_km2", "number", "published area, square kilometres"),
        InputColumn("population", "whole number", "people of the whole district", ("pop",)),
        InputColumn("population_kind", "text", "residents, registered or displaced"),
        InputColumn("population_year", "date", "when they were counted", ("population_date",)),
        InputColumn("counted_by", "text", "the side whose part of the district the figure covers"),
        InputColumn("note", "text", "anything worth saying"),
        InputColumn("known_error", "text", "what is known to be wrong with the boundary"),
    ),
    "districts with people, united by code",
)

ROLES: Mapping[str, Role] = MappingProxyType(
    {
        role.name: role
        for role in (
            STUDY_AREA,
            LAND,
            LINES,
            SETTLEMENTS,
            CORRIDORS,
            POINTS,
            DISTRICTS,
            PARTITIONS,
        )
    }
)

_PLACE = InputColumn("place", "text", "identifier of a settlement", needed=True)
_SOURCE = InputColumn("source", "text", "who says so, and where")
_NOTE = InputColumn("note", "text", "anything worth saying")
_TABLE_ID = InputColumn("id", "text", "identifier; else the number of the row")

FLOWS = Role(
    "flows",
    (),
    False,
    (
        _TABLE_ID,
        InputColumn("what", "text", "what is counted, in words", needed=True),
        InputColumn("kind", "text", "stock: at a date; flow: over a time"),
        InputColumn("origin", "text", "where people came from"),
        InputColumn("destination", "text", "where they went, or are"),
        InputColumn("amount", "number", "the figure stated", ("people",)),
        InputColumn("amount_low", "number", "or its lower end; alone: at least so many"),
        InputColumn("amount_high", "number", "or its upper end; alone: at most so many"),
        InputColumn("unit", "text", "people, families, % of the whole; people if empty"),
        InputColumn("part_of", "text", "identifier of the row whose parts, this one, add up to it"),
        InputColumn("share_of", "text", "or of the row of which it is a share, beside others"),
        InputColumn("date", "date", "when it was so: YYYY, YYYY-MM or YYYY-MM-DD"),
        _SOURCE,
        _NOTE,
    ),
    "displaced people by origin and destination, with the total that each is a part of",
)
LINKS = Role(
    "links",
    (),
    False,
    (
        _TABLE_ID,
        _PLACE,
        InputColumn("kind", "text", "water, field, cemetery, school, post ...", ("type",)),
        InputColumn("name", "text", "what it is called"),
        InputColumn("asset", "text", "its identifier among points, settlements or corridors"),
        InputColumn("nearest", "text", "or a kind of point, of which the nearest counts"),
        InputColumn("lon", "number", "or its longitude, degrees", ("longitude",), degrees=True),
        InputColumn("lat", "number", "and its latitude, degrees", ("latitude",), degrees=True),
        InputColumn("stated_side", "text", "same, other or a side's name, as the source says"),
        InputColumn("stated_distance_m", "number", "distance as the source says, metres"),
        _SOURCE,
        _NOTE,
    ),
    "what a settlement depends on, such as its water, its fields, its school",
)
EVENTS = Role(
    "events",
    (),
    False,
    (
        _TABLE_ID,
        InputColumn("date", "date", "day of the event, YYYY-MM-DD", needed=True),
        InputColumn("name", "text", "name of the event"),
        InputColumn("kind", "text", "incident, incursion, shelling ...", ("type",)),
        InputColumn(
            "lon", "number", "longitude, degrees", ("longitude",), needed=True, degrees=True
        ),
        InputColumn("lat", "number", "latitude, degrees", ("latitude",), needed=True, degrees=True),
        InputColumn("claimed_by", "text", "who gives this position"),
        InputColumn("lon_2", "number", "longitude that others give", degrees=True),
        InputColumn("lat_2", "number", "latitude that others give", degrees=True),
        InputColumn("claimed_by_2", "text", "who gives the second position"),
        InputColumn("position_error_m", "number", "how well the positions are known, metres"),
        _SOURCE,
        _NOTE,
    ),
    "dated events, with one or two claimed positions",
)

TABLES: Mapping[str, Role] = MappingProxyType({role.name: role for role in (FLOWS, LINKS, EVENTS)})
"""Tables without geometry; what their columns say of places is looked up or projected later."""

RESTRICTABLE = (
    "settlements",
    "corridors",
    "points",
    "districts",
    "partitions",
    "population",
    "flows",
    "links",
    "events",
)
"""Inputs that may be restricted without taking the sense of a public run."""

POPULATION_KINDS = ("residents", "registered", "displaced")

LON_NAMES = ("lon", "longitude", "lng", "long", "x")
LAT_NAMES = ("lat", "latitude", "y")

_OF_GEOPACKAGES = ("fid", "ogc_fid", "rowid", "geom", "geometry", "shape")
_OF_PLACES = ("lon", "lat", "line", "side", "side_certain", "distance_m", "azimuth_deg")
_OF_NEAREST = ("nearest_lon", "nearest_lat", "zone_m", "crossed")
_OF_SHARES = ("share_own_side", "contested_share", "length_km", "angle_deg", "km")
_OF_FIGURES = ("holds", "population_at_line", "figure_age_years", "outdated")
_OF_SIGHT = (
    "in_sight",
    "posts_in_sight",
    "posts_within_radius",
    "line_in_sight_km",
    "line_within_radius_km",
)
RESERVED = frozenset(
    (*_OF_GEOPACKAGES, *_OF_PLACES, *_OF_NEAREST, *_OF_SHARES, *_OF_FIGURES, *_OF_SIGHT)
)
"""Names that a user's own column cannot keep.

A GeoPackage would lose the first ones; the others are names of our results.
"""
