"""The ledger of claims: what a report states, and which metric answers to it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from frontline.claims.registry import METRICS
from frontline.errors import ID_PATTERN, ProjectError, raise_problems, show_value, suggest_name
from frontline.project.loader import read_toml
from frontline.project.messages import describe_problems
from frontline.project.models import Project
from frontline.project.types import Day, Key, Number, Whole

_LARGEST_LEDGER = 5_000_000
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
        if (self.value is None) == (not ends):
            raise ValueError(
                "has no figure, or two (expected either value, or low and high). Keep one."
            )
        if len(ends) == 2 and ends[0] > ends[1]:
            raise ValueError(f"low = {ends[0]:g} is more than high = {ends[1]:g}. Swap them.")
        return self


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
    tolerance: Number | Whole = Field(
        0.05, ge=0, le=10, description="share by which a figure stated may be off"
    )
    reading: str = Field("", description="how vague words of the statement are read")
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
        if self.excluded and (self.metric or self.parameters):
            raise ValueError("is excluded and has a metric. Remove one of the two.")
        if not self.excluded and self.metric is None:
            raise ValueError("has no metric. Add one, or the reason why it is excluded.")
        if self.compare != "equal" and any(one.value is None for one in self.stated):
            raise ValueError(
                f"compare = '{self.compare}' has low and high (expected a value). Give one."
            )
        if not reasons and not self.stated:
            raise ValueError(
                "states no figure. Add stated = [{ value = ..., unit = ... }], or say under "
                "undefined what the statement leaves open."
            )
        return self


class Ledger(_Entry):
    """All claims that are put to one project."""

    reports: tuple[Publication, ...] = Field((), description="publications that make statements")
    claims: tuple[Claim, ...] = Field(min_length=1, description="their statements")
    path: Path = Field(description="the file itself; set when it is read", exclude=True)


def find_agreement_range(stated: StatedValue, *, claim: Claim) -> tuple[float, float]:
    """Give the range in which a figure agrees with a stated one, infinite where it is open.

    Notes
    -----
    The tolerance widens either end by its share of that end.
    """
    low = stated.low if stated.value is None else stated.value
    high = stated.high if stated.value is None else stated.value
    if claim.compare == "at_least":
        high = None
    elif claim.compare == "at_most":
        low = None
    least = -math.inf if low is None else low - claim.tolerance * abs(low)
    most = math.inf if high is None else high + claim.tolerance * abs(high)
    return least, most


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
    problems += _between_claims(raw)
    problems += _metric_problems(raw, project)
    raise_problems([ProjectError(text, path=path.name, field=key) for key, text in problems])
    if ledger is None:  # pragma: no cover - a failed validation always leaves a problem
        raise ProjectError("cannot be read. Correct it.", path=path.name)
    return ledger


def _entries(raw: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = raw.get(name)
    found = value if isinstance(value, list) else []
    return [entry for entry in found if isinstance(entry, Mapping)]


def _between_claims(raw: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Find what only several entries together show: ids used twice, references to nothing."""
    keys = [str(entry.get("key")) for entry in _entries(raw, "reports")]
    claims = _entries(raw, "claims")
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


def _metric_problems(raw: Mapping[str, Any], project: Project) -> Iterator[tuple[str, str]]:
    """Find metrics that do not exist, parameters that they do not take, and names of nothing."""
    known = {
        "line": [*(line.key for line in project.lines), *(one.key for one in project.scenarios)],
        "side": [side.name for side in project.sides],
        "partition": ["districts", *(part.key for part in project.partitions)],
    }
    for claim in _entries(raw, "claims"):
        name, given = claim.get("metric"), claim.get("parameters", {})
        place = f"claims.{claim.get('id')}"
        if not isinstance(name, str) or not isinstance(given, Mapping):
            continue
        metric = METRICS.get(name)
        if metric is None:
            yield (
                f"{place}.metric",
                f"there is no metric {show_value(name)}.{suggest_name(name, words=METRICS)}",
            )
            continue
        try:
            metric.model.model_validate(given)
        except ValidationError as error:
            for key, text in describe_problems(
                error.errors(include_url=False), raw=given, model=metric.model
            ):
                yield f"{place}.parameters.{key}", text
        listed = claim.get("needs")
        spared = listed if isinstance(listed, list) else []
        for key, kind in metric.names.items():
            word, words = given.get(key), known[kind]
            if isinstance(word, str) and word not in words and word not in spared and words:
                text = f"there is no {kind} {show_value(word)}.{suggest_name(word, words=words)}"
                yield f"{place}.parameters.{key}", text
