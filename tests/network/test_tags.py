"""One-way codes and levels as the usual extracts write them."""

import pandas as pd
import pytest

from frontline.network.tags import doubt_directions, read_directions, read_levels


@pytest.mark.parametrize(
    ("codes", "ways"),
    [
        # Geofabrik
        (["F", "T", "B"], ["on", "back", "both"]),
        (["T"], ["back"]),
        (["F"], ["on"]),
        # OpenStreetMap
        (["yes", "no", "-1", ""], ["on", "both", "back", "both"]),
        (["1", "true", "reverse", None], ["on", "on", "back", "both"]),
        (["reversible", "alternating"], ["both", "both"]),
        # car navigation
        (["FT", "TF", "B", "N"], ["on", "back", "both", "none"]),
        (["Y", "N"], ["on", "both"]),
        # numbers and truth
        ([1, 0, -1], ["on", "both", "back"]),
        ([1.0, 0.0, -1.0], ["on", "both", "back"]),
        ([True, False], ["on", "both"]),
        ([" Yes ", "NO"], ["on", "both"]),
        (["sometimes"], ["both"]),
    ],
)
def test_codes_lead_where_they_say(codes, ways):
    onward, backward = read_directions(pd.DataFrame({"oneway": codes}))
    words = {(True, True): "both", (True, False): "on", (False, True): "back"}
    found = [
        words.get(pair, "none") for pair in zip(onward.tolist(), backward.tolist(), strict=True)
    ]
    assert found == ways


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        (["yes", "no", ""], []),
        (["F", "T", "B"], []),
        (["T", "T"], ["Geofabrik"]),
        (["reversible", "yes"], ["1 road is one-way by turns"]),
        (["maybe", "oui", "yes"], ["2 roads have a oneway that is not known ('maybe', 'oui')"]),
    ],
)
def test_what_is_not_known_is_said(codes, said):
    found = list(doubt_directions(pd.DataFrame({"oneway": codes})))
    assert len(found) == len(said)
    assert all(part in text for part, text in zip(said, found, strict=True))


def test_a_layer_without_the_column_has_no_one_way_roads():
    onward, backward = read_directions(pd.DataFrame({"kind": ["road"]}))
    assert onward.all()
    assert backward.all()
    assert not list(doubt_directions(pd.DataFrame({"kind": ["road"]})))


def test_levels():
    table = pd.DataFrame(
        {
            "bridge": ["yes", "", "no", "F", None, "viaduct"],
            "tunnel": ["", "yes", "no", "F", None, ""],
            "layer": [None, None, "2", 0, None, 3],
        }
    )
    assert read_levels(table).tolist() == [1, -1, 2, 0, 0, 3]
    assert read_levels(pd.DataFrame({"kind": ["road"]})).tolist() == [0]
