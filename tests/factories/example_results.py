"""A small made-up `Results` that the tests of tables, map and files share.

A study area of one degree by 0.8, two lines that run west to east with a step, the land north
of a line held by one side and the land south of it by the other. The figures are made by hand:
consistent enough to look at, not computed by the library.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod
from shapely import LineString, Point, Polygon, box
from shapely.affinity import translate

from frontline.project.models import (
    Corridors,
    Elevation,
    LayerSource,
    LineSpec,
    PartitionSpec,
    PopulationRaster,
    Project,
    Settlements,
    SideSpec,
    StatedFigure,
    Zones,
)
from frontline.records import KeyFigure, Note, RasterResult
from frontline.results.model import Results
from frontline.visibility.corridors import CORRIDOR_ZONES

GEOD = Geod(ellps="WGS84")
CRS = "EPSG:4326"
WEST, SOUTH, EAST, NORTH = 46.0, 39.5, 47.0, 40.3
LATITUDE = {"line_a": 39.9, "line_b": 39.8}
DATES = {"line_a": dt.date(1994, 5, 12), "line_b": dt.date(2020, 11, 10)}
ERROR_M = {"line_a": 500.0, "line_b": 2000.0}
SIDES = ("Upper side", "Lower side")
DISTANCES_M = (5_000.0, 10_000.0)
DEGREE_M = 111_030.0
"""Metres per degree of latitude here, near enough for a drawing."""

HOSTILE = (
    "{{ 7*191 }} {% raw %}",
    "${alert(1)} `tick` \\back",
    "</script><img src=x onerror=alert(1)>",
    '=HYPERLINK("http://example.org","go")',
    '@SUM(1+1)\tleading, "quoted"\nsecond line',
    "أغدام \u202eRTL\u202c Слов'янськ Ərmən",
)
"""Six names full of traps, one for each settlement."""

PLAIN = ("Northam", "Overhill", "Midford", "Southby", "Lowmoor", "Outside")


FOLDER = Path("example").absolute()
"""Where the project would lie; nothing is there."""


def at(name: str, source):
    """Return a source as if it had been read from a file of the project's folder."""
    return source.model_copy(update={"path": FOLDER / name})


def example_project(*, hostile: bool = True) -> Project:
    """Return a project with two lines, two sides and every optional input."""
    here = Path(__file__)  # any file: what is checked on reading a project is its presence
    lines = [
        LineSpec(
            path=here,
            key=key,
            label=f"Line of {date.year}",
            date=date,
            error_m=ERROR_M[key],
            source="Example survey",
            licence="CC0",
        )
        for key, date in DATES.items()
    ]
    places = Settlements(path=here, source="Census & survey", licence="ODbL")
    border = PartitionSpec(path=here, key="former_border", label="Old border")
    return Project(
        title="Two lines {{ 7*191 }} <b>" if hostile else "Two lines",
        study_area=at("area.gpkg", LayerSource(path=here, source="Example office")),
        lines=tuple(at("lines.gpkg", line) for line in lines),
        sides=(
            SideSpec(name=SIDES[0], seed=((46.5, 40.2),)),
            SideSpec(name=SIDES[1], seed=((46.5, 39.6),)),
        ),
        settlements=at("places.csv", places),
        corridors=at("roads.geojson", Corridors(path=here, source="OpenStreetMap")),
        points=at("points.csv", LayerSource(path=here, source="Example survey")),
        districts=at("districts.gpkg", LayerSource(path=here, source="Statistics")),
        partitions=(at("border.gpkg", border),),
        population=(at("people.tif", PopulationRaster(key="grid", path=here, kind="count")),),
        elevation=at("dem.tif", Elevation(path=here, source="Example DEM", model="ground")),
        zones=Zones(distances_m=DISTANCES_M),
        stated=(
            StatedFigure(
                id="S1",
                line="line_b",
                side=SIDES[0],
                distance_m=5_000.0,
                low=100_000,
                high=150_000,
                source="A report",
            ),
        ),
        path=FOLDER / "project.toml",
    )


