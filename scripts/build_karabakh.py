"""Build the GeoPackage of the example case from the plain tables beside it.

The tables in layers/karabakh/source are what a person edits. This script only joins points into
lines and rings and dissolves districts by code: the same tables give the same bytes. The elevation
is built by build_dem.py, the table geonames_places.csv by geonames_places.py.
"""

import argparse
import os
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from shapely import LineString, Polygon, union_all

SOURCE = Path(__file__).resolve().parents[1] / "layers/karabakh/source"
KINDS = dict.fromkeys(("seq", "population", "population_year"), "Int64") | dict.fromkeys(
    ("lon", "lat", "error_m", "elevation_m", "area_km2"), "float64"
)
ROUGH = "schematic: within 3 km of its course between the named places, so too short"


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=SOURCE.parent / "karabakh.gpkg", help="file to write"
    )
    write_geopackage(parser.parse_args().out)


if __name__ == "__main__":
    main()
