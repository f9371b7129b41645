"""Elevation read through a made project."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import shapely

from factories.rasters import write_tif
from frontline.elevation.dem import read_dem
from frontline.geo.projection import plane_around
from frontline.project.models import Elevation


def read(
    tmp_path, values, *, transform, crs="EPSG:4326", area=None, line=None, elevation=None, **profile
):
    """Read a made raster through a project whose study area is `area`, in degrees."""
    path = write_tif(tmp_path / "dem.tif", values, transform=transform, crs=crs, **profile)
    area = area or shapely.box(46.2, 40.2, 46.8, 40.8)
    plane = plane_around(np.array([area], dtype=object))
    line = line or shapely.LineString([area.bounds[:2], area.bounds[2:]])
    study, front = plane.from_crs(np.array([area, line], dtype=object), 4326)
    layers = SimpleNamespace(
        plane=plane,
        study_area=study,
        lines={"a": gpd.GeoDataFrame(geometry=[front], crs=plane.crs)},
    )
    project = SimpleNamespace(
        path=tmp_path / "project.toml",
        elevation=Elevation.model_construct(
            **{**Elevation.model_construct(path=path).__dict__, **(elevation or {})}
        ),
        sight=SimpleNamespace(radius_m=5_000.0),
        zones=SimpleNamespace(distances_m=(5_000.0,)),
    )
    return read_dem(project, layers=layers), layers


TENTH = (0.01, 0.0, 46.0, 0.0, -0.01, 41.0)
