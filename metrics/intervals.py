"""Intervals and shrinkage for shares."""

from math import sqrt
from statistics import NormalDist


def wilson(affirming: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """The score interval of Wilson (1927) for `affirming` out of `total`, both ends in 0..1.

    It stays inside 0..1 and keeps a width at 0 and at all, where the Wald interval collapses (Newcombe 1998). Raises
    `ValueError` unless 0 <= affirming <= total and total > 0.
    """
    if not 0 <= affirming <= total or total == 0:
        raise ValueError(f"{affirming} of {total} is not a share")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = affirming / total
    middle = share + z * z / (2 * total)
    spread = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    low = 0.0 if affirming == 0 else (middle - spread) / scale
    high = 1.0 if affirming == total else (middle + spread) / scale
    return low, high


def shrunken(affirming: int, total: int, prior_mean: float, prior_weight: float) -> float:
    """The share of a small group drawn towards `prior_mean`: the mean of a beta-binomial posterior.

    `prior_weight` is how many observations the prior is worth. Raises `ValueError` for counts that are no share or a
    weight that is not positive.
    """
    if not 0 <= affirming <= total or prior_weight <= 0:
        raise ValueError(f"{affirming} of {total} with weight {prior_weight} can not be shrunken")
    return (prior_mean * prior_weight + affirming) / (prior_weight + total)
