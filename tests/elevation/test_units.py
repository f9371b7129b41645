"""Heights of any unit become metres, or are asked about."""

import numpy as np
import pytest
from factories.elevation import TENTH, read
from factories.rasters import write_tif

from frontline.elevation.units import METRES, doubt_units, find_unit
from frontline.errors import RasterError
from frontline.raster.io import open_raster

AT = (100.0, 0.0, 500_000.0, 0.0, -100.0, 4_401_000.0)
ROLLING = (np.add.outer(np.arange(100.0), np.arange(100.0)) % 50 + 300).astype(np.float32)


@pytest.mark.parametrize("unit", list(METRES))
def test_a_unit_that_is_stated_is_read(tmp_path, unit):
    stored = ROLLING / np.float32(METRES[unit])
    dem, _ = read(tmp_path, stored, transform=TENTH, unit=unit, elevation={"unit": unit})
    known = dem.heights_m[np.isfinite(dem.heights_m)]
    assert known.min() == pytest.approx(300.0, rel=1e-4)
    assert known.max() == pytest.approx(349.0, rel=1e-4)


@pytest.mark.parametrize("said", ["cm", "centimetre", "km", "Kilometers", "dm"])
def test_a_unit_that_the_project_does_not_state_is_named(tmp_path, said):
    with pytest.raises(RasterError, match=r"Set unit = \"(cm|km|dm)\""):
        read(tmp_path, np.full((100, 100), 300.0), transform=TENTH, unit=said)


@pytest.mark.parametrize(
    ("said", "unit"),
    [("metres above the geoid", "m"), ("[m]", "m"), ("US_survey_foot", "ft"), ("cubits", "cubits")],
)
def test_words_for_units(tmp_path, said, unit):
    path = write_tif(tmp_path / "h.tif", np.ones((3, 3)), transform=AT, unit=said)
    with open_raster(path) as raster:
        assert find_unit(raster) == unit


def test_the_height_axis_says_its_unit(tmp_path):
    feet = "EPSG:32638+6360"  # NAVD88 height (ftUS)
    path = write_tif(tmp_path / "h.tif", np.ones((3, 3)), transform=AT, crs=feet)
    with open_raster(path) as raster:
        assert find_unit(raster) == "ft"


def test_an_unknown_word_is_said_and_the_project_holds(tmp_path):
    dem, _ = read(tmp_path, ROLLING, transform=TENTH, unit="cubits")
    assert any("cubits" in note.text for note in dem.notes)


def test_centimetres_look_like_cliffs_and_kilometres_like_a_delta():
    rough = np.random.default_rng(1).normal(200.0, 40.0, (60, 60)).astype(np.float32)
    asked = {
        factor: [
            note.text
            for note in doubt_units(rough * np.float32(factor), step_m=(100.0, 100.0), about="h")
        ]
        for factor in (1.0, 100.0, 0.001)
    }
    assert asked[1.0] == []
    assert "steeper than 45" in asked[100.0][0]
    assert "kilometres" in asked[0.001][0]


@pytest.mark.parametrize("heights", [np.zeros((9, 9)), np.full((9, 9), np.nan), np.ones((1, 9))])
def test_a_plain_or_nothing_is_not_asked_about(heights):
    assert not list(doubt_units(heights.astype(np.float32), step_m=(30.0, 30.0), about="h"))
