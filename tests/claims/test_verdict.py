"""The ledger and its verdicts: what a computed figure makes of a stated one."""

import math

import numpy as np
import pytest
from factories import REPOSITORY
from factories.case import lonlat, made_case, write_project
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from frontline.claims.ledger import Claim, Publication, StatedValue, find_agreement_range
from frontline.claims.measurement import Measurement, Other
from frontline.claims.tolerances import PLAIN, QUALIFIERS, QUANTITIES
from frontline.claims.verdict import (
    VERDICTS,
    check_claims,
    decide_verdict,
    measure_claim,
    read_ledger,
)
from frontline.errors import ProjectError
from frontline.project.loader import load_project
from frontline.results.registry import CLAIMS
from frontline.results.wording import add_labels

FOREIGN = REPOSITORY / "tests/data/foreign_ledger.toml"
FINITE = st.floats(-1e6, 1e6)


def claim(**given_):
    base = {"id": "A1", "report": "r", "statement": "It is so.", "metric": "line_length"}
    return Claim.model_validate(base | {"stated": [{"value": 100, "unit": "km"}]} | given_)


def verdict(measured, **given_):
    return decide_verdict(claim(**given_), measured=measured)


def km(value, low=None, high=None, **more):
    low, high = (value if end is None else end for end in (low, high))
    return Measurement(value, low, high, "km", **more)


