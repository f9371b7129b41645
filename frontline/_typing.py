"""Names of array types: what an annotation says of the numbers in an array."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
AnyFloats = NDArray[np.floating[Any]]
Floats32 = NDArray[np.float32]
Integers = NDArray[np.int64]
Index = NDArray[np.intp]
Flags = NDArray[np.bool_]
Coords = NDArray[np.float64]
"""Coordinates, shape ``(n, 2)``."""
Geometries = NDArray[Any]
"""Shapely geometries, shape ``(n,)``."""