def line_geometry(key: str, *, shift_degrees: float = 0.0) -> LineString:
    """Return the line `key`: level, with a step of 0.05 degrees at the middle."""
    lat = LATITUDE[key] + shift_degrees
    return LineString([(WEST, lat), (46.5, lat), (46.52, lat + 0.05), (EAST, lat + 0.05)])


def above(key: str, *, shift_degrees: float = 0.0) -> Polygon:
    """Return the part of the study area north of the line."""
    line = line_geometry(key, shift_degrees=shift_degrees)
    return Polygon([*line.coords, (EAST, NORTH), (WEST, NORTH)])


def area_km2(geometry) -> float:
    """Return the area on the ellipsoid."""
    return abs(GEOD.geometry_area_perimeter(geometry)[0]) / 1e6


def side_geometry(key: str, side: str) -> Polygon:
    """Return what a side holds."""
    study = box(WEST, SOUTH, EAST, NORTH)
    return above(key) if side == SIDES[0] else study.difference(above(key))


def zone_geometry(key: str, side: str, inner_m: float, outer_m: float) -> Polygon:
    """Return the strip between two distances on one side (by latitude only)."""
    sign = 1 if side == SIDES[0] else -1
    near = above(key, shift_degrees=sign * inner_m / DEGREE_M)
    far = above(key, shift_degrees=sign * outer_m / DEGREE_M)
    return near.difference(far) if sign > 0 else far.difference(near)


def example_zones() -> gpd.GeoDataFrame:
    """Return zones.gpkg's rows: per line, side, distance and kind."""
    rows = []
    for key in DATES:
        for side in SIDES:
            inner_m = 0.0
            for distance_m in DISTANCES_M:
                for kind, start_m in (("cumulative", 0.0), ("ring", inner_m)):
                    shape = zone_geometry(key, side, start_m, distance_m)
                    area = area_km2(shape)
                    rows.append((key, side, distance_m, kind, area, area - 9, area + 9, shape))
                inner_m = distance_m
    names = ["line", "side", "distance_m", "kind", "area_km2", "area_low", "area_high", "geometry"]
    return gpd.GeoDataFrame(rows, columns=names, geometry="geometry", crs=CRS)


def example_people(zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return zones.csv's rows: four sources for each zone, the settlements first."""
    rows = []
    for zone in zones.itertuples():
        for source in ("settlements", "settlements:registered", "raster:grid"):
            people = 1234.0 * zone.area_km2 / 100 if source != "settlements:registered" else np.nan
            rows.append(
                {
                    **{n: getattr(zone, n) for n in zones.columns if n != "geometry"},
                    "source": source,
                    "population": people,
                    "population_low": people * 0.9,
                    "population_high": people * 1.2,
                    "population_inner": people * 0.8,
                    "population_outer": people * 1.3,
                    "settlements": 2 if source == "settlements" else pd.NA,
                    "settlements_unknown": 1 if source == "settlements" else pd.NA,
                    "coverage": 0.97 if source == "raster:grid" else np.nan,
                    "completeness": 0.8 if source == "settlements" else np.nan,
                }
            )
    frame = pd.DataFrame(rows)
    return frame.astype({"settlements": "Int64", "settlements_unknown": "Int64"})


def example_settlements(*, hostile: bool = True) -> gpd.GeoDataFrame:
    """Return six settlements by two lines; the last lies outside the study area."""
    names = HOSTILE if hostile else PLAIN
    places = [Point(46.2, 40.1), Point(46.6, 39.97), Point(46.3, 39.85), Point(46.7, 39.75)]
    places += [box(46.1, 39.58, 46.13, 39.6), Point(47.2, 40.0)]
    population = [12_000, 350, 48_271, None, 96, 5_000]
    rows = [
        _place(number, name, shape, population[number], key)
        for number, (name, shape) in enumerate(zip(names, places, strict=True))
        for key in DATES
    ]
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)
    return frame.astype(
        {
            "population": "Int64",
            "posts_in_sight": "Int64",
            "posts_within_radius": "Int64",
            "crossed": "boolean",
            "side_certain": "boolean",
            "zone_m": "Float64",
        }
    )


