"""What the page carries: Results as plain numbers, texts and short coordinates."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline.export.web.basemap import find_basemap
from frontline.export.web.overlays import (
    choose_class_bounds,
    make_exposure_overlay,
    make_shade_overlay,
)
from frontline.geo.antimeridian import find_longitude_gap
from frontline.results.numbers import RoundedFigure, round_cumulative, write_whole
from frontline.results.style import (
    CORRIDORS,
    DISTRICT,
    EXPOSURE,
    EXPOSURE_UNKNOWN,
    OTHER_CORRIDOR,
    PARTITION,
    STUDY_AREA,
    LineStyle,
    choose_alternative_styles,
    choose_line_styles,
    choose_side_colours,
    darken_for_paper,
)
from frontline.results.summary import describe_people, describe_sources
from frontline.results.wording import (
    add_labels,
    add_validity,
    list_labels,
    list_sources,
    name_source_row,
    replace_keys,
    write_accuracy,
    write_distance,
    write_percent,
    write_sight_warning,
)
from frontline.results.words import WORDS, find_further_names, find_name_languages, label_corridor

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline.project.models import Project
    from frontline.records import RasterResult
    from frontline.results.model import Results


DEGREE = 1e-5
"""Step of the page's coordinates, about a metre."""
MOST_VERTICES = 150_000
METRES_PER_DEGREE = 111_320.0
ZONE_DETAIL = 0.002
"""Zones are drawn to this share of their distance; their figures are those of the true shape."""
OWN = (
    ("side", "side"),
    ("valid", "valid"),
    ("people", "population_at_line"),
    ("certain", "side_certain"),
    ("distance_m", "distance_m"),
    ("azimuth_deg", "azimuth_deg"),
    ("zone_m", "zone_m"),
    ("crossed", "crossed"),
    ("share", "share_own_side"),
    ("contested", "contested_share"),
    ("sight", "in_sight"),
    ("sight_sure", "sight_certain"),
    ("sight_km", "line_in_sight_km"),
    ("radius_km", "line_within_radius_km"),
)
"""What the page shows of a settlement under each line, and the column it stands in."""
PLACE = (
    *("id", "name", "name_alt", "name_other", "lon", "lat", "geometry"),
    *("population", "population_kind", "population_date", "population_source"),
)
"""The columns that tell of a settlement itself."""
CONTROL = ("id", "from_line", "to_line", "control")


def collect_page_data(results: Results, *, inputs_hash: str) -> dict[str, Any]:
    """Return everything the page shows, ready for JSON.

    Parameters
    ----------
    results
        Of a run; empty tables leave their part of the page out.
    inputs_hash
        Printed on the page.

    Returns
    -------
    Texts, numbers (None where unknown), and shapes as lists of parts: a part is a polygon's
    rings or one line, and the whole numbers of each are differences of longitude and latitude
    in steps of 1e-5 degree.
    """
    project = results.project
    side_names = [*results.sides["side"], *results.settlements["side"]]
    colours = choose_side_colours(
        project, others=(str(side) for side in side_names if _write_text(side))
    )
    shapes = _Shapes(results)
    return {
        "title": project.map.title or project.title,
        "hash": inputs_hash,
        "words": dict(WORDS),
        "names": project.map.names,
        "languages": _find_languages(project),
        "note": project.map.note,
        "bounds": shapes.view(project),
        "sides": [
            {"name": name, "colour": colour, "ink": darken_for_paper(colour)}
            for name, colour in colours.items()
        ],
        "lines": _list_lines(results, shapes),
        "alternatives": _list_alternatives(results, shapes),
        "held": _list_by_line_and_side(results.sides, shapes),
        "distances": [d / 1000 for d in project.zones.distances_m],
        "figures": _list_figures(results),
        "people_sources": _name_people_sources(results),
        "zones": _list_zone_shapes(results, shapes),
        "settlements": _list_settlements(results, shapes),
        "layers": _list_layers(results, shapes),
        "changes": _list_changes(results, shapes),
        "crossings": _list_crossings(results),
        "relief": _describe_relief(results.relief),
        "exposure": _describe_exposure(results),
        "sight": _list_sight_shares(results),
        "basemap": _find_basemap(project),
        "sources": list_sources(project),
        "notes": [
            replace_keys(
                f"{note.about}: {note.text}", project=results.project, people=results.people
            )
            for note in results.notes
        ],
        "key_figures": [figure.sentence for figure in results.key_figures],
        "claims": _list_claims(results),
    }


