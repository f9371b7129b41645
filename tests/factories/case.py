"""A case for the metrics: a box in kilometres cut by straight lines, where every answer is known.

Far from any real front: the box lies on a high plain of the southern hemisphere. The old line runs
along 0 km east, a later one along 4, the new one along 10; a wall of 500 m stands between 14 and
15 km east.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import shapely

from factories.projects import EAST_KM, NORTH_KM, Layout, line_at
from frontline.project.loader import load_project
from frontline.workflow.run import compute_case

LAYOUT = Layout(lon=-65.0, lat=-20.0)
LINES = {"old": (0.0, "2001-01-01"), "mid": (4.0, "2005-01-01"), "new": (10.0, "2011-01-01")}

PLACES = [
    # id, name, second name, other spellings, residents, place
    ("a", "Alba", "Albu", "Alva", 1000, shapely.Point(-5, 0)),
    ("b", "Brava", "", "", 3000, shapely.Point(-20, 10)),
    ("c", "Cala", "Kala", "", 500, shapely.Point(5, 0)),
    ("d", "Dora", "", "", 8000, shapely.Point(20, -10)),
    ("e", "Eda", "", "", None, shapely.Point(12, 5)),
    ("f", "Fara", "", "", 700, shapely.Point(25, 18)),
    ("p", "Pola", "", "", 400, shapely.box(-1, -8, 3, -4)),
]
POINTS = [
    ("view", "View", "vantage point", shapely.Point(8, 0)),
    ("near_post", "Near post", "post", shapely.Point(-2, 0)),
    ("far_post", "Far post", "post", shapely.Point(-10, 12)),
]
ZIG = [(-25, 10), (5, 10), (5, 14), (-5, 14), (-5, 18), (25, 18)]
CORRIDORS = [
    ("zig", "Zig", "road", ZIG),
    ("across", "Across", "road", [(-20, 0), (20, 0)]),
    ("along", "Along", "road", [(20, 0), (20, -10)]),
    ("loop", "Loop", "road", [(-20, 0), (-20, 10)]),
    ("link", "Link", "road planned", [(25, 18), (20, 0)]),
    ("ditch", "Ditch", "canal", [(15, -15), (-5, -15)]),
    ("tube", "Tube", "pipeline", [(18, -20), (18, 20)]),
    ("exit", "Exit", "track", [(-25, -5), (-35, -5)]),
]
DISTRICTS = [
    ("NW", "North-west", 3000, shapely.box(-EAST_KM, 0, 0, NORTH_KM)),
    ("NE", "North-east", 9000, shapely.box(0, 0, EAST_KM, NORTH_KM)),
    ("S", "South", 6000, shapely.box(-EAST_KM, -NORTH_KM, EAST_KM, 0)),
]
INNER = shapely.box(-10, -10, 10, 10)


def lonlat(east, north):
    """Longitude and latitude of a place of the box."""
    point = LAYOUT.placed([shapely.Point(east, north)], "EPSG:4326")[0]
    return (float(point.x), float(point.y))


def write_layers(path):
    """One GeoPackage with every layer, as people, sides and roads are named above."""
    ids, names, seconds, others, people, shapes = zip(*PLACES, strict=True)
    half = [{0: 30.0, 2: 50.0}.get(row) for row in range(len(PLACES))]
    layers = {
        "area": ([shapely.box(-EAST_KM, -NORTH_KM, EAST_KM, NORTH_KM)], {}),
        **{key: (line_at(east), {}) for key, (east, _) in LINES.items()},
        "places": (
            list(shapes),
            {"id": ids, "name": names, "name_alt": seconds, "name_other": others}
            | {"population": pd.array(people, dtype="Int64"), "damaged_percent": half}
            | {"population_kind": "residents"},
        ),
        "points": (
            [row[3] for row in POINTS],
            {key: [row[at] for row in POINTS] for at, key in enumerate(("id", "name", "kind"))},
        ),
        "roads": (
            [shapely.LineString(row[3]) for row in CORRIDORS],
            {key: [row[at] for row in CORRIDORS] for at, key in enumerate(("id", "name", "kind"))},
        ),
        "districts": (
            [row[3] for row in DISTRICTS],
            {
                key: [row[at] for row in DISTRICTS]
                for at, key in enumerate(("code", "name", "population"))
            },
        ),
        "inner": ([INNER], {}),
    }
    for name, (geometries, columns) in layers.items():
        frame = gpd.GeoDataFrame(columns, geometry=LAYOUT.placed(geometries), crs=LAYOUT.crs)
        pyogrio.write_dataframe(frame, path, layer=name)


def write_wall(path, *, step_m):
    """A plain at 100 m with a wall of 600 m between 14 and 15 km east."""
    wide, high = (EAST_KM + 20) * 1000, (NORTH_KM + 20) * 1000
    east = np.arange(-wide, wide, step_m) + step_m / 2
    heights = np.where((east > 14_000) & (east < 15_000), 600.0, 100.0)
    grid = np.repeat(heights[None, :].astype(np.float32), int(2 * high / step_m), axis=0)
    transform = rasterio.Affine(step_m, 0, -wide, 0, -step_m, high)
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "nodata": -9999.0}
    rows, cols = grid.shape
    with rasterio.open(
        path, "w", height=rows, width=cols, crs=LAYOUT.plane, transform=transform, **profile
    ) as out:
        out.write(grid, 1)


def write_project(folder, *, error_m=0.0, draws=0, schematic=False, step_m=100.0, drop=(), more=""):
    """Write the layers and a project file; returns its path."""
    write_layers(folder / "layers.gpkg")
    write_wall(folder / "wall.tif", step_m=step_m)
    tables = {
        "settlements": 'settlements = { path = "layers.gpkg", layer = "places" }',
        "corridors": 'corridors = { path = "layers.gpkg", layer = "roads", '
        f"schematic = {str(schematic).lower()} }}",
        "points": 'points = { path = "layers.gpkg", layer = "points" }',
        "districts": 'districts = { path = "layers.gpkg", layer = "districts" }',
        "elevation": 'elevation = { path = "wall.tif" }',
    }
    text = ['title = "Made up"', 'study_area = { path = "layers.gpkg", layer = "area" }']
    text += [line for name, line in tables.items() if name not in drop]
    text += ["sight = { radius_m = 1000 }", f"uncertainty = {{ draws = {draws} }}"]
    # Roads lead over the wall: their times are known by hand where they are level.
    text += ["travel = { slopes = false }"]
    for key, (_, date) in LINES.items():
        text += ["[[lines]]", f'key = "{key}"', f'label = "{key}"', f"date = {date}"]
        text += ['path = "layers.gpkg"', f'layer = "{key}"', f"error_m = {error_m}"]
    for side, east in (("West", -25.0), ("East", 28.0)):
        text += ["[[sides]]", f'name = "{side}"', f"seed = {list(lonlat(east, 0.0))}"]
    text += ["[[partitions]]", 'key = "inner"', 'label = "Inner"']
    text += ['path = "layers.gpkg"', 'layer = "inner"']
    path = folder / "project.toml"
    path.write_text("\n".join([*text, more]), encoding="utf-8")
    return path


def made_case(folder, **options):
    """Compute the case of `write_project`."""
    case, _ = compute_case(load_project(write_project(folder, **options)))
    return case
