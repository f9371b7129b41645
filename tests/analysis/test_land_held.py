"""Shares of land that no table holds have the intervals that the tables give the same land."""

import pytest
from factories.case import made_case

from frontline.analysis.land_held import measure_share_gained, measure_share_held
from frontline.analysis.lengths import measure_line_length
from frontline.analysis.partitions import cross_partitions
from frontline.analysis.people_behind import count_people_behind
from frontline.lines.front import take_figures
from frontline.lines.measures import measure_length_at_scales
from frontline.uncertainty.intervals import take_interval


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("held")
    return made_case(folder, error_m=500.0, draws=60, drop=("elevation",))


@pytest.mark.parametrize("side", ["West", "East"])
def test_a_share_of_a_partition_has_the_interval_of_its_row(case, side):
    table = cross_partitions(
        case.layers, fronts=case.fronts, draws=case.draws, ground=None, partitions=["inner"]
    )
    rows = table[(table["line"] == "old") & (table["side"] == side)]
    front = case.fronts[0]
    inner = case.layers.partitions["inner"].geometry.iloc[0]
    share = measure_share_held(
        inner, front=front, draws=case.draws["old"], side=side, study_area=case.layers.study_area
    )
    row = rows.sort_values("area_km2").iloc[0]  # half of 20 by 20 km; the rest lies outside
    assert share.value / 100 == pytest.approx(row["area_km2"] / 400, abs=1e-3)
    assert share.low / 100 == pytest.approx(row["area_low"] / 400, abs=2e-3)
    assert share.high / 100 == pytest.approx(row["area_high"] / 400, abs=2e-3)


def test_a_length_has_the_interval_of_its_displaced_copies(case):
    front, draws, plane = case.fronts[0], case.draws["old"], case.layers.plane
    length = measure_line_length(front, draws=draws, plane=plane)
    drawn = take_figures(
        front,
        draws=draws,
        figure=lambda course, _: measure_length_at_scales(course, plane=plane, scales_m=(0.0,))[
            "length_km"
        ].iloc[0],
    )
    assert length.low < length.high
    assert (length.low, length.high) == take_interval(length.value, drawn=drawn)


def test_all_that_is_gained_from_a_line_far_off_is_sure(case):
    """The land between 0 and 10 km east lies whole within that of the later line."""
    old, _, new = case.fronts
    draws = case.draws["old"], case.draws["new"]
    share = measure_share_gained(
        case.layers.study_area, fronts=(old, new), draws=draws, side="West"
    )
    assert share.low < share.value < share.high
    strip = case.layers.partitions["inner"].geometry.iloc[0]
    inner = measure_share_gained(strip, fronts=(old, new), draws=draws, side="West")
    assert inner.value == pytest.approx(100.0, abs=0.1)
    assert inner.high <= 100.0


def test_people_on_all_land_are_all_of_them_in_every_copy(case):
    found = count_people_behind(
        case, front=case.fronts[0], side="East", distance_m=15_000.0, land=case.layers.study_area
    )
    assert found["settlements"].whole > 0
    for people in found.values():
        if people.whole > 0:
            assert (people.share, people.low, people.high) == pytest.approx((1.0, 1.0, 1.0))
