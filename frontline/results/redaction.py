"""Restricted layers: they take no part in what everybody reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from frontline.analysis.restricted_people import RESTRICTED_PEOPLE, sum_restricted_people
from frontline.errors import ProjectError
from frontline.project.layers import RESTRICTABLE
from frontline.project.loader import hash_inputs
from frontline.project.models import Sight, Travel
from frontline.records import Note
from frontline.results.registry import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from frontline.project.models import PopulationRaster, Project, TableSource
    from frontline.results.model import Results


LEFT_OUT = "The layer is restricted and was left out: no figure draws on it."
ALTERNATIVES_LEFT_OUT = "{count} of its alternatives restricted and left out of every range."
REFERRING = "{count} of them made of a restricted layer and left out."
UNNAMED = "restricted/"
"""What stands for the folder and the name of a restricted file in the list of inputs."""


@dataclass(frozen=True)
class PublicProject:
    """A project without its restricted layers.

    Parameters
    ----------
    project
        What may be computed and published as a whole.
    hidden
        The inputs that were left out, as the project file calls them; several of one kind, such
        as ``partitions``, stand once.
    notes
        What the reader must know of it, without a word on what was left out.
    """

    project: Project
    hidden: tuple[str, ...]
    notes: tuple[Note, ...]


def list_restricted(project: Project) -> tuple[str, ...]:
    """Name the restricted inputs of a project: keys of lines, the study area, other inputs."""
    names = [line.key for line in project.drawings if _is_restricted(line)]
    names += ["study_area"] if _is_restricted(project.study_area) else []
    names += ["land"] if _is_restricted(project.land) else []
    return (
        *names,
        *(role for role in RESTRICTABLE if any(map(_is_restricted, _list_of_role(project, role)))),
    )


def remove_restricted(project: Project) -> PublicProject:
    """Take the restricted layers out of a project, before anything is computed.

    Parameters
    ----------
    project
        As loaded.

    Returns
    -------
    PublicProject
        Its project holds no restricted layer and nothing that is made of one or speaks of its
        columns and kinds: sections and scenarios by parts of it, rates, links of places, speeds
        by kind of corridor. Whatever is computed from it can give none of them away.

    Raises
    ------
    ProjectError
        A line or the study area is restricted: nothing public can be said without it. Of a
        line's alternatives those that are restricted are left out.
    """
    project, alternative_notes = _remove_alternatives(project)
    hidden = list_restricted(project)
    needed = [name for name in hidden if name not in RESTRICTABLE]
    if needed:
        raise ProjectError(
            f"{', '.join(needed)} is restricted, and every result shows it (expected a public "
            "layer). Leave out --public, or mark the layer as public.",
            path=project.path,
        )
    notes = [*alternative_notes, *(Note(role, LEFT_OUT) for role in hidden)]
    open_parts: dict[str, Any] = {
        role: tuple(
            scenario for scenario in _list_of_role(project, role) if not _is_restricted(scenario)
        )
        if isinstance(getattr(project, role), tuple)
        else None
        for role in hidden
    }
    parts = {part.key for part in project.partitions if _is_restricted(part)}
    parts |= {"districts"} & set(hidden)
    open_parts["sections"] = tuple(
        section.model_copy(update={"rates": ()} if "settlements" in hidden else {})
        for section in project.sections
        if section.partition not in parts
    )
    open_parts["scenarios"] = tuple(
        scenario for scenario in project.scenarios if scenario.hand_over not in parts
    )
    if {"settlements", "corridors", "points"} & set(hidden) and project.links is not None:
        open_parts["links"] = None
        notes += [] if "links" in hidden else [Note("links", LEFT_OUT)]
    for name in ("sections", "scenarios"):
        lost = len(getattr(project, name)) - len(open_parts[name])
        notes += [Note(name, REFERRING.format(count=lost), lost)] if lost else []
    public = project.model_copy(update={**open_parts, **_withhold_settings(project, hidden)})
    return PublicProject(public, hidden, tuple(notes))


def _remove_alternatives(project: Project) -> tuple[Project, list[Note]]:
    """Take the restricted alternatives out of the lines, which themselves stay."""
    lines = []
    notes = []
    for line in project.lines:
        kept = tuple(other for other in line.alternatives if not _is_restricted(other))
        lost = len(line.alternatives) - len(kept)
        notes += [Note(line.key, ALTERNATIVES_LEFT_OUT.format(count=lost), lost)] if lost else []
        lines.append(line.model_copy(update={"alternatives": kept}))
    return project.model_copy(update={"lines": tuple(lines)}), notes


def _withhold_settings(project: Project, hidden: tuple[str, ...]) -> dict[str, Any]:
    """Take out the settings that name columns or kinds of restricted layers."""
    settings: dict[str, Any] = {}
    heights = [getattr(project, role) for role in ("settlements", "corridors")]
    if all(layer is None or _is_restricted(layer) for layer in heights):
        plain = Sight().target_height_column
        settings["sight"] = project.sight.model_copy(update={"target_height_column": plain})
    travel: dict[str, Any] = {}
    if "corridors" in hidden:
        travel["speeds_kmh"] = Travel().speeds_kmh
    if "points" in hidden:
        travel["checkpoint_kind"] = Travel().checkpoint_kind
    if travel:
        settings["travel"] = project.travel.model_copy(update=travel)
    return settings


def keep_public(results: Results, *, public: PublicProject, project: Project) -> Results:
    """Keep of results what may be public: a second hold, after `remove_restricted`.

    Parameters
    ----------
    results
        Computed from ``public.project``.
    public
        What was left out.
    project
        The whole project, which may ask for sums over restricted settlements.

    Returns
    -------
    Results
        Without tables that nothing declares, that do not say what they list, or that list only
        restricted features; without the online tiles; with the notes on what was left out, and
        with the sums over restricted settlements that give none of them away, if asked for.

    Raises
    ------
    ProjectError
        The results were computed with a restricted layer.
    """
    if list_restricted(results.project):
        raise ProjectError(
            "restricted layers took part in these results (expected results of a project without "
            "them). Compute them from without_restricted(project).",
            path=project.path,
        )
    further = {
        name: table for name, table in results.further.items() if _may_publish(name, public.hidden)
    }
    notes = [*results.notes, *public.notes]
    inputs = results.inputs
    if project.outputs.restricted_sums and "settlements" in public.hidden:
        sums = sum_restricted_people(project)
        further[RESTRICTED_PEOPLE.name] = sums
        notes.append(_write_note_on_sums(int(sums["withheld"].sum()), len(sums), project))
        inputs = _add_unnamed(inputs, project)
    results = replace(results, further=further, notes=tuple(notes), inputs=inputs)
    if public.hidden:
        results = replace(results, claims=None)  # their sentences may name restricted places
    return _remove_tiles(results)


def _may_publish(name: str, hidden: tuple[str, ...]) -> bool:
    """Tell whether a table may be public; one that does not say what it lists may not."""
    lists = TABLES[name].lists if name in TABLES else None
    return lists is not None and not (lists and set(lists) <= set(hidden))


def _write_note_on_sums(withheld: int, every: int, project: Project) -> Note:
    return Note(
        "settlements",
        f"Restricted settlements take part in the sums of {RESTRICTED_PEOPLE.name}.csv only; "
        f"{withheld} of {every} are withheld, since they would tell of fewer than "
        f"{project.outputs.least_places} settlements.",
        withheld,
    )


def _add_unnamed(inputs: Mapping[str, str], project: Project) -> dict[str, str]:
    """Add the hashes of the settlements' files, without their names, which may tell much."""
    layers = {role: () if role in {"partitions", "population"} else None for role in RESTRICTABLE}
    bare = project.model_copy(update={**layers, "settlements": project.settlements})
    digests = sorted(set(hash_inputs(bare).values()) - set(inputs.values()))
    return {
        **inputs,
        **{f"{UNNAMED}{number}": digest for number, digest in enumerate(digests, start=1)},
    }


def _remove_tiles(results: Results) -> Results:
    """Take out the online tiles: the readers of a public page have chosen no server to tell."""
    project = results.project
    if not project.outputs.basemap:
        return results
    outputs = project.outputs.model_copy(update={"basemap": "", "basemap_credit": ""})
    note = Note("map", "The online tiles that the project names are left out of public files.")
    without = project.model_copy(update={"outputs": outputs})
    return replace(results, project=without, notes=(*results.notes, note))


def _list_of_role(project: Project, role: str) -> tuple[TableSource | PopulationRaster, ...]:
    value = getattr(project, role)
    return value if isinstance(value, tuple) else () if value is None else (value,)


def _is_restricted(source: TableSource | PopulationRaster | None) -> bool:
    return source is not None and source.sensitivity == "restricted"
