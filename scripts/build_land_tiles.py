"""Which tiles of one degree hold land? Writes frontline/fetch/land_tiles.txt for `frontline fetch`.

A tile that a provider of elevation lacks is sea only where this list has no land. The list comes
from NOAA GLOBE 1.0 (public domain) as packaged in global-land-mask 1.0.0 (MIT); install that first.
Land within 2 km of a tile's edge counts for the tile: a coast must not be lost by its generalising.
Seas below the level of the ocean (Caspian Sea, Aral Sea) count as land, as in GLOBE: a height of
0 m would be wrong there.
"""

import argparse
import importlib.util
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HEAD = """# Tiles of one degree that hold land, by their south-western corner: latitude, then runs
# of longitudes, both ends included. Made by scripts/build_land_tiles.py from NOAA GLOBE 1.0
# (Hastings and Dunbar 1999, public domain). Not by hand.
"""
PER_DEGREE, REACH = 120, 2  # cells of 30 arc seconds; about 2 km


def land_tiles(ocean: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tiles with land, shape (180, 360), the southern row first; from cells, northern row first."""
    rows, cols = ocean.shape[0] // PER_DEGREE, ocean.shape[1] // PER_DEGREE
    tiles = ~ocean.reshape(rows, PER_DEGREE, cols, PER_DEGREE).all(axis=(1, 3))
    edge = ~ocean.reshape(rows, PER_DEGREE, cols, PER_DEGREE)
    north = edge[:, :REACH].any(axis=(1, 3))
    south = edge[:, -REACH:].any(axis=(1, 3))
    west = edge[:, :, :, :REACH].any(axis=(1, 3))
    east = edge[:, :, :, -REACH:].any(axis=(1, 3))
    tiles[:-1] |= north[1:]
    tiles[1:] |= south[:-1]
    tiles |= np.roll(west, -1, axis=1) | np.roll(east, 1, axis=1)
    return tiles[::-1]


def runs(row: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last column of each run of True."""
    steps = np.flatnonzero(np.diff(np.concatenate([[False], row, [False]]).astype(int)))
    return [(int(first), int(end) - 1) for first, end in steps.reshape(-1, 2)]


def named(col: int) -> str:
    """Name a column of tiles by its western edge."""
    return f"{'E' if col >= 180 else 'W'}{abs(col - 180):03d}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(__file__).resolve().parents[1] / "frontline/fetch/land_tiles.txt"
    parser.add_argument("--out", type=Path, default=default, help="file to write")
    out = parser.parse_args().out
    package = importlib.util.find_spec("global_land_mask")
    if package is None:
        sys.exit("Install it first: pip install global-land-mask==1.0.0")
    mask = Path(package.origin).with_name("globe_combined_mask_compressed.npz")
    with np.load(mask) as arrays:
        tiles = land_tiles(arrays["mask"])
    lines = []
    for number, row in enumerate(tiles):
        found = " ".join(f"{named(first)}-{named(last)}" for first, last in runs(row))
        if found:
            lines.append(f"{'N' if number >= 90 else 'S'}{abs(number - 90):02d} {found}\n")
    out.write_text(HEAD + "".join(lines), encoding="utf-8")
    print(f"{int(tiles.sum()):,} tiles with land")


if __name__ == "__main__":
    main()
