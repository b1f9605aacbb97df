"""What is found of an organisation: the rules that hold, each with what it rests on, and those that could if more were known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from service.advice.catalogue.triggers import (
    AgreementCondition,
    DontKnowCondition,
    FactCondition,
    Leaf,
    LevelCondition,
    MetricCondition,
    SizeCondition,
    TrendCondition,
    leaves,
)
from service.advice.findings.parts import Rule, Rules
from service.advice.rules import Series, Situation, judge, series
from service.advice.situation import cells, known
from service.maturity.result import Kind as Strands
from service.maturity.result import Result, Strand
from service.models import PublishedValue
from service.published import Published


@dataclass(frozen=True)
class Evidence:
    """One condition that is met, and the value that meets it.

    `value` with its interval `low` to `high` is in the unit of the metric, in levels, or a share; `strand` and `standing` say which kind of
    evidence or which state of a document it was. `since` and `until` bound its days, `people` stand behind it (rounded as
    published). `dimension` is where the assessment shows it, '' where it does not.
    """

    leaf: Leaf
    dimension: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    since: date | None = None
    until: date | None = None
    people: int | None = None
    strand: Strands | None = None
    standing: str = ""


@dataclass(frozen=True)
class Finding:
    """A rule applied. `holds` is None where too little is known: `unknown` then says what would have to be.

    `weight` orders findings: the weight of the dimension in the profile × how much the rule matters.
    """

    rule: Rule
    holds: bool | None
    weight: float
    evidence: Sequence[Evidence]
    unknown: Sequence[Leaf]


def situation_for(rules: Rules, result: Result | None, published: Published | None) -> Situation:
    """Everything the rules ask for, as far as it is known."""
    return known(result, published, [leaf for one in rules.findings for leaf in leaves(one.condition)])


def found(
    rules: Rules,
    situation: Situation,
    weights: Mapping[str, float],
    *,
    result: Result | None = None,
    published: Published | None = None,
) -> list[Finding]:
    """Every rule judged, what holds before what is not known before what does not hold, each the weightiest first.

    `weights` are those of the dimensions in the assessment's profile. Values behind the conditions come from `result` and `published`.
    """
    shown = []
    for rule in rules.findings:
        verdict = judge(rule.condition, situation)
        evidence = (
            [_evidence(leaf, situation, result, published) for leaf in verdict.met] if verdict.holds else []
        )
        weight = round(weights[rule.dimension] * rule.matters, 4)
        shown.append(Finding(rule, verdict.holds, weight, evidence, verdict.unknown))
    rank = {True: 0, None: 1, False: 2}
    return sorted(shown, key=lambda one: (rank[one.holds], -one.weight, one.rule.key))


def _evidence(
    leaf: Leaf, situation: Situation, result: Result | None, published: Published | None
) -> Evidence:
    match leaf:
        case LevelCondition():
            shown = _level(leaf, situation, result)
        case AgreementCondition():
            shown = _agreement(leaf, result)
        case DontKnowCondition():
            shown = Evidence(leaf, leaf.dont_know, situation.dont_know.get(leaf.dont_know))
        case FactCondition():
            standing = situation.standings[leaf.fact]
            shown = Evidence(leaf, leaf.fact.partition(".")[0], standing=standing.value)
        case SizeCondition():
            shown = Evidence(leaf, "", situation.people_per_room)
        case MetricCondition() | TrendCondition():
            shown = _metric(leaf, situation.values.get(series(leaf)), result, published)
    return shown


def _agreement(leaf: AgreementCondition, result: Result | None) -> Evidence:
    if result is None:
        return Evidence(leaf, leaf.dimension)
    one = result.dimension(leaf.dimension)
    return Evidence(leaf, leaf.dimension, one.difference, one.difference_low, one.difference_high)


def _level(leaf: LevelCondition, situation: Situation, result: Result | None) -> Evidence:
    """Of several kinds of evidence the one that meets the condition by most."""
    kinds = tuple(Strands) if leaf.strand == "any" else (Strands(leaf.strand),)
    levels = {kind: situation.levels.get((leaf.dimension, kind)) for kind in kinds}
    meeting = {kind: level for kind, level in levels.items() if level is not None and leaf.covers(level)}
    kind = (min if leaf.below is not None else max)(meeting, key=lambda one: (meeting[one], one.value))
    strand: Strand | None = result.dimension(leaf.dimension).strand(kind) if result else None
    return Evidence(
        leaf,
        leaf.dimension,
        meeting[kind],
        strand.low if strand else None,
        strand.high if strand else None,
        people=strand.people if strand else None,
        strand=kind,
    )


def _metric(
    leaf: MetricCondition | TrendCondition,
    value: float | None,
    result: Result | None,
    published: Published | None,
) -> Evidence:
    wanted = series(leaf)
    dimension = _shown_in(wanted, result)
    cell = _newest(published, wanted)
    if cell is None:
        return Evidence(leaf, dimension, value)
    return Evidence(leaf, dimension, cell.value, cell.low, cell.high, cell.since, cell.until, cell.people)


def _newest(published: Published | None, wanted: Series) -> PublishedValue | None:
    shown = cells(published, wanted) if published else []
    return shown[-1] if shown else None


def _shown_in(wanted: Series, result: Result | None) -> str:
    """The dimension in whose chain of evidence the value stands."""
    for one in result.dimensions if result else ():
        for seen in one.strand(Strands.OBSERVED).observations:
            if (seen.metric, seen.category) == (wanted.metric, wanted.category):
                return one.dimension
    return ""
