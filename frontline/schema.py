"""One column of a table, and short ways to describe one."""

from __future__ import annotations

from collections.abc import Mapping
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


def decimals(column: Column) -> int | None:
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
