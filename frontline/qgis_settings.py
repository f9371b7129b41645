"""Settings of the QGIS project: paths, units, colours, and what stands on the canvas."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from frontline.metadata import xml_text
from frontline.origins import sight_warning, source_line, sources
from frontline.symbols import INK, PAPER
from frontline.words import WORDS

if TYPE_CHECKING:
    from frontline.results import Results

FOOT_WIDTH = 110
"""Letters in a line of the foot."""
FOOT_POINTS, TITLE_POINTS = 6.5, 13.0


def write_settings(root: ET.Element, results: Results) -> None:
    """Write settings: relative paths, the paper's colour, units, and what stands on the canvas."""
    properties = ET.SubElement(root, "properties")
    _settings(properties, "Paths", Absolute=False)
    red, green, blue = (int(PAPER[at : at + 2], 16) for at in (1, 3, 5))
    _settings(
        properties,
        "Gui",
        CanvasColorRedPart=red,
        CanvasColorGreenPart=green,
        CanvasColorBluePart=blue,
    )
    _settings(properties, "SpatialRefSys", ProjectionsEnabled=1)
    _settings(properties, "PAL", PlacementEngineVersion=1, ShowingPartialsLabels=False)
    _settings(properties, "Measure", Ellipsoid="EPSG:7030")
    _settings(properties, "Measurement", DistanceUnits="km", AreaUnits="km2")
    _settings(properties, "PositionPrecision", Automatic=False, DecimalPlaces=4, DegreeFormat="D")
    _write_decorations(properties, results)


def _write_decorations(properties: ET.Element, results: Results) -> None:
    """Say what stands on the canvas: title, disclaimer and sources, scale bar, north arrow."""
    top_left, top_right, bottom_left, bottom_right = 1, 2, 0, 3
    foot = "\n".join(line for text in footer(results) for line in wrap(text, FOOT_WIDTH))
    title = results.project.map.title or results.project.title
    for name, text, place, points in (
        ("TitleLabel", title, top_left, TITLE_POINTS),
        ("CopyrightLabel", foot, bottom_left, FOOT_POINTS),
    ):
        _settings(
            properties,
            name,
            Enabled=True,
            Placement=place,
            Label=_literal(text),
            Font=_font(points),
            BackgroundColor=_rgba(PAPER),
            MarginH=2,
            MarginV=2,
        )
    _settings(properties, "ScaleBar", Enabled=True, Placement=bottom_right, MarginH=2, MarginV=4)
    _settings(properties, "NorthArrow", Enabled=True, Placement=top_right, Automatic=True)


def _literal(text: str) -> str:
    """Keep QGIS from evaluating what a title holds: brackets with percent signs are expressions."""
    return xml_text(text.replace("[%", "[ %"))


def _font(points: float) -> str:
    root = ET.Element(
        "text-style",
        fontFamily="DejaVu Sans",
        fontSize=f"{points:g}",
        fontSizeUnit="Point",
        fontWeight="50",
        textColor=_rgba(INK),
    )
    edge = {"bufferDraw": "1", "bufferSize": "0.7", "bufferSizeUnits": "MM"}
    ET.SubElement(root, "text-buffer", edge, bufferColor=_rgba(PAPER))
    return ET.tostring(root, encoding="unicode")


def _rgba(colour: str) -> str:
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"


def _settings(parent: ET.Element, group: str, **values: bool | float | str) -> None:
    """Write a group of settings, each with the type that QGIS looks for."""
    types = {bool: "bool", int: "int", float: "double", str: "QString"}
    branch = ET.SubElement(parent, group)
    for name, value in values.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        ET.SubElement(branch, name, type=types[type(value)]).text = text


def footer(results: Results) -> list[str]:
    """Give the texts under a map: disclaimer, the project's own note, warning, sources."""
    origins = "; ".join(source_line(row) for row in sources(results.project))
    texts = [WORDS["disclaimer"], results.project.map.note, sight_warning(results)]
    return [text for text in (*texts, f"{WORDS['sources']}: {origins}" if origins else "") if text]
