"""Conditions of findings and measures as the API tells them, with the values that meet them."""

from datetime import date

from pydantic import BaseModel, Field

from service.advice.catalogue.triggers import (
    AgreementCondition,
    DontKnowCondition,
    FactCondition,
    Leaf,
    LevelCondition,
    MetricCondition,
    TrendCondition,
)
from service.advice.findings import Evidence
from service.advice.rules import series
from service.advice.situation import cells
from service.published import Published


class ConditionRow(BaseModel):
    """One condition: what it is about (`kind` and `subject`), and the bounds or states in which it holds."""

    kind: str = Field(description="metric, trend, level, agreement, dont_know, fact or size")
    subject: str = Field(description="key of the metric, dimension or fact")
    part: str = Field(
        description="category of a metric, or kind of evidence of a level; '' where there is none"
    )
    window: str = Field(description="of a metric; '' otherwise")
    at_least: float | None
    below: float | None
    expected: list[str] = Field(description="states in which it holds, where it has no bounds")


class EvidenceRow(ConditionRow):
    """A condition that is met, and the published value that meets it."""

    value: float | None = Field(description="in the unit of the metric, in levels, or a share")
    low: float | None = Field(description="95 % interval")
    high: float | None
    since: date | None
    until: date | None
    people: int | None = Field(description="size of the group behind the value, to the nearest 5")
    state: str = Field(description="of a documented fact; '' otherwise")
    dimension: str = Field(description="where the assessment shows it; '' where it does not")


def condition(leaf: Leaf) -> ConditionRow:
    kind, subject, part, window, expected = "size", "people_per_room", "", "", []
    match leaf:
        case MetricCondition():
            kind, subject, part, window = "metric", leaf.metric, leaf.category, leaf.window.value
        case TrendCondition():
            kind, subject, part, window = "trend", leaf.metric, leaf.category, leaf.window.value
            expected = [leaf.trend.value]
        case LevelCondition():
            kind, subject, part = "level", leaf.dimension, str(leaf.strand)
        case AgreementCondition():
            kind, subject, expected = "agreement", leaf.dimension, [leaf.agreement.value]
        case DontKnowCondition():
            kind, subject = "dont_know", leaf.dont_know
        case FactCondition():
            kind, subject, expected = "fact", leaf.fact, list(leaf.standing)
        case _:
            pass
    return ConditionRow(
        kind=kind,
        subject=subject,
        part=part,
        window=window,
        at_least=getattr(leaf, "at_least", None),
        below=getattr(leaf, "below", None),
        expected=expected,
    )


def evidence(found: Evidence) -> EvidenceRow:
    stated = condition(found.leaf)
    if found.strand is not None:
        stated.part = found.strand.value
    return EvidenceRow(
        **stated.model_dump(),
        value=found.value,
        low=found.low,
        high=found.high,
        since=found.since,
        until=found.until,
        people=found.people,
        state=found.standing,
        dimension=found.dimension,
    )


def hidden(leaf: Leaf, published: Published | None) -> bool:
    """Whether a condition is not known since the newest value it asks for is suppressed."""
    if published is None or not isinstance(leaf, MetricCondition | TrendCondition):
        return False
    shown = cells(published, series(leaf))
    return bool(shown) and shown[-1].state == "suppressed"
