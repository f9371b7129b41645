"""The order of things: from a project to results, and from results to files."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from frontline.analysis.context import Analysis, Variant
from frontline.errors import ProjectError
from frontline.export.web.basemap import find_basemap as basemap_of
from frontline.export.web.basemap import warn_of_basemap
from frontline.export.writers import LOG, Writers, list_file_writers, wants_profile
from frontline.inputs.series import expand_dates
from frontline.progress import Progress, report_nothing
from frontline.project.loader import (
    find_claims_file,
    hash_inputs,
    list_input_files,
    load_project,
    replace_parts,
    write_relative,
)
from frontline.records import KeyFigure, Note
from frontline.results.model import Results
from frontline.results.redaction import keep_public, remove_restricted

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from frontline.analysis.optional_tables import Options
    from frontline.elevation.dem import Dem
    from frontline.lines.front import DisplacedFront, FrontLine
    from frontline.population.completeness import Reference
    from frontline.population.within import PeopleWithin
    from frontline.project.models import Project
    from frontline.results.key_figures import ByOthers
    from frontline.storage.checkpoint import Checkpoint
    from frontline.visibility.exposure import FrontVisibility
    from frontline.workflow.stages import Stages


ENOUGH_DRAWS = 100
"""With fewer displaced lines the ends of an interval are hardly known."""


def run(
    path: Path,
    *,
    out: Path,
    command: str = "run",
    public: bool = False,
    pdf: bool = False,
    force: bool = False,
    work: Path | None = None,
    use_cache: bool = False,
    basemap: str = "",
    progress: Progress = report_nothing,
) -> tuple[Results, tuple[str, ...]]:
    """Compute a project and publish all of its files.

    Parameters
    ----------
    path
        The project file.
    out
        Folder for the results; refused before anything is computed if it cannot be written.
    command
        Name of the command, kept in the manifest: ``report`` and ``claims`` write their part
        only.
    public
        Let restricted layers take no part, so that no file can tell of them.
    pdf
        Also write the maps as PDF, and the report where WeasyPrint or Chromium is installed.
    force
        Write over a folder that another command made.
    work
        Folder for finished pieces of long work, from which a run that was killed goes on; not
        the folder of results.
    use_cache
        Without `work`: whether to take long stages from the user's cache, and keep them there.
    basemap
        Online tiles that the page offers, as ``outputs.basemap`` of the project.
    progress
        Told how far each step is.

    Returns
    -------
    The results, and the names of the files written.

    Raises
    ------
    FrontlineError
        Whatever is wrong with project, layers, rasters or folder; nothing is written then.
    """
    from frontline.export.geojson import check_exports
    from frontline.export.manifest import describe_run
    from frontline.export.publish import prepare_output, publish
    from frontline.storage.checkpoint import open_work

    project = expand_dates(set_basemap(load_project(path), template=basemap, public=public))
    check_exports(project)
    if command == "claims" and find_claims_file(project) is None:
        raise ProjectError(
            "has no claims (expected claims.toml beside it, or the key claims). Write the "
            "statements down; frontline claims --list shows what can be computed.",
            path=project.path,
        )
    if work is not None:
        open_work(work, out=out)
    sources = list_input_files(project)
    progress("reading the project", 1, 1)
    with prepare_output(out, command=command, force=force, inputs=sources) as output:
        calculate = compute_public if public else compute
        results = calculate(
            project,
            profile=wants_profile(project, command=command),
            work=work,
            use_cache=use_cache,
            progress=progress,
        )
        facts = describe_run(
            results.project,
            inputs=results.inputs,
            public=public,
            elevation=_describe_elevation(results),
        )
        files = list_file_writers(results, command=command, pdf=pdf)
        _warn_of_tiles(results.project, files)
        return results, publish(output, writers=files, manifest=facts, progress=progress)


def _describe_elevation(results: Results) -> dict[str, object]:
    """Say what the elevation is made of, as far as its file tells."""
    dem = results.case.dem if results.case is not None else None
    if dem is None:
        return {}
    return {"vertical_datum": dem.vertical_datum, "tiles": list(dem.pieces)}


def set_basemap(project: Project, *, template: str, public: bool) -> Project:
    """Take over the tiles that were asked for on the command line.

    Raises
    ------
    ProjectError
        The template is wrong, or the files are to be public: their readers have not chosen to
        tell anyone where they look.
    """
    if not template:
        return project
    if public:
        raise ProjectError(
            "--basemap and --public exclude each other (expected one of them): tiles tell a "
            "server where the readers of a public page look. Leave out one.",
            path=project.path,
        )
    return replace_parts(project, outputs={"basemap": template})


def _warn_of_tiles(project: Project, files: Writers) -> None:
    tiles = basemap_of(project.outputs.basemap, credit=project.outputs.basemap_credit)
    if tiles is not None and "map.html" in files:
        LOG.warning("%s", warn_of_basemap(tiles))


def compute_public(
    project: Project,
    *,
    profile: bool = True,
    work: Path | None = None,
    use_cache: bool = False,
    progress: Progress = report_nothing,
) -> Results:
    """Compute what of a project everybody may read: its restricted layers take no part.

    Parameters
    ----------
    project, profile, work, use_cache, progress
        As for `compute`.

    Raises
    ------
    ProjectError
        A line or the study area is restricted.
    """
    public = remove_restricted(project)
    # A statement may name restricted places, and the metric that tests it would not find them.
    results = compute(
        public.project,
        statements=not public.hidden,
        profile=profile,
        work=work,
        use_cache=use_cache,
        progress=progress,
    )
    return keep_public(results, public=public, project=project)


def compute(
    project: Project,
    *,
    statements: bool = True,
    profile: bool = True,
    work: Path | None = None,
    use_cache: bool = False,
    progress: Progress = report_nothing,
) -> Results:
    """Compute everything a project asks for.

    Parameters
    ----------
    project
        From `load_project`.
    statements
        Whether the statements of its ledger are tested.
    profile
        Whether zones and people are known at every half kilometre, for maps and charts.
    work
        Folder for finished pieces of long work; the results are the same with and without.
    use_cache
        Without `work`: whether the user's cache serves as one, within its size.
    progress
        Told how far each step is.

    Returns
    -------
    Results
        With geometry in EPSG:4326; ``results.case`` holds what later questions need.
    """
    from frontline.claims.verdict import check_claims, read_ledger
    from frontline.results.alternatives import add_ranges, list_by_others
    from frontline.storage.checkpoint import open_cache, open_work

    project = expand_dates(project)
    inputs = hash_inputs(project)
    ledger = read_ledger(project) if statements else None
    if work is not None:
        checkpoint: Checkpoint | None = open_work(work)
    else:
        checkpoint = open_cache() if use_cache else None
    case, notes, stages = _compute_stages(project, inputs, checkpoint, progress)
    variants = _vary_results(case, profile=profile)
    others = list_by_others(variants)
    results = _make_results(case, notes, inputs, stages, progress, others=others)
    if profile:
        results = _add_profile(results, case, stages, progress)
    results = add_ranges(results, variants=variants)
    if ledger is not None:
        claims = check_claims(
            case,
            ledger=ledger,
            progress=partial(progress, "testing statements"),
            ask=stages.ask(case),
        )
        results = replace(results, claims=claims)
    if hash_inputs(project) != inputs:
        raise ProjectError("an input changed while it was read. Run again.", path=project.path)
    return results


def compute_case(
    project: Project, *, work: Path | None = None, progress: Progress = report_nothing
) -> tuple[Analysis, tuple[Note, ...]]:
    """Do the steps of a run, in the plane of the run, and gather what a reader must know."""
    from frontline.storage.checkpoint import open_work

    checkpoint = None if work is None else open_work(work)
    case, notes, _ = _compute_stages(project, None, checkpoint, progress)
    return case, notes


def _compute_stages(
    project: Project,
    inputs: Mapping[str, str] | None,
    checkpoint: Checkpoint | None,
    progress: Progress,
) -> tuple[Analysis, tuple[Note, ...], Stages]:
    from frontline.analysis.alternatives import make_variants
    from frontline.analysis.displaced_people import add_people_present
    from frontline.analysis.landcover import read_cover, relate_to_lines
    from frontline.analysis.optional_tables import prepare_options
    from frontline.analysis.settlements import locate_settlements
    from frontline.elevation.dem import read_dem
    from frontline.inputs.layers import read_layers
    from frontline.lines.alternatives import read_alternatives
    from frontline.lines.front import read_fronts
    from frontline.workflow.stages import Stages

    progress("reading layers", 0, 2)
    layers = read_layers(project)
    stages = Stages(project, layers=layers, checkpoint=checkpoint, inputs=inputs)
    fronts = read_fronts(project, layers=layers)
    alternatives = read_alternatives(project, layers=layers)
    progress("reading layers", 1, 2)
    dem = read_dem(project, layers=layers)
    cover = read_cover(project, layers=layers)
    options = prepare_options(project, layers=layers, fronts=fronts, dem=dem)
    progress("reading layers", 2, 2)
    draws = _displace_lines(stages, (*fronts, *options.scenarios), progress)
    cover = relate_to_lines(
        cover, fronts=fronts, draws=draws, distances_m=project.zones.distances_m, plane=layers.plane
    )
    progress("drawing zones", 0, 1)
    bands = stages.make_zones(fronts, draws=draws)
    against = locate_settlements(project, layers=layers, fronts=fronts)
    known = _check_elevation(project, dem, bands)
    progress("drawing zones", 1, 1)
    exposure = _compute_exposure(stages, fronts, bands, draws, dem, progress)
    counted, references = _count_people(stages, fronts, bands, against, draws, progress)
    case = Analysis(
        project=project,
        layers=layers,
        fronts=fronts,
        draws=draws,
        zones=bands,
        places=against,
        people=add_people_present(counted.rows, project=project, flows=options.tables.get("flows")),
        around=counted.around,
        references=references,
        exposure=exposure,
        dem=dem,
        scenarios=options.scenarios,
        stretches=options.stretches,
        tables=options.tables,
        cover=cover,
    )
    case = replace(case, variants=make_variants(case, alternatives=alternatives))
    case = _add_correlation(case, stages)
    return case, _gather_notes(case, options, known, counted, stages), stages


def _gather_notes(
    case: Analysis,
    options: Options,
    known: Sequence[Note],
    counted: PeopleWithin,
    stages: Stages,
) -> tuple[Note, ...]:
    """Gather what a reader must know, in the order of the steps that found it."""
    from frontline.population.extent import describe_large_points

    notes = [*case.layers.notes, *describe_large_points(case.layers.settlements)]
    notes += [*(note for front in case.fronts for note in front.notes), *options.notes]
    notes += [*_note_few_draws(case.project), *(case.dem.notes if case.dem else ()), *known]
    notes += [*(case.cover.notes if case.cover else ()), *case.exposure.notes, *counted.notes]
    return tuple(dict.fromkeys([*notes, *stages.note_lines(case)]))


def _count_people(
    stages: Stages,
    fronts: tuple[FrontLine, ...],
    bands: gpd.GeoDataFrame,
    places: pd.DataFrame,
    draws: Mapping[str, Sequence[DisplacedFront]],
    progress: Progress,
) -> tuple[PeopleWithin, tuple[Reference, ...]]:
    """Count people within the zones, and hold the settlements against what sources state."""
    from frontline.population.completeness import make_references

    progress("counting people", 0, 1)
    settlements = stages.layers.settlements
    references = make_references(stages.project.totals, settlements=settlements, fronts=fronts)
    counted = stages.count_people(
        fronts, zones=bands, places=places, draws=draws, references=references
    )
    progress("counting people", 1, 1)
    return counted, references


def _add_correlation(case: Analysis, stages: Stages) -> Analysis:
    """Add what key figures would be, were the lines' errors alike over other lengths."""
    table = stages.vary_correlation(case)
    return replace(case, tables={**case.tables, "correlation": table}) if len(table) else case


