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
    "C01": "220 km against roughly 200, ten per cent allowed",
    "C02": "146 km against 150",
    "C14": "five districts at 99 % or more, two in part",
    "C29": "places with two names are listed",
    "C31": "29.3 km against 30",
    "C40": "all but a few cells have 300 m of relief within 7 km",
    "C49": "two maps for each of two lines",
}
CONTRADICTED = {
    "C03": "220 km against 240",
    "C06": "of six districts one begins 15 to 25 km away; two touch the line",
    "C13": "38 % against half",
    "C17": "Talish lay 3.4 km from the line, against dozens of km",
    "C32": "2.77 times against 2.5",
    "C33": "the Lachin corridor lies outside the former oblast",
    "C36": "20,000 and 40,000 are 41 % of 145,000, not 30 %",
}
INDICATIVE = {
    "C05": "nobody knows how many people the list of settlements lacks",
    "C09": "sight on cells of 0.9 km",
    "C10": "sight on cells of 0.9 km",
    "C11": "schematic pipeline",
    "C12": "the reservoir is a point",
    "C16": "sight on cells of 0.9 km",
    "C18": "sight on cells of 0.9 km",
    "C19": "the village is a point",
    "C20": "schematic roads",
    "C21": "schematic roads",
    "C22": "a place known to 10 km",
    "C23": "schematic roads",
    "C24": "no land cover",
    "C25": "schematic canals",
    "C26": "stated figures that only fit each other",
    "C34": "schematic roads",
    "C35": "nobody knows how many people the list lacks",
    "C37": "schematic roads",
    "C38": "schematic roads",
    "C39": "the list holds a tenth of the people",
    "C44": "the places that the villages depend on are not given",
    "C45": "4 of 27 posts are known",
    "C47": "the source's own figure, which nobody else counts",
}
EXPECTED = {
    **dict.fromkeys(SUPPORTED, "supported"),
    **dict.fromkeys(CONTRADICTED, "contradicted"),
    **dict.fromkeys(INDICATIVE, "indicative only"),
    **dict.fromkeys(("C07", "C08", "C27"), "below accuracy"),
    **dict.fromkeys(("C04", "C15", "C41", "C46"), "undefined"),
    **dict.fromkeys(("C28", "C30", "C42", "C43", "C48", "C50"), "not testable"),
    **dict.fromkeys(("X01", "X02", "X03"), "excluded"),
}


@pytest.fixture(scope="module")
def ledger():
    return read_ledger(load_project(FOLDER))


@pytest.fixture(scope="module")
def table(ledger):
    case, _ = compute_case(load_project(FOLDER))
    return check_claims(case, ledger=ledger).set_index("id", drop=False)


def test_every_statement_stands_in_the_ledger_once(ledger):
    ids = [one.id for one in ledger.claims]
    assert ids == [f"C{number:02d}" for number in range(1, 51)] + ["X01", "X02", "X03"]


def test_every_statement_has_the_verdict_that_was_reviewed(table):
    assert table["verdict"].to_dict() == EXPECTED
    assert set(table["verdict"]) == set(VERDICTS)


def test_every_verdict_gives_its_reason(table):
    assert (table["why"].str.len() > 25).all()
    assert table["why"].str.endswith(".").all()
    tested = table[table["verdict"].isin(["supported", "contradicted", "indicative only"])]
    assert tested["why"].str.startswith("Computed: ").all()
    assert tested["why"].str.contains("Stated: ", regex=False).all()
    assert tested["computed"].notna().all()
    coarse = table[table["verdict"] == "indicative only"]
    limits = "only indicative because|nothing is decided"
    assert coarse["why"].str.contains(limits).all()


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
    assert set(rows["id"]) == {"C07", "C08", "C27"}
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
    assert {("C01", "C03"), ("C05", "C17"), ("C13", "C26")} <= pairs
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
    assert table.loc["C36", "computed"] == pytest.approx(100 * 60 / 145)
    assert table.loc["C48", "computed"] == pytest.approx(100 * 130 / 597)


def test_areas_on_the_ellipsoid(table):
    with (FOLDER / "source/former_oblast.csv").open(encoding="utf-8", newline="") as file:
        ring = [(float(row["lon"]), float(row["lat"])) for row in csv.DictReader(file)]
    outline = shapely.segmentize(shapely.Polygon(ring), 0.001)
    oblast_km2 = abs(GEOD.geometry_area_perimeter(outline)[0]) / 1e6
    # 11,764.7 km2 lie west of the line, with edges straight in degrees.
    assert table.loc["C32", "computed"] == pytest.approx(11_764.7 / oblast_km2, rel=1e-3)
