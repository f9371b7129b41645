"""Stocks and flows: parts that add up, parts that do not, sources that disagree."""

import numpy as np
import pandas as pd
import pytest
from factories.layers import made
from hypothesis import given
from hypothesis import strategies as st

from frontline.analysis.displaced_people import (
    BALANCE,
    FLOWS,
    balance_flows,
    check_flows,
    list_flows,
)
from frontline.errors import FrontlineError, LayerError
from frontline.inputs.tables import read_tables
from frontline.project.layers import FLOWS as ROLE
from frontline.project.loader import load_project


def table(*rows):
    """Rows as dictionaries, with the columns that reading gives."""
    kinds = {column.name: column.kind for column in ROLE.columns}
    cells = {
        name: [row.get(name, np.nan if kind == "number" else "") for row in rows]
        for name, kind in kinds.items()
    }
    frame = pd.DataFrame(cells, index=range(2, len(rows) + 2))
    return frame.astype({name: "float64" for name, kind in kinds.items() if kind == "number"})


def flow(own, amount=np.nan, **more):
    low, high = amount if isinstance(amount, tuple) else (np.nan, np.nan)
    one = np.nan if isinstance(amount, tuple) else amount
    ends = {"amount": one, "amount_low": low, "amount_high": high}
    return {"id": own, "what": own} | ends | more


def balance(*rows):
    return balance_flows(check_flows(table(*rows)))


def test_parts_equal_their_total():
    found = balance(
        flow("fled", 100), flow("back", 70, part_of="fled"), flow("away", 30, part_of="fled")
    )
    assert list(found.columns) == BALANCE.names
    row = found.iloc[0]
    assert (row.parts, row.parts_low, row.parts_high, row.balance) == (2, 100, 100, "agree")
    assert row.difference_low == row.difference_high == 0


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ((70, 20), "short"),
        ((70, 40), "over"),
        (((70, np.nan), 20), "agree"),
        (((np.nan, 10), 20), "short"),
        (((np.nan, 80), 20), "agree"),
        ((np.nan, 20), "unknown"),
    ],
)
def test_at_least_and_at_most_are_open_ends(parts, verdict):
    rows = [flow(f"p{at}", part, part_of="all") for at, part in enumerate(parts)]
    assert balance(flow("all", 100), *rows).balance.tolist() == [verdict]


def test_sources_are_never_added():
    found = balance(
        flow("all", 100, source="A"),
        flow("one", 60, part_of="all", source="A"),
        flow("two", 40, part_of="all", source="A"),
        flow("other", 90, part_of="all", source="B"),
    ).set_index("parts_source")
    assert found.parts_low.to_dict() == {"A": 100, "B": 90}
    assert found.balance.to_dict() == {"A": "agree", "B": "short"}


def test_shares_are_held_against_the_whole_and_other_units_against_nothing():
    found = balance(
        flow("all", 100),
        flow("x", 40, unit="%", part_of="all"),
        flow("y", 60, unit="%", part_of="all"),
        flow("families", 9, unit="families", part_of="all"),
    )
    assert found.unit.tolist() == ["%"]
    assert found.balance.tolist() == ["agree"]


def test_the_share_of_a_total_covers_all_amounts_between_the_ends():
    told = list_flows(
        check_flows(
            table(
                flow("all", (100, 200)),
                flow("some", 50, part_of="all"),
                flow("few", (10, np.nan), part_of="all"),
                flow("said", 40, unit="%", part_of="all"),
                flow("families", 9, unit="families", part_of="all"),
            )
        )
    ).set_index("id")
    assert list(told.reset_index().columns) == FLOWS.names
    assert told.loc["some", ["share_low", "share_high"]].tolist() == [25.0, 50.0]
    assert told.loc["few", ["share_low", "share_high"]].tolist() == [5.0, 100.0]
    assert told.loc["said", ["share_low", "share_high"]].tolist() == [40.0, 40.0]
    assert told.loc[["families", "all"], "share_low"].isna().all()


def test_shares_that_overlap_have_a_whole_and_are_not_added_up():
    rows = (
        flow("all", 200),
        flow("some", 120, share_of="all"),
        flow("others", 130, share_of="all"),
        flow("half", (50, np.nan), unit="%", share_of="all"),
    )
    assert balance(*rows).empty
    told = list_flows(check_flows(table(*rows))).set_index("id")
    assert told.loc["some", "share_low"] == 60.0
    assert told.loc["half", ["share_low", "share_high"]].tolist() == [50.0, 100.0]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([flow("a", 5, amount_low=4.0)], "an amount and its ends"),
        ([flow("a", (5, 4))], "Swap them"),
        ([flow("a", -5)], "negative"),
        ([flow("a", 5, part_of="al"), flow("all", 9)], "Did you mean 'all'?"),
        ([flow("a", 5, part_of="b"), flow("b", 5, part_of="a")], "part of itself"),
        ([flow("a", 5, part_of="a")], "part of itself"),
        ([flow("a", 5, unit="%")], "share of nothing"),
        ([flow("a", 5, part_of="b", share_of="b"), flow("b", 9)], "both a part and a share"),
        ([flow("a", 5, share_of="b"), flow("b", 5, part_of="a")], "part of itself"),
        ([flow("a", 5, kind="stream")], "'stream' is neither stock nor flow"),
    ],
)
def test_what_cannot_be_is_refused_with_its_row(rows, expected):
    with pytest.raises(LayerError) as caught:
        check_flows(table(*rows))
    assert expected in str(caught.value)
    assert "feature 2" in str(caught.value)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
def test_a_total_made_of_its_parts_always_agrees(amounts):
    rows = [flow(f"p{at}", amount, part_of="all") for at, amount in enumerate(amounts)]
    found = balance(flow("all", sum(amounts)), *rows)
    assert found.balance.tolist() == ["agree"]
    more = balance(flow("all", sum(amounts) + 1), *rows)
    assert more.balance.tolist() == ["short"]


def read(folder, text, name="flows", **source):
    (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    more = "\n".join(f"{key} = {value}" for key, value in source.items())
    return read_tables(load_project(made(folder, f'[{name}]\npath = "{name}.csv"\n{more}\n')))


def test_a_table_is_read_with_its_columns_mapped_and_the_user_s_kept(tmp_path):
    text = "what,persons,ours\nFled,100,x\nBack,,y\n"
    tables, _ = read(tmp_path, text, columns='{ amount = "persons" }')
    flows = tables["flows"]
    assert flows["id"].tolist() == ["1", "2"]
    assert flows["amount"].tolist()[0] == 100.0
    assert np.isnan(flows["amount"].iloc[1])
    assert list(list_flows(check_flows(flows)).columns) == [*FLOWS.names, "ours"]


def test_rows_may_be_selected(tmp_path):
    tables, _ = read(tmp_path, "what,amount,set\na,1,x\nb,2,y\n", select='{ set = "y" }')
    assert tables["flows"]["what"].tolist() == ["b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amount\n5\n", "has no column 'what'"),
        ("what,amount\n,5\n", "feature 2, field 'what': has no what"),
        ("what,amount\nx,five\n", "'five' is not a number"),
        ("id,what\na,x\na,y\n", "'a' stands there twice"),
        ("what,date\nx,2020-13\n", "is not a date"),
    ],
)
def test_cells_that_do_not_fit_are_named(tmp_path, text, expected):
    with pytest.raises(FrontlineError) as caught:
        read(tmp_path, text)
    assert expected in str(caught.value)


def test_without_tables_nothing_is_read(tmp_path):
    assert read_tables(load_project(made(tmp_path))) == ({}, ())
