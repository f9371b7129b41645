"""Which layer of the GeoPackage is drawn how, and the styles kept inside the file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from frontline.analysis.settlements import PER_LINE, PER_LINE_FURTHER, PER_PLACE
from frontline.export.features import DIMENSIONS, FeatureLayer, name_line_column
from frontline.export.manifest import describe_run
from frontline.export.publish import prepare_output, publish
from frontline.export.qgis.style import (
    DOCTYPE,
    clean_xml_text,
    guard_expression,
    write_label_expression,
    write_qml,
    write_relief_qml,
    write_sight_qml,
)
from frontline.inputs.series import expand_dates
from frontline.project.loader import hash_inputs, load_project
from frontline.results.registry import FURTHER, LAYERS
from frontline.results.style import CORRIDORS
from frontline.results.tables import is_empty, make_names_unique
from frontline.results.words import WORDS, label_corridor
from frontline.schema import Column, choose_decimals

if TYPE_CHECKING:
    from frontline.project.models import Project


SIGHT = {
    "visible": WORDS["code_visible"],
    "hidden": WORDS["code_hidden"],
    "unknown": WORDS["unknown"],
    "out_of_range": WORDS["out_of_range"],
}
CONTROL = {
    "stayed": WORDS["stayed"],
    "changed": WORDS["changed"],
    "cut": WORDS["cut"],
    "uncertain": WORDS["control_uncertain"],
    "outside": WORDS["outside"],
}
FIGURES = {word: WORDS[word] for word in ("residents", "registered", "displaced")}
VOCABULARIES: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(("in_sight", "sight_before", "sight_after"), SIGHT),
    "control": CONTROL,
    "population_kind": {**FIGURES, "": WORDS["unknown"]},
}
"""Words for the values of columns that are the same in every layer."""
KINDS = {
    "zones": ("cumulative", "ring"),
    "changes": ("changed", "unchanged", "within_error"),
}
"""Values of the column ``kind``; in other layers it holds what the input says."""
PREVIEWS = {
    "zones": '"side" || \', \' || "distance_m" / 1000 || \' km, \' || "kind"',
    "sides": '"side"',
    "changes": '"from_side" || \' → \' || "to_side"',
}
"""How a feature without a name is called where QGIS lists features."""
ALONG = frozenset(("corridors", "corridor_sight", "crossings"))
"""Layers whose ``kind`` is that of a corridor: known ones have words, others stand as given."""


def write_layer_style(layer: FeatureLayer, *, project: Project, line: str = "") -> str:
    """Write the style of a layer: symbols, labels, aliases and value maps.

    Parameters
    ----------
    layer
        A layer of the GeoPackage.
    project
        Gives lines, sides, colours and distances.
    line
        Key of the only line that the layer is to show; every line without it.

    Returns
    -------
    A QML document.

    Notes
    -----
    The GeoPackage holds the aliases in the standard's own table too, which QGIS reads since
    GDAL 3.7 only.
    """
    text = write_qml(
        layer.name, project=project, columns=[column.name for column in layer.columns], line=line
    )
    root = ET.fromstring(text)  # noqa: S314 - our own text
    root.set("styleCategories", root.get("styleCategories", "Symbology") + "|Fields|Forms")
    _write_widgets(root, layer, list_codes(layer, project=project))
    named = write_label_expression(project, columns=[column.name for column in layer.columns])
    ET.SubElement(root, "previewExpression").text = PREVIEWS.get(layer.name, named)
    listed = ET.SubElement(root, "aliases")
    for index, (column, alias) in enumerate(
        zip(layer.columns, list_aliases(layer), strict=True), 1
    ):
        entry = {
            "index": str(index),
            "field": clean_xml_text(column.name),
            "name": guard_expression(alias),
        }
        ET.SubElement(listed, "alias", entry)
    return DOCTYPE + ET.tostring(root, encoding="unicode")


def list_aliases(layer: FeatureLayer) -> list[str]:
    """Give every column's words for people; the standard wants no two alike in a layer."""
    return make_names_unique([column.title for column in layer.columns], taken=())


def list_codes(layer: FeatureLayer, *, project: Project) -> dict[str, dict[str, str]]:
    """List the values that the coded columns of a layer can have, with words for people.

    Parameters
    ----------
    layer
        A layer of the GeoPackage. A value that it holds beside the known ones is listed too.
    project
        Gives the names of sides and the labels of lines.

    Returns
    -------
    Words by value, by name of column. Columns with any text are not in it.
    """
    codes = {}
    ours = (set(LAYERS[layer.name].names) if layer.name in LAYERS else set()) | set(FURTHER)
    for column in layer.columns:
        stem = _find_stem(column.name, project)
        theirs = stem == column.name and stem not in ours
        labels = {} if theirs else _keep_known(layer.name, stem, project)
        if labels:
            values = dict.fromkeys(_make_text(value) for value in layer.frame[column.name])
            codes[column.name] = {**labels, **{v: v for v in values if v not in labels and v}}
    return codes


def _make_text(value: object) -> str:
    return "" if is_empty(value) else clean_xml_text(str(value))


