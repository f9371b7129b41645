"""Print layouts of the QGIS project: a page per theme, ready to be exported."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from xml.etree import ElementTree as ET

from frontline.export.qgis.style import guard_expression
from frontline.results.style import INK, PAPER

PAGE, MAP, PICTURE, LABEL, LEGEND, SCALE_BAR = 65638, 65639, 65640, 65641, 65642, 65646
"""What QGIS calls the kinds of items."""
NORTH = ":/images/north_arrows/layout_default_north_arrow.svg"
WIDTH, HEIGHT, EDGE, LEGEND_WIDTH, HEAD, FOOT = 297.0, 210.0, 8.0, 68.0, 14.0, 17.0
"""Of a page of A4, in millimetres."""
FONT = "DejaVu Sans"
WRAP, LETTERS = "¦", 40
"""Where QGIS breaks a name in the legend, and after how many letters at most."""
PARTS = 4
"""How many parts a scale bar has."""


@dataclass(frozen=True)
class LegendLayer:
    """A layer in the legend.

    Parameters
    ----------
    id, name
        Of the layer.
    titled
        Whether its name stands over its symbols; one symbol that says the same needs none.
    first
        Number of the first row that is shown.
    rows
        How many rows it has.
    """

    id: str
    name: str
    titled: bool = True
    first: int = 0
    rows: int = 1


@dataclass(frozen=True)
class LayoutSheet:
    """A page: a map of one theme and what stands around it.

    Parameters
    ----------
    theme
        Name of the layout and of the theme that its map shows.
    title, foot
        Texts above and below the map.
    extent
        Left, low, right, top in the plane of the project, metres.
    legend
        What stands in the legend, the topmost layer first.
    """

    theme: str
    title: str
    foot: str
    extent: tuple[float, float, float, float]
    legend: Sequence[LegendLayer]


def write_layout(sheet: LayoutSheet) -> ET.Element:
    """Describe a page as QGIS reads it.

    Parameters
    ----------
    sheet
        What stands on it.

    Returns
    -------
    A ``Layout`` element, the same for the same sheet.
    """
    root = ET.Element(
        "Layout", name=guard_expression(sheet.theme), units="mm", printResolution="300"
    )
    pages = ET.SubElement(root, "PageCollection")
    _item(pages, sheet, PAGE, "page", (0, 0, WIDTH, HEIGHT), background=PAPER)
    width = WIDTH - 2 * EDGE - LEGEND_WIDTH - 3
    height = HEIGHT - HEAD - FOOT - EDGE
    _label(root, sheet, "title", sheet.title, (EDGE, 4, WIDTH - 2 * EDGE, 7), points=13)
    _label(root, sheet, "theme", sheet.theme, (EDGE, 4, WIDTH - 2 * EDGE, 7), points=9, right=True)
    _map(root, sheet, (EDGE, HEAD, width, height))
    _legend(root, sheet, (EDGE + width + 3, HEAD, LEGEND_WIDTH, height))
    _scale_bar(root, sheet, (EDGE + 3, HEAD + height - 13, 60, 12))
    arrow = {"file": NORTH, "mode": "2", "anchorPoint": "4", "mapUuid": _uuid(sheet, "map")}
    box = (EDGE + width - 13, HEAD + 3, 10.0, 12.0)
    arrow["svgFillColor"] = "27,31,36,255"
    _item(root, sheet, PICTURE, "north", box, background=PAPER, **arrow)
    below = (EDGE, HEAD + height + 2, WIDTH - 2 * EDGE, FOOT + EDGE - 5)
    _label(root, sheet, "foot", sheet.foot, below, points=5.5)
    return root


def _uuid(sheet: LayoutSheet, name: str) -> str:
    """Give an identifier that stays the same from run to run."""
    return "{" + str(uuid.uuid5(uuid.NAMESPACE_URL, f"frontline/{sheet.theme}/{name}")) + "}"


def _item(
    parent: ET.Element,
    sheet: LayoutSheet,
    kind: int,
    name: str,
    box: tuple[float, float, float, float],
    *,
    background: str = "",
    **attributes: str,
) -> ET.Element:
    left, top, width, height = box
    order = {PAGE: 0, MAP: 1, SCALE_BAR: 3, PICTURE: 3}.get(kind, 2)
    item = ET.SubElement(
        parent,
        "LayoutItem",
        type=str(kind),
        id=name,
        uuid=_uuid(sheet, name),
        templateUuid=_uuid(sheet, name),
        position=f"{left:g},{top:g},mm",
        positionOnPage=f"{left:g},{top:g},mm",
        size=f"{width:g},{height:g},mm",
        zValue=str(order),
        visibility="1",
        opacity="1",
        background="true" if background else "false",
        frame="true" if kind == MAP else "false",
        outlineWidthM="0.2,mm",
    )
    item.attrib.update(attributes)
    ET.SubElement(item, "FrameColor", _channels(INK))
    ET.SubElement(item, "BackgroundColor", _channels(background or PAPER))
    return item


def _channels(colour: str) -> dict[str, str]:
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return {**dict(zip(("red", "green", "blue"), map(str, parts), strict=True)), "alpha": "255"}


def _font(points: float) -> dict[str, str]:
    return {"description": f"{FONT},{points:g},-1,5,50,0,0,0,0,0", "style": ""}


def _label(
    parent: ET.Element,
    sheet: LayoutSheet,
    name: str,
    text: str,
    box: tuple[float, float, float, float],
    *,
    points: float,
    right: bool = False,
) -> None:
    item = _item(parent, sheet, LABEL, name, box)
    item.attrib.update(labelText=guard_expression(text), htmlState="0")
    item.attrib.update(halign="2" if right else "1", valign="32", marginX="0", marginY="0")
    ET.SubElement(item, "LabelFont", _font(points))
    ET.SubElement(item, "FontColor", _channels(INK))


def _map(parent: ET.Element, sheet: LayoutSheet, box: tuple[float, float, float, float]) -> None:
    item = _item(parent, sheet, MAP, "map", box, background=PAPER)
    item.attrib.update(followPreset="true", followPresetName=guard_expression(sheet.theme))
    item.attrib.update(keepLayerSet="false", drawCanvasItems="true")
    left, low, right, top = widen_extent(sheet.extent, aspect=box[2] / box[3])
    numbers = {"xmin": left, "ymin": low, "xmax": right, "ymax": top}
    ET.SubElement(item, "Extent", {name: f"{value:.0f}" for name, value in numbers.items()})


def widen_extent(
    extent: tuple[float, float, float, float], *, aspect: float
) -> tuple[float, float, float, float]:
    """Widen an extent until it has a shape.

    Parameters
    ----------
    extent
        Left, low, right, top.
    aspect
        Width by height.
    """
    left, low, right, top = extent
    width = max(right - left, (top - low) * aspect)
    height = width / aspect
    x, y = (left + right) / 2, (low + top) / 2
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _legend(parent: ET.Element, sheet: LayoutSheet, box: tuple[float, float, float, float]) -> None:
    """Write a legend of the theme's layers, and of them only what the map shows."""
    item = _item(parent, sheet, LEGEND, "legend", box)
    item.attrib.update(
        map_uuid=_uuid(sheet, "map"),
        legendFilterByMap="1",
        resizeToContents="1",
        symbolWidth="6",
        symbolHeight="3.2",
        boxSpace="0",
        columnCount="1",
        wrapChar=WRAP,
        fontColor=INK,
        wmsLegendWidth="50",
        wmsLegendHeight="25",
    )
    styles = ET.SubElement(item, "styles")
    for name, points, above in (
        ("title", 9, 0.0),
        ("group", 8, 2.0),
        ("subgroup", 7, 2.0),
        ("symbol", 6, 0.8),
        ("symbolLabel", 6, 0.8),
    ):
        style = ET.SubElement(styles, "style", name=name, marginTop=f"{above:g}", marginLeft="1.5")
        ET.SubElement(style, "styleFont", _font(points))
    tree = ET.SubElement(item, "layer-tree-group")
    for layer in sheet.legend:
        entry = ET.SubElement(
            tree,
            "layer-tree-layer",
            id=layer.id,
            name=guard_expression(layer.name),
            checked="Qt::Checked",
            expanded="1",
        )
        options = ET.SubElement(ET.SubElement(entry, "customproperties"), "Option", type="Map")
        properties = {"legend/title-label": WRAP.join(wrap(guard_expression(layer.name), LETTERS))}
        if not layer.titled:
            properties["legend/title-style"] = "hidden"
        if layer.first:
            properties["legend/node-order"] = ",".join(map(str, range(layer.first, layer.rows)))
        for name, value in properties.items():
            ET.SubElement(options, "Option", type="QString", name=name, value=value)


