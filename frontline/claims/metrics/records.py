"""Metrics of tables that a project may bring: links, flows of displaced people, events."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from frontline.analysis.context import Analysis
from frontline.analysis.displaced_people import balance_flows, list_flows
from frontline.claims.lookup import find_front
from frontline.claims.measurement import Measurement, MissingDataError, join_words
from frontline.claims.metric import LineKey, Metres, metric
from frontline.errors import ProjectError, show_value, suggest_name
from frontline.results.numbers import write_rounded

STATED = "what the sources state, not how sure they are"


@metric("links")
def links_apart(case: Analysis, *, line: LineKey, kind: str | None = None) -> Measurement:
    """Count the links from settlements to what they depend on that a line cuts.

    Parameters
    ----------
    kind
        Only links to this kind of thing, such as water, field, cemetery or school.
    """
    find_front(case, line=line)
    table = case.tables.get("links")
    if table is None:
        raise MissingDataError("the project has no table of what settlements depend on")
    links = table[table["line"] == line]
    if kind is not None:
        if kind not in set(links["kind"]):
            raise ProjectError(
                "there is no link of kind "
                f"{show_value(kind)}.{suggest_name(kind, words=links['kind'])}"
            )
        links = links[links["kind"] == kind]
    states = links["sides"].value_counts()
    cut, unsure = int(states.get("other", 0)), int(states.get("uncertain", 0))
    apart = links[links["sides"] == "other"]
    named = [f"{row['place_name']}: {row['kind']}" for _, row in apart.iterrows()]
    unknown = int(states.get("unknown", 0))
    return Measurement(
        float(cut),
        float(cut),
        float(cut + unsure + unknown),
        contains="the error of the line, and links that lead to a place not known",
        sources=_list_sources(links),
        detail=f"Of {len(links)} links: on one side {int(states.get('same', 0))}, uncertain "
        f"{unsure}, to a place that is not known {unknown}; cut: {join_words(named) or 'none'}",
    )


@metric("%")
def displaced_share(
    case: Analysis, *, origins: tuple[str, ...], part_of: str, source: str | None = None
) -> Measurement:
    """Share of a total of displaced people who come from some places.

    Parameters
    ----------
    origins
        Origins as the table of flows names them.
    part_of
        Identifier of the total in that table.
    source
        Only figures of this source: figures of several sources are never added.
    """
    flows = case.tables.get("flows")
    if flows is None:
        places = ", ".join(origins)
        raise MissingDataError(f"the project has no table of displaced people by origin ({places})")
    table = list_flows(flows)
    whole = table["part_of"].where(table["part_of"] != "", table["share_of"])
    parts = _find_parts(table.assign(part_of=whole), part_of, source)
    for origin in origins:
        if origin not in set(parts["origin"]):
            offer = suggest_name(origin, words=parts["origin"])
            raise ProjectError(
                f"{show_value(part_of)} has no part from {show_value(origin)}.{offer}"
            )
    from_origins = parts[parts["origin"].isin(list(origins))]
    low, high = (float(from_origins[end].sum(skipna=False)) for end in ("share_low", "share_high"))
    amounts = [f"{row['origin']} {_write_ends(row)}" for _, row in from_origins.iterrows()]
    return Measurement(
        low if low == high else math.nan,
        low,
        high,
        contains=STATED,
        detail=f"{join_words(amounts)}; source: {from_origins['source'].iloc[0] or 'not named'}",
        refutes_only="it rests on what one source states",
        sources=_list_sources(from_origins),
    )


def _find_parts(table: pd.DataFrame, part_of: str, source: str | None) -> pd.DataFrame:
    """Return the parts of a total that one source gives.

    Raises
    ------
    ProjectError
        If there is no such total or source, or several sources and none is named.
    """
    if part_of not in set(table["id"]):
        raise ProjectError(
            f"there is no total {show_value(part_of)}.{suggest_name(part_of, words=table['id'])}"
        )
    parts = table[table["part_of"] == part_of]
    sources = [str(name) for name in dict.fromkeys(parts["source"])]
    if source is not None:
        if source not in sources:
            offer = suggest_name(source, words=sources)
            raise ProjectError(
                f"{show_value(part_of)} has no parts by {show_value(source)}.{offer}"
            )
        return parts[parts["source"] == source]
    if len(sources) > 1:
        raise ProjectError(
            f"{show_value(part_of)} has parts by {len(sources)} sources, which are never added. "
            "Name "
            f"one: source = {show_value(sources[0])}."
        )
    return parts


def _list_sources(rows: pd.DataFrame) -> tuple[str, ...]:
    """Name who states the figures of some rows."""
    if "source" not in rows:
        return ()
    return tuple(dict.fromkeys(name for name in rows["source"].astype(str) if name.strip()))


def _write_ends(row: pd.Series[Any]) -> str:
    low, high = float(row["amount_low"]), float(row["amount_high"])
    ends = write_rounded(low) if low == high else f"{write_rounded(low)} to {write_rounded(high)}"
    return f"{ends} {row['unit']}"


@metric("%")
def parts_of_total(case: Analysis, *, total: str, source: str | None = None) -> Measurement:
    """Sum of the parts of a total of displaced people, as a share of that total.

    Parameters
    ----------
    total
        Identifier of the total in the table of flows.
    source
        Only parts by this source.
    """
    flows = case.tables.get("flows")
    if flows is None:
        raise MissingDataError("the project has no table of displaced people")
    parts = _find_parts(list_flows(flows), total, source)
    rows = balance_flows(flows)
    balance = rows[(rows["id"] == total) & (rows["parts_source"].isin(set(parts["source"])))]
    if not len(balance):
        raise MissingDataError(f"no figures stand against the total '{total}'")
    row = balance.iloc[0]
    whole = float(row["amount_low"]), float(row["amount_high"])
    low, high = (
        100.0 * float(row["parts_low"]) / whole[1],
        100.0 * float(row["parts_high"]) / whole[0],
    )
    return Measurement(
        low if low == high else math.nan,
        low,
        high,
        contains=STATED,
        detail=f"{int(row['parts'])} parts against the total: {row['balance']}",
        refutes_only="figures that fit each other are not thereby right",
        sources=_list_sources(parts),
    )


@metric("events")
def events_near(
    case: Analysis, *, line: LineKey, distance_m: Metres, kind: str | None = None
) -> Measurement:
    """Count the events of which a claimed position lies within a distance of a line.

    Parameters
    ----------
    line
        Key of the line that held on their day.
    kind
        Only events of this kind.
    """
    find_front(case, line=line)
    table = case.tables.get("events")
    if table is None:
        raise MissingDataError("the project has no table of events")
    events = table[table["line"] == line]
    if kind is not None:
        events = events[events["kind"] == kind]
    near = events["distance_m"] <= distance_m
    # An event whose distance lies below accuracy may be on the line or beyond the distance.
    unsure = events["below_accuracy"].fillna(value=True).astype(bool)
    some = set(events.loc[near, "id"])
    every = {event for event, rows in near.groupby(events["id"]) if rows.all()}
    sure = every - set(events.loc[unsure, "id"])
    maybe = some | set(events.loc[unsure, "id"])
    disputed = events.loc[events["disputed"] != "", "id"].nunique()
    return Measurement(
        float(len(some)),
        float(len(sure)),
        float(len(maybe)),
        contains="positions that sources dispute, and errors of line and position",
        sources=_list_sources(events),
        detail=f"Of {events['id'].nunique()} events while this line held, {disputed} have "
        f"positions that are disputed and {events.loc[unsure, 'id'].nunique()} lie below accuracy",
    )