def _find_stem(name: str, project: Project) -> str:
    """Give the name of a column without the key of the line that it stands for."""
    per_line = {column.name for column in (*PER_LINE, *PER_LINE_FURTHER)}
    for line in project.lines:
        stem = name.removesuffix(f"_{line.key}")
        if stem != name and (stem in per_line or stem == "population_kind"):
            return stem
    return name


def _keep_known(layer: str, stem: str, project: Project) -> Mapping[str, str]:
    """Give the vocabulary of a column; an empty one where any text may stand."""
    if stem in {"line", "from_line", "to_line"}:
        return {line.key: line.label for line in project.lines}
    if stem in {"side", "from_side", "to_side", "counted_by"}:
        names = {side.name: side.name for side in project.sides}
        outside = {"": WORDS["outside"]} if stem == "side" else {"": ""}
        return {**names, **outside} if names else {}
    if stem == "kind":
        along = {kind: label_corridor(kind) for kind in CORRIDORS if layer in ALONG}
        return along or {value: WORDS[f"code_{value}"] for value in KINDS.get(layer, ())}
    return VOCABULARIES.get(stem, {})


def _write_widgets(
    root: ET.Element, layer: FeatureLayer, coded: Mapping[str, Mapping[str, str]]
) -> None:
    """Say how values are shown: words for codes, numbers with the decimals that a reader wants.

    The file holds every digit.
    """
    fields = ET.SubElement(root, "fieldConfiguration")
    for column in layer.columns:
        decimals = choose_decimals(column)
        if column.name not in coded and decimals is None:
            continue
        kind = "ValueMap" if column.name in coded else "Range"
        field = ET.SubElement(
            fields, "field", name=clean_xml_text(column.name), configurationFlags="None"
        )
        widget = ET.SubElement(field, "editWidget", type=kind)
        options = ET.SubElement(ET.SubElement(widget, "config"), "Option", type="Map")
        if kind == "Range":
            for name, sort, value in (
                ("AllowNull", "bool", "true"),
                ("Precision", "int", str(decimals)),
                ("Style", "QString", "SpinBox"),
            ):
                ET.SubElement(options, "Option", type=sort, name=name, value=value)
            continue
        values = coded[column.name]
        listed = ET.SubElement(options, "Option", type="List", name="map")
        for value, words in values.items():
            pair = ET.SubElement(listed, "Option", type="Map")
            entry = {"type": "QString", "name": guard_expression(words), "value": value}
            ET.SubElement(pair, "Option", entry)


MOST_POSTS = 1000
"""The highest class but one of a raster of sight whose counts are not known yet."""


def write_styles(path: Path | None, *, out: Path, force: bool = False) -> tuple[str, ...]:
    """Write the style of every layer of a project.

    Parameters
    ----------
    path
        The project file; that of the example without it.
    out
        Folder for the files.
    force
        Write over a folder that another command made.

    Returns
    -------
    Names of the files written, the manifest last.

    Raises
    ------
    FrontlineError
        The project is wrong, or the folder cannot be written.
    """
    from frontline.project.example import find_example

    project = expand_dates(load_project(path or find_example()))
    with prepare_output(out, command="style", force=force) as output:
        files = {
            f"{name}.qml": partial(_write, text) for name, text in list_styles(project).items()
        }
        return publish(
            output, writers=files, manifest=describe_run(project, inputs=hash_inputs(project))
        )


def list_styles(project: Project) -> dict[str, str]:
    """Give the style of every layer by name: together, and of one line where it has one.

    Parameters
    ----------
    project
        Gives lines, sides, colours and distances.

    Returns
    -------
    QML documents; ``sight`` and ``hillshade`` are those of the rasters.
    """
    names = [name for name in LAYERS if name != "partition_<key>"]
    names += [f"partition_{partition.key}" for partition in project.partitions]
    styles = {}
    for name in names:
        layer = _make_bare(name, project)
        styles[name] = write_layer_style(layer, project=project)
        if name in {"lines", "sides", "zones", "settlements", "corridor_sight"}:
            for line in project.lines:
                styles[f"{name}_{line.key}"] = write_layer_style(
                    layer, project=project, line=line.key
                )
    return {
        **styles,
        "sight": write_sight_qml(MOST_POSTS, open_ended=True),
        "hillshade": write_relief_qml(),
    }


def _make_bare(name: str, project: Project) -> FeatureLayer:
    """Give a layer with its columns and without features."""
    import numpy as np
    import pandas as pd

    columns = _list_columns(name, project)
    declared = LAYERS["partition_<key>" if name.startswith("partition_") else name]
    return FeatureLayer(
        name=name,
        title=declared.title,
        description=declared.sentence,
        frame=pd.DataFrame({column.name: [] for column in columns}),
        geometry=np.array([], dtype=object),
        dimension=DIMENSIONS.get(name, 2),
        columns=columns,
        notes=(),
    )


def _list_columns(name: str, project: Project) -> tuple[Column, ...]:
    from dataclasses import replace

    if name != "settlements":
        return LAYERS[name].columns if name in LAYERS else ()
    per_line = [
        replace(
            column,
            name=name_line_column(column.name, line=line.key),
            alias=f"{line.label}: {column.alias}",
        )
        for line in project.lines
        for column in PER_LINE
    ]
    return (*PER_PLACE, *per_line)


def _write(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
