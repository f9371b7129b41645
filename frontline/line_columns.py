"""Columns of the tables of each line by itself, and of distances by side and district."""

from __future__ import annotations

from collections.abc import Mapping

from frontline.column import Column, integer, number, text

_LINE = text("line", "Line", "Key of the line.")
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
        number("population", "people", "People", "Their residents at the line's date."),
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
        number("population", "people", "People", "Their residents at the line's date."),
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
