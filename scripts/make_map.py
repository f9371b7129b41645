"""Make the map of a project: one HTML page that needs no network, and a picture."""

from __future__ import annotations

import argparse
from pathlib import Path

import frontline


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", nargs="?", type=Path, default=frontline.find_example())
    parser.add_argument("--html", type=Path, default=Path("map.html"))
    parser.add_argument("--png", type=Path, default=Path("map.png"))
    asked = parser.parse_args()

    results = frontline.compute(frontline.load_project(asked.project))
    stamp = frontline.hash_of_inputs(results.inputs)
    frontline.write_page(results, asked.html, inputs_hash=stamp)
    frontline.write_map_png(results, asked.png, inputs_hash=stamp)
    print(f"{asked.html} and {asked.png}, from inputs {stamp}")


if __name__ == "__main__":
    frontline.run_script(main)
