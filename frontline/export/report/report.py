"""The report: one HTML file to read, print and quote from, without a script or a network."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontline.export.html import open_templates
from frontline.export.manifest import find_own_version
from frontline.export.report.brief import describe_brief
from frontline.export.report.findings import describe_distances, describe_figures
from frontline.export.report.further import describe_further_tables
from frontline.export.report.land_cover import describe_land_cover
from frontline.export.report.outcomes import (
    describe_land_changes,
    describe_places,
    describe_roads,
    describe_sight,
)
from frontline.export.report.quality import describe_quality
from frontline.export.report.shared import Chapters
from frontline.export.report.verdicts import describe_claims
from frontline.results.numbers import round_row, write_whole
from frontline.results.wording import (
    SCHEMATIC,
    join_phrases,
    write_accuracy,
    write_far,
    write_sight_warning,
)
from frontline.results.words import WORDS

if TYPE_CHECKING:
    from frontline.results.model import Results


POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'"
)
"""Nothing is run and nothing is asked of anyone."""

TITLES: Mapping[str, str] = {
    "brief": "In brief",
    "asked": "What was asked",
    "figures": "Land and people near the lines",
    "distance": "How far settlements lie from the line",
    "sight": "What lies in sight of the line",
    "land": "Land that changed hands",
    "cover": "Land cover: farmland and trees",
    "places": "Settlements between the lines",
    "roads": "Roads and other corridors",
    "further": "Further questions",
    "claims": "Statements put to the test",
    "quality": "Sources and how good they are",
    "limits": "Limits",
    "inputs": "Files that went in",
    "maps": "Maps",
}
"""The chapters in their order; the first is the brief, and the others are its annex."""

SHEETS: Mapping[str, str] = {
    "map": "The newest line with its zones, in detail and in the region.",
    "pair": "The lines side by side, each with its zones.",
    "exposure": "What is in sight of each line.",
}
"""The maps of a report, and what each shows."""


def write_report(results: Results, path: Path, *, inputs_hash: str) -> None:
    """Write the report of a run.

    Parameters
    ----------
    results
        Of a run; what it lacks is left out of the report.
    path
        The file, which is overwritten.
    inputs_hash
        Printed in the report.

    Notes
    -----
    The same results give the same bytes.
    """
    written = render_report(results, inputs_hash=inputs_hash)
    path.write_bytes(written.encode("utf-8", "replace"))


def render_report(results: Results, *, inputs_hash: str) -> str:
    """Return the report of a run as text."""
    chapters = Chapters(results)
    contexts = {key: make(chapters) for key, make in _list_makers(inputs_hash).items()}
    chapters_shown = [
        (key, TITLES[key], contexts[key]) for key in TITLES if contexts[key] is not None
    ]
    style = files("frontline.export.report").joinpath("report.css").read_text(encoding="utf-8")
    template = open_templates("frontline.export.report").get_template("report.html")
    return template.render(
        policy=POLICY,
        style=style,
        title=_write_title(results),
        lines=join_phrases(f"the line of {date}" for date in chapters.days.values()),
        one_line=len(chapters.lines) == 1,
        note=results.project.map.note,
        warning=write_sight_warning(results.sight),
        disclaimer=WORDS["disclaimer"],
        schematic=SCHEMATIC,
        chapters=chapters_shown,
        foot=f"{WORDS['made_with']} · {WORDS['inputs_hash']} {inputs_hash}",
    )


def _list_makers(inputs_hash: str) -> Mapping[str, Callable[[Chapters], Mapping[str, Any] | None]]:
    """Return what makes the values of each chapter; a chapter without values is left out."""
    return {
        "brief": lambda chapters: describe_brief(
            chapters, picture=_draw_sheet(chapters, _choose_first_sheet(chapters), inputs_hash)
        ),
        "asked": _describe_request,
        "maps": lambda chapters: _list_maps(chapters, inputs_hash),
        "figures": describe_figures,
        "distance": describe_distances,
        "sight": describe_sight,
        "land": describe_land_changes,
        "cover": describe_land_cover,
        "places": describe_places,
        "roads": describe_roads,
        "further": describe_further_tables,
        "claims": describe_claims,
        "quality": describe_quality,
        "limits": _describe_limits,
        "inputs": lambda chapters: _describe_inputs(chapters, inputs_hash),
    }


def _write_title(results: Results) -> str:
    return results.project.map.title or results.project.title


def _describe_request(chapters: Chapters) -> Mapping[str, Any]:
    """Give what the project asked, and the lines."""
    results = chapters.results
    project = results.project
    sides = results.sides[results.sides["line"] == results.lines["line"].iloc[0]]
    return {
        "area": write_whole(float(sides["area_km2"].sum())),
        "distances": join_phrases(
            write_far(distance_m) for distance_m in project.zones.distances_m
        ),
        "one_line": len(project.lines) == 1,
        "sides": chapters.sides,
        "lines": list(_list_lines(chapters)),
        "sight": _describe_sight_settings(results),
        "draws": project.uncertainty.draws,
    }


def _describe_sight_settings(results: Results) -> Mapping[str, str] | None:
    settings = results.project.sight
    if not results.sight:
        return None
    return {
        "observer": f"{settings.observer_height_m:g} m",
        "target": f"{settings.target_height_m:g} m",
        "radius": write_far(settings.radius_m),
        "terrain": _find_terrain(results),
    }


def _find_terrain(results: Results) -> str:
    """Tell what rays run over: ground, ground with trees, a surface, or not stated."""
    elevation = results.project.elevation
    if elevation is None:
        return "unknown"
    return "trees" if elevation.canopy is not None else elevation.model


def _list_lines(chapters: Chapters) -> Iterator[dict[str, Any]]:
    """Give each line with its date, length, accuracy and the land that each side held."""
    results = chapters.results
    for line in chapters.lines:
        row = results.lines[results.lines["line"] == line.key].iloc[0]
        rows = results.sides[results.sides["line"] == line.key].to_dict("records")
        areas = {str(row["side"]): round_row(row, column="area_km2") for row in rows}
        yield {
            "label": line.label,
            "date": chapters.days[line.key],
            "length": write_whole(float(row["length_km"])),
            "accuracy": write_accuracy(row["error_m"]),
            "held": [areas.get(side.name) for side in chapters.sides],
        }


def _choose_first_sheet(chapters: Chapters) -> str:
    """Return the map of the brief: line beside line where there are several."""
    return "pair" if len(chapters.lines) > 1 else "map"


def _list_maps(chapters: Chapters, inputs_hash: str) -> Mapping[str, Any] | None:
    """Give the maps that the brief does not show: the newest line, and what is in sight."""
    sheets = [sheet for sheet in ("map", "exposure") if sheet != _choose_first_sheet(chapters)]
    if not chapters.results.sight:
        sheets.remove("exposure")
    pictures = [_draw_sheet(chapters, sheet, inputs_hash) for sheet in sheets]
    return {"pictures": pictures} if pictures else None


def _draw_sheet(chapters: Chapters, sheet: str, inputs_hash: str) -> Mapping[str, str]:
    """Draw a map as a picture that stands in the file itself."""
    from frontline.export.maps.files import draw_picture

    picture = draw_picture(chapters.results, sheet=sheet, inputs_hash=inputs_hash)
    return {
        "sheet": sheet,
        "about": SHEETS[sheet],
        "source": "data:image/jpeg;base64," + base64.b64encode(picture).decode("ascii"),
        "alternative": f"{SHEETS[sheet]} {_write_title(chapters.results)}",
    }


def _describe_limits(chapters: Chapters) -> Mapping[str, Any]:
    """Give what the report cannot say, and how it was computed."""
    results = chapters.results
    correlation = {write_far(line.error_correlation_m) for line in results.project.lines}
    return {
        "terrain": _find_terrain(results) if results.sight else "",
        "correlation": join_phrases(sorted(correlation)),
    }


def _describe_inputs(chapters: Chapters, inputs_hash: str) -> Mapping[str, Any]:
    """Give the files that went in, with their hashes."""
    files_ = sorted(chapters.results.inputs.items())
    return {"files": files_, "version": find_own_version(), "hash": inputs_hash}
