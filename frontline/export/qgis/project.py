"""The QGIS project file: layers, groups, themes, settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from frontline.export.features import FeatureLayer, make_feature_layers
from frontline.export.manifest import find_newest_date
from frontline.export.metadata import collect_facts, write_qgis_metadata
from frontline.export.qgis.layers import write_layer_style
from frontline.export.qgis.layout import LayoutSheet, LegendLayer, write_layout
from frontline.export.qgis.style import (
    DOCTYPE,
    VERSION,
    clean_xml_text,
    guard_expression,
    write_relief_qml,
    write_sight_qml,
)
from frontline.results.style import INK, PAPER
from frontline.results.wording import list_sources, write_sight_warning, write_source
from frontline.results.words import WORDS
from frontline.storage.archives import write_archive

if TYPE_CHECKING:
    from frontline.geo.projection import ProjectedPlane
    from frontline.project.models import LineSpec
    from frontline.results.model import Results


FOOT_WIDTH = 110
"""Letters in a line of the foot."""
FOOT_POINTS, TITLE_POINTS = 6.5, 13.0


def write_settings(root: ET.Element, *, results: Results) -> None:
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
    foot = "\n".join(line for text in write_footer(results) for line in wrap(text, FOOT_WIDTH))
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
            Label=guard_expression(text),
            Font=_font(points),
            BackgroundColor=_write_rgba(PAPER),
            MarginH=2,
            MarginV=2,
        )
    _settings(properties, "ScaleBar", Enabled=True, Placement=bottom_right, MarginH=2, MarginV=4)
    _settings(properties, "NorthArrow", Enabled=True, Placement=top_right, Automatic=True)


def _font(points: float) -> str:
    root = ET.Element(
        "text-style",
        fontFamily="DejaVu Sans",
        fontSize=f"{points:g}",
        fontSizeUnit="Point",
        fontWeight="50",
        textColor=_write_rgba(INK),
    )
    edge = {"bufferDraw": "1", "bufferSize": "0.7", "bufferSizeUnits": "MM"}
    ET.SubElement(root, "text-buffer", edge, bufferColor=_write_rgba(PAPER))
    return ET.tostring(root, encoding="unicode")


def _write_rgba(colour: str) -> str:
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"


def _settings(parent: ET.Element, group: str, **values: bool | float | str) -> None:
    """Write a group of settings, each with the type that QGIS looks for."""
    types = {bool: "bool", int: "int", float: "double", str: "QString"}
    branch = ET.SubElement(parent, group)
    for name, value in values.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        ET.SubElement(branch, name, type=types[type(value)]).text = text


def write_footer(results: Results) -> list[str]:
    """Give the texts under a map: disclaimer, the project's own note, warning, sources."""
    origins = "; ".join(write_source(row) for row in list_sources(results.project))
    texts = [WORDS["disclaimer"], results.project.map.note, write_sight_warning(results.sight)]
    return [text for text in (*texts, f"{WORDS['sources']}: {origins}" if origins else "") if text]


PACKAGE = "frontline.gpkg"
NORMAL, MULTIPLY = "0", "6"
"""Blend modes: areas are multiplied, so that what lies under them shows through."""
UNDER_ZONES = "0.5"
"""Opacity of the sides, so that the zones on them keep nearly the colours of the legend."""
SHAPES = ("Point", "Line", "Polygon")
WGS84 = "EPSG:4326"
IN_SIGHT = ("corridor_sight", "sight")
"""Layers of a line that say what is in sight of it."""
MARGIN = 0.03
"""Part of the extent that is left free around it."""


@dataclass(frozen=True)
class ProjectLayer:
    """A layer of the project.

    Parameters
    ----------
    id, name
        For QGIS, unique and the same from run to run; for people.
    source
        File beside the project, with layer and subset.
    element
        What the file holds of it, a ``maplayer``.
    shown
        Whether it is drawn when the project is opened.
    """

    id: str
    name: str
    source: str
    element: ET.Element
    shown: bool = True


@dataclass(frozen=True)
class LayerGroup:
    """Layers under one heading, the topmost first."""

    name: str
    entries: tuple[ProjectLayer, ...]
    open: bool = True


