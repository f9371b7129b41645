"""A case whose parts are computed when they are first asked for: to try a claim in seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from frontline.analysis.alternatives import replace_in_project
from frontline.analysis.context import Analysis, Variant
from frontline.analysis.landcover import read_cover, relate_to_lines
from frontline.analysis.optional_tables import prepare_options
from frontline.analysis.settlements import locate_settlements
from frontline.claims.ledger import list_ways
from frontline.claims.verdict import check_claims, read_ledger
from frontline.elevation.dem import read_dem
from frontline.errors import ProjectError, show_value, suggest_name
from frontline.inputs.layers import read_layers
from frontline.inputs.series import expand_dates
from frontline.lines.alternatives import list_choices, read_alternatives
from frontline.lines.front import read_fronts
from frontline.lines.scenarios import make_scenarios
from frontline.lines.zones import buffer_zones
from frontline.population.completeness import make_references
from frontline.progress import Progress, report_nothing
from frontline.project.loader import load_project
from frontline.storage.checkpoint import open_cache
from frontline.workflow.stages import DrawsOnDemand, Stages

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from frontline.analysis.landcover import LandCoverSquares
    from frontline.claims.ledger import Claim, Ledger
    from frontline.elevation.dem import Dem
    from frontline.inputs.layers import Layers
    from frontline.lines.front import FrontLine
    from frontline.population.catchments import CatchmentPopulation
    from frontline.population.completeness import Reference
    from frontline.project.models import Project
    from frontline.storage.checkpoint import Checkpoint
    from frontline.visibility.exposure import FrontVisibility


class CaseOnDemand(Analysis):
    """A case that computes each of its parts when it is first asked for.

    Parameters
    ----------
    project
        Its scenarios stand beside the dated lines.
    lines
        Keys of the lines of which zones and people are counted.
    checkpoint
        Where finished stages are kept.

    Notes
    -----
    What is there is what a run has (`frontline.workflow.run.compute_case`), but for the notes,
    for how likely things are in sight and for people present, of which no metric asks.
    """

    def __init__(
        self,
        project: Project,
        *,
        lines: Sequence[str],
        layers: Layers | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        layers = read_layers(project) if layers is None else layers
        dated = read_fronts(project, layers=layers)
        fronts = (*dated, *make_scenarios(project, layers=layers, fronts=dated))
        own = {"project": project, "layers": layers, "fronts": fronts, "scenarios": ()}
        own |= {"draws": DrawsOnDemand(project, layers, fronts), "stretches": ()}
        own |= {"computed": {}, "stages": Stages(project, layers=layers, checkpoint=checkpoint)}
        own |= {"_dated": dated, "_asked": [front for front in fronts if front.key in lines]}
        self.__dict__.update(own)

    stages: Stages
    _dated: tuple[FrontLine, ...]
    _asked: list[FrontLine]

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """The case with lines as other sources draw them, each computed as it is asked for."""
        asked = [front.key for front in self._asked]
        found = []
        for choice in list_choices(read_alternatives(self.project, layers=self.layers)):
            drawn = {one.line: self.layers.lines[f"{one.line}/{one.key}"] for one in choice}
            layers = replace(self.layers, lines={**self.layers.lines, **drawn})
            project = replace_in_project(self.project, choice=choice)
            found.append(Variant(choice, CaseOnDemand(project, lines=asked, layers=layers)))
        return tuple(found)

    @cached_property
    def dem(self) -> Dem | None:
        """The elevation."""
        return read_dem(self.project, layers=self.layers)

    @cached_property
    def zones(self) -> gpd.GeoDataFrame:
        """Zones of the lines asked for."""
        return self.stages.make_zones(self._asked, draws=self.draws)

    @cached_property
    def places(self) -> gpd.GeoDataFrame:
        """Settlements against every line."""
        return locate_settlements(self.project, layers=self.layers, fronts=self.fronts)

    @cached_property
    def people(self) -> pd.DataFrame:
        """People in the zones of the lines asked for."""
        counted = self.stages.count_people(
            self._asked,
            zones=self.zones,
            places=self.places,
            draws=self.draws,
            references=self.references,
        )
        self.__dict__["around"] = counted.around
        return counted.rows

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Totals of whole sides that the list of settlements is held against."""
        return make_references(
            self.project.totals, settlements=self.layers.settlements, fronts=self._dated
        )

    @cached_property
    def around(self) -> Mapping[tuple[str, str], CatchmentPopulation]:
        """What rasters have around settlements, as far as it is known yet."""
        return {}

    @cached_property
    def exposure(self) -> FrontVisibility:
        """What is in sight of each dated line."""
        rings = self.project.zones.distances_m
        bands = buffer_zones(self._dated, distances_m=rings, draws={}, plane=self.layers.plane)
        return self.stages.see(self._dated, dem=self.dem, zones=bands)

    @cached_property
    def cover(self) -> LandCoverSquares | None:
        """Land cover against the dated lines."""
        found = read_cover(self.project, layers=self.layers)
        rings = self.project.zones.distances_m
        return relate_to_lines(
            found,
            fronts=self._dated,
            draws=dict(self.draws),
            distances_m=rings,
            plane=self.layers.plane,
        )

    @cached_property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Flows, links and events."""
        return prepare_options(
            self.project, layers=self.layers, fronts=self._dated, dem=self.dem
        ).tables


def try_claims(
    path: Path, *, only: Sequence[str], use_cache: bool = False, progress: Progress = report_nothing
) -> pd.DataFrame:
    """Put some claims of a project to the figures, and compute nothing that they do not need.

    Parameters
    ----------
    path
        The project file.
    only
        Identifiers of the claims.
    use_cache
        Whether what an earlier run has computed is taken from the user's cache.
    progress
        Told how far it is.

    Returns
    -------
    Their rows as in `frontline.claims.verdict.check_claims`; nothing is written.

    Raises
    ------
    FrontlineError
        Whatever is wrong with project, ledger or layers; a claim that is not there.
    """
    project = expand_dates(load_project(path))
    ledger = read_ledger(project)
    if ledger is None:
        raise ProjectError(
            "has no claims (expected claims.toml beside it, or the key claims). Write the "
            "statements down; frontline claims --list shows what can be computed.",
            path=project.path,
        )
    chosen = [_claim(ledger, word) for word in only]
    progress("reading layers", 0, 1)
    checkpoint = open_cache() if use_cache else None
    case = CaseOnDemand(project, lines=_lines_of(chosen, project), checkpoint=checkpoint)
    progress("reading layers", 1, 1)
    return check_claims(
        case,
        ledger=ledger,
        progress=lambda done, total: progress("testing statements", done, total),
        only=[claim.id for claim in chosen],
        ask=case.stages.ask(case),
    )


def _claim(ledger: Ledger, word: str) -> Claim:
    for claim in ledger.claims:
        if claim.id == word:
            return claim
    offer = suggest_name(word, words=[claim.id for claim in ledger.claims])
    raise ProjectError(f"there is no claim {show_value(word)}.{offer}", path=ledger.path.name)


def _lines_of(claims: Sequence[Claim], project: Project) -> list[str]:
    """Name the lines that the parameters of some claims name."""
    every = [*(line.key for line in project.lines), *(one.key for one in project.scenarios)]
    named = {
        value
        for claim in claims
        for way in list_ways(claim)
        for value in way.parameters.values()
        if isinstance(value, str)
    }
    return [key for key in every if key in named]
