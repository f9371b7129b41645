"""Every column of every table: name, type, unit, words. Files and documents draw on it."""

from __future__ import annotations

from collections.abc import Mapping

from frontline.schema import Column, integer, interval, number, text
from frontline.schema import integer as _integer
from frontline.schema import interval as _interval
from frontline.schema import number as _number
from frontline.schema import text as _text

_LINE = text("line", "Line", "Key of the line.")
_SIDE = text("side", "Side", "Name of the side; empty: on no side.")
_DISTANCE = number("distance_m", "m", "Distance", "Outer edge of the zone, from the line.")
_FROM_TO_LINE = (
    text("from_line", "From line", "Key of the earlier line."),
    text("to_line", "To line", "Key of the later line, or of a scenario."),
)
_CUT_SOURCE = text("source", "Source", "Who says so, and where.")
_NOTE = text("note", "Note", "The input's remark.")
_ID = text("id", "Identifier", "Identifier of the row of the input.")


def _flag(name: str, alias: str, description: str) -> Column:
    return Column(name, "boolean", "", alias, description)


def _day(name: str, alias: str, description: str) -> Column:
    return Column(name, "date", "", alias, description)


_GROUND = (
    number("elevation_m", "m", "Elevation", "Mean over the land; empty where nothing is known."),
    number("elevation_p10", "m", "Elevation, 10 %", "A tenth of the land lies lower."),
    number("elevation_p90", "m", "Elevation, 90 %", "A tenth of the land lies higher."),
    number("slope_deg", "degrees", "Slope", "Mean over the land; coarse cells flatten it."),
    number("relief_m", "m", "Relief", "Mean of highest less lowest height within 7 km."),
    number("mountain_share", "", "Mountains", "Share with 300 m of relief within 7 km (0 to 1)."),
)
_COUNTS = (
    integer("settlements", "places", "Settlements", "Settlements there."),
    integer(
        "settlements_unknown",
        "places",
        "Settlements without a figure",
        "Those of them whose residents at the line's date are unknown; of some of them registered "
        "people are known.",
    ),
)
_REGISTERED = number(
    "registered",
    "people",
    "Registered people",
    "Registered there, never added to residents; empty where no place there has such a figure.",
)
_FLOW = (
    *_FROM_TO_LINE,
    _day("from_date", "From date", "Date of the earlier line."),
    _day("to_date", "To date", "Date of the later line."),
    text("change", "How", "fighting, handover, adjustment, or empty, as the project says."),
    text("from_side", "From side", "Side under the earlier line."),
    text("to_side", "To side", "Side under the later line."),
    number("area_km2", "km²", "Area", "Land that went from the one side to the other."),
    *interval("area_km2", "km²", "Area", "area"),
    number(
        "area_certain_km2", "km²", "Certain area", "The part of it beyond the errors of both lines."
    ),
    number(
        "population",
        "people",
        "People",
        "Residents listed there at the earlier date; empty where places lie there and none has a "
        "figure.",
    ),
    number("population_certain", "people", "People, certain", "Those on the certain area."),
    _REGISTERED,
    *_COUNTS,
    number("road_km", "km", "Roads", "Length of roads on that land."),
)
_COVER = text("cover", "Land cover", "Class of land cover; other: of none; unknown: not known.")
_COVERAGE = number("coverage", "", "Coverage", "Share of that land whose cover is known (0 to 1).")
_AMOUNT = (
    number("amount_low", "", "Amount, low", "Lower end of what is stated; 0 for 'at most'."),
    number("amount_high", "", "Amount, high", "Upper end; INF for 'at least'."),
)

