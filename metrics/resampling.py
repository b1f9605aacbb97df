"""Intervals by resampling people."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 999
_SEED = 20000103

Statistic = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]
"""(values in ascending order, how many people have each value in each sample: one row per sample) -> one number per sample."""


def people_interval(people: Mapping[int, int], statistic: Statistic) -> tuple[float, float]:
    """The 95 % percentile interval of a statistic when people are drawn again with all they did (Efron 1979).

    `people` tells how many people have a value. Drawing n people with replacement is a multinomial draw of how many have
    each value, so that large groups cost no more than small ones. The same people always give the same interval. Raises
    `ValueError` without people.
    """
    size = sum(people.values())
    if size == 0:
        raise ValueError("nobody to draw")
    values = np.array(sorted(people), dtype=np.int64)
    counts = np.array([people[value] for value in sorted(people)], dtype=np.int64)
    draws = np.random.default_rng(_SEED).multinomial(size, counts / size, RESAMPLES)
    low, high = np.quantile(statistic(values, draws), (0.025, 0.975))
    return float(low), float(high)


def mean_of(scale: int) -> Statistic:
    """The mean of the values, divided by `scale`."""

    def statistic(values: NDArray[np.int64], draws: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.asarray(draws @ values / (draws.sum(axis=1) * scale), dtype=np.float64)

    return statistic
