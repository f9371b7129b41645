"""The metrics that a ledger of claims may name, with their parameters."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model

from frontline.claims.measurement import Measurement, ParameterNames, Unit, is_convertible
from frontline.claims.metrics.corridors import ROAD_METRICS
from frontline.claims.metrics.land import LAND_METRICS
from frontline.claims.metrics.landcover import COVER_METRICS
from frontline.claims.metrics.lines import LINE_METRICS
from frontline.claims.metrics.people import PEOPLE_METRICS
from frontline.claims.metrics.records import RECORD_METRICS
from frontline.claims.metrics.routing import WAY_METRICS
from frontline.claims.metrics.sections import STRETCH_METRICS
from frontline.claims.metrics.settlements import PLACE_METRICS
from frontline.claims.metrics.visibility import SIGHT_METRICS
from frontline.errors import find_closest, suggest_name

if TYPE_CHECKING:
    from frontline.analysis.context import Analysis


@dataclass(frozen=True)
class Metric:
    """A named function that answers to statements.

    Parameters
    ----------
    name
        As the ledger writes it.
    measure
        The function: takes a case and keyword parameters.
    model
        Its parameters with their types; refuses others.
    names
        Of its parameters, those that name a line, a side or a partition.
    unit
        What its figure is in; by the value of its parameter ``measure`` where that decides.
    about
        One sentence.
    """

    name: str
    measure: Callable[..., Measurement]
    model: type[BaseModel]
    names: Mapping[str, str]
    unit: Unit
    about: str

    def unit_of(self, parameters: Mapping[str, Any]) -> str:
        """Return the unit of its figure with some parameters, which fit."""
        if isinstance(self.unit, str):
            return self.unit
        asked = self.model.model_validate(parameters).model_dump()
        return self.unit[str(asked["measure"])]

    def ask(self, case: Analysis, parameters: Mapping[str, Any]) -> Measurement:
        """Measure, with parameters as the ledger has them.

        Raises
        ------
        FrontlineError
            If a parameter does not fit, or names nothing in the case.
        """
        asked = self.model.model_validate(parameters)
        return self.measure(
            case, **{name: getattr(asked, name) for name in self.model.model_fields}
        )


def make_metric(function: Callable[..., Measurement], unit: Unit = "") -> Metric:
    """Make a metric of a function ``(case, *, ...) -> Measured``.

    Parameters
    ----------
    function
        Its keyword-only parameters, their annotations and the first line of its docstring are
        what a ledger may use and what ``frontline claims --list`` prints.
    unit
        As in `Metric`.
    """
    hints = get_type_hints(function, localns={"Case": object}, include_extras=True)
    fields: dict[str, Any] = {}
    names = {}
    for key, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        needed = parameter.default is inspect.Parameter.empty
        fields[key] = (hints[key], ... if needed else parameter.default)
        for mark in getattr(hints[key], "__metadata__", ()):
            if isinstance(mark, ParameterNames):
                names[key] = mark.of
    name = str(getattr(function, "__name__", ""))
    model = create_model(name, __config__=ConfigDict(extra="forbid", frozen=True), **fields)
    about = (inspect.getdoc(function) or "").split("\n", maxsplit=1)[0]
    return Metric(name, function, model, MappingProxyType(names), unit, about)


_BY_SUBJECT: tuple[Mapping[Callable[..., Measurement], Unit], ...] = (
    LINE_METRICS,
    PLACE_METRICS,
    PEOPLE_METRICS,
    LAND_METRICS,
    COVER_METRICS,
    ROAD_METRICS,
    WAY_METRICS,
    SIGHT_METRICS,
    STRETCH_METRICS,
    RECORD_METRICS,
)

METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in sorted(
            (make_metric(*pair) for subject in _BY_SUBJECT for pair in subject.items()),
            key=lambda metric: metric.name,
        )
    }
)
"""By name."""

_MOST_OFFERED = 4


def offer_metrics(name: str, *, units: Sequence[str] = ()) -> str:
    """Name the metrics that a name which is none may mean, as a sentence.

    Parameters
    ----------
    name
        As the ledger has it.
    units
        Units of the figures stated: metrics in them come first.

    Notes
    -----
    By the words that it shares with their names and descriptions; else the one spelt most alike.
    """
    if find_closest(name, words=list(METRICS)):
        return suggest_name(name, words=METRICS)
    asked = {word.rstrip("s") for word in re.split(r"[\W_]+", name.casefold()) if len(word) > 2}

    def likeness(metric: Metric) -> tuple[int, int, bool]:
        own, more = (
            {word.rstrip("s") for word in re.split(r"[\W_]+", text.casefold())}
            for text in (metric.name, metric.about)
        )
        fits = any(unit and fits_unit(metric, unit=unit) for unit in units)
        return len(asked & own), len(asked & more), fits

    ranked = sorted(METRICS.values(), key=likeness, reverse=True)
    alike = [metric.name for metric in ranked if sum(likeness(metric)[:2])]
    return _offered(alike) if alike else suggest_name(name, words=METRICS)


def offer_for_unit(unit: str, *, parameters: Mapping[str, Any]) -> str:
    """Name the metrics whose figure is in a unit, those that take most of the parameters first."""

    def shared(metric: Metric) -> int:
        return len(set(parameters) & set(metric.model.model_fields))

    fitting = [metric for metric in METRICS.values() if fits_unit(metric, unit=unit)]
    fitting.sort(key=lambda metric: (-shared(metric), len(metric.model.model_fields)))
    if not fitting:
        return " No metric is in that unit. Correct it."
    return _offered([metric.name for metric in fitting])


def fits_unit(metric: Metric, *, unit: str) -> bool:
    """Tell whether a metric can give figures in a unit."""
    units = [metric.unit] if isinstance(metric.unit, str) else list(metric.unit.values())
    return any(is_convertible(unit, other=own) for own in units)


def _offered(names: Sequence[str]) -> str:
    named = ", ".join(f"'{name}'" for name in names[:_MOST_OFFERED])
    return f" Did you mean {named.replace(', ', ' or ')}?"


def list_metrics() -> list[tuple[str, str, str]]:
    """Describe every metric: name, parameters with their defaults, one sentence."""
    rows = []
    for metric in METRICS.values():
        parameters = [
            name if field.is_required() else f"{name} = {_toml(field.default)}"
            for name, field in metric.model.model_fields.items()
        ]
        units = [metric.unit] if isinstance(metric.unit, str) else metric.unit.values()
        about = f"{metric.about} In {' or '.join(dict.fromkeys(units))}."
        rows.append((metric.name, ", ".join(parameters), about))
    return rows


def _toml(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"[{', '.join(_toml(one) for one in value)}]"
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"
