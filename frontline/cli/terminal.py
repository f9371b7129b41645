"""What reaches the terminal: text of the data never moves its cursor, colours it or hides."""

from __future__ import annotations

import logging
import unicodedata

import typer

_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of text, so that a line reads as another."""


def escape_controls(text: str) -> str:
    """Show control characters as escapes, as they are written in JSON; line breaks stay.

    Parameters
    ----------
    text
        Anything, from a file of the user's or of somebody else's.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(char) for char in text)


def _escape(char: str) -> str:
    if char == "\n":
        return char
    hidden = unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} or char in _TURNING
    return f"\\u{ord(char):04x}" if hidden else char


def say(text: str, *, err: bool = False) -> None:
    """Print text; the one way by which the command line speaks."""
    typer.echo(escape_controls(text), err=err)


class PlainFormatter(logging.Formatter):
    """Lines of the log without control characters."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        return escape_controls(super().format(record))


def start_log(*, quiet: bool = False) -> None:
    """Let warnings reach standard error, or with `quiet` only errors."""
    handler = logging.StreamHandler()
    handler.setFormatter(PlainFormatter("frontline: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    if quiet:
        logging.getLogger().setLevel(logging.ERROR)
