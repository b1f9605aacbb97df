"""Do units differ, so that they may be compared? ICC(1) and ICC(2)."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.stats import f as fisher

from service.statistics.bootstrap import CONFIDENCE
from service.statistics.estimate import Estimate, Numbers, Reason, same_length, vector

SIGNIFICANT = 0.05
SMALL_EFFECT = 0.01
"""ICC(1) below which belonging to a unit explains nothing (LeBreton and Senter 2008: .01 small, .10 medium, .25 large)."""
RANKABLE = 0.7
"""ICC(2) from which the means of units are reliable enough to be put in order (Klein et al. 2000)."""


class Comparison(StrEnum):
    """What the data carry."""

    SUPPRESSED = "suppressed"
    """Units do not differ beyond chance, or it can not be told: show the whole, not the units."""
    SHOWN = "shown"
    """Units differ: show them side by side with their intervals, in no order."""
    RANKED = "ranked"
    """Their means are reliable enough to be put in order."""


@dataclass(frozen=True, slots=True)
class UnitVariance:
    """A one-way analysis of variance of people in units.

    `icc1` is the share of variance that lies between units, `icc2` the reliability of the means of units, each with its
    interval. `f` has `units` - 1 and `people` - `units` degrees of freedom, `p` is the chance of such differences if all units
    were alike. `size` is the number of people per unit that stands for units of different sizes. None where it can not be told.
    """

    icc1: Estimate
    icc2: Estimate
    f: float | None
    p: float | None
    size: float | None
    units: int
    people: int

    @property
    def comparison(self) -> Comparison:
        """Suppressed unless the F test is significant and ICC(1) at least `SMALL_EFFECT`; ranked from ICC(2) of `RANKABLE`.

        The rule is ours: a table of units whose differences are chance invites to explain chance.
        """
        if self.p is None or self.p >= SIGNIFICANT or (self.icc1.value or 0.0) < SMALL_EFFECT:
            return Comparison.SUPPRESSED
        if self.icc2.value is not None and self.icc2.value >= RANKABLE:
            return Comparison.RANKED
        return Comparison.SHOWN


def unit_variance(values: Numbers, units: Sequence[Hashable]) -> UnitVariance:
    """How far units differ in the scores of their people; `units` names the unit of each value.

    ICC(1) = (MSB - MSW) / (MSB + (k-1)·MSW), ICC(2) = (MSB - MSW) / MSB, one-way random effects (Bartko 1976; Shrout and Fleiss
    1979: ICC(1,1) and ICC(1,k)). Units of different sizes: k = (N - Σ n²/N) / (G - 1). Intervals from the F distribution, exact
    for equal sizes and close to it otherwise. Both may be negative: then people of a unit differ more than people at large.
    Missing values are left out. Raises `Invalid` if there is not one unit for each value.
    """
    numbers = vector(values)
    same_length(numbers, units, "values and units")
    has = ~np.isnan(numbers)
    number: dict[Hashable, int] = {}
    belongs = np.array(
        [number.setdefault(unit, len(number)) for unit, kept in zip(units, has, strict=True) if kept],
        dtype=np.int64,
    )
    numbers = numbers[has]
    groups, people = len(number), len(numbers)
    if groups < 2 or people <= groups:
        reason = Reason.TOO_FEW_UNITS if groups < 2 else Reason.TOO_FEW_PEOPLE
        nothing = Estimate(None, n=people, reason=reason)
        return UnitVariance(nothing, nothing, None, None, None, groups, people)
    sizes = np.bincount(belongs)
    # Around the overall mean, so that large values lose no digits.
    centred = numbers - numbers.mean()
    means = np.bincount(belongs, centred) / sizes
    between = float(sizes @ means**2) / (groups - 1)
    within = float(((centred - means[belongs]) ** 2).sum()) / (people - groups)
    size = float(people - sizes @ sizes / people) / (groups - 1)
    rounding = 1e-20 * max(1.0, float(np.abs(numbers).max()) ** 2)
    between, within = (0.0 if square <= rounding else square for square in (between, within))
    if between + within == 0:
        same = Estimate(None, n=people, reason=Reason.NO_SPREAD)
        return UnitVariance(same, same, None, None, size, groups, people)
    degrees = groups - 1, people - groups
    f = between / within if within else float("inf")
    tail = (1 + CONFIDENCE) / 2
    low = f / fisher.ppf(tail, *degrees)
    high = f * fisher.ppf(tail, *reversed(degrees))
    icc1 = Estimate(_icc1(f, size), _icc1(low, size), _icc1(high, size), people)
    icc2 = (
        Estimate(1 - 1 / f, float(1 - 1 / low), float(1 - 1 / high), people)
        if between
        else Estimate(None, n=people, reason=Reason.NO_SPREAD)
    )
    return UnitVariance(icc1, icc2, f, float(fisher.sf(f, *degrees)), size, groups, people)


def _icc1(f: float, size: float) -> float:
    return 1.0 if np.isinf(f) else float((f - 1) / (f + size - 1))
