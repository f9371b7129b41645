"""The manifest: what a run was made of, the same from run to run and from folder to folder."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

from factories.example_results import FOLDER, example_project

from frontline.export.manifest import describe_run, find_newest_date, hash_of_inputs, list_versions

INPUTS = {"b.gpkg": "1" * 64, "a.csv": "2" * 64}


def test_paths_start_from_the_project():
    text = json.dumps(describe_run(example_project(), inputs=INPUTS))
    assert str(FOLDER) not in text
    assert str(Path.cwd()) not in text
    parameters = json.loads(text)["parameters"]
    assert parameters["settlements"]["path"] == "places.csv"
    assert parameters["lines"][1]["date"] == "2020-11-10"
    assert parameters["sight"]["refraction"] == 0.13  # what was not asked is written too
    assert "path" not in parameters


def test_nothing_depends_on_the_order_of_the_inputs():
    other = dict(sorted(INPUTS.items()))
    assert hash_of_inputs(INPUTS) == hash_of_inputs(other)
    assert json.dumps(describe_run(example_project(), inputs=INPUTS)) == json.dumps(
        describe_run(example_project(), inputs=other)
    )


def test_the_short_hash_follows_names_and_contents():
    short = hash_of_inputs(INPUTS)
    assert len(short) == 12
    assert int(short, 16) >= 0
    assert hash_of_inputs({**INPUTS, "a.csv": "3" * 64}) != short
    assert hash_of_inputs({"b.gpkg": "2" * 64, "a.csv": "1" * 64}) != short


def test_the_newest_line_gives_the_date():
    assert find_newest_date(example_project()) == dt.date(2020, 11, 10)
    assert describe_run(example_project(), inputs=INPUTS, public=True)["public"] is True


def test_both_gdals_and_the_libraries_below_are_named():
    found = list_versions()
    for name in ("frontline", "python", "GDAL of rasterio", "GDAL of pyogrio", "PROJ", "GEOS"):
        assert found[name]
    assert found["GDAL of rasterio"] != found["GDAL of pyogrio"]
    assert list(found) == list(list_versions())
