"""Metadata: what data are, who made them, under which licence, for QGIS and for GDAL."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from frontline.export.manifest import find_newest_date, hash_of_inputs
from frontline.export.qgis.style import DOCTYPE, clean_xml_text, guard_expression
from frontline.results.words import WORDS

if TYPE_CHECKING:
    from frontline.export.features import FeatureLayer
    from frontline.project.models import Origin
    from frontline.results.model import Results


def collect_facts(results: Results, *, layer: FeatureLayer | None = None) -> dict[str, str]:
    """Collect what metadata say, by their names in GDAL's list.

    Parameters
    ----------
    results
        What a run has computed.
    layer
        A layer of it; without one, the facts of the whole.
    """
    sources = _list_sources(results, layer.name if layer else "")

    def joined(values: Iterator[str]) -> str:
        return "; ".join(dict.fromkeys(value for value in values if value))

    return {
        "TITLE": layer.title if layer else results.project.title,
        "ABSTRACT": layer.description if layer else WORDS["disclaimer"],
        "LICENCE": joined(source.licence for source in sources),
        "LINEAGE": joined(source.source for source in sources),
        "DATE": str(find_newest_date(results.project)),
        "DISCLAIMER": WORDS["disclaimer"],
        "INPUTS": hash_of_inputs(results.inputs),
    }


def write_gdal_metadata(facts: dict[str, str]) -> str:
    """Write facts as GDAL reads them."""
    root = ET.Element("GDALMultiDomainMetadata")
    items = ET.SubElement(root, "Metadata")
    for key, value in facts.items():
        ET.SubElement(items, "MDI", key=key).text = clean_xml_text(value)
    return ET.tostring(root, encoding="unicode")


def write_qgis_metadata(facts: dict[str, str], *, layer: FeatureLayer) -> str:
    """Write the facts of a layer as QGIS reads them, with its extent and date."""
    root = ET.Element("qgis", version="3.22.0")
    for tag, text in (
        ("identifier", layer.name),
        ("parentidentifier", ""),
        ("language", "ENG"),
        ("type", "dataset"),
        ("title", facts["TITLE"]),
        ("abstract", f"{facts['ABSTRACT']}\n\n{facts['DISCLAIMER']}"),
    ):
        ET.SubElement(root, tag).text = guard_expression(text)
    if facts["LICENCE"]:
        ET.SubElement(root, "license").text = guard_expression(facts["LICENCE"])
    extent = ET.SubElement(root, "extent")
    box = _find_bounds(layer)
    if box:
        names = ("minx", "miny", "maxx", "maxy")
        numbers = {name: repr(value) for name, value in zip(names, box, strict=True)}
        fixed = {"minz": "0", "maxz": "0", "dimensions": "2", "crs": "EPSG:4326"}
        ET.SubElement(extent, "spatial", {**numbers, **fixed})
    temporal = ET.SubElement(ET.SubElement(extent, "temporal"), "instant")
    temporal.text = f"{facts['DATE']}T00:00:00Z"
    if facts["LINEAGE"]:
        ET.SubElement(root, "history").text = guard_expression(f"Sources: {facts['LINEAGE']}")
    ET.SubElement(root, "history").text = f"Inputs (sha256): {facts['INPUTS']}"
    return DOCTYPE + ET.tostring(root, encoding="unicode")


COMPUTED = frozenset(("settlements", "control_change", "crossings", "corridor_sight"))
"""Layers that come from an input and from the lines; those of no input come from lines alone."""


def _list_sources(results: Results, layer: str = "") -> list[Origin]:
    """Give the inputs that a layer comes from: its own, or the lines and the study area."""
    project = results.project
    inputs: dict[str, Origin | None] = {
        "settlements": project.settlements,
        "settlement_areas": project.settlements,
        "control_change": project.settlements,
        "corridors": project.corridors,
        "crossings": project.corridors,
        "corridor_sight": project.corridors,
        "points": project.points,
        "districts": project.districts,
        "study_area": project.study_area,
        **{f"partition_{partition.key}": partition for partition in project.partitions},
    }
    digests = inputs.get(layer)
    if digests is not None and layer not in COMPUTED:
        return [digests]
    lines: list[Origin | None] = [*project.lines, project.study_area, project.land]
    if layer == "corridor_sight":
        lines.append(project.elevation)
    every = (digests, *lines) if layer else (*lines, *inputs.values())
    return [source for source in every if source is not None]


def _find_bounds(layer: FeatureLayer) -> tuple[float, ...]:
    import shapely

    if not len(layer.geometry):
        return ()
    box = shapely.total_bounds(layer.geometry)
    return tuple(float(value) for value in box) if math.isfinite(sum(box)) else ()
