"""Trees on the ground: what rays must clear, and where none stand."""

import dataclasses
import html
import itertools

import numpy as np
import pandas as pd
import pyproj
import pytest
import rasterio
import shapely
from factories.case import LAYOUT, lonlat, write_project
from factories.projects import EAST_KM, NORTH_KM
from factories.rasters import write_tif
from hypothesis import given, settings
from hypothesis import strategies as st

from frontline.claims.registry import METRICS
from frontline.elevation.canopy import TreeSource, read_tree_heights
from frontline.elevation.dem import Dem, add_trees, make_sight_grid, read_dem
from frontline.errors import FrontlineError, ProjectError
from frontline.export.report.report import render_report
from frontline.inputs.layers import read_layers
from frontline.project.loader import hash_inputs, load_project, replace_parts
from frontline.visibility.core import cumulative_viewshed, line_of_sight
from frontline.visibility.viewpoints import see_from_points
from frontline.workflow.run import compute, compute_case

PLANE = "EPSG:32638"
GRID = (10.0, 0.0, 500_000.0, 0.0, -10.0, 4_400_000.0)
CRS = pyproj.CRS.from_user_input(PLANE)


def ground_of(heights, trees=None):
    heights = np.asarray(heights, dtype=np.float32)
    return Dem(heights, GRID, CRS.to_wkt(), (10.0, 10.0), trees=trees)


def trees_in(folder, values, *, transform=GRID, crs=PLANE, nodata=None, **how):
    path = folder / "trees.tif"
    write_tif(path, values, transform=transform, crs=crs, nodata=nodata)
    return TreeSource(path, None, None, "trees.tif", **how)


def padded(values, cells=4):
    """Lay a margin of cells without trees around, and the grid that fits."""
    wide = np.pad(np.asarray(values), cells)
    a, _, c, _, e, f = GRID
    return wide, (a, 0.0, c - cells * a, 0.0, e, f - cells * e)


def seen(grid, posts, targets, *, eye=2.0, target=2.0):
    posts, targets = np.atleast_2d(posts), np.atleast_2d(targets)
    return line_of_sight(
        grid.heights_m,
        from_rc=np.repeat(posts, len(targets), axis=0),
        to_rc=np.tile(targets, (len(posts), 1)),
        cell_size_m=grid.step_m,
        observer_height_m=eye,
        target_height_m=target,
    ).visible


def test_trees_stand_on_the_ground_but_not_where_posts_stand(tmp_path):
    high = np.full((20, 30), 12.0, dtype=np.float32)
    wide, at = padded(high)
    grid = ground_of(np.full((20, 30), 100.0), trees_in(tmp_path, wide, transform=at))
    posts = np.array([[3, 4], [10, 20]])
    made = add_trees(grid, posts_rc=posts)
    assert (made.heights_m[posts[:, 0], posts[:, 1]] == 100).all()
    inner = np.ones((20, 30), dtype=bool)
    inner[posts[:, 0], posts[:, 1]] = False
    assert np.allclose(made.heights_m[inner], 112)
    assert made.trees is None
    assert made.trees_known == 1.0
    between = add_trees(grid, posts_rc=np.array([[5.5, 7.25]]))
    assert (between.heights_m[5:7, 7:9] == 100).all()
    assert np.count_nonzero(between.heights_m == 100) == 4


def test_without_trees_the_grid_stays_the_same():
    grid = ground_of(np.zeros((3, 3)))
    assert add_trees(grid, posts_rc=np.array([[1, 1]])) is grid


def test_a_wood_hides_what_lies_behind_and_not_what_stands_before(tmp_path):
    """A plain, a post in the west, 20 m of wood between columns 40 and 59."""
    trees = np.zeros((5, 100), dtype=np.float32)
    trees[:, 40:60] = 20.0
    wide, at = padded(trees)
    bare = ground_of(np.zeros((5, 100)))
    grid = add_trees(ground_of(bare.heights_m, trees_in(tmp_path, wide, transform=at)),
                      posts_rc=np.array([[2, 5]]))  # fmt: skip
    targets = [[2, 20], [2, 80], [2, 99], [2, 41]]
    assert seen(bare, [2, 5], targets).tolist() == [1, 1, 1, 1]
    # before the wood; behind it; and among the trees, where a target stands on top of them
    assert seen(grid, [2, 5], targets).tolist() == [1, 0, 0, 1]
    # from a tower above the trees all of it is seen
    assert seen(grid, [2, 5], targets, eye=90.0).tolist() == [1, 1, 1, 1]


