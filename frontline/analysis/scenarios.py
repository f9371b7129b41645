"""What a scenario line would change, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from frontline import schema
from frontline.analysis.change import FLOW, FLOWS, list_change_steps
from frontline.analysis.settlements import locate_settlements
from frontline.lines.front import FrontLine
from frontline.lines.zones import buffer_zones
from frontline.population.within import count_people_within
from frontline.schema import Table

if TYPE_CHECKING:
    from frontline.analysis.context import Analysis
    from frontline.inputs.layers import Layers
    from frontline.project.models import Project


SCENARIOS = Table(
    "scenarios",
    "Scenarios",
    "Land and people that would change hands with lines that might be.",
    (
        schema.text("scenario", "Scenario", "Key of the scenario: a line that might be."),
        schema.text("label", "Label", "Name of the scenario for people."),
        schema.number("length_km", "km", "Length", "Length of the line that would be."),
        *FLOW,
    ),
    lists=(),
    key=("scenario", "from_side", "to_side"),
    foreign=(schema.OF_LINES[0],),
    ranged=(
        "area_km2",
        "population",
    ),
    absent_is_none=True,
)
"""Columns of :func:`tabulate_scenarios`."""


def tabulate_scenarios(
    project: Project,
    *,
    layers: Layers,
    fronts: Sequence[FrontLine],
    scenarios: Sequence[FrontLine],
    changes: Mapping[str, gpd.GeoDataFrame],
) -> pd.DataFrame:
    """List the land, people and roads that would change hands.

    Parameters
    ----------
    project
        Its scenarios.
    layers
        In the plane.
    fronts, scenarios
        The dated lines, and the lines from `frontline.lines.scenarios.make_scenarios`.
    changes
        Land that each scenario would change, by its key, as from
        `frontline.analysis.change.find_land_changes` for it and the line it starts from.

    Returns
    -------
    One row per scenario and pair of sides between which land would go, with the columns of
    :data:`SCENARIOS`: as in a step from the line it starts from.
    """
    by_key = {front.key: front for front in fronts}
    tables = []
    for spec, scenario in zip(project.scenarios, scenarios, strict=True):
        pair = [by_key[spec.from_line], scenario]
        steps = list_change_steps(
            changes[scenario.key], fronts=pair, layers=layers, project=project
        ).drop(columns="step")
        tables.append(
            steps.assign(scenario=scenario.key, label=scenario.label, length_km=scenario.length_km)
        )
    if not tables:
        return pd.DataFrame(columns=SCENARIOS.names)
    return pd.concat(tables, ignore_index=True)[SCENARIOS.names]


def add_scenarios(case: Analysis) -> Analysis:
    """Set the scenarios of a run beside its dated lines, so that tables can hold any line.

    Parameters
    ----------
    case
        From a run, with ``scenarios`` and their draws.

    Returns
    -------
    Analysis
        The same with zones, places and people of the scenarios as well; sight is that of the
        dated lines only. The case itself where there are no scenarios.
    """
    extra, layers, project = case.scenarios, case.layers, case.project
    if not extra:
        return case
    bands = buffer_zones(
        extra, distances_m=project.zones.distances_m, draws=case.draws, plane=layers.plane
    )
    against = locate_settlements(project, layers=layers, fronts=extra)
    counted = count_people_within(
        project,
        layers=layers,
        fronts=extra,
        zones=bands,
        places=against,
        draws=case.draws,
        references=case.references,
    )
    widened = replace(
        case,
        fronts=(*case.fronts, *extra),
        scenarios=(),
        zones=_join_tables(case.zones, bands),
        places=_join_tables(case.places, against),
        people=pd.concat([case.people, counted.rows], ignore_index=True),
        variants=tuple(
            replace(variant, case=add_scenarios(variant.case)) for variant in case.variants
        ),
    )
    # Land between two lines is the same in both.
    widened.computed.update({key: case.computed[key] for key in case.computed if FLOWS in key})
    return widened


def _join_tables(first: gpd.GeoDataFrame, second: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.concat([first, second], ignore_index=True), crs=first.crs)