CUT_COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "partitions": (
        _LINE,
        text("partition", "Partition", "Key of the partition, or districts."),
        text("part", "Part", "Code or name of the part; empty: the land outside all parts."),
        text("name", "Name", "Name of the part as the input gives it."),
        _SIDE,
        number("area_km2", "km²", "Area", "Land of the part on that side, in the study area."),
        *interval("area_km2", "km²", "Area", "area"),
        number("share", "", "Share", "Of the part's land in the study area (0 to 1)."),
        *interval("share", "", "Share"),
        number(
            "population",
            "people",
            "People",
            "Residents listed there at the line's date; empty where places lie there and none has "
            "a figure.",
        ),
        *interval("population", "people", "People"),
        _REGISTERED,
        *_COUNTS,
        *_GROUND,
    ),
    "lines_between": (
        *_FROM_TO_LINE,
        number("mean_m", "m", "Mean distance", "To the later line, along the earlier one."),
        *interval("mean_m", "m", "Mean distance", "mean"),
        number("p10_m", "m", "Distance, 10 %", "Not exceeded on a tenth of the earlier line."),
        number("median_m", "m", "Distance, median", "Not exceeded on half of the earlier line."),
        number("p90_m", "m", "Distance, 90 %", "Exceeded on a tenth of the earlier line."),
        number("max_m", "m", "Most", "Where the later line is farthest from the earlier."),
        number("most_lon", "degrees", "Most, longitude", "Place of it on the earlier line."),
        number("most_lat", "degrees", "Most, latitude", "Place of it on the earlier line."),
        number("hausdorff_m", "m", "Hausdorff distance", "The most, asked both ways."),
        number(
            "frechet_m", "m", "Fréchet distance", "Discrete; empty for lines in several pieces."
        ),
        number("error_m", "m", "Error", "Of a distance between the two lines, 95 %."),
        _flag("below_accuracy", "Below accuracy", "The mean is less than that error."),
    ),
    "steps": (
        integer("step", "", "Step", "Counts by date; empty: from the first line to the last."),
        *_FLOW,
    ),
    "corridor_kinds": (
        text("kind", "Kind", "Road, track, canal or what the input says."),
        _LINE,
        _SIDE,
        _DISTANCE,
        number("km", "km", "Length", "Of all corridors of the kind there, on the ellipsoid."),
        *interval("km", "km", "Length"),
    ),
    "sections": (
        text("section", "Section", "Key of the section."),
        text("label", "Label", "Name of the section for people."),
        _LINE,
        _SIDE,
        _DISTANCE,
        number("length_km", "km", "Length", "Length of the section, on the ellipsoid."),
        number("population", "people", "People", "Residents listed behind it within the distance."),
        *interval("population", "people", "People"),
        number("people_per_km", "people", "People per km", "Residents per kilometre of section."),
        *_COUNTS,
        integer("settlements_visible", "places", "In sight", "Those in sight of the whole line."),
        number("road_km", "km", "Roads", "Length of roads behind it within the distance."),
        number(
            "visible_share", "", "Visible share", "Of that land, in sight of the line (0 to 1)."
        ),
        number("unknown_share", "", "Unknown share", "Of that land, undecided (0 to 1)."),
        *_GROUND,
        number("line_elevation_m", "m", "Elevation of the line", "Mean along the section itself."),
        number(
            "line_relief_m", "m", "Relief along the line", "Mean along it, heights within 5 km."
        ),
    ),
    "scenarios": (
        text("scenario", "Scenario", "Key of the scenario: a line that might be."),
        text("label", "Label", "Name of the scenario for people."),
        number("length_km", "km", "Length", "Length of the line that would be."),
        *_FLOW,
    ),
    "landcover": (
        _LINE,
        _SIDE,
        number("distance_m", "m", "Distance", "Of the zone, from the line; empty: the side."),
        _COVER,
        number("area_km2", "km²", "Area", "Land of the class there."),
        *interval("area_km2", "km²", "Area", "area"),
        number("share", "", "Share", "Of the land there whose cover is known (0 to 1)."),
        _COVERAGE,
    ),
    "landcover_changes": (
        *_FROM_TO_LINE,
        text("from_side", "From side", "Side under the earlier line."),
        text("to_side", "To side", "Side under the later line; the same: land that stayed."),
        _COVER,
        number("area_km2", "km²", "Area", "Land of the class that went from side to side."),
        *interval("area_km2", "km²", "Area", "area"),
        number("area_certain_km2", "km²", "Certain area", "Beyond the errors of both lines."),
        number("area_contested_km2", "km²", "Contested area", "Within the error of a line."),
        number("share", "", "Share", "Of the class on that side's land under the earlier line."),
        *interval("share", "", "Share"),
        _COVERAGE,
    ),
    "landcover_balance": (
        *_FROM_TO_LINE,
        _SIDE,
        _COVER,
        number("held_before_km2", "km²", "Held before", "Under the earlier line."),
        number("held_after_km2", "km²", "Held after", "Under the later line."),
        number("gained_km2", "km²", "Gained", "Came to the side."),
        *interval("gained_km2", "km²", "Gained", "gained"),
        number("ceded_km2", "km²", "Ceded", "Went from the side."),
        *interval("ceded_km2", "km²", "Ceded", "ceded"),
        number("net_km2", "km²", "Net", "Gained less ceded."),
        *interval("net_km2", "km²", "Net", "net"),
        number(
            "contested_km2", "km²", "Contested", "Of what was gained or ceded, within an error."
        ),
    ),
    "flows": (
        _ID,
        text("what", "What", "What is counted, in words."),
        text("kind", "Kind", "stock: at a date; flow: over a time; or empty."),
        text("origin", "Origin", "Where people came from."),
        text("destination", "Destination", "Where they went, or are."),
        *_AMOUNT,
        text("unit", "Unit", "people, families, or % of the whole."),
        text("part_of", "Part of", "Identifier of the whole whose parts add up to it."),
        text("share_of", "Share of", "Identifier of the whole, for parts that overlap."),
        number("share_low", "%", "Share, low", "Least share of the whole, per cent."),
        number("share_high", "%", "Share, high", "Largest share of the whole, per cent."),
        text("date", "Date", "Year, month or day that the figure describes."),
        _CUT_SOURCE,
        _NOTE,
    ),
    "flows_balance": (
        _ID,
        text("what", "What", "The whole, in words."),
        text("source", "Source", "Who states the whole."),
        text("unit", "Unit", "Unit in which parts and whole are compared."),
        *_AMOUNT,
        integer("parts", "rows", "Parts", "How many parts that source states."),
        text("parts_source", "Source of the parts", "Sources of parts are never added."),
        number("parts_low", "", "Parts, low", "Least sum of the parts."),
        number("parts_high", "", "Parts, high", "Largest sum of the parts; INF if open."),
        number("difference_low", "", "Difference, low", "Whole less parts, least."),
        number("difference_high", "", "Difference, high", "Whole less parts, most."),
        text("balance", "Balance", "agree, short (parts are less), over, or unknown."),
    ),
    "links": (
        _ID,
        text("place", "Place", "Identifier of the settlement."),
        text("place_name", "Name of the place", "Name as the input gives it."),
        text("kind", "Kind", "water, field, cemetery, school, post or what the input says."),
        text("name", "Name", "What the place depends on is called."),
        _LINE,
        text("place_side", "Side of the place", "Empty outside the study area."),
        text("asset_side", "Side of the asset", "Empty where its place is not known."),
        text("sides", "Sides", "same, other, uncertain (within the line's error) or unknown."),
        number("distance_m", "m", "Distance", "Between the two, along the ellipsoid."),
        text("reach", "Reach", "reachable, cut off, uncertain or unknown, by land of one side."),
        number("minutes", "minutes", "Minutes", "By road without crossing the line; INF: no way."),
        number("minutes_open", "minutes", "Minutes without the line", "As if there were none."),
        text("stated_side", "Side as stated", "What the source says; replaces nothing."),
        number("stated_distance_m", "m", "Distance as stated", "What the source says."),
        _CUT_SOURCE,
        _NOTE,
    ),
    "events": (
        _ID,
        text("name", "Name", "Name of the event."),
        text("kind", "Kind", "What the input says it was."),
        _day("date", "Date", "Day of the event."),
        integer("claim", "", "Claim", "Number of the claimed position, 1 or 2."),
        text("claimed_by", "Claimed by", "Who gives this position."),
        number("lon", "degrees", "Longitude", "East of Greenwich, WGS 84."),
        number("lat", "degrees", "Latitude", "North of the equator, WGS 84."),
        text("line", "Line", "Key of the line of that day; empty before the first."),
        text("section", "Section", "Keys of the sections that are nearest."),
        _SIDE,
        _flag("side_certain", "Side is certain", "False within the errors of line and place."),
        number("distance_m", "m", "Distance", "To the nearest point of the line."),
        _flag("below_accuracy", "Below accuracy", "The distance is less than those errors."),
        number("apart_m", "m", "Apart", "Distance between the two claimed positions."),
        text(
            "disputed", "Disputed", "side: claims lie on different sides; place: apart; or empty."
        ),
        _CUT_SOURCE,
        _NOTE,
    ),
}
"""Columns of these tables, in the order of the files."""