def _find_basemap(project: Project) -> dict[str, str] | None:
    """Return the online tiles that the project wants, for a page that asks before it asks."""
    tiles = find_basemap(project.outputs.basemap, credit=project.outputs.basemap_credit)
    return None if tiles is None else asdict(tiles)


def _find_languages(project: Project) -> dict[str, dict[str, str]]:
    """Return the languages of our columns of names, by layer, where the project tells them."""
    layers = {key: getattr(project, key) for key in ("settlements", "districts", "points")}
    layers["corridors"] = project.corridors
    return {key: find_name_languages(layer.columns) for key, layer in layers.items() if layer}


class _Shapes:
    """Writes geometries short: simplified to what a screen can show, then as differences."""

    def __init__(self, results: Results) -> None:
        area = results.study_area.geometry
        gap = find_longitude_gap(area.to_numpy())
        self.cut = None if gap is None else sum(gap) / 2
        self.area = self._unwrapped(shapely.union_all(area.to_numpy()))
        tables = [results.lines, results.sides, results.zones, results.changes]
        every = [t.geometry.to_numpy() for t in [*tables, _find_slider_zones(results)] if len(t)]
        self.tolerance = _choose_tolerance(np.concatenate(every)) if every else 0.0

    def view(self, project: Project) -> list[list[float]]:
        west, south, east, north = project.map.extent or shapely.bounds(self.area)
        if east < west:
            east += 360
        return [[float(south), float(west)], [float(north), float(east)]]

    def __call__(self, geometry: Any, tolerance: float = 0.0) -> list[list[list[int]]]:
        if geometry is None or geometry.is_empty:
            return []
        simple = shapely.simplify(self._unwrapped(geometry), max(tolerance, self.tolerance))
        parts: list[list[list[int]]] = []
        for part in shapely.get_parts(simple):
            if part.geom_type == "Polygon":
                rings = [part.exterior, *part.interiors]
                parts.append([_take_differences(ring.coords) for ring in rings])
            elif part.geom_type in ("LineString", "LinearRing"):
                parts.append([_take_differences(part.coords)])
        return parts

    def unwrap_longitude(self, lon: float) -> float:
        """Return the longitude of a point, shifted as geometry is."""
        return lon + 360.0 if self.cut is not None and lon < self.cut else lon

    def _unwrapped(self, geometry: Any) -> Any:
        """Shift what lies west of the gap in longitudes by a whole turn, part by part."""
        if self.cut is None:
            return geometry
        parts = shapely.get_parts(geometry)
        bounds = shapely.bounds(parts)
        west = (bounds[:, 0] + bounds[:, 2]) / 2 < self.cut
        parts[west] = shapely.transform(parts[west], lambda xy: xy + np.array([360.0, 0.0]))
        return shapely.union_all(parts)


def _choose_tolerance(geometries: np.ndarray) -> float:
    """Return the finest simplification, in degrees, that keeps the page small."""
    tolerance, simple = 5 * DEGREE, geometries
    while True:
        # Vertices are counted only: what was thinned may be thinned on, and rings may cross.
        simple = shapely.simplify(simple, tolerance, preserve_topology=False)
        if shapely.get_num_coordinates(simple).sum() <= MOST_VERTICES or tolerance > 0.05:
            return tolerance
        tolerance *= 2


def _take_differences(coords: Iterable[tuple[float, ...]]) -> list[int]:
    whole = np.round(np.asarray(list(coords), dtype=float)[:, :2] / DEGREE).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    keep = np.ones(len(steps), dtype=bool)
    keep[1:] = (steps[1:] != 0).any(axis=1)
    return [int(value) for value in steps[keep].ravel()]


def _round_number(value: Any, digits: int = 6) -> float | int | None:
    """Return a plain number, or None for anything unknown."""
    if value is None or value is pd.NA or not math.isfinite(value):
        return None
    number = round(float(value), digits)
    return int(number) if number == int(number) else number


