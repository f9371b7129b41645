"""The example's ledger: a verdict for every statement, reviewed, and figures found another way."""

import csv
import re
import tomllib

import numpy as np
import pyproj
import pytest
import shapely
from factories import REPOSITORY
from factories.karabakh import LINE_1994

from frontline.claims.verdict import VERDICTS, check_claims, read_ledger
from frontline.project.loader import load_project
from frontline.workflow.run import compute_case

FOLDER = REPOSITORY / "layers/karabakh"
GEOD = pyproj.Geod(ellps="WGS84")

# Reviewed one by one. A change here is a finding: say in the commit which data or rule made it.
SUPPORTED = {
    "C02": "146 km against 150",
    "C14": "five districts at 99 % or more, two in part",
    "C40": "all but a few cells have 300 m of relief within 7 km",
    "C53": "2,771 and 1,764 km2 against 1,248 at most",
    "C55": "484 km against 220",
}
CONTRADICTED = {
    "C05": "13,876 at least against 7,700 at most: a list can only lack people",
    "C13": "38 % against half",
    "C32": "the former oblast and seven districts in full are 2.9 times it, against 2.5",
    "C52": "597 people against 665 in Madagiz",
}
INDICATIVE = {
    "C01": "220 km, with 220 allowed: it flips within the interval",
    "C03": "220 km against 228 at least: a drawn line is too short to contradict that",
    "C04": "districts with figures of residents cover 57 % of the zone",
    "C06": "at most 25 km all six, between 15 and 25 one",
    "C09": "sight on cells of 0.9 km",
    "C10": "sight on cells of 0.9 km",
    "C11": "29 km: two dozen, and not three",
    "C12": "42 % of those listed, and the list can hold 60 % of the people",
    "C12b": "the reservoir is a point",
    "C16": "higher ground on the other side; sight on cells of 0.9 km",
    "C17": "23.4 km in the median, 3.4 at the nearest",
    "C17b": "the list holds a tenth of the people",
    "C17c": "the list can hold 60 % of the people",
    "C18": "sight on cells of 0.9 km",
    "C18b": "sight on cells of 0.9 km",
    "C18c": "sight on cells of 0.9 km",
    "C20": "schematic roads",
    "C21": "8 km on the Azerbaijani-held side, 12 outside the former oblast, 31 to Shusha",
    "C22": "a place known to 10 km",
    "C23": "schematic roads",
    "C24": "no land cover",
    "C25": "schematic canals",
    "C26": "stated figures that only fit each other",
    "C31": "29.3 km against 28.5 at least: within the error of the line",
    "C33": "98 % without the corridor; with it 95 %, within the error of the outlines",
    "C34": "schematic roads",
    "C35": "2,500 at least: one of three settlements has no figure",
    "C36": "stated figures that only fit each other",
    "C37": "schematic roads",
    "C38": "schematic roads",
    "C39": "districts with figures of residents cover 57 % of the zone",
    "C45": "4 of 27 posts are known",
    "C51": "10,715 at least: 13 of 22 settlements have no figure",
    "C56": "schematic roads",
    "C57": "stated figures that only fit each other",
}
UNTESTABLE = ("C28", "C29", "C30", "C42", "C43", "C44", "C47", "C48", "C49", "C50", "C58")
EXPECTED = {
    **dict.fromkeys(SUPPORTED, "supported"),
    **dict.fromkeys(CONTRADICTED, "contradicted"),
    **dict.fromkeys(INDICATIVE, "indicative only"),
    **dict.fromkeys(("C07", "C08", "C19", "C27"), "below accuracy"),
    **dict.fromkeys(("C15", "C41", "C46", "C54"), "undefined"),
    **dict.fromkeys(UNTESTABLE, "not testable"),
    **dict.fromkeys(("X01", "X02", "X03"), "excluded"),
}
PARTS = {"C12b", "C17b", "C17c", "C18b", "C18c"}
"""Statements that say more than one thing have a row for each."""


@pytest.fixture(scope="module")
def ledger():
    return read_ledger(load_project(FOLDER))


@pytest.fixture(scope="module")
def table(ledger):
    case, _ = compute_case(load_project(FOLDER))
    return check_claims(case, ledger=ledger).set_index("id", drop=False)