def test_a_post_among_trees_looks_out_from_the_ground(tmp_path):
    """On top of the trees it would see far: a post stands below them, in a cell without any."""
    wide, at = padded(np.full((5, 60), 15.0, dtype=np.float32))
    open_land = wide.copy()
    open_land[:, 44:] = 0.0
    grid = ground_of(np.zeros((5, 60)), trees_in(tmp_path, open_land, transform=at))
    made = add_trees(grid, posts_rc=np.array([[2, 10]]))
    assert seen(made, [2, 10], [[2, 55]]).tolist() == [0]
    assert seen(made, [2, 10], [[2, 55]], eye=60.0).tolist() == [1]


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    post=st.tuples(st.integers(0, 13), st.integers(0, 13)),
    tall=st.floats(0.0, 40.0),
)
def test_what_is_hidden_here_is_hidden_for_whoever_stands_on_the_ground(
    tmp_path_factory, seed, post, tall
):
    """The safe side: a naive ray from ground to ground sees nothing that is hidden here.

    And trees hide: what stands in the open is not seen over them unless over the bare ground.
    """
    random = np.random.default_rng(seed)
    ground = random.uniform(0, 20, (14, 14)).astype(np.float32)
    trees = random.uniform(0, 1, (14, 14)) * (random.random((14, 14)) < 0.5) * tall
    wide, at = padded(trees.astype(np.float32))
    grid = ground_of(ground, trees_in(tmp_path_factory.mktemp("t"), wide, transform=at))
    made = add_trees(grid, posts_rc=np.array([post]))
    clear = add_trees(grid, posts_rc=np.array([[99, 99]])).heights_m
    for target in itertools.product(range(0, 14, 3), range(0, 14, 3)):
        if target == post:
            continue
        ours = seen(made, post, target)[0]
        bare = seen(ground_of(ground), post, target)[0]
        # trees everywhere but at both ends, which stand on the ground
        own = clear.copy()
        own[post], own[target] = ground[post], ground[target]
        assert ours >= seen(dataclasses.replace(made, heights_m=own), post, target)[0]
        if trees[target] == 0:
            assert ours <= bare


def test_cells_of_a_raster_and_rays_agree(tmp_path):
    random = np.random.default_rng(8)
    trees = np.where(random.random((40, 40)) < 0.2, 12.0, 0.0).astype(np.float32)
    wide, at = padded(trees)
    ground = random.uniform(0, 10, (40, 40)).astype(np.float32)
    post = np.array([[20, 20]])
    made = add_trees(ground_of(ground, trees_in(tmp_path, wide, transform=at)), posts_rc=post)
    counts = cumulative_viewshed(
        made.heights_m, posts_rc=post, cell_size_m=10.0, max_distance_m=1_000.0
    )
    targets = np.array(list(itertools.product(range(40), repeat=2)))
    targets = targets[(targets != post[0]).any(axis=1)]
    rays = seen(made, post[0], targets)
    assert (counts.seen[targets[:, 0], targets[:, 1]] == (rays == 1)).all()