CUT_TITLES: Mapping[str, tuple[str, str]] = {
    "partitions": ("Partitions", "Districts and other parts of the land by the side of each line."),
    "lines_between": ("Between lines", "How far each line lies from the one before, along it."),
    "steps": ("Steps", "Land and people that changed hands, from line to line."),
    "corridor_kinds": (
        "Corridors by kind",
        "Kilometres of all corridors of a kind together, by side and distance of each line.",
    ),
    "sections": ("Sections", "What lies behind named stretches of a line, by side and distance."),
    "scenarios": ("Scenarios", "Land and people that would change hands with lines that might be."),
    "landcover": ("Land cover", "Classes of land cover by side and distance of each line."),
    "landcover_changes": (
        "Land cover that changed hands",
        "Classes of land cover by their side under one line and under the next.",
    ),
    "landcover_balance": (
        "Land cover gained and ceded",
        "What each side held, gained and ceded of each class of land cover.",
    ),
    "flows": ("Flows", "Displaced people as sources state them, with shares of the totals."),
    "flows_balance": ("Balance of flows", "Each total against its parts, source by source."),
    "links": ("Links", "What settlements depend on: side, distance and reach for each line."),
    "events": ("Events", "Claimed positions of dated events against the line of their day."),
}
"""Title and one sentence for each."""
_FAR = "Distance of settlements from the line"

