"""Lines against lines: parallels, circles, zigzags whose lengths and distances are known."""

import math

import numpy as np
import pytest
import shapely
from factories.fronts import AREA, FRAME, HIGH, WIDE, front_of, grid_of, settlements, straight
from hypothesis import given, settings
from hypothesis import strategies as st

from frontline.analysis.lines import find_certainty
from frontline.geo.geodesy import sample_line
from frontline.lines.front import displace_front
from frontline.lines.measures import (
    BETWEEN,
    LineSeparation,
    find_share_above,
    find_weighted_quantile,
    measure_detail,
    measure_frechet,
    measure_hausdorff,
    measure_length_at_scales,
    measure_separation,
    read_terrain_along,
    tabulate_separation,
)
from frontline.uncertainty.intervals import make_generator


def line(*xy):
    return shapely.LineString(xy)


def test_a_zigzag_is_as_long_as_its_edges_until_the_teeth_are_left_out():
    teeth = [(1_000.0 * k, 600.0 * (k % 2)) for k in range(21)]
    table = measure_length_at_scales(
        line(*teeth), plane=FRAME, scales_m=[0.0, 100.0, 2_000.0]
    ).set_index("generalise_m")
    assert table.length_km[0.0] == pytest.approx(20 * np.hypot(1.0, 0.6), rel=1e-4)
    assert table.length_km[100.0] == pytest.approx(table.length_km[0.0])
    assert table.length_km[2_000.0] == pytest.approx(20.0, rel=1e-4)
    assert table.vertices.tolist() == [21, 21, 2]


def test_samples_stand_for_the_whole_length_of_every_piece():
    pieces = shapely.multilinestrings([line((0, 0), (0, 1_700)), line((50, 0), (3_000, 0))])
    xy, metres = sample_line(pieces, plane=FRAME, step_m=500.0)
    assert metres.sum() == pytest.approx(1_700 + 2_950, rel=1e-4)
    assert len(xy) == (4 + 1) + (6 + 1)
    assert len(sample_line(shapely.MultiLineString(), plane=FRAME, step_m=500.0)[0]) == 0


def test_parallels_ten_kilometres_apart():
    here, there = line((30_000, 0), (30_000, HIGH)), line((40_000, 0), (40_000, HIGH))
    found = measure_separation(here, other=there, plane=FRAME)
    assert found.mean_m == pytest.approx(10_000.0, rel=1e-4)
    assert found.quantile_m(0.9) == pytest.approx(10_000.0, rel=1e-4)
    assert found.quantile_m(0.1) == pytest.approx(10_000.0, rel=1e-4)
    assert measure_hausdorff(here, there, FRAME) == pytest.approx(10_000.0, rel=1e-4)
    assert measure_frechet(here, there, FRAME) == pytest.approx(10_000.0, rel=1e-4)


def test_a_wedge_has_the_mean_and_the_quantiles_of_a_ramp():
    here, there = line((0, 0), (20_000, 0)), line((0, 0), (20_000, 2_000))
    found = measure_separation(here, other=there, plane=FRAME, step_m=50.0)
    slope = 2_000 / np.hypot(20_000, 2_000)
    assert found.mean_m == pytest.approx(10_000 * slope, rel=1e-3)
    assert found.quantile_m(0.5) == pytest.approx(10_000 * slope, rel=0.01)
    assert found.quantile_m(0.25) == pytest.approx(5_000 * slope, rel=0.01)


def test_hausdorff_asks_both_ways_and_is_not_the_distance_along_one():
    short, long = line((0, 0), (10_000, 0)), line((0, 1_000), (30_000, 1_000))
    assert measure_separation(short, other=long, plane=FRAME).distance_m.max() == pytest.approx(
        1_000, rel=1e-3
    )
    by_hand = np.hypot(20_000, 1_000)
    assert measure_hausdorff(short, long, FRAME) == pytest.approx(by_hand, rel=1e-3)
    assert measure_hausdorff(long, short, FRAME) == pytest.approx(by_hand, rel=1e-3)


def test_frechet_sees_a_way_back_that_hausdorff_does_not():
    """Out, back along the same street and out again: every point is near, the walk is not."""
    there = line((0, 0), (20_000, 0))
    back = line((0, 0), (15_000, 0), (15_000, 100), (5_000, 100), (5_000, 0), (20_000, 0))
    assert measure_hausdorff(there, back, FRAME) == pytest.approx(100.0, rel=0.01)
    assert measure_frechet(there, back, FRAME, step_m=100.0) == pytest.approx(5_000.0, rel=0.03)


