"""What GeoNames, Geofabrik and geoBoundaries hold of two made countries, as they lay it out."""

import hashlib
import io
import json
import zipfile

from factories.osm import pbf

GEONAMES = "https://download.geonames.org/export/dump"


GEOFABRIK = "https://download.geofabrik.de"


API = "https://www.geoboundaries.org/api/current/gbOpen"


GITHUB = "https://github.com/wmgeolab/geoBoundaries/raw/9469f09/releaseData/gbOpen"


def zipped(name, rows):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("readme.txt", "Readme for GeoNames Gazetteer extract files")
        archive.writestr(name, "".join("\t".join(row) + "\n" for row in rows))
    return out.getvalue()


def place(key, name, lat, lon, *, people=0, code="PPL", kind="P"):
    """One row of 19 columns, as in the readme's main table."""
    middle = [name, name, "", f"{lat}", f"{lon}", kind, code, "RU", "", "", "", "", ""]
    return [f"{key}", *middle, f"{people}", "", "100", "Europe/Ruritania", "2020-01-01"]


def spoken(key, language, name, *, preferred="", colloquial="", historic=""):
    """One row of alternateNamesV2: 10 columns, the last two the time in which it was used."""
    return ["1", f"{key}", language, name, preferred, "", colloquial, historic, "", ""]


def stock_geonames(server, rows, names):
    countries = (
        "# countries\n#ISO\tISO3\tISO-Numeric\nRU\tRUR\t1\tRuritania\nSY\tSYL\t2\tSyldavia\n"
    )
    server.put(f"{GEONAMES}/countryInfo.txt", countries.encode())
    server.put(f"{GEONAMES}/RU.zip", zipped("RU.txt", rows))
    server.put(f"{GEONAMES}/alternatenames/RU.zip", zipped("RU.txt", names))
    server.put(f"{GEONAMES}/SY.zip", zipped("SY.txt", [place(9, "Klow", 45.1, 20.1, people=50)]))
    server.put(f"{GEONAMES}/alternatenames/SY.zip", zipped("SY.txt", []))


TOWNS = [
    place(1, "Zenda", 45.05, 20.1, people=1200, code="PPLA"),
    place(2, "Selo", 44.95, 19.9),
    place(3, "Ruina", 44.9, 20.0, people=5, code="PPLW"),
    place(4, "Gone", 44.9, 20.0, people=5, code="PPLH"),
    place(5, "Far away", 48.0, 30.0, people=9),
    place(6, "A hill", 45.0, 20.0, kind="T", code="HLL"),
]


NAMES = [
    spoken(1, "ru", "Зенда"),
    spoken(1, "en", "Zenda"),
    spoken(1, "hy", "Զենդա"),
    spoken(1, "ru", "Зенда-град", preferred="1"),
    spoken(1, "link", "https://en.wikipedia.org/wiki/Zenda"),
    spoken(1, "", "Zenda Castle"),
    spoken(5, "ru", "Далеко"),
]


def area(west, south, east, north):
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "MultiPolygon", "coordinates": [[ring]]}


def stock_geofabrik(server, extracts, index=None, codes=None):
    """An index as download.geofabrik.de/index-v1.json, and files with their digests."""
    features = []
    for name, (box, data) in extracts.items():
        address = f"{GEOFABRIK}/europe/{name}-latest.osm.pbf"
        urls = {"pbf": address, "shp": address.replace(".osm.pbf", "-free.shp.zip")}
        properties = {"id": name, "parent": "europe", "name": name.title(), "urls": urls}
        if name in (codes or {}):
            properties["iso3166-1:alpha2"] = codes[name]
        features.append({"type": "Feature", "properties": properties, "geometry": area(*box)})
        server.put(address, data)
        digest = hashlib.md5(data).hexdigest()
        server.put(f"{address}.md5", f"{digest}  {name}-latest.osm.pbf\n".encode())
    text = {"type": "FeatureCollection", "features": features}
    server.put(f"{GEOFABRIK}/index-v1.json", json.dumps(index or text).encode())


NODES = [
    (1, 19.9, 45.0, {}),
    (2, 20.1, 45.0, {}),
    (3, 30.0, 50.0, {}),
    (4, 30.1, 50.0, {}),
    (
        5,
        20.05,
        45.01,
        {"place": "town", "name": "Зенда", "name:en": "Zenda", "population": "1 200"},
    ),
    (6, 20.06, 45.02, {"place": "village", "name": "Selo", "population": "about 90"}),
    (7, 20.07, 45.02, {"place": "suburb", "name": "Suburb"}),
    (8, 20.08, 45.02, {"amenity": "cafe", "name": "Café"}),
]


WAYS = [
    (11, [1, 2], {"highway": "primary", "name": "M1", "maxspeed": "60", "name:en": 'The "M1"'}),
    (12, [1, 2], {"highway": "track"}),
    (13, [1, 2], {"highway": "footway"}),
    (14, [1, 2], {"railway": "rail", "name": "Line"}),
    (15, [1, 2], {"waterway": "canal"}),
    (16, [1, 2], {"man_made": "pipeline", "substance": "gas"}),
    (17, [3, 4], {"highway": "primary", "name": "far away"}),
    (18, [1, 2], {"highway": "trunk_link", "maxspeed": "30 mph", "oneway": "yes"}),
    (19, [1, 2], {"highway": "unclassified", "maxspeed": "walk"}),
]
# each way on nodes of its own: the same line twice would count once
for way, nodes, _ in WAYS:
    lon, lat = (19.9, 45.0 + way / 1000) if nodes == [1, 2] else (30.0, 50.0)
    NODES += [(10 * way, lon, lat, {}), (10 * way + 1, lon + 0.2, lat, {})]
WAYS = [(way, [10 * way, 10 * way + 1], tags) for way, _, tags in WAYS]


EXTRACT = pbf(NODES, WAYS)


WHOLE = {"ruritania": ((18, 44, 22, 46), EXTRACT)}


def release(country, **more):
    link = f"{GITHUB}/{country}/ADM1/geoBoundaries-{country}-ADM1.geojson"
    return {
        "boundaryID": f"{country}-ADM1-1",
        "boundaryISO": country,
        "boundaryYearRepresented": "2019",
        "boundarySource": f"Office of {country}",
        "boundaryLicense": "Creative Commons Attribution 4.0 International (CC BY 4.0)",
        "gjDownloadURL": link,
        **more,
    }


def shapes(country, boxes, *, iso=True):
    features = [
        {
            "type": "Feature",
            "properties": {
                "shapeName": f"{country} {number}",
                "shapeISO": f"{country[:2]}-{number}" if iso else "",
                "shapeID": f"{number}B{number}",
                "shapeGroup": country,
                "shapeType": "ADM1",
            },
            "geometry": area(*box),
        }
        for number, box in enumerate(boxes, 1)
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    return {"type": "FeatureCollection", "crs": crs, "features": features}


def stock_boundaries(server, country, geojson, **more):
    one = release(country, **more)
    server.put(f"{API}/{country}/ADM1/", json.dumps(one).encode())
    server.put(release(country)["gjDownloadURL"], json.dumps(geojson).encode())
