"""Metrics of tables that a project may bring: links, flows of displaced people, events."""

from __future__ import annotations

from frontline.case import Case
from frontline.lookup import front_of
from frontline.measured import LineKey, Measured, Metres, missing


def links_apart(case: Case, *, line: LineKey, kind: str | None = None) -> Measured:
    """Count the links from a settlement to what it depends on that a line cuts.

    Parameters
    ----------
    case
        The case.
    line
        Key of the line.
    kind
        Only links to this kind of thing: water, field, cemetery, school.
    """
    front_of(case, line)
    if case.project.links is None:
        what = "what settlements depend on" if kind is None else f"where their {kind} lies"
        return missing(f"the project has no table of {what}", unit="links")
    return missing("links are not read", unit="links")


def displaced_share(case: Case, *, origins: tuple[str, ...]) -> Measured:
    """Share of displaced people who come from some places.

    Parameters
    ----------
    case
        The case.
    origins
        Origins as the table of flows names them.
    """
    if case.project.flows is None:
        told = ", ".join(origins)
        return missing(f"the project has no table of displaced people by origin ({told})", unit="%")
    return missing("flows are not read", unit="%")


def events_near(case: Case, *, line: LineKey, distance_m: Metres) -> Measured:
    """Count the events of which a claimed position lies within a distance of a line.

    Parameters
    ----------
    case
        The case.
    line
        Key of the line.
    distance_m
        The distance.
    """
    front_of(case, line)
    if case.project.events is None:
        return missing(
            f"the project has no table of events to look for within {distance_m:g} m of the line",
            unit="events",
        )
    return missing("events are not read", unit="events")


RECORD_METRICS = (links_apart, displaced_share, events_near)
