"""Whole projects made up anywhere on earth: a box cut by a line, with everything around it.

Distances are laid out in a local azimuthal plane about the centre, in kilometres east and north,
so that every test knows the numbers beforehand.
"""

from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pyogrio
import pyproj
import rasterio
import shapely

EAST_KM, NORTH_KM = 30.0, 20.0
"""The study area reaches this far from the centre."""

PLACES = {
    "Near West": (-3.0, 5.0, 1000),
    "Far West": (-12.0, -8.0, 4000),
    "Near East": (2.0, -4.0, 500),
    "Mid East": (8.0, 10.0, 2500),
    "Far East": (20.0, 0.0, 9000),
}
"""East and north in kilometres, people."""


@dataclass(frozen=True)
class Layout:
    """Where the project lies and how its files are written."""

    lon: float = 20.0
    lat: float = 45.0
    crs: str = "EPSG:4326"
    shift_km: float = 6.0
    pieces: int = 1

    @property
    def plane(self):
        return pyproj.CRS.from_proj4(
            f"+proj=aeqd +lat_0={self.lat} +lon_0={self.lon} +datum=WGS84 +units=m"
        )

    def placed(self, shapes, crs=None):
        """Bring shapes in kilometres about the centre into the files' CRS."""
        metres = shapely.transform(np.array(shapes, dtype=object), lambda xy: xy * 1000.0)
        dense = shapely.segmentize(metres, 1000.0)
        target = pyproj.CRS.from_user_input(crs or self.crs)
        turn = pyproj.Transformer.from_crs(self.plane, target, always_xy=True)
        placed = shapely.transform(dense, lambda xy: np.column_stack(turn.transform(*xy.T)))
        if target.is_geographic:  # one run of longitudes, also across the antimeridian
            around = lambda xy: np.column_stack(  # noqa: E731
                [(xy[:, 0] - self.lon + 180) % 360 - 180 + self.lon, xy[:, 1]]
            )
            placed = shapely.transform(placed, around)
        return placed

    def seed(self, east, north):
        point = self.placed([shapely.Point(east, north)], "EPSG:4326")[0]
        return [(point.x + 180) % 360 - 180, point.y]


def line_at(east, pieces=1):
    """A line from the south edge to the north edge, in as many pieces as are asked for."""
    north = np.linspace(-NORTH_KM - 2, NORTH_KM + 2, pieces + 1)
    return [shapely.LineString([(east, low), (east, high)]) for low, high in pairwise(north)]


def write_elevation(path, layout, *, step_m=200.0, crs=None):
    """Hills of a known formula, in metres, on a grid in the local plane or in degrees."""
    if crs is None:
        size_x, size_y = (EAST_KM + 20) * 1000, (NORTH_KM + 20) * 1000
        east = np.arange(-size_x, size_x, step_m) + step_m / 2
        north = np.arange(size_y, -size_y, -step_m) - step_m / 2
        x, y = np.meshgrid(east, north)
        transform = rasterio.Affine(step_m, 0, -size_x, 0, -step_m, size_y)
        crs = layout.plane
    else:
        step = step_m / 111_000
        wide, high = 0.7 / np.cos(np.radians(layout.lat)), 0.4
        lon = np.arange(layout.lon - wide, layout.lon + wide, step) + step / 2
        lat = np.arange(layout.lat + high, layout.lat - high, -step) - step / 2
        transform = rasterio.Affine(step, 0, layout.lon - wide, 0, -step, layout.lat + high)
        grid = np.meshgrid(lon, lat)
        turn = pyproj.Transformer.from_crs(crs, layout.plane, always_xy=True)
        x, y = turn.transform(*grid)
    heights = 300 + 200 * np.sin(x / 4000) * np.cos(y / 3000) + 0.01 * np.hypot(x, y)
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "nodata": -9999.0}
    rows, cols = heights.shape
    with rasterio.open(
        path, "w", height=rows, width=cols, crs=crs, transform=transform, **profile
    ) as out:
        out.write(heights.astype(np.float32), 1)
    return path


def write_layers(folder, layout):
    """One GeoPackage with every layer, in the layout's CRS."""
    path = folder / "layers.gpkg"
    box = shapely.box(-EAST_KM, -NORTH_KM, EAST_KM, NORTH_KM)
    layers = {
        "area": ([box], {}),
        "old": (line_at(0.0, layout.pieces), {}),
        "new": (line_at(layout.shift_km, layout.pieces), {}),
        "places": (
            [shapely.Point(east, north) for east, north, _ in PLACES.values()],
            {"name": list(PLACES), "population": [people for _, _, people in PLACES.values()]},
        ),
        "roads": (
            [shapely.LineString([(-25, 0), (25, 0)]), shapely.LineString([(-10, -15), (-10, 15)])],
            {"name": ["Across", "Along"], "kind": ["road", "road"]},
        ),
        "districts": (
            [shapely.box(-EAST_KM, -NORTH_KM, EAST_KM, 0), shapely.box(-30, 0, 30, NORTH_KM)],
            {"code": ["S", "N"], "name": ["South", "North"], "population": [24_000, 36_000]},
        ),
    }
    for name, (shapes, columns) in layers.items():
        frame = gpd.GeoDataFrame(columns, geometry=layout.placed(shapes), crs=layout.crs)
        pyogrio.write_dataframe(frame, path, layer=name)
    return path


PROJECT = """title = "Made up"
study_area = {{ path = "layers.gpkg", layer = "area" }}
settlements = {{ path = "layers.gpkg", layer = "places" }}
corridors = {{ path = "layers.gpkg", layer = "roads" }}
districts = {{ path = "layers.gpkg", layer = "districts" }}
[[lines]]
key = "old"
label = "Old line"
date = 2001-01-01
path = "layers.gpkg"
layer = "old"
error_m = {error_m}
[[lines]]
key = "new"
label = "New line"
date = 2011-01-01
path = "layers.gpkg"
layer = "new"
error_m = {error_m}
[[sides]]
name = "West"
seed = {west}
[[sides]]
name = "East"
seed = {east}
[uncertainty]
draws = {draws}
{more}
"""


def made_project(folder, layout=None, *, more=None, draws=10, error_m=500, elevation=True):
    """Write a whole project; returns the path of its file."""
    layout = layout or Layout()
    write_layers(folder, layout)
    if elevation:
        write_elevation(folder / "dem.tif", layout)
    if more is None:
        more = '[elevation]\npath = "dem.tif"\naccuracy_m = 5\n' if elevation else ""
    text = PROJECT.format(
        west=layout.seed(-25, -15),
        east=layout.seed(25, 15),
        draws=draws,
        error_m=error_m,
        more=more,
    )
    path = folder / "project.toml"
    path.write_text(text, encoding="utf-8")
    return path
