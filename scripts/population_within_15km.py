"""How many people live within a distance of each line, on which side, by whose figures?"""

from __future__ import annotations

import argparse
from pathlib import Path

import frontline

COLUMNS = ["line", "side", "source", "population", "population_low", "population_high", "coverage"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", nargs="?", type=Path, default=frontline.find_example())
    parser.add_argument("--distance-km", type=float, default=15.0)
    parser.add_argument("--csv", type=Path, help="also write the table here")
    asked = parser.parse_args()

    project = frontline.load_project(asked.project)
    project = frontline.replace_parts(project, zones={"distances_m": [asked.distance_km * 1000]})
    project = frontline.replace_parts(project, sight={"enabled": False})
    people = frontline.compute(project).people
    people = people[people["kind"] == "cumulative"]
    print(f"{project.title}\nPeople within {asked.distance_km:g} km, each source apart:\n")
    print(people[COLUMNS].to_string(index=False, float_format="{:,.2f}".format))
    if asked.csv:
        frontline.write_csv(people, asked.csv)


if __name__ == "__main__":
    frontline.run_script(main)
