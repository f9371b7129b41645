"""Parts of the land and layers without lines, on rectangles."""

import geopandas as gpd
import shapely

from factories.fronts import AREA, FRAME, HIGH, settlements
from frontline.inputs.layers import Layers
from frontline.inputs.normalize import make_empty_layer
from frontline.project.layers import CORRIDORS, DISTRICTS, POINTS


def frame(*shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=FRAME.crs)


def layers_of(places=None, districts=None, **partitions):
    """Layers without lines, for what needs land, places and parts only."""
    return Layers(
        plane=FRAME,
        study_area=AREA,
        lines={},
        settlements=settlements() if places is None else places,
        corridors=make_empty_layer(CORRIDORS, plane=FRAME),
        points=make_empty_layer(POINTS, plane=FRAME),
        districts=make_empty_layer(DISTRICTS, plane=FRAME) if districts is None else districts,
        partitions=partitions,
        notes=(),
    )


SOUTH, NORTH = shapely.box(-9e3, -9e3, 50e3, 25e3), shapely.box(0, 25e3, 50e3, HIGH)


HALVES = frame(SOUTH, NORTH, code=["S", "N"], name=["South", "North"])


def row_of(table, part, side, line="old"):
    found = table[(table.part == part) & (table.side == side) & (table.line == line)]
    assert len(found) == 1
    return found.iloc[0]