LINE_COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "line_scales": (
        _LINE,
        number("generalise_m", "m", "Scale", "Bends smaller than this are left out; 0: as drawn."),
        number("length_km", "km", "Length", "Length of the line then, on the ellipsoid."),
        integer("vertices", "", "Vertices", "Corners of the line that are left."),
    ),
    "line_ground": (
        _LINE,
        text("measure", "Measure", "elevation_m, slope_deg, or relief_m within 5 km."),
        number("mean", "", "Mean", "Along the line, where the ground is known."),
        number("p10", "", "10 %", "Not exceeded along a tenth of the line."),
        number("median", "", "Median", "Not exceeded along half of the line."),
        number("p90", "", "90 %", "Exceeded along a tenth of the line."),
        number("threshold", "", "Threshold", "What the next column counts."),
        number("share_above", "", "Share above", "Share of the line at or above it (0 to 1)."),
        number("unknown_share", "", "Unknown", "Share of the line on unknown ground (0 to 1)."),
    ),
    "line_terrain": (
        _LINE,
        number("at_km", "km", "Along the line", "Distance from the beginning of the line."),
        number("lon", "degrees", "Longitude", "Of the place."),
        number("lat", "degrees", "Latitude", "Of the place."),
        number("metres", "m", "Stands for", "Length of line that the row stands for."),
        number("elevation_m", "m", "Elevation", "Between cells; empty where unknown."),
        number("slope_deg", "degrees", "Slope", "Of the cell; coarse cells flatten it."),
        number("relief_m", "m", "Relief", "Highest less lowest height within 5 km."),
    ),
    "line_certainty": (
        _LINE,
        number("error_m", "m", "Error", "Half-width within which these stretches lie with 95 %."),
        number("length_km", "km", "Length", "Length of line with this error."),
        number("share", "", "Share", "Share of the line (0 to 1)."),
        number("area_km2", "km²", "Uncertain land", "Land nearer to those stretches than that."),
        integer("settlements", "places", "Settlements", "That lie in it or reach into it."),
        integer("settlements_unknown", "places", "Without a figure", "Those without residents."),
        number(
            "population",
            "people",
            "People",
            "Residents on that land at the line's date; empty where places lie there and none has "
            "a figure.",
        ),
    ),
    "nearness": (
        _LINE,
        text("side", "Side", "Name of the side under that line."),
        text("partition", "Partition", "Key of the partition, or districts; empty: all land."),
        text("part", "Part", "Code or name of the part."),
        text("name", "Name", "Name of the part."),
        integer("settlements", "places", "Settlements", "Settlements listed there."),
        number("nearest_m", "m", "Nearest", f"{_FAR}: the smallest."),
        number("p25_m", "m", "A quarter", f"{_FAR}: a quarter lies within it."),
        number("median_m", "m", "Half", f"{_FAR}: half lies within it."),
        number("p75_m", "m", "Three quarters", f"{_FAR}: three quarters lie within it."),
        number("farthest_m", "m", "Farthest", f"{_FAR}: the largest."),
        Column(
            "below_accuracy",
            "boolean",
            "",
            "Below accuracy",
            "The nearest lies nearer than the error of the line.",
        ),
        integer("visible", "places", "In sight", "Of them in sight of the line."),
        integer("hidden", "places", "Hidden", "Of them within range and not in sight."),
        integer("unknown", "places", "Undecided", "Of them undecided."),
        integer("out_of_range", "places", "Out of range", "Of them farther than is looked."),
        number(
            "population",
            "people",
            "People",
            "Residents on that land at the line's date; empty where places lie there and none has "
            "a figure.",
        ),
        number("population_visible", "people", "People in sight", "Residents of those in sight."),
    ),
}
"""Columns of these tables, in the order of the files."""

