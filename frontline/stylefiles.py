"""The styles of all layers as files, without a run: for data that are made elsewhere."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from frontline.columns import COLUMNS, LAYERS, PER_LINE, PER_PLACE, TITLES, Column
from frontline.features import DIMENSIONS, FeatureLayer
from frontline.layerstyles import layer_style
from frontline.manifest import manifest
from frontline.outputs import prepare_output, publish
from frontline.project import hash_inputs, load_project
from frontline.rasterstyles import relief_qml, sight_qml

if TYPE_CHECKING:
    from frontline.project import Project

MOST_POSTS = 1000
"""The highest class but one of a raster of sight whose counts are not known yet."""


def write_styles(path: Path | None, out: Path, *, force: bool = False) -> tuple[str, ...]:
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
    from frontline.demo import example_project

    project = load_project(path or example_project())
    with prepare_output(out, command="style", force=force) as output:
        files = {f"{name}.qml": partial(_write, text) for name, text in styles(project).items()}
        return publish(output, files, manifest=manifest(project, hash_inputs(project)))


def styles(project: Project) -> dict[str, str]:
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
    found = {}
    for name in names:
        layer = _bare(name, project)
        found[name] = layer_style(layer, project)
        if name in {"lines", "sides", "zones", "settlements", "corridor_sight"}:
            for line in project.lines:
                found[f"{name}_{line.key}"] = layer_style(layer, project, line=line.key)
    return {
        **found,
        "sight": sight_qml(MOST_POSTS, open_ended=True),
        "hillshade": relief_qml(),
    }


def _bare(name: str, project: Project) -> FeatureLayer:
    """Give a layer with its columns and without features."""
    import numpy as np
    import pandas as pd

    columns = _columns(name, project)
    title, description = TITLES["partition_<key>" if name.startswith("partition_") else name]
    return FeatureLayer(
        name=name,
        title=title,
        description=description,
        frame=pd.DataFrame({column.name: [] for column in columns}),
        geometry=np.array([], dtype=object),
        dimension=DIMENSIONS.get(name, 2),
        columns=columns,
        notes=(),
    )


def _columns(name: str, project: Project) -> tuple[Column, ...]:
    from dataclasses import replace

    if name != "settlements":
        return LAYERS.get(name, COLUMNS.get(name, ()))
    per_line = [
        replace(column, name=f"{column.name}_{line.key}", alias=f"{line.label}: {column.alias}")
        for line in project.lines
        for column in PER_LINE
    ]
    return (*PER_PLACE, *per_line)


def _write(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
