"""Figures as they are printed: within their intervals, in their order, alike everywhere."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontline.results.numbers import (
    count_text,
    keep_between,
    round_cumulative,
    round_figure,
    round_row,
    round_series,
    write_rounded,
    write_whole,
)

FIGURES = st.floats(0, 1e9) | st.integers(0, 10**7).map(float) | st.floats(-1e6, 1e6)
WIDTHS = st.floats(0, 1e9) | st.floats(0, 100)


def number_of(text):
    return float(text.replace(",", ""))


@pytest.mark.parametrize(
    ("value", "half", "text"),
    [
        (287_413, 20_000, "290,000"),
        (287_413, 9_000, "287,000"),
        (287_413, 1_000, "287,000"),
        (287_413, 999, "287,400"),
        (285_000, 20_000, "290,000"),
        (-285_000, 20_000, "-290,000"),
        (11_764.7, 31.5, "11,760"),
        (11_764.7, 0.4, "11,764.7"),
        (3.14159, 0.02, "3.14"),
        (0.004, 1, "0.004"),
        (-0.004, 1, "-0.004"),
        (300, 20_000, "300"),
        (9_999, 200, "10,000"),
        (123_456_789, 1, "123,457,000"),
        (0, 10, "0"),
    ],
)
def test_figures_keep_the_digits_their_interval_supports(value, half, text):
    assert write_rounded(value, value - half, value + half) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (287_413, "287,000"),
        (524, "524"),
        (0, "0"),
        (52.449, "52.4"),
        (0.12345, "0.123"),
        (-7.0, "-7"),
        (math.nan, "unknown"),
        (math.inf, "unknown"),
    ],
)
def test_without_an_interval_three_digits_are_kept(value, text):
    assert write_rounded(value) == text
    if math.isfinite(value):
        assert write_rounded(value, value, value) == text
        assert write_rounded(value, -math.inf, math.inf) == text


def test_an_interval_of_rounding_noise_is_not_trusted_with_all_its_digits():
    assert write_rounded(0.3, 0.3 - 1e-17, 0.3 + 1e-16) == "0.300"


@pytest.mark.parametrize(
    ("value", "low", "high", "text", "ends"),
    [
        (59_256, 59_256, 491_843, "59,000", "59,000 to 500,000"),
        (17_151, 0, 432_587, "17,000", "0 to 440,000"),
        (800, 800, 24_140, "800", "800 to 25,000"),
        (1.77, 0.05, 32.9, "2", "0.05 to 33"),
        (0, 0, 20, "0", "0 to 20"),
        (2_850.9, 2_750, 2_960, "2,900", "2,700 to 3,000"),
        (2_850.9, 2_780, 2_930, "2,850", "2,780 to 2,930"),
        (287_413, 267_413, 307_413, "290,000", "260,000 to 310,000"),
        (math.nan, math.nan, math.nan, "unknown", ""),
        (524, 524, 524, "524", ""),
    ],
)
def test_a_wide_interval_leaves_the_first_digits_and_its_ends_go_outwards(
    value, low, high, text, ends
):
    figure = round_figure(value, low, high)
    assert (figure.text, figure.range) == (text, ends)


@given(value=FIGURES, below=WIDTHS, above=WIDTHS)
def test_a_printed_figure_lies_within_its_printed_ends_and_they_hold_the_interval(
    value, below, above
):
    figure = round_figure(value, value - below, value + above)
    if figure.low is None:
        return
    assert figure.low <= figure.value <= figure.high
    assert float(figure.low) <= value - below
    assert float(figure.high) >= value + above
    assert number_of(figure.text) == float(figure.value)


@given(value=st.floats(1e-9, 1e9), below=WIDTHS, above=WIDTHS)
def test_something_never_reads_as_nothing_and_keeps_its_size(value, below, above):
    shown = number_of(write_rounded(value, value - below, value + above))
    assert shown > 0
    assert abs(shown - value) <= (0.05 if value >= 10 else 0.5) * value * 1.000001


@given(value=st.floats(-1e9, 1e9), half=st.floats(1e-3, 1e8))
def test_rounding_never_moves_a_figure_by_more_than_its_interval(value, half):
    text = write_rounded(value, value - half, value + half)
    assert abs(float(text.replace(",", "")) - value) <= max(half, abs(value) * 1e-5) * 1.000001


SERIES = st.lists(st.tuples(st.floats(0, 1e5), WIDTHS, WIDTHS), min_size=1, max_size=12)


@given(SERIES)
def test_figures_that_never_fall_are_never_printed_as_falling(steps):
    values = np.cumsum([step for step, _, _ in steps])
    lows = [value - below for value, (_, below, _) in zip(values, steps, strict=True)]
    highs = [value + above for value, (_, _, above) in zip(values, steps, strict=True)]
    figures = round_series(values, lows, highs)
    shown = [figure.value for figure in figures]
    assert shown == sorted(shown)
    for figure in figures:
        assert figure.low is None or figure.low <= figure.value <= figure.high


def test_a_figure_with_more_digits_gives_them_up_before_a_smaller_one_overtakes_it():
    values, lows, highs = [175_300, 175_400], [115_300, 170_400], [235_300, 180_400]
    assert [write_rounded(*one) for one in zip(values, lows, highs, strict=True)] == [
        "180,000",
        "175,000",
    ]
    figures = round_series(values, lows, highs)
    assert [figure.text for figure in figures] == ["180,000", "180,000"]
    assert figures[1].range == "170,000 to 190,000"


def test_unknown_figures_of_a_series_stand_aside():
    unknown = math.nan
    figures = round_series([80.0, unknown, 90.0], [unknown] * 3, [unknown] * 3)
    assert [figure.text for figure in figures] == ["80", "unknown", "90"]


def test_figures_that_do_fall_are_printed_as_they_are():
    figures = round_series([90.0, 80.0], [math.nan] * 2, [math.nan] * 2)
    assert [figure.text for figure in figures] == ["90", "80"]


def test_figures_of_a_table_are_rounded_side_by_side_of_each_source():
    table = pd.DataFrame(
        {
            "line": ["a"] * 4,
            "side": ["east"] * 4,
            "kind": ["cumulative", "cumulative", "cumulative", "ring"],
            "source": ["raster:x", "raster:x", "settlements", "raster:x"],
            "distance_m": [10_000, 5_000, 5_000, 5_000],
            "population": [175_400.0, 175_300.0, 175_300.0, 1.0],
            "population_low": [170_400.0, 115_300.0, None, 1.0],
            "population_high": [180_400.0, 235_300.0, None, 1.0],
        }
    )
    figures = round_cumulative(table, column="population")
    assert {key: figure.text for key, figure in figures.items()} == {
        ("a", "east", 5_000.0, "raster:x"): "180,000",
        ("a", "east", 10_000.0, "raster:x"): "180,000",
        ("a", "east", 5_000.0, "settlements"): "175,000",
    }
    land = table.drop(columns="source").rename(columns={"population": "area_km2"})
    assert set(round_cumulative(land[land["kind"] == "ring"], column="area_km2")) == set()


def test_a_figure_between_two_distances_lies_between_their_figures():
    before, after = round_figure(2_850, 2_500, 3_200), round_figure(2_990, 2_600, 3_400)
    assert (before.text, after.text) == ("2,900", "3,000")
    between = keep_between(round_figure(2_851, 2_840, 2_862), before=before, after=after)
    assert between.text == "2,900"
    assert between.low <= between.value <= between.high
    assert keep_between(round_figure(5_000), before=before, after=after).text == "3,000"
    assert keep_between(round_figure(math.nan), before=before, after=None).text == "unknown"


@given(SERIES, st.data())
def test_figures_of_the_slider_never_fall_between_those_of_the_run(steps, data):
    values = np.cumsum([step for step, _, _ in steps])
    table = pd.DataFrame(
        {
            "line": "a",
            "side": "east",
            "kind": "cumulative",
            "distance_m": np.arange(len(steps)) * 500.0,
            "area_km2": values,
            "area_low": values - [below for _, below, _ in steps],
            "area_high": values + [above for _, _, above in steps],
        }
    )
    of_run = table[data.draw(st.lists(st.booleans(), min_size=len(steps), max_size=len(steps)))]
    fixed = round_cumulative(of_run, column="area_km2")
    figures = round_cumulative(table, column="area_km2", fixed=fixed)
    shown = [figure.value for figure in figures.values()]
    assert shown == sorted(shown)
    assert all(figures[key] == figure for key, figure in fixed.items())
    assert all(one.low is None or one.low <= one.value <= one.high for one in figures.values())


def test_the_interval_of_a_figure_stands_beside_it_in_its_row():
    row = {"area_km2": 8_894.6, "area_low": 8_781.2, "area_high": 9_017.6, "km": 3.2}
    assert round_row(row, column="area_km2").in_sentence("km²") == "8,900 km² (8,700 to 9,100)"
    assert (
        round_row(row | {"km_low": pd.NA, "km_high": None}, column="km").in_sentence("km")
        == "3.20 km"
    )
    assert round_row({"km": pd.NA}, column="km").text == "unknown"


def test_counts_have_a_singular():
    assert count_text(1, one="settlement") == "1 settlement"
    assert count_text(0, one="settlement") == "0 settlements"
    assert count_text(1_234, one="list", many="lists") == "1,234 lists"
    assert [write_whole(value) for value in (-0.4, 1_234.5, 1_235.5, math.nan)] == [
        "0",
        "1,234",
        "1,236",
        "unknown",
    ]
