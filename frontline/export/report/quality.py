"""The report's account of its sources: who made them, how fine and how good they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from frontline.export.html import NOTHING, Html, bullets, data, row, table, tag, text
from frontline.export.report.findings import sides_of
from frontline.results.phrases import REPORT, day
from frontline.results.population_phrases import ENOUGH
from frontline.results.wording import (
    dates,
    far,
    filled,
    line_accuracy,
    lines_by_date,
    listing,
    number,
    percent,
    raster_step_m,
    without_keys,
)
from frontline.results.words import source_label

if TYPE_CHECKING:
    from frontline.project.models import Canopy, Origin, PopulationRaster
    from frontline.results.model import Results


MOST_FAULTS = 20
"""Known faults of outlines told one by one."""


def quality(results: Results) -> Html:
    """Show a row per input, and what else a reader must know."""
    rows = [
        row(data(name), who, data(without_keys(" ".join(said), results)))
        for name, who, said in _inputs(results)
    ]
    heads = [text(REPORT[key]) for key in ("input", "who", "known")]
    return Html(
        table(text(REPORT["quality_table"]), heads, rows, class_="inputs") + _notes(results)
    )


def _notes(results: Results) -> Html:
    """List the notes of the run in the words of the report."""
    if not results.notes:
        return NOTHING
    rows = []
    for note in results.notes:
        about = _about(note.about, results)
        words = f"{about[:1].upper()}{about[1:]}: {without_keys(note.text, results)}"
        if note.count and str(note.count) not in note.text:
            words += " " + REPORT["note_count"].format(count=note.count)
        rows.append(data(words))
    head = tag("h3", text(REPORT["notes_title"]))
    return Html(head + bullets(rows, class_="notes"))


def _about(name: str, results: Results) -> str:
    """Say what a note concerns; the file of the elevation is called by what it holds."""
    given = results.project.elevation
    if given is not None and given.path.name == name:
        return REPORT["elevation"]
    return without_keys(name, results)


def _who(origin: Origin) -> Html:
    """Write source, date and licence of an input."""
    date = "" if origin.date is None else day(origin.date)
    parts = [part for part in (origin.source, date, origin.licence) if part]
    return data("; ".join(parts) or REPORT["no_source"])


def _inputs(results: Results) -> Iterator[tuple[str, Html, list[str]]]:
    project = results.project
    yield REPORT["study_area"], _who(project.study_area), [_area(results)]
    for line in lines_by_date(project):
        row_ = results.lines[results.lines["line"] == line.key].iloc[0]
        said = line_accuracy(row_["error_m"])
        yield line.label, _who(line), [f"{said[:1].upper()}{said[1:]}."]
    if project.settlements is not None:
        yield REPORT["settlements"], _who(project.settlements), list(_settlements(results))
    if project.corridors is not None:
        yield REPORT["corridors"], _who(project.corridors), list(_corridors(results))
    if project.points is not None:
        count = len(results.points)
        yield REPORT["points"], _who(project.points), [REPORT["q_features"].format(count=count)]
    if project.districts is not None:
        yield REPORT["districts"], _who(project.districts), list(_districts(results))
    for part in project.partitions:
        yield part.label, _who(part), []
    for grid in project.population:
        yield source_label(f"raster:{grid.key}"), _who(grid), list(_grid(results, grid))
    if project.elevation is not None:
        yield REPORT["elevation"], _who(project.elevation), list(_elevation(results))
        yield from _trees(project.elevation.canopy)
    if project.landcover is not None:
        yield REPORT["land_cover_input"], _who(project.landcover), list(_cover(results))
    yield from _stated(results)


def _area(results: Results) -> str:
    own = results.sides[results.sides["line"] == results.lines["line"].iloc[0]]
    return REPORT["q_area"].format(area=f"{float(own['area_km2'].sum()):,.0f}")


def _settlements(results: Results) -> Iterator[str]:
    places = results.settlements.drop_duplicates("id")
    known = places["population"].notna()
    kinds = places["population_kind"].map(filled)
    counts = [
        (f"q_{kind}", int((known & (kinds == kind)).sum()))
        for kind in ("residents", "registered", "displaced")
    ]
    counts.append(("q_none", int((~known).sum())))
    parts = [REPORT[key].format(count=count) for key, count in counts if count]
    yield REPORT["q_places"].format(count=len(places), parts=", ".join(parts))
    undated = int((known & (places["population_date"].map(filled) == "")).sum())
    if undated:
        yield REPORT["q_undated"].format(count=undated)
    yield from _completeness(results)


def _completeness(results: Results) -> Iterator[str]:
    """Say what share of the people in the widest zone the list can hold, by side and line."""
    people = results.people
    own = people[(people["source"] == "settlements") & (people["kind"] == "cumulative")]
    if own.empty:
        return
    widest = float(own["distance_m"].max())
    own = own[own["distance_m"] == widest]
    parts = []
    for side in sides_of(results):
        for line in lines_by_date(results.project):
            at = own[(own["side"] == side) & (own["line"] == line.key)]
            if at.empty:
                continue
            share, date = at.iloc[0]["completeness"], dates(results.project)[line.key]
            key = "q_complete_unknown" if pd.isna(share) else "q_complete_part"
            shown = "" if pd.isna(share) else percent(float(share))
            parts.append(REPORT[key].format(share=shown, side=side, line=date))
    if parts:
        yield REPORT["q_complete"].format(distance=far(widest), parts=listing(parts))


def _corridors(results: Results) -> Iterator[str]:
    km = f"{float(results.corridors['length_km'].sum()):,.0f}" if len(results.corridors) else "0"
    yield REPORT["q_km"].format(count=len(results.corridors), km=km)
    if results.project.corridors is not None and results.project.corridors.schematic:
        yield REPORT["schematic_long"]


def _districts(results: Results) -> Iterator[str]:
    table_ = results.districts
    known = int(table_["population"].notna().sum())
    yield REPORT["q_districts"].format(count=len(table_), known=known)
    faults: dict[str, list[str]] = {}
    for one in table_.to_dict("records"):
        for fault in filled(one.get("known_error")).split(";"):
            if fault.strip():
                faults.setdefault(fault.strip(), []).append(filled(one["name"]))
    parts = [
        REPORT["q_error"].format(fault=fault, names=", ".join(names))
        for fault, names in list(faults.items())[:MOST_FAULTS]
    ]
    if parts:
        yield REPORT["q_errors"].format(parts="; ".join(parts))


def _grid(results: Results, grid: PopulationRaster) -> Iterator[str]:
    yield REPORT["q_grid"].format(kind=REPORT[f"q_{grid.kind}"])
    if grid.date is None:
        yield REPORT["q_undated_grid"]
    if grid.valid_from or grid.valid_until:
        ends = [
            REPORT["q_any"] if one is None else day(one)
            for one in (grid.valid_from, grid.valid_until)
        ]
        yield REPORT["q_valid"].format(start=ends[0], end=ends[1])
    if grid.series:
        yield REPORT["q_series"].format(series=grid.series)
    yield from _away(results, grid)
    yield from _by_district(results, grid)


def _away(results: Results, grid: PopulationRaster) -> Iterator[str]:
    """Say what part of a raster's people no listed settlement is near to."""
    table_ = results.further.get("raster_people")
    if table_ is None:
        return
    own = table_[(table_["source"] == f"raster:{grid.key}") & (table_["side"] == "")]
    own = own[own["away_share"].notna()].set_index("line")
    parts = [
        REPORT["q_away_part"].format(
            share=percent(float(own["away_share"][line.key])), line=dates(results.project)[line.key]
        )
        for line in lines_by_date(results.project)
        if line.key in own.index
    ]
    if parts:
        people, reach_m = float(own["people"].iloc[0]), float(own["reach_m"].iloc[0])
        yield REPORT["q_away"].format(
            people=number(people), parts=listing(parts), reach=far(reach_m)
        )