@pytest.mark.parametrize(
    ("measured", "given_", "expected"),
    [
        (km(100), {}, "supported"),
        (km(104), {}, "supported"),
        (km(106), {}, "contradicted"),
        # One rule both ways: a verdict that flips within the interval is none.
        (km(106, 103, 109), {}, "indicative only"),
        (km(104, 103, 109), {}, "indicative only"),
        (km(103, 101, 105), {}, "supported"),
        (km(110, 106, 114), {}, "contradicted"),
        # A least figure may be larger: it refutes what is smaller, and bears out "at least".
        (km(110, 108, 112, bound="at least", bound_why="two lack"), {}, "contradicted"),
        (km(100, 99, 101, bound="at least", bound_why="two lack"), {}, "indicative only"),
        (km(50, 49, 51, bound="at least", bound_why="two lack"), {}, "indicative only"),
        (
            km(110, 108, 112, bound="at least", bound_why="two lack"),
            {"compare": "at_least"},
            "supported",
        ),
        (km(90, 88, 92, bound="at most", bound_why="one is near"), {}, "contradicted"),
        (km(110, 108, 112, bound="at most", bound_why="one is near"), {}, "indicative only"),
        # A drawn line is too short: it contradicts a shorter one, never a longer one.
        (km(50, 49, 51, short_why="bends are left out"), {}, "indicative only"),
        (km(150, 149, 151, short_why="bends are left out"), {}, "contradicted"),
        (km(100, 99, 101, short_why="bends are left out"), {}, "supported"),
        # Another source counts as much.
        (km(100, others=(Other("the grid", 101, 100, 102),)), {}, "supported"),
        (km(100, others=(Other("the grid", 150, 149, 151),)), {}, "indicative only"),
        (km(150, others=(Other("the grid", 100, 99, 101),)), {}, "indicative only"),
        (km(150, others=(Other("the grid", 160, 159, 161),)), {}, "contradicted"),
        # Words decide what is allowed.
        (km(109), {"stated": [{"text": "roughly 100", "value": 100, "unit": "km"}]}, "supported"),
        (km(86), {"stated": [{"text": "nearly 100", "value": 100, "unit": "km"}]}, "supported"),
        (km(101), {"stated": [{"text": "nearly 100", "value": 100, "unit": "km"}]}, "contradicted"),
        (km(500), {"stated": [{"text": "over 100", "value": 100, "unit": "km"}]}, "supported"),
        (km(99), {"stated": [{"text": "over 100", "value": 100, "unit": "km"}]}, "contradicted"),
        (km(36), {"stated": [{"text": "several dozen", "unit": "km"}]}, "supported"),
        (km(35), {"stated": [{"text": "several dozen", "unit": "km"}]}, "contradicted"),
        (km(58), {"stated": [{"low": 60, "high": 80, "unit": "km"}]}, "contradicted"),
        (
            km(58),
            {"stated": [{"text": "about 60 to 80", "low": 60, "high": 80, "unit": "km"}]},
            "supported",
        ),
        # A share of nothing is nothing: an absolute tolerance is needed there.
        (km(0.4), {"stated": [{"value": 0, "unit": "km"}]}, "contradicted"),
        (km(0.4), {"stated": [{"value": 0, "unit": "km"}], "tolerance_abs": 0.5}, "supported"),
        # At least one of anything is found nearly everywhere.
        (Measurement(3, 3, 3, "links"), {"stated": [{"low": 1, "unit": "links"}]}, "not testable"),
        (Measurement(0, 0, 0, "links"), {"stated": [{"low": 1, "unit": "links"}]}, "contradicted"),
        (km(70), {"compare": "at_least", "stated": [{"low": 60, "unit": "km"}]}, "supported"),
        (km(50), {"compare": "at_least", "stated": [{"low": 60, "unit": "km"}]}, "contradicted"),
        (km(94), {}, "contradicted"),
        (km(120), {"tolerance": 0.2}, "supported"),
        (km(100.1), {"tolerance": 0}, "contradicted"),
        (km(110), {"compare": "at_least"}, "supported"),
        (km(90), {"compare": "at_least"}, "contradicted"),
        (km(96, 90, 102), {"compare": "at_least"}, "indicative only"),
        (km(90), {"compare": "at_most"}, "supported"),
        (km(110), {"compare": "at_most"}, "contradicted"),
        (km(70), {"stated": [{"low": 60, "high": 80, "unit": "km"}]}, "supported"),
        (km(50), {"stated": [{"low": 60, "high": 80, "unit": "km"}]}, "contradicted"),
        (km(50), {"stated": [{"low": 60, "unit": "km"}]}, "contradicted"),
        (km(math.inf, math.inf, math.inf), {"stated": [{"low": 60, "unit": "km"}]}, "supported"),
        (km(50, math.nan, math.nan), {}, "contradicted"),
        (km(100, 10, 300), {}, "indicative only"),
        (km(500, 300, 700), {}, "contradicted"),
        (km(100, coarse=("the grid is coarse",)), {}, "indicative only"),
        (km(500, coarse=("the grid is coarse",)), {}, "indicative only"),
        (km(100, refutes_only="it is a sum"), {}, "indicative only"),
        (km(500, refutes_only="it is a sum"), {}, "contradicted"),
        (km(0.5, resolves=1.0), {}, "below accuracy"),
        (km(math.nan, resolves=1.0), {}, "below accuracy"),
        (km(1.5, resolves=1.0), {}, "contradicted"),
        (Measurement(missing="there is no map", unit="km"), {}, "not testable"),
        (km(100), {"undefined": "which line"}, "undefined"),
        (km(100), {"untestable": "nobody counted"}, "not testable"),
        (km(0.5, resolves=1.0), {"undefined": "which line"}, "below accuracy"),
    ],
)
def test_a_verdict_follows_from_both_figures_and_the_limits_of_the_data(measured, given_, expected):
    found = verdict(measured, **given_)
    assert found.verdict == expected
    assert found.verdict in VERDICTS
    assert found.why.endswith(".")
    assert ".." not in found.why


def test_an_excluded_claim_is_never_computed():
    left_out = Claim(id="X1", report="r", statement="s", excluded="left out by design")
    assert measure_claim(None, claim=left_out) == Measurement()
    assert decide_verdict(left_out, measured=Measurement()).verdict == "excluded"


def test_the_reason_says_computed_stated_and_limits():
    why = verdict(
        km(12_345, 11_000, 14_000, contains="position of the line", detail="Along the crest"),
        stated=[{"text": "a dozen", "value": 12_000, "unit": "km", "by": "the ministry"}],
        reading="a dozen thousand",
        tolerance=0.1,
    ).why
    assert why == (
        "Computed: 12,000 km (11,000 to 14,000, by position of the line). Stated: 'a dozen', "
        "read as 12,000 km (the ministry). The two agree, and not over all of the interval "
        "(allowed: 10,800 to 13,200 km). It is only indicative because the verdict flips within "
        "the interval. It would flip above 13,200 km. Along the crest. Reading: a dozen thousand."
    )