def test_finer_cells_are_averaged_and_others_interpolated(tmp_path):
    """Cells of 2 m, every second row 30 m high: 15 m in the mean, a maximum would say 30."""
    c, f = GRID[2], GRID[5]
    fine = np.tile(np.array([[30.0], [0.0]], dtype=np.float32), (200, 400))
    at = (2.0, 0.0, c - 100, 0.0, -2.0, f + 100)
    got = read_tree_heights(
        trees_in(tmp_path, fine, transform=at), transform=GRID, crs=CRS, shape=(40, 50)
    )
    assert np.allclose(got, 15.0, atol=3.1)
    assert got.mean() == pytest.approx(15.0, abs=0.2)
    coarse = np.repeat(np.linspace(0, 90, 10, dtype=np.float32)[None], 10, axis=0)
    at = (100.0, 0.0, c - 200, 0.0, -100.0, f + 300)
    got = read_tree_heights(
        trees_in(tmp_path, coarse, transform=at), transform=GRID, crs=CRS, shape=(10, 40)
    )
    x = c + 10 * (np.arange(40) + 0.5)
    assert np.allclose(got, ((x - (c - 200)) / 100 - 0.5) * 10, atol=0.01)


def test_heights_in_degrees_fall_in_place(tmp_path):
    turn = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    west, north = turn.transform(GRID[2], GRID[5])
    step = 1e-4
    cols = west - 0.002 + step * (np.arange(150) + 0.5)
    half = turn.transform(GRID[2] + 300, GRID[5] - 200)[0]
    values = np.tile(np.where(cols > half, 10.0, 0.0).astype(np.float32), (150, 1))
    at = (step, 0.0, west - 0.002, 0.0, -step, north + 0.002)
    got = read_tree_heights(
        trees_in(tmp_path, values, transform=at, crs="EPSG:4326"),
        transform=GRID,
        crs=CRS,
        shape=(40, 60),
    )
    assert np.allclose(got[:, :28], 0)
    assert np.allclose(got[:, 32:], 10)


def test_units_values_for_no_trees_and_for_nothing(tmp_path):
    values = np.array([[0, 150, 101, 255, 30_000, -5]] * 6, dtype=np.int16).repeat(2, axis=0)
    how = {"to_m": 0.1, "none": (101.0,)}
    trees = dataclasses.replace(trees_in(tmp_path, values, **how), nodata=255.0)
    got = trees.to_metres(np.array([0.0, 150.0, 101.0, np.nan, 30_000.0, -5.0]))
    assert np.array_equal(got, np.array([0, 15, 0, np.nan, np.nan, np.nan], "f4"), equal_nan=True)
    grid = add_trees(ground_of(np.zeros((12, 6)), trees), posts_rc=np.array([[0, 0]]))
    assert np.isnan(grid.heights_m[6, 3:]).all()
    assert grid.heights_m[6, :3].tolist() == [0, 15, 0]
    assert 0.3 < grid.trees_known < 0.6


def test_unknown_trees_leave_rays_undecided(tmp_path):
    trees = np.zeros((5, 40), dtype=np.float32)
    trees[:, 20] = -9999
    wide, at = padded(trees)
    ground = np.zeros((5, 40), dtype=np.float32)
    grid = add_trees(ground_of(ground, trees_in(tmp_path, wide, transform=at, nodata=-9999.0)),
                      posts_rc=np.array([[2, 2]]))  # fmt: skip
    assert seen(grid, [2, 2], [[2, 10], [2, 35], [2, 20]]).tolist() == [1, -1, -1]
    ground[:, 12] = 50
    grid = add_trees(ground_of(ground, grid_trees(tmp_path)), posts_rc=np.array([[2, 2]]))
    assert seen(grid, [2, 2], [[2, 35]]).tolist() == [0]


def grid_trees(folder):
    return TreeSource(folder / "trees.tif", None, None, "trees.tif")


def write_wood(path, *, high=20.0, step_m=100.0, wide_km=EAST_KM + 18, **how):
    """A wood from 2 to 3 km east, over the whole made-up case."""
    wide, tall = wide_km * 1000, (NORTH_KM + 18) * 1000
    east = np.arange(-wide, wide, step_m) + step_m / 2
    row = np.where((east > 2_000) & (east < 3_000), high, 0.0).astype(how.pop("dtype", "float32"))
    values = np.repeat(row[None], round(2 * tall / step_m), axis=0)
    grid = (step_m, 0.0, -wide, 0.0, -step_m, tall)
    return write_tif(path, values, transform=grid, crs=LAYOUT.plane, **how)