def _by_district(results: Results, grid: PopulationRaster) -> Iterator[str]:
    """Say how a raster stands to the figures of the districts that it reaches."""
    table_ = results.further.get("raster_districts")
    if table_ is None:
        return
    own = table_[(table_["source"] == f"raster:{grid.key}") & (table_["coverage"] >= ENOUGH)]
    stated = float(own["population"].sum())
    if stated > 0:
        yield REPORT["q_by_district"].format(ratio=f"{float(own['people'].sum()) / stated:.2g}")


def _elevation(results: Results) -> Iterator[str]:
    given = results.project.elevation
    if given is None:
        return
    grids = [*results.sight.values(), *([results.relief] if results.relief else [])]
    if grids:
        yield REPORT["q_cells"].format(step=f"{max(map(raster_step_m, grids)):,.0f}")
    if given.vertical_datum:
        yield REPORT["q_datum"].format(datum=given.vertical_datum)
    yield REPORT[f"q_{given.model}"]
    error = given.accuracy_m
    yield REPORT["q_no_sd"] if error is None else REPORT["q_sd"].format(error=f"{error:,.0f}")
    yield from _known_heights(results)


def _trees(given: Canopy | None) -> Iterator[tuple[str, Html, list[str]]]:
    if given is not None:
        said = REPORT["q_trees"]
        if given.height_m is not None:
            said = REPORT["q_trees_height"].format(height=f"{given.height_m:g}")
        yield REPORT["canopy_input"], _who(given), [said]


def _cover(results: Results) -> Iterator[str]:
    """Say how fine the land cover is, how much of the area it knows, and its classes."""
    given, case = results.project.landcover, results.case
    if case is not None and case.cover is not None:
        shown = {"share": percent(case.cover.known), "step": f"{case.cover.step_m:,.0f}"}
        yield REPORT["q_cover"].format(**shown)
    if given is not None:
        yield REPORT["q_cover_classes"].format(classes=", ".join(given.classes))


def _known_heights(results: Results) -> Iterator[str]:
    """Compare the elevation with the points whose height the input states."""
    from frontline.elevation.dem import heights_at

    case, points = results.case, results.points
    if case is None or case.dem is None or "elevation_m" not in points:
        return
    known = points[points["elevation_m"].notna()]
    if known.empty:
        return
    xy = shapely.get_coordinates(shapely.point_on_surface(known.geometry.to_numpy()))
    heights = heights_at(case.dem, xy, crs=CRS.from_epsg(4326))
    off = heights - known["elevation_m"].to_numpy(dtype=float)
    off = off[np.isfinite(off)]
    if len(off) < 2:
        return
    mean, rms = float(off.mean()), float(np.sqrt((off**2).mean()))
    way = REPORT["q_higher" if mean >= 0 else "q_lower"]
    shown = {"mean": f"{abs(mean):,.0f}", "rms": f"{rms:,.0f}"}
    yield REPORT["q_heights"].format(count=len(off), way=way, **shown)


def _stated(results: Results) -> Iterator[tuple[str, Html, list[str]]]:
    """Give the figures that others state, each with who states it."""
    labels = {line.key: line.label for line in results.project.lines}
    for one in results.project.stated:
        figure = f"{one.low:,}" if one.low == one.high else f"{one.low:,} – {one.high:,}"
        said = REPORT["q_stated"].format(
            figure=figure,
            distance=far(one.distance_m),
            side=one.side,
            line=labels.get(one.line, one.line),
        )
        who = one.source if one.date is None else f"{one.source}; {day(one.date)}"
        yield REPORT["stated_figure"], data(who), [said]
