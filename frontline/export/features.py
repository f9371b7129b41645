"""The layers of the GeoPackage as plain arrays: one feature per row, names that SQLite takes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from frontline.analysis.settlements import PER_LINE, PER_LINE_FURTHER, PER_PLACE
from frontline.errors import to_one_line
from frontline.records import Note
from frontline.results.registry import LAYERS, TABLES
from frontline.results.tables import (
    list_columns,
    make_names_unique,
    make_tables,
    rank_source,
    tidy_columns,
)
from frontline.results.wording import write_sight_warning
from frontline.results.words import WORDS, label_source
from frontline.schema import Column

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from frontline.project.models import Project
    from frontline.results.model import Results


SHAPES = {0: "Point", 1: "MultiLineString", 2: "MultiPolygon"}
"""Geometry type of a layer by dimension; points stay single, as the readers of styles expect."""

DIMENSIONS = {
    **dict.fromkeys(("lines", "alternative_lines", "corridors", "corridor_sight"), 1),
    **dict.fromkeys(("crossings", "points", "settlements", "control_change"), 0),
}
"""Dimension of a layer's geometry; 2 for every other layer."""


@dataclass(frozen=True)
class FeatureLayer:
    """One layer, ready to be written.

    Parameters
    ----------
    name, title, description
        Name in the file, and words for people.
    frame
        Attributes, columns named as in `columns`.
    geometry
        Array of shape ``(n,)`` in EPSG:4326, of one dimension only.
    dimension
        0, 1 or 2.
    columns
        What each column is.
    notes
        Columns that had to be renamed.
    """

    name: str
    title: str
    description: str
    frame: pd.DataFrame
    geometry: NDArray[np.object_]
    dimension: int
    columns: tuple[Column, ...]
    notes: tuple[Note, ...]


def make_feature_layers(results: Results) -> tuple[FeatureLayer, ...]:
    """Lay out every layer, from the ground up as a map draws them.

    Parameters
    ----------
    results
        What a run has computed.

    Returns
    -------
    The layers of the contract, the empty ones too; partitions, the study area, crossings, the
    outlines of settlements, corridors in sight and settlements before and after a change where
    there are any. Names of columns that SQLite takes for
    the same or that the format uses itself are changed by `make_names_unique`, and noted. They
    are made once for the results.
    """
    return results.compute_once("feature layers", compute=lambda: _make_layers(results))


