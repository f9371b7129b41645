"""Who lives near a front line, on which side, in sight of it, and what changed.

>>> import frontline
>>> project = frontline.load_project(frontline.example_project())
>>> results = frontline.compute(project)
>>> results.people

These are the names most scripts need. Everything else is reached through the module that it is
in, as in ``from frontline.lines.zones import zones``: the module is the namespace.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "FrontlineError": "errors",
    "load_project": "project.loader",
    "changed": "project.loader",
    "example_project": "project.example",
    "copy_example": "project.example",
    "read_layers": "inputs.layers",
    "read_fronts": "lines.front",
    "draw_front": "lines.front",
    "people": "population.within",
    "changes": "analysis.change",
    "control_change": "analysis.change",
    "read_dem": "elevation.dem",
    "compute": "workflow.run",
    "in_script": "cli.main",
    "write_csv": "results.tables",
    "inputs_hash": "export.manifest",
    "write_page": "export.web.page",
    "write_map_png": "export.maps.files",
    "write_geopackage": "export.geopackage",
    "write_workbook": "export.workbook",
    "visible_counts": "visibility.core",
    "sight_lines": "visibility.core",
}

__all__ = sorted(_HOME)  # noqa: PLE0605  (the list of names is the table above, once)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: ``import frontline`` costs nothing."""
    if name not in _HOME:
        raise AttributeError(f"module 'frontline' has no attribute '{name}'")
    return getattr(import_module(f"frontline.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
