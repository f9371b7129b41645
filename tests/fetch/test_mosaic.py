"""Mosaics: continuous where tiles meet, honest where they do not."""

from dataclasses import replace

import numpy as np
import pytest
from factories.tiles import plane, write_tile

from frontline.errors import RasterError
from frontline.fetch.land_mask import DegreeTile, has_land
from frontline.fetch.mosaic import ElevationTile, join_tiles

BOUNDS = (20.2, 44.7, 21.6, 45.4)


def piece(tmp_path, lat, lon, *, source="glo30", datum="EGM2008", name="", **how):
    name = name or f"{source} {lat}{lon}"
    return ElevationTile(name, source, write_tile(tmp_path / f"{name}.tif", lat, lon, **how), datum)


def four(tmp_path, **how):
    return [piece(tmp_path, lat, lon, **how) for lat in (44, 45) for lon in (20, 21)]


def centres(made):
    rows, cols = made.heights_m.shape
    a, _, c, _, e, f = made.transform
    return np.meshgrid(c + a * (np.arange(cols) + 0.5), f + e * (np.arange(rows) + 0.5))


def off(made, heights=plane):
    return np.abs(made.heights_m - heights(*centres(made)))


def test_four_tiles_are_one_plane_without_seams(tmp_path):
    made = join_tiles(four(tmp_path), bounds=BOUNDS)
    assert off(made).max() < 1e-3
    assert made.resampled == ()
    assert sum(made.cells.values()) == made.heights_m.size
    assert len(made.seams) == 4
    west, south, east, north = BOUNDS
    a, _, c, _, e, f = made.transform
    rows, cols = made.heights_m.shape
    assert c <= west
    assert f >= north
    assert c + a * cols >= east
    assert f + e * rows <= south
    assert a == pytest.approx(1 / 120)


def test_tiles_that_share_rows_and_columns_fit_as_well(tmp_path):
    made = join_tiles(four(tmp_path, shared=1), bounds=BOUNDS)
    assert off(made).max() < 1e-3


def test_a_coarser_tile_in_the_hole_of_finer_ones_is_continuous(tmp_path):
    pieces = four(tmp_path)[:3]
    pieces.append(piece(tmp_path, 45, 21, source="glo90", high=40, wide=40))
    made = join_tiles(pieces, bounds=BOUNDS)
    assert made.resampled == ("glo90 4521",)
    known = np.isfinite(made.heights_m)
    assert known.all()
    # inside its own cells and towards the west and south it is interpolated, never repeated
    assert off(made).max() < 2e-3
    assert made.steps["glo90 4521"] == (0.025, 0.025)


def test_two_coarser_tiles_beside_each_other_are_continuous(tmp_path):
    pieces = [piece(tmp_path, 44, lon) for lon in (20, 21)]
    pieces += [piece(tmp_path, 45, lon, source="glo90", high=40, wide=40) for lon in (20, 21)]
    made = join_tiles(pieces, bounds=(20.2, 44.7, 21.6, 45.9))
    assert off(made).max() < 2e-3


def test_tiles_get_wider_towards_the_poles(tmp_path):
    """North of 50 degrees Copernicus tiles have two thirds of the columns."""
    pieces = [piece(tmp_path, 49, lon) for lon in (20, 21)]
    pieces += [piece(tmp_path, 50, lon, wide=80) for lon in (20, 21)]
    made = join_tiles(pieces, bounds=(20.3, 49.6, 21.7, 50.4))
    assert set(made.resampled) == {"glo30 5020", "glo30 5021"}
    assert off(made).max() < 2e-3
    assert np.isfinite(made.heights_m).all()


def test_a_void_stays_unknown_and_no_neighbour_fills_it(tmp_path):
    def holed(x, y):
        return np.where((abs(x - 20.5) < 0.1) & (abs(y - 44.9) < 0.05), -9999.0, plane(x, y))

    pieces = [piece(tmp_path, 44, 20, heights=holed, nodata=-9999.0)]
    pieces.append(piece(tmp_path, 45, 20, source="glo90", high=40, wide=40))
    made = join_tiles(pieces, bounds=(20.1, 44.7, 20.9, 45.2))
    lon, lat = centres(made)
    hole = (abs(lon - 20.5) < 0.099) & (abs(lat - 44.9) < 0.049)
    assert np.isnan(made.heights_m[hole]).all()
    assert np.isfinite(made.heights_m[~((abs(lon - 20.5) < 0.12) & (abs(lat - 44.9) < 0.07))]).all()


def test_a_tile_that_is_missing_is_unknown_not_zero(tmp_path):
    made = join_tiles(four(tmp_path)[:3], bounds=BOUNDS)
    lon, lat = centres(made)
    assert np.isnan(made.heights_m[(lon > 21.01) & (lat > 45.01)]).all()
    assert not (made.heights_m == 0).any()


