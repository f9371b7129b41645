"""Tables and their columns: how a module declares what it makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Type = Literal["text", "integer", "number", "boolean", "date"]

MEASURES = frozenset(("m", "km", "km²", "degrees"))


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name
        As it stands in files; never renamed.
    type
        ``date`` is text YYYY-MM-DD in CSV, a date in the GeoPackage and in the workbook.
    unit
        Empty where there is none.
    alias
        Short name for people.
    description
        One sentence: what it is, and what an empty cell means.
    """

    name: str
    type: Type
    unit: str
    alias: str
    description: str

    @property
    def title(self) -> str:
        """The alias, and the unit in brackets where it measures and does not count."""
        return f"{self.alias} ({self.unit})" if self.unit in MEASURES else self.alias


DECIMALS: Mapping[str, int] = {"m": 1, "km": 2, "km²": 2, "degrees": 5, "people": 0}
SHARE = "(0 to 1)"
"""What the description of a share says."""


def choose_decimals(column: Column) -> int | None:
    """Return how many decimals of a number a reader wants to see; None: as many as it has."""
    if column.type != "number":
        return None
    return 3 if SHARE in column.description else DECIMALS.get(column.unit)


def text(name: str, alias: str, description: str) -> Column:
    """Describe a column of words."""
    return Column(name, "text", "", alias, description)


def number(name: str, unit: str, alias: str, description: str) -> Column:
    """Describe a column of numbers with a fraction."""
    return Column(name, "number", unit, alias, description)


def integer(name: str, unit: str, alias: str, description: str) -> Column:
    """Describe a column of counts."""
    return Column(name, "integer", unit, alias, description)


def interval(name: str, unit: str, alias: str, stem: str = "") -> tuple[Column, ...]:
    """Low and high of a figure; ``stem`` where the names do not begin with the figure's own."""
    stem = stem or name
    return (
        number(f"{stem}_low", unit, f"{alias}, low", f"2.5 % point of {name} over the draws."),
        number(f"{stem}_high", unit, f"{alias}, high", f"97.5 % point of {name} over the draws."),
    )


def boolean(name: str, alias: str, description: str) -> Column:
    """Describe a column of true and false."""
    return Column(name, "boolean", "", alias, description)


def date(name: str, alias: str, description: str) -> Column:
    """Describe a column of days."""
    return Column(name, "date", "", alias, description)


@dataclass(frozen=True)
class ForeignKey:
    """Columns of a table that name a row of another table.

    Parameters
    ----------
    columns
        Columns of the table itself.
    table
        The table whose rows they name.
    referenced
        The columns of that table, in the same order.
    """

    columns: tuple[str, ...]
    table: str
    referenced: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table or a layer, declared once by the module that makes it.

    Parameters
    ----------
    name
        Name of the file without its ending, or of the layer.
    title, sentence
        What it is, for people.
    columns
        The columns that come first, in the order of the files. Those of the user follow them.
    lists
        Layers of the project whose features it tells one by one; empty for one that holds sums
        only. A table that does not say it (None) reaches no public file.
    key
        Columns that tell its rows apart; empty where nothing does.
    ordered
        Whether rows are ordered by their key; else they keep the order they were made in.
    foreign
        Which of its columns name rows of other tables.
    further
        Columns that stand behind those only where an input or a method gives them.
    ranged
        Figures that have a range between the sources where a line has alternatives.
    absent_is_none
        Whether a row that is not there means that there is nothing of it, as of land that no
        alternative lets go over.
    """

    name: str
    title: str
    sentence: str
    columns: tuple[Column, ...]
    lists: tuple[str, ...] | None = None
    key: tuple[str, ...] = ()
    ordered: bool = False
    foreign: tuple[ForeignKey, ...] = ()
    further: tuple[Column, ...] = ()
    ranged: tuple[str, ...] = ()
    absent_is_none: bool = False

    @property
    def range_columns(self) -> dict[str, tuple[Column, Column]]:
        """Least and most of each ranged figure over a line and its alternatives, by figure."""
        declared = {column.name: column for column in (*self.columns, *self.further)}
        return {
            figure: _declare_range(declared[figure], names=self.all_names) for figure in self.ranged
        }

    @property
    def names(self) -> list[str]:
        """The names of its columns, in order."""
        return list_names(self.columns)

    @property
    def all_names(self) -> list[str]:
        """The names of its columns, and of those that only some projects give."""
        return list_names((*self.columns, *self.further))


def _declare_range(column: Column, *, names: Iterable[str]) -> tuple[Column, Column]:
    """Declare the range of a figure; its name begins as that of the figure's interval does."""
    known = set(names)
    stems = (column.name, column.name.rpartition("_")[0])
    stem = next((stem for stem in stems if f"{stem}_low" in known), column.name)
    least, most = (
        number(
            f"{stem}_alt_{end}",
            column.unit,
            f"{column.alias}, {word} by source",
            f"{word.capitalize()} of {column.name} over the line as drawn and its alternatives.",
        )
        for end, word in (("low", "least"), ("high", "most"))
    )
    return least, most