def test_a_verdict_says_how_firm_it_is():
    """220 km against roughly 200: it would flip above 220."""
    roughly = {"stated": [{"text": "roughly 200 km", "value": 200, "unit": "km"}]}
    found = verdict(km(215, 213, 217), **roughly)
    assert (found.verdict, found.flips_at) == ("supported", pytest.approx(220))
    assert "It would flip above 220 km." in found.why
    assert found.firmness == "flips above 220 km, not within the interval"
    below = verdict(km(231, 229, 233), stated=[{"value": 240, "unit": "km"}])
    assert (below.verdict, below.flips_at) == ("supported", pytest.approx(228))
    assert "flip below 228 km" in below.why
    against = verdict(km(100, 99, 101), **roughly)
    assert (against.verdict, against.flips_at) == ("contradicted", pytest.approx(180))
    assert "flip above 180 km" in against.why
    by = verdict(km(100, others=(Other("districts", 150, 149, 151),)))
    assert "does not hold by districts" in by.firmness
    assert "another verdict by districts" in by.why


@given(FINITE, st.floats(1e-3, 1e5), FINITE, st.floats(0, 1))
def test_the_figure_at_which_a_verdict_flips_is_where_it_flips(value, half, stated, tolerance):
    asked = {"stated": [{"low": stated, "high": stated + half, "unit": "km"}]}
    found = verdict(km(value), tolerance=tolerance, **asked)
    step = half / 1000
    either = {
        verdict(km(found.flips_at + way * step), tolerance=tolerance, **asked).verdict
        for way in (-1, 1)
    }
    assert either == {"supported", "contradicted"}


def test_a_report_is_not_tested_against_its_own_figures():
    own = Publication(key="r", title="Yearbook 1", date="2020-01-01", cited_as=["Office, Yearbook"])
    for source in ("Yearbook 1, p. 3", "office, yearbook (p. 3)"):
        found = decide_verdict(claim(), measured=km(100, sources=(source,)), report=own)
        assert found.verdict == "not testable"
        assert "the report's own" in found.why
    other = decide_verdict(claim(), measured=km(100, sources=("Census",)), report=own)
    assert other.verdict == "supported"


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("roughly 200 km", 180, 220),
        ("some 200 km", 180, 220),
        ("over a third", 200, math.inf),
        ("less than 200", -math.inf, 200),
        ("almost 200", 170, 200),
        ("exactly 200", 200, 200),
        ("200 km", 190, 210),
        ("", 190, 210),
        ("the roughness of 200 km", 190, 210),
    ],
)
def test_the_words_of_a_figure_say_how_far_it_may_be_off(text, low, high):
    asked = claim(tolerance=None)
    assert find_agreement_range(StatedValue(text=text, value=200), claim=asked) == pytest.approx(
        (low, high)
    )


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("most of it", 50, math.inf),
        ("almost all", 90, math.inf),
        ("about half", 45, 55),
        ("almost half", 42.5, 50),
        ("over three quarters", 75, math.inf),
        ("several dozen", 36, math.inf),
        ("dozens", 24, math.inf),
        ("in half", 25, 75),
        ("a few", 2, 5),
    ],
)
def test_words_stand_for_figures_where_no_number_is_stated(text, low, high):
    assert find_agreement_range(
        StatedValue(text=text), claim=claim(tolerance=None)
    ) == pytest.approx((low, high))


def test_words_that_mean_nothing_are_no_figure():
    with pytest.raises(ValidationError, match="no figure"):
        StatedValue(text="far away")


def test_the_guide_shows_what_words_allow():
    guide = (REPOSITORY / "docs/claims.md").read_text("utf-8")
    assert f"| (no such word) | {100 * PLAIN:.0f} % less or more |" in guide
    for word in (*QUALIFIERS, *QUANTITIES):
        assert f"| {', '.join(word.words)} | {word.meaning} |" in guide


