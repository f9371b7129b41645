"""Stocks and flows of displaced people: what is part of what, and whether the parts add up."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from frontline import schema
from frontline.errors import LayerError, ProjectError, raise_problems, show_value, suggest_name
from frontline.population.figures import parse_first_day
from frontline.schema import Table

if TYPE_CHECKING:
    from frontline.project.models import Project

_AMOUNT = (
    schema.number("amount_low", "", "Amount, low", "Lower end of what is stated; 0 for 'at most'."),
    schema.number("amount_high", "", "Amount, high", "Upper end; INF for 'at least'."),
)

FLOWS = Table(
    "flows",
    "Flows",
    "Displaced people as sources state them, with shares of the totals.",
    (
        schema.ROW_ID,
        schema.text("what", "What", "What is counted, in words."),
        schema.text("kind", "Kind", "stock: at a date; flow: over a time; or empty."),
        schema.text("origin", "Origin", "Where people came from."),
        schema.text("destination", "Destination", "Where they went, or are."),
        *_AMOUNT,
        schema.text("unit", "Unit", "people, families, or % of the whole."),
        schema.text("part_of", "Part of", "Identifier of the whole whose parts add up to it."),
        schema.text("share_of", "Share of", "Identifier of the whole, for parts that overlap."),
        schema.number("share_low", "%", "Share, low", "Least share of the whole, per cent."),
        schema.number("share_high", "%", "Share, high", "Largest share of the whole, per cent."),
        schema.text("date", "Date", "Year, month or day that the figure describes."),
        schema.STATED_BY,
        schema.NOTE,
    ),
    lists=("flows",),
    key=("id",),
)
"""Columns of :func:`list_flows`."""

BALANCE = Table(
    "flows_balance",
    "Balance of flows",
    "Each total against its parts, source by source.",
    (
        schema.ROW_ID,
        schema.text("what", "What", "The whole, in words."),
        schema.text("source", "Source", "Who states the whole."),
        schema.text("unit", "Unit", "Unit in which parts and whole are compared."),
        *_AMOUNT,
        schema.integer("parts", "rows", "Parts", "How many parts that source states."),
        schema.text("parts_source", "Source of the parts", "Sources of parts are never added."),
        schema.number("parts_low", "", "Parts, low", "Least sum of the parts."),
        schema.number("parts_high", "", "Parts, high", "Largest sum of the parts; INF if open."),
        schema.number("difference_low", "", "Difference, low", "Whole less parts, least."),
        schema.number("difference_high", "", "Difference, high", "Whole less parts, most."),
        schema.text("balance", "Balance", "agree, short (parts are less), over, or unknown."),
    ),
    lists=("flows",),
    key=("id", "parts_source"),
    foreign=(schema.ForeignKey(("id",), "flows", ("id",)),),
)
"""Columns of :func:`balance_flows`."""

KINDS = ("stock", "flow", "")
PEOPLE, SHARE = "people", "%"

_ROUNDING = 1e-9


def check_flows(table: pd.DataFrame, *, shown_path: str = "flows") -> pd.DataFrame:
    """Check what only several cells together show, and bring amounts to two ends.

    Parameters
    ----------
    table
        As read: the columns of the role ``flows``.
    shown_path
        Name of the file, for messages.

    Returns
    -------
    The same without ``amount``: ``amount_low`` and ``amount_high`` hold both ends, infinite
    above for "at least", 0 below for "at most", NaN where nothing is stated.

    Raises
    ------
    LayerError
        An amount given twice or with its ends swapped, negative ones, a ``part_of`` that names
        no row or leads back to itself, shares without a whole, kinds that are none.
    """
    problems: list[LayerError] = []
    ids = set(table["id"])
    base = table["part_of"].str.strip()
    base = base.where(base != "", table["share_of"].str.strip())
    whole = dict(zip(table["id"], base, strict=True))
    for row, cells in table.iterrows():
        wrong = _find_fault(cells, whole, ids)
        if wrong:
            problems.append(LayerError(wrong, path=shown_path, row=str(row)))
    raise_problems(problems)
    low, high = table["amount_low"].to_numpy(), table["amount_high"].to_numpy()
    exact = table["amount"].to_numpy()
    unknown = np.isnan(exact) & np.isnan(low) & np.isnan(high)
    first = np.where(np.isnan(exact), np.where(np.isnan(low), 0.0, low), exact)
    last = np.where(np.isnan(exact), np.where(np.isnan(high), np.inf, high), exact)
    unit = table["unit"].str.strip()
    return table.drop(columns="amount").assign(
        amount_low=np.where(unknown, np.nan, first),
        amount_high=np.where(unknown, np.nan, last),
        unit=unit.where(unit != "", PEOPLE),
        part_of=table["part_of"].str.strip(),
        share_of=table["share_of"].str.strip(),
    )


def _find_fault(cells: pd.Series[Any], whole: dict[str, str], ids: set[str]) -> str:
    """Say what is wrong with a row; empty if nothing is."""
    exact, low, high = (float(cells[name]) for name in ("amount", "amount_low", "amount_high"))
    part_of, share_of, row_id, kind = (
        str(cells[name]).strip() for name in ("part_of", "share_of", "id", "kind")
    )
    base = part_of or share_of
    stated = [value for value in (exact, low, high) if not math.isnan(value)]
    faults = (
        (
            not math.isnan(exact) and len(stated) > 1,
            "has an amount and its ends. Keep one of them.",
        ),
        (
            low > high,
            f"amount_low = {low:.10g} is more than amount_high = {high:.10g}. Swap them.",
        ),
        (
            min(stated, default=0.0) < 0,
            "has a negative amount (expected 0 or more; a flow back has its own row).",
        ),
        (
            base != "" and base not in ids,
            f"is part of {show_value(base)}, which is no row.{suggest_name(base, words=ids)}",
        ),
        (
            part_of != "" and share_of != "",
            "is both a part and a share. Keep part_of, or share_of where others overlap with it.",
        ),
        (row_id in _list_wholes(row_id, whole), "is part of itself. Mend part_of."),
        (
            str(cells["unit"]).strip() == SHARE and not base,
            "is a share of nothing. Name the whole in part_of or share_of.",
        ),
        (kind not in KINDS, f"{show_value(kind)} is neither stock nor flow."),
    )
    return next((text for is_so, text in faults if is_so), "")


def _list_wholes(row_id: str, whole: dict[str, str]) -> set[str]:
    """Walk up the totals of a row; ends where they end or come round."""
    wholes: set[str] = set()
    current = whole.get(row_id, "")
    while current and current not in wholes:
        wholes.add(current)
        current = whole.get(current, "")
    return wholes


def list_flows(flows: pd.DataFrame) -> pd.DataFrame:
    """List every figure with its share of the total that it is a part of.

    Parameters
    ----------
    flows
        From `check_flows`.

    Returns
    -------
    In the input's order, the columns of :data:`FLOWS` and the user's own. ``share_low`` and
    ``share_high`` (per cent, NaN without a whole of the same unit) bound the share for all
    amounts between the ends stated (an open end ends at the whole); a figure stated as a share
    is that share. The whole is ``part_of`` or ``share_of``.
    """
    at = {row_id: number for number, row_id in enumerate(flows["id"])}
    low, high = flows["amount_low"].to_numpy(), flows["amount_high"].to_numpy()
    units = flows["unit"].tolist()
    shares = np.full((len(flows), 2), np.nan)
    bases = flows["part_of"].where(flows["part_of"] != "", flows["share_of"])
    for number, (unit, base) in enumerate(zip(units, bases, strict=True)):
        if unit == SHARE:
            shares[number] = low[number], min(high[number], 100.0)
        elif base and units[at[base]] == unit:
            shares[number] = _find_shares(low[number], high[number], low[at[base]], high[at[base]])
    listed = flows.assign(share_low=shares[:, 0], share_high=shares[:, 1])
    own_columns = [name for name in listed if name not in FLOWS.names]
    return listed[[*FLOWS.names, *own_columns]].reset_index(drop=True)


def _find_shares(
    low: float, high: float, whole_low: float, whole_high: float
) -> tuple[float, float]:
    if math.isnan(low) or math.isnan(whole_low):
        return math.nan, math.nan
    least = 0.0 if math.isinf(whole_high) else 100.0 * low / whole_high if whole_high else math.nan
    most = 100.0 * high / whole_low if whole_low else math.nan
    # A part whose upper end is open is at most the whole, unless even its lower end is more.
    return least, max(least, 100.0) if math.isinf(most) else most


def balance_flows(flows: pd.DataFrame) -> pd.DataFrame:
    """Check each total against its parts, source by source.

    Parameters
    ----------
    flows
        From `check_flows`.

    Returns
    -------
    One row per total, unit of its parts and source of its parts, with the columns of
    :data:`BALANCE`. Figures of different sources are never added: each source's parts stand
    against the total by themselves, which may be another source's. ``balance`` is ``agree``
    where the sum of the parts may equal the whole, ``short`` where they are less for certain
    (parts are missing, or the figures contradict each other), ``over`` where they are more, and
    ``unknown`` where an amount is. Parts stated as shares are held against 100 %; parts of any
    other unit than the whole's are not held against it.
    """
    rows = [row for _, whole in flows.iterrows() for row in _compare_parts(whole, flows)]
    return pd.DataFrame(rows, columns=BALANCE.names)


def _compare_parts(whole: pd.Series[Any], flows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    parts = flows[flows["part_of"] == whole["id"]]
    for (source, unit), group in parts.groupby(["source", "unit"], sort=False):
        if unit not in {SHARE, whole["unit"]}:
            continue
        ends = (100.0, 100.0) if unit == SHARE else (whole["amount_low"], whole["amount_high"])
        low, high = (float(group[name].sum(skipna=False)) for name in ("amount_low", "amount_high"))
        yield {
            "id": whole["id"],
            "what": whole["what"],
            "source": whole["source"],
            "unit": unit,
            "amount_low": ends[0],
            "amount_high": ends[1],
            "parts": len(group),
            "parts_source": source,
            "parts_low": low,
            "parts_high": high,
            "difference_low": _subtract(ends[0], high),
            "difference_high": _subtract(ends[1], low),
            "balance": _decide_balance(low, high, *ends),
        }


def _subtract(first: float, second: float) -> float:
    """Subtract; nothing is known of the difference of two open ends but that it is open."""
    return first - second if not (math.isinf(first) and math.isinf(second)) else -math.inf


def _decide_balance(low: float, high: float, whole_low: float, whole_high: float) -> str:
    if any(math.isnan(value) for value in (low, high, whole_low, whole_high)):
        return "unknown"
    slack = _ROUNDING * max(abs(whole_low), 1.0)
    if high < whole_low - slack:
        return "short"
    return "over" if low > whole_high + slack else "agree"


PRESENT = ["present_low", "present_high", "present_even", "displacement"]
"""Columns that :func:`add_people_present` adds to those of people."""

_MAY_HAVE_LEFT = ("settlements", "districts", "raster:", "settlements_by_raster:")
"""Sources of residents; registered people may live elsewhere anyhow."""


def check_displacements(project: Project, *, flows: pd.DataFrame | None) -> None:
    """Check that the flows have the rows that displacements name.

    Parameters
    ----------
    project
        Names them.
    flows
        From `check_flows`; None without a table, as in a public run where it is restricted:
        nobody's leaving is told then.

    Raises
    ------
    ProjectError
        With every row that is missing or does not count people.
    """
    if flows is None:
        return
    known = dict(zip(flows["id"], flows["unit"], strict=True))
    problems = []
    for displacement in project.displacements:
        keys = ("left", "whole", "returned")
        named = [(key, getattr(displacement, key)) for key in keys]
        for key, value in named:
            for row in value if isinstance(value, tuple) else (value,):
                wrong = ""
                if row is not None and row not in known:
                    wrong = (
                        f"there is no row {show_value(row)} in the "
                        f"flows.{suggest_name(row, words=known)}"
                    )
                elif row is not None and known[row] != PEOPLE:
                    wrong = (
                        f"{show_value(row)} does not count people ({known[row]}). Name another row."
                    )
                if wrong:
                    field = f"displacements.{key}"
                    problems.append(ProjectError(wrong, path=project.path, field=field))
    raise_problems(problems)


def add_people_present(
    people: pd.DataFrame, *, project: Project, flows: pd.DataFrame | None
) -> pd.DataFrame:
    """Say how many of the residents counted before a displacement can have been there after it.

    Parameters
    ----------
    people
        Rows of people within distances.
    project
        Dates of the lines, and the displacements.
    flows
        From `check_flows`; None without a table.

    Returns
    -------
    The rows with the columns of :data:`PRESENT`; empty where no displacement lies between the
    figures and the line. A figure without a date may be older, and is taken to be.

    Notes
    -----
    Of P residents, with L who left, R who came back by the date of the line and W in the whole,
    at least max(0, P - L + R) were there, if everybody left from here, and at most
    min(P, W - L + R), if nobody did as far as those who stayed elsewhere allow. If all places
    emptied alike it were P (1 - (L - R) / W). With ranges the ends are the widest.
    """
    lines = {line.key: line.date for line in project.lines}
    rows = [
        _find_people_present(row, lines.get(str(row["line"])), project, flows)
        for row in people.to_dict("records")
    ]
    present = pd.DataFrame(rows, columns=PRESENT, index=people.index)
    return people.assign(**{name: present[name] for name in PRESENT})


def _find_people_present(
    row: Mapping[Any, Any], date: dt.date | None, project: Project, flows: pd.DataFrame | None
) -> dict[str, Any]:
    nothing = {**dict.fromkeys(PRESENT[:3], math.nan), "displacement": ""}
    source, people = str(row["source"]), float(row["population"])
    may_have_left = source in _MAY_HAVE_LEFT or source.startswith(_MAY_HAVE_LEFT[2:])
    if flows is None or date is None or not may_have_left or math.isnan(people):
        return nothing
    # None, where no figure was added up: nobody can have left.
    if not row["figures_first"] and not row["figures_undated"] > 0:
        return nothing
    between = [
        displacement
        for displacement in project.displacements
        if (not displacement.sides or row["side"] in displacement.sides)
        and displacement.date <= date
        and (
            not row["figures_first"]
            or parse_first_day(str(row["figures_first"])) < displacement.date
        )
    ]
    if not between:
        return nothing
    last = max(between, key=lambda displacement: displacement.date)
    left = _sum_ends(flows, (last.left,))
    back = _sum_ends(
        flows, [row_id for row_id in last.returned if _may_have_returned(flows, row_id, date)]
    )
    whole = _sum_ends(flows, (last.whole,)) if last.whole else (math.nan, math.nan)
    least = max(0.0, people - max(left[1] - back[0], 0.0))
    gone = max(left[0] - back[1], 0.0)
    most = people if math.isnan(whole[1]) else min(people, max(whole[1] - gone, 0.0))
    exact = left[0] == left[1] and back[0] == back[1] and whole[0] == whole[1] > 0
    even = people * max(1.0 - (left[0] - back[0]) / whole[0], 0.0) if exact else math.nan
    return dict(zip(PRESENT, (least, most, even, last.label), strict=True))


def _may_have_returned(flows: pd.DataFrame, row_id: str, date: dt.date) -> bool:
    """Tell whether those of a row may have come back by a date; without a date they may."""
    when = str(flows.loc[flows["id"] == row_id, "date"].iloc[0])
    return not when or parse_first_day(when) <= date


def _sum_ends(flows: pd.DataFrame, ids: Sequence[str]) -> tuple[float, float]:
    """Add up the ends of some rows; nothing stated is nothing known: 0 to everybody."""
    rows = flows[flows["id"].isin(list(ids))]
    low, high = rows["amount_low"].fillna(0.0), rows["amount_high"].fillna(math.inf)
    return float(low.sum()), float(high.sum())
