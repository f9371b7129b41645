"""Errors that name place, fault and remedy; close matches for names that are not known."""

from __future__ import annotations

import difflib
import errno
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

_Made = TypeVar("_Made")

MOST_PROBLEMS = 20
"""How many problems one error names before it only counts the rest."""

CHANGED = "The provider may have changed its format: take another source, and report it."
"""What to do about a download that is well but not what it used to be."""


class FrontlineError(Exception):
    """A fault in the input or the request that the user can mend.

    Parameters
    ----------
    message
        What is wrong, what was expected, what to do; without the place.
    path, layer, field
        Where the fault lies, as far as it is known.
    row
        Identifier of the feature or row, counted as the file counts it.

    Notes
    -----
    ``error.problems`` holds the parts of an error that lists several. ``str(error)`` reads
    *place: message*, for example
    ``layers/new.gpkg, layer 'front', feature 17, field 'date': '2024-13-01' is not a date
    (expected YYYY-MM-DD).``
    """

    def __init__(
        self,
        message: str,
        *,
        path: Path | str | None = None,
        layer: str | Sequence[str] | None = None,
        row: int | str | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.layer = layer if isinstance(layer, str) or layer is None else ", ".join(layer)
        self.row = row
        self.field = field
        self.problems: tuple[FrontlineError, ...] = (self,)

    def __str__(self) -> str:
        place = [to_one_line(str(self.path))] if self.path is not None else []
        if self.layer is not None:
            place.append(f"layer '{to_one_line(self.layer)}'")
        if self.row is not None:
            place.append(f"feature {to_one_line(str(self.row))}")
        if self.field is not None:
            place.append(f"field '{to_one_line(self.field)}'")
        return f"{', '.join(place)}: {self.message}" if place else self.message


class ProjectError(FrontlineError):
    """The project file, or what was asked for, is wrong."""


class LayerError(FrontlineError):
    """A vector layer or table cannot be used as it is."""


class RasterError(FrontlineError):
    """An elevation or population raster, or an array made from one, cannot be used as it is."""


class OutputError(FrontlineError):
    """A result cannot be written where it was asked for."""


class DownloadError(FrontlineError):
    """A provider of data does not answer as it should, or does not have what is needed."""


def to_one_line(text: str) -> str:
    """Show text on one line: line breaks, tabs and other control characters are escaped."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def summarize_error(error: object) -> str:
    """Show what a library says on one line, shortened, without the folders it speaks of."""
    text = re.sub(r"(?<![\w.])(?:[A-Za-z]:)?[\\/](?:[^\s\\/:']+[\\/])+", "", str(error))
    text = to_one_line(text or type(error).__name__).split("; ", maxsplit=1)[0].rstrip(". ")
    return text if len(text) <= 160 else f"{text[:157]}..."


def wants_memory(error: BaseException | None) -> bool:
    """Tell whether a library could not be loaded, or the system be asked, for want of memory."""
    while error is not None:
        if isinstance(error, MemoryError):
            return True
        if isinstance(error, OSError) and error.errno == errno.ENOMEM:
            return True
        if isinstance(error, OSError | ImportError) and "failed to map segment" in str(error):
            return True
        if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def guard_library(
    error: type[FrontlineError],
    *,
    path: Path | str,
    layer: str | None = None,
    what: str = "cannot be read",
    hint: str = "Export or copy it again.",
) -> Iterator[None]:
    """Turn whatever a library raises over a file into one line that names the file.

    Parameters
    ----------
    error
        Class of what is raised instead.
    path, layer
        What is read.
    what, hint
        What is wrong with it, before what the library says; what to do about it, as a sentence.

    Notes
    -----
    Nobody can list what a library raises over damaged bytes: pyogrio ends in UnboundLocalError,
    rasterio in UnicodeDecodeError. What is ours already, and a want of memory, pass unchanged.
    """
    try:
        yield
    except (FrontlineError, MemoryError):
        raise
    except Exception as raised:  # the one place where whatever is raised is taken
        if wants_memory(raised):
            raise
        text = f"{what} ({summarize_error(raised)}). {hint}"
        raise error(text, path=path, layer=layer) from raised


def raise_problems(problems: Sequence[FrontlineError]) -> None:
    """Raise nothing, the one problem, or one error that lists up to twenty of them.

    Raises
    ------
    FrontlineError
        Of the class of the first problem, if there is any.
    """
    if not problems:
        return
    if len(problems) == 1:
        raise problems[0]
    shown = [f"  {problem}" for problem in problems[:MOST_PROBLEMS]]
    if len(problems) > MOST_PROBLEMS:
        shown.append(f"  and {len(problems) - MOST_PROBLEMS} more")
    error = type(problems[0])("\n".join([f"{len(problems)} problems:", *shown]))
    error.problems = tuple(problems)
    raise error


def collect_problems(
    step: Callable[[], _Made], *, problems: list[FrontlineError], path: Path | str | None = None
) -> _Made | None:
    """Do a step and keep its problems, so that those of the next are found as well.

    Parameters
    ----------
    step
        What is done.
    problems
        Grows by the problems of the step.
    path
        Where a problem lies that does not say it.

    Returns
    -------
    What the step gives; None where it has problems.
    """
    try:
        return step()
    except FrontlineError as error:
        for problem in error.problems:
            if problem.path is None and path is not None:
                place = {"layer": problem.layer, "field": problem.field}
                problems.append(type(problem)(problem.message, path=path, row=problem.row, **place))
            else:
                problems.append(problem)
    return None


def suggest_name(word: object, *, words: Iterable[str]) -> str:
    """Sentence that offers the most alike of some words, or lists them, or says there are none."""
    known = sorted(set(words))
    folded = {name.casefold(): name for name in known}
    alike = difflib.get_close_matches(str(word).casefold(), folded, n=1, cutoff=0.6)
    if alike:
        return f" Did you mean '{to_one_line(folded[alike[0]])}'?"
    if not known:
        return " There are none to choose from."
    shown = ", ".join(to_one_line(name) for name in known[:12])
    return f" Known: {shown}{' ...' if len(known) > 12 else ''}."


KEY_PATTERN = r"^[a-z][a-z0-9_]{0,40}$"
ID_PATTERN = r"^[A-Za-z][A-Za-z0-9_.-]{0,40}$"
COLOUR_PATTERN = r"^#[0-9a-fA-F]{6}$"
NAME_PATTERN = r"\S"


def show_value(value: Any) -> str:
    """Show a value of the file, shortened, on one line."""
    text = to_one_line(value) if isinstance(value, str) else to_one_line(repr(value))
    text = text if len(text) <= 60 else f"{text[:57]}..."
    return f"'{text}'" if isinstance(value, str) else text


def find_closest(word: str, *, words: Sequence[str]) -> str:
    """Find the word most like another one; empty if none is like it."""
    matches = difflib.get_close_matches(word.casefold(), words, n=1, cutoff=0.75)
    return matches[0] if matches else ""