def test_readings_decide_together_or_not_at_all(case):
    text = HEAD + READINGS
    table = check_claims(case, ledger=ledger_of(case, text)).set_index("id")
    assert table.loc["R1", "verdict"] == "contradicted"
    assert "All 2 readings give the same verdict" in table.loc["R1", "why"]
    row = table.loc["R2"]
    assert row["verdict"] == "indicative only"
    assert "supported by reading 1; contradicted by reading 2" in row["why"]
    assert row["readings"].startswith("in all: supported (44")
    assert row["computed"] == pytest.approx(44, rel=1e-2)
    assert "at most 30 km" in row["stated"]
    assert "flips between readings" in row["firmness"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('{ words = "in all" }', '{ metric = "line_length" }', "words"),
        ("parameters = { measure", "parameters = { maesure", "Did you mean 'measure'"),
        ('{ words = "in all"', '{ words = "in all", metric = "line_lenth"', "'line_length'"),
        ('high = 30, unit = "km"', 'high = 30, unit = "people"', "does not fit line_length"),
    ],
)
def test_what_is_wrong_with_a_reading_is_said_with_its_number(case, old, new, said):
    with pytest.raises(ProjectError) as caught:
        ledger_of(case, HEAD + READINGS.replace(old, new))
    assert said in str(caught.value)
    assert "readings" in str(caught.value)


def test_one_is_counted_in_the_singular():
    found = verdict(Measurement(1, 1, 1, "roads"), stated=[{"value": 2, "unit": "roads"}])
    assert found.why.startswith("Computed: 1 road. Stated: 2 roads.")
    least = verdict(Measurement(3, 3, 3, "places"), stated=[{"low": 1, "unit": "places"}])
    assert "Stated: at least 1 place." in least.why


def test_a_coarse_figure_says_so_and_still_how_the_two_compare():
    why = verdict(km(500, coarse=("the grid has cells of 900 m",))).why
    assert "The two do not agree" in why
    assert "only indicative because the grid has cells of 900 m" in why


def test_lines_are_called_by_their_labels_and_dates_are_written_out():
    """Names with underscores belong to the project file, not to readers."""
    words = add_labels(
        "On line_9, not 'old' but old, of 2020-11-10.", names={"line_9": "Line 9", "old": "The old"}
    )
    assert words == "On Line 9, not The old but old, of 10 November 2020."


def test_a_figure_below_accuracy_is_never_printed():
    found = verdict(km(0.12345, 0.1, 0.2, resolves=2.0, detail="Measured from the point"))
    assert "0.12" not in found.why
    assert "less than 2 km" in found.why


def test_of_sources_that_contradict_each_other_the_one_that_agrees_is_named():
    stated = [
        {"value": 300, "unit": "km", "by": "one side"},
        {"value": 600, "unit": "km", "by": "the other side"},
    ]
    found = verdict(km(310), stated=stated)
    assert found.verdict == "supported"
    assert "300 km (one side): the two agree" in found.why
    assert "600 km (the other side): the two do not agree" in found.why
    assert verdict(km(450), stated=stated).verdict == "contradicted"


@given(FINITE, st.floats(0, 1e5), FINITE, st.floats(0, 1))
def test_a_wider_interval_or_tolerance_never_turns_agreement_into_contradiction(
    value, half, stated, tolerance
):
    asked = {"stated": [{"value": stated, "unit": "km"}]}
    narrow = verdict(km(value, value - half, value + half), tolerance=tolerance, **asked)
    wide = verdict(km(value, value - 2 * half, value + 2 * half), tolerance=tolerance, **asked)
    looser = verdict(km(value, value - half, value + half), tolerance=tolerance + 0.1, **asked)
    if narrow.verdict != "contradicted":
        assert wide.verdict != "contradicted"
        assert looser.verdict != "contradicted"


@given(FINITE, FINITE, st.floats(0, 1))
def test_turning_all_signs_turns_the_comparison(value, stated, tolerance):
    least = claim(stated=[{"value": stated, "unit": "km"}], compare="at_least", tolerance=tolerance)
    most = claim(stated=[{"value": -stated, "unit": "km"}], compare="at_most", tolerance=tolerance)
    assert (
        decide_verdict(least, measured=km(value)).verdict
        == decide_verdict(most, measured=km(-value)).verdict
    )


@given(st.floats(-1e6, 1e6), st.floats(0, 1))
def test_the_stated_figure_itself_always_agrees(value, tolerance):
    low, high = find_agreement_range(StatedValue(value=value), claim=claim(tolerance=tolerance))
    assert low <= value <= high


# The ledger as a file.

HEAD = """
[[reports]]
key = "r"
title = "Report"
date = 2020-01-01
"""
GOOD = """
[[claims]]
id = "A1"
report = "r"
statement = "The line is 44 km long."
metric = "line_length"
parameters = { line = "old" }
stated = [{ value = 44, unit = "km" }]
"""


