"""Columns of the tables that not every project gives cause for."""

from __future__ import annotations

from collections.abc import Mapping

from frontline.column import Column, integer, interval, number, text

_LINE = text("line", "Line", "Key of the line.")
_SIDE = text("side", "Side", "Name of the side; empty: on no side.")
_DISTANCE = number("distance_m", "m", "Distance", "Outer edge of the zone, from the line.")
_FROM_TO_LINE = (
    text("from_line", "From line", "Key of the earlier line."),
    text("to_line", "To line", "Key of the later line, or of a scenario."),
)
_SOURCE = text("source", "Source", "Who says so, and where.")
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
    "registered", "people", "Registered people", "Registered there; never added to residents."
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
    number("population", "people", "People", "Residents listed there at the earlier date."),
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
        number("population", "people", "People", "Residents listed there at the line's date."),
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
        _SOURCE,
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
        _SOURCE,
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
        _SOURCE,
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
