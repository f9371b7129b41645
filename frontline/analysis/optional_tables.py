"""The cuts across the data that a project asks for: who made them, when, and as which tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from frontline.analysis.change import list_change_steps, list_land_changes, overlay_once
from frontline.analysis.corridors import measure_corridors_once
from frontline.analysis.dependencies import relate_links
from frontline.analysis.displaced_people import (
    balance_flows,
    check_displacements,
    check_flows,
    list_flows,
)
from frontline.analysis.events import relate_events
from frontline.analysis.landcover_tables import tabulate_cover
from frontline.analysis.lines import tabulate_lines
from frontline.analysis.partitions import cross_partitions
from frontline.analysis.scenarios import tabulate_scenarios
from frontline.analysis.sections import SectionSight, tabulate_sections
from frontline.elevation.terrain import read_ground
from frontline.errors import FrontlineError, collect_problems, raise_problems
from frontline.inputs.location import find_swapped
from frontline.inputs.tables import read_tables
from frontline.lines.measures import tabulate_separation
from frontline.lines.scenarios import make_scenarios
from frontline.lines.sections import LineSection, cut_sections
from frontline.network.project_roads import build_network
from frontline.population.plausibility import check_places, check_rasters
from frontline.population.rasters import tabulate_rasters
from frontline.project.loader import write_relative

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from frontline.analysis.context import Analysis
    from frontline.elevation.dem import Dem
    from frontline.inputs.layers import Layers
    from frontline.lines.front import FrontLine
    from frontline.project.models import Project, TableSource
    from frontline.records import Note


@dataclass(frozen=True)
class Options:
    """What a project defines beside its lines, made and checked before anything is computed.

    Parameters
    ----------
    scenarios
        Lines that might be.
    stretches
        Sections of the lines.
    tables
        ``flows`` as checked, ``links`` and ``events`` held against the lines, those named;
        ``raster_districts`` where a raster meets districts with a figure.
    notes
        What a reader must know.
    """

    scenarios: tuple[FrontLine, ...]
    stretches: tuple[LineSection, ...]
    tables: Mapping[str, pd.DataFrame]
    notes: tuple[Note, ...]


def prepare_options(
    project: Project, *, layers: Layers, fronts: Sequence[FrontLine], dem: Dem | None = None
) -> Options:
    """Make scenarios and sections, read and place the tables, hold people against districts.

    Parameters
    ----------
    project, layers, fronts
        The project, its layers as read, the dated lines.
    dem
        The elevation, for slopes of roads.

    Raises
    ------
    FrontlineError
        Whatever of it cannot be.
    """
    problems: list[FrontlineError] = []
    home = project.path.name
    scenarios = (
        collect_problems(
            lambda: make_scenarios(project, layers=layers, fronts=fronts),
            problems=problems,
            path=home,
        )
        or ()
    )
    stretches = (
        collect_problems(
            lambda: cut_sections(project.sections, layers=layers, fronts=fronts),
            problems=problems,
            path=home,
        )
        or ()
    )
    compared = collect_problems(
        lambda: check_rasters(project, layers=layers, fronts=fronts), problems=problems
    )
    doubts = collect_problems(
        lambda: check_places(project, layers=layers, fronts=fronts), problems=problems
    )
    placed = collect_problems(
        lambda: _place_tables(project, layers, fronts, stretches, dem), problems=problems
    )
    raise_problems(problems)
    assert placed is not None
    assert compared is not None
    assert doubts is not None
    tables = {"raster_districts": compared[0]} if len(compared[0]) else {}
    scenario_notes = [note for front in scenarios for note in front.notes]
    notes = (*placed[1], *scenario_notes, *compared[1], *doubts)
    return Options(scenarios, stretches, tables | placed[0], notes)


def _place_tables(
    project: Project,
    layers: Layers,
    fronts: Sequence[FrontLine],
    stretches: Sequence[LineSection],
    dem: Dem | None,
) -> tuple[dict[str, pd.DataFrame], tuple[Note, ...]]:
    """Read the tables, and hold them against the lines."""
    read, notes = read_tables(project)
    tables: dict[str, pd.DataFrame] = {}
    problems: list[FrontlineError] = []

    def place(name: str, make: Callable[[pd.DataFrame, str], pd.DataFrame]) -> None:
        if name in read:
            source: TableSource = getattr(project, name)
            shown = write_relative(source.path, project=project)
            swapped = find_swapped(
                read[name], land=layers.study_area, plane=layers.plane, path=shown
            )
            problems.extend(swapped)
            table = (
                None
                if swapped
                else collect_problems(lambda: make(read[name], shown), problems=problems)
            )
            if table is not None:
                tables[name] = table

    place("flows", lambda table, shown: check_flows(table, shown_path=shown))
    collect_problems(
        lambda: check_displacements(project, flows=tables.get("flows")), problems=problems
    )
    place(
        "links",
        lambda table, shown: relate_links(
            table,
            layers=layers,
            fronts=fronts,
            network=build_network(project, layers=layers, dem=dem),
            shown_path=shown,
        ),
    )
    place(
        "events",
        lambda table, shown: relate_events(
            table, fronts=fronts, stretches=stretches, plane=layers.plane, shown_path=shown
        ),
    )
    raise_problems(problems)
    return tables, notes


def make_optional_tables(case: Analysis, *, changes: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
    """Make the tables that a project gives cause for.

    Parameters
    ----------
    case
        From a run.
    changes
        Land that changed hands between the dated lines, in the plane.

    Returns
    -------
    By name, and only where the project defines what they are about: ``partitions`` (partitions
    or districts), ``lines_between`` and ``steps`` (two or more lines),
    ``corridor_kinds`` (corridors), ``sections``,
    ``scenarios``, ``landcover`` and what of it changed hands, ``flows`` and ``flows_balance``,
    ``links``, ``events``; with population rasters ``settlement_rasters``, ``raster_people`` and
    ``raster_districts``; ``correlation`` for lines with an error and copies. Always those of
    `frontline.analysis.lines.tabulate_lines`.
    """
    project, layers, fronts, dem = case.project, case.layers, case.fronts, case.dem
    tables: dict[str, pd.DataFrame] = {}
    divided = bool(layers.partitions) or len(layers.districts) > 0
    needs_ground = dem is not None and (divided or case.stretches)
    ground = read_ground(dem, plane=layers.plane) if dem is not None and needs_ground else None
    if divided:
        tables["partitions"] = cross_partitions(
            layers, fronts=fronts, draws=case.draws, ground=ground, project=project
        )
    if len(fronts) > 1:
        how = {line.key: line.change for line in project.lines}
        tables["lines_between"] = tabulate_separation(fronts, draws=case.draws, plane=layers.plane)
        tables["steps"] = list_change_steps(
            changes, fronts=fronts, layers=layers, how=how, project=project
        )
    if len(layers.corridors):
        _, tables["corridor_kinds"] = measure_corridors_once(case)
    if case.stretches:
        seen = case.exposure
        sighted = SectionSight(dem, seen.rasters, seen.settlements) if dem is not None else None
        tables["sections"] = tabulate_sections(
            case.stretches,
            layers=layers,
            fronts=fronts,
            draws=case.draws,
            distances_m=project.zones.distances_m,
            ground=ground,
            sighted=sighted,
        )
    if case.scenarios:
        tables["scenarios"] = tabulate_scenarios(
            project,
            layers=layers,
            fronts=fronts,
            scenarios=case.scenarios,
            changes=_find_scenario_changes(case),
        )
    tables |= tabulate_cover(case, changes=changes)
    if "flows" in case.tables:
        tables["flows"] = list_flows(case.tables["flows"])
        tables["flows_balance"] = balance_flows(case.tables["flows"])
    tables |= tabulate_rasters(
        project,
        layers=layers,
        fronts=fronts,
        zones=case.zones,
        places=case.places,
        around=case.around,
    )
    as_made = ("raster_districts", "links", "events", "correlation")
    tables |= {name: case.tables[name] for name in as_made if name in case.tables}
    return tables | tabulate_lines(case)


def _find_scenario_changes(case: Analysis) -> dict[str, gpd.GeoDataFrame]:
    """Find the land that each scenario would change, by its key."""
    by_key = {front.key: front for front in case.fronts}
    pairs = zip(case.project.scenarios, case.scenarios, strict=True)
    return {
        scenario.key: list_land_changes(
            overlay_once(case, fronts=[by_key[spec.from_line], scenario]), plane=case.layers.plane
        )
        for spec, scenario in pairs
    }
