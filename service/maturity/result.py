"""What an assessment holds: for each dimension what was told, observed and documented, down to what each rests on.

Everything in it was published before (values and their rounding are those of the publication), so that a reader can check the
arithmetic by hand, and an assessment may be shown wherever a publication may.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Kind(StrEnum):
    """Where evidence comes from."""

    TOLD = "told"
    OBSERVED = "observed"
    DOCUMENTED = "documented"


class Agreement(StrEnum):
    """How what is told and what is observed go together."""

    ALIGNED = "aligned"
    TOLD_ABOVE = "told_above_observed"
    OBSERVED_ABOVE = "observed_above_told"
    NOT_DECIDABLE = "not_decidable"


State = Literal["published", "suppressed", "unknown"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Observation(_Frozen):
    """One indicator: the metric's published value, on the scale of 1 to 5 by the anchors. `score` is None if it does not count.

    `coverage` is the share that was read of the kinds of activity it rests on.
    """

    key: str
    metric: str
    category: str
    window: str
    since: date | None
    until: date | None
    state: State
    reason: str | None
    value: float | None
    low: float | None
    high: float | None
    people: int | None
    coverage: float | None
    minimum_coverage: float
    anchors: tuple[float, float, float, float, float]
    weight: float
    score: float | None


class Answers(_Frozen):
    """One question: how its answers are distributed over 1 to 5. `top_two` are the two that speak for a high level."""

    key: str
    state: State
    reason: str | None
    people: int | None
    shares: tuple[float, ...] | None
    top_two: float | None
    dont_know: float | None


class Fact(_Frozen):
    """One documented fact: `state` is met, partly, absent, expired, disputed or unknown (nobody has assessed it)."""

    key: str
    level: int
    state: Literal["met", "partly", "absent", "expired", "disputed", "unknown"]
    title: str | None
    dated: date | None
    owner: str | None
    assessors: int


class Strand(_Frozen):
    """One kind of evidence of one dimension.

    `level` is continuous on 1 to 5, with its interval at 95 % and the probability of each whole level; all None if
    `insufficient` says why it can not be told. `coverage` is the share of weight of what there should be.
    `quantiles` are equally likely values of the level.
    """

    kind: Kind
    coverage: float
    level: float | None = None
    low: float | None = None
    high: float | None = None
    probability: dict[int, float] | None = None
    insufficient: str | None = None
    quantiles: tuple[float, ...] | None = None
    observations: tuple[Observation, ...] = ()
    answers: tuple[Answers, ...] = ()
    facts: tuple[Fact, ...] = ()
    people: int | None = None


class Assessed(_Frozen):
    """One dimension. `staged` is the level whose documented criteria, and all below, are met (None: not all were assessed).

    `difference` is told minus observed in levels. `lowest` and `highest` bound the levels of all evidence that suffices:
    where it agrees they are close, and where it does not, no one number would be true.
    """

    dimension: str
    weight: float
    strands: tuple[Strand, ...]
    staged: int | None
    agreement: Agreement
    difference: float | None
    difference_low: float | None
    difference_high: float | None
    lowest: float | None
    highest: float | None

    def strand(self, kind: Kind) -> Strand:
        return next(strand for strand in self.strands if strand.kind is kind)


class Change(_Frozen):
    """One strand of a dimension since the assessment before. `probability` is that of a rise; `direction` only where it is all but
    certain."""

    dimension: str
    kind: Kind
    before: float
    after: float
    probability: float
    direction: Literal["up", "down"] | None


class Coverage(_Frozen):
    """How much of a source's activity of a kind could be read; `share` None where that can not be told."""

    source: str
    kind: str
    share: float | None
    data_until: datetime | None


class Result(_Frozen):
    """One assessment. `data_until` is the last day of what was observed; `round` the survey round that was used."""

    organisation: str
    model_version: str
    profile: str
    created: datetime
    publication: str | None
    data_until: date | None
    round: str | None
    dimensions: tuple[Assessed, ...]
    coverage: tuple[Coverage, ...]
    changes: tuple[Change, ...] = ()
    compared_with: datetime | None = None

    def dimension(self, key: str) -> Assessed:
        """Raises `KeyError` for a dimension the model does not have."""
        for one in self.dimensions:
            if one.dimension == key:
                return one
        raise KeyError(key)
