"""Whether the trigger of a measure holds for an organisation: yes, no, or not known.

Logic is that of Kleene: what is not known stays unknown unless the rest decides. So a missing value never triggers a measure, and
never hides that it might apply: `judge` tells what would have to be known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from metrics.metric import Scope, Window
from service.advice.catalogue.triggers import (
    AgreementCondition,
    AllOf,
    AnyOf,
    Bounded,
    Condition,
    DontKnowCondition,
    FactCondition,
    Leaf,
    LevelCondition,
    MetricCondition,
    SizeCondition,
    Trend,
    TrendCondition,
    leaves,
)
from service.maturity.register import Standing
from service.maturity.result import Agreement, Kind


class Series(NamedTuple):
    """What identifies a published value of the whole organisation over time."""

    metric: str
    category: str
    window: Window
    scope: Scope = Scope.ORGANISATION


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of an organisation, as plain values. What is missing, or None, is unknown.

    `levels` (continuous, 1 to 5) by dimension and kind of evidence; `values` in the unit of each metric; `standings` of facts by key;
    `agreements` by dimension; `dont_know`, the mean share of "don't know" over the published questions of a dimension; `people_per_room`, who could
    take part divided by published rooms.
    """

    levels: Mapping[tuple[str, Kind], float | None] = field(default_factory=dict)
    values: Mapping[Series, float | None] = field(default_factory=dict)
    trends: Mapping[Series, Trend | None] = field(default_factory=dict)
    standings: Mapping[str, Standing] = field(default_factory=dict)
    agreements: Mapping[str, Agreement] = field(default_factory=dict)
    dont_know: Mapping[str, float | None] = field(default_factory=dict)
    people_per_room: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a trigger holds (None: not known), the single conditions that hold, and those that are not known."""

    holds: bool | None
    met: tuple[Leaf, ...]
    unknown: tuple[Leaf, ...]


def judge(condition: Condition, situation: Situation) -> Verdict:
    """Whether it holds, and why."""
    found = [(leaf, holds(leaf, situation)) for leaf in leaves(condition)]
    return Verdict(
        holds(condition, situation),
        tuple(leaf for leaf, answer in found if answer),
        tuple(leaf for leaf, answer in found if answer is None),
    )


def holds(condition: Condition, situation: Situation) -> bool | None:
    """True, False, or None where what is known does not decide it."""
    match condition:
        case AllOf():
            return every([holds(one, situation) for one in condition.all])
        case AnyOf():
            return some([holds(one, situation) for one in condition.any])
        case _:
            return _holds(condition, situation)


def _holds(leaf: Leaf, situation: Situation) -> bool | None:
    answer: bool | None = None
    match leaf:
        case LevelCondition():
            kinds = tuple(Kind) if leaf.strand == "any" else (leaf.strand,)
            answer = some([_covers(leaf, situation.levels.get((leaf.dimension, kind))) for kind in kinds])
        case DontKnowCondition():
            answer = _covers(leaf, situation.dont_know.get(leaf.dont_know))
        case MetricCondition():
            answer = _covers(leaf, situation.values.get(series(leaf)))
        case SizeCondition():
            answer = _covers(leaf, situation.people_per_room)
        case TrendCondition():
            trend = situation.trends.get(series(leaf))
            answer = None if trend is None else trend is leaf.trend
        case AgreementCondition():
            agreement = situation.agreements.get(leaf.dimension, Agreement.NOT_DECIDABLE)
            answer = None if agreement is Agreement.NOT_DECIDABLE else agreement is leaf.agreement
        case FactCondition():
            standing = situation.standings.get(leaf.fact, Standing.UNKNOWN)
            undecided = standing in (Standing.UNKNOWN, Standing.DISPUTED)
            answer = None if undecided else standing.value in leaf.standing
    return answer


def series(condition: MetricCondition | TrendCondition) -> Series:
    """The values a condition is about."""
    return Series(condition.metric, condition.category, condition.window, condition.scope)


def every(answers: list[bool | None]) -> bool | None:
    """False if one is false, otherwise unknown if one is unknown."""
    if False in answers:
        return False
    return None if None in answers else True


def some(answers: list[bool | None]) -> bool | None:
    """True if one is true, otherwise unknown if one is unknown."""
    if True in answers:
        return True
    return None if None in answers else False


def _covers(condition: Bounded, value: float | None) -> bool | None:
    return None if value is None else condition.covers(value)
