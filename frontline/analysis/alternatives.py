"""A case with lines as other sources draw them: what every figure would be then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import pandas as pd

from frontline.analysis.context import Variant
from frontline.analysis.displaced_people import add_people_present
from frontline.analysis.landcover import relate_to_lines
from frontline.analysis.settlements import locate_settlements
from frontline.errors import FrontlineError, ProjectError
from frontline.lines.alternatives import Alternative, list_choices
from frontline.lines.scenarios import make_scenarios
from frontline.lines.sections import cut_sections
from frontline.lines.zones import buffer_zones
from frontline.population.within import count_people_within
from frontline.visibility.exposure import see_from_fronts

if TYPE_CHECKING:
    from frontline.analysis.context import Analysis
    from frontline.project.models import Project

_Table = TypeVar("_Table", bound=pd.DataFrame)

TABLES_OF_LINES = ("links", "events")
"""Tables held against the lines as drawn: a variant has none of them."""


def make_variants(case: Analysis, *, alternatives: Sequence[Alternative]) -> tuple[Variant, ...]:
    """Make the case once more for whatever may stand in the place of its lines.

    Parameters
    ----------
    case
        From a run.
    alternatives
        Of its lines, from `frontline.lines.alternatives.read_alternatives`.

    Raises
    ------
    ProjectError
        A section or a scenario of the project cannot be made of an alternative.
    """
    variants = []
    for choice in list_choices(alternatives):
        try:
            variants.append(Variant(choice, replace_lines(case, choice=choice)))
        except FrontlineError as problem:
            names = " and ".join(f"'{other.key}' of line '{other.line}'" for other in choice)
            text = f"cannot be computed with the alternative {names}. {problem}"
            raise ProjectError(text, path=case.project.path.name) from problem
    return tuple(variants)


def replace_lines(case: Analysis, *, choice: Sequence[Alternative]) -> Analysis:
    """Put alternatives in the place of lines, and compute again what hangs on these lines.

    Parameters
    ----------
    case
        From a run.
    choice
        Alternatives of different lines.

    Returns
    -------
    Analysis
        Zones, places and people are counted by the functions of the run. Without displaced
        copies: the range between sources stands beside the interval of the position, and is not
        made of intervals. Without sight, which is what takes long in a run, and without links
        and events, which are held against the lines as drawn.
    """
    replaced = {alternative.line: alternative.front for alternative in choice}
    project = replace_in_project(case.project, choice=choice)
    layers = case.layers
    fronts = tuple(replaced.get(front.key, front) for front in case.fronts)
    changed = tuple(replaced.values())
    zones = buffer_zones(
        changed, distances_m=project.zones.distances_m, draws={}, plane=layers.plane
    )
    places = locate_settlements(project, layers=layers, fronts=changed)
    counted = count_people_within(
        project,
        layers=layers,
        fronts=changed,
        zones=zones,
        places=places,
        draws={},
        references=case.references,
    )
    people = add_people_present(counted.rows, project=project, flows=case.tables.get("flows"))
    rings_m = project.zones.distances_m
    return replace(
        case,
        project=project,
        fronts=fronts,
        draws={},
        zones=_join_rows(case.zones, zones, lines=replaced),
        places=_join_rows(case.places, places, lines=replaced),
        people=_join_rows(case.people, people, lines=replaced),
        exposure=see_from_fronts(project, layers=layers, fronts=(), dem=None, zones=zones),
        scenarios=make_scenarios(project, layers=layers, fronts=fronts),
        stretches=cut_sections(project.sections, layers=layers, fronts=fronts),
        tables={name: table for name, table in case.tables.items() if name not in TABLES_OF_LINES},
        around={
            **{key: around for key, around in case.around.items() if key[0] not in replaced},
            **counted.around,
        },
        cover=relate_to_lines(
            case.cover, fronts=fronts, draws={}, distances_m=rings_m, plane=layers.plane
        ),
        variants=(),
    )


def replace_in_project(project: Project, *, choice: Sequence[Alternative]) -> Project:
    """Give the project with alternatives in the place of lines, without draws and sight."""
    wanted = {(alternative.line, alternative.key) for alternative in choice}
    lines = []
    for line in project.lines:
        own = {"key": line.key, "label": line.label, "alternatives": ()}
        drawn = [
            line.drawn_by(alternative)
            for alternative in line.alternatives
            if (line.key, alternative.key) in wanted
        ]
        lines.append((drawn[0] if drawn else line).model_copy(update=own))
    return project.model_copy(
        update={
            "lines": tuple(lines),
            "uncertainty": project.uncertainty.model_copy(update={"draws": 0}),
            "sight": project.sight.model_copy(update={"enabled": False}),
        }
    )


def _join_rows(own: _Table, made: _Table, *, lines: Mapping[str, object]) -> _Table:
    """Put rows of some lines in the place of those that a table has."""
    kept = own[~own["line"].isin(list(lines))]
    joined: _Table = pd.concat([kept, made], ignore_index=True) if len(kept) else made
    return joined
