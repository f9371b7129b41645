"""How long does a run take, and what does `frontline check` say? Calibrates its estimate.

Made projects that differ in one part of the work each are run as a user would, and the processor
time of each run is held against the estimate. Printed are both with their ratio, and the constants
that fit best (`SECONDS` in frontline/workflow/estimate.py; all errors weigh as ratios), with the
time that the machine takes for the work of reference.

    PYTHONPATH=tests python tests/bench/bench_estimate.py [--only sight] [--times times.json]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from factories.projects import NORTH_KM, Layout, made_project, write_elevation
from scipy.optimize import nnls

from frontline.elevation.dem import read_dem
from frontline.inputs.layers import read_layers
from frontline.lines.front import read_fronts
from frontline.project.loader import load_project
from frontline.workflow.estimate import (
    REFERENCE_S,
    SECONDS,
    Work,
    count_units,
    estimate_seconds,
    estimate_work,
    measure_speed,
)

LAYOUT = Layout()


@dataclass(frozen=True)
class Sample:
    """A project to run: vertices of each line, displaced copies, places, cells of elevation."""

    vertices: int = 2
    draws: int = 0
    places: int = 5
    step_m: float = 0.0
    radius_m: float = 15_000.0


SAMPLES = {
    "nothing": Sample(),
    "draws": Sample(draws=200),
    "vertices": Sample(vertices=3_000, draws=100),
    "many vertices": Sample(vertices=20_000, draws=20),
    "places": Sample(places=2_000),
    "places and draws": Sample(places=1_000, draws=100),
    "sight": Sample(step_m=200.0),
    "fine sight": Sample(step_m=100.0, radius_m=10_000.0),
    "everything": Sample(vertices=1_000, draws=50, places=300, step_m=200.0),
}


def write_sample(folder: Path, sample: Sample) -> Path:
    """Write a made project of the size that is asked for."""
    more = ""
    if sample.step_m:
        write_elevation(folder / "dem.tif", LAYOUT, step_m=sample.step_m)
        more = f'[elevation]\npath = "dem.tif"\n[sight]\nradius_m = {sample.radius_m}\n'
    path = made_project(folder, LAYOUT, more=more, draws=sample.draws, elevation=False)
    rng = np.random.default_rng(1)
    north = np.linspace(-NORTH_KM - 2, NORTH_KM + 2, sample.vertices)
    for name, east in (("old", 0.0), ("new", LAYOUT.shift_km)):
        off = rng.normal(0.0, 0.02, len(north)) if sample.vertices > 2 else 0.0
        line = shapely.LineString(np.column_stack([east + off * np.ones(len(north)), north]))
        frame = gpd.GeoDataFrame(geometry=LAYOUT.placed([line]), crs=LAYOUT.crs)
        pyogrio.write_dataframe(frame, folder / "layers.gpkg", layer=name)
    at = rng.uniform([-29, -19], [29, 19], (sample.places, 2))
    places = gpd.GeoDataFrame(
        {
            "name": [f"Place {number}" for number in range(sample.places)],
            "population": rng.integers(50, 20_000, sample.places),
        },
        geometry=LAYOUT.placed([shapely.Point(xy) for xy in at]),
        crs=LAYOUT.crs,
    )
    pyogrio.write_dataframe(places, folder / "layers.gpkg", layer="places")
    return path


def count_work(path: Path) -> Work:
    """Count the work of a project as check does."""
    project = load_project(path)
    layers = read_layers(project)
    fronts = read_fronts(project, layers=layers)
    dem = read_dem(project, layers=layers) if project.elevation is not None else None
    return estimate_work(project, layers=layers, fronts=fronts, dem=dem)


def run_sample(path: Path) -> float:
    """Run a project in a process of its own; gives its processor time in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = path.parent / "out"
    command = [sys.executable, "-m", "frontline", "run", str(path), "--out", str(out), "--quiet"]
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def fit_constants(works: list[Work], seconds: list[float]) -> dict[str, float]:
    """Find the seconds per unit of each part with the smallest errors as ratios."""
    units = np.array([list(count_units(work).values()) for work in works], dtype=np.float64)
    taken = np.array(seconds)
    scale = units.max(axis=0)
    scale[scale == 0] = 1.0
    found, _ = nnls(units / scale / taken[:, None], np.ones(len(taken)))
    return dict(zip(SECONDS, found / scale, strict=True))


def main() -> None:
    """Run the samples and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="samples with this in their name")
    parser.add_argument("--times", type=Path, help="keep the times here; those there are not run")
    asked = parser.parse_args()
    known = json.loads(asked.times.read_text()) if asked.times and asked.times.exists() else {}
    works, seconds = [], []
    slower = measure_speed()
    print(f"the work of reference takes {slower * REFERENCE_S:.4f} s here")
    for name, sample in SAMPLES.items():
        if asked.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = write_sample(Path(folder), sample)
            works.append(count_work(path))
            known[name] = known.get(name) or run_sample(path) / slower
        seconds.append(known[name])
        says = sum(estimate_seconds(works[-1]).values())
        ratio = says / seconds[-1]
        print(f"{name:18} took {seconds[-1]:7.1f} s, check says {says:7.1f} s: {ratio:.2f}")
        if asked.times:
            asked.times.write_text(json.dumps(known))
    best = fit_constants(works, seconds)
    print({name: float(f"{value:.2g}") for name, value in best.items()})


if __name__ == "__main__":
    main()
