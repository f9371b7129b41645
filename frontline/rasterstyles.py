"""QGIS styles of rasters: posts in sight in classes of colour, and the shaded relief under all."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from frontline.overlays import FLAT, exposure_bounds
from frontline.qml import DOCTYPE, VERSION
from frontline.symbols import EXPOSURE, count_labels

RELIEF_OPACITY = 0.45
"""Of the shaded relief: it is the ground of a map, and names must stay legible on it."""


def sight_qml(highest: float, *, open_ended: bool = False) -> str:
    """Return the style of a raster of posts in sight: one hue, nothing drawn where none sees.

    Parameters
    ----------
    highest
        The largest count of band 1; at least 1 is assumed.
    open_ended
        Whether there may be higher counts; they take the last colour.

    Notes
    -----
    The classes are those of page and maps.
    """
    root = ET.Element("qgis", version=VERSION, styleCategories="Symbology")
    pipe = ET.SubElement(root, "pipe")
    renderer = ET.SubElement(
        pipe,
        "rasterrenderer",
        type="singlebandpseudocolor",
        band="1",
        opacity="0.75",
        alphaBand="-1",
        classificationMin="1",
        classificationMax=f"{max(highest, 1.0):g}",
    )
    shader = ET.SubElement(ET.SubElement(renderer, "rastershader"), "colorrampshader")
    shader.attrib.update(colorRampType="DISCRETE", classificationMode="1", clip="0")
    ET.SubElement(shader, "item", value="0", color="#ffffff", alpha="0", label="0")
    bounds = exposure_bounds(highest)
    colours = EXPOSURE[len(EXPOSURE) - len(bounds) :]
    names = dict(zip(map(str, bounds), count_labels(bounds), strict=True))
    if open_ended:
        del names[str(bounds[-1])]
        names["inf"] = f"> {bounds[-2]:,}"
    for (value, label), colour in zip(names.items(), colours, strict=True):
        ET.SubElement(shader, "item", value=value, color=colour, alpha="255", label=label)
    return DOCTYPE + ET.tostring(root, encoding="unicode")


def relief_qml() -> str:
    """Return the style of the shaded relief: level ground and lit slopes white, the others grey.

    Notes
    -----
    What lies over it is multiplied with it, so that colours on level ground stay those of the
    legend. It is smoothed as it is read: what QGIS smooths later, it does before a change of
    plane only, and coarse cells would show as squares.
    """
    root = ET.Element("qgis", version=VERSION, styleCategories="Symbology")
    pipe = ET.SubElement(root, "pipe")
    smooth = {"zoomedInResamplingMethod": "bilinear", "zoomedOutResamplingMethod": "bilinear"}
    provider = ET.SubElement(pipe, "provider")
    ET.SubElement(provider, "resampling", smooth, enabled="true", maxOversampling="2")
    renderer = ET.SubElement(
        pipe,
        "rasterrenderer",
        type="singlebandgray",
        grayBand="1",
        gradient="BlackToWhite",
        opacity=f"{RELIEF_OPACITY:g}",
        alphaBand="-1",
        nodataColor="",
    )
    stretch = ET.SubElement(renderer, "contrastEnhancement")
    for tag, text in (
        ("minValue", "1"),
        ("maxValue", f"{1 + 254 * FLAT:.0f}"),
        ("algorithm", "StretchToMinimumMaximum"),
    ):
        ET.SubElement(stretch, tag).text = text
    ET.SubElement(pipe, "resamplingStage").text = "provider"
    return DOCTYPE + ET.tostring(root, encoding="unicode")
