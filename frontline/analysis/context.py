"""What a run has in hand in its plane: the value that later questions are asked of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from frontline.analysis.landcover import Cover
    from frontline.elevation.dem import Dem
    from frontline.inputs.layers import Layers
    from frontline.lines.front import Draw, FrontLine
    from frontline.lines.sections import Stretch
    from frontline.population.catchments import Gathered
    from frontline.project.models import Project
    from frontline.visibility.exposure import Exposure


@dataclass(frozen=True)
class Case:
    """Inputs and first results of a run; geometry in ``layers.frame``.

    Parameters
    ----------
    project, layers, dem
        What was asked, and what was read; ``dem`` is None without elevation.
    fronts
        The dated lines with their sides, in the project's order.
    draws
        Displaced copies of each line, by its key.
    zones
        One feature per line, side, distance and kind.
    places
        One row per settlement and line: side, distance, zone, whether cut.
    people
        People by line, side, distance, kind and source.
    exposure
        What is in sight of each line.
    scenarios
        Lines that might be, as the project asks; ``draws`` holds theirs as well.
    stretches
        Sections of the lines, as the project names them.
    tables
        ``flows`` as checked, ``links`` and ``events`` held against the lines; those named.
    around
        What rasters have around settlements, by the keys of line and raster, where it was needed.
    cover
        Land cover of the study area; None without one.
    """

    project: Project
    layers: Layers
    fronts: tuple[FrontLine, ...]
    draws: Mapping[str, Sequence[Draw]]
    zones: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    people: pd.DataFrame
    exposure: Exposure
    dem: Dem | None
    scenarios: tuple[FrontLine, ...] = ()
    stretches: tuple[Stretch, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    around: Mapping[tuple[str, str], Gathered] = field(default_factory=dict)
    cover: Cover | None = None
