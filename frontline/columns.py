"""Every column of every table: name, type, unit, words. Files and documents draw on it."""

from __future__ import annotations

from collections.abc import Mapping

from frontline.column import MEASURES, Column, Type
from frontline.column import integer as _integer
from frontline.column import interval as _interval
from frontline.column import number as _number
from frontline.column import text as _text
from frontline.cut_columns import CUT_COLUMNS, CUT_TITLES
from frontline.line_columns import LINE_COLUMNS, LINE_TITLES
from frontline.people_columns import RASTER_COLUMNS, RASTER_TITLES
from frontline.seen_columns import SIGHT_COLUMNS, SIGHT_TITLES

__all__ = ["COLUMNS", "FURTHER", "LAYERS", "MEASURES", "TITLES", "Column", "Type"]

LINE = _text("line", "Line", "Key of the line.")
SIDE = _text("side", "Side", "Name of the side; empty outside the study area.")
DISTANCE = _number("distance_m", "m", "Distance", "Outer edge of the zone, from the line.")
KIND_OF_ZONE = _text(
    "kind",
    "Kind of zone",
    "cumulative: from the line to the distance; ring: from the next smaller distance to it.",
)
ID = _text("id", "Identifier", "Identifier of the place, the user's own or made from the data.")
NAME = _text("name", "Name", "Name as the input gives it.")
NAME_ALT = _text("name_alt", "Other name", "Second name of the same place, if there is one.")
PLACE = (ID, NAME, NAME_ALT)
LON_LAT = (
    _number("lon", "degrees", "Longitude", "East of Greenwich, WGS 84."),
    _number("lat", "degrees", "Latitude", "North of the equator, WGS 84."),
)
AREA = (_number("area_km2", "km²", "Area", "Area on the ellipsoid, inside the study area."),)
AREA_INTERVAL = _interval("area_km2", "km²", "Area", "area")
FROM_TO = (
    _text("from_line", "From line", "Key of the earlier line."),
    _text("to_line", "To line", "Key of the later line."),
    _text("from_side", "From side", "Side under the earlier line."),
    _text("to_side", "To side", "Side under the later line."),
)

PER_PLACE = (
    *PLACE,
    *LON_LAT,
    _integer("population", "people", "People", "As the source states; empty if unknown."),
    _text("population_kind", "Kind of figure", "residents, registered or displaced; never added."),
    _text("population_date", "Date of figure", "Year, month or day that the figure describes."),
    _text("population_source", "Source of figure", "Who states the figure."),
)
"""The columns of a settlement that do not depend on a line."""

PER_LINE = (
    SIDE,
    Column(
        "side_certain",
        "boolean",
        "",
        "Side is certain",
        "False where the place is nearer to the line than the line's error.",
    ),
    _number(
        "distance_m", "m", "Distance to the line", "Along the ellipsoid, to its nearest point."
    ),
    _number(
        "azimuth_deg",
        "degrees",
        "Direction to the line",
        "From the place to the nearest point, clockwise from north.",
    ),
    _number("nearest_lon", "degrees", "Nearest point, longitude", "Where the line is nearest."),
    _number("nearest_lat", "degrees", "Nearest point, latitude", "Where the line is nearest."),
    _number("zone_m", "m", "Zone", "Smallest distance of the project that contains the place."),
    Column("crossed", "boolean", "", "Cut by the line", "Whether the line runs through the place."),
    _number(
        "share_own_side", "", "Share on its side", "Share of the place's area on its side (0 to 1)."
    ),
    _number(
        "contested_share",
        "",
        "Contested share",
        "Share of the place's area within the error of the line (0 to 1).",
    ),
    _text(
        "in_sight",
        "In sight of the line",
        "visible, hidden, unknown (heights are missing) or out_of_range.",
    ),
    _integer("posts_in_sight", "posts", "Posts in sight", "Points of the line that see the place."),
    _integer(
        "posts_within_radius", "posts", "Posts within radius", "Points of the line in sight range."
    ),
    _number("line_in_sight_km", "km", "Line in sight", "Length of line that sees the place."),
    _number("line_within_radius_km", "km", "Line within radius", "Length of line in sight range."),
)
"""The columns of a settlement that stand once per line."""

COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "lines": (
        LINE,
        Column("date", "date", "", "Date", "Date of the line."),
        _text("label", "Label", "Name of the line for people."),
        _number("length_km", "km", "Length", "Length on the ellipsoid, inside the study area."),
        _number("error_m", "m", "Error", "Half-width within which the line lies with 95 %."),
    ),
    "sides": (LINE, SIDE, *AREA, *AREA_INTERVAL),
    "zones": (
        LINE,
        SIDE,
        DISTANCE,
        KIND_OF_ZONE,
        *AREA,
        _text(
            "source",
            "Source",
            "settlements (residents), settlements:registered, settlements_by_raster:<key> (those "
            "without a figure, with the raster's people around them), raster:<key>, districts or "
            "stated:<id>. Sources are never added or averaged.",
        ),
        _number("population", "people", "People", "People in the zone by this source."),
        *_interval("population", "people", "People"),
        _integer("settlements", "places", "Settlements", "Settlements in the zone with a figure."),
        _integer(
            "settlements_unknown",
            "places",
            "Settlements without a figure",
            "Settlements in the zone without a figure of that kind that holds at the line's date; "
            "in the row of residents also those of which only registered people are known.",
        ),
        _number("coverage", "", "Coverage", "Share of the zone that the source covers (0 to 1)."),
        _number(
            "completeness",
            "",
            "Completeness",
            "Share of the zone's people that a list of settlements can contain (0 to 1).",
        ),
        *AREA_INTERVAL,
        _number(
            "population_inner", "people", "People, inner bound", "Line moved by its error one way."
        ),
        _number(
            "population_outer",
            "people",
            "People, outer bound",
            "Line moved by its error the other way.",
        ),
    ),
    "settlements": (*PER_PLACE, LINE, *PER_LINE),
    "changes": (
        *FROM_TO,
        _text(
            "kind",
            "Kind",
            "changed, unchanged, or within_error where the lines' errors leave it open.",
        ),
        *AREA,
        *AREA_INTERVAL,
    ),
    "control_change": (
        ID,
        NAME,
        *FROM_TO,
        _text("control", "Control", "stayed, changed, cut by a line, or uncertain."),
        _integer("population", "people", "People", "As the source states; empty if unknown."),
        _text("population_source", "Source of figure", "Who states the figure."),
        _number("distance_before_m", "m", "Distance before", "To the earlier line."),
        _number("distance_after_m", "m", "Distance after", "To the later line."),
        _text("sight_before", "Sight before", "In sight of the earlier line, as in_sight."),
        _text("sight_after", "Sight after", "In sight of the later line, as in_sight."),
    ),
    "corridors": (
        ID,
        NAME,
        _text("kind", "Kind", "Road, track, canal or what the input says."),
        LINE,
        SIDE,
        _number("distance_m", "m", "Distance", "Outer edge of the zone; empty: the whole side."),
        _number("km", "km", "Length", "Length of the corridor there, on the ellipsoid."),
        *_interval("km", "km", "Length"),
    ),
    "crossings": (
        *PLACE,
        _text("kind", "Kind", "Road, track, canal or what the input says."),
        LINE,
        _number("angle_deg", "degrees", "Angle", "Between corridor and line, 0 to 90."),
        *LON_LAT,
    ),
    "sight_zones": (
        LINE,
        SIDE,
        DISTANCE,
        _number("visible_share", "", "Visible share", "Share of the zone in sight (0 to 1)."),
        _number("unknown_share", "", "Unknown share", "Share of the zone undecided (0 to 1)."),
        _number("elevation_m", "m", "Elevation", "Mean over the zone; empty where unknown."),
        _number("relief_m", "m", "Relief", "Mean of highest less lowest height within 7 km."),
    ),
    **SIGHT_COLUMNS,
    **CUT_COLUMNS,
    **RASTER_COLUMNS,
    **LINE_COLUMNS,
    "claims": (
        _text("id", "Identifier", "Identifier of the statement; X01 and on are excluded."),
        _text("source", "Source", "Where the statement stands."),
        _text("statement", "Statement", "The statement in words."),
        _text("metric", "Metric", "What is computed to test it."),
        _text("stated", "Stated", "The figure as stated."),
        _number("computed", "", "Computed", "The figure computed here, in the unit given."),
        _number("low", "", "Low", "2.5 % point of the computed figure."),
        _number("high", "", "High", "97.5 % point of the computed figure."),
        _text("unit", "Unit", "Unit of the figures."),
        _text(
            "verdict",
            "Verdict",
            "supported, contradicted, indicative only, not testable, undefined, below accuracy "
            "or excluded.",
        ),
        _text("why", "Why", "Reason for the verdict."),
        _text("section", "Section", "Section of the report in which the statement stands."),
        Column("date", "date", "", "Date of the report", "When the report was published."),
        _text("contradicts", "Against", "Identifiers of the statements that it contradicts."),
        _text("detail", "Detail", "The numbers behind the computed figure."),
        _text("contains", "Interval holds", "What the interval of the computed figure holds."),
    ),
    "key_figures": (
        _text("id", "Identifier", "Stable name of the figure."),
        _number("value", "", "Value", "In the unit given."),
        _number("low", "", "Low", "2.5 % point over the draws."),
        _number("high", "", "High", "97.5 % point over the draws."),
        _text("unit", "Unit", "Unit of value, low and high."),
        _text("sentence", "Sentence", "Ready to quote: number, interval, date, source, caveat."),
    ),
    "notes": (
        _text("about", "About", "Layer, line or table."),
        _text("text", "Note", "What a reader must know."),
        _integer("count", "features", "Count", "How many features it concerns; 0: does not apply."),
    ),
}
"""Columns of the tables, in the order of the files. User's own columns follow them."""