def project_with(folder, canopy, *, model="ground", more="", radius_m=6_000):
    elevation = f'[elevation]\npath = "wall.tif"\nmodel = "{model}"\n{canopy}\n'
    path = write_project(folder, drop=("elevation",), more=more + elevation, step_m=200.0)
    text = path.read_text().replace("radius_m = 1000", f"radius_m = {radius_m}")
    path.write_text(text)
    return path


def states(path):
    case, notes = compute_case(load_project(path))
    table = case.exposure.settlements
    return case, notes, table.set_index(["id", "line"])["in_sight"]


def test_a_run_with_and_without_trees(tmp_path):
    """From the old line a wood from 2 to 3 km east hides Cala, 5 km east, and not Alba, west."""
    write_wood(tmp_path / "wood.tif")
    bare, _, before = states(project_with(tmp_path, ""))
    canopy = 'canopy = { path = "wood.tif", source = "Made up trees" }'
    case, notes, after = states(project_with(tmp_path, canopy))
    assert before["c", "old"] == "visible"
    assert after["c", "old"] == "hidden"
    assert before["a", "old"] == after["a", "old"] == "visible"
    said = [note.text for note in notes if note.about == "sight"]
    assert "Rays must clear the trees as well." in said[0]
    assert not [note for note in notes if "unknown" in note.text and note.about == "old"]
    # heights of the ground themselves hold no trees
    assert np.array_equal(bare.dem.heights_m, case.dem.heights_m)
    seen_before, seen_after = (
        (one.exposure.rasters["old"].bands["seen"] > 0).mean() for one in (bare, case)
    )
    assert seen_after < seen_before
    assert "wood.tif" in hash_inputs(case.project)
    assert pd.isna(bare.project.elevation.canopy)


def test_named_places_and_metrics_look_over_trees_too(tmp_path):
    write_wood(tmp_path / "wood.tif")
    project = load_project(project_with(tmp_path, 'canopy = { path = "wood.tif" }'))
    layers = read_layers(project)
    dem = read_dem(project, layers=layers)
    at = [lonlat(0.5, 0)]
    with_wood = see_from_points(
        at, layers=layers, dem=dem, settings=project.sight
    ).places.set_index("id")
    bare = dataclasses.replace(dem, trees=None)
    without = see_from_points(at, layers=layers, dem=bare, settings=project.sight).places.set_index(
        "id"
    )
    assert without.loc["c", "in_sight"] == "visible"
    assert with_wood.loc["c", "in_sight"] == "hidden"
    case, _ = compute_case(project)
    asked = {"points": ["near_post"], "path": [lonlat(4, 0), lonlat(5, 0)], "radius_m": 20_000.0}
    assert METRICS["way_in_sight"].ask(case, asked).value == 0
    open_ = dataclasses.replace(case, dem=bare)
    assert METRICS["way_in_sight"].ask(open_, asked).value == 100


def test_one_height_for_all_tree_cover(tmp_path):
    """Code 10 stands for trees, 95 for mangroves, 40 for none, 0 is unknown."""
    write_wood(tmp_path / "cover.tif", high=10, dtype="uint8")
    with rasterio.open(tmp_path / "cover.tif", "r+") as file:
        band = file.read(1)
        file.write(np.where(band == 0, 40, band).astype("uint8"), 1)
    cover = '[landcover]\npath = "cover.tif"\n'
    canopy = "canopy = { height_m = 18 }"
    case, _, after = states(project_with(tmp_path, canopy, more=cover))
    assert after["c", "old"] == "hidden"
    assert case.dem.trees.codes == (10, 95)
    low = "canopy = { height_m = 0.5 }"
    assert states(project_with(tmp_path, low, more=cover))[2]["c", "old"] == "visible"
    got = case.dem.trees.to_metres(np.array([10.0, 95.0, 40.0, 0.0, np.nan]))
    assert np.array_equal(got, np.array([18, 18, 0, np.nan, np.nan], "f4"), equal_nan=True)