def _place(number: int, name: str, shape, population, key: str) -> dict:
    at = shape.centroid
    line = line_geometry(key)
    near = line.interpolate(line.project(at))
    azimuth, _, distance_m = GEOD.inv(at.x, at.y, near.x, near.y)
    inside = at.x < EAST
    zone_m = next((d for d in DISTANCES_M if distance_m <= d), None)
    in_sight = ("visible", "hidden", "unknown", "visible", "out_of_range", "out_of_range")[number]
    return {
        "id": f"P{number + 1}",
        "name": name,
        "name_alt": f"Alt {name}" if number % 2 else "",
        "lon": at.x,
        "lat": at.y,
        "population": population,
        "population_kind": "" if population is None else "residents",
        "population_date": "" if population is None else "2015",
        "population_source": "" if population is None else "Census",
        "line": key,
        "side": (SIDES[0] if above(key).contains(at) else SIDES[1]) if inside else "",
        "side_certain": distance_m > ERROR_M[key] if inside else None,
        "distance_m": distance_m,
        "azimuth_deg": azimuth % 360,
        "nearest_lon": near.x,
        "nearest_lat": near.y,
        "zone_m": zone_m if inside else None,
        "crossed": False if inside else None,
        "share_own_side": 1.0 if inside else np.nan,
        "contested_share": 0.0 if inside else np.nan,
        "in_sight": in_sight,
        "posts_in_sight": 40 if in_sight == "visible" else 0,
        "posts_within_radius": 120 if in_sight != "out_of_range" else 0,
        "line_in_sight_km": 3.25 if in_sight == "visible" else 0.0,
        "line_within_radius_km": 9.75 if in_sight != "out_of_range" else 0.0,
        "pcode": f"XX{number:02d}",
        "geometry": shape,
    }


def example_changes() -> gpd.GeoDataFrame:
    """Return the flows of land between the two lines."""
    upper, lower = SIDES
    flows = [
        (lower, upper, "changed", above("line_b").difference(above("line_a"))),
        (upper, upper, "unchanged", above("line_a")),
        (lower, lower, "unchanged", side_geometry("line_b", lower)),
    ]
    rows = [
        ("line_a", "line_b", a, b, kind, area_km2(s), area_km2(s) - 50, area_km2(s) + 50, s)
        for a, b, kind, s in flows
    ]
    names = [
        "from_line",
        "to_line",
        "from_side",
        "to_side",
        "kind",
        "area_km2",
        "area_low",
        "area_high",
        "geometry",
    ]
    return gpd.GeoDataFrame(rows, columns=names, geometry="geometry", crs=CRS)