def _write_text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)


def _describe_style(style: LineStyle) -> dict[str, Any]:
    return {"colour": style.colour, "width": style.width, "dash": list(style.dash)}


def _list_lines(results: Results, shapes: _Shapes) -> list[dict[str, Any]]:
    styles = choose_line_styles(results.project)
    return [
        {
            "key": row["line"],
            "label": _write_text(row["label"]),
            "date": str(row["date"])[:10],
            "length": write_whole(float(row["length_km"])),
            "accuracy": write_accuracy(row["error_m"]),
            "style": _describe_style(styles[row["line"]]),
            "shape": shapes(row["geometry"]),
        }
        for row in results.lines.sort_values("date", kind="stable").to_dict("records")
    ]


def _list_alternatives(results: Results, shapes: _Shapes) -> list[dict[str, Any]]:
    """Return the lines as other sources draw them."""
    if results.alternative_lines is None:
        return []
    styles = choose_alternative_styles(results.project)
    return [
        {
            "line": row["line"],
            "label": WORDS["line_by"].format(
                source=row["label"], accuracy=write_accuracy(row["error_m"])
            ),
            "style": _describe_style(styles[row["line"], row["alternative"]]),
            "shape": shapes(row["geometry"]),
        }
        for row in results.alternative_lines.to_dict("records")
    ]


def _list_by_line_and_side(table: gpd.GeoDataFrame, shapes: _Shapes) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for row in table.to_dict("records"):
        out.setdefault(row["line"], {})[row["side"]] = {
            "area": _round_number(row["area_km2"], 1),
            "shape": shapes(row["geometry"]),
        }
    return out


def _find_slider_zones(results: Results) -> gpd.GeoDataFrame:
    """Return the zones of every step of the slider where the run has them, else no rows."""
    table = results.profile_zones
    return results.zones.iloc[:0] if table is None else table


def _list_figures(results: Results) -> dict[str, Any]:
    """Return land and people by line, side and distance (km); the run's own tables decide."""
    out: dict[str, Any] = {}
    people = results.people[results.people["kind"] == "cumulative"]
    zones = results.zones[results.zones["kind"] == "cumulative"]
    areas = round_cumulative(zones, column="area_km2")
    between = _find_slider_zones(results)
    areas |= round_cumulative(between, column="area_km2", fixed=areas)
    for table in (between, zones):
        for row in table.to_dict("records"):
            cell, figure = _find_cell(out, row), areas[row["line"], row["side"], row["distance_m"]]
            cell |= {
                "area": _round_number(row["area_km2"], 3),
                "text": figure.text,
                "range": figure.range,
            }
            sources = describe_sources(row, column="area_km2", figure=figure)
            cell |= {"sources": sources} if sources else {}
    steps = people.iloc[:0] if results.profile is None else results.profile
    counted = round_cumulative(people, column="population")
    counted |= round_cumulative(steps, column="population", fixed=counted)
    for table in (steps, people):
        for row in table.to_dict("records"):
            key = (row["line"], row["side"], row["distance_m"], row["source"])
            _find_cell(out, row)["people"][row["source"]] = _describe_people_cell(row, counted[key])
    return out


def _name_people_sources(results: Results) -> dict[str, str]:
    """Return what people call each source, by the key that stands in the tables."""
    tables = [results.people, *([] if results.profile is None else [results.profile])]
    keys = dict.fromkeys(str(source) for table in tables for source in table["source"])
    return {key: name_source_row(key, project=results.project) for key in keys}


def _find_cell(out: dict[str, Any], row: Mapping[Any, Any]) -> dict[str, Any]:
    sides = out.setdefault(row["line"], {}).setdefault(row["side"], {})
    cell: dict[str, Any] = sides.setdefault(f"{row['distance_m'] / 1000:g}", {"people": {}})
    return cell


