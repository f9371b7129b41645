"""A verdict holds with every source of a line, or is indicative only and names the one it fails."""

import pytest
from factories.alternatives import write_case

from frontline.claims.verdict import check_claims, read_ledger
from frontline.project.loader import load_project
from frontline.workflow.on_demand import try_claims
from frontline.workflow.run import compute_case

LEDGER = """
[[reports]]
key = "leaflet"
title = "A leaflet"
date = 2012-01-01

[[claims]]
id = "large"
report = "leaflet"
statement = "The west has at least 1,650 km2."
metric = "side_area"
parameters = { line = "new", side = "West" }
compare = "at_least"
stated = [{ value = 1650, unit = "km2" }]

[[claims]]
id = "small"
report = "leaflet"
statement = "The west has at most 1,500 km2."
metric = "side_area"
parameters = { line = "new", side = "West" }
compare = "at_most"
stated = [{ value = 1500, unit = "km2" }]

[[claims]]
id = "both"
report = "leaflet"
statement = "The west has at least 1,400 km2."
metric = "side_area"
parameters = { line = "new", side = "West" }
compare = "at_least"
stated = [{ value = 1400, unit = "km2" }]

[[claims]]
id = "old"
report = "leaflet"
statement = "The west had 1,200 km2."
metric = "side_area"
parameters = { line = "old", side = "West" }
stated = [{ value = 1200, unit = "km2" }]

[[claims]]
id = "grown"
report = "leaflet"
statement = "The west grew by 390 km2 or more."
metric = "side_growth"
parameters = { from_line = "old", to_line = "new", side = "West", measure = "area" }
compare = "at_least"
stated = [{ value = 390, unit = "km2" }]
"""
DRAWN = [("new", "osm", 8, ""), ("new", "map", 10, "")]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("claims")
    (folder / "claims.toml").write_text(LEDGER, encoding="utf-8")
    return write_case(folder, alternatives=DRAWN)


@pytest.fixture(scope="module")
def rows(path):
    project = load_project(path)
    case, _ = compute_case(project)
    return check_claims(case, ledger=read_ledger(project)).set_index("id")


@pytest.mark.parametrize("word", ["large", "small", "grown"])
def test_verdict_that_flips_between_sources_is_indicative_whichever_way(rows, word):
    row = rows.loc[word]
    assert row["verdict"] == "indicative only"
    assert "another verdict by new line as Osm draws it" in row["why"]
    assert "does not hold by new line as Osm draws it" in row["firmness"]
    assert "; holds by new line as Map draws it" in row["firmness"]


def test_verdict_that_holds_with_every_source_says_so(rows):
    row = rows.loc["both"]
    assert row["verdict"] == "supported"
    assert "holds by new line as Osm draws it; holds by new line as Map draws it" in row["firmness"]


def test_claim_on_a_line_without_alternatives_names_none(rows):
    assert rows.loc["old", "verdict"] == "supported"
    assert "draws it" not in rows.loc["old", "firmness"]


def test_a_claim_by_itself_has_the_row_of_the_whole_run(path, rows):
    alone = try_claims(path, only=["large", "grown"]).set_index("id")
    assert dict(alone.loc["large"].astype(str)) == dict(rows.loc["large"].astype(str))
    assert dict(alone.loc["grown"].astype(str)) == dict(rows.loc["grown"].astype(str))
