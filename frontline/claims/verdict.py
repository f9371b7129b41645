"""Statements of a report put to the computed figures, each with a verdict and its reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from frontline.analysis.scenarios import add_scenarios
from frontline.claims.ledger import Claim, Ledger, StatedValue, find_agreement_range, read
from frontline.claims.measurement import Measurement, convert_unit
from frontline.claims.registry import METRICS
from frontline.errors import FrontlineError, ProjectError, raise_problems, show_value
from frontline.project.loader import find_claims_file
from frontline.results.numbers import round_figure, write_rounded
from frontline.results.registry import CLAIMS
from frontline.results.wording import add_labels, list_labels, write_percent

if TYPE_CHECKING:
    from frontline.analysis.context import Analysis
    from frontline.project.models import Project


Progress = Callable[[int, int], None]

SUPPORTED, CONTRADICTED, INDICATIVE = "supported", "contradicted", "indicative only"
NOT_TESTABLE, UNDEFINED = "not testable", "undefined"
BELOW_ACCURACY, EXCLUDED = "below accuracy", "excluded"
_WITHOUT_LIMIT = "without limit"
VERDICTS = (
    SUPPORTED,
    CONTRADICTED,
    INDICATIVE,
    NOT_TESTABLE,
    UNDEFINED,
    BELOW_ACCURACY,
    EXCLUDED,
)

_SENTENCES = ("stated", "why", "detail", "contains")
"""Columns for people: lines and the like are called there by their labels."""

_AGREES, _REACHES, _DIFFERS, _STRADDLES = "agrees", "reaches", "differs", "straddles"


@dataclass(frozen=True)
class Verdict:
    """A verdict and why."""

    verdict: str
    why: str


def read_ledger(project: Project) -> Ledger | None:
    """Read the claims of a project.

    Parameters
    ----------
    project
        Its key ``claims`` names the file; else ``claims.toml`` beside it is taken.

    Returns
    -------
    The ledger; None where there is none.

    Raises
    ------
    ProjectError
        With every problem of the ledger, up to twenty.
    """
    path = find_claims_file(project)
    return None if path is None else read(path, project=project)


def check_claims(
    case: Analysis, *, ledger: Ledger, progress: Progress | None = None
) -> pd.DataFrame:
    """Put every claim to the case.

    Parameters
    ----------
    case
        What a run has in hand.
    ledger
        The claims.
    progress
        Called as ``progress(done, total)`` in claims.

    Returns
    -------
    One row per claim in the ledger's order, with the columns of
    `frontline.results.registry.CLAIMS`. ``computed``, ``low`` and ``high`` are NaN where
    nothing is computed or the figure lies below accuracy.

    Raises
    ------
    FrontlineError
        With every parameter that names nothing in the case and every unit that does not fit.
    """
    # A claim may ask of a line that might be as of one that was.
    case = add_scenarios(case)
    rows = []
    problems: list[FrontlineError] = []
    against = _contradictions(ledger)
    by_id = {claim.id: claim for claim in ledger.claims}
    labels = list_labels(case.project)
    for number, claim in enumerate(ledger.claims):
        try:
            measured = measure_claim(case, claim=claim)
            found = decide_verdict(claim, measured=measured)
            others = [by_id[word] for word in against[claim.id]]
            row = _row(claim, ledger, measured, found, others)
            rows.append(
                row | {name: add_labels(str(row[name]), names=labels) for name in _SENTENCES}
            )
        except FrontlineError as error:
            problems += [_placed(one, claim, ledger) for one in error.problems]
        if progress is not None:
            progress(number + 1, len(ledger.claims))
    raise_problems(problems)
    return pd.DataFrame(rows, columns=CLAIMS.names)


def _placed(error: FrontlineError, claim: Claim, ledger: Ledger) -> FrontlineError:
    return ProjectError(
        error.message if isinstance(error, ProjectError) else str(error),
        path=ledger.path.name,
        field=f"claims.{claim.id}",
    )


def measure_claim(case: Analysis, *, claim: Claim) -> Measurement:
    """Compute what a claim asks, in the unit in which its first figure is stated.

    Returns
    -------
    The figure; an empty one for a claim that is excluded, one with `missing` set where the
    project has not what the claim needs.
    """
    if claim.excluded or claim.metric is None:
        return Measurement()
    has = {front.key for front in case.fronts} | set(case.layers.partitions)
    lacks = [show_value(key) for key in claim.needs if key not in has]
    if lacks:
        named = " and ".join(lacks)
        return Measurement(
            missing=f"the project does not hold what this is about (its key: {named})"
        )
    measured = METRICS[claim.metric].ask(case, claim.parameters)
    units = list(dict.fromkeys(one.unit for one in claim.stated))
    if len(units) > 1:
        raise ProjectError(f"stated in {' and in '.join(units)}. Give all figures in one unit.")
    if measured.missing or not units:
        return measured
    return convert_unit(measured, unit=units[0])


def decide_verdict(claim: Claim, *, measured: Measurement) -> Verdict:
    """Decide a claim.

    Parameters
    ----------
    claim
        The claim.
    measured
        Its figure, from `measure_claim`.

    Returns
    -------
    The verdict and a sentence with both figures and the limits of the data.

    Notes
    -----
    In this order: excluded; not testable where the project lacks the data; below accuracy;
    undefined where the statement leaves open what it measures; indicative only where the data
    are too coarse or the interval too wide; then supported or contradicted. A figure agrees with
    a stated range (widened by the tolerance) if their intervals overlap; where the range is open
    to one side it must lie in it whole, and if it lies partly in it nothing is decided. Of
    several figures stated one that agrees supports the statement, and the others are named.
    A figure that can only contradict (`Measured.refutes_only`) never supports.
    """
    if claim.excluded:
        return Verdict(EXCLUDED, _sentence(claim.excluded))
    if measured.missing:
        return Verdict(NOT_TESTABLE, _sentence(measured.missing, claim.untestable))
    if measured.below_accuracy:
        return Verdict(BELOW_ACCURACY, _below(claim, measured))
    figures = [_computed(measured), _stated(claim)]
    open_ = claim.untestable or claim.undefined
    if open_:
        verdict = NOT_TESTABLE if claim.untestable else UNDEFINED
        return Verdict(verdict, _sentence(open_, *figures, measured.detail))
    found = [
        (one, _compare(measured, find_agreement_range(one, claim=claim))) for one in claim.stated
    ]
    verdict, limits = _decided(claim, measured, [how for _, how in found])
    told = _told(found, claim)
    return Verdict(verdict, _sentence(*figures, told, limits, measured.detail, _read(claim)))


def _decided(claim: Claim, measured: Measurement, found: Sequence[str]) -> tuple[str, str]:
    """Return the verdict on the figures stated, and what limits it."""
    differs = all(how == _DIFFERS for how in found)
    # An interval may be too wide to agree with a figure, never to lie apart from it.
    limits = [*measured.coarse, *([] if differs else _too_wide(measured, claim))]
    if limits:
        return INDICATIVE, f"it is only indicative because {' and because '.join(limits)}"
    if all(how == _STRADDLES for how in found):
        return INDICATIVE, ""
    if differs:
        return CONTRADICTED, ""
    if measured.refutes_only:
        return INDICATIVE, f"it is only indicative because {measured.refutes_only}"
    return SUPPORTED, ""


def _compare(measured: Measurement, bounds: tuple[float, float]) -> str:
    low, high = measured.ends
    least, most = bounds
    if high < least or low > most:
        return _DIFFERS
    one_sided = math.isinf(least) or math.isinf(most)
    if one_sided and not (least <= low and high <= most):
        return _STRADDLES
    return _AGREES if least <= measured.value <= most else _REACHES


def _too_wide(measured: Measurement, claim: Claim) -> list[str]:
    """Say whether an interval is as wide as the figures stated: it would agree with anything."""
    low, high = measured.ends
    closed = [
        one
        for one in claim.stated
        if not any(map(math.isinf, find_agreement_range(one, claim=claim)))
    ]
    if not closed or not math.isfinite(measured.value):
        return []
    size = max(abs(end) for one in closed for end in find_agreement_range(one, claim=claim))
    wide = size > 0 and high - low > size
    return ["the interval is wider than the figure stated"] if wide else []


def _told(found: Sequence[tuple[StatedValue, str]], claim: Claim) -> str:
    """Say for each figure stated how the computed one lies to it."""
    words = {
        _AGREES: "the two agree",
        _REACHES: "the interval reaches the figure stated",
        _DIFFERS: "the two do not agree",
        _STRADDLES: "the interval lies on both sides of the limit, so nothing is decided",
    }
    if len(found) == 1:
        told = words[found[0][1]]
    else:
        told = "; ".join(f"{_figure(one, claim)}: {words[how]}" for one, how in found)
    allowed = (
        f" (allowed: {write_percent(claim.tolerance)} of the figure stated)"
        if claim.tolerance
        else ""
    )
    return told + allowed


def _computed(measured: Measurement) -> str:
    low, high = measured.low, measured.high
    if math.isnan(measured.value) and math.isfinite(low):
        return (
            "Computed: "
            f"{_with_unit(f'{write_rounded(low)} to {write_rounded(high)}', measured.unit)}"
        )
    figure = round_figure(measured.value, low, high)
    if math.isinf(measured.value):
        number = "unreachable" if measured.unit == "min" else _WITHOUT_LIMIT
    else:
        number = _with_unit(figure.text, measured.unit)
    if low == high or not math.isfinite(low):
        return f"Computed: {number}"
    ends = figure.range or f"{_end(low)} to {_end(high)}"
    holds = f", by {measured.contains}" if measured.contains else ""
    return f"Computed: {number} ({ends}{holds})"


def _end(value: float) -> str:
    """Write an end of an interval of which the other is without limit."""
    return _WITHOUT_LIMIT if math.isinf(value) else write_rounded(value)


def _with_unit(text: str, unit: str) -> str:
    one = text.split()[-1:] == ["1"] and unit.endswith("s")
    return f"{text} {unit[:-1] if one else unit}".strip()


def _stated(claim: Claim) -> str:
    if not claim.stated:
        return ""
    return f"stated: {'; '.join(_figure(one, claim) for one in claim.stated)}"


def _figure(stated: StatedValue, claim: Claim) -> str:
    """Write a figure as it is stated, and who states it."""
    if stated.value is not None:
        word = {"equal": "", "at_least": "at least ", "at_most": "at most "}[claim.compare]
        number = f"{word}{stated.value:,.10g}"
    elif stated.low is None:
        number = f"at most {stated.high:,.10g}"
    elif stated.high is None:
        number = f"at least {stated.low:,.10g}"
    else:
        number = f"{stated.low:,.10g} to {stated.high:,.10g}"
    number = _with_unit(number, stated.unit)
    read_as = f"'{stated.text}', read as {number}" if stated.text else number
    return f"{read_as} ({stated.by})" if stated.by else read_as


def _below(claim: Claim, measured: Measurement) -> str:
    size = _with_unit(write_rounded(measured.resolves), measured.unit)
    limit = f"Below accuracy: the data cannot tell less than {size} from nothing at all"
    safe = measured.detail if math.isnan(measured.value) else ""
    return _sentence(limit, _stated(claim), safe)


def _read(claim: Claim) -> str:
    return f"reading: {claim.reading}" if claim.reading else ""


def _sentence(*parts: str) -> str:
    """Join parts to sentences: each begins with a capital and ends with one full stop."""
    said = [part.strip().rstrip(".") for part in parts if part.strip()]
    return " ".join(f"{part[:1].upper()}{part[1:]}." for part in said)


def _contradictions(ledger: Ledger) -> Mapping[str, list[str]]:
    """Give each claim those that contradict it: what one says of another holds for both."""
    pairs = {(claim.id, word) for claim in ledger.claims for word in claim.contradicts}
    both = pairs | {(b, a) for a, b in pairs}
    ids = [claim.id for claim in ledger.claims]
    return {word: [other for other in ids if (word, other) in both] for word in ids}


def _row(
    claim: Claim, ledger: Ledger, measured: Measurement, found: Verdict, others: Sequence[Claim]
) -> dict[str, object]:
    report = next(one for one in ledger.reports if one.key == claim.report)
    known = found.verdict not in {BELOW_ACCURACY, EXCLUDED} and not measured.missing
    against = [f"Against it stands {one.id}: {one.statement}" for one in others]
    why = " ".join([found.why, *against])
    numbers = (measured.value, measured.low, measured.high) if known else (math.nan,) * 3
    return {
        "id": claim.id,
        "source": f"{report.title}, {claim.section}" if claim.section else report.title,
        "statement": claim.statement,
        "metric": claim.metric or "",
        "stated": "; ".join(_figure(one, claim) for one in claim.stated),
        "computed": numbers[0],
        "low": numbers[1],
        "high": numbers[2],
        "unit": measured.unit or next((one.unit for one in claim.stated), ""),
        "verdict": found.verdict,
        "why": why,
        "section": claim.section,
        "date": report.date.isoformat(),
        "contradicts": ";".join(one.id for one in others),
        "detail": measured.detail if known else "",
        "contains": measured.contains if known else "",
    }
