"""The order of things: from a project to results, and from results to files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from frontline.analysis.context import Case
from frontline.errors import ProjectError
from frontline.export.web.basemap import basemap as basemap_of
from frontline.export.web.basemap import warning
from frontline.export.writers import LOG, Writers, writers
from frontline.inputs.series import with_each_date
from frontline.progress import Progress, silent
from frontline.project.loader import (
    changed,
    claims_file,
    hash_inputs,
    input_files,
    load_project,
    relative,
)
from frontline.records import KeyFigure, Note
from frontline.results.model import Results
from frontline.results.redaction import keep_public, without_restricted

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from frontline.elevation.dem import Dem
    from frontline.inputs.layers import Layers
    from frontline.lines.front import Draw, FrontLine
    from frontline.project.models import Project
    from frontline.visibility.exposure import Exposure


ENOUGH_DRAWS = 100
"""With fewer displaced lines the ends of an interval are hardly known."""


def run(
    path: Path,
    out: Path,
    *,
    command: str = "run",
    public: bool = False,
    pdf: bool = False,
    force: bool = False,
    work: Path | None = None,
    basemap: str = "",
    progress: Progress = silent,
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
    from frontline.export.manifest import manifest
    from frontline.export.publish import prepare_output, publish
    from frontline.storage.checkpoint import open_work

    project = with_each_date(with_basemap(load_project(path), basemap, public=public))
    check_exports(project)
    if command == "claims" and claims_file(project) is None:
        raise ProjectError(
            "has no claims (expected claims.toml beside it, or the key claims). Write the "
            "statements down; frontline claims --list shows what can be computed.",
            path=project.path,
        )
    if work is not None:
        open_work(work, out=out)
    sources = input_files(project)
    with prepare_output(out, command=command, force=force, inputs=sources) as output:
        if public:
            results = compute_public(project, work=work, progress=progress)
        else:
            results = compute(project, work=work, progress=progress)
        facts = manifest(
            results.project, results.inputs, public=public, elevation=_elevation(results)
        )
        files = writers(results, command=command, pdf=pdf)
        _warn_of_tiles(results.project, files)
        return results, publish(output, files, manifest=facts, progress=progress)


def _elevation(results: Results) -> dict[str, object]:
    """Say what the elevation is made of, as far as its file tells."""
    dem = results.case.dem if results.case is not None else None
    if dem is None:
        return {}
    return {"vertical_datum": dem.vertical_datum, "tiles": list(dem.pieces)}


def with_basemap(project: Project, template: str, *, public: bool) -> Project:
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
    return changed(project, outputs={"basemap": template})


def _warn_of_tiles(project: Project, files: Writers) -> None:
    tiles = basemap_of(project.outputs.basemap, project.outputs.basemap_credit)
    if tiles is not None and "map.html" in files:
        LOG.warning("%s", warning(tiles))


def compute_public(
    project: Project, *, work: Path | None = None, progress: Progress = silent
) -> Results:
    """Compute what of a project everybody may read: its restricted layers take no part.

    Parameters
    ----------
    project, work, progress
        As for `compute`.

    Raises
    ------
    ProjectError
        A line or the study area is restricted.
    """
    public = without_restricted(project)
    # A statement may name restricted places, and the metric that tests it would not find them.
    results = compute(public.project, statements=not public.hidden, work=work, progress=progress)
    return keep_public(results, public, project)


def compute(
    project: Project,
    *,
    statements: bool = True,
    work: Path | None = None,
    progress: Progress = silent,
) -> Results:
    """Compute everything a project asks for.

    Parameters
    ----------
    project
        From `load_project`.
    statements
        Whether the statements of its ledger are tested.
    work
        Folder for finished pieces of long work; the results are the same with and without.
    progress
        Told how far each step is.

    Returns
    -------
    Results
        With geometry in EPSG:4326; ``results.case`` holds what later questions need.
    """
    from frontline.claims.verdict import check_claims, read_ledger

    project = with_each_date(project)
    inputs = hash_inputs(project)
    ledger = read_ledger(project) if statements else None
    case, notes = compute_case(project, work=work, progress=progress)
    results = _results(case, notes, inputs, progress)
    if ledger is not None:
        told = partial(progress, "testing statements")
        results = replace(results, claims=check_claims(case, ledger, told))
    if hash_inputs(project) != inputs:
        raise ProjectError("an input changed while it was read. Run again.", path=project.path)
    return results


def compute_case(
    project: Project, *, work: Path | None = None, progress: Progress = silent
) -> tuple[Case, tuple[Note, ...]]:
    """Do the steps of a run, in the plane of the run, and gather what a reader must know."""
    from frontline.analysis.displaced_people import with_people_present
    from frontline.analysis.landcover import against_lines, read_cover
    from frontline.analysis.optional_tables import asked_of, draws_of_scenarios
    from frontline.analysis.settlements import places
    from frontline.elevation.dem import read_dem
    from frontline.inputs.layers import read_layers
    from frontline.lines.front import read_fronts
    from frontline.lines.zones import bias_notes, correlation_notes, drawing_notes, zones
    from frontline.population.completeness import make_references
    from frontline.population.within import people

    progress("reading layers", 0, 2)
    layers = read_layers(project)
    fronts = read_fronts(project, layers)
    progress("reading layers", 1, 2)
    dem = read_dem(project, layers)
    cover = read_cover(project, layers)
    asked = asked_of(project, layers, fronts, dem)
    progress("reading layers", 2, 2)
    draws = _draws(project, layers, fronts, progress)
    draws |= draws_of_scenarios(project, layers, fronts, asked.scenarios, draws)
    cover = against_lines(cover, fronts, draws, project.zones.distances_m, layers.frame)
    progress("drawing zones", 0, 1)
    bands = zones(fronts, project.zones.distances_m, draws, layers.frame)
    against = places(project, layers, fronts)
    known = _elevation_known(project, dem, bands)
    progress("drawing zones", 1, 1)
    exposure = _exposure(project, layers, fronts, bands, draws, dem, work=work, progress=progress)
    progress("counting people", 0, 1)
    references = make_references(project.totals, layers.settlements, fronts)
    counted = people(project, layers, fronts, bands, against, draws, references=references)
    progress("counting people", 1, 1)
    case = Case(
        project=project,
        layers=layers,
        fronts=fronts,
        draws=draws,
        zones=bands,
        places=against,
        people=with_people_present(counted.rows, project, asked.tables.get("flows")),
        around=counted.around,
        references=references,
        exposure=exposure,
        dem=dem,
        scenarios=asked.scenarios,
        stretches=asked.stretches,
        tables=asked.tables,
        cover=cover,
    )
    notes = [*layers.notes, *(note for front in fronts for note in front.notes), *asked.notes]
    notes += [*_few_draws(project), *(dem.notes if dem else ()), *known]
    notes += [*(cover.notes if cover else ()), *exposure.notes, *counted.notes]
    notes += [*drawing_notes(fronts, draws), *bias_notes(bands)]
    notes += correlation_notes(
        fronts,
        layers.study_area,
        bands,
        layers.frame,
        draws=project.uncertainty.draws,
        seed=project.uncertainty.seed,
    )
    return case, tuple(dict.fromkeys(notes))


def _exposure(
    project: Project,
    layers: Layers,
    fronts: tuple[FrontLine, ...],
    bands: gpd.GeoDataFrame,
    draws: Mapping[str, Sequence[Draw]],
    dem: Dem | None,
    *,
    work: Path | None,
    progress: Progress,
) -> Exposure:
    """Compute what is in sight of the lines, and how likely that is where the project asks."""
    from frontline.storage.checkpoint import open_work
    from frontline.visibility.exposure import sight
    from frontline.visibility.probability import with_likelihood

    kept = open_work(work) if work is not None else None
    told = partial(progress, "looking")
    exposure = sight(project, layers, fronts, dem, bands, kept=kept, progress=told)
    if project.sight.elevation_draws or project.sight.position_draws:
        told = partial(progress, "drawing terrains and lines")
        exposure = with_likelihood(
            exposure, project, layers, fronts, draws, dem, kept=kept, progress=told
        )
    return exposure


def _few_draws(project: Project) -> Iterator[Note]:
    if 0 < project.uncertainty.draws < ENOUGH_DRAWS:
        few = (
            f"Intervals from {project.uncertainty.draws} draws are rough (100 or more are wanted)."
        )
        yield Note("uncertainty", few)


def _draws(
    project: Project, layers: Layers, fronts: tuple[FrontLine, ...], progress: Progress
) -> dict[str, Sequence[Draw]]:
    """Displace each line as often as the project asks."""
    from frontline.lines.front import draw_front

    asked = project.uncertainty
    draws = {}
    for number, front in enumerate(fronts):
        progress("displacing lines", number, len(fronts))
        draws[front.key] = draw_front(front, layers.study_area, draws=asked.draws, seed=asked.seed)
    progress("displacing lines", len(fronts), len(fronts))
    return draws


def _elevation_known(
    project: Project, dem: Dem | None, bands: gpd.GeoDataFrame
) -> tuple[Note, ...]:
    """Say how much of the widest zones has known heights; too little is an error."""
    from frontline.elevation.coverage import check_zones

    if dem is None or project.elevation is None:
        return ()
    stated = project.elevation
    return check_zones(
        dem, bands, least=stated.least_coverage, path=Path(relative(stated.path, project))
    )


def _results(
    case: Case, notes: tuple[Note, ...], inputs: Mapping[str, str], progress: Progress
) -> Results:
    from frontline.analysis.change import changes, control_change
    from frontline.analysis.corridors import corridor_km, crossings
    from frontline.analysis.optional_tables import cut_tables
    from frontline.analysis.visibility import sight_tables, with_ground
    from frontline.elevation.terrain import shaded_relief
    from frontline.lines.zones import ZONES, lines_table, sides_table
    from frontline.population.within import profile

    layers, fronts, draws, frame = case.layers, case.fronts, case.draws, case.layers.frame
    progress("comparing lines", 0, 3)
    flows = changes(fronts, layers.study_area, draws, frame)
    progress("comparing lines", 1, 3)
    by_distance = profile(
        case.project,
        layers,
        fronts,
        case.zones,
        case.places,
        draws,
        around=case.around,
        references=case.references,
    )
    progress("comparing lines", 2, 3)
    settlements = case.places.merge(case.exposure.settlements, on=["id", "line"], how="left")
    settlements["in_sight"] = settlements["in_sight"].fillna("")
    settlements["below_accuracy"] = ~settlements["side_certain"].astype(bool)
    flows["below_accuracy"] = flows["kind"] == "within_error"
    further = sight_tables(case) | cut_tables(case, flows)
    lonlat = partial(_degrees, case)
    ends = [*ZONES.key, "area_low", "area_high"]
    results = Results(
        project=case.project,
        study_area=lonlat(_one_feature(case)),
        lines=lonlat(lines_table(fronts, frame)),
        sides=lonlat(sides_table(fronts, draws, frame)),
        zones=lonlat(case.zones),
        people=case.people.merge(case.zones[ends], on=list(ZONES.key), how="left"),
        settlements=lonlat(settlements),
        changes=lonlat(flows),
        control_change=control_change(case.places, case.exposure.settlements, fronts),
        corridors=lonlat(_with_length(case)),
        corridor_km=corridor_km(layers, fronts, case.zones, draws),
        crossings=lonlat(crossings(layers, fronts)),
        points=lonlat(layers.points),
        districts=lonlat(layers.districts),
        partitions={key: lonlat(part) for key, part in layers.partitions.items()},
        sight=case.exposure.rasters,
        sight_zones=with_ground(case),
        relief=shaded_relief(case.dem) if case.dem else None,
        key_figures=_quotable(case, flows, settlements, further),
        notes=notes,
        inputs=inputs,
        further=further,
        profile=by_distance.people,
        profile_zones=lonlat(by_distance.zones),
        case=case,
    )
    progress("comparing lines", 3, 3)
    return results


def _quotable(
    case: Case,
    flows: gpd.GeoDataFrame,
    settlements: gpd.GeoDataFrame,
    further: Mapping[str, pd.DataFrame],
) -> tuple[KeyFigure, ...]:
    """Make every sentence that is ready to quote."""
    from frontline.results.key_figures import cover_figures, key_figures, sight_figures

    return (
        *key_figures(
            case.project,
            people=case.people,
            changes=flows,
            settlements=settlements,
            illustration=case.exposure.illustration,
        ),
        *sight_figures(case, further.get("sight_people")),
        *cover_figures(case, further),
    )


def _degrees(case: Case, features: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give the features in EPSG:4326, cut at the antimeridian."""
    geometry = case.layers.frame.to_lonlat(features.geometry.to_numpy())
    return features.set_geometry(geometry, crs="EPSG:4326")


def _one_feature(case: Case) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import numpy as np

    from frontline.geo.geodesy import area_m2

    land = case.layers.study_area
    area_km2 = float(area_m2(np.array([land], dtype=object), case.layers.frame)[0]) / 1e6
    return gpd.GeoDataFrame({"area_km2": [area_km2]}, geometry=[land], crs=case.layers.frame.crs)


def _with_length(case: Case) -> gpd.GeoDataFrame:
    from frontline.geo.geodesy import length_m

    corridors = case.layers.corridors
    length_km = length_m(corridors.geometry.to_numpy(), case.layers.frame) / 1000.0
    at = list(corridors.columns).index("kind") + 1
    result: gpd.GeoDataFrame = corridors.copy()
    result.insert(at, "length_km", length_km)
    return result
