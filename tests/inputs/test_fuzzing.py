"""Files with turned bytes: layers or one line of ours, and nothing else, within time and memory."""

import datetime as dt
import subprocess
import sys
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from factories.layers import made, places, write
from factories.rasters import write_tif

ROUNDS = 20
FUZZING = Path(__file__).parents[1] / "factories" / "fuzzing.py"
CLAIMS = """
[[reports]]
key = "r"
title = "A report"
date = 2021-01-01
[[claims]]
id = "A1"
report = "r"
statement = "So many people live near."
metric = "people_within"
parameters = { line = "front", side = "West", distance_m = 5000 }
stated = [{ value = 1, unit = "people" }]
"""


def seeded(folder, name):
    """Write one sound file of a name, and a project that reads it."""
    stem, _, ending = name.partition(".")
    more = f'[settlements]\npath = "{name}"\n'
    if ending in {"dbf", "shx", "prj", "cpg"}:
        write(places(), folder / f"{stem}.shp")
        more = f'[settlements]\npath = "{stem}.shp"\n'
    elif ending == "csv" and stem == "t":
        text = "place,kind,lon,lat,stated_distance_m\nA,water,46.1,39.5,100\n"
        (folder / name).write_text(text)
        more = f'[links]\npath = "{name}"\n'
    elif ending == "csv":
        (folder / name).write_text("name,lon,lat,population\nA,46.1,39.5,1\nB,46.2,39.6,2\n")
    elif ending == "xlsx":
        book = openpyxl.Workbook()
        book.active.append(["name", "lon", "lat", "population", "population_date"])
        book.active.append(["A", 46.1, 39.5, 7, dt.date(2020, 1, 1)])
        book.save(folder / name)
    elif ending == "tif":
        values = np.arange(400.0, dtype="float32").reshape(20, 20)
        transform = (30.0, 0.0, 5e5, 0.0, -30.0, 4e6)
        write_tif(folder / name, values, transform=transform, unit="metre", nodata=-1.0)
        more = ""
    elif ending == "toml":
        more = ""
        (folder / "claims.toml").write_text(CLAIMS)
    elif name != "line.geojson":
        write(places(), folder / name, driver="LIBKML" if ".km" in name else None)
    made(folder, "" if name == "line.geojson" else more)


FUZZED = [
    *("p.gpkg", "p.geojson", "line.geojson", "p.fgb", "p.shp", "p.shx", "p.dbf", "p.prj", "p.cpg"),
    *("p.kml", "p.kmz", "p.csv", "t.csv", "p.xlsx", "dem.tif", "project.toml", "claims.toml"),
]


@pytest.fixture(scope="module")
def readings(tmp_path_factory):
    """Of each file, how many readings gave data; one interpreter reads them all."""
    folder = tmp_path_factory.mktemp("fuzzed")
    for name in FUZZED:
        (folder / name).mkdir()
        seeded(folder / name, name)
    done = subprocess.run(
        [sys.executable, "-W", "error", FUZZING, folder, str(ROUNDS), "1", *FUZZED],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    lines = [line.partition(" ") for line in done.stdout.splitlines()]
    return {name: result for name, _, result in lines} | {"errors": done.stderr[-2000:]}


@pytest.mark.slow
@pytest.mark.parametrize("name", FUZZED)
def test_turned_bytes_give_data_or_our_error_and_nothing_else(readings, name):
    result = readings.get(name, readings["errors"])
    assert result.isdigit(), result
    assert 0 <= int(result) <= ROUNDS