def _compute_exposure(
    stages: Stages,
    fronts: tuple[FrontLine, ...],
    bands: gpd.GeoDataFrame,
    draws: Mapping[str, Sequence[DisplacedFront]],
    dem: Dem | None,
    progress: Progress,
) -> FrontVisibility:
    """Compute what is in sight of the lines, and how likely that is where the project asks."""
    from frontline.visibility.probability import add_likelihood

    project = stages.project
    exposure = stages.see(fronts, dem=dem, zones=bands, progress=partial(progress, "looking"))
    if project.sight.elevation_draws or project.sight.position_draws:
        exposure = add_likelihood(
            exposure,
            project=project,
            layers=stages.layers,
            fronts=fronts,
            draws=draws,
            dem=dem,
            checkpoint=stages.checkpoint,
            progress=partial(progress, "drawing terrains and lines"),
        )
    return exposure


def _note_few_draws(project: Project) -> Iterator[Note]:
    if 0 < project.uncertainty.draws < ENOUGH_DRAWS:
        few = (
            f"Intervals from {project.uncertainty.draws} draws are rough (100 or more are wanted)."
        )
        yield Note("uncertainty", few)


def _displace_lines(
    stages: Stages, fronts: Sequence[FrontLine], progress: Progress
) -> Mapping[str, Sequence[DisplacedFront]]:
    """Displace each line as often as the project asks; with a cache, only when asked for."""
    from frontline.workflow.stages import DrawsOnDemand

    draws = DrawsOnDemand(stages.project, stages.layers, fronts)
    if stages.checkpoint is not None:
        return draws
    for number, front in enumerate(fronts):
        progress("displacing lines", number, len(fronts))
        draws[front.key]  # drawn now: whoever waits sees it
    progress("displacing lines", len(fronts), len(fronts))
    return draws


