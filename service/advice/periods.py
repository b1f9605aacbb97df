"""Before and after a measure for values that are published by longer periods only, of which there are too few for a line.

The means of the periods before and after are compared as two samples with one variance (Student 1908): what varies from period to
period is what the answer has to stand out from. Neighbouring periods may be alike and then tell less than as many that are not
(Bayley, Hammersley 1946); their correlation is corrected for being underestimated in so few (Marriott, Pope 1954). A value that drifted
before already can not be judged so, and is not. The thresholds are our own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.stats import linregress
from scipy.stats import t as student

from metrics.interrupted import CONFIDENCE, RELEVANT, Verdict

MOST, FEWEST_BEFORE, FEWEST_AFTER = 13, 4, 2
"""Periods looked at on either side (of 28 days: a year), and needed before and after."""
MOST_ALIKE = 0.6
"""Correlation of neighbouring periods reckoned with at most."""
DRIFTS = 0.1
"""Chance of so steep a line before by accident, below which the value counts as drifting."""


@dataclass(frozen=True, slots=True)
class Moved:
    """`effect` is the difference of the means, after minus before, with its 95 % interval, in the unit of the values; None where there are too few.

    `doubts` are too_few_before, too_few_after, drifting and uncertain.
    """

    verdict: Verdict
    doubts: tuple[str, ...] = ()
    effect: float | None = None
    low: float | None = None
    high: float | None = None


def moved(before: Sequence[float], after: Sequence[float]) -> Moved:
    """What changed between the known values of periods before (oldest first; the last `MOST` count) and after."""
    before, after = list(before)[-MOST:], list(after)[:MOST]
    doubts = []
    if len(before) < FEWEST_BEFORE:
        doubts.append("too_few_before")
    if len(after) < FEWEST_AFTER:
        doubts.append("too_few_after")
    if doubts:
        return Moved(Verdict.NOT_DECIDABLE, tuple(doubts))
    effect = float(np.mean(after) - np.mean(before))
    residuals = [np.asarray(part) - np.mean(part) for part in (before, after)]
    squares = float(sum((part**2).sum() for part in residuals))
    freedom = len(before) + len(after) - 2
    alike = _alike(residuals, squares)
    variance = squares / freedom * (1 / len(before) + 1 / len(after)) * (1 + alike) / (1 - alike)
    told = max(2.0, freedom * (1 - alike) / (1 + alike))
    reach = float(student.ppf((1 + CONFIDENCE) / 2, told)) * sqrt(variance)
    low, high = effect - reach, effect + reach
    margin = RELEVANT * abs(float(np.median(before)))
    if -margin <= low and high <= margin:
        verdict = Verdict.UNCHANGED
    elif low > 0:
        verdict = Verdict.ROSE
    else:
        verdict = Verdict.FELL if high < 0 else Verdict.NOT_DECIDABLE
    if verdict is Verdict.NOT_DECIDABLE:
        doubts.append("uncertain")
    elif _drifts(before):
        doubts.append("drifting")
    return Moved(Verdict.NOT_DECIDABLE if doubts else verdict, tuple(doubts), effect, low, high)


def _alike(residuals: Sequence[NDArray[np.float64]], squares: float) -> float:
    """The correlation of neighbouring periods on either side, without its bias, from 0 to `MOST_ALIKE`."""
    if squares == 0:
        return 0.0
    number = sum(len(part) for part in residuals)
    found = float(sum((part[1:] * part[:-1]).sum() for part in residuals)) / squares
    return min(MOST_ALIKE, max(0.0, found + (2 + 4 * found) / number))


def _drifts(before: Sequence[float]) -> bool:
    if np.ptp(before) == 0:
        return False
    return bool(linregress(range(len(before)), before).pvalue < DRIFTS)
