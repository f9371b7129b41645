"""Styles as QGIS reads them (QML): symbols, rules, labels, colour ramps of rasters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from frontline.export.web.overlays import FLAT, choose_class_bounds
from frontline.results.style import (
    ALTERNATIVE_COLOUR,
    ALTERNATIVE_DASHES,
    CORRIDOR_IN_SIGHT,
    CORRIDORS,
    DISTRICT,
    EXPOSURE,
    HELD_TINT,
    INK,
    MUTED,
    OTHER_CORRIDOR,
    PAPER,
    PARTITION,
    SETTLEMENT_OUTSIDE,
    STUDY_AREA,
    LineStyle,
    choose_alternative_styles,
    choose_line_styles,
    choose_side_colours,
    make_zone_tints,
    mix_colours,
    write_count_labels,
)
from frontline.results.words import WORDS, label_corridor

if TYPE_CHECKING:
    from frontline.project.models import Project


MM_PER_POINT = 25.4 / 72


@dataclass(frozen=True)
class QgisSymbol:
    """A symbol: its `kind` (``marker``, ``line`` or ``fill``) and its layers, bottom first.

    Each layer is the class of a QGIS symbol layer and its properties; the property ``size``
    of a marker may be an expression, which starts with ``=``.
    """

    kind: str
    layers: tuple[tuple[str, dict[str, str]], ...]


@dataclass(frozen=True)
class QgisRule:
    """A rule of the renderer; a rule without a symbol is a heading over its children."""

    label: str
    filter: str = ""
    symbol: QgisSymbol | None = None
    children: tuple[QgisRule, ...] = ()
    shown: bool = True


def clean_xml_text(text: str) -> str:
    """Drop the characters that XML cannot hold."""
    return "".join(c for c in text if c in "\t\n\r" or _holdable(c))


def guard_expression(text: str) -> str:
    """Keep QGIS from evaluating a text: between ``[%`` and ``%]`` it runs an expression.

    A blank between bracket and sign leaves the text readable. Characters that XML cannot hold
    are dropped first, so that none of them hides a bracket from this.
    """
    return clean_xml_text(text).replace("[%", "[ %")


def _holdable(char: str) -> bool:
    return char >= " " and not "\ud800" <= char <= "\udfff" and char not in "\ufffe\uffff"


def quote(value: str) -> str:
    """Quote text for a QGIS expression."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def write_rgba(colour: str, *, alpha: float = 1.0) -> str:
    """Give a colour and its opacity as QGIS writes them: four numbers from 0 to 255."""
    parts = (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))
    return ",".join(str(part) for part in (*parts, round(alpha * 255)))


def draw_stroke(style: LineStyle) -> QgisSymbol:
    """Draw a line, dashed as the style says."""
    properties = {
        "line_color": write_rgba(style.colour),
        "line_width": f"{style.width * MM_PER_POINT:.2f}",
        "line_width_unit": "MM",
        "capstyle": "flat" if style.dash else "round",
        "joinstyle": "round",
    }
    if style.dash:
        properties |= {
            "use_custom_dash": "1",
            "customdash": ";".join(f"{part * MM_PER_POINT:.2f}" for part in style.dash),
            "customdash_unit": "MM",
        }
    return QgisSymbol("line", (("SimpleLine", properties),))


def draw_outline(style: LineStyle) -> QgisSymbol:
    """Draw the edge of an area only."""
    return QgisSymbol("fill", (("SimpleLine", draw_stroke(style).layers[0][1]),))


def draw_fill(
    colour: str, *, alpha: float = 1.0, edge: str = "", style: str = "solid"
) -> QgisSymbol:
    """Fill an area with a colour or a pattern of QGIS, with an edge where one is given."""
    properties = {
        "color": write_rgba(colour, alpha=alpha),
        "style": style,
        "outline_style": "solid" if edge else "no",
        "outline_color": write_rgba(edge or colour),
        "outline_width": "0.2",
        "outline_width_unit": "MM",
    }
    return QgisSymbol("fill", (("SimpleFill", properties),))


