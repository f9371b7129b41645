"""Check a project before a run: a survey of its layers, rasters, claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import shapely

from frontline.elevation.coverage import coverage, refuse
from frontline.errors import FrontlineError, ProjectError, one_line, raise_problems, tried
from frontline.project.loader import relative
from frontline.raster.io import open_raster
from frontline.workflow.scaffold import SINGLE

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline.analysis.context import Case
    from frontline.elevation.dem import Dem
    from frontline.inputs.layers import Layers
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
    from frontline.analysis.optional_tables import asked_of
    from frontline.export.geojson import check_exports
    from frontline.inputs.layers import read_layers
    from frontline.inputs.series import with_each_date
    from frontline.lines.front import read_fronts
    from frontline.project.loader import load_project

    project = with_each_date(load_project(path))
    problems: list[FrontlineError] = []
    lines: list[str] = []
    tried(lambda: check_exports(project), problems)
    layers = tried(lambda: read_layers(project), problems)
    fronts = tried(lambda: read_fronts(project, layers), problems) if layers is not None else None
    if layers is None or fronts is None:
        openable(project, problems)
    else:
        counts = (
            f"lines {len(project.lines)}",
            *(f"{name} {len(getattr(layers, name))}" for name in SINGLE),
        )
        lines.append(f"{one_line(project.title)}: {', '.join(counts)}.")
        lines += [
            f"{front.key}: {front.length_km:,.1f} km, cuts the study area." for front in fronts
        ]
        asked = tried(lambda: asked_of(project, layers, fronts), problems)
        notes = [*layers.notes, *(note for front in fronts for note in front.notes)]
        notes += asked.notes if asked is not None else ()
        lines += [f"{one_line(note.about)}: {note.text}" for note in notes]
        lines += survey(project, layers, fronts, problems)
    raise_problems(list({str(problem): problem for problem in problems}.values()))
    return [*lines, "No problems found."]


Problems = list[FrontlineError]

PLACES = ("place", "places", "start", "stop", "points")
"""Parameters of metrics that name settlements, points or districts by their identifiers."""


def openable(project: Project, problems: Problems) -> None:
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
            tried(lambda: stack.enter_context(_opened(raster, project)), problems)  # noqa: B023


def _ground(project: Project) -> list[Any]:
    """Rasters of the ground and of what stands on it."""
    elevation = project.elevation
    asked = [elevation, elevation.canopy if elevation is not None else None, project.landcover]
    return [raster for raster in asked if raster is not None and raster.path is not None]


def _opened(raster: Any, project: Project) -> Any:
    shown = relative(raster.path, project)
    return open_raster(raster.path, crs=raster.crs, nodata=raster.nodata, shown=shown)


def survey(
    project: Project, layers: Layers, fronts: Sequence[FrontLine], problems: Problems
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
    from frontline.lines.zones import zones
    from frontline.visibility.exposure import check_heights

    widest = zones(fronts, project.zones.distances_m[-1:], {}, layers.frame)
    said: list[str] = []
    dem = tried(lambda: read_dem(project, layers), problems)
    if dem is not None:
        said += _of_elevation(project, layers, fronts, dem, widest, problems)
        if project.sight.enabled:
            tried(lambda: check_heights(layers, project.sight), problems)
    for raster in project.population:
        said += tried(lambda: _of_people(raster, project, fronts, widest), problems) or []  # noqa: B023
    cover = tried(lambda: read_cover(project, layers), problems)
    if cover is not None:
        known = f"known in {cover.known:.1%} of the study area"
        said.append(f"land cover: cells of {cover.step_m:,.0f} m, {known}.")
        said += [note.text for note in cover.notes]
    problems += _of_claims(project, layers)
    return said


def _of_elevation(
    project: Project,
    layers: Layers,
    fronts: Sequence[FrontLine],
    dem: Dem,
    widest: gpd.GeoDataFrame,
    problems: Problems,
) -> list[str]:
    stated = cast("Elevation", project.elevation)
    path = Path(relative(stated.path, project))
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
        share = coverage(dem, area, area_crs=layers.frame.crs)
        said.append(f"elevation: known in {share:.1%} of {what}.")
        tried(
            lambda: refuse(share, least=stated.least_coverage, what=what, path=path),  # noqa: B023
            problems,
        )
        if project.sight.enabled:
            tried(lambda: _stand(front, dem, layers, project), problems)  # noqa: B023
    return said


def _stand(front: FrontLine, dem: Dem, layers: Layers, project: Project) -> None:
    """Refuse a line on unknown ground, as sight would; posts are put up only where some is."""
    from frontline.elevation.dem import heights_at
    from frontline.geo.geodesy import points_along
    from frontline.visibility.observers import check_voids, parts_of, stand

    asked, frame = project.sight, layers.frame
    step = max(min(dem.sight_step_m), 100.0)
    pieces = shapely.get_parts(shapely.line_merge(front.geometry))
    along = np.concatenate([points_along(piece, frame, step) for piece in pieces])
    if np.isfinite(heights_at(dem, along, crs=frame.crs)).all():
        return
    posts = voids = 0
    for part in parts_of(front, dem, radius_m=asked.radius_m):
        there = stand(part, dem, frame, radius_m=asked.radius_m, spacing_m=asked.spacing_m)
        posts, voids = posts + len(there.posts_rc), voids + there.voids
    check_voids(posts, voids, f"the line '{front.key}'")


def _of_people(
    asked: PopulationRaster, project: Project, fronts: Sequence[FrontLine], widest: gpd.GeoDataFrame
) -> list[str]:
    from frontline.population.validity import as_stated, rasters_at
    from frontline.raster.zonal import kind_doubt, value_doubts, zonal_sums

    said = []
    with _opened(asked, project) as raster:
        for front in fronts:
            if all(one.key != asked.key for one in rasters_at(project, front.date)):
                nearer = ", or another of its series is nearer" if asked.series else ""
                text = f"does not hold at the date of {front.key}{nearer}."
                said.append(f"raster:{asked.key}: {text}")
                continue
            own = widest[(widest["line"] == front.key) & (widest["kind"] == "cumulative")]
            shapes = own.geometry.to_numpy()
            held = as_stated(raster, asked)
            sums = zonal_sums(held, shapes, zones_crs=widest.crs, kind=asked.kind)
            part = np.average(np.nan_to_num(sums.coverage), weights=own["area_km2"])
            said.append(
                f"raster:{asked.key}: {sums.people.sum():,.0f} people ({asked.kind}) within "
                f"{own['distance_m'].iloc[0] / 1000:g} km of {front.key}, known in {part:.1%}."
            )
            doubts = [text for text, _ in value_doubts(raster, sums)]
            doubts += [raster.datum_doubt] if raster.datum_doubt else []
            said += [f"raster:{asked.key}: {text}" for text in doubts]
            doubt = kind_doubt(raster, sums, kind=asked.kind)
            said += [f"raster:{asked.key}: {doubt}".rstrip(".") + "."] if doubt else []
    return said


def _of_claims(project: Project, layers: Layers) -> Iterator[FrontlineError]:
    """Find claims about places that are not there."""
    from frontline.claims.lookup import place_of
    from frontline.claims.verdict import read_ledger

    problems: Problems = []
    ledger = tried(lambda: read_ledger(project), problems)
    yield from problems
    case = cast("Case", SimpleNamespace(layers=layers))  # all of it that places are looked up in
    if ledger is None:
        return
    for claim in ledger.claims:
        lacks = set(claim.needs) - {line.key for line in project.lines} - set(layers.partitions)
        if claim.excluded or claim.metric is None or lacks:
            continue
        for key in PLACES:
            given = claim.parameters.get(key, ())
            for word in [given] if isinstance(given, str) else given:
                try:
                    place_of(case, word)
                except ProjectError as error:
                    field = f"claims.{claim.id}"
                    yield ProjectError(error.message, path=ledger.path.name, field=field)
