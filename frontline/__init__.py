"""Who lives near a front line, on which side, in sight of it, and what changed.

>>> import frontline
>>> project = frontline.load_project(frontline.example_project())
>>> results = frontline.compute(project)
>>> results.people

These are the names most scripts need. Everything else is reached through the module that it is
in, as in ``from frontline.zones import zones``: the module is the namespace.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "FrontlineError": "errors",
    "load_project": "project",
    "changed": "project",
    "example_project": "demo",
    "copy_example": "demo",
    "read_layers": "layers",
    "read_fronts": "fronts",
    "draw_front": "fronts",
    "people": "population",
    "changes": "change",
    "control_change": "change",
    "read_dem": "terrain",
    "compute": "run",
    "in_script": "cli",
    "write_csv": "tables",
    "inputs_hash": "manifest",
    "write_page": "page",
    "write_map_png": "figures",
    "write_geopackage": "geopackage",
    "write_workbook": "workbook",
    "visible_counts": "sight",
    "sight_lines": "sight",
}

__all__ = sorted(_HOME)  # noqa: PLE0605  (the list of names is the table above, once)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: ``import frontline`` costs nothing."""
    if name not in _HOME:
        raise AttributeError(f"module 'frontline' has no attribute '{name}'")
    return getattr(import_module(f"frontline.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