LINE_TITLES: Mapping[str, tuple[str, str]] = {
    "line_scales": ("Length by scale", "Each line with its smaller bends left out."),
    "line_ground": ("Ground along the lines", "Elevation, slope and relief along each line."),
    "line_terrain": ("Profiles", "The ground along each line, place by place."),
    "line_certainty": (
        "Certainty of the lines",
        "Stretches by their error, with the land and the places that it leaves open.",
    ),
    "nearness": (
        "Distance by side and district",
        "How far settlements lie from the line in force, and how many are in sight of it.",
    ),
}
"""Title and one sentence for each."""

_PEOPLE_SOURCE = text("source", "Source", "raster:<key>; never added to other sources.")
_DATE = Column("date", "date", "", "Date", "Date that the raster describes; empty: undated.")
_REACH = number("reach_m", "m", "Reach", "Land within this distance of a settlement is around it.")

RASTER_COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "settlement_rasters": (
        text("id", "Identifier", "Identifier of the settlement."),
        text("name", "Name", "Name as the input gives it."),
        text("line", "Line", "Key of the line."),
        text("side", "Side", "Name of the side."),
        _PEOPLE_SOURCE,
        _DATE,
        _REACH,
        number(
            "area_km2",
            "km²",
            "Land around it",
            "Land within reach, nearest to this settlement and on its side of the line.",
        ),
        number(
            "people",
            "people",
            "People around it",
            "The raster's people on that land; empty where it reaches less than half of it.",
        ),
        number("coverage", "", "Coverage", "Share of that land on cells with a value (0 to 1)."),
        Column(
            "has_figure",
            "boolean",
            "",
            "Has a figure",
            "Whether a figure of residents holds at the line's date. Those without one make the "
            "rows settlements_by_raster:<key> of zones.csv.",
        ),
        number("population", "people", "Figure", "That figure, for comparison only."),
        number("ratio", "", "Ratio", "The raster's people over the figure; empty without one."),
    ),
    "raster_people": (
        text("line", "Line", "Key of the line."),
        text("side", "Side", "Name of the side; empty: the whole study area."),
        number(
            "distance_m",
            "m",
            "Distance",
            "Outer edge of the zone, from the line; empty: the whole side.",
        ),
        _PEOPLE_SOURCE,
        _DATE,
        _REACH,
        number("people", "people", "People", "The raster's people there; the three next make it."),
        number(
            "people_listed",
            "people",
            "Near settlements with a figure",
            "Nearest to, and within reach of, a settlement whose residents at the date are known.",
        ),
        number(
            "people_unlisted",
            "people",
            "Near settlements without a figure",
            "Nearest to, and within reach of, a settlement whose residents are not known.",
        ),
        number(
            "people_away",
            "people",
            "Away from settlements",
            "Farther than the reach from every listed settlement on their side of the line.",
        ),
        number("away_share", "", "Share away", "Of the raster's people there (0 to 1)."),
        number("coverage", "", "Coverage", "Share of the land on cells with a value (0 to 1)."),
    ),
    "raster_districts": (
        text("code", "Code", "Code of the district."),
        text("name", "Name", "Name as the input gives it."),
        _PEOPLE_SOURCE,
        _DATE,
        number("population", "people", "Figure", "Residents that the district states."),
        text("population_date", "Date of the figure", "As the input gives it; empty: undated."),
        number("people", "people", "People", "The raster's people on the land that it counts."),
        number("ratio", "", "Ratio", "The raster's people over the figure."),
        number("coverage", "", "Coverage", "Share of that land that the raster reaches (0 to 1)."),
    ),
}
"""Columns of these tables, in the order of the files."""

