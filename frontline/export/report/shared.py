"""What the chapters share: sides with their colours, lines with their dates, rounded figures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from frontline.results.numbers import RoundedFigure, round_cumulative
from frontline.results.style import choose_side_colours
from frontline.results.wording import (
    sort_lines,
    write_dates,
    write_days,
    write_distance,
    write_place_name,
)

if TYPE_CHECKING:
    from frontline.project.models import LineSpec
    from frontline.results.model import Results


NOTHING = "–"
OUTSIDE = "outside"
"""Written for the side of what lies in no side's land."""

Record = Mapping[Any, Any]


@dataclass(frozen=True)
class SideMark:
    """A side as it is written: its name beside its colour, empty for none."""

    name: str
    colour: str


@dataclass(frozen=True)
class Chapters:
    """The results, and what several chapters write of them.

    Parameters
    ----------
    results
        Of a run.
    """

    results: Results

    @cached_property
    def lines(self) -> list[LineSpec]:
        """The lines, the oldest first."""
        return sort_lines(self.results.project)

    @cached_property
    def days(self) -> dict[str, str]:
        """Each line's date in full, by key."""
        return write_days(self.results.project)

    @cached_property
    def dates(self) -> dict[str, str]:
        """What tells each line apart, by key: a year where that does."""
        return write_dates(self.results.project)

    @cached_property
    def colours(self) -> dict[str, str]:
        """The colour of each side, in the project's order."""
        names = [str(side) for side in self.results.sides["side"] if not pd.isna(side)]
        return choose_side_colours(self.results.project, others=names)

    @cached_property
    def sides(self) -> list[SideMark]:
        """The sides, in the project's order."""
        return [SideMark(name, colour) for name, colour in self.colours.items()]

    @cached_property
    def heads(self) -> list[tuple[str, str]]:
        """Label and day of each line, for the heads of columns."""
        return [(line.label, self.days[line.key]) for line in self.lines]

    @cached_property
    def people(self) -> dict[tuple[Any, ...], RoundedFigure]:
        """People within each distance, by line, side, distance and source."""
        return round_cumulative(self.results.people, column="population")

    @cached_property
    def land(self) -> dict[tuple[Any, ...], RoundedFigure]:
        """Land within each distance, by line, side and distance."""
        return round_cumulative(self.results.zones, column="area_km2")

    @cached_property
    def names(self) -> dict[str, str]:
        """The names of each settlement, by id."""
        table = self.results.settlements.drop(columns="geometry").drop_duplicates("id")
        rows = table.to_dict("records")
        return {str(row["id"]): write_place_name(row, project=self.results.project) for row in rows}

    def mark(self, name: str) -> SideMark:
        """Return a side as it is written; one that is none of the project's has no colour."""
        return SideMark(name or OUTSIDE, self.colours.get(name, ""))

    def error_m(self, key: str) -> float:
        """Return the error of a line in metres; NaN where it is not stated or differs along it."""
        return self._errors_m.get(key, math.nan)

    @cached_property
    def _errors_m(self) -> dict[str, float]:
        """The error of each line that has one, by key."""
        lines = self.results.lines
        numbers = pd.to_numeric(lines["error_m"], errors="coerce")
        return dict(zip(lines["line"], numbers, strict=True))

    def kilometres(self, key: str, distance_m: float) -> str:
        """Write a distance from a line in km, as far as the error of the line can tell it."""
        return write_distance(distance_m, error_m=self.error_m(key))

    def pairs(self, table: pd.DataFrame) -> Iterator[tuple[str, str]]:
        """Give the pairs of lines that a table holds, in their order in time."""
        place = {line.key: number for number, line in enumerate(self.lines)}
        pairs_present = {
            (str(a), str(b)) for a, b in zip(table["from_line"], table["to_line"], strict=True)
        }
        yield from sorted(pairs_present, key=lambda pair: (place[pair[0]], place[pair[1]]))

    def between(self, old: str, new: str) -> str:
        """Write the dates of two lines: 12 May 1994 – 10 November 2020."""
        return f"{self.days[old]} – {self.days[new]}"

    @cached_property
    def distances_m(self) -> list[float]:
        """The project's distances, rising."""
        return sorted(self.results.project.zones.distances_m)