def draw_marker(name: str, *, fill: str, edge: str, size: str, width: str = "0.3") -> QgisSymbol:
    """Draw a shape of QGIS at a point; `size` in millimetres may be an expression."""
    properties = {
        "name": name,
        "color": fill,
        "outline_color": edge,
        "outline_width": width,
        "outline_width_unit": "MM",
        "size": size,
        "size_unit": "MM",
    }
    return QgisSymbol("marker", (("SimpleMarker", properties),))


DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
VERSION = "3.22.0"
GEOMETRY = {"marker": "0", "line": "1", "fill": "2"}
UNLABELLED = frozenset(("crossings", "corridor_sight", "settlement_areas"))
"""Layers whose names stand beside another layer's features already."""
PRIORITIES = {"settlements": 6, "control_change": 6, "lines": 7, "points": 4, "corridors": 3}
"""Which labels stay where there is no room for all, 0 to 10; areas get 2."""
BY_POPULATION = '6 + 4 * coalesce(scale_exp("population", 100, 10000000, 0, 1, 0.2), 0)'
"""The more people, the more a place's name is wanted; cities of millions differ as villages do."""


def write_qml(layer: str, *, project: Project, columns: Sequence[str], line: str = "") -> str:
    """Return the style of a layer of the GeoPackage.

    Parameters
    ----------
    layer
        ``study_area``, ``lines``, ``sides``, ``zones``, ``changes``, ``settlements``,
        ``control_change``, ``corridors``, ``corridor_sight``, ``crossings``, ``points``,
        ``districts`` or ``partition_<key>``; any other layer gets a plain outline.
    project
        Gives lines, sides, colours, distances and the order of names.
    columns
        The layer's columns: rules and labels use only those that exist.
    line
        Key of the only line that is drawn, without a heading over it; every line if empty.

    Returns
    -------
    A QML document, the same for the same arguments.
    """
    makers = {
        "lines": _lines,
        "alternative_lines": _alternative_lines,
        "sides": _sides,
        "zones": _zones,
        "changes": _changes,
        "settlements": _settlements,
        "control_change": _control_change,
        "corridors": _corridors,
        "corridor_sight": _corridor_sight,
        "crossings": _crossings,
        "points": _points,
    }
    outlines = {"districts": DISTRICT, "study_area": STUDY_AREA}
    if layer in makers:
        styled = project if layer == "lines" or not line else _of_line(project, line)
        rules = makers[layer](styled, columns)
        if layer in {"sides", "zones", "corridor_sight"} and line:
            rules = rules[0].children
        if layer == "lines" and line:
            rules = tuple(rule for rule in rules if rule.filter == f'"line" = {quote(line)}')
    else:
        style = outlines.get(layer, PARTITION)
        named = {f"partition_{part.key}": part.label for part in project.partitions}
        title = named.get(layer) or WORDS.get(layer, layer)
        rules = (QgisRule(title, symbol=draw_outline(style)),)
    label = "" if layer in UNLABELLED else write_label_expression(project, columns=columns)
    priority = str(PRIORITIES.get(layer, 2))
    if layer in {"settlements", "control_change"} and "population" in columns:
        priority = f"={BY_POPULATION}"
    return _document(rules, label, priority)


def _of_line(project: Project, key: str) -> Project:
    """Give the project as if it had one line only."""
    return project.model_copy(
        update={"lines": tuple(line for line in project.lines if line.key == key)}
    )


def _newest_last(project: Project) -> list[tuple[str, str, bool]]:
    ordered = sorted(project.lines, key=lambda line: line.date)
    return [(line.key, line.label, line is ordered[-1]) for line in ordered]


