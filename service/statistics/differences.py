"""Units or rounds against each other: interval, effect size, and correction for many comparisons."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln
from scipy.stats import false_discovery_control, mannwhitneyu
from scipy.stats import t as student

from service.errors import Invalid
from service.statistics.bootstrap import CONFIDENCE, FEWEST, interval, weighted_mean, weighted_rows
from service.statistics.estimate import Estimate, Floats, Numbers, Reason, known, vector


@dataclass(frozen=True, slots=True)
class Difference:
    """`second` minus `first`, of two groups of different people (answers are anonymous, so rounds are never paired).

    `mean` is the difference of the (weighted) means in the unit of the values with its BCa interval, `delta` Cliff's delta,
    `g` Hedges' g (None where nothing varies), `p` the chance of such ranks if both came from the same distribution.
    """

    mean: Estimate
    delta: Estimate
    g: float | None
    p: float | None


def difference(
    first: Numbers,
    second: Numbers,
    *key: str,
    first_weights: Numbers | None = None,
    second_weights: Numbers | None = None,
) -> Difference:
    """Compares two groups. Effect sizes and p are those of the people as they answered, without weights.

    p is that of the test of Mann and Whitney (1947), two-sided, corrected for ties. Missing values are left out. Below `FEWEST`
    people in a group nothing is told. Raises `Invalid` for weights that do not fit.
    """
    rows = weighted_rows(first, first_weights), weighted_rows(second, second_weights)
    n = len(rows[0]) + len(rows[1])
    if min(len(rows[0]), len(rows[1])) < FEWEST:
        nothing = Estimate(None, n=n, reason=Reason.TOO_FEW_PEOPLE)
        return Difference(nothing, nothing, None, None)
    ends = interval(rows, _means_apart, *key)
    value = float(_means_apart(*rows))
    mean = Estimate(value, n=n, reason=Reason.NO_SPREAD) if ends is None else Estimate(value, *ends, n)
    before, after = rows[0][:, 0], rows[1][:, 0]
    varies = np.ptp(np.concatenate([before, after])) > 0
    p = float(mannwhitneyu(after, before).pvalue) if varies else 1.0
    return Difference(mean, cliffs_delta(before, after), hedges_g(before, after), min(p, 1.0))


def cliffs_delta(first: Numbers, second: Numbers) -> Estimate:
    """Cliff's (1993) delta: P(second > first) - P(second < first), -1 to 1, from the order of the values alone.

    The interval is Cliff's (1996) asymmetric one with the unbiased variance, which Feng and Cliff (2004) recommend; none where
    the groups do not overlap at all or nothing varies (`NO_SPREAD`). `n` is the number of people of both groups.
    """
    before, after = known(first), known(second)
    m, n = len(after), len(before)
    if not m or not n:
        return Estimate(None, n=m + n, reason=Reason.TOO_FEW_PEOPLE)
    above, below = _dominance(after, before), _dominance(before, after)
    # From whole numbers, so that groups that are alike differ by exactly 0.
    delta = int(above.sum()) / (m * n)
    if min(m, n) < 2:
        return Estimate(delta, n=m + n, reason=Reason.TOO_FEW_PEOPLE)
    # Dominances are -1, 0 and 1: their squares add up to the pairs that differ.
    ordered = np.sort(before)
    alike = int((np.searchsorted(ordered, after, "right") - np.searchsorted(ordered, after, "left")).sum())
    squares = m * n - alike - m * n * delta**2
    spread = (
        n**2 * float(((above / n - delta) ** 2).sum())
        + m**2 * float(((below / m + delta) ** 2).sum())
        - squares
    ) / (m * n * (m - 1) * (n - 1))
    spread = max(spread, (1 - delta**2) / (m * n - 1))
    if spread <= 1e-15:
        return Estimate(delta, n=m + n, reason=Reason.NO_SPREAD)
    wide = float(student.ppf((1 + CONFIDENCE) / 2, m + n - 2)) * spread**0.5
    half = wide * ((1 - delta**2) ** 2 + wide**2) ** 0.5
    scale = 1 - delta**2 + wide**2
    low, high = (delta - delta**3 - half) / scale, (delta - delta**3 + half) / scale
    return Estimate(delta, max(-1.0, low), min(1.0, high), m + n)


def hedges_g(first: Numbers, second: Numbers) -> float | None:
    """Hedges' (1981) g: the difference of the means by the pooled standard deviation, corrected for small groups.

    J = Γ(d/2) / (√(d/2)·Γ((d-1)/2)) with d = m + n - 2. None below two people in a group or where nothing varies within groups.
    """
    before, after = known(first), known(second)
    degrees = len(before) + len(after) - 2
    if min(len(before), len(after)) < 2:
        return None
    squares = ((before - before.mean()) ** 2).sum() + ((after - after.mean()) ** 2).sum()
    if not squares > 1e-20 * max(1.0, float(np.abs(before).max()), float(np.abs(after).max())) ** 2:
        return None
    # gammaln, since gamma itself is infinite from 343 people on.
    correction = np.exp(gammaln(degrees / 2) - gammaln((degrees - 1) / 2)) / np.sqrt(degrees / 2)
    return float(correction * (after.mean() - before.mean()) / np.sqrt(squares / degrees))


def holm(chances: Numbers) -> Floats:
    """p values corrected for their number so that no true null is rejected at all with 95 % (Holm 1979), in the order given.

    In ascending order the i-th of m becomes the largest of (m - j + 1)·p_j for j <= i, at most 1. Missing ones stay missing
    and do not count. Raises `Invalid` for numbers outside 0..1.
    """
    given, has = _chances(chances)
    order = np.argsort(given[has], kind="stable")
    sizes = np.arange(len(order), 0, -1)
    corrected = np.empty(len(order))
    corrected[order] = np.minimum(np.maximum.accumulate(sizes * given[has][order]), 1.0)
    given[has] = corrected
    return given


def false_discoveries(chances: Numbers) -> Floats:
    """p values corrected so that of what is called different a share of 5 % is expected to be false (Benjamini and Hochberg 1995).

    Milder than `holm`: for looking around, not for deciding. Missing ones stay missing and do not count. Raises `Invalid` for
    numbers outside 0..1.
    """
    given, has = _chances(chances)
    if has.any():
        given[has] = false_discovery_control(given[has], method="bh")
    return given


def _chances(chances: Numbers) -> tuple[Floats, NDArray[np.bool_]]:
    given = vector(chances, "p values").copy()
    has = ~np.isnan(given)
    if ((given[has] < 0) | (given[has] > 1)).any():
        raise Invalid("p values: give numbers from 0 to 1, and None where there was no test")
    return given, has


def _means_apart(first: Floats, second: Floats) -> Floats:
    return np.asarray(weighted_mean(second) - weighted_mean(first), dtype=np.float64)


def _dominance(values: Floats, others: Floats) -> NDArray[np.int64]:
    """For each value how many of `others` are below it, less how many are above it."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, values, "left")
    not_above = np.searchsorted(ordered, values, "right")
    return np.asarray(below + not_above - len(ordered), dtype=np.int64)
