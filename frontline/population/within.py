"""People within distances of a line, by side and source, counted once for table and slider."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from frontline import schema
from frontline._typing import Floats, Integers
from frontline.geo.geodesy import geodesic_buffer
from frontline.lines.front import take_point_figures
from frontline.lines.zones import (
    STEPS_M,
    add_zone_intervals,
    buffer_zones_in_plane,
    measure_drawn_areas,
)
from frontline.population.catchments import (
    CatchmentAreas,
    CatchmentPopulation,
    find_first_rows,
    find_lacking,
    make_catchments,
    make_raster_source,
    sum_catchments,
)
from frontline.population.completeness import (
    Completeness,
    Reference,
    estimate_completeness,
    merge_kinds,
)
from frontline.population.figures import pick_figures, read_texts
from frontline.population.on_land import Grid
from frontline.population.sources import (
    FIGURES,
    PopulationSource,
    ZoneRings,
    arrange_rings,
    find_ring_shares,
    make_district_sources,
    make_settlement_sources,
    sum_raster,
)
from frontline.population.validity import (
    note_dates_of_districts,
    note_dates_of_places,
    note_dates_of_rasters,
    note_outdated,
    open_grids,
)
from frontline.raster.zonal import doubt_kind, doubt_values
from frontline.records import Note
from frontline.schema import Table
from frontline.uncertainty.copies import FARTHEST_SIGMAS
from frontline.uncertainty.intervals import SIGMAS, Drawn, take_interval
from frontline.uncertainty.sampling import (
    OUTSIDE,
    Sample,
    SamplePosition,
    count_sample,
    count_within_error,
    find_people_per_weight,
    find_position,
    join_samples,
)

if TYPE_CHECKING:
    import geopandas as gpd

    from frontline.geo.projection import ProjectedPlane
    from frontline.inputs.layers import Layers
    from frontline.lines.front import DisplacedFront, FrontLine
    from frontline.project.models import Project


PEOPLE = Table(
    "zones",
    "Zones",
    "Land and people within each distance of a line, by side and source.",
    (
        schema.LINE,
        schema.SIDE,
        schema.DISTANCE,
        schema.KIND_OF_ZONE,
        *schema.AREA,
        schema.text(
            "source",
            "Source",
            "settlements (residents), settlements:registered, settlements_by_raster:<key> (those "
            "without a figure, with the raster's people around them), raster:<key>, districts or "
            "stated:<id>. Sources are never added or averaged.",
        ),
        schema.number("population", "people", "People", "People in the zone by this source."),
        *schema.interval("population", "people", "People"),
        schema.integer(
            "settlements", "places", "Settlements", "Settlements in the zone with a figure."
        ),
        schema.integer(
            "settlements_unknown",
            "places",
            "Settlements without a figure",
            "Settlements in the zone without a figure of that kind that holds at the line's date; "
            "in the row of residents also those of which only registered people are known.",
        ),
        schema.number(
            "coverage", "", "Coverage", "Share of the zone that the source covers (0 to 1)."
        ),
        schema.number(
            "completeness",
            "",
            "Completeness",
            "Share of the zone's people that a list of settlements can contain (0 to 1).",
        ),
        schema.text(
            "completeness_by",
            "Completeness by",
            "What the list was held against: raster:<key>, districts, or total:<id> of the project "
            "(the whole side then).",
        ),
        schema.text("figures_first", "Oldest figure", "When the oldest dated figure was counted."),
        schema.text("figures_last", "Newest figure", "When the newest dated figure was counted."),
        schema.integer(
            "figures_undated", "figures", "Figures without a date", "Used as they are, undated."
        ),
        schema.integer(
            "figures_outdated",
            "figures",
            "Outdated figures",
            "Counted longer before the line than people.outdated_years of the project says.",
        ),
        schema.number(
            "present_low",
            "people",
            "People present, least",
            "Residents who can still have been there after a displacement that the project names: "
            "all who had left came from here.",
        ),
        schema.number(
            "present_high",
            "people",
            "People present, most",
            "None who had left came from here, as far as the people left elsewhere allow.",
        ),
        schema.number(
            "present_even",
            "people",
            "People present, evenly",
            "If all places of the side had emptied alike; empty if the whole is not stated.",
        ),
        schema.text(
            "displacement", "Displacement", "The displacement that lies between, by its label."
        ),
        *schema.AREA_INTERVAL,
        schema.number(
            "population_inner", "people", "People, inner bound", "Line moved by its error one way."
        ),
        schema.number(
            "population_outer",
            "people",
            "People, outer bound",
            "Line moved by its error the other way.",
        ),
    ),
    lists=(),
    key=("line", "side", "distance_m", "kind", "source"),
    ordered=True,
    foreign=(
        schema.OF_LINE,
        schema.OF_SIDE,
    ),
    ranged=(
        "population",
        "settlements",
        "area_km2",
    ),
)
"""Columns of the rows of :func:`count_people_within`."""

_ROWS = [name for name in PEOPLE.names if name not in schema.list_names(schema.AREA_INTERVAL)]
"""Columns of the rows that are counted; the intervals of areas come from the zones."""

_NOTHING = dict.fromkeys((name for name in PEOPLE.names if name.startswith("population")), np.nan)

SAMPLE_STEP_M = 1_500.0
"""Districts are represented by points this far apart where the line is displaced."""


@dataclass(frozen=True)
class PeopleWithin:
    """People within zones.

    Parameters
    ----------
    rows
        One row per line, side, distance, kind of zone and source, with the columns of ``PEOPLE``.
    notes
        What a reader must know of the sources.
    around
        What rasters have around the settlements, by the keys of line and raster, where a
        settlement lacks a figure.
    """

    rows: pd.DataFrame
    notes: tuple[Note, ...]
    around: Mapping[tuple[str, str], CatchmentPopulation]


def count_people_within(
    project: Project,
    *,
    layers: Layers,
    fronts: Sequence[FrontLine],
    zones: gpd.GeoDataFrame,
    places: pd.DataFrame,
    draws: Mapping[str, Sequence[DisplacedFront]],
    around: Mapping[tuple[str, str], CatchmentPopulation] | None = None,
    references: Sequence[Reference] = (),
) -> PeopleWithin:
    """Count people by line, side, distance and source.

    Parameters
    ----------
    project
        Population rasters, stated figures, uncertainty.
    layers
        Settlements and districts in the plane.
    fronts
        The lines with their sides.
    zones
        ``line, side, distance_m, kind, area_km2, geometry`` in the plane.
    places
        ``id, line, side, distance_m``: each settlement against each line.
    draws
        Displaced copies of the lines, by key.
    around
        From an earlier count of the same people in other zones: it takes long.
    references
        Totals of whole sides that the list of settlements was held against.

    Returns
    -------
    Rows in the order of `zones`; in each zone first the settlements' residents, then their other
    kinds, settlements without a figure with what a raster has around them, the rasters, the
    districts, what others state.

    Notes
    -----
    ``population`` sums what is known. Beside the sum of the settlements stands
    ``settlements_unknown``; of rasters and districts the figure is empty where ``coverage`` is 0.
    ``population_low`` and ``_high`` are the interval of 95 %
    (`frontline.uncertainty.intervals.take_interval`), empty without draws; ``_inner`` and
    ``_outer`` bound the figure for all lines within the error (the epsilon band). Both are computed
    on points that stand for the people, and moved to the exact figure. Of a stated range only the
    ends are given: its middle would be our invention. A raster counts if the line's date lies
    between its ``valid_from`` and ``valid_until``; the first such raster also splits districts and
    places given as polygons, and estimates completeness before the districts do (see
    `frontline.population.validity.choose_rasters`).
    """
    rows: list[dict[str, Any]] = []
    notes: list[Note] = list(note_dates_of_districts(layers))
    near = dict(around or {})
    for front in fronts:
        own = zones[zones["line"] == front.key]
        with ExitStack() as stack:
            grids = open_grids(project, date=front.date, stack=stack)
            notes.extend(note_dates_of_rasters(project, front=front))
            notes.extend(note_outdated(project, layers=layers, front=front))
            if project.settlements is not None:
                reach_m = project.settlements.raster_reach_m
                near |= _around(layers, front, places, grids, near, reach_m=reach_m)
            rings = arrange_rings(front, zones=own)
            sources = list(_sources(layers, front, rings, places, grids, notes, near))
        figures = _Figures.of(front, rings, sources, draws, layers.plane)
        complete = _completeness(sources, rings, references)
        limits = _Limits(complete, front.date, project.people.outdated_years)
        rows.extend(_rows(own, figures, sources, limits))
        rows.extend(_stated(project, own, front.key))
    table = pd.DataFrame(rows, columns=_ROWS)
    for column in ("settlements", "settlements_unknown", *FIGURES[2:]):
        table[column] = table[column].astype("Int64")
    return PeopleWithin(table, tuple(dict.fromkeys(notes)), near)


def _around(
    layers: Layers,
    front: FrontLine,
    places: pd.DataFrame,
    grids: Sequence[Grid],
    known: Mapping[tuple[str, str], CatchmentPopulation],
    *,
    reach_m: float,
) -> dict[tuple[str, str], CatchmentPopulation]:
    """Gather people around settlements, where one of them has no figure."""
    settlements = layers.settlements
    new = [grid for grid in grids if (front.key, grid.key) not in known]
    if not new or not len(settlements):
        return {}
    if not find_lacking(pick_figures(settlements, date=front.date)).any():
        return {}
    against = places[places["line"] == front.key]
    land = find_catchments(layers, front=front, against=against, reach_m=reach_m)
    return {
        (front.key, grid.key): sum_catchments(
            grid, around=land, count=len(settlements), crs=layers.plane.crs
        )
        for grid in new
    }


def _sources(
    layers: Layers,
    front: FrontLine,
    rings: ZoneRings,
    places: pd.DataFrame,
    grids: Sequence[Grid],
    notes: list[Note],
    around: Mapping[tuple[str, str], CatchmentPopulation],
) -> Iterator[PopulationSource]:
    """Yield every source in the order of the rows."""
    crs = layers.plane.crs
    first = grids[0] if grids else None
    settlements = layers.settlements
    if len(settlements):
        figures = pick_figures(settlements, date=front.date)
        notes.extend(note_dates_of_places(front, settlements=settlements, figures=figures))
        against = places[places["line"] == front.key]
        share = find_ring_shares(settlements, places=against, rings=rings, grid=first, crs=crs)
        yield from make_settlement_sources(
            settlements, figures=figures, rings=rings, share=share, grid=first, crs=crs
        )
        shapes = np.asarray(settlements.geometry.to_numpy(), dtype=object)
        for grid in grids if find_lacking(figures).any() else ():
            if (front.key, grid.key) in around:
                people = around[front.key, grid.key].people
                yield make_raster_source(
                    grid,
                    people=people,
                    figures=figures,
                    shapes=shapes,
                    share=share,
                    rings=rings,
                    crs=crs,
                )
    reach = _reach(front, rings, layers.plane) if grids else None
    for grid in grids:
        source = sum_raster(grid, rings=rings, crs=crs, reach=reach)
        notes.extend(_notes_on_raster(grid, source))
        yield source
    yield from make_district_sources(
        layers.districts, front=front, rings=rings, grid=first, crs=crs, step_m=SAMPLE_STEP_M
    )


def find_catchments(
    layers: Layers, *, front: FrontLine, against: pd.DataFrame, reach_m: float
) -> CatchmentAreas:
    """Give the land around settlements to the nearest one on the same side of a line.

    Parameters
    ----------
    layers
        Settlements in the plane.
    front
        The line.
    against
        ``id, side``: each settlement against that line.
    reach_m
        How far the land around a settlement goes.
    """
    settlements = layers.settlements
    names = {name: number for number, name in enumerate(front.sides)}
    sides = against.set_index("id")["side"].reindex(settlements["id"])
    rows = np.flatnonzero(find_first_rows(pick_figures(settlements, date=front.date)))
    by_id = np.argsort(read_texts(settlements, column="id")[rows].astype(str), kind="stable")
    return make_catchments(
        np.asarray(settlements.geometry.to_numpy(), dtype=object),
        on_side=np.array([names.get(side, OUTSIDE) for side in sides], dtype=np.int64),
        lands=list(front.sides.values()),
        places=rows[by_id],
        reach_m=reach_m,
    )


def _reach(front: FrontLine, rings: ZoneRings, plane: ProjectedPlane) -> Any:
    """Return the land that the widest zone cannot leave when the line is displaced."""
    return geodesic_buffer(
        front.geometry, distance_m=rings.edges_m[-1] + _farthest_m(front), plane=plane, quad_segs=8
    )


def _farthest_m(front: FrontLine) -> float:
    return FARTHEST_SIGMAS * float(front.error_m.max(initial=0.0)) / SIGMAS


@dataclass(frozen=True)
class _Figures:
    """What surrounds the people of each source: shapes ``(sides, rings)`` per source.

    Parameters
    ----------
    rings
        The zones.
    where, error_m
        Position of each source's points, and the line's error there.
    still
        People by ring as the points tell it, for the line as drawn.
    drawn
        The same in the displaced copies, figures of shape ``(sides, rings)``; None without.
    fullest
        People per unit of weight of each source's points, were they all where their figure counts.
    sure
        Whether the line has no error: the interval is then the figure itself.
    """

    rings: ZoneRings
    where: list[SamplePosition]
    error_m: list[Floats]
    still: list[Floats]
    drawn: list[Drawn | None]
    fullest: list[Floats]
    sure: bool

    @classmethod
    def of(
        cls,
        front: FrontLine,
        rings: ZoneRings,
        sources: Sequence[PopulationSource],
        draws: Mapping[str, Sequence[DisplacedFront]],
        plane: ProjectedPlane,
    ) -> _Figures:
        """Place every source's points against the line, drawn and displaced."""
        sizes = [len(source.sample.xy) for source in sources]
        cuts = np.cumsum([0, *sizes])
        xy = join_samples([source.sample for source in sources]).xy
        points = shapely.points(xy)
        base = find_position(
            points, line=front.geometry, sides=front.sides, plane=plane, names=rings.sides
        )
        tree = shapely.STRtree(front.segments)
        error = front.error_m[tree.nearest(points)] if len(points) else np.zeros(0)
        parts = [slice(a, b) for a, b in pairwise(cuts)]
        moved = [
            _split_up(source, base.part(part), rings)
            for source, part in zip(sources, parts, strict=True)
        ]
        drawn = [
            _count_copies(
                front, rings, source, draws.get(front.key, ()), xy[part], base.part(part), plane
            )
            for source, part in zip(sources, parts, strict=True)
        ]
        return cls(
            rings=rings,
            where=[base.part(part) for part in parts],
            error_m=[error[part] for part in parts],
            still=moved,
            drawn=drawn,
            fullest=[
                _find_fullest(source, base.part(part))
                for source, part in zip(sources, parts, strict=True)
            ],
            sure=not (front.error_m > 0).any(),
        )


