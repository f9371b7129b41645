"""People about a straight line: places, districts, rasters and zones whose sums are known."""

import datetime as dt
import math
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import strategies as st

from factories.rasters import write_tif
from frontline.geo.projection import plane_around
from frontline.lines.front import DisplacedFront, FrontLine
from frontline.population.within import PEOPLE, count_people_within
from frontline.project.models import PopulationRaster
from frontline.uncertainty.intervals import SIGMAS

FRAME = plane_around(np.array([shapely.Point(46, 40)], dtype=object))


DATE = dt.date(2020, 11, 10)


EDGES = (5_000.0, 10_000.0, 15_000.0)


WIDE, TALL = 40_000.0, 50_000.0


AREA = shapely.box(-WIDE, -TALL, WIDE, TALL)


"""The study area: 80 x 100 km about the middle of the plane, with the line along x = 0."""


def halves(at=0.0):
    return {
        "West": shapely.box(-WIDE, -TALL, at, TALL),
        "East": shapely.box(at, -TALL, WIDE, TALL),
    }


def straight(error_m=0.0, correlation_m=math.inf):
    line = shapely.LineString([(0, -TALL), (0, TALL)])
    return FrontLine(
        key="a", label="A", date=DATE, geometry=shapely.MultiLineString([line]),
        segments=np.array([line], dtype=object), error_m=np.array([error_m]),
        error_correlation_m=correlation_m, sides=halves(),
    )  # fmt: skip


def rigid(error_m, count=200):
    """Displaced lines at the middles of `count` equal shares of the normal distribution."""
    from scipy.stats import norm

    shifts = error_m / SIGMAS * norm.ppf((np.arange(count) + 0.5) / count)
    return shifts, tuple(
        DisplacedFront(shapely.LineString([(e, -TALL), (e, TALL)]), halves(e)) for e in shifts
    )


def zones_of(front, edges=EDGES):
    rows = []
    for side, land in front.sides.items():
        inner = shapely.Polygon()
        for edge in edges:
            whole = shapely.intersection(front.geometry.buffer(edge), land)
            for kind, zone in (("cumulative", whole), ("ring", whole.difference(inner))):
                rows.append(("a", side, edge, kind, zone.area / 1e6, zone))
            inner = whole
    columns = ["line", "side", "distance_m", "kind", "area_km2", "geometry"]
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=FRAME.crs)


SETTLEMENT = {
    "population_kind": "residents", "population_date": "2019", "population_from": "",
    "population_until": "",
}  # fmt: skip


def settlements_of(rows):
    """Rows of x in km (or a polygon), people, and whatever differs from SETTLEMENT."""
    made = []
    for number, (where, count, *more) in enumerate(rows):
        shape = (
            where if hasattr(where, "area") else shapely.Point(1000 * where, 100 * (number % 400))
        )
        own = more[0] if more else {}
        name = {"id": f"p{number}", "name": f"place {number}", "population": count}
        made.append(name | SETTLEMENT | own | {"geometry": shape})
    columns = ["id", "name", "population", *SETTLEMENT, "geometry"]
    table = gpd.GeoDataFrame(made, columns=columns, geometry="geometry", crs=FRAME.crs)
    return table.astype({"population": "Int64"})


def districts_of(rows):
    made = [
        {"code": str(n), "population": count, "population_kind": kind, "counted_by": by,
         "population_year": "2019", "geometry": shape}
        for n, (shape, count, kind, by) in enumerate(rows)
    ]  # fmt: skip
    columns = [
        "code", "population", "population_kind", "counted_by", "population_year", "geometry"
    ]  # fmt: skip
    table = gpd.GeoDataFrame(made, columns=columns, geometry="geometry", crs=FRAME.crs)
    return table.astype({"population": "Int64"})


def places_of(table, front):
    points = shapely.centroid(table.geometry.to_numpy())
    side = np.full(len(points), "", dtype=object)
    for name, land in front.sides.items():
        side[shapely.intersects(land, points)] = name
    distance = np.round(shapely.distance(front.geometry, points), 6)
    return pd.DataFrame({"id": table["id"], "line": "a", "side": side, "distance_m": distance})


def count(
    settlements=(),
    districts=(),
    *,
    front=None,
    draws=(),
    rasters=(),
    stated=(),
    edges=EDGES,
    reach_m=2000.0,
):
    table = settlements_of(settlements)
    layers = SimpleNamespace(
        plane=FRAME, study_area=AREA, settlements=table, districts=districts_of(districts)
    )
    project = SimpleNamespace(
        population=rasters, stated=stated, path=Path("/nowhere/project.toml"),
        settlements=SimpleNamespace(raster_reach_m=reach_m),
        people=SimpleNamespace(outdated_years=3.0),
    )  # fmt: skip
    front = front or straight()
    found = count_people_within(
        project,
        layers=layers,
        fronts=(front,),
        zones=zones_of(front, edges),
        places=places_of(table, front),
        draws={"a": draws},
    )
    of_zones = ("area_low", "area_high")
    assert list(found.rows.columns) == [name for name in PEOPLE.names if name not in of_zones]
    return found


def row(found, source="settlements", side="East", distance=5000.0, kind="cumulative"):
    rows = found.rows.query(
        "source == @source and side == @side and distance_m == @distance and kind == @kind"
    )
    assert len(rows) == 1
    return rows.iloc[0]


places_at = st.lists(
    st.tuples(st.floats(-39, 39).map(lambda v: round(v, 3)), st.integers(0, 10**6) | st.none()),
    min_size=1,
    max_size=12,
)


def population_raster(tmp_path, density, *, kind="count", step=1000.0, half=45_000.0, **more):
    """A raster of the plane: people per km2 as a function of x and y in km."""
    n = round(2 * half / step)
    at = (np.arange(n) + 0.5) * step - half
    x, y = np.meshgrid(at / 1000, -at / 1000)
    values = density(x, y) * np.ones_like(x) * ((step / 1000) ** 2 if kind == "count" else 1.0)
    path = write_tif(
        tmp_path / f"people{more.get('key', '')}.tif", values,
        transform=(step, 0, -half, 0, -step, half), crs=FRAME.crs.to_wkt(),
    )  # fmt: skip
    return PopulationRaster.model_construct(
        **{
            "crs": None,
            "valid_from": None,
            "valid_until": None,
            "series": None,
            "date": None,
            "trusted": False,
            "key": "pop",
        }
        | more,
        path=path,
        kind=kind,
    )
