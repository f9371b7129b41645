"""GeoJSON as RFC 7946 has it, GeoParquet where pyarrow is, and what is said where it is not."""

import dataclasses
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from factories.example_results import HOSTILE, example_project, example_results
from factories.projects import made_project
from hypothesis import assume, given
from hypothesis import strategies as st

from frontline.errors import OutputError, ProjectError
from frontline.export import geojson as exports
from frontline.export.features import make_feature_layers
from frontline.export.geojson import check_exports, list_writers, round_coordinates, write_geojson
from frontline.export.metadata import collect_facts
from frontline.workflow.run import run


def writers_of(kind):
    return list_writers(example_results(), formats={kind, "workbook"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    home = tmp_path_factory.mktemp("exports")
    (home / "geojson").mkdir()
    for name, write in writers_of("geojson").items():
        write(home / name)
    return home / "geojson"


def read(path):
    def refuse(text):
        raise AssertionError(f"{text} is not JSON")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def rings(geometry):
    kind, coordinates = geometry["type"], geometry["coordinates"]
    return {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(kind, [])


def signed_area(ring):
    x, y = np.array(ring).T
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2


def test_every_layer_is_a_collection_of_all_its_features(folder):
    layers = make_feature_layers(example_results())
    assert {path.stem for path in folder.iterdir()} == {layer.name for layer in layers}
    for layer in layers:
        found = read(folder / f"{layer.name}.geojson")
        assert found["type"] == "FeatureCollection"
        assert "crs" not in found
        assert found["about"]["title"] == layer.title
        assert "express no position" in found["about"]["disclaimer"]
        assert len(found["features"]) == len(layer.geometry)
        names = [column.name for column in layer.columns]
        for feature in found["features"]:
            assert feature["type"] == "Feature"
            assert list(feature["properties"]) == names


def test_rings_follow_the_right_hand_and_coordinates_have_seven_decimals(folder):
    seen = 0
    for path in folder.iterdir():
        for feature in read(path)["features"]:
            for outer, *holes in rings(feature["geometry"] or {"type": "", "coordinates": []}):
                assert signed_area(outer) > 0
                assert all(signed_area(hole) < 0 for hole in holes)
                assert outer[0] == outer[-1]
                flat = np.array(outer)
                np.testing.assert_array_equal(flat, np.round(flat, 7))
                seen += 1
    assert seen > 20


def test_a_reader_gets_what_the_geopackage_holds(folder):
    frame = gpd.read_file(folder / "settlements.geojson")
    assert list(frame["name"]) == list(HOSTILE)
    layer = next(layer for layer in make_feature_layers(example_results()) if layer.name == "zones")
    zones = gpd.read_file(folder / "zones.geojson")
    assert zones.crs == "EPSG:4326"
    np.testing.assert_array_equal(zones["area_km2"], layer.frame["area_km2"])
    apart = shapely.hausdorff_distance(zones.geometry.to_numpy(), layer.geometry)
    assert apart.max() < 1e-7
    assert zones["population_settlements_registered"].isna().all()


def test_features_have_their_own_identifier_and_a_box(folder):
    found = read(folder / "settlements.geojson")
    assert [feature["id"] for feature in found["features"]] == [f"P{n}" for n in range(1, 7)]
    west, south, east, north = found["bbox"]
    assert (west, south, east, north) == (46.115, 39.59, 47.2, 40.1)
    assert "id" not in read(folder / "zones.geojson")["features"][0]


def test_the_same_layer_gives_the_same_bytes(folder, tmp_path):
    for name, write in writers_of("geojson").items():
        path = tmp_path / name.replace("/", "_")
        write(path)
        assert path.read_bytes() == (folder.parent / name).read_bytes()


def one_layer(shapes, **columns):
    layer = next(
        layer for layer in make_feature_layers(example_results()) if layer.name == "points"
    )
    geometry = np.empty(len(shapes), dtype=object)
    geometry[:] = shapes
    frame = pd.DataFrame(columns or {"id": range(len(shapes))})
    described = tuple(dataclasses.replace(layer.columns[0], name=name) for name in frame)
    return dataclasses.replace(layer, geometry=geometry, frame=frame, columns=described)


def test_halves_on_either_side_of_the_antimeridian_stay_halves(tmp_path):
    halves = shapely.multipolygons([shapely.box(179, 60, 180, 61), shapely.box(-180, 60, -178, 61)])
    write_geojson(one_layer([halves]), {}, tmp_path / "a.geojson")
    found = read(tmp_path / "a.geojson")
    assert found["bbox"] == [179.0, 60.0, -178.0, 61.0]  # west is greater than east, section 5.2
    for (ring,) in found["features"][0]["geometry"]["coordinates"]:
        assert np.ptp(np.array(ring)[:, 0]) <= 2


def test_the_whole_turn_is_not_taken_for_two_halves(tmp_path):
    write_geojson(one_layer([shapely.box(-180, 80, 180, 90)]), {}, tmp_path / "a.geojson")
    assert read(tmp_path / "a.geojson")["bbox"] == [-180.0, 80.0, 180.0, 90.0]


def test_odd_values_are_json(tmp_path):
    values = [np.inf, np.nan, None, pd.NA, True, np.int64(3), "\ud800 half", [1], -0.0]
    layer = one_layer([None] * len(values), odd=pd.Series(values, dtype=object))
    write_geojson(layer, {"TITLE": "</script>"}, tmp_path / "o.geojson")
    found = [feature["properties"]["odd"] for feature in read(tmp_path / "o.geojson")["features"]]
    assert found == [None, None, None, None, True, 3, "? half", "[1]", 0.0]


def test_an_empty_layer_is_an_empty_collection(tmp_path):
    write_geojson(one_layer([]), {}, tmp_path / "e.geojson")
    assert read(tmp_path / "e.geojson")["features"] == []


@given(
    st.lists(st.tuples(st.integers(-1000, 1000), st.integers(-1000, 1000)), min_size=3, max_size=12)
)
def test_rounding_leaves_areas_valid(corners):
    """Shapes of a few centimetres, in thousandths of the last digit that is kept."""
    hull = shapely.convex_hull(shapely.multipoints(np.array(corners) * 1e-9))
    notched = hull.difference(shapely.box(-1e-7, -1e-7, 1.5e-7, 2e-6))
    assume(notched.geom_type in {"Polygon", "MultiPolygon"})
    (result,) = round_coordinates(np.array([notched], dtype=object))
    assert result.is_valid
    assert result.is_empty or shapely.get_dimensions(result) == 2
    np.testing.assert_array_equal(
        shapely.get_coordinates(result), np.round(shapely.get_coordinates(result), 7)
    )
    assert abs(result.area - notched.area) <= 1e-7 * (notched.length + 4e-7)


def test_a_run_writes_what_is_asked_for(tmp_path):
    project = made_project(tmp_path, elevation=False)
    text = project.read_text(encoding="utf-8")
    project.write_text(text + '[outputs]\nwrite = ["geojson"]\n', encoding="utf-8")
    _, written = run(project, out=tmp_path / "out")
    assert "geojson/zones.geojson" in written
    assert "frontline.gpkg" not in written
    sides = gpd.read_file(tmp_path / "out/geojson/sides.geojson")
    assert set(sides["side"]) == {"West", "East"}


def without_pyarrow(monkeypatch):
    monkeypatch.setattr(exports, "find_spec", lambda name: None)


def test_geoparquet_without_pyarrow_is_refused_before_anything_is_computed(tmp_path, monkeypatch):
    without_pyarrow(monkeypatch)
    monkeypatch.setattr("frontline.workflow.run.compute", lambda *_, **__: pytest.fail("computed"))
    project = made_project(tmp_path, elevation=False)
    text = project.read_text(encoding="utf-8")
    project.write_text(text + '[outputs]\nwrite = ["geoparquet"]\n', encoding="utf-8")
    with pytest.raises(ProjectError, match=r"pip install 'frontline-gis\[parquet\]'"):
        run(project, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    check_exports(example_project())  # nobody else needs it


def test_a_writer_of_geoparquet_names_the_extra(tmp_path, monkeypatch):
    def absent(*_, **__):
        raise ImportError("Missing optional dependency 'pyarrow'")

    monkeypatch.setattr(gpd.GeoDataFrame, "to_parquet", absent)
    writers = writers_of("geoparquet")
    with pytest.raises(OutputError, match=r"frontline-gis\[parquet\]"):
        writers["geoparquet/zones.parquet"](tmp_path / "zones.parquet")


@pytest.mark.parquet
def test_geoparquet_holds_what_the_geopackage_holds(tmp_path):
    (tmp_path / "geoparquet").mkdir()
    writers = writers_of("geoparquet")
    for name, write in writers.items():
        write(tmp_path / name)
        again = tmp_path / "again.parquet"
        write(again)
        assert again.read_bytes() == (tmp_path / name).read_bytes()
    for layer in make_feature_layers(example_results()):
        frame = gpd.read_parquet(tmp_path / f"geoparquet/{layer.name}.parquet")
        assert frame.crs == "EPSG:4326"
        assert len(frame) == len(layer.geometry)
        assert shapely.equals_exact(frame.geometry.to_numpy(), layer.geometry).all()
    settlements = gpd.read_parquet(tmp_path / "geoparquet/settlements.parquet")
    assert list(settlements["name"]) == list(HOSTILE)
    assert list(settlements["population"].isna()) == [False, False, False, True, False, False]


@pytest.mark.parquet
def test_geoparquet_says_where_features_lie(tmp_path):
    import pyarrow.parquet

    writers = writers_of("geoparquet")
    writers["geoparquet/zones.parquet"](tmp_path / "zones.parquet")
    schema = pyarrow.parquet.read_schema(tmp_path / "zones.parquet")
    geo = json.loads(schema.metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert "bbox" in geo["columns"]["geometry"]["covering"]
    assert str(tmp_path) not in str(schema.metadata)


def test_facts_of_every_layer_stand_in_its_file(folder):
    results = example_results()
    for layer in make_feature_layers(results):
        about = read(folder / f"{layer.name}.geojson")["about"]
        assert about == {
            key.lower(): value for key, value in collect_facts(results, layer=layer).items()
        }