def _count_copies(
    front: FrontLine,
    rings: ZoneRings,
    source: PopulationSource,
    draws: Sequence[DisplacedFront],
    xy: Floats,
    here: SamplePosition,
    plane: ProjectedPlane,
) -> Drawn | None:
    """Count a source's people by side and ring in the displaced copies of a line."""
    near = np.flatnonzero(here.distance_m <= rings.edges_m[-1] + _farthest_m(front))

    def figure(copy: SamplePosition) -> Floats:
        now = SamplePosition(here.side.copy(), here.distance_m.copy())
        now.side[near], now.distance_m[near] = copy.side, copy.distance_m
        return _split_up(source, now, rings)

    # Places are counted; people spread over land are measured, as land is.
    places = source.name.startswith("settlements")
    return take_point_figures(
        front,
        draws=draws,
        xy=xy[near],
        here=here.part(near),
        figure=figure,
        plane=plane,
        counted=places,
    )


def _find_fullest(source: PopulationSource, where: SamplePosition) -> Floats:
    people = find_people_per_weight(
        source.sample, people=source.of_group, where=where, counted_on=source.counted_on
    )
    of_group = np.zeros(len(source.of_group))
    np.maximum.at(of_group, source.sample.group, people)
    return np.asarray(of_group[source.sample.group])


