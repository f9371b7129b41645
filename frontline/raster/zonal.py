"""Zonal statistics: sums of people and areas of classes within polygons."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import pyproj
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from pyproj.crs.coordinate_operation import LambertAzimuthalEqualAreaConversion

from frontline.errors import RasterError
from frontline.raster.io import (
    Bounds,
    Raster,
    Window,
    clip_window,
    cut_blocks,
    find_window,
    find_window_bounds,
    read_window,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


Kind = Literal["count", "density"]

MOST_ZONAL_CELLS = 1_000_000_000
"""Cells under the zones of one raster: some minutes of reading."""

LONGEST_EDGE_M = 2_000.0
"""Edges are cut to this length before they are projected: below 1 m of sagitta to 85 degrees."""

DENSEST_PER_KM2 = 200_000.0
"""More people per km2 than live in any cell of the usual 100 m or more."""

DENSEST_ZONE_PER_KM2 = 5_000.0
"""More people than live on any 500 square kilometres of country beyond the largest cities."""


IMPOSSIBLE_PER_KM2, IMPOSSIBLE_PEOPLE = 1_000_000.0, 10_000.0
"""A cell with more than both of these is none: no land on earth holds so many. Single blocks of
houses reached the first, which the second lets pass in rasters of small cells."""

ODD_VALUES = (9_999.0, 99_999.0, 999_999.0, 32_767.0, 65_535.0)
"""Values that rasters of any type hold where they know nothing, beside their type's largest."""

_UNIT_VALUES = 20
"""So many different impossible values are no value for the unknown, but another unit."""


@dataclass(frozen=True)
class PeopleCells:
    """People of the cells of a window.

    Parameters
    ----------
    people
        Shape ``(rows, cols)``; NaN where unknown, negative or impossible.
    cell_km2
        Area of each cell, same shape.
    negative
        Number of cells below zero.
    impossible
        Number of cells with more people than any land holds, by value as read.
    odd
        Number of cells with a value that often means unknown, by value; they count as they are.
    """

    people: NDArray[np.float64]
    cell_km2: NDArray[np.float64]
    negative: int
    impossible: dict[float, int]
    odd: dict[float, int]


