"""Likelihood of sight against closed forms: one ridge, one post, one line that moves."""

import datetime as dt
import math
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from factories.projects import made_project

import frontline
from frontline.elevation.dem import Dem
from frontline.geo.projection import plane_around
from frontline.lines.front import DisplacedFront, FrontLine
from frontline.project.models import Sight
from frontline.results.tables import make_tables
from frontline.storage import checkpoint as kept
from frontline.visibility import probability as likelihood

FRAME = plane_around([shapely.Point(20.0, 45.0)])
CELL = 100.0
ACCURACY_M = 5.0
POST = shapely.LineString([(10.0, -40.0), (90.0, -40.0)])
TARGET = (4_050.0, -50.0)


def phi(z):
    return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))


def dem_of(heights, accuracy_m=ACCURACY_M):
    return Dem(
        heights_m=np.asarray(heights, dtype=np.float32),
        transform=(CELL, 0.0, -6_000.0, 0.0, -CELL, 6_000.0),
        crs=FRAME.crs.to_wkt(),
        step_m=(CELL, CELL),
        accuracy_m=accuracy_m,
    )


def ridge(margin_m):
    """Post and target on pillars 4 km apart; half-way a ridge that the ray clears by a margin."""
    heights = np.full((120, 120), -400.0)
    x = -6_000.0 + (np.arange(120) + 0.5) * CELL
    row = 60
    heights[row, x == 50.0] = heights[row, x == 4_050.0] = 0.0
    drop = 2_000.0**2 / (2 * 6_371_008.8 / (1 - 0.13))
    heights[:, x == 2_050.0] = 2.0 - drop - margin_m
    return heights


def front_of(line=POST):
    return FrontLine(
        key="line",
        label="Line",
        date=dt.date(2020, 11, 10),
        geometry=line,
        segments=np.array([line]),
        error_m=np.full(1, 500.0),
        error_correlation_m=5_000.0,
        sides={},
    )


def likely(heights, *, correlation_m=300.0, draws=None, places=(TARGET,), seed=1, **kwargs):
    project = SimpleNamespace(
        sight=Sight(radius_m=5_000.0, **kwargs.pop("asked", {})),
        elevation=SimpleNamespace(error_correlation_m=correlation_m),
        uncertainty=SimpleNamespace(seed=seed),
    )
    table = pd.DataFrame({"id": [f"s{n}" for n in range(len(places))], "name": "Place"})
    settlements = gpd.GeoDataFrame(table, geometry=list(map(shapely.Point, places)), crs=FRAME.crs)
    layers = SimpleNamespace(plane=FRAME, settlements=settlements)
    dem = heights if isinstance(heights, Dem) else dem_of(heights)
    return likelihood.probable_viewshed(
        project, layers=layers, fronts=[front_of()], draws={"line": draws or ()}, dem=dem, **kwargs
    )


def fields_of(dem, length_m, seed, draws):
    noise = likelihood._make_noise(dem, length_m, seed, "a")
    return np.array([noise(draw) for draw in range(draws)])


@pytest.mark.parametrize("margin_m", [-6.0, 0.0, 5.0])
def test_over_a_ridge_the_share_follows_the_normal_distribution(margin_m):
    found = likely(ridge(margin_m), elevation_draws=600).iloc[0]
    # Half the error of either end and all of the ridge's, independent of each other.
    expected = phi(margin_m / (ACCURACY_M * math.sqrt(1.5)))
    assert found.share_elevation_low <= expected <= found.share_elevation_high
    assert found.share_elevation_high - found.share_elevation_low < 0.09
    assert found.share_elevation == pytest.approx(expected, abs=0.06)


def test_an_error_that_is_alike_everywhere_changes_nothing():
    for margin_m, share in ((-1.0, 0.0), (1.0, 1.0)):
        found = likely(ridge(margin_m), correlation_m=1e9, elevation_draws=40).iloc[0]
        assert found.share_elevation == share
    assert 0.9 < found.share_elevation_low < 1.0


def test_the_field_has_the_variance_and_correlation_that_it_claims():
    dem = dem_of(np.zeros((120, 120)))
    fields = fields_of(dem, 800.0, 1, 400)
    assert fields.std() == pytest.approx(1.0, abs=0.02)
    assert abs(fields.mean()) < 0.03
    for lag in (4, 8, 16):
        for product in (
            fields[:, lag:] * fields[:, :-lag],
            fields[:, :, lag:] * fields[:, :, :-lag],
        ):
            expected = math.exp(-((lag * CELL / 800.0) ** 2))
            assert product.mean() == pytest.approx(expected, abs=0.03)
    rough = fields_of(dem, 1.0, 1, 20)
    assert rough.std() == pytest.approx(1.0, abs=0.02)
    assert abs((rough[:, 1:] * rough[:, :-1]).mean()) < 0.02


def test_a_draw_does_not_depend_on_how_many_there_are():
    dem = dem_of(np.zeros((20, 20)))
    few, many = (fields_of(dem, 500.0, 7, n) for n in (2, 5))
    assert (few[1] == many[1]).all()
    assert (few[1] != many[2]).any()
    pd.testing.assert_frame_equal(
        likely(ridge(1.0), elevation_draws=9), likely(ridge(1.0), elevation_draws=9)
    )


