"""The tables and layers of a run: what each module declares, in the order of the files."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace

from frontline import schema
from frontline.analysis import (
    change,
    correlation,
    corridors,
    dependencies,
    displaced_people,
    events,
    lines,
    partitions,
    scenarios,
    sections,
    settlements,
    visibility,
)
from frontline.analysis import landcover_tables as landcover
from frontline.analysis.restricted_people import RESTRICTED_PEOPLE
from frontline.inputs import layers
from frontline.lines import measures, zones
from frontline.population import plausibility, rasters, within
from frontline.project.layers import RESTRICTABLE
from frontline.schema import Column, Table
from frontline.visibility import corridors as sight_of_corridors

CLAIMS = Table(
    "claims",
    "Claims",
    "Statements of a report, tested against the figures.",
    (
        schema.text("id", "Identifier", "Identifier of the statement; X01 and on are excluded."),
        schema.text("source", "Source", "Where the statement stands."),
        schema.text("statement", "Statement", "The statement in words."),
        schema.text("metric", "Metric", "What is computed to test it."),
        schema.text("stated", "Stated", "The figure as stated."),
        schema.number("computed", "", "Computed", "The figure computed here, in the unit given."),
        schema.number("low", "", "Low", "2.5 % point of the computed figure."),
        schema.number("high", "", "High", "97.5 % point of the computed figure."),
        schema.text("unit", "Unit", "Unit of the figures."),
        schema.text(
            "verdict",
            "Verdict",
            "supported, contradicted, indicative only, not testable, undefined, below accuracy "
            "or excluded.",
        ),
        schema.text("why", "Why", "Reason for the verdict."),
        schema.text("section", "Section", "Section of the report in which the statement stands."),
        schema.date("date", "Date of the report", "When the report was published."),
        schema.text("contradicts", "Against", "Identifiers of the statements that it contradicts."),
        schema.text("detail", "Detail", "The numbers behind the computed figure."),
        schema.text(
            "contains", "Interval holds", "What the interval of the computed figure holds."
        ),
        schema.number(
            "flips_at", "", "Flips at", "Nearest figure at which the verdict would differ."
        ),
        schema.text(
            "firmness", "Firmness", "Where the verdict flips, and by which sources it holds."
        ),
        schema.text("readings", "Readings", "Each way to read the statement, with its verdict."),
    ),
    lists=RESTRICTABLE,
    key=("id",),
)
"""Made by `frontline.claims.verdict`, which stands above this package. Its sentences name places
of every layer."""

ALTERNATIVES = Table(
    "alternatives",
    "Between sources",
    "What figures would be with a line as another source draws it; only where a line has "
    "alternatives.",
    (
        schema.text("table", "Table", "Name of the table that has the figure."),
        schema.text("figure", "Figure", "Its column there."),
        schema.text("line", "Line", "Key of the line, as in that table."),
        *schema.FROM_TO,
        schema.text("side", "Side", "As in that table."),
        schema.number("distance_m", "m", "Distance", "As in that table."),
        schema.text("kind", "Kind", "As in that table."),
        schema.text("source", "Source", "As in that table."),
        schema.text("part", "Further", "What else tells the row apart there, as column and value."),
        schema.text(
            "alternative",
            "Alternative",
            "Key of the line and of the alternative in its place, as line_2020/osm; two of them "
            "where both lines are replaced.",
        ),
        schema.text("by", "By", "Who draws the alternative."),
        schema.number("value", "", "Value", "The figure with the alternative; empty if unknown."),
        schema.number("as_drawn", "", "As drawn", "The figure with the lines as drawn."),
        schema.text("unit", "Unit", "Of both."),
    ),
    lists=("corridors", "partitions", "districts", "settlements"),
)
"""Made by `frontline.results.alternatives`."""

ALTERNATIVE_LINES = Table(
    "alternative_lines",
    "Lines by other sources",
    "Alternatives of the lines: the same front at the same date as other sources draw it.",
    (
        schema.LINE,
        schema.text("alternative", "Alternative", "Key of the alternative."),
        *zones.LINES.columns[1:],
    ),
    lists=(),
    key=("line", "alternative"),
    ordered=True,
    foreign=(schema.OF_LINE,),
)
"""A layer; its figures stand in the table ``alternatives``."""

KEY_FIGURES = Table(
    "key_figures",
    "Key figures",
    "Figures ready to quote, each with its interval.",
    (
        schema.text("id", "Identifier", "Stable name of the figure."),
        schema.number("value", "", "Value", "In the unit given."),
        schema.number("low", "", "Low", "2.5 % point over the draws."),
        schema.number("high", "", "High", "97.5 % point over the draws."),
        schema.text("unit", "Unit", "Unit of value, low and high."),
        schema.text(
            "sentence", "Sentence", "Ready to quote: number, interval, date, source, caveat."
        ),
    ),
    further=(
        schema.number("alt_low", "", "Least by source", "Least over the sources of the lines."),
        schema.number("alt_high", "", "Most by source", "Most over the sources of the lines."),
    ),
    lists=(),
    key=("id",),
)

NOTES = Table(
    "notes",
    "Notes",
    "What a reader must know about inputs and figures.",
    (
        schema.text("about", "About", "Layer, line or table."),
        schema.text("text", "Note", "What a reader must know."),
        schema.integer(
            "count", "features", "Count", "How many features it concerns; 0: does not apply."
        ),
    ),
    lists=(),
)

TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        zones.LINES,
        zones.SIDES,
        within.PEOPLE,
        settlements.SETTLEMENTS,
        change.CHANGES,
        change.CONTROL,
        corridors.KM,
        corridors.CROSSINGS,
        visibility.SIGHT_ZONES,
        sight_of_corridors.CORRIDOR_ZONES,
        visibility.PEOPLE,
        partitions.PARTS,
        measures.BETWEEN,
        change.STEPS,
        corridors.KIND_KM,
        sections.SECTIONS,
        scenarios.SCENARIOS,
        landcover.COVER,
        landcover.FLOWS,
        landcover.BALANCE,
        displaced_people.FLOWS,
        displaced_people.BALANCE,
        dependencies.LINKS,
        events.EVENTS,
        rasters.AROUND,
        rasters.NEAR,
        plausibility.COMPARED,
        correlation.CORRELATION,
        lines.SCALES,
        lines.GROUND_ALONG,
        lines.TERRAIN,
        lines.CERTAINTY,
        settlements.NEARNESS,
        RESTRICTED_PEOPLE,
        ALTERNATIVES,
        CLAIMS,
        KEY_FIGURES,
        NOTES,
    )
}
"""Every table, in the order of the files. The user's own columns follow those declared."""

