"""What people say of a dimension: the published answers of the last closed survey round."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from service.maturity.draws import interval, quantiles
from service.maturity.result import Answers, Kind, Strand
from service.statistics.chances import level_chances
from service.statistics.levels import LEVELS


@dataclass(frozen=True)
class Scale:
    """One dimension in a published round: the mean of its scale on 1 to 5, and equally likely values of that mean.

    `insufficient` says why there is none (no_round, small_group, too_few_items); `coverage` is the share of its questions
    that are published.
    """

    people: int | None = None
    mean: float | None = None
    draws: Sequence[float] = ()
    coverage: float = 0.0
    insufficient: str | None = "no_round"
    answers: Sequence[Answers] = field(default=())


@dataclass(frozen=True)
class Round:
    """The published results of a survey round, by dimension."""

    key: str
    scales: Mapping[str, Scale]


def strand(scale: Scale, *, enough: float) -> Strand:
    """The level of what was told; insufficient where less than the share `enough` of the questions may be shown."""
    common: dict[str, Any] = {
        "kind": Kind.TOLD,
        "coverage": round(scale.coverage, 2),
        "answers": tuple(scale.answers),
    }
    if scale.insufficient or scale.mean is None:
        return Strand(**common, insufficient=scale.insufficient or "small_group")
    if scale.coverage < enough - 1e-9:
        return Strand(**common, insufficient="coverage")
    drawn = np.asarray(scale.draws, dtype=float)
    low, high = interval(drawn)
    return Strand(
        **common,
        level=round(scale.mean, 2),
        low=round(low, 2),
        high=round(high, 2),
        probability=dict(zip(LEVELS, level_chances(drawn), strict=True)),
        quantiles=tuple(quantiles(drawn)),
        people=scale.people,
    )
