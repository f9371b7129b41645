"""Rasters of people of two made countries, where WorldPop has them."""

import numpy as np

from factories.rasters import write_tif

HOST = "https://data.worldpop.org/GIS/Population"


STEP = 1 / 120  # the real ones have 3 arc seconds, 1 / 1200


NODATA = -99999.0


def global2(iso, year):
    name = f"{iso.lower()}_pop_{year}_CN_100m_R2025A_v1.tif"
    return f"{HOST}/Global_2015_2030/R2025A/{year}/{iso}/v1/100m/constrained/{name}"


def raster(folder, west, east, people, **how):
    """People per cell from west to east, 44 to 46 N."""
    rows, cols = round(2 / STEP), round((east - west) / STEP)
    values = np.full((rows, cols), people, dtype=np.float32)
    grid = (STEP, 0.0, west, 0.0, -STEP, 46.0)
    made = write_tif(
        folder / "people.tif", values, transform=grid, crs="EPSG:4326", nodata=NODATA, **how
    )
    return made.read_bytes()


def two_countries(server, folder, address=global2, year=2015, people=(2.0, 3.0)):
    """Two countries that meet at 20 E, where the front line is."""
    server.put(address("AAA", year), raster(folder, 19.0, 20.0, people[0]))
    server.put(address("BBB", year), raster(folder, 20.0, 21.0, people[1]))
