"""Do intervals of 95 % hold the truth? Maps made of known lines, and what is measured on them.

A straight line, a sine and a circle are the truth. Maps of each are drawn from the stated error
(2,000 m at 95 %, alike over 2, 5 or 20 km), and every map is measured as a project's line is: the
figure, its displaced copies, the interval. Printed is how many of a hundred intervals hold the
figure of the true line. Places and roads are new for each map.

    python tests/bench/bench_coverage.py [--maps 200] [--draws 100] [--only sine] [--first 1000]
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from frontline.analysis.change import _measure_by_squares
from frontline.geo.projection import plane_around
from frontline.lines.front import Copies, FrontLine, displace_front
from frontline.uncertainty.copies import divide_land
from frontline.uncertainty.intervals import SIGMAS, Drawn, take_interval
from frontline.uncertainty.kernels import areas_within
from frontline.uncertainty.noise import Chain, draw_errors
from frontline.uncertainty.sampling import SamplePosition, find_position

FRAME = plane_around([shapely.box(44.4, 39.6, 45.6, 40.4)])
ERROR_M = 2_000.0
HALF_WIDTH_M, HALF_HEIGHT_M, RADIUS_M = 60_000.0, 30_000.0, 20_000.0
DISTANCES_M = (5_000.0, 10_000.0, 15_000.0)
CORRELATIONS_M = (2_000.0, 5_000.0, 20_000.0)
SHAPES = ("straight", "sine", "circle")
SHARED = (0.5, 0.9, 0.99)
PLACES, SQUARES, ROAD_STEP_M = 400, 4_000, 500.0

MEASURED = [
    *(f"land within {far / 1000:g} km" for far in DISTANCES_M),
    "land of a side",
    "share of a part",
    "road within 15 km",
    "road of a side",
    "distance of a place",
    "length",
]
COUNTED = [
    "places within 5 km",
    "places within 15 km",
    "places of a side",
    "people within 5 km",
    "people within 15 km",
]


@dataclass(frozen=True)
class World:
    """Squares, places and pieces of road that are held against a line."""

    xy: Any
    size_km2: Any
    width_m: Any
    people: Any
    road_km: Any
    part: Any

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
        road = where.part(slice(land + places, None))
        near = (road.side == 0) & (road.distance_m <= DISTANCES_M[-1])
        return np.array(
            [
                *areas[0],
                100.0 * held,
                self.road_km * near.sum(),
                self.road_km * (road.side == 0).sum(),
                where.distance_m[land] / 1000.0,
                length_km,
            ]
        )

    def counted(self, where: SamplePosition) -> Any:
        """Places, and the people in them."""
        land = len(self.size_km2)
        places = where.part(slice(land, land + len(self.people)))
        own = places.side == 0
        near, far = (own & (places.distance_m <= reach) for reach in DISTANCES_M[::2])
        return np.array(
            [
                near.sum(),
                far.sum(),
                own.sum(),
                self.people[near].sum(),
                self.people[far].sum(),
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


def world_of(shape: str, true: Any, rng: np.random.Generator) -> World:
    """Squares near a line, places anywhere, and a grid of roads askew, new each time."""
    area = study_area(shape)
    land = divide_land(area, course=shapely.LineString(true), reach_m=25_000.0, squares=SQUARES)
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
        np.concatenate([land.xy, places, roads]),
        land.size_m2 / 1e6,
        land.width_m,
        rng.lognormal(6.0, 1.0, PLACES),
        ROAD_STEP_M / 1000.0,
        np.abs(land.xy[:, 0]) < 15_000.0,
    )


def trials(
    shape: str, correlation_m: float, *, maps: int, draws: int, first: int = 1_000
) -> Iterator[tuple[str, float, float, tuple[float, float]]]:
    """Measure maps of a true line: of each figure its name, truth, value and interval."""
    rng = np.random.default_rng([zlib.crc32(shape.encode()), int(correlation_m), first])
    true, area = true_line(shape, correlation_m), study_area(shape)
    front = front_of(true, area, correlation_m)
    for number in range(maps):
        world = world_of(shape, true, rng)
        drawn = front_of(map_of(true, correlation_m, first + number), area, correlation_m)
        copies = displace_front(drawn, area=area, draws=draws, seed=1)
        assert isinstance(copies, Copies)
        points = shapely.points(world.xy)
        there, here = (
            find_position(
                points, line=line.geometry, sides=line.sides, plane=FRAME, names=["A", "B"]
            )
            for line in (front, drawn)
        )
        located = copies.locate(world.xy, here.side, FRAME)
        whole = copies.line.generalised
        base, kind = ("drawn", "lines") if whole else ("smooth", "maps")
        values = [
            world.measured(located.at(name, row), copies.copy(name, row).line.length / 1000.0)
            for name, row in [(base, 0), *((kind, row) for row in range(draws))]
        ]
        measured = Drawn(values[0], np.array(values[1:]), counted=whole)
        counted = located.evaluate(world.counted, counted=True)
        truth = [*world.measured(there, front.length_km), *world.counted(there)]
        value = [*world.measured(here, drawn.length_km), *world.counted(here)]
        for at, name in enumerate([*MEASURED, *COUNTED]):
            own = measured.at(at) if at < len(MEASURED) else counted.at(at - len(MEASURED))
            yield name, truth[at], value[at], take_interval(float(value[at]), drawn=own, least=0.0)


def changed_trials(
    shared: float, correlation_m: float, *, maps: int, draws: int, first: int = 5_000
) -> Iterator[tuple[str, float, float, tuple[float, float]]]:
    """Measure pairs of maps of which a share of the course is the same."""
    area = study_area("straight")
    old = true_line("straight", correlation_m)
    new = old.copy()
    width = 2.0 * HALF_WIDTH_M * (1.0 - shared)
    new[:, 1] += 6_000.0 * np.clip((width / 2.0 - np.abs(old[:, 0])) / (0.1 * width), 0.0, 1.0)
    truths = [front_of(xy, area, correlation_m) for xy in (old, new)]
    for number in range(maps):
        fronts = [
            front_of(map_of(xy, correlation_m, first + number), area, correlation_m, key)
            for xy, key in ((old, "old"), (new, "new"))
        ]
        draw = [displace_front(front, area=area, draws=draws, seed=1) for front in fronts]
        pair = (fronts[0], fronts[1])
        found = _measure_by_squares(pair, (draw[0], draw[1]), area, (("A", "B"), ("A", "B")), FRAME)
        assert found is not None
        for name, (old_side, new_side) in {
            "land that went over": "AB",
            "land gone back": "BA",
        }.items():
            truth, value = (
                shapely.intersection(some[0].sides[old_side], some[1].sides[new_side]).area / 1e6
                for some in (truths, fronts)
            )
            own = found.at(0, "AB".index(old_side), "AB".index(new_side))
            yield name, truth, value, take_interval(value, drawn=own, least=0.0)


def coverage_of(outcomes: Any) -> dict[str, dict[str, float]]:
    """Count intervals that hold the truth, by figure."""
    rows: dict[str, list[tuple[float, ...]]] = {}
    for name, truth, value, (low, high) in outcomes:
        slack = 1e-9 * max(1.0, abs(truth))
        holds = low - slack <= truth <= high + slack
        rows.setdefault(name, []).append(
            (holds, truth, value - truth, (high - low) / 2.0, low <= value <= high)
        )
    found = {}
    for name, values in rows.items():
        holds, truth, off, half, inside = np.array(values, dtype=np.float64).T
        found[name] = {
            "coverage": 100.0 * holds.mean(),
            "truth": truth.mean(),
            "bias": off.mean(),
            "spread": off.std(),
            "half": float(np.median(half)),
            "inside": inside.mean(),
        }
    return found


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--maps", type=int, default=200)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--only", default="")
    parser.add_argument("--first", type=int, default=1_000, help="number of the first map")
    asked = parser.parse_args()
    head = f"{'':34}{'covered %':>10}{'truth':>12}{'bias':>10}{'spread':>10}{'half-width':>12}"
    settings = {"maps": asked.maps, "draws": asked.draws, "first": asked.first}
    tables = {
        f"{shape} {length / 1000:g} km": trials(shape, length, **settings)
        for shape in SHAPES
        for length in CORRELATIONS_M
    }
    tables |= {
        f"change {shared:.0%} {length / 1000:g} km": changed_trials(shared, length, **settings)
        for shared in SHARED
        for length in CORRELATIONS_M
    }
    for title, outcomes in tables.items():
        if asked.only not in title:
            continue
        print(f"\n{title}, {asked.maps} maps\n{head}")
        for name, row in coverage_of(outcomes).items():
            print(
                f"  {name:32}{row['coverage']:10.1f}{row['truth']:12.1f}{row['bias']:10.2f}"
                f"{row['spread']:10.2f}{row['half']:12.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
