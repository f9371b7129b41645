"""Build the example case, its GeoPackage and its elevation, from the plain tables beside them.

The tables in layers/karabakh/source are what a person edits. This script only joins points into
lines and rings, dissolves districts by code and marks unknown heights: the same tables give the
same bytes. The table geonames_places.csv is made by geonames_places.py, and only then.
"""

import argparse
import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import rasterio.shutil
from rasterio.io import MemoryFile
from shapely import LineString, Polygon, union_all

REPOSITORY = Path(__file__).resolve().parents[1]
SOURCE = REPOSITORY / "layers/karabakh/source"
GLOBE = REPOSITORY / "dem/source/globe30s_karabakh_raw.tif"
KINDS = dict.fromkeys(("seq", "population", "population_year"), "Int64") | dict.fromkeys(
    ("lon", "lat", "error_m", "elevation_m", "area_km2"), "float64"
)
ROUGH = "schematic: within 3 km of its course between the named places, so too short"
DEM_TAGS = {
    "SOURCE": "NOAA GLOBE 1.0, 30 arc seconds (Hastings and Dunbar 1999), public domain",
    "VERTICAL_DATUM": "mean sea level (GLOBE)",
    "ACCURACY": "bias +53 m, RMSE 145 m against 18 published heights",
    "UNKNOWN": "0 in GLOBE is void, sea and land below sea level alike: unknown here (-32768)",
}


def table(name: str) -> pd.DataFrame:
    """Read a table: an empty cell is unknown, a column is text unless it is in KINDS."""
    frame = pd.read_csv(SOURCE / f"{name}.csv", dtype=str, keep_default_na=False, na_values=[""])
    return frame.astype({column: kind for column, kind in KINDS.items() if column in frame})


def joined(points: pd.DataFrame, key: str) -> gpd.GeoSeries:
    """Join waypoints into one line per key, in the order of their numbers."""
    ways = points.sort_values("seq").groupby(key, sort=False)[["lon", "lat"]]
    return gpd.GeoSeries(ways.apply(lambda way: LineString(way.to_numpy())))


def ring(name: str, label: str) -> gpd.GeoDataFrame:
    corners = table(name).sort_values("seq")[["lon", "lat"]].to_numpy()
    return gpd.GeoDataFrame({"name": [label]}, geometry=[Polygon(corners)])


def placed(*names: str) -> gpd.GeoDataFrame:
    rows = pd.concat([table(name) for name in names], ignore_index=True)
    points = gpd.points_from_xy(rows.pop("lon"), rows.pop("lat"))
    return gpd.GeoDataFrame(rows, geometry=points)


def corridors() -> gpd.GeoDataFrame:
    points = table("corridors")
    via = points.dropna(subset="via").groupby("id")["via"].agg("; ".join)
    rows = (
        points.drop_duplicates("id").set_index("id")[["name", "kind"]].assign(via=via, note=ROUGH)
    )
    return gpd.GeoDataFrame(rows, geometry=joined(points, "id")).reset_index()


def districts() -> gpd.GeoDataFrame:
    """Dissolve boundaries by code and join by code; a district without a polygon stays out."""
    shapes = gpd.read_file(SOURCE / "districts_natural_earth.geojson")
    shapes = shapes[shapes["country"] == "AZE"].groupby("iso")["geometry"].agg(union_all)
    rows = table("districts").query("boundary_code in @shapes.index")
    return gpd.GeoDataFrame(rows, geometry=shapes.loc[rows["boundary_code"]].to_numpy())


def write_geopackage(path: Path) -> None:
    lines = table("lines").set_index("line")
    os.environ["OGR_CURRENT_DATE"] = f"{lines['date'].max()}T00:00:00.000Z"
    layers = {
        "study_area": ring("study_area", "Study area"),
        "lines": gpd.GeoDataFrame(lines, geometry=joined(table("line_waypoints"), "line")),
        "settlements": placed("settlements", "geonames_places"),
        "corridors": corridors(),
        "points": placed("points"),
        "districts": districts(),
        "former_oblast": ring("former_oblast", "Former Nagorno-Karabakh Autonomous Oblast"),
    }
    layers["lines"] = layers["lines"].reset_index()
    path.unlink(missing_ok=True)
    for name, layer in layers.items():
        located = layer.set_crs("EPSG:4326")
        pyogrio.write_dataframe(located, path, layer=name, driver="GPKG", VERSION="1.3")


def write_dem(path: Path) -> None:
    with rasterio.open(GLOBE) as globe:
        heights, profile = globe.read(1), {**globe.profile, "nodata": -32768}
    with MemoryFile() as memory, memory.open(**profile) as draft:
        draft.write(np.where(heights == 0, -32768, heights).astype("int16"), 1)
        draft.update_tags(**DEM_TAGS)
        draft.set_band_unit(1, "metre")
        draft.set_band_description(1, "elevation")
        cog = {"compress": "DEFLATE", "predictor": "YES", "blocksize": 256}
        rasterio.shutil.copy(draft, path, driver="COG", overview_resampling="average", **cog)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gpkg", type=Path, default=REPOSITORY / "layers/karabakh/karabakh.gpkg")
    parser.add_argument("--dem", type=Path, default=REPOSITORY / "dem/globe30s_karabakh.tif")
    arguments = parser.parse_args()
    write_geopackage(arguments.gpkg)
    write_dem(arguments.dem)


if __name__ == "__main__":
    main()
