"""The ledger of claims: what a report states, and which metric answers to it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from frontline.claims.measurement import is_convertible, is_count, list_units
from frontline.claims.metric import Metric
from frontline.claims.registry import METRICS, offer_for_unit, offer_metrics
from frontline.claims.tolerances import PLAIN, find_qualifier, find_quantity
from frontline.errors import ID_PATTERN, ProjectError, raise_problems, show_value, suggest_name
from frontline.project.loader import read_toml
from frontline.project.messages import describe_problems
from frontline.project.models import Project
from frontline.project.types import Day, Key, Number, Whole

_LARGEST_LEDGER = 5_000_000
_ROUNDING = 1e-9
_TEXT = Annotated[str, Field(min_length=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False
    )


class Publication(_Entry):
    """A publication that makes statements."""

    key: Annotated[str, Field(min_length=1, description="short name, used by the claims")]
    title: _TEXT = Field(description="author, title and number, as one cites it")
    date: Day = Field(description="date of publication, YYYY-MM-DD")
    cited_as: tuple[str, ...] = Field(
        (), description="how tables of the project name it as a source of their figures"
    )


class StatedValue(_Entry):
    """A figure as it is stated, or as its words are read, and who states it."""

    text: str = Field("", description="the words of the statement, where they are no number")
    value: Number | Whole | None = Field(None, description="the number stated")
    low: Number | Whole | None = Field(None, description="the least that is stated")
    high: Number | Whole | None = Field(None, description="the most that is stated")
    unit: str = Field("", description="unit: km, m, km2, ha, %, min, h, or the noun of a count")
    by: str = Field("", description="who states it, if not the report itself")

    @model_validator(mode="after")
    def _one_figure(self) -> StatedValue:
        ends = [end for end in (self.low, self.high) if end is not None]
        if self.value is None and not ends and find_quantity(self.text) is not None:
            return self
        if (self.value is None) == (not ends):
            raise ValueError(
                "has no figure, or two (expected either value, or low and high, or a text whose "
                "words mean a figure, such as 'half' or 'several dozen'). Keep one."
            )
        if len(ends) == 2 and ends[0] > ends[1]:
            raise ValueError(f"low = {ends[0]:g} is more than high = {ends[1]:g}. Swap them.")
        return self

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the most as stated or as the words are read; infinite where open."""
        if self.value is not None:
            return float(self.value), float(self.value)
        quantity = find_quantity(self.text)
        if self.low is None and self.high is None and quantity is not None:
            return quantity.low, quantity.high
        return (
            -math.inf if self.low is None else float(self.low),
            math.inf if self.high is None else float(self.high),
        )


class Reading(_Entry):
    """One way to read a statement: what is computed for it, against which figures."""

    words: _TEXT = Field(description="how the statement is read here")
    metric: str | None = Field(None, description="what is computed; the claim's if unset")
    parameters: dict[str, Any] = Field({}, description="parameters; beside those of the claim")
    stated: tuple[StatedValue, ...] = Field((), description="figures; the claim's if unset")
    compare: Literal["equal", "at_least", "at_most"] | None = Field(
        None, description="as that of the claim, which holds if unset"
    )