READINGS = """
[[claims]]
id = "R1"
report = "r"
statement = "The line moved by 20 km."
metric = "line_moved"
parameters = { from_line = "old", to_line = "new" }
stated = [{ value = 20, unit = "km" }]
readings = [
  { words = "in the mean", parameters = { measure = "mean" } },
  { words = "at most", parameters = { measure = "most" } },
]
[[claims]]
id = "R2"
report = "r"
statement = "The line is rather short."
metric = "line_length"
parameters = { line = "old", detailed = true }
stated = [{ value = 44, unit = "km" }]
readings = [
  { words = "in all" },
  { words = "plain", parameters = { generalise_m = 5e3 }, stated = [{ high = 30, unit = "km" }] },
]
"""


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return made_case(tmp_path_factory.mktemp("foreign"), error_m=500.0, draws=40, step_m=200.0)


def ledger_of(case, text):
    path = case.project.path.parent / "claims.toml"
    path.write_text(text, encoding="utf-8")
    try:
        return read_ledger(case.project)
    finally:
        path.unlink()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("line_length", "line_lenght", "Did you mean 'line_length'"),
        ('line = "old"', 'lien = "old"', "Did you mean 'line'"),
        ('line = "old"', 'line = "odl"', "Did you mean 'old'"),
        ("statement =", "statment =", "Did you mean 'statement'"),
        ('report = "r"', 'report = "q"', "there is no report 'q'"),
        ("value = 44, ", "", "either value, or low and high"),
        ("value = 44", "low = 50, high = 40", "Swap them"),
        ('metric = "line_length"\n', "", "has no metric"),
        ("stated = [{ value = 44", 'excluded = "x"\nstated = [{ value = 44', "has a metric"),
        ('stated = [{ value = 44, unit = "km" }]', "", "states no figure"),
        ("stated =", 'contradicts = ["A9"]\nstated =', "there is no other claim 'A9'"),
        ("stated =", 'contradicts = ["A1"]\nstated =', "there is no other claim 'A1'"),
        ("stated =", "tolerance = -1\nstated =", "allowed: at least 0"),
        ("stated =", 'compare = "about"\nstated =', "not one of equal, at_least, at_most"),
        ("value = 44", 'value = "44"', "expected a number"),
        ('unit = "km"', 'unit = "km2"', "'km2' does not fit line_length (expected m or km)"),
        ('unit = "km"', 'unit = "people"', "Did you mean 'people_"),
        ('unit = "km"', 'unit = "kilogram"', "No metric is in that unit"),
        (
            'stated = [{ value = 44, unit = "km" }',
            'stated = [{ value = 44, unit = "km" }, { value = 4, unit = "m" }',
            "stated in km and in m",
        ),
        ("line_length", "population_near", "'population_"),
        ("stated =", 'compare = "at_least"\nstated = [{ high = 4 }]\n#', "no value or low"),
        ("stated =", 'reading = "x"\nreadings = [{ words = "y" }]\nstated =', "Keep one"),
        ("stated =", 'readings = [{ words = "y" }]\nstated =', "one of several readings"),
        ('id = "A1"', "", "is missing"),
        ('id = "A1"', 'id = "A 1"', "a letter, then letters, digits, dots, - and _, at most 41"),
        ('id = "A1"', 'id = "1"', "a letter, then letters, digits, dots, - and _, at most 41"),
        ("[[claims]]", "[[claims]]\n[[claims]", "not valid TOML"),
        (
            "stated =",
            'undefined = "x"\nuntestable = "y"\nstated =',
            "has undefined and untestable",
        ),
    ],
)
def test_what_is_wrong_with_a_ledger_is_said_in_its_words(case, old, new, said):
    with pytest.raises(ProjectError) as caught:
        ledger_of(case, HEAD + GOOD.replace(old, new))
    assert said in str(caught.value)
    assert "claims" in str(caught.value)


def test_all_problems_are_named_at_once(case):
    text = HEAD + GOOD.replace("line_length", "nothing") + GOOD.replace('"old"', '"odl"')
    with pytest.raises(ProjectError) as caught:
        ledger_of(case, text)
    assert len(caught.value.problems) == 3
    assert "'A1' stands there twice" in str(caught.value)