def read_people(raster: Raster, *, window: Window, kind: Kind) -> PeopleCells:
    """Read the people of a window; impossible values become unknown.

    Parameters
    ----------
    raster
        An open raster of people.
    window
        May reach outside the raster.
    kind
        As for `sum_zones`.
    """
    values = read_window(raster, window=window, dtype=np.float64)
    cell_km2 = np.broadcast_to(measure_cell_areas(raster, window=window), values.shape)
    negative = values < 0
    people = np.array(values * cell_km2 if kind == "density" else values, dtype=np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        impossible = (people > IMPOSSIBLE_PER_KM2 * cell_km2) & (people > IMPOSSIBLE_PEOPLE)
    people[negative | impossible] = np.nan
    odd = {value: int((values == value).sum()) for value in _list_odd_values(raster)}
    return PeopleCells(
        people=people,
        cell_km2=cell_km2,
        negative=int(negative.sum()),
        impossible=_count_values(values[impossible]),
        odd={value: count for value, count in odd.items() if count},
    )


def _list_odd_values(raster: Raster) -> tuple[float, ...]:
    """List values, as read, that often stand for unknown in a raster of this type."""
    dtype = np.dtype(raster.dataset.dtypes[0])
    values: tuple[float, ...] = ODD_VALUES
    if np.issubdtype(dtype, np.integer):
        info = np.iinfo(dtype)
        values = tuple({*(value for value in values if value <= info.max), float(info.max)})
    scale, offset = raster.dataset.scales[0], raster.dataset.offsets[0]
    return tuple(sorted(value * scale + offset for value in values))


def _count_values(values: NDArray[np.floating[Any]]) -> dict[float, int]:
    distinct, counts = np.unique(values, return_counts=True)
    return dict(
        zip(distinct[:_UNIT_VALUES].tolist(), counts[:_UNIT_VALUES].tolist(), strict=True)
    ) | (
        {float(distinct[-1]): int(counts[_UNIT_VALUES:].sum())}
        if len(distinct) > _UNIT_VALUES
        else {}
    )


@dataclass(frozen=True)
class ZonalSums:
    """People by zone, and how much of each zone the raster knows.

    Parameters
    ----------
    people
        Sums, shape ``(n,)``: 0 where no cell is known, so read ``coverage`` with it.
    coverage
        Share of each zone's area on cells with a value, 0 to 1; NaN for a zone without area.
    on_raster
        Share of each zone's area within the raster's edges. What it exceeds ``coverage`` by
        is tagged as nodata: in many population rasters that means "nobody lives here", in others
        "not known", and the file does not say which.
    negative
        Number of cells below zero, taken as unknown.
    densest_per_km2, densest_zone_per_km2
        Highest density of any cell and of any zone above 500 km2, for `doubt_kind`.
    impossible, odd
        As in `PeopleCells`: cells under the zones' bounds that were taken as unknown, and cells
        that are to be doubted.
    """

    people: NDArray[np.float64]
    coverage: NDArray[np.float64]
    on_raster: NDArray[np.float64]
    negative: int
    densest_per_km2: float
    densest_zone_per_km2: float
    impossible: Mapping[float, int] = field(default_factory=dict)
    odd: Mapping[float, int] = field(default_factory=dict)


def sum_zones(
    raster: Raster, *, zones: NDArray[np.object_], zones_crs: pyproj.CRS, kind: Kind
) -> ZonalSums:
    """Sum people within zones, with partial cells.

    Parameters
    ----------
    raster
        An open raster of people, in any CRS.
    zones
        Polygons or multipolygons, shape ``(n,)``; empty ones get 0 people. They may overlap:
        each is summed on its own.
    zones_crs
        CRS of the zones. They are brought to the raster's, never the raster to theirs: resampling
        would not keep the number of people.
    kind
        ``"count"``: people per cell; ``"density"``: people per km2.

    Raises
    ------
    RasterError
        The zones have no place in the raster's CRS, or cover more than ``MOST_ZONAL_CELLS`` cells.

    Notes
    -----
    A raster in degrees is tried at three turns of 360, so zones across the antimeridian find
    their cells on both edges of it, and longitudes of 0 to 360 work.
    """
    dense = densify_edges(keep_polygons(zones), crs=zones_crs)
    owner, shapes = to_raster_crs(raster, shapes=dense, crs=zones_crs)
    sums = np.zeros((len(zones), 3))
    negative, densest = 0, 0.0
    impossible: Counter[float] = Counter()
    odd: Counter[float] = Counter()
    for window in find_windows_under(raster, shapes=shapes):
        cells = read_people(raster, window=window, kind=kind)
        negative += cells.negative
        impossible.update(cells.impossible)
        odd.update(cells.odd)
        people, cell_km2 = cells.people, cells.cell_km2
        known = np.isfinite(people)
        if known.any():
            densest = max(densest, float((people[known] / cell_km2[known]).max()))
        layers = [np.where(known, people, 0.0), np.where(known, cell_km2, 0.0), cell_km2]
        box = shapely.box(*find_window_bounds(raster.transform, window=window))
        touched = np.flatnonzero(shapely.intersects(shapes, box))
        np.add.at(sums, owner[touched], _sum_block(raster, window, layers, shapes[touched]))
    area = _measure_areas(dense, zones_crs)
    with np.errstate(invalid="ignore", divide="ignore"):
        known_share = np.where(area > 0, sums[:, 1] / area, np.nan)
        on_share = np.where(area > 0, sums[:, 2] / area, np.nan)
        density = np.where(sums[:, 1] > 500, sums[:, 0] / sums[:, 1], 0.0)
    return ZonalSums(
        people=sums[:, 0],
        coverage=_limit_share(known_share),
        on_raster=_limit_share(on_share),
        negative=negative,
        densest_per_km2=densest,
        densest_zone_per_km2=float(density.max(initial=0.0)),
        impossible=dict(impossible),
        odd=dict(odd),
    )


def doubt_kind(raster: Raster, *, sums: ZonalSums, kind: Kind) -> str:
    """Say why the stated kind of a population raster is hard to believe, or nothing.

    Parameters
    ----------
    raster, sums
        The raster and what came of it.
    kind
        What the project says of it.

    Returns
    -------
    One sentence, or an empty string. It is a doubt, not a verdict: the kind stays as stated.
    """
    words = f"{raster.unit} {raster.description}".lower()
    said_density = re.search(r"densit|km-?2|/ ?km|per (sq|km)|km²", words) is not None
    said_count = re.search(r"per (cell|pixel)|/ ?(cell|pixel)|\bcounts?\b", words) is not None
    if kind == "count" and said_density:
        return f"the project says counts, the file says '{words.strip()}'"
    if kind == "density" and said_count:
        return f"the project says densities, the file says '{words.strip()}'"
    too_dense = sums.densest_per_km2 > DENSEST_PER_KM2
    if too_dense or sums.densest_zone_per_km2 > DENSEST_ZONE_PER_KM2:
        return (
            f"read as {kind} it holds {sums.densest_per_km2:,.0f} people per km2 at its densest "
            f"and {sums.densest_zone_per_km2:,.0f} over the densest zone"
            + (": is it a raster of densities?" if kind == "count" else "")
        )
    return ""


def doubt_values(raster: Raster, *, sums: ZonalSums) -> Iterator[tuple[str, int]]:
    """Say which values of a population raster are hardly people, each with its number of cells.

    Parameters
    ----------
    raster, sums
        The raster and what came of it.
    """
    if sums.impossible:
        values = sorted(sums.impossible)
        named = f"{values[0]:.4g}" if len(values) == 1 else f"{values[0]:.4g} to {values[-1]:.4g}"
        text = f"cells hold more people than any land ({named}) and are taken as unknown. " + (
            "Are they in another unit, or is its kind another one?"
            if len(values) >= _UNIT_VALUES
            else "Where such a value means unknown, name it: nodata = ..."
        )
        yield text, sum(sums.impossible.values())
    largest = _find_largest_value(raster)
    for value, count in sorted(sums.odd.items()):
        if value == largest:
            text = f"cells hold {value:g}, the largest value that the file can hold, as people"
        elif count > 1:
            text = f"cells hold {value:g}, which often stands for unknown, as people"
        else:
            continue
        yield f"{text}. If it means unknown, set nodata = {value:g}.", count


def _find_largest_value(raster: Raster) -> float:
    dtype = np.dtype(raster.dataset.dtypes[0])
    if not np.issubdtype(dtype, np.integer):
        return np.inf
    scale, offset = raster.dataset.scales[0], raster.dataset.offsets[0]
    return float(np.iinfo(dtype).max * scale + offset)


def keep_polygons(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Drop points and lines, which overlaying leaves where borders touch; they hold nobody."""
    polygons = np.array(shapes, dtype=object)
    for row in np.flatnonzero(~np.isin(shapely.get_type_id(polygons), (3, 6))):
        parts = shapely.get_parts(shapely.get_parts(polygons[row]))
        polygons[row] = shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])
    return polygons


def densify_edges(shapes: NDArray[np.object_], *, crs: pyproj.CRS) -> NDArray[np.object_]:
    """Cut edges so that they stay on their line when projected (``LONGEST_EDGE_M``)."""
    metres = crs.axis_info[0].unit_conversion_factor
    if crs.is_geographic:
        geod = crs.get_geod()
        assert geod is not None
        metres *= geod.a
    return np.asarray(shapely.segmentize(shapes, LONGEST_EDGE_M / metres), dtype=object)


def to_raster_crs(
    raster: Raster, *, shapes: NDArray[np.object_], crs: pyproj.CRS
) -> tuple[NDArray[np.intp], NDArray[np.object_]]:
    """Bring shapes into a raster's CRS, and keep those that meet the raster.

    Parameters
    ----------
    raster
        The raster.
    shapes
        Densified geometries, shape ``(n,)``.
    crs
        Their CRS.

    Returns
    -------
    Index of the shape each result comes from, and the results. In a raster of degrees a shape
    may come back at more than one turn of 360.

    Raises
    ------
    RasterError
        A shape has no place in the raster's CRS, or holds a pole and the raster is in degrees.
    """
    if raster.crs.is_geographic:
        _refuse_poles(raster, shapes, crs)
    to_raster = pyproj.Transformer.from_crs(crs, raster.crs, always_xy=True)
    moved = shapely.transform(shapes, to_raster.transform, interleaved=False)
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        raise RasterError(
            f"part of the area of interest has no place in its CRS '{raster.crs.name}'. "
            "Reproject the raster: gdalwarp -t_srs EPSG:4326 IN OUT.tif",
            path=raster.path,
        )
    turns = [0.0]
    if raster.crs.is_geographic:
        moved = np.array([_unwrap_longitudes(shape, raster.crs) for shape in moved], dtype=object)
        turns = [turn / _find_degrees_per_unit(raster.crs) for turn in (-360.0, 0.0, 360.0)]
    # A spike of no width, as overlays leave them, may cross itself once it is projected, and
    # exactextract then counts whole cells too many.
    crossed = ~shapely.is_valid(moved)
    moved[crossed] = keep_polygons(shapely.make_valid(moved[crossed], method="structure"))
    box = shapely.box(*raster.bounds)
    owners, placed = [], []
    for turn in turns:
        turned = shapely.transform(moved, lambda xy, by=turn: xy + np.array([by, 0.0]))
        meets = np.flatnonzero(shapely.intersects(turned, box))
        owners.append(meets)
        placed.append(turned[meets])
    return np.concatenate(owners), np.concatenate(placed)


def measure_cell_areas(raster: Raster, *, window: Window) -> NDArray[np.float64]:
    """Return the true area of cells on the ellipsoid.

    Parameters
    ----------
    raster
        Gives grid and CRS; no cell is read.
    window
        The cells.

    Returns
    -------
    Shape ``(rows, 1)`` for a raster in degrees, else ``(rows, cols)``.

    Notes
    -----
    Between two parallels and two meridians the ellipsoid has the area
    b^2 dlon (q(lat2) - q(lat1)) / 2 with q = s / (1 - e^2 s^2) + atanh(e s) / e, s = sin(lat).
    In other projections the area of a cell is measured in an equal-area projection at some
    thirty rows and columns and interpolated between them: the scale changes slowly.

    References
    ----------
    Snyder, J. P. (1987), Map projections: a working manual, USGS PP 1395, equation 3-12.
    """
    if raster.crs.is_geographic:
        return _measure_row_areas(raster, window)[:, np.newaxis]
    rows = np.unique(np.linspace(0, window.rows - 1, 33).astype(int))
    cols = np.unique(np.linspace(0, window.cols - 1, 33).astype(int))
    sampled = _sample_areas(raster, window, rows, cols)
    along = np.array([np.interp(np.arange(window.cols), cols, line) for line in sampled])
    upper = np.clip(np.searchsorted(rows, np.arange(window.rows), "right") - 1, 0, len(rows) - 1)
    lower = np.minimum(upper + 1, len(rows) - 1)
    step = np.maximum(rows[lower] - rows[upper], 1)
    weight = ((np.arange(window.rows) - rows[upper]) / step)[:, np.newaxis]
    return np.asarray(along[upper] * (1 - weight) + along[lower] * weight)


def _measure_row_areas(raster: Raster, window: Window) -> NDArray[np.float64]:
    a, _, _, _, e, f = raster.transform
    radian = raster.crs.axis_info[0].unit_conversion_factor
    edges = (f + e * (window.row + np.arange(window.rows + 1))) * radian
    geod = raster.crs.get_geod()
    assert geod is not None
    minor, squared = geod.b, geod.es
    s = np.sin(np.clip(edges, -np.pi / 2, np.pi / 2))
    ecc = np.sqrt(squared)
    q = s / (1 - squared * s**2) + (np.arctanh(ecc * s) / ecc if ecc > 0 else s)
    return np.asarray(minor**2 * a * radian * (q[:-1] - q[1:]) / 2 / 1e6)


def _sample_areas(
    raster: Raster, window: Window, rows: NDArray[np.intp], cols: NDArray[np.intp]
) -> NDArray[np.float64]:
    a, _, c, _, e, f = raster.transform
    row, col = np.meshgrid(window.row + rows, window.col + cols, indexing="ij")
    corners_x = np.stack([c + a * (col + dx) for dx in (0, 1, 1, 0)])
    corners_y = np.stack([f + e * (row + dy) for dy in (0, 0, 1, 1)])
    middle = find_window_bounds(raster.transform, window=window)
    flat = _make_equal_area_crs(
        raster.crs, ((middle[0] + middle[2]) / 2, (middle[1] + middle[3]) / 2)
    )
    to_flat = pyproj.Transformer.from_crs(raster.crs, flat, always_xy=True)
    x, y = to_flat.transform(corners_x, corners_y)
    diagonals = (x[2] - x[0]) * (y[3] - y[1]) - (x[3] - x[1]) * (y[2] - y[0])
    return np.asarray(np.abs(diagonals) / 2 / 1e6)


def _make_equal_area_crs(crs: pyproj.CRS, xy: tuple[float, float]) -> pyproj.CRS:
    """Return a Lambert azimuthal equal-area projection about a point, on the same datum."""
    base = crs.geodetic_crs
    to_base = pyproj.Transformer.from_crs(crs, base, always_xy=True)
    lon, lat = to_base.transform(*xy)
    return pyproj.crs.ProjectedCRS(LambertAzimuthalEqualAreaConversion(lat, lon), geodetic_crs=base)


def _measure_areas(dense: NDArray[np.object_], crs: pyproj.CRS) -> NDArray[np.float64]:
    """Return true areas of densified polygons."""
    xy = shapely.get_coordinates(dense)
    if len(xy) == 0:
        return np.zeros(len(dense))
    flat = _make_equal_area_crs(crs, (float(xy[0, 0]), float(xy[0, 1])))
    to_flat = pyproj.Transformer.from_crs(crs, flat, always_xy=True)
    return np.asarray(
        shapely.area(shapely.transform(dense, to_flat.transform, interleaved=False)) / 1e6
    )


def _limit_share(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Limit shares to 0 and 1, which rounding and sagitta may miss by some millionths."""
    return np.clip(np.where(np.abs(values - 1) < 1e-5, 1.0, values), 0.0, 1.0)


def _find_degrees_per_unit(crs: pyproj.CRS) -> float:
    """Return degrees per unit of a geographic CRS (grads exist)."""
    return float(np.degrees(crs.axis_info[0].unit_conversion_factor))


def _unwrap_longitudes(shape: Any, crs: pyproj.CRS) -> Any:
    """Make longitudes run on across the antimeridian, about the shape's first vertex."""
    turn = 360.0 / _find_degrees_per_unit(crs)
    xy = shapely.get_coordinates(shape)
    if len(xy) == 0:
        return shape
    xy[:, 0] -= turn * np.round((xy[:, 0] - xy[0, 0]) / turn)
    return shapely.set_coordinates(shape, xy)


def _refuse_poles(raster: Raster, shapes: NDArray[np.object_], crs: pyproj.CRS) -> None:
    if crs.is_geographic:
        return
    base = crs.geodetic_crs
    from_base = pyproj.Transformer.from_crs(base, crs, always_xy=True)
    poles = np.column_stack(from_base.transform([0.0, 0.0], [90.0, -90.0]))
    poles = poles[np.isfinite(poles).all(axis=1)]
    for pole in shapely.points(poles):
        if shapely.intersects(shapes, pole).any():
            raise RasterError(
                "is in degrees, and the area of interest holds a pole. Reproject it: "
                "gdalwarp -t_srs EPSG:3413 (north) or EPSG:3031 (south) IN OUT.tif",
                path=raster.path,
            )


def find_windows_under(raster: Raster, *, shapes: NDArray[np.object_]) -> Iterator[Window]:
    """Yield blocks of the raster under any of the shapes."""
    if len(shapes) == 0:
        return
    window = clip_window(
        raster,
        window=find_window(raster, bounds=cast("Bounds", tuple(shapely.total_bounds(shapes)))),
    )
    if window is None:
        return
    if window.cells > MOST_ZONAL_CELLS:
        raise RasterError(
            f"{window.rows:,} x {window.cols:,} of its {raster.rows:,} x {raster.cols:,} cells lie "
            f"under the zones (at most {MOST_ZONAL_CELLS:,}). Use a coarser raster.",
            path=raster.path,
        )
    tree = shapely.STRtree(shapes)
    for block in cut_blocks(window):
        if len(
            tree.query(
                shapely.box(*find_window_bounds(raster.transform, window=block)), "intersects"
            )
        ):
            yield block


def _sum_block(
    raster: Raster,
    window: Window,
    layers: list[NDArray[np.float64]],
    shapes: NDArray[np.object_],
) -> NDArray[np.float64]:
    """Return sums of each layer in each shape, shape ``(shapes, layers)``."""
    import geopandas as gpd

    west, south, east, north = find_window_bounds(raster.transform, window=window)
    wkt = raster.crs.to_wkt()
    sources = [
        NumPyRasterSource(layer, west, south, east, north, name=f"v{number}", srs_wkt=wkt)
        for number, layer in enumerate(map(np.ascontiguousarray, layers))
    ]
    frame = gpd.GeoDataFrame(geometry=list(shapes), crs=raster.crs)
    table = exact_extract(sources, frame, ["sum"], output="pandas")
    return np.asarray(np.nan_to_num(table.to_numpy(dtype=np.float64)))


def measure_classes_by_cell(
    raster: Raster,
    *,
    window: Window,
    layers: tuple[NDArray[np.float64], NDArray[np.float64]],
    shapes: NDArray[np.object_],
    classes: int,
) -> NDArray[np.float64]:
    """Measure the land of each class in a window within shapes, cell by cell.

    Parameters
    ----------
    raster, window
        Where the cells lie.
    layers
        Number of the class of each cell of the window, and its area in square kilometres.
    shapes
        Polygons in the raster's CRS, shape ``(n,)``; empty ones hold nothing.
    classes
        How many classes there are.

    Returns
    -------
    Square kilometres, shape ``(n, classes)``; a cell counts with the share of it inside.
    """
    import geopandas as gpd

    class_km2 = np.zeros((len(shapes), classes))
    filled = np.flatnonzero(~shapely.is_empty(shapes))
    if len(filled) == 0:
        return class_km2
    bounds = find_window_bounds(raster.transform, window=window)
    wkt = raster.crs.to_wkt()
    numbers, areas = (
        NumPyRasterSource(np.ascontiguousarray(layer), *bounds, name=name, srs_wkt=wkt)
        for name, layer in zip(("class", "area"), layers, strict=True)
    )
    frame = gpd.GeoDataFrame(geometry=list(shapes[filled]), crs=raster.crs)
    operations = ["unique", "weighted_frac"]
    table = exact_extract(numbers, frame, operations, weights=areas, output="pandas")
    whole = exact_extract(areas, frame, ["sum"], output="pandas").to_numpy(dtype=np.float64)
    for row, unique, share, sum_ in zip(
        filled, table["unique"], table["weighted_frac"], np.nan_to_num(whole[:, 0]), strict=True
    ):
        class_km2[row, np.asarray(unique, dtype=np.int64)] = np.asarray(share) * sum_
    return class_km2


SQUARE = 100
"""Cells a side of the squares that are added up as wholes."""


def measure_classes(
    raster: Raster,
    *,
    zones: NDArray[np.object_],
    zones_crs: pyproj.CRS,
    classed: Callable[[NDArray[np.floating[Any]]], NDArray[np.float64]],
    classes: int,
) -> NDArray[np.float64]:
    """Measure the land of each class of a raster within zones, with partial cells.

    Parameters
    ----------
    raster
        An open raster of classes, in any CRS.
    zones, zones_crs
        Polygons, shape ``(n,)``, which may overlap, and their CRS.
    classed
        Turns values as read into numbers of classes, from 0.
    classes
        How many there are.

    Returns
    -------
    Square kilometres on the ellipsoid, shape ``(n, classes)``; land off the raster is in none.

    Raises
    ------
    RasterError
        As for `sum_zones`.
    """
    dense = densify_edges(keep_polygons(zones), crs=zones_crs)
    owner, shapes = to_raster_crs(raster, shapes=dense, crs=zones_crs)
    areas = np.zeros((len(zones), classes))
    for window in find_windows_under(raster, shapes=shapes):
        numbers = classed(read_window(raster, window=window))
        cell_km2 = np.broadcast_to(measure_cell_areas(raster, window=window), numbers.shape)
        box = shapely.box(*find_window_bounds(raster.transform, window=window))
        touched = np.flatnonzero(shapely.intersects(shapes, box))
        parts = keep_polygons(shapely.intersection(shapes[touched], box))
        block_km2 = _measure_block_classes(raster, window, (numbers, cell_km2), parts, classes)
        np.add.at(areas, owner[touched], block_km2)
    return areas


def _measure_block_classes(
    raster: Raster,
    window: Window,
    layers: tuple[NDArray[np.float64], NDArray[np.float64]],
    shapes: NDArray[np.object_],
    classes: int,
) -> NDArray[np.float64]:
    """Return the area of each class in each shape, shape ``(shapes, classes)``.

    Squares of cells that lie inside a shape are added up as wholes, which is twenty times as fast;
    only along its edges is each cell looked at.
    """
    boxes, sums = _sum_squares(raster, window, layers, classes)
    class_km2 = np.zeros((len(shapes), classes))
    edges = np.full(len(shapes), shapely.MultiPolygon(), dtype=object)
    for row, shape in enumerate(shapes):
        shapely.prepare(shape)
        meets = shapely.intersects(shape, boxes)
        inside = meets & shapely.covers(shape, boxes)
        class_km2[row] = sums[inside].sum(axis=0)
        rim = shapely.union_all(boxes[meets & ~inside])
        edges[row] = shapely.intersection(shape, rim)
    return class_km2 + measure_classes_by_cell(
        raster, window=window, layers=layers, shapes=keep_polygons(edges), classes=classes
    )


def _sum_squares(
    raster: Raster,
    window: Window,
    layers: tuple[NDArray[np.float64], NDArray[np.float64]],
    classes: int,
) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Add up squares of cells: their outlines, and the area of each class in each."""
    numbers, cell_km2 = layers
    down, across = (-(-size // SQUARE) for size in numbers.shape)
    row = np.arange(window.rows)[:, None] // SQUARE * across
    square = row + np.arange(window.cols)[None, :] // SQUARE
    key = square * classes + numbers.astype(np.int64)
    sums = np.bincount(
        key.ravel(), weights=cell_km2.ravel(), minlength=down * across * classes
    ).reshape(down * across, classes)
    tops = np.minimum(np.arange(down + 1) * SQUARE, window.rows) + window.row
    lefts = np.minimum(np.arange(across + 1) * SQUARE, window.cols) + window.col
    a, _, c, _, e, f = raster.transform
    x, y = c + a * lefts, f + e * tops
    west, north = np.meshgrid(x[:-1], y[:-1])
    east, south = np.meshgrid(x[1:], y[1:])
    return shapely.box(west, south, east, north).ravel(), np.asarray(sums, dtype=np.float64)
