"""Turn bytes of sound files and read them: data or one line of ours, and nothing else.

    python tests/factories/fuzzing.py FOLDER ROUNDS SEED NAME...

``FOLDER/NAME`` is a folder with a project of which the file NAME is turned. One interpreter reads
all of them, within a limit of memory and of time. Printed is, for each name, how many readings
gave data; the first reading that ends in anything but data or an error of ours is printed whole.
"""

import random
import resource
import sys
import traceback
from pathlib import Path

from frontline.claims.ledger import read as read_claims
from frontline.errors import FrontlineError
from frontline.inputs.layers import read_layers
from frontline.inputs.tables import read_tables
from frontline.project.loader import load_project
from frontline.raster.io import Window, open_raster, read_window

MOST_BYTES, MOST_SECONDS = 3_000_000_000, 1_200


def turn(content, chance):
    """Change some bytes, cut some out, repeat some."""
    content = bytearray(content)
    for _ in range(chance.choice([1, 3, 30])):
        content[chance.randrange(len(content))] = chance.randrange(256)
    if len(content) > 20 and chance.random() < 0.2:
        at = chance.randrange(len(content))
        del content[at : at + chance.randrange(min(200, len(content) - at))]
    if content and chance.random() < 0.1:
        at, length = chance.randrange(len(content)), chance.randrange(1, 200)
        content[at:at] = content[at : at + length] * chance.randrange(1, 4)
    return bytes(content)


def read(folder, name, project):
    """Read a file as a run would."""
    if name.endswith("tif"):
        with open_raster(folder / name) as raster:
            read_window(raster, window=Window(0, 0, min(raster.rows, 50), min(raster.cols, 50)))
    elif name == "claims.toml":
        read_claims(folder / name, project=load_project(folder / "project.toml"))
    elif project is None:
        load_project(folder / name)
    elif name.startswith("t."):
        read_tables(project)
    else:
        read_layers(project)


def fuzz(folder, name, *, rounds, seed):
    """Read a file with turned bytes so many times; gives how often that gave data."""
    sound = (folder / name).read_bytes()
    chance = random.Random(f"{name}{seed}")
    project = None if name.endswith("toml") else load_project(folder / "project.toml")
    before = sorted(path.name for path in folder.iterdir())
    fine = 0
    for _ in range(rounds):
        (folder / name).write_bytes(turn(sound, chance))
        try:
            read(folder, name, project)
            fine += 1
        except FrontlineError as error:
            if not str(error).strip():
                raise AssertionError("an error without words") from error
    (folder / name).write_bytes(sound)
    assert sorted(path.name for path in folder.iterdir()) == before
    return fine


def main(folder, rounds, seed, *names):
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    for name in names:
        try:
            result = str(fuzz(Path(folder) / name, name, rounds=int(rounds), seed=seed))
        except Exception:  # noqa: BLE001 - whatever it is, it is a fault
            result = traceback.format_exc().replace("\n", "\\n")
        print(name, result, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