def _check_elevation(
    project: Project, dem: Dem | None, bands: gpd.GeoDataFrame
) -> tuple[Note, ...]:
    """Say how much of the widest zones has known heights; too little is an error."""
    from frontline.elevation.coverage import check_zone_coverage

    if dem is None or project.elevation is None:
        return ()
    stated = project.elevation
    return check_zone_coverage(
        dem,
        zones=bands,
        least=stated.least_coverage,
        path=Path(write_relative(stated.path, project=project)),
    )


def _make_results(
    case: Analysis,
    notes: tuple[Note, ...],
    inputs: Mapping[str, str],
    stages: Stages,
    progress: Progress,
    *,
    others: ByOthers = MappingProxyType({}),
) -> Results:
    from frontline.analysis.change import find_control_changes
    from frontline.analysis.corridors import find_corridor_crossings
    from frontline.elevation.terrain import shade_relief
    from frontline.lines.zones import ZONES, tabulate_fronts

    layers, fronts, plane = case.layers, case.fronts, case.layers.plane
    flows = stages.compare_lines(case, progress=partial(progress, "comparing lines"))
    progress("making tables", 0, 2)
    settlements = _join_settlements(case)
    flows["below_accuracy"] = flows["kind"] == "within_error"
    further = stages.tabulate(case, changes=flows)
    sides, corridor_km, sight_zones = (
        further.pop(name) for name in ("sides", "corridor_km", "sight_zones")
    )
    progress("making tables", 1, 2)
    lonlat = partial(_to_degrees, case)
    ends = [*ZONES.key, "area_low", "area_high"]
    results = Results(
        project=case.project,
        study_area=lonlat(_make_area_feature(case)),
        lines=lonlat(tabulate_fronts(fronts, plane=plane)),
        sides=lonlat(sides),
        zones=lonlat(case.zones),
        people=case.people.merge(case.zones[ends], on=list(ZONES.key), how="left"),
        settlements=lonlat(settlements),
        changes=lonlat(flows),
        control_change=find_control_changes(
            case.places,
            sight=case.exposure.settlements,
            fronts=fronts,
            study_area=layers.study_area,
        ),
        corridors=lonlat(_add_length(case)),
        corridor_km=corridor_km,
        crossings=lonlat(find_corridor_crossings(layers, fronts=fronts)),
        points=lonlat(layers.points),
        districts=lonlat(layers.districts),
        partitions={key: lonlat(part) for key, part in layers.partitions.items()},
        sight=case.exposure.rasters,
        sight_zones=sight_zones,
        relief=shade_relief(case.dem) if case.dem else None,
        key_figures=_write_figures(case, flows, settlements, further, others),
        notes=notes,
        inputs=inputs,
        further=further,
        case=case,
    )
    progress("making tables", 2, 2)
    return results


