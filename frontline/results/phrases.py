"""Phrases that several products share: dates, lists, and sources of people inside a sentence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType

PHRASES: Mapping[str, str] = MappingProxyType(
    {
        "and": "{first} and {last}",
        "stated_by": "As stated by {source}",
        "source_settlements": "residents of listed settlements",
        "source_settlements:registered": (
            "people registered in listed settlements (they may live elsewhere)"
        ),
        "source_settlements:displaced": "displaced people in listed settlements",
        "source_settlements_by_raster": (
            "people around settlements without a figure, by the population grid “{key}”"
        ),
        "source_districts": "residents by district figures",
        "source_districts:registered": (
            "registered people by district figures (they may live elsewhere)"
        ),
        "source_districts:displaced": "displaced people by district figures",
        "source_raster": "people by the population grid “{key}”",
    }
)
"""English. Braces hold what is filled in by `str.format`."""

SCHEMATIC = (
    "The corridors are schematic: drawn from place to place, and shorter than the real ones. "
    "Lengths and crossings are indicative only."
)
SCHEMATIC_MARK = "schematic: indicative only"

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def write_day(date: dt.date) -> str:
    """Write a day for people: 12 May 1994."""
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"
