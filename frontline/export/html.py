"""Text that is inert in HTML: escaping, elements, data inside pages."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any, NewType

from frontline.results.phrases import REPORT
from frontline.results.wording import number
from frontline.uncertainty.intervals import rounded

NOT_INERT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028"}


def html_text(text: str) -> str:
    """Return text with every character that HTML, Jinja or a JavaScript template could take up.

    Letters, digits, blanks and full stops, commas and hyphens stay; everything else in ASCII
    becomes a numeric entity, as do the invisible marks that turn the direction of writing.
    """
    plain = re.compile(r"[A-Za-z0-9 .,\-]|[^\x00-\x7f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
    return "".join(c if plain.fullmatch(c) else f"&#{ord(c)};" for c in text)


def inert_json(value: Any) -> str:
    """Return JSON that can stand inside a script element: nothing in it ends or opens a tag."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char, escape in [*NOT_INERT.items(), ("\u2029", "\\u2029")]:
        text = text.replace(char, escape)
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


Html = NewType("Html", str)
"""Markup that may stand in a page as it is; a plain str is none, as the type checker knows."""

NOTHING = Html("")
VOID = frozenset(("br", "img", "input", "meta", "link", "hr"))


def text(words: str) -> Html:
    """Turn any text into HTML that shows it."""
    return Html(html_text(words))


def data(words: str) -> Html:
    """Turn text of the data into HTML whose direction of writing leaves its surroundings alone."""
    return tag("bdi", text(words))


def joined(parts: Iterable[Html], between: str = "") -> Html:
    """Put pieces together, with text between them."""
    return Html(text(between).join(parts))


def tag(name: str, *inside: Html, **attributes: str | int | float) -> Html:
    """Make an element.

    Parameters
    ----------
    name
        Of the element.
    inside
        Its content.
    attributes
        An underscore stands for a hyphen and one at the end is dropped: ``class_``,
        ``aria_label``.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html_text(str(value))}"'
        for key, value in attributes.items()
    )
    opened = f"<{name}{written}>"
    return Html(opened if name in VOID else f"{opened}{''.join(inside)}</{name}>")


def paragraph(words: str, **attributes: str | int | float) -> Html:
    """Make a paragraph of plain text."""
    return tag("p", text(words), **attributes)


def bullets(rows: Iterable[Html], **attributes: str | int | float) -> Html:
    """Make a list; nothing of no rows."""
    items = [tag("li", row) for row in rows]
    return tag("ul", *items, **attributes) if items else NOTHING


def section(key: str, *inside: Html) -> Html:
    """Make a section headed by the word of that key; nothing where there is nothing in it."""
    if not any(inside):
        return NOTHING
    return tag("section", heading(key), *inside, id=key)


def heading(key: str, level: int = 2) -> Html:
    """Make a heading of one of the report's words."""
    return tag(f"h{level}", text(REPORT[key]))


def table(
    caption: Html, head: Sequence[Html], rows: Iterable[Html], **attributes: str | int | float
) -> Html:
    """Make a table.

    Parameters
    ----------
    caption
        Says what it shows.
    head
        Heads of the columns.
    rows
        Rows or bodies, from `row` and `body`.
    """
    bodies = list(rows)
    if not bodies:
        return NOTHING
    top = tag("thead", tag("tr", *(tag("th", cell, scope="col") for cell in head)))
    inside = bodies if bodies[0].startswith("<tbody") else [tag("tbody", *bodies)]
    whole = tag("table", tag("caption", caption), top, *inside, **attributes)
    return tag("div", whole, class_="wide", role="region", tabindex=0, aria_label="Table")


def row(first: Html, *cells: Html, **attributes: str | int | float) -> Html:
    """Make a row of a table, headed by its first cell."""
    head = tag("th", first, scope="row")
    return tag("tr", head, *(tag("td", cell) for cell in cells), **attributes)


def body(head: Html, columns: int, rows: Iterable[Html]) -> Html:
    """Make a part of a table with a heading over all columns."""
    top = tag("tr", tag("th", head, scope="rowgroup", colspan=columns), class_="group")
    return tag("tbody", top, *rows)


def figure(value: float, low: float, high: float) -> Html:
    """Write a number, and its interval under it where it has one."""
    shown = tag("span", text(number(value, low, high)), class_="number")
    return shown if not spread(value, low, high) else Html(shown + small(between(low, high)))


def spread(value: float, low: float, high: float) -> bool:
    """Tell whether an interval is known and has a width."""
    return all(map(math.isfinite, (value, low, high))) and low < high


def between(low: float, high: float) -> str:
    """Write an interval, rounded by its own width."""
    ends = rounded(low, low, high), rounded(high, low, high)
    return REPORT["interval"].format(low=ends[0], high=ends[1])


def small(words: str) -> Html:
    """Write a remark under a figure."""
    return tag("small", text(words))
