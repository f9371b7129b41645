"""A box cut by straight lines, one of them drawn by several sources: every answer is known.

The box reaches 30 km to the east and west and 20 km to the north and south. The old line runs along
0 km east, the new one along 10; sources draw them elsewhere, as a test asks.
"""

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from factories.projects import EAST_KM, NORTH_KM, Layout, line_at
from frontline.project.loader import load_project
from frontline.workflow.run import compute

LAYOUT = Layout(lon=-65.0, lat=-20.0)
OLD, NEW = 0.0, 10.0
DATES = {"old": "2001-01-01", "new": "2011-01-01"}
PLACES = [
    ("a", "Alba", 1000, shapely.Point(-5, 0)),
    ("b", "Brava", 300, shapely.Point(9, 5)),
    ("c", "Cala", 500, shapely.Point(5, 0)),
    ("d", "Dora", 8000, shapely.Point(20, -10)),
    # Two thirds of it lie within 1 km east of 10: the polygon is cut by whoever draws there.
    ("p", "Pola", 600, shapely.box(9, -8, 12, -4)),
]
ROADS = [("across", "Across", "road", shapely.LineString([(-28, 2), (28, 2)]))]


def write_case(folder, *, alternatives=(), error_m=0.0, draws=0, more="", head="", lines=DATES):
    """Write a project; alternatives are (line, key, km east or a geometry, more keys).

    Returns the path of the project file.
    """
    box = shapely.box(-EAST_KM, -NORTH_KM, EAST_KM, NORTH_KM)
    ids, names, people, shapes = zip(*PLACES, strict=True)
    layers = {
        "area": ([box], {}),
        "old": (line_at(OLD), {}),
        "new": (line_at(NEW), {}),
        "places": (
            list(shapes),
            {"id": ids, "name": names, "population": pd.array(people, dtype="Int64")}
            | {"population_kind": "residents"},
        ),
        "roads": (
            [row[3] for row in ROADS],
            {key: [row[at] for row in ROADS] for at, key in enumerate(("id", "name", "kind"))},
        ),
    }
    for line, key, drawn, _ in alternatives:
        shapes = line_at(drawn) if isinstance(drawn, int | float) else [drawn]
        layers[f"{line}_{key}"] = (shapes, {})
    for name, (geometries, columns) in layers.items():
        frame = gpd.GeoDataFrame(columns, geometry=LAYOUT.placed(geometries), crs=LAYOUT.crs)
        pyogrio.write_dataframe(frame, folder / "layers.gpkg", layer=name)
    text = [head, 'title = "Made up"', 'study_area = { path = "layers.gpkg", layer = "area" }']
    text += ['settlements = { path = "layers.gpkg", layer = "places" }']
    text += ['corridors = { path = "layers.gpkg", layer = "roads" }']
    text += ["zones = { distances_m = [5000, 15000] }", f"uncertainty = {{ draws = {draws} }}"]
    for key, date in lines.items():
        text += ["[[lines]]", f'key = "{key}"', f'label = "{key} line"', f"date = {date}"]
        text += ['path = "layers.gpkg"', f'layer = "{key}"', f"error_m = {error_m}"]
        for line, other, _, keys in alternatives:
            if line == key:
                text += ["[[lines.alternatives]]", f'key = "{other}"', f'label = "{other.title()}"']
                text += ['path = "layers.gpkg"', f'layer = "{line}_{other}"', keys]
    for side, east in (("West", -25.0), ("East", 25.0)):
        text += ["[[sides]]", f'name = "{side}"', f"seed = {list(LAYOUT.seed(east, 0.0))}"]
    path = folder / "project.toml"
    path.write_text("\n".join([*text, more]), encoding="utf-8")
    return path


def compute_case_of(folder, **options):
    """Compute the results of `write_case`."""
    return compute(load_project(write_case(folder, **options)))
