"""What the words of a statement allow: one table of tolerances and of figures that words mean."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Qualifier:
    """A word beside a figure, and how far the figure may be off.

    Parameters
    ----------
    words
        Phrases with the same meaning.
    below, above
        Shares of the figure by which it may be lower, and higher; infinite where that side is
        open.
    meaning
        One sentence for the guide.
    """

    words: tuple[str, ...]
    below: float
    above: float
    meaning: str


@dataclass(frozen=True)
class Quantity:
    """A word that stands for a figure.

    Parameters
    ----------
    words
        Phrases with the same meaning.
    low, high
        The range they are read as, infinite where it is open; shares are per cent.
    meaning
        One sentence for the guide.
    """

    words: tuple[str, ...]
    low: float
    high: float
    meaning: str


PLAIN = 0.05
"""Share by which a figure may be off that is stated without a qualifying word."""

QUALIFIERS = (
    Qualifier(
        ("roughly", "around", "about", "approximately", "circa", "some", "or so"),
        0.1,
        0.1,
        "a tenth less or more",
    ),
    Qualifier(
        ("almost", "nearly", "close to", "just under", "just below"),
        0.15,
        0.0,
        "the figure itself, or up to 15 % less",
    ),
    Qualifier(
        ("over", "more than", "at least", "upwards of", "no less than"),
        0.0,
        math.inf,
        "the figure itself, or more",
    ),
    Qualifier(
        ("under", "less than", "fewer than", "at most", "up to", "no more than"),
        math.inf,
        0.0,
        "the figure itself, or less",
    ),
    Qualifier(("exactly", "precisely"), 0.0, 0.0, "the figure itself"),
)
"""How far a stated figure may be off, by the word beside it."""

QUANTITIES = (
    Quantity(("almost all", "nearly all", "almost every"), 90.0, math.inf, "90 % or more"),
    Quantity(("three quarters",), 75.0, 75.0, "75 %"),
    Quantity(("two thirds",), 200.0 / 3.0, 200.0 / 3.0, "66.7 %"),
    Quantity(("a third", "one third"), 100.0 / 3.0, 100.0 / 3.0, "33.3 %"),
    Quantity(("a quarter", "one quarter"), 25.0, 25.0, "25 %"),
    Quantity(("in half",), 25.0, 75.0, "neither part below a quarter: 25 to 75 %"),
    Quantity(("half",), 50.0, 50.0, "50 %"),
    Quantity(("most", "mostly", "the majority", "majority"), 50.0, math.inf, "50 % or more"),
    Quantity(("several dozen", "several dozens"), 36.0, math.inf, "three dozen or more"),
    Quantity(("dozens", "dozens of"), 24.0, math.inf, "two dozen or more"),
    Quantity(("a dozen",), 12.0, 12.0, "12"),
    Quantity(("hundreds", "hundreds of"), 200.0, math.inf, "200 or more"),
    Quantity(("thousands", "thousands of"), 2_000.0, math.inf, "2,000 or more"),
    Quantity(("several",), 3.0, math.inf, "3 or more"),
    Quantity(("a few", "few"), 2.0, 5.0, "2 to 5"),
    Quantity(("a couple", "both"), 2.0, 2.0, "2"),
)
"""What a word means where no number is stated. The first of the table that occurs is taken."""


def find_qualifier(text: str) -> Qualifier | None:
    """Find the word of a statement that says how exact its figure is; None without one.

    Parameters
    ----------
    text
        The words of the figure, such as "roughly 200 km".

    Notes
    -----
    A word that is part of a quantity ("almost all") qualifies nothing.
    """
    quantity = find_quantity(text)
    rest = text.casefold()
    for phrase in quantity.words if quantity else ():
        rest = re.sub(rf"\b{re.escape(phrase)}\b", " ", rest)
    for qualifier in QUALIFIERS:
        if any(_has_phrase(phrase, rest) for phrase in qualifier.words):
            return qualifier
    return None


def find_quantity(text: str) -> Quantity | None:
    """Find the word of a statement that stands for a figure; None without one."""
    plain = text.casefold()
    for quantity in QUANTITIES:
        if any(_has_phrase(phrase, plain) for phrase in quantity.words):
            return quantity
    return None


def _has_phrase(phrase: str, text: str) -> bool:
    return re.search(rf"\b{re.escape(phrase)}\b", text) is not None
