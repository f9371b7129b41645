"""A line, a grid of heights and places on one plane, for what can be seen from the line."""

import datetime as dt
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from frontline.elevation.dem import Dem
from frontline.geo.projection import plane_around
from frontline.lines.front import FrontLine

FRAME = plane_around([shapely.Point(20.0, 45.0)])


CELL = 100.0


def dem_of(heights, *, west=-20_000.0, north=20_000.0, cell=CELL, accuracy_m=None):
    """A grid of the frame's plane, true to scale near its centre."""
    return Dem(
        heights_m=np.asarray(heights, dtype=np.float32),
        transform=(cell, 0.0, west, 0.0, -cell, north),
        crs=FRAME.crs.to_wkt(),
        step_m=(cell, cell),
        accuracy_m=accuracy_m,
    )


def front_of(line, key="old"):
    return FrontLine(
        key=key,
        label=key,
        date=dt.date(2020, 11, 10),
        geometry=line,
        segments=np.array([line]),
        error_m=np.zeros(1),
        error_correlation_m=5_000.0,
        sides={},
    )


def layers_of(places=(), roads=(), **columns):
    settlements = pd.DataFrame({"id": [f"s{n}" for n in range(len(places))]} | columns)
    roads_table = pd.DataFrame(
        {"id": [f"c{n}" for n in range(len(roads))], "name": "Road", "kind": "road"}
    )
    shapes = [p if isinstance(p, shapely.Geometry) else shapely.Point(p) for p in places]
    return SimpleNamespace(
        plane=FRAME,
        settlements=gpd.GeoDataFrame(settlements, geometry=shapes, crs=FRAME.crs),
        corridors=gpd.GeoDataFrame(roads_table, geometry=list(roads), crs=FRAME.crs),
    )


def zones_of(*zones, kind="cumulative"):
    table = pd.DataFrame(
        [("old", "East", d, kind, shape) for d, shape in zones],
        columns=["line", "side", "distance_m", "kind", "geometry"],
    )
    return gpd.GeoDataFrame(table, geometry="geometry", crs=FRAME.crs)
