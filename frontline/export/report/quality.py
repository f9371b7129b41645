"""The report's account of its sources: who made them, how fine and how good they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from frontline.export.report.shared import Chapters
from frontline.results.numbers import count_text, write_rounded, write_whole
from frontline.results.population_phrases import ENOUGH
from frontline.results.wording import (
    SCHEMATIC,
    fill_text,
    find_raster_step,
    join_phrases,
    replace_keys,
    write_accuracy,
    write_day,
    write_far,
    write_percent,
)
from frontline.results.words import label_source

if TYPE_CHECKING:
    from frontline.project.models import Canopy, Origin, PopulationRaster
    from frontline.results.model import Results


MOST_FAULTS = 20
"""Known faults of outlines listed one by one."""

MODELS: Mapping[str, str] = {
    "ground": "Bare ground.",
    "surface": "With trees and roofs.",
    "unknown": "Whether trees and roofs are in it is not stated.",
}
"""What the surface of an elevation model is, by the project's word for it."""

Entry = tuple[str, str, list[str]]
"""An input: its name, who made it when under which licence, and what is known of it."""


def describe_quality(chapters: Chapters) -> Mapping[str, Any]:
    """Give a row per input, and what else a reader must know."""
    results = chapters.results
    return {
        "inputs": [
            (
                name,
                who,
                replace_keys(" ".join(sentences), project=results.project, people=results.people),
            )
            for name, who, sentences in _list_inputs(chapters)
        ],
        "notes": list(_list_notes(results)),
    }


def _list_notes(results: Results) -> Iterator[str]:
    """Give the notes of the run in the words of the report."""
    for note in results.notes:
        about = _list_entries(note.about, results)
        text = replace_keys(note.text, project=results.project, people=results.people)
        words = f"{about[:1].upper()}{about[1:]}: {text}"
        if note.count and str(note.count) not in note.text:
            words += f" In all: {write_whole(note.count)}."
        yield words


def _list_entries(name: str, results: Results) -> str:
    """Say what a note concerns; the file of the elevation is called by what it holds."""
    elevation = results.project.elevation
    if elevation is not None and elevation.path.name == name:
        return "Elevation"
    return replace_keys(name, project=results.project, people=results.people)


def _name_makers(origin: Origin) -> str:
    """Write source, date and licence of an input."""
    date = "" if origin.date is None else write_day(origin.date)
    parts = [part for part in (origin.source, date, origin.licence) if part]
    return ", ".join(parts) or "source not stated"


def _list_inputs(chapters: Chapters) -> Iterator[Entry]:
    results = chapters.results
    project = results.project
    yield "Study area", _name_makers(project.study_area), [_describe_area(results)]
    for line in chapters.lines:
        row = results.lines[results.lines["line"] == line.key].iloc[0]
        accuracy = write_accuracy(row["error_m"])
        yield line.label, _name_makers(line), [f"{accuracy[:1].upper()}{accuracy[1:]}."]
    if project.settlements is not None:
        yield (
            "Settlements",
            _name_makers(project.settlements),
            list(_describe_settlements(chapters)),
        )
    if project.corridors is not None:
        yield (
            "Roads and other corridors",
            _name_makers(project.corridors),
            list(_describe_corridors(results)),
        )
    if project.points is not None:
        count = count_text(len(results.points), one="feature")
        yield "Named points", _name_makers(project.points), [f"{count}."]
    if project.districts is not None:
        yield "Districts", _name_makers(project.districts), list(_describe_districts(results))
    for part in project.partitions:
        yield part.label, _name_makers(part), []
    for grid in project.population:
        yield (
            label_source(f"raster:{grid.key}"),
            _name_makers(grid),
            list(_describe_grid(chapters, grid)),
        )
    if project.elevation is not None:
        yield "Elevation", _name_makers(project.elevation), list(_describe_elevation(results))
        yield from _describe_trees(project.elevation.canopy)
    if project.landcover is not None:
        yield "Land cover", _name_makers(project.landcover), list(_describe_cover(results))
    yield from _describe_stated(results)


def _describe_area(results: Results) -> str:
    sides = results.sides[results.sides["line"] == results.lines["line"].iloc[0]]
    return f"{write_whole(float(sides['area_km2'].sum()))} km²."