def test_a_project_without_a_ledger_has_none(tmp_path):
    assert read_ledger(load_project(write_project(tmp_path))) is None


def test_a_ledger_may_lie_elsewhere(tmp_path):
    path = write_project(tmp_path)
    (tmp_path / "statements").mkdir()
    (tmp_path / "statements" / "mine.toml").write_text(HEAD + GOOD, encoding="utf-8")
    text = path.read_text(encoding="utf-8")
    path.write_text(f'claims = "statements/mine.toml"\n{text}', encoding="utf-8")
    assert [one.id for one in read_ledger(load_project(path)).claims] == ["A1"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'metric = "line_length"\nparameters = { line = "old" }',
            'metric = "place_distance"\nparameters = { line = "old", place = "zz" }',
            "there is no place 'zz'",
        ),
    ],
)
def test_what_only_the_case_can_tell_is_said_of_every_claim_at_once(case, old, new, said):
    bad = GOOD.replace(old, new)
    ledger = ledger_of(case, HEAD + GOOD + bad.replace("A1", "A2") + bad.replace("A1", "A3"))
    with pytest.raises(ProjectError) as caught:
        check_claims(case, ledger=ledger)
    assert len(caught.value.problems) == 2
    assert said in str(caught.value)
    assert "claims.A3" in str(caught.value)


@pytest.fixture(scope="module")
def foreign(case):
    ledger = ledger_of(case, FOREIGN.read_text(encoding="utf-8"))
    steps = []
    table = check_claims(
        case, ledger=ledger, progress=lambda done, total: steps.append((done, total))
    )
    assert steps[-1] == (len(ledger.claims), len(ledger.claims))
    return table.set_index("id", drop=False)


def test_a_ledger_of_another_region_needs_no_code(foreign):
    expected = {
        "length": "supported",
        # A drawn line is too short: it cannot contradict a longer one.
        "twice_as_long": "indicative only",
        "moved": "supported",
        "trenches": "below accuracy",
        "gained": "supported",
        "people": "indicative only",
        "ridge": "indicative only",
        "cut_village": "supported",
        "sight": "indicative only",
        "rate": "indicative only",
        "sea": "not testable",
        "step": "not testable",
        "wide": "undefined",
        "sum": "contradicted",
        "distances": "supported",
        "guns": "excluded",
    }
    assert foreign["verdict"].to_dict() == expected
    assert set(foreign["verdict"]) == set(VERDICTS)


def test_the_table_has_the_columns_of_the_contract(foreign):
    assert list(foreign.columns) == CLAIMS.names
    for column in ("computed", "low", "high"):
        assert foreign[column].dtype == np.float64
    silent = foreign[foreign["verdict"].isin(["below accuracy", "excluded"])]
    assert silent[["computed", "low", "high"]].isna().all(axis=None)
    assert (foreign["why"].str.len() > 10).all()
    assert (foreign["why"].str[-1] == ".").all()


def test_the_figure_is_in_the_unit_it_is_stated_in(foreign):
    moved = foreign.loc["moved"]
    assert moved["unit"] == "m"
    assert moved["computed"] == pytest.approx(10_000, rel=2e-3)
    assert foreign.loc["gained", "unit"] == "%"


def test_an_undefined_statement_still_shows_its_figure(foreign):
    assert foreign.loc["wide", "computed"] == pytest.approx(600, rel=5e-3)


def test_statements_that_contradict_each_other_point_to_each_other(foreign):
    assert foreign.loc["length", "contradicts"] == "twice_as_long"
    assert foreign.loc["twice_as_long", "contradicts"] == "length"
    assert "twice_as_long: The line is 88 km long" in foreign.loc["length", "why"]


def test_source_section_and_date_are_kept(foreign):
    row = foreign.loc["length"]
    assert row["source"] == "Survey office, Yearbook, p. 3"
    assert (row["section"], row["date"]) == ("p. 3", "2011-06-30")


def test_the_same_claims_give_the_same_rows_in_any_company(case, foreign):
    ledger = ledger_of(case, FOREIGN.read_text(encoding="utf-8"))
    alone = ledger.model_copy(
        update={"claims": tuple(one for one in ledger.claims if one.id in {"gained", "moved"})}
    )
    for row in check_claims(case, ledger=alone).to_dict("records"):
        both = foreign.loc[row["id"]].to_dict()
        assert [both[key] for key in ("computed", "low", "high", "why")] == [
            row[key] for key in ("computed", "low", "high", "why")
        ]


