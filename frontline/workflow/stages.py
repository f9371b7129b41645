"""The long stages of a run: each is taken from an earlier run where all that it uses is the same.

A stage is known by the hash of what it uses: the line, the layers, the settings and rasters that
it reads, the version of its code. What it does not read is left out on purpose: another label,
another claim or another line leaves it as it is. Results are the same with and without.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from frontline.analysis.change import list_land_changes, overlay_once
from frontline.analysis.correlation import note_correlation, vary_correlation
from frontline.analysis.corridors import measure_corridors_once
from frontline.analysis.optional_tables import make_optional_tables
from frontline.analysis.visibility import add_ground, tabulate_visibility
from frontline.claims.measurement import Measurement, Other
from frontline.lines.front import displace_front, pair_lines
from frontline.lines.scenarios import displace_scenario
from frontline.lines.zones import (
    buffer_zones,
    note_bias,
    note_drawing,
    tabulate_sides,
)
from frontline.population.catchments import CatchmentPopulation
from frontline.population.within import (
    DistanceProfile,
    PeopleWithin,
    compute_profile,
    count_people_within,
)
from frontline.project.loader import hash_inputs, write_relative
from frontline.records import Note
from frontline.storage.checkpoint import Checkpoint, remember
from frontline.storage.plain import hash_value
from frontline.visibility.exposure import see_from_fronts

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline.analysis.context import Analysis
    from frontline.claims.verdict import Asker
    from frontline.elevation.dem import Dem
    from frontline.inputs.layers import Layers
    from frontline.lines.front import DisplacedFront, FrontLine
    from frontline.population.completeness import Reference
    from frontline.project.models import Project
    from frontline.visibility.exposure import FrontVisibility

Value = TypeVar("Value")

PRINTED = {"title", "outputs", "map", "claims", "fetch"}
"""Parts of a project that no figure of the tables depends on."""

CALLED = {"label", "path", "layer", "files"}
"""Keys of a line that say what it is called, and where it lies: its figures are those as read."""


class DrawsOnDemand(Mapping[str, Sequence["DisplacedFront"]]):
    """Displaced copies by the line's key, drawn when a line is first asked for.

    Parameters
    ----------
    project, layers
        Draws, seed and study area.
    fronts
        The dated lines, and those of the project's scenarios.
    """

    def __init__(self, project: Project, layers: Layers, fronts: Sequence[FrontLine]) -> None:
        self._project, self._layers = project, layers
        self._fronts = {front.key: front for front in fronts}
        self._scenarios = {scenario.key: scenario for scenario in project.scenarios}
        self._drawn: dict[str, Sequence[DisplacedFront]] = {}

    def __getitem__(self, key: str) -> Sequence[DisplacedFront]:
        if key not in self._drawn:
            self._drawn[key] = self._draw(self._fronts[key])
        return self._drawn[key]

    def _draw(self, front: FrontLine) -> Sequence[DisplacedFront]:
        uncertainty, layers = self._project.uncertainty, self._layers
        asked = self._scenarios.get(front.key)
        if asked is None:
            return displace_front(
                front, area=layers.study_area, draws=uncertainty.draws, seed=uncertainty.seed
            )
        base = self._fronts[asked.from_line]
        return displace_scenario(
            asked,
            front=base,
            scenario_front=front,
            draws=self[base.key],
            layers=layers,
            seed=uncertainty.seed,
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._fronts)

    def __len__(self) -> int:
        return len(self._fronts)


class Stages:
    """The long stages of one project.

    Parameters
    ----------
    project, layers
        The project, and its layers as read.
    checkpoint
        Where finished stages are kept; None to compute all.
    inputs
        sha256 of the input files by their path, where it is known already.
    """

    def __init__(
        self,
        project: Project,
        *,
        layers: Layers,
        checkpoint: Checkpoint | None,
        inputs: Mapping[str, str] | None = None,
    ) -> None:
        self.project, self.layers, self.checkpoint = project, layers, checkpoint
        self._inputs = inputs

    def remember(
        self,
        stage: str,
        describe: Callable[[], Sequence[Any]],
        *,
        compute: Callable[[], Value],
        classes: Sequence[type] = (),
    ) -> Value:
        """Take a stage from an earlier run, or compute it: see `storage.checkpoint.remember`.

        What it depends on is described, and layers and files are hashed, only to keep stages.
        """
        if self.checkpoint is None:
            return compute()
        common = (
            str(self.layers.plane.crs),
            self.layers.study_area,
            self.describe("uncertainty"),
        )
        return remember(
            self.checkpoint,
            stage=stage,
            parts=[*common, *describe()],
            compute=compute,
            classes=classes,
        )

    def describe(self, *names: str) -> str:
        """Write parts of the project as text, the same in whatever folder the project lies."""

        def settle(value: Any) -> Any:
            if isinstance(value, list):
                return [settle(part) for part in value]
            if not isinstance(value, dict):
                return value
            return {
                key: write_relative(Path(part), project=self.project)
                if key == "path" and part is not None
                else settle(part)
                for key, part in value.items()
            }

        stated = self.project.model_dump(mode="json", include=set(names))
        return json.dumps(settle(stated), sort_keys=True)

    @cached_property
    def rasters(self) -> Mapping[str, str]:
        """Hashes of the rasters, and of the tables beside the layers, that the project names."""
        project = self.project
        tables = (project.flows, project.links, project.events)
        paths = [raster.path for raster in project.population]
        further = (project.elevation, project.landcover, *tables)
        paths += [one.path for one in further if one is not None]
        canopy = project.elevation.canopy if project.elevation is not None else None
        paths += [canopy.path] if canopy is not None and canopy.path is not None else []
        inputs = hash_inputs(project) if self._inputs is None else self._inputs
        names = {write_relative(path, project=project) for path in paths}
        return {name: digest for name, digest in inputs.items() if name in names}

    @cached_property
    def places(self) -> str:
        """Hash of the layers that people are counted from."""
        return hash_value([self.layers.settlements, self.layers.districts])

    @cached_property
    def everything(self) -> str:
        """Hash of all layers, settings and rasters that a table may be made from, but no line."""
        project, layers = self.project, self.layers
        names = set(type(project).model_fields) - PRINTED - {"lines"}
        lines = [line.model_dump_json(exclude=CALLED) for line in project.lines]
        tables = [layers.corridors, layers.points, dict(layers.partitions)]
        stated = self.describe(*names)
        return hash_value([self.places, tables, lines, stated, dict(self.rasters)])

    def make_zones(
        self, fronts: Sequence[FrontLine], *, draws: Mapping[str, Sequence[DisplacedFront]]
    ) -> gpd.GeoDataFrame:
        """Make the zones of each line: see `frontline.lines.zones.buffer_zones`."""
        distances_m, plane = self.project.zones.distances_m, self.layers.plane
        if not fronts:
            return buffer_zones((), distances_m=distances_m, draws=draws, plane=plane)
        return _join(
            self.remember(
                "zones",
                partial(self._describe_zones, fronts, front, draws),
                compute=partial(
                    buffer_zones, [front], distances_m=distances_m, draws=draws, plane=plane
                ),
            )
            for front in fronts
        )

    def _describe_zones(
        self,
        fronts: Sequence[FrontLine],
        front: FrontLine,
        draws: Mapping[str, Sequence[DisplacedFront]],
    ) -> list[Any]:
        copies = _describe_draws(self.project, fronts, front, draws)
        return [describe_front(front), self.project.zones.distances_m, copies]

    def _count_by_line(
        self,
        stage: str,
        count: Callable[..., Value],
        *,
        fronts: Sequence[FrontLine],
        zones: gpd.GeoDataFrame,
        places: pd.DataFrame,
        references: Sequence[Reference],
        further: Sequence[Any] = (),
        classes: Sequence[type],
    ) -> list[Value]:
        """Count people about each line by itself, of its own zones and places.

        Parameters
        ----------
        stage, classes
            As for `remember`.
        count
            Takes ``layers``, ``fronts``, ``zones``, ``places`` and ``references`` of one line.
        fronts, zones, places, references
            Of all lines.
        further
            What else the stage depends on.
        """
        names = ("population", "settlements", "districts", "stated", "people", "totals")

        def take(front: FrontLine) -> Value:
            own, near = (table[table["line"] == front.key] for table in (zones, places))
            return self.remember(
                stage,
                lambda: [
                    describe_front(front),
                    self.places,
                    self.describe(*names),
                    dict(self.rasters),
                    list(references),
                    own,
                    near,
                    *further,
                ],
                compute=partial(
                    count,
                    self.project,
                    layers=self.layers,
                    fronts=[front],
                    zones=own,
                    places=near,
                    references=references,
                ),
                classes=classes,
            )

        return [take(front) for front in fronts]

    def count_people(
        self,
        fronts: Sequence[FrontLine],
        *,
        zones: gpd.GeoDataFrame,
        places: pd.DataFrame,
        draws: Mapping[str, Sequence[DisplacedFront]],
        references: Sequence[Reference],
    ) -> PeopleWithin:
        """Count people in the zones: see `frontline.population.within.count_people_within`."""
        if not fronts:
            return count_people_within(
                self.project, layers=self.layers, fronts=(), zones=zones, places=places, draws=draws
            )
        counted = self._count_by_line(
            "people",
            partial(count_people_within, draws=draws),
            fronts=fronts,
            zones=zones,
            places=places,
            references=references,
            classes=(PeopleWithin, Note, CatchmentPopulation),
        )
        notes = dict.fromkeys(note for people in counted for note in people.notes)
        around = {key: one for people in counted for key, one in people.around.items()}
        return PeopleWithin(_join(people.rows for people in counted), tuple(notes), around)

    def see(
        self,
        fronts: Sequence[FrontLine],
        *,
        dem: Dem | None,
        zones: gpd.GeoDataFrame,
        progress: Callable[[int, int], None] | None = None,
    ) -> FrontVisibility:
        """Look from the lines: see `frontline.visibility.exposure.see_from_fronts`."""
        return see_from_fronts(
            self.project,
            layers=self.layers,
            fronts=fronts,
            dem=dem,
            zones=zones,
            checkpoint=self.checkpoint,
            progress=progress,
        )

    def compare_lines(
        self, case: Analysis, *, progress: Callable[[int, int], None]
    ) -> gpd.GeoDataFrame:
        """List the land that changed sides: see `frontline.analysis.change.find_land_changes`."""
        plane = self.layers.plane
        pairs = list(pair_lines(case.fronts))
        tables = [list_land_changes((), plane=plane)] if not pairs else []
        progress(0, len(pairs))
        for pair in pairs:

            def overlay(pair: Sequence[FrontLine] = pair) -> gpd.GeoDataFrame:
                return list_land_changes(overlay_once(case, fronts=pair), plane=plane)

            tables.append(
                self.remember("changes", partial(_describe_fronts, pair), compute=overlay)
            )
            progress(len(tables), len(pairs))
        return _join(tables)

    def profile(
        self,
        fronts: Sequence[FrontLine],
        *,
        zones: gpd.GeoDataFrame,
        places: pd.DataFrame,
        draws: Mapping[str, Sequence[DisplacedFront]],
        around: Mapping[tuple[str, str], CatchmentPopulation],
        references: Sequence[Reference],
    ) -> DistanceProfile:
        """Compute the profile of distances: see `frontline.population.within.compute_profile`."""
        profiles = self._count_by_line(
            "profile",
            partial(compute_profile, draws=draws, around=around),
            fronts=fronts,
            zones=zones,
            places=places,
            references=references,
            further=[self.project.zones.distances_m],
            classes=(DistanceProfile,),
        )
        return DistanceProfile(
            _join(one.zones for one in profiles), _join(one.people for one in profiles)
        )

    def vary_correlation(self, case: Analysis) -> pd.DataFrame:
        """Vary the lengths of correlation: see `frontline.analysis.correlation`."""
        return self.remember(
            "correlation",
            lambda: [self.everything, *self._lines(case)],
            compute=lambda: vary_correlation(case),
        )

    def note_lines(self, case: Analysis) -> Iterator[Note]:
        """Say what the error of the lines does to the zones."""
        fronts = case.fronts
        correlation = case.tables.get("correlation")

        def write() -> list[Note]:
            notes = [*note_drawing(fronts, draws=case.draws), *note_bias(case.zones)]
            return notes if correlation is None else [*notes, *note_correlation(correlation)]

        yield from self.remember(
            "notes",
            lambda: [_describe_fronts(fronts), case.zones, correlation],
            compute=write,
            classes=(Note,),
        )

    def tabulate(self, case: Analysis, *, changes: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
        """Make the tables across all lines and data, those that not every project has included."""
        layers, fronts = self.layers, case.fronts

        def make() -> dict[str, pd.DataFrame]:
            return {
                "sides": tabulate_sides(fronts, draws=case.draws, plane=layers.plane),
                "corridor_km": measure_corridors_once(case)[0],
                "sight_zones": add_ground(case),
                **tabulate_visibility(case),
                **make_optional_tables(case, changes=changes),
            }

        return self.remember("tables", lambda: [self.everything, *self._lines(case)], compute=make)

    def _lines(self, case: Analysis) -> list[Any]:
        dated = {line.key for line in self.project.lines}
        others = [other.front for variant in case.variants for other in variant.choice]
        own = [front for front in case.fronts if front.key in dated]
        return _describe_fronts((*own, *others))

    def ask(self, case: Analysis) -> Asker:
        """Return what measures claims: each figure once, and none that an earlier run has."""
        known: dict[str, Measurement] = {}
        lines = hash_value(self._lines(case)) if self.checkpoint is not None else ""

        def ask(
            metric: str, parameters: Mapping[str, Any], compute: Callable[[], Measurement]
        ) -> Measurement:
            asked = json.dumps([metric, parameters], sort_keys=True, default=str)
            if asked not in known:
                known[asked] = self.remember(
                    "claims",
                    lambda: [[self.everything, lines, asked]],
                    compute=compute,
                    classes=(Measurement, Other),
                )
            return known[asked]

        return ask


def describe_front(front: FrontLine) -> list[Any]:
    """List what the figures of a line depend on: all but what it is called by people."""
    names = (name for name in vars(front) if name not in {"label", "notes", "sides", "halves"})
    lands = [None if some is None else dict(some) for some in (front.sides, front.halves)]
    return [*(getattr(front, name) for name in names), *lands]


def _describe_fronts(fronts: Iterable[FrontLine]) -> list[Any]:
    return [describe_front(front) for front in fronts]


def _describe_draws(
    project: Project,
    fronts: Sequence[FrontLine],
    front: FrontLine,
    draws: Mapping[str, Sequence[DisplacedFront]],
) -> list[Any]:
    """Say what the copies of a line depend on beside the line: of a scenario, its own line."""
    if not len(draws):
        return ["none"]
    specs = [spec for spec in project.scenarios if spec.key == front.key]
    base = {one.key: one for one in fronts}
    return [
        [spec.model_dump_json(), describe_front(base[spec.from_line])]
        for spec in specs
        if spec.from_line in base
    ]


def _join(tables: Any) -> Any:
    return pd.concat(list(tables), ignore_index=True)
