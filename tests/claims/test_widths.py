"""A city given as a point caps every verdict about kilometres: one rule for all metrics."""

from types import SimpleNamespace

import geopandas as gpd
import pytest
import shapely

from frontline.claims.measurement import Measurement
from frontline.claims.registry import METRICS
from frontline.claims.widths import PLACES, explain_widths

# 500,000 people at 5,000 to the square kilometre: a disc of 11.3 km across
CITY_KM = 11.28


def case_of(*, people=500_000, at_km=12.0, shape=None):
    shape = shape or shapely.Point(at_km * 1000, 0)
    places = gpd.GeoDataFrame(
        {"id": ["c", "v"], "name": ["City", "Village"], "population": [people, 300]},
        geometry=[shape, shapely.Point(3_000, 0)],
        crs=32638,
    )
    front = SimpleNamespace(key="old", geometry=shapely.LineString([(0, -9e4), (0, 9e4)]))
    return SimpleNamespace(layers=SimpleNamespace(settlements=places), fronts=(front,))


def capped(case, unit, value=10.0, **parameters):
    return explain_widths(case, parameters=parameters, measured=Measurement(value, unit=unit))


WORDS = ("City is given as a point and is some 11 km wide",)


@pytest.mark.parametrize(
    ("unit", "value", "parameters", "caps"),
    [
        ("km", 12.0, {"place": "c", "line": "old"}, True),
        ("km", 60.0, {"place": "c", "line": "old"}, False),  # five times its width
        ("km", 12.0, {"place": "v", "line": "old"}, False),
        ("km", 30.0, {"start": "v", "stop": "c"}, True),
        ("places", 1.0, {"places": ["v", "c"], "line": "old", "from_m": 0.0, "to_m": 15e3}, True),
        ("places", 1.0, {"places": ["v", "c"], "line": "old", "from_m": 0.0, "to_m": 30e3}, False),
        ("places", 1.0, {"places": ["v"], "line": "old", "from_m": 0.0, "to_m": 3.1e3}, False),
        ("people", 9e5, {"line": "old", "distance_m": 15e3, "source": "settlements"}, True),
        ("people", 9e5, {"line": "old", "distance_m": 15e3, "source": "raster:ghs"}, False),
        ("people", 9e5, {"line": "old", "distance_m": 30e3, "source": "settlements"}, False),
        ("km", 14.0, {"line": "old", "side": "East", "quantile": 0.5}, True),
        ("km", 25.0, {"line": "old", "side": "East", "quantile": 0.5}, False),
        ("km", 12.0, {"line": "old"}, False),  # the length of a line
        ("km2", 12.0, {"line": "old", "distance_m": 15e3}, False),
        ("min", 12.0, {"places": ["c"], "line": "old"}, False),
    ],
)
def test_what_speaks_of_kilometres_near_a_city_is_capped(unit, value, parameters, caps):
    assert capped(case_of(), unit, value, **parameters) == (WORDS if caps else ())


def test_towns_and_outlines_cap_nothing():
    asked = {"place": "c", "line": "old"}
    assert capped(case_of(people=59_999), "km", **asked) == ()
    assert capped(case_of(people=None), "km", **asked) == ()
    assert capped(case_of(shape=shapely.Point(12e3, 0).buffer(6e3)), "km", **asked) == ()


def test_every_metric_that_names_places_is_known_to_the_rule():
    """A new metric with a parameter for places by another name would slip through."""
    for metric in METRICS.values():
        for name, field in metric.model.model_fields.items():
            if "place" in name and name not in {"place_error_m", "least_places"}:
                assert name in PLACES, (metric.name, name, field)
