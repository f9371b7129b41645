"""Metrics of the ledger: what a statement can be about, by subject.

corridors
    Metrics of corridors: distance, length, crossings, land and ground along them.
land
    Metrics of land: by partition and side, changed, contained, mountainous, of a side in all.
landcover
    Metrics of land cover: how much of a class lies on a side, and how much of it changed hands.
lines
    Metrics of a line itself: its length, its course, its relief, what another line says of it.
people
    Metrics of people: within a distance, of places, on land, behind sections; by any source.
records
    Metrics of tables that a project may bring: links, flows of displaced people, events.
routing
    Metrics of ways: travel time, detours, what a line cuts off, on a graph of the roads.
sections
    Metrics by stretch of a line and by step from line to line, and of what a line might become.
settlements
    Metrics of places against a line: distance, zone, what of them is cut, what they are called.
visibility
    Metrics of sight: what named heights and lines look upon. Places are never ranked.
"""
