"""Set up everything the project needs in .venv and run one task there.

Only the standard library, so that ``python bootstrap.py demo`` works on a bare clone, from make
as from PowerShell. The environment is made anew when requirements.lock, pyproject.toml or the
Python changes, and left alone otherwise. The file itself runs on Python 3.7 or newer, so that an
old one is told what to do instead of failing over the syntax.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
STAMP = VENV / "bootstrap.stamp"
LOCK = HERE / "requirements.lock"
OLDEST, NEWEST = (3, 11), (3, 14)
TASKS = {
    "setup": "make the environment and nothing else",
    "demo": "run the example case into out/karabakh",
    "test": "ruff, mypy and the tests; further arguments go to pytest",
    "bench": "measure sight and whole runs against peers; further arguments go to sight's bench",
    "data": "build the example's GeoPackage and elevation from their tables",
    "lock": "write requirements.lock anew",
}
BY_FILE = ["--dist", "loadfile", "--no-loadscope-reorder"]  # tests/conftest.py says in which order
COMPILE = (
    "uv pip compile --no-config --universal --generate-hashes --no-emit-index-url"
    " --no-emit-find-links --python-version 3.11 --fork-strategy fewest --extra test"
    " --output-file requirements.lock pyproject.toml"
)


def main() -> int:
    """Prepare the environment and run the task; the task's exit code is ours."""
    tasks = "\n".join(f"  {task:<6} {text}" for task, text in TASKS.items())
    parser = argparse.ArgumentParser(
        description="Set up .venv, then run one task:\n" + tasks,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("task", choices=sorted(TASKS), metavar="TASK")
    task, rest = parser.parse_known_args()
    prepare()
    return run_task(task.task, rest)


def run_task(task: str, rest: list[str]) -> int:
    """Run every command of a task, and fail if one of them failed."""
    python = str(venv_python())
    module = [python, "-m"]
    commands = {
        "setup": [],
        "demo": [[*module, "frontline", "demo", *rest]],
        "test": [
            [*module, "ruff", "check", "."],
            [*module, "ruff", "format", "--check", "."],
            [*module, "mypy"],
            [*module, "pytest", "-n", "auto", *BY_FILE, *rest],
        ],
        "bench": [
            [python, "tests/bench/bench_sight.py", *rest],
            [python, "tests/bench/bench_run.py", "--growth"],
        ],
        "data": [[python, "scripts/build_karabakh.py"], [python, "scripts/build_dem.py"]],
        "lock": [[*module, "pip", "install", "--quiet", "uv"], [*module, *COMPILE.split()]],
    }[task]
    environment = dict(os.environ, PYTHONUTF8="1", UV_CUSTOM_COMPILE_COMMAND="make lock")
    codes = [subprocess.run(c, cwd=HERE, env=environment, check=False).returncode for c in commands]
    return next((code for code in codes if code), 0)


def prepare() -> None:
    """Make .venv from the lock unless it already is what the lock says."""
    interpreter = suitable_python()
    wanted = fingerprint(interpreter)
    if STAMP.is_file() and venv_python().is_file() and STAMP.read_text() == wanted:
        return
    print("Setting up .venv (once; a few minutes on a slow network) ...", flush=True)
    if STAMP.is_file():
        STAMP.unlink()
    if not matches(venv_python(), interpreter):
        shutil.rmtree(VENV, ignore_errors=True)
        must([interpreter, "-m", "venv", str(VENV)], "On Debian or Ubuntu: install python3-venv.")
    pip = [str(venv_python()), "-m", "pip", "--disable-pip-version-check"]
    must(
        [*pip, "install", "--quiet", "--require-hashes", "--requirement", str(LOCK)],
        "Is there a network, and does it reach the package index?",
    )
    project = ["--no-deps", "--no-build-isolation", "--editable", str(HERE)]
    must([*pip, "install", "--quiet", *project], "pyproject.toml and its files must be complete.")
    STAMP.write_text(wanted)


def fingerprint(interpreter: str) -> str:
    """Hash what the environment depends on."""
    digest = hashlib.sha256(f"{version_of(interpreter)} {HERE}".encode())
    for path in (LOCK, HERE / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def suitable_python() -> str:
    """Find a Python of the right age: this one, or another that can be called by name."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return sys.executable
    names = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    for name in [*names, "python3", "python"]:
        found = shutil.which(name)
        if found and tuple(map(int, (version_of(found) or "0.0").split(".")[:2])) in supported():
            return found
    here = "{}.{}".format(*sys.version_info)
    wanted = "{}.{} to {}.{}".format(*OLDEST, *NEWEST)
    sys.exit(f"frontline needs Python {wanted} (this is {here}): install one and try again.")


def supported() -> list[tuple[int, int]]:
    """List the versions of Python for which the lock has packages."""
    return [(3, minor) for minor in range(OLDEST[1], NEWEST[1] + 1)]


def version_of(interpreter: Path | str) -> str:
    """Ask an interpreter for its version; empty if it does not answer."""
    question = "import sys; print('{}.{}.{}'.format(*sys.version_info))"
    try:
        command = [str(interpreter), "-c", question]
        answer = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        return ""
    return answer.stdout.decode().strip() if answer.returncode == 0 else ""


def matches(one: Path | str, other: Path | str) -> bool:
    """Tell whether two interpreters are of the same version, and both answer."""
    return version_of(one) == version_of(other) != ""


def venv_python() -> Path:
    """Name the Python of the environment."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def must(command: list[str], advice: str) -> None:
    """Run a step of the set-up; if it fails, say which one and what to look at."""
    if subprocess.run(command, cwd=HERE, check=False).returncode:
        sys.exit(f"Set-up failed at: {' '.join(command)}\n{advice}")


if __name__ == "__main__":
    sys.exit(main())
