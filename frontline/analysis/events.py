"""Dated events against the line of their day; positions that sources dispute stay two."""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from frontline import schema
from frontline.errors import LayerError, raise_problems
from frontline.geo.geodesy import GEOD, find_nearest
from frontline.lines.sections import find_behind
from frontline.population.figures import parse_first_day
from frontline.schema import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline._typing import Coords
    from frontline.geo.projection import ProjectedPlane
    from frontline.lines.front import FrontLine
    from frontline.lines.sections import LineSection


EVENTS = Table(
    "events",
    "Events",
    "Claimed positions of dated events against the line of their day.",
    (
        schema.ROW_ID,
        schema.text("name", "Name", "Name of the event."),
        schema.text("kind", "Kind", "What the input says it was."),
        schema.date("date", "Date", "Day of the event."),
        schema.integer("claim", "", "Claim", "Number of the claimed position, 1 or 2."),
        schema.text("claimed_by", "Claimed by", "Who gives this position."),
        schema.number("lon", "degrees", "Longitude", "East of Greenwich, WGS 84."),
        schema.number("lat", "degrees", "Latitude", "North of the equator, WGS 84."),
        schema.text("line", "Line", "Key of the line of that day; empty before the first."),
        schema.text("section", "Section", "Keys of the sections that are nearest."),
        schema.ON_SIDE,
        schema.boolean(
            "side_certain", "Side is certain", "False within the errors of line and place."
        ),
        schema.number("distance_m", "m", "Distance", "To the nearest point of the line."),
        schema.boolean(
            "below_accuracy", "Below accuracy", "The distance is less than those errors."
        ),
        schema.number("apart_m", "m", "Apart", "Distance between the two claimed positions."),
        schema.text(
            "disputed", "Disputed", "side: claims lie on different sides; place: apart; or empty."
        ),
        schema.STATED_BY,
        schema.NOTE,
    ),
    lists=("events",),
    key=("id", "claim"),
    foreign=(schema.OF_LINE,),
)
"""Columns of :func:`relate_events`."""

_DAY = len("YYYY-MM-DD")
_MOST_DEGREES = np.array([180.0, 90.0])


def relate_events(
    events: pd.DataFrame,
    *,
    fronts: Sequence[FrontLine],
    stretches: Sequence[LineSection],
    plane: ProjectedPlane,
    shown_path: str = "events",
) -> pd.DataFrame:
    """Set each claimed position of each event against the line that held on its day.

    Parameters
    ----------
    events
        As read: the columns of the role ``events``.
    fronts
        Dated lines: of an event counts the latest that is not later than it.
    stretches
        Sections of the lines; may be empty.
    plane
        The plane.
    shown_path
        Name of the file, for messages.

    Returns
    -------
    One row per event and claimed position (``claim`` 1 or 2) with the columns of
    :data:`EVENTS`. ``line`` is empty for events before the first line, and nothing is measured
    then. ``section`` lists the sections that the nearest point of the line lies on.
    ``below_accuracy`` is true where the distance is smaller than the errors of line and
    position together: such an event may lie on either side. ``apart_m`` is the distance between
    the two positions claimed; ``disputed`` is ``side`` where they lie on different sides,
    ``place`` where they are further apart than their error, and empty otherwise.

    Raises
    ------
    LayerError
        A date that is no day, one of two coordinates, a position that is nowhere.
    """
    raise_problems(_list_faults(events, shown_path))
    ordered = sorted(fronts, key=lambda front: front.date)
    lonlat = events[["lon", "lat", "lon_2", "lat_2"]].to_numpy(np.float64).reshape(-1, 2, 2)
    row, claim = np.nonzero(np.isfinite(lonlat).all(axis=2))
    lonlat = lonlat[row, claim]
    error_m = np.nan_to_num(events["position_error_m"].to_numpy(np.float64))[row]
    table = events.iloc[row][["id", "name", "kind", "date", "source", "note"]]
    table = table.reset_index(drop=True)
    table["claim"] = claim + 1
    names = events[["claimed_by", "claimed_by_2"]].to_numpy(dtype=object)
    table["claimed_by"] = names[row, claim]
    table["lon"], table["lat"] = lonlat.T
    against = _relate_to_lines(
        plane.xy(lonlat), _find_lines(table["date"], ordered), error_m, ordered, stretches, plane
    )
    table = pd.concat([table, against], axis=1)
    table["apart_m"], table["disputed"] = _compare_claims(table, error_m)
    return table[EVENTS.names]


