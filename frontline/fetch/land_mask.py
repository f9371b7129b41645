"""Which tiles of one degree hold land: a tile that a provider lacks is never taken for sea."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

LIST = Path(__file__).with_name("land_tiles.txt")


class DegreeTile(NamedTuple):
    """One degree of latitude by one of longitude, named by its south-western corner.

    The longitude may run beyond 180, where an area crosses the antimeridian.
    """

    lat: int
    lon: int

    @property
    def turned(self) -> int:
        """Longitude of the western edge, -180 to 179."""
        return (self.lon + 180) % 360 - 180

    @property
    def name(self) -> str:
        """The usual name, such as ``N39E046``."""
        north, east = "S" if self.lat < 0 else "N", "W" if self.turned < 0 else "E"
        return f"{north}{abs(self.lat):02d}{east}{abs(self.turned):03d}"


def has_land(tile: DegreeTile) -> bool:
    """Say whether a tile holds land, by the list that comes with the program.

    Parameters
    ----------
    tile
        Any tile.

    Returns
    -------
    True where there is land of about 1 km2 or more, within 2 km of the tile; also in the Caspian
    and the Aral Sea, whose level is not that of the ocean.

    Notes
    -----
    Smaller islands are not in the list: a tile that holds nothing else counts as sea, if no
    provider has it.
    """
    return bool(_read_land()[tile.lat + 90, tile.turned + 180])


@cache
def _read_land() -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    land = np.zeros((180, 360), dtype=bool)
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        name, *runs = line.split()
        row = 90 + (-1 if name[0] == "S" else 1) * int(name[1:])
        for run in runs:
            first, last = (_parse_column(text) for text in run.split("-"))
            land[row, first : last + 1] = True
    return land


def _parse_column(text: str) -> int:
    match = re.fullmatch(r"([EW])(\d{3})", text)
    assert match is not None
    return 180 + (-1 if match[1] == "W" else 1) * int(match[2])
