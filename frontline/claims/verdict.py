"""Statements of a report put to the computed figures, each with a verdict and its reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from frontline.analysis.scenarios import add_scenarios
from frontline.claims.ledger import (
    Claim,
    Ledger,
    Publication,
    StatedValue,
    Way,
    find_agreement_range,
    list_ways,
    read,
)
from frontline.claims.measurement import Measurement, Other, convert_unit, is_count
from frontline.claims.registry import METRICS
from frontline.claims.widths import explain_widths
from frontline.errors import FrontlineError, ProjectError, raise_problems, show_value
from frontline.project.loader import find_claims_file
from frontline.results.numbers import round_figure, write_rounded
from frontline.results.registry import CLAIMS
from frontline.results.wording import add_labels, join_phrases, list_labels

if TYPE_CHECKING:
    from frontline.analysis.context import Analysis
    from frontline.project.models import Project


Progress = Callable[[int, int], None]

Asker = Callable[[str, Mapping[str, Any], Callable[[], Measurement]], Measurement]
"""Gives the figure of a metric with some parameters, which the third argument computes."""


def ask_anew(
    _metric: str, _parameters: Mapping[str, Any], compute: Callable[[], Measurement]
) -> Measurement:
    """Compute every figure that is asked for."""
    return compute()


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

_SENTENCES = ("stated", "why", "detail", "contains", "firmness", "readings")
"""Columns for people: lines and the like are called there by their labels."""


@dataclass(frozen=True)
class Verdict:
    """A verdict, why, and how firm it is.

    Parameters
    ----------
    verdict, why
        One of `VERDICTS`, and its reason.
    flips_at
        The computed figure nearest to the one at hand at which it would be another verdict, in
        the unit stated; NaN where there is none.
    firmness
        Where it flips and by which other sources and readings it holds, in words.
    """

    verdict: str
    why: str
    flips_at: float = math.nan
    firmness: str = ""


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
    case: Analysis,
    *,
    ledger: Ledger,
    progress: Progress | None = None,
    only: Sequence[str] | None = None,
    ask: Asker = ask_anew,
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
    only
        Identifiers of the claims; all of them if None.
    ask
        Gives the figures: where several claims ask the same, or an earlier run has computed it.

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
    chosen = [claim for claim in ledger.claims if only is None or claim.id in only]
    for number, claim in enumerate(chosen):
        try:
            report = next(one for one in ledger.reports if one.key == claim.report)
            found = judge(case, claim=claim, report=report, ask=ask)
            others = [by_id[word] for word in against[claim.id]]
            row = _row(claim, report, found, others)
            rows.append(
                row | {name: add_labels(str(row[name]), names=labels) for name in _SENTENCES}
            )
        except FrontlineError as error:
            problems += [_placed(one, claim, ledger) for one in error.problems]
        if progress is not None:
            progress(number + 1, len(chosen))
    raise_problems(problems)
    return pd.DataFrame(rows, columns=CLAIMS.names)


def judge(
    case: Analysis, *, claim: Claim, report: Publication, ask: Asker = ask_anew
) -> list[tuple[Way, Measurement, Verdict]]:
    """Put each reading of a claim to the case, one where it has none."""
    found = []
    for way in list_ways(claim):
        measured = measure_claim(case, claim=claim, way=way, ask=ask)
        measured = _add_alternatives(measured, case, claim, way)
        found.append(
            (way, measured, decide_verdict(claim, measured=measured, way=way, report=report))
        )
    return found


def _add_alternatives(measured: Measurement, case: Analysis, claim: Claim, way: Way) -> Measurement:
    """Add what a figure is with the lines that it asks of as other sources draw them."""
    words = {word for word in way.parameters.values() if isinstance(word, str)}
    based = {scenario.key: scenario.from_line for scenario in case.project.scenarios}
    named = words | {based[word] for word in words if word in based}
    others, silent = [], []
    for variant in case.variants if not measured.missing else ():
        if not variant.lines <= named:
            continue
        name = " and ".join(f"'{one.line}' as {one.label} draws it" for one in variant.choice)
        try:
            other = measure_claim(variant.case, claim=claim, way=way)
        except FrontlineError:  # a place or a stretch that there is not with this line
            other = Measurement(missing=name)
        if other.missing or math.isnan(other.value):
            silent.append(name)
        else:
            others.append(Other(name, other.value, other.value, other.value, other.bound))
    return replace(
        measured,
        others=(*measured.others, *others),
        silent=(*measured.silent, *silent),
    )


def _placed(error: FrontlineError, claim: Claim, ledger: Ledger) -> FrontlineError:
    return ProjectError(
        error.message if isinstance(error, ProjectError) else str(error),
        path=ledger.path.name,
        field=f"claims.{claim.id}",
    )


def measure_claim(
    case: Analysis, *, claim: Claim, way: Way | None = None, ask: Asker = ask_anew
) -> Measurement:
    """Compute what a claim asks, in the unit in which its first figure is stated.

    Parameters
    ----------
    case, claim
        The case and the claim.
    way
        One of its readings; the first if None.
    ask
        As for `check_claims`.

    Returns
    -------
    The figure; an empty one for a claim that is excluded, one with `missing` set where the
    project has not what the claim needs.
    """
    way = way or list_ways(claim)[0]
    if claim.excluded or way.metric is None:
        return Measurement()
    has = {front.key for front in case.fronts} | set(case.layers.partitions)
    lacks = [show_value(key) for key in claim.needs if key not in has]
    if lacks:
        named = " and ".join(lacks)
        return Measurement(
            missing=f"the project does not hold what this is about (its key: {named})"
        )
    metric, parameters = METRICS[way.metric], way.parameters
    measured = ask(metric.name, parameters, lambda: metric.ask(case, parameters))
    asked = metric.model.model_validate(parameters).model_dump()
    widths = explain_widths(case, parameters=asked, measured=measured)
    measured = replace(measured, coarse=(*measured.coarse, *widths))
    units = [one.unit for one in way.stated]
    if measured.missing or not units:
        return measured
    return convert_unit(measured, unit=units[0])


def decide_verdict(
    claim: Claim,
    *,
    measured: Measurement,
    way: Way | None = None,
    report: Publication | None = None,
) -> Verdict:
    """Decide a claim, by one reading.

    Parameters
    ----------
    claim
        The claim.
    measured
        Its figure, from `measure_claim`.
    way
        The reading; the first one if None.
    report
        Where the claim stands: a figure that the same report states is no test of it.

    Returns
    -------
    The verdict and a sentence with both figures and the limits of the data.

    Notes
    -----
    In this order: excluded; not testable where the project lacks the data or the figure is the
    report's own; below accuracy; undefined where the statement leaves open what it measures;
    then one rule in both directions. The truth lies in the interval of the figure (in a half-line
    where the figure is a least or a most one). Where all of it agrees with what is stated, the
    statement is supported; where none of it does, contradicted; where the verdict flips within
    it, or by another source, or the data are too coarse to have an interval, it is indicative
    only. Of several figures stated one that agrees is enough, and the others are named. A figure
    that can only contradict (`Measured.refutes_only`) never supports, and one that is too low by
    the way it is made (`Measured.short_why`) never contradicts a larger one.
    """
    way = way or list_ways(claim)[0]
    if claim.excluded:
        return Verdict(EXCLUDED, _sentence(claim.excluded))
    if measured.missing or way.metric is None:
        return Verdict(NOT_TESTABLE, _sentence(measured.missing, claim.untestable))
    if measured.below_accuracy:
        return Verdict(BELOW_ACCURACY, _below(way, measured))
    figures = [_computed(measured), _stated(way)]
    open_ = claim.untestable or claim.undefined or _no_test(measured, report)
    if open_:
        verdict = UNDEFINED if claim.undefined else NOT_TESTABLE
        return Verdict(verdict, _sentence(open_, *figures, measured.detail))
    ranges = [find_agreement_range(one, claim=claim, compare=way.compare) for one in way.stated]
    how = weigh(measured, ranges=ranges)
    if how == AGREES and _too_easy(way, ranges, measured.unit):
        easy = "at least one is found nearly everywhere, and passes no test"
        return Verdict(NOT_TESTABLE, _sentence(easy, *figures, measured.detail, _read(way)))
    verdict, limits = _decided(measured, how, ranges)
    flips_at, flips = _flip(measured, ranges)
    told = _told(way, measured, ranges)
    why = _sentence(*figures, told, limits, flips, measured.detail, _read(way))
    return Verdict(verdict, why, flips_at, _firmness(measured, how, ranges, flips))


_FEW = 100
"""Counts below this are written in full, whatever their interval."""

AGREES, DIFFERS, FLIPS = "agrees", "differs", "flips"

Range = tuple[float, float]


def weigh(measured: Measurement | Other, *, ranges: Sequence[Range]) -> str:
    """Tell whether all of an interval agrees with one of some ranges, none of it, or a part.

    Parameters
    ----------
    measured
        A figure with its interval.
    ranges
        What agrees with the figures stated; infinite where they are open.
    """
    low, high = _ends_of(measured)
    if all(high < least or low > most for least, most in ranges):
        return DIFFERS
    inside = any(least <= low and high <= most for least, most in _merged(ranges))
    return AGREES if inside else FLIPS


def _ends_of(measured: Measurement | Other) -> Range:
    if isinstance(measured, Measurement):
        return measured.ends
    plain = Measurement(measured.value, measured.low, measured.high, bound=measured.bound)
    return plain.ends


def _merged(ranges: Sequence[Range]) -> list[Range]:
    """Unite ranges that overlap, in ascending order."""
    found: list[Range] = []
    for least, most in sorted(ranges):
        if found and least <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], most))
        else:
            found.append((least, most))
    return found


def _no_test(measured: Measurement, report: Publication | None) -> str:
    """Say that the figure comes from the report itself; empty where it does not."""
    if report is None:
        return ""
    names = [name.casefold() for name in (report.title, *report.cited_as)]
    for source in measured.sources:
        if any(name in source.casefold() for name in names):
            return f"the figure at hand is the report's own ({source}): it is no test of itself"
    return ""


def _too_easy(way: Way, ranges: Sequence[Range], unit: str) -> bool:
    """Tell whether a count only has to reach one, or none at all."""
    return is_count(unit) and all(
        one.ends[0] <= 1 and math.isinf(most)
        for one, (_, most) in zip(way.stated, ranges, strict=True)
    )


def _decided(measured: Measurement, how: str, ranges: Sequence[Range]) -> tuple[str, str]:
    """Return the verdict on the figures stated, and what limits it."""
    limits = list(measured.coarse)
    if how == FLIPS:
        beyond = "the verdict flips within the interval"
        if measured.bound:
            beyond = f"the figure is {_BOUND[measured.bound]}: {measured.bound_why}"
        limits.append(beyond)
    against = [other.name for other in measured.others if weigh(other, ranges=ranges) != how]
    if how != FLIPS and against:
        limits.append(f"it would be another verdict by {' and by '.join(against)}")
    if limits:
        return INDICATIVE, f"it is only indicative because {' and because '.join(limits)}"
    if how == DIFFERS and measured.short_why and _too_low(measured, ranges):
        return INDICATIVE, f"it is only indicative because {measured.short_why}"
    if how == DIFFERS:
        return CONTRADICTED, ""
    if measured.refutes_only:
        return INDICATIVE, f"it is only indicative because {measured.refutes_only}"
    return SUPPORTED, ""


def _too_low(measured: Measurement, ranges: Sequence[Range]) -> bool:
    return any(measured.ends[0] < least for least, _ in ranges)


_BOUND = {"at least": "a least one", "at most": "a most one"}


def _flip(measured: Measurement, ranges: Sequence[Range]) -> tuple[float, str]:
    """Find the nearest figure at which the verdict on the figure itself flips, and say it."""
    edges = [edge for one in _merged(ranges) for edge in one if math.isfinite(edge)]
    if not edges or not math.isfinite(measured.value):
        return math.nan, ""
    flips_at = min(edges, key=lambda edge: abs(edge - measured.value))
    way = "below" if flips_at <= measured.value else "above"
    if flips_at == measured.value:
        way = "above" if any(most == flips_at for _, most in ranges) else "below"
    return flips_at, f"it would flip {way} {_with_unit(write_rounded(flips_at), measured.unit)}"


def _firmness(measured: Measurement, how: str, ranges: Sequence[Range], flips: str) -> str:
    """Say how firm a verdict is: where it flips, and whether it holds by each other source."""
    within = "within the interval" if how == FLIPS else "not within the interval"
    if how == FLIPS and measured.bound:
        within = f"which the figure, {_BOUND[measured.bound]}, leaves open"
    told = [f"{flips.removeprefix('it would ').replace('flip', 'flips', 1)}, {within}"]
    told = told if flips else ["flips within the interval"] if how == FLIPS else []
    told += [f"{_holds(other, how, ranges)} by {other.name}" for other in measured.others]
    told += [f"cannot be told by {name}" for name in measured.silent]
    return "; ".join(told)


def _holds(other: Other, how: str, ranges: Sequence[Range]) -> str:
    """Say whether a verdict holds by another source; of one that flips, what that source says."""
    theirs = weigh(other, ranges=ranges)
    if how == FLIPS:
        return {AGREES: "agrees", DIFFERS: "does not agree", FLIPS: "flips as well"}[theirs]
    return "holds" if theirs == how else "does not hold"


def _told(way: Way, measured: Measurement, ranges: Sequence[Range]) -> str:
    """Say for each figure stated how the computed one lies to it, and what is allowed."""
    told = []
    for one, (least, most) in zip(way.stated, ranges, strict=True):
        how = weigh(measured, ranges=[(least, most)])
        words = {AGREES: "the two agree", DIFFERS: "the two do not agree"}.get(how)
        if words is None:
            inside = least <= measured.value <= most
            reach = "the interval reaches the figure stated"
            words = "the two agree, and not over all of the interval" if inside else reach
        allowed = _allowed(one, least, most)
        named = f"{_figure(one, way.compare)}: " if len(way.stated) > 1 else ""
        told.append(f"{named}{words}{allowed}")
    return "; ".join(told)


def _allowed(stated: StatedValue, least: float, most: float) -> str:
    if (least, most) == stated.ends:
        return ""
    if math.isinf(least) or math.isinf(most):
        end = (
            f"at least {write_rounded(least)}"
            if math.isinf(most)
            else f"at most {write_rounded(most)}"
        )
    else:
        end = f"{write_rounded(least)} to {write_rounded(most)}"
    return f" (allowed: {_with_unit(end, stated.unit)})"


def _computed(measured: Measurement) -> str:
    low, high = measured.low, measured.high
    least = f"{measured.bound} " if measured.bound else ""
    if math.isnan(measured.value) and math.isfinite(low):
        ends = f"{write_rounded(low)} to {write_rounded(high)}"
        return f"Computed: {least}{_with_unit(ends, measured.unit)}"
    number = _number(measured)
    if low == high or not math.isfinite(low):
        return f"Computed: {least}{number}"
    holds = f", by {measured.contains}" if measured.contains else ""
    return f"Computed: {least}{number} ({_range(measured)}{holds})"


def _number(measured: Measurement) -> str:
    """Write the figure itself; a count of few in full."""
    value = measured.value
    if math.isinf(value):
        return _infinite(measured)
    few = is_count(measured.unit) and abs(value) < _FEW
    text = f"{value:.0f}" if few else write_rounded(value, measured.low, measured.high)
    return _with_unit(text, measured.unit)


def _range(measured: Measurement) -> str:
    """Write the interval of a figure, outwards; that of a count of few in full."""
    low, high = measured.low, measured.high
    if is_count(measured.unit) and abs(measured.value) < _FEW and math.isfinite(high):
        return f"{math.floor(low):,} to {math.ceil(high):,}"
    printed = round_figure(measured.value, low, high).range
    return printed or " to ".join(
        _infinite(measured) if math.isinf(end) else write_rounded(end) for end in (low, high)
    )


def _infinite(measured: Measurement) -> str:
    """Write a figure without limit; that of a way that does not exist is unreachable."""
    way = measured.of_way or measured.unit in {"min", "h"}
    return "unreachable" if way else _WITHOUT_LIMIT


def _with_unit(text: str, unit: str) -> str:
    one = text.split()[-1:] == ["1"] and is_count(unit) and unit.endswith("s")
    return f"{text} {unit[:-1] if one else unit}".strip()


def _stated(way: Way) -> str:
    if not way.stated:
        return ""
    return f"stated: {'; '.join(_figure(one, way.compare) for one in way.stated)}"


def _figure(stated: StatedValue, compare: str) -> str:
    """Write a figure as it is stated, and who states it."""
    low, high = stated.ends
    if low == high:
        word = {"equal": "", "at_least": "at least ", "at_most": "at most "}[compare]
        number = f"{word}{_plain(low)}"
    elif math.isinf(low) or compare == "at_most":
        number = f"at most {_plain(high)}"
    elif math.isinf(high) or compare == "at_least":
        number = f"at least {_plain(low)}"
    else:
        number = f"{_plain(low)} to {_plain(high)}"
    number = _with_unit(number, stated.unit)
    read_as = f"'{stated.text}', read as {number}" if stated.text else number
    return f"{read_as} ({stated.by})" if stated.by else read_as


def _plain(value: float) -> str:
    return f"{value:,.4g}" if value != round(value) else f"{value:,.0f}"


def _below(way: Way, measured: Measurement) -> str:
    size = _with_unit(write_rounded(measured.resolves), measured.unit)
    limit = f"Below accuracy: the data cannot tell less than {size} from nothing at all"
    safe = measured.detail if math.isnan(measured.value) else ""
    return _sentence(limit, _stated(way), safe)


def _read(way: Way) -> str:
    return f"reading: {way.words}" if way.words else ""


def _sentence(*parts: str) -> str:
    """Join parts to sentences: each begins with a capital and ends with one full stop."""
    said = [part.strip().rstrip(".") for part in parts if part.strip()]
    return " ".join(f"{part[:1].upper()}{part[1:]}." for part in said)


def _joined(found: Sequence[tuple[Way, Measurement, Verdict]]) -> Verdict:
    """Decide a claim of several readings: only where all of them give the same verdict."""
    verdicts = list(dict.fromkeys(verdict.verdict for _, _, verdict in found))
    told = [
        f"Reading {n}, {verdict.verdict}. {verdict.why}" for n, (_, _, verdict) in _count(found)
    ]
    first = found[0][2]
    firmness = "; ".join(
        f"reading {n}: {verdict.firmness}"
        for n, (_, _, verdict) in _count(found)
        if verdict.firmness
    )
    if len(verdicts) == 1:
        agreed = f"All {len(found)} readings give the same verdict."
        return replace(first, why=f"{agreed} {' '.join(told)}", firmness=firmness)
    by = []
    for verdict in verdicts:
        numbers = [str(n) for n, (_, _, own) in _count(found) if own.verdict == verdict]
        by.append(f"{verdict} by reading {join_phrases(numbers)}")
    return Verdict(
        INDICATIVE,
        f"It is only indicative because the readings differ: {'; '.join(by)}. {' '.join(told)}",
        first.flips_at,
        f"flips between readings; {firmness}",
    )


def _count(
    found: Sequence[tuple[Way, Measurement, Verdict]],
) -> Iterator[tuple[int, tuple[Way, Measurement, Verdict]]]:
    return iter(enumerate(found, start=1))


def _contradictions(ledger: Ledger) -> Mapping[str, list[str]]:
    """Give each claim those that contradict it: what one says of another holds for both."""
    pairs = {(claim.id, word) for claim in ledger.claims for word in claim.contradicts}
    both = pairs | {(b, a) for a, b in pairs}
    ids = [claim.id for claim in ledger.claims]
    return {word: [other for other in ids if (word, other) in both] for word in ids}


def _row(
    claim: Claim,
    report: Publication,
    found: Sequence[tuple[Way, Measurement, Verdict]],
    others: Sequence[Claim],
) -> dict[str, object]:
    decided = found[0][2] if len(found) == 1 else _joined(found)
    way, measured, first = found[0]
    known = first.verdict not in {BELOW_ACCURACY, EXCLUDED} and not measured.missing
    against = [f"Against it stands {one.id}: {one.statement}" for one in others]
    numbers = (measured.value, measured.low, measured.high) if known else (math.nan,) * 3
    stated = list(
        dict.fromkeys(_figure(one, way.compare) for way, _, _ in found for one in way.stated)
    )
    return {
        "id": claim.id,
        "source": f"{report.title}, {claim.section}" if claim.section else report.title,
        "statement": claim.statement,
        "metric": way.metric or "",
        "stated": "; ".join(stated),
        "computed": numbers[0],
        "low": numbers[1],
        "high": numbers[2],
        "unit": measured.unit or next((one.unit for one in way.stated), ""),
        "verdict": decided.verdict,
        "why": " ".join([decided.why, *against]),
        "section": claim.section,
        "date": report.date.isoformat(),
        "contradicts": ";".join(one.id for one in others),
        "detail": measured.detail if known else "",
        "contains": measured.contains if known else "",
        "flips_at": float(decided.flips_at) if known else math.nan,
        "firmness": decided.firmness if known else "",
        "readings": "; ".join(_told_reading(one) for one in found) if len(found) > 1 else "",
    }


def _told_reading(one: tuple[Way, Measurement, Verdict]) -> str:
    way, measured, verdict = one
    silent = verdict.verdict == BELOW_ACCURACY or measured.missing
    number = "" if silent else f" ({_computed(measured).removeprefix('Computed: ')})"
    return f"{way.words}: {verdict.verdict}{number}"