LAYERS: Mapping[str, Table] = {
    layer.name: layer
    for layer in (
        layers.STUDY_AREA_LAYER,
        layers.PARTITION_LAYER,
        layers.DISTRICT_LAYER,
        zones.SIDES,
        change.CHANGES,
        zones.ZONES,
        zones.LINES,
        ALTERNATIVE_LINES,
        corridors.CORRIDOR_LAYER,
        sight_of_corridors.CORRIDOR_ZONES,
        corridors.CROSSINGS,
        layers.POINT_LAYER,
        settlements.SETTLEMENT_AREAS,
        settlements.SETTLEMENT_LAYER,
        replace(change.CONTROL, columns=(*schema.PLACE, *change.CONTROL.columns[2:]), foreign=()),
    )
}
"""Layers of the GeoPackage, from the ground up as a map draws them. Zones and settlements have
further columns per source of population and per line."""

FURTHER: Mapping[str, Column] = {
    column.name: column
    for table in (*TABLES.values(), *LAYERS.values())
    for column in (*table.further, *itertools.chain(*table.range_columns.values()))
}
"""Columns that a table may have beside its own, where an input or a method gives them."""


def list_declared_columns(name: str) -> tuple[Column, ...]:
    """Give the columns that a table or a layer of this name declares; none of an unknown one."""
    return tuple(
        column for group in (TABLES, LAYERS) if name in group for column in group[name].columns
    )
