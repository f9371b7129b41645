"""A metric: a function with typed parameters that answers to statements."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from frontline.claims.measurement import Measurement, MissingDataError
from frontline.project.types import LonLat

if TYPE_CHECKING:
    from frontline.analysis.context import Analysis


Unit = str | Mapping[str, str]
"""Unit of a metric; by the value of its parameter ``measure`` where that decides."""


@dataclass(frozen=True)
class ParameterNames:
    """Marks a parameter that names something of the project.

    Parameters
    ----------
    of
        What it names: a line, a side or a partition.
    """

    of: Literal["line", "side", "partition"]


LineKey = Annotated[str, ParameterNames("line")]
SideName = Annotated[str, ParameterNames("side")]
PartitionKey = Annotated[str, ParameterNames("partition")]
Ids = Annotated[tuple[str, ...], Field(min_length=1)]
Codes = Annotated[tuple[str, ...], Field(min_length=1)]
Kinds = Annotated[tuple[str, ...], Field(min_length=1)]
Ends = tuple[LonLat, LonLat]
Path = Annotated[tuple[LonLat, ...], Field(min_length=2)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False, strict=True)]
Metres = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False, strict=True)]
Distance = Annotated[float, Field(ge=100, le=100_000, strict=True)]
Radius = Distance
Height = Annotated[float, Field(ge=0, le=500, strict=True)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]


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
        return self.unit[str(self.model.model_validate(parameters).model_dump()["measure"])]

    def __call__(self, case: Analysis, **parameters: Any) -> Measurement:
        """Measure as another metric asks it, with parameters that fit; the unit is its own."""
        return self.measure(case, **parameters)

    def ask(self, case: Analysis, parameters: Mapping[str, Any]) -> Measurement:
        """Measure, with parameters as the ledger has them.

        Returns
        -------
        The figure in the metric's unit; one with `missing` where the project lacks data for it.

        Raises
        ------
        FrontlineError
            If a parameter does not fit, or names nothing in the case.
        """
        checked = self.model.model_validate(parameters)
        values = {name: getattr(checked, name) for name in self.model.model_fields}
        unit = self.unit_of(parameters)
        try:
            return replace(self.measure(case, **values), unit=unit)
        except MissingDataError as reason:
            return Measurement(missing=str(reason), unit=unit)


def metric(unit: Unit) -> Callable[[Callable[..., Measurement]], Metric]:
    """Make a metric of the function below, whose figure is in a unit; see `make_metric`."""
    return lambda function: make_metric(function, unit=unit)


def make_metric(
    function: Callable[..., Measurement],
    *,
    unit: Unit = "",
    name: str = "",
    about: str = "",
    **fixed: Any,
) -> Metric:
    """Make a metric of a function ``(case, *, ...) -> Measurement``.

    Parameters
    ----------
    function
        Its keyword-only parameters, their annotations and the first line of its docstring are
        what a ledger may use and what ``frontline claims --list`` prints.
    unit, name, about
        As in `Metric`; name and sentence are the function's own where they are not given.
    fixed
        Parameters that a ledger does not set: two metrics may be one function with another word.
    """
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    names = {}
    for key, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY or key in fixed:
            continue
        needed = parameter.default is inspect.Parameter.empty
        fields[key] = (hints[key], ... if needed else parameter.default)
        for mark in getattr(hints[key], "__metadata__", ()):
            if isinstance(mark, ParameterNames):
                names[key] = mark.of
    name = name or str(getattr(function, "__name__", ""))
    model = create_model(name, __config__=ConfigDict(extra="forbid", frozen=True), **fields)
    about = about or (inspect.getdoc(function) or "").split("\n", maxsplit=1)[0]
    measure = partial(function, **fixed)
    return Metric(name, measure, model, MappingProxyType(names), unit, about)
