"""Units of heights: what a file says they are in, and what heights look like in a wrong one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyproj

from frontline.records import Note

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from frontline.raster.io import Raster

FOOT_M = 0.3048

METRES = {"m": 1.0, "dm": 0.1, "cm": 0.01, "km": 1_000.0, "ft": FOOT_M}
"""Metres to a unit of heights."""

_NAMES = {
    "m": ("m", "metre", "meter", "metres", "meters", "mtr"),
    "dm": ("dm", "decimetre", "decimeter", "decimetres", "decimeters"),
    "cm": ("cm", "centimetre", "centimeter", "centimetres", "centimeters"),
    "km": ("km", "kilometre", "kilometer", "kilometres", "kilometers"),
    "ft": ("ft", "foot", "feet", "us-ft", "us survey foot", "international foot"),
}
_BY_NAME = {name: unit for unit, names in _NAMES.items() for name in names}

STEEPEST_DEG = 45.0
"""No country is so steep on half of its cells: its heights are in another unit."""

FLATTEST_M = 9.0
"""Heights that all lie below this, in fractions, are of a delta, or in kilometres."""


def find_unit(raster: Raster) -> str:
    """Tell the unit that a file says its heights are in.

    Returns
    -------
    A key of `METRES`; the file's own word where it is none that is known; empty where the file
    says nothing. The band's unit comes before that of the height axis of a compound CRS.
    """
    word = raster.unit.strip()
    stated = raster.dataset.crs
    if not word and stated is not None:
        crs = pyproj.CRS.from_wkt(stated.to_wkt())
        upright = [axis for axis in crs.axis_info if axis.direction.lower() in {"up", "down"}]
        word = upright[0].unit_name if upright else ""
    plain = word.casefold().replace("_", " ").strip("[]() ")
    first = plain.split(" ", 1)[0]  # "metres above the geoid"
    return _BY_NAME.get(plain) or _BY_NAME.get(first, word)


def doubt_units(
    heights_m: NDArray[np.float32], *, step_m: tuple[float, float], about: str
) -> Iterator[Note]:
    """Ask whether heights that could be metres are of another unit.

    Parameters
    ----------
    heights_m
        Shape ``(rows, cols)``, NaN where unknown.
    step_m
        Size of a cell, (north-south, east-west).
    about
        What the notes speak of.
    """
    known = heights_m[np.isfinite(heights_m)]
    if min(heights_m.shape) < 2 or not known.size:
        return
    rise = np.abs(np.diff(heights_m, axis=0)[:, :-1]) / step_m[0]
    rise = np.hypot(rise, np.diff(heights_m, axis=1)[:-1] / step_m[1])
    rise = rise[np.isfinite(rise)]
    if rise.size and np.degrees(np.arctan(np.median(rise))) > STEEPEST_DEG:
        text = f"half of the land is steeper than {STEEPEST_DEG:.0f} degrees as read in metres"
        yield Note(about, f"{text}: are its heights in another unit? Set unit in [elevation].")
    low, high = float(known.min()), float(known.max())
    whole = bool((known == np.rint(known)).all())
    if 0.0 < high < FLATTEST_M and low > -1.0 and not whole and high - low > 0.05:
        text = f"all heights lie between {low:.2f} and {high:.2f} m"
        yield Note(about, f"{text}: are they in kilometres? Set unit in [elevation].")