def _describe_people_cell(row: Mapping[Any, Any], figure: RoundedFigure) -> list[Any]:
    """Return value, low, high, the printed figure and interval, why there is none, remarks."""
    names = ("population", "population_low", "population_high")
    cell = describe_people(row, figure=figure)
    text, range_ = (cell.figure.text, cell.figure.range) if cell.figure else ("", "")
    return [
        *(_round_number(row.get(name), 3) for name in names),
        text,
        range_,
        cell.none,
        cell.remarks,
    ]


def _list_zone_shapes(results: Results, shapes: _Shapes) -> dict[str, Any]:
    out: dict[str, Any] = {}
    cumulative = results.zones[results.zones["kind"] == "cumulative"]
    for table in (_find_slider_zones(results), cumulative):
        for row in table.to_dict("records"):
            sides = out.setdefault(row["line"], {}).setdefault(row["side"], {})
            size = row["distance_m"] / METRES_PER_DEGREE
            sides[f"{row['distance_m'] / 1000:g}"] = shapes(row["geometry"], ZONE_DETAIL * size)
    return out


def _list_settlements(results: Results, shapes: _Shapes) -> list[dict[str, Any]]:
    places: dict[str, dict[str, Any]] = {}
    control = results.control_change
    changes = zip(*(control[name] for name in CONTROL), strict=True)
    table = add_validity(results.settlements, project=results.project)
    errors_m = _list_errors_m(results)
    languages = find_further_names(table.columns)
    used = {"line", "side_alternatives", *PLACE, *languages, *(column for _, column in OWN)}
    for row in table[[name for name in table.columns if name in used]].to_dict("records"):
        key = _write_text(row["id"])
        if key not in places:
            places[key] = _describe_place(row, shapes)
            names = [[tag, _write_text(row[column])] for column, tag in languages.items()]
            places[key]["names"] = [name for name in names if name[1]]
        of_line = {short: _make_plain(row.get(column)) for short, column in OWN}
        if _write_text(row.get("side_alternatives", "")):
            of_line["by_others"] = row["side_alternatives"]
        of_line["away"] = _write_away(row["distance_m"], errors_m.get(row["line"], math.nan))
        places[key]["lines"][row["line"]] = of_line
    for key, start, end, word in changes:
        if key in places:
            places[key]["control"].append([start, end, _write_text(word)])
    return list(places.values())


def _list_errors_m(results: Results) -> dict[str, float]:
    """Return the error of each line in metres; NaN where it is not stated or differs along it."""
    rows = zip(results.lines["line"], results.lines["error_m"], strict=True)
    return {
        str(key): math.nan if isinstance(error, str) or pd.isna(error) else float(error)
        for key, error in rows
    }


def _write_away(distance_m: Any, error_m: float) -> str:
    """Write how far a place lies from a line: 2.1 km, or below accuracy; nothing if unknown."""
    if pd.isna(distance_m):
        return ""
    distance = write_distance(float(distance_m), error_m=error_m)
    return f"{distance} km" if distance[:1].isdigit() else distance