class Claim(_Entry):
    """A statement of a report, and how it is tested."""

    id: str = Field(pattern=ID_PATTERN, description="identifier")
    report: str = Field(min_length=1, description="key of the report")
    section: str = Field("", description="where in the report")
    statement: str = Field(min_length=1, description="what is stated, in the analyst's words")
    metric: str | None = Field(None, description="what is computed; see frontline claims --list")
    parameters: dict[str, Any] = Field({}, description="parameters of the metric")
    stated: tuple[StatedValue, ...] = Field((), description="figures stated; they may contradict")
    compare: Literal["equal", "at_least", "at_most"] = Field(
        "equal", description="how the figure computed must lie to the one stated"
    )
    tolerance: Number | Whole | None = Field(
        None, ge=0, le=10, description="share by which a figure may be off; by its words if unset"
    )
    tolerance_abs: Number | Whole = Field(
        0, ge=0, description="the same in the unit stated; the wider of the two holds"
    )
    reading: str = Field("", description="how vague words of the statement are read")
    readings: tuple[Reading, ...] = Field((), description="several ways to read the statement")
    undefined: str = Field("", description="what the statement does not say: no verdict is given")
    untestable: str = Field("", description="what no data at hand can tell: no verdict is given")
    excluded: str = Field("", description="why it is left out by design: nothing is computed")
    contradicts: tuple[str, ...] = Field((), description="claims that contradict this one")
    needs: tuple[Key, ...] = Field(
        (), description="lines or partitions without which it is not testable"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Claim:
        reasons = [
            name for name in ("undefined", "untestable", "excluded") if getattr(self, name).strip()
        ]
        if len(reasons) > 1:
            raise ValueError(f"has {' and '.join(reasons)} (expected one of them). Keep one.")
        if self.excluded and (self.metric or self.parameters or self.readings):
            raise ValueError("is excluded and has a metric. Remove one of the two.")
        if not (self.excluded or self.untestable):
            self._check_computed()
        return self

    def _check_computed(self) -> None:
        ways = list_ways(self)
        if any(way.metric is None for way in ways):
            raise ValueError("has no metric. Add one, or the reason why it is excluded.")
        if self.readings and self.reading:
            raise ValueError("has reading and readings (expected one of them). Keep one.")
        if len(self.readings) == 1:
            raise ValueError("has one of several readings (expected two or more). Add another.")
        for way in ways:
            needed = {"at_least": 0, "at_most": 1}.get(way.compare)
            if needed is not None and any(math.isinf(one.ends[needed]) for one in way.stated):
                end = ("low", "high")[needed]
                raise ValueError(f"compare = '{way.compare}' has no value or {end}. Give one.")
            if not self.undefined and not way.stated:
                raise ValueError(
                    "states no figure. Add stated = [{ value = ..., unit = ... }], or say under "
                    "undefined what the statement leaves open."
                )


@dataclass(frozen=True)
class Way:
    """One way to put a claim to the figures: the claim as it stands, or one of its readings.

    Parameters
    ----------
    words
        How the statement is read; may be empty.
    metric, parameters, stated, compare
        As in `Claim`.
    """

    words: str
    metric: str | None
    parameters: Mapping[str, Any]
    stated: tuple[StatedValue, ...]
    compare: str


def list_ways(claim: Claim) -> tuple[Way, ...]:
    """List the ways to put a claim to the figures; one of a claim without `readings`."""
    if not claim.readings:
        own = (claim.metric, claim.parameters, claim.stated, claim.compare)
        return (Way(claim.reading, *own),)
    return tuple(
        Way(
            reading.words,
            reading.metric or claim.metric,
            reading.parameters
            if reading.metric and reading.metric != claim.metric
            else {**claim.parameters, **reading.parameters},
            reading.stated or claim.stated,
            reading.compare or claim.compare,
        )
        for reading in claim.readings
    )


class Ledger(_Entry):
    """All claims that are put to one project."""

    reports: tuple[Publication, ...] = Field((), description="publications that make statements")
    claims: tuple[Claim, ...] = Field(min_length=1, description="their statements")
    path: Path = Field(description="the file itself; set when it is read", exclude=True)


def find_agreement_range(
    stated: StatedValue, *, claim: Claim, compare: str | None = None
) -> tuple[float, float]:
    """Give the range in which a figure agrees with a stated one, infinite where it is open.

    Parameters
    ----------
    stated
        The figure.
    claim
        For its tolerances.
    compare
        How the two must lie to each other; the claim's if None.

    Notes
    -----
    Either end is widened by a share of it: the claim's tolerance, else what the words of the
    figure allow (`frontline.claims.tolerances`), else 5 % of a value and nothing of a stated
    range, whose ends say it. Counts keep to whole numbers. Where the figure is 0 a share of it
    is 0: ``tolerance_abs`` is added to either end if it is more.
    """
    low, high = stated.ends
    below, above = _find_allowed(stated, claim)
    least = low if math.isinf(low) else low - max(below * abs(low), claim.tolerance_abs)
    most = high if math.isinf(high) else high + max(above * abs(high), claim.tolerance_abs)
    way = compare or claim.compare
    least = -math.inf if way == "at_most" or math.isnan(least) else least
    most = math.inf if way == "at_least" or math.isnan(most) else most
    if stated.unit and is_count(stated.unit):
        # Of six places a twentieth more or less are six places.
        least = least if math.isinf(least) else math.ceil(least - _ROUNDING)
        most = most if math.isinf(most) else math.floor(most + _ROUNDING)
    return least, most


def _find_allowed(stated: StatedValue, claim: Claim) -> tuple[float, float]:
    """Return the shares by which a figure may be lower and higher; NaN where it is open there."""
    if claim.tolerance is not None:
        return float(claim.tolerance), float(claim.tolerance)
    exact = stated.ends[0] == stated.ends[1]
    qualifier = find_qualifier(stated.text)
    # The ends of a range say themselves on which side it is open: only "roughly" widens them.
    if qualifier is None or not (exact or qualifier.below == qualifier.above):
        return (PLAIN, PLAIN) if exact else (0.0, 0.0)
    below, above = (
        math.nan if math.isinf(share) else share for share in (qualifier.below, qualifier.above)
    )
    return below, above


def read(path: Path, *, project: Project) -> Ledger:
    """Read a ledger and check everything in it that needs no layer to be opened.

    Parameters
    ----------
    path
        The TOML file.
    project
        Parameters may name its lines, sides and partitions.

    Raises
    ------
    ProjectError
        With every problem found, up to twenty.
    """
    raw = read_toml(path, what="ledger of claims", largest_bytes=_LARGEST_LEDGER)
    problems: list[tuple[str, str]] = []
    if "path" in raw:
        problems.append(("path", "unknown key. The ledger lies where it lies."))
    ledger = None
    try:
        ledger = Ledger.model_validate(raw | {"path": path})
    except ValidationError as error:
        problems += describe_problems(error.errors(include_url=False), raw=raw, model=Ledger)
    problems += _check_between_claims(raw)
    problems += _find_metric_problems(raw, project)
    raise_problems([ProjectError(text, path=path.name, field=key) for key, text in problems])
    if ledger is None:  # pragma: no cover - a failed validation always leaves a problem
        raise ProjectError("cannot be read. Correct it.", path=path.name)
    return ledger


def _list_entries(raw: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = raw.get(name)
    found = value if isinstance(value, list) else []
    return [entry for entry in found if isinstance(entry, Mapping)]


def _check_between_claims(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Find what only several entries together show: ids used twice, references to nothing."""
    keys = [str(entry.get("key")) for entry in _list_entries(raw, "reports")]
    claims = _list_entries(raw, "claims")
    ids = [str(claim.get("id")) for claim in claims]
    for table, words in (("reports.key", keys), ("claims.id", ids)):
        for word in sorted({word for word in words if words.count(word) > 1}):
            yield table, f"{show_value(word)} stands there twice. Give each its own."
    for claim in claims:
        place, report = f"claims.{claim.get('id')}", claim.get("report")
        if isinstance(report, str) and report not in keys:
            yield (
                f"{place}.report",
                f"there is no report {show_value(report)}.{suggest_name(report, words=keys)}",
            )
        against = claim.get("contradicts")
        for word in against if isinstance(against, list) else []:
            if word not in ids or word == claim.get("id"):
                offer = suggest_name(word, words=[one for one in ids if one != claim.get("id")])
                yield f"{place}.contradicts", f"there is no other claim {show_value(word)}.{offer}"


def _find_metric_problems(raw: Mapping[str, Any], project: Project) -> Iterator[tuple[str, str]]:
    """Find what the metrics say of a ledger: names, parameters, units."""
    for claim in _list_entries(raw, "claims"):
        place = f"claims.{claim.get('id')}"
        yield from _find_way_problems(claim, claim, place, project)
        for number, reading in enumerate(_list_entries(claim, "readings"), start=1):
            yield from _find_way_problems(claim, reading, f"{place}.readings.{number}", project)


def _find_way_problems(
    claim: Mapping[str, Any], way: Mapping[str, Any], place: str, project: Project
) -> Iterator[tuple[str, str]]:
    """Find a metric that does not exist, parameters that it does not take, names of nothing."""
    name = way.get("metric", claim.get("metric"))
    parameters = way.get("parameters", {})
    if not isinstance(name, str) or not isinstance(parameters, Mapping):
        return
    shared = claim.get("parameters", {})
    if way is not claim and name == claim.get("metric") and isinstance(shared, Mapping):
        parameters = {**shared, **parameters}
    stated = _list_entries(way, "stated") or _list_entries(claim, "stated")
    units = list(dict.fromkeys(str(value.get("unit", "")) for value in stated))
    metric = METRICS.get(name)
    if metric is None:
        yield (
            f"{place}.metric",
            f"there is no metric {show_value(name)}.{offer_metrics(name, units=units)}",
        )
        return
    if way is claim and _list_entries(claim, "readings"):
        return
    try:
        metric.model.model_validate(parameters)
    except ValidationError as error:
        for key, text in describe_problems(
            error.errors(include_url=False), raw=parameters, model=metric.model
        ):
            yield f"{place}.parameters.{key}", text
    else:
        yield from _find_unit_problems(metric, parameters, units, place)
    listed = claim.get("needs")
    yield from _find_name_problems(
        metric,
        parameters,
        listed if isinstance(listed, list) else [],
        (
            place,
            project,
        ),
    )


def _find_name_problems(
    metric: Metric, parameters: Mapping[str, Any], spared: list[Any], where: tuple[str, Project]
) -> Iterator[tuple[str, str]]:
    """Find parameters that name a line, a side or a partition that the project has not."""
    place, project = where
    known = {
        "line": [
            *(line.key for line in project.lines),
            *(scenario.key for scenario in project.scenarios),
        ],
        "side": [side.name for side in project.sides],
        "partition": ["districts", *(part.key for part in project.partitions)],
    }
    for key, kind in metric.names.items():
        word, words = parameters.get(key), known[kind]
        if isinstance(word, str) and word not in words and word not in spared and words:
            text = f"there is no {kind} {show_value(word)}.{suggest_name(word, words=words)}"
            yield f"{place}.parameters.{key}", text


def _find_unit_problems(
    metric: Metric, parameters: Mapping[str, Any], units: list[str], place: str
) -> Iterator[tuple[str, str]]:
    """Find units that do not fit what a metric measures."""
    if len(units) > 1:
        every = " and in ".join(unit or "none" for unit in units)
        yield f"{place}.stated", f"stated in {every}. Give all figures in one unit."
        return
    expected = metric.unit_of(parameters)
    for unit in units:
        if unit and not is_convertible(unit, other=expected):
            text = f"'{unit}' does not fit {metric.name} (expected {list_units(expected)})."
            yield f"{place}.stated", f"{text}{offer_for_unit(unit, parameters=parameters)}"
