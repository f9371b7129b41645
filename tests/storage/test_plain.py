"""Values taken apart into plain arrays and put together again."""

import datetime as dt
import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal

from frontline.records import Note
from frontline.storage.plain import from_arrays, hash_value, to_arrays

PLACES = gpd.GeoDataFrame(
    {
        "id": ["a", None],
        "count": pd.array([1, None], dtype="Int64"),
        "sure": pd.array([True, None], dtype="boolean"),
        "day": [dt.date(2020, 1, 1), None],
        "metres": [1.5, np.nan],
        "at": pd.to_datetime(["2020-01-01", None]),
        "mixed": np.array([True, math.nan], dtype=object),
        "text": pd.array(["q", None], dtype="string"),
        "whole": np.array([3, 4], dtype=np.int16),
    },
    geometry=[shapely.Point(0.1, 0.2), None],
    crs="EPSG:3035",
)


def through(value, classes=()):
    return from_arrays(to_arrays(value), classes=classes)


@pytest.mark.parametrize(
    "table",
    [PLACES, PLACES[:0], PLACES.set_index("whole"), pd.DataFrame(columns=["a"]), PLACES[["id"]]],
    ids=["mixed", "no rows", "with an index", "bare", "without geometry"],
)
def test_a_table_keeps_types_order_index_and_geometry(table):
    again = through(table)
    assert type(again) is type(table)
    assert_frame_equal(again, table)
    if isinstance(table, gpd.GeoDataFrame):
        assert again.crs == table.crs
    assert hash_value(again) == hash_value(table)


VALUES = [
    None,
    True,
    -1.5,
    math.inf,
    "\ud800 ü",
    dt.date(2001, 2, 3),
    dt.datetime(2001, 2, 3, 4, 5),
    ("a", ["b", ()]),
    {("line", "raster"): 1, "none": None},
    np.float32(0.1),
    Note("a", "b", 3),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_as_it_was(value):
    again = through(value, classes=[Note])
    assert again == value
    assert type(again) is type(value)


def test_arrays_and_geometry_come_back_bit_by_bit():
    numbers = np.array([[0.1, np.nan], [-0.0, np.inf]])
    assert through(numbers).tobytes() == numbers.tobytes()
    shapes = [shapely.Polygon(), shapely.box(0.1, 0, 1, 1), shapely.LineString(), None]
    again = through(np.array(shapes, dtype=object))
    assert again.dtype == object
    assert [shapely.to_wkb(shape) for shape in again] == [shapely.to_wkb(one) for one in shapes]
    assert through(np.zeros((0, 2))).shape == (0, 2)


def test_values_that_differ_have_other_hashes():
    every = [*VALUES, 1, 1.0, "1", [1], (1,), PLACES, PLACES[:1], np.zeros(2), np.zeros(2, int)]
    assert len({hash_value(value) for value in every}) == len(every)


@dataclass(frozen=True)
class Other:
    about: str


def test_only_plain_values_are_kept_and_only_named_classes_are_made():
    with pytest.raises(TypeError, match="object cannot be kept"):
        to_arrays([object()])
    with pytest.raises(KeyError):
        through(Other("a"), classes=[Note])
    forged = to_arrays(Note("a", "b")) | {"tree": np.frombuffer(b'{"Note": [1]}', np.uint8)}
    with pytest.raises(ValueError, match="zip"):
        from_arrays(forged, classes=[Note])
