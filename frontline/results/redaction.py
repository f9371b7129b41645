"""Restricted layers: what of them may stand in a file that everybody reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from frontline.errors import ProjectError
from frontline.project.layers import ROLES
from frontline.project.loader import input_files, relative
from frontline.records import KeyFigure, Note
from frontline.results.model import Results
from frontline.storage.files import companions

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from frontline.project.models import PopulationRaster, Project, TableSource


PLACES = ("settlements", "corridors", "points", "districts")
TABLES = ("flows", "links", "events")

LISTED: Mapping[str, tuple[str, ...]] = {
    "settlements": ("links", "settlement_rasters", "nearness"),
    "corridors": ("links", "corridor_sight", "corridor_kinds"),
    "points": ("links",),
    "districts": ("raster_districts",),
    "flows": ("flows", "flows_balance"),
    "links": ("links",),
    "events": ("events",),
}
"""Further tables that list the features of a layer one by one."""


UNNAMED = "restricted/"
"""What stands for the folder and the name of a restricted file in the list of inputs."""


def restricted(project: Project) -> tuple[str, ...]:
    """Name the restricted layers of a project: roles, keys of lines and of partitions."""
    names = [role for role in (*PLACES, *TABLES) if _is_restricted(getattr(project, role))]
    names += [part.key for part in project.partitions if _is_restricted(part)]
    names += [line.key for line in project.lines if _is_restricted(line)]
    names += ["study_area"] if _is_restricted(project.study_area) else []
    names += ["land"] if _is_restricted(project.land) else []
    return tuple(names)


def without_restricted(results: Results) -> Results:
    """Take restricted layers out of results, so that they reach no public file.

    Parameters
    ----------
    results
        Of a whole run.

    Returns
    -------
    Results
        Places, corridors, points, districts and partitions that are restricted are gone, with
        the names of the user's own columns and every table that lists them one by one, claims
        too; sums over zones remain. Of the files their hashes remain. A note says which.

    Raises
    ------
    ProjectError
        A line or the study area is restricted: nothing public can be said without it.
    """
    results = _without_tiles(results)
    project = results.project
    hidden = restricted(project)
    needed = [line.key for line in project.lines if line.key in hidden]
    needed += [name for name in ("study_area", "land") if name in hidden]
    if needed:
        raise ProjectError(
            f"{', '.join(needed)} is restricted, and every result shows it (expected a public "
            "layer). Leave out --public, or mark the layer as public.",
            path=project.path,
        )
    secret = [f"raster:{one.key}" for one in project.population if _is_restricted(one)]
    results = replace(results, further=_without_rasters(results.further, secret))
    if not hidden and not secret:
        return results
    about = {*hidden, *(f"partition {name}" for name in hidden)}
    about |= {f"population {name}" for name in secret}
    notes = [note for note in results.notes if note.about.split(" at ")[0] not in about]
    notes += [Note(name, "The layer is restricted and was left out.") for name in hidden]
    kept = replace(
        results,
        project=_without_sources(project, hidden),
        notes=tuple(notes),
        key_figures=_without_words(results.key_figures, project, hidden),
        claims=None,  # their reasons list places by name
        case=None,
        partitions={key: part for key, part in results.partitions.items() if key not in hidden},
        inputs=_without_names(results, hidden),
        **{name: _emptied(results, name) for name in PLACES if name in hidden},
    )
    gone = {table for name in hidden for table in LISTED.get(name, ())}
    further = {name: table for name, table in results.further.items() if name not in gone}
    for name in {"partitions", "nearness"} & set(further):
        parts = further[name]
        further[name] = parts[~parts["partition"].isin(list(hidden))]
    kept = replace(kept, further=further)
    if "settlements" in hidden and "sections" in further:
        further["sections"] = further["sections"].drop(columns=_rates(project), errors="ignore")
        kept = replace(kept, further=further)
    if "settlements" in hidden:
        kept = replace(kept, control_change=kept.control_change.iloc[:0])
    if "corridors" in hidden:
        kept = replace(
            kept, corridor_km=kept.corridor_km.iloc[:0], crossings=kept.crossings.iloc[:0]
        )
    return kept


def _without_tiles(results: Results) -> Results:
    """Take out the online tiles: the readers of a public page have chosen no server to tell."""
    project = results.project
    if not project.outputs.basemap:
        return results
    outputs = project.outputs.model_copy(update={"basemap": "", "basemap_credit": ""})
    note = Note("map", "The online tiles that the project names are left out of public files.")
    kept = project.model_copy(update={"outputs": outputs})
    return replace(results, project=kept, notes=(*results.notes, note))


def _without_rasters(
    further: Mapping[str, pd.DataFrame], secret: list[str]
) -> dict[str, pd.DataFrame]:
    """Take restricted rasters out of the tables that tell their people place by place."""
    kept = dict(further)
    for name in {"settlement_rasters", "raster_districts"} & set(kept):
        kept[name] = kept[name][~kept[name]["source"].isin(secret)]
    return kept


def _without_words(
    figures: tuple[KeyFigure, ...], project: Project, hidden: tuple[str, ...]
) -> tuple[KeyFigure, ...]:
    """Take the sources of restricted layers out of the sentences."""
    layers = [getattr(project, role) for role in (*PLACES, *TABLES) if role in hidden]
    layers += [part for part in project.partitions if part.key in hidden]
    layers += [raster for raster in project.population if raster.sensitivity == "restricted"]
    told = []
    for figure in figures:
        sentence = figure.sentence
        for source in {layer.source for layer in layers} - {""}:
            sentence = sentence.replace(source, "a restricted layer")
        told.append(replace(figure, sentence=sentence))
    return tuple(told)


def _emptied(results: Results, name: str) -> gpd.GeoDataFrame:
    """Return a layer without its features and without the columns of the user's own."""
    table: gpd.GeoDataFrame = getattr(results, name).iloc[:0]
    if results.case is None:
        return table
    ours = {column.name for column in ROLES[name].columns}
    read = getattr(results.case.layers, name)
    theirs = [column for column in read if column not in ours and column != "geometry"]
    return table.drop(columns=theirs, errors="ignore")


