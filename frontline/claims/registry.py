"""The metrics that a ledger of claims may name, with their parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from frontline.claims.measurement import is_convertible
from frontline.claims.metric import Metric
from frontline.claims.metrics import (
    corridors,
    land,
    landcover,
    lines,
    people,
    records,
    routing,
    sections,
    settlements,
    visibility,
)
from frontline.errors import find_closest, suggest_name

_SUBJECTS = (
    *(lines, settlements, people, land, landcover),
    *(corridors, routing, visibility, sections, records),
)

_FOUND = [found for subject in _SUBJECTS for found in vars(subject).values()]
METRICS: Mapping[str, Metric] = MappingProxyType(
    dict(sorted((found.name, found) for found in _FOUND if isinstance(found, Metric)))
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
    words = {word.rstrip("s") for word in re.split(r"[\W_]+", name.casefold()) if len(word) > 2}

    def likeness(metric: Metric) -> tuple[int, int, bool]:
        name_words, about_words = (
            {word.rstrip("s") for word in re.split(r"[\W_]+", text.casefold())}
            for text in (metric.name, metric.about)
        )
        fits = any(unit and fits_unit(metric, unit=unit) for unit in units)
        return len(words & name_words), len(words & about_words), fits

    ranked = sorted(METRICS.values(), key=likeness, reverse=True)
    alike = [metric.name for metric in ranked if sum(likeness(metric)[:2])]
    return _write_offer(alike) if alike else suggest_name(name, words=METRICS)


def offer_for_unit(unit: str, *, parameters: Mapping[str, Any]) -> str:
    """Name the metrics whose figure is in a unit, those that take most of the parameters first."""

    def shared(metric: Metric) -> int:
        return len(set(parameters) & set(metric.model.model_fields))

    fitting = [metric for metric in METRICS.values() if fits_unit(metric, unit=unit)]
    fitting.sort(key=lambda metric: (-shared(metric), len(metric.model.model_fields)))
    if not fitting:
        return " No metric is in that unit. Correct it."
    return _write_offer([metric.name for metric in fitting])


def fits_unit(metric: Metric, *, unit: str) -> bool:
    """Tell whether a metric can give figures in a unit."""
    units = [metric.unit] if isinstance(metric.unit, str) else list(metric.unit.values())
    return any(is_convertible(unit, other=known) for known in units)


def _write_offer(names: Sequence[str]) -> str:
    named = ", ".join(f"'{name}'" for name in names[:_MOST_OFFERED])
    return f" Did you mean {named.replace(', ', ' or ')}?"


def list_metrics() -> list[tuple[str, str, str]]:
    """Describe every metric: name, parameters with their defaults, one sentence."""
    rows = []
    for metric in METRICS.values():
        parameters = [
            name if field.is_required() else f"{name} = {_write_toml(field.default)}"
            for name, field in metric.model.model_fields.items()
        ]
        units = [metric.unit] if isinstance(metric.unit, str) else metric.unit.values()
        about = f"{metric.about} In {' or '.join(dict.fromkeys(units))}."
        rows.append((metric.name, ", ".join(parameters), about))
    return rows


def _write_toml(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"[{', '.join(_write_toml(item) for item in value)}]"
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"
