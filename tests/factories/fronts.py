"""Lines on a plane of 100 by 50 km, whose sides are rectangles anyone can measure."""

import datetime as dt

import geopandas as gpd
import numpy as np
import shapely

from frontline.elevation.dem import Dem
from frontline.geo.projection import plane_around
from frontline.lines.front import FrontLine

FRAME = plane_around([shapely.Point(20.0, 45.0)])
WIDE, HIGH = 100_000.0, 50_000.0
AREA = shapely.box(0.0, 0.0, WIDE, HIGH)
DATES = {"old": dt.date(1994, 5, 12), "mid": dt.date(2016, 4, 5), "new": dt.date(2020, 11, 10)}


def front_of(key, line, *, error_m=0.0, date=None, names=("West", "East")):
    """A line from south to north; the first name holds the land to its left."""
    xy = shapely.get_coordinates(line)
    west = shapely.Polygon([(0.0, xy[0, 1]), *xy, (0.0, xy[-1, 1])])
    sides = {names[0]: west, names[1]: AREA.difference(west)}
    pieces = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
    return FrontLine(
        key=key,
        label=key.title(),
        date=date or DATES[key],
        geometry=shapely.multilinestrings([line]),
        segments=pieces,
        error_m=np.broadcast_to(np.asarray(error_m, dtype=float), len(pieces)).copy(),
        error_correlation_m=5_000.0,
        sides=sides,
        length_km=line.length / 1000.0,
    )


def straight(key, x, **kwargs):
    return front_of(key, shapely.LineString([(x, 0.0), (x, HIGH)]), **kwargs)


def settlements(*rows, **columns):
    """Places from tuples of name, x, y and people (or None), with residents of any date."""
    names, x, y, people = zip(*rows, strict=True) if rows else ((), (), (), ())
    blank = [""] * len(rows)
    table = {
        "id": [name.lower() for name in names],
        "name": list(names),
        "name_alt": blank,
        "population": people,
        "population_kind": ["residents"] * len(rows),
        "population_date": blank,
        "population_from": blank,
        "population_until": blank,
        "population_source": blank,
    } | columns
    frame = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(x, y), crs=FRAME.crs)
    return frame.astype({"population": "Int64"})


def grid_of(height, *, step_m=500.0, accuracy_m=None):
    """Elevation over the whole area from a function of x and y in metres."""
    x = np.arange(0.0, WIDE, step_m) + step_m / 2
    y = np.arange(HIGH, 0.0, -step_m) - step_m / 2
    heights = height(*np.meshgrid(x, y)).astype(np.float32)
    return Dem(
        heights_m=heights,
        transform=(step_m, 0.0, 0.0, 0.0, -step_m, HIGH),
        crs=FRAME.crs.to_wkt(),
        step_m=(step_m, step_m),
        accuracy_m=accuracy_m,
    )