RASTER_TITLES: Mapping[str, tuple[str, str]] = {
    "settlement_rasters": (
        "Rasters around settlements",
        "People of population rasters on the land nearest to each settlement, beside its figure.",
    ),
    "raster_people": (
        "People by raster",
        "People of population rasters near settlements and away from them, by zone and side.",
    ),
    "raster_districts": (
        "Rasters and districts",
        "People of population rasters against what the districts state.",
    ),
}
"""Title and one sentence for each."""
_STATE = "visible, hidden or unknown (heights are missing)."

SIGHT_COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "corridor_sight": (
        text("id", "Identifier", "Identifier of the corridor."),
        text("name", "Name", "Name as the input gives it."),
        text("kind", "Kind", "Road, track, canal or what the input says."),
        _LINE,
        text("in_sight", "In sight of the line", _STATE),
        number("from_km", "km", "From", "Along the corridor, where the segment begins."),
        number("to_km", "km", "To", "Along the corridor, where the segment ends."),
        number("km", "km", "Length", "Length of the segment, on the ellipsoid."),
    ),
    "sight_people": (
        _LINE,
        text("side", "Side", "Name of the side."),
        number("distance_m", "m", "Distance", "Outer edge of the zone, from the line."),
        text("source", "Source", "settlements (residents) or raster:<key>; never added."),
        number("people", "people", "People", "People in the zone by this source."),
        number("people_visible", "people", "People in sight", "Those whose place is in sight."),
        number("people_undecided", "people", "People undecided", "Those whose place is undecided."),
        integer("settlements", "places", "Settlements", "Settlements in the zone."),
        integer("settlements_visible", "places", "Settlements in sight", "Those in sight."),
        integer(
            "settlements_undecided",
            "places",
            "Settlements undecided",
            "Those whose sight is unknown.",
        ),
        integer(
            "visible_without_figure",
            "places",
            "In sight without a figure",
            "Settlements in sight whose residents at the line's date are unknown; of some of them "
            "registered people are known.",
        ),
    ),
}
"""Columns of the tables of `frontline.in_sight.sight_tables`."""

SIGHT_TITLES: Mapping[str, tuple[str, str]] = {
    "corridor_sight": (
        "Corridors in sight",
        "Segments of corridors in sight of a line, hidden or undecided; the rest is out of range.",
    ),
    "sight_people": ("People in sight", "People of each zone whose place is in sight of the line."),
}
"""Title and one sentence for each of them."""

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
    Column(
        "crossed",
        "boolean",
        "",
        "Cut by the line",
        "Whether the line runs through the place; empty for a point, whose extent is unknown.",
    ),
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
    Column(
        "holds",
        "boolean",
        "",
        "Figure holds",
        "Whether the figure counts at the date of the line; empty without a figure.",
    ),
    _integer(
        "population_at_line",
        "people",
        "People at the line's date",
        "The figure where it holds at the date of the line, of the kind in population_kind; empty: "
        "unknown then.",
    ),
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
        _text(
            "completeness_by",
            "Completeness by",
            "What the list was held against: raster:<key>, districts, or total:<id> of the project "
            "(the whole side then).",
        ),
        _text("figures_first", "Oldest figure", "When the oldest dated figure was counted."),
        _text("figures_last", "Newest figure", "When the newest dated figure was counted."),
        _integer(
            "figures_undated", "figures", "Figures without a date", "Used as they are, undated."
        ),
        _integer(
            "figures_outdated",
            "figures",
            "Outdated figures",
            "Counted longer before the line than people.outdated_years of the project says.",
        ),
        _number(
            "present_low",
            "people",
            "People present, least",
            "Residents who can still have been there after a displacement that the project names: "
            "all who had left came from here.",
        ),
        _number(
            "present_high",
            "people",
            "People present, most",
            "None who had left came from here, as far as the people left elsewhere allow.",
        ),
        _number(
            "present_even",
            "people",
            "People present, evenly",
            "If all places of the side had emptied alike; empty if the whole is not stated.",
        ),
        _text("displacement", "Displacement", "The displacement that lies between, by its label."),
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
    _number(
        "figure_age_years",
        "years",
        "Age of the figure",
        "Years by which the figure is older than the line; below 0: younger; empty: undated.",
    ),
    Column(
        "outdated",
        "boolean",
        "",
        "Outdated",
        "Whether it is older than people.outdated_years of the project says; empty: undated.",
    ),
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
