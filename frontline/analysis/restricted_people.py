"""People of restricted settlements in sums that give no settlement away, where a project asks."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from frontline import schema
from frontline.analysis.settlements import locate_settlements
from frontline.inputs.layers import read_layers
from frontline.lines.front import read_fronts
from frontline.population.figures import pick_figures
from frontline.project.layers import RESTRICTABLE
from frontline.schema import Table

if TYPE_CHECKING:
    from frontline.inputs.layers import Layers
    from frontline.lines.front import FrontLine
    from frontline.project.models import Project


RESTRICTED_PEOPLE = Table(
    "restricted_people",
    "People of restricted settlements",
    "Sums over restricted settlements, which no other figure draws on. A sum that would tell "
    "people or place of fewer settlements than the project's least_places is withheld.",
    (
        schema.LINE,
        schema.SIDE,
        schema.number(
            "distance_m", "m", "Distance", "Outer edge of the zone; empty: the whole side."
        ),
        schema.KIND_OF_FIGURE,
        schema.number("population", "people", "People", "Of the settlements there, each whole."),
        schema.integer(
            "settlements", "places", "Settlements", "With a figure above zero at the line's date."
        ),
        schema.boolean("withheld", "Withheld", "The sum would give settlements away."),
    ),
    lists=(),
    key=("line", "side", "distance_m", "population_kind"),
    foreign=(schema.OF_LINE,),
)


@dataclass(frozen=True)
class Sum:
    """One sum that may be published.

    Parameters
    ----------
    line, side, distance_m, kind
        What it is of; ``distance_m`` is None for the whole side.
    people
        Figure of each place in it, above zero, by the number of the place.
    """

    line: str
    side: str
    distance_m: float | None
    kind: str
    people: Mapping[Hashable, float]


def sum_restricted_people(project: Project) -> pd.DataFrame:
    """Sum up restricted settlements by side and distance, as far as it gives none of them away.

    Parameters
    ----------
    project
        The whole project, restricted layers included; only lines, study area and settlements of
        it are read.

    Returns
    -------
    One row per line, side, distance of the project and kind of figure with the columns of
    :data:`RESTRICTED_PEOPLE`; a settlement counts whole, where `locate_settlements` puts it.
    """
    bare = project.model_copy(
        update={
            role: () if role in {"partitions", "population"} else None
            for role in RESTRICTABLE
            if role != "settlements"
        }
    )
    layers = read_layers(bare)
    fronts = read_fronts(bare, layers=layers)
    sums = list(_list_sums(bare, layers, fronts))
    published = choose_publishable(
        [set(entry.people) for entry in sums], least=bare.outputs.least_places
    )
    rows = [
        {
            "line": entry.line,
            "side": entry.side,
            "distance_m": np.nan if entry.distance_m is None else entry.distance_m,
            "population_kind": entry.kind,
            "population": sum(entry.people.values()) if shown else np.nan,
            "settlements": len(entry.people) if shown else pd.NA,
            "withheld": not shown,
        }
        for entry, shown in zip(sums, published, strict=True)
    ]
    return pd.DataFrame(rows, columns=RESTRICTED_PEOPLE.names)


def choose_publishable(sets: Sequence[set[Hashable]], *, least: int) -> list[bool]:
    """Choose which sums may be published together.

    Parameters
    ----------
    sets
        The places of each sum, the most wanted sum first.
    least
        Places that every figure which follows from the published sums must hold.

    Returns
    -------
    Whether each may be published.

    Notes
    -----
    The published sets cut the places into classes: places that are in the same ones of them. Any
    combination of the sums weighs all places of a class alike, so that nothing about fewer places
    than the smallest class holds can follow from it, whatever is added and subtracted. A set is
    taken if every class still holds ``least`` places or more. Places in no published set are in
    no figure. An empty set is withheld like a small one.
    """
    classes: list[set[Hashable]] = []
    covered: set[Hashable] = set()
    chosen = []
    for places_of_sum in sets:
        parts = [
            part
            for known in classes
            for part in (known & places_of_sum, known - places_of_sum)
            if part
        ]
        new = places_of_sum - covered
        parts += [new] if new else []
        chosen.append(bool(places_of_sum) and all(len(part) >= least for part in parts))
        if chosen[-1]:
            classes = parts
            covered |= places_of_sum
    return chosen


def _list_sums(project: Project, layers: Layers, fronts: Sequence[FrontLine]) -> Iterator[Sum]:
    """Yield the sums in the order they are wanted: whole sides, then the widest zones first."""
    against = locate_settlements(project, layers=layers, fronts=fronts)
    counted = {front.key: pick_figures(layers.settlements, date=front.date) for front in fronts}
    kinds = {
        front.key: [
            kind for kind, people in counted[front.key].people.items() if _has_figures(people)
        ]
        for front in fronts
    }
    for distance_m in (None, *sorted(project.zones.distances_m, reverse=True)):
        for front in fronts:
            rows = against[against["line"] == front.key]
            within = (
                np.ones(len(rows), dtype=bool)
                if distance_m is None
                else rows["distance_m"].to_numpy() <= distance_m
            )
            for side in front.sides:
                inside = within & (rows["side"].to_numpy() == side)
                for kind in kinds[front.key]:
                    people = counted[front.key].people[kind]
                    chosen = np.flatnonzero(inside & (np.nan_to_num(people) > 0))
                    numbers = counted[front.key].place[chosen].tolist()
                    figures = dict(zip(numbers, people[chosen].tolist(), strict=True))
                    yield Sum(front.key, side, distance_m, kind, figures)


def _has_figures(people: np.ndarray) -> bool:
    return bool((np.nan_to_num(people) > 0).any())
