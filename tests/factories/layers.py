"""A small case whose numbers anyone can check: a degree square, cut by the meridian 46.5."""

import geopandas as gpd
import pyogrio
import shapely

from frontline.inputs.layers import read_layers
from frontline.project.loader import load_project

AREA = shapely.box(46.0, 39.0, 47.0, 40.0)
LINE = shapely.LineString([(46.5, 39.0), (46.5, 40.0)])

HEAD = """title = "Test"
[study_area]
path = "area.geojson"
{area}
[[lines]]
key = "front"
label = "Front"
date = 2020-11-10
path = "line.geojson"
{line}
[[sides]]
name = "West"
seed = [46.2, 39.5]
[[sides]]
name = "East"
seed = [46.8, 39.5]
{more}
"""


def frame(*geometries, crs=4326, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(geometries), crs=crs)


def places(**columns):
    """Three places: two west of the line, one east of it."""
    points = [shapely.Point(46.1, 39.5), shapely.Point(46.4, 39.2), shapely.Point(46.7, 39.9)]
    own = {"name": ["Alpha", "Beta", "Gamma"], "population": [100, 200, 300]} | columns
    return frame(*points, **own)


def write(data, path, layer=None, **options):
    pyogrio.write_dataframe(data, path, layer=layer or "layer", **options)
    return path


def made(folder, more="", *, area="", line="", study_area=AREA, front=LINE):
    """Write the project and its two layers; returns the path of the project file."""
    for name, shape in (("area", study_area), ("line", front)):
        if shape is not None:
            write(frame(shape), folder / f"{name}.geojson")
    path = folder / "project.toml"
    path.write_text(HEAD.format(area=area, line=line, more=more), encoding="utf-8")
    return path


def layers(folder, more="", **options):
    return read_layers(load_project(made(folder, more, **options)))


def with_places(folder, data, more="", name="places.gpkg"):
    """Read the project with a settlements layer written from a frame."""
    write(data, folder / name)
    return layers(folder, f'[settlements]\npath = "{name}"\n{more}')


def said(layers):
    return "\n".join(f"{note.about}: {note.text} [{note.count}]" for note in layers.notes)
