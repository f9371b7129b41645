"""Which writers a run calls: one function for each file of the results."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from frontline.results.model import Results

if TYPE_CHECKING:
    from frontline.project.models import Project

LOG = logging.getLogger(__name__)

Writers = dict[str, Callable[[Path], object]]

PARTS = {"report": {"report"}, "claims": {"claims", "workbook", "report"}}
"""What a command writes that does not write everything the project wants."""


WITH_PROFILE = {"page", "figures", "report"}
"""What shows zones and people at every half kilometre."""


def _list_parts(project: Project, *, command: str) -> set[str]:
    """List what a command writes: its own part, or all that the project wants."""
    return set(PARTS.get(command) or {"tables", *project.outputs.write})


def wants_profile(project: Project, *, command: str) -> bool:
    """Tell whether a command writes what shows every half kilometre; claims are about others."""
    return command != "claims" and bool(WITH_PROFILE & _list_parts(project, command=command))


def list_file_writers(results: Results, *, command: str = "run", pdf: bool = False) -> Writers:
    """List the files of a command: what writes each, by its path in the output folder."""
    from frontline.export.geojson import list_writers
    from frontline.export.geopackage import write_geopackage
    from frontline.export.manifest import hash_of_inputs
    from frontline.export.maps.files import write_map_pdf, write_map_png
    from frontline.export.qgis.project import write_qgis_project
    from frontline.export.rasters import list_raster_writers
    from frontline.export.web.page import write_page
    from frontline.export.workbook import write_workbook

    stamp = hash_of_inputs(results.inputs)
    parts = _list_parts(results.project, command=command)
    files: Writers = dict(_list_table_writers(results, parts))
    if "geopackage" in parts:
        files["frontline.gpkg"] = partial(write_geopackage, results=results)
        files["frontline.qgz"] = partial(write_qgis_project, results=results)
    if "workbook" in parts:
        files["frontline.xlsx"] = partial(write_workbook, results=results)
    if "page" in parts:
        files["map.html"] = partial(write_page, results, inputs_hash=stamp)
    if "figures" in parts:
        files["map.png"] = partial(write_map_png, results, inputs_hash=stamp)
    if pdf and command not in PARTS:
        files["map.pdf"] = partial(write_map_pdf, results, inputs_hash=stamp)
    if "report" in parts:
        files |= _list_report_writers(results, stamp, pdf=pdf)
    if "rasters" in parts:
        files |= list_raster_writers(results)
    return files | list_writers(results, formats=parts)


def _list_report_writers(results: Results, stamp: str, *, pdf: bool) -> Writers:
    """Write the report, and print it where something that prints is installed."""
    from frontline.export.report.pdf import find_printer, write_pdf
    from frontline.export.report.report import write_report

    files: Writers = {"report.html": partial(write_report, results, inputs_hash=stamp)}
    if pdf and find_printer():
        files["report.pdf"] = write_pdf
    elif pdf:
        LOG.warning("report.pdf is left out: neither WeasyPrint nor Chromium is installed.")
    return files


def _list_table_writers(results: Results, parts: set[str]) -> Writers:
    from frontline.results.tables import describe_csv, make_tables, write_csv

    every = make_tables(results)
    frames = {name: table for name, table in every.items() if {"tables", name} & parts}
    if not frames:
        return {}
    files: Writers = {
        f"tables/{name}.csv": partial(write_csv, table) for name, table in frames.items()
    }
    described = describe_csv(frames, title=results.project.title)
    files["tables/csv-metadata.json"] = partial(_write_text, described)
    return files


def _write_text(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