def example_control(settlements: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return who holds each settlement before and after."""
    rows = []
    for place_id, pair in settlements.groupby("id", sort=True):
        before, after = pair[pair.line == "line_a"].iloc[0], pair[pair.line == "line_b"].iloc[0]
        control = "stayed" if before.side == after.side else "changed"
        rows.append(
            {
                "id": place_id,
                "name": before["name"],
                "from_line": "line_a",
                "to_line": "line_b",
                "from_side": before.side,
                "to_side": after.side,
                "control": control if after.side else "outside",
                "population": after.population,
                "population_source": after.population_source,
                "distance_before_m": before.distance_m,
                "distance_after_m": after.distance_m,
                "sight_before": before.in_sight,
                "sight_after": after.in_sight,
            }
        )
    return pd.DataFrame(rows).astype({"population": "Int64"})


def example_corridors(*, hostile: bool = True) -> gpd.GeoDataFrame:
    """Return a road that crosses both lines and one that crosses none."""
    shapes = [LineString([(46.25, 40.2), (46.25, 39.6)]), LineString([(46.1, 40.2), (46.9, 40.2)])]
    return gpd.GeoDataFrame(
        {
            "id": ["R1", "R2"],
            "name": ["=cmd|' /C calc'!A0" if hostile else "Main road", "Ridge road"],
            "name_alt": ["", "Chemin"],
            "kind": ["road", "track"],
            "length_km": [GEOD.geometry_length(shape) / 1000 for shape in shapes],
        },
        geometry=shapes,
        crs=CRS,
    )


def _corridor_km() -> pd.DataFrame:
    rows = [
        ("R1", "Main road", "road", key, side, distance_m, km, km - 1, km + 1)
        for key in DATES
        for side, km in zip(SIDES, (40.0, 26.0), strict=True)
        for distance_m in (np.nan, *DISTANCES_M)
    ]
    return pd.DataFrame(
        rows,
        columns=["id", "name", "kind", "line", "side", "distance_m", "km", "km_low", "km_high"],
    )


def _corridor_sight() -> gpd.GeoDataFrame:
    """Return the road north of each line: partly in sight in the first zone, hidden beyond."""
    rows = []
    for key, lat in LATITUDE.items():
        km = 0.05 * DEGREE_M / 1000
        shape = LineString([(46.25, lat), (46.25, lat + 0.05)])
        named = ("R1", "Main road", "road", key, SIDES[0])
        rows.append((*named, 0.0, 5_000.0, km, km / 2, km / 4, km / 4, shape))
        rows.append((*named, 5_000.0, 15_000.0, km, 0.0, km, 0.0, None))
    names = [*CORRIDOR_ZONES.names, "geometry"]
    return gpd.GeoDataFrame(rows, columns=names, geometry="geometry", crs=CRS)


def _crossings() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "id": ["R1", "R1"],
            "name": ["Main road"] * 2,
            "name_alt": [""] * 2,
            "kind": ["road"] * 2,
            "line": list(DATES),
            "angle_deg": [90.0, 90.0],
        },
        geometry=[Point(46.25, LATITUDE[key]) for key in DATES],
        crs=CRS,
    )


def _points() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "id": ["H1", "H2"],
            "name": ["Bridge", "Peak"],
            "name_alt": ["", ""],
            "kind": ["bridge", "summit"],
            "elevation_m": [np.nan, 2345.0],
            "note": ["", "-1 as text"],
        },
        geometry=[Point(46.25, 39.9), Point(46.8, 40.25)],
        crs=CRS,
    )


def _districts() -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(
        {
            "code": ["D1", "D2"],
            "name": ["West", "East"],
            "name_alt": ["", "Est"],
            "area_km2": [3700.0, np.nan],
            "population": [100_000, None],
            "population_kind": ["residents", ""],
            "population_year": [2019, None],
            "counted_by": [SIDES[0], ""],
            "note": ["", ""],
            "known_error": ["", "border digitised at 1:500,000"],
        },
        geometry=[box(WEST, SOUTH, 46.5, NORTH), box(46.5, SOUTH, EAST, NORTH)],
        crs=CRS,
    )
    return frame.astype({"population": "Int64", "population_year": "Int64"})


def _sight(key: str) -> RasterResult:
    rows, cols = 80, 100
    y, x = np.mgrid[:rows, :cols]
    row_of_line = (NORTH - LATITUDE[key]) / 0.01
    away = np.abs(y - row_of_line)
    seen = np.where(away < 13, (13 - away) * (1 + np.sin(x / 7)), 0).astype(np.uint16)
    unknown = np.where((x > 80) & (away < 13), 5, 0).astype(np.uint16)
    grid = (0.01, 0.0, WEST, 0.0, -0.01, NORTH)
    return RasterResult({"seen": seen, "unknown": unknown}, grid, CRS)


def _relief() -> RasterResult:
    y, x = np.mgrid[:80, :100]
    height = (800 + 600 * np.sin(x / 9) * np.cos(y / 11)).astype(np.float32)
    height[5:9, 5:9] = np.nan
    shade = np.nan_to_num(128 + 100 * np.cos(x / 9), nan=0).astype(np.uint8)
    grid = (0.01, 0.0, WEST, 0.0, -0.01, NORTH)
    return RasterResult({"shade": shade, "elevation": height}, grid, CRS)


def example_results(*, hostile: bool = True) -> Results:
    """Return the whole fixture, with names full of traps unless `hostile` is false."""
    zones, settlements = example_zones(), example_settlements(hostile=hostile)
    sides = [(key, side) for key in DATES for side in SIDES]
    areas = [area_km2(side_geometry(*pair)) for pair in sides]
    lengths = [GEOD.geometry_length(line_geometry(key)) / 1000 for key in DATES]
    return Results(
        project=example_project(hostile=hostile),
        study_area=gpd.GeoDataFrame(geometry=[box(WEST, SOUTH, EAST, NORTH)], crs=CRS),
        lines=gpd.GeoDataFrame(
            {
                "line": list(DATES),
                "date": list(DATES.values()),
                "label": [f"Line of {date.year}" for date in DATES.values()],
                "length_km": lengths,
                "error_m": list(ERROR_M.values()),
            },
            geometry=[line_geometry(key) for key in DATES],
            crs=CRS,
        ),
        sides=gpd.GeoDataFrame(
            {
                "line": [key for key, _ in sides],
                "side": [side for _, side in sides],
                "area_km2": areas,
                "area_low": [area - 40 for area in areas],
                "area_high": [area + 40 for area in areas],
            },
            geometry=[side_geometry(*pair) for pair in sides],
            crs=CRS,
        ),
        zones=zones,
        people=example_people(zones),
        settlements=settlements,
        changes=example_changes(),
        control_change=example_control(settlements),
        corridors=example_corridors(hostile=hostile),
        corridor_km=_corridor_km(),
        crossings=_crossings(),
        points=_points(),
        districts=_districts(),
        partitions={
            "former_border": gpd.GeoDataFrame(
                {"name": ["Old province"]}, geometry=[box(46.2, 39.6, 46.8, 40.1)], crs=CRS
            )
        },
        sight={key: _sight(key) for key in DATES},
        sight_zones=pd.DataFrame(
            [(key, side, d, 0.42, 0.05) for key, side in sides for d in DISTANCES_M],
            columns=["line", "side", "distance_m", "visible_share", "unknown_share"],
        ),
        relief=_relief(),
        key_figures=(
            KeyFigure(
                "people_line_b_upper_10km",
                12_345.0,
                11_000.0,
                14_000.0,
                "people",
                "About 12,300 people (11,000 to 14,000) live within 10 km of the line of 2020.",
            ),
        ),
        notes=(
            Note("settlements", "Places without a figure are unknown, not empty.", 1),
            Note("line_b", "The line is known to 2 km."),
        ),
        further={
            "corridor_sight": _corridor_sight(),
            "corridor_kinds": _corridor_km().drop(columns=["id", "name"]),
        },
        inputs={"lines.gpkg": "a" * 64, "places.csv": "b" * 64, "dem.tif": "c" * 64},
    )


def bare_results() -> Results:
    """Return results of lines and land alone, without any part that is optional."""
    results = example_results(hostile=False)
    return dataclasses.replace(
        results,
        settlements=results.settlements.iloc[:0],
        people=results.people.iloc[:0],
        changes=results.changes.iloc[:0],
        control_change=results.control_change.iloc[:0],
        corridors=results.corridors.iloc[:0],
        corridor_km=results.corridor_km.iloc[:0],
        crossings=results.crossings.iloc[:0],
        points=results.points.iloc[:0],
        districts=results.districts.iloc[:0],
        partitions={},
        sight={},
        sight_zones=results.sight_zones.iloc[:0],
        relief=None,
        key_figures=(),
        notes=(),
    )


def moved(results, east):
    """Carry everything east by some degrees and split it at 180."""

    def split(table):
        shifted = table.geometry.apply(translate, xoff=east)
        world = shapely.box(-180, -90, 180, 90)
        far = [translate(shape, xoff=-360) for shape in shifted]
        parts = [
            shapely.union(shapely.intersection(a, world), shapely.intersection(b, world))
            for a, b in zip(shifted, far, strict=True)
        ]
        out = table.copy().set_geometry(gpd.GeoSeries(parts, crs=table.crs, index=table.index))
        for column in ("lon", "nearest_lon"):
            if column in out:
                out[column] = (out[column] + east + 180) % 360 - 180
        return out

    names = ["study_area", "lines", "sides", "zones", "settlements", "changes", "corridors"]
    names += ["crossings", "points", "districts"]
    changes = {name: split(getattr(results, name)) for name in names}
    return dataclasses.replace(results, **changes, partitions={}, sight={}, relief=None)
