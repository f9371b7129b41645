"""Charts against numbers that can be worked out by hand, and as markup that stays text."""

import math
import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontline.export.report.charts import (
    WIDTH,
    ChartBar,
    ChartCurve,
    ChartPanel,
    ChartStrip,
    choose_ticks,
    draw_bars,
    draw_curves,
    draw_strips,
    find_quartiles,
)

NAN = math.nan
HOSTILE = "</svg><script>alert(1)</script> & \"'`${1}"


def drawn(markup):
    """Read a drawing as XML: everything opened is closed, and text is text."""
    return ET.fromstring(markup)


def curve(y, low=None, high=None, label="2020", x=None):
    x = x or [float(n) for n in range(1, len(y) + 1)]
    return ChartCurve(label, "#0072B2", False, x, y, low or [NAN] * len(y), high or [NAN] * len(y))


def chart(*panels):
    return draw_curves(panels, title="People", about="By distance", x_label="km")


def points(path):
    return [tuple(map(float, pair.split())) for pair in re.split("[ML]", path.rstrip("Z"))[1:]]


def paths(markup, **attributes):
    return [
        points(one.attrib["d"])
        for one in drawn(markup).iter("path")
        if all(one.attrib.get(key.replace("_", "-")) == value for key, value in attributes.items())
    ]


def words(markup):
    return ["".join(one.itertext()) for one in drawn(markup).iter("text")]


@pytest.mark.parametrize(
    ("highest", "expected"),
    [
        (30, [0, 5, 10, 15, 20, 25, 30]),
        (1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (76_997, [0, 20_000, 40_000, 60_000, 80_000]),
        (0, [0, 1]),
    ],
)
def test_ticks_are_round_numbers(highest, expected):
    assert choose_ticks(highest) == pytest.approx(expected)


@given(st.floats(min_value=1e-6, max_value=1e12))
def test_ticks_reach_the_highest_in_a_few_equal_steps(highest):
    found = choose_ticks(highest)
    assert found[0] == 0
    assert found[-1] >= highest * (1 - 1e-6)
    assert len(found) <= 8
    steps = [b - a for a, b in pairwise(found)]
    assert steps == pytest.approx([steps[0]] * len(steps))


def test_quartiles_of_five_values_are_the_second_third_and_fourth():
    assert find_quartiles([50.0, 10.0, 40.0, 20.0, 30.0]) == (20.0, 30.0, 40.0)


def test_a_curve_runs_from_the_foot_of_its_frame_to_the_top():
    made = chart(ChartPanel("A", (curve([0.0, 50.0, 100.0], x=[0.0, 5.0, 10.0]),)))
    (line,) = paths(made, stroke="#0072B2")
    grid = sorted({y for path in paths(made, **{"class": "grid"}) for _, y in path})
    assert line[0][1] == grid[-1]
    assert line[-1][1] == grid[0]
    assert line[1] == pytest.approx(
        ((line[0][0] + line[2][0]) / 2, (line[0][1] + line[2][1]) / 2), abs=0.1
    )


def test_panels_share_one_scale():
    small, large = curve([0.0, 10.0]), curve([0.0, 100.0])
    made = chart(ChartPanel("A", (small,)), ChartPanel("B", (large,)))
    left, right = paths(made, stroke="#0072B2")
    foot = left[0][1]
    assert (foot - left[1][1]) * 10 == pytest.approx(foot - right[1][1], abs=1.0)


def test_the_band_lies_between_low_and_high_and_skips_the_unknown():
    made = chart(ChartPanel("A", (curve([1.0, 2.0, 3.0], [1.0, 1.0, NAN], [2.0, 3.0, NAN]),)))
    (band,) = paths(made, fill_opacity="0.16")
    assert len(band) == 4
    (line,) = paths(made, stroke="#0072B2")
    assert band[0][1] < line[0][1] == pytest.approx(band[-1][1], abs=0.1)


def test_unknown_values_leave_a_shorter_curve_and_none_no_chart():
    made = chart(ChartPanel("A", (curve([1.0, NAN, 3.0]),)), ChartPanel("B", (), "no figure"))
    (line,) = paths(made, stroke="#0072B2")
    assert len(line) == 2
    assert "no figure" in words(made)
    assert chart(ChartPanel("A", ())) == ""


def test_names_at_the_ends_of_curves_do_not_lie_on_each_other():
    alike = tuple(curve([1.0, 5.0], label=name) for name in ("1994", "2008", "2020"))
    found = [
        float(one.attrib["y"])
        for one in drawn(chart(ChartPanel("A", alike))).iter("text")
        if one.text in {"1994", "2008", "2020"}
    ]
    assert sorted(found) == found
    assert min(b - a for a, b in pairwise(found)) >= 14


def test_dots_lie_by_distance_and_the_bar_at_the_median():
    rows = [ChartStrip("East", "line of 2020", "#E69F00", False, [0.0, 10.0, 10.0, 30.0])]
    made = draw_strips(rows, title="Distance", about="Dots", x_label="km")
    dots = [float(one.attrib["cx"]) for one in drawn(made).iter("circle")]
    assert dots[1] - dots[0] == pytest.approx((dots[3] - dots[0]) / 3, abs=0.2)
    (median,) = paths(made, **{"class": "median"})
    assert median[0][0] == pytest.approx(dots[1], abs=0.1)
    assert draw_strips([], title="", about="", x_label="") == ""


def test_a_bar_is_as_long_as_its_share():
    rows = [ChartBar("Within 5 km", ((0.5, "#0072B2"), (0.25, "#999999")), "50 %")]
    boxes = [one.attrib for one in drawn(draw_bars(rows, title="", about="")).iter("rect")]
    track, first, second = boxes
    assert float(first["width"]) == pytest.approx(float(track["width"]) / 2, abs=0.1)
    assert float(second["x"]) == pytest.approx(float(first["x"]) + float(first["width"]), abs=0.1)
    assert float(track["x"]) + float(track["width"]) < WIDTH


def test_text_of_the_data_stays_text():
    made = [
        chart(ChartPanel(HOSTILE, (curve([1.0], label=HOSTILE),), HOSTILE)),
        draw_strips(
            [ChartStrip(HOSTILE, HOSTILE, "#E69F00", True, [1.0])],
            title=HOSTILE,
            about="",
            x_label="",
        ),
        draw_bars([ChartBar(HOSTILE, ((1.0, "#E69F00"),), HOSTILE)], title=HOSTILE, about=HOSTILE),
    ]
    for markup in made:
        assert "<script" not in markup
        assert HOSTILE in words(markup)
        tags = {one.tag for one in drawn(markup).iter()}
        assert tags <= {"svg", "title", "desc", "path", "text", "rect", "circle"}