def _describe_settlements(chapters: Chapters) -> Iterator[str]:
    places = chapters.results.settlements.drop_duplicates("id")
    has_figure = places["population"].notna()
    kinds = places["population_kind"].map(fill_text)
    counts = [
        (words, int((has_figure & (kinds == kind)).sum()))
        for kind, words in (
            ("residents", "with residents"),
            ("registered", "with registered people only"),
            ("displaced", "with displaced people only"),
        )
    ]
    counts.append(("without a figure", int((~has_figure).sum())))
    parts = [f"{write_whole(count)} {words}" for words, count in counts if count]
    yield f"{count_text(len(places), one='place')}: {join_phrases(parts)}."
    undated = int((has_figure & (places["population_date"].map(fill_text) == "")).sum())
    if undated:
        carry = "carries no date and is used as it is"
        if undated > 1:
            carry = "carry no date and are used as they are"
        yield f"{count_text(undated, one='figure')} {carry}."
    yield from _describe_completeness(chapters)


def _describe_completeness(chapters: Chapters) -> Iterator[str]:
    """Say what share of the people in the widest zone the list can hold, by side and line."""
    people = chapters.results.people
    listed = people[(people["source"] == "settlements") & (people["kind"] == "cumulative")]
    if listed.empty:
        return
    widest = float(listed["distance_m"].max())
    listed = listed[listed["distance_m"] == widest]
    parts = []
    for side in chapters.sides:
        for line in chapters.lines:
            at = listed[(listed["side"] == side.name) & (listed["line"] == line.key)]
            if at.empty:
                continue
            share = at.iloc[0]["completeness"]
            share_held = "an unknown share" if pd.isna(share) else write_percent(float(share))
            parts.append(f"{share_held} ({side.name}, {chapters.dates[line.key]})")
    if parts:
        yield (
            f"Of the people within {write_far(widest)}, the list can hold {join_phrases(parts)}. "
            "Statements "
            f"about people need at least {write_percent(ENOUGH)}."
        )


def _describe_corridors(results: Results) -> Iterator[str]:
    total = float(results.corridors["length_km"].sum()) if len(results.corridors) else 0.0
    yield f"{count_text(len(results.corridors), one='feature')}, {write_whole(total)} km in all."
    if results.project.corridors is not None and results.project.corridors.schematic:
        yield SCHEMATIC


def _describe_districts(results: Results) -> Iterator[str]:
    table = results.districts
    counted = int(table["population"].notna().sum())
    yield f"{count_text(len(table), one='district')}, {write_whole(counted)} with a figure."
    faults: dict[str, list[str]] = {}
    for row in table.to_dict("records"):
        for fault in fill_text(row.get("known_error")).split(";"):
            if fault.strip():
                faults.setdefault(fault.strip(), []).append(fill_text(row["name"]))
    known_faults = [f"{fault} ({', '.join(names)})." for fault, names in faults.items()]
    if known_faults:
        yield " ".join(["Known of the outlines:", *known_faults[:MOST_FAULTS]])


def _describe_grid(chapters: Chapters, grid: PopulationRaster) -> Iterator[str]:
    yield "People per cell." if grid.kind == "count" else "People per square kilometre."
    if grid.date is None:
        yield "Its date is not stated."
    if grid.valid_from or grid.valid_until:
        start, end = (
            "any date" if date is None else write_day(date)
            for date in (grid.valid_from, grid.valid_until)
        )
        yield f"Used for lines from {start} to {end}."
    if grid.series:
        yield f"Of the series “{grid.series}” each line takes the one nearest in date."
    yield from _describe_outside(chapters, grid)
    yield from _compare_districts(chapters.results, grid)


