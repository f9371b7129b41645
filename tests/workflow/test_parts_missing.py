"""A project with each optional part missing or empty is computed, with kept work and without."""

import re

import geopandas as gpd
import pyogrio
import pytest
from factories.projects import Layout, made_project, write_elevation

import frontline

KEPT = (("corridors",), ("corridors", "settlements", "districts"))
PLAIN = (("settlements",), ("districts",))


def project_of(folder, *, without=(), draws=3, elevation=True, keep=None):
    """Write a made project without some of its layers, and with the first places only."""
    path = made_project(folder, Layout(), draws=draws, elevation=elevation)
    if elevation:  # few cells: what is tried is what is missing
        write_elevation(folder / "dem.tif", Layout(), step_m=1_000.0)
    text = path.read_text("utf-8")
    for layer in without:
        text, count = re.subn(rf"^{layer} = .*\n", "", text, flags=re.MULTILINE)
        assert count == 1
    path.write_text(text + "[sight]\nradius_m = 3000\n" * elevation, "utf-8")
    if keep is not None:
        places = pyogrio.read_dataframe(folder / "layers.gpkg", layer="places")
        some = gpd.GeoDataFrame(places.iloc[:keep], geometry="geometry", crs=places.crs)
        pyogrio.write_dataframe(
            some,
            folder / "layers.gpkg",
            layer="places",
            geometry_type="Point",
            promote_to_multi=False,
        )
    return frontline.load_project(path)


@pytest.mark.slow
@pytest.mark.parametrize("without", [*KEPT, *PLAIN], ids=" ".join)
def test_each_layer_may_be_missing(tmp_path, without):
    folder = tmp_path / "project"
    folder.mkdir()
    project = project_of(folder, without=without)
    work = tmp_path / "work" if without in KEPT else None
    results = frontline.compute(project, work=work)
    assert len(results.sides) == 4
    assert results.sides.area_km2.sum() == pytest.approx(2 * 2400.0, rel=1e-3)
    assert (len(results.settlements) == 0) == ("settlements" in without)
    if work is not None:  # what was kept gives the same figures again
        assert list(work.iterdir())
        again = frontline.compute(project, work=work)
        assert again.people.equals(results.people)
        assert again.settlements.drop(columns="geometry").equals(
            results.settlements.drop(columns="geometry")
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("draws", "keep", "elevation"),
    [(0, None, True), (3, 1, False), (3, 0, True), (0, 0, False)],
)
def test_no_draws_and_few_places(tmp_path, draws, keep, elevation):
    folder = tmp_path / "project"
    folder.mkdir()
    project = project_of(folder, draws=draws, keep=keep, elevation=elevation)
    results = frontline.compute(project, work=tmp_path / "work" if elevation else None)
    places = 5 if keep is None else keep
    assert len(results.settlements) == 2 * places
    listed = results.people[results.people.source == "settlements"]
    if places == 0:
        assert not (listed.population > 0).any()
    unsure = results.sides.area_high > results.sides.area_low
    assert unsure.all() if draws else not unsure.any()