def test_a_line_that_moves_sees_what_comes_within_its_radius():
    offsets = [-900.0, -300.0, 0.0, 200.0, 400.0]
    draws = [
        DisplacedFront(line=shapely.LineString([(x + 10.0, -40.0), (x + 90.0, -40.0)]), sides={})
        for x in offsets
    ]
    # High targets, seen by any post within 5 km.
    places = [(5_150.0, -50.0), (5_550.0, -50.0), (-3_950.0, -50.0)]
    asked = {"target_height_m": 200.0}
    plain = np.zeros((120, 120))
    found = likely(plain, draws=draws, places=places, asked=asked, elevation_draws=0)
    assert found.share_position.tolist() == pytest.approx([0.4, 0.0, 1.0])
    few = likely(
        plain, draws=draws, places=places, asked=asked, elevation_draws=0, position_draws=3
    )
    assert few.share_position.tolist() == pytest.approx([0.0, 0.0, 1.0])
    assert (found.share_position_low <= found.share_position).all()
    assert (found.share_position_high >= found.share_position).all()
    assert found.share_elevation.isna().all()


def test_what_is_not_known_is_not_counted():
    heights = ridge(5.0)
    heights[:, 75] = np.nan
    assert likely(heights, elevation_draws=5).share_elevation.item() == 0.0
    bold = likely(heights, elevation_draws=5, asked={"conservative": True})
    # Where something known blocks the ray, nothing is left undecided.
    assert 0.0 < bold.share_elevation.item() <= 1.0
    blind = likely(dem_of(ridge(5.0), accuracy_m=None), elevation_draws=5)
    assert list(blind.columns) == likelihood.LIKELIHOOD
    assert blind.iloc[0, 2:].isna().all()


def test_progress_and_no_settlements():
    told = []
    found = likely(
        ridge(1.0), places=(), elevation_draws=2, progress=lambda *step: told.append(step)
    )
    assert list(found.columns) == likelihood.LIKELIHOOD
    assert told[0] == (0, 102)
    assert told[-1] == (102, 102)
    assert told == sorted(told)


def test_finished_draws_are_found_again(tmp_path, monkeypatch):
    draws = [
        DisplacedFront(line=shapely.transform(POST, lambda xy, d=d: xy + d), sides={})
        for d in (0, 150)
    ]
    plain = likely(ridge(1.0), elevation_draws=4, draws=draws)
    folder = kept.open_work(tmp_path)
    pd.testing.assert_frame_equal(
        likely(ridge(1.0), elevation_draws=4, draws=draws, checkpoint=folder),
        plain,
        check_exact=True,
    )
    assert len(list(tmp_path.iterdir())) == 6
    monkeypatch.setattr(likelihood, "_look_at_targets", None)
    pd.testing.assert_frame_equal(
        likely(ridge(1.0), elevation_draws=4, draws=draws, checkpoint=folder),
        plain,
        check_exact=True,
    )
    for other in ({"seed": 2}, {"correlation_m": 301.0}, {"asked": {"refraction": 0.2}}):
        with pytest.raises(TypeError):
            likely(ridge(1.0), elevation_draws=4, draws=draws, checkpoint=folder, **other)


@pytest.mark.slow
def test_a_run_tells_the_probability_where_it_is_asked_for(tmp_path):
    project = frontline.load_project(made_project(tmp_path, draws=4))
    plain = frontline.compute(project)
    assert not [c for c in plain.settlements.columns if "probability" in c or "position" in c]
    asked = frontline.replace_parts(project, sight={"elevation_draws": 12, "position_draws": 9})
    found = frontline.compute(asked)
    table = found.settlements
    share = table["sight_probability"]
    assert ((share * 12).round(9) % 1 == 0).all()
    assert (table["sight_probability_low"] <= share).all()
    assert (share <= table["sight_probability_high"]).all()
    assert set(table["sight_position_share"]) <= {0.0, 0.25, 0.5, 0.75, 1.0}
    known = table[table["sight_certain"].fillna(False) & (table["in_sight"] == "visible")]
    assert len(known)
    assert (known["sight_probability"] > 0.5).all()
    assert (table.loc[table["in_sight"] == "out_of_range", "sight_probability"] == 0.0).all()
    said = [note.text for note in found.notes if note.about == "sight"]
    assert any("12 terrains" in text for text in said)
    assert any("4 displaced lines, not from 9" in text for text in said)
    written = make_tables(found)["settlements"]
    assert written["sight_probability"].dtype == "float64"
    for name in ("in_sight", "posts_in_sight", "line_in_sight_km"):
        assert plain.settlements[name].equals(table[name])


def test_without_accuracy_no_probability_is_told(tmp_path):
    more = '[elevation]\npath = "dem.tif"\n[sight]\nelevation_draws = 3\n'
    results = frontline.compute(frontline.load_project(made_project(tmp_path, more=more)))
    assert results.settlements["sight_probability"].isna().all()
    assert any("accuracy_m of [elevation] is not stated" in n.text for n in results.notes)