def test_the_drawing_direction_does_not_matter_and_pieces_have_no_frechet_distance():
    here, there = line((0, 0), (9_000, 4_000)), line((0, 500), (5_000, 4_000), (9_000, 6_000))
    expected = measure_frechet(here, there, FRAME)
    assert measure_frechet(here, shapely.reverse(there), FRAME) == pytest.approx(expected)
    two = shapely.multilinestrings([here, line((20_000, 0), (21_000, 0))])
    assert np.isnan(measure_frechet(two, there, FRAME))
    assert np.isnan(measure_hausdorff(shapely.LineString(), there, FRAME))


def test_rings_that_begin_elsewhere_are_still_alike():
    small, large = (shapely.Point(0, 0).buffer(r, quad_segs=64).exterior for r in (5e3, 6e3))
    turned = shapely.LineString(np.roll(shapely.get_coordinates(large)[:-1], 77, axis=0))
    turned = shapely.LineString([*turned.coords, turned.coords[0]])
    assert measure_frechet(small, turned, FRAME, step_m=100.0) == pytest.approx(1_000.0, rel=0.05)
    assert measure_hausdorff(small, turned, FRAME) == pytest.approx(1_000.0, rel=0.01)


def naive_frechet(first, second):
    away = np.hypot(*(first[:, None] - second[None, :]).transpose(2, 0, 1))
    table = np.full(away.shape, np.inf)
    for i in range(len(first)):
        for j in range(len(second)):
            ways = [table[i - 1, j]] if i else []
            ways += [table[i, j - 1]] if j else []
            ways += [table[i - 1, j - 1]] if i and j else []
            table[i, j] = max(away[i, j], min(ways)) if ways else away[i, j]
    return table[-1, -1]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_frechet_against_the_table_filled_cell_by_cell(seed):
    rng = make_generator(seed, key="walk", draw=0)
    walks = [np.cumsum(rng.normal(0, 300, (size, 2)), axis=0) for size in (9, 13)]
    lines = [shapely.LineString(walk) for walk in walks]
    naive = min(naive_frechet(walks[0], way) for way in (walks[1], walks[1][::-1]))
    # Steps as long as the lines leave the vertices out: fine steps come close to the walk's own.
    fine = measure_frechet(*lines, FRAME, step_m=20.0)
    assert measure_hausdorff(*lines, FRAME, step_m=20.0) <= fine + 21.0
    assert fine <= naive + 21.0


def test_quantiles_weigh_by_length():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1.0, 8.0, 1.0])
    assert find_weighted_quantile(values, weights=weights, share=0.8) == 1.0
    assert find_weighted_quantile(values, weights=weights, share=0.81) == 2.0
    assert find_weighted_quantile(values, weights=weights, share=1.0) == 3.0
    assert np.isnan(find_weighted_quantile(np.zeros(0), weights=np.zeros(0), share=0.5))
    nothing = LineSeparation(np.zeros((0, 2)), np.zeros(0), np.zeros(0))
    assert np.isnan(nothing.mean_m)
    assert np.isnan(nothing.quantile_m(0.5))


def test_a_moved_line_with_error_has_an_interval_around_its_mean():
    old = straight("old", 30_000.0, error_m=500.0)
    new = straight("new", 40_000.0, error_m=1_000.0)
    draws = {front.key: displace_front(front, area=AREA, draws=60, seed=1) for front in (old, new)}
    row = tabulate_separation([new, old], draws=draws, plane=FRAME).iloc[0]
    assert list(row.index) == BETWEEN.names
    assert (row.from_line, row.to_line) == ("old", "new")
    assert row.mean_m == pytest.approx(10_000, rel=1e-3)
    assert row.mean_low < row.mean_m < row.mean_high
    # Ten correlation lengths: sigma of the mean is that of one line over sqrt(50 / (5 sqrt(pi))).
    sigma = np.hypot(500, 1_000) / 1.96 / np.sqrt(50 / (5 * np.sqrt(np.pi)))
    assert row.mean_high - row.mean_low == pytest.approx(2 * 1.96 * sigma, rel=0.3)
    assert row.error_m == pytest.approx(np.hypot(500, 1_000))
    assert not row.below_accuracy


