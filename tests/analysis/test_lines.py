"""Tables of lines by themselves and of distances by district, on a case known by hand."""

from dataclasses import replace

import pytest
from factories.case import made_case

from frontline.analysis.lines import THRESHOLDS, tabulate_lines
from frontline.analysis.settlements import NEARNESS, summarise_distances
from frontline.results.registry import TABLES


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Residents of Brava 3,000, Dora 8,000; see made_case."""
    return made_case(tmp_path_factory.mktemp("near"), error_m=500.0, draws=5)


@pytest.fixture(scope="module")
def found(case):
    return tabulate_lines(case)


def row_of(table, line, side, part="", partition=""):
    own = table[(table.line == line) & (table.side == side)]
    own = own[(own.partition == partition) & (own.part == part)]
    assert len(own) == 1
    return own.iloc[0]


def test_every_table_has_the_columns_that_are_described(found):
    wanted = ["line_scales", "line_ground", "line_terrain", "line_certainty", "nearness"]
    assert list(found) == wanted
    for name in wanted:
        assert list(found[name].columns) == TABLES[name].names
        assert len(found[name]), name
    assert list(found["nearness"].columns) == NEARNESS.names


def test_distances_by_side_and_by_district(found):
    table = found["nearness"]
    whole = row_of(table, "old", "West")
    assert whole.settlements == 2
    assert whole.nearest_m == pytest.approx(5_000, rel=2e-3)
    assert whole.median_m == pytest.approx(12_500, rel=2e-3)
    assert whole.farthest_m == pytest.approx(20_000, rel=2e-3)
    # Beside Alba and Brava the western quarter of Pola, of whose 400 people a hundred live there.
    assert whole.population == pytest.approx(4_100)
    south = row_of(table, "old", "East", "S", "districts")
    # Dora 20 km off, and Pola, whose middle lies 1 km off, east of the line.
    assert south.settlements >= 2
    assert south.farthest_m == pytest.approx(20_000, rel=2e-3)
    north = row_of(table, "new", "West", "NW", "districts")
    assert north.farthest_m == pytest.approx(30_000, rel=2e-3)


def test_a_side_before_and_after_tells_of_those_who_were_on_it(found):
    table = found["nearness"]
    before, after = (row_of(table, line, "West") for line in ("old", "new"))
    # Cala and Pola came to the west side: it lists two more, and Cala is 5 km from the new line.
    assert after.settlements == before.settlements + 2
    assert after.nearest_m == pytest.approx(5_000, rel=2e-3)
    assert list(table["line"].drop_duplicates()) == ["old", "mid", "new"]


def test_the_parts_add_up_to_the_side(found):
    table = found["nearness"]
    for (_, side), own in table[table.partition == "districts"].groupby(["line", "side"]):
        line = own.line.iloc[0]
        # Alba and Cala lie on the border of two districts and stand in both.
        assert own.settlements.sum() >= row_of(table, line, side).settlements


def test_what_is_in_sight_adds_up_and_is_empty_without_elevation(case, found):
    table = found["nearness"]
    states = table[["visible", "hidden", "unknown", "out_of_range"]].sum(axis=1)
    assert (states == table.settlements).all()
    assert (table.population_visible <= table.population).all()
    blind = replace(case.exposure, settlements=case.exposure.settlements.iloc[:0])
    without = summarise_distances(replace(case, exposure=blind))
    assert without["visible"].isna().all()
    assert without["population_visible"].isna().all()


def test_nearer_than_the_error_is_marked(found):
    table = found["nearness"]
    # Pola lies across the old line: its distance is none.
    assert row_of(table, "old", "East").below_accuracy
    assert not row_of(table, "old", "West").below_accuracy


def test_a_straight_line_is_as_long_at_every_scale(found):
    own = found["line_scales"][found["line_scales"].line == "old"]
    assert own.length_km.to_numpy() == pytest.approx([44.0] * len(own), rel=2e-3)
    assert (own.vertices >= 2).all()


def test_the_ground_along_a_plain_and_beside_a_wall(found):
    ground = found["line_ground"].set_index(["line", "measure", "threshold"])
    plain = ground.loc[("old", "elevation_m", 500.0)]
    assert list(plain[["mean", "p10", "p90"]]) == pytest.approx([100.0] * 3)
    assert plain.share_above == 0.0
    # The new line runs 4 km from a wall of 500 m: all of it has the relief within 5 km.
    assert ground.loc[("new", "relief_m", 300.0)].share_above == 1.0
    assert ground.loc[("new", "relief_m", 1_000.0)].share_above == 0.0
    assert len(ground) == 3 * sum(map(len, THRESHOLDS.values()))
    profile = found["line_terrain"]
    own = profile[profile.line == "old"]
    assert own.metres.sum() == pytest.approx(44_000, rel=2e-3)


def test_the_uncertain_band_is_as_wide_as_the_error(found):
    own = found["line_certainty"].set_index("line").loc["old"]
    assert own.error_m == 500.0
    assert own.share == pytest.approx(1.0)
    # Of 44 km drawn, 40 lie in the study area, 500 m to either side.
    assert own.area_km2 == pytest.approx(40.0, rel=5e-3)


def test_without_elevation_or_places_there_are_fewer_tables(case):
    layers = replace(case.layers, settlements=case.layers.settlements.iloc[:0])
    few = tabulate_lines(replace(case, dem=None, layers=layers))
    assert list(few) == ["line_scales", "line_certainty"]
