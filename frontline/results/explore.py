"""A map to look at in a notebook and to add to: the results as layers of a `folium.Map`.

folium, which nothing else uses, takes ``{{ }}``, ``{% %}`` and ``${ }`` in a text for code: every
text of the data goes through `escape_text`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd
import shapely

from frontline.results.numbers import round_row, write_whole
from frontline.results.style import SETTLEMENT_OUTSIDE, choose_line_styles, choose_side_colours
from frontline.results.wording import (
    add_validity,
    escape_text,
    sort_lines,
    write_accuracy,
    write_days,
    write_distance,
    write_far,
    write_place_name,
)

if TYPE_CHECKING:
    import folium
    import geopandas as gpd

    from frontline.project.models import LineSpec, Project


Feature = dict[str, Any]
Record = Mapping[Any, Any]


class Mapped(Protocol):
    """What of a run's results the map shows."""

    @property
    def project(self) -> Project:
        """The project."""

    @property
    def study_area(self) -> gpd.GeoDataFrame:
        """The study area."""

    @property
    def lines(self) -> gpd.GeoDataFrame:
        """The dated lines."""

    @property
    def sides(self) -> gpd.GeoDataFrame:
        """Land by line and side."""

    @property
    def zones(self) -> gpd.GeoDataFrame:
        """Land within distances."""

    @property
    def settlements(self) -> gpd.GeoDataFrame:
        """Settlements by line."""


def draw_explore_map(results: Mapped, *, tiles: str | None = None) -> folium.Map:
    """Draw the results as a map for a notebook.

    Parameters
    ----------
    results
        Of a run.
    tiles
        Online tiles beneath, as folium names them, such as ``"OpenStreetMap"``. None asks for
        none: their server learns where the reader looks.

    Returns
    -------
    A map with a layer of land, zones and settlements for each line, the newest switched on. Layers
    of one's own can be added to it.

    Notes
    -----
    In a browser folium's map loads its scripts from the network; the page ``map.html`` of a run
    does not.
    """
    import folium

    west, south, east, north = (float(end) for end in results.study_area.total_bounds)
    page = folium.Map(tiles=tiles, location=[(south + north) / 2, (west + east) / 2])
    sides = (str(side) for side in results.sides["side"].dropna())
    colours = choose_side_colours(results.project, others=sides)
    newest = sort_lines(results.project)[-1].key
    for line in sort_lines(results.project):
        for name, features in _list_layers(results, line, colours):
            _add_layer(page, name, features, shown=line.key == newest)
    folium.LayerControl(collapsed=False).add_to(page)
    page.fit_bounds([[south, west], [north, east]])
    return page


def _list_layers(
    results: Mapped, line: LineSpec, colours: Mapping[str, str]
) -> Iterator[tuple[str, list[Feature]]]:
    """Give the layers of one line: their names and features, from the bottom up."""
    when = write_days(results.project)[line.key]
    yield f"Land, {when}", list(_list_land(results.sides, line, colours))
    yield f"Zones, {when}", list(_list_zones(results.zones, line, colours))
    yield f"Line, {when}", list(_draw_line(results, line))
    yield f"Settlements, {when}", list(_list_settlements(results, line, colours))


def _list_land(
    sides: gpd.GeoDataFrame, line: LineSpec, colours: Mapping[str, str]
) -> Iterator[Feature]:
    for row in sides[sides["line"] == line.key].to_dict("records"):
        area = round_row(row, column="area_km2").in_sentence("km²")
        yield _make_feature(
            row["geometry"], f"{row['side']}: {area}", colours.get(row["side"]), 0.12
        )


def _list_zones(
    zones: gpd.GeoDataFrame, line: LineSpec, colours: Mapping[str, str]
) -> Iterator[Feature]:
    """Give the zones, the widest first, so that the nearest lies on top."""
    cumulative = zones[(zones["line"] == line.key) & (zones["kind"] == "cumulative")]
    for row in cumulative.sort_values("distance_m", ascending=False, kind="stable").to_dict(
        "records"
    ):
        area = round_row(row, column="area_km2").in_sentence("km²")
        words = f"{row['side']}, within {write_far(row['distance_m'])} of the line: {area}"
        yield _make_feature(row["geometry"], words, colours.get(row["side"]), 0.2)


def _draw_line(results: Mapped, line: LineSpec) -> Iterator[Feature]:
    style = choose_line_styles(results.project)[line.key]
    for row in results.lines[results.lines["line"] == line.key].to_dict("records"):
        words = (
            f"{line.label}, {write_whole(float(row['length_km']))} km, "
            f"{write_accuracy(row['error_m'])}"
        )
        dash = " ".join(f"{part:g}" for part in style.dash)
        options = {"color": style.colour, "weight": style.width, "dashArray": dash or None}
        yield _make_feature(row["geometry"], words, style.colour, 0.0) | {"style": options}


def _list_settlements(
    results: Mapped, line: LineSpec, colours: Mapping[str, str]
) -> Iterator[Feature]:
    table = add_validity(results.settlements, project=results.project)
    errors = results.lines.set_index("line")["error_m"]
    error = errors.get(line.key)
    error_m = float(error) if isinstance(error, int | float) else float("nan")
    for row in table[table["line"] == line.key].to_dict("records"):
        side = "" if pd.isna(row["side"]) else str(row["side"])
        parts = [
            write_place_name(row, project=results.project),
            _write_people(row),
            side or "outside the study area",
        ]
        if not pd.isna(row["distance_m"]):
            away = write_distance(float(row["distance_m"]), error_m=error_m)
            parts.append(f"{away} km from the line" if away[:1].isdigit() else away)
        point = shapely.Point(float(row["lon"]), float(row["lat"]))
        yield _make_feature(point, ", ".join(parts), colours.get(side, SETTLEMENT_OUTSIDE), 0.8)


def _write_people(row: Record) -> str:
    """Write the people of a place, if its figure holds at the date of the line."""
    if pd.isna(row["population"]) or not row["valid"]:
        return "no figure"
    return f"{write_whole(float(row['population']))} {row['population_kind']}"


def _make_feature(geometry: Any, words: str, colour: str | None, opacity: float) -> Feature:
    """Return a feature with its style and the text that shows under the pointer."""
    colour = colour or SETTLEMENT_OUTSIDE
    return {
        "type": "Feature",
        "geometry": shapely.geometry.mapping(geometry),
        "properties": {"about": escape_text(words)},
        "style": {"color": colour, "weight": 1, "fillColor": colour, "fillOpacity": opacity},
    }


def _add_layer(page: folium.Map, name: str, features: list[Feature], *, shown: bool) -> None:
    """Add a layer to the map; nothing where it has no feature."""
    import folium

    if not features:
        return
    folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        name=escape_text(name),
        show=shown,
        style_function=lambda feature: feature["style"],
        marker=folium.CircleMarker(radius=5),
        tooltip=folium.GeoJsonTooltip(fields=["about"], labels=False),
    ).add_to(page)
