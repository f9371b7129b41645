"""Build the elevation of the example case: a cloud-optimised GeoTIFF that says what is unknown.

GLOBE has no mark for unknown: 0 stands for void, sea and land below sea level alike. In this cut
all zeros have low surroundings (below 50 m), so none can be told from void: all become unknown.
"""

import argparse
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.io import MemoryFile

FOLDER = Path(__file__).resolve().parents[1] / "dem"
UNKNOWN = -32768
TAGS = {
    "SOURCE": "NOAA GLOBE 1.0, 30 arc seconds (Hastings and Dunbar 1999), public domain",
    "VERTICAL_DATUM": "mean sea level (GLOBE)",
    "ACCURACY": "bias +53 m, RMSE 145 m against 18 published heights",
    "UNKNOWN": "0 in GLOBE is void, sea and land below sea level alike: unknown here (-32768)",
}
COG = {"driver": "COG", "compress": "DEFLATE", "predictor": "YES", "blocksize": 256}


def write_dem(source: Path, target: Path) -> None:
    with rasterio.open(source) as globe:
        heights, profile = globe.read(1), {**globe.profile, "nodata": UNKNOWN}
    with MemoryFile() as memory, memory.open(**profile) as draft:
        draft.write(np.where(heights == 0, UNKNOWN, heights).astype("int16"), 1)
        draft.update_tags(**TAGS)
        draft.set_band_unit(1, "metre")
        draft.set_band_description(1, "elevation")
        rasterio.shutil.copy(draft, target, overview_resampling="average", **COG)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=FOLDER / "globe30s_karabakh.tif", help="file to write"
    )
    write_dem(FOLDER / "source/globe30s_karabakh_raw.tif", parser.parse_args().out)


if __name__ == "__main__":
    main()
