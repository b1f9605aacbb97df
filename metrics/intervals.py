"""Intervals and shrinkage for shares."""

from math import sqrt
from statistics import NormalDist

Z = NormalDist().inv_cdf(0.975)
"""Standard deviations from the middle of a normal distribution to either end of its middle 95 %."""


def wilson(affirming: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """The score interval of Wilson (1927) for `affirming` out of `total`, both ends in 0..1.

    It stays inside 0..1 and keeps a width at 0 and at all, where the Wald interval collapses (Newcombe 1998). Raises
    `ValueError` unless 0 <= affirming <= total and total > 0.
    """
    if not 0 <= affirming <= total or total == 0:
        raise ValueError(f"{affirming} of {total} is not a share")
    return score_interval(affirming / total, total, confidence)


def score_interval(share: float, size: float, confidence: float = 0.95) -> tuple[float, float]:
    """The same around a share of a sample of any effective size above 0, whole or not."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    spread = z * z / size
    middle = (share + spread / 2) / (1 + spread)
    half = sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    low = 0.0 if share == 0 else max(0.0, middle - half)
    high = 1.0 if share == 1 else min(1.0, middle + half)
    return low, high


def shrunken(affirming: int, total: int, prior_mean: float, prior_weight: float) -> float:
    """The share of a small group drawn towards `prior_mean`: the mean of a beta-binomial posterior.

    `prior_weight` is how many observations the prior is worth. Raises `ValueError` for counts that are no share or a
    weight that is not positive.
    """
    if not 0 <= affirming <= total or prior_weight <= 0:
        raise ValueError(f"{affirming} of {total} with weight {prior_weight} can not be shrunken")
    return (prior_mean * prior_weight + affirming) / (prior_weight + total)
