"""What changed between two lines: land, places, and where people live?"""

from __future__ import annotations

import argparse
from pathlib import Path

import frontline

LAND = ["from_line", "to_line", "from_side", "to_side", "kind", "area_km2"]
LAND += ["area_low", "area_high"]
PLACES = ["name", "from_side", "to_side", "control", "population"]
PLACES += ["distance_before_m", "distance_after_m"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", nargs="?", type=Path, default=frontline.find_example())
    parser.add_argument("--draws", type=int, default=200, help="displaced copies of each line")
    asked = parser.parse_args()

    project = frontline.load_project(asked.project)
    project = frontline.replace_parts(
        project, sight={"enabled": False}, uncertainty={"draws": asked.draws}
    )
    results = frontline.compute(project)
    print("Land (km2; low and high: 95 % by the position of the lines)\n")
    print(results.changes[LAND].to_string(index=False, float_format="{:,.1f}".format))
    moved = results.control_change[results.control_change["control"] != "stayed"]
    print(f"\n{len(moved)} places changed sides, are cut, or are too near to a line to tell\n")
    print(moved[PLACES].to_string(index=False, float_format="{:,.0f}".format))


if __name__ == "__main__":
    frontline.run_script(main)