def test_only_a_tile_named_as_sea_becomes_zero(tmp_path):
    made = join_tiles(four(tmp_path)[:3], bounds=BOUNDS, sea=[DegreeTile(45, 21)])
    lon, lat = centres(made)
    north_east = (lon > 21 - 1e-6) & (lat > 45 + 1e-6)
    assert (made.heights_m[north_east] == 0).all()
    assert off(made)[~north_east].max() < 1e-3
    assert made.cells["sea"] == north_east.sum()


def test_a_step_between_tiles_is_measured(tmp_path):
    pieces = [piece(tmp_path, 45, 20)]
    pieces.append(piece(tmp_path, 45, 21, heights=lambda x, y: plane(x, y) + 12.5))
    made = join_tiles(pieces, bounds=(20.5, 45.2, 21.5, 45.8))
    (seam,) = made.seams
    assert (seam.one, seam.other) == ("glo30 4520", "glo30 4521")
    assert seam.step_m == pytest.approx(12.5, abs=1e-3)
    assert seam.cells > 50


def test_a_step_against_the_sea_is_measured_too(tmp_path):
    made = join_tiles(
        [piece(tmp_path, 45, 20)], bounds=(20.5, 45.2, 21.5, 45.8), sea=[DegreeTile(45, 21)]
    )
    (seam,) = made.seams
    assert {seam.one, seam.other} == {"sea", "glo30 4520"}
    assert abs(seam.step_m) > 1000


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"datum": "WGS 84 ellipsoid"}, "above 'WGS 84 ellipsoid'"),
        ({"crs": "EPSG:4258"}, "another CRS"),
        ({"source": "tiles", "wide": 60}, "cells of"),
        ({"source": "tiles", "high": 100}, "cells of"),
    ],
)
def test_the_odd_tile_is_named(tmp_path, how, said):
    source = how.get("source", "glo30")
    pieces = [piece(tmp_path, lat, 20, source=source) for lat in (43, 44, 45)]
    pieces.append(piece(tmp_path, 45, 21, name="odd.tif", **how))
    with pytest.raises(RasterError, match=rf"odd\.tif.*{said}"):
        join_tiles(pieces, bounds=BOUNDS)


def test_names_of_a_datum_may_be_written_in_several_ways(tmp_path):
    pieces = [piece(tmp_path, lat, 20, datum="EGM2008") for lat in (44, 45)]
    pieces.append(piece(tmp_path, 45, 21, datum="EGM2008 height"))
    assert join_tiles(pieces, bounds=BOUNDS).heights_m.size


def test_feet_and_metres_are_not_mixed(tmp_path):
    pieces = [piece(tmp_path, lat, 20) for lat in (43, 44, 45)]
    pieces.append(replace(piece(tmp_path, 45, 21, name="odd.tif"), unit="ft"))
    with pytest.raises(RasterError, match=r"odd\.tif: its heights are in ft"):
        join_tiles(pieces, bounds=BOUNDS)


def test_a_tile_between_the_others_cells_is_named(tmp_path):
    pieces = [piece(tmp_path, lat, 20, source="tiles") for lat in (44, 45)]
    pieces.append(piece(tmp_path, 45, 21.004, source="tiles", name="odd.tif"))
    with pytest.raises(RasterError, match=r"odd\.tif: its cells lie between"):
        join_tiles(pieces, bounds=BOUNDS)


def test_across_the_antimeridian(tmp_path):
    heights = lambda x, y: 100.0 * ((x + 360) % 360 - 180) + y  # noqa: E731
    pieces = [piece(tmp_path, 10, 179, heights=heights)]
    pieces.append(piece(tmp_path, 10, -180, heights=heights))
    made = join_tiles(pieces, bounds=(179.5, 10.2, 180.5, 10.8))
    assert off(made, heights).max() < 1e-2
    lon, _ = centres(made)
    assert lon.max() > 180.4


def test_too_many_cells_are_said_before_anything_is_read(tmp_path):
    with pytest.raises(RasterError, match=r"--source glo90"):
        join_tiles([piece(tmp_path, 45, 20)], bounds=(-170, -80, 170, 80))


def test_land_is_land_and_the_open_ocean_is_not():
    assert has_land(DegreeTile(39, 46))
    assert has_land(DegreeTile(42, 51))  # the Caspian Sea, whose level is not that of the ocean
    assert has_land(DegreeTile(-54, -37 - 1 + 360))  # South Georgia
    assert not has_land(DegreeTile(30, -40))
    assert not has_land(DegreeTile(43, 31))  # the Black Sea
    assert DegreeTile(39, 46).name == "N39E046"
    assert DegreeTile(-1, -1).name == "S01W001"
    assert DegreeTile(0, 180).name == "N00W180"