def _scale_bar(
    parent: ET.Element, sheet: LayoutSheet, box: tuple[float, float, float, float]
) -> None:
    """Write a scale bar of whole kilometres, measured along the ellipsoid by QGIS."""
    map_width_mm = WIDTH - 2 * EDGE - LEGEND_WIDTH - 3
    left, _, right, _ = widen_extent(
        sheet.extent, aspect=map_width_mm / (HEIGHT - HEAD - FOOT - EDGE)
    )
    part_km = choose_round_step((right - left) / 1000 / 5 / PARTS)
    item = _item(parent, sheet, SCALE_BAR, "scale", box, background=PAPER)
    item.attrib.update(
        mapUuid=_uuid(sheet, "map"),
        style="Single Box",
        unitType="km",
        unitLabel="km",
        numMapUnitsPerScaleBarUnit="1",
        numUnitsPerSegment=f"{part_km:g}",
        numSegments=str(PARTS),
        numSegmentsLeft="0",
        height="1.6",
        boxContentSpace="1",
        labelBarSpace="1.5",
        segmentSizeMode="0",
        segmentMillimeters=f"{part_km * 1000 * map_width_mm / (right - left):.4f}",
        outlineWidth="0.2",
        minBarWidth="20",
        maxBarWidth="80",
    )
    text = {"fontFamily": FONT, "fontSize": "7", "fontSizeUnit": "Point", "fontWeight": "50"}
    ET.SubElement(item, "text-style", text, textColor="27,31,36,255")
    ET.SubElement(item, "fillColor", _channels(INK))
    ET.SubElement(item, "fillColor2", _channels(PAPER))
    ET.SubElement(item, "strokeColor", _channels(INK))


def choose_round_step(number: float) -> float:
    """Give the largest of 1, 2 or 5 by a power of ten that is not above a number."""
    power = 10.0 ** len(f"{int(max(number, 0))}") / 10.0
    if number < 1:
        power = 10.0 ** -next(n for n in range(1, 12) if number * 10**n >= 1)
    return next((step * power for step in (5, 2) if step * power <= number), power)