def _lines(project: Project, columns: Sequence[str]) -> tuple[QgisRule, ...]:  # noqa: ARG001
    styles = choose_line_styles(project)
    return tuple(
        QgisRule(label, f'"line" = {quote(key)}', draw_stroke(styles[key]))
        for key, label, _ in _newest_last(project)
    )


def _alternative_lines(project: Project, columns: Sequence[str]) -> tuple[QgisRule, ...]:  # noqa: ARG001
    styles = choose_alternative_styles(project)
    if not styles:
        thin = LineStyle(ALTERNATIVE_COLOUR, 1.1, ALTERNATIVE_DASHES[0])
        return (QgisRule(WORDS["alternatives"], symbol=draw_stroke(thin)),)
    return tuple(
        QgisRule(
            f"{line.label}: {other.label}",
            f'"line" = {quote(line.key)} AND "alternative" = {quote(other.key)}',
            draw_stroke(styles[line.key, other.key]),
        )
        for line in project.lines
        for other in line.alternatives
    )


def _sides(project: Project, columns: Sequence[str]) -> tuple[QgisRule, ...]:  # noqa: ARG001
    colours = choose_side_colours(project)
    return tuple(
        QgisRule(
            label,
            f'"line" = {quote(key)}',
            shown=newest,
            children=tuple(
                QgisRule(
                    side,
                    f'"side" = {quote(side)}',
                    draw_fill(mix_colours(colour, other=PAPER, share=2 * HELD_TINT)),
                )
                for side, colour in colours.items()
            ),
        )
        for key, label, newest in _newest_last(project)
    )


def _zones(project: Project, columns: Sequence[str]) -> tuple[QgisRule, ...]:
    colours, distances = choose_side_colours(project), project.zones.distances_m
    ring = "\"kind\" = 'ring' AND " if "kind" in columns else ""
    headings = []
    for key, label, newest in _newest_last(project):
        rules = tuple(
            QgisRule(
                f"{side}, {distance_m / 1000:g} km",
                f'{ring}"side" = {quote(side)} AND "distance_m" = {distance_m:g}',
                draw_fill(tint, alpha=0.8),
            )
            for side, colour in colours.items()
            for distance_m, tint in zip(
                distances, make_zone_tints(colour, count=len(distances)), strict=True
            )
        )
        headings.append(QgisRule(label, f'"line" = {quote(key)}', children=rules, shown=newest))
    return tuple(headings)


def _changes(project: Project, columns: Sequence[str]) -> tuple[QgisRule, ...]:  # noqa: ARG001
    changed = tuple(
        QgisRule(
            WORDS["legend_changed"].format(side=side),
            f'"kind" = \'changed\' AND "to_side" = {quote(side)}',
            draw_fill(colour, edge=colour, style="b_diagonal"),
        )
        for side, colour in choose_side_colours(project).items()
    )
    within = QgisRule(
        WORDS["legend_within_error"],
        "\"kind\" = 'within_error'",
        draw_fill(MUTED, alpha=0.35),
    )
    return (*changed, within)