def _describe_outside(chapters: Chapters, grid: PopulationRaster) -> Iterator[str]:
    """Say what part of a raster's people no listed settlement is near to."""
    table = chapters.results.further.get("raster_people")
    if table is None:
        return
    outside = table[(table["source"] == f"raster:{grid.key}") & (table["side"] == "")]
    outside = outside[outside["away_share"].notna()].set_index("line")
    parts = [
        f"{write_percent(float(outside['away_share'][line.key]))} with the line of "
        f"{chapters.dates[line.key]}"
        for line in chapters.lines
        if line.key in outside.index
    ]
    if parts:
        people, reach_m = float(outside["people"].iloc[0]), float(outside["reach_m"].iloc[0])
        yield (
            f"Of its {write_rounded(people)} people in the study area, {join_phrases(parts)} "
            "live farther "
            f"than {write_far(reach_m)} from every listed settlement on their side."
        )


def _compare_districts(results: Results, grid: PopulationRaster) -> Iterator[str]:
    """Say how a raster stands to the figures of the districts that it reaches."""
    table = results.further.get("raster_districts")
    if table is None:
        return
    compared = table[(table["source"] == f"raster:{grid.key}") & (table["coverage"] >= ENOUGH)]
    stated = float(compared["population"].sum())
    if stated > 0:
        ratio = f"{float(compared['people'].sum()) / stated:.2g}"
        yield f"In the districts with a figure it holds {ratio} times the residents stated there."


def _describe_elevation(results: Results) -> Iterator[str]:
    elevation = results.project.elevation
    if elevation is None:
        return
    grids = [*results.sight.values(), *([results.relief] if results.relief else [])]
    if grids:
        yield f"Cells of {write_whole(max(map(find_raster_step, grids)))} m."
    if elevation.vertical_datum:
        yield f"Heights above {elevation.vertical_datum}."
    yield MODELS[elevation.model]
    error_m = elevation.accuracy_m
    if error_m is None:
        yield "Its error is not stated."
    else:
        yield f"Stated error: {write_whole(error_m)} m (standard deviation)."
    yield from _compare_heights(results)


def _describe_trees(canopy: Canopy | None) -> Iterator[Entry]:
    if canopy is not None:
        words = "Added to the ground for sight. A mean over each cell of the elevation."
        if canopy.height_m is not None:
            words = f"{canopy.height_m:g} m wherever the land cover has trees. Added for sight."
        yield "Height of trees", _name_makers(canopy), [words]


def _describe_cover(results: Results) -> Iterator[str]:
    """Say how fine the land cover is, how much of the area it knows, and its classes."""
    landcover, case = results.project.landcover, results.case
    if case is not None and case.cover is not None:
        share, step_m = write_percent(case.cover.known), write_whole(case.cover.step_m)
        yield f"Known on {share} of the study area, in cells of {step_m} m."
    if landcover is not None:
        yield f"Classes: {', '.join(landcover.classes)}."


def _compare_heights(results: Results) -> Iterator[str]:
    """Compare the elevation with the points whose height the input states."""
    from frontline.elevation.dem import sample_heights

    case, points = results.case, results.points
    if case is None or case.dem is None or "elevation_m" not in points:
        return
    measured = points[points["elevation_m"].notna()]
    if measured.empty:
        return
    xy = shapely.get_coordinates(shapely.point_on_surface(measured.geometry.to_numpy()))
    heights = sample_heights(case.dem, xy=xy, crs=CRS.from_epsg(4326))
    off = heights - measured["elevation_m"].to_numpy(dtype=float)
    off = off[np.isfinite(off)]
    if len(off) < 2:
        return
    mean, rms = float(off.mean()), float(np.sqrt((off**2).mean()))
    yield (
        f"Compared with {len(off)} points of known height, it lies {write_whole(abs(mean))} m "
        f"{'higher' if mean >= 0 else 'lower'} on average. The typical difference is "
        f"{write_whole(rms)} m (root mean square)."
    )


def _describe_stated(results: Results) -> Iterator[Entry]:
    """Give the figures that others state, each with who states it."""
    labels = {line.key: line.label for line in results.project.lines}
    for stated in results.project.stated:
        figure = f"{stated.low:,}"
        if stated.low != stated.high:
            figure = f"{stated.low:,} to {stated.high:,}"
        words = (
            f"{figure} people within {write_far(stated.distance_m)} on the {stated.side} side of "
            f"{labels.get(stated.line, stated.line)}."
        )
        who = stated.source if stated.date is None else f"{stated.source}, {write_day(stated.date)}"
        yield "Figure stated by others", who, [words]
