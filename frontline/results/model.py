"""The results of a run: one frozen value that tables, map and files are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar

from frontline.errors import to_one_line

if TYPE_CHECKING:
    import folium
    import geopandas as gpd
    import pandas as pd

    from frontline.analysis.context import Analysis
    from frontline.project.models import Project
    from frontline.records import KeyFigure, Note, RasterResult

Value = TypeVar("Value")


@dataclass(frozen=True)
class Results:
    """Everything a run has computed. Geometry is in EPSG:4326; absent inputs give empty tables.

    Parameters
    ----------
    project
        What was asked.
    study_area
        One feature.
    lines
        One feature per dated line: ``line, date, label, length_km, error_m``.
    sides
        One feature per line and side: ``line, side, area_km2, area_low, area_high``.
    zones
        One feature per line, side, distance and kind:
        ``line, side, distance_m, kind, area_km2, area_low, area_high``.
    people
        The rows of ``zones.csv``: the columns of ``zones`` and
        ``source, population, population_low, population_high, population_inner,
        population_outer, settlements, settlements_unknown, coverage, completeness``.
    settlements
        One feature per settlement and line, with the columns of ``settlements.csv``.
    changes
        One feature per pair of lines and flow, with the columns of ``changes.csv``.
    control_change
        The rows of ``control_change.csv``.
    corridors
        One feature per corridor: ``id, name, name_alt, kind, length_km``.
    corridor_km
        Rows ``id, name, kind, line, side, distance_m, km, km_low, km_high``; ``distance_m``
        is empty for the whole side.
    crossings
        One point per crossing of corridor and line:
        ``id, name, name_alt, kind, line, angle_deg``.
    points, districts, partitions
        The inputs, as they were read.
    sight
        Per line: bands ``seen`` and ``unknown``, counts of posts.
    sight_zones
        Rows ``line, side, distance_m, visible_share, unknown_share``.
    relief
        Shaded relief for maps, band ``shade`` (0 to 255) and ``elevation`` (metres), or None.
    key_figures, notes
        Sentences to quote, and what the reader must know.
    inputs
        sha256 of every input file, by its path as the project writes it.
    profile, profile_zones
        People and cumulative zones at every half kilometre, with the columns of `people` and
        `zones`; None where they were not computed.
    further
        Tables that not every project gives cause for, by name: see `frontline.cuts.cut_tables`.
    alternative_lines
        One feature per alternative of a line, with the columns of `lines` and ``alternative``;
        None where no line has any.
    claims
        Statements of a ledger with their verdicts, the rows of ``claims.csv``; None without one.
    case
        What the run had in hand, for questions that the tables do not answer; None for results
        that were not computed here, or from which restricted layers were taken.
    computed
        What several files are made from (`compute_once`).
    """

    project: Project
    study_area: gpd.GeoDataFrame
    lines: gpd.GeoDataFrame
    sides: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    people: pd.DataFrame
    settlements: gpd.GeoDataFrame
    changes: gpd.GeoDataFrame
    control_change: pd.DataFrame
    corridors: gpd.GeoDataFrame
    corridor_km: pd.DataFrame
    crossings: gpd.GeoDataFrame
    points: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    partitions: Mapping[str, gpd.GeoDataFrame]
    sight: Mapping[str, RasterResult]
    sight_zones: pd.DataFrame
    relief: RasterResult | None
    key_figures: tuple[KeyFigure, ...]
    notes: tuple[Note, ...]
    inputs: Mapping[str, str] = field(default_factory=dict)
    profile: pd.DataFrame | None = None
    profile_zones: gpd.GeoDataFrame | None = None
    alternative_lines: gpd.GeoDataFrame | None = None
    claims: pd.DataFrame | None = None
    further: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    case: Analysis | None = None
    computed: dict[str, Any] = field(init=False, default_factory=dict, compare=False, repr=False)

    def compute_once(self, key: str, *, compute: Callable[[], Value]) -> Value:
        """Compute what several files are made from when it is first needed, and keep it.

        Parameters
        ----------
        key
            Says what it is.
        compute
            Computes it from these results; nobody changes what it returns.
        """
        if key not in self.computed:
            self.computed[key] = compute()
        value: Value = self.computed[key]
        return value

    def __repr__(self) -> str:
        """Say in a few lines what a run holds; the tables themselves would fill screens."""
        places = self.settlements["id"].nunique() if "id" in self.settlements else 0
        counts = (
            f"lines {len(self.lines)}",
            f"settlements {places}",
            f"key figures {len(self.key_figures)}",
            f"notes {len(self.notes)}",
            *([f"claims {len(self.claims)}"] if self.claims is not None else ()),
        )
        figures = [f"  {to_one_line(figure.sentence)}" for figure in self.key_figures[:3]]
        return "\n".join(
            [f"Results of '{to_one_line(self.project.title)}': {', '.join(counts)}", *figures]
        )

    def explore(self, *, tiles: str | None = None) -> folium.Map:
        """Draw the results as a `folium.Map` for a notebook, to look at and to add layers to.

        Parameters
        ----------
        tiles
            Online tiles beneath, such as ``"OpenStreetMap"``; without, no server learns where the
            reader looks.
        """
        from frontline.results.explore import draw_explore_map

        return draw_explore_map(self, tiles=tiles)

    def _repr_html_(self) -> str:
        """Show title, key figures and notes where a notebook displays results."""
        figures = "".join(f"<li>{escape(figure.sentence)}</li>" for figure in self.key_figures)
        notes = "".join(
            f"<li>{escape(note.about)}: {escape(note.text)}</li>" for note in self.notes
        )
        return (
            f"<h3>{escape(self.project.title)}</h3><ul>{figures}</ul>"
            f"<details><summary>{len(self.notes)} notes</summary><ul>{notes}</ul></details>"
        )
