"""Do the people of a unit see it alike? r_wg and r_wg(j)."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from service.errors import Invalid
from service.statistics.answers import POINTS
from service.statistics.estimate import Floats, Numbers, Reason, table

_SLIGHTLY_SKEWED = (0.05, 0.15, 0.20, 0.35, 0.25)


class Null(StrEnum):
    """How people would answer if they had nothing in common. No agreement is told without saying against which."""

    UNIFORM = "uniform"
    """Every point equally often. Alone it overstates agreement, since most people tend towards the friendly end."""
    SLIGHT_SKEW = "slight_skew"
    """Five points with 5, 15, 20, 35 and 25 per cent (LeBreton and Senter 2008): variance 1.34."""


class Reading(StrEnum):
    """How an agreement is read (LeBreton and Senter 2008)."""

    NONE = "none"
    WEAK = "weak"
    """Above .30."""
    MODERATE = "moderate"
    """Above .50."""
    STRONG = "strong"
    """Above .70."""
    VERY_STRONG = "very_strong"
    """Above .90."""

    @staticmethod
    def of(value: float) -> "Reading":
        bounds = (0.3, 0.5, 0.7, 0.9)
        return tuple(Reading)[sum(round(value, 2) > bound for bound in bounds)]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the people of one unit agree against a stated `null`.

    `value` is 0 to 1. `ratio` is 1 - (mean) observed variance / variance of the null before it was cut off at 0; where it is
    negative people differ more than by chance: the unit is `polarised`, which is a finding and no error. `n` people gave an
    answer. Without a value `reason` says why.
    """

    value: float | None
    ratio: float | None
    polarised: bool
    null: Null
    n: int
    reason: Reason | None = None

    @property
    def reading(self) -> Reading | None:
        return None if self.value is None else Reading.of(self.value)


def null_variance(null: Null, points: int = POINTS) -> float:
    """The variance of answers in points² under `null`: (points² - 1)/12 if uniform.

    Raises `Invalid` for a slight skew on other than five points, for which none is stated here, and below two points.
    """
    if points < 2:
        raise Invalid(f"a scale of {points} points has no variance; give at least 2")
    if null is Null.UNIFORM:
        return (points**2 - 1) / 12
    if points != len(_SLIGHTLY_SKEWED):
        raise Invalid(f"a slight skew is stated for five points, not for {points}; use the uniform one")
    scale, chances = np.arange(1, points + 1), np.array(_SLIGHTLY_SKEWED)
    return float(chances @ scale**2 - (chances @ scale) ** 2)


def agreement(points: Numbers, null: Null, highest: int = POINTS) -> Agreement:
    """r_wg of one item, r_wg(j) of several items (James, Demaree and Wolf 1984), of the people (rows) of one unit.

    With one column 1 - s²/σ². With J columns J·r / (J·r + 1 - r) where r = 1 - mean s²/σ². s² is the sample variance (n-1) of
    the answers to an item, σ² that of `null`. Negative values become 0, as the authors say, and are told as polarised. With
    many items r_wg(j) is high even if people agree little: read it beside `ratio`, which does not grow with J (Lindell, Brandt
    and Whitney 1999). Raises `Invalid` for answers outside 1 to `highest`.
    """
    answers = table(points)
    variances, problem = _variances(answers, highest)
    n = int((~np.isnan(answers)).any(axis=1).sum())
    if problem is not None:
        return Agreement(None, None, False, null, n, problem)
    ratio = 1 - float(variances.mean()) / null_variance(null, highest)
    items = answers.shape[1]
    agreed = max(ratio, 0.0)
    value = items * agreed / (items * agreed + 1 - agreed)
    return Agreement(value, ratio, ratio < 0, null, n)


def _variances(answers: Floats, highest: int) -> tuple[Floats, Reason | None]:
    given = answers[~np.isnan(answers)]
    if ((given < 1) | (given > highest)).any():
        raise Invalid(f"agreement: answers must be from 1 to {highest}")
    if answers.shape[1] == 0:
        return np.empty(0), Reason.TOO_FEW_ITEMS
    if (~np.isnan(answers)).sum(axis=0).min(initial=len(answers)) < 2:
        return np.empty(0), Reason.TOO_FEW_PEOPLE
    return np.nanvar(answers, axis=0, ddof=1), None
