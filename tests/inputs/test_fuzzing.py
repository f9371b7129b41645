"""Files with turned bytes: layers or one line of ours, and nothing else, within time and memory."""

import datetime as dt
import subprocess
import sys

import numpy as np
import openpyxl
import pytest
from factories.layers import made, places, write
from factories.rasters import write_tif

ROUNDS = 60
FUZZ = """
import random, resource, sys, warnings
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (3_000_000_000, 3_000_000_000))
resource.setrlimit(resource.RLIMIT_CPU, (300, 300))
from frontline.claims.ledger import read as read_claims
from frontline.errors import FrontlineError
from frontline.inputs.layers import read_layers
from frontline.inputs.tables import read_tables
from frontline.project.loader import load_project
from frontline.raster.io import Window, open_raster, read_window

folder, name, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
seed = (folder / name).read_bytes()
chance = random.Random(name)
project = None if name.endswith("toml") else load_project(folder / "project.toml")
before = sorted(path.name for path in folder.iterdir())


def turned(content):
    content = bytearray(content)
    for _ in range(chance.choice([1, 3, 30])):
        content[chance.randrange(len(content))] = chance.randrange(256)
    if len(content) > 20 and chance.random() < 0.2:
        at = chance.randrange(len(content))
        del content[at : at + chance.randrange(min(200, len(content) - at))]
    if content and chance.random() < 0.1:
        at, length = chance.randrange(len(content)), chance.randrange(1, 200)
        content[at:at] = content[at : at + length] * chance.randrange(1, 4)
    return bytes(content)


def read():
    if name.endswith("tif"):
        with open_raster(folder / name) as raster:
            part = Window(0, 0, min(raster.rows, 50), min(raster.cols, 50))
            read_window(raster, window=part)
    elif name == "claims.toml":
        read_claims(folder / name, project=load_project(folder / "project.toml"))
    elif project is None:
        load_project(folder / name)
    elif name.startswith("t."):
        read_tables(project)
    else:
        read_layers(project)


fine = 0
for number in range(rounds):
    (folder / name).write_bytes(turned(seed))
    try:
        read()
        fine += 1
    except FrontlineError as error:
        assert str(error).strip()
(folder / name).write_bytes(seed)
assert sorted(path.name for path in folder.iterdir()) == before
print(fine)
"""
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


@pytest.mark.slow
@pytest.mark.parametrize("name", FUZZED)
def test_turned_bytes_give_data_or_our_error_and_nothing_else(tmp_path, name):
    seeded(tmp_path, name)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FUZZ, str(tmp_path), name, str(ROUNDS)],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert 0 <= int(done.stdout) <= ROUNDS
