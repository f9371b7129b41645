"""The metrics that a ledger of claims may name, with their parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model

from frontline.claims.measurement import Measurement, ParameterNames
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
    about
        One sentence.
    """

    name: str
    measure: Callable[..., Measurement]
    model: type[BaseModel]
    names: Mapping[str, str]
    about: str

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


def make_metric(function: Callable[..., Measurement]) -> Metric:
    """Make a metric of a function ``(case, *, ...) -> Measured``.

    Parameters
    ----------
    function
        Its keyword-only parameters, their annotations and the first line of its docstring are
        what a ledger may use and what ``frontline claims --list`` prints.
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
    return Metric(name, function, model, MappingProxyType(names), about)


_ALL: tuple[Callable[..., Measurement], ...] = (
    *LINE_METRICS,
    *PLACE_METRICS,
    *PEOPLE_METRICS,
    *LAND_METRICS,
    *COVER_METRICS,
    *ROAD_METRICS,
    *WAY_METRICS,
    *SIGHT_METRICS,
    *STRETCH_METRICS,
    *RECORD_METRICS,
)

METRICS: Mapping[str, Metric] = MappingProxyType(
    {metric.name: metric for metric in sorted(map(make_metric, _ALL), key=lambda one: one.name)}
)
"""By name."""


def list_metrics() -> list[tuple[str, str, str]]:
    """Describe every metric: name, parameters with their defaults, one sentence."""
    rows = []
    for metric in METRICS.values():
        parameters = [
            name if field.is_required() else f"{name} = {_toml(field.default)}"
            for name, field in metric.model.model_fields.items()
        ]
        rows.append((metric.name, ", ".join(parameters), metric.about))
    return rows


def _toml(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"[{', '.join(_toml(one) for one in value)}]"
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"