def _settlements(project: Project, columns: Sequence[str]) -> tuple[QgisRule, ...]:
    newest = _newest_last(project)[-1][0]
    side = next((c for c in (f"side_{newest}", "side") if c in columns), "")
    crossed = next((c for c in (f"crossed_{newest}", "crossed") if c in columns), "")
    sight = next((c for c in (f"in_sight_{newest}", "in_sight") if c in columns), "")
    colours = choose_side_colours(project) if side else {}
    # A figure that does not hold at the line's date is drawn as unknown.
    holds, people = f"holds_{newest}", f"population_{newest}"
    size = _size(columns, people if people in columns else "population")
    kind = '"population_kind"' if "population_kind" in columns else "''"
    kind_or_empty = f"coalesce({kind}, '')"
    if holds in columns:
        kind_or_empty = f"CASE WHEN \"{holds}\" THEN {kind_or_empty} ELSE '' END"
    rules: list[QgisRule] = []
    for name, colour in [*colours.items(), ("", SETTLEMENT_OUTSIDE)]:
        on_side = f"coalesce(\"{side}\", '') = {quote(name)} AND " if side else ""
        label = name or (WORDS["outside"] if side else "")
        full = draw_marker("circle", fill=write_rgba(colour), edge=write_rgba(INK), size=size)
        hollow = draw_marker(
            "square", fill=write_rgba(PAPER), edge=write_rgba(colour), size=size, width="0.6"
        )
        none = draw_marker(
            "circle", fill=write_rgba(PAPER), edge=write_rgba(colour), size="1.6", width="0.5"
        )
        rules += [
            QgisRule(
                _joined(label, WORDS["residents"]), f"{on_side}{kind_or_empty} = 'residents'", full
            ),
            QgisRule(
                _joined(label, WORDS["registered"]),
                f"{on_side}{kind_or_empty} NOT IN ('residents', '')",
                hollow,
            ),
            QgisRule(
                _joined(label, WORDS["people_unknown"]), f"{on_side}{kind_or_empty} = ''", none
            ),
        ]
    if crossed:
        cross = draw_marker(
            "cross2", fill=write_rgba(INK), edge=write_rgba(INK), size="4.2", width="0.5"
        )
        rules.append(QgisRule(WORDS["legend_crossed"], f'"{crossed}"', cross))
    if sight:
        ring = draw_marker(
            "circle", fill="0,0,0,0", edge=write_rgba(EXPOSURE[3]), size="7", width="0.4"
        )
        rules.append(QgisRule(WORDS["legend_sight"], f"\"{sight}\" = 'visible'", ring, shown=False))
    return tuple(rules)


def _size(columns: Sequence[str], people: str = "population") -> str:
    """Give the size of a settlement's sign: by its people where they are known."""
    if people not in columns:
        return "1.6"
    return f'=coalesce(scale_exp("{people}", 100, 100000, 1.6, 6, 0.5), 1.6)'


def _control_change(project: Project, columns: Sequence[str]) -> tuple[QgisRule, ...]:
    size = _size(columns)
    muted = draw_marker("circle", fill=write_rgba(PAPER), edge=write_rgba(MUTED), size="1.6")
    doubt = draw_marker(
        "diamond", fill=write_rgba(PAPER), edge=write_rgba(MUTED), size="2.4", width="0.5"
    )
    cross = draw_marker(
        "cross2", fill=write_rgba(INK), edge=write_rgba(INK), size="3.2", width="0.5"
    )
    changed = tuple(
        QgisRule(
            WORDS["legend_changed"].format(side=side),
            f'"control" = \'changed\' AND "to_side" = {quote(side)}',
            draw_marker("circle", fill=write_rgba(colour), edge=write_rgba(INK), size=size),
        )
        for side, colour in choose_side_colours(project).items()
    )
    return (
        *changed,
        QgisRule(WORDS["legend_crossed"], "\"control\" = 'cut'", cross),
        QgisRule(WORDS["legend_uncertain"], "\"control\" = 'uncertain'", doubt),
        QgisRule(WORDS["code_unchanged"].capitalize(), "\"control\" = 'stayed'", muted),
        QgisRule(WORDS["outside"].capitalize(), "\"control\" = 'outside'", muted),
    )


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _corridors(project: Project, columns: Sequence[str]) -> tuple[QgisRule, ...]:  # noqa: ARG001
    if "kind" not in columns:
        return (QgisRule(WORDS["corridors"], symbol=draw_stroke(OTHER_CORRIDOR)),)
    named_kinds = tuple(
        QgisRule(label_corridor(kind), f'lower(trim("kind")) = {quote(kind)}', draw_stroke(style))
        for kind, style in CORRIDORS.items()
    )
    return (*named_kinds, QgisRule(WORDS["other"], "ELSE", draw_stroke(OTHER_CORRIDOR)))