LAYERS: Mapping[str, tuple[Column, ...]] = {
    "study_area": AREA,
    "partition_<key>": (),
    "districts": (
        _text("code", "Code", "Code of the district."),
        NAME,
        NAME_ALT,
        _number("area_km2", "km²", "Area as stated", "As the source states, not measured."),
        _integer("population", "people", "People", "As the source states; empty if unknown."),
        _text("population_kind", "Kind of figure", "residents, registered or displaced."),
        _text("population_year", "Date of figure", "Year, month or day that the figure describes."),
        _text("counted_by", "Counted by", "Side that counted, where it held only a part."),
        _text("note", "Note", "The input's remark."),
        _text("known_error", "Known error", "What is known to be wrong with the border."),
    ),
    "sides": COLUMNS["sides"],
    "changes": COLUMNS["changes"],
    "zones": (LINE, SIDE, DISTANCE, KIND_OF_ZONE, *AREA, *AREA_INTERVAL),
    "lines": COLUMNS["lines"],
    "corridors": (
        *PLACE,
        _text("kind", "Kind", "Road, track, canal or what the input says."),
        _number("length_km", "km", "Length", "Length on the ellipsoid."),
    ),
    "corridor_sight": COLUMNS["corridor_sight"],
    "crossings": COLUMNS["crossings"],
    "points": (
        *PLACE,
        _text("kind", "Kind", "What the input says the point is."),
        _number("elevation_m", "m", "Elevation", "As the input states; empty if unknown."),
        _text("note", "Note", "The input's remark."),
    ),
    "settlement_areas": (ID, NAME, NAME_ALT),
    "settlements": PER_PLACE,
    "control_change": (*PLACE, *COLUMNS["control_change"][2:]),
}
"""Columns of the GeoPackage's layers, from the ground up as a map draws them. Zones and
settlements have further ones per source of population and per line."""

