"""No sum over restricted settlements, and nothing that follows from several, gives one away."""

import itertools
import json
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from factories.layers import write
from factories.projects import Layout, made_project
from hypothesis import given
from hypothesis import strategies as st

from frontline.analysis.restricted_people import choose_publishable
from frontline.workflow.run import run

LAYOUT = Layout()
HIDDEN = 'sensitivity = "restricted"'
FIRST = [2**n * 100 + 7 * n for n in range(14)]
"""People of 14 settlements: every one, and every sum of some of them, is told by its number."""
EAST = [-19, -17.2, -14.1, -13.3, -9.4, -7.7, -6.1, -4.9, -3.3, 2.2, 8.1, 9.4, 12.7, 21.3]
NORTH = [3, -8, 12, -15, 6, -2, 17, -11, 0.5, 9, -6, 14, -13, 4]
MORE = """[sight]
enabled = false
[zones]
distances_m = [2000, 5000, 10000, 15000]
[[sections]]
key = "north"
label = "North"
line = "old"
partition = "districts"
parts = ["N"]
[[scenarios]]
key = "moved"
label = "Moved"
from_line = "old"
offset_m = 3000
side = "East"
[outputs]
write = ["geopackage", "workbook", "page", "report"]
"""


def secret_project(folder, *, people=FIRST, east=EAST, more=MORE, hidden=HIDDEN):
    path = made_project(folder, LAYOUT, draws=4, elevation=False, more=more)
    points = LAYOUT.placed([shapely.Point(*at) for at in zip(east, NORTH, strict=True)])
    names = [f"Q{number:02d}" for number in range(len(people))]
    kinds = ["registered" if number in {3, 11} else "residents" for number in range(len(people))]
    columns = {"id": names, "name": names, "population": people, "population_kind": kinds}
    write(gpd.GeoDataFrame(columns, geometry=points, crs=4326), folder / "secret.gpkg")
    text = path.read_text(encoding="utf-8").splitlines()
    at = next(n for n, line in enumerate(text) if line.startswith("settlements ="))
    text[at] = (
        f'settlements = {{ path = "secret.gpkg", layer = "layer", trusted = true, {hidden} }}'
    )
    path.write_text("\n".join(text), encoding="utf-8")
    return path


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def default(tmp_path_factory):
    folder = tmp_path_factory.mktemp("default")
    run(secret_project(folder), out=folder / "out", public=True)
    return folder / "out"


@pytest.fixture(scope="module")
def chosen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chosen")
    more = f"{MORE}restricted_sums = true\n"
    run(secret_project(folder, more=more), out=folder / "out", public=True)
    return folder / "out"


def test_public_files_are_the_same_bytes_whatever_the_restricted_layer_holds(default, tmp_path):
    """Who cannot tell two secrets apart by any byte can derive neither: no attack is stronger."""
    other = secret_project(
        tmp_path, people=[n * 31 + 5 for n in range(14)], east=[-0.7 * e for e in EAST]
    )
    shutil.copy(default.parent / "layers.gpkg", tmp_path)  # that file holds when it was written
    run(other, out=tmp_path / "out", public=True)
    one, two = contents(tmp_path / "out"), contents(default)
    assert set(one) == set(two)
    assert [name for name in one if one[name] != two[name]] == []


def derived(numbers):
    """The settlements, or pairs of them, that a number or a difference of two numbers tells."""
    secrets = {sum(some) for n in (1, 2) for some in itertools.combinations(FIRST, n)}
    differences = {abs(a - b) for a, b in itertools.combinations(numbers, 2)}
    return {round(value) for value in {*numbers, *differences}} & secrets


def test_the_attack_by_differences_succeeds_on_files_that_are_not_public(tmp_path):
    run(secret_project(tmp_path), out=tmp_path / "out")
    zones = pd.read_csv(tmp_path / "out/tables/zones.csv")
    assert len(derived(zones["population"].dropna().tolist())) > 3


def test_the_attack_by_differences_finds_nothing_in_sums_that_were_chosen(chosen):
    table = pd.read_csv(chosen / "tables/restricted_people.csv")
    shown = table[~table["withheld"]]
    assert len(shown) >= 3
    assert table["withheld"].any()
    assert shown["settlements"].min() >= 3
    assert table.loc[table["withheld"], ["population", "settlements"]].isna().all(axis=None)
    assert not derived(shown["population"].tolist())
    assert set(table["distance_m"].dropna()) <= {2000, 5000, 10_000, 15_000}


