"""Whole runs on real-sized lines: clock, processors, memory, and how each stage grows.

Usage: python tests/bench/bench_run.py [--only CASE ...] [--growth] [--keep FOLDER]

Every case is a project made here (a front that winds, with noise, stretches given twice and
islands; places, roads) and run as a process of its own by the command line. The first table sets
wall time, processor time and peak memory beside the goals. `--growth` fits exponents: each stage
of the library is timed at n, 2 n and 4 n in vertices, settlements, draws and distances; 1 is
linear. The peer is the plain way: one GEOS buffer and overlay per draw, distance and side.

A new kind of case is one more line in `CASES` and, if need be, one more field of `Case` that
`write_project` heeds.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

WEST, EAST, SOUTH, NORTH = 30.0, 42.0, 47.0, 49.0
DISTANCES_M = (5_000, 10_000, 15_000, 30_000)
ISLANDS = 20


@dataclass(frozen=True)
class Case:
    """One project: how much of everything, and what a run of it may take."""

    name: str
    vertices: int
    dates: int = 2
    places: int = 500
    roads_km: float = 0.0
    draws: int = 200
    distances: int = len(DISTANCES_M)
    road_edges: int = 0
    events: int = 0
    goal_wall_s: float = math.nan
    goal_mb: float = math.nan


CASES = [
    Case("1,000 vertices", 1_000, goal_wall_s=15.0, goal_mb=600.0),
    Case("4,000 vertices", 4_000, goal_wall_s=20.0, goal_mb=600.0),
    Case("100,000 vertices", 100_000, 2, 5_000, 2_000.0, goal_wall_s=60.0, goal_mb=2_000.0),
    Case("60 dates", 1_000, 60, draws=100, goal_wall_s=180.0, goal_mb=1_500.0),
    Case(
        "100,000 events",
        1_000,
        places=20_000,
        draws=100,
        road_edges=100_000,
        events=100_000,
        goal_wall_s=60.0,
    ),
]


def make_front(vertices: int, *, date: int) -> np.ndarray:
    """Draw a front from west to east, rough at every scale; degrees, shape ``(vertices, 2)``."""
    rng = np.random.default_rng(7)
    share = np.linspace(0.0, 1.0, vertices)
    lat = 48.0 + 0.45 * np.sin(7.0 * share) + 0.15 * np.sin(31.0 * share)
    for octave in range(4, int(math.log2(vertices))):
        knots = rng.normal(0.0, 0.5 ** (0.9 * octave), 2**octave + 1)
        lat += np.interp(share, np.linspace(0.0, 1.0, len(knots)), knots)
    # Half of a later line is the first one; elsewhere it has moved by 8 km and more.
    lat += 0.07 * date**0.25 * np.clip(np.sin(9.0 * share), 0.0, None)
    noise = np.random.default_rng(100 + date).normal(0.0, 0.1 * (EAST - WEST) / vertices, vertices)
    return np.column_stack([WEST - 0.05 + (EAST - WEST + 0.1) * share, lat + noise])


def make_features(vertices: int, *, date: int) -> list[shapely.Geometry]:
    """Make the front dirty: stretches given twice, in pieces, with islands of the other side."""
    front = make_front(vertices, date=date)
    cut = vertices // 3
    parts = [shapely.linestrings(front[: cut + 1]), shapely.linestrings(front[cut:][::-1])]
    parts.append(shapely.linestrings(front[cut // 2 : cut // 2 + vertices // 10]))
    angle = np.linspace(0.0, 2.0 * np.pi, 25)
    for number in range(ISLANDS):
        lon, lat = front[(number + 1) * vertices // (ISLANDS + 2)]
        ring = [lon + 0.02 * np.cos(angle), lat + (-1) ** number * 0.12 + 0.012 * np.sin(angle)]
        parts.append(shapely.linestrings(np.column_stack(ring)))
    return parts


def make_roads(length_km: float) -> list[shapely.Geometry]:
    """Draw roads across the front, some 150 km each."""
    count = math.ceil(length_km / 150.0)
    lat = np.linspace(48.0 - 0.67, 48.0 + 0.67, 60)
    at = np.linspace(WEST + 0.5, EAST - 0.5, count) if count else np.zeros(0)
    return [
        shapely.linestrings(np.column_stack([lon + 0.05 * np.sin(9.0 * lat), lat])) for lon in at
    ]


def make_local_roads(edges: int) -> list[shapely.Geometry]:
    """Draw roads of five edges of some 700 m each, all over the area."""
    rng = np.random.default_rng(5)
    count = math.ceil(edges / 5)
    start = rng.uniform([WEST, SOUTH], [EAST, NORTH], (count, 1, 2))
    angle = rng.uniform(0.0, 2.0 * np.pi, (count, 1)) + rng.normal(0.0, 0.3, (count, 5)).cumsum(1)
    steps = rng.uniform(0.003, 0.01, (count, 5, 1)) * np.stack([np.cos(angle), np.sin(angle)], 2)
    return list(shapely.linestrings(np.concatenate([start, start + steps.cumsum(axis=1)], axis=1)))


def write_events(path: Path, count: int) -> None:
    """Write events of two years, half of them with a second position."""
    rng = np.random.default_rng(6)
    lon, lat = rng.uniform([WEST, SOUTH], [EAST, NORTH], (count, 2)).round(5).T
    days = np.datetime64("2022-01-01") + rng.integers(0, 730, count)
    second = rng.random(count) < 0.5
    table = {"id": np.arange(count), "name": "Event", "date": days, "lon": lon, "lat": lat}
    table |= {f"{name}_2": np.where(second, table[name] + 0.01, np.nan) for name in ("lon", "lat")}
    pd.DataFrame(table).to_csv(path, index=False)


def write_layer(path: Path, shapes: list, **columns: object) -> None:
    """Write one GeoPackage."""
    gpd.GeoDataFrame(columns, geometry=shapes, crs=4326).to_file(path, driver="GPKG")


def write_project(folder: Path, case: Case) -> Path:
    """Write the project of a case, and name its file."""
    write_layer(folder / "area.gpkg", [shapely.box(WEST, SOUTH, EAST, NORTH)], name=["Area"])
    rng = np.random.default_rng(3)
    at = rng.uniform([WEST, SOUTH], [EAST, NORTH], (case.places, 2))
    write_layer(
        folder / "places.gpkg",
        list(shapely.points(at)),
        name=[f"Place {number}" for number in range(case.places)],
        population=rng.integers(50, 20_000, case.places),
    )
    steps = np.linspace(5_000, 30_000, case.distances).round(-2).astype(int)
    distances = list(DISTANCES_M if case.distances == len(DISTANCES_M) else steps)
    text = [
        f'title = "{case.name}"',
        '[study_area]\npath = "area.gpkg"',
        f"[zones]\ndistances_m = {[int(one) for one in distances]}",
        f"[uncertainty]\ndraws = {case.draws}",
        '[settlements]\npath = "places.gpkg"',
        f'[[sides]]\nname = "South"\nseed = [{(WEST + EAST) / 2}, {SOUTH + 0.05}]',
        f'[[sides]]\nname = "North"\nseed = [{(WEST + EAST) / 2}, {NORTH - 0.05}]',
    ]
    for date in range(case.dates):
        write_layer(folder / f"line{date}.gpkg", make_features(case.vertices, date=date))
        text.append(
            f'[[lines]]\nkey = "line_{date}"\nlabel = "Line {date}"\npath = "line{date}.gpkg"\n'
            f"date = {2022 + date // 12}-{1 + date % 12:02}-01\nerror_m = 1000"
        )
    if case.events:
        write_events(folder / "events.csv", case.events)
        text.append('[events]\npath = "events.csv"')
    if case.roads_km or case.road_edges:
        roads = make_roads(case.roads_km) + make_local_roads(case.road_edges)
        names = [f"Road {number}" for number in range(len(roads))]
        write_layer(folder / "roads.gpkg", roads, name=names, kind=["road"] * len(roads))
        text.append('[corridors]\npath = "roads.gpkg"')
    path = folder / "project.toml"
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    return path


def run_project(path: Path, out: Path) -> tuple[float, float, float]:
    """Run a project as a process: seconds of the clock and of processors, peak in MB."""
    command = [sys.executable, "-m", "frontline", "run", str(path), "--out", str(out)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    began = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as job:
        _, status, usage = os.wait4(job.pid, 0)
        job.returncode = os.waitstatus_to_exitcode(status)
    if job.returncode:
        raise SystemExit(f"{path}: the run failed ({job.returncode})")
    wall = time.perf_counter() - began
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
    return wall, usage.ru_utime + usage.ru_stime, peak


def print_runs(cases: list[Case], folder: Path) -> None:
    """Run the cases one after the other, and print them beside their goals."""
    print(
        f"{'run':<22}{'wall s':>8}{'goal':>6}{'CPU s':>8}{'CPU/wall':>9}{'peak MB':>9}{'goal':>7}"
    )
    for number, case in enumerate(cases):
        own = folder / f"case{number}"
        own.mkdir(parents=True, exist_ok=True)
        wall, spent, peak = run_project(write_project(own, case), own / "out")
        numbers = f"{wall:>8.1f}{case.goal_wall_s:>6.0f}{spent:>8.1f}{spent / wall:>9.2f}"
        print(f"{case.name:<22}{numbers}{peak:>9.0f}{case.goal_mb:>7.0f}", flush=True)


def time_stages(case: Case, folder: Path) -> dict[str, float]:
    """Seconds of processors of the stages of a run, in this process."""
    from frontline.analysis.settlements import locate_settlements
    from frontline.inputs.layers import read_layers
    from frontline.lines.front import displace_front, read_fronts
    from frontline.lines.measures import tabulate_separation
    from frontline.lines.zones import buffer_zones, measure_drawn_areas
    from frontline.population.within import compute_profile, count_people_within
    from frontline.project.loader import load_project

    spent: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        began = time.process_time()
        value = work()
        spent[stage] = spent.get(stage, 0.0) + time.process_time() - began
        return value

    project = load_project(write_project(folder, case))
    layers = timed("layers", lambda: read_layers(project))
    plane, distances = layers.plane, project.zones.distances_m
    fronts = timed("fronts", lambda: read_fronts(project, layers=layers))
    copies = timed(
        "displace",
        lambda: {
            front.key: displace_front(front, area=layers.study_area, draws=case.draws, seed=1)
            for front in fronts
        },
    )
    for front in fronts:
        timed(
            "squares",
            lambda front=front: measure_drawn_areas(
                front, draws=copies[front.key], distances_m=distances, plane=plane
            ),
        )
    zones = timed(
        "zones", lambda: buffer_zones(fronts, distances_m=distances, draws=copies, plane=plane)
    )
    places = timed("places", lambda: locate_settlements(project, layers=layers, fronts=fronts))
    shared = {"layers": layers, "fronts": fronts, "places": places, "draws": copies}
    timed("people", lambda: count_people_within(project, zones=zones, **shared))
    timed("profile", lambda: compute_profile(project, zones=zones, **shared))
    timed("separation", lambda: tabulate_separation(fronts, draws=copies, plane=plane))
    return spent


def print_growth(folder: Path) -> None:
    """Fit by what power of n, 2 n and 4 n each stage grows; the first run warms the kernels up."""
    small = Case("small", 500, places=200, draws=10)
    time_stages(small, folder)
    bases = {
        "vertices": replace(small, vertices=8_000),
        "places": replace(small, places=5_000),
        "draws": replace(small, draws=50),
        "distances": replace(small, distances=4),
    }
    print(f"\n{'exponent in':<12}", end="")
    for field, base in bases.items():
        sizes = [getattr(base, field) * factor for factor in (1, 2, 4)]
        times = [time_stages(replace(base, **{field: size}), folder) for size in sizes]
        if field == "vertices":
            print("".join(f"{stage:>11}" for stage in times[0]))
        cells = []
        for stage in times[0]:
            spent = np.maximum([one[stage] for one in times], 1e-3)
            slope = np.polyfit(np.log(sizes), np.log(spent), 1)[0]
            # What takes less than a tenth of a second is mostly its own constant.
            cells.append(f"{slope:>11.2f}" if spent[-1] > 0.1 else f"{'-':>11}")
        print(f"{field:<12}{''.join(cells)}", flush=True)


def print_peer(folder: Path) -> None:
    """Land within distances of 20 copies of a line: by squares, and by a GEOS buffer for each."""
    from frontline.inputs.layers import read_layers
    from frontline.lines.front import displace_front, read_fronts, take_figures
    from frontline.lines.zones import measure_drawn_areas
    from frontline.project.loader import load_project

    project = load_project(write_project(folder, Case("peer", 1_000, dates=1, draws=20)))
    layers = read_layers(project)
    front = read_fronts(project, layers=layers)[0]

    def overlay(line: Any, sides: Any) -> np.ndarray:
        bands = [shapely.buffer(line, far, quad_segs=16) for far in DISTANCES_M]
        lands = np.array(list(sides.values()), dtype=object)
        return shapely.area(shapely.intersection(lands[:, None], np.array(bands))) / 1e6

    found, spent = [], []
    for measure in (
        partial(measure_drawn_areas, distances_m=DISTANCES_M, plane=layers.plane),
        partial(take_figures, figure=overlay),
    ):
        draws = displace_front(front, area=layers.study_area, draws=20, seed=1)
        began = time.process_time()
        drawn = measure(front, draws=draws)
        spent.append(time.process_time() - began)
        found.append(drawn.copies - drawn.base)
    wrong = np.sqrt(((found[0] - found[1]) ** 2).mean()) / found[1].std()
    print(
        f"\n20 copies, {len(DISTANCES_M)} distances, 2 sides: squares {spent[0]:.2f} s CPU, "
        f"buffers {spent[1]:.2f} s ({spent[1] / spent[0]:.0f} x); they differ by "
        f"{wrong:.1%} of what the copies spread"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--only", nargs="*", default=None, help="cases by a part of their name")
    parser.add_argument("--growth", action="store_true", help="fit how each stage grows")
    parser.add_argument("--keep", type=Path, help="folder for projects and results")
    asked = parser.parse_args()
    chosen = [
        case
        for case in CASES
        if asked.only is None or any(word in case.name for word in asked.only)
    ]
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.keep or Path(scratch)
        print_runs(chosen, folder)
        for part, show in (("peer", print_peer), ("growth", print_growth)):
            if part == "peer" or asked.growth:
                (folder / part).mkdir(parents=True, exist_ok=True)
                show(folder / part)


if __name__ == "__main__":
    main()
