"""How long a run will take on this machine, and what makes it long: a small calibrated model."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from frontline.elevation.dem import Dem
    from frontline.inputs.layers import Layers
    from frontline.lines.front import FrontLine
    from frontline.project.models import Project


@dataclass(frozen=True)
class Work:
    """What a run has to do.

    Parameters
    ----------
    lines, vertices
        Dated lines, and vertices of all of them.
    draws, distances
        Displaced copies of each line, and distances on both sides.
    places
        Settlements.
    posts, cells
        Posts on all lines, and cells of elevation that one of them looks over; 0 without sight.
    road_km
        Length of corridors.
    """

    lines: int
    vertices: int
    draws: int
    distances: int
    places: int
    posts: int = 0
    cells: int = 0
    road_km: float = 0.0


SECONDS = {
    "start": 9.0,
    "draws": 3.2e-5,
    "copies": 0.033,
    "places": 4.3e-3,
    "sight": 2.0e-8,
    "sight_files": 16.0,
}
"""Seconds of processor time on the machine of reference, per unit of each part of the work.

Measured by tests/bench/bench_estimate.py, which prints those that fit best.
"""
REFERENCE_S = 0.0145
"""What `measure_speed` takes on the machine of reference."""
LONG_S = 120.0
"""From here on it is said what would make a run shorter."""
BUSY_CORES = 1.5
"""How many of two or more cores a whole run keeps busy on the mean."""

REMEDIES = {
    "draws": "fewer draws ([uncertainty] draws), or a line with fewer vertices",
    "copies": "fewer draws ([uncertainty] draws), or fewer lines",
    "places": "fewer settlements: those farther away than any distance asked for",
    "sight": "a coarser spacing_m, a smaller radius_m, or [sight] enabled = false",
}
"""What to change if a part of the work takes long."""


def estimate_work(
    project: Project, *, layers: Layers, fronts: Sequence[FrontLine], dem: Dem | None = None
) -> Work:
    """Count what a run has to do.

    Parameters
    ----------
    project, layers, fronts
        As read.
    dem
        Elevation; without it no sight is counted.
    """
    vertices = sum(int(shapely.get_num_coordinates(front.geometry)) for front in fronts)
    posts = cells = 0
    if dem is not None and project.sight.enabled:
        high, wide = dem.sight_step_m
        spacing_m = project.sight.spacing_m or min(high, wide)
        posts = round(sum(front.length_km for front in fronts) * 1000.0 / spacing_m)
        cells = round(math.pi * project.sight.radius_m**2 / (high * wide))
    length_m = float(shapely.length(layers.corridors.geometry.to_numpy()).sum())
    return Work(
        lines=len(fronts),
        vertices=vertices,
        draws=project.uncertainty.draws,
        distances=len(project.zones.distances_m),
        places=len(layers.settlements),
        posts=posts,
        cells=cells,
        road_km=length_m / 1000.0,
    )


def count_units(work: Work) -> dict[str, float]:
    """Count the units of each part of the work, of which `SECONDS` says how long each takes."""
    return {
        "start": 1.0,
        "draws": float(work.draws * work.vertices),
        "copies": float(work.draws * work.lines),
        "places": float(work.places * work.lines),
        "sight": float(work.posts * work.cells),
        "sight_files": float(work.posts > 0),
    }


def estimate_seconds(work: Work) -> dict[str, float]:
    """Estimate the processor time of each part on the machine of reference, seconds."""
    return {part: SECONDS[part] * units for part, units in count_units(work).items()}


def measure_speed() -> float:
    """Measure how much slower this machine is than that of reference, by a sort of numbers."""
    numbers = np.random.default_rng(1).random(1_000_000)
    taken = []
    for _ in range(3):
        began = time.process_time()
        np.sort(numbers)
        taken.append(time.process_time() - began)
    return min(taken) / REFERENCE_S


def describe_work(work: Work, *, speed: float | None = None) -> list[str]:
    """Say how long a run will take, within a factor of two, and what to change if it is long.

    Parameters
    ----------
    work
        From `estimate_work`.
    speed
        How much slower this machine is than that of reference; measured if None.
    """
    parts = estimate_seconds(work)
    cores = min(os.cpu_count() or 1, 2)
    slower = measure_speed() if speed is None else speed
    seconds = sum(parts.values()) * slower / (BUSY_CORES if cores > 1 else 1.0)
    counts = f"{work.vertices:,} vertices in {work.draws:,} draws, {work.places:,} settlements"
    if work.posts:
        counts += f", {work.posts:,} posts that look over {work.cells:,} cells each"
    said = [f"work: {counts}. A run takes about {_duration(seconds)} on this machine."]
    if seconds > LONG_S:
        longest = max(REMEDIES, key=lambda part: parts[part])
        share = parts[longest] / sum(parts.values())
        said.append(
            f"work: {share:.0%} of it is for {longest}. What would make it shorter: "
            f"{REMEDIES[longest]}."
        )
    return said


def _duration(seconds: float) -> str:
    """Write a time in the unit that fits, with the digits that an estimate has."""
    if seconds < 90:
        return f"{max(round(seconds / 5) * 5, 5)} seconds"
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes < 90 else f"{minutes / 60:.1f} hours"
