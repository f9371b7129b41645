"""Text that is inert in HTML: escaping, templates that escape, data inside pages."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from frontline.results.wording import escape_text, join_phrases

if TYPE_CHECKING:
    from jinja2 import Environment


NOT_INERT = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028"}


def dump_inert_json(value: Any) -> str:
    """Return JSON that can stand inside a script element: nothing in it ends or opens a tag."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for char, escape in [*NOT_INERT.items(), ("\u2029", "\\u2029")]:
        text = text.replace(char, escape)
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def isolate_text(words: str) -> Markup:
    """Return text of the data as HTML whose direction of writing leaves its surroundings alone."""
    return Markup("<bdi>{}</bdi>").format(words)


def escape_for_template(words: str) -> Markup:
    """Return text as `escape_text` does, for a template that escapes."""
    return Markup(escape_text(words))  # noqa: S704 - every character that could matter is an entity


@cache
def open_templates(package: str) -> Environment:
    """Open the templates of a package, in its folder ``templates``.

    Parameters
    ----------
    package
        Its name, such as ``frontline.export.report``.

    Returns
    -------
    An environment in which everything that is put into a template is escaped, an unknown name is
    an error, and these filters stand beside Jinja's own: ``bdi`` for text of the data, ``inert``
    for text that nothing else must take for a template either, ``listing`` for parts joined as in
    a sentence (a, b and c).
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(package, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "bdi": isolate_text,
        "listing": join_phrases,
        "inert": escape_for_template,
    }
    return environment
