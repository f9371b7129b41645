"""Figures held against each other: units taken for others, places larger than their district."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from factories.people import (
    FRAME,
    TALL,
    districts_of,
    population_raster,
    settlements_of,
    straight,
)  # fmt: skip

from frontline.errors import LayerError, RasterError
from frontline.population.plausibility import (
    check_places,
    check_rasters,
)

LAND = shapely.box(-10_000, -10_000, 10_000, 10_000)


def compare(*, districts=(), rasters=(), places=(), trusted=False):
    table = districts_of(districts).assign(name=[f"D{n}" for n in range(len(districts))])
    layers = SimpleNamespace(plane=FRAME, settlements=settlements_of(places), districts=table)
    settlements = SimpleNamespace(
        path=Path("/nowhere/places.gpkg"), layer="places", trusted=trusted
    )
    project = SimpleNamespace(
        population=rasters, path=Path("/nowhere/project.toml"), settlements=settlements
    )
    if places:
        return check_places(project, layers=layers, fronts=(straight(),))
    return check_rasters(project, layers=layers, fronts=(straight(),))


def test_a_raster_that_agrees_is_tabled_and_nothing_is_said(tmp_path):
    raster = population_raster(tmp_path, lambda x, y: 100.0)
    table, notes = compare(districts=[(LAND, 38_000, "", "")], rasters=(raster,))
    assert notes == ()
    assert table.loc[0, ["code", "source", "population"]].tolist() == ["0", "raster:pop", 38_000]
    assert table["people"][0] == pytest.approx(40_000)
    assert table["ratio"][0] == pytest.approx(40 / 38)
    assert table["coverage"][0] == pytest.approx(1.0)


def test_densities_declared_as_counts_are_an_error_that_names_all(tmp_path):
    """Cells of 100 m hold a hundredth of a square kilometre: a hundred times the people."""
    right = population_raster(tmp_path, lambda x, y: 100.0, kind="density", step=100.0, half=12_000)
    districts = [(LAND, 40_000, "", "")]
    assert compare(districts=districts, rasters=(right,))[1] == ()
    wrong = right.model_copy(update={"kind": "count"})
    with pytest.raises(RasterError) as caught:
        compare(districts=districts, rasters=(wrong,))
    said = str(caught.value)
    assert "people.tif" in said
    assert "population.pop" in said
    assert "1e+02 times" in said
    assert "in 'D0' 4,000,000 against 40,000" in said
    assert "Read as densities it would hold 1 times" in said
    assert "trusted" in said


def test_counts_declared_as_densities_are_an_error(tmp_path):
    right = population_raster(tmp_path, lambda x, y: 100.0, step=100.0, half=12_000)
    wrong = right.model_copy(update={"kind": "density"})
    with pytest.raises(RasterError, match=r"holds 0\.01 times .* Read as counts it would hold 1 t"):
        compare(districts=[(LAND, 40_000, "", "")], rasters=(wrong,))


def test_an_absurd_raster_can_be_trusted(tmp_path):
    raster = population_raster(tmp_path, lambda x, y: 100.0, trusted=True)
    table, notes = compare(districts=[(LAND, 400, "", "")], rasters=(raster,))
    assert table["ratio"][0] == pytest.approx(100)
    assert len(notes) == 1
    assert "Is its kind right?" in notes[0].text


@pytest.mark.parametrize(
    ("stated", "said"), [(40_000, False), (9_000, False), (7_000, True), (2_100, True)]
)
def test_odd_totals_are_said(tmp_path, stated, said):
    raster = population_raster(tmp_path, lambda x, y: 100.0)
    notes = compare(districts=[(LAND, stated, "", "")], rasters=(raster,))[1]
    assert any("Is its kind right?" in note.text for note in notes) == said


def test_a_single_district_far_off_is_named(tmp_path):
    raster = population_raster(tmp_path, lambda x, y: 100.0)
    small = shapely.box(20_000, 0, 25_000, 5000)
    districts = [(LAND, 40_000, "", ""), (small, 50, "", "")]
    notes = compare(districts=districts, rasters=(raster,))[1]
    assert [note.count for note in notes] == [1]
    assert "'D1' 2,500 against 50" in notes[0].text


def test_a_figure_of_one_side_is_held_against_its_land_only(tmp_path):
    raster = population_raster(tmp_path, lambda x, y: 100.0)
    table, notes = compare(districts=[(LAND, 20_000, "", "East")], rasters=(raster,))
    assert table["people"][0] == pytest.approx(20_000)
    assert notes == ()


def test_what_cannot_be_compared_is_not(tmp_path):
    raster = population_raster(tmp_path, lambda x, y: 100.0, half=20_000)
    half_off = shapely.box(10_000, 0, 30_000, 10_000)
    districts = [
        (half_off, 1, "", ""),  # half of it lies beyond the raster
        (LAND, 7, "registered", ""),  # another kind of figure
        (LAND, None, "", ""),
        (LAND, 0, "", ""),  # no ratio to nobody
    ]
    table, notes = compare(districts=districts, rasters=(raster,))
    assert table["code"].tolist() == ["0", "3"]
    assert table["coverage"].tolist() == pytest.approx([0.5, 1.0])
    assert np.isnan(table["ratio"][1])
    assert notes == ()


def test_a_place_of_ten_million_in_a_district_of_fifty_thousand_is_an_error():
    districts = [(shapely.box(0, -TALL, 20_000, TALL), 50_000, "", "")]
    with pytest.raises(LayerError) as caught:
        compare(districts=districts, places=[(3.0, 10_000_000), (4.0, 400)])
    assert str(caught.value) == (
        "places.gpkg, layer 'places', field 'population': 'place 0' has 10,000,000 residents, its "
        "district 'D0' 50,000 (200 times as many). Check both and their units, or set "
        "trusted = true if both are right."
    )


@pytest.mark.parametrize(
    ("people", "more", "trusted"),
    [
        (90_000, {}, False),  # a city that has grown beyond its district's figure
        (10_000_000, {}, True),
        (10_000_000, {"population_date": "1989"}, False),  # thirty years apart
    ],
)
def test_more_residents_than_the_district_are_said(people, more, trusted):
    districts = [(shapely.box(0, -TALL, 20_000, TALL), 50_000, "", "")]
    notes = compare(districts=districts, places=[(3.0, people, more)], trusted=trusted)
    assert [note.count for note in notes] == [1]
    assert f"'place 0' has {people:,} residents, its district 'D0' 50,000" in notes[0].text


@pytest.mark.parametrize(
    ("place", "district"),
    [
        ((3.0, 40_000), (LAND, 50_000, "", "")),
        ((3.0, 90_000_0, {"population_kind": "registered"}), (LAND, 50_000, "", "")),
        ((3.0, 900_000), (LAND, 50_000, "registered", "")),
        ((3.0, 900_000), (LAND, 50_000, "", "West")),  # counted on the other side
        ((30.0, 900_000), (LAND, 50_000, "", "")),  # elsewhere
        ((3.0, None), (LAND, 50_000, "", "")),
    ],
)
def test_places_are_compared_with_the_figure_that_counts_them(place, district):
    assert compare(districts=[district], places=[place]) == ()


def test_a_district_of_nobody_is_a_note_not_an_error():
    notes = compare(districts=[(LAND, 0, "", "")], places=[(3.0, 500)])
    assert [note.count for note in notes] == [1]


def test_more_people_than_any_city_are_said_without_districts():
    notes = compare(places=[(3.0, 2_000_000_000), (4.0, 30_000_000)])
    assert [note.text for note in notes] == [
        "more people than in any city: 'place 0' 2,000,000,000."
    ]
