"""Alternatives of a line: the same front at the same date, as other sources draw it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from frontline.errors import FrontlineError, raise_problems
from frontline.lines.front import FrontLine, read_front

if TYPE_CHECKING:
    from frontline.inputs.layers import Layers
    from frontline.project.models import Project


MOST_AT_ONCE = 2
"""Lines that are replaced at the same time: as many as any figure compares."""


@dataclass(frozen=True)
class Alternative:
    """A line as another source draws it.

    Parameters
    ----------
    line
        Key of the line in whose place it may stand.
    key, label
        Of the alternative, as in the project.
    front
        The line that it gives, with the key, label and date of the line.
    """

    line: str
    key: str
    label: str
    front: FrontLine


def read_alternatives(project: Project, *, layers: Layers) -> tuple[Alternative, ...]:
    """Make the alternatives of the lines of a project from its layers.

    Parameters
    ----------
    project
        Lines with their alternatives, sides and seeds.
    layers
        ``plane``, ``study_area`` and ``lines`` are used.

    Returns
    -------
    In the project's order.

    Raises
    ------
    FrontlineError
        As `frontline.lines.front.read_fronts` of a line; its key names line and alternative.
    """
    found: list[Alternative] = []
    problems: list[FrontlineError] = []
    for line in project.lines:
        for own, drawing in zip(line.alternatives, line.drawings[1:], strict=True):
            try:
                front = read_front(drawing, line=line.key, project=project, layers=layers)
            except FrontlineError as problem:
                problems.append(problem)
                continue
            named = replace(front, key=line.key, label=line.label)
            found.append(Alternative(line.key, own.key, own.label, named))
    raise_problems(problems)
    return tuple(found)


def list_choices(alternatives: Sequence[Alternative]) -> Iterator[tuple[Alternative, ...]]:
    """Yield what may stand in the place of lines: one alternative, or two of different lines.

    Parameters
    ----------
    alternatives
        Of all lines.

    Returns
    -------
    Each alternative by itself, then each pair of alternatives of two lines: a figure that
    compares two lines has its range over all combinations of their sources.
    """
    for count in range(1, MOST_AT_ONCE + 1):
        for choice in itertools.combinations(alternatives, count):
            if len({alternative.line for alternative in choice}) == count:
                yield choice
