"""What a reader must know of dated lines: what of them lies outside, and which share a date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline.geodesy import Frame, length_m
from frontline.records import Note

if TYPE_CHECKING:
    from frontline.project import Line

LEAST_OUTSIDE_KM = 0.1
"""Ends that are led over the edge by less than this are not worth a word."""


def outside(key: str, course: Any, area: Any, frame: Frame) -> tuple[Note, ...]:
    """Say how much of a line lies outside the study area.

    Parameters
    ----------
    key
        Of the line.
    course, area
        The line and the study area in the plane.
    frame
        The plane.

    Returns
    -------
    A note, or nothing where the line ends at the edge.

    Notes
    -----
    Such a line is used whole: a place near the edge is as near to it as it is, and is seen from
    it. Only land ends at the edge.
    """
    beyond = shapely.difference(course, area)
    if beyond.is_empty:
        return ()
    lengths = length_m(np.array([beyond, course], dtype=object), frame) / 1000.0
    if lengths[0] < LEAST_OUTSIDE_KM:
        return ()
    text = (
        f"{lengths[0]:,.1f} of its {lengths[1]:,.1f} km lie outside the study area: they count in "
        "its length, in distances and in sight, and no land there does."
    )
    return (Note(key, text),)


def same_date(lines: Sequence[Line]) -> tuple[Note, ...]:
    """Name lines of one date: two sources, whose difference is no change.

    Parameters
    ----------
    lines
        As the project has them.

    Returns
    -------
    A note for each line whose date an earlier one of the project has.
    """
    notes = []
    for number, line in enumerate(lines):
        before = [other.key for other in lines[:number] if other.date == line.date]
        if before:
            listed = ", ".join(f"'{key}'" for key in before)
            text = (
                f"Of the same date as {listed}: what differs between them is no change in time "
                "but a difference between sources. Tables of change hold it all the same."
            )
            notes.append(Note(line.key, text))
    return tuple(notes)
