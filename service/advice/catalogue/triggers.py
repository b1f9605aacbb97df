"""The rule language of triggers: readable conditions over levels, metrics, documented facts and how evidence goes together.

A condition is a table in a data file, and its keys say which kind it is:

    { dimension = "culture", strand = "observed", below = 2.5 }          a level
    { dimension = "culture", agreement = "told_above_observed" }         how two kinds of evidence go together
    { dont_know = "strategy", at_least = 0.25 }                          the mean share of "don't know" in the survey
    { metric = "upward_echo", window = "days28", below = 0.4 }           a published value of the whole organisation
    { metric = "contribution_gini", window = "weeks26", trend = "rising" }
    { fact = "governance.works_agreement", standing = ["absent"] }       a documented fact
    { size = "people_per_room", below = 20 }
    { all = [ … ] }   { any = [ … ] }                                    of conditions

What they say of an organisation is worked out in `service.advice.rules`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from metrics.metric import Scope, Window
from service.maturity.model.parts import Part
from service.maturity.result import Agreement, Kind


class Trend(StrEnum):
    """How a published value moved over its last periods, where its intervals let that be said."""

    RISING = "rising"
    FALLING = "falling"
    STEADY = "steady"


class Bounded(Part):
    """Holds for a value of at least `at_least` and below `below`; at least one of them is given."""

    at_least: float | None = None
    below: float | None = None

    @model_validator(mode="after")
    def _a_bound(self) -> Bounded:
        if self.at_least is None and self.below is None:
            raise PydanticCustomError("no_bound", "has no bound: write at_least = … or below = …")
        if self.at_least is not None and self.below is not None and self.at_least >= self.below:
            raise PydanticCustomError("empty_range", "can never hold: at_least must be smaller than below")
        return self

    def covers(self, value: float) -> bool:
        return (self.at_least is None or value >= self.at_least) and (
            self.below is None or value < self.below
        )


class LevelCondition(Bounded):
    """A continuous level of 1 to 5. `any`: of at least one kind of evidence."""

    dimension: str
    strand: Kind | Literal["any"]


class AgreementCondition(Part):
    """How what is told and what is observed of a dimension go together."""

    dimension: str
    agreement: Literal[Agreement.ALIGNED, Agreement.TOLD_ABOVE, Agreement.OBSERVED_ABOVE]


class DontKnowCondition(Bounded):
    """The mean share of "don't know" over the published questions of the dimension `dont_know`."""

    dont_know: str


class MetricCondition(Bounded):
    """The newest published value of the whole organisation, in the unit of the metric; `category` is a part of a partition."""

    metric: str
    category: str = ""
    scope: Literal[Scope.ORGANISATION] = Scope.ORGANISATION
    window: Window


class TrendCondition(Part):
    """How the published value moved."""

    metric: str
    category: str = ""
    scope: Literal[Scope.ORGANISATION] = Scope.ORGANISATION
    window: Window
    trend: Literal[Trend.RISING, Trend.FALLING]


class FactCondition(Part):
    """A documented fact in one of these standings. What nobody assessed, or two assessed differently, is unknown."""

    fact: str
    standing: Annotated[tuple[Literal["met", "partly", "absent", "expired"], ...], Field(min_length=1)]


class SizeCondition(Bounded):
    """People who could take part, divided by published rooms."""

    size: Literal["people_per_room"]


class AllOf(Part):
    """Holds if all hold."""

    all: Annotated[tuple[Condition, ...], Field(min_length=1)]


class AnyOf(Part):
    """Holds if one holds."""

    any: Annotated[tuple[Condition, ...], Field(min_length=1)]


def _kind(value: Any) -> str | None:
    if not isinstance(value, dict):
        return getattr(type(value), "__name__", None)
    for key, kind in (
        ("all", "AllOf"),
        ("any", "AnyOf"),
        ("dont_know", "DontKnowCondition"),
        ("fact", "FactCondition"),
        ("size", "SizeCondition"),
    ):
        if key in value:
            return kind
    if "metric" in value:
        return "TrendCondition" if "trend" in value else "MetricCondition"
    if "dimension" in value:
        return "AgreementCondition" if "agreement" in value else "LevelCondition"
    return None


Leaf = (
    LevelCondition
    | AgreementCondition
    | DontKnowCondition
    | MetricCondition
    | TrendCondition
    | FactCondition
    | SizeCondition
)
Condition = Annotated[
    Annotated[LevelCondition, Tag("LevelCondition")]
    | Annotated[AgreementCondition, Tag("AgreementCondition")]
    | Annotated[DontKnowCondition, Tag("DontKnowCondition")]
    | Annotated[MetricCondition, Tag("MetricCondition")]
    | Annotated[TrendCondition, Tag("TrendCondition")]
    | Annotated[FactCondition, Tag("FactCondition")]
    | Annotated[SizeCondition, Tag("SizeCondition")]
    | Annotated[AllOf, Tag("AllOf")]
    | Annotated[AnyOf, Tag("AnyOf")],
    Discriminator(
        _kind,
        custom_error_type="no_condition",
        custom_error_message="is no condition: begin it with dimension, dont_know, metric, fact, size, all or any",
    ),
]
AllOf.model_rebuild()
AnyOf.model_rebuild()


def leaves(condition: Condition) -> tuple[Leaf, ...]:
    """The single conditions in it, in the order written."""
    match condition:
        case AllOf():
            return tuple(leaf for one in condition.all for leaf in leaves(one))
        case AnyOf():
            return tuple(leaf for one in condition.any for leaf in leaves(one))
        case _:
            return (condition,)