def write_qgis_project(path: Path, results: Results) -> None:
    """Write a project that opens the run's GeoPackage and rasters, as they lie beside it.

    Parameters
    ----------
    path
        The ``.qgz`` file; an existing one is replaced.
    results
        What a run has computed.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    text = DOCTYPE + ET.tostring(write_project_xml(results), encoding="unicode") + "\n"
    name = path.with_suffix(".qgs").name
    write_archive(path, files={name: text.encode("utf-8")}, date=find_newest_date(results.project))


def write_project_xml(results: Results) -> ET.Element:
    """Describe the project as QGIS reads it."""
    from frontline.geo.projection import plane_around

    plane = plane_around(results.study_area.geometry.to_numpy())
    groups = _list_groups(results)
    title = results.project.title
    root = ET.Element("qgis", version=VERSION, projectname=clean_xml_text(title))
    ET.SubElement(root, "homePath", path="")
    ET.SubElement(root, "title").text = clean_xml_text(title)
    ET.SubElement(root, "projectCrs").append(_describe_plane(plane))
    _write_tree(root, groups)
    _write_canvas(root, results, plane)
    layers = ET.SubElement(root, "projectlayers")
    for group in groups:
        layers.extend(entry.element for entry in group.entries)
    themes = _list_themes(results, groups)
    _write_themes(root, themes)
    _write_layouts(root, results, themes, _find_extent(results, plane))
    write_settings(root, results=results)
    _write_metadata(root, results)
    return root


def _list_groups(results: Results) -> tuple[LayerGroup, ...]:
    """Put every layer in its group: points, a group per line, changes, roads, context."""
    layers = {layer.name: layer for layer in make_feature_layers(results)}
    newest_first = sorted(results.project.lines, key=lambda line: line.date, reverse=True)
    ends = [name for name in layers if name.startswith("partition_")]
    groups = [
        LayerGroup(WORDS["points"], _list_plain(results, layers, ["points"])),
        *(
            _group_of_line(results, layers, line, newest=line is newest_first[0])
            for line in newest_first
        ),
        LayerGroup(WORDS["changes"], _list_changes(results, layers), open=False),
        LayerGroup(WORDS["corridors"], _list_plain(results, layers, ["corridors"]), open=False),
        LayerGroup(
            WORDS["context"],
            (
                *_list_plain(
                    results, layers, ["settlement_areas", "districts", *ends, "study_area"]
                ),
                *_list_relief(results),
            ),
            open=False,
        ),
    ]
    return tuple(group for group in groups if group.entries)


def _list_plain(
    results: Results, layers: dict[str, FeatureLayer], names: Iterable[str]
) -> tuple[ProjectLayer, ...]:
    """Give the layers that do not depend on a line, as far as they hold anything."""
    present = [layers[name] for name in names if name in layers]
    return tuple(
        _describe_vector(results, layer, layer.name, layer.title)
        for layer in present
        if len(layer.geometry)
    )


LINES_DRAWN = ("lines", "alternative_lines")
GROUP_OF_LINE = (*LINES_DRAWN, "settlements", "crossings", "corridor_sight", "zones")
"""Layers of one line, from the top down."""


def _group_of_line(
    results: Results, layers: dict[str, FeatureLayer], line: LineSpec, *, newest: bool
) -> LayerGroup:
    entries = []
    for name in GROUP_OF_LINE:
        layer = layers.get(name)
        if layer is None or not len(layer.geometry):
            continue
        optional = name in {"corridor_sight", "alternative_lines"}
        if optional and line.key not in set(layer.frame["line"]):
            continue
        subset = "" if name == "settlements" else f'"line" = {_quote(line.key)}'
        entries.append(
            _describe_vector(
                results,
                layer,
                f"{name}_of_{line.key}",
                line.label if name == "lines" else layer.title,
                line=line.key,
                subset=subset,
                shown=(newest and name != "corridor_sight") or name in LINES_DRAWN,
            )
        )
    if line.key in results.sight and "rasters" in results.project.outputs.write:
        entries.append(_describe_sight(results, line))
    sides = layers["sides"]
    if len(sides.geometry):
        entries.append(
            _describe_vector(
                results,
                sides,
                f"sides_of_{line.key}",
                sides.title,
                line=line.key,
                subset=f'"line" = {_quote(line.key)}',
                shown=newest,
            )
        )
    return LayerGroup(line.label, tuple(entries), open=newest)


def _list_changes(results: Results, layers: Mapping[str, FeatureLayer]) -> tuple[ProjectLayer, ...]:
    """Give settlements and land for every two lines that are compared."""
    labels = {line.key: line.label for line in results.project.lines}
    entries = []
    for layer in (layers[name] for name in ("control_change", "changes") if name in layers):
        pairs = layer.frame[["from_line", "to_line"]].drop_duplicates()
        for before, after in pairs.itertuples(index=False):
            subset = f'"from_line" = {_quote(before)} AND "to_line" = {_quote(after)}'
            pair = f"{labels.get(before, before)} → {labels.get(after, after)}"
            what = WORDS["land" if layer.name == "changes" else "settlements"]
            number = f"{layer.name}_{before}_to_{after}"
            name = f"{what}: {pair}"
            entries.append(
                _describe_vector(results, layer, number, name, subset=subset, shown=False)
            )
    return tuple(entries)


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _describe_vector(
    results: Results,
    layer: FeatureLayer,
    number: str,
    name: str,
    *,
    line: str = "",
    subset: str = "",
    shown: bool = True,
) -> ProjectLayer:
    source = f"./{PACKAGE}|layername={layer.name}" + (f"|subset={subset}" if subset else "")
    style = ET.fromstring(_strip_head(write_layer_style(layer, project=results.project, line=line)))  # noqa: S314
    element = ET.Element(
        "maplayer",
        type="vector",
        geometry=SHAPES[layer.dimension],
        labelsEnabled=style.get("labelsEnabled", "0"),
        styleCategories="AllStyleCategories",
    )
    _identify(element, number, name, source, WGS84)
    facts = collect_facts(results, layer=layer)
    about = ET.fromstring(_strip_head(write_qgis_metadata(facts, layer=layer)))  # noqa: S314  (our own text)
    about.tag = "resourceMetadata"
    about.attrib.clear()
    element.append(about)
    ET.SubElement(element, "provider", encoding="UTF-8").text = "ogr"
    area = layer.dimension == 2 and layer.name in {"zones", "sides", "changes"}
    _adopt(element, style, blend=MULTIPLY if area else NORMAL)
    if layer.name == "sides":
        ET.SubElement(element, "layerOpacity").text = UNDER_ZONES
    return ProjectLayer(_make_id(number), name, source, element, shown)


def _describe_sight(results: Results, line: LineSpec) -> ProjectLayer:
    warning = write_sight_warning(results.sight)
    title = WORDS["legend_exposure"]
    if warning:
        title = f"{title} ({WORDS['illustration_short']})"
    about = (f"{title}: {line.label}", f"{warning}\n\n{WORDS['disclaimer']}".strip())
    number, source = f"sight_of_{line.key}", f"./rasters/sight_{line.key}.tif"
    crs, style = results.sight[line.key].crs, write_sight_style(results)
    element = _describe_raster(number, source, about, crs=crs, style=style, blend=MULTIPLY)
    return ProjectLayer(_make_id(number), title, source, element, shown=False)


def _list_relief(results: Results) -> tuple[ProjectLayer, ...]:
    """Give the shaded relief, which lies under everything, where the run writes it."""
    if results.relief is None or "rasters" not in results.project.outputs.write:
        return ()
    title, source = WORDS["hillshade"], "./rasters/hillshade.tif"
    about, crs = (title, WORDS["disclaimer"]), results.relief.crs
    element = _describe_raster(
        "hillshade", source, about, crs=crs, style=write_relief_qml(), blend=NORMAL
    )
    return (ProjectLayer(_make_id("hillshade"), title, source, element),)


def _describe_raster(
    number: str, source: str, about: tuple[str, str], *, crs: str, style: str, blend: str
) -> ET.Element:
    """Describe a raster that lies beside the project: `about` is its title and abstract."""
    element = ET.Element("maplayer", type="raster", styleCategories="AllStyleCategories")
    _identify(element, number, about[0], source, crs)
    metadata = ET.SubElement(element, "resourceMetadata")
    ET.SubElement(metadata, "title").text = guard_expression(about[0])
    ET.SubElement(metadata, "abstract").text = guard_expression(about[1])
    ET.SubElement(element, "provider").text = "gdal"
    _adopt(element, ET.fromstring(_strip_head(style)), blend=blend)  # noqa: S314 - our own text
    return element


def write_sight_style(results: Results) -> str:
    """Write the one style of all rasters of sight of a run, so that their colours compare."""
    highest = max(float(raster.bands["seen"].max()) for raster in results.sight.values())
    return write_sight_qml(highest)


def _strip_head(document: str) -> str:
    return document.removeprefix(DOCTYPE)


def _adopt(element: ET.Element, style: ET.Element, *, blend: str) -> None:
    for part in style:
        if part.tag not in {"blendMode", "layerGeometryType"}:
            element.append(part)
    ET.SubElement(element, "blendMode").text = blend


def _identify(element: ET.Element, number: str, name: str, source: str, crs: str) -> None:
    ET.SubElement(element, "id").text = _make_id(number)
    ET.SubElement(element, "datasource").text = source
    ET.SubElement(element, "layername").text = guard_expression(name)
    ET.SubElement(element, "srs").append(_describe_reference_system(crs))


def _make_id(number: str) -> str:
    """Make a name long enough for QGIS, which replaces short ones by random ones."""
    return f"frontline_layer_{number}"


def _describe_reference_system(crs: str) -> ET.Element:
    """Describe a CRS: by its code where it has one, else in full."""
    import pyproj

    reference = pyproj.CRS.from_user_input(crs)
    authority = reference.to_authority()
    system = ET.Element("spatialrefsys", nativeFormat="Wkt")
    ET.SubElement(system, "wkt").text = reference.to_wkt()
    ET.SubElement(system, "description").text = reference.name if authority else WORDS["plane"]
    ET.SubElement(system, "authid").text = ":".join(authority) if authority else ""
    ET.SubElement(system, "geographicflag").text = str(reference.is_geographic).lower()
    return system


def _describe_plane(plane: ProjectedPlane) -> ET.Element:
    """Describe the plane of the run: equal areas, centred on the study area."""
    return _describe_reference_system(plane.crs.to_wkt())


def _write_tree(root: ET.Element, groups: Sequence[LayerGroup]) -> None:
    tree = ET.SubElement(root, "layer-tree-group")
    for group in groups:
        branch = ET.SubElement(
            tree,
            "layer-tree-group",
            name=guard_expression(group.name),
            checked="Qt::Checked",
            expanded=str(int(group.open)),
        )
        for entry in group.entries:
            ET.SubElement(
                branch,
                "layer-tree-layer",
                id=entry.id,
                name=guard_expression(entry.name),
                source=entry.source,
                providerKey="gdal" if entry.element.get("type") == "raster" else "ogr",
                checked="Qt::Checked" if entry.shown else "Qt::Unchecked",
                expanded="0",
            )


def _write_canvas(root: ET.Element, results: Results, plane: ProjectedPlane) -> None:
    """Say what of the world is seen when the project is opened."""
    canvas = ET.SubElement(root, "mapcanvas", name="theMapCanvas", annotationsVisible="1")
    ET.SubElement(canvas, "units").text = "meters"
    extent = ET.SubElement(canvas, "extent")
    box = _find_extent(results, plane)
    names = ("xmin", "ymin", "xmax", "ymax")
    for name, value in zip(names, box, strict=True):
        ET.SubElement(extent, name).text = f"{value:.0f}"
    ET.SubElement(canvas, "rotation").text = "0"
    ET.SubElement(canvas, "destinationsrs").append(_describe_plane(plane))
    view = ET.SubElement(root, "ProjectViewSettings", UseProjectScales="0", rotation="0")
    numbers = {name: f"{value:.0f}" for name, value in zip(names, box, strict=True)}
    ET.SubElement(view, "DefaultViewExtent", numbers).append(_describe_plane(plane))


def _find_extent(results: Results, plane: ProjectedPlane) -> tuple[float, float, float, float]:
    """Give the extent in the plane: as the project asks, or the whole study area."""
    import numpy as np
    import shapely

    shapes = results.study_area.geometry.to_numpy()
    if results.project.map.extent is not None:
        west, south, east, north = results.project.map.extent
        shapes = np.array([shapely.box(west, south, east + 360 * (east < west), north)])
    left, low, right, top = shapely.total_bounds(plane.from_crs(shapes, WGS84))
    aside = MARGIN * max(right - left, top - low)
    return left - aside, low - aside, right + aside, top + aside


def _list_themes(results: Results, groups: Sequence[LayerGroup]) -> dict[str, list[ProjectLayer]]:
    """Give the layers of two themes per line, zones and sight, and of one for the changes."""
    lines = {line.label for line in results.project.lines}
    of_theme = [group for group in groups if group.name in {*lines, WORDS["changes"]}]
    themes: dict[str, list[ProjectLayer]] = {}
    for chosen in of_theme:
        with_sight = any(_is_of(entry, IN_SIGHT) for entry in chosen.entries)
        for name, kinds in (
            (chosen.name, ("lines", "settlements", "crossings", "zones", "sides")),
            (f"{chosen.name}: {WORDS['exposure']}", ("lines", "settlements", *IN_SIGHT)),
        )[: 1 + with_sight]:
            themes[name] = [
                entry
                for group in groups
                for entry in group.entries
                if (group is chosen and (chosen.name not in lines or _is_of(entry, kinds)))
                or group not in of_theme
                or (chosen.name not in lines and _is_of(entry, ("lines",)))
            ]
    return themes


def _is_of(entry: ProjectLayer, kinds: Iterable[str]) -> bool:
    return entry.id.startswith(tuple(_make_id(f"{kind}_of_") for kind in kinds))


def _write_themes(root: ET.Element, themes: Mapping[str, Sequence[ProjectLayer]]) -> None:
    """Write the themes, which QGIS offers under the symbol of an eye."""
    presets = ET.SubElement(root, "visibility-presets")
    for name, entries in themes.items():
        preset = ET.SubElement(presets, "visibility-preset", name=guard_expression(name))
        for entry in entries:
            ET.SubElement(preset, "layer", id=entry.id, visible="1", expanded="0")


def _is_in_legend(entry: ProjectLayer) -> LegendLayer:
    """Leave out a name that its one symbol repeats, and what says that nothing is drawn."""
    classes = len(entry.element.findall("pipe/rasterrenderer//item"))
    if classes:  # before them, the name of the band; the first, nothing in sight, is not drawn
        return LegendLayer(entry.id, entry.name, first=2, rows=classes + 1)
    rules = len(entry.element.findall("renderer-v2/rules//rule"))
    return LegendLayer(entry.id, entry.name, titled=rules > 1)


def _write_layouts(
    root: ET.Element,
    results: Results,
    themes: Mapping[str, Sequence[ProjectLayer]],
    extent: tuple[float, float, float, float],
) -> None:
    """Write a page per theme, to be printed."""
    layouts = ET.SubElement(root, "Layouts")
    title = results.project.map.title or results.project.title
    for name, entries in themes.items():
        legend = [_is_in_legend(entry) for entry in entries if entry.id != _make_id("hillshade")]
        foot = "\n".join(write_footer(results))
        layouts.append(write_layout(LayoutSheet(name, title, foot, extent, legend)))


def _write_metadata(root: ET.Element, results: Results) -> None:
    whole = collect_facts(results)
    about = ET.SubElement(root, "projectMetadata")
    for tag, text in (
        ("identifier", whole["INPUTS"]),
        ("language", "ENG"),
        ("type", "project"),
        ("title", whole["TITLE"]),
        ("abstract", whole["ABSTRACT"]),
        ("license", whole["LICENCE"]),
        ("history", f"Sources: {whole['LINEAGE']}"),
        ("history", f"Inputs (sha256): {whole['INPUTS']}"),
        ("creation", f"{whole['DATE']}T00:00:00"),
    ):
        ET.SubElement(about, tag).text = guard_expression(text)
