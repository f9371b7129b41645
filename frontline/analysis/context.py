"""Inputs and first results of a run in its plane, for the tables that are made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from frontline.analysis.landcover import LandCoverSquares
    from frontline.elevation.dem import Dem
    from frontline.inputs.layers import Layers
    from frontline.lines.alternatives import Alternative
    from frontline.lines.front import DisplacedFront, FrontLine
    from frontline.lines.sections import LineSection
    from frontline.population.catchments import CatchmentPopulation
    from frontline.population.completeness import Reference
    from frontline.project.models import Project
    from frontline.visibility.exposure import FrontVisibility

Value = TypeVar("Value")


@dataclass(frozen=True)
class Analysis:
    """Inputs and first results of a run; geometry in ``layers.plane``.

    Parameters
    ----------
    project, layers, dem
        The project, its layers as read, and the elevation; ``dem`` is None without.
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
        ``flows`` as checked, ``links`` and ``events`` held against the lines, those named;
        ``correlation`` where lines have an error and copies.
    around
        What rasters have around settlements, by the keys of line and raster, where it was needed.
    references
        Totals of whole sides that the list of settlements was held against.
    cover
        Land cover of the study area; None without one.
    variants
        The same case with alternatives in the place of lines; see
        `frontline.analysis.alternatives`.
    computed
        What several tables and claims take (`compute_once`), by what it is.
    """

    project: Project
    layers: Layers
    fronts: tuple[FrontLine, ...]
    draws: Mapping[str, Sequence[DisplacedFront]]
    zones: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    people: pd.DataFrame
    exposure: FrontVisibility
    dem: Dem | None
    scenarios: tuple[FrontLine, ...] = ()
    stretches: tuple[LineSection, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    around: Mapping[tuple[str, str], CatchmentPopulation] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    cover: LandCoverSquares | None = None
    variants: tuple[Variant, ...] = ()
    computed: dict[tuple[str, ...], Any] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )

    def compute_once(self, key: tuple[str, ...], *, compute: Callable[[], Value]) -> Value:
        """Compute a value when it is first needed, and keep it with this case.

        Parameters
        ----------
        key
            Says what it is, with all that it depends on beside the case.
        compute
            Computes it; nobody changes what it returns.
        """
        if key not in self.computed:
            self.computed[key] = compute()
        value: Value = self.computed[key]
        return value


@dataclass(frozen=True)
class Variant:
    """A case with alternatives in the place of lines.

    Parameters
    ----------
    choice
        The alternatives, of different lines.
    case
        The case with them: without displaced copies and without sight.
    """

    choice: tuple[Alternative, ...]
    case: Analysis

    @property
    def lines(self) -> frozenset[str]:
        """Keys of the lines that are replaced."""
        return frozenset(alternative.line for alternative in self.choice)

    @property
    def key(self) -> str:
        """Keys of line and alternative: ``line_2020/osm``; of two alternatives joined by ;."""
        return ";".join(f"{alternative.line}/{alternative.key}" for alternative in self.choice)

    @property
    def name(self) -> str:
        """Whose line it is, as it stands in a sentence: OpenStreetMap."""
        return " and ".join(dict.fromkeys(alternative.label for alternative in self.choice))
