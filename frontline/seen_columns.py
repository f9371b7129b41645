"""Columns of the tables of what lies in sight."""

from __future__ import annotations

from collections.abc import Mapping

from frontline.column import Column, integer, number, text

_LINE = text("line", "Line", "Key of the line.")
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
