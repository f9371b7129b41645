"""Which places are in sight of each line, and which came into sight from one line to the next?"""

from __future__ import annotations

import argparse
from pathlib import Path

import frontline


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", nargs="?", type=Path, default=frontline.find_example())
    parser.add_argument("--radius-km", type=float, default=15.0)
    parser.add_argument("--target-height-m", type=float, default=2.0)
    asked = parser.parse_args()

    project = frontline.replace_parts(
        frontline.load_project(asked.project),
        sight={"radius_m": asked.radius_km * 1000, "target_height_m": asked.target_height_m},
        uncertainty={"draws": 0},
    )
    results = frontline.compute(project)
    places = results.settlements
    print(places.groupby(["line", "in_sight"]).size().unstack(fill_value=0).to_string(), "\n")
    changed = results.control_change
    came = changed[(changed["sight_after"] == "visible") & (changed["sight_before"] != "visible")]
    print(f"{len(came)} places came into sight:")
    print(came[["name", "from_line", "to_line", "sight_before"]].to_string(index=False))
    for note in results.notes:
        if note.about in {"elevation", "sight"}:
            print(f"\n{note.about}: {note.text}")


if __name__ == "__main__":
    frontline.run_script(main)
