"""Partitions: the parts of the study area that a project names, and the land of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from frontline.errors import ProjectError, show_value, suggest_name

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from frontline.inputs.layers import Layers


DISTRICTS = "districts"
"""Stands for the district layer where partitions are named by key."""
_NAMES = ("code", "pcode", "id", "key", "name")


@dataclass(frozen=True)
class PartitionPart:
    """One part of a partition.

    Parameters
    ----------
    partition
        Key of the partition, or ``districts``.
    part
        Code or name of the part; empty for the land outside all parts.
    name
        For people.
    land
        Its land inside the study area.
    """

    partition: str
    part: str
    name: str
    land: Any


def list_parts(layers: Layers, *, partition: str) -> tuple[PartitionPart, ...]:
    """List the parts of a partition, and the land outside them.

    Parameters
    ----------
    layers
        Study area, districts, partitions.
    partition
        Key of a partition, or ``districts``.

    Returns
    -------
    Parts in the layer's order, polygons of one code (else name, else number) united and cut to
    the study area, empty ones left out; last the rest of the study area, unless it is a rim of
    less than a metre.
    """
    table = layers.districts if partition == DISTRICTS else layers.partitions[partition]
    codes, names = _name_parts(table)
    shapes = np.asarray(table.geometry.to_numpy(), dtype=object)
    parts = []
    for code in dict.fromkeys(codes.tolist()):
        of_code = codes == code
        land = keep_areas(
            shapely.intersection(shapely.union_all(shapes[of_code]), layers.study_area)
        )
        if not land.is_empty:
            parts.append(PartitionPart(partition, code, str(names[of_code][0]), land))
    lands = [part.land for part in parts]
    rest = keep_areas(shapely.difference(layers.study_area, shapely.union_all(lands)))
    if not shapely.buffer(rest, -0.5).is_empty:
        parts.append(PartitionPart(partition, "", "outside", rest))
    return tuple(parts)


def unite_parts(layers: Layers, *, partition: str, words: Sequence[str], field: str) -> Any:
    """Unite parts of a partition.

    Parameters
    ----------
    layers
        Study area, districts, partitions.
    partition
        Key of a partition, or ``districts``.
    words
        Codes or names of parts; all parts if empty.
    field
        Key of the project that asks, for messages.

    Raises
    ------
    ProjectError
        If there is no such part.
    """
    known = [part for part in list_parts(layers, partition=partition) if part.part]
    for word in words:
        if not any(word in (part.part, part.name) for part in known):
            offer = suggest_name(word, words=[part.part for part in known])
            raise ProjectError(f"'{partition}' has no part {show_value(word)}.{offer}", field=field)
    chosen = set(words)
    lands = [part.land for part in known if not chosen or chosen & {part.part, part.name}]
    return shapely.union_all(lands)


def _name_parts(table: gpd.GeoDataFrame) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return code and name of each polygon: the first column that names all of them."""
    blank = np.array([str(number + 1) for number in range(len(table))], dtype=object)
    complete = [
        np.array([str(cell).strip() for cell in table[column]], dtype=object)
        for column in _NAMES
        if column in table and table[column].notna().all() and (table[column] != "").all()
    ]
    codes = complete[0] if complete else blank
    names = np.array([str(cell) for cell in table["name"]]) if "name" in table else codes
    return codes, names


def keep_areas(geometry: Any) -> Any:
    """Keep the polygons of a geometry, as one geometry."""
    parts = shapely.get_parts(shapely.get_parts(np.atleast_1d(np.asarray(geometry, object))))
    parts = shapely.get_parts(parts)
    areas = parts[shapely.get_dimensions(parts) == 2]
    return areas[0] if len(areas) == 1 else shapely.multipolygons(areas)
