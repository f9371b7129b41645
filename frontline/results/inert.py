"""Text that nothing takes for markup, a template or code."""

from __future__ import annotations

import re


def escape_text(text: str) -> str:
    """Return text with every character that HTML, Jinja or a JavaScript template could take up.

    Letters, digits, blanks and full stops, commas and hyphens stay; everything else in ASCII
    becomes a numeric entity, as do the invisible marks that turn the direction of writing.
    """
    plain = re.compile(r"[A-Za-z0-9 .,\-]|[^\x00-\x7f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
    return "".join(c if plain.fullmatch(c) else f"&#{ord(c)};" for c in text)