PER_LINE_FURTHER = (
    Column(
        "sight_certain",
        "boolean",
        "",
        "Sight is certain",
        "False where the elevation's accuracy leaves it open; empty where that is not known.",
    ),
    _number(
        "sight_probability",
        "",
        "Probability of sight",
        "Share of drawn terrains with the place in sight (0 to 1), by the elevation's error.",
    ),
    _number(
        "sight_probability_low", "", "Probability of sight, low", "By the number of draws, 95 %."
    ),
    _number(
        "sight_probability_high", "", "Probability of sight, high", "By the number of draws, 95 %."
    ),
    _number(
        "sight_position_share",
        "",
        "Sight by position",
        "Share of displaced lines with the place in sight (0 to 1), by the line's error.",
    ),
    _integer("posts_undecided", "posts", "Posts undecided", "Posts whose view is unknown."),
    _number("line_undecided_km", "km", "Line undecided", "Length of line whose view is unknown."),
    _number("nearest_seen_m", "m", "Nearest post in sight", "Distance of the nearest post seeing."),
    _number(
        "clearance_min_m",
        "m",
        "Least clearance",
        "Least height of a ray from the posts above ground and trees; below 0: blocked by so much.",
    ),
    _number(
        "clearance_max_m",
        "m",
        "Greatest clearance",
        "Greatest height of a ray from the posts above ground and trees; below 0: all blocked.",
    ),
)
"""What the method of sight says of a settlement beside the contract's columns, once per line."""

FURTHER: Mapping[str, Column] = {
    column.name: column
    for column in (
        *PER_LINE_FURTHER,
        Column(
            "below_accuracy",
            "boolean",
            "",
            "Below accuracy",
            "True where the figure is smaller than the error of the lines can tell from nothing.",
        ),
        Column("undated", "boolean", "", "Undated", "True where a figure without a date is used."),
        _number("flow_km2", "km²", "Whole flow", "Area from side to side, certain or not."),
        *_interval("flow_km2", "km²", "Whole flow", "flow"),
        _text("population_kind", "Kind of figure", "residents, registered or displaced."),
        NAME,
        _text("population_source", "Source of figure", "Who states the figure."),
        _text("name_other", "Further names", "Other spellings, separated by semicolons."),
        _text("population_from", "Figure holds from", "First date that the figure holds for."),
        _text("population_until", "Figure holds until", "Last date that the figure holds for."),
        _text("from_side", "From side", "Side before the crossing, along the corridor."),
        _text("to_side", "To side", "Side after the crossing, along the corridor."),
        _number("km_along", "km", "Distance along", "Along the corridor, from its first point."),
    )
}
"""Columns that a table may have beside its own, where an input or a method gives them."""

TITLES: Mapping[str, tuple[str, str]] = {
    "study_area": ("Study area", "The area that everything is clipped to."),
    "partition_<key>": ("Partition", "Another partition of the land, such as a former border."),
    "districts": ("Districts", "Districts with the figures that their source states."),
    "lines": ("Lines", "Each dated line, with its length and its error."),
    "sides": ("Sides", "The land of each side under each line."),
    "zones": ("Zones", "Land and people within each distance of a line, by side and source."),
    "settlements": ("Settlements", "Each settlement against each line: side, distance, sight."),
    "settlement_areas": ("Built-up areas", "The settlements that the input gives as polygons."),
    "changes": ("Changes of land", "Area that changed or kept its side between two lines."),
    "control_change": ("Changes of control", "Each settlement before and after a change of line."),
    "corridors": ("Corridors", "Roads and other corridors: kilometres per side and zone."),
    "crossings": ("Crossings", "Where corridors cross a line, and at what angle."),
    "points": ("Points", "Other points of the input, such as bridges and summits."),
    "sight_zones": ("Sight by zone", "Share of each zone that is in sight of the line."),
    **SIGHT_TITLES,
    **CUT_TITLES,
    **RASTER_TITLES,
    **LINE_TITLES,
    "claims": ("Claims", "Statements of a report, tested against the figures."),
    "key_figures": ("Key figures", "Figures ready to quote, each with its interval."),
    "notes": ("Notes", "What a reader must know about inputs and figures."),
}
"""Title and one sentence for every table and layer."""
