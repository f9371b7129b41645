"""The layers of the GeoPackage as GeoJSON and GeoParquet, for programs that read those."""

from __future__ import annotations

import json
import math
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frontline.errors import OutputError, ProjectError
from frontline.export.features import FeatureLayer, make_feature_layers
from frontline.export.metadata import collect_facts
from frontline.results.tables import is_empty

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from frontline.project.models import Project
    from frontline.results.model import Results


DIGITS = 7
"""Decimals of a degree: a centimetre, as RFC 7946 advises no more than the data deserve."""
FEATURE_IDS = ("id", "code")
"""Columns that identify a feature of a layer, if no value stands twice."""


def check_exports(project: Project) -> None:
    """Refuse a format whose library is absent, before anything is computed.

    Raises
    ------
    ProjectError
        GeoParquet is asked for and pyarrow is not installed; names what to install.
    """
    if "geoparquet" in project.outputs.write and find_spec("pyarrow") is None:
        raise ProjectError(
            "'geoparquet' needs pyarrow, which is not installed. Run: "
            "pip install 'frontline-gis[parquet]', or leave it out.",
            path=project.path,
            field="outputs.write",
        )


def list_writers(
    results: Results, *, formats: Collection[str]
) -> dict[str, Callable[[Path], object]]:
    """List the files of the formats that are asked for: what writes each, by its path."""
    files: dict[str, Callable[[Path], object]] = {}
    for layer in make_feature_layers(results) if {"geojson", "geoparquet"} & set(formats) else ():
        if "geojson" in formats:
            about = collect_facts(results, layer=layer)
            files[f"geojson/{layer.name}.geojson"] = partial(write_geojson, layer, about)
        if "geoparquet" in formats:
            files[f"geoparquet/{layer.name}.parquet"] = partial(write_geoparquet, layer)
    return files


def write_geojson(layer: FeatureLayer, about: dict[str, str], path: Path) -> None:
    """Write a layer as RFC 7946 has it, the same bytes for the same layer.

    Parameters
    ----------
    layer
        In EPSG:4326, cut at the antimeridian.
    about
        Facts of the layer, as in `collect_facts`; they stand in the member ``about``.
    path
        The file, overwritten.

    Notes
    -----
    Outer rings run counter-clockwise, coordinates have seven decimals, an unknown value and one
    that is not finite are null, and there is no ``crs``. What falls to nothing when it is rounded
    has no geometry.

    References
    ----------
    RFC 7946, The GeoJSON Format, 2016.
    """
    import shapely

    shapes = round_coordinates(layer.geometry)
    head: dict[str, Any] = {
        "type": "FeatureCollection",
        "name": layer.name,
        "about": {key.lower(): value for key, value in about.items()},
    }
    drawable = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if len(drawable):
        head["bbox"] = _find_box(drawable)
    columns = [
        (column.name, [_make_plain(value) for value in layer.frame[column.name]])
        for column in layer.columns
    ]
    numbers = _choose_feature_ids(columns)
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        file.write(_write_json(head)[:-1] + ', "features": [\n')
        for row, shape in enumerate(shapes):
            feature: dict[str, Any] = {"type": "Feature"}
            if numbers:
                feature["id"] = numbers[row]
            feature["properties"] = {name: values[row] for name, values in columns}
            feature["geometry"] = _describe_geometry(shape)
            file.write(_write_json(feature) + (",\n" if row + 1 < len(shapes) else "\n"))
        file.write("]}\n")


def round_coordinates(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Round coordinates to seven decimals, turn rings to the right hand, keep areas valid.

    Parameters
    ----------
    shapes
        Geometries in degrees, shape ``(n,)``; None stays.

    Returns
    -------
    ndarray
        Geometries, shape ``(n,)``.
    """
    import numpy as np
    import shapely

    flat = shapely.transform(shapes, lambda lonlat: np.round(lonlat, DIGITS) + 0.0)
    folded = np.flatnonzero(~shapely.is_valid(flat) & ~shapely.is_missing(flat))
    for row in folded:  # a ring that touches itself once it is rounded
        whole = shapely.make_valid(flat[row], method="structure", keep_collapsed=False)
        mended = shapely.set_precision(whole, 10.0**-DIGITS)
        flat[row] = shapely.transform(mended, lambda lonlat: np.round(lonlat, DIGITS) + 0.0)
    result: NDArray[np.object_] = shapely.orient_polygons(flat, exterior_cw=False)
    return result


def _find_box(shapes: NDArray[np.object_]) -> list[float]:
    """Give west, south, east, north; west is greater than east across the antimeridian."""
    import numpy as np
    import shapely

    west, south, east, north = (float(value) for value in shapely.total_bounds(shapes))
    if west == -180.0 and east == 180.0:
        bounds = shapely.bounds(shapely.get_parts(shapes))
        right = bounds[bounds[:, 0] >= 0, 0]
        left = bounds[bounds[:, 2] <= 0, 2]
        if len(right) + len(left) == len(bounds) and len(right) and len(left):
            west, east = float(np.min(right)), float(np.max(left))
    return [west, south, east, north]


def _choose_feature_ids(columns: list[tuple[str, list[Any]]]) -> list[Any]:
    named = dict(columns)
    for name in FEATURE_IDS:
        values = named.get(name, [])
        if values and all(v not in {None, ""} for v in values) and len(set(values)) == len(values):
            return values
    return []


def _make_plain(value: Any) -> Any:
    """Give a value as JSON holds it."""
    if is_empty(value):
        return None
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        return value + 0.0 if math.isfinite(value) else None
    return value if isinstance(value, bool | int | str) else str(value)


def _describe_geometry(shape: Any) -> Any:
    import shapely

    if shape is None or shape.is_empty:
        return None
    return json.loads(shapely.to_geojson(shape))


def _write_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def write_geoparquet(layer: FeatureLayer, path: Path) -> None:
    """Write a layer as GeoParquet 1.1 with the box of every feature.

    Parameters
    ----------
    layer
        In EPSG:4326, cut at the antimeridian.
    path
        The file, overwritten.

    Raises
    ------
    OutputError
        pyarrow is not installed.
    """
    import geopandas as gpd

    frame = gpd.GeoDataFrame(_set_type(layer), geometry=layer.geometry, crs="EPSG:4326")
    try:
        frame.to_parquet(path, index=False, schema_version="1.1.0", write_covering_bbox=True)
    except ImportError as error:
        raise OutputError(
            "needs pyarrow, which is not installed. Run: pip install 'frontline-gis[parquet]'.",
            path=path.name,
        ) from error


def _set_type(layer: FeatureLayer) -> pd.DataFrame:
    """Give every column the one type that it has in every file."""
    import pandas as pd

    columns: dict[str, pd.Series[Any]] = {}
    for column in layer.columns:
        series = layer.frame[column.name].reset_index(drop=True)
        name = "geometry_" if column.name == "geometry" else column.name
        if column.type == "integer":
            columns[name] = series.astype("Int64")
        elif column.type == "number":
            columns[name] = series.astype("float64")
        elif column.type == "boolean":
            columns[name] = series.astype("boolean")
        else:
            texts = [None if is_empty(value) else str(value) for value in series]
            columns[name] = pd.Series(texts, dtype="str")
    return pd.DataFrame(columns, index=range(len(layer.geometry)))