def _make_layers(results: Results) -> tuple[FeatureLayer, ...]:
    import shapely

    frames = make_tables(results)
    project = results.project
    plain = {
        name: _sort_like(getattr(results, name), frames[name], LAYERS[name].key)
        for name in ("sides", "changes", "lines")
    }
    # A flow of no land has its row in the table and nothing to be drawn.
    shapes = plain["changes"].geometry.to_numpy()
    plain["changes"] = plain["changes"][~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    layers = [_make_layer("study_area", results.study_area)]
    labels = {partition.key: partition.label for partition in project.partitions}
    for key, frame in results.partitions.items():
        layers.append(_make_layer(f"partition_{key}", frame, title=labels.get(key, key)))
    layers.append(_make_layer("districts", results.districts))
    layers += [_make_layer(name, plain[name]) for name in ("sides", "changes")]
    layers.append(_make_zones(results, frames["zones"]))
    layers.append(_make_layer("lines", plain["lines"]))
    if results.alternative_lines is not None:
        layers.append(_make_layer("alternative_lines", results.alternative_lines))
    layers.append(_make_layer("corridors", results.corridors))
    layers += _make_corridor_sight(results)
    if len(results.crossings):
        layers.append(
            _make_layer(
                "crossings", results.crossings.assign(**_list_coordinates(results.crossings))
            )
        )
    layers.append(_make_layer("points", results.points))
    layers += _make_settlements(results, frames["settlements"])
    layers += _make_control_change(frames["control_change"], layers[-1])
    titles = make_names_unique([layer.title for layer in layers], taken=())
    return tuple(replace(layer, title=title) for layer, title in zip(layers, titles, strict=True))


def _list_coordinates(frame: gpd.GeoDataFrame) -> dict[str, list[float]]:
    points = frame.geometry
    return {"lon": [point.x for point in points], "lat": [point.y for point in points]}


def _make_layer(
    name: str,
    frame: gpd.GeoDataFrame,
    *,
    title: str = "",
    columns: Sequence[Column] | None = None,
) -> FeatureLayer:
    """Make a layer of a frame; ``columns`` describe it where the name alone does not."""
    key = "partition_<key>" if name.startswith("partition_") else name
    attributes = tidy_columns(frame, columns=LAYERS[key].columns if columns is None else columns)
    described = (
        list_columns(attributes, table=key)
        if columns is None
        else _describe_known(attributes, columns)
    )
    names = make_names_unique(attributes.columns)
    renamed = [
        (column.name, new)
        for column, new in zip(described, names, strict=True)
        if column.name != new
    ]
    attributes.columns = names
    dimension = DIMENSIONS.get(name, 2)
    geometry = [_keep_dimension(shape, dimension) for shape in frame.geometry]
    return FeatureLayer(
        name=name,
        title=title or LAYERS[key].title,
        description=LAYERS[key].sentence,
        frame=attributes,
        geometry=_make_array(geometry),
        dimension=dimension,
        columns=tuple(
            replace(column, name=new) for column, new in zip(described, names, strict=True)
        ),
        notes=tuple(
            Note(name, f"Column '{to_one_line(old)}' is called '{new}' in the GeoPackage.")
            for old, new in renamed
        ),
    )


def _describe_known(attributes: pd.DataFrame, columns: Sequence[Column]) -> list[Column]:
    declared = {column.name: column for column in columns}
    guessed = list_columns(attributes, table="")
    return [declared.get(column.name, column) for column in guessed]


def _make_array(values: Sequence[object]) -> NDArray[np.object_]:
    import numpy as np

    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _keep_dimension(shape: object, dimension: int) -> object:
    """Keep the parts of a shape that a layer of this dimension can hold; None if there are none."""
    import shapely

    if shape is None or shapely.is_empty(shape):
        return None
    parts = shapely.get_parts(shapely.get_parts(shape))
    fitting = parts[shapely.get_dimensions(parts) == dimension]
    if not len(fitting):
        return None
    if dimension == 0:
        return fitting[0]
    return shapely.multipolygons(fitting) if dimension == 2 else shapely.multilinestrings(fitting)


def _sort_like(
    frame: gpd.GeoDataFrame, ordered: pd.DataFrame, keys: Sequence[str]
) -> gpd.GeoDataFrame:
    """Bring features into the order of their table, so that the order of the run does not show."""

    def rows_of(table: pd.DataFrame) -> list[tuple[str, ...]]:
        return list(zip(*(table[key].astype("str") for key in keys), strict=True))

    place = {row: number for number, row in enumerate(rows_of(ordered))}
    rows = rows_of(frame)
    order = sorted(range(len(frame)), key=lambda number: place.get(rows[number], len(place)))
    return frame.iloc[order].reset_index(drop=True)


OF_LIST = {
    "settlements",
    "settlements_unknown",
    "completeness",
    "completeness_by",
    "figures_first",
    "figures_last",
    "figures_undated",
    "figures_outdated",
    "present_low",
    "present_high",
    "displacement",
}
"""Columns of zones.csv that a zone has of the list of settlements, beside its people."""


_BANDS = ("population_inner", "population_outer")
"""Columns of people that a zone of the layer does without."""


def _make_zones(results: Results, people: pd.DataFrame) -> FeatureLayer:
    """Make one feature per zone, the people of every source beside each other."""
    keys = list(LAYERS["zones"].key)
    zones = _sort_like(results.zones, people.drop_duplicates(keys), keys)
    columns = list(LAYERS["zones"].columns)
    for source in sorted(people["source"].dropna().unique(), key=rank_source):
        rows = people[people["source"] == source].drop_duplicates(keys).set_index(keys)
        rows = rows.reindex(zones.set_index(keys).index)
        for column in _list_source_columns(source):
            base = column.name.removeprefix(f"population_{_write_word(source)}")
            if f"population{base}" not in rows:
                continue
            zones[column.name] = rows[f"population{base}"].to_numpy()
            columns.append(column)
        if source == "settlements":
            for column in TABLES["zones"].columns:
                if column.name in OF_LIST and column.name in rows:
                    zones[column.name] = rows[column.name].array
                    columns.append(column)
    return _make_layer("zones", zones, columns=columns)


def _list_source_columns(source: str) -> Iterator[Column]:
    table = TABLES["zones"]
    for column in (*table.columns, *table.range_columns["population"]):
        if column.name.startswith("population") and column.name not in _BANDS:
            end = column.name.removeprefix("population")
            yield replace(
                column,
                name=f"population_{_write_word(source)}{end}",
                alias=f"{column.alias}: {label_source(source)}",
                description=f"{column.description} Source: {source}.",
            )


def _write_word(source: str) -> str:
    """Make a source part of a column's name: letters, digits and underscores."""
    return "".join(c if c.isalnum() and c.isascii() else "_" for c in source.lower())


def _make_corridor_sight(results: Results) -> list[FeatureLayer]:
    """Make a line of each corridor's course in each zone where some of it is in sight.

    From coarse elevation it is an illustration, and its title and description say so.
    """
    courses = results.further.get("corridor_sight")
    if courses is None or not hasattr(courses, "geometry"):
        return []
    courses = courses[courses.geometry.notna()]
    if not len(courses):
        return []
    layer = _make_layer("corridor_sight", courses)
    warning = write_sight_warning(results.sight)
    if not warning:
        return [layer]
    return [
        replace(
            layer,
            title=f"{layer.title} ({WORDS['illustration_short']})",
            description=f"{layer.description} {warning}",
        )
    ]


def _make_control_change(table: pd.DataFrame, settlements: FeatureLayer) -> list[FeatureLayer]:
    """Make a point of every settlement before and after a change of line."""
    import geopandas as gpd

    if not len(table):
        return []
    places = settlements.frame[["id", "name_alt"]].assign(geometry=settlements.geometry)
    joined = table.merge(places.drop_duplicates("id"), on="id", how="left", validate="m:1")
    return [_make_layer("control_change", gpd.GeoDataFrame(joined, geometry="geometry"))]


def _make_settlements(results: Results, table: pd.DataFrame) -> list[FeatureLayer]:
    """Make one point per settlement, and outlines where the input gives polygons."""
    import geopandas as gpd
    import shapely

    wide, columns = _widen_settlements(table, results.project)
    shapes = results.settlements.drop_duplicates("id").set_index("id").geometry
    shapes = shapes.reindex(wide["id"]) if len(wide) else shapes
    outlines = gpd.GeoDataFrame(wide[["id", "name", "name_alt"]], geometry=shapes.to_numpy())
    outlines = outlines[shapely.get_dimensions(shapes.to_numpy()) == 2]
    points = [_find_point(shape, row) for shape, row in zip(shapes, wide.itertuples(), strict=True)]
    places = gpd.GeoDataFrame(wide, geometry=gpd.GeoSeries(points, index=wide.index))
    layers = [_make_layer("settlements", places, columns=columns)]
    return [_make_layer("settlement_areas", outlines), *layers] if len(outlines) else layers


def _find_point(shape: object, row: object) -> object:
    import shapely

    if shape is None or shapely.is_empty(shape) or shapely.get_dimensions(shape) == 0:
        return shape
    lon, lat = getattr(row, "lon", None), getattr(row, "lat", None)
    if lon is None or lat is None or lon != lon or lat != lat:  # noqa: PLR0124 - NaN
        return shapely.point_on_surface(shape)
    return shapely.Point(lon, lat)


def name_line_column(name: str, *, line: str, taken: Collection[str] = ()) -> str:
    """Name the column of a line in the layer of settlements.

    Parameters
    ----------
    name
        Of the column in the table of settlements.
    line
        Key of the line.
    taken
        Columns of the place that differ from line to line and stand once per line themselves.

    Returns
    -------
    The name and the key; the figure at the line's date is plainly ``population_<line>`` where
    that is free.
    """
    plain = name == "population_at_line" and "population" not in taken
    return f"{'population' if plain else name}_{line}"


def _widen_settlements(
    table: pd.DataFrame, project: Project
) -> tuple[pd.DataFrame, tuple[Column, ...]]:
    """Bring the rows of a place side by side: its own columns, then those of each line.

    A column of the place that differs from line to line, such as a population that counts for
    one date only, stands once with its first known value and once per line.
    """
    grouped = table.groupby("id", sort=False, dropna=False)
    wide = grouped.first().reset_index()
    fixed = [column for column in PER_PLACE if column.name in table.columns]
    further = [column.name for column in PER_LINE_FURTHER if column.name in table.columns]
    per_line = [*(column.name for column in PER_LINE), *further]
    others = [c for c in table.columns if c not in {"line", *per_line}]
    varying = [c for c in others if c != "id" and (grouped[c].nunique(dropna=False) > 1).any()]
    described = {column.name: column for column in list_columns(table, table="settlements")}
    rest = [described[c] for c in others if c not in {f.name for f in fixed} and c not in varying]
    columns, data = list(fixed), {c.name: wide[c.name] for c in fixed}
    for line in project.lines:
        rows = table[table["line"] == line.key].drop_duplicates("id").set_index("id")
        rows = rows.reindex(wide["id"])
        for name in [*per_line, *varying]:
            column = described[name]
            new = name_line_column(name, line=line.key, taken=varying)
            data[new] = rows[name].set_axis(wide.index)
            columns.append(replace(column, name=new, alias=f"{line.label}: {column.alias}"))
    import pandas as pd

    frame = pd.DataFrame({**data, **{column.name: wide[column.name] for column in rest}})
    return frame, (*columns, *rest)