def test_deleting_the_ledger_leaves_no_claims(tmp_path):
    path = write_project(tmp_path)
    (tmp_path / "claims.toml").write_text(HEAD + GOOD, encoding="utf-8")
    project = load_project(path)
    assert read_ledger(project) is not None
    (tmp_path / "claims.toml").unlink()
    assert read_ledger(project) is None


SCENARIO = """
[[scenarios]]
key = "might_be"
label = "Further east"
from_line = "old"
offset_m = 4500
side = "East"
[[sections]]
key = "middle"
line = "old"
between = [{south}, {north}]
"""
ASKED = """
[[claims]]
id = "S1"
report = "r"
statement = "15 % of the east would go."
metric = "land_changed"
parameters = { from_line = "old", to_line = "might_be", to_side = "West" }
stated = [{ value = 15, unit = "%" }]
[[claims]]
id = "S2"
report = "r"
statement = "One village would be cut off."
metric = "handed_over"
parameters = { from_line = "old", to_line = "might_be", to_side = "West", measure = "settlements" }
stated = [{ value = 1, unit = "settlements" }]
[[claims]]
id = "S3"
report = "r"
statement = "The middle is as long as half of the line."
metric = "line_between"
parameters = { line = "old", section = "middle" }
stated = [{ value = 20, unit = "km" }]
[[claims]]
id = "S4"
report = "r"
statement = "The line moved in three steps."
metric = "dated_steps"
parameters = { from_line = "old", to_line = "new" }
stated = [{ value = 3, unit = "steps" }]
"""


def test_a_claim_may_ask_of_a_line_that_might_be_and_of_a_named_section(tmp_path):
    ends = {"south": list(lonlat(0, -10)), "north": list(lonlat(0, 10))}
    case = made_case(tmp_path, step_m=400.0, more=SCENARIO.format(**ends))
    table = check_claims(case, ledger=ledger_of(case, HEAD + ASKED)).set_index("id")
    assert table.loc["S1", "computed"] == pytest.approx(15, rel=1e-3)
    # One village reaches 3 km beyond the old line; the next lies 5 km from it.
    assert table.loc["S2", "computed"] == 1
    assert table.loc["S3", "computed"] == pytest.approx(20, rel=1e-3)
    # A line that might be is no step from the old line to the new.
    assert table.loc["S4", "computed"] == 2
    with pytest.raises(ProjectError, match="'middle'"):
        check_claims(case, ledger=ledger_of(case, HEAD + ASKED.replace('"middle"', '"midle"')))


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        (Measurement(math.inf, 30, math.inf, "min"), "Computed: unreachable (30 to unreachable)"),
        (Measurement(math.inf, 1, math.inf, "h"), "Computed: unreachable (1 to unreachable)"),
        (Measurement(math.inf, math.inf, math.inf, "%", of_way=True), "Computed: unreachable"),
        (Measurement(math.inf, math.inf, math.inf, "times"), "Computed: without limit"),
    ],
)
def test_a_way_that_does_not_exist_is_unreachable_and_never_without_limit(measured, told):
    stated = [{"value": 100, "unit": measured.unit}]
    why = verdict(measured, metric="detour", stated=stated).why
    assert why.startswith(f"{told}. ")


def test_a_verdict_says_what_each_source_makes_of_it():
    others = (Other("one", 101, 101, 101), Other("two", 150, 150, 150))
    firm = verdict(km(100, others=others, silent=("three",)))
    assert firm.verdict == "indicative only"
    assert firm.firmness.endswith("holds by one; does not hold by two; cannot be told by three")
    # Of a verdict that flips within its own interval it is said what the sources say.
    open_ = verdict(km(104, 95, 120, others=others))
    assert open_.firmness.endswith("within the interval; agrees by one; does not agree by two")


def test_a_least_figure_flips_beyond_its_interval_and_says_so():
    least = km(50, 49, 51, bound="at least", bound_why="two lack")
    assert verdict(least).firmness == (
        "flips above 95 km, which the figure, a least one, leaves open"
    )
