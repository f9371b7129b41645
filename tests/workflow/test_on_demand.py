"""A claim tried by itself: the same row as in a run, computed from what it needs alone."""

import pandas as pd
import pytest
from factories import REPOSITORY
from factories.case import write_project
from typer.testing import CliRunner

from frontline.claims.registry import METRICS
from frontline.claims.verdict import check_claims, read_ledger
from frontline.cli.main import app
from frontline.errors import ProjectError
from frontline.project.loader import load_project
from frontline.workflow.on_demand import CaseOnDemand, try_claims
from frontline.workflow.run import compute_case

FOREIGN = REPOSITORY / "tests/data/foreign_ledger.toml"
MORE = """
[[scenarios]]
key = "might_be"
label = "Further east"
from_line = "old"
offset_m = 4500
side = "East"

[[totals]]
id = "census"
line = "old"
side = "East"
people = 12000
"""
SCENARIO = """
[[claims]]
id = "scenario"
report = "leaflet"
statement = "15 % of the east would go."
metric = "land_changed"
parameters = { from_line = "old", to_line = "might_be", to_side = "West" }
stated = [{ value = 15, unit = "%" }]
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tried")
    path = write_project(folder, error_m=500.0, draws=10, step_m=400.0, more=MORE)
    text = FOREIGN.read_text(encoding="utf-8") + SCENARIO
    (folder / "claims.toml").write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def whole(path):
    project = load_project(path)
    case, _ = compute_case(project)
    return check_claims(case, ledger=read_ledger(project))


def test_a_claim_by_itself_has_the_row_of_the_whole_run(path, whole):
    """One of each subject, as each is a run of its own, and those that no metric answers."""
    asked = {claim.id: claim.metric for claim in read_ledger(load_project(path)).claims}
    subjects = {
        METRICS[name].measure.func.__module__ if name else "": id_ for id_, name in asked.items()
    }
    assert len(subjects) > 5
    for claim in subjects.values():
        alone = try_claims(path, only=[claim])
        expected = whole[whole["id"] == claim].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone, expected)


def test_lists_are_held_against_the_totals_that_a_run_knows(path, whole):
    case = CaseOnDemand(load_project(path), lines=["old"])
    assert [reference.name for reference in case.references] == ["total:census"]


def test_several_claims_keep_the_order_of_the_ledger(path, whole):
    rows = try_claims(path, only=["gained", "length"])
    assert rows["id"].tolist() == ["length", "gained"]


def test_only_what_is_asked_for_is_computed(path):
    case = CaseOnDemand(load_project(path), lines=["old"])
    assert len(case.draws["old"]) == 10
    computed = set(vars(case))
    assert not computed & {"zones", "people", "exposure", "dem", "places", "tables"}
    assert set(case.zones["line"]) == {"old"}
    assert len(case.draws) == 4


def test_a_claim_that_is_not_there_is_refused_and_the_nearest_offered(path):
    with pytest.raises(ProjectError, match="Did you mean 'length'"):
        try_claims(path, only=["lenght"])


def test_a_project_without_a_ledger_has_nothing_to_try(tmp_path):
    with pytest.raises(ProjectError, match="has no claims"):
        try_claims(write_project(tmp_path, step_m=400.0), only=["A1"])


def test_the_command_prints_verdict_and_reason_and_writes_nothing(path):
    before = sorted(path.parent.rglob("*"))
    asked = ["claims", str(path), "--only", "length", "--only", "guns", "--quiet"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "length: supported" in done.output
    assert "It would flip" in done.output
    assert "guns: excluded" in done.output
    assert sorted(path.parent.rglob("*")) == before
