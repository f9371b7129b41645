"""Check a project before a run: a survey of its layers, rasters, claims."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import shapely

from frontline.elevation.coverage import measure_coverage, refuse_coverage
from frontline.errors import (
    FrontlineError,
    LayerError,
    ProjectError,
    collect_problems,
    raise_problems,
    to_one_line,
)
from frontline.lines.measures import combine_errors, measure_separation
from frontline.project.loader import write_relative
from frontline.raster.io import open_raster
from frontline.workflow.scaffold import SINGLE

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline.analysis.context import Analysis
    from frontline.elevation.dem import Dem
    from frontline.geo.projection import ProjectedPlane
    from frontline.inputs.layers import Layers
    from frontline.lines.alternatives import Alternative
    from frontline.lines.front import FrontLine
    from frontline.project.models import Elevation, PopulationRaster, Project


def check(path: Path | str) -> list[str]:
    """Report every problem of a project at once, without the long computation.

    Parameters
    ----------
    path
        The project file.

    Returns
    -------
    What was found to be in order, and what a reader must know of the inputs.

    Raises
    ------
    FrontlineError
        With all that a run would stop at in project, layers, lines, tables, rasters and claims,
        up to twenty problems.
    """
    from frontline.analysis.optional_tables import prepare_options
    from frontline.claims.verdict import read_ledger
    from frontline.export.geojson import check_exports
    from frontline.inputs.layers import read_layers
    from frontline.inputs.series import expand_dates
    from frontline.inputs.tables import read_tables
    from frontline.lines.alternatives import read_alternatives
    from frontline.lines.front import read_fronts
    from frontline.population.extent import describe_large_points
    from frontline.project.loader import load_project

    problems: list[FrontlineError] = []
    lines: list[str] = []
    project = collect_problems(lambda: expand_dates(load_project(path)), problems=problems)
    if project is None:
        problems += find_problems_of_files(path)
        raise_problems(_drop_repeated(problems))
        return lines  # never: what could not be loaded has a problem
    collect_problems(lambda: check_exports(project), problems=problems)
    layers = collect_problems(lambda: read_layers(project), problems=problems)
    fronts = (
        collect_problems(lambda: read_fronts(project, layers=layers), problems=problems)
        if layers is not None
        else None
    )
    if layers is None or fronts is None:
        open_rasters(project, problems=problems)
        collect_problems(lambda: read_tables(project), problems=problems)
        if layers is not None:
            problems += list(_of_claims(project, layers))
        else:
            collect_problems(lambda: read_ledger(project), problems=problems)
    else:
        counts = (
            f"lines {len(project.lines)}",
            *(f"{name} {len(getattr(layers, name))}" for name in SINGLE),
        )
        lines.append(f"{to_one_line(project.title)}: {', '.join(counts)}.")
        lines += [
            f"{front.key}: {front.length_km:,.1f} km, cuts the study area." for front in fronts
        ]
        alternatives = collect_problems(
            lambda: read_alternatives(project, layers=layers), problems=problems
        )
        lines += _describe_alternatives(alternatives or (), fronts=fronts, plane=layers.plane)
        asked = collect_problems(
            lambda: prepare_options(project, layers=layers, fronts=fronts), problems=problems
        )
        notes = [*layers.notes, *describe_large_points(layers.settlements)]
        notes += [*(note for front in fronts for note in front.notes)]
        notes += asked.notes if asked is not None else ()
        lines += [f"{to_one_line(note.about)}: {note.text}" for note in notes]
        lines += _of_errors(fronts)
        lines += survey(project, layers=layers, fronts=fronts, problems=problems)
    raise_problems(_drop_repeated(problems))
    return [*lines, "No problems found."]


def _describe_alternatives(
    alternatives: Sequence[Alternative], *, fronts: Sequence[FrontLine], plane: ProjectedPlane
) -> list[str]:
    """Say how far other sources draw a line from where it is drawn."""
    by_key = {front.key: front for front in fronts}
    told = []
    for other in alternatives:
        front = by_key[other.line]
        apart = measure_separation(front.geometry, other=other.front.geometry, plane=plane)
        error_m = combine_errors(front, other.front)
        far_m = apart.quantile_m(0.95)
        doubt = (
            f"more than their errors allow ({error_m:,.0f} m)"
            if far_m > error_m
            else f"within their errors ({error_m:,.0f} m)"
        )
        told.append(
            f"{other.line}, alternative {other.key} ({to_one_line(other.label)}): "
            f"{other.front.length_km:,.1f} km, cuts the study area. From {other.line} it is "
            f"{apart.mean_m:,.0f} m away on average and {apart.distance_m.max(initial=0.0):,.0f} m "
            f"at most; 95 % of the line lies within {far_m:,.0f} m of it, {doubt}."
        )
    return told


Problems = list[FrontlineError]


def _drop_repeated(problems: Problems) -> Problems:
    return list({str(problem): problem for problem in problems}.values())


def find_problems_of_files(path: Path | str) -> Problems:
    """Find what is wrong with the files of a project that is itself wrong.

    Parameters
    ----------
    path
        The project file.

    Returns
    -------
    Problems of every layer, table and raster that the file names and that can be looked at by
    itself, so that nobody mends the project file only to hear of them then.
    """
    from frontline.inputs.layers import find_faults_of_files
    from frontline.inputs.series import expand_dates
    from frontline.inputs.tables import read_tables
    from frontline.project.loader import load_sound_parts
    from frontline.project.models import UNDATED

    problems: Problems = []
    sound = load_sound_parts(path)
    if sound is None:
        return problems
    dated = tuple(line for line in sound.lines if line.date != UNDATED)
    project = collect_problems(lambda: expand_dates(sound), problems=problems) or sound.model_copy(
        update={"lines": dated}
    )
    # what entries say of each other is checked where all of them are right
    problems = [problem for problem in problems if isinstance(problem, LayerError)]
    problems += find_faults_of_files(project)
    collect_problems(lambda: read_tables(project), problems=problems)
    open_rasters(project, problems=problems)
    return problems


def _of_errors(fronts: Sequence[FrontLine]) -> list[str]:
    """Ask whether lines without an error are really known to the metre."""
    exact = [front.key for front in fronts if not (np.asarray(front.error_m) > 0).any()]
    if not exact:
        return []
    named = ", ".join(to_one_line(key) for key in exact[:6]) + (" ..." if len(exact) > 6 else "")
    question = (
        f"{named}: error_m is 0. Is the course known to the metre? Intervals then hold nothing of "
        "its error, and no place is doubtful. Give the half-width within which it lies with 95 %."
    )
    return [question]


def open_rasters(project: Project, *, problems: Problems) -> None:
    """Open every raster, where layers are too wrong for more.

    Parameters
    ----------
    project
        From `load_project`.
    problems
        Grows by those of the rasters.
    """
    for raster in (*project.population, *_ground(project)):
        with ExitStack() as stack:
            opening = partial(_opened, raster, project)
            collect_problems(lambda: stack.enter_context(opening()), problems=problems)  # noqa: B023


def _ground(project: Project) -> list[Any]:
    """Rasters of the ground and of what stands on it."""
    elevation = project.elevation
    asked = [elevation, elevation.canopy if elevation is not None else None, project.landcover]
    return [raster for raster in asked if raster is not None and raster.path is not None]


def _opened(raster: Any, project: Project) -> Any:
    shown = write_relative(raster.path, project=project)
    return open_raster(raster.path, crs=raster.crs, nodata=raster.nodata, shown=shown)


def survey(
    project: Project, *, layers: Layers, fronts: Sequence[FrontLine], problems: Problems
) -> list[str]:
    """Look at what a run needs beside its layers and lines.

    Parameters
    ----------
    project, layers, fronts
        As read and found right.
    problems
        Grows by what a run would stop at: rasters that cannot be read or know too little of the
        zones, posts on unknown ground, heights of targets that are none, claims about places
        that are not there.

    Returns
    -------
    What was found, a sentence each.
    """
    from frontline.analysis.landcover import read_cover
    from frontline.elevation.dem import read_dem
    from frontline.lines.zones import buffer_zones
    from frontline.visibility.exposure import check_heights
    from frontline.workflow.estimate import describe_work, estimate_work

    widest = buffer_zones(
        fronts, distances_m=project.zones.distances_m[-1:], draws={}, plane=layers.plane
    )
    said: list[str] = []
    dem = collect_problems(lambda: read_dem(project, layers=layers), problems=problems)
    if dem is not None:
        said += _of_elevation(project, layers, fronts, dem, widest, problems)
        if project.sight.enabled:
            collect_problems(
                lambda: check_heights(layers, settings=project.sight), problems=problems
            )
    for raster in project.population:
        said += (
            collect_problems(
                partial(_of_people, raster, project, fronts, widest), problems=problems
            )
            or []
        )
    cover = collect_problems(lambda: read_cover(project, layers=layers), problems=problems)
    if cover is not None:
        known = f"known in {cover.known:.1%} of the study area"
        said.append(f"land cover: cells of {cover.step_m:,.0f} m, {known}.")
        said += [note.text for note in cover.notes]
    problems += _of_claims(project, layers)
    return [*said, *describe_work(estimate_work(project, layers=layers, fronts=fronts, dem=dem))]


def _of_elevation(
    project: Project,
    layers: Layers,
    fronts: Sequence[FrontLine],
    dem: Dem,
    widest: gpd.GeoDataFrame,
    problems: Problems,
) -> list[str]:
    stated = cast("Elevation", project.elevation)
    path = Path(write_relative(stated.path, project=project))
    high, wide = dem.sight_step_m
    known = dem.heights_m[np.isfinite(dem.heights_m)]
    extent = f"{known.min():,.0f} to {known.max():,.0f} m" if len(known) else "no height known"
    above = stated.vertical_datum or "what the project does not say"
    said = [f"elevation: cells of {wide:,.0f} x {high:,.0f} m, {extent} above {above}."]
    said += [f"{note.about}: {note.text}" for note in dem.notes]
    for front in fronts:
        own = widest[widest["line"] == front.key]
        what = f"the zone of {project.zones.distances_m[-1] / 1000:g} km about {front.key}"
        area = shapely.union_all(own.geometry.to_numpy())
        share = measure_coverage(dem, area=area, area_crs=layers.plane.crs)
        said.append(f"elevation: known in {share:.1%} of {what}.")
        collect_problems(
            lambda: refuse_coverage(share, least=stated.least_coverage, what=what, path=path),  # noqa: B023
            problems=problems,
        )
        if project.sight.enabled:
            collect_problems(lambda: _stand(front, dem, layers, project), problems=problems)  # noqa: B023
    return said


def _stand(front: FrontLine, dem: Dem, layers: Layers, project: Project) -> None:
    """Refuse a line on unknown ground, as sight would; posts are put up only where some is."""
    from frontline.elevation.dem import sample_heights
    from frontline.geo.geodesy import place_points
    from frontline.visibility.observers import check_voids, place_observers, tile_front

    asked, plane = project.sight, layers.plane
    step = max(min(dem.sight_step_m), 100.0)
    pieces = shapely.get_parts(shapely.line_merge(front.geometry))
    along = np.concatenate([place_points(piece, plane=plane, spacing_m=step) for piece in pieces])
    if np.isfinite(sample_heights(dem, xy=along, crs=plane.crs)).all():
        return
    posts = voids = 0
    for part in tile_front(front, dem=dem, radius_m=asked.radius_m):
        there = place_observers(
            part, dem=dem, plane=plane, radius_m=asked.radius_m, spacing_m=asked.spacing_m
        )
        posts, voids = posts + len(there.posts_rc), voids + there.voids
    check_voids(posts, voids=voids, what=f"the line '{front.key}'")


def _of_people(
    asked: PopulationRaster, project: Project, fronts: Sequence[FrontLine], widest: gpd.GeoDataFrame
) -> list[str]:
    from frontline.population.validity import apply_empty_cells, choose_rasters
    from frontline.raster.zonal import doubt_kind, doubt_values, sum_zones

    said = []
    with _opened(asked, project) as raster:
        for front in fronts:
            if all(one.key != asked.key for one in choose_rasters(project, date=front.date)):
                nearer = ", or another of its series is nearer" if asked.series else ""
                text = f"does not hold at the date of {front.key}{nearer}."
                said.append(f"raster:{asked.key}: {text}")
                continue
            own = widest[(widest["line"] == front.key) & (widest["kind"] == "cumulative")]
            shapes = own.geometry.to_numpy()
            held = apply_empty_cells(raster, raster=asked)
            sums = sum_zones(held, zones=shapes, zones_crs=widest.crs, kind=asked.kind)
            part = np.average(np.nan_to_num(sums.coverage), weights=own["area_km2"])
            said.append(
                f"raster:{asked.key}: {sums.people.sum():,.0f} people ({asked.kind}) within "
                f"{own['distance_m'].iloc[0] / 1000:g} km of {front.key}, known in {part:.1%}."
            )
            doubts = [text for text, _ in doubt_values(raster, sums=sums)]
            doubts += [raster.datum_doubt] if raster.datum_doubt else []
            said += [f"raster:{asked.key}: {text}" for text in doubts]
            doubt = doubt_kind(raster, sums=sums, kind=asked.kind)
            said += [f"raster:{asked.key}: {doubt}".rstrip(".") + "."] if doubt else []
    return said


def _of_claims(project: Project, layers: Layers) -> Iterator[FrontlineError]:
    """Find claims about places that are not there."""
    from frontline.claims.ledger import list_ways
    from frontline.claims.lookup import find_place
    from frontline.claims.verdict import read_ledger
    from frontline.claims.widths import PLACES

    problems: Problems = []
    ledger = collect_problems(lambda: read_ledger(project), problems=problems)
    yield from problems
    case = cast(
        "Analysis", SimpleNamespace(layers=layers)
    )  # all of it that places are looked up in
    if ledger is None:
        return
    for claim in ledger.claims:
        lacks = set(claim.needs) - {line.key for line in project.lines} - set(layers.partitions)
        if claim.excluded or lacks:
            continue
        for way, key in itertools.product(list_ways(claim), PLACES):
            given = () if way.metric is None else way.parameters.get(key, ())
            for word in [given] if isinstance(given, str) else given:
                try:
                    find_place(case, place=word)
                except ProjectError as error:
                    field = f"claims.{claim.id}"
                    yield ProjectError(error.message, path=ledger.path.name, field=field)
