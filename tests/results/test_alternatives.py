"""The range between the sources of a line, on straight lines where every figure is known."""

import numpy as np
import pytest
from factories.alternatives import compute_case_of

from frontline.results.tables import make_tables

TWO = [("new", "osm", 8, "error_m = 300")]


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The new line at 10 km, and at 8 km by OpenStreetMap."""
    return make_tables(compute_case_of(tmp_path_factory.mktemp("two"), alternatives=TWO))


def row_of(rows, **wanted):
    for name, value in wanted.items():
        rows = rows[rows[name] == value]
    assert len(rows) == 1, rows
    return rows.iloc[0]


def range_of(row, stem):
    return row[f"{stem}_alt_low"], row[f"{stem}_alt_high"]


def test_area_of_a_side_has_the_range_of_both_lines(tables):
    # 40 km from west to east, and 38 by the other source, by 40 km from south to north.
    row = row_of(tables["sides"], line="new", side="West")
    assert range_of(row, "area") == pytest.approx((38 * 40, 40 * 40), rel=1e-4)
    assert row["area_km2"] == pytest.approx(1600, rel=1e-4)


def test_people_within_a_distance_have_the_range_of_both_lines(tables):
    # West of 10 and within 15 km: Cala 500, Brava 300 and a third of Pola, 200; Alba lies beyond.
    # West of 8 and within 15 km: Alba 1,000 and Cala 500.
    row = row_of(tables["zones"], line="new", side="West", distance_m=15_000, kind="cumulative")
    assert row["population"] == pytest.approx(1000, abs=1)
    assert range_of(row, "population") == pytest.approx((1000, 1500), abs=1)


def test_land_that_changed_hands_has_the_range_of_both_lines(tables):
    row = row_of(tables["changes"], from_side="East", to_side="West", kind="changed")
    assert row["flow_km2"] == pytest.approx(400, rel=1e-4)
    assert range_of(row, "flow") == pytest.approx((320, 400), rel=1e-4)
    step = row_of(tables["steps"], from_side="East", to_side="West")
    # Between 0 and 10 live Cala, Brava and a third of Pola; between 0 and 8 Cala alone.
    assert range_of(step, "population") == pytest.approx((500, 1000), abs=1)
    assert range_of(step, "road_km") == pytest.approx((8, 10), abs=0.01)


def test_lines_without_alternatives_have_no_range(tables):
    old = tables["zones"][tables["zones"]["line"] == "old"]
    assert old["population_alt_low"].isna().all()
    assert old["area_alt_high"].isna().all()


def test_a_place_that_sources_put_on_two_sides_is_on_none_for_certain(tables):
    places = tables["settlements"].set_index(["line", "id"])
    brava, cala = places.loc["new", "b"], places.loc["new", "c"]
    assert (brava["side"], brava["side_alternatives"]) == ("West", "East (Osm)")
    assert not brava["side_certain"]
    assert cala["side_alternatives"] is None or cala["side_alternatives"] == ""
    assert cala["side_certain"]
    # Cala lies 5 km from the line as drawn and 3 km from the other.
    ends = cala["distance_m_alt_low"], cala["distance_m_alt_high"]
    assert ends == pytest.approx((3000, 5000), abs=1)


def test_long_table_names_which_source_gives_what(tables):
    told = tables["alternatives"]
    row = row_of(told, table="sides", figure="area_km2", line="new", side="West")
    assert (row["alternative"], row["by"], row["unit"]) == ("new/osm", "Osm", "km²")
    assert row["value"] == pytest.approx(1520, rel=1e-4)
    assert row["as_drawn"] == pytest.approx(1600, rel=1e-4)


def test_every_range_holds_its_figure(tables):
    held = 0
    for table in tables.values():
        for low in [name for name in table.columns if name.endswith("_alt_low")]:
            stem = low.removesuffix("_alt_low")
            figure = next(
                name for name in (stem, f"{stem}_km2", f"{stem}_m", f"{stem}_km") if name in table
            )
            rows = table[table[low].notna() & table[figure].notna()]
            assert (rows[low] <= rows[figure]).all()
            assert (rows[figure] <= rows[low.replace("_low", "_high")]).all()
            held += len(rows)
    assert held > 50


def test_three_sources_and_both_lines_give_every_combination(tmp_path):
    # Old at 0 or 1, new at 10, 8 or 12: the land between is 7 to 12 km wide and 40 km high.
    drawn = [("old", "a", 1, ""), ("new", "b", 8, ""), ("new", "c", 12, "")]
    tables = make_tables(compute_case_of(tmp_path, alternatives=drawn))
    row = row_of(tables["changes"], from_side="East", to_side="West", kind="changed")
    assert range_of(row, "flow") == pytest.approx((7 * 40, 12 * 40), rel=1e-4)
    told = tables["alternatives"]
    flows = told[(told["figure"] == "flow_km2") & (told["from_side"] == "East")]
    widths = flows[flows["to_side"] == "West"].set_index("alternative")["value"] / 40
    assert dict(widths.round(2)) == {
        "old/a": 9.0, "new/b": 8.0, "new/c": 12.0, "old/a;new/b": 7.0, "old/a;new/c": 11.0,
    }  # fmt: skip
    # The zones of a line hang on its own sources alone.
    sides = row_of(tables["sides"], line="old", side="West")
    assert range_of(sides, "area") == pytest.approx((1200, 1240), rel=1e-4)
    assert set(told.loc[told["table"] == "sides", "alternative"]) == {"old/a", "new/b", "new/c"}


def test_identical_alternative_gives_a_range_without_width(tmp_path):
    tables = make_tables(compute_case_of(tmp_path, alternatives=[("new", "same", 10, "")]))
    for name in ("zones", "sides", "changes", "steps", "corridors", "nearness"):
        for low in [column for column in tables[name].columns if column.endswith("_alt_low")]:
            high = tables[name][low.replace("_low", "_high")]
            np.testing.assert_array_equal(tables[name][low], high)
    assert tables["settlements"]["side_alternatives"].fillna("").eq("").all()


def test_land_that_only_another_source_lets_go_over_is_told(tmp_path):
    # As drawn 10 km went over, and nothing came back; by another source 3 km did, and none over.
    results = compute_case_of(tmp_path, alternatives=[("new", "own", -3, "")])
    tables = make_tables(results)
    row = row_of(tables["changes"], from_side="East", to_side="West", kind="changed")
    assert range_of(row, "flow") == pytest.approx((0, 400), abs=0.1)
    told = tables["alternatives"]
    only = results.key_figures[-1]
    assert only.id == "land:old:new:West:East"
    assert (only.value, only.alt_low, only.alt_high) == pytest.approx((0, 0, 120), abs=0.1)
    assert "With the line of Own: Between" in only.sentence
    back = row_of(told, table="steps", figure="area_km2", from_side="West", to_side="East")
    assert (back["as_drawn"], back["value"]) == pytest.approx((0, 120), abs=0.1)


def test_alternative_with_a_larger_error_moves_certain_land_to_doubt(tmp_path):
    # At the same place but known to 2 km: of the 10 km that went over 2 km lie within its error.
    drawn = [("new", "rough", 10, "error_m = 2000")]
    tables = make_tables(compute_case_of(tmp_path, alternatives=drawn))
    row = row_of(tables["changes"], from_side="East", to_side="West", kind="changed")
    assert range_of(row, "area") == pytest.approx((320, 400), abs=1)
    assert range_of(row, "flow") == pytest.approx((400, 400), abs=0.1)
    told = tables["alternatives"]
    only = row_of(told, figure="area_km2", kind="within_error", from_side="East", to_side="West")
    assert (only["as_drawn"], only["value"]) == pytest.approx((0, 80), abs=1)


def test_without_alternatives_nothing_is_added(tmp_path):
    tables = make_tables(compute_case_of(tmp_path))
    assert "alternatives" not in tables
    names = [name for table in tables.values() for name in table.columns]
    assert not [name for name in names if "_alt_" in name or name == "side_alternatives"]


def test_sentences_name_each_source_with_its_figure(tables):
    told = tables["key_figures"].set_index("id")
    people = told.loc["people:new:West:15000:settlements"]
    assert (
        "had 1,000 residents of listed settlements (1,500 with the line of Osm)"
        in (people["sentence"])
    )
    assert (people["alt_low"], people["alt_high"]) == pytest.approx((1000, 1500), abs=1)
    land = told.loc["land:old:new:East:West", "sentence"]
    assert "400 km² of land (320 with the later line of Osm) went" in land
    cut = told.loc["crossed:new", "sentence"]
    assert cut.endswith("Cut by other sources: 0 with the line of Osm.")
    assert told["alt_low"].isna().any()
