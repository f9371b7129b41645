"""Write everything a project computes into one GeoPackage that opens styled in QGIS."""

from __future__ import annotations

import argparse
from pathlib import Path

import frontline


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", nargs="?", type=Path, default=frontline.find_example())
    parser.add_argument("--out", type=Path, default=Path("frontline.gpkg"))
    asked = parser.parse_args()

    results = frontline.compute(frontline.load_project(asked.project))
    for note in frontline.write_geopackage(asked.out, results):
        print(f"{note.about}: {note.text}")
    print(f"{asked.out}: open it in QGIS; layers are styled and described")


if __name__ == "__main__":
    frontline.run_script(main)
