"""Links and events against a straight line: sides, distances, ways round, disputed positions."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from factories.fronts import AREA, FRAME, front_of, settlements, straight
from factories.parts import frame, layers_of

from frontline.analysis.dependencies import LINKS, relate_links
from frontline.analysis.events import EVENTS, relate_events
from frontline.errors import LayerError
from frontline.geo.geodesy import find_nearest
from frontline.lines.sections import LineSection
from frontline.network.graph import build_graph
from frontline.network.project_roads import RoadNetwork
from frontline.project.layers import EVENTS as EVENT_ROLE
from frontline.project.layers import LINKS as LINK_ROLE

PLACES = settlements(("Village", 28_000, 10_000, 100), ("Edge", 30_200, 20_000, 50))


def cells(role, *rows):
    kinds = {column.name: column.kind for column in role.columns}
    made = {
        name: [row.get(name, np.nan if kind == "number" else "") for row in rows]
        for name, kind in kinds.items()
    }
    table = pd.DataFrame(made, index=range(2, len(rows) + 2))
    return table.astype({name: "float64" for name, kind in kinds.items() if kind == "number"})


def at(x, y):
    lon, lat = FRAME.lonlat(np.array([[x, y]], dtype=float))[0]
    return {"lon": lon, "lat": lat}


def link(**more):
    return {"id": "l", "place": "village", "kind": "field"} | more


def linked(*rows, front=None, **layers):
    front = front or straight("old", 30_000.0, error_m=500.0)
    return relate_links(
        cells(LINK_ROLE, *rows), layers=replace(layers_of(PLACES), **layers), fronts=[front]
    )


def points(*rows):
    ids, x, y, kinds = zip(*rows, strict=True)
    shapes = [shapely.Point(*xy) for xy in zip(x, y, strict=True)]
    return frame(*shapes, id=list(ids), name=list(ids), kind=list(kinds))


def test_a_field_on_the_other_side_is_cut_off():
    table = linked(link(**at(33_000, 10_000)), link(id="m", **at(25_000, 14_000)))
    assert list(table.columns) == LINKS.names
    assert table.sides.tolist() == ["other", "same"]
    assert table.reach.tolist() == ["cut off", "reachable"]
    assert table.distance_m.to_numpy() == pytest.approx([5_000, 5_000], rel=1e-4)
    assert table.place_side.tolist() == ["West", "West"]
    assert table.asset_side.tolist() == ["East", "West"]
    assert table.minutes.isna().all()


def test_what_lies_within_the_line_s_error_is_uncertain():
    table = linked(link(**at(30_300, 10_000)), link(id="m", place="edge", **at(25_000, 20_000)))
    assert table.sides.tolist() == ["uncertain", "uncertain"]
    assert table.reach.tolist() == ["uncertain", "uncertain"]


@pytest.mark.parametrize("side", ["same", "Other", "East", "", " West "])
def test_a_stated_side_is_same_other_or_a_side_of_the_project(side):
    assert len(linked(link(stated_side=side))) == 1


def test_a_stated_side_that_is_none_is_refused_with_the_nearest():
    with pytest.raises(LayerError) as caught:
        linked(link(), link(id="m", stated_side="Eastt"))
    assert caught.value.row == "3"
    assert str(caught.value).endswith(
        "states a side 'Eastt' that is not of the project. Did you mean 'East'?"
    )


def test_an_asset_whose_place_is_not_known_stays_unknown_beside_what_is_stated():
    row = linked(link(stated_side="other", stated_distance_m=500.0)).iloc[0]
    assert (row.sides, row.reach) == ("unknown", "unknown")
    assert np.isnan(row.distance_m)
    assert (row.stated_side, row.stated_distance_m) == ("other", 500.0)


def test_the_nearest_point_of_a_kind_stands_for_the_asset():
    posts = points(
        ("far", 10_000, 10_000, "post"), ("near", 24_000, 10_000, "post"), ("w", 28e3, 10e3, "well")
    )
    assert linked(link(nearest="post"), points=posts).distance_m[0] == pytest.approx(
        4_000, rel=1e-4
    )
    assert linked(link(asset="far"), points=posts).distance_m[0] == pytest.approx(18_000, rel=1e-4)


def test_a_pipe_is_as_near_as_its_nearest_point_and_begins_where_its_spring_is():
    pipe = frame(
        shapely.LineString([(40e3, 9e3), (26e3, 9e3)]), id=["p"], name=["P"], kind=["pipe"]
    )
    row = linked(link(asset="p"), corridors=pipe).iloc[0]
    assert row.distance_m == pytest.approx(1_000, rel=1e-3)
    assert (row.sides, row.reach) == ("other", "cut off")


def test_an_enclave_is_on_the_same_side_and_cut_off_all_the_same():
    front = straight("old", 30_000.0)
    pocket = shapely.box(60e3, 0, 70e3, 20e3)
    sides = {
        "West": shapely.union(front.sides["West"], pocket),
        "East": shapely.difference(front.sides["East"], pocket),
    }
    row = linked(link(**at(65_000, 10_000)), front=replace(front, sides=sides)).iloc[0]
    assert (row.sides, row.reach) == ("same", "cut off")


def test_the_way_by_road_that_does_not_cross_the_line():
    """A road straight across, and one round a line that ends half-way: 20 km against 100."""
    half = front_of("old", shapely.LineString([(30e3, 0), (30e3, 25e3)]))
    half = replace(half, sides={"West": AREA})
    roads = frame(
        shapely.LineString([(20e3, 10e3), (40e3, 10e3)]),
        shapely.LineString([(20e3, 10e3), (20e3, 40e3), (40e3, 40e3), (40e3, 10e3)]),
        id=["a", "b"],
        name=["A", "B"],
        kind=["road", "road"],
    )
    home = settlements(("Village", 20_000, 10_000, 1))
    network = RoadNetwork(
        graph=build_graph(roads),
        gates=((30e3, 10e3, 45.0),),
        reach_m=500.0,
        sloped=False,
        shapes=roads.geometry.to_numpy(),
        names=("A", "B"),
    )
    shut = replace(network, gates=())
    row = relate_links(
        cells(LINK_ROLE, link(**at(40_000, 10_000))),
        layers=replace(layers_of(home), corridors=roads),
        fronts=[half],
        network=shut,
    ).iloc[0]
    assert row.minutes_open == pytest.approx(20 / 50 * 60, rel=1e-3)
    assert row.minutes == pytest.approx(80 / 50 * 60, rel=1e-3)
    whole = relate_links(
        cells(LINK_ROLE, link(**at(40_000, 10_000))),
        layers=replace(layers_of(home), corridors=roads),
        fronts=[straight("old", 30_000.0)],
        network=shut,
    ).iloc[0]
    assert np.isinf(whole.minutes)
    through = relate_links(
        cells(LINK_ROLE, link(**at(40_000, 10_000))),
        layers=replace(layers_of(home), corridors=roads),
        fronts=[straight("old", 30_000.0)],
        network=network,
    ).iloc[0]
    assert through.minutes == pytest.approx(20 / 50 * 60 + 45, rel=1e-3)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (link(place="vilage", **at(1, 1)), "Did you mean 'village'?"),
        (link(asset="nothing"), "there is no asset 'nothing'"),
        (link(nearest="post"), "there is no point of kind 'post'"),
        (link(asset="edge", **at(1, 1)), "more than one"),
        (link(lon=20.0), "both"),
        (link(lon=20.0, lat=95.0), "lies nowhere"),
    ],
)
def test_links_to_nowhere_are_refused(asked, expected):
    with pytest.raises(LayerError) as caught:
        linked(asked)
    assert expected in str(caught.value)
    assert "feature 2" in str(caught.value)


def test_all_links_at_once_are_what_each_is_alone(monkeypatch):
    """One search for all homes and assets of a line; on the line, in pieces, beyond the area."""
    random = np.random.default_rng(2)
    rows = [
        link(id=f"l{number}", place=place, **at(*np.round(xy, -4)))
        for number, (place, xy) in enumerate(
            zip(
                random.choice(["village", "edge"], 25),
                random.uniform((-20e3, -20e3), (120e3, 60e3), (25, 2)),
                strict=True,
            )
        )
    ]
    rows.append(link(id="nowhere"))
    calls = []
    monkeypatch.setattr(
        "frontline.analysis.dependencies.find_nearest",
        lambda *given, **named: calls.append(1) or find_nearest(*given, **named),
    )
    together = linked(*rows)
    assert len(calls) == 1
    assert set(together.sides) == {"same", "other", "uncertain", "unknown"}
    alone = [linked(row) for row in rows]
    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True))


def event(date, x, y, **more):
    return {"id": "e", "name": "Event", "date": date} | at(x, y) | more


def second(x, y):
    return {f"{name}_2": value for name, value in at(x, y).items()}


FRONTS = [straight("new", 60_000.0, error_m=1_000.0), straight("old", 30_000.0, error_m=500.0)]
LOW = LineSection("low", "Low", "old", shapely.LineString([(30e3, 0), (30e3, 20e3)]), 20.0)


def set_against(*rows, stretches=(LOW,)):
    return relate_events(cells(EVENT_ROLE, *rows), fronts=FRONTS, stretches=stretches, plane=FRAME)


def test_an_event_is_measured_against_the_line_of_its_day():
    table = set_against(
        event("1994-05-11", 33e3, 10e3),
        event("1994-05-12", 33e3, 10e3),
        event("2020-11-09", 33e3, 40e3),
        event("2020-11-10", 33e3, 10e3),
    )
    assert list(table.columns) == EVENTS.names
    assert table.line.tolist() == ["", "old", "old", "new"]
    assert table.distance_m.to_numpy() == pytest.approx(
        [np.nan, 3e3, 3e3, 27e3], rel=1e-3, nan_ok=True
    )
    assert table.side.tolist() == ["", "East", "East", "West"]
    assert table.section.tolist() == ["", "low", "", ""]
    assert table.side_certain.isna().tolist() == [True, False, False, False]


def test_disputed_positions_stay_two():
    table = set_against(
        event("2019-06-01", 31_000, 10e3, **second(29_400, 10e3), claimed_by="A", claimed_by_2="B")
    )
    assert table.claim.tolist() == [1, 2]
    assert table.claimed_by.tolist() == ["A", "B"]
    assert table.side.tolist() == ["East", "West"]
    assert table.disputed.tolist() == ["side", "side"]
    assert table.apart_m.to_numpy() == pytest.approx([1_600, 1_600], rel=1e-3)


def test_an_incursion_of_400_m_is_below_the_accuracy_of_a_line_known_to_500():
    row = set_against(event("2019-06-01", 30_400, 10e3)).iloc[0]
    assert row.below_accuracy
    assert not row.side_certain
    far = set_against(event("2019-06-01", 30_600, 10e3)).iloc[0]
    assert not far.below_accuracy
    vague = set_against(event("2019-06-01", 30_600, 10e3, position_error_m=400.0)).iloc[0]
    assert vague.below_accuracy


def test_two_positions_within_their_error_are_not_disputed():
    twice = event("2019-06-01", 33_000, 10e3, **second(33_100, 10e3), position_error_m=200.0)
    assert set_against(twice).disputed.tolist() == ["", ""]
    twice["position_error_m"] = 50.0
    assert set_against(twice).disputed.tolist() == ["place", "place"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (event("2019-06", 1, 1), "is no day"),
        (event("2019-06-01", 1, 1, lon_2=20.0), "only one coordinate"),
        (event("2019-06-01", 1, 1, lon=200.0), "lies nowhere"),
        (event("2019-06-01", 1, 1, position_error_m=-1.0), "negative"),
    ],
)
def test_events_that_cannot_be_are_refused(asked, expected):
    with pytest.raises(LayerError) as caught:
        set_against(asked)
    assert expected in str(caught.value)


def test_all_events_at_once_are_what_each_is_alone():
    """Positions on borders, on lines, outside the study area, before all lines, one and two."""
    random = np.random.default_rng(3)
    middle = LineSection(
        "mid", "Mid", "old", shapely.LineString([(30e3, 10e3), (30e3, 25e3)]), 15.0
    )
    days = ["1990-01-01", "1994-05-12", "2019-06-01", "2020-11-10", "2021-01-01"]
    rows = [
        event(days[number % 5], *xy, id=f"e{number}", position_error_m=error)
        | (second(*(xy + random.normal(0.0, 300.0, 2))) if number % 3 else {})
        for number, (xy, error) in enumerate(
            zip(
                np.round(random.uniform((-20e3, 0.0), (120e3, 60e3), (40, 2)), -4),
                random.choice([np.nan, 0.0, 700.0], 40),
                strict=True,
            )
        )
    ]
    together = set_against(*rows, stretches=(LOW, middle))
    alone = [set_against(row, stretches=(LOW, middle)) for row in rows]
    assert len(together) == 40 + 26
    assert set(together.section) == {"", "low", "low; mid"}
    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True))


def test_the_search_for_an_event_s_line_does_not_grow_with_the_events(monkeypatch):
    """One search per line, however many events."""
    calls = []
    monkeypatch.setattr(
        "frontline.analysis.events.find_nearest",
        lambda *given, **named: calls.append(1) or find_nearest(*given, **named),
    )
    set_against(*[event("2021-01-01", 1e3 * x, 10e3, id=str(x)) for x in range(50)])
    assert len(calls) == 1


def test_every_event_that_cannot_be_is_told_once():
    wrong = [event("2019-06", 1, 1, id=str(number)) for number in range(3)]
    with pytest.raises(LayerError, match="3 problems") as caught:
        set_against(*wrong, event("2019-06-01", 1, 1))
    assert [problem.row for problem in caught.value.problems] == ["2", "3", "4"]


def test_no_events_give_an_empty_table():
    assert list(set_against().columns) == EVENTS.names
    assert linked().empty