def _rates(project: Project) -> list[str]:
    names = [name for section in project.sections for name in section.rates]
    return [column for name in names for column in (name, f"{name}_settlements")]


def _without_names(results: Results, hidden: tuple[str, ...]) -> dict[str, str]:
    """Take the names of restricted files, which may tell much, out of the list of inputs."""
    project = results.project
    layers = [getattr(project, role) for role in (*PLACES, *TABLES) if role in hidden]
    layers += [part for part in project.partitions if part.key in hidden]
    layers += [raster for raster in project.population if _is_restricted(raster)]
    secret = {path for layer in layers for path in (layer.path, *companions(layer.path))}
    shown = project.model_copy(update={name: None for name in (*PLACES, *TABLES) if name in hidden})
    shown = shown.model_copy(
        update={
            "partitions": tuple(part for part in project.partitions if part.key not in hidden),
            "population": tuple(one for one in project.population if not _is_restricted(one)),
        }
    )
    names = {relative(path, project) for path in secret - set(input_files(shown))}
    kept = {name: digest for name, digest in results.inputs.items() if name not in names}
    digests = sorted(digest for name, digest in results.inputs.items() if name in names)
    return kept | {f"{UNNAMED}{number}": digest for number, digest in enumerate(digests, start=1)}


def _without_sources(project: Project, hidden: tuple[str, ...]) -> Project:
    """Take out of the project what it says of restricted layers: file, source, columns, codes."""
    gone: dict[str, object] = {role: None for role in (*PLACES, *TABLES) if role in hidden}
    gone["sections"] = tuple(
        one.model_copy(
            update={
                "parts": () if one.partition in hidden else one.parts,
                "rates": () if "settlements" in hidden else one.rates,
            }
        )
        for one in project.sections
    )
    gone["scenarios"] = tuple(
        one.model_copy(update={"parts": ()}) if one.hand_over in hidden else one
        for one in project.scenarios
    )
    kept = tuple(part for part in project.partitions if part.key not in hidden)
    rasters = tuple(
        raster.model_copy(
            update={"source": "", "licence": "", "path": project.path.parent / "restricted"}
        )
        if raster.sensitivity == "restricted"
        else raster
        for raster in project.population
    )
    return project.model_copy(update={**gone, "partitions": kept, "population": rasters})


def _is_restricted(source: TableSource | PopulationRaster | None) -> bool:
    return source is not None and source.sensitivity == "restricted"
