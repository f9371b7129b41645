"""Text that a spreadsheet would run as a formula: an apostrophe put before it, and taken off."""

from __future__ import annotations

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A text cell that starts with one of these is run as a formula by spreadsheets."""
GUARD = "'"
WHAT_IT_IS = (
    "Text that starts with =, +, -, @, a tab or a carriage return has an apostrophe before it, so "
    "that no spreadsheet runs it as a formula; frontline takes it off again when it reads the "
    "file. Numbers are never changed."
)
"""For the documents that stand beside the tables."""


def safe_text(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    Text that has apostrophes before such a start already gets one more, so that `plain_text`
    gives back every text as it was.
    """
    return GUARD + text if text.lstrip(GUARD).startswith(FORMULA_STARTS) else text


def plain_text(text: str) -> str:
    """Take off the apostrophe that `safe_text` has put before a text."""
    guarded = text.startswith(GUARD) and text.lstrip(GUARD).startswith(FORMULA_STARTS)
    return text[1:] if guarded else text
