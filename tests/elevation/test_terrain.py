"""The ground of a land does not depend on how many cells are worked on at once."""

import numpy as np
import pytest
import shapely

from frontline.elevation import terrain as ground
from frontline.elevation import terrain as relief
from frontline.elevation.dem import Dem
from frontline.geo.projection import plane_around

FRAME = plane_around([shapely.Point(20.0, 45.0)])


@pytest.mark.parametrize("most_cells", [500_000, 700])
def test_bands_of_rows_give_what_all_at_once_gives(monkeypatch, most_cells):
    rng = np.random.default_rng(1)
    heights = np.cumsum(rng.normal(0.0, 9.0, (101, 83)), axis=1).astype(np.float32)
    heights[20:31, 40:50] = np.nan
    transform = (200.0, 0.0, -9_000.0, 0.0, -200.0, 9_000.0)
    dem = Dem(heights, transform, FRAME.crs.to_wkt(), (200.0, 200.0))
    whole = ground.read_ground(dem, plane=FRAME, radius_m=1_500.0, most_cells=most_cells)
    shade = relief.shade_relief(dem, most_cells=most_cells).bands
    monkeypatch.setattr(ground, "BAND_CELLS", 900)
    monkeypatch.setattr(relief, "_BAND_CELLS", 900)
    parts = ground.read_ground(dem, plane=FRAME, radius_m=1_500.0, most_cells=most_cells)
    for name in ("xy", "area_m2", "elevation_m", "relief_m"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
    np.testing.assert_allclose(parts.slope_deg, whole.slope_deg, rtol=1e-6)
    for name, band in relief.shade_relief(dem, most_cells=most_cells).bands.items():
        np.testing.assert_array_equal(band, shade[name])
    cells = np.isfinite(heights).sum()
    assert whole.area_m2.sum() == pytest.approx(cells * 200.0**2, rel=1e-3)
    assert len(whole.xy) == (cells if most_cells > 10_000 else 26 * 21 - 4)
