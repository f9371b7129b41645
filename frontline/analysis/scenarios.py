"""What a scenario line would change, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from frontline import schema
from frontline.analysis.change import FLOW, FLOWS, list_change_steps
from frontline.analysis.context import Analysis
from frontline.analysis.settlements import locate_settlements
from frontline.lines.front import FrontLine
from frontline.lines.zones import buffer_zones
from frontline.population.within import count_people_within
from frontline.schema import Table

if TYPE_CHECKING:
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
    return _WithScenarios(case) if case.scenarios else case


class _WithScenarios(Analysis):
    """A case with its scenarios among its lines; what lies near them is computed when asked for."""

    def __init__(self, case: Analysis) -> None:
        own = {name: value for name, value in vars(case).items() if name not in _NEAR_LINES}
        own |= {"fronts": (*case.fronts, *case.scenarios), "scenarios": (), "_case": case}
        own["variants"] = tuple(
            replace(variant, case=add_scenarios(variant.case)) for variant in case.variants
        )
        # Land between two lines is the same in both.
        own["computed"] = {key: flows for key, flows in case.computed.items() if FLOWS in key}
        self.__dict__.update(own)

    _case: Analysis

    @cached_property
    def _zones(self) -> gpd.GeoDataFrame:
        case = self._case
        rings, plane = case.project.zones.distances_m, case.layers.plane
        return buffer_zones(case.scenarios, distances_m=rings, draws=case.draws, plane=plane)

    @cached_property
    def _places(self) -> gpd.GeoDataFrame:
        case = self._case
        return locate_settlements(case.project, layers=case.layers, fronts=case.scenarios)

    @cached_property
    def zones(self) -> gpd.GeoDataFrame:
        """Zones of all lines."""
        return _join_tables(self._case.zones, self._zones)

    @cached_property
    def places(self) -> gpd.GeoDataFrame:
        """Settlements against all lines."""
        return _join_tables(self._case.places, self._places)

    @cached_property
    def people(self) -> pd.DataFrame:
        """People in the zones of all lines."""
        case = self._case
        counted = count_people_within(
            case.project,
            layers=case.layers,
            fronts=case.scenarios,
            zones=self._zones,
            places=self._places,
            draws=case.draws,
            references=case.references,
        )
        return pd.concat([case.people, counted.rows], ignore_index=True)


_NEAR_LINES = {"zones", "places", "people"}


def _join_tables(first: gpd.GeoDataFrame, second: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.concat([first, second], ignore_index=True), crs=first.crs)