def test_trees_that_end_before_the_sight_does_are_told_of(tmp_path):
    write_wood(tmp_path / "wood.tif", wide_km=4)
    _, notes, after = states(project_with(tmp_path, 'canopy = { path = "wood.tif" }'))
    told = [note.text for note in notes if note.about == "old"]
    assert any("Heights of trees are unknown on up to" in text for text in told)
    assert after["a", "old"] == "unknown"  # 5 km west, beyond the raster's edge


def test_the_report_says_what_follows(tmp_path, monkeypatch):
    """With trees on the ground, with a surface model, and where nothing is stated."""
    monkeypatch.setattr("frontline.export.maps.files.draw_picture", lambda *_, **__: b"")
    write_wood(tmp_path / "wood.tif", step_m=1_000.0)
    canopy = 'canopy = { path = "wood.tif", source = "Made up trees", date = 2020-07-01 }'
    results = compute(load_project(project_with(tmp_path, canopy, radius_m=500)))
    told = {
        "trees": ("Trees are in the way, houses are not.", "a clearing of one cell"),
        "ground": ("trees and houses are not in the way", "Woods and houses hide nothing"),
        "surface": ("holds trees and roofs as they were", "stand on top of it"),
        "unknown": ("Whether the terrain holds trees", "It is not stated whether"),
    }
    for model in told:
        if model != "trees":
            elevation = {"model": model, "canopy": None}
            results = dataclasses.replace(
                results, project=replace_parts(results.project, elevation=elevation)
            )
        page = " ".join(html.unescape(render_report(results, inputs_hash="0")).split())
        for key, every in told.items():
            for sentence in every:
                assert (sentence in page) == (key == model), sentence
        assert ("Made up trees, 1 July 2020" in page) == (model == "trees")
        assert ("Height of trees" in page) == (model == "trees")


@pytest.mark.parametrize(
    ("canopy", "model", "said"),
    [
        ('canopy = { path = "wood.tif" }', "surface", "the elevation holds trees already"),
        ('canopy = { path = "wood.tif" }', "unknown", "the elevation may hold trees already"),
        ("canopy = { height_m = 10 }", "ground", "no [landcover] says where trees are"),
        ('canopy = { path = "wood.tif", height_m = 10 }', "ground", "expected one"),
        ("canopy = {}", "ground", "expected one"),
        ('canopy = { path = "wood.tif", unit = "km" }', "ground", "not one of m, dm, cm, ft"),
        ('canopy = { path = "none.tif" }', "ground", "none.tif"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(tmp_path, canopy, model, said):
    write_wood(tmp_path / "wood.tif", step_m=2_000.0)
    with pytest.raises(ProjectError) as caught:
        load_project(project_with(tmp_path, canopy, model=model))
    assert said in str(caught.value)


def test_trees_of_elsewhere_and_cover_without_trees_are_refused(tmp_path):
    write_tif(tmp_path / "wood.tif", np.ones((5, 5), "f4"), transform=(1, 0, 0, 0, -1, 5),
              crs="EPSG:4326")  # fmt: skip
    for canopy, more, said in (
        ('canopy = { path = "wood.tif" }', "", "does not reach the lines"),
        (
            "canopy = { height_m = 9 }",
            '[landcover]\npath = "wood.tif"\nclasses = { farmland = 1 }\n',
            "has no such class",
        ),
    ):
        project = load_project(project_with(tmp_path, canopy, more=more))
        with pytest.raises(FrontlineError, match=said):
            read_dem(project, layers=read_layers(project))


def test_ground_alone_is_what_sight_grid_gives(tmp_path):
    write_wood(tmp_path / "wood.tif")
    project = load_project(project_with(tmp_path, 'canopy = { path = "wood.tif" }'))
    layers = read_layers(project)
    dem = read_dem(project, layers=layers)
    grid = make_sight_grid(dem, area=shapely.Point(0, 0).buffer(4_000), area_crs=layers.plane.crs)
    assert np.nanmax(grid.heights_m) == 100
    assert grid.trees is dem.trees
    assert np.nanmax(add_trees(grid, posts_rc=np.array([[0, 0]])).heights_m) == pytest.approx(120)
