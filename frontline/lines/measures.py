"""Measures of lines: length by scale, sinuosity, and how far two lines lie apart."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline import schema
from frontline._typing import Floats
from frontline.elevation.dem import sample_heights, to_dem_crs
from frontline.elevation.terrain import measure_relief, measure_slope
from frontline.geo.geodesy import find_nearest, measure_length, place_points, sample_line
from frontline.geo.geodesy import measure_distance_of_points as distance_to
from frontline.lines.front import pair_lines, take_paired_figures
from frontline.schema import Table
from frontline.uncertainty.intervals import take_interval

if TYPE_CHECKING:
    from frontline.elevation.dem import Dem
    from frontline.geo.projection import ProjectedPlane
    from frontline.lines.front import DisplacedFront, FrontLine


SCALES_M = (0.0, 500.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0)
"""Scales at which a line is measured: bends smaller than this are left out."""

STEP_M = 500.0
"""Distances along a line are taken this often."""


def measure_length_at_scales(
    course: Any, *, plane: ProjectedPlane, scales_m: Sequence[float] = SCALES_M
) -> pd.DataFrame:
    """Measure a line with its smaller bends left out.

    Parameters
    ----------
    course
        Line in the plane, in any number of pieces.
    plane
        The plane.
    scales_m
        Tolerances of the generalisation (Douglas and Peucker, in the plane); 0 is as drawn.

    Returns
    -------
    One row per scale: ``generalise_m, length_km`` (geodesic)``, vertices``. The ends of pieces
    stay, so that the length falls with the scale, down to that of straight pieces.

    References
    ----------
    Douglas, D. and Peucker, T. (1973), Algorithms for the reduction of the number of points
    required to represent a digitized line, Cartographica 10, 112-122.
    """
    merged = shapely.line_merge(course)
    rows = []
    for scale in scales_m:
        plain = shapely.simplify(merged, scale, preserve_topology=False) if scale > 0 else merged
        kilometres = float(measure_length(np.array([plain], dtype=object), plane=plane)[0]) / 1000.0
        rows.append((float(scale), kilometres, int(shapely.get_num_coordinates(plain))))
    return pd.DataFrame(rows, columns=["generalise_m", "length_km", "vertices"])


DETAIL_M = 100.0
"""Finer bends than those between vertices this far apart are no bends of a front."""

_RULERS = (2.0, 4.0, 8.0)
_STEEPEST = 0.25
_WIDER, _BESIDE = 1.2, 0.015


@dataclass(frozen=True)
class LineDetail:
    """How finely a line is drawn, and what finer bends may add to its length.

    Parameters
    ----------
    spacing_m
        Distance of its vertices, of each metre of line the edge it lies on.
    most
        How many times as long it may be, drawn to 100 m; NaN where vertices are too few to tell.
    """

    spacing_m: float
    most: float


def measure_detail(course: Any) -> LineDetail:
    """Estimate from a line's own scaling what its generalisation may have taken from its length.

    Parameters
    ----------
    course
        Line in the plane, in any number of pieces.

    Notes
    -----
    The line is walked in steps of two, four and eight times its spacing. Where each doubling takes
    as much of the length as the one before, the line is as rough below its spacing as above it
    (Richardson's exponent, D - 1); where doublings of finer steps take less, it is smooth, and so
    does each further halving. The larger exponent counts, a fifth and 0.015 larger, for three
    steps tell it no better, and 0.25 at most: that of the west coast of Britain.

    References
    ----------
    Mandelbrot, B. (1967), How long is the coast of Britain? Statistical self-similarity and
    fractional dimension, Science 156, 636-638.
    """
    parts = [
        shapely.get_coordinates(part) for part in shapely.get_parts(shapely.line_merge(course))
    ]
    edges = np.concatenate([np.zeros(0), *(np.hypot(*np.diff(xy, axis=0).T) for xy in parts)])
    whole = float(edges.sum())
    if not whole > 0:
        return LineDetail(math.nan, math.nan)
    spacing = float((edges**2).sum()) / whole
    if spacing <= DETAIL_M:
        return LineDetail(spacing, 1.0)
    if _RULERS[-1] * spacing > whole / 5.0:
        return LineDetail(spacing, math.nan)
    steps, lengths = np.log([_walk(parts, ruler * spacing) for ruler in _RULERS]).T
    finer, coarser = np.maximum(-np.diff(lengths) / np.maximum(np.diff(steps), 1e-9), 0.0)
    fading = min(1.0, 2.0 * finer / max(coarser, 1e-9))
    steep = min(_STEEPEST, _WIDER * (max(finer, coarser) if fading == 1.0 else finer) + _BESIDE)
    halvings = math.log2(spacing / DETAIL_M)
    number = np.arange(math.ceil(halvings))
    lost = float((np.minimum(1.0, halvings - number) * fading ** (number + 1.0)).sum())
    return LineDetail(spacing, 2.0 ** (steep * lost))


def _walk(parts: Sequence[Floats], step_m: float) -> tuple[float, float]:
    """Walk pieces in even steps: the mean chord and the length of all chords, metres."""
    count, length = 0, 0.0
    for xy in parts:
        at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
        steps = max(1, round(at[-1] / step_m))
        places = np.linspace(0.0, at[-1], steps + 1)
        chords = np.hypot(*(np.diff(np.interp(places, at, axis)) for axis in xy.T))
        count, length = count + steps, length + float(chords.sum())
    return length / count, length


def read_terrain_along(
    course: Any,
    *,
    dem: Dem,
    plane: ProjectedPlane,
    radius_m: float = 5_000.0,
    step_m: float = STEP_M,
) -> pd.DataFrame:
    """Read elevation, slope and relief along a line.

    Parameters
    ----------
    course
        Line in the plane; pieces follow each other.
    dem
        Elevation.
    plane
        The plane.
    radius_m
        Relief is the highest less the lowest height within this distance.
    step_m
        How often.

    Returns
    -------
    One row per place: kilometres from the beginning (gaps
    between pieces left out), the length of line it stands for, and what is known of the ground
    there, NaN where nothing is. ``slope_deg`` is that of the elevation's cell.
    """
    xy, metres = sample_line(shapely.line_merge(course), plane=plane, step_m=step_m)
    lonlat = plane.lonlat(xy)
    cells = dem.rowcol(*to_dem_crs(dem, plane.crs, xy[:, 0], xy[:, 1]))
    steep = np.full(len(xy), np.nan)
    inside = cells[:, 0] >= 0
    steep[inside] = measure_slope(dem)[cells[inside, 0], cells[inside, 1]]
    return pd.DataFrame(
        {
            "at_km": (np.cumsum(metres) - metres / 2.0) / 1000.0,
            "lon": lonlat[:, 0],
            "lat": lonlat[:, 1],
            "metres": metres,
            "elevation_m": sample_heights(dem, xy=xy, crs=plane.crs),
            "slope_deg": steep,
            "relief_m": measure_relief(dem, xy=xy, crs=plane.crs, radius_m=radius_m),
        }
    )


def find_share_above(values: Floats, *, metres: Floats, least: float) -> tuple[float, float]:
    """Tell which share of a line reaches a threshold, and of which share nothing is known.

    Parameters
    ----------
    values
        Along the line, NaN where unknown, shape ``(n,)``.
    metres
        Length that each stands for, shape ``(n,)``.
    least
        The threshold.

    Returns
    -------
    Share of the known length with at least this value (NaN if none is known), and share of the
    whole length that is unknown.
    """
    known = np.isfinite(values)
    length, whole = float(metres[known].sum()), float(metres.sum())
    reached = float(metres[known & (np.nan_to_num(values) >= least)].sum())
    return (
        reached / length if length > 0 else math.nan,
        1.0 - length / whole if whole > 0 else math.nan,
    )


MOST_STEPS = 2_000
"""Steps of one line in the discrete Fréchet distance, which takes time with their square."""

BETWEEN = Table(
    "lines_between",
    "Between lines",
    "How far each line lies from the one before, along it.",
    (
        *schema.FROM_TO_LINE,
        schema.number("mean_m", "m", "Mean distance", "To the later line, along the earlier one."),
        *schema.interval("mean_m", "m", "Mean distance", "mean"),
        schema.number(
            "p10_m", "m", "Distance, 10 %", "Not exceeded on a tenth of the earlier line."
        ),
        schema.number(
            "median_m", "m", "Distance, median", "Not exceeded on half of the earlier line."
        ),
        schema.number("p90_m", "m", "Distance, 90 %", "Exceeded on a tenth of the earlier line."),
        schema.number("max_m", "m", "Most", "Where the later line is farthest from the earlier."),
        schema.number("most_lon", "degrees", "Most, longitude", "Place of it on the earlier line."),
        schema.number("most_lat", "degrees", "Most, latitude", "Place of it on the earlier line."),
        schema.number("hausdorff_m", "m", "Hausdorff distance", "The most, asked both ways."),
        schema.number(
            "frechet_m", "m", "Fréchet distance", "Discrete; empty for lines in several pieces."
        ),
        schema.number("error_m", "m", "Error", "Of a distance between the two lines, 95 %."),
        schema.boolean("below_accuracy", "Below accuracy", "The mean is less than that error."),
    ),
    lists=(),
    key=("from_line", "to_line"),
    ordered=True,
    foreign=schema.OF_LINES,
    ranged=(
        "mean_m",
        "max_m",
    ),
)
"""Columns of :func:`tabulate_separation`."""


@dataclass(frozen=True)
class LineSeparation:
    """How far another line lies from a line, at places along it.

    Parameters
    ----------
    xy
        The places, in the plane, shape ``(n, 2)``.
    metres
        Length of line that each place stands for, shape ``(n,)``.
    distance_m
        Geodesic distance to the nearest point of the other line, shape ``(n,)``.
    """

    xy: Floats
    metres: Floats
    distance_m: Floats

    @property
    def mean_m(self) -> float:
        """Mean along the line; NaN for a line without length."""
        whole = float(self.metres.sum())
        return float(self.metres @ self.distance_m) / whole if whole > 0 else math.nan

    def quantile_m(self, share: float) -> float:
        """Distance that this share of the line's length does not exceed; NaN without length."""
        return find_weighted_quantile(self.distance_m, weights=self.metres, share=share)


def find_weighted_quantile(values: Floats, *, weights: Floats, share: float) -> float:
    """Return the smallest value at which the weights add up to a share of all; NaN for none."""
    known = np.isfinite(values) & (weights > 0)
    if not known.any():
        return math.nan
    order = np.argsort(values[known], kind="stable")
    reached = np.cumsum(weights[known][order])
    at = np.searchsorted(reached, share * reached[-1] * (1.0 - 1e-12))
    return float(values[known][order][min(int(at), len(order) - 1)])


def measure_separation(
    course: Any, *, other: Any, plane: ProjectedPlane, step_m: float = STEP_M
) -> LineSeparation:
    """Measure how far another line lies from a line, along it.

    Parameters
    ----------
    course, other
        Lines in the plane. The measure is not symmetric: it walks along the first.
    plane
        The plane.
    step_m
        How often; mean and maximum are off by less than half of it.

    Returns
    -------
    LineSeparation
        Empty for an empty line.
    """
    xy, metres = sample_line(shapely.line_merge(course), plane=plane, step_m=step_m)
    return LineSeparation(xy, metres, find_nearest(other, points=xy, plane=plane).distance_m)


def measure_hausdorff(
    course: Any, other: Any, plane: ProjectedPlane, *, step_m: float = STEP_M
) -> float:
    """Return the largest distance from a place on either line to the other one.

    Parameters
    ----------
    course, other
        Lines in the plane; NaN if one of them is empty.
    plane
        The plane.
    step_m
        Places are tried this often, and at every vertex.
    """
    farthest = 0.0
    for walked, opposite in ((course, other), (other, course)):
        xy = np.concatenate(
            [
                sample_line(shapely.line_merge(walked), plane=plane, step_m=step_m)[0],
                shapely.get_coordinates(walked),
            ]
        )
        distances_m = find_nearest(opposite, points=xy, plane=plane).distance_m
        if not len(distances_m) or np.isnan(distances_m).any():
            return math.nan
        farthest = max(farthest, float(distances_m.max()))
    return farthest


def measure_frechet(
    course: Any, other: Any, plane: ProjectedPlane, *, step_m: float = STEP_M
) -> float:
    """Return the discrete Fréchet distance of two lines: of two walkers, neither turning back.

    Parameters
    ----------
    course, other
        Lines in the plane, each of one piece.
    plane
        The plane.
    step_m
        Distance of the places that are paired; the result is off by less than it. Longer lines
        than 2,000 steps take longer steps.

    Returns
    -------
    Metres, whichever way the lines are drawn; NaN for a line in several pieces or empty.

    Notes
    -----
    Of two rings the second walker begins where it is nearest to the first. The table is filled
    along its diagonals, whose cells do not depend on each other.

    References
    ----------
    Eiter, T. and Mannila, H. (1994), Computing discrete Fréchet distance, TU Wien, CD-TR 94/64.
    """
    walks = []
    for line in (course, other):
        parts = shapely.get_parts(shapely.line_merge(line))
        if len(parts) != 1 or parts[0].is_empty:
            return math.nan
        whole = float(measure_length(parts, plane=plane)[0])
        walks.append(place_points(parts[0], plane=plane, spacing_m=max(step_m, whole / MOST_STEPS)))
    first, second = walks
    if (first[0] == first[-1]).all() and (second[0] == second[-1]).all():
        start = int(np.argmin(np.hypot(*(second[:-1] - first[0]).T)))
        second = np.roll(second[:-1], -start, axis=0)
        second = np.concatenate([second, second[:1]])
    return min(_couple_walks(first, way, plane) for way in (second, second[::-1]))


def _couple_walks(first: Floats, second: Floats, plane: ProjectedPlane) -> float:
    size, width = len(first), len(second)
    # Row i of the table stands at i + 1: the place before the first row is never reached.
    previous, second_last = np.full(size + 1, np.inf), np.full(size + 1, np.inf)
    for step in range(size + width - 1):
        row = np.arange(max(0, step - width + 1), min(size - 1, step) + 1)
        distance_m = plane.ground_m(first[row], second[step - row])
        reach = np.minimum(np.minimum(previous[row + 1], previous[row]), second_last[row])
        current = np.full(size + 1, np.inf)
        current[row + 1] = np.maximum(distance_m, reach) if step else distance_m
        previous, second_last = current, previous
    return float(previous[size])


def combine_errors(*fronts: FrontLine) -> float:
    """Return the error of a distance between lines: their largest errors, squared and added."""
    return math.hypot(*(float(front.error_m.max(initial=0.0)) for front in fronts))


def tabulate_separation(
    fronts: Sequence[FrontLine],
    *,
    draws: Mapping[str, Sequence[DisplacedFront]],
    plane: ProjectedPlane,
    step_m: float = STEP_M,
) -> pd.DataFrame:
    """Tell how far each line lies from the one before: moved, or facing it at the same date.

    Parameters
    ----------
    fronts
        Dated lines; paired as changes are.
    draws
        Displaced copies by the line's key; may be empty.
    plane
        The plane.
    step_m
        How often along the lines.

    Returns
    -------
    One row per pair with the columns of :data:`BETWEEN`: along the earlier line the mean with
    its interval over the paired draws, the distribution, the most with its place; Hausdorff and
    discrete Fréchet distance (NaN for lines in several pieces); ``below_accuracy`` where the
    mean is less than ``error_m``, the errors of both lines combined.
    """
    rows = [_make_row(old, new, draws, plane, step_m) for old, new in pair_lines(fronts)]
    return pd.DataFrame(rows, columns=BETWEEN.names)


def _make_row(
    old: FrontLine,
    new: FrontLine,
    draws: Mapping[str, Sequence[DisplacedFront]],
    plane: ProjectedPlane,
    step_m: float,
) -> dict[str, Any]:
    separation = measure_separation(old.geometry, other=new.geometry, plane=plane, step_m=step_m)
    low, high = _find_mean_interval(old, new, draws, plane, separation.mean_m)
    farthest = int(np.argmax(separation.distance_m)) if len(separation.xy) else -1
    lon, lat = (
        plane.lonlat(separation.xy[[farthest]])[0] if len(separation.xy) else (math.nan, math.nan)
    )
    error_m = combine_errors(old, new)
    return {
        "from_line": old.key,
        "to_line": new.key,
        "mean_m": separation.mean_m,
        "mean_low": low,
        "mean_high": high,
        "p10_m": separation.quantile_m(0.1),
        "median_m": separation.quantile_m(0.5),
        "p90_m": separation.quantile_m(0.9),
        "max_m": float(separation.distance_m.max(initial=0.0)),
        "most_lon": float(lon),
        "most_lat": float(lat),
        "hausdorff_m": measure_hausdorff(old.geometry, new.geometry, plane, step_m=step_m),
        "frechet_m": measure_frechet(old.geometry, new.geometry, plane, step_m=step_m),
        "error_m": error_m,
        "below_accuracy": bool(separation.mean_m < error_m),
    }


def _find_mean_interval(
    old: FrontLine,
    new: FrontLine,
    draws: Mapping[str, Sequence[DisplacedFront]],
    plane: ProjectedPlane,
    mean_m: float,
) -> tuple[float, float]:
    if not combine_errors(old, new) > 0:
        return mean_m, mean_m
    drawn = take_paired_figures(
        (old, new),
        draws=draws,
        figure=lambda first, second: _measure_coarse_mean(first.line, second.line, plane),
    )
    return take_interval(mean_m, drawn=drawn, least=0.0)


def _measure_coarse_mean(course: Any, other: Any, plane: ProjectedPlane) -> float:
    xy, metres = sample_line(shapely.line_merge(course), plane=plane, step_m=4 * STEP_M)
    if not len(xy):
        return math.nan
    return float(
        np.average(distance_to(shapely.points(xy), line=other, plane=plane), weights=metres)
    )