def test_forward_lines_nearer_than_their_errors_are_below_accuracy():
    fronts = [straight("old", 30_000.0, error_m=500.0), straight("new", 30_200.0, error_m=500.0)]
    draws = {front.key: displace_front(front, area=AREA, draws=20, seed=1) for front in fronts}
    row = tabulate_separation(fronts, draws=draws, plane=FRAME).iloc[0]
    assert row.below_accuracy
    assert row.mean_low <= row.mean_m <= row.mean_high


def test_without_error_the_interval_is_the_figure_and_without_draws_it_is_unknown():
    row = tabulate_separation(
        [straight("old", 30_000.0), straight("new", 33_000.0)], draws={}, plane=FRAME
    ).iloc[0]
    assert row.mean_low == row.mean_m == row.mean_high
    loose = [straight("old", 30_000.0, error_m=5.0), straight("new", 33_000.0)]
    row = tabulate_separation(loose, draws={}, plane=FRAME).iloc[0]
    assert np.isnan(row.mean_low)
    assert np.isnan(row.mean_high)
    assert tabulate_separation(loose[:1], draws={}, plane=FRAME).empty


def test_the_most_is_found_where_the_bulge_is():
    bulge = line((30_000, 0), (30_000, 20_000), (44_000, 25_000), (30_000, 30_000), (30_000, HIGH))
    new = front_of("new", bulge)
    row = tabulate_separation([new, straight("old", 30_000.0)], draws={}, plane=FRAME).iloc[0]
    x, y = FRAME.xy(np.array([[row.most_lon, row.most_lat]]))[0]
    assert x == pytest.approx(30_000, abs=1)
    assert 20_000 < y < 30_000
    assert row.max_m < row.hausdorff_m == pytest.approx(14_000, rel=1e-3)


def test_terrain_of_a_plane_that_rises_to_the_east():
    """One metre in fifty: 1.146 degrees, and 2 x 9 x 500 m / 50 = 180 m of relief within 5 km.

    Nine cells lie within 5 km to either side of a cell: on the ground they are 500.0007 m wide.
    """
    dem = grid_of(lambda x, _: x / 50)
    table = read_terrain_along(line((20_000, 25_000), (60_000, 25_000)), dem=dem, plane=FRAME)
    assert table.metres.sum() == pytest.approx(40_000, rel=1e-4)
    assert table.at_km.iloc[-1] == pytest.approx(40.0, abs=0.3)
    assert table.elevation_m.iloc[0] == pytest.approx(400.0, abs=0.1)
    assert table.elevation_m.iloc[-1] == pytest.approx(1_200.0, abs=0.1)
    assert table.slope_deg.to_numpy() == pytest.approx(np.degrees(np.arctan(1 / 50)), rel=1e-3)
    assert table.relief_m.to_numpy() == pytest.approx(180.0)
    share, unknown = find_share_above(table.elevation_m, metres=table.metres, least=800.0)
    assert share == pytest.approx(0.5, abs=0.01)
    assert unknown == 0.0


def test_ground_that_is_not_known_is_said_to_be_unknown():
    dem = grid_of(lambda x, _: np.where(x < 30_000, 100.0, np.nan))
    table = read_terrain_along(line((20_000, 25_000), (40_000, 25_000)), dem=dem, plane=FRAME)
    share, unknown = find_share_above(table.elevation_m, metres=table.metres, least=50.0)
    assert share == 1.0
    assert unknown == pytest.approx(0.5, abs=0.03)
    beyond = read_terrain_along(line((WIDE + 9_000, 0), (WIDE + 20_000, 0)), dem=dem, plane=FRAME)
    assert beyond[["elevation_m", "slope_deg", "relief_m"]].isna().all(axis=None)
    assert np.isnan(find_share_above(beyond.elevation_m, metres=beyond.metres, least=1.0)[0])