def list_names(columns: Iterable[Column]) -> list[str]:
    """List the names of columns, in order."""
    return [column.name for column in columns]


LINE = text("line", "Line", "Key of the line.")
SIDE = text("side", "Side", "Name of the side; empty outside the study area.")
ON_SIDE = text("side", "Side", "Name of the side; empty: on no side.")
DISTANCE = number("distance_m", "m", "Distance", "Outer edge of the zone, from the line.")
KIND_OF_ZONE = text(
    "kind",
    "Kind of zone",
    "cumulative: from the line to the distance; ring: from the next smaller distance to it.",
)
KIND_OF_CORRIDOR = text("kind", "Kind", "Road, track, canal or what the input says.")
ID = text("id", "Identifier", "Identifier of the place, the user's own or made from the data.")
ROW_ID = text("id", "Identifier", "Identifier of the row of the input.")
NAME = text("name", "Name", "Name as the input gives it.")
NAME_ALT = text("name_alt", "Other name", "Second name of the same place, if there is one.")
PLACE = (ID, NAME, NAME_ALT)
LON_LAT = (
    number("lon", "degrees", "Longitude", "East of Greenwich, WGS 84."),
    number("lat", "degrees", "Latitude", "North of the equator, WGS 84."),
)
AREA = (number("area_km2", "km²", "Area", "Area on the ellipsoid, inside the study area."),)
AREA_INTERVAL = interval("area_km2", "km²", "Area", "area")
FROM_TO_LINE = (
    text("from_line", "From line", "Key of the earlier line."),
    text("to_line", "To line", "Key of the later line, or of a scenario."),
)
FROM_TO = (
    text("from_line", "From line", "Key of the earlier line."),
    text("to_line", "To line", "Key of the later line."),
    text("from_side", "From side", "Side under the earlier line."),
    text("to_side", "To side", "Side under the later line."),
)
PEOPLE_STATED = integer("population", "people", "People", "As the source states; empty if unknown.")
KIND_OF_FIGURE = text("population_kind", "Kind of figure", "residents, registered or displaced.")
SOURCE_OF_FIGURE = text("population_source", "Source of figure", "Who states the figure.")
STATED_BY = text("source", "Source", "Who says so, and where.")
NOTE = text("note", "Note", "The input's remark.")
REGISTERED = number(
    "registered",
    "people",
    "Registered people",
    "Registered there, never added to residents; empty where no place there has such a figure.",
)
SETTLEMENT_COUNTS = (
    integer("settlements", "places", "Settlements", "Settlements there."),
    integer(
        "settlements_unknown",
        "places",
        "Settlements without a figure",
        "Those of them whose residents at the line's date are unknown; of some of them registered "
        "people are known.",
    ),
)

OF_LINE = ForeignKey(("line",), "lines", ("line",))
OF_SIDE = ForeignKey(("line", "side"), "sides", ("line", "side"))
OF_PLACE = ForeignKey(("id", "line"), "settlements", ("id", "line"))
OF_LINES = (
    ForeignKey(("from_line",), "lines", ("line",)),
    ForeignKey(("to_line",), "lines", ("line",)),
)