def test_every_statement_stands_in_the_ledger_once(ledger):
    ids = [one.id for one in ledger.claims]
    single = [one for one in ids if one not in PARTS]
    assert single == [f"C{number:02d}" for number in range(1, 59)] + ["X01", "X02", "X03"]
    assert set(ids) - set(single) == PARTS


def test_tolerances_come_from_the_words_and_never_from_the_claim(ledger):
    assert all(one.tolerance is None and not one.tolerance_abs for one in ledger.claims)


def test_every_statement_has_the_verdict_that_was_reviewed(table):
    assert table["verdict"].to_dict() == EXPECTED
    assert set(table["verdict"]) == set(VERDICTS)


def test_every_verdict_gives_its_reason(table):
    assert (table["why"].str.len() > 25).all()
    assert table["why"].str.endswith(".").all()
    tested = table[table["verdict"].isin(["supported", "contradicted", "indicative only"])]
    assert tested["why"].str.contains("Computed: ", regex=False).all()
    assert tested["why"].str.contains("Stated: ", regex=False).all()
    assert tested["why"].str.contains("would flip", regex=False).all()
    assert tested["computed"].notna().all()
    assert tested["flips_at"].notna().all()
    assert tested["firmness"].str.contains("flips").all()
    coarse = table[table["verdict"] == "indicative only"]
    assert coarse["why"].str.contains("only indicative because").all()


def test_a_decided_verdict_holds_over_the_whole_interval(table):
    decided = table[table["verdict"].isin(["supported", "contradicted"])]
    outside = (decided["flips_at"] <= decided["low"]) | (decided["flips_at"] >= decided["high"])
    assert outside.all()


def test_figures_of_the_corrections(table):
    """Recomputed from the tables beside the facts, independently of this toolkit."""
    assert table.loc["C41", "computed"] == pytest.approx(3_486, rel=1e-3)
    assert "14 settlements" in table.loc["C41", "why"]
    assert "52,481 residents" in table.loc["C41", "why"]
    assert table.loc["C04", "computed"] == pytest.approx(211_000, rel=5e-3)
    assert "255,000" in table.loc["C04", "why"]
    assert table.loc["C05", "computed"] == 13_876
    assert table.loc["C12", "computed"] == pytest.approx(100 * 5_862 / 13_876, rel=1e-6)
    assert table.loc["C17", "computed"] == pytest.approx(23.4, abs=0.06)
    assert table.loc["C21", "computed"] == pytest.approx(8.3, abs=0.05)
    assert table.loc["C33", "computed"] == pytest.approx(98, abs=0.5)
    assert table.loc["C35", "computed"] == 2_500
    assert "3,383 km2" in table.loc["C37", "why"]
    assert "472 residents" in table.loc["C37", "why"]
    assert table.loc["C39", "computed"] == pytest.approx(2.1, abs=0.06)
    assert "2.7 times" in table.loc["C39", "why"]
    assert table.loc["C36", "computed"] == pytest.approx(27.6, abs=0.05)
    assert table.loc["C51", "computed"] == 10_715
    assert table.loc["C54", "computed"] == pytest.approx(100 * 222 / 4_251, rel=5e-3)


def test_reasons_are_written_for_readers(table):
    """Keys of the project file stand in quotation marks, and per cent is set apart."""
    for key, why in table["why"].items():
        assert "_" not in re.sub(r"'[^']*'", "", why), key
        assert not re.search(r"\d%", why), key
        assert not re.search(r"\b(nan|None|inf)\b", why), key
        assert ".." not in why, key
        assert why[0].isupper(), key


def test_no_distance_below_the_line_s_error_is_told(table):
    """Of the line of 2020, known to 2 km, the nearest settlement and a headquarters lie nearer."""
    told = table.loc["C17", "why"].split("November 2020, ")[1]
    assert told.startswith("Armenian-held: below accuracy, below accuracy, 2.1, 4")
    assert "Asgaran) 2 min, below accuracy" in table.loc["C20", "why"]