def _list_faults(events: pd.DataFrame, shown_path: str) -> list[LayerError]:
    """List the first thing that is wrong with each event of which anything is."""
    no_day = events["date"].astype(str).str.len() != _DAY
    first, second = (
        events[list(names)].to_numpy(np.float64) for names in (("lon", "lat"), ("lon_2", "lat_2"))
    )
    blank = np.isnan(second)
    nowhere = ~(np.abs(first) <= _MOST_DEGREES).all(axis=1)
    nowhere |= ~blank[:, 0] & ~(np.abs(second) <= _MOST_DEGREES).all(axis=1)
    faults = {
        "has only one coordinate of its second position. Give both, or none.": (
            blank[:, 0] != blank[:, 1]
        ),
        "lies nowhere (expected longitude and latitude in degrees). Correct it.": nowhere,
        "has a negative position_error_m. Leave it empty if unknown.": (
            events["position_error_m"].to_numpy(np.float64) < 0
        ),
    }
    which = np.select([no_day.to_numpy(dtype=bool), *faults.values()], range(1, 5), default=0)
    texts = ["", "", *faults]
    return [
        LayerError(
            texts[which[at]]
            or f"'{events['date'].iloc[at]}' is no day (expected YYYY-MM-DD). Correct it.",
            path=shown_path,
            row=str(events.index[at]),
        )
        for at in np.flatnonzero(which).tolist()
    ]


def _find_lines(days: pd.Series[str], ordered: Sequence[FrontLine]) -> NDArray[np.int64]:
    """Find the number of the latest line that is not later than each day; -1 before the first."""
    codes, words = pd.factorize(days)
    dates = [front.date for front in ordered]
    lines = [bisect.bisect_right(dates, parse_first_day(word)) - 1 for word in words]
    return np.array([*lines, -1], dtype=np.int64)[codes]


def _compare_claims(
    table: pd.DataFrame, error_m: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """How far the two positions of an event are apart, and whether sources dispute it."""
    apart_m = np.full(len(table), math.nan)
    disputed = np.full(len(table), "", dtype=object)
    second = np.flatnonzero(table["claim"].to_numpy() == 2)
    lonlat, side = table[["lon", "lat"]].to_numpy(), table["side"].to_numpy(dtype=object)
    away_m = np.asarray(GEOD.inv(*lonlat[second - 1].T, *lonlat[second].T)[2])
    differs = side[second - 1] != side[second]
    word = np.select([differs, away_m > error_m[second]], ["side", "place"], default="")
    for each in (second - 1, second):
        apart_m[each], disputed[each] = away_m, word
    return apart_m, disputed


def _relate_to_lines(
    xy: Coords,
    line: NDArray[np.int64],
    error_m: NDArray[np.float64],
    ordered: Sequence[FrontLine],
    stretches: Sequence[LineSection],
    plane: ProjectedPlane,
) -> pd.DataFrame:
    """Hold all positions of each line against it at once."""
    count = len(xy)
    words = {name: np.full(count, "", dtype=object) for name in ("line", "section", "side")}
    away_m, together_m = np.full(count, math.nan), np.full(count, math.nan)
    certain = np.zeros(count, dtype=bool)
    for number in np.unique(line[line >= 0]):
        front, at = ordered[number], np.flatnonzero(line == number)
        near = find_nearest(front.segments, points=xy[at], plane=plane)
        away_m[at] = near.distance_m
        together_m[at] = np.hypot(error_m[at], front.error_m[near.segment])
        side, on_one = _find_sides(xy[at], front)
        certain[at] = on_one & (near.distance_m > 0) & (near.distance_m >= together_m[at])
        words["line"][at], words["side"][at] = front.key, side
        words["section"][at] = _name_sections(xy[at], front, stretches)
    table = pd.DataFrame(words, index=range(count)).assign(distance_m=away_m)
    before_all = line < 0
    table["side_certain"] = pd.array(certain, dtype="boolean")
    table["below_accuracy"] = pd.array(away_m < together_m, dtype="boolean")
    table.loc[before_all, ["side_certain", "below_accuracy"]] = pd.NA
    return table


def _find_sides(xy: Coords, front: FrontLine) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Name the side that each place lies on, where it is one; and tell whether it is."""
    hits = np.zeros(len(xy), dtype=np.int64)
    side = np.full(len(xy), "", dtype=object)
    for name, land in front.sides.items():
        shapely.prepare(land)
        inside = shapely.intersects_xy(land, xy)
        hits += inside
        side[inside] = name
    side[hits != 1] = ""
    return side, hits == 1


def _name_sections(
    xy: Coords, front: FrontLine, stretches: Sequence[LineSection]
) -> NDArray[np.object_]:
    """Join the keys of the sections of a line that each place lies behind."""
    names = np.full(len(xy), "", dtype=object)
    for stretch in stretches:
        if stretch.line == front.key:
            behind = find_behind(xy, stretch=stretch.course, line=front.geometry)
            names[behind] = [
                f"{known}; {stretch.key}" if known else stretch.key for known in names[behind]
            ]
    return names
