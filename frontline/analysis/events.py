"""Dated events against the line of their day; positions that sources dispute stay two."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

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
    raise_problems(
        [
            LayerError(wrong, path=shown_path, row=str(row))
            for row, event in events.iterrows()
            for wrong in [_find_fault(event)]
            if wrong
        ]
    )
    ordered = sorted(fronts, key=lambda front: front.date)
    rows = [
        row
        for _, event in events.iterrows()
        for row in _make_rows(event, ordered, stretches, plane)
    ]
    table = pd.DataFrame(rows, columns=EVENTS.names)
    return table.astype({"side_certain": "boolean", "below_accuracy": "boolean"})


def _find_fault(event: pd.Series[Any]) -> str:
    second = [event["lon_2"], event["lat_2"]]
    pairs = [(event["lon"], event["lat"])]
    if len(event["date"]) != _DAY:
        return f"'{event['date']}' is no day (expected YYYY-MM-DD). Correct it."
    if math.isnan(second[0]) != math.isnan(second[1]):
        return "has only one coordinate of its second position. Give both, or none."
    if not math.isnan(second[0]):
        pairs.append((second[0], second[1]))
    if not all(abs(lon) <= 180 and abs(lat) <= 90 for lon, lat in pairs):
        return "lies nowhere (expected longitude and latitude in degrees). Correct it."
    return (
        "has a negative position_error_m. Leave it empty if unknown."
        if event["position_error_m"] < 0
        else ""
    )


def _find_line(day: dt.date, ordered: Sequence[FrontLine]) -> FrontLine | None:
    before = [front for front in ordered if front.date <= day]
    return before[-1] if before else None


def _make_rows(
    event: pd.Series[Any],
    ordered: Sequence[FrontLine],
    stretches: Sequence[LineSection],
    plane: ProjectedPlane,
) -> Iterator[dict[str, Any]]:
    lonlat = np.array([[event["lon"], event["lat"]], [event["lon_2"], event["lat_2"]]])
    lonlat = lonlat[np.isfinite(lonlat).all(axis=1)]
    front = _find_line(parse_first_day(event["date"]), ordered)
    error_m = float(np.nan_to_num(event["position_error_m"]))
    positions = [
        _relate_to_line(place, front, stretches, error_m, plane) for place in plane.xy(lonlat)
    ]
    apart = math.nan
    if len(lonlat) == 2:
        apart = float(GEOD.inv(*lonlat[0], *lonlat[1])[2])
    disputed = ""
    if len({row["side"] for row in positions}) > 1:
        disputed = "side"
    elif apart > error_m:
        disputed = "place"
    names = ("claimed_by", "claimed_by_2")
    for number, row in enumerate(positions):
        yield {
            **{name: event[name] for name in ("id", "name", "kind", "date", "source", "note")},
            "claim": number + 1,
            "claimed_by": event[names[number]],
            "lon": float(lonlat[number, 0]),
            "lat": float(lonlat[number, 1]),
            "apart_m": apart,
            "disputed": disputed,
            **row,
        }


def _relate_to_line(
    place: Any,
    front: FrontLine | None,
    stretches: Sequence[LineSection],
    error_m: float,
    plane: ProjectedPlane,
) -> dict[str, Any]:
    if front is None:
        blank = {"side_certain": pd.NA, "below_accuracy": pd.NA, "distance_m": math.nan}
        return {"line": "", "section": "", "side": "", **blank}
    near = find_nearest(front.segments, points=place[None, :], plane=plane)
    away = float(near.distance_m[0])
    together = math.hypot(error_m, float(front.error_m[near.segment[0]]))
    point = shapely.Point(place)
    sides = [name for name, land in front.sides.items() if shapely.intersects(land, point)]
    sections = [
        stretch.key
        for stretch in stretches
        if stretch.line == front.key
        and find_behind(place[None, :], stretch=stretch.course, line=front.geometry)[0]
    ]
    return {
        "line": front.key,
        "section": "; ".join(sections),
        "side": sides[0] if len(sides) == 1 else "",
        "side_certain": bool(len(sides) == 1 and away > 0 and away >= together),
        "distance_m": away,
        "below_accuracy": bool(away < together),
    }
