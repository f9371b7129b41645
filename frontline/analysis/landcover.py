"""Land cover: the classes of a raster by area, exactly, and by squares for displaced lines.

The raster is read by windows and never as a whole. What it does not know (nodata, a code for
unknown, land beyond its edge) is a class of its own: unknown is neither farmland nor its absence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely

from frontline._typing import Floats
from frontline.errors import RasterError
from frontline.executor import map_pieces
from frontline.geo.geodesy import measure_area
from frontline.lines.front import Copies
from frontline.project.loader import write_relative
from frontline.raster.io import Raster, Window, clip_window, find_window, open_raster, read_window
from frontline.raster.zonal import densify_edges, measure_cell_areas, measure_classes, to_raster_crs
from frontline.records import Note
from frontline.uncertainty.displacement import Kind
from frontline.uncertainty.intervals import SIGMAS, Drawn, take_interval
from frontline.uncertainty.sampling import OUTSIDE, SamplePosition, find_position

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.geo.projection import ProjectedPlane
    from frontline.inputs.layers import Layers
    from frontline.lines.front import DisplacedFront, FrontLine
    from frontline.project.models import LandCover, Project


OTHER, UNKNOWN = "other", "unknown"
"""Land with a code of no class, and land of which no code is known."""

MOST_SQUARES = 30_000
"""Cells are merged in squares until about this many remain, for hundreds of displaced lines."""

FARTHEST_SIGMAS = 4.0
"""Squares further than this from a line and from the edges of its zones stay where they are."""

LARGEST_CODE = 65_535
"""Codes are looked up in a table of this length at most."""

_BAND_CELLS = 4_000_000
_GOLDEN, _SILVER = (5**0.5 - 1) / 2, 2**0.5 - 1
_SHOWN_CODES = 8


@dataclass(frozen=True)
class CoverPosition:
    """Where the squares of a land cover lie against a line, and against its displaced copies.

    Parameters
    ----------
    names
        Sides; the number after the last is land on no side.
    side, ring
        Numbers of side and ring, shape ``(1 + draws, m)``: the line as drawn comes first.
        The number after the last ring is land beyond all of them.
    """

    names: tuple[str, ...]
    side: NDArray[np.int8]
    ring: NDArray[np.int8]


@dataclass(frozen=True)
class LandCoverSquares:
    """Land cover of the study area, in squares of cells.

    Parameters
    ----------
    names
        Classes as the project names them, then `OTHER` and `UNKNOWN`; k in all.
    xy
        A point of each square in the plane, shape ``(m, 2)``, within the study area.
    area_km2
        Land of each class in each square, shape ``(m, k)``.
    known
        Share of the study area whose cover is known.
    step_m
        About the edge of a cell.
    notes
        What a reader must know.
    against
        The squares against each dated line, by its key.
    """

    names: tuple[str, ...]
    xy: Floats
    area_km2: Floats
    known: float
    step_m: float
    notes: tuple[Note, ...]
    against: Mapping[str, CoverPosition] = field(default_factory=dict)


def name_classes(stated: LandCover) -> tuple[str, ...]:
    """Name the classes of a land cover, those of the project first."""
    return (*stated.classes, OTHER, UNKNOWN)


def number_classes(stated: LandCover) -> Callable[[NDArray[np.floating[Any]]], Floats]:
    """Return what turns values as read into numbers of `name_classes`."""
    codes = {code: at for at, every in enumerate(stated.classes.values()) for code in every}
    other, unknown = len(stated.classes), len(stated.classes) + 1
    codes |= dict.fromkeys(stated.unknown, unknown)
    looked_up = {code: at for code, at in codes.items() if code >= 0}
    size = max(looked_up, default=0) + 1
    # By code; then what is beyond all codes, and what is no number.
    table = np.full(size + 2, float(other))
    table[list(looked_up)] = list(looked_up.values())
    table[size + 1] = unknown

    def classed(values: NDArray[np.floating[Any]]) -> Floats:
        nothing = np.isnan(values)
        at = np.where(nothing, size + 1, np.clip(values, 0, size)).astype(np.int64)
        between = (at != values) & (at < size)  # below all codes, or no whole number
        return np.asarray(np.where(between, float(other), table[at]), dtype=np.float64)

    return classed


def read_cover(project: Project, *, layers: Layers) -> LandCoverSquares | None:
    """Read the land cover of the study area, merged in squares.

    Parameters
    ----------
    project
        Names the raster and its classes; None without ``[landcover]``.
    layers
        Study area and plane.

    Raises
    ------
    RasterError
        The raster cannot be used, does not reach the study area, or holds none of the classes.
    """
    stated = project.landcover
    if stated is None:
        return None
    _check_codes(stated)
    shown = write_relative(stated.path, project=project)
    plane = layers.plane
    with open_raster(stated.path, crs=stated.crs, nodata=stated.nodata, shown=shown) as raster:
        windows, reached = _find_windows(raster, layers.study_area, plane.crs)
        if not windows:
            raise RasterError(
                "does not reach the study area. Use land cover of this region, or correct the CRS.",
                path=raster.path,
            )
        squares = _Squares(raster, stated, sum(window.cells for window in windows))
        parts = [squares.merge(band) for window in windows for band in squares.cut_bands(window)]
        step_m = float(np.sqrt(1e6 * measure_cell_areas(raster, window=windows[0]).mean()))
    place = np.concatenate([part[0] for part in parts])
    area_km2 = np.concatenate([part[1] for part in parts])
    turn = pyproj.Transformer.from_crs(raster.crs, plane.crs, always_xy=True)
    xy = np.column_stack(turn.transform(place[:, 0], place[:, 1]))
    shapely.prepare(layers.study_area)
    inside = shapely.contains_xy(layers.study_area, xy[:, 0], xy[:, 1])
    xy, area_km2 = xy[inside], area_km2[inside]
    sums = area_km2.sum(axis=0)
    _check_known(stated, sums, raster)
    known = reached * (1.0 - float(sums[-1] / sums.sum()))
    notes = tuple(
        _note_cover(
            raster.datum_doubt, known, squares.strange, float(sums[-2] / max(sums.sum(), 1e-12))
        )
    )
    return LandCoverSquares(name_classes(stated), xy, area_km2, known, step_m, notes)


def relate_to_lines(
    cover: LandCoverSquares | None,
    *,
    fronts: Sequence[FrontLine],
    draws: Mapping[str, Sequence[DisplacedFront]],
    distances_m: Sequence[float],
    plane: ProjectedPlane,
) -> LandCoverSquares | None:
    """Find side and ring of each square for each line and each of its displaced copies.

    Parameters
    ----------
    cover
        The squares.
    fronts, draws
        Lines, and their displaced copies by key.
    distances_m
        Outer edges of the rings, ascending.
    plane
        The plane.

    Returns
    -------
    The cover with ``against``; None without one.

    Notes
    -----
    Only squares within four standard deviations of the line, or of the edge of a zone, are
    looked at again for each copy.
    """
    if cover is None:
        return None
    positions = {
        front.key: _locate_squares(cover, front, draws.get(front.key, ()), distances_m, plane)
        for front in fronts
    }
    return replace(cover, against=positions)


def _locate_squares(
    cover: LandCoverSquares,
    front: FrontLine,
    draws: Sequence[DisplacedFront],
    distances_m: Sequence[float],
    plane: ProjectedPlane,
) -> CoverPosition:
    edges = np.array(distances_m)
    names = tuple(name for name in front.sides if name)
    points = shapely.points(cover.xy)
    nominal = find_position(
        points, line=front.geometry, sides=front.sides, plane=plane, names=names
    )
    nobody = len(names)
    side = np.where(nominal.side == OUTSIDE, nobody, nominal.side).astype(np.int8)
    ring = np.searchsorted(edges, nominal.distance_m, side="left").astype(np.int8)
    sides, rings = (np.repeat(numbers[None], 1 + len(draws), axis=0) for numbers in (side, ring))
    reach_m = FARTHEST_SIGMAS * float(front.error_m.max(initial=0.0)) / SIGMAS
    away = np.abs(nominal.distance_m[:, None] - np.array([0.0, *edges])).min(axis=1)
    moving = np.flatnonzero(away < reach_m)
    for row, position in _locate_in_copies(
        front, draws, cover.xy[moving], nominal.part(moving), plane, names
    ):
        sides[row, moving] = np.where(position.side == OUTSIDE, nobody, position.side)
        rings[row, moving] = np.searchsorted(edges, position.distance_m, side="left")
    return CoverPosition(names, sides, rings)


def _locate_in_copies(
    front: FrontLine,
    draws: Sequence[DisplacedFront],
    xy: Floats,
    nominal: SamplePosition,
    plane: ProjectedPlane,
    names: Sequence[str],
) -> Iterator[tuple[int, SamplePosition]]:
    """Place squares in each copy, by its row: the line that the copies are displaced from is 0."""
    if not len(xy):
        return
    if not isinstance(draws, Copies):
        points = shapely.points(xy)
        for row, draw in enumerate(draws, start=1):
            yield (
                row,
                find_position(points, line=draw.line, sides=draw.sides, plane=plane, names=names),
            )
        return
    number = {name: at for at, name in enumerate(front.sides)}
    order = np.array([*(number[name] for name in names), OUTSIDE])
    side_numbers = np.where(nominal.side == OUTSIDE, OUTSIDE, order[nominal.side])
    located = draws.locate(xy, side_numbers, plane)
    back = np.full(len(number) + 1, OUTSIDE)
    back[order[:-1]] = np.arange(len(names))
    whole = draws.line.generalised
    base: Kind = "drawn" if whole else "smooth"
    kind: Kind = "lines" if whole else "maps"
    places = map_pieces(lambda row: located.at(kind, row), range(len(draws)))
    for row, position in enumerate([located.at(base, 0), *places]):
        yield row, SamplePosition(back[position.side], position.distance_m)


def realise_flows(
    cover: LandCoverSquares,
    *,
    first: CoverPosition,
    second: CoverPosition,
    inside: NDArray[np.bool_] | None = None,
) -> Floats:
    """Add up land that went from side to side of two lines, in squares.

    Parameters
    ----------
    cover
        The squares, m of them.
    first, second
        The squares against the two lines. The i-th draw of one is paired with the i-th of the
        other.
    inside
        Only these squares, shape ``(m,)``.

    Returns
    -------
    Square kilometres by draw (the lines as drawn come first), side before, side after and class;
    the side after the last is nobody's.
    """
    n, m = len(first.names) + 1, len(second.names) + 1
    count = max(len(first.side), len(second.side))
    sums = np.zeros((count, n * m, len(cover.names)))
    area_km2 = cover.area_km2 if inside is None else cover.area_km2 * inside[:, None]
    for row in range(count):
        before, after = (
            position.side[min(row, len(position.side) - 1)] for position in (first, second)
        )
        at = before.astype(np.int64) * m + after
        for column in range(len(cover.names)):
            sums[row, :, column] = np.bincount(at, weights=area_km2[:, column], minlength=n * m)
    return sums.reshape(count, n, m, -1)


def combine_intervals(value: float, *, drawn: Floats, least: float = 0.0) -> tuple[float, float]:
    """Take the interval of a figure from those of squares.

    Parameters
    ----------
    value
        The figure, exact.
    drawn
        The figure of squares for the lines as drawn, then for each draw, shape ``(1 + draws,)``.
    least
        No end lies below it.

    Returns
    -------
    Ends moved to the exact figure; NaN without draws.
    """
    if len(drawn) < 2:
        return math.nan, math.nan
    if np.ptp(drawn) <= 1e-12 * abs(float(drawn[0])):  # sums in another order differ by as much
        return value, value
    return take_interval(value, drawn=Drawn(float(drawn[0]), drawn[1:]), least=least)


def measure_cover(
    project: Project, *, layers: Layers, lands: NDArray[np.object_]
) -> NDArray[np.float64]:
    """Measure the land of each class within lands, exactly.

    Parameters
    ----------
    project
        With ``[landcover]``.
    layers
        For the plane.
    lands
        Polygons in the plane, shape ``(n,)``.

    Returns
    -------
    Square kilometres, shape ``(n, k)``, in the order of `name_classes`; a row adds up to the
    land's area. What lies off the raster is unknown.
    """
    stated = project.landcover
    assert stated is not None
    names, plane = name_classes(stated), layers.plane
    shown = write_relative(stated.path, project=project)
    with open_raster(stated.path, crs=stated.crs, nodata=stated.nodata, shown=shown) as raster:
        areas = measure_classes(
            raster,
            zones=lands,
            zones_crs=plane.crs,
            classed=number_classes(stated),
            classes=len(names),
        )
    whole = measure_area(lands, plane=plane) / 1e6
    covered = areas.sum(axis=1)
    # Off the raster: unknown. Below a ten-thousandth it is the rounding of bent edges.
    beyond = np.where(covered < (1 - 1e-4) * whole, whole - covered, 0.0)
    scale = np.divide(whole - beyond, covered, out=np.ones(len(covered)), where=covered > 0)
    areas *= scale[:, None]
    areas[:, -1] += beyond
    return areas


def _check_codes(stated: LandCover) -> None:
    largest = max(max(codes, default=0) for codes in (*stated.classes.values(), stated.unknown))
    if largest > LARGEST_CODE:
        raise RasterError(
            f"the code {largest:,} is too large (at most {LARGEST_CODE:,}). Recode the raster.",
            field="landcover.classes",
        )


def _check_known(stated: LandCover, sums: Floats, raster: Raster) -> None:
    if not sums[: len(stated.classes)].any():
        raise RasterError(
            "holds none of the codes of the classes within the study area "
            f"(expected {', '.join(str(c) for codes in stated.classes.values() for c in codes)}). "
            "Give its codes: classes = { farmland = [...] } in [landcover].",
            path=raster.path,
            field="landcover.classes",
        )


def _note_cover(
    datum_doubt: str, known: float, strange: dict[int, int], share: float
) -> Iterator[Note]:
    if datum_doubt:
        yield Note("landcover", datum_doubt)
    if known < 0.9995:
        text = f"land cover is unknown on {1 - known:.1%} of the study area: a class of its own."
        yield Note("landcover", text)
    if strange:
        codes = sorted(strange, key=lambda code: (-strange[code], code))
        shown = ", ".join(str(code) for code in codes[:_SHOWN_CODES])
        more = " and others" if len(codes) > _SHOWN_CODES else ""
        text = f"codes {shown}{more} are of no class: about {share:.0%} of the land is '{OTHER}'."
        yield Note("landcover", text, len(codes))


def _find_windows(raster: Raster, area: Any, crs: pyproj.CRS) -> tuple[list[Window], float]:
    """Return the parts of a raster under an area, and what share of the area it reaches.

    Several parts where a raster of the whole turn meets the area at both edges.
    """
    _, shapes = to_raster_crs(
        raster, shapes=densify_edges(np.array([area], dtype=object), crs=crs), crs=crs
    )
    if len(shapes) == 0:
        return [], 0.0
    windows = [
        clip_window(raster, window=find_window(raster, bounds=shape.bounds)) for shape in shapes
    ]
    on = shapely.area(shapely.intersection(shapes, shapely.box(*raster.bounds))).sum()
    share = float(on / shapely.area(shapes[0]))
    share = 1.0 if share > 1.0 - 1e-9 else share
    return [window for window in windows if window is not None], share


class _Squares:
    """Merges the cells of a raster in squares, band by band."""

    def __init__(self, raster: Raster, stated: LandCover, cells: int) -> None:
        self.raster = raster
        self.classed = number_classes(stated)
        self.classes = len(name_classes(stated))
        self.side = max(1, int(np.ceil(np.sqrt(cells / MOST_SQUARES))))
        self.strange: dict[int, int] = {}

    def cut_bands(self, window: Window) -> Iterator[Window]:
        """Cut a window into bands whose rows are a multiple of the squares' side."""
        side = self.side
        rows = side * max(1, _BAND_CELLS // max(window.cols * side, 1))
        for row in range(window.row, window.row + window.rows, rows):
            height = min(rows, window.row + window.rows - row)
            yield Window(row, window.col, height, window.cols)

    def merge(self, window: Window) -> tuple[Floats, Floats]:
        """Return a place in each square, in the raster's CRS, and its land of each class."""
        values = read_window(self.raster, window=window)
        numbers = self.classed(values).astype(np.int64)
        self._look_for_strange(values[numbers == self.classes - 2])
        row, col = np.divmod(np.arange(window.cells), window.cols)
        rows, cols = (-(-size // self.side) for size in (window.rows, window.cols))
        square = row // self.side * cols + col // self.side
        area = np.broadcast_to(measure_cell_areas(self.raster, window=window), values.shape)
        key = square * self.classes + numbers.ravel()
        sums = np.bincount(key, weights=area.ravel(), minlength=rows * cols * self.classes)
        # Not the middles: these would pass a straight line by whole rows at once.
        down, across = np.divmod(np.arange(rows * cols), cols)
        above = window.row // self.side + down
        y = (down + (0.5 + across * _GOLDEN + above * _SILVER) % 1.0) * self.side
        x = (across + (0.5 + above * _GOLDEN + across * _SILVER) % 1.0) * self.side
        a, _, c, _, e, f = self.raster.transform
        place = np.column_stack(
            [
                c + a * (window.col + np.where(x < window.cols, x, window.cols - 0.5)),
                f + e * (window.row + np.where(y < window.rows, y, window.rows - 0.5)),
            ]
        )
        return place, np.asarray(sums.reshape(rows * cols, -1), dtype=np.float64)

    def _look_for_strange(self, values: NDArray[np.floating[Any]]) -> None:
        codes, counts = np.unique(values, return_counts=True)
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
            whole = int(code)
            if whole in self.strange or len(self.strange) < 1_000:
                self.strange[whole] = self.strange.get(whole, 0) + count
