"""Voids: filled whole or not at all, never beyond what is around them, always marked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frontline.fetch.mosaic import fill_voids


def plane(rows=20, cols=30):
    row, col = np.mgrid[0:rows, 0:cols]
    return (100 + 3.0 * row - 2.0 * col).astype(np.float32)


def holed(at, base=None):
    heights = plane() if base is None else base
    heights[at] = np.nan
    return heights, np.isnan(heights)


@pytest.mark.parametrize(
    "at",
    [
        np.s_[5, 7],
        np.s_[4:9, 6:12],
        (np.array([5, 6, 7]), np.array([5, 6, 7])),  # in touch by corners
        (np.array([5, 5, 5, 6, 7]), np.array([5, 6, 7, 7, 7])),  # an angle
    ],
)
def test_a_plane_is_continued_exactly(at):
    heights, voids = holed(at)
    filled = fill_voids(heights, voids=voids, most_cells=5)
    np.testing.assert_allclose(heights, plane(), atol=1e-4)
    np.testing.assert_array_equal(filled, voids)


def test_one_cell_between_four_has_a_height_between_them():
    """The rim has 1 m in the west and 3 m in the east; the void lies in the middle."""
    heights = np.repeat([[1.0, 2.0, 3.0]], 3, axis=0).astype(np.float32)
    heights[1, 1] = np.nan
    fill_voids(heights, voids=np.isnan(heights), most_cells=1)
    assert heights[1, 1] == 2.0


def test_a_void_of_which_one_cell_is_too_far_stays_whole():
    heights, voids = holed(np.s_[4:9, 6:12])  # the innermost cells are 3 from a known one
    before = heights.copy()
    assert not fill_voids(heights, voids=voids, most_cells=2).any()
    np.testing.assert_array_equal(heights, before)
    np.testing.assert_array_equal(fill_voids(heights, voids=voids, most_cells=3), voids)
    assert np.isfinite(heights).all()


def test_small_voids_beside_a_large_one_are_filled():
    heights, voids = holed(np.s_[2:16, 2:16])
    heights[10, 25] = np.nan
    voids = np.isnan(heights)
    filled = fill_voids(heights, voids=voids, most_cells=3)
    assert np.argwhere(filled).tolist() == [[10, 25]]


@pytest.mark.parametrize("at", [np.s_[0, 5], np.s_[19, 5], np.s_[5, 0], np.s_[5, 29]])
def test_a_void_at_the_edge_is_not_guessed(at):
    heights, voids = holed(at)
    assert not fill_voids(heights, voids=voids, most_cells=5).any()
    assert np.isnan(heights[at])


def test_a_void_beside_a_missing_tile_is_not_filled_and_the_tile_neither():
    heights, _ = holed(np.s_[:, 20:])
    heights[5:7, 18:20] = np.nan
    voids = np.isnan(heights)
    voids[:, 20:] = False  # nobody has a tile there
    assert not fill_voids(heights, voids=voids, most_cells=50).any()


def test_an_island_inside_a_void_counts():
    heights, _ = holed(np.s_[5:10, 5:10])
    heights[7, 7] = 500.0
    voids = np.isnan(heights)
    fill_voids(heights, voids=voids, most_cells=2)
    assert np.isfinite(heights).all()
    assert heights[7, 8] > 200  # next to the summit that is known


def test_nothing_to_fill():
    heights = plane()
    assert not fill_voids(heights, voids=np.isnan(heights), most_cells=5).any()
    np.testing.assert_array_equal(heights, plane())


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.01, 0.6), most=st.integers(1, 6))
def test_nothing_known_changes_and_nothing_goes_beyond_its_surroundings(seed, share, most):
    random = np.random.default_rng(seed)
    heights = random.normal(500, 100, (15, 18)).astype(np.float32)
    heights[random.random(heights.shape) < share] = np.nan
    before = heights.copy()
    voids = np.isnan(before)
    filled = fill_voids(heights, voids=voids, most_cells=most)
    assert not (filled & ~voids).any()
    np.testing.assert_array_equal(heights[~voids], before[~voids])
    np.testing.assert_array_equal(np.isnan(heights), voids & ~filled)
    if filled.any():
        assert heights[filled].min() >= np.nanmin(before) - 1e-3
        assert heights[filled].max() <= np.nanmax(before) + 1e-3
