"""Write docs/modules.md: every module of the library with the first line of its docstring."""

from __future__ import annotations

import argparse
import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAD = """# Modules

Every file of `frontline/` in one line, written by `scripts/list_modules.py`. A module imports only
what stands before it in the order that `tests/test_repository.py` holds.

| module | what it holds |
|---|---|
"""


def listing() -> str:
    """Make the page from the docstrings."""
    rows = []
    for path in sorted((ROOT / "frontline").glob("*.py")):
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if not path.stem.startswith("__"):
            rows.append(f"| `{path.stem}` | {text.splitlines()[0]} |\n")
    return HEAD + "".join(rows)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    (ROOT / "docs/modules.md").write_text(listing(), encoding="utf-8", newline="\n")