def _corridor_sight(project: Project, columns: Sequence[str]) -> tuple[QgisRule, ...]:  # noqa: ARG001
    rule = QgisRule(WORDS["corridor_in_sight"], "ELSE", draw_stroke(CORRIDOR_IN_SIGHT))
    return tuple(
        QgisRule(label, f'"line" = {quote(key)}', children=(rule,), shown=newest)
        for key, label, newest in _newest_last(project)
    )


def _crossings(project: Project, columns: Sequence[str]) -> tuple[QgisRule, ...]:  # noqa: ARG001
    cross = draw_marker(
        "cross2", fill=write_rgba(INK), edge=write_rgba(INK), size="2.4", width="0.5"
    )
    return (QgisRule(WORDS["crossings"], symbol=cross),)


def _points(project: Project, columns: Sequence[str]) -> tuple[QgisRule, ...]:  # noqa: ARG001
    triangle = draw_marker("triangle", fill=write_rgba(PAPER), edge=write_rgba(INK), size="2.4")
    return (QgisRule(WORDS["points"], symbol=triangle),)


def write_label_expression(project: Project, *, columns: Sequence[str]) -> str:
    """Return the expression of a feature's name: both names, in the project's order.

    Parameters
    ----------
    project
        Gives the order of names.
    columns
        Only those of the layer are used; without a name there is no expression.
    """
    if "name" not in columns:
        return '"label"' if "label" in columns else ""
    if "name_alt" not in columns:
        return '"name"'
    first, second = '"name"', '"name_alt"'
    if project.map.names == "name_alt":
        first, second = second, first
    return (
        f"array_to_string(array_distinct(array_filter(array({first}, {second}), "
        "coalesce(@element, '') <> '')), ' / ')"
    )


def _document(rules: tuple[QgisRule, ...], label: str, priority: str) -> str:
    symbols: list[QgisSymbol] = []
    root = ET.Element(
        "qgis",
        version=VERSION,
        styleCategories="Symbology|Labeling",
        labelsEnabled="1" if label else "0",
        hasScaleBasedVisibilityFlag="0",
    )
    renderer = ET.SubElement(
        root,
        "renderer-v2",
        type="RuleRenderer",
        forceraster="0",
        symbollevels="0",
        enableorderby="0",
    )
    heads = ET.SubElement(renderer, "rules", key=_key(0))
    _write_rules(heads, rules, symbols, start=1)
    holder = ET.SubElement(renderer, "symbols")
    for number, symbol in enumerate(symbols):
        _write_symbol(holder, symbol, number)
    kind = symbols[0].kind if symbols else "fill"
    if label:
        _write_labels(root, label, kind, priority)
    ET.SubElement(root, "blendMode").text = "0"
    ET.SubElement(root, "featureBlendMode").text = "0"
    ET.SubElement(root, "layerGeometryType").text = GEOMETRY[kind]
    return DOCTYPE + ET.tostring(root, encoding="unicode")


def _key(number: int) -> str:
    """Return an identifier that stays the same from run to run."""
    return f"{{00000000-0000-4000-8000-{number:012d}}}"


def _write_rules(
    parent: ET.Element, rules: Iterable[QgisRule], symbols: list[QgisSymbol], *, start: int
) -> int:
    number = start
    for rule in rules:
        element = ET.SubElement(
            parent, "rule", key=_key(number), label=guard_expression(_visible(rule.label))
        )
        number += 1
        if rule.filter:
            element.set("filter", _visible(rule.filter))
        if not rule.shown:
            element.set("checkstate", "0")
        if rule.symbol is not None:
            element.set("symbol", str(len(symbols)))
            symbols.append(rule.symbol)
        number = _write_rules(element, rule.children, symbols, start=number)
    return number


def _visible(text: str) -> str:
    """Drop the control characters that no XML document may hold."""
    return "".join(c for c in text if c >= " " and c not in "\ufffe\uffff") or " "


