"""Columns of the tables that set population rasters against settlements and districts."""

from __future__ import annotations

from collections.abc import Mapping

from frontline.column import Column, number, text

_SOURCE = text("source", "Source", "raster:<key>; never added to other sources.")
_DATE = Column("date", "date", "", "Date", "Date that the raster describes; empty: undated.")
_REACH = number("reach_m", "m", "Reach", "Land within this distance of a settlement is around it.")

RASTER_COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "settlement_rasters": (
        text("id", "Identifier", "Identifier of the settlement."),
        text("name", "Name", "Name as the input gives it."),
        text("line", "Line", "Key of the line."),
        text("side", "Side", "Name of the side."),
        _SOURCE,
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
        _SOURCE,
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
        _SOURCE,
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
