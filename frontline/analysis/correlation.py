"""What key figures would be, were the error of a line alike over less or more of its length."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from frontline import schema
from frontline.analysis.lengths import measure_line_length
from frontline.lines.front import displace_front
from frontline.lines.zones import add_zone_intervals, measure_drawn_areas
from frontline.population.within import count_people_within
from frontline.records import Note
from frontline.schema import Table

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline.analysis.context import Analysis
    from frontline.lines.front import DisplacedFront, FrontLine

FEW_DRAWS = 50
"""So many copies are enough to tell how an interval changes."""

CORRELATION = Table(
    "correlation",
    "Length of correlation",
    "Intervals of key figures, were a line's error alike over less or more of its length.",
    (
        schema.LINE,
        schema.text("figure", "Figure", "length, side, land, or people: and their source."),
        schema.text("side", "Side", "Name of the side; empty for the whole line."),
        schema.number("distance_m", "m", "Distance", "Outer edge of the zone; empty: no zone."),
        schema.text("unit", "Unit", "Unit of the figure and of all ends."),
        schema.number("value", "", "Value", "The figure, of the line as drawn."),
        schema.number("correlation_m", "m", "Alike over", "What the project states."),
        schema.number("low", "", "Low", "Lower end of the interval then."),
        schema.number("high", "", "High", "Upper end of the interval then."),
        schema.number(
            "shorter_m", "m", "Alike over less", "A third of it, or what the project gives."
        ),
        schema.number("low_shorter", "", "Low, less", "Lower end of the interval then."),
        schema.number("high_shorter", "", "High, less", "Upper end of the interval then."),
        schema.number(
            "longer_m", "m", "Alike over more", "Three times it, or what the project gives."
        ),
        schema.number("low_longer", "", "Low, more", "Lower end of the interval then."),
        schema.number("high_longer", "", "High, more", "Upper end of the interval then."),
    ),
    lists=(),
    key=("line", "figure", "side"),
    foreign=(schema.OF_LINE,),
)
"""Columns of :func:`vary_correlation`."""

_FIGURE = ["figure", "side", "distance_m", "unit", "value"]


def vary_correlation(case: Analysis) -> pd.DataFrame:
    """Take the intervals of key figures at the stated correlation length, a shorter and a longer.

    Parameters
    ----------
    case
        From a run.

    Returns
    -------
    For each line with an error and copies the columns of :data:`CORRELATION`: its length, the land
    of each side, that within the main distance, and the people there by source. All three
    intervals are taken from at most fifty copies, so that they can be compared.
    """
    tables = []
    draws = min(case.project.uncertainty.draws, FEW_DRAWS)
    for front in case.fronts:
        usual = front.error_correlation_m
        if draws == 0 or not (math.isfinite(usual) and (front.error_m > 0).any()):
            continue
        shorter, longer = front.correlation_range_m or (usual / 3.0, usual * 3.0)
        table = None
        for name, length_m in (("", usual), ("_shorter", shorter), ("_longer", longer)):
            changed = replace(front, error_correlation_m=length_m)
            copies = displace_front(
                changed,
                area=case.layers.study_area,
                draws=draws,
                seed=case.project.uncertainty.seed,
            )
            found = pd.DataFrame(
                _list_figures(case, changed, copies),
                columns=[*_FIGURE, f"low{name}", f"high{name}"],
            )
            table = found if table is None else table.join(found[[f"low{name}", f"high{name}"]])
        assert table is not None
        tables.append(
            table.assign(line=front.key, correlation_m=usual, shorter_m=shorter, longer_m=longer)[
                CORRELATION.names
            ]
        )
    return (
        pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=CORRELATION.names)
    )


def _list_figures(
    case: Analysis, front: FrontLine, copies: Sequence[DisplacedFront]
) -> Iterator[tuple[Any, ...]]:
    """List key figures of a line with their intervals over its copies."""
    plane, far = case.layers.plane, case.project.zones.headline_m
    length = measure_line_length(front, draws=copies, plane=plane)
    yield ("length", "", math.nan, "km", *length)
    zones = _take_main_zones(case, front)
    whole = zones.assign(
        area_km2=[front.sides[side].area / 1e6 for side in zones["side"]], distance_m=math.inf
    )
    for name, rows, distance_m in (("side", whole, math.inf), ("land", zones, far)):
        drawn = measure_drawn_areas(front, draws=copies, distances_m=[distance_m], plane=plane)
        known = add_zone_intervals(rows, front=front, drawn=drawn)
        for row in known.to_dict("records"):
            shown_m = far if name == "land" else math.nan
            ends = (row["area_low"], row["area_high"])
            yield (name, row["side"], shown_m, "km2", row["area_km2"], *ends)
    people = count_people_within(
        case.project,
        layers=case.layers,
        fronts=[front],
        zones=zones,
        places=case.places,
        draws={front.key: copies},
        around=case.around,
    ).rows
    for row in people[~people["source"].str.startswith("stated")].to_dict("records"):
        ends = (row["population_low"], row["population_high"])
        figure = f"people:{row['source']}"
        yield (figure, row["side"], far, "people", row["population"], *ends)


def _take_main_zones(case: Analysis, front: FrontLine) -> gpd.GeoDataFrame:
    """Take the zones of a line within the main distance, side by side."""
    zones = case.zones[(case.zones["line"] == front.key) & (case.zones["kind"] == "cumulative")]
    return zones[zones["distance_m"] == case.project.zones.headline_m]


def note_correlation(table: pd.DataFrame) -> tuple[Note, ...]:
    """Say how far intervals rest on the length over which a line's error is alike.

    Parameters
    ----------
    table
        From `vary_correlation`.

    Returns
    -------
    A note for each line, with the land of its first side within the main distance.
    """
    notes = []
    for key, rows in table[table["figure"] == "land"].groupby("line", sort=False):
        row = rows.iloc[0]
        told = [
            f"{row[f'low_{name}']:,.0f} to {row[f'high_{name}']:,.0f} km2 if over "
            f"{row[f'{name}_m'] / 1000:,.1f} km"
            for name in ("shorter", "longer")
        ]
        text = (
            f"Its error is taken as alike over {row['correlation_m'] / 1000:,.1f} km, which nobody "
            f"measured. Land of {row['side']} within {row['distance_m'] / 1000:g} km, "
            f"{row['low']:,.0f} to {row['high']:,.0f} km2, would be {' and '.join(told)}."
        )
        notes.append(Note(str(key), text))
    return tuple(notes)
