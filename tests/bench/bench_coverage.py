"""Do intervals of 95 % hold the truth? Maps made of known lines, and what is measured on them.

A straight line, a sine and a circle are the truth. Maps of each are drawn from the stated error
(2,000 m at 95 %, alike over 2, 5 or 20 km), and every map is measured as a project's line is: the
figure, its displaced copies, the interval. Printed is how many of a hundred intervals hold the
figure of the true line. Places and roads are new for each map.

    python tests/bench/bench_coverage.py [--maps 200] [--draws 40] [--only sine] [--first 1000]
                                         [--keep FOLDER]

With ``--keep`` what was measured on each map is kept in a folder, and read from there the next
time: another rule for the interval is tried on the same maps in seconds.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from scipy.spatial import cKDTree

from frontline.analysis import change
from frontline.executor import map_pieces
from frontline.geo.projection import plane_around
from frontline.lines.front import Copies, FrontLine, displace_front
from frontline.uncertainty.copies import LocatedPoints, Squares, divide_land
from frontline.uncertainty.intervals import SIGMAS, UNSURE, UNSURE_FEW, Drawn, take_interval
from frontline.uncertainty.kernels import areas_within, nearest_edges
from frontline.uncertainty.noise import Chain, draw_errors
from frontline.uncertainty.sampling import Sample, SamplePosition, sample_of_area

FRAME = plane_around([shapely.box(44.4, 39.6, 45.6, 40.4)])
ERROR_M = 2_000.0
HALF_WIDTH_M, HALF_HEIGHT_M, RADIUS_M = 60_000.0, 30_000.0, 20_000.0
DISTANCES_M = (5_000.0, 10_000.0, 15_000.0)
CORRELATIONS_M = (2_000.0, 5_000.0, 20_000.0)
SHAPES = ("straight", "sine", "circle")
SHARED = (0.5, 0.9, 0.99)
PLACES, SQUARES, ROAD_STEP_M = 400, 1_600, 250.0
DISTRICT_STEP_M = 2_000.0
REACH_M = 22_000.0

# Change measures land by 16,000 squares: 2,500 tell the same within a hundredth.
change.divide_land = partial(divide_land, squares=2_500)

DISTRICT, FARTHEST = "people of a district within 15 km", "land within 15 km"
MEASURED = [
    *(f"land within {far / 1000:g} km" for far in DISTANCES_M),
    "land of a side",
    "share of a part",
    DISTRICT,
    "road within 15 km",
    "road of a side",
    "distance of a place",
    "length",
]
COUNTED = [
    "settlements within 5 km",
    "settlements within 15 km",
    "settlements of a side",
    "people in them within 5 km",
    "people in them within 15 km",
]
LOCAL, LAST = "distance of a place", -1
"""A figure that hangs on one place; what lines as they may run have of it is the last figure."""
CHANGED = ["land that went over", "land gone back"]


@dataclass(frozen=True)
class World:
    """Squares, places and pieces of road that are held against a line."""

    xy: Any
    size_km2: Any
    width_m: Any
    people: Any
    road_km: Any
    part: Any
    district: int

    @property
    def places(self) -> slice:
        """Where the places are among the points."""
        return slice(len(self.size_km2), len(self.size_km2) + len(self.people))

    def measured(self, where: SamplePosition, length_km: float) -> Any:
        """Land, roads and distances: figures that change smoothly with the line."""
        land, places = len(self.size_km2), len(self.people)
        areas = np.zeros((2, len(DISTANCES_M) + 1))
        squares = where.part(slice(0, land))
        other = squares.other if squares.other is not None else 1 - squares.side
        edges = np.array([*DISTANCES_M, math.inf])
        args = (squares.side, other, squares.distance_m, self.size_km2, self.width_m, edges)
        areas_within(*args, areas)
        own = np.clip(0.5 + squares.distance_m / self.width_m, 0.0, 1.0)
        held = np.where(squares.side == 0, own, 1.0 - own)[self.part].mean()
        district = where.part(slice(land + places, land + places + self.district))
        settled = (district.side == 0) & (district.distance_m <= DISTANCES_M[-1])
        road = where.part(slice(land + places + self.district, None))
        near = (road.side == 0) & (road.distance_m <= DISTANCES_M[-1])
        return np.array(
            [
                *areas[0],
                100.0 * held,
                DISTRICT_STEP_M**2 / 1e6 * settled.sum(),
                self.road_km * near.sum(),
                self.road_km * (road.side == 0).sum(),
                where.distance_m[land] / 1000.0,
                length_km,
            ]
        )

    def counted(self, where: SamplePosition) -> Any:
        """Places, the people in them, and the distance of the first, from their positions."""
        own = where.side == 0
        near, far = (own & (where.distance_m <= reach) for reach in DISTANCES_M[::2])
        return np.array(
            [
                near.sum(),
                far.sum(),
                own.sum(),
                self.people[near].sum(),
                self.people[far].sum(),
                where.distance_m[0] / 1000.0,
            ],
            dtype=np.float64,
        )


def true_line(shape: str, correlation_m: float) -> Any:
    """Vertices of a true line, close enough for its error to be smooth."""
    step = min(250.0, correlation_m / 8.0)
    if shape == "circle":
        turn = np.linspace(0.0, 2.0 * np.pi, int(2.0 * np.pi * RADIUS_M / step) + 1)
        xy = RADIUS_M * np.column_stack([np.cos(turn), np.sin(turn)])
        xy[-1] = xy[0]
        return xy
    x = np.linspace(-HALF_WIDTH_M, HALF_WIDTH_M, int(2.0 * HALF_WIDTH_M / step) + 1)
    return np.column_stack([x, 4_000.0 * np.cos(2.0 * np.pi * x / 24_000.0) * (shape == "sine")])


def map_of(true: Any, correlation_m: float, seed: int) -> Any:
    """Draw a map of a true line: its vertices moved along its normals by the stated error."""
    closed = bool((true[0] == true[-1]).all())
    at = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(true, axis=0).T))])
    course = np.gradient(true, axis=0)
    if closed:
        course[0] = course[-1] = true[1] - true[-2]
    normal = np.column_stack([-course[:, 1], course[:, 0]]) / np.hypot(*course.T)[:, None]
    chain = Chain(true, at, float(at[-1]), closed, 1.0)
    error = draw_errors(chain, at_m=at, draws=1, correlation_m=correlation_m, seed=seed, key="map")[
        0
    ]
    if closed:
        error[-1] = error[0]
    return true + normal * (error * ERROR_M / SIGMAS)[:, None]


def study_area(shape: str) -> Any:
    """The land round a line."""
    if shape == "circle":
        return shapely.box(-42e3, -42e3, 42e3, 42e3)
    return shapely.box(-HALF_WIDTH_M, -HALF_HEIGHT_M, HALF_WIDTH_M, HALF_HEIGHT_M)


def front_of(xy: Any, area: Any, correlation_m: float, key: str = "line") -> FrontLine:
    """A front line with the land above it, or inside it, as the first side."""
    closed = bool((xy[0] == xy[-1]).all())
    rim = [] if closed else [[HALF_WIDTH_M, 1e5], [-HALF_WIDTH_M, 1e5]]
    first = shapely.intersection(shapely.Polygon([*xy, *rim]).buffer(0), area)
    segments = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
    course = shapely.MultiLineString([shapely.LineString(xy)])
    return FrontLine(
        key=key,
        label=key,
        date=dt.date(2025, 1, 1),
        geometry=course,
        segments=segments,
        error_m=np.full(len(segments), ERROR_M),
        error_correlation_m=correlation_m,
        sides={"A": first, "B": shapely.difference(area, first)},
        length_km=course.length / 1000.0,
    )


def land_of(shape: str, true: Any) -> tuple[Squares, Sample]:
    """Squares near a line, and the points of a district that covers all land."""
    area, course = study_area(shape), shapely.LineString(true)
    land = divide_land(area, course=course, reach_m=REACH_M, squares=SQUARES)
    near = shapely.intersection(area, course.buffer(REACH_M))
    return land, sample_of_area(near, group=0, step_m=DISTRICT_STEP_M)


def world_of(shape: str, given: tuple[Squares, Sample], rng: np.random.Generator) -> World:
    """Places anywhere and a grid of roads askew, new each time."""
    area, (land, district) = study_area(shape), given
    low, high = np.array(area.bounds).reshape(2, 2)
    places = rng.uniform(low, high, (PLACES, 2))
    turn = rng.uniform(0.2, 1.3)
    along = np.arange(-90e3, 90e3, ROAD_STEP_M)
    across = np.arange(-90e3, 90e3, 10e3) + rng.uniform(0.0, 10e3)
    grid = np.stack(np.meshgrid(along, across), axis=-1).reshape(-1, 2)
    roads = np.concatenate([grid, grid[:, ::-1]])
    roads = roads @ [[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]]
    roads = roads[((roads > low) & (roads < high)).all(axis=1)]
    return World(
        np.concatenate([land.xy, places, district.xy, roads]),
        land.size_m2 / 1e6,
        land.width_m,
        np.round(rng.lognormal(6.0, 1.0, PLACES)),
        ROAD_STEP_M / 1000.0,
        np.abs(land.xy[:, 0]) < 15_000.0,
        len(district.xy),
    )


@dataclass(frozen=True)
class Outcome:
    """What was measured on one map.

    Parameters
    ----------
    truth, value
        Figures of the true line and of the map, shape ``(f,)``.
    base, copies
        The same of the line that the copies are displaced from, and of the copies, ``(d, f)``.
    counted
        Whether each is counted (`frontline.uncertainty.intervals.take_interval`).
    """

    truth: Any
    value: Any
    base: Any
    copies: Any
    counted: Any

    def interval(
        self, at: int, *, beside: int | None = None, unsure: float = UNSURE
    ) -> tuple[float, float]:
        """Take the interval of a figure; `beside`: where lines as they may run have it."""
        drawn = Drawn(
            self.base[at], self.copies[:, at], counted=bool(self.counted[at]), unsure=unsure
        )
        if beside is not None and not drawn.counted:
            lines = Drawn(self.base[beside], self.copies[:, beside], counted=True)
            drawn = replace(drawn, beside=lines)
        return take_interval(float(self.value[at]), drawn=drawn, least=0.0)


def position_of(xy: Any, front: FrontLine) -> SamplePosition:
    """Find side and distance of points against a line as given."""
    vertices = shapely.get_coordinates(front.geometry)
    guess = np.minimum(cKDTree(vertices).query(xy)[1], len(vertices) - 2)
    away, nearest = np.empty(len(xy)), np.empty(len(xy), np.int64)
    nearest_edges(vertices, np.arange(len(vertices) - 1), xy, guess, away, nearest)
    start, step = vertices[nearest], vertices[nearest + 1] - vertices[nearest]
    part = ((xy - start) * step).sum(axis=1) / np.maximum((step**2).sum(axis=1), 1e-12)
    foot = start + np.clip(part, 0.0, 1.0)[:, None] * step
    shapely.prepare(front.sides["A"])
    first = shapely.contains_xy(front.sides["A"], *xy.T)
    return SamplePosition(np.where(first, 0, 1), np.asarray(FRAME.ground_m(xy, foot)))


def length_of(copies: Copies, kind: Any, number: int) -> float:
    """Length of a copy in kilometres."""
    course = copies.line.vertices(kind, number)
    return sum(float(np.hypot(*np.diff(xy, axis=0).T).sum()) for xy in course) / 1000.0


def trials(
    shape: str, correlation_m: float, *, maps: int, draws: int, first: int = 1_000
) -> Iterator[Outcome]:
    """Measure maps of a true line: `MEASURED` and `COUNTED`."""
    rng = np.random.default_rng([zlib.crc32(shape.encode()), int(correlation_m), first])
    true, area = true_line(shape, correlation_m), study_area(shape)
    front, given = front_of(true, area, correlation_m), land_of(shape, true)
    for number in range(maps):
        world = world_of(shape, given, rng)
        drawn = front_of(map_of(true, correlation_m, first + number), area, correlation_m)
        copies = displace_front(drawn, area=area, draws=draws, seed=1)
        assert isinstance(copies, Copies)
        there, here = (position_of(world.xy, line) for line in (front, drawn))
        located = copies.locate(world.xy, here.side, FRAME)
        whole = copies.line.generalised
        base, kind = ("drawn", "lines") if whole else ("smooth", "maps")
        measured = map_pieces(
            partial(_measure_copy, world, copies, located),
            [(base, 0), *((kind, row) for row in range(draws))],
        )
        places = copies.locate(world.xy[world.places], here.side[world.places], FRAME)
        counted = places.evaluate(world.counted, counted=True)
        truth, value = (
            np.concatenate([world.measured(where, km), world.counted(where.part(world.places))])
            for where, km in ((there, front.length_km), (here, drawn.length_km))
        )
        # The points of a district tell differences; its people, one to a km2, are told exactly.
        for figures in (truth, value):
            figures[MEASURED.index(DISTRICT)] = figures[MEASURED.index(FARTHEST)]
        yield Outcome(
            truth,
            value,
            np.concatenate([measured[0], counted.base]),
            np.column_stack([np.array(measured[1:]), counted.copies]),
            np.array([whole] * len(MEASURED) + [True] * (len(COUNTED) + 1)),
        )


def _measure_copy(world: World, copies: Copies, located: LocatedPoints, which: Any) -> Any:
    return world.measured(located.at(*which), length_of(copies, *which))


def changed_trials(
    shared: float, correlation_m: float, *, maps: int, draws: int, first: int = 5_000
) -> Iterator[Outcome]:
    """Measure pairs of maps of which a share of the course is the same: `CHANGED`."""
    area = study_area("straight")
    old = true_line("straight", correlation_m)
    new = old.copy()
    width = 2.0 * HALF_WIDTH_M * (1.0 - shared)
    new[:, 1] += 6_000.0 * np.clip((width / 2.0 - np.abs(old[:, 0])) / (0.1 * width), 0.0, 1.0)
    truths = [front_of(xy, area, correlation_m) for xy in (old, new)]
    ways = ("AB", "BA")
    for number in range(maps):
        fronts = [
            front_of(map_of(xy, correlation_m, first + number), area, correlation_m, key)
            for xy, key in ((old, "old"), (new, "new"))
        ]
        draw = [displace_front(front, area=area, draws=draws, seed=1) for front in fronts]
        pair, both = (fronts[0], fronts[1]), (draw[0], draw[1])
        found = change._measure_by_squares(pair, both, area, (("A", "B"), ("A", "B")), FRAME)
        assert found is not None
        truth, value = (
            np.array(
                [
                    shapely.intersection(some[0].sides[old_side], some[1].sides[new_side]).area
                    for old_side, new_side in ways
                ]
            )
            / 1e6
            for some in (truths, fronts)
        )
        rows, columns = np.array([["AB".index(side) for side in way] for way in ways]).T
        yield Outcome(
            truth,
            value,
            found.base[0, rows, columns],
            found.copies[:, 0, rows, columns],
            np.array([found.counted] * 2),
        )


def kept_outcomes(path: Path | None, outcomes: Iterator[Outcome]) -> list[Outcome]:
    """Read what was measured from a file, or measure and write it."""
    fields = ("truth", "value", "base", "copies", "counted")
    if path is not None and path.exists():
        kept = np.load(path)
        return [Outcome(*row) for row in zip(*(kept[name] for name in fields), strict=True)]
    measured = list(outcomes)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            path, **{name: np.array([getattr(row, name) for row in measured]) for name in fields}
        )
    return measured


def coverage_of(outcomes: Sequence[Outcome], names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Count intervals that hold the truth, by figure."""
    found = {}
    for at, name in enumerate(names):
        truth = np.array([outcome.truth[at] for outcome in outcomes])
        value = np.array([outcome.value[at] for outcome in outcomes])
        beside = LAST if name == LOCAL else None
        unsure = UNSURE_FEW if name.startswith("road") else UNSURE
        low, high = np.array(
            [outcome.interval(at, beside=beside, unsure=unsure) for outcome in outcomes]
        ).T
        slack = 1e-9 * np.maximum(1.0, np.abs(truth))
        found[name] = {
            "coverage": 100.0 * ((low - slack <= truth) & (truth <= high + slack)).mean(),
            "truth": truth.mean(),
            "bias": (value - truth).mean(),
            "spread": (value - truth).std(),
            "half": float(np.median(high - low)) / 2.0,
            "inside": ((low <= value) & (value <= high)).mean(),
        }
    return found


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--maps", type=int, default=200)
    parser.add_argument("--draws", type=int, default=40)
    parser.add_argument("--only", default="", help="regular expression of the titles")
    parser.add_argument("--first", type=int, default=1_000, help="number of the first map")
    parser.add_argument("--keep", type=Path, help="folder of what was measured on each map")
    asked = parser.parse_args()
    head = f"{'':34}{'covered %':>10}{'truth':>12}{'bias':>10}{'spread':>10}{'half-width':>12}"
    settings = {"maps": asked.maps, "draws": asked.draws, "first": asked.first}
    tables = {
        f"{shape} {length / 1000:g} km": (trials(shape, length, **settings), MEASURED + COUNTED)
        for length in CORRELATIONS_M
        for shape in SHAPES
    } | {
        f"change {shared:.0%} {length / 1000:g} km": (
            changed_trials(shared, length, **settings),
            CHANGED,
        )
        for length in CORRELATIONS_M
        for shared in SHARED
    }
    for title, (outcomes, names) in tables.items():
        if not re.search(asked.only, title):
            continue
        file = f"{title}_{asked.first}_{asked.maps}.npz".replace(" ", "_").replace("%", "")
        kept = kept_outcomes(asked.keep / file if asked.keep else None, outcomes)
        print(f"\n{title}, {len(kept)} maps\n{head}")
        for name, row in coverage_of(kept, names).items():
            print(
                f"  {name:32}{row['coverage']:10.1f}{row['truth']:12.1f}{row['bias']:10.2f}"
                f"{row['spread']:10.2f}{row['half']:12.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