def test_the_stretch_known_worst_has_the_widest_band():
    """20 km known to 2 km and 30 km known to 500 m: 80 and 30 km2, and half a disc between."""
    bent = line((30_000, 0), (30_000, 20_000), (30_000, HIGH))
    front = front_of("old", bent, error_m=[2_000.0, 500.0])
    places = settlements(
        ("Inside", 31_500, 10_000, 100),
        ("Unknown", 28_500, 5_000, None),
        ("Outside", 31_500, 40_000, 1_000),
        ("Near", 30_400, 45_000, 10),
    )
    table = find_certainty(front, settlements=places, study_area=AREA, plane=FRAME)
    assert table.error_m.tolist() == [2_000.0, 500.0]
    assert table.length_km.tolist() == pytest.approx([20.0, 30.0], rel=1e-4)
    assert table.share.sum() == pytest.approx(1.0, rel=1e-4)
    wide = 4.0 * 20 + np.pi * 2.0**2 / 2
    assert table.area_km2[0] == pytest.approx(wide, rel=2e-3)
    assert table.area_km2[1] == pytest.approx(1.0 * (30 - 2), rel=0.01)
    assert table.settlements.tolist() == [2, 1]
    assert table.settlements_unknown.tolist() == [1, 0]
    assert table.population.tolist() == [100.0, 10.0]


def test_a_line_without_error_leaves_nothing_in_doubt():
    table = find_certainty(
        straight("old", 30_000.0), settlements=settlements(), study_area=AREA, plane=FRAME
    )
    assert table.area_km2.tolist() == [0.0]
    assert table.settlements.tolist() == [0]


def rough_line(rng, levels=10, rough=0.15):
    """A line of 100 km that is equally rough at every scale: each edge broken in its middle."""
    xy = np.array([[0.0, 0.0], [100_000.0, 0.0]])
    for _ in range(levels):
        step = np.diff(xy, axis=0)
        aside = np.column_stack([-step[:, 1], step[:, 0]])
        middle = (xy[:-1] + xy[1:]) / 2 + aside * rough * rng.standard_normal(len(step))[:, None]
        xy = np.insert(xy, np.arange(1, len(xy)), middle, axis=0)
    return xy


def planar_length(xy):
    return float(np.hypot(*np.diff(xy, axis=0).T).sum())


def generalised(xy):
    """The line by Douglas and Peucker, and by every second to sixteenth vertex."""
    line = shapely.LineString(xy)
    for tolerance in (100.0, 200.0, 400.0):
        yield shapely.get_coordinates(shapely.simplify(line, tolerance))
    for each in (2, 4, 8, 16):
        yield np.concatenate([xy[:-1:each], xy[-1:]])


def test_what_generalisation_took_lies_within_what_the_line_tells():
    """A rough line of known length, generalised in seven ways: nine in ten hold the true length."""
    rng, held = np.random.default_rng(5), []
    for _ in range(40):
        xy = rough_line(rng)
        for drawn in generalised(xy):
            detail = measure_detail(shapely.LineString(drawn))
            if math.isfinite(detail.most):
                held.append(planar_length(xy) <= detail.most * planar_length(drawn))
    assert len(held) > 200
    assert np.mean(held) > 0.9


def test_a_self_similar_line_tells_its_own_exponent():
    """Each third of a Koch curve is the curve again: its length grows by 4 / 3 at a third."""
    xy = np.array([0.0, 81_000.0], dtype=complex)
    for _ in range(4):
        step = np.diff(xy) / 3.0
        corner = xy[:-1] + step * (1.0 + np.exp(1j * np.pi / 3.0))
        parts = [xy[:-1], xy[:-1] + step, corner, xy[:-1] + 2.0 * step]
        xy = np.append(np.column_stack(parts).ravel(), xy[-1])
    detail = measure_detail(shapely.LineString(np.column_stack([xy.real, xy.imag])))
    assert detail.spacing_m == pytest.approx(1_000.0)
    # To 100 m: a factor of 10 ** 0.26, and no more than the steepest exponent gives.
    assert 10**0.2 < detail.most <= 10**0.25 * (1.0 + 1e-9)


def test_detailed_smooth_and_bare_lines():
    turn = np.linspace(0.0, 2.0 * np.pi, 400)
    circle = 20_000.0 * np.column_stack([np.cos(turn), np.sin(turn)])
    assert measure_detail(shapely.LineString(circle)).most == pytest.approx(1.0, abs=0.02)
    fine = shapely.LineString(np.column_stack([np.arange(0.0, 20_000.0, 50.0), np.zeros(400)]))
    assert measure_detail(fine).most == 1.0
    bent = shapely.LineString([(0, 0), (40_000, 10_000), (90_000, 0)])
    assert math.isnan(measure_detail(bent).most)
    assert math.isnan(measure_detail(shapely.LineString()).most)