def test_whole_sides_are_wanted_most_and_are_right(chosen):
    table = pd.read_csv(chosen / "tables/restricted_people.csv")
    whole = table[table["distance_m"].isna() & (table["population_kind"] == "residents")]
    residents = [n for n in range(14) if n not in {3, 11}]
    west = sum(FIRST[n] for n in residents if EAST[n] < 0)
    row = whole[(whole["line"] == "old") & (whole["side"] == "West")].iloc[0]
    assert (row["population"], row["settlements"]) == (west, 8)
    # The other line lies beyond one settlement more: both sums together would give its people.
    assert whole[(whole["line"] == "new") & (whole["side"] == "West")].iloc[0]["withheld"]


def test_nothing_else_changes_with_the_choice(default, chosen):
    """The sums stand in one table: no other figure, no slider, no interval draws on them."""
    plain, more = contents(default), contents(chosen)
    added = set(more) - set(plain)
    assert added == {"tables/restricted_people.csv"}
    for name in plain:
        if name.startswith("tables/") and name.endswith(".csv") and "notes" not in name:
            assert more[name] == plain[name], name
    manifest = json.loads(more["manifest.json"])
    assert "restricted/1" in manifest["inputs"]
    assert "secret" not in more["manifest.json"].decode()


def weighs(matrix, few):
    """Whether some combination of the rows weighs these places and no others."""
    others = [column for column in range(matrix.shape[1]) if column not in few]
    rank = np.linalg.matrix_rank
    return rank(matrix) > (rank(matrix[:, others]) if others else 0)


SETS = st.lists(st.sets(st.integers(0, 7)), min_size=1, max_size=9)


@given(SETS, st.integers(2, 4))
def test_no_combination_of_published_sums_tells_of_fewer_places(sets, least):
    """The naive second way: linear algebra over every few places."""
    shown = [s for s, may in zip(sets, choose_publishable(sets, least=least), strict=True) if may]
    matrix = np.array([[float(place in s) for place in range(8)] for s in shown]).reshape(-1, 8)
    for count in range(1, least):
        for few in itertools.combinations(range(8), count):
            assert not weighs(matrix, few), (shown, few)


@given(SETS)
def test_the_first_sum_of_enough_places_is_published_and_a_repeated_one_too(sets):
    chosen = choose_publishable([*sets, *sets], least=3)
    assert chosen[0] == (len(sets[0]) >= 3)
    assert chosen[len(sets) :] == chosen[: len(sets)]


def test_rings_two_lines_and_sides_by_hand():
    # Five within 10 km, three of them within 5: the ring between holds two.
    assert choose_publishable([{1, 2, 3, 4, 5}, {1, 2, 3}], least=3) == [True, False]
    assert choose_publishable([{1, 2, 3, 4, 5}, {1, 2, 3}], least=2) == [True, True]
    # Two lines: what lies within the distance of both, of one, of the other.
    assert choose_publishable([{1, 2, 3, 4}, {2, 3, 4, 5}], least=3) == [True, False]
    # Both sides and their whole: nothing new follows from the third.
    assert choose_publishable([{1, 2, 3}, {4, 5, 6}, {1, 2, 3, 4, 5, 6}], least=3) == [
        True,
        True,
        True,
    ]
    assert choose_publishable([{1, 2}, set()], least=3) == [False, False]


def test_no_distance_of_a_restricted_place_is_in_a_public_file(default):
    """To intersect distances one must have them: no row, ring or nearness holds one."""
    for name in ("settlements", "control_change", "settlement_rasters", "links"):
        path = default / f"tables/{name}.csv"
        assert not path.exists() or len(pd.read_csv(path)) == 0, name
    assert not (default / "tables/nearness.csv").exists()
    zones = pd.read_csv(default / "tables/zones.csv")
    assert zones["completeness"].isna().all()
    for name in ("steps", "partitions", "sections", "scenarios", "line_certainty"):
        path = default / f"tables/{name}.csv"
        if path.exists():
            table = pd.read_csv(path)
            assert not table["population"].fillna(0).any(), name
            assert not table["settlements"].fillna(0).any(), name