def _vary_results(case: Analysis, *, profile: bool) -> list[tuple[Variant, Results]]:
    """Make the results of a case once more with lines as other sources draw them."""
    from frontline.workflow.stages import Stages

    made = []
    for variant in case.variants:
        # Ground and relief do not hang on the line, and take long.
        own = replace(variant.case, dem=None)
        stages = Stages(own.project, layers=own.layers, checkpoint=None)
        results = _make_results(own, (), {}, stages, report_nothing)
        # No figure of one line hangs on the other one.
        if profile and len(variant.choice) == 1:
            results = _add_profile(results, own, stages, report_nothing, lines=variant.lines)
        made.append((variant, results))
    return made


def _add_profile(
    results: Results,
    case: Analysis,
    stages: Stages,
    progress: Progress,
    *,
    lines: Container[str] | None = None,
) -> Results:
    """Add zones and people at every half kilometre, of some of the lines or of all."""
    zones, fronts = case.zones, case.fronts
    if lines is not None:
        fronts = tuple(front for front in fronts if front.key in lines)
        zones = zones[[key in lines for key in zones["line"]]]
    progress("counting people by distance", 0, 1)
    by_distance = stages.profile(
        fronts,
        zones=zones,
        places=case.places,
        draws=case.draws,
        around=case.around,
        references=case.references,
    )
    progress("counting people by distance", 1, 1)
    zones = _to_degrees(case, by_distance.zones)
    return replace(results, profile=by_distance.people, profile_zones=zones)


