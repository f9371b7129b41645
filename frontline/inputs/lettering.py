"""Text that was read in an encoding that does not fit: letters that no name is written in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from frontline.errors import show_value

_WORD = re.compile(r"[^\W\d_]{3,}")
_SIGNS = re.compile(r"\w[¡-©«-³µ¶¸»-¿‰†‡€\u2500-\u259f]+\w")
_LEAST_SHARE = 0.2


def doubt_lettering(cells: Iterable[object]) -> tuple[str, int] | None:
    """Look for text of a column that hardly is what was written.

    Parameters
    ----------
    cells
        Of one column, as read; what is no text is passed over.

    Returns
    -------
    A sentence with an example and how many cells are so; None if there is nothing to doubt. A
    single odd name among many plain ones is no fault of the encoding.

    Notes
    -----
    What is told: UTF-8 read as one byte to a letter; words of accented Latin letters only
    (Cyrillic or Arabic read as cp1252); words of several alphabets; small letters before
    capitals (KOI8-R read as cp1251); signs, replacement marks and control characters in words.
    """
    texts = [cell for cell in cells if isinstance(cell, str) and not cell.isascii()]
    odd = [text for text in texts if _is_odd(text)]
    if not odd or len(odd) < _LEAST_SHARE * len(texts):
        return None
    text = (
        f"Text such as {show_value(odd[0])} looks as if it were read in a wrong encoding: name the "
        'right one, as encoding = "cp1251", or export the file as UTF-8.'
    )
    return text, len(odd)


def _is_odd(text: str) -> bool:
    if "\ufffd" in text or any(unicodedata.category(char) in {"Cc", "Co", "Cn"} for char in text):
        return True
    if _is_folded_utf8(text) or _SIGNS.search(text):
        return True
    words = _WORD.findall(text)
    return any(_is_odd_word(word) for word in words)


def _is_folded_utf8(text: str) -> bool:
    """Tell whether text is UTF-8 of which each byte was taken for a letter."""
    for encoding in ("cp1252", "latin-1", "cp1251", "cp1254"):
        try:
            inner = text.encode(encoding).decode()
        except UnicodeError:
            continue
        if len(inner) < len(text):
            return True
    return False


def _is_odd_word(word: str) -> bool:
    accented = sum("\u00c0" <= char <= "\u00ff" for char in word)
    if accented >= 3 and accented > 0.6 * len(word):
        return True
    scripts = {_name_script(char) for char in word} - {""}
    if len(scripts) > 1:
        return True
    swapped = len(word) > 3 and word[0].islower() and word[1:].isupper()
    return swapped and not word.isascii()


@lru_cache(maxsize=4096)
def _name_script(char: str) -> str:
    """Name the alphabet of a letter, as its name in Unicode begins with it."""
    name = unicodedata.name(char, "")
    if unicodedata.category(char)[0] != "L" or name.startswith(("MODIFIER", "FEMININE", "MASC")):
        return ""
    first = name.split(maxsplit=1)[0] if name else ""
    return {"HIRAGANA": "CJK", "KATAKANA": "CJK", "HANGUL": "CJK"}.get(first, first)
