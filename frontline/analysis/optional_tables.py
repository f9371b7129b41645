"""The cuts across the data that a project asks for: who made them, when, and as which tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from frontline.analysis.change import steps
from frontline.analysis.corridors import kind_km
from frontline.analysis.dependencies import links_table
from frontline.analysis.displaced_people import checked_flows, flows_balance, flows_table
from frontline.analysis.events import events_table
from frontline.analysis.landcover_tables import cover_tables
from frontline.analysis.lines import line_tables
from frontline.analysis.partitions import parts_by_side
from frontline.analysis.scenarios import scenario_table
from frontline.analysis.sections import Sighted, sections_table
from frontline.elevation.terrain import ground_of
from frontline.errors import FrontlineError, raise_problems, tried
from frontline.inputs.tables import read_tables
from frontline.lines.measures import lines_between
from frontline.lines.scenarios import scenario_draws, scenario_fronts
from frontline.lines.sections import Stretch, stretches_of
from frontline.network.project_roads import network_of
from frontline.population.plausibility import places_against_districts, rasters_against_districts
from frontline.population.rasters import raster_tables
from frontline.project.loader import relative

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from frontline.analysis.context import Case
    from frontline.elevation.dem import Dem
    from frontline.inputs.layers import Layers
    from frontline.lines.front import Draw, FrontLine
    from frontline.project.models import Project, TableSource
    from frontline.records import Note


@dataclass(frozen=True)
class Asked:
    """What a project asks for beside its lines, made and checked before anything is computed.

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
    stretches: tuple[Stretch, ...]
    tables: Mapping[str, pd.DataFrame]
    notes: tuple[Note, ...]


def asked_of(
    project: Project, layers: Layers, fronts: Sequence[FrontLine], dem: Dem | None = None
) -> Asked:
    """Make scenarios and sections, read and place the tables, hold people against districts.

    Parameters
    ----------
    project, layers, fronts
        What was asked, what was read, the dated lines.
    dem
        The elevation, for slopes of roads.

    Raises
    ------
    FrontlineError
        Whatever of it cannot be.
    """
    problems: list[FrontlineError] = []
    home = project.path.name
    scenarios = tried(lambda: scenario_fronts(project, layers, fronts), problems, path=home) or ()
    stretches = (
        tried(lambda: stretches_of(project.sections, layers, fronts), problems, path=home) or ()
    )
    compared = tried(lambda: rasters_against_districts(project, layers, fronts), problems)
    doubts = tried(lambda: places_against_districts(project, layers, fronts), problems)
    made = tried(lambda: _tables(project, layers, fronts, stretches, dem), problems)
    raise_problems(problems)
    assert made is not None
    assert compared is not None
    assert doubts is not None
    tables = {"raster_districts": compared[0]} if len(compared[0]) else {}
    said = [note for front in scenarios for note in front.notes]
    notes = (*made[1], *said, *compared[1], *doubts)
    return Asked(scenarios, stretches, tables | made[0], notes)


def _tables(
    project: Project,
    layers: Layers,
    fronts: Sequence[FrontLine],
    stretches: Sequence[Stretch],
    dem: Dem | None,
) -> tuple[dict[str, pd.DataFrame], tuple[Note, ...]]:
    """Read the tables, and hold them against the lines."""
    read, notes = read_tables(project)
    tables: dict[str, pd.DataFrame] = {}
    problems: list[FrontlineError] = []

    def placed(name: str, make: Callable[[pd.DataFrame, str], pd.DataFrame]) -> None:
        if name in read:
            source: TableSource = getattr(project, name)
            made = tried(lambda: make(read[name], relative(source.path, project)), problems)
            if made is not None:
                tables[name] = made

    placed("flows", lambda table, shown: checked_flows(table, shown_path=shown))
    placed(
        "links",
        lambda table, shown: links_table(
            table,
            layers,
            fronts,
            network=network_of(project, layers, dem),
            shown_path=shown,
        ),
    )
    placed(
        "events",
        lambda table, shown: events_table(table, fronts, stretches, layers.frame, shown_path=shown),
    )
    raise_problems(problems)
    return tables, notes


def draws_of_scenarios(
    project: Project,
    layers: Layers,
    fronts: Sequence[FrontLine],
    scenarios: Sequence[FrontLine],
    draws: Mapping[str, Sequence[Draw]],
) -> dict[str, Sequence[Draw]]:
    """Displace the lines of scenarios, by key; see `frontline.scenarios.scenario_draws`."""
    by_key = {front.key: front for front in fronts}
    return {
        made.key: scenario_draws(
            asked,
            by_key[asked.from_line],
            made,
            draws.get(asked.from_line, ()),
            layers,
            seed=project.uncertainty.seed,
        )
        for asked, made in zip(project.scenarios, scenarios, strict=True)
    }


def cut_tables(case: Case, changes: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
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
    ``raster_districts``. Always those of `frontline.line_tables`.
    """
    project, layers, fronts, dem = case.project, case.layers, case.fronts, case.dem
    found: dict[str, pd.DataFrame] = {}
    divided = bool(layers.partitions) or len(layers.districts) > 0
    wanted = dem is not None and (divided or case.stretches)
    ground = ground_of(dem, layers.frame) if dem is not None and wanted else None
    if divided:
        found["partitions"] = parts_by_side(layers, fronts, case.draws, ground)
    if len(fronts) > 1:
        how = {line.key: line.change for line in project.lines}
        found["lines_between"] = lines_between(fronts, case.draws, layers.frame)
        found["steps"] = steps(changes, fronts, layers, how=how)
    if len(layers.corridors):
        found["corridor_kinds"] = kind_km(layers, fronts, case.zones, case.draws)
    if case.stretches:
        seen = case.exposure
        sighted = Sighted(dem, seen.rasters, seen.settlements) if dem is not None else None
        found["sections"] = sections_table(
            case.stretches,
            layers,
            fronts,
            case.draws,
            project.zones.distances_m,
            ground=ground,
            sighted=sighted,
        )
    if case.scenarios:
        found["scenarios"] = scenario_table(project, layers, fronts, case.scenarios, case.draws)
    found |= cover_tables(case, changes)
    if "flows" in case.tables:
        found["flows"] = flows_table(case.tables["flows"])
        found["flows_balance"] = flows_balance(case.tables["flows"])
    found |= raster_tables(case)
    as_made = ("raster_districts", "links", "events")
    found |= {name: case.tables[name] for name in as_made if name in case.tables}
    return found | line_tables(case)
