"""Small values that results are made of: notes, figures to quote, bands of a raster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Note:
    """Something a reader must know about an input or a figure.

    Parameters
    ----------
    about
        The layer, line or table it concerns.
    text
        One sentence.
    count
        How many features it concerns; 0 where that has no meaning.
    """

    about: str
    text: str
    count: int = 0


@dataclass(frozen=True)
class KeyFigure:
    """One figure ready to quote: ``sentence`` holds number, interval, date, source and caveat.

    ``alt_low`` and ``alt_high`` are the least and the most of it over the sources of the lines;
    None where the lines have no alternatives.
    """

    id: str
    value: float
    low: float
    high: float
    unit: str
    sentence: str
    alt_low: float | None = None
    alt_high: float | None = None


@dataclass(frozen=True)
class RasterResult:
    """Bands on one grid, north up.

    Parameters
    ----------
    bands
        Arrays of shape ``(rows, cols)``, by name.
    transform
        ``(a, b, c, d, e, f)`` of the affine transform: x = a col + b row + c.
    crs
        Coordinate reference system, as text that pyproj reads.
    """

    bands: Mapping[str, NDArray[np.generic]]
    transform: tuple[float, float, float, float, float, float]
    crs: str