def _split_up(source: PopulationSource, where: SamplePosition, rings: ZoneRings) -> Floats:
    spread = find_people_per_weight(
        source.sample, people=source.of_group, where=where, counted_on=source.counted_on
    )
    return count_sample(
        source.sample, spread=spread, where=where, edges_m=rings.edges_m, sides=len(rings.sides)
    )


@dataclass(frozen=True)
class _Limits:
    """What is to be said beside the figures of one line.

    Parameters
    ----------
    complete
        Completeness of the list, by kind of zone.
    date, outdated_years
        Of the line; figures counted more than these years before it are outdated.
    """

    complete: Mapping[str, Completeness]
    date: dt.date
    outdated_years: float


def _completeness(
    sources: Sequence[PopulationSource], rings: ZoneRings, references: Sequence[Reference]
) -> dict[str, Completeness]:
    listed = [source for source in sources if source.name == "settlements"]
    if not listed:
        nothing = np.full(rings.shape, np.nan), np.full(rings.shape, "", dtype=object)
        return dict.fromkeys(("cumulative", "ring"), Completeness(*nothing))
    by_raster = [source for source in sources if source.name.startswith("raster:")]
    districts = merge_kinds([source for source in sources if source.name.startswith("districts")])
    estimates = [*by_raster, *districts]
    return {
        kind: estimate_completeness(
            listed[0],
            estimates=estimates,
            rings=rings,
            cumulative=kind == "cumulative",
            references=references,
        )
        for kind in ("cumulative", "ring")
    }


