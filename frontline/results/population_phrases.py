"""What stands beside a number of people: of when it is, who may have left, what it lacks."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from frontline.population.completeness import BY_TOTAL
from frontline.population.figures import count_years_before
from frontline.results.numbers import count_text, write_rounded, write_whole
from frontline.results.wording import write_day, write_percent

if TYPE_CHECKING:
    from frontline.project.models import Project


ENOUGH = 0.9
"""Share of a zone's people that a settlement list must be able to contain to stand alone."""

_REFERENCES = {"districts": "district figures", "raster": "a population raster"}


def describe_dates(row: Mapping[Any, Any], *, date: dt.date, outdated_years: float) -> str:
    """Say of when the figures are, and how far from a line that is.

    Parameters
    ----------
    row
        A row of people within distances, with ``figures_first`` and the columns beside it.
    date
        The line's.
    outdated_years
        From how many years on the distance in time is said.

    Returns
    -------
    "figures of 2015, some 5 years older than the line", "figures of 2009 to 2020, 3 of them
    without a date", "undated figures"; empty where there are none.
    """
    first, last = _read_text(row.get("figures_first")), _read_text(row.get("figures_last"))
    undated = _read_count(row.get("figures_undated"))
    if not first:
        return "undated figures" if undated else ""
    span = _write_date(first) if first == last else f"{_write_date(first)} to {_write_date(last)}"
    words = f"figures of {span}"
    older, younger = count_years_before(first, date=date), -count_years_before(last, date=date)
    if older > outdated_years:
        words += f", {_write_up_to(first, last)}{older:.0f} years older than the line"
    elif younger > outdated_years:
        words += f", {_write_up_to(first, last)}{younger:.0f} years younger than the line"
    if undated:
        words += f", and {undated} without a date" if undated > 1 else ", and one without a date"
    return words


def describe_before(row: Mapping[Any, Any]) -> str:
    """Say that residents are those from before a displacement; empty where none lies between.

    Parameters
    ----------
    row
        A row of people within distances, with ``displacement``.
    """
    label = _read_text(row.get("displacement"))
    return f" from before {label}" if label else ""


def describe_displacement(row: Mapping[Any, Any], *, date: dt.date) -> str:
    """Say that people left between figures and line, and who can still have been there.

    Parameters
    ----------
    row
        A row of people within distances, with ``displacement`` and ``present_low``.
    date
        The line's.

    Returns
    -------
    A sentence; empty where no displacement that the project knows of lies between.
    """
    if not _read_text(row.get("displacement")):
        return ""
    low, high, even = (float(row[f"present_{end}"]) for end in ("low", "high", "even"))
    ends = (
        write_rounded(low)
        if low == high
        else f"between {write_rounded(low)} and {write_rounded(high)}"
    )
    words = f"On {write_day(date)}, {ends} of them were there"
    if math.isfinite(even) and low < high:
        words += f", {write_rounded(even)} if every place had emptied alike"
    return f"{words}, by the flows of the project."


def describe_limits(row: Mapping[Any, Any], *, project: Project) -> list[str]:
    """Say what a number of people lacks: places, people not listed, land not covered.

    Parameters
    ----------
    row
        A row of people within distances.
    project
        Its totals name who counted a whole side.
    """
    parts = []
    source, unknown = str(row["source"]), _read_count(row["settlements_unknown"])
    if source == "settlements" and unknown:
        have = "has" if unknown == 1 else "have"
        parts.append(
            f"{count_text(unknown, one='further settlement')} {have} no figure for that date"
        )
    if source == "settlements":
        parts += _describe_completeness(row, project)
    coverage = row["coverage"]
    if not pd.isna(coverage) and coverage < ENOUGH:
        parts.append(f"the figures cover {write_percent(float(coverage))} of that land")
    return parts


def _describe_completeness(row: Mapping[Any, Any], project: Project) -> list[str]:
    share, by = row["completeness"], _read_text(row.get("completeness_by"))
    if pd.isna(share):
        return ["what share of the people there the list holds is not known"]
    if share >= ENOUGH:
        return []
    if by.startswith(BY_TOTAL):
        total = next(
            counted for counted in project.totals if counted.id == by.removeprefix(BY_TOTAL)
        )
        who = f" ({total.source.rstrip('.')})" if total.source else ""
        people = f"{write_whole(total.people)} people stated for all of the {total.side} side{who}"
        return [f"the list holds {write_percent(float(share))} of the {people}"]
    reference = _REFERENCES.get(by.partition(":")[0], "")
    who = f"the people there, by {reference}" if reference else "the people there"
    return [f"the list can hold only about {write_percent(float(share))} of {who}"]


def _write_up_to(first: str, last: str) -> str:
    return "some " if first == last else "up to "


def _write_date(text: str) -> str:
    """Write a day out; a year or month stands as it is."""
    return write_day(dt.date.fromisoformat(text)) if len(text) == len("YYYY-MM-DD") else text


def _read_text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)


def _read_count(value: Any) -> int:
    return 0 if value is None or pd.isna(value) else int(value)