def _write_symbol(parent: ET.Element, symbol: QgisSymbol, number: int) -> None:
    element = ET.SubElement(
        parent,
        "symbol",
        type=symbol.kind,
        name=str(number),
        alpha="1",
        clip_to_extent="1",
        force_rhr="0",
    )
    for name, properties in symbol.layers:
        layer = ET.SubElement(element, "layer", {"class": name})
        layer.attrib.update({"pass": "0", "locked": "0", "enabled": "1"})
        options = ET.SubElement(layer, "Option", type="Map")
        expressions = {k: v[1:] for k, v in properties.items() if v.startswith("=")}
        for key, value in properties.items():
            fixed = "2" if key in expressions else value
            ET.SubElement(options, "Option", type="QString", name=key, value=fixed)
        if expressions:
            _write_expressions(layer, expressions)


def _write_expressions(
    layer: ET.Element, expressions: dict[str, str], *, tag: str = "data_defined_properties"
) -> None:
    holder = ET.SubElement(layer, tag)
    top = ET.SubElement(holder, "Option", type="Map")
    ET.SubElement(top, "Option", type="QString", name="name", value="")
    listed = ET.SubElement(top, "Option", type="Map", name="properties")
    for key, expression in expressions.items():
        option = ET.SubElement(listed, "Option", type="Map", name=key)
        ET.SubElement(option, "Option", type="bool", name="active", value="true")
        ET.SubElement(option, "Option", type="QString", name="expression", value=expression)
        ET.SubElement(option, "Option", type="int", name="type", value="3")
    ET.SubElement(top, "Option", type="QString", name="type", value="collection")


def _write_labels(root: ET.Element, expression: str, kind: str, priority: str) -> None:
    labels = ET.SubElement(root, "labeling", type="simple")
    settings = ET.SubElement(labels, "settings", calloutType="simple")
    style = ET.SubElement(
        settings,
        "text-style",
        fieldName=expression,
        isExpression="1",
        fontFamily="DejaVu Sans",
        fontSize="8",
        fontSizeUnit="Point",
        fontWeight="50",
        fontItalic="1" if kind == "fill" else "0",
        textColor=write_rgba(MUTED if kind == "fill" else INK),
        textOpacity="1",
    )
    ET.SubElement(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.7",
        bufferSizeUnits="MM",
        bufferColor=write_rgba(PAPER),
        bufferOpacity="0.9",
    )
    placement = {"marker": "6", "line": "2", "fill": "1"}[kind]
    fixed = "6" if priority.startswith("=") else priority
    place = ET.SubElement(settings, "placement", placement=placement, priority=fixed)
    # beside the symbol, however large it is; above a line and along it
    place.attrib.update(dist="0.8", distUnits="MM", offsetType="1", placementFlags="10")
    # The land is no obstacle: as one, an outline would leave no room for the names within it.
    obstacle = "0" if kind == "fill" else "1"
    ET.SubElement(settings, "rendering", drawLabels="1", obstacle=obstacle, scaleVisibility="0")
    if priority.startswith("="):
        _write_expressions(settings, {"Priority": priority[1:]}, tag="dd_properties")


RELIEF_OPACITY = 0.45
"""Of the shaded relief: it is the ground of a map, and names must stay legible on it."""


def write_sight_qml(highest: float, *, open_ended: bool = False) -> str:
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
    bounds = choose_class_bounds(highest)
    colours = EXPOSURE[len(EXPOSURE) - len(bounds) :]
    names = dict(zip(map(str, bounds), write_count_labels(bounds), strict=True))
    if open_ended:
        del names[str(bounds[-1])]
        names["inf"] = f"> {bounds[-2]:,}"
    for (value, label), colour in zip(names.items(), colours, strict=True):
        ET.SubElement(
            shader, "item", value=value, color=colour, alpha="255", label=guard_expression(label)
        )
    return DOCTYPE + ET.tostring(root, encoding="unicode")


def write_relief_qml() -> str:
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