def _rows(
    zones: gpd.GeoDataFrame,
    figures: _Figures,
    sources: Sequence[PopulationSource],
    limits: _Limits,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of one line, zone by zone."""
    rings = figures.rings
    for zone in zones.to_dict("records"):
        if zone["side"] not in rings.sides:
            continue
        side = rings.sides.index(zone["side"])
        last = rings.edges_m.index(float(zone["distance_m"]))
        first = 0 if zone["kind"] == "cumulative" else last
        cell = (side, slice(first, last + 1))
        area = float(rings.area_km2[cell].sum())
        of_zone = {key: zone[key] for key in ("line", "side", "distance_m", "kind", "area_km2")}
        for number, source in enumerate(sources):
            share = float(source.covered_km2[cell].sum()) / area if area > 0 else np.nan
            listed = source.name == "settlements"
            complete = limits.complete[zone["kind"]]
            # Where a source knows nothing, nobody would be a lie; an empty zone has nobody.
            nothing = area > 0 and source.is_silent(cell)
            yield {
                **of_zone,
                "source": source.name,
                **(_NOTHING if nothing else _population(figures, number, source, cell)),
                "settlements": None if source.known is None else int(source.known[cell].sum()),
                "settlements_unknown": (
                    None if source.unknown is None else int(source.unknown[cell].sum())
                ),
                "coverage": min(share, 1.0),
                "completeness": complete.share[side, last] if listed else np.nan,
                "completeness_by": complete.by[side, last] if listed else "",
                **source.basis.columns(
                    cell, date=limits.date, outdated_years=limits.outdated_years
                ),
            }


def _population(
    figures: _Figures, number: int, source: PopulationSource, cell: tuple[int, slice]
) -> dict[str, float]:
    """Return the figure of a zone with its interval and its bounds."""
    exact = float(source.people[cell].sum())
    coarse = float(figures.still[number][cell].sum())
    side, rings = cell
    low, high = exact, exact
    if not figures.sure:
        drawn = figures.drawn[number]
        own = drawn and drawn.at(side, rings)
        own = own and Drawn(own.base.sum(), own.copies.sum(axis=1), counted=own.counted)
        most = max(float(np.nansum(source.of_group)), exact)
        low, high = take_interval(exact, drawn=own, least=0.0, most=most)
    where, edges = figures.where[number], figures.rings.edges_m
    # A figure that one side counted stands on that side's land only.
    ours = np.isin(source.counted_on, [side, -1])[source.sample.group]
    inner, outer = count_within_error(
        source.sample,
        people=np.where(ours, figures.fullest[number], 0.0),
        where=where,
        error_m=figures.error_m[number],
        side=side,
        inner_m=edges[rings.start - 1] if rings.start else 0.0,
        outer_m=edges[rings.stop - 1],
    )
    return {
        "population": exact,
        "population_low": low,
        "population_high": high,
        "population_inner": min(max(exact + inner - coarse, 0.0), exact),
        "population_outer": max(exact + outer - coarse, exact),
    }


def _stated(project: Project, zones: gpd.GeoDataFrame, line: str) -> Iterator[dict[str, Any]]:
    """Yield what others state of this line."""
    for figure in project.stated:
        if figure.line != line:
            continue
        same = zones[
            (zones["side"] == figure.side)
            & (zones["distance_m"] == figure.distance_m)
            & (zones["kind"] == "cumulative")
        ]
        yield {
            "line": line,
            "side": figure.side,
            "distance_m": figure.distance_m,
            "kind": "cumulative",
            "area_km2": float(same["area_km2"].iloc[0]) if len(same) else np.nan,
            "source": f"stated:{figure.id}",
            "population": float(figure.low) if figure.low == figure.high else np.nan,
            "population_low": float(figure.low),
            "population_high": float(figure.high),
            "population_inner": np.nan,
            "population_outer": np.nan,
            **dict.fromkeys(("settlements", "settlements_unknown"), None),
            **dict.fromkeys(("coverage", "completeness"), np.nan),
            "completeness_by": "",
            **dict.fromkeys(FIGURES[:2], figure.date.isoformat() if figure.date else ""),
            "figures_undated": int(figure.date is None),
            "figures_outdated": None,
        }


def _notes_on_raster(grid: Grid, source: PopulationSource) -> Iterator[Note]:
    about, sums = f"population {source.name}", source.sums
    if sums is None:
        return
    doubt = doubt_kind(grid.raster, sums=sums, kind=grid.kind)
    if doubt:
        yield Note(about, f"{doubt}.".replace("?.", "?"))
    for text, count in doubt_values(grid.raster, sums=sums):
        yield Note(about, text, count)
    if grid.raster.datum_doubt:
        yield Note(about, grid.raster.datum_doubt)
    if sums.negative:
        yield Note(about, "cells below zero are taken as unknown.", sums.negative)
    if not sums.on_raster.any():
        text = "lies outside every zone, so it says nothing of them. Check its CRS and its place."
        yield Note(about, text)
    gap = float(np.nanmax(sums.on_raster - sums.coverage, initial=0.0))
    if gap > 0.01:
        text = (
            f"up to {gap:.0%} of a zone has no value. Where the raster means by that that nobody "
            "lives there, the sums are whole; coverage counts it as unknown."
        )
        yield Note(about, text)


THINNED_M, THINNED = 20.0, 0.05
"""Bands between the project's distances are drawn about a line thinned by so much, and by this
part of its error: less than a pixel of any map that shows them."""


@dataclass(frozen=True)
class DistanceProfile:
    """Figures by distance.

    Parameters
    ----------
    zones
        One feature per line, side and step, in the plane: ``line, side, distance_m, kind,
        area_km2, area_low, area_high``. At the project's distances they are the zones' own. Their
        shapes are thinned, to be drawn.
    people
        The rows that the same zones have in the table of people.
    """

    zones: gpd.GeoDataFrame
    people: pd.DataFrame


def compute_profile(
    project: Project,
    *,
    layers: Layers,
    fronts: Sequence[FrontLine],
    zones: gpd.GeoDataFrame,
    places: pd.DataFrame,
    draws: Mapping[str, Sequence[DisplacedFront]],
    around: Mapping[tuple[str, str], CatchmentPopulation] | None = None,
    references: Sequence[Reference] = (),
) -> DistanceProfile:
    """Compute zones and people from half a kilometre to thirty.

    Parameters
    ----------
    project, layers, fronts, places, draws, around, references
        As for `count_people_within`.
    zones
        The zones of the project's own distances, with intervals.

    Returns
    -------
    Cumulative zones and people within them, source by source, with intervals.

    Notes
    -----
    Bands at the project's own distances are `zones`; the others are plain buffers of a
    thinned line, true to some thousandths (`frontline.lines.zones.buffer_zones_in_plane`). The
    land of the displaced copies is measured at all distances at once.
    """
    steps = np.union1d(STEPS_M, project.zones.distances_m)
    bands = _bands(fronts, zones, draws, steps=[float(step) for step in steps], plane=layers.plane)
    by_key = {front.key: front for front in fronts}
    counts = count_people_within(
        project,
        layers=layers,
        fronts=fronts,
        zones=bands,
        places=places,
        draws=draws,
        around=around,
        references=references,
    )
    rows = counts.rows
    # Each has all of the line's vertices along the line: people are counted on them whole.
    tolerance_m = np.array([_find_tolerance(by_key[key]) for key in bands["line"]])
    bands = bands.set_geometry(shapely.simplify(bands.geometry.to_numpy(), tolerance_m))
    return DistanceProfile(bands, rows[rows["kind"] == "cumulative"].reset_index(drop=True))


def _find_tolerance(front: FrontLine) -> float:
    return max(THINNED_M, THINNED * float(front.error_m.max(initial=0.0)))


def _bands(
    fronts: Sequence[FrontLine],
    own_zones: gpd.GeoDataFrame,
    draws: Mapping[str, Sequence[DisplacedFront]],
    *,
    steps: Sequence[float],
    plane: ProjectedPlane,
) -> gpd.GeoDataFrame:
    """Draw the cumulative zones of every step, with the intervals of their areas."""
    own = own_zones[own_zones["kind"] == "cumulative"]
    further = [step for step in steps if step not in set(own["distance_m"])]
    parts = [own]
    for front in fronts:
        drawn = measure_drawn_areas(
            front, draws=draws.get(front.key, ()), distances_m=further, plane=plane
        )
        table = buffer_zones_in_plane(
            front, distances_m=further, plane=plane, tolerance_m=_find_tolerance(front)
        )
        parts.append(add_zone_intervals(table, front=front, drawn=drawn))
    bands = pd.concat(parts, ignore_index=True)
    order = {front.key: number for number, front in enumerate(fronts)}
    sides = {
        (front.key, side): number for front in fronts for number, side in enumerate(front.sides)
    }
    place = pd.DataFrame(
        {
            "line": bands["line"].map(order),
            "side": [sides[key] for key in zip(bands["line"], bands["side"], strict=True)],
            "distance_m": bands["distance_m"],
        }
    )
    ordered: gpd.GeoDataFrame = bands.loc[place.sort_values(list(place.columns)).index]
    return ordered.reset_index(drop=True)


@dataclass(frozen=True)
class PeopleAt:
    """Points that stand for the people of one source, and where they lie against a line.

    Parameters
    ----------
    source
        As in the column ``source`` of the table of people.
    sample, of_group, counted_on
        As in `frontline.population.sources.PopulationSource`.
    where
        Position of the points against the line as drawn.
    """

    source: str
    sample: Sample
    of_group: Floats
    counted_on: Integers
    where: SamplePosition

    def people(self, where: SamplePosition) -> Floats:
        """Return the people that each point stands for where a line puts them, shape ``(m,)``."""
        spread = find_people_per_weight(
            self.sample, people=self.of_group, where=where, counted_on=self.counted_on
        )
        return np.asarray(self.sample.weight * spread)


def place_people(
    project: Project,
    *,
    layers: Layers,
    front: FrontLine,
    zones: gpd.GeoDataFrame,
    places: pd.DataFrame,
    around: Mapping[tuple[str, str], CatchmentPopulation] | None = None,
) -> tuple[PeopleAt, ...]:
    """Give the points that stand for the people of each source about a line.

    Parameters
    ----------
    project, layers, places, around
        As for `count_people_within`.
    front
        The line.
    zones
        Its zones: points of rasters reach as far as the widest of them.

    Returns
    -------
    The sources in the order of the table of people, without what others state.
    """
    with ExitStack() as stack:
        grids = open_grids(project, date=front.date, stack=stack)
        rings = arrange_rings(front, zones=zones)
        sources = list(_sources(layers, front, rings, places, grids, [], around or {}))
    found = []
    for source in sources:
        points = shapely.points(source.sample.xy)
        where = find_position(
            points, line=front.geometry, sides=front.sides, plane=layers.plane, names=rings.sides
        )
        found.append(
            PeopleAt(source.name, source.sample, source.of_group, source.counted_on, where)
        )
    return tuple(found)
