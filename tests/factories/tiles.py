"""Small tiles of elevation in the layout of the providers' documentation.

Heights stand on whole degrees: a tile of n cells has them at lon + j / n and lat + 1 - i / n, so
its edges lie half a cell west and north of the degree. The real tiles have n = 3600.
"""

import numpy as np

from factories.rasters import write_tif

AWS = "https://copernicus-dem-{m}m.s3.amazonaws.com/{name}/{name}.tif"


def corner(lat, lon):
    north = f"{'N' if lat >= 0 else 'S'}{abs(lat):02d}"
    return f"{north}_00_{'E' if lon >= 0 else 'W'}{abs(lon):03d}_00"


def aws(metres, lat, lon):
    """Address of a tile in the buckets of Amazon: GLO-30 is called 10, GLO-90 is called 30."""
    arc = {30: 10, 90: 30}[metres]
    return AWS.format(m=metres, name=f"Copernicus_DSM_COG_{arc}_{corner(lat, lon)}_DEM")


def plane(lon, lat):
    """Heights that bilinear interpolation keeps: linear in both."""
    return 1000.0 + 300.0 * (lon - 20.0) + 500.0 * (lat - 45.0)


def write_tile(path, lat, lon, *, high=120, wide=120, heights=plane, shared=0, **how):
    """Write a tile; `shared` further rows and columns stand on the neighbours' first ones."""
    y = lat + 1 - np.arange(high + shared) / high
    x = lon + np.arange(wide + shared) / wide
    values = heights(*np.meshgrid(x, y)).astype(np.float32)
    grid = (1 / wide, 0.0, lon - 0.5 / wide, 0.0, -1 / high, lat + 1 + 0.5 / high)
    return write_tif(path, values, transform=grid, crs=how.pop("crs", "EPSG:4326"), **how)


def tile_bytes(folder, lat, lon, **how):
    return write_tile(folder / "tile.tif", lat, lon, **how).read_bytes()


TILES = [(44, 19), (44, 20), (45, 19), (45, 20)]


def stock(server, folder, tiles=TILES, *, metres=30, **how):
    for lat, lon in tiles:
        server.put(aws(metres, lat, lon), tile_bytes(folder, lat, lon, **how))


def coarse(server, folder, tiles=TILES, **how):
    stock(server, folder, tiles, metres=90, high=40, wide=40, **how)
