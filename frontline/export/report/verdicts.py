"""The report's pages on statements: what was stated, what was computed, which verdict, and why."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from frontline.export.html import (
    NOTHING,
    Html,
    between,
    body,
    data,
    heading,
    joined,
    paragraph,
    row,
    small,
    spread,
    table,
    tag,
    text,
)
from frontline.export.report.findings import with_unit
from frontline.results.phrases import REPORT, day
from frontline.results.wording import filled, number, without_keys

if TYPE_CHECKING:
    from frontline.results.model import Results


AGAINST = " Against it stands "
"""What the ledger puts before the statements that contradict one; the report shows links."""
FIGURES = "Computed: "
"""How the ledger begins to tell figures, which the report shows in a column."""
VERDICTS = (
    "supported",
    "contradicted",
    "indicative only",
    "not testable",
    "undefined",
    "below accuracy",
    "excluded",
)


def claims(results: Results) -> Html:
    """Show the whole ledger: verdicts counted, statements against each other, every statement."""
    frame = results.claims
    if frame is None or frame.empty:
        return NOTHING
    rows = frame.to_dict("records")
    return Html(
        paragraph(REPORT["claims_text"])
        + _summary(rows)
        + _against(results, rows)
        + _all(results, rows)
    )


def tally(results: Results) -> tuple[int, list[tuple[str, int]]]:
    """Return how many statements there are, and how many have each verdict."""
    if results.claims is None:
        return 0, []
    found = results.claims["verdict"].map(filled)
    counts = [(word, int((found == word).sum())) for word in VERDICTS]
    return len(found), [(word, count) for word, count in counts if count]


def badge(verdict: str) -> Html:
    """Write a verdict so that it can be told apart without colour."""
    return tag("span", text(verdict), class_=f"verdict {verdict.replace(' ', '-')}")


def _summary(rows: Sequence[dict[Any, Any]]) -> Html:
    made = []
    for verdict in VERDICTS:
        ids = [filled(one["id"]) for one in rows if filled(one["verdict"]) == verdict]
        if ids:
            meaning = text(REPORT[f"verdict_{verdict}"])
            made.append(row(badge(verdict), text(str(len(ids))), meaning, _links(ids)))
    heads = [text(REPORT["verdict"]), text("")]
    heads += [text(REPORT[key]) for key in ("meaning", "statements")]
    return table(text(REPORT["verdicts"]), heads, made, class_="summary")


def _links(ids: Sequence[str]) -> Html:
    return joined((tag("a", data(one), href=f"#{_anchor(one)}") for one in ids), " ")


def _anchor(key: str) -> str:
    """Return the name of a place in the page, of any text."""
    return "claim-" + "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in key)


def _against(results: Results, rows: Sequence[dict[Any, Any]]) -> Html:
    """Set statements that contradict each other side by side."""
    by_id = {filled(one["id"]): one for one in rows}
    pairs = []
    for key, one in by_id.items():
        for other in filled(one.get("contradicts")).split(";"):
            if other in by_id and (other, key) not in pairs:
                pairs.append((key, other))
    if not pairs:
        return NOTHING
    blocks = [
        tag("div", *(_brief(results, by_id[key]) for key in pair), class_="pair") for pair in pairs
    ]
    return Html(heading("against_title", 3) + paragraph(REPORT["against_text"]) + joined(blocks))


def _brief(results: Results, one: dict[Any, Any]) -> Html:
    key = filled(one["id"])
    top = Html(tag("a", data(key), href=f"#{_anchor(key)}") + " " + badge(filled(one["verdict"])))
    said = tag("p", data(filled(one["statement"])))
    numbers = f"{REPORT['stated']}: {filled(one['stated']) or REPORT['nothing']}. "
    numbers += f"{REPORT['computed']}: {_computed_text(one)}."
    where = paragraph(_source(one, whole=True), class_="where")
    return tag("div", tag("p", top), said, paragraph(without_keys(numbers, results)), where)


def _all(results: Results, rows: Sequence[dict[Any, Any]]) -> Html:
    bodies = [
        body(data(title), 3, [_claim(results, one) for one in group])
        for title, group in itertools.groupby(rows, key=_report)
    ]
    heads = [text(REPORT[key]) for key in ("verdict", "statement", "figures_and_reason")]
    return table(text(REPORT["claims_list"]), heads, bodies, class_="claims")


def _report(one: dict[Any, Any]) -> str:
    """Name the report in which a statement stands, with its date."""
    source, section = filled(one["source"]), filled(one.get("section"))
    title = source.removesuffix(f", {section}") if section else source
    date = filled(one.get("date"))
    return f"{title} ({day(dt.date.fromisoformat(date[:10]))})" if date else title


def _source(one: dict[Any, Any], *, whole: bool = False) -> str:
    section = filled(one.get("section"))
    if whole:
        return filled(one["source"])
    return REPORT["section"].format(section=section) if section else ""


def _claim(results: Results, one: dict[Any, Any]) -> Html:
    key, why = filled(one["id"]), _reason(one)
    first = Html(tag("span", data(key), class_="key") + badge(filled(one["verdict"])))
    against = [other for other in filled(one.get("contradicts")).split(";") if other]
    statement = [tag("p", data(filled(one["statement"])))]
    if _source(one):
        statement.append(paragraph(_source(one), class_="where"))
    if against:
        words, _, _ = REPORT["against"].partition("{ids}")
        statement.append(tag("p", text(words), _links(against), class_="where"))
    told = tag("p", data(without_keys(why, results)), class_="why")
    return row(first, joined(statement), Html(_numbers(results, one) + told), id=_anchor(key))


def _reason(one: dict[Any, Any]) -> str:
    """Return why, without the figures and the statements that the report shows beside it."""
    why = filled(one["why"]).split(AGAINST)[0]
    start, stated = why.find(FIGURES), f"Stated: {filled(one['stated'])}."
    end = why.find(stated, max(start, 0))
    if start < 0 or end < 0 or pd.isna(one["computed"]):
        return why
    return f"{why[:start].strip()} {why[end + len(stated) :].strip()}".strip()


def _numbers(results: Results, one: dict[Any, Any]) -> Html:
    """Write what is stated over what is computed."""
    stated = filled(one["stated"])
    pairs = [(REPORT["stated"], data(without_keys(stated, results)))] if stated else []
    if not pd.isna(one["computed"]):
        pairs.append((REPORT["computed"], _computed(one)))
    terms = [Html(tag("dt", text(term)) + tag("dd", told)) for term, told in pairs]
    return tag("dl", *terms) if terms else NOTHING


def _computed(one: dict[Any, Any]) -> Html:
    value, low, high = (float(one[name]) for name in ("computed", "low", "high"))
    whole = tag("b", text(f"{number(value, low, high)} {_unit(one)}".strip()))
    if not spread(value, low, high):
        return whole
    ends, cause = between(low, high), filled(one.get("contains"))
    told = REPORT["by"].format(ends=ends, cause=cause) if cause else ends
    return Html(whole + " " + small(told))


def _unit(one: dict[Any, Any]) -> str:
    """Return the unit as it is printed; one of many things is one thing."""
    unit = filled(one["unit"]).replace("km2", "km²")
    return unit.removesuffix("s") if one["computed"] == 1 else unit


def _computed_text(one: dict[Any, Any]) -> str:
    """Write what was computed inside a sentence."""
    if pd.isna(one["computed"]):
        return REPORT["nothing"]
    value, low, high = (float(one[name]) for name in ("computed", "low", "high"))
    return with_unit(value, low, high, _unit(one))
