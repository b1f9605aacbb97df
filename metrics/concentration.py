"""How much a few have of the whole: Gini coefficient, share of the top, effective number."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from metrics.resampling import Statistic

SMALL = 50
"""Below so many people the Gini coefficient is multiplied by n/(n-1), since it can not reach 1."""

People = Mapping[int, int]
"""So many contributions -> how many people made as many."""


def gini(people: People) -> tuple[int, int]:
    """Numerator and denominator of the Gini coefficient, 0 (all alike) to (n-1)/n (one has all).

    Half the relative mean absolute difference: sum of (2i - n - 1) x_i over the ascending x_i, divided by n times their sum
    (Gini 1912; the form of Dixon et al. 1987). Below 50 people times n/(n-1), so that one having all is 1. Raises
    `ValueError` where nobody has anything.
    """
    size, everything = sum(people.values()), total(people)
    if everything == 0:
        raise ValueError("nothing to be unequal about")
    before, numerator = 0, 0
    for value in sorted(people):
        alike = people[value]
        # The sum of 2i - n - 1 over the places before+1 … before+alike of those who are alike.
        numerator += value * alike * (2 * before + alike - size)
        before += alike
    return numerator, everything * (size - 1 if 1 < size < SMALL else size)


def held_by_top(people: People, first: int) -> int:
    """What the first so many people have, from the top. Of those alike at the border it does not matter who counts."""
    held, left = 0, first
    for value in sorted(people, reverse=True):
        taken = min(left, people[value])
        held += value * taken
        left -= taken
    return held


def part(size: int, percent: int) -> int:
    """So many per cent of people, rounded up: at least one."""
    return -(-size * percent // 100)


def total(people: People) -> int:
    """What all have together."""
    return sum(value * number for value, number in people.items())


def squares(people: People) -> int:
    """The sum of the squares of what each has."""
    return sum(value * value * number for value, number in people.items())


def gini_of(values: NDArray[np.int64], draws: NDArray[np.int64]) -> NDArray[np.float64]:
    """`gini` of each sample."""
    size = draws.sum(axis=1, keepdims=True)
    before = np.cumsum(draws, axis=1) - draws
    numerator = (values * draws * (2 * before + draws - size)).sum(axis=1)
    everything = draws @ values
    divisor = (size[:, 0] - 1) if size[0, 0] < SMALL else size[:, 0]
    return np.asarray(numerator / np.maximum(1, everything * divisor), dtype=np.float64)


def top_of(percent: int) -> Statistic:
    """What the first so many per cent have of everything, in each sample."""

    def statistic(values: NDArray[np.int64], draws: NDArray[np.int64]) -> NDArray[np.float64]:
        first = part(int(draws[0].sum()), percent)
        from_top = draws[:, ::-1]
        above = np.cumsum(from_top, axis=1) - from_top
        taken = np.clip(first - above, 0, from_top)
        return np.asarray((taken @ values[::-1]) / np.maximum(1, draws @ values), dtype=np.float64)

    return statistic


def effective_of(values: NDArray[np.int64], draws: NDArray[np.int64]) -> NDArray[np.float64]:
    """How many of equal strength would concentrate as much: the inverse of the Herfindahl-Hirschman index."""
    return np.asarray((draws @ values) ** 2 / np.maximum(1, draws @ (values * values)), dtype=np.float64)