def test_no_figure_below_accuracy_is_given(table):
    rows = table[table["verdict"] == "below accuracy"]
    assert set(rows["id"]) == {"C07", "C08", "C19", "C27"}
    assert rows[["computed", "low", "high"]].isna().all(axis=None)
    # The distance of the village as the points have it is 765 m.
    assert "765" not in rows.loc["C27", "why"]


def test_sight_and_schematic_roads_never_bear_a_verdict(table):
    sight = table["metric"].str.endswith("in_sight")
    ways = ("corridor_gap", "crossings", "cut_off", "detour", "gateways", "minutes_to_front")
    rows = table[sight | table["metric"].isin(ways)]
    assert len(rows) >= 9
    assert set(rows["verdict"]) == {"indicative only"}


def test_statements_that_contradict_each_other_point_to_each_other():
    raw = tomllib.loads((FOLDER / "claims.toml").read_text("utf-8"))["claims"]
    pairs = {(one["id"], other) for one in raw for other in one.get("contradicts", [])}
    assert {("C01", "C03"), ("C05", "C17")} <= pairs
    assert pairs == {(b, a) for a, b in pairs}


def test_the_statements_are_short_and_plain(ledger):
    for one in ledger.claims:
        assert len(one.statement) < 320, one.id
        assert not one.statement[0].islower()
        assert one.statement.endswith(".")
        assert one.section
    text = " ".join(one.statement for one in ledger.claims).casefold()
    loaded = r"occup(?!ied yet)|separatis|terroris|liberat|aggress|enemy|enemies|so-called"
    assert not re.search(loaded, text)


def test_a_second_name_stands_beside_the_first(ledger):
    """Where a statement names a town that changed hands or is disputed, both names stand there."""
    with (FOLDER / "source/settlements.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["name_alt"]]
    names = {row["name"]: row["name_alt"] for row in rows}
    for town in ("Shusha", "Stepanakert"):
        for one in ledger.claims:
            if town in one.statement:
                assert names[town] in one.statement, one.id


# The same figures another way: straight from the vertices in degrees, on the ellipsoid.


def dense():
    return shapely.get_coordinates(shapely.segmentize(LINE_1994, 0.0005))


def test_the_length_of_the_line(table):
    assert table.loc["C01", "computed"] == pytest.approx(GEOD.line_length(*dense().T) / 1000, 1e-4)
    assert table.loc["C03", "computed"] == table.loc["C01", "computed"]


def test_the_length_from_the_mountains_to_the_river(table):
    vertices = dense()
    start = int(np.argmin(np.hypot(*(vertices - [46.72, 40.41]).T)))
    by_hand = GEOD.line_length(*vertices[start:].T) / 1000
    assert table.loc["C02", "computed"] == pytest.approx(by_hand, abs=0.1)


def test_the_distance_of_a_town(table):
    vertices = dense()
    town = np.broadcast_to([46.75194, 39.81528], vertices.shape)
    by_hand = GEOD.inv(*town.T, *vertices.T)[2].min() / 1000
    assert table.loc["C31", "computed"] == pytest.approx(by_hand, rel=1e-3)


def test_shares_of_stated_figures(table):
    assert table.loc["C13", "computed"] == pytest.approx(100 * 55_151 / 145_053)
    assert table.loc["C36", "computed"] == pytest.approx(100 * 40 / 145)
    assert table.loc["C48", "computed"] == pytest.approx(100 * 130 / 597)


def test_areas_on_the_ellipsoid(table):
    """Of what is claimed and of the former oblast, as the detail gives them."""
    with (FOLDER / "source/former_oblast.csv").open(encoding="utf-8", newline="") as file:
        ring = [(float(row["lon"]), float(row["lat"])) for row in csv.DictReader(file)]
    outline = shapely.segmentize(shapely.Polygon(ring), 0.001)
    oblast_km2 = abs(GEOD.geometry_area_perimeter(outline)[0]) / 1e6
    told = re.search(r"([\d,]+) km2 against ([\d,]+) km2", table.loc["C32", "why"])
    claimed, oblast = (float(number.replace(",", "")) for number in told.groups())
    assert oblast == pytest.approx(oblast_km2, rel=1e-3)
    assert table.loc["C32", "computed"] == pytest.approx(claimed / oblast_km2, rel=1e-3)