def _join_settlements(case: Analysis) -> gpd.GeoDataFrame:
    """Join what is known of each settlement: its side and distance, and whether it is in sight."""
    settlements = case.places.merge(case.exposure.settlements, on=["id", "line"], how="left")
    settlements["in_sight"] = settlements["in_sight"].fillna("")
    settlements["below_accuracy"] = ~settlements["side_certain"].astype(bool)
    return settlements


def _write_figures(
    case: Analysis,
    flows: gpd.GeoDataFrame,
    settlements: gpd.GeoDataFrame,
    further: Mapping[str, pd.DataFrame],
    others: ByOthers,
) -> tuple[KeyFigure, ...]:
    """Make every sentence that is ready to quote."""
    from frontline.results.key_figures import (
        write_cover_figures,
        write_key_figures,
        write_sight_figures,
    )

    return (
        *write_key_figures(
            case.project,
            people=case.people,
            changes=flows,
            settlements=settlements,
            illustration=case.exposure.illustration,
            others=others,
        ),
        *write_sight_figures(case, people=further.get("sight_people")),
        *write_cover_figures(case, tables=further),
    )


def _to_degrees(case: Analysis, features: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the features in EPSG:4326, cut at the antimeridian."""
    geometry = case.layers.plane.to_lonlat(features.geometry.to_numpy())
    return features.set_geometry(geometry, crs="EPSG:4326")


def _make_area_feature(case: Analysis) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import numpy as np

    from frontline.geo.geodesy import measure_area

    land = case.layers.study_area
    area_km2 = float(measure_area(np.array([land], dtype=object), plane=case.layers.plane)[0]) / 1e6
    return gpd.GeoDataFrame({"area_km2": [area_km2]}, geometry=[land], crs=case.layers.plane.crs)


def _add_length(case: Analysis) -> gpd.GeoDataFrame:
    from frontline.geo.geodesy import measure_length

    corridors = case.layers.corridors
    length_km = measure_length(corridors.geometry.to_numpy(), plane=case.layers.plane) / 1000.0
    at = list(corridors.columns).index("kind") + 1
    result: gpd.GeoDataFrame = corridors.copy()
    result.insert(at, "length_km", length_km)
    return result