def _make_plain(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return bool(value)
    return _round_number(value, 4)


def _describe_place(row: Mapping[Any, Any], shapes: _Shapes) -> dict[str, Any]:
    lon = float(row["lon"])
    geometry = row["geometry"]
    area = geometry is not None and geometry.geom_type not in ("Point", "MultiPoint")
    return {
        "id": _write_text(row["id"]),
        "name": _write_text(row["name"]),
        "alt": _write_text(row["name_alt"]),
        "other": _write_text(row.get("name_other")),
        "at": [_round_number(row["lat"], 5), _round_number(shapes.unwrap_longitude(lon), 5)],
        "people": _round_number(row["population"]),
        "kind": _write_text(row["population_kind"]),
        "date": _write_text(row["population_date"]),
        "source": _write_text(row["population_source"]),
        "shape": shapes(geometry) if area else [],
        "lines": {},
        "control": [],
    }


def _list_layers(results: Results, shapes: _Shapes) -> list[dict[str, Any]]:
    """Return the layers that do not depend on a line, from the bottom up."""
    layers = [_describe_layer("study_area", results.study_area, shapes, STUDY_AREA)]
    layers.append(_describe_layer("districts", results.districts, shapes, DISTRICT))
    for part in results.project.partitions:
        table = results.partitions.get(part.key)
        if table is not None:
            layers.append(
                _describe_layer(f"partition_{part.key}", table, shapes, PARTITION, part.label)
            )
    roads = _describe_layer("corridors", results.corridors, shapes, OTHER_CORRIDOR)
    for feature in roads["features"]:
        feature["style"] = _describe_style(CORRIDORS.get(feature["kind"], OTHER_CORRIDOR))
        feature["kind"] = label_corridor(feature["kind"])
    layers.append(roads)
    points = _describe_layer("points", results.points, shapes, STUDY_AREA)
    for feature, at in zip(points["features"], results.points.geometry, strict=True):
        feature["at"] = [_round_number(at.y, 5), _round_number(at.x, 5)]
    layers.append(points)
    return [layer for layer in layers if layer["features"]]


def _describe_layer(
    name: str, table: gpd.GeoDataFrame, shapes: _Shapes, style: LineStyle, label: str = ""
) -> dict[str, Any]:
    features = [
        {
            "name": _write_text(row.get("name")),
            "alt": _write_text(row.get("name_alt")),
            "kind": _write_text(row.get("kind")),
            "shape": shapes(row["geometry"]),
        }
        for row in table.to_dict("records")
    ]
    return {
        "key": name,
        "label": label or WORDS.get(name, name),
        "style": _describe_style(style),
        "features": features,
    }


def _list_changes(results: Results, shapes: _Shapes) -> list[dict[str, Any]]:
    return [
        {
            "from": row["from_line"],
            "to": row["to_line"],
            "from_side": _write_text(row["from_side"]),
            "to_side": _write_text(row["to_side"]),
            "kind": row["kind"],
            "area": [_round_number(row[n], 1) for n in ("area_km2", "area_low", "area_high")],
            "shape": shapes(row["geometry"]),
        }
        for row in results.changes.to_dict("records")
        if row["kind"] != "unchanged"
    ]


def _list_crossings(results: Results) -> list[dict[str, Any]]:
    return [
        {
            "line": row["line"],
            "name": _write_text(row["name"]),
            "kind": label_corridor(_write_text(row["kind"])),
            "at": [_round_number(row["geometry"].y, 5), _round_number(row["geometry"].x, 5)],
        }
        for row in results.crossings.to_dict("records")
    ]


def _describe_relief(relief: RasterResult | None) -> dict[str, Any] | None:
    if relief is None:
        return None
    overlay = make_shade_overlay(relief)
    return {"uri": overlay.uri, "bounds": overlay.bounds}


def _describe_exposure(results: Results) -> dict[str, Any] | None:
    """Return the pictures of posts in sight, on one scale for all lines."""
    if not results.sight:
        return None
    highest = max(float(np.max(grid.bands["seen"])) for grid in results.sight.values())
    bounds = choose_class_bounds(highest)
    every = list(results.sight.values())
    pictures = {
        key: make_exposure_overlay(grid, all_lines=every) for key, grid in results.sight.items()
    }
    return {
        "lines": {k: {"uri": p.uri, "bounds": p.bounds} for k, p in pictures.items()},
        "classes": bounds,
        "colours": EXPOSURE[len(EXPOSURE) - len(bounds) :],
        "unknown": EXPOSURE_UNKNOWN,
        "warning": write_sight_warning(results.sight),
    }


def _list_sight_shares(results: Results) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for row in results.sight_zones.to_dict("records"):
        sides = out.setdefault(row["line"], {}).setdefault(row["side"], {})
        visible = row["visible_share"]
        shares = [
            _round_number(visible, 4),
            _round_number(row["unknown_share"], 4),
            "" if pd.isna(visible) else write_percent(float(visible)),
        ]
        sides[f"{row['distance_m'] / 1000:g}"] = shares
    return out


def _list_claims(results: Results) -> list[dict[str, str]]:
    """Return the statements of a ledger with their verdicts, in its order."""
    if results.claims is None:
        return []
    names = ("id", "source", "statement", "verdict", "why")
    rows = results.claims.to_dict("records")
    labels = list_labels(results.project)
    return [
        {name: add_labels(_write_text(row.get(name)), names=labels) for name in names}
        for row in rows
    ]
