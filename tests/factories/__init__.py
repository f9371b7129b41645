"""What the tests make their cases of: lines, layers, rasters, projects, servers, readers."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
